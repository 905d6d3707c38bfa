"""Preservation before an enforcement, distribution plans, full payment and deaths of debtors, by episode."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.case.court import RULING_PREFIX
from features.facts.rows import first_per_key, if_happened, left_joined, rows_until_today
from features.pool.identity import canonical_id
from features.pool.pool import Cut
from features.rules.case_numbers import court_code, normal_case_number_column


def _logs(cut: Cut) -> ir.Table:
    """court_code, court_log: last delivery of each court's event log."""
    event = cut.table("event")
    event = event.filter(~event.event_id.startswith(RULING_PREFIX)).select("case_no", "known_at")
    logged = event.join(cut.table("case").select("case_no", "court_code").distinct(), "case_no")
    return logged.group_by("court_code").agg(court_log=logged.known_at.max())


def preserved(cut: Cut, chain_of: ir.Table, episodes: ir.Table, seals: ir.Table, court_reach: ir.Table) -> ir.Table:
    """Seals that a preservation (财产保全) left to an enforcement, beside each episode of its chain.

    Columns: episode, chain, zb_date, filed (first filing of the chain), pres_no, asset, asset_id, asset_kind, amount
    (分), day, expires, ended, until, grounds (what the log says of the release, or NULL), rid, case_rid (the case that
    names the preservation), log_on (earlier of the last deliveries of the two courts' logs). One row per episode,
    preservation and thing: the last seal of the thing stands.
    """
    case = cut.table("case")
    named = case.filter(case.preservation_no.notnull()).select(
        "case_no", pres_no=normal_case_number_column(case.preservation_no), case_rid="rid"
    )
    begun = case.join(chain_of, "case_no").group_by("chain").agg(filed=lambda t: t.filing_date.min())
    mine = named.join(chain_of, "case_no").join(begun, "chain").drop("case_no")
    mine = mine.join(episodes.select("episode", "chain", "zb_date"), "chain")
    court = case.select(court_of="case_no", court_code="court_code").distinct(on="court_of", keep="first")
    court = court.join(_logs(cut), "court_code").select("court_of", "court_log")
    mine = mine.join(court, mine.pres_no == court.court_of).drop("court_of")
    mine = mine.join(court_reach.select("episode", "log_on"), "episode")
    mine = mine.mutate(log_on=ibis.least(mine.log_on, mine.court_log)).drop("court_log")
    kept = ("asset", "asset_id", "asset_kind", "amount", "day", "expires", "ended", "until", "grounds", "rid")
    seal = seals.select(
        *kept,
        seal_case="case_no",
    )
    held = mine.join(seal, mine.pres_no == seal.seal_case).drop("seal_case")
    return first_per_key(held, ("episode", "pres_no", "asset"), held.until.desc(), held.rid.desc(), held.case_rid)


def claims(cut: Cut, chain_of: ir.Table) -> ir.Table:
    """Claims to a distribution (参与分配) applied for up to the day.

    Columns: chain and case_no (of the case that distributes), distribution_no, claim_no, claimant (canonical number),
    claimant_name, kind, basis_no (plain), claim_amount, proceeds, allocated (分), rank, applied_on, plan_date,
    notified_on, objected_on, paid_date (each NULL until it has happened), batch, rid, whom (number, else name). One row
    per distribution, claimant, basis and sum: a claim delivered twice under two numbers is one.
    """
    claim = rows_until_today(cut, "claim", "applied_on")
    dates = {name: if_happened(cut, claim[name]) for name in ("plan_date", "notified_on", "objected_on", "paid_date")}
    kept = ("case_no", "distribution_no", "claim_no", "claimant_name", "kind", "claim_amount")
    more = ("proceeds", "allocated", "rank", "applied_on", "batch", "rid")
    claim = claim.select(
        *kept,
        *more,
        claimant=canonical_id(claim.claimant_id),
        basis_no=normal_case_number_column(claim.basis_no),
        **dates,
    )
    claim = claim.mutate(whom=ibis.coalesce(claim.claimant, claim.claimant_name, claim.claim_no))
    claim = first_per_key(claim, ("distribution_no", "whom", "kind", "basis_no", "claim_amount"), claim.rid.desc())
    return claim.join(chain_of, "case_no")


def files(cut: Cut) -> ir.Table:
    """number, court: every suit, case and basis of enforcement on file, with the code of its court (or NULL)."""
    suit, case = cut.table("litigation"), cut.table("case")
    whole = suit.select(number=normal_case_number_column(suit.suit_no)).union(case.select(number="case_no"))
    whole = whole.union(case.select(number=normal_case_number_column(case.basis_no)))
    whole = whole.filter(whole.number.notnull()).distinct()
    return whole.mutate(court=court_code(whole.number))


def suit_courts(cut: Cut) -> ir.Table:
    """court, suits_on: courts whose suits were delivered, with the last delivery."""
    suit = cut.table("litigation")
    suit = suit.select("known_at", court=court_code(normal_case_number_column(suit.suit_no)))
    return suit.filter(suit.court.notnull()).group_by("court").agg(suits_on=suit.known_at.max())


def settled(cut: Cut, chain_of: ir.Table, episodes: ir.Table, events: ir.Table) -> ir.Table:
    """Episodes whose debt was paid in full up to the day: episode, settled_on, settle_rid, case_rid.

    Paid in full: sums paid in reach the sum due less what was waived, or a case of the chain was closed as performed.
    """
    case = cut.table("case").join(chain_of, "case_no")
    done = case.filter(case.close_mode.isin(["paid", "settled_paid"]), case.close_date <= cut.today)
    done = done.select(done_chain="chain", on="close_date", done_rid="rid")
    mine = episodes.select("episode", "chain", "zb_date", "amt_due", case_rid="rid")
    waived = case.group_by("chain").agg(waived=case.amt_waived.max())
    mine = left_joined(mine, waived, "chain")
    closed = mine.join(done, [mine.chain == done.done_chain, mine.zb_date <= done.on])
    closed = closed.select("episode", "on", "case_rid", settle_rid="done_rid")
    paid = events.filter(events.ev_code == "PAY_IN", events.amount > 0)
    sums = paid.amount.sum().over(group_by=paid.episode, order_by=[paid.ev_date, paid.rid], rows=(None, 0))
    paid = paid.select("episode", on="ev_date", settle_rid="rid", sums=sums)
    full = paid.join(mine.select("episode", "case_rid", least=mine.amt_due - ibis.coalesce(mine.waived, 0)), "episode")
    full = full.filter(full.least > 0, full.sums >= full.least).select("episode", "on", "case_rid", "settle_rid")
    both = closed.union(full)
    first = first_per_key(both, ("episode",), both.on, both.settle_rid)
    return first.rename(settled_on="on")


def deaths(cut: Cut, debtors: ir.Table) -> ir.Table:
    """Debtors whom the register of deaths names: episode, person, name, died_on, death_rid, debtor_rid.

    The day is that of death, else of cremation, whichever the register puts first. One row per episode and person.
    """
    death = cut.table("death")
    death = death.select(
        death_of=canonical_id(death.person_id),
        death_rid="rid",
        died_on=ibis.least(death.died_on, ibis.coalesce(death.cremated_on, death.died_on)),
    )
    death = death.filter(death.died_on <= cut.today)
    mine = debtors.filter(debtors.kind == "person").select("episode", "person", "name", debtor_rid="rid")
    met = mine.join(death, mine.person == death.death_of).drop("death_of")
    return first_per_key(met, ("episode", "person"), met.died_on, met.death_rid)
