"""The proof as a step: two coefficients worked out, then all of them compared."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

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
    return _step(sentence("the sum over i of C[j,i] H[i,k] D[i,l]"), right, pair, (factors, ()), proof, follows)


def _step(
    left: Sentence,
    right: Sentence,
    pair: Term,
    algorithm: tuple[tuple[Matrix, Matrix, Matrix], Sequence[Fraction]],
    proof: Proof,
    follows: tuple[str, ...],
) -> Step:
    check = Check(Relation((Words(left), Words(right)), ("=",)), proof.holds)
    last = len(algorithm[0][2][0]) - 1
    strokes: list[tuple[Sentence, list[Block]]] = [
        (sentence("Both sides are linear in each input: compare the coefficients of every {pair}.", pair=pair), []),
        (sentence("For j, k, l = 0, 0, 0 they add up to this."), [_coefficient(algorithm, 0)]),
    ]
    if last:
        strokes.append((sentence("For j, k, l = 0, 0, {l} to this.", l=last), [_coefficient(algorithm, last)]))
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


def _coefficient(algorithm: tuple[tuple[Matrix, Matrix, Matrix], Sequence[Fraction]], l: int) -> Formula:  # noqa: E741
    """Σ_i of the coefficients for j = k = 0 in figures, without the terms that are zero."""
    (a, b, c), weights = algorithm
    terms: list[Term] = []
    total = Fraction()
    for i in range(len(a)):
        factors = [a[i][0], *weights[i : i + 1], b[i][0], c[i][l]]
        if all(factors):
            terms.append(Product(tuple(Number(each) for each in factors), "·"))
            value = Fraction(1)
            for each in factors:
                value *= each
            total += value
    return Formula(equation(Sum(tuple(terms)), Number(total)))
