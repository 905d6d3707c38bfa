"""Reports on a model version (backtest, gate, audits ...): one JSON file each, beside the model's folder, never in it.

A version is a digest of the model's own files, which later reports must not change. A report is written atomically; its
digest is recorded in the audit chain when somebody acts on it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.errors import GoldenKeyError, NotFoundError
from features.files.atomic import write_text

REPORTS: Mapping[str, str] = {
    "training": "训练与数据",
    "labels": "标签与缺口",
    "backtest": "回测",
    "gate": "准入检验",
    "burden": "分组负担",
    "explanations": "解释检查",
    "review": "人工复核解释",
    "change": "与在用模型的差异",
    "population": "总体估计",
}
"""Reports by name, with their 中文 heading in the card."""


def write_report(home: Path, version: str, name: str, body: Mapping[str, Any]) -> str:
    """Write one report of a model, replacing an earlier one, and return its SHA-256.

    Raises:
        GoldenKeyError: the report is unknown, or its content is not JSON (NaN and infinity are not).
    """
    path = _path(home, version, name)
    try:
        text = _text(body)
    except (TypeError, ValueError) as error:
        raise GoldenKeyError(f"模型 {version} 的“{REPORTS[name]}”材料含有无法写成 JSON 的内容：{error}。") from error
    write_text(path, text)
    return hashlib.sha256(text.encode()).hexdigest()


def report_digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of a report with this content."""
    return hashlib.sha256(_text(body).encode()).hexdigest()


def read_report(home: Path, version: str, name: str) -> dict[str, Any] | None:
    """One report of a model, None if it was not written; GoldenKeyError when it cannot be read."""
    path = _path(home, version, name)
    try:
        body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise GoldenKeyError(f"模型 {version} 的“{REPORTS[name]}”材料已损坏，无法读取；请重新生成。") from error
    return body


def report_digests(home: Path, version: str) -> dict[str, str]:
    """SHA-256 of every report a model has, by name."""
    digests = {}
    for name in REPORTS:
        path = _path(home, version, name)
        if path.exists():
            digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return digests


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _path(home: Path, version: str, name: str) -> Path:
    if name not in REPORTS:
        raise GoldenKeyError(f"没有名为 {name} 的模型材料，可用的有 {'、'.join(REPORTS)}。")
    if not version or Path(version).name != version:
        raise NotFoundError(f"没有版本为 {version or '（空）'} 的模型。")
    return Path(home) / "models" / "papers" / version / f"{name}.json"
