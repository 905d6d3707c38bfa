"""Parties of a ruling: role, name as masked by the court, legal representative, address, identity number."""

from __future__ import annotations

import re

from features.intake.ruling.document import Party
from features.intake.ruling.named.details import birth_of, doubtful_details, former_name_of, resolve_addresses
from features.intake.ruling.named.entries import split_entries, without_count
from features.intake.ruling.named.identities import doubtful_identities
from features.intake.ruling.plain import make_quote
from features.rules.characters import HIDDEN_SIGNS, TIMES

ROLES = {
    "申请执行人": "applicant",
    "被执行人": "debtor",
    "被申请执行人": "debtor",
    "申请人": "applicant",
    "被申请人": "debtor",
    "第三人": "third",
    "案外人": "outsider",
    "利害关系人": "outsider",
    "异议人": "outsider",
    "复议申请人": "outsider",
    "申请复议人": "outsider",
    "申诉人": "outsider",
    "协助义务人": "assistant",
    "协助执行义务人": "assistant",
}
"""Labels of the ruling and the role code of the party table."""

_SECOND = re.compile(r"被执行人|申请执行人|案外人|第三人|协助(?:执行)?义务人")
"""A role within the brackets of a label (异议人（被执行人）) that says who the party is in the enforcement."""
_EITHER = ("异议人", "复议申请人", "申请复议人", "申诉人")
_PLAIN = ("申请人", "被申请人")
"""Labels that say who the party is in the enforcement only with a second role in brackets."""

