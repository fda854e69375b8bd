"""The logistic function and its explanation, for the sigmoid and for what is gated by it."""

from __future__ import annotations

import math

from explorer.ops.activation import between
from explorer.ops.explanation import Number, Step
from explorer.refusal import Message, message


def logistic(x: float) -> float:
    """σ(x) = 1/(1 + e^−x); far below 0, where e^−x overflows, the fraction is expanded by e^x."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def logistic_steps(x: Number, name: Message) -> tuple[Step, Step]:
    """How σ(x) comes to its number, which is shown as `name`."""
    power = math.exp(-abs(x.value))
    label = message("e^−x") if x.value >= 0 else message("e^x")
    shown = Number(label, power, "product")
    sign = "exp(−" if x.value >= 0 else "exp("
    top = Number(message("1"), 1.0, "product") if x.value >= 0 else shown
    return (
        between(message("The power of e that cannot overflow"), label, power, sign, x, ")"),
        between(message("The logistic function σ"), name, logistic(x.value), top, "/ (1 +", shown, ")"),
    )
