"""Poolings against PyTorch in float64: values, places and gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ops import lp_pool, max_pool, mean_pool, min_pool
from tests.pooling_cases import accepted, gradient, pooled, seeds, shapes

torch = pytest.importorskip("torch")

_pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))
_sides = st.tuples(st.integers(0, 2), st.integers(0, 2))


def _map(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


def _both_sides(around: tuple[int, int]) -> dict[str, Any]:
    """Padding as PyTorch has it, the same at both ends."""
    return {"padding": "numbers", "pads": (*around, *around)}


def _accepted_by_pytorch(around: tuple[int, int], kernel: tuple[int, int]) -> tuple[int, int]:
    # It refuses padding of more than half of the kernel.
    return min(around[0], kernel[0] // 2), min(around[1], kernel[1] // 2)


def _compare(operation: Any, x: Any, params: Any, module: Any, seed: int) -> None:
    """The values and the gradient for a random gradient of the output."""
    given_x = torch.tensor(x, requires_grad=True)
    expected = module(given_x)
    y = pooled(operation, x, params)[0]
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-9, atol=1e-12)
    gy = np.random.default_rng(seed + 1).standard_normal(y.shape)
    expected.backward(torch.tensor(gy))
    np.testing.assert_allclose(gradient(operation, x, params, gy), given_x.grad.numpy(), rtol=1e-9, atol=1e-12)


@settings(max_examples=60)
@given(shapes, _pairs, _pairs, _pairs, _sides, st.booleans(), st.booleans(), seeds)
def test_max_and_min_pooling_agree_with_pytorch_where_numbers_tie_and_where_not(
    shape: tuple[int, ...],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    around: tuple[int, int],
    ceil: bool,
    tied: bool,
    seed: int,
) -> None:
    around = _accepted_by_pytorch(around, kernel)
    window: dict[str, Any] = {"kernel": kernel, "stride": stride, "dilation": dilation, "ceil": ceil}
    params = max_pool.Params(**window, **_both_sides(around))
    accepted(max_pool.OP, shape, params)
    x = _map(shape, seed)
    x = x.round() if tied else x
    module = torch.nn.MaxPool2d(kernel, stride, around, dilation, return_indices=True, ceil_mode=ceil)
    _compare(max_pool.OP, x, params, lambda each: module(each)[0], seed)
    _compare(min_pool.OP, x, params, lambda each: -module(-each)[0], seed)
    places = module(torch.tensor(x))[1].numpy()
    np.testing.assert_array_equal(pooled(max_pool.OP, x, params)[1], places)


@settings(max_examples=40)
@given(shapes, _pairs, seeds)
def test_shared_ties_agree_with_pytorchs_amax_over_windows(
    shape: tuple[int, ...], kernel: tuple[int, int], seed: int
) -> None:
    params = max_pool.Params(kernel=kernel, stride=(1, 1), ties="split")
    accepted(max_pool.OP, shape, params)

    def amax(x: Any) -> Any:
        return x.unfold(2, kernel[0], 1).unfold(3, kernel[1], 1).amax(dim=(4, 5))

    _compare(max_pool.OP, _map(shape, seed).round(), params, amax, seed)


@settings(max_examples=60)
@given(shapes, _pairs, _pairs, _sides, st.booleans(), st.booleans(), seeds)
def test_mean_pooling_agrees_with_pytorch_whether_padding_counts_or_not(
    shape: tuple[int, ...],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    around: tuple[int, int],
    ceil: bool,
    counted: bool,
    seed: int,
) -> None:
    around = _accepted_by_pytorch(around, kernel)
    params = mean_pool.Params(kernel=kernel, stride=stride, ceil=ceil, count_padding=counted, **_both_sides(around))
    accepted(mean_pool.OP, shape, params)
    module = torch.nn.AvgPool2d(kernel, stride, around, ceil_mode=ceil, count_include_pad=counted)
    _compare(mean_pool.OP, _map(shape, seed), params, module, seed)


@settings(max_examples=60)
@given(shapes, _pairs, _pairs, st.one_of(st.sampled_from([2.0, 4.0, 6.0]), st.floats(1, 8)), seeds)
def test_lp_pooling_agrees_with_pytorch_on_positive_numbers_and_at_even_p_on_all(
    shape: tuple[int, ...], kernel: tuple[int, int], stride: tuple[int, int], p: float, seed: int
) -> None:
    params = lp_pool.Params(kernel=kernel, stride=stride, p=p)
    accepted(lp_pool.OP, shape, params)
    x = _map(shape, seed)
    # PyTorch raises x itself, so that only an even p is free of its sign.
    x = x if p % 2 == 0 else np.abs(x) + 0.01
    _compare(lp_pool.OP, x, params, torch.nn.LPPool2d(p, kernel, stride), seed)


@pytest.mark.parametrize(
    ("window", "p", "ceil", "ours", "theirs"),
    [
        # Σx³ for Σ|x|³, and no root of a negative sum.
        ([-3.0, 4.0, 1.0, -2.0], 3.0, False, 100 ** (1 / 3), 30 ** (1 / 3)),
        ([3.0, -4.0, -1.0, 2.0], 3.0, False, 100 ** (1 / 3), math.nan),
        ([3.0, -4.0, -1.0, 2.0], 1.0, False, 10.0, 0.0),
        # The sum of a window that reaches over the edge is made as large as that of a whole one.
        ([3.0, 4.0], 2.0, True, 5.0, math.sqrt(50)),
        # Powers that are not scaled.
        ([3e200, 4e200, 0.0, 0.0], 2.0, False, 5e200, math.inf),
    ],
)
def test_lp_pooling_differs_from_pytorch_in_these_ways(
    window: list[float], p: float, ceil: bool, ours: float, theirs: float
) -> None:
    x = np.array(window).reshape(1, 1, -1, 2)
    pads = (0, 0, 2 - x.shape[2], 0)
    params = lp_pool.Params(p=p, padding="numbers", pads=pads)
    found = pooled(lp_pool.OP, x, params)[0].item()
    np.testing.assert_allclose(found, ours, rtol=1e-12)
    if ceil:
        x = np.concatenate([np.zeros((1, 1, 2, 2)), x], axis=2)
    module = torch.nn.LPPool2d(p, 2, ceil_mode=ceil)
    np.testing.assert_allclose(module(torch.tensor(x))[..., -1, -1].item(), theirs, rtol=1e-12)


def test_the_switch_of_not_a_number_is_the_first_one_here_and_the_last_one_in_pytorch() -> None:
    x = np.array([[1.0, np.nan], [np.nan, 2.0]])[None, None]
    y, switches, _ = pooled(max_pool.OP, x, max_pool.Params())
    theirs, places = torch.nn.MaxPool2d(2, return_indices=True)(torch.tensor(x))
    assert np.isnan(y.item())
    assert math.isnan(theirs.item())
    assert (switches.item(), places.item()) == (1, 2)
