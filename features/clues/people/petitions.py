"""Clues on petitions received after the termination (docs/domain.md section G01-G04): number, detail, channel, delay.

They tell who complains as much as what is so, and stand in a family of their own, so that an auditor can leave them
out. What their texts say is read by rules (`features.facts.people.petition_text`); G05 lays the things they name beside
the registers, G-7D and G-3M count the office's own periods for an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, feature
from features.clues.base.court_log import due, holiday_caveat
from features.clues.base.helpers import clue_rows, no_amount, text
from features.clues.base.statement_helpers import RELATIONS
from features.facts.case.coverage import log_covers
from features.facts.people.petition_text import EXACT, KINDS
from features.facts.rows import row_ids
from features.rules.plates import joinable_number

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("petitions", "信访反映", __file__)

CHANNELS = ("web", "phone", "letter", "visit", "centre", "commission", "congress", "court", "media")
"""Doors in the order of their code, from 1."""

PASSED_ON = ("centre", "commission", "congress", "court", "media")


def _rows(f: Facts, *columns: str, **more: Any) -> ir.Table:
    said = f.petitions.filter(f.petitions.after)
    return said.select(
        "episode",
        *columns,
        day="recv_date",
        amount=no_amount(),
        who=text(said.petitioner_role),
        note=text(said.topic),
        src=row_ids(said.rid),
        **{name: make(said) for name, make in more.items()},
    )


@family.clue("G01", kind="measure", channel="AB", needs=Needs(("PET",)))
@feature("G01_n", "终本后信访件次", "count")
@feature("G01_weight", "终本后信访件次（按{G01-HALF}天半衰，千分之一）", "sum", "weight")
@feature("G01_recent", "最近{G01-RECENT}天信访件次", "count", where="recent")
def petitions_after_end(f: Facts) -> ir.Table:
    """Petitions about any case of the chain received on or after the termination day, weighed by age."""
    half = ibis.literal(0.5)
    return _rows(
        f,
        weight=lambda t: (half.pow(t.age_days.cast("float64") / f.threshold("G01-HALF")) * 1000).round().cast("int64"),
        recent=lambda t: t.age_days <= f.threshold("G01-RECENT"),
    )


@family.clue("G02", kind="measure", channel="A", needs=Needs(("PET",)))
@feature("G02_level", "信访财产线索具体程度（0至3）", "max", "level", unit="级")
@feature("G02_named", "信访中写明财产标识的件数", "count", where="named")
@feature("G02_known", "信访所述财产与登记或使用记录相符的件数", "count", where="known")
def petition_names_asset(f: Facts) -> ir.Table:
    """Petitions by how specific they are: 1 complaint only, 2 a kind of asset, 3 an asset and its identifier."""
    said = f.petition_readings.filter(f.petition_readings.after)
    named = f.named_assets.group_by(named_episode="episode", pet_rid="pet_rid").agg(
        kinds=f.named_assets.kind.substitute(KINDS).collect().unique().sort().join("、"),
        key=f.named_assets.key.nullif("").max(),
        by_ear=f.named_assets.hearsay.all(),
    )
    said = said.left_join(named, [said.episode == named.named_episode, said.rid == named.pet_rid])
    said = said.mutate(which=ibis.coalesce(said.id_given, said.key))
    own = f.owned.select("episode", thing="asset_id").union(f.owned.select("episode", thing="label"))
    used = f.driven.select("episode", thing="plate").union(own).filter(lambda t: t.thing.notnull()).distinct()
    used = used.select("thing", used_by="episode")
    said = said.left_join(used, [said.episode == used.used_by, joinable_number(said.which) == used.thing])
    met = f.registered_named_assets.select(met_episode="episode", met_rid="pet_rid").distinct()
    said = said.left_join(met, [said.episode == met.met_episode, said.rid == met.met_rid])
    return clue_rows(
        said,
        "level",
        day="recv_date",
        amount=None,
        who=text(said.which),
        note=text(
            said.topics,
            "，",
            ibis.coalesce(said.asset_kind.nullif(""), said.kinds, "未指明财产"),
            ibis.ifelse(ibis.coalesce(said.by_ear, False), "（据其听闻）", ""),
        ),
        named=said.level == EXACT,
        known=said.used_by.notnull() | said.met_rid.notnull(),
    )


@family.clue("G03", kind="context", channel="AB", needs=Needs(("PET",)), risk=0)
@feature("G03_first", "首件信访渠道编码", "first", "door", unit="类")
@feature("G03_doors", "信访渠道数", "nunique", "door")
@feature("G03_passed_on", "经转办、移送的信访件数", "count", where="passed_on")
def petition_doors(f: Facts) -> ir.Table:
    """Petitions after the termination by the door they came through."""
    codes = [(name, number) for number, name in enumerate(CHANNELS, start=1)]
    return _rows(
        f,
        door=lambda t: t.channel.cases(*codes, else_=0),
        passed_on=lambda t: ibis.coalesce(t.channel.isin(PASSED_ON), False),
    )


@family.clue("G04", kind="context", channel="AB", needs=Needs(("PET",)), risk=0)
@feature("G04_days", "首次信访距终本天数", "min", "days", unit="天")
@feature("G04_quick", "终本后{G04-QUICK:汉}日内的信访件数", "count", where="quick")
def petition_delay(f: Facts) -> ir.Table:
    """Days from the termination to each petition."""
    return _rows(
        f,
        days=lambda t: t.recv_date.delta(t.zb_date, unit="day"),
        quick=lambda t: t.recv_date.delta(t.zb_date, unit="day") <= f.threshold("G04-QUICK"),
    )


@family.clue("G05", kind="finding", channel="AB", needs=Needs(("PET",)), risk=0)
@feature("G05_own_n", "信访所述、登记在被执行人名下的财产数", "nunique", "asset_id", where="own")
@feature("G05_kin_n", "信访所述、登记在近亲属名下的财产数", "nunique", "asset_id", where="of_kin")
@feature("G05_open_n", "信访所述、登记相符而未见控制记录的财产数", "nunique", "asset_id", where="open")
def named_asset_is_registered(f: Facts) -> ir.Table:
    """Things named by petitions after the termination that stood in a register for a debtor or confirmed kin."""
    met = f.registered_named_assets.filter(f.registered_named_assets.after)
    seal = f.seals.filter(f.seals.until >= f.today).select("asset").distinct()
    met = met.left_join(seal, met.asset_id == seal.asset)
    log = f.court_reach.select("log_on", log_episode="episode")
    met = met.left_join(log, met.episode == log.log_episode)
    own = met.rel.isnull()
    unseen = own & met.asset.isnull() & log_covers(met.log_on, met.recv_date)
    control_note = ibis.cases(
        (met.asset.notnull(), "，已有控制措施"),
        (unseen, text("，检索执行事件表（末次交接", met.log_on, "）未见控制记录")),
        else_="，是否控制待查",
    )
    return clue_rows(
        met,
        "asset_id",
        day="recv_date",
        amount="value",
        who=ibis.coalesce(met.label, met.asset_id),
        note=text(
            met.kind.substitute(KINDS),
            "登记在",
            ibis.ifelse(own, "被执行人", met.rel.substitute(RELATIONS)),
            "名下",
            control_note,
            ibis.ifelse(met.hearsay, "，信访人称系听闻", ""),
        ),
        src=("pet_rid", "reg_rid", "kin_rid"),
        own=own,
        of_kin=~own,
        open=unseen,
    )


def _unanswered(f: Facts, rule: str, reply: str, answers_kept: str, what: str) -> ir.Table:
    """Petitions answered after the last day of a period, or not at all where the register would tell."""
    said = due(f, f.petition_readings.filter(f.petition_readings.after), rule, "recv_date").filter(
        lambda t: t.due <= f.today
    )
    answered_on = ibis.ifelse(said[reply] <= f.today, said[reply], None)
    never = answered_on.isnull() & (said.due < f.today) & log_covers(said.told_on, said.due) & said[answers_kept]
    said = said.mutate(answered_on=answered_on).filter(ibis.coalesce(answered_on > said.due, never))
    silent = text("检索信访登记（末次交接", said.told_on, "），无", what, "记录")
    note = text(
        said.recv_date,
        "收到，",
        said.due,
        "届满，",
        ibis.coalesce(said.answered_on.cast("string") + what, silent),
        holiday_caveat(said.due_sure),
    )
    return clue_rows(said, day="due", amount=None, who=text(said.petitioner_role), note=note)


@family.clue("G-7D", kind="finding", channel="B", needs=Needs(("PET",)), risk=0)
def not_answered_in_seven_days(f: Facts) -> ir.Table:
    """Petitions after the termination whose procedural reply came later than seven days, or is not on record."""
    return _unanswered(f, "T-PET-7D", "reply_7d_date", "tells_7d", "程序性答复")


@family.clue("G-3M", kind="finding", channel="B", needs=Needs(("PET",)), risk=0)
def not_answered_in_three_months(f: Facts) -> ir.Table:
    """Petitions after the termination whose result was given later than three months on, or is not on record."""
    return _unanswered(f, "T-PET-3M", "result_3m_date", "tells_3m", "办理过程或结果答复")
