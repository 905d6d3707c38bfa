"""Value the assets of leads: holder, gross value, deductions that rank before the debt, and net value, in 分.

Net value = value - mortgages - seals of other cases that come first - what is exempt, at least 0. Where the value or
one of these is not known, the net value is not known either, and a plain sentence says why.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from features.clues.sentence import format_date
from features.leads.assets import normalise_number, values_table
from features.leads.lead import Deduction
from features.leads.settings import CASE, FUND, settings
from features.pool.identity import canonical_id
from features.rules.plates import ORDINARY, plate_kind
from features.schema import TABLES

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.facts import Facts

TIES = TABLES["relation"].column("rel_code").code_labels
"""中文 of each relation."""

ENTRY = ("asset_class", "asset", "name", "owner", "open", "since", "value", "rid", "said")
"""Columns of a register entry in one shape for all registers; `said` says in 中文 what kind of value it is."""


@dataclass(frozen=True, slots=True)
class Valuation:
    """Holder, value and deductions of one lead; fields as in `Lead`."""

    name: str = ""
    holder: str = ""
    holder_tie: str = ""
    value_fen: int | None = None
    value_rid: int | None = None
    value_note: str = ""
    deductions: tuple[Deduction, ...] = ()
    net_fen: int | None = None
    net_note: str = ""


@dataclass(frozen=True, slots=True)
class RegisterRecords:
    """Register entries and seals of the assets of all leads: see `read_register_entries` and `read_seals`."""

    entries: pd.DataFrame
    seals: pd.DataFrame


def read_register_records(facts: Facts, keys: pd.DataFrame) -> RegisterRecords:
    """Entries and seals of the things of leads, read once for values and causes."""
    return RegisterRecords(read_register_entries(facts, keys), read_seals(facts, keys))


def value_leads(
    facts: Facts, keys: pd.DataFrame, about: pd.DataFrame, named: pd.DataFrame, records: RegisterRecords
) -> dict[str, Valuation]:
    """Valuation of every lead.

    Args:
        facts: of the cut.
        keys: one row per lead: lead, asset_class, asset, chain, episode.
        about: rows of clues beside their lead.
        named: lead, rid, amount: source rows that name the thing, with the amount they give of it.
        records: entries and seals of the things.
    """
    entries = records.entries
    ties = _ties(facts, entries)
    taken = _deductions(facts, records)
    spare = named.dropna(subset=["amount"]).sort_values(["lead", "rid"]).drop_duplicates("lead", keep="last")
    amounts = {lead: (int(sum_fen), int(rid)) for lead, rid, sum_fen in spare[["lead", "rid", "amount"]].to_numpy()}
    funds = _funds(about)
    chosen = entries.set_index("lead").to_dict("index")
    found = {}
    for lead, code in keys[["lead", "asset_class"]].itertuples(index=False, name=None):
        if code in (CASE, FUND):
            found[lead] = (
                _money(funds.get(lead)) if code == FUND else Valuation(net_note="程序事项，不涉及单项财产的价值。")
            )
            continue
        entry: dict[Any, Any] = chosen.get(lead, {})
        found[lead] = _valuation(code, entry, amounts.get(lead), taken.get(lead, []), ties.get(lead, ""))
    return found


def _valuation(
    code: str, entry: dict[Any, Any], amount: tuple[int, int] | None, taken: list[Deduction], tie: str
) -> Valuation:
    """The arithmetic of one lead."""
    value, rid, note = None, None, ""
    if entry and not pd.isna(entry["value"]):
        value, rid, note = int(entry["value"]), int(entry["rid"]), entry["said"] or settings().classes[code].value
    elif amount is not None and not (code == "ACC" and entry and entry["said"]):
        value, rid, note = amount[0], amount[1], "法院或银行记录所载金额，未经评估"
    net, net_note = _net(value, taken)
    if code == "ACC" and entry and entry["said"] and value is None:
        note, net_note = entry["said"], f"{entry['said']}，净值未计。"
    if code == "WAGE":
        net_note = "按月取得的收入，不折算为一次性价值。"
    if entry and not entry["open"]:
        net_note += "登记簿显示已转出。"
    if code == "VEH" and entry and (kind := plate_kind(str(entry["name"] or ""))) not in ("", ORDINARY):
        net_note += f"号牌为{kind}。"
    holder, name = (str(entry[key] or "") if entry else "" for key in ("owner", "name"))
    return Valuation(name, holder, tie, value, rid, note, tuple(taken), net, net_note)


def _net(value: int | None, taken: list[Deduction]) -> tuple[int | None, str]:
    unknown = [one.label for one in taken if one.amount_fen is None]
    if value is None:
        return None, "价值不详，净值未计。"
    if unknown:
        return None, f"{'、'.join(dict.fromkeys(unknown))}的金额不详，净值未计。"
    left = max(value - sum(one.amount_fen or 0 for one in taken), 0)
    less = "、".join(dict.fromkeys(one.label for one in taken))
    return left, f"价值减去{less}。" if less else "未见抵押、在先查封和豁免记录，净值按价值计。"


def _money(held: int | None) -> Valuation:
    note = "线索各行所载案款合计" if held is not None else ""
    net_note = "案款已到法院账户，按滞留金额计。" if held is not None else "滞留金额不详。"
    return Valuation(value_fen=held, value_note=note, net_fen=held, net_note=net_note)


def _funds(about: pd.DataFrame) -> dict[str, int]:
    """Value of money held by the court: the sum of a clue's rows, the largest of the clues that speak of it."""
    rows = about[about["asset_class"] == FUND].dropna(subset=["amount"])
    sums = rows.groupby(["lead", "clue"])["amount"].sum().groupby(level="lead").max()
    return {str(lead): int(sum_fen) for lead, sum_fen in sums.items()}


