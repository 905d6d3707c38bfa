"""What is doubtful in the numbers of a sheet and rejects no row: plates and identity numbers that are none, cases of
another court than the column beside them says, divisions that are no code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from features.pool.identity import known_number
from features.rules.case_numbers import NEW_COURT, OF_DOCUMENT
from features.rules.characters import BLANK_CLASS, NOT_SHOWN
from features.rules.masking import mask_numbers
from features.rules.plates import PLAIN, normal_plate, normal_vin
from features.schema.contract import Table

IDENTITY_WORDS = ("证件号码", "身份证号")
"""Words of the labels of columns of identity numbers."""
SHOWN = 3
"""Spellings named in a sentence."""
_PLAIN = "^[1-9A-Za-z][0-9A-Za-z]{7,23}$"
_DIGITS = "[0-9０-９]"
_COURT = f"^[^0-9]?[0-9]{{4}}年?[^0-9]?[{BLANK_CLASS}]*(?P<court>{NEW_COURT})[一-龥]"
_CODE = f"^(?:{NEW_COURT})$"
_DIVISION = "^[0-9]{6}(?:[0-9]{3}|[0-9]{6})?$"
Texts = Mapping[str, pa.ChunkedArray]


class NumberDoubts:
    """What is doubtful in the numbers of one sheet."""

    def __init__(self, table: Table) -> None:
        self._numbers: list[tuple[str, str, str, Callable[[str], bool]]] = []
        for column in table.columns:
            if column.kind == "id" and any(word in column.label for word in IDENTITY_WORDS):
                self._numbers.append((column.name, column.label, _PLAIN, _no_identity))
            elif column.name in ("plate", "vin"):
                plain, normal = (PLAIN, normal_plate) if column.name == "plate" else (_PLAIN, normal_vin)
                self._numbers.append((column.name, column.label, plain, partial(_lacks, normal)))
        self._labels = {column.name: column.label for column in table.columns}
        self._none: dict[str, Counter[str]] = {}
        self._documents = self._courts = self._divisions = 0
        self._example = ("", "")
        self._division = ""

    def check(self, texts: Texts) -> None:
        """Note what is doubtful in the cleaned texts of a block, by column."""
        for name, label, plain, is_none in self._numbers:
            odd = pc.invert(pc.match_substring_regex(texts[name], plain))
            for text, count in _counted(texts[name].filter(pc.fill_null(odd, False))):
                if is_none(text):
                    self._none.setdefault(label, Counter())[text] += count
        if "case_no" in self._labels:
            self._documents += _count(pc.match_substring_regex(texts["case_no"], OF_DOCUMENT))
        if {"case_no", "court_code", "court_division"} <= set(self._labels):
            self._check_courts(texts)

    def _check_courts(self, texts: Texts) -> None:
        named = pc.struct_field(pc.extract_regex(texts["case_no"], _COURT), "court")
        told = texts["court_code"]
        differ = pc.and_(pc.not_equal(named, told), pc.match_substring_regex(told, _CODE))
        self._courts += _count(differ)
        if not any(self._example):
            [*pairs] = zip(
                *(part.filter(pc.fill_null(differ, False)).to_pylist()[:1] for part in (named, told)), strict=True
            )
            self._example = pairs[0] if pairs else self._example
        division = texts["court_division"]
        wrong = pc.invert(pc.match_substring_regex(division, _DIVISION))
        self._divisions += _count(wrong)
        self._division = self._division or next(iter(division.filter(pc.fill_null(wrong, False)).to_pylist()), "")

    def sentences(self) -> tuple[str, ...]:
        """A sentence each on numbers that are none, numbers of rulings, courts and divisions."""
        found = [_none_sentence(label, spellings) for label, spellings in self._none.items()]
        if self._documents:
            found.append(
                f"“{self._labels['case_no']}”列有 {self._documents} 行带有文书序号（之一等），是裁定书的序号，"
                "不是另一案件，已按同一案号入库。"
            )
        if self._courts:
            named, told = self._example
            found.append(
                f"有 {self._courts} 行案号中的法院（如 {named}）与“{self._labels['court_code']}”列（{told}）不同，"
                "已按所写入库，请核对。"
            )
        if self._divisions:
            shown = mask_numbers(self._division)
            found.append(
                f"“{self._labels['court_division']}”列有 {self._divisions} 行不是六位区划代码（如“{shown}”），"
                "已按所写入库，这些案件归不到所在地的检察院，请更正后重新导入。"
            )
        return tuple(found)


def _none_sentence(label: str, spellings: Counter[str]) -> str:
    bare = [text for text, _ in spellings.most_common() if not pc.match_substring_regex(text, _DIGITS).as_py()]
    shown = f"（如“{'”“'.join(text[:20] for text in bare[:SHOWN])}”）" if bare else ""
    several = "" if len(bare) == len(spellings) else "，或号码不全、一格写有两个号码"
    return (
        f"“{label}”列有 {sum(spellings.values())} 行写的不是号码{shown}{several}，"
        "已按所写入库，按没有号码处理，不据以认定为同一人或同一物。"
    )


def _lacks(normal: Callable[[str], str], text: str) -> bool:
    return not normal(text)


def _no_identity(text: str) -> bool:
    # Numbers not wholly shown come by the thousand from published papers, and are seen to be so.
    return known_number(text) is None and not re.search(NOT_SHOWN, text)


def _count(hits: pa.ChunkedArray) -> int:
    return int(pc.sum(hits).as_py() or 0)


def _counted(texts: pa.ChunkedArray) -> list[tuple[str, int]]:
    counted = pc.value_counts(texts.combine_chunks()).to_pylist()
    return [(one["values"], one["counts"]) for one in counted]
