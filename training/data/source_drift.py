"""Checks that stop a retraining when the data sources changed.

Three causes are looked for: a source that is no longer delivered, a column that became empty, and a family of clues
that lost half its coverage. A model fitted on such data would learn missing values as evidence of no concealment, so a
person has to find the cause first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from evaluation.monitoring.bounds import read_bounds
from evaluation.monitoring.delivery_gaps import delivery_gaps
from features.clues import catalogue
from features.errors import GoldenKeyError

STOPPED = "疑似中断"
"""State of a source whose deliveries ceased, see `evaluation.monitoring.delivery_gaps`."""

EARLIER_QUARTERS = 4
"""Number of earlier quarters the newest one is compared with."""

LEAST_COVERAGE = 0.10
"""Least share of known values for which the loss of a column or family is reported (an assumption)."""

MOST_LOSS = 0.5
"""Share of its coverage that a family of clues may lose without stopping a retraining (an assumption)."""

MOST_NAMED = 5
"""Columns listed by name in a message; of more only the number is given."""


class DriftError(GoldenKeyError):
    """The data sources changed; a person has to find the cause before a model is fitted."""

    http_status = 409


def family_of(column: str) -> str:
    """Family of a column's clue; the letters before the first digit for a column the catalogue does not know."""
    clue = catalogue.CLUES.get(catalogue.CLUE_OF.get(column, ""))
    if clue is not None:
        return clue.family
    digits = [place for place, letter in enumerate(column) if letter.isdigit()]
    return column[: digits[0]] if digits and digits[0] else column


def coverage(values: pd.DataFrame) -> dict[str, float]:
    """Share of known values per family of clues, 0 … 1."""
    if not len(values):
        return {}
    known = values.notna().mean()
    by_family = known.groupby([family_of(str(name)) for name in known.index]).mean()
    return {str(family): float(share) for family, share in by_family.items()}


def stopped_sources(deliveries: pd.DataFrame, day: date) -> list[str]:
    """中文 sentences on sources that were delivered regularly and whose delivery is overdue on the day.

    Args:
        deliveries: received by the day, see `evaluation.monitoring.delivery_gaps.received_deliveries`; may be empty.
        day: the day.
    """
    if deliveries.empty:
        return []
    table = delivery_gaps(deliveries, day, "source", read_bounds())
    return [
        f"来源 {row['name']} 最近一次交接为 {row['last']}，通常每 {row['usual_days']:.0f} 天一次，已中断"
        for row in table[table["state"] == STOPPED].to_dict("records")
    ]


def coverage_losses(quarters: Mapping[date, pd.DataFrame]) -> list[str]:
    """中文 sentences on columns that became empty and families of clues that lost half their coverage.

    Args:
        quarters: values a model may see, by quarter end; the newest is compared with the `EARLIER_QUARTERS` before it.
    """
    days = sorted(quarters)
    if len(days) < 2 or not len(quarters[days[-1]]):
        return []
    newest, earlier = quarters[days[-1]], pd.concat([quarters[day] for day in days[-1 - EARLIER_QUARTERS : -1]])
    known_before, known_now = earlier.notna().mean(), newest.notna().mean()
    emptied = [
        str(name) for name in newest.columns if known_before.get(name, 0.0) >= LEAST_COVERAGE and known_now[name] == 0
    ]
    causes = []
    if emptied:
        more = f" 等 {len(emptied)} 列" if len(emptied) > MOST_NAMED else ""
        causes.append(f"特征 {'、'.join(emptied[:MOST_NAMED])}{more}此前有值，{days[-1]} 起全部为空")
    before, now = coverage(earlier), coverage(newest)
    causes += [
        f"线索族 {family} 的数据覆盖由 {share:.0%} 降至 {now.get(family, 0.0):.0%}"
        for family, share in before.items()
        if share >= LEAST_COVERAGE and now.get(family, 0.0) < (1 - MOST_LOSS) * share
    ]
    return causes


def check_sources(deliveries: pd.DataFrame, day: date, quarters: Mapping[date, pd.DataFrame]) -> None:
    """Raise a DriftError that names every cause where the sources drifted; see the two functions for the arguments."""
    causes = [*stopped_sources(deliveries, day), *coverage_losses(quarters)]
    if causes:
        raise DriftError(
            f"数据来源或结构有变，重新训练已停止：{'；'.join(causes)}。"
            "请先查明原因；确认无误后可用 --accept-drift 写明理由继续。"
        )
