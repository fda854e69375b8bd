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
    Symbol,
    Table,
    Term,
    equation,
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
    scaled: bool = False
    """Whether moduli were given that are not monic."""

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


def product_name(c: int) -> Symbol:
    """P_c, numbered from 1."""
    return Symbol("P", str(c + 1))


# M and its factors ----------------------------------------------------------------------------------------------------


def modulus_step(setting: Setting, reason: Sentence) -> Step:
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
    if setting.scaled:
        strokes.insert(1, (sentence("Each is made monic: a constant factor changes no residue."), []))
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


def coprime_step(setting: Setting) -> Step:
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


def reduced_step(setting: Setting, key: str, letter: str, count: int) -> Step:
    p = setting.variable
    letters = indexed(letter, count)
    whole = Formula(equation(setting.of(letter), in_powers(letters, p)))
    rows = []
    for i, each in enumerate(setting.algorithm.residues, 1):
        matrix: Matrix = getattr(each, key)
        residue = in_powers([combination(row, letters) for row in matrix], p)
        rows.append((_how_reduced(setting, each, count), (number(i), Poly(each.modulus, p), residue)))
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


def _how_reduced(setting: Setting, residue: Residue, count: int) -> Sentence:
    point = point_of(residue)
    if point:
        return sentence(
            "Modulo {modulus} put {point} for {variable}.",
            modulus=Poly(residue.modulus, setting.variable),
            point=point,
            variable=Symbol(setting.variable),
        )
    degree = residue.modulus.degree
    if count <= degree:
        return sentence(
            "Modulo {modulus} nothing has to be done: the degree is below {degree}.",
            modulus=Poly(residue.modulus, setting.variable),
            degree=degree,
        )
    top = residue.modulus - ONE.shifted(degree)
    return sentence(
        "Modulo {modulus} put {rest} for {power}, until the degree is below {degree}.",
        modulus=Poly(residue.modulus, setting.variable),
        rest=Poly(-top, setting.variable),
        power=Poly(ONE.shifted(degree), setting.variable),
        degree=degree,
    )
