"""Application service of scores, explanations and queues: authorises, answers and audits requests.

One instance serves one process from several threads.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date
from threading import Lock

import msgspec
import pandas as pd

from features.cuts.stored import StoredCut
from features.errors import GoldenKeyError, NotFoundError
from features.facts.lookup import default_day
from features.rules.case_numbers import is_case_number, normal_case_number
from models.ledger.actors import Bearer, ForbiddenError
from models.ledger.ledger import Ledger
from models.ledger.records import Run
from models.ledger.vouched_cuts import cut_of_run
from models.reasons.case import build_context, explain_cases, procedure_findings
from models.registry import registry
from models.scoring.model import Model
from serving.http.errors import InvalidError
from serving.http.requests import ASKED
from serving.http.settings import Settings
from serving.queue.draw import check_office, draw_queue, queue_view
from serving.queue.explaining import case_view, finding_rows, row_of, score_view
from serving.queue.scoring import score_all
from serving.queue.views import CaseView, ModelView, QueueView, ScoresReply

OPEN_CUTS = 2
"""Stored cuts kept at hand."""


class ScoringService:
    """What the interface and pages show of scores and lists to the bearer of a token; each method names its errors."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self.settings, self.home, self.ledger = settings, settings.home, ledger
        self._lock, self._cuts_lock = Lock(), Lock()
        self._models: dict[str, Model] = {}
        self._cuts: OrderedDict[tuple[date, int, str], StoredCut] = OrderedDict()

    def scores(self, bearer: Bearer, case_nos: Sequence[str], as_of: date | None) -> ScoresReply:
        """Scores of cases, latest termination of each, in the order asked.

        Raises:
            InvalidError: none, too many, or something that is no case number.
            NotFoundError: a case is not among those scored. ForbiddenError: a case of another office.
            CaseFaultError: a case could not be computed.
        """
        limit = self.settings.batch_limit
        if not 1 <= len(case_nos) <= limit:
            raise InvalidError(f"字段 case_nos 应有 1 至 {limit} 项。")
        wanted = [self._number(text, place) for place, text in enumerate(case_nos, start=1)]
        run = self.run(as_of)
        page = self._found(bearer, run, wanted)
        views = tuple(score_view(row_of(page, number), run) for number in wanted)
        self.ledger.record(bearer.actor, "score.serve", run.run_id, {"score_ids": [view.score_id for view in views]})
        return ScoresReply(views, as_of_why=_why(as_of))

    def explanation(self, bearer: Bearer, case_no: str, as_of: date | None) -> CaseView:
        """One case explained; errors as for `scores`."""
        number = self._number(case_no, 0)
        run = self.run(as_of)
        score = row_of(self._found(bearer, run, [number]), number)
        cut, model = self._cut(run), self._model(run.model_version)
        episode = str(score["episode"])
        key = cut.key(episode)
        anchors = cut.anchors([episode]).get(episode, {})
        notes = cut.currency_notes([episode]).get(episode, ())
        context = build_context(score, key["debt_fen"], run.as_of, run.model_version, anchors, notes)
        contexts = {episode: context}
        reasons = explain_cases(model, self.ledger.values(run, [episode]), contexts, cut)[episode]
        findings = finding_rows(procedure_findings(cut, contexts), {})
        sources = cut.sources_of(episode)
        view = case_view(reasons, score_view(score, run), key, findings, sources, model.notes)
        view = msgspec.structs.replace(view, as_of_why=_why(as_of), currency_notes=notes)
        subject = view.score.score_id
        self.ledger.record(bearer.actor, "explanation.serve", subject, {"score_ids": [subject]})
        return view

    def queue(self, bearer: Bearer, office: str, as_of: date | None) -> QueueView:
        """The list of an office: the one made last on that day, else one drawn now by the settings.

        Raises:
            InvalidError: no division code. ForbiddenError: outside the token's jurisdiction.
            NotFoundError: no cases there; the sentence names the offices the token reaches.
        """
        try:
            check_office(office)
        except GoldenKeyError as error:
            raise InvalidError(f"参数 office 有误：{error}") from error
        if not bearer.reaches(office):
            raise ForbiddenError("该令牌无权查看这个院的线索队列。")
        run = self.run(as_of)
        known = self.offices(bearer, run)
        if not any(code.startswith(office) for code in known):
            raise NotFoundError(
                f"截至 {run.as_of} 没有该院代码管辖的终本案件，可查看的院代码为 {'、'.join(known) or '无'}。"
            )
        latest = self.ledger.latest_queue(office, run.as_of)
        with self._lock:
            if latest is not None and latest.run_id == run.run_id:
                view = queue_view(self.home, self.ledger, latest, bearer.actor)
            else:
                view = draw_queue(self.home, self.ledger, office, run.as_of, bearer.actor, self.settings)
        self.ledger.record(bearer.actor, "queue.serve", view.queue_id, {"run_id": run.run_id})
        return msgspec.structs.replace(view, as_of_why=_why(as_of))

    def offices(self, bearer: Bearer, run: Run) -> list[str]:
        """Offices with scored cases that a bearer may see."""
        codes = set(self._cut(run).keys["office"].dropna().astype(str)) - {""}
        return sorted(code for code in codes if bearer.reaches(code))

    def model(self) -> ModelView:
        """The model in use; NotFoundError when none has been trained."""
        version = registry.current_version(self.home, self.ledger.engine)
        model = self._model(version)
        entry = next((item for item in registry.registered_models(self.home) if item.version == version), None)
        return ModelView(
            version=version,
            as_of=model.as_of,
            catalogue_version=model.catalogue_version,
            pool_state=model.pool_state,
            columns=len(model.columns),
            labels={head: dict(counts) for head, counts in model.counts.items()},
            notes=model.notes,
            registered_at=entry.registered_at if entry else "",
            code=entry.code if entry else "",
            metrics=dict(entry.metrics) if entry else {},
        )

    def run(self, as_of: date | None = None) -> Run:
        """The scores of a day by the model in use: the night's batch, else scored now.

        Args:
            as_of: the day; by default the latest day scored, else that of the last delivery.
        """
        latest = self.ledger.latest_run(as_of)
        if latest is not None and latest.model_version == registry.current_version(self.home, self.ledger.engine):
            return latest
        day = as_of or (latest.as_of if latest is not None else default_day(self.home))
        with self._lock:
            return score_all(self.home, day, self.settings.actor, self.ledger, self.settings.threads)

    def _found(self, bearer: Bearer, run: Run, numbers: list[str]) -> pd.DataFrame:
        """Latest scored episode of each case, index case_no."""
        scores = self.ledger.scores(run.run_id, sorted(set(numbers)))
        latest = scores.sort_index().drop_duplicates("case_no", keep="last").set_index("case_no", drop=False)
        failed = self._cut(run).isolation
        for place, number in enumerate(numbers, start=1):
            which = f"第 {place} 个案号" if len(numbers) > 1 else "该案号"
            failed.check_case(number, bearer.reaches)
            if number not in latest.index:
                raise NotFoundError(
                    f"截至 {run.as_of} {which}不在评分范围内：请核对案号，"
                    "或确认该案已导入、已终本，且属民事、未恢复执行、未履行完毕。"
                )
            if not bearer.reaches(str(latest.at[number, "office"])):
                raise ForbiddenError(f"该令牌无权查看{which}所属院的案件。")
        return latest

    def _number(self, text: str, place: int) -> str:
        number = normal_case_number(text)
        if len(number) > 40 or not is_case_number(number):
            which = f"字段 case_nos 第 {place} 项" if place else "地址中的案号"
            raise InvalidError(f"{which}不是案号，应形如（2023）浙9901执1号。")
        return number

    def _model(self, version: str) -> Model:
        if version not in self._models:
            self._models[version] = registry.load(self.home, version, self.settings.threads)
        return self._models[version]

    def _cut(self, run: Run) -> StoredCut:
        """The cut that a run was scored from."""
        key = (run.as_of, run.pool_state, run.catalogue_version)
        with self._cuts_lock:
            found = self._cuts.get(key)
            if found is None:
                found = self._cuts[key] = cut_of_run(self.ledger, run, self.settings.actor)
            self._cuts.move_to_end(key)
            while len(self._cuts) > OPEN_CUTS:
                self._cuts.popitem(last=False)
        return found


def _why(as_of: date | None) -> str:
    """Why an answer speaks as of its day."""
    return ASKED if as_of is not None else "默认：最近一次评分的截止日"
