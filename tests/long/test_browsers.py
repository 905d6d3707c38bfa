"""Every page a person can reach, drawn by a real browser at the widths of a telephone, a tablet and office screens."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import capture
import pytest
from asgi_client import Client

from models.ledger.ledger import Ledger
from serving.app import Gate, create_app
from serving.http.settings import read_settings

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
WIDTHS = (360, 768, 1024, 1366, 1920)
"""Widths of the window, CSS pixels."""
MOST_PAGES = 60
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

MEASURE = """
<script>
addEventListener("load", () => {
  const found = [];
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument;
    const past = [...page.body.querySelectorAll("*")].filter(
      (one) => one.getBoundingClientRect().right > frame.clientWidth && !one.closest("table"));
    found.push({
      name: frame.name,
      past: past.map((one) => one.tagName + " " + one.textContent.slice(0, 40)).join("; "),
      width: frame.clientWidth,
      needed: page.documentElement.scrollWidth,
      heading: (page.querySelector("h1") || page.querySelector("form") || page.body).innerText.trim().length,
    });
  }
  document.body.textContent = JSON.stringify(found);
  document.title = "measured";
});
</script>
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Someone logged in to the service over the golden home: 500 cases, lists, leads and outcomes."""
    folder = tmp_path_factory.mktemp("pages")
    capture.unpack(ROOT / "tests/golden/home.tar.xz", folder)
    with capture.plain_environment():
        with Ledger(folder / "home") as ledger:
            token = ledger.issue_token("system", "system")
        client = Client(Gate(create_app(replace(read_settings({}), home=folder / "home"))))
        assert client.post("/login", data={"token": token, "next": "/queue"}).status_code == 303
        yield client


@pytest.fixture(scope="module")
def pages(reader: Client) -> dict[str, str]:
    """Text of the pages reachable by links from the list, by path; no link on them leads nowhere."""
    waiting, read = ["/login", "/queue", "/nothing/here"], dict[str, str]()
    while waiting and len(read) < MOST_PAGES:
        path = waiting.pop(0)
        if path in read:
            continue
        answer = reader.get(path)
        if path != "/nothing/here":
            assert answer.status_code in (200, 303), (path, answer.status_code)
        if answer.status_code == 303:
            waiting.append(answer.headers["location"])
            continue
        if "text/html" not in answer.headers["content-type"]:
            continue
        read[path] = answer.text
        waiting += [html.unescape(link) for link in re.findall(r'href="(/[^"]*)"', answer.text) if "static" not in link]
    return read


def _framed(text: str, style: str, name: str, width: int) -> str:
    whole = re.sub(r'<link rel="stylesheet"[^>]*>', f"<style>{style}</style>", text)
    return (
        f'<iframe name="{name}" style="width:{width}px;height:900px;border:0" srcdoc="{html.escape(whole)}"></iframe>'
    )


def _measured(host: Path, tmp_path: Path) -> list[dict[str, int | str]]:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no browser here")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    flags += ["--virtual-time-budget=20000", "--window-size=2200,1200", "--dump-dom"]
    drawn = subprocess.run([browser, *flags, host.as_uri()], capture_output=True, check=True, timeout=300)
    dom = drawn.stdout.decode("utf-8")
    assert "<title>measured</title>" in dom
    body = re.search(r"<body>(.*?)</body>", dom, re.DOTALL)
    assert body
    measured: list[dict[str, int | str]] = json.loads(html.unescape(body[1]))
    return measured


def test_every_kind_of_page_is_reached(pages: dict[str, str]) -> None:
    kinds = {re.split(r"[/?]", path)[1] for path in pages}
    assert kinds >= {"login", "queue", "case", "leads", "lead", "clusters", "outcomes"}


def test_no_page_is_wider_than_the_window(pages: dict[str, str], reader: Client, tmp_path: Path) -> None:
    style = reader.get("/static/style.css").text
    first_of_kind = {re.split(r"[/?]", path)[1]: path for path in reversed(pages)}
    frames = [
        _framed(pages[path], style, f"{kind} {width}", width)
        for kind, path in first_of_kind.items()
        for width in WIDTHS
    ]
    host = tmp_path / "host.html"
    head = f'<head><meta charset="utf-8"><title>-</title>{MEASURE}</head>'
    host.write_text(f"<!doctype html><html>{head}<body>{''.join(frames)}</body></html>", encoding="utf-8")
    measured = _measured(host, tmp_path)
    assert len(measured) == len(first_of_kind) * len(WIDTHS)
    assert all(one["heading"] for one in measured), measured
    wider = {
        str(one["name"]): (one["needed"], one["past"]) for one in measured if int(one["needed"]) > int(one["width"])
    }
    assert wider == {}
