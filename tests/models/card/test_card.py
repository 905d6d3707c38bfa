"""The model card: whole, self-contained, honest about what is missing, and true to the papers it is made from."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_model import little_model

import cli
from features.clues.catalogue import CLUES
from features.errors import GoldenKeyError, NotFoundError
from models.card import labels
from models.card.blocks import LONGEST, CardBlock, calibration_curve, format_cell, report_blocks, table_block
from models.card.page import MISSING, render_card, write_card
from models.database.engine import writing
from models.feedback.verdicts import METHOD
from models.ledger.ledger import Ledger
from models.registry import registry, reports
from models.registry.champion import Approval, Tenure, start_tenure, write_approval
from models.registry.registry import RegisteredModel
from models.scoring.head import ModelFault

CURVE = [{"mean": 0.05, "share": 0.04, "rows": 400}, {"mean": 0.32, "share": 0.4, "rows": 25}]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with one model and two of its papers."""
    home, model = tmp_path_factory.mktemp("card"), little_model("line")
    model.save(home / "models" / model.version)
    registry.set_current(home, model.version)
    reports.write_report(
        home, model.version, "backtest", {"auc": 0.781, "auc_low": 0.74, "auc_high": 0.82, "curve": CURVE}
    )
    checks = [{"note": "随机层 41 件 <b>", "check": "校准", "answer": "fail", "figure": 0.09, "bound": 0.05}]
    reports.write_report(home, model.version, "gate", {"answer": "fail", "champion": None, "checks": checks})
    return home, model.version


