"""Parties of a ruling: role, name as masked by the court, legal representative, address, identity number."""

from __future__ import annotations

import re
from datetime import date

from features.intake.ruling.dates import find_dates
from features.intake.ruling.document import Party
from features.intake.ruling.plain import make_quote

ROLES = {
    "申请执行人": "applicant",
    "被执行人": "debtor",
    "第三人": "third",
    "案外人": "outsider",
    "利害关系人": "outsider",
    "异议人": "outsider",
    "协助义务人": "assistant",
    "协助执行义务人": "assistant",
}
"""Labels of the ruling and the role code of the party table."""

_OTHER = r"法定代表人|负责人|主要负责人|经营者|执行事务合伙人|(?:共同)?委托诉讼代理人|委托代理人|诉讼代理人"
_NAMED = "|".join(sorted(ROLES, key=len, reverse=True))
_LABEL = re.compile(rf"(?P<label>{_NAMED}|移送执行(?:机构|人)|{_OTHER})\s*(?:\([^)]{{1,24}}\))?\s*:\s*")
_BARE = re.compile(
    rf"(?:^|[。\n])\s*(?P<label>{_NAMED})(?:\([^)]{{1,24}}\))?\s*"
    r"(?=[^,。:\n]{2,40},\s*(?:男|女|住|汉族|19|20|公民|身份|统一|法定|负责人|组织机构))"
)
_BODY = re.compile(r"[。\n]|(?<=.)(?=申请执行人(?!\s*(?:\([^)]*\))?\s*:)[^,。:]{2,40}(?:与|申请执行))")
_MASKED = re.compile(r"[一-鿿]某{1,3}\d*")
_NARRATIVE = re.compile(
    r"申请执行人(?P<applicant>[^,。;:\n]{2,40}?)(?:与|申请执行)被执行人(?P<debtor>[^,。;:\n]{2,60}?)"
    r"(?=(?:民间借贷|金融|借款|买卖|劳务|劳动|追索|机动车|道路|离婚|抚养|赡养|租赁|房屋|信用卡|物业|建设|承揽|行政|罚金|侵权|合同"
    r"|股权|保证|追偿|不当得利|财产|生命|健康|名誉|委托|运输|保险|票据|公证|仲裁|一般|其他|装饰|加工|土地)[^,。;\n]{0,30}一案)"
)
_UNIT = re.compile(
    r"(公司|集团|银行|联社|信用社|厂|店|局|委员会|合作社|中心|部|学院|医院|政府|协会|学校|大学|小学|中学|合伙|分行|支行|农场"
    r"|村|管理处|事务所|工作室|经营部|研究院|研究所|基金会|联合会|商会|站|支队|大队|法院|检察院|办事处)"
)
_ORGANISATION = re.compile(r"合伙|分公司|分行|支行|经营部|工作室|个体|店$|业主委员会|营业部|事务所")
_LEGAL = re.compile(
    r"(?:法定代表人|负责人|经营者|执行事务合伙人)(?:\([^)]{1,12}\))?\s*:?\s*(?P<name>[一-鿿·]{2,8}\d*?)(?=[,。;\s(]|系|$)"
)
_ADDRESS = re.compile(r"(?:住所地?|住址|注册地址?|经营场所|户籍(?:所在)?地|住)(?:为|:|\s)*(?P<address>[^,。;\n]{4,80})")
_ID = re.compile(
    r"(?:公民身份(?:号码|证号码)|身份证(?:号码|号)?|证件号码|统一社会信用代码|组织机构代码)\s*(?:为|:)?\s*(?P<id>[0-9A-Za-z*×]{8,18})"
)
_SEX = re.compile(r"[,\s](?P<sex>男|女)(?=[,\s。])")


