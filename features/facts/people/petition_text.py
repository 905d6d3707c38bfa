"""Read a petition's text by rules: its topics, the things it names, and how exactly it names them.

`read("他老婆名下有辆宝马，车牌 浙Z·99912")` gives the topic 隐匿财产 and one vehicle, `浙Z99912`, said to be the
spouse's. The words stand in `features/config/petition.toml`. What is read is what somebody said: a clue, to be checked.

A text is read after full-width signs are made half-width, letters upper-case and blanks taken out, so that none of
these changes the reading. Things of the petitioner (我家住…), things said not to be (没有车) and things the petition is
not about (不是要查房子) are left out; a thing said by hearsay (听说) is kept and marked.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from features.rules.characters import BLANK_CLASS
from features.rules.plates import ENDS, PROVINCES

_WORDS = tomllib.loads((Path(__file__).parents[2] / "config" / "petition.toml").read_text(encoding="utf-8"))

OTHER = "催促/其他"
"""Topic of a text that fits none."""

KINDS: dict[str, str] = {kind: words["label"] for kind, words in _WORDS["kinds"].items()}
"""Kinds of things and their 中文 labels."""

TOPICS = (*_WORDS["topics"], OTHER)
NONE, COMPLAINT, KIND, EXACT = range(4)
"""How specific a text is (docs/domain.md section G02): nothing, a complaint alone, a kind of thing, a thing that can be
found."""

PASSES = 3
"""What upper case and blanks leave behind may be a sign that half width knows again: after so many nothing is."""

_LINE, _STOP, _PAUSE = re.compile(r"[\r\n]+"), re.compile(r"[!;?…]+"), re.compile("、")
_BLANK = re.compile(rf"[{BLANK_CLASS}\u0300-\u036f]+")
_NUMBER = r"0-9一二三四五六七八九十百零〇两"
_HOUSE = r"(?:号楼|幢|栋|憧|橦|撞|座|楼|号|单元|室|弄|#)"
_ADDRESS = re.compile(
    rf"[一-龥]{{2,16}}?(?:(?:[{_NUMBER}A-Z]{{1,6}}{_HOUSE}){{1,5}}[0-9]{{0,4}}室?|[0-9]{{1,3}}-[0-9]{{1,4}}(?:-[0-9]{{1,4}})?室?)"
)
_STREET = re.compile(
    rf"(?:[路街巷道弄村镇组园苑城府湾庭庄区里邸厦轩墅公寓家园坊]|[{_NUMBER}A-Z]{_HOUSE}[^,]*?{_HOUSE}|幢|栋|憧|撞|号楼)"
)
_END = re.sub("[^一-龥]|应急|领", "", ENDS)
"""Signs that end a plate, but 领, which more often begins 领取."""
_PLATE = re.compile(
    rf"([{PROVINCES}])[·•・.\-—_:]*([A-Z])[·•・.\-—_:]*((?:[A-Z0-9][·•・.\-—_]*){{4,5}}[A-Z0-9{_END}])(?![A-Z0-9])"
)
_PLATE_TAIL = re.compile(r"(?:车|牌)[^,。]{0,6}?(?:尾号|后[三四五]位|尾数)(?:是|为|:)?([A-Z0-9]{3,5})(?![A-Z0-9])")
_POLICY = re.compile(r"(?:保单|保险单|保险)(?:编?号码?|号)(?:是|为|:|[(])*([A-Z0-9][A-Z0-9\-]{5,29})")
_LONG = re.compile(r"(?<![0-9A-Z])[0-9](?:[\-·.]?[0-9]){11,18}(?![0-9A-Z])")
_PERSON_ID = re.compile(r"\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dX]")
_CARD_BEFORE = re.compile(r"(?:账|帐|卡|户)(?:户|号)?(?:是|为|:|[(])*$")
_TAIL = re.compile(r"(?:尾号|后四位|末四位|尾数|最后四位|后4位|末4位)(?:是|为|:)?([0-9]{3,6})(?![0-9])")
_PHONE = re.compile(r"(?<![0-9])(?:1[3-9][0-9]{9}|999[0-9]{8})(?![0-9])")
_CODE = re.compile(r"(?<![0-9A-Z])9[0-9]{7}[0-9A-Z]{10}(?![0-9A-Z])")
_NAME = re.compile(rf"([一-龥0-9A-Z()]{{2,24}}?)({_WORDS['company']['ends']})")
_NAME_STARTS = re.compile(rf"(?:{_WORDS['company']['starts']})")
_BANK = re.compile(_WORDS["banks"]["names"])

NEAR = 120
"""Signs before and after a thing within which words bear on it: a text without any stop is still read quickly."""

LEAST_NAME = 2
"""Letters a company's name has at least before 有限公司 and the like."""

