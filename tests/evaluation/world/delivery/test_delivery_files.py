"""Delivered files read back, and the faults injected on the way."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pyarrow as pa
from simulated_quarter import NEVER, SimulatedQuarter
from world_reading import day, fen, rows_of

from evaluation.world.base.chance import NOTHING, random_stream
from evaluation.world.base.config import Knobs, load_knobs
from evaluation.world.delivery import deliveries, faults, office_tables
from evaluation.world.population.cohort import episode_view
from evaluation.world.population.offices import review_episodes
from evaluation.world.population.spool import Spool, make_calendar

CARS = {
    "vin": np.array(["TESTZZ00X00000001", "TESTZZ00X00000002"], dtype=object),
    "own_from": np.array([18_000, 18_500]),
    "own_to": np.array([18_800, NEVER]),
    "est_value": np.array([123_456, NOTHING]),
    "mortgage_flag": np.array([1, 0]),
}


def job(tmp_path: Path, withdrawn: bool) -> deliveries.DeliveryJob:
    calendar = make_calendar(np.datetime64("2022-01-01"), 1, 10)
    spool = Spool(tmp_path / "quarter", calendar, lambda table, rows: rows)
    spool.add("vehicle", CARS, np.array([calendar.deliveries[0], calendar.deliveries[0] - 3]))
    spool.add("vehicle", {name: column[:1] for name, column in CARS.items()}, calendar.deliveries[-1:] + 1)
    spool.close()
    return deliveries.DeliveryJob(tmp_path / "out", [tmp_path / "quarter"], load_knobs(), 1, calendar, 0, withdrawn)


def read(folder: Path) -> list[dict[str, str]]:
    (path,) = folder.rglob("机动车登记.csv")
    return rows_of(path)


def test_a_delivery_reads_back_as_it_was_spooled(tmp_path: Path) -> None:
    (name,) = deliveries.write_delivery(job(tmp_path, False))
    rows = read(tmp_path / "out" / name)
    assert name == "2022-02-10"
    assert len(rows) == 2
    assert {row["车辆识别代号"] for row in rows} == set(CARS["vin"])
    begins = [np.datetime64(day(row["取得日期"]), "D").astype(int) for row in rows]
    assert sorted(begins) == [18_000, 18_500]
    assert {fen(row["评估价值"]) for row in rows} == {123_456, None}
    sheet = tomllib.loads((tmp_path / "out" / name / "交接单.toml").read_text(encoding="utf-8"))
    assert sheet["delivery_no"] == "JJ0001"
    assert "withdraws" not in sheet


def test_a_withdrawn_delivery_comes_again_with_right_values(tmp_path: Path) -> None:
    first, second = deliveries.write_delivery(job(tmp_path, True))
    wrong, right = read(tmp_path / "out" / first), read(tmp_path / "out" / second)
    assert {fen(row["评估价值"]) for row in wrong} == {12_345_600, None}
    assert {fen(row["评估价值"]) for row in right} == {123_456, None}
    sheet = tomllib.loads((tmp_path / "out" / second / "交接单.toml").read_text(encoding="utf-8"))
    assert sheet["withdraws"] == ["JJ0001"]
    assert deliveries.total_bytes(tmp_path / "out") == sum(
        p.stat().st_size for p in (tmp_path / "out").rglob("*.*") if p.is_file()
    )


def knobs_with(**changes: float) -> Knobs:
    tree = {section: dict(values) for section, values in load_knobs().tree.items()}
    tree["faults"].update(changes)
    return Knobs(tree)


def test_faults_are_injected_at_the_rates_of_their_knobs() -> None:
    rows = pa.table(
        {
            "_delivery": pa.array([0] * 2000, pa.int32()),
            "first_reg": pa.array([18_000] * 2000, pa.int32()).cast(pa.date32()),
        }
    )
    clean = faults.inject_faults(knobs_with(wrong_date=0.0, duplicate=0.0), 1, 0, "vehicle", rows, 9)
    assert clean.equals(rows)
    wrong = faults.inject_faults(knobs_with(wrong_date=1.0, corrected=1.0, duplicate=0.0), 1, 0, "vehicle", rows, 9)
    day_ = wrong["first_reg"].cast(pa.int32()).to_numpy()
    assert (day_[:2000] < 18_000).all()
    assert (day_[2000:] == 18_000).all()
    assert len(wrong) == 4000
    assert (wrong["_delivery"].to_numpy()[2000:] >= 1).all()
    twice = faults.inject_faults(knobs_with(wrong_date=0.0, duplicate=0.25), 1, 0, "vehicle", rows, 9)
    assert abs(len(twice) - 2500) < 80


def test_an_event_with_two_versions_keeps_its_date() -> None:
    dates = pa.array([18_000] * 3, pa.int32()).cast(pa.date32())
    rows = pa.table({"_delivery": pa.array([0, 1, 0], pa.int32()), "event_id": ["a", "a", "b"], "ev_date": dates})
    made = faults.inject_faults(knobs_with(wrong_date=1.0, corrected=0.0, duplicate=0.0), 1, 0, "event", rows, 9)
    moved = made["ev_date"].cast(pa.int32()).to_numpy() != 18_000
    assert moved.tolist() == [False, False, True]
    numbers = faults.draw_withdrawn_deliveries(load_knobs(), 1, 26)
    assert len(set(numbers)) == len(numbers)
    assert all(3 <= number < 24 for number in numbers)
    assert faults.draw_withdrawn_deliveries(load_knobs(), 1, 6) == []


def test_versions_of_a_review_show_only_what_was_known(quarter: SimulatedQuarter, tmp_path: Path) -> None:
    stage, cohort = quarter.stage, quarter.stage.cohort
    view = episode_view(cohort, 0)
    chosen = np.arange(0, len(view), 7)
    reviews = review_episodes(
        random_stream(2, 0, "r"), stage.plan.knobs, view, chosen, chosen * 0, np.ones(len(chosen)), 19_100
    )
    spool = Spool(tmp_path, stage.plan.calendar, lambda table, rows: rows)
    played = dataclasses.replace(stage, spool=spool)
    office_tables.deliver_reviews(
        stage.plan.knobs, 2, 0, spool, cohort.docket, cohort.conduct, reviews, view.row[chosen]
    )
    rows = SimulatedQuarter(played).rows("review")
    received = stage.plan.calendar.deliveries[rows["_delivery"]]
    for column in ("accept_date", "conclude_date", "sug_date", "reply_date", "resume_date", "recovered_date"):
        assert (rows[column].isna() | (rows[column] < received)).all()
    assert ((rows["label"] != "") == rows["conclude_date"].notna()).all()
    final = rows.groupby("review_id").last()
    assert set(final["label"]) <= {"Y1", "Y2", "Y3", "Y4"}
    assert len(SimulatedQuarter(played).rows("selection")) == len(chosen)
