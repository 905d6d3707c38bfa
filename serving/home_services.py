"""The application services of one process over one home, opened together and closed together."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from models.ledger.ledger import Ledger
from serving.http.settings import Settings
from serving.leads.service import LeadService
from serving.leads.store import LeadStore
from serving.outcomes.service import OutcomeService
from serving.queue.service import ScoringService


class Services:
    """Every service; each may be used by several threads."""

    def __init__(self, settings: Settings) -> None:
        self.ledger = Ledger(settings.home)
        self.scoring = ScoringService(settings, self.ledger)
        self.leads = LeadService(self.ledger, LeadStore(settings.home, self.ledger))
        self.outcomes = OutcomeService(settings.home, self.ledger)

    def close(self) -> None:
        """Close the cuts and the ledger."""
        self.scoring.close()
        self.leads.store.close()
        self.ledger.close()


def open_when_needed(settings: Settings) -> Callable[[], Services]:
    """A callable returning the services, which opens them at its first call and never twice."""
    lock = Lock()
    opened: list[Services] = []

    def services() -> Services:
        with lock:
            if not opened:
                opened.append(Services(settings))
            return opened[0]

    return services
