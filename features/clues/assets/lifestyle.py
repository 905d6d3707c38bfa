"""Clues on spending that a limit on consumption forbids: journeys, homes paid for, premiums, luxury (docs/domain.md
section M13, D02, D05, D08, D09, D11)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from features.clues.base.clue import Needs, Register, debt_ratio, feature
from features.clues.base.court_log import with_log
from features.clues.base.helpers import clue_rows, month_number, no_amount, text
from features.clues.base.statement_helpers import other
from features.clues.court.auctions import TIES
from features.facts.assets.life import joinable_address
from features.facts.assets.travels import limited
from features.facts.case.coverage import log_covers
from features.facts.rows import first_per_key, in_force, left_joined, row_ids
from features.rules.periods import MONTH_DAYS, add_days, add_months

if TYPE_CHECKING:
    from features.facts import Facts

family = Register("lifestyle", "违反限制消费", __file__)

KINDS: tuple[tuple[str, str, str, int], ...] = tuple(
    (row["label"], row["pattern"], row["not"], row["least"] * 100)
    for row in tomllib.loads((Path(__file__).parents[2] / "config" / "consumption.toml").read_text(encoding="utf-8"))[
        "kind"
    ]
)
"""Label, pattern, excusing words and least payment (分) of each kind of consumption, in the order they are tried."""

PREMIUM = r"保费|保险费|年金|续期"
CAR_PREMIUM = r"交强险|车险|商业险|车辆|意外伤害|学平险|社保|医保|养老保险"
"""Premiums of policies; those of cars, of accidents and of social insurance are no wealth product."""

MEDICAL = r"医疗|医药|医院|药房|药店|诊所"
DOCUMENTS = (("^[CW]", "港澳通行证"), ("^[LT]", "台湾通行证"))
"""Travel documents by the first letter of their number; any other is a passport."""

RENT = r"房租|租金|租房"

WAYS = {"air": "飞机", "rail_first": "高铁一等座、商务座", "exit": "出境"}


def _while_log_covers(f: Facts, rows: ir.Table) -> ir.Table:
    """Rows whose day the court's log covers: a lifted limit would be on record."""
    known = with_log(f, rows)
    return known.filter(log_covers(known.log_on, known.day))


def _journeys(f: Facts) -> ir.Table:
    trip = _while_log_covers(f, f.trips)
    trip = trip.mutate(by_other=~trip.by_unit & ibis.coalesce(trip.payer != trip.person, False))
    note = text(
        trip.kind.substitute(WAYS),
        "，限制消费令",
        trip.limit_day,
        "起生效",
        ibis.ifelse(trip.by_unit, "，单位付款", ibis.ifelse(trip.by_other, "，他人付款", "")),
    )
    return trip.mutate(note=note, amount=no_amount())


def _own_journeys(f: Facts, trip: ir.Table, *names: str, **columns: Any) -> ir.Table:
    """Rows of a clue about the debtor's own journeys: further columns, and whether the case had ended by then."""
    trip = trip.join(f.episodes.select("episode", "zb_date"), "episode")
    return trip.select(
        "episode",
        "day",
        "amount",
        "note",
        *names,
        who="name",
        src=row_ids(trip.rid, trip.limit_rid),
        **columns,
        after_end=trip.day > trip.zb_date,
    )


@family.clue("D08", kind="finding", channel="A", needs=Needs(("TRAVEL", "CLOG")))
@feature("D08_n", "限制消费期间乘机或高等级席位次数", "count", cap=50.0)
@feature("D08_air_n", "限制消费期间乘机次数", "count", cap=50.0, where="air")
@feature("D08_after_n", "终本后限制消费期间乘机或高等级席位次数", "count", cap=50.0, where="after_end")
@feature("D08_other_n", "限制消费期间由他人付款的乘机或高等级席位次数", "count", cap=50.0, where="by_other")
def travelled_in_comfort(f: Facts) -> ir.Table:
    """Flights and first-class seats under a limit in force, without a permission and not paid by a company."""
    trip = _journeys(f).filter(lambda t: t.kind != "exit", lambda t: ~t.by_unit)
    return _own_journeys(f, trip, "by_other", air=trip.kind == "air")


