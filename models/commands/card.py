"""Command `card`: the model card of one version as one HTML file."""

from __future__ import annotations

import argparse

from features.command import Command, output_path
from models.card.page import write_card
from models.registry import registry


def configure_card(parser: argparse.ArgumentParser) -> None:
    """Arguments of `card`."""
    parser.add_argument("version", metavar="版本", nargs="?", default="", help="模型版本（默认：在用的模型）")
    parser.add_argument("--out", type=output_path(), required=True, metavar="文件", help="写到哪个 html 文件")


def run_card(args: argparse.Namespace) -> int:
    """Write the card."""
    version = args.version or registry.current_version(args.home)
    print(f"模型 {version} 的模型卡已写出：{write_card(args.home, version, args.out)}")
    return 0


COMMANDS = (Command("card", configure_card, run_card),)
