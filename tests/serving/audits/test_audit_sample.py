"""The auditor's sheet of served explanations: drawn again it is the same; filled in, it is taken whole or not."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from made_home import AS_OF, Home, case_no, install_model, written_model
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

import cli
from features.clues.catalogue import CLUES
from features.errors import GoldenKeyError, NotFoundError
from models.audit.verify import verify
from models.feedback.clue_issues import findings
from models.feedback.reason_samples import ReasonSample, SampleRequest, sample_reasons
from models.ledger.actors import Bearer
from models.ledger.ledger import Ledger
from models.registry import reports
from models.scoring.calibration import Calibration
from models.scoring.linear import LinearHead
from models.scoring.model import Model
from serving.audits.read_sheet import SheetError, read_verdicts
from serving.audits.sample import take_sample
from serving.audits.workbook import COLUMNS, sample_workbook
from serving.home_services import Services
from serving.http.settings import read_settings
from serving.queue.views import CaseView

SERVED = 5
COLUMN = {name: number for number, name in enumerate(COLUMNS, start=1)}


def loud_model() -> Model:
    """The written model twenty times as loud, with the debt as a reason whose rows are known."""
    model = written_model()
    head = model.concealment
    assert isinstance(head, LinearHead)
    weight = tuple(
        0.5 if model.clue_of[name] == "F11" else w for name, w in zip(head.columns, head.weight, strict=True)
    )
    return replace(model, concealment=replace(head, weight=weight), calibration=Calibration(20.0, -0.1, 100, 20))


@pytest.fixture(scope="module")
def services(made_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Services whose model weighs enough to give reasons."""
    path = tmp_path_factory.mktemp("audited") / "home"
    shutil.copytree(made_home.path, path)
    install_model(path, loud_model())
    opened = Services(replace(read_settings({}), home=path))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def served(services: Services) -> list[CaseView]:
    """Explanations that somebody was given."""
    return [
        services.scoring.explanation(Bearer("system", ""), case_no(number), AS_OF) for number in range(1, SERVED + 1)
    ]


@pytest.fixture(scope="module")
def sample(services: Services, served: list[CaseView]) -> ReasonSample:
    return take_sample(services.scoring.home, services.ledger, SampleRequest(size=3, seed=7), "system")


@pytest.fixture
def sheet(services: Services, sample: ReasonSample, tmp_path: Path) -> Path:
    """The sheet with every reason judged 有据."""
    path = tmp_path / "复核.xlsx"
    path.write_bytes(sample_workbook(sample, sample_reasons(services.ledger, sample.sample_id)))
    fill(path, lambda page: None)
    return path


def fill(path: Path, change: Callable[[Worksheet], None]) -> None:
    """Judge every reason not yet judged, then change the page."""
    book = load_workbook(path)
    page = book["复核"]
    for line in range(2, page.max_row + 1):
        if page.cell(line, COLUMN["place"]).value not in ("补", None) and not page.cell(line, COLUMN["verdict"]).value:
            for name, value in (("verdict", "有据"), ("reviewer", "复核员甲"), ("reviewed_on", date(2024, 5, 6))):
                page.cell(line, COLUMN[name]).value = value
    change(page)
    book.save(path)


def rows_of(path: Path) -> list[dict[str, Any]]:
    page = load_workbook(path)["复核"]
    return [dict(zip(COLUMNS, [cell.value for cell in line], strict=True)) for line in page.iter_rows(min_row=2)]


