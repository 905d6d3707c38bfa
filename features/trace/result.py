"""A trace: the payments of an account followed to where they end, as nodes, ribbons and the rows behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.amounts import format_exact_yuan
from features.errors import NotFoundError
from features.facts.lookup import CutDay
from features.facts.money.links import CONVENTIONS
from features.facts.money.trace import CUT_LABELS, END_LABELS, WalkSettings, walk
from features.facts.money.transactions import accounts
from features.facts.money.transfers import statement_rows, transfers
from features.intake.tables.sheet_in_memory import CELL_LEFT_EMPTY
from features.schema.currencies import YUAN, unknown_codes
from features.trace.statements import Statements

SHOWN_ENDS = 40
"""Ends listed by name; the rest of each kind are merged."""

SHOWN_ROWS = 200
"""Rows listed behind one ribbon, largest first; all of them are counted."""

SHOWN_FAULTS = 10
"""Rows left out that a note names."""

_MARKS = {"left": "留存账户", "cut": "未继续追踪", "returned": "转回本人账户"}


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """A question to `trace_payments`: accounts to start from, days and least amount (分) of payments, how far to go."""

    accounts: tuple[str, ...]
    walk: WalkSettings
    since: date | None = None
    until: date | None = None
    least_fen: int = 0
    currency: str | None = None
    """ISO code of the currency followed; None: yuan, or the one most of the payments are in where none is in yuan."""


UNDATED = CutDay(date.min, "")
"""Placeholder day of a trace under construction."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of the files that a trace does not count, for one reason.

    Attributes:
        reason: refused, undated, failed, late, nothing, undone, part, negative, repeated, currency.
        label: 中文 reason. rows: how many. places: file and row of the first of them.
    """

    reason: str
    label: str
    rows: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """Where the money of some payments went, under one convention. Amounts in 分.

    Attributes:
        source: accounts it starts from. convention: 中文 name. hops, days, least: how far it was followed.
        starts: payments followed; total: their sum; first, last: their days.
        ends: kind, kind_label, name, amount, share, hop, payments, first, last, other (under the other convention).
        nodes: node, label, kind. ribbons: ribbon, hop, source, target, source_label, target_label, amount, payments.
        rows: ribbon, time, acct, other, row_amount, amount, memo, place (file and row).
        notes: 中文 sentences on what the files do not show.
        currency: of all its sums. as_of: the day it speaks as of: rows dated later are left out.
        left_out: rows of the files that are not counted, by reason.
    """

    source: str
    convention: str
    hops: int
    days: int
    least: float
    starts: int
    total: int
    first: str
    last: str
    ends: pd.DataFrame
    nodes: pd.DataFrame
    ribbons: pd.DataFrame
    rows: pd.DataFrame
    notes: tuple[str, ...]
    currency: str = YUAN
    as_of: CutDay = UNDATED
    left_out: tuple[LeftOut, ...] = ()

    @property
    def unit(self) -> str:
        """The unit of its sums, as printed."""
        return "元" if self.currency == YUAN else self.currency


def trace_payments(statements: Statements, question: TraceQuery) -> Trace:
    """Follow the payments of some accounts.

    Raises:
        NotFoundError: no payment leaves these accounts in the days asked for.
    """
    cut = statements.cut
    asked = _asked(statements.rows, question)
    currency, elsewhere = _currency(asked, question)
    held = statements.rows.filter(statements.rows.ccy == currency)
    known = cut.materialise("trace_accounts", accounts(cut, statements.rows))
    rows = cut.materialise("trace_lines", statement_rows(held, known, held.select(first_rid="rid")))
    starts = cut.materialise("trace_starts", asked.filter(asked.ccy == currency).select(start_rid="rid"))
    if not starts.count().to_pyarrow().as_py():
        raise NotFoundError(
            f"账户 {'、'.join(question.accounts)} 在所给期间内没有符合条件的转出，无可追踪。{_others(asked, question)}"
        )
    pairs = cut.materialise("trace_pairs", transfers(cut, rows))
    flows = _frame(walk(cut, rows, pairs, starts, question.walk, name="trace_walk"))
    other = None
    if (flows["hop"] > 1).any():
        second = next(name for name in CONVENTIONS if name != question.walk.convention)
        again = replace(question.walk, convention=second)
        other = _frame(walk(cut, rows, pairs, starts, again, name="trace_other"))
    trace = _trace(
        statements, question, _with_nodes(flows, statements), None if other is None else _with_nodes(other, statements)
    )
    at = CutDay(cut.day, "默认：今天，所给文件没有接收日期")
    left_out = tuple(_left_out(statements, currency))
    notes = (*elsewhere, *_other_currencies(statements, currency), *trace.notes, *_sentences(left_out))
    notes = (*notes, *_refunds_not_found(statements))
    return replace(trace, currency=currency, as_of=at, notes=notes, left_out=left_out)


def _asked(rows: ir.Table, question: TraceQuery) -> ir.Table:
    """The payments asked for, in whatever currency."""
    asked = rows.filter(rows.acct.isin(list(question.accounts)), rows.sign < 0, rows.amount >= question.least_fen)
    if question.since is not None:
        asked = asked.filter(asked.day >= question.since)
    if question.until is not None:
        asked = asked.filter(asked.day <= question.until)
    return asked


def _currency(asked: ir.Table, question: TraceQuery) -> tuple[str, tuple[str, ...]]:
    """The currency to follow, and what is said of payments in others: sums of two currencies are never added."""
    sums = asked.group_by("ccy").agg(n=asked.count(), total=asked.amount.sum())
    found = {row["ccy"]: row for row in sums.order_by(ibis.desc("n"), "ccy").to_pyarrow().to_pylist()}
    chosen = question.currency or (YUAN if YUAN in found or not found else next(iter(found)))
    others = "、".join(
        f"{ccy} {row['n']}笔合计{int(row['total']) / 100:,.2f}" for ccy, row in found.items() if ccy != chosen
    )
    notes = [] if chosen == YUAN else [f"金额单位为 {chosen}，未折算为人民币。"]
    if others:
        notes.append(f"另有其他币种的转出（{others}）未计入：不同币种不相加，可用 --currency 指明币种另行追踪。")
    return chosen, tuple(notes)


def _others(asked: ir.Table, question: TraceQuery) -> str:
    """Note (中文) on the currencies of the payments, where none is in the currency asked for."""
    found = asked.select("ccy").distinct().order_by("ccy").to_pyarrow().column("ccy").to_pylist()
    if question.currency is None or not found:
        return ""
    return f"所指币种为“{question.currency}”，流水中的币种有：{'、'.join(found)}。"


def _other_currencies(statements: Statements, currency: str) -> tuple[str, ...]:
    """Note (中文) on all rows of the files in other currencies, whether or not they were asked for."""
    rows = statements.rows.filter(statements.rows.ccy != currency)
    counts = rows.group_by("ccy").agg(n=rows.count()).order_by("ccy").to_pyarrow().to_pylist()
    if not counts:
        return ()
    unknown = unknown_codes(row["ccy"] for row in counts)
    more = f"；“{'”“'.join(unknown)}”不是认得的币种" if unknown else ""
    said = "、".join(f"{row['ccy']} {row['n']} 行" for row in counts)
    return (f"所给流水中其他币种的行均未计入各项合计：{said}{more}。",)


def _frame(flows: ir.Table) -> pd.DataFrame:
    """Flows as a frame, row ids as text: where some are unknown, pandas would round the others."""
    ids = {name: flows[name].cast("string") for name in ("start_rid", "rid", "parent_rid", "in_rid")}
    frame: pd.DataFrame = flows.mutate(**ids).drop("via").to_pandas()
    return frame


def _with_nodes(flows: pd.DataFrame, statements: Statements) -> pd.DataFrame:
    """Flows with the node each leaves and reaches; an account is a node of its own at every hop."""
    holder = (
        statements.rows.group_by("acct")
        .agg(holder=statements.rows.holder_name.min())
        .to_pandas()
        .set_index("acct")["holder"]
    )
    acct = flows["acct"].fillna("")
    flows["source"] = flows["hop"].astype(str) + "|" + acct
    flows["source_label"] = _account(acct, holder)
    name = flows["cp_name"].fillna(flows["cp"]).fillna("未载明")
    kind = flows["end"]
    marked = kind.isin(list(_MARKS)) & flows["rid"].isna()
    flows["end_name"] = name.where(~marked, _account(acct, holder) + flows["why"].map(CUT_LABELS).fillna(""))
    onward = kind.isna()
    to = flows["to_acct"].fillna("")
    flows["target"] = ((flows["hop"] + 1).astype(str) + "|" + to).where(
        onward, kind.fillna("") + "|" + flows["end_name"]
    )
    flows["target_label"] = _account(to, holder).where(
        onward, kind.map(END_LABELS).fillna("") + "：" + flows["end_name"]
    )
    flows["kind"] = kind.where(~onward, "account")
    return flows


def _account(acct: pd.Series, holder: pd.Series) -> pd.Series:
    name = acct.map(holder).fillna("")
    return (name + " " + acct).str.strip()


def _trace(statements: Statements, question: TraceQuery, flows: pd.DataFrame, other: pd.DataFrame | None) -> Trace:
    begun = flows[flows["hop"] == 1]
    total = int(begun["amount"].sum())
    flows = _merge_small_ends(flows)
    ribbons = _ribbons(flows)
    return Trace(
        source="、".join(dict.fromkeys(begun["source_label"])),
        convention=CONVENTIONS[question.walk.convention],
        hops=question.walk.hops,
        days=question.walk.days,
        least=question.walk.share,
        starts=len(begun),
        total=total,
        first=str(begun["day"].min())[:10],
        last=str(begun["day"].max())[:10],
        ends=_ends(flows, other, total),
        nodes=_nodes(flows),
        ribbons=ribbons,
        rows=_rows(flows, ribbons, statements),
        notes=tuple(_notes(statements, flows, other)),
    )


def _merge_small_ends(flows: pd.DataFrame) -> pd.DataFrame:
    """The same flows with all but the largest ends gathered by kind, so that the picture can be read."""
    ended = flows[flows["end"].notna()]
    size = ended.groupby(["end", "target"])["amount"].sum().sort_values(ascending=False, kind="stable")
    small = set(size.index.get_level_values("target")[SHOWN_ENDS:])
    few = flows["target"].isin(small) & flows["end"].notna()
    label = flows["end"].map(END_LABELS).fillna("") + "：其余合并"
    return flows.assign(
        target=flows["target"].where(~few, flows["end"].fillna("") + "|其余合并"),
        target_label=flows["target_label"].where(~few, label),
        end_name=flows["end_name"].where(~few, "其余合并"),
    )


def _ends(flows: pd.DataFrame, other: pd.DataFrame | None, total: int) -> pd.DataFrame:
    ended = flows[flows["end"].notna()]
    group = ended.groupby(["end", "end_name"], sort=False)
    table = group.agg(
        amount=("amount", "sum"),
        hop=("hop", "min"),
        payments=("rid", "count"),
        first=("day", "min"),
        last=("day", "max"),
    ).reset_index()
    table = table.sort_values(["amount", "end", "end_name"], ascending=[False, True, True], kind="stable")
    table = table.rename(columns={"end": "kind", "end_name": "name"})
    table["kind_label"] = table["kind"].map(END_LABELS)
    table["share"] = table["amount"] / total if total else 0.0
    for column in ("first", "last"):
        table[column] = pd.to_datetime(table[column]).dt.strftime("%Y-%m-%d").fillna("")
    table["other"] = _under_other(table, other)
    columns = ["kind", "kind_label", "name", "amount", "share", "hop", "payments", "first", "last", "other"]
    return table[columns].reset_index(drop=True)


def _under_other(table: pd.DataFrame, other: pd.DataFrame | None) -> pd.Series:
    if other is None:
        return pd.Series("相同", index=table.index, dtype=object)
    again = other[other["end"].notna()].groupby(["end", "end_name"])["amount"].sum()
    found = pd.MultiIndex.from_frame(table[["kind", "name"]])
    amount = again.reindex(found).fillna(0).to_numpy()
    words = pd.Series([format_exact_yuan(value) for value in amount], index=table.index, dtype=object)
    words = words.mask(amount == 0, "不成立").mask(amount == table["amount"].to_numpy(), "相同")
    return words.mask(table["name"] == "其余合并", "—")


def _nodes(flows: pd.DataFrame) -> pd.DataFrame:
    out = flows[["source", "source_label"]].set_axis(["node", "label"], axis=1).assign(kind="account")
    to = flows[["target", "target_label", "kind"]].set_axis(["node", "label", "kind"], axis=1)
    return pd.concat([out, to]).drop_duplicates("node").reset_index(drop=True)


def _ribbons(flows: pd.DataFrame) -> pd.DataFrame:
    group = flows.groupby(["hop", "source", "target"], sort=False)
    table = group.agg(
        source_label=("source_label", "first"),
        target_label=("target_label", "first"),
        amount=("amount", "sum"),
        payments=("rid", "nunique"),
    ).reset_index()
    order = ["hop", "amount", "source", "target"]
    table = table.sort_values(order, ascending=[True, False, True, True], kind="stable", ignore_index=True)
    return table.assign(ribbon=range(1, len(table) + 1))


def _rows(flows: pd.DataFrame, ribbons: pd.DataFrame, statements: Statements) -> pd.DataFrame:
    paid = flows[flows["rid"].notna()]
    keyed = paid.merge(ribbons[["hop", "source", "target", "ribbon"]], on=["hop", "source", "target"])
    each = keyed.groupby(["ribbon", "rid"], as_index=False).agg(
        amount=("amount", "sum"),
        row_amount=("row_amount", "first"),
        acct=("source_label", "first"),
        ts=("ts", "first"),
        other=("end_name", "first"),
        to=("target_label", "first"),
        kind=("kind", "first"),
    )
    each = each.sort_values(["ribbon", "amount", "rid"], ascending=[True, False, True], kind="stable")
    each = each.groupby("ribbon", sort=False).head(SHOWN_ROWS)
    txn = statements.cut.table("txn")
    place = txn.filter(txn.rid.isin([int(rid) for rid in each["rid"].unique()]))
    place = place.select("memo", "src_file", "src_sheet", "src_row", rid=place.rid.cast("string")).to_pandas()
    whole = each.merge(place, on="rid", how="left")
    sheet = whole["src_sheet"].fillna("").map(lambda name: f"“{name}”" if name else "")
    return pd.DataFrame(
        {
            "ribbon": whole["ribbon"],
            "time": whole["ts"].dt.strftime("%Y-%m-%d %H:%M:%S"),
            "acct": whole["acct"],
            "other": whole["other"].where(whole["kind"] != "account", whole["to"]),
            "row_amount": whole["row_amount"].astype("int64"),
            "amount": whole["amount"],
            "memo": whole["memo"].fillna(""),
            "place": whole["src_file"].fillna("") + sheet + "第" + whole["src_row"].astype(str) + "行",
        }
    )


def _notes(statements: Statements, flows: pd.DataFrame, other: pd.DataFrame | None) -> Sequence[str]:
    notes = []
    sides = statements.rows.acct.nunique().to_pyarrow().as_py()
    if not (flows["hop"] > 1).any():
        notes.append(
            f"所给流水（{sides}个账户）中没有收款方账户的流水，只能看到第一跳的对方；取得对方流水后可继续追踪。"
        )
    elif flows["end"].isin(["person", "no_statement", "company"]).any():
        notes.append("标明“未取得对方流水”的去向到此为止：不表示资金停留于此。")
    if other is not None:
        one = set(flows.loc[flows["end"].notna(), "target"])
        only = other[other["end"].notna() & ~other["target"].isin(one)]
        if len(only) and "其余合并" not in set(flows["end_name"]):
            notes.append(f"另有{only['target'].nunique()}个去向只在另一规则下成立，表中未列。")
    return notes


_REASONS = {
    "refused": "因格式或内容问题未使用",
    "undated": "没有可读的交易时间，未使用",
    "failed": "标明交易未成功，未计入",
    "late": "日期晚于今天，未计入",
    "nothing": "金额为零，未计入",
    "undone": "其后被冲正或全额退款，原交易与冲正行均未计入",
    "part": "是部分退款或部分冲正，已从原交易金额中扣减，本身未计入",
    "negative": "金额为负而找不到所冲正的交易，未计入",
    "repeated": "与另一行是同一笔交易（重复交付），只计一次",
    "currency": "是其他币种的交易，未计入",
}
"""Reason -> how a note goes on after the number of rows."""


def _left_out(statements: Statements, currency: str) -> Iterator[LeftOut]:
    """Rows of the files that are not counted, each under its first reason."""
    yield from _refused(statements)
    every = statements.every
    open_rows = ~every.failed & ~every.late & ~every.undone & every.part_of.isnull()
    whole = every.part.isnull() & (every.amount == 0) | every.amount.isnull()
    of = {
        "failed": every.failed,
        "late": ~every.failed & every.late,
        "undone": every.undone,
        "part": every.part_of.notnull(),
        "nothing": open_rows & whole,
        "negative": open_rows & (every.amount < 0),
        "repeated": open_rows & (every.amount > 0) & ~every.told,
        "currency": every.told & (every.ccy != currency),
    }
    counts = (
        every.aggregate(**{reason: condition.sum() for reason, condition in of.items()}).to_pyarrow().to_pylist()[0]
    )
    for reason, condition in of.items():
        if counts[reason]:
            yield LeftOut(reason, _REASONS[reason], counts[reason], _places(statements, every.filter(condition)))


def _refused(statements: Statements) -> Iterator[LeftOut]:
    """Rows that intake set aside; apart those without a readable time."""
    faults = [one for one in statements.report.faults if not str(one["sentence"]).endswith(CELL_LEFT_EMPTY)]
    undated = {(one["file"], one["row"]): f"{one['file']}{one['sentence']}" for one in faults if one["column"] == "ts"}
    rest = {(one["file"], one["row"]): f"{one['file']}{one['sentence']}" for one in faults}
    rest = {place: text for place, text in rest.items() if place not in undated}
    for reason, texts, rows in (
        ("refused", rest, statements.report.bad - len(undated)),
        ("undated", undated, len(undated)),
    ):
        if rows:
            yield LeftOut(reason, _REASONS[reason], rows, tuple(texts.values())[:SHOWN_FAULTS])


def _sentences(left_out: Sequence[LeftOut]) -> list[str]:
    """A note for each reason: how many rows, and where the first of them stand."""
    notes = []
    for one in left_out:
        listed = ("；" if one.reason in ("refused", "undated") else "、").join(one.places)
        more = "等" if one.rows > len(one.places) else ""
        count = f"{one.rows // 2}笔交易" if one.reason == "undone" else f"{one.rows}行"
        notes.append(f"有{count}{one.label}：{listed}{more}。")
    return notes


def _refunds_not_found(statements: Statements) -> list[str]:
    """A note on payments whose own text tells of a refund in part of which the files have no row."""
    tells = statements.every.filter(statements.every.told, statements.every.tells)
    rows = tells.count().to_pyarrow().as_py()
    if not rows:
        return []
    places = "、".join(_places(statements, tells)) + ("等" if rows > SHOWN_FAULTS else "")
    return [f"有{rows}笔交易标明已部分退款，但流水中没有可以确定的退款行，金额未扣减：{places}。"]


def _places(statements: Statements, rows: ir.Table) -> tuple[str, ...]:
    txn = statements.cut.table("txn")
    place = txn.semi_join(rows, "rid").order_by("rid").select("src_file", "src_row").limit(SHOWN_FAULTS)
    return tuple(f"{row['src_file']}第{row['src_row']}行" for row in place.to_pyarrow().to_pylist())
