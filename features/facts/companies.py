"""Companies beside the episodes of their debtors: who owned and led them, how they changed hands, what they paid.

A company is known by its code (统一社会信用代码); a name, present or former, stands for a company only where one company
alone bears it and the row gives no code.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from features.facts.linkage import plain_address
from features.facts.people import KIN
from features.facts.transactions import plain_name
from features.identity import canonical_id
from features.pool import Cut

SELF, OWNER, HEAD = "self", "owner", "rep"
"""How a company belongs to a debtor: it is the debtor, the debtor owns shares of it, or represents it."""

WHOLE_SHARE = 0.99
"""A share from here on is the whole company."""

ENDED = "注销"
STAFF = ("employee", "accountant")

_KINDS = {"simple": "简易注销", "rep": "法定代表人|负责人", "share": "股东|股权|投资人|出资"}
_REGION = r"^(?:[一-龥]{2,8}?(?:省|自治区))?(?:[一-龥]{2,7}?市)?(?:[一-龥]{1,6}?(?:区|县|市))?"
_SPLIT = r"[、，,；;。\s]+"


@ibis.udf.scalar.builtin(name="jaro_winkler_similarity")
def _alike(one: str, two: str) -> float:  # type: ignore[empty-body]
    ...


def _first(rows: ir.Table, keys: tuple[str, ...], *order: ir.Value) -> ir.Table:
    nth = ibis.row_number().over(group_by=[rows[key] for key in keys], order_by=list(order))
    return rows.mutate(nth=nth).filter(lambda t: t.nth == 0).drop("nth")


def _happened(cut: Cut, day: ir.DateValue) -> ir.DateValue:
    return ibis.ifelse(day <= cut.day, day, None)


def place(address: Any) -> Any:
    """An address as it compares: without region, blanks and punctuation, 栋 and 座 as 幢; NULL without any number."""
    plain = plain_address(address).re_replace(_REGION, "").translate("栋座", "幢幢").re_replace("室$", "")
    return ibis.ifelse(plain.re_search(r"\d"), plain, None)


def line(phone: Any) -> Any:
    """A telephone number as it compares: digits without the code of the country; NULL under seven of them."""
    digits = phone.re_replace(r"\D", "").re_replace(r"^(?:0086|86)(\d{11})$", r"\1")
    return ibis.ifelse(digits.length() >= 7, digits, None)


def firms(cut: Cut) -> ir.Table:
    """The register of companies as known on the day, one row per code.

    Columns: uscc (canonical), firm, former (former names as delivered), one_person, rep (canonical number), rep_name,
    status, est_date, ended_on (day of deregistration, NULL until it has happened), place, line (see the functions of
    those names), scope, rid.
    """
    firm = cut.table("company").filter(lambda t: t.est_date.isnull() | (t.est_date <= cut.day))
    gone = ibis.coalesce(firm.status, ENDED).contains(ENDED)
    firm = firm.select(
        "status", "est_date", "scope", "rid", uscc=canonical_id(firm.uscc), firm="name", former="former_name",
        one_person=ibis.coalesce(firm.one_person, False), rep=canonical_id(firm.legal_rep_id), rep_name="legal_rep",
        ended_on=ibis.ifelse(gone, _happened(cut, firm.end_date), None), place=place(firm.address),
        line=line(firm.phone),
    )  # fmt: skip
    return _first(firm, ("uscc",), firm.rid.desc())


def shares(cut: Cut) -> ir.Table:
    """Entries of shareholders up to the day: uscc, company, holder, holder_name, day_from, day_to, pct, subscribed,
    paid (分), rid. `day_to` is NULL until it has happened; one row per company, holder and first day."""
    share = cut.table("shareholding").filter(lambda t: t.from_date <= cut.day)
    share = share.select(
        "holder_name", "pct", "subscribed", "paid", "rid", uscc=canonical_id(share.uscc), company="company_name",
        holder=canonical_id(share.holder_id), day_from="from_date", day_to=_happened(cut, share.to_date),
    )  # fmt: skip
    return _first(share, ("uscc", "holder", "day_from"), share.rid.desc())


def names(firms: ir.Table, shares: ir.Table) -> ir.Table:
    """plain, uscc: names, present and former, that one company alone bears."""
    former = firms.filter(firms.former.notnull()).select("uscc", given=firms.former.re_split(_SPLIT))
    former = former.select("uscc", given=former.given.unnest())
    whole = firms.select("uscc", given="firm").union(former).union(shares.select("uscc", given="company"))
    whole = whole.select("uscc", plain=plain_name(whole.given)).filter(lambda t: ibis.coalesce(t.plain, "") != "")
    borne = whole.group_by("plain").agg(uscc=whole.uscc.min(), bearers=whole.uscc.nunique())
    return borne.filter(borne.bearers == 1).drop("bearers")


def changes(cut: Cut) -> ir.Table:
    """Changes entered up to the day: uscc, kind (rep, share, simple for a notice of simplified deregistration), day,
    out, out_name, taker, taker_name (canonical numbers and names before and after), rid."""
    entry = cut.table("company_change").filter(lambda t: t.change_date <= cut.day)
    kind = ibis.cases(*((entry.change_type.re_search(words), kind) for kind, words in _KINDS.items()), else_="other")
    return entry.select(
        "rid", uscc=canonical_id(entry.uscc), kind=kind, day="change_date", out=canonical_id(entry.before_id),
        out_name=plain_name(entry.before), taker=canonical_id(entry.after_id), taker_name=plain_name(entry.after),
    )  # fmt: skip


def own_firms(debtors: ir.Table, firms: ir.Table, shares: ir.Table, changes: ir.Table) -> ir.Table:
    """Companies that are a debtor of an episode or belong to one.

    Columns: episode, person, name (of the debtor), uscc, firm (its name, NULL where no register tells), how (`SELF`,
    `OWNER`, `HEAD`), day_from, day_to (of the share or the office; NULL unknown or open), whole (the debtor held all of
    it), rid (the row that says so), debtor_rid. One row per episode, debtor, company, way and first day.
    """
    party = debtors.select("episode", "person", "name", "kind", "id_known", debtor_rid="rid")
    firm = party.filter(party.kind != "person")
    named = firm.filter(~firm.id_known).mutate(plain=plain_name(firm.name)).join(names(firms, shares), "plain")
    self = firm.filter(firm.id_known).mutate(uscc=firm.person)
    columns = ("episode", "person", "name", "debtor_rid", "uscc")
    none = {"day_from": ibis.null("date"), "day_to": ibis.null("date"), "whole": ibis.literal(True)}
    self = self.select(*columns).union(named.select(*columns))
    self = self.mutate(how=ibis.literal(SELF), **none, rid=self.debtor_rid)
    known = firms.select("uscc", "one_person")
    held = shares.left_join(known, "uscc").drop("uscc_right")
    held = held.mutate(
        whole=(ibis.coalesce(held.pct, 0.0) >= WHOLE_SHARE) | (held.one_person & held.pct.isnull()),
        how=ibis.literal(OWNER),
    )
    owner = party.join(held, party.person == held.holder)
    led = firms.filter(firms.rep.notnull()).select("uscc", "rid", head="rep", day_to=ibis.null("date"))
    left = changes.filter(changes.kind == "rep", changes.out.notnull())
    led = led.union(left.select("uscc", "rid", head="out", day_to="day"))
    led = led.mutate(how=ibis.literal(HEAD), day_from=ibis.null("date"), whole=ibis.literal(False))
    head = party.join(led, party.person == led.head)
    shape = (*columns, "how", "day_from", "day_to", "whole", "rid")
    every = self.select(*shape).union(owner.select(*shape)).union(head.select(*shape))
    every = every.left_join(firms.select("firm", firm_uscc="uscc"), every.uscc == lambda t: t.firm_uscc)
    every = every.drop("firm_uscc")
    return _first(every, ("episode", "person", "uscc", "how", "day_from"), every.day_to.desc(), every.rid)


def _relations(cut: Cut) -> ir.Table:
    """one, two, two_name, rel, tie_rid: confirmed kin and staff of anybody, both directions, one row per pair."""
    relation = cut.table("relation")
    begun = relation.valid_from.isnull() | (relation.valid_from <= cut.day)
    relation = relation.filter(relation.rel_code.isin([*KIN, *STAFF]), begun)
    sides = [
        relation.select(
            "rel_code", "rid", one=canonical_id(relation[f"person_{a}"]), two=canonical_id(relation[f"person_{b}"]),
            name=plain_name(relation[f"name_{b}"]),
        )
        for a, b in (("a", "b"), ("b", "a"))
    ]  # fmt: skip
    both = sides[0].union(sides[1]).filter(lambda t: t.one != t.two)
    return both.group_by("one", "two").agg(
        two_name=both.name.argmin(both.rid), rel=both.rel_code.argmin(both.rid), tie_rid=both.rid.min()
    )


def handovers(cut: Cut, changes: ir.Table, own: ir.Table, debtors: ir.Table, holdings: ir.Table) -> ir.Table:
    """Changes by which a debtor, or whoever stood for a debtor company, gave up office or shares, with the taker.

    Columns: episode, person (the debtor), uscc, firm, kind (rep, share), day, out_name, taker (canonical number or
    NULL), taker_name, rid (the change), rel and tie_rid (taker is kin or staff of the debtor, the company or who went
    out; NULL otherwise), by_name (the name alone ties them), poor (registers of vehicles and realty were asked about
    the taker and hold nothing in force on the day), asked (array of the inquiries that say so). One row per episode and
    change.
    """
    change = changes.filter(changes.kind.isin(["rep", "share"]))
    change = change.filter(ibis.coalesce(change.out != change.taker, change.out_name != change.taker_name, True))
    mine = own.group_by("episode", "person", "uscc").agg(
        firm=own.firm.min(), name=plain_name(own.name).min(), itself=(own.how == SELF).any()
    )
    beside = change.join(mine, "uscc")
    beside = beside.filter(
        beside.itself | ibis.coalesce(beside.out == beside.person, beside.out_name == beside.name, False)
    )
    # A debtor whom no register but the change itself ties to the company.
    party = debtors.select("episode", "person", firm=ibis.null("string"), name=plain_name(debtors.name))
    alone = change.join(party, change.out == party.person).mutate(itself=False)
    alone = alone.anti_join(mine, ["episode", "person", "uscc"])
    beside = _first(beside.union(alone.select(beside.columns)), ("episode", "rid"), ibis._.itself.desc(), ibis._.person)
    beside = beside.drop("name", "itself")
    ties = _taker_ties(cut, beside)
    beside = beside.left_join(ties, ["episode", "rid"]).drop("episode_right", "rid_right")
    asked = _poor(cut, beside, holdings)
    beside = beside.left_join(asked, ["episode", "rid"]).drop("episode_right", "rid_right")
    return beside.mutate(
        by_name=ibis.coalesce(beside.by_name, False),
        poor=beside.asked.notnull(),
        asked=ibis.coalesce(beside.asked, ibis.literal([], type="array<int64>")),
    )


def _taker_ties(cut: Cut, beside: ir.Table) -> ir.Table:
    """episode, rid, rel, tie_rid, by_name: the nearest tie of each taker, kin before staff, number before name."""
    relation = _relations(cut)
    found = []
    for side in ("person", "out", "uscc"):
        given = beside.select("episode", "rid", "taker", "taker_name", near=beside[side])
        met = given.join(relation, given.near == relation.one)
        by_name = met.taker.isnull() & (met.taker_name == met.two_name)
        met = met.filter(ibis.coalesce(met.taker == met.two, by_name, False))
        found.append(met.select("episode", "rid", "rel", "tie_rid", by_name=met.taker.isnull()))
    whole = found[0].union(found[1]).union(found[2])
    return _first(whole, ("episode", "rid"), whole.rel.isin(STAFF), whole.by_name, whole.tie_rid)


def _poor(cut: Cut, beside: ir.Table, holdings: ir.Table) -> ir.Table:
    """episode, rid, asked: changes whose taker the registers of vehicles and realty know to own nothing that day."""
    inquiry = cut.table("inquiry")
    inquiry = inquiry.filter(inquiry.source_code.isin(["VEH", "RE"]), inquiry.answered_on <= cut.day)
    inquiry = inquiry.select("source_code", of=canonical_id(inquiry.subject_id), asked_rid="rid")
    both = inquiry.group_by("of").agg(asked=inquiry.asked_rid.collect().sort(), n=inquiry.source_code.nunique())
    both = both.filter(both.n == 2).drop("n")
    known = beside.filter(beside.taker.notnull()).select("episode", "rid", "taker", "day")
    known = known.join(both, known.taker == both.of).drop("of")
    thing = holdings.filter(holdings.asset_kind.isin(["VEH", "RE", "INS", "HPF"]))
    thing = thing.select("owner", "day_from", "day_to")
    rich = known.join(thing, [known.taker == thing.owner, thing.day_from <= known.day])
    rich = rich.filter(rich.day_to.isnull() | (rich.day_to > rich.day))
    return known.anti_join(rich, ["episode", "rid"]).select("episode", "rid", "asked")
