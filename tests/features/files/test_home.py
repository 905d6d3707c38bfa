"""Homes whose paths some library would misread are refused before anything is written; all others work."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import pytest
from little_pool import GROUNDS, deliver, one_case

import cli
from features.errors import GoldenKeyError
from features.files.home import check_home
from features.pool.pool import Pool
from models.database.engine import open_database


@pytest.mark.parametrize(
    "name",
    [
        "h%20b",
        "100%",
        "h?q",
        "h?mode=ro",
        "a#b",
        "#",
        "star*",
        "[x]",
        "a]b",
        "year=2024",
        "back\\slash",
        "new\nline",
        "a\tb",
    ],
)
def test_a_path_that_is_misread_is_refused_and_nothing_is_written(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / name / "home"
    with pytest.raises(GoldenKeyError, match="不能使用的字符"):
        check_home(home)
    assert cli.main(["--home", str(home), "batches"]) == 2
    assert capsys.readouterr().err.count("不能使用的字符") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_such_a_path_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "a%b").mkdir()
    (tmp_path / "plain").symlink_to(tmp_path / "a%b")
    with pytest.raises(GoldenKeyError, match="%"):
        check_home(tmp_path / "plain" / "home")


@pytest.mark.parametrize(
    "name", ["两 个 blanks", "数据 目录", "it's", 'say "x"', "a&b;c", "$HOME", "{x}", "a+b,c", "~x", "é", "（2024）"]
)
def test_every_other_path_holds_a_pool_and_a_database(name: str, tmp_path: Path) -> None:
    home = tmp_path / name
    check_home(home)
    deliver(home, date(2024, 3, 1), one_case())
    with Pool(home).as_of(date(2024, 3, 1)) as cut:
        assert cut.table("case").count().execute() == 1
    open_database(home).dispose()
    assert (home / "operational.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_a_command_writes_is_private_to_its_user(tmp_path: Path) -> None:
    home, statement = tmp_path / "home", tmp_path / "流水.csv"
    statement.write_text("交易账号,交易时间,交易金额,收付标志\n99000001,2024-03-01,1.00,出\n", encoding="utf-8")
    assert cli.main(["--home", str(home), "ingest", str(statement), *GROUNDS]) == 0
    assert cli.main(["--home", str(home), "actor", "add", "甲", "--kind", "person"]) == 0
    assert cli.main(["--home", str(home), "batches"]) == 0
    written = [home, *home.rglob("*")]
    assert len(written) > 1
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in written} == {0}
