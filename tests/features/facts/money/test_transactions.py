"""Statement rows made comparable: what counts once, whose it is, and where it lies beside the legal dates."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from little_pool import CASE_NO, DEBTOR, SPOUSE
from little_statement import ACCT, EFF, NTC, SRV, TODAY, ZB, facts_of, line, long_before

CARD = "9900000000000000029"
SECOND = "990022220001"
OTHER = "990001197505050017"
MEANT = date(2022, 6, 1)


def frame(home: Path, lines: list[dict[str, Any]], fact: str = "txns", **more: Any) -> pd.DataFrame:
    with facts_of(home, lines, **more) as facts:
        made: pd.DataFrame = getattr(facts, fact).to_pandas()
    return made.sort_values(["ts", "rid"], ignore_index=True)


def test_failed_empty_and_future_rows_do_not_count(tmp_path: Path) -> None:
    lines = [
        line(MEANT, -100, "甲"),
        line(MEANT, -200, "甲", success="failed"),
        line(MEANT, -300, "甲", success="ok"),
        line(MEANT, 0, "甲"),
        line(TODAY + timedelta(days=1), -400, "甲"),
        line(TODAY, -500, "甲"),
    ]
    assert frame(tmp_path, lines)["amount"].tolist() == [10000, 30000, 50000]


def test_a_row_delivered_twice_counts_once_and_two_like_acts_twice(tmp_path: Path) -> None:
    noon = datetime(2022, 6, 1, 12)
    same = line(noon, -100, "甲", balance=5_000, ref_no="A")
    lines = [
        same,
        same | {"ref_no": "B", "cp_name": "甲 "},
        line(noon, -100, "甲", balance=4_000, ref_no="C"),
        line(noon, -70, "甲", ref_no="D"),
        line(noon, -70, "甲", ref_no="D"),
        line(noon, -70, "甲", ref_no="E"),
        line(datetime(2022, 6, 2), -60, "甲", balance=1, ref_no="F"),
        line(datetime(2022, 6, 2), -60, "乙", balance=1, ref_no="G"),
    ]
    found = frame(tmp_path, lines)
    assert sorted(found["amount"]) == [6000, 6000, 7000, 7000, 10000, 10000]


WHOM: list[tuple[dict[str, Any], str, bool]] = [
    ({"cp_name": "张测试", "cp_acct": CARD}, "own", False),
    ({"cp_name": "张测试", "cp_acct": SECOND + "_1"}, "own", False),
    ({"cp_name": "张测试", "cp_acct": "990099990009"}, "own_unlisted", False),
    ({"cp_name": "张测试", "cp_acct": "990099990009", "cp_id": OTHER}, "person", True),
    ({"cp_name": "乱写", "cp_acct": "990099990009", "cp_id": DEBTOR}, "own_unlisted", False),
    ({"cp_name": "张测试"}, "own", False),
    ({"cp_name": "李 配偶"}, "kin", True),
    ({"cp_name": "李配偶", "cp_id": OTHER}, "person", True),
    ({"cp_name": None, "cp_id": SPOUSE}, "kin", True),
    ({"cp_name": "不相干", "cp_acct": "990033330003"}, "kin", True),
    ({"cp_name": "财付通支付科技有限公司"}, "third_party", True),
    ({"cp_name": "浙东市人民法院"}, "court", True),
    ({"cp_name": "某结算户", "memo": "法院扣划"}, "court", True),
    ({"cp_name": "王友人", "memo": "执行款"}, "person", True),
    ({"cp_name": "浙东市社会保险中心"}, "government", True),
    ({"cp_name": "平安人寿保险公司"}, "insurer", True),
    ({"cp_name": "浙东农村商业银行"}, "bank", False),
    ({"cp_name": "测试（浙东）贸易有限公司"}, "company", True),
    ({"cp_name": None, "merchant": "某某便利"}, "company", True),
    ({"cp_name": "王友人"}, "person", True),
    ({"cp_name": "现金支取"}, "bank", False),
    ({"cp_name": None}, "unknown", True),
]


def test_whom_a_row_deals_with(tmp_path: Path) -> None:
    tables = {
        "account": [
            {"holder_id": DEBTOR, "acct_no": ACCT, "card_no": CARD},
            {"holder_id": DEBTOR, "acct_no": SECOND},
            {"holder_id": SPOUSE, "acct_no": "990033330003"},
        ]
    }
    lines = [line(MEANT, -100 - place) | more for place, (more, _, _) in enumerate(WHOM)]
    found = frame(tmp_path, lines, tables=tables)
    told = list(zip(found["cp_kind"], found["external"], strict=True))
    assert dict(enumerate(told)) == {place: (kind, external) for place, (_, kind, external) in enumerate(WHOM)}


def test_two_kin_of_one_name_are_not_told_apart_by_name(tmp_path: Path) -> None:
    again = {"person_a": DEBTOR, "name_a": "张测试", "person_b": OTHER, "name_b": "李配偶", "rel_code": "in_law"}
    found = frame(tmp_path, [line(MEANT, -100, "李配偶")], tables={"relation": [again]})
    assert found["cp_kind"].tolist() == ["person"]


def test_weak_kin_shares_the_surname_and_no_tie(tmp_path: Path) -> None:
    lines = [
        line(MEANT, -1, "张某某"),
        line(MEANT, -2, "王某某"),
        line(MEANT, -3, "李配偶"),
        line(MEANT, -4, "张记饭店"),
    ]
    assert frame(tmp_path, lines)["weak_kin"].tolist() == [True, False, False, False]


def test_one_hand_keeps_one_key_with_and_without_its_number(tmp_path: Path) -> None:
    tables = {"account": [{"holder_id": OTHER, "acct_no": "990044440004"}]}
    lines = [
        line(MEANT, -1, "王友人", cp_id=OTHER),
        line(MEANT, -2, "王友人", cp_acct="990044440004-2"),
        line(MEANT, -3, "李配偶"),
        line(MEANT, -4, "配偶", cp_id=SPOUSE),
    ]
    assert frame(tmp_path, lines, tables=tables)["cp"].tolist() == [OTHER, OTHER, SPOUSE, SPOUSE]


EDGES: list[tuple[date, str]] = [
    (SRV - timedelta(days=366), ""),
    (SRV - timedelta(days=365), "w0"),
    (SRV - timedelta(days=1), "w0 w2"),
    (SRV, "w1 w2 since"),
    (EFF - timedelta(days=1), "w1 w2 since"),
    (EFF, "w2 since"),
    (NTC - timedelta(days=1), "w2 since"),
    (NTC, "w3 since"),
    (ZB, "w3 since"),
    (ZB + timedelta(days=1), "w4 since"),
    (TODAY, "w4 since"),
]


def test_windows_at_their_edges(tmp_path: Path) -> None:
    found = frame(tmp_path, [line(day, -1, "甲") for day, _ in EDGES], "moves")
    names = ("w0", "w1", "w2", "w3", "w4", "since")
    assert [" ".join(name for name in names if row[name]) for row in found[list(names)].to_dict("records")] == [
        windows for _, windows in EDGES
    ]


def test_nothing_far_before_service_is_a_move(tmp_path: Path) -> None:
    lines = [line(SRV - timedelta(days=401), -1, "甲"), line(SRV - timedelta(days=400), -2, "甲")]
    assert frame(tmp_path, lines, "moves")["amount"].tolist() == [200]


def test_a_payment_to_the_applicant_or_a_fellow_debtor_does_not_leave(tmp_path: Path) -> None:
    fellow = {"case_no": CASE_NO, "party_no": 3, "role": "debtor", "kind": "person", "name": "赵共同", "id_no": OTHER}
    lines = [
        line(MEANT, -1, "申请人甲"),
        line(MEANT, -2, "赵共同"),
        line(MEANT, -3, "赵共同", cp_id=OTHER),
        line(MEANT, -4, "申请人甲", cp_id="990001196001010010"),
        line(MEANT, -5, "某店", memo="消费"),
        line(MEANT, -6, "王友人", memo="消费"),
    ]
    found = frame(tmp_path, lines, "moves", tables={"party": [fellow]})
    assert found["creditor"].tolist() == [True, False, False, False, False, False]
    assert found["external"].tolist() == [True, False, False, True, True, True]
    assert found["leaves"].tolist() == [False, False, False, True, False, True]


@pytest.mark.parametrize(("start", "novel"), [(730, True), (90, True), (89, False)])
def test_nobody_is_new_where_statements_do_not_reach_back(tmp_path: Path, start: int, novel: bool) -> None:
    lines = [line(SRV - timedelta(days=start), 1, "旧公司"), line(SRV, -100, "王友人")]
    found = frame(tmp_path, lines, "moves")
    assert found.loc[found["cp_name"] == "王友人", "novel"].tolist() == [novel]
    assert not found.loc[found["cp_name"] == "旧公司", "novel"].any()


def test_somebody_seen_before_service_is_not_new(tmp_path: Path) -> None:
    lines = [long_before(), line(SRV - timedelta(days=500), 1, "王友人"), line(SRV, -100, "王友人")]
    assert not frame(tmp_path, lines, "moves")["novel"].any()


def test_accounts_named_by_the_bank_query_are_fed_back_with_their_sibling_number(tmp_path: Path) -> None:
    tables = {
        "account": [
            {"holder_id": DEBTOR, "acct_no": ACCT, "card_no": CARD},
            {"holder_id": DEBTOR, "acct_no": SECOND},
        ],
        "query_feedback": [
            {
                "case_no": CASE_NO,
                "request_no": "1",
                "subject_id": DEBTOR,
                "range_code": "YH",
                "asset_id": ACCT,
                "req_date": NTC,
                "fb_date": NTC,
                "has_result": True,
            },
            {
                "case_no": CASE_NO,
                "request_no": "2",
                "subject_id": DEBTOR,
                "range_code": "CL",
                "asset_id": SECOND,
                "req_date": NTC,
                "fb_date": NTC,
                "has_result": True,
            },
        ],
    }
    with facts_of(tmp_path, [line(MEANT, -1, "甲")], tables=tables) as facts:
        found = facts.accounts.to_pandas().set_index("acct")["fed_back"].to_dict()
    assert found == {ACCT: True, CARD: True, SECOND: False}
