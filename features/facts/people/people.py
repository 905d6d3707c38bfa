"""Debtors and applicants of each episode by canonical identity, and their confirmed kin and affiliates.

Identity numbers join first; a person without one is joined to a known person only where the match is all but sure
(`linkage.identities`), and is otherwise known inside the own case alone, so that two people of one name are never
taken for one (同名误配, docs/domain.md section 4.11).
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from features.facts.people import linkage
from features.pool.identity import bare_column, canonical_id
from features.pool.pool import Cut

KIN = ("spouse", "ex_spouse", "parent", "child", "sibling", "in_law", "household")
"""Relations that confirm kin (docs/domain.md section 3.3 B); same address or telephone alone do not."""

TIES = ("same_address", "same_phone", "legal_rep", "shareholder", "controller", "employee", "accountant")

COMPOUND_SURNAMES = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "端木", "司徒")


def plain_name(name: ir.StringColumn) -> ir.StringColumn:
    """A name without blanks, its letters, digits and signs half width."""
    return bare_column(name)


def surname(name: ir.StringColumn) -> ir.StringColumn:
    """Family name: the first character, or two for compound surnames."""
    return ibis.ifelse(name.substr(0, 2).isin(COMPOUND_SURNAMES), name.substr(0, 2), name.substr(0, 1))


def _parties(cut: Cut, episodes: ir.Table, identities: ir.Table, role: str) -> ir.Table:
    party = cut.table("party").filter(lambda t: t.role == role)
    own = party.join(episodes.select("episode", "case_no"), "case_no")
    sure = identities.filter(identities.probability >= linkage.parameters()["sure"])
    sure = sure.select(match_rid="rid", matched="person", probability="probability")
    own = own.left_join(sure, own.rid == sure.match_rid).drop("match_rid")
    given = canonical_id(own.id_no)
    alone = ibis.literal("无证件:") + own.name + ibis.literal("@") + own.case_no
    return own.mutate(
        person=ibis.coalesce(given, own.matched, alone),
        id_known=given.notnull(),
        identity=ibis.ifelse(given.notnull(), 1.0, own.probability),
        surname=surname(own.name),
    )


def debtors(cut: Cut, episodes: ir.Table, identities: ir.Table) -> ir.Table:
    """Debtors of each episode, one row per episode and person; `dead` where the identity check says 死亡.

    `identity` is the probability that `person` is this debtor: 1 by number, less by match, NULL where nobody fits.
    """
    own = _parties(cut, episodes, identities, "debtor")
    own = own.mutate(dead=ibis.coalesce(own.id_verify.contains("死亡"), False))
    return own.group_by("episode", "person").agg(
        **{
            column: own[column].argmin(own.rid)
            for column in (
                "name",
                "kind",
                "sex",
                "birth",
                "address",
                "phone",
                "surname",
                "employer",
                "former_name",
                "legal_rep_id",
                "whereabouts_unknown",
                "case_no",
                "id_known",
            )
        },
        identity=own.identity.max(),
        dead=own.dead.any(),
        rid=own.rid.min(),
    )


def applicants(cut: Cut, episodes: ir.Table, identities: ir.Table) -> ir.Table:
    """Applicants of each episode, one row per episode and person."""
    own = _parties(cut, episodes, identities, "applicant")
    return own.group_by("episode", "person").agg(
        name=own.name.argmin(own.rid), kind=own.kind.argmin(own.rid), birth=own.birth.argmin(own.rid), rid=own.rid.min()
    )


def relations(cut: Cut, wanted: Sequence[str]) -> ir.Table:
    """person, other, other_name, rel_code, valid_from, valid_to, rid: relations begun by the day, each told both ways.

    Args:
        wanted: codes of the relations that are returned.
    """
    relation = cut.table("relation")
    begun = relation.valid_from.isnull() | (relation.valid_from <= cut.today)
    relation = relation.filter(relation.rel_code.isin(wanted), begun)
    kept = ("rel_code", "valid_from", "valid_to", "rid")
    ways = [
        relation.select(
            *kept,
            person=canonical_id(relation[f"person_{one}"]),
            other=canonical_id(relation[f"person_{two}"]),
            other_name=f"name_{two}",
        )
        for one, two in ("ab", "ba")
    ]
    return ibis.union(*ways).filter(lambda t: t.person != t.other)


def _ties(cut: Cut, debtors: ir.Table, wanted: Sequence[str]) -> ir.Table:
    both = relations(cut, wanted).semi_join(debtors, "person")
    return both.group_by("person", "other").agg(
        other_name=both.other_name.argmin(both.rid),
        rel=both.rel_code.argmin(both.rid),
        valid_from=both.valid_from.min(),
        valid_to=both.valid_to.max(),
        rid=both.rid.min(),
    )


def kin(cut: Cut, debtors: ir.Table) -> ir.Table:
    """Confirmed kin of debtors, both directions of each relation; one row per pair."""
    return _ties(cut, debtors, KIN)


def affiliates(cut: Cut, debtors: ir.Table) -> ir.Table:
    """People and companies tied to debtors by work, ownership, address or telephone; one row per pair."""
    return _ties(cut, debtors, TIES)
