"""What the registers answer: every source asked about debtors and relatives, and the extracts that come back."""

from __future__ import annotations

from evaluation.world.population import inquiries, registries
from evaluation.world.population.holdings import stack
from evaluation.world.scenarios.assets import households, shells, ties, welfare
from evaluation.world.scenarios.assets.aliases import as_registered
from evaluation.world.stage.inquired import ready
from evaluation.world.stage.stage import Stage


def perform(stage: Stage) -> None:
    """Ask the registers about the quarter's households and deliver their extracts."""
    knobs, seed, quarter, spool = stage.plan.knobs, stage.plan.seed, stage.quarter, stage.spool
    cohort, folk, conduct = stage.cohort, stage.cohort.people, stage.conduct
    closed, day = cohort.debts.closed[conduct.first], ready(stage)
    kin = inquiries.pulls_of(knobs, seed, quarter, "kin", day)
    also = inquiries.relatives_asked(knobs, seed, quarter, folk, kin)
    asked = {
        name: inquiries.pulls_of(knobs, seed, quarter, name, day)
        for name in ("insurance", "fund", "social", "vehicle_use", "company")
    }
    cars = inquiries.pulls_of(knobs, seed, quarter, "vehicle", day, also)
    homes = inquiries.pulls_of(knobs, seed, quarter, "realty", day, also)
    vehicles = dict(cohort.vehicles)
    realty = stack([cohort.realty, households.further_homes(stage)])
    households.mortgages(stage, vehicles, "车辆", "vin", cars)
    households.mortgages(stage, realty, "不动产", "unit", homes)
    registries.vehicle_extracts(quarter, spool, folk, as_registered(stage, "vehicles"), vehicles, cars)
    registries.realty_extracts(quarter, spool, folk, as_registered(stage, "realty"), realty, homes)
    policies = stack([cohort.policies, welfare.further_policies(stage)])
    insured = as_registered(stage, "insurance")
    registries.policy_extracts(quarter, spool, folk, insured, policies, asked["insurance"], conduct)
    work = registries.employment(seed, quarter, folk, conduct, closed)
    income = welfare.incomes(stage, work)
    shown, funds = (income.base, income.pension), (asked["fund"], asked["social"])
    registries.fund_extracts(quarter, spool, folk, as_registered(stage, "funds"), work, shown, closed, funds)
    registries.use_traces(knobs, seed, quarter, spool, folk, cohort.vehicles, asked["vehicle_use"])
    ties.family_extracts(seed, quarter, spool, folk, households.divorces(stage), closed, kin)
    shells.perform(stage, asked["company"])


__all__ = ["perform"]
