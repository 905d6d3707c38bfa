"""The pool against a plain-Python oracle: newest known row of each key, nothing later, nothing withdrawn."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from little_pool import deliver, one_case

from features.errors import GoldenKeyError, NotFoundError
from features.pool.manifests import Delivery
from features.pool.pool import Pool, table_of

START = date(2023, 1, 1)

Batch = tuple[int, list[tuple[str, int]]]
batches = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.lists(st.tuples(st.sampled_from(["甲", "乙", "丙"]), st.integers(0, 9)), min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=5,
)


def petition(key: str, version: int) -> dict[str, object]:
    return {
        "pet_id": key,
        "case_no": "（2023）浙9901执1号",
        "recv_date": START,
        "channel": "web",
        "topic": str(version),
    }


def oracle(history: list[Batch], gone: set[int], day: int, state: int) -> dict[str, str]:
    newest: dict[str, tuple[tuple[int, int, int], str]] = {}
    for seq, (known, rows) in enumerate(history, start=1):
        for place, (key, version) in enumerate(rows):
            if seq <= state and known <= day and seq not in gone:
                rank = (known, seq, place)
                if key not in newest or rank > newest[key][0]:
                    newest[key] = (rank, str(version))
    return {key: value for key, (_, value) in newest.items()}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=batches, day=st.integers(0, 70), withdrawn=st.integers(1, 5), data=st.data())
def test_as_of_shows_the_newest_row_known_on_the_day(
    tmp_path_factory: pytest.TempPathFactory, history: list[Batch], day: int, withdrawn: int, data: st.DataObject
) -> None:
    home = tmp_path_factory.mktemp("pool")
    for number, (known, rows) in enumerate(history):
        deliver(home, START + timedelta(known), {"petition": [petition(*row) for row in rows]}, f"第{number}批")
    pool = Pool(home)
    gone: set[int] = set()
    if withdrawn <= len(history):
        on = max(35, history[withdrawn - 1][0])  # not before it came
        pool.withdraw([withdrawn], START + timedelta(on), "误报")
        gone = {withdrawn} if day >= on else set()
    with pool.as_of(START + timedelta(day)) as cut:
        shown = cut.table("petition").to_pandas()
    assert dict(zip(shown["pet_id"], shown["topic"], strict=True)) == oracle(history, gone, day, 99)
    state = data.draw(st.integers(0, len(history)))
    with pool.as_of(START + timedelta(day), state) as cut:
        shown = cut.table("petition").to_pandas()
    assert dict(zip(shown["pet_id"], shown["topic"], strict=True)) == oracle(history, set(), day, state)


def test_a_batch_left_without_commit_leaves_nothing(tmp_path: Path) -> None:
    import pyarrow as pa

    pool = Pool(tmp_path)
    delivery = Delivery("一", "法院", START, "依据", "目的", "范围", "批准人")
    with pytest.raises(RuntimeError), pool.begin(delivery) as batch:
        batch.write("petition", pa.table({"pet_id": ["甲"]}))
        raise RuntimeError
    assert pool.state == 0
    assert not list(pool.root.glob("*/*.parquet"))


def test_a_second_writer_has_to_wait(tmp_path: Path) -> None:
    pool = Pool(tmp_path)
    delivery = Delivery("一", "法院", START, "依据", "目的", "范围", "批准人")
    with pool.begin(delivery), pytest.raises(GoldenKeyError, match="另一个导入"), Pool(tmp_path).begin(delivery):
        pass


def test_a_delivery_without_legal_basis_is_refused() -> None:
    with pytest.raises(GoldenKeyError, match="法律依据"):
        Delivery("一", "法院", START, " ", "目的", "范围", "批准人")


def test_a_delivery_without_date_must_say_it_is_a_back_file() -> None:
    with pytest.raises(GoldenKeyError, match="接收日期"):
        Delivery("一", "法院", None, "依据", "目的", "范围", "批准人")


def test_back_files_become_known_after_their_source_lag(tmp_path: Path) -> None:
    import pyarrow as pa

    pool = Pool(tmp_path)
    with pool.begin(Delivery("旧档", "法院", None, "依据", "目的", "范围", "批准人", backfile=True)) as batch:
        batch.write("petition", pa.table({"pet_id": ["甲"], "recv_date": [START]}))
        batch.commit()
    for day, expected in ((START + timedelta(6), 0), (START + timedelta(7), 1)):
        with pool.as_of(day) as cut:
            shown = cut.table("petition").to_pandas()
        assert len(shown) == expected
    assert shown["known_inferred"].tolist() == [True]


def test_a_day_in_the_future_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(GoldenKeyError, match="在将来"):
        Pool(tmp_path).as_of(date.today() + timedelta(1))


def test_outcome_tables_are_closed_to_features(tmp_path: Path) -> None:
    deliver(tmp_path, START, {"review": [{"review_id": "一", "case_no": "号"}]})
    with Pool(tmp_path).as_of(START) as cut:
        with pytest.raises(GoldenKeyError, match="outcomes"):
            cut.table("review")
        assert len(cut.outcomes("review").to_pandas()) == 1


def test_row_ids_tell_table_batch_and_place(tmp_path: Path) -> None:
    deliver(tmp_path, date(2023, 7, 1), one_case())
    with Pool(tmp_path).as_of(date(2023, 8, 1)) as cut:
        rids = cut.table("party").to_pandas()["rid"].tolist()
    assert {table_of(rid) for rid in rids} == {"party"}
    assert len(set(rids)) == 2


def test_withdrawing_an_unknown_batch_is_refused(tmp_path: Path) -> None:
    deliver(tmp_path, START, {"petition": [petition("甲", 1)]})
    with pytest.raises(NotFoundError, match="第 9 批次"):
        Pool(tmp_path).withdraw([9], START, "误报")


def test_a_key_has_the_same_hash_in_every_version(tmp_path: Path) -> None:
    import pyarrow as pa

    texts = ["", "甲", "9900\x1f1\x1f2024-03-01\x1fIN\x1f1", "a" * 1000]
    (made,) = Pool(tmp_path).hashed([pa.chunked_array([texts])])
    assert made.to_pylist() == [int.from_bytes(hashlib.md5(text.encode()).digest()[8:], "little") for text in texts]


def test_texts_that_never_repeat_are_read_back(tmp_path: Path) -> None:
    rows = [petition(f"号{number}", number % 10) for number in range(5_000)]
    deliver(tmp_path, START, {"petition": rows}, "一")
    with Pool(tmp_path).as_of(START) as cut:
        shown = cut.table("petition").to_pandas()
    assert sorted(shown["pet_id"]) == sorted(str(row["pet_id"]) for row in rows)