def test_the_sheet_asks_about_every_reason_that_was_served(
    services: Services, served: list[CaseView], sample: ReasonSample, sheet: Path
) -> None:
    assert (sample.served, sample.drawn) == (SERVED, 3)
    views = {view.score.score_id: view for view in served}
    asked = rows_of(sheet)
    assert len({row["score_id"] for row in asked}) == 3
    for score_id in {row["score_id"] for row in asked}:
        mine = [row for row in asked if row["score_id"] == score_id and row["place"] != "补"]
        view = views[score_id]
        expected = [(reason.clue, reason.text, reason.direction) for reason in (*view.reasons, *view.lowers)]
        assert [(row["clue"], row["text"], row["weight"].split(" ")[0]) for row in mine] == expected
        assert [row["place"] for row in mine] == [str(number + 1) for number in range(len(expected))]
        assert [row["case_no"] for row in asked if row["score_id"] == score_id and row["place"] == "补"] == [
            view.score.case_no
        ]


def test_evidence_is_shown_down_to_the_row_and_masked(sheet: Path) -> None:
    evidence = "\n".join(str(row["evidence"]) for row in rows_of(sheet))
    assert re.search(r"\.csv 第\d+行", evidence)
    assert not re.search(r"(?<!\d)\d{17}[\dXx](?!\d)", evidence + "\n".join(str(row["text"]) for row in rows_of(sheet)))


def test_the_sheet_keeps_the_offices_habits(sheet: Path) -> None:
    book = load_workbook(sheet)
    assert book.sheetnames == ["复核", "说明"]
    page = book["复核"]
    assert page.freeze_panes == "C2"
    assert page.auto_filter.ref
    assert str(page.page_setup.paperSize) == "9"
    lists = {check.formula1 for check in page.data_validations.dataValidation}
    assert {'"有据,无据,误导"', '"遗漏"'} <= lists
    assert all(cell.data_type != "f" for line in page.iter_rows() for cell in line)


def test_drawn_again_it_is_the_same_sample(services: Services, sample: ReasonSample) -> None:
    again = take_sample(services.scoring.home, services.ledger, SampleRequest(size=3, seed=7), "system")
    assert again == sample
    other = take_sample(services.scoring.home, services.ledger, SampleRequest(size=3, seed=8), "system")
    assert other.sample_id != sample.sample_id


def test_a_filled_sheet_comes_back_as_verdicts(services: Services, sample: ReasonSample, sheet: Path) -> None:
    clue = next(iter(CLUES))

    def missing(page: Worksheet) -> None:
        last = page.max_row
        row = [page.cell(last, column).value for column in range(1, len(COLUMNS) + 1)]
        page.append(row)
        for name, value in (("clue", clue), ("verdict", "遗漏"), ("note", "未提示过户"), ("reviewer", "乙")):
            page.cell(last + 1, COLUMN[name]).value = value
        page.cell(last + 1, COLUMN["reviewed_on"]).value = "2024年5月6日"

    fill(sheet, missing)
    sample_id, verdicts = read_verdicts(sheet, services.ledger)
    asked = [reason for reason in sample_reasons(services.ledger, sample.sample_id) if reason.place]
    assert sample_id == sample.sample_id
    assert {(item.score_id, item.place, item.clue) for item in verdicts if item.place} == {
        (reason.score_id, reason.place, reason.clue) for reason in asked
    }
    assert [(item.clue, item.verdict, item.reviewed_on) for item in verdicts if not item.place] == [
        (clue, "遗漏", date(2024, 5, 6))
    ]


def put(line: int, name: str, value: object) -> Callable[[Worksheet], None]:
    def change(page: Worksheet) -> None:
        page.cell(line, COLUMN[name]).value = value  # type: ignore[assignment]

    return change


