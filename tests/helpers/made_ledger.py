"""Small runs and queues for tests of the ledger."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from models.ledger.ledger import Ledger
from models.ledger.records import Queue, Run
from models.selection.policy import Policy, select_episodes

AS_OF = date(2024, 3, 31)


def write_run(ledger: Ledger, size: int = 20, actor: str = "system", model: str = "m1", columns: int = 6) -> Run:
    rng = np.random.default_rng(7)
    index = pd.Index([f"（2023）浙9901执{n:05d}号@2023-06-01" for n in range(size)], name="episode")
    names = tuple(f"f{n}" for n in range(columns))
    values = pd.DataFrame(rng.normal(size=(size, columns)), index=index, columns=list(names))
    values.iloc[0, 0] = np.nan
    chance = rng.random(size)
    amount = pd.array(rng.integers(1, 10**12, size), dtype="Int64")
    scores = pd.DataFrame(
        {
            "case_no": [episode.split("@")[0] for episode in index],
            "office": "339901",
            "margin": rng.normal(size=size),
            "probability": chance,
            "amount_fen": amount,
            "expected_fen": amount,
            "percentile": chance,
            "level": "中",
            "coverage": "B",
        },
        index=index,
    )
    made = Run("", AS_OF, 3, model, "c1", "f" * 64, names)
    return ledger.write_run(made, scores, values, rng.normal(size=(size, columns)), actor)


def write_queue(ledger: Ledger, run: Run, seed: int = 11) -> Queue:
    scores = ledger.scores(run.run_id)
    flags = dict.fromkeys(("small", "vulnerable", "petitioned"), False)
    eligible = scores[["episode", "probability", "amount_fen"]].assign(**flags)
    selection = select_episodes(eligible, Policy(capacity=8), seed)
    items = selection.rows.assign(score_id=scores["score_id"].loc[selection.rows["episode"]].to_numpy())
    made = Queue("", run.run_id, "339901", run.as_of, Policy(capacity=8).as_payload(), seed, 8)
    return ledger.write_queue(made, items, "system")
