"""Sums as their story makes them: totals of parts, disputed and undone payments, other cases, rough figures."""

from __future__ import annotations

from decimal import Decimal

import pytest

from features.intake.ruling.document import Ruling
from features.intake.ruling.reader import read_ruling
from features.intake.ruling.rows import ruling_rows

HEAD = "测试县人民法院\n执行裁定书\n（2023）浙9901执5号\n申请执行人：甲某。\n被执行人：乙某。\n"
FOOT = "\n裁定如下：\n终结本次执行程序。\n审判员 王某\n二〇二三年六月一日\n书记员 赵某\n"


def read(story: str) -> Ruling:
    return read_ruling(HEAD + story + FOOT)


def said(ruling: Ruling) -> str:
    return "".join(sentence for sentence in ruling.unread if not sentence.startswith("未见"))


def fen(yuan: str | None) -> int | None:
    return None if yuan is None else int(Decimal(yuan) * 100)


@pytest.mark.parametrize(
    ("story", "role", "yuan"),
    [
        ("执行标的为：1、借款500000元；2、案件受理费4400元；3、执行费7400元。共计511800元。", "claim", "511800"),
        ("执行标的：本金500000元，利息30000元，诉讼费4400元，合计534400元；已执行到位20000元。", "claim", "534400"),
        ("申请执行标的为货款81000元、违约金9000元，总计90000元。", "claim", "90000"),
        ("判令支付货款3000元，利息50元，两项合计3050元，已付1000元。", "claim", "3050"),
        ("申请执行人要求支付工资40000元、经济补偿5000元，以上共计45000元。", "claim", "45000"),
        ("执行标的534400元（其中本金500000元、利息30000元、诉讼费4400元）。", "claim", "534400"),
        ("执行标的9000元，包括租金8000元、水电费1000元。", "claim", "9000"),
        ("执行标的：（1）赔偿款100000元。\n（2）鉴定费3000元。\n以上合计103000元。", "claim", "103000"),
        ("尚欠本金480元、利息5元，共计485元。", "outstanding", "485"),
        ("扣划了乙某存款12000元，丙某存款8000元，共计20000元。", "paid", "20000"),
        ("标的99999元。微信账户余额20.5元、支付宝账户余额30.6元，共计51.1元，均已扣划。", "paid", "51.1"),
        ("提取公积金5000元、扣留工资3000元，合计8000元。", "paid", "8000"),
        ("总计扣划20000元，其中扣划存款12000元、提取公积金8000元。", "paid", "20000"),
        ("执行到位金额：零元。", "paid", "0"),
        ("被执行人先后支付10000元、5000元，合计15000元；扣划存款3000元。以上共计到位18000元。", "paid", "18000"),
        ("被执行人分三次支付10000元、5000元、5000元，共计20000元，余款480000元未付。", "paid", "20000"),
        ("执行标的五十万元整，已到位叁万元，未到位肆拾柒万元。", "claim", "500000"),
        ("申请执行本金500元；利息30元；受理费5元；合计未付535元。", "outstanding", "535"),
        ("拍卖成交价款300000元，扣除执行费、评估费合计8000元，余款292000元支付申请执行人。", "paid", "292000"),
    ],
)
def test_a_total_has_the_role_of_its_parts(story: str, role: str, yuan: str) -> None:
    assert read(story).fen(role) == fen(yuan)


@pytest.mark.parametrize(
    ("story", "note"),
    [
        ("微信账户余额20.5元、支付宝账户余额30.6元，均已扣划。", "已执行到位金额有 2 个"),
        ("扣划了乙某存款12000元，丙某存款8000元。", "已执行到位金额有 2 个"),
        ("执行标的500000元及利息30000元。", "未写合计"),
        ("执行标的为借款500000元、案件受理费4400元。", "未写合计"),
        ("执行标的：本金500元，利息30元，合计600元。", "与合计 600.00 元不符"),
    ],
)
def test_parts_that_are_not_their_total_are_told(story: str, note: str) -> None:
    assert note in said(read(story))


