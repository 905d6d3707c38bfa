"""Application service of review outcomes: authorises within the token's jurisdiction, records, answers and audits."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from features.errors import GoldenKeyError
from features.facts.lookup import TODAY, CutDay
from features.intake.reviews.accept import join_with_pool
from features.intake.reviews.checks import IncomingReviews, find_warnings, reused_numbers, unchanged_rows
from features.pool.manifests import Delivery, SourceFile
from features.pool.pool import Pool
from features.pool.reviews import REVIEW, reviews, typed_reviews
from features.pool.waiting import writing_batch
from features.rules.case_numbers import is_case_number, normal_case_number
from models.feedback.funnel import FIGURES, build_funnel, figures_by_quarter, sum_quarters
from models.ledger.actors import Bearer, ForbiddenError
from models.ledger.ledger import Ledger
from serving.http.errors import InvalidError
from serving.http.requests import ASKED
from serving.outcomes.intake import LEGAL_BASIS, PURPOSE, SCOPE, arrow_rows
from serving.outcomes.views import FunnelReply, OutcomeReply, OutcomeRequest, OutcomesReply, OutcomeView
from serving.outcomes.workbook import funnel_workbook

PAGE_LIMIT = 200
"""Most reviews in one answer."""

TEXT_LIMIT = 200
"""Most characters of a text field."""

SOURCE = "接口"
"""File name in the origin of rows that came through the interface."""

_NUMBER = re.compile(r"[\w.\-()（）〔〕\[\]号]{1,64}")
_OFFICE = re.compile("[0-9]{2,6}")


class ReusedError(GoldenKeyError):
    """The number of a review is already used for another case (409)."""

    http_status = 409
    code = "reused"


class OutcomeService:
    """What the interface and pages do with outcomes on behalf of the bearer of a token; each method names its
    errors."""

    def __init__(self, home: Path, ledger: Ledger) -> None:
        self.home, self.ledger = home, ledger

    def put(self, bearer: Bearer, review_id: str, asked: OutcomeRequest) -> OutcomeReply:
        """Record one version of a review, known from today; the same content again writes nothing but the act.

        Raises:
            InvalidError: a field of the wrong form, or dates in an impossible order; the sentence names the field.
            ForbiddenError: the office, the case or the review lies outside the token's jurisdiction.
            ReusedError: the number stands for another case. BusyError: another delivery is being written.
        """
        rows = _rows(review_id, asked)
        if not bearer.reaches(asked.office):
            raise ForbiddenError("该令牌无权登记这个院的监督结果。")
        pool, today = Pool(self.home), date.today()
        content = msgspec.json.encode([review_id, asked])
        digest = hashlib.sha256(content).hexdigest()
        with writing_batch(pool, self._delivery(bearer, asked.office, digest, today)) as batch:
            incoming = join_with_pool(pool, rows, today)
            _check_reach(bearer, incoming)
            if bool(reused_numbers(incoming).iloc[0]):
                raise ReusedError("该审查编号已用于另一案件，请换用新的编号；确系更正案号的，由数据管理人员导入更正。")
            known = pd.notna(incoming.rows["in_force_case_no"].iloc[0])
            alike = bool(unchanged_rows(incoming, REVIEW.names).iloc[0])
            if not alike:
                batch.write(REVIEW.name, arrow_rows(incoming.rows))
                batch.add_file(SourceFile(f"{SOURCE}/{review_id}", digest, REVIEW.name, 1, 0))
                batch.commit()
        result = "unchanged" if alike else "changed" if known else "new"
        number = int(incoming.rows["in_force_batch"].iloc[0]) if alike else batch.seq
        self.ledger.record(
            bearer.actor, "outcome.put", review_id, {"result": result, "batch": number, "sha256": digest}
        )
        kept = (
            incoming.in_force[incoming.in_force["review_id"] == review_id] if alike else _stamped(rows, today, number)
        )
        return OutcomeReply(result, _view(kept.iloc[0]), tuple(doubt.sentence for doubt in find_warnings(incoming)))

    def list(self, bearer: Bearer, office: str, as_of: date | None, limit: int, offset: int) -> OutcomesReply:
        """A page of the reviews of an office as known on a day, latest selection first.

        Raises:
            InvalidError: no division code, or a page that cannot be. ForbiddenError: outside the jurisdiction.
        """
        office = office or bearer.office
        if office and not _OFFICE.fullmatch(office):
            raise InvalidError("参数 office 应为 2 至 6 位行政区划代码。")
        if not bearer.reaches(office):
            raise ForbiddenError("该令牌无权查看这个院的监督结果。")
        if offset < 0 or not 1 <= limit <= PAGE_LIMIT:
            raise InvalidError(f"参数 limit 应为 1 至 {PAGE_LIMIT}，offset 不小于 0。")
        day = as_of or date.today()
        with Pool(self.home).as_of(day) as cut:
            review_rows = reviews(cut)
        mine = review_rows[review_rows["office"].fillna("").astype(str).str.startswith(office)]
        mine = mine.sort_values(["selected_on", "review_id"], ascending=[False, True]).reset_index(drop=True)
        page = mine.iloc[offset : offset + limit]
        views = tuple(_view(row) for _, row in page.iterrows())
        payload = {"office": office, "as_of": day.isoformat(), "offset": offset, "rows": len(views)}
        self.ledger.record(bearer.actor, "outcome.list", office or "-", payload)
        return OutcomesReply(day, office, len(mine), offset, views, as_of_why=ASKED if as_of else TODAY)

    def report(self, bearer: Bearer, as_of: date | None) -> FunnelReply:
        """Figures by quarter: of the token's own office, or of all offices pooled; never of another office."""
        day, table = self._funnel(bearer, as_of, "outcome.report")
        figures = (dict(FIGURES), figures_by_quarter(table), sum_quarters(table))
        return FunnelReply(day, bearer.office, *figures, as_of_why=ASKED if as_of else TODAY)

    def workbook(self, bearer: Bearer, as_of: date | None) -> bytes:
        """The same figures as a workbook."""
        day, table = self._funnel(bearer, as_of, "outcome.export")
        scope = f"院 {bearer.office}" if bearer.office else "全部院合计"
        return funnel_workbook(table, scope, str(CutDay(day, ASKED if as_of else TODAY)))

    def _funnel(self, bearer: Bearer, as_of: date | None, act: str) -> tuple[date, pd.DataFrame]:
        day = as_of or date.today()
        with Pool(self.home).as_of(day) as cut:
            table = build_funnel(cut, self.ledger, bearer.office)
        self.ledger.record(bearer.actor, act, bearer.office or "-", {"as_of": day.isoformat()})
        return day, table

    def _delivery(self, bearer: Bearer, office: str, digest: str, today: date) -> Delivery:
        return Delivery(
            delivery_no=f"监督结果-接口-{digest[:12]}",
            provider=f"检察院 {office}",
            received_on=today,
            legal_basis=LEGAL_BASIS,
            purpose=PURPOSE,
            scope=SCOPE,
            approved_by=bearer.actor,
        )


