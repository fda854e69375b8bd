"""Blocks of every kind, by name, for the tests of what puts them on paper."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from explorer.model.derivation.expression import (
    Block,
    Check,
    Formula,
    Group,
    Marked,
    Paragraph,
    Poly,
    Power,
    Product,
    Quotient,
    Relation,
    Sum,
    Symbol,
    Table,
    Tableau,
    TableauRow,
    Under,
    Words,
    congruence,
    equation,
    grid,
    number,
    sentence,
)  # fmt: skip
from kernels.algebra.division import divide
from kernels.algebra.polynomial import Polynomial

HOSTILE = 'a"\\ #panic() $x$ {b} \\input{c} <script>&amp;</script> `d` | *e* _f_ [g](h) %i ~^ €中'


def poly(*coefficients: int | str) -> Poly:
    """A polynomial from its coefficients, ascending, such as 1 or "1/2"."""
    return Poly(Polynomial(map(Fraction, coefficients)))


def division(
    dividend: list[int], divisor: list[int], terms: int | None = None, rows: int | None = None
) -> Tableau:  # fmt: skip
    """A long division, whole unless it says how much of it is shown."""
    made = divide(Polynomial(dividend), Polynomial(divisor))
    ends = [step.term.degree for step in made.steps] + [0]
    body = []
    for i, (step, (own, following)) in enumerate(zip(made.steps, pairwise(ends), strict=True)):
        top = step.product.degree
        body.append(TableauRow("product", i, tuple((e, step.product[e]) for e in range(top, own - 1, -1))))
        low = min(following, max(top - 1, 0))
        body.append(TableauRow("rest", i, tuple((e, step.after[e]) for e in range(max(top - 1, low), low - 1, -1))))
    quotient = tuple(step.term for step in made.steps)
    return Tableau(
        made.a, made.b, quotient, tuple(body),
        len(quotient) if terms is None else terms, len(body) if rows is None else rows,
    )  # fmt: skip


A, B, G, D = Symbol("A", raised="ᵀ"), Symbol("B", raised="ᵀ"), Symbol("G"), Symbol("d")
_MATRIX = ((Fraction(1), Fraction(-1, 2)), (Fraction(0), Fraction(3)), (Fraction(1, 24), Fraction(-8)))
_ROWS = (("point.0",), ("point.1",), ("point.2",))

BLOCKS: dict[str, Block] = {
    "formula": Formula(
        equation(
            poly(0, -1, 0, 1),
            Sum((Product((poly(-1, 1), Under(poly(0, 1, 1), Symbol("q", of="x"))), ""), Under(number(0), Symbol("r")))),
        )
    ),
    "matrix": Formula(equation(A, grid(_MATRIX, _ROWS, (number(0), number(1), Symbol("∞"))))),
    "congruence": Formula(
        congruence(Product((Symbol("N", "i"), Symbol("M", "i", of="x")), "·"), number(1), Symbol("m", "i"))
    ),
    "sum": Formula(
        Sum(
            (
                Symbol("s", "i−2"),
                Product((number(-1), Symbol("q", "i"), Symbol("s", "i−1")), ""),
                number(Fraction(-1, 2)),
                Marked(poly(0, "-3/2", -1), "hue1"),
                Power(poly(1, 1), number(2)),
                Quotient(Symbol("a"), Sum((Symbol("b"), number(1)))),
            )
        )
    ),
    "filter": Formula(
        equation(
            Symbol("y"),
            Product((A, Group(Product((Product((G, Symbol("g")), ""), Product((B, D), "")), "⊙"))), ""),
        )
    ),
    "chain": Formula(Relation((number(1), number(2), Symbol("α", "0,1")), ("<", "≤"))),
    "words": Formula(Words(sentence("gcd of {a} and {b}", a=poly(1, 1), b=HOSTILE))),
    "paragraph": Paragraph(
        sentence("Take {a}, then {b}: {n} of them.", a=Marked(poly(1, "1/2"), "hue2", "x.2"), b=HOSTILE, n=3)
    ),
    "division": division([-4, 0, -2, 1], [-3, 1]),
    "division begun": division([-4, 0, -2, 1], [-3, 1], 2, 3),
    "no division": division([1, 2], [1, 0, 1]),
    "zero divided": division([], [1, 0, 1]),
    "long division": division(list(range(1, 42)), [3, -2, 1]),
    "wide division": division(list(range(1, 42)), list(range(21, 0, -1)), 3, 5),
    "table": Table(
        (Symbol("i"), sentence("quotient & more"), Symbol("m", "i")),
        (
            (number(1), poly("1/2", 1), None),
            (number(22), Quotient(Symbol("a"), Symbol("b")), Words(sentence("is {x} | so", x=Symbol("x")))),
        ),
    ),
    "check": Check(equation(Sum((Product((poly(-1, 1), poly(0, 1, 1))), number(0))), poly(0, -1, 0, 1)), True),
    "failure": Check(Relation((number(1), number(2)), ("≠",)), False),
}  # fmt: skip
