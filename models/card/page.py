"""The model card: one self-contained page per version, from the registry, the ledger and the reports of the version.

Styles and the plot are inlined, so the page opens offline. A report that was not written is shown as missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Engine

from features.clues.catalogue import CLUES
from features.files.atomic import write_output
from features.schema import TABLES
from models.card.blocks import CardBlock, report_blocks, table_block
from models.card.labels import label_of
from models.database.engine import database_url, open_database, reading
from models.reasons import format as formatting
from models.registry import champion, registry, reports
from models.scoring.head import KINDS
from models.scoring.model import HEAD_LABELS, HEADS, Model

MISSING = "尚未生成"
"""Shown in place of a report that was not written."""

PURPOSE = (
    "给已终结本次执行程序的民事执行案件排序，供检察人员在有限的人力内决定先审查哪些案件是否有疑似被隐匿、转移的财产。",
    "输出是概率、预计可回收金额和逐条理由，均为待核实的线索；不是证据，不是对任何人的结论，也不代替办案人员的判断。",
)

LIMITS = (
    "只看数据池在截止日已知悉的材料；未取得的来源按“数据不足”对待，不当作没有问题。",
    "标签只来自经过审查的案件，而审查什么部分由此前的清单和信访决定：清单以外的情况只能由随机层推算。",
    "概率在训练时段之后的案件上校准；法律、流程或隐匿手法改变后须重新检验。",
    "监督结果、承办人、法院不作为模型的输入；分组差异只报告，不自动修正。",
    "不得用于对个人的信用评价、处罚、限制措施的自动作出，或本页所列目的以外的用途。",
)
"""Limits that hold for every version."""

ASSESSMENT = (
    (
        "处理目的、处理方式是否合法、正当、必要",
        "履行民事执行法律监督职责；法律依据：个人信息保护法第十三条第一款第三项、第三十四条，人民检察院民事诉讼监督规则。"
        "逐项说明必要性：",
    ),
    ("所处理的个人信息种类（含敏感个人信息）", ""),
    (
        "自动化决策的透明度和结果公平、公正（第二十四条）",
        "逐条理由、依据行、分组负担见本页；结果均由人作出决定。补充：",
    ),
    ("对个人权益的影响及安全风险", "误列给当事人带来的负担见“分组负担”。本单位评估："),
    (
        "所采取的保护措施是否合法、有效并与风险程度相适应",
        "隔离网络运行、脱敏显示、按院限定的令牌、审计链、双人批准、按保存期限删除。本单位补充：",
    ),
    ("保存期限与删除安排", "评估报告和处理情况记录至少保存三年（第五十六条）。原始数据的保存期限："),
    ("评估结论", ""),
    ("评估人、审批人、日期", ""),
)
"""Questions of the impact assessment (PIPL articles 55-56) with the answers known in advance; the rest is by hand."""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page; `missing` where the report it is made from was not written."""

    title: str
    blocks: tuple[CardBlock, ...] = ()
    missing: bool = False


def render_card(home: Path, version: str) -> str:
    """The card of a registered model as HTML.

    Raises:
        NotFoundError: there is no such model. ModelFault: its folder was changed. GoldenKeyError: a report is damaged.
    """
    model = registry.load(home, version)
    entry = next((item for item in registry.registered_models(home) if item.version == version), None)
    bodies = {name: reports.read_report(home, version, name) for name in reports.REPORTS}
    tenures, acts = _approvals(home, version)
    content = {
        "version": version,
        "state": _state(tenures),
        "registered": entry.registered_at if entry else "未登记",
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "purpose": PURPOSE,
        "limits": LIMITS,
        "notes": model.notes,
        "sections": [
            Section("数据与指纹", _data(model, entry)),
            Section("标签", (_counts(model),)),
            *_report_sections(bodies, "training", "labels"),
            Section("指标", _metrics(model, entry)),
            *_report_sections(bodies, "backtest", "population", "burden", "explanations", "review"),
            _gate(bodies["gate"]),
            Section(
                "批准与启用", (tenures, acts) if tenures.rows or acts.rows else (), not (tenures.rows or acts.rows)
            ),
            *_report_sections(bodies, "change"),
            Section("材料清单", (_digests(home, version),)),
        ],
        "assessment": _assessment(),
        "missing": MISSING,
        "disclaimer": formatting.DISCLAIMER,
    }
    return _PAGE.get_template("card.html.j2").render(**content)


def write_card(home: Path, version: str, path: Path) -> Path:
    """Write the card of a model to a file, atomically; errors as for `render_card`."""
    write_output(path, render_card(home, version))
    return path


def _data(model: Model, entry: registry.RegisteredModel | None) -> tuple[CardBlock, ...]:
    facts = {
        "训练截止日": formatting.format_date(model.as_of),
        "数据池批次": str(model.pool_state),
        "训练数据指纹": model.fingerprint,
        "线索目录版本": model.catalogue_version,
        "程序版本": entry.code if entry else "未登记",
        "MLflow 版本": entry.mlflow_version if entry else "未登记",
        "输入列数": f"{len(model.columns):,}",
        **{HEAD_LABELS[name]: KINDS[model.head(name)[0].kind] if name in model.heads else "无" for name in HEADS},
    }
    settings = table_block([{"设置": name, "取值": value} for name, value in sorted(model.settings.items())])
    names = sorted({clue for column in model.columns if (clue := model.clue_of.get(column))})
    known = [{"线索": name, "名称": CLUES[name].label} for name in names if name in CLUES]
    blocks = [CardBlock("facts", rows=tuple(facts.items())), CardBlock("heading", "训练设置"), settings]
    if known:
        listed = "；".join(f"{row['线索']} {row['名称']}" for row in known)
        blocks += [CardBlock("heading", f"进入模型的线索（{len(known)} 条）"), CardBlock("text", listed)]
    return tuple(blocks)


