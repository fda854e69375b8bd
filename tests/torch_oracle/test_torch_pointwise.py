"""Activations, dropout, padding and cropping against PyTorch: the numbers and the gradients of its autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ops import (
    clip,
    crop,
    dropout,
    elu,
    gelu,
    hard_sigmoid,
    hard_swish,
    leaky_relu,
    mish,
    pad,
    prelu,
    relu,
    sigmoid,
    softplus,
    swish,
    tanh,
)
from explorer.ops.op import Op, no_tick

torch = pytest.importorskip("torch")
F = torch.nn.functional

_shapes = st.tuples(*[st.integers(1, 5)] * 4)
_seeds = st.integers(0, 2**32 - 1)
_parameters = st.floats(-3, 3)

Made = tuple[Any, Callable[[Any], Any]]
CASES: dict[str, tuple[Op, Callable[[float, float], Made]]] = {
    "relu": (relu.OP, lambda a, b: (relu.Params(), F.relu)),
    "leaky_relu": (leaky_relu.OP, lambda a, b: (leaky_relu.Params(a), lambda x: F.leaky_relu(x, a))),
    "elu": (elu.OP, lambda a, b: (elu.Params(a), lambda x: F.elu(x, a))),
    "gelu": (gelu.OP, lambda a, b: (gelu.Params(), F.gelu)),
    "gelu by tanh": (gelu.OP, lambda a, b: (gelu.Params("tanh"), lambda x: F.gelu(x, approximate="tanh"))),
    "sigmoid": (sigmoid.OP, lambda a, b: (sigmoid.Params(), torch.sigmoid)),
    "tanh": (tanh.OP, lambda a, b: (tanh.Params(), torch.tanh)),
    "clip": (
        clip.OP,
        lambda a, b: (clip.Params(min(a, b), max(a, b)), lambda x: torch.clamp(x, min(a, b), max(a, b))),
    ),
    "hard_swish": (hard_swish.OP, lambda a, b: (hard_swish.Params(), F.hardswish)),
    "hard_sigmoid": (hard_sigmoid.OP, lambda a, b: (hard_sigmoid.Params(1 / 6, 0.5), F.hardsigmoid)),
    "swish": (swish.OP, lambda a, b: (swish.Params(), F.silu)),
    "softplus": (softplus.OP, lambda a, b: (softplus.Params(), lambda x: F.softplus(x, threshold=700))),
    "mish": (mish.OP, lambda a, b: (mish.Params(), F.mish)),
}


def _numbers(shape: tuple[int, ...], seed: int) -> Any:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) * rng.choice((0.1, 1, 3, 20), shape)


def _close(found: Any, expected: Any, bound: float = 1e-9) -> None:
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=bound, atol=bound)


def _same(op: Op, params: Any, weights: Any, x: Any, theirs: Any, seed: int) -> None:
    """Value, and gradients of the input and of the weights."""
    (y, *_), saved = op.forward((x,), weights, params, no_tick)
    leaf = torch.tensor(x, requires_grad=True)
    leaves = {name: torch.tensor(array, requires_grad=True) for name, array in weights.items()}
    expected = theirs(leaf, *leaves.values())
    _close(y, expected)
    gy = np.random.default_rng(seed).standard_normal(y.shape)
    (gx,), gweights = op.backward([gy] + [None] * (len(op.outputs) - 1), saved, no_tick)
    expected.backward(torch.tensor(gy))
    # In the scales of PyTorch's own hard sigmoid, 1/6 is a float32 number.
    _close(gx, leaf.grad, 1e-7 if op.name == "hard_sigmoid" else 1e-9)
    for name, each in leaves.items():
        _close(gweights[name], each.grad)


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=25, deadline=None)
@given(_shapes, _parameters, _parameters, _seeds)
def test_an_activation_agrees_with_pytorch(name: str, shape: tuple[int, ...], a: float, b: float, seed: int) -> None:
    op, made = CASES[name]
    params, theirs = made(a, b)
    _same(op, params, {}, _numbers(shape, seed), theirs, seed)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("softplus", "hard_sigmoid")])
def test_where_lines_meet_the_gradient_is_that_of_pytorch(name: str) -> None:
    op, made = CASES[name]
    params, theirs = made(-1.0, 2.0)
    x = np.array([-3.0, -1.0, -0.0, 0.0, 2.0, 3.0]).reshape(1, 1, 1, 6)
    _same(op, params, {}, x, theirs, 0)


@settings(max_examples=25, deadline=None)
@given(_shapes, st.booleans(), _seeds)
def test_the_parametric_one_agrees_with_pytorch(shape: tuple[int, ...], shared: bool, seed: int) -> None:
    slope = np.random.default_rng(seed).standard_normal(1 if shared else shape[1])
    params = prelu.Params("shared" if shared else "channel")
    _same(prelu.OP, params, {"slope": slope}, _numbers(shape, seed), F.prelu, seed)


@settings(max_examples=25, deadline=None)
@given(_shapes, st.floats(0, 0.99), st.integers(0, 2**31 - 1))
def test_dropout_by_the_same_mask_agrees_with_pytorch(shape: tuple[int, ...], rate: float, seed: int) -> None:
    x, params = _numbers(shape, seed), dropout.Params(rate=rate, seed=seed)
    (_, mask), _ = dropout.OP.forward((x,), {}, params, no_tick)
    kept = torch.tensor(mask).bool()
    _same(
        dropout.OP,
        params,
        {},
        x,
        lambda leaf: torch.where(kept, F.dropout(leaf, 0.0) / (1 - rate), torch.zeros_like(leaf)),
        seed,
    )


@settings(max_examples=60, deadline=None)
@given(
    _shapes, st.tuples(*[st.integers(0, 5)] * 4), st.sampled_from(["constant", "reflect", "edge"]), _parameters, _seeds
)
def test_padding_agrees_with_pytorch(
    shape: tuple[int, ...], amounts: tuple[int, int, int, int], mode: str, value: float, seed: int
) -> None:
    if mode == "reflect":
        amounts = tuple(amount % shape[2 + side % 2] for side, amount in enumerate(amounts))  # type: ignore[assignment]
    top, left, bottom, right = amounts

    def theirs(x: Any) -> Any:
        around = (left, right, top, bottom)
        if mode == "constant":
            return F.pad(x, around, value=value)
        return F.pad(x, around, mode="replicate" if mode == "edge" else mode)

    _same(pad.OP, pad.Params(amounts, mode, value), {}, _numbers(shape, seed), theirs, seed)


@settings(max_examples=40, deadline=None)
@given(_shapes, st.tuples(*[st.integers(0, 3)] * 4), _seeds)
def test_cropping_agrees_with_pytorch(part: tuple[int, ...], amounts: tuple[int, int, int, int], seed: int) -> None:
    top, left, bottom, right = amounts
    shape = (*part[:2], top + part[2] + bottom, left + part[3] + right)
    _same(
        crop.OP,
        crop.Params(amounts=amounts),
        {},
        _numbers(shape, seed),
        lambda x: x[:, :, top : shape[2] - bottom, left : shape[3] - right],
        seed,
    )
