"""The facts of a cut: what all clues share, each computed once.

`Facts` is a shelf: every property is one relation, materialised at first use in the cut's engine. The functions
that make them stand in the files beside this one, one per thing known.
"""

from __future__ import annotations

import datetime
from functools import cached_property

import ibis
import ibis.expr.types as ir

from features.facts import anchors, court, coverage, episodes, holdings, people, transactions
from features.pool import Cut


@ibis.udf.scalar.builtin(name="goldenkey_today")
def _today() -> datetime.date:  # type: ignore[empty-body]
    ...


class Facts:
    """Relations over one cut of the pool. Money is 分, days are dates."""

    def __init__(self, cut: Cut) -> None:
        self.cut = cut
        self.day = cut.day

    @property
    def today(self) -> ir.DateValue:
        """The day of the cut as an expression: a clue that uses it reads the same on every day."""
        return _today()

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
    def debtors(self) -> ir.Table:
        """episode, person, name, kind, sex, birth, dead, address, phone, surname, employer, rid: debtors by episode."""
        return self._keep("debtors", people.debtors(self.cut, self.episodes))

    @cached_property
    def applicants(self) -> ir.Table:
        """episode, person, name, kind, rid: applicants by episode."""
        return self._keep("applicants", people.applicants(self.cut, self.episodes))

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
        """Seals, detentions and freezes by asset, of any case: asset_id, ev_code, day, expiry_date, end_date, rid."""
        return self._keep("seals", court.seals(self.cut))

    @cached_property
    def petitions(self) -> ir.Table:
        """Petitions by episode: recv_date, channel, topic, asset_kind, asset_id, text, rid."""
        return self._keep("petitions", court.petitions(self.cut, self.chains, self.episodes))

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
        """person, acct: account and card numbers known to belong to a person."""
        return self._keep("accounts", transactions.accounts(self.cut))

    @cached_property
    def txns(self) -> ir.Table:
        """Normalised statement rows of debtors (domain.md 3.2); see `transactions.normalised`."""
        return self._keep("txns", transactions.normalised(self.cut, self.debtors, self.accounts, self.kin))

    @cached_property
    def moves(self) -> ir.Table:
        """Statement rows by episode with the windows w0 ... w4 of domain.md 3.1; see `transactions.moves`."""
        return self._keep("moves", transactions.moves(self.txns, self.debtors, self.anchors, self.day))

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
        return self._keep("holdings", holdings.holdings(self.cut))

    @cached_property
    def reach(self) -> ir.Table:
        """One row per episode: a boolean per source code, has_person, has_company, and the coverage grade A-D."""
        return self._keep("reach", coverage.reach(self.episodes, self.debtors, self.coverage))

    @cached_property
    def coverage(self) -> ir.Table:
        """episode, source, answered_on, period_from, period_to, rid: sources that reach a debtor of the episode."""
        return self._keep("coverage", coverage.coverage(self.cut, self.episodes, self.debtors, self.accounts))


NAMES = tuple(name for name, value in vars(Facts).items() if isinstance(value, cached_property))
"""Names of all facts, in the order they stand above."""

__all__ = ["NAMES", "Facts"]
