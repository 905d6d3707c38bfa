"""The classes of acts that every scenario records."""

from __future__ import annotations

import pytest
from simulated_quarter import SimulatedQuarter

from evaluation.world.simulate import SCENARIOS

EXPECTED = {
    "simulate_auctions": {
        "auction_collusion",
        "auction_relative",
        "auction_procedure",
        "auction_default",
        "inkind_cheap",
    },
    "simulate_distribution": {
        "money_held",
        "distribution_unnotified",
        "distribution_order",
        "distribution_no_basis",
        "sham_claim",
    },
    "simulate_preservation": {"preservation_unconverted", "preservation_lapsed", "preservation_released"},
    "simulate_aftermath": {"money_held", "over_seizure", "obligor_silent", "obligor_paid", "seal_lapsed"},
    "simulate_sanctions": {"dead_debtor", "credit_list", "refusal_crime"},
    "simulate_watch_list": set[str](),
    "simulate_co_debtors": set[str](),
    "simulate_leases": {"sham_lease"},
    "simulate_compensation": {"demolition_diverted"},
    "simulate_travels": {"travel_violation"},
    "simulate_utilities": {"utility_home", "utility_kin"},
    "simulate_register_answers": {
        "mortgage_kin",
        "realty_not_sealed",
        "realty_sold_cheap",
        "insurance_premium",
        "wage_income",
        "pension_income",
        "divorce_split",
        "rep_changed",
        "phoenix_company",
        "company_deregistered",
        "company_commingled",
    },
}


def test_every_scenario_stands_in_the_table() -> None:
    assert {scenario.__name__ for scenario in SCENARIOS} == set(EXPECTED)


@pytest.mark.parametrize("scenario", EXPECTED)
def test_a_scenario_records_its_classes_and_no_others(quarter: SimulatedQuarter, scenario: str) -> None:
    classes = {cls for part in quarter.recorded[scenario] for cls in part["cls"].to_pylist()}
    assert classes == EXPECTED[scenario]