def read_register_entries(facts: Facts, keys: pd.DataFrame) -> pd.DataFrame:
    """The register entry that tells whose the thing of each lead is, columns lead and `ENTRY`.

    An entry still open stands before one that ended, a debtor's before another's, a newer before an older.
    """
    parts = [_held(facts, keys), _accounts(facts, keys), _compensation(facts, keys), _wages(facts, keys)]
    entries = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    whole = keys[["lead", "asset_class", "asset", "episode"]].merge(entries, on=["asset_class", "asset"])
    whole["mine"] = _pairs(whole, "owner").isin(_debtors(facts))
    order = ["lead", "open", "mine", "since", "rid"]
    return whole.sort_values(order, na_position="first", kind="stable").drop_duplicates("lead", keep="last")


def _pairs(frame: pd.DataFrame, column: str) -> pd.Series[str]:
    return frame["episode"].astype(str) + "\x1f" + frame[column].fillna("").astype(str)


def _debtors(facts: Facts) -> pd.Series[str]:
    return _pairs(facts.debtors.select("episode", "person").to_pandas(), "person")


def _asset_numbers(keys: pd.DataFrame, code: str) -> ir.Table:
    numbers = keys.loc[keys["asset_class"] == code, "asset"].drop_duplicates().tolist() if code else keys["asset"]
    return values_table(list(numbers) or [""], "asset")


def _asked(entries: ir.Table, keys: pd.DataFrame, code: str) -> pd.DataFrame:
    """Entries on the assets of the leads, of one class or (empty code) of any; columns `ENTRY`."""
    frame: pd.DataFrame = entries.select(*ENTRY).semi_join(_asset_numbers(keys, code), "asset").to_pandas()
    return frame


def _held(facts: Facts, keys: pd.DataFrame) -> pd.DataFrame:
    """Vehicles, realty, policies, shares, funds; of vehicles also those scrapped, without a value."""
    own = facts.holdings
    later = own.select(kind="asset_kind", thing="asset_id", left="prev_owner", on="day_from")
    on = [own.asset_kind == later.kind, own.asset_id == later.thing, own.owner == later.left, own.day_from < later.on]
    passed_on = own.semi_join(later, on).select("rid")
    own = own.left_join(passed_on.select(gone_rid="rid"), [("rid", "gone_rid")])
    own = own.select(
        "owner",
        "value",
        "rid",
        asset_class="asset_kind",
        asset=normalise_number(own.asset_id),
        name=ibis.coalesce(own.label, ""),
        open=own.day_to.isnull() & own.gone_rid.isnull(),
        since=own.day_from,
        said=ibis.literal(""),
    )
    car = facts.vehicles.filter(facts.vehicles.gone)
    car = car.select(
        "owner",
        "rid",
        value=ibis.null("int64"),
        asset_class=ibis.literal("VEH"),
        asset=normalise_number(car.vin),
        name="plate",
        open=ibis.literal(False),
        since=car.own_from,
        said=ibis.literal("已报废或注销"),
    )
    return _asked(own.select(*ENTRY).union(car.select(*ENTRY)), keys, "")


