"""Scenario: the list of dishonest debtors, deaths of debtors, and refusal after punishment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.world.base.chance import NEVER, Array, bernoulli, choice, choice_by_row, randint, repeat_text, where
from evaluation.world.population.docket import PAID
from evaluation.world.population.people import CHILD, DEBTOR, INLAW, PARENT, SPOUSE
from evaluation.world.stage import court_log
from evaluation.world.stage.court_log import CourtLog, EventPart
from evaluation.world.stage.stage import Stage

_TERM = 730
"""Days a debtor stays on the list where nothing lengthens it: two years."""
BEFORE, UNSOUGHT, SOUGHT, AFTER = range(4)


def simulate_sanctions(stage: Stage) -> None:
    """Simulate deaths, missing listings, removals from the list, and refusals."""
    log = court_log.read_log(stage.spool, stage.docket)
    dead = _simulate_deaths(stage, log)
    _record_missing_listings(stage, log, dead)
    _simulate_removals(stage, log, dead)
    _simulate_refusals(stage, log)


def _record_missing_listings(stage: Stage, log: CourtLog, dead: Array) -> None:
    """Record debtors on no list who never reported though ordered to (real), and some who did report (look-alike)."""
    rng, docket = stage.rng("lists"), stage.docket
    size, who = len(docket), stage.court.subject
    order, report = log.first_days("RPT_ORDER", size, who), log.first_days("RPT_CONTENT", size, who)
    listed = log.first_days("DISHONEST", size, who)
    row = stage.episodes
    open_ = row[(listed[row] == NEVER) & (order[row] < NEVER) & ~dead[row]]
    real = open_[report[open_] == NEVER]
    stage.record_acts("credit_list", real, True, docket.closed[real])
    calm = open_[(report[open_] < NEVER) & bernoulli(rng, 0.35, len(open_))]
    stage.record_acts("credit_list", calm, False, docket.closed[calm])


def _first_case_rows(stage: Stage) -> Array:
    """Docket row of the first case of each row's chain, -1 where it is not on the docket."""
    docket = stage.docket
    place = pc.index_in(pa.array(docket.chain, pa.string()), value_set=pa.array(docket.case_no, pa.string()))
    return np.asarray(pc.fill_null(place, -1).to_numpy().astype(np.int64))


def _simulate_removals(stage: Stage, log: CourtLog, dead: Array) -> None:
    """Listings and limits that end when the debt is paid or the term is over: in time, late or never."""
    rng, docket = stage.rng("removals"), stage.docket
    root = _first_case_rows(stage)
    settled = np.full(len(docket), NEVER)
    paid_off = np.flatnonzero((docket.mode == PAID) & (root >= 0))
    np.minimum.at(settled, root[paid_off], docket.closed[paid_off])
    careless = bernoulli(rng, stage.knob("sanctions.careless"), len(docket))
    slow = randint(rng, 15, 120, len(docket))
    left = bernoulli(rng, 0.5, len(docket))
    at = log.positions("DISHONEST", "LIMIT")
    chain = np.maximum(root[log.row[at]], 0)
    alive = (log.ended[at] == NEVER) & ~dead[chain]
    paid = alive & (settled[chain] < NEVER) & (log.day[at] < settled[chain])
    late = careless[chain] & (rng.random(len(at)) < 0.95)
    day = settled[chain] + np.where(late, slow[chain], randint(rng, 0, 3, len(at)))
    ends = np.flatnonzero(paid & ~(late & left[chain]))
    court_log.end_events(stage, log, at[ends], day[ends], {"reason": "已履行完毕"})
    first = docket.terminated & (docket.parent < 0)
    listed = paid & (log.code[at] == "DISHONEST") & first[log.row[at]]
    mine = np.flatnonzero(listed)
    stage.record_acts("credit_list", log.row[at[mine]], late[mine], settled[chain[mine]])
    _simulate_expired_listings(rng, stage, log, at[alive & ~paid & (log.code[at] == "DISHONEST")], root)


