"""The ranker: calibrated heads for concealed and for missed property, and a head for the recoverable amount.

A model is a folder of LightGBM text and JSON, never a pickle; its version is a digest of those bytes, so equal
inputs give equal versions and a changed file is noticed when it is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from features.errors import NotFoundError
from models.scoring.calibration import Calibration, finding_probability, probability
from models.scoring.elementary import exp
from models.scoring.head import RESTORE_HINT, Array, Head, ModelFault, as_array, check_columns
from models.scoring.linear import load_linear
from models.scoring.stacked import StackedHead
from models.scoring.trees import TreeHead

HeadName = Literal["concealment", "missed", "amount"]
HEADS: tuple[HeadName, ...] = ("concealment", "missed", "amount")
HEAD_LABELS: Mapping[str, str] = {"concealment": "隐匿财产概率", "missed": "遗漏财产概率", "amount": "可回收金额"}

HIGHEST_LOG_FEN = float(np.log(1e15))
"""Predicted amounts are held between 1 分 and ten thousand billion 元: a log link may not overflow int64."""

ADDITIVITY = 1e-6
"""Largest difference allowed between base + Σ shares and the margin."""

_SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Model:
    """A trained model with its provenance.

    Attributes:
        concealment: head of the probability of concealment (margin = log-odds).
        calibration: the line applied to its margin.
        amount: head of the amount recoverable (margin = ln 分), or None where no amounts were given.
        missed: head of the probability that, where nobody conceals, the court missed property (label Y2, margin =
            log-odds), or None where too few such labels were known. missed_calibration: the line on its margin.
        clue_of: column -> clue id; columns of a foreign matrix stand for themselves.
        catalogue_version: version of the clue catalogue the columns came from.
        as_of: the day up to which labels were known, or None for a foreign matrix.
        pool_state: state of the pool it was trained on (0 for a foreign matrix).
        fingerprint: digest of the training data.
        counts: per head, labels, positives, and how many fell into each window.
        notes: plain 中文 sentences about fallbacks and gaps.
        settings: settings used in training.
        encodings: text column -> its values in order of code (foreign matrices).
    """

    concealment: Head
    calibration: Calibration
    amount: Head | None
    clue_of: Mapping[str, str]
    catalogue_version: str
    as_of: date | None
    pool_state: int
    fingerprint: str
    counts: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    encodings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missed: Head | None = None
    missed_calibration: Calibration = field(default_factory=Calibration)

    @property
    def heads(self) -> tuple[HeadName, ...]:
        """The heads it has, in the order of `HEADS`."""
        has = {"concealment": True, "missed": self.missed is not None, "amount": self.amount is not None}
        return tuple(name for name in HEADS if has[name])

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the matrix it scores, in order."""
        return self.concealment.columns

    @cached_property
    def version(self) -> str:
        """`YYYYMMDD-` (or `matrix-`) and twelve digits of the digest of all its files."""
        day = f"{self.as_of:%Y%m%d}" if self.as_of else "matrix"
        return f"{day}-{hashlib.sha256(_sums(self.files())).hexdigest()[:12]}"

    def head(self, name: HeadName) -> tuple[Head, Calibration]:
        """A head and the line on its margin (the identity for amounts); NotFoundError when the model has none."""
        if name == "concealment":
            return self.concealment, self.calibration
        found = self.missed if name == "missed" else self.amount
        if found is None:
            raise NotFoundError(f"模型 {self.version} 没有“{HEAD_LABELS[name]}”部分（训练时没有这类标签）。")
        return found, self.missed_calibration if name == "missed" else Calibration()

    def margin(self, values: pd.DataFrame, name: HeadName = "concealment") -> Array:
        """Calibrated margin of every row, shape (n,): log-odds, or ln 分 for amounts."""
        head, line = self.head(name)
        return line.apply(head.margin(self.own_columns(values)))

    def own_columns(self, values: pd.DataFrame) -> pd.DataFrame:
        """The columns that it was trained on, by their names and in its order; others are left out.

        So it scores on matrices of later catalogues, which have more columns. A column whose meaning changes gets
        another name there.

        Raises:
            ColumnMismatchError: a column is missing; the sentence names it.
        """
        if list(values.columns) == list(self.columns):
            return values
        known = set(values.columns)
        own = values[[name for name in self.columns if name in known]]
        check_columns(self.columns, own)
        return own

    def score(self, values: pd.DataFrame) -> pd.DataFrame:
        """Score every row.

        Returns:
            A frame on the index of `values` with margin (log-odds, calibrated), probability (of concealment), missed
            (chance that nobody conceals and the court missed property; NaN without that head), amount_fen (分, int64;
            NA where the model has no amount head) and expected_fen ((probability + missed) · amount, 分).

        Raises:
            ColumnMismatchError: a column of the training is missing.
        """
        margin = self.margin(values)
        chance = probability(margin)
        missed = np.full(len(values), np.nan)
        if self.missed is not None:
            missed = (1.0 - chance) * probability(self.margin(values, "missed"))
        scores = pd.DataFrame({"margin": margin, "probability": chance, "missed": missed}, index=values.index)
        if self.amount is None:
            unknown = pd.array([pd.NA] * len(values), dtype="Int64")
            return scores.assign(amount_fen=unknown, expected_fen=unknown)
        amount = exp(np.clip(self.margin(values, "amount"), 0.0, HIGHEST_LOG_FEN))
        whole = np.rint(amount).astype(np.int64)
        expected = np.rint(finding_probability(chance, missed) * whole).astype(np.int64)
        return scores.assign(amount_fen=whole, expected_fen=expected)

    def check(self, values: pd.DataFrame) -> None:
        """Refuse a matrix without one of its columns, without scoring; ColumnMismatchError names the difference."""
        self.own_columns(values)

    def files(self) -> dict[str, bytes]:
        """The model as files: name -> bytes, the same for equal models."""
        files: dict[str, bytes] = {}
        heads: dict[str, Any] = {}
        for name in self.heads:
            head = self.head(name)[0]
            heads[name] = head.dump()
            if (trees := _trees(head)) is not None:
                files[f"{name}.lgb.txt"] = trees.text.encode()
        card = {
            "format": 1,
            "heads": heads,
            "calibration": _line(self.calibration),
            **({} if self.missed is None else {"missed_calibration": _line(self.missed_calibration)}),
            "clue_of": dict(self.clue_of),
            "catalogue_version": self.catalogue_version,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "pool_state": self.pool_state,
            "fingerprint": self.fingerprint,
            "counts": {name: dict(group) for name, group in self.counts.items()},
            "notes": list(self.notes),
            "settings": dict(self.settings),
            "encodings": {name: list(words) for name, words in self.encodings.items()},
        }
        text = json.dumps(card, ensure_ascii=False, indent=1, sort_keys=True)
        return {"model.json": text.encode() + b"\n", **files}

    def save(self, folder: Path) -> None:
        """Write the model's files and their checksums into a folder; the same bytes for the same model."""
        folder.mkdir(parents=True, exist_ok=True)
        files = self.files()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        (folder / _SUMS).write_bytes(_sums(files))


