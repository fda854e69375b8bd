"""Long division as a derivation, and as a step of others: a = q·b + r with deg r < deg b."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from explorer.model.derivation import exact_json
from explorer.model.derivation.derivation import Derivation, Line, Named, Step
from explorer.model.derivation.expression import (
    Check,
    Formula,
    Group,
    Marked,
    Poly,
    Product,
    Relation,
    Sentence,
    Sum,
    Symbol,
    Term,
    Under,
    equation,
    number,
    sentence,
    shown,
)
from explorer.model.derivation.filling import hue, strokes_of
from explorer.model.derivation.problem import Divide
from explorer.ops.exact.sizes import check_growth, check_polynomials, growth_refused, most_bits
from explorer.refusal import Refusal
from kernels.algebra.division import Division, divide
from kernels.algebra.integers import IntegerDivision
from kernels.algebra.polynomial import Polynomial

__all__ = [
    "Names",
    "derive_division",
    "division_check",
    "division_facts",
    "division_identity",
    "division_step",
    "hue",
    "names",
]


@dataclass(frozen=True, slots=True)
class Names:
    """What the four of a = q·b + r are called where the division stands."""

    a: Term
    b: Term
    q: Term
    r: Term


def names(variable: str = "x", index: str = "") -> Names:
    """a(x), b(x), q(x) and r(x); an index for q and r."""
    return Names(
        Symbol("a", of=variable),
        Symbol("b", of=variable),
        Symbol("q", index, of=variable),
        Symbol("r", index, of=variable),
    )


def derive_division(problem: Divide) -> Derivation:
    """a divided by b; Refusal for b = 0 and past the limits."""
    check_polynomials(problem.a, problem.b)
    x = problem.variable
    if not problem.b:
        raise Refusal(
            "The divisor is {value}; no polynomial can be divided by zero.",
            value="0",
            hint="Give a divisor that is not zero.",
        )
    with growth_refused():
        division = divide(problem.a, problem.b, most_bits())
    product = division.quotient * problem.b
    check_growth(division.quotient, product)
    called = names(x)
    steps = (
        _stated(division, called, x),
        division_step(
            division,
            "division",
            sentence("Divide term by term"),
            depth=0,
            called=called,
            follows=("problem",),
            variable=x,
        ),
        _multiplied_out(division, product, called, x),
        _answered(division, called, x),
    )
    answer = {
        "quotient": exact_json.polynomial(division.quotient),
        "remainder": exact_json.polynomial(division.remainder),
        "verified": division.verified(),
    }
    title = sentence("Divide {a} by {b}", a=Poly(division.a, x), b=Poly(division.b, x))
    return Derivation(title, steps, answer, division)


def division_step(
    division: Division | IntegerDivision,
    key: str,
    title: Sentence,
    *,
    depth: int = 1,
    called: Names | None = None,
    why: Sentence | None = None,
    follows: tuple[str, ...] = (),
    variable: str = "x",
    kept: bool = True,
) -> Step:
    """The division as one step: setting out, then three strokes for each term of the quotient, then the check.

    A division of integers is a step of one stroke.

    `called` names a, b, q and r; with it and `kept` the step also says that q and r are found.
    """
    naming = called or names(variable)
    strokes = tuple(strokes_of(division, variable))
    check = division_check(division, variable)
    identity = Formula(division_identity(division, naming, variable))
    last = strokes[-1]
    whole = Line(last.reason, (*last.blocks, identity, check))
    return Step(
        key,
        title,
        (*strokes[:-1], whole),
        depth=depth,
        why=why,
        follows=follows,
        found=_found(division, called, variable) if called and kept else (),
        check=check,
        facts=division_facts(division),
    )


def division_identity(division: Division | IntegerDivision, called: Names, variable: str = "x") -> Relation:
    """a = b·q + r in figures, with q and r named below."""
    q = shown(division.quotient, variable)
    quotient = Under(Marked(q if _single(division.quotient) else Group(q), "quotient"), called.q)
    remainder = Under(Marked(shown(division.remainder, variable), "remainder"), called.r)
    product = Product((shown(division.b, variable), quotient))
    return equation(shown(division.a, variable), Sum((product, remainder)))


def _single(value: int | Polynomial) -> bool:
    """Whether it is one term without a minus, which needs no parentheses in a product."""
    if isinstance(value, int):
        return value >= 0
    return sum(map(bool, value.coefficients)) <= 1 and value.leading >= 0


def division_check(division: Division | IntegerDivision, variable: str = "x") -> Check:
    """q·b + r = a, as multiplying out found it."""
    product = Product((shown(division.quotient, variable), shown(division.b, variable)))
    total = Sum((product, shown(division.remainder, variable)))
    return Check(equation(total, shown(division.a, variable)), division.verified())


def division_facts(division: Division | IntegerDivision) -> dict[str, Any]:
    """Dividend, divisor, quotient, remainder, and for polynomials each stroke: before − term·divisor = after."""
    facts: dict[str, Any] = {
        "dividend": exact_json.value(division.a),
        "divisor": exact_json.value(division.b),
        "quotient": exact_json.value(division.quotient),
        "remainder": exact_json.value(division.remainder),
    }
    if isinstance(division, Division):
        before = facts["dividend"]
        facts["strokes"] = strokes = []
        for each in division.steps:
            after = exact_json.polynomial(each.after)
            product = exact_json.polynomial(each.product)
            strokes.append(
                {"before": before, "term": exact_json.polynomial(each.term), "product": product, "after": after}
            )
            before = after
    return facts


# The steps around it --------------------------------------------------------------------------------------------------


def _found(division: Division | IntegerDivision, called: Names, x: str) -> tuple[Named, ...]:
    return Named(called.q, shown(division.quotient, x)), Named(called.r, shown(division.remainder, x))


def _stated(division: Division, called: Names, x: str) -> Step:
    given = Formula(equation(called.a, Poly(division.a, x))), Formula(equation(called.b, Poly(division.b, x)))
    wanted = Formula(equation(called.a, Sum((Product((called.q, called.b)), called.r))))
    degrees = Formula(Relation((_degree(called.r), _degree(called.b), number(division.b.degree)), ("<", "=")))
    return Step(
        "problem",
        sentence("State the problem"),
        (
            Line(sentence("A dividend and a divisor are given."), given),
            Line(
                sentence("Wanted are a quotient and a remainder of lower degree than the divisor; there is one pair."),
                (*given, wanted, degrees),
            ),
        ),
        why=sentence("A remainder is what a polynomial is modulo the divisor: fast convolution computes with those."),
        found=(Named(called.a, Poly(division.a, x)), Named(called.b, Poly(division.b, x))),
        facts={"dividend": exact_json.polynomial(division.a), "divisor": exact_json.polynomial(division.b)},
    )


def _degree(of: Term) -> Term:
    return Product((Symbol("deg"), of), "")


def _multiplied_out(division: Division, product: Polynomial, called: Names, x: str) -> Step:
    q, b, r = (Poly(each, x) for each in (division.quotient, division.b, division.remainder))
    total = product + division.remainder
    parts = tuple(Marked(Group(Poly(step.product, x)), hue(i)) for i, step in enumerate(division.steps))
    multiplied: tuple[Term, ...] = (Poly(product, x),) if len(parts) < 2 else (Sum(parts), Poly(product, x))
    first = Formula(equation(Product((called.q, called.b)), Product((q, b)), *multiplied))
    second = Formula(
        equation(Sum((Product((called.q, called.b)), called.r)), Sum((Poly(product, x), r)), Poly(total, x))
    )
    check = division_check(division, x)
    return Step(
        "check",
        sentence("Check by multiplying out"),
        (
            Line(sentence("Multiply the divisor by the quotient."), (first,)),
            Line(sentence("Add the remainder."), (first, second)),
            Line(sentence("Compare with the dividend."), (first, second, check)),
        ),
        follows=("division",),
        check=check,
        facts={
            "product": exact_json.polynomial(product),
            "sum": exact_json.polynomial(total),
            "verified": check.holds,
        },
    )


def _answered(division: Division, called: Names, x: str) -> Step:
    blocks = (
        Formula(equation(called.q, Marked(Poly(division.quotient, x), "quotient", "division"))),
        Formula(equation(called.r, Marked(Poly(division.remainder, x), "remainder", "division"))),
        Formula(division_identity(division, called, x)),
    )
    if division.remainder:
        said = sentence("The division leaves a remainder: the divisor is no factor of the dividend.")
    else:
        said = sentence("The remainder is 0: the divisor is a factor of the dividend.")
    return Step(
        "answer",
        sentence("Quotient and remainder"),
        (Line(said, blocks),),
        follows=("division", "check"),
        found=_found(division, called, x),
        facts={
            "quotient": exact_json.polynomial(division.quotient),
            "remainder": exact_json.polynomial(division.remainder),
        },
    )
