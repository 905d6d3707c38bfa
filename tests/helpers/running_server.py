"""The service as users meet it: `goldenkey serve` in a process of its own, asked over HTTP on the loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from models.ledger.ledger import Ledger

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class RunningServer:
    """A started server: its address, the token of a system account, its log and its process."""

    address: str
    token: str
    log: Path
    pid: int

    def ask(self, method: str, path: str, **options: object) -> httpx.Response:
        """One request that bears the token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.request(method, self.address + path, headers=headers, timeout=120, trust_env=False, **options)  # type: ignore[arg-type]


@contextmanager
def running_server(home: Path, folder: Path) -> Iterator[RunningServer]:
    """Start the service over a home and end it afterwards; its log stands in `folder`."""
    with Ledger(home) as ledger:
        token = ledger.issue_token("system", "system")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "log"
    command = [sys.executable, str(ROOT / "cli.py"), "--home", str(home), "serve", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(process, address, log)
        yield RunningServer(address, token, log, process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{address}/health", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())