_OTHER = (
    r"法定代表人|负责人|主要负责人|投资人|经营者|业主|执行事务合伙人|(?:共同)?委托诉讼代理人|(?:共同)?委托代理人"
    r"|诉讼代理人|法定代理人|指定代理人"
)
_REPRESENTS = re.compile(r"法定代表人|负责人|投资人|经营者|业主(?!委|大会|自治|代表|会)|执行事务合伙人|代理人")
_TRANSFERS = r"移\s*送\s*(?:执\s*行\s*)?(?:机\s*构|部\s*门|单\s*位|机\s*关|人|庭\s*室|法\s*院)"
_TRANSFERRED = re.compile(
    rf"(?:{_TRANSFERS}\s*:?\s*(?P<label>[^,。;:\n()]{{2,40}})"
    r"|(?:^|[,。;\n由经])(?P<story>(?![第由经])[一-鿿]{1,24}?(?:庭|人民法院))(?:于[^,。;]{2,16})?(?:依职权|依法|将[^,。;]{2,30})*"
    r"移送(?:至|给)?(?:本院|我院)?(?:执行(?!异议|法官)|强制执行|立案执行))"
)
_NAMED = "|".join(f"(?<![一-鿿]){name}" if name in _PLAIN else name for name in sorted(ROLES, key=len, reverse=True))
_COUNT = r"(?:之?\s*(?:[一二三四五六七八九十]{1,3}|\d{1,2}|[①-⑳]|[甲乙丙丁A-F](?=\s*:)))?"
"""Debtors that are numbered: 被执行人一, 被执行人2."""
_BRACKET = r"(?:\((?P<{}>[^)\n]{{1,40}})\))?"
_DETAIL = (
    r"(?:男|女|住|[汉回满壮苗藏][族,]|[一-鿿]{1,5}族|19|20|公民|身份|统一|法定|负责人|经营者|投资人|组织机构|社会信用|注册地"
    r"|户籍|现住|营业执照|出生)"
)
_LABEL = re.compile(
    rf"(?P<label>{_NAMED}|{_TRANSFERS}|{_OTHER})\s*{_COUNT}\s*{_BRACKET.format('second')}\s*{_COUNT}\s*:\s*"
    rf"|(?:^|[。\n])[^\S\n]*(?P<bare>{_NAMED})\s*{_BRACKET.format('bare_second')}\s*"
    rf"(?=(?:(?!与|未|于|向|申请|一案|名下|本院)[^,。:;\n]){{2,40}}?\s*(?:[,。\s]\s*{_DETAIL}|\([^)\n]{{1,20}}\)\s*,|(?<=.)[男女](?=,)"
    rf"|。?[^\S\n]*\n\s*(?:{_NAMED}|{_OTHER}|住所)))"
    rf"|(?:^|[。\n])[^\S\n]*(?P<rep>{_OTHER})(?=\s*[^,。:;\n与]{{2,8}}[,。])"
)
_BODY = re.compile(r"[。\n]|(?<=.)(?=申请执行人(?!\s*(?:\([^)]*\))?\s*:)[^,。:]{2,40}(?:与|申请执行))")
_MASKED = re.compile(
    r"[一-鿿](?:某{1,3}|[甲乙丙丁]某)(?:[甲乙丙丁戊己庚辛壬癸]|[A-Za-z](?![A-Za-z]))?(?:\d{1,2}(?![\d年.]))?"
)
_NARRATIVE = re.compile(
    r"申请执行人(?P<applicant>[^,。;:\n]{2,40}?)(?:与|申请执行)被执行人(?P<debtor>[^,。;:\n]{2,60}?)"
    r"(?=(?:民间借贷|金融|借款|买卖|劳务|劳动|追索|机动车|道路|离婚|抚养|赡养|租赁|房屋|信用卡|物业|建设|承揽|行政|罚金|侵权|合同"
    r"|股权|保证|追偿|不当得利|财产|生命|健康|名誉|委托|运输|保险|票据|公证|仲裁|一般|其他|装饰|加工|土地)[^,。;\n]{0,30}一案)"
)
_UNIT = re.compile(
    r"(公司|集团|银行|联社|信用社|厂|店|局|委员会|村委会|居委会|合作社|中心|部|学院|医院|政府|协会|学校|大学|小学|中学|合伙|分行|支行|农场"
    r"|村|管理处|事务所|律所|工作室|经营部|研究院|研究所|基金会|联合会|商会|站|支队|大队|法院|检察院|办事处|商行|商场|商贸|超市"
    r"|便利店|批发|门市|餐饮|饭馆|酒楼|酒家|宾馆|茶楼|会所|网吧|药房|诊所|养殖|种植|苗圃|果园|茶园|幼儿园|托儿所|敬老院|养老院|砖窑|窑厂|煤矿|矿山"
    r"|石场|砂场|加工场|林场|牧场|渔场|美容|美发|理发|摄影|网咖|歌厅|影城|影院|清算组|管理人|生产队|生产组|村民小组|居民小组|经济社|联合社|家庭农场"
    r"|个体工商户|商铺|服务社|供销社|俱乐部|培训机构|寺|教堂|街道|乡镇|车行|修理|粮油|字号)"
)
_ENDS_UNIT = re.compile(r"[厂店局部村站行馆楼园吧窑矿场组队社铺坊城居阁轩院所庄苑屋堂会处室宫庙户摊点]$")
_ORGANISATION = re.compile(
    r"合伙|分公司|分行|支行|经营部|工作室|个体|业主委员会|营业部|事务所|律所|个人独资|清算组|管理人|项目部|[厂店行馆楼园吧窑矿场组队社铺坊"
    r"城居阁轩庄苑屋堂摊点户房窑](?:\(.*\))?$|超市|商行|餐饮|酒楼|酒家|门市|批发|美容|美发|养殖|种植|幼儿园|诊所|药房"
)
_LEGAL_PERSON = re.compile(r"(?<!分)公司$|集团$|银行$|联社$|信用社$|合作社$|联合社$|经济社$|[村居]民?委(?:员)?会$")
_NO_FIRM = re.compile(r"一案|申请执行|纠纷|本院|不服|因与|强制执行")
_LEGAL = re.compile(
    r"(?:法定代表人|负责人|投资人|经营者|业主(?!委|大会|自治|代表|会)|执行事务合伙人)(?:\([^)]{1,12}\))?\s*:?\s*(?P<name>[一-鿿·]{2,8}\d*?)(?=[,。;\s(]|系|$)"
)
_ADDRESS = re.compile(
    r"(?:住所地?|住址|注册地址?|经营场所|户籍(?:所在)?地|现住|住)(?:为|:|\s)*(?P<address>[^,。;\n]{2,80})"
)
_SIGN = f"[0-9A-Za-z•{HIDDEN_SIGNS}{TIMES}]"
_ID = re.compile(
    r"(?:(?:公民)?身份(?:号码|证号码)|身份证(?:号码|号)?|证件号码|统一社会信用代码|组织机构代码)\s*(?:为|:)?\s*"
    rf"(?P<id>{_SIGN}{{8,18}})"
    r"|(?P<type>护照|港澳居民来往内地通行证|台湾居民来往大陆通行证|港澳台居民居住证|外国人永久居留身份证|军官证|台胞证|回乡证)"
    rf"(?:证件)?(?:号码|号)?\s*(?:为|:)?\s*(?P<other>{_SIGN}{{7,18}})"
)
_SEX = re.compile(r"(?:[,。\s)]|^|(?<=[一-鿿\d]))(?P<sex>男|女)(?=$|[,\s。;)]|[一-鿿]{1,3}族|\d{4}年|生于)")
_PERSON = re.compile(r"公民身份|身份证|出生|[一-鿿]族(?:,|。|\s)|[一-鿿]族\)|身份号码")
_FIRM = re.compile(r"统一社会信用|组织机构代码|法定代表人|负责人|投资人|经营者|业主:|执行事务合伙人|营业执照|住所地")
_RUN_ON = re.compile(
    r"(?<=[一-鿿\d])[男女](?=$|[,\s\d]|[一-鿿]{1,3}族)|\s+(?=[男女住汉])|(?<=.)(?=(?:住所地|住址|统一社会信用|公民身份|身份证|法定代表人))"
)


