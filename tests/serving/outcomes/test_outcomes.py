"""Records of reviews by file: what is taken, what is set aside, what is warned of, and what never changes."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from little_pool import CASE_NO, REVIEW_CELLS, deliver, one_case
from openpyxl import load_workbook

import cli
from features.errors import GoldenKeyError
from features.intake.ingest import IngestOptions, ingest
from features.intake.reviews.checks import CHECKS, find_warnings, join_known
from features.pool.pool import Pool
from features.pool.reviews import REVIEW, STAMPS, reviews, typed_reviews
from models.audit.verify import verify
from models.feedback.funnel import build_funnel
from models.ledger.chain import UnknownActorError
from models.ledger.ledger import Ledger
from serving.outcomes.intake import OutcomeImport, complete_statement, import_outcomes
from serving.outcomes.workbook import funnel_workbook, template_workbook

HEADERS = {
    "review_id": "审查编号",
    "case_no": "案号",
    "zb_date": "终本日期",
    "office": "检察院代码",
    "reviewer": "承办人",
    "selected_on": "选取日期",
    "accept_date": "受理日期",
    "conclude_date": "审结日期",
    "label": "核查结论",
    "found_value": "查实财产价值",
    "sug_date": "检察建议日期",
    "reply_date": "回复日期",
    "reply": "采纳情况",
    "recovered_amount": "执行到位金额",
    "recovered_date": "到位日期",
    "unaided": "是否非因监督到位",
}
WHOLE = REVIEW_CELLS | {"reviewer": "承办甲", "label": "隐匿转移财产查实"}
"""A review without anything to doubt."""


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a ledger and nothing in the pool."""
    home = tmp_path_factory.mktemp("blank") / "home"
    Ledger(home).close()
    return home


@pytest.fixture
def home(blank: Path, tmp_path: Path) -> Path:
    shutil.copytree(blank, tmp_path / "home")
    deliver(tmp_path / "home", date(2023, 9, 1), one_case())
    return tmp_path / "home"


def row(**changes: str) -> dict[str, str]:
    return WHOLE | changes


