"""Where money went, hop by hop: from payments along transfers and money links to where it ends.

Every step is a presumption (推定) under the convention of `links`. A hop is one query over all starts at once; amounts
are whole 分 and nothing is lost: what goes on from a payment = what its money paid next + what stayed + what was cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from features.errors import GoldenKeyError
from features.facts.money.links import CONVENTIONS, linked, ordered, whole_number
from features.facts.money.transfers import Engine
from features.facts.people.people import plain_name

PARTS = 10_000
"""Shares are compared as integers, in ten-thousandths."""


NARROW = 3_000_000_000
"""Two sums below this (分) can be multiplied in 64 bits."""


@dataclass(frozen=True, slots=True)
class WalkSettings:
    """How far money is followed.

    Attributes:
        hops: payments in a row, the start's own among them.
        days: money that rests longer on an account is followed no further.
        share: parts smaller than this share of the start's amount are followed no further.
        convention: one of `links.CONVENTIONS`.
    """

    hops: int = 4
    days: int = 90
    share: float = 0.05
    convention: str = "fifo"

    def __post_init__(self) -> None:
        if self.hops < 1 or self.days < 0 or not 0 <= self.share < 1:
            raise GoldenKeyError(
                f"追踪层数须不少于1、天数不为负、最小占比在0至1之间，实为 {self.hops}、{self.days}、{self.share}。"
            )
        if self.convention not in CONVENTIONS:
            raise GoldenKeyError(f"没有名为 {self.convention} 的追踪方法：可用的有 {'、'.join(CONVENTIONS)}。")


END_KINDS: tuple[tuple[str, str, str, str], ...] = (
    ("court", "法院", r"法院|执行款|案款", r"执行款|案款|扣划"),
    ("wallet", "第三方支付", r"财付通|支付宝|备付金|微信|拉卡拉|京东支付|快钱|银联", r"微信充值|支付宝充值|零钱充值"),
    ("developer", "房地产", r"房地产|置业|地产|置地|房屋开发|楼盘", r"购房|首付|房款|买房|商品房|契税"),
    ("dealer", "购车", r"汽车销售|汽车贸易|汽车服务|4S|汽贸|二手车|车行", r"购车|^车款|车辆购置税|提车"),
    ("insurer", "保险", r"保险|人寿|财险|保司", r"保费|年金|趸交|投保"),
    ("broker", "证券理财", r"证券|期货|基金|信托|资产管理|理财|贵金属", r"银证转账|证券|基金申购|理财|期货入金"),
    ("government", "财政税务", r"财政|税务|国库|社会保险|社保|公积金|征收", r"税款|社保费"),
    ("bank", "银行内部", r"银行|信用社|待清算|过渡户|内部户|贷款户", r"还贷|贷款归还|手续费|结息"),
    (
        "company",
        "单位",
        r"公司|厂$|店$|经营部|合作社|商行|集团|中心|工作室|超市|商场|市场|学校|物业|站$|场$|部$|社$|馆$|院$",
        r"^$",
    ),
)
"""Kinds of end by the counterparty's or merchant's name, else by the memo: code, 中文, pattern of names, of memos.

The first name that fits decides, `company` last; a memo speaks only where no name did and the counterparty is no
natural person (a person paid "首付" is still a person). Cash stands before all of these (`cash`), natural persons after
(`person`), and what names nobody is `no_statement`."""

END_LABELS = {
    **{code: label for code, label, _, _ in END_KINDS},
    "cash": "现金",
    "person": "个人（未取得对方流水）",
    "no_statement": "对方不明（未取得对方流水）",
    "left": "留存账户",
    "returned": "回到原持有人",
    "cut": "未继续追踪",
}
"""中文 of every kind of end."""

CUT_LABELS = {"hops": "达到层数上限", "days": "超过停留天数", "share": "占比过小"}
"""中文 of why money was followed no further."""

ASSET_ENDS = ("developer", "dealer", "insurer", "broker")
"""Ends that are things of value in somebody's name."""

_PERSON = r"^[一-龥·]{2,4}$"
_MARKS = ("returned", "left", "cut")


