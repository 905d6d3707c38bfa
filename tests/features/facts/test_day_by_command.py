"""The day a cut has by default, as the command line moves it: by case data, never by what the office registers."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from clue_rows import KNOWN
from little_pool import deliver, one_case

import cli
from features.facts.lookup import GIVEN, cut_day

OWN = {
    "信访反映.csv": "信访编号,反映渠道,收到日期,案号\nX1,电话,2023-09-02,（2023）浙9901执1号\n",
    "汇率.csv": "币种,汇率日期,外币数量,折合人民币,汇率来源\n美元,2023-09-02,100,725.50,虚构外汇牌价\n",
    "监督结果.csv": "审查编号,案号,终本日期,检察院代码,选取日期,受理日期\n"
    "SC1,（2023）浙9901执1号,2023-06-20,339901,2023-09-02,2023-09-03\n",
}


@pytest.mark.parametrize("name", OWN)
def test_what_the_office_takes_in_later_leaves_the_day(name: str, tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / name
    deliver(home, KNOWN, one_case())
    before = cut_day(home, None)
    file.write_text(OWN[name], encoding="utf-8")
    about = ("--provider", "本院", "--legal-basis", "无", "--purpose", "测试", "--scope", "本院", "--approved-by", "甲")
    later = str(KNOWN + timedelta(days=30))
    assert cli.main(["--home", str(home), "ingest", str(file), *about, "--received", later]) == 0
    after = cut_day(home, None)
    assert before.day == after.day == KNOWN
    assert before.why == "默认：最近一次案件数据交接之日"
    assert after.why == "默认：最近一次案件数据交接之日，此后登记的本院记录不改变截止日"
    assert str(cut_day(home, date(2023, 9, 5))) == f"2023-09-05（{GIVEN}）"
