"""The command `measure` refuses a folder without truth."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from evaluation.commands.world_and_clues import COMMANDS
from features.errors import GoldenKeyError

(MEASURE,) = [command for command in COMMANDS if command.name == "measure"]


def run(home: Path, truth: Path, day: str) -> int:
    parser = argparse.ArgumentParser()
    MEASURE.configure(parser)
    args = parser.parse_args(["--truth", str(truth), "--as-of", day])
    args.home = home
    return MEASURE.run(args)


def test_a_folder_without_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldenKeyError, match=r"没有 acts\.parquet：应为模拟世界的 truth/ 目录"):
        run(tmp_path, tmp_path, "2024-03-31")
