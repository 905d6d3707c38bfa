"""The commands of training: what each refuses, in one sentence and before it writes anything."""

from __future__ import annotations

from pathlib import Path

import pytest

import cli
from training.commands import backtest, examine, loop, monitor, retrain, train

QUARTERS = ["--from", "2023-03-31", "--to", "2023-06-30"]

REFUSED = [
    (["train"], "请在 --as-of 日期"),
    (["train", "--as-of", "2024-03-31", "--matrix", "m.csv"], "请在 --as-of 日期"),
    (["train", "--as-of", "2024-03-31", "--threads", "0"], "线程数应不小于 1，实为 0"),
    (["train", "--matrix", "m.csv"], "须用 --label 指明标签列"),
    (["ablate", "--as-of", "2024-03-31", "--truth", "nowhere", "--days", "2024-06-30"], "没有 episodes.parquet"),
    (["retrain", "--as-of", "2024-03-31", "--actor", "训练员", "--threads", "0"], "线程数应不小于 1，实为 0"),
    (["retrain", "--as-of", "2024-03-31", "--actor", "训练员", "--quarters", "-1"], "季度数应不小于 0，实为 -1"),
    (["retrain", "--as-of", "9999-12-31", "--actor", "训练员"], "在将来"),
    (["backtest", *QUARTERS, "--threads", "0"], "线程数应不小于 1，实为 0"),
    (["backtest", *QUARTERS, "--candidates", " , "], "请用 --candidates 至少指明一个候选方案"),
    (["backtest", *QUARTERS, "--candidates", "best"], "没有名为“best”的候选方案"),
    (["backtest", *QUARTERS, "--capacity", "0"], "参数 --capacity 应为正整数，实为 0"),
    (["backtest", "--from", "2023-04-01", "--to", "2023-06-29"], "之间没有任何季度末"),
    (["examine", "--as-of", "2023-06-30", "--truth", "nowhere"], "没有 episodes.parquet"),
    (["examine", "--as-of", "2023-06-30", "--threads", "0"], "线程数应不小于 1，实为 0"),
    (["examine", "--as-of", "2023-06-30", "--refits", "-1"], "--refits 不得为负"),
    (["examine", "--as-of", "2023-06-30", "--smallest", "0"], "--smallest 应为正整数"),
    (["monitor", "--since", "2023-13-01"], "参数 --since：应为日期（如 2024-03-01），收到“2023-13-01”"),
    (["loop", "--scenarios", "storm"], "没有名为 storm 的情形"),
    (["loop", "--policies", "luck"], "没有名为 luck 的做法"),
    (["loop", "--seeds", "0"], "种子数应不小于 1"),
]


@pytest.mark.parametrize(("argv", "says"), REFUSED, ids=[" ".join(argv) for argv, _ in REFUSED])
def test_bad_input_is_refused_in_one_sentence(
    argv: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GOLDENKEY_CAPACITY", raising=False)
    (tmp_path / "models").mkdir()
    assert cli.main([*argv, "--home", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err
    assert list(tmp_path.rglob("*")) == [tmp_path / "models"]


def test_every_command_of_training_refuses_something() -> None:
    modules = (backtest, examine, loop, monitor, retrain, train)
    assert {argv[0] for argv, _ in REFUSED} == {command.name for module in modules for command in module.COMMANDS}
