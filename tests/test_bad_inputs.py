"""Bad inputs through the commands a user types: one sentence each, nothing else changed, no personal value echoed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from little_pool import CASE_NO, DEBTOR, GROUNDS, deliver, one_case
from made_home import install_model, written_model

import cli

ROOT = Path(__file__).resolve().parents[1]
CARD = "9900000000000012346"
HOLDER = "赵钱孙测试"
PERSONAL = (CARD, HOLDER, DEBTOR, "99900001234")
HEADER = "交易卡号,交易账号,账户开户名称,开户人证件号码,交易时间,交易金额,收付标志,交易流水号\n"
FUTURE = (date.today() + timedelta(days=30)).isoformat()
STATEMENT = "甲银行交易明细信息.csv"


def line(number: int, **changes: str) -> str:
    """One good row of a statement, with changes."""
    row = {"card": CARD, "acct": "990000000000001", "ts": "2024-03-01 10:15:22", "amount": "30000.00"} | changes
    cells = (row["card"], row["acct"], HOLDER, DEBTOR, row["ts"], row["amount"], "出", f"R{number}")
    return ",".join(cells) + "\n"


def statement(rows: int = 3) -> str:
    return HEADER + "".join(line(number) for number in range(rows))


def workbook(path: Path) -> Path:
    """A sound workbook of accounts, written for being spoilt afterwards."""
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("账户信息")
        page.write_row(0, 0, ["开户人证件号码", "交易账号", "账户余额"])
        for row in range(1, 400):
            page.write_row(row, 0, [DEBTOR, f"99{row:013d}", 12.5])
    return path


def state(home: Path) -> dict[str, str]:
    """What stands in a home: every file of the pool, of the quarantine and of the models, by content."""
    kept = ("pool", "quarantine", "reports", "models", "tmp")
    paths = (path for name in kept for path in (home / name).rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("bad") / "home"
    deliver(home, date(2024, 1, 15), one_case())
    return home


@pytest.fixture
def home(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A pool of one case that no test of this file may change."""
    for name in [name for name in os.environ if name.startswith("GOLDENKEY_")]:
        monkeypatch.delenv(name)
    before = state(made)
    yield made
    assert state(made) == before


