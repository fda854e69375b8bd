"""What users rely on in normalization: batch, instance, layer, group and local response."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ops import batch_norm, group_norm, instance_norm, layer_norm, local_response_norm
from explorer.ops.batch_norm import OP, Params
from explorer.ops.explanation import Sum
from explorer.ops.op import Cell, Op, Region, no_tick
from explorer.refusal import Refusal
from kernels import normalization
from tests.onnx_oracle import near, run

_shapes = st.tuples(*[st.integers(1, 5)] * 4)
_epsilons = st.sampled_from([2.0**-17, 2.0**-10, 0.5])  # attributes of the oracle are float32: these are exact in it
_seeds = st.integers(0, 2**32 - 1)


def _weights(channels: int, rng: np.random.Generator) -> dict[str, Any]:
    return {
        "gamma": rng.uniform(0.5, 2, channels).astype(np.float32),
        "beta": rng.standard_normal(channels).astype(np.float32),
        "mean": rng.standard_normal(channels).astype(np.float32),
        "var": rng.uniform(0.5, 2, channels).astype(np.float32),
    }


@settings(max_examples=30)
@given(_shapes, _epsilons, _seeds)
def test_inference_agrees_with_onnxruntime(shape: tuple[int, ...], epsilon: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, weights = rng.standard_normal(shape).astype(np.float32), _weights(shape[1], rng)
    y = OP.forward((x,), weights, Params("inference", epsilon), no_tick)[0][0]
    (expected,) = run("BatchNormalization", [x, *weights.values()], opset=15, epsilon=epsilon)
    near(y, expected)


@pytest.mark.parametrize("spread", [1e-12, 1.0, 1e14, 1e20, 1e22])
def test_the_gradient_in_float32_is_that_in_float64_however_far_the_numbers_lie_apart(spread: float) -> None:
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((2, 3, 9, 11)) * spread).astype(np.float32)
    gy = (rng.standard_normal(x.shape) + x / spread).astype(np.float32)
    weights = _weights(3, rng)
    found = {}
    for dtype in (np.float32, np.float64):
        given_weights = {name: each.astype(dtype) for name, each in weights.items()}
        _, saved = OP.forward((x.astype(dtype),), given_weights, Params(epsilon=1e-30), no_tick)
        (gx, *_), _ = OP.backward((gy.astype(dtype), None, None), saved, no_tick)
        assert gx is not None
        found[dtype] = gx.astype(np.float64)
    largest = np.abs(found[np.float64]).max()
    np.testing.assert_allclose(found[np.float32], found[np.float64], rtol=0, atol=1e-5 * largest)


def test_training_brings_every_channel_to_mean_beta_and_deviation_gamma() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 2, 40, 30)) * 5 + 3
    weights = _weights(2, rng)
    y = OP.forward((x,), weights, Params(epsilon=1e-12), no_tick)[0][0]
    np.testing.assert_allclose(y.mean(axis=(0, 2, 3)), weights["beta"], atol=1e-9)
    np.testing.assert_allclose(y.std(axis=(0, 2, 3)), weights["gamma"], rtol=1e-9)


@settings(max_examples=30)
@given(_shapes, _epsilons, st.integers(0, 16), _seeds)
def test_training_and_its_running_statistics_agree_with_onnxruntime(
    shape: tuple[int, ...], epsilon: float, sixteenths: int, seed: int
) -> None:
    shape = (shape[0] + 1, *shape[1:])  # at least two numbers a channel
    rng = np.random.default_rng(seed)
    x, weights = rng.standard_normal(shape), _doubles(_weights(shape[1], rng))
    params = Params(epsilon=epsilon, running="onnx", momentum=sixteenths / 16)
    attributes = {"epsilon": epsilon, "momentum": 1 - sixteenths / 16, "training_mode": 1}
    found = OP.forward((x,), weights, params, no_tick)[0]
    expected = run("BatchNormalization", [x, *weights.values()], 3, opset=15, **attributes)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.ravel(), theirs.ravel(), rtol=1e-9, atol=1e-9)
    assert [y.shape for y in found[1:]] == [(1, shape[1], 1, 1)] * 2


@settings(max_examples=20)
@given(_shapes, st.floats(0, 1), st.integers(1, 4), _seeds)
def test_running_statistics_by_caffe_are_decaying_sums_over_their_weight(
    shape: tuple[int, ...], momentum: float, batches: int, seed: int
) -> None:
    shape = (shape[0] + 1, *shape[1:])
    rng = np.random.default_rng(seed)
    weights = OP.init((shape,), Params(), rng)
    sums, weight, fraction = np.zeros((2, shape[1])), 0.0, 1 - momentum
    for _ in range(batches):
        x = rng.standard_normal(shape) + 3
        count = x.size // shape[1]
        params = Params(running="caffe", momentum=momentum, kept_weight=weight)
        _, mean, var = OP.forward((x,), weights, params, no_tick)[0]
        batch = np.array([x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3)) * count / (count - 1)])
        sums, weight = fraction * sums + batch, fraction * weight + 1
        np.testing.assert_allclose([mean.ravel(), var.ravel()], sums / weight, rtol=1e-12, atol=1e-12)
        weights |= {"mean": mean.ravel(), "var": var.ravel()}
    assert OP.arithmetic((shape,), params)[-1].endswith(f"= {weight:g}")


def test_the_rules_of_running_statistics_differ_in_the_variance_alone() -> None:
    x = np.array([1.0, 3.0]).reshape(2, 1, 1, 1)
    weights = OP.init((x.shape,), Params(), np.random.default_rng(0))
    found = {
        rule: [y.item() for y in OP.forward((x,), weights, Params(running=rule, momentum=0.25), no_tick)[0][1:]]
        for rule in ("pytorch", "onnx")
    }
    assert found == {"pytorch": [0.5, 0.75 + 0.25 * 2], "onnx": [0.5, 0.75 + 0.25 * 1]}


def test_inference_hands_the_kept_statistics_on_unchanged() -> None:
    rng = np.random.default_rng(0)
    weights = _weights(3, rng)
    _, mean, var = OP.forward((rng.standard_normal((1, 3, 1, 1)),), weights, Params("inference"), no_tick)[0]
    np.testing.assert_array_equal(mean.ravel(), weights["mean"])
    np.testing.assert_array_equal(var.ravel(), weights["var"])


@pytest.mark.parametrize("rule", ["pytorch", "onnx", "caffe"])
def test_a_running_statistic_is_explained_with_the_rule_that_runs(rule: str) -> None:
    rng = np.random.default_rng(0)
    x, weights = rng.standard_normal((2, 2, 3, 3)), _weights(2, rng)
    params = Params(running=rule, kept_weight=2.0)
    of_mean, of_variance = (OP.explain((x,), weights, params, Cell(port, (0, 1, 0, 0))) for port in (1, 2))
    assert len(of_mean) == 2
    assert ("Unbiased" in str(of_variance[-2].title)) == (rule != "onnx")
    assert ("λ" in str(of_mean[-1].title)) == (rule == "caffe")


@settings(max_examples=30)
@given(_shapes, _epsilons, _seeds)
def test_instance_normalization_agrees_with_onnxruntime(shape: tuple[int, ...], epsilon: float, seed: int) -> None:
    shape = (*shape[:3], shape[3] + 1)
    rng = np.random.default_rng(seed)
    x, weights = _eighths(shape, rng), _affine(shape[1:2], rng)
    y = _first(instance_norm.OP, x, weights, instance_norm.Params(epsilon))
    (expected,) = run("InstanceNormalization", [x, *weights.values()], epsilon=epsilon)
    _near_enough(y, expected)


@settings(max_examples=30)
@given(_shapes, _epsilons, _seeds)
def test_layer_normalization_by_element_agrees_with_onnxruntime(
    shape: tuple[int, ...], epsilon: float, seed: int
) -> None:
    shape = (*shape[:3], shape[3] + 1)
    rng = np.random.default_rng(seed)
    x, weights = rng.standard_normal(shape), _doubles(_affine(shape[1:], rng))
    y = _first(layer_norm.OP, x, weights, layer_norm.Params(epsilon, "element"))
    (expected,) = run("LayerNormalization", [x, *weights.values()], opset=17, axis=1, epsilon=epsilon)
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=30)
@given(_shapes, st.integers(1, 4), _epsilons, _seeds)
def test_group_normalization_agrees_with_onnxruntime(
    shape: tuple[int, ...], groups: int, epsilon: float, seed: int
) -> None:
    shape = (shape[0], shape[1] * groups, shape[2], shape[3] + 1)
    rng = np.random.default_rng(seed)
    x, weights = _eighths(shape, rng), _affine(shape[1:2], rng)
    y = _first(group_norm.OP, x, weights, group_norm.Params(groups, epsilon))
    (expected,) = run("GroupNormalization", [x, *weights.values()], opset=21, num_groups=groups, epsilon=epsilon)
    _near_enough(y, expected)


_responses = st.fixed_dictionaries(
    {"alpha": st.floats(0.01, 3), "beta": st.floats(0.01, 2), "bias": st.floats(0.1, 4), "size": st.integers(1, 9)}
)


@settings(max_examples=40)
@given(st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 4), st.integers(1, 4)), _responses, _seeds)
def test_local_response_normalization_agrees_with_onnxruntime(
    shape: tuple[int, ...], response: dict[str, Any], seed: int
) -> None:
    response["size"] |= 1  # the oracle refuses even numbers of channels
    x = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    y = _first(local_response_norm.OP, x, {}, local_response_norm.Params(**response))
    (expected,) = run("LRN", [x], **response)
    near(y, expected)


@settings(max_examples=20)
@given(st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 3), st.integers(1, 3)), _responses, _seeds)
def test_local_response_normalization_takes_the_channels_that_onnx_defines_for_every_size(
    shape: tuple[int, ...], response: dict[str, Any], seed: int
) -> None:
    # max(0, c − floor((size − 1)/2)) <= i <= min(C − 1, c + ceil((size − 1)/2))
    x = np.random.default_rng(seed).standard_normal(shape)
    less, more = (response["size"] - 1) // 2, -(-(response["size"] - 1) // 2)
    squares = np.stack([np.square(x[:, max(0, c - less) : c + more + 1]).sum(axis=1) for c in range(shape[1])], axis=1)
    scale = response["bias"] + response["alpha"] / response["size"] * squares
    y = _first(local_response_norm.OP, x, {}, local_response_norm.Params(**response))
    np.testing.assert_allclose(y, x / scale ** response["beta"], rtol=1e-12, atol=1e-14)


def _affine(size: tuple[int, ...], rng: np.random.Generator) -> dict[str, Any]:
    return {
        "gamma": rng.uniform(0.5, 2, size).astype(np.float32),
        "beta": rng.standard_normal(size).astype(np.float32),
    }


def _first(operation: Op, x: Any, weights: dict[str, Any], params: Any) -> Any:
    operation.shape((x.shape,), params)
    return operation.forward((x,), weights, params, no_tick)[0][0]


def _near_enough(found: Any, expected: Any) -> None:
    """1e-5 of each, or of the largest."""
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def _eighths(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Numbers with exact sums in float32: the oracle, which has no more here, does not lose its mean to rounding."""
    return (rng.integers(-16, 17, shape) / 8).astype(np.float32)


