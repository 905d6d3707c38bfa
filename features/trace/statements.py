"""Statement files read without a pool: the intake of the project over a pool that lives as long as the question."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir

from features.errors import GoldenKeyError
from features.facts.money.transactions import first_told, plain_name, plain_number, statements
from features.intake.ingest import IngestOptions, ingest
from features.intake.report import IngestReport
from features.pool.identity import canonical_id
from features.pool.pool import Cut, Pool

LISTED = 12
"""Accounts named in a sentence that refuses one."""


@dataclass(frozen=True, slots=True)
class Statements:
    """Statement rows of some files.

    Attributes:
        cut: the cut they stand in; its engine answers while the files are open.
        rows: see `features.facts.money.transactions.statements`, each act once, failed rows left out.
        report: what was read, and what was set aside and why.
    """

    cut: Cut
    rows: ir.Table
    report: IngestReport


@contextmanager
def open_statements(files: Sequence[Path], mapping: Path | None = None) -> Iterator[Statements]:
    """Statement rows of files of any known layout (34 or 38 columns, WeChat, Alipay, or a mapping).

    Raises:
        GoldenKeyError: a file cannot be read, or none of them holds statement rows.
    """
    for file in files:
        if not file.exists():
            raise GoldenKeyError(f"找不到流水文件“{file}”。")
    with tempfile.TemporaryDirectory(prefix="goldenkey-trace-") as folder:
        home = Path(folder)
        about = IngestOptions(
            mapping=mapping, provider="本次追踪", legal_basis="由使用人另行记录", purpose="资金追踪", scope="所给文件"
        )
        report = ingest(home, [str(file) for file in files], about)
        with Pool(home).as_of(date.today()) as cut:
            rows = statements(cut)
            rows = rows.filter(rows.fit).semi_join(first_told(rows), [("rid", "first_rid")])
            usable = cut.materialise("trace_rows", rows)
            if not usable.count().to_pyarrow().as_py():
                names = "、".join(f"“{file.name}”" for file in files)
                raise GoldenKeyError(f"{names}中没有可用的银行流水：应为含交易时间、金额、收付标志和账号的明细。")
            yield Statements(cut, usable, report)


def accounts_of(files: Statements, wanted: str) -> list[str]:
    """The accounts meant by a card number, an account number, an identity number or a holder's name.

    Raises:
        GoldenKeyError: nothing in the files is called so.
    """
    rows = files.rows
    number = plain_number(ibis.literal(wanted.strip()))
    person = canonical_id(ibis.literal(wanted))
    card = plain_number(ibis.coalesce(rows.card_no, ""))
    mine = rows.filter(
        (rows.acct == number)
        | (card == number)
        | ibis.coalesce(rows.holder == person, False)
        | ibis.coalesce(plain_name(rows.holder_name) == plain_name(ibis.literal(wanted)), False)
    )
    found = mine.select("acct").distinct().order_by("acct").to_pandas()["acct"]
    if len(found):
        return [str(acct) for acct in found]
    have = rows.group_by("acct").agg(n=rows.count()).order_by(ibis.desc("n"), "acct").limit(LISTED).to_pandas()
    listed = "、".join(str(acct) for acct in have["acct"])
    raise GoldenKeyError(f"流水中没有账号、卡号、户名或证件号码为“{wanted}”的账户；流水中的账户有：{listed}。")