@pytest.fixture
def refused(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Type a command that must be refused, and return its one sentence."""

    def run(*words: str, at: Path = home) -> str:
        before = state(at)
        status = cli.main([*words, "--home", str(at)])
        said = capsys.readouterr()
        one_sentence(status, said.out, said.err)
        assert state(at) == before
        return said.err

    return run


def one_sentence(status: int, out: str, err: str) -> None:
    assert status == 2, err
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.endswith("。\n")
    assert err.count("。") == 1, err
    assert "Traceback" not in err
    for value in PERSONAL:
        assert value not in err


def test_an_empty_file(refused: Callable[..., str], tmp_path: Path) -> None:
    for name in (STATEMENT, "账户信息.xlsx", "账户信息.parquet"):
        (tmp_path / name).write_bytes(b"")
        said = refused("ingest", str(tmp_path / name), *GROUNDS)
        assert name in said
        assert "空" in said or "无法" in said


def test_wrong_columns_are_named(refused: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / STATEMENT
    path.write_text(f"交易卡号,账户开户名称\n{CARD},{HOLDER}\n", encoding="utf-8")
    said = refused("ingest", str(path), *GROUNDS)
    assert STATEMENT in said
    assert "缺少必需的列" in said
    assert "交易金额" in said


def test_a_table_nobody_knows(refused: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "其他.csv"
    path.write_text(f"a,b\n{CARD},{HOLDER}\n", encoding="utf-8")
    assert "其他.csv" in refused("ingest", str(path), *GROUNDS)


@pytest.mark.parametrize("content", [b"\xc3\x28\xff abc," * 30, bytes(range(256)) * 8, b"\xff\xff\x00\x81" * 99])
def test_an_unknown_encoding(content: bytes, refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / STATEMENT).write_bytes(content)
    said = refused("ingest", str(tmp_path / STATEMENT), *GROUNDS)
    assert STATEMENT in said
    assert "编码" in said


OLE_HEAD = bytes.fromhex("d0cf11e0a1b11ae1")
"""What a workbook locked by a password begins with."""


@pytest.mark.parametrize("content", [b"no workbook at all", b"PK\x03\x04 garbage", OLE_HEAD + bytes(2000)])
def test_an_unreadable_workbook(content: bytes, refused: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "账户信息.xlsx"
    path.write_bytes(content)
    said = refused("ingest", str(path), *GROUNDS)
    assert path.name in said
    assert "无法打开" in said


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_half_a_workbook(share: float, refused: Callable[..., str], tmp_path: Path) -> None:
    path = workbook(tmp_path / "账户信息.xlsx")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "无法打开" in refused("ingest", str(path), *GROUNDS)


def test_one_bad_file_is_named_beside_the_others(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "交接"
    folder.mkdir()
    (folder / STATEMENT).write_text(statement(), encoding="utf-8")
    (folder / "账户信息.xlsx").write_bytes(b"PK\x03\x04 garbage")
    status = cli.main(["ingest", "--home", str(tmp_path / "home"), str(folder), *GROUNDS, "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert (status, told["accepted"]) == (3, 3)
    (named,) = told["refused"]
    assert named["file"] == "账户信息.xlsx"
    assert "无法打开" in named["reason"]


def test_where_none_can_be_taken_in_each_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("甲.csv", "乙.csv"):
        (tmp_path / name).write_text("左,右\n1,2\n", encoding="utf-8")
    paths = [str(tmp_path / name) for name in ("甲.csv", "乙.csv")]
    assert cli.main(["ingest", "--home", str(tmp_path / "home"), *paths, *GROUNDS]) == 2
    said = capsys.readouterr().err
    assert "甲.csv" in said and "乙.csv" in said and said.count("\n") == 1


ROWS = {
    "letters in an amount": ({"amount": "3万oo"}, "money", "不是有效金额"),
    "a day that never was": ({"ts": "2024-02-30 10:00:00"}, "datetime", "2024-02-30"),
    "a card ruined by Excel": ({"card": "6.22E+18"}, "excel", "科学计数法"),
    "an account ruined by Excel": ({"acct": "6.22202E+18"}, "excel", "科学计数法"),
}


@pytest.mark.parametrize("kind", ROWS)
def test_a_bad_row_is_set_aside_and_never_guessed(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes, rule, says = ROWS[kind]
    path, home = tmp_path / STATEMENT, tmp_path / "home"
    path.write_text(HEADER + line(1) + line(2, **changes) + line(3), encoding="gb18030")
    assert cli.main(["ingest", str(path), *GROUNDS, "--home", str(home)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    # The table folds its cells to the width of the terminal.
    printed = "".join(said.out.split())
    assert "第3行" in printed
    assert says in printed
    assert not [value for value in PERSONAL if value in said.out]
    stored = amounts(home)
    assert stored == [("990000000000001", CARD, "R1"), ("990000000000001", CARD, "R3")]
    assert cli.main(["batches", "--home", str(home), "--format", "json"]) == 0
    (batch,) = json.loads(capsys.readouterr().out)
    assert (batch["rows"], batch["quarantined"]) == (2, 1)
    assert rules(home) == [(3, rule)]


def amounts(home: Path) -> list[tuple[str, str, str]]:
    from features.pool.pool import Pool

    with Pool(home).as_of(date(2024, 6, 1)) as cut:
        frame = cut.table("txn").to_pandas().sort_values("src_row")
    return list(zip(frame["acct_no"], frame["card_no"], frame["ref_no"], strict=True))


def rules(home: Path) -> list[tuple[int, str]]:
    import pyarrow.parquet as pq

    (kept,) = (home / "quarantine").glob("*.parquet")
    return [(fault["row"], fault["rule"]) for fault in pq.read_table(kept).to_pylist()]


def test_cards_kept_as_numbers_by_a_workbook_are_set_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, home = tmp_path / "账户信息.xlsx", tmp_path / "home"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("账户信息")
        page.write_row(0, 0, ["开户人证件号码", "交易账号", "账户余额"])
        page.write_row(1, 0, [DEBTOR, 9900021234567890123, 12.5])
    assert cli.main(["ingest", str(path), *GROUNDS, "--home", str(home), "--format", "json"]) == 0
    said = capsys.readouterr()
    printed = json.loads(said.out)
    assert (printed["accepted"], printed["quarantined"], printed["rules"]) == (0, 1, {"excel": 1})
    assert DEBTOR not in said.out + said.err


def test_half_a_statement_keeps_its_whole_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, home = tmp_path / STATEMENT, tmp_path / "home"
    whole = statement(50).encode("gb18030")
    path.write_bytes(whole[: whole.rindex(HOLDER.encode("gb18030")) + 3])
    assert cli.main(["ingest", str(path), *GROUNDS, "--home", str(home), "--format", "json"]) == 0
    said = capsys.readouterr()
    printed = json.loads(said.out)
    assert (printed["accepted"], printed["quarantined"], printed["rules"]) == (49, 1, {"columns": 1})
    assert not [value for value in PERSONAL if value in said.out + said.err]
    assert rules(home) == [(51, "columns")]


@pytest.mark.parametrize("command", ["explain", "clues"])
def test_an_unknown_case_number(command: str, made: Path, tmp_path: Path, refused: Callable[..., str]) -> None:
    import shutil

    at = tmp_path / "home"
    shutil.copytree(made, at)
    install_model(at, written_model())
    said = refused(command, "(2031)浙9901执77号", "--as-of", "2024-03-31", at=at)
    assert "（2031）浙9901执77号" in said
    assert "2024-03-31" in said


FUTURES = {
    "features": ("features", "--out", "never.parquet"),
    "score": ("score",),
    "queue": ("queue", "--office", "339901"),
    "train": ("train",),
    "clues": ("clues", CASE_NO),
    "explain": ("explain", CASE_NO),
}


@pytest.mark.parametrize("command", FUTURES)
def test_a_day_in_the_future(command: str, made: Path, tmp_path: Path, refused: Callable[..., str]) -> None:
    import shutil

    at = tmp_path / "home"
    shutil.copytree(made, at)
    install_model(at, written_model())
    said = refused(*FUTURES[command], "--as-of", FUTURE, at=at)
    assert FUTURE in said
    assert "将来" in said
    assert not Path("never.parquet").exists()


@pytest.mark.parametrize("command", FUTURES)
def test_a_day_that_is_none(command: str, refused: Callable[..., str]) -> None:
    assert "2024-02-30" in refused(*FUTURES[command], "--as-of", "2024-02-30")


def test_no_labels_yet(refused: Callable[..., str]) -> None:
    said = refused("train", "--as-of", "2024-03-31")
    assert "2024-03-31" in said
    assert "标签" in said


@pytest.mark.parametrize("command", ["score", "queue", "explain"])
def test_no_model_yet(command: str, refused: Callable[..., str]) -> None:
    assert "train" in refused(*FUTURES[command], "--as-of", "2024-03-31")


@pytest.mark.parametrize(
    "words", [("clues", CASE_NO), ("features", "--as-of", "2023-01-01", "--out", "never.parquet"), ("score",)]
)
def test_a_pool_that_is_empty(refused: Callable[..., str], tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "empty" / "models").mkdir(parents=True)
    assert "数据池为空" in refused(*words, at=tmp_path / "empty")
    assert not Path("never.parquet").exists()
    left = [path.name for path in (tmp_path / "empty").rglob("*") if path.is_file()]
    assert [name for name in left if "lock" not in name] == []


@pytest.mark.parametrize(
    "words",
    [
        ("audit", "verify"),
        ("audit", "replay", "S1"),
        ("audit", "findings"),
        ("champion",),
        ("actor", "list"),
        ("token", "list"),
    ],
)
@pytest.mark.parametrize("there", [False, True])
def test_a_home_without_a_ledger_is_not_found_sound(
    refused: Callable[..., str], tmp_path: Path, words: tuple[str, ...], there: bool
) -> None:
    home = tmp_path / "typo home"
    if there:
        home.mkdir()
    said = refused(*words, at=home)
    assert str(home) in said and "业务库" in said
    assert (home.exists(), list(home.rglob("*"))) == (there, [])


LIMITED = (
    "import resource, sys, cli; resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384)); "
    "sys.exit(cli.main(sys.argv[1:]))"
)
"""The command line in a process whose files may not grow beyond 16 KiB."""


def test_files_that_may_not_grow(made: Path, tmp_path: Path) -> None:
    import shutil

    at, path = tmp_path / "home", tmp_path / STATEMENT
    shutil.copytree(made, at)
    many_rows(path)
    before = state(at)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "ingest", str(path), *GROUNDS, "--home", str(at)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    one_sentence(done.returncode, done.stdout, done.stderr)
    assert "磁盘空间不足" in done.stderr
    assert state(at) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB; skipped where none may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True).returncode
    except FileNotFoundError:
        done = 1
    if done:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("room", [0, 4096, 65_536])
def test_a_full_disk(room: int, made: Path, small_disk: Path, tmp_path: Path, refused: Callable[..., str]) -> None:
    import shutil

    at, path = small_disk / "home", tmp_path / STATEMENT
    shutil.copytree(made, at)
    many_rows(path)
    left = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(bytes(left.f_bavail * left.f_frsize - room))
    assert "磁盘空间不足" in refused("ingest", str(path), *GROUNDS, at=at)
    (small_disk / "filler").unlink()
    path.write_text(statement(), encoding="utf-8")
    assert cli.main(["ingest", str(path), *GROUNDS, "--home", str(at)]) == 0


def many_rows(path: Path) -> None:
    rows = (line(n, acct=f"99{n * 7919 % 10**13:013d}", amount=f"{n * 31 % 99991}.{n % 90 + 10}") for n in range(9000))
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