@pytest.mark.parametrize(
    "story",
    [
        "被执行人称其已支付20000元，申请执行人不予认可。",
        "申请执行人称被执行人已支付20000元，经查不实。",
        "被执行人称其已支付20000元。",
        "被执行人辩称已归还20000元，但未能提供证据。",
        "被执行人主张其已偿还20000元。申请执行人对此予以否认。",
        "被执行人提出异议，已付20000元。经查，与事实不符。",
        "被执行人已支付20000元，申请执行人不认可。",
        "被执行人自称已向申请执行人给付20000元，证据不足，本院不予采信。",
        "被执行人陈述已履行20000元，申请执行人表示未收到。",
        "扣划乙某存款20000元，后因案外人异议成立予以退回。",
        "扣划乙某存款20000元。后案外人提出异议，异议成立，本院将该20000元退回。",
        "已扣划20000元，因系低保金已退还被执行人。",
        "划拨存款20000元，后经查系误扣，已发还案外人。",
        "已执行到位20000元，后因再审改判予以执行回转。",
        "提取公积金20000元，该款后原路返还被执行人账户。",
        "被执行人已交付支票20000元，后被拒付。",
        "已到位20000元被另案优先受偿。",
        "已执行到位20000元（含另案5000元）。",
        "已划拨存款20000元，银行回复余额不足，未划拨成功。",
        "已扣划20000元，但因银行系统原因未到账。",
        "被执行人已支付20000元给案外人。",
        "扣划的20000元系案外人所有，已退还。",
    ],
)
def test_a_payment_disputed_or_undone_is_no_payment_and_told(story: str) -> None:
    ruling = read(f"执行标的500000元。{story}")
    assert (ruling.fen("paid"), ruling.fen("claim")) == (None, 50_000_000)
    assert "20000元" in said(ruling) and "未采用" in said(ruling)


@pytest.mark.parametrize(
    "story",
    [
        "申请执行人称被执行人已支付20000元。",
        "申请执行人确认收到20000元。",
        "申请执行人已实际领取执行款20000元。",
        "申请执行人认可被执行人已支付20000元。",
        "被执行人辩称其已归还20000元，提供了转账凭证，申请执行人认可该款项。",
        "已扣划20000元，余额不足以清偿全部债务。",
        "被执行人称其已支付20000元，申请执行人予以认可。",
        "被执行人主张已支付20000元，经查属实。",
        "扣划乙某存款20000元，案外人提出异议，经审查异议不成立。",
        "被执行人已还款20000元。",
        "被执行人偿还了20000元，仍欠480000元。",
        "被执行人已履行完毕20000元的义务。",
        "被执行人已归还借款20000元。",
        "被执行人付清了20000元。",
        "被执行人已向申请执行人转账20000元。",
        "被执行人于2023年4月5日还款20000元。",
        "被执行人已履行支付20000元的义务。",
        "被执行人已给付20000元，案外人要求返还的请求另行处理。",
        "扣划乙某存款20000元，案外人请求退回，本院未予支持。",
        "本案扣划30000元，其中20000元发放申请执行人，余款10000元退还被执行人。",
        "扣划存款20000元；另扣划5000元，因异议成立退回。",
        "被执行人已按和解协议支付首期款20000元。",
        "双方达成和解协议，由被执行人支付400000元，现已支付20000元。",
        "本院扣划被执行人存款25000元并发还申请执行人20000元，退还被执行人5000元。",
        "拍卖成交价款30000元，余款20000元支付申请执行人。",
    ],
)
def test_what_was_paid_in_whatever_words_is_paid(story: str) -> None:
    ruling = read(f"执行标的500000元。{story}")
    assert ruling.fen("paid") == 2_000_000
    assert ruling.fen("claim") == 50_000_000


@pytest.mark.parametrize(
    "story",
    [
        "被执行人同意支付20000元。",
        "被执行人愿意先行支付20000元。",
        "被执行人计划于下月支付20000元。",
        "如被执行人支付20000元，则解除查封。",
        "被执行人未能按约支付20000元。",
        "被执行人表示分期支付20000元。",
        "被执行人保证月底前支付20000元。",
        "第三人称其代被执行人支付20000元。",
        "双方达成和解协议，由被执行人支付20000元。",
        "被执行人拟偿还借款20000元。",
    ],
)
def test_what_is_only_promised_or_said_is_neither_claim_nor_payment(story: str) -> None:
    ruling = read(story)
    assert (ruling.fen("paid"), ruling.fen("claim")) == (None, None)


