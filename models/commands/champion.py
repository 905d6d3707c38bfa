"""Commands of the model in use: `champion` (status, history, replay), `promote` by two people, `rollback` by one."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from features.command import Command, add_format, day
from features.errors import GoldenKeyError
from models.audit.replay_model import replay_model, restore_model
from models.database.engine import reading
from models.ledger.actors import acting
from models.ledger.ledger import Ledger
from models.registry import champion
from models.registry.approver_identity import read_token
from models.registry.champion import Tenure
from models.registry.promotion import ANSWERS, promote, reconcile, rollback


def configure_champion(parser: argparse.ArgumentParser) -> None:
    """Arguments of `champion`."""
    parser.add_argument("--on", type=day, metavar="日期", help="这一天（本地时间）用的是哪个模型、当天以哪个模型评过分")
    parser.add_argument("--replay", metavar="版本", help="从登记处取出该模型，与模型目录和批准记录逐字节核对")
    parser.add_argument("--restore", metavar="版本", help="模型目录损坏时，从登记处把该模型逐字节恢复到模型目录")
    add_format(parser, "table", "json")


def run_champion(args: argparse.Namespace) -> int:
    """Print which model is in use, who approved it and on what evidence."""
    with Ledger(args.home, existing=True) as ledger:
        if args.restore:
            return _restore(ledger, args)
        return _replay(ledger, args) if args.replay else _status(ledger, args)


def _status(ledger: Ledger, args: argparse.Namespace) -> int:
    if args.on is not None and args.on > date.today():
        raise GoldenKeyError(f"{args.on} 在将来，无从回答用的是哪个模型；应为今天（{date.today()}）或以前。")
    now = reconcile(ledger)
    with reading(ledger.engine) as connection:
        tenures: Sequence[Tenure] = champion.tenures(connection)
        warned = champion.promotion_warnings(connection)
        scored = champion.scoring_runs_on_day(connection, args.on) if args.on is not None else ()
        waiting = [one for one in champion.all_approvals(connection) if one.state == "open"]
    if args.on is not None:
        tenures = champion.tenures_on_day(tenures, args.on)
    if args.format == "json":
        _json(
            {
                "in_use": now.version,
                "provisional": now.version is not None and now.tenure is None,
                "note": now.note,
                "restored": now.restored,
                "on": args.on.isoformat() if args.on else None,
                "scored": [asdict(one) for one in scored],
                "history": [one.as_shown() | {"warning": warned.get(one.number, "")} for one in tenures],
                "waiting": [asdict(one) for one in waiting],
            }
        )
        return 0
    _print_status(now, tenures, args.on, warned)
    for run in scored:
        state = "当时为经批准的在用模型" if run.approved else "当时未经批准，暂用"
        summary = f"评 {run.as_of} 的 {run.rows} 件（{state}），批次 {run.run_id}"
        print(f"评分：{_time(run.at)} 以模型 {run.version} {summary}。")
    if args.on is not None and not scored:
        print(f"台账中没有 {args.on} 当天所作或截止该日的评分。")
    for one in waiting:
        print(f"待第二人批准：模型 {one.version}，{one.actor} 已于 {_time(one.at)} 批准。")
    return 0


def _print_status(now: Any, tenures: Sequence[Tenure], day: date | None, warned: Mapping[int, str]) -> None:
    for sentence in now.restored:
        print(sentence)
    print(now.note or f"在用模型：{now.version}（自 {_time(now.tenure.since)} 起）。")
    if not tenures:
        if day is not None:
            print(f"{day} 当天没有经批准的在用模型。")
        return

    print("在用模型的历史：" if day is None else f"{day} 的在用模型：")
    for one in tenures:
        names = "、".join(name for name in (one.first_by, one.second_by) if name)
        why = "两人批准启用" if one.why == "promotion" else "回退"
        end = _time(one.until) if one.until else "今"
        gate = ANSWERS.get(one.gate_answer, one.gate_answer)
        print(f"{one.number}. {one.version}　{_time(one.since)} 至{end}　{why}")
        print(f"   训练：{one.trained_by}　批准：{names}　准入检验：{gate}（材料 {one.gate_sha256[:12]}）")
        if one.reason:
            print(f"   说明：{one.reason}")
        if one.number in warned:
            print(f"   {warned[one.number]}")


def _replay(ledger: Ledger, args: argparse.Namespace) -> int:
    replayed = replay_model(ledger, args.replay)
    if args.format == "json":
        _json({**asdict(replayed), "same": replayed.same})
        return 0 if replayed.same else 1
    for name, digest in replayed.fetched.items():
        print(f"{digest}  {name}")
    for sentence in replayed.differences:
        print(f"不一致：{sentence}。")
    if replayed.same:
        against = "、模型目录与批准记录" if replayed.approved else "与模型目录（该版本未经批准）"
        print(f"模型 {replayed.version}：登记处{against}逐字节一致。")
    return 0 if replayed.same else 1


def _restore(ledger: Ledger, args: argparse.Namespace) -> int:
    restored = restore_model(ledger, args.restore, acting(None))
    if args.format == "json":
        _json(asdict(restored))
    elif not restored.changed:
        print(f"模型 {restored.version} 的目录与登记处逐字节一致，无须恢复。")
    else:
        old_folder = f"，原目录移至 models/.damaged/{restored.aside}" if restored.aside else ""
        print(f"模型 {restored.version} 已从登记处恢复（{'、'.join(restored.changed)}）{old_folder}，并记入审计链。")
    return 0


def configure_promote(parser: argparse.ArgumentParser) -> None:
    """Arguments of `promote`."""
    parser.add_argument("version", metavar="版本", help="已登记并经准入检验的模型")
    parser.add_argument("--by", required=True, metavar="姓名", help="批准人：名册中在用的人员，不得是训练者")
    _add_token(parser)
    parser.add_argument("--note", default="", metavar="文字", help="批准意见")
    parser.add_argument(
        "--despite-evidence", default="", metavar="理由", help="准入检验“证据不足”时仍予启用的理由，两位批准人都须写明"
    )
    add_format(parser, "table", "json")


def run_promote(args: argparse.Namespace) -> int:
    """Approve a challenger; the second person's approval puts it in use."""
    with Ledger(args.home) as ledger:
        promotion = promote(
            ledger, args.version, args.by, args.note, args.despite_evidence, read_token(args.token_file)
        )
    if args.format == "json":
        _json(
            {
                "approval": asdict(promotion.approval),
                "champion": promotion.tenure.as_shown() if promotion.tenure else None,
                "warning": promotion.warning,
            }
        )
    elif promotion.tenure is None:
        print(f"已记下{args.by}对模型 {args.version} 的批准；还须另一人批准后才启用。")
    else:
        print(
            f"模型 {args.version} 已由{promotion.tenure.first_by}、{promotion.tenure.second_by}两人批准，现为在用模型。"
        )
    if promotion.warning and args.format != "json":
        print(promotion.warning)
    return 0


def configure_rollback(parser: argparse.ArgumentParser) -> None:
    """Arguments of `rollback`."""
    parser.add_argument("--by", required=True, metavar="姓名", help="决定回退的人：名册中在用的人员，一人即可")
    _add_token(parser)
    parser.add_argument("--reason", required=True, metavar="理由", help="回退的原因")
    add_format(parser, "table", "json")


def run_rollback(args: argparse.Namespace) -> int:
    """Go back to the model the present one replaced."""
    with Ledger(args.home) as ledger:
        tenure = rollback(ledger, args.by, args.reason, read_token(args.token_file))
    if args.format == "json":
        _json(tenure.as_shown())
    else:
        print(f"已由{args.by}回退：模型 {tenure.replaced} 停用，恢复使用 {tenure.version}，并记入审计链。")
    return 0


def _add_token(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--token-file", type=Path, metavar="文件", help="本人访问令牌所在文件（- 为标准输入）；领有令牌的人必须出示"
    )


def _json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


def _time(text: str) -> str:
    """A UTC time of the chain as local time, to the minute."""
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"


COMMANDS = (
    Command("champion", configure_champion, run_champion),
    Command("promote", configure_promote, run_promote),
    Command("rollback", configure_rollback, run_rollback),
)
