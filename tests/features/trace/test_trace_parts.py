"""Statement files without a pool, the walk from chosen payments, and the page: what is chosen, merged and escaped."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.errors import GoldenKeyError, NotFoundError
from features.facts.money.trace import WalkSettings
from features.trace.page import COLOURS, render_page
from features.trace.result import SHOWN_ENDS, SHOWN_ROWS, Trace, TraceQuery, trace_payments
from features.trace.statements import Statements, accounts_of, open_statements

MINE, SECOND, CARD = "990000000000000001", "990000000000000002", "9900000000000003"
HOLDER, OTHER = "990001198001010019", "990001198202020026"
PAYEES = 45
HUGE_YUAN = 10_000_000_000
BAD_NAME = "</script><b>&某某\u2028公司"


def line(acct: str, day: str, yuan: float, name: str, **more: str) -> dict[str, str]:
    row = {"交易账号": acct, "交易时间": f"{day} 09:00:00", "收付标志": "进" if yuan > 0 else "出"}
    row |= {"交易金额": f"{abs(yuan):.2f}", "对手户名": name, "账户开户名称": "张 测试", "开户人证件号码": HOLDER}
    return row | more


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One account that pays 45 people and a company 250 times; a second of the same holder; and one of another."""
    rows = [line(MINE, "2024-01-01", 2 * HUGE_YUAN, "某某公司", 摘要说明="货款")]
    rows += [
        line(MINE, "2024-02-01", -(1_000 + n), f"收款{'甲乙丙丁戊己庚辛壬癸'[n % 10]}{'一二三四五'[n // 10]}")
        for n in range(PAYEES)
    ]
    rows += [line(MINE, "2024-03-01", -(10 + n / 100), "某某商行有限公司") for n in range(SHOWN_ROWS + 50)]
    rows += [
        line(MINE, "2024-04-01", -HUGE_YUAN - 0.01, BAD_NAME),
        line(MINE, "2024-04-01", -HUGE_YUAN - 0.01, BAD_NAME),
        line(MINE, "2024-05-01", -777, "失败者", 交易是否成功="失败"),
        line(SECOND, "2024-01-01", -5, "某店", 交易卡号=CARD),
        line(f"{SECOND}_1", "2024-01-02", -6, "某店", 交易卡号=CARD),
        line("990000000000000009", "2024-01-01", -7, "某店", 账户开户名称="李四", 开户人证件号码=OTHER),
    ]
    return write(tmp_path_factory.mktemp("held") / "流水.csv", rows)


@pytest.fixture(scope="module")
def held(file: Path) -> Iterator[Statements]:
    with open_statements([file]) as statements:
        yield statements


@pytest.fixture(scope="module")
def whole(held: Statements) -> Trace:
    return trace_payments(held, TraceQuery((MINE,), WalkSettings()))


@pytest.mark.parametrize(
    ("wanted", "accounts"),
    [
        (MINE, [MINE]),
        (f" {SECOND}-7 ", [SECOND]),
        (CARD, [SECOND]),
        (HOLDER.lower(), [MINE, SECOND]),
        ("张测试", [MINE, SECOND]),
        ("李 四", ["990000000000000009"]),
    ],
)
def test_an_account_may_be_called_by_number_card_identity_or_name(
    held: Statements, wanted: str, accounts: list[str]
) -> None:
    assert accounts_of(held, wanted) == accounts


def test_a_name_that_is_in_no_file_is_refused_with_what_is(held: Statements) -> None:
    shown = re.escape(f"{MINE[:6]}********{MINE[-4:]}")
    with pytest.raises(GoldenKeyError, match=f"“张测”的账户；流水中的账户有：{shown}"):
        accounts_of(held, "张测")
    with pytest.raises(GoldenKeyError, match=r"“9900\*\*\*\*9999”的账户"):
        accounts_of(held, "9900000000009999")


def chosen(file: Path, **more: Any) -> tuple[int, int, str, str]:
    with open_statements([file]) as statements:
        trace = trace_payments(statements, TraceQuery((MINE,), WalkSettings(), **more))
    return trace.starts, trace.total, trace.first, trace.last


def test_payments_are_chosen_by_day_and_least_amount_and_each_once(file: Path, whole: Trace) -> None:
    small = sum(1_000 + n for n in range(PAYEES)) * 100
    shop = sum(1_000 + n for n in range(SHOWN_ROWS + 50))
    huge = HUGE_YUAN * 100 + 1
    assert (whole.starts, whole.total) == (PAYEES + SHOWN_ROWS + 50 + 1, small + shop + huge)
    february = date(2024, 2, 1)
    assert chosen(file, since=february, until=february) == (PAYEES, small, "2024-02-01", "2024-02-01")
    assert chosen(file, least_fen=104_400) == (2, huge + 104_400, "2024-02-01", "2024-04-01")
    with pytest.raises(NotFoundError, match=r"账户 990000\*{8}0001 在所给期间内没有符合条件的转出"):
        chosen(file, since=date(2024, 4, 2))


def test_nothing_is_lost_where_small_ends_are_merged(whole: Trace) -> None:
    assert int(whole.ends["amount"].sum()) == whole.total == int(whole.ribbons["amount"].sum())
    # 47 ends: the largest forty by name, the seven smallest (1,000 to 1,006 元) in one.
    merged = whole.ends[whole.ends["name"] == "其余合并"]
    assert merged["amount"].tolist() == [sum(range(1_000, 1_007)) * 100]
    assert len(whole.ends) == SHOWN_ENDS + 1
    assert whole.ends["share"].sum() == pytest.approx(1)


def test_of_many_rows_the_largest_are_shown_and_all_are_counted(whole: Trace) -> None:
    shop = whole.ribbons[whole.ribbons["target_label"].str.contains("某某商行")].iloc[0]
    shown = whole.rows[whole.rows["ribbon"] == shop["ribbon"]]
    assert int(shop["payments"]) == SHOWN_ROWS + 50 and len(shown) == SHOWN_ROWS
    assert int(shown["amount"].min()) == 1_000 + 50
    assert shown["place"].iloc[0] == f"流水.csv第{1 + PAYEES + SHOWN_ROWS + 50 + 1}行"


def test_what_a_bank_wrote_cannot_leave_its_place_on_the_page(whole: Trace) -> None:
    page = render_page(whole)
    figure = page.split("var figure = ")[1].split(";\nPlotly")[0]
    labels = json.loads(figure)["data"][0]["node"]["label"]
    assert any(BAD_NAME in label for label in labels)
    assert "</script><b>" not in page and "\u2028" not in figure
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    cells = [html.unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", own)]
    assert any(BAD_NAME in cell for cell in cells)
    assert f"{HUGE_YUAN:,}.01" in own


def test_ribbons_join_the_nodes_they_name(whole: Trace) -> None:
    nodes = whole.nodes.set_index("node")
    assert set(whole.ribbons["source"]) | set(whole.ribbons["target"]) == set(nodes.index)
    assert set(nodes["kind"]) <= set(COLOURS)
    for side in ("source", "target"):
        assert (nodes.loc[whole.ribbons[side], "label"].to_numpy() == whole.ribbons[f"{side}_label"]).all()


def test_a_page_without_any_row_says_so(whole: Trace) -> None:
    bare = {name: pd.DataFrame(columns=getattr(whole, name).columns) for name in ("ends", "nodes", "ribbons", "rows")}
    page = render_page(replace(whole, **bare, total=0, starts=0))
    assert "所给期间内没有可以追踪的转出" in page
