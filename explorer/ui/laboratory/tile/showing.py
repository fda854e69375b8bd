"""What all parts of the page show at a place of the way: which numbers are known, and how they are written."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from explorer.model.digits import number
from explorer.model.laboratory.tile_terms import Phase, Place, Term, phases, terms
from explorer.model.laboratory.tiling import Key, Worked
from explorer.ops.op import Array
from explorer.ui.transport.course import Course

Mode = Literal["exact", "float32", "difference"]
"""What is written of a number: itself, what float32 makes of it, or how many units of its last place these differ."""

DIGITS = 4
"""Of a number in a stage, and of the largest term of a formula."""
_ULP_DIGITS = 2
_LAYER_DIGITS = 9


class Way:
    """The way through the numbers of a tile."""

    def __init__(self, of: Worked) -> None:
        self.of = of
        self.phases: tuple[Phase, ...] = phases(of)
        self.course = Course(len(each.places) for each in self.phases)
        self.orders: dict[Key, Array] = {key: np.zeros(each.shape, int) for key, each in of.stages.items()}
        """The step that makes each number of a stage; the first one for the inputs."""
        for segment, phase in enumerate(self.phases[1:], 1):
            for line, place in enumerate(phase.places):
                self.orders[place.key][place.row, place.column] = self.course.position(segment, line)

    def position(self, place: Place) -> int:
        """The step that makes a number."""
        return int(self.orders[place.key][place.row, place.column])

    def place(self, position: int) -> Place:
        """The number that a step makes."""
        segment, line = self.course.at(position)
        return self.phases[segment].places[line]

    def nearest(self, key: Key, line: int) -> int:
        """The step with this number in the phase of a stage, or the first one where there is no such phase."""
        for segment, phase in enumerate(self.phases):
            if phase.key == key:
                return self.course.position(segment, line)
        return 0


class Shown:
    """A step of the way in one of the modes."""

    def __init__(self, way: Way, position: int, texts: Texts) -> None:
        self.way, self.position, self.texts = way, position, texts
        self.of = way.of
        self.segment, self.line = way.course.at(position)

    @property
    def place(self) -> Place:
        """The number that is being made."""
        return self.way.place(self.position)

    @property
    def phase(self) -> Phase:
        """The stage that is being filled."""
        return self.way.phases[self.segment]

    def known(self, place: Place) -> bool:
        """Whether the number is there already."""
        return self.way.position(place) <= self.position

    def all_known(self, key: Key) -> Array:
        """Which numbers of a stage are there already."""
        return np.asarray(self.way.orders[key] <= self.position)


class Texts:
    """The numbers of a tile in one mode, as they are written."""

    def __init__(self, of: Worked, mode: Mode) -> None:
        self.of, self.mode = of, mode
        self._rows: dict[Key, list[list[str]]] = {}
        self._strengths: dict[Key, Array] = {}
        self._terms: dict[Place, tuple[Term, ...]] = {}

    def rows(self, key: Key) -> list[list[str]]:
        """All numbers of a stage."""
        if key not in self._rows:
            numbers = self.of.stages[key]
            if self.mode == "difference":
                rows, columns = numbers.shape
                self._rows[key] = [[ulps_text(numbers.ulps(i, j)) for j in range(columns)] for i in range(rows)]
            else:
                self._rows[key] = grid_texts(numbers.values() if self.mode == "exact" else numbers.rounded)
        return self._rows[key]

    def text(self, place: Place) -> str:
        """A number."""
        return self.rows(place.key)[place.row][place.column]

    def value(self, place: Place) -> float:
        """A number where it stands in a sum: its difference from float32 is no summand."""
        numbers = self.of.stages[place.key]
        exact = self.mode == "exact"
        return float(numbers.exact(place.row, place.column) if exact else numbers.rounded[place.row, place.column])

    @property
    def bias(self) -> str:
        """The bias; "" where there is none."""
        bias = self.of.bias
        if bias is None:
            return ""
        if self.mode == "difference":
            return ulps_text(bias.ulps(0, 0))
        return number(float(bias.exact(0, 0)))

    def terms(self, place: Place) -> tuple[Term, ...]:
        """What a number is the sum of."""
        if place not in self._terms:
            self._terms[place] = terms(self.of, place)
        return self._terms[place]

    def strengths(self, key: Key) -> Array:
        """The size of each number out of the largest of its stage."""
        if key not in self._strengths:
            sizes = np.abs(self.of.stages[key].values())
            self._strengths[key] = sizes / (float(sizes.max(initial=0.0)) or 1.0)
        return self._strengths[key]


def grid_texts(values: Array) -> list[list[str]]:
    """Each number to its own digits, but none further behind the point than the largest one, or than 1 has them."""
    sizes = np.abs(values[np.isfinite(values)])
    last = DIGITS - min(_places(float(sizes.max(initial=0.0))), 1)
    return [[number(each, max(min(DIGITS, last + _places(each)), 1)) for each in row] for row in values.tolist()]


def _places(value: float) -> int:
    """Places of a number before the point: 1 for 3.2, 0 for 0.32, −1 for 0.032."""
    return math.floor(math.log10(abs(value))) + 1 if value and math.isfinite(value) else 1


def ulps_text(value: float) -> str:
    """A difference in units of the last place."""
    return number(round(value, _ULP_DIGITS) + 0.0, 3)


def details(of: Worked, place: Place) -> tuple[tuple[str, str], ...]:
    """A number in full: (what, text) of the exact fraction, of float32, of their difference, and what the layer has."""
    numbers = of.stages[place.key]
    exact, error = numbers.exact(place.row, place.column), numbers.error(place.row, place.column)
    found = [
        ("exact", str(exact).replace("-", "−")),
        ("float32", segmentin_full(numbers.rounded[place.row, place.column])),
    ]
    if error is not None:
        ulps = ulps_text(numbers.ulps(place.row, place.column))
        found.append(("difference", f"{ulps} ulp · {number(float(error), 3)}" if error else "0"))
    if place.key in (of.final, "direct") and not of.dropped[place.row, place.column]:
        found.append(("layer", number(float(of.layer[place.row, place.column]), _LAYER_DIGITS)))
    return tuple(found)


def segmentin_full(value: np.float32) -> str:
    """The shortest decimal that float32 reads back as the same number."""
    return str(value).replace("-", "−")
