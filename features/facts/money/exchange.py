"""Sums in other currencies in yuan, at the rates an office delivered (table `rate`), and what is said of them.

Without a rate of the day, or of the days shortly before it, a sum is not converted and enters nothing.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import ibis
import ibis.expr.types as ir

from features.pool.pool import Cut
from features.schema.currencies import YUAN, currency_code

_FILE = Path(__file__).parents[2] / "config" / "exchange.toml"


@cache
def most_days() -> int:
    """Days for which a rate serves where no later one is known (`features/config/exchange.toml`)."""
    return int(tomllib.loads(_FILE.read_text(encoding="utf-8"))["most_days"])


def daily_rates(cut: Cut) -> ir.Table:
    """rate_ccy, rate_on (day), rate (元 for one unit), quoted_on, publisher: what a unit was worth on each day.

    Of several rates the one quoted last on or before the day counts, not older than `most_days`; of one day the one
    delivered last. Rates of the yuan itself are none.
    """
    given = cut.table("rate")
    given = given.mutate(rate_ccy=currency_code(given.ccy)).filter(lambda t: t.rate_ccy != YUAN)
    given = given.filter(given.rate_day <= cut.today)
    order = ibis.struct({"known": given.known_at, "rid": given.rid})
    quoted = given.group_by("rate_ccy", quoted_on="rate_day").agg(
        rate=(given.yuan / given.units).argmax(order), publisher=given.publisher.argmax(order)
    )
    served = quoted.mutate(after=ibis.range(0, most_days() + 1).unnest())
    served = served.mutate(rate_on=(served.quoted_on + served.after.as_interval("D")).cast("date"))
    return served.group_by("rate_ccy", "rate_on").agg(
        rate=served.rate.argmax(served.quoted_on),
        publisher=served.publisher.argmax(served.quoted_on),
        quoted_on=served.quoted_on.max(),
    )


def with_rates(rows: ir.Table, rates: ir.Table) -> ir.Table:
    """The rows (ccy as a code, day) with `rate`, NULL for yuan and where none is known."""
    known = rates.select("rate_ccy", "rate_on", "rate")
    joined = rows.left_join(known, [rows.ccy == known.rate_ccy, rows.day == known.rate_on])
    return joined.drop("rate_ccy", "rate_on")


def in_yuan(fen: ir.IntegerValue, rate: ir.FloatingValue) -> ir.IntegerValue:
    """A sum at a rate, whole 分; as it is where there is no rate."""
    return ibis.ifelse(rate.isnull(), fen, (fen.cast("float64") * rate).round().cast("int64"))


def account_balances(cut: Cut, rates: ir.Table) -> ir.Table:
    """Rows of the account information, every column, with what the balance is worth.

    `worth`: 分 in yuan, at the rate of the day the balance was known; NULL where it cannot be converted. `said`: what
    is said of a balance in another currency, else "".
    """
    account = cut.table("account")
    account = account.rename(ccy_given="ccy").mutate(ccy=currency_code(account.ccy), day=account.known_at)
    rows = with_rates(account, rates)
    foreign = rows.ccy != YUAN
    held = rows.ccy + ibis.literal(" ") + (rows.balance / 100).cast("decimal(20, 2)").cast("string")
    rate = rows.rate.round(6).cast("string")
    said = ibis.ifelse(
        rows.rate.isnull(),
        ibis.literal("账户余额为 ") + held + "，没有当日汇率，未折算",
        ibis.literal("账户余额 ") + held + "，按 " + rows.day.cast("string") + " 的汇率 " + rate + " 折算",
    )
    return rows.mutate(
        worth=ibis.ifelse(foreign & rows.rate.isnull(), ibis.null("int64"), in_yuan(rows.balance, rows.rate)),
        said=ibis.ifelse(foreign & rows.balance.notnull(), said, ""),
    )


def foreign_sums(statements: ir.Table, owners: ir.Table) -> ir.Table:
    """Statement rows in other currencies by holder: person, ccy, converted, n, fen, low, high.

    fen: their sum regardless of direction, in yuan (分) where converted, else in hundredths of the currency; low, high:
    least and greatest rate, NULL where not converted. Person is NULL where nobody is known to hold the account.

    Args:
        statements: see `transactions.statements`.
        owners: acct, owner; see `transactions.sole_owners`.
    """
    rows = statements.filter(statements.done, statements.ccy != YUAN)
    owner = owners.select(owned="acct", owner="owner")
    rows = rows.left_join(owner, rows.acct_no == owner.owned)
    rows = rows.mutate(person=ibis.coalesce(rows.holder, rows.owner), converted=rows.rate.notnull())
    return rows.group_by("person", "ccy", "converted").agg(
        n=rows.count(), fen=rows.amount.sum().cast("int64"), low=rows.rate.min(), high=rows.rate.max()
    )