def _simulate_expired_listings(rng: np.random.Generator, stage: Stage, log: CourtLog, at: Array, root: Array) -> None:
    """Listings older than two years: removed at the term, removed late, lengthened by a decision, or left standing."""
    docket = stage.docket
    over = log.day[at] + _TERM
    at = at[over < stage.plan.calendar.end - 20]
    row, over, size = log.row[at], log.day[at] + _TERM, len(at)
    fate = choice_by_row(rng, np.tile([0.13, 0.08, 0.66, 0.13], (size, 1)))
    day = over + np.where(fate == 1, randint(rng, 20, 100, size), randint(rng, -4, 2, size))
    ends = np.flatnonzero((fate == 1) | (fate == 2))
    court_log.end_events(stage, log, at[ends], day[ends], {"reason": "期限届满"})
    longer = np.flatnonzero(fate == 3)
    more: dict[str, Array | str | int] = {
        "expiry_date": over[longer] + 365,
        "result": "延长失信期限",
        "reason": "违反财产报告制度情节严重",
    }
    stage.add_events("SX", [(row[longer], "DISHONEST", over[longer] - randint(rng, 3, 30, len(longer)), more)])
    first = np.maximum(root[row], 0)
    mine = np.flatnonzero(docket.terminated[first] & (root[row] >= 0))
    stage.record_acts("credit_list", first[mine], fate[mine] <= 1, over[mine])


def _simulate_deaths(stage: Stage, log: CourtLog) -> Array:
    """Debtors who die: before being sanctioned, without or with a search for the estate, or after the termination.

    Returns:
        (docket rows,) whether the debtor is dead.
    """
    rng, docket, people = stage.rng("deaths"), stage.docket, stage.cohort.people
    size, who = len(docket), stage.court.subject
    row = stage.episodes
    _, first = np.unique(docket.household[row], return_index=True)
    row = row[np.sort(first)]
    old = (docket.closed[row] - people.birth[docket.household[row], DEBTOR]) / 365.25
    chance = stage.knob("sanctions.dead") * np.clip((old - 18) / 26, 0.2, 2.4)
    row = row[(rng.random(len(row)) < np.where(stage.conceals(row), 0.3, 1.0) * chance) | docket.dead[row]]
    h, size_ = docket.household[row], len(row)
    filed, closed = docket.filed[row], docket.closed[row]
    punished = np.minimum(log.first_days("LIMIT", size, who)[row], log.first_days("DISHONEST", size, who)[row])
    fate = choice_by_row(rng, np.tile([0.28, 0.22, 0.3, 0.2], (size_, 1)))
    fate = np.where((fate == BEFORE) & (punished == NEVER), UNSOUGHT, fate)
    fate = np.where(docket.dead[row] & (fate == AFTER), UNSOUGHT, fate)
    within = filed + 30 + (np.maximum(closed - filed - 75, 1) * rng.random(size_)).astype(np.int64)
    died = np.select(
        [fate == BEFORE, fate == AFTER],
        [punished - randint(rng, 2, 45, size_), closed + randint(rng, 3, 45, size_)],
        np.maximum(within, np.where(punished < closed - 40, punished + 3, within)),
    )
    has_record = np.zeros(len(people), dtype=bool)
    has_record[h] = True
    inquiries = stage.inquire("死亡登记", "D", "death", has_record)
    place = np.full(len(people), -1)
    place[h] = np.arange(size_)
    asked = np.flatnonzero(has_record[inquiries.h])
    asked = asked[died[place[inquiries.h[asked]]] <= inquiries.answered[asked] - 3]
    at, answered = place[inquiries.h[asked]], inquiries.answered[asked]
    burnt = died[at] + randint(rng, 1, 6, len(at))
    rows = {
        "person_id": people.id_no[h[at], DEBTOR],
        "name": people.name[h[at], DEBTOR],
        "died_on": died[at],
        "cremated_on": np.where(bernoulli(rng, 0.8, len(at)) & (burnt <= answered), burnt, NEVER),
        "origin": repeat_text("殡葬管理", len(at)),
    }
    stage.spool.add("death", rows, answered)
    _write_estate_events(rng, stage, log, row[fate == SOUGHT], died[fate == SOUGHT])
    stage.record_acts("dead_debtor", row, fate <= UNSOUGHT, died)
    dead = np.zeros(size, dtype=bool)
    dead[row] = True
    return dead


