"""Application service of leads: authorises within the token's jurisdiction, answers, and audits every act."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from features.clues.isolation import known_isolation
from features.facts.lookup import CutDay
from features.rules.case_numbers import normal_case_number
from models.feedback import lead_decisions as life
from models.feedback.lead_clusters import Cluster, find_cluster, list_clusters
from models.feedback.lead_decisions import STATES, Decision, LeadFilter, StoredLead
from models.ledger.actors import Bearer, ForbiddenError
from models.ledger.ledger import Ledger
from serving.http.errors import InvalidError
from serving.leads.store import LeadStore
from serving.leads.views import ClustersReply, ClusterView, LeadRowView, LeadsReply, LeadView, cluster_view, row_view

OPENED = "默认：最近一次筛出财产线索的截止日"
"""Why leads speak as of their day."""

PAGE_LIMIT = 200
"""Most leads in one answer of the interface."""


class LeadService:
    """What the interface and pages do with leads on behalf of the bearer of a token; each method names its errors."""

    def __init__(self, ledger: Ledger, store: LeadStore) -> None:
        self.ledger, self.store = ledger, store

    def list(self, bearer: Bearer, wanted: LeadFilter, limit: int | None = PAGE_LIMIT, offset: int = 0) -> LeadsReply:
        """A page of leads; without an office those of the whole jurisdiction.

        Raises:
            InvalidError: a filter or a page that cannot be. ForbiddenError: outside the token's jurisdiction.
        """
        wanted = self._within(bearer, wanted)
        if wanted.state and wanted.state not in STATES:
            raise InvalidError(f"参数 state 应为 {'、'.join(STATES)} 之一。")
        if offset < 0 or (limit is not None and not 1 <= limit <= PAGE_LIMIT):
            raise InvalidError(f"参数 limit 应为 1 至 {PAGE_LIMIT}，offset 不小于 0。")
        opening = self.store.current(bearer.actor)
        states = life.count_by_state(self.ledger, wanted)
        page = life.list_leads(self.ledger, wanted, limit, offset)
        failed = known_isolation(self.store.home, opening.as_of, opening.pool_state)
        payload = {"office": wanted.office, "offset": offset, "lead_ids": [lead.lead_id for lead in page]}
        self.ledger.record(bearer.actor, "lead.list", opening.opening_id, payload)
        return LeadsReply(
            opening.as_of,
            opening.pool_state,
            wanted.office,
            sum(states.values()),
            offset,
            states,
            tuple(map(row_view, page)),
            as_of_why=OPENED,
            unscored=failed.sentences(wanted.office) or msgspec.UNSET,
        )

    def show(self, bearer: Bearer, lead_id: str) -> LeadView:
        """One lead with its evidence; NotFoundError, ForbiddenError."""
        kept = self._readable_lead(bearer, lead_id)
        view = msgspec.structs.replace(self.store.view(kept, bearer.reaches), as_of_why=OPENED)
        self.ledger.record(bearer.actor, "lead.serve", lead_id, {"version": kept.version})
        return view

    def decide(self, bearer: Bearer, lead_id: str, decision: Decision) -> LeadRowView:
        """Mark or push a lead; see `models.feedback.lead_decisions.decide`."""
        self._readable_lead(bearer, lead_id)
        return row_view(life.decide(self.ledger, lead_id, decision, bearer.actor))

    def clusters(self, bearer: Bearer, office: str) -> ClustersReply:
        """类案 of an office."""
        office = self._within(bearer, LeadFilter(office=office)).office
        at = self.opened(bearer.actor)
        found = list_clusters(self.ledger, office)
        self.ledger.record(bearer.actor, "cluster.list", office or "-", {"clusters": [one.cluster_id for one in found]})
        return ClustersReply(office, tuple(map(cluster_view, found)), opened_as_of=at.day, as_of_why=at.why)

    def cluster_view(self, bearer: Bearer, cluster_id: str) -> ClusterView:
        """One 类案 as it is shown, with the day it speaks as of."""
        at = self.opened(bearer.actor)
        found = cluster_view(self.cluster(bearer, cluster_id))
        return msgspec.structs.replace(found, opened_as_of=at.day, as_of_why=at.why)

    def cluster(self, bearer: Bearer, cluster_id: str) -> Cluster:
        """One 类案 within the jurisdiction."""
        found = find_cluster(self.ledger, cluster_id, bearer.office)
        self.ledger.record(
            bearer.actor, "cluster.serve", cluster_id, {"lead_ids": [one.lead_id for one in found.leads]}
        )
        return found

    def opened(self, actor: str) -> CutDay:
        """The day as of which leads are shown: that of the last opening."""
        return CutDay(self.store.current(actor).as_of, OPENED)

    def record_export(self, bearer: Bearer, subject: str, leads: int) -> None:
        """Write the export of a workbook to the audit chain."""
        self.ledger.record(bearer.actor, "lead.export", subject, {"leads": leads})

    def _within(self, bearer: Bearer, wanted: LeadFilter) -> LeadFilter:
        office = wanted.office or bearer.office
        if not (office.isascii() and (office.isdigit() or not office) and len(office) <= 6):
            raise InvalidError("参数 office 应为 2 至 6 位行政区划代码。")
        if not bearer.reaches(office):
            raise ForbiddenError("该令牌无权查看这个院的财产线索。")
        return replace(wanted, office=office, case_no=normal_case_number(wanted.case_no))

    def _readable_lead(self, bearer: Bearer, lead_id: str) -> StoredLead:
        kept = life.read_lead(self.ledger, lead_id)
        if not bearer.reaches(kept.office):
            raise ForbiddenError("该令牌无权查看这个院的财产线索。")
        return kept
