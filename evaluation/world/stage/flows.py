"""Account movements: their kinds as banks name them, and the collector into which scenarios write."""

from __future__ import annotations

import numpy as np

from evaluation.world.base.chance import Array, randint
from evaluation.world.population.counterparties import Counterparties
from evaluation.world.population.holdings import Rows, stack_rows, take_rows

KINDS: tuple[tuple[str, str, str], ...] = (
    ("工资", "代发", "转账"),
    ("消费", "快捷支付", "转账"),
    ("代扣费用", "代扣", "转账"),
    ("房租", "手机银行", "转账"),
    ("转账", "手机银行", "转账"),
    ("充值", "快捷支付", "转账"),
    ("货款", "网银", "转账"),
    ("扫码收款", "快捷支付", "转账"),
    ("取现", "ATM", "现金"),
    ("现金存入", "柜面", "现金"),
    ("还贷", "批扣", "转账"),
    ("结息", "批量", "转账"),
    ("保费", "代扣", "转账"),
    ("粮款", "网银", "转账"),
    ("农资款", "手机银行", "转账"),
    ("补贴", "代发", "转账"),
    ("执行款", "柜面", "转账"),
    ("法院扣划", "柜面", "转账"),
    ("购房款", "网银", "转账"),
    ("购车款", "POS消费", "转账"),
    ("借款", "手机银行", "转账"),
    ("还款", "手机银行", "转账"),
    ("生活费", "手机银行", "转账"),
    ("学费", "代扣", "转账"),
    ("医疗费", "POS消费", "转账"),
    ("提现", "快捷支付", "转账"),
    ("加油", "POS消费", "转账"),
    ("劳务费", "手机银行", "转账"),
    ("柜面取款", "柜面", "现金"),
    ("物业费", "代扣", "转账"),
    ("往来款", "网银", "转账"),
    ("银证转账", "网银", "转账"),
    ("代付", "手机银行", "转账"),
    ("销户转存", "柜面", "转账"),
)
"""(memo, transaction type, cash flag) of every kind of movement."""
(
    WAGE,
    BUY,
    BILL,
    RENT,
    MOVE,
    TOP_UP,
    GOODS,
    SCAN,
    ATM,
    CASH_IN,
    LOAN,
    INTEREST,
    PREMIUM,
    HARVEST,
    INPUTS,
    SUBSIDY,
    COURT,
    LEVY,
    HOUSE,
    CAR,
    BORROW,
    REPAY,
    LIVING,
    SCHOOL,
    CARE,
    PAY_OUT,
    FUEL,
    LABOUR,
    COUNTER,
    ESTATE,
    DEALING,
    INVEST,
    FOR_ANOTHER,
    SWITCH,
) = range(len(KINDS))
DAY = 86_400


class Flows:
    """Collector of the account movements of one quarter's statements.

    Columns: `s` row in `Subjects`, `account` slot of the account, `ts` seconds since 1970, `amount` signed 分
    (positive: received), `kind` index of `KINDS`, `who` row in `Counterparties`.
    """

    def __init__(self, book: Counterparties) -> None:
        self.book = book
        self.parts: list[Rows] = []

    def add(
        self, s: Array, account: Array | int, day: Array, amount: Array, kind: Array | int, who: Array, second: Array
    ) -> None:
        """Add movements on a day at a second of the day; zero amounts are dropped."""
        size = len(s)
        keep = np.flatnonzero(amount != 0)
        part: Rows = {
            "s": np.asarray(s),
            "account": np.broadcast_to(np.asarray(account), (size,)),
            "ts": np.asarray(day) * DAY + second,
            "amount": np.asarray(amount, dtype=np.int64),
            "kind": np.broadcast_to(np.asarray(kind), (size,)),
            "who": np.asarray(who),
        }
        self.parts.append(take_rows(part, keep))

    def rows(self) -> Rows:
        """All movements, in the order in which they were added."""
        return stack_rows(self.parts)

    def net_received(self, subjects: int) -> Array:
        """(subjects,) net amount received so far, 分."""
        net = np.zeros(subjects)
        for part in self.parts:
            np.add.at(net, part["s"], part["amount"].astype(np.float64))
        return net


def office_hours(rng: np.random.Generator, size: int) -> Array:
    """Random seconds of the day between 09:00 and 17:30."""
    return randint(rng, 9 * 3600, 17 * 3600 + 1800, size)


def shop_hours(rng: np.random.Generator, size: int) -> Array:
    """Random seconds of the day of purchases, with peaks at meals and in the evening."""
    peak = np.array([7.6, 12.1, 18.4, 20.2])[rng.choice(4, size, p=[0.2, 0.27, 0.33, 0.2])]
    return np.asarray(np.clip((peak + rng.normal(0, 1.1, size)) * 3600, 6 * 3600, 23 * 3600).astype(np.int64))


def any_hour(rng: np.random.Generator, size: int) -> Array:
    """Random seconds of the day between about 06:00 and 24:00."""
    return np.asarray(np.clip(rng.normal(14.5, 4.0, size), 6.2, 23.8) * 3600).astype(np.int64)


def shift_some_to_weekend(rng: np.random.Generator, day: Array) -> Array:
    """The days, 16 % of the weekdays among them moved to the following Saturday or Sunday."""
    weekday = (day + 3) % 7
    moves = (weekday < 5) & (rng.random(len(day)) < 0.16)
    return np.asarray(np.where(moves, day + 5 - weekday, day))


def split_totals(rng: np.random.Generator, total: Array, count: Array, evenness: float) -> tuple[Array, Array]:
    """Split each total (分) into `count` random parts.

    Returns:
        Row of the total that each part belongs to, and the part in 分. The larger `evenness` (shape of the gamma
        distribution of the parts), the more alike they are.
    """
    row = np.repeat(np.arange(len(total)), count)
    weight = rng.gamma(evenness, 1.0, len(row)) + 0.02
    whole = np.zeros(len(total))
    np.add.at(whole, row, weight)
    return row, (total[row] * weight / whole[row]).astype(np.int64)


def round_some(rng: np.random.Generator, amount: Array, share: float) -> Array:
    """Amounts, a share of them rounded down to 100 or 1,000 元 as people do."""
    thousand, hundred = amount // 100_000 * 100_000, amount // 10_000 * 10_000
    neat = np.where(amount >= 300_000, thousand, np.where(amount >= 20_000, hundred, amount))
    return np.asarray(np.where(rng.random(len(amount)) < share, neat, amount))
