"""Currencies and units named in titles, heads, account numbers and notes; names of files only raise a doubt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from features.intake.cells.currency_notes import read_currencies

HEAD = "账号,户名,交易日期,收付标志,交易金额,余额"
ROW = "9900000000000017,某甲,2025-01-02,付,1.5,9"
Read = Callable[..., tuple[list[dict[str, str]], str, Any]]


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("某甲美元账户交易明细", "USD"),
        ("账户币种：美元", "USD"),
        ("币种: USD", "USD"),
        ("Currency: HKD", "HKD"),
        ("货币种类：港币", "HKD"),
        ("币别 欧元", "EUR"),
        ("币种：14-美元", "USD"),
        ("账号：9900000000000047(USD)", "USD"),
        ("账号 9900000000000047-美元", "USD"),
        ("某某公司美元活期存款账户对账单", "USD"),
        ("日元流水", "JPY"),
        ("账户交易明细（港币）", "HKD"),
        ("户名：某甲（美元现汇户）", "USD"),
        ("某甲人民币账户交易明细", "CNY"),
        ("美元户名册", ""),
        ("美元贷款合同纠纷", ""),
        ("本页含人民币账户和美元账户", ""),
        ("以下金额已折美元账户汇率", ""),
        ("等值美元账户", ""),
        ("除美元账户外", ""),
        ("某甲账户交易明细", ""),
        ("CADENCE 交易明细", ""),
    ],
)
def test_what_a_title_states(title: str, code: str) -> None:
    assert read_currencies([title]).code == code


@pytest.mark.parametrize(
    ("title", "amount", "said"),
    [
        ("某甲美元账户交易明细", "1.50 USD", "表头上方写明（某甲美元账户交易明细）"),
        ("币种：港币", "1.50 HKD", "按 HKD 读取"),
        ("账号：9900000000000047(USD)", "1.50 USD", "按 USD 读取"),
        ("账户交易明细(欧元)", "1.50 EUR", "按 EUR 读取"),
        ("某甲账户交易明细", "1.50 元", ""),
        ("币种：人民币", "1.50 元", ""),
        ("美元贷款纠纷当事人流水", "1.50 元", "请核对，不是人民币的"),
        ("UNIT: RMB 10K", "15,000.00 元", "按万元读取"),
        ("Unit: RMB thousand", "1,500.00 元", "按千元读取"),
        ("(in thousands of RMB)", "1,500.00 元", "按千元读取"),
        ("Amounts in RMB million", "1,500,000.00 元", "按百万元读取"),
        ("备注：本表金额以“万”计。", "15,000.00 元", "按万元读取"),
        ("注：金额以千计", "1,500.00 元", "按千元读取"),
        ("数以万计的交易", "1.50 元", ""),
    ],
)
def test_what_stands_above_is_used_and_told(shown: Read, title: str, amount: str, said: str) -> None:
    rows, told, _ = shown("流水.csv", f"{title},,,,,\n{HEAD}\n{ROW}\n")
    assert rows[0]["amount"] == amount and said in told
    assert bool(said) == any(word in told for word in ("读取", "请核对"))


def test_a_column_goes_before_a_title_which_fills_its_blanks(shown: Read) -> None:
    rows, _, _ = shown("流水.csv", f"某甲美元账户交易明细\n{HEAD},币种\n{ROW},人民币\n{ROW.replace('1.5', '2')},\n")
    assert [row["amount"] for row in rows] == ["1.50 元", "2.00 USD"]


@pytest.mark.parametrize(
    ("account", "amount"),
    [
        ("9900000000000047(USD)", "1.50 USD"),
        ("9900000000000047（美元）", "1.50 USD"),
        ("9900000000000047-HKD", "1.50 HKD"),
        ("9900000000000047_港币", "1.50 HKD"),
        ("9900000000000047EUR", "1.50 EUR"),
        ("9900000000000047-01", "1.50 元"),
        ("9900000000000047(CNY)", "1.50 元"),
    ],
)
def test_an_account_number_bears_its_currency(shown: Read, account: str, amount: str) -> None:
    rows, _, _ = shown("流水.csv", f"{HEAD}\n{ROW.replace('9900000000000017', account)}\n")
    assert rows[0]["amount"] == amount


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("某甲美元流水", "美元"),
        ("USD流水", "USD"),
        ("流水（港币）", "港币"),
        ("流水(万元)", "万元"),
        ("流水_千元", "千元"),
        ("流水（万）", "万"),
        ("流水-单位万", "单位万"),
        ("流水 RMB 10K", "RMB 10K"),
        ("10万元以上流水", ""),
        ("万元户流水万事", "万元"),
        ("某万流水", ""),
        ("某甲流水", ""),
    ],
)
def test_the_name_of_a_file_raises_a_doubt_alone(shown: Read, name: str, word: str) -> None:
    rows, told, _ = shown(f"{name}.csv", f"{HEAD}\n{ROW}\n")
    assert rows[0]["amount"] == "1.50 元"
    assert (f"文件名写有“{word}”" in told) == bool(word) == ("请核对" in told)
    said = f"{HEAD.replace('金额', '金额(元)').replace('余额', '余额(元)')},币种\n{ROW},人民币\n"
    assert "请核对" not in shown(f"{name}.csv", said)[1]


def test_the_head_of_a_section_names_its_own_currency(shown: Read) -> None:
    text = f"某甲美元账户交易明细,,,,,\n{HEAD}\n{ROW}\n某甲人民币账户交易明细,,,,,\n{HEAD}\n{ROW.replace('1.5', '2')}\n"
    rows, _, _ = shown("流水.csv", text)
    assert [row["amount"] for row in rows] == ["1.50 USD", "2.00 元"]


def book(path: Path, formats: list[str], currencies: list[str] | None) -> Path:
    """A statement whose sums of 1.5, 2.5 … are shown in the formats given, with currencies of their rows."""
    with xlsxwriter.Workbook(str(path)) as written:
        sheet = written.add_worksheet("流水")
        sheet.write_row(0, 0, [*HEAD.split(",")[:5], *(["交易币种"] if currencies else [])])
        for row, code in enumerate(formats, start=1):
            sheet.write_row(row, 0, ROW.split(",")[:4])
            sheet.write_number(row, 4, row + 0.5, written.add_format({"num_format": code}))
            sheet.write_row(row, 5, currencies[row - 1 : row] if currencies else [])
    return path


@pytest.mark.parametrize("blank", [None, [""]])
@pytest.mark.parametrize(
    ("code", "amount"),
    [
        ("[$$-409]#,##0.00", "1.50 USD"),
        ('"US$"0.00', "1.50 USD"),
        ("[$USD] 0.00", "1.50 USD"),
        ("[$¥-411]#,##0.00", "1.50 JPY"),
        ("[$€-2] #,##0.00", "1.50 EUR"),
        ("[$£-809]#,##0.00", "1.50 GBP"),
        ("[$HK$-C04]0.00", "1.50 HKD"),
        ("[$$-C04]0.00", "1.50 HKD"),
        ("[$¥-804]#,##0.00", "1.50 元"),
        ('"¥"#,##0.00', "1.50 元"),
        ("[$₩-412]#,##0.00", None),
        ("[$kr-41D]#,##0.00", None),
        ("[$RUB] 0.00", None),
        ("[$GBP] 0.00", "1.50 GBP"),
        ('0.00"万美元"', "15,000.00 USD"),
        ('[>=10000]0.00"亿元";0.00"万元"', None),
        ('[<0.01]0.00"元";0.00"万元"', None),
        ("[$$-409]0.00;[$€-2]0.00", None),
    ],
)
def test_the_format_of_sums_names_their_currency(
    shown: Read, tmp_path: Path, code: str, amount: str | None, blank: list[str] | None
) -> None:
    rows, told, sheet = shown(book(tmp_path / "流水.xlsx", [code], blank))
    assert [row["amount"] for row in rows] == ([amount] if amount else [])
    assert (sheet.counts.bad == 1 and "单位不明" in told) == (amount is None)
    assert ("数字格式" in told) == (amount not in ("1.50 元",)) and "另有说明" not in told


def test_formats_and_the_currencies_of_rows(shown: Read, tmp_path: Path) -> None:
    dollar = "[$$-409]0.00"
    assert [row["amount"] for row in shown(book(tmp_path / "a.xlsx", [dollar] * 2, ["美元", ""]))[0]] == [
        "1.50 USD",
        "2.50 USD",
    ]
    rows, told, sheet = shown(book(tmp_path / "b.xlsx", [dollar] * 2, ["人民币", "USD"]))
    assert [row["amount"] for row in rows] == ["2.50 USD"] and sheet.counts.bad == 1 and "币种不符" in told
    assert shown(book(tmp_path / "c.xlsx", [dollar, "0.00"], None))[2].counts.bad == 2