def twice(page: Worksheet) -> None:
    page.append([page.cell(2, column).value for column in range(1, len(COLUMNS) + 1)])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (put(2, "verdict", None), "J2 没有填写判断"),
        (put(2, "verdict", "可能"), "J2 判断应为有据、无据、误导，实为“可能”"),
        (put(2, "verdict", "遗漏"), "J2 判断应为"),
        (put(3, "verdict", "误导"), "K3 判断为“误导”的须写说明"),
        (put(2, "text", "改写的理由"), "G2 理由与抽样时不符"),
        (put(2, "evidence", "改写的证据"), "I2 证据与抽样时不符"),
        (put(2, "weight", "降低"), "H2 方向与大小与抽样时不符"),
        (put(2, "case_no", "（2023）浙9901执999号"), "B2 该评分的案号应为"),
        (put(2, "score_id", "S0"), "N2 样本中没有评分“S0”"),
        (put(2, "place", "99"), "E2 该评分没有第 99 条理由"),
        (put(2, "place", "甲"), "E2 理由序号应为正整数或“补”"),
        (put(2, "reviewer", None), "L2 复核人应为"),
        (put(2, "reviewed_on", "五月"), "M2 复核日期应形如"),
        (put(2, "reviewed_on", "2999-01-01"), "M2 复核日期应在"),
        (put(3, "sample_id", "A0"), "A3 样本号应为"),
        (twice, "与第 2 行重复"),
        (lambda page: page.delete_rows(2), "缺少"),
    ],
)
def test_one_cell_at_fault_refuses_the_sheet(
    services: Services, sheet: Path, change: Callable[[Worksheet], None], says: str
) -> None:
    fill(sheet, change)
    with pytest.raises(SheetError) as refused:
        read_verdicts(sheet, services.ledger)
    assert says in str(refused.value)
    assert str(refused.value).count("\n") == 0


def test_files_that_are_no_such_sheet_are_refused(services: Services, sheet: Path, tmp_path: Path) -> None:
    def stranger(page: Worksheet) -> None:
        for line in range(2, page.max_row + 1):
            page.cell(line, COLUMN["sample_id"]).value = "A0"

    fill(sheet, stranger)
    with pytest.raises(NotFoundError, match="A2 的样本号“A0”不在台账中"):
        read_verdicts(sheet, services.ledger)
    with pytest.raises(NotFoundError):
        read_verdicts(tmp_path / "没有.xlsx", services.ledger)
    (tmp_path / "坏.xlsx").write_text("这不是工作簿")
    with pytest.raises(GoldenKeyError, match="无法打开"):
        read_verdicts(tmp_path / "坏.xlsx", services.ledger)
    Workbook().save(tmp_path / "空.xlsx")
    with pytest.raises(GoldenKeyError, match="没有工作表"):
        read_verdicts(tmp_path / "空.xlsx", services.ledger)


def test_the_way_as_typed(
    services: Services, served: list[CaseView], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, out = str(services.scoring.home), tmp_path / "样本.xlsx"
    asked = ("--home", home, "audit", "sample", "--size", "2", "--seed", "9", "--out", str(out), "--format", "json")
    assert cli.main(asked) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["drawn"], printed["served"]) == (2, SERVED)

    def misled(page: Worksheet) -> None:
        page.cell(2, COLUMN["verdict"]).value = "误导"
        page.cell(2, COLUMN["note"]).value = "同名不同人"

    assert cli.main(["--home", home, "audit", "verdicts", str(out)]) == 2
    assert "没有填写判断" in capsys.readouterr().err
    fill(out, misled)
    assert cli.main(["--home", home, "audit", "verdicts", str(out), "--format", "json"]) == 0
    taken = json.loads(capsys.readouterr().out)
    assert (taken["filing"], taken["opened"]) == (1, 1)
    version = next(iter(taken["agreement"]))
    paper = reports.read_report(services.scoring.home, version, "review")
    assert paper is not None
    assert paper["overall"]["judged"] == taken["rows"]
    assert cli.main(["--home", home, "audit", "findings"]) == 0
    assert "同名不同人" in capsys.readouterr().out
    finding = findings(services.ledger, "open")[0]["finding_id"]
    assert cli.main(["--home", home, "audit", "close", finding, "--note", "改写语句"]) == 0
    assert findings(services.ledger, "open") == []
    with Ledger(services.scoring.home) as ledger:
        assert verify(ledger).sound
