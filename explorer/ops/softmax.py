"""Softmax, and the cross-entropy of what it gives.

With s = (x − max x)/T and t the targets of `class_targets`: y = e^s/Σe^s, and the loss of an image is
Σt·ln Σe^s − Σ t·s, two sums of one sign, so that no digit is lost. The loss of the batch is their mean, weighted mean
or sum. As everything here takes the loss of a batch as the mean over its images, the losses carry a factor: N/Σ weights
of the right classes for the weighted mean, N for the sum, and 1 for the plain mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer import limits
from explorer.ops import class_targets
from explorer.ops.brief_sum import brief_sum
from explorer.ops.explanation import Number, Part, Sign, Step, Sum
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.ops.parameters import choice, flag, integers, real, reals
from explorer.ops.softmax_steps import (
    as_floats,
    exponential,
    logarithm,
    quotient,
    share_step,
    shift_step,
    shifted,
    sum_step,
    temperature,
)
from explorer.refusal import Message, Refusal, message
from kernels.cross_entropy import Form, cross_entropy, cross_entropy_gradient


@dataclass(frozen=True, slots=True)
class Params:
    """What the scores are held against, and how."""

    target: tuple[int, ...] = integers(
        (0,),
        "Right class",
        0,
        limits.Limits().channels - 1,
        when=("target_kind", "class"),
        hint="Counted from 0: one number for all images, or one for each.",
    )
    target_kind: str = choice("class", "Target", (("class", "One class"), ("distribution", "A distribution")))
    soft: tuple[float, ...] = reals(
        (1.0,),
        "Distribution",
        0,
        1,
        when=("target_kind", "distribution"),
        hint="The share of each class, for all images, or image after image.",
    )
    class_weights: tuple[float, ...] = reals(
        (1.0,), "Class weights", 0, 1e6, hint="One number for all classes, or one for each."
    )
    smoothing: float = real(
        0.0, "Label smoothing ε", 0, 1, hint="The share of the target that is spread over all classes."
    )
    reduction: str = choice(
        "mean",
        "Loss of a batch",
        (("mean", "Mean"), ("sum", "Sum")),
        hint="The mean is weighted by the weights of the right classes.",
    )
    temperature: float = temperature()
    naive: bool = flag(
        False, "Naive (for the lesson)", hint="e^x without the shift: past 88.7 float32 overflows, past 709.8 float64."
    )


def shape(shapes: Shapes, params: Params) -> Shapes:
    n, classes, h, w = shapes[0]
    if (h, w) != (1, 1):
        raise Refusal(
            "The maps are {height} × {width}; softmax over classes takes maps of {limit}.",
            height=h,
            width=w,
            limit="1 × 1",
            hint="Flatten, pool globally, or put a fully connected layer before it.",
        )
    class_targets.check(params, n, classes)
    return (n, classes, 1, 1), (n, 1, 1, 1)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    scores = x.reshape(x.shape[:2])
    images, classes = x.shape[:2]
    form, targets = Form(params.temperature, params.naive), class_targets.targets(params, images, classes)
    y, losses = cross_entropy(scores, form, targets, tick)
    return (y.reshape(x.shape), losses.reshape(-1, 1, 1, 1)), (scores, form, targets)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    scores, form, targets = saved
    gy, glosses = gys
    gx = cross_entropy_gradient(
        scores,
        None if gy is None else gy.reshape(scores.shape),
        None if glosses is None else glosses.ravel(),
        form,
        targets,
        tick,
    )
    return (gx[:, :, None, None],), {}


def _rounded(value: float, dtype: Any) -> float:
    """The number of the type that is nearest, infinite past its range."""
    with np.errstate(over="ignore", under="ignore"):
        return float(dtype.type(value))


def _exponents(xs: Arrays, params: Params, n: int) -> tuple[list[float], list[float], float]:
    """z, e^z and Σe^z: shifted; or naive, each number rounded to the format of the document."""
    scores = as_floats(xs[0][n])
    if not params.naive:
        _, z = shifted(scores, params.temperature)
        exponentials = [exponential(value) for value in z]
        return z, exponentials, sum(exponentials)
    dtype = xs[0].dtype
    z = [_rounded(score / _rounded(params.temperature, dtype), dtype) for score in scores]
    exponentials = [_rounded(exponential(value), dtype) for value in z]
    return z, exponentials, _rounded(sum(exponentials), dtype)


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c = cell.index[:2]
    z, exponentials, total = _exponents(xs, params, n)
    if cell.port == 0:
        return quotient(exponentials[c], total)
    t, factor = class_targets.of_image(params, n, *xs[0].shape[:2])
    chosen = sum(float(t[d]) * z[d] for d in range(len(z)) if t[d] != 0)
    return factor * (float(t.sum()) * logarithm(total) - chosen)


def _class(label: int) -> Message:
    return message("class {label}", label=label)


def _naive_step(xs: Arrays, params: Params, n: int) -> Step:
    """Both columns: e^z as it stands in the format of the document, and shifted."""
    z, exponentials, total = _exponents(xs, params, n)
    _, beside = shifted(as_floats(xs[0][n]), params.temperature)
    column = message("Σ e^z without the shift, in {format}", format=xs[0].dtype.name)
    plain = brief_sum(column, np.array(exponentials), lambda k: message("e^{z}", z=f"{z[k]:.6g}"))
    shift = brief_sum(
        message("Σ e^z, shifted by the largest"),
        np.array([exponential(value) for value in beside]),
        lambda k: message("e^{z}", z=f"{beside[k]:.6g}"),
    )
    overflown = math.isinf(total) and not math.isinf(plain.total)
    rounded: tuple[Part, ...] = (Sign("→"), Number(message("in {format}", format=xs[0].dtype.name), total))
    return Step(
        message("Naive, and beside it the shifted form"),
        (plain, *(rounded if overflown else ()), Sign(";"), shift),
        total,
    )


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    n, (images, classes) = cell.index[0], xs[0].shape[:2]
    t, _ = class_targets.of_image(params, n, images, classes)
    c = cell.index[1] if cell.port == 0 else int(t.argmax())
    z, exponentials, total = _exponents(xs, params, n)
    if params.naive:
        steps: tuple[Step, ...] = (_naive_step(xs, params, n),)
    else:
        steps = _shifted_steps(xs, params, n, c)
    if cell.port == 0:
        y = quotient(exponentials[c], total)
        title = message("The share of class {label}", label=c)
        return *steps, share_step(exponentials[c], total, y, _class(c), title)
    parts = np.array([-float(t[d]) * z[d] if t[d] != 0 else 0.0 for d in range(classes)])
    log_total = logarithm(total)
    if class_targets.plain(params, classes):
        terms = (message("ln Σ e^z"), log_total), (message("− z of class {label}", label=c), float(parts[c]))
        loss = Sum(message("loss"), terms, log_total + float(parts[c]))
        title = message("The loss −ln y of the right class {label}, without ever forming y", label=c)
    else:
        log_part = message("Σ t · ln Σ e^z"), float(t.sum()) * log_total
        loss = brief_sum(message("loss"), parts, lambda k: message("− t·z of class {label}", label=k), log_part)
        title = message("The loss −Σ t·ln y, without ever forming y")
    return (
        *steps,
        *class_targets.target_steps(params, n, images, classes),
        Step(title, (loss,), loss.total),
        *class_targets.reduction_steps(params, loss.total, images, classes),
    )


def _shifted_steps(xs: Arrays, params: Params, n: int, c: int) -> tuple[Step, ...]:
    scores = as_floats(xs[0][n])
    largest, z = shifted(scores, params.temperature)
    also: tuple[Part, ...] = ()
    plain = _rounded(exponential(scores[c] / params.temperature), xs[0].dtype)
    if math.isinf(plain) and math.isfinite(scores[c]):
        also = Sign(";"), Number(message("e^z without the shift, in {format}", format=xs[0].dtype.name), plain)
    step, _ = sum_step(z, _class)
    return shift_step(scores[c], largest, z[c], params.temperature, _class(c), *also), step


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return (Region(0, slice(0, shapes[0][1]), slice(0, 1), slice(0, 1)),)


def labels(shapes: Shapes, params: Params, weights: Weights) -> tuple[str, ...]:
    return tuple(str(label) for label in range(shapes[0][1]))


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    def drawn(*size: int) -> Arrays:
        return (rng.standard_normal((*size, 1, 1)),)

    large = (np.array([1000.0, 1001.0, 1002.0]).reshape(1, 3, 1, 1),)
    broken = (np.array([[0, np.nan, 1], [np.inf, 0, 1], [-np.inf, 0, 1]]).reshape(3, 3, 1, 1),)
    soft = Params(target_kind="distribution", soft=(0.5, 0.2, 0.3))
    weighted = Params((4, 1), class_weights=(1, 2, 0.5, 0, 3))
    smooth = Params((4, 1), class_weights=(1, 2, 0.5, 0, 3), smoothing=0.1, reduction="sum", temperature=2.0)
    each = Params(target_kind="distribution", soft=(0.5, 0.2, 0, 1), smoothing=0.2, class_weights=(2, 1))
    return (
        Sample(title="Two images, a class for each", xs=drawn(2, 5), params=Params((4, 1))),
        Sample(title="Two images, one class for both", xs=drawn(2, 3), params=Params((2,))),
        Sample(title="One class", xs=drawn(1, 1), params=Params()),
        Sample(title="Past the range of e^z", xs=large, params=Params()),
        Sample(title="Equal scores", xs=(np.zeros((1, 4, 1, 1)),), params=Params()),
        Sample(title="Many classes", xs=drawn(1, 30), params=Params((7,))),
        Sample(title="Weighted mean", xs=drawn(2, 5), params=weighted),
        Sample(title="Sum, smoothed, weighted, temperature 2", xs=drawn(2, 5), params=smooth),
        Sample(title="A distribution", xs=drawn(2, 3), params=soft),
        Sample(title="A distribution for each image", xs=drawn(2, 2), params=each),
        Sample(title="Naive", xs=drawn(2, 4), params=Params((3,), naive=True, temperature=0.5)),
        Sample(title="Naive, past the range of e^z", xs=large, params=Params(naive=True), ties=True),
        Sample(title="NaN and infinity", xs=broken, params=Params((1,)), ties=True),
    )


OP = Op(
    name="softmax",
    title="Softmax and cross-entropy",
    group="Head",
    formula="y[n,c] = exp(x[n,c]/T) / Σ over d of exp(x[n,d]/T),  "
    "loss[n] = Σ over c of t[n,c] · (ln Σ over d of exp(x[n,d]/T) − x[n,c]/T),  t = 1 at the right class",
    source="Bridle 1990; as ONNX Softmax of opset 13, the loss by the logarithm of the sum; smoothing of Szegedy et "
    "al. 2016 and weights as in PyTorch",
    Params=Params,
    shape=shape,
    forward=forward,
    backward=backward,
    definition=definition,
    explain=explain,
    reads=reads,
    samples=samples,
    outputs=("y", "loss"),
    labels=labels,
    signed=False,
    hint={
        "y": "The probability of each class.",
        "loss": "−ln of the probability of the right class. The mean over the images is the loss of the batch.",
    },
)
