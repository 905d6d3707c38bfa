"""Which delivered text files are rulings, whatever their encoding."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import GoldenKeyError
from features.intake.sources.encoding import detect_encoding, utf8_blocks
from features.intake.sources.rulings import LARGEST, is_ruling, read_ruling_document, rows_as_table

RULINGS = Path(__file__).parents[1] / "ruling" / "rulings"


ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_ruling_is_read_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    text = (RULINGS / "civil_three_months.txt").read_text(encoding="utf-8")
    path = tmp_path / "a.txt"
    path.write_text(text, encoding=encoding)
    assert is_ruling(path)
    document = read_ruling_document(path, "sub/a.txt", "digest")
    plain = read_ruling_document(RULINGS / "civil_three_months.txt", "sub/a.txt", "digest")
    assert document == plain
    assert len(document.rows["case"]) == 1


def test_tables_other_suffixes_and_huge_files_are_no_rulings(tmp_path: Path) -> None:
    words = "申请执行人甲。裁定如下。"
    for name, text in (("table.txt", "账号\t申请执行人\n1\t2\n"), ("a.csv", words), ("empty.txt", "")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert not is_ruling(tmp_path / name)
    large = tmp_path / "large.txt"
    large.write_text(words + " " * LARGEST, encoding="utf-8")
    assert not is_ruling(large)
    large.write_text(words, encoding="utf-8")
    assert is_ruling(large)


def test_rows_become_a_table_of_the_columns_given() -> None:
    table = rows_as_table("case", [{"case_no": "甲", "amt_due": 5}, {"case_no": "乙"}])
    assert table.to_pylist() == [{"case_no": "甲", "amt_due": 5}, {"case_no": "乙", "amt_due": None}]


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff", b""])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("name", sorted(path.name for path in RULINGS.glob("*.txt")))
def test_every_ruling_is_read_in_utf_16_with_and_without_a_mark(
    name: str, ends: str, mark: bytes, tmp_path: Path
) -> None:
    text = (RULINGS / name).read_text(encoding="utf-8").rstrip("\n") + "\n"
    path = tmp_path / "a.txt"
    for order in ["utf-16-le"] if mark == b"\xff\xfe" else ["utf-16-be"] if mark else ["utf-16-le", "utf-16-be"]:
        path.write_bytes(mark + text.replace("\n", ends).encode(order))
        assert b"".join(utf8_blocks(path, detect_encoding(path))).decode() == text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=200).map(lambda data: data + b"\x00" + data))
def test_bytes_with_noughts_are_no_text_unless_they_are_common_characters(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    try:
        found = detect_encoding(path)
    except GoldenKeyError as error:
        assert any(word in str(error) for word in ("UTF-16", "空字节", "内容却是", "像是"))
    else:
        marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        assert found == "utf-16" if marked else "\x00" not in content.decode(found)


@pytest.mark.parametrize(
    "text",
    [
        "申请执行\n人甲。裁定如下。",
        "申请执\r\n行人甲。裁\r\n定如下。",
        "申 请 执 行 人 甲。裁 定 如 下。",
        "申请执行人甲。裁\n定",
    ],
)
def test_words_of_a_ruling_are_found_across_breaks(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8", newline="")
    assert is_ruling(tmp_path / "a.txt")


BODY = """浙江省测试县人民法院
执 行 裁 定 书
（2023）浙9901执55号
{parties}
{story}判决被执行人李某某缴纳罚金人民币50000元。本院于2023年1月6日立案执行，执行标的50000元。执行到位0元，尚未执行到位50000元。
依照《最高人民法院关于刑事裁判涉财产部分执行的若干规定》第六条之规定，裁定如下：
终结本次执行程序。
审判长 王某
二〇二三年六月一日
书记员 赵某
"""
DEBTOR = "被执行人：李某某，男，1980年3月4日出生，住测试县。"
JUDGED = "李某某犯诈骗罪一案，（2022）浙9901刑初12号刑事判决书已发生法律效力，"
OFFICE = "测试县自然资源和规划局"


@pytest.mark.parametrize(
    ("above", "story", "applicant", "by"),
    [
        ("移送执行机构：测试县人民法院刑事审判庭。", JUDGED, None, "测试县人民法院刑事审判庭"),
        ("移送执行机构：本院刑事审判庭", JUDGED, None, "本院刑事审判庭"),
        ("移送执行人：测试县人民法院刑事审判庭，", JUDGED, None, "测试县人民法院刑事审判庭"),
        ("移送执行部门:测试县人民法院刑一庭", JUDGED, None, "测试县人民法院刑一庭"),
        ("移送机关：测试县人民法院", JUDGED, None, "测试县人民法院"),
        ("移 送 执 行 机 构 ： 本院刑事审判庭", JUDGED, None, "本院刑事审判庭"),
        ("", f"{JUDGED}本院刑事审判庭于2023年1月5日移送执行，", None, "本院刑事审判庭"),
        ("", f"{JUDGED}由测试县人民法院刑事审判庭移送本院执行。", None, "测试县人民法院刑事审判庭"),
        ("", f"{JUDGED}经本院刑庭依职权移送强制执行，", None, "本院刑庭"),
        ("", f"{JUDGED}本院立案庭将李某某罚金一案移送执行，", None, "本院立案庭"),
        ("", f"{JUDGED}本院行政审判庭移送立案执行，", None, "本院行政审判庭"),
        ("", JUDGED, None, ""),
        (f"申请执行人：{OFFICE}，住所地测试县。", "行政处罚一案，", OFFICE, ""),
        ("申请执行人：测试县人民政府", "行政处罚决定书一案，", "测试县人民政府", ""),
        ("申请执行人：国家税务总局测试县税务局。", "税款征缴一案，", "国家税务总局测试县税务局", ""),
    ],
)
def test_a_ruling_that_nobody_applied_for_is_taken_with_who_transferred_it(
    above: str, story: str, applicant: str | None, by: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(BODY.format(parties="\n".join(filter(None, (above, DEBTOR))), story=story), encoding="utf-8")
    assert is_ruling(path)
    document = read_ruling_document(path, "a.txt", "digest")
    (row,) = document.rows["case"]
    assert (row["case_no"], row["amt_due"], row["close_mode"]) == ("（2023）浙9901执55号", 5_000_000, "terminated")
    named = [(one["role"], one["name"]) for one in document.rows["party"]]
    assert named == [("applicant", applicant)] * bool(applicant) + [("debtor", "李某某")]
    told = f"没有申请执行人，由“{by}”移送执行。" if by else "未见申请执行人，也未写明由谁移送执行。"
    assert (told in document.gaps) == (applicant is None)


@pytest.mark.parametrize(
    "text",
    [
        "案号\t被执行人\t备注\n（2023）浙9901执55号\t李某某\t已裁定\n",
        "关于移送执行的函：本院已裁定，被执行人李某某。",
        "被执行人名单（裁定终本）\n李某某\n",
        "裁定书送达登记\t被执行人\n2023-01-01\t李某某\n",
    ],
)
def test_a_table_or_letter_that_speaks_of_debtors_and_rulings_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert not is_ruling(tmp_path / "a.txt")


HEADED = "浙江省测试县人民法院\n{title}\n{number}\n本院就甲某一案作出的文书有笔误，{decided}\n将“2元”补正为“3元”。\n"
TITLE, NUMBER = "执行裁定书", "（2023）浙9901执55号之四"


@pytest.mark.parametrize(
    ("title", "number", "decided", "ruling"),
    [
        (TITLE, NUMBER, "裁定如下：", True),
        ("执 行 裁 定 书", NUMBER, "裁定如下：", True),
        ("民事裁定书", "（2023）浙9901执监5号", "裁定如下：", True),
        (TITLE, "（2013）测执字第55号", "裁定如下：", True),
        (TITLE, "（2023）浙9901执恢55号", "现裁定如下：", True),
        ("民事裁定书", "（2023）浙9901民初5号", "裁定如下：", False),
        ("民事判决书", NUMBER, "裁定更正。", False),
        (TITLE, NUMBER, "应予裁定。", False),
        ("关于裁定的函", NUMBER, "裁定如下：", False),
        (TITLE, "", "裁定如下：", False),
    ],
)
def test_a_ruling_without_any_party_is_known_by_title_and_number_and_refused_in_one_sentence(
    title: str, number: str, decided: str, ruling: bool, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(HEADED.format(title=title, number=number, decided=decided), encoding="utf-8")
    assert is_ruling(path) == ruling
    if ruling:
        with pytest.raises(GoldenKeyError, match="没有可以导入的记录"):
            read_ruling_document(path, "a.txt", "digest")
