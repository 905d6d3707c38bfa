"""What people do with homes, companies, marriages and pay, as the registers and the ground truth show it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from world_reading import table

from evaluation.world.base.config import load_knobs
from evaluation.world.population.cohort import Plan, draw_cohort
from evaluation.world.population.spool import make_calendar
from evaluation.world.scenarios.assets.aliases import short_number
from evaluation.world.scenarios.assets.companies import MIXED, SALARIED, draw_companies
from evaluation.world.scenarios.assets.company_register import commingling_movements
from evaluation.world.scenarios.assets.incomes import premium_movements
from evaluation.world.simulate import WorldSummary

CLASSES = (
    "demolition_diverted",
    "travel_violation",
    "utility_home",
    "utility_kin",
    "rep_changed",
    "phoenix_company",
    "company_deregistered",
    "company_commingled",
    "divorce_split",
    "mortgage_kin",
    "realty_not_sealed",
    "realty_sold_cheap",
    "wage_income",
    "pension_income",
    "insurance_premium",
)
Row = dict[str, str]


@pytest.fixture(scope="module")
def acts(world: WorldSummary) -> list[dict[str, object]]:
    return pq.read_table(world.out / "truth" / "acts.parquet").to_pylist()


@pytest.fixture(scope="module")
def kin(world: WorldSummary) -> set[tuple[str, str]]:
    people = pq.read_table(world.out / "truth" / "people.parquet").to_pylist()
    return {(one["debtor_id"], one["person_id"]) for one in people if one["tie"] not in ("debtor", "namesake")}


def day(cell: str) -> date | None:
    """A delivered date of any spelling."""
    digits = "".join(c if c.isdigit() else " " for c in cell).split()
    if not digits:
        return None
    if len(digits) == 1:
        return date(int(digits[0][:4]), int(digits[0][4:6]), int(digits[0][6:8]))
    return date(*(int(part) for part in digits[:3]))


def acts_by(acts: list[dict[str, object]], cls: str, real: bool, key: str = "asset_id") -> dict[str, dict[str, object]]:
    return {str(one[key]): one for one in acts if one["cls"] == cls and one["real"] == real}


@pytest.mark.parametrize("cls", CLASSES)
def test_every_class_has_misconduct_and_its_look_alike(acts: list[dict[str, object]], cls: str) -> None:
    count = Counter(one["real"] for one in acts if one["cls"] == cls)
    assert count[True] >= 16
    assert count[False] >= 12


@pytest.mark.parametrize("cls", ["demolition_diverted", "mortgage_kin", "divorce_split", "utility_home"])
def test_those_who_conceal_do_it_more_often_but_not_alone(
    world: WorldSummary, acts: list[dict[str, object]], cls: str
) -> None:
    episodes = pq.read_table(world.out / "truth" / "episodes.parquet").to_pylist()
    kinds = {one["debtor_id"]: one["kind"] for one in episodes}
    did = {str(one["person_id"]) for one in acts if one["cls"] == cls and one["real"]}
    share = {}
    for flag in (True, False):
        share[flag] = np.mean([one in did for one, kind in kinds.items() if (kind == "concealed") == flag])
    assert share[True] > 4 * share[False] > 0


def test_diverted_compensation_went_to_somebody_close_and_the_look_alikes_did_not_leave_the_debtor(
    folders: list[Path], acts: list[dict[str, object]], kin: set[tuple[str, str]]
) -> None:
    rows = {row["协议编号"]: row for row in table(folders, "征收拆迁补偿")}
    real, honest = acts_by(acts, "demolition_diverted", True), acts_by(acts, "demolition_diverted", False)
    seen = [(row, real[number]) for number, row in rows.items() if number in real]
    assert len(seen) >= 5
    for row, act in seen:
        assert row["原领款人证件号码"] == row["被征收人证件号码"] == act["person_id"]
        assert (act["person_id"], row["领款人证件号码"]) in kin
        assert day(row["领款人变更日期"]) == act["day"]
    kept = [(row, honest[number]) for number, row in rows.items() if number in honest]
    assert len(kept) >= 5
    for row, act in kept:
        left = row["原领款人证件号码"] == act["person_id"]
        assert not (left and (act["person_id"], row["领款人证件号码"]) in kin)


def test_breaches_fall_under_an_order_and_innocent_journeys_do_not(
    folders: list[Path], acts: list[dict[str, object]]
) -> None:
    orders: dict[str, list[date]] = defaultdict(list)
    spared: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for row in table(folders, "执行事件"):
        begin, end = day(row["发生日期"]), day(row["解除或办结日期"])
        if row["事件类型"] == "LIMIT" and row["结果"] == "限制消费令" and begin:
            orders[row["对象证件号码"]].append(begin)
        if row["结果"] == "单次解除" and begin and end:
            spared[row["对象证件号码"]].append((begin, end))
    rows = table(folders, "出行记录")
    assert rows
    breaches = {one["person_id"] for one in acts if one["cls"] == "travel_violation" and one["real"]}
    slack = timedelta(days=370)  # an order's date is wrong now and then
    loud = 0
    for row in rows:
        who, when = row["证件号码"], day(row["出行日期"])
        assert when is not None
        if who in breaches or who not in orders:
            continue
        allowed = any(begin <= when <= end for begin, end in spared[who]) or row["购票人证件号码"].startswith("91")
        loud += not allowed and when > min(orders[who]) + slack
    assert loud == 0
    assert len({row["证件号码"] for row in rows} & breaches) >= 10
    assert any(row["所持证件号码"] != row["证件号码"] for row in rows if row["出行种类"] == "航班")


def test_a_debtor_who_pays_for_another_home_lives_away_and_tenants_have_leases(
    folders: list[Path], acts: list[dict[str, object]]
) -> None:
    parties = {row["证件号码"]: row["住址"] for row in table(folders, "执行主体")}
    rows = table(folders, "水电气物业缴费")
    for real in (True, False):
        act = acts_by(acts, "utility_home", real, "person_id")
        mine = [row for row in rows if row["缴费人证件号码"] in act]
        away = [row for row in mine if row["用户地址"] != parties.get(row["缴费人证件号码"])]
        assert len({row["缴费人证件号码"] for row in away}) >= 4
    tenants = {row["承租人证件号码"] for row in table(folders, "房屋租赁登记")}
    assert len(tenants & set(acts_by(acts, "utility_home", False, "person_id"))) >= 3


def test_new_companies_of_evaders_resemble_the_old_one_and_neighbours_hardly(
    folders: list[Path], acts: list[dict[str, object]]
) -> None:
    rows = {row["统一社会信用代码"]: row for row in table(folders, "企业登记")}
    owners = {row["统一社会信用代码"]: row["股东证件号码"] for row in table(folders, "股东持股")}
    own = {owners[code]: row for code, row in rows.items() if code in owners}
    alike: dict[bool, list[int]] = {True: [], False: []}
    for real, counts in alike.items():
        for code, act in acts_by(acts, "phoenix_company", real).items():
            old = own.get(str(act["person_id"]))
            if code in rows and old is not None:
                counts.append(sum(rows[code][name] == old[name] for name in ("住所", "联系电话", "经营范围")))
    assert len(alike[True]) >= 5
    assert len(alike[False]) >= 5
    assert np.mean(alike[True]) > np.mean(alike[False]) + 0.5


def test_companies_struck_off_and_represented_by_others_show_it(
    folders: list[Path], acts: list[dict[str, object]]
) -> None:
    changes = defaultdict(set)
    for row in table(folders, "企业变更"):
        changes[row["统一社会信用代码"]].add(row["变更事项"])
    state = {row["统一社会信用代码"]: row["登记状态"] for row in table(folders, "企业登记")}
    for real, notice in ((True, "简易注销公告"), (False, "清算组备案")):
        ended = [code for code in acts_by(acts, "company_deregistered", real) if notice in changes[code]]
        assert len(ended) >= 4
        assert sum(state.get(code) == "注销" for code in ended) >= 3
    moved = acts_by(acts, "rep_changed", True)
    assert sum("法定代表人变更" in changes[code] for code in moved) >= len(moved) // 3


def test_sham_divorces_leave_the_debtor_the_debts_and_honest_ones_share(
    folders: list[Path], acts: list[dict[str, object]]
) -> None:
    rows = {row["甲方证件号码"]: row for row in table(folders, "婚姻登记") if row["离婚登记日期"]}
    shares = {}
    for real in (True, False):
        mine = [rows[who] for who in acts_by(acts, "divorce_split", real, "person_id") if who in rows]
        assert len(mine) >= 4
        shares[real] = np.median([float(row["甲方分得财产比例"]) for row in mine])
        assert all(row["甲方承担债务比例"] for row in mine)
    assert shares[True] < 0.3 < shares[False]


def test_mortgages_to_relatives_are_in_the_truth_and_bank_mortgages_exist(
    folders: list[Path], acts: list[dict[str, object]], kin: set[tuple[str, str]]
) -> None:
    rows = {(row["抵押人证件号码"], row["财产标识"], day(row["登记日期"])): row for row in table(folders, "抵押登记")}
    seen = 0
    for act in acts_by(acts, "mortgage_kin", True).values():
        row = rows.get((str(act["person_id"]), str(act["asset_id"]), act["day"]))  # type: ignore[arg-type]
        if row is not None and len(row["抵押权人证件号码"]) == 18:
            assert (act["person_id"], row["抵押权人证件号码"]) in kin
            seen += 1
    assert seen >= 5
    assert any(row["抵押权人"].endswith("银行") for row in rows.values())


def test_overlooked_homes_have_no_seal_and_cheap_ones_a_low_price(
    folders: list[Path], acts: list[dict[str, object]]
) -> None:
    sealed = {row["财产标识"] for row in table(folders, "执行事件") if row["事件类型"] == "SEAL"}
    assert not set(acts_by(acts, "realty_not_sealed", True)) & sealed
    rows = {row["不动产单元号"]: row for row in table(folders, "不动产登记") if row["原权利人证件号码"]}
    sold = [rows[unit] for unit in acts_by(acts, "realty_sold_cheap", True) if unit in rows]
    assert len(sold) >= 10
    assert all(
        float(row["登记价格"] or 0) < 0.8 * float(row["评估价值"]) for row in sold if float(row["评估价值"]) < 1e7
    )


def test_pay_held_back_by_the_court_is_no_misconduct(folders: list[Path], acts: list[dict[str, object]]) -> None:
    log = [row for row in table(folders, "执行事件") if row["事件类型"] == "ASSIST"]
    rows = table(folders, "社会保险")
    for cls, kind, status in (
        ("wage_income", "收入", "在职参保"),
        ("pension_income", "养老金", "领取养老金"),
    ):
        held = {row["对象证件号码"] for row in log if row["财产类别"] == kind}
        real, honest = acts_by(acts, cls, True, "person_id"), acts_by(acts, cls, False, "person_id")
        assert len(set(honest) & held) > len(honest) // 4
        shown = {row["证件号码"] for row in rows if row["参保状态"] == status}
        assert len(shown & set(real)) >= 4
        assert not set(real) & held


def test_old_numbers_lead_to_the_people_they_belong_to(world: WorldSummary, folders: list[Path]) -> None:
    people = set(pq.read_table(world.out / "truth" / "people.parquet")["person_id"].to_pylist())
    short = {short for number, short in zip(people, short_number(np.asarray(list(people), dtype=object)), strict=True)}
    old = {row["所有人证件号码"] for row in table(folders, "机动车登记") if len(row["所有人证件号码"]) == 15}
    old |= {row["权利人证件号码"] for row in table(folders, "不动产登记") if len(row["权利人证件号码"]) == 15}
    assert len(old) >= 5
    assert old <= short
    assert any(row["曾用名称"] for row in table(folders, "企业登记"))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(load_knobs(), 4, (600,), make_calendar(np.datetime64("2022-01-01"), 1, 10), 4 * 700)


def test_money_of_one_person_companies_goes_both_ways_where_purses_are_one(plan: Plan) -> None:
    cohort = draw_cohort(plan, 0)
    firms, rows = draw_companies(plan, 0, cohort), commingling_movements(plan, 0, cohort)
    assert set(rows) == {"h", "day", "amount", "kind"}
    for state, both in ((MIXED, 0.2), (SALARIED, 0.0)):
        mine = np.isin(rows["h"], np.flatnonzero(firms.money == state))
        assert mine.any()
        assert (rows["amount"][mine] < 0).mean() >= both
    salaried = np.isin(rows["h"], np.flatnonzero(firms.money == SALARIED))
    assert (rows["amount"][salaried] < 0).mean() < 0.15
    again = commingling_movements(plan, 0, draw_cohort(plan, 0))
    assert all((again[name] == rows[name]).all() for name in rows)


def test_premiums_are_paid_once_a_year_after_the_case_was_filed(plan: Plan) -> None:
    cohort = draw_cohort(plan, 0)
    rows = premium_movements(plan, 0, cohort)
    assert len(rows["h"]) >= 4
    assert (rows["amount"] < 0).all()
    assert (rows["day"] > cohort.debts.filed[cohort.conduct.first[rows["h"]]]).all()
