"""Amounts of rulings: value in 分 of every way of writing, and the role that the words around give."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.intake.ruling.amounts import find_amounts
from features.intake.ruling.plain import normalise_text
from features.intake.ruling.reader import read_ruling, read_rulings


def amounts(text: str) -> list[tuple[str, int]]:
    found, _ = find_amounts(text, normalise_text(text))
    return [(amount.role, amount.fen) for amount in found]


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("58833元", 5_883_300),
        ("58,833.05元", 5_883_305),
        ("５８８３３元", 5_883_300),
        ("12.5万元", 12_500_000),
        ("3百万元", 300_000_000),
        ("1.2亿元", 12_000_000_000),
        ("伍万捌仟零三元", 5_800_300),
        ("一百元五角二分", 10_052),
        ("两千元", 200_000),
        ("人民币5万元整", 5_000_000),
        ("捌万元整", 8_000_000),
        ("1万5千元", 1_500_000),
        ("1万5仟元", 1_500_000),
        ("5仟元", 500_000),
        ("5千5百元", 550_000),
        ("5.5萬圓", 5_500_000),
        ("5.5万圆", 5_500_000),
        ("1,234万5678元", 1_234_567_800),
        ("1万2,345.67元", 1_234_567),
        ("12,345万元", 12_345_000_000),
        ("3佰元", 30_000),
        ("5拾万元", 50_000_000),
        ("2仟万元", 2_000_000_000),
        ("1.2億元", 12_000_000_000),
        ("貳萬伍仟圓", 2_500_000),
        ("叁拾贰万零伍佰元整", 32_050_000),
        ("壹拾贰万叁仟肆佰伍拾陆元柒角捌分", 12_345_678),
        ("￥50,000.00", 5_000_000),
        ("人民币1,234,567.89元", 123_456_789),
        ("人民币：5万整", 5_000_000),
        ("RMB 50,000.00", 5_000_000),
    ],
)
def test_values(written: str, fen: int) -> None:
    assert amounts(f"借款{written}。") == [("claim", fen)]


@given(st.integers(0, 10**13))
def test_an_amount_printed_with_separators_reads_back(fen: int) -> None:
    assert amounts(f"借款{fen // 100:,}.{fen % 100:02d}元。") == [("claim", fen)]


@pytest.mark.parametrize(
    ("sentence", "role"),
    [
        ("申请执行标的100元。", "claim"),
        ("已执行到位100元。", "paid"),
        ("尚未执行到位100元。", "outstanding"),
        ("账户余额100元。", "balance"),
        ("执行费100元。", "fee"),
        ("迟延履行利息100元。", "interest"),
        ("起拍价100元。", "price"),
        ("处以100元的罚款。", "fine"),
        ("100元的债权未受偿。", "outstanding"),
        ("共计100元，已划拨。", "paid"),
        ("编号100元。", "other"),
    ],
)
def test_roles(sentence: str, role: str) -> None:
    assert amounts(sentence) == [(role, 10_000)]


@pytest.mark.parametrize(
    "written",
    [
        "5万美元",
        "50,000美元",
        "50000.00美元",
        "伍万美元",
        "5万港元",
        "港币5万元",
        "美元5万元",
        "USD50,000",
        "US$50,000.00",
        "5万元美金",
        "5万元（美元）",
        "100万日元",
        "3千欧元",
        "2.5万英镑",
        "新台币5万元",
        "1万5千美元",
        "5万余美元",
        "€3,000",
    ],
)
def test_sums_in_another_currency_are_told_and_never_counted_as_yuan(written: str) -> None:
    text = f"执行标的{written}，另应支付货款300元，已执行到位200元。"
    found, unread = find_amounts(text, normalise_text(text))
    assert [(amount.role, amount.fen) for amount in found] == [("claim", 30_000), ("paid", 20_000)]
    assert len(unread) == 1 and "外币" in unread[0] and re.sub(r"\W", "", written)[:3] in re.sub(r"\W", "", unread[0])


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("执行标的100美元（折合人民币700元）。", 70_000),
        ("于2024年1月5日元旦后支付货款700元。", 70_000),
        ("支付货款700元，其中美元部分另行处理。", 70_000),
    ],
)
def test_yuan_beside_another_currency_stay_yuan(text: str, fen: int) -> None:
    assert [value for _, value in amounts(text)] == [fen]


@given(st.integers(1, 9999), st.integers(0, 9999), st.sampled_from("万萬"), st.sampled_from("元圆圓"), st.booleans())
def test_two_parts_of_a_sum_add_up(large: int, small: int, unit: str, yuan: str, grouped: bool) -> None:
    rest = f"{small}" if small else ""
    written = f"{large:,}" if grouped else f"{large}"
    assert amounts(f"借款{written}{unit}{rest}{yuan}。") == [("claim", (large * 10_000 + small) * 100)]


@pytest.mark.parametrize(
    "written", ["9" * 400, "9," * 200, "9.9" * 150, "1万" + "9" * 300, "九" * 400, "5千" * 150, "￥" + "9" * 300]
)
def test_long_figures_take_no_time(written: str) -> None:
    started = time.process_time()
    amounts(f"借款{written}，{written}元，{written}美。")
    assert time.process_time() - started < 2


def test_totals_are_marked_and_quotes_stand_in_the_text() -> None:
    text = "被执行人借款10元，共计借款30元。"
    found, _ = find_amounts(text, normalise_text(text))
    assert [amount.total for amount in found] == [False, True]
    assert all(text[amount.quote.start : amount.quote.end] == amount.quote.text for amount in found)


@pytest.mark.parametrize(
    ("written", "why"), [("50余元", "约数"), ("23,45元", "写法无法确定"), ("1.2.3元", "写法无法确定")]
)
def test_figures_that_cannot_be_trusted_are_named_and_not_used(written: str, why: str) -> None:
    text = f"借款{written}。"
    found, unread = find_amounts(text, normalise_text(text))
    assert found == ()
    assert len(unread) == 1
    assert why in unread[0]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("标的600000元，已执行到位25000元，未执行到位575000元。", ["claim", "paid", "outstanding"]),
        ("执行标的70万元，未履行68万元，已履行2万元。", ["claim", "outstanding", "paid"]),
        ("债权总额9000元，受偿1000元，未受偿8000元。", ["claim", "paid", "outstanding"]),
        ("应支付货款3000元及利息50元，并负担案件受理费25元。", ["claim", "interest", "fee"]),
        ("被执行人应给付借款本金3000元，扣除已执行的200元，尚欠2800元。", ["claim", "paid", "outstanding"]),
        ("本院已划拨了被执行人存款77元。", ["paid"]),
        ("从其账户内扣划77元至本院账户。", ["paid"]),
        ("提取其住房公积金1200元、工资300元。", ["paid", "paid"]),
        ("扣划张某某存款10元、李某某存款20元。", ["paid", "paid"]),
        ("尚欠本金480元、利息5元。", ["outstanding", "outstanding"]),
        ("剩余债权480元。", ["outstanding"]),
        ("尚有480元未能执行。", ["outstanding"]),
        ("标的500元均未执行到位。", ["outstanding"]),
        ("已缴纳罚金20元，尚余罚金30元未缴纳。", ["paid", "outstanding"]),
        ("查明名下有存款66.5元，本院已依法扣划。", ["paid"]),
        ("查明名下有存款66.5元，已扣划60元。", ["balance", "paid"]),
        ("查明名下有存款66.5元，已冻结。", ["balance"]),
        ("存款66.5元，因余额过小未予扣划。", ["balance"]),
        ("扣除执行费65元后，余款935元支付给申请执行人。", ["fee", "paid"]),
        ("余款935元于2023年6月1日发放给申请执行人。", ["paid"]),
        ("余款935元尚未发放给申请执行人。", ["outstanding"]),
        ("共执行到位3000元，其中扣划存款1000元，执行费30元。", ["paid", "paid", "fee"]),
        ("未履行支付货款50元的义务。", ["claim"]),
        ("该车以960元成交。", ["price"]),
        ("双方约定于2023年12月31日前支付20元。", ["other"]),
        ("每月提取工资20元。", ["other"]),
        ("冻结、划拨被执行人存款120元。", ["other"]),
        ("本院裁定扣划被执行人存款120元。", ["other"]),
        ("裁定如下：扣划被执行人存款120元至本院。", ["other"]),
    ],
)
def test_each_sum_takes_its_role_from_its_own_clause(sentence: str, expected: list[str]) -> None:
    assert [role for role, _ in amounts(sentence)] == expected


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_claim_paid_and_outstanding_are_told_apart_whatever_they_are(paid: int, left: int) -> None:
    text = f"执行标的{paid + left}元，已执行到位{paid}元，未执行到位{left}元。"
    assert amounts(text) == [("claim", (paid + left) * 100), ("paid", paid * 100), ("outstanding", left * 100)]


@pytest.mark.parametrize(
    ("written", "fen"),
    [("12万5000元", 12_500_000), ("1亿2000万元", 12_000_000_000), ("3万5千元", 3_500_000), ("2千万元", 2_000_000_000)],
)
def test_figures_of_more_than_one_unit(written: str, fen: int) -> None:
    assert amounts(f"标的{written}。") == [("claim", fen)]


@pytest.mark.parametrize("written", ["12万零500元", "5万12万元", "3万伍仟元"])
def test_figures_whose_parts_do_not_fit_are_named(written: str) -> None:
    found, unread = find_amounts(f"标的{written}。", normalise_text(f"标的{written}。"))
    assert (found, len(unread)) == ((), 1)


@pytest.mark.parametrize(
    ("sums", "paid", "note"),
    [
        ("标的100元，扣划存款10元，提取公积金20元，共扣划30元。", 3_000, ""),
        ("标的100元，扣划存款10元，提取公积金20元。", None, "已执行到位金额有 2 个不同数值"),
        (
            "标的100元，扣划存款10元，提取公积金20元，执行到位50元。",
            5_000,
            "各笔到位之和 30.00 元与到位总额 50.00 元不符",
        ),
        ("标的100元，已执行到位500元。", 50_000, "大于标的"),
        ("标的100元，已执行到位50元，未执行到位40元。", 5_000, "标的减去到位不等于未到位"),
        ("标的100元，扣划存款10元。上述10元已发放申请执行人。", 1_000, ""),
    ],
)
def test_sums_count_once_and_what_does_not_add_up_is_said(sums: str, paid: int | None, note: str) -> None:
    ruling = read_ruling(f"（2023）浙9901执1号。{sums}裁定如下：终结本次执行程序。")
    assert ruling.fen("paid") == paid
    said = "".join(ruling.unread)
    assert note in said if note else not any(word in said for word in ("不同数值", "不符", "大于", "不等于"))


@pytest.mark.parametrize(
    "written", ["9" * 16, "9" * 18, "9" * 30, "9" * 400, "99999999999亿", "9,999,999,999,999,999", "九" * 20]
)
def test_a_figure_beyond_any_money_is_told_and_no_sum(written: str) -> None:
    found, unread = find_amounts(f"标的{written}元。", normalise_text(f"标的{written}元。"))
    assert found == ()
    assert any("写法无法确定数值" in sentence for sentence in unread)


@pytest.mark.parametrize(
    "run",
    [
        "1" * 40_000 + "元",
        "1" * 40_000,
        "，" * 40_000,
        "　" * 40_000 + "元",
        "1,1" * 15_000 + "元",
        "5万" * 20_000 + "元",
        "1 " * 20_000 + "元",
        "\n" * 40_000,
        "九" * 40_000 + "元",
        "已" + "经" * 40_000 + "5元",
        "称" * 40_000,
        "1." * 20_000,
    ],
)
def test_a_ruling_of_long_runs_takes_little_time(run: str) -> None:
    started = time.process_time()
    read_rulings(f"（2023）浙9901执1号\n申请执行人：甲某。\n被执行人：乙某。\n{run}\n裁定如下：\n终结本次执行程序。\n")
    assert time.process_time() - started < 5
