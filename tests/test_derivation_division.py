"""Derivations of Divide: every stroke of the tableau is right, and so is the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest
from derived import check_outline, oracle, polynomials, read
from hypothesis import given, settings

from explorer import limits
from explorer.model.derivation.derivation import Derivation
from explorer.model.derivation.expression import Check, Tableau
from explorer.model.derivation.problem import Divide, Gcd
from explorer.model.derivation.subjects import derive
from explorer.refusal import Refusal
from kernels.algebra.polynomial import ZERO, Polynomial


def tableaux(derivation: Derivation) -> Iterator[Tableau]:
    for line in derivation.steps[derivation.step("division")].lines:
        yield from (block for block in line.blocks if isinstance(block, Tableau))


@settings(max_examples=400, deadline=None)
@given(polynomials, polynomials.filter(bool))
def test_quotient_and_remainder_are_those_of_flint(a: Polynomial, b: Polynomial) -> None:
    answer = derive(Divide(a, b)).answer
    q, r = divmod(oracle(a), oracle(b))
    assert answer["verified"] is True
    assert oracle(read(answer["quotient"])) == q
    assert oracle(read(answer["remainder"])) == r


@settings(max_examples=200, deadline=None)
@given(polynomials, polynomials.filter(bool))
def test_every_row_of_the_tableau_is_the_one_above_less_the_product(a: Polynomial, b: Polynomial) -> None:
    found = derive(Divide(a, b))
    check_outline(found)
    *_, whole = tableaux(found)
    above = dict(enumerate(a.coefficients))
    for product, rest in zip(whole.body[::2], whole.body[1::2], strict=True):
        assert (product.kind, rest.kind) == ("product", "rest")
        term = whole.quotient[product.term]
        assert Polynomial(dict(product.cells).get(i, 0) for i in range(product.cells[0][0] + 1)) == term * b
        left = {i: value - dict(product.cells).get(i, 0) for i, value in above.items()}
        shown = dict(rest.cells)
        assert all(left[i] == value for i, value in shown.items())
        # What is not shown is zero above, and below it has not come down yet.
        assert all(not value or i < min(shown) for i, value in left.items() if i not in shown)
        above = left
    last = dict(whole.body[-1].cells) if whole.body else dict(enumerate(a.coefficients))
    assert Polynomial(last.get(i, 0) for i in range(max(last, default=-1) + 1)) == a % b


def test_a_stroke_at_a_time_shows_a_term_its_product_and_what_is_left() -> None:
    shown = [
        (each.terms, each.rows) for each in tableaux(derive(Divide(Polynomial([-4, 0, -2, 1]), Polynomial([-3, 1]))))
    ]
    assert shown == [(0, 0), (1, 0), (1, 1), (1, 2), (2, 2), (2, 3), (2, 4), (3, 4), (3, 5), (3, 6)]


def test_missing_powers_hold_their_place_in_a_product_and_in_a_rest() -> None:
    *_, whole = tableaux(derive(Divide(Polynomial([0, 0, 0, 0, 1]), Polynomial([1, 0, 1]))))
    assert whole.body[0].cells == ((4, 1), (3, 0), (2, 1))
    assert whole.body[1].cells == ((2, -1), (1, 0), (0, 0))


def test_a_dividend_of_lower_degree_is_all_remainder() -> None:
    found = derive(Divide(Polynomial([1, 2]), Polynomial([0, 0, 3])))
    assert found.answer == {"quotient": [], "remainder": ["1", "2"], "verified": True}
    assert [len(each.body) for each in tableaux(found)] == [0]


def test_the_check_multiplies_out() -> None:
    found = derive(Divide(Polynomial([-1, 0, 0, 1]), Polynomial([1, 2])))
    step = found.steps[found.step("check")]
    assert isinstance(step.lines[-1].blocks[-1], Check)
    assert step.check is not None
    assert step.check.holds
    assert read(step.facts["product"]) + read(found.answer["remainder"]) == read(step.facts["sum"])


def test_division_by_zero_is_refused() -> None:
    with pytest.raises(Refusal, match="divisor is 0"):
        derive(Divide(Polynomial([1]), ZERO))


def test_degrees_and_digits_are_taken_at_their_limit_and_refused_past_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_current", replace(limits.Limits(), polynomial_degree=3, number_digits=2))
    at = Polynomial([Fraction(99, 98), 0, 0, -99])
    assert derive(Divide(at, at)).answer["quotient"] == ["1"]
    for past in (Polynomial([0, 0, 0, 0, 1]), Polynomial([100]), Polynomial([Fraction(1, 100)]), Polynomial([-100, 1])):
        for problem in (Divide(past, at), Divide(at, past), Gcd(at, past), Gcd(past, at)):
            with pytest.raises(Refusal, match="the most is"):
                derive(problem)


def test_numbers_that_grow_too_long_to_be_shown_are_refused() -> None:
    wide = 10**900
    with pytest.raises(Refusal, match="grow past 4000 digits"):
        derive(Divide(Polynomial([1] * 12), Polynomial([1, wide])))
