"""Several papers of a court in one text: where each begins, or that they cannot be told apart."""

from __future__ import annotations

import re
from typing import NamedTuple

from features.errors import GoldenKeyError
from features.intake.ruling.heads import heading, is_signature, tight
from features.intake.ruling.plain import operative_part

_SIGNED = re.compile(r"书\s*记\s*员|审\s*判\s*[员长]|执\s*行\s*员")
_STEPS = re.compile(r"(?P<decided>裁\s*定\s*如\s*下)|书\s*记\s*员")
RULING = "裁定书"


class Paper(NamedTuple):
    """One paper within the text: its bounds, its title ('' where it has none) and number."""

    start: int
    end: int
    title: str
    number: str


class _Head(NamedTuple):
    """Lines that begin a paper: where, its title and number, whether it names two of court, title and number."""

    start: int
    title: str
    number: str
    whole: bool


def split_papers(flat: str) -> tuple[Paper, ...]:
    """The papers of a plain text in their order; a text without a second head is one.

    Raises:
        GoldenKeyError: there are several, but where one ends cannot be told.
    """
    heads = _heads(flat)
    starts = [_Head(0, "", "", False)]
    if heads and operative_part(flat[: heads[0].start]) is None:
        starts = [heads.pop(0)._replace(start=0)]
    for head, following in zip(heads, [*(one.start for one in heads), len(flat)][1:], strict=True):
        before = flat[starts[-1].start : head.start]
        decides = operative_part(flat[head.start : following]) is not None
        if _is_closed(before, starts[-1].title, head) and (head.whole or decides):
            starts.append(head)
        elif head.number and head.number != starts[-1].number and (head.whole or (decides and operative_part(before))):
            _refuse(len({one.number for one in [starts[0], *heads] if one.number}))
    ends = [*(head.start for head in starts[1:]), len(flat)]
    papers = tuple(Paper(head.start, end, head.title, head.number) for head, end in zip(starts, ends, strict=True))
    again = sum(_decided_again(flat[paper.start : paper.end]) for paper in papers)
    if again:
        _refuse(len(papers) + again)
    return papers


def _decided_again(part: str) -> int:
    """How often a paper that was decided and signed is decided once more."""
    steps = "".join(
        "d" if step["decided"] else "s" for step in _STEPS.finditer(part) if not _is_quoted(part, step.start())
    )
    return len(re.findall(r"s(?=d)", steps[steps.find("d") :])) if "d" in steps else 0


def _refuse(count: int) -> None:
    raise GoldenKeyError(f"像有 {count} 份文书，不能确定从哪里分开，未读取；请一份裁定书一个文件。")


def _is_closed(before: str, title: str, head: _Head) -> bool:
    """Whether a paper ends where a head begins: decided, if a ruling, and signed, dated or before a whole head."""
    operative = operative_part(before)
    if operative is None and title in ("", RULING):
        return False
    tail = before[operative.end() if operative else max(0, len(before) - 400) :]
    signed = bool(_SIGNED.search(tail)) or any(map(is_signature, tail.splitlines()))
    return signed or (operative is not None and head.whole)


def _heads(flat: str) -> list[_Head]:
    """Groups of lines that say nothing but court, title and number; those within quotation marks are none."""
    found: list[_Head] = []
    held: list[tuple[int, re.Match[str]]] = []
    at = 0
    for line in [*flat.splitlines(keepends=True), "。"]:
        said = heading(line) if tight(line) and not _is_quoted(flat, at) else None
        if said is None or _again(held, said):
            found += _head(held) if tight(line) else []
            held = held if not tight(line) else []
        if said is not None:
            held.append((at, said))
            if said.end() < len(tight(line)):  # the first party stands on the same line
                found += _head(held)
                held = []
        at += len(line)
    return found


def _again(held: list[tuple[int, re.Match[str]]], said: re.Match[str]) -> bool:
    """Whether a line says what the lines before it have said: it begins another head."""
    return any(said[name] and any(one[name] for _, one in held) for name in ("title", "number"))


def _head(held: list[tuple[int, re.Match[str]]]) -> list[_Head]:
    """The head that these lines are; none where they hold no title and no number."""
    said = {name: next((one[name] for _, one in held if one[name]), "") for name in ("court", "paper", "number")}
    if not said["paper"] and not said["number"]:
        return []
    whole = bool(said["paper"]) and bool(said["court"] or said["number"])
    return [_Head(held[0][0], said["paper"], said["number"], whole)]


def _is_quoted(flat: str, at: int) -> bool:
    """Whether a place stands between a quotation mark and the one that closes it."""
    opened, closed = flat.rfind("“", 0, at), flat.rfind("”", 0, at)
    return opened > closed and flat.find("”", at) >= 0
