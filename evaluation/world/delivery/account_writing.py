"""Write account numbers as banks, clerks and wallets do: hyphens, blanks, suffixes, stars, one number at two banks.

Off unless the knob `faults.account_writing` is above 0. Draws come from a random stream of their own, so that the rest
of the world is the same with and without. The account each row really means goes to the truth (`accounts.parquet`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import Array, bernoulli, random_stream
from evaluation.world.base.config import Knobs

KNOB = "faults.account_writing"
PLAIN, HYPHENS, BLANKS, WIDE, SUFFIX = "as_written", "hyphens", "blanks", "full_width", "sub_account"
MASKED, SEQUENCE, TWO_BANKS, TWO_HOLDERS = "masked", "card_sequence", "two_banks", "sub_accounts_of_two"
WALLET, WALLET_HEAD = "wallet_file", "wallet_head"
KINDS = (PLAIN, HYPHENS, BLANKS, WIDE, SUFFIX, SEQUENCE, MASKED, TWO_BANKS, TWO_HOLDERS, WALLET, WALLET_HEAD)
"""Ways of writing a number, as in the truth; the last two: a wallet named by its file, or by the head of its file."""

_LASTING = (SEQUENCE, MASKED, TWO_BANKS, TWO_HOLDERS)
_SUFFIXES = np.asarray(["_1", "-2", "_CNY", "_CNY_01", "-活期", "-0003"], dtype=object)
_SEQUENCES = np.asarray(["", "-0001", "_000002", "-00003"], dtype=object)
_WIDER = str.maketrans("0123456789", "０１２３４５６７８９")
SCHEMA = pa.schema([("ref_no", pa.string()), ("side", pa.string()), ("account", pa.string()), ("kind", pa.string())])


@dataclass(frozen=True)
class Writing:
    """How the account numbers of a quarter are written in its statements.

    Attributes:
        share: chance that a single row is not written plainly. rng: generator for the rows.
        written, kind: by true number, the number a bank writes on every row, and the kind (`KINDS`) of that writing.
    """

    share: float
    rng: np.random.Generator
    written: dict[str, str]
    kind: dict[str, str]


def draw_writing(
    knobs: Knobs, seed: int, quarter: int, number: Array, card: Array, holder: Array, bank: Array
) -> Writing | None:
    """Draw which accounts are written in another way on every row; None where the knob is off.

    Args:
        number, card, holder, bank: of each account with statements: account and card number, id number, index of bank.
    """
    share = knobs.number(KNOB)
    if share <= 0:
        return None
    rng = random_stream(seed, quarter, "account writing")
    order = rng.permutation(len(number))
    kinds = np.asarray(_LASTING, dtype=object)[rng.integers(0, len(_LASTING), len(order))]
    chosen = bernoulli(rng, share / 2, len(order))
    written: dict[str, str] = {}
    kind: dict[str, str] = {}
    for name in _LASTING:
        at = order[chosen & (kinds == name)]
        if name in (TWO_BANKS, TWO_HOLDERS):
            at = _pairs(at, holder, bank, apart=name == TWO_BANKS)
        if name == SEQUENCE:
            texts = card[at]
        elif name == MASKED:
            texts = np.asarray([text[:4] + "*" * (len(text) - 8) + text[-4:] for text in number[at]], dtype=object)
        else:
            head = np.repeat(number[at[::2]], 2)
            ends = ["", ""] if name == TWO_BANKS else ["-1", "-2"]
            texts = ids.join(head, np.tile(np.asarray(ends, dtype=object), len(at) // 2))
        written |= dict(zip(number[at], texts, strict=True))
        kind |= dict.fromkeys(number[at], name)
    return Writing(share, rng, written, kind)


def _pairs(at: Array, holder: Array, bank: Array, apart: bool) -> Array:
    """Neighbours of different holders, at different banks or at the same one, each in one pair."""
    first = at[np.argsort(bank[at], kind="stable")] if not apart else at
    left, right = first[:-1], first[1:]
    good = (holder[left] != holder[right]) & ((bank[left] != bank[right]) == apart)
    taken = np.flatnonzero(good)
    taken = taken[np.concatenate([[True], np.diff(taken) > 1])] if len(taken) else taken
    return np.stack([left[taken], right[taken]], axis=1).reshape(-1)


def write_numbers(writing: Writing, number: Array, card: Array | None) -> tuple[Array, Array, Array]:
    """(account truly meant, number as written, kind) of each row; blanks stay blank.

    Args:
        number: true numbers, "" where the row has none. card: the card of the account on rows of the account itself;
            None on rows that name it as the counterparty, where banks mask it, too.
    """
    rng, size = writing.rng, len(number)
    text = np.asarray([writing.written.get(one, one) for one in number], dtype=object)
    kind = np.asarray([writing.kind.get(one, PLAIN) for one in number], dtype=object)
    free = (kind == PLAIN) & (number != "")
    ways = (HYPHENS, BLANKS, WIDE, SUFFIX) if card is not None else (HYPHENS, BLANKS, WIDE, SUFFIX, MASKED)
    drawn = np.asarray(ways, dtype=object)[rng.integers(0, len(ways), size)]
    kind = np.where(free & bernoulli(rng, writing.share, size), drawn, kind)
    pick = rng.integers(0, 1_000_000, size)
    for name in ways:
        at = np.flatnonzero(free & (kind == name))
        text[at] = [_otherwise(name, one, int(nth)) for one, nth in zip(text[at], pick[at], strict=True)]
    at = np.flatnonzero(kind == SEQUENCE)
    text[at] = text[at] + _SEQUENCES[pick[at] % len(_SEQUENCES)]
    true = number if card is None else np.where(kind == SEQUENCE, card, number)
    return true, text, np.where(number == "", "", kind)


def _otherwise(kind: str, number: str, nth: int) -> str:
    """A number written in the way `kind`; `nth` chooses among variants of that way."""
    if kind == SUFFIX:
        return number + str(_SUFFIXES[nth % len(_SUFFIXES)])
    if kind == WIDE:
        return number.translate(_WIDER)
    if kind == MASKED:
        return number[:4] + "*" * (len(number) - 8) + number[-4:]
    parts = [number[place : place + 4] for place in range(0, len(number), 4)]
    if kind == HYPHENS:
        return "-".join(parts) if nth % 2 else f"{number[:2]}-{number[2:]}"
    return (" ", "\u3000", "\u00a0")[nth % 3].join(parts)


def true_rows(ref_no: Array, side: str, account: Array, kind: Array) -> pa.Table:
    """Rows of the truth: one per reference number and side that names an account."""
    named = kind != ""
    columns = [ref_no[named], np.full(int(named.sum()), side, dtype=object), account[named], kind[named]]
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=SCHEMA)


_WALLET_HEADS = (
    "交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注,"
)
_FOLDERS = np.asarray(["甲", "乙"], dtype=object)


def wallet_lines(
    quarter: int, owner: Array, ts: pa.Array, yuan: pa.Array, ref_no: Array, delivery: Array
) -> tuple[pa.Table, pa.Table]:
    """Files of wallets that money was paid into, and the truth of their rows.

    Owners are paired. The wallet of the first has no number in its file, and its file has the same name as the second
    owner's file in another folder; the wallet of the second is in two files with the number at their head.

    Args:
        owner: number of the owner in the quarter. ts, yuan: time and sum as texts. ref_no: of each row, unique.
        delivery: number of the delivery.

    Returns:
        Rows of files (_delivery, file, head, line), and (_delivery and `SCHEMA`).
    """
    headed = owner % 2 == 1
    account = ids.join("99", ids.digits(np.full(len(owner), quarter), 3), ids.digits(owner, 8))
    stem = ids.join("alipay_record_2099", ids.digits(np.full(len(owner), quarter), 4), "_", ids.digits(owner // 2, 6))
    part = np.where(headed & (np.arange(len(owner)) % 2 == 1), "_2", "_1").astype(object)
    file = ids.join(_FOLDERS[owner % 2], "/", stem, part)
    head = np.where(headed, ids.join("支付宝账户：", account), "").astype(object)
    line = ids.join(ts, ",账户存取,银行卡,/,余额充值,收入,", yuan, ",银行卡,交易成功,", ref_no, "\t,\t,,")
    files = {"_delivery": pa.array(delivery, pa.int32())}
    files |= {name: pa.array(texts, pa.string()) for name, texts in (("file", file), ("head", head), ("line", line))}
    kind = np.where(headed, WALLET_HEAD, WALLET).astype(object)
    true = true_rows(ref_no, "own", ids.join("wallet ", account), kind)
    return pa.table(files), true.add_column(0, "_delivery", files["_delivery"])


def wallet_file(head: str, lines: list[str]) -> bytes:
    """One file of a wallet as its owner exports it."""
    return "\r\n".join([*([head] if head else []), _WALLET_HEADS, *lines, ""]).encode("gb18030")
