"""Starting the service: an address that cannot be had is one sentence, and the workers get home, path and silence."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import cli
from features.errors import GoldenKeyError
from models.database.engine import DatabaseError, database_url
from serving import server
from serving.commands.serve import COMMANDS
from serving.server import QUIET, SERVICE, serve

ROOT = Path(__file__).parents[2]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held.getsockname()[1]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Starts of BentoML's server, which is not run: its arguments and the environment at that moment."""
    found: list[dict[str, Any]] = []
    loader, running = ModuleType("_bentoml_impl.loader"), ModuleType("_bentoml_impl.server")
    loader.load = lambda *_: SimpleNamespace(inject_config=lambda: None)  # type: ignore[attr-defined]
    running.serve_http = lambda *words, **named: found.append(  # type: ignore[attr-defined]
        {"service": words, "environ": dict(os.environ), **named}
    )
    monkeypatch.setitem(sys.modules, loader.__name__, loader)
    monkeypatch.setitem(sys.modules, running.__name__, running)
    for name in (*QUIET, "GOLDENKEY_HOME", "GOLDENKEY_WORKERS", "PYTHONPATH"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_cannot_be_is_refused_before_anything_is_made(tmp_path: Path, port: int) -> None:
    with pytest.raises(GoldenKeyError, match="1 至 65535"):
        serve(tmp_path / "home", "127.0.0.1", port, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_port_taken_and_a_foreign_address_are_sentences(tmp_path: Path, taken: int) -> None:
    for host, port in (("127.0.0.1", taken), ("192.0.2.1", free_port())):
        with pytest.raises(GoldenKeyError, match=f"无法监听 {host}:{port}") as refused:
            serve(tmp_path / "home", host, port, 1)
        assert "--port" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_opened_stops_the_start(tmp_path: Path, started: list[dict[str, Any]]) -> None:
    (tmp_path / "operational.db").write_bytes(b"no database" * 100)
    with pytest.raises(DatabaseError):
        serve(tmp_path, "127.0.0.1", free_port(), 1)
    assert started == []


def test_the_workers_are_told_home_and_number_and_send_nothing_out(
    tmp_path: Path, started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [command.name for command in COMMANDS] == ["serve"]
    monkeypatch.chdir(tmp_path)
    port = free_port()
    assert cli.main(["--home", "home", "serve"]) == 2
    assert "请核对 --home" in capsys.readouterr().err
    assert not Path("home").exists()
    Path("home", "pool").mkdir(parents=True)
    assert cli.main(["--home", "home", "serve", "--port", str(port), "--workers", "2"]) == 0
    (start,) = started
    assert (start["service"], start["host"], start["port"]) == ((SERVICE,), "127.0.0.1", port)
    environ = start["environ"]
    # The supervisor may change its folder: the home is absolute, and the code is found whatever the folder.
    assert Path(environ["GOLDENKEY_HOME"]) == tmp_path / "home"
    assert Path(start["working_dir"]) == Path(environ["PYTHONPATH"].split(os.pathsep)[0]) == ROOT
    assert environ["GOLDENKEY_WORKERS"] == "2"
    assert environ["BENTOML_DO_NOT_TRACK"].lower() == environ["DO_NOT_TRACK"].lower() == "true"
    assert Path(str(database_url(tmp_path / "home").database)).exists()
    assert f"http://127.0.0.1:{port}/" in capsys.readouterr().err
    assert server.SERVICE.partition(":")[0] == "serving.service"


def test_the_service_is_ours_alone(tmp_path: Path) -> None:
    """BentoML's own metrics, access log and cross-site answers are off, in a process without our settings."""
    code = (
        "from serving.service import GoldenKey, SETTINGS\n"
        "import os\n"
        "config = GoldenKey.config\n"
        "print(config['workers'], config['metrics']['enabled'], config['logging']['access']['enabled'],\n"
        "      config['http']['cors']['enabled'], config['traffic']['timeout'], SETTINGS.home,\n"
        "      os.environ['BENTOML_DO_NOT_TRACK'])\n"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GOLDENKEY_")}
    environ |= {"PYTHONPATH": str(ROOT), "GOLDENKEY_WORKERS": "0", "GOLDENKEY_REQUEST_SECONDS": "77"}
    environ |= {"GOLDENKEY_HOME": str(tmp_path), "BENTOML_DO_NOT_TRACK": ""}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1", "False", "False", "False", "77", str(tmp_path), "True"]
