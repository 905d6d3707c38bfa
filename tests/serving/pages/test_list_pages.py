"""Lists on pages, over leads and queues written by hand: paging, filters kept, escaping, workbooks, forms."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from asgi_client import Client
from made_leads import lead
from openpyxl import load_workbook
from starlette.applications import Starlette

from features.leads import Lead
from models.feedback.lead_decisions import Decision, decide, read_lead, record_opening
from models.ledger.actors import Bearer
from models.ledger.ledger import Ledger
from serving.http.settings import read_settings
from serving.leads.service import LeadService
from serving.leads.store import LeadStore
from serving.outcomes.service import OutcomeService
from serving.pages import leads, outcomes, queue
from serving.pages.leads import ON_PAGE
from serving.pages.page import page_routes
from serving.pages.routes import link
from serving.pages.session import session_routes
from serving.queue.views import FindingRow, QueueRow, QueueView

CASES = ON_PAGE + 7
EVIL = "<script>alert(1)</script>'\"&amp;"
FORMULA = "=HYPERLINK(1)"
COURT = f"法院{EVIL}"

ROW = QueueRow(
    1,
    "S1",
    "（2023）浙9901执1号",
    date(2023, 6, 1),
    f"张{EVIL}",
    123_456_789,
    "较高",
    0.25,
    5_000_000,
    1_250_000,
    (f"理由{EVIL}",),
    "B",
    "小标的",
    True,
    False,
    False,
    f"交办{EVIL}",
    0.1,
)
FINDING = FindingRow("（2023）浙9901执2号", None, "B1", "期限", 2, f"疑似超期{EVIL}", "调卷", "终本规定")
VIEW = QueueView(
    "Q1",
    "R1",
    "339901",
    date(2024, 3, 31),
    3,
    "20231231-abc",
    40,
    9,
    1,
    2,
    6,
    1,
    "7",
    {},
    (ROW,),
    (),
    (FINDING,),
    (f"说明{EVIL}",),
    watch_notes=(f"另有{EVIL}",),
)


@dataclass
class QueueStub:
    """The service of queues with one queue, which keeps what it was asked for."""

    ledger: Ledger
    asked: list[tuple[str, date | None]]
    settings = read_settings({})

    def run(self, day: date | None) -> Any:
        return SimpleNamespace(run_id="R1")

    def offices(self, bearer: Bearer, run: Any) -> list[str]:
        return [code for code in ("339901", "339902") if bearer.reaches(code)]

    def queue(self, bearer: Bearer, office: str, day: date | None) -> QueueView:
        self.asked.append((office, day))
        return VIEW


@dataclass
class Site:
    ledger: Ledger
    queues: QueueStub
    app: Starlette
    tokens: dict[str, str]

    def reader(self, who: str = "甲") -> Client:
        client = Client(self.app)
        assert client.post("/login", data={"token": self.tokens[who]}).status_code == 303
        return client

    def last_act(self, act: str) -> tuple[str, str, dict[str, Any]]:
        with self.ledger.engine.connect() as connection:
            found = "SELECT actor, subject, payload FROM audit WHERE act = ? ORDER BY seq DESC"
            row = connection.exec_driver_sql(found, (act,)).first()
        assert row is not None
        return row[0], row[1], json.loads(row[2])


def written() -> list[Lead]:
    """Leads of cases 1 to `CASES`, worth n × 10,000.50 元; the last is another office's; texts are full of markup."""
    found = []
    for n in range(1, CASES + 1):
        cause = replace(lead(n).causes[0], label=f"原因{EVIL}", unit=f"单位{EVIL}")
        texts = {"court": COURT, "holder_tie": EVIL[:32], "net_note": EVIL, "causes": (cause,)}
        office = "339901" if n < CASES else "339902"
        found.append(replace(lead(n), net_fen=1_000_050 * n, office=office, asset_name=f"{FORMULA}{EVIL}", **texts))
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("lists")
    tokens = {}
    with Ledger(home) as ledger:
        for name, office in (("甲", "339901"), ("乙", "339902"), ("省", "")):
            ledger.add_actor(name, "person", "system")
            tokens[name] = ledger.issue_token(name, "system", office=office)
        record_opening(ledger, written(), date(2024, 3, 31), 1, "v1", "system")
        queues, served = QueueStub(ledger, []), LeadService(ledger, LeadStore(home, ledger))
        reviews = OutcomeService(home, ledger)
        routes = [
            *session_routes(lambda: queues),  # type: ignore[arg-type, return-value]
            *page_routes(queue.PAGES, lambda: queues, link),  # type: ignore[arg-type, return-value]
            *page_routes(leads.PAGES, lambda: served, link),
            *page_routes(outcomes.PAGES, lambda: reviews, link),
        ]
        yield Site(ledger, queues, Starlette(routes=routes), tokens)


