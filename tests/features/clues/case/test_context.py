"""Facts of the case: other cases, earlier terminations, the claim and the parties."""

from __future__ import annotations

import inspect
import re
from datetime import date, timedelta

import pytest
from clue_rows import TODAY, ZB, Book, episode, feature, module_facts, person, rows

from features.clues.case import context
from features.clues.case.context import CAUSES, family
from features.facts import Facts


@module_facts(Book)
def facts(book: Book) -> None:
    book.case(1, amt_due=30_000_000, amt_paid=10_000_000, vulnerable_tags="农民工")
    book.case(2, close_mode=None, close_date=None, amt_unpaid=None, amt_due=4_000_000, filing_date=date(2023, 7, 1))
    book.case(3)
    for n, filed in ((2, 1), (3, 1)):
        book.debtor(n, filed, party_no=5)
    firm = {"kind": "company", "name": "测试公司", "id_no": "91990001MA00000A9W"}
    book.debtor(1, 1, party_no=6, **firm, whereabouts_unknown=True)
    # A namesake without a number is nobody known elsewhere.
    book.case(4)
    book.tables["party"][-1].update(id_no=None, name="债务人1")
    again = "（2023）浙9901执恢1号"
    book.case(5, cause="追索劳动报酬纠纷", amt_unpaid=10_000_000, zb_by_applicant=True)
    book.add(
        "case",
        case_no=again,
        case_type="resumed",
        nature="civil",
        court_code="浙9901",
        court_division="339901",
        filing_date=date(2023, 8, 1),
        close_mode="terminated",
        close_date=date(2023, 8, 20),
        amt_unpaid=5_000_000,
        amt_due=10_000_000,
        amt_paid=5_000_000,
        prev_case_no="（2023）浙9901执5号",
    )
    book.add("party", case_no=again, party_no=2, role="debtor", kind="person", name="债务人5", id_no=person(5))


def test_other_cases_by_identity_number(facts: Facts) -> None:
    found = [row for row in rows(family, "F09", facts) if row["episode"] == episode(1)]
    assert {(row["who"], row["amount"], row["ended"]) for row in found} == {
        ("（2023）浙9901执2号", 4_000_000, False),
        ("（2023）浙9901执3号", 20_000_000, True),
    }
    assert feature(family, "F09_applicants", facts, 1) == 2.0
    assert feature(family, "F09_n", facts, 4) == 0.0
    # The case that resumed it is the same chain, not another case.
    assert feature(family, "F09_n", facts, 5) == 0.0


def test_earlier_terminations_speak_of_later_ones_only(facts: Facts) -> None:
    found = rows(family, "F10", facts)
    assert [(row["episode"], row["day"]) for row in found] == [("（2023）浙9901执5号@2023-08-20", ZB)]


def test_the_claim(facts: Facts) -> None:
    assert feature(family, "F11_debt", facts, 1) == 200_000.0
    assert feature(family, "F11_log_debt", facts, 1) == pytest.approx(5.30103)
    assert feature(family, "F11_paid_percent", facts, 1) == 33.0
    assert (feature(family, "F11_small", facts, 1), feature(family, "F11_small", facts, 5)) == (0.0, 1.0)
    assert feature(family, "F11_vulnerable", facts, 1) == 1.0
    assert feature(family, "F11_days", facts, 1) == (TODAY - ZB) / timedelta(days=1)
    assert (feature(family, "F11_cause", facts, 1), feature(family, "F11_cause", facts, 5)) == (1.0, 6.0)


def test_the_parties(facts: Facts) -> None:
    names = ("F12_debtors", "F12_companies", "F12_unknown", "F12_applicants", "F12_applicant_company")
    assert [feature(family, name, facts, 1) for name in names] == [2.0, 1.0, 1.0, 1.0, 0.0]


def test_causes_have_codes_of_their_own() -> None:
    assert len({code for code, _, _ in CAUSES}) == len(CAUSES) and 0 not in {code for code, _, _ in CAUSES}
    assert all(re.compile(pattern) for _, _, pattern in CAUSES)


def test_neither_sex_nor_age_nor_court_is_among_them() -> None:
    code = inspect.getsource(context).split('"""', 2)[2]
    assert not re.search(r"\bsex\b|\bbirth\b|court_code|officer", code)
