"""What commands print and write: JSON, files whole or not at all, settings with the actor of the command line."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from features.errors import GoldenKeyError
from serving.commands.common import add_actor_option, encode_view, print_json, settings_of, write_or_print


class View(msgspec.Struct):
    name: str
    day: date


def test_json_on_standard_output_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"名": [1, date(2024, 3, 1), Path("a")]})
    out = capsys.readouterr().out
    assert json.loads(out) == {"名": [1, "2024-03-01", "a"]}
    assert "名" in out


def test_a_view_goes_to_the_file_or_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = encode_view(View("甲", date(2024, 3, 1)))
    write_or_print(tmp_path / "a.json", content)
    assert capsys.readouterr().out == ""
    write_or_print(None, content)
    assert capsys.readouterr().out == (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(content) == {"name": "甲", "day": "2024-03-01"}


def test_a_file_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldenKeyError, match="不存在"):
        write_or_print(tmp_path / "no" / "a.json", b"")


@pytest.mark.parametrize(("words", "actor"), [([], "环境甲"), (["--actor", "乙"], "乙")])
def test_the_actor_of_the_command_line_stands_before_that_of_the_environment(
    words: list[str], actor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLDENKEY_ACTOR", "环境甲")
    parser = argparse.ArgumentParser()
    add_actor_option(parser)
    args = parser.parse_args(words)
    args.home = tmp_path
    settings = settings_of(args)
    assert (settings.actor, settings.home) == (actor, tmp_path)
