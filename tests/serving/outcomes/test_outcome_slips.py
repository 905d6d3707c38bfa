"""Reviews with something to doubt: each is kept and named in a sentence, by whichever door it comes."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from little_pool import CASE_NO, deliver, one_case
from outcome_rows import known, row, sheet, take

from features.intake.ingest import IngestOptions, ingest
from features.intake.reviews.checks import CHECKS, find_warnings, join_known
from features.pool.reviews import REVIEW, STAMPS, typed_reviews
from models.ledger.ledger import Ledger
from serving.outcomes.intake import OutcomeImport, complete_statement, import_outcomes

RUNNING = {
    "conclude_date": "",
    "label": "",
    "found_value": "",
    "sug_date": "",
    "reply_date": "",
    "reply": "",
    "recovered_amount": "",
    "recovered_date": "",
}


SLIPS: dict[str, tuple[dict[str, str], str]] = {
    "unmatched": ({}, "未匹配到终本程序"),
    "unmatched_date": ({"zb_date": "2023-06-21"}, "2023-06-20"),
    "adopted_undated": ({"reply_date": ""}, "没有回复日期"),
    "reply_without_recommendation": ({"sug_date": ""}, "没有检察建议日期"),
    "money_unadopted": ({"reply": "不采纳"}, "没有采纳记录"),
    "money_undated": ({"recovered_date": ""}, "没有到位日期"),
    "found_in_wan": ({"found_value": "8"}, "万元"),
    "recovered_in_wan": ({"recovered_amount": "6.5"}, "万元"),
    "recovered_above_debt": ({"recovered_amount": "60000000"}, "未履行额200,000.00元"),
    "half_concluded": ({"label": "", "found_value": ""}, "只填了一项"),
    "confirmed_without_value": ({"found_value": ""}, "没有查实财产价值"),
    "after_receipt": ({"recovered_date": "2024-04-02"}, "2024-04-02"),
    "selected_before_end": ({"selected_on": "2023-06-01"}, "早于终本日期"),
    "accepted_after_conclusion": ({"accept_date": "2023-12-02"}, "晚于审结日期"),
}
SOUND: dict[str, dict[str, str]] = {
    "unaided": {"unaided": "是", "reply": "不采纳"},
    "small": {"found_value": "800", "recovered_amount": "700"},
    "running": RUNNING,
    "not looked into": RUNNING | {"label": "未核查"},
}


@pytest.fixture(scope="module")
def slips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, OutcomeImport]:
    """One file with every slip, and with rows that look like one; each in a case of its own."""
    home = tmp_path_factory.mktemp("slips") / "home"
    names = [*SLIPS, *SOUND]
    numbers = {name: f"（2023）浙9901执{100 + place}号" for place, name in enumerate(names)}
    cases = [one_case(case_no=numbers[name])["case"][0] for name in names if name != "unmatched"]
    small = next(case for case in cases if case["case_no"] == numbers["small"])
    small["amt_unpaid"] = 90_000
    deliver(home, date(2023, 9, 1), {"case": cases})
    changes = {name: change for name, (change, _) in SLIPS.items()} | SOUND
    return home, take(home, *(row(review_id=name, case_no=numbers[name]) | changes[name] for name in names))


@pytest.mark.parametrize("code", SLIPS)
def test_each_slip_is_kept_and_named_once_in_a_sentence(slips: tuple[Path, OutcomeImport], code: str) -> None:
    home, taken = slips
    mine = [doubt for doubt in taken.doubts if doubt.review_id == code]
    assert [doubt.code for doubt in mine] == [code]
    assert SLIPS[code][1] in mine[0].sentence
    assert mine[0].sentence.endswith("。")
    assert mine[0].place.endswith(f"第{2 + list(SLIPS).index(code)}行")
    assert code in known(home).index


@pytest.mark.parametrize("name", SOUND)
def test_what_is_in_order_is_not_doubted(slips: tuple[Path, OutcomeImport], name: str) -> None:
    assert [doubt.code for doubt in slips[1].doubts if doubt.review_id == name] == []


def test_whichever_door_is_used_the_same_rules_hold(home: Path, tmp_path: Path) -> None:
    """A table with every slip, a refusal of the contract and a number used twice: `outcomes` against `ingest`."""
    wrong = [
        row(review_id="W1", label="查无实据"),
        row(review_id="W2"),
        row(review_id="W2", case_no=f"{CASE_NO[:-2]}2号"),
    ]
    path = sheet(
        tmp_path / "监督结果.csv", *(row(review_id=name) | change for name, (change, _) in SLIPS.items()), *wrong
    )
    other = tmp_path / "other"
    shutil.copytree(home, other)
    day = date(2024, 4, 1)
    with Ledger(home) as ledger:
        taken = import_outcomes(home, [str(path)], IngestOptions(received_on=day), ledger, "system")
    report = ingest(other, [str(path)], complete_statement(IngestOptions(received_on=day)))
    assert taken.doubts == report.reviews[0].warnings
    assert {doubt.code for doubt in taken.doubts} >= set(SLIPS) - {"unmatched"}
    assert taken.quarantined == report.bad == 3
    assert taken.quarantine is not None
    assert pq.read_table(taken.quarantine).equals(pq.read_table(report.quarantine[0]))
    assert known(home).drop(columns="batch").equals(known(other).drop(columns="batch"))


def test_slips_against_earlier_versions(home: Path) -> None:
    take(home, row())
    moved = take(home, row(office="339902"), day=date(2024, 5, 1))
    undone = take(home, row(office="339902", **RUNNING), day=date(2024, 5, 2))
    twice = take(home, row(), row(found_value="90000"), day=date(2024, 5, 3))
    assert [[doubt.code for doubt in taken.doubts] for taken in (moved, undone, twice)] == [
        ["moved"],
        ["undone"],
        ["moved", "repeated", "moved"],
    ]
    assert known(home).loc["SC1", "found_value"] == 9_000_000


def test_an_earlier_version_that_comes_late_is_kept_and_does_not_stand(home: Path) -> None:
    take(home, row())
    taken = take(home, row(label="执行不能确认", found_value=""), day=date(2024, 3, 15))
    assert [doubt.code for doubt in taken.doubts] == ["late_version"]
    assert known(home).loc["SC1", "label"] == "Y1"
    assert known(home, date(2024, 3, 20)).loc["SC1", "label"] == "Y4"


@pytest.mark.parametrize(
    ("first", "second", "warned"),
    [
        (("2023-10-05", "2023-12-01"), ("2023-11-01", "2024-01-01"), 1),
        (("2023-10-05", ""), ("2024-01-01", "2024-02-01"), 1),
        (("2023-10-05", "2023-12-01"), ("2023-12-02", ""), 0),
    ],
)
def test_reviews_of_one_episode_that_run_at_once(first: tuple[str, str], second: tuple[str, str], warned: int) -> None:
    def rows(**days: tuple[str, str]) -> pd.DataFrame:
        plain = {"case_no": CASE_NO, "zb_date": "2023-06-20", "office": "339901", "label": "Y4"}
        made = [
            plain
            | {
                "review_id": name,
                "selected_on": start,
                "accept_date": start,
                "conclude_date": end or None,
                "src_file": "a.csv",
                "src_sheet": "",
                "src_row": 2,
            }
            for name, (start, end) in days.items()
        ]
        columns = [*REVIEW.names, *STAMPS]
        return typed_reviews(pd.DataFrame(made, columns=columns, dtype=object))

    case = pd.DataFrame(
        {
            "case_no": [CASE_NO],
            "ended_on": [pd.Timestamp("2023-06-20")],
            "division": "339901",
            "debt_fen": pd.array([20_000_000], "Int64"),
        }
    )

    def crossing(new: pd.DataFrame, in_force: pd.DataFrame) -> list[str]:
        found = find_warnings(join_known(new.drop(columns=["known_at", "batch"]), in_force, case, date(2024, 4, 1)))
        return [doubt.review_id for doubt in found if doubt.code == "overlapping"]

    assert crossing(rows(B=second), rows(A=first)) == ["B"] * warned
    assert crossing(rows(A=first, B=second), rows()) == ["A", "B"] * warned
    assert crossing(rows(A=first), rows(A=second)) == []  # a later version of the same review


def test_every_check_is_met_by_a_test() -> None:
    met = Path(__file__).read_text(encoding="utf-8")
    assert [code for code in CHECKS if f'"{code}"' not in met] == []