def sheet(path: Path, *rows: Mapping[str, str]) -> Path:
    lines = [",".join(HEADERS.values()), *(",".join(one.get(name, "") for name in HEADERS) for one in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="gb18030")
    return path


def take(home: Path, *rows: Mapping[str, str], day: date = date(2024, 4, 1), **options: Any) -> OutcomeImport:
    path = sheet(home.parent / f"监督结果{day}-{len(list(home.parent.iterdir()))}.csv", *rows)
    with Ledger(home) as ledger:
        return import_outcomes(home, [str(path)], IngestOptions(received_on=day), ledger, "system", **options)


def known(home: Path, day: date = date(2025, 1, 1)) -> pd.DataFrame:
    with Pool(home).as_of(day) as cut:
        return reviews(cut).set_index("review_id")


def figures(taken: OutcomeImport) -> tuple[int, ...]:
    return taken.new, taken.changed, taken.unchanged, taken.quarantined, taken.unmatched


def test_a_review_is_taken_with_everything_it_says(home: Path) -> None:
    taken = take(home, row())
    assert figures(taken) == (1, 0, 0, 0, 0)
    assert taken.doubts == ()
    one = known(home).loc["SC1"]
    assert (one["label"], one["reply"], one["reviewer"], bool(one["unaided"])) == ("Y1", "adopted", "承办甲", False)
    assert (one["found_value"], one["recovered_amount"]) == (8_000_000, 6_000_000)
    assert (one["known_at"], one["src_row"]) == (pd.Timestamp("2024-04-01"), 2)
    manifest = Pool(home).batches()[-1]
    assert "第三十四条" in manifest.delivery.legal_basis
    assert manifest.delivery.received_on == date(2024, 4, 1)


def test_the_same_file_twice_changes_nothing(home: Path) -> None:
    take(home, row())
    state = Pool(home).state
    again = take(home, row())
    assert (again.batch, Pool(home).state) == (None, state)
    assert "内容相同" in again.notices[0]


def test_a_correction_stands_beside_what_it_corrects(home: Path) -> None:
    take(
        home,
        row(label="执行不能确认", found_value=""),
        row(
            review_id="SC2",
            selected_on="2024-01-05",
            accept_date="2024-01-06",
            conclude_date="",
            label="",
            found_value="",
            sug_date="",
            reply_date="",
            reply="",
            recovered_amount="",
            recovered_date="",
        ),
    )
    taken = take(home, row(), day=date(2024, 5, 1))
    assert figures(taken) == (0, 1, 0, 0, 0)
    assert known(home, date(2024, 4, 30)).loc["SC1", "label"] == "Y4"
    assert known(home, date(2024, 5, 1)).loc["SC1", "label"] == "Y1"
    assert "SC2" in known(home).index


def test_a_version_sent_again_is_kept_and_counted_as_unchanged(home: Path) -> None:
    take(home, row())
    taken = take(
        home,
        row(),
        row(
            review_id="SC2",
            selected_on="2024-03-01",
            accept_date="2024-03-02",
            conclude_date="2024-03-20",
            sug_date="",
            reply_date="",
            reply="",
            recovered_amount="",
            recovered_date="",
        ),
        day=date(2024, 5, 1),
    )
    assert figures(taken) == (1, 0, 1, 0, 0)


def test_an_earlier_version_that_comes_late_is_kept_and_does_not_stand(home: Path) -> None:
    take(home, row())
    taken = take(home, row(label="执行不能确认", found_value=""), day=date(2024, 3, 15))
    assert [doubt.code for doubt in taken.doubts] == ["late_version"]
    assert known(home).loc["SC1", "label"] == "Y1"
    assert known(home, date(2024, 3, 20)).loc["SC1", "label"] == "Y4"


def test_what_the_contract_refuses_is_set_aside_with_its_place(home: Path) -> None:
    taken = take(home, row(conclude_date="2023-10-01"), row(review_id="SC2", label="查无实据"))
    assert figures(taken) == (0, 0, 0, 2, 0)
    assert "第2行“选取日期”列：日期先后颠倒" in taken.faults[0]
    assert "第3行“核查结论”列" in taken.faults[1]
    assert taken.quarantine is not None and taken.quarantine.exists()
    assert known(home).empty


@pytest.mark.parametrize(
    ("said", "meant"), [("已采纳", "adopted"), ("予以采纳", "adopted"), ("已部分采纳", "partly"), ("未采纳", "refused")]
)
def test_an_answer_in_other_words_means_what_it_says(home: Path, said: str, meant: str) -> None:
    assert take(home, row(reply=said)).quarantined == 0
    assert known(home).loc["SC1", "reply"] == meant
    with Pool(home).as_of(date(2024, 4, 30)) as cut:
        assert build_funnel(cut, None).at["2023Q4", "adopted"] == (meant != "refused")


def test_an_answer_nobody_understands_is_set_aside_and_named(home: Path) -> None:
    taken = take(home, row(reply="原则上可以"))
    assert figures(taken)[:4] == (0, 0, 0, 1)
    assert "采纳情况" in taken.faults[0]


def test_a_number_of_another_case_is_set_aside_unless_the_case_is_corrected(home: Path) -> None:
    take(home, row())
    other = row(case_no="（2023）浙9901执2号")
    taken = take(home, other, day=date(2024, 5, 1))
    assert figures(taken) == (0, 0, 0, 1, 0)
    assert f"SC1已用于{CASE_NO}" in taken.faults[0]
    assert known(home).loc["SC1", "case_no"] == CASE_NO
    batch = Pool(home).batches()[-1]
    assert [(file.rows, file.bad) for file in batch.files] == [(0, 1)]
    assert not batch.parts
    corrected = take(home, other, row(review_id="SC3"), day=date(2024, 5, 2), correct_cases=True)
    assert corrected.quarantined == 0
    assert known(home).loc["SC1", "case_no"] == "（2023）浙9901执2号"


def test_one_number_for_two_cases_in_one_file_is_set_aside_whole(home: Path) -> None:
    taken = take(home, row(), row(case_no="（2023）浙9901执2号"), row(review_id="SC9", selected_on="2024-01-01"))
    assert taken.quarantined == 2 + 1  # the third concludes before it was selected
    assert known(home).empty


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


def test_a_filled_template_is_read_back(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "空白.xlsx"
    path.write_bytes(template_workbook())
    book = load_workbook(path)
    page = book["监督结果"]
    assert [cell.value for cell in page[2]][:2] == ["review_id", "case_no"]
    choices = [item.formula1 for item in page.data_validations.dataValidation]
    assert any("隐匿转移财产查实" in text for text in choices)
    for place, name in enumerate([cell.value for cell in page[2]], start=1):
        if WHOLE.get(str(name)):
            page.cell(3, place, WHOLE[str(name)])
    book.save(path)
    with Ledger(home) as ledger:
        taken = import_outcomes(home, [str(path)], IngestOptions(received_on=date(2024, 4, 1)), ledger, "system")
    assert figures(taken) == (1, 0, 0, 0, 0)
    assert (taken.doubts, taken.notices) == ((), ())


def test_every_choice_of_the_template_is_understood(home: Path) -> None:
    page = load_workbook(io.BytesIO(template_workbook()))["监督结果"]
    rows = [
        row(
            **{
                "review_id": f"{item.sqref}-{choice}",
                str(page.cell(2, next(iter(item.sqref.ranges)).min_col).value): choice,
            }
        )
        for item in page.data_validations.dataValidation
        for choice in item.formula1.strip('"').split(",")
    ]
    assert len(rows) == 6 + 4 + 2
    assert take(home, *rows).quarantined == 0


@pytest.mark.parametrize(("name", "word"), [("缺.csv", "不存在"), ("裁定.docx", "应为"), (".", "文件夹")])
def test_other_paths_are_refused(home: Path, tmp_path: Path, name: str, word: str) -> None:
    if name.endswith("docx"):
        (tmp_path / name).write_text("x")
    with Ledger(home) as ledger, pytest.raises(GoldenKeyError, match=word):
        import_outcomes(home, [str(tmp_path / name)], IngestOptions(), ledger, "system")


def test_nothing_is_written_for_a_stranger_or_a_day_to_come(home: Path, tmp_path: Path) -> None:
    path, state = sheet(tmp_path / "a.csv", row()), Pool(home).state
    with Ledger(home) as ledger:
        with pytest.raises(UnknownActorError):
            import_outcomes(home, [str(path)], IngestOptions(), ledger, "无名")
        with pytest.raises(GoldenKeyError, match="将来"):
            import_outcomes(home, [str(path)], IngestOptions(received_on=date(2999, 1, 1)), ledger, "system")
    assert Pool(home).state == state
    assert not list(home.glob("tmp/outcomes-*"))


def test_the_act_is_in_the_chain_without_a_name(home: Path) -> None:
    taken = take(home, row())
    with Ledger(home) as ledger:
        with ledger.engine.connect() as connection:
            last = connection.exec_driver_sql("SELECT act, subject, payload FROM audit ORDER BY seq DESC").first()
        assert verify(ledger).sound
    assert last is not None
    assert last[:2] == ("outcomes.take", f"b{taken.batch:06d}")
    assert json.loads(last[2])["new"] == 1
    assert CASE_NO not in last[2] and "承办甲" not in last[2]


def test_the_command_imports_prints_and_reports(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sheet(tmp_path / "监督结果.csv", row(), row(review_id="SC2", case_no="（2023）浙9901执77号"))
    words = ["--home", str(home), "outcomes"]
    assert cli.main([*words, str(path), "--received", "2024-04-01", "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["new"], printed["unmatched"]) == (2, 1)
    assert [row["Y1"] for row in printed["funnel"]] == [2]
    assert cli.main([*words, str(path)]) == 0
    assert "没有新的内容" in capsys.readouterr().out
    out = tmp_path / "结果.xlsx"
    asked = [*words, "--report", "--as-of", "2024-04-30", "--format"]
    assert cli.main([*asked, "json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"]["recovered_fen"] == 12_000_000
    assert cli.main([*asked, "xlsx"]) == 2
    assert cli.main([*asked, "xlsx", "--out", str(out)]) == 0
    page = load_workbook(out)["监督结果"]
    assert page.cell(3, 1).value == "2023Q4"
    assert cli.main([*words, "--template", str(tmp_path / "空白.xlsx")]) == 0
    assert cli.main(words) == 2
    assert cli.main([*words, str(path), "--report"]) == 2
    assert "--report" in capsys.readouterr().err


def test_the_office_sees_its_own_figures_by_its_token_alone(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take(
        home,
        row(),
        row(
            review_id="SC2",
            office="339902",
            selected_on="2024-01-10",
            accept_date="2024-01-11",
            conclude_date="2024-03-01",
            sug_date="2024-03-02",
            reply_date="2024-03-20",
            recovered_date="2024-03-25",
        ),
    )
    with Ledger(home) as ledger:
        ledger.add_actor("乙院", "person", "system")
        (tmp_path / "token").write_text(ledger.issue_token("乙院", "system", office="339902"))
    (tmp_path / "bad").write_text("gk_wrong")
    words = ["--home", str(home), "outcomes", "--report", "--as-of", "2024-04-30", "--format", "json"]
    assert cli.main([*words, "--token-file", str(tmp_path / "token")]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["scope"], printed["total"]["concluded"]) == ("院 339902", 1)
    assert cli.main([*words, "--token-file", str(tmp_path / "bad")]) == 2
    assert cli.main([*words, "--token-file", str(tmp_path / "none")]) == 2


def test_the_workbook_writes_amounts_in_yuan(tmp_path: Path, home: Path) -> None:
    from models.feedback.funnel import FIGURES

    table = pd.DataFrame({name: [1234] for name in FIGURES}, index=pd.Index(["2024Q1"], name="quarter"))
    path = tmp_path / "a.xlsx"
    path.write_bytes(funnel_workbook(table, "全部院合计", "2024-03-31"))
    page = load_workbook(path).active
    codes = [cell.value for cell in page[2]]
    assert page.cell(3, codes.index("recovered_yuan") + 1).value == 12.34
    assert page.cell(3, codes.index("listed") + 1).value == 1234


def test_a_workbook_of_numbers_is_read_like_text(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("监督结果")
        page.write_row(0, 0, list(HEADERS.values()))
        for place, value in enumerate(row().get(name, "") for name in HEADERS):
            if value.replace(".", "").isdigit():
                page.write_number(1, place, float(value))
            else:
                page.write_string(1, place, value)
    with Ledger(home) as ledger:
        taken = import_outcomes(home, [str(path)], IngestOptions(received_on=date(2024, 4, 1)), ledger, "system")
    assert figures(taken) == (1, 0, 0, 0, 0)
    assert known(home).loc["SC1", "office"] == "339901"


def test_reviews_taken_before_there_was_a_reviewer_are_read_and_corrected(home: Path) -> None:
    take(home, row())
    (part,) = (home / "pool" / "review").glob("*.parquet")
    pq.write_table(pq.read_table(part).drop_columns(["reviewer"]), part)
    assert known(home).loc["SC1", "reviewer"] is None
    assert figures(take(home, row(found_value="90000"), day=date(2024, 5, 1))) == (0, 1, 0, 0, 0)
    assert known(home).loc["SC1", "reviewer"] == "承办甲"
