"""Property by episode: what the debtors or their kin own, what the debtors disposed of, whose vehicles they drive."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.rows import first_per_key, left_joined
from features.rules.periods import with_rule_value


def _beside(things: ir.Table, owner: str, debtors: ir.Table, terms: ir.Table) -> ir.Table:
    party = debtors.select("episode", own_person="person").distinct()
    mine = things.join(party, things[owner] == party.own_person).drop("own_person")
    return mine.join(terms, "episode")


def _terms(episodes: ir.Table) -> ir.Table:
    return episodes.select("episode", "zb_date", "debt", case_rid="rid")


def owned(holdings: ir.Table, debtors: ir.Table, episodes: ir.Table, court_reach: ir.Table) -> ir.Table:
    """Everything registered to the debtors of an episode.

    Columns: those of `holdings`, and episode, zb_date, debt, case_rid, log_on (last delivery of the court's log that
    reaches the case, or NULL), net (分: value less encumbrance, at least 0, NULL where the value is unknown), at_end
    (stood in the debtor's name on the termination day), since_end (obtained later and still there). One row per
    episode and entry; of entries of one thing that overlap, the latest stands.
    """
    mine = _beside(holdings, "owner", debtors, _terms(episodes))
    mine = left_joined(mine, court_reach.select("episode", "log_on"), "episode")
    mine = mine.mutate(
        net=ibis.ifelse(mine.value.notnull(), ibis.greatest(mine.value - mine.encumbrance, 0), None),
        at_end=(mine.day_from <= mine.zb_date) & (mine.day_to.isnull() | (mine.day_to > mine.zb_date)),
        since_end=(mine.day_from > mine.zb_date) & mine.day_to.isnull(),
    )
    latest = (mine.day_from.desc(), mine.rid.desc())
    return first_per_key(mine, ("episode", "asset_kind", "asset_id", "at_end", "since_end"), *latest)


def disposed(
    disposals: ir.Table, debtors: ir.Table, episodes: ir.Table, anchors: ir.Table, kin: ir.Table, rules: ir.Table
) -> ir.Table:
    """Things that left the debtors of an episode, with the tie to the taker and the price against the market.

    Columns: those of `disposals` (the price of a gift is 0), and episode, zb_date, debt, case_rid, t_srv, t_jdgsv,
    t_debt, rel and kin_rid (NULL when the taker is no confirmed kin), to_kin, gift, low (price under the share of the
    value that the rule in force on the day calls unreasonably low; False where price or value is unknown), gap (分:
    value less price, at least 0, NULL where one is unknown).
    """
    tie = kin.select("rel", kin_of="person", kin_id="other", kin_rid="rid")
    gone = disposals.left_join(tie, [disposals.person == tie.kin_of, disposals.taker == tie.kin_id])
    gift = ibis.coalesce(gone.mode.contains("赠与"), False) | ibis.coalesce(gone.price == 0, False)
    gone = gone.mutate(gift=gift, price=ibis.ifelse(gift, 0, gone.price)).drop("kin_of", "kin_id")
    judged = with_rule_value(gone, rules, "T-LOWPRICE", "day", "low_percent")
    less = judged.value - judged.price
    judged = judged.mutate(
        to_kin=judged.kin_rid.notnull(),
        low=ibis.coalesce(judged.price * 100 < judged.value * judged.low_percent, False),
        gap=ibis.ifelse(less.notnull(), ibis.greatest(less, 0), None),
    )
    mine = _beside(judged, "person", debtors, _terms(episodes))
    return mine.join(anchors.select("episode", "t_srv", "t_jdgsv", "t_debt"), "episode")


def driven(drives: ir.Table, debtors: ir.Table, anchors: ir.Table, kin: ir.Table, affiliates: ir.Table) -> ir.Table:
    """Uses by the debtors of an episode of vehicles not registered to any of them.

    Columns: those of `drives`, and episode, t_srv, t_ntc, t_zb, rel, tie_rid (NULL when the owner is neither confirmed
    kin nor affiliate), of_kin. One row per episode and use. The owner is NULL when no register entry of that day is
    known.
    """
    party = debtors.select("episode", "person").distinct()
    mine = drives.join(party, "person").join(anchors.select("episode", "t_srv", "t_ntc", "t_zb"), "episode")
    own = party.select(own_episode="episode", own_person="person")
    mine = mine.anti_join(own, [mine.episode == own.own_episode, mine.owner == own.own_person])
    near = affiliates.select("person", "other", "rel", tie_rid="rid", of_kin=ibis.literal(False))
    close = kin.select("person", "other", "rel", tie_rid="rid", of_kin=ibis.literal(True))
    ties = close.union(near.anti_join(close, ["person", "other"]))
    ties = ties.select("rel", "tie_rid", "of_kin", tie_of="person", tied="other")
    mine = mine.left_join(ties, [mine.person == ties.tie_of, mine.owner == ties.tied]).drop("tie_of", "tied")
    mine = mine.mutate(of_kin=ibis.coalesce(mine.of_kin, False))
    return first_per_key(mine, ("episode", "use_rid"), mine.tie_rid.isnull(), mine.person)


def kin_owned(holdings: ir.Table, kin: ir.Table, debtors: ir.Table, episodes: ir.Table, anchors: ir.Table) -> ir.Table:
    """Vehicles and realty in the name of confirmed kin who are not themselves debtors of the episode.

    Columns: those of `holdings`, and episode, zb_date, debt, case_rid, t_debt, t_jdgsv, t_eff, t_ntc, rel, kin_rid,
    from_debtor (taken over from a debtor of the episode). One row per episode and thing.
    """
    party = debtors.select("episode", "person").distinct()
    relatives = kin.select("rel", "person", other_id="other", kin_rid="rid").join(party, "person").drop("person")
    relatives = relatives.anti_join(party, ["episode", relatives.other_id == party.person])
    things = holdings.filter(holdings.asset_kind.isin(["VEH", "RE"]))
    mine = things.join(relatives, things.owner == relatives.other_id).drop("other_id")
    given = party.select("episode", giver="person")
    mine = mine.left_join(given, ["episode", mine.prev_owner == given.giver]).drop("episode_right")
    mine = mine.mutate(from_debtor=mine.giver.notnull()).drop("giver")
    mine = mine.join(_terms(episodes), "episode")
    mine = mine.join(anchors.select("episode", "t_debt", "t_jdgsv", "t_eff", "t_ntc"), "episode")
    return first_per_key(
        mine, ("episode", "asset_kind", "asset_id"), mine.day_from.desc(), mine.rid.desc(), mine.kin_rid
    )
