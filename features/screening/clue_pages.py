"""The catalogue for readers: one page per family and an index, written from the declarations and from nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from features.clues.base.clue import Clue, Feature
from features.clues.catalogue import CLUES, FAMILY_LABELS
from features.clues.evidence import EvidenceRow
from features.clues.lineage import Study, source_tables, study
from features.clues.sentence import render_sentence
from features.files.atomic import one_sentence_if_unwritable, write_text
from features.rules import periods
from features.schema import TABLES
from features.schema.sources import COVERAGE_LABELS
from features.screening.screen import screens, thresholds_of

KINDS = {
    "finding": "发现（每行是一处命中，可开立线索）",
    "measure": "度量（各行是数值的基础，本身不是命中）",
    "context": "背景",
}
CHANNELS = {"A": "隐匿财产（进入评分）", "B": "程序违法（不进入评分）", "AB": "隐匿财产和程序违法（进入评分）"}
RISKS = {1: "提高风险", -1: "降低风险", 0: "不固定方向"}
HOWS = {
    "sum": "合计",
    "count": "行数",
    "max": "最大值",
    "min": "最小值",
    "nunique": "不同值的个数",
    "any": "是否存在",
    "first": "最早一行的值",
}
_PARTIES = {"person": "自然人被执行人", "company": "单位被执行人"}
_WHO = {"vehicles": "浙Z99912", "acquired": "浙Z99912", "registered": "99A0000123", "procedure": "（2023）浙9901执1号"}
_ANCHORS = (
    "t_debt",
    "t_suit",
    "t_srv",
    "t_jdg",
    "t_jdgsv",
    "t_eff",
    "t_apply",
    "t_enf",
    "t_ntc",
    "t_rpt",
    "t_rptret",
    "t_lim",
    "t_zb",
)
_JOINED = {"ANTI": "不存在：", "SEMI": "存在：", "LEFT": "附带：", "OUTER": "附带："}
_PER = {"debt": "÷未履行额"}


def write_docs(folder: Path) -> list[Path]:
    """Write every page under `folder`; pages of families that are gone are removed.

    Raises:
        GoldenKeyError: the folder cannot be written.
    """
    made = pages()
    with one_sentence_if_unwritable(folder):
        for name, text in made.items():
            write_text(folder / name, text)
        for old in folder.glob("*.md"):
            if old.name not in made:
                old.unlink()
    return [folder / name for name in made]


def pages() -> dict[str, str]:
    """The pages by file name: README.md (the index) first, then one per family."""
    families: dict[str, list[Clue]] = {}
    for clue in CLUES.values():
        families.setdefault(clue.family, []).append(clue)
    studied = study(CLUES.values())
    made = {f"{family}.md": _page(family, clues, studied) for family, clues in families.items()}
    return {"README.md": _index(families), **made}


def _index(families: dict[str, list[Clue]]) -> str:
    lines = [
        "# 线索目录",
        "",
        "本目录由代码中的声明生成（`./goldenkey clues docs --out docs/clues`），不要手工修改；"
        "声明变了而未重新生成，测试不通过。",
        "所有线索都是待核实的事项，不是证据。标有（待核）的法条未核对原文。",
        "",
    ]
    for family, clues in families.items():
        lines += [f"## [{FAMILY_LABELS[family]}]({family}.md)", "", "| 编号 | 名称 | 类别 | 通道 | 所需数据 |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        lines += [
            f"| [{c.id}]({family}.md#{_anchor(c)}) | {c.label} | {KINDS[c.kind].split('（')[0]} | "
            f"{CHANNELS[c.channel].split('（')[0]} | {_sources(c)} |"
            for c in clues
        ]
        lines.append("")
    return "\n".join(lines)


def _page(family: str, clues: Sequence[Clue], studied: dict[str, Study]) -> str:
    lines = [f"# {FAMILY_LABELS[family]}", "", f"[目录](README.md) · 共 {len(clues)} 条线索 · `features/clues/`", ""]
    for clue in clues:
        lines += [*_section(clue, studied[clue.id]), ""]
    return "\n".join(lines)


def _section(clue: Clue, found: Study) -> Iterator[str]:
    used = [screen.name for screen in screens().values() if clue.kind != "context" and screen.holds(clue)]
    yield f'<a id="{_anchor(clue)}"></a>'
    yield ""
    yield f"## {clue.id} {clue.label}"
    yield ""
    yield f"- 类别：{KINDS[clue.kind]}"
    yield f"- 通道：{CHANNELS[clue.channel]}；方向：{RISKS[clue.risk]}"
    yield f"- 所需数据：{_sources(clue)}{_needs_note(clue)}"
    if used:
        yield f"- 所属监督模型：{'、'.join(used)}"
    yield f"- 依据：{clue.law}"
    yield f"- 例句（所填为虚构）：{_example(clue)}"
    yield f"- 应先排除的正当情形：{'；'.join(clue.innocent) or '无'}"
    yield f"- 下一步核查：{clue.next_step}"
    yield ""
    yield f"**规则**（代码说明原文）：{_doc(clue)}"
    yield ""
    conditions = _conditions(found.query)
    if conditions:
        yield "由规则编译得到的条件（列名见数据表，`截止日` 为运行之日）："
        yield ""
        yield from (f"- `{text}`" for text in conditions)
        yield ""
    yield from _limits(clue, found.query)
    yield from _tables(clue, found)
    yield from _features(clue.features)


def _limits(clue: Clue, query: str) -> Iterator[str]:
    own = thresholds_of(clue)
    if own:
        yield "| 阈值 | 说明 | 值 | 可设范围 | 来源 |"
        yield "| --- | --- | ---: | --- | --- |"
        for one in own:
            span = f"{one.low:g} 至 {one.high:g}"
            yield f"| {one.id} | {one.label} | {one.value:g}{one.unit} | {span} | {one.source} |"
        yield ""
    named = set(re.findall(r"'(T-[A-Z0-9-]+)'", query))
    rules = [rule for rule in periods.RULES if rule.id in named]
    if rules:
        yield "| 期限 | 说明 | 值 | 施行 | 来源 |"
        yield "| --- | --- | ---: | --- | --- |"
        for rule in rules:
            until = "" if rule.effective_to == periods.FOREVER else f"至 {rule.effective_to}"
            row = (rule.id, rule.label, f"{rule.value} {rule.unit}", f"{rule.effective_from} 起{until}", rule.cited)
            yield f"| {' | '.join(row)} |"
        yield ""


def _tables(clue: Clue, found: Study) -> Iterator[str]:
    needed = {name for source in (*clue.needs.sources, "COURT") for name in source_tables(source)}
    rows = sorted(found.reads.items(), key=lambda item: (item[0] not in needed, list(TABLES).index(item[0])))
    if not rows:
        return
    yield "| 数据表 | | 使用的列 |"
    yield "| --- | --- | --- |"
    for name, columns in rows:
        labels = [f"{column.label}（{column.name}）" for column in TABLES[name].columns if column.name in columns]
        yield f"| {TABLES[name].label}（{name}） | {'必需' if name in needed else '有则使用'} | {'、'.join(labels)} |"
    yield ""


def _features(features: Iterable[Feature]) -> Iterator[str]:
    if not features:
        return
    yield "| 特征 | 名称 | 单位 | 算法 |"
    yield "| --- | --- | --- | --- |"
    for feature in features:
        of = f"“{feature.of}”的" if feature.of else ""
        where = f"（仅 {feature.where}）" if feature.where else ""
        cap = f"，上下限 ±{feature.cap:g}" if feature.cap is not None else ""
        how = f"{of}{HOWS[feature.how]}{where}{_PER.get(feature.per, '')}{cap}"
        yield f"| {feature.name} | {feature.label} | {feature.unit} | {how} |"
    yield ""


def _conditions(query: str) -> list[str]:
    """Conditions of a query on its rows, in the order of its text, each once."""
    found: dict[str, None] = {}
    for node in sqlglot.parse_one(query, dialect="duckdb").find_all(exp.Where, exp.Join, bfs=False):
        held = node.this if isinstance(node, exp.Where) else node.args.get("on")
        said = (
            ""
            if isinstance(node, exp.Where)
            else _JOINED.get(str(node.args.get("side") or node.args.get("kind") or ""), "")
        )
        for part in held.flatten() if isinstance(held, exp.And) else [held] if held is not None else []:
            plain = part.unnest()
            if isinstance(plain, exp.EQ) and _same(plain):
                continue
            found[said + _condition_text(plain)] = None
    return list(found)


def _same(equal: exp.EQ) -> bool:
    """Whether both sides are a column of one name: what every join says."""
    left, right = equal.this, equal.expression
    return isinstance(left, exp.Column) and isinstance(right, exp.Column) and left.name == right.name


def _condition_text(part: Any) -> str:
    bare = part.copy()
    for column in bare.find_all(exp.Column):
        column.set("table", None)
        column.this.set("quoted", False)
    text = re.sub(r"goldenkey_today\(\)", "截止日", bare.sql(dialect="duckdb"), flags=re.IGNORECASE)
    return " ".join(text.split()).replace("`", "'").replace("|", "¦")


def _example(clue: Clue) -> str:
    """The sentence filled from two invented rows."""
    who = _WHO.get(clue.family, "张测试")
    rows = [
        EvidenceRow(date(2023, 8, 1), 5_000_000, who, "示例说明", ()),
        EvidenceRow(date(2023, 11, 20), 3_000_000, who, "示例说明", ()),
    ]
    anchors = {name: date(2022, 3, 1) + timedelta(days=40 * place) for place, name in enumerate(_ANCHORS)}
    return render_sentence(clue.sentence, rows, anchors, 20_000_000)


def _doc(clue: Clue) -> str:
    return " ".join((clue.rows.__doc__ or "").split())


def _sources(clue: Clue) -> str:
    return "、".join(COVERAGE_LABELS.get(source, source) for source in clue.needs.sources) or "—"


def _needs_note(clue: Clue) -> str:
    said = [f"仅适用于{_PARTIES[clue.needs.party]}"] if clue.needs.party in _PARTIES else []
    if clue.needs.since:
        said.append(f"须已知 {clue.needs.since}，流水须回溯到该日")
    return f"（{'；'.join(said)}）" if said else ""


def _anchor(clue: Clue) -> str:
    return clue.id.lower()
