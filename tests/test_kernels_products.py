"""Products of matrices by tiles of registers, against the product in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.product_tile import product_rows
from kernels.tile import FILTERS
from kernels.vector_code import lanes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("channels", "quads", "vectors"), [(1, 1, 1), (5, 4, 1), (7, 3, 1), (3, 2, 2), (16, 3, 5), (2, 1, 6)]
)
def test_every_width_and_count_of_filters_is_multiplied_and_nothing_else_is_written(
    channels: int, quads: int, vectors: int, dtype: Any
) -> None:
    rng = np.random.default_rng(channels)
    vector = lanes(np.dtype(dtype).itemsize)
    n, filters = vectors * vector, quads * FILTERS
    u = rng.standard_normal((quads, channels, FILTERS)).astype(dtype)
    v = rng.standard_normal((channels, n + 3)).astype(dtype)
    m = rng.standard_normal((filters + 1, n + 5)).astype(dtype)
    expected = m.copy()
    expected[:filters, 2 : 2 + n] = np.einsum("qcf,cj->qfj", u.astype(np.float64), v[:, 1 : 1 + n]).reshape(filters, n)
    given = np.concatenate([np.full(7, np.nan, dtype), u.ravel()])
    product_rows(m.ravel(), 2, n + 5, v.ravel(), 1, n + 3, n, vector, channels, given, 7, quads)
    np.testing.assert_allclose(m, expected, rtol=0, atol=np.finfo(dtype).eps * 40 * channels)
