"""The facts that others build on: episodes and who they are about, what the court wrote, statements and their money.

Each is computed once per cut and kept under its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import ibis.expr.types as ir

from features.facts import query_cache
from features.facts.assets import holdings
from features.facts.case import anchors, court, coverage, episodes
from features.facts.money import balances, matches, nominees, transactions, transfers
from features.facts.money.link_store import LinkStore
from features.facts.money.trace import WalkSettings
from features.facts.people import linkage, people
from features.pool.identity import canonical_id
from features.pool.pool import Cut
from features.rules import periods
from features.rules.thresholds import Thresholds

_SHIPPED = Thresholds()
_TABLE = re.compile(r"\bfact_(\w+)")


_SOURCE = re.compile(r'"pool_(\w+)"')
_READ = re.compile(r'(?:FROM|JOIN)\s+"(?!t\d+")(\w+)"')
_DATED = re.compile(r"\d{4}-\d\d-\d\d|MAKE_DATE\(|DATE_FROM_PARTS|MAKE_TIMESTAMP\(")


class BaseFacts:
    """Relations over one cut of the pool that further facts are made of. Money is 分, days are dates."""

    def __init__(self, cut: Cut, thresholds: Thresholds = _SHIPPED) -> None:
        self.cut = cut
        self.day = cut.day
        self.thresholds = thresholds

    def limit(self, id: str) -> Any:
        """A threshold of the clues as they compute with it (分, days, counts); see `features.rules.thresholds`."""
        value = self.thresholds.number(id)
        return int(value) if value == int(value) else value

    @property
    def today(self) -> ir.DateValue:
        """The day of the cut as an expression: a clue that uses it reads the same on every day."""
        return self.cut.today

    def ready(self, text: str) -> None:
        """Compute the facts that a query text made on another cut reads, so that it finds their tables."""
        for name in _TABLE.findall(text):
            getattr(self, name)

    def _keep(self, name: str, make: Callable[[], ir.Table], anew: bool = False, alike: bool = False) -> ir.Table:
        """Compute a fact under its name; from the texts made on another cut, where they hold on every cut.

        `anew`: how it is asked depends on what the pool holds. `alike`: it does not, though tables are made on the way
        or dates of the law stand in the texts.
        """
        key = ("fact", name, self.thresholds.changed_values)
        anew = anew or self.cut.bypasses_query_cache
        with self.cut.recorded_tables() as steps:
            if kept := None if anew else query_cache.cached_text(key):
                return self._again(json.loads(kept))
            made = self.cut.materialise(f"fact_{name}", make())
        if not anew and self._same_on_every_cut(steps, alike):
            query_cache.cache_text(key, json.dumps(steps))
        return made

    def _again(self, steps: Sequence[tuple[str, str]]) -> ir.Table:
        """The last of the tables that another cut made one after the other."""
        for table, text in steps:
            for source in _SOURCE.findall(text):
                self.cut.load(source)
            self.ready(text)
            made = self.cut.create(table, text)
        return made

    def _same_on_every_cut(self, steps: Sequence[tuple[str, str]], alike: bool) -> bool:
        """Whether texts read sources, facts and each other by their names alone, and know no day."""
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

    @cached_property
    def chains(self) -> ir.Table:
        """case_no, chain: the first case of each chain of resumed cases."""
        return self._keep("chains", lambda: episodes.chains(self.cut), alike=True)

    @cached_property
    def episodes(self) -> ir.Table:
        """One row per termination episode with its status on the day; see `episodes.episodes`."""
        return self._keep("episodes", lambda: episodes.episodes(self.cut, self.chains), alike=True)

    @cached_property
    def identities(self) -> ir.Table:
        """rid, person, probability, candidates: parties without a number and whom they may be; see `linkage`."""
        return self._keep("identities", lambda: linkage.identities(self.cut, self.names), anew=True)

    @cached_property
    def names(self) -> ir.Table:
        """name, bearers, people: how many known people bear each name, and how many people are known."""
        return self._keep("names", lambda: linkage.names(self.cut))

    @cached_property
    def debtors(self) -> ir.Table:
        """episode, person, name, kind, sex, birth, dead, address, phone, surname, employer, rid: debtors by episode."""
        return self._keep("debtors", lambda: people.debtors(self.cut, self.episodes, self.identities))

    @cached_property
    def applicants(self) -> ir.Table:
        """episode, person, name, kind, rid: applicants by episode."""
        return self._keep("applicants", lambda: people.applicants(self.cut, self.episodes, self.identities))

    @cached_property
    def anchors(self) -> ir.Table:
        """One row per episode: the legally meaningful dates t_debt ... t_zb (docs/domain.md section 3.1), NULL where
        unknown."""
        return self._keep("anchors", lambda: anchors.anchors(self.cut, self.episodes, self.events))

    @cached_property
    def events(self) -> ir.Table:
        """Court events by episode of their chain: own (of the episode's case), after (after the termination)."""
        return self._keep("events", lambda: court.events(self.cut, self.chains, self.episodes))

    @cached_property
    def queries(self) -> ir.Table:
        """Network query feedback by episode: range_code, req_date, fb_date, has_result, asset, amount, rid."""
        return self._keep("queries", lambda: court.queries(self.cut, self.episodes))

    @cached_property
    def seals(self) -> ir.Table:
        """Seals, detentions and freezes of any case: asset, day, expires, ended, until, rid; see `court.seals`."""
        return self._keep("seals", lambda: court.seals(self.cut, self.rules, self.vehicles))

    @cached_property
    def petitions(self) -> ir.Table:
        """Petitions by episode: recv_date, channel, topic, asset_kind, asset_id, text, rid."""
        return self._keep("petitions", lambda: court.petitions(self.cut, self.chains, self.episodes))

    @cached_property
    def kin(self) -> ir.Table:
        """person, other, other_name, rel, valid_from, valid_to, rid: confirmed kin of every debtor."""
        return self._keep("kin", lambda: people.kin(self.cut, self.debtors))

    @cached_property
    def affiliates(self) -> ir.Table:
        """person, other, other_name, rel, rid: companies tied to a debtor and people tied by work or address."""
        return self._keep("affiliates", lambda: people.affiliates(self.cut, self.debtors))

    @cached_property
    def accounts(self) -> ir.Table:
        """person, acct, fed_back: account and card numbers known to belong to a person; see `transactions.accounts`."""
        return self._keep("accounts", lambda: transactions.accounts(self.cut, self.statements))

    @cached_property
    def statements(self) -> ir.Table:
        """Statement rows as delivered, of whomever, read once; see `transactions.statements`."""
        return self._keep("statements", lambda: transactions.statements(self.cut))

    @cached_property
    def txns(self) -> ir.Table:
        """Normalised statement rows of debtors (docs/domain.md section 3.2); see `transactions.normalised`."""
        given = (self.statements, self.debtors, self.accounts, self.kin, self.names)
        return self._keep("txns", lambda: transactions.normalised(*given))

    @cached_property
    def moves(self) -> ir.Table:
        """Statement rows by episode with the windows w0 ... w4 of docs/domain.md section 3.1; see
        `transactions.moves`."""
        return self._keep(
            "moves", lambda: transactions.moves(self.txns, self.episodes, self.debtors, self.applicants, self.anchors)
        )

    @cached_property
    def closings(self) -> ir.Table:
        """Closing balances by account and day: person, acct, day, until, close, rid; see `balances.closings`."""
        return self._keep("closings", lambda: balances.closings(self.txns))

    @cached_property
    def levels(self) -> ir.Table:
        """Total over a person's accounts by day: person, day, until, total; see `balances.levels`."""
        return self._keep("levels", lambda: balances.levels(self.closings))

    @cached_property
    def passes(self) -> ir.Table:
        """Receipts with the payment that follows within 48 hours (docs/domain.md section C01); see `matches.passes`."""
        given = [self.limit(f"C01-{name}") for name in ("FROM", "HOURS", "APART")]
        return self._keep("passes", lambda: matches.passes(self.cut, self.txns, *given))

    @cached_property
    def loops(self) -> ir.Table:
        """Payments with the receipt by which they come back (docs/domain.md section B06); see `matches.loops`."""
        given = [self.limit(f"B06-{name}") for name in ("FROM", "DAYS", "LOW", "HIGH")]
        return self._keep("loops", lambda: matches.loops(self.cut, self.txns, *given))

    @cached_property
    def held_rows(self) -> ir.Table:
        """Statement rows of second holders and of whoever is in touch with them; see `nominees.held_rows`."""
        given = (self.cut, self.statements, self.accounts, self.debtors)
        return self._keep("held_rows", lambda: nominees.held_rows(*given), alike=True)

    @cached_property
    def transfers(self) -> ir.Table:
        """Payments with the receipt on the other account: out_rid, in_rid, out_acct, in_acct, amount, gap."""
        return self._keep("transfers", lambda: transfers.transfers(self.cut, self.held_rows, name="side"))

    @cached_property
    def links(self) -> ir.Table:
        """Money links, first in first out, of the accounts that transfers reach; see `links.fifo`."""
        reached = self.held_rows.semi_join(self.transfers, [("acct", "in_acct")])
        return self._keep("links", lambda: LinkStore(self.cut.pool.root.parent).links(self.cut, reached).links)

    @cached_property
    def second_holders(self) -> ir.Table:
        """Holders of statements tied to an episode without being its debtors; see `nominees.second_holders`."""
        given = (self.held_rows, self.transfers, self.statements, self.debtors, self.kin, self.affiliates)
        return self._keep("second_holders", lambda: nominees.second_holders(*given))

    @cached_property
    def trace_starts(self) -> ir.Table:
        """Payments of debtors from shortly before service on that arrive on a held account; see `nominees.starts`."""
        given = (self.limit("M1-LEAST"), self.limit("M1-BEFORE"))
        return self._keep("trace_starts", lambda: nominees.starts(self.moves, self.transfers, *given))

    @cached_property
    def flows(self) -> ir.Table:
        """Where that money went, hop by hop, under each convention; see `trace.walk`."""
        far = {"hops": self.limit("M1-HOPS"), "days": self.limit("M1-DAYS"), "share": self.limit("M1-SHARE") / 100}
        both = (WalkSettings(**far), WalkSettings(**far, convention="pro_rata"))
        given = (self.held_rows, self.transfers, self.links, self.trace_starts)
        return self._keep("flows", lambda: nominees.flows(self.cut, *given, both))

    @cached_property
    def devices(self) -> ir.Table:
        """Network addresses and devices behind statement rows, public ones left out: holder, device, rid."""
        return self._keep("devices", lambda: nominees.devices(self.statements))

    @cached_property
    def funded(self) -> ir.Table:
        """What second holders received from debtors and how fast it left again; see `nominees.funded`."""
        given = (self.trace_starts, self.held_rows, self.transfers, self.links)
        return self._keep("funded", lambda: nominees.funded(*given))

    @cached_property
    def life_paid(self) -> ir.Table:
        """What second holders paid for the life of a debtor; see `nominees.life_paid`."""
        utility = self.cut.table("utility")
        utility = utility.filter(utility.paid_on <= self.today).select(
            "address", "amount", "rid", day="paid_on", payer=canonical_id(utility.payer_id)
        )
        given = (self.held_rows, self.second_holders, self.debtors, self.vehicle_use, self.vehicles, utility)
        return self._keep("life_paid", lambda: nominees.life_paid(*given))

    @cached_property
    def vehicles(self) -> ir.Table:
        """Vehicle registrations with canonical owner: plate, vin, owner, own_from, own_to, value, encumbrance, rid."""
        return self._keep("vehicles", lambda: holdings.vehicles(self.cut))

    @cached_property
    def vehicle_use(self) -> ir.Table:
        """Uses of vehicles: plate, event_type, day, driver, payer, rid."""
        return self._keep("vehicle_use", lambda: holdings.vehicle_use(self.cut))

    @cached_property
    def holdings(self) -> ir.Table:
        """Everything registered to a person: owner, asset_kind, asset_id, day_from, day_to, value, encumbrance, rid."""
        return self._keep("holdings", lambda: holdings.holdings(self.cut, self.vehicles))

    @cached_property
    def drives(self) -> ir.Table:
        """Uses of any vehicle by debtors, with the owner registered on that day; see `holdings.drives`."""
        return self._keep("drives", lambda: holdings.drives(self.vehicle_use, self.vehicles, self.debtors))

    @cached_property
    def rules(self) -> ir.Table:
        """rule_id, rule_value, rule_from, rule_to: the dated periods of the law (features/config/timers.toml)."""
        return self._keep("rules", lambda: periods.rules_table(), alike=True)

    @cached_property
    def calendar(self) -> ir.Table:
        """day, open, open_day, work_no: working days with statutory holidays; see `periods.calendar`."""
        return self._keep("calendar", lambda: periods.calendar_table(), alike=True)

    @cached_property
    def registers(self) -> ir.Table:
        """episode, log_on, query_on: last delivery of the court's log and queries that reach the case."""
        return self._keep("registers", lambda: coverage.registers(self.cut, self.episodes))
