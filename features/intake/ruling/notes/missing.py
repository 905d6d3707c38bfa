"""Sentences on what a case history needs and a ruling does not give, gives twice, or gives against itself."""

from __future__ import annotations

from datetime import date

from features.intake.ruling.document import Party, Ruling
from features.intake.ruling.named.identities import is_masked
from features.intake.ruling.rows import unplaced_events
from features.intake.ruling.sum_check import compared_sums, named_beside

_EXPECTED_DATES = (
    ("applied", "申请执行日期"),
    ("filed", "立案日期"),
    ("noticed", "执行通知日期"),
    ("ruled", "裁定日期"),
)
_EXPECTED_AMOUNTS = (("claim", "执行标的金额"), ("paid", "已执行到位金额"), ("outstanding", "尚未执行到位金额"))


def missing(ruling: Ruling, flat: str, *, has_operative: bool) -> tuple[str, ...]:
    """Sentences on what a case history needs and this text does not give, or gives twice."""
    roles = {party.role for party in ruling.parties}
    wanted = (
        (bool(ruling.case_no), "未见本案案号"),
        (bool(ruling.court_name), "未见法院名称"),
        (has_operative, "未见裁定主文（“裁定如下”），裁定种类无法确定"),
        ("applicant" in roles or bool(ruling.transferred_by), "未见申请执行人，也未写明由谁移送执行"),
        ("debtor" in roles, "未见被执行人"),
        (any(number.role == "basis" for number in ruling.numbers), "未见执行依据文号"),
        (ruling.nature.quote is not None, "未见说明案件性质的文字，暂按民事执行处理，待核对"),
        (bool(ruling.measures), "未见执行措施"),
        (bool(ruling.statutes), "未见引用的法律条文"),
        ("debtor" not in roles or _has_id(ruling.parties), "未见被执行人证件号码"),
    )
    matched = [sentence for read, sentence in wanted if not read]
    if ruling.transferred_by and "applicant" not in roles:
        matched.append(f"没有申请执行人，由“{ruling.transferred_by}”移送执行")
    if unplaced := unplaced_events(ruling):
        matched.append(unplaced)
    return tuple(f"{sentence}。" for sentence in matched + _doubtful_days(ruling) + _doubtful_sums(ruling, flat))


def _doubtful_days(ruling: Ruling) -> list[str]:
    matched = []
    for role, label in _EXPECTED_DATES:
        days: tuple[date, ...] = ruling.days(role)
        if not days:
            if role != "applied" or not ruling.transferred_by:
                closes = role == "ruled" and ruling.kind in ("终本裁定", "终结执行")
                matched.append(f"未见{label}" + ("，结案日期不能确定" if closes else ""))
        elif len(days) > 1 and role != "noticed":
            listed = "、".join(day.isoformat() for day in days)
            matched.append(f"{label}有 {len(days)} 个（{listed}），无法确定以哪一个为准")
    return matched


def _doubtful_sums(ruling: Ruling, flat: str) -> list[str]:
    matched = []
    for role, label in _EXPECTED_AMOUNTS:
        values = {amount.fen for amount in ruling.amounts if amount.role == role}
        if not values:
            matched.append(f"未见{label}")
        elif ruling.fen(role) is None:
            matched.append(f"{label}有 {len(values)} 个不同数值，无法确定以哪一个为准")
    return matched + _unequal_sums(ruling, flat)


def _unequal_sums(ruling: Ruling, flat: str) -> list[str]:
    """What does not add up: a payment above the claim, or parts of the payments that are not the total stated."""
    matched = []
    claim, paid = ruling.fen("claim"), ruling.fen("paid")
    if claim is not None and paid is not None and paid > claim and not named_beside(ruling, flat):
        matched.append(f"已到位 {paid / 100:,.2f} 元大于标的 {claim / 100:,.2f} 元，可能误读，待核对")
    sums = compared_sums(ruling, flat)
    if sums is not None and not sums.fits:
        matched.append("标的减去到位不等于未到位，三项金额待核对")
    parts = [amount.fen for amount in ruling.amounts if amount.role == "paid" and not amount.total]
    # A sum named twice is one payment, or two of the same.
    sums_of_parts = {sum(set(parts)), sum(parts)}
    if paid is not None and parts and paid not in sums_of_parts.union(parts):
        said = f"各笔到位之和 {sum(set(parts)) / 100:,.2f} 元与到位总额 {paid / 100:,.2f} 元不符，待核对"
        matched.append(said)
    return matched


def _has_id(parties: tuple[Party, ...]) -> bool:
    return any(party.role == "debtor" and party.id_no and not is_masked(party.id_no) for party in parties)
