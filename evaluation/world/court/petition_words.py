"""Invented petition texts: varied, vague, in dialect, with wrong characters and full-width digits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base import identifiers as ids
from evaluation.world.base.chance import Array, bernoulli

KINDS = ("车辆", "不动产", "银行存款", "保险", "公司股权", "工资收入", "公积金", "货物")
CAR, HOME, MONEY, POLICY, FIRM, WAGE, FUND, GOODS = range(len(KINDS))
_NAMED: dict[int, tuple[str, ...]] = {
    CAR: (
        "他平时开的车车牌是@，法院没有查封。",
        "名下没车？他天天开着@进进出出，我亲眼看到好几回。",
        "他老婆名下那辆@其实是他买的，一直他自己在开。",
        "伊开了部车子，牌照@，邻舍隔壁都晓得。",
        "车牌号@，晚上就停在他家楼下，你们去看一看就知道。",
        "有台车@，保险都是他交的，就是不登记在自己名下。",
    ),
    HOME: (
        "他在@有房子，一直有人住。",
        "他把@的房子过户给他儿子了，一分钱没收。",
        "房子地址：@，请求查封拍卖。",
        "伊屋里厢就在@，还租给别人收房租。",
        "@那套房子是他的，装修都是去年新做的。",
        "听他邻居说，@这套他早就买下了，写的别人名字。",
    ),
    MONEY: (
        "他的货款都打到@的卡上，可以去查流水。",
        "他用他老婆的卡收钱，@，我以前就是转到这张卡的。",
        "听说他把钱放在亲戚那里，@。",
        "钱么都在@里，他自己的卡上从来不放钱。",
    ),
    POLICY: ("他在@买了分红险，一年交好几万，可以退保还我。", "他给自己老婆孩子买了@的保险，有钱买保险没钱还债？"),
    FIRM: (
        "他外面还开着@，法人写的别人，其实就是他在管。",
        "@是他的厂，判决一下来就换了老板名字，人还是那批人。",
        "到@去看看，他天天坐在老板办公室里。",
    ),
    WAGE: ("他在@上班，每个月发工资，就是不走卡。", "他有工作的，单位是@，工资够还的。"),
    FUND: ("他单位有公积金，好多年没取过，法院咋不扣？", "他的住房公积金好几万，为啥不划？"),
    GOODS: ("他的货都放在朋友仓库里，随时在卖。", "他养的猪都寄在合伙人那边，说是别人的。"),
}
"""Sentences that name an asset; @ stands for its identifier."""
_VAGUE: dict[int, tuple[str, ...]] = {
    CAR: ("他平时开一辆黑色轿车，法院没有查封。", "伊换了部新车，勿晓得挂啥人名下。", "他还有台面包车在拉货。"),
    HOME: ("他在城里有房子，一直有人住。", "老家造了三间新屋。", "他搬到新小区去住了，房子肯定是他的。"),
    MONEY: ("听说他把钱放在亲戚那里，用亲戚的卡。", "钱都转给他老婆了。", "他收的都是现金和微信，账上当然没钱。"),
    POLICY: ("他给一家人都买了保险。", "听说他买了好多保险，可以退的。"),
    FIRM: ("他外面还有公司，换了个法人而已。", "生意照做，店面照开，就是名字换了。"),
    WAGE: ("他一直在上班，工资不走卡。", "他在外头打工有收入的。"),
    FUND: ("他单位有公积金，法院没去查。", "公积金社保都交着的人，会没钱？"),
    GOODS: ("他的货都放在朋友仓库里。", "机器设备都搬到别人厂里去了。"),
}
_WITHOUT_ASSET = (
    "法院说没有财产就结了，请帮忙监督。",
    "案子终本后一直没有人联系我，不知道还能不能执行。",
    "执行法官电话打不通，希望检察院过问。",
    "被执行人照样在外面过日子，钱一分没还。",
    "几年了一直拿不到钱，生活困难，请求监督。",
    "我跑了法院七八趟，回回都讲没得财产，哪个信嘛。",
    "老赖吃香喝辣，我看病的钱都没有，求求检察院的同志。",
    "请问我的案子现在是什么情况？裁定书我都没收到过。",
    "我打了官司赢了等于没赢。",
    "终本裁定没有送给我，也没找我谈过话。",
)
_OPENING = (
    "我是申请执行人，",
    "反映：",
    "你好，",
    "",
    "",
    "尊敬的检察官：",
    "检察院领导好，我欠条在手判决在手，",
    "代我父亲反映一下，",
)
_CLOSING = ("", "", "", "请求依法监督。", "望回复！！", "跪谢", "我的电话登记过的，随时可以问我。", "此致敬礼")
_SLIPS = (
    ("账户", "帐户"),
    ("被执行人", "被执形人"),
    ("查封", "查风"),
    ("法院", "发院"),
    ("登记", "登计"),
    ("已经", "己经"),
)
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def _choose_text(rng: np.random.Generator, options: tuple[str, ...], size: int) -> Array:
    return np.asarray(options, dtype=object)[rng.integers(0, len(options), size)]


def _text_of_kind(rng: np.random.Generator, table: dict[int, tuple[str, ...]], kind: Array) -> Array:
    every = np.asarray([table[number][turn % len(table[number])] for number in range(len(KINDS)) for turn in range(60)])
    return every.astype(object)[kind * 60 + rng.integers(0, 60, len(kind))]


def _replace_where(words: Array, mask: Array, old: str, new: str) -> Array:
    """The texts with `old` replaced by `new` where `mask`."""
    changed = pc.replace_substring(pa.array(words, pa.string()), pattern=old, replacement=new)
    return np.where(mask, changed.to_numpy(zero_copy_only=False), words).astype(object)


def _as_people_spell(rng: np.random.Generator, kind: Array, number: Array) -> Array:
    """Identifiers as people write them: plates with a dot, blank, hyphen or small letters, shortened addresses."""
    size = len(kind)
    how = rng.integers(0, 8, size)
    lower = pc.utf8_lower(pa.array(number, pa.string())).to_numpy(zero_copy_only=False)
    car, home = kind == CAR, kind == HOME
    words = np.where(car & (how == 0), lower, number).astype(object)
    for turn, mark in ((1, "浙Z·"), (2, "浙Z "), (3, "浙Z-")):
        words = _replace_where(words, car & (how == turn), "浙Z", mark)
    words = _replace_where(words, home & (how < 3), "浙东市", "")
    words = _replace_where(words, home & (how == 3), "室", "")
    return _replace_where(words, home & (how == 4), "号", "-")


def petition_texts(rng: np.random.Generator, kind: Array, number: Array, named: Array, exact: Array) -> Array:
    """Draw the text of each petition.

    `kind` indexes `KINDS`; `number` is the identifier; `named` flags who mentions an asset at all, `exact` who gives
    its identifier. Some mention other kinds of assets too.
    """
    size = len(kind)
    sentence = _text_of_kind(rng, _NAMED, kind)
    spelled = _as_people_spell(rng, kind, number)
    pieces = pc.split_pattern(pa.array(ids.join(sentence, "@"), pa.string()), "@", max_splits=2)
    before, after = (pc.list_element(pieces, place).to_numpy(zero_copy_only=False) for place in (0, 1))
    has_mark = np.asarray(pc.match_substring(pa.array(sentence, pa.string()), "@").to_numpy(zero_copy_only=False))
    exactly = ids.join(before, np.where(has_mark, spelled, "").astype(object), after)
    words = np.where(named, np.where(exact, exactly, _text_of_kind(rng, _VAGUE, kind)), "").astype(object)
    more = named & bernoulli(rng, 0.22, size)
    other = _text_of_kind(rng, _VAGUE, (kind + rng.integers(1, len(KINDS), size)) % len(KINDS))
    words = ids.join(words, np.where(more, other, ""))
    plain = np.where(bernoulli(rng, 0.85, size) | ~named, _choose_text(rng, _WITHOUT_ASSET, size), "").astype(object)
    first = bernoulli(rng, 0.6, size)
    body = ids.join(np.where(first, words, plain), np.where(first, plain, words))
    body = ids.join(_choose_text(rng, _OPENING, size), body, _choose_text(rng, _CLOSING, size))
    for old, new in _SLIPS:
        body = _replace_where(body, bernoulli(rng, 0.12, size), old, new)
    wide = bernoulli(rng, 0.09, size)
    for digit in "0123456789":
        body = _replace_where(body, wide, digit, digit.translate(_WIDE))
    return _replace_where(body, bernoulli(rng, 0.06, size), "，", " ")