class Page(HTMLParser):
    """Tags left open, headings with the text below them, everything that would be fetched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.sections: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        if tag == "h2":
            self.sections[""] = ""
        self.fetched += [f"{name}={value}" for name, value in attrs if name in ("src", "href", "srcset", "data")]
        self.fetched += [tag] * (tag in ("script", "link", "iframe", "img", "object"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{name}={value}" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["h2"]:
            self.sections[data] = ""
        elif self.sections:
            self.sections[next(reversed(self.sections))] += data


def test_every_part_is_there_and_what_is_missing_is_told(ready: tuple[Path, str]) -> None:
    page = Page(render_card(*ready))
    assert page.open == []
    wanted = [
        "用途与限制",
        "数据与指纹",
        "标签",
        *reports.REPORTS.values(),
        "指标",
        "批准与启用",
        "材料清单",
        "个人信息保护影响评估",
    ]
    assert [name for name in wanted if name not in page.sections] == []
    for paper, heading in reports.REPORTS.items():
        assert (page.sections[heading].strip() == MISSING) is (paper not in ("backtest", "gate")), heading
    assert page.sections["批准与启用"].strip() == MISSING
    assert page.sections["材料清单"].count(MISSING) == len(reports.REPORTS) - 2


def test_nothing_is_fetched_and_nothing_is_run(ready: tuple[Path, str]) -> None:
    text = render_card(*ready)
    assert Page(text).fetched == []
    assert re.findall(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", text) == []


def test_the_models_own_facts_are_told(ready: tuple[Path, str]) -> None:
    home, version = ready
    model = registry.load(home, version)
    text = render_card(home, version)
    digest = reports.report_digests(home, version)["gate"]
    for word in (version, model.fingerprint, model.catalogue_version, "仅供测试。", digest, "第五十五条"):
        assert word in text
    assert not re.search(r"认定|老赖", text)


def test_figures_stand_with_their_intervals_and_text_is_not_markup(ready: tuple[Path, str]) -> None:
    text = render_card(*ready)
    assert "0.781（0.74 至 0.82）" in text
    assert "随机层 41 件 &lt;b&gt;" in text
    gate = text[text.index("准入检验</h2>") :]
    assert re.search(r"<th>检验</th><th>结论</th><th>数值</th><th>限值</th><th>说明</th>", gate)
    assert text.count("<circle") == len(CURVE)


def test_a_model_changed_or_unknown_has_no_card(ready: tuple[Path, str], tmp_path: Path) -> None:
    home, version = ready
    with pytest.raises(NotFoundError):
        render_card(home, "20990101-000000000000")
    with pytest.raises(NotFoundError):
        render_card(home, "../models")
    copy = tmp_path / "models" / version
    copy.mkdir(parents=True)
    for path in (home / "models" / version).iterdir():
        (copy / path.name).write_bytes(path.read_bytes().replace(b"0.8", b"0.9"))
    with pytest.raises(ModelFault):
        render_card(tmp_path, version)
    with pytest.raises(GoldenKeyError, match="无法写出"):
        write_card(home, version, tmp_path / "没有" / "card.html")
    (home / "models" / "papers" / version / "change.json").write_text("{")
    with pytest.raises(GoldenKeyError, match="已损坏"):
        write_card(home, version, tmp_path / "card.html")
    (home / "models" / "papers" / version / "change.json").unlink()
    assert not list(tmp_path.glob("*card*"))


def test_approvers_and_metrics_are_told(ready: tuple[Path, str], tmp_path: Path) -> None:
    home, version = ready
    shutil.copytree(home, tmp_path / "home")
    home = tmp_path / "home"
    entry = RegisteredModel(version, "2024-04-02T08:00:00+00:00", "7", "c0de", {"auc": 0.7531})
    (home / "models" / "index.json").write_text(json.dumps([asdict(entry)]))
    asked = Approval(0, version, "批准乙", "", "pass", "d1g", "f1l", "", "已核对", "open")
    with Ledger(home) as ledger:
        for name in ("训练甲", "批准乙", "批准丙"):
            ledger.add_actor(name, "person", "system")
        with writing(ledger.engine) as connection:
            first = write_approval(connection, asked)
        waiting = Page(render_card(home, version))
        made = Tenure(
            0,
            version,
            "promotion",
            "2024-04-05T08:00:00+00:00",
            None,
            "训练甲",
            "批准乙",
            first.at,
            "批准丙",
            first.at,
            "pass",
            "d1g",
            {},
            "f1l",
            "",
            "较在用模型好",
        )
        with writing(ledger.engine) as connection:
            start_tenure(connection, made, "批准丙", [first])
    text = Page(render_card(home, version))
    assert "待第二人批准" in waiting.sections["批准与启用"]
    for word in ("训练甲", "批准乙", "批准丙", "d1g", "已核对", "通过", "较在用模型好", "已用于启用"):
        assert word in text.sections["批准与启用"]
    assert "0.7531" in text.sections["指标"]
    assert "c0de" in text.sections["数据与指纹"]
    assert re.search("<th>状态</th><td>在用</td>", render_card(home, version))


def test_the_command_writes_the_card_of_the_model_in_use(
    ready: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, version = ready
    out = tmp_path / "模型卡.html"
    assert cli.main(["--home", str(home), "card", "--out", str(out)]) == 0
    assert version in capsys.readouterr().out
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert cli.main(["--home", str(home), "card", "nothing", "--out", str(out)]) == 2
    assert cli.main(["--home", str(tmp_path), "card", "--out", str(out)]) == 2


NAMES = st.text("xyz", min_size=1, max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text("甲乙ab", max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=25,
)


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in leaves(part)]
    return [value] if isinstance(value, str) and value else []


@given(st.dictionaries(NAMES, JSON, max_size=5))
@settings(max_examples=80)
def test_whatever_shape_a_paper_has_nothing_of_it_is_lost(body: dict[str, Any]) -> None:
    printed = "\n".join(
        part for block in report_blocks(body) for part in (block.title, *(text for row in block.rows for text in row))
    )
    assert [leaf for leaf in leaves(body) if leaf not in printed] == []


def test_a_rate_of_a_group_is_one_cell_and_no_english_is_left() -> None:
    rate = {"count": 8, "of": 76, "share": 0.105, "low": 0.0543, "high": 0.1942}
    (text,) = report_blocks({"groups": {"sex": [{"group": "女", "selection": rate}]}})[-1:]
    assert text.headings == ("组", "列入比例")
    assert text.rows == (("女", "10.5%（5.4% 至 19.4%） 8/76"),)
    body = {"lift_05": 2.5, "parts": [["context", "raising", 3, 2, 1]], "method": METHOD}
    printed = "\n".join(text for block in report_blocks(body) for row in block.rows for text in row)
    assert not re.search("[a-zA-Z]{7,}", printed), printed
    assert "提升倍数（前 5%）" in printed


def test_rows_of_different_fields_share_a_table() -> None:
    text = table_block([{"group": "甲", "listed": 3}, {"group": "乙", "told": "少于 30，不列"}])
    assert text.headings == ("组", "列入件数", "说明")
    assert text.rows == (("甲", "3", ""), ("乙", "", "少于 30，不列"))


def test_a_long_table_is_cut_and_says_so() -> None:
    text = table_block([{"quarter": str(number)} for number in range(LONGEST + 5)])
    assert len(text.rows) == LONGEST
    assert f"共 {LONGEST + 5} 行" in text.title


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("recovered_fen", 1_234_500_000, "1,234.50万元"),
        ("precision", 0.1834, "18.3%"),
        ("auc", 0.78125, "0.7812"),
        ("rows", 12345, "12,345"),
        ("x", None, "—"),
        ("x", True, "是"),
        ("answer", "pass", "通过"),
        ("x", 1.5e-7, "1.5e-07"),
        ("selection", {"share": 0.05, "low": 0.03, "high": None}, "5.0%"),
        ("x", 2.5e7, "25,000,000"),
        ("selection", {"share": 0.05, "low": 0.03, "high": 0.07}, "5.0%（3.0% 至 7.0%）"),
        ("order", "age", "按终本时间"),
        (
            "selection",
            {"count": 8, "of": 76, "share": 0.105, "low": 0.0543, "high": 0.1942},
            "10.5%（5.4% 至 19.4%） 8/76",
        ),
        ("logged", {"count": 0, "of": 9, "share": None, "low": None, "high": None}, "— 0/9"),
        ("amount_fen", {"estimate": 1_234_500_000, "low": 1, "high": None}, "1,234.50万元"),
        ("slope", {"value": 0.9898, "low": 0.87, "high": 1.305}, "0.9898（0.87 至 1.305）"),
    ],
)
def test_values_are_written_as_a_reader_expects(name: str, value: Any, text: str) -> None:
    assert format_cell(name, value) == text


def test_the_curve_is_drawn_to_scale() -> None:
    found = calibration_curve(CURVE)
    assert found is not None
    plot, text = found
    assert plot.plot is not None
    (x1, y1, small, _), (x2, y2, large, _) = ((p[0], p[1], p[2], p[3]) for p in plot.plot.points)
    zero, one = plot.plot.ticks[0], plot.plot.ticks[-1]
    assert one[2] == "40%"
    assert (x2 - zero[0]) / (one[0] - zero[0]) == pytest.approx(0.32 / 0.4)
    assert (y2 - zero[1]) / (one[1] - zero[1]) == pytest.approx(1.0)
    assert (x1, y2) < (x2, y1)
    assert small > large
    assert isinstance(text, CardBlock) and len(text.rows) == 2
    assert calibration_curve([]) is None
    assert calibration_curve([{"mean": 2.0, "share": 0.1}]) is None
    assert calibration_curve("none") is None


def test_every_family_of_clues_has_a_word_for_readers() -> None:
    families = {clue.family for clue in CLUES.values()}
    assert [family for family in sorted(families) if labels.label_of(family) == family] == []
