"""Masking: no full name, number, card, phone or plate survives; sums, days, numbers of cases do; one rule for all."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.rules import masking, plates
from features.rules.characters import BLANKS, STROKES
from features.rules.masking import (
    mask_name,
    mask_numbers,
    mask_numbers_arrow,
    mask_numbers_sql,
    mask_party,
    mask_value,
    mask_value_sql,
)

ROOT = Path(__file__).parents[3]

WHO = [
    ("张测试", "张*"),
    ("欧阳测", "欧阳*"),
    ("欧阳测试", "欧阳*"),
    ("990001198001010019", "990001********0019"),
    ("99000119800101001X", "990001********001X"),
    ("990001 19800101 0019", "990001********0019"),
    ("990001800101001", "9900****1001"),
    ("9900123412342346", "9900****2346"),
    ("9900 1234 1234 2346", "9900****2346"),
    ("9900-1234-1234-2346-017", "9900****017"),
    ("９９００１２３４１２３４２３４６", "９９００****２３４６"),
    ("NRA9900123412342346", "NRA9900****2346"),
    ("99912345678", "999****5678"),
    ("999-1234-5678", "999****5678"),
    ("浙Z12312", "浙Z·***12"),
    ("浙江测试贸易有限公司", "浙江****公司"),
    ("91990001MA00000000", "9199**********0000"),
    ("TESTZZ00000000001", "TE****01"),
    ("E99912345", "E9****45"),
]
"""A whole value, and how it is shown as the other side of a fact."""
OTHERS = [
    ("", "（未载明）"),
    (None, "（未载明）"),
    ("（2023）浙9901执14265号", "（2023）浙9901执14265号"),
    ("被执行人", "被执行人"),
    ("不动产 DY99000110", "不动产 DY****10"),
    ("车辆浙Z99912", "车辆浙Z·***12"),
    ("D07", "D07"),
]
PLATES = [
    ("浙Z99912", "浙Z·***12"),
    ("浙z·99912", "浙z·***12"),
    ("浙ZD99912", "浙Z·****12"),
    ("浙Z99912F", "浙Z·****2F"),
    ("浙Z9991学", "浙Z·**91学"),
    ("浙Z9991警", "浙Z·**91警"),
    ("浙Z9991挂", "浙Z·**91挂"),
    ("浙Z9991超", "浙Z·**91超"),
    ("浙Z9991应急", "浙Z·**91应急"),
    ("浙Z99912临", "浙Z·***12临"),
    ("粤Z9991港", "粤Z·**91港"),
    ("浙Z991领", "浙Z·*91领"),
    ("领999001", "领·****01"),
    ("使999001", "使·****01"),
    ("999001使", "****01使"),
    ("WJ浙9991X", "WJ浙·***1X"),
    ("WJ浙12345", "WJ浙·***45"),
    ("WJ3299912", "WJ32·***12"),
    ("军Z99912", "军Z·***12"),
    ("民航99912", "民航·***12"),
    ("浙9999912", "浙99·***12"),
    ("车牌号：ZZ99912", "车牌号：ZZ·***12"),
]
OPEN = [
    "领100000元",
    "已领100000",
    "领100000.00",
    "领100000人次",
    "代使100000",
    "20240301使用",
    "另有240301使用记录",
    "北A座1001室",
    "城北A10012室",
    "军A20240元",
    "民航CA1234航班",
    "民航20240次",
    "更新2024001次",
    "（2023）浙9901执14265号",
    "(2014)浙虚执字第7-1号",
    "京0105民初12345号",
    "2024-03-01 12:30:00",
    "20240301",
    "2024年3月1日",
    "4.1.2 节",
    "第5.3.1条",
    "1,234,567.89元",
    "ZZ99912",
    "CF9900000001",
    "浙Z取款",
    "9900****2346",
    "浙Z·***12",
]


@pytest.mark.parametrize(("open_", "masked"), WHO + OTHERS)
def test_the_other_side_of_a_fact_is_masked(open_: str | None, masked: str) -> None:
    assert mask_party(open_) == masked


@pytest.mark.parametrize(("open_", "masked"), WHO)
def test_a_personal_value_is_masked_as_the_other_side_is(open_: str, masked: str) -> None:
    assert mask_value(open_) == masked


@pytest.mark.parametrize(
    ("open_", "masked"),
    [
        ("李某甲", "李某甲"),
        ("李某某1", "李某某1"),
        ("张", "张"),
        (" 张测\u3000", "张*"),
        ("1980-01-01", "19****01"),
        ("99912", "9****"),
        ("浙江省测试市测试路9号", "浙江****9号"),
        ("反映张测试卡9900123412342346有款", "反映****有款"),
        ("TEST NAME", "TE****ME"),
        ("测店", "测*"),
        ("", ""),
    ],
)
def test_a_cell_of_a_personal_column_shows_its_ends_at_most(open_: str, masked: str) -> None:
    assert mask_value(open_) == masked


@pytest.mark.parametrize("around", ["{}", "车{}", "开{}来的", "他的车：{}，停在楼下", "（{}）", "{}、{}", "{} {}"])
@pytest.mark.parametrize(("open_", "masked"), PLATES)
def test_a_plate_of_every_kind_is_masked_in_a_text(open_: str, masked: str, around: str) -> None:
    if around == "开{}来的" and re.search(r"^[领使]|使$", open_):
        return  # 开使999001来的 is no way to name a car: a head that is also a word needs a stop or a word for a plate
    assert mask_numbers(around.format(open_, open_)) == around.format(masked, masked)


@pytest.mark.parametrize("kind", plates.KINDS)
def test_every_kind_of_plate_is_in_the_table(kind: str) -> None:
    shown = [plate for plate, _ in PLATES if plates.plate_kind(plate) == kind]
    assert shown


@pytest.mark.parametrize("text", OPEN)
def test_what_is_no_number_of_a_person_stays(text: str) -> None:
    assert mask_numbers(text) == text
    assert mask_numbers(f"备注：{text}，其他") == f"备注：{text}，其他"


GROUPED = {
    "990001 19800101 0019": "990001********0019",
    "999 1234 5678": "999****5678",
    "9900 1234 1234 2346": "9900****2346",
    "9900 1234 1234 2346 017": "9900****017",
}
GAPS = sorted(set(BLANKS + STROKES + "-－﹣") - set("\n\r\v\f"))


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: f"{ord(gap):04X}")
def test_a_number_in_groups_is_masked_whatever_blank_or_hyphen_is_between_them(gap: str) -> None:
    written = [f"付{number.replace(' ', gap)}，谢谢" for number in GROUPED]
    wanted = [f"付{masked}，谢谢" for masked in GROUPED.values()]
    assert [mask_numbers(text) for text in written] == wanted
    assert mask_numbers_arrow(pa.chunked_array([written])).to_pylist() == wanted


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\v", "\f"])
def test_lines_below_each_other_are_no_groups_of_a_number(end: str) -> None:
    for number in GROUPED:
        text = number.replace(" ", end)
        assert mask_numbers(text) == text


def test_numbers_inside_a_text_are_masked_and_words_stay() -> None:
    text = "转给990001198202020026，卡号9900123412342346，车牌浙Z12312，案号（2023）浙9901执1号，20240301"
    assert mask_numbers(text) == (
        "转给990001********0026，卡号9900****2346，车牌浙Z·***12，案号（2023）浙9901执1号，20240301"
    )


@given(
    st.lists(st.integers(10**10, 10**24).map(str), min_size=1, max_size=5), st.sampled_from([" ", "，", ",", "、", "_"])
)
def test_the_middle_of_any_long_number_is_gone_however_many_stand_together(numbers: list[str], between: str) -> None:
    masked = mask_numbers(between.join(numbers)).split(between)
    assert [re.sub(r"\*+", "", shown) for shown in masked] == [
        number[: 6 if len(number) == 18 else 3 if len(number) == 11 else 4] + number[-4:] for number in numbers
    ]


@given(st.integers(10**17, 10**18 - 1))
def test_eight_digits_of_any_identity_number_are_gone(number: int) -> None:
    whole = str(number)
    assert mask_numbers(f"收款人{whole}。") == f"收款人{whole[:6]}********{whole[14:]}。"
    assert mask_party(whole) == mask_value(whole) == f"{whole[:6]}********{whole[14:]}"


@given(st.text(alphabet="张王李赵测试甲乙丙丁", min_size=2, max_size=4))
def test_of_a_name_the_surname_stays(name: str) -> None:
    assert mask_name(name) == mask_value(name) == f"{name[0]}*"


WORDS = (
    *(open_ for open_, _ in WHO + PLATES),
    *OPEN,
    *(
        "李某甲",
        "某店",
        "领",
        "使",
        "车牌",
        "\n",
        "\u3000",
        "'",
        "-",
        "9",
        "X",
        "−",
        "\u2009",
        "é",
        "🚗",
        "  ",
        "公司",
        "·",
        "\\1",
    ),
)
TEXTS = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=4).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
    st.from_regex(r"[浙领使军WJ车牌0-9XZz０-９ ·元号]{0,24}", fullmatch=True),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=40))
@example(list(WORDS))
def test_tables_and_queries_mask_as_python_does(texts: list[str]) -> None:
    table = pa.table({"text": pa.array(texts, pa.string())})
    with duckdb.connect() as con:
        con.register("texts", table)
        made = con.sql(f"SELECT {mask_numbers_sql('text')}, {mask_value_sql('text')} FROM texts").fetchall()
    assert [numbers for numbers, _ in made] == [mask_numbers(text) for text in texts]
    assert [value for _, value in made] == [mask_value(text) for text in texts]
    assert mask_numbers_arrow(table.column("text")).to_pylist() == [mask_numbers(text) for text in texts]


@given(TEXTS)
def test_what_is_masked_stays_as_it_is(text: str) -> None:
    once = mask_numbers(text)
    assert mask_numbers(once) == once


def test_no_second_masking_stands_elsewhere() -> None:
    """Stars that stand for what is hidden are made in one module: no other repeats one, sets one beside a value or
    writes two in a row, but for globs, bold print and docstrings."""
    own = Path(masking.__file__)
    others = [path for room in ("features", "models", "serving") for path in (ROOT / room).rglob("*.py") if path != own]
    assert {str(path.relative_to(ROOT)): found for path in others if (found := _stars(path))} == {}
    assert _stars(own)


@pytest.mark.parametrize(
    "code", ["'*' * n", "f'{name[:1]}*'", "r'\\1****\\2'", "\"SELECT left(a, 1) || repeat('*', 3)\""]
)
def test_a_second_masking_would_be_found(code: str, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(f"shown = {code}", encoding="utf-8")
    assert _stars(tmp_path / "one.py")


def _stars(path: Path) -> list[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    texts = [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    repeated = [side for node in nodes if isinstance(node, ast.BinOp) for side in (node.left, node.right)]
    beside = [piece for node in nodes if isinstance(node, ast.JoinedStr) for piece in node.values]
    found = [ast.unparse(one) for one in repeated + beside if isinstance(one, ast.Constant) and one.value == "*"]
    written = [str(node.value) for node in texts if id(node) not in prose]
    bare = [re.sub(r"\*\*/|\*\*[^*]+\*\*", "", text) for text in written]
    return found + [text for text in bare if re.search(r"\*{2}|repeat\('\*'|\|\| '\*", text)]
