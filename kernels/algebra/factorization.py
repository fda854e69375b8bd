"""Factors of polynomials over Q.

    f = u·Π f_i^i           Yun: f_i squarefree and coprime, u the leading coefficient
    f_i = Π irreducible     Zassenhaus: factors modulo a prime, lifted until products of them are factors over Z

A factor over Z has coefficients of at most 2^n·‖f‖₂ (Mignotte), n = deg f: modulo more than twice that times the
leading coefficient it is a product of lifted factors. x^n − 1 and x^n + 1 have cyclotomic factors and need none of it.
Sources: Yun 1976; Zassenhaus 1969; von zur Gathen & Gerhard, Modern Computer Algebra, chapters 14 and 15.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import gcd as integer_gcd
from math import isqrt, lcm, prod

from kernels.algebra import modular
from kernels.algebra.euclid import gcd
from kernels.algebra.polynomial import ONE, Polynomial, X

__all__ = [
    "MOST_COMBINATIONS",
    "MOST_DEGREE",
    "Factorization",
    "Lifting",
    "SquarefreeRow",
    "Unfactored",
    "cyclotomic",
    "cyclotomic_factors",
    "factorize",
    "is_irreducible",
    "squarefree",
]

MOST_DEGREE = 128
"""Past this degree only x^n ± 1 is taken apart."""
MOST_COMBINATIONS = 200_000
"""How many products of lifted factors are tried; their number can double with each factor (Swinnerton-Dyer)."""
_GOOD_PRIMES = 4


class Unfactored(ArithmeticError):
    """A polynomial takes more work than is allowed."""


@dataclass(frozen=True, slots=True)
class SquarefreeRow:
    """The squarefree `part` whose factors occur exactly `multiplicity` times."""

    part: Polynomial
    multiplicity: int


@dataclass(frozen=True, slots=True)
class Lifting:
    """How a squarefree `part` fell apart: `count` factors modulo `prime`, lifted to `modulus`; `chosen` make factor i.

    prime 0 where nothing had to be lifted: linear ones, and cyclotomic ones.
    """

    part: Polynomial
    factors: tuple[Polynomial, ...]
    prime: int = 0
    modulus: int = 0
    modular: tuple[Polynomial, ...] = ()
    lifted: tuple[Polynomial, ...] = ()
    chosen: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Factorization:
    """f = `unit`·Π factor^multiplicity, the factors monic and irreducible over Q, by degree and coefficients."""

    f: Polynomial
    rows: tuple[SquarefreeRow, ...]
    liftings: tuple[Lifting, ...]

    @property
    def unit(self) -> Fraction:
        """The leading coefficient."""
        return self.f.leading

    @property
    def factors(self) -> tuple[tuple[Polynomial, int], ...]:
        """Each factor and how often it occurs."""
        found = [
            (factor, row.multiplicity)
            for row, lifting in zip(self.rows, self.liftings, strict=True)
            for factor in lifting.factors
        ]
        return tuple(sorted(found, key=lambda each: (each[0].degree, each[0].coefficients, each[1])))

    def verified(self) -> bool:
        """Whether the factors multiply to f."""
        return prod((factor**times for factor, times in self.factors), start=Polynomial([self.unit])) == self.f


def factorize(f: Polynomial) -> Factorization:
    """The irreducible factors of f over Q; ValueError for zero, Unfactored past the limits of this module."""
    if not f:
        raise ValueError("the zero polynomial has no factors")
    whole = _cyclotomic_split(f.monic())
    if whole:
        return Factorization(f, (SquarefreeRow(f.monic(), 1),), (Lifting(f.monic(), whole),))
    rows = squarefree(f)
    return Factorization(f, rows, tuple(_taken_apart(row.part) for row in rows))


def is_irreducible(f: Polynomial) -> bool:
    """Whether f has a degree of at least 1 and no factor of lower degree over Q."""
    return f.degree > 0 and [times for _, times in factorize(f).factors] == [1]


def squarefree(f: Polynomial) -> tuple[SquarefreeRow, ...]:
    """Yun's algorithm: the parts of f that occur once, twice, …; ValueError for zero, Unfactored past MOST_DEGREE.

    With g = gcd(f, f′), b = f/g and d = f′/g − b′: part = gcd(b, d), then b/part and d/part − (b/part)′, until b = 1.
    """
    if not f:
        raise ValueError("the zero polynomial has no factors")
    if f.degree > MOST_DEGREE:
        raise Unfactored(f"a polynomial of degree {f.degree}; the most is {MOST_DEGREE}")
    f = f.monic()
    if f.degree < 1:
        return ()
    if any(modular.squarefree_modulo(_primitive(f), p) for p in (10_007, 10_009)):
        return (SquarefreeRow(f, 1),)
    g = gcd(f, f.derivative())
    b = f // g
    d = f.derivative() // g - b.derivative()
    rows = []
    multiplicity = 1
    while b != ONE:
        part = gcd(b, d)
        if part != ONE:
            rows.append(SquarefreeRow(part, multiplicity))
        b //= part
        d = d // part - b.derivative()
        multiplicity += 1
    return tuple(rows)


# Cyclotomic factors ---------------------------------------------------------------------------------------------------


def cyclotomic(n: int) -> Polynomial:
    """Φ_n = Π_{d | n} (x^d − 1)^μ(n/d), whose roots are the primitive n-th roots of unity; ValueError below 1."""
    if n < 1:
        raise ValueError("Φ_n needs an n of at least 1")
    above, below = ONE, ONE
    for d in _divisors(n):
        sign = _moebius(n // d)
        if sign > 0:
            above *= X**d - ONE
        elif sign < 0:
            below *= X**d - ONE
    return above // below


def cyclotomic_factors(n: int) -> tuple[Polynomial, ...]:
    """Φ_d for every divisor d of n, ascending: the irreducible factors of x^n − 1."""
    if n < 1:
        raise ValueError("x^n − 1 needs an n of at least 1")
    return tuple(cyclotomic(d) for d in _divisors(n))


def _cyclotomic_split(f: Polynomial) -> tuple[Polynomial, ...]:
    """The factors of x^n − 1 or x^n + 1; () for any other."""
    n = f.degree
    if n < 1 or any(f.coefficients[1:-1]) or f[0] not in (1, -1):
        return ()
    if f[0] == -1:
        return cyclotomic_factors(n)
    return tuple(cyclotomic(d) for d in _divisors(2 * n) if n % d)


def _divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]


def _moebius(n: int) -> int:
    sign = 1
    for p in _primes():
        if n == 1:
            return sign
        if n % p == 0:
            n //= p
            sign = -sign
            if n % p == 0:
                return 0
    raise AssertionError("primes do not end")


def _primes() -> Iterator[int]:
    n = 2
    while True:
        if all(n % d for d in range(2, isqrt(n) + 1)):
            yield n
        n += 1


# Zassenhaus -----------------------------------------------------------------------------------------------------------


def _taken_apart(part: Polynomial) -> Lifting:
    """The irreducible factors of a squarefree monic polynomial."""
    if part.degree == 1:
        return Lifting(part, (part,))
    if not part[0]:
        rest = _taken_apart(part // X)
        return Lifting(
            part, (X, *rest.factors), rest.prime, rest.modulus, rest.modular, rest.lifted, ((), *rest.chosen)
        )
    f = _primitive(part)
    p, kernel = _prime(f)
    monic = modular.reduced([each * pow(f[-1], -1, p) for each in f], p)
    factors = modular.split(monic, kernel, p)
    modular_factors = tuple(map(Polynomial, factors))
    if len(factors) == 1:
        return Lifting(part, (part,), p, p, modular_factors, modular_factors, ((0,),))
    bound = 2 * abs(f[-1]) * 2 ** (len(f) - 1) * (isqrt(sum(each * each for each in f)) + 1)
    lifted, m = modular.lifted(f, factors, p, bound)
    found = list(_recombined(f, lifted, m))
    return Lifting(
        part,
        tuple(Polynomial(factor).monic() for _, factor in found),
        p,
        m,
        modular_factors,
        tuple(map(Polynomial, lifted)),
        tuple(chosen for chosen, _ in found),
    )


def _primitive(f: Polynomial) -> list[int]:
    """The integer polynomial without a common divisor that f is a multiple of."""
    below = lcm(*(each.denominator for each in f.coefficients))
    return _without_content([(each * below).numerator for each in f.coefficients])


def _without_content(f: Sequence[int]) -> list[int]:
    content = integer_gcd(*f)
    return [each // content for each in f]


def _prime(f: Sequence[int]) -> tuple[int, list[list[int]]]:
    """Of the first primes that keep f squarefree, the one with the fewest factors, and Berlekamp's kernel."""
    best: tuple[int, list[list[int]]] = 0, []
    good = 0
    for p in _primes():
        if not modular.squarefree_modulo(f, p):
            continue
        good += 1
        kernel = modular.berlekamp(modular.reduced([each * pow(f[-1], -1, p) for each in f], p), p)
        if not best[0] or len(kernel) < len(best[1]):
            best = p, kernel
        if len(best[1]) == 1 or good == _GOOD_PRIMES:
            break
    return best


