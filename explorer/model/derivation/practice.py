"""Problems to practise on, made by a visible seed: small numbers, and answers that are readable too.

The same kind, seed, level and choice give the same problem on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from math import gcd as integer_gcd
from typing import Literal, get_args

from explorer.model.derivation.problem import Divide, Gcd, IntegerRemainders, PolynomialRemainders
from explorer.refusal import Refusal
from kernels.algebra.euclid import euclid, gcd
from kernels.algebra.polynomial import ONE, Polynomial, X

Kind = Literal["divide", "gcd", "integer remainders", "polynomial remainders"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LEVELS = 5
"""1 is the easiest; 4 and 5 have divisors that are not monic, and so fractions."""

Practised = Divide | Gcd | IntegerRemainders | PolynomialRemainders

_LONGEST = {1: 1, 2: 2, 3: 2, 4: 3, 5: 4}
"""Digits of a numerator or denominator that Euclid's table of a problem may have, by level."""


def practise(kind: Kind, seed: int, level: int = 2, *, remainder: bool = True) -> Practised:
    """A new problem. `remainder` says whether a division leaves one; the other kinds have no such choice.

    Refusal for a level that there is not.
    """
    if not 1 <= level <= LEVELS:
        raise Refusal("The level is {value}; levels go from 1 to {limit}.", value=level, limit=LEVELS)
    chance = random.Random(f"{kind} {seed} {level} {remainder}")
    makers: dict[Kind, Callable[[], Practised]] = {
        "divide": lambda: _division(chance, level, remainder),
        "gcd": lambda: _gcd(chance, level),
        "integer remainders": lambda: _integers(chance, level),
        "polynomial remainders": lambda: _polynomials(chance, level),
    }
    return makers[kind]()


def _division(chance: random.Random, level: int, remainder: bool) -> Divide:
    degree = 1 + level // 2
    quotient = _polynomial(chance, chance.randint(max(1, level - 1), level), 1 + level)
    if level == LEVELS:
        quotient = quotient.scaled(Fraction(1, 2))
    divisor = _polynomial(chance, degree, 2 + level, lead=chance.choice([2, 3]) if level > 3 else 1)
    rest = _polynomial(chance, chance.randrange(degree), 1 + level) if remainder else Polynomial()
    return Divide(quotient * divisor + rest, divisor)


def _gcd(chance: random.Random, level: int) -> Gcd:
    """Two multiples of one factor that is no constant, with numbers in Euclid's table that stay short."""
    longest = 10 ** _LONGEST[level]
    while True:
        factor = _polynomial(chance, 1 + (level > 2), 3)
        lead = chance.choice([1, 2]) if level > 3 else 1
        first = _polynomial(chance, chance.randint(1, 1 + level // 2), 3, lead=lead)
        second = _polynomial(chance, chance.randint(1, 1 + level // 3), 3)
        a, b = first * factor, second * factor
        rows = euclid(a, b).rows
        numbers = [each for row in rows for part in (row.remainder, row.s, row.t) for each in part.coefficients]
        short = all(max(abs(each.numerator), each.denominator) < longest for each in numbers)
        if short and gcd(first, second) == ONE:
            return Gcd(a, b)


def _integers(chance: random.Random, level: int) -> IntegerRemainders:
    most = {1: 9, 2: 13, 3: 20, 4: 30, 5: 49}[level]
    moduli: list[int] = []
    while len(moduli) < 2 + level // 2:
        m = chance.randint(2, most)
        if all(integer_gcd(m, other) == 1 for other in moduli):
            moduli.append(m)
    moduli.sort()
    return IntegerRemainders(tuple(chance.randrange(m) for m in moduli), tuple(moduli))


def _polynomials(chance: random.Random, level: int) -> PolynomialRemainders:
    """Linear moduli with small roots, and from level 3 on one without a root."""
    roots = chance.sample(range(-1, 2) if level < 3 else range(-2, 3), 2 + (level in (2, 4, 5)))
    moduli = [X - Polynomial([root]) for root in sorted(roots, key=abs)]
    if level > 2:
        moduli.append(Polynomial([chance.choice([1, 2]), 0, 1]) if level < 5 else Polynomial([1, 1, 1]))
    residues = tuple(_polynomial(chance, chance.randrange(m.degree), 3 + level) for m in moduli)
    return PolynomialRemainders(residues, tuple(moduli))


def _polynomial(chance: random.Random, degree: int, most: int, lead: int = 1) -> Polynomial:
    """Coefficients from −most to most below the leading one; a constant is not 0."""
    if degree == 0:
        return Polynomial([chance.choice([-1, 1]) * chance.randint(1, most)])
    return Polynomial([*(chance.randint(-most, most) for _ in range(degree)), lead])
