"""Companies by episode of the debtors they belong to: owners, representatives, changes, payments, look-alike
successors.

A company is known by its code (统一社会信用代码); a name, present or former, stands for one only where a row gives no
code and one company alone bears the name.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from features.facts.money.transactions import distinct_movements, sole_owners
from features.facts.people.linkage import plain_address
from features.facts.people.people import KIN, plain_name, relations
from features.facts.rows import first_per_key, if_happened, left_joined, rows_until_today
from features.pool.identity import canonical_id
from features.pool.pool import Cut
from features.sql_function import sql_function

SELF, OWNER, REPRESENTATIVE = "self", "owner", "rep"
"""How a company belongs to a debtor: it is the debtor, the debtor owns shares of it, or represents it."""

ENDED = "注销"
STAFF = ("employee", "accountant")

_KINDS = {"simple": "简易注销", "liquidation": "清算", "rep": "法定代表人|负责人", "share": "股东|股权|投资人|出资"}
_REGION = r"^(?:[一-龥]{2,8}?(?:省|自治区))?(?:[一-龥]{2,7}?市)?(?:[一-龥]{1,6}?(?:区|县|市))?"
_SPLIT = r"[、，,；;。\s]+"


_alike = sql_function("jaro_winkler_similarity", ("string", "string"), "float64")


def comparable_address(address: Any) -> Any:
    """An address without region, blanks and punctuation, 栋 and 座 written 幢, to compare; NULL without any number."""
    plain = plain_address(address).re_replace(_REGION, "").translate("栋座", "幢幢").re_replace("室$", "")
    return ibis.ifelse(plain.re_search(r"\d"), plain, None)


def comparable_phone(phone: Any) -> Any:
    """The digits of a telephone number without the code of the country, to compare; NULL under seven of them."""
    digits = phone.re_replace(r"\D", "").re_replace(r"^(?:0086|86)(\d{11})$", r"\1")
    return ibis.ifelse(digits.length() >= 7, digits, None)


def firms(cut: Cut) -> ir.Table:
    """The register of companies as known on the day, one row per code.

    Columns: uscc (canonical), firm, former (former names as delivered), one_person, rep (canonical number), rep_name,
    status, est_date, ended_on (day of deregistration, NULL until it has happened), place and line (address and
    telephone as `comparable_address` and `comparable_phone` give them), scope, rid.
    """
    firm = cut.table("company").filter(lambda t: t.est_date.isnull() | (t.est_date <= cut.today))
    gone = ibis.coalesce(firm.status, ENDED).contains(ENDED)
    kept = ("status", "est_date", "scope", "rid")
    firm = firm.select(
        *kept,
        uscc=canonical_id(firm.uscc),
        firm="name",
        former="former_name",
        one_person=ibis.coalesce(firm.one_person, False),
        rep=canonical_id(firm.legal_rep_id),
        rep_name="legal_rep",
        ended_on=ibis.ifelse(gone, if_happened(cut, firm.end_date), None),
        place=comparable_address(firm.address),
        line=comparable_phone(firm.phone),
    )
    return first_per_key(firm, ("uscc",), firm.rid.desc())


def shares(cut: Cut) -> ir.Table:
    """Entries of shareholders up to the day: uscc, company, holder, holder_name, day_from, day_to, pct, subscribed,
    paid_up (分), rid. `day_to` is NULL until it has happened; one row per company, holder and first day."""
    share = rows_until_today(cut, "shareholding", "from_date")
    kept = ("holder_name", "pct", "subscribed", "rid")
    share = share.select(
        *kept,
        uscc=canonical_id(share.uscc),
        company="company_name",
        holder=canonical_id(share.holder_id),
        day_from="from_date",
        day_to=if_happened(cut, share.to_date),
        paid_up="paid",
    )
    return first_per_key(share, ("uscc", "holder", "day_from"), share.rid.desc())


def names(firms: ir.Table, shares: ir.Table) -> ir.Table:
    """plain, uscc: names, present and former, that one company alone bears."""
    former = firms.filter(firms.former.notnull()).select("uscc", given=firms.former.re_split(_SPLIT))
    former = former.select("uscc", given=former.given.unnest())
    whole = firms.select("uscc", given="firm").union(former).union(shares.select("uscc", given="company"))
    whole = whole.select("uscc", plain=plain_name(whole.given)).filter(lambda t: ibis.coalesce(t.plain, "") != "")
    borne = whole.group_by("plain").agg(uscc=whole.uscc.min(), bearers=whole.uscc.nunique())
    return borne.filter(borne.bearers == 1).drop("bearers")


def changes(cut: Cut) -> ir.Table:
    """Changes entered up to the day: uscc, kind (rep, share, simple for a notice of simplified deregistration,
    liquidation, other), day, out, out_name, taker, taker_name (canonical numbers and names before and after), rid."""
    entry = rows_until_today(cut, "company_change", "change_date")
    kind = ibis.cases(*((entry.change_type.re_search(words), kind) for kind, words in _KINDS.items()), else_="other")
    return entry.select(
        "rid",
        uscc=canonical_id(entry.uscc),
        kind=kind,
        day="change_date",
        out=canonical_id(entry.before_id),
        out_name=plain_name(entry.before),
        taker=canonical_id(entry.after_id),
        taker_name=plain_name(entry.after),
    )


def own_firms(debtors: ir.Table, firms: ir.Table, shares: ir.Table, changes: ir.Table, whole: float) -> ir.Table:
    """Companies that are a debtor of an episode or belong to one.

    Columns: episode, person, name (of the debtor), uscc, firm (its name, NULL where no register tells), how (`SELF`,
    `OWNER`, `REPRESENTATIVE`), day_from, day_to (of the share or the office; NULL unknown or open), whole (the debtor
    held all of it), rid (the row that says so), debtor_rid. One row per episode, debtor, company, way and first day.

    Args:
        whole: a share from here on is the whole company.
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
    held = left_joined(shares, known, "uscc")
    held = held.mutate(
        whole=(ibis.coalesce(held.pct, 0.0) >= whole) | (held.one_person & held.pct.isnull()),
        how=ibis.literal(OWNER),
    )
    owner = party.join(held, party.person == held.holder)
    led = firms.filter(firms.rep.notnull()).select("uscc", "rid", representative="rep", day_to=ibis.null("date"))
    left = changes.filter(changes.kind == "rep", changes.out.notnull())
    led = led.union(left.select("uscc", "rid", representative="out", day_to="day"))
    led = led.mutate(how=ibis.literal(REPRESENTATIVE), day_from=ibis.null("date"), whole=ibis.literal(False))
    represented = party.join(led, party.person == led.representative)
    shape = (*columns, "how", "day_from", "day_to", "whole", "rid")
    every = self.select(*shape).union(owner.select(*shape)).union(represented.select(*shape))
    called = firms.select("firm", firm_uscc="uscc")
    every = every.left_join(called, every.uscc == called.firm_uscc).drop("firm_uscc")
    return first_per_key(every, ("episode", "person", "uscc", "how", "day_from"), every.day_to.desc(), every.rid)


