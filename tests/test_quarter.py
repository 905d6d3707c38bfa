"""The calendar of a quarter: its commands are understood, its units are sound and say no machine's own paths."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import cli
from evaluation.monitoring.bounds import read_bounds
from evaluation.monitoring.report import ALERT_EXIT_STATUS

ROOT = Path(__file__).resolve().parents[1]
UNITS = sorted((ROOT / "docs" / "systemd").iterdir())
PAPER = (ROOT / "docs" / "quarter.md").read_text(encoding="utf-8")


def started(text: str) -> list[str]:
    return re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)


def test_every_command_of_the_quarter_is_understood() -> None:
    parser = cli.build_parser()
    (block,) = re.findall(r"```sh\n(.*?)```", PAPER, re.DOTALL)
    for line in block.splitlines():
        parser.parse_args(shlex.split(line)[1:])
    table = re.findall(r"^\|.*\| (`[a-z]+.*`) \|$", PAPER, re.MULTILINE)
    named = {word.split()[0] for row in table for word in re.findall(r"`([a-z][a-z -]*)`", row)}
    assert named <= {row.name for row in cli.COMMANDS}


def test_every_unit_runs_a_command_that_is_understood() -> None:
    parser = cli.build_parser()
    ran = set()
    for unit in UNITS:
        for line in started(unit.read_text(encoding="utf-8")):
            if "goldenkey/goldenkey" not in line:
                continue
            words = line.split("/opt/goldenkey/goldenkey ", 1)[1].rstrip("'")
            words = re.sub(r'"\$\$\(.*\)"', "2024-03-31", words)
            ran.add(parser.parse_args(shlex.split(words)).command)
    assert ran == {"nightly", "monitor", "retrain"}


def test_services_are_confined_told_of_when_they_fail_and_named_in_the_paper() -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        paths = set(re.findall(r"(?<![\w.])/(?:[\w.-]+/)*[\w.-]+", text))
        assert all(re.match(r"/(opt/goldenkey|var/lib/goldenkey|usr/bin/logger|bin/sh)", path) for path in paths), unit
        if unit.suffix == ".timer":
            assert unit.with_suffix(".service") in UNITS
            assert unit.name in PAPER
            continue
        for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes", "CapabilityBoundingSet="):
            assert f"\n{line}\n" in text
        assert "@" in unit.name or (
            "\nUser=goldenkey\n" in text and "\nOnFailure=goldenkey-notify@%n.service\n" in text
        )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze 不在本机")
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/goldenkey", str(ROOT))
        text = text.replace("/usr/bin/logger", "/bin/sh")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    files = [str(path) for path in sorted(tmp_path.iterdir()) if "@" not in path.name]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *files], capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_paper_states_the_bounds_and_statuses_in_force() -> None:
    bounds = read_bounds()
    assert f"| {ALERT_EXIT_STATUS} | 做完了，但有需要关注的事项：`monitor` 的监测事项" in PAPER
    assert f"清单有效期（{bounds['window_days'].value:.0f} 天）" in PAPER
    assert f"通常间隔 {bounds['late_ratio'].value:g} 倍且晚 {bounds['late_days'].value:g} 天以上" in PAPER
    assert f"超过 {bounds['stopped_ratio'].value:g} 倍为疑似中断" in PAPER
