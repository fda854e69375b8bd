"""Softmax, cross-entropy and the fully connected layer against PyTorch, there and back, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ops import channel_softmax, dense, flatten, log_softmax, softmax_along_axis
from explorer.ops.op import no_tick
from explorer.ops.softmax import OP, Params

torch = pytest.importorskip("torch")

_seeds = st.integers(0, 2**32 - 1)


def _close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-9, atol=1e-12)


def _leaf(array: Any) -> Any:
    return torch.tensor(array, requires_grad=True)


def _loss_agrees(x: Any, params: Params, target: Any, **options: Any) -> None:
    """The mean of our losses and its gradient against `cross_entropy` on x/T."""
    OP.shape((x.shape,), params)
    (y, loss), saved = OP.forward((x,), {}, params, no_tick)
    (gx,), _ = OP.backward([None, np.full(loss.shape, 1 / loss.size)], saved, no_tick)
    scores = _leaf(x[:, :, 0, 0])
    divided = scores / params.temperature
    expected = torch.nn.functional.cross_entropy(divided, target, reduction=params.reduction, **options)
    expected.backward()
    _close(y[:, :, 0, 0], torch.softmax(divided, 1))
    _close(loss.mean(), expected)
    _close(gx[:, :, 0, 0], scores.grad)


_sizes = st.tuples(st.integers(1, 5), st.integers(1, 12))
_options = {
    "reduction": st.sampled_from(["mean", "sum"]),
    "smoothing": st.sampled_from([0.0, 0.1, 1.0]),
    "temperature": st.sampled_from([1.0, 0.25, 7.0]),
}


@settings(max_examples=60, deadline=None)
@given(_sizes, st.booleans(), st.fixed_dictionaries(_options), st.sampled_from([1, 50]), _seeds)
def test_the_loss_of_right_classes(
    size: tuple[int, int], weighted: bool, options: dict[str, Any], scale: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((*size, 1, 1)) * scale
    target = rng.integers(0, size[1], size[0])
    weights = rng.uniform(0.1, 3, size[1]) if weighted else np.ones(size[1])
    params = Params(tuple(target.tolist()), class_weights=tuple(weights.tolist()), **options)
    _loss_agrees(x, params, torch.tensor(target), weight=torch.tensor(weights), label_smoothing=options["smoothing"])


@settings(max_examples=60, deadline=None)
@given(_sizes, st.booleans(), st.booleans(), st.fixed_dictionaries(_options), _seeds)
def test_the_loss_of_distributions(
    size: tuple[int, int], weighted: bool, each: bool, options: dict[str, Any], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((*size, 1, 1))
    soft = rng.dirichlet(np.ones(size[1]), size[0] if each else 1)
    weights = rng.uniform(0.1, 3, size[1]) if weighted else np.ones(size[1])
    params = Params(
        target_kind="distribution", soft=tuple(soft.ravel().tolist()), class_weights=tuple(weights.tolist()), **options
    )
    target = torch.tensor(np.array(np.broadcast_to(soft, size)))
    _loss_agrees(x, params, target, weight=torch.tensor(weights), label_smoothing=options["smoothing"])


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 9), st.integers(1, 70)),
    st.sampled_from(["channel", "height", "width", "plane"]),
    st.sampled_from([1.0, 0.5, 3.0]),
    _seeds,
)
def test_softmax_over_maps_and_its_logarithm(shape: tuple[int, ...], axis: str, temperature: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, gy = rng.standard_normal(shape) * 5, rng.standard_normal(shape)
    dim = {"channel": 1, "height": 2, "width": 3, "plane": 2}[axis]
    for op, function in ((channel_softmax.OP, torch.softmax), (log_softmax.OP, torch.log_softmax)):
        (y,), saved = op.forward((x,), {}, softmax_along_axis.Params(axis, temperature), no_tick)
        (gx,), _ = op.backward([gy], saved, no_tick)
        given = _leaf(x)
        flat = given.reshape(*shape[:2], -1) if axis == "plane" else given
        expected = function(flat / temperature, dim).reshape(shape)
        expected.backward(torch.tensor(gy))
        _close(y, expected)
        _close(gx, given.grad)


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.integers(1, 6)] * 4), st.integers(1, 7), st.booleans(), _seeds)
def test_flattening_and_a_fully_connected_layer(shape: tuple[int, ...], units: int, bias: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w, b = (
        rng.standard_normal(shape),
        rng.standard_normal((units, int(np.prod(shape[1:])))),
        rng.standard_normal(units),
    )
    gy = rng.standard_normal((shape[0], units, 1, 1))
    weights = {"w": w, "b": b} if bias else {"w": w}
    (flat,), flattened = flatten.OP.forward((x,), {}, flatten.Params(), no_tick)
    (y,), saved = dense.OP.forward((flat,), weights, dense.Params(units=units, bias=bias), no_tick)
    (gflat,), gweights = dense.OP.backward([gy], saved, no_tick)
    (gx,), _ = flatten.OP.backward([gflat], flattened, no_tick)
    given = {name: _leaf(array) for name, array in {"x": x, **weights}.items()}
    expected = torch.nn.functional.linear(given["x"].flatten(1), given["w"], given.get("b"))
    expected.backward(torch.tensor(gy[:, :, 0, 0]))
    _close(y[:, :, 0, 0], expected)
    _close(gx, given["x"].grad)
    for name, gradient in gweights.items():
        _close(gradient, given[name].grad)