ADDRESS_STEPS = (
    (r"[^一-龥A-Z0-9\-#]", ""),
    (r"^[一-龥]{2,8}(省|自治区)([一-龥]{2})", r"\2"),
    (r"^[一-龥]{2,4}市([一-龥]{2})", r"\1"),
    (r"^[一-龥]{1,4}[区县]([一-龥]{2})", r"\1"),
    (r"^[一-龥]{2,5}街道([一-龥]{2})", r"\1"),
    (r"([0-9A-Z])(号楼|幢|栋|憧|橦|撞|座|楼|号|单元|室|弄|#)+", r"\1-"),
    (r"-+", "-"),
    (r"-$", ""),
)
"""Steps (pattern, replacement) that bring an address, as said or as registered, to one form: 东湖花园3-2-502. Both
Python and the engine of the pool apply them."""

_LIVES = re.compile(f"(?:{_WORDS['words']['lives']})$")
_BOUGHT = re.compile(_WORDS["words"]["bought"])
_DIGITS = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


@dataclass(frozen=True, slots=True)
class Asset:
    """A thing named by a petition.

    Attributes:
        kind: key of `KINDS`.
        id: plate, address (see `place`), account number or `<bank>尾号<digits>`, policy number, company; "" if none.
        holder: whose name or hands it is said to be in (key of [holders] in the words), "" for the debtor's own.
        hearsay: said from hearsay.
    """

    kind: str
    id: str
    holder: str
    hearsay: bool