def _counts(model: Model) -> CardBlock:
    rows = [{"部分": HEAD_LABELS.get(head, head), **counts} for head, counts in sorted(model.counts.items())]
    return table_block(rows)


def _metrics(model: Model, entry: registry.RegisteredModel | None) -> tuple[CardBlock, ...]:
    calibration = model.calibration
    facts = (
        (
            "校准直线",
            f"斜率 {calibration.slope:.4f}，截距 {calibration.intercept:+.4f}"
            f"（{calibration.labels} 个标签，{calibration.positives} 个正例）",
        ),
    )
    blocks = [CardBlock("facts", rows=facts)]
    if entry and entry.metrics:
        blocks.append(
            table_block([{"指标": label_of(name), "取值": value} for name, value in sorted(entry.metrics.items())])
        )
    else:
        blocks.append(CardBlock("text", "登记时没有测得的指标。"))
    return tuple(blocks)


def _report_sections(bodies: Mapping[str, dict[str, Any] | None], *names: str) -> list[Section]:
    return [
        Section(
            reports.REPORTS[name],
            report_blocks(_money(body) if name == "population" else body) if body else (),
            body is None,
        )
        for name in names
        for body in [bodies[name]]
    ]


def _money(body: Mapping[str, Any]) -> dict[str, Any]:
    """The population report with `_fen` appended to the names of its amounts."""
    return {f"{name}_fen" if name in ("amount", "amount_below") else name: value for name, value in body.items()}


def _gate(body: dict[str, Any] | None) -> Section:
    """The gate: the answer, then every check, its own columns first."""
    title = reports.REPORTS["gate"]
    if body is None:
        return Section(title, missing=True)
    first = ("check", "answer", "figure", "bound", "note")
    checks = body.get("checks")
    table: list[CardBlock] = []
    if isinstance(checks, list) and all(isinstance(row, Mapping) for row in checks):
        named = [{**row, "check": row.get("label") or label_of(str(row.get("check", "")))} for row in checks]
        ordered = [{name: row[name] for name in (*first, *row) if name in row and name != "label"} for row in named]
        table = [CardBlock("heading", "检验项"), table_block(ordered)]
        body = {name: value for name, value in body.items() if name != "checks"}
    return Section(title, (*report_blocks(body), *table))


def _digests(home: Path, version: str) -> CardBlock:
    digests = reports.report_digests(home, version)
    return table_block(
        [{"材料": label, "SHA-256": digests.get(name, MISSING)} for name, label in reports.REPORTS.items()]
    )


def _approvals(home: Path, version: str) -> tuple[CardBlock, CardBlock]:
    """When the model was in use and who approved it, and every approval given; creates no database."""
    tenures: list[dict[str, Any]] = []
    acts: list[dict[str, Any]] = []
    if (engine := _engine(home)) is not None:
        try:
            with reading(engine) as connection:
                tenures = [_tenure_row(one) for one in champion.tenures(connection) if one.version == version]
                acts = [_approval_row(one) for one in champion.all_approvals(connection) if one.version == version]
        finally:
            engine.dispose()
    return table_block(tenures), table_block(acts)


def _engine(home: Path) -> Engine | None:
    url = database_url(home)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        return None
    return open_database(home, url)


def _tenure_row(one: champion.Tenure) -> dict[str, Any]:
    return {
        "启用": one.since,
        "停用": one.until or "在用",
        "方式": one.why,
        "训练人": one.trained_by,
        "第一批准人": f"{one.first_by}（{one.first_at}）",
        "第二批准人": f"{one.second_by}（{one.second_at}）" if one.second_by else "—",
        "准入检验": one.gate_answer,
        "此前在用": one.replaced or "无",
        "理由": one.reason,
    }


def _approval_row(one: champion.Approval) -> dict[str, Any]:
    return {
        "批准人": one.actor,
        "时间": one.at,
        "当时的准入检验": one.gate_answer,
        "材料指纹": one.gate_sha256,
        "证据不足仍批准的理由": one.reason,
        "附言": one.note,
        "状态": one.state,
    }


def _state(tenures: CardBlock) -> str:
    if not tenures.rows:
        return "未经批准启用（候选，或临时使用）"
    return "在用" if any("在用" in row for row in tenures.rows) else "曾在用，现已停用"


def _assessment() -> list[tuple[str, str]]:
    personal = [
        f"{source.label}（{'、'.join(column.label for column in source.columns if column.personal)}）"
        for source in TABLES.values()
        if any(column.personal for column in source.columns)
    ]
    listed = "数据表中按个人信息管理的列：" + "；".join(personal) + "。其中敏感个人信息："
    return [(question, listed if "种类" in question else prompt) for question, prompt in ASSESSMENT]


_PAGE = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
