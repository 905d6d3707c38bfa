"""From a pool to the reasons of a case, by its number in any brackets; unknown numbers in one sentence."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from little_pool import CASE_NO, deliver, one_case

import cli
from features.clues import catalogue
from features.cuts.matrices import build_matrix
from features.errors import NotFoundError
from models.reasons.case import explain_case, explain_episodes
from models.registry import registry
from models.scoring.calibration import Calibration
from models.scoring.linear import LinearHead, constant_head
from models.scoring.model import Model

DAY = date(2023, 12, 31)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pool of one case and a model whose every column speaks."""
    home = tmp_path_factory.mktemp("cases")
    deliver(home, date(2023, 7, 1), one_case())
    columns = catalogue.MODEL_FEATURES
    one, zero = (1.0,) * len(columns), (0.0,) * len(columns)
    model = Model(
        concealment=LinearHead(columns, -1.0, one, tuple(0.1 for _ in columns), zero, one, zero),
        calibration=Calibration(0.5, 0.25),
        amount=constant_head(columns, float(np.log(8_800_000))),
        clue_of={name: catalogue.CLUE_OF[name] for name in columns},
        catalogue_version=catalogue.VERSION,
        as_of=DAY,
        pool_state=1,
        fingerprint="0" * 64,
        counts={"concealment": {"labels": 0}},
    )
    registry.register(home, model, {})
    registry.set_current(home, model.version)
    return home


@pytest.mark.parametrize("number", [CASE_NO, "(2023)浙9901执1号", "〔2023〕浙9901执1号", " （２０２３）浙9901执1号 "])
def test_a_case_is_found_in_any_brackets(home: Path, number: str) -> None:
    reasons = explain_case(home, number, DAY)
    assert reasons.context.case_no == CASE_NO
    named = sum(reason.contribution for reason in (*reasons.reasons, *reasons.lowers))
    assert reasons.base + named + reasons.rest == pytest.approx(reasons.margin, abs=1e-9)
    assert reasons.context.probability == pytest.approx(1 / (1 + np.exp(-reasons.margin)))
    assert reasons.context.debt_fen == 20_000_000
    assert reasons.context.model_version == registry.current_version(home)


def test_a_case_without_sources_is_never_low(home: Path) -> None:
    reasons = explain_case(home, CASE_NO, DAY)
    if reasons.context.coverage == "D":
        assert reasons.context.level in ("高", "数据不足")


def test_an_episode_outside_the_cohort_is_told(home: Path) -> None:
    matrix = build_matrix(home, DAY)
    model = registry.load_current(home)
    with pytest.raises(NotFoundError, match="不在评分范围内"):
        explain_episodes(model, matrix, None, ["别处@2023-01-01"])  # type: ignore[arg-type]


def test_the_command_prints_text_and_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--home", str(home), "explain", "(2023)浙9901执1号", "--as-of", DAY.isoformat()]
    assert cli.main(words) == 0
    printed = capsys.readouterr().out
    assert CASE_NO in printed
    assert "不是证据" in printed
    assert cli.main([*words, "--format", "json"]) == 0
    reasons = json.loads(capsys.readouterr().out)
    assert reasons["context"]["as_of"] == DAY.isoformat()
    for text in (printed, json.dumps(reasons, ensure_ascii=False)):
        assert not [word for word in ("认定", "老赖", "990001198001010019", "张测试") if word in text]


@pytest.mark.parametrize(
    "wrong",
    [
        ["explain", "（2023）浙9901执999号"],
        ["explain", CASE_NO, "--as-of", "2023-02-30"],
        ["explain", CASE_NO, "--as-of", (date.today() + timedelta(days=400)).isoformat()],
    ],
)
def test_what_cannot_be_answered_is_one_sentence(
    home: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--home", str(home), *wrong]) == 2
    reasons = capsys.readouterr()
    assert len(reasons.err.strip().splitlines()) == 1
    assert reasons.out == ""
