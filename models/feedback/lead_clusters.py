"""类案: leads of several cases with one root cause on one kind of thing, for one recommendation to one court.

The court is only the addressee: clusters are listed by what was missing, never by court, and are not compared.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from features.errors import NotFoundError
from features.leads.settings import settings
from models.feedback.lead_decisions import INVALID, LeadFilter, StoredLead, list_leads
from models.ledger.ledger import Ledger
from models.ledger.records import content_id

LEAST_CASES = 2
"""Fewest cases of a cluster: several leads of one case are no 类案."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Leads with one cause on one kind of thing.

    Attributes:
        cause: code of the root cause.
        asset_class: code of the kind of thing.
        court: whom a recommendation would be addressed to.
        leads: the leads, at least one, largest net value first.
    """

    cause: str
    asset_class: str
    court: str
    leads: tuple[StoredLead, ...]

    @property
    def cluster_id(self) -> str:
        """`K` and sixteen digits of the digest of court, cause and class."""
        return content_id("K", self.court, self.cause, self.asset_class)

    @property
    def cause_label(self) -> str:
        """The root cause in 中文."""
        return self.leads[0].cause_label

    @property
    def unit(self) -> str:
        """Kind of unit whose step was missing."""
        return self.leads[0].unit

    @property
    def class_label(self) -> str:
        """The kind of thing in 中文."""
        return self.leads[0].class_label

    @property
    def cases(self) -> int:
        """Number of chains of cases."""
        return len({lead.chain for lead in self.leads})

    @property
    def net_fen(self) -> int:
        """Known net values added up, 分."""
        return sum(lead.net_fen for lead in self.leads if lead.net_fen is not None)

    @property
    def unknown(self) -> int:
        """Number of leads whose net value is not known."""
        return sum(lead.net_fen is None for lead in self.leads)


def list_clusters(ledger: Ledger, office: str = "", least: int | None = None) -> list[Cluster]:
    """类案 of an office, those with most cases first.

    Args:
        ledger: the ledger.
        office: only offices whose code begins with this.
        least: fewest leads of a cluster (default: config/leads.toml).

    Returns:
        Clusters of leads that are not 无效 and that the latest opening still found.
    """
    least = settings().limits["cluster_least"] if least is None else least
    grouped: dict[tuple[str, str, str], list[StoredLead]] = defaultdict(list)
    for lead in list_leads(ledger, LeadFilter(office=office)):
        if lead.state != INVALID and not lead.gone:
            grouped[lead.court, lead.cause, lead.asset_class].append(lead)
    large = [
        Cluster(cause, asset_class, court, tuple(leads))
        for (court, cause, asset_class), leads in grouped.items()
        if len(leads) >= least
    ]
    several = [one for one in large if one.cases >= LEAST_CASES]
    return sorted(several, key=lambda one: (-one.cases, -one.net_fen, one.cause, one.asset_class, one.cluster_id))


def find_cluster(ledger: Ledger, cluster_id: str, office: str = "") -> Cluster:
    """One 类案 by id; NotFoundError when there is none (any more)."""
    for one in list_clusters(ledger, office):
        if one.cluster_id == cluster_id:
            return one
    raise NotFoundError("没有这个编号的类案：线索的状态或数据已变，请回到类案列表查看。")
