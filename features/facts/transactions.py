"""Statement rows made comparable (domain.md section 3.2) and laid beside the legal dates (section 3.1)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.people import surname
from features.identity import canonical_id
from features.pool import Cut

LOOK_BACK_DAYS = 400
"""Moves start this long before the earliest anchor: a year and a month before service."""

_KINDS = (
    ("third_party", r"财付通|支付宝|备付金|微信|拉卡拉|京东支付|快钱|银联"),
    ("court", r"人民法院"),
    ("government", r"财政|税务|国库|社会保险|社保|公积金|征收"),
    ("insurer", r"保险|人寿|财险"),
    ("bank", r"银行|利息|手续费|信用社|分期|贷款"),
    ("company", r"公司|厂$|店$|经营部|合作社|商行|集团|中心|工作室|超市|商场|学校|医院|物业"),
)
_PERSON = r"^[一-龥·]{2,6}$"


def accounts(cut: Cut) -> ir.Table:
    """person, acct: every account and card number that a delivery names as somebody's own."""
    account = cut.table("account")
    txn = cut.table("txn")
    rows = [
        source.select(person=canonical_id(source.holder_id), acct=column)
        for source in (account, txn)
        for column in ("acct_no", "card_no")
    ]
    both = rows[0].union(rows[1]).union(rows[2]).union(rows[3])
    return both.filter(both.person.notnull(), both.acct.notnull(), both.acct != "").distinct()


def normalised(cut: Cut, debtors: ir.Table, accounts: ir.Table, kin: ir.Table) -> ir.Table:
    """Statement rows of debtors, ready to be summed.

    Columns: rid, person, acct, ts, day, sign (+1 in, -1 out), amount (分 >= 0), balance (分), cp (counterparty key: id,
    else account, else name), cp_name, cp_acct, cp_id, memo, cash, ip, mac, cp_kind (own, own_unlisted, kin, third_party,
    court, government, insurer, bank, company, person, unknown), rel (relation when kin), kin_rid, weak_kin (same
    surname as the holder, no confirmed tie), external (neither own account nor a bank's own entry).

    Failed rows, rows dated after the cut and repeats delivered twice are left out; own-account transfers are kept but
    marked, so that sums can net them out.
    """
    txn = cut.table("txn")
    txn = txn.filter(ibis.coalesce(txn.success, "ok") == "ok", txn.ts.date() <= cut.day, txn.amount > 0)
    owner = accounts.group_by("acct").agg(owner=accounts.person.min(), owners=accounts.person.nunique())
    owner = owner.filter(owner.owners == 1).drop("owners")
    txn = txn.left_join(owner, txn.acct_no == owner.acct)
    known = debtors.group_by("person").agg(debtor_name=debtors.name.min(), debtor_surname=debtors.surname.min())
    txn = txn.mutate(person=ibis.coalesce(canonical_id(txn.holder_id), txn.owner))
    rows = txn.join(known, "person")
    rows = rows.select(
        "rid", "person", "ts", "balance", "amount", "memo", "ip", "mac", "debtor_name", "debtor_surname", "cp_name",
        acct="acct_no",
        day=rows.ts.date(),
        sign=ibis.ifelse(rows.direction == "IN", 1, -1),
        cp_acct=rows.cp_acct.re_replace(r"[_-].*$", ""),
        cp_id=canonical_id(rows.cp_id),
        merchant="merchant",
        cash=(ibis.coalesce(rows.cash_flag, "") == "cash") | ibis.coalesce(rows.memo, "").re_search("取现|ATM|现金"),
    )  # fmt: skip
    rows = _without_repeats(rows)
    return _classified(rows, accounts, kin)


def _without_repeats(rows: ir.Table) -> ir.Table:
    nth = ibis.row_number().over(
        group_by=[rows.acct, rows.ts, rows.sign, rows.amount, rows.balance, rows.cp_acct, rows.cp_name],
        order_by=rows.rid,
    )
    return rows.mutate(nth=nth).filter(lambda t: t.nth == 0).drop("nth")


