"""Filters of the page templates: values in their units, bars, signs, paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from serving.pages.templates import BAR_STEPS, TEMPLATES, format_value


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "元", "未取得"),
        (0.0, "是否", "否"),
        (1.0, "是否", "是"),
        (3022.46, "元", "3,022.46元"),
        (0.25, "比", "25.0%"),
        (3.0, "次", "3"),
        (2.0, "类", "2"),
        (1200.0, "天", "1,200天"),
        (1.5, "天", "1.5天"),
        (100.0, "天", "100天"),
        (0.0, "天", "0天"),
    ],
)
def test_values_in_their_units(value: float | None, unit: str, text: str) -> None:
    assert format_value(value, unit) == text


@given(st.floats(-1, 1), st.floats(1, 5))
def test_bars_are_within_their_steps_and_keep_the_proportion(value: float, largest: float) -> None:
    width = int(TEMPLATES.filters["bar"](value, largest).removeprefix("w"))
    assert 0 <= width <= BAR_STEPS
    assert abs(width / BAR_STEPS - abs(value) / largest) <= 0.5 / BAR_STEPS + 1e-9


def test_nothing_to_draw_is_an_empty_bar() -> None:
    assert TEMPLATES.filters["bar"](0.0, 0.0) == "w0"


@pytest.mark.parametrize(("value", "text"), [(0.123, "+0.12"), (-0.126, "-0.13"), (-0.001, "+0.00"), (0.0, "+0.00")])
def test_signed_contributions_have_no_negative_zero(value: float, text: str) -> None:
    assert TEMPLATES.filters["signed"](value) == text


def test_a_page_escapes_what_it_is_given_and_refuses_what_it_was_not() -> None:
    assert TEMPLATES.from_string("{{ name }}").render(name="<b>&") == "&lt;b&gt;&amp;"
    with pytest.raises(UndefinedError):
        TEMPLATES.from_string("{{ name }}").render()


def test_the_path_of_a_case_is_percent_encoded() -> None:
    assert TEMPLATES.filters["case_path"]("（2023）浙9901执1号 a") == (
        "/case/%EF%BC%882023%EF%BC%89%E6%B5%999901%E6%89%A71%E5%8F%B7%20a"
    )
