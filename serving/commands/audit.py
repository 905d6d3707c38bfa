"""Command `audit`: verify the chain, replay a score, sample served explanations, import auditors' verdicts."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from features.clues.catalogue import CLUES
from features.command import Command, add_format, day, output_path
from features.files.workbook import SUFFIX, write_workbook
from features.rules.masking import mask_numbers
from features.terminal import open_console
from models.audit.replay_score import POOL, replay_score
from models.audit.verify import verify
from models.feedback.clue_issues import close_finding, findings
from models.feedback.reason_samples import SampleRequest, sample_reasons
from models.feedback.verdicts import file_verdicts, sampled_model_versions, write_review_report
from models.ledger.ledger import Ledger
from serving.audits.read_sheet import read_verdicts
from serving.audits.sample import take_sample
from serving.audits.workbook import sample_workbook
from serving.commands.common import add_actor_option, print_json, settings_of


def _configure_audit(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(dest="what", metavar="动作", title="动作", required=True)
    verify = parts.add_parser("verify", help="核验审计链")
    verify.add_argument("--expect", metavar="哈希", help="此前核验时记下的链尾哈希，须仍在链中")
    replay = parts.add_parser("replay", help="由当时的数据重算一个评分")
    replay.add_argument("score_id", metavar="评分编号", help="评分编号（见 queue --format json）")
    sample = parts.add_parser("sample", help="从提供过的解释中随机抽样，写出复核表")
    sample.add_argument("--office", default="", metavar="院代码", help="院代码前缀（默认全部）")
    sample.add_argument("--from", dest="day_from", type=day, metavar="日期", help="提供解释的最早一日")
    sample.add_argument("--to", dest="day_to", type=day, metavar="日期", help="提供解释的最晚一日")
    sample.add_argument("--size", type=int, default=30, metavar="数量", help="抽取份数（默认 30）")
    sample.add_argument(
        "--seed", type=int, default=1, metavar="种子", help="种子：范围、份数、种子相同，样本相同（默认 1）"
    )
    sample.add_argument("--out", type=output_path(SUFFIX), required=True, metavar="文件", help="写入的 xlsx 文件")
    verdicts = parts.add_parser("verdicts", help="收回填好的复核表")
    verdicts.add_argument("file", type=Path, metavar="文件", help="填好的复核表（xlsx）")
    findings = parts.add_parser("findings", help="列出对线索的问题")
    findings.add_argument(
        "--state", choices=("open", "closed", "all"), default="open", metavar="状态", help="状态（默认 open）"
    )
    close = parts.add_parser("close", help="关闭一个问题")
    close.add_argument("finding_id", metavar="编号", help="问题编号（见 findings）")
    close.add_argument("--note", required=True, metavar="文字", help="处理结果")
    for part in (verify, replay, sample, verdicts, findings, close):
        part.add_argument("--home", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    for part in (verify, replay, sample, verdicts, findings):
        add_format(part, "text", "json")
    for part in (sample, verdicts, close):
        add_actor_option(part)


def _run_audit(args: argparse.Namespace) -> int:
    todo = {
        "verify": _verify,
        "replay": _replay,
        "sample": _sample,
        "verdicts": _verdicts,
        "findings": _findings,
        "close": _close,
    }[args.what]
    with Ledger(args.home, existing=True) as ledger:
        return todo(ledger, args)


def _verify(ledger: Ledger, args: argparse.Namespace) -> int:
    result = verify(ledger, args.expect)
    if args.format == "json":
        print_json({**asdict(result), "sound": result.sound})
    else:
        print(f"审计链共 {result.entries} 条，链尾哈希 {result.head}（请另行记下，下次用 --expect 核对）。")
        for problem in result.problems:
            print(problem.sentence)
        print("核验通过：每条记录与其内容、与前一条、与台账各行均相符。" if result.sound else "核验未通过。")
    return 0 if result.sound else 1


def _replay(ledger: Ledger, args: argparse.Namespace) -> int:
    result = replay_score(ledger, args.score_id)
    if args.format == "json":
        print_json({**asdict(result), "as_of": result.as_of.isoformat()})
        return 0 if result.same else 1
    source = "数据池" if result.source == POOL else "台账所存的特征行"
    at = f"截至 {result.as_of}，所重算评分的截止日；数据池第 {result.pool_state} 批次，模型 {result.model_version}"
    print(f"{result.case_no}（{at}）")
    for item in result.gone:
        print(f"已不存在的依据：{item}。")
    print(f"记录的概率 {result.recorded[1]!r}，由{source}重算为 {result.computed[1]!r}。")
    print("逐位一致。" if result.same else f"不一致：{'、'.join(result.differences)}。")
    return 0 if result.same else 1


def _sample(ledger: Ledger, args: argparse.Namespace) -> int:
    settings = settings_of(args)
    order = SampleRequest(args.office, args.day_from, args.day_to, args.size, args.seed)
    sample = take_sample(args.home, ledger, order, settings.actor, settings.threads)
    reasons = sample_reasons(ledger, sample.sample_id)
    write_workbook(args.out, sample_workbook(sample, reasons))
    count = sum(1 for reason in reasons if reason.place)
    if args.format == "json":
        print_json({"sample_id": sample.sample_id, **sample.as_payload(), "reasons": count, "file": str(args.out)})
        return 0
    print(
        f"从提供过的 {sample.served} 份解释中抽取 {sample.drawn} 份，共 {count} 条理由，"
        f"样本号 {sample.sample_id}，已记入台账。"
    )
    print(f"复核表：{args.out}；填好后运行 ./goldenkey audit verdicts {args.out} --actor 操作人。")
    return 0


def _verdicts(ledger: Ledger, args: argparse.Namespace) -> int:
    sample_id, verdicts = read_verdicts(args.file, ledger)
    filing = file_verdicts(ledger, sample_id, verdicts, settings_of(args).actor)
    reviews = {version: write_review_report(ledger, version) for version in sampled_model_versions(ledger, sample_id)}
    if args.format == "json":
        print_json({**asdict(filing), "agreement": reviews})
        return 0
    if filing.new:
        print(f"样本 {sample_id} 的第 {filing.filing} 份复核表已整表采用，共 {filing.rows} 个判断，已记入台账。")
        print(f"新开问题 {filing.opened} 个，因更正关闭 {filing.closed} 个。")
    else:
        print(f"样本 {sample_id} 的第 {filing.filing} 份复核表与此相同，未作改动。")
    for version, body in reviews.items():
        print(_agreement(version, body["overall"]))
    return 0


def _agreement(version: str, overall: dict[str, Any] | None) -> str:
    if overall is None:
        return f"模型 {version}：尚无判断。"
    return (
        f"模型 {version}：{overall['cases']} 案 {overall['judged']} 条理由，有据 {overall['supported']} 条，占"
        f" {100 * overall['share']:.1f} %"
        f"（95 % 区间 {100 * overall['low']:.1f}–{100 * overall['high']:.1f} %，按案聚类）。"
    )


def _findings(ledger: Ledger, args: argparse.Namespace) -> int:
    open_findings = findings(ledger, "" if args.state == "all" else args.state)
    rows = [{**row, "note": mask_numbers(row["note"])} for row in open_findings]
    if args.format == "json":
        print_json(rows)
        return 0

    table = Table(title="对线索的问题（理由被判为误导）")
    for label in ("问题编号", "线索", "样本", "评分编号", "说明", "状态", "提出时间", "处理结果"):
        table.add_column(label, overflow="fold")
    for row in rows:
        clue = f"{row['clue']} {CLUES[row['clue']].label}" if row["clue"] in CLUES else row["clue"]
        state = "待处理" if row["state"] == "open" else "已关闭"
        table.add_row(
            row["finding_id"],
            clue,
            row["sample_id"],
            row["score_id"],
            row["note"],
            state,
            row["opened"][:10],
            row["resolution"],
        )
    open_console(piped_width=150).print(table)
    return 0


def _close(ledger: Ledger, args: argparse.Namespace) -> int:
    close_finding(ledger, args.finding_id, args.note, settings_of(args).actor)
    print(f"已关闭问题 {args.finding_id}，并记入审计链。")
    return 0


COMMANDS: tuple[Command, ...] = (Command("audit", _configure_audit, _run_audit),)
"""Commands of this part of the room."""
