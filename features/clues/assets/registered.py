"""Clues on property registered to the debtor on the termination day that the court did not seal or freeze
(docs/domain.md section M3, M4, M5, M7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.assets.acquired import is_worth_enforcing
from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.court_log import absence_note
from features.clues.base.helpers import not_controlled, register_rows
from features.facts.case.coverage import log_covers

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("registered", "名下登记财产", __file__)


def _left_alone(f: Facts, kind: str) -> ir.Table:
    """Things of a kind held on the termination day that no case controlled that day and the register does not mark."""
    mine = f.owned.filter(f.owned.asset_kind == kind, f.owned.at_end)
    marked = ibis.coalesce(mine.marked & (mine.marked_until >= mine.zb_date), False)
    return not_controlled(f, mine.filter(~marked, log_covers(mine.log_on, mine.zb_date)), "asset_id", "zb_date")


def _rows(mine: ir.Table, what: str, **columns: Any) -> ir.Table:
    return register_rows(mine, "zb_date", absence_note(mine.log_on, what), "rid", "case_rid", **columns)


@family.clue("M3A", kind="measure", channel="AB", needs=Needs(("RE", "CLOG")))
@feature("M3A_n", "终本时名下未查封不动产数", "count")
@debt_ratio("M3A_net", "终本时名下未查封不动产净值/未履行额")
@feature("M3A_free", "终本时名下未查封且非唯一住房的不动产数", "count", where="free")
def realty_not_sealed(f: Facts) -> ir.Table:
    """Realty in the debtor's name on the termination day under no seal in force, by the log and by the register."""
    mine = _left_alone(f, "RE")
    return _rows(mine, "终本日无有效查封记录", free=~mine.exempt)


@family.clue("M4A", kind="measure", channel="AB", needs=Needs(("INS", "CLOG")))
@feature("M4A_n", "有现金价值而未冻结的保单数", "count")
@debt_ratio("M4A_value", "未冻结保单现金价值/未履行额")
def policy_not_frozen(f: Facts) -> ir.Table:
    """Policies held on the termination day with a cash value worth enforcing and under no freeze."""
    mine = _left_alone(f, "INS")
    return _rows(mine.filter(is_worth_enforcing(f, mine.net, mine.debt)), "终本日无该保单冻结记录")


@family.clue("M5A", kind="measure", channel="AB", needs=Needs(("HPF", "CLOG")))
@feature("M5A_n", "有余额而未冻结的公积金账户数", "count")
@debt_ratio("M5A_balance", "未冻结公积金余额/未履行额")
@debt_ratio("M5A_free", "未冻结且无贷款的公积金余额/未履行额", where="free")
def fund_not_frozen(f: Facts) -> ir.Table:
    """Provident funds open on the termination day with a balance worth enforcing and under no freeze."""
    mine = _left_alone(f, "HPF")
    mine = mine.filter(is_worth_enforcing(f, mine.net, mine.debt))
    return _rows(mine, "终本日无该账户冻结记录", free=~mine.exempt)


@family.clue("M7A", kind="measure", channel="AB", needs=Needs(("EQ", "CLOG")))
@feature("M7A_n", "终本时未冻结的持股数", "count")
@debt_ratio("M7A_paid", "终本时未冻结股权出资额/未履行额")
def shares_not_frozen(f: Facts) -> ir.Table:
    """Shares held on the termination day under no freeze."""
    return _rows(_left_alone(f, "EQ"), "终本日无该股权冻结记录")
