"""What the office itself knows: petitions, inquiries made, cases selected, reviews (docs/domain.md section 4.9-4.10,
1.7)."""

from __future__ import annotations

from features.schema.contract import Column, Order, Table, codes
from features.schema.sources import SOURCES

PETITION = Table(
    name="petition",
    number=23,
    label="信访反映",
    source="PET",
    key=("pet_id",),
    happened="recv_date",
    lag_days=7,
    columns=(
        Column("pet_id", "信访编号", "id", required=True),
        Column(
            "channel",
            "反映渠道",
            "code",
            required=True,
            codes=codes(
                web="12309网上|12309",
                phone="电话",
                letter="来信",
                visit="来访",
                centre="综治中心",
                commission="政法委|政法委转办",
                congress="人大政协",
                court="法院移送",
                media="媒体",
            ),
            closed=True,
        ),
        Column("recv_date", "收到日期", "date", required=True),
        Column("case_no", "案号", "id", required=True),
        Column("petitioner_role", "反映人身份"),
        Column("text", "反映内容", personal=True),
        Column("topic", "反映事项"),
        Column("asset_kind", "所反映财产类别"),
        Column("asset_id", "所反映财产标识", "id", personal=True),
        Column("reply_7d_date", "七日程序性答复日期", "date"),
        Column("result_3m_date", "三个月结果答复日期", "date"),
        Column("status", "办理状态"),
    ),
)

INQUIRY = Table(
    name="inquiry",
    number=24,
    label="调取清单",
    source="OFFICE",
    key=("inquiry_no", "subject_id", "source_code"),
    happened="answered_on",
    lag_days=0,
    checks=(Order("asked_on", "answered_on"), Order("period_from", "period_to")),
    columns=(
        Column("inquiry_no", "调取编号", "id", required=True),
        Column("subject_id", "被查询人证件号码", "id", required=True, personal=True),
        Column(
            "source_code",
            "数据来源",
            "code",
            required=True,
            codes=codes(**{source.code: source.inquiry for source in SOURCES if source.inquiry}),
            closed=True,
        ),
        Column("unit_name", "被调取单位"),
        Column("asked_on", "调取日期", "date", required=True),
        Column("answered_on", "反馈日期", "date", required=True),
        Column("period_from", "数据起始日期", "date"),
        Column("period_to", "数据截止日期", "date"),
        Column("has_result", "是否有记录", "bool", required=True),
        Column("accounts_known", "已知账户数", "int", low=0),
        Column("accounts_returned", "已反馈账户数", "int", low=0),
        Column("legal_basis", "法律依据"),
    ),
)
"""What the office asked of whom, and got: the answer 'nothing found' is what tells a covered zero from a blank."""

SELECTION = Table(
    name="selection",
    number=25,
    label="选案记录",
    source="OFFICE",
    key=("case_no", "zb_date", "selected_on"),
    happened="selected_on",
    lag_days=0,
    outcome=True,
    columns=(
        Column("case_no", "案号", "id", required=True),
        Column("zb_date", "终本日期", "date", required=True),
        Column("selected_on", "选取日期", "date", required=True),
        Column("office", "检察院代码", "id", required=True),
        Column("channel", "选取方式", required=True),
        Column("probability", "入选概率", "real", low=0, high=1),
    ),
)

LABEL_CODES = codes(
    Y1="隐匿转移财产查实|隐匿财产查实",
    Y2="名下财产遗漏",
    Y3="程序违法无财产",
    Y4="执行不能确认|执行不能",
    Y5="未核查|未结",
    Y6="刑事线索移送",
)

REVIEW = Table(
    name="review",
    number=26,
    label="监督结果",
    source="OFFICE",
    key=("review_id",),
    happened="accept_date",
    lag_days=0,
    outcome=True,
    checks=(Order("selected_on", "conclude_date"), Order("sug_date", "reply_date")),
    columns=(
        Column("review_id", "审查编号", "id", required=True),
        Column("case_no", "案号", "id", required=True),
        Column("zb_date", "终本日期", "date", required=True),
        Column("office", "检察院代码", "id", required=True),
        Column("origin", "案件来源"),
        Column("reviewer", "承办人", personal=True),
        Column("selected_on", "选取日期", "date", required=True),
        Column("accept_date", "受理日期", "date", required=True),
        Column("score_id", "评分编号", "id"),
        Column("conclude_date", "审结日期", "date"),
        Column("label", "核查结论", "code", codes=LABEL_CODES, closed=True),
        Column("irregularity", "违法情形", "set"),
        Column("found_kind", "查实财产类别"),
        Column("found_value", "查实财产价值", "money", unit="元", low=0),
        Column("sug_date", "检察建议日期", "date"),
        Column("reply_date", "回复日期", "date"),
        Column(
            "reply",
            "采纳情况",
            "code",
            codes=codes(
                adopted="采纳|已采纳|全部采纳|予以采纳|采纳建议|同意采纳",
                partly="部分采纳|已部分采纳|部分予以采纳",
                refused="不采纳|未采纳|不予采纳|未予采纳|拒绝采纳",
                overdue="逾期未复|逾期未回复|未回复|未复",
            ),
            closed=True,
        ),
        Column("resume_date", "恢复执行日期", "date"),
        Column("recovered_amount", "执行到位金额", "money", unit="元", low=0),
        Column("recovered_date", "到位日期", "date"),
        Column("unaided", "是否非因监督到位", "bool"),
        Column("false_positive_reason", "排除理由"),
    ),
)

WATCH = Table(
    name="watch",
    number=32,
    label="重点关注清单",
    source="OFFICE",
    key=("list_no", "case_no"),
    happened="listed_on",
    lag_days=0,
    columns=(
        Column("list_no", "清单编号", "id", required=True),
        Column("case_no", "案号", "id", required=True),
        Column(
            "reason",
            "列入原因",
            "code",
            required=True,
            codes=codes(
                commission="政法委交办|政法委",
                superior="上级交办|上级院交办",
                congress="人大政协交办|人大政协",
                court="法院移送介入清单|法院移送",
                media="舆情关注|媒体",
                petition="信访积案",
                other="其他",
            ),
            closed=True,
        ),
        Column("from_unit", "交办单位"),
        Column("listed_on", "列入日期", "date", required=True),
        Column("until", "关注截止日期", "date"),
        Column("demand", "交办要求"),
    ),
)
"""Cases named by others (政法委、上级交办): shown, guaranteed a look, never a feature (docs/domain.md section 6.29)."""

TABLES = (PETITION, INQUIRY, SELECTION, REVIEW, WATCH)
