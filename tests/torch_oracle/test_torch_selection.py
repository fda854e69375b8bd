"""k-max, sort, global and adaptive pooling against PyTorch: numbers, places and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ops import adaptive_average_pool, global_average_pool, global_max_pool, kmax_pool, sort_pool2d
from explorer.ops.op import no_tick

torch = pytest.importorskip("torch")

_shapes = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 12), st.integers(1, 40))
_seeds = st.integers(0, 2**32 - 1)


def _compare(operation: Any, x: Any, params: Any, theirs: Any, v: Any = None) -> None:
    """Forward within 1e-12 and the gradients of x and v within 1e-9 of `theirs`, a function of tensors."""
    weights = {} if v is None else {"v": v}
    ys, saved = operation.OP.forward((x,), weights, params, no_tick)
    tensors = [torch.tensor(each, requires_grad=True) for each in (x, *weights.values())]
    expected = theirs(*tensors)
    np.testing.assert_allclose(ys[0], expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    gy = np.random.default_rng(1).standard_normal(ys[0].shape)
    expected.backward(torch.from_numpy(gy))
    (gx,), gweights = operation.OP.backward([gy, *[None] * (len(ys) - 1)], saved, no_tick)
    for found, tensor in zip([gx, *gweights.values()], tensors, strict=True):
        np.testing.assert_allclose(found, tensor.grad.numpy(), rtol=1e-9, atol=1e-11)


def _numbers(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


@settings(max_examples=40, deadline=None)
@given(_shapes, st.booleans(), st.floats(0, 1), _seeds)
def test_kmax_is_topk_sorted_by_place_and_gathered(
    shape: tuple[int, ...], across: bool, part: float, seed: int
) -> None:
    axis = 3 if across else 2
    k = max(1, round(part * shape[axis]))
    x, params = _numbers(shape, seed), kmax_pool.Params(k, "width" if across else "height")
    places = torch.from_numpy(x).topk(k, axis).indices.sort(axis).values
    _compare(kmax_pool, x, params, lambda t: t.gather(axis, places))
    switches = kmax_pool.OP.forward((x,), {}, params, no_tick)[0][1]
    rows, columns = np.indices(switches.shape)[2:]
    cells = places.numpy()
    np.testing.assert_array_equal(switches, rows * shape[3] + cells if across else cells * shape[3] + columns)


@settings(max_examples=40, deadline=None)
@given(_shapes, st.integers(1, 4), _seeds)
def test_sort_pooling_has_the_gradients_of_its_parts(shape: tuple[int, ...], kept: int, seed: int) -> None:
    def composed(t: Any, v: Any) -> Any:
        padded = torch.nn.functional.pad(t, (0, shape[3] % 2, 0, shape[2] % 2))
        four = torch.stack([padded[:, :, u::2, w::2] for u in (0, 1) for w in (0, 1)], -1)
        return (four.sort(dim=-1, descending=True, stable=True).values[..., :kept] * v.softmax(0)).sum(-1)

    x, v = _numbers(shape, seed), np.random.default_rng(seed + 1).standard_normal(kept)
    _compare(sort_pool2d, x, sort_pool2d.Params(kept), composed, v)


@settings(max_examples=30, deadline=None)
@given(_shapes, _seeds)
def test_global_pooling_agrees_with_adaptive_pooling_to_one_cell(shape: tuple[int, ...], seed: int) -> None:
    x = _numbers(shape, seed)
    _compare(global_max_pool, x, global_max_pool.Params(), torch.nn.AdaptiveMaxPool2d(1))
    _, places = torch.nn.AdaptiveMaxPool2d(1, return_indices=True)(torch.from_numpy(x))
    switches = global_max_pool.OP.forward((x,), {}, global_max_pool.Params(), no_tick)[0][1]
    np.testing.assert_array_equal(switches, places.numpy())
    _compare(global_average_pool, x, global_average_pool.Params(), torch.nn.AdaptiveAvgPool2d(1))


@settings(max_examples=40, deadline=None)
@given(_shapes, st.tuples(st.integers(1, 15), st.integers(1, 45)), _seeds)
def test_adaptive_average_pooling_agrees_to_smaller_and_larger_sizes(
    shape: tuple[int, ...], size: tuple[int, int], seed: int
) -> None:
    params = adaptive_average_pool.Params(size)
    _compare(adaptive_average_pool, _numbers(shape, seed), params, torch.nn.AdaptiveAvgPool2d(size))


def test_equal_numbers_and_not_a_number_go_the_way_of_a_stable_sort() -> None:
    x = np.random.default_rng(0).choice([np.nan, np.inf, -np.inf, 0.0, 1.0, 2.0], (1, 2, 9, 40))
    order = torch.from_numpy(x).sort(dim=3, descending=True, stable=True).indices
    for k in (1, 2, 20, 39):
        switches = kmax_pool.OP.forward((x,), {}, kmax_pool.Params(k), no_tick)[0][1]
        np.testing.assert_array_equal(switches % 40, order[..., :k].sort(3).values.numpy())
