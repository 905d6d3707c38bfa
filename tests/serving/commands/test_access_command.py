"""Commands `actor` and `token`: in whose name an act stands, what is shown of a token and when, who is let in after."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

import cli
from models.audit.verify import verify
from models.ledger.actors import AccessError
from models.ledger.ledger import Ledger
from serving.commands.access import COMMANDS


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the actors 管理员 and 王检察官."""
    made = tmp_path_factory.mktemp("access") / "home"
    Ledger(made).close()
    for words in (("add", "管理员"), ("add", "王检察官", "--actor", "管理员")):
        assert run(made, "actor", *words) == 0
    return made


def run(home: Path, *words: str) -> int:
    return cli.main(["--home", str(home), *words])


def acts(home: Path) -> list[tuple[str, str, str]]:
    with Ledger(home) as ledger, ledger.engine.connect() as connection:
        assert verify(ledger).sound
        rows = connection.exec_driver_sql("SELECT actor, act, subject FROM audit ORDER BY seq").all()
        return [(row[0], row[1], row[2]) for row in rows]


def issue(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """A token as a script takes it: all of standard output."""
    capsys.readouterr()
    assert run(home, "token", "new", "王检察官", *words) == 0
    out = capsys.readouterr().out
    assert out == out.strip() + "\n"
    return out.strip()


def test_the_commands_of_the_room() -> None:
    assert [command.name for command in COMMANDS] == ["actor", "token"]


def test_an_actor_is_registered_in_the_name_given(home: Path) -> None:
    added = [act for act in acts(home) if act[1] == "actor.add"]
    assert added == [
        ("system", "actor.add", "system"),
        ("system", "actor.add", "管理员"),
        ("管理员", "actor.add", "王检察官"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("actor", "add", "王检察官"),
        ("actor", "add", "李四", "--actor", "无名"),
        ("actor", "disable", "无名"),
        ("actor", "disable", "system"),
        ("token", "new", "王检察官", "--days", "0"),
        ("token", "new", "王检察官", "--office", "浙东"),
        ("token", "new", "王检察官", "--office", "３３９９"),
        ("token", "new", "王检察官", "--actor", "无名"),
        ("token", "revoke", "0" * 12),
    ],
)
def test_what_cannot_be_is_one_sentence_and_changes_nothing(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    before = acts(home)
    assert run(home, *words) == 2
    said = capsys.readouterr()
    assert (said.out, len(said.err.strip().splitlines())) == ("", 1)
    assert said.err.strip().endswith("。")
    assert acts(home) == before


def test_a_token_opens_its_office_until_its_day(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = issue(home, capsys, "--office", "3399", "--days", "30", "--actor", "管理员")
    with Ledger(home) as ledger:
        bearer = ledger.authenticate(token)
        row = ledger.tokens()[-1]
    assert (bearer.actor, bearer.office) == ("王检察官", "3399")
    assert row["expires"] == date.today() + timedelta(days=30)
    assert acts(home)[-1] == ("管理员", "token.issue", row["sha256"])


def test_the_list_shows_fingerprints_and_scopes_and_never_a_token(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    whole, part = issue(home, capsys), issue(home, capsys, "--office", "339902")
    with Ledger(home) as ledger:
        first, second = [row["sha256"] for row in ledger.tokens()][-2:]
    assert run(home, "token", "list") == 0
    out = capsys.readouterr().out
    assert whole not in out and part not in out and first not in out
    lines = {line.split("│")[1].strip(): line for line in out.splitlines() if "│" in line}
    assert "不限" in lines[first[:12]] and "339902" in lines[second[:12]]


def test_a_revoked_token_opens_nothing_and_is_revoked_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token, other = issue(home, capsys), issue(home, capsys)
    with Ledger(home) as ledger:
        sha256 = ledger.tokens()[-2]["sha256"]
    assert run(home, "token", "revoke", sha256[:8]) == 0
    assert "1 个令牌" in capsys.readouterr().out
    with Ledger(home) as ledger:
        assert ledger.authenticate(other).actor == "王检察官"
        with pytest.raises(AccessError):
            ledger.authenticate(token)
    assert run(home, "token", "revoke", sha256[:8]) == 2


def test_a_disabled_actor_neither_acts_nor_gets_or_uses_a_token_until_enabled(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = issue(home, capsys)
    assert run(home, "actor", "disable", "王检察官", "--actor", "管理员") == 0
    assert run(home, "token", "new", "王检察官") == 2
    assert run(home, "actor", "add", "李四", "--actor", "王检察官") == 2
    capsys.readouterr()
    assert run(home, "actor", "list") == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "王检察官" in line]
    assert "否" in line
    with Ledger(home) as ledger, pytest.raises(AccessError):
        ledger.authenticate(token)
    assert run(home, "actor", "enable", "王检察官") == 0
    with Ledger(home) as ledger:
        assert ledger.authenticate(token).actor == "王检察官"
