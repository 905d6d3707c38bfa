"""Training on a foreign matrix: any csv or parquet table with a label column.

Numbers written as text are read as numbers (`number_text`), other text columns are encoded by us (their sorted values,
kept in the model); missing values stay missing. With a time
column the figures come from later rows than the model saw, without one from five folds over whole groups.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import GoldenKeyError, NotEnoughDataError, NotFoundError
from models.registry import registry
from models.scoring.calibration import Calibration, fit_calibration
from models.scoring.head import Head
from models.scoring.model import Model, data_digest
from models.scoring.trees import TreeSettings
from training.data import splits
from training.data.splits import Rows
from training.fitting import heads
from training.fitting.heads import FittedHead, HeadSettings
from training.fitting.holdout_metrics import measure, measure_amount
from training.studies.number_text import numbers_of

Array = npt.NDArray[np.float64]

FOLDS = 5
TEST_SHARE = 0.2
CALIBRATION_SHARE = 0.2
MOST_CATEGORIES = 1000
"""Most distinct values of a text column; one with more is taken for an identifier and refused."""

MANY_LABEL_TREES = TreeSettings(
    num_leaves=31, min_data_in_leaf=50, learning_rate=0.05, feature_fraction=0.6, lambda_l2=5.0
)
"""Trees for matrices of many labels."""

MANY_LABELS = 5000


@dataclass(frozen=True, slots=True)
class MatrixOptions:
    """Roles of the columns of the file.

    Attributes:
        label: 0/1 column to learn.
        time: column of dates (or anything that sorts) that orders the rows, or "".
        group: column whose equal values may not stand on both sides of a split, or "".
        amount: column of amounts in 元 for the amount head, or "".
        drop: columns left out (identifiers).
        text: columns whose values are categories though they look like numbers.
        heads: thresholds and tree settings.
    """

    label: str
    time: str = ""
    group: str = ""
    amount: str = ""
    drop: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    heads: HeadSettings = field(default_factory=HeadSettings)


@dataclass(frozen=True, slots=True)
class MatrixReport:
    """The registered model, how it was measured (中文), figures, and figures per later period where time is given."""

    model: Model
    how: str
    metrics: Mapping[str, float]
    periods: Sequence[tuple[str, Mapping[str, float]]]


@dataclass(frozen=True, slots=True)
class ForeignMatrix:
    """A foreign matrix for training: values (n, k), outcome (n,), amount in 分 or None, order or None, group (n,)."""

    values: pd.DataFrame
    outcome: Array
    fen: Array | None
    order: pd.Series | None
    group: Rows
    encodings: Mapping[str, tuple[str, ...]]


def train_matrix(home: Path, file: Path, options: MatrixOptions, threads: int = 1) -> MatrixReport:
    """Train on a foreign matrix, measure, and register the model (it is not put in use for the pool's cases).

    Raises:
        GoldenKeyError: unreadable file, unknown column, label that is not 0/1.
        NotEnoughDataError: too few labels.
    """
    foreign = prepare_matrix(read_table(file), options, file.name)
    positives = int(foreign.outcome.sum())
    heads.require_labels(positives, len(foreign.outcome) - positives, options.heads)
    if len(foreign.outcome) >= MANY_LABELS and options.heads.trees == TreeSettings():
        options = replace(options, heads=replace(options.heads, trees=MANY_LABEL_TREES))
    if foreign.order is None:
        model, metrics = _by_folds(foreign, options, threads)
        report = MatrixReport(model, f"{FOLDS} 折交叉验证（按组分折，每折校准线来自其余各折）", metrics, ())
    else:
        report = _by_time(foreign, foreign.order, options, threads)
    registry.register(home, report.model, report.metrics, {"matrix": file.name, "label": options.label})
    return report


def read_table(file: Path) -> pd.DataFrame:
    """Read csv (utf-8, utf-8-sig or gb18030) or parquet; one sentence where the file cannot be read."""
    if not file.exists():
        raise NotFoundError(f"没有找到特征矩阵文件 {file.name}。")
    if file.suffix.lower() in (".parquet", ".pq"):
        try:
            return pd.read_parquet(file)
        except (OSError, ValueError) as error:
            raise GoldenKeyError(f"特征矩阵 {file.name} 不是可读的 Parquet 文件。") from error
    if file.suffix.lower() not in (".csv", ".txt", ".tsv"):
        raise GoldenKeyError(f"特征矩阵 {file.name} 的格式应为 csv 或 parquet，实为 {file.suffix or '无扩展名'}。")
    separator = "\t" if file.suffix.lower() == ".tsv" else ","
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            table = pd.read_csv(file, encoding=encoding, sep=separator, low_memory=False)
        except UnicodeDecodeError:
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise GoldenKeyError(f"特征矩阵 {file.name} 为空或各行列数不一，无法读取。") from error
        if not len(table):
            raise GoldenKeyError(f"特征矩阵 {file.name} 只有表头，没有数据行。")
        return table
    raise GoldenKeyError(f"特征矩阵 {file.name} 的编码既不是 UTF-8 也不是 GB18030，无法读取。")


def prepare_matrix(table: pd.DataFrame, options: MatrixOptions, name: str) -> ForeignMatrix:
    """Split a table into label, time, group and amount, and encode the other columns as numbers."""
    roles = {"标签": options.label, "时间": options.time, "分组": options.group, "金额": options.amount}
    wanted = [(role, column) for role, column in roles.items() if column]
    named = [*(("剔除", column) for column in options.drop), *(("文字", column) for column in options.text)]
    for role, column in [*wanted, *named]:
        if column not in table.columns:
            have = "、".join(map(str, table.columns[:8]))
            raise GoldenKeyError(
                f"特征矩阵 {name} 中没有{role}列 {column}，现有列为 {have} 等 {len(table.columns)} 列。"
            )
    labelled = table[table[options.label].notna()]
    outcome = _binary(labelled[options.label], options.label, name)
    used = {column for _, column in wanted} | set(options.drop)
    values, encodings = encode_columns(labelled.drop(columns=list(used)), name, text=options.text)
    fen = None
    if options.amount:
        yuan = _amounts(labelled[options.amount], name)
        if (yuan < 0).any():
            raise GoldenKeyError(f"特征矩阵 {name} 的金额列 {options.amount} 含负数，应为不小于 0 的元。")
        fen = np.rint(yuan * 100)
    own = pd.Series(np.arange(len(labelled)))
    group = splits.groups(labelled[options.group].reset_index(drop=True)) if options.group else own.to_numpy()
    order = _order(labelled[options.time], options.time, name) if options.time else None
    return ForeignMatrix(values, outcome, fen, order, np.asarray(group, dtype=np.int64), encodings)


def encode_columns(
    table: pd.DataFrame,
    name: str,
    known: Mapping[str, tuple[str, ...]] | None = None,
    text: Collection[str] = (),
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """Make every column float64: dates become days since 1970, words the place of their value in sorted order.

    Args:
        table: the columns to encode.
        name: file name for error sentences.
        known: encodings of a model; a value it has not seen is missing. None learns them from the table.
        text: columns treated as categories even where their values look like numbers.

    Raises:
        GoldenKeyError: a text column has too many distinct values to be a property, or is half numbers, or looks like
            numbers that cannot be read.
    """
    encoded: dict[str, Array] = {}
    learned: dict[str, tuple[str, ...]] = {}
    for label in map(str, table.columns):
        column = table[label]
        if pd.api.types.is_datetime64_any_dtype(column):
            days = (column.dt.tz_localize(None) if column.dt.tz else column) - pd.Timestamp("1970-01-01")
            encoded[label] = np.asarray((days / pd.Timedelta(days=1)).to_numpy(), dtype=np.float64)
        elif label in (known or {}) or label in text:
            words = (known or {}).get(label) or _categories(column, name)
            learned[label] = words
            encoded[label] = _places(column, words)
        elif pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            encoded[label] = np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
        elif (read := numbers_of(column, name)) is not None:
            encoded[label] = read
        else:
            learned[label] = _categories(column, name)
            encoded[label] = _places(column, learned[label])
    frame = pd.DataFrame(encoded, columns=list(map(str, table.columns)))
    return frame.mask(np.isinf(frame.to_numpy())), learned


def _places(column: pd.Series, words: Sequence[str]) -> Array:
    """The place of each value among the words, NaN where it is none of them."""
    place = {word: float(number) for number, word in enumerate(words)}
    return np.asarray(column.astype("string").map(place).to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _categories(column: pd.Series, name: str) -> tuple[str, ...]:
    words = sorted({str(word) for word in column.dropna().astype("string").unique()})
    if len(words) > MOST_CATEGORIES:
        raise GoldenKeyError(
            f"特征矩阵 {name} 的文字列 {column.name} 有 {len(words)} 种取值，像是编号而非属性，"
            "请用 --drop 剔除或用 --group 指定。"
        )
    return tuple(words)


def _amounts(column: pd.Series, name: str) -> Array:
    """Amounts in 元, NaN where none is given."""
    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    read = numbers_of(column, name)
    if read is None and column.notna().any():
        raise GoldenKeyError(
            f"特征矩阵 {name} 的金额列 {column.name} 应为数字（元），实为文字“{column.dropna().iloc[0]}”。"
        )
    return read if read is not None else np.full(len(column), np.nan)


def _binary(column: pd.Series, label: str, name: str) -> Array:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    if not np.isin(numbers, (0.0, 1.0)).all():
        raise GoldenKeyError(f"特征矩阵 {name} 的标签列 {label} 应只含 0 和 1，实有其他取值。")
    return numbers


def _order(column: pd.Series, label: str, name: str) -> pd.Series:
    if column.isna().any():
        raise GoldenKeyError(f"特征矩阵 {name} 的时间列 {label} 有空值，无法按时间划分。")
    column = column.reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    days = pd.to_datetime(column, errors="coerce", format="mixed")
    if days.isna().any():
        raise GoldenKeyError(f"特征矩阵 {name} 的时间列 {label} 含无法识别为日期的值。")
    return days


def _by_folds(foreign: ForeignMatrix, options: MatrixOptions, threads: int) -> tuple[Model, dict[str, float]]:
    """Five folds over whole groups; each fold is calibrated on the margins of the others."""
    pairs = splits.group_folds(foreign.group, foreign.outcome > 0, FOLDS)
    rounds = heads.choose_rounds(_labelled(foreign), pairs[:2], options.heads, threads).count
    margin = np.zeros(len(foreign.outcome))
    log_fen = np.full(len(foreign.outcome), np.nan)
    fold = np.zeros(len(foreign.outcome), dtype=np.int64)
    for number, (earlier, later) in enumerate(pairs):
        fitted = _fit_head(foreign, earlier, options, threads, rounds)
        margin[later] = fitted.head.margin(foreign.values.iloc[later])
        fold[later] = number
        if foreign.fen is not None:
            log_fen[later] = _fit_amount(foreign, earlier, options, threads).head.margin(foreign.values.iloc[later])
    figures = _cross_calibrated(margin, fold, foreign)
    if foreign.fen is not None:
        known = ~np.isnan(foreign.fen)
        figures |= measure_amount(log_fen[known], foreign.fen[known])
    everything = np.arange(len(foreign.outcome))
    fitted = _fit_head(foreign, everything, options, threads, rounds)
    calibration = fit_calibration(margin, foreign.outcome)
    return _model(foreign, options, fitted, calibration, everything, threads, rounds), figures


def _cross_calibrated(margin: Array, fold: Rows, foreign: ForeignMatrix) -> dict[str, float]:
    """Figures over all folds; brier_after and ece_after use calibrations that never saw the fold they calibrate."""
    calibrated = np.zeros(len(margin))
    for number in np.unique(fold):
        inside = fold == number
        calibrated[inside] = fit_calibration(margin[~inside], foreign.outcome[~inside]).apply(margin[inside])
    figures = measure(margin, Calibration(), foreign.outcome, foreign.group)
    after = measure(calibrated, Calibration(), foreign.outcome, foreign.group)
    return figures | {name: after[name] for name in ("brier_after", "ece_after") if name in after}


def _by_time(foreign: ForeignMatrix, order: pd.Series, options: MatrixOptions, threads: int) -> MatrixReport:
    """Fit on the earliest rows, calibrate on later ones, test on the latest; equal times stay together."""
    fit, calibrate, test = _parts(order, foreign.group)
    figures: dict[str, float] = {}
    for rows, part in ((fit, "训练"), (calibrate, "校准"), (test, "测试")):
        if not 0 < foreign.outcome[rows].sum() < len(rows):
            raise NotEnoughDataError(
                f"按时间划分后{part}时段缺少正例或反例，请检查时间列或改用不带 --time 的交叉验证。"
            )
    folds = [(fit[: 3 * len(fit) // 4], fit[3 * len(fit) // 4 :])]
    rounds = heads.choose_rounds(_labelled(foreign), folds, options.heads, threads).count
    fitted = _fit_head(foreign, fit, options, threads, rounds)
    calibration = fit_calibration(fitted.head.margin(foreign.values.iloc[calibrate]), foreign.outcome[calibrate])
    margin = fitted.head.margin(foreign.values.iloc[test])
    figures = measure(margin, calibration, foreign.outcome[test], foreign.group[test])
    model = _model(foreign, options, fitted, calibration, fit, threads, rounds)
    if foreign.fen is not None and model.amount is not None:
        known = test[~np.isnan(foreign.fen[test])]
        figures |= measure_amount(model.amount.margin(foreign.values.iloc[known]), foreign.fen[known])
    periods = _periods(foreign, order, fitted.head, calibration, test)
    how = f"按时间划分：训练 {len(fit)} 条、校准 {len(calibrate)} 条、测试 {len(test)} 条（最晚），同组不跨时段"
    return MatrixReport(model, how, figures, periods)


def _parts(order: pd.Series, group: Rows) -> tuple[Rows, Rows, Rows]:
    """Rows in time order, cut at the quantiles of the shares; a group in a later part leaves the earlier ones."""
    place = order.rank(method="min").to_numpy(dtype=np.float64) / len(order)
    rows = np.argsort(order.to_numpy(), kind="stable")
    place = place[rows]
    test = rows[place > 1 - TEST_SHARE]
    calibrate = rows[(place > 1 - TEST_SHARE - CALIBRATION_SHARE) & (place <= 1 - TEST_SHARE)]
    fit = rows[place <= 1 - TEST_SHARE - CALIBRATION_SHARE]
    calibrate = calibrate[~np.isin(group[calibrate], group[test])]
    fit = fit[~np.isin(group[fit], np.concatenate([group[test], group[calibrate]]))]
    return fit, calibrate, test


def _periods(
    foreign: ForeignMatrix, order: pd.Series, head: Head, calibration: Calibration, test: Rows
) -> list[tuple[str, Mapping[str, float]]]:
    """Figures per quarter (dates) or per quarter of the rows (anything else) of the test part."""
    at = order.iloc[test].reset_index(drop=True)
    if pd.api.types.is_datetime64_any_dtype(at):
        names = at.dt.to_period("Q").astype(str)
    else:
        names = pd.cut(at.rank(method="first"), 4, labels=["一", "二", "三", "四"]).astype(str).radd("第").add("段")
    margin = head.margin(foreign.values.iloc[test])
    periods: list[tuple[str, Mapping[str, float]]] = []
    for name in dict.fromkeys(names):
        inside = (names == name).to_numpy()
        rows = test[inside]
        periods.append((str(name), measure(margin[inside], calibration, foreign.outcome[rows], foreign.group[rows])))
    return periods


def _fit_head(foreign: ForeignMatrix, rows: Rows, options: MatrixOptions, threads: int, rounds: int) -> FittedHead:
    settings = replace(options.heads, rounds_default=rounds)
    return heads.concealment_head(_labelled(foreign).take(rows), (), settings, threads)


def _labelled(foreign: ForeignMatrix) -> heads.LabelledRows:
    """Rows without fixed directions, groups or weights."""
    return heads.LabelledRows(foreign.values, foreign.outcome)


def _fit_amount(foreign: ForeignMatrix, rows: Rows, options: MatrixOptions, threads: int) -> FittedHead:
    fen = foreign.fen if foreign.fen is not None else np.zeros(0)
    known = rows[~np.isnan(fen[rows])]
    return heads.amount_head(foreign.values.iloc[known], fen[known], options.heads, threads)


def _model(
    foreign: ForeignMatrix,
    options: MatrixOptions,
    fitted: FittedHead,
    calibration: Calibration,
    rows: Rows,
    threads: int,
    rounds: int,
) -> Model:
    amount = _fit_amount(foreign, rows, options, threads) if foreign.fen is not None else None
    counts = {
        "concealment": {
            "labels": len(foreign.outcome),
            "positives": int(foreign.outcome.sum()),
            "fitted": len(rows),
            "calibrated": calibration.labels,
        }
    }
    if foreign.fen is not None:
        counts["amount"] = {"labels": int((~np.isnan(foreign.fen)).sum())}
    notes = [fitted.note, amount.note if amount else ""]
    return Model(
        concealment=fitted.head,
        calibration=calibration,
        amount=amount.head if amount else None,
        clue_of={name: name for name in map(str, foreign.values.columns)},
        catalogue_version="",
        as_of=None,
        pool_state=0,
        fingerprint=data_digest(foreign.values, foreign.outcome),
        counts=counts,
        notes=tuple(note for note in notes if note),
        settings={"label": options.label, "time": options.time, "group": options.group, "rounds": rounds},
        encodings=foreign.encodings,
    )
