"""Ground truth tables, never delivered: each episode with and without a review, and true family ties."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evaluation.world.base.chance import NEVER, Array
from evaluation.world.base.config import Knobs
from evaluation.world.base.text_columns import date_array
from evaluation.world.population.cohort import Cohort
from evaluation.world.population.concealment import KINDS, WAYS
from evaluation.world.population.people import CHILD, DEBTOR, FRIEND, INLAW, NAMESAKE, PARENT, SPOUSE

_TIES = {
    DEBTOR: "debtor",
    SPOUSE: "spouse",
    PARENT: "parent",
    CHILD: "child_or_sibling",
    INLAW: "in_law",
    FRIEND: "friend",
    NAMESAKE: "namesake",
}


def episode_table(knobs: Knobs, cohort: Cohort, rows: Array, selected: Array, resumed: Array) -> pa.Table:
    """One row per termination episode at docket rows `rows`; `selected` and `resumed` are days by docket row."""
    docket, conduct = cohort.docket, cohort.conduct
    house = docket.household[rows]
    labels = np.asarray(WAYS, dtype=object)
    ways = np.asarray([";".join(labels[flags]) for flags in conduct.ways[house]], dtype=object)
    office = np.asarray(knobs.texts("offices.codes"), dtype=object)[docket.office[rows]]
    return pa.table(
        {
            "case_no": pa.array(docket.case_no[rows], pa.string()),
            "chain": pa.array(docket.chain[rows], pa.string()),
            "zb_date": date_array(docket.closed[rows]),
            "office": pa.array(office, pa.string()),
            "debtor_id": pa.array(cohort.people.id_no[house, DEBTOR], pa.string()),
            "kind": pa.array(np.asarray(KINDS, dtype=object)[conduct.kind[house]], pa.string()),
            "ways": pa.array(ways, pa.string()),
            "careful": pa.array(conduct.careful[house]),
            "defective": pa.array(docket.defects[rows][:, :-1].any(axis=1)),
            "hidden_value_fen": pa.array(conduct.hidden[house]),
            "paid_fen": pa.array(docket.paid[rows]),
            "unpaid_fen": pa.array((docket.due - docket.paid)[rows]),
            "label_if_reviewed": pa.array(docket.label[rows], pa.string()),
            "found_value_if_reviewed_fen": pa.array(docket.found[rows]),
            "recovered_if_reviewed_fen": pa.array(docket.recovered[rows]),
            "recovered_delay_days": pa.array(docket.delay[rows]),
            "reopens_unaided": pa.array(docket.reopen[rows] < NEVER),
            "reopen_date": date_array(docket.reopen[rows]),
            "recovered_unaided_fen": pa.array(np.where(docket.reopen[rows] < NEVER, docket.unaided[rows], 0)),
            "resumed_date": date_array(resumed[rows]),
            "petitioned": pa.array(docket.petition[rows] < NEVER),
            "petition_date": date_array(docket.petition[rows]),
            "debtor_dead": pa.array(docket.dead[rows]),
            "ever_reviewed": pa.array(selected[rows] < NEVER),
            "review_selected_on": date_array(selected[rows]),
            "looks_like": pa.array(cohort.looks.names()[house], pa.string()),
        }
    )


def people_table(cohort: Cohort) -> pa.Table:
    """One row per person of the quarter's households with the true tie to the debtor."""
    folk = cohort.people
    h, slot = np.nonzero(folk.present)
    return pa.table(
        {
            "person_id": pa.array(folk.id_no[h, slot], pa.string()),
            "name": pa.array(folk.name[h, slot], pa.string()),
            "debtor_id": pa.array(folk.id_no[h, DEBTOR], pa.string()),
            "tie": pa.array(np.asarray([_TIES[number] for number in range(7)], dtype=object)[slot], pa.string()),
        }
    )


def write_table(folder: Path, name: str, parts: list[pa.Table]) -> None:
    """Write one ground truth table as `folder/name.parquet`."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.concat_tables(parts), folder / f"{name}.parquet", compression="zstd")


def write_summary(folder: Path, knobs: Knobs, cases: int, quarters: int, seed: int, figures: dict[str, float]) -> None:
    """Write `folder/world.json`: size, seed, knobs, their SHA-256, and the measured figures."""
    body = {
        "cases": cases,
        "quarters": quarters,
        "seed": seed,
        "knobs_sha256": knobs.digest(),
        "knobs": knobs.recorded,
        "figures": figures,
    }
    (folder / "world.json").write_text(json.dumps(body, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
