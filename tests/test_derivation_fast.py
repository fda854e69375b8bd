"""Derivations of fast filters and convolutions: their answers, their steps, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from fractions import Fraction

import pytest
from derived import check_outline

from explorer.model.derivation.convolving import derive_convolution
from explorer.model.derivation.derivation import Derivation
from explorer.model.derivation.expression import Grid, Number, Symbol
from explorer.model.derivation.filtering import derive_filter
from explorer.model.derivation.presets import presets
from explorer.model.derivation.problem import Convolution, Filter, LinearMethod, Point
from explorer.refusal import Refusal
from kernels.algebra.polynomial import Polynomial

CHOSEN: list[tuple[Point, ...]] = [
    (),
    (Fraction(0), Fraction(1), "inf", Fraction(2)),
    (Fraction(1), Fraction(2), Fraction(3), Fraction(1, 3)),
]


def direct(g: list[Fraction], d: list[Fraction]) -> list[Fraction]:
    return [sum((g[k] * d[j + k] for k in range(len(g))), Fraction()) for j in range(len(d) - len(g) + 1)]


@pytest.mark.parametrize("points", CHOSEN)
def test_the_matrices_in_the_answer_filter_as_the_definition_does(points: tuple[Point, ...]) -> None:
    answer = derive_filter(Filter(2, 3, points)).answer
    A, G, B = ([[Fraction(each) for each in row] for row in answer[name]] for name in ("AT", "G", "BT"))
    g, d = [Fraction(3), Fraction(-1, 2), Fraction(7)], [Fraction(each) for each in (2, -5, 1, 11)]
    products = [
        sum(x * y for x, y in zip(left, g, strict=True)) * sum(x * y for x, y in zip(right, d, strict=True))
        for left, right in zip(G, B, strict=True)
    ]
    assert [sum(x * y for x, y in zip(row, products, strict=True)) for row in A] == direct(g, d)
    assert answer["verified"] is True


def grids(value: object) -> Iterator[Grid]:
    """All matrices within a term, a block or a line."""
    if isinstance(value, Grid):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from grids(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from grids(getattr(value, field.name))


def check_matrices(derivation: Derivation) -> None:
    """The outline is sound, matrices name only steps there are, and a check of a step is on its sheet."""
    check_outline(derivation)
    keys = {step.key for step in derivation.steps}
    for step in derivation.steps:
        assert step.check is None or step.check in step.lines[-1].blocks, step.key
        for made in grids((step.lines, step.found)):
            assert {key for origins in made.origins + made.column_origins for key in origins} <= keys, step.key
            assert len(made.labels) in (0, len(made.rows))
            assert len(made.column_labels) in (0, len(made.rows[0]))


FILTERS = [
    Filter(2, 3),
    Filter(1, 1),
    Filter(1, 2),
    Filter(4, 1),
    Filter(4, 3, fractions="F"),
    Filter(2, 3, tuple(map(Fraction, (0, 1, 2, 3))), fractions="A"),
    Filter(3, 3, moduli=(Polynomial([0, 1]), Polynomial([-1, 1]), Polynomial([1, 0, 1])), fractions="B"),
    Filter(3, 3, moduli=(Polynomial([2, 0, 0, 0, 2]),)),
    Filter(2, 3, across=(3, 2)),
    Filter(2, 3, (Fraction(0), Fraction(1), Fraction(3), "inf"), across=(2, 3)),
]


@pytest.mark.parametrize("problem", FILTERS)
def test_every_step_can_be_followed_back_and_every_check_holds(problem: Filter) -> None:
    derivation = derive_filter(problem)
    check_matrices(derivation)
    assert derivation.answer["verified"] is True


def test_the_outline_leads_from_the_problem_to_the_plane() -> None:
    outline = [step.key for step in derive_filter(Filter(2, 3)).steps if step.depth == 0]
    assert outline == [
        *("problem", "modulus", "coprime", "taps", "samples", "divide", "invert", "multiply", "recombine"),
        *("infinity", "matrices", "transpose", "identity", "compare", "count", "nest"),
    ]


def test_a_row_of_each_matrix_leads_to_the_division_and_the_inverse_that_made_it() -> None:
    derivation = derive_filter(Filter(2, 3))
    found = {each.name: each.value for each in derivation.found_by(len(derivation.steps) - 1)}
    G, B = found[Symbol("G")], found[Symbol("B", raised="T")]
    assert isinstance(G, Grid)
    assert isinstance(B, Grid)
    assert "invert.2" in G.origins[1]
    assert "divide.2" in B.origins[1]
    assert G.origins[3] == ("infinity",)
    assert G.labels == (*(Number(Fraction(each)) for each in (0, 1, -1)), Symbol("∞"))


def test_moduli_that_are_not_monic_are_made_so() -> None:
    derivation = derive_filter(Filter(2, 2, moduli=(Polynomial([0, 2]), Polynomial([-1, 3]))))
    assert derivation.answer["moduli"] == [["0", "1"], ["-1/3", "1"]]
    assert derivation.answer["verified"] is True


def test_no_product_is_formed_that_is_always_zero() -> None:
    answer = derive_filter(Filter(3, 3, moduli=(Polynomial([2, 0, 0, 0, 0, 1]),))).answer
    assert answer["multiplications"] == 5


def test_the_largest_filter_is_derived_too() -> None:
    derivation = derive_filter(Filter(17, 18))
    assert derivation.answer["verified"] is True
    assert derivation.answer["multiplications"] == 34


def test_the_vector_of_fractions_is_in_the_answer_only_where_it_was_asked_for() -> None:
    assert "f" not in derive_filter(Filter(2, 3)).answer
    assert derive_filter(Filter(2, 3, fractions="F")).answer["f"] == ["1", "1/2", "1/2", "1"]


@pytest.mark.parametrize(("m", "r"), [(1, 2), (2, 3), (4, 3), (6, 3), (8, 3), (3, 5)])
def test_every_preset_fits_and_is_verified(m: int, r: int) -> None:
    found = presets(m, r)
    assert len({each.key for each in found}) == len(found)
    for each in found:
        assert derive_filter(Filter(m, r, each.points)).answer["verified"] is True
    assert ("accurate" in {each.key for each in found}) == (r == 3 and m in range(2, 9))


def test_points_in_any_order_are_answered_with_infinity_last() -> None:
    points: tuple[Point, ...] = ("inf", Fraction(1), Fraction(0), Fraction(1, 2))
    assert derive_filter(Filter(2, 3, points)).answer["points"] == ["1", "0", "1/2", "inf"]


def test_nested_filters_multiply_their_products_and_answer_for_both_directions() -> None:
    answer = derive_filter(Filter(2, 3, across=(3, 2))).answer
    assert answer["multiplications"] == 16
    assert (answer["across"]["m"], answer["across"]["r"]) == (3, 2)
    assert derive_filter(Filter(4, 3, across=(4, 3))).answer["multiplications"] == 36


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (Filter(2, 3, (Fraction(0), Fraction(1), Fraction(1), "inf")), "point 1 is there twice"),
        (Filter(2, 3, (Fraction(0), Fraction(1), "inf")), "3 points; 1 more"),
        (Filter(1, 2, (Fraction(0), Fraction(1), "inf")), "3 points, 1 too many"),
        (Filter(0, 3), "m is 0"),
        (Filter(20, 20), "39 is past the limit of 34"),
        (Filter(2, 3, (Fraction(10**40), Fraction(0), Fraction(1), "inf")), "123 digits; the most is 100"),
        (Filter(2, 3, ("inf", "inf", Fraction(0), Fraction(1))), "point inf is there twice"),
        (Filter(1, 1, ("inf",)), "stands alone"),
        (Filter(17, 19), "35 is past the limit of 34"),
        (Filter(2, 3, across=(0, 3)), "m is 0"),
        (Filter(2, 3, moduli=(Polynomial([0, 1]), Polynomial([0, 1, 1]))), "share the factor x"),
        (Filter(2, 3, moduli=(Polynomial([0, 1]),)), "2 too few"),
        (Filter(2, 3, moduli=(Polynomial([0, 1]), Polynomial([4]))), "Modulus 2 is 4; a modulus has degree 1"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(problem: Filter, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        derive_filter(problem)


# Convolutions ---------------------------------------------------------------------------------------------------------

X = Polynomial([0, 1])
COUNTED: list[tuple[int, int, LinearMethod, int]] = [
    (2, 2, "cook-toom", 3),
    (2, 2, "modified-cook-toom", 3),
    (2, 3, "winograd", 5),
    (2, 3, "modified-winograd", 4),
    (4, 4, "iterated", 9),
    (6, 4, "iterated", 12),
    (4, 4, "cyclic", 5),
    (3, 3, "inspection", 6),
    (1, 1, "cook-toom", 1),
    (5, 3, "winograd", 8),
]


@pytest.mark.parametrize(("n", "l", "method", "products"), COUNTED)
def test_every_method_reaches_its_known_count_by_steps_that_hold(
    n: int,
    l: int,  # noqa: E741
    method: LinearMethod,
    products: int,
) -> None:
    derivation = derive_convolution(Convolution(n, l, method))
    assert derivation.answer["multiplications"] == products
    assert derivation.answer["verified"] is True
    check_matrices(derivation)


@pytest.mark.parametrize(("n", "l", "method", "products"), COUNTED)
def test_the_matrices_in_the_answer_convolve_as_the_definition_does(
    n: int,
    l: int,  # noqa: E741
    method: LinearMethod,
    products: int,
) -> None:
    answer = derive_convolution(Convolution(n, l, method)).answer
    C, H, D = ([[Fraction(each) for each in row] for row in answer[name]] for name in "CHD")
    h, x = [Fraction(7 - 3 * k, 2) for k in range(n)], [Fraction(5 * k - 4, 3) for k in range(l)]
    formed = [
        sum(a * b for a, b in zip(left, h, strict=True)) * sum(a * b for a, b in zip(right, x, strict=True))
        for left, right in zip(H, D, strict=True)
    ]
    size = n if method == "cyclic" else n + l - 1
    expected = [Fraction()] * size
    for k, a in enumerate(h):
        for i, b in enumerate(x):
            expected[(k + i) % size] += a * b
    assert [sum(a * b for a, b in zip(row, formed, strict=True)) for row in C] == expected
    assert len(formed) == products


def test_the_point_at_infinity_and_the_subtracted_power_are_one() -> None:
    derivation = derive_convolution(Convolution(3, 2, "modified-cook-toom", points=tuple(map(Fraction, (0, 1, 3)))))
    check = derivation.steps[derivation.step("power")].check
    assert check is not None
    assert check.holds


def test_moduli_of_a_higher_degree_than_needed_are_taken_without_infinity() -> None:
    problem = Convolution(2, 2, "winograd", moduli=(X, Polynomial([1, 0, 1]), Polynomial([-1, 1])))
    derivation = derive_convolution(problem)
    check_matrices(derivation)
    assert derivation.answer["verified"] is True
    assert derivation.answer["multiplications"] == 5


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            Convolution(3, 3, "cook-toom", points=(Fraction(0), Fraction(1, 2), Fraction(1, 2))),
            "point 1/2 is there twice",
        ),
        (Convolution(3, 3, "cook-toom", points=(Fraction(0),)), "4 more are needed: N \\+ L − 1 = 5"),
        (Convolution(2, 2, "modified-cook-toom", points=tuple(map(Fraction, range(3)))), "1 too many: N \\+ L − 2 = 2"),
        (Convolution(2, 2, "winograd", moduli=(X,)), "degree 1 together, 2 too few"),
        (Convolution(2, 2, "modified-winograd", moduli=(X, Polynomial([1, 0, 1]))), "degree 3 together, 1 too many"),
        (Convolution(2, 2, "winograd", moduli=(X, X * X)), "x and x\\^2 share the factor x"),
        (Convolution(2, 2, "winograd", moduli=(X, Polynomial())), "Modulus 2 is 0"),
        (Convolution(2, 3, "cyclic"), "as many taps as samples, not 2 and 3"),
        (Convolution(2, 3, "inspection"), "as many taps as samples, not 2 and 3"),
        (Convolution(1, 1, "inspection"), "2 taps at least, not 1"),
        (Convolution(5, 5, "iterated"), "5 taps and 5 samples cannot be cut"),
        (Convolution(3, 4, "iterated"), "3 taps and 4 samples cannot be cut"),
        (Convolution(1, 1, "modified-winograd"), "N \\+ L of at least 3"),
        (Convolution(2, 2, "cyclic", points=(Fraction(1),)), "cyclic takes no points"),
        (Convolution(2, 2, "cook-toom", moduli=(X,)), "cook-toom takes no moduli"),
        (Convolution(2, 0, "cook-toom"), "L is 0"),
        (Convolution(20, 20, "cook-toom"), "39 is past the limit of 34"),
    ],
)
def test_a_method_that_does_not_fit_is_refused_with_its_reason(problem: Convolution, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        derive_convolution(problem)
