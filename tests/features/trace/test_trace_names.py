"""Whose accounts a name means: those of one person, or a question which of them is meant."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import pytest

from features.errors import GoldenKeyError
from features.facts.money.trace import WalkSettings
from features.trace.result import TraceQuery, joined_by_name, trace_payments
from features.trace.statements import Statements, accounts_of, open_statements

ONE, TWO, SHORT = "990001198001010019", "990001197001010025", "990001800101001"
HELD = [
    ("9900000000000001", "同名甲", ONE),
    ("9900000000000002", "同名甲", TWO),
    ("9900000000000003", "一人甲", ONE),
    ("9900000000000004", "一人甲", SHORT),  # the same person, by the number of fifteen digits
    ("9900000000000005", "一 人 甲", ONE.lower()),
    ("9900000000000006", "无号甲", ONE),
    ("9900000000000007", "无号甲", ""),
    ("9900000000000008", "全无甲", ""),
    ("9900000000000009", "全无甲", ""),
    ("9900000000000010", "某某（测试）公司", "99990100000000001X"),
    ("9900000000000011", "某某(测试)公司", "99990200000000002X"),
    ("9900000000000012", "遮名甲", "9900****0019"),
    ("9900000000000013", "遮名甲", TWO),
    ("9900000000000014", "独一甲", TWO),
]
BY_NAME = {name: [acct for acct, held, _ in HELD if held.replace(" ", "") == name] for _, name, _ in HELD}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Statements]:
    path = tmp_path_factory.mktemp("names") / "流水.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("交易账号", "账户开户名称", "开户人证件号码", "交易时间", "交易金额", "收付标志"))
        lines.writerows((*one, "2024-03-01 10:00:00", "5.00", "出") for one in HELD)
    with open_statements([path]) as statements:
        yield statements


@pytest.mark.parametrize("name", ["同名甲", " 同名甲", "同 名 甲", "某某（测试）公司", "某某(测试)公司"])
def test_a_name_of_several_people_is_refused_with_their_numbers_masked(name: str, held: Statements) -> None:
    with pytest.raises(GoldenKeyError, match="属于2个证件号码不同的人") as refused:
        accounts_of(held, name)
    said = str(refused.value)
    for acct, holder, number in HELD:
        meant = holder.replace("（", "(").replace("）", ")") == name.replace(" ", "").replace("（", "(").replace(
            "）", ")"
        )
        assert (f"{acct[:4]}****{acct[-4:]}" in said) == meant
        assert acct not in said
        assert number == "" or number not in said
        assert not meant or f"{number[:6]}********{number[-4:]}" in said


@pytest.mark.parametrize("name", ["一人甲", "无号甲", "全无甲", "遮名甲", "独一甲"])
def test_a_name_of_one_person_means_all_accounts_and_says_where_no_number_tells(name: str, held: Statements) -> None:
    found = accounts_of(held, name)
    expected = sorted({*BY_NAME[name], *(["9900000000000005"] if name == "一人甲" else [])})
    assert found == expected
    notes = "".join(joined_by_name(held.rows, TraceQuery(tuple(found), WalkSettings())))
    unsure = {"9900000000000007", "9900000000000008", "9900000000000009", "9900000000000012"} & set(found)
    assert ("没有开户人证件号码" in notes) == bool(unsure)
    assert all(acct in notes for acct in unsure)


@pytest.mark.parametrize(("asked", "accts"), [(TWO, [2, 13, 14]), ("9900000000000001", [1]), ("流水", range(1, 15))])
def test_a_number_or_a_file_means_what_it_meant(asked: str, accts: list[int], held: Statements) -> None:
    assert accounts_of(held, asked) == [f"99000000000000{n:02d}" for n in accts]


def test_the_note_stands_on_the_trace(held: Statements) -> None:
    trace = trace_payments(held, TraceQuery(tuple(accounts_of(held, "无号甲")), WalkSettings()))
    assert trace.starts == 2 and any("没有开户人证件号码的（9900000000000007）" in note for note in trace.notes)