def _recombined(f: list[int], lifted: Sequence[list[int]], m: int) -> Iterator[tuple[tuple[int, ...], list[int]]]:
    """The factors of f over Z and the lifted ones that make each, the fewest first."""
    left = tuple(range(len(lifted)))
    size = 1
    tried = 0
    while 2 * size <= len(left):
        for chosen in combinations(left, size):
            tried += 1
            if tried > MOST_COMBINATIONS:
                raise Unfactored(f"more than {MOST_COMBINATIONS} products of factors modulo a prime")
            quotient, factor = _divides(f, [lifted[i] for i in chosen], m)
            if quotient:
                yield chosen, factor
                f = quotient
                left = tuple(i for i in left if i not in chosen)
                break
        else:
            size += 1
    yield left, f


def _divides(f: list[int], factors: Sequence[list[int]], m: int) -> tuple[list[int], list[int]]:
    """f over the factor that these make, and the factor; both empty where it is none."""
    last = f[-1]
    for each in factors:
        last = last * each[0] % m
    # What it ends in divides what f times its lead ends in: a cheap test that most products fail.
    last = _symmetric(last, m)
    if not last or f[0] * f[-1] % last:
        return [], []
    made = [f[-1]]
    for each in factors:
        made = modular.product(made, each, m)
    factor = _without_content([_symmetric(each, m) for each in made])
    quotient = _quotient(f, factor)
    return (quotient, factor) if quotient else ([], [])


def _symmetric(value: int, m: int) -> int:
    return value - m if 2 * value > m else value


def _quotient(a: Sequence[int], b: Sequence[int]) -> list[int]:
    """a/b in integers; empty where b does not divide a."""
    rest = list(a)
    degree = len(b) - 1
    quotient = [0] * (len(a) - degree)
    for shift in range(len(quotient) - 1, -1, -1):
        factor, left = divmod(rest[shift + degree], b[-1])
        if left:
            return []
        quotient[shift] = factor
        for i, each in enumerate(b, shift):
            rest[i] -= factor * each
    return [] if any(rest) else quotient
