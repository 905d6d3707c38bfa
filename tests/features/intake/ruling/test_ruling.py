"""Reading rulings: two real ones where the shared folder is at hand, eight invented ones always."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from features.errors import GoldenKeyError
from features.intake.ruling.checks import ruling_checks
from features.intake.ruling.document import Ruling
from features.intake.ruling.numbers import division
from features.intake.ruling.plain import normalise_text, parse_numeral
from features.intake.ruling.reader import read_ruling
from features.intake.ruling.rows import case_row_gaps, ruling_rows
from features.rules.periods import months_later
from features.schema import TABLES

ROOT = Path(__file__).resolve().parents[4]
INVENTED = sorted((Path(__file__).parent / "rulings").glob("*.txt"))
SHARED = ROOT.parent / "shared" / "data" / "rulings"


def invented(name: str) -> Ruling:
    return read_ruling((Path(__file__).parent / "rulings" / f"{name}.txt").read_text(encoding="utf-8"))


def shared(name: str) -> Ruling:
    path = SHARED / f"{name}.txt"
    if not path.exists():
        pytest.skip("共享数据 ../shared/data/rulings 不在，跳过真实裁定书")
    return read_ruling(path.read_text(encoding="utf-8"))


def verdicts(ruling: Ruling) -> dict[str, str]:
    return {finding.check: finding.verdict for finding in ruling_checks(ruling)}


def test_real_termination_is_administrative_and_the_three_months_abstain() -> None:
    ruling = shared("zb_新2801执3679")
    assert (ruling.kind, ruling.nature.code, ruling.in_civil_cohort) == ("终本裁定", "administrative", False)
    assert ruling.case_no == "（2022）新2801执3679号"
    assert (ruling.day("applied"), ruling.day("filed")) == (date(2022, 12, 9), None)
    assert ruling.day("terminated") == ruling.day("ruled") == date(2023, 3, 24)
    assert [ruling.fen(role) for role in ("claim", "paid", "outstanding")] == [5_883_300, 302_246, 5_581_054]
    assert [(statute.article, statute.item) for statute in ruling.statutes] == [(517, None)]
    assert verdicts(ruling) == {"B-RULING-3M": "abstain", "B-RULING-SUM": "clear", "B-RULING-LAW": "clear"}
    assert "未见立案日期。" in ruling.unread
    assert [(measure.item, measure.kind) for measure in ruling.measures] == [
        (1, "notice"),
        (1, "report_order"),
        (2, "network_query"),
        (2, "deduct"),
        (3, "realty_query"),
        (4, "visit"),
        (5, "limit"),
        (5, "dishonest"),
        (None, "interview"),
    ]


def test_real_resumed_case_ends_and_recites_its_earlier_termination() -> None:
    ruling = shared("hf_云2323执恢39")
    assert (ruling.kind, ruling.nature.code) == ("终结执行", "administrative")
    assert ruling.case_no == "（2023）云2323执恢39号"
    assert ruling.days("terminated", previous=True) == (date(2017, 10, 17),)
    assert ruling.days("terminated") == ()
    assert ruling.day("resumed") == ruling.day("withdrawn") == date(2023, 3, 17)
    assert ruling.day("ended") == date(2023, 3, 22)
    assert [party.name for party in ruling.parties] == ["牟定县卫生和计划生育局", "李某某1"]
    assert {measure.kind for measure in ruling.measures if measure.lifted} == {"dishonest", "limit"}
    assert [reason.kind for reason in ruling.reasons] == ["withdrawn"]
    assert ruling.fen("claim") == 2_609_000
    assert [(statute.article, statute.item) for statute in ruling.statutes] == [(264, 6)]


def test_civil_termination_on_the_last_day_of_the_three_months() -> None:
    ruling = invented("civil_three_months")
    assert ruling.in_civil_cohort
    assert ruling.cause == "买卖合同纠纷"
    assert (ruling.day("applied"), ruling.day("filed")) == (date(2024, 1, 8), date(2024, 1, 15))
    assert ruling.day("noticed") == date(2024, 1, 18)
    assert ruling.day("queried") == date(2024, 1, 20)
    assert verdicts(ruling) == {"B-RULING-3M": "hit", "B-RULING-SUM": "clear", "B-RULING-LAW": "clear"}
    assert ruling.unread == ()
    assert [number.suffix for number in ruling.numbers if number.role == "this"] == ["之一", ""]
    assert {party.id_no for party in ruling.parties} == {"990001198506070029", "91990100TEST00001X", ""}
    assert [party.legal_rep for party in ruling.parties] == ["", "钱某某", ""]
    assert [reason.kind for reason in ruling.reasons] == ["consent", "no_property"]
    items = {measure.kind: measure.item for measure in ruling.measures}
    assert items == {
        "notice": 1,
        "report_order": 1,
        "network_query": 2,
        "freeze": 2,
        "deduct": 2,
        "realty_query": 3,
        "dishonest": 4,
        "limit": 4,
        "interview": None,
    }


def test_full_width_number_masked_names_and_seal_terms() -> None:
    ruling = invented("civil_four_months")
    assert ruling.case_no == "（2023）浙9902执77号"
    assert [party.name for party in ruling.parties if party.role == "debtor"] == ["冯某某1", "冯某某2"]
    assert ruling.day("filed") == date(2022, 12, 1)
    assert (ruling.day("period_start"), ruling.day("period_end")) == (date(2022, 12, 20), date(2024, 12, 19))
    assert (ruling.fen("claim"), ruling.fen("fee")) == (30_500_000, 447_500)
    assert {reason.kind for reason in ruling.reasons} == {"cannot_dispose", "whereabouts_unknown"}
    assert verdicts(ruling)["B-RULING-3M"] == "clear"


def test_criminal_fine_is_outside_the_cohort() -> None:
    ruling = invented("criminal_fine")
    assert (ruling.nature.code, ruling.in_civil_cohort) == ("criminal", False)
    assert [amount.fen for amount in ruling.amounts if amount.role == "claim"] == [5_000_000, 860_050]
    assert ruling.fen("claim") is None
    assert any("执行标的金额有 2 个不同数值" in sentence for sentence in ruling.unread)
    assert (ruling.day("filed"), ruling.day("ruled")) == (date(2021, 1, 12), date(2021, 11, 30))
    assert [(statute.article, statute.paragraph) for statute in ruling.statutes] == [(1, None), (53, 2)]


def test_an_application_within_three_months_is_flagged_without_a_filing_date() -> None:
    ruling = invented("applied_late")
    assert ruling.days("filed") == ()
    assert ruling.day("applied") == date(2022, 1, 31)
    assert ruling.day("suit_filed") == date(2021, 3, 1)
    assert ruling.day("decided") == date(2021, 5, 6)
    finding = ruling_checks(ruling)[0]
    assert finding.verdict == "hit"
    assert "立案不可能早于申请" in finding.sentence
    assert "推定" in finding.sentence


def test_dates_of_the_earlier_enforcement_stay_with_it() -> None:
    ruling = invented("resumed_again")
    assert ruling.days("filed") == ()
    assert ruling.days("filed", previous=True) == (date(2019, 8, 2),)
    assert ruling.day("resumed") == date(2023, 2, 15)
    assert ruling.day("terminated") == date(2023, 5, 19)
    assert (ruling.fen("paid"), ruling.fen("outstanding")) == (9_600_000, 400_000)
    assert verdicts(ruling)["B-RULING-3M"] == "abstain"
    events = ruling_rows(ruling, "裁定.txt")["event"]
    assert {row["case_no"] for row in events if row["ev_date"].year == 2019} == {"（2019）浙9905执321号"}


def test_resumption_names_the_case_it_resumes_and_parties_without_a_heading() -> None:
    ruling = invented("resume")
    assert (ruling.kind, ruling.case_no) == ("恢复", "（2024）浙9906执恢2号")
    assert {number.number for number in ruling.numbers if number.role == "previous"} == {"（2022）浙9906执100号"}
    assert [(party.role, party.name) for party in ruling.parties] == [("applicant", "施某某"), ("debtor", "张某某1")]
    assert ruling.day("resume_applied") == date(2024, 6, 3)
    assert ruling.days("applied") == ()


def test_settlement_ends_the_case_and_is_no_termination() -> None:
    ruling = invented("settled")
    assert (ruling.kind, ruling_checks(ruling)) == ("终结执行", [])
    assert ruling.days("paid") == (date(2020, 4, 1), date(2020, 4, 2))
    assert {reason.kind for reason in ruling.reasons} == {"settled", "deferred", "withdrawn"}


def test_what_cannot_be_read_is_said_and_never_guessed() -> None:
    ruling = invented("missing_most")
    assert (ruling.events, ruling.amounts, ruling.case_no) == ((), (), "")
    said = "".join(ruling.unread)
    for words in ("“2023年2月30日”不存在", "“5月6日”没有写明年份", "“23,45元”", "“三万余元”是约数", "暂按民事执行处理"):
        assert words in said
    assert not ruling.in_civil_cohort
    assert ruling_rows(ruling, "裁定.txt") == {"case": [], "party": [], "event": []}
    assert "未见本案案号" in case_row_gaps(ruling)


@pytest.mark.parametrize("path", INVENTED, ids=lambda path: path.stem)
def test_every_item_quotes_the_text_it_rests_on(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    ruling = read_ruling(text)
    items = [*ruling.numbers, *ruling.parties, *ruling.events, *ruling.measures, *ruling.amounts, *ruling.statutes]
    for item in [*items, *ruling.reasons]:
        assert text[item.quote.start : item.quote.end] == item.quote.text != ""
        assert text.splitlines()[item.quote.line - 1].startswith(item.quote.text.splitlines()[0][:1]) or (
            item.quote.text.splitlines()[0] in text.splitlines()[item.quote.line - 1]
        )


@pytest.mark.parametrize("path", INVENTED, ids=lambda path: path.stem)
def test_rows_keep_to_the_contracts(path: Path) -> None:
    for table, rows in ruling_rows(read_ruling(path.read_text(encoding="utf-8")), path.name).items():
        contract = TABLES[table]
        for row in rows:
            assert set(row) <= {*contract.names, "src_file", "src_row"}
            assert all(row.get(column.name) is not None for column in contract.columns if column.required)
            for column in contract.columns:
                if column.closed and column.name in row:
                    assert row[column.name] in column.codes.values()


def test_case_row_of_a_full_ruling() -> None:
    (row,) = ruling_rows(invented("civil_three_months"), "裁定.txt")["case"]
    assert row["court_division"] == "339901"
    assert (row["amt_due"], row["amt_paid"], row["amt_unpaid"]) == (123_456_789, 1_200_000, 122_256_789)
    assert (row["close_mode"], row["nature"], row["case_type"]) == ("terminated", "civil", "first")


APPLICATIONS = (
    "{d}向本院申请强制执行",
    "{d}申请立案执行",
    "{d}提交立案材料",
    "{d}向本院提出申请本院立案受理",
    "{d}向本院递交立案申请书",
    "{d}通过网上提出立案申请",
    "{d}，张某某持生效判决书，向本院申请执行，本院立案",
    "{d}持判决书向本院申请执行，本院依法受理",
    "{d}以李某某拒不履行为由申请执行",
    "的申请执行日期为{d}，本院已立案",
    "的申请立案时间为{d}",
)
FILINGS = (
    "本院于{d}立案执行",
    "本院于{d}受理张某某申请执行李某某借款一案",
    "本院根据申请执行人的申请，于{d}立案",
    "本院于{d}根据申请执行人张某某的申请立案执行",
    "立案日期：{d}",
    "经申请执行人申请强制执行，本院于{d}依法立案",
    "张某某申请执行李某某一案，本院于{d}，依法立案受理",
)


@pytest.mark.parametrize(("role", "clause"), [("applied", c) for c in APPLICATIONS] + [("filed", c) for c in FILINGS])
def test_role_of_a_date_by_its_words(role: str, clause: str) -> None:
    text = (
        f"（2023）浙9901执1号。张某某{clause.format(d='2023年1月5日')}。裁定如下：终结本次执行程序。二〇二三年四月一日"
    )
    ruling = read_ruling(text)
    other = "filed" if role == "applied" else "applied"
    assert ruling.days(role) == (date(2023, 1, 5),)
    assert ruling.days(other) == ()


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("(2024)浙9901执1号", "（2024）浙9901执1号"),
        ("【２０２４】 浙 9901 执恢 ０１２ 号之三", "（2024）浙9901执恢012号"),
        ("[2024]浙99执异7号", "（2024）浙99执异7号"),
        ("〔2024〕最高法执监3号", "（2024）最高法执监3号"),
        ("（2014）虚执民字第0123号", "（2014）虚执民字第0123号"),
    ],
)
def test_case_number_styles(written: str, normal: str) -> None:
    ruling = read_ruling(f"{written}，裁定如下：终结本次执行程序。")
    assert ruling.numbers[0].number == normal


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("58，833元", 5_883_300),
        ("3，022．46元", 302_246),
        ("30.5万元", 30_500_000),
        ("人民币壹拾贰万叁仟元", 12_300_000),
        ("1,234,567,890.12元", 123_456_789_012),
        ("二百元五角六分", 20_056),
    ],
)
def test_amount_styles(written: str, fen: int) -> None:
    ruling = read_ruling(f"（2023）浙9901执1号 要求支付借款，{written}。裁定如下：终结本次执行程序。")
    assert [amount.fen for amount in ruling.amounts] == [fen]


@given(st.integers(1, 9999))
def test_numerals_read_back(value: int) -> None:
    digits = "〇一二三四五六七八九"
    words = "".join(
        digits[int(digit)] + unit
        for digit, unit in zip(str(value).rjust(4, "0"), "千百十 ", strict=True)
        if digit != "0"
    )
    assert parse_numeral(words.strip()) == value
    assert parse_numeral("".join(digits[int(digit)] for digit in str(value).rjust(4, "0"))) == value


@given(st.dates(date(2000, 1, 1), date(2030, 12, 31)))
def test_dates_in_numerals_read_back(day: date) -> None:
    digits = "〇一二三四五六七八九"

    def words(value: int) -> str:
        tens, ones = divmod(value, 10)
        return ("" if tens == 0 else "十" if tens == 1 else digits[tens] + "十") + (digits[ones] if ones else "")

    year = "".join(digits[int(digit)] for digit in str(day.year))
    written = f"{year}年{words(day.month)}月{words(day.day)}日"
    ruling = read_ruling(f"（2023）浙9901执1号 本院于{written}立案执行。裁定如下：驳回。")
    assert ruling.days("filed") == (day,)


@given(st.dates(date(2000, 1, 1), date(2030, 12, 31)), st.integers(0, 200))
def test_months_and_verdict_agree_with_dateutil(filed: date, later: int) -> None:
    ended = filed + timedelta(days=later)
    assert months_later(filed, 3) == filed + relativedelta(months=3)
    text = (
        f"（2023）浙9901执1号 借款纠纷，本院于{filed.year}年{filed.month}月{filed.day}日立案执行。"
        f"裁定如下：终结本次执行程序。审判员 某某 {ended.year}年{ended.month}月{ended.day}日 书记员 某某"
    )
    finding = ruling_checks(read_ruling(text))[0]
    assert finding.verdict == ("hit" if ended <= filed + relativedelta(months=3) else "clear")


@given(st.text(alphabet="〔〕【】（）[]，．。：０１２年月日元执号之裁定 \n\t第五百条《》", max_size=80))
def test_any_text_is_read_or_refused_in_one_sentence(text: str) -> None:
    assert len(normalise_text(text)) == len(text)
    try:
        read_ruling(text)
    except GoldenKeyError as error:
        assert str(error).endswith("。")


def test_divisions() -> None:
    assert [division(court) for court in ("浙9901", "浙99", "浙", "军0101", "最高法")] == [
        "339901",
        "339900",
        "330000",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.txt", b"", "裁定书文本为空"),
        ("other.txt", "今天天气很好。".encode(), "不像执行裁定书"),
        ("binary.txt", bytes(range(256)) * 4, "编码"),
        ("long.txt", ("裁定" + "一" * 100_000).encode(), "超过一份裁定书的上限"),
        ("big.txt", b"a" * 400_001, "超过裁定书上限"),
    ],
)
def test_command_refuses_with_one_sentence(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "ruling", str(tmp_path / name)], capture_output=True, encoding="utf-8"
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_command_reads_gb18030_and_prints_json_alone(tmp_path: Path) -> None:
    import json

    (tmp_path / "a.txt").write_bytes(INVENTED[0].read_text(encoding="utf-8").encode("gb18030"))
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "ruling", str(tmp_path), "--format", "json"],
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert row["case_no"] == invented(INVENTED[0].stem).case_no
