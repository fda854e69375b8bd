"""Joins against PyTorch, forward and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.ops import add, concat, multiply
from explorer.ops.op import Op, no_tick

torch = pytest.importorskip("torch")

_extents = st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 6), st.integers(1, 6))
_alone = st.tuples(*[st.sampled_from(("both", "a", "b"))] * 3)
_seeds = st.integers(0, 2**32 - 1)


def _agrees(op: Op, join: Callable[[Any, Any], Any], a: Any, b: Any) -> None:
    """Values and gradients of both inputs under random gradients of the output."""
    leaves = [torch.tensor(x, requires_grad=True) for x in (a, b)]
    expected = join(*leaves)
    (y,), saved = op.forward((a, b), {}, op.Params(), no_tick)
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-12)
    gy = np.random.default_rng(1).standard_normal(y.shape)
    expected.backward(torch.tensor(gy))
    gxs, _ = op.backward([gy], saved, no_tick)
    for gx, leaf in zip(gxs, leaves, strict=True):
        np.testing.assert_allclose(gx, leaf.grad.numpy(), rtol=1e-9, atol=1e-12)


def _pair(whole: tuple[int, ...], alone: tuple[str, ...], seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [
        rng.standard_normal((whole[0], *(1 if one == who else n for one, n in zip(alone, whole[1:], strict=True))))
        for who in "ab"
    ]


@given(_extents, _alone, _seeds)
def test_the_sum_and_its_gradients(whole: tuple[int, ...], alone: tuple[str, ...], seed: int) -> None:
    _agrees(add.OP, lambda a, b: a + b, *_pair(whole, alone, seed))


@given(_extents, _alone, _seeds)
def test_the_product_and_its_gradients(whole: tuple[int, ...], alone: tuple[str, ...], seed: int) -> None:
    _agrees(multiply.OP, lambda a, b: a * b, *_pair(whole, alone, seed))


@given(_extents, st.integers(1, 4), _seeds)
def test_the_concatenation_and_its_gradients(whole: tuple[int, ...], more: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal(whole), rng.standard_normal((whole[0], more, *whole[2:]))
    _agrees(concat.OP, lambda a, b: torch.cat((a, b), dim=1), a, b)
