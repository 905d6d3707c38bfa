"""Promotion and rollback: two named people put a challenger in use, one takes it back; refusals are audited too.

Approval is of the gate report whose digest retraining wrote into the audit chain, so a report or model folder changed
since is noticed. Trainers may not approve their own model. Whoever was given an access token must present it; otherwise
the typed name counts, and a promotion whose approvers only differ by typed names carries a warning in the chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from features.errors import GoldenKeyError
from models.database.engine import reading, writing
from models.database.tables import ACTORS
from models.ledger.chain import SYSTEM, append_act, utc_now
from models.ledger.ledger import Ledger
from models.registry import aliases, champion, registry, reports
from models.registry.approver_identity import (
    UNKNOWN_IDENTITY,
    ApproverIdentity,
    identity_warning,
    os_user,
    recorded_accounts,
    recorded_identities,
    verify_identity,
)
from models.registry.champion import APPROVE_ACT, FAIL, GATE_ACT, NOT_ENOUGH_EVIDENCE, PASS, TRAIN_ACT, Approval, Tenure
from models.scoring.model import Model

ANSWERS: Mapping[str, str] = {PASS: "通过", FAIL: "不通过", NOT_ENOUGH_EVIDENCE: "证据不足"}
"""The gate's answers in 中文."""


class PromotionError(GoldenKeyError):
    """A promotion or rollback that is refused (409)."""

    http_status = 409


@dataclass(frozen=True, slots=True)
class Promotion:
    """Result of an approval.

    Attributes:
        approval: the approval. tenure: the new champion where this was the second approval, else None.
        warning: 中文 sentence where only typed names distinguish the two approvers, else "".
    """

    approval: Approval
    tenure: Tenure | None
    warning: str = ""


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """Which model is in use, and how it came to be.

    Attributes:
        version: the model in use, None where there is none.
        tenure: its row, None where it is in use provisionally.
        note: a 中文 sentence.
        restored: sentences about aliases that pointed elsewhere and were put back.
    """

    version: str | None
    tenure: Tenure | None
    note: str
    restored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _GateEvidence:
    """What is to be approved: version, gate answer and digest, files' digest, digest of every report."""

    version: str
    answer: str
    gate_sha256: str
    files_sha256: str
    report_digests: Mapping[str, str]


def record_training(ledger: Ledger, model: Model, by: str, provisional: bool) -> bool:
    """Record who trained a registered model; put it in use provisionally while no model was ever promoted.

    Args:
        ledger: the ledger.
        model: the model.
        by: who trained it; they may not approve it.
        provisional: whether it may be used before anybody is promoted.

    Returns:
        Whether it is now in use provisionally.
    """
    home = ledger.home
    with writing(ledger.engine) as connection:
        use = provisional and champion.current_tenure(connection) is None
        again = by in champion.trainers(connection, model.version)
        if not again or (use and registry.read_current_file(home) != model.version):
            payload = {
                "as_of": model.as_of.isoformat() if model.as_of else None,
                "pool_state": model.pool_state,
                "fingerprint": model.fingerprint,
                "provisional": use,
                "os_user": os_user(),
            }
            append_act(connection, by, TRAIN_ACT, model.version, payload)
    if use:
        registry.set_current(home, model.version)
    return use


def write_gate_report(ledger: Ledger, version: str, body: Mapping[str, Any], by: str) -> str:
    """Write a model's gate report, record its digest in the audit chain and return it.

    Args:
        ledger: the ledger.
        version: the model.
        body: the report; `answer` (pass, fail, not enough evidence) and `champion` (version compared with, or None).
        by: who retrained.
    """
    digest = reports.write_report(ledger.home, version, "gate", body)
    payload = {"answer": str(body["answer"]), "gate_sha256": digest, "champion": body.get("champion")}
    with reading(ledger.engine) as connection:
        if champion.last_gate(connection, version) == payload:
            return digest
    ledger.record(by, GATE_ACT, version, payload)
    return digest


