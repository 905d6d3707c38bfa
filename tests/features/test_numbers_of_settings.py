"""Numbers among the settings of the environment, whichever reader asks for them."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from features.errors import GoldenKeyError
from features.intake.workers import worker_count
from features.pool.pool import Pool
from features.settings import machine_memory, number_setting, query_memory, thread_count


@pytest.mark.parametrize(
    ("environ", "value"), [({}, 7), ({"N": ""}, 7), ({"N": "  "}, 7), ({"N": " 12 "}, 12), ({"N": "2"}, 2)]
)
def test_a_setting_is_its_value_or_the_default(environ: dict[str, str], value: int) -> None:
    assert number_setting("N", 7, 2, environ=environ) == value


@pytest.mark.parametrize("text", ["1", "-3", "2.5", "many", "٣", "0x10", "1e3", "1_000", "inf"])
def test_what_is_no_such_integer_is_refused_by_name(text: str) -> None:
    with pytest.raises(GoldenKeyError, match="环境变量 N 应为不小于 2 的整数"):
        number_setting("N", 7, 2, environ={"N": text})


@pytest.mark.parametrize(("text", "value"), [("0.25", 0.25), (".5", 0.5), ("1", 1.0), ("2.5e-1", 0.25), ("0", 0.0)])
def test_a_number_may_have_decimals_where_the_default_has(text: str, value: float) -> None:
    assert number_setting("N", 0.1, 0, 1, {"N": text}) == value


@pytest.mark.parametrize("text", ["inf", "nan", "-0.1", "1.01", "1e999", "１", "0_1", "x"])
def test_a_number_out_of_bounds_is_refused_with_the_bounds(text: str) -> None:
    with pytest.raises(GoldenKeyError, match=f"环境变量 N 应为 0 至 1 的数，实为“{text}”"):
        number_setting("N", 0.1, 0, 1, {"N": text})


def test_an_integer_of_many_digits_is_refused_not_computed() -> None:
    with pytest.raises(GoldenKeyError, match="2 至 1000000000000000 的整数"):
        number_setting("N", 7, 2, environ={"N": "9" * 5000})


def test_without_a_mapping_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDENKEY_TEST_SETTING", "31")
    assert number_setting("GOLDENKEY_TEST_SETTING", 1, 0) == 31


def test_threads_are_the_setting_or_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    monkeypatch.setenv("GOLDENKEY_THREADS", "")
    assert thread_count() == 6
    monkeypatch.setenv("GOLDENKEY_THREADS", "3")
    assert thread_count() == 3


@pytest.mark.parametrize("text", ["abc", "0", "-3"])
def test_a_cut_and_the_readers_refuse_threads_that_are_no_number(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOLDENKEY_THREADS", text)
    for ask in (worker_count, lambda: Pool(tmp_path).as_of(date(2024, 1, 1))):
        with pytest.raises(GoldenKeyError, match="GOLDENKEY_THREADS 应为不小于 1 的整数"):
            ask()


def test_queries_share_the_memory_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOLDENKEY_MEMORY", "")
    assert 256 <= query_memory() <= max(256, machine_memory())
    monkeypatch.setenv("GOLDENKEY_MEMORY", "300")
    with Pool(tmp_path).as_of(date(2024, 1, 1)) as cut:
        ((limit,),) = cut.con.con.execute("SELECT current_setting('memory_limit')").fetchall()
    assert limit == "286.1 MiB"
    monkeypatch.setenv("GOLDENKEY_MEMORY", "100")
    with pytest.raises(GoldenKeyError, match="GOLDENKEY_MEMORY 应为不小于 256 的整数"):
        query_memory()
