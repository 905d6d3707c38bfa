"""Convert sums in other currencies to yuan at delivered rates (table `rate`), and word the notes on them.

Without a rate of the day, or of the days shortly before it, a sum is not converted and is left out of every total.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.pool.pool import Cut
from features.rules.money import format_exact_yuan
from features.schema.currencies import YUAN, code_of, currency_code, unknown_codes

if TYPE_CHECKING:
    from features.facts import Facts

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


def currency_notes(facts: Facts) -> tuple[str, ...]:
    """Notes (中文) on all statement rows in other currencies; empty if there are none."""
    if not _any_foreign(facts):
        return ()
    return _sentences(facts.foreign_sums.to_pandas())


def case_currency_notes(facts: Facts, episodes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """As `currency_notes`, for the debtors of each episode; episodes without such rows are left out."""
    if not _any_foreign(facts):
        return {}
    party = facts.debtors.filter(facts.debtors.episode.isin(list(episodes))).select("episode", "person").distinct()
    rows = party.join(facts.foreign_sums, "person").drop("person").to_pandas()
    return {str(episode): _sentences(of_one) for episode, of_one in rows.groupby("episode")}


def _any_foreign(facts: Facts) -> bool:
    """Whether any statement row is in another currency: most pools have none, and need no statements read for it."""
    return any(code_of(text) != YUAN for text in facts.cut.distinct_values("txn", "ccy"))


def _sentences(rows: pd.DataFrame) -> tuple[str, ...]:
    """Word the rows of `foreign_sums`: one sentence on what was converted, one on what was left out."""
    if rows.empty:
        return ()
    whole = rows.groupby(["converted", "ccy"]).agg(
        n=("n", "sum"), fen=("fen", "sum"), low=("low", "min"), high=("high", "max")
    )
    found = {kind: part.droplevel("converted") for kind, part in whole.groupby("converted")}
    sentences = []
    if (made := found.get(True)) is not None:
        said = "、".join(f"{ccy} {row['n']:.0f} 笔（{_rates(row)}）" for ccy, row in made.iterrows())
        sentences.append(f"流水中有其他币种的交易，已按本院登记的当日汇率（元）折算为人民币计入：{said}。")
    if (left := found.get(False)) is not None:
        said = "、".join(
            f"{ccy} {row['n']:.0f} 笔合计 {format_exact_yuan(int(row['fen']))}" for ccy, row in left.iterrows()
        )
        unknown = unknown_codes(map(str, left.index))
        more = f"；“{'”“'.join(unknown)}”不是认得的币种" if unknown else ""
        sentences.append(f"流水中有其他币种的交易，没有当日汇率，未折算、未计入人民币各数：{said}{more}。")
    return tuple(sentences)


def _rates(row: Any) -> str:
    low, high = f"{row['low']:.6g}", f"{row['high']:.6g}"
    return low if low == high else f"{low} 至 {high}"
