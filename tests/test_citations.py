"""Citations of the docs lead to a section that is there.

One form: the path from the root, then the word section and numbers or ids (`docs/domain.md section 5.3, M7`), or an
anchor (`docs/settings.md#...`). A wrap inside a citation, and the comment sign after it, is a blank.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("features", "models", "training", "evaluation", "serving", "tests", "docs", ".github")
SUFFIXES = (".py", ".toml", ".md", ".j2", ".html", ".yml", ".yaml")


@dataclass(frozen=True, slots=True)
class Citation:
    """A mention of a paper at `file:line`: `path` from the root and, where given, what inside it."""

    file: str
    line: int
    path: str
    refs: tuple[str, ...] = ()
    anchor: str = ""
    title: str = ""


GAP = r"(?:[ \t]+|[ \t]*\n[ \t]*(?:#[ \t]*)?)"
NUMBER = r"\d+(?:\.\d+)*"
NAME = r"(?:[A-Z]-(?=[A-Z0-9]*\d|[A-Z]{2})[A-Z0-9]+(?:-\d+)?|[A-Z]+\d+[A-Z]?|[A-H]|Appendix [A-Z])\b"
REF = rf"(?:{NAME}|{NUMBER})"
REFS = rf"{REF}(?:(?:[,、]{GAP}?|[-–]|{GAP})(?:and{GAP})?(?:{NAME}|\d+(?:\.\d+)+|[1-9]\b))*"
MENTION = re.compile(
    rf"(?P<path>(?<![\w/.-])(?:[\w-]+/)*[\w-]+\.md)(?:#(?P<anchor>[\w-]+)|{GAP}section{GAP}(?P<refs>{REFS}))?"
)
OWN = re.compile(rf"(?<!\.md)[ \t(](?<!\.md )sections?{GAP}(?P<refs>{REFS})")
LINK = re.compile(r"\[(?P<text>[^\]\[]*)\]\((?P<path>[^)\s#]*\.md)?(?P<anchor>#[^)\s]+)?\)")
QUOTED = re.compile(r"(?P<path>[\w/-]+\.md) ?的“(?P<title>[^”]+)”")


def citations(file: str, text: str) -> Iterator[Citation]:
    """Every mention of a paper in one file; links of papers are read relative to their folder."""
    paper = file.endswith(".md")
    if paper:
        text = LINK.sub(lambda link: _linked(file, link), text)
    for hit in MENTION.finditer(text):
        refs = tuple(re.findall(REF, hit["refs"] or ""))
        yield Citation(file, _line(text, hit.start()), hit["path"], refs, hit["anchor"] or "")
    for hit in QUOTED.finditer(text):
        yield Citation(file, _line(text, hit.start()), hit["path"], title=hit["title"])
    for hit in OWN.finditer(text) if paper else ():
        yield Citation(file, _line(text, hit.start("refs")), file, tuple(re.findall(REF, hit["refs"])))


def _linked(file: str, link: re.Match[str]) -> str:
    if not link["path"] and not link["anchor"]:
        return link[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(file), link["path"])) if link["path"] else file
    return path + (link["anchor"] or "") + "\n" * link[0].count("\n")


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


@dataclass(frozen=True, slots=True)
class Places:
    """What can be cited in one paper: numbers and ids of headings and rows, anchors, titles (also bold ones)."""

    refs: frozenset[str]
    anchors: frozenset[str]
    titles: tuple[str, ...]


def places(text: str) -> Places:
    """The places of a paper: `### 2.7 M7 Shares` gives 2.7 and M7, a row `| A03 | ...` gives A03."""
    titles = re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE)
    refs = {name for title in titles for name in _numbered(title)}
    for cell in re.findall(r"^\| *`?([\w.-]+)`? *\|", text, re.MULTILINE):
        if re.fullmatch(NAME, cell) or re.fullmatch(r"\d+\.\d+", cell):
            refs.add(cell)
    slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    bold = re.findall(r"^\*\*(.+?)\*\*", text, re.MULTILINE)
    marked = re.findall(r'<a id="([^"]+)">', text)
    return Places(frozenset(refs), frozenset([*slugs, *marked]), (*titles, *bold))


def _numbered(title: str) -> list[str]:
    found = re.match(rf"(?P<first>{REF})(?: +(?P<second>{NAME})(?= ))?", title)
    return [name for name in found.groups() if name] if found else []


def faults(found: Iterable[Citation], papers: Mapping[str, Places]) -> list[str]:
    """One sentence, with file and line, for every citation that leads nowhere."""
    sentences = []
    for one in found:
        here = f"{one.file}:{one.line}: "
        if one.path.endswith("domain.md") and one.path != "docs/domain.md":
            sentences.append(f"{here}write `docs/domain.md section ...`, not `{one.path}`")
        elif one.path.startswith("docs/") and one.path not in papers:
            sentences.append(f"{here}there is no {one.path}")
        elif one.path in papers:
            paper = papers[one.path]
            sentences += [f"{here}{one.path} has no section {ref}" for ref in one.refs if ref not in paper.refs]
            if one.anchor and one.anchor not in paper.anchors:
                sentences.append(f"{here}{one.path} has no anchor #{one.anchor}")
            if one.title and not any(one.title in title for title in paper.titles):
                sentences.append(f"{here}{one.path} has no heading “{one.title}”")
    return sentences


def _files() -> Iterator[Path]:
    yield from (path for path in sorted(ROOT.iterdir()) if path.suffix in SUFFIXES)
    for room in ROOMS:
        yield from (path for path in sorted((ROOT / room).rglob("*")) if path.suffix in SUFFIXES)


def _read() -> dict[str, str]:
    """Text of every file that may cite, but this one, whose citations are invented."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in _files()
        if path != Path(__file__).resolve()
    }


