"""The sources that data comes from, one row each: code, names, and how coverage of an episode is established.

A source is named by its code in `Table.source`, in the needs of a clue and in the inquiry table. Some sources have no
table of their own: they are part of a table (the court's event log) or a register seen from another person (realty of
close relatives).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """One source.

    Attributes:
        code: its code.
        label: 中文 name, as readers see it.
        asset: whether it counts among the registers of assets and ties that the coverage grade counts.
        district_wide: whether one delivery covers every episode of the district.
        tables: tables it stands for where they are not simply those whose `Table.source` is this code.
        kin_of: the register that this source is when it was asked about a confirmed relative.
        covers: whether coverage speaks of it; the office's own records cover nothing.
    """

    code: str
    label: str
    asset: bool = False
    district_wide: bool = False
    tables: tuple[str, ...] = ()
    kin_of: str = ""
    covers: bool = True


SOURCES: tuple[Source, ...] = (
    Source("COURT", "法院执行案件信息", district_wide=True, tables=("case", "party")),
    Source("TX", "银行流水"),
    Source("VEH", "机动车登记", asset=True),
    Source("VUSE", "机动车使用", asset=True),
    Source("RE", "不动产登记", asset=True),
    Source("INS", "保险", asset=True),
    Source("HPF", "公积金", asset=True),
    Source("SOC", "社会保险", asset=True),
    Source("EQ", "企业登记", asset=True),
    Source("KIN", "人员关系", asset=True),
    Source("PET", "信访", district_wide=True),
    Source("TRAVEL", "出行"),
    Source("AUC", "司法拍卖"),
    Source("DEM", "征收拆迁"),
    Source("LEASE", "房屋租赁登记"),
    Source("UTIL", "水电气物业缴费"),
    Source("DEATH", "死亡登记"),
    Source("KVEH", "近亲属机动车登记", tables=("vehicle",), kin_of="VEH"),
    Source("KRE", "近亲属不动产登记", tables=("realty",), kin_of="RE"),
    Source("CLOG", "法院执行事件记录", tables=("event",)),
    Source("CQRY", "法院网络查控记录", tables=("query_feedback",)),
    Source("TX2", "第二持有人银行流水"),
    Source("OFFICE", "本院工作记录", covers=False),
)
"""Every source; columns of coverage stand in this order.

CLOG and CQRY cover an episode where the court's log or network queries reach the case, so that an absence means
something; TX2 is the statement of somebody tied to a debtor.
"""

SOURCE_LABELS: Mapping[str, str] = {source.code: source.label for source in SOURCES}
"""中文 name of every source."""

COVERAGE_LABELS: Mapping[str, str] = {source.code: source.label for source in SOURCES if source.covers}
"""中文 name of every source that coverage speaks of."""