@family.clue("D08U", kind="measure", channel="A", needs=Needs(("TRAVEL", "CLOG")), risk=0)
@feature("D08U_n", "限制消费期间由单位付款的出行次数", "count", cap=50.0)
@feature("D08U_own_n", "限制消费期间由被执行人控制的单位付款的出行次数", "count", cap=50.0, where="own_unit")
def travelled_for_a_company(f: Facts) -> ir.Table:
    """Journeys under a limit in force that a company paid for, apart from those paid privately."""
    trip = _journeys(f).filter(lambda t: t.by_unit)
    return clue_rows(trip, "own_unit", who="payer", note="note", src=("rid", "limit_rid", "tie_rid"))


@family.clue("D08P", kind="finding", channel="A", needs=Needs(("TRAVEL", "CLOG")))
@feature("D08P_n", "限制消费期间以其他证件出行次数", "count", cap=50.0)
@feature("D08P_inland_n", "限制消费期间境内以护照等证件出行次数", "count", cap=50.0, where="inland")
@feature("D08P_doc_n", "限制消费期间使用的同类出入境证件数", "max", "documents", cap=20.0)
def travelled_on_other_documents(f: Facts) -> ir.Table:
    """Inland journeys on a document that is no identity card, and any on one of several documents of one sort."""
    trip = _journeys(f).filter(lambda t: t.bypass, lambda t: ~t.by_unit)
    sort = ibis.cases(*((trip.doc.re_search(first), word) for first, word in DOCUMENTS), else_="护照等证件")
    trip = trip.mutate(sort=sort, inland=trip.kind != "exit")
    used = trip.doc.nunique().over(group_by=[trip.episode, trip.person, trip.sort])
    trip = trip.mutate(documents=used).filter(lambda t: t.inland | (t.documents >= f.threshold("D08P-DOCS")))
    return clue_rows(
        trip,
        "inland",
        "documents",
        who="name",
        note=text(trip.note, "，", trip.sort, "共", trip.documents, "本"),
        src=("rid", "limit_rid"),
    )


@family.clue("D11", kind="finding", channel="A", needs=Needs(("TRAVEL", "CLOG")))
@feature("D11_n", "限制消费期间出境次数", "count", cap=50.0)
@feature("D11_after_n", "终本后限制消费期间出境次数", "count", cap=50.0, where="after_end")
def went_abroad(f: Facts) -> ir.Table:
    """Exits under a limit on consumption in force, without a permission and not paid by a company."""
    return _own_journeys(f, _journeys(f).filter(lambda t: t.kind == "exit", lambda t: ~t.by_unit))


def _within(f: Facts, one: ir.StringValue, two: ir.StringValue) -> ir.BooleanValue:
    """Whether one of two addresses lies in the other, the shorter one being precise enough."""
    least = f.threshold("D02-PLACE")
    inside = (one.contains(two) & (two.length() >= least)) | (two.contains(one) & (one.length() >= least))
    return ibis.coalesce((one == two) | inside, False)


def _at(f: Facts, bills: ir.Table, homes: ir.Table) -> ir.BooleanValue:
    """Whether a bill is one of a home held on its day."""
    held = in_force(bills.day, homes.day_from, homes.day_to)
    return held & (ibis.coalesce(bills.unit_no == homes.unit_no, False) | _within(f, bills.place, homes.place))


def _natural_debtors(f: Facts) -> ir.Table:
    """episode, person, lives: debtors who are natural persons, with their address as it joins registers."""
    party = f.debtors.filter(f.debtors.kind == "person")
    return party.select("episode", "person", lives=joinable_address(party.address))


def _own_homes(f: Facts) -> ir.Table:
    """Realty of an episode's debtors: h_episode and the columns of `homes`."""
    party = f.debtors.select("person", h_episode="episode")
    return f.homes.join(party, f.homes.owner == party.person).drop("person")


