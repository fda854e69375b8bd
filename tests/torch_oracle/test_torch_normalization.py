"""Normalization against PyTorch: numbers, running statistics and gradients of inputs and weights, in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ops import batch_norm, group_norm, instance_norm, layer_norm, local_response_norm
from explorer.ops.op import Op, no_tick

torch = pytest.importorskip("torch")

_shapes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5), st.integers(2, 5))
_epsilons = st.sampled_from([1e-5, 1e-2])
_seeds = st.integers(0, 2**32 - 1)


def _random(size: tuple[int, ...], channels: tuple[int, ...], seed: int) -> tuple[Any, dict[str, Any]]:
    rng = np.random.default_rng(seed)
    weights = {"gamma": rng.uniform(0.5, 2, channels), "beta": rng.standard_normal(channels)}
    return rng.standard_normal(size) * 3 + 1, weights


def _agree(op: Op, x: Any, weights: dict[str, Any], params: Any, theirs: Callable[..., Any], seed: int) -> None:
    """Outputs, and gradients for a random flow into each; `theirs` takes x and the weights as tensors, by name."""
    ys, saved = op.forward((x,), weights, params, no_tick)
    given_x = torch.tensor(x, requires_grad=True)
    given_weights = {name: torch.tensor(array, requires_grad=True) for name, array in weights.items()}
    expected = theirs(given_x, **given_weights)
    flow = np.random.default_rng(seed).standard_normal(x.shape)
    expected.backward(torch.tensor(flow))
    (gx,), gweights = op.backward([flow, *[None] * (len(ys) - 1)], saved, no_tick)
    _near(ys[0], expected.detach().numpy())
    _near(gx, given_x.grad.numpy())
    for name, tensor in given_weights.items():
        if tensor.grad is not None:
            _near(gweights[name], tensor.grad.numpy())


def _near(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(expected).max(initial=0)))


@settings(max_examples=40, deadline=None)
@given(_shapes, _epsilons, st.booleans(), st.floats(0, 1), _seeds)
def test_batch_normalization(shape: Any, epsilon: float, training: bool, momentum: float, seed: int) -> None:
    x, weights = _random(shape, shape[1:2], seed)
    rng = np.random.default_rng(seed)
    kept = {"mean": rng.standard_normal(shape[1]), "var": rng.uniform(0.5, 2, shape[1])}
    params = batch_norm.Params("training" if training else "inference", epsilon, momentum=momentum)
    running = {name: torch.tensor(array) for name, array in kept.items()}

    def theirs(x: Any, gamma: Any, beta: Any, mean: Any, var: Any) -> Any:
        return torch.nn.functional.batch_norm(
            x, running["mean"], running["var"], gamma, beta, training=training, momentum=momentum, eps=epsilon
        )

    _agree(batch_norm.OP, x, weights | kept, params, theirs, seed)
    _, mean, var = batch_norm.OP.forward((x,), weights | kept, params, no_tick)[0]
    _near(mean.ravel(), running["mean"].numpy())
    _near(var.ravel(), running["var"].numpy())


@settings(max_examples=30, deadline=None)
@given(_shapes, _epsilons, _seeds)
def test_instance_normalization(shape: Any, epsilon: float, seed: int) -> None:
    x, weights = _random(shape, shape[1:2], seed)

    def theirs(x: Any, gamma: Any, beta: Any) -> Any:
        return torch.nn.functional.instance_norm(x, weight=gamma, bias=beta, eps=epsilon)

    _agree(instance_norm.OP, x, weights, instance_norm.Params(epsilon), theirs, seed)


@settings(max_examples=30, deadline=None)
@given(_shapes, _epsilons, st.sampled_from(["channel", "element"]), _seeds)
def test_layer_normalization(shape: Any, epsilon: float, affine: str, seed: int) -> None:
    x, weights = _random(shape, shape[1:] if affine == "element" else shape[1:2], seed)

    def theirs(x: Any, gamma: Any, beta: Any) -> Any:
        gamma, beta = (each if each.ndim == 3 else each[:, None, None].expand(shape[1:]) for each in (gamma, beta))
        return torch.nn.functional.layer_norm(x, shape[1:], gamma, beta, epsilon)

    _agree(layer_norm.OP, x, weights, layer_norm.Params(epsilon, affine), theirs, seed)


@settings(max_examples=30, deadline=None)
@given(_shapes, st.integers(1, 4), _epsilons, _seeds)
def test_group_normalization(shape: Any, groups: int, epsilon: float, seed: int) -> None:
    shape = (shape[0], shape[1] * groups, *shape[2:])
    x, weights = _random(shape, shape[1:2], seed)

    def theirs(x: Any, gamma: Any, beta: Any) -> Any:
        return torch.nn.functional.group_norm(x, groups, gamma, beta, epsilon)

    _agree(group_norm.OP, x, weights, group_norm.Params(groups, epsilon), theirs, seed)


@settings(max_examples=40, deadline=None)
@given(_shapes, st.integers(1, 9), st.floats(0, 3), st.floats(0, 2), st.floats(0.1, 4), _seeds)
def test_local_response_normalization_of_any_size_with_the_odd_channel_before(
    shape: Any, size: int, alpha: float, beta: float, bias: float, seed: int
) -> None:
    x, _ = _random(shape, (), seed)
    params = local_response_norm.Params(size, alpha, beta, bias, side="before")

    def theirs(x: Any) -> Any:
        return torch.nn.functional.local_response_norm(x, size, alpha, beta, bias)

    _agree(local_response_norm.OP, x, {}, params, theirs, seed)
