"""The steps from the weights of the Chinese remainder theorem to the sum of the products that they carry."""

from __future__ import annotations

from dataclasses import replace

from explorer.model.derivation import exact_json
from explorer.model.derivation.common_divisors import row_divisions, table_step
from explorer.model.derivation.derivation import Line, Named, Step
from explorer.model.derivation.dividing import Names, division_step
from explorer.model.derivation.expression import (
    Block,
    Check,
    Formula,
    Group,
    Marked,
    Poly,
    Product,
    Quotient,
    Sentence,
    Sum,
    Symbol,
    Table,
    Term,
    Words,
    congruence,
    equation,
    grid,
    number,
    sentence,
)
from explorer.model.derivation.residues import Setting, coprime_step, modulus_step, product_name, reduced_step
from explorer.model.derivation.strokes import combination, growing_table, in_powers, indexed, one_after_another
from kernels.algebra.division import divide
from kernels.algebra.polynomial import ONE, Polynomial
from kernels.algebra.winograd import Residue

LONGEST_SUM = 5
"""Terms that are written out in one line."""


def residue_steps(setting: Setting, reason: Sentence) -> tuple[Step, ...]:
    """All of them; `reason` says why M has this degree."""
    steps = [
        modulus_step(setting, reason),
        coprime_step(setting),
        reduced_step(setting, "taps", setting.taps, setting.algorithm.n),
        reduced_step(setting, "samples", setting.samples, setting.algorithm.l),
        *_divided(setting),
        *_inverted(setting),
        _multiplied(setting),
        _recombined(setting),
    ]
    if setting.algorithm.infinity:
        steps.append(_at_infinity(setting))
    return tuple(steps)


# Weights --------------------------------------------------------------------------------------------------------------


def _divided(setting: Setting) -> tuple[Step, ...]:
    """M_i = M/m_i: all in a table, then each as a long division."""
    algorithm, p = setting.algorithm, setting.variable
    rows = [
        (
            sentence(
                "Divide by {modulus}: the remainder is 0, for {modulus} is a factor.", modulus=Poly(each.modulus, p)
            ),
            (number(i), Poly(each.modulus, p), Marked(Poly(each.cofactor, p), "quotient", f"divide.{i}")),
        )
        for i, each in enumerate(algorithm.residues, 1)
    ]
    head = (Symbol("i"), Symbol("m", "i"), Symbol("M", "i"))
    whole = Step(
        "divide",
        sentence("Divide {M} by each {modulus}", M=setting.of("M"), modulus=Symbol("m", "i")),
        growing_table(head, rows),
        why=sentence(
            "{M} is 0 modulo every modulus but its own: it carries one residue and touches no other.",
            M=Symbol("M", "i"),
        ),
        follows=("modulus",),
        facts={"M": [exact_json.polynomial(each.cofactor) for each in algorithm.residues]},
    )
    details = tuple(
        division_step(
            divide(algorithm.M, each.modulus),
            f"divide.{i}",
            sentence(
                "Divide {M} by {m} = {modulus}",
                M=setting.of("M"),
                m=setting.of("m", str(i)),
                modulus=Poly(each.modulus, p),
            ),
            called=Names(setting.of("M"), setting.of("m", str(i)), setting.of("M", str(i)), Symbol("r")),
            why=sentence(
                "The remainder 0 says that {modulus} divides M. Next, its quotient is inverted.",
                modulus=Poly(each.modulus, p),
            ),
            follows=("modulus",),
            variable=p,
        )
        for i, each in enumerate(algorithm.residues, 1)
    )
    return (whole, *(replace(step, found=step.found[:1]) for step in details))


def _inverted(setting: Setting) -> tuple[Step, ...]:
    """N_i·M_i + n_i·m_i = 1: all in a table, then each by Euclid's algorithm."""
    algorithm, p = setting.algorithm, setting.variable
    rows = [
        (
            sentence(
                "{N}·{M} leaves 1 modulo {m}.", N=Symbol("N", str(i)), M=Symbol("M", str(i)), m=Symbol("m", str(i))
            ),
            (
                number(i),
                Poly(each.modulus, p),
                Marked(Poly(each.cofactor, p), "", f"divide.{i}"),
                Marked(Poly(each.n, p), "", f"invert.{i}"),
                Marked(Poly(each.N, p), "good", f"invert.{i}"),
            ),
        )
        for i, each in enumerate(algorithm.residues, 1)
    ]
    m, M, n, N = (Symbol(letter, "i") for letter in "mMnN")
    identity = equation(Sum((Product((N, M)), Product((n, m)))), number(1))
    check = Check(identity, all(each.N * each.cofactor + each.n * each.modulus == ONE for each in algorithm.residues))
    lines = growing_table((Symbol("i"), m, M, n, N), rows)
    whole = Step(
        "invert",
        sentence("Invert each {M} modulo {modulus}", M=M, modulus=m),
        (*lines[:-1], Line(lines[-1].reason, (*lines[-1].blocks, check))),
        why=sentence("Modulo its own modulus what carries a residue must be 1, so that it comes through unchanged."),
        follows=("divide", "coprime"),
        check=check,
        facts={
            "table": [
                {name: exact_json.polynomial(value) for name, value in zip("mMnN", _row(each), strict=True)}
                for each in algorithm.residues
            ]
        },
    )
    details = [step for i, each in enumerate(algorithm.residues, 1) for step in _euclid(setting, i, each)]
    return (whole, *details)


