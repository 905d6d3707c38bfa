"""Read sources with typed cells (workbooks, Parquet files, tables of a SQL database) as text cells."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from features.errors import GoldenKeyError
from features.intake.sources.base import BLOCK_ROWS, HEADER_SEARCH, Block, Layout, Sheet, block_from_columns
from features.intake.sources.cell_text import cell_text
from features.intake.sources.number_formats import old_formats
from features.intake.sources.row_blocks import row_blocks
from features.intake.sources.workbook_child import read_columns, read_first_rows, read_formats
from features.intake.sources.workbook_parts import days_later, merged_cells


def open_workbook(path: Path, name: str) -> list[Sheet]:
    """The sheets of a workbook (xlsx, xls, ods) that hold anything.

    Raises:
        GoldenKeyError: the file is no workbook, is damaged, locked by a password or too large for memory.
    """
    if path.stat().st_size == 0:
        raise GoldenKeyError(f"文件“{name}”是空文件，没有可导入的内容。")
    sheets = []
    found = read_first_rows(path, name, HEADER_SEARCH)
    formats, later, merged = read_formats(path, name), days_later(path), merged_cells(path)
    notes = (*_unread_formats(path), *((_FROM_1904,) if later else ()))
    for sheet, rows in found:
        if rows:
            first_rows = tuple(tuple(text or "" for text in row) for row in rows)
            seen = tuple((int(one[0]), int(one[1]), str(one[2]), int(one[3])) for one in formats.get(sheet, ()))
            read = partial(_workbook_blocks, path, name, sheet)
            sheets.append(
                Sheet(
                    name,
                    sheet,
                    (first_rows,),
                    read,
                    notes,
                    formats=seen,
                    days_later=later,
                    merged=merged.get(sheet, ()),
                )
            )
    if not sheets:
        raise GoldenKeyError(f"工作簿“{name}”没有任何数据，没有可导入的内容。")
    return sheets


_FROM_1904 = "工作簿的日期从 1904 年起算：没有设日期格式、写成数字的日期按此换算，请核对。"


def _unread_formats(path: Path) -> tuple[str, ...]:
    """A sentence on units in formats of an old workbook, of which nobody says what cells they are of."""
    telling = old_formats(path) if path.suffix.lower() == ".xls" else []
    if not telling:
        return ()
    shown = "、".join(telling[:3])
    return (
        f"数字格式中写有单位或缩小显示（{shown}），xls 读不出是哪些单元格的：金额按存储的数和表头、表格旁写明的"
        "单位读取，请核对，或另存为 xlsx 后导入。",
    )


def _workbook_blocks(path: Path, name: str, sheet: str, _: int, layout: Layout) -> Iterator[Block]:
    start = layout.first_row
    for columns in read_columns(path, name, sheet, start, len(layout.headers), BLOCK_ROWS):
        count = len(columns[0])
        yield block_from_columns(columns, np.arange(start, start + count, dtype=np.int64))
        start += count


def _parquet(path: Path) -> pq.ParquetFile:
    # By its bytes: a name that is not UTF-8 is refused as text.
    return pq.ParquetFile(pa.OSFile(os.fsencode(path)))


def open_parquet(path: Path, name: str) -> Sheet:
    """A Parquet file as a sheet; rows are counted from 1, without a header.

    Raises:
        GoldenKeyError: the file cannot be read.
    """
    try:
        headers = tuple(_parquet(path).schema_arrow.names)
    except (pa.ArrowInvalid, OSError) as error:
        raise GoldenKeyError(f"Parquet 文件“{name}”无法读取（文件损坏或格式不符），请重新导出后导入。") from error
    return Sheet(name, "", ((headers,),), partial(_parquet_blocks, path, name))


def _parquet_batches(path: Path, name: str) -> Iterator[pa.RecordBatch]:
    try:
        yield from _parquet(path).iter_batches(BLOCK_ROWS)
    except (pa.ArrowException, OSError) as error:
        raise GoldenKeyError(f"Parquet 文件“{name}”读到一半中断（文件损坏），未导入，请重新导出后导入。") from error


def _parquet_blocks(path: Path, name: str, _: int, layout: Layout) -> Iterator[Block]:
    start = 1
    for batch in _parquet_batches(path, name):
        columns = [_column_text(column) for column in batch.columns]
        cells = pa.table(columns, names=[f"c{i}" for i in range(len(columns))])
        yield Block(cells, np.arange(start, start + batch.num_rows, dtype=np.int64))
        start += batch.num_rows


def _column_text(column: pa.Array) -> pa.Array:
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_integer(column.type) or pa.types.is_large_string(column.type):
        return column.cast(pa.string())
    return pa.array([cell_text(value) for value in column.to_pylist()], pa.string())


def open_database(url: str) -> Sheet:
    """A table of a SQL database, named `URL#table`; rows are counted from 1 in the order of its primary key.

    Raises:
        GoldenKeyError: no table named, or the database or table cannot be reached.
    """
    address, _, table_name = url.partition("#")
    if not table_name:
        raise GoldenKeyError("数据库地址须写明表名，如 sqlite:///path/to/file.db#txn。")
    try:
        shown = sa.make_url(address).render_as_string(hide_password=True) + "#" + table_name
        engine = sa.create_engine(address)
        table = sa.Table(table_name, sa.MetaData(), autoload_with=engine)
        engine.dispose()
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise GoldenKeyError(
            f"数据库表“{table_name}”无法读取（{type(error).__name__}），请检查地址、驱动、账号和表名。"
        ) from error
    headers = tuple(column.name for column in table.columns)
    return Sheet(shown, table_name, ((headers,),), partial(_database_blocks, address, table_name))


def _database_blocks(address: str, table_name: str, _: int, layout: Layout) -> Iterator[Block]:
    engine = sa.create_engine(address)
    try:
        table = sa.Table(table_name, sa.MetaData(), autoload_with=engine)
        order = list(table.primary_key.columns) or list(table.columns)
        with engine.connect().execution_options(yield_per=BLOCK_ROWS) as connection:
            rows = (tuple(row) for row in connection.execute(sa.select(table).order_by(*order)))
            yield from row_blocks(rows, 1, len(layout.headers))
    except sa.exc.SQLAlchemyError as error:
        raise GoldenKeyError(f"数据库表“{table_name}”读到一半中断（{type(error).__name__}），该表未导入。") from error
    finally:
        engine.dispose()
