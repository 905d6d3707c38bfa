"""Settings as rows: every row is used, has a sentence, and a wrong value is refused by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from features.errors import GoldenKeyError
from models.selection.capacity import resolve_capacity
from models.selection.eligibility import rest_days
from models.selection.policy import Policy
from serving.http.settings import SETTINGS, read_settings


def test_rows_have_names_of_their_own_and_a_sentence() -> None:
    assert len({row.name for row in SETTINGS}) == len({row.env for row in SETTINGS}) == len(SETTINGS)
    assert all(row.env.startswith("GOLDENKEY_") and row.help.endswith("。") for row in SETTINGS)


def test_without_settings_the_list_is_drawn_by_the_policy_as_it_ships() -> None:
    policy = read_settings({}).policy
    assert policy == Policy()
    assert (policy.min_probability, policy.min_expected_fen, policy.random) == (0.02, 100_000, 0.15)
    assert (policy.small, policy.vulnerable, policy.petitioned) == (0.10, 0.10, 0.10)
    assert (policy.capacity, policy.exploration, policy.bins, policy.least) == (40, "uniform", 8, 0.002)


def test_the_environment_overrides_defaults() -> None:
    settings = read_settings({"GOLDENKEY_CAPACITY": "25", "GOLDENKEY_MIN_EXPECTED_YUAN": "12.5", "GOLDENKEY_SEED": ""})
    assert (settings.policy.capacity, settings.policy.min_expected_fen, settings.seed) == (25, 1250, 20240101)


def test_the_exploration_is_a_setting() -> None:
    names = {"": "stratified", "_BINS": "5", "_LEAST": "0.004"}
    policy = read_settings({f"GOLDENKEY_EXPLORATION{name}": value for name, value in names.items()}).policy
    assert (policy.exploration, policy.bins, policy.least) == ("stratified", 5, 0.004)
    with pytest.raises(GoldenKeyError, match="bandit"):
        read_settings({"GOLDENKEY_EXPLORATION": "bandit"})


@pytest.mark.parametrize(
    ("env", "value"),
    [
        ("GOLDENKEY_CAPACITY", "四十"),
        ("GOLDENKEY_CAPACITY", "0"),
        ("GOLDENKEY_PORT", "-1"),
        ("GOLDENKEY_PORT", "65536"),
        ("GOLDENKEY_MIN_EXPECTED_YUAN", "inf"),
        ("GOLDENKEY_SESSION_HOURS", "99999999999"),
        ("GOLDENKEY_SHARE_RANDOM", "x"),
        ("GOLDENKEY_SHARE_RANDOM", "nan"),
    ],
)
def test_a_wrong_value_is_refused_by_name(env: str, value: str) -> None:
    with pytest.raises(GoldenKeyError, match=env):
        read_settings({env: value})


@pytest.mark.parametrize(
    ("env", "ask"),
    [("GOLDENKEY_REST_DAYS", rest_days), ("GOLDENKEY_CAPACITY", lambda environ: resolve_capacity(None, environ))],
)
@pytest.mark.parametrize("text", ["1e3", "0.5", "-1", "many"])
def test_service_and_command_refuse_a_setting_in_the_same_words(
    env: str, ask: Callable[[Mapping[str, str]], int], text: str
) -> None:
    sentences = set()
    for read in (read_settings, ask):
        with pytest.raises(GoldenKeyError) as refused:
            read({env: text})
        sentences.add(str(refused.value))
    assert len(sentences) == 1


def test_every_default_lies_within_its_bounds() -> None:
    numbers = [row for row in SETTINGS if not isinstance(row.default, str)]
    for row in numbers:
        read_settings({row.env: str(row.default)})
    assert len(numbers) > 10
