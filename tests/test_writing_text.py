"""Plain text: what is shown reads back to what it stands for, and signs, parentheses and columns are as on paper."""

from __future__ import annotations

from fractions import Fraction

import pytest
from derivation_samples import BLOCKS, HOSTILE, A, B, D, G, division, poly
from hypothesis import given
from hypothesis import strategies as st

from explorer.model.derivation import reading
from explorer.model.derivation.expression import (
    Check,
    Formula,
    Group,
    Marked,
    Poly,
    Power,
    Product,
    Quotient,
    Relation,
    Sum,
    Symbol,
    Term,
    Under,
    Words,
    congruence,
    equation,
    grid,
    number,
    sentence,
)
from explorer.model.derivation.problem import Divide, Filter, Gcd
from explorer.model.derivation.subjects import derive
from explorer.model.derivation.writing import text
from explorer.model.derivation.writing.tableau import COLUMNS, ROWS, layout
from kernels.algebra.polynomial import Polynomial

fractions = st.fractions(min_value=-99, max_value=99, max_denominator=12)
polynomials = st.lists(fractions, max_size=7).map(Polynomial)


@given(polynomials)
def test_a_polynomial_reads_back(value: Polynomial) -> None:
    assert reading.polynomial(text.term(Poly(value))) == value


@given(st.lists(polynomials, min_size=1, max_size=4))
def test_a_sum_of_polynomials_reads_back(values: list[Polynomial]) -> None:
    total = sum(values, Polynomial())
    assert reading.polynomial(text.term(Sum(tuple(map(Poly, values))))) == total


@given(st.lists(polynomials, min_size=1, max_size=4), st.sampled_from(["·", ""]))
def test_a_product_of_polynomials_reads_back(values: list[Polynomial], sign: str) -> None:
    product = Polynomial([1])
    for each in values:
        product *= each
    written = text.term(Product(tuple(map(Poly, values)), "·" if sign else ""))
    assert reading.polynomial(written) == product


@given(polynomials, polynomials, st.integers(0, 3))
def test_what_is_nested_reads_back(a: Polynomial, b: Polynomial, n: int) -> None:
    term = Sum(
        (Poly(a), Product((number(-1), Power(Poly(b), number(n))), ""), Product((number(-2), Sum((Poly(a), Poly(b))))))
    )
    assert reading.polynomial(text.term(term)) == a - b**n - (a + b).scaled(2)


x, y = Symbol("x"), Symbol("y")


@pytest.mark.parametrize(
    ("term", "written"),
    [
        (poly(), "0"),
        (poly(0, -1), "−x"),
        (poly(-4, 0, -2, 1), "x³ − 2x² − 4"),
        (poly("-1/2", "-3/4", 1), "x² − 3/4 x − 1/2"),
        (Poly(Polynomial([0] * 12 + [1]), "p"), "p¹²"),
        (number(Fraction(-3, 7)), "−3/7"),
        (Sum(()), "0"),
        (Sum((x, number(-2), Product((number(-3), y), ""))), "x − 2 − 3y"),
        (Sum((number(-2), poly(1, -1))), "−2 − x + 1"),
        (Product((poly(-1, 1), poly(1, 1))), "(x − 1)·(x + 1)"),
        (Product((number(-2), number(-3))), "−2·(−3)"),
        (Product((number(2), number(3)), ""), "2(3)"),
        (Product((x, poly(0, 2)), ""), "x(2x)"),
        (Product((number(-1), number(-2)), ""), "−(−2)"),
        (Sum((x, Product((number(1), number(-2)), ""))), "x − 2"),
        (Product((x, Product((number(1), number(-2)), ""))), "x·(−2)"),
        (Sum((x, Product((number(-1), x, poly(1, 1)), ""))), "x − x(x + 1)"),
        (Product((number(1), x), ""), "x"),
        (Product((number(1), x)), "1·x"),
        (Product((number(-1), poly(1, 1)), ""), "−(x + 1)"),
        (Product((poly(1, 1), number(-1)), ""), "(x + 1)(−1)"),
        (Product((A, Product((G, D), ""))), "Aᵀ·G d"),
        (Product((Product((G, x), ""), Product((B, D), "")), "⊙"), "(G x) ⊙ (Bᵀ d)"),
        (Product((G, G), "⊗"), "G ⊗ G"),
        (Power(poly(1, 1), number(2)), "(x + 1)²"),
        (Power(poly(0, 1), number(2)), "x²"),
        (Power(number(-1), Symbol("n")), "(−1)ⁿ"),
        (Power(number(Fraction(1, 2)), number(2)), "(1/2)²"),
        (Quotient(poly(1, 1), number(2)), "(x + 1)/2"),
        (Quotient(x, Product((x, y))), "x/(x·y)"),
        (Group(x, "["), "[x]"),
        (Under(poly(1, 1), y), "x + 1"),
        (Sum((x, Under(number(-1), y))), "x + (−1)"),
        (Marked(Product((poly(1, 1), y)), "hue1", "k"), "(x + 1)·y"),
        (Product((Marked(poly(1, 1), "hue1"), y)), "(x + 1)·y"),
        (Symbol("M", "1", of="x"), "M₁(x)"),
        (Symbol("s", "i−1"), "sᵢ₋₁"),
        (Symbol("s", "i-1"), "sᵢ₋₁"),
        (Symbol("M", raised="−1"), "M⁻¹"),
        (Symbol("a", "0,1"), "a_(0,1)"),
        (Symbol("gcd", of="m_i,m_j"), "gcd(mᵢ, mⱼ)"),
        (equation(x, y, number(-1)), "x = y = −1"),
        (congruence(x, number(2), poly(1, 0, 1)), "x ≡ 2  (mod x² + 1)"),
        (Relation((x, y), ("→",)), "x → y"),
        (grid(((Fraction(1), Fraction(-1, 2)), (Fraction(0), Fraction(3)))), "[1, −1/2; 0, 3]"),
        (Words(sentence("{n} of {x}", n=3, x=x)), "3 of x"),
    ],
)
def test_signs_and_parentheses_are_as_on_paper(term: Term, written: str) -> None:
    assert text.term(term) == written