def end_kind(rows: ir.Table) -> ir.StringValue:
    """What money was spent on, told from the names and memo of rows to accounts without statements; see `END_KINDS`."""
    name = plain_name(ibis.coalesce(rows.cp_name, ""))
    merchant = ibis.coalesce(rows.merchant, "")
    memo = ibis.coalesce(rows.memo, "")
    called = ibis.ifelse(name == "", merchant, name)
    named = [(called.re_search(pattern), code) for code, _, pattern, _ in END_KINDS]
    company = named.pop()
    person = name.re_search(_PERSON) & ~company[0]
    by_memo = [((~person) & memo.re_search(pattern), code) for code, _, _, pattern in END_KINDS if pattern != "^$"]
    return ibis.cases((rows.cash, "cash"), *named, *by_memo, company, (person, "person"), else_="no_statement")


def walk(
    engine: Engine,
    rows: ir.Table,
    pairs: ir.Table,
    starts: ir.Table,
    settings: WalkSettings = WalkSettings(),
    links: ir.Table | None = None,
    name: str = "walk",
) -> ir.Table:
    """Follow the money of some payments to where it ends.

    Args:
        engine: where the relations live; keeps tables named `<name>_…`.
        rows: statement rows (`transfers.STATEMENT`).
        pairs: the two sides of transfers (`transfers.transfers`).
        starts: rid of the payments to begin with, column start_rid.
        settings: how far.
        links: links of at least the accounts that can be reached, under the convention of the settings; None links
            them here. Under `pro_rata` links are always made here, for the money followed alone.
        name: prefix of the tables kept.

    Returns:
        start_rid, hop (1 = the start itself), rid (payment; NULL where money stayed or was cut), parent_rid (payment by
        which it came; NULL at hop 1), acct (account it left or stays on), amount (分 of the start's money in it),
        row_amount (分), ts, day, cp (id, else account, else name), cp_name, share (of the start's amount), end (NULL
        where it goes on; else a key of `END_LABELS`), why (key of `CUT_LABELS` where end is `cut`), in_rid (the receipt
        on the other side, where held), to_acct, via (row ids of the main way here, the row's own last).

        For each start, hop and rid that goes on: sum of amounts = sum of amounts of the rows of the next hop with that
        parent_rid. Money back on an account of the start's own holder ends as `returned`; between others it may go
        round until hops run out.
    """
    if links is None and settings.convention == "fifo":
        links = linked(ordered(rows.semi_join(pairs, rows.acct == pairs.in_acct)), "fifo")
    hops = [engine.materialise(f"{name}_hop_1", _begun(rows, pairs, starts, settings))]
    for hop in range(2, settings.hops + 1):
        on = hops[-1].filter(hops[-1].goes)
        if not on.count().to_pyarrow().as_py():
            break
        gone = engine.materialise(f"{name}_on_{hop}", _merged(on))
        known = links if links is not None and settings.convention == "fifo" else _links_of(rows, gone, settings)
        parts = engine.materialise(f"{name}_parts_{hop}", _parts(gone, known, rows, settings))
        hops.append(engine.materialise(f"{name}_hop_{hop}", _next(parts, rows, pairs, settings, hop)))
    return _with_statement_rows(ibis.union(*hops), rows)


def _links_of(rows: ir.Table, gone: ir.Table, settings: WalkSettings) -> ir.Table:
    own = rows.semi_join(gone, rows.acct == gone.to_acct)
    return linked(ordered(own), settings.convention, gone.select("in_rid"), settings.share / 2)


def _to(flows: ir.Table, rows: ir.Table, pairs: ir.Table) -> ir.Table:
    """The flows with the receipt on the other side: in_rid, to_acct, back (an account of the start's holder)."""
    side = pairs.select(pair_out="out_rid", in_rid="in_rid", to_acct="in_acct")
    flows = flows.left_join(side, flows.rid == side.pair_out).drop("pair_out")
    holder = rows.select(held_rid="rid", to_holder="holder")
    flows = flows.left_join(holder, flows.in_rid == holder.held_rid).drop("held_rid")
    back = (flows.to_acct == flows.start_acct) | (flows.to_holder == flows.start_holder)
    return flows.mutate(back=ibis.coalesce(back, False)).drop("to_holder")


