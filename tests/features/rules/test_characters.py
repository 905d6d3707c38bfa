"""What shows nothing and what stands in full width is the same to every reader of files, texts and queries."""

from __future__ import annotations

import unicodedata
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.facts.people.linkage import plain_address
from features.facts.people.petition_text import plain
from features.intake.cells import arrow, sql
from features.intake.cells.units import plain_text
from features.intake.ruling.plain import normalise_text
from features.intake.tables.above_header import read_above_header
from features.intake.tables.headers import clean_header
from features.pool.identity import bare_column, known_number
from features.pool.macros import define_macros
from features.pool.same_rows import is_repeated
from features.rules.case_numbers import normal_case_number
from features.rules.characters import (
    BLANK_CLASS,
    BLANKS,
    STROKES,
    bare_sql,
    half_width,
    half_width_sql,
    translate_sql,
    without_blanks,
    without_blanks_sql,
)
from features.rules.identifiers import normal_identifier
from features.rules.plates import normal_plate, normal_vin
from features.schema.contract import Column
from features.schema.currencies import code_of

NAMED = {
    "blank": " ",
    "tab": "\t",
    "line end": "\n",
    "hard": "\u00a0",
    "ogham": "\u1680",
    "en": "\u2002",
    "em": "\u2003",
    "figure": "\u2007",
    "hair": "\u200a",
    "no width": "\u200b",
    "joiner": "\u200d",
    "left to right": "\u200e",
    "embedded": "\u202a",
    "embedding ends": "\u202c",
    "narrow hard": "\u202f",
    "mathematical": "\u205f",
    "word joiner": "\u2060",
    "isolated": "\u2066",
    "full width": "\u3000",
    "byte order": "\ufeff",
}
"""Blanks that programs leave in cells, by their names."""

CHARACTERS = [chr(code) for code in range(1, 0x10000) if not 0xD800 <= code < 0xE000]
TEXTS = st.text(st.sampled_from("浙Z9a１２Ａｂ（）！～'＇‘—-−. " + "".join(NAMED.values())), max_size=12)


def in_duckdb(expression: str, texts: list[str]) -> list[Any]:
    with duckdb.connect() as con:
        define_macros(con)
        con.register("given", pa.table({"place": range(len(texts)), "t": pa.array(texts, pa.string())}))
        return [row[0] for row in con.execute(f"SELECT {expression} FROM given ORDER BY place").fetchall()]


def in_cut(column: Any) -> list[Any]:
    """Values of an Ibis column in an engine with the macros of a cut."""
    engine = ibis.duckdb.connect()
    define_macros(engine.con)
    return list(engine.to_pyarrow(column).to_pylist())


def test_a_blank_is_what_unicode_calls_white_or_without_shape() -> None:
    white = {c for c in CHARACTERS if c.isspace()}
    shapeless = {c for c in CHARACTERS if unicodedata.category(c) == "Cf" and ("\u2000" <= c <= "\u206f")}
    assert white | shapeless | {"\ufeff"} <= set(BLANKS)
    assert [c for c in BLANKS if c.isprintable() and c != " "] == []


def test_every_character_is_a_blank_to_all_or_to_none() -> None:
    array = pa.array(CHARACTERS)
    wanted = ["" if c in BLANKS else c for c in CHARACTERS]
    assert [without_blanks(c) for c in CHARACTERS] == wanted
    assert [c.strip(BLANKS) for c in CHARACTERS] == wanted
    assert pc.utf8_trim(array, BLANKS).to_pylist() == wanted
    assert pc.replace_substring_regex(array, f"[{BLANK_CLASS}]", "").to_pylist() == wanted
    assert in_duckdb(without_blanks_sql("t"), CHARACTERS) == wanted
    assert in_duckdb(f"trim(t, {sql.sql_literal(BLANKS)})", CHARACTERS) == wanted


def test_full_width_is_what_compatibility_makes_half_width() -> None:
    signs = [c for c in CHARACTERS if "\uff01" <= c <= "\uff5e"]
    assert [half_width(c) for c in CHARACTERS if c not in signs] == [c for c in CHARACTERS if c not in signs]
    assert [half_width(c) for c in signs] == [unicodedata.normalize("NFKC", c) for c in signs]
    assert in_duckdb(half_width_sql("t"), CHARACTERS) == [half_width(c) for c in CHARACTERS]


