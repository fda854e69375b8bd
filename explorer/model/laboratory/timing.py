"""Times of several ways to do one thing, taken in turn: on a shared machine only what ran side by side compares.

Each round runs every way once, beginning with another one each time. What counts is the median of a way's times, and
the median of its ratios to the first way within the same round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

from explorer.model.laboratory.ranges import check_range
from explorer.model.laboratory.steps import Steps
from explorer.refusal import Refusal

__all__ = ["Timed", "timed"]

MOST_ROUNDS = 10_000


@dataclass(frozen=True, slots=True)
class Timed:
    """The times of one way in seconds; its `ratios` to the first way, round by round: below 1 it is faster."""

    name: str
    seconds: tuple[float, ...]
    ratios: tuple[float, ...]

    @property
    def median(self) -> float:
        """Of the times."""
        return median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third of the times; of one time it is both."""
        return _quartiles(self.seconds)

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return median(self.ratios)

    @property
    def ratio_quartiles(self) -> tuple[float, float]:
        """The first and the third of the ratios."""
        return _quartiles(self.ratios)


def timed(
    ways: Mapping[str, Callable[[], object]],
    rounds: int = 15,
    warm_up: int = 1,
    clock: Callable[[], float] = perf_counter,
) -> Steps[tuple[Timed, ...]]:
    """Run each of `ways` `warm_up` times unmeasured and then `rounds` times in turn; one run is one step.

    What a way raises goes through. Refusal where there are no ways, or the numbers are out of range.
    """
    if not ways:
        raise Refusal("There are {count} ways to measure; the least is {least}.", count=0, least=1)
    check_range("rounds", rounds, 1, MOST_ROUNDS)
    check_range("warm_up", warm_up, 0, MOST_ROUNDS)
    names = list(ways)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    total = (rounds + warm_up) * len(names)
    for number in range(rounds + warm_up):
        first = number % len(names)
        for place, name in enumerate(names[first:] + names[:first], 1):
            start = clock()
            ways[name]()
            elapsed = clock() - start
            if number >= warm_up:
                seconds[name].append(elapsed)
            yield number * len(names) + place, total
    base = seconds[names[0]]
    return tuple(
        Timed(name, tuple(times), tuple(_ratio(a, b) for a, b in zip(times, base, strict=True)))
        for name, times in seconds.items()
    )


def _ratio(time: float, base: float) -> float:
    # A clock too coarse for what is measured says nothing: both took the same.
    return time / base if time and base else 1.0


def _quartiles(values: tuple[float, ...]) -> tuple[float, float]:
    if len(values) == 1:
        return values[0], values[0]
    first, _, third = quantiles(values, n=4, method="inclusive")
    return first, third
