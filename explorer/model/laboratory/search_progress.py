"""What a search has so far, and what its outcome says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, sqrt
from time import monotonic
from typing import Literal

from explorer.model.laboratory.point_sets import Points
from explorer.model.laboratory.searching import Found, Outcome, Searching
from explorer.model.laboratory.steps import Steps

__all__ = ["SoFar", "Tried", "Verdict", "verdict", "watched"]

_OFTEN = 0.1
"""Seconds between two looks."""
_CLEAR = 2.0
"""Standard errors that a difference has to be worth."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A set with its error on the tiles of the search, and how far single seeds lie from that."""

    points: Points
    score: float
    deviation: float
    presets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SoFar:
    """evaluations of so many sets, the best one, the known ones that were tried, and (number, score) of every best."""

    evaluations: int
    best: Tried | None
    known: tuple[Tried, ...]
    history: tuple[tuple[int, float], ...]


def watched(searching: Searching, tell: Callable[[SoFar], None], often: float = _OFTEN) -> Steps[Outcome]:
    """The search; what it has so far is told now and then, and at the end."""
    told = 0.0
    steps = searching.steps()
    while True:
        try:
            counts = next(steps)
        except StopIteration as ended:
            tell(so_far(searching))
            outcome: Outcome = ended.value
            return outcome
        if monotonic() - told >= often:
            told = monotonic()
            tell(so_far(searching))
        yield counts


def so_far(searching: Searching) -> SoFar:
    """To be called between two steps, on the thread that carries them out."""
    best = searching.best[:1]
    known = tuple(
        Tried(points, score, deviation, keys)
        for points, keys, (score, deviation) in (
            (points, keys, searching.score(points)) for points, keys in searching.known.items()
        )
        if isfinite(score)
    )
    first = None
    if best:
        points = best[0][0]
        first = Tried(points, *searching.score(points), searching.known.get(points, ()))
    return SoFar(searching.evaluations, first, known, tuple(searching.history))


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the best set that was found stands beside the best known one, on fresh tiles.

    kind   better, by more than two standard errors of the difference; alike; or none: the known one is as good
    ratio  of the means, below 1 where the found one errs less
    """

    kind: Literal["better", "alike", "none"]
    found: Found
    known: Found
    ratio: float


def verdict(outcome: Outcome) -> Verdict:
    """What the outcome says."""
    known = min(outcome.known, key=lambda each: each.mean)
    found = outcome.found[0]
    if found.presets or not found.mean < known.mean:
        return Verdict("none", found, known, found.mean / known.mean if isfinite(known.mean) else 1.0)
    if not isfinite(known.mean):
        return Verdict("better", found, known, 0.0)
    error = sqrt((found.deviation**2 + known.deviation**2) / outcome.search.fresh)
    kind: Literal["better", "alike"] = "better" if known.mean - found.mean > _CLEAR * error else "alike"
    return Verdict(kind, found, known, found.mean / known.mean)
