"""Matrix times vector as a straight-line program: additions, subtractions and constants, shared sums formed once.

    v_0 … v_{n−1} are the inputs;   operation k makes v_{n+k}:   v_a + v_b,   v_a − v_b,   or   c·v_a

Greedy and deterministic. The pair of values that occurs in most rows, in one ratio, becomes a value of its own, until
no pair occurs twice [Paar 1997 for bits; Hartley 1996 for constants]. It need not be the shortest program.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from heapq import heappop, heappush
from itertools import combinations
from typing import Literal

from kernels.algebra.matrix import Matrix, identity

__all__ = ["Operation", "Program", "program"]


@dataclass(frozen=True, slots=True)
class Operation:
    """v_left + v_right, v_left − v_right, or factor·v_left (`scale`, where `right` says nothing)."""

    kind: Literal["add", "subtract", "scale"]
    left: int
    right: int = -1
    factor: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Program:
    """`outputs[i]` is the number of the value that is row i, or −1 for a row of zeros."""

    inputs: int
    operations: tuple[Operation, ...]
    outputs: tuple[int, ...]

    def run(self, values: Sequence[Fraction]) -> tuple[Fraction, ...]:
        """The matrix times `values`."""
        found = list(values)
        for each in self.operations:
            if each.kind == "scale":
                found.append(each.factor * found[each.left])
            elif each.kind == "add":
                found.append(found[each.left] + found[each.right])
            else:
                found.append(found[each.left] - found[each.right])
        return tuple(found[each] if each >= 0 else Fraction() for each in self.outputs)

    def equals(self, matrix: Matrix) -> bool:
        """Whether it computes `matrix` times any vector: linear as it is, the unit vectors decide."""
        columns = tuple(self.run(unit) for unit in identity(self.inputs))
        return tuple(zip(*columns, strict=True)) == matrix

    @property
    def additions(self) -> int:
        """Additions and subtractions."""
        return sum(each.kind != "scale" for each in self.operations)

    @property
    def factors(self) -> tuple[Fraction, ...]:
        """The constants that something is multiplied by, −1 among them."""
        return tuple(each.factor for each in self.operations if each.kind == "scale")

    @property
    def instructions(self) -> int:
        """Operations on a machine that adds a multiple in one instruction.

        A multiplication disappears where all that uses it are additions whose other operand is not such a multiple.
        """
        uses: dict[int, list[int]] = {}
        for at, each in enumerate(self.operations):
            for value in (each.left, each.right) if each.kind != "scale" else (each.left,):
                uses.setdefault(value, []).append(at)
        taken: set[int] = set()
        fused = 0
        for at, each in enumerate(self.operations):
            value = self.inputs + at
            into = uses.get(value, [])
            if each.kind != "scale" or not into or value in self.outputs:
                continue
            if all(self.operations[user].kind != "scale" and user not in taken for user in into):
                taken.update(into)
                fused += 1
        return len(self.operations) - fused


@lru_cache(maxsize=64)
def program(matrix: Matrix) -> Program:
    """A program for `matrix` times a vector; kept, since counts, code and the nested form ask for the same ones."""
    inputs = len(matrix[0]) if matrix else 0
    rows = [{i: value for i, value in enumerate(row) if value} for row in matrix]
    writer = _Writer(inputs)
    _share_pairs(rows, writer)
    uses = Counter((i, abs(value)) for row in rows for i, value in row.items())
    outputs = tuple(writer.sum_of(row, uses) for row in rows)
    return Program(inputs, tuple(writer.operations), outputs)


_Pattern = tuple[int, int, int, int]
"""i < j and the ratio of the coefficient of v_j to that of v_i: numerator and denominator, which hash faster."""


def _share_pairs(rows: list[dict[int, Fraction]], writer: _Writer) -> None:
    """Replace pairs that occur more than once by values of their own, in place."""
    counts: Counter[_Pattern] = Counter()
    # The most frequent comes first, then the cheapest. Entries whose count has changed since are passed over.
    queue: list[tuple[int, int, _Pattern]] = []

    def note(row: dict[int, Fraction], i: int, j: int, by: int) -> None:
        if i > j:
            i, j = j, i
        ratio = row[j] / row[i]
        pattern = i, j, ratio.numerator, ratio.denominator
        counts[pattern] += by
        if counts[pattern] > 1:
            heappush(queue, (-counts[pattern], _price(ratio), pattern))

    for row in rows:
        for i, j in combinations(sorted(row), 2):
            note(row, i, j, 1)
    while queue:
        count, _, pattern = heappop(queue)
        if counts[pattern] != -count:
            continue
        i, j, ratio = *pattern[:2], Fraction(*pattern[2:])
        value, unit = writer.pair(i, j, ratio)
        for row in rows:
            if i in row and j in row and row[j] / row[i] == ratio:
                others = [each for each in row if each not in (i, j)]
                note(row, i, j, -1)
                for other in others:
                    note(row, i, other, -1)
                    note(row, j, other, -1)
                row[value] = row.pop(i) / unit
                del row[j]
                for other in others:
                    note(row, value, other, 1)


def _price(ratio: Fraction) -> int:
    """0 where no constant is needed, 1 for a whole number or its inverse, 2 for other fractions."""
    return 0 if abs(ratio) == 1 else 1 if 1 in (abs(ratio.numerator), ratio.denominator) else 2


@dataclass(slots=True)
class _Writer:
    """The operations so far."""

    inputs: int
    operations: list[Operation] = field(default_factory=list)
    scaled: dict[tuple[int, Fraction], int] = field(default_factory=dict)

    def emit(self, operation: Operation) -> int:
        self.operations.append(operation)
        return self.inputs + len(self.operations) - 1

    def times(self, value: int, factor: Fraction) -> int:
        """factor·v, made once."""
        if factor == 1:
            return value
        key = value, factor
        if key not in self.scaled:
            self.scaled[key] = self.emit(Operation("scale", value, factor=factor))
        return self.scaled[key]

    def pair(self, i: int, j: int, ratio: Fraction) -> tuple[int, Fraction]:
        """A value proportional to v_i + ratio·v_j, and the coefficient of v_i in it."""
        if abs(ratio.numerator) == 1 and ratio.denominator > 1:
            return self.total([(j, Fraction(1)), (i, 1 / ratio)]), 1 / ratio
        return self.total([(i, Fraction(1)), (j, ratio)]), Fraction(1)

    def sum_of(self, row: dict[int, Fraction], uses: Counter[tuple[int, Fraction]]) -> int:
        """The number of the value Σ c·v. What has one size of coefficient is added first where that saves constants."""
        groups: dict[Fraction, list[tuple[int, Fraction]]] = {}
        for i, value in sorted(row.items()):
            groups.setdefault(abs(value), []).append((i, value))
        terms: list[tuple[int, Fraction]] = []
        for size, members in groups.items():
            apart = sum(Fraction(1, uses[i, size]) for i, _ in members if (i, size) not in self.scaled)
            if size == 1 or apart <= 1:
                terms += members
            else:
                sign = members[0][1] / size
                terms.append((self.total([(i, value / size * sign) for i, value in members]), sign * size))
        return self.total(terms)

    def total(self, terms: list[tuple[int, Fraction]]) -> int:
        """Σ c·v one after the other, beginning with a positive term; −1 for no terms."""
        if not terms:
            return -1
        ordered = sorted(terms, key=lambda term: term[1] < 0)
        first, coefficient = ordered[0]
        if coefficient < 0:
            return self.times(self.total([(i, -value) for i, value in terms]), Fraction(-1))
        value = self.times(first, coefficient)
        for i, each in ordered[1:]:
            value = self.emit(Operation("add" if each > 0 else "subtract", value, self.times(i, abs(each))))
        return value
