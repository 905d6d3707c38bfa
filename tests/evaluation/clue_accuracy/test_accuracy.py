"""Clues held against the truth of acts: counts by hand; every class is played by the world, honest twins too."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clue_rows import ZB, Book, person

from evaluation.clue_accuracy.accuracy import measure_classes
from evaluation.clue_accuracy.conduct import CLASSES, ConductClass
from evaluation.clue_accuracy.identities import measure_identities
from evaluation.clue_accuracy.paths import measure_paths
from evaluation.world.scenarios.money import holder_statements
from evaluation.world.simulate import simulate
from evaluation.world.stage import acts
from features.clues.catalogue import CLUES

DAY = date(2023, 12, 31)


def _case(n: int) -> str:
    return f"（2023）浙9901执{n}号"


def _truth(folder: Path, acts_done: list[tuple[int, bool, date]], concealed: tuple[int, ...] = ()) -> Path:
    folder.mkdir(parents=True)
    rows = [
        {"case_no": _case(n), "cls": "money_held", "day": day, "real": real, "zb_date": ZB}
        for n, real, day in acts_done
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=acts.SCHEMA), folder / "acts.parquet")
    kinds = [
        {"case_no": _case(n), "kind": "concealed" if n in concealed else "insolvent", "debtor_id": person(n)}
        for n in range(1, 7)
    ]
    pq.write_table(pa.Table.from_pylist(kinds), folder / "episodes.parquet")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Six cases; 1, 2 and 3 ended within three months of filing, which T-3M says."""
    book = Book()
    for n in range(1, 7):
        book.case(n, filing_date=ZB - timedelta(days=30 if n <= 3 else 200))
    book.open(tmp_path / "home", DAY).cut.close()
    return tmp_path / "home"


def test_hits_precision_and_recall_are_what_one_counts_by_hand(home: Path, tmp_path: Path) -> None:
    acts_done = [(1, True, ZB), (2, False, ZB), (4, True, ZB), (5, False, ZB), (3, True, DAY + timedelta(days=1))]
    truth = _truth(tmp_path / "truth", acts_done, concealed=(1, 3))
    classes = {"money_held": ConductClass("money_held", "测试", ("T-3M",))}
    row = measure_classes(home, truth, DAY, classes).iloc[0]
    assert (row["covered"], row["hits"], row["right"], row["acts"]) == (6, 3, 1, 2)
    assert row["precision"] == pytest.approx(1 / 3) and row["recall"] == pytest.approx(1 / 2)
    assert row["base_rate"] == pytest.approx(2 / 6)
    assert (row["look_alikes"], row["misled"]) == (2, 1)
    assert row["conceals"] == pytest.approx(2 / 3)


def test_a_class_of_several_clues_is_told_whole_and_by_clue(home: Path, tmp_path: Path) -> None:
    truth = _truth(tmp_path / "truth", [(1, True, ZB)])
    classes = {"money_held": ConductClass("money_held", "测试", ("T-3M", "CHK09"))}
    frame = measure_classes(home, truth, DAY, classes)
    assert list(frame["clues"]) == ["T-3M、CHK09", "T-3M", "CHK09"]
    assert frame["hits"].iloc[0] == 3 and frame["hits"].iloc[2] == 0
    assert np.isnan(frame["precision"].iloc[2])


def test_every_class_is_looked_for_by_clues_of_the_catalogue() -> None:
    assert set(CLASSES) == set(acts.CLASSES)
    missing = {clue.partition(":")[0] for conduct in CLASSES.values() for clue in conduct.clues} - set(CLUES)
    assert not missing
    assert all(conduct.clues for conduct in CLASSES.values())


