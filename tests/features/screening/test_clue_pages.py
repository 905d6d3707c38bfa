"""The catalogue for readers keeps up with the declarations, and says what a reader must know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from features.clues.catalogue import CLUES
from features.schema import TABLES
from features.screening.clue_pages import pages

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "clues"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return pages()


def test_the_pages_kept_are_those_the_declarations_give(made: dict[str, str]) -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert sorted(kept) == sorted(made)
    late = [name for name in made if kept[name] != made[name]]
    assert not late, f"write them anew: ./goldenkey clues docs --out docs/clues ({', '.join(late)})"


def test_every_clue_has_its_section_and_the_index_leads_to_it(made: dict[str, str]) -> None:
    for clue in CLUES.values():
        page = made[f"{clue.family}.md"]
        assert f"## {clue.id} {clue.label}" in page
        assert f"({clue.family}.md#{clue.id.lower()})" in made["README.md"]
        for feature in clue.features:
            assert f"| {feature.name} | {feature.label} |" in page


def test_examples_leave_no_field_open_and_state_nothing(made: dict[str, str]) -> None:
    for name, page in made.items():
        assert not re.search(r"例句（所填为虚构）：.*[{}]", page), name
        assert not re.search(r"认定|老赖|证实", page), name


def test_links_lead_to_pages(made: dict[str, str]) -> None:
    for page in made.values():
        for target in re.findall(r"\]\(([a-z_A-Z]+\.md)", page):
            assert target in made


def test_the_vehicle_page_names_what_the_rule_reads_and_no_other_register(made: dict[str, str]) -> None:
    section = made["vehicles.md"].split("## M2A ")[1].split("## M2B ")[0]
    named = set(re.findall(r"^\| \S+（([a-z_]+)） \| (?:必需|有则使用)", section, re.MULTILINE))
    assert {"case", "party", "event", "vehicle"} <= named
    assert named <= set(TABLES) - {"realty", "insurance", "hpf", "shareholding", "review", "selection"}
    assert "所有人证件号码（owner_id）" in section
    assert "`at_end`" in section