def promote(
    ledger: Ledger, version: str, by: str, note: str = "", despite_evidence: str = "", token: str = ""
) -> Promotion:
    """Approve a challenger: the first person's approval waits, the second person's makes it the champion.

    Args:
        ledger: the ledger.
        version: a registered model with a gate report.
        by: who approves: an active person who did not train it.
        note: a remark of the approver.
        despite_evidence: why, where the gate answered "not enough evidence"; both approvers write one.
        token: a token of the approver; one who was ever given a token must present one.

    Raises:
        PromotionError: refused; nothing changes but the row of the chain that says so.
        AccessError: the same, because no valid token of the approver was presented.
    """
    reconcile(ledger)
    try:
        case = _gate_evidence(ledger, version)
        _void_stale_approvals(ledger, case)
        with writing(ledger.engine) as connection:
            promotion = _approve(connection, case, by, note, despite_evidence.strip(), token)
    except GoldenKeyError as error:
        _record_refusal(ledger, "promote.refused", version, by, str(error))
        raise
    if promotion.tenure is not None:
        aliases.set_aliases(ledger.home, version)
    return promotion


def rollback(ledger: Ledger, by: str, reason: str, token: str = "") -> Tenure:
    """Put the model that the champion replaced back in use: one named person decides, with a reason.

    A second rollback goes one model further back; it never returns to the model that was rolled back.

    Raises:
        PromotionError: refused; nothing changes but the row of the chain that says so.
        AccessError: the same, because no valid token of that person was presented; see `promote`.
    """
    before = reconcile(ledger).tenure
    version = ""
    try:
        with writing(ledger.engine) as connection:
            _check_not_changed_since(connection, before)
            _check_person(connection, by)
            identity = verify_identity(connection, by, token)
            if not reason.strip():
                raise PromotionError("回退须写明原因（--reason），操作未进行。")
            target = _rollback_target(connection)
            version = target.version
            registry.load(ledger.home, version)
            tenure = _roll_back_to(connection, ledger.home, target, identity, by, reason.strip())
    except GoldenKeyError as error:
        _record_refusal(ledger, "rollback.refused", version, by, str(error))
        raise
    aliases.set_aliases(ledger.home, tenure.version)
    return tenure


def reconcile(ledger: Ledger) -> ModelInUse:
    """Compare the aliases with the champion's row; reset those that differ, with a row of the audit chain."""
    with reading(ledger.engine) as connection:
        tenure = champion.current_tenure(connection)
    pointers = aliases.read_aliases(ledger.home)
    if tenure is None:
        return _provisional(ledger, pointers)
    restored = []
    number = aliases.mlflow_number(ledger.home, tenure.version)
    if pointers.registered and pointers.alias != number:
        restored.append(
            _restored_message("MLflow 别名 champion", _version_of_number(ledger.home, pointers.alias), tenure.version)
        )
    if pointers.current != tenure.version:
        restored.append(_restored_message("文件 models/CURRENT", pointers.current, tenure.version))
    if restored:
        aliases.set_aliases(ledger.home, tenure.version)
        payload = {"alias": pointers.alias, "current": pointers.current, "mlflow_version": number}
        ledger.record(SYSTEM, "champion.alias_restored", tenure.version, payload)
    return ModelInUse(tenure.version, tenure, "", tuple(restored))


def files_digest(home: Path, version: str) -> str:
    """SHA-256 of the model's list of files and digests (SHA256SUMS)."""
    return hashlib.sha256((registry.folder_of(home, version) / "SHA256SUMS").read_bytes()).hexdigest()


def _provisional(ledger: Ledger, found: aliases.ChampionAliases) -> ModelInUse:
    restored: tuple[str, ...] = ()
    if found.alias is not None:
        aliases.delete_alias(ledger.home)
        restored = (_restored_message("MLflow 别名 champion", _version_of_number(ledger.home, found.alias), None),)
        ledger.record(SYSTEM, "champion.alias_restored", "", {"alias": found.alias, "mlflow_version": None})
    if found.current is None:
        return ModelInUse(None, None, "还没有在用模型：既无经批准的模型，也没有训练过模型。", restored)
    note = f"还没有经两人批准的在用模型，暂用最近训练的模型 {found.current}；它未经准入检验和批准。"
    return ModelInUse(found.current, None, note, restored)