def test_the_world_plays_every_class_in_earnest_and_in_innocence(tmp_path: Path) -> None:
    knobs = tmp_path / "knobs.toml"
    knobs.write_text("[coverage]\nstatement = 0.8\n[statements]\nsecond = 0.95\npurchases = 6.0\n", encoding="utf-8")
    simulate(tmp_path / "world", 900, 3, 2, knobs)
    acts_done = pd.read_parquet(tmp_path / "world" / "truth" / "acts.parquet")
    counts = acts_done.groupby(["cls", "real"]).size().unstack(fill_value=0).reindex(list(acts.CLASSES), fill_value=0)
    assert counts[(counts[True] == 0) | (counts[False] == 0)].empty, counts
    assert set(acts_done["case_no"]) <= set(
        pd.read_parquet(tmp_path / "world" / "truth" / "episodes.parquet", columns=["case_no"])["case_no"]
    )


def _path(n: int, holder: int, relay: int | None, end: str, known: date | None) -> dict[str, object]:
    return {
        "case_no": _case(n),
        "debtor_id": person(n),
        "holder_id": person(holder),
        "relay_id": None if relay is None else person(relay),
        "end": end,
        "amount_fen": 1,
        "known_on": known,
    }


def test_paths_are_counted_by_holder_and_by_what_could_be_seen(tmp_path: Path) -> None:
    book = Book()
    served = date(2022, 5, 20)
    for n in (1, 2, 3):
        book.case(n)
        book.kin(n, 1000 + n)
        book.asked(n, "TX")
        for place, (who, day, yuan, name, to) in enumerate(
            [
                (n, 1, -300_000, "收款人", 1000 + n),
                (1000 + n, 1, 300_000, "付款人", n),
                (1000 + n, 4, -290_000, "浙东甲房地产开发有限公司", None),
            ]
        ):
            on = served + timedelta(days=day)
            book.add(
                "txn",
                acct_no=f"99{who:08d}",
                holder_id=person(who),
                txn_day=on,
                ts=pd.Timestamp(on) + pd.Timedelta(hours=9 + place),
                occurrence=1,
                direction="IN" if yuan > 0 else "OUT",
                amount=abs(yuan) * 100,
                cp_name=name,
                cp_acct=None if to is None else f"99{to:08d}",
                ref_no=f"R{n}{place}",
                success="ok",
            )
    book.open(tmp_path / "home", DAY).cut.close()
    truth = tmp_path / "truth"
    truth.mkdir()
    seen = date(2023, 8, 1)
    acts_done = [
        _path(1, 1001, None, "developer", seen),
        _path(2, 1002, None, "cash", seen),
        _path(4, 1004, None, "developer", seen),
        _path(1, 1009, None, "insurer", None),
    ]
    pq.write_table(pa.Table.from_pylist(acts_done, schema=holder_statements.SCHEMA), truth / "paths.parquet")
    found = measure_paths(tmp_path / "home", truth, DAY)
    assert (found.true, found.findable, found.found) == (1, 1, 1)
    assert (found.said, found.right, found.lent, found.wrong) == (3, 1, 1, 1)
    assert (found.said_both, found.right_both) == (3, 1)


def test_joins_are_counted_against_the_true_debtor(tmp_path: Path) -> None:
    book = Book()
    known = {"name": "赵无号", "birth": date(1980, 1, 1), "sex": "M", "address": "甲镇乙村1号", "phone": "99900000001"}
    book.case(1)
    book.case(2)
    book.add("party", case_no=_case(1), party_no=3, role="debtor", kind="person", **known)
    book.add("party", case_no=_case(2), party_no=3, role="third", kind="person", id_no=person(77), **known)
    book.open(tmp_path / "home", DAY).cut.close()
    truth = tmp_path / "truth"
    truth.mkdir()
    for debtor, right in ((77, 1), (78, 0)):
        rows = [{"case_no": _case(1), "debtor_id": person(debtor)}]
        pq.write_table(pa.Table.from_pylist(rows), truth / "episodes.parquet")
        joins = measure_identities(tmp_path / "home", truth, DAY)
        assert (joins.records, joins.joined, joins.right, joins.wrong) == (1, 1, right, 1 - right)
