"""Ties between people, marriages, travel and deaths (docs/domain.md section 4.3 and 4.8)."""

from __future__ import annotations

from features.schema.contract import Column, Order, Table, codes

RELATION_CODES = codes(
    spouse="配偶",
    ex_spouse="前配偶",
    parent="父母|父亲|母亲",
    child="子女|儿子|女儿",
    sibling="兄弟姐妹|兄弟|姐妹",
    in_law="女婿/儿媳|女婿|儿媳|姻亲",
    household="同户",
    same_address="同址",
    same_phone="同手机号",
    legal_rep="法定代表人",
    shareholder="股东",
    controller="实际控制人",
    employee="员工",
    accountant="会计",
    weak_kin="弱亲属(同姓)|弱亲属",
)

RELATION = Table(
    name="relation",
    number=6,
    label="人员关系",
    source="KIN",
    key=("person_a", "person_b", "rel_code"),
    happened="valid_from",
    lag_days=60,
    checks=(Order("valid_from", "valid_to"),),
    subjects=("person_a", "person_b"),
    person_names=(("person_a", "name_a"), ("person_b", "name_b")),
    columns=(
        Column("person_a", "甲方证件号码", "id", required=True, personal=True),
        Column("name_a", "甲方姓名", personal=True),
        Column("person_b", "乙方证件号码", "id", required=True, personal=True),
        Column("name_b", "乙方姓名", personal=True),
        Column("rel_code", "关系", "code", required=True, codes=RELATION_CODES, closed=True),
        Column("valid_from", "起始日期", "date"),
        Column("valid_to", "终止日期", "date"),
        Column("origin", "关系来源"),
        Column("confidence", "置信度", "real", low=0, high=1),
    ),
)

MARRIAGE = Table(
    name="marriage",
    number=7,
    label="婚姻登记",
    source="KIN",
    key=("person_a", "person_b", "reg_date"),
    happened="reg_date",
    lag_days=60,
    checks=(Order("reg_date", "divorce_date"),),
    subjects=("person_a", "person_b"),
    columns=(
        Column("person_a", "甲方证件号码", "id", required=True, personal=True),
        Column("person_b", "乙方证件号码", "id", required=True, personal=True),
        Column("reg_date", "结婚登记日期", "date", required=True),
        Column("divorce_date", "离婚登记日期", "date"),
        Column("division", "财产分割摘要"),
        Column("asset_share", "甲方分得财产比例", "real", low=0, high=1),
        Column("debt_share", "甲方承担债务比例", "real", low=0, high=1),
    ),
)

TRAVEL = Table(
    name="travel",
    number=8,
    label="出行记录",
    source="TRAVEL",
    key=("person_id", "kind", "travel_date", "doc_no"),
    happened="travel_date",
    lag_days=60,
    subjects=("person_id",),
    columns=(
        Column("person_id", "证件号码", "id", required=True, personal=True),
        Column(
            "kind",
            "出行种类",
            "code",
            required=True,
            codes=codes(air="航班", rail_first="高铁一等座|商务座", exit="出境"),
        ),
        Column("travel_date", "出行日期", "date", required=True),
        Column("doc_no", "所持证件号码", "id", personal=True),
        Column("payer_id", "购票人证件号码", "id", personal=True),
    ),
)

DEATH = Table(
    name="death",
    number=31,
    label="死亡登记",
    source="DEATH",
    key=("person_id",),
    happened="died_on",
    lag_days=60,
    subjects=("person_id",),
    person_names=(("person_id", "name"),),
    columns=(
        Column("person_id", "证件号码", "id", required=True, personal=True),
        Column("name", "姓名", personal=True),
        Column("died_on", "死亡日期", "date", required=True),
        Column("cremated_on", "火化日期", "date"),
        Column("origin", "数据来源"),
    ),
)

TABLES = (RELATION, MARRIAGE, TRAVEL, DEATH)
