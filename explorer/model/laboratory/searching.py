"""A search for points that make F(m, r) more accurate than the known ones.

Candidates are m + r − 2 small fractions and ∞. It climbs: one change to the set at hand, kept where the measured error
falls; after many that fail it starts again from one of the good sets, changed twice. The known sets are where it
starts, so that nothing worse than they is found.

What wins on some tiles is partly lucky on them. So the sets that are kept are measured again, on tiles of seeds that
the search has not used, and the known sets beside them: `mean` and `deviation` are of these tiles only, and the order
of the sets was settled before. [Barabasz et al., arXiv 1803.10986, on what makes points good]
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from random import Random
from statistics import fmean, stdev
from types import MappingProxyType
from typing import Any, Literal

from explorer.model.derivation.presets import presets
from explorer.model.derivation.problem import Filter, Fractions
from explorer.model.laboratory.accuracy import MOST_SEED, Arithmetic, Setting
from explorer.model.laboratory.point_sets import Points, changed, drawn, standard, stock
from explorer.model.laboratory.ranges import check_range
from explorer.model.laboratory.steps import Steps, counting
from explorer.model.laboratory.trial import Trial
from explorer.ops.exact.fitting import check_size
from explorer.refusal import Refusal
from kernels.algebra.summation import Order

__all__ = ["Found", "Outcome", "Search", "Searching", "as_json"]

RANGES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "evaluations": (1, 100_000),
        "tiles": (10, 5_000),
        "seeds": (1, 10),
        "kept": (1, 50),
        "fresh": (2, 100),
        "height": (1, 12),
        "seed": (0, MOST_SEED),
    }
)
"""The least and the largest value of each setting."""
MOST_INPUTS = 18
"""m + r − 1: past it one set takes long, and no points help."""
_PATIENCE = 40
"""Failures before a new start."""
_GOOD = 10
"""Of so many best sets one is where it starts again."""
_CLOSE = 1.25
"""A candidate is given up whose error on the first tiles is so many times that of the set at hand."""
_TRIES = 200
"""Looks for a set that was not tried: so many nearby, and so many anywhere before the search ends."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched.

    evaluations    how many sets are tried, the known ones among them
    tiles, seeds   each on so many tiles of so many seeds
    kept, fresh    how many sets are measured again, on so many further seeds
    height         the largest numerator and denominator of a point
    seed           the same gives the same result
    """

    m: int
    r: int
    directions: Literal[1, 2] = 2
    arithmetic: Arithmetic = "float32"
    order: Order = "huffman"
    fractions: Fractions = "G"
    evaluations: int = 600
    tiles: int = 500
    seeds: int = 3
    kept: int = 5
    fresh: int = 8
    height: int = 5
    seed: int = 1

    @property
    def setting(self) -> Setting:
        """What is measured of each set, but for its points."""
        problem = Filter(self.m, self.r, fractions=self.fractions)
        return Setting(problem, self.directions, self.arithmetic, self.order, 1, self.tiles, self.seed)


@dataclass(frozen=True, slots=True)
class Found:
    """A set of finite points; ∞ goes with it.

    score      the mean error on the tiles of the search, infinite where it was given up
    mean       the mean error over the fresh seeds
    deviation  of the errors of single fresh seeds from their mean
    presets    keys of the known sets that it is, itself or mirrored
    """

    points: Points
    score: float
    mean: float
    deviation: float
    presets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out: the kept sets in the order of their scores, and the known sets.

    evaluations  how many sets were tried: fewer than asked for where no more were left
    history      (number of the evaluation, score) whenever the best score fell
    """

    search: Search
    found: tuple[Found, ...]
    known: tuple[Found, ...]
    evaluations: int
    history: tuple[tuple[int, float], ...]


