"""Texts under numbers: given once, the same for all who ask, told apart from none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.cuts.digests import ChangedFileError
from features.cuts.texts import NO_TEXT, TextStore

TEXTS = st.lists(st.none() | st.text(max_size=6) | st.sampled_from(["张测试", "转账", "", "𠮷"]), max_size=12)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(TEXTS, min_size=1, max_size=4))
def test_every_text_comes_back_and_keeps_its_number(tmp_path: Path, batches: list[list[str | None]]) -> None:
    given: dict[str, int] = {}
    for batch in batches:
        numbers = TextStore(tmp_path).numbers(pa.array(batch, pa.string()))
        assert TextStore(tmp_path).texts(numbers) == batch
        for text, number in zip(batch, numbers.tolist(), strict=True):
            if text is None:
                assert number == NO_TEXT
            else:
                assert given.setdefault(text, number) == number
    assert len(set(given.values())) == len(given)


def test_a_store_opened_before_sees_what_another_added(tmp_path: Path) -> None:
    early, late = TextStore(tmp_path), TextStore(tmp_path)
    early.numbers(pa.array(["甲"]))
    added = late.numbers(pa.array(["乙", "甲"]))
    assert early.texts(added) == ["乙", "甲"]
    assert early.digest_of_first(1) == late.digest_of_first(1) != late.digest_of_first(2)


def test_a_changed_text_is_not_believed(tmp_path: Path) -> None:
    TextStore(tmp_path).numbers(pa.array(["张测试"]))
    (segment,) = (tmp_path / "cuts" / "texts").glob("*.arrow")
    segment.write_bytes(segment.read_bytes().replace("张测试".encode(), "李测试".encode()))
    with pytest.raises(ChangedFileError, match="与生成时不同"):
        TextStore(tmp_path).texts(np.array([0], dtype=np.int32))


def test_a_missing_segment_is_named(tmp_path: Path) -> None:
    TextStore(tmp_path).numbers(pa.array(["张测试"]))
    (segment,) = (tmp_path / "cuts" / "texts").glob("*.arrow")
    segment.unlink()
    with pytest.raises(ChangedFileError, match=segment.name):
        TextStore(tmp_path).texts(np.array([0], dtype=np.int32))


def test_nothing_is_written_twice(tmp_path: Path) -> None:
    store = TextStore(tmp_path)
    store.numbers(pa.array(["甲", "乙", "甲"]))
    store.numbers(pa.array(["乙"]))
    listed = json.loads((tmp_path / "cuts" / "texts" / "segments.json").read_text(encoding="utf-8"))
    assert [segment["texts"] for segment in listed["segments"]] == [2]
