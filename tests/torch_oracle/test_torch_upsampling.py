"""Upsampling and unpooling against PyTorch, forward and back, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer.ops import max_pool, max_unpool, mean_unpool, upsample
from explorer.ops.op import no_tick
from explorer.refusal import Refusal

torch = pytest.importorskip("torch")
F = torch.nn.functional

_small = st.integers(1, 3)
_pairs = st.tuples(_small, _small)
_seeds = st.integers(0, 2**32 - 1)
_sizes = st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 9), st.integers(1, 9))
_scales = st.sampled_from([0.5, 0.75, 1.0, 1.25, 1.3, 1.7, 2.0, 2.5, 3.0, 4.7])


def _agrees(x: Any, params: Any, seed: int, **asked: Any) -> None:
    assume(not any(_simplified(size, scale) for size, scale in zip(x.shape[2:], params.scale, strict=True)))
    try:
        (y,), saved = upsample.OP.forward((x,), {}, params, no_tick)
    except Refusal:
        assume(False)
    tx = torch.tensor(x, requires_grad=True)
    ty = F.interpolate(tx, **asked)
    np.testing.assert_allclose(y, ty.detach().numpy(), rtol=1e-9, atol=1e-11)
    gy = np.random.default_rng(seed + 1).standard_normal(y.shape)
    ty.backward(torch.tensor(gy))
    (gx,), _ = upsample.OP.backward([gy], saved, no_tick)
    np.testing.assert_allclose(gx, tx.grad.numpy(), rtol=1e-9, atol=1e-11)


def _simplified(size: int, scale: float) -> bool:
    """Whether PyTorch takes a scale for 1 or 2 since it gives so many cells; ONNX counts with the scale itself."""
    return int(size * scale) == size != size * scale or int(size * scale) == 2 * size != size * scale


def _asked(scale: Any, size: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    if scale is None:
        return {"by": "size", "size": size}, {"size": size}
    return {"scale": scale}, {"scale_factor": scale}


_by = st.tuples(
    st.one_of(st.none(), st.tuples(_scales, _scales)), st.tuples(st.integers(1, 20), st.integers(1, 20))
)  # fmt: skip


@settings(max_examples=80)
@given(_by, st.booleans(), _sizes, _seeds)
def test_bilinear_upsampling(by: Any, corners: bool, shape: Any, seed: int) -> None:
    ours, theirs = _asked(*by)
    params = upsample.Params(coordinates="align_corners" if corners else "half_pixel", **ours)
    x = np.random.default_rng(seed).standard_normal(shape)
    _agrees(x, params, seed, mode="bilinear", align_corners=corners, **theirs)


@settings(max_examples=80)
@given(_by, st.booleans(), _sizes, _seeds)
def test_nearest_and_nearest_exact_upsampling(by: Any, exact: bool, shape: Any, seed: int) -> None:
    ours, theirs = _asked(*by)
    where = {"rounding": "round_prefer_ceil"} if exact else {"rounding": "floor", "coordinates": "asymmetric"}
    params = upsample.Params("nearest", **where, **ours)
    x = np.random.default_rng(seed).standard_normal(shape)
    _agrees(x, params, seed, mode="nearest-exact" if exact else "nearest", **theirs)


def test_pytorch_takes_0_times_infinity_where_a_weight_is_0() -> None:
    x = np.array([[[[1.0, np.inf, 3.0]]]])
    (y,), _ = upsample.OP.forward((x,), {}, upsample.Params(by="size", size=(1, 3)), no_tick)
    np.testing.assert_array_equal(y, x)
    assert torch.isnan(F.interpolate(torch.tensor(x), size=(1, 3), mode="bilinear")).any()


def test_pytorch_copies_an_axis_that_keeps_its_size_whatever_the_scale() -> None:
    x = np.array([[[[1.0, 2.0]]]])
    (y,), _ = upsample.OP.forward((x,), {}, upsample.Params(scale=(1.0, 1.25)), no_tick)
    np.testing.assert_allclose(y.ravel(), [1, 1.7])
    assert F.interpolate(torch.tensor(x), scale_factor=(1, 1.25), mode="bilinear").ravel().tolist() == [1, 2]


def test_pytorch_computes_a_size_in_binary_and_so_loses_a_cell() -> None:
    assert upsample.OP.shape(((1, 1, 100, 1),), upsample.Params(scale=(0.29, 1.0)))[0][2] == 29
    assert F.interpolate(torch.ones(1, 1, 100, 1), scale_factor=(0.29, 1)).shape[2] == 28


@settings(max_examples=40)
@given(_pairs, _pairs, st.tuples(st.integers(0, 2), st.integers(0, 2)), _seeds)
def test_unpooling_to_a_size(kernel: Any, gap: Any, more: Any, seed: int) -> None:
    stride = kernel[0] + gap[0] - 1, kernel[1] + gap[1] - 1
    rng = np.random.default_rng(seed)
    size = 3 * stride[0] + kernel[0], 2 * stride[1] + kernel[1]
    (y, switches, plane), _ = max_pool.OP.forward(
        (rng.standard_normal((2, 2, *size)),), {}, max_pool.Params(kernel, stride), no_tick
    )
    extents = size[0] + min(more[0], stride[0] - 1), size[1] + min(more[1], stride[1] - 1)
    params = max_unpool.Params(output="numbers", extents=extents)
    (back,), saved = max_unpool.OP.forward((y, switches, plane), {}, params, no_tick)
    ty = torch.tensor(y, requires_grad=True)
    theirs = F.max_unpool2d(ty, torch.tensor(switches, dtype=torch.int64), kernel, stride, output_size=extents)
    np.testing.assert_array_equal(back, theirs.detach().numpy())
    gy = rng.standard_normal(back.shape)
    theirs.backward(torch.tensor(gy))
    (gx, *_), _ = max_unpool.OP.backward([gy], saved, no_tick)
    np.testing.assert_array_equal(gx, ty.grad.numpy())


@settings(max_examples=60)
@given(_pairs, _pairs, _pairs, st.tuples(st.integers(1, 5), st.integers(1, 5)), st.booleans(), _seeds)
def test_unpooling_a_mean_is_a_transposed_convolution_with_ones(
    kernel: Any, stride: Any, dilation: Any, size: Any, shared: bool, seed: int
) -> None:
    params = mean_unpool.Params(kernel, stride, dilation=dilation, spread="share" if shared else "sum")
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, 1, *size))
    (y,), saved = mean_unpool.OP.forward((x,), {}, params, no_tick)
    tx = torch.tensor(x, requires_grad=True)
    ones = torch.ones((1, 1, *kernel), dtype=torch.float64) / (kernel[0] * kernel[1] if shared else 1)
    theirs = F.conv_transpose2d(tx, ones, stride=stride, dilation=dilation)
    np.testing.assert_allclose(y, theirs.detach().numpy(), rtol=1e-9, atol=1e-12)
    gy = rng.standard_normal(y.shape)
    theirs.backward(torch.tensor(gy))
    (gx,), _ = mean_unpool.OP.backward([gy], saved, no_tick)
    np.testing.assert_allclose(gx, tx.grad.numpy(), rtol=1e-9, atol=1e-12)
