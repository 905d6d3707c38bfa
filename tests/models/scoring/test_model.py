"""A model as a whole: scores, refusal, the bytes it is stored as, and what a changed byte does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from little_model import little_matrix, little_model

from features.errors import NotFoundError
from models.scoring.head import ColumnMismatchError, ModelFault
from models.scoring.model import Model, data_digest, load_model


@pytest.fixture(params=["tree", "linear"])
def model(request: pytest.FixtureRequest) -> Model:
    return little_model(request.param)


def test_the_arithmetic_of_a_score_is_open(model: Model) -> None:
    values = little_matrix()
    scores = model.score(values)
    assert scores["probability"].to_numpy() == pytest.approx(1 / (1 + np.exp(-scores["margin"].to_numpy())))
    raw = model.concealment.margin(values)
    assert scores["margin"].to_numpy() == pytest.approx(0.8 * raw - 0.3)
    product = scores["probability"] * scores["amount_fen"]
    assert (scores["expected_fen"] - product).abs().max() <= 0.5
    assert scores["amount_fen"].dtype == scores["expected_fen"].dtype == np.int64
    assert scores.index.equals(values.index)


def test_calibration_keeps_the_order(model: Model) -> None:
    values = little_matrix()
    raw, calibrated = model.concealment.margin(values), model.margin(values)
    assert np.array_equal(np.argsort(raw, kind="stable"), np.argsort(calibrated, kind="stable"))


def test_saved_and_read_it_is_the_same_model(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "a")
    again = load_model(tmp_path / "a", threads=2)
    values = little_matrix()
    assert again.version == model.version
    assert again.score(values).equals(model.score(values))
    again.save(tmp_path / "b")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib"))]


def test_threads_do_not_show_in_the_bytes() -> None:
    one, two = little_model(threads=1), little_model(threads=2)
    assert one.files() == two.files()
    assert one.version == two.version
    values = little_matrix()
    assert one.score(values).equals(two.score(values))


def test_any_change_is_another_version() -> None:
    assert little_model().version != little_model(rounds=41).version
    assert little_model("linear").version != little_model("linear", notes=()).version


def test_a_changed_byte_is_noticed(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path)
    path = tmp_path / "model.json"
    path.write_text(path.read_text(encoding="utf-8").replace("-0.3", "-0.2"), encoding="utf-8")
    with pytest.raises(ModelFault, match=r"model\.json 与登记时的校验值不符"):
        load_model(tmp_path)
    path.unlink()
    with pytest.raises(ModelFault, match=r"缺少文件 model\.json"):
        load_model(tmp_path)
    with pytest.raises(NotFoundError, match="没有找到模型"):
        load_model(tmp_path / "nowhere")


def test_another_matrix_is_refused_by_name(model: Model) -> None:
    values = little_matrix()
    with pytest.raises(ColumnMismatchError, match="缺少 C05_b"):
        model.score(values.drop(columns="C05_b"))
    with pytest.raises(ColumnMismatchError, match="缺少 C05_b"):
        model.check(values.rename(columns={"C05_b": "C05_c"}))


def test_columns_are_taken_by_name_whatever_else_the_matrix_has(model: Model) -> None:
    values = little_matrix()
    wider = values.assign(Z99_new=1.0)[["Z99_new", *reversed(values.columns)]]
    pd.testing.assert_frame_equal(model.score(wider), model.score(values), check_exact=True)


def test_without_an_amount_head_amounts_are_unknown_not_zero(tmp_path: Path) -> None:
    model = little_model("linear", amount=None)
    scores = model.score(little_matrix())
    assert scores["amount_fen"].isna().all()
    assert scores["expected_fen"].isna().all()
    with pytest.raises(NotFoundError, match="可回收金额"):
        model.margin(little_matrix(), "amount")
    model.save(tmp_path)
    assert load_model(tmp_path).amount is None


def test_reading_a_model_needs_no_heavy_library(tmp_path: Path) -> None:
    little_model().save(tmp_path)
    code = (
        "import sys; from pathlib import Path; from models.scoring.model import load_model; "
        f"load_model(Path({str(tmp_path)!r})); "
        "print([name for name in ('mlflow', 'shap', 'bentoml', 'ibis') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_card_is_readable(tmp_path: Path) -> None:
    little_model().save(tmp_path)
    card = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    assert card["counts"]["concealment"]["labels"] == 600
    assert card["notes"] == ["仅供测试。"]


def test_a_digest_sees_values_columns_and_targets() -> None:
    values = little_matrix()
    target = np.zeros(len(values))
    seen = {
        data_digest(values, target),
        data_digest(values.rename(columns={"C00_a": "x"}), target),
        data_digest(values.iloc[::-1], target),
        data_digest(values, target + 1),
    }
    assert len(seen) == 4
    assert data_digest(values, target) == data_digest(values.copy(), target.copy())
