"""Scenario: bank statements: subjects, movements with running balances, the 34 columns as banks send them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base import identifiers as ids
from evaluation.world.base import text_columns
from evaluation.world.base.chance import NEVER, Array, bernoulli, randint, random_stream, repeat_text
from evaluation.world.delivery import account_writing
from evaluation.world.delivery.account_writing import Writing
from evaluation.world.population.banking import ACCOUNTS, BANKS
from evaluation.world.population.cohort import Cohort, Plan, draw_notice_days
from evaluation.world.population.counterparties import Counterparties, draw_counterparties
from evaluation.world.population.holdings import Rows, take_rows
from evaluation.world.population.inquiries import Inquiries, inquiry_rows
from evaluation.world.population.offices import Reviews
from evaluation.world.population.people import DEBTOR, SLOTS, SPOUSE
from evaluation.world.population.spool import Spool
from evaluation.world.scenarios.money import account_handling, holder_statements
from evaluation.world.scenarios.money.daily_life import DailyLife, Subjects
from evaluation.world.scenarios.money.dealings import Dealings
from evaluation.world.stage import flows as f
from evaluation.world.stage.flows import Flows
from evaluation.world.stage.stage import Stage
from features.schema import TABLES

_ONLINE = tuple(kind for kind, (_, sort, _) in enumerate(f.KINDS) if sort in ("手机银行", "网银"))
_BANKS_WITH_IP = (0, 2, 5)
"""Banks (index of `BANKS`) whose answers include network addresses."""


def simulate_statements(stage: Stage, reviews: Reviews, review_rows: Array) -> pa.Table:
    """Deliver the quarter's statements, account lists and inquiries; returns `holder_statements.true_paths`."""
    plan, quarter, spool, cohort = stage.plan, stage.quarter, stage.spool, stage.cohort
    subjects = _draw_subjects(plan, quarter, cohort, reviews, review_rows)
    if len(subjects) == 0:
        return holder_statements.SCHEMA.empty_table()
    rng = random_stream(plan.seed, quarter, "statements")
    book = draw_counterparties(plan.seed, quarter, cohort.people, cohort.accounts)
    out = Flows(book)
    life = DailyLife(rng, plan.knobs, cohort.people, cohort.conduct, cohort.accounts, subjects, out)
    dealings = Dealings(life, cohort.looks)
    life.add_income()
    life.add_spending()
    dealings.add_concealment()
    dealings.add_look_alikes()
    spouses = np.flatnonzero(subjects.slot == SPOUSE)
    out.parts.append(holder_statements.counter_entries(book, subjects, spouses, out.rows()))
    account_handling.simulate_account_handling(stage, life, out)
    others = holder_statements.HolderStatements(stage, subjects, out)
    true = holder_statements.true_paths(stage, others.plan, others.add_holders(), out.rows())
    subjects = others.subjects
    rows = _with_balances(plan, quarter, cohort, subjects, out.rows())
    writing = _draw_writing(plan, quarter, cohort, subjects)
    spool.add_arrow("txn_lines", _movement_lines(plan, quarter, spool, cohort, subjects, book, rows, writing))
    if writing is not None:
        _add_wallets(quarter, spool, subjects, rows)
    closing = _account_lines(plan, quarter, spool, cohort, subjects, rows, writing)
    spool.add_arrow("account_lines", closing)
    _write_inquiries(quarter, spool, cohort, subjects)
    return true


def _draw_writing(plan: Plan, quarter: int, cohort: Cohort, subjects: Subjects) -> Writing | None:
    """How the numbers of the accounts with statements are written, see `account_writing`."""
    accounts, own = cohort.accounts, subjects.slot == DEBTOR
    s, k = np.nonzero(np.where(own[:, None], accounts.exists[subjects.h], np.arange(ACCOUNTS) == 0))
    h, slot, mine = subjects.h[s], subjects.slot[s], own[s]
    return account_writing.draw_writing(
        plan.knobs,
        plan.seed,
        quarter,
        np.where(mine, accounts.number[h, k], accounts.person_number[h, slot]).astype(object),
        np.where(mine, accounts.card[h, k], accounts.person_number[h, slot]).astype(object),
        cohort.people.id_no[h, slot],
        np.where(mine, accounts.bank[h, k], accounts.person_bank[h, slot]),
    )


