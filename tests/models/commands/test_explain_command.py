"""Command `explain` on reasons written by hand: the printed sum closes, rows are cut, names stay text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import cli
from features.facts import lookup
from features.facts.lookup import CutDay
from models.commands import explain
from models.commands.explain import COMMANDS, ROWS_PRINTED
from models.reasons.sentences import CaseContext, CaseReasons, EvidenceLine, Reason

BRACKETS = "[/b]甲[red]"


def reason(clue: str, contribution: float, rows: int = 0) -> Reason:
    """A reason with so many rows of evidence, the first of 1,234,500 分 on a day, in a file with a sheet."""
    source = ("TX", 1, f"流水{BRACKETS}.xlsx", f"表{BRACKETS}", 7)
    lines = tuple(
        EvidenceLine(date(2024, 1, 1 + n), 1_234_500 if n == 0 else None, f"对方{BRACKETS}", f"附言{n}", (source,))
        for n in range(rows)
    )
    direction = "提高" if contribution > 0 else "降低"
    words = (f"合理{BRACKETS}",), f"核实{BRACKETS}", f"第{BRACKETS}条"
    return Reason(clue, "名", f"疑似{clue}{BRACKETS}", contribution, direction, (), lines, rows, *words)


CONTEXT = CaseContext(
    "（2023）浙9901执1号@2023-06-20", "（2023）浙9901执1号", date(2024, 3, 31), "m1", 0.25, 0.9, "较高", "B", 20_000_000
)
CASE = CaseReasons(
    replace(CONTEXT, amount_fen=5_000_000, expected_fen=1_750_000, missed=0.1),
    -1.25,
    0.375,
    (reason("X1", 1.5, ROWS_PRINTED + 2), reason("X2", 0.25, 1)),
    (reason("X3", -0.375),),
    0.25,
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Any, ...]]:
    """What the command asks for of the home `h`; the answer is `CASE`."""
    found: list[tuple[Any, ...]] = []
    (tmp_path / "h" / "pool").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    def answer(*words: Any) -> CaseReasons:
        found.append(words)
        return CASE

    monkeypatch.setattr(explain, "explain_case", answer)
    monkeypatch.setattr(lookup, "default_cut", lambda _: CutDay(CONTEXT.as_of, "默认：最近一次案件数据交接之日"))
    monkeypatch.setenv("COLUMNS", "200")
    return found


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(["--home", "h", "explain", CONTEXT.case_no, *words]) == 0
    return capsys.readouterr().out


def test_the_printed_parts_add_up_to_the_margin(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert [command.name for command in COMMANDS] == ["explain"]
    said = printed(capsys)
    line = next(line for line in said.splitlines() if line.startswith("得分构成"))
    *parts, margin = (float(number) for number in re.findall(r"[+-]\d+\.\d{3}", line))
    assert parts == [-1.25, 1.375, 0.25]
    assert sum(parts) == margin == 0.375
    for text in ("25.0%", "90.0%", "20.00万元", "5.00万元", "遗漏概率 10.0%", "1.75万元", "（+1.50）", "（-0.38）"):
        assert text in said, text


def test_a_day_that_nobody_named_says_why_it_is_that_one(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert "（默认：最近一次案件数据交接之日）" in printed(capsys)
    assert json.loads(printed(capsys, "--format", "json"))["as_of_why"] == "默认：最近一次案件数据交接之日"
    given = printed(capsys, "--as-of", "2024-03-31")
    assert "最近一次" not in given and "（由 --as-of 指定）" in given


def test_rows_beyond_the_first_are_counted(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(capsys)
    assert [f"附言{n}" in said for n in range(ROWS_PRINTED + 2)] == [True] * ROWS_PRINTED + [False] * 2
    assert f"共 {ROWS_PRINTED + 2} 条依据" in said
    assert said.count("条依据，此处列") == 1
    assert "1.23万元" in said  # 1,234,500 分


def test_names_with_brackets_are_printed_as_they_are(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(capsys)
    for text in ("疑似X1", "疑似X3", "对方", "流水", "表", "合理", "核实", "第"):
        assert text + BRACKETS in said, text


def test_json_holds_every_row_and_the_exact_numbers(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    body = json.loads(printed(capsys, "--format", "json", "--as-of", "2024-03-31"))
    assert asked == [(Path("h"), CONTEXT.case_no, date(2024, 3, 31))]
    assert len(body["reasons"][0]["evidence"]) == ROWS_PRINTED + 2
    assert body["reasons"][0]["evidence"][0]["amount_fen"] == 1_234_500
    parts = [row["contribution"] for row in body["reasons"] + body["lowers"]]
    assert body["base"] + sum(parts) + body["rest"] == body["margin"]
    assert body["context"]["as_of"] == "2024-03-31"


@pytest.mark.parametrize("day", ["2024-13-01", "昨天", "31.03.2024"])
def test_a_day_that_is_none_is_refused_before_anything_is_read(
    asked: list[Any], capsys: pytest.CaptureFixture[str], day: str
) -> None:
    assert cli.main(["--home", "h", "explain", CONTEXT.case_no, "--as-of", day]) == 2
    assert "参数 --as-of：应为日期" in capsys.readouterr().err
    assert asked == []
