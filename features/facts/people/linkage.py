"""Match parties without an identity number to known people, each with a probability (record linkage).

The matching is the Fellegi-Sunter model of the library splink with the fixed parameters of
`features/config/linkage.toml`. Homonyms are the classic failure (同名误配, docs/domain.md section 4.11): the candidates
of a record compete, so two people who fit equally well leave each at most one half, and such a record is joined to
nobody.
"""

from __future__ import annotations

import logging
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from features.pool.identity import bare_column, canonical_id
from features.pool.pool import Cut
from features.rules.identifiers import CITIZEN_18
from features.schema import TABLES

_FILE = Path(__file__).parents[2] / "config" / "linkage.toml"
OTHER_NAME = 0.9
"""A pair whose names differ is a candidate at most, whatever else agrees: a family shares address and telephone."""

_SUBJECTS = (("event", "subject_id"), ("query_feedback", "subject_id"))
_SHAPE = {
    "name": "string",
    "former_name": "string",
    "birth": "date",
    "sex": "string",
    "address": "string",
    "phone": "string",
    "case_no": "string",
}
_FOUND = {"rid": "int64", "person": "string", "probability": "float64", "candidates": "int64"}


@cache
def parameters() -> dict[str, Any]:
    """The fixed parameters, as written in `features/config/linkage.toml`."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def plain_address(text: ir.StringColumn) -> ir.StringColumn:
    """An address without blanks and punctuation, its letters and digits half width."""
    return bare_column(text).re_replace("[,.。、()·-]+", "").nullif("")


def identities(cut: Cut, names: ir.Table) -> ir.Table:
    """Party rows without an identity number matched to known people.

    Columns: rid (of the party row), person (canonical number), probability (0-1, after the candidates competed),
    candidates (how many people fit better than `weak`). Natural persons only; one row per record and candidate.
    """
    unknown = _unknown(cut)
    if unknown is None or cut.con.table("link_record").count().to_pyarrow().as_py() == 0:
        return _nobody(cut)
    known = cut.materialise("link_known", _known(cut, unknown))
    if known.count().to_pyarrow().as_py() == 0:
        return _nobody(cut)
    scored = _scored(cut, names)
    limit = 1 - 1e-12
    odds = scored.mutate(p=ibis.least(scored.match_probability, limit)).mutate(odds=lambda t: t.p / (1 - t.p))
    best = odds.group_by("rid", "person").agg(odds=odds.odds.max())
    window = ibis.window(group_by="rid")
    shared = best.mutate(whole=best.odds.sum().over(window))
    fit = shared.select("rid", "person", probability=shared.odds / (1 + shared.whole))
    fit = fit.filter(fit.probability >= 0.01)
    return fit.mutate(candidates=fit.count().over(window)).select(*_FOUND)


def _nobody(cut: Cut) -> ir.Table:
    nothing = {name: ibis.literal(None, type=kind) for name, kind in _FOUND.items()}
    return cut.table("party").filter(ibis.literal(False)).select(**nothing)


def _unknown(cut: Cut) -> ir.Table | None:
    party = cut.table("party")
    record = party.filter(canonical_id(party.id_no).isnull(), party.kind == "person", party.name.notnull())
    kept = ("rid", "name", "former_name", "birth", "sex", "phone", "case_no")
    return cut.materialise(
        "link_record",
        record.select(
            *kept,
            uid=ibis.literal("r") + record.rid.cast("string"),
            address=plain_address(record.address),
            person=ibis.literal(None, type="string"),
        ),
    )


def _known(cut: Cut, unknown: ir.Table) -> ir.Table:
    """One row per person with a number, and one per person whose number an unknown party's case was asked about."""
    party = cut.table("party")
    stated = party.select(
        "name", "former_name", "phone", "rid", person=canonical_id(party.id_no), address=plain_address(party.address)
    )
    blank = ibis.literal(None, type="string")
    named = [(table.name, *columns) for table in TABLES.values() for columns in table.person_names]
    for table, number, name in named:
        rows = cut.table(table)
        stated = stated.union(
            rows.select(
                "rid", name=rows[name], former_name=blank, phone=blank, person=canonical_id(rows[number]), address=blank
            ).select(*stated.columns)
        )
    stated = stated.filter(stated.person.re_search(CITIZEN_18))
    people = stated.group_by("person").agg(
        **{name: stated[name].argmin(stated.rid) for name in ("name", "former_name", "phone", "address")}
    )
    whole = people.mutate(case_no=blank, kind=ibis.literal("p"))
    named = party.select("case_no", person=canonical_id(party.id_no))
    for table, number in _SUBJECTS:
        rows = cut.table(table)
        asked = rows.select("case_no", person=canonical_id(rows[number])).distinct()
        asked = asked.semi_join(unknown, "case_no").anti_join(named, ["case_no", "person"])
        asked = asked.filter(asked.person.re_search(CITIZEN_18))
        given = dict.fromkeys(("name", "former_name", "phone", "address"), blank)
        whole = whole.union(asked.mutate(**given, kind=ibis.literal(table)).select(*whole.columns))
    whole = whole.distinct()
    born = whole.person.substr(6, 8)
    odd = whole.person.substr(16, 1).try_cast("int64") % 2 == 1
    kept = ("name", "former_name", "phone", "address", "case_no", "person")
    return whole.select(
        *kept,
        uid=whole.kind + ibis.coalesce(whole.case_no, "") + whole.person,
        birth=(born.substr(0, 4) + "-" + born.substr(4, 2) + "-" + born.substr(6, 2)).try_cast("date"),
        sex=ibis.ifelse(odd, "M", "F"),
        rid=ibis.literal(None, type="int64"),
    )


