"""Rows of the files that a trace does not count, each under its reason, and rows of which it is not sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from features.intake.tables.sheet_in_memory import CELL_LEFT_EMPTY
from features.pool.account_numbers import LEAST_DIGITS, is_rounded
from features.trace.doubles import SHOWN, Listed, list_places, place_of

if TYPE_CHECKING:
    from features.trace.statements import Statements


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of the files that a trace does not count, for one reason.

    Attributes:
        reason: refused, undated, failed, late, nothing, undone, part, negative, repeated, corrected, twins, currency.
        label: 中文 reason. rows: how many. places: file and row of the first of them.
    """

    reason: str
    label: str
    rows: int
    places: tuple[str, ...]


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
    "corrected": "与后一文件中同一流水号、同一秒、同一对手的行金额不同，按更正处理，以后者为准",
    "twins": "与同一表中另一行各列完全相同，又没有交易流水号和余额可以区分，按重复行只计一次",
    "currency": "是其他币种的交易，未计入",
}
"""Reason -> how a note goes on after the number of rows."""


def left_out_rows(statements: Statements, currency: str) -> Iterator[LeftOut]:
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
    doubles = statements.doubles
    twins = [(sheet, row) for sheet in statements.report.sheets for row in sheet.twins]
    known = {
        "repeated": doubles.repeated,
        "corrected": doubles.corrected,
        "twins": Listed(len(twins), tuple(place_of(one.file, one.sheet, row) for one, row in twins[:SHOWN])),
    }
    counts = (
        every.aggregate(**{reason: condition.sum() for reason, condition in of.items()}).to_pyarrow().to_pylist()[0]
    )
    for reason, label in _REASONS.items():
        listed = known.get(reason, Listed())
        if counts.get(reason):
            more = list_places(statements.cut, every.filter(of[reason]))
            listed = Listed(listed.rows + more.rows, (*listed.places, *more.places)[:SHOWN])
        if listed.rows:
            yield LeftOut(reason, label, listed.rows, listed.places)


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
            yield LeftOut(reason, _REASONS[reason], rows, tuple(texts.values())[:SHOWN])


def left_out_sentences(left_out: Sequence[LeftOut]) -> list[str]:
    """A note for each reason: how many rows, and where the first of them stand."""
    notes = []
    for one in left_out:
        listed = ("；" if one.reason in ("refused", "undated") else "、").join(one.places)
        more = "等" if one.rows > len(one.places) else ""
        count = f"{one.rows // 2}笔交易" if one.reason == "undone" else f"{one.rows}行"
        notes.append(f"有{count}{one.label}：{listed}{more}。")
    return notes


def doubtful_sentences(statements: Statements) -> list[str]:
    """Notes on payments that are counted and may be wrong: refunds without a row, numbers used twice, rows alike."""
    tells = list_places(statements.cut, statements.every.filter(statements.every.told, statements.every.tells))
    txn = statements.cut.table("txn")
    floats = list_places(
        statements.cut,
        txn.filter(is_rounded(txn.acct_no) | ibis.coalesce(is_rounded(txn.cp_acct), False)).select("rid"),
    )
    said = (
        (tells, "笔交易标明已部分退款，但流水中没有可以确定的退款行，金额未扣减"),
        (statements.doubles.reused, "行的交易流水号在另一文件或工作表中用于时间、金额或对手不同的行，都按不同交易计入"),
        (statements.alike, "行与同一表中另一行的时间、金额和对手相同而没有交易流水号和余额，都按不同交易计入"),
        (floats, "行的账号或对手账号以“.0”结尾，是软件把号码当作数字写出的，末几位可能已失真，请向来源核对"),
    )
    notes = [
        f"有{listed.rows}{text}：{'、'.join(listed.places)}{'等' if listed.rows > len(listed.places) else ''}。"
        for listed, text in said
        if listed.rows
    ]
    return [*notes, *_left_empty(statements), *_but_for_noughts(statements), *_of_intake(statements)]


_TOLD_OTHERWISE = ("该格留空", "按冲正处理", "其他币种的交易", "按重复行只计一次", "以“.0”结尾", "GB 11643", "证件类型")
"""Words of what intake says of a sheet that a trace says in its own way, or that no trace rests on."""


def _of_intake(statements: Statements) -> list[str]:
    """What intake says of how the files were read: columns not used, units and balances that may be wrong."""
    lines = [
        f"{sheet.file}：{text}"
        for sheet in statements.report.sheets
        for text in sheet.warnings
        if not any(words in text for words in _TOLD_OTHERWISE)
    ]
    more = len(lines) - SHOWN
    return lines[:SHOWN] + ([f"另有 {more} 条，可用 ingest --dry-run 查看。"] if more > 0 else [])


def _left_empty(statements: Statements) -> list[str]:
    """A note on cells that could not be read and count as blank: a counterparty's account is followed no further."""
    cells = sum(sheet.cells for sheet in statements.report.sheets)
    faults = [one for one in statements.report.faults if str(one["sentence"]).endswith(CELL_LEFT_EMPTY)]
    shown = [f"{one['file']}{str(one['sentence']).removesuffix(CELL_LEFT_EMPTY)}" for one in faults[:SHOWN]]
    more = "等" if cells > len(shown) else ""
    return [f"有{cells}格无法读取，按空白计入：{'；'.join(shown)}{more}。"] if cells else []


def _but_for_noughts(statements: Statements) -> list[str]:
    """A note on counterparties whose number is an account of the files but for noughts before it."""
    rows = statements.rows
    of = rows.filter(rows.cp_acct.notnull()).select(cp="cp_acct").distinct()
    of = of.mutate(bare=of.cp.re_replace("^0+", "")).filter(lambda t: t.bare.length() >= LEAST_DIGITS)
    held = rows.select(held="acct").distinct()
    held = held.mutate(held_bare=held.held.re_replace("^0+", ""))
    pairs = of.join(held, [of.bare == held.held_bare, of.cp != held.held]).anti_join(held, [("cp", "held")])
    found = pairs.order_by("cp", "held").select("cp", "held").to_pyarrow().to_pylist()
    listed = "、".join(f"{pair['cp']}与{pair['held']}" for pair in found[:SHOWN]) + ("等" if found[SHOWN:] else "")
    return [f"对手账号与流水中的账户只差开头的零，未当作同一账户，请核对：{listed}。"] if found else []
