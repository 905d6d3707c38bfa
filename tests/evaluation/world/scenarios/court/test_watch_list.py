"""The lists of cases named by others."""

from __future__ import annotations

from pathlib import Path

from world_reading import day, table

from evaluation.world.simulate import WorldSummary


def test_a_few_episodes_are_listed_for_many_reasons(world: WorldSummary, folders: list[Path]) -> None:
    rows = table(folders, "重点关注清单")
    listed = {row["案号"] for row in rows}
    assert 0.004 < len(listed) / world.figures["episodes"] < 0.03
    assert len({row["列入原因"] for row in rows}) >= 5
    assert any(row["关注截止日期"] for row in rows)
    for row in rows:
        start, until = day(row["列入日期"]), day(row["关注截止日期"])
        assert start and (until is None or until > start)
