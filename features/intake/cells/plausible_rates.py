"""Check exchange rates: within the range a currency was ever worth, and near the other rates delivered for it.

As a rule such a rate is quoted per 100 units and delivered as of one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from features.schema.currencies import code_of

_FILE = Path(__file__).parents[2] / "config" / "exchange.toml"
FAR = 10.0
"""Factor by which no two rates of one currency may differ."""

NONE = (1.0, 0.0)
"""An empty range: every rate fails."""


@cache
def _bands() -> Mapping[str, tuple[float, float]]:
    """Currency -> least and most yuan for one unit (`features/config/exchange.toml`)."""
    given = tomllib.loads(_FILE.read_text(encoding="utf-8"))["plausible"]
    return {code: (float(low), float(high)) for code, (low, high) in given.items()}


def expected_rates(
    currencies: pa.ChunkedArray, units: pa.ChunkedArray, yuan: pa.ChunkedArray
) -> dict[str, tuple[float, float]]:
    """Between which rates those of each currency of a block should lie, so that a wrong quotation is noticed.

    A currency of the configuration has its band there. Any other may lie within `FAR` times the median of its own
    rates; where there are two that differ by more, neither is accepted (`NONE`), as nobody knows which is right.

    Args:
        currencies, units, yuan: cleaned texts of a block, one per row: currency, quantity of it, its price in yuan.

    Returns:
        Currency as spelled in the block -> least and most yuan for one unit of it.
    """
    rows = pd.DataFrame({"given": currencies.to_pandas(), "units": units.to_pandas(), "yuan": yuan.to_pandas()})
    rows = rows.dropna(subset=["given"])
    rows["code"] = rows["given"].map({text: code_of(text) for text in rows["given"].unique()})
    rate = pd.to_numeric(rows["yuan"], errors="coerce") / pd.to_numeric(rows["units"], errors="coerce")
    rows["rate"] = np.log(rate.where(rate > 0))
    middle = rows.groupby("code")["rate"].agg(["median", "count", "min", "max"])
    found = {}
    for given, code in rows[["given", "code"]].drop_duplicates().itertuples(index=False):
        centre, count, least, most = middle.loc[code]
        if code in _bands():
            found[str(given)] = _bands()[code]
        elif count == 2 and most - least > np.log(FAR):
            found[str(given)] = NONE
        else:
            about = (np.exp(centre) / FAR, np.exp(centre) * FAR) if count > 2 else _bands()["other"]
            found[str(given)] = (max(about[0], _bands()["other"][0]), min(about[1], _bands()["other"][1]))
    return found
