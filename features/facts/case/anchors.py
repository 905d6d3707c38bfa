"""The legal dates of an episode, filing to termination (docs/domain.md section 3.1), NULL where unknown."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.pool.pool import Cut
from features.rules.case_numbers import normal_case_number_column
from features.rules.periods import add_days

NAMES = (
    "t_debt",
    "t_suit",
    "t_srv",
    "t_pres",
    "t_jdg",
    "t_jdgsv",
    "t_eff",
    "t_due",
    "t_enf",
    "t_ntc",
    "t_rpt",
    "t_rptret",
    "t_lim",
    "t_dis",
    "t_ta",
    "t_zb",
)


def anchors(cut: Cut, episodes: ir.Table, events: ir.Table, served: int, notice: int, debt: int) -> ir.Table:
    """One row per episode: episode, t_debt ... t_zb (dates) and `ntc_known` (whether the notice date is a record).

    Args:
        served, notice, debt: days that are supposed where the date itself is not known (docs/domain.md section 3.1):
            from filing the suit to its service, from filing the case to the notice, from the debt to the suit.
    """
    suit = cut.table("litigation")
    kept = ("suit_no", "debt_date", "suit_date", "served_date")
    more = ("preserved_date", "judgment_date", "judgment_served_date", "effective_date")
    suit = suit.select(
        *kept,
        *more,
    )
    # Courts write the number of the judgment in brackets of their own choice.
    own = episodes.left_join(
        suit, normal_case_number_column(episodes.basis_no) == normal_case_number_column(suit.suit_no)
    )
    own = own.left_join(_dates(events), "episode")
    t_srv = ibis.coalesce(own.served_date, _later(own.suit_date, served))
    t_eff = ibis.coalesce(own.effective_date, own.basis_eff_date)
    noticed = ibis.coalesce(own.notice_on, own.ntc_sent_date)
    t_ntc = ibis.coalesce(noticed, _later(own.filing_date, notice))
    return own.select(
        "episode",
        t_debt=ibis.coalesce(own.debt_date, _later(own.suit_date, -debt)),
        t_suit="suit_date",
        t_srv=t_srv,
        t_pres="preserved_date",
        t_jdg="judgment_date",
        t_jdgsv=ibis.coalesce(own.judgment_served_date, own.judgment_date),
        t_eff=t_eff,
        t_due=ibis.coalesce(own.perform_due, t_eff),
        t_enf="filing_date",
        t_ntc=t_ntc,
        t_rpt=ibis.coalesce(own.report_on, t_ntc),
        t_rptret="returned_on",
        t_lim="limit_on",
        t_dis="dishonest_on",
        t_ta="interview_on",
        t_zb="zb_date",
        ntc_known=noticed.notnull(),
    )


def _later(day: ir.DateValue, days: int) -> ir.DateValue:
    return add_days(day, ibis.literal(days))


def _dates(events: ir.Table) -> ir.Table:
    own = events.filter(events.own, ~events.after)

    def first(code: str) -> ir.Value:
        return own.ev_date.min(where=own.ev_code == code)

    return own.group_by("episode").agg(
        notice_on=first("NOTICE"),
        report_on=first("RPT_ORDER"),
        returned_on=first("RPT_CONTENT"),
        limit_on=first("LIMIT"),
        dishonest_on=first("DISHONEST"),
        interview_on=first("INTERVIEW"),
    )