def _accounts(facts: Facts, keys: pd.DataFrame) -> pd.DataFrame:
    acct = facts.account_balances
    closed = ibis.coalesce(acct.close_date <= facts.day, False)
    entries = acct.select(
        "rid",
        asset_class=ibis.literal("ACC"),
        asset=normalise_number(acct.acct_no),
        name=ibis.coalesce(acct.bank, ""),
        owner=canonical_id(acct.holder_id),
        open=~closed,
        since=acct.open_date,
        value=acct.worth,
        said=acct.said,
    )
    return _asked(entries, keys, "ACC")


def _compensation(facts: Facts, keys: pd.DataFrame) -> pd.DataFrame:
    paid = facts.cut.table("demolition").filter(lambda t: t.agreement_date <= facts.day)
    done = ibis.coalesce(paid.paid_date <= facts.day, False)
    said = ibis.ifelse(done, ibis.literal("补偿协议金额，已付款"), ibis.literal("补偿协议金额，未见付款"))
    entries = paid.select(
        "rid",
        asset_class=ibis.literal("DEM"),
        asset=normalise_number(paid.agreement_no),
        name=ibis.coalesce(paid.project, ""),
        owner=canonical_id(paid.payee_id),
        open=ibis.literal(True),
        since=paid.agreement_date,
        value=paid.amount.cast("int64"),
        said=said,
    )
    return _asked(entries, keys, "DEM")


def _wages(facts: Facts, keys: pd.DataFrame) -> pd.DataFrame:
    row = facts.cut.table("social").filter(lambda t: t.last_month <= facts.day)
    entries = row.select(
        "rid",
        asset_class=ibis.literal("WAGE"),
        asset=normalise_number(row.person_id) + "|" + normalise_number(row.unit),
        name=ibis.coalesce(row.unit, ""),
        owner=canonical_id(row.person_id),
        open=ibis.literal(True),
        since=row.last_month,
        value=ibis.null("int64"),
        said=ibis.literal(""),
    )
    return _asked(entries, keys, "WAGE")


def _ties(facts: Facts, entries: pd.DataFrame) -> dict[str, str]:
    """What the holder is to the debtors of the case."""
    near = [facts.kin.select("person", "other", "rel"), facts.affiliates.select("person", "other", "rel")]
    ties = pd.concat([part.to_pandas() for part in near]).drop_duplicates(["person", "other"])
    party = facts.debtors.select("episode", "person").to_pandas()
    ties = party.merge(ties, on="person").drop_duplicates(["episode", "other"])
    held = entries[["lead", "episode", "owner", "mine"]].merge(
        ties, how="left", left_on=["episode", "owner"], right_on=["episode", "other"]
    )
    labels = held["rel"].map(TIES).fillna("案外人")
    labels = labels.mask(held["owner"].isna(), "").mask(held["mine"], "被执行人")
    return dict(zip(held["lead"], labels, strict=True))


def _deductions(facts: Facts, records: RegisterRecords) -> dict[str, list[Deduction]]:
    """Deductions by lead: mortgages, seals that come first, what is exempt."""
    found: dict[str, list[Deduction]] = defaultdict(list)
    for part in (_mortgaged(facts, records.entries), _sealed_before(records.seals), _marked(facts, records)):
        for lead, kind, amount, rid, note in part.itertuples(index=False, name=None):
            row = settings().deductions[kind]
            sum_fen = None if pd.isna(amount) else int(amount)
            found[lead].append(Deduction(kind, row["label"], sum_fen, row["law"], int(rid), note or ""))
    return found


_DEDUCTION_COLUMNS = ["lead", "kind", "amount", "rid", "note"]


def _mortgaged(facts: Facts, entries: pd.DataFrame) -> pd.DataFrame:
    """Mortgages: as the register of mortgages says, else the amount beside the entry (a mark without sum: unknown)."""
    table = facts.mortgages
    live = table.filter(table.day_to.isnull())
    live = live.select(
        "amount", "rid", number=normalise_number(live.asset_id), note=ibis.coalesce(live.mortgagee_name, "")
    )
    own = entries.loc[entries["asset_class"].isin(["VEH", "RE"]), ["lead", "asset", "name", "rid"]]
    by_number = own.assign(number=own["asset"])
    plate = own.assign(number=own["name"].astype("string"))
    asked = pd.concat([by_number, plate]).drop_duplicates(["lead", "number"])
    registered = live.semi_join(values_table(asked["number"].tolist() or [""], "number"), "number").to_pandas()
    rows = asked[["lead", "number"]].merge(registered, on="number").drop_duplicates(["lead", "rid"])
    beside = own[~own["lead"].isin(rows["lead"])].merge(_beside(facts, own), on="rid")
    whole = pd.concat([rows, beside], ignore_index=True)
    return whole.assign(kind="mortgage").sort_values(["lead", "rid"])[_DEDUCTION_COLUMNS]


