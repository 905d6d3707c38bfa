"""`BaseFacts`: how a fact is computed and kept, and the facts that others build on (episodes, people, court, money).

Each is computed once per cut and kept under its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import cached_property, wraps
from typing import Any

import ibis.expr.types as ir

from features.facts import query_cache
from features.facts.assets import holdings
from features.facts.case import anchors, court, coverage, episodes
from features.facts.money import balances, exchange, matches, nominees, transactions, transfers
from features.facts.money.link_store import LinkStore
from features.facts.money.trace import WalkSettings
from features.facts.people import linkage, people
from features.pool.identity import canonical_id
from features.pool.pool import Cut
from features.rules import periods
from features.rules.thresholds import Thresholds
from features.rules.wording import fill_numbers

_SHIPPED = Thresholds()
_TABLE = re.compile(r"\bfact_(\w+)")


_SOURCE = re.compile(r'"pool_(\w+)"')
_READ = re.compile(r'(?:FROM|JOIN)\s+"(?!t\d+")(\w+)"')
_DATED = re.compile(r"\d{4}-\d\d-\d\d|MAKE_DATE\(|DATE_FROM_PARTS|MAKE_TIMESTAMP\(")


def _declares_fact(alike: bool | None) -> Callable[[Callable[[Any], ir.Table]], cached_property[ir.Table]]:
    def declare(make: Callable[[Any], ir.Table]) -> cached_property[ir.Table]:
        @wraps(make)
        def kept(self: BaseFacts) -> ir.Table:
            return self._keep(make.__name__, lambda: make(self), alike)

        return cached_property(kept)

    return declare


fact = _declares_fact(None)
"""Decorator: the relation a method returns is a fact, computed at first use and kept as table `fact_<name>` of the cut.
Its compiled SQL is reused on later cuts, provided that it holds no date and no intermediate table."""

fact_always_alike = _declares_fact(True)
"""As `fact`, and the SQL is reused on later cuts although it holds intermediate tables or dates of statutes."""

fact_never_alike = _declares_fact(False)
"""As `fact`, but the SQL depends on what the pool holds and is never reused on another cut."""


class BaseFacts:
    """Relations over one cut of the pool that further facts are made of. Money is 分, days are dates."""

    def __init__(self, cut: Cut, thresholds: Thresholds = _SHIPPED) -> None:
        self.cut = cut
        self.day = cut.day
        self.thresholds = thresholds

    def threshold(self, id: str) -> Any:
        """A threshold of the clues as they compute with it (分, days, counts); see `features.rules.thresholds`."""
        value = self.thresholds.number(id)
        return int(value) if value == int(value) else value

    def in_words(self, text: str) -> str:
        """A text for readers with the thresholds and legal periods it names filled; see `features.rules.wording`."""
        return fill_numbers(text, self.thresholds)

    @property
    def today(self) -> ir.DateValue:
        """The day of the cut as an expression, not a literal: the SQL text of a clue is then the same for every day."""
        return self.cut.today

    def ready(self, text: str) -> None:
        """Compute every fact whose table (`fact_<name>`) a cached SQL text reads, so that the text can run here."""
        for name in _TABLE.findall(text):
            getattr(self, name)

    def _keep(self, name: str, make: Callable[[], ir.Table], alike: bool | None) -> ir.Table:
        """Compute a fact as table `fact_<name>`, from cached SQL of an earlier cut where that may be reused.

        Args:
            alike: whether its SQL may be reused on every cut; None: decide from the SQL.
        """
        key = ("fact", name, self.thresholds.changed_values)
        anew = alike is False or self.cut.bypasses_query_cache
        with self.cut.recorded_tables() as steps:
            if kept := None if anew else query_cache.cached_text(key):
                return self._again(json.loads(kept))
            made = self.cut.materialise(f"fact_{name}", make())
        if not anew and self._same_on_every_cut(steps, bool(alike)):
            query_cache.cache_text(key, json.dumps(steps))
        return made

    def _again(self, steps: Sequence[tuple[str, str]]) -> ir.Table:
        """Run the SQL statements cached from another cut in their order; the last table is the fact."""
        for table, text in steps:
            for source in _SOURCE.findall(text):
                self.cut.load(source)
            self.ready(text)
            made = self.cut.create(table, text)
        return made

    def _same_on_every_cut(self, steps: Sequence[tuple[str, str]], alike: bool) -> bool:
        """Whether SQL statements refer only to source tables, facts and each other, and hold no date."""
        if not alike and (len(steps) > 1 or _DATED.search(steps[0][1])):
            return False
        made: set[str] = set()
        for table, text in steps:
            read = set(_READ.findall(text)) - made
            facts = {name.removeprefix("fact_") for name in read if name.startswith("fact_")}
            named = all(name.startswith(("fact_", "pool_")) for name in read)
            if not (named and all(hasattr(type(self), name) for name in facts)):
                return False
            made.add(table)
        return True

    @fact_always_alike
    def chains(self) -> ir.Table:
        """case_no, chain: the first case of each chain of resumed cases."""
        return episodes.chains(self.cut)

    @fact_always_alike
    def episodes(self) -> ir.Table:
        """One row per termination episode with its status on the day; see `episodes.episodes`."""
        return episodes.episodes(self.cut, self.chains, self.threshold("F11-SMALL"))

    @fact_never_alike
    def identities(self) -> ir.Table:
        """rid, person, probability, candidates: parties without a number and whom they may be; see `linkage`."""
        return linkage.identities(self.cut, self.names)

    @fact
    def names(self) -> ir.Table:
        """name, bearers, people: how many known people bear each name, and how many people are known."""
        return linkage.names(self.cut)

    @fact
    def debtors(self) -> ir.Table:
        """episode, person, name, kind, sex, birth, dead, address, phone, surname, employer, rid: debtors by episode."""
        return people.debtors(self.cut, self.episodes, self.identities)

    @fact
    def applicants(self) -> ir.Table:
        """episode, person, name, kind, rid: applicants by episode."""
        return people.applicants(self.cut, self.episodes, self.identities)

    @fact
    def anchors(self) -> ir.Table:
        """One row per episode: the legally meaningful dates t_debt ... t_zb (docs/domain.md section 3.1), NULL where
        unknown."""
        given = [self.threshold(f"ANCHOR-{name}") for name in ("SERVED", "NOTICE", "DEBT")]
        return anchors.anchors(self.cut, self.episodes, self.events, *given)

    @fact
    def events(self) -> ir.Table:
        """Court events by episode of their chain: own (of the episode's case), after (after the termination)."""
        return court.events(self.cut, self.chains, self.episodes)

    @fact
    def queries(self) -> ir.Table:
        """Network query feedback by episode: range_code, req_date, fb_date, has_result, asset, amount, rid."""
        return court.queries(self.cut, self.episodes)

    @fact
    def seals(self) -> ir.Table:
        """Seals, detentions and freezes of any case: asset, day, expires, ended, until, rid; see `court.seals`."""
        return court.seals(self.cut, self.rules, self.vehicles)

    @fact
    def petitions(self) -> ir.Table:
        """Petitions by episode: recv_date, channel, topic, asset_kind, asset_id, text, rid."""
        return court.petitions(self.cut, self.chains, self.episodes)

    @fact
    def kin(self) -> ir.Table:
        """person, other, other_name, rel, valid_from, valid_to, rid: confirmed kin of every debtor."""
        return people.kin(self.cut, self.debtors)

    @fact
    def affiliates(self) -> ir.Table:
        """person, other, other_name, rel, rid: companies tied to a debtor and people tied by work or address."""
        return people.affiliates(self.cut, self.debtors)

    @fact
    def accounts(self) -> ir.Table:
        """person, acct, fed_back: account and card numbers known to belong to a person; see `transactions.accounts`."""
        return transactions.accounts(self.cut, self.statements)

    @fact
    def exchange_rates(self) -> ir.Table:
        """What a unit of each other currency was worth on each day; see `exchange.daily_rates`."""
        return exchange.daily_rates(self.cut)

    @fact
    def account_balances(self) -> ir.Table:
        """The account information with `worth`, the balance in yuan, and `said`; see `exchange.account_balances`."""
        return exchange.account_balances(self.cut, self.exchange_rates)

    @fact
    def statements(self) -> ir.Table:
        """Statement rows of all holders, as delivered; see `transactions.statements`."""
        return transactions.statements(self.cut, self.exchange_rates)

    @fact
    def foreign_sums(self) -> ir.Table:
        """Statement rows in other currencies by holder, converted and not; see `exchange.foreign_sums`."""
        return exchange.foreign_sums(self.statements, transactions.sole_owners(self.accounts))

    @fact
    def txns(self) -> ir.Table:
        """Normalised statement rows of debtors (docs/domain.md section 3.2); see `transactions.normalised`."""
        return transactions.normalised(self.statements, self.debtors, self.accounts, self.kin, self.names)

    @fact
    def moves(self) -> ir.Table:
        """Statement rows by episode with the windows w0 ... w4 of docs/domain.md section 3.1; see
        `transactions.moves`."""
        given = (self.episodes, self.debtors, self.applicants, self.anchors)
        return transactions.moves(self.txns, *given, self.threshold("ANCHOR-KNOWN"))

    @fact
    def closings(self) -> ir.Table:
        """Closing balances by account and day: person, acct, day, until, close, rid; see `balances.closings`."""
        return balances.closings(self.txns)

    @fact
    def levels(self) -> ir.Table:
        """Total over a person's accounts by day: person, day, until, total; see `balances.levels`."""
        return balances.levels(self.closings)

    @fact
    def passes(self) -> ir.Table:
        """Receipts with the payment that follows within 48 hours (docs/domain.md section C01); see `matches.passes`."""
        given = [self.threshold(f"C01-{name}") for name in ("FROM", "HOURS", "APART")]
        return matches.passes(self.cut, self.txns, *given)

    @fact
    def loops(self) -> ir.Table:
        """Payments with the receipt by which they come back (docs/domain.md section B06); see `matches.loops`."""
        given = [self.threshold(f"B06-{name}") for name in ("FROM", "DAYS", "LOW", "HIGH")]
        return matches.loops(self.cut, self.txns, *given)

    @fact_always_alike
    def held_rows(self) -> ir.Table:
        """Statement rows of people who are no debtors and of whoever exchanged money with them; see
        `nominees.held_rows`."""
        return nominees.held_rows(self.cut, self.statements, self.accounts, self.debtors)

    @fact
    def transfers(self) -> ir.Table:
        """Payments matched to their receipts: out_rid, in_rid, out_acct, in_acct, amount, gap."""
        return transfers.transfers(self.cut, self.held_rows, name="side")

    @fact
    def links(self) -> ir.Table:
        """Money links, first in first out, of the accounts that transfers reach; see `links.fifo`."""
        reached = self.held_rows.semi_join(self.transfers, [("acct", "in_acct")])
        return LinkStore(self.cut.pool.root.parent).links(self.cut, reached).links

    @fact
    def second_holders(self) -> ir.Table:
        """Holders of statements tied to an episode without being its debtors; see `nominees.second_holders`."""
        given = (self.held_rows, self.transfers, self.statements, self.debtors, self.kin, self.affiliates)
        return nominees.second_holders(*given)

    @fact
    def trace_starts(self) -> ir.Table:
        """Payments of debtors, from shortly before service on, to accounts whose statements are at hand;
        `nominees.starts`."""
        given = (self.threshold("M1-LEAST"), self.threshold("M1-BEFORE"))
        return nominees.starts(self.moves, self.transfers, *given)

    @fact
    def flows(self) -> ir.Table:
        """Where the money of `trace_starts` went, hop by hop, under each convention of tracing; see `trace.walk`."""
        far = {
            "hops": self.threshold("M1-HOPS"),
            "days": self.threshold("M1-DAYS"),
            "share": self.threshold("M1-SHARE") / 100,
        }
        both = (WalkSettings(**far), WalkSettings(**far, convention="pro_rata"))
        given = (self.held_rows, self.transfers, self.links, self.trace_starts)
        return nominees.flows(self.cut, *given, both)

    @fact
    def devices(self) -> ir.Table:
        """Network addresses and devices behind statement rows, public ones left out: holder, device, rid."""
        return nominees.devices(self.statements, self.threshold("B08-HOLDERS"))

    @fact
    def funded(self) -> ir.Table:
        """What second holders received from debtors and how fast it left again; see `nominees.funded`."""
        given = (self.trace_starts, self.held_rows, self.transfers, self.links)
        return nominees.funded(*given, self.threshold("M1N-HOURS"))

    @fact
    def life_paid(self) -> ir.Table:
        """What second holders paid for the life of a debtor; see `nominees.life_paid`."""
        utility = self.cut.table("utility")
        utility = utility.filter(utility.paid_on <= self.today).select(
            "address", "amount", "rid", day="paid_on", payer=canonical_id(utility.payer_id)
        )
        given = (self.held_rows, self.second_holders, self.debtors, self.vehicle_use, self.vehicles, utility)
        return nominees.life_paid(*given)

    @fact
    def vehicles(self) -> ir.Table:
        """Vehicle registrations with canonical owner: plate, vin, owner, own_from, own_to, value, encumbrance, rid."""
        return holdings.vehicles(self.cut)

    @fact
    def vehicle_use(self) -> ir.Table:
        """Uses of vehicles: plate, event_type, day, driver, payer, rid."""
        return holdings.vehicle_use(self.cut)

    @fact
    def holdings(self) -> ir.Table:
        """Everything registered to a person: owner, asset_kind, asset_id, day_from, day_to, value, encumbrance, rid."""
        return holdings.holdings(self.cut, self.vehicles)

    @fact
    def drives(self) -> ir.Table:
        """Uses of any vehicle by debtors, with the owner registered on that day; see `holdings.drives`."""
        return holdings.drives(self.vehicle_use, self.vehicles, self.debtors)

    @fact_always_alike
    def rules(self) -> ir.Table:
        """rule_id, rule_value, rule_from, rule_to: the dated periods of the law (features/config/timers.toml)."""
        return periods.rules_table()

    @fact_always_alike
    def calendar(self) -> ir.Table:
        """day, open, open_day, work_no: working days with statutory holidays; see `periods.calendar_table`."""
        return periods.calendar_table()

    @fact
    def court_reach(self) -> ir.Table:
        """episode, log_on, query_on: last delivery of the court's log and queries that reach the case."""
        return coverage.court_reach(self.cut, self.episodes)
