"""Identity of an approver: an access token if the person was ever given one, and the account of the operating system.

Anyone with write access to the home can bypass this; token and account are evidence for an auditor, not a barrier.
"""

from __future__ import annotations

import json
import os
import pwd
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from features.errors import GoldenKeyError
from models.database.tables import AUDIT, TOKENS
from models.ledger.actors import AccessError, authenticate, digest_of_token

SHOWN = 12
"""Digits of a token's hash kept in the audit chain, enough to find the act that issued it."""


@dataclass(frozen=True, slots=True)
class ApproverIdentity:
    """What shows who approved or withdrew a model, beside the name typed.

    Attributes:
        os_user: account of the operating system; empty in records made before it was kept.
        token: first digits of the token's hash; empty where the name was only typed.
    """

    os_user: str
    token: str

    def as_payload(self) -> dict[str, Any]:
        """Payload of its row in the audit chain."""
        return asdict(self)


UNKNOWN_IDENTITY = ApproverIdentity("", "")
"""Identity of records made before identities were recorded."""


def os_user() -> str:
    """Account this process runs under, from the password database; its number where that has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def read_token(path: Path | None) -> str:
    """The token a file holds, `-` for standard input; empty without a file. GoldenKeyError when it cannot be read."""
    if path is None:
        return ""
    try:
        text = sys.stdin.readline() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GoldenKeyError(f"令牌文件 {path} 无法读取，请核对路径和权限。") from error
    if not text.strip():
        raise GoldenKeyError(f"令牌文件 {path} 是空的，操作未进行。")
    return text.strip()


def verify_identity(connection: Connection, name: str, token: str) -> ApproverIdentity:
    """Check a name against the token presented.

    Raises:
        AccessError: the token is not valid or another's, or none was presented by an actor who was ever given one.
    """
    if token:
        holder = authenticate(connection, token).actor
        if holder != name:
            raise AccessError(f"所出示的令牌不是“{name}”的，操作未进行。")
        return ApproverIdentity(os_user(), digest_of_token(token)[:SHOWN])
    # Tokens revoked or run out count too: else to revoke one would be enough to act in its holder's name.
    if connection.execute(select(TOKENS.c.sha256).where(TOKENS.c.actor == name).limit(1)).scalar() is not None:
        raise AccessError(f"“{name}”领有访问令牌，须用 --token-file 出示有效令牌证明是本人，操作未进行。")
    return ApproverIdentity(os_user(), "")


def recorded_identities(connection: Connection, act: str, subject: str) -> dict[int, ApproverIdentity]:
    """Who was behind every act of one kind on one subject (approvals of a model), by the number that the act bears."""
    query = select(AUDIT.c.payload).where(AUDIT.c.act == act, AUDIT.c.subject == subject)
    payloads = [json.loads(text) for text in connection.execute(query).scalars()]
    return {int(each["number"]): ApproverIdentity(**each["proof"]) for each in payloads if "proof" in each}


def recorded_accounts(connection: Connection, act: str, subject: str) -> frozenset[str]:
    """Accounts of the operating system under which acts of a kind on a subject were done."""
    query = select(AUDIT.c.payload).where(AUDIT.c.act == act, AUDIT.c.subject == subject)
    accounts = (json.loads(text).get("os_user", "") for text in connection.execute(query).scalars())
    return frozenset(accounts) - {""}


def identity_warning(by: Mapping[str, ApproverIdentity], trainers: Sequence[str], trained_under: frozenset[str]) -> str:
    """Warning where only the typed names distinguish the two approvers, or an approver from the trainer; else empty.

    Args:
        by: recorded identity of each approver, by name.
        trainers: who trained the model. trained_under: accounts it was trained under.
    """
    typed = {name: identity for name, identity in by.items() if not identity.token}
    users = {identity.os_user for identity in by.values()}
    doubts = []
    if typed and (len(users) == 1 or "" in users):
        doubts.append(f"各次批准出自同一操作系统账户（{'、'.join(sorted(users - {''})) or '未记录'}）")
    if mine := sorted({identity.os_user for identity in typed.values()} & trained_under):
        doubts.append(f"{'、'.join(typed)}所用账户（{'、'.join(mine)}）也是训练时（{'、'.join(trainers)}）所用的账户")
    if not doubts:
        return ""
    return (
        f"注意：{'、'.join(typed)}未以令牌证明本人，{'，'.join(doubts)}；"
        "是否确为两人、均非训练者，只凭所填姓名，待核实。"
    )
