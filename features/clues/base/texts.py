"""Texts of clues: label, sentence, innocent explanations, next step and law, read from the TOML beside a module.

`money/funds.py` declares what decides the numbers; `money/funds.toml` holds what lawyers word, one table per clue id.
A number that a threshold or a legal period decides stands there as a field (`{A02-DAYS}`), see
`features.rules.wording`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from features.errors import GoldenKeyError
from features.rules.thresholds import Thresholds
from features.rules.wording import fill_numbers


@dataclass(frozen=True, slots=True)
class ClueTexts:
    """The prose of one clue.

    Attributes:
        label: 中文 name.
        sentence: 中文 template of the reason; fields: {n} rows, {total} sum of amounts, {top} largest amount,
            {first} {last} days, {who} masked other party of the largest row, {whos} number of distinct others,
            {note} note of the largest row, {debt} unpaid amount, {share} total / debt in percent, and each anchor
            of the episode by name ({t_ntc} ...). Must say 疑似, 线索, 待核实 or 推定 where it points at concealment.
        innocent: innocent explanations to check first.
        next_step: the next verification step.
        law: statute or source, worded as unverified where docs/domain.md marks it 待核.
    """

    label: str
    sentence: str
    innocent: tuple[str, ...]
    next_step: str
    law: str

    def filled(self, thresholds: Thresholds) -> Self:
        """These texts with the fields of thresholds and legal periods filled; those of evidence stay.

        Raises:
            GoldenKeyError: a field names no threshold or period.
        """
        texts = {name: fill_numbers(getattr(self, name), thresholds) for name in sorted(_FIELDS - {"innocent"})}
        return replace(self, innocent=tuple(fill_numbers(text, thresholds) for text in self.innocent), **texts)


_FIELDS = {field.name for field in fields(ClueTexts)}


def read_texts(path: Path) -> dict[str, ClueTexts]:
    """The texts of a TOML file by clue id.

    Raises:
        GoldenKeyError: the file is missing or is no TOML; a table lacks a field, has one too many or an empty one.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise GoldenKeyError(f"线索文本 {path.name} 无法读取：{error}。") from error
    return {id: _texts(path.name, id, table) for id, table in tables.items()}


def _texts(file: str, id: str, table: Any) -> ClueTexts:
    named = set(table) if isinstance(table, dict) else set()
    if named != _FIELDS:
        wrong = "、".join(sorted(named ^ _FIELDS))
        raise GoldenKeyError(f"线索文本 {file} 的 {id} 应恰有 {'、'.join(sorted(_FIELDS))}，不符的有 {wrong}。")
    innocent = table["innocent"]
    texts = [table[name] for name in sorted(_FIELDS - {"innocent"})] + (
        innocent if isinstance(innocent, list) else [""]
    )
    if not innocent or not all(isinstance(text, str) and text.strip() for text in texts):
        raise GoldenKeyError(f"线索文本 {file} 的 {id} 有空白或类型不对的内容：innocent 应为文字列表，其余应为文字。")
    return ClueTexts(**{**table, "innocent": tuple(innocent)})
