"""Make the golden home: a small home filled, trained, promoted and used through the command line, and what it answers.

    python tests/golden/make_home.py

writes `home.tar.xz` and `answers.json.xz` beside this file. They are made once, by the code of their time; later code
must open the home and answer the same. Where a result has to change, the answers are made anew from the *old* home with
`--answers`, and the change is named in the changelog.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import capture  # noqa: E402  (the test helpers are not an installed package)

CASES, QUARTERS, SEED = 500, 8, 11
TRAINED_ON = capture.DAYS[1]
TRAINER, APPROVERS = "训练员", ("批准甲", "批准乙")
LEFT_OUT = {"cache", "logs", "quarantine", "reports"}
"""Folders of a home that are made again, or hold nothing later code reads."""

REVIEW = {
    "审查编号": "SC990000001",
    "案号": "",
    "终本日期": "",
    "检察院代码": capture.OFFICE,
    "承办人": "承办甲",
    "选取日期": "2024-01-02",
    "受理日期": "2024-01-05",
    "审结日期": "2024-03-01",
    "核查结论": "隐匿转移财产查实",
    "查实财产价值": "80000",
    "检察建议日期": "2024-03-05",
    "回复日期": "2024-04-01",
    "采纳情况": "采纳",
    "执行到位金额": "60000",
    "到位日期": "2024-05-01",
    "是否非因监督到位": "否",
}
"""A review of the first case of the list, of the kind an office fills in."""


def make(home: Path, scratch: Path) -> None:
    """Fill a home the way an office does over a year."""
    run = capture.run
    world = scratch / "world"
    run(home, "world", "--cases", str(CASES), "--quarters", str(QUARTERS), "--seed", str(SEED), "--out", str(world))
    run(home, "ingest", str(world))
    for name in (TRAINER, *APPROVERS):
        run(home, "actor", "add", name)
    run(home, "retrain", "--as-of", TRAINED_ON, "--actor", TRAINER, "--quarters", "2")
    version = json.loads((home / "models" / "index.json").read_text(encoding="utf-8"))[-1]["version"]
    for name in APPROVERS:
        run(home, "promote", version, "--by", name, "--note", "样本数据", "--despite-evidence", "样本数据，仅供测试")
    for day in capture.DAYS:
        run(home, "score", "--as-of", day)
    queue = json.loads(run(home, "queue", "--office", capture.OFFICE, "--as-of", capture.DAYS[-1], "--format", "json"))
    run(home, "leads", "open", "--as-of", capture.DAYS[-1])
    lead = json.loads(run(home, "leads", "list", "--office", capture.OFFICE, "--format", "json"))["leads"][0]
    run(home, "leads", "mark", lead["lead_id"], "--state", "有效", "--reason", "样本数据")
    first = queue["rows"][0]
    review = REVIEW | {"案号": first["case_no"], "终本日期": first["zb_date"]}
    sheet = scratch / "监督结果.csv"
    sheet.write_text(",".join(review) + "\n" + ",".join(review.values()) + "\n", encoding="gb18030")
    run(home, "outcomes", str(sheet), "--received", "2024-06-01")


def pack(home: Path, target: Path) -> None:
    """Pack a home without what is made again."""
    with tarfile.open(target, "w:xz", preset=9) as archive:
        archive.add(home, "home", filter=lambda item: None if set(Path(item.name).parts) & LEFT_OUT else item)


def write_answers(home: Path) -> None:
    """Keep what a home answers."""
    text = json.dumps(capture.capture(home), ensure_ascii=False, indent=0, sort_keys=True)
    (HERE / "answers.json.xz").write_bytes(lzma.compress(text.encode(), preset=9))


def main() -> None:
    """Make the home and its answers, or with `--answers` only the answers of the home that is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", action="store_true", help="keep the home, write its answers anew")
    only_answers = parser.parse_args().answers
    with tempfile.TemporaryDirectory() as folder, capture.plain_environment():
        scratch = Path(folder)
        os.environ["GOLDENKEY_THREADS"] = "1"
        if not only_answers:
            make(scratch / "made", scratch)
            pack(scratch / "made", HERE / "home.tar.xz")
        capture.unpack(HERE / "home.tar.xz", scratch)
        write_answers(scratch / "home")


if __name__ == "__main__":
    main()
