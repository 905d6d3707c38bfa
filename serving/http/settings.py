"""Settings of queue and service as rows: name, environment variable, default, one sentence. Read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.settings import MOST, number_setting
from models.selection import capacity, eligibility
from models.selection.policy import Policy


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; a value has the type of the default. A number lies between `least` and `most`."""

    name: str
    env: str
    default: str | int | float
    help: str
    least: int = 0
    most: int = MOST


_DEFAULT = Policy()
"""Where the defaults of the list come from."""

SETTINGS: tuple[Setting, ...] = (
    Setting("home", "GOLDENKEY_HOME", "home", "数据目录，存放数据池、业务库和模型。"),
    Setting("actor", "GOLDENKEY_ACTOR", "system", "命令行操作人，须在名册中且未停用。"),
    Setting(
        "capacity", capacity.SETTING, _DEFAULT.capacity, "每个院每季度的清单容量（件），回测和检查模型也按此数。", 1
    ),
    Setting(
        "min_probability",
        "GOLDENKEY_MIN_PROBABILITY",
        _DEFAULT.min_probability,
        "概率低于此值的案件只能经随机层进入清单。",
        most=1,
    ),
    Setting(
        "min_expected_yuan",
        "GOLDENKEY_MIN_EXPECTED_YUAN",
        _DEFAULT.min_expected_fen / 100,
        "预期收益（元）低于此值的案件不占该层名额。",
    ),
    Setting("share_small", "GOLDENKEY_SHARE_SMALL", _DEFAULT.small, "小标的层占清单容量的份额（小案不小办）。", most=1),
    Setting(
        "share_vulnerable", "GOLDENKEY_SHARE_VULNERABLE", _DEFAULT.vulnerable, "涉民生层占清单容量的份额。", most=1
    ),
    Setting("share_petitioned", "GOLDENKEY_SHARE_PETITIONED", _DEFAULT.petitioned, "信访层占清单容量的份额。", most=1),
    Setting(
        "share_random", "GOLDENKEY_SHARE_RANDOM", _DEFAULT.random, "随机层占清单容量的份额（建议 0.1 至 0.2）。", most=1
    ),
    Setting(
        "exploration",
        "GOLDENKEY_EXPLORATION",
        _DEFAULT.exploration,
        "随机层抽法：none、uniform（等概率）、stratified。",
    ),
    Setting("bins", "GOLDENKEY_EXPLORATION_BINS", _DEFAULT.bins, "stratified 抽法的分箱数。", 1),
    Setting(
        "least",
        "GOLDENKEY_EXPLORATION_LEAST",
        _DEFAULT.least,
        "stratified 抽法下每案的最低入选概率，以名额为限。",
        most=1,
    ),
    Setting("seed", "GOLDENKEY_SEED", 20240101, "随机层的种子，与院代码、截止日一起决定抽取结果。"),
    Setting("rest_days", eligibility.SETTING, eligibility.REST_DAYS, "审查终结后多少天内不再列入清单。"),
    Setting("threads", "GOLDENKEY_PREDICT_THREADS", 1, "一次评分使用的线程数，不影响结果。", 1),
    Setting("host", "GOLDENKEY_HOST", "127.0.0.1", "服务监听的地址。"),
    Setting("port", "GOLDENKEY_PORT", 3000, "服务监听的端口。", most=65535),
    Setting("workers", "GOLDENKEY_WORKERS", 1, "服务进程数。"),
    Setting("body_limit", "GOLDENKEY_BODY_LIMIT", 65536, "请求正文的最大字节数。", 1),
    Setting("batch_limit", "GOLDENKEY_BATCH_LIMIT", 200, "一次请求最多评分的案件数。", 1),
    Setting("session_hours", "GOLDENKEY_SESSION_HOURS", 8, "页面登录的有效小时数。", 1, 8760),
    Setting("request_seconds", "GOLDENKEY_REQUEST_SECONDS", 300, "一次请求最长的处理秒数。", 1, 86400),
)
"""Every setting of queue and service."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force; see `SETTINGS` for what each means."""

    home: Path
    actor: str
    policy: Policy
    seed: int
    rest_days: int
    threads: int
    host: str
    port: int
    workers: int
    body_limit: int
    batch_limit: int
    session_hours: int
    request_seconds: int


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read every setting from the environment.

    Raises:
        GoldenKeyError: a value has the wrong form or is out of its bounds, or shares exceed the whole.
    """
    environ = os.environ if environ is None else environ
    values = {setting.name: _value(setting, environ) for setting in SETTINGS}
    policy = Policy(
        capacity=values.pop("capacity"),
        min_probability=values.pop("min_probability"),
        min_expected_fen=round(values.pop("min_expected_yuan") * 100),
        small=values.pop("share_small"),
        vulnerable=values.pop("share_vulnerable"),
        petitioned=values.pop("share_petitioned"),
        random=values.pop("share_random"),
        exploration=values.pop("exploration"),
        bins=values.pop("bins"),
        least=values.pop("least"),
    )
    return Settings(home=Path(values.pop("home")), policy=policy, **values)


def _value(setting: Setting, environ: Mapping[str, str]) -> Any:
    if isinstance(setting.default, str):
        return environ.get(setting.env, "").strip() or setting.default
    return number_setting(setting.env, setting.default, setting.least, setting.most, environ)