@pytest.mark.parametrize(
    "story",
    [
        "执行标的由500000元变更为400000元。",
        "执行标的500000元，后变更为400000元。",
        "申请执行人请求执行500000元，后变更标的为400000元。",
        "申请执行标的500000元，现调整为人民币400000元。",
        "执行标的500000元，后申请执行人减少为400000元。",
        "执行标的从500000元减至400000元。",
        "申请执行人要求支付500000元，后变更请求为400000元。",
        "执行标的原为500000元更正为400000元。",
        "将执行标的500000元补正为400000元。",
        "执行标的500000元增加到400000元。",
    ],
)
def test_a_claim_that_was_changed_is_the_later_one(story: str) -> None:
    assert read(story).fen("claim") == 40_000_000


OTHER = "（2022）浙9901执99号"


@pytest.mark.parametrize(
    "story",
    [
        f"另案{OTHER}案件执行标的900000元，已执行到位700000元。本案执行标的500000元，未执行到位490000元。",
        "另案已执行到位700000元。本案执行标的500000元，未执行到位490000元。",
        f"本院在{OTHER}案件中已扣划700000元；本案执行标的500000元，未执行到位490000元。",
        f"被执行人在{OTHER}一案中尚欠900000元。本案标的500000元，未执行到位490000元。",
        "本案标的500000元，未执行到位490000元，另案执行到位700000元。",
        "本案标的500000元，未执行到位490000元。其他案件已执行到位700000元。",
        f"本案标的500000元，未执行到位490000元。关联案件{OTHER}执行标的900000元。该案已受偿700000元。",
        "本案标的500000元，未执行到位490000元。扣划存款700000元（另案）。",
        f"本案标的500000元，未执行到位490000元。查明{OTHER}案扣划其存款700000元。",
        "本案标的500000元，未执行到位490000元。其他三件案件共计执行到位700000元。",
    ],
)
def test_sums_of_another_case_are_told_and_not_this_ones(story: str) -> None:
    ruling = read(story)
    assert [ruling.fen(role) for role in ("claim", "paid", "outstanding")] == [50_000_000, None, 49_000_000]
    assert "另一案件" in said(ruling)


@pytest.mark.parametrize(
    "story",
    [
        "判决书确定：被执行人已支付的20000元应予扣除。",
        "调解书载明被执行人已付20000元。",
        "诉讼中被执行人已偿还20000元。",
        "判决认定被执行人已归还20000元，尚欠480000元。",
        "立案执行前被执行人已履行20000元。",
        "起诉前被执行人已还款20000元。",
        "仲裁裁决书确认被执行人已支付20000元。",
        "审理期间被执行人已给付20000元。",
        "公证书载明被执行人已还款20000元。",
        "申请执行前被执行人偿还了20000元。",
    ],
)
def test_what_was_paid_before_the_enforcement_is_told_and_no_payment_in_it(story: str) -> None:
    ruling = read(f"执行标的480000元。{story}")
    assert ruling.fen("paid") is None and "不是执行中到位" in said(ruling)


@pytest.mark.parametrize(
    "behind",
    [
        "本院已予扣划",
        "已被本院扣划",
        "已由本院依法予以划拨",
        "已将其扣划",
        "现已全部提取",
        "均已先后扣划",
        "已如数扣划",
    ],
)
def test_a_clause_behind_a_balance_says_that_it_was_taken(behind: str) -> None:
    assert read(f"标的500000元。名下存款共计3000元，{behind}。").fen("paid") == 300_000


@pytest.mark.parametrize(
    ("story", "previous"),
    [
        (f"另案{OTHER}案件已执行到位700000元。", None),
        (f"查明被执行人在{OTHER}案件中有债权。", None),
        (f"关联案件{OTHER}正在执行。", None),
        (f"其他案件{OTHER}已终结本次执行程序。", None),
        (f"{OTHER}案查封了房产，本院轮候查封。", None),
        (f"本院曾以{OTHER}案执行，后裁定终结本次执行程序。", OTHER),
        (f"原执行案号为{OTHER}。", OTHER),
        (f"{OTHER}案终结本次执行后，申请执行人再次申请执行。", OTHER),
    ],
)
def test_only_an_earlier_enforcement_of_this_case_is_the_earlier_one(story: str, previous: str | None) -> None:
    ruling = read(f"本院于2023年1月5日立案执行。{story}")
    (case,) = ruling_rows(ruling, "a.txt")["case"]
    assert case.get("prev_case_no") == previous