def _add_wallets(quarter: int, spool: Spool, subjects: Subjects, rows: Rows) -> None:
    """Deliver the wallets into which debtors paid."""
    number = _delivery_number(spool, subjects.answered)[rows["s"]]
    paid = (rows["kind"] == f.TOP_UP) & (subjects.slot[rows["s"]] == DEBTOR) & ~rows["failed"]
    at = np.flatnonzero(paid & (number < len(spool.calendar.deliveries)))
    files, true = account_writing.wallet_lines(
        quarter,
        rows["s"][at],
        text_columns.datetime_texts(pa.array(rows["ts"][at] + 1)),
        text_columns.yuan_texts(pa.array(np.abs(rows["amount"][at]))),
        ids.join("99", ids.digits(at + (quarter + 1) * 10_000_000, 12)),
        number[at],
    )
    spool.add_arrow("wallet_lines", files)
    spool.add_arrow("account_writing", true)


def _draw_subjects(plan: Plan, quarter: int, cohort: Cohort, reviews: Reviews, review_rows: Array) -> Subjects:
    """Draw the subjects: debtors of an early project and of reviews that asked banks, and some spouses."""
    rng = random_stream(plan.seed, quarter, "statement subjects")
    knobs, debts, first = plan.knobs, cohort.debts, cohort.conduct.first
    size = len(cohort.people)
    closed = debts.closed[first]
    scale = 0.5 + 0.5 * np.minimum(debts.amount[first] / 1e7, 2.0)
    early = bernoulli(rng, knobs.number("coverage.statement") * scale / scale.mean(), size) & ~debts.otherwise[first]
    asked_on = np.where(early, closed + randint(rng, 8, 120, size), NEVER)
    wants = np.flatnonzero(reviews.statements)
    house = cohort.docket.household[review_rows[wants]]
    later = np.full(size, NEVER)
    np.minimum.at(later, house, reviews.accepted[wants] + 8)
    asked_on = np.where(early, asked_on, later)
    h = np.flatnonzero(asked_on < NEVER)
    spouse = h[cohort.people.present[h, SPOUSE] & bernoulli(rng, knobs.number("statements.relatives"), len(h))]
    slot = np.repeat([DEBTOR, SPOUSE], [len(h), len(spouse)])
    h = np.concatenate([h, spouse])
    first_row = np.full(size, 0)
    order = np.flatnonzero(cohort.docket.parent < 0)[::-1]
    first_row[cohort.docket.household[order]] = order
    notice = draw_notice_days(plan, quarter, cohort.docket)[first_row[h]]
    start = np.minimum(
        notice - 30 * knobs.integer("statements.months_before"), debts.served[first[h]] - randint(rng, 0, 90, len(h))
    )
    end = np.minimum(asked_on[h] - 1, start + 1080)
    wait = randint(rng, 9, 38, len(h))
    device = h * SLOTS + slot
    return Subjects(h, slot, start, end, notice, debts.served[first[h]], asked_on[h], asked_on[h] + wait, device)


def _with_balances(plan: Plan, quarter: int, cohort: Cohort, subjects: Subjects, rows: Rows) -> Rows:
    """Movements inside the period, by account and time, with running balances."""
    rng = random_stream(plan.seed, quarter, "balances")
    debtor = subjects.slot[rows["s"]] == DEBTOR
    account = np.where(debtor, rows["account"], 0)
    h = subjects.h[rows["s"]]
    live = cohort.accounts.exists[h, account] & (cohort.accounts.opened[h, account] * f.DAY < rows["ts"])
    live &= (rows["ts"] < cohort.accounts.closed[h, account] * f.DAY) | ~debtor
    account = np.where(live | ~debtor, account, 0)
    inside = (rows["ts"] >= subjects.start[rows["s"]] * f.DAY) & (rows["ts"] < (subjects.end[rows["s"]] + 1) * f.DAY)
    keep = np.flatnonzero(inside)
    rows = take_rows(rows, keep)
    rows["account"] = account[keep]
    same = rows["who"] - len(cohort.people) * 7 == subjects.h[rows["s"]] * ACCOUNTS + rows["account"]
    same &= subjects.slot[rows["s"]] == DEBTOR
    keep = np.flatnonzero(~(same & (rows["kind"] == f.MOVE)))
    rows = take_rows(rows, keep)
    key = rows["s"] * ACCOUNTS + rows["account"]
    order = np.lexsort((np.arange(len(key)), rows["ts"], key))
    rows = take_rows(rows, order)
    key = key[order]
    rows["failed"] = bernoulli(rng, plan.knobs.number("faults.failed"), len(key))
    moved = np.where(rows["failed"], 0, rows["amount"])
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    count = np.diff(np.concatenate([first, [len(key)]]))
    running = np.cumsum(moved)
    running -= np.repeat(running[first] - moved[first], count)
    lowest = np.minimum.reduceat(running, first)
    opening = np.maximum(-lowest, 0) + randint(rng, 0, 90_000, len(first))
    rows["balance"] = running + np.repeat(opening, count)
    rows["key"] = key
    return rows


