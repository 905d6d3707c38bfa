"""The clues, one file per source of evidence; `FAMILIES` is the catalogue's order."""

from __future__ import annotations

from features.clue import Register
from features.clues import (
    acquired,
    auction_rules,
    auctions,
    compensation,
    context,
    coverage,
    credit,
    disposals,
    funds,
    identity,
    income,
    kin_flows,
    passive,
    passthrough,
    petitions,
    preservation,
    procedure,
    process,
    registered,
    timers,
    tracing,
    vehicles,
)

FAMILIES: tuple[Register, ...] = (
    funds.family,
    kin_flows.family,
    tracing.family,
    passthrough.family,
    income.family,
    vehicles.family,
    acquired.family,
    disposals.family,
    registered.family,
    compensation.family,
    procedure.family,
    timers.family,
    auctions.family,
    auction_rules.family,
    preservation.family,
    passive.family,
    credit.family,
    petitions.family,
    coverage.family,
    process.family,
    context.family,
    identity.family,
)
