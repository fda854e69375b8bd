"""The error of F(m, r) over m for families of points and arithmetics: what is to be measured, and what came out.

Each place of a line is measured on tiles of several seeds; a line shows the mean over the seeds, and the least and the
greatest of them. What was measured is kept under its setting, so that another line costs only itself.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from math import isfinite
from statistics import fmean
from typing import Literal

from explorer.model.derivation.problem import Filter, Fractions, Point
from explorer.model.laboratory.accuracy import PUBLISHED, Arithmetic, Error, Measured, Setting, measured
from explorer.model.laboratory.families import Family, points_of
from explorer.model.laboratory.ranges import check_range
from explorer.model.laboratory.steps import Steps
from explorer.refusal import Refusal
from kernels.algebra.summation import Order

__all__ = [
    "MOST_OUTPUTS",
    "Lines",
    "Place",
    "Row",
    "Spread",
    "measured_all",
    "missing",
    "places",
    "published_ratio",
    "spread",
]

MOST_OUTPUTS = 16
MOST_TAPS = 9
MOST_SEEDS = 50
MOST_TILES = 20_000
Finds = Mapping[int, Sequence[Point]]
"""Points that were found, by m."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What is compared; a line for each family and arithmetic.

    first, last  the outputs m
    typed        points of the family "typed", in their order
    seeds        how many, from `seed` on, with so many `tiles` each
    """

    r: int = 3
    first: int = 2
    last: int = 8
    directions: Literal[1, 2] = 2
    families: tuple[Family, ...] = ("accurate", "usual", "whole")
    arithmetics: tuple[Arithmetic, ...] = ("float32",)
    typed: tuple[Point, ...] = ()
    order: Order = "huffman"
    fractions: Fractions = "G"
    tiles: int = 500
    seeds: int = 5
    seed: int = 1

    def check(self) -> None:
        """Refusal for settings out of range."""
        check_range("r", self.r, 2, MOST_TAPS)
        check_range("m", self.first, 1, MOST_OUTPUTS)
        check_range("m", self.last, self.first, MOST_OUTPUTS)
        check_range("tiles", self.tiles, 10, MOST_TILES)
        check_range("seeds", self.seeds, 1, MOST_SEEDS)
        check_range("seed", self.seed, 0, 1 << 31)


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a line, and what has to be measured for it."""

    family: Family
    arithmetic: Arithmetic
    m: int
    settings: tuple[Setting, ...]


@dataclass(slots=True)
class Row:
    """A place with what was measured for it so far. Settings are slow to look up, so results are kept by place."""

    place: Place
    found: list[Measured] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spread:
    """Over the seeds: the mean, the least and the greatest mean error; infinite where an output of any failed."""

    mean: float
    low: float
    high: float


def places(asked: Lines, found: Finds) -> tuple[Place, ...]:
    """Every place of every line, the small m of all lines first. A family that has no points for an m leaves it out."""
    asked.check()
    made = []
    for m in range(asked.first, asked.last + 1):
        for arithmetic in asked.arithmetics:
            for family in asked.families:
                points = found.get(m) if family == "found" else points_of(family, m, asked.r, asked.typed)
                if points is None:
                    continue
                problem = Filter(m, asked.r, tuple(points), fractions=asked.fractions)
                made.append(
                    Place(
                        family,
                        arithmetic,
                        m,
                        tuple(
                            Setting(problem, asked.directions, arithmetic, asked.order, 1, asked.tiles, seed)
                            for seed in range(asked.seed, asked.seed + asked.seeds)
                        ),
                    )
                )
    return tuple(made)


def missing(wanted: Iterable[Place], known: Container[Setting]) -> tuple[Setting, ...]:
    """What is not known yet, once each; the first seed of all places first, so that all lines are there early."""
    by_seed = zip_longest(*(place.settings for place in wanted))
    settings = dict.fromkeys(each for row in by_seed for each in row if each is not None)
    return tuple(each for each in settings if each not in known)


def measured_all(settings: Sequence[Setting], found: Callable[[Setting, Measured | Refusal], None]) -> Steps[None]:
    """Measure one after the other; each result, or why there is none, is handed over as it comes."""
    total = sum(each.tiles for each in settings)
    before = 0
    for each in settings:
        try:
            steps = measured(each)
            while True:
                done, _ = next(steps)
                yield before + done, total
        except StopIteration as ended:
            found(each, ended.value)
        except Refusal as refusal:
            found(each, refusal)
        before += each.tiles


def spread(found: Sequence[Measured], of: Callable[[Measured], Error] = lambda each: each.fast) -> Spread | None:
    """What is known of a place by the seeds that were measured; None while none was."""
    means = [of(each).mean for each in found]
    if not means:
        return None
    return Spread(fmean(means) if all(map(isfinite, means)) else float("inf"), min(means), max(means))


def published_ratio(place: Place, found: Spread) -> float | None:
    """The measured error against the published one of F(m×m, 3×3) in float32; None where none is published."""
    setting = place.settings[0]
    comparable = setting.directions == 2 and setting.filter.r == 3 and setting.arithmetic == "float32"
    return found.mean / PUBLISHED[place.m] if comparable and place.m in PUBLISHED else None
