"""`Facts`: the relations that clues are computed from, each built once per cut of the pool.

Every property of `Facts` is one relation, computed at first use and stored as a table of the cut's engine. The
functions that build them are in the folders beside this file, one subject per file; `base` holds those that others
build on.
"""

from __future__ import annotations

import ibis.expr.types as ir

from features.facts.assets import auctions, companies, compensation, holdings, life, owned, travels
from features.facts.base import BaseFacts, fact, fact_always_alike, fact_never_alike
from features.facts.case import coverage, duties, enforcement, watchlist
from features.facts.money import account_ends
from features.facts.people import petitions, suits


class Facts(BaseFacts):
    """Relations over one cut of the pool. Money is 分, days are dates."""

    @fact
    def petition_readings(self) -> ir.Table:
        """Petitions with what was read from their texts: topics, kind_given, id_given, things, level; see
        `petitions.read_petitions`."""
        return petitions.read_petitions(self.cut, self.petitions)

    @fact
    def named_assets(self) -> ir.Table:
        """Things named by petitions: episode, pet_rid, recv_date, kind, key, holder, hearsay; see
        `petitions.named_assets`."""
        return petitions.named_assets(self.petition_readings)

    @fact_always_alike
    def registered_named_assets(self) -> ir.Table:
        """Things named by petitions that stand in a register for a debtor or kin; see `petitions.match_registers`."""
        return petitions.match_registers(
            self.account_balances, self.named_assets, self.owned, self.kin_owned, self.debtors
        )

    @fact
    def watch_entries(self) -> ir.Table:
        """Entries of watch lists in force: case_no, reason, from_unit, listed_on, until, days; see `watchlist`."""
        return watchlist.entries(self.cut)

    @fact
    def watch_places(self) -> ir.Table:
        """Entries in force with the episode and office they belong to, or with none; see `watchlist.places`."""
        return watchlist.places(self.cut, self.watch_entries, self.chains, self.episodes)

    @fact
    def account_ends(self) -> ir.Table:
        """Accounts of debtors by how their use ended: closed, or the last day they moved; see `account_ends`."""
        return account_ends.account_ends(self.cut, self.txns, self.debtors)

    @fact
    def provident_funds(self) -> ir.Table:
        """Each answer about a provident fund: person, acct_no, unit, last_month, monthly_amt, balance, rid."""
        return holdings.provident_funds(self.cut)

    @fact
    def disposals(self) -> ir.Table:
        """Things that left a debtor: person, asset_kind, asset_id, day, value, price, taker, own_rid, new_rid."""
        return holdings.disposals(self.holdings, self.debtors)

    @fact
    def lots(self) -> ir.Table:
        """Judicial auctions in any case of an episode's chain; see `auctions.lots`."""
        return auctions.lots(self.cut, self.chains, self.episodes, self.vehicles)

    @fact
    def bids(self) -> ir.Table:
        """Bids on the lots of an episode, with who paid the deposit; see `auctions.bids`."""
        return auctions.bids(self.cut, self.lots, self.accounts)

    @fact
    def insiders(self) -> ir.Table:
        """episode, other, other_name, rel, tie_rid: debtors, their kin and affiliates, companies of their kin."""
        return auctions.insiders(self.cut, self.debtors, self.kin, self.affiliates)

    @fact
    def leases(self) -> ir.Table:
        """Leases of the debtors' realty by episode; see `auctions.leases`."""
        return auctions.leases(self.cut, self.debtors)

    @fact
    def mortgages(self) -> ir.Table:
        """Registered mortgages: asset_id, mortgagee, mortgagee_name, amount, day_from, day_to, rid."""
        return auctions.mortgages(self.cut)

    @fact
    def preserved(self) -> ir.Table:
        """Seals of a preservation (财产保全) that became the enforcement's; see `enforcement.preserved`."""
        return enforcement.preserved(self.cut, self.chains, self.episodes, self.seals, self.court_reach)

    @fact
    def claims(self) -> ir.Table:
        """Claims to share in a distribution (参与分配), with the chain that pays it; see `enforcement.claims`."""
        return enforcement.claims(self.cut, self.chains)

    @fact
    def files(self) -> ir.Table:
        """number, court: every suit, case and basis of enforcement on file."""
        return enforcement.files(self.cut)

    @fact
    def suit_courts(self) -> ir.Table:
        """court, suits_on: courts whose suits were delivered, with the last delivery."""
        return enforcement.suit_courts(self.cut)

    @fact
    def compensations(self) -> ir.Table:
        """Agreements on compensation for expropriation that name a debtor; see `compensation.compensations`."""
        return compensation.compensations(self.cut, self.debtors, self.episodes, self.anchors, self.kin, self.accounts)

    @fact
    def consumption_limits(self) -> ir.Table:
        """episode, person, name, day_from, day_to, permission, rid: see `travels.consumption_limits`."""
        return travels.consumption_limits(self.events, self.debtors)

    @fact
    def trips(self) -> ir.Table:
        """Journeys of debtors under a limit on consumption; see `travels.trips`."""
        return travels.trips(self.cut, self.debtors, self.consumption_limits, self.affiliates)

    @fact
    def home_bills(self) -> ir.Table:
        """Bills of water, power, gas and property management of all payers; see `life.home_bills`."""
        return life.home_bills(self.cut)

    @fact
    def homes(self) -> ir.Table:
        """owner, unit_no, place, day_from, day_to, rid: realty of all owners; `place` is the address that joins."""
        return life.homes(self.holdings)

    @fact
    def tenancies(self) -> ir.Table:
        """tenant, unit_no, day_from, day_to, rid: registered leases by tenant."""
        return life.tenancies(self.cut)

    @fact
    def marriages(self) -> ir.Table:
        """Registered marriages of debtors, with what the debtor received at divorce; see `life.marriages`."""
        return life.marriages(self.cut, self.debtors)

    @fact
    def pledges(self) -> ir.Table:
        """Mortgages that debtors gave, and whose debt each secures; see `life.pledges`."""
        return life.pledges(self.cut, self.debtors)

    @fact
    def insured(self) -> ir.Table:
        """Answers of the social insurer about debtors: employed, retired, base, pension; see `life.insured`."""
        return life.insured(self.cut, self.debtors, self.episodes)

    @fact
    def settled(self) -> ir.Table:
        """episode, settled_on, settle_rid, case_rid: episodes whose debt was paid in full up to the day."""
        return enforcement.settled(self.cut, self.chains, self.episodes, self.events)

    @fact
    def deaths(self) -> ir.Table:
        """episode, person, name, died_on, death_rid, debtor_rid: debtors named by the register of deaths."""
        return enforcement.deaths(self.cut, self.debtors)

    @fact
    def owned(self) -> ir.Table:
        """Everything registered to the debtors of an episode, with net, at_end, since_end; see `owned.owned`."""
        return owned.owned(self.holdings, self.debtors, self.episodes, self.court_reach)

    @fact
    def kin_owned(self) -> ir.Table:
        """Vehicles and realty of confirmed kin beside each episode, with rel, kin_rid, from_debtor."""
        return owned.kin_owned(self.holdings, self.kin, self.debtors, self.episodes, self.anchors)

    @fact
    def disposed(self) -> ir.Table:
        """Things that left the debtors of an episode, with tie and price against the market; see `owned.disposed`."""
        return owned.disposed(self.disposals, self.debtors, self.episodes, self.anchors, self.kin, self.rules)

    @fact
    def driven(self) -> ir.Table:
        """Uses of vehicles not their own by the debtors of an episode, with the tie to the owner."""
        return owned.driven(self.drives, self.debtors, self.anchors, self.kin, self.affiliates)

    @fact
    def logged_debtors(self) -> ir.Table:
        """Debtors whose episode stands in the court's log, with the terms of the case; see `duties.logged_debtors`."""
        return duties.logged_debtors(self.debtors, self.episodes, self.court_reach)

    @fact
    def acts(self) -> ir.Table:
        """What the court did about each debtor up to the termination: noticed, ordered, limited, reported_on ..."""
        return duties.acts(self.logged_debtors, self.events)

    @fact
    def queried_ranges(self) -> ir.Table:
        """Which ranges of the network query were asked about each debtor shortly before the termination."""
        return duties.queried_ranges(self.logged_debtors, self.queries, self.rules)

    @fact
    def other_cases(self) -> ir.Table:
        """The debtors' other enforcement cases: episode, other_case, filed, amount, ended, applicant, case_rid."""
        return duties.other_cases(self.cut, self.chains, self.episodes, self.debtors)

    @fact
    def firms(self) -> ir.Table:
        """The register of companies, one row per code; see `companies.firms`."""
        return companies.firms(self.cut)

    @fact
    def shares(self) -> ir.Table:
        """Shareholders: uscc, company, holder, holder_name, day_from, day_to, pct, subscribed, paid_up, rid."""
        return companies.shares(self.cut)

    @fact
    def firm_changes(self) -> ir.Table:
        """Changes of companies: uscc, kind, day, out, out_name, taker, taker_name, rid; see `companies.changes`."""
        return companies.changes(self.cut)

    @fact
    def own_firms(self) -> ir.Table:
        """Companies that are a debtor of an episode or belong to one, and how; see `companies.own_firms`."""
        given = (self.debtors, self.firms, self.shares, self.firm_changes)
        return companies.own_firms(*given, self.threshold("E02-WHOLE") / 100)

    @fact_always_alike
    def control_changes(self) -> ir.Table:
        """Offices and shares that debtors gave up, with the tie to the taker; see `companies.control_changes`."""
        return companies.control_changes(self.cut, self.firm_changes, self.own_firms, self.debtors, self.holdings)

    @fact_always_alike
    def commingled(self) -> ir.Table:
        """Money between a company and its only owner, one of whom is a debtor; see `companies.commingled`."""
        given = (self.statements, self.accounts, self.own_firms, self.shares, self.firms, self.anchors)
        return companies.commingled(self.cut, *given, self.threshold("E02-WHOLE") / 100, self.threshold("ANCHOR-DEBT"))

    @fact_always_alike
    def successors(self) -> ir.Table:
        """Companies founded since service that resemble one of the debtor's; see `companies.successors`."""
        given = (self.own_firms, self.firms, self.shares, self.debtors, self.anchors, self.threshold("E03-CROWD"))
        return companies.successors(self.cut, *given)

    @fact
    def suits(self) -> ir.Table:
        """Suits against debtors beside their episodes; see `suits.suits`."""
        return suits.suits(self.cut, self.episodes, self.debtors)

    @fact_always_alike
    def refusal_signs(self) -> ir.Table:
        """Signs of a refusal to perform, gathered from the other facts; see `suits.refusal_signs`."""
        return suits.refusal_signs(self)

    @fact
    def covered_sources(self) -> ir.Table:
        """One row per episode: a boolean per source code, has_person, has_company, and the coverage grade A-D."""
        return coverage.covered_sources(self.episodes, self.debtors, self.coverage)

    @fact_never_alike
    def coverage(self) -> ir.Table:
        """episode, source, answered_on, period_from, period_to, rid: sources that reach a debtor of the episode."""
        held = (self.statements, self.accounts, self.kin, self.court_reach, self.lots, self.second_holders)
        return coverage.coverage(self.cut, self.episodes, self.debtors, *held)


__all__ = ["Facts"]
