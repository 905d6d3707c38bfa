"""Records of reviews by file: what is taken, what is set aside, and what never changes."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from little_pool import CASE_NO
from openpyxl import load_workbook
from outcome_rows import HEADERS, WHOLE, figures, known, row, sheet, take

import cli
from features.errors import GoldenKeyError
from features.intake.ingest import IngestOptions
from features.pool.pool import Pool
from models.audit.verify import verify
from models.feedback.funnel import build_funnel
from models.ledger.chain import UnknownActorError
from models.ledger.ledger import Ledger
from serving.outcomes.intake import import_outcomes
from serving.outcomes.workbook import funnel_workbook, template_workbook


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
