"""Leases as delivered: contracts in order, made-up ones cheap and long, honest ones of every sort."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest
from world_reading import ReadWorld, day, fen

from evaluation.world.simulate import WorldSummary


@pytest.fixture(scope="module")
def leases(world: WorldSummary, folders: list[Path]) -> list[tuple[dict[str, str], bool]]:
    whole = ReadWorld(world.out, folders)
    real_by_unit = {act["asset_id"]: act["real"] for act in whole.acts_of("sham_lease")}
    rows = {row["租赁备案编号"]: row for row in whole.rows("房屋租赁登记")}
    found = [(row, real_by_unit[row["不动产单元号"]]) for row in rows.values() if row["不动产单元号"] in real_by_unit]
    assert sum(real for _, real in found) >= 8
    assert sum(not real for _, real in found) >= 12
    return found


@pytest.mark.long
def test_made_up_leases_are_cheaper_and_longer(leases: list[tuple[dict[str, str], bool]]) -> None:
    rents: dict[bool, list[float]] = {True: [], False: []}
    terms: dict[bool, list[int]] = {True: [], False: []}
    for row, real in leases:
        begin, end = day(row["租期起始日期"]), day(row["租期届满日期"])
        assert begin and end and begin < end
        terms[real].append((end - begin).days)
        if row["市场月租金"]:
            rents[real].append((fen(row["月租金"]) or 0) / (fen(row["市场月租金"]) or 1))
    assert median(rents[True]) < median(rents[False])
    assert median(terms[True]) > median(terms[False])


def test_contracts_are_signed_before_they_are_registered(leases: list[tuple[dict[str, str], bool]]) -> None:
    for row, _ in leases:
        signed, registered = day(row["合同签订日期"]), day(row["备案日期"])
        assert signed and registered and signed <= registered
