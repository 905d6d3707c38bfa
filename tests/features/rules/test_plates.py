"""A plate written in any way is one plate, in files, facts and Python; special ones keep their sign."""

from __future__ import annotations

from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intake.cells import arrow as cell_arrow
from features.intake.cells import sql as cell_sql
from features.pool.macros import define_macros
from features.rules import plates
from features.rules.characters import BLANKS
from features.schema.contract import Column

PLATE = Column("plate", "号牌号码", "id")

KINDS = [
    ("浙Z99912", "普通号牌"),
    ("浙ZD99912", "新能源汽车号牌"),
    ("浙Z99912F", "新能源汽车号牌"),
    ("浙Z9991学", "教练汽车号牌"),
    ("浙Z9991警", "警用汽车号牌"),
    ("浙Z9991挂", "挂车号牌"),
    ("粤Z9991港", "港澳入出境车号牌"),
    ("粤Z9991澳", "港澳入出境车号牌"),
    ("浙Z9991领", "领馆汽车号牌"),
    ("使999001", "使馆汽车号牌"),
    ("999001使", "使馆汽车号牌"),
    ("WJ浙9991X", "武警号牌"),
    ("ZZ99912", "军用号牌"),
    ("浙Z9991应急", "应急救援号牌"),
    ("浙9999912", "农业机械号牌"),
    ("民航99912", "民航号牌"),
    ("浙Z9991", ""),
    ("浙Z999123456", ""),
    ("无牌", ""),
    ("", ""),
]

WAYS = [
    "{a}·{b}",
    "{a}•{b}",
    "{a}‧{b}",
    "{a}・{b}",
    "{a}.{b}",
    "{a}．{b}",
    "{a}-{b}",
    "{a}－{b}",
    "{a}—{b}",
    "{a} {b}",
    "{a}\u3000{b}",
    " {a}\u00a0{b}\t",
    "{a}_{b}",
    "{a}\u200b{b}",
]
"""How the two parts of a plate are held apart."""


def wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def by_files(text: str) -> Any:
    with duckdb.connect() as con:
        found = con.execute(f"SELECT {cell_sql.value_sql(PLATE, 't')} FROM (SELECT $t AS t)", {"t": text}).fetchone()
    assert found is not None
    return found[0]


def by_arrow(text: str) -> Any:
    values = cell_arrow.parse_column(PLATE, cell_arrow.clean_cells(pa.chunked_array([[text]]), "id"))
    return None if values is None else values.to_pylist()[0]


def in_facts(make: Any, texts: list[str]) -> list[Any]:
    given_ = ibis.memtable({"at": range(len(texts)), "t": texts}, schema={"at": "int64", "t": "string"})
    con = ibis.duckdb.connect()
    define_macros(con.con)
    return con.to_pyarrow(given_.select("at", v=make(given_.t)).order_by("at").v).to_pylist()


@pytest.mark.parametrize("way", WAYS)
def test_a_plate_written_in_any_way_is_one(way: str) -> None:
    whole = [plate for plate, kind in KINDS if kind]
    written = [way.format(a=plate[:2], b=plate[2:]) for plate in whole]
    written = [text for pair in ((text, wide(text.lower())) for text in written) for text in pair]
    wanted = [plate for plate in whole for _ in range(2)]
    assert [plates.normal_plate(text) for text in written] == wanted
    assert in_facts(plates.normal_plate_column, written) == wanted
    assert [by_files(text.strip(BLANKS)) for text in written[:6]] == wanted[:6]
    assert {by_arrow(text) for text in written[:2]} <= {wanted[0], None}


@settings(max_examples=20)
@given(
    st.lists(
        st.text(st.sampled_from("浙Zz９912·•.- \u3000警dD学使_—()（蓝牌）号车无*:原"), max_size=12),
        min_size=40,
        max_size=40,
    )
)
def test_files_facts_and_python_agree(texts: list[str]) -> None:
    kept = [plates.normal_plate(text) or None for text in texts]
    assert in_facts(plates.normal_plate_column, texts) == kept
    assert [plates.normal_plate(text or "") or None for text in kept] == kept


@pytest.mark.parametrize(("plate", "kind"), KINDS)
def test_the_kind_a_plate_shows(plate: str, kind: str) -> None:
    assert plates.plate_kind(plate) == kind
    assert plates.plate_kind(wide(plate[:2].lower()) + "·" + plate[2:]) == kind


