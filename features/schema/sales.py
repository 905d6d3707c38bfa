"""Judicial auctions and compensation for demolition (domain.md 4.8)."""

from __future__ import annotations

from features.schema.contract import Column, Order, Table, codes

AUCTION = Table(
    name="auction",
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
    ),
)

DEMOLITION = Table(
    name="demolition",
    label="征收拆迁补偿",
    source="DEM",
    key=("agreement_no", "payee_id"),
    happened="agreement_date",
    lag_days=60,
    columns=(
        Column("agreement_no", "协议编号", "id", required=True),
        Column("project", "项目"),
        Column("payee_id", "领款人证件号码", "id", required=True, personal=True),
        Column("household", "户主", personal=True),
        Column("agreement_date", "协议日期", "date", required=True),
        Column("amount", "补偿金额", "money", unit="元", low=0),
        Column("paid_date", "付款日期", "date"),
        Column("paid_acct", "收款账号", "id", personal=True),
    ),
)

TABLES = (AUCTION, AUCTION_BID, DEMOLITION)
