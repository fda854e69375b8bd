"""The Chinese remainder theorem as a derivation, in the integers and for polynomials: one value from its remainders."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from explorer.model.derivation import exact_json
from explorer.model.derivation.derivation import Derivation, Line, Named, Step
from explorer.model.derivation.dividing import hue
from explorer.model.derivation.expression import (
    Check,
    Formula,
    Marked,
    Product,
    Quotient,
    Relation,
    Sentence,
    Sum,
    Symbol,
    Table,
    Words,
    congruence,
    equation,
    number,
    sentence,
    shown,
)
from explorer.model.derivation.problem import IntegerRemainders, PolynomialRemainders
from explorer.model.derivation.remainder_steps import (
    MODULUS,
    System,
    check_divisions,
    cofactor_divisions,
    division,
    indexed,
    inverse_details,
    reduction,
    rows_of,
    step_key,
)
from explorer.model.derivation.solvable import check_integers, check_polynomial_system
from explorer.ops.exact.sizes import check_growth, growth_refused, most_bits
from kernels.algebra.polynomial import ONE, Polynomial
from kernels.algebra.remainders import PolynomialSystem, RemainderRow, integer_system, polynomial_system

_PAIRS_SHOWN = 10
"""So many pairs of moduli are written down one by one; of more only the number is told."""


def derive_remainders(problem: IntegerRemainders | PolynomialRemainders) -> Derivation:
    """The value with the residues asked for, unique modulo the product of the moduli.

    Refusal where a modulus is none, moduli share a factor, a residue does not fit, and past the limits.
    """
    if isinstance(problem, IntegerRemainders):
        check_integers(problem.residues, problem.moduli)
        whole = integer_system(problem.residues, problem.moduli)
        check_growth(*(Polynomial([each]) for each in (whole.total, *(row.term for row in whole.rows))))
        return _derivation(whole, "x", Symbol("x"))
    check_polynomial_system(problem.residues, problem.moduli)
    x = problem.variable
    with growth_refused():
        system = polynomial_system(problem.residues, problem.moduli, most_bits())
        check_growth(system.total, system.solution)
        for row in system.rows:
            check_growth(row.N, row.n, row.term)
        return _derivation(system, x, Symbol("a", of=x))


def _derivation(system: System, x: str, a: Symbol) -> Derivation:
    steps = (
        _stated(system, x, a),
        _coprime(system, x),
        _multiplied(system, x),
        _cofactors(system, x),
        *cofactor_divisions(system, x),
        _inverted(system, x),
        *inverse_details(system, x),
        _weighted(system, x),
        _reduced(system, x, a),
        reduction(system, x, a),
        _checked(system, x, a),
        *check_divisions(system, x, a),
        _answered(system, x, a),
    )
    answer = {
        "solution": exact_json.value(system.solution),
        "modulus": exact_json.value(system.modulus),
        "table": [
            {
                "m": exact_json.value(row.m),
                "M": exact_json.value(row.M),
                "N": exact_json.value(row.N),
                "n": exact_json.value(row.n),
            }
            for row in rows_of(system)
        ],
        "verified": system.verified(),
    }
    return Derivation(sentence("One value from {count} remainders", count=len(system.rows)), steps, answer, system)


# The outline ----------------------------------------------------------------------------------------------------------


def _stated(system: System, x: str, a: Symbol) -> Step:
    wanted = tuple(
        Formula(congruence(a, Marked(shown(row.c, x), hue(i)), shown(row.m, x)))
        for i, row in enumerate(rows_of(system))
    )
    if isinstance(system, PolynomialSystem):
        unique = sentence("There is one answer whose degree is less than that of the product of the moduli.")
    else:
        unique = sentence("There is one answer from 0 up to the product of the moduli.")
    return Step(
        "problem",
        sentence("State the problem"),
        (
            Line(sentence("What is left is given for {count} moduli.", count=len(system.rows)), wanted),
            Line(unique, wanted),
        ),
        why=sentence("A large problem falls into small ones modulo each factor, and here they are put together again."),
        found=tuple(
            named
            for i, row in enumerate(rows_of(system))
            for named in (Named(indexed("c", i), shown(row.c, x)), Named(indexed("m", i), shown(row.m, x)))
        ),
        facts={
            "residues": [exact_json.value(row.c) for row in rows_of(system)],
            "moduli": [exact_json.value(row.m) for row in rows_of(system)],
        },
    )


def _coprime(system: System, x: str) -> Step:
    pairs = [(one, other, number(1)) for one, other in combinations([shown(row.m, x) for row in rows_of(system)], 2)]
    table = Table((sentence("modulus"), sentence("and modulus"), Symbol("gcd")), tuple(pairs))
    moduli = [Formula(equation(indexed("m", i), shown(row.m, x))) for i, row in enumerate(rows_of(system))]
    if pairs:
        said = sentence("None of the pairs ({count}) shares a factor: the theorem applies.", count=len(pairs))
    else:
        said = sentence("With one modulus there is nothing to compare.")
    return Step(
        "coprime",
        sentence("Check that the moduli are coprime"),
        (Line(said, (table,) if 0 < len(pairs) <= _PAIRS_SHOWN else tuple(moduli)),),
        why=sentence("Moduli with a common factor could contradict each other, and no inverse would exist."),
        follows=("problem",),
        facts={"pairs": len(pairs)},
    )


def _multiplied(system: System, x: str) -> Step:
    factors = tuple(shown(row.m, x) for row in rows_of(system))
    body = equation(MODULUS, *([Product(factors)] if len(factors) > 1 else []), shown(system.modulus, x))
    return Step(
        "modulus",
        sentence("Multiply the moduli"),
        (Line(sentence("The answer is unique modulo their product M."), (Formula(body),)),),
        follows=("problem",),
        found=(Named(MODULUS, shown(system.modulus, x)),),
        facts={"modulus": exact_json.value(system.modulus)},
    )


def _cofactors(system: System, x: str) -> Step:
    formulas = []
    for i, row in enumerate(rows_of(system)):
        made = Marked(shown(row.M, x), hue(i), step_key("cofactor", i))
        formulas.append(Formula(equation(indexed("M", i), Quotient(MODULUS, indexed("m", i)), made)))
    return Step(
        "cofactors",
        sentence("Divide the product by each modulus"),
        _growing(formulas, sentence("M over a modulus is the product of the others: it is 0 modulo each of them.")),
        follows=("modulus",),
        found=tuple(Named(indexed("M", i), shown(row.M, x)) for i, row in enumerate(rows_of(system))),
        facts={"cofactors": [exact_json.value(row.M) for row in rows_of(system)]},
    )


def _inverted(system: System, x: str) -> Step:
    """The table (i, m_i, M_i, n_i, N_i), and below it N_i·M_i + n_i·m_i = 1 in every row."""
    rows = tuple(
        (
            number(i + 1),
            Marked(shown(row.m, x), hue(i)),
            Marked(shown(row.M, x), "", step_key("cofactor", i)),
            Marked(shown(row.n, x), "", step_key("inverse", i)),
            Marked(shown(row.N, x), hue(i), step_key("inverse", i)),
        )
        for i, row in enumerate(rows_of(system))
    )
    head = (Symbol("i"), *(Symbol(name, "i") for name in ("m", "M", "n", "N")))
    lines = [
        Line(
            sentence(
                "Euclid's algorithm for {M} and {m} finds the inverse {N}.",
                M=indexed("M", i),
                m=indexed("m", i),
                N=indexed("N", i),
            ),
            (Table(head, rows[: i + 1]),),
        )
        for i in range(len(rows))
    ]
    identities = tuple(_identity(row, x) for row in rows_of(system))
    lines.append(Line(sentence("In every row {identity}.", identity=_bezout()), (Table(head, rows), *identities)))
    return Step(
        "inverses",
        sentence("Invert each of them modulo its own modulus"),
        tuple(lines),
        why=sentence("N times M is 1 modulo its own modulus and 0 modulo all others: a switch for one residue."),
        follows=("cofactors",),
        found=tuple(
            named
            for i, row in enumerate(rows_of(system))
            for named in (Named(indexed("N", i), shown(row.N, x)), Named(indexed("n", i), shown(row.n, x)))
        ),
        check=Check(_bezout(), all(each.holds for each in identities)),
        facts={
            "inverses": [exact_json.value(row.N) for row in rows_of(system)],
            "complements": [exact_json.value(row.n) for row in rows_of(system)],
        },
    )


def _weighted(system: System, x: str) -> Step:
    formulas = tuple(
        Formula(
            equation(
                Product((indexed("c", i), indexed("N", i), indexed("M", i))),
                Product((shown(row.c, x), shown(row.N, x), shown(row.M, x))),
                Marked(shown(row.term, x), hue(i)),
            )
        )
        for i, row in enumerate(rows_of(system))
    )
    return Step(
        "products",
        sentence("Multiply each residue by its switch"),
        _growing(formulas, sentence("This term has the right residue for one modulus, and is 0 modulo all others.")),
        follows=("inverses",),
        facts={"products": [exact_json.value(row.term) for row in rows_of(system)]},
    )


def _reduced(system: System, x: str, a: Symbol) -> Step:
    terms = tuple(Marked(shown(row.term, x), hue(i)) for i, row in enumerate(rows_of(system)))
    total = Formula(equation(Symbol("S"), Sum(terms), shown(system.total, x)))
    reduced = Formula(
        equation(
            a,
            Relation((shown(system.total, x), Marked(shown(system.solution, x), "good", "reduction")), ("≡",), MODULUS),
        )
    )
    return Step(
        "sum",
        sentence("Add, and reduce modulo the product"),
        (
            Line(sentence("The sum has every residue that was asked for."), (total,)),
            Line(sentence("Multiples of M change no residue: the remainder modulo M is the answer."), (total, reduced)),
        ),
        follows=("products",),
        found=(Named(a, shown(system.solution, x)),),
        facts={"sum": exact_json.value(system.total), "solution": exact_json.value(system.solution)},
    )


def _checked(system: System, x: str, a: Symbol) -> Step:
    rows = []
    holds = True
    for i, row in enumerate(rows_of(system)):
        left = division(system.solution, row.m).remainder
        holds &= left == row.c
        rows.append(
            (
                shown(row.m, x),
                Marked(shown(left, x), "good" if left == row.c else "bad", step_key("check", i)),
                Marked(shown(row.c, x), hue(i)),
            )
        )
    head = (sentence("modulus"), sentence("what {a} leaves", a=a), sentence("asked for"))
    lines = [
        Line(sentence("Divide the answer by modulus {i}.", i=i + 1), (Table(head, tuple(rows[: i + 1])),))
        for i in range(len(rows))
    ]
    said = sentence("{a} has all residues that were asked for ({count}).", a=a, count=len(rows))
    check = Check(Words(said), holds and system.verified())
    lines.append(Line(sentence("Compare with the residues."), (Table(head, tuple(rows)), check)))
    return Step(
        "check",
        sentence("Check every congruence"),
        tuple(lines),
        follows=("sum",),
        check=check,
        facts={"verified": check.holds},
    )


def _answered(system: System, x: str, a: Symbol) -> Step:
    body = congruence(a, Marked(shown(system.solution, x), "good", "sum"), shown(system.modulus, x))
    return Step(
        "answer",
        sentence("The answer, and all others"),
        (Line(sentence("Every other answer differs by a multiple of the modulus."), (Formula(body),)),),
        follows=("sum", "check"),
        facts={"solution": exact_json.value(system.solution), "modulus": exact_json.value(system.modulus)},
    )


def _bezout() -> Relation:
    return equation(
        Sum((Product((Symbol("N", "i"), Symbol("M", "i"))), Product((Symbol("n", "i"), Symbol("m", "i"))))), number(1)
    )


def _identity(row: RemainderRow[Any, Any], x: str) -> Check:
    """N·M + n·m = 1 in figures, evaluated."""
    value = row.N * row.M + row.n * row.m
    total = Sum((Product((shown(row.N, x), shown(row.M, x))), Product((shown(row.n, x), shown(row.m, x)))))
    return Check(equation(total, shown(value, x)), value in (1, ONE))


def _growing(formulas: Sequence[Formula], reason: Sentence) -> tuple[Line, ...]:
    return tuple(Line(reason, tuple(formulas[: i + 1])) for i in range(len(formulas)))
