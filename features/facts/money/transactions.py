"""Normalise bank statement rows (docs/domain.md section 3.2) and mark the legal window each falls into (3.1)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.facts.money import exchange
from features.facts.money.accounts_apart import account_meant, accounts_apart
from features.facts.money.links import whole_number
from features.facts.money.reversals import undone, undone_in_part
from features.facts.people import linkage
from features.facts.people.people import plain_name, surname
from features.pool.account_numbers import account_number, is_masked
from features.pool.identity import canonical_id
from features.pool.pool import Cut
from features.rules.periods import YEAR_DAYS
from features.schema.currencies import YUAN, currency_code

LOOK_BACK_DAYS = 400
"""Moves start this long before the earliest anchor: a year and a month before service."""

BANK_RANGES = ("YH", "RH", "IF")
"""Ranges of the network query whose feedback names accounts."""

MOVEMENT = ("acct", "ts", "day", "sign", "amount", "balance")
"""Columns of a statement row that say what moved on which account."""

_KINDS = (
    ("third_party", r"财付通|支付宝|备付金|微信|拉卡拉|京东支付|快钱|银联"),
    ("court", r"法院|执行款|案款"),
    ("government", r"财政|税务|国库|社会保险|社保|公积金|征收"),
    ("insurer", r"保险|人寿|财险"),
    ("bank", r"银行|利息|结息|手续费|信用社|分期|贷款|现金|待清算|过渡户|内部户"),
    ("company", r"公司|厂$|店$|经营部|合作社|商行|集团|中心|工作室|超市|商场|市场|学校|物业|站$|场$|部$|社$|馆$|院$"),
)
_PERSON = r"^[一-龥·]{2,6}$"
_FORCED = r"扣划|划拨"
_PERFORMED = r"执行款|案款"
_PURCHASE = r"消费|POS|刷卡|购物|加油|水费|电费|燃气|话费|物业|学费|医疗|医药|代扣"
"""Spending on life and goods by what the bank calls it (memo and type of transaction)."""


def statements(cut: Cut, rates: ir.Table) -> ir.Table:
    """Every statement row known on the day, of all holders. All other facts on money read this one, never the source.

    Columns: rid, known_at, holder (canonical number), holder_name, acct_no, card_no (as delivered), acct and cp_acct
    (see `account_numbers`), ts, day, sign (+1 in, -1 out), amount, balance (分), cp_name, cp_given (canonical number),
    memo (with the remark), merchant, txn_type, cash_flag, ref_no, ip, mac, ccy, undone (reversed or a reversal, see
    `reversals`), part_of (rid of the payment that the row undoes in part), part (分 of the payment undone by others,
    taken off its amount), done (not failed, not dated after the cut, with an amount, not undone), rate (元 for a unit
    of another currency on the day, NULL where none is known; amount, balance and part are then in yuan, else in
    hundredths of `ccy`), fit (done and in yuan: the facts sum 分 and no other currency).

    Args:
        cut: the cut.
        rates: see `exchange.daily_rates`.
    """
    txn = cut.table("txn")
    apart, numbers = accounts_apart(txn)
    own = apart.filter(~apart.said).drop("said")
    same = [txn[name].identical_to(own[name]) for name in own.columns if name != "acct"]
    txn = txn.left_join(own.rename(acct_apart="acct"), same).drop("acct_no_right", "holder_id_right", "holder_right")
    both = ibis.coalesce(txn.memo, "") + ibis.coalesce(txn.remark, "")
    kept = ("rid", "known_at", "acct_no", "card_no", "ts", "amount", "balance")
    more = ("cp_name", "merchant", "txn_type", "cash_flag", "ref_no", "ip", "mac")
    rows = txn.select(
        *kept,
        *more,
        holder_name="holder",
        holder=canonical_id(txn.holder_id),
        acct=ibis.coalesce(txn.acct_apart, account_number(txn.acct_no)),
        cp_written=txn.cp_acct,
        day=txn.ts.date(),
        sign=ibis.ifelse(txn.direction == "IN", 1, -1),
        cp_given=canonical_id(txn.cp_id),
        memo=ibis.ifelse(txn.remark == txn.memo, txn.memo, both.nullif("")),
        ccy=currency_code(txn.ccy),
        done=(ibis.coalesce(txn.success, "ok") == "ok") & (txn.ts.date() <= cut.today),
    )
    rows = account_meant(rows, apart, numbers)
    pairs = undone(rows.filter(rows.done))
    marks = pairs.select(paired="rid").union(pairs.select(paired="undoes"), distinct=True)
    rows = rows.left_join(marks, [("rid", "paired")])
    rows = _less_refunds(rows)
    done = rows.done & (rows.amount > 0) & rows.paired.isnull() & rows.part_of.isnull()
    rows = rows.mutate(undone=rows.paired.notnull(), done=done).drop("paired")
    rows = exchange.with_rates(rows, rates)
    converted = {name: exchange.in_yuan(rows[name], rows.rate) for name in ("amount", "balance", "part")}
    return rows.mutate(**converted, fit=rows.done & ((rows.ccy == YUAN) | rows.rate.notnull()))


def _less_refunds(rows: ir.Table) -> ir.Table:
    """Rows with `part_of`, `part` and the amount less what was refunded in part."""
    parts = undone_in_part(rows.filter(rows.done, rows.paired.isnull()))
    back = parts.group_by(back_rid="rid").agg(part_of=parts.undoes.min())
    paid = parts.select("undoes", "act", "part").distinct()
    paid = paid.group_by(paid_rid="undoes").agg(part=whole_number(paid.part.sum()))
    rows = rows.left_join(back, [("rid", "back_rid")]).drop("back_rid")
    rows = rows.left_join(paid, [("rid", "paid_rid")]).drop("paid_rid")
    return rows.mutate(amount=rows.amount - ibis.coalesce(rows.part, 0))


def accounts(cut: Cut, statements: ir.Table) -> ir.Table:
    """person, acct, fed_back: every account and card number that a delivery or a feedback names as somebody's own.

    Numbers stand with and without their bank suffix, one row per person and number; masked ones are left out.
    `fed_back`: a feedback of the network query on banks named it, or the card or account number delivered with it.
    """
    numbers = cut.table("account").select(holder="holder_id", acct_no="acct_no", card_no="card_no")
    numbers = numbers.union(statements.select("holder", "acct_no", "card_no").distinct())
    feedback = cut.table("query_feedback")
    feedback = feedback.filter(
        feedback.range_code.isin(BANK_RANGES), feedback.req_date <= cut.today, feedback.asset_id.notnull()
    )
    feedback = feedback.filter(~is_masked(feedback.asset_id))
    seen = feedback.select(seen_acct=account_number(feedback.asset_id)).distinct()
    none = ibis.literal(None, type="string")
    numbers = numbers.union(feedback.select(holder="subject_id", acct_no="asset_id", card_no=none)).distinct()
    numbers = numbers.mutate(plain_acct=account_number(numbers.acct_no), plain_card=account_number(numbers.card_no))
    known = numbers.left_join(seen, [("plain_acct", "seen_acct")])
    known = known.left_join(seen.view().rename(seen_card="seen_acct"), [("plain_card", "seen_card")])
    kept = ("acct_no", "card_no", "plain_acct", "plain_card")
    known = known.select(
        *kept,
        person=canonical_id(known.holder),
        fed_back=known.seen_acct.notnull() | known.seen_card.notnull(),
    )
    parts = [
        known.select("person", "fed_back", acct=column) for column in ("acct_no", "card_no", "plain_acct", "plain_card")
    ]
    whole = parts[0].union(parts[1]).union(parts[2]).union(parts[3])
    whole = whole.filter(whole.person.notnull(), whole.acct.notnull(), whole.acct != "", ~is_masked(whole.acct))
    return whole.group_by("person", "acct").agg(fed_back=whole.fed_back.any())


def normalised(
    statements: ir.Table, debtors: ir.Table, accounts: ir.Table, kin: ir.Table, bearers: ir.Table
) -> ir.Table:
    """Statement rows of debtors, ready to be summed.

    Columns: rid, person, acct, ts, day, sign (+1 in, -1 out), amount (分 > 0), balance (分), cp (counterparty key: id,
    else account, else name), cp_name, cp_plain (cp_name cleaned), cp_acct, cp_id (resolved through the account where
    the row has none), memo, merchant, cash, ip, mac, cp_kind (own, own_unlisted, kin, third_party, court, government,
    insurer, bank, company, person, unknown), own_by_id (the number, not the name alone, says the account is the
    debtor's), fed_back (own account that the court's bank query named), rel (relation when kin), kin_rid, kin_prob (1
    by number, less where the name alone says so; see `linkage.kin_probability`), weak_kin (same surname as the holder
    and no confirmed tie, or a relative's name too common to tell), external (neither own account nor a bank's own
    entry), purchase (paid to a merchant), debtor_name.

    Failed rows, rows dated after the cut, pure balance rows and repeats delivered twice are left out; own-account
    transfers are kept but marked, so that sums can net them out.
    """
    owner = sole_owners(accounts)
    fit = statements.filter(statements.fit)
    fit = fit.left_join(owner, fit.acct_no == owner.acct).drop("acct_right")
    fit = fit.mutate(person=ibis.coalesce(fit.holder, fit.owner))
    known = debtors.group_by("person").agg(
        debtor_name=plain_name(debtors.name).min(),
        former_name=plain_name(debtors.former_name).min(),
        debtor_surname=ibis.ifelse(debtors.kind == "person", debtors.surname, None).min(),
    )
    rows = fit.join(known, "person").semi_join(distinct_movements(statements), [("rid", "first_rid")])
    rows = rows.mutate(balance=own_balance(rows))
    return _classified(rows, _names(statements), accounts, kin, bearers)


def own_balance(rows: ir.Table) -> ir.IntegerValue:
    """Balances after rows in yuan; those of converted rows are the other currency's and no part of the account's."""
    return ibis.ifelse(rows.rate.isnull(), rows.balance, ibis.null("int64"))


def sole_owners(accounts: ir.Table) -> ir.Table:
    """acct, owner: account and card numbers that one person alone is known to hold."""
    owner = accounts.group_by("acct").agg(owner=accounts.person.min(), owners=accounts.person.nunique())
    return owner.filter(owner.owners == 1).drop("owners")


def distinct_movements(rows: ir.Table, sheet: tuple[str, ...] = ()) -> ir.Table:
    """One row per movement of money, with `first_rid`, the lowest row id: banks deliver one movement in several files.

    Rows are one movement where account, time, direction, currency, amount and running balance are equal. Where there is
    no balance or no time of day, reference number and counterparty must be equal too. Rows that are not `fit` are left
    out (see `statements`).

    Args:
        rows: see `statements`.
        sheet: columns that say which sheet a row stands in: rows of one sheet are then different movements where no
            balance and no reference number say that they are one, and the n-th of each sheet are one (column `nth`).
    """
    rows = rows.filter(rows.fit)
    loose = rows.balance.isnull() | (rows.ts == rows.day.cast("timestamp"))
    rest = {f"loose_{name}": ibis.ifelse(loose, rows[name], None) for name in ("ref_no", "cp_acct", "cp_name")}
    keys = ("acct", "ts", "sign", "ccy", "amount", "balance")
    if sheet:
        alike = [*(rows[name] for name in (*keys, *sheet)), *rest.values()]
        nth = ibis.row_number().over(ibis.window(group_by=alike, order_by=rows.rid))
        rows = rows.mutate(**rest, nth=ibis.ifelse(rows.balance.isnull() & rows.ref_no.isnull(), nth, 0))
        return rows.group_by(*keys, *rest, "nth").agg(first_rid=rows.rid.min())
    return rows.group_by(*keys, **rest).agg(first_rid=rows.rid.min())


def _classified(rows: ir.Table, names: ir.Table, accounts: ir.Table, kin: ir.Table, bearers: ir.Table) -> ir.Table:
    own = accounts.select(own_person="person", own_acct="acct", fed_back="fed_back")
    rows = rows.left_join(own, [rows.person == own.own_person, rows.cp_acct == own.own_acct]).drop("own_person")
    holder = sole_owners(accounts).select(held_acct="acct", held_by="owner")
    rows = rows.left_join(holder, rows.cp_acct == holder.held_acct)
    rows = rows.mutate(cp_id=ibis.coalesce(rows.cp_given, rows.held_by)).drop("held_acct", "held_by")
    rows = rows.left_join(names, rows.cp_name == names.given)
    by_id = kin.select(id_person="person", id_other="other", id_rel="rel", id_rid="rid")
    rows = rows.left_join(by_id, [rows.person == by_id.id_person, rows.cp_id == by_id.id_other])
    named = kin.filter(kin.other_name.notnull()).mutate(name_other=plain_name(kin.other_name))
    named = named.group_by(name_person="person", name_other="name_other").agg(
        name_rel=named.rel.min(), name_rid=named.rid.min(), name_id=named.other.min(), persons=named.other.nunique()
    )
    named = linkage.kin_probability(named.filter(named.persons == 1).drop("persons"), "name_other", bearers)
    rows = rows.left_join(
        named, [rows.person == named.name_person, rows.plain == named.name_other, rows.cp_id.isnull()]
    )
    return _kinds(rows)


def _names(rows: ir.Table) -> ir.Table:
    names = rows.filter(rows.cp_name.notnull()).select(given="cp_name").distinct()
    names = names.mutate(plain=plain_name(names.given))
    kind = ibis.cases(
        *((names.plain.re_search(pattern), kind) for kind, pattern in _KINDS),
        (names.plain.re_search(_PERSON), "person"),
        else_="unknown",
    )
    return names.mutate(name_kind=kind, cp_surname=surname(names.plain))


def _kinds(rows: ir.Table) -> ir.Table:
    memo = ibis.coalesce(rows.memo, "")
    by_number = ibis.coalesce(rows.cp_id == rows.person, False)
    same_name = ibis.coalesce(rows.plain == rows.debtor_name, False) | ibis.coalesce(
        rows.plain == rows.former_name, False
    )
    mine = by_number | (same_name & rows.cp_id.isnull())
    by_name = rows.kin_prob >= linkage.parameters()["kin_by_name"]["sure"]
    kin_rid = ibis.coalesce(rows.id_rid, ibis.ifelse(by_name, rows.name_rid, None))
    forced = memo.re_search(_FORCED) | (memo.re_search(_PERFORMED) & (ibis.coalesce(rows.name_kind, "") != "person"))
    merchant = rows.merchant.notnull() & (rows.merchant != "")
    cp_kind = ibis.cases(
        (rows.own_acct.notnull(), "own"),
        (mine & rows.cp_acct.notnull(), "own_unlisted"),
        (mine, "own"),
        (kin_rid.notnull(), "kin"),
        ((rows.sign < 0) & forced, "court"),
        else_=ibis.coalesce(rows.name_kind, ibis.ifelse(merchant, "company", "unknown")),
    )
    rows = rows.mutate(cp_kind=cp_kind, rel=ibis.coalesce(rows.id_rel, rows.name_rel), kin_rid=kin_rid)
    doubtful = rows.name_rid.notnull() & rows.kin_rid.isnull()
    weak = (rows.cp_kind == "person") & ((rows.cp_surname == rows.debtor_surname) | doubtful)
    return rows.select(
        "rid",
        "person",
        *MOVEMENT,
        "cp_name",
        "cp_acct",
        "cp_id",
        "memo",
        "merchant",
        "ip",
        "mac",
        "cp_kind",
        "rel",
        "kin_rid",
        "debtor_name",
        cp=ibis.coalesce(rows.cp_id, rows.name_id, rows.cp_acct, rows.plain, rows.merchant),
        cp_plain="plain",
        cash=(ibis.coalesce(rows.cash_flag, "") == "cash") | memo.re_search("取现|ATM|现金"),
        kin_prob=ibis.ifelse(rows.id_rid.notnull(), 1.0, rows.kin_prob),
        own_by_id=ibis.coalesce(rows.cp_given == rows.person, False),
        fed_back=ibis.coalesce(rows.fed_back, False),
        weak_kin=ibis.coalesce(weak, False),
        external=~rows.cp_kind.isin(["own", "own_unlisted", "bank"]),
        purchase=(merchant | (memo + ibis.coalesce(rows.txn_type, "")).re_search(_PURCHASE))
        & ~rows.cp_kind.isin(["person", "kin"]),
    )


def creditors(episodes: ir.Table, applicants: ir.Table, debtors: ir.Table) -> ir.Table:
    """episode, cp, name, role: applicants and debtors of an episode by number and by name, one row per episode and key.

    A payment between debtors of one episode stays in the estate, a payment to an applicant performs the debt.
    """
    creditor = applicants.select("episode", "person", "name", role=ibis.literal("creditor"))
    inner = debtors.select("episode", "person", "name", role=ibis.literal("inner"))
    both = creditor.union(inner)
    return both.mutate(name=plain_name(both.name)).semi_join(episodes, "episode")


def moves(
    txns: ir.Table, episodes: ir.Table, debtors: ir.Table, applicants: ir.Table, anchors: ir.Table, known_before: int
) -> ir.Table:
    """Statement rows of an episode's debtors with the windows they fall into.

    All columns of `normalised` but ip, mac and balance, and episode, debt (分), cp_first (day the counterparty is first
    seen), seen_from (first day of the person's statements), the anchors t_srv, t_eff, t_ntc, t_rpt, t_zb, t0 (t_srv,
    else t_ntc: from here disposals count), and
    w0 [t_srv-365, t_srv), w1 [t_srv, t_eff), w2 [t_ntc-365, t_ntc), w3 [t_ntc, t_zb], w4 (t_zb, day], since [t0, day]
    (W1 to W4 and the days between judgment and notice); a window whose anchor is unknown is false;
    creditor (paid to the court or to an applicant of the episode), leaves (out of the estate, neither a purchase nor a
    payment on this debt), novel (counterparty first seen from t0 on, in statements that reach back far enough to know).

    Args:
        known_before: a counterparty is called new only where the statements reach back this many days before t0: else
            all are new.
    """
    hand = txns.group_by(hand_person="person", hand_cp="cp").agg(cp_first=txns.day.min())
    start = txns.group_by(start_person="person").agg(seen_from=txns.day.min())
    rows = txns.join(debtors.select("episode", "person"), "person").join(start, [("person", "start_person")])
    rows = rows.left_join(hand, [("person", "hand_person"), ("cp", "hand_cp")])
    dates = anchors.select(
        "episode", **{name: anchors[name].cast("date") for name in ("t_srv", "t_eff", "t_ntc", "t_rpt", "t_zb")}
    )
    dates = dates.join(episodes.select("episode", "debt"), "episode")
    rows = rows.join(dates.mutate(t0=ibis.coalesce(dates.t_srv, dates.t_ntc)), "episode")
    rows = rows.filter(rows.day >= ibis.least(rows.t0, rows.t_ntc) - ibis.interval(days=LOOK_BACK_DAYS))
    rows = _roles(rows, episodes, applicants, debtors)
    year = ibis.interval(days=YEAR_DAYS)

    def inside(low: ir.Value, high: ir.Value) -> ir.Value:
        return ibis.coalesce((rows.day >= low) & (rows.day < high), False)

    known = rows.seen_from <= rows.t0 - ibis.interval(days=known_before)
    return rows.mutate(
        w0=inside(rows.t_srv - year, rows.t_srv),
        w1=inside(rows.t_srv, ibis.coalesce(rows.t_eff, rows.t_ntc)),
        w2=inside(rows.t_ntc - year, rows.t_ntc),
        w3=inside(rows.t_ntc, rows.t_zb + ibis.interval(days=1)),
        w4=ibis.coalesce(rows.day > rows.t_zb, False),
        since=ibis.coalesce(rows.day >= rows.t0, False),
        leaves=(rows.sign < 0) & rows.external & ~rows.creditor & ~rows.purchase,
        novel=ibis.coalesce((rows.cp_first >= rows.t0) & known, False),
    )


def _roles(rows: ir.Table, episodes: ir.Table, applicants: ir.Table, debtors: ir.Table) -> ir.Table:
    role = creditors(episodes, applicants, debtors)
    by_id = role.group_by(id_episode="episode", id_cp="person").agg(id_role=role.role.min())
    by_name = role.group_by(name_episode="episode", name_cp="name").agg(name_role=role.role.min())
    rows = rows.left_join(by_id, [rows.episode == by_id.id_episode, rows.cp_id == by_id.id_cp])
    rows = rows.left_join(
        by_name,
        [rows.episode == by_name.name_episode, rows.cp_plain == by_name.name_cp, rows.cp_id.isnull()],
    )
    part = ibis.coalesce(rows.id_role, rows.name_role, "")
    rows = rows.mutate(
        creditor=(rows.cp_kind == "court") | (part == "creditor"), external=rows.external & (part != "inner")
    )
    given = ("start_person", "hand_person", "hand_cp", "id_episode", "id_cp", "id_role", "name_episode", "name_cp")
    return rows.drop("ip", "mac", "balance", "name_role", *given)
