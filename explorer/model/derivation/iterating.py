"""A convolution of blocks whose products are convolutions: the iterated method as a derivation."""

from __future__ import annotations

from functools import reduce

from explorer.model.derivation import exact_json
from explorer.model.derivation.convolution_ends import LETTERS, VARIABLE, finished, stated
from explorer.model.derivation.derivation import Derivation, Step
from explorer.model.derivation.expression import (
    Block,
    Check,
    Formula,
    Group,
    Power,
    Product,
    Relation,
    Sentence,
    Sum,
    Symbol,
    Table,
    Term,
    Words,
    equation,
    grid,
    number,
    sentence,
)
from explorer.model.derivation.problem import Convolution
from explorer.model.derivation.reading_off import matrices_step
from explorer.model.derivation.strokes import in_powers, indexed, one_after_another
from explorer.refusal import Refusal
from kernels.algebra.bilinear import Convolver
from kernels.algebra.nested import levels, modified_cook_toom, nested
from kernels.algebra.proof import prove_linear

__all__ = ["derive_iterated"]


def derive_iterated(problem: Convolution) -> Derivation:
    """Nested convolutions of the sizes that `levels` finds; Refusal where there is nothing to nest."""
    n, l = problem.n, problem.l  # noqa: E741 - the letters of the literature
    sizes = levels(n, l)
    if len(sizes) < 2:
        raise Refusal(
            "{n} taps and {l} samples cannot be cut into blocks of one length and convolved by blocks.",
            n=n,
            l=l,
            hint="Both must be multiples of the same number above 1, with more than one block of one of them.",
        )
    parts = {size: modified_cook_toom(*size) for size in sizes}
    algorithm = reduce(lambda inner, outer: nested(parts[outer], inner), reversed(sizes[:-1]), parts[sizes[-1]])
    named = {size: f"part.{size[0]}.{size[1]}" for size in parts}
    steps = (
        stated(problem),
        _cut(problem, sizes),
        *(_part(size, part, named[size]) for size, part in parts.items()),
        _nest(sizes, parts, algorithm, tuple(named.values())),
        _read_off(algorithm),
    )
    title = sentence("Iterated convolution of {n} and {l}", n=n, l=l)
    return finished(problem, title, steps, algorithm, {"levels": [list(size) for size in sizes]})


def _cut(problem: Convolution, sizes: tuple[tuple[int, int], ...]) -> Step:
    n, l = problem.n, problem.l  # noqa: E741
    block = n // sizes[0][0]
    q = Symbol("q")
    strokes: list[tuple[Sentence, list[Block]]] = [
        (
            sentence(
                "Cut both into blocks of {block}; {q} stands for the step from one to the next.", block=block, q=q
            ),
            [Formula(equation(q, Power(Symbol(VARIABLE), number(block))))],
        )
    ]
    for letter, count in zip(LETTERS, (n, l), strict=True):
        values = indexed(letter, count)
        blocks = [in_powers(values[at : at + block], VARIABLE) for at in range(0, count, block)]
        whole = in_powers([Group(each) if isinstance(each, Sum) else each for each in blocks], "q")
        strokes.append(
            (
                sentence(
                    "In {q} the polynomial {letter} has {count} coefficients, and these are polynomials.",
                    letter=Symbol(letter),
                    q=q,
                    count=count // block,
                ),
                [Formula(equation(Symbol(letter, of=VARIABLE), whole))],
            )
        )
    rows = tuple((number(i), number(a), number(b)) for i, (a, b) in enumerate(sizes, 1))
    table = Table((sentence("level"), sentence("taps"), sentence("samples")), rows)
    strokes.append((sentence("The sizes of the convolutions, the outer one first."), [table]))
    return Step(
        "cut",
        sentence("Cut into blocks"),
        one_after_another(*strokes),
        why=sentence(
            "Blocks are convolved as if they were numbers; each product of two blocks is a convolution again."
        ),
        follows=("problem",),
        facts={"levels": [list(size) for size in sizes], "block": block},
    )


def _part(size: tuple[int, int], part: Convolver, key: str) -> Step:
    n, l = size  # the letters of the literature  # noqa: E741
    check = Check(
        Relation(
            (Words(sentence("the sum over i of C[j,i] H[i,k] D[i,l]")), Words(sentence("1 where j = k + l, else 0"))),
            ("=",),
        ),
        prove_linear(part, n, l).holds,
    )
    matrices: list[Block] = [
        Formula(equation(Symbol(name), grid(matrix))) for name, matrix in (("H", part.H), ("D", part.D), ("C", part.C))
    ]
    strokes: tuple[tuple[Sentence, list[Block]], ...] = (
        (
            sentence(
                "{n} and {l} by Cook and Toom with infinity: {count} products in place of {direct}.",
                n=n,
                l=l,
                count=part.multiplications,
                direct=n * l,
            ),
            matrices,
        ),
        (sentence("Its identity holds."), [check]),
    )
    return Step(
        key,
        sentence("Convolve {n} and {l}", n=n, l=l),
        one_after_another(*strokes),
        follows=("cut",),
        check=check,
        facts={name: exact_json.matrix(getattr(part, name)) for name in "CHD"},
    )


def _nest(
    sizes: tuple[tuple[int, int], ...],
    parts: dict[tuple[int, int], Convolver],
    algorithm: Convolver,
    follows: tuple[str, ...],
) -> Step:
    counts: tuple[Term, ...] = tuple(number(parts[size].multiplications) for size in sizes)
    chains = [
        Formula(
            equation(
                Symbol(name),
                Product(tuple(Symbol(name, str(i)) for i in range(1, len(sizes) + 1)), "⊗"),
            )
        )
        for name in "HD"
    ]
    strokes: tuple[tuple[Sentence, list[Block]], ...] = (
        (
            sentence("A sum of blocks is made of sums of their numbers: the matrices of the levels are multiplied."),
            [*chains],
        ),
        (
            sentence("So the products multiply."),
            [Formula(equation(Product(counts, "·"), number(algorithm.multiplications)))],
        ),
        (
            sentence("A product of two blocks is longer than a block: where the results overlap, rows of C are added."),
            [Formula(equation(Symbol("C"), grid(algorithm.C)))],
        ),
    )
    return Step(
        "nest",
        sentence("Put one into the other"),
        one_after_another(*strokes),
        why=sentence("It takes more products than the least, but only small constants."),
        follows=follows,
        facts={"multiplications": algorithm.multiplications},
    )


def _read_off(algorithm: Convolver) -> Step:
    origins = (("cut", "nest"),) * algorithm.multiplications
    return matrices_step(algorithm, (), (origins, origins, origins), LETTERS, ("nest",))
