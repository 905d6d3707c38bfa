"""Supervision models on their own: a template filled by hand, run without pool or ranking, leads with their rows."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from filled_book import case, debtor, fill, number, person, template
from openpyxl import load_workbook

import cli
from features.clues.catalogue import CLUES
from features.clues.lineage import study
from features.errors import GoldenKeyError, NotFoundError
from features.schema import TABLES
from features.screening.filled import read_filled_sheets
from features.screening.office_settings import OfficeSettings
from features.screening.run import ScreenRun, run_screen
from features.screening.screen import find_screen, screens, template_columns
from features.screening.workbook import DISCLAIMER, write_leads

DAY = date(2024, 6, 1)
CASES = [case(n) for n in range(1, 11)]
DEBTORS = [debtor(n, "张测试" if n in (1, 9) else "") for n in range(1, 11)]
"""Cases 1 and 9 have debtors of one name and different numbers."""


def car(n: int, owner: int, **more: Any) -> dict[str, Any]:
    row = {
        "号牌号码": f"浙Z000{n:02d}",
        "车辆识别代号": f"TESTZZ000000000{n:02d}",
        "所有人证件号码": person(owner),
        "取得日期": "2020年3月1日",
        "评估价值": 50000,
    }
    return row | more


def sealed(n: int, car_no: int, day: Any, **more: Any) -> dict[str, Any]:
    return {
        "事件编号": f"E{n}-{car_no}",
        "案号": number(n),
        "事件类型": "查封",
        "发生日期": day,
        "财产类别": "车辆",
        "财产标识": f"TESTZZ000000000{car_no:02d}",
    } | more


CARS = [
    car(1, 1),
    car(2, 2, 状态="报废", 强制报废期止="2022年3月1日"),
    car(3, 3, 取得日期=date(2023, 8, 1)),
    car(4, 4),
    car(5, 5),
    car(6, 6, 取得日期="不详"),
    car(7, 77),
    car(8, 8, 抵押金额="80,000.00"),
    car(9, 99),
    car(10, 10),
]
"""Unsealed; scrapped; registered after the end; sealed; seal run out; a bad day; a stranger's; mortgaged beyond its
value; of a namesake of debtor 9 (another number); unsealed."""

SEALS = [
    sealed(4, 4, "2023-02-01", 届满日期="2025年1月31日"),
    sealed(5, 5, "2022年2月1日", 届满日期="2024年1月31日"),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = template(tmp_path_factory.mktemp("vehicles"), "vehicle_sealing")
    return fill(path, {"执行案件": CASES, "执行主体": DEBTORS, "机动车登记": CARS, "执行事件": SEALS})


@pytest.fixture(scope="module")
def run(filled: Path) -> ScreenRun:
    return run_screen(find_screen("vehicle_sealing"), [filled], DAY)


def told(run: ScreenRun) -> dict[str, set[str]]:
    """Clues by case number."""
    found: dict[str, set[str]] = {}
    for line in run.lines:
        found.setdefault(line.case_no, set()).update(line.clues)
    return found


# --- the list of models


def test_every_finding_and_measure_belongs_to_a_model() -> None:
    for clue in CLUES.values():
        if clue.kind != "context":
            assert any(screen.holds(clue) for screen in screens().values()), clue.id


def test_every_model_has_clues_and_its_tables_exist() -> None:
    assert all(screen.clues for screen in screens().values())
    for screen in screens().values():
        assert set(screen.tables) <= {name for name, table in TABLES.items() if not table.outcome}
        assert {"case", "party"} <= set(screen.tables)


def test_patterns_that_name_a_clue_outright_name_one() -> None:
    for screen in screens().values():
        for pattern in screen.patterns:
            if not pattern.startswith("family:") and not set(pattern) & set("*?["):
                assert pattern in CLUES, f"{screen.id}: {pattern}"


def test_the_page_on_models_lists_each() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{m.id}` | {m.name} | {m.number} | {m.about} |" for m in screens().values()]


def test_models_are_found_by_id_name_and_number() -> None:
    assert {find_screen(name).id for name in ("vehicle_sealing", "车辆查封扣押监督模型", "m2")} == {"vehicle_sealing"}
    with pytest.raises(NotFoundError, match="没有名为“boats”的监督模型"):
        find_screen("boats")


# --- the template


def test_the_template_has_two_header_rows_and_only_what_the_clues_read(tmp_path: Path) -> None:
    book = load_workbook(template(tmp_path, "vehicle_sealing"))
    assert book.sheetnames[0] == "填写说明"
    assert {"执行案件", "执行主体", "机动车登记", "机动车使用", "执行事件"} <= set(book.sheetnames)
    page = book["机动车登记"]
    labels = [cell.value for cell in page[1]]
    codes = [str(cell.value).split("（")[0] for cell in page[2]]
    contract = TABLES["vehicle"]
    assert [contract.column(code).label for code in codes] == labels
    assert "engine_no" not in codes
    assert set(contract.key) <= set(codes)
    assert page.freeze_panes == "A3"
    assert page.max_row == 2
    plate = labels.index("号牌号码") + 1
    assert page.column_dimensions[page.cell(1, plate).column_letter].width > 10
    kinds = {str(validation.sqref): validation.formula1 for validation in page.data_validations.dataValidation}
    assert '"是,否"' in kinds.values()


@pytest.mark.long
def test_templates_of_all_models_hold_what_their_clues_need() -> None:
    study(CLUES.values())  # All at once: model by model the facts would be made again for each.
    for screen in screens().values():
        asked = template_columns(screen)
        for name, columns in asked.items():
            assert {column.name for column in TABLES[name].columns if column.required} <= {c.name for c in columns}


# --- ten rows filled by hand


def test_exactly_the_cars_that_should_be_found(run: ScreenRun) -> None:
    assert told(run) == {
        number(1): {"M2A"},
        number(3): {"M2E", "M12-VEH"},
        number(5): {"M2C"},
        number(8): {"M2A"},
        number(10): {"M2A"},
    }


def test_one_thing_is_one_lead(run: ScreenRun) -> None:
    assert len(run.lines) == 5
    assert [line.asset_class != "" for line in run.lines] == [True] * 5
    found = {line.case_no: line for line in run.lines}
    assert "浙Z00003" in found[number(3)].asset
    assert "待核实" in found[number(1)].sentence
    assert found[number(1)].innocent and found[number(1)].law and found[number(1)].next_step
    assert {line.kind for line in run.lines} == {"发现"}


def test_every_lead_leads_to_the_rows_of_the_file(run: ScreenRun, filled: Path) -> None:
    book = load_workbook(filled)
    for line in run.lines:
        assert line.sources
        for rid in line.sources:
            source = run.sources[rid]
            assert source.file == filled.name
            cells = [str(cell.value) for cell in book[source.sheet][source.row] if cell.value is not None]
            assert any(cell in source.values for cell in cells)
    (first,) = [line for line in run.lines if line.case_no == number(1)]
    assert {(run.sources[rid].sheet, run.sources[rid].row) for rid in first.sources} >= {("机动车登记", 3)}


def test_a_bad_row_is_told_by_its_place_and_the_good_ones_run(run: ScreenRun) -> None:
    (fault,) = run.intake.faults
    assert (fault["sheet"], fault["row"]) == ("机动车登记", 8)
    assert str(fault["sentence"]).startswith("第8行“取得日期”列：")
    (sheet,) = [one for one in run.intake.sheets if one.table == "vehicle"]
    assert (sheet.rows, sheet.accepted, sheet.bad) == (10, 9, 1)


def test_sheets_left_empty_are_not_covered_and_their_clues_do_not_run(run: ScreenRun) -> None:
    states = {one.clue.id: one.state for one in run.clues}
    assert states["M2A"] == "已运行"
    assert states["M2B"] == "未覆盖：没有机动车使用数据"
    assert "人员关系" in states["D03K"]


def test_nothing_is_left_behind(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run_screen(find_screen("vehicle_sealing"), [filled], DAY)
    assert list(tmp_path.iterdir()) == []


# --- the auction model


def lot(n: int, **more: Any) -> dict[str, Any]:
    row = {
        "标的编号": f"L{n:03d}",
        "案号": number(n),
        "财产类别": "不动产",
        "财产标识": f"DY99{n:04d}",
        "拍卖轮次": "一拍",
        "评估价": 1_000_000,
        "起拍价": 700_000,
        "保证金": 70_000,
        "公告日期": "2023年3月1日",
        "通知当事人及优先购买权人日期": "2023-02-20",
        "开拍时间": date(2023, 4, 10),
        "结束时间": "2023/4/11",
        "税费承担": "各自承担",
        "租赁情况公示": "无租赁",
        "腾退交付": "法院负责",
        "评估报告是否公示": "是",
        "成交价": "800,000",
        "买受人": f"买受人{n}",
        "买受人证件号码": person(900 + n),
        "拍卖状态": "成交",
    }
    return row | more


LOTS = [
    lot(1),
    lot(2, 公告日期="2023年4月1日", 通知当事人及优先购买权人日期="2023年3月20日"),
    lot(3, 起拍价=600_000, 保证金=60_000),
    lot(4, 买受人="李配偶", 买受人证件号码=person(404)),
    lot(5, 保证金=200_000),
    lot(6, 结束时间="2023年4月10日"),
    lot(7, 评估报告是否公示="否"),
    lot(8),
    lot(9, 通知当事人及优先购买权人日期="2023年2月28日"),
    lot(10, 买受人="债务人10"),
]
"""In order; a lawful sale; short notice; low reserve; bought by the spouse; deposit too high; over on the same day;
appraisal kept back; two bidders on one network, at one address; told a day before; bought by a namesake."""


@pytest.fixture(scope="module")
def auctioned(tmp_path_factory: pytest.TempPathFactory) -> ScreenRun:
    path = template(tmp_path_factory.mktemp("auctions"), "judicial_auction")
    bids = [
        {
            "标的编号": "L008",
            "拍卖轮次": "一拍",
            "竞买人证件号码": person(908 + n),
            "出价": 710_000 + n,
            "出价时间": f"2023年4月10日 1{n}:30:00",
            "IP地址": "10.9.9.9",
            "联系地址": "丙镇一路9号",
        }
        for n in range(2)
    ]
    kin = [{"甲方证件号码": person(4), "乙方证件号码": person(404), "关系": "配偶", "起始日期": "2010年5月1日"}]
    pages = {"执行案件": CASES, "执行主体": DEBTORS, "网络司法拍卖": LOTS, "竞买记录": bids, "人员关系": kin}
    return run_screen(find_screen("judicial_auction"), [fill(path, pages)], DAY)


def test_exactly_the_lots_that_should_be_found(auctioned: ScreenRun) -> None:
    assert auctioned.intake.faults == []
    assert told(auctioned) == {
        number(2): {"AUC-NOTICE"},
        number(3): {"AUC-RESERVE"},
        number(4): {"E11B"},
        number(5): {"AUC-DEPOSIT"},
        number(6): {"AUC-SHORT"},
        number(7): {"AUC-PUBLIC"},
        number(8): {"E11R"},
        number(9): {"AUC-TELL"},
    }
    (bought,) = [line for line in auctioned.lines if line.case_no == number(4)]
    assert "李配偶" in bought.sentence
    assert {auctioned.sources[rid].sheet for rid in bought.sources} == {"网络司法拍卖", "人员关系"}
    states = {one.clue.id: one.state for one in auctioned.clues}
    assert states["AUC-VAIN"].startswith("未覆盖")
    assert states["E11I"].startswith("未覆盖")


# --- absence


def without_seals(folder: Path) -> Path:
    return fill(template(folder, "vehicle_sealing"), {"执行案件": CASES, "执行主体": DEBTORS, "机动车登记": CARS})


def test_an_empty_log_says_nothing(tmp_path: Path) -> None:
    run = run_screen(find_screen("vehicle_sealing"), [without_seals(tmp_path)], DAY)
    assert told(run) == {number(3): {"M2E", "M12-VEH"}}
    assert {one.clue.id: one.state for one in run.clues}["M2A"] == "未覆盖：没有法院执行事件记录数据"


def test_an_empty_log_declared_complete_says_that_nothing_was_done(tmp_path: Path) -> None:
    path = without_seals(tmp_path)
    declared = run_screen(find_screen("vehicle_sealing"), [path], DAY, complete=["执行事件"])
    unsealed = {number(n): {"M2A"} for n in (1, 4, 5, 8, 10)}
    assert told(declared) == unsealed | {number(3): {"M2E", "M12-VEH"}}
    book = load_workbook(path)
    page = book["填写说明"]
    (row,) = [row for row in page.iter_rows() if row[0].value == "执行事件" and row[1].value == "否"]
    row[1].value = "是"
    book.save(path)
    assert told(run_screen(find_screen("vehicle_sealing"), [path], DAY)) == told(declared)


def test_completeness_of_an_unknown_sheet_is_refused(filled: Path) -> None:
    with pytest.raises(GoldenKeyError, match="没有名为“银行流水”的工作表"):
        run_screen(find_screen("vehicle_sealing"), [filled], DAY, complete=["银行流水"])


# --- how files come in


def test_columns_moved_sheets_added_and_samples_left_in_change_nothing(
    filled: Path, run: ScreenRun, tmp_path: Path
) -> None:
    book = load_workbook(filled)
    page = book["机动车登记"]
    columns = [[cell.value for cell in column] for column in page.iter_cols()]
    for place, column in enumerate(reversed(columns), start=1):
        for line, value in enumerate(column, start=1):
            page.cell(line, place).value = value
    page.cell(page.max_row + 1, 1, "样例：示例")
    book.create_sheet("本院备注", 0).append(["经办人", "电话"])
    book.save(tmp_path / "moved.xlsx")
    again = run_screen(find_screen("vehicle_sealing"), [tmp_path / "moved.xlsx"], DAY)
    assert told(again) == told(run)
    assert any("本院备注" in notice for notice in again.intake.notices)
    assert any("样例" in notice for notice in again.intake.notices)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_one_csv_per_sheet_does_as_well(filled: Path, run: ScreenRun, tmp_path: Path, encoding: str) -> None:
    book = load_workbook(filled)
    for page in book.worksheets[1:]:
        if page.max_row > 2:
            with (tmp_path / f"{page.title}.csv").open("w", encoding=encoding, newline="") as file:
                csv.writer(file).writerows([["" if v is None else v for v in row] for row in page.values])
    again = run_screen(find_screen("vehicle_sealing"), [tmp_path], DAY)
    assert told(again) == told(run)


def test_rows_later_than_the_day_are_left_out(filled: Path) -> None:
    early = run_screen(find_screen("vehicle_sealing"), [filled], date(2023, 7, 15))
    assert number(3) not in told(early)
    assert any("晚于截止日" in notice for notice in early.intake.notices)


def test_what_cannot_run_is_said_in_one_sentence(tmp_path: Path, filled: Path) -> None:
    screen = find_screen("vehicle_sealing")
    with pytest.raises(GoldenKeyError, match="“执行案件”没有可用的数据行"):
        run_screen(screen, [template(tmp_path, "vehicle_sealing")], DAY)
    with pytest.raises(GoldenKeyError, match="不存在"):
        run_screen(screen, [tmp_path / "none.xlsx"], DAY)
    with pytest.raises(GoldenKeyError, match="在将来"):
        run_screen(screen, [filled], date(2999, 1, 1))
    book = load_workbook(filled)
    book["机动车登记"].delete_cols(1, 3)
    book.save(tmp_path / "short.xlsx")
    with pytest.raises(GoldenKeyError, match="缺少必需的列"):
        run_screen(screen, [tmp_path / "short.xlsx"], DAY)


def test_sheets_count_as_asked_about_every_debtor(filled: Path, tmp_path: Path) -> None:
    from features.pool.pool import Pool

    read_filled_sheets(tmp_path, [filled], find_screen("vehicle_sealing"), DAY)
    with Pool(tmp_path).as_of(DAY) as cut:
        asked = cut.table("inquiry").to_pandas()
    assert set(asked["source_code"]) == {"VEH"}
    assert sorted(asked["subject_id"]) == [person(n) for n in range(1, 11)]
    assert set(asked["known_at"].astype(str)) == {str(DAY)}


# --- what comes out


def test_the_workbook_of_leads(run: ScreenRun, tmp_path: Path) -> None:
    book = load_workbook(write_leads(tmp_path / "leads.xlsx", run))
    assert book.sheetnames == ["初筛线索", "证据行", "运行说明"]
    page = book["初筛线索"]
    assert [page.cell(1, n).value for n in (1, 2, 3)] == ["状态", "序号", "案号"]
    assert str(page.cell(2, 1).value).startswith("state（")
    assert [page.cell(row, 1).value for row in range(3, page.max_row + 1)] == ["初筛"] * len(run.lines)
    (choice,) = page.data_validations.dataValidation
    assert choice.formula1 == '"初筛,有效,无效"'
    assert page.freeze_panes == "A3"
    rows = list(book["证据行"].iter_rows(min_row=3, values_only=True))
    assert len(rows) == sum(len(line.sources) for line in run.lines)
    assert any("号牌号码：浙Z00001" in str(row[-1]) for row in rows)
    said = "\n".join(str(cell.value) for row in book["运行说明"].iter_rows() for cell in row if cell.value)
    for word in (DISCLAIMER, run.version, "第8行“取得日期”列", "未覆盖", "2024年6月1日"):
        assert word in said


def test_the_commands_from_template_to_leads(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "leads.xlsx"
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOLDENKEY_HOME", raising=False)
    given = ["clues", "run", "vehicle_sealing", str(filled), "--as-of", str(DAY)]
    assert cli.main([*given, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "初筛线索（5 条）" in printed
    assert person(1) not in printed
    assert out.exists()
    assert not (tmp_path / "home").exists()
    assert cli.main([*given, "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["leads"]) == 5
    assert cli.main([*given, "--format", "xlsx"]) == 2
    assert "缺少 --out" in capsys.readouterr().err
    assert cli.main(["clues", "template", "vehicle_sealing", "--out", str(tmp_path / "t.xlsx")]) == 0
    assert cli.main(["clues", "template"]) == 2
    assert cli.main(["clues", "models", "--format", "json"]) == 0


def test_an_office_may_switch_a_clue_off(filled: Path) -> None:
    run = run_screen(find_screen("vehicle_sealing"), [filled], DAY, OfficeSettings(off=frozenset({"M2A"})))
    assert not any("M2A" in clues for clues in told(run).values())
    assert {one.clue.id: one.state for one in run.clues}["M2A"] == "本院已停用"
