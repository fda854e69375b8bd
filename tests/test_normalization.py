"""What users rely on in batch normalization."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ops.batch_norm import OP, Params
from explorer.ops.explanation import Sum
from explorer.ops.op import Cell, no_tick
from explorer.refusal import Refusal
from kernels import normalization
from tests.onnx_oracle import near, run


def _weights(channels: int, rng: np.random.Generator) -> dict[str, Any]:
    return {
        "gamma": rng.uniform(0.5, 2, channels).astype(np.float32),
        "beta": rng.standard_normal(channels).astype(np.float32),
        "mean": rng.standard_normal(channels).astype(np.float32),
        "var": rng.uniform(0.5, 2, channels).astype(np.float32),
    }


@settings(max_examples=30)
@given(st.tuples(*[st.integers(1, 5)] * 4), st.sampled_from([1e-5, 1e-3, 0.5]), st.integers(0, 2**32 - 1))
def test_inference_agrees_with_onnxruntime(shape: tuple[int, ...], epsilon: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, weights = rng.standard_normal(shape).astype(np.float32), _weights(shape[1], rng)
    (y,), _ = OP.forward((x,), weights, Params("inference", epsilon), no_tick)
    (expected,) = run("BatchNormalization", [x, *weights.values()], opset=15, epsilon=epsilon)
    near(y, expected)


def test_training_brings_every_channel_to_mean_beta_and_deviation_gamma() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 2, 40, 30)) * 5 + 3
    weights = _weights(2, rng)
    (y,), _ = OP.forward((x,), weights, Params(epsilon=1e-12), no_tick)
    np.testing.assert_allclose(y.mean(axis=(0, 2, 3)), weights["beta"], atol=1e-9)
    np.testing.assert_allclose(y.std(axis=(0, 2, 3)), weights["gamma"], rtol=1e-9)


def test_a_large_mean_does_not_eat_the_variance() -> None:
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((1, 2, 150, 140)) + 1e4).astype(np.float32)
    (y,), _ = OP.forward((x,), OP.init((x.shape,), Params(), rng), Params(), no_tick)
    exact = x.astype(np.float64)
    expected = (exact - exact.mean(axis=(2, 3), keepdims=True)) / np.sqrt(exact.var(axis=(2, 3), keepdims=True) + 1e-5)
    np.testing.assert_allclose(y, expected, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("cells", [1, normalization.BLOCK - 1, normalization.BLOCK, 2 * normalization.BLOCK + 1])
def test_the_statistics_of_a_plane_do_not_depend_on_how_it_falls_into_blocks(cells: int) -> None:
    x = np.random.default_rng(0).standard_normal((3, cells))
    means, spreads = normalization.moments(x)
    np.testing.assert_allclose(means, x.mean(axis=1), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(spreads, x.var(axis=1) * cells, rtol=1e-12)


def test_training_on_one_number_a_channel_is_refused_with_the_reason() -> None:
    with pytest.raises(Refusal, match=r"5 channels has 1 number .* at least 2\. The variance of one number is 0"):
        OP.shape(((1, 5, 1, 1),), Params())
    assert OP.shape(((1, 5, 1, 1),), Params("inference")) == ((1, 5, 1, 1),)
    assert OP.shape(((2, 5, 1, 1),), Params()) == ((2, 5, 1, 1),)


def test_a_negative_kept_variance_is_refused_with_its_channel() -> None:
    weights = _weights(3, np.random.default_rng(0))
    weights["var"][1] = -0.25
    with pytest.raises(Refusal, match=r"channel 1 is -0\.25; the least is 0"):
        OP.forward((np.ones((1, 3, 2, 2)),), weights, Params("inference"), no_tick)


def test_training_does_not_read_the_kept_statistics_and_gives_them_no_gradient() -> None:
    rng = np.random.default_rng(0)
    x, weights = rng.standard_normal((2, 3, 4, 4)), _weights(3, rng)
    (y,), saved = OP.forward((x,), weights, Params(), no_tick)
    (other,), _ = OP.forward(
        (x,), weights | {"mean": weights["mean"] + 5, "var": weights["var"] * 2}, Params(), no_tick
    )
    np.testing.assert_array_equal(y, other)
    _, gradients = OP.backward([rng.standard_normal(y.shape)], saved, no_tick)
    assert not gradients["mean"].any()
    assert not gradients["var"].any()


def test_a_constant_added_to_a_training_batch_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 2, 5, 5))
    weights = _weights(2, rng)
    plain, shifted = (OP.forward((each,), weights, Params(), no_tick)[0][0] for each in (x, x + 7))
    np.testing.assert_allclose(plain, shifted, rtol=1e-12, atol=1e-12)


def test_the_inspector_shows_sums_over_the_whole_batch_that_add_up() -> None:
    x = np.random.default_rng(0).standard_normal((2, 1, 30, 8))
    steps = OP.explain((x,), OP.init((x.shape,), Params(), np.random.default_rng(0)), Params(), Cell(0, (1, 0, 3, 3)))
    total = steps[0].parts[0]
    assert isinstance(total, Sum)
    assert len(total.terms) == 17
    assert str(total.terms[-1][0]) == "… 44 more"
    assert sum(value for _, value in total.terms) == pytest.approx(x.sum(), rel=1e-12)
    assert steps[0].value == pytest.approx(x.mean(), rel=1e-12)
    assert steps[1].value == pytest.approx(x.var(), rel=1e-12)
