"""Files of an earlier batch read again: mended rules reach the pool, what was answered before is answered again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from features.errors import GoldenKeyError, NotFoundError
from features.intake.ingest import IngestOptions, ingest
from features.intake.reread import reread
from features.pool.pool import Pool
from features.rules import case_numbers

RECEIVED, LATER = date(2024, 5, 1), date(2024, 6, 1)
OLD, NEW = "（2014）虚执字第123号", "（2024）浙9901执1号"
HEAD = "案号,原执行案号,案件类型,立案案由,法院代字,法院行政区划,立案日期,应执行标的金额\n"
CASES = f"{HEAD}{NEW},,首次执行,借贷,浙9901,339901,2024-01-02,8\n{OLD},,首次执行,借贷,浙9901,339901,2014-01-02,9\n"
Delivery = Callable[..., Path]


def known(home: Path, day: date, state: int | None = None) -> list[tuple[Any, ...]]:
    with Pool(home).as_of(day, state) as cut:
        rows = cut.table("case").order_by("case_no").select("case_no", "cause", "known_at", "rid").to_pyarrow()
        return [tuple(row.values()) for row in rows.to_pylist()]


def numbers(home: Path, day: date, state: int | None = None) -> list[str]:
    return [row[0] for row in known(home, day, state)]


@pytest.fixture
def ingested(tmp_path: Path, make_delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose first batch was read when numbers up to 2015 were refused."""
    folder = make_delivery("JJ1")
    (folder / "法院").mkdir()
    (folder / "法院" / "执行案件.csv").write_text(CASES, encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(case_numbers, "PATTERN", case_numbers._NEW)
        patch.setattr(case_numbers, "CASE_PATTERN", case_numbers._NEW)
        assert ingest(tmp_path / "home", [str(folder)]).bad == 1
    return tmp_path / "home"


def test_mended_rules_reach_a_batch_of_the_day_it_was_known(ingested: Path) -> None:
    before = known(ingested, RECEIVED)
    report = reread(ingested, 1)
    assert (report.batches, report.accepted, report.bad) == ([2], 2, 0)
    assert numbers(ingested, RECEIVED) == [OLD, NEW]
    assert {row[2] for row in known(ingested, LATER)} == {RECEIVED}
    assert numbers(ingested, date(2024, 4, 30)) == []
    assert known(ingested, RECEIVED, state=1) == known(ingested, LATER, state=1) == before
    new = Pool(ingested).batches()[-1]
    assert (new.delivery, new.withdraws) == (Pool(ingested).batches()[0].delivery, (1,))


def test_rows_read_again_stand_where_those_of_the_first_reading_stood(ingested: Path, make_delivery: Delivery) -> None:
    folder = make_delivery("JJ2")
    (folder / "执行案件.csv").write_text(f"{HEAD}{NEW},,首次执行,更正,浙9901,339901,2024-01-02,8\n", encoding="utf-8")
    ingest(ingested, [str(folder)])
    for number in (1, 3, 4):
        reread(ingested, number)
    rows = {row[0]: row for row in known(ingested, LATER)}
    # Of two deliveries of one day the second still holds, and its row is still the later one.
    assert rows[NEW][1] == "更正"
    assert rows[OLD][3] < rows[NEW][3]
    with Pool(ingested).as_of(LATER) as cut:
        parts = cut.con.read_parquet(str(Pool(ingested).root / "case" / "*.parquet")).select("rid").to_pyarrow()
    assert parts.column("rid").to_pandas().is_unique


@pytest.mark.parametrize(
    ("change", "number", "said"),
    [
        (lambda file: file.unlink(), 1, r"原文件不在“.*JJ1”：缺少“法院/执行案件.csv”"),
        (lambda file: file.write_text(CASES + "\n"), 1, r"“法院/执行案件.csv”与导入第 1 批次时的内容不同"),
        (lambda file: file.rename(file.with_name("案件.csv")), 1, "缺少“法院/执行案件.csv”"),
        (lambda file: None, 7, "没有第 7 批次"),
    ],
)
def test_a_file_that_is_gone_or_changed_is_refused_and_nothing_is_changed(
    ingested: Path, tmp_path: Path, change: Callable[[Path], object], number: int, said: str
) -> None:
    change(tmp_path / "deliveries" / "JJ1" / "法院" / "执行案件.csv")
    before = known(ingested, LATER)
    with pytest.raises((GoldenKeyError, NotFoundError), match=said):
        reread(ingested, number)
    assert known(ingested, LATER) == before
    assert Pool(ingested).state == 1


def test_files_that_were_moved_are_read_where_they_lie_now(ingested: Path, tmp_path: Path) -> None:
    (tmp_path / "deliveries" / "JJ1").rename(tmp_path / "搬走")
    with pytest.raises(GoldenKeyError, match="原文件不在"):
        reread(ingested, 1)
    reread(ingested, 1, tmp_path / "搬走")
    assert numbers(ingested, LATER) == [OLD, NEW]


def test_what_is_withdrawn_or_replaced_is_not_read_again(ingested: Path) -> None:
    reread(ingested, 1)
    with pytest.raises(GoldenKeyError, match="第 1 批次已由第 2 批次重读取代"):
        reread(ingested, 1)
    Pool(ingested).withdraw([2], LATER, "误送")
    assert numbers(ingested, LATER) == []
    for number, said in ((2, "第 2 批次已撤回"), (3, "第 3 批次是一次撤回")):
        with pytest.raises(GoldenKeyError, match=said):
            reread(ingested, number)
    with (
        pytest.raises(GoldenKeyError, match="已撤回或已由另一批次取代"),
        Pool(ingested).begin(Pool(ingested).batches()[0].delivery, replaces=1),
    ):
        pass


def test_a_batch_that_could_not_be_sealed_leaves_the_old_one_in_force(ingested: Path) -> None:
    @contextmanager
    def refused(_: int) -> Iterator[None]:
        raise GoldenKeyError("业务库正被另一个程序占用")
        yield

    before = known(ingested, LATER)
    with pytest.raises(GoldenKeyError, match="占用"):
        reread(ingested, 1, seal=refused)
    assert (known(ingested, LATER), Pool(ingested).state) == (before, 1)


def test_files_read_by_a_mapping_are_read_again_by_one_that_may_be_mended(tmp_path: Path) -> None:
    home, file, mapping = tmp_path / "home", tmp_path / "外来.csv", tmp_path / "m.toml"
    file.write_text("号,型,因,院,区,立,标的\n" + CASES.partition("\n")[2].replace(",,", ","), encoding="utf-8")
    text = 'table = "case"\n[columns]\ncase_no = "号"\ncase_type = "型"\n{more}court_code = "院"\n'
    text += 'court_division = "区"\nfiling_date = "立"\n'
    mapping.write_text(text.format(more="") + 'amt_due = "标的"\n', encoding="utf-8")
    about = IngestOptions(mapping, provider="某", legal_basis="试", purpose="试", scope="试", received_on=RECEIVED)
    ingest(home, [str(file)], about)
    assert [row[1] for row in known(home, RECEIVED)] == [None, None]
    with pytest.raises(GoldenKeyError, match=r"“外来.csv”导入第 1 批次时用了列对应关系"):
        reread(home, 1)
    mapping.write_text(text.format(more='cause = "因"\n') + 'amt_due = "标的"\n', encoding="utf-8")
    reread(home, 1, options=IngestOptions(mapping))
    assert [row[1] for row in known(home, RECEIVED)] == ["借贷", "借贷"]
