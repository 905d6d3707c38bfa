"""The capacity of a list: what is given, then the setting, then the default."""

from __future__ import annotations

import pytest

from features.errors import GoldenKeyError
from models.selection.capacity import CAPACITY, SETTING, resolve_capacity


def test_what_is_given_wins_then_the_setting_then_forty() -> None:
    assert resolve_capacity(7, {SETTING: "20"}) == 7
    assert resolve_capacity(None, {SETTING: "20"}) == 20
    assert resolve_capacity(None, {}) == CAPACITY == 40
    for given, text in ((None, "0"), (None, "many"), (0, "")):
        with pytest.raises(GoldenKeyError, match="整数"):
            resolve_capacity(given, {SETTING: text})
