"""From products to matrices: C, H and D of a convolution, and their transpose Aᵀ, G and Bᵀ of a filter."""

from __future__ import annotations

from dataclasses import replace

from explorer.model.derivation import exact_json
from explorer.model.derivation.derivation import Named, Step
from explorer.model.derivation.expression import (
    Block,
    Formula,
    Grid,
    Product,
    Sentence,
    Symbol,
    Term,
    equation,
    grid,
    sentence,
)
from explorer.model.derivation.problem import Fractions
from explorer.model.derivation.residues import Setting
from explorer.model.derivation.strokes import one_after_another
from kernels.algebra.bilinear import Convolver, FilterAlgorithm
from kernels.algebra.filter_form import placed, transposed

__all__ = ["A", "B", "F", "G", "matrices_step", "named_grids", "read_off_step", "transpose_step"]

A, G, B, F = Symbol("A", raised="T"), Symbol("G"), Symbol("B", raised="T"), Symbol("f")
C, H, D = Symbol("C"), Symbol("H"), Symbol("D")

Origins = tuple[tuple[str, ...], ...]


def matrices_step(
    convolver: Convolver,
    labels: tuple[Term, ...],
    origins: tuple[Origins, Origins, Origins],
    letters: tuple[str, str],
    follows: tuple[str, ...],
) -> Step:
    """C, H and D; `origins` are those of the columns of C and of the rows of H and D."""
    shown_C = replace(grid(convolver.C), column_origins=origins[0], column_labels=labels)
    shown_H, shown_D = grid(convolver.H, origins[1], labels), grid(convolver.D, origins[2], labels)
    taps, samples = (Product((name, Symbol(letter)), "") for name, letter in zip((H, D), letters, strict=True))
    form = Formula(equation(Symbol("s"), Product((C, Product((taps, samples), "⊙")))))
    strokes: tuple[tuple[Sentence, list[Block]], ...] = (
        (sentence("A row for each product: its sum of taps."), [Formula(equation(H, shown_H))]),
        (sentence("Its sum of samples."), [Formula(equation(D, shown_D))]),
        (sentence("What carries the product into s is its column."), [Formula(equation(C, shown_C)), form]),
    )
    return Step(
        "matrices",
        sentence("Read off {C}, {H} and {D}", C=C, H=H, D=D),
        one_after_another(*strokes),
        why=sentence("Sums, products, sums: three matrices are the whole algorithm."),
        follows=follows,
        found=(Named(H, shown_H), Named(D, shown_D), Named(C, shown_C)),
        facts={name: exact_json.matrix(getattr(convolver, name)) for name in "CHD"},
    )


def read_off_step(setting: Setting) -> Step:
    """The matrices of an algorithm by residues."""
    carried = setting.origins("divide.{i} invert.{i} recombine")
    origins = carried, setting.origins("taps multiply"), setting.origins("samples multiply")
    follows = ("multiply", "recombine", "infinity") if setting.algorithm.infinity else ("multiply", "recombine")
    return matrices_step(setting.algorithm.convolver, setting.labels, origins, (setting.taps, setting.samples), follows)


def transpose_step(setting: Setting, algorithm: FilterAlgorithm, fractions: Fractions) -> Step:
    """Aᵀ = Dᵀ, G = H, Bᵀ = Cᵀ, and then the fractions where they were asked for."""
    before = transposed(setting.algorithm.convolver)
    shown = named_grids(setting, algorithm)
    factors: list[Term] = [Product((G, Symbol("g")), ""), Product((B, Symbol("d")), "")]
    if algorithm.f:
        factors.insert(0, F)
    form = Formula(equation(Symbol("y"), Product((A, Product(tuple(factors), "⊙")))))
    pairs = ((A, Symbol("D", raised="T")), (G, H), (B, Symbol("C", raised="T")))
    turned_each: list[Block] = [Formula(equation(*pair)) for pair in pairs]
    unscaled: list[Block] = [Formula(equation(name, value)) for name, value in named_grids(setting, before)]
    placed_each: list[Block] = [Formula(equation(name, value)) for name, value in shown]
    strokes: tuple[tuple[Sentence, list[Block]], ...] = (
        (
            sentence("The sum over i of C[j,i] H[i,k] D[i,l] is 1 where j = k + l, else 0. Read it towards l."),
            turned_each,
        ),
        (sentence("The same products serve the filter (Tellegen: matrix exchange)."), unscaled),
        (_where_fractions_go(fractions), [*placed_each, form]),
    )
    scales = placed(before, "F").f
    return Step(
        "transpose",
        sentence("Transpose to a filter"),
        one_after_another(*strokes),
        why=sentence("Transposing keeps the products: what is fast for a convolution is fast for a filter."),
        follows=("matrices",),
        found=tuple(Named(name, value) for name, value in shown),
        facts={"fractions": fractions, "scales": exact_json.numbers(scales)},
    )


def named_grids(setting: Setting, algorithm: FilterAlgorithm) -> tuple[tuple[Symbol, Grid], ...]:
    """Aᵀ, G, Bᵀ, and f where it is apart, each with the steps that made its rows (of Aᵀ: its columns)."""
    labels = setting.labels
    AT = replace(grid(algorithm.AT), column_origins=setting.origins("samples multiply transpose"), column_labels=labels)
    made = [
        (A, AT),
        (G, grid(algorithm.G, setting.origins("taps multiply invert.{i} transpose"), labels)),
        (B, grid(algorithm.BT, setting.origins("divide.{i} invert.{i} recombine transpose"), labels)),
    ]
    if algorithm.f:
        column = tuple((each,) for each in algorithm.f)
        made.append((F, grid(column, setting.origins("invert.{i} transpose"), labels)))
    return tuple(made)


def _where_fractions_go(fractions: Fractions) -> Sentence:
    if fractions == "F":
        return sentence("A row may be scaled if another takes it back: the fractions go into f, a vector of their own.")
    name = {"G": G, "A": A, "B": B}[fractions]
    return sentence("A row may be scaled if another takes it back: the fractions go into {matrix}.", matrix=name)
