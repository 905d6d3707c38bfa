"""Petitions: who complains of which case, in which words, and whether they name an asset (rightly or not)."""

from __future__ import annotations

import numpy as np

from evaluation.world import identifiers as ids
from evaluation.world.chance import NEVER, Array, between, happens, pick, stream, text
from evaluation.world.config import Knobs
from evaluation.world.holdings import Rows
from evaluation.world.proceedings import Scene
from evaluation.world.ways import CONCEALED, MISSED

_CHANNELS = ["12309网上", "电话", "来信", "来访", "综治中心", "政法委转办", "法院移送"]
_PLAIN = (
    "法院说没有财产就结了，请帮忙监督。",
    "案子终本后一直没有人联系我，不知道还能不能执行。",
    "执行法官电话打不通，希望检察院过问。",
    "被执行人照样在外面过日子，钱一分没还。",
    "几年了一直拿不到钱，生活困难，请求监督。",
)
_TOPICS = ("消极执行", "遗漏财产", "转移财产", "其他")


def _asset(rng: np.random.Generator, scene: Scene, house: Array, right: Array) -> tuple[Array, Array]:
    """Kind and identifier a petitioner names: a thing of the household if right, somebody else's if not."""
    size = len(house)
    other = rng.integers(0, len(scene.people), size)
    aim = np.where(right, house, other)
    car = np.full(len(scene.people), -1)
    car[scene.vehicles["h"]] = np.arange(len(scene.vehicles["h"]))
    home = np.full(len(scene.people), -1)
    home[scene.realty["h"]] = np.arange(len(scene.realty["h"]))
    has_car, has_home = car[aim] >= 0, home[aim] >= 0
    plate, place = scene.vehicles["plate"][car[aim]], scene.realty["location"][home[aim]]
    use_car = has_car & ((rng.random(size) < 0.6) | ~has_home)
    use_home = has_home & ~use_car
    kind = np.select([use_car, use_home], ["车辆", "不动产"], "存款").astype(object)
    return kind, np.where(use_car, plate, np.where(use_home, place, "")).astype(object)


def _words(rng: np.random.Generator, kind: Array, number: Array, named: Array, exact: Array) -> Array:
    plain = np.asarray(_PLAIN, dtype=object)[rng.integers(0, len(_PLAIN), len(kind))]
    opening = pick(rng, ["我是申请执行人，", "反映：", "你好，", ""], None, len(kind))
    car = ids.join("他平时开的车是", np.where(exact, number, "一辆黑色轿车"), "，法院没有查封。")
    home = ids.join("他在", np.where(exact, number, "城里"), "有房子，一直有人住。")
    money = text("听说他把钱放在亲戚那里，用亲戚的卡。", len(kind))
    said = np.select([kind == "车辆", kind == "不动产"], [car, home], money).astype(object)
    return ids.join(opening, np.where(named, said, ""), plain)


def petitions(knobs: Knobs, seed: int, quarter: int, scene: Scene) -> tuple[Rows, Array]:
    """Rows of the table `petition` with the day each becomes known; answers come as later versions."""
    rng = stream(seed, quarter, "petitions")
    docket = scene.docket
    row = np.flatnonzero((docket.petition < NEVER) & (docket.petition < scene.resumed))
    more = row[happens(rng, 0.28, len(row))]
    day = np.concatenate([docket.petition[row], docket.petition[more] + between(rng, 20, 260, len(more))])
    row = np.concatenate([row, more])
    size = len(row)
    house = docket.household[row]
    kind = scene.conduct.kind[house]
    hidden = np.isin(kind, [CONCEALED, MISSED])
    named = rng.random(size) < np.where(
        hidden, knobs.real("petitions.names_asset_hidden"), knobs.real("petitions.names_asset_other")
    )
    exact = named & happens(rng, 0.55, size)
    sort, number = _asset(rng, scene, house, happens(rng, knobs.real("petitions.right"), size))
    answered = day + between(rng, 2, 9, size)
    rows: Rows = {
        "pet_id": ids.join(f"XF{quarter:03d}", ids.digits(np.arange(size), 6)),
        "channel": pick(rng, _CHANNELS, [0.3, 0.22, 0.13, 0.14, 0.12, 0.05, 0.04], size),
        "recv_date": day,
        "case_no": docket.case_no[row],
        "petitioner_role": np.where(rng.random(size) < 0.93, "申请执行人", "申请执行人亲属").astype(object),
        "text": _words(rng, sort, number, named, exact),
        "topic": np.where(named, "转移财产", pick(rng, list(_TOPICS), [0.6, 0.14, 0.08, 0.18], size)).astype(object),
        "asset_kind": np.where(named, sort, "").astype(object),
        "asset_id": np.where(exact, number, "").astype(object),
        "reply_7d_date": np.full(size, NEVER),
        "result_3m_date": np.full(size, NEVER),
        "status": text("办理中", size),
    }
    done = day + between(rng, 40, 100, size)
    later = {**rows, "reply_7d_date": answered, "result_3m_date": done, "status": text("已答复", size)}
    return {name: np.concatenate([rows[name], later[name]]) for name in rows}, np.concatenate([day + 1, done + 1])
