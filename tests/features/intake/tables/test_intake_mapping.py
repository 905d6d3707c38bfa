"""Foreign layouts: through a mapping of the user, through those shipped, and a real foreign bank."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from refused_files import assert_refused

from features.intake.ingest import IngestOptions, ingest
from features.intake.tables.mapping import read_mapping, shipped_mappings
from features.pool.pool import Pool

ROOT = Path(__file__).resolve().parents[4]
BERKA = ROOT.parent / "shared" / "data" / "berka" / "trnx_16.csv"
SIGNED = """table = "txn"
delimiter = ";"
date_formats = ["%d/%m/%Y"]

[columns]
acct_no = "account"
ts = "booked"
amount = "sum"

[constants]
ccy = "EUR"

[signed]
column = "amount"
positive = "IN"
negative = "OUT"
"""


def options(mapping: Path | None = None) -> IngestOptions:
    return IngestOptions(
        mapping=mapping, provider="某行", legal_basis="试验", purpose="试验", scope="试验", received_on=date(2024, 5, 1)
    )


def test_signed_amounts_constants_and_date_formats(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(SIGNED, encoding="utf-8")
    (tmp_path / "bank.csv").write_text("account;booked;sum\nA1;02/03/2024;-12.50\nA1;03/03/2024;7\nA1;x;7\n")
    report = ingest(tmp_path / "home", [str(tmp_path / "bank.csv")], options(tmp_path / "m.toml"))
    assert report.rules() == {"datetime": 1}
    with Pool(tmp_path / "home").as_of(date(2024, 6, 1)) as cut:
        rows = cut.table("txn").order_by("src_row").to_pyarrow().to_pylist()
    assert [(row["txn_day"], row["amount"], row["direction"], row["ccy"]) for row in rows] == [
        (date(2024, 3, 2), 1250, "OUT", "EUR"),
        (date(2024, 3, 3), 700, "IN", "EUR"),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('table = "nothing"\n[columns]\n', "应为已知表名"),
        ('table = "txn"\n[columns]\nfoo = "x"\n', "foo 不是“银行流水”的列"),
        ('table = "txn"\nextra = 1\n[columns]\nts = "x"\n', "不认识的项 extra"),
        ('table = "txn"\n[columns]\nts = "x"\n[codes.direction]\nA = "LEFT"\n', "取值“LEFT”不在合同内"),
        ("table = ", "无法读取"),
    ],
)
def test_a_wrong_mapping_is_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    assert_refused(read_mapping, tmp_path / "m.toml", text, sentence)


def test_shipped_layouts_are_used_unasked(tmp_path: Path) -> None:
    known = {"alipay_personal.toml", "statement38.toml", "wallet.toml", "wechat_personal.toml"}
    banks = {"abc", "boc", "bocom", "ccb", "ccb_list", "cmb", "cmb_list", "cmbc", "icbc", "icbc_history", "spdb"}
    assert {mapping.name for mapping in shipped_mappings()} == known | {f"bank_{name}.toml" for name in banks}
    (tmp_path / "调单.csv").write_text(
        "序号,查询对象,反馈单位,查询项,查询账户,本方账号,借贷标志,交易金额,交易时间,交易对方账户,交易对方卡号\n"
        "1,甲,某行,x,9901,,借,5,2024-03-01 10:00:00,,9902\n",
        encoding="utf-8",
    )
    (tmp_path / "账户明细.csv").write_text(
        "用户信息,交易创建时间,金额,收/支,交易对方,消费名称,商户订单号,交易状态\n"
        "wx9901,2024-03-01 10:00:00,8.8,支出,某店,早餐,D1,支付成功\n",
        encoding="utf-8",
    )
    ingest(tmp_path / "home", [str(tmp_path / "调单.csv"), str(tmp_path / "账户明细.csv")], options())
    with Pool(tmp_path / "home").as_of(date(2024, 6, 1)) as cut:
        rows = cut.table("txn").order_by("acct_no").to_pyarrow().to_pylist()
    assert [(r["acct_no"], r["direction"], r["amount"], r["cp_acct"]) for r in rows] == [
        ("9901", "OUT", 500, "9902"),
        ("wx9901", "OUT", 880, None),
    ]


@pytest.mark.skipif(not BERKA.is_file(), reason="the third-party trial data is not here")
def test_a_czech_bank_is_read_through_the_mapping_in_the_docs(tmp_path: Path) -> None:
    report = ingest(tmp_path / "home", [str(BERKA)], options(ROOT / "docs" / "mappings" / "berka.toml"))
    assert (report.accepted, report.bad, report.duplicates) == (28_205, 0, 0)