def load_model(folder: Path, threads: int = 1) -> Model:
    """Read a model from its folder, without MLflow.

    Raises:
        NotFoundError: there is no model in the folder.
        ModelFault: a file is missing or differs from its checksum.
    """
    try:
        listed = (folder / _SUMS).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFoundError(f"没有找到模型 {folder.name}：模型目录中缺少 {_SUMS}。") from error
    files = {name: _verified(folder, name, digest) for digest, name in (row.split("  ") for row in listed.splitlines())}
    card = json.loads(files["model.json"])
    heads = {name: _head(raw, files.get(f"{name}.lgb.txt"), threads) for name, raw in card["heads"].items()}
    return Model(
        concealment=heads["concealment"],
        calibration=Calibration(**card["calibration"]),
        amount=heads.get("amount"),
        missed=heads.get("missed"),
        missed_calibration=Calibration(**card.get("missed_calibration", {})),
        clue_of=card["clue_of"],
        catalogue_version=card["catalogue_version"],
        as_of=date.fromisoformat(card["as_of"]) if card["as_of"] else None,
        pool_state=card["pool_state"],
        fingerprint=card["fingerprint"],
        counts=card["counts"],
        notes=tuple(card["notes"]),
        settings=card["settings"],
        encodings={name: tuple(words) for name, words in card["encodings"].items()},
    )


def _line(line: Calibration) -> dict[str, Any]:
    return {"slope": line.slope, "intercept": line.intercept, "labels": line.labels, "positives": line.positives}


def _trees(head: Head) -> TreeHead | None:
    if isinstance(head, StackedHead):
        return head.trees
    return head if isinstance(head, TreeHead) else None


def _head(raw: Mapping[str, Any], trees: bytes | None, threads: int) -> Head:
    if raw["kind"] == "linear":
        return load_linear(raw)
    if trees is None:
        raise ModelFault(f"模型的说明文件写有树模型，却没有树文件；{RESTORE_HINT}")
    head = TreeHead(tuple(raw["columns"]), trees.decode(), float(raw["offset"]), threads)
    return StackedHead(load_linear(raw["linear"]), head) if raw["kind"] == "stacked" else head


def _verified(folder: Path, name: str, digest: str) -> bytes:
    try:
        content = (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise ModelFault(f"模型 {folder.name} 缺少文件 {name}；{RESTORE_HINT}") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise ModelFault(f"模型 {folder.name} 的文件 {name} 与登记时的校验值不符，已被改动；{RESTORE_HINT}")
    return content


def _sums(files: Mapping[str, bytes]) -> bytes:
    rows = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    return "".join(rows).encode()


def data_digest(values: pd.DataFrame, *targets: Array) -> str:
    """Digest of a matrix and its targets: columns, values and order, 64 hexadecimal digits."""
    total = hashlib.sha256("\x1f".join(map(str, values.columns)).encode())
    total.update(as_array(tuple(map(str, values.columns)), values).tobytes())
    for target in targets:
        total.update(np.ascontiguousarray(target, dtype=np.float64).tobytes())
    return total.hexdigest()