def _relations(cut: Cut) -> ir.Table:
    """one, two, two_name, rel, tie_rid: confirmed kin and staff of anybody, both directions, one row per pair."""
    both = relations(cut, [*KIN, *STAFF])
    both = both.mutate(name=plain_name(both.other_name))
    return both.group_by(one="person", two="other").agg(
        two_name=both.name.argmin(both.rid), rel=both.rel_code.argmin(both.rid), tie_rid=both.rid.min()
    )


def control_changes(cut: Cut, changes: ir.Table, own: ir.Table, debtors: ir.Table, holdings: ir.Table) -> ir.Table:
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
    beside = first_per_key(
        beside.union(alone.select(beside.columns)), ("episode", "rid"), ibis._.itself.desc(), ibis._.person
    )
    beside = cut.materialise("control_changes_beside", beside.drop("name", "itself"))
    ties = _taker_ties(cut, beside)
    beside = left_joined(beside, ties, "episode", "rid")
    asked = _poor(cut, beside, holdings)
    beside = left_joined(beside, asked, "episode", "rid")
    return beside.mutate(
        by_name=ibis.coalesce(beside.by_name, False),
        poor=beside.asked.notnull(),
        asked=ibis.coalesce(beside.asked, ibis.literal([], type="array<int64>")),
    )


def _taker_ties(cut: Cut, beside: ir.Table) -> ir.Table:
    """episode, rid, rel, tie_rid, by_name: the nearest tie of each taker, kin before staff, number before name."""
    relation = cut.materialise("control_changes_relations", _relations(cut))
    found = []
    for side in ("person", "out", "uscc"):
        given = beside.select("episode", "rid", "taker", "taker_name", near=beside[side])
        met = given.join(relation, given.near == relation.one)
        by_name = met.taker.isnull() & (met.taker_name == met.two_name)
        met = met.filter(ibis.coalesce(met.taker == met.two, by_name, False))
        found.append(met.select("episode", "rid", "rel", "tie_rid", by_name=met.taker.isnull()))
    whole = ibis.union(*found)
    return first_per_key(whole, ("episode", "rid"), whole.rel.isin(STAFF), whole.by_name, whole.tie_rid)


