"""Where one stands in a derivation, and where a key leads from there. Plain values and functions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.model.derivation.derivation import Derivation, Line, Step
from explorer.ui.transport.course import Course


@dataclass(frozen=True, slots=True)
class Place:
    """A step, and how many of its strokes are seen: both from 0."""

    step: int = 0
    line: int = 0


class Walk:
    """The way through the lines of a derivation, through its coarse outline alone or through all of its steps."""

    def __init__(self, steps: Sequence[Step], deep: bool) -> None:
        self.steps = tuple(steps)
        self.deep = deep
        self.outline = tuple(i for i, step in enumerate(self.steps) if deep or step.depth == 0) or tuple(
            range(len(self.steps))
        )
        self._course = Course(len(self.steps[i].lines) for i in self.outline)

    @property
    def lengths(self) -> tuple[int, ...]:
        """How many lines each step of the way has."""
        return self._course.lengths

    @property
    def length(self) -> int:
        """How many lines there are on the way."""
        return self._course.length

    def number(self, place: Place) -> int:
        """Which of the steps of the way it is, from 0; a step that is left out belongs to the one before."""
        return max(bisect_right(self.outline, place.step) - 1, 0)

    def position(self, place: Place) -> int:
        """How many lines lie before it."""
        number = self.number(place)
        here = self.outline[number] == place.step
        return self._course.position(number, place.line if here else self.lengths[number] - 1)

    def at(self, position: int) -> Place:
        """The place after so many lines, no further than the ends."""
        number, line = self._course.at(position)
        return Place(self.outline[number], line)

    def moved(self, place: Place, lines: int) -> Place:
        """So many lines on, or back."""
        return self.at(self.position(place) + lines)

    def stepped(self, place: Place, steps: int) -> Place:
        """So many steps on, each to its first line; one step back from within a step is the first line of it."""
        number = self.number(place)
        line = place.line if self.outline[number] == place.step else 0
        number, line = self._course.stepped(number, line, steps)
        return Place(self.outline[number], line)

    @property
    def first(self) -> Place:
        """The beginning."""
        return self.at(0)

    @property
    def last(self) -> Place:
        """The end."""
        return self.at(self.length - 1)

    def whole(self, step: int) -> Place:
        """A step with all of its strokes."""
        return Place(step, len(self.steps[step].lines) - 1)

    def line(self, place: Place) -> Line:
        """What is on the sheet there."""
        return self.steps[place.step].lines[place.line]

    def ahead(self, place: Place) -> list[Place]:
        """Where the next key may lead, the likeliest first."""
        ways = (
            self.moved(place, 1), self.moved(place, -1), self.stepped(place, 1), self.stepped(place, -1),
            self.moved(place, 2),
        )  # fmt: skip
        return [each for each in dict.fromkeys(ways) if each != place]


def walk(derivation: Derivation, deep: bool) -> Walk:
    """The way through a derivation."""
    return Walk(derivation.steps, deep)