@dataclass(frozen=True, slots=True)
class PetitionReading:
    """What a text says: topics (in the order of `TOPICS`), things named, telephones, specificity (0 to 3)."""

    topics: tuple[str, ...]
    assets: tuple[Asset, ...]
    phones: tuple[str, ...]
    specificity: int

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of things named."""
        return frozenset(asset.kind for asset in self.assets)

    @property
    def ids(self) -> frozenset[str]:
        """Identifiers of things named."""
        return frozenset(asset.id for asset in self.assets if asset.id)


def plain(text: str) -> str:
    """A text as it is read: half-width, upper-case, without blanks; commas within a sentence, 。 between sentences."""
    for _ in range(PASSES):
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
        text = _PAUSE.sub(",", _BLANK.sub("", _STOP.sub("。", _LINE.sub(",", text))))
    return text


def address_key(address: str) -> str:
    """An address in a normal form, so that one in a petition equals the same one in a register."""
    key = re.sub(r"[一二三四五六七八九十百零〇两]+(?=[号楼幢栋憧撞座单室弄])", lambda m: _counted(m[0]), plain(address))
    for pattern, replacement in ADDRESS_STEPS:
        key = re.sub(pattern, replacement, key)
    return key


def _counted(words: str) -> str:
    if "十" not in words and "百" not in words:
        return "".join(str(_DIGITS[char]) for char in words)
    total, digit = 0, 0
    for char in words:
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[char]
    return str(total + digit)


@dataclass(frozen=True, slots=True)
class _Kind:
    words: re.Pattern[str]
    never: re.Pattern[str]


_KIND = {
    kind: _Kind(re.compile("|".join(words["words"])), re.compile("|".join(words["never"])))
    for kind, words in _WORDS["kinds"].items()
}
_TOPIC = {topic: re.compile("|".join(words)) for topic, words in _WORDS["topics"].items()}
_SAID = {name: re.compile(pattern) for name, pattern in (_WORDS["words"] | _WORDS["negation"]).items()}
_HELD, _GIVEN, _NAMED = (_WORDS["holding"][name] for name in ("after", "before", "beside"))
_MINE = r"(?<!我)(?<!我的)(?<!我们)(?<!本人)"
_HOLDER = {
    name: re.compile(f"{_MINE}(?:{_WORDS['holders'][name]})(?:{_HELD}|.*名下)|{_GIVEN}(?:{_WORDS['holders'][name]})")
    for name in ("ex_spouse", "in_law", "spouse", "sibling", "child", "parent", "relative", "other")
}


@lru_cache(maxsize=65536)
def read(text: str) -> PetitionReading:
    """Read one text; texts that say the same but for width, case and blanks read the same. Never raises."""
    said = plain(text)
    found: dict[tuple[str, str, str], bool] = {}
    sentences = [part for part in said.split("。") if part]
    things = [_things(sentence) for sentence in sentences]
    homes = any(kind == "realty" for named in things for kind, _, _ in named)
    for sentence, named in zip(sentences, things, strict=True):
        for kind, id, at in _told(sentence, named, homes):
            key = (kind, id, _holder(sentence, at))
            rumour = _SAID["hearsay"].search(_until(sentence, at)) is not None
            found[key] = found.get(key, True) and rumour
    assets = _kept(found)
    topics = tuple(topic for topic, words in _TOPIC.items() if words.search(said)) or (OTHER,)
    exact = any(asset.id for asset in assets)
    level = EXACT if exact else KIND if assets else COMPLAINT if re.search(r"\w", said) else NONE
    return PetitionReading(topics, assets, tuple(sorted(set(_PHONE.findall(said)))), level)


def _kept(found: dict[tuple[str, str, str], bool]) -> tuple[Asset, ...]:
    """The things found; one without an identifier gives way to those of its kind that have one."""
    exact = {kind for kind, id, _ in found if id}
    keys = sorted(key for key in found if key[1] or key[0] not in exact)
    with_holder = {(kind, id) for kind, id, holder in keys if holder}
    return tuple(
        Asset(kind, id, holder, found[(kind, id, holder)])
        for kind, id, holder in keys
        if holder or (kind, id) not in with_holder
    )


def _things(sentence: str) -> list[tuple[str, int, int]]:
    """Words for things in a sentence: kind, start, end; the petitioner's own and things denied left out."""
    return [
        (kind, match.start(), match.end())
        for kind, words in _KIND.items()
        for match in words.words.finditer(_masked(sentence, words.never))
        if _meant(sentence, match.start(), match.end())
    ]


def _told(sentence: str, named: list[tuple[str, int, int]], homes: bool) -> Iterator[tuple[str, str, int]]:
    """Things of a sentence as (kind, identifier or "", where it stands)."""
    yield from ((kind, "", start) for kind, start, _ in named)
    yield from _numbers(sentence, {kind for kind, _, _ in named})
    here = {kind for kind, _, _ in named}
    bought = _BOUGHT.search(sentence) is not None
    for match in _ADDRESS.finditer(sentence):
        text, start = _trimmed(match[0], match.start())
        kind = "compensation" if "compensation" in here and "realty" not in here else "realty"
        known = homes or bought or kind == "compensation" or _LIVES.search(_before(sentence, start))
        if known and _STREET.search(text) and _meant(sentence, start, match.end()):
            yield kind, address_key(text), start
    for kind in ("equity", "wage", "receivable"):
        if kind in here:
            yield from ((kind, name, start) for name, start in _companies(sentence))


def _numbers(sentence: str, here: set[str]) -> Iterator[tuple[str, str, int]]:
    """Plates, policies, accounts and codes of companies: numbers whose form shows what they belong to."""
    for match in _PLATE.finditer(sentence):
        tail = re.sub(f"[^A-Z0-9{_END}]", "", match[3]).replace("O", "0").replace("I", "1")
        if _meant(sentence, match.start(), match.end()):
            yield "vehicle", match[1] + match[2] + tail, match.start()
    for match in _PLATE_TAIL.finditer(sentence):
        if "vehicle" in here and _meant(sentence, match.start(), match.end()):
            yield "vehicle", f"尾号{match[1]}", match.start()
    for match in _POLICY.finditer(sentence):
        if _meant(sentence, match.start(), match.end()):
            yield "insurance", match[1], match.start()
    for match in _CODE.finditer(sentence):
        if re.search("[A-Z]", match[0]) and _meant(sentence, match.start(), match.end()):
            yield "equity", match[0], match.start()
    yield from _accounts(sentence)