def _begun(rows: ir.Table, pairs: ir.Table, starts: ir.Table, settings: WalkSettings) -> ir.Table:
    none = ibis.literal(None, type="int64")
    asked = starts.select(asked="start_rid").distinct()
    begun = rows.join(asked, rows.rid == asked.asked).filter(lambda t: t.sign < 0)
    begun = begun.select(
        "rid",
        "acct",
        "amount",
        start_rid="rid",
        hop=ibis.literal(1, type="int64"),
        parent_rid=none,
        start_amount="amount",
        start_acct="acct",
        start_holder="holder",
        via=ibis.array([begun.rid]),
    )
    return _ended(_to(begun, rows, pairs), settings, 1)


_STEP = ("start_rid", "hop", "rid", "parent_rid", "acct", "amount")
"""Columns of a walk that say which money a row is."""

_START = ("start_amount", "start_acct", "start_holder")
_COLUMNS = (*_STEP, *_START, "via", "in_rid", "to_acct", "mark", "why", "goes")
_CARRIED = ("start_rid", "acct", "amount", *_START)
"""Columns of a walk that pass from hop to hop."""


def _ended(flows: ir.Table, settings: WalkSettings, hop: int) -> ir.Table:
    text = ibis.literal(None, type="string")
    last = flows.in_rid.notnull() & ~flows.back & ibis.literal(hop >= settings.hops)
    return flows.mutate(
        mark=ibis.cases((flows.back, "returned"), (last, "cut"), else_=text),
        why=ibis.ifelse(last, "hops", text),
        goes=flows.in_rid.notnull() & ~flows.back & ~last,
    ).select(*_COLUMNS)


def _merged(on: ir.Table) -> ir.Table:
    """Sum up money that reached one payment by several paths: one row per start and payment."""
    main = ibis.row_number().over(group_by=[on.start_rid, on.rid], order_by=[on.amount.desc(), on.parent_rid])
    total = whole_number(on.amount.sum().over(group_by=[on.start_rid, on.rid]))
    merged = on.mutate(nth=main, total=total).filter(lambda t: t.nth == 0)
    via = merged.via.concat(ibis.array([merged.in_rid]))
    return merged.select("start_rid", "rid", "in_rid", "to_acct", *_START, amount="total", via=via)


def product_rest(one: ir.IntegerValue, two: ir.IntegerValue, by: ir.IntegerValue) -> ir.IntegerValue:
    """Remainder of one * two by a number, exact for sums of 10**18 分: 64 bits where they hold it, else 38 digits."""
    narrow = (one < NARROW) & (two < NARROW)
    wide = (one.cast("decimal(38, 0)") * two.cast("decimal(38, 0)")) % by.cast("decimal(38, 0)")
    # A branch is computed for its own rows alone: 38 digits take twenty times as long.
    return ibis.ifelse(narrow, one * two % by, wide.cast("int64"))