class Searching:
    """A search on its way. What it has so far can be read between two steps, and stays when it is left."""

    def __init__(self, search: Search) -> None:
        """Refusal for settings out of range."""
        _check(search)
        self.search = search
        self.history: list[tuple[int, float]] = []
        self._random = Random(search.seed)
        self._stock = stock(search.height)
        self._known: dict[Points, tuple[str, ...]] = {}
        for each in presets(search.m, search.r):
            points = standard(tuple(point for point in each.points if not isinstance(point, str)))
            self._known[points] = (*self._known.get(points, ()), each.key)
        self._trial = Trial(search.setting)
        self._scores: dict[Points, float] = {}
        self._deviations: dict[Points, float] = {}
        self._seen: set[Points] = set()

    @property
    def best(self) -> tuple[tuple[Points, float], ...]:
        """The best sets so far with their scores, as many as are kept, the best one first."""
        return tuple(sorted(self._scores.items(), key=lambda item: item[1])[: self.search.kept])

    @property
    def known(self) -> Mapping[Points, tuple[str, ...]]:
        """The known sets with their keys."""
        return self._known

    def score(self, points: Points) -> tuple[float, float]:
        """The score of a set and the deviation of single seeds from it; infinite while it has none."""
        return self._scores.get(points, inf), self._deviations.get(points, inf)

    @property
    def evaluations(self) -> int:
        """How many sets were tried so far."""
        return len(self._seen)

    def steps(self) -> Steps[Outcome]:
        """One set after the other, then the fresh seeds."""
        search = self.search
        last = search.fresh * (search.kept + len(self._known))
        total = search.evaluations + last
        for _ in self._climb():
            yield self.evaluations - 1, total
        kept = tuple(points for points, _ in self.best)
        errors: dict[Points, list[float]] = {points: [] for points in (*kept, *self._known)}
        total = self.evaluations + search.fresh * len(errors)
        done = self.evaluations
        for number in range(search.seeds, search.seeds + search.fresh):
            for points, found in errors.items():
                trying = self._trial.error(points, number)
                found.append((yield from counting(trying, done, total)))
                done += 1
            self._trial.forget(number)
        yield total, total
        made = {points: self._found(points, found) for points, found in errors.items()}
        return Outcome(
            search,
            tuple(made[points] for points in kept),
            tuple(made[points] for points in self._known),
            self.evaluations,
            tuple(self.history),
        )

    def _climb(self) -> Generator[None, None, None]:
        """Try sets; a yield for each step of one."""
        random, budget = self._random, self.search.evaluations
        count = self.search.m + self.search.r - 2
        for points in [*self._known, standard(drawn(random, self._stock, count))]:
            if points not in self._seen and self.evaluations < budget:
                yield from self._try(points, inf)
        here = self.best[0][0]
        failures = 0
        while self.evaluations < budget:
            new = self._untried(here)
            if new is None:
                return
            if (yield from self._try(new, self._scores.get(here, inf))):
                here, failures = new, 0
            else:
                failures += 1
            if failures > _PATIENCE:
                failures = 0
                good = sorted(self._scores, key=self._scores.__getitem__)[:_GOOD]
                here = random.choice(good)
                for _ in range(2):
                    here = changed(random, here, self._stock) or here

    def _untried(self, here: Points) -> Points | None:
        """A set near `here`, or where chance finds none any; None where it finds none either."""
        for attempt in range(2 * _TRIES):
            if attempt < _TRIES:
                new = changed(self._random, here, self._stock)
            else:
                new = standard(drawn(self._random, self._stock, len(here)))
            if new is not None and new not in self._seen:
                return new
        return None

    def _try(self, points: Points, against: float) -> Generator[None, None, bool]:
        """Whether the set errs less than `against`; far from it on the first tiles, it gets no score."""
        self._seen.add(points)
        errors: list[float] = []
        for number in range(self.search.seeds):
            errors.append((yield from self._trial.error(points, number)))
            if errors[0] > _CLOSE * against:
                return False
        score = fmean(errors)
        if not self.history or score < self.history[-1][1]:
            self.history.append((self.evaluations, score))
        self._scores[points] = score
        self._deviations[points] = stdev(errors) if len(errors) > 1 and isfinite(score) else inf
        return score < against

    def _found(self, points: Points, errors: list[float]) -> Found:
        mean = fmean(errors)
        deviation = stdev(errors) if isfinite(mean) else inf
        return Found(points, self._scores.get(points, inf), mean, deviation, self._known.get(points, ()))


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Plain data for a JSON document: points as exact text, infinite errors as null."""

    def sets(found: tuple[Found, ...]) -> list[dict[str, Any]]:
        return [
            {
                "points": [*map(str, each.points), "inf"],
                "score": _finite(each.score),
                "mean": _finite(each.mean),
                "deviation": _finite(each.deviation),
                "presets": list(each.presets),
            }
            for each in found
        ]

    search = outcome.search
    return {
        "search": {name: getattr(search, name) for name in search.__dataclass_fields__},
        "evaluations": outcome.evaluations,
        "found": sets(outcome.found),
        "known": sets(outcome.known),
        "history": [[number, _finite(score)] for number, score in outcome.history],
    }


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _check(search: Search) -> None:
    check_size("m", search.m)
    check_size("r", search.r)
    alpha = search.m + search.r - 1
    if not 3 <= alpha <= MOST_INPUTS:
        raise Refusal(
            "F({m}, {r}) has {value} inputs; points are searched for {least} to {limit}.",
            m=search.m,
            r=search.r,
            value=alpha,
            least=3,
            limit=MOST_INPUTS,
        )
    for name, (least, limit) in RANGES.items():
        check_range(name, getattr(search, name), least, limit)
    there = len(stock(search.height))
    if there < alpha - 1:
        raise Refusal(
            "There are {there} points up to the height {height}; {wanted} are needed.",
            there=there,
            height=search.height,
            wanted=alpha - 1,
            hint="Allow larger numerators and denominators.",
        )