def begins_entry(flat: str) -> bool:
    """Whether a line begins with a party or who acts for one."""
    return bool(_LABEL.match(flat.lstrip()) or _LABEL.match(f"\n{flat}"))


def find_parties(text: str, flat: str, body: int) -> tuple[Party, ...]:
    """Parties named before position `body` (the operative part), in order; names cut where another's begins."""
    labels = list(_LABEL.finditer(flat, 0, body))
    stretches: list[tuple[str, int, int, int]] = []
    for position, match in enumerate(labels):
        end = labels[position + 1].start() if position + 1 < len(labels) else body
        label = match["label"] or match["bare"] or match["rep"]
        if label in ROLES:
            begin = match.start("label") if match["label"] else match.start("bare")
            stretches.append((_role(label, match["second"] or match["bare_second"] or ""), begin, match.end(), end))
        elif stretches and not label.endswith("代理人") and "移送" not in label:
            role, start, inner, _ = stretches[-1]
            stretches[-1] = (role, start, inner, end)
    if not stretches and (story := _NARRATIVE.search(flat, 0, body)):
        named = ("applicant", "debtor")
        stretches = [(role, story.start(role), story.start(role), story.end(role)) for role in named]
    known: list[str] = []
    parties: list[Party] = []
    for role, start, inner, end in stretches:
        for at, (left, right) in enumerate(split_entries(flat, inner, end, _stop)):
            for party in _parties(text, flat, role, left if at else start, left, right, known):
                if not any(_same(party, other) for other in parties):
                    parties.append(party)
                    known.append(party.name)
    return tuple(resolve_addresses(parties))


def find_transfer(flat: str, body: int) -> str:
    """Who transferred the case for enforcement (刑事审判庭), named before position `body`; "" where nobody did.

    >>> find_transfer("移送执行机构:测试县人民法院刑事审判庭\\n被执行人：李某某", 40)
    '测试县人民法院刑事审判庭'
    """
    found = _TRANSFERRED.search(flat, 0, body)
    return "".join((found["label"] or found["story"]).split()) if found else ""


def doubtful_parties(flat: str, body: int, parties: tuple[Party, ...]) -> list[str]:
    """Sentences on parties whose role or kind the text does not settle, and on equal names read as two parties."""
    matched = []
    for label in _LABEL.finditer(flat, 0, body):
        named, second = label["label"] or label["bare"], label["second"] or label["bare_second"] or ""
        if named in _EITHER and not _SECOND.search(second):
            matched.append(f"“{named}”未写明是申请执行人、被执行人还是案外人，暂按案外人记录，待核对")
        elif named in _PLAIN and not _SECOND.search(second):
            matched.append(
                f"“{named}”未写明是否为执行当事人，暂按{'申请' if named == '申请人' else '被'}执行人记录，待核对"
            )
    for party in parties:
        entry = flat[party.quote.start : party.quote.end]
        unsure = len(party.name) >= 5 and party.kind == "person" and not party.sex and not _PERSON.search(entry)
        if unsure and "·" not in party.name and not _MASKED.fullmatch(party.name):
            matched.append(f"当事人“{party.name}”是自然人还是单位无法确定，暂按自然人记录，待核对")
    names = [(party.role, party.name) for party in parties]
    matched += [
        f"当事人“{name}”出现两次而情况不同，按两人记录，待核对"
        for role, name in sorted({one for one in names if names.count(one) > 1})
    ]
    return [*matched, *doubtful_details(flat, parties), *doubtful_identities(parties)]


def _role(label: str, second: str) -> str:
    """Role of a label with a second role in brackets: 异议人（被执行人） is a debtor."""
    if label in (*_EITHER, *_PLAIN) and (named := _SECOND.search(second)):
        return ROLES.get(named.group(), "outsider")
    return ROLES[label]


def _same(party: Party, other: Party) -> bool:
    """Whether two mentions of one name in one role can be one party: nothing said of both differs."""
    if (party.role, party.name) != (other.role, other.name):
        return False
    said = (
        (party.birth, other.birth),
        (party.sex, other.sex),
        (party.id_no, other.id_no),
        (party.address, other.address),
    )
    return all(not mine or not theirs or mine == theirs for mine, theirs in said)