def _row(residue: Residue) -> tuple[Polynomial, ...]:
    return residue.modulus, residue.cofactor, residue.n, residue.N


def _euclid(setting: Setting, i: int, residue: Residue) -> tuple[Step, ...]:
    """Euclid's table for M_i and m_i with its divisions, ended by N_i and n_i."""
    p, key = setting.variable, f"invert.{i}"
    found = residue.euclid
    table = table_step(
        found,
        key,
        sentence("Invert {M} modulo {modulus} by Euclid", M=Symbol("M", str(i)), modulus=Poly(residue.modulus, p)),
        why=sentence(
            "Here a is {M} and b is {m}. Their gcd is 1, so s is the inverse.",
            M=Symbol("M", str(i)),
            m=Symbol("m", str(i)),
        ),
        follows=(f"divide.{i}",),
        variable=p,
    )
    lead = found.last.remainder
    named = [
        Formula(
            equation(
                Symbol(name, str(i)),
                *((Quotient(Poly(raw, p), Poly(lead, p)),) if lead != ONE and raw.degree > 0 else ()),
                Poly(made, p),
            )
        )
        for name, raw, made in (("N", found.last.s, residue.N), ("n", found.last.t, residue.n))
    ]
    check = Check(
        equation(
            Sum(
                (
                    Product((Poly(residue.N, p), Poly(residue.cofactor, p))),
                    Product((Poly(residue.n, p), Poly(residue.modulus, p))),
                )
            ),
            number(1),
        ),
        found.verified() and found.gcd == ONE,
    )
    last = Line(
        sentence("Divide its row by {lead}: that leaves the gcd 1, and s and t become N and n.", lead=Poly(lead, p)),
        (*table.lines[-1].blocks, *named, check),
    )
    ended = replace(table, lines=(*table.lines, last), check=check)
    return (ended, *row_divisions(found, key, p))


# Products and their sum -----------------------------------------------------------------------------------------------


def _multiplied(setting: Setting) -> Step:
    algorithm = setting.algorithm
    convolver = algorithm.convolver
    taps, samples = indexed(setting.taps, algorithm.n), indexed(setting.samples, algorithm.l)
    strokes = []
    for each in algorithm.residues:
        formulas: list[Block] = [
            Formula(
                equation(
                    product_name(c),
                    Product((combination(convolver.H[c], taps), combination(convolver.D[c], samples))),
                )
            )
            for c in each.products
        ]
        if each.modulus.degree > 1:
            formulas += _reduced_product(setting, each)
        strokes.append((_how_multiplied(setting, each), formulas))
    labels = setting.labels
    origins = setting.origins("taps multiply"), setting.origins("samples multiply")
    known = slice(None, -1) if algorithm.infinity else slice(None)
    return Step(
        "multiply",
        sentence("Multiply the residues"),
        one_after_another(*strokes),
        why=sentence("These are all the general multiplications, but for the one at infinity if it is used."),
        follows=("taps", "samples"),
        found=(
            Named(Symbol("H"), grid(convolver.H[known], origins[0][known], labels[known])),
            Named(Symbol("D"), grid(convolver.D[known], origins[1][known], labels[known])),
        ),
        facts={"products": [len(each.products) for each in algorithm.residues]},
    )


def _reduced_product(setting: Setting, residue: Residue) -> list[Block]:
    """The product modulo m_i from the products that were formed: in one line for degree 2, else power by power."""
    products = [product_name(c) for c in residue.products]
    coefficients = [combination(row, products) for row in residue.inner.C]
    left = Product((setting.of(setting.taps), setting.of(setting.samples)))
    modulus = Poly(residue.modulus, setting.variable)
    if residue.modulus.degree == 2:
        return [Formula(congruence(left, in_powers(coefficients, setting.variable), modulus))]
    powers = (Poly(ONE.shifted(k), setting.variable) for k in range(len(coefficients)))
    head = sentence("power"), sentence("coefficient modulo {modulus}", modulus=modulus)
    return [Table(head, tuple(zip(powers, coefficients, strict=True)))]