@family.clue("D02", kind="finding", channel="A", needs=Needs(("UTIL", "RE"), party="person", since="t_srv"), risk=0)
@feature("D02_n", "缴费而未登记在名下的住处数", "count")
@feature("D02_month_n", "为同一未登记住处缴费的月数", "max", "months", unit="月")
@feature("D02_total", "为未登记住处缴费金额", "sum", "amount", unit="元")
@feature("D02_kin_n", "缴费的住处登记在近亲属名下的处数", "count", where="of_kin")
@feature("D02_new_n", "送达后才开始缴费的未登记住处数", "count", where="fresh")
@feature("D02_clear_n", "查无租赁备案、未发现付租的未登记住处数", "count", where="clear")
@feature("D02_rent_n", "流水中有付租的未登记住处数", "count", where="rents")
def pays_for_a_home_elsewhere(f: Facts) -> ir.Table:
    """Homes neither registered to a debtor nor the registered address nor rented, paid for in three months or more."""
    party = _natural_debtors(f).semi_join(f.covered_sources.filter(f.covered_sources.RE), "episode")
    bill = f.home_bills.join(party, f.home_bills.payer == party.person)
    bill = bill.join(f.anchors.select("episode", "t_srv"), "episode")
    bill = bill.mutate(home=ibis.coalesce(bill.unit_no, bill.place))
    bill = bill.mutate(began=bill.day.min().over(group_by=[bill.episode, bill.person, bill.home]))
    bill = bill.filter(bill.home.notnull(), bill.day >= bill.t_srv, ~_within(f, bill.place, bill.lives))
    own = _own_homes(f)
    bill = bill.anti_join(own, [bill.episode == own.h_episode, _at(f, bill, own)])
    rent = f.tenancies.select("tenant", "day_from", "day_to", r_unit="unit_no")
    bill = bill.anti_join(
        rent,
        [
            bill.payer == rent.tenant,
            bill.unit_no == rent.r_unit,
            bill.day >= rent.day_from,
            rent.day_to.isnull() | (bill.day <= rent.day_to),
        ],
    )
    paid = _paid_in_months(f, bill, "home", unit_no=bill.unit_no.min(), place=bill.place.min())
    paid = paid.filter(paid.months >= f.threshold("D02-MONTHS"))
    met = _whose(f, _rented(f, paid))
    lease_note = ibis.cases((met.rents, "，流水中有付租"), (met.asked, "，租赁登记查无备案"), else_="，租赁登记未查")
    whose = ibis.coalesce("，登记在" + met.rel.substitute(TIES) + "名下", "")
    return clue_rows(
        met,
        "months",
        "fresh",
        "rents",
        who=ibis.coalesce(met.place, met.home),
        note=text(met.months, "个月", whose, lease_note),
        src=met.rids.concat(row_ids(met.kin_rid, met.k_rid)),
        of_kin=met.kin_rid.notnull(),
        clear=met.asked & ~met.rents,
    )


def _paid_in_months(f: Facts, bill: ir.Table, by: str, **more: Any) -> ir.Table:
    """Bills of each debtor by home or payer: months, amount (分), day (last), rids, fresh (the first of them,
    column `began`, came clearly after service)."""
    late = bill.began > add_days(bill.t_srv, ibis.literal(f.threshold("D02-NEW")))
    whole = {"months": bill.month.nunique(), "amount": bill.amount.sum(), "day": bill.day.max(), "fresh": late.any()}
    return bill.group_by("episode", "person", by).agg(**whole, rids=bill.rid.collect().sort(), **more)


def _rented(f: Facts, paid: ir.Table) -> ir.Table:
    """Homes with asked (the register of leases reaches the case) and rents (the statements show rent paid)."""
    rent = f.moves.filter(f.moves.sign < 0, f.moves.since, f.moves.memo.re_search(RENT))
    rent = rent.select("episode", "person").distinct().mutate(rents=True)
    known = paid.join(f.covered_sources.select("episode", asked="LEASE"), "episode")
    known = left_joined(known, rent, "episode", "person")
    return known.mutate(rents=ibis.coalesce(known.rents, False))


