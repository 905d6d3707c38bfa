"""A model whose noise floor hides every reason: each door says so in a sentence, and the sum stays whole."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import msgspec
import pytest
from asgi_client import Client
from made_home import OFFICES, Home, case_no, install_model, written_model
from openpyxl import load_workbook
from rich.console import Console

import cli
from models.ledger.ledger import Ledger
from serving.app import Gate, create_app
from serving.http.settings import read_settings
from serving.queue.draw import draw_queue
from serving.queue.terminal import main_reasons, print_queue
from serving.queue.views import QueueView
from serving.queue.workbook import queue_workbook

SENTENCE = "没有高于噪声线的单项理由提高得分，得分由多条微弱线索合成。"
QUEUE = f"/queue?office={OFFICES[0]}&as_of=2024-03-31"


@pytest.fixture(scope="module")
def hushed(made_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with a model in use that names nothing, and nobody's settings in the environment."""
    path = tmp_path_factory.mktemp("hushed") / "home"
    shutil.copytree(made_home.path, path)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GOLDENKEY_")]:
            patch.delenv(name)
        yield Home(path, install_model(path, replace(written_model(), settings={"noise_floor": 99.0})))


@pytest.fixture(scope="module")
def view(hushed: Home) -> QueueView:
    with Ledger(hushed.path) as ledger:
        return draw_queue(hushed.path, ledger, OFFICES[0], hushed.as_of, "system", read_settings({}))


@pytest.fixture(scope="module")
def client(hushed: Home, view: QueueView) -> Client:
    with Ledger(hushed.path) as ledger:
        token = ledger.issue_token("system", "system", office=OFFICES[0])
    client = Client(Gate(create_app(replace(read_settings({}), home=hushed.path))))
    assert client.post("/login", data={"token": token, "next": QUEUE}).status_code == 303
    return client


def test_a_list_says_it_for_every_case(view: QueueView) -> None:
    assert view.rows
    assert all(not row.reasons and row.no_reason == SENTENCE for row in view.rows)
    sheet = load_workbook(io.BytesIO(queue_workbook(view)))["线索队列"]
    place = [cell.value for cell in sheet[1]].index("主要依据")
    assert {line[place].value for line in sheet.iter_rows(min_row=2)} == {SENTENCE}
    for width in (80, 200):
        file = io.StringIO()
        print_queue(view, Console(file=file, width=width))
        assert "噪声线" in file.getvalue()


def test_pages_say_it_and_close_the_sum(client: Client) -> None:
    assert SENTENCE in client.get(QUEUE).text
    page = client.get(f"/case/{quote(case_no(4))}?as_of=2024-03-31").text
    assert SENTENCE in page
    assert "没有高于噪声线的单项因素降低得分。" in page
    assert "其余各项合计（含影响小于噪声线 99.000 的）" in page


def test_the_command_says_it_and_closes_the_sum(hushed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--home", str(hushed.path), "explain", case_no(4), "--as-of", "2024-03-31"]) == 0
    printed = capsys.readouterr().out
    assert SENTENCE in printed
    assert "其余各项合计（含影响小于噪声线 99.000 的）" in printed.replace("\n", "")


def test_a_list_cached_before_there_were_floors_is_never_empty(view: QueueView) -> None:
    (row, *_) = view.rows
    assert main_reasons(msgspec.structs.replace(row, no_reason="")) == "没有突出提高得分的依据。"