def _how_multiplied(setting: Setting, residue: Residue) -> Sentence:
    a, b = len(residue.taps), len(residue.samples)
    modulus = Poly(residue.modulus, setting.variable)
    if a == b == 1:
        return sentence("Modulo {modulus} both residues are numbers: one product.", modulus=modulus)
    if 1 in (a, b):
        return sentence("Modulo {modulus} one residue is a number: {count} products.", modulus=modulus, count=a * b)
    if a == b == 2:
        return sentence("Modulo {modulus} Karatsuba takes three products in place of four.", modulus=modulus)
    return sentence(
        "Modulo {modulus} Toom's convolution of {a} and {b} takes {count} products in place of {direct}.",
        modulus=modulus,
        a=a,
        b=b,
        count=a + b - 1,
        direct=a * b,
    )


def _recombined(setting: Setting) -> Step:
    algorithm, p = setting.algorithm, setting.variable
    rows = []
    for each in algorithm.residues:
        for c, spread in zip(each.products, each.spread(), strict=True):
            said = (
                sentence(
                    "{P} is carried by {carrier}, {N} times {M}.",
                    P=product_name(c),
                    carrier=Poly(spread, p),
                    N=Poly(each.N, p),
                    M=Poly(each.cofactor, p),
                )
                if each.modulus.degree == 1
                else sentence("{P} is carried by {carrier}.", P=product_name(c), carrier=Poly(spread, p))
            )
            rows.append((said, (product_name(c), Poly(each.modulus, p), Poly(spread, p))))
    lines = growing_table((sentence("product"), Symbol("m", "i"), sentence("carried by")), rows)
    total = Formula(congruence(setting.of("s"), _carried(setting), setting.of("M")))
    said = sentence("Their sum is s modulo M.")
    if not (algorithm.infinity or setting.wraps):
        said = sentence("Their sum is s, since the degree of s is below that of M.")
        total = Formula(equation(setting.of("s"), _carried(setting)))
    return Step(
        "recombine",
        sentence("Recombine by the Chinese remainder theorem"),
        (*lines, Line(said, (*lines[-1].blocks, total))),
        why=sentence(
            "What carries a residue is 1 modulo its own modulus and 0 modulo the others: every residue comes out right."
        ),
        follows=("multiply", "invert"),
        facts={"carriers": [exact_json.polynomial(spread) for each in algorithm.residues for spread in each.spread()]},
    )


def _carried(setting: Setting, *further: Term) -> Term:
    """The sum of the products, each times what carries it, and `further` terms; in words where it is long."""
    terms = tuple(
        Product((product_name(c), Poly(spread, setting.variable)))
        for each in setting.algorithm.residues
        for c, spread in zip(each.products, each.spread(), strict=True)
    )
    if len(terms) > LONGEST_SUM:
        return Sum((Words(sentence("the sum of all products, each times what carries it")), *further))
    return Sum((*terms, *further))


def _at_infinity(setting: Setting) -> Step:
    algorithm = setting.algorithm
    n, l = algorithm.n, algorithm.l  # noqa: E741 - the letters of the literature
    last = product_name(algorithm.convolver.multiplications - 1)
    top = Product((Symbol(setting.taps, str(n - 1)), Symbol(setting.samples, str(l - 1))), "")
    s, M = setting.of("s"), setting.of("M")
    strokes = (
        (
            sentence(
                "s has degree {degree}, as M has: their quotient is one number, the leading coefficient of s.",
                degree=algorithm.M.degree,
            ),
            [Formula(equation(last, top))],
        ),
        (
            sentence("So s is s modulo M, plus that number times M."),
            [Formula(equation(s, Sum((Group(Product((s, Symbol("mod"), M), "")), Product((last, M))))))],
        ),
        (
            sentence("In figures, {M} carries the last product.", M=M),
            [Formula(equation(s, _carried(setting, Product((last, Poly(algorithm.M, setting.variable))))))],
        ),
    )
    return Step(
        "infinity",
        sentence("Add the point at infinity"),
        one_after_another(*strokes),
        why=sentence("It saves a point: M may have one degree less, and its row in the matrices is a unit vector."),
        follows=("recombine",),
        facts={"M": exact_json.polynomial(algorithm.M)},
    )
