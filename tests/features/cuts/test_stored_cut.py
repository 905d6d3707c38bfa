"""A stored cut answers what the engine answers, holds all that its features aggregate, and is believed only whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from little_pool import deliver, one_case
from made_home import AS_OF, Home
from world_reading import SmallWorld

from features.clues.base.clue import Clue, Feature
from features.clues.catalogue import CLUES, VERSION
from features.clues.evidence import Evidence
from features.cuts import build
from features.cuts.build import make_cut
from features.cuts.digests import ChangedFileError
from features.cuts.leads import open_stored_leads
from features.cuts.manifest import cut_folder
from features.cuts.stored import StoredCut, open_stored_cut
from features.cuts.texts import NO_TEXT, TextStore
from features.errors import NotFoundError
from features.facts import Facts
from features.leads import open_leads
from features.matrix import finish_feature
from features.pool.pool import Pool

SOME = tuple(CLUES)[::9]


@pytest.fixture(scope="module")
def cut(small_world: SmallWorld) -> StoredCut:
    return open_stored_cut(small_world.home, small_world.last_day)


@pytest.fixture(scope="module")
def episodes(cut: StoredCut) -> list[str]:
    names: list[str] = cut.episodes.column("episode").to_pylist()
    return names


@pytest.fixture(scope="module")
def engine(small_world: SmallWorld) -> Evidence:
    return Evidence(small_world.home, small_world.last_day)


def test_some_clues_have_the_rows_the_engine_gives(cut: StoredCut, engine: Evidence, episodes: list[str]) -> None:
    told, asked = cut.rows(episodes[::3], SOME), engine.rows(episodes[::3], SOME)
    assert told == asked
    assert list(told) == list(asked)
    assert len(told) > 50


@pytest.mark.long
def test_every_case_and_clue_has_the_rows_the_engine_gives(
    cut: StoredCut, engine: Evidence, episodes: list[str]
) -> None:
    assert cut.rows(episodes) == engine.rows(episodes)


def test_one_case_is_read_as_among_all(cut: StoredCut, episodes: list[str]) -> None:
    whole = cut.rows(episodes)
    for episode in (*episodes[:2], episodes[-1]):
        assert cut.rows([episode]) == {pair: rows for pair, rows in whole.items() if pair[0] == episode}
    assert cut.rows(["no such episode"]) == cut.rows([]) == {}


def test_dates_sources_and_notes_are_those_of_the_engine(cut: StoredCut, engine: Evidence, episodes: list[str]) -> None:
    some = episodes[5:40:4]
    assert cut.anchors(some) == engine.anchors(some)
    assert cut.currency_notes(some) == engine.currency_notes(some)
    reach = engine.facts.covered_sources.to_pandas().set_index("episode")
    for episode in some[:3]:
        told = cut.sources_of(episode)
        assert len(told) > 10
        assert told == {name: bool(reach.at[episode, name]) for name in told}


def decoded(table: pd.DataFrame, manifest_more: list[list[str]], texts: dict[int, str | None]) -> pd.DataFrame:
    """The further columns of one clue's rows, read as the manifest says and not with the code that wrote them."""
    made = {}
    for place, (name, kind) in enumerate(manifest_more):
        raw = [None if row[place] is None else int(row[place]) for row in table["more"]]
        if kind == "double":
            made[name] = [None if v is None else np.array([v], dtype="<i8").view("<f8")[0] for v in raw]
        elif kind == "string":
            made[name] = [None if v in (None, NO_TEXT) else texts[v] for v in raw]
        else:
            made[name] = raw
    return pd.DataFrame(made, index=table.index, dtype=object)


def aggregated(feature: Feature, rows: pd.DataFrame) -> dict[int, float]:
    """A feature by place of the episode, row by row in plain Python."""
    found: dict[int, list[Any]] = {}
    for row in rows.to_dict("records"):
        if feature.where and not row[feature.where]:
            found.setdefault(row["episode"], [])
            continue
        found.setdefault(row["episode"], []).append(row)
    made: dict[int, float] = {}
    for episode, kept in found.items():
        column = feature.of or feature.where
        values = [row[column] for row in kept if column and row[column] is not None]
        match feature.how:
            case "count":
                made[episode] = len(kept)
            case "sum":
                made[episode] = sum(values) if values else np.nan
            case "max" | "min":
                made[episode] = (max if feature.how == "max" else min)(values) if values else np.nan
            case "nunique":
                made[episode] = len(set(values))
            case "any":
                made[episode] = float(any(values)) if values else np.nan
            case _:
                chosen = [row for row in kept if row[column] is not None]
                first = min(chosen, key=lambda row: (row["day"], list(row["src"])), default=None)
                made[episode] = np.nan if first is None else first[column]
    return made


