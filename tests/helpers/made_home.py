"""A home with two offices' terminated cases, filled by hand, and a model whose weights were written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from little_pool import deliver

from features.clues import catalogue
from features.cuts.matrices import build_matrix
from features.facts import query_cache
from models.registry import registry
from models.scoring.calibration import Calibration
from models.scoring.linear import LinearHead
from models.scoring.model import Model

CASES = 60
AS_OF = date(2024, 3, 31)
OFFICES = ("339901", "339902")


def case_no(number: int) -> str:
    return f"（2023）浙99{1 + number % 2:02d}执{number}号"


def rows(count: int = CASES) -> dict[str, list[dict[str, Any]]]:
    """Terminated cases in turn of the two offices; amounts, petitions and reviews differ from case to case."""
    tables: dict[str, list[dict[str, Any]]] = {"case": [], "party": [], "petition": [], "review": []}
    for n in range(1, count + 1):
        ended = date(2023, 6, 1) + timedelta(days=n)
        due = (5_000_000 if n % 5 == 0 else 20_000_000) + 1_000_000 * n
        tables["case"].append(
            {
                "case_no": case_no(n),
                "case_type": "first",
                "nature": "civil",
                "court_code": f"浙99{1 + n % 2:02d}",
                "court_division": OFFICES[n % 2],
                "cause": "民间借贷纠纷",
                "amt_due": due,
                "amt_paid": 0,
                "amt_unpaid": due,
                "filing_date": ended - timedelta(days=60 + 3 * n),
                "apply_date": ended - timedelta(days=70 + 3 * n),
                "close_mode": "terminated",
                "close_date": ended,
                "vulnerable_tags": "农民工" if n % 7 == 0 else None,
            }
        )
        debtor = f"9900011980{1 + n % 9:02d}01{n:03d}X"
        tables["party"] += [
            {
                "case_no": case_no(n),
                "party_no": 1,
                "role": "applicant",
                "kind": "person",
                "name": "申请人甲",
                "id_no": f"9900011970{1 + n % 9:02d}01{n:03d}X",
            },
            {
                "case_no": case_no(n),
                "party_no": 2,
                "role": "debtor",
                "kind": "person",
                "name": "张测试",
                "id_no": debtor,
                "sex": "M",
                "birth": date(1980, 1 + n % 9, 1),
            },
        ]
    return tables


def written_model() -> Model:
    """A linear model over the catalogue's columns: weights by their place, so that cases differ."""
    columns = catalogue.MODEL_FEATURES
    size = len(columns)
    step = 3.0 / max(size, 10)
    weight = tuple(step * ((place % 5) - 2) for place in range(size))
    zero, middle, spread = (0.0,) * size, (6.0,) * size, (6.0,) * size
    concealment = LinearHead(
        columns, -1.2, weight, tuple(step * (p % 3) / 6 for p in range(size)), middle, spread, zero
    )
    amount = LinearHead(columns, 16.0, tuple(step * ((p % 3) - 1) for p in range(size)), zero, middle, spread, zero)
    counts = {"concealment": {"labels": 300, "positives": 60}, "amount": {"labels": 60}}
    return Model(
        concealment,
        Calibration(0.9, -0.1, 100, 20),
        amount,
        catalogue.CLUE_OF,
        catalogue.VERSION,
        date(2023, 12, 31),
        1,
        "0" * 64,
        counts,
        ("本模型仅供测试。",),
    )


def install_model(home: Path, model: Model) -> str:
    """Put a model in use without MLflow: serving reads only the folder."""
    model.save(home / "models" / model.version)
    registry.set_current(home, model.version)
    return model.version


@dataclass(frozen=True)
class Home:
    path: Path
    version: str
    as_of: date = AS_OF


def build_home(path: Path) -> Home:
    """Deliver the rows into an empty folder, build the matrix of `AS_OF` and put the written model in use.

    The query texts known by then are kept with it, for the commands that tests run in processes of their own.
    """
    deliver(path, date(2024, 1, 15), {name: some for name, some in rows().items() if some})
    build_matrix(path, AS_OF)
    query_cache.store_cache(path, catalogue.VERSION)
    return Home(path, install_model(path, written_model()))