def _doubles(weights: dict[str, Any]) -> dict[str, Any]:
    return {name: array.astype(np.float64) for name, array in weights.items()}


def _over_sets(channels: int) -> list[Any]:
    """Every normalization over sets, with parameters, and the axes and the groups of its sets."""
    return [
        pytest.param(OP, Params(), (0, 2, 3, 4), channels, id="batch"),
        pytest.param(instance_norm.OP, instance_norm.Params(), (2, 3, 4), channels, id="instance"),
        pytest.param(layer_norm.OP, layer_norm.Params(), (2, 3, 4), 1, id="layer"),
        pytest.param(layer_norm.OP, layer_norm.Params(affine="element"), (2, 3, 4), 1, id="layer, by element"),
        pytest.param(group_norm.OP, group_norm.Params(2), (2, 3, 4), 2, id="group"),
    ]


@pytest.mark.parametrize(("operation", "params", "axes", "groups"), _over_sets(4))
@pytest.mark.parametrize("mean", [0, 1e4])
def test_a_large_mean_does_not_eat_the_variance(
    operation: Op, params: Any, axes: tuple[int, ...], groups: int, mean: float
) -> None:
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((2, 4, 100, 90)) + mean).astype(np.float32)
    y = _first(operation, x, operation.init((x.shape,), params, rng), params)
    exact = x.astype(np.float64).reshape(2, groups, 4 // groups, 100, 90)
    apart = exact - exact.mean(axis=axes, keepdims=True)
    expected = apart / np.sqrt(np.square(apart).mean(axis=axes, keepdims=True) + 1e-5)
    np.testing.assert_allclose(y, expected.reshape(x.shape), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    ("operation", "params", "few", "enough", "named"),
    [
        (instance_norm, {}, (3, 5, 1, 1), (1, 5, 1, 2), "5 sets of one channel has 1 number; .* at least 2"),
        (layer_norm, {}, (3, 1, 1, 1), (1, 2, 1, 1), "Each image has 1 number; .* at least 2"),
        (group_norm, {"groups": 4}, (3, 4, 1, 1), (1, 8, 1, 1), "4 sets of one channel has 1 number; .* at least 2"),
    ],
    ids=["instance", "layer", "group"],
)
def test_a_set_of_one_number_is_refused_with_the_reason(
    operation: Any, params: dict[str, Any], few: tuple[int, ...], enough: tuple[int, ...], named: str
) -> None:
    with pytest.raises(Refusal, match=named):
        operation.OP.shape((few,), operation.Params(**params))
    assert operation.OP.shape((enough,), operation.Params(**params)) == (enough,)


def test_a_number_of_groups_that_does_not_divide_the_channels_is_refused_with_those_that_do() -> None:
    with pytest.raises(Refusal, match=r"6 channels of the input cannot be split into 4 groups .* 1, 2, 3, 6 can"):
        group_norm.OP.shape(((1, 6, 2, 2),), group_norm.Params(4))


def test_group_normalization_of_one_group_is_layer_and_of_as_many_as_channels_instance_normalization() -> None:
    rng = np.random.default_rng(0)
    x, weights = rng.standard_normal((2, 6, 4, 3)), _affine((6,), rng)
    one, all_ = (_first(group_norm.OP, x, weights, group_norm.Params(groups)) for groups in (1, 6))
    np.testing.assert_array_equal(one, _first(layer_norm.OP, x, weights, layer_norm.Params()))
    np.testing.assert_array_equal(all_, _first(instance_norm.OP, x, weights, instance_norm.Params()))


def test_the_set_of_a_number_is_known_with_the_images_that_it_spans() -> None:
    shapes, cell = ((3, 6, 4, 5),), Cell(0, (1, 4, 2, 2))
    rows, columns = slice(0, 4), slice(0, 5)
    assert [
        operation.reads(shapes, params, cell)
        for operation, params in (
            (batch_norm.OP, Params()),
            (instance_norm.OP, instance_norm.Params()),
            (layer_norm.OP, layer_norm.Params()),
            (group_norm.OP, group_norm.Params(3)),
        )
    ] == [
        (Region(0, slice(4, 5), rows, columns, slice(0, 3)),),
        (Region(0, slice(4, 5), rows, columns, slice(1, 2)),),
        (Region(0, slice(0, 6), rows, columns, slice(1, 2)),),
        (Region(0, slice(4, 6), rows, columns, slice(1, 2)),),
    ]


@pytest.mark.parametrize("cells", [1, normalization.BLOCK - 1, normalization.BLOCK, 2 * normalization.BLOCK + 1])
def test_the_statistics_of_a_plane_do_not_depend_on_how_it_falls_into_blocks(cells: int) -> None:
    x = np.random.default_rng(0).standard_normal((3, cells))
    means, spreads = normalization.moments(x)
    np.testing.assert_allclose(means, x.mean(axis=1), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(spreads, x.var(axis=1) * cells, rtol=1e-12)


def test_training_on_one_number_a_channel_is_refused_with_the_reason() -> None:
    with pytest.raises(Refusal, match=r"5 channels has 1 number .* at least 2\. The variance of one number is 0"):
        OP.shape(((1, 5, 1, 1),), Params())
    assert OP.shape(((1, 5, 1, 1),), Params("inference"))[0] == (1, 5, 1, 1)
    assert OP.shape(((2, 5, 1, 1),), Params())[0] == (2, 5, 1, 1)


def test_a_negative_kept_variance_is_refused_with_its_channel() -> None:
    weights = _weights(3, np.random.default_rng(0))
    weights["var"][1] = -0.25
    with pytest.raises(Refusal, match=r"channel 1 is -0\.25; the least is 0"):
        OP.forward((np.ones((1, 3, 2, 2)),), weights, Params("inference"), no_tick)


def test_training_does_not_read_the_kept_statistics_and_gives_them_no_gradient() -> None:
    rng = np.random.default_rng(0)
    x, weights = rng.standard_normal((2, 3, 4, 4)), _weights(3, rng)
    (y, *_), saved = OP.forward((x,), weights, Params(), no_tick)
    (other, *_), _ = OP.forward(
        (x,), weights | {"mean": weights["mean"] + 5, "var": weights["var"] * 2}, Params(), no_tick
    )
    np.testing.assert_array_equal(y, other)
    _, gradients = OP.backward([rng.standard_normal(y.shape), None, None], saved, no_tick)
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


@pytest.mark.parametrize("first", [0.0, 1e7, -3e6, np.inf])
def test_one_number_far_from_the_others_costs_the_variance_no_digits(first: float) -> None:
    x = (1000 + np.random.default_rng(0).standard_normal((2, 9000))).astype(np.float32)
    x[:, 0] = first
    mean, spread = normalization.moments(x)
    with np.errstate(invalid="ignore"):
        exact = x.astype(np.float64)
        np.testing.assert_allclose(mean, exact.mean(axis=1), rtol=1e-12)
        np.testing.assert_allclose(spread, exact.var(axis=1) * 9000, rtol=1e-9)