def listed(page: str) -> list[int]:
    """Numbers of the cases of a list, in the order shown."""
    return [int(number) for number in re.findall(r"<td>（2023）浙9901执(\d+)号<br>", page)]


def address(page: str, text: str) -> str:
    """Where the link with this text leads."""
    found = re.search(rf'<a href="([^"]*)">{text}</a>', page)
    assert found is not None, text
    return html.unescape(found.group(1))


def test_pages_of_a_list_follow_each_other_and_keep_the_filters(site: Site) -> None:
    client = site.reader()
    first = client.get("/leads?asset_class=VEH&state=初筛&min_yuan=20001")
    own = list(range(CASES - 1, 1, -1))  # net n × 10,000.50 元: case 1 is too small, the last another office's
    assert listed(first.text) == own[:ON_PAGE]
    assert f"共 {len(own)} 条" in first.text and "上一页" not in first.text
    second = client.get(address(first.text, "下一页"))
    assert listed(second.text) == own[ON_PAGE:]
    assert f"第 {ON_PAGE + 1} 至 {len(own)} 条" in second.text and "下一页" not in second.text
    assert client.get(address(second.text, "上一页")).text == first.text
    query = parse_qs(urlsplit(address(second.text, "导出表格")).query)
    assert query == {"asset_class": ["VEH"], "state": ["初筛"], "min_yuan": ["20001"]}


def test_a_list_that_just_fills_its_page_has_no_other(site: Site) -> None:
    page = site.reader().get("/leads", params={"min_yuan": 10_000.50 * (CASES - ON_PAGE)})
    assert len(listed(page.text)) == ON_PAGE
    assert "下一页" not in page.text and "上一页" not in page.text


def test_amounts_of_a_list_are_yuan(site: Site) -> None:
    page = site.reader().get("/leads?case_no=(2023)浙9901执3号").text
    assert listed(page) == [3]
    assert "5.00万元" in page  # 价值 5,000,000 分
    assert "3.00万元" in page  # 净值 3,000,150 分


def test_what_was_typed_and_what_is_stored_is_shown_as_text(site: Site) -> None:
    client = site.reader()
    page = client.get("/leads", params={"case_no": f'"><b>{EVIL}'})
    assert (page.status_code, listed(page.text)) == (200, [])
    assert "<script" not in page.text and "<b>" not in page.text
    full = client.get("/leads")
    assert "<script" not in full.text and html.escape("原因<script>") in full.text
    refused = client.get("/leads", params={"min_yuan": EVIL})
    assert (refused.status_code, "<script" in refused.text, "alert(" in refused.text) == (422, False, False)
    assert client.get("/leads", params={"state": EVIL}).status_code == 422
    for path in ("/clusters", address(client.get("/clusters").text, r"K[0-9a-f]{16}")):
        clusters = client.get(path)
        assert clusters.status_code == 200
        assert "<script" not in clusters.text and COURT in html.unescape(clusters.text)


def test_the_workbook_holds_the_whole_list_and_no_formula(site: Site) -> None:
    answer = site.reader().get("/leads.xlsx?min_yuan=20001")
    assert "filename*=UTF-8''%E8%B4%A2%E4%BA%A7%E7%BA%BF%E7%B4%A2.xlsx" in answer.headers["content-disposition"]
    page = load_workbook(io.BytesIO(answer.content)).active
    assert page is not None
    rows = list(page.iter_rows())
    codes = [cell.value for cell in rows[1]]
    nets = [row[codes.index("net_yuan")].value for row in rows[2:] if row[codes.index("lead_id")].value]
    assert nets == pytest.approx([10_000.50 * n for n in range(CASES - 1, 1, -1)])
    assert all(cell.data_type != "f" for row in rows for cell in row)
    assert site.last_act("lead.export") == ("甲", "339901", {"leads": CASES - 2})


