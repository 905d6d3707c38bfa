"""Numbers of cases of both forms: kept in one form by Python, by the files' reader and by the facts alike."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intake.cells import arrow as cell_arrow
from features.intake.cells import sql as cell_sql
from features.rules import case_numbers
from features.rules.characters import BLANKS
from features.schema.contract import Column

NUMBER = Column("case_no", "案号", "id")

WRITTEN = [
    ("（2014）虚执字第123号", "（2014）虚执字第123号"),
    ("(2014)虚执字第0123号", "（2014）虚执字第0123号"),
    ("〔２０１４〕 虚执民字　第１２３号", "（2014）虚执民字第123号"),
    ("【2013】虚法执恢字第5号", "（2013）虚法执恢字第5号"),
    ("[2012年]浙虚执行字第5号", "（2012）浙虚执行字第5号"),
    ("﹝2011﹞虚民执字第5号之一", "（2011）虚民执字第5号之一"),
    ("（2015）虚执字第7号之一百二十", "（2015）虚执字第7号之一百二十"),
    ("（2015）虚执字第7之十一号", "（2015）虚执字第7号之十一"),
    ("（2010）虚执字第7—2号", "（2010）虚执字第7-2号"),
    ("(2009)执监字第12号", "（2009）执监字第12号"),
    ("（1999）虚执字88号", "（1999）虚执字第88号"),
    ("(2014)浙执字第1号", "（2014）浙执字第1号"),
    ("(2024)浙9901执恢 12号", "（2024）浙9901执恢12号"),
    ("[2024年]浙9901执12号之一百二十", "（2024）浙9901执12号之一百二十"),
    ("（2024）浙9901执12号之1", "（2024）浙9901执12号之1"),
    ("〖2020〗最高法执监3号", "（2020）最高法执监3号"),
    ("\ufeff（2024）\u200b浙9901执\u00a01号\t", "（2024）浙9901执1号"),
]

REFUSED = [
    "",
    "张三",
    "（2018）虚执字第1号",
    "（2014）虚执字第号",
    "（2014）执第1号",
    "2014虚执字第1号",
    "（214）虚执字第1号",
    "（2014）虚执字第123",
    "（2014）虚执字第123号（补）",
    "（2014）虚执字第1号、2号",
    "（2024）浙9901执1号之",
    "（2024）浙99012执1号",
]


def in_sql(text: str) -> Any:
    with duckdb.connect() as con:
        found = con.execute(f"SELECT {cell_sql.case_number_sql('t')} FROM (SELECT $t AS t)", {"t": text}).fetchone()
    assert found is not None
    return found[0]


def column(texts: list[str | None]) -> Any:
    return ibis.memtable({"number": texts}, schema={"number": "string"}).number


@pytest.mark.parametrize(("written", "kept"), WRITTEN)
def test_a_number_takes_one_form_everywhere(written: str, kept: str) -> None:
    assert case_numbers.normal_case_number(written) == in_sql(written) == kept
    assert case_numbers.is_case_number(kept)
    array = cell_arrow.clean_cells(pa.chunked_array([[written]]), "id")
    assert (cell_arrow.parse_column(NUMBER, array) or array).to_pylist()[0] in {kept, written.strip(BLANKS)}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_number_of_a_case_is_not_taken_for_one(text: str) -> None:
    assert not case_numbers.is_case_number(case_numbers.normal_case_number(text))


_SIGNS = st.sampled_from("（([〔【）)]〕】 \u3000\u00a0\u200b\x1c\x85２０1423浙虚执恢民字第号之一百年—-")


@settings(max_examples=30)
@given(st.lists(st.text(_SIGNS, max_size=25), min_size=40, max_size=40))
def test_python_the_reader_of_files_and_the_facts_agree(texts: list[str]) -> None:
    kept = [case_numbers.normal_case_number(text) or None for text in texts]
    assert [case_numbers.normal_case_number(text or "") or None for text in kept] == kept
    given_ = column([*texts])
    row = given_.as_table().mutate(kept=case_numbers.normal_case_number_column(given_), at=ibis.row_number())
    assert ibis.duckdb.connect().to_pyarrow(row.order_by("at").kept).to_pylist() == kept
    with duckdb.connect() as con:
        con.register("given", pa.table({"place": range(len(texts)), "t": texts}))
        found = con.execute(f"SELECT {cell_sql.case_number_sql('t')} FROM given ORDER BY place").fetchall()
    assert [value for (value,) in found] == kept


@settings(max_examples=100)
@given(st.from_regex(re.compile(case_numbers.PATTERN), fullmatch=True))
def test_a_number_that_is_accepted_stands_in_its_one_form(number: str) -> None:
    assert case_numbers.normal_case_number(number) == number


@pytest.mark.parametrize(
    ("number", "court"),
    [
        ("（2023）浙9901执1号", "浙9901"),
        ("（2022）最高法民终12号", "最高法"),
        ("（2022）浙99民终12号", "浙99"),
        ("（2022）浙民终12号", "浙"),
        ("（2022）浙9901民初12号之一", "浙9901"),
        ("（2014）浙虚执字第3号", None),
        ("（2014）浙执字第3号", None),
        ("（2014）虚民初字第3号", None),
        ("浙江省公证处（2022）第1号", None),
        ("", None),
    ],
)
def test_the_court_in_a_number(number: str, court: str | None) -> None:
    found = case_numbers.court_code(column([number])).as_table()
    assert ibis.duckdb.connect().to_pyarrow(found)[0].to_pylist() == [court]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("（2014）虚执字第0123号", "（2014）虚执字第123号", True),
        ("（2014）虚执字第123号之一", "（2014）虚执字第0123号之一百二十", True),
        ("（2024）浙9901执012号", "（2024）浙9901执12号", True),
        ("（2014）虚执字第123-1号", "（2014）虚执字第123号", False),
        ("（2014）虚执字第100号", "（2014）虚执字第10号", False),
        ("（2014）虚执字第100号", "（2014）虚执民字第100号", False),
        ("（2014）虚执字第100号", "（2013）虚执字第100号", False),
    ],
)
def test_zeros_and_documents_make_no_other_case(one: str, other: str, same: bool) -> None:
    found = case_numbers.same_case(column([one, other])).as_table()
    left, right = ibis.duckdb.connect().to_pyarrow(found)[0].to_pylist()
    assert (left == right) is same


@pytest.mark.parametrize(
    ("words", "court", "kind"),
    [
        ("虚执", "虚", "执"),
        ("浙虚执民", "浙虚", "执民"),
        ("虚法执", "虚法", "执"),
        ("虚民执", "虚", "民执"),
        ("虚执恢", "虚", "执恢"),
        ("虚恢执", "虚", "恢执"),
        ("虚行非执", "虚", "行非执"),
        ("商执", "商", "执"),
        ("虚民初", "虚", "民初"),
        ("执监", "", "执监"),
        ("民申", "", "民申"),
        ("虚仲裁", "虚仲裁", ""),
        ("虚国土", "虚国土", ""),
    ],
)
def test_court_and_kind_of_an_older_number(words: str, court: str, kind: str) -> None:
    assert case_numbers.old_court_and_kind(words) == (court, kind)
