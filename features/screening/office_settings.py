"""An office's own settings of clues: which screens it runs, which clues are off, its thresholds; and their exchange.

They stand in a TOML file (`home/settings/clues.toml` once installed):

```toml
[office]
name = "某某县人民检察院"
code = "339901"

[models]
use = ["vehicle_sealing", "judicial_auction"]   # left out: all

[clues]
M2C = false                                     # a clue that is switched off

[thresholds]
"E11D-DAYS" = 20                                # in the unit of the threshold
```

A package is the same file with the version of the catalogue it was made with and a checksum; another office checks and
installs it. Settings apply where findings and leads are shown. Neither the matrix nor trained models use them.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from features.clues import catalogue
from features.clues.base.clue import Clue
from features.errors import GoldenKeyError
from features.files.archives import BROKEN_ZIP
from features.files.atomic import replacing_output, write_output, write_text
from features.rules.thresholds import Thresholds, shipped_thresholds
from features.screening.screen import screens

FORMAT = 1
MEMBER = "office-model.toml"
"""Name of the settings inside a zip package."""
LIMIT = 1_000_000
"""Bytes beyond which a settings file is no settings file."""
_SECTIONS = ("office", "models", "clues", "thresholds", "package", "versions")


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """The settings of an office.

    Attributes:
        office: name and code, as written.
        use: ids of the screens it runs; empty for all.
        off: clues switched off.
        thresholds: the values in force.
    """

    office: Mapping[str, str] = field(default_factory=dict)
    use: tuple[str, ...] = ()
    off: frozenset[str] = frozenset()
    thresholds: Thresholds = field(default_factory=Thresholds)

    def runs(self, clue: Clue) -> bool:
        """Whether a clue is switched on and belongs to a screen the office runs."""
        if clue.id in self.off:
            return False
        return not self.use or any(screens()[name].holds(clue) for name in self.use)

    def shown(self) -> list[str]:
        """Ids of the clues that are shown; context is always shown."""
        return [clue.id for clue in catalogue.CLUES.values() if clue.kind == "context" or self.runs(clue)]


def settings_file(home: Path) -> Path:
    """Where the settings of the office stand once installed."""
    return home / "settings" / "clues.toml"


def installed_settings(home: Path) -> OfficeSettings:
    """The settings installed under `home`; those that ship when there are none."""
    path = settings_file(home)
    return read_settings(path) if path.exists() else OfficeSettings()


def read_settings(path: Path) -> OfficeSettings:
    """The settings in a TOML file, a package or not.

    Raises:
        GoldenKeyError: the file cannot be read, or names an unknown screen, clue or threshold, or a value out of
            bounds; one sentence with all of it.
    """
    return _checked(_read_toml(path), path.name)


def load_package(path: Path) -> tuple[OfficeSettings, tuple[str, ...]]:
    """The settings of a package, and warnings: what differs where it was made with another catalogue.

    Raises:
        GoldenKeyError: it is no package, was altered, or does not fit this catalogue.
    """
    raw = _read_toml(path)
    package = raw.get("package")
    if not isinstance(package, dict) or package.get("format") != FORMAT:
        raise GoldenKeyError(
            f"“{path.name}”不是模型包：缺少 [package] 或格式版本不是 {FORMAT}，请用 clues package 导出。"
        )
    if package.get("checksum") != _checksum(raw):
        raise GoldenKeyError(f"模型包“{path.name}”的校验值不符：内容在导出后被改动或传输中损坏，请重新取得。")
    return _checked(raw, path.name), _differences(raw)


def install_settings(home: Path, settings: OfficeSettings) -> Path:
    """Put settings in force under `home`; the file appears whole or not at all."""
    path = settings_file(home)
    write_text(path, _as_toml(_as_sections(settings)))
    return path


def export_package(settings: OfficeSettings, path: Path) -> Path:
    """Write settings as a package another office can load: .toml, or .zip with an explanation beside it.

    Raises:
        GoldenKeyError: the file name ends otherwise, or the file cannot be written.
    """
    if path.suffix.lower() not in (".toml", ".zip"):
        raise GoldenKeyError(f"模型包 {path.name} 的类型不支持：须为 .toml 或 .zip。")
    raw = _as_sections(settings)
    raw["package"] = {"format": FORMAT, "catalogue": catalogue.VERSION}
    raw["versions"] = dict(clue_versions())
    raw["package"]["checksum"] = _checksum(raw)
    text = _as_toml(raw)
    if path.suffix.lower() == ".toml":
        write_output(path, text)
        return path
    with replacing_output(path) as scratch, zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in ((MEMBER, text), ("说明.txt", _explanation(settings))):
            package.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content)
    return path


@cache
def clue_versions() -> Mapping[str, str]:
    """A hash of each clue: its declaration, the code of its rows, the thresholds that bear its id."""
    found = {}
    for clue in catalogue.CLUES.values():
        own = [repr(one) for id, one in shipped_thresholds().items() if id == clue.id or id.startswith(f"{clue.id}-")]
        declaration = (
            clue.label,
            clue.kind,
            clue.channel,
            clue.needs,
            clue.features,
            clue.sentence,
            clue.law,
            clue.risk,
        )
        text = "\0".join([repr(declaration), inspect.getsource(clue.rows), *own])
        found[clue.id] = hashlib.sha256(text.encode()).hexdigest()[:12]
    return found


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as package:
                if package.getinfo(MEMBER).file_size > LIMIT:
                    raise GoldenKeyError(f"设置文件“{path.name}”过大，不是模型包。")
                content = package.read(MEMBER)
        else:
            content = path.read_bytes()
        return tomllib.loads(content.decode("utf-8-sig"))
    except BROKEN_ZIP as error:  # of the text too: no UTF-8 and no TOML are values it does not take
        raise GoldenKeyError(f"设置文件“{path.name}”无法读取（{str(error) or '不完整'}）。") from error


def _checked(raw: Mapping[str, Any], name: str) -> OfficeSettings:
    problems = [f"不认识的项 {key}" for key in sorted(set(raw) - set(_SECTIONS))]
    parts = {key: raw.get(key, {}) for key in _SECTIONS}
    problems += [f"[{key}] 应为一组设置" for key, part in parts.items() if not isinstance(part, dict)]
    if problems:
        raise GoldenKeyError(f"设置文件“{name}”有误：{'；'.join(problems)}。")
    use = parts["models"].get("use", [])
    use = use if isinstance(use, list) else [use]
    problems += [f"没有名为 {screen} 的模型" for screen in use if screen not in screens()]
    for clue, on in parts["clues"].items():
        if clue not in catalogue.CLUES:
            problems.append(f"没有编号为 {clue} 的线索")
        elif not isinstance(on, bool):
            problems.append(f"线索 {clue} 应为 true 或 false，实为 {on}")
    values = Thresholds()
    for id, value in parts["thresholds"].items():
        try:
            values = values.overlaid({id: value})
        except GoldenKeyError as error:
            problems.append(str(error).removesuffix("。"))
    if problems:
        raise GoldenKeyError(f"设置文件“{name}”有误：{'；'.join(problems)}。")
    off = frozenset(clue for clue, on in parts["clues"].items() if not on)
    return OfficeSettings({str(k): str(v) for k, v in parts["office"].items()}, tuple(use), off, values)


def _as_sections(settings: OfficeSettings) -> dict[str, Any]:
    return {
        "office": dict(settings.office),
        "models": {"use": list(settings.use)} if settings.use else {},
        "clues": dict.fromkeys(sorted(settings.off), False),
        "thresholds": dict(sorted(settings.thresholds.changed.items())),
    }


def _checksum(raw: Mapping[str, Any]) -> str:
    package = {key: value for key, value in raw["package"].items() if key != "checksum"}
    whole = {key: raw.get(key, {}) for key in _SECTIONS} | {"package": package}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _differences(raw: Mapping[str, Any]) -> tuple[str, ...]:
    made_with, mine = raw["package"].get("catalogue"), catalogue.VERSION
    if made_with == mine:
        return ()
    theirs: Mapping[str, str] = raw.get("versions", {})
    own = clue_versions()
    declaration = [
        ("规则有变化", [id for id in own if id in theirs and theirs[id] != own[id]]),
        ("本机新增", [id for id in own if id not in theirs]),
        ("本机没有", [id for id in theirs if id not in own]),
    ]
    parts = [f"{what}：{'、'.join(ids)}" for what, ids in declaration if ids] or [
        "各线索的规则相同，共用的事实或期限配置有变化"
    ]
    return (f"模型包的目录版本为 {made_with}，本机为 {mine}，同一阈值下结果可能不同（{'；'.join(parts)}）。",)


def _as_toml(raw: Mapping[str, Any]) -> str:
    """The settings as TOML; strings and numbers are written as JSON writes them, which TOML reads alike."""
    lines = ["# 线索设置：模型选用、线索开关、阈值（单位见线索目录）。只用于展示发现和线索，不影响评分模型。"]
    for section, values in raw.items():
        if values:
            lines += ["", f"[{section}]"]
            lines += [
                f"{json.dumps(k, ensure_ascii=False)} = {json.dumps(v, ensure_ascii=False)}" for k, v in values.items()
            ]
    return "\n".join(lines) + "\n"


def _explanation(settings: OfficeSettings) -> str:
    of = shipped_thresholds()
    changed = [
        f"{id}（{of[id].label}）：{value:g}{of[id].unit}，随附值 {of[id].value:g}{of[id].unit}"
        for id, value in sorted(settings.thresholds.changed.items())
    ]
    off = [f"{id} {catalogue.CLUES[id].label}" for id in sorted(settings.off)]
    use = [f"{name} {screens()[name].name}" for name in settings.use] or ["全部"]
    parts = (
        ("制作单位", [settings.office.get("name", "未写明")]),
        ("目录版本", [catalogue.VERSION]),
        ("选用的模型", use),
        ("停用的线索", off or ["无"]),
        ("改动的阈值", changed or ["无"]),
        ("用途", ["结果仅为待核实线索，不是证据；阈值只用于展示发现和线索，不影响评分模型。"]),
    )
    return "\n".join(f"{name}：{'；'.join(lines)}" for name, lines in parts) + "\n"