def _whose(f: Facts, paid: ir.Table) -> ir.Table:
    """Homes with the confirmed kin to whom the register gives them: rel, kin_rid, k_rid, NULL where it is nobody."""
    near = f.kin.select("person", "rel", kin_no="other", kin_rid="rid")
    near = near.join(f.homes, near.kin_no == f.homes.owner).rename(k_person="person", k_rid="rid")
    near = near.select("k_person", "rel", "kin_rid", "k_rid", "day_from", "day_to", h_unit="unit_no", h_place="place")
    met = paid.left_join(
        near,
        [
            paid.person == near.k_person,
            in_force(paid.day, near.day_from, near.day_to),
            ibis.coalesce(paid.unit_no == near.h_unit, False) | ibis.coalesce(paid.place == near.h_place, False),
        ],
    )
    return first_per_key(met, ("episode", "person", "home"), met.kin_rid.isnull(), met.kin_rid, met.k_rid)


@family.clue("D02K", kind="measure", channel="A", needs=Needs(("UTIL", "KIN"), party="person", since="t_srv"), risk=0)
@feature("D02K_month_n", "近亲属为被执行人住处缴费的月数", "max", "months", unit="月")
@feature("D02K_total", "近亲属为被执行人住处缴费金额", "sum", "amount", unit="元")
@feature("D02K_own_n", "为被执行人名下房屋缴费的近亲属数", "count", where="own_home")
@feature("D02K_new_n", "送达后才开始为被执行人住处缴费的近亲属数", "count", where="fresh")
def kin_pay_for_the_home(f: Facts) -> ir.Table:
    """Kin, not themselves at home there by the register, who paid for a debtor's home in three months or more."""
    near = f.kin.select("person", "rel", payer="other", kin_rid="rid").join(_natural_debtors(f), "person")
    bill = f.home_bills.join(near, "payer").join(f.anchors.select("episode", "t_srv", "t_zb"), "episode")
    bill = bill.anti_join(f.debtors, ["episode", bill.payer == f.debtors.person])
    bill = bill.anti_join(f.homes, [bill.payer == f.homes.owner, _at(f, bill, f.homes)])
    own = _own_homes(f)
    mine = bill.semi_join(own, [bill.episode == own.h_episode, _at(f, bill, own)]).select("episode", "rid")
    mine = mine.mutate(own_home=True).distinct()
    bill = left_joined(bill, mine, "episode", "rid")
    bill = bill.mutate(own_home=ibis.coalesce(bill.own_home, False))
    bill = bill.filter(bill.own_home | _within(f, bill.place, bill.lives))
    bill = bill.mutate(began=bill.day.min().over(group_by=[bill.episode, bill.person, bill.payer]))
    bill = _not_in_statements(f, bill.filter(bill.day >= bill.t_srv))
    kinship = {"name": bill.payer_name.min(), "rel": bill.rel.min(), "kin_rid": bill.kin_rid.min()}
    paid = _paid_in_months(f, bill, "payer", own_home=bill.own_home.any(), **kinship)
    paid = paid.filter(paid.months >= f.threshold("D02K-MONTHS"))
    return clue_rows(
        paid,
        "months",
        "own_home",
        "fresh",
        who=ibis.coalesce(paid.name, paid.payer),
        note=text(paid.rel.substitute(TIES), "，", paid.months, "个月"),
        src=paid.rids.concat(row_ids(paid.kin_rid)),
    )


def _not_in_statements(f: Facts, bill: ir.Table) -> ir.Table:
    """Bills that B07 does not count: of nobody whose statements are held, or not yet long after the termination."""
    late = bill.day > add_months(bill.t_zb, ibis.literal(f.threshold("B07-MONTHS")))
    in_statements = f.life_paid.select(told_in="episode", told_rid="rid").distinct()
    return bill.anti_join(
        in_statements, [bill.episode == in_statements.told_in, bill.rid == in_statements.told_rid, late]
    )