@pytest.mark.parametrize("part", range(4))
def test_every_feature_is_an_aggregation_of_the_stored_rows(cut: StoredCut, part: int) -> None:
    """Computed from the file alone, in plain Python, each column of the matrix comes out bit for bit."""
    stored = pq.read_table(cut.folder / "rows.parquet")
    # Lists with gaps would become floats in pandas, which do not hold 64 bits.
    table = stored.drop_columns(["more"]).to_pandas().assign(more=stored.column("more").to_pylist())
    matrix, store = cut.matrix(), TextStore(cut.home)
    place = {episode: at for at, episode in enumerate(cut.episodes.column("episode").to_pylist())}
    cohort = matrix.keys["episode"].map(place).to_numpy()
    debt = matrix.keys["debt_fen"].to_numpy(dtype=float)
    chosen: list[Clue] = [clue for clue in CLUES.values() if clue.features][part::4]
    compared = 0
    for clue in chosen:
        rows = table[table["clue"] == cut.manifest.clues.index(clue.id)].astype({"who": "int64"})
        rows = rows.assign(amount=[None if pd.isna(v) else int(v) for v in rows["amount"]])
        more = cut.manifest.more[clue.id]
        numbers = sorted({int(v) for row in rows["more"] for v in row if v is not None and 0 <= v < 2**31})
        held = [n for n in numbers if any(kind == "string" for _, kind in more)]
        texts = dict(zip(held, known_texts(store, held), strict=True))
        rows = pd.concat([rows.astype(object), decoded(rows, more, texts)], axis=1)
        rows["who"] = [None if v == NO_TEXT else v for v in rows["who"]]
        for feature in clue.features:
            raw = pd.Series(aggregated(feature, rows), dtype=float).reindex(cohort).to_numpy()
            got = np.nan_to_num(finish_feature(feature, raw, debt), nan=0.0)
            told = matrix.values[feature.name].to_numpy()
            known = ~np.isnan(told)
            np.testing.assert_array_equal(got[known], told[known], err_msg=feature.name)
            compared += int((told[known] != 0).sum())
    assert compared > 500


def known_texts(store: TextStore, numbers: list[int]) -> list[str | None]:
    """The texts of numbers; of those that are none (plain values of other columns) nothing."""
    count = sum(segment["texts"] for segment in json.loads((store.folder / "segments.json").read_text())["segments"])
    inside = [number if number < count else NO_TEXT for number in numbers]
    return store.texts(np.array(inside, dtype=np.int32))


def test_leads_from_the_stored_rows_are_those_of_the_engine(cut: StoredCut, engine: Evidence) -> None:
    told = open_stored_leads(cut)
    assert told.all() == open_leads(engine.facts)
    first, last = told.all()[0], told.all()[-1]
    assert (told.lead(first.id), told.lead(last.id), told.lead("L0")) == (first, last, None)
    assert told.offices[first.case_no] == first.office


def test_no_name_stands_in_the_files_of_a_cut(cut: StoredCut) -> None:
    """What may name somebody stands among the texts of the home alone, so that a purge finds it."""
    parties = pd.read_parquet(next((cut.home / "pool" / "party").glob("*.parquet")), columns=["name"])["name"]
    names = [name.encode() for name in sorted(set(parties.dropna())) if len(name) > 2][:200]
    assert len(names) > 20
    open_stored_leads(cut)
    for path in cut.folder.glob("*.parquet"):
        content = pq.read_table(path)
        told = {text for name in content.column_names for text in content.column(name).to_pylist() if is_text(text)}
        assert not told & {name.decode() for name in names}, path.name
    leads = pq.read_table(cut.folder.with_name(f"{cut.folder.name}.leads") / "leads.parquet")
    packed = b"".join(leads.column("lead").to_pylist())
    assert [name.decode() for name in names if name in packed] == []


def is_text(value: Any) -> bool:
    return isinstance(value, str)


