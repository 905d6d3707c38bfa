"""The facts of a cut: what all clues share, each computed once.

Every property of `Facts` is one relation, computed at first use and stored as a table of the cut's engine. The
functions that build them are in the folders beside this file, one subject per file; `base` holds those that others
build on.
"""

from __future__ import annotations

from functools import cached_property

import ibis.expr.types as ir

from features.facts.assets import auctions, companies, compensation, holdings, life, owned, travels
from features.facts.base import BaseFacts
from features.facts.case import coverage, duties, enforcement, watchlist
from features.facts.money import account_ends
from features.facts.people import petitions, suits


class Facts(BaseFacts):
    """Relations over one cut of the pool. Money is 分, days are dates."""

    @cached_property
    def petition_readings(self) -> ir.Table:
        """Petitions with what was read from their texts: topics, kind_given, id_given, things, level; see
        `petitions.read_petitions`."""
        return self._keep("petition_readings", lambda: petitions.read_petitions(self.cut, self.petitions))

    @cached_property
    def named_assets(self) -> ir.Table:
        """Things named by petitions: episode, pet_rid, recv_date, kind, key, holder, hearsay; see
        `petitions.named_assets`."""
        return self._keep("named_assets", lambda: petitions.named_assets(self.petition_readings))

    @cached_property
    def registered_named_assets(self) -> ir.Table:
        """Things named by petitions that stand in a register for a debtor or kin; see `petitions.match_registers`."""
        given = (self.named_assets, self.owned, self.kin_owned, self.debtors)
        return self._keep("registered_named_assets", lambda: petitions.match_registers(self.cut, *given), alike=True)

    @cached_property
    def watch_entries(self) -> ir.Table:
        """Entries of watch lists in force: case_no, reason, from_unit, listed_on, until, days; see `watchlist`."""
        return self._keep("watch_entries", lambda: watchlist.entries(self.cut))

    @cached_property
    def watch_places(self) -> ir.Table:
        """Entries in force with the episode and office they belong to, or with none; see `watchlist.places`."""
        given = (self.watch_entries, self.chains, self.episodes)
        return self._keep("watch_places", lambda: watchlist.places(self.cut, *given))

    @cached_property
    def account_ends(self) -> ir.Table:
        """Accounts of debtors by how their use ended: closed, or the last day they moved; see `account_ends`."""
        return self._keep("account_ends", lambda: account_ends.account_ends(self.cut, self.txns, self.debtors))

    @cached_property
    def provident_funds(self) -> ir.Table:
        """Each answer about a provident fund: person, acct_no, unit, last_month, monthly_amt, balance, rid."""
        return self._keep("provident_funds", lambda: holdings.provident_funds(self.cut))

    @cached_property
    def disposals(self) -> ir.Table:
        """Things that left a debtor: person, asset_kind, asset_id, day, value, price, taker, own_rid, new_rid."""
        return self._keep("disposals", lambda: holdings.disposals(self.holdings, self.debtors))

    @cached_property
    def lots(self) -> ir.Table:
        """Judicial auctions of the chain beside each episode; see `auctions.lots`."""
        return self._keep("lots", lambda: auctions.lots(self.cut, self.chains, self.episodes, self.vehicles))

    @cached_property
    def bids(self) -> ir.Table:
        """Bids on the lots of an episode, with who paid the deposit; see `auctions.bids`."""
        return self._keep("bids", lambda: auctions.bids(self.cut, self.lots, self.accounts))

    @cached_property
    def insiders(self) -> ir.Table:
        """episode, other, other_name, rel, tie_rid: debtors, their kin and affiliates, companies of their kin."""
        return self._keep("insiders", lambda: auctions.insiders(self.cut, self.debtors, self.kin, self.affiliates))

    @cached_property
    def leases(self) -> ir.Table:
        """Leases of the debtors' realty by episode; see `auctions.leases`."""
        return self._keep("leases", lambda: auctions.leases(self.cut, self.debtors))

    @cached_property
    def mortgages(self) -> ir.Table:
        """Registered mortgages: asset_id, mortgagee, mortgagee_name, amount, day_from, day_to, rid."""
        return self._keep("mortgages", lambda: auctions.mortgages(self.cut))

    @cached_property
    def preserved(self) -> ir.Table:
        """Seals that a preservation left to the enforcement, by episode; see `enforcement.preserved`."""
        given = (self.cut, self.chains, self.episodes, self.seals, self.registers)
        return self._keep("preserved", lambda: enforcement.preserved(*given))

    @cached_property
    def claims(self) -> ir.Table:
        """Claims to distributions with the chain that distributes; see `enforcement.claims`."""
        return self._keep("claims", lambda: enforcement.claims(self.cut, self.chains))

    @cached_property
    def files(self) -> ir.Table:
        """number, court: every suit, case and basis of enforcement on file."""
        return self._keep("files", lambda: enforcement.files(self.cut))

    @cached_property
    def suit_courts(self) -> ir.Table:
        """court, suits_on: courts whose suits were delivered, with the last delivery."""
        return self._keep("suit_courts", lambda: enforcement.suit_courts(self.cut))

    @cached_property
    def compensations(self) -> ir.Table:
        """Agreements on compensation for expropriation that name a debtor; see `compensation.compensations`."""
        given = (self.debtors, self.episodes, self.anchors, self.kin, self.accounts)
        return self._keep("compensations", lambda: compensation.compensations(self.cut, *given))

    @cached_property
    def limits(self) -> ir.Table:
        """episode, person, name, day_from, day_to, permission, rid: limits on consumption; see `travels.limits`."""
        return self._keep("limits", lambda: travels.limits(self.events, self.debtors))

    @cached_property
    def trips(self) -> ir.Table:
        """Journeys of debtors under a limit on consumption; see `travels.trips`."""
        return self._keep("trips", lambda: travels.trips(self.cut, self.debtors, self.limits, self.affiliates))

    @cached_property
    def home_bills(self) -> ir.Table:
        """Bills of water, power, gas and property management, of whomever; see `life.home_bills`."""
        return self._keep("home_bills", lambda: life.home_bills(self.cut))

    @cached_property
    def homes(self) -> ir.Table:
        """owner, unit_no, place, day_from, day_to, rid: realty of whomever with its address as it joins."""
        return self._keep("homes", lambda: life.homes(self.holdings))

    @cached_property
    def tenancies(self) -> ir.Table:
        """tenant, unit_no, day_from, day_to, rid: registered leases by tenant."""
        return self._keep("tenancies", lambda: life.tenancies(self.cut))

    @cached_property
    def marriages(self) -> ir.Table:
        """Registered marriages of debtors with the debtor's shares at divorce; see `life.marriages`."""
        return self._keep("marriages", lambda: life.marriages(self.cut, self.debtors))

    @cached_property
    def pledges(self) -> ir.Table:
        """Mortgages that debtors gave, with whose debt they secure; see `life.pledges`."""
        return self._keep("pledges", lambda: life.pledges(self.cut, self.debtors))

    @cached_property
    def insured(self) -> ir.Table:
        """Answers of the social insurer about debtors: employed, retired, base, pension; see `life.insured`."""
        return self._keep("insured", lambda: life.insured(self.cut, self.debtors, self.episodes))

    @cached_property
    def settled(self) -> ir.Table:
        """episode, settled_on, settle_rid, case_rid: episodes whose debt was paid in full up to the day."""
        return self._keep("settled", lambda: enforcement.settled(self.cut, self.chains, self.episodes, self.events))

    @cached_property
    def deaths(self) -> ir.Table:
        """episode, person, name, died_on, death_rid, debtor_rid: debtors named by the register of deaths."""
        return self._keep("deaths", lambda: enforcement.deaths(self.cut, self.debtors))

    @cached_property
    def owned(self) -> ir.Table:
        """Everything registered to the debtors of an episode, with net, at_end, since_end; see `owned.owned`."""
        return self._keep("owned", lambda: owned.owned(self.holdings, self.debtors, self.episodes, self.registers))

    @cached_property
    def kin_owned(self) -> ir.Table:
        """Vehicles and realty of confirmed kin beside each episode, with rel, kin_rid, from_debtor."""
        given = (self.holdings, self.kin, self.debtors, self.episodes, self.anchors)
        return self._keep("kin_owned", lambda: owned.kin_owned(*given))

    @cached_property
    def disposed(self) -> ir.Table:
        """Things that left the debtors of an episode, with tie and price against the market; see `owned.disposed`."""
        given = (self.disposals, self.debtors, self.episodes, self.anchors, self.kin, self.rules)
        return self._keep("disposed", lambda: owned.disposed(*given))

    @cached_property
    def driven(self) -> ir.Table:
        """Uses of vehicles not their own by the debtors of an episode, with the tie to the owner."""
        given = (self.drives, self.debtors, self.anchors, self.kin, self.affiliates)
        return self._keep("driven", lambda: owned.driven(*given))

    @cached_property
    def logged_debtors(self) -> ir.Table:
        """Debtors whose episode stands in the court's log, with the terms of the case; see `duties.logged_debtors`."""
        return self._keep("logged_debtors", lambda: duties.logged_debtors(self.debtors, self.episodes, self.registers))

    @cached_property
    def acts(self) -> ir.Table:
        """What the court did about each debtor up to the termination: noticed, ordered, limited, reported_on ..."""
        return self._keep("acts", lambda: duties.acts(self.logged_debtors, self.events))

    @cached_property
    def queried_ranges(self) -> ir.Table:
        """Which ranges of the network query were asked about each debtor shortly before the termination."""
        return self._keep(
            "queried_ranges", lambda: duties.queried_ranges(self.logged_debtors, self.queries, self.rules)
        )

    @cached_property
    def other_cases(self) -> ir.Table:
        """The debtors' other enforcement cases: episode, other_case, filed, amount, ended, applicant, case_rid."""
        return self._keep("other_cases", lambda: duties.other_cases(self.cut, self.chains, self.episodes, self.debtors))

    @cached_property
    def firms(self) -> ir.Table:
        """The register of companies, one row per code; see `companies.firms`."""
        return self._keep("firms", lambda: companies.firms(self.cut))

    @cached_property
    def shares(self) -> ir.Table:
        """Shareholders: uscc, company, holder, holder_name, day_from, day_to, pct, subscribed, paid_up, rid."""
        return self._keep("shares", lambda: companies.shares(self.cut))

    @cached_property
    def firm_changes(self) -> ir.Table:
        """Changes of companies: uscc, kind, day, out, out_name, taker, taker_name, rid; see `companies.changes`."""
        return self._keep("firm_changes", lambda: companies.changes(self.cut))

    @cached_property
    def own_firms(self) -> ir.Table:
        """Companies that are a debtor of an episode or belong to one, and how; see `companies.own_firms`."""
        given = (self.debtors, self.firms, self.shares, self.firm_changes)
        return self._keep("own_firms", lambda: companies.own_firms(*given))

    @cached_property
    def handovers(self) -> ir.Table:
        """Offices and shares that debtors gave up, with the tie to the taker; see `companies.handovers`."""
        given = (self.firm_changes, self.own_firms, self.debtors, self.holdings)
        return self._keep("handovers", lambda: companies.handovers(self.cut, *given), alike=True)

    @cached_property
    def commingled(self) -> ir.Table:
        """Money between a company and its only owner, one of whom is a debtor; see `companies.commingled`."""
        given = (self.statements, self.accounts, self.own_firms, self.shares, self.firms, self.anchors)
        return self._keep("commingled", lambda: companies.commingled(self.cut, *given), alike=True)

    @cached_property
    def successors(self) -> ir.Table:
        """Companies founded since service that resemble one of the debtor's; see `companies.successors`."""
        given = (self.own_firms, self.firms, self.shares, self.debtors, self.anchors, self.limit("E03-CROWD"))
        return self._keep("successors", lambda: companies.successors(self.cut, *given), alike=True)

    @cached_property
    def suits(self) -> ir.Table:
        """Suits against debtors beside their episodes; see `suits.suits`."""
        return self._keep("suits", lambda: suits.suits(self.cut, self.episodes, self.debtors))

    @cached_property
    def refusal_signs(self) -> ir.Table:
        """Signs of a refusal to perform, gathered from the other facts; see `suits.refusal_signs`."""
        return self._keep("refusal_signs", lambda: suits.refusal_signs(self), alike=True)

    @cached_property
    def covered_sources(self) -> ir.Table:
        """One row per episode: a boolean per source code, has_person, has_company, and the coverage grade A-D."""
        return self._keep(
            "covered_sources", lambda: coverage.covered_sources(self.episodes, self.debtors, self.coverage)
        )

    @cached_property
    def coverage(self) -> ir.Table:
        """episode, source, answered_on, period_from, period_to, rid: sources that reach a debtor of the episode."""
        held = (self.statements, self.accounts, self.kin, self.registers, self.lots, self.second_holders)
        given = (self.cut, self.episodes, self.debtors, *held)
        return self._keep("coverage", lambda: coverage.coverage(*given), anew=True)


__all__ = ["Facts"]