def _write_estate_events(rng: np.random.Generator, stage: Stage, log: CourtLog, row: Array, died: Array) -> None:
    """What a careful court does on a death: end the measures, search for the estate, join an heir to the case."""
    docket, people = stage.docket, stage.cohort.people
    day = np.full(len(docket), NEVER)
    day[row] = died
    at = log.positions("LIMIT", "DISHONEST")
    at = at[(day[log.row[at]] < NEVER) & (log.ended[at] == NEVER)]
    at = at[log.day[at] <= day[log.row[at]]]
    court_log.end_events(stage, log, at, day[log.row[at]] + randint(rng, 4, 25, len(at)), {"reason": "被执行人死亡"})
    sought = np.minimum(died + randint(rng, 6, 35, len(row)), docket.closed[row] - 2)
    words: dict[str, Array | str | int] = {"result": "已调查", "detail": "遗产;继承人", "reason": "被执行人死亡"}
    stage.add_events("YC", [(row, "INVEST", np.maximum(sought, died + 1), words)])
    h = docket.household[row]
    heir = np.select([people.present[h, slot] for slot in (CHILD, SPOUSE, PARENT)], [CHILD, SPOUSE, PARENT], INLAW)
    joins = np.flatnonzero((heir != INLAW) & bernoulli(rng, 0.45, len(row)))
    size, at_h, slot = len(joins), h[joins], heir[joins]
    party = {
        "case_no": docket.case_no[row[joins]],
        "party_no": np.full(size, 6),
        "role": repeat_text("第三人", size),
        "kind": repeat_text("自然人", size),
        "name": people.name[at_h, slot],
        "id_type": repeat_text("居民身份证", size),
        "id_no": people.id_no[at_h, slot],
        "special": repeat_text("继承人", size),
    }
    stage.spool.add("party", party, sought[joins] + 20)


@dataclass(frozen=True)
class _Punished:
    """Debtors fined or detained, and how they behave afterwards; every array is (episodes,).

    Attributes:
        row: docket row. when: day of the first fine or detention, NEVER for none.
        fresh, stubborn, tamed: flags of debtors punished in this scenario who go on concealing, go on refusing, or
            cooperate. act: day around which a concealing household acts. runs: it conceals while the case is open.
    """

    row: Array
    when: Array
    fresh: Array
    stubborn: Array
    tamed: Array
    act: Array
    runs: Array

    @property
    def real(self) -> Array:
        """Refuses after having been punished."""
        return np.asarray(self.stubborn | (self.runs & (self.when < self.act) & (self.when < NEVER)))


def _simulate_refusals(stage: Stage, log: CourtLog) -> None:
    """Debtors who go on refusing after a fine or detention (some go to the police), and those who then cooperate.

    The order of the random draws must not change: it decides the world.
    """
    rng = stage.rng("refusals")
    punished = _draw_punished(rng, stage, log)
    parts = _punishments(rng, punished)
    after = np.where(
        punished.stubborn,
        punished.when + randint(rng, 10, 60, len(punished.row)),
        np.maximum(punished.act, punished.when + 1) + randint(rng, 3, 40, len(punished.row)),
    )
    parts += _refused_again(rng, stage, punished, after)
    parts += _cooperation(rng, stage, punished)
    court_log.write_events(stage, "CF", parts, "未核实")
    mine = np.flatnonzero(punished.when < NEVER)
    day = np.where(punished.real, after, punished.when)[mine]
    stage.record_acts("refusal_crime", punished.row[mine], punished.real[mine], day)


