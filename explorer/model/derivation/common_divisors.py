"""Euclid's algorithm as a derivation, and as a step of others: s·a + t·b = gcd(a, b)."""

from __future__ import annotations

from fractions import Fraction

from explorer.model.derivation import exact_json
from explorer.model.derivation.derivation import Derivation, Line, Named, Step
from explorer.model.derivation.dividing import Names, division_step
from explorer.model.derivation.expression import (
    Block,
    Check,
    Formula,
    Marked,
    Poly,
    Product,
    Quotient,
    Relation,
    Sentence,
    Sum,
    Symbol,
    Table,
    Term,
    congruence,
    equation,
    number,
    sentence,
    shown,
)
from explorer.model.derivation.problem import Gcd
from explorer.ops.exact.sizes import check_growth, check_polynomials, growth_refused, most_bits
from kernels.algebra.euclid import Euclid, EuclidRow, euclid
from kernels.algebra.integers import IntegerEuclid, IntegerRow
from kernels.algebra.polynomial import ONE, Polynomial

_HEAD: tuple[Term, ...] = (Symbol("i"), Symbol("q", "i"), Symbol("r", "i"), Symbol("s", "i"), Symbol("t", "i"))
_FIRST = -1
"""The index of the first row: r_{−1} = a and r_0 = b, so that q_1 is the first quotient."""


def derive_gcd(problem: Gcd) -> Derivation:
    """gcd(a, b) with s and t; gcd(0, 0) = 0. Refusal past the limits."""
    check_polynomials(problem.a, problem.b)
    x = problem.variable
    with growth_refused():
        found = euclid(problem.a, problem.b, most_bits())
    check_growth(found.gcd, found.s, found.t, found.s * found.a, found.t * found.b)
    a, b = Symbol("a", of=x), Symbol("b", of=x)
    steps = (
        _stated(found, a, b, x),
        table_step(
            found,
            "euclid",
            sentence("Divide until nothing is left"),
            depth=0,
            follows=("problem",),
            variable=x,
            called=(a, b),
        ),
        *row_divisions(found, "euclid", x),
        _normed(found, x),
        _identity(found, a, b, x),
        _answered(found, a, b, x),
    )
    answer = {
        "gcd": exact_json.polynomial(found.gcd),
        "s": exact_json.polynomial(found.s),
        "t": exact_json.polynomial(found.t),
        "verified": found.verified(),
    }
    title = sentence("Greatest common divisor of {a} and {b}", a=Poly(found.a, x), b=Poly(found.b, x))
    return Derivation(title, steps, answer, found)


def table_step(
    found: Euclid | IntegerEuclid,
    key: str,
    title: Sentence,
    *,
    depth: int = 1,
    why: Sentence | None = None,
    follows: tuple[str, ...] = (),
    variable: str = "x",
    called: tuple[Term, Term] = (Symbol("a"), Symbol("b")),
) -> Step:
    """Euclid's table growing row by row; `row_divisions` with the same key are the steps that its cells lead to.

    `called` are the names of the two that it begins with.
    """
    a, b = called
    rows = tuple(_cells(found, i, key, variable) for i in range(len(found.rows)))
    first = Line(
        sentence("The first two rows are {a} and {b} themselves, 1·{a} + 0·{b} and 0·{a} + 1·{b}.", a=a, b=b),
        (Table(_HEAD, rows[:2]),),
    )
    lines = [first]
    lines.extend(
        Line(_reason(row, i + _FIRST), (Table(_HEAD, rows[: i + 1]),))
        for i, row in enumerate(_rows(found))
        if row.division
    )
    check = _rows_check(found, a, b)
    last = Line(
        sentence("In every row the sum of s·{a} and t·{b} is the remainder.", a=a, b=b), (Table(_HEAD, rows), check)
    )
    return Step(
        key,
        title,
        (*lines, last),
        depth=depth,
        why=why,
        follows=follows,
        check=check,
        facts={"rows": [_row_facts(row, i + _FIRST) for i, row in enumerate(_rows(found))]},
    )


