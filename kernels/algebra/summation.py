"""The order in which a matrix times a vector is summed: exact results are one, rounded ones differ.

rows     Σ_j a_ij·v_j from left to right, every row by itself
huffman  the two sums of least weight first; a term weighs |a_ij| and a sum as much as its terms together. What is
         small is added before it meets what is large [Barabasz et al., arXiv 1803.10986; Huffman 1952]
shared   the straight-line program: sums that several rows have are formed once
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heapreplace
from itertools import count
from types import MappingProxyType
from typing import Literal

from kernels.algebra.matrix import Matrix
from kernels.algebra.straight_line import Operation, Program, program

__all__ = ["Order", "scaled", "summed"]

Order = Literal["rows", "huffman", "shared"]

_Term = tuple[int, Fraction]
"""The number of a value, and its coefficient."""


def summed(matrix: Matrix, order: Order) -> Program:
    """A program for `matrix` times a vector that adds in this order."""
    if order == "shared":
        return program(matrix)
    return _by_rows(matrix, _SUMS[order])


def scaled(made: Program, factors: Sequence[Fraction]) -> Program:
    """The program with output i multiplied by factors[i] at the end; () leaves it as it is."""
    if not factors:
        return made
    operations = list(made.operations)
    outputs = [
        _emit(made.inputs, operations, Operation("scale", value, factor=factor)) if value >= 0 else value
        for value, factor in zip(made.outputs, factors, strict=True)
    ]
    return Program(made.inputs, tuple(operations), tuple(outputs))


def _by_rows(matrix: Matrix, sum_of: Callable[[list[_Term], Callable[[int, int], int]], int]) -> Program:
    inputs = len(matrix[0]) if matrix else 0
    operations: list[Operation] = []
    # A product that several rows need is rounded alike in each: it is formed once.
    products: dict[_Term, int] = {}

    def add(left: int, right: int) -> int:
        return _emit(inputs, operations, Operation("add", left, right))

    outputs = []
    for row in matrix:
        terms = []
        for i, value in enumerate(row):
            if value and value != 1 and (i, value) not in products:
                products[i, value] = _emit(inputs, operations, Operation("scale", i, factor=value))
            if value:
                terms.append((products.get((i, value), i), value))
        outputs.append(sum_of(terms, add) if terms else -1)
    return Program(inputs, tuple(operations), tuple(outputs))


def _emit(inputs: int, operations: list[Operation], operation: Operation) -> int:
    operations.append(operation)
    return inputs + len(operations) - 1


def _left_to_right(terms: list[_Term], add: Callable[[int, int], int]) -> int:
    total = terms[0][0]
    for value, _ in terms[1:]:
        total = add(total, value)
    return total


def _lightest_first(terms: list[_Term], add: Callable[[int, int], int]) -> int:
    # Of two that weigh the same the one that came first: the place settles it.
    heap = [(abs(weight), place, value) for place, (value, weight) in enumerate(terms)]
    heapify(heap)
    for place in count(len(heap)):
        if len(heap) == 1:
            break
        first, _, left = heappop(heap)
        second, _, right = heap[0]
        heapreplace(heap, (first + second, place, add(left, right)))
    return heap[0][2]


_SUMS: Mapping[Order, Callable[[list[_Term], Callable[[int, int], int]], int]] = MappingProxyType(
    {"rows": _left_to_right, "huffman": _lightest_first}
)