@family.clue("D05", kind="finding", channel="A", needs=Needs(("TX", "CLOG")))
@debt_ratio("D05_total", "限制消费期间支付保费/未履行额")
@feature("D05_n", "限制消费期间支付保费笔数", "count", cap=50.0)
def premiums_under_limit(f: Facts) -> ir.Table:
    """Premiums paid under a limit in force that add up to 10,000 元 and to 2 % of the debt."""
    memo = text(f.moves.memo, f.moves.merchant)
    paid = f.moves.filter(
        f.moves.sign < 0,
        f.moves.external,
        memo.re_search(PREMIUM),
        ~memo.re_search(CAR_PREMIUM),
        ~f.moves.cp_kind.isin(["person", "kin", "government", "court"]),
    )
    paid = _while_log_covers(f, limited(paid, f.consumption_limits))
    whole = paid.amount.sum().over(group_by=paid.episode)
    enough = (whole >= f.threshold("D05-LEAST")) & (whole * 100 >= paid.debt * f.threshold("D05-SHARE"))
    paid = paid.mutate(enough=enough).filter(lambda t: t.enough)
    return clue_rows(paid, who=other(paid), note="memo", src=("rid", "limit_rid"))


@family.clue("D09", kind="measure", channel="A", needs=Needs(("TX",), party="person"))
@feature("D09_times", "终本后月均消费为最低工资的倍数", "max", "mean_times", cap=50.0, unit="比")
@feature("D09_top_times", "终本后最高月消费为最低工资的倍数", "max", "times", cap=50.0, unit="比")
@feature("D09_month_n", "终本后高消费月数", "count", cap=60.0, where="high")
def spending_by_month(f: Facts) -> ir.Table:
    """What was spent with merchants in each month after the termination, against the minimum wage; medicine aside."""
    m = f.moves
    seen = m.group_by(seen_episode="episode").agg(seen_to=m.day.max())
    spent = m.filter(m.w4, m.sign < 0, m.purchase, m.external, ~text(m.memo, m.merchant, m.cp_plain).re_search(MEDICAL))
    spent = spent.mutate(month=month_number(spent.day))
    by = spent.group_by("episode", "month").agg(
        amount=spent.amount.sum(),
        day=spent.day.max(),
        n=spent.count(),
        rids=spent.rid.collect().sort(),
        who=other(spent).argmax(ibis.struct({"amount": spent.amount, "rid": spent.rid})),
        t_zb=spent.t_zb.min(),
    )
    by = by.join(seen, by.episode == seen.seen_episode)
    span = ibis.greatest(by.seen_to.delta(by.t_zb, unit="day"), MONTH_DAYS)
    wage = f.threshold("D09-WAGE")
    whole = by.amount.sum().over(group_by=by.episode)
    return clue_rows(
        by,
        who="who",
        note=text(by.n, "笔，为最低工资的", (by.amount // wage), "倍"),
        src=by.rids,
        times=by.amount / wage,
        mean_times=whole * MONTH_DAYS / span / wage,
        high=by.amount >= wage * f.threshold("D09-TIMES"),
    )


@family.clue("D12", kind="finding", channel="A", needs=Needs(("TX", "CLOG")))
@feature("D12_n", "限制消费期间其他高消费笔数", "count", cap=50.0)
@debt_ratio("D12_total", "限制消费期间其他高消费/未履行额")
@feature("D12_kinds", "限制消费期间其他高消费种类数", "nunique", "label", unit="类")
def other_luxury(f: Facts) -> ir.Table:
    """Payments under a limit in force whose memo, merchant or payee is of a kind of consumption that it forbids."""
    m = f.moves
    paid = m.filter(
        m.sign < 0,
        m.external,
        ~m.cp_kind.isin(["person", "kin", "court", "government", "insurer"]),
        m.amount >= min(least for *_, least in KINDS),
    ).semi_join(f.consumption_limits, "episode")
    paid = paid.mutate(words=text(paid.memo, "，", paid.merchant, "，", paid.cp_plain))
    branches = [
        (paid.words.re_search(pattern) & ~paid.words.re_search(excuse) & (paid.amount >= least), label)
        for label, pattern, excuse, least in KINDS
    ]
    paid = paid.mutate(label=ibis.cases(*branches)).filter(lambda t: t.label.notnull())
    paid = _while_log_covers(f, limited(paid, f.consumption_limits))
    return clue_rows(paid, "label", who=other(paid), note=text(paid.label, "：", paid.memo), src=("rid", "limit_rid"))
