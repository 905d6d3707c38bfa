"""Invented people, their accounts, debts and conduct: what must hold for each, and shares near their knobs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from evaluation.world.base.chance import NEVER
from evaluation.world.population import banking, counterparties, debts, look_alikes
from evaluation.world.population.cohort import Cohort
from evaluation.world.population.concealment import ADVANCE, CONCEALED, MISSED, SHELL
from evaluation.world.population.people import (
    CASUAL,
    DEBTOR,
    FARMER,
    NAMESAKE,
    PARENT,
    SPOUSE,
    TRADER,
    VILLAGE,
)


def test_people_have_ids_of_their_own_and_plausible_families(cohort: Cohort) -> None:
    people = cohort.people
    assert len(set(people.id_no.reshape(-1))) == people.id_no.size
    assert all(number.startswith("99") for number in people.id_no[:, DEBTOR])
    older = (people.birth[:, DEBTOR] - people.birth[:, PARENT]) / 365.25
    assert older[people.birth[:, PARENT] > people.birth.min()].min() > 10
    assert (people.male[:, SPOUSE] == ~people.male[:, DEBTOR]).all()
    assert (people.address[:, SPOUSE] == people.address[:, DEBTOR]).all()
    same_surname = [a[0] == b[0] for a, b in zip(people.name[:, DEBTOR], people.name[:, NAMESAKE], strict=True)]
    assert np.mean(same_surname) > 0.95
    assert (people.divorced_on > people.married_on)[people.present[:, SPOUSE]].all()


def test_occupations_follow_their_knobs(cohort: Cohort) -> None:
    """Farmers have weight 2.6 x 0.14 in villages (34 %) and 0.18 x 0.14 elsewhere, the others keep theirs."""
    work, village = cohort.people.work, cohort.people.district == VILLAGE
    inside, outside = 1 - 0.14 + 2.6 * 0.14, 1 - 0.14 + 0.18 * 0.14
    for kind, weight in ((TRADER, 0.28), (CASUAL, 0.17)):
        expected = weight * (village.mean() / inside + (1 - village.mean()) / outside)
        assert (work == kind).mean() == pytest.approx(expected, abs=0.045)
    assert (work[village] == FARMER).mean() == pytest.approx(2.6 * 0.14 / inside, abs=0.08)
    assert (work[~village] == FARMER).mean() < 0.06


def test_accounts_are_known_only_where_they_exist(cohort: Cohort) -> None:
    accounts: banking.Accounts = cohort.accounts
    assert len(set(accounts.card.reshape(-1))) == accounts.card.size
    assert all(card.startswith("99") for card in accounts.card.reshape(-1))
    assert not (accounts.known & ~accounts.exists).any()
    notice = cohort.debts.filed[cohort.conduct.first] + 8
    assert not (accounts.known[:, 2] & (accounts.opened[:, 2] >= notice)).any()
    assert (accounts.closed[~accounts.exists] == NEVER).all()
    assert accounts.bank.max() < len(banking.BANKS)


def test_counterparties_point_to_the_people_they_name(cohort: Cohort) -> None:
    book = counterparties.draw_counterparties(4, 0, cohort.people, cohort.accounts)
    h = np.arange(len(cohort.people))
    for slot in (DEBTOR, PARENT):
        assert (book.name[book.person(h, slot)] == cohort.people.name[:, slot]).all()
        assert (book.id_no[book.person(h, slot)] == cohort.people.id_no[:, slot]).all()
    assert (book.number[book.own(h, 1)] == cohort.accounts.card[:, 1]).all()
    assert (book.name[book.employer(h)] == cohort.people.employer).all()
    assert (book.id_no[book.company(h)] == cohort.people.company_id).all()
    assert set(book.name[book.fixed(counterparties.COURT, h)]) == {"法院执行款专户"}
    last = book.customer(np.array([counterparties.CUSTOMERS - 1]))
    assert last[0] == len(book.name) - 1


def test_days_of_a_suit_follow_one_another(cohort: Cohort) -> None:
    rows: debts.Debts = cohort.debts
    order = (rows.debt, rows.suit, rows.served)
    assert all((early < late).all() for early, late in pairwise(order))
    order = (rows.suit, rows.judged, rows.judged_served, rows.effective, rows.applied, rows.filed, rows.closed)
    assert all((early <= late).all() for early, late in pairwise(order))
    assert ((rows.preserved == NEVER) | (rows.preserved >= rows.suit)).all()
    assert rows.otherwise.sum() == round((~rows.otherwise).sum() * 0.12)
    assert (rows.creditor_kind[np.isin(rows.cause, [debts.BANK, debts.CARD])] == "法人").all()
    assert np.bincount(rows.office) / len(rows) == pytest.approx([0.40, 0.33, 0.27], abs=0.05)
    assert (rows.amount <= 10_000_000).mean() == pytest.approx(0.41, abs=0.06)


def test_conduct_agrees_with_its_kind(cohort: Cohort) -> None:
    conduct, people = cohort.conduct, cohort.people
    hides = conduct.kind == CONCEALED
    assert (conduct.kind[~cohort.debts.otherwise[conduct.first]] == CONCEALED).mean() == pytest.approx(0.092, abs=0.03)
    assert (conduct.ways.any(axis=1) == hides).all()
    assert conduct.ways.sum(axis=1).max() == 2
    assert not (conduct.careful & ~hides).any()
    assert (conduct.evasive == (hides & ~conduct.careful)).all()
    assert ((conduct.asset >= 0) == (conduct.kind == MISSED)).all()
    assert ((conduct.hidden > 0) == (hides | (conduct.kind == MISSED))).all()
    one_way = conduct.ways.sum(axis=1) == 1
    assert (people.company[conduct.ways[:, SHELL] & one_way] != "").all()
    assert (people.employer[conduct.ways[:, ADVANCE] & one_way] != "").all()
    assert (conduct.act <= cohort.debts.closed[conduct.first] + 150).all()


def test_look_alikes_need_what_they_are_made_of(cohort: Cohort) -> None:
    looks, people = cohort.looks, cohort.people
    wed = people.present[:, SPOUSE] & (people.divorced_on == NEVER)
    assert (looks.households_with(look_alikes.SEASONAL) == (people.work == FARMER)).all()
    assert not (looks.households_with(look_alikes.POOLING) & ~wed).any()
    assert not (looks.households_with(look_alikes.CHANGE) & (people.company == "")).any()
    split = looks.households_with(look_alikes.SPLIT)
    first = cohort.conduct.first[split]
    assert (looks.divorced_on[split] <= cohort.debts.closed[first]).all()
    flags = [[name in text.split(";") for name in look_alikes.LOOK_ALIKES] for text in looks.names()]
    assert (np.array(flags) == looks.has).all()