@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=30, max_size=30))
def test_python_and_duckdb_agree_on_whole_texts(texts: list[str]) -> None:
    assert in_duckdb(without_blanks_sql("t"), texts) == [without_blanks(text) for text in texts]
    assert in_duckdb(half_width_sql("t"), texts) == [half_width(text) for text in texts]
    column = ibis.memtable({"t": texts}, schema={"t": "string"}).t
    bare = [without_blanks(half_width(text)) for text in texts]
    assert in_cut(bare_column(column)) == in_duckdb(bare_sql("t"), texts) == bare
    stroked = str.maketrans(dict.fromkeys(STROKES, "-"))
    dashed = [half_width(text).translate(stroked) for text in texts]
    for made in (translate_sql, half_width_sql):
        assert in_duckdb(made("t", STROKES, "-" * len(STROKES)), texts) == dashed


CELLS = {
    "money": ("{b}1{b}234.50{b}", 123450),
    "int": ("{b}12{b}", 12),
    "real": ("{b}12.5{b}", 12.5),
    "set": ("{b}甲{b}、{b}乙", "乙;甲"),
    "date": ("{b}2024年{b}1月{b}2日{b}", "2024-01-02"),
    "datetime": ("{b}2024-01-02{b}10:11:12{b}", "2024-01-02 10:11:12"),
    "id": ("{b}9900{b}01A{b}", "990001A"),
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_is_read_whatever_blank_stands_in_it_and_around_it(kind: Any) -> None:
    written, value = CELLS[kind]
    cells = arrow.clean_cells(pa.chunked_array([[written.format(b=blank) for blank in BLANKS]]), kind)
    found = in_duckdb(sql.value_sql(Column("some", "某列", kind), "t"), cells.to_pylist())
    assert {blank: str(read) for blank, read in zip(BLANKS, found, strict=True) if str(read) != str(value)} == {}


READERS = {
    "a plate": (normal_plate, "浙Z{b}999{b}12", "浙Z99912"),
    "the number of a body": (normal_vin, "TESTZZ{b}00000000001", "TESTZZ00000000001"),
    "a case": (normal_case_number, "（2024）浙9901{b}执{b}1号", "（2024）浙9901执1号"),
    "an identifier": (normal_identifier, "９９0001{b}19800101{b}001X", "99000119800101001X"),
    "a person": (known_number, "990001{b}19800101{b}001X", "99000119800101001X"),
    "a currency": (code_of, "人民{b}币", "CNY"),
    "a petition": (plain, "他名下{b}有车", "他名下有车"),
    "a unit": (plain_text, "标的{b}（万元）", "标的(万元)"),
    "a header": (clean_header, "{b}ＩＰ{b}地址{b}", "ip地址"),
    "above a header": (
        lambda text: read_above_header({"holder": "户名"}, [text])["holder"],
        "户{b}名{b}：某某",
        "某某",
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_every_reader_of_a_text_passes_over_every_blank(name: str) -> None:
    read, written, value = READERS[name]
    texts = {told: written.format(b=blank) for told, blank in NAMED.items() if blank != "\n"}
    assert {told: read(text) for told, text in texts.items()} == dict.fromkeys(texts, value)


QUERIES = {
    "goldenkey_account(t)": ("9900{b}0000{b}0000{b}0017", "9900000000000017"),
    "goldenkey_id(t)": ("990001{b}19800101{b}001X", "99000119800101001X"),
    "goldenkey_currency(t)": ("人民{b}币", "CNY"),
}


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_passes_over_every_blank(query: str) -> None:
    written, value = QUERIES[query]
    assert set(in_duckdb(query, [written.format(b=blank) for blank in BLANKS])) == {value}


def test_addresses_that_differ_in_blanks_and_width_are_one() -> None:
    written = [f"某市{blank}某路{blank}１２号 Ａ座（3－101）" for blank in BLANKS]
    column = ibis.memtable({"t": written}, schema={"t": "string"}).t
    assert set(in_cut(plain_address(column))) == {"某市某路12号A座3101"}


def test_a_row_delivered_again_is_known_whatever_blank_is_in_the_name() -> None:
    row = "SELECT 'S1' ref_no, TIMESTAMP '2024-01-02' ts, 100 amount, 5 balance, NULL::VARCHAR cp_acct, {} cp_name"
    with duckdb.connect() as con:
        define_macros(con)
        con.register("given", pa.table({"name": [f"某{blank}公司（虚构）" for blank in BLANKS]}))
        found = con.execute(
            f"WITH a AS ({row.format(chr(39) + '某公司(虚构)' + chr(39))}), b AS ({row.format('name')} FROM given) "
            f"SELECT count(*) FILTER ({is_repeated('a', 'b')}), count(*) FROM a, b"
        ).fetchone()
    assert found is not None and found[0] == found[1] == len(BLANKS)


def test_the_text_of_a_ruling_keeps_its_length_and_its_lines() -> None:
    for blank in BLANKS:
        text = f"裁定{blank}如下"
        assert len(normalise_text(text)) == len(text)
        assert normalise_text(text).splitlines() == (
            ["裁定 如下"] if len(text.splitlines()) == 1 else text.splitlines()
        )
