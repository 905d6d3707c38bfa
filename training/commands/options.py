"""Options that several commands of training share."""

from __future__ import annotations

import argparse


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Add `--threads`."""
    parser.add_argument(
        "--threads", type=_thread_count, default=1, metavar="数量", help="线程数，只影响快慢，不影响结果（默认 1）"
    )


def add_trainer(parser: argparse.ArgumentParser) -> None:
    """Add `--actor`, who trains."""
    parser.add_argument("--actor", metavar="姓名", help="训练者（此后不能批准该模型；默认取 GOLDENKEY_ACTOR）")


def _thread_count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"线程数应不小于 1，实为 {count}")
    return count
