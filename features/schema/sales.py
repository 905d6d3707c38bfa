"""Judicial auctions, leases that burden them, and compensation for demolition (docs/domain.md section 4.8)."""

from __future__ import annotations

from features.schema.contract import Column, Order, Table, codes

AUCTION = Table(
    name="auction",
    number=20,
    label="网络司法拍卖",
    source="AUC",
    key=("lot_id", "round"),
    happened="start_date",
    lag_days=15,
    checks=(Order("notice_date", "start_date"), Order("start_date", "end_date")),
    columns=(
        Column("lot_id", "标的编号", "id", required=True),
        Column("platform", "拍卖平台"),
        Column("case_no", "案号", "id", required=True),
        Column("asset_kind", "财产类别"),
        Column("asset_id", "财产标识", "id", personal=True),
        Column(
            "round",
            "拍卖轮次",
            "code",
            required=True,
            codes=codes(first="一拍|第一次拍卖", second="二拍|第二次拍卖", selloff="变卖"),
        ),
        Column("appraised", "评估价", "money", unit="元", low=0),
        Column("reserve", "起拍价", "money", unit="元", low=0),
        Column("deposit", "保证金", "money", unit="元", low=0),
        Column("notice_date", "公告日期", "date"),
        Column("notified_date", "通知当事人及优先购买权人日期", "date"),
        Column("priority_holder", "优先购买权人", personal=True),
        Column("tax_bearer", "税费承担"),
        Column("tenancy_notice", "租赁情况公示"),
        Column("evacuation", "腾退交付"),
        Column("appraisal_public", "评估报告是否公示", "bool"),
        Column("start_date", "开拍时间", "date", required=True),
        Column("end_date", "结束时间", "date"),
        Column("bidders", "竞买人数", "int", low=0),
        Column("deal_price", "成交价", "money", unit="元", low=0),
        Column("buyer_name", "买受人", personal=True),
        Column("buyer_id", "买受人证件号码", "id", personal=True),
        Column(
            "status",
            "拍卖状态",
            "code",
            codes=codes(sold="成交", failed="流拍", withdrawn="撤回", defaulted="悔拍", halted="中止"),
        ),
    ),
)

AUCTION_BID = Table(
    name="auction_bid",
    number=21,
    label="竞买记录",
    source="AUC",
    key=("lot_id", "round", "bidder_id", "bid_time"),
    happened="bid_time",
    lag_days=15,
    columns=(
        Column("lot_id", "标的编号", "id", required=True),
        Column("round", "拍卖轮次", "id", required=True),
        Column("bidder_id", "竞买人证件号码", "id", required=True, personal=True),
        Column("bid_time", "出价时间", "datetime", required=True),
        Column("price", "出价", "money", unit="元", low=0),
        Column("ip", "IP地址", "id"),
        Column("phone", "联系电话", "id", personal=True),
        Column("deposit_acct", "保证金付款账号", "id", personal=True),
        Column("deposit_holder_id", "保证金付款人证件号码", "id", personal=True),
        Column("delivery_addr", "联系地址", personal=True),
    ),
)

DEMOLITION = Table(
    name="demolition",
    number=22,
    label="征收拆迁补偿",
    source="DEM",
    key=("agreement_no", "payee_id"),
    happened="agreement_date",
    lag_days=60,
    subjects=("payee_id", "owner_id", "prev_payee_id"),
    columns=(
        Column("agreement_no", "协议编号", "id", required=True),
        Column("project", "项目"),
        Column("payee_id", "领款人证件号码", "id", required=True, personal=True),
        Column("payee_name", "领款人", personal=True),
        Column("owner_id", "被征收人证件号码", "id", personal=True),
        Column("household", "户主", personal=True),
        Column("prev_payee_id", "原领款人证件号码", "id", personal=True),
        Column("changed_date", "领款人变更日期", "date"),
        Column("agreement_date", "协议日期", "date", required=True),
        Column("amount", "补偿金额", "money", unit="元", low=0),
        Column("paid_date", "付款日期", "date"),
        Column("paid_acct", "收款账号", "id", personal=True),
    ),
)

LEASE = Table(
    name="lease",
    number=28,
    label="房屋租赁登记",
    source="LEASE",
    key=("lease_no",),
    happened="registered_on",
    lag_days=45,
    checks=(Order("start_date", "end_date"),),
    subjects=("landlord_id",),
    columns=(
        Column("lease_no", "租赁备案编号", "id", required=True),
        Column("unit_no", "不动产单元号", "id", required=True, personal=True),
        Column("landlord_id", "出租人证件号码", "id", required=True, personal=True),
        Column("tenant_id", "承租人证件号码", "id", personal=True),
        Column("tenant_name", "承租人", personal=True),
        Column("signed_on", "合同签订日期", "date"),
        Column("registered_on", "备案日期", "date", required=True),
        Column("start_date", "租期起始日期", "date"),
        Column("end_date", "租期届满日期", "date"),
        Column("rent_month", "月租金", "money", unit="元", low=0),
        Column("market_rent", "市场月租金", "money", unit="元", low=0),
        Column("prepaid", "已预付租金", "money", unit="元", low=0),
    ),
)

TABLES = (AUCTION, AUCTION_BID, DEMOLITION, LEASE)