def row_divisions(found: Euclid | IntegerEuclid, key: str, variable: str = "x") -> tuple[Step, ...]:
    """The division of every row of the table with this key, worked out."""
    return tuple(
        division_step(
            row.division,
            _division_key(key, i + _FIRST),
            sentence("Divide {a} by {b}", a=_remainder(i + _FIRST - 2), b=_remainder(i + _FIRST - 1)),
            called=Names(
                _remainder(i + _FIRST - 2),
                _remainder(i + _FIRST - 1),
                _indexed("q", i + _FIRST),
                _remainder(i + _FIRST),
            ),
            follows=(key,),
            variable=variable,
            kept=False,
        )
        for i, row in enumerate(_rows(found))
        if row.division
    )


def _rows(found: Euclid | IntegerEuclid) -> tuple[EuclidRow | IntegerRow, ...]:
    return found.rows


def _division_key(key: str, index: int) -> str:
    return f"{key}.{index}"


def _indexed(name: str, index: int) -> Symbol:
    return Symbol(name, str(index).replace("-", "−"))


def _remainder(index: int) -> Symbol:
    return _indexed("r", index)


def _cells(found: Euclid | IntegerEuclid, i: int, key: str, x: str) -> tuple[Term | None, ...]:
    row = _rows(found)[i]
    index = i + _FIRST
    step = _division_key(key, index) if row.division else ""
    quotient = Marked(shown(row.division.quotient, x), "quotient", step) if row.division else None
    is_gcd = row is found.last and bool(row.remainder)
    remainder = Marked(shown(row.remainder, x), "good" if is_gcd else "remainder", step)
    return number(index), quotient, remainder, Marked(shown(row.s, x), "", step), Marked(shown(row.t, x), "", step)


def _reason(row: EuclidRow | IntegerRow, index: int) -> Sentence:
    if not row.remainder:
        return sentence(
            "{last} divides {before}: nothing is left, and {last} is the last remainder that is not 0.",
            last=_remainder(index - 1),
            before=_remainder(index - 2),
        )
    return sentence(
        "Divide {before} by {last}: {row} is left. {s} = {s2} − {q}·{s1}, from the two rows above; t likewise.",
        before=_remainder(index - 2),
        last=_remainder(index - 1),
        row=_remainder(index),
        q=_indexed("q", index),
        s=_indexed("s", index),
        s1=_indexed("s", index - 1),
        s2=_indexed("s", index - 2),
    )


def _row_facts(row: EuclidRow | IntegerRow, index: int) -> dict[str, object]:
    return {
        "i": index,
        "quotient": None if row.quotient is None else exact_json.value(row.quotient),
        "remainder": exact_json.value(row.remainder),
        "s": exact_json.value(row.s),
        "t": exact_json.value(row.t),
    }


def _rows_check(found: Euclid | IntegerEuclid, a: Term, b: Term) -> Check:
    total = Sum((Product((Symbol("s", "i"), a)), Product((Symbol("t", "i"), b))))
    return Check(equation(total, Symbol("r", "i")), found.reconciles())


# The steps around it --------------------------------------------------------------------------------------------------


def _stated(found: Euclid, a: Symbol, b: Symbol, x: str) -> Step:
    given = Formula(equation(a, Poly(found.a, x))), Formula(equation(b, Poly(found.b, x)))
    wanted = Formula(equation(_combined(Symbol("s", of=x), a, Symbol("t", of=x), b), Symbol("g", of=x)))
    return Step(
        "problem",
        sentence("State the problem"),
        (
            Line(sentence("Two polynomials are given."), given),
            Line(
                sentence("Wanted is the monic polynomial of highest degree that divides both, as a sum of multiples."),
                (*given, wanted),
            ),
        ),
        why=sentence("With a gcd of 1, s is the inverse of a modulo b: the remainder theorem needs such inverses."),
        found=(Named(a, Poly(found.a, x)), Named(b, Poly(found.b, x))),
        facts={"a": exact_json.polynomial(found.a), "b": exact_json.polynomial(found.b)},
    )


def _combined(s: Term, a: Term, t: Term, b: Term) -> Sum:
    return Sum((Product((s, a)), Product((t, b))))


