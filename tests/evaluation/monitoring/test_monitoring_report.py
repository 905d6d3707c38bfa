"""The monitor on a home: silent where nothing happened; reports a delivery gap, a vanished source, a changed world."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from little_pool import deliver, one_case
from made_home import install_model, written_model

import cli
from evaluation.monitoring.bounds import read_bounds
from evaluation.monitoring.drift_part import watch_drift
from features.clues import catalogue
from features.cuts.build import PERSONAL_KEYS
from features.cuts.manifest import CutManifest, cut_folder, describe_part
from features.cuts.texts import TextStore
from features.matrix import KEYS, Matrix
from features.pool.pool import Pool
from features.schema.sources import COVERAGE_LABELS
from models.database.engine import writing
from models.database.tables import CHAMPIONS
from models.ledger.ledger import Ledger
from models.registry import registry

AS_OF = date(2024, 3, 31)
BEFORE = date(2023, 12, 31)
ROWS = 400
BOUNDS = read_bounds()


def invented(day: date, seed: int, state: int = 1) -> Matrix:
    """A matrix as the catalogue names its columns: counts with gaps, sources that reach nine in ten."""
    random = np.random.default_rng(seed)
    x = random.poisson(0.5, size=(ROWS, len(catalogue.FEATURES))).astype(float)
    x[random.random(x.shape) < 0.2] = np.nan
    values = pd.DataFrame(x, columns=list(catalogue.FEATURES))
    for code in COVERAGE_LABELS:
        values[f"H01_{code}"] = (random.random(ROWS) < 0.9).astype(float)
    name = [f"（2023）浙9901执{n}号" for n in range(ROWS)]
    plain: dict[str, Any] = dict.fromkeys(KEYS, "") | {
        "episode": [f"{case}@2023-06-20" for case in name],
        "case_no": name,
        "debtor": [f"d{n}" for n in range(ROWS)],
        "coverage": random.choice(list("ABCD"), ROWS, p=[0.1, 0.3, 0.4, 0.2]),
        "debtor_name": "张测试",
    }
    return Matrix(day, state, pd.DataFrame(plain), values, f"{seed:064d}")


def changed(made: Matrix, **columns: Any) -> Matrix:
    return replace(made, values=made.values.assign(**columns))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A home that got the vehicle register every week up to the last day, with matrices of two days and a model."""
    for week in range(6):
        deliver(tmp_path, AS_OF - timedelta(days=7 * (5 - week)), cars(week) | (one_case() if week == 0 else {}))
    state = Pool(tmp_path).state
    model = replace(written_model(), pool_state=state)
    install_model(tmp_path, model)
    for made in (invented(BEFORE, 1, state), invented(AS_OF, 2, state)):
        keep(tmp_path, made)
    return tmp_path


def keep(place: Path, made: Matrix) -> None:
    """Store a cut that holds a matrix and nothing else."""
    folder = cut_folder(place, made.as_of, made.state)
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    named = {name: TextStore(place).numbers(pa.array(made.keys[name], pa.string())) for name in PERSONAL_KEYS}
    for name, frame in (("keys", made.keys.assign(**named)), ("values", made.values)):
        frame.to_parquet(folder / f"{name}.parquet")
        parts.append(describe_part(folder / f"{name}.parquet", len(frame)))
    key = (made.as_of, made.state, catalogue.VERSION, made.fingerprint)
    CutManifest(*key, tuple(parts), clues=(), more={}, isolation={}, seconds={}).write(folder)


def cars(week: int, table: str = "vehicle") -> dict[str, list[Mapping[str, Any]]]:
    return {table: [{"vin": f"TESTZZ{week}{n:09d}", "plate": f"浙Z{n:05d}", "owner_id": "x"} for n in range(8)]}


