"""The modules that declare clues, in the order of catalogue and matrix: a module left out is refused at import."""

from __future__ import annotations

from features.clues.assets import (
    acquired,
    companies,
    compensation,
    disposals,
    lifestyle,
    realty,
    registered,
    vehicles,
    welfare,
)
from features.clues.base.clue import Register
from features.clues.case import context, coverage
from features.clues.court import (
    auction_leases,
    auction_procedure,
    auctions,
    credit,
    passive,
    preservation,
    procedure,
    process,
    timers,
)
from features.clues.money import ability, dealings, funds, income, kin_flows, passthrough, tracing, wallets
from features.clues.people import identity, joint, petitions, watch

FAMILIES: tuple[Register, ...] = (
    funds.family,
    dealings.family,
    kin_flows.family,
    tracing.family,
    passthrough.family,
    income.family,
    wallets.family,
    ability.family,
    vehicles.family,
    acquired.family,
    disposals.family,
    companies.family,
    joint.family,
    registered.family,
    realty.family,
    compensation.family,
    lifestyle.family,
    welfare.family,
    procedure.family,
    timers.family,
    auctions.family,
    auction_leases.family,
    auction_procedure.family,
    preservation.family,
    passive.family,
    credit.family,
    petitions.family,
    watch.family,
    coverage.family,
    process.family,
    context.family,
    identity.family,
)
