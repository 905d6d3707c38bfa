"""Accuracy of account matching: accounts wrongly joined or split by the facts, against the simulated truth.

Reads `truth/accounts.parquet` (see `evaluation.world.delivery.account_writing`), which only worlds with the knob
`faults.account_writing` have.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from features.facts import Facts
from features.pool.pool import Pool

PLAIN = "as_written"
"""Kind of rows whose number is written as in the register of accounts."""
COLUMNS = ("side", "kind", "rows", "accounts", "joins", "splits", "unnamed")


def measure_accounts(home: Path, truth: Path, day: date) -> pd.DataFrame:
    """Wrong joins and splits of accounts on a day, by side of the row and by how the number is written.

    Returns:
        One row per side (own: the account whose statement it is; counterparty) and kind, and one of each side with kind
        "" over all, columns `COLUMNS`: rows and true accounts known on the day; joins, pairs of true accounts under one
        account of the facts; splits, true accounts under several; unnamed, rows for which the facts name no account. A
        pair counts for each kind that one of its rows under the joint account has, a split for each kind whose rows
        stand apart from most of its account's.
    """
    true = pd.read_parquet(truth / "accounts.parquet").drop_duplicates(["ref_no", "side"])
    with Pool(home).as_of(day) as cut:
        named_accounts = Facts(cut).statements.select("ref_no", own="acct", counterparty="cp_acct").to_pandas()
    sides = named_accounts.melt("ref_no", ["own", "counterparty"], var_name="side", value_name="found")
    rows = sides.drop_duplicates().merge(true, on=["ref_no", "side"])
    tables = [_figures(part).assign(side=side) for side, part in rows.groupby("side", sort=True)]
    whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return whole[list(COLUMNS)]


def _figures(rows: pd.DataFrame) -> pd.DataFrame:
    named = rows.dropna(subset=["found"])
    pairs, apart = _joined(named), _split(named)
    figures = []
    for kind in ("", *sorted(rows["kind"].unique())):
        of = rows if not kind else rows[rows["kind"] == kind]
        joint = pairs if not kind else pairs[pairs["kind"] == kind]
        split = apart if not kind else apart[apart["kind"] == kind]
        figures.append(
            {
                "kind": kind,
                "rows": len(of),
                "accounts": of["account"].nunique(),
                "joins": len(joint[["one", "other"]].drop_duplicates()),
                "splits": split["account"].nunique(),
                "unnamed": int(of["found"].isna().sum()),
            }
        )
    return pd.DataFrame(figures)


def _joined(named: pd.DataFrame) -> pd.DataFrame:
    """one, other, kind: pairs of true accounts that share an account of the facts, once per kind of those rows."""
    kinds = named[["found", "account", "kind"]].drop_duplicates()
    several = kinds.groupby("found")["account"].transform("nunique") > 1
    kinds = kinds[several]
    pairs = kinds.merge(kinds[["found", "account"]].drop_duplicates(), on="found", suffixes=("", "_other"))
    pairs = pairs[pairs["account"] != pairs["account_other"]]
    ends = pairs[["account", "account_other"]]
    return pairs.assign(one=ends.min(axis=1), other=ends.max(axis=1))[["one", "other", "kind"]].drop_duplicates()


def _split(named: pd.DataFrame) -> pd.DataFrame:
    """account, kind: true accounts with rows outside the account of most of their rows, once per kind of those rows."""
    counts = named.groupby(["account", "found"]).size().rename("n").reset_index()
    counts = counts.sort_values(["account", "n", "found"], ascending=[True, False, True], kind="stable")
    most = counts.drop_duplicates("account").set_index("account")["found"]
    apart = named[named["found"] != named["account"].map(most)]
    return apart[["account", "kind"]].drop_duplicates()
