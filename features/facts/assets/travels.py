"""Limits on consumption (限制消费) in force on a person, and journeys made while one was (docs/domain.md
section M13)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.rows import first_per_key, in_force, rows_until_today
from features.pool.identity import canonical_id
from features.pool.pool import Cut

PERMISSION = "单次解除|暂时解除|临时解除"
"""Result of an event LIMIT that lifts the limit for one occasion (限制高消费规定 art. 8)."""

CONTROLS = ("legal_rep", "shareholder", "controller")
"""Ties by which a company counts as the debtor's own purse."""

_PERSON_NO = r"^[0-9]{6}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]$"
_UNIT_NO = r"^[0-9A-HJ-NPQRTUWXY]{18}$"


def consumption_limits(events: ir.Table, debtors: ir.Table) -> ir.Table:
    """Orders limiting consumption, and permissions given under them, by natural person.

    Columns: episode, person, name, day_from, day_to (first day on which an order no longer holds, last day of a
    permission; NULL while it holds), permission (bool), rid. An order that names nobody holds for the only debtor of
    an episode; a permission that names nobody for every debtor.
    """
    party = debtors.select("episode", "person", "name", "kind")
    party = party.mutate(alone=party.person.count().over(group_by=party.episode) == 1)
    party = party.filter(party.kind == "person").drop("kind")
    act = events.filter(events.ev_code == "LIMIT")
    act = act.select(
        "subject",
        "rid",
        act_in="episode",
        day_from="ev_date",
        day_to="end_date",
        permission=ibis.coalesce(act.result.re_search(PERMISSION), False),
    )
    named = ibis.coalesce(act.subject == party.person, act.permission | party.alone)
    held = party.join(act, [party.episode == act.act_in, named])
    return held.select("episode", "person", "name", "day_from", "day_to", "permission", "rid")


def limited(rows: ir.Table, limits: ir.Table) -> ir.Table:
    """Rows (episode, person, day, rid ...) of days on which a limit held and no permission did, with limit_rid and
    limit_day of the earliest such order."""
    order = limits.filter(~limits.permission)
    order = order.select("day_to", l_episode="episode", l_person="person", limit_day="day_from", limit_rid="rid")
    met = rows.join(
        order,
        [
            rows.episode == order.l_episode,
            rows.person == order.l_person,
            in_force(rows.day, order.limit_day, order.day_to),
        ],
    ).drop("l_episode", "l_person", "day_to")
    met = first_per_key(met, ("episode", "person", "rid"), met.limit_day, met.limit_rid)
    free = limits.filter(limits.permission).select("day_from", "day_to", f_episode="episode", f_person="person")
    return met.anti_join(
        free,
        [
            met.episode == free.f_episode,
            met.person == free.f_person,
            met.day >= free.day_from,
            free.day_to.isnull() | (met.day <= free.day_to),
        ],
    )


def trips(cut: Cut, debtors: ir.Table, limits: ir.Table, affiliates: ir.Table) -> ir.Table:
    """Journeys of debtors made while a limit on consumption held and no permission did.

    Columns: episode, person, name, kind (air, rail_first, exit), day, doc (number of the document shown, NULL where it
    is unknown), bypass (a document other than the identity card was shown), payer (canonical number), by_unit (a
    company paid), own_unit (one that the debtor owns or represents), tie_rid, limit_day, limit_rid, rid.
    """
    trip = rows_until_today(cut, "travel", "travel_date")
    trip = trip.select(
        "kind",
        "rid",
        day="travel_date",
        traveller=canonical_id(trip.person_id),
        doc=canonical_id(trip.doc_no),
        payer=canonical_id(trip.payer_id),
    )
    party = debtors.filter(debtors.kind == "person").select("episode", "person", "name")
    mine = party.join(trip, party.person == trip.traveller).drop("traveller")
    known = cut.table("company")
    known = known.select(uscc=canonical_id(known.uscc)).filter(lambda t: t.uscc.notnull()).distinct()
    mine = mine.left_join(known, mine.payer == known.uscc)
    shaped = mine.payer.re_search(_UNIT_NO) & ~mine.payer.re_search(_PERSON_NO)
    mine = mine.mutate(
        by_unit=mine.uscc.notnull() | ibis.coalesce(shaped, False),
        bypass=ibis.coalesce(mine.doc != mine.person, False),
    ).drop("uscc")
    own = affiliates.filter(affiliates.rel.isin(CONTROLS))
    own = own.select(own_of="person", own_no="other", tie_rid="rid")
    mine = mine.left_join(own, [mine.person == own.own_of, mine.payer == own.own_no]).drop("own_of", "own_no")
    return limited(mine.mutate(own_unit=mine.tie_rid.notnull()), limits)
