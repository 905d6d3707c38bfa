"""Files spoilt at random: taken in, set aside row by row or refused in one sentence; never a traceback, never half."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from little_pool import GROUNDS

import cli

pytestmark = pytest.mark.long

HEADER = "交易卡号,交易账号,账户开户名称,开户人证件号码,交易时间,交易金额,收付标志,交易流水号"
ROW = "9900000000000012346,990000000000001,赵钱孙测试,990001198001010019,2024-03-01 10:15:2{},3{}000.00,出,R{}"
SOUND = "\n".join([HEADER, *(ROW.format(n, n, n) for n in range(9))]) + "\n"
PIECES = [b'"', b"\x00", b"\r", b"\n", b",", b"\t", b"\xff", b"\xef\xbb\xbf", "，".encode(), b"'", b"\\", b";", b"1e9"]


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A sound statement in some encoding with pieces put in, cut out or repeated."""
    content = SOUND.encode(draw(st.sampled_from(["gb18030", "utf-8", "utf-8-sig", "utf-16"])))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        to = min(len(content), at + draw(st.integers(0, 40)))
        kind = draw(st.sampled_from(["insert", "cut", "repeat", "swap"]))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=6))
        middle = {"insert": piece + content[at:to], "cut": b"", "repeat": content[at:to] * 2, "swap": piece}[kind]
        content = content[:at] + middle + content[to:]
    return content


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=spoilt())
def test_a_spoilt_statement_is_taken_in_set_aside_or_refused(
    content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, home = Path(folder) / "甲银行交易明细信息.csv", Path(folder) / "home"
        path.write_bytes(content)
        words = ["ingest", str(path), *GROUNDS, "--home", str(home), "--format", "json"]
        status = cli.main(words)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        if status == 2:
            assert printed.err.count("\n") == 1 and printed.err.endswith("。\n"), printed.err
            assert not list((home / "pool").rglob("*.parquet"))
        else:
            assert status == 0, printed.err
            report = json.loads(printed.out)
            assert report["accepted"] + report["quarantined"] + report["duplicates"] > 0