def _delivery_number(spool: Spool, days: Array) -> Array:
    return spool.calendar.delivery_of(days)


def _with_tab(values: Array | pa.Array) -> pa.Array:
    """Numbers followed by a TAB, as banks write them so that spreadsheets keep them as text."""
    return pc.binary_join_element_wise(
        pa.array(values, pa.string()) if isinstance(values, np.ndarray) else values, "\t", ""
    )


def _movement_lines(
    plan: Plan,
    quarter: int,
    spool: Spool,
    cohort: Cohort,
    subjects: Subjects,
    book: Counterparties,
    rows: Rows,
    writing: Writing | None,
) -> pa.Table:
    """Every movement as one CSV line of 34 columns, with bank and delivery; some twice, some without direction."""
    rng = random_stream(plan.seed, quarter, "statement faults")
    number = _delivery_number(spool, subjects.answered)[rows["s"]]
    keep = np.flatnonzero(number < len(spool.calendar.deliveries))
    twice = keep[bernoulli(rng, plan.knobs.number("faults.duplicate"), len(keep))]
    serial = np.arange(len(number))
    blank = bernoulli(rng, plan.knobs.number("faults.blank_direction"), len(number))
    spool.parts.setdefault("blank_direction", []).append(
        pa.table({"_delivery": pa.array(number[keep][blank[keep]], pa.int32())})
    )
    at = np.concatenate([keep, twice])
    at = at[np.argsort(at, kind="stable")]
    cells = _cells(quarter, cohort, subjects, book, take_rows(rows, at), serial[at], blank[at])
    if writing is not None:
        cells |= _written(writing, spool, cells, number[at])
    h, slot = subjects.h[rows["s"][at]], subjects.slot[rows["s"][at]]
    bank = np.where(slot == DEBTOR, cohort.accounts.bank[h, rows["account"][at]], cohort.accounts.person_bank[h, slot])
    empty = pa.array([""]).take(pa.array(np.zeros(len(at), dtype=np.int8)))
    columns = [cells.get(column.name, empty) for column in TABLES["txn"].columns]
    line = pc.binary_join_element_wise(*[pc.fill_null(column, "") for column in columns], ",")
    return pa.table({"_delivery": pa.array(number[at], pa.int32()), "bank": pa.array(bank, pa.int8()), "line": line})


def _written(writing: Writing, spool: Spool, cells: dict[str, pa.Array], number: Array) -> dict[str, pa.Array]:
    """The columns of numbers as they are written; what they mean goes to the truth."""
    own, card, other = (
        pc.utf8_rtrim(pc.fill_null(cells[name], ""), "\t").to_numpy(zero_copy_only=False)
        for name in ("acct_no", "card_no", "cp_acct")
    )
    ref_no = cells["ref_no"].to_numpy(zero_copy_only=False)
    # A row delivered twice is written alike both times.
    _, first, of = np.unique(ref_no, return_index=True, return_inverse=True)
    columns: dict[str, pa.Array] = {}
    for column, side, texts, cards in (("acct_no", "own", own, card[first]), ("cp_acct", "counterparty", other, None)):
        true, text, kind = account_writing.write_numbers(writing, texts[first], cards)
        rows = account_writing.true_rows(ref_no[first], side, true, kind)
        day = pa.array(number[first][kind != ""], pa.int32())
        spool.add_arrow("account_writing", rows.add_column(0, "_delivery", day))
        columns[column] = _with_tab(text[of])
    return columns


