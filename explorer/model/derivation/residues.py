"""The steps of a convolution by residues, from the modulus to the sum, for Cook-Toom, Winograd and F(m, r) alike."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from explorer.model.derivation import exact_json
from explorer.model.derivation.derivation import Line, Named, Step
from explorer.model.derivation.expression import (
    Check,
    Formula,
    Number,
    Paragraph,
    Poly,
    Product,
    Sentence,
    Sum,
    Symbol,
    Table,
    Term,
    congruence,
    equation,
    grid,
    number,
    sentence,
)
from explorer.model.derivation.strokes import combination, growing_table, in_powers, indexed, one_after_another
from kernels.algebra.euclid import gcd
from kernels.algebra.matrix import Matrix
from kernels.algebra.polynomial import ONE
from kernels.algebra.winograd import Residue, Winograd

INFINITY = Symbol("∞")


@dataclass(frozen=True, slots=True)
class Setting:
    """An algorithm and the letters it is written with: `taps`(p)·`samples`(p) = s(p), p the variable."""

    algorithm: Winograd
    taps: str
    samples: str
    variable: str
    wraps: bool = False
    """Whether the product is wanted modulo M itself, as in a cyclic convolution."""

    def of(self, name: str, index: str = "") -> Symbol:
        """name_index(p)."""
        return Symbol(name, index, of=self.variable)

    def modulus(self, i: int) -> Poly:
        """m_i in figures, i from 0."""
        return Poly(self.algorithm.residues[i].modulus, self.variable)

    @property
    def labels(self) -> tuple[Term, ...]:
        """What each product belongs to: its point, its modulus, or ∞."""
        made = [
            point_of(each) or Poly(each.modulus, self.variable)
            for each in self.algorithm.residues
            for _ in each.products
        ]
        return (*made, INFINITY) if self.algorithm.infinity else tuple(made)

    def origins(self, residue: str, infinity: str = "infinity") -> tuple[tuple[str, ...], ...]:
        """For each product the keys of the steps that made its row; `{i}` in `residue` is the number of its modulus."""
        made = [
            tuple(residue.format(i=i).split())
            for i, each in enumerate(self.algorithm.residues, 1)
            for _ in each.products
        ]
        return (*made, (infinity,)) if self.algorithm.infinity else tuple(made)


def point_of(residue: Residue) -> Number | None:
    """β where the modulus is p − β, else None."""
    return Number(-residue.modulus[0]) if residue.modulus.degree == 1 else None


def residue_steps(setting: Setting, reason: Sentence) -> tuple[Step, ...]:
    """All of them; `reason` says why M has this degree."""
    steps = [
        _modulus(setting, reason),
        _coprime(setting),
        _reduced(setting, "taps", setting.taps, setting.algorithm.n),
        _reduced(setting, "samples", setting.samples, setting.algorithm.l),
        *_divided(setting),
        *_inverted(setting),
        _multiplied(setting),
        _recombined(setting),
    ]
    if setting.algorithm.infinity:
        steps.append(_at_infinity(setting))
    return tuple(steps)


# M and its factors ----------------------------------------------------------------------------------------------------


def _modulus(setting: Setting, reason: Sentence) -> Step:
    algorithm, p = setting.algorithm, setting.variable
    M = setting.of("M")
    factors = Product(tuple(Poly(each.modulus, p) for each in algorithm.residues))
    listed = [
        Formula(equation(setting.of("m", str(i)), Poly(each.modulus, p)))
        for i, each in enumerate(algorithm.residues, 1)
    ]
    strokes: list[tuple[Sentence, list[Formula] | list[Paragraph]]] = [
        (reason, listed),
        (
            sentence("M is their product, of degree {degree}.", degree=algorithm.M.degree),
            [Formula(equation(M, factors, Poly(algorithm.M, p)))],
        ),
    ]
    points = [point for each in algorithm.residues if (point := point_of(each))]
    if points:
        first = next(i for i, each in enumerate(algorithm.residues) if each.modulus.degree == 1)
        said = sentence(
            "A linear modulus is a point: modulo {modulus} a polynomial is its value at {point}.",
            modulus=setting.modulus(first),
            point=points[0],
        )
        strokes.append((said, []))
    return Step(
        "modulus",
        sentence("Choose the modulus {M}", M=M),
        one_after_another(*strokes),
        why=sentence("A product modulo each small factor is cheap, and together they determine the product modulo M."),
        follows=("problem",),
        found=(Named(M, Poly(algorithm.M, p)),),
        facts={
            "M": exact_json.polynomial(algorithm.M),
            "moduli": [exact_json.polynomial(each.modulus) for each in algorithm.residues],
        },
    )


def _coprime(setting: Setting) -> Step:
    algorithm, p = setting.algorithm, setting.variable
    pairs = list(combinations(enumerate(algorithm.residues, 1), 2))
    rows = []
    holds = True
    for (i, a), (j, b) in pairs:
        shared = gcd(a.modulus, b.modulus)
        holds = holds and shared == ONE
        rows.append((setting.of("m", str(i)), setting.of("m", str(j)), Poly(b.modulus - a.modulus, p), Poly(shared, p)))
    check = Check(
        equation(Symbol("gcd", of="m_i, m_j"), number(1)) if rows else equation(setting.of("M"), setting.modulus(0)),
        holds,
    )
    head = (Symbol("m", "i"), Symbol("m", "j"), sentence("difference"), sentence("gcd"))
    said = sentence(
        "No two of them may share a factor. Two linear ones differ by a number that is not 0, so their gcd is 1."
    )
    lines = (Line(said, (Table(head, tuple(rows)), check) if rows else (check,)),)
    return Step(
        "coprime",
        sentence("Check that the moduli are coprime"),
        lines,
        why=sentence("Only then does every set of residues belong to exactly one polynomial modulo M."),
        follows=("modulus",),
        check=check,
        facts={"pairs": len(pairs)},
    )


# Residues -------------------------------------------------------------------------------------------------------------


def _reduced(setting: Setting, key: str, letter: str, count: int) -> Step:
    p = setting.variable
    letters = indexed(letter, count)
    whole = Formula(equation(setting.of(letter), in_powers(letters, p)))
    rows = []
    for i, each in enumerate(setting.algorithm.residues, 1):
        matrix: Matrix = getattr(each, key)
        residue = in_powers([combination(row, letters) for row in matrix], p)
        rows.append((_how_reduced(setting, each), (setting.of("m", str(i)), Poly(each.modulus, p), residue)))
    head = (Symbol("i"), Symbol("m", "i"), setting.of(letter, "i"))
    lines = tuple(Line(line.reason, (whole, *line.blocks)) for line in growing_table(head, rows))
    return Step(
        key,
        sentence("Reduce {polynomial} modulo each {modulus}", polynomial=setting.of(letter), modulus=Symbol("m", "i")),
        lines,
        why=sentence("The residues are sums of the coefficients: additions and constants, no general multiplication."),
        follows=("modulus",),
        facts={"residues": [exact_json.matrix(getattr(each, key)) for each in setting.algorithm.residues]},
    )


def _how_reduced(setting: Setting, residue: Residue) -> Sentence:
    point = point_of(residue)
    if point:
        return sentence(
            "Modulo {modulus} put {point} for {variable}.",
            modulus=Poly(residue.modulus, setting.variable),
            point=point,
            variable=Symbol(setting.variable),
        )
    degree = residue.modulus.degree
    top = residue.modulus - ONE.shifted(degree)
    return sentence(
        "Modulo {modulus} put {rest} for {power}, until the degree is below {degree}.",
        modulus=Poly(residue.modulus, setting.variable),
        rest=Poly(-top, setting.variable),
        power=Poly(ONE.shifted(degree), setting.variable),
        degree=degree,
    )


# Weights --------------------------------------------------------------------------------------------------------------


def _divided(setting: Setting) -> tuple[Step, ...]:
    p = setting.variable
    rows = [
        (
            sentence("Leave out {modulus} from the product.", modulus=Poly(each.modulus, p)),
            (number(i), Poly(each.modulus, p), Poly(each.cofactor, p)),
        )
        for i, each in enumerate(setting.algorithm.residues, 1)
    ]
    M_i = setting.of("M", "i")
    head = (Symbol("i"), setting.of("m", "i"), M_i)
    return (
        Step(
            "divide",
            sentence("Divide {M} by each {modulus}", M=setting.of("M"), modulus=setting.of("m", "i")),
            growing_table(head, rows),
            why=sentence(
                "{M} is zero modulo every modulus but its own: it carries one residue and touches no other.", M=M_i
            ),
            follows=("modulus",),
            facts={"M": [exact_json.polynomial(each.cofactor) for each in setting.algorithm.residues]},
        ),
    )


def _inverted(setting: Setting) -> tuple[Step, ...]:
    p = setting.variable
    rows = [
        (
            sentence(
                "{N} times {M} leaves 1 modulo {modulus}.",
                N=Poly(each.N, p),
                M=Poly(each.cofactor, p),
                modulus=Poly(each.modulus, p),
            ),
            (number(i), Poly(each.modulus, p), Poly(each.cofactor, p), Poly(each.n, p), Poly(each.N, p)),
        )
        for i, each in enumerate(setting.algorithm.residues, 1)
    ]
    named = [Symbol(letter, "i") for letter in ("m", "M", "n", "N")]
    identity = equation(
        Sum((Product((named[3], named[1])), Product((named[2], named[0])))),
        number(1),
    )
    holds = all(each.N * each.cofactor + each.n * each.modulus == ONE for each in setting.algorithm.residues)
    check = Check(identity, holds)
    lines = growing_table((Symbol("i"), *named), rows)
    lines = (*lines[:-1], Line(lines[-1].reason, (*lines[-1].blocks, check)))
    return (
        Step(
            "invert",
            sentence("Invert each {M} modulo {modulus}", M=setting.of("M", "i"), modulus=setting.of("m", "i")),
            lines,
            why=sentence("Modulo its own modulus the carrier must be 1, so that the residue comes through unchanged."),
            follows=("divide", "coprime"),
            check=check,
            facts={
                "table": [
                    {
                        "m": exact_json.polynomial(each.modulus),
                        "M": exact_json.polynomial(each.cofactor),
                        "n": exact_json.polynomial(each.n),
                        "N": exact_json.polynomial(each.N),
                    }
                    for each in setting.algorithm.residues
                ]
            },
        ),
    )


# Products and their sum -----------------------------------------------------------------------------------------------


def product_name(c: int) -> Symbol:
    """P_c, numbered from 1."""
    return Symbol("P", str(c + 1))


def _multiplied(setting: Setting) -> Step:
    algorithm = setting.algorithm
    convolver = algorithm.convolver
    taps, samples = indexed(setting.taps, algorithm.n), indexed(setting.samples, algorithm.l)
    strokes = []
    for each in algorithm.residues:
        formulas = [
            Formula(
                equation(
                    product_name(c),
                    Product((combination(convolver.H[c], taps), combination(convolver.D[c], samples))),
                )
            )
            for c in each.products
        ]
        if each.modulus.degree > 1:
            products = [product_name(c) for c in each.products]
            whole = in_powers([combination(row, products) for row in each.inner.C], setting.variable)
            modulus = Poly(each.modulus, setting.variable)
            left = Product((Symbol(setting.taps), Symbol(setting.samples)))
            formulas.append(Formula(congruence(left, whole, modulus)))
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


def _how_multiplied(setting: Setting, residue: Residue) -> Sentence:
    degree = residue.modulus.degree
    modulus = Poly(residue.modulus, setting.variable)
    if degree == 1:
        return sentence("Modulo {modulus} both residues are numbers: one product.", modulus=modulus)
    if degree == 2:
        return sentence("Modulo {modulus} Karatsuba takes three products in place of four.", modulus=modulus)
    return sentence(
        "Modulo {modulus} Toom's convolution of {degree} and {degree} takes {count} products in place of {square}.",
        modulus=modulus,
        degree=degree,
        count=2 * degree - 1,
        square=degree * degree,
    )


def _recombined(setting: Setting) -> Step:
    algorithm, p = setting.algorithm, setting.variable
    rows = []
    terms: list[Term] = []
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
            terms.append(Product((product_name(c), Poly(spread, p))))
    lines = growing_table((sentence("product"), Symbol("m", "i"), sentence("carried by")), rows)
    total = Formula(congruence(setting.of("s"), Sum(tuple(terms)), setting.of("M")))
    said = sentence("Their sum is s modulo M.")
    if not (algorithm.infinity or setting.wraps):
        said = sentence("Their sum is s, since the degree of s is below that of M.")
        total = Formula(equation(setting.of("s"), Sum(tuple(terms))))
    return Step(
        "recombine",
        sentence("Recombine by the Chinese remainder theorem"),
        (*lines, Line(said, (*lines[-1].blocks, total))),
        why=sentence(
            "Each carrier is 1 modulo its own modulus and 0 modulo the others: the sum has all the right residues."
        ),
        follows=("multiply", "invert"),
        facts={"carriers": [exact_json.polynomial(spread) for each in algorithm.residues for spread in each.spread()]},
    )


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
            [Formula(equation(s, Sum((Symbol("s mod M", of=setting.variable), Product((last, M))))))],
        ),
        (
            sentence("In figures, {M} carries the last product.", M=M),
            [Formula(equation(M, Poly(algorithm.M, setting.variable)))],
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