def test_every_citation_leads_to_a_section_that_is_there() -> None:
    texts = _read()
    papers = {name: places(text) for name, text in texts.items() if name.endswith(".md")}
    found = [one for name, text in texts.items() for one in citations(name, text)]
    sentences = faults(found, papers)
    assert not sentences, "\n" + "\n".join(sentences)
    assert sum(bool(one.refs) for one in found if one.path == "docs/domain.md" != one.file) > 50


PAPER = """# A paper

## 3 Indicators

### 3.1 Dates

## 2.7 M7 Companies (企业)

#### H Coverage

## Appendix A Rules

| id | definition |
| --- | --- |
| A03 | payments |
| 6.29 | lists |
| 12 | no place |
"""


@pytest.mark.parametrize(
    "text",
    [
        "see docs/domain.md section 3.1",
        "(docs/domain.md section 3, 3.1 and M7; 40 of them: docs/domain.md)",
        "docs/domain.md\n    section A03, H).",
        "# a rule (docs/domain.md section\n# 6.29, row of a list), NULL where unknown",
        "docs/domain.md section M7-A03；docs/domain.md section 2.7，docs/domain.md section 3.1, Appendix A",
        "docs/domain.md#31-dates and docs/domain.md#27-m7-companies-企业",
    ],
)
def test_sound_citations_have_no_faults(text: str) -> None:
    found = list(citations("features/x.py", text))
    assert found
    assert faults(found, {"docs/domain.md": places(PAPER)}) == []


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("\ndocs/domain.md section 3.2", "features/x.py:2: docs/domain.md has no section 3.2"),
        ("docs/domain.md section 3.1, M8", "features/x.py:1: docs/domain.md has no section M8"),
        ("docs/domain.md section A03-A09", "features/x.py:1: docs/domain.md has no section A09"),
        ("docs/domain.md section\n12", "features/x.py:1: docs/domain.md has no section 12"),
        ("docs/domain.md section 3.1, Appendix C", "features/x.py:1: docs/domain.md has no section Appendix C"),
        ("docs/domain.md#32-dates", "features/x.py:1: docs/domain.md has no anchor #32-dates"),
        ("domain.md 3.1", "features/x.py:1: write `docs/domain.md section ...`, not `domain.md`"),
        ("（old/domain.md section 3.1）", "features/x.py:1: write `docs/domain.md section ...`, not `old/domain.md`"),
        ("docs/lost.md", "features/x.py:1: there is no docs/lost.md"),
    ],
)
def test_a_citation_that_leads_nowhere_is_reported(text: str, sentences: str) -> None:
    assert faults(citations("features/x.py", text), {"docs/domain.md": places(PAPER)}) == [sentences]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("[dates](domain.md#31-dates), [it](domain.md) section 3.1 and docs/domain.md", []),
        ("[dates](domain.md#99)", ["docs/x.md:1: docs/domain.md has no anchor #99"]),
        ("[it](domain.md) section 9.9", ["docs/x.md:1: docs/domain.md has no section 9.9"]),
        ("[it](../domain.md)", ["docs/x.md:1: write `docs/domain.md section ...`, not `domain.md`"]),
        (
            "见 [it](domain.md) 的“Dates”，[it](domain.md) 的“Days”",
            ["docs/x.md:1: docs/domain.md has no heading “Days”"],
        ),
        ("domain.md", ["docs/x.md:1: write `docs/domain.md section ...`, not `domain.md`"]),
        ("as in section 9.9", ["docs/x.md:1: docs/x.md has no section 9.9"]),
    ],
)
def test_links_of_papers_are_read_from_their_folder(text: str, sentences: list[str]) -> None:
    papers = {"docs/domain.md": places(PAPER), "docs/x.md": places(text)}
    assert faults(citations("docs/x.md", text), papers) == sentences
