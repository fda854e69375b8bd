"""What the operation relies on in the kernels of convolution: sizes that fill blocks, bands, tiles and calls."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from convolving import back
from numpy.testing import assert_allclose, assert_array_equal

from explorer.ops.op import Cancelled, no_tick
from kernels import convolution, convolution_weights, weight_products
from kernels.convolution import convolve
from kernels.convolution_weights import bias_gradient, weight_gradient

LAYERS = {
    "a wide row": (1, 1, 3, 1200, 5, 3, 3, (1, 1), (1, 1), 1),
    "more channels than a block": (2, 6, 9, 40, 9, 3, 3, (1, 1), (1, 1), 1),
    "groups and stride": (1, 6, 11, 37, 8, 3, 4, (2, 3), (1, 1), 2),
    "a dilated window": (1, 2, 30, 33, 4, 3, 3, (1, 1), (9, 7), 1),
    "a large kernel": (1, 1, 20, 21, 1, 11, 13, (1, 1), (1, 1), 1),
    "a stride beyond the kernel": (1, 2, 40, 41, 3, 2, 2, (7, 5), (1, 1), 1),
    "many channels, several bins": (1, 16, 29, 37, 17, 3, 3, (1, 1), (1, 1), 1),
    "many channels in groups": (2, 32, 9, 11, 34, 2, 3, (2, 3), (3, 1), 2),
    "many channels, each tap by itself": (1, 24, 12, 13, 16, 3, 2, (1, 2), (1, 2), 1),
    "depthwise": (1, 5, 17, 18, 5, 3, 3, (1, 1), (1, 1), 5),
    "depthwise, two filters a channel": (2, 3, 6, 19, 6, 3, 3, (1, 1), (1, 1), 3),
}
layers = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())


def _made(layer: Any, dtype: Any = np.float64) -> tuple[Any, ...]:
    images, channels, height, width, filters, kh, kw, stride, dilation, groups = layer
    rng = np.random.default_rng(0)
    pads = (kh // 2, kw // 2, kh - 1, 2)
    rows = (height + pads[0] + pads[2] - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    columns = (width + pads[1] + pads[3] - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    x = rng.standard_normal((images, channels, height, width)).astype(dtype)
    w = rng.standard_normal((filters, channels // groups, kh, kw)).astype(dtype)
    b = rng.standard_normal(filters).astype(dtype)
    gy = rng.standard_normal((images, filters, rows, columns)).astype(dtype)
    return x, w, b, gy, (stride, dilation, pads, groups)


def _everything(layer: Any, dtype: Any = np.float64, tick: Any = no_tick) -> list[Any]:
    x, w, b, gy, moves = _made(layer, dtype)
    y, gx, gw, gb = (np.full_like(array, np.nan) for array in (gy, x, w, b))
    convolve(x, w, b, y, *moves, tick)
    back(convolution.gradient_plan, gy, w, gx, *moves, tick)
    weight_gradient(x, gy, gw, *moves, tick)
    bias_gradient(gy, gb)
    return [y, gx, gw, gb]


def _straight(layer: Any) -> list[Any]:
    """The same, tap by tap over whole maps."""
    x, w, b, gy, (stride, dilation, pads, groups) = _made(layer)
    height, width = x.shape[2:]
    filters, of_group, kh, kw = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), pads[::2], pads[1::2]))
    back, gw = np.zeros_like(padded), np.zeros_like(w)
    y = np.zeros_like(gy) + b[:, None, None]
    for g in range(groups):
        cs, ks = slice(g * of_group, (g + 1) * of_group), slice(g * filters // groups, (g + 1) * filters // groups)
        for u in range(kh):
            for v in range(kw):
                rows = slice(u * dilation[0], u * dilation[0] + (gy.shape[2] - 1) * stride[0] + 1, stride[0])
                columns = slice(v * dilation[1], v * dilation[1] + (gy.shape[3] - 1) * stride[1] + 1, stride[1])
                seen = padded[:, cs, rows, columns]
                y[:, ks] += np.einsum("ncij,kc->nkij", seen, w[ks, :, u, v])
                gw[ks, :, u, v] = np.einsum("ncij,nkij->kc", seen, gy[:, ks])
                back[:, cs, rows, columns] += np.einsum("nkij,kc->ncij", gy[:, ks], w[ks, :, u, v])
    gx = back[:, :, pads[0] : pads[0] + height, pads[1] : pads[1] + width]
    return [y, gx, gw, gy.sum(axis=(0, 2, 3))]


@layers
@pytest.mark.parametrize("scratch", [convolution.SCRATCH_BYTES, 1 << 11], ids=["usual scratch", "small scratch"])
def test_results_and_gradients_are_those_of_whole_maps(
    layer: Any, scratch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convolution, "SCRATCH_BYTES", scratch)
    for found, expected in zip(_everything(layer), _straight(layer), strict=True):
        assert_allclose(found, expected, rtol=1e-11, atol=1e-11)


@layers
def test_results_and_gradients_are_the_same_in_one_call_and_in_many(
    layer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _everything(layer, np.float32)
    monkeypatch.setattr(convolution, "CALL_OPERATIONS", 1)
    monkeypatch.setattr(convolution_weights, "CALL_OPERATIONS", 1)
    monkeypatch.setattr(weight_products, "CALL_OPERATIONS", 1)
    for found, expected in zip(_everything(layer, np.float32), whole, strict=True):
        assert_array_equal(found, expected)


@layers
def test_results_and_gradients_are_the_same_on_one_thread_and_on_all(layer: Any) -> None:
    threads = numba.get_num_threads()
    expected = _everything(layer, np.float32)
    numba.set_num_threads(1)
    try:
        found = _everything(layer, np.float32)
    finally:
        numba.set_num_threads(threads)
    for one, other in zip(found, expected, strict=True):
        assert_array_equal(one, other)


def test_each_gradient_is_the_adjoint_of_the_convolution() -> None:
    for layer in LAYERS.values():
        x, w, _, gy, _ = _made(layer)
        y, gx, gw, _ = _everything(layer)
        y = y - _made(layer)[2][:, None, None]
        assert_allclose((gy * y).sum(), (gx * x).sum(), rtol=1e-10)
        assert_allclose((gy * y).sum(), (gw * w).sum(), rtol=1e-10)


def test_small_work_is_one_call_and_large_work_is_cancelled_between_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    layer = LAYERS["more channels than a block"]
    _everything(layer, tick=lambda: calls.append(1))
    assert len(calls) <= 4
    monkeypatch.setattr(convolution, "CALL_OPERATIONS", 1)
    x, w, b, gy, moves = _made(layer)

    def cancel_at_the_third() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Cancelled

    calls.clear()
    with pytest.raises(Cancelled):
        convolve(x, w, b, np.empty_like(gy), *moves, cancel_at_the_third)
    assert len(calls) == 3


def test_many_channels_and_filters_are_multiplied_as_matrices() -> None:
    for name, layer in LAYERS.items():
        _, w, _, _, (_, dilation, _, groups) = _made(layer)
        assert weight_products.pays(w, groups, dilation) == name.startswith("many channels")


def test_the_weight_gradient_of_a_large_float32_map_keeps_its_digits() -> None:
    x, gy = np.ones((1, 1, 600, 700), np.float32), np.full((1, 1, 600, 700), 0.1, np.float32)
    gw, gb = np.empty((1, 1, 1, 1), np.float32), np.empty(1, np.float32)
    weight_gradient(x, gy, gw, (1, 1), (1, 1), (0, 0, 0, 0), 1, no_tick)
    bias_gradient(gy, gb)
    assert_allclose([gw[0, 0, 0, 0], gb[0]], 42_000, rtol=2e-5)
