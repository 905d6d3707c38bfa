"""The facts of a cut: what all clues share, each computed once.

`Facts` is a shelf: every property is one relation, materialised at first use in the cut's engine. The functions
that make them stand in the files beside this one, one per thing known.
"""

from __future__ import annotations

import datetime
import re
from functools import cached_property
from typing import Any

import ibis
import ibis.expr.types as ir

from features import timers
from features.facts import (
    account_ends,
    anchors,
    auctions,
    balances,
    companies,
    compensation,
    court,
    coverage,
    duties,
    enforcement,
    episodes,
    holdings,
    joint,
    life,
    linkage,
    matches,
    owned,
    people,
    readings,
    traced,
    transactions,
    transfers,
    travels,
    watchlist,
)
from features.facts.link_store import LinkStore
from features.facts.walk import WalkSettings
from features.identity import canonical_id
from features.pool import Cut
from features.thresholds import Thresholds

_SHIPPED = Thresholds()
_TABLE = re.compile(r"\bfact_(\w+)")


@ibis.udf.scalar.builtin(name="goldenkey_today")
def _today() -> datetime.date:  # type: ignore[empty-body]
    ...


class Facts:
    """Relations over one cut of the pool. Money is 分, days are dates."""

    def __init__(self, cut: Cut, thresholds: Thresholds = _SHIPPED) -> None:
        self.cut = cut
        self.day = cut.day
        self.thresholds = thresholds

    def limit(self, id: str) -> Any:
        """A threshold of the clues as they compute with it (分, days, counts); see `features.thresholds`."""
        value = self.thresholds.number(id)
        return int(value) if value == int(value) else value

    @property
    def today(self) -> ir.DateValue:
        """The day of the cut as an expression: a clue that uses it reads the same on every day."""
        return _today()

    def ready(self, text: str) -> None:
        """Compute the facts that a query text made on another cut reads, so that it finds their tables."""
        for name in _TABLE.findall(text):
            getattr(self, name)

    def _keep(self, name: str, expression: ir.Table) -> ir.Table:
        return self.cut.materialise(f"fact_{name}", expression)

    @cached_property
    def chains(self) -> ir.Table:
        """case_no, chain: the first case of each chain of resumed cases."""
        return self._keep("chains", episodes.chains(self.cut))

    @cached_property
    def episodes(self) -> ir.Table:
        """One row per termination episode with its status on the day; see `episodes.episodes`."""
        return self._keep("episodes", episodes.episodes(self.cut, self.chains))

    @cached_property
    def identities(self) -> ir.Table:
        """rid, person, probability, candidates: parties without a number and whom they may be; see `linkage`."""
        return self._keep("identities", linkage.identities(self.cut, self.names))

    @cached_property
    def names(self) -> ir.Table:
        """name, bearers, people: how many known people bear each name, and how many people are known."""
        return self._keep("names", linkage.names(self.cut))

    @cached_property
    def debtors(self) -> ir.Table:
        """episode, person, name, kind, sex, birth, dead, address, phone, surname, employer, rid: debtors by episode."""
        return self._keep("debtors", people.debtors(self.cut, self.episodes, self.identities))

    @cached_property
    def applicants(self) -> ir.Table:
        """episode, person, name, kind, rid: applicants by episode."""
        return self._keep("applicants", people.applicants(self.cut, self.episodes, self.identities))

    @cached_property
    def anchors(self) -> ir.Table:
        """One row per episode: the legally meaningful dates t_debt ... t_zb (domain.md 3.1), NULL where unknown."""
        return self._keep("anchors", anchors.anchors(self.cut, self.episodes, self.events))

    @cached_property
    def events(self) -> ir.Table:
        """Court events by episode of their chain: own (of the episode's case), after (after the termination)."""
        return self._keep("events", court.events(self.cut, self.chains, self.episodes))

    @cached_property
    def queries(self) -> ir.Table:
        """Network query feedback by episode: range_code, req_date, fb_date, has_result, asset, amount, rid."""
        return self._keep("queries", court.queries(self.cut, self.episodes))

    @cached_property
    def seals(self) -> ir.Table:
        """Seals, detentions and freezes of any case: asset, day, expires, ended, until, rid; see `court.seals`."""
        return self._keep("seals", court.seals(self.cut, self.rules, self.vehicles))

    @cached_property
    def petitions(self) -> ir.Table:
        """Petitions by episode: recv_date, channel, topic, asset_kind, asset_id, text, rid."""
        return self._keep("petitions", court.petitions(self.cut, self.chains, self.episodes))

    @cached_property
    def said(self) -> ir.Table:
        """Petitions with what their texts say: topics, kind_given, id_given, things, level; see `readings.said`."""
        return self._keep("said", readings.said(self.cut, self.petitions))

    @cached_property
    def named(self) -> ir.Table:
        """Things named by petitions: episode, pet_rid, recv_date, kind, key, holder, hearsay; see `readings.named`."""
        return self._keep("named", readings.named(self.said))

    @cached_property
    def named_met(self) -> ir.Table:
        """Things named by petitions that stand in a register for a debtor or kin; see `readings.met`."""
        given = (self.named, self.owned, self.kin_owned, self.debtors)
        return self._keep("named_met", readings.met(self.cut, *given))

    @cached_property
    def watch_entries(self) -> ir.Table:
        """Entries of watch lists in force: case_no, reason, from_unit, listed_on, until, days; see `watchlist`."""
        return self._keep("watch_entries", watchlist.entries(self.cut))

    @cached_property
    def watch_places(self) -> ir.Table:
        """Entries in force with the episode and office they belong to, or with none; see `watchlist.places`."""
        given = (self.watch_entries, self.chains, self.episodes)
        return self._keep("watch_places", watchlist.places(self.cut, *given))

    @cached_property
    def account_ends(self) -> ir.Table:
        """Accounts of debtors by how their use ended: closed, or the last day they moved; see `account_ends`."""
        return self._keep("account_ends", account_ends.account_ends(self.cut, self.txns, self.debtors))

    @cached_property
    def kin(self) -> ir.Table:
        """person, other, other_name, rel, valid_from, valid_to, rid: confirmed kin of every debtor."""
        return self._keep("kin", people.kin(self.cut, self.debtors))

    @cached_property
    def affiliates(self) -> ir.Table:
        """person, other, other_name, rel, rid: companies tied to a debtor and people tied by work or address."""
        return self._keep("affiliates", people.affiliates(self.cut, self.debtors))

    @cached_property
    def accounts(self) -> ir.Table:
        """person, acct, fed_back: account and card numbers known to belong to a person; see `transactions.accounts`."""
        return self._keep("accounts", transactions.accounts(self.cut, self.statements))

    @cached_property
    def statements(self) -> ir.Table:
        """Statement rows as delivered, of whomever, read once; see `transactions.statements`."""
        return self._keep("statements", transactions.statements(self.cut))

    @cached_property
    def txns(self) -> ir.Table:
        """Normalised statement rows of debtors (domain.md 3.2); see `transactions.normalised`."""
        given = (self.statements, self.debtors, self.accounts, self.kin, self.names)
        return self._keep("txns", transactions.normalised(*given))

    @cached_property
    def moves(self) -> ir.Table:
        """Statement rows by episode with the windows w0 ... w4 of domain.md 3.1; see `transactions.moves`."""
        return self._keep(
            "moves", transactions.moves(self.txns, self.episodes, self.debtors, self.applicants, self.anchors)
        )

    @cached_property
    def closings(self) -> ir.Table:
        """Closing balances by account and day: person, acct, day, until, close, rid; see `balances.closings`."""
        return self._keep("closings", balances.closings(self.txns))

    @cached_property
    def levels(self) -> ir.Table:
        """Total over a person's accounts by day: person, day, until, total; see `balances.levels`."""
        return self._keep("levels", balances.levels(self.closings))

    @cached_property
    def passes(self) -> ir.Table:
        """Receipts with the payment that follows within 48 hours (domain.md C01); see `matches.passes`."""
        given = [self.limit(f"C01-{name}") for name in ("FROM", "HOURS", "APART")]
        return self._keep("passes", matches.passes(self.cut, self.txns, *given))

    @cached_property
    def loops(self) -> ir.Table:
        """Payments with the receipt by which they come back (domain.md B06); see `matches.loops`."""
        given = [self.limit(f"B06-{name}") for name in ("FROM", "DAYS", "LOW", "HIGH")]
        return self._keep("loops", matches.loops(self.cut, self.txns, *given))

    @cached_property
    def held_rows(self) -> ir.Table:
        """Statement rows of second holders and of whoever is in touch with them; see `traced.held_rows`."""
        return self._keep("held_rows", traced.held_rows(self.cut, self.statements, self.accounts, self.debtors))

    @cached_property
    def transfers(self) -> ir.Table:
        """Payments with the receipt on the other account: out_rid, in_rid, out_acct, in_acct, amount, gap."""
        return self._keep("transfers", transfers.transfers(self.cut, self.held_rows, name="side"))

    @cached_property
    def links(self) -> ir.Table:
        """Money links, first in first out, of the accounts that transfers reach; see `links.fifo`."""
        reached = self.held_rows.semi_join(self.transfers, [("acct", "in_acct")])
        return self._keep("links", LinkStore(self.cut.pool.root.parent).links(self.cut, reached).links)

    @cached_property
    def second_holders(self) -> ir.Table:
        """Holders of statements tied to an episode without being its debtors; see `traced.second_holders`."""
        given = (self.held_rows, self.transfers, self.statements, self.debtors, self.kin, self.affiliates)
        return self._keep("second_holders", traced.second_holders(*given))

    @cached_property
    def trace_starts(self) -> ir.Table:
        """Payments of debtors from shortly before service on that arrive on a held account; see `traced.starts`."""
        given = (self.limit("M1-LEAST"), self.limit("M1-BEFORE"))
        return self._keep("trace_starts", traced.starts(self.moves, self.transfers, *given))

    @cached_property
    def flows(self) -> ir.Table:
        """Where that money went, hop by hop, under each convention; see `walk.walk`."""
        far = {"hops": self.limit("M1-HOPS"), "days": self.limit("M1-DAYS"), "share": self.limit("M1-SHARE") / 100}
        both = (WalkSettings(**far), WalkSettings(**far, convention="pro_rata"))
        given = (self.held_rows, self.transfers, self.links, self.trace_starts)
        return self._keep("flows", traced.flows(self.cut, *given, both))

    @cached_property
    def devices(self) -> ir.Table:
        """Network addresses and devices behind statement rows, public ones left out: holder, device, rid."""
        return self._keep("devices", traced.devices(self.statements))

    @cached_property
    def funded(self) -> ir.Table:
        """What second holders received from debtors and how fast it left again; see `traced.funded`."""
        given = (self.trace_starts, self.held_rows, self.transfers, self.links)
        return self._keep("funded", traced.funded(*given))

    @cached_property
    def life_paid(self) -> ir.Table:
        """What second holders paid for the life of a debtor; see `traced.life_paid`."""
        utility = self.cut.table("utility")
        utility = utility.filter(utility.paid_on <= self.day).select(
            "address", "amount", "rid", day="paid_on", payer=canonical_id(utility.payer_id)
        )
        given = (self.held_rows, self.second_holders, self.debtors, self.vehicle_use, self.vehicles, utility)
        return self._keep("life_paid", traced.life_paid(*given))

    @cached_property
    def vehicles(self) -> ir.Table:
        """Vehicle registrations with canonical owner: plate, vin, owner, own_from, own_to, value, encumbrance, rid."""
        return self._keep("vehicles", holdings.vehicles(self.cut))

    @cached_property
    def vehicle_use(self) -> ir.Table:
        """Uses of vehicles: plate, event_type, day, driver, payer, rid."""
        return self._keep("vehicle_use", holdings.vehicle_use(self.cut))

    @cached_property
    def holdings(self) -> ir.Table:
        """Everything registered to a person: owner, asset_kind, asset_id, day_from, day_to, value, encumbrance, rid."""
        return self._keep("holdings", holdings.holdings(self.cut, self.vehicles))

    @cached_property
    def drives(self) -> ir.Table:
        """Uses of any vehicle by debtors, with the owner registered on that day; see `holdings.drives`."""
        return self._keep("drives", holdings.drives(self.vehicle_use, self.vehicles, self.debtors))

    @cached_property
    def provident_funds(self) -> ir.Table:
        """Each answer about a provident fund: person, acct_no, unit, last_month, monthly_amt, balance, rid."""
        return self._keep("provident_funds", holdings.provident_funds(self.cut))

    @cached_property
    def disposals(self) -> ir.Table:
        """Things that left a debtor: person, asset_kind, asset_id, day, value, price, taker, own_rid, new_rid."""
        return self._keep("disposals", holdings.disposals(self.holdings, self.debtors))

    @cached_property
    def rules(self) -> ir.Table:
        """rule_id, rule_value, rule_from, rule_to: the dated periods of the law (features/config/timers.toml)."""
        return self._keep("rules", timers.table())

    @cached_property
    def calendar(self) -> ir.Table:
        """day, open, open_day, work_no: working days with statutory holidays; see `timers.calendar`."""
        return self._keep("calendar", timers.calendar())

    @cached_property
    def lots(self) -> ir.Table:
        """Judicial auctions of the chain beside each episode; see `auctions.lots`."""
        return self._keep("lots", auctions.lots(self.cut, self.chains, self.episodes, self.vehicles))

    @cached_property
    def bids(self) -> ir.Table:
        """Bids on the lots of an episode, with who paid the deposit; see `auctions.bids`."""
        return self._keep("bids", auctions.bids(self.cut, self.lots, self.accounts))

    @cached_property
    def insiders(self) -> ir.Table:
        """episode, other, other_name, rel, tie_rid: debtors, their kin and affiliates, companies of their kin."""
        return self._keep("insiders", auctions.insiders(self.cut, self.debtors, self.kin, self.affiliates))

    @cached_property
    def leases(self) -> ir.Table:
        """Leases of the debtors' realty by episode; see `auctions.leases`."""
        return self._keep("leases", auctions.leases(self.cut, self.debtors))

    @cached_property
    def mortgages(self) -> ir.Table:
        """Registered mortgages: asset_id, mortgagee, mortgagee_name, amount, day_from, day_to, rid."""
        return self._keep("mortgages", auctions.mortgages(self.cut))

    @cached_property
    def preserved(self) -> ir.Table:
        """Seals that a preservation left to the enforcement, by episode; see `enforcement.preserved`."""
        given = (self.cut, self.chains, self.episodes, self.seals, self.registers)
        return self._keep("preserved", enforcement.preserved(*given))

    @cached_property
    def claims(self) -> ir.Table:
        """Claims to distributions with the chain that distributes; see `enforcement.claims`."""
        return self._keep("claims", enforcement.claims(self.cut, self.chains))

    @cached_property
    def files(self) -> ir.Table:
        """number, court: every suit, case and basis of enforcement on file."""
        return self._keep("files", enforcement.files(self.cut))

    @cached_property
    def suit_courts(self) -> ir.Table:
        """court, suits_on: courts whose suits were delivered, with the last delivery."""
        return self._keep("suit_courts", enforcement.suit_courts(self.cut))

    @cached_property
    def compensations(self) -> ir.Table:
        """Agreements on compensation for expropriation that name a debtor; see `compensation.compensations`."""
        given = (self.debtors, self.episodes, self.anchors, self.kin, self.accounts)
        return self._keep("compensations", compensation.compensations(self.cut, *given))

    @cached_property
    def limits(self) -> ir.Table:
        """episode, person, name, day_from, day_to, permission, rid: limits on consumption; see `travels.limits`."""
        return self._keep("limits", travels.limits(self.events, self.debtors))

    @cached_property
    def trips(self) -> ir.Table:
        """Journeys of debtors under a limit on consumption; see `travels.trips`."""
        return self._keep("trips", travels.trips(self.cut, self.debtors, self.limits, self.affiliates))

    @cached_property
    def home_bills(self) -> ir.Table:
        """Bills of water, power, gas and property management, of whomever; see `life.home_bills`."""
        return self._keep("home_bills", life.home_bills(self.cut))

    @cached_property
    def homes(self) -> ir.Table:
        """owner, unit_no, place, day_from, day_to, rid: realty of whomever with its address as it joins."""
        return self._keep("homes", life.homes(self.holdings))

    @cached_property
    def tenancies(self) -> ir.Table:
        """tenant, unit_no, day_from, day_to, rid: registered leases by tenant."""
        return self._keep("tenancies", life.tenancies(self.cut))

    @cached_property
    def marriages(self) -> ir.Table:
        """Registered marriages of debtors with the debtor's shares at divorce; see `life.marriages`."""
        return self._keep("marriages", life.marriages(self.cut, self.debtors))

    @cached_property
    def pledges(self) -> ir.Table:
        """Mortgages that debtors gave, with whose debt they secure; see `life.pledges`."""
        return self._keep("pledges", life.pledges(self.cut, self.debtors))

    @cached_property
    def insured(self) -> ir.Table:
        """Answers of the social insurer about debtors: employed, retired, base, pension; see `life.insured`."""
        return self._keep("insured", life.insured(self.cut, self.debtors, self.episodes))

    @cached_property
    def settled(self) -> ir.Table:
        """episode, settled_on, settle_rid, case_rid: episodes whose debt was paid in full up to the day."""
        return self._keep("settled", enforcement.settled(self.cut, self.chains, self.episodes, self.events))

    @cached_property
    def deaths(self) -> ir.Table:
        """episode, person, name, died_on, death_rid, debtor_rid: debtors named by the register of deaths."""
        return self._keep("deaths", enforcement.deaths(self.cut, self.debtors))

    @cached_property
    def registers(self) -> ir.Table:
        """episode, log_on, query_on: last delivery of the court's log and queries that reach the case."""
        return self._keep("registers", coverage.registers(self.cut, self.episodes))

    @cached_property
    def owned(self) -> ir.Table:
        """Everything registered to the debtors of an episode, with net, at_end, since_end; see `owned.owned`."""
        return self._keep("owned", owned.owned(self.holdings, self.debtors, self.episodes, self.registers))

    @cached_property
    def kin_owned(self) -> ir.Table:
        """Vehicles and realty of confirmed kin beside each episode, with rel, kin_rid, from_debtor."""
        given = (self.holdings, self.kin, self.debtors, self.episodes, self.anchors)
        return self._keep("kin_owned", owned.kin_owned(*given))

    @cached_property
    def disposed(self) -> ir.Table:
        """Things that left the debtors of an episode, with tie and price against the market; see `owned.disposed`."""
        given = (self.disposals, self.debtors, self.episodes, self.anchors, self.kin, self.rules)
        return self._keep("disposed", owned.disposed(*given))

    @cached_property
    def driven(self) -> ir.Table:
        """Uses of vehicles not their own by the debtors of an episode, with the tie to the owner."""
        given = (self.drives, self.debtors, self.anchors, self.kin, self.affiliates)
        return self._keep("driven", owned.driven(*given))

    @cached_property
    def watched(self) -> ir.Table:
        """Debtors whose episode stands in the court's log, with the terms of the case; see `duties.watched`."""
        return self._keep("watched", duties.watched(self.debtors, self.episodes, self.registers))

    @cached_property
    def acts(self) -> ir.Table:
        """What the court did about each debtor up to the termination: noticed, ordered, limited, reported_on ..."""
        return self._keep("acts", duties.acts(self.watched, self.events))

    @cached_property
    def asked(self) -> ir.Table:
        """Which ranges of the network query were asked about each debtor shortly before the termination."""
        return self._keep("asked", duties.asked(self.watched, self.queries, self.rules))

    @cached_property
    def other_cases(self) -> ir.Table:
        """The debtors' other enforcement cases: episode, other_case, filed, amount, ended, applicant, case_rid."""
        return self._keep("other_cases", duties.other_cases(self.cut, self.chains, self.episodes, self.debtors))

    @cached_property
    def firms(self) -> ir.Table:
        """The register of companies, one row per code; see `companies.firms`."""
        return self._keep("firms", companies.firms(self.cut))

    @cached_property
    def shares(self) -> ir.Table:
        """Entries of shareholders: uscc, company, holder, holder_name, day_from, day_to, pct, subscribed, paid_up, rid."""
        return self._keep("shares", companies.shares(self.cut))

    @cached_property
    def firm_changes(self) -> ir.Table:
        """Changes of companies: uscc, kind, day, out, out_name, taker, taker_name, rid; see `companies.changes`."""
        return self._keep("firm_changes", companies.changes(self.cut))

    @cached_property
    def own_firms(self) -> ir.Table:
        """Companies that are a debtor of an episode or belong to one, and how; see `companies.own_firms`."""
        given = (self.debtors, self.firms, self.shares, self.firm_changes)
        return self._keep("own_firms", companies.own_firms(*given))

    @cached_property
    def handovers(self) -> ir.Table:
        """Offices and shares that debtors gave up, with the tie to the taker; see `companies.handovers`."""
        given = (self.firm_changes, self.own_firms, self.debtors, self.holdings)
        return self._keep("handovers", companies.handovers(self.cut, *given))

    @cached_property
    def commingled(self) -> ir.Table:
        """Money between a company and its only owner, one of whom is a debtor; see `companies.commingled`."""
        given = (self.statements, self.accounts, self.own_firms, self.shares, self.firms, self.anchors)
        return self._keep("commingled", companies.commingled(self.cut, *given))

    @cached_property
    def successors(self) -> ir.Table:
        """Companies founded since service that resemble one of the debtor's; see `companies.successors`."""
        given = (self.own_firms, self.firms, self.shares, self.debtors, self.anchors, self.limit("E03-CROWD"))
        return self._keep("successors", companies.successors(self.cut, *given))

    @cached_property
    def suits(self) -> ir.Table:
        """Suits against debtors beside their episodes; see `joint.suits`."""
        return self._keep("suits", joint.suits(self.cut, self.episodes, self.debtors))

    @cached_property
    def signs(self) -> ir.Table:
        """Signs of a refusal to perform, gathered from the other facts; see `joint.signs`."""
        return self._keep("signs", joint.signs(self))

    @cached_property
    def reach(self) -> ir.Table:
        """One row per episode: a boolean per source code, has_person, has_company, and the coverage grade A-D."""
        return self._keep("reach", coverage.reach(self.episodes, self.debtors, self.coverage))

    @cached_property
    def coverage(self) -> ir.Table:
        """episode, source, answered_on, period_from, period_to, rid: sources that reach a debtor of the episode."""
        held = (self.statements, self.accounts, self.kin, self.registers, self.lots, self.second_holders)
        return self._keep("coverage", coverage.coverage(self.cut, self.episodes, self.debtors, *held))


__all__ = ["Facts"]
