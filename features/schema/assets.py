"""Registries of things owned: vehicles and their use, realty, insurance, funds, companies (domain.md 4.7-4.8)."""

from __future__ import annotations

from features.schema.contract import Column, Order, Table, codes

VEHICLE = Table(
    name="vehicle",
    label="机动车登记",
    source="VEH",
    key=("vin", "owner_id", "own_from"),
    happened="own_from",
    lag_days=30,
    checks=(Order("own_from", "own_to"),),
    columns=(
        Column("plate", "号牌号码", "id", required=True, personal=True, aliases=("HPHM",)),
        Column("plate_type", "号牌种类", "id", aliases=("HPZL",)),
        Column("vin", "车辆识别代号", "id", required=True, personal=True, aliases=("CLSBDH", "VIN")),
        Column("engine_no", "发动机号", "id", aliases=("FDJH",)),
        Column("brand", "品牌"),
        Column("use_nature", "使用性质", aliases=("SYXZ",)),
        Column("owner_name", "所有人", personal=True, aliases=("SYR",)),
        Column("owner_id", "所有人证件号码", "id", required=True, personal=True),
        Column("first_reg", "初次登记日期", "date", aliases=("CCDJRQ",)),
        Column("own_from", "取得日期", "date", required=True, aliases=("转移登记日期",)),
        Column("own_to", "转出日期", "date"),
        Column("prev_owner_id", "原所有人证件号码", "id", personal=True),
        Column("transfer_price", "转让价格", "money", unit="元", low=0),
        Column("inspect_until", "检验有效期止", "date", aliases=("YXQZ",)),
        Column("scrap_until", "强制报废期止", "date", aliases=("QZBFQZ",)),
        Column("status", "状态", aliases=("ZT",)),
        Column("mortgage_flag", "是否抵押", "bool"),
        Column("mortgage_amt", "抵押金额", "money", unit="元", low=0),
        Column("seal_flag", "是否查封", "bool"),
        Column("est_value", "评估价值", "money", unit="元", low=0),
    ),
)

VEH_USE = Table(
    name="veh_use",
    label="机动车使用",
    source="VUSE",
    key=("plate", "event_type", "event_time"),
    happened="event_time",
    lag_days=45,
    columns=(
        Column("plate", "号牌号码", "id", required=True, personal=True),
        Column(
            "event_type",
            "事件类型",
            "code",
            required=True,
            codes=codes(
                VIO="违法|交通违法",
                JQX="交强险",
                SYX="商业险",
                INSP="年检",
                ETC="高速通行",
                FUEL="加油",
                PARK="停车",
                GATE="卡口",
            ),
            closed=True,
        ),
        Column("event_time", "事件时间", "datetime", required=True),
        Column("place", "地点"),
        Column("driver_id", "驾驶人证件号码", "id", personal=True),
        Column("payer_id", "缴费人或投保人证件号码", "id", personal=True, aliases=("投保人证件号码",)),
        Column("amount", "金额", "money", unit="元"),
        Column("origin", "数据来源"),
    ),
)

REALTY = Table(
    name="realty",
    label="不动产登记",
    source="RE",
    key=("unit_no", "holder_id", "reg_date"),
    happened="reg_date",
    lag_days=45,
    checks=(Order("reg_date", "end_date"),),
    columns=(
        Column("unit_no", "不动产单元号", "id", required=True, personal=True, aliases=("BDCDYH",)),
        Column("cert_no", "不动产权证号", "id", personal=True),
        Column("location", "坐落", personal=True, aliases=("ZL",)),
        Column("use", "用途"),
        Column("area", "建筑面积", "real", unit="平方米", low=0),
        Column("holder_name", "权利人", personal=True),
        Column("holder_id", "权利人证件号码", "id", required=True, personal=True),
        Column("share", "份额", "real", low=0, high=1),
        Column("reg_date", "登记日期", "date", required=True),
        Column("end_date", "转出日期", "date"),
        Column("prev_holder_id", "原权利人证件号码", "id", personal=True),
        Column("acquire_mode", "取得方式"),
        Column("price", "登记价格", "money", unit="元", low=0),
        Column("market_value", "评估价值", "money", unit="元", low=0),
        Column("mortgage_amt", "抵押金额", "money", unit="元", low=0),
        Column("seal_until", "查封结束时间", "date", aliases=("CFJSSJ",)),
        Column("only_home", "是否唯一住房", "bool"),
    ),
)