def _accounts(sentence: str) -> Iterator[tuple[str, str, int]]:
    for match in _LONG.finditer(sentence):
        number = re.sub(r"\D", "", match[0])
        called = _CARD_BEFORE.search(_before(sentence, match.start())) is not None
        if (called or not _PERSON_ID.fullmatch(number)) and _meant(sentence, match.start(), match.end()):
            yield "deposit", number, match.start()
    for match in _TAIL.finditer(sentence):
        before = sentence[max(match.start() - 12, 0) : match.start()]
        bank = _BANK.findall(before)
        if (bank or re.search("卡|账|帐|户", before)) and _meant(sentence, match.start(), match.end()):
            yield "deposit", (bank[-1] if bank else "") + f"尾号{match[1]}", match.start()


def _companies(sentence: str) -> Iterator[tuple[str, int]]:
    for match in _NAME.finditer(sentence):
        cut = max((start.end() for start in _NAME_STARTS.finditer(match[1])), default=0)
        at = match.start() + cut
        if len(match[1]) - cut >= LEAST_NAME and _meant(sentence, at, match.end()):
            yield match[1][cut:] + match[2], at


def _trimmed(address: str, start: int) -> tuple[str, int]:
    """An address without the words that run into it (他在, 住在, 有一套 ...)."""
    lead = re.match(
        r".*(?:住在|位于|坐落于?|搬到|搬去|地址是?|买在|买了|买的|[在住到去是有的了])(?=[一-龥]{2})", address
    )
    cut = lead.end() if lead else 0
    return address[cut:], start + cut


def _masked(sentence: str, never: re.Pattern[str]) -> str:
    return never.sub(lambda match: "□" * len(match[0]), sentence)


def _before(sentence: str, at: int) -> str:
    """What stands right before a place, as far as it bears on it."""
    return sentence[max(at - NEAR, 0) : at]


def _meant(sentence: str, start: int, end: int) -> bool:
    """Whether a thing at this place is said to be, and not to be the petitioner's own or an office's."""
    before, after = _before(sentence, start), sentence[end : end + NEAR]
    return not (_mine(before, sentence[start:end]) or _denied(before, after) or _SAID["not_mine"].search(after))


def _mine(before: str, thing: str) -> bool:
    """Whether the last one spoken of before a thing is the petitioner or an office."""
    whole = before + thing[:1]
    last = {
        name: max((match.start() for match in _SAID[name].finditer(whole)), default=-1)
        for name in ("own", "others", "moves_on")
    }
    return max(last["own"], last["others"]) > last["moves_on"]


def _denied(before: str, after: str) -> bool:
    if _SAID["not_about"].search(before):
        return True
    no = _SAID["before"].search(before)
    if no:
        return _SAID["doubled"].search(before[: no.start()]) is None
    return _SAID["after"].search(after) is not None and _SAID["doubled"].search(before) is None


def _until(sentence: str, at: int) -> str:
    """A sentence up to the end of the clause in which a thing stands."""
    end = sentence.find(",", at, at + NEAR)
    return sentence[max(at - NEAR, 0) : at + NEAR if end < 0 else end]


def _holder(sentence: str, at: int) -> str:
    """Whose name or hands a thing is said to be in: by its own clause and those beside it."""
    start = max(at - NEAR, 0)
    clauses, place_at = sentence[start : at + NEAR].split(","), sentence[start:at].count(",")
    near = [(clauses[place_at], "")]
    if place_at and clauses[place_at].startswith("名下"):
        near.append((clauses[place_at - 1] + clauses[place_at], ""))
    near += [(clause, _NAMED + "|的卡|账户") for clause in clauses[max(place_at - 1, 0) : place_at]]
    near += [(clause, _NAMED) for clause in clauses[place_at + 1 : place_at + 2]]
    for clause, needed in near:
        if not re.search(needed, clause):
            continue
        for holder, words in _HOLDER.items():
            if words.search(clause):
                return holder
    return ""