def find_parties(text: str, flat: str, body: int) -> tuple[Party, ...]:
    """Parties named before position `body` (the operative part), in order; names cut where another's begins."""
    labels = list(_LABEL.finditer(flat, 0, body)) or list(_BARE.finditer(flat, 0, body))
    stretches: list[tuple[str, int, int, int]] = []
    for position, match in enumerate(labels):
        end = labels[position + 1].start() if position + 1 < len(labels) else body
        label = match["label"]
        if label in ROLES:
            stretches.append((ROLES[label], match.start("label"), match.end(), end))
        elif stretches and not label.endswith("代理人") and "移送" not in label:
            role, start, inner, _ = stretches[-1]
            stretches[-1] = (role, start, inner, end)
    if not stretches and (story := _NARRATIVE.search(flat, 0, body)):
        named = ("applicant", "debtor")
        stretches = [(role, story.start(role), story.start(role), story.end(role)) for role in named]
    known: list[str] = []
    parties: list[Party] = []
    for role, start, inner, end in stretches:
        for party in _parties(text, flat, role, start, inner, _stop(flat, inner, end), known):
            if party.name not in {other.name for other in parties if other.role == role}:
                parties.append(party)
                known.append(party.name)
    return tuple(parties)


def _stop(flat: str, inner: int, end: int) -> int:
    """Where a party's entry ends: at a full stop not followed by more about it, or where the story begins."""
    position = inner
    while found := _BODY.search(flat, position, end):
        rest = flat[found.end() : end]
        if found.group() and re.match(rf"\s*(?:{_OTHER}|住|公民|统一社会)", rest):
            position = found.end()
            continue
        return found.start()
    return end


def _parties(text: str, flat: str, role: str, start: int, inner: int, end: int, known: list[str]) -> list[Party]:
    entry = flat[inner:end]
    first = re.split(r"[,。;\n(]", entry, maxsplit=1)[0]
    names = [_party_name(name, known) for name in re.split(r"、", first)]
    if sum(map(len, names)) + len(names) - 1 < len(first.strip()):
        # The name ran on into the story: nothing behind it is about the party.
        entry = entry[: entry.index(names[-1]) + len(names[-1])]
        end = inner + len(entry)
    details = entry[len(first) :]
    legal = _LEGAL.search(entry)
    address = _ADDRESS.search(details)
    sex = _SEX.search(entry)
    id_no = _ID.search(entry)
    return [
        Party(
            role=role,
            kind=kind_of(name),
            name=name,
            legal_rep=legal["name"] if legal and len(names) == 1 else "",
            address=_trim(address["address"]) if address and len(names) == 1 else "",
            sex={"男": "M", "女": "F"}[sex["sex"]] if sex and len(names) == 1 else "",
            birth=_birth(entry) if len(names) == 1 else None,
            id_no=id_no["id"] if id_no and len(names) == 1 else "",
            quote=make_quote(text, start, end),
        )
        for name in names
        if name
    ]


def kind_of(name: str) -> str:
    """Kind of a party by its name: person, company (法人) or organisation (非法人组织).

    >>> kind_of("李某某1"), kind_of("某某包装有限责任公司"), kind_of("某某银行某某支行")
    ('person', 'company', 'organisation')
    """
    if not _UNIT.search(name) or (len(name) <= 3 and not re.search(r"(?:公司|银行|[厂店局])$", name)):
        return "person"
    return "organisation" if _ORGANISATION.search(name) else "company"


def _party_name(name: str, known: list[str]) -> str:
    """The name alone: what runs on behind it belongs to the next sentence, whose stop was lost."""
    name = name.strip()
    masked = _MASKED.match(name)
    if masked:
        rest = name[masked.end() :]
        return (
            masked.group()
            if not _UNIT.match(rest) and not rest.startswith(("包", "某")) and _cannot_be_firm_name(rest)
            else name
        )
    for other in known:
        at = name.find(other)
        if at > 1:
            name = name[:at]
    return name


def _cannot_be_firm_name(rest: str) -> bool:
    """Whether what follows 李某某 cannot belong to a firm's name (李某某建材店)."""
    return not rest or len(rest) > 12 or not _UNIT.search(rest)


def _trim(address: str) -> str:
    """An address without a label that ran into it where a stop was lost."""
    return re.split(rf"{_OTHER}|申请执行人|被执行人", address, maxsplit=1)[0].strip()


def _birth(entry: str) -> date | None:
    found, _ = find_dates(entry)
    return next((item.day for item in found if re.match(r"\s*(?:出)?生(?!效)", entry[item.end :])), None)