def _poor(cut: Cut, beside: ir.Table, holdings: ir.Table) -> ir.Table:
    """episode, rid, asked: changes whose taker the registers of vehicles and realty know to own nothing that day."""
    inquiry = cut.table("inquiry")
    inquiry = inquiry.filter(inquiry.source_code.isin(["VEH", "RE"]), inquiry.answered_on <= cut.today)
    inquiry = inquiry.select("source_code", "answered_on", of=canonical_id(inquiry.subject_id), asked_rid="rid")
    answered = [inquiry.answered_on.max(where=inquiry.source_code == code) for code in ("VEH", "RE")]
    # An answer tells of the days before it alone.
    both = inquiry.group_by("of").agg(asked=inquiry.asked_rid.collect().sort(), one=answered[0], two=answered[1])
    both = cut.materialise("control_changes_asked", both.filter(both.one.notnull(), both.two.notnull()))
    known = beside.filter(beside.taker.notnull()).select("episode", "rid", "taker", "day")
    known = known.join(both, [known.taker == both.of, known.day <= both.one, known.day <= both.two]).drop("of")
    thing = holdings.filter(holdings.asset_kind.isin(["VEH", "RE", "INS", "HPF"]))
    thing = thing.select("owner", "day_from", "day_to")
    rich = known.join(thing, [known.taker == thing.owner, thing.day_from <= known.day])
    rich = rich.filter(rich.day_to.isnull() | (rich.day_to > rich.day))
    return known.anti_join(rich, ["episode", "rid"]).select("episode", "rid", "asked")


def commingled(
    cut: Cut,
    statements: ir.Table,
    accounts: ir.Table,
    own: ir.Table,
    shares: ir.Table,
    firms: ir.Table,
    anchors: ir.Table,
    whole: float,
    debt_before: int,
) -> ir.Table:
    """Money between a company and its only owner, one of whom is a debtor, since the debt arose.

    Columns: episode, uscc, firm, owner_name, side ("firm" where the company's own statements are held, else "owner"),
    paid_in (分 owner to company), paid_out (分 company to owner), ins, outs (payments), total (分: all that moved on
    that side's accounts in the time), day_from, day_to (first and last payment between them), rids (those payments),
    share_rid, firm_rid (NULL where no register row of the company is known). One row per episode, company and owner.

    Args:
        whole: a share from here on is the whole company. debt_before: days before filing from which the debt is
            supposed to have stood where its day is not known.
    """
    pairs = _only_owners(own, shares, firms, anchors, whole, debt_before)
    columns = ("episode", "uscc", "owner", "since", "until")
    side = pairs.select(*columns, side=ibis.literal("firm"), who="uscc", other="owner", other_name="owner_name")
    named = pairs.select(*columns, side=ibis.literal("owner"), who="owner", other="uscc", other_name="firm")
    side = cut.materialise("commingled_sides", side.union(named))
    held = sole_owners(accounts).rename(held_acct="acct", held_by="owner")
    rows = statements.filter(statements.fit)
    rows = rows.left_join(held, rows.acct_no == held.held_acct).drop("held_acct")
    rows = rows.mutate(holder=ibis.coalesce(rows.holder, rows.held_by)).drop("held_by")
    rows = cut.materialise("commingled_rows", rows.semi_join(side, rows.holder == side.who))
    rows = rows.semi_join(distinct_movements(rows), [("rid", "first_rid")])
    rows = rows.left_join(held, rows.cp_acct == held.held_acct)
    rows = rows.mutate(cp_id=ibis.coalesce(rows.cp_given, rows.held_by), plain=plain_name(rows.cp_name))
    one = names(firms, shares).select(named_uscc="uscc", named="plain")
    rows = rows.left_join(one, rows.plain == one.named)
    met = rows.join(side, [rows.holder == side.who, rows.day >= side.since, rows.day <= side.until])
    by_name = met.cp_id.isnull() & ((met.plain == met.other_name) | (met.named_uscc == met.other))
    between = ibis.coalesce(met.cp_id == met.other, by_name, False)
    paid_in = between & ((met.side == "firm") == (met.sign > 0))
    paid_out = between & ~paid_in
    found = met.group_by("episode", "uscc", "owner", "side").agg(
        total=met.amount.sum(),
        ins=paid_in.sum(),
        outs=paid_out.sum(),
        paid_in=ibis.coalesce(met.amount.sum(where=paid_in), 0),
        paid_out=ibis.coalesce(met.amount.sum(where=paid_out), 0),
        day_from=met.day.min(where=between),
        day_to=met.day.max(where=between),
        rids=met.rid.collect(where=between).sort(),
    )
    found = first_per_key(found, ("episode", "uscc", "owner"), found.side)
    terms = pairs.select("episode", "uscc", "owner", "firm", "owner_name", "share_rid", "firm_rid")
    return found.filter(found.ins + found.outs > 0).join(terms, ["episode", "uscc", "owner"])


