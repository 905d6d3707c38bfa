"""Logarithm and exponential with the same bits on every x86 processor.

NumPy computes them with vector instructions where the processor has AVX-512, and its last bit then differs from
that of other processors: a recorded score would not replay on a newer server. Arrow calls the C library.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.scoring.head import Array


def log1p(values: Array) -> Array:
    """ln(1 + x) of every value > -1, in the shape given; NaN stays NaN."""
    return _by_the_c_library("log1p", values)


def exp(values: Array) -> Array:
    """e to the power of every value, in the shape given; NaN stays NaN."""
    return _by_the_c_library("exp", values)


def _by_the_c_library(function: str, values: Array) -> Array:
    flat = pa.array(np.ascontiguousarray(values, dtype=np.float64).reshape(-1))
    return np.asarray(pc.call_function(function, [flat]).to_numpy(zero_copy_only=False)).reshape(np.shape(values))
