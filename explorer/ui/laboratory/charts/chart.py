"""What a plot shows, without a painter."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

__all__ = ["Axis", "Chart", "Line", "Mark", "Span", "span_of"]

Style = Literal["line", "dashed", "points", "steps"]
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """title  with its unit; `log` for decades; `whole` where there is nothing between the whole numbers.

    powers  whether numbers are written as powers of ten
    """

    title: str
    log: bool = False
    whole: bool = False
    powers: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Values over x. What is infinite failed: the line ends there, and the top of the plot says ∞.

    low, high  the spread about it, or ()
    hue        number of a hue of the theme; None for a quiet line
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    hue: int | None = None
    style: Style = "line"

    def at(self, x: float) -> float | None:
        """The value at x itself."""
        return self.y[self.x.index(x)] if x in self.x else None


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that is worth a look, with a few words."""

    x: float
    y: float
    text: str
    hue: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over two axes. `title` stands above; `empty` says what to do where there is nothing to plot."""

    title: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    empty: str = ""

    @property
    def places(self) -> tuple[float, ...]:
        """Every x that has a value, in order."""
        return tuple(sorted({x for line in self.lines for x in line.x}))

    @property
    def filled(self) -> bool:
        """Whether there is anything to plot."""
        return any(self._drawn(y) for line in self.lines for y in line.y)

    def _drawn(self, y: float) -> bool:
        return isfinite(y) and (y > 0 or not self.y.log)

    def x_span(self) -> Span:
        """The least and the greatest x."""
        return span_of(self.places, log=self.x.log)

    def y_span(self) -> Span:
        """What the finite values and spreads cover; from 0 on a plain axis."""
        values = [y for line in self.lines for each in (line.y, line.low, line.high) for y in each if self._drawn(y)]
        low, high = span_of(values, log=self.y.log)
        if self.y.log:
            return low / 1.15, high * 1.25
        return min(low, 0.0), high * 1.06 if high > 0 else high


def span_of(values: tuple[float, ...] | list[float], *, log: bool) -> Span:
    """The least and the greatest, never the same number twice."""
    low, high = (min(values), max(values)) if values else (1.0, 1.0)
    if low < high:
        return low, high
    return (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
