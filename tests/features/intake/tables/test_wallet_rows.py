"""Rows of wallets whose direction stands in words: neutral rows, refunds, and what a mapping of the user infers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refused_files import assert_refused

from features.intake.ingest import IngestOptions, ingest
from features.intake.tables.mapping import read_mapping
from features.pool.pool import Pool

WECHAT = "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注"
ALIPAY = "交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注,"
DONE, FAILED = "ok", "failed"


def read(folder: Path, header: str, rows: list[str], mapping: Path | None = None) -> tuple[list[Any], int]:
    file = folder / "wallet.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    about = IngestOptions(
        mapping, provider="某", legal_basis="试", purpose="试", scope="试", received_on=date(2024, 5, 1)
    )
    report = ingest(folder / "home", [str(file)], about)
    with Pool(folder / "home").as_of(date(2024, 6, 1)) as cut:
        found = cut.table("txn").order_by("src_row").to_pyarrow().to_pylist()
    return [(row["src_row"], row["direction"], row["success"]) for row in found], report.bad


WECHAT_ROWS = [
    ("零钱提现", "/", "提现已到账", "OUT", DONE),
    ("零钱通转出-到某某银行(9901)", "/", "支付成功", "OUT", DONE),
    ("零钱通转出-到银行卡", "/", "支付成功", "OUT", DONE),
    ("零钱通转出-到零钱", "/", "支付成功", "IN", DONE),
    ("转入零钱通-来自零钱", "/", "支付成功", "OUT", DONE),
    ("转入零钱通-来自某某银行(9901)", "/", "支付成功", "IN", DONE),
    ("零钱充值", "/", "充值完成", "IN", DONE),
    ("信用卡还款", "/", "支付成功", "OUT", DONE),
    ("商户消费", "支出", "已退款(￥8.50)", "OUT", DONE),
    ("商户消费", "支出", "已退款（¥8.50）", "OUT", DONE),
    ("商户消费", "支出", "已全额退款", "OUT", FAILED),
    ("某店-退款", "收入", "已全额退款", "IN", DONE),
    ("某店-退款", "/", "已退款￥3.00", "IN", DONE),
    ("转账", "支出", "对方已退还", "OUT", FAILED),
    ("提现", "收入", "已存入零钱", "IN", DONE),
    ("分付", "/", "支付成功", None, None),
    ("商户消费", "支出", "没见过的状态", None, None),
]


def test_rows_of_wechat_get_the_direction_their_type_names(tmp_path: Path) -> None:
    rows = [
        f"2024-03-01 10:00:{n:02},{kind},某店,/,{way},1,零钱,{state},99{n},/,/"
        for n, (kind, way, state, _, _) in enumerate(WECHAT_ROWS)
    ]
    found, bad = read(tmp_path, WECHAT, rows)
    right = [(n + 2, way, state) for n, (*_, way, state) in enumerate(WECHAT_ROWS) if way]
    assert found == right
    assert bad == len(WECHAT_ROWS) - len(right)


ALIPAY_ROWS = [
    ("账户存取", "提现-快速提现", "交易成功", "OUT"),
    ("账户存取", "充值-快捷充值", "交易成功", "IN"),
    ("投资理财", "余额宝-单次转入", "交易成功", "OUT"),
    ("投资理财", "余额宝-自动转入", "交易成功", "OUT"),
    ("投资理财", "余额宝-转出到余额", "交易成功", "IN"),
    ("投资理财", "余额宝-转出到银行卡", "交易成功", "OUT"),
    ("投资理财", "余额宝-2024.02.29-收益发放", "交易成功", "IN"),
    ("信用借还", "花呗自动还款-2024年02月账单", "还款成功", "OUT"),
    ("信用借还", "信用卡还款", "还款成功", "OUT"),
    ("转账红包", "转账到银行卡-转账", "交易成功", "OUT"),
    ("退款", "退款-鞋", "退款成功", "IN"),
    ("日用百货", "亲属卡退款", "退款成功", "IN"),
    ("其他", "说不清的", "交易成功", None),
]


def test_rows_of_alipay_get_the_direction_their_description_names(tmp_path: Path) -> None:
    rows = [
        f"2024-03-01 10:00:{n:02},{kind},某店,/,{what},不计收支,1,余额,{state},99{n}\t,\t,,"
        for n, (kind, what, state, _) in enumerate(ALIPAY_ROWS)
    ]
    found, bad = read(tmp_path, ALIPAY, rows)
    assert [(n, way) for n, way, _ in found] == [(n + 2, way) for n, (*_, way) in enumerate(ALIPAY_ROWS) if way]
    assert bad == 1


@settings(max_examples=8)
@given(st.lists(st.tuples(st.sampled_from(["收", "支", "/", ""]), st.sampled_from("甲乙丙")), min_size=1, max_size=8))
def test_a_rule_fills_only_cells_it_does_not_contradict(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("infer")
    mapping = folder / "m.toml"
    mapping.write_text(
        'table = "txn"\n[columns]\nts = "日"\namount = "额"\nacct_no = "号"\ndirection = "向"\nmemo = "事"\n'
        '[[infer]]\nwhen = { memo = "甲" }\nset = { direction = "OUT" }\n'
        '[[infer]]\nwhen = { memo = "甲|乙" }\nset = { direction = "IN" }\n',
        encoding="utf-8",
    )
    rows = [f"2024-03-01,{n + 1},9900000001,{way},{memo}" for n, (way, memo) in enumerate(cells)]
    found, bad = read(folder, "日,额,号,向,事", rows, mapping)
    known = {"收": "IN", "支": "OUT"}
    right = [known.get(way, {"甲": "OUT", "乙": "IN"}.get(memo)) for way, memo in cells]
    assert [way for _, way, _ in found] == [way for way in right if way]
    assert bad == right.count(None)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("when = { memo = '甲' }", "第 1 个 .*应有 when 和一项 set"),
        ("when = { memo = '甲' }\nset = { direction = 'LEFT' }", "取值“LEFT”不在合同内"),
        ("when = { nothing = '甲' }\nset = { direction = 'IN' }", "nothing 不是“银行流水”的列"),
        ("when = { memo = '(' }\nset = { direction = 'IN' }", "不是正则表达式"),
        ("when = { memo = '甲' }\nset = { amount = '1' }", "不在合同内"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(tmp_path: Path, rule: str, sentence: str) -> None:
    text = f'table = "txn"\n[columns]\nts = "日"\n[[infer]]\n{rule}\n'
    assert_refused(read_mapping, tmp_path / "m.toml", text, sentence)