def _classified(rows: ir.Table, accounts: ir.Table, kin: ir.Table) -> ir.Table:
    own = accounts.select(own_person="person", own_acct="acct")
    rows = rows.left_join(own, [rows.person == own.own_person, rows.cp_acct == own.own_acct]).drop("own_person")
    by_id = kin.select(id_person="person", id_other="other", id_rel="rel", id_rid="rid")
    rows = rows.left_join(by_id, [rows.person == by_id.id_person, rows.cp_id == by_id.id_other])
    named = kin.filter(kin.other_name.notnull())
    named = named.group_by(name_person="person", name_other="other_name").agg(
        name_rel=named.rel.min(), name_rid=named.rid.min(), persons=named.other.nunique()
    )
    named = named.filter(named.persons == 1).drop("persons")
    rows = rows.left_join(
        named, [rows.person == named.name_person, rows.cp_name == named.name_other, rows.cp_id.isnull()]
    )
    names = rows.select("cp_name").distinct()
    kinds = names.filter(names.cp_name.notnull()).mutate(
        name_kind=ibis.cases(
            *((names.cp_name.re_search(pattern), kind) for kind, pattern in _KINDS),
            (names.cp_name.re_search(_PERSON), "person"),
            else_="unknown",
        )
    )
    kinds = kinds.select(kind_name="cp_name", name_kind="name_kind")
    rows = rows.left_join(kinds, rows.cp_name == kinds.kind_name)
    same_name = ibis.coalesce(rows.cp_name == rows.debtor_name, False)
    is_own = rows.own_acct.notnull() | ibis.coalesce(rows.cp_id == rows.person, False)
    kin_rid = ibis.coalesce(rows.id_rid, rows.name_rid)
    cp_kind = ibis.cases(
        (is_own, "own"),
        (kin_rid.notnull(), "kin"),
        (same_name & rows.cp_acct.notnull() & rows.cp_id.isnull(), "own_unlisted"),
        else_=ibis.coalesce(rows.name_kind, ibis.ifelse(rows.merchant.notnull(), "company", "unknown")),
    )
    rows = rows.mutate(cp_kind=cp_kind, rel=ibis.coalesce(rows.id_rel, rows.name_rel), kin_rid=kin_rid)
    weak = (rows.cp_kind == "person") & (surname(rows.cp_name) == rows.debtor_surname)
    return rows.select(
        "rid", "person", "acct", "ts", "day", "sign", "amount", "balance", "cp_name", "cp_acct", "cp_id", "memo",
        "merchant", "cash", "ip", "mac", "cp_kind", "rel", "kin_rid", "debtor_name",
        cp=ibis.coalesce(rows.cp_id, rows.cp_acct, rows.cp_name, rows.merchant),
        weak_kin=ibis.coalesce(weak, False),
        external=~rows.cp_kind.isin(["own", "own_unlisted", "bank"]),
    )  # fmt: skip


def moves(txns: ir.Table, debtors: ir.Table, anchors: ir.Table, day: object) -> ir.Table:
    """Statement rows of an episode's debtors with the windows they fall into.

    All columns of `normalised` and episode, w0 [t_srv-365, t_srv), w1 [t_srv, t_eff), w2 [t_ntc-365, t_ntc),
    w3 [t_ntc, t_zb], w4 (t_zb, day], and the anchors t_srv, t_eff, t_ntc, t_rpt, t_zb. A window whose anchor is
    unknown is false.
    """
    rows = txns.join(debtors.select("episode", "person"), "person")
    rows = rows.join(
        anchors.select("episode", "t_srv", "t_eff", "t_ntc", "t_rpt", "t_rptret", "t_lim", "t_zb"), "episode"
    )
    start = ibis.least(ibis.coalesce(rows.t_srv, rows.t_ntc), rows.t_ntc) - ibis.interval(days=LOOK_BACK_DAYS)
    rows = rows.filter(rows.day >= start)
    year = ibis.interval(days=365)

    def inside(low: ir.Value, high: ir.Value) -> ir.Value:
        return ibis.coalesce((rows.day >= low) & (rows.day < high), False)

    return rows.mutate(
        w0=inside(rows.t_srv - year, rows.t_srv),
        w1=inside(rows.t_srv, ibis.coalesce(rows.t_eff, rows.t_ntc)),
        w2=inside(rows.t_ntc - year, rows.t_ntc),
        w3=inside(rows.t_ntc, rows.t_zb + ibis.interval(days=1)),
        w4=ibis.coalesce(rows.day > rows.t_zb, False),
    )
