"""What users rely on in softmax, over classes and over maps: temperature, targets, weights, and the naive form."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ops import channel_softmax, log_softmax, parameters, softmax_along_axis
from explorer.ops.explanation import Number, Sum
from explorer.ops.op import Cell, no_tick
from explorer.ops.softmax import OP, Params
from explorer.refusal import Refusal
from kernels.softmax import softmax
from kernels.softmax_tiles import SMALL
from tests.onnx_oracle import near, run

_seeds = st.integers(0, 2**32 - 1)
_AXES = {"channel": 1, "height": 2, "width": 3}


def _numbers(shape: tuple[int, ...], seed: int, dtype: Any = np.float32) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def _column(*values: float) -> Any:
    return np.array(values, np.float64).reshape(1, -1, 1, 1)


def _forward(x: Any, params: Params) -> Any:
    OP.shape((x.shape,), params)
    return OP.forward((x,), {}, params, no_tick)[0]


# Over maps ---------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 30), st.integers(1, 70)),
    st.sampled_from(["channel", "height", "width", "plane"]),
    st.sampled_from([1, 30, 1000]),
    st.sampled_from([1.0, 0.5, 4.0]),  # x/T has to be the same number in float32
    _seeds,
)
def test_softmax_over_maps_and_its_logarithm_agree_with_onnxruntime(
    shape: tuple[int, ...], axis: str, scale: int, temperature: float, seed: int
) -> None:
    x = _numbers(shape, seed) * np.float32(scale)
    given = x / np.float32(temperature)
    if axis == "plane":
        given = given.reshape(*shape[:2], -1)
    for op, operator in ((channel_softmax.OP, "Softmax"), (log_softmax.OP, "LogSoftmax")):
        (y,), _ = op.forward((x,), {}, softmax_along_axis.Params(axis, temperature), no_tick)
        near(y, run(operator, [given], axis=_AXES.get(axis, 2))[0].reshape(shape))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("length", [1, 2])
def test_the_exponentials_of_the_kernel_are_those_of_numpy_to_the_last_digits(dtype: Any, length: int) -> None:
    depths = np.concatenate([np.linspace(0, 110, 4001), [700.0, 746.0, 1e30, np.inf]]).astype(dtype)
    pairs = np.stack([np.zeros_like(depths), -depths], axis=1)
    x = np.repeat(pairs[:, :, None], length, axis=2)
    with np.errstate(under="ignore"):
        wanted = np.exp(-depths.astype(np.float64))
    y = softmax(x, x.shape, 1.0, False, no_tick)
    bound = 1e-6 if dtype == np.float32 else 1e-13
    for place in range(length):
        np.testing.assert_allclose(
            y[:, 1, place], wanted / (1 + wanted), rtol=bound, atol=np.finfo(dtype).smallest_subnormal
        )
    assert y[-1, 1, 0] == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_numbers_on_maps_overflow_nothing(dtype: Any) -> None:
    x = np.array([1000.0, 1001, 1002]).reshape(1, 3, 1, 1).astype(dtype) * np.ones((1, 1, 2, 2), dtype)
    (y,), _ = channel_softmax.OP.forward((x,), {}, softmax_along_axis.Params(), no_tick)
    (logarithms,), _ = log_softmax.OP.forward((x,), {}, softmax_along_axis.Params(), no_tick)
    np.testing.assert_allclose(y[0, :, 1, 1], [0.09003057, 0.24472847, 0.66524096], rtol=1e-6)
    np.testing.assert_allclose(logarithms[0, :, 1, 1], [-2.40760596, -1.40760596, -0.40760596], rtol=1e-6)


def test_the_logarithm_of_a_hopeless_share_stays_finite() -> None:
    x = _column(0, 5000)
    (logarithms,), _ = log_softmax.OP.forward((x,), {}, softmax_along_axis.Params(), no_tick)
    assert logarithms.ravel().tolist() == [-5000, 0]


def test_not_a_number_spoils_its_own_pixel_alone() -> None:
    x = _numbers((1, 4, 3, 300), 0)
    x[0, 2, 1, 7] = np.nan
    for op in (channel_softmax.OP, log_softmax.OP):
        (y,), _ = op.forward((x,), {}, softmax_along_axis.Params(), no_tick)
        bad = np.isnan(y)
        assert bad[0, :, 1, 7].all()
        assert bad.sum() == 4


# Over classes ------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 5),
    st.integers(1, 9),
    st.booleans(),
    st.sampled_from(["mean", "sum"]),
    st.sampled_from([1, 30]),
    _seeds,
)
def test_the_loss_of_the_batch_agrees_with_onnxruntime(
    images: int, classes: int, weighted: bool, reduction: str, scale: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = (_numbers((images, classes, 1, 1), seed) * np.float32(scale)).astype(np.float64)
    target = rng.integers(0, classes, images)
    weights = rng.uniform(0.1, 2, classes) if weighted else np.ones(1)
    params = Params(tuple(target.tolist()), class_weights=tuple(weights.tolist()), reduction=reduction)
    _, loss = _forward(x, params)
    given = [x[:, :, 0, 0], target, *([weights] if weighted else [])]
    (expected,) = run("SoftmaxCrossEntropyLoss", given, reduction=reduction)
    # onnxruntime adds a small loss to 1 first and loses its digits: below 1e-6 in float32, below 1e-13 in float64.
    np.testing.assert_allclose(loss.mean(), expected, rtol=1e-9, atol=1e-13)
    _, single = _forward(x.astype(np.float32), params)
    np.testing.assert_allclose(single.mean(dtype=np.float64), expected, rtol=1e-5, atol=1e-13)


def test_the_mean_over_the_images_is_the_loss_of_the_batch_whatever_the_reduction() -> None:
    x, target, weights = _numbers((3, 4, 1, 1), 0, np.float64), (1, 3, 1), (1.0, 2.0, 0.5, 4.0)
    z = x[:, :, 0, 0]
    single = np.array([np.log(np.exp(z[n]).sum()) - z[n, target[n]] for n in range(3)])
    weight = np.array([weights[label] for label in target])
    cases = {
        "mean": (Params(target), single.mean()),
        "sum": (Params(target, reduction="sum"), single.sum()),
        "weighted": (Params(target, class_weights=weights), (weight * single).sum() / weight.sum()),
        "weighted sum": (Params(target, class_weights=weights, reduction="sum"), (weight * single).sum()),
    }
    for params, wanted in cases.values():
        assert _forward(x, params)[1].mean() == pytest.approx(wanted, rel=1e-14)


def test_targets_that_add_up_to_less_than_one_pull_by_what_they_are() -> None:
    x, soft = _column(0.3, -1, 2), (0.1, 0.2, 0.3)
    params = Params(target_kind="distribution", soft=soft, temperature=2.0)
    (y, _), saved = OP.forward((x,), {}, params, no_tick)
    (gx,), _ = OP.backward([None, np.ones((1, 1, 1, 1))], saved, no_tick)
    np.testing.assert_allclose(gx.ravel(), (y.ravel() * 0.6 - soft) / 2, rtol=1e-14)


def test_a_share_of_0_is_no_part_of_the_loss_even_where_its_class_is_impossible() -> None:
    _, loss = _forward(_column(-np.inf, 0, 0), Params(target_kind="distribution", soft=(0, 0.5, 0.5)))
    assert loss.item() == pytest.approx(math.log(2))


def test_a_loss_far_below_the_last_digit_of_1_keeps_its_digits() -> None:
    _, loss = _forward(_column(30, 0).astype(np.float32), Params())
    assert loss.item() == pytest.approx(math.log1p(math.exp(-30)), rel=1e-6)


@pytest.mark.parametrize(
    ("params", "named"),
    [
        (Params((3,)), "right class 3 is not among the classes 0 to 2"),
        (Params((0, 1, 2)), "3 right classes for 2 images"),
        (Params(class_weights=(1, 2)), "2 class weights for 3 classes"),
        (Params(class_weights=(1, 2, 3, 4)), "4 class weights for 3 classes"),
        (Params((1, 2), class_weights=(1, 0, 0)), "add up to 0, .* more than 0"),
        (Params(target_kind="distribution", soft=(0.5, 0.5)), r"2 numbers for 3 classes; it has 3, or 2·3"),
        (Params(target_kind="distribution", soft=(0.25,) * 4), r"4 numbers for 3 classes"),
        (Params(target_kind="distribution", soft=(0.25,) * 7), r"7 numbers for 3 classes"),
    ],
)
def test_a_target_without_a_meaning_is_refused(params: Params, named: str) -> None:
    with pytest.raises(Refusal, match=named):
        OP.shape(((2, 3, 1, 1),), params)


@pytest.mark.parametrize(
    "params",
    [
        Params((2,)),
        Params((0, 2)),
        Params((1, 2), class_weights=(1, 0, 1e-6)),
        Params((1, 2), class_weights=(1, 0, 0), reduction="sum"),
        Params((9,), target_kind="distribution", soft=(0.2, 0.3, 0.5)),
        Params(target_kind="distribution", soft=(0.25,) * 6),
    ],
)
def test_a_target_within_its_limits_is_taken(params: Params) -> None:
    assert OP.shape(((2, 3, 1, 1),), params) == ((2, 3, 1, 1), (2, 1, 1, 1))


@pytest.mark.parametrize(
    ("params", "named"),
    [
        (Params(class_weights=(1.0, -0.5)), r"Class weights is -0\.5; it lies between 0 and"),
        (Params(soft=(1.5,)), r"Distribution is 1\.5; it lies between 0 and 1"),
        (Params(temperature=0.0), r"Temperature is 0\.0; it lies between 1e-06"),
        (Params(smoothing=1.25), r"smoothing ε is 1\.25; it lies between 0 and 1"),
    ],
)
def test_a_number_out_of_range_is_refused_with_its_limits(params: Params, named: str) -> None:
    with pytest.raises(Refusal, match=named):
        parameters.check(params)


def test_what_an_older_session_says_of_softmax_means_what_it_meant() -> None:
    assert parameters.from_json(Params, {"target": [4, 1]}) == Params((4, 1))
    x = _numbers((2, 5, 1, 1), 0, np.float64)
    y, loss = _forward(x, Params((4, 1)))
    z = x[:, :, 0, 0]
    total = np.exp(z).sum(axis=1)
    np.testing.assert_allclose(y[:, :, 0, 0], np.exp(z) / total[:, None], rtol=1e-14)
    np.testing.assert_allclose(loss.ravel(), np.log(total) - z[[0, 1], [4, 1]], rtol=1e-14)


# The naive form ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "last"), [(np.float32, 88.7228), (np.float64, 709.7827)])
def test_the_naive_form_overflows_where_the_format_ends(dtype: Any, last: float) -> None:
    params = Params(naive=True)
    assert np.isfinite(_forward(_column(last, 0).astype(dtype), params)[0]).all()
    y, _ = _forward(_column(last + 0.001, 0).astype(dtype), params)
    assert np.isnan(y[0, 0, 0, 0])
    assert y[0, 1, 0, 0] == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_both_columns_stand_beside_each_other_where_the_naive_one_overflows(dtype: Any) -> None:
    scores = _column(1000, 1001, 1002).astype(dtype)
    y, loss = _forward(scores, Params(naive=True))
    assert np.isnan(y).all()
    assert loss.item() == math.inf
    steps = OP.explain((scores,), {}, Params(naive=True), Cell(0, (0, 2, 0, 0)))
    naive, shifted = (part for part in steps[0].parts if isinstance(part, Sum))
    assert np.dtype(dtype).name in str(naive.label)
    assert [value for _, value in naive.terms] == [math.inf] * 3
    assert shifted.total == pytest.approx(1 + math.exp(-1) + math.exp(-2), rel=1e-12)
    assert math.isnan(steps[-1].value)


def test_a_sum_past_float32_is_shown_as_float32_holds_it() -> None:
    scores = _column(88.5, 88.5).astype(np.float32)
    y, _ = _forward(scores, Params(naive=True))
    assert y.ravel().tolist() == [0, 0]
    steps = OP.explain((scores,), {}, Params(naive=True), Cell(0, (0, 0, 0, 0)))
    assert [part.value for part in steps[0].parts if isinstance(part, Number)] == [math.inf]
    assert steps[-1].value == 0


def test_the_naive_form_is_the_stable_one_within_the_range() -> None:
    x = _numbers((2, 6, 1, 1), 3, np.float64)
    seeds = [_numbers((2, 6, 1, 1), 4, np.float64), _numbers((2, 1, 1, 1), 5, np.float64)]
    found = []
    for naive in (False, True):
        params = Params((1, 5), class_weights=(1, 2, 3, 4, 5, 6), smoothing=0.2, temperature=0.7, naive=naive)
        ys, saved = OP.forward((x,), {}, params, no_tick)
        found.append((*ys, OP.backward(seeds, saved, no_tick)[0][0]))
    for stable, plain in zip(*found, strict=True):
        np.testing.assert_allclose(plain, stable, rtol=1e-12)


# What is explained -------------------------------------------------------------------------------------------------


def test_the_terms_of_a_weighted_smoothed_loss_add_up_to_the_loss_of_the_image() -> None:
    x, weights = _numbers((2, 3, 1, 1), 1, np.float64), (1.0, 2.0, 3.0)
    params = Params((2, 0), class_weights=weights, smoothing=0.3)
    steps = OP.explain((x,), {}, params, Cell(1, (0, 0, 0, 0)))
    y = _forward(x, params)[0][0].ravel()
    t = np.array(weights) * (np.array([0, 0, 0.7]) + 0.1)
    titles = [str(step.title) for step in steps]
    assert titles[2] == "What the classes should be, t"
    assert steps[2].value == pytest.approx(t.sum())
    assert steps[3].value == pytest.approx(-(t * np.log(y)).sum())
    assert steps[4].value == 4
    assert steps[5].value == pytest.approx(steps[3].value * 2 / 4)
    assert len(steps) == 6


@pytest.mark.parametrize("shape", [(2, 9, 43, 51), (4000, 9, 1, 1), (1, 40000, 1, 1), (250, 150, 1, 1)])
def test_what_is_shared_among_threads_is_what_one_thread_finds(shape: tuple[int, ...]) -> None:
    assert math.prod(shape) > SMALL
    x, flow = _numbers(shape, 1, np.float64), _numbers(shape, 2, np.float64)
    z = np.exp(x - x.max(axis=1, keepdims=True))
    wanted = z / z.sum(axis=1, keepdims=True)
    for op, y in ((channel_softmax.OP, wanted), (log_softmax.OP, np.log(wanted))):
        (found,), saved = op.forward((x,), {}, softmax_along_axis.Params(), no_tick)
        np.testing.assert_allclose(found, y, rtol=1e-12)
        slope = wanted * (flow - (flow * wanted).sum(axis=1, keepdims=True))
        if op is log_softmax.OP:
            slope = flow - wanted * flow.sum(axis=1, keepdims=True)
        (back,), _ = op.backward((flow,), saved, no_tick)
        np.testing.assert_allclose(back, slope, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("shape", [(300, 257), (3, 20000), (2000, 3)])
def test_many_rows_with_their_losses_are_what_float64_finds(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    x, target = _numbers((*shape, 1, 1), 1) * np.float32(4), rng.integers(0, shape[1], shape[0])
    x[1, 1] = np.nan
    z = x[:, :, 0, 0].astype(np.float64)
    z -= np.where(np.isnan(z), -np.inf, z).max(axis=1, keepdims=True)
    total = np.exp(z).sum(axis=1, keepdims=True)
    (y, loss), saved = OP.forward((x,), {}, Params(tuple(target.tolist()), smoothing=0.25), no_tick)
    t = np.full(shape, 0.25 / shape[1])
    t[np.arange(shape[0]), target] += 0.75
    np.testing.assert_allclose(y[:, :, 0, 0], np.exp(z) / total, rtol=1e-7)
    np.testing.assert_allclose(loss.ravel(), (t * (np.log(total) - z)).sum(axis=1), rtol=1e-7)
    assert np.isnan(loss.ravel()).nonzero()[0].tolist() == [1]
    (gx,), _ = OP.backward([None, np.ones_like(loss)], saved, no_tick)
    np.testing.assert_allclose(gx[:, :, 0, 0], np.exp(z) / total - t, rtol=1e-6, atol=1e-12)
