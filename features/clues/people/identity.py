"""Clues on debtors without an identity number: the probability of the person they were matched with, and other
candidates (docs/domain.md section 4.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, feature
from features.clues.base.helpers import clue_rows, text
from features.facts.people.linkage import parameters

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("identity", "身份核对", __file__)


def _percent(probability: ir.FloatingValue) -> ir.StringValue:
    return ((probability * 10000).floor() / 100).cast("string")


@family.clue("W01", kind="context", channel="AB", needs=Needs(("COURT",)), risk=0)
@feature("W01_n", "身份由比对得出的被执行人数", "count", unit="户")
@feature("W01_p", "比对匹配概率最低者", "min", "probability", unit="比")
def identity_by_match(f: Facts) -> ir.Table:
    """Debtors without a number who were joined to a known person, with the probability of the match."""
    found = f.debtors.filter(f.debtors.identity < 1)
    joined = found.join(f.episodes.select("episode", "known_at"), "episode")
    note = text("匹配概率", _percent(joined.identity), "%")
    return clue_rows(joined, day="known_at", amount=None, who="name", note=note, probability=joined.identity)


@family.clue("W02", kind="context", channel="AB", needs=Needs(("COURT",)), risk=0)
@feature("W02_n", "无证件被执行人的候选人数", "count", unit="人")
def identity_candidates(f: Facts) -> ir.Table:
    """People who may be a debtor without a number: likelier than not, but short of what joins them."""
    limits = parameters()
    weak = f.identities.filter(f.identities.probability >= limits["weak"], f.identities.probability < limits["sure"])
    weak = weak.select("probability", candidate_rid="rid")
    open_ = f.debtors.filter(f.debtors.identity.isnull())
    joined = open_.join(weak, open_.rid == weak.candidate_rid)
    joined = joined.join(f.episodes.select("episode", "known_at"), "episode")
    note = text("匹配概率", _percent(joined.probability), "%")
    return clue_rows(joined, day="known_at", amount=None, who="name", note=note)
