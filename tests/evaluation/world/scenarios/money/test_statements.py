"""Delivered statements: the bank's layout, balances that follow from one another, believable rows."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from evaluation.world.simulate import WorldSummary
from features.schema import TABLES


@pytest.fixture(scope="module")
def statements(folders: list[Path]) -> list[dict[str, str]]:
    first = [folder for folder in folders if "withdraws" not in (folder / "交接单.toml").read_text(encoding="utf-8")]
    paths = [path for folder in first for path in sorted(folder.rglob("*交易明细信息.csv"))]
    assert paths
    rows: list[dict[str, str]] = []
    for path in paths[:48]:
        text = path.read_bytes().decode("gb18030")
        header = text.split("\r\n", 1)[0].split(",")
        assert all(cell.endswith("\t") for cell in header)
        assert [cell.strip() for cell in header] == [column.label for column in TABLES["txn"].columns]
        rows.extend({k.strip(): v for k, v in row.items()} for row in csv.DictReader(io.StringIO(text)))
    return rows


def test_balances_follow_from_one_another(statements: list[dict[str, str]]) -> None:
    accounts: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for row in statements:
        accounts[row["交易账号"]].setdefault(row["交易流水号"], row)
    checked = 0
    for rows in accounts.values():
        before: Decimal | None = None
        for row in rows.values():
            balance, amount = Decimal(row["交易余额"]), Decimal(row["交易金额"])
            assert balance >= 0
            if before is not None and row["交易是否成功"] == "失败":
                assert balance == before
            elif before is not None and row["收付标志"]:
                assert balance == before + (amount if row["收付标志"] == "进" else -amount)
                checked += 1
            before = balance
    assert checked > 10_000


def test_numbers_keep_their_digits_and_carry_a_tab(statements: list[dict[str, str]]) -> None:
    for row in statements[:5000]:
        assert row["交易卡号"].endswith("\t")
        assert row["交易账号"].strip().isdigit()
        assert row["交易账号"].startswith("99")
        assert row["开户人证件号码"].startswith("99")


def test_people_shop_by_day_and_draw_wages_at_office_hours(statements: list[dict[str, str]]) -> None:
    hours: dict[str, list[int]] = defaultdict(list)
    for row in statements:
        hours[row["摘要说明"]].append(datetime.fromisoformat(row["交易时间"]).hour)
    assert min(hours["消费"]) >= 6
    assert all(9 <= hour <= 17 for hour in hours["工资"])
    assert len(hours["消费"]) > 0.3 * len(statements)


def test_faults_of_real_statements_are_there(statements: list[dict[str, str]], world: WorldSummary) -> None:
    size = len(statements)
    blank = sum(not row["收付标志"] for row in statements)
    failed = sum(row["交易是否成功"] == "失败" for row in statements)
    twice = size - len({(row["交易账号"], row["交易流水号"]) for row in statements})
    assert blank / size == pytest.approx(0.02, abs=0.004)
    assert failed / size == pytest.approx(0.01, abs=0.003)
    assert twice / size == pytest.approx(0.03, abs=0.006)
    assert world.rows["txn_lines"] >= size


def test_a_statement_never_tells_of_days_after_its_delivery(folders: list[Path]) -> None:
    for folder in folders[::3]:
        for path in folder.rglob("*交易明细信息.csv"):
            reader = csv.DictReader(io.StringIO(path.read_bytes().decode("gb18030")))
            assert max(row["交易时间\t"][:10] for row in reader) < folder.name
