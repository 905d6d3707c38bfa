"""Terminal output of `measure`: accuracy of clues, traced paths and identity matches against the truth."""

from __future__ import annotations

import math

import pandas as pd
from rich.table import Table

from evaluation.clue_accuracy.identities import IdentityAccuracy
from evaluation.clue_accuracy.paths import PathAccuracy
from features.terminal import open_console

WRITINGS = {
    "": "合计",
    "as_written": "照登记书写",
    "hyphens": "分组连字符",
    "blanks": "空格",
    "full_width": "全角",
    "sub_account": "子账号后缀",
    "card_sequence": "卡号加序号",
    "masked": "带星号",
    "two_banks": "两行同号",
    "sub_accounts_of_two": "两人的子账号",
    "wallet_file": "以文件名为账户的钱包",
    "wallet_head": "文件头写明账户的钱包",
}
"""中文 label of each way of writing a number (`evaluation.world.delivery.account_writing.KINDS`)."""


def print_clue_accuracy(
    classes: pd.DataFrame, traced: PathAccuracy, joins: IdentityAccuracy, accounts: pd.DataFrame | None = None
) -> None:
    """Print the table of classes, one sentence on paths and one on identity matches, and the table of accounts."""
    console = open_console(piped_width=150)
    table = Table(title="各类行为与真相对照（按终本程序计）")
    headings = (
        "行为",
        "线索",
        "覆盖",
        "基准率",
        "实有",
        "命中",
        "准确率",
        "查全率",
        "相似无辜",
        "误中",
        "命中者确有隐匿",
    )
    for heading in headings:
        table.add_column(heading, justify="left" if heading in headings[:2] else "right", overflow="fold")
    for row in classes.to_dict("records"):
        table.add_row(
            str(row["label"]),
            str(row["clues"]),
            f"{row['covered']:,}",
            _percent(row["base_rate"]),
            f"{row['acts']:,}",
            f"{row['hits']:,}",
            _percent(row["precision"]),
            _percent(row["recall"]),
            f"{row['look_alikes']:,}",
            f"{row['misled']:,}",
            _percent(row["conceals"]),
        )
    console.print(table)
    console.print(
        f"资金路径：真实经他人账户转为财产的 {traced.true} 案，所需流水齐备的 {traced.findable} 案，其中找到"
        f" {traced.found} 案；M1P 提示 {traced.said} 处，{traced.right} 处属实，{traced.lent} 处账户确由被执行人使用"
        f"而款项去向不同，{traced.wrong} 处有误；"
        f"两种追踪方法均成立的 {traced.said_both} 处，{traced.right_both} 处属实。"
    )
    console.print(
        f"身份比对：无证件号码的被执行人 {joins.records} 名，比对为已知人员 {joins.joined} 名，"
        f"其中正确 {joins.right} 名、"
        f"错误 {joins.wrong} 名；仅列候选 {joins.candidates} 名，其中含真实本人 {joins.named_right} 名；"
        f"无人相符 {joins.alone} 名。"
    )

    if accounts is not None:
        console.print(_account_table(accounts))


def _account_table(accounts: pd.DataFrame) -> Table:
    table = Table(title="账户与真相对照（合为一户：不同账户得同一账号的对数；拆成数户：一个账户得数个账号）")
    for head in ("所在", "书写", "行数", "真实账户", "合为一户", "拆成数户", "不指明账户的行"):
        table.add_column(head, justify="left" if head in ("所在", "书写") else "right")
    for row in accounts.to_dict("records"):
        side = "本方" if row["side"] == "own" else "对方"
        figures = (f"{row[name]:,}" for name in ("rows", "accounts", "joins", "splits", "unnamed"))
        table.add_row(side, WRITINGS[str(row["kind"])], *figures)
    return table


def _percent(share: object) -> str:
    value = float(str(share))
    return "—" if math.isnan(value) else f"{100 * value:.1f} %"
