"""The weights of the Chinese remainder theorem: M_i by long division, N_i by Euclid, each in a step of its own."""

from __future__ import annotations

from dataclasses import replace

from explorer.model.derivation import exact_json
from explorer.model.derivation.common_divisors import bezout_check, row_divisions, table_step
from explorer.model.derivation.derivation import Line, Step
from explorer.model.derivation.dividing import Names, division_step
from explorer.model.derivation.expression import (
    Check,
    Formula,
    Marked,
    Poly,
    Product,
    Quotient,
    Sum,
    Symbol,
    equation,
    number,
    sentence,
)
from explorer.model.derivation.residues import Setting
from explorer.model.derivation.strokes import growing_table
from kernels.algebra.division import divide
from kernels.algebra.polynomial import ONE, Polynomial
from kernels.algebra.winograd import Residue


def divided(setting: Setting) -> tuple[Step, ...]:
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


def inverted(setting: Setting) -> tuple[Step, ...]:
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
        why=sentence("Their gcd is a number: divided by it, s is the inverse."),
        follows=(f"divide.{i}",),
        variable=p,
        called=(Symbol("M", str(i)), Symbol("m", str(i))),
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
    check = bezout_check(found, p)
    if lead == ONE:
        said = sentence("The gcd is 1 already: in its row s and t are N and n.")
    else:
        said = sentence("Divide the row of the gcd by {lead}: s and t become N and n.", lead=Poly(lead, p))
    last = Line(said, (*table.lines[-1].blocks, *named, check))
    ended = replace(table, lines=(*table.lines, last), check=check)
    return (ended, *row_divisions(found, key, p))
