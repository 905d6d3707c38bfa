"""The command `retrain`: what it refuses before any work begins."""

from __future__ import annotations

from pathlib import Path

import pytest

import cli


@pytest.mark.parametrize("more", [[], ["--actor", "system"]])
def test_nobody_trains_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    monkeypatch.delenv("GOLDENKEY_ACTOR", raising=False)
    (tmp_path / "models").mkdir()
    assert cli.main(["retrain", "--as-of", "2024-03-31", "--home", str(tmp_path), *more]) == 2
    assert "--actor" in capsys.readouterr().err
    assert list(tmp_path.rglob("*")) == [tmp_path / "models"]