def _is_below(part: ir.IntegerValue, share: float, whole: ir.IntegerValue) -> ir.BooleanValue:
    """Whether a part (at most the whole) is less than a share of it: exact, in 64 bits or else 38 digits."""
    least = round(share * PARTS)
    wide = part.cast("decimal(38, 0)") * PARTS < whole.cast("decimal(38, 0)") * least
    return ibis.ifelse(whole < 2**63 // PARTS, part * PARTS < whole * least, wide)


def _parts(gone: ir.Table, links: ir.Table, rows: ir.Table, settings: WalkSettings) -> ir.Table:
    """The money of each receipt divided by its links, in whole 分 by largest remainder, with mark and why."""
    link = links.filter(links.in_rid.notnull()).select(
        "dropped", link_in="in_rid", out_rid="out_rid", link_amount="amount"
    )
    parts = gone.join(link, gone.in_rid == link.link_in).drop("link_in")
    group = [parts.start_rid, parts.rid]
    parts = parts.mutate(whole=whole_number(parts.link_amount.sum().over(group_by=group)))
    parts = parts.mutate(rest=product_rest(parts.amount, parts.link_amount, parts.whole))
    # The dividend is a multiple of the divisor here, so the rounded quotient is the exact one (below 2**50 分).
    exact = (parts.amount.cast("float64") * parts.link_amount.cast("float64") - parts.rest) / parts.whole
    parts = parts.mutate(part=exact.round().cast("int64"))
    group = [parts.start_rid, parts.rid]
    spare = parts.amount - whole_number(parts.part.sum().over(group_by=group))
    order = ibis.row_number().over(
        group_by=group, order_by=[parts.rest.desc(), parts.out_rid.isnull(), parts.out_rid, parts.dropped]
    )
    parts = parts.mutate(part=parts.part + (order < spare).cast("int64")).filter(lambda t: t.part > 0)
    when = rows.select(when_rid="rid", when_ts="ts")
    parts = parts.join(when.rename(got_rid="when_rid", got_ts="when_ts"), [("in_rid", "got_rid")]).drop("got_rid")
    parts = parts.left_join(when, parts.out_rid == when.when_rid).drop("when_rid")
    late = parts.when_ts > parts.got_ts + ibis.interval(days=settings.days)
    small = _is_below(parts.part, settings.share, parts.start_amount)
    text = ibis.literal(None, type="string")
    why = ibis.cases(
        (parts.dropped, "share"), (parts.out_rid.isnull(), text), (late, "days"), (small, "share"), else_=text
    )
    parts = parts.mutate(why=why)
    mark = ibis.cases((parts.why.notnull(), "cut"), (parts.out_rid.isnull(), "left"), else_=text)
    parts = parts.mutate(mark=mark)
    parts = parts.mutate(next_rid=ibis.ifelse(parts.mark.isnull(), parts.out_rid, None))
    return parts.group_by("start_rid", "rid", "next_rid", "mark", "why").agg(
        amount=whole_number(parts.part.sum()),
        start_amount=parts.start_amount.min(),
        acct=parts.to_acct.min(),
        start_acct=parts.start_acct.min(),
        start_holder=parts.start_holder.min(),
        via=parts.via.arbitrary(),
    )


def _next(parts: ir.Table, rows: ir.Table, pairs: ir.Table, settings: WalkSettings, hop: int) -> ir.Table:
    number = ibis.literal(hop, type="int64")
    paid = parts.filter(parts.mark.isnull())
    paid = paid.select(
        *_CARRIED,
        hop=number,
        rid="next_rid",
        parent_rid="rid",
        via=paid.via.concat(ibis.array([paid.next_rid])),
    )
    none, no = ibis.literal(None, type="int64"), ibis.literal(None, type="string")
    stayed = parts.filter(parts.mark.notnull())
    stayed = stayed.select(
        *_CARRIED,
        "mark",
        "why",
        "via",
        hop=number,
        rid=none,
        parent_rid="rid",
        in_rid=none,
        to_acct=no.cast(stayed.acct.type()),
        goes=ibis.literal(False),
    ).select(*_COLUMNS)
    return _ended(_to(paid, rows, pairs), settings, hop).union(stayed)


def _with_statement_rows(flows: ir.Table, rows: ir.Table) -> ir.Table:
    """The flows beside what their statement rows say, with where they end; columns as `walk` returns them."""
    row = rows.select(
        "ts",
        "day",
        "cp_name",
        row_rid="rid",
        row_amount="amount",
        cp=ibis.coalesce(rows.cp_id, rows.cp_acct, plain_name(rows.cp_name)),
        kind=end_kind(rows),
    )
    flows = flows.left_join(row, flows.rid == row.row_rid)
    end = ibis.cases((flows.goes, None), (flows.mark.notnull(), flows.mark), else_=flows.kind)
    named = ("row_amount", "ts", "day", "cp", "cp_name", "why", "in_rid", "to_acct", "via")
    return flows.select(*_STEP, *named, share=flows.amount / flows.start_amount, end=end)
