"""Command `leads` over leads written by hand: what is printed and written, versions, amounts, texts with brackets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from made_leads import lead
from openpyxl import load_workbook
from refused_files import assert_one_sentence

import cli
from models.feedback.lead_decisions import read_lead, record_opening
from models.ledger.ledger import Ledger
from serving.commands.leads import SHOWN

CASES = SHOWN + 3
BRACKETS = "[/b]甲[red]楼"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Leads of `CASES` cases worth n × 1,000.50 元, of the last an unknown net value; names hold square brackets."""
    made = tmp_path_factory.mktemp("leads") / "home"
    found = [replace(lead(n), net_fen=100_050 * n, asset_class="ACC", asset_name=BRACKETS) for n in range(1, CASES)]
    found.append(replace(lead(CASES), net_fen=None, office="339902", court=f"法院{BRACKETS}"))
    with Ledger(made) as ledger:
        for name in ("甲", "乙"):
            ledger.add_actor(name, "person", "system")
        record_opening(ledger, found, date(2024, 3, 31), 1, "v1", "system")
    return made


def run(home: Path, *words: str) -> int:
    return cli.main(["--home", str(home), "leads", *words])


def stored(home: Path, number: int) -> Any:
    with Ledger(home) as ledger:
        return read_lead(ledger, lead(number).id)


def test_the_list_is_in_amounts_of_yuan_with_brackets_as_they_are(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run(home, "list") == 0
    said = capsys.readouterr().out
    assert f"共 {CASES} 条财产线索（初筛 {CASES} 条，有效 0 条，无效 0 条，已推送 0 条）" in said
    assert f"另有 {CASES - SHOWN} 条" in said
    assert said.count(BRACKETS) == SHOWN
    assert lead(2).case_no not in said  # the smallest are beyond what is shown
    (line,) = [line for line in said.splitlines() if lead(20).case_no in line]
    assert "2.00万元" in line  # 20 × 1,000.50 元


def test_filters_of_the_command_are_those_of_the_interface(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "list", "--min-yuan", "40020", "--format", "json") == 0
    assert [row["net_fen"] for row in json.loads(capsys.readouterr().out)["leads"]] == [4_202_100, 4_102_050, 4_002_000]
    assert run(home, "list", "--office", "339902", "--format", "json") == 0
    assert [row["net_fen"] for row in json.loads(capsys.readouterr().out)["leads"]] == [None]
    assert run(home, "list", "--state", "办结") == 2
    assert run(home, "list", "--office", "甲") == 2


def test_a_workbook_has_every_lead_and_is_in_the_chain(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "线索.xlsx"
    assert run(home, "list", "--format", "xlsx", "--out", str(out), "--actor", "甲") == 0
    page = load_workbook(out).active
    assert page is not None
    codes = [cell.value for cell in page[2]]
    values = [page.cell(line, codes.index("net_yuan") + 1).value for line in range(3, 3 + CASES)]
    assert values == pytest.approx([1_000.50 * n for n in range(CASES - 1, 0, -1)] + [None])
    with Ledger(home) as ledger, ledger.engine.connect() as connection:
        last = connection.exec_driver_sql("SELECT actor, act, payload FROM audit ORDER BY seq DESC").first()
    assert last is not None
    assert (last[0], last[1]) == ("甲", "lead.export")
    assert json.loads(last[2]) == {"file": "线索.xlsx", "leads": CASES}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("list", "--format", "xlsx"), "--out"),
        (("show", "--format", "xlsx", "--out", "a.xlsx"), "只用于"),
        (("clusters", "--format", "xlsx", "--out", "a.xlsx"), "类案编号"),
        (("mark",), "财产线索编号"),
        (("push",), "财产线索编号"),
        (("mark", "L0", "--state", "有效"), "没有这个编号"),
        (("mark", lead(1).id), "之一"),
        (("mark", lead(1).id, "--state", "有效", "--actor", "无名"), "无名"),
        (("push", lead(1).id, "--department", "民事检察"), "不能改为"),
        (("clusters", "K0"), "没有这个编号"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_decides_nothing(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    assert run(home, *words) == 2
    assert_one_sentence(capsys, says)
    assert stored(home, 1).version == 0


def test_of_two_who_looked_at_the_same_version_the_second_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number, words = lead(3).id, ("--version", "0")
    assert run(home, "mark", number, "--state", "有效", "--actor", "甲", *words) == 0
    assert "现为“有效”" in capsys.readouterr().out
    refused = run(home, "mark", number, "--state", "无效", "--reason-code", "paid", "--actor", "乙", *words)
    assert (refused, "已由甲于" in capsys.readouterr().err) == (2, True)
    assert run(home, "push", number, "--department", "刑事检察", "--actor", "乙") == 0
    kept = stored(home, 3)
    assert (kept.state, kept.version, kept.actor, kept.department) == ("已推送", 2, "乙", "刑事检察")


def test_clusters_are_printed_with_their_sums(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run(home, "clusters", "--format", "json") == 0
    (found,) = json.loads(capsys.readouterr().out)["clusters"]
    assert found["net_fen"] == 100_050 * (CASES - 1) * CASES // 2
    assert run(home, "clusters") == 0
    said = capsys.readouterr().out
    assert found["cluster_id"] in said and f"{found['net_fen'] / 1_000_000:,.2f}万元" in said
    assert run(home, "clusters", found["cluster_id"]) == 0
    assert capsys.readouterr().out.count("执") >= SHOWN