READERS: dict[str, Callable[[StoredCut], Any]] = {
    "rows.parquet": lambda cut: cut.rows(cut.episodes.column("episode").to_pylist()[:1]),
    "files.parquet": lambda cut: cut.rows(cut.episodes.column("episode").to_pylist()[:1]),
    "episodes.parquet": lambda cut: cut.episodes,
    "keys.parquet": lambda cut: cut.keys,
    "values.parquet": lambda cut: cut.matrix(),
    "foreign.parquet": lambda cut: cut.all_currency_notes(),
    "watch.parquet": lambda cut: cut.watch,
    "manifest.json": lambda cut: cut,
}


@pytest.fixture(scope="module")
def made(made_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("made") / "home"
    shutil.copytree(made_home.path, home)
    open_stored_leads(open_stored_cut(home, AS_OF))
    return home


FORGERIES: dict[str, Callable[[bytes], bytes]] = {
    "a byte": lambda whole: (
        whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :]
    ),
    "the end": lambda whole: whole[:-9],
}


def copy_of(made: Path, tmp_path: Path, file: str) -> tuple[Path, Path]:
    """A copy of a home, and the path of a file of its cut."""
    home = tmp_path / "home"
    shutil.copytree(made, home)
    return home, cut_folder(home, AS_OF, Pool(home).state) / file


@pytest.mark.parametrize("file", READERS)
@pytest.mark.parametrize("forge", FORGERIES)
def test_a_changed_file_is_refused(made: Path, tmp_path: Path, file: str, forge: str) -> None:
    home, path = copy_of(made, tmp_path, file)
    path.write_bytes(FORGERIES[forge](path.read_bytes()))
    with pytest.raises(ChangedFileError, match=file):
        READERS[file](open_stored_cut(home, AS_OF))


# A cut without its manifest is no cut: it is made again.
@pytest.mark.parametrize("file", [file for file in READERS if file != "manifest.json"])
def test_a_missing_file_is_refused(made: Path, tmp_path: Path, file: str) -> None:
    home, path = copy_of(made, tmp_path, file)
    path.unlink()
    with pytest.raises(ChangedFileError, match=file):
        READERS[file](open_stored_cut(home, AS_OF))


def test_every_file_of_a_cut_has_a_reader_that_was_tried(made: Path) -> None:
    folder = cut_folder(made, AS_OF, Pool(made).state)
    assert {path.name for path in folder.iterdir()} == set(READERS)


def test_a_cut_whose_making_failed_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(tmp_path, date(2024, 1, 15), one_case())
    write = build._write

    def full(path: Path, table: Any) -> Any:
        if path.name == "values.parquet":
            raise OSError(28, "No space left on device")
        return write(path, table)

    monkeypatch.setattr(build, "_write", full)
    with pytest.raises(OSError, match="No space"):
        make_cut(tmp_path, AS_OF, 1)
    kept = {path.name for path in (tmp_path / "cuts").iterdir()}
    assert kept <= {".locks", "texts"}
    monkeypatch.undo()
    assert make_cut(tmp_path, AS_OF, 1) == make_cut(tmp_path, AS_OF, 1)


def test_a_cut_made_again_in_its_home_is_the_same(made: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(made, home)
    folder = cut_folder(home, AS_OF, Pool(home).state)
    before = open_stored_cut(home, AS_OF).manifest.digest
    shutil.rmtree(folder)
    assert open_stored_cut(home, AS_OF).manifest.digest == before


def test_the_latest_episode_of_a_case_is_found_by_its_number(cut: StoredCut, engine: Evidence) -> None:
    for number in cut.episodes.column("case_no").to_pylist()[:40:9]:
        assert cut.episode_of(number.replace("（", "(").replace("）", ")")) == engine.episode_of(number)
    with pytest.raises(NotFoundError, match="没有案号为"):
        cut.episode_of("（2023）浙9901执99999号")


@pytest.mark.long
def test_the_largest_sums_stand_as_they_are(tmp_path: Path) -> None:
    fen = 10**18
    deliver(tmp_path, date(2024, 1, 15), one_case(amt_due=fen, amt_unpaid=fen))
    cut = open_stored_cut(tmp_path, AS_OF)
    with Pool(tmp_path).as_of(AS_OF) as opened:
        debts = Facts(opened).episodes.to_pandas()["debt"].tolist()
    assert cut.episodes.column("debt").to_pylist() == debts == [fen]
    assert cut.manifest.catalogue == VERSION
