"""A trace: the payments of an account followed to where they end, as nodes, ribbons and the rows behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.errors import NotFoundError
from features.facts.lookup import CutDay
from features.facts.money.links import CONVENTIONS, unordered_moments
from features.facts.money.trace import CUT_LABELS, END_LABELS, WalkSettings, walk
from features.facts.money.transactions import accounts
from features.facts.money.transfers import statement_rows, transfers
from features.rules.money import format_exact_yuan
from features.schema.currencies import YUAN, unknown_codes
from features.trace.left_out import LeftOut, doubtful_sentences, left_out_rows, left_out_sentences
from features.trace.statements import Statements, masked_accounts

SHOWN_ENDS = 40
"""Ends listed by name; the rest of each kind are merged."""

SHOWN_ROWS = 200
"""Rows listed behind one ribbon, largest first; all of them are counted."""

SHOWN_ACCOUNTS = 10
"""Accounts that a note names."""

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
        named = masked_accounts(question.accounts)
        raise NotFoundError(f"账户 {named} 在所给期间内没有符合条件的转出，无可追踪。{_others(asked, question)}")
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
    left_out = tuple(left_out_rows(statements, currency))
    notes = (
        *joined_by_name(statements.rows, question),
        *elsewhere,
        *_other_currencies(statements, currency),
        *trace.notes,
        *_order_unknown(rows, flows),
        *left_out_sentences(left_out),
    )
    notes = (*notes, *doubtful_sentences(statements))
    return replace(trace, currency=currency, as_of=at, notes=notes, left_out=left_out)


def joined_by_name(rows: ir.Table, question: TraceQuery) -> tuple[str, ...]:
    """What is said of several accounts taken together of which not all name their holder by a number."""
    asked = rows.filter(rows.acct.isin(list(question.accounts)))
    ids = asked.group_by("acct").agg(known=asked.holder.notnull().any()).order_by("acct").to_pyarrow().to_pylist()
    unknown = [str(row["acct"]) for row in ids if not row["known"]]
    if len(ids) < 2 or not unknown:
        return ()
    more = f"等{len(unknown)}个" if len(unknown) > SHOWN_ACCOUNTS else ""
    return (
        f"起点为{len(ids)}个账户，其中没有开户人证件号码的（{'、'.join(unknown[:SHOWN_ACCOUNTS])}{more}）"
        "是按所给名称合并的，是否为同一人请核对。",
    )


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
        f"{ccy} {row['n']}笔合计{format_exact_yuan(int(row['total']))}" for ccy, row in found.items() if ccy != chosen
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


def _order_unknown(rows: ir.Table, flows: pd.DataFrame) -> list[str]:
    """A note on accounts passed through in which the order of what came and went in one moment is not known."""
    passed = sorted(set(flows.loc[flows["hop"] > 1, "acct"].dropna()))
    moments = unordered_moments(rows.filter(rows.acct.isin(passed)))
    days = moments.group_by("acct").agg(days=moments.ts.date().nunique()).order_by("acct").to_pyarrow().to_pylist()
    if not days:
        return []
    listed = "、".join(f"{row['acct']} {row['days']}天" for row in days[:SHOWN_ACCOUNTS])
    more = f"等{len(days)}个账户" if len(days) > SHOWN_ACCOUNTS else ""
    return [
        f"经过的账户在同一时刻（多为只有日期、没有时刻的流水）既有转入又有转出，余额也不能说明先后：{listed}{more}；"
        "先后按文件中的行次推定，实际先后不同的，去向会不同。"
    ]


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