INSURANCE = Table(
    name="insurance",
    label="人身保险",
    source="INS",
    key=("policy_no", "applicant_id"),
    happened="start_date",
    lag_days=60,
    columns=(
        Column("policy_no", "保单号", "id", required=True, personal=True),
        Column("insurer", "保险公司"),
        Column("product", "产品名称"),
        Column("kind", "险种"),
        Column("applicant_id", "投保人证件号码", "id", required=True, personal=True),
        Column("insured_id", "被保险人证件号码", "id", personal=True),
        Column("start_date", "生效日期", "date", required=True),
        Column("end_date", "终止日期", "date"),
        Column("status", "保单状态"),
        Column("premium", "期缴保费", "money", unit="元", low=0),
        Column("cash_value", "现金价值", "money", unit="元", low=0),
        Column("prev_applicant_id", "原投保人证件号码", "id", personal=True),
        Column("changed_date", "投保人变更日期", "date"),
    ),
)

HPF = Table(
    name="hpf",
    label="住房公积金",
    source="HPF",
    key=("acct_no", "last_month"),
    happened="last_month",
    lag_days=45,
    columns=(
        Column("acct_no", "公积金账号", "id", required=True, personal=True),
        Column("person_id", "证件号码", "id", required=True, personal=True),
        Column("unit", "缴存单位"),
        Column("open_date", "开户日期", "date"),
        Column("last_month", "缴存至", "date", required=True),
        Column("monthly_amt", "月缴存额", "money", unit="元", low=0),
        Column("balance", "余额", "money", unit="元", low=0),
        Column("status", "账户状态"),
        Column("loan_flag", "是否有公积金贷款", "bool"),
    ),
)

SOCIAL = Table(
    name="social",
    label="社会保险",
    source="SOC",
    key=("person_id", "last_month"),
    happened="last_month",
    lag_days=45,
    columns=(
        Column("person_id", "证件号码", "id", required=True, personal=True),
        Column("unit", "参保单位"),
        Column("last_month", "缴至月份", "date", required=True),
        Column("base", "缴费基数", "money", unit="元", low=0),
        Column("pension_amt", "月养老金", "money", unit="元", low=0),
        Column("status", "参保状态"),
    ),
)

COMPANY = Table(
    name="company",
    label="企业登记",
    source="EQ",
    key=("uscc",),
    happened="est_date",
    lag_days=30,
    columns=(
        Column("uscc", "统一社会信用代码", "id", required=True),
        Column("name", "企业名称", required=True),
        Column("former_name", "曾用名称"),
        Column("one_person", "是否一人公司", "bool"),
        Column("legal_rep", "法定代表人", personal=True),
        Column("legal_rep_id", "法定代表人证件号码", "id", personal=True),
        Column("status", "登记状态"),
        Column("est_date", "成立日期", "date"),
        Column("end_date", "注销日期", "date"),
        Column("address", "住所"),
        Column("phone", "联系电话", "id"),
        Column("scope", "经营范围"),
    ),
)

SHAREHOLDING = Table(
    name="shareholding",
    label="股东持股",
    source="EQ",
    key=("uscc", "holder_id", "from_date"),
    happened="from_date",
    lag_days=30,
    checks=(Order("from_date", "to_date"),),
    columns=(
        Column("uscc", "统一社会信用代码", "id", required=True),
        Column("company_name", "企业名称"),
        Column("holder_name", "股东", personal=True),
        Column("holder_id", "股东证件号码", "id", required=True, personal=True),
        Column("from_date", "持股起始日期", "date", required=True),
        Column("to_date", "持股终止日期", "date"),
        Column("pct", "持股比例", "real", low=0, high=1),
        Column("subscribed", "认缴出资", "money", unit="元", low=0),
        Column("paid", "实缴出资", "money", unit="元", low=0),
    ),
)

COMPANY_CHANGE = Table(
    name="company_change",
    label="企业变更",
    source="EQ",
    key=("uscc", "change_type", "change_date"),
    happened="change_date",
    lag_days=30,
    columns=(
        Column("uscc", "统一社会信用代码", "id", required=True),
        Column("change_type", "变更事项", required=True),
        Column("change_date", "变更日期", "date", required=True),
        Column("before", "变更前", personal=True),
        Column("before_id", "变更前证件号码", "id", personal=True),
        Column("after", "变更后", personal=True),
        Column("after_id", "变更后证件号码", "id", personal=True),
    ),
)

TABLES = (VEHICLE, VEH_USE, REALTY, INSURANCE, HPF, SOCIAL, COMPANY, SHAREHOLDING, COMPANY_CHANGE)
