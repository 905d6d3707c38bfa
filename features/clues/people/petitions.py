"""Petitions after the termination (docs/domain.md section G01-G04): how many, how specific, by which door, how soon.

They tell who complains as much as what is so, and stand in a family of their own, so that an auditor can leave them
out. What their texts say is read by rules (`features.facts.people.petition_text`); G05 lays the things they name beside
the registers, G-7D and G-3M count the office's own periods for an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Feature, Needs, Register
from features.clues.base.helpers import cite, due, reaches, text, unsure
from features.clues.base.statement_helpers import RELATIONS
from features.facts.people.petition_text import EXACT, KINDS

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("petitions")

HALF_LIFE_DAYS = 180
RECENT_DAYS = 180
"""A petition weighs half as much after 180 days (docs/domain.md section G01)."""

CHANNELS = ("web", "phone", "letter", "visit", "centre", "commission", "congress", "court", "media")
"""Doors in the order of their code, from 1."""

PASSED_ON = ("centre", "commission", "congress", "court", "media")

_LAW = "民诉法第二百四十六条；人民检察院民事诉讼监督规则；信访件件有回复的七日、三个月答复要求（待核）"


def _nothing() -> Any:
    return ibis.literal(None, type="int64")


def _rows(f: Facts, *columns: str, **more: Any) -> ir.Table:
    said = f.petitions.filter(f.petitions.after)
    return said.select(
        "episode",
        *columns,
        day="recv_date",
        amount=_nothing(),
        who=text(said.petitioner_role),
        note=text(said.topic),
        src=cite(said.rid),
        **{name: make(said) for name, make in more.items()},
    )


@family.clue(
    "G01",
    "终本后信访反映",
    kind="measure",
    channel="AB",
    needs=Needs(("PET",)),
    features=(
        Feature("G01_n", "终本后信访件次", "count"),
        Feature("G01_weight", "终本后信访件次（按180天半衰，千分之一）", "sum", "weight"),
        Feature("G01_recent", "最近180天信访件次", "count", where="recent"),
    ),
    sentence="终本后收到{n}件信访（{first}至{last}，{note}），反映内容为线索，待核实。",
    innocent=("重复反映同一事项", "对执行不能的不满，并无财产线索"),
    next_step="听取信访人意见，调取其提供的材料，按期答复。",
    law=_LAW,
)
def petitions_after_end(f: Facts) -> ir.Table:
    """Petitions about any case of the chain received on or after the termination day, weighed by age."""
    half = ibis.literal(0.5)
    return _rows(
        f,
        weight=lambda t: (half.pow(t.age_days.cast("float64") / HALF_LIFE_DAYS) * 1000).round().cast("int64"),
        recent=lambda t: t.age_days <= RECENT_DAYS,
    )


@family.clue(
    "G02",
    "信访所述财产线索的具体程度",
    kind="measure",
    channel="A",
    needs=Needs(("PET",)),
    features=(
        Feature("G02_level", "信访财产线索具体程度（0至3）", "max", "level", unit="级"),
        Feature("G02_named", "信访中写明财产标识的件数", "count", where="named"),
        Feature("G02_known", "信访所述财产与登记或使用记录相符的件数", "count", where="known"),
    ),
    sentence="信访人反映了财产线索（最具体的一件：{note}），疑似有可供执行财产，待核实。",
    innocent=("所述财产属他人或已处置", "听闻而无依据", "法院已核实过同一线索"),
    next_step="按反映的财产种类和标识向登记机关核对权属和现状。",
    law=_LAW,
)
def petition_names_asset(f: Facts) -> ir.Table:
    """Petitions by how specific they are: 1 complaint only, 2 a kind of asset, 3 an asset and its identifier."""
    said = f.said.filter(f.said.after)
    named = f.named.group_by(named_episode="episode", pet_rid="pet_rid").agg(
        kinds=f.named.kind.substitute(KINDS).collect().unique().sort().join("、"),
        key=f.named.key.nullif("").max(),
        by_ear=f.named.hearsay.all(),
    )
    said = said.left_join(named, [said.episode == named.named_episode, said.rid == named.pet_rid])
    said = said.mutate(which=ibis.coalesce(said.id_given, said.key))
    own = f.owned.select("episode", thing="asset_id").union(f.owned.select("episode", thing="label"))
    used = f.driven.select("episode", thing="plate").union(own).filter(lambda t: t.thing.notnull()).distinct()
    used = used.select("thing", used_by="episode")
    said = said.left_join(used, [said.episode == used.used_by, said.which == used.thing])
    met = f.named_met.select(met_episode="episode", met_rid="pet_rid").distinct()
    said = said.left_join(met, [said.episode == met.met_episode, said.rid == met.met_rid])
    return said.select(
        "episode",
        "level",
        named=said.level == EXACT,
        day="recv_date",
        amount=_nothing(),
        who=text(said.which),
        note=text(
            said.topics,
            "，",
            ibis.coalesce(said.asset_kind.nullif(""), said.kinds, "未指明财产"),
            ibis.ifelse(ibis.coalesce(said.by_ear, False), "（据其听闻）", ""),
        ),
        src=cite(said.rid),
        known=said.used_by.notnull() | said.met_rid.notnull(),
    )


@family.clue(
    "G03",
    "信访渠道",
    kind="context",
    channel="AB",
    needs=Needs(("PET",)),
    features=(
        Feature("G03_first", "首件信访渠道编码", "first", "door", unit="类"),
        Feature("G03_doors", "信访渠道数", "nunique", "door"),
        Feature("G03_passed_on", "经转办、移送的信访件数", "count", where="passed_on"),
    ),
    sentence="终本后的{n}件信访分别经{whos}类身份的人、由不同渠道收到（首件{first}）。",
    innocent=("渠道只反映由谁、以何方式提出",),
    next_step="核对转办要求和答复期限。",
    law=_LAW,
    risk=0,
)
def petition_doors(f: Facts) -> ir.Table:
    """Petitions after the termination by the door they came through."""
    codes = [(name, number) for number, name in enumerate(CHANNELS, start=1)]
    return _rows(
        f,
        door=lambda t: t.channel.cases(*codes, else_=0),
        passed_on=lambda t: ibis.coalesce(t.channel.isin(PASSED_ON), False),
    )


@family.clue(
    "G04",
    "首次反映距终本时间",
    kind="context",
    channel="AB",
    needs=Needs(("PET",)),
    features=(
        Feature("G04_days", "首次信访距终本天数", "min", "days", unit="天"),
        Feature("G04_quick", "终本后三十日内的信访件数", "count", where="quick"),
    ),
    sentence="终本（{t_zb}）后首次信访收到于{first}，最近一次{last}。",
    innocent=("信访时间取决于当事人何时得知终本",),
    next_step="向申请执行人了解何时收到终本裁定、何时发现线索。",
    law=_LAW,
    risk=0,
)
def petition_delay(f: Facts) -> ir.Table:
    """Days from the termination to each petition."""
    return _rows(
        f,
        days=lambda t: t.recv_date.delta(t.zb_date, unit="day"),
        quick=lambda t: t.recv_date.delta(t.zb_date, unit="day") <= 30,
    )


@family.clue(
    "G05",
    "信访所述财产与登记相符",
    kind="finding",
    channel="AB",
    needs=Needs(("PET",)),
    features=(
        Feature("G05_own_n", "信访所述、登记在被执行人名下的财产数", "nunique", "asset_id", where="own"),
        Feature("G05_kin_n", "信访所述、登记在近亲属名下的财产数", "nunique", "asset_id", where="of_kin"),
        Feature("G05_open_n", "信访所述、登记相符而未见控制记录的财产数", "nunique", "asset_id", where="open"),
    ),
    sentence="信访反映的{whos}项财产与登记相符（{who}，{note}），疑似有可供执行财产未被查控，待核实。",
    innocent=("财产登记在近亲属名下且由其自有资金取得", "财产已抵押、无处置价值或属豁免财产", "法院已控制而事件未录入"),
    next_step="向登记机关核对现状，告知法院并核对其是否就该线索作过核实。",
    law=f"关于民事执行中财产调查若干问题的规定第二条；{_LAW}",
    risk=0,
)
def named_asset_is_registered(f: Facts) -> ir.Table:
    """Things named by petitions after the termination that stood in a register for a debtor or confirmed kin."""
    met = f.named_met.filter(f.named_met.after)
    seal = f.seals.filter(f.seals.until >= f.today).select("asset").distinct()
    met = met.left_join(seal, met.asset_id == seal.asset)
    log = f.registers.select("log_on", log_episode="episode")
    met = met.left_join(log, met.episode == log.log_episode)
    own = met.rel.isnull()
    unseen = own & met.asset.isnull() & reaches(met.log_on, met.recv_date)
    told = ibis.cases(
        (met.asset.notnull(), "，已有控制措施"),
        (unseen, text("，检索执行事件表（末次交接", met.log_on.cast("string"), "）未见控制记录")),
        else_="，是否控制待查",
    )
    return met.select(
        "episode",
        "asset_id",
        own=own,
        of_kin=~own,
        open=unseen,
        day="recv_date",
        amount="value",
        who=ibis.coalesce(met.label, met.asset_id),
        note=text(
            met.kind.substitute(KINDS),
            "登记在",
            ibis.ifelse(own, "被执行人", met.rel.substitute(RELATIONS)),
            "名下",
            told,
            ibis.ifelse(met.hearsay, "，信访人称系听闻", ""),
        ),
        src=cite(met.pet_rid, met.reg_rid, met.kin_rid),
    )


def _unanswered(f: Facts, rule: str, reply: str, tells: str, what: str) -> ir.Table:
    """Petitions answered after the last day of a period, or not at all where the register would tell."""
    said = due(f, f.said.filter(f.said.after), rule, "recv_date").filter(lambda t: t.due <= f.today)
    told = ibis.ifelse(said[reply] <= f.today, said[reply], None)
    never = told.isnull() & (said.due < f.today) & reaches(said.told_on, said.due) & said[tells]
    said = said.mutate(told=told).filter(ibis.coalesce(told > said.due, never))
    silent = text("检索信访登记（末次交接", said.told_on.cast("string"), "），无", what, "记录")
    return said.select(
        "episode",
        day="due",
        amount=_nothing(),
        who=text(said.petitioner_role),
        note=text(
            said.recv_date.cast("string"),
            "收到，",
            said.due.cast("string"),
            "届满，",
            ibis.coalesce(said.told.cast("string") + what, silent),
            unsure(said.due_sure),
        ),
        src=cite(said.rid),
    )


@family.clue(
    "G-7D",
    "信访七日程序性答复逾期",
    kind="finding",
    channel="B",
    needs=Needs(("PET",)),
    sentence="{n}件信访未在收到后七日内作出程序性答复（{note}），期限提示，待核实。",
    innocent=("已口头答复而未登记", "重复信访，此前已答复"),
    next_step="核对信访登记和答复记录，尚未答复的立即答复并说明后续安排。",
    law="检察机关群众信访件件有回复制度（待核）",
    risk=0,
)
def not_answered_in_seven_days(f: Facts) -> ir.Table:
    """Petitions after the termination whose procedural reply came later than seven days, or is not on record."""
    return _unanswered(f, "T-PET-7D", "reply_7d_date", "tells_7d", "程序性答复")


@family.clue(
    "G-3M",
    "信访三个月办理结果答复逾期",
    kind="finding",
    channel="B",
    needs=Needs(("PET",)),
    sentence="{n}件信访收到满三个月未答复办理过程或结果（{note}），期限提示，待核实。",
    innocent=("已移送有管辖权的机关并告知信访人", "已答复办理过程而未登记", "信访人撤回"),
    next_step="核对办理情况，答复办理过程或结果；需延长的，告知信访人理由。",
    law="检察机关群众信访三个月内办理过程或结果答复制度（待核）",
    risk=0,
)
def not_answered_in_three_months(f: Facts) -> ir.Table:
    """Petitions after the termination whose result was told later than three months on, or is not on record."""
    return _unanswered(f, "T-PET-3M", "result_3m_date", "tells_3m", "办理过程或结果答复")
