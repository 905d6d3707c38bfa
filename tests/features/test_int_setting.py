"""Integer settings of the environment."""

from __future__ import annotations

import pytest

from features.errors import GoldenKeyError
from features.settings import int_setting


@pytest.mark.parametrize(
    ("environ", "value"), [({}, 7), ({"N": ""}, 7), ({"N": "  "}, 7), ({"N": " 12 "}, 12), ({"N": "2"}, 2)]
)
def test_a_setting_is_its_value_or_the_default(environ: dict[str, str], value: int) -> None:
    assert int_setting("N", 7, 2, environ) == value


@pytest.mark.parametrize("text", ["1", "-3", "2.5", "many", "٣", "0x10"])
def test_what_is_no_such_integer_is_refused_by_name(text: str) -> None:
    with pytest.raises(GoldenKeyError, match="环境变量 N 应为不小于 2 的整数"):
        int_setting("N", 7, 2, {"N": text})


def test_without_a_mapping_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDENKEY_TEST_SETTING", "31")
    assert int_setting("GOLDENKEY_TEST_SETTING", 1, 0) == 31
