"""Thresholds: bounds, sources, and that an office's own values reach findings but never the matrix."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from clue_rows import TODAY, Book, person

from features.clues.catalogue import CLUES
from features.clues.evidence import Evidence
from features.clues.money import kin_flows, passthrough
from features.cuts.matrices import build_matrix
from features.errors import GoldenKeyError
from features.facts import Facts
from features.pool.pool import Cut, Pool
from features.rules.thresholds import SHIPPED, Thresholds, read_thresholds, shipped_thresholds

ROW = """
[[threshold]]
id = "X01-LEAST"
label = "达到多少才计入"
value = {value}
unit = "{unit}"
low = 1
high = 10
source = "测试"
"""


def test_every_threshold_has_bounds_a_label_and_a_source() -> None:
    assert shipped_thresholds()
    for one in shipped_thresholds().values():
        assert one.low <= one.value <= one.high, one.id
        assert one.low < one.high, one.id
        assert one.label and one.source, one.id


ROOT = Path(__file__).resolve().parents[3]
NAMED = re.compile(r"(?<![\w-])(?:[A-H]\d\d|M\d{1,2}|DIST|WATCH\d\d)[A-Z]?-[A-Z][A-Z-]+(?![\w-])")
ASKED = re.compile(r"(?:threshold\(|less_than\(f, )\"([^\"]+)\"")


def test_ids_of_thresholds_named_in_papers_and_code_exist() -> None:
    papers = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "features").rglob("*.py")]
    named = {id: path.name for path in papers for id in NAMED.findall(path.read_text(encoding="utf-8"))}
    assert {"A03-LARGE", "B02-PAYMENTS"} <= named.keys()
    assert {id: path for id, path in named.items() if id not in shipped_thresholds() and id not in CLUES} == {}


def test_every_threshold_a_clue_asks_for_is_shipped() -> None:
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "features").rglob("*.py")]
    asked = {id for text in code for id in ASKED.findall(text)} - {"<id>"}
    assert len(asked) > 50
    assert asked <= shipped_thresholds().keys()


def test_values_reach_clues_as_they_compute() -> None:
    values = Thresholds()
    assert values.number("B02-EACH") == 5_000_000
    assert values.number("B02-PAYMENTS") == 6
    assert values.overlaid({"B02-EACH": 1234.56}).number("B02-EACH") == 123_456


@pytest.mark.parametrize(("value", "unit"), [(0, "次"), (11, "次"), (5, "斤")])
def test_a_row_out_of_its_own_bounds_or_unit_is_refused(tmp_path: Path, value: float, unit: str) -> None:
    (tmp_path / "x.toml").write_text(ROW.format(value=value, unit=unit), encoding="utf-8")
    with pytest.raises(GoldenKeyError, match=r"X01-LEAST"):
        read_thresholds(tmp_path)


@pytest.mark.parametrize("value", [0.5, 101, "5", True, float("nan")])
def test_an_overlay_out_of_bounds_is_refused_in_one_sentence(value: object) -> None:
    with pytest.raises(GoldenKeyError, match=r"B02-PAYMENTS.*应在 2 至 100 次 之间"):
        SHIPPED.overlaid({"B02-PAYMENTS": value})  # type: ignore[dict-item]


def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(GoldenKeyError, match="没有编号为 X99-NONE 的阈值"):
        SHIPPED.overlaid({"X99-NONE": 1})


def test_the_mark_tells_values_apart_and_shipped_values_leave_none() -> None:
    assert (
        SHIPPED.changed_values
        == SHIPPED.overlaid({"B02-PAYMENTS": shipped_thresholds()["B02-PAYMENTS"].value}).changed_values
        == ()
    )
    assert SHIPPED.overlaid({"B02-PAYMENTS": 3}).changed_values == (("B02-PAYMENTS", 3),)


def small_steps(home: Path) -> None:
    """Case 1: four payments of 30,000 元 to the spouse within a fortnight, and one that comes and goes in a day."""
    book = Book()
    book.case(1)
    book.kin(1, 2)
    book.asked(1, "TX", "KIN")
    for n in range(4):
        pay(book, datetime(2023, 3, 1 + 4 * n, 10), -30_000, 2)
    pay(book, datetime(2023, 5, 2, 9), 40_000, 9)
    pay(book, datetime(2023, 5, 2, 20), -39_000, 8)
    book.open(home).cut.close()


def pay(book: Book, ts: datetime, yuan: float, other: int) -> None:
    """A transfer between the debtor and another person: money in when positive."""
    party = {"cp_id": person(other), "cp_name": f"对手{other}", "cp_acct": f"9900000000000100{other}"}
    book.statement(1, ts, yuan, holder="债务人1", **party, txn_day=ts.date(), occurrence=1)


def found(home: Path, clue: str, values: Thresholds) -> int:
    evidence = Evidence(home, TODAY, thresholds=values)
    try:
        return sum(len(rows) for rows in evidence.rows([f"（2023）浙9901执1号@{date(2023, 6, 20)}"], [clue]).values())
    finally:
        evidence.close()


def test_a_changed_threshold_changes_findings_whichever_was_asked_first(tmp_path: Path) -> None:
    small_steps(tmp_path)
    lower = SHIPPED.overlaid({"B02-PAYMENTS": 4})
    assert [found(tmp_path, "B02", values) for values in (SHIPPED, lower, SHIPPED, lower)] == [0, 4, 0, 4]


def test_a_threshold_of_a_fact_reaches_the_clue(tmp_path: Path) -> None:
    small_steps(tmp_path)
    shorter = SHIPPED.overlaid({"C01-HOURS": 5})
    assert [found(tmp_path, "C01", values) for values in (SHIPPED, shorter, SHIPPED)] == [1, 0, 1]


@pytest.mark.long
def test_the_matrix_never_sees_an_offices_values(tmp_path: Path) -> None:
    small_steps(tmp_path)
    plain = build_matrix(tmp_path, TODAY - timedelta(days=1))
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "clues.toml").write_text('[thresholds]\n"B02-PAYMENTS" = 4\n', encoding="utf-8")
    assert found(tmp_path, "B02", SHIPPED.overlaid({"B02-PAYMENTS": 4})) == 4
    after = build_matrix(tmp_path, TODAY)
    assert after.values["B02_run_n"].tolist() == plain.values["B02_run_n"].tolist() == [0.0]


def test_facts_without_values_use_those_that_ship(tmp_path: Path) -> None:
    small_steps(tmp_path)
    with Cut(Pool(tmp_path), TODAY, Pool(tmp_path).state) as cut:
        facts = Facts(cut)
        assert [clue.id for clue in kin_flows.family.clues].count("B02") == 1
        assert facts.threshold("B02-EACH") == 5_000_000
        assert facts.threshold("C01-FROM") == 3_000_000
        assert passthrough.family.clues[0].rows(facts).count().execute() == 1
