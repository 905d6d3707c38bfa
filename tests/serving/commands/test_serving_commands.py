"""The commands as typed: exit status, what is printed where, and sentences for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_home import Home

import cli


def run(home: Home, *words: str) -> int:
    return cli.main(["--home", str(home.path), *words])


def test_the_way_from_scores_to_replay(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "score", "--as-of", "2024-03-31", "--format", "json") == 0
    scored = json.loads(capsys.readouterr().out)
    assert scored["rows"] == 60
    asked = ("queue", "--office", "339901", "--as-of", "2024-03-31", "--capacity", "5", "--format", "json")
    assert run(home, *asked) == 0
    view = json.loads(capsys.readouterr().out)
    assert (view["run_id"], view["capacity"]) == (scored["run_id"], 5)
    assert run(home, "audit", "replay", view["rows"][0]["score_id"]) == 0
    assert "逐位一致" in capsys.readouterr().out
    assert run(home, "audit", "verify") == 0
    assert "核验通过" in capsys.readouterr().out


def test_xlsx_goes_to_a_file(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "队列.xlsx"
    asked = ("queue", "--office", "339901", "--as-of", "2024-03-31", "--format", "xlsx")
    assert run(home, *asked) == 2
    assert "--out" in capsys.readouterr().err
    assert run(home, *asked, "--out", str(tmp_path / "没有" / "队列.xlsx")) == 2
    assert "不存在" in capsys.readouterr().err
    assert run(home, *asked, "--out", str(out)) == 0
    assert out.read_bytes().startswith(b"PK")
    assert [path.name for path in tmp_path.glob("*.xlsx")] == ["队列.xlsx"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("queue", "--office", "330683", "--as-of", "2024-03-31"), "339901"),
        (("queue", "--office", "339901", "--as-of", "2999-01-01"), "将来"),
        (("score", "--as-of", "2024-03-31", "--actor", "无名"), "无名"),
        (("audit", "replay"), "评分编号"),
        (("audit", "replay", "S1"), "业务库"),
        (("actor", "add"), "名称"),
        (("actor", "add", "甲 乙"), "名称应为"),
        (("token", "new", "无名"), "无名"),
        (("token", "revoke", "123"), "前 8 位"),
        (("serve", "--port", "70000"), "端口"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    home: Home,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    says: str,
) -> None:
    assert run(home, *words) == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1


def test_actors_and_tokens(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "actor", "add", "王检察官") == 0
    assert run(home, "token", "new", "王检察官", "--office", "339901") == 0
    printed = capsys.readouterr()
    token = printed.out.splitlines()[-1]
    assert token.startswith("gk_")
    assert run(home, "token", "list") == 0
    assert run(home, "actor", "list") == 0
    listed = capsys.readouterr().out
    assert "王检察官" in listed
    assert token not in listed
    assert run(home, "actor", "disable", "王检察官") == 0
    assert run(home, "score", "--as-of", "2024-03-31", "--actor", "王检察官") == 2
