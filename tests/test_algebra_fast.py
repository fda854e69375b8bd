"""Fast convolutions as matrices: their identities, their counts, and the published numbers they are held against."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from itertools import product as every

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.limits import Limits
from explorer.model.derivation.published import PUBLISHED, Published
from kernels.algebra.bilinear import Convolver, FilterAlgorithm
from kernels.algebra.counting import count_filter, count_nested
from kernels.algebra.cyclic import cyclic, least_products
from kernels.algebra.filter_form import placed, transposed
from kernels.algebra.matrix import apply, matrix
from kernels.algebra.nested import by_inspection, levels, modified_cook_toom, nested
from kernels.algebra.points import LARGEST, usual_points
from kernels.algebra.polynomial import Polynomial
from kernels.algebra.proof import prove_cyclic, prove_filter, prove_linear
from kernels.algebra.remainders import shared_factor
from kernels.algebra.scaling import rescaled, scaling
from kernels.algebra.straight_line import program
from kernels.algebra.winograd import linear_moduli, winograd

small = st.fractions(min_value=-6, max_value=6, max_denominator=5)
P = Polynomial


def fast_filter(m: int, r: int, points: tuple[Fraction, ...] = ()) -> FilterAlgorithm:
    chosen = points or usual_points(m + r - 2)
    made = winograd(r, m, linear_moduli(chosen), infinity=len(chosen) == m + r - 2)
    return placed(transposed(made.convolver), "G")


def convolved(algorithm: Convolver, h: list[Fraction], x: list[Fraction]) -> tuple[Fraction, ...]:
    products = [a * b for a, b in zip(apply(algorithm.H, h), apply(algorithm.D, x), strict=True)]
    return apply(algorithm.C, products)


def by_definition(h: list[Fraction], x: list[Fraction], size: int) -> tuple[Fraction, ...]:
    s = [Fraction()] * size
    for (k, a), (i, b) in every(enumerate(h), enumerate(x)):
        s[(k + i) % size] += a * b
    return tuple(s)


def drawn(count: int, seed: int) -> list[Fraction]:
    generator = random.Random(seed)
    return [Fraction(generator.randint(-99, 99), generator.randint(1, 9)) for _ in range(count)]


# The identities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("m", "r"), [(m, r) for m in range(1, 12) for r in range(1, 13 - m) if m + r > 2])
def test_every_small_filter_is_proved_and_minimal(m: int, r: int) -> None:
    algorithm = fast_filter(m, r)
    assert prove_filter(algorithm).holds
    assert algorithm.multiplications == m + r - 1
    g, d = drawn(r, m), drawn(m + r - 1, r)
    products = [a * b for a, b in zip(apply(algorithm.G, g), apply(algorithm.BT, d), strict=True)]
    assert apply(algorithm.AT, products) == tuple(sum(g[k] * d[j + k] for k in range(r)) for j in range(m))


def test_the_largest_filter_is_proved_too() -> None:
    assert prove_filter(fast_filter(17, 18)).holds


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_any_distinct_points_give_a_convolution(data: st.DataObject) -> None:
    n, l = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))  # noqa: E741
    infinity = data.draw(st.booleans()) and n + l > 2
    count = n + l - 1 - infinity
    points = data.draw(st.lists(small, min_size=count, max_size=count, unique=True))
    algorithm = winograd(n, l, linear_moduli(points), infinity=infinity).convolver
    assert prove_linear(algorithm, n, l).holds
    h, x = drawn(n, 1), drawn(l, 2)
    assert convolved(algorithm, h, x) == by_definition(h, x, n + l - 1)
    for place in ("G", "A", "B", "F"):
        filter_form = placed(transposed(algorithm), place)
        assert prove_filter(filter_form).holds
        whole = {"G": filter_form.G, "A": filter_form.AT, "B": filter_form.BT}
        whole.pop(place, None)
        assert all(each.denominator == 1 for rows in whole.values() for row in rows for each in row)
        assert bool(filter_form.f) == (place == "F")


@given(st.lists(st.lists(st.integers(-3, 3), min_size=1, max_size=4), min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_any_coprime_moduli_give_a_convolution(lower: list[list[int]]) -> None:
    moduli = [P([*each, 1]) for each in lower]
    if shared_factor(moduli):
        with pytest.raises(ValueError, match="share the factor"):
            winograd(1, 1, moduli)
        return
    degree = sum(each.degree for each in moduli)
    n = degree // 2 + 1
    l = degree + 1 - n  # noqa: E741
    made = winograd(n, l, moduli)
    assert prove_linear(made.convolver, n, l).holds
    assert made.convolver.multiplications == sum(min(n, each.degree) + min(l, each.degree) - 1 for each in moduli)
    with_infinity = winograd(n + 1, l, moduli, infinity=True).convolver
    assert prove_linear(with_infinity, n + 1, l).holds


def test_the_weights_are_those_of_sympy() -> None:
    x = sympy.Symbol("x")
    moduli = [P([0, 1]), P([-1, 1]), P([1, 0, 1]), P([2, 1, 1])]
    for residue in winograd(4, 3, moduli).residues:
        m, M = (
            sympy.Poly(list(map(sympy.Rational, each.coefficients[::-1])), x)
            for each in (residue.modulus, residue.cofactor)
        )
        expected = sympy.invert(M, m)
        assert [Fraction(int(each.p), int(each.q)) for each in expected.all_coeffs()[::-1]] == list(
            residue.N.coefficients
        )


def test_the_carriers_at_points_are_those_of_lagrange() -> None:
    points = [Fraction(each) for each in ("0", "1", "-1", "2", "1/2")]
    x = sympy.Symbol("x")
    made = winograd(3, 3, linear_moduli(points))
    for i, residue in enumerate(made.residues):
        values = [(sympy.Rational(point), int(j == i)) for j, point in enumerate(points)]
        expected = sympy.Poly(sympy.interpolate(values, x), x).all_coeffs()[::-1]
        assert [Fraction(int(each.p), int(each.q)) for each in expected] == list(residue.spread()[0].coefficients)


@pytest.mark.parametrize("name", ["AT", "G", "BT"])
def test_one_wrong_entry_fails_the_proof(name: str) -> None:
    right = fast_filter(2, 3)
    rows = [list(row) for row in getattr(right, name)]
    rows[1][1] += 1
    proof = prove_filter(replace(right, **{name: matrix(rows)}))
    assert not proof.holds
    assert proof.failure is not None


def test_a_wrong_convolution_fails_the_proof() -> None:
    right = modified_cook_toom(2, 3)
    assert prove_linear(right, 2, 3).holds
    assert not prove_linear(replace(right, H=right.H[::-1]), 2, 3).holds
    assert not prove_cyclic(Convolver(*(matrix([[1, 0], [0, 1]]),) * 3), 2).holds
    with pytest.raises(ValueError, match="fit"):
        prove_linear(right, 3, 3)


# Parhi's and Winograd's counts ----------------------------------------------------------------------------------------


def test_the_worked_examples_take_as_many_products_as_in_print() -> None:
    x = P([0, 1])
    assert winograd(2, 2, linear_moduli(usual_points(3))).convolver.multiplications == 3
    assert modified_cook_toom(2, 2).multiplications == 3
    assert winograd(2, 3, [x, P([-1, 1]), P([1, 0, 1])]).convolver.multiplications == 5
    assert winograd(2, 3, linear_moduli(usual_points(3)), infinity=True).convolver.multiplications == 4
    assert levels(4, 4) == ((2, 2), (2, 2))
    assert nested(modified_cook_toom(2, 2), modified_cook_toom(2, 2)).multiplications == 9
    assert cyclic(4).convolver.multiplications == 5
    assert by_inspection(3).multiplications == 6


@pytest.mark.parametrize("n", range(1, 14))
def test_cyclic_convolutions_are_proved_and_minimal(n: int) -> None:
    algorithm = cyclic(n).convolver
    assert prove_cyclic(algorithm, n).holds
    factors = sympy.factor_list(sympy.Symbol("p") ** n - 1)[1]
    assert algorithm.multiplications == 2 * n - len(factors) == least_products(n)
    h, x = drawn(n, 3), drawn(n, 4)
    assert convolved(algorithm, h, x) == by_definition(h, x, n)


@pytest.mark.parametrize(("n", "l"), [(4, 4), (6, 4), (4, 2), (6, 6), (9, 3)])
def test_iterated_convolutions_are_proved(n: int, l: int) -> None:  # noqa: E741
    parts = [modified_cook_toom(*each) for each in levels(n, l)]
    algorithm = parts[-1]
    for outer in reversed(parts[:-1]):
        algorithm = nested(outer, algorithm)
    assert prove_linear(algorithm, n, l).holds


@pytest.mark.parametrize("n", range(1, 7))
def test_inspection_takes_a_product_for_every_pair(n: int) -> None:
    assert prove_linear(by_inspection(n), n, n).holds
    assert by_inspection(n).multiplications == n * (n + 1) // 2


# Lavin and Gray -------------------------------------------------------------------------------------------------------


def test_the_transforms_of_the_paper_cost_what_the_paper_says() -> None:
    of = {(each.algorithm.m, each.algorithm.r): each.algorithm for each in PUBLISHED if each.source == "Lavin & Gray"}
    counts = count_filter(of[2, 3])
    assert (counts.data.additions, counts.data.constants) == (4, 0)
    assert (counts.taps.additions, counts.taps.constants) == (3, 2)
    assert (counts.outputs.additions, counts.outputs.constants) == (4, 0)
    plane = count_nested(of[2, 3], of[2, 3])
    assert plane.multiplications == 16
    assert (plane.data.instructions, plane.taps.instructions, plane.outputs.instructions) == (32, 28, 24)
    plane = count_nested(of[4, 3], of[4, 3])
    assert plane.multiplications == 36
    assert (plane.data.instructions, plane.outputs.instructions) == (156, 100)


@pytest.mark.parametrize(
    "known", PUBLISHED, ids=lambda each: f"{each.source} F({each.algorithm.m}, {each.algorithm.r})"
)
def test_published_matrices_are_ours_with_rows_scaled(known: Published) -> None:
    assert prove_filter(known.algorithm).holds
    ours = fast_filter(known.algorithm.m, known.algorithm.r)
    found = scaling(ours, known.algorithm)
    assert found is not None
    assert all(each.a * each.g * each.b == 1 for each in found)
    assert rescaled(ours, found) == known.algorithm


def test_a_scaling_is_found_across_orders_and_places_of_the_fractions() -> None:
    ours = fast_filter(4, 3)
    turned = placed(fast_filter(4, 3, usual_points(5)[::-1]), "F")
    found = scaling(turned, ours)
    assert found is not None
    assert [each.source for each in found] == [4, 3, 2, 1, 0, 5]
    assert rescaled(turned, found) == ours


def test_no_scaling_is_found_where_there_is_none() -> None:
    ours = fast_filter(2, 3)
    assert scaling(ours, fast_filter(2, 3, tuple(map(Fraction, (0, 1, 2))))) is None
    assert scaling(ours, fast_filter(3, 2)) is None
    wrong = replace(ours, G=matrix([[2 * each for each in row] for row in ours.G]))
    assert scaling(ours, wrong) is None


# Programs -------------------------------------------------------------------------------------------------------------

entries = st.integers(-4, 4) | small


@given(st.integers(1, 6).flatmap(lambda n: st.lists(st.lists(entries, min_size=n, max_size=n), min_size=1, max_size=6)))
@settings(deadline=None)
def test_a_program_is_its_matrix_and_needs_no_more_additions(rows: list[list[Fraction]]) -> None:
    a = matrix(rows)
    made = program(a)
    assert made.equals(a)
    assert made.additions <= sum(max(sum(map(bool, row)) - 1, 0) for row in a)
    assert made.instructions <= len(made.operations)
    assert program(a) == made


def test_a_program_shares_sums_and_notices_another_matrix() -> None:
    made = program(matrix([[1, 1, 1], [1, -1, 1]]))
    assert made.additions == 3
    assert not made.equals(matrix([[1, 1, 1], [1, 1, 1]]))


def test_there_are_as_many_usual_points_as_the_limits_need() -> None:
    assert len(set(usual_points(LARGEST))) == LARGEST >= Limits().filter_inputs
    with pytest.raises(ValueError, match="usual points"):
        usual_points(LARGEST + 1)
