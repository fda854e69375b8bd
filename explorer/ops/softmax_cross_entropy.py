"""Softmax, and the cross-entropy of what it gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer import limits
from explorer.ops.brief_sum import brief_sum
from explorer.ops.explanation import Number, Part, Sign, Step, Sum
from explorer.ops.op import Array, Arrays, Cell, Op, Region, Sample, Shapes, Tick, Weights
from explorer.ops.parameters import integers
from explorer.refusal import Refusal, message


@dataclass(frozen=True, slots=True)
class Params:
    """The right classes."""

    target: tuple[int, ...] = integers(
        (0,),
        "Right class",
        0,
        limits.Limits().channels - 1,
        hint="Counted from 0: one number for all images, or one for each.",
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
    if len(params.target) not in (1, n):
        raise Refusal(
            "There are {count} right classes for {images} images; there is one for all or one for each.",
            count=len(params.target),
            images=n,
        )
    if max(params.target) >= classes:
        raise Refusal(
            "The right class {target} is not among the classes 0 to {last}.",
            target=max(params.target),
            last=classes - 1,
        )
    return (n, classes, 1, 1), (n, 1, 1, 1)


def _targets(params: Params, images: int) -> Array:
    return np.broadcast_to(np.array(params.target), images)


def forward(xs: Arrays, weights: Weights, params: Params, tick: Tick) -> tuple[Arrays, Any]:
    (x,) = xs
    tick()
    z = x.reshape(x.shape[:2])
    targets = _targets(params, len(z))
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        shifted = z - z.max(axis=1, keepdims=True)
        exponentials = np.exp(shifted)
        total = exponentials.sum(axis=1, keepdims=True)
        y = exponentials / total
        loss = np.log(total[:, 0]) - shifted[np.arange(len(z)), targets]
    return (y.reshape(x.shape), loss.reshape(-1, 1, 1, 1)), (y, targets)


def backward(gys: Sequence[Array | None], saved: Any, tick: Tick) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    y, targets = saved
    tick()
    gx = np.zeros_like(y)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        if gys[0] is not None:
            gy = gys[0].reshape(y.shape)
            gx += y * (gy - (gy * y).sum(axis=1, keepdims=True))
        if gys[1] is not None:
            wrong = y.copy()
            wrong[np.arange(len(y)), targets] -= 1
            gx += wrong * gys[1].reshape(-1, 1)
    return (gx[:, :, None, None],), {}


def _shifted(xs: Arrays, n: int) -> tuple[float, list[float]]:
    z = [float(value) for value in xs[0][n].ravel()]
    largest = max(z) if not any(map(math.isnan, z)) else math.nan
    return largest, [value - largest for value in z]


def _exp(value: float) -> float:
    return math.exp(value) if value <= 700 else math.inf


def definition(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> float:
    n, c = cell.index[:2]
    _, z = _shifted(xs, n)
    total = sum(_exp(value) for value in z)
    if cell.port == 0:
        return _exp(z[c]) / total
    return math.log(total) - z[int(_targets(params, len(xs[0]))[n])]


def explain(xs: Arrays, weights: Weights, params: Params, cell: Cell) -> Sequence[Step]:
    n = cell.index[0]
    c = cell.index[1] if cell.port == 0 else int(_targets(params, len(xs[0]))[n])
    largest, z = _shifted(xs, n)
    score = float(xs[0][n, c, 0, 0])
    shift: tuple[Part, ...] = (
        Number(message("z of class {label}", label=c), score, "input"),
        Sign("−"),
        Number(message("largest z"), largest, "input"),
        Sign("="),
        Number(message("shifted z"), z[c], "product"),
    )
    with np.errstate(over="ignore", under="ignore"):
        plain = float(np.exp(xs[0][n, c, 0, 0]))
    if math.isinf(plain) and math.isfinite(score):
        label = message("e^z without the shift, in {format}", format=xs[0].dtype.name)
        shift += (Sign(";"), Number(label, plain))
    total = brief_sum(
        message("Σ e^z"), np.array([_exp(value) for value in z]), lambda k: message("e^z of class {label}", label=k)
    )
    steps = (
        Step(message("Shifted by the largest, which changes no quotient and keeps e^z finite"), shift, z[c]),
        Step(message("The exponentials added up"), (total,), total.total),
    )
    if cell.port == 0:
        y = _exp(z[c]) / total.total
        return *steps, Step(
            message("The share of class {label}", label=c),
            (
                Number(message("e^z of class {label}", label=c), _exp(z[c]), "product"),
                Sign("/"),
                Number(message("Σ e^z"), total.total, "weight"),
                Sign("="),
                Number(message("y"), y),
            ),
            y,
        )
    logarithm = math.log(total.total)
    terms = (message("ln Σ e^z"), logarithm), (message("− shifted z of class {label}", label=c), -z[c])
    loss = Sum(message("loss"), terms, logarithm - z[c])
    return *steps, Step(
        message("The loss −ln y of the right class {label}, without ever forming y", label=c), (loss,), loss.total
    )


def reads(shapes: Shapes, params: Params, cell: Cell) -> Sequence[Region]:
    return (Region(0, slice(0, shapes[0][1]), slice(0, 1), slice(0, 1)),)


def labels(shapes: Shapes, params: Params, weights: Weights) -> tuple[str, ...]:
    return tuple(str(label) for label in range(shapes[0][1]))


def samples(rng: np.random.Generator) -> Sequence[Sample]:
    large = np.array([1000.0, 1001.0, 1002.0]).reshape(1, 3, 1, 1)
    return (
        Sample(title="Two images, a class for each", xs=(rng.standard_normal((2, 5, 1, 1)),), params=Params((4, 1))),
        Sample(title="Two images, one class for both", xs=(rng.standard_normal((2, 3, 1, 1)),), params=Params((2,))),
        Sample(title="One class", xs=(rng.standard_normal((1, 1, 1, 1)),), params=Params()),
        Sample(title="Past the range of e^z", xs=(large,), params=Params()),
        Sample(title="Equal scores", xs=(np.zeros((1, 4, 1, 1)),), params=Params()),
        Sample(title="Many classes", xs=(rng.standard_normal((1, 30, 1, 1)),), params=Params((7,))),
    )


OP = Op(
    name="softmax",
    title="Softmax and cross-entropy",
    group="Head",
    formula="y[n,c] = exp(x[n,c]) / Σ over d of exp(x[n,d]),  loss[n] = ln Σ over d of exp(x[n,d]) − x[n,target]",
    source="Bridle 1990; as ONNX Softmax of opset 13, the loss by the logarithm of the sum",
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
    hint={"y": "The probability of each class.", "loss": "−ln of the probability of the right class."},
)
