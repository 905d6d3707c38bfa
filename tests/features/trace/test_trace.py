"""`trace`: from a statement file to where the money went, told as table, JSON and one page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli import main
from features.schema import TABLES

ROOT = Path(__file__).parents[3]
HEADERS = [column.label for column in TABLES["txn"].columns]
DEBTOR, FRIEND = "990001198001010019", "990001198202020026"
A, B = "9900000000000000011", "9900000000000000029"


def row(acct: str, holder: tuple[str, str], ts: str, way: str, yuan: float, name: str, **more: str) -> dict[str, str]:
    return {
        "交易账号": acct,
        "账户开户名称": holder[0],
        "开户人证件号码": holder[1],
        "交易时间": ts,
        "收付标志": way,
        "交易金额": f"{yuan:.2f}",
        "对手户名": name,
        "交易是否成功": "成功",
        "交易流水号": more.pop("ref", ts),
        **more,
    }


ZHANG, LI = ("张测试", DEBTOR), ("李友人", FRIEND)
MINE = [
    row(A, ZHANG, "2024-01-01 09:00:00", "进", 200_000, "某某建材有限公司", 摘要说明="货款"),
    row(A, ZHANG, "2024-01-02 09:00:00", "出", 150_000, "李友人", 交易对手账卡号=B, ref="T1"),
    row(A, ZHANG, "2024-01-03 09:00:00", "出", 1_000, "某某超市", 摘要说明="消费"),
]
HERS = [
    row(B, LI, "2024-01-01 08:00:00", "进", 50_000, "某某单位", 摘要说明="工资"),
    row(B, LI, "2024-01-02 09:00:20", "进", 150_000, "张测试", 交易对手账卡号=A, ref="T1"),
    row(B, LI, "2024-01-05 10:00:00", "出", 50_000, "某某旅行社有限公司"),
    row(B, LI, "2024-01-06 10:00:00", "出", 120_000, "某某置业有限公司", 摘要说明="首付"),
]


def statement(path: Path, rows: list[dict[str, str]], encoding: str = "gb18030") -> Path:
    lines = ["\t,".join(HEADERS) + "\t"]
    lines += ["\t,".join(one.get(name, "") for name in HEADERS) + "\t" for one in rows]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def traced(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["trace", *words, "--format", "json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def ends(told: dict[str, Any]) -> dict[tuple[str, str], int]:
    return {(end["kind"], end["name"]): end["amount"] // 100 for end in told["ends"]}


def test_one_sided_money_ends_at_the_other_s_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = traced(capsys, "--transactions", str(statement(tmp_path / "流水.csv", MINE)), "--from", A)
    assert told["total_fen"] == 15_100_000
    assert ends(told)[("person", "李友人")] == 150_000
    assert any("没有收款方账户的流水" in note for note in told["notes"])
    assert told["rows"][0]["place"].startswith("流水.csv第")


def test_a_second_holder_s_statement_extends_the_walk_to_the_flat(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = statement(tmp_path / "张.csv", MINE), statement(tmp_path / "李.csv", HERS)
    told = traced(capsys, "--transactions", str(one), str(two), "--from", "张测试")
    # First in, first out: her wage paid the travel agency, the debtor's 150,000 the flat; 30,000 are left.
    assert ends(told)[("developer", "某某置业有限公司")] == 120_000
    assert ends(told)[("left", f"李友人 {B}")] == 30_000
    assert ("company", "某某旅行社有限公司") not in ends(told)
    assert sum(ends(told).values()) == told["total_fen"] // 100
    flat = next(end for end in told["ends"] if end["kind"] == "developer")
    assert flat["hop"] == 2 and flat["other"] not in ("相同", "不成立")
    ribbon = next(item for item in told["ribbons"] if item["target"].startswith("developer"))
    (paid,) = [item for item in told["rows"] if item["ribbon"] == ribbon["ribbon"]]
    assert (paid["amount"], paid["place"]) == (12_000_000, "李.csv第5行")


def test_pro_rata_takes_from_all_that_lay_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = statement(tmp_path / "张.csv", MINE), statement(tmp_path / "李.csv", HERS)
    words = ["--transactions", str(one), str(two), "--from", DEBTOR, "--convention", "pro_rata"]
    told = traced(capsys, *words)
    # 150,000 of the 200,000 were the debtor's: three quarters of every payment.
    assert ends(told)[("developer", "某某置业有限公司")] == 90_000
    assert ends(told)[("company", "某某旅行社有限公司")] == 37_500


@pytest.mark.parametrize(("convention", "flat"), [("fifo", 120_000), ("pro_rata", 90_000)])
@pytest.mark.parametrize("times", [*(pytest.param(n, marks=pytest.mark.long) for n in (70, 10_000)), 66_667])
def test_sums_up_to_ten_billion_yuan_end_where_small_ones_do(
    times: int, convention: str, flat: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [
        str(statement(tmp_path / name, [{**one, "交易金额": f"{float(one['交易金额']) * times:.2f}"} for one in rows]))
        for name, rows in (("张.csv", MINE), ("李.csv", HERS))
    ]
    told = traced(capsys, "--transactions", *files, "--from", DEBTOR, "--convention", convention)
    assert ends(told)[("developer", "某某置业有限公司")] == flat * times
    assert sum(end["amount"] for end in told["ends"]) == told["total_fen"] == 15_100_000 * times


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--from", "9900999"], "流水中没有账号、卡号、户名或证件号码为“9900999”的账户"),
        (["--from", A, "--hops", "0"], "追踪层数须不少于1"),
        (["--from", A, "--since", "2024-02-01"], "没有符合条件的转出"),
        (["--from", A, "--format", "html"], "须用 --out"),
        (["--from", A, "--since", "上周"], "参数 --since：应为日期"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_sentence(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = statement(tmp_path / "流水.csv", MINE)
    assert main(["trace", "--transactions", str(file), *words]) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1


def test_a_missing_file_and_a_file_without_statements(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "--transactions", str(tmp_path / "无.csv"), "--from", A]) == 2
    assert "找不到流水文件" in capsys.readouterr().err
    other = tmp_path / "机动车登记.csv"
    other.write_text(
        "号牌号码,车辆识别代号,所有人证件号码,取得日期\n浙Z00001,TESTZZ00000000001," + DEBTOR + ",2020-01-01\n"
    )
    assert main(["trace", "--transactions", str(other), "--from", A]) == 2
    said = capsys.readouterr().err
    assert "没有可用的银行流水" in said and "goldenkey mapping suggest" in said
    other.with_name("流水.csv").write_text("甲甲,乙乙\n1,2\n", encoding="utf-8")
    assert main(["trace", "--transactions", str(other.with_name("流水.csv")), "--from", A]) == 2
    assert "goldenkey mapping suggest" in capsys.readouterr().err


def test_an_export_of_wechat_names_its_account_by_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = ["微信支付账单明细", "微信昵称：[测试]", *[""] * 14]
    names = "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注"
    rows = [
        "2024-01-05 10:00:00,转账,李四,转账,收入,¥3000.00,/,已存入零钱,4200000001\t,1\t,/",
        "2024-01-06 10:00:00,商户消费,某某汽车销售有限公司,定金,支出,¥2500.00,零钱,支付成功,4200000002\t,2\t,/",
        "2024-01-07 10:00:00,零钱提现,某银行,/,/,¥100.00,某银行,提现已到账,4200000003\t,/,/",
    ]
    file = tmp_path / "张测试微信.csv"
    file.write_text("\n".join([*head, names, *rows]), encoding="utf-8-sig")
    told = traced(capsys, "--transactions", str(file), "--from", "张测试微信")
    assert ends(told) == {("dealer", "某某汽车销售有限公司"): 2_500, ("bank", "某银行"): 100}


def test_the_page_stands_alone_and_holds_every_row(tmp_path: Path) -> None:
    one, two = statement(tmp_path / "张.csv", MINE), statement(tmp_path / "李.csv", HERS)
    out = tmp_path / "追踪.html"
    words = ["trace", "--transactions", str(one), str(two), "--from", A, "--format", "html", "--out", str(out)]
    assert main(words) == 0
    text = out.read_text(encoding="utf-8")
    own = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"https?://|src=|href=", own)
    assert "某某置业有限公司" in own and "李.csv第5行" in own and "推定" in own
    assert "认定" not in own


@pytest.mark.parametrize("form", ["table", "json", "html"])
def test_a_file_in_a_folder_that_is_not_there_is_one_sentence(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = statement(tmp_path / "流水.csv", MINE), tmp_path / "nodir" / "out"
    assert main(["trace", "--transactions", str(file), "--from", A, "--format", form, "--out", str(out)]) == 2
    assert capsys.readouterr().err == f"无法写出 {out}：目录 {out.parent} 不存在。\n"
    assert not out.parent.exists()


@pytest.mark.long
def test_a_browser_draws_the_ribbons(tmp_path: Path) -> None:
    import shutil

    browser = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if browser is None:
        pytest.skip("no browser here")
    one, two = statement(tmp_path / "张.csv", MINE), statement(tmp_path / "李.csv", HERS)
    out = tmp_path / "page.html"
    command = ["trace", "--transactions", str(one), str(two), "--from", A, "--format", "html", "--out", str(out)]
    subprocess.run([sys.executable, str(ROOT / "cli.py"), *command], check=True, capture_output=True)
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--virtual-time-budget=8000",
    ]
    drawn = subprocess.run([browser, *flags, "--dump-dom", out.as_uri()], capture_output=True, check=True, timeout=120)
    dom = drawn.stdout.decode("utf-8")
    assert dom.count('class="sankey-link"') == 4
    assert dom.count('class="node-label"') >= 4


@pytest.mark.parametrize("option", ["--least", "--share"])
@pytest.mark.parametrize("given", ["nan", "inf", "-1", "一"])
def test_a_number_that_is_none_is_one_sentence(
    option: str, given: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = statement(tmp_path / "流水.csv", MINE)
    assert main(["trace", "--transactions", str(file), "--from", A, f"{option}={given}"]) == 2
    error = capsys.readouterr().err
    assert "须为不小于零的数" in error and given in error and error.count("\n") == 1
