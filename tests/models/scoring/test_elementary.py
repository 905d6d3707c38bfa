"""Logarithm and exponential of scores: the C library's bits, whatever the processor."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scoring.elementary import exp, log1p

ROOT = Path(__file__).parents[3]
AMOUNTS = st.lists(st.floats(0, 1e18) | st.just(math.nan), max_size=40)
EXPONENTS = st.lists(st.floats(-700, 700) | st.just(math.nan), max_size=40)


@given(AMOUNTS)
def test_logarithms_are_those_of_the_c_library(values: list[float]) -> None:
    np.testing.assert_array_equal(log1p(np.array(values, dtype=np.float64)), [math.log1p(value) for value in values])


@given(EXPONENTS)
def test_exponentials_are_those_of_the_c_library(values: list[float]) -> None:
    np.testing.assert_array_equal(exp(np.array(values, dtype=np.float64)), [math.exp(value) for value in values])


@pytest.mark.parametrize("shape", [(5,), (0, 3), (4, 3)])
def test_the_shape_is_kept_whatever_the_order_in_memory(shape: tuple[int, ...]) -> None:
    values = np.asfortranarray(np.full(shape, 2.0))
    assert log1p(values).shape == shape
    assert (exp(values) == math.exp(2.0)).all()


SCORE = """
import hashlib, sys
sys.path[:0] = [".", "tests/helpers"]
from little_model import little_matrix
from made_home import written_model
model = written_model()
rows = little_matrix(rows=3000, columns=len(model.columns)).set_axis(list(model.columns), axis=1)
shares = model.concealment.contributions(rows).tobytes()
print(hashlib.sha256(shares + model.score(rows).to_csv(float_format=float.hex).encode()).hexdigest())
"""


@pytest.mark.long
def test_a_score_has_the_same_bits_without_the_widest_vector_instructions() -> None:
    # On a processor without AVX-512 both runs are alike, and the test says nothing.
    narrow = {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"}
    digests = {
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SCORE],
            env=os.environ | environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for environment in ({}, narrow)
    }
    assert len(digests) == 1
