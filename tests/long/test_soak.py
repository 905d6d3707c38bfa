"""The service asked for minutes by several clients at once: equal answers, and no memory that only grows."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from made_home import OFFICES, Home, case_no
from running_server import RunningServer, running_server

pytestmark = pytest.mark.long

CLIENTS = 4
SECONDS = 90
MOST_GROWTH_KB = 60_000


@pytest.fixture(scope="module")
def running(module_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(module_home.path, tmp_path_factory.mktemp("serve")) as server:
        yield server


def resident_kb(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1])


def asking(server: RunningServer, until: float) -> tuple[int, set[str]]:
    """Ask the same things again and again; returns how often, and the different answers that came."""
    rounds, answers = 0, set()
    asked = {"office": OFFICES[0], "as_of": "2024-03-31"}
    while time.monotonic() < until:
        queue = server.ask("GET", "/api/v1/queue", params=asked)
        explained = server.ask("GET", f"/api/v1/cases/{case_no(2)}/explanation", params={"as_of": "2024-03-31"})
        assert (queue.status_code, explained.status_code) == (200, 200), server.log.read_text()[-2000:]
        answers.add(f"{queue.json()['rows']} {explained.json()['score']['probability']}")
        rounds += 1
    return rounds, answers


def test_answers_stay_equal_and_memory_bounded_over_minutes(running: RunningServer) -> None:
    asking(running, time.monotonic() + 15)
    begun = resident_kb(running.pid)
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(CLIENTS) as clients:
        done = list(clients.map(lambda _: asking(running, until), range(CLIENTS)))
    assert min(rounds for rounds, _ in done) > 0
    assert len(set.union(*(answers for _, answers in done))) == 1
    assert resident_kb(running.pid) - begun < MOST_GROWTH_KB
