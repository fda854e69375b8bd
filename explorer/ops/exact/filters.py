"""A derived fast filter over planes as one line of text, which a session keeps and a person reads.

    F(4, 3) at 0, 1, -1, 1/2, -2, inf                         the same along the columns and along the rows
    F(2, 3) mod x, x^2 + 1, inf; F(4, 5) at 0, 1, …, inf      along the columns; along the rows
    F(2, 3) at 0, 1, -1, inf with fractions in A              in G where nothing is said; apart: as a vector f

Points are evaluated at, and moduli are divided by; infinity is the last of either. `read` is the only way in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from explorer import limits
from explorer.ops.exact.exact_text import plain
from explorer.ops.exact.fitting import Point, fitted
from explorer.ops.exact.lexing import check_length
from explorer.ops.exact.parsing import Parser
from explorer.refusal import Refusal
from kernels.algebra.bilinear import FilterAlgorithm
from kernels.algebra.filter_form import Place, placed, transposed
from kernels.algebra.matrix import Matrix
from kernels.algebra.polynomial import Polynomial
from kernels.algebra.winograd import Winograd, linear_moduli, winograd

if TYPE_CHECKING:
    from kernels.fast_filter import FastFilter

__all__ = [
    "Direction",
    "Directions",
    "algorithm_of",
    "fast_filters",
    "filter_convolution",
    "read",
    "titled",
    "written",
]

LARGEST = 10**15
"""What the greatest numbers of A, B and G may come to together: squared it is far below what float32 holds."""

_DIRECTION = re.compile(
    r"\s*F\s*\(\s*(\d{1,4})\s*,\s*(\d{1,4})\s*\)\s*(at|mod)\s(.*?)(?:\s+with\s+fractions\s+(in\s+[GAB]|apart))?\s*"
)
_PLACES: dict[Place, str] = {"A": "in A", "B": "in B", "F": "apart"}


@dataclass(frozen=True, slots=True)
class Direction:
    """F(m, r) as it is derived: at points, ∞ last, or modulo polynomials, ∞ where their degrees leave room for it."""

    m: int
    r: int
    points: tuple[Point, ...] = ()
    moduli: tuple[Polynomial, ...] = ()
    fractions: Place = "G"

    @property
    def infinity(self) -> bool:
        """Whether the last product is that of the point at infinity."""
        degree = sum(each.degree for each in self.moduli) if self.moduli else _finite(self.points)
        return degree < self.m + self.r - 1

    def __str__(self) -> str:
        given = ", ".join(map(plain, self.moduli) if self.moduli else map(str, self.points))
        if self.moduli and self.infinity:
            given += ", inf"
        place = f" with fractions {_PLACES[self.fractions]}" if self.fractions in _PLACES else ""
        return f"F({self.m}, {self.r}) {'mod' if self.moduli else 'at'} {given}{place}"


Directions = tuple[Direction, Direction]
"""Along the columns, and along the rows."""


def filter_convolution(m: int, r: int, points: Sequence[Point], moduli: Sequence[Polynomial]) -> Winograd:
    """The linear convolution of r taps and m samples whose transpose is F(m, r); what is given has to be `fitted`."""
    divided = tuple(moduli) or linear_moduli(point for point in points if not isinstance(point, str))
    infinity = sum(modulus.degree for modulus in divided) < m + r - 1
    return winograd(r, m, divided, infinity=infinity)


@lru_cache(maxsize=64)
def algorithm_of(direction: Direction) -> FilterAlgorithm:
    """The matrices."""
    convolution = filter_convolution(direction.m, direction.r, direction.points, direction.moduli)
    return placed(transposed(convolution.convolver), direction.fractions)


@lru_cache(maxsize=64)
def read(text: str) -> Directions:
    """The directions that a text names; a Refusal where it is no such text, or where what it names cannot run."""
    check_length(text)
    halves = text.split(";")
    if len(halves) > 2:
        raise Refusal("“{text}” names {count} filters; the most is {limit}.", text=text, count=len(halves), limit=2)
    found = [_direction(half) for half in halves]
    for each in found:
        _check_runs(each)
    return found[0], found[-1]


def written(directions: Directions) -> str:
    """The text that `read` reads: one filter where both directions have the same."""
    down, across = directions
    return str(down) if down == across else f"{down}; {across}"


@lru_cache(maxsize=64)
def fast_filters(text: str) -> tuple[FastFilter, FastFilter]:
    """What the kernels run."""
    from kernels.fast_filter import fast_filter

    down, across = (fast_filter(algorithm_of(each)) for each in read(text))
    return down, across


def _check_runs(direction: Direction) -> None:
    """Refuse what is too large to run on an image."""
    m, r = direction.m, direction.r
    limit = limits.current().running_inputs
    if m + r - 1 > limit:
        raise Refusal(
            "F({m}, {r}) reads {m} + {r} − 1 = {value} inputs; the most that runs on an image is {limit}.",
            m=m,
            r=r,
            value=m + r - 1,
            limit=limit,
            hint="Past it rounding leaves nothing of the result.",
        )
    made = algorithm_of(direction)
    factors = made.f or (Fraction(1),)
    size = _greatest(made.AT) * _greatest(made.BT) * _greatest(made.G) * max(map(abs, factors))
    if size > LARGEST:
        raise Refusal(
            "The greatest numbers in the matrices of F({m}, {r}) come to {value} together; the most that runs is "
            "{limit}.",
            m=m,
            r=r,
            value=f"{float(size):.1e}",
            limit=f"{float(LARGEST):.0e}",
            hint="Take smaller numbers for points and moduli.",
        )


@lru_cache(maxsize=64)
def titled(text: str) -> str:
    """Its name in a list: F(4 × 4, 3 × 3) · 0, ±1, ±1/2, ∞."""
    down, across = read(text)
    name = f"F({down.m} × {across.m}, {down.r} × {across.r})"
    return f"{name} · {' / '.join(dict.fromkeys(map(_given, (down, across))))}"


def _given(direction: Direction) -> str:
    if direction.moduli:
        shown = [*map(_raised, direction.moduli), *(["∞"] if direction.infinity else [])]
    else:
        shown = _paired(direction.points)
    place = {"A": " · fractions in A", "B": " · fractions in B", "F": " · fractions apart"}
    return ", ".join(shown) + place.get(direction.fractions, "")


def _paired(points: Sequence[Point]) -> list[str]:
    """±q for a point that stands there with its negative."""
    shown: dict[str, None] = {}
    for point in points:
        if isinstance(point, str):
            shown["∞"] = None
        else:
            sign = "±" if point and -point in points else "−" if point < 0 else ""
            shown[f"{sign}{abs(point)}"] = None
    return list(shown)


_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _raised(modulus: Polynomial) -> str:
    text = re.sub(r"\^(\d+)", lambda found: found[1].translate(_RAISED), plain(modulus))
    return text.replace("-", "−")


def _finite(points: Sequence[Point]) -> int:
    return sum(not isinstance(point, str) for point in points)


def _greatest(matrix: Matrix) -> Fraction:
    return max(abs(each) for row in matrix for each in row)


def _direction(text: str) -> Direction:
    found = _DIRECTION.fullmatch(text)
    if found is None:
        raise Refusal(
            "“{text}” names no fast filter.", text=text.strip(), hint="Write it so: F(4, 3) at 0, 1, -1, 2, -2, inf."
        )
    m, r = int(found[1]), int(found[2])
    pieces = [each.strip() for each in found[4].split(",")]
    # Only what is printed and what is typed in Derive: one spelling is enough for a file.
    infinite = [each for each in pieces if each in ("inf", "∞")]
    values = [Parser(each).parse() for each in pieces if each not in ("inf", "∞")]
    place = (found[5] or "in G").split()[-1]
    fractions = cast(Place, "F" if place == "apart" else place)
    if found[3] == "mod":
        return _by_moduli(m, r, values, len(infinite), fractions)
    for value, piece in zip(values, (each for each in pieces if each not in ("inf", "∞")), strict=True):
        if value.degree > 0:
            raise Refusal("The point {value} is no number.", value=piece, hint="Polynomials stand behind the word mod.")
    given: list[Point] = [value[0] for value in values]
    given += ["inf" for _ in infinite]
    points, _ = fitted(m, r, tuple(given), ())
    return Direction(m, r, points, (), fractions)


def _by_moduli(m: int, r: int, values: Sequence[Polynomial], infinite: int, fractions: Place) -> Direction:
    _, moduli = fitted(m, r, (), tuple(values))
    made = Direction(m, r, (), moduli, fractions)
    if infinite > made.infinity:
        raise Refusal(
            "The moduli have degree {degree} together, and inf is one too many: m + r − 1 = {wanted}.",
            degree=sum(each.degree for each in moduli),
            wanted=m + r - 1,
        )
    return made