def _normed(found: Euclid, x: str) -> Step:
    last, lead = found.last, found.last.remainder.leading
    key = _division_key("euclid", found.rows.index(last) + _FIRST) if last.division else "euclid"
    remainder = Marked(Poly(last.remainder, x), "remainder", key)
    if not lead:
        said = sentence("Both polynomials are 0: every polynomial divides them, and gcd(0, 0) is 0.")
    elif lead == 1:
        said = sentence("The last remainder that is not 0 is monic already: it is the gcd.")
    else:
        said = sentence(
            "Divide the row of the last remainder that is not 0 by its leading coefficient {lead}.", lead=number(lead)
        )
    rows: list[tuple[Symbol, Term, Polynomial]] = [
        (Symbol("g", of=x), remainder, found.gcd),
        (Symbol("s", of=x), Poly(last.s, x), found.s),
        (Symbol("t", of=x), Poly(last.t, x), found.t),
    ]
    formulas = tuple(Formula(_divided(name, value, lead, Poly(made, x))) for name, value, made in rows)
    return Step(
        "monic",
        sentence("Make the gcd monic"),
        (Line(said, formulas),),
        follows=("euclid",),
        found=tuple(Named(name, Poly(made, x)) for name, _, made in rows),
        facts={
            "leading": exact_json.number(lead),
            "gcd": exact_json.polynomial(found.gcd),
            "s": exact_json.polynomial(found.s),
            "t": exact_json.polynomial(found.t),
        },
    )


def _divided(name: Term, value: Term, lead: Fraction, made: Term) -> Relation:
    return equation(name, made) if lead in (0, 1) else equation(name, Quotient(value, number(lead)), made)


def bezout_check(found: Euclid, variable: str = "x") -> Check:
    """s·a + t·b = gcd in figures, as multiplying out found it."""
    s, a, t, b, g = (Poly(each, variable) for each in (found.s, found.a, found.t, found.b, found.gcd))
    return Check(equation(_combined(s, a, t, b), g), found.verified())


def _identity(found: Euclid, a: Symbol, b: Symbol, x: str) -> Step:
    first, second = found.s * found.a, found.t * found.b
    rows = (("s", a, found.s, found.a, first), ("t", b, found.t, found.b, second))
    products = tuple(
        Formula(equation(Product((Symbol(name, of=x), of)), Product((Poly(factor, x), Poly(value, x))), Poly(made, x)))
        for name, of, factor, value, made in rows
    )
    total = Formula(equation(Sum((Poly(first, x), Poly(second, x))), Marked(Poly(first + second, x), "good")))
    check = bezout_check(found, x)
    return Step(
        "identity",
        sentence("Check the identity of Bézout"),
        (
            Line(sentence("Multiply out both products."), products),
            Line(sentence("Their sum is the gcd."), (*products, total)),
            Line(sentence("And the gcd divides both polynomials."), (*products, total, check)),
        ),
        follows=("monic",),
        check=check,
        facts={
            "products": [exact_json.polynomial(first), exact_json.polynomial(second)],
            "sum": exact_json.polynomial(first + second),
            "verified": check.holds,
        },
    )


def _answered(found: Euclid, a: Symbol, b: Symbol, x: str) -> Step:
    g = Symbol("g", of=x)
    blocks: list[Block] = [Formula(equation(g, Marked(Poly(found.gcd, x), "good", "monic")))]
    blocks += [
        Formula(equation(Symbol(name, of=x), Marked(Poly(value, x), "", "monic")))
        for name, value in (("s", found.s), ("t", found.t))
    ]
    if found.gcd == ONE:
        said = sentence("The polynomials are coprime.")
        if found.b.degree > 0:
            blocks.append(
                Formula(congruence(Product((Poly(found.s, x), Poly(found.a, x))), number(1), Poly(found.b, x)))
            )
            said = sentence("The polynomials are coprime, and s is the inverse of a modulo b.")
    elif not found.gcd:
        said = sentence("Of two zeros the gcd is 0.")
    else:
        said = sentence("The polynomials share the factor {gcd}.", gcd=Poly(found.gcd, x))
    return Step(
        "answer",
        sentence("The gcd, and how it is made"),
        (Line(said, tuple(blocks)),),
        follows=("monic", "identity"),
        facts={"gcd": exact_json.polynomial(found.gcd)},
    )
