"""Command `outcomes` on a terminal: what does not fit a line or a screen is counted, and the sums are of everything."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from little_pool import REVIEW_CELLS

import cli
from features.pool.pool import Pool
from features.pool.reviews import REVIEW
from serving.commands.outcomes import CELL, COMMANDS, HEADINGS, SHOWN

QUARTERS = [f"{year}-{month:02d}" for year in range(2018, 2024) for month in (2, 5, 8, 11)]
"""A month of each of 24 quarters."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home, and a file with a review of each quarter that brought 10,000.50 元 and as many rows that are wrong."""
    folder = tmp_path_factory.mktemp("outcomes")
    rows = []
    for number, month in enumerate(QUARTERS):
        days = {"zb_date": f"{month}-01", "selected_on": f"{month}-02", "accept_date": f"{month}-03"}
        days |= {name: f"{month}-{day}" for name, day in (("conclude_date", "10"), ("sug_date", "11"))}
        days |= {name: f"{month}-{day}" for name, day in (("reply_date", "15"), ("recovered_date", "20"))}
        case = {"case_no": f"（2017）浙9901执{number}号", "review_id": f"SC{number}", "recovered_amount": "10000.50"}
        good = REVIEW_CELLS | {"label": "Y1"} | days | case
        rows += [good, good | {"review_id": f"BAD{number}", "label": "不知道"}]
    names = list(rows[0])
    lines = [",".join(REVIEW.column(name).label for name in names)]
    lines += [",".join(row[name] for name in names) for row in rows]
    (folder / "home" / "models").mkdir(parents=True)
    path = folder / "监督[b]结果.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "home", path


def run(home: Path, *words: str) -> int:
    return cli.main(["--home", str(home), "outcomes", *words])


def test_what_does_not_fit_is_counted_and_the_sums_are_of_everything(
    made: tuple[Path, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, path = made
    assert [command.name for command in COMMANDS] == ["outcomes"]
    monkeypatch.setenv("COLUMNS", str(HEADINGS + 3 * CELL + 5))
    assert run(home, str(path), "--received", "2024-04-01") == 0
    said = capsys.readouterr().out
    whole = said.replace("\n", "")  # lines are folded at the width of the terminal
    assert "新增 24 件" in whole and "隔离 24 行" in whole and "未匹配到终本程序 24 件" in whole
    assert len(re.findall("^隔离：.*监督\\[b\\]结果", said, re.MULTILINE)) == SHOWN
    assert f"隔离：另有 {24 - SHOWN} 条" in said
    assert re.findall(r"20\d\dQ\d", said) == ["2023Q3", "2023Q4"]
    assert "只列最近 2 个季度，合计为全部 24 个季度" in whole
    (money,) = [line for line in said.splitlines() if "监督后到位金额" in line]
    assert money.count("1.00万元") == 2 and "24.00万元" in money  # 24 × 10,000.50 元


def test_the_report_in_json_holds_every_quarter_in_fen(
    made: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    home, _ = made
    out = tmp_path / "报告.json"
    assert run(home, "--report", "--as-of", "2024-04-30", "--format", "json", "--out", str(out)) == 0
    assert capsys.readouterr().out == ""
    body = json.loads(out.read_text(encoding="utf-8"))
    quarters = [row["quarter"] for row in body["quarters"]]
    assert quarters == sorted(quarters) and len(quarters) == 24
    assert {row["recovered_fen"] for row in body["quarters"]} == {1_000_050}
    assert body["total"]["recovered_fen"] == 24 * 1_000_050
    table = tmp_path / "报告.txt"
    assert run(home, "--report", "--as-of", "2024-04-30", "--out", str(table)) == 0
    assert "24.00万元" in table.read_text(encoding="utf-8")
    assert run(home, "--report", "--out", str(tmp_path / "没有" / "a.txt")) == 2


def test_a_wrong_order_changes_nothing(made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    home, path = made
    state = Pool(home).state
    for words in (
        (str(path), "--format", "xlsx"),
        (str(path), "--report"),
        (),
        ("没有.csv",),
        ("--report", "--format", "xlsx"),
    ):
        assert run(home, *words) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert run(home, str(path), "--actor", "无名") == 2
    assert Pool(home).state == state
