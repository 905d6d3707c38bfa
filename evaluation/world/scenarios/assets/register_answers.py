"""Scenario: inquiries to every register about debtors and relatives, and the extracts delivered as answers."""

from __future__ import annotations

from evaluation.world.population import inquiries, registries
from evaluation.world.population.holdings import stack_rows
from evaluation.world.scenarios.assets import company_register, family_register, households, incomes
from evaluation.world.scenarios.assets.aliases import people_as_registered
from evaluation.world.stage.household_inquiries import first_inquiry_day
from evaluation.world.stage.stage import Stage


def simulate_register_answers(stage: Stage) -> None:
    """Inquire of the registers about the quarter's households and deliver their extracts."""
    knobs, seed, quarter, spool = stage.plan.knobs, stage.plan.seed, stage.quarter, stage.spool
    cohort, folk, conduct = stage.cohort, stage.cohort.people, stage.conduct
    closed, day = cohort.debts.closed[conduct.first], first_inquiry_day(stage)
    kin = inquiries.draw_inquiries(knobs, seed, quarter, "kin", day)
    also = inquiries.draw_relatives_asked(knobs, seed, quarter, folk, kin)
    asked = {
        name: inquiries.draw_inquiries(knobs, seed, quarter, name, day)
        for name in ("insurance", "fund", "social", "vehicle_use", "company")
    }
    cars = inquiries.draw_inquiries(knobs, seed, quarter, "vehicle", day, also)
    homes = inquiries.draw_inquiries(knobs, seed, quarter, "realty", day, also)
    vehicles = dict(cohort.vehicles)
    realty = stack_rows([cohort.realty, households.simulate_further_homes(stage)])
    households.simulate_mortgages(stage, vehicles, "车辆", "vin", cars)
    households.simulate_mortgages(stage, realty, "不动产", "unit", homes)
    registries.deliver_vehicle_extracts(quarter, spool, folk, people_as_registered(stage, "vehicles"), vehicles, cars)
    registries.deliver_realty_extracts(quarter, spool, folk, people_as_registered(stage, "realty"), realty, homes)
    policies = stack_rows([cohort.policies, incomes.simulate_further_policies(stage)])
    insured = people_as_registered(stage, "insurance")
    registries.deliver_policy_extracts(quarter, spool, folk, insured, policies, asked["insurance"], conduct)
    work = registries.draw_employment(seed, quarter, folk, conduct, closed)
    income = incomes.simulate_incomes(stage, work)
    shown, funds = (income.base, income.pension), (asked["fund"], asked["social"])
    registries.deliver_fund_extracts(
        quarter, spool, folk, people_as_registered(stage, "funds"), work, shown, closed, funds
    )
    registries.deliver_vehicle_use(knobs, seed, quarter, spool, folk, cohort.vehicles, asked["vehicle_use"])
    family_register.deliver_family_extracts(
        seed, quarter, spool, folk, households.simulate_divorces(stage), closed, kin
    )
    company_register.simulate_company_register(stage, asked["company"])


__all__ = ["simulate_register_answers"]
