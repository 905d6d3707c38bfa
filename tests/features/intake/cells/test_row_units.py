"""Units told row by row in a column of their own, and currencies under any of the headers banks give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

HEAD = "账号,户名,交易日期,收付标志,交易金额,余额"
ROW = "9900000000000017,某甲,2025-01-02,付"
Read = Callable[..., tuple[list[dict[str, str]], str, Any]]


@pytest.mark.parametrize("header", ["单位", "金额单位", "货币单位", "交易金额单位", "计量单位", "Unit", "Amount Unit"])
def test_a_row_is_read_in_the_unit_it_names(shown: Read, header: str) -> None:
    text = f"{HEAD},{header}\n{ROW},1.5,9,万元\n{ROW},1.5,8,元\n{ROW},150,7,分\n"
    rows, said, sheet = shown("流水.csv", text)
    assert [row["amount"] for row in rows] == ["15,000.00 元", "1.50 元", "1.50 元"]
    assert [row["balance"] for row in rows] == ["90,000.00 元", "8.00 元", "0.07 元"]
    assert "万元 1 行" in said and not sheet.unused


@pytest.mark.parametrize(
    ("unit", "amount"),
    [
        ("万", "15,000.00 元"),
        ("（万元）", "15,000.00 元"),
        ("人民币万元", "15,000.00 元"),
        ("人民币", "1.50 元"),
        ("RMB", "1.50 元"),
        ("单位：千元", "1,500.00 元"),
        ("百万元", "1,500,000.00 元"),
        ("亿", "150,000,000.00 元"),
        ("角", "0.15 元"),
        ("", "1.50 元"),
        ("-", "1.50 元"),
        ("RMB 10K", "15,000.00 元"),
        ("万美元", "15,000.00 USD"),
        ("美元", "1.50 USD"),
        ("HKD", "1.50 HKD"),
        ("件", None),
        ("万斤", None),
        ("元/万元", None),
        ("无", None),
    ],
)
def test_spellings_of_units(shown: Read, unit: str, amount: str | None) -> None:
    rows, _, sheet = shown("流水.csv", f"{HEAD},金额单位\n{ROW},1.5,9,{unit}\n{ROW},2,9,元\n")
    assert [row["amount"] for row in rows] == ([amount] if amount else []) + ["2.00 元"]
    assert sheet.counts.bad == (amount is None)


@pytest.mark.parametrize(
    ("header", "unit", "amount"),
    [
        ("交易金额(万元)", "万元", "15,000.00 元"),
        ("交易金额(元)", "万元", None),
        ("交易金额(万元)", "", "15,000.00 元"),
    ],
)
def test_a_row_against_its_column_is_not_read(shown: Read, header: str, unit: str, amount: str | None) -> None:
    rows, said, _ = shown("流水.csv", f"{HEAD.replace('交易金额', header)},单位\n{ROW},1.5,9,{unit}\n{ROW},2,9,万元\n")
    assert [row["amount"] for row in rows][:1] == ([amount] if amount else [])
    assert ("单位不明" in said) == (amount is None)


def test_who_pays_is_no_unit_and_a_mapping_goes_first(shown: Read) -> None:
    rows, _, sheet = shown("流水.csv", f"{HEAD},单位\n{ROW},1.5,9,某某公司\n{ROW},2,9,某某厂\n")
    assert [row["amount"] for row in rows] == ["1.50 元", "2.00 元"] and sheet.unused == ("单位",)
    columns = 'table="txn"\n[columns]\nacct_no="账号"\nts="交易日期"\namount="交易金额"\ndirection="收付标志"\n'
    text = f"{HEAD},单位\n{ROW},1.5,9,万元\n"
    assert shown("流水.csv", text, columns)[0][0]["amount"] == "15,000.00 元"
    rows, _, sheet = shown("流水.csv", text, columns + '[units]\namount="千元"\n')
    assert rows[0]["amount"] == "1,500.00 元" and "单位" in sheet.unused


@pytest.mark.parametrize(
    "header",
    [
        "币种",
        "货币",
        "币别",
        "货币种类",
        "交易货币",
        "交易币别",
        "Currency",
        "CURRENCY",
        "货币代码",
        "币种名称",
        "账户币种",
    ],
)
def test_a_currency_is_read_under_any_of_its_headers(shown: Read, header: str) -> None:
    rows, said, sheet = shown("流水.csv", f"{HEAD},{header}\n{ROW},1.5,9,美元\n{ROW},2,9,人民币\n")
    assert [row["amount"] for row in rows] == ["1.50 USD", "2.00 元"]
    assert "USD 1 行" in said and not sheet.unused