def _cells(
    quarter: int, cohort: Cohort, subjects: Subjects, book: Counterparties, rows: Rows, serial: Array, blank: Array
) -> dict[str, pa.Array]:
    accounts = cohort.accounts
    h, slot, account = subjects.h[rows["s"]], subjects.slot[rows["s"]], rows["account"]
    mine = pa.array(np.where(slot == DEBTOR, h * ACCOUNTS + account, accounts.number.size + h * 7 + slot))
    numbers = pa.array(np.concatenate([accounts.number.reshape(-1), accounts.person_number.reshape(-1)]), pa.string())
    cards = pa.array(np.concatenate([accounts.card.reshape(-1), accounts.person_number.reshape(-1)]), pa.string())
    person = pa.array(h * 7 + slot)
    who, kind = pa.array(rows["who"]), pa.array(rows["kind"])
    cash = np.asarray([cash == "现金" for _, _, cash in f.KINDS])[rows["kind"]]
    hidden = pa.array(cash | (rows["kind"] == f.INTEREST))
    shop = pa.array(rows["kind"] == f.BUY)
    nameless = (serial * 2_654_435_761 % 1000) < 70
    idless = (serial * 40_503 % 1000) < 380
    book_names = pa.array(book.name, pa.string())
    inward = rows["amount"] > 0
    direction = pa.array(np.where(blank, "", np.where(inward, "进", "出")).astype(object), pa.string())
    name = pc.if_else(pc.or_(hidden, pa.array(nameless)), "", book_names.take(who))
    marks = _devices(quarter, cohort, subjects, rows)
    return {
        "card_no": _with_tab(cards.take(mine)),
        "acct_no": _with_tab(numbers.take(mine)),
        "holder": pa.array(cohort.people.name.reshape(-1), pa.string()).take(person),
        "holder_id": _with_tab(pa.array(cohort.people.id_no.reshape(-1), pa.string()).take(person)),
        "ts": text_columns.datetime_texts(pa.array(rows["ts"])),
        "amount": text_columns.yuan_texts(pa.array(np.abs(rows["amount"]))),
        "balance": text_columns.yuan_texts(pa.array(rows["balance"])),
        "direction": direction,
        "cp_acct": pc.if_else(pc.or_(hidden, shop), "", _with_tab(pa.array(book.number, pa.string()).take(who))),
        "cash_flag": pa.array([cash for _, _, cash in f.KINDS]).take(kind),
        "cp_name": name,
        "cp_id": pc.if_else(pc.or_(hidden, pa.array(idless)), "", pa.array(book.id_no, pa.string()).take(who)),
        "cp_bank": pc.if_else(pc.or_(hidden, shop), "", pa.array(book.bank, pa.string()).take(who)),
        "memo": _memos(cohort, rows["kind"], h),
        "ccy": pa.array(["CNY"]).take(pa.array(np.zeros(len(serial), dtype=np.int8))),
        "success": pa.array(np.where(rows["failed"], "失败", "成功").astype(object), pa.string()),
        "ref_no": pa.array(serial + (quarter + 1) * 10_000_000).cast(pa.string()),
        "ip": marks[0],
        "mac": marks[1],
        "merchant": pc.if_else(shop, book_names.take(who), ""),
        "txn_type": pa.array([sort for _, sort, _ in f.KINDS]).take(kind),
    }


def _memos(cohort: Cohort, kind: Array, h: Array) -> pa.Array:
    """Memos of the movements; payments on behalf of another name that person."""
    memo = np.asarray([memo for memo, _, _ in f.KINDS], dtype=object)[kind]
    at = np.flatnonzero(kind == f.FOR_ANOTHER)
    memo[at] = ids.join("代", cohort.people.name[h[at], DEBTOR], "付房租物业")
    return pa.array(memo, pa.string())


