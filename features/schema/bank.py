"""Bank tables: the 34-column statement and account information (docs/domain.md section 4.6)."""

from __future__ import annotations

from features.schema.contract import Column, Order, Table, codes

DIRECTION = codes(IN="进|入|收|贷|贷方|C|收入|I|转入", OUT="出|付|支|借|借方|D|支出|O|转出")
SUCCESS = codes(ok="成功|1|是|Y|交易成功|True|true", failed="失败|0|否|N|交易失败|False|false")

TXN = Table(
    name="txn",
    number=9,
    label="银行流水",
    source="TX",
    key=("acct_no", "ref_no", "txn_day", "direction", "occurrence"),
    happened="ts",
    lag_days=30,
    derived=(Column("txn_day", "交易日", "date"), Column("occurrence", "同号序次", "int")),
    file_words=("交易明细", "账户明细", "流水"),
    large=True,
    columns=(
        Column("card_no", "交易卡号", "id", personal=True, stand_in="acct_no"),
        Column(
            "acct_no",
            "交易账号",
            "id",
            required=True,
            personal=True,
            aliases=("查询账户", "本方账号"),
            stand_in="card_no",
        ),
        Column("holder", "账户开户名称", personal=True, aliases=("交易户名", "户名", "查询对象")),
        Column("holder_id", "开户人证件号码", "id", personal=True, aliases=("交易证件号码", "证件号码")),
        Column("ts", "交易时间", "datetime", required=True, aliases=("交易日期", "交易创建时间")),
        Column("amount", "交易金额", "money", required=True, unit="元", low=0),
        Column("balance", "交易余额", "money", unit="元", aliases=("账户余额",)),
        Column(
            "direction",
            "收付标志",
            "code",
            required=True,
            codes=DIRECTION,
            closed=True,
            aliases=("借贷标志", "收/支"),
        ),
        Column("cp_acct", "交易对手账卡号", "id", personal=True, aliases=("交易对方账户", "对手账号")),
        Column("cash_flag", "现金标志", "code", codes=codes(cash="现金|01|1", transfer="转账|02|0|非现金")),
        Column("cp_name", "对手户名", personal=True, aliases=("交易对方姓名", "交易对方")),
        Column("cp_id", "对手身份证号", "id", personal=True, aliases=("交易对方证件号码",)),
        Column("cp_bank", "对手开户银行", aliases=("交易对方账号开户行",)),
        Column("memo", "摘要说明", aliases=("交易摘要", "摘要")),
        Column("ccy", "交易币种", aliases=("币种",)),
        Column("branch", "交易网点名称"),
        Column("branch_no", "交易网点代码", "id"),
        Column("place", "交易发生地"),
        Column("success", "交易是否成功", "code", codes=SUCCESS, closed=True, aliases=("交易状态",)),
        Column("voucher", "传票号", "id"),
        Column("terminal", "终端号", "id"),
        Column("ip", "IP地址", "id"),
        Column("mac", "MAC地址", "id", aliases=("MAC",)),
        Column("cp_balance", "对手交易余额", "money", unit="元", aliases=("交易对手余额",)),
        Column("ref_no", "交易流水号", "id"),
        Column("log_no", "日志号", "id"),
        Column("voucher_kind", "凭证种类"),
        Column("voucher_no", "凭证号", "id"),
        Column("teller", "交易柜员号", "id"),
        Column("merchant", "商户名称", aliases=("消费名称",)),
        Column("merchant_no", "商户号", "id"),
        Column("remark", "备注"),
        Column("txn_type", "交易类型"),
        Column("fb_reason", "查询反馈结果原因"),
    ),
)
"""The 34 columns in the order banks deliver them. Of the key, `txn_day` (the day of `ts`) and `occurrence`
(the n-th row of the file with the same account, reference, day and direction) are derived at intake, so that
a fee and its principal under one reference stay two rows while a corrected amount replaces the wrong one."""

ACCOUNT = Table(
    name="account",
    number=10,
    label="账户信息",
    source="TX",
    key=("acct_no",),
    happened="open_date",
    lag_days=30,
    checks=(Order("open_date", "close_date"),),
    person_names=(("holder_id", "holder"),),
    columns=(
        Column("holder", "账户开户名称", personal=True),
        Column("holder_id", "开户人证件号码", "id", required=True, personal=True),
        Column("card_no", "交易卡号", "id", personal=True, stand_in="acct_no"),
        Column("acct_no", "交易账号", "id", required=True, personal=True, stand_in="card_no"),
        Column("open_date", "账号开户时间", "date", aliases=("开户时间",)),
        Column("close_date", "销户时间", "date"),
        Column("balance", "账户余额", "money", unit="元"),
        Column("available", "可用余额", "money", unit="元"),
        Column("acct_type", "账户类型", aliases=("账户类别",)),
        Column("status", "账户状态"),
        Column("bank", "账号开户银行", aliases=("银行名称", "开户银行")),
        Column("branch", "开户网点"),
        Column("ccy", "币种"),
        Column("freeze_info", "冻结信息"),
    ),
)

TABLES = (TXN, ACCOUNT)
