"""Where the numbers of an axis stand, and how they are written."""

from __future__ import annotations

from math import ceil, floor, log10

from explorer.model.digits import MINUS, number
from explorer.ui.laboratory.charts.chart import Axis, Span

__all__ = ["labelled", "place", "ticks"]

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def place(value: float, span: Span, *, log: bool) -> float:
    """Where a value lies between the ends of a span, 0 … 1."""
    low, high = span
    if log:
        value, low, high = log10(value), log10(low), log10(high)
    return (value - low) / (high - low)


def ticks(axis: Axis, span: Span, most: int) -> tuple[float, ...]:
    """At the most so many round numbers within a span; of several decades, their powers of ten."""
    return _decades(span, max(most, 2)) if axis.log else _even(span, max(most, 2), whole=axis.whole)


def _decades(span: Span, most: int) -> tuple[float, ...]:
    low, high = span
    first, last = floor(log10(low)), ceil(log10(high))

    def within(factors: tuple[int, ...], step: int = 1) -> tuple[float, ...]:
        values = (factor * 10.0**power for power in range(first - first % step, last + 1, step) for factor in factors)
        return tuple(each for each in values if low * (1 - 1e-9) <= each <= high * (1 + 1e-9))

    for factors in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        found = within(factors)
        if len(found) <= most:
            return found
    step = 2
    while len(found := within((1,), step)) > most:
        step += 1
    return found


def _even(span: Span, most: int, *, whole: bool) -> tuple[float, ...]:
    low, high = span
    raw = (high - low) / most
    unit = 10.0 ** floor(log10(raw))
    step = unit * next(each for each in (1, 2, 5, 10, 20) if each * unit >= raw * 0.999)
    if whole:
        step = max(step, 1.0)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return tuple(at * step for at in range(first, last + 1))


def labelled(value: float, axis: Axis) -> str:
    """A number of an axis: 10⁻⁷, 2·10⁻⁷, 0.05, 200."""
    if not value:
        return "0"
    power = floor(log10(abs(value)) + 1e-9)
    if not axis.powers:
        return number(value, 3)
    factor = round(abs(value) / 10.0**power)
    sign = MINUS if value < 0 else ""
    ten = f"10{str(power).translate(_SUPERSCRIPTS)}"
    return f"{sign}{ten}" if factor == 1 else f"{sign}{factor}·{ten}"
