"""Factors over Q are those of flint, within the limits that are stated."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
import sympy
from derived import oracle, polynomials
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.polys.specialpolys import swinnerton_dyer_poly

from kernels.algebra import factorization
from kernels.algebra.euclid import gcd
from kernels.algebra.factorization import Unfactored, cyclotomic, cyclotomic_factors, factorize, squarefree
from kernels.algebra.polynomial import ONE, ZERO, Polynomial, X

P = Polynomial
_X = sympy.Symbol("x")


def expected(f: Polynomial) -> set[tuple[tuple[Fraction, ...], int]]:
    """The monic factors that flint finds, and how often."""
    found = set()
    for factor, times in oracle(f).factor()[1]:
        made = P(Fraction(int(each.p), int(each.q)) for each in factor.coeffs()).monic()
        found.add((made.coefficients, times))
    return found


def check(f: Polynomial) -> None:
    found = factorize(f)
    assert found.verified()
    assert {(factor.coefficients, times) for factor, times in found.factors} == expected(f)
    assert len(found.factors) == len(expected(f))


def of_sympy(f: sympy.Expr) -> Polynomial:
    return P(int(each) for each in reversed(sympy.Poly(f, _X).all_coeffs()))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(polynomials.filter(bool), st.integers(1, 3)), max_size=4))
def test_products_of_powers_fall_apart_as_in_flint(parts: list[tuple[Polynomial, int]]) -> None:
    f = ONE
    for part, times in parts:
        f *= part**times
    check(f)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(polynomials.filter(bool), st.integers(1, 4)), max_size=3))
def test_squarefree_parts_are_squarefree_coprime_and_make_the_whole(parts: list[tuple[Polynomial, int]]) -> None:
    f = ONE
    for part, times in parts:
        f *= part**times
    rows = squarefree(f)
    whole = P([f.leading])
    for i, row in enumerate(rows):
        assert gcd(row.part, row.part.derivative()) == ONE
        assert all(gcd(row.part, other.part) == ONE for other in rows[:i])
        whole *= row.part**row.multiplicity
    assert whole == f
    assert len({row.multiplicity for row in rows}) == len(rows)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6, 8, 12, 15, 30, 60, 64, 105, 128])
def test_x_to_the_n_plus_and_minus_one_have_cyclotomic_factors(n: int) -> None:
    check(X**n - ONE)
    check(X**n + ONE)
    assert cyclotomic(n) == of_sympy(sympy.cyclotomic_poly(n, _X))
    assert len(cyclotomic_factors(n)) == sympy.divisor_count(n)


@pytest.mark.parametrize("seed", range(8))
def test_factors_of_a_large_degree_are_found(seed: int) -> None:
    part = P((seed + 3) ** i % 17 - 8 for i in range(22)) + X**22
    other = P((seed + 5) ** i % 19 - 9 for i in range(20)).scaled(3) + X**20
    check(part * other * P([1, seed, 2]) * X)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_polynomials_that_split_modulo_every_prime_stay_whole(n: int) -> None:
    f = of_sympy(swinnerton_dyer_poly(n, _X))
    found = factorize(f)
    assert found.factors == ((f, 1),)
    assert len(found.liftings[0].modular) >= 2 ** (n - 1)


def test_too_many_products_of_modular_factors_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    f = of_sympy(swinnerton_dyer_poly(4, _X))
    # Eight factors modulo a prime: 8 single ones, 28 pairs, 56 triples and 70 fours are tried, and none divides.
    monkeypatch.setattr(factorization, "MOST_COMBINATIONS", 162)
    assert factorize(f).factors == ((f, 1),)
    monkeypatch.setattr(factorization, "MOST_COMBINATIONS", 161)
    with pytest.raises(Unfactored, match="161 products"):
        factorize(f)


def test_a_degree_past_the_limit_is_given_up() -> None:
    check(X**128 - P([2]))
    with pytest.raises(Unfactored, match="degree 129; the most is 128"):
        factorize(X**129 - P([2]))


def test_lifted_factors_multiply_to_the_part_and_make_its_factors() -> None:
    part = of_sympy((_X**2 + 1) * (_X**3 - 2) * (_X - 5) * (3 * _X**2 + _X + 1)).monic()
    (lifting,) = factorize(part).liftings
    modulus = flint.fmpz(lifting.modulus)
    below = 3
    for factor, chosen in zip(lifting.factors, lifting.chosen, strict=True):
        product = ONE
        for i in chosen:
            product *= lifting.lifted[i]
        for mine, real in zip(product.coefficients, factor.coefficients, strict=True):
            assert int(mine * below - real * below) % int(modulus) == 0
    assert sorted(i for chosen in lifting.chosen for i in chosen) == list(range(len(lifting.lifted)))
    for small, large in zip(lifting.modular, lifting.lifted, strict=True):
        assert all((x - y) % lifting.prime == 0 for x, y in zip(small.coefficients, large.coefficients, strict=True))


def test_constants_have_no_factors_and_zero_is_refused() -> None:
    assert factorize(P([Fraction(-3, 2)])).factors == ()
    assert factorize(P([Fraction(-3, 2)])).verified()
    with pytest.raises(ValueError, match="zero"):
        factorize(ZERO)


def test_irreducibility_is_told() -> None:
    given = P([1, 0, 1]), P([-1, 0, 1]), P([1, 2, 1]), P([2]), P([0, 3])
    assert list(map(factorization.is_irreducible, given)) == [True, False, False, False, True]