def _beside(facts: Facts, own: pd.DataFrame) -> pd.DataFrame:
    """Register entries with a mortgage of their own: rid, amount (分, NA unknown), note."""
    car, home = facts.cut.table("vehicle"), facts.cut.table("realty")
    flagged = ibis.coalesce(car.mortgage_flag, False) | ibis.coalesce(car.mortgage_amt > 0, False)
    parts = [
        car.filter(flagged).select("rid", amount="mortgage_amt"),
        home.filter(home.mortgage_amt > 0).select("rid", amount="mortgage_amt"),
    ]
    asked = values_table(own["rid"].tolist() or [0], "rid")
    frame: pd.DataFrame = parts[0].union(parts[1]).semi_join(asked, "rid").to_pandas()
    return frame.assign(note="按登记所载抵押金额")


def read_seals(facts: Facts, keys: pd.DataFrame) -> pd.DataFrame:
    """Seals, detentions and freezes on the things of leads.

    Returns:
        lead, seal_case, own (of the lead's chain), day, until, live (in force on the day), amount (分 sealed), owed (分
        unpaid in the sealing case, NA where that case is not known), rid.
    """
    case = facts.cut.table("case")
    owed = case.select("case_no", owed=ibis.coalesce(case.amt_unpaid, case.amt_due - ibis.coalesce(case.amt_paid, 0)))
    seal = facts.seals.select("day", "until", "amount", "rid", "case_no", asset=normalise_number(facts.seals.asset))
    seal = seal.semi_join(_asset_numbers(keys, ""), "asset").left_join(facts.chains, "case_no").drop("case_no_right")
    seal = seal.left_join(owed, "case_no").drop("case_no_right")
    frame = seal.rename(seal_case="case_no", sealed_by="chain").to_pandas()
    whole = keys[["lead", "asset", "chain"]].merge(frame, on="asset")
    today = pd.Timestamp(facts.day)
    whole["own"] = whole["sealed_by"] == whole["chain"]
    whole["live"] = pd.to_datetime(whole["until"]) >= today
    return whole


def _sealed_before(seals: pd.DataFrame) -> pd.DataFrame:
    """Deductions for earlier seals of other cases in force: each at most what that case is owed, or has sealed."""
    live = seals[seals["live"]]
    first = live[live["own"]].groupby("lead")["day"].min().rename("own_day")
    other = live[~live["own"]].merge(first, how="left", on="lead")
    other = other[other["own_day"].isna() | (pd.to_datetime(other["day"]) < pd.to_datetime(other["own_day"]))]
    other = other.sort_values(["lead", "seal_case", "day", "rid"]).drop_duplicates(["lead", "seal_case"])
    amount = other[["amount", "owed"]].min(axis=1)
    return other.assign(kind="seal", amount=amount, note=other["seal_case"])[_DEDUCTION_COLUMNS]


def _marked(facts: Facts, records: RegisterRecords) -> pd.DataFrame:
    """What the register marks: seals of a case that no log shows, the only home, a fund tied to a housing loan."""
    held, entries, seals = facts.holdings, records.entries, records.seals
    lives = held.marked & ibis.coalesce(held.marked_until >= facts.day, True)
    frame = held.select("rid", "exempt", marked=lives, until=held.marked_until)
    frame = frame.semi_join(values_table(entries["rid"].tolist() or [0], "rid"), "rid").to_pandas()
    whole = entries[["lead", "asset_class", "rid"]].merge(frame, on="rid")
    unseen = whole["marked"] & ~whole["lead"].isin(seals.loc[seals["live"], "lead"])
    until = [f"至{format_date(when)}" if pd.notna(when) else "" for when in pd.to_datetime(whole["until"])]
    parts = [
        whole.assign(kind="seal_register", note=until)[unseen],
        whole.assign(kind="home", note="")[whole["exempt"] & (whole["asset_class"] == "RE")],
        whole.assign(kind="fund", note="")[whole["exempt"] & (whole["asset_class"] == "HPF")],
    ]
    return pd.concat(parts).assign(amount=None)[_DEDUCTION_COLUMNS]