def _gate_evidence(ledger: Ledger, version: str) -> _GateEvidence:
    """The gate evidence of a version, or PromotionError."""
    home = ledger.home
    if aliases.mlflow_number(home, version) is None:
        raise PromotionError(f"没有登记过版本为 {version} 的模型，不能批准。")
    registry.load(home, version)
    digests = reports.report_digests(home, version)
    with reading(ledger.engine) as connection:
        gate = champion.last_gate(connection, version)
    if gate is None or "gate" not in digests:
        raise PromotionError(f"模型 {version} 没有准入检验材料，不能批准；请先运行 ./goldenkey retrain。")
    if digests["gate"] != gate["gate_sha256"]:
        raise PromotionError(f"模型 {version} 的准入检验材料在检验后被改动，不能批准；请重新运行 retrain。")
    if gate["answer"] == FAIL:
        raise PromotionError(f"模型 {version} 未通过准入检验，不能批准。")
    return _GateEvidence(version, gate["answer"], digests["gate"], files_digest(home, version), digests)


def _void_stale_approvals(ledger: Ledger, case: _GateEvidence) -> None:
    """Void first approvals whose evidence has changed since, and refuse."""
    with writing(ledger.engine) as connection:
        waiting = champion.open_approvals(connection, case.version)
        evidence = (case.gate_sha256, case.files_sha256)
        stale = [one for one in waiting if (one.gate_sha256, one.files_sha256) != evidence]
        champion.void_approvals(connection, stale, SYSTEM, "evidence changed")
    if stale:
        names = "、".join(one.actor for one in stale)
        raise PromotionError(f"模型 {case.version} 的准入检验在{names}批准之后已经改变，该批准作废，请两人重新批准。")


def _check_champion_unchanged(connection: Connection, case: _GateEvidence) -> None:
    """Refuse where the model in use is not the one the gate compared with, or the gate was passed anew meanwhile."""
    gate = champion.last_gate(connection, case.version)
    if gate is None or gate["gate_sha256"] != case.gate_sha256:
        raise PromotionError(f"模型 {case.version} 的准入检验刚刚重新做过，请看过新的材料后再批准。")
    tenure = champion.current_tenure(connection)
    if tenure is not None and tenure.version == case.version:
        raise PromotionError(f"模型 {case.version} 已经是在用模型。")
    if tenure is not None and gate["champion"] != tenure.version:
        raise PromotionError(
            f"模型 {case.version} 的准入检验是与 {gate['champion'] or '无'} 相比，而在用模型已是 {tenure.version}；"
            "请重新运行 retrain 后再批准。"
        )


def _approve(connection: Connection, case: _GateEvidence, by: str, note: str, reason: str, token: str) -> Promotion:
    _check_champion_unchanged(connection, case)
    _check_person(connection, by)
    identity = verify_identity(connection, by, token)
    trainers = champion.trainers(connection, case.version)
    if not trainers:
        raise PromotionError(f"审计链中没有模型 {case.version} 的训练记录，无法排除由训练者批准，不能批准。")
    if by in trainers:
        raise PromotionError(f"模型 {case.version} 由{by}训练，训练者不能批准自己训练的模型。")
    if case.answer == NOT_ENOUGH_EVIDENCE and not reason:
        raise PromotionError(
            f"模型 {case.version} 的准入检验结论为“证据不足”，两位批准人须各用 --despite-evidence 写明仍予启用的理由。"
        )
    waiting = _valid_approvals(connection, champion.open_approvals(connection, case.version), trainers)
    if any(one.actor == by for one in waiting):
        raise PromotionError(f"{by}已批准过模型 {case.version}；启用须由另一人再次批准。")
    unnumbered = Approval(
        0, case.version, by, "", case.answer, case.gate_sha256, case.files_sha256, reason, note, "open"
    )
    approval = champion.write_approval(connection, unnumbered, identity)
    if not waiting:
        return Promotion(approval, None)
    first = recorded_identities(connection, APPROVE_ACT, case.version).get(waiting[0].number, UNKNOWN_IDENTITY)
    warning = identity_warning(
        {waiting[0].actor: first, by: identity}, trainers, recorded_accounts(connection, TRAIN_ACT, case.version)
    )
    promoted = _promoted_tenure(connection, case, "、".join(trainers), waiting[0], approval)
    tenure = champion.start_tenure(connection, promoted, by, (waiting[0], approval), identity, warning)
    return Promotion(approval, tenure, warning)


def _valid_approvals(connection: Connection, waiting: Sequence[Approval], trainers: Sequence[str]) -> list[Approval]:
    """Approvals whose actors may still approve; those of people since disabled, or who trained it since, are voided."""
    found = select(ACTORS.c.name).where(ACTORS.c.active, ACTORS.c.kind == "person")
    active = set(connection.execute(found).scalars()) - set(trainers)
    champion.void_approvals(
        connection, [one for one in waiting if one.actor not in active], SYSTEM, "approver no longer valid"
    )
    return [one for one in waiting if one.actor in active]


