"""Training on matrices nobody here wrote: text, gaps, time, groups, amounts, and every bad file in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cli
from features.errors import GoldenKeyError
from models.registry import registry
from training.studies.foreign_matrix import MatrixOptions, encode_columns, prepare_matrix, read_table, train_matrix

TAIWAN = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "taiwan_credit" / "UCI_Credit_Card.csv"


def table(rows: int = 900, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "编号": [f"K{row}" for row in range(rows)],
            "金额": random.lognormal(size=rows),
            "类型": random.choice(["甲", "乙", "丙"], rows),
            "空缺": np.where(random.random(rows) < 0.4, np.nan, random.normal(size=rows)),
            "日期": pd.date_range("2020-01-01", periods=rows, freq="D").strftime("%Y-%m-%d"),
            "人": random.integers(0, rows // 3, rows).astype(str),
        }
    )
    score = (frame["类型"] == "乙") * 1.5 + frame["空缺"].isna() * 1.0 + np.log(frame["金额"]) - 1.5
    frame["标签"] = (random.random(rows) < 1 / (1 + np.exp(-score))).astype(int)
    frame["到位"] = np.where(frame["标签"] == 1, (random.lognormal(8, 1, rows)).round(2), np.nan)
    return frame


def test_csv_and_parquet_say_the_same(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "m.csv", index=False, encoding="gb18030")
    table().to_parquet(tmp_path / "m.parquet")
    options = MatrixOptions("标签", group="人", amount="到位", time="日期", drop=("编号",))
    one, two = (prepare_matrix(read_table(tmp_path / name), options, "m") for name in ("m.csv", "m.parquet"))
    pd.testing.assert_frame_equal(one.values, two.values)
    for name in ("outcome", "fen", "group"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_folds_over_text_and_gaps(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    table().to_csv(path, index=False, encoding="gb18030")
    report = train_matrix(tmp_path, path, MatrixOptions("标签", group="人", drop=("编号", "日期", "到位")))
    assert report.metrics["auc"] > 0.7
    assert report.metrics["rows"] == 900
    assert report.model.encodings == {"类型": ("丙", "乙", "甲")}
    assert report.model.columns == ("金额", "类型", "空缺")
    again = registry.load(tmp_path, report.model.version)
    values, _ = encode_columns(table()[["金额", "类型", "空缺"]], "m", again.encodings)
    assert again.score(values).equals(report.model.score(values))


def test_time_measures_on_later_rows_and_by_period(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    table().to_parquet(path)
    report = train_matrix(tmp_path, path, MatrixOptions("标签", time="日期", amount="到位", drop=("编号", "人")))
    assert report.metrics["rows"] == 180
    assert report.model.counts["concealment"]["fitted"] == 540
    assert report.model.calibration.labels == 180
    assert [name for name, _ in report.periods] == ["2021Q4", "2022Q1", "2022Q2"]
    assert sum(figures["rows"] for _, figures in report.periods) == 180
    assert report.model.amount is not None
    assert report.metrics["amount_rows"] > 0


def test_an_unseen_word_is_missing_not_an_error() -> None:
    values, _ = encode_columns(pd.DataFrame({"类型": ["乙", "新", None]}), "m", {"类型": ("丙", "乙")})
    assert values["类型"].tolist() == pytest.approx([1.0, np.nan, np.nan], nan_ok=True)


def test_rows_without_a_label_are_left_out() -> None:
    frame = table().astype({"标签": "float"})
    frame.loc[:99, "标签"] = np.nan
    assert len(prepare_matrix(frame, MatrixOptions("标签", drop=("编号", "人")), "m").outcome) == 800


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "为空"),
        (b"a,b\n", "只有表头"),
        (b"a,\xe6\xa0\x87\xe7\xad\xbe\n1,2\n3,0\n", "应只含 0 和 1"),
        (b"a,b\n1,1\n", "没有标签列 标签"),
        (b"\xff\xfe\x00\xff,\x81\n", "GB18030"),
    ],
)
def test_a_bad_file_is_told_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(content)
    with pytest.raises(GoldenKeyError, match=said):
        train_matrix(tmp_path, path, MatrixOptions("标签"))
    assert registry.registered_models(tmp_path) == ()


def test_other_mistakes_are_told_too(tmp_path: Path) -> None:
    with pytest.raises(GoldenKeyError, match="没有找到特征矩阵文件"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "m.docx").write_bytes(b"x")
    with pytest.raises(GoldenKeyError, match="csv 或 parquet"):
        read_table(tmp_path / "m.docx")
    (tmp_path / "m.parquet").write_bytes(b"x")
    with pytest.raises(GoldenKeyError, match="不是可读的 Parquet"):
        read_table(tmp_path / "m.parquet")
    with pytest.raises(GoldenKeyError, match="像是编号"):
        encode_columns(pd.DataFrame({"编号": [f"K{row}" for row in range(2000)]}), "m")
    with pytest.raises(GoldenKeyError, match="含无法识别为日期"):
        prepare_matrix(table().assign(日期="某日"), MatrixOptions("标签", time="日期", drop=("编号",)), "m")


def test_the_command_prints_json_alone_and_errors_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.csv"
    table(400).to_csv(path, index=False)
    words = ["--home", str(tmp_path), "train", "--matrix", str(path), "--label", "标签", "--drop", "编号,日期,到位,人"]
    assert cli.main([*words, "--format", "json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["metrics"]["auc"] > 0.7
    assert cli.main(words) == 0
    assert "Brier（校准后）" in capsys.readouterr().out
    for wrong in (["train"], ["train", "--matrix", str(path)], ["train", "--as-of", "2024-02-30"]):
        assert cli.main(["--home", str(tmp_path), *wrong]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.skipif(not TAIWAN.exists(), reason="../shared/data/taiwan_credit 不在本机")
def test_taiwan_credit_reaches_the_measured_figures(tmp_path: Path) -> None:
    foreign = read_table(TAIWAN).sample(6000, random_state=0)
    path = tmp_path / "credit.csv"
    foreign.to_csv(path, index=False)
    report = train_matrix(tmp_path, path, MatrixOptions("DEFAULT", drop=("ID",)))
    assert report.metrics["auc"] > 0.76
    assert report.metrics["brier_after"] < 0.14