def test_what_came_from_another_case_into_this_one_is_paid() -> None:
    assert read(f"{OTHER}案件处置了房产，本案分配受偿20000元。").fen("paid") == 2_000_000


@pytest.mark.parametrize(
    "written",
    [
        "50余万元",
        "50多万元",
        "约50万元",
        "大约500000元",
        "近50万元",
        "50万元左右",
        "500000元以上",
        "五十余万元",
        "数十万元",
        "几万元",
        "上万元",
        "不足50万元",
        "超过50万元",
        "50来万元",
    ],
)
def test_a_rough_figure_is_told_and_no_sum(written: str) -> None:
    ruling = read(f"执行标的{written}。")
    assert ruling.fen("claim") is None
    assert "约数" in said(ruling)


@pytest.mark.parametrize(
    ("story", "roles"),
    [
        (
            "以2980万元拍卖其房产，扣除税费、执行费共计1123456元，余款28676544元，其中发放申请执行人20000000元，支付职工工资3676544元，"
            "申请执行人尚余债权本金500万元未受偿。",
            "other fee other paid other outstanding",
        ),
        ("拍卖成交价500000元，余款400000元已发放申请执行人。", "price paid"),
        ("扣除已还款200000元，余款300000元。", "paid outstanding"),
        ("房产变卖款扣除评估费10000元后，剩余款项390000元退还被执行人。", "fee other"),
        ("拍卖得款500000元，剩余债权300000元尚未执行到位。", "price outstanding"),
        ("拍卖得款500000元，剩余未执行到位300000元。", "price outstanding"),
        ("车辆变价得款80000元，余下3000元退还乙某。", "other other"),
        ("处置房产得款，扣除执行费8000元，余款92000元转入另一账户。", "fee other"),
        ("借款余款300000元。", "outstanding"),
        ("余款300000元未付。", "outstanding"),
    ],
)
def test_what_a_sale_left_over_is_not_unpaid(story: str, roles: str) -> None:
    assert [amount.role for amount in read(story).amounts] == roles.split()


@pytest.mark.parametrize(
    ("story", "paid"),
    [
        ("判决确定被执行人偿还借款500000元，本案执行标的500000元；执行到位20000元。", 20000),
        ("判决确定偿还借款500000元，执行过程中被执行人已支付20000元。", 20000),
        ("判决书确定的义务为500000元，本院依法扣划存款20000元。", 20000),
        ("判决查明被执行人已支付20000元。", None),
        ("调解书确认被执行人起诉前已还款20000元。", None),
        ("被执行人缴纳20000元，已发还申请执行人。", 20000),
        ("被执行人交纳20000元，该款已支付给申请执行人。", 20000),
        ("责令被执行人交纳20000元，被执行人已交纳。", 20000),
        ("责令被执行人交纳20000元，被执行人未交纳。", None),
        ("申请执行人请求支付20000元。", None),
    ],
)
def test_what_was_paid_in_the_enforcement_is_paid(story: str, paid: int | None) -> None:
    found = [amount.fen // 100 for amount in read(story).amounts if amount.role == "paid"]
    assert found == ([] if paid is None else [paid])


@pytest.mark.parametrize(
    ("story", "roles"),
    [
        ("被执行人已于执行前偿还100000元，申请执行人申请执行剩余的400000元。", "other claim"),
        ("立案前已归还100000元，现申请执行余款400000元。", "other claim"),
        ("申请强制执行剩余款项400000元。", "claim"),
        ("被执行人已于2023年5月1日支付20000元。", "paid"),
        ("剩余400000元未执行到位。", "outstanding"),
        ("申请执行人的剩余债权400000元未受偿。", "outstanding"),
    ],
)
def test_what_was_paid_before_the_enforcement_is_no_claim(story: str, roles: str) -> None:
    assert [amount.role for amount in read(story).amounts] == roles.split()