def _rows(review_id: str, asked: OutcomeRequest) -> pd.DataFrame:
    """The request as one typed row.

    Raises:
        InvalidError: what the contract refuses; the sentence names the field and never its value.
    """
    if not _NUMBER.fullmatch(review_id):
        raise InvalidError("地址中的审查编号应为 1 至 64 个汉字、字母、数字或 . - _ ( )。")
    fields: dict[str, Any] = msgspec.structs.asdict(asked)
    fields["case_no"] = normal_case_number(asked.case_no)
    if not is_case_number(fields["case_no"]):
        raise InvalidError("字段 case_no 不是案号，应形如（2023）浙9901执1号。")
    if not _OFFICE.fullmatch(asked.office):
        raise InvalidError("字段 office 应为 2 至 6 位行政区划代码。")
    for name in ("found_value", "recovered_amount"):
        fields[name] = fields.pop(f"{name}_fen")
        if fields[name] is not None and not 0 <= fields[name] < 10**15:
            raise InvalidError(f"字段 {name}_fen 应为不小于 0 的金额（分）。")
    fields["irregularity"] = ";".join(sorted({part.strip() for part in asked.irregularity} - {""})) or None
    for name, value in fields.items():
        if isinstance(value, str):
            if len(value) > TEXT_LIMIT:
                raise InvalidError(f"字段 {name} 最多 {TEXT_LIMIT} 个字符。")
            fields[name] = value.strip() or None
    for check in REVIEW.checks:
        early, late = fields[check.early], fields[check.late]
        if early is not None and late is not None and early > late:
            raise InvalidError(f"字段 {check.early} 不应晚于 {check.late}。")
    row = {"review_id": review_id, **fields, "src_file": SOURCE, "src_sheet": "", "src_row": None}
    return typed_reviews(pd.DataFrame([row], dtype=object))


def _check_reach(bearer: Bearer, incoming: IncomingReviews) -> None:
    """ForbiddenError where the case or the review in force belongs to an office the token does not reach."""
    row = incoming.rows.iloc[0]
    for name in ("division", "in_force_office"):
        code = row[name]
        if isinstance(code, str) and code and not bearer.reaches(code):
            raise ForbiddenError("该令牌无权登记这一案件或这一审查编号的监督结果。")


def _stamped(rows: pd.DataFrame, day: date, batch: int) -> pd.DataFrame:
    return rows.assign(known_at=pd.Timestamp(day), batch=batch)


def _view(row: pd.Series) -> OutcomeView:
    fields: dict[str, Any] = {}
    for name in OutcomeView.__struct_fields__:
        value = row[name.removesuffix("_fen")]
        if name == "irregularity":
            fields[name] = tuple(value.split(";")) if isinstance(value, str) else ()
        elif pd.isna(value):
            fields[name] = None
        elif isinstance(value, pd.Timestamp):
            fields[name] = value.date()
        elif name == "unaided":
            fields[name] = bool(value)
        else:
            fields[name] = value if isinstance(value, str) else int(value)
    return OutcomeView(**fields)
