"""A way of single lines in segments: where a number of lines leads, and where a number of segments."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Course:
    """Segments of at least one line each. A place is a segment and a line in it, both from 0."""

    def __init__(self, lengths: Iterable[int]) -> None:
        self.lengths = tuple(lengths)
        self._starts = (0, *accumulate(self.lengths))

    @property
    def length(self) -> int:
        """How many lines there are on the way."""
        return self._starts[-1]

    def position(self, segment: int, line: int) -> int:
        """How many lines lie before a place; a line past the end of its segment is the last one of it."""
        return self._starts[segment] + min(line, self.lengths[segment] - 1)

    def at(self, position: int) -> tuple[int, int]:
        """The place after so many lines, no further than the ends."""
        position = min(max(position, 0), self.length - 1)
        segment = bisect_right(self._starts, position) - 1
        return segment, position - self._starts[segment]

    def stepped(self, segment: int, line: int, by: int) -> tuple[int, int]:
        """So many segments on, each to its first line; one back from within a segment is the first line of it."""
        if by < 0 and line > 0:
            by += 1
        segment += by
        return self.at(self.length - 1 if segment >= len(self.lengths) else self._starts[max(segment, 0)])
