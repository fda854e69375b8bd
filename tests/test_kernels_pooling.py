"""What the operations rely on in the kernels of pooling, unpooling and normalization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from explorer.ops import (
    adaptive_average_pool,
    batch_norm,
    global_average_pool,
    global_max_pool,
    instance_norm,
    kmax_pool,
    lp_pool,
    max_pool,
    max_unpool,
    mean_pool,
    min_pool,
    sort_pool2d,
    stochastic_pool,
)
from explorer.ops import (
    input as input_conversion,
)
from explorer.ops.op import Op, no_tick
from kernels import bands as banding
from kernels.bands import bands


def _cases() -> list[Any]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 70, 67)).astype(np.float32)
    window = {"kernel": (3, 3), "stride": (2, 1), "padding": "same"}
    plane = np.broadcast_to(np.int8(0), (2, 3, 20, 21))
    places = rng.integers(0, 420, x.shape)
    white = np.ones((2, 1, 1, 1))
    return [
        pytest.param(max_pool.OP, (x,), max_pool.Params(**window), id="max pooling"),
        pytest.param(max_pool.OP, (x,), max_pool.Params(**window, ties="all"), id="max pooling, every tie"),
        pytest.param(min_pool.OP, (x.round(),), min_pool.Params(**window, ties="split"), id="min pooling, shared ties"),
        pytest.param(max_pool.OP, (x,), max_pool.Params(), id="max pooling of pairs"),
        pytest.param(mean_pool.OP, (x,), mean_pool.Params(**window), id="mean pooling"),
        pytest.param(lp_pool.OP, (x,), lp_pool.Params(**window, p=2.5), id="Lp pooling"),
        pytest.param(lp_pool.OP, (x,), lp_pool.Params(**window), id="L2 pooling"),
        pytest.param(stochastic_pool.OP, (abs(x),), stochastic_pool.Params(**window), id="stochastic pooling"),
        pytest.param(
            stochastic_pool.OP, (x,), stochastic_pool.Params(**window, mode="inference", rectify=True), id="expectation"
        ),
        pytest.param(max_unpool.OP, (x, places, plane), max_unpool.Params(), id="unpooling"),
        pytest.param(max_unpool.OP, (x, places, plane), max_unpool.Params("sum"), id="unpooling, sum"),
        pytest.param(batch_norm.OP, (x,), batch_norm.Params(), id="batch normalization"),
        pytest.param(instance_norm.OP, (x,), instance_norm.Params(), id="instance normalization"),
        pytest.param(global_average_pool.OP, (x,), global_average_pool.Params(), id="global average pooling"),
        pytest.param(global_max_pool.OP, (x,), global_max_pool.Params(), id="global max pooling"),
        pytest.param(adaptive_average_pool.OP, (x,), adaptive_average_pool.Params((33, 80)), id="adaptive pooling"),
        pytest.param(kmax_pool.OP, (x,), kmax_pool.Params(30), id="k-max pooling, width"),
        pytest.param(kmax_pool.OP, (x,), kmax_pool.Params(3, "height"), id="k-max pooling, height"),
        pytest.param(sort_pool2d.OP, (x,), sort_pool2d.Params(3), id="sort pooling"),
        pytest.param(
            input_conversion.OP, (x, white), input_conversion.Params(mode="grey", normalise="image"), id="input"
        ),
    ]


def _everything(op: Op, xs: Any, params: Any) -> list[Any]:
    weights = op.init(tuple(x.shape for x in xs), params, np.random.default_rng(1))
    ys, saved = op.forward(xs, weights, params, no_tick)
    rng = np.random.default_rng(2)
    gys = [rng.standard_normal(y.shape).astype(y.dtype) if y.dtype.kind == "f" else None for y in ys]
    gxs, gweights = op.backward(gys, saved, no_tick)
    return [*ys, *(gx for gx in gxs if gx is not None), *gweights.values()]


@pytest.mark.parametrize(("op", "xs", "params"), _cases())
def test_results_and_gradients_are_the_same_in_one_band_and_in_many(
    op: Op, xs: Any, params: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _everything(op, xs, params)
    monkeypatch.setattr(banding, "OPERATIONS", 1_000)
    for found, expected in zip(_everything(op, xs, params), whole, strict=True):
        assert_array_equal(found, expected)


@pytest.mark.parametrize(("op", "xs", "params"), _cases())
def test_results_and_gradients_are_the_same_on_one_thread_and_on_all(op: Op, xs: Any, params: Any) -> None:
    threads = numba.get_num_threads()
    expected = _everything(op, xs, params)
    numba.set_num_threads(1)
    try:
        found = _everything(op, xs, params)
    finally:
        numba.set_num_threads(threads)
    for one, other in zip(found, expected, strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize(("count", "cost"), [(1, 1), (7, 10**9), (10**9, 1), (12_345, 6_789)])
def test_bands_cover_the_work_once_with_a_tick_before_each(count: int, cost: int) -> None:
    ticks: list[None] = []
    tick: Callable[[], None] = lambda: ticks.append(None)  # noqa: E731
    ranges = list(bands(count, cost, tick))
    assert [first for first, _ in ranges] == [0, *(last for _, last in ranges[:-1])]
    assert ranges[-1][1] == count
    assert len(ticks) == len(ranges)
    assert all((last - first) * cost <= max(cost, banding.OPERATIONS) for first, last in ranges)
