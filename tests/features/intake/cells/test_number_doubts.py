"""Numbers that are none, of a document or of another court are taken in as written, and the report says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from features.facts.assets.holdings import vehicles
from features.intake.ingest import IngestOptions, ingest
from features.pool.pool import Pool

LOOSE = IngestOptions(provider="某行", legal_basis="试验", purpose="试验", scope="试验", received_on=date(2024, 5, 1))
CASES = "案号,案件类型,立案案由,法院代字,法院行政区划,立案日期,应执行标的金额,原执行案号"
CARS = "号牌号码,车辆识别代号,所有人证件号码,取得日期"
WHO = "990001198001010019"


def taken(tmp_path: Path, name: str, head: str, rows: Sequence[str]) -> list[str]:
    """The warnings of an ingest that takes in every row."""
    file = tmp_path / f"{name}.csv"
    file.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    report = ingest(tmp_path / "home", [str(file)], LOOSE)
    assert (report.accepted, report.bad) == (len(rows), 0)
    return list(report.warnings)


def case(number: str, court: str = "浙9901", division: str = "339901", before: str = "") -> str:
    kind = "恢复执行" if "恢" in number else "首次执行"
    return f"{number},{kind},借贷,{court},{division},2024-01-02,8,{before}"


@pytest.mark.parametrize(
    "number",
    [
        "（2024）浙9901执1013号之一",
        "（2024）浙9901执1013号之二",
        "(2024)浙9901执1013号之一",
        "（2024）浙9901执1013之一号",
        "（2024）浙9901执1013号之十二",
        "（2024）浙9901执1013号之1",
        "（2024） 浙9901执 1013号 之一百二十",
        "〔2024〕浙9901执1013号之三",
        "（2024年）浙9901执１０１３号之一",
        "［2024］浙9901执1013号之二十一",
    ],
)
def test_the_number_of_a_ruling_names_its_case(tmp_path: Path, number: str) -> None:
    said = taken(tmp_path, "执行案件", CASES, [case(number), case("（2024）浙9901执恢9号", before=number)])
    with Pool(tmp_path / "home").as_of(date(2024, 6, 1)) as cut:
        rows = cut.table("case").order_by("case_no").select("case_no", "prev_case_no").to_pyarrow().to_pylist()
    held = [tuple(row.values()) for row in rows]
    assert held == [("（2024）浙9901执1013号", None), ("（2024）浙9901执恢9号", "（2024）浙9901执1013号")]
    assert any("“案号”列有 1 行带有文书序号" in line for line in said)


@pytest.mark.parametrize(
    ("number", "court", "doubtful"),
    [
        ("（2024）浙9901执1号", "浙9901", False),
        ("（2024）浙9901执1号", "浙9902", True),
        ("(2024)浙9901执1号", "浙9902", True),
        ("（2024年） 浙9901执恢1号", "浙9902", True),
        ("[2024]浙9901执1号之一", "浙9901", False),
        ("（2024）浙99执1号", "浙9901", True),
        ("（2024）浙执1号", "浙99", True),
        ("（2014）虚执字第1号", "浙9901", False),
        ("（2024）浙9901执1号", "测试市人民法院", False),
        ("（2024）最高法执1号", "最高法", False),
    ],
)
def test_a_number_of_another_court_is_told(tmp_path: Path, number: str, court: str, doubtful: bool) -> None:
    said = [line for line in taken(tmp_path, "执行案件", CASES, [case(number, court)]) if "案号中的法院" in line]
    assert bool(said) is doubtful
    assert not doubtful or court in said[0]


@pytest.mark.parametrize(
    "division",
    ["33990", "3399011", "浙江省虚构市", "0", "33990100", "339901市", "3399", "33-9901", "９９０１", "33990A"],
)
def test_what_is_no_code_of_a_division_is_told(tmp_path: Path, division: str) -> None:
    said = taken(tmp_path, "执行案件", CASES, [case("（2024）浙9901执1号", division=division)])
    assert any(f"“法院行政区划”列有 1 行不是六位区划代码（如“{division}”）" in line for line in said)


@pytest.mark.parametrize("division", ["339901", "339901000", "339901000000"])
def test_codes_of_divisions_of_every_length_are_taken(tmp_path: Path, division: str) -> None:
    assert not taken(tmp_path, "执行案件", CASES, [case("（2024）浙9901执1号", division=division)])


def test_plates_and_numbers_that_are_none_are_told_without_a_number(tmp_path: Path) -> None:
    rows = [
        f"无,TESTZZ00000000001,{WHO},2024-01-01",
        f"未上牌,TESTZZ00000000002,{WHO},2024-01-01",
        f"浙Z*99912,TESTZZ00000000003,{WHO},2024-01-01",
        f"浙Z99912(蓝牌),无,{WHO},2024-01-01",
        "浙Z99913,TESTZZ00000000004,不详,2024-01-01",
        f"浙Z99914,TESTZZ00000000005,{WHO}、990001198001010025,2024-01-01",
    ]
    said = "\n".join(line for line in taken(tmp_path, "机动车登记", CARS, rows))
    assert "“号牌号码”列有 3 行写的不是号码（如“无”“未上牌”" in said
    assert "“车辆识别代号”列有 1 行写的不是号码（如“无”）" in said
    assert "“所有人证件号码”列有 2 行写的不是号码（如“不详”），或号码不全、一格写有两个号码" in said
    assert WHO not in said


def test_plain_numbers_are_not_remarked_upon(tmp_path: Path) -> None:
    rows = [f"浙Z9991{at},TESTZZ0000000000{at},{WHO},2024-01-01" for at in range(3)]
    assert not taken(tmp_path, "机动车登记", CARS, rows)


def test_two_things_without_a_number_are_two(tmp_path: Path) -> None:
    rows = [
        f"无,无,{WHO},2024-01-01",
        "未上牌,不详,990001198001010025,2024-01-01",
        "浙Z99912号,无,无,2024-01-02",
        "小型汽车浙Z99912,车架号：TESTZZ00000000004,不详,2024-01-03",
    ]
    taken(tmp_path, "机动车登记", CARS, rows)
    with Pool(tmp_path / "home").as_of(date(2024, 6, 1)) as cut:
        cars = vehicles(cut).order_by("own_from", "rid").to_pyarrow().to_pylist()
    assert [car["plate"] for car in cars] == [None, None, "浙Z99912", "浙Z99912"]
    assert len({car["vin"] for car in cars}) == 4
    assert [car["vin"] for car in cars][2:] == ["浙Z99912", "TESTZZ00000000004"]
    assert [car["owner"] for car in cars] == [WHO, "990001198001010025", None, None]
