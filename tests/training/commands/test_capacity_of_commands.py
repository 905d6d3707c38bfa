"""The capacity measured at is the list's own setting, wherever it is measured."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

import cli
from models.selection.capacity import SETTING

HOME_ARGS = {
    "backtest": ["--from", "2023-03-31", "--to", "2023-06-30"],
    "examine": ["--as-of", "2023-06-30", "--version", "v"],
    "retrain": ["--as-of", "2023-06-30", "--actor", "训练员"],
}


class Reached(Exception):  # noqa: N818 - no error: how far a command came
    """Carries the capacity a command measures at."""


@pytest.mark.parametrize("name", HOME_ARGS)
def test_a_command_measures_at_the_setting(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def reached(*args: Any, **given: Any) -> None:
        found = given.get("settings")
        raise Reached(args[3] if found is None else getattr(found, "backtest", found).capacity)

    monkeypatch.setenv(SETTING, "20")
    monkeypatch.setattr("training.commands.backtest.run", reached)
    monkeypatch.setattr("training.commands.retrain.retrain", reached)
    monkeypatch.setattr("training.commands.examine.group_fairness", reached)
    monkeypatch.setattr("training.commands.examine._explanations", lambda *_: {})
    parser = cli.build_parser()
    args: argparse.Namespace = parser.parse_args(["--home", str(tmp_path), name, *HOME_ARGS[name]])
    with pytest.raises(Reached, match=r"^20$"):
        args.run(args)
