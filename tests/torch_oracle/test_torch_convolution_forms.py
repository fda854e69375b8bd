"""Convolution's forms and transposed convolution against PyTorch, forward and back, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer.ops import conv, depthwise_conv, pointwise_conv, row_conv, separable_conv, transposed_conv
from explorer.ops.op import Op, no_tick
from explorer.refusal import Refusal

torch = pytest.importorskip("torch")
conv2d = torch.nn.functional.conv2d

_small = st.integers(1, 3)
_pairs = st.tuples(_small, _small)
_pads = st.tuples(st.integers(0, 3), st.integers(0, 3))
_seeds = st.integers(0, 2**32 - 1)
_sizes = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 9), st.integers(1, 9))


def agrees(op: Op, params: Any, shape: tuple[int, ...], seed: int, theirs: Any) -> None:
    """Fail unless the output and every gradient are those of `theirs`(x, weights) in PyTorch."""
    try:
        op.shape((shape,), params)
    except Refusal:
        assume(False)
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    weights = {name: rng.standard_normal(array.shape) for name, array in op.init((shape,), params, rng).items()}
    (y,), saved = op.forward((x,), weights, params, no_tick)
    tx = torch.tensor(x, requires_grad=True)
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in weights.items()}
    ty = theirs(tx, tensors)
    np.testing.assert_allclose(y, ty.detach().numpy(), rtol=1e-9, atol=1e-11)
    gy = rng.standard_normal(y.shape)
    ty.backward(torch.tensor(gy))
    (gx,), gweights = op.backward([gy], saved, no_tick)
    np.testing.assert_allclose(gx, tx.grad.numpy(), rtol=1e-9, atol=1e-11)
    assert set(gweights) == set(weights)
    for name, gradient in gweights.items():
        np.testing.assert_allclose(gradient, tensors[name].grad.numpy(), rtol=1e-9, atol=1e-10)


@settings(max_examples=60)
@given(_small, _pairs, _pairs, _pairs, _pads, _pairs, _small, st.booleans(), st.booleans(), _sizes, _seeds)
def test_transposed_convolution(
    each: int, kernel: Any, stride: Any, dilation: Any, pad: Any, more: Any, groups: int, bias: bool, seen: bool,
    size: Any, seed: int,
) -> None:  # fmt: skip
    params = transposed_conv.Params(
        groups * each, kernel, stride, "numbers", pad * 2, tuple(each - 1 for each in more), dilation, groups, bias
    )
    shape = size[0], groups * size[1], *size[2:]

    def theirs(x: Any, w: Any) -> Any:
        return torch.nn.functional.conv_transpose2d(
            x, w["w"], w.get("b"), stride, pad, params.output_padding, groups, dilation
        )

    agrees(transposed_conv.OP, params, shape, seed, theirs)


@settings(max_examples=40)
@given(_small, _pairs, _pairs, _pairs, _pads, _small, st.booleans(), _sizes, _seeds)
def test_convolution_and_true_convolution(
    each: int, kernel: Any, stride: Any, dilation: Any, pad: Any, groups: int, turned: bool, size: Any, seed: int
) -> None:
    kind = "convolution" if turned else "correlation"
    params = conv.Params(groups * each, kernel, stride, "numbers", pad * 2, dilation, groups, kind=kind)
    shape = size[0], groups * size[1], *size[2:]

    def theirs(x: Any, w: Any) -> Any:
        laid = w["w"].flip((2, 3)) if turned else w["w"]
        return conv2d(x, laid, w["b"], stride, pad, dilation, groups)

    agrees(conv.OP, params, shape, seed, theirs)


@settings(max_examples=30)
@given(_small, _small, _pairs, _pairs, _pairs, _pads, _sizes, _seeds)
def test_depthwise_and_separable_convolution(
    multiplier: int, filters: int, kernel: Any, stride: Any, dilation: Any, pad: Any, size: Any, seed: int
) -> None:
    moves: dict[str, Any] = {"kernel": kernel, "stride": stride, "dilation": dilation}
    around: dict[str, Any] = {"padding": "numbers", "pads": pad * 2, "multiplier": multiplier}

    def depthwise(x: Any, w: Any) -> Any:
        return conv2d(x, w["w"], None if "p" in w else w["b"], stride, pad, dilation, size[1])

    agrees(depthwise_conv.OP, depthwise_conv.Params(**around, **moves), size, seed, depthwise)
    params = separable_conv.Params(filters=filters, **around, **moves)
    agrees(separable_conv.OP, params, size, seed, lambda x, w: conv2d(depthwise(x, w), w["p"], w["b"]))


@settings(max_examples=30)
@given(_small, st.integers(1, 4), _small, _small, st.booleans(), _sizes, _seeds)
def test_row_and_pointwise_convolution(
    filters: int, kernel: int, stride: int, dilation: int, turned: bool, size: Any, seed: int
) -> None:
    kind = "convolution" if turned else "correlation"
    rows = row_conv.Params(filters, kernel, stride, "wide", dilation=dilation, kind=kind)
    pad = 0, dilation * (kernel - 1)

    def along_rows(x: Any, w: Any) -> Any:
        return conv2d(x, w["w"].flip(3) if turned else w["w"], w["b"], (1, stride), pad, (1, dilation))

    agrees(row_conv.OP, rows, size, seed, along_rows)
    points = pointwise_conv.Params(filters, (stride, dilation))
    agrees(pointwise_conv.OP, points, size, seed, lambda x, w: conv2d(x, w["w"], w["b"], (stride, dilation)))