def _stop(flat: str, inner: int, end: int) -> int:
    """Where a party's entry ends: at a full stop not followed by more about it, or where the story begins."""
    position = inner
    while found := _BODY.search(flat, position, end):
        rest = flat[found.end() : end]
        if found.group() and re.match(
            rf"\s*(?:{_OTHER}|住|公民|统一社会|身份|组织机构|现住|户籍|注册地|{_DETAIL[3:-1]})", rest
        ):
            position = found.end()
            continue
        return found.start()
    return end


def _parties(text: str, flat: str, role: str, start: int, inner: int, end: int, known: list[str]) -> list[Party]:
    entry = flat[inner:end]
    first = re.split(r"[,。;\n(]", entry, maxsplit=1)[0]
    first = _RUN_ON.split(first, maxsplit=1)[0]
    written = [name for name in map(without_count, first.split("、")) if name]
    names = [_party_name(name, known) for name in written]
    if names and sum(map(len, names)) < sum(map(len, written)):
        # The name ran on into the story: nothing behind it is about the party.
        entry = entry[: entry.index(names[-1]) + len(names[-1])]
        end = inner + len(entry)
    details = entry[len(first) :]
    # What follows a representative's name is said of that person, but for the seat of the firm.
    represented = _REPRESENTS.search(details)
    own = details[: represented.start()] if represented else details
    legal = _LEGAL.search(entry)
    address = _ADDRESS.search(own) or (
        re.search(r"住所地:?(?P<address>[^,。;\n]{2,80})", details) if represented else None
    )
    sex = _SEX.search(own)
    id_no = _ID.search(own) or (_ID.search(details) if "统一社会信用" in details else None)
    evidence = "person" if sex or _PERSON.search(own) else "firm" if _FIRM.search(details) else ""
    return [
        Party(
            role=role,
            kind=kind_of(name, evidence if len(names) == 1 else ""),
            name=name,
            legal_rep=legal["name"] if legal and len(names) == 1 else "",
            address=_trim(address["address"]) if address and len(names) == 1 else "",
            sex={"男": "M", "女": "F"}[sex["sex"]] if sex and len(names) == 1 else "",
            birth=birth_of(own) if len(names) == 1 else None,
            id_no=id_no["id"] or id_no["other"] if id_no and len(names) == 1 else "",
            quote=make_quote(text, start, end),
            former_name=former_name_of(own) if len(names) == 1 else "",
            id_type=id_no["type"] or "" if id_no and len(names) == 1 else "",
        )
        for name in names
        if name
    ]


def kind_of(name: str, evidence: str = "") -> str:
    """Kind of a party by what is said of it (`person`, `firm` or ""), else by its name.

    The kinds are person, company (法人) and organisation (非法人组织).

    >>> kind_of("李某某1"), kind_of("某某包装有限责任公司"), kind_of("某某银行某某支行"), kind_of("某县甲乙布料商行")
    ('person', 'company', 'organisation', 'organisation')
    """
    if evidence == "person" or ("·" in name and not evidence):
        return "person"
    if not evidence and not _is_unit(name):
        return "person"
    if _LEGAL_PERSON.search(name):
        return "company"
    return "organisation" if _ORGANISATION.search(name) or not _UNIT.search(name) else "company"


def _is_unit(name: str) -> bool:
    """Whether the name alone is that of a unit: short names only with an unmistakable end."""
    if _MASKED.fullmatch(name) and not name.startswith("某"):
        return False
    if len(name) <= 3:
        return bool(re.search(r"(?:公司|银行|[厂店局])$", name)) or (
            name.startswith("某") and bool(_ENDS_UNIT.search(name))
        )
    return bool(_UNIT.search(name)) or (len(name) >= 5 and bool(_ENDS_UNIT.search(name)))


def _party_name(name: str, known: list[str]) -> str:
    """The name alone: what runs on behind it belongs to the next sentence, whose stop was lost."""
    name = name.strip()
    masked = _MASKED.match(name)
    if masked and not (name.startswith("某") and not _NO_FIRM.search(name)):
        rest = name[masked.end() :]
        return masked.group() if _cannot_be_firm_name(rest) and not rest.startswith("·") else name
    for other in known:
        at = name.find(other)
        if at > 1:
            name = name[:at]
    return name


def _cannot_be_firm_name(rest: str) -> bool:
    """Whether what follows 李某某 cannot belong to a firm's name (李某某建材店)."""
    return bool(_NO_FIRM.search(rest)) or not (_UNIT.search(rest) or _ENDS_UNIT.search(rest))


def _trim(address: str) -> str:
    """An address without a label that ran into it where a stop was lost."""
    return re.split(
        rf"{_OTHER}|(?<![同与列述])(?:申请执行人|被执行人)|公民身份|身份证|统一社会|联系电话", address, maxsplit=1
    )[0].strip()
