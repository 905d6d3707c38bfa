"""Petitions after the termination (domain.md G01-G04): how many, how specific, by which door, how soon.

They tell who complains as much as what is so, and stand in a family of their own, so that an auditor can leave them
out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clue import Feature, Needs, Register
from features.clues.parts import cite, text

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("petitions")

HALF_LIFE_DAYS = 180
RECENT_DAYS = 180
"""A petition weighs half as much after 180 days (domain.md G01)."""

CHANNELS = ("web", "phone", "letter", "visit", "centre", "commission", "congress", "court", "media")
"""Doors in the order of their code, from 1."""

PASSED_ON = ("centre", "commission", "congress", "court", "media")

ASSET_WORDS = "车|房|不动产|存款|账户|微信|支付宝|保险|保单|股权|公司|厂|店|拆迁|补偿|工资|公积金|租金|理财|卡"
IDENTIFIER = (
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z]·?[A-HJ-NP-Z0-9]{5,6}"
    r"|\d{12,19}|[路街巷道村]\d+号|\d+(?:号楼|幢|单元|室)|9\d{2}[0-9A-Z]{15}"
)
"""What makes a petition specific: words for an asset; a plate, an account, an address or a company code."""

_LAW = "民诉法第二百四十六条；人民检察院民事诉讼监督规则；信访件件有回复的七日、三个月答复要求（待核）"


def _rows(f: Facts, *columns: str, **more: Any) -> ir.Table:
    said = f.petitions.filter(f.petitions.after)
    return said.select(
        "episode",
        *columns,
        day="recv_date",
        amount=ibis.literal(None, type="int64"),
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
    said = f.petitions.filter(f.petitions.after)
    words = text(said.text)
    identified = (ibis.coalesce(said.asset_id, "") != "") | words.re_search(IDENTIFIER)
    kind = (ibis.coalesce(said.asset_kind, "") != "") | words.re_search(ASSET_WORDS)
    own = f.owned.select("episode", thing="asset_id").union(f.owned.select("episode", thing="label"))
    used = f.driven.select("episode", thing="plate").union(own).filter(lambda t: t.thing.notnull()).distinct()
    said = said.mutate(level=ibis.cases((kind & identified, 3), (kind, 2), else_=1), named=kind & identified)
    used = used.select("thing", used_by="episode")
    said = said.left_join(used, [said.episode == used.used_by, said.asset_id == used.thing])
    return said.select(
        "episode",
        "level",
        "named",
        day="recv_date",
        amount=ibis.literal(None, type="int64"),
        who=text(said.asset_id),
        note=text(said.topic, "，", ibis.coalesce(said.asset_kind, "未指明财产")),
        src=cite(said.rid),
        known=said.used_by.notnull(),
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
