"""Own exports of banks: each layout, with invented rows, gives account, moment, sign, balance and counterparty."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.intake.ingest import IngestOptions, ingest
from features.intake.sources import encoding

LOOSE = IngestOptions(provider="某行", legal_basis="试验", purpose="试验", scope="试验", received_on=date(2025, 5, 1))
ACCOUNT = "9900000000000000018"

ICBC = f"""明细查询文件下载

卡号: {ACCOUNT},"卡别名: 家用"

子账户序号: 00000,子账户类别: 活期,"子账户别名: "

"""
LAYOUTS: dict[str, tuple[str, str, str, tuple[Any, ...], tuple[Any, ...]]] = {
    "工商银行，旧列": (
        ICBC + "交易日期,摘要,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,记账金额(收入),"
        "记账金额(支出),记账币种,余额,对方户名",
        '2024-03-02\t,"工资\t","某地\t","CHN\t",钞\t,"-\t","-\t",-\t,"1,234.50\t",'
        '"\t",人民币\t,"5,000.00\t","虚构公司\t",',
        '2024-03-03\t,"消费\t","\t","CHN\t",钞\t,"-\t","-\t",-\t,"\t","34.50\t",人民币\t,'
        '"4,965.50\t","虚构超市\t",',
        (ACCOUNT, datetime(2024, 3, 2), "IN", 123450, 500000, "虚构公司", None),
        (ACCOUNT, datetime(2024, 3, 3), "OUT", 3450, 496550, "虚构超市", None),
    ),
    "工商银行，新列": (
        ICBC + "交易日期,摘要,交易详情,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,"
        "记账金额(收入),记账金额(支出),记账币种,余额,对方户名,对方账户",
        '2024-03-02\t,"汇入\t","贷款\t","\t","CHN\t",钞\t,"-\t","-\t",-\t,"0.01\t",'
        '"\t",人民币\t,"10.00\t","赵某\t","9900000000000000201\t",',
        '2024-03-03\t,"转账\t","\t","\t","CHN\t",钞\t,"-\t","-\t",-\t,"\t",'
        '"9.99\t",人民币\t,"0.01\t","钱某\t","9900000000000000202\t",',
        (ACCOUNT, datetime(2024, 3, 2), "IN", 1, 1000, "赵某", "9900000000000000201"),
        (ACCOUNT, datetime(2024, 3, 3), "OUT", 999, 1, "钱某", "9900000000000000202"),
    ),
    "工商银行，历史明细": (
        f"卡号 {ACCOUNT} 户名：赵某\n"
        "交易日期,帐号,储种,序号,币种,钞汇,摘要,地区,收入/支出金额,余额,对方户名,对方帐号,渠道",
        "2024-03-0208:05:06,9900000000000031,活期,0,人民币,钞,汇入,9901,+50.00,150.00,虚构公司,9900000000000000201,网银",
        "2024-03-0309:00:00,9900000000000031,活期,0,人民币,钞,消费,9901,-20.00,130.00,（空）,（空）,网银",
        ("9900000000000031", datetime(2024, 3, 2, 8, 5, 6), "IN", 5000, 15000, "虚构公司", "9900000000000000201"),
        ("9900000000000031", datetime(2024, 3, 3, 9), "OUT", 2000, 13000, None, None),
    ),
    "农业银行": (
        f"账号：{ACCOUNT},户名：赵某\n交易日期,交易时间,交易摘要,交易金额,本次余额,对手信息,日 志 号,交易渠道,交易附言",
        "20240302,123456,转存,+10000.00,11000.00,钱某,990000001,超级网银,转账",
        "20240303,,正常还款,-12.89,10987.11,9900000000000000201,990000002,,",
        (ACCOUNT, datetime(2024, 3, 2, 12, 34, 56), "IN", 1000000, 1100000, "钱某", None),
        (ACCOUNT, datetime(2024, 3, 3), "OUT", 1289, 1098711, None, "9900000000000000201"),
    ),
    "中国银行": (
        f"中国银行交易流水明细清单\n借记卡号：{ACCOUNT},客户姓名：赵某\n"
        "记账日期,记账时间,币别,金额,余额,交易名称,渠道,网点名称,附言,对方账户名,对方卡号/账号,对方开户行",
        '2024-03-02,17:57:17,人民币,"1,071.89","3,240.28",跨行转账,手机银行,-------------------,----------,'
        "钱某,9900000000000000201,虚构银行",
        '2024-03-03,12:24:20,人民币,-326.00,"2,914.28",无卡支付,银企对接,-------------------,----------,'
        "-------------------,-------------------,-------------------",
        (ACCOUNT, datetime(2024, 3, 2, 17, 57, 17), "IN", 107189, 324028, "钱某", "9900000000000000201"),
        (ACCOUNT, datetime(2024, 3, 3, 12, 24, 20), "OUT", 32600, 291428, None, None),
    ),
    "建设银行，网银": (
        f"China Construction Bank\n开户机构：,虚构支行\n币\u3000\u3000种：,人民币\n账\u3000\u3000号：,{ACCOUNT}\n\n"
        "记账日   ,交易日期  ,交易时间  ,支出  ,收入  ,账户余额 ,币种 ,摘要 ,对方账号 ,对方户名 ,交易地点   ",
        "20240302,20240302,18:53:19,0.00,67.00,2176.91,人民币,汇入,9900000000000000201,钱某,网银",
        "20240303,20240303,19:12:59,16.78,0.00,2160.13,人民币,消费,9900000000000000202,虚构店,支付平台-虚构店",
        (ACCOUNT, datetime(2024, 3, 2, 18, 53, 19), "IN", 6700, 217691, "钱某", "9900000000000000201"),
        (ACCOUNT, datetime(2024, 3, 3, 19, 12, 59), "OUT", 1678, 216013, "虚构店", "9900000000000000202"),
    ),
    "建设银行，活期明细": (
        f"中国建设银行个人活期账户交易明细\n卡号/账号:{ACCOUNT},客户名称:赵某,起始日期:20240301\n"
        "序号,摘要,币别,钞汇,交易日期,交易金额,账户余额,交易地点/附言,对方账号与户名",
        '1,转账存入,人民币元,钞,20240302,"2,000.00","2,176.91",网银,9900000000000000201/钱某',
        "2,消费,人民币元,钞,20240303,-16.78,\"2,160.13\",虚构店,虚构店",
        (ACCOUNT, datetime(2024, 3, 2), "IN", 200000, 217691, "钱某", "9900000000000000201"),
        (ACCOUNT, datetime(2024, 3, 3), "OUT", 1678, 216013, "虚构店", None),
    ),
    "交通银行": (
        f"户名：赵某,账号：{ACCOUNT}\n序号,交易日期,交易时间,交易类型,借贷,交易金额,余额,对方账号,对方户名,交易地点,摘要",
        "1,2024-03-02,00:00:00,存款利息,贷 Cr,1.23,1334.63,9900000000000000201,应付利息,批处理,",
        "2,2024-03-03,13:15:12,转账还款,借 Dr,3.21,1331.42,9900000000000000202,钱某,其他,",
        (ACCOUNT, datetime(2024, 3, 2), "IN", 123, 133463, "应付利息", "9900000000000000201"),
        (ACCOUNT, datetime(2024, 3, 3, 13, 15, 12), "OUT", 321, 133142, "钱某", "9900000000000000202"),
    ),
    "招商银行，网银": (
        '"# 招商银行交易记录"\n"# 导出时间: [            2024-04-01 23:52:22]"\n'
        f'"# 账    号: [一卡通:{ACCOUNT}   招商银行]"\n'
        '"# 币    种: [                         人民币]"\n"# 过滤设置:  无"\n\n'
        '"交易日期","交易时间","收入","支出","余额","交易类型","交易备注"',
        '"\t20240302","\t12:56:16","164.91","","221455.46","\t汇入","\t虚构公司"',
        '"\t20240303","\t08:06:06","","64.91","221390.55","\t银联在线支付","\t银联在线支付，（特约）虚构店"',
        (ACCOUNT, datetime(2024, 3, 2, 12, 56, 16), "IN", 16491, 22145546, None, None),
        (ACCOUNT, datetime(2024, 3, 3, 8, 6, 6), "OUT", 6491, 22139055, None, None),
    ),
    "招商银行，流水": (
        f"招商银行交易流水\n户 名：赵某,账号：{ACCOUNT}\n记账日期,货币,交易金额,联机余额,交易摘要,对手信息,客户摘要",
        '2024-03-02,CNY,"1,234.00","1,271.66",代发,虚构中心 990000000001,约定提取',
        '2024-03-03,CNY,"-1,000.00",271.66,转账汇款,钱某 9900000000000000201,转账',
        (ACCOUNT, datetime(2024, 3, 2), "IN", 123400, 127166, "虚构中心", "990000000001"),
        (ACCOUNT, datetime(2024, 3, 3), "OUT", 100000, 27166, "钱某", "9900000000000000201"),
    ),
    "浦发银行": (
        f"账号,{ACCOUNT},账户类型,借记卡,日期范围,20240301-20240331\n"
        "顺序号,交易日期,交易类型,存入金额,取出金额,余额,交易对手名称,交易对手账号,附言",
        "1,2024/03/02  07:22:32,汇入,10.00,,1991.33,虚构公司,9900000000000000201,",
        "2,2024/03/03  14:06:51,网上支付,,3.88,1987.45,虚构店,9900000000000000202,",
        (ACCOUNT, datetime(2024, 3, 2, 7, 22, 32), "IN", 1000, 199133, "虚构公司", "9900000000000000201"),
        (ACCOUNT, datetime(2024, 3, 3, 14, 6, 51), "OUT", 388, 198745, "虚构店", "9900000000000000202"),
    ),
    "民生银行": (
        f"个人账户对账单\n客户姓名:赵某,客户账号:{ACCOUNT}\n"
        "凭证类型,凭证号码,交易时间,摘要,交易金额,账户余额,现转标志,交易渠道,交易机构,对方户名/账号,对方行名",
        "借记卡,99,2024/03/02 08:05:06,汇入,20.00,120.00,转,网银,9901,虚构公司/9900000000000000201,虚构银行",
        ",,2024/03/03 09:00:00,取现,-20.00,100.00,现,柜面,9901,,",
        (ACCOUNT, datetime(2024, 3, 2, 8, 5, 6), "IN", 2000, 12000, "虚构公司", "9900000000000000201"),
        (ACCOUNT, datetime(2024, 3, 3, 9), "OUT", 2000, 10000, None, None),
    ),
}  # fmt: skip


NAMES = ("acct_no", "ts", "direction", "amount", "balance", "cp_name", "cp_acct")
Rows = dict[str, list[tuple[Any, ...]]]


def read(folder: Path, files: dict[str, bytes]) -> tuple[Rows, dict[str, int]]:
    """The rows of each file by its name, as `NAMES`, and how many were set aside."""
    for name, content in files.items():
        (folder / f"{name}.csv").write_bytes(content)
    report = ingest(folder / "home", [str(folder / f"{name}.csv") for name in files], LOOSE)
    rows: Rows = {name: [] for name in files}
    # As stored: the same rows delivered in several files replace one another when the pool is read.
    for row in pq.read_table(folder / "home" / "pool" / "txn").to_pylist():
        rows[row["src_file"].removesuffix(".csv")].append(tuple(row[name] for name in NAMES))
    return rows, {sheet.file.removesuffix(".csv"): sheet.bad for sheet in report.sheets}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, dict[str, int]]:
    """All layouts, read in one delivery."""
    files = {bank: f"{head}\n{first}\n{second}\n".encode() for bank, (head, first, second, *_) in LAYOUTS.items()}
    return read(tmp_path_factory.mktemp("exports"), files)


@pytest.mark.parametrize("bank", LAYOUTS)
def test_own_exports_of_a_bank_are_read_unasked(exports: tuple[Rows, dict[str, int]], bank: str) -> None:
    rows, bad = exports
    assert rows[bank] == list(LAYOUTS[bank][3:])
    assert bad[bank] == 0


CMB_HEAD, CMB_FIRST, CMB_SECOND, *CMB_ROWS = LAYOUTS["招商银行，网银"]
SPDB_HEAD, SPDB_FIRST, SPDB_SECOND, *SPDB_ROWS = LAYOUTS["浦发银行"]
CMB = f"{CMB_HEAD}\n{CMB_FIRST}\n{CMB_SECOND}\n"
SPDB = f"{SPDB_HEAD}\n{SPDB_FIRST}\n{SPDB_SECOND}\n"
BOC_HEAD, _, BOC_LINE, *BOC_ROWS = LAYOUTS["中国银行"]
BOC_SECOND = f"{BOC_HEAD}\n{BOC_LINE}\n"
OTHER = "9900000000000000026"


def of(rows: list[Any], account: str) -> list[Any]:
    """The same rows on another account."""
    return [(account, *row[1:]) for row in rows]


FORMS: dict[str, tuple[bytes, list[Any], int]] = {
    "gbk": (CMB.encode("gbk"), CMB_ROWS, 0),
    "gb18030 with a character outside gbk": (CMB.replace("虚构店", "虚构𠮷店").encode("gb18030"), CMB_ROWS, 0),
    "utf-8 with mark": (CMB.encode("utf-8-sig"), CMB_ROWS, 0),
    "utf-16": (CMB.encode("utf-16"), CMB_ROWS, 0),
    "utf-16, big end first": (b"\xfe\xff" + CMB.encode("utf-16-be"), CMB_ROWS, 0),
    "lines as Windows ends them": (CMB.replace("\n", "\r\n").encode("gbk"), CMB_ROWS, 0),
    "tabs instead of commas": (SPDB.replace(",", "\t").encode("gbk"), SPDB_ROWS, 0),
    "tabs behind every cell": (SPDB.replace(",", "\t,").encode(), SPDB_ROWS, 0),
    "numbers as Excel keeps them": (
        SPDB.replace("9900000000000000201", '"=""9900000000000000201"""').encode(), SPDB_ROWS, 0),
    "full-width sums and minus": (
        BOC_SECOND.replace("-326.00", "－３２６.００").encode(), [BOC_ROWS[1]], 0),
    "a total below": ((SPDB + "合计,,,10.00,3.88,,,,\n").encode(), SPDB_ROWS, 1),
    "a shorter total below": ((SPDB + "合计：收入1笔，支出1笔\n").encode(), SPDB_ROWS, 1),
    "the header on each page": (
        (SPDB + SPDB_HEAD.split("\n")[1] + "\n" + SPDB_SECOND.replace(",3.88", ",4.00") + "\n").encode(),
        [*SPDB_ROWS, (*SPDB_ROWS[1][:3], 400, *SPDB_ROWS[1][4:])], 0),
    "two accounts, each with its head": (
        (SPDB + "\n" + SPDB.replace(ACCOUNT, OTHER)).encode(), SPDB_ROWS + of(SPDB_ROWS, OTHER), 0),
    "two accounts, the second head of short lines": (
        (CMB + CMB.replace(ACCOUNT, OTHER)).encode("gbk"), CMB_ROWS + of(CMB_ROWS, OTHER), 0),
    "masked_second": (
        (CMB + CMB.replace(ACCOUNT, "990000****0026")).encode(), CMB_ROWS + of(CMB_ROWS, "masked_second#2"), 0),
    "masked": (CMB.replace(ACCOUNT, "990000****0018").encode(), of(CMB_ROWS, "masked"), 0),
}  # fmt: skip


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, dict[str, int]]:
    """All forms, read in one delivery."""
    return read(tmp_path_factory.mktemp("forms"), {form: content for form, (content, _, _) in FORMS.items()})


@pytest.mark.parametrize("form", FORMS)
def test_a_layout_is_read_in_every_form_users_bring(forms: tuple[Rows, dict[str, int]], form: str) -> None:
    rows, bad = forms
    _, expected, refused = FORMS[form]
    assert rows[form] == expected
    assert bad[form] == refused


def test_the_head_of_a_second_account_is_found_across_the_end_of_a_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding.utf8_blocks, "__defaults__", (64,))
    content, expected, _ = FORMS["two accounts, the second head of short lines"]
    rows, _ = read(tmp_path, {"short": content})
    assert rows["short"] == expected
