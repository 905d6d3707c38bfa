"""The command `bench`: ratios of hand-written timings, an unknown case refused, and the pool timed against its peer."""

from __future__ import annotations

import argparse

import pytest

from evaluation.bench import cases
from evaluation.bench.timing import Timing
from evaluation.commands import bench
from features.errors import GoldenKeyError

(COMMAND,) = bench.COMMANDS


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    COMMAND.configure(parser)
    return parser.parse_args(words)


def test_the_ratio_is_our_time_over_the_peers() -> None:
    assert Timing("one", "工作", 3.0, "对照", 2.0).ratio == 1.5


def test_an_unknown_case_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(GoldenKeyError, match="没有名为 none 的性能项目") as error:
        COMMAND.run(parse("none"))
    assert all(name in str(error.value) for name in cases.CASES)


def test_only_the_cases_named_are_timed_and_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cases.CASES, "explain", lambda: Timing("explain", "贡献", 1.0, "另一家", 4.0))
    assert COMMAND.run(parse("explain")) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "另一家" in line]
    assert [cell.strip() for cell in line.strip("│ ").split("│")][2:] == ["1.00", "另一家", "4.00", "0.25"]
