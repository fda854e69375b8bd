"""Derivations of fast filters and convolutions: their answers, their steps, and what they refuse."""

from __future__ import annotations

from fractions import Fraction

import pytest

from explorer.model.derivation.filtering import derive_filter
from explorer.model.derivation.problem import Filter, Point
from explorer.refusal import Refusal
from kernels.algebra.polynomial import Polynomial

CHOSEN: list[tuple[Point, ...]] = [
    (),
    (Fraction(0), Fraction(1), "inf", Fraction(2)),
    (Fraction(1), Fraction(2), Fraction(3), Fraction(1, 3)),
]


def direct(g: list[Fraction], d: list[Fraction]) -> list[Fraction]:
    return [sum((g[k] * d[j + k] for k in range(len(g))), Fraction()) for j in range(len(d) - len(g) + 1)]


@pytest.mark.parametrize("points", CHOSEN)
def test_the_matrices_in_the_answer_filter_as_the_definition_does(points: tuple[Point, ...]) -> None:
    answer = derive_filter(Filter(2, 3, points)).answer
    A, G, B = ([[Fraction(each) for each in row] for row in answer[name]] for name in ("AT", "G", "BT"))
    g, d = [Fraction(3), Fraction(-1, 2), Fraction(7)], [Fraction(each) for each in (2, -5, 1, 11)]
    products = [
        sum(x * y for x, y in zip(left, g, strict=True)) * sum(x * y for x, y in zip(right, d, strict=True))
        for left, right in zip(G, B, strict=True)
    ]
    assert [sum(x * y for x, y in zip(row, products, strict=True)) for row in A] == direct(g, d)
    assert answer["verified"] is True


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (Filter(2, 3, (Fraction(0), Fraction(1), Fraction(1), "inf")), "point 1 is there twice"),
        (Filter(2, 3, (Fraction(0), Fraction(1), "inf")), "3 points; 1 more"),
        (Filter(1, 2, (Fraction(0), Fraction(1), "inf")), "3 points, 1 too many"),
        (Filter(0, 3), "m is 0"),
        (Filter(20, 20), "39 is past the limit of 34"),
        (Filter(2, 3, moduli=(Polynomial([0, 1]), Polynomial([0, 1, 1]))), "share the factor x"),
        (Filter(2, 3, moduli=(Polynomial([0, 1]),)), "2 too few"),
        (Filter(2, 3, moduli=(Polynomial([0, 1]), Polynomial([4]))), "modulus 4 is constant"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(problem: Filter, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        derive_filter(problem)
