"""Scenario: the court's notices, orders, limits, listings and queries also name co-debtors (spouse, company)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base.chance import Array, bernoulli, where
from evaluation.world.population.people import SPOUSE
from evaluation.world.stage.stage import Stage

_CODES = ("NOTICE", "RPT_ORDER", "RPT_CONTENT", "LIMIT", "DISHONEST")
_RESULTS = ("asset_kind", "asset_id", "amount", "status", "seal_info")


def simulate_co_debtors(stage: Stage) -> None:
    """Repeat events and queries on the first debtor for every co-debtor; a few are forgotten."""
    rng, docket, people = stage.rng("co-debtors"), stage.docket, stage.cohort.people
    debts, h = stage.cohort.debts, docket.household
    for mark, also, number in (
        ("P", debts.spouse_too[docket.suit], people.id_no[h, SPOUSE]),
        ("Q", debts.company_too[docket.suit], people.company_id[h]),
    ):
        forgotten = bernoulli(rng, stage.knob("co_debtors.forgotten"), len(docket))
        missed = where(bernoulli(rng, 0.5, len(docket)), "LIMIT", "RPT_ORDER")
        _copy_events(rng, stage, mark, also, number, np.where(forgotten, missed, "").astype(object))
        _copy_queries(stage, mark, also & ~(forgotten & bernoulli(rng, 0.3, len(docket))), number)


def _rows_on_first_debtor(stage: Stage, table: pa.Table, also: Array) -> tuple[pa.Table, Array]:
    """(rows, docket rows) of a table on first debtors whose case has such a co-debtor."""
    place = pc.index_in(table["case_no"], value_set=pa.array(stage.docket.case_no, pa.string()))
    row = pc.fill_null(place, -1).to_numpy().astype(np.int64)
    same = np.asarray(table["subject_id"].to_numpy() == stage.court.subject[np.maximum(row, 0)])
    keep = np.flatnonzero((row >= 0) & same & also[np.maximum(row, 0)])
    return table.take(pa.array(keep)), row[keep]


def _with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, values)


def _copy_events(
    rng: np.random.Generator, stage: Stage, mark: str, also: Array, number: Array, forgotten: Array
) -> None:
    """Copy events to the co-debtor; `forgotten` is the code left out, by docket row; ends by death are not copied."""
    whole = pa.concat_tables(stage.spool.parts["event"], promote_options="default")
    table = whole.filter(pc.is_in(whole["ev_code"], value_set=pa.array(_CODES)))
    table = table.filter(pc.not_equal(pc.fill_null(table["reason"], ""), "被执行人死亡"))
    table, row = _rows_on_first_debtor(stage, table, also)
    code = table["ev_code"].to_numpy()
    keep = np.flatnonzero(code != forgotten[row])
    table, row, code = table.take(pa.array(keep)), row[keep], code[keep]
    zero = (code == "RPT_CONTENT") & bernoulli(rng, 0.5, len(stage.docket))[row]
    table = _with_column(table, "event_id", pc.binary_join_element_wise(table["event_id"], mark, ""))
    table = _with_column(table, "subject_id", pa.array(number[row], pa.string()))
    table = _with_column(table, "amount", pc.if_else(pa.array(zero), pa.scalar(0, pa.int64()), table["amount"]))
    stage.spool.add_arrow("event", _with_column(table, "result", pc.if_else(pa.array(zero), "零申报", table["result"])))


def _copy_queries(stage: Stage, mark: str, also: Array, number: Array) -> None:
    """Copy network queries to the co-debtor, without results."""
    table = pa.concat_tables(stage.spool.parts["query_feedback"], promote_options="default")
    table, row = _rows_on_first_debtor(stage, table, also)
    if not len(table):
        return
    request_keys = pc.binary_join_element_wise(table["request_no"], table["range_code"], ":")
    _, first = np.unique(request_keys.combine_chunks().dictionary_encode().indices.to_numpy(), return_index=True)
    table, row = table.take(pa.array(np.sort(first))), row[np.sort(first)]
    table = _with_column(table, "request_no", pc.binary_join_element_wise(table["request_no"], mark, ""))
    table = _with_column(table, "subject_id", pa.array(number[row], pa.string()))
    table = _with_column(table, "has_result", pa.array(np.zeros(len(row), dtype=bool)))
    for name in _RESULTS:
        table = _with_column(table, name, pa.nulls(len(row), table.schema.field(name).type))
    stage.spool.add_arrow("query_feedback", table)


__all__ = ["simulate_co_debtors"]