def _only_owners(
    own: ir.Table, shares: ir.Table, firms: ir.Table, anchors: ir.Table, whole: float, debt_before: int
) -> ir.Table:
    """episode, uscc, firm, owner, owner_name, since, until, share_rid, firm_rid: debtors' one-owner companies."""
    mine = own.filter(own.how == OWNER, own.whole).select("episode", "uscc", owner="person")
    itself = own.filter(own.how == SELF).select("episode", "uscc")
    register = firms.select("firm", "one_person", firm_uscc="uscc", firm_rid="rid")
    share = shares.left_join(register, shares.uscc == register.firm_uscc)
    share = share.mutate(firm=ibis.coalesce(share.firm, share.company))
    share = share.filter((ibis.coalesce(share.pct, 0.0) >= whole) | (share.one_person & share.pct.isnull()))
    kept = ("uscc", "firm_rid", "day_from", "day_to")
    share = share.select(
        *kept,
        owner="holder",
        share_rid="rid",
        firm=plain_name(share.firm),
        owner_name=plain_name(share.holder_name),
    )
    pairs = mine.union(itself.join(share, "uscc").select("episode", "uscc", "owner")).distinct()
    pairs = pairs.join(share, ["uscc", "owner"]).join(anchors.select("episode", "t_debt", "t_enf"), "episode")
    since = ibis.coalesce(pairs.t_debt, pairs.t_enf - ibis.interval(days=debt_before)).cast("date")
    pairs = pairs.mutate(
        since=ibis.greatest(since, pairs.day_from), until=ibis.coalesce(pairs.day_to, ibis.date(9999, 12, 31))
    )
    # Two entries of one owner are one spell from the first to the last day.
    return pairs.group_by("episode", "uscc", "owner").agg(
        **{name: pairs[name].min() for name in ("since", "firm", "owner_name")},
        **{name: pairs[name].max() for name in ("until", "share_rid", "firm_rid")},
    )


def successors(
    cut: Cut, own: ir.Table, firms: ir.Table, shares: ir.Table, debtors: ir.Table, anchors: ir.Table, crowd: int
) -> ir.Table:
    """Companies founded since service beside a company of the debtor that they resemble, owned or led by its circle.

    Args:
        crowd: an address or telephone that more companies than this share is an agent's and ties nobody.

    Columns: episode, uscc, firm, est_date (of the new company), old_uscc, old_firm, same_place, same_line (booleans),
    scope_part (share of the shorter scope's items that both name, 0-1), alike (Jaro-Winkler similarity of the names),
    taker_name, rel (kin of the debtor or of whoever owned or led a debtor company; `SELF` for those themselves),
    new_rid, old_rid (of the register, else the row that ties the old company to the debtor), share_rid, tie_rid,
    same_hand (rel is `SELF`). One row per episode, new and old company and same_hand. Companies that the debtor still
    owns himself are none.
    """
    crowded = {
        name: firms.filter(firms[name].notnull())
        .group_by(name)
        .agg(n=firms.uscc.nunique())
        .filter(lambda t: t.n > crowd)
        for name in ("place", "line")
    }
    answered = debtors.select("address", "phone", at="episode", who="person")
    old = own.group_by("episode", "person", "uscc").agg(
        itself=(own.how == SELF).any(), own_rid=own.rid.min(), name=own.name.min()
    )
    old = old.join(answered, [old.episode == answered.at, old.person == answered.who]).drop("at", "who")
    register = firms.select("firm", "place", "line", "scope", firm_uscc="uscc", old_rid="rid")
    old = old.left_join(register, old.uscc == register.firm_uscc).drop("firm_uscc")
    old = old.mutate(
        firm=ibis.coalesce(old.firm, ibis.ifelse(old.itself, old.name, None)),
        place=ibis.coalesce(old.place, ibis.ifelse(old.itself, comparable_address(old.address), None)),
        line=ibis.coalesce(old.line, ibis.ifelse(old.itself, comparable_phone(old.phone), None)),
        own_rid=ibis.coalesce(old.old_rid, old.own_rid),
    )
    old = old.join(anchors.select("episode", "t_srv"), "episode").filter(lambda t: t.t_srv.notnull())
    named = ("episode", "person", "itself", "t_srv")
    old = cut.materialise(
        "successors_old",
        old.select(
            *named,
            old_rid="own_rid",
            old_uscc="uscc",
            old_firm="firm",
            old_place="place",
            old_line="line",
            old_scope="scope",
        ),
    )
    met = _resembling(old, firms, crowded)
    kept = own.filter(own.how != REPRESENTATIVE, own.day_to.isnull()).select("episode", "uscc")
    met = cut.materialise("successors_met", met.anti_join(kept, ["episode", "uscc"]))
    owners = _owners_of_new(cut, met, shares, firms)
    found = met.join(owners, ["episode", "uscc", "old_uscc"])
    found = found.mutate(same_hand=found.rel == SELF)
    return first_per_key(found, ("episode", "uscc", "old_uscc", "same_hand"), found.tie_rid, found.share_rid)


