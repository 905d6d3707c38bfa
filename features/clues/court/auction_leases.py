"""Clue on leases registered just before a judicial sale to bind the buyer (docs/domain.md section M9: 买卖不破租赁)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, debt_ratio, feature
from features.clues.base.helpers import clue_rows, text
from features.clues.court import auctions
from features.clues.court.auctions import insiders_of, less_than
from features.facts.rows import left_joined, row_id_at, row_ids
from features.rules.periods import add_days

if TYPE_CHECKING:
    from features.facts import Facts

family = auctions.family.part(__file__)


@family.clue("E11L", kind="finding", channel="A", needs=Needs(("LEASE",), since="t_debt"))
@feature("E11L_n", "可疑租赁数", "count")
@feature("E11L_tied", "承租人为关联人的可疑租赁数", "count", where="tied")
@feature("E11L_sealed", "查封后备案的可疑租赁数", "count", where="sealed")
@debt_ratio("E11L_prepaid", "可疑租赁预付租金/未履行额")
def lease_made_up(f: Facts) -> ir.Table:
    """Leases at half the market rent or prepaid for years, made after debt or seal or shortly before a sale.

    A lease counts from its registration; one dated before and registered after the seal is marked `sealed`.
    """
    lease = f.leases.join(f.anchors.select("episode", "t_debt"), "episode")
    seal = f.seals.join(f.chains, "case_no").join(f.episodes.select("episode", "chain"), "chain")
    seal = seal.group_by("episode", unit_no="asset_id").agg(sealed_on=seal.day.min(), seal_rid=row_id_at(seal, "day"))
    lot = f.lots.filter(f.lots.asset_id.notnull()).mutate(on=ibis.coalesce(f.lots.notice_date, f.lots.start_date))
    lot = lot.group_by("episode", unit_no="asset_id").agg(sale_on=lot.on.min(), lot_rid=row_id_at(lot, "on"))
    lease = left_joined(left_joined(lease, seal, "episode", "unit_no"), lot, "episode", "unit_no")
    near = add_days(lease.registered_on, ibis.literal(f.threshold("E11L-DAYS"))) >= lease.sale_on
    begun = ibis.coalesce(lease.signed_on, lease.registered_on)
    lease = lease.mutate(
        low=less_than(f, "E11L-RENT", lease.rent_month, lease.market_rent),
        long=ibis.coalesce(
            lease.rent_month.notnull()
            & (lease.prepaid >= ibis.greatest(lease.rent_month, 1) * f.threshold("E11L-PREPAID")),
            False,
        ),
        sealed=ibis.coalesce(lease.registered_on > lease.sealed_on, False),
        shortly=ibis.coalesce((lease.registered_on <= lease.sale_on) & near, False),
        owing=ibis.coalesce(begun > lease.t_debt, False),
    )
    lease = lease.filter(lease.low | lease.long, lease.sealed | lease.shortly | lease.owing)
    near = insiders_of(f)
    lease = lease.left_join(near, [lease.episode == near.tie_episode, lease.tenant == near.tied_to])
    words = {
        "sealed": "查封后备案",
        "shortly": "拍卖公告前备案",
        "low": "租金明显低于市价",
        "long": "长期预付租金",
    }
    found = [part for name, word in words.items() for part in (ibis.ifelse(lease[name], word, ""), "，")]
    note = text(*found, lease.tie)
    return clue_rows(
        lease,
        "sealed",
        day="registered_on",
        amount=ibis.coalesce(lease.prepaid, 0),
        who=ibis.coalesce(lease.tenant_name, lease.tenant, lease.unit_no),
        note=note.re_replace("，$", ""),
        src=row_ids(
            lease.rid,
            ibis.ifelse(lease.sealed, lease.seal_rid, None),
            ibis.ifelse(lease.shortly, lease.lot_rid, None),
            lease.tie_rid,
        ),
        tied=lease.rel.notnull(),
    )