def _devices(quarter: int, cohort: Cohort, subjects: Subjects, rows: Rows) -> tuple[pa.Array, pa.Array]:
    """(IP address, MAC address) of online movements, for banks that report them; a couple at one home shares the IP.

    No real network: private IP addresses, and MAC addresses that begin with 99.
    """
    device = subjects.device[rows["s"]]
    home = np.where(device % SLOTS == SPOUSE, device - SPOUSE, device)
    h = subjects.h[rows["s"]]
    bank = np.where(
        subjects.slot[rows["s"]] == DEBTOR,
        cohort.accounts.bank[h, rows["account"]],
        cohort.accounts.person_bank[h, subjects.slot[rows["s"]]],
    )
    online = np.isin(rows["kind"], _ONLINE) & (rows["amount"] < 0)
    shown = np.flatnonzero(online & np.isin(bank, _BANKS_WITH_IP))
    ip, mac = repeat_text("", len(h)), repeat_text("", len(h))
    away = (shown * 2_246_822_519 % 100) < 22
    at = quarter * 120_000 + np.where(away, home[shown] * 5 + shown % 5 + 7_800_000, home[shown])
    ip[shown] = ids.join(
        "10.", ids.digits(at // 62_500 % 250, 1), ".", ids.digits(at // 250 % 250, 1), ".", ids.digits(at % 250, 1)
    )
    mac[shown] = ids.join("99-00-", ids.digits(quarter * 100_000 + device[shown], 8))
    return pa.array(ip, pa.string()), pa.array(mac, pa.string())


def _account_lines(
    plan: Plan,
    quarter: int,
    spool: Spool,
    cohort: Cohort,
    subjects: Subjects,
    rows: Rows,
    writing: Writing | None,
) -> pa.Table:
    """Account information of every account in the answer, with its balance at the end of the period."""
    accounts = cohort.accounts
    used = np.zeros((len(subjects), ACCOUNTS), dtype=bool)
    used[rows["s"], rows["account"]] = True
    own = subjects.slot == DEBTOR
    s, k = np.nonzero(used | (accounts.exists[subjects.h] & own[:, None]))
    last = np.zeros(len(subjects) * ACCOUNTS, dtype=np.int64)
    last[rows["key"]] = rows["balance"]
    balance = last[s * ACCOUNTS + k]
    h, slot, mine = subjects.h[s], subjects.slot[s], own[s]
    number = _delivery_number(spool, subjects.answered)[s]
    gone = np.where(mine & (accounts.closed[h, k] < subjects.asked[s]), accounts.closed[h, k], NEVER)
    bank = np.where(mine, accounts.bank[h, k], accounts.person_bank[h, slot])
    opened = np.minimum(np.where(mine, accounts.opened[h, k], subjects.start[s] - 900), subjects.end[s])
    day = [
        text_columns.date_texts(pa.array(column.astype(np.int32), pa.int32(), mask=column >= NEVER))
        for column in (opened, gone)
    ]
    money = text_columns.yuan_texts(pa.array(balance))
    acct_no = np.where(mine, accounts.number[h, k], accounts.person_number[h, slot]).astype(object)
    if writing is not None:
        acct_no = np.asarray([writing.written.get(one, one) for one in acct_no], dtype=object)
    cells = {
        "holder": pa.array(cohort.people.name[h, slot], pa.string()),
        "holder_id": _with_tab(cohort.people.id_no[h, slot]),
        "card_no": _with_tab(np.where(mine, accounts.card[h, k], accounts.person_number[h, slot]).astype(object)),
        "acct_no": _with_tab(acct_no),
        "open_date": day[0],
        "close_date": day[1],
        "balance": money,
        "available": money,
        "acct_type": pa.array(repeat_text("个人结算账户", len(s)), pa.string()),
        "status": pa.array(np.where(gone < NEVER, "销户", "正常").astype(object), pa.string()),
        "bank": pa.array(np.asarray(BANKS, dtype=object)[bank], pa.string()),
        "branch": pa.array(repeat_text("浙东支行", len(s)), pa.string()),
        "ccy": pa.array(repeat_text("CNY", len(s)), pa.string()),
        "freeze_info": pa.array(repeat_text("", len(s)), pa.string()),
    }
    columns = [pc.fill_null(cells[column.name], "") for column in TABLES["account"].columns]
    table = pa.table(
        {
            "_delivery": pa.array(number, pa.int32()),
            "bank": pa.array(bank, pa.int8()),
            "line": pc.binary_join_element_wise(*columns, ","),
        }
    )
    return table.filter(pa.array(number < len(spool.calendar.deliveries)))


def _write_inquiries(quarter: int, spool: Spool, cohort: Cohort, subjects: Subjects) -> None:
    size = len(subjects)
    inquiries = Inquiries(
        subjects.h, subjects.slot, subjects.asked, subjects.answered, subjects.start, np.zeros(size, dtype=np.int64)
    )
    own = subjects.slot == DEBTOR
    returned = np.where(own, cohort.accounts.exists[subjects.h].sum(axis=1), 1)
    known = np.where(own, np.maximum(cohort.accounts.known[subjects.h].sum(axis=1), 1), 1)
    subject = cohort.people.id_no[subjects.h, subjects.slot]
    rows, day = inquiry_rows(
        quarter, "银行流水", "T", inquiries, subject, np.ones(size, dtype=bool), (known, np.maximum(returned, 1))
    )
    rows["period_to"] = subjects.end
    spool.add("inquiry", rows, day)
    number = _delivery_number(spool, subjects.answered)[own]
    arrived = number[number < len(spool.calendar.deliveries)]
    spool.parts.setdefault("statement_cases", []).append(pa.table({"_delivery": pa.array(arrived, pa.int32())}))
