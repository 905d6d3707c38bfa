"""Petitions with what was read from their texts, and the named things that stand in a register."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.util import gen_name

from features.facts.people.petition_text import ADDRESS_STEPS, read
from features.pool.identity import bare_column, canonical_id
from features.pool.pool import Cut

_THING = pa.struct([("kind", pa.string()), ("id", pa.string()), ("holder", pa.string()), ("hearsay", pa.bool_())])
_READ_SCHEMA = pa.schema(
    [("said_text", pa.string()), ("said_topics", pa.string()), ("said_level", pa.int64()), ("things", pa.list_(_THING))]
)

_KIND_WORDS = (
    ("vehicle", "车"),
    ("fund", "公积金"),
    ("compensation", "拆迁|补偿|征收|征迁|安置"),
    ("realty", "房|不动产|土地|商铺|店面"),
    ("insurance", "保险|保单"),
    ("equity", "股|公司|企业"),
    ("wage", "工资|收入|养老|退休|薪"),
    ("receivable", "债权|租金|工程款|货款"),
    ("deposit", "存款|账户|资金|微信|支付宝|理财|卡|证券|基金"),
)
"""Kinds by the words of the column 所反映财产类别; anything else is goods."""

REGISTERED = {"VEH": "vehicle", "RE": "realty", "INS": "insurance", "EQ": "equity", "HPF": "fund"}
"""Kinds of `holdings` and the kinds of things a petition names."""

_GIVEN = ("episode", "recv_date", "after", "pet_rid", "kind_given", "id_given")
"""The petition, and the thing its own columns name."""

LEAST_KEY = 4
"""Signs an address has at least to be found at the end of a longer one."""

RECHECK_LEVEL = 3


def _read_texts(petitions: ir.Table) -> ir.Table:
    """Each distinct text read once, as a table of the engine."""
    texts = petitions.select("text").filter(petitions.text.notnull()).distinct().to_pyarrow()["text"].to_pylist()
    stated = [(text, read(text)) for text in texts]
    rows = [
        {
            "said_text": text,
            "said_topics": "、".join(reading.topics),
            "said_level": reading.specificity,
            "things": [
                {"kind": one.kind, "id": one.id, "holder": one.holder, "hearsay": one.hearsay} for one in reading.assets
            ],
        }
        for text, reading in stated
    ]
    engine, name = petitions.get_backend(), gen_name("said")
    engine.con.register(name, pa.Table.from_pylist(rows, schema=_READ_SCHEMA))
    return engine.table(name)


def read_petitions(cut: Cut, petitions: ir.Table) -> ir.Table:
    """Petitions with what their texts say; the columns of the register win where they are filled.

    Columns: those of `court.petitions`, and topics (the register's, else those read, joined by 、), kind_given and
    id_given (kind and identifier as the register has them, NULL where blank), things (array of kind, id, holder,
    hearsay, as read), level (docs/domain.md section G02: 0 to 3), told_on (last delivery of petitions), tells_7d and
    tells_3m (whether the register fills in replies at all, so that a blank means that there was none).
    """
    stated = _read_texts(petitions)
    both = petitions.left_join(stated, petitions.text == stated.said_text).drop("said_text")
    kind, id = both.asset_kind.strip().nullif(""), both.asset_id.strip().nullif("")
    code = ibis.cases(*((kind.re_search(words), name) for name, words in _KIND_WORDS), else_="goods")
    both = both.mutate(
        topics=ibis.coalesce(both.topic.strip().nullif(""), both.said_topics),
        kind_given=ibis.ifelse(kind.notnull(), code, None),
        id_given=id,
        things=ibis.coalesce(both.things, ibis.literal([], type=stated.things.type())),
    )
    level = ibis.coalesce(both.said_level, 0)
    level = ibis.greatest(
        level, ibis.cases((both.id_given.notnull(), RECHECK_LEVEL), (both.kind_given.notnull(), 2), else_=1)
    )
    register = cut.table("petition")
    told_on = register.agg(
        told_on=register.known_at.max(),
        tells_7d=register.reply_7d_date.notnull().any(),
        tells_3m=register.result_3m_date.notnull().any(),
    )
    return both.mutate(level=level).cross_join(told_on).drop("said_topics", "said_level")


def address_key_column(address: Any) -> Any:
    """An address (Ibis) in the form of `petition_text.address_key`, but for numbers written out in 中文."""
    key = address.upper()
    for pattern, replacement in ADDRESS_STEPS:
        key = key.re_replace(pattern, replacement)
    return key


def _plain(number: Any) -> Any:
    return bare_column(number).upper().re_replace(r"[^0-9A-Z一-龥]", "")


def named_assets(said: ir.Table) -> ir.Table:
    """Things named by petitions: episode, pet_rid, recv_date, after, kind, key, holder, hearsay, given.

    `key` is the identifier in the form that joins (plate and numbers without blanks, address as
    `address_key_column`), "" where none is named; `given` says that the register's own columns name it. A thing of
    the columns stands for those of its kind that the text names, unless the columns name no identifier and the text
    does.
    """
    base = said.select("episode", "recv_date", "after", "kind_given", "id_given", "things", pet_rid="rid")
    read_ = base.mutate(thing=base.things.unnest()).drop("things")
    read_ = read_.select(
        *_GIVEN,
        kind=read_.thing.kind,
        key=read_.thing.id,
        holder=read_.thing.holder,
        hearsay=read_.thing.hearsay,
        given=ibis.literal(False),
    )
    replaced = (read_.kind == read_.kind_given) & (read_.id_given.notnull() | (read_.key == ""))
    read_ = read_.filter(~ibis.coalesce(replaced, False))
    stated = base.filter(base.kind_given.notnull() | base.id_given.notnull())
    stated = stated.mutate(kind=ibis.coalesce(stated.kind_given, "goods"))
    stated = stated.select(
        *_GIVEN,
        "kind",
        key=ibis.coalesce(
            ibis.ifelse(stated.kind == "realty", address_key_column(stated.id_given), _plain(stated.id_given)), ""
        ),
        holder=ibis.literal(""),
        hearsay=ibis.literal(False),
        given=ibis.literal(True),
    )
    return read_.union(stated).drop("kind_given", "id_given")


def match_registers(
    accounts: ir.Table, named: ir.Table, owned: ir.Table, kin_owned: ir.Table, debtors: ir.Table
) -> ir.Table:
    """Things named that stand in a register for a debtor or confirmed kin on the day they were named.

    Columns: those of `named`, and asset_kind, asset_id, label, value (分), reg_rid, rel and kin_rid (NULL for the
    debtor's own). One row per petition and register entry.
    """
    no = ibis.literal(None, type="string")
    columns = ("episode", "asset_kind", "asset_id", "label", "value", "day_from", "day_to")
    own = owned.select(*columns, rel=no, kin_rid=ibis.literal(None, type="int64"), reg_rid="rid")
    theirs = kin_owned.select(*columns, "rel", "kin_rid", reg_rid="rid")
    things = own.union(theirs)
    things = things.mutate(reg_kind=things.asset_kind.substitute(REGISTERED)).union(_accounts(accounts, debtors))
    things = things.mutate(
        by_id=_plain(things.asset_id),
        by_label=ibis.ifelse(things.reg_kind == "realty", address_key_column(things.label), _plain(things.label)),
    ).rename(reg_episode="episode")
    wanted = named.filter(named.key != "")
    both = wanted.join(things, [wanted.episode == things.reg_episode, wanted.kind == things.reg_kind])
    tail = both.key.re_extract("尾号(.+)$", 1)
    ends = both.by_label.endswith(both.key) & (both.key.length() >= LEAST_KEY)
    starts = both.key.endswith(both.by_label) & (both.by_label.length() >= LEAST_KEY)
    same = (both.key == both.by_id) | (both.key == both.by_label)
    close = (both.reg_kind == "realty") & (ends | starts)
    by_tail = (tail != "") & (both.by_id.endswith(tail) | both.by_label.endswith(tail))
    then = (both.day_from <= both.recv_date) & (both.day_to.isnull() | (both.day_to > both.recv_date))
    found = both.filter(ibis.coalesce(same | close | by_tail, False), ibis.coalesce(then, False))
    order = ibis.row_number().over(
        group_by=[found.episode, found.pet_rid, found.asset_kind, found.asset_id],
        order_by=[found.rel.notnull(), found.reg_rid.desc(), found.given.desc()],
    )
    found = found.mutate(nth=order).filter(lambda t: t.nth == 0)
    return found.drop("nth", "by_id", "by_label", "reg_episode", "reg_kind", "day_from", "day_to")


def _accounts(account: ir.Table, debtors: ir.Table) -> ir.Table:
    account = account.mutate(holder_key=canonical_id(account.holder_id))
    mine = account.join(debtors.select("episode", "person").distinct(), account.holder_key == debtors.person)
    opened = ibis.coalesce(mine.open_date, ibis.date(1900, 1, 1))
    return mine.select(
        "episode",
        asset_kind=ibis.literal("ACCT"),
        asset_id="acct_no",
        label="card_no",
        value="worth",
        day_from=opened,
        day_to="close_date",
        rel=ibis.literal(None, type="string"),
        kin_rid=ibis.literal(None, type="int64"),
        reg_rid="rid",
        reg_kind=ibis.literal("deposit"),
    )
