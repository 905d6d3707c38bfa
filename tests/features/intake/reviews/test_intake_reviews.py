"""Records of reviews through plain `ingest`: refused, reported and counted as everywhere else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from little_pool import REVIEW_CELLS

import cli
from features.intake.ingest import IngestOptions, ingest
from features.intake.report import IngestReport
from features.intake.tables import recognition
from features.pool.pool import Pool
from features.pool.reviews import reviews
from features.schema import TABLES

Make = Callable[..., Path]
CASE, OTHER = "（2023）浙9901执1号", "（2023）浙9901执2号"
WHOLE = REVIEW_CELLS | {"label": "Y1"}
CASES = [
    {
        "case_no": number,
        "case_type": "first",
        "nature": "民事",
        "court_code": "浙9901",
        "court_division": "339901",
        "cause": "民间借贷纠纷",
        "amt_due": "200000",
        "amt_unpaid": "200000",
        "filing_date": "2023-01-10",
        "apply_date": "2023-01-05",
        "close_mode": "终结本次执行程序",
        "close_date": "2023-06-20",
    }
    for number in (CASE, OTHER)
]


def write(path: Path, table: str, *rows: dict[str, str]) -> None:
    columns = TABLES[table].columns
    lines = [",".join(column.label for column in columns)]
    lines += [",".join(row.get(column.name, "") for column in columns) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def row(**changes: str) -> dict[str, str]:
    return WHOLE | changes


@pytest.fixture(params=["small", "large"])
def take(request: pytest.FixtureRequest, tmp_path: Path, make_delivery: Make, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Ingest one delivery of sheets of reviews; sheets held in memory, or read in blocks."""
    if request.param == "large":
        monkeypatch.setattr(recognition, "READ_AHEAD_BYTES", 0)

    def taken(number: str, day: str, *sheets: list[dict[str, str]], **options: bool) -> IngestReport:
        folder = make_delivery(number, day)
        for place, rows in enumerate(sheets, start=1):
            write(folder / f"监督结果{place}.csv", "review", *rows)
        return ingest(tmp_path / "home", [str(folder)], IngestOptions(**options))

    return taken


def known(home: Path) -> dict[str, str]:
    with Pool(home).as_of(date(2024, 12, 31)) as cut:
        found = reviews(cut)
    return dict(zip(found["review_id"], found["case_no"], strict=True))


def test_a_number_of_another_case_is_set_aside_and_counted(take: Make, tmp_path: Path) -> None:
    take("JJ1", "2024-04-01", [row()])
    report: IngestReport = take("JJ2", "2024-05-01", [row(case_no=OTHER), row(review_id="SC2", case_no=OTHER)])
    assert (report.accepted, report.bad, report.rules()) == (1, 1, {"reused": 1})
    (fault,) = report.faults
    assert (fault["file"], fault["row"], fault["column"]) == ("监督结果1.csv", 2, "review_id")
    assert f"SC1已用于{CASE}" in str(fault["sentence"])
    assert pq.read_table(report.quarantine[0]).column("raw").to_pylist()[0].startswith("SC1\t" + OTHER)
    (file,) = Pool(tmp_path / "home").batches()[-1].files
    assert (file.rows, file.bad) == (1, 1)
    assert known(tmp_path / "home") == {"SC1": CASE, "SC2": OTHER}


def test_one_number_for_two_cases_in_two_files_is_set_aside_in_both(take: Make, tmp_path: Path) -> None:
    report: IngestReport = take("JJ1", "2024-04-01", [row(), row(review_id="SC2")], [row(case_no=OTHER)])
    assert [(sheet.file, sheet.rows, sheet.accepted, sheet.bad) for sheet in report.sheets] == [
        ("监督结果1.csv", 2, 1, 1),
        ("监督结果2.csv", 1, 0, 1),
    ]
    assert {(fault["file"], fault["row"]) for fault in report.faults} == {("监督结果1.csv", 2), ("监督结果2.csv", 2)}
    assert known(tmp_path / "home") == {"SC2": CASE}


def test_a_case_number_is_corrected_where_that_is_said(take: Make, tmp_path: Path) -> None:
    take("JJ1", "2024-04-01", [row()])
    report: IngestReport = take("JJ2", "2024-05-01", [row(case_no=OTHER)], correct_cases=True)
    assert (report.accepted, report.bad) == (1, 0)
    assert known(tmp_path / "home") == {"SC1": OTHER}


def test_what_the_contract_refuses_stands_in_the_same_quarantine(take: Make, tmp_path: Path) -> None:
    report: IngestReport = take(
        "JJ1",
        "2024-04-01",
        [row(found_value="-1"), row(review_id="SC2", label="查无实据"), row(review_id="SC3", sug_date="2024-02-02")],
        [row(review_id="SC4"), row(review_id="SC4", case_no=OTHER)],
    )
    assert report.rules() == {"reused": 2, "code": 1, "order": 1, "range": 1}
    assert (report.accepted, report.bad) == (0, 5)
    assert len(pq.read_table(report.quarantine[0])) == 5
    assert known(tmp_path / "home") == {}


def test_what_is_doubtful_is_kept_with_a_warning(
    tmp_path: Path, make_delivery: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_delivery("JJ1", "2024-04-01")
    write(folder / "执行案件.csv", "case", *CASES[:1])
    write(folder / "监督结果.csv", "review", row(sug_date=""), row(review_id="SC2", case_no=OTHER))
    command = ["--home", str(tmp_path / "home"), "ingest", str(folder)]
    assert cli.main([*command, "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["quarantined"] == 0
    assert [(doubt["code"], doubt["review_id"]) for doubt in printed["doubts"]] == [
        ("reply_without_recommendation", "SC1"),
        ("unmatched", "SC2"),
    ], "the case that came in the same delivery is known"
    again = make_delivery("JJ2", "2024-04-02")
    write(again / "监督结果.csv", "review", row(recovered_date=""))
    assert cli.main(["--home", str(tmp_path / "home"), "ingest", str(again)]) == 0
    assert "没有到位日期" in capsys.readouterr().out.replace("\n", "")
    assert set(known(tmp_path / "home")) == {"SC1", "SC2"}
