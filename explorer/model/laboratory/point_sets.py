"""Sets of finite points as candidates of a search: small fractions, in one order, one of two mirrored sets."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import gcd
from random import Random

__all__ = ["Points", "changed", "drawn", "standard", "stock"]

Points = tuple[Fraction, ...]

_TRIES = 50
_TURNED = 0.25
"""How often a point is changed into an image of itself."""
_GROUPS = (
    ((1, 1),),
    ((1, 1), (-1, 1)),
    ((1, 1), (1, -1)),
    ((1, 1), (-1, -1)),
    ((1, 1), (-1, 1), (1, -1), (-1, -1)),
)
"""Signs and powers of the points that are changed together: they share sums, or the size of their matrix entries."""


def stock(height: int) -> Points:
    """0 and every ±a/b with a, b ≤ height."""
    sizes = {Fraction(a, b) for a, b in product(range(1, height + 1), repeat=2) if gcd(a, b) == 1}
    return (Fraction(), *(sign * size for size in sorted(sizes) for sign in (1, -1)))


def standard(points: Points) -> Points:
    """The set or its mirror image p → −p, which errs alike; the small points first, since that is how sums go."""
    images = (sorted((sign * each for each in points), key=lambda p: (abs(p), p < 0)) for sign in (1, -1))
    return max(map(tuple, images))


def drawn(random: Random, points: Points, count: int) -> Points:
    """`count` different points, small heights more often; ValueError where there are not so many."""
    if count > len(points):
        raise ValueError(f"{count} of {len(points)} points")
    found: list[Fraction] = []
    while len(found) < count:
        found.append(_drawn(random, points, found))
    return tuple(found)


def changed(random: Random, points: Points, among: Points) -> Points | None:
    """The set after one change, or None where chance finds none.

    A point q, a pair q, −q or q, ±1/q, or all four take the place of as many: of such a group first, then of any.
    """
    for _ in range(_TRIES):
        images = random.choice(_GROUPS)
        old, new = random.choice(points), _drawn(random, among, ())
        if random.random() < _TURNED:
            # The point itself, inverted or mirrored.
            new = random.choice([-old, 1 / old if old else old, -1 / old if old else old])
        group = _images(new, images)
        leaving = _images(old, images) & set(points)
        others = [each for each in points if each not in leaving | group]
        missing = len(group - set(points)) - len(leaving - group)
        if not 0 <= missing <= len(others):
            continue
        leaving |= set(random.sample(others, missing))
        made = (set(points) - leaving) | group
        new_set = standard(tuple(made))
        if len(made) == len(points) and new_set != standard(points) and made <= set(among):
            return new_set
    return None


def _images(point: Fraction, powers: tuple[tuple[int, int], ...]) -> set[Fraction]:
    """sign·point^power for each (sign, power); 0 has no others."""
    return {sign * point**power for sign, power in powers} if point else {point}


def _drawn(random: Random, among: Points, without: Sequence[Fraction]) -> Fraction:
    free = [each for each in among if each not in without]
    return random.choices(free, [1 / max(abs(each.numerator), each.denominator) for each in free])[0]
