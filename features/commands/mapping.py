"""The command `mapping`: a first mapping for a file of a foreign layout."""

from __future__ import annotations

import argparse
from pathlib import Path

from features.command import Command, never, output_path
from features.files.atomic import write_output
from features.intake.tables.suggest import suggest


def _configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="动作", title="动作", required=True)
    one = actions.add_parser("suggest", help="按文件的表头写出对应关系初稿（TOML）")
    one.add_argument("file", type=Path, metavar="文件", help="外来格式的文件")
    one.add_argument("--table", metavar="表名", help="文件所属的表名（如 txn），不再自动识别")
    one.add_argument("--out", type=output_path(".toml"), metavar="文件", help="写入的 TOML 文件（默认输出到屏幕）")


def _run(args: argparse.Namespace) -> int:
    text = suggest(args.file, args.table)
    if args.out is None:
        print(text, end="")
    else:
        write_output(args.out, text)
        print(f"对应关系初稿已写出：{args.out}；请逐项核对，再用 ingest --dry-run --mapping {args.out} 试读。")
    return 0


COMMANDS = (Command("mapping", _configure, _run, needs_home=never),)
"""Commands of this module, rows of `cli.COMMANDS`."""