def _promoted_tenure(
    connection: Connection, case: _GateEvidence, trainer: str, first: Approval, second: Approval
) -> Tenure:
    before = champion.current_tenure(connection)
    words = [f"{one.actor}：{text}" for one in (first, second) for text in (one.reason, one.note) if text]
    return Tenure(
        number=0,
        version=case.version,
        why="promotion",
        since=second.at,
        until=None,
        trained_by=trainer,
        first_by=first.actor,
        first_at=first.at,
        second_by=second.actor,
        second_at=second.at,
        gate_answer=case.answer,
        gate_sha256=case.gate_sha256,
        report_digests=case.report_digests,
        files_sha256=case.files_sha256,
        replaced=before.version if before else "",
        reason="；".join(words),
    )


def _rollback_target(connection: Connection) -> Tenure:
    """The tenure that ended when the present champion was promoted."""
    tenures = champion.tenures(connection)
    if not tenures:
        raise PromotionError("还没有经批准的在用模型，没有可以回退的模型。")
    now_in_use = tenures[-1].version
    started = max(one.number for one in tenures if one.version == now_in_use and one.why == "promotion")
    earlier = [one for one in tenures if one.number < started]
    if not earlier:
        raise PromotionError(f"在用模型 {now_in_use} 之前没有经批准的模型，无法回退。")
    return earlier[-1]


def _check_not_changed_since(connection: Connection, seen: Tenure | None) -> None:
    """Refuse if the champion changed since it was read: two concurrent rollbacks would go back two models."""
    tenure = champion.current_tenure(connection)
    if tenure is not None and (seen is None or tenure.number != seen.number):
        by = tenure.second_by or tenure.first_by
        raise PromotionError(f"在用模型刚刚由{by}改为 {tenure.version}，回退未进行；请核对后再试。")


def _roll_back_to(
    connection: Connection, home: Path, target: Tenure, identity: ApproverIdentity, by: str, reason: str
) -> Tenure:
    at = utc_now()
    before = champion.current_tenure(connection)
    tenure = Tenure(
        number=0,
        version=target.version,
        why="rollback",
        since=at,
        until=None,
        trained_by=target.trained_by,
        first_by=by,
        first_at=at,
        second_by=None,
        second_at=None,
        gate_answer=target.gate_answer,
        gate_sha256=target.gate_sha256,
        report_digests=reports.report_digests(home, target.version),
        files_sha256=files_digest(home, target.version),
        replaced=before.version if before else "",
        reason=reason,
    )
    if tenure.files_sha256 != target.files_sha256:
        raise PromotionError(f"模型 {target.version} 的文件与当初启用时不同，不能回退到它。")
    return champion.start_tenure(connection, tenure, by, identity=identity)


def _check_person(connection: Connection, name: str) -> None:
    row = connection.execute(select(ACTORS.c.kind, ACTORS.c.active).where(ACTORS.c.name == name)).one_or_none()
    if row is None:
        raise PromotionError(f"名册中没有操作人“{name}”，操作未进行；请先用 ./goldenkey actor add {name} 登记。")
    if not row.active:
        raise PromotionError(f"操作人“{name}”已停用，操作未进行。")
    if row.kind != "person":
        raise PromotionError(f"“{name}”不是自然人（类别 {row.kind}）；启用和回退模型须由具名的人员决定。")


def _record_refusal(ledger: Ledger, act: str, version: str, by: str, sentence: str) -> None:
    """The chain accepts registered actors only: a refusal is recorded as the program's act and names who asked."""
    ledger.record(SYSTEM, act, version[:128], {"by": by, "sentence": sentence})


def _version_of_number(home: Path, number: str | None) -> str | None:
    """The model that an MLflow version holds."""
    found = (entry.version for entry in registry.registered_models(home) if entry.mlflow_version == number)
    return next(found, None if number is None else f"第 {number} 版")


def _restored_message(what: str, found: str | None, wanted: str | None) -> str:
    return f"{what} 指向 {found or '无'}，与在用模型 {wanted or '（尚无）'} 不符，已改回并记入审计链。"
