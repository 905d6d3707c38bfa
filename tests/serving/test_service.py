"""The service as it runs: a real server in a process of its own, asked over HTTP; and what it never imports."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from made_home import OFFICES, Home, case_no
from running_server import ROOT, RunningServer, running_server

ID = "990001198001010019"


@pytest.fixture(scope="module")
def running(module_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(module_home.path, tmp_path_factory.mktemp("serve")) as server:
        yield server


def test_scores_explanations_and_queues_come_over_http(running: RunningServer) -> None:
    asked = {"office": OFFICES[0], "as_of": "2024-03-31"}
    view = running.ask("GET", "/api/v1/queue", params=asked).json()
    assert view["eligible"] == 30
    scored = running.ask("POST", "/api/v1/scores", json={"case_nos": [case_no(2)]}).json()["scores"][0]
    reply = running.ask("GET", f"/api/v1/cases/{case_no(2)}/explanation").json()
    assert reply["score"] == scored


@pytest.mark.parametrize(
    "path", ["/metrics", "/docs.json", "/schema.json", "/static_content/swagger-ui.css", "/nothing"]
)
def test_the_frameworks_own_addresses_are_closed(running: RunningServer, path: str) -> None:
    answer = httpx.get(running.address + path, trust_env=False)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_health_is_open_and_all_else_asks_for_a_token(running: RunningServer) -> None:
    for path in ("/health", "/healthz", "/livez", "/readyz", "/api/v1/health"):
        assert httpx.get(running.address + path, trust_env=False).status_code == 200
    for path in ("/api/v1/model", "/api/v1/openapi.json"):
        assert httpx.get(running.address + path, trust_env=False).status_code == 401
    for path in ("/", "/queue", "/case/x"):
        assert httpx.get(running.address + path, trust_env=False).status_code == 303


def test_refused_values_stand_in_no_answer_and_no_log(running: RunningServer) -> None:
    answers = [
        running.ask("POST", "/api/v1/scores", json={"case_nos": [ID]}),
        running.ask("POST", "/api/v1/scores", content=f'{{"{ID}'),
        running.ask("GET", f"/api/v1/cases/{ID}/explanation"),
        running.ask("GET", f"/api/v1/queue?office={ID}"),
        running.ask("GET", f"/nothing/{ID}"),
    ]
    assert [answer.status_code for answer in answers] == [422, 400, 422, 422, 404]
    assert ID not in "".join(answer.text for answer in answers) + running.log.read_text()
    assert running.token not in running.log.read_text()


def test_answers_name_no_server_and_may_not_be_kept(running: RunningServer) -> None:
    answer = running.ask("GET", "/api/v1/model")
    assert "server" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_the_serving_process_never_imports_what_only_training_needs(module_home: Home) -> None:
    code = (
        "import sys\n"
        "from serving.service import GoldenKey, SETTINGS\n"
        "from models.ledger.actors import Bearer\n"
        "from serving.home_services import Services\n"
        "from datetime import date\n"
        "GoldenKey.to_asgi(is_main=True)\n"
        "services = Services(SETTINGS)\n"
        f"services.scoring.explanation(Bearer('system', ''), {case_no(2)!r}, date(2024, 3, 31))\n"
        "services.close()\n"
        "heavy = ('mlflow', 'shap', 'alembic', 'evaluation', 'training')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    environ = {**os.environ, "GOLDENKEY_HOME": str(module_home.path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"
