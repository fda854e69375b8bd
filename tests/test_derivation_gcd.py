"""Derivations of Gcd: the gcd of flint, a minimal pair, and a table whose every row is right."""

from __future__ import annotations

import pytest
from derived import check_outline, linked, oracle, polynomials, read
from hypothesis import example, given, settings

from explorer.model.derivation.problem import Gcd
from explorer.model.derivation.subjects import derive
from explorer.refusal import Refusal
from kernels.algebra.euclid import euclid
from kernels.algebra.growth import Growth
from kernels.algebra.polynomial import ONE, ZERO, Polynomial

P = Polynomial


@settings(max_examples=300, deadline=None)
@given(polynomials, polynomials, polynomials)
@example(ZERO, ZERO, ZERO)
@example(P([2]), P([0, 3]), P([5]))
@example(P([1, 1]), ZERO, P([2]))
def test_the_gcd_is_that_of_flint_and_the_pair_is_minimal(a: Polynomial, b: Polynomial, factor: Polynomial) -> None:
    a, b = a * factor, b * factor
    answer = derive(Gcd(a, b)).answer
    g, s, t = (read(answer[name]) for name in ("gcd", "s", "t"))
    assert answer["verified"] is True
    assert oracle(g) == oracle(a).gcd(oracle(b))
    assert s * a + t * b == g
    if a and b and a % b and b % a:
        assert s.degree < b.degree - g.degree
        assert t.degree < a.degree - g.degree


@settings(max_examples=60, deadline=None)
@given(polynomials, polynomials)
def test_every_row_and_every_link_of_the_derivation_holds(a: Polynomial, b: Polynomial) -> None:
    found = derive(Gcd(a, b))
    check_outline(found)
    for row in found.steps[found.step("euclid")].facts["rows"]:
        s, t, remainder = (read(row[name]) for name in ("s", "t", "remainder"))
        assert s * a + t * b == remainder
        if row["quotient"] is not None:
            step = found.steps[found.step(f"euclid.{row['i']}")]
            assert step.depth == 1
            assert step.facts["quotient"] == row["quotient"]
            assert step.facts["remainder"] == row["remainder"]
            assert step.key in linked(found)


def test_the_table_grows_by_a_row_with_each_stroke() -> None:
    found = derive(Gcd(P([-1, 0, 0, 1]), P([-1, 0, 1])))
    lines = found.steps[found.step("euclid")].lines
    assert [len(line.blocks[0].rows) for line in lines] == [2, 3, 4, 4]  # type: ignore[union-attr]


def test_two_zeros_have_the_gcd_zero() -> None:
    assert derive(Gcd(ZERO, ZERO)).answer == {"gcd": [], "s": [], "t": [], "verified": True}


def test_coprime_polynomials_give_an_inverse() -> None:
    a, b = P([1, 1]), P([1, 0, 1])
    answer = derive(Gcd(a, b)).answer
    assert answer["gcd"] == ["1"]
    assert read(answer["s"]) * a % b == ONE


def test_numbers_that_grow_too_long_are_refused_in_time() -> None:
    a, b = (P((i * i * seed) % 97 - 48 for i in range(n)) for seed, n in ((3, 200), (7, 199)))
    with pytest.raises(Refusal, match="grow past 4000 digits"):
        derive(Gcd(a, b))
    with pytest.raises(Growth):
        euclid(a, b, bits=64)
