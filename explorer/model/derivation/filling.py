"""The tableau of a long division filled stroke by stroke: a column per degree, a colour per term of the quotient."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import get_args

from explorer.model.derivation.derivation import Line
from explorer.model.derivation.expression import (
    Marked,
    Poly,
    Role,
    Sentence,
    Tableau,
    TableauRow,
    number,
    sentence,
)
from kernels.algebra.division import Division
from kernels.algebra.integers import IntegerDivision
from kernels.algebra.polynomial import Polynomial

_HUES: tuple[Role, ...] = tuple(each for each in get_args(Role) if each.startswith("hue"))


def hue(i: int) -> Role:
    """The colour of thing i among things of one kind; they begin again after the last."""
    return _HUES[i % len(_HUES)]


def strokes_of(division: Division | IntegerDivision, x: str) -> Iterator[Line]:
    """The tableau filled stroke by stroke: a term of the quotient, its product, the difference."""
    if isinstance(division, IntegerDivision):
        yield Line(
            sentence(
                "{b} is contained {q} times in {a}, and {r} is left.",
                a=number(division.a),
                b=number(division.b),
                q=number(division.quotient),
                r=number(division.remainder),
            ),
            (),
        )
        return
    body = tuple(_rows(division))
    terms = tuple(step.term for step in division.steps)

    def stroke(reason: Sentence, shown: int, rows: int) -> Line:
        return Line(reason, (Tableau(division.a, division.b, terms, body, shown, rows, x),))

    if not division.steps:
        yield stroke(_nothing_to_take(division), 0, 0)
        return
    yield stroke(sentence("Give every power a column; where one is missing, a zero holds its place."), 0, 0)
    lead = Poly(_top(division.b), x)
    for i, step in enumerate(division.steps):
        term = Marked(Poly(step.term, x), hue(i))
        top = Poly(_top(step.before), x)
        yield stroke(sentence("{top} divided by {lead} is {term}.", top=top, lead=lead, term=term), i + 1, 2 * i)
        product = Marked(Poly(step.product, x), hue(i))
        yield stroke(sentence("{term} times the divisor is {product}.", term=term, product=product), i + 1, 2 * i + 1)
        yield stroke(_left(step.after, division.b), i + 1, 2 * i + 2)


def _rows(division: Division) -> Iterator[TableauRow]:
    for i, step in enumerate(division.steps):
        low = step.term.degree
        yield TableauRow("product", i, _cells(step.product, low + division.b.degree, low))
        # Coefficients come down as far as the next product reaches; with the last rest all of them.
        reach = division.steps[i + 1].term.degree if i + 1 < len(division.steps) else 0
        yield TableauRow("rest", i, _cells(step.after, max(step.after.degree, 0), reach))


def _cells(value: Polynomial, high: int, low: int) -> tuple[tuple[int, Fraction], ...]:
    return tuple((exponent, value[exponent]) for exponent in range(high, low - 1, -1))


def _top(value: Polynomial) -> Polynomial:
    return Polynomial([value.leading]).shifted(value.degree)


def _nothing_to_take(division: Division) -> Sentence:
    if not division.a:
        return sentence("The dividend is zero: so are the quotient and the remainder.")
    return sentence(
        "The degree {a} is less than {b}, the degree of the divisor: the quotient is 0, and all of it remains.",
        a=division.a.degree,
        b=division.b.degree,
    )


def _left(after: Polynomial, b: Polynomial) -> Sentence:
    if not after:
        return sentence("Subtract: nothing is left, and the remainder is 0.")
    if after.degree < b.degree:
        return sentence(
            "Subtract. The degree {left} of what is left is less than {degree}: it is the remainder.",
            left=after.degree,
            degree=b.degree,
        )
    return sentence("Subtract: the leading term is gone, and degree {left} is left.", left=after.degree)