def _draw_punished(rng: np.random.Generator, stage: Stage, log: CourtLog) -> _Punished:
    """Draw who is fined or detained, when, and how each behaves afterwards."""
    docket, conduct = stage.docket, stage.conduct
    row = stage.episodes
    h, size = docket.household[row], len(row)
    filed, closed, act = docket.filed[row], docket.closed[row], conduct.act[h]
    known = np.minimum(log.first_days("FINE", len(docket))[row], log.first_days("DETENTION", len(docket))[row])
    free = known == NEVER
    runs = stage.conceals(row) & (act > filed + 22) & (act < closed + 40)
    fresh = free & bernoulli(rng, np.where(runs, stage.knob("sanctions.refused"), 0.0), size)
    stubborn = ~runs & free & bernoulli(rng, stage.knob("sanctions.stubborn"), size)
    tamed = ~runs & ~stubborn & free & bernoulli(rng, stage.knob("sanctions.tamed"), size)
    inside = filed + 25 + ((closed - filed - 45) * rng.uniform(0.0, 0.55, size)).astype(np.int64)
    until = np.minimum(np.maximum(act - randint(rng, 4, 45, size), filed + 12), closed - 12)
    when = np.where(fresh, until, np.where(stubborn | tamed, inside, known))
    return _Punished(row, when, fresh, stubborn, tamed, act, runs)


def _punishments(rng: np.random.Generator, punished: _Punished) -> list[EventPart]:
    """Fines and detentions that the log does not hold yet."""
    size = len(punished.row)
    hit = np.flatnonzero(punished.fresh | punished.stubborn | punished.tamed)
    fined = bernoulli(rng, 0.55, size)
    why = choice(rng, ["拒不报告财产", "违反限制消费令", "妨碍执行"], [0.5, 0.2, 0.3], size)
    at, detained = hit[fined[hit]], hit[~fined[hit]]
    sums = randint(rng, 5, 60, len(at)) * 10_000
    fine: dict[str, Array | str | int] = {"reason": why[at], "amount": sums, "result": "已决定罚款"}
    detention: dict[str, Array | str | int] = {
        "reason": why[detained],
        "amount": np.full(len(detained), -1),
        "result": "拘留十五日",
    }
    return [
        (punished.row[at], "FINE", punished.when[at], fine),
        (punished.row[detained], "DETENTION", punished.when[detained], detention),
    ]


def _refused_again(rng: np.random.Generator, stage: Stage, punished: _Punished, after: Array) -> list[EventPart]:
    """What the court logs of a refusal after the punishment: a further detention or a clue, some sent to the police."""
    row = punished.row
    refused = np.flatnonzero(punished.real & (after < stage.docket.closed[row]))
    say = where(punished.stubborn[refused], "仍拒不腾退和报告财产", "受处罚后仍转移财产")
    again, moved = bernoulli(rng, 0.55, len(refused)), bernoulli(rng, 0.35, len(refused))
    second, reported, third = refused[again], refused[~again], refused[moved]
    detention: dict[str, Array | str | int] = {"reason": say[again], "result": "拘留十五日"}
    clue: dict[str, Array | str | int] = {"detail": say[~again], "result": "已核实", "end_date": after[reported] + 3}
    sent: dict[str, Array | str | int] = {
        "other_name": "浙东市公安局",
        "result": "已移送",
        "reason": "涉嫌拒不执行判决、裁定罪",
    }
    return [
        (row[second], "DETENTION", after[second], detention),
        (row[reported], "CLUE", after[reported], clue),
        (row[third], "CRIME_XFER", after[third] + randint(rng, 3, 40, len(third)), sent),
    ]


def _cooperation(rng: np.random.Generator, stage: Stage, punished: _Punished) -> list[EventPart]:
    """Events of debtors who cooperate after the punishment: income reported, a part paid and paid out."""
    docket, calm = stage.docket, np.flatnonzero(punished.tamed)
    row = punished.row[calm]
    owed = (docket.due - docket.paid)[row]
    paid = np.minimum((owed * rng.beta(1.5, 8.0, len(calm))).astype(np.int64) + 50_000, owed // 5)
    came = np.minimum(punished.when[calm] + randint(rng, 2, 16, len(calm)), docket.closed[row] - 3)
    report: dict[str, Array | str | int] = {"asset_kind": "收入", "amount": paid, "result": "有财产申报"}
    return [
        (row, "RPT_CONTENT", came, report),
        (row, "PAY_IN", came + 1, {"amount": paid, "reason": "被执行人具结悔过后缴纳"}),
        (row, "PAY_OUT", came + randint(rng, 5, 26, len(calm)), {"amount": paid}),
    ]


__all__ = ["simulate_sanctions"]
