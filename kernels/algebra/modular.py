"""Polynomials with integer coefficients modulo m, as lists in ascending order without zeros at the end.

Berlekamp's algorithm splits a squarefree one modulo a small prime, without chance: with Q the map g ↦ g^p modulo f, the
kernel of Q − 1 has as many dimensions as f has factors, and f = Π_s gcd(f, v − s) for every v in it. Hensel's lemma
lifts the factors from p to a power of p, squaring the modulus at each step. Source: von zur Gathen & Gerhard, Modern
Computer Algebra, sections 14.8 and 15.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

__all__ = ["berlekamp", "common_divisor", "derivative", "lifted", "product", "reduced", "split", "squarefree_modulo"]

Integers = list[int]


def reduced(a: Sequence[int], m: int) -> Integers:
    """a modulo m."""
    made = [each % m for each in a]
    while made and not made[-1]:
        made.pop()
    return made


def product(a: Integers, b: Integers, m: int) -> Integers:
    """a·b modulo m."""
    if not a or not b:
        return []
    made = [0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        if x:
            for j, y in enumerate(b, i):
                made[j] += x * y
    return reduced(made, m)


def derivative(a: Sequence[int]) -> Integers:
    """a′."""
    return [i * each for i, each in enumerate(a) if i]


def common_divisor(a: Integers, b: Integers, p: int) -> Integers:
    """The monic gcd modulo a prime."""
    while b:
        a, b = b, _divided(a, b, p)[1]
    return _monic(a, p)


def squarefree_modulo(f: Sequence[int], p: int) -> bool:
    """Whether f keeps its degree modulo the prime p and has no repeated factor there."""
    return bool(f[-1] % p) and common_divisor(reduced(f, p), reduced(derivative(f), p), p) == [1]


def berlekamp(f: Integers, p: int) -> list[Integers]:
    """A basis of the v with v^p = v modulo f: as many as f has irreducible factors, which `split` finds with it.

    f is monic and squarefree modulo the prime p.
    """
    n = len(f) - 1
    rows = []
    power = [1]
    for i in range(n):
        row = power + [0] * (n - len(power))
        row[i] -= 1
        rows.append(row)
        power = _divided([0] * p + power, f, p)[1]
    return _left_kernel(rows, p)


def split(f: Integers, kernel: Sequence[Integers], p: int) -> list[Integers]:
    """The monic irreducible factors of f modulo p, sorted by degree; `kernel` is that of `berlekamp`."""
    factors = [f]
    for v in kernel:
        if len(factors) == len(kernel):
            break
        finer = []
        for factor in factors:
            rest = factor
            for s in range(p):
                if len(rest) < 2:
                    break
                part = common_divisor(rest, reduced([v[0] - s, *v[1:]], p), p)
                if len(part) > 1:
                    finer.append(part)
                    rest = _divided(rest, part, p)[0]
        factors = finer
    return sorted(factors, key=lambda each: (len(each), each))


def lifted(f: Sequence[int], factors: Sequence[Integers], p: int, beyond: int) -> tuple[list[Integers], int]:
    """Monic factors modulo m, a power of p past `beyond`, with f = lead·Π modulo m; and m."""
    m = p
    while m <= beyond:
        m *= m
    monic = _monic(reduced(f, m), m)
    return _lifted(monic, list(factors), p, m), m


def _lifted(f: Integers, factors: list[Integers], p: int, end: int) -> list[Integers]:
    if len(factors) < 2:
        return [f]
    half = len(factors) // 2
    first, second = factors[:half], factors[half:]
    g, h = _product_of(first, p), _product_of(second, p)
    s, t = _bezout(g, h, p)
    m = p
    while m < end:
        m *= m
        e = _less(f, product(g, h, m), m)
        q, r = _divided(product(s, e, m), h, m)
        g = _plus(g, _plus(product(t, e, m), product(q, g, m), m), m)
        h = _plus(h, r, m)
        b = _less(_plus(product(s, g, m), product(t, h, m), m), [1], m)
        c, d = _divided(product(s, b, m), h, m)
        s = _less(s, d, m)
        t = _less(t, _plus(product(t, b, m), product(c, g, m), m), m)
    return _lifted(g, first, p, end) + _lifted(h, second, p, end)


def _product_of(factors: Sequence[Integers], m: int) -> Integers:
    made = [1]
    for each in factors:
        made = product(made, each, m)
    return made


def _bezout(a: Integers, b: Integers, p: int) -> tuple[Integers, Integers]:
    """s and t with s·a + t·b = 1 modulo a prime, for coprime a and b."""
    r, s, t = [a, b], [[1], []], [[], [1]]
    while r[1]:
        q, rest = _divided(r[0], r[1], p)
        r = [r[1], rest]
        s = [s[1], _less(s[0], product(q, s[1], p), p)]
        t = [t[1], _less(t[0], product(q, t[1], p), p)]
    unit = [pow(r[0][0], -1, p)]
    return product(s[0], unit, p), product(t[0], unit, p)


def _plus(a: Integers, b: Integers, m: int) -> Integers:
    return reduced([x + y for x, y in zip_longest(a, b, fillvalue=0)], m)


def _less(a: Integers, b: Integers, m: int) -> Integers:
    return reduced([x - y for x, y in zip_longest(a, b, fillvalue=0)], m)


def _monic(a: Integers, m: int) -> Integers:
    return reduced([each * pow(a[-1], -1, m) for each in a], m) if a and a[-1] != 1 else a


def _divided(a: Integers, b: Integers, m: int) -> tuple[Integers, Integers]:
    """Quotient and remainder; the leading coefficient of b is invertible modulo m."""
    rest = list(a)
    unit = 1 if b[-1] == 1 else pow(b[-1], -1, m)
    degree = len(b) - 1
    quotient = [0] * max(len(rest) - degree, 0)
    for shift in range(len(quotient) - 1, -1, -1):
        factor = rest[shift + degree] * unit % m
        if factor:
            quotient[shift] = factor
            for i, each in enumerate(b, shift):
                rest[i] -= factor * each
    return reduced(quotient, m), reduced(rest[:degree], m)


def _left_kernel(rows: list[Integers], p: int) -> list[Integers]:
    """A basis of the v with v·rows = 0 modulo a prime, by elimination of the columns beside a unit matrix."""
    n = len(rows)
    left = [[*row, *(int(i == j) for j in range(n))] for i, row in enumerate(rows)]
    rank = 0
    for column in range(n):
        pivot = next((i for i in range(rank, n) if left[i][column] % p), None)
        if pivot is None:
            continue
        left[rank], left[pivot] = left[pivot], left[rank]
        unit = pow(left[rank][column], -1, p)
        top = left[rank] = [each * unit % p for each in left[rank]]
        for i in range(rank + 1, n):
            factor = left[i][column]
            if factor:
                left[i] = [(x - factor * y) % p for x, y in zip(left[i], top, strict=True)]
        rank += 1
    return [reduced(row[n:], p) for row in left[rank:]]
