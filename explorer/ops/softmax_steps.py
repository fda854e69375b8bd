"""What softmax over classes and softmax over maps share: the shifted exponents, and the steps that explain them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence

import numpy as np

from explorer.ops.brief_sum import brief_sum
from explorer.ops.explanation import Number, Part, Sign, Step
from explorer.ops.op import Array
from explorer.ops.parameters import real
from explorer.refusal import Message, message

_LARGEST = math.log(sys.float_info.max)

Name = Callable[[int], Message]


def temperature() -> float:
    """The parameter T of softmax(x/T)."""
    value: float = real(
        1.0, "Temperature", 1e-6, 1e6, soft=10, hint="Scores are divided by it: above 1 evens out, below 1 sharpens."
    )
    return value


def exponential(value: float) -> float:
    """e^value, infinite where it is past float64."""
    return math.inf if value > _LARGEST else math.exp(value)


def shifted(scores: Sequence[float], temperature: float) -> tuple[float, list[float]]:
    """The largest score, and z = (score − largest)/T; NaN where one is NaN."""
    largest = max(scores) if not any(map(math.isnan, scores)) else math.nan
    return largest, [(score - largest) / temperature for score in scores]


def shift_step(score: float, largest: float, z: float, temperature: float, name: Message, *also: Part) -> Step:
    """One score less the largest, divided by T."""
    parts: tuple[Part, ...] = (
        Number(message("score of {name}", name=name), score, "input"),
        Sign("−"),
        Number(message("largest score"), largest, "input"),
        Sign("="),
    )
    if temperature != 1:
        parts += (
            Number(message("difference"), score - largest, "product"),
            Sign("/"),
            Number(message("temperature"), temperature, "weight"),
            Sign("="),
        )
    shift = Number(message("shifted z"), z, "product")
    title = message("Shifted by the largest, which changes no quotient and keeps e^z finite")
    return Step(title, (*parts, shift, *also), z)


def sum_step(z: Sequence[float], name: Name) -> tuple[Step, float]:
    """The step that adds up e^z, and the sum."""
    exponentials = np.array([exponential(value) for value in z])
    total = brief_sum(message("Σ e^z"), exponentials, lambda k: message("e^z of {name}", name=name(k)))
    return Step(message("The exponentials added up"), (total,), total.total), total.total


def share_step(numerator: float, total: float, y: float, name: Message, title: Message) -> Step:
    """y = e^z/Σ e^z."""
    return Step(
        title,
        (
            Number(message("e^z of {name}", name=name), numerator, "product"),
            Sign("/"),
            Number(message("Σ e^z"), total, "weight"),
            Sign("="),
            Number(message("y"), y),
        ),
        y,
    )


def logarithm(value: float) -> float:
    """ln value, −∞ of 0."""
    return math.log(value) if value != 0 else -math.inf


def quotient(numerator: float, total: float) -> float:
    """numerator/total, NaN for 0/0."""
    return numerator / total if total != 0 else math.nan


def as_floats(scores: Array) -> list[float]:
    """The numbers of an array in row order."""
    return [float(score) for score in scores.ravel()]
