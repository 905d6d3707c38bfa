"""The watch list: what is on it on a day, that none is lost, that nothing of it reaches the model; and its import."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from clue_rows import TODAY, ZB, Book, cases, rows

from features.clues import catalogue
from features.clues.people.watch import family
from features.facts import Facts
from features.facts.case.watchlist import REASONS
from features.intake.ingest import IngestOptions, ingest
from features.pool.pool import table_of
from features.schema import TABLES

DAY = timedelta(days=1)
HEADINGS = ("清单编号", "案号", "列入原因", "交办单位", "列入日期", "关注截止日期", "交办要求")


def unmatched(facts: Facts) -> Any:
    places = facts.watch_places.to_pandas()
    return places[~places["known"]]


def listed(book: Book, n: int, on: date, **more: Any) -> None:
    row = {"list_no": f"关注{len(book.tables['watch'])}", "reason": "commission", "from_unit": "浙东市委政法委"}
    book.add("watch", case_no=f"（2023）浙9901执{n}号", listed_on=on, **(row | more))


def test_entries_count_from_their_day_to_their_last(book: Book) -> None:
    for n in range(1, 7):
        book.case(n)
    listed(book, 1, TODAY)
    listed(book, 2, TODAY + DAY)
    listed(book, 3, ZB, until=TODAY)
    listed(book, 4, ZB, until=TODAY - DAY)
    listed(book, 5, ZB, until=TODAY + DAY, demand="一个月内反馈")
    facts = book.open()
    found = rows(family, "WATCH01", facts)
    assert cases(found) == [1, 3, 5]
    assert {table_of(rid) for row in found for rid in row["src"]} == {"watch", "case"}
    note = found[2]["note"]
    assert all(
        word in note for word in ("政法委交办", f"列入{(TODAY - ZB).days}天", "关注至2024-01-01", "一个月内反馈")
    )


def test_the_last_day_comes_near(book: Book) -> None:
    for n, left in ((1, 0), (2, 15), (3, 16)):
        book.case(n)
        listed(book, n, ZB, until=TODAY + left * DAY)
    book.case(4)
    listed(book, 4, ZB)
    facts = book.open()
    assert cases(rows(family, "WATCH02", facts)) == [1, 2]
    assert cases(rows(family, "WATCH01", facts)) == [1, 2, 3, 4]


def test_an_entry_for_an_earlier_case_of_the_chain_speaks_of_the_chain(book: Book) -> None:
    book.case(1)
    book.case(
        2,
        case_no="（2024）浙9901执恢2号",
        case_type="resumed",
        prev_case_no="（2023）浙9901执1号",
        filing_date=date(2023, 7, 1),
        close_date=date(2023, 11, 1),
    )
    listed(book, 1, ZB)
    facts = book.open()
    assert {row["episode"] for row in rows(family, "WATCH01", facts)} == {
        f"（2023）浙9901执1号@{ZB}",
        "（2023）浙9901执1号@2023-11-01",
    }


def test_an_entry_without_a_case_in_the_pool_is_reported_and_matched_when_its_case_comes(tmp_path: Path) -> None:
    book = Book()
    book.case(1)
    listed(book, 1, ZB)
    listed(book, 77, ZB, reason="superior")
    facts = book.open(tmp_path)
    assert cases(rows(family, "WATCH01", facts)) == [1]
    lost = unmatched(facts)
    assert lost[["case_no", "reason"]].to_numpy().tolist() == [["（2023）浙9901执77号", "上级院交办"]]
    facts.cut.close()
    late = Book()
    late.case(77)
    facts = late.open(tmp_path)
    assert cases(rows(family, "WATCH01", facts)) == [1, 77]
    assert len(unmatched(facts)) == 0
    facts.cut.close()


def test_nothing_of_the_list_reaches_the_model() -> None:
    for clue in family.clues:
        assert clue.channel == "B" and not clue.features
    assert not any(name.startswith("WATCH") for name in catalogue.MODEL_FEATURES)
    assert set(REASONS) == set(TABLES["watch"].column("reason").codes.values())


def written(path: Path, lines: list[tuple[str, ...]]) -> Path:
    if path.suffix == ".csv":
        path.write_text("\n".join(",".join(line) for line in (HEADINGS, *lines)) + "\n", encoding="utf-8")
        return path
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("重点关注清单")
        for place, line in enumerate((HEADINGS, *lines)):
            sheet.write_row(place, 0, line)
    return path


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_list_with_chinese_headings_comes_in_and_a_wrong_line_is_set_aside(tmp_path: Path, ending: str) -> None:
    path = written(
        tmp_path / f"重点关注清单{ending}",
        [
            ("关注1", "(2023)浙9901执1号", "政法委交办", "浙东市委政法委", "2023-07-01", "2024-07-01", "一个月内反馈"),
            ("关注1", "(2023)浙9901执77号", "上级交办", "", "2023年7月2日", "", ""),
            ("关注1", "(2023)浙9901执3号", "不知何故", "", "2023-07-02", "", ""),
        ],
    )
    options = IngestOptions(
        provider="测试院", legal_basis="测试依据", purpose="测试", scope="测试", received_on=date(2023, 8, 1)
    )
    home = tmp_path / "home"
    report = ingest(home, [str(path)], options)
    assert "不知何故" in report_text(report)
    book = Book()
    book.case(1)
    facts = book.open(home)
    entries = facts.watch_entries.order_by("case_no").to_pandas()
    assert entries["case_no"].tolist() == ["（2023）浙9901执1号", "（2023）浙9901执77号"]
    assert entries["reason"].tolist() == ["政法委交办", "上级院交办"]
    assert cases(rows(family, "WATCH01", facts)) == [1]
    assert unmatched(facts)["case_no"].tolist() == ["（2023）浙9901执77号"]
    facts.cut.close()


def report_text(report: Any) -> str:
    return repr(report)
