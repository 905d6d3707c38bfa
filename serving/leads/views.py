"""What is shown of leads, as structures: the same ones become JSON, tables, workbooks and pages. Masked, 分."""

from __future__ import annotations

from datetime import date

import msgspec

from models.feedback.lead_clusters import Cluster
from models.feedback.lead_decisions import StoredLead
from models.reasons.format import DISCLAIMER
from serving.queue.views import EvidenceView


class LeadRowView(msgspec.Struct, frozen=True):
    """A lead in a list; `version` goes with every decision on it."""

    lead_id: str
    state: str
    version: int
    case_no: str
    court: str
    office: str
    zb_date: date
    asset_class: str
    class_label: str
    asset: str
    holder_tie: str
    value_fen: int | None
    net_fen: int | None
    net_note: str
    cause: str
    cause_label: str
    unit: str
    routes: tuple[str, ...]
    clues: tuple[str, ...]
    reason_code: str
    reason: str
    department: str
    actor: str
    marked: str
    fresh: bool
    gone: bool
    first_as_of: date
    last_as_of: date


class LeadsReply(msgspec.Struct, frozen=True):
    """A page of leads, with how many there are in each state."""

    as_of: date
    pool_state: int
    office: str
    total: int
    offset: int
    states: dict[str, int]
    leads: tuple[LeadRowView, ...]
    disclaimer: str = DISCLAIMER
    as_of_why: str = ""
    unscored: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class DeductionView(msgspec.Struct, frozen=True):
    """A deduction from the value; its amount is None where it is not known."""

    label: str
    amount_fen: int | None
    law: str
    note: str


class CauseView(msgspec.Struct, frozen=True):
    """Why the asset was missed, and which unit had to act."""

    code: str
    label: str
    group: str
    unit: str
    note: str


class RouteView(msgspec.Struct, frozen=True):
    """Where a lead may go."""

    label: str
    matter: str
    why: str
    law: str


class GroundView(msgspec.Struct, frozen=True):
    """A question on starting ex officio."""

    label: str
    question: str
    law: str


class ClueRowsView(msgspec.Struct, frozen=True):
    """One clue of a lead: its sentence, and its rows down to file, sheet and row."""

    clue: str
    label: str
    text: str
    rows: tuple[EvidenceView, ...]
    total: int
    innocent: tuple[str, ...]
    law: str


class ActView(msgspec.Struct, frozen=True):
    """One decision as the chain has it."""

    seq: int
    at: str
    actor: str
    before: str
    after: str
    reason_code: str
    department: str


class LeadView(msgspec.Struct, frozen=True):
    """One lead with its evidence; what is read from the pool is empty where the latest opening no longer found it."""

    lead: LeadRowView
    holder: str
    value_note: str
    deductions: tuple[DeductionView, ...]
    causes: tuple[CauseView, ...]
    routes: tuple[RouteView, ...]
    grounds: tuple[GroundView, ...]
    clues: tuple[ClueRowsView, ...]
    steps: tuple[str, ...]
    documents: tuple[tuple[str, str], ...]
    also_in: tuple[str, ...]
    history: tuple[ActView, ...]
    moves: tuple[str, ...]
    disclaimer: str = DISCLAIMER
    opened_as_of: date | None = None
    as_of_why: str = ""
    currency_notes: tuple[str, ...] = ()


class ClusterView(msgspec.Struct, frozen=True):
    """One 类案; the court is the addressee of a recommendation and nothing else."""

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
    leads: tuple[LeadRowView, ...]
    opened_as_of: date | None = None
    as_of_why: str = ""


class ClustersReply(msgspec.Struct, frozen=True):
    """类案 of an office."""

    office: str
    clusters: tuple[ClusterView, ...]
    disclaimer: str = DISCLAIMER
    opened_as_of: date | None = None
    as_of_why: str = ""


class DecisionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision on a lead: new state and version it was taken on; see `models.feedback.lead_decisions.Decision`."""

    state: str
    version: int
    reason_code: str = ""
    reason: str = ""
    department: str = ""


def row_view(kept: StoredLead) -> LeadRowView:
    """A lead of the ledger as it is listed."""
    return LeadRowView(**{name: getattr(kept, name) for name in LeadRowView.__struct_fields__})


def cluster_view(cluster: Cluster) -> ClusterView:
    """A 类案 as it is listed."""
    plain = {name: getattr(cluster, name) for name in ClusterView.__struct_fields__ if hasattr(cluster, name)}
    plain.pop("leads")
    return ClusterView(**plain, leads=tuple(row_view(lead) for lead in cluster.leads))
