"""类案: leads of several cases with one root cause on one kind of thing, for one recommendation to one court.

The court is only the addressee: clusters are listed by what was missing, never by court, and are not compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from features.errors import NotFoundError
from features.leads.settings import settings
from models.feedback.lead_decisions import INVALID, LeadFilter, StoredLead, list_leads
from models.ledger.ledger import Ledger
from models.ledger.records import content_id

LEAST_CASES = 2
"""Several leads of one case are no 类案."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Leads with one cause on one kind of thing.

    Attributes:
        cluster_id: `K` and sixteen digits of the digest of court, cause and class.
        cause, cause_label, unit: the root cause and the kind of unit whose step it was.
        asset_class, class_label: the kind of thing.
        court: whom a recommendation would be addressed to.
        cases: how many chains of cases.
        net_fen: known net values added up, 分.
        unknown: leads whose net value is not known.
        leads: the leads, largest net value first.
    """

    cluster_id: str
    cause: str
    cause_label: str
    unit: str
    asset_class: str
    class_label: str
    court: str
    cases: int
    net_fen: int
    unknown: int
    leads: tuple[StoredLead, ...]


def list_clusters(ledger: Ledger, office: str = "", least: int | None = None) -> list[Cluster]:
    """类案 of an office, those with most cases first.

    Args:
        ledger: the ledger.
        office: only offices starting so.
        least: leads from which there is one (default: as set in config/leads.toml).

    Returns:
        Clusters of leads that are not 无效 and that the latest opening still found.
    """
    least = settings().limits["cluster_least"] if least is None else least
    grouped: dict[tuple[str, str, str], list[StoredLead]] = defaultdict(list)
    for lead in list_leads(ledger, LeadFilter(office=office)):
        if lead.state != INVALID and not lead.gone:
            grouped[lead.court, lead.cause, lead.asset_class].append(lead)
    made = [_cluster(key, leads) for key, leads in grouped.items() if len(leads) >= least]
    several = [one for one in made if one.cases >= LEAST_CASES]
    return sorted(several, key=lambda one: (-one.cases, -one.net_fen, one.cause, one.asset_class, one.cluster_id))


def find_cluster(ledger: Ledger, cluster_id: str, office: str = "") -> Cluster:
    """One 类案 by id; NotFoundError when there is none (any more)."""
    for one in list_clusters(ledger, office):
        if one.cluster_id == cluster_id:
            return one
    raise NotFoundError("没有这个编号的类案：线索的状态或数据已变，请回到类案列表查看。")


def _cluster(key: tuple[str, str, str], leads: Iterable[StoredLead]) -> Cluster:
    court, cause, asset_class = key
    held = tuple(leads)
    known = [lead.net_fen for lead in held if lead.net_fen is not None]
    first = held[0]
    return Cluster(
        cluster_id=content_id("K", court, cause, asset_class),
        cause=cause,
        cause_label=first.cause_label,
        unit=first.unit,
        asset_class=asset_class,
        class_label=first.class_label,
        court=court,
        cases=len({lead.chain for lead in held}),
        net_fen=sum(known),
        unknown=len(held) - len(known),
        leads=held,
    )
