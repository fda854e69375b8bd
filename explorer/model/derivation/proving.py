"""The proof as a step: two coefficients worked out, then all of them compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import prod

from explorer.model.derivation.derivation import Step
from explorer.model.derivation.expression import (
    Block,
    Check,
    Formula,
    Number,
    Product,
    Relation,
    Sentence,
    Sum,
    Symbol,
    Term,
    Words,
    equation,
    sentence,
)
from explorer.model.derivation.strokes import one_after_another
from kernels.algebra.bilinear import Convolver, FilterAlgorithm
from kernels.algebra.matrix import Matrix, transpose
from kernels.algebra.proof import Proof

_Algorithm = tuple[tuple[Matrix, Matrix, Matrix], Sequence[Fraction]]
_Place = tuple[int, int, int]
_Expected = Callable[[int, int, int], bool]

__all__ = ["prove_convolution_step", "prove_filter_step"]


def prove_filter_step(algorithm: FilterAlgorithm, proof: Proof, follows: tuple[str, ...]) -> Step:
    """Σ_i A[j,i]·f_i·G[i,k]·B[i,l] = [l = j + k]."""
    left = sentence("the sum over i of A[j,i] G[i,k] B[i,l]")
    if algorithm.f:
        left = sentence("the sum over i of A[j,i] f[i] G[i,k] B[i,l]")
    factors = transpose(algorithm.AT), algorithm.G, algorithm.BT
    return _step(
        left,
        sentence("1 where l = j + k, else 0"),
        Product((Symbol("g", "k"), Symbol("d", "l")), ""),
        (factors, algorithm.f),
        lambda j, k, i: i == j + k,
        proof,
        follows,
    )


def prove_convolution_step(
    algorithm: Convolver, proof: Proof, cyclic: bool, letters: tuple[str, str], follows: tuple[str, ...]
) -> Step:
    """Σ_i C[j,i]·H[i,k]·D[i,l] = [j = k + l], modulo n where `cyclic`."""
    right = sentence("1 where j = k + l, else 0")
    if cyclic:
        right = sentence("1 where j and k + l leave the same remainder by {n}, else 0", n=len(algorithm.C))
    factors = transpose(algorithm.C), algorithm.H, algorithm.D
    pair = Product((Symbol(letters[0], "k"), Symbol(letters[1], "l")), "")
    left = sentence("the sum over i of C[j,i] H[i,k] D[i,l]")
    n = len(algorithm.C)
    return _step(left, right, pair, (factors, ()), lambda j, k, i: (k + i) % n == j, proof, follows)


def _step(
    left: Sentence,
    right: Sentence,
    pair: Term,
    algorithm: _Algorithm,
    expected: _Expected,
    proof: Proof,
    follows: tuple[str, ...],
) -> Step:
    check = Check(Relation((Words(left), Words(right)), ("=",)), proof.holds)
    strokes: list[tuple[Sentence, list[Block]]] = [
        (sentence("Both sides are linear in each input: compare the coefficients of every {pair}.", pair=pair), [])
    ]
    for wanted in (True, False):
        place = _telling(algorithm, expected, wanted)
        if place:
            j, k, i = place
            said = sentence("For j, k, l = {j}, {k}, {l} the terms add up to this.", j=j, k=k, l=i)
            strokes.append((said, [_coefficient(algorithm, place)]))
    if proof.holds:
        said = sentence("All {count} of them are as they must be.", count=proof.compared)
    else:
        j, k, i = proof.failure or (0, 0, 0)
        said = sentence("The coefficient for j, k, l = {j}, {k}, {l} is wrong.", j=j, k=k, l=i)
    strokes.append((said, [check]))
    return Step(
        "identity",
        sentence("Prove the identity"),
        one_after_another(*strokes),
        why=sentence("It is finite and exact, and it holds for every input, which no number of examples can show."),
        follows=follows,
        check=check,
        facts={"compared": proof.compared, "verified": proof.holds},
    )


def _telling(algorithm: _Algorithm, expected: _Expected, wanted: bool) -> _Place | None:
    """The first place where the sum is 1 (or 0, as `wanted`) and has more than one term; else the first at all."""
    (a, b, c), _ = algorithm
    places = ((j, k, i) for j in range(len(a[0])) for k in range(len(b[0])) for i in range(len(c[0])))
    fitting = [place for place in places if expected(*place) == wanted]
    return next((place for place in fitting if len(_terms(algorithm, place)) > 1), fitting[0] if fitting else None)


def _terms(algorithm: _Algorithm, place: _Place) -> list[list[Fraction]]:
    """The factors of every term that is not zero."""
    (a, b, c), weights = algorithm
    j, k, i = place
    made = [[x[j], *weights[at : at + 1], y[k], z[i]] for at, (x, y, z) in enumerate(zip(a, b, c, strict=True))]
    return [factors for factors in made if all(factors)]


def _coefficient(algorithm: _Algorithm, place: _Place) -> Formula:
    """Σ_i of the coefficients at a place in figures, without the terms that are zero."""
    terms = _terms(algorithm, place)
    written: list[Term] = [Product(tuple(Number(each) for each in factors), "·") for factors in terms]
    return Formula(equation(Sum(tuple(written)), Number(Fraction(sum(map(prod, terms))))))