def _frequency(names: ir.Table) -> ir.Table:
    """Share of people bearing each name, as if `among` more people with names seen `floor` times each were known."""
    p = parameters()["frequency"]
    return names.mutate(share=(names.bearers + p["floor"]) / (names.people + p["among"]))


def _scored(cut: Cut, names: ir.Table) -> ir.Table:
    """Pairs of records and known people with the probability that they are one, computed by splink in this engine."""
    # Heavy, and a cut without records to link does without.
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    columns = ", ".join(("uid", "rid", "person", *_SHAPE))
    for name in ("link_record", "link_known"):
        cut.con.raw_sql(f'CREATE TEMP VIEW "{name}_in" AS SELECT {columns} FROM "{name}"')
    cut.materialise("link_frequency", _frequency(names).select("name", tf_name="share"))
    api = DuckDBAPI(connection=cut.con.con)
    # Display names decide which side is left: the record comes first.
    sides = [
        api.register("link_record_in", dataset_display_name="a_record"),
        api.register("link_known_in", dataset_display_name="b_known"),
    ]
    linker = Linker(sides, _settings(), log_level=None)
    linker.table_management.register_term_frequency_lookup(api.register("link_frequency"), "name")
    found = linker.inference.predict(threshold_match_probability=None)
    surely = f"if(gamma_name = 0, least(match_probability, {OTHER_NAME}), match_probability)"
    cut.con.raw_sql(
        f"CREATE TEMP TABLE link_scored AS SELECT rid_l AS rid, person_r AS person, max({surely}) AS match_probability "
        f"FROM {found.physical_name} WHERE rid_l IS NOT NULL AND person_r IS NOT NULL GROUP BY ALL"
    )
    linker.table_management.delete_tables_created_by_splink_from_db()
    return cut.con.table("link_scored")


def _level(condition: str, m: float, u: float, **more: Any) -> dict[str, Any]:
    return {"sql_condition": condition, "m_probability": m, "u_probability": u, **more}


def _comparison(column: str, *levels: dict[str, Any]) -> dict[str, Any]:
    blank = {"sql_condition": f'"{column}_l" IS NULL OR "{column}_r" IS NULL', "is_null_level": True}
    rest_m = max(1 - sum(level["m_probability"] for level in levels), 1e-9)
    rest_u = 1 - sum(level["u_probability"] for level in levels)
    return {"output_column_name": column, "comparison_levels": [blank, *levels, _level("ELSE", rest_m, rest_u)]}


def _settings() -> dict[str, Any]:
    p = parameters()
    name, birth, address = p["name"], p["birth"], p["address"]
    same = _level('"name_l" = "name_r"', name["m"], name["u"], tf_adjustment_column="name", tf_adjustment_weight=1.0)
    former = _level(
        'coalesce("former_name_l" = "name_r", false) OR coalesce("name_l" = "former_name_r", false)',
        name["former_m"],
        name["former_u"],
    )
    parts = '(month("birth_l") = month("birth_r") OR day("birth_l") = day("birth_r"))'
    near = f'year("birth_l") = year("birth_r") AND {parts}'
    return {
        "link_type": "link_only",
        "unique_id_column_name": "uid",
        "probability_two_random_records_match": p["prior"],
        "blocking_rules_to_generate_predictions": [
            "l.name = r.name",
            "l.former_name = r.name",
            "l.name = r.former_name",
            "l.phone = r.phone",
            "l.case_no = r.case_no",
        ],
        "comparisons": [
            _comparison("name", same, former),
            _comparison(
                "birth",
                _level('"birth_l" = "birth_r"', birth["m"], birth["u"]),
                _level(near, birth["near_m"], birth["near_u"]),
            ),
            _comparison(
                "address",
                _level('"address_l" = "address_r"', address["m"], address["u"]),
                _level(
                    'jaro_winkler_similarity("address_l", "address_r") >= 0.92', address["near_m"], address["near_u"]
                ),
            ),
            _comparison("phone", _level('"phone_l" = "phone_r"', p["phone"]["m"], p["phone"]["u"])),
            _comparison("sex", _level('"sex_l" = "sex_r"', p["sex"]["m"], p["sex"]["u"])),
            _comparison("case_no", _level('"case_no_l" = "case_no_r"', p["subject"]["m"], p["subject"]["u"])),
        ],
        "additional_columns_to_retain": ["rid", "person"],
    }


def names(cut: Cut) -> ir.Table:
    """name, bearers, people: how many known people bear each name (blanks removed), and how many there are."""
    party = cut.table("party")
    stated = party.select("name", person=canonical_id(party.id_no))
    named = [(table.name, *columns) for table in TABLES.values() for columns in table.person_names]
    for table, number, name in named:
        rows = cut.table(table)
        stated = stated.union(rows.select(name=rows[name], person=canonical_id(rows[number])))
    stated = stated.filter(stated.person.re_search(CITIZEN_18), stated.name.notnull())
    stated = stated.mutate(name=stated.name.re_replace(r"[\s　]+", ""))
    borne = stated.group_by("name").agg(bearers=stated.person.nunique())
    return borne.mutate(people=borne.bearers.sum().over(ibis.window()))


def kin_probability(rows: ir.Table, name: str, names: ir.Table) -> ir.Table:
    """Rows with `kin_prob`: that a counterparty known by the name alone is the relative of that name."""
    p = parameters()["kin_by_name"]
    known = _frequency(names).select(borne="name", share="share")
    rows = rows.left_join(known, rows[name] == known.borne)
    rare = parameters()["frequency"]["floor"] / parameters()["frequency"]["among"]
    odds = p["prior"] / (1 - p["prior"]) * p["m"] / ibis.coalesce(rows.share, rare)
    return rows.mutate(kin_prob=odds / (1 + odds)).drop("borne", "share")
