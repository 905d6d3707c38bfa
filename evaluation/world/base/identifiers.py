"""Invented names and identifiers: valid check digits, ranges that are never issued (docs/domain.md section 4.11)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base.chance import Array

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁沈任"
    "姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武莫孔向汤"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国文辉力志永健世广义兴良海山仁波宁贵福生龙"
    "元全胜学祥才发武新利清飞彬富顺信子昌成康星光天达安岩中茂进林有坚和彪博诚先敬震振壮会思群豪心邦承乐绍"
    "功松善厚庆民友裕河哲江浩亮政谦亨奇固之轮翰朗伯宏言若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰士以家致树炎德行时"
    "泰盛雄琛钧冠策腾"
)
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PLATE = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_VIN_WEIGHTS = np.array([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2])
_VIN_TEST = np.array([3, 5, 2, 3, 9, 9])  # transliteration of T E S T Z Z: 3 5 2 3 9 9


def join(*parts: Array | str) -> Array:
    """Row-wise concatenation of texts; a plain string is repeated on every row."""
    columns = [pa.scalar(part) if isinstance(part, str) else pa.array(part, pa.string()) for part in parts]
    return np.asarray(pc.binary_join_element_wise(*columns, "").to_numpy(zero_copy_only=False))


def digits(number: Array, width: int) -> Array:
    """Integers as text, zero-padded to `width`."""
    plain = pa.array(np.asarray(number, dtype=np.int64)).cast(pa.string())
    return np.asarray(pc.utf8_lpad(plain, width, "0").to_numpy(zero_copy_only=False))


def _matrix(number: Array, width: int) -> Array:
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return np.asarray(number)[:, None] // powers % 10


def surnames(rng: np.random.Generator, size: int) -> Array:
    """Random surnames, common ones more often."""
    weights = 1.0 / (np.arange(len(_SURNAMES)) + 6.0)
    return np.asarray(list(_SURNAMES), dtype=object)[rng.choice(len(_SURNAMES), size, p=weights / weights.sum())]


def given_names(rng: np.random.Generator, size: int) -> Array:
    """Random given names of one or two characters."""
    pool = np.asarray(list(_GIVEN), dtype=object)
    second = pool[rng.integers(0, len(pool), size)]
    return join(pool[rng.integers(0, len(pool), size)], np.where(rng.random(size) < 0.22, "", second))


def citizen_ids(quarter: int, counter: Array, birth: Array, male: Array) -> Array:
    """Citizen numbers of region 99xxxx, unique by (quarter, counter), with the GB 11643 check digit."""
    day = np.asarray(birth, dtype="datetime64[D]")
    month = day.astype("datetime64[M]")
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    number = year * 10_000 + (month.astype(np.int64) % 12 + 1) * 100 + (day - month).astype(np.int64) + 1
    region = 990_000 + (quarter % 100) * 100 + counter % 100
    order = (counter // 100 % 500) * 2 + male.astype(np.int64)
    body = _matrix(region * 100_000_000_000 + number * 1000 + order, 17)
    check = np.asarray(list("10X98765432"), dtype=object)[(body * _ID_WEIGHTS).sum(axis=1) % 11]
    return join(digits(region, 6), digits(number, 8), digits(order, 3), check)


def cards(quarter: int, bank: Array, counter: Array) -> Array:
    """19-digit cards starting 99 with a Luhn digit."""
    front = 990_000 + bank
    serial = (quarter % 100) * 10_000_000_000 + counter * 7 + 1_000_003
    body = np.concatenate([_matrix(front, 6), _matrix(serial, 12)], axis=1)
    doubled = body * np.where(np.arange(17, -1, -1) % 2 == 0, 2, 1)
    check = (10 - (doubled // 10 + doubled % 10).sum(axis=1) % 10) % 10
    return join(digits(front, 6), digits(serial, 12), digits(check, 1))


def accounts(quarter: int, bank: Array, counter: Array) -> Array:
    """Account numbers: 17 digits starting 99."""
    return join("99", digits(bank, 3), digits((quarter % 100) * 10_000_000_000 + counter * 13 + 5_000_011, 12))


def uscc(quarter: int, counter: Array) -> Array:
    """Unified social credit codes of region 99xxxx with both check characters (GB 32100, GB 11714)."""
    value = (quarter + 1) * 1_000_000 + counter
    front = np.array([9, 1, 9, 9, 0, 0, 0, 1, 21, 10])  # 91990001MA in the alphabet of the code
    tail = np.asarray(value)[:, None] // (31 ** np.arange(5, -1, -1, dtype=np.int64)) % 31
    code = np.concatenate([np.broadcast_to(front, (len(value), 10)), tail], axis=1)
    text = np.asarray(list(_USCC))
    plain = text[code]
    base36 = np.asarray([int(letter, 36) for letter in _USCC])[code[:, 8:16]]
    org = (11 - (base36 * np.array([3, 7, 9, 10, 5, 8, 4, 2])).sum(axis=1) % 11) % 11
    org_text = np.asarray(list("0123456789X"))[org]
    org_code = np.asarray([_USCC.index(letter) for letter in "0123456789X"])[org]
    full = np.concatenate([code, org_code[:, None]], axis=1)
    check = (31 - (full * (3 ** np.arange(17) % 31)).sum(axis=1) % 31) % 31
    rows = np.concatenate([plain, org_text[:, None], text[check][:, None]], axis=1)
    return _glued(rows)


def _glued(letters: Array) -> Array:
    """(rows, width) single characters joined to (rows,) texts."""
    width = letters.shape[1]
    return np.ascontiguousarray(letters.astype("U1")).view(f"U{width}").reshape(-1).astype(object)


def vins(quarter: int, counter: Array) -> Array:
    """Vehicle identification numbers TESTZZ… with a valid ninth character (GB 16735)."""
    tail = _matrix(np.asarray(counter) + quarter * 1_000_000, 8)
    head = np.broadcast_to(_VIN_TEST, (len(tail), 6))
    values = np.concatenate([head, np.zeros((len(tail), 3), dtype=np.int64), tail], axis=1)
    check = (values * _VIN_WEIGHTS).sum(axis=1) % 11
    letter = np.asarray(list("0123456789X"), dtype=object)[check]
    return join("TESTZZ00", letter, digits(np.asarray(counter) + quarter * 1_000_000, 8))


def plates(quarter: int, counter: Array) -> Array:
    """Plates 浙Z….. unique by (quarter, counter)."""
    number = ((quarter + 1) * 900_001 + np.asarray(counter)) * 7_654_321 % 34**5
    code = number[:, None] // (34 ** np.arange(4, -1, -1, dtype=np.int64)) % 34
    return join("浙Z", _glued(np.asarray(list(_PLATE))[code]))


def phones(quarter: int, counter: Array) -> Array:
    """Phone numbers starting 999."""
    number = ((quarter + 1) * 2_000_003 + np.asarray(counter)) * 61_803_399 % 99_999_989
    return join("999", digits(number, 8))
