"""Features that say which data sources reach a case (docs/domain.md section H), so that a model does not take missing
data for low risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Feature, Register, feature
from features.clues.base.helpers import clue_rows, no_amount, no_rids, text
from features.facts.rows import row_ids
from features.rules.periods import MONTH_DAYS
from features.schema.sources import COVERAGE_LABELS

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("coverage", "数据覆盖", __file__)

GRADES = {"A": 4, "B": 3, "C": 2, "D": 1}


@family.clue(
    "H01",
    kind="context",
    channel="AB",
    features=(
        Feature("H01_n", "已覆盖的数据来源数", "nunique", "who"),
        *(
            Feature(f"H01_{code}", f"已取得{label}", "any", unit="是否", where=f"is_{code}")
            for code, label in COVERAGE_LABELS.items()
        ),
    ),
    risk=0,
)
def sources_covered(f: Facts) -> ir.Table:
    """Sources that reach a debtor of the episode, one row per source."""
    got = f.coverage
    return got.select(
        "episode",
        day="answered_on",
        amount=no_amount(),
        who="source",
        note=got.source.cases(*COVERAGE_LABELS.items(), else_=""),
        src=row_ids(got.rid),
        **{f"is_{code}": got.source == code for code in COVERAGE_LABELS},
    )


@family.clue("H02", kind="context", channel="AB", risk=0)
@feature("H02_months", "银行流水覆盖月数", "max", "months", unit="月")
@feature("H02_known", "已知账户数", "max", "known")
@feature("H02_returned", "已反馈流水的账户数", "max", "returned")
@feature("H02_age", "最近一次流水反馈距今天数", "max", "age", unit="天")
@feature("H02_after", "流水覆盖至终本之后", "any", unit="是否", where="after_end")
def statements_covered(f: Facts) -> ir.Table:
    """Statements at hand: months covered, accounts known and returned, age of the last answer."""
    got = f.coverage.filter(f.coverage.source == "TX").join(f.episodes.select("episode", "zb_date"), "episode")
    months = got.period_to.delta(got.period_from, unit="day") // MONTH_DAYS
    period = text(got.period_from, "至", got.period_to)
    note = ibis.ifelse(got.period_from.isnull() & got.period_to.isnull(), "", period)
    return clue_rows(
        got,
        day="answered_on",
        amount=None,
        who="source",
        note=note,
        months=ibis.coalesce(months, 0).cast("int64"),
        known=ibis.coalesce(got.accounts_known, 0),
        returned=ibis.coalesce(got.accounts_returned, 0),
        age=f.today.delta(got.answered_on, unit="day"),
        after_end=ibis.coalesce(got.period_to > got.zb_date, False),
    )


@family.clue("H03", kind="context", channel="AB", risk=0)
@feature("H03_grade", "数据完备度（A为4，D为1）", "max", "level", unit="级")
@feature("H03_assets", "已覆盖的财产登记来源数", "max", "sources")
def coverage_grade(f: Facts) -> ir.Table:
    """The grade A-D of the data at hand, one row per episode."""
    reach = f.covered_sources
    return clue_rows(
        reach,
        day=f.today,
        amount=None,
        who=ibis.literal("数据完备度"),
        note="grade",
        src=no_rids(),
        level=reach.grade.cases(*GRADES.items(), else_=1),
        sources="asset_sources",
    )
