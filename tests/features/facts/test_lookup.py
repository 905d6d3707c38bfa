"""The day of the pool and the episode of a case number, as people name them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from clue_rows import KNOWN, ZB, Book, episode, facts_on
from little_pool import deliver, one_case

from features.errors import NotEnoughDataError, NotFoundError
from features.facts import Facts
from features.facts.lookup import EPISODE_COLUMNS, default_cut, default_day, episode_of, last_day
from features.pool.manifests import Delivery
from features.pool.pool import Pool

AGAIN = date(2023, 11, 2)


def deliver_nothing(home: Path, day: date | None) -> None:
    note = Delivery("测试", "测试单位", day, "测试依据", "测试目的", "测试范围", "测试人", backfile=day is None)
    with Pool(home).begin(note) as batch:
        batch.commit()


def test_the_day_is_that_of_the_latest_delivery_whatever_the_order(tmp_path: Path) -> None:
    for day in (KNOWN, KNOWN + timedelta(days=9), None, KNOWN):
        deliver_nothing(tmp_path, day)
    assert default_day(tmp_path) == KNOWN + timedelta(days=9)


def test_a_delivery_dated_ahead_is_read_as_of_today(tmp_path: Path) -> None:
    deliver_nothing(tmp_path, date.today() + timedelta(days=400))
    assert default_day(tmp_path) == date.today()


def test_an_empty_pool_and_one_without_any_day_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotEnoughDataError, match="数据池为空"):
        default_day(tmp_path)
    deliver_nothing(tmp_path, None)
    with pytest.raises(NotEnoughDataError, match="--as-of"):
        default_day(tmp_path)


OWN_ROWS = {
    "review": {"review_id": "SC1", "case_no": "（2023）浙9901执1号"},
    "petition": {"pet_id": "X1", "channel": "web", "recv_date": KNOWN, "case_no": "（2023）浙9901执1号"},
}


@pytest.mark.parametrize(
    ("deliveries", "day", "why"),
    [
        ([("case", 0)], 0, "最近一次案件数据交接之日"),
        ([("case", 0), ("review", 30)], 0, "此后登记的本院记录不改变截止日"),
        ([("case", 0), ("petition", 9)], 0, "此后登记的本院记录不改变截止日"),
        ([("case", 0), ("petition", 9), ("review", 30), ("petition", 31)], 0, "不改变截止日"),
        ([("review", 30), ("case", 0)], 0, "不改变截止日"),
        ([("case", 0), ("review", 30), ("case", 40)], 40, "最近一次案件数据交接之日"),
        ([("case", 0), ("case review", 30)], 30, "最近一次案件数据交接之日"),
        ([("case", 0), ("party", 12), ("petition", 12)], 12, "最近一次案件数据交接之日"),
        ([("petition", 3), ("review", 5)], 5, "最近一次交接之日"),
        ([("case", 0), ("review", 30), ("withdraw 1", 33)], 33, "最近一次案件数据撤回之日"),
        ([("case", 0), ("review", 30), ("withdraw 2", 33)], 0, "不改变截止日"),
    ],
)
def test_what_the_office_registers_itself_does_not_move_the_day(
    deliveries: list[tuple[str, int]], day: int, why: str, tmp_path: Path
) -> None:
    case = one_case()
    for kinds, after in deliveries:
        on = KNOWN + timedelta(days=after)
        if kinds.startswith("withdraw"):
            Pool(tmp_path).withdraw([int(kinds.split()[1])], on, "误交")
            continue
        deliver(tmp_path, on, {kind: [OWN_ROWS[kind]] if kind in OWN_ROWS else case[kind] for kind in kinds.split()})
    found = default_cut(tmp_path)
    assert found.day == default_day(tmp_path) == KNOWN + timedelta(days=day)
    assert why in found.why
    assert last_day(tmp_path) == KNOWN + timedelta(days=max(after for _, after in deliveries))


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    """Case 1 as first terminated, and again under the same chain; case 2 not terminated."""
    book = Book()
    first = book.case(1)
    book.case(2, close_mode=None, close_date=None)
    book.case(3, case_type="resumed", prev_case_no=first, close_date=AGAIN)
    home = tmp_path_factory.mktemp("lookup")
    book.open(home).cut.close()
    made = facts_on(home)
    yield made
    made.cut.close()


def found(facts: Facts, number: str) -> str:
    return episode_of(facts.episodes.select(*EPISODE_COLUMNS).to_pandas(), facts.day, number)


@pytest.mark.parametrize(
    "number", ["（2023）浙9901执1号", "(2023)浙9901执1号", "〔２０２３〕 浙9901 执1号", "【2023】浙9901执1号\n"]
)
def test_a_case_number_in_any_spelling(number: str, facts: Facts) -> None:
    assert found(facts, number) == episode(1)


@pytest.mark.parametrize(
    "number",
    [
        "(2014)虚执字第7号",
        "〔２０１４〕 虚执字 第7号",
        "（2014年）虚执字7号",
        "（2014）虚执字第007号",
        "(2014)虚执字第7号之一百二十",
    ],
)
def test_a_case_number_before_2016(number: str, tmp_path: Path) -> None:
    book = Book()
    book.case(1, case_no="（2014）虚执字第7号")
    with book.open(tmp_path).cut as cut:
        assert found(Facts(cut), number) == f"（2014）虚执字第7号@{ZB}"


def test_a_number_that_two_cases_might_bear_is_the_number_of_none(tmp_path: Path) -> None:
    book = Book()
    book.case(1, case_no="（2014）虚执字第7号")
    book.case(2, case_no="（2014）虚执字第07号")
    with book.open(tmp_path).cut as cut:
        facts = Facts(cut)
        assert found(facts, "（2014）虚执字第07号") == f"（2014）虚执字第07号@{ZB}"
        with pytest.raises(NotFoundError):
            found(facts, "（2014）虚执字第007号")


def test_a_resumed_case_has_the_episode_of_its_chain(facts: Facts) -> None:
    assert found(facts, "(2023)浙9901执3号") == f"（2023）浙9901执1号@{AGAIN}"


@pytest.mark.parametrize("number", ["（2023）浙9901执2号", "（2023）浙9901执9号", "x' OR 1=1"])
def test_what_is_no_terminated_case_is_refused_in_one_sentence(number: str, facts: Facts) -> None:
    with pytest.raises(NotFoundError, match="没有案号为") as refused:
        found(facts, number)
    assert "2023-12-31" in str(refused.value)


@pytest.mark.parametrize("number", ["", "  ", "\u3000"])
def test_no_case_number_at_all_is_said_to_be_missing(number: str, facts: Facts) -> None:
    with pytest.raises(NotFoundError, match=r"^没有给出案号：[^。]*。$"):
        found(facts, number)


def test_an_episode_is_not_known_before_its_day(tmp_path: Path) -> None:
    book = Book()
    book.case(1, close_date=ZB + timedelta(days=100))
    with book.open(tmp_path, ZB + timedelta(days=99)).cut as cut, pytest.raises(NotFoundError):
        found(Facts(cut), "（2023）浙9901执1号")
