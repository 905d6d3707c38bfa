"""Serial numbers of statements used for two payments: a row takes the place of another that says something else.

Under one number a later row corrects an earlier one. Where serial numbers begin anew in each file, it stands for a
payment of another time, sum or counterparty: then somebody must be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.pool.cut import Cut
from features.pool.manifests import Manifest
from features.pool.same_rows import COMPARED, is_corrected, is_repeated

SHOWN = 20
"""Pairs of sheets named."""

_SHARED = """
CREATE OR REPLACE TEMP TABLE shared_numbers AS SELECT * FROM (
    SELECT batch, rid, src_file, coalesce(src_sheet, '') AS src_sheet, src_row, {columns},
           last_value(rid) OVER newest AS last_rid, row_number() OVER newest AS place, count(*) OVER newest AS many
    FROM {rows}
    WHERE ref_no IS NOT NULL AND key_hash IN (SELECT key_hash FROM {rows} WHERE ref_no IS NOT NULL AND batch = {seq})
    WINDOW newest AS (PARTITION BY key_hash, acct_no ORDER BY known_at, rid
                      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
WHERE many > 1
"""

_SAME = f"({is_repeated('one', 'last')} OR {is_corrected('one', 'last')})"
_REUSED = """
SELECT one.batch, one.src_file, one.src_sheet, last.batch AS last_batch, last.src_file AS last_file,
       last.src_sheet AS last_sheet, count(*) AS rows, arg_min(one.ref_no, one.rid) AS number,
       arg_min(one.src_row, one.rid) AS src_row, arg_min(last.src_row, one.rid) AS last_row
FROM shared_numbers one JOIN shared_numbers last ON one.last_rid = last.rid
WHERE one.rid <> last.rid AND (one.batch = {seq} OR (last.batch = {seq} AND one.place = one.many - 1))
      AND NOT {same}
GROUP BY one.batch, one.src_file, one.src_sheet, last.batch, last.src_file, last.src_sheet ORDER BY min(one.rid)
"""


def reused_numbers(cut: Cut, batches: Mapping[int, Manifest], seq: int) -> list[str]:
    """One sentence per two sheets, one of them in a new batch, of which a row replaces another under its number alone.

    Args:
        cut: the pool with the new batch. batches: by number. seq: the new batch.
    """
    con, rows = cut.con.con, cut.every_row("txn")
    con.execute(_SHARED.format(rows=rows, seq=seq, columns=", ".join(COMPARED)))
    found = con.sql(_REUSED.format(seq=seq, same=_SAME)).to_arrow_table().to_pylist()
    lines = [_sentence(batches, seq, row) for row in found[:SHOWN]]
    more = len(found) - SHOWN
    return lines + ([f"另有 {more} 对文件同样情形。"] if more > 0 else [])


def _sentence(batches: Mapping[int, Manifest], seq: int, row: Mapping[str, Any]) -> str:
    def named(batch: int, file: str, sheet: str) -> str:
        of = "" if batch == seq else f"第 {batch} 批次（交接“{batches[batch].delivery.delivery_no}”）的"
        return f"{of}“{file}”{f'（{sheet}）' if sheet else ''}"

    one = named(row["batch"], row["src_file"], row["src_sheet"])
    last = named(row["last_batch"], row["last_file"], row["last_sheet"])
    together = "工作表" if (row["batch"], row["src_file"]) == (row["last_batch"], row["last_file"]) else "文件"
    return (
        f"{one}有 {row['rows']:,} 行与{last}的行账号、日期、收付方向和交易流水号相同而时间、金额或对手不同，"
        f"已被后者取代，不计入（如流水号“{row['number']}”：前者第 {row['src_row']} 行、后者第 {row['last_row']} 行）；"
        f"是更正的，无须处理；流水号在各{together}中各自编号的，请撤回后合并为一个{together}导入。"
    )
