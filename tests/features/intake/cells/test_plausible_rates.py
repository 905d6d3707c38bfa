"""Rates that no currency ever had are refused with what was expected; those that can be are taken."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from features.errors import GoldenKeyError
from features.facts.money.exchange import daily_rates
from features.intake.ingest import IngestOptions, ingest
from features.intake.preview import preview
from features.pool.pool import Pool

HEAD = "币种,汇率日期,外币数量,折合人民币,汇率来源\n"
ROWS = [
    ("美元", "100", "725.50", ""),
    ("USD", "1", "7.2", ""),
    ("日元", "100", "4.9", ""),
    ("人民币", "1", "1", ""),
    ("欧元", "1", "7.9", ""),
    ("甲币", "1", "3", ""),
    ("甲币", "1", "3.1", ""),
    ("美元", "1", "725.50", "应为 4 至 12 元"),
    ("日元", "1", "4.9", "应为 0.03 至 0.13 元"),
    ("港币", "100", "0.92", "应为 0.5 至 1.6 元"),
    ("英镑", "1", "913", "应为 6 至 20 元"),
    ("人民币", "1", "2", "应为 1 元"),
    ("甲币", "1", "300", "应为"),
    ("丙币", "1", "5000", "应为"),
    ("乙币", "1", "3", "相差过大"),
    ("乙币", "100", "3", "相差过大"),
]


@pytest.mark.parametrize("units", ["外币数量", "外币单位"])
def test_a_rate_that_cannot_be_is_refused_with_what_was_expected(tmp_path: Path, units: str) -> None:
    lines = [f"{ccy},2023-09-{n:02d},{many},{yuan},虚构牌价\n" for n, (ccy, many, yuan, _) in enumerate(ROWS, start=1)]
    (tmp_path / "汇率.csv").write_text(HEAD.replace("外币数量", units) + "".join(lines), encoding="utf-8")
    (sheet,) = preview([str(tmp_path / "汇率.csv")]).sheets
    said = {int(line[1 : line.index("行")]): line for line in sheet.faults}
    assert {row for row, (*_, why) in enumerate(ROWS, start=2) if why} == set(said)
    for row, (*_, why) in enumerate(ROWS, start=2):
        assert why in said.get(row, "")


def quoted(tmp_path: Path, header: str, rows: list[tuple[str, str, str]], mapping: str = "") -> tuple[list[float], str]:
    """What one unit of each row was taken to be worth, and everything that was said."""
    units = any(many for _, many, _ in rows)
    lines = [f"币种,汇率日期,{header},汇率来源" + ",外币数量" * units]
    lines += [f"{ccy},2023-09-0{n},{yuan},虚构" + f",{many}" * units for n, (ccy, many, yuan) in enumerate(rows, 1)]
    file, map_file = tmp_path / "汇率.csv", tmp_path / "m.toml"
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    if mapping:
        map_file.write_text(mapping, encoding="utf-8")
    options = IngestOptions(
        map_file if mapping else None,
        "rate",
        provider="某",
        legal_basis="试",
        purpose="试",
        scope="试",
        received_on=date(2024, 5, 1),
    )
    try:
        report = ingest(tmp_path / "home", [str(file)], options, workers=1)
    except GoldenKeyError as error:
        return [], str(error)
    said = [str(fault["sentence"]) for fault in report.faults]
    with Pool(tmp_path / "home").as_of(date(2024, 5, 1)) as cut:
        taken = daily_rates(cut).to_pyarrow().to_pylist()
    return sorted({round(row["rate"], 6) for row in taken}), "\n".join(said)


QUOTED = [
    ("每100外币兑人民币", "USD", "", "718.5", 7.185),
    ("100外币兑人民币", "日元", "", "4.9", 0.049),
    ("折合人民币（每100外币）", "美元", "", "718.5", 7.185),
    ("人民币/100外币", "HKD", "", "91.8", 0.918),
    ("中间价（人民币元/百外币）", "USD", "", "718.5", 7.185),
    ("每百元外币折合人民币（元）", "EUR", "", "780", 7.8),
    ("汇率（１００外币＝人民币）", "GBP", "", "900", 9.0),
    ("每1外币折合人民币", "USD", "", "7.185", 7.185),
    ("每单位外币折合人民币", "USD", "", "7.185", 7.185),
    ("每10000外币兑人民币", "JPY", "", "490", 0.049),
    ("每100外币兑人民币", "100日元", "", "4.9", 0.049),
    ("每100外币兑人民币", "100JPY/CNY", "", "4.9", 0.049),
    ("每100外币兑人民币", "USD", "100", "718.5", 7.185),
    ("折合人民币", "JPY/100", "100", "4.9", 0.049),
    ("折合人民币", "日元(100)", "100.0", "4.9", 0.049),
    ("折合人民币", "美元兑人民币", "1", "7.185", 7.185),
    ("折合人民币", "840-美元", "1", "7.185", 7.185),
]


@pytest.mark.parametrize(("header", "ccy", "many", "yuan", "rate"), QUOTED)
def test_a_rate_is_read_for_the_quantity_that_header_or_currency_says(
    header: str, ccy: str, many: str, yuan: str, rate: float, tmp_path: Path
) -> None:
    assert quoted(tmp_path, header, [(ccy, many, yuan)]) == ([rate], "")


@pytest.mark.parametrize(
    ("header", "ccy", "many", "yuan", "said"),
    [
        ("每100外币兑人民币", "USD", "1", "718.5", "外币数量"),
        ("每100外币兑人民币", "1美元", "", "718.5", "外币数量"),
        ("折合人民币", "100日元", "1", "4.9", "外币数量"),
        ("每100外币兑人民币", "USD", "", "7.185", "应为 4 至 12 元"),
        ("每1外币兑人民币", "USD", "", "718.5", "应为 4 至 12 元"),
        ("折合人民币", "USD", "", "718.5", "缺少必需的列：外币数量；汇率表一行写一个币种一天的汇率"),
        ("100元人民币折合外币", "USD", "", "13.9", "缺少必需的列：外币数量、折合人民币；"),
        ("外币/100人民币", "USD", "", "13.9", "缺少必需的列：外币数量、折合人民币；"),
        ("现汇买入价（每100外币）", "USD", "", "718.5", "缺少必需的列：外币数量、折合人民币；"),
        ("100日元", "", "", "4.9", "缺少必需的列：外币数量、折合人民币；"),
        ("JPY/100", "", "", "4.9", "缺少必需的列：外币数量、折合人民币；"),
    ],
)
def test_a_rate_whose_quantity_is_not_said_or_said_twice_is_refused(
    header: str, ccy: str, many: str, yuan: str, said: str, tmp_path: Path
) -> None:
    taken, sentence = quoted(tmp_path, header, [(ccy, many, yuan)])
    assert taken == [] and said in sentence and "\n" not in sentence


COLUMNS = """
table = "rate"
[columns]
ccy = "币种"
rate_day = "汇率日期"
publisher = "汇率来源"
yuan = "{header}"
"""


@pytest.mark.parametrize(
    ("header", "constant", "taken"),
    [
        ("现汇卖出价（每100外币）", "", [7.185]),
        ("现汇卖出价", "100", [7.185]),
        ("现汇卖出价（100外币）", "100", [7.185]),
        ("现汇卖出价（100外币）", "1", []),
        ("现汇卖出价", "1", []),
        ("现汇卖出价", "", []),
    ],
)
def test_a_mapping_names_another_price_and_cannot_contradict_its_header(
    header: str, constant: str, taken: list[float], tmp_path: Path
) -> None:
    mapping = COLUMNS.format(header=header) + (f'\n[constants]\nunits = "{constant}"\n' if constant else "\n")
    found, said = quoted(tmp_path, header, [("USD", "", "718.5")], mapping)
    assert found == taken and bool(said) == (not taken)