def run_monitor(place: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    status = cli.main(["--home", str(place), "monitor", "--as-of", str(AS_OF), *words, "--format", "json"])
    out, err = capsys.readouterr()
    assert err == ""
    return status, json.loads(out)


def test_a_home_on_which_nothing_happened_is_quiet(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, report = run_monitor(place, capsys)
    assert (status, report["findings"], report["attention"]) == (0, [], False)
    assert report["since"] == str(BEFORE), "the day the model in use was trained on"
    assert report["drift"]["rows_before"] == ROWS
    assert len(report["drift"]["features"]) == len(catalogue.MODEL_FEATURES)
    assert any("台账中还没有清单" in note for note in report["notes"])


def test_a_model_pointer_moved_behind_our_back_is_told_and_put_back(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = registry.current_version(place)
    with Ledger(place) as ledger, writing(ledger.engine) as connection:
        reign = {
            "number": 1,
            "version": first,
            "since": "2024-01-01T00:00:00+00:00",
            "why": "promotion",
            "trained_by": "system",
            "first_by": "system",
            "first_at": "",
            "second_by": "system",
            "second_at": "",
            "gate_answer": "pass",
            "gate_sha256": "0" * 64,
            "papers_json": "{}",
            "files_sha256": "0" * 64,
            "replaced": "",
            "reason": "",
        }
        connection.execute(CHAMPIONS.insert(), reign)
    install_model(place, replace(written_model(), notes=("别的模型",)))
    status, seen = run_monitor(place, capsys)
    assert status == 3
    assert "champion_moved" in {finding["kind"] for finding in seen["findings"]}
    assert registry.current_version(place) == first
    assert "champion_moved" not in {finding["kind"] for finding in run_monitor(place, capsys)[1]["findings"]}


def test_a_delivery_gap_needs_attention_and_the_status_says_so(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    later = AS_OF + timedelta(days=20)
    keep(place, invented(later, 2, Pool(place).state))
    status = cli.main(["--home", str(place), "monitor", "--as-of", str(later)])
    out = capsys.readouterr().out
    assert status == 0, "within the days of grace"
    latest = AS_OF + timedelta(days=30)
    keep(place, invented(latest, 2, Pool(place).state))
    status = cli.main(["--home", str(place), "monitor", "--as-of", str(latest)])
    out = capsys.readouterr().out
    assert status == 3
    assert "疑似中断" in out
    assert out.index("需要关注") < out.index("数据移交")


def test_a_vanished_source_is_told_and_nothing_personal_is_said(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vehicles = [name for name, clue in catalogue.CLUE_OF.items() if "VEH" in catalogue.CLUES[clue].needs.sources]
    gone = dict.fromkeys(vehicles, np.nan) | {"H01_VEH": np.zeros(ROWS)}
    keep(place, changed(invented(AS_OF, 2, Pool(place).state), **gone))
    status, report = run_monitor(place, capsys)
    found = {(finding["kind"], finding["subject"]): finding for finding in report["findings"]}
    assert status == 3
    assert found["reach", "VEH"]["figure"] < -0.8
    assert found["reach", "VEH"]["bound"] == 0.05
    assert not [kind for kind, _ in found if kind == "missing"], "what follows from a vanished source is reported once"
    assert all("待核实" in row["sentence"] or "变" in row["sentence"] for row in report["findings"])
    text = json.dumps(report, ensure_ascii=False)
    assert not [word for word in ("张测试", "浙9901执", "339901", "TESTZZ", "NaN", "认定") if word in text]


def test_a_clue_that_speaks_more_often_moves_the_scores_by_what_the_model_says() -> None:
    base, new = invented(BEFORE, 1), invented(AS_OF, 2)
    model = written_model()
    weight = dict(zip(model.columns, model.concealment.contributions(new.model_values.head(1))[0], strict=True))
    heavy = max(weight, key=lambda name: abs(weight[name]))
    clue = catalogue.CLUE_OF[heavy]
    mine = [name for name in model.columns if catalogue.CLUE_OF[name] == clue]
    part = watch_drift(base, changed(new, **{name: new.values[name] + 3 for name in mine}), model, BOUNDS)
    found = {(finding.kind, finding.subject) for finding in part.findings}
    assert ("clue_drift", clue) in found
    assert {("feature_drift", name) for name in mine} <= found
    moved = part.tables["moved"]
    assert moved["clue"].iloc[0] == clue
    scores = part.figures["scores"]
    assert moved["moved"].sum() == pytest.approx(scores["mean_margin_after"] - scores["mean_margin_before"])


def test_a_clue_that_cannot_be_computed_any_more_is_told_once() -> None:
    clue = next(clue for clue in catalogue.CLUES.values() if clue.in_model and len(clue.features) > 1)
    gone = {feature.name: np.nan for feature in clue.features}
    part = watch_drift(invented(BEFORE, 1), changed(invented(AS_OF, 2), **gone), None, BOUNDS)
    missing = [finding for finding in part.findings if finding.kind == "missing"]
    assert [finding.subject for finding in missing] == [clue.id]
    assert missing[0].figure == pytest.approx(0.8, abs=0.1)


def test_few_debtors_say_nothing_about_drift() -> None:
    base, new = invented(BEFORE, 1), changed(invented(AS_OF, 2), H01_VEH=np.zeros(ROWS))
    one = replace(base, keys=base.keys.assign(debtor="d0"))
    part = watch_drift(one, new, None, BOUNDS)
    assert (part.findings, len(part.notes)) == ((), 1)


def test_a_model_of_another_catalogue_leaves_the_scores_out() -> None:
    other = replace(written_model(), concealment=replace(written_model().concealment, columns=("x",)))
    part = watch_drift(invented(BEFORE, 1), invented(AS_OF, 2), other, BOUNDS)
    assert "moved" not in part.tables
    assert "在现行线索目录中已不全" in part.notes[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--as-of", "2024-03-31", "--since", "2024-03-31"], "应早于截止日"),
        (["--as-of", "2999-01-01"], "在将来"),
        (["--as-of", "三月"], "--as-of：应为日期（如 2024-03-01），收到“三月”"),
    ],
)
def test_bad_input_is_one_sentence_and_status_two(
    words: list[str], says: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--home", str(place), "monitor", *words]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1


def test_an_empty_home_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "models").mkdir()
    assert cli.main(["--home", str(tmp_path), "monitor", "--as-of", "2024-03-31"]) == 2
    assert "数据池为空" in capsys.readouterr().err
