"""A convolution made fast by looking at it: two products of a pair are one product of sums."""

from __future__ import annotations

from itertools import combinations

from explorer.model.derivation.convolution_ends import LETTERS, finished, stated
from explorer.model.derivation.derivation import Derivation, Step
from explorer.model.derivation.expression import (
    Block,
    Formula,
    Product,
    Sentence,
    Sum,
    Symbol,
    Term,
    equation,
    number,
    sentence,
)
from explorer.model.derivation.problem import Convolution
from explorer.model.derivation.reading_off import matrices_step
from explorer.model.derivation.residues import product_name
from explorer.model.derivation.strokes import combination, indexed, one_after_another
from kernels.algebra.bilinear import Convolver
from kernels.algebra.nested import by_inspection

__all__ = ["derive_inspected"]


def derive_inspected(problem: Convolution) -> Derivation:
    """n taps and n samples with n(n + 1)/2 products."""
    n = problem.n
    algorithm = by_inspection(n)
    steps = (stated(problem), _expanded(n), _paired(n), _formed(n, algorithm), _read_off(n, algorithm))
    return finished(problem, sentence("Convolution of {n} and {l} by inspection", n=n, l=n), steps, algorithm, {})


def _expanded(n: int) -> Step:
    h, x, s = indexed("h", n), indexed("x", n), indexed("s", 2 * n - 1)
    formulas: list[Block] = []
    for j in range(2 * n - 1):
        terms = tuple(Product((h[k], x[j - k]), "") for k in range(n) if 0 <= j - k < n)
        formulas.append(Formula(equation(s[j], terms[0] if len(terms) == 1 else Sum(terms))))
    said = sentence(
        "Apart from the middle one, the products of an output come in pairs: {a} with {b}.", a=_of(0, 1), b=_of(1, 0)
    )
    return Step(
        "expand",
        sentence("Write out the outputs"),
        one_after_another((said, formulas)),
        follows=("problem",),
    )


def _of(k: int, i: int) -> Term:
    return Product((Symbol("h", str(k)), Symbol("x", str(i))), "")


def _paired(n: int) -> Step:
    left = Sum((_of(0, 1), _of(1, 0)))
    product = Product((Sum(indexed("h", 2)), Sum(indexed("x", 2))), "")
    minus = tuple(
        Product((number(-1), *pair), "") for pair in ((Symbol("h", str(i)), Symbol("x", str(i))) for i in (0, 1))
    )
    strokes: tuple[tuple[Sentence, list[Block]], ...] = (
        (
            sentence("A pair is one product of sums, less two products that are needed anyway."),
            [Formula(equation(left, Sum((product, *minus))))],
        ),
        (
            sentence(
                "{pairs} pairs and {squares} products of equals make {count}.",
                pairs=n * (n - 1) // 2,
                squares=n,
                count=n * (n + 1) // 2,
            ),
            [],
        ),
    )
    return Step(
        "pair",
        sentence("Take pairs together"),
        one_after_another(*strokes),
        why=sentence("It is Karatsuba's idea, used once for every pair and without any constant."),
        follows=("expand",),
    )


def _formed(n: int, algorithm: Convolver) -> Step:
    h, x, s = indexed("h", n), indexed("x", n), indexed("s", 2 * n - 1)
    names = [product_name(c) for c in range(algorithm.multiplications)]
    products: list[Block] = [
        Formula(equation(names[c], Product((combination(taps, h), combination(samples, x)))))
        for c, (taps, samples) in enumerate(zip(algorithm.H, algorithm.D, strict=True))
    ]
    outputs: list[Block] = [Formula(equation(s[j], combination(row, names))) for j, row in enumerate(algorithm.C)]
    return Step(
        "products",
        sentence("Form the products, then the outputs"),
        one_after_another(
            (sentence("First the products of equals, then those of the pairs."), products),
            (sentence("Every output is a sum of products."), outputs),
        ),
        follows=("pair",),
        facts={"pairs": [list(pair) for pair in combinations(range(n), 2)]},
    )


def _read_off(n: int, algorithm: Convolver) -> Step:
    origins = (("products",),) * algorithm.multiplications
    return matrices_step(algorithm, (), (origins, origins, origins), LETTERS, ("products",))