DIVISION = """\
               x²   + x  + 3
        ────────────────────
x − 3 ) x³  − 2x²  + 0x  − 4
        x³  − 3x²
        ───────────────
               x²  + 0x
               x²  − 3x
            ────────────────
                     3x  − 4
                     3x  − 9
                   ─────────
                           5"""


def test_a_division_stands_in_columns() -> None:
    assert text.block(division([-4, 0, -2, 1], [-3, 1])) == DIVISION


def test_nothing_moves_from_one_stroke_to_the_next() -> None:
    whole = text.block(division([-4, 0, -2, 1], [-3, 1])).splitlines()
    for rows in range(7):
        part = text.block(division([-4, 0, -2, 1], [-3, 1], (rows + 1) // 2, rows)).split("\n")
        assert len(part) == len(whole)
        assert all(
            a == b
            for line, other in zip(part, whole, strict=True)
            for a, b in zip(line, other, strict=False)
            if a != " "
        )


def test_a_long_division_is_shown_in_the_part_with_the_newest_row() -> None:
    degree = 200
    for rows in (0, 1, 100, 397, 398):
        made = layout(division(list(range(degree + 1)), [1, 1, 1], (rows + 1) // 2, rows))
        assert len(made.body) <= ROWS
        assert len(made.dividend.cells) <= COLUMNS + 2
        shown = [row for row in made.body if any(cell.shown and cell.term for cell in row.cells)]
        assert len(shown) == (rows - 1) % ROWS + 1 if rows else not shown


def test_a_zero_holds_a_place_in_the_quotient_once_it_is_known() -> None:
    begun = text.block(division([-1, 0, 0, 0, 1], [-1, 0, 1], 1, 1)).splitlines()[0]
    done = text.block(division([-1, 0, 0, 0, 1], [-1, 0, 1])).splitlines()[0]
    assert (begun.split(), done.split()) == (["x²"], ["x²", "+", "0x", "+", "1"])


def test_matrices_and_braces_stand_on_several_lines() -> None:
    assert text.block(BLOCKS["matrix"]) == "     ⎡   1  −1/2⎤\nAᵀ = ⎢   0     3⎥\n     ⎣1/24    −8⎦"
    braced = Formula(Sum((Under(poly(1, 1), Symbol("q")), x)))
    assert text.block(braced) == "x + 1 + x\n╰─┬─╯\n  q"


def test_a_check_says_whether_it_holds() -> None:
    assert text.block(Check(equation(x, x), True)) == "✓ x = x"
    assert text.block(Check(equation(x, y), False)) == "✗ x = y"


def test_a_sentence_is_translated_and_its_values_are_not() -> None:
    said = sentence("Divide {a} by {b}.", a=poly(1, 1), b="Divide {a} by {b}.")
    assert (
        text.sentence(said, {"Divide {a} by {b}.": "{b} teilt {a}."}.__getitem__) == "Divide {a} by {b}. teilt x + 1."
    )


def test_typed_text_stays_on_its_line() -> None:
    assert text.sentence(sentence("{a}", a="one\ntwo\x1b[31m\u202e")) == "one\\ntwo\\x1b[31m\\u202e"
    assert text.sentence(sentence("{a}", a=HOSTILE)) == HOSTILE


@pytest.mark.parametrize(
    "problem",
    [
        Divide(Polynomial([-4, 0, -2, 1]), Polynomial([-3, 1])),
        Gcd(Polynomial([-1, 0, 0, 1]), Polynomial([1, 2, 1])),
        Filter(2, 3),
    ],
)
def test_a_document_has_every_title_and_every_reason(problem: Divide | Gcd | Filter) -> None:
    derivation = derive(problem)
    lines = [line.strip() for line in text.document(derivation).splitlines()]
    assert lines[0] == text.sentence(derivation.title)
    for i, step in enumerate(derivation.steps, 1):
        assert f"{i}. {text.sentence(step.title)}" in lines
        for line in step.lines:
            assert f"– {text.sentence(line.reason)}" in lines
