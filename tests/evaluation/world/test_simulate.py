"""The simulated world as its users meet it: repeatable, calibrated, complete, and silent about its truth."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from refused_files import assert_refused
from world_reading import table

from evaluation.world.report import BASE_RATES, report_rows
from evaluation.world.simulate import WorldSummary, simulate
from features.errors import GoldenKeyError
from features.schema import TABLES


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("small") / "a"
    simulate(out, 90, 3, 5)
    return _hashes(out)


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(small: dict[str, str], tmp_path: Path) -> None:
    simulate(tmp_path / "b", 90, 3, 5)
    simulate(tmp_path / "c", 90, 3, 6)
    assert small == _hashes(tmp_path / "b")
    assert small != _hashes(tmp_path / "c")


def test_a_knob_of_the_statements_leaves_the_court_tables_alone(small: dict[str, str], tmp_path: Path) -> None:
    knobs = tmp_path / "knobs.toml"
    knobs.write_text("[statements]\npurchases = 9.0\n", encoding="utf-8")
    simulate(tmp_path / "b", 90, 3, 5, knobs)
    second = _hashes(tmp_path / "b")
    differs = {name for name in small if small[name] != second.get(name)}
    assert differs
    # Whose statement an office asks for next depends on what it saw in the first: so do the list of inquiries and
    # what is true of those accounts. Nothing a court wrote does.
    may = ("银行流水", "调取清单", "truth/acts", "truth/paths", "world.json")
    assert all(any(part in name for part in may) for name in differs), differs


@pytest.mark.parametrize(
    ("figure", "low", "high"),
    [
        ("insolvent", 0.68, 0.78),
        ("missed", 0.08, 0.14),
        ("concealed", 0.06, 0.12),
        ("unknown_ways", 0.15, 0.40),
        ("y1", 0.05, 0.10),
        ("defective", 0.07, 0.14),
        ("reopened", 0.38, 0.52),
        ("again", 0.10, 0.27),
        ("small", 0.36, 0.47),
        ("low_paid", 0.87, 0.96),
        ("petition_hidden", 0.09, 0.29),
        ("petition_other", 0.07, 0.14),
        ("statements", 0.07, 0.16),
        ("adopted", 0.90, 1.0),
        ("recovered_zero", 0.22, 0.50),
        ("recovered_median", 15_000, 42_000),
        ("recovered_mean", 45_000, 150_000),
        ("blank_direction", 0.015, 0.025),
    ],
)
def test_base_rates_lie_near_the_known_ones(world: WorldSummary, figure: str, low: float, high: float) -> None:
    assert low <= world.figures[figure] <= high


def test_the_report_shows_every_figure_beside_what_is_known(world: WorldSummary) -> None:
    assert [label for label, _, _ in report_rows(world.figures)] == [label for label, _ in BASE_RATES.values()]


def test_the_truth_is_never_delivered(world: WorldSummary, folders: list[Path]) -> None:
    names = {path.name for folder in folders for path in folder.rglob("*")}
    assert not {name for name in names if "truth" in name or name.endswith(".parquet")}
    words = ("concealed", "insolvent", "nominee", "wage_advance", "hidden_value")
    for folder in folders[:4]:
        for path in folder.rglob("*.csv"):
            content = path.read_bytes().lower()
            assert not [word for word in words if word.encode() in content], path.name


def test_every_episode_that_should_be_known_was_delivered_terminated(world: WorldSummary, folders: list[Path]) -> None:
    truth = pq.read_table(world.out / "truth" / "episodes.parquet")
    last = date.fromisoformat(world.deliveries[-1])
    due = {
        (number, day.isoformat())
        for number, day in zip(truth["case_no"].to_pylist(), truth["zb_date"].to_pylist(), strict=True)
        if (last - day).days > 45
    }
    rows = table(folders, "执行案件")
    ended = {(row["案号"], row["结案日期"]) for row in rows if row["结案方式"] == "终结本次执行程序"}
    seen = {(number, day) for number, day in ended if len(day) == 10 and day[4] == "-"}
    numbers = {number for number, _ in ended}
    assert {number for number, _ in due} <= numbers
    assert seen - due <= {
        (n, d.isoformat()) for n, d in zip(truth["case_no"].to_pylist(), truth["zb_date"].to_pylist(), strict=True)
    }


def test_labels_arrive_after_conclusion_and_money_after_resumption(folders: list[Path]) -> None:
    for folder in folders:
        received = folder.name
        for row in table([folder], "监督结果"):
            for column in ("受理日期", "审结日期", "检察建议日期", "回复日期", "恢复执行日期", "到位日期"):
                assert row[column] <= received
            if row["核查结论"]:
                assert row["审结日期"]
            if row["到位日期"]:
                assert row["恢复执行日期"] <= row["到位日期"]


def test_reviews_are_biased_towards_petitions(world: WorldSummary) -> None:
    truth = pq.read_table(world.out / "truth" / "episodes.parquet")
    petitioned, reviewed = truth["petitioned"].to_numpy(), truth["ever_reviewed"].to_numpy()
    assert reviewed[petitioned].mean() > 1.5 * reviewed[~petitioned].mean()


def test_coverage_of_each_source_is_as_set(world: WorldSummary, folders: list[Path]) -> None:
    truth = pq.read_table(world.out / "truth" / "episodes.parquet")
    old = [day < date(2023, 2, 1) for day in truth["zb_date"].to_pylist()]
    debtors = set(np.asarray(truth["debtor_id"].to_pylist())[np.asarray(old)])
    asked: dict[str, set[str]] = {}
    for row in table(folders, "调取清单"):
        asked.setdefault(row["数据来源"], set()).add(row["被查询人证件号码"])
    expected = {"机动车登记": 0.88, "不动产": 0.86, "保险": 0.40, "公积金": 0.60, "人员关系": 0.50, "机动车使用": 0.30}
    for source, share in expected.items():
        assert len(debtors & asked[source]) / len(debtors) == pytest.approx(share, abs=0.06)


def test_a_withdrawn_delivery_is_given_again(world: WorldSummary, folders: list[Path]) -> None:
    sheets = [tomllib.loads((folder / "交接单.toml").read_text(encoding="utf-8")) for folder in folders]
    numbers = {sheet["delivery_no"]: sheet["received_on"] for sheet in sheets}
    again = [sheet for sheet in sheets if "withdraws" in sheet]
    assert 1 <= len(again) <= 2
    for sheet in again:
        assert numbers[sheet["withdraws"][0]] < sheet["received_on"]
    assert all(sheet["legal_basis"] and sheet["purpose"] and sheet["scope"] for sheet in sheets)
    assert [str(sheet["received_on"]) for sheet in sheets] == list(world.deliveries)


def test_every_delivered_column_is_in_its_contract(folders: list[Path]) -> None:
    contracts = {contract.label: contract for contract in TABLES.values()}
    for folder in folders[8:10]:
        for path in sorted(folder.rglob("*.*")):
            if path.stem in contracts and path.suffix in (".csv", ".xlsx"):
                labels = {column.label for column in contracts[path.stem].columns}
                rows = table([folder], path.stem)
                assert rows
                assert set(rows[0]) <= labels


@pytest.mark.parametrize(("cases", "quarters"), [(10, 6), (100, 2)])
def test_impossible_sizes_are_refused_in_one_sentence(tmp_path: Path, cases: int, quarters: int) -> None:
    with pytest.raises(GoldenKeyError, match="应"):
        simulate(tmp_path / "out", cases, quarters, 1)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_smallest_worlds_run_to_the_end(tmp_path: Path, seed: int) -> None:
    summary = simulate(tmp_path / "out", 60, 3, seed)
    assert (summary.out / "truth" / "world.json").exists()
    assert summary.rows["case"] > 120


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("x", encoding="utf-8")
    with pytest.raises(GoldenKeyError, match="已有内容"):
        simulate(tmp_path, 100, 3, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("[people]\nheight = 1.8\n", "people.height"),
        ("[people]\ntrader = 'x'\n", "people.trader"),
        ("[people", "无法读取"),
    ],
)
def test_a_wrong_knob_is_named(tmp_path: Path, body: str, says: str) -> None:
    assert_refused(lambda knobs: simulate(tmp_path / "out", 100, 3, 1, knobs), tmp_path / "knobs.toml", body, says)