def test_other_numbers_of_things_stay_as_they_are() -> None:
    others = [
        "浙(2020)虚市不动产权第9990001号",
        "TESTZZ-10004",
        "990001-GB00001-F0001",
        "9900-1234-5678",
        "ZZ-99912",
        "浙江虚构-公司",
        "浙A",
    ]
    assert in_facts(plates.joinable_number, others) == others
    assert in_facts(plates.joinable_number, ["无牌", "无", "浙Z*99912", " ", "\u3000"]) == [None, None, None, " ", None]
    assert in_facts(plates.joinable_number, ["浙Z99912号", "小型汽车浙Z99912"]) == ["浙Z99912"] * 2
    said = ["浙z·99912", "浙Z 9991-挂", "ＷＪ浙-9991X", "使 999-001", "浙Z-D99912"]
    assert in_facts(plates.joinable_number, said) == ["浙Z99912", "浙Z9991挂", "WJ浙9991X", "使999001", "浙ZD99912"]


@pytest.mark.parametrize(
    "form",
    [
        "{}(蓝牌)", "{}（小型汽车）", "小型汽车{}", "{}号", "车牌号:{}", "号牌号码：{}", "车牌为{}",
        "{} 小型轿车", "（黄牌）{}", "{}【大型汽车】", "{}号车", "{}号轿车", "{}[新能源]", "蓝色{}", "{}_蓝",
        "非营运小型车 {}", "{}；", "牌照{}", "（小型汽车）{}（蓝）", "重型半挂牵引车{}",
    ],
)  # fmt: skip
def test_what_is_said_beside_a_plate_is_no_part_of_it(form: str) -> None:
    whole = [plate for plate, kind in KINDS if kind]
    written = [form.format(plate) for plate in whole]
    assert [plates.normal_plate(text) for text in written] == whole
    assert in_facts(plates.normal_plate_column, written) == whole
    assert [plates.plate_kind(text) for text in written] == [kind for _, kind in KINDS if kind]


@pytest.mark.parametrize(
    "text",
    [
        "无", "无牌", "无号牌", "未上牌", "尚未上牌", "未悬挂号牌", "暂无", "不详", "未知", "新车未上牌",
        "未上牌车辆", "待上牌", "-", "/", "——", "浙Z*99912", "浙Z***12", "浙Z＊＊912", "浙Z●●912", "***912",
        "浙Z××912", "浙Z■■912", "浙Z○○912", "浙Z□912",
        "无牌照", "遮挡号牌", "0", "无 牌", "N/A",
    ],
)  # fmt: skip
def test_no_plate_is_that_of_no_vehicle(text: str) -> None:
    assert plates.normal_plate(text) == ""
    assert in_facts(plates.normal_plate_column, [text]) == [None]
    assert plates.plate_kind(text) == ""


@pytest.mark.parametrize(
    "text", ["浙Z99912、浙Z99913", "浙Z99912(原浙Z99913)", "浙Z99912已售", "张三的车", "浙江Z99912", "浙Z9"]
)
def test_what_is_not_understood_stays_as_it_is_written(text: str) -> None:
    assert plates.normal_plate(text) == text
    assert in_facts(plates.normal_plate_column, [text]) == [text]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("TESTZZ00000000001", "TESTZZ00000000001"),
        ("testzz 00000000001", "TESTZZ00000000001"),
        ("ＴＥＳＴＺＺ００００００００００１", "TESTZZ00000000001"),
        ("车架号：TESTZZ00000000001", "TESTZZ00000000001"),
        ("车辆识别代号TESTZZ00000000001", "TESTZZ00000000001"),
        ("VIN:TESTZZ00000000001", "TESTZZ00000000001"),
        ("TESTZZ00000000001（车架号）", "TESTZZ00000000001"),
        ("无", None),
        ("不详", None),
        ("-", None),
        ("TESTZZ*******0001", None),
        ("TESTZZ●●●●●●●0001", None),
        ("TESTZZ×××××××0001", None),
        ("TESTZZXXXXXXX0001", None),
        ("TESTXX00000000001", "TESTXX00000000001"),
        ("TESTZZ0XX00000001", "TESTZZ0XX00000001"),
        ("未采集", None),
        ("00000000000000000", None),
        ("虚构一号", "虚构一号"),
    ],
)
def test_a_number_of_a_body_written_in_any_way_is_one(text: str, kept: str | None) -> None:
    assert plates.normal_vin(text) == (kept or "")
    assert in_facts(plates.normal_vin_column, [text]) == [kept]
