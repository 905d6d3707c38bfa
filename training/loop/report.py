"""Summary tables and chart of a trial: recovery and confirmed cases per policy, with intervals and ratios."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]

ROUNDS = 4000
"""Bootstrap resamples of seeds per interval."""


def summary(rows: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Totals over the loop per scenario and policy, averaged over seeds.

    Returns:
        Columns scenario, policy, seeds, chosen, confirmed, net (元 per seed, beyond what reopens unaided), each ratio
        with its interval: net_low, net_high; confirmed_low, confirmed_high; times_today, of_ceiling, of_oracle (ratios
        of sums of net over seeds) with _low and _high; confirmed_of_ceiling. Intervals resample seeds, the same for
        all policies, so that ratios are of pairs.
    """
    table = []
    for scenario, group in rows[rows["quarter"] >= 0].groupby("scenario", sort=False):
        sums = group.groupby(["policy", "seed"], sort=False)[["chosen", "confirmed", "missed", "net_fen"]].sum()
        wide = {name: sums[name].unstack("seed").sort_index(axis=1) for name in sums.columns}
        draws = _resampled_seeds(wide["net_fen"].shape[1])
        table += [_row(str(scenario), str(policy), wide, draws, level) for policy in wide["net_fen"].index]
    return pd.DataFrame(table)


def _resampled_seeds(seeds: int) -> npt.NDArray[np.int64]:
    """Places of seeds drawn with replacement, shape (ROUNDS, seeds)."""
    return np.random.default_rng(0).integers(0, seeds, (ROUNDS, seeds))


def _row(
    scenario: str, policy: str, wide: Mapping[str, pd.DataFrame], draws: npt.NDArray[np.int64], level: float
) -> dict[str, Any]:
    """One row of `summary`: `wide` holds a table (policy by seed) per figure."""
    net, confirmed = wide["net_fen"] / 100, wide["confirmed"].astype(float)
    mine = {"net": net.loc[policy].to_numpy(), "confirmed": confirmed.loc[policy].to_numpy()}
    row: dict[str, Any] = {
        "scenario": scenario,
        "policy": policy,
        "seeds": net.shape[1],
        "chosen": float(np.mean(wide["chosen"].loc[policy])),
        "missed": float(np.mean(wide["missed"].loc[policy])),
    }
    for name, values in mine.items():
        row |= {name: float(values.mean())} | _interval(name, values[draws].mean(axis=1), level)
    for name, table, key, other in (
        ("times_today", net, "net", "today"),
        ("of_ceiling", net, "net", "ceiling"),
        ("of_oracle", net, "net", "oracle"),
        ("confirmed_times_today", confirmed, "confirmed", "today"),
        ("confirmed_of_ceiling", confirmed, "confirmed", "ceiling"),
    ):
        if other in table.index:
            against = table.loc[other].to_numpy()
            shares = mine[key][draws].sum(axis=1) / np.maximum(against[draws].sum(axis=1), 1e-9)
            row |= {name: float(mine[key].sum() / max(against.sum(), 1e-9))} | _interval(name, shares, level)
    return row


def _interval(name: str, values: Array, level: float) -> dict[str, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return {f"{name}_low": float(low), f"{name}_high": float(high)}


def prediction_summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Predictions of each model policy against the truth, per scenario, over quarters and seeds.

    Returns:
        Columns scenario, policy, auc and brier (means), error (mean absolute error of the expected precision of a
        list against the conclusions recorded), error_served (the same without correction), intervals (how many
        population intervals), covered (share of them holding what an error-free review of everybody would confirm),
        covered_written (the same of what reviews with their errors would record), half_width (mean).
    """
    table = []
    models = rows[(rows["quarter"] >= 0) & rows.get("expected", pd.Series(np.nan, rows.index)).notna()]
    for (scenario, policy), mine in models.groupby(["scenario", "policy"], sort=False):
        row: dict[str, Any] = {"scenario": scenario, "policy": policy}
        row |= {name: float(mine[name].mean()) for name in ("auc", "brier")}
        row["error"] = float((mine["expected"] - mine["measured"]).abs().mean())
        row["error_served"] = float((mine["served"] - mine["measured"]).abs().mean())
        estimated = mine[mine["share"].notna()] if "share" in mine else mine.iloc[:0]
        row["intervals"] = len(estimated)
        if len(estimated):
            for name, truth in (("covered", "share_true"), ("covered_written", "share_written")):
                row[name] = float(estimated[truth].between(estimated["share_low"], estimated["share_high"]).mean())
            row["half_width"] = float((estimated["share_high"] - estimated["share_low"]).mean() / 2)
        table.append(row)
    return pd.DataFrame(table)


def write_chart(
    rows: pd.DataFrame, names: Mapping[str, str], scenarios: Mapping[str, str], mark: str, path: Path
) -> None:
    """Write a self-contained HTML page: cumulative net recovery per policy, one panel per scenario."""
    # Plotly takes a while to import, and the summaries of this module do without it.
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    shown = [name for name in scenarios if name in set(rows["scenario"])]
    chart = make_subplots(
        rows=len(shown), cols=1, subplot_titles=[scenarios[name] for name in shown], vertical_spacing=0.08
    )
    colours = [
        "#555555",
        "#b08d57",
        "#7a9e7e",
        "#bbbbbb",
        "#1f5fa8",
        "#c0392b",
        "#8e44ad",
        "#e08e0b",
        "#111111",
        "#2aa198",
        "#d33682",
    ]
    shades = dict(zip(names, colours, strict=False))
    for place, scenario in enumerate(shown, start=1):
        group = rows[(rows["scenario"] == scenario) & (rows["quarter"] >= 0)]
        for policy, mine in group.groupby("policy", sort=False):
            path_of = mine.groupby(["seed", "quarter"])["net_fen"].sum().groupby("seed").cumsum().unstack("seed") / 1e6
            chart.add_trace(
                go.Scatter(
                    x=[int(quarter) + 1 for quarter in path_of.index],
                    y=path_of.mean(axis=1).round(2),
                    mode="lines",
                    name=names[str(policy)],
                    legendgroup=str(policy),
                    showlegend=place == 1,
                    line={"color": shades[str(policy)], "dash": "dot" if policy in ("ceiling", "oracle") else "solid"},
                ),
                row=place,
                col=1,
            )
        chart.update_yaxes(title_text="累计净到位（万元/世界）", row=place, col=1)
    chart.update_xaxes(title_text="季度", row=len(shown), col=1)
    chart.update_layout(
        title=f"闭环模拟：各做法的累计净到位（世界参数 {mark[:12]}）",
        height=420 * len(shown),
        width=1000,
        font={"family": "Noto Sans CJK SC, Microsoft YaHei, SimSun, sans-serif"},
        template="plotly_white",
    )
    chart.write_html(path, include_plotlyjs=True, full_html=True)


__all__ = ["prediction_summary", "summary", "write_chart"]
