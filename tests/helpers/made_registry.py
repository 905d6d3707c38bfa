"""A registry with three little models, and the people who train and approve them, for tests of the champion."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from little_model import little_model

from models.ledger.ledger import Ledger
from models.registry import registry
from models.registry.promotion import Promotion, promote, record_training, write_gate_report
from models.scoring.model import Model

PEOPLE = ("甲", "乙", "丙", "训练员")
DAYS = (date(2023, 12, 31), date(2024, 3, 31), date(2024, 6, 30))


def models() -> list[Model]:
    return [little_model("linear", as_of=day) for day in DAYS]


def register_all(home: Path) -> list[str]:
    """Register the models and name their versions."""
    for model in models():
        registry.register(home, model, {"auc": 0.7})
    return [model.version for model in models()]


def enrol(ledger: Ledger) -> None:
    """The people, a service, and 训练员 as the trainer of every model; the first is in use provisionally."""
    for name in PEOPLE:
        ledger.add_actor(name, "person", "system")
    ledger.add_actor("夜间服务", "service", "system")
    for number, model in enumerate(models()):
        record_training(ledger, model, "训练员", provisional=number == 0)


def gate(ledger: Ledger, version: str, answer: str = "pass", against: str | None = None, **changes: Any) -> None:
    write_gate_report(ledger, version, {"answer": answer, "champion": against, "checks": []} | changes, "训练员")


def promoted(ledger: Ledger, version: str, against: str | None = None) -> Promotion:
    gate(ledger, version, against=against)
    promote(ledger, version, "甲")
    return promote(ledger, version, "乙", note="材料齐全")
