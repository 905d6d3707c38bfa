"""Views of findings and sources: order of the list, where a row stands."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest

from models.reasons.case import ProcedureFinding
from serving.queue.explaining import finding_rows, source_location, termination_date
from serving.queue.views import SourceView


def finding(episode: str, clue: str) -> ProcedureFinding:
    return ProcedureFinding(episode, episode.split("@")[0], clue, 1, "句")


def test_findings_of_listed_cases_come_first_in_the_order_of_the_list() -> None:
    found = [
        finding("甲@1", "M2B"),
        finding("甲@1", "M2A"),
        finding("乙@1", "M2A"),
        finding("丙@1", "M2A"),
        finding("丁@1", "M2C"),
    ]
    for order in permutations(found):
        rows = finding_rows(order, {"丁@1": 1, "乙@1": 2})
        assert [(row.case_no, row.clue, row.position) for row in rows] == [
            ("丁", "M2C", 1),
            ("乙", "M2A", 2),
            ("丙", "M2A", None),
            ("甲", "M2A", None),
            ("甲", "M2B", None),
        ]


def test_an_episode_ends_with_its_termination_date() -> None:
    assert termination_date("（2023）浙9901执1号@2023-06-20") == date(2023, 6, 20)
    assert termination_date("a@b@2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize("sheet", ["", "页1"])
def test_a_source_is_found_by_table_file_sheet_and_row(sheet: str) -> None:
    text = source_location(SourceView("案件", "a.xlsx", sheet, 17))
    assert text.startswith("案件 ")
    assert all(part in text for part in ("a.xlsx", sheet, "17"))
