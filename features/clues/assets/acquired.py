"""Clues on property registered after the termination, to the debtor (docs/domain.md section M12) or close kin (D10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Feature, Needs, Register, debt_ratio, feature, ratio_to_debt
from features.clues.base.helpers import clue_rows, register_rows, text
from features.facts.rows import first_per_key
from features.rules.periods import add_months, with_rule_value

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("acquired", "终本后新增财产与近亲属新增财产", __file__)


def is_worth_enforcing(f: Facts, amount: ir.IntegerValue, debt: ir.IntegerValue) -> ir.BooleanValue:
    """Whether an amount (分) reaches both 1,000 元 and 5 % of the debt (docs/domain.md section B-NEW-1; check 6 of
    section 1.2); NULL amounts do not."""
    large = (amount >= f.threshold("M12-LEAST")) & (amount * 100 >= debt * f.threshold("M12-SHARE"))
    return ibis.coalesce(large, False)


def _new(f: Facts, kind: str) -> ir.Table:
    """Things of a kind obtained within the years of re-checking, at least two months before the day, and still held."""
    mine = f.owned.filter(f.owned.asset_kind == kind, f.owned.since_end)
    mine = with_rule_value(mine, f.rules, "T-REQ-YEARS", "zb_date", "years")
    mine = mine.filter(mine.day_from <= add_months(mine.zb_date, mine.years * 12))
    return mine.filter(mine.day_from <= f.today - ibis.interval(days=f.threshold("M12-WAIT")))


def _worth_enforcing(f: Facts, kind: str) -> ir.Table:
    """Rows of the clue about one kind: those new things whose net value is worth enforcing."""
    mine = _new(f, kind)
    mine = mine.filter(is_worth_enforcing(f, mine.net, mine.debt))
    note = text("终本后", mine.day_from.delta(mine.zb_date, unit="day"), "天取得")
    return register_rows(mine, "day_from", note)


NEW_THINGS = (
    ("VEH", "车辆", "Vehicles obtained after the termination, of a value worth enforcing, two months ago or longer."),
    ("RE", "不动产", "Realty registered to the debtor after the termination, worth enforcing after its mortgage."),
    ("INS", "保单", "Policies taken out after the termination whose cash value is worth enforcing."),
    ("EQ", "股权", "Shares obtained after the termination with a capital worth enforcing."),
)
"""Kinds of things whose clue says that one was obtained after the termination: source, 中文, what the clue finds."""


def _rows_of_kind(rows_of: Callable[[Facts, str], ir.Table], kind: str, doc: str) -> Callable[[Facts], ir.Table]:
    """The function of a clue about one kind of things, its docstring given."""

    def rows(f: Facts) -> ir.Table:
        return rows_of(f, kind)

    rows.__doc__ = doc
    return rows


def _new_features(id: str, what: str) -> tuple[Feature, ...]:
    return (
        Feature(f"{id}_n", f"终本后新增{what}数", "count"),
        ratio_to_debt(f"{id}_net", f"终本后新增{what}净值/未履行额"),
    )


for _kind, _what, _doc in NEW_THINGS:
    family.clue(
        f"M12-{_kind}",
        kind="finding",
        channel="AB",
        needs=Needs((_kind,)),
        features=_new_features(f"M12_{_kind}", _what),
    )(_rows_of_kind(_worth_enforcing, _kind, _doc))


@family.clue("M12-HPF", kind="finding", channel="AB", needs=Needs(("HPF",)))
@feature("M12_HPF_n", "终本后继续缴存的公积金账户数", "count")
@debt_ratio("M12_HPF_net", "终本后继续缴存的公积金余额/未履行额")
@feature("M12_HPF_monthly", "终本后公积金月缴存额", "max", "monthly", unit="元")
def fund_still_paid(f: Facts) -> ir.Table:
    """Provident funds into which somebody paid after the month of the termination, with the newest balance."""
    paid = newest_funds(f, after_end=True)
    monthly = ibis.coalesce(paid.monthly_amt, 0)
    return register_rows(paid, "last_month", text(paid.status), amount="balance", who="unit", monthly=monthly)


def newest_funds(f: Facts, after_end: bool = False) -> ir.Table:
    """Provident funds of the debtors with zb_date and debt of the episode, one row per account: the newest answer.

    Args:
        after_end: of the answers about a month after the termination alone.
    """
    party = f.debtors.select("episode", "person").distinct()
    fund = f.provident_funds.join(party, "person").join(f.episodes.select("episode", "zb_date", "debt"), "episode")
    fund = fund.filter(fund.last_month > fund.zb_date) if after_end else fund
    return first_per_key(fund, ("episode", "acct_no"), fund.last_month.desc(), fund.rid.desc())


def _of_kin(f: Facts, kind: str) -> ir.Table:
    """Large things that confirmed kin obtained since the debt arose, within five years, and not from the debtor."""
    mine = f.kin_owned.filter(f.kin_owned.asset_kind == kind, ~f.kin_owned.from_debtor)
    since = ibis.greatest(mine.t_debt, add_months(f.today, ibis.literal(-f.threshold("D10-BACK"))))
    mine = mine.filter(mine.day_from >= since, is_worth_enforcing(f, mine.value, mine.debt))
    judged = ibis.coalesce(mine.t_jdgsv, mine.t_eff, mine.t_ntc)
    return clue_rows(
        mine,
        day="day_from",
        amount="value",
        who="label",
        note=text(mine.rel, "名下"),
        src=("rid", "kin_rid"),
        after_judgment=ibis.coalesce(mine.day_from >= judged, False),
        after_end=mine.day_from > mine.zb_date,
        close=mine.rel.isin(["spouse", "child"]),
    )


KIN_THINGS = (
    ("RE", "不动产", "Realty that confirmed kin obtained from others since the debt arose."),
    ("VEH", "车辆", "Vehicles that confirmed kin obtained from others since the debt arose."),
)
"""Kinds of things whose clue says that kin obtained one: source, 中文, what the clue finds."""


def _kin_features(id: str, what: str) -> tuple[Feature, ...]:
    return (
        Feature(f"{id}_n", f"债务形成后近亲属新增{what}数", "count"),
        ratio_to_debt(f"{id}_value", f"债务形成后近亲属新增{what}价值/未履行额"),
        ratio_to_debt(f"{id}_judged", f"裁判送达后近亲属新增{what}价值/未履行额", where="after_judgment"),
        Feature(f"{id}_after", f"终本后近亲属新增{what}数", "count", where="after_end"),
        Feature(f"{id}_close", f"债务形成后配偶子女新增{what}数", "count", where="close"),
    )


for _kind, _what, _doc in KIN_THINGS:
    _needs = Needs(("KIN", f"K{_kind}"), since="t_debt")
    _features = _kin_features(f"D10_{_kind}", _what)
    _kin_rows = _rows_of_kind(_of_kin, _kind, _doc)
    family.clue(f"D10-{_kind}", kind="measure", channel="A", needs=_needs, features=_features)(_kin_rows)