def test_the_page_of_a_cluster_adds_up_and_is_closed_to_others(site: Site) -> None:
    client = site.reader()
    path = address(client.get("/clusters").text, r"K[0-9a-f]{16}")
    page = client.get(path).text
    own = sum(1_000_050 * n for n in range(1, CASES)) / 100
    assert f"{CASES - 1} 件案件 {CASES - 1} 条财产线索" in page
    assert f"{own / 10_000:,.2f}万元" in page
    book = client.get(f"{path}.xlsx")
    sheet = load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None and sheet.max_row >= CASES
    other = site.reader("乙")
    assert other.get(path).status_code == other.get(f"{path}.xlsx").status_code == 404
    assert "没有达到类案条数的线索" in other.get("/clusters").text


def test_a_form_of_a_session_that_is_over_saves_nothing(site: Site) -> None:
    client = site.reader()
    client.post("/logout")
    answer = client.post(f"/lead/{lead(5).id}", data={"state": "有效", "version": "0"})
    assert (answer.status_code, answer.headers["location"][:12]) == (303, "/login?next=")
    assert read_lead(site.ledger, lead(5).id).version == 0


def test_a_form_is_saved_once_in_the_name_of_the_session(site: Site) -> None:
    form = {"state": "无效", "version": "0", "reason_code": "other", "reason": f" 理由{EVIL} ", "actor": "省"}
    answer = site.reader().post(f"/lead/{lead(6).id}", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/lead/{lead(6).id}")
    kept = read_lead(site.ledger, lead(6).id)
    assert (kept.state, kept.version, kept.actor, kept.reason) == ("无效", 1, "甲", f"理由{EVIL}")


@pytest.mark.parametrize(
    ("number", "content", "status"),
    [
        (CASES, b"state=%E6%9C%89%E6%95%88&version=0", 403),
        (9999, b"state=%E6%9C%89%E6%95%88&version=0", 404),
        (7, b"reason=" + b"x" * 9000, 413),
    ],
)
def test_a_form_that_may_not_be_saved_is_a_page_that_says_so(
    site: Site, number: int, content: bytes, status: int
) -> None:
    answer = site.reader().post(f"/lead/{lead(number).id}", content=content)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text and "<form" not in answer.text
    assert {read_lead(site.ledger, lead(n).id).version for n in (7, CASES)} == {0}


def test_a_decision_taken_elsewhere_shows_in_the_list_at_once(site: Site) -> None:
    decide(site.ledger, lead(8).id, Decision("有效", 0), "甲")
    page = site.reader().get("/leads?state=有效").text
    assert listed(page) == [8]
    assert "有效 1 条" in page


@pytest.mark.parametrize(
    ("who", "query", "office", "day"),
    [
        ("乙", "", "339902", None),
        ("省", "", "339901", None),
        ("省", "?office=339902&as_of=2024-03-31", "339902", date(2024, 3, 31)),
    ],
)
def test_the_queue_is_that_asked_for_or_the_tokens_own_or_the_first(
    site: Site, who: str, query: str, office: str, day: date | None
) -> None:
    page = site.reader(who).get(f"/queue{query}")
    assert page.status_code == 200
    assert site.queues.asked[-1] == (office, day)
    assert re.findall(r'<option value="(\d+)">', page.text) == (["339902"] if who == "乙" else ["339901", "339902"])


def test_a_queue_shows_its_figures_and_every_name_as_text(site: Site) -> None:
    page = site.reader().get("/queue").text
    assert "<script" not in page
    assert page.count(html.escape("<script>alert(1)")) >= 6
    for text in (
        "123.46万元",
        "25.0%",
        "遗漏 10.0%",
        "5.00万元",
        "1.25万元",
        "待选 6 件",
        "列入 1 件",
        "其中清单内案件 0 条",
    ):
        assert text in page, text
    assert address(page, ROW.case_no).endswith("?as_of=2024-03-31")
    assert site.reader().get("/queue?as_of=2024-13-31").status_code == 422


def test_without_reviews_the_outcomes_page_says_so_and_its_workbook_opens(site: Site) -> None:
    client = site.reader("省")
    page = client.get("/outcomes?as_of=2024-03-31")
    assert (page.status_code, "截至这一天没有选取或审查记录" in page.text) == (200, True)
    assert "全部院合计" in page.text
    path = address(page.text, "导出表格")
    assert path == "/outcomes.xlsx?as_of=2024-03-31"
    sheet = load_workbook(io.BytesIO(client.get(path).content)).active
    assert sheet is not None and sheet["A3"].value == "合计"
    assert site.last_act("outcome.export") == ("省", "-", {"as_of": "2024-03-31"})
    assert client.get("/outcomes?as_of=<b>").status_code == 422