def _resembling(old: ir.Table, firms: ir.Table, crowded: dict[str, ir.Table]) -> ir.Table:
    """Pairs of an old company and one founded since service that share an address or a telephone."""
    new = firms.select("uscc", "firm", "est_date", "place", "line", "scope", "rep", "rep_name", new_rid="rid")
    blocks = []
    for name in ("place", "line"):
        mine = old.anti_join(crowded[name], old[f"old_{name}"] == crowded[name][name])
        blocks.append(mine.join(new, mine[f"old_{name}"] == new[name]))
    met = ibis.union(*blocks, distinct=True)
    met = met.filter(met.est_date >= met.t_srv, met.uscc != met.old_uscc)
    one, two = (met[name].re_split(_SPLIT).filter(lambda part: part != "").unique() for name in ("scope", "old_scope"))
    shorter = ibis.least(one.length(), two.length())
    # What both hold, without an intersection: that would split the second text anew for each part of the first.
    part = (one.length() + two.length() - one.concat(two).unique().length()) / shorter.nullif(0)
    same = {}
    for name in ("place", "line"):
        equal = ibis.coalesce(met[name] == met[f"old_{name}"], False)
        same[f"same_{name}"] = equal & met[name].notin(crowded[name][name])
    kept = ("episode", "person", "itself", "uscc", "firm", "est_date")
    more = ("old_uscc", "old_firm", "old_rid", "new_rid", "rep", "rep_name")
    return met.select(
        *kept,
        *more,
        **same,
        scope_part=ibis.coalesce(part, 0.0),
        alike=ibis.coalesce(_alike(_core(met.firm), _core(met.old_firm)), 0.0),
    )


def _core(name: Any) -> Any:
    """The name of a company without its region and legal form, so that what is compared is what tells it apart."""
    short = plain_name(name).re_replace(r"(?:有限责任公司|股份有限公司|有限公司|合伙企业|公司|厂|店|经营部)$", "")
    return ibis.coalesce(short.re_replace(_REGION, "").nullif(""), short)


def _owners_of_new(cut: Cut, met: ir.Table, shares: ir.Table, firms: ir.Table) -> ir.Table:
    """episode, uscc, old_uscc, taker_name, rel, share_rid, tie_rid: who of the circle owns or leads a new company."""
    keys = ("episode", "uscc", "old_uscc", "person", "itself")
    held = shares.select("uscc", owner="holder", taker_name="holder_name", share_rid="rid")
    behind = met.join(held, "uscc").select(*keys, "owner", "taker_name", "share_rid")
    led = met.filter(met.rep.notnull()).select(*keys, owner="rep", taker_name="rep_name", share_rid="new_rid")
    behind = cut.materialise("successors_owners", behind.union(led))
    controllers = shares.select("uscc", controller="holder").union(firms.select("uscc", controller="rep"))
    controllers = controllers.filter(controllers.controller.notnull()).distinct().select("controller", of="uscc")
    circle = behind.join(controllers, [behind.itself, behind.old_uscc == controllers.of])
    columns = ("episode", "uscc", "old_uscc", "taker_name", "share_rid")
    same = circle.filter(circle.owner == circle.controller)
    same = same.select(*columns, rel=ibis.literal(SELF), tie_rid=ibis.null("int64"))
    kin = cut.materialise("successors_kin", _relations(cut).filter(lambda t: t.rel.isin(KIN)))
    near = circle.select(*columns, "owner", near="controller").union(behind.select(*columns, "owner", near="person"))
    near = near.join(kin, [near.near == kin.one, near.owner == kin.two])
    return same.union(near.select(*columns, "rel", "tie_rid")).distinct()
