"""Numbers as text: compact, and sums whose shown digits add up."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.model.digits import number, reconciled, written
from explorer.ops.explanation import Grid, Number, Sign, Step, Sum
from explorer.refusal import message

EVERYDAY = st.floats(-300, 300).map(lambda value: float(np.float32(value)))
ANY = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30)


def decimal(text: str) -> Decimal:
    return Decimal(text.replace("−", "-"))


def shown_sum(texts: list[str]) -> Decimal:
    with localcontext() as context:
        context.prec = 2000
        return sum(map(decimal, texts), Decimal(0))


def last_digit(text: str) -> Decimal:
    return Decimal((0, (1,), decimal(text).as_tuple().exponent))


@given(st.lists(EVERYDAY, min_size=1, max_size=40), st.sampled_from([2, 3, 4, 6, None]))
def test_shown_terms_add_up_to_the_shown_total_exactly(terms: list[float], digits: int | None) -> None:
    texts, total = reconciled(terms, math.fsum(terms), digits)
    assert shown_sum(texts) == decimal(total)


@given(st.lists(ANY, min_size=1, max_size=12))
def test_they_add_up_even_where_the_floating_point_sum_lost_its_digits(terms: list[float]) -> None:
    texts, total = reconciled(terms, sum(terms), None)
    assert shown_sum(texts) == decimal(total)


@given(st.lists(EVERYDAY, min_size=1, max_size=40))
def test_they_add_up_to_a_sum_that_was_made_in_float32(terms: list[float]) -> None:
    total = np.float32(0)
    for each in terms:
        total += np.float32(each)
    texts, shown = reconciled(terms, float(total), 3)
    assert shown_sum(texts) == decimal(shown)


@given(st.lists(EVERYDAY, min_size=1, max_size=40))
def test_every_shown_term_is_its_floor_or_its_ceiling_at_the_last_shown_digit(terms: list[float]) -> None:
    texts, total = reconciled(terms, math.fsum(terms))
    unit = min(last_digit(text) for text in [*texts, total])
    for text, value in zip([*texts, total], [*terms, math.fsum(terms)], strict=True):
        assert abs(decimal(text) - Decimal(repr(value))) < unit


@given(st.lists(EVERYDAY, min_size=2, max_size=8), EVERYDAY)
def test_terms_follow_a_total_that_is_already_shown_elsewhere(terms: list[float], bias: float) -> None:
    inner = math.fsum(terms)
    outer, _ = reconciled([inner, bias], inner + bias, 4)
    texts, total = reconciled(terms, inner, 3, shown=outer[0])
    assert total == outer[0]
    assert shown_sum(texts) == decimal(outer[0])


def test_thirds_show_one_term_rounded_up() -> None:
    assert reconciled([1 / 3, 1 / 3, 1 / 3], 1.0) == (["0.34", "0.33", "0.33"], "1.00")


def test_whole_numbers_stay_whole_and_nought_is_a_plain_0() -> None:
    assert reconciled([-1.0, 0.0, 255.0], 254.0) == (["−1", "0", "255"], "254")
    assert reconciled([0.42, 0.0, -0.81], -0.39) == (["0.42", "0", "−0.81"], "−0.39")


def test_no_more_digits_are_shown_than_the_numbers_have() -> None:
    assert reconciled([0.5, 0.25], 0.75) == (["0.50", "0.25"], "0.75")


def test_a_total_that_is_small_beside_its_terms_still_shows_two_digits() -> None:
    assert reconciled([1.3219, -1.3101], 0.0118) == (["1.322", "−1.310"], "0.012")


def test_tiny_and_huge_sums_share_one_power_of_ten() -> None:
    assert reconciled([1.234e-9, 5.1e-10], 1.744e-9) == (["1.23e−9", "0.51e−9"], "1.74e−9")
    assert reconciled([1.23456e12, 1e10], 1.24456e12)[1] == "1.24e12"


def test_a_total_that_is_not_the_sum_is_shown_as_it_is() -> None:
    assert reconciled([1.0, 2.0, 3.0], 7.0) == (["1", "2", "3"], "7")


def test_numbers_that_are_not_finite_are_named() -> None:
    assert reconciled([1.5, math.nan, -math.inf], math.nan) == (["1.5", "NaN", "−∞"], "NaN")
    assert reconciled([], 0.0) == ([], "0")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1.04, "1.04"),
        (-0.00314159, "−0.003142"),
        (1e-9, "1e−9"),
        (1e9, "1000000000"),
        (262143.0, "262143"),
        (123456.7, "123457"),
        (2.5e12, "2.5e12"),
        (-2.5e-9, "−2.5e−9"),
        (math.inf, "∞"),
        (math.nan, "NaN"),
        (9.99996, "10"),
        (0.1 + 0.2, "0.3"),
        (10**12, "1000000000000"),
    ],
)
def test_a_number_is_compact(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(-1e300, 1e300), st.integers(1, 17))
def test_a_compact_number_is_right_to_its_digits(value: float, digits: int) -> None:
    read = float(decimal(number(value, digits)))
    assert math.isclose(read, value, rel_tol=0.51 * 10.0 ** (1 - digits), abs_tol=5e-324)


def test_the_sum_of_a_step_reads_the_same_as_a_term_of_the_last_step() -> None:
    rng = np.random.default_rng(3)
    steps, values = [], []
    for channel in range(3):
        products = rng.normal(size=(3, 3))
        values.append(float(products.sum()))
        grid = Grid(message("products"), products, "product", adds_up=True)
        steps.append(Step(message("channel {c}", c=channel), (grid, Sign("Σ")), values[-1]))
    terms = tuple((message("channel {c}", c=c), value) for c, value in enumerate(values))
    steps.append(Step(message("sum"), (Sum(message("output"), terms, sum(values)),), sum(values)))
    parts, totals = written(steps)
    texts, total = parts[-1][0]
    assert shown_sum(list(texts)) == decimal(str(total)) == decimal(totals[-1])
    for channel in range(3):
        grid_texts = parts[channel][0]
        assert totals[channel] == texts[channel]
        assert shown_sum([text for row in grid_texts for text in row]) == decimal(totals[channel])
        assert parts[channel][1] == "Σ"


def test_a_number_between_two_parts_is_what_the_grid_before_it_adds_up_to() -> None:
    grid = Grid(message("window"), np.array([[0.123456, 0.2], [0.3, 0.4]]), "input", adds_up=True)
    total = 1.023456
    parts, values = written([Step(message("sum"), (grid, Sign("="), Number(message("sum"), total)), total)])
    assert shown_sum([text for row in parts[0][0] for text in row]) == decimal(str(parts[0][2]))
    assert values == [parts[0][2]]


def test_a_sum_that_a_later_step_uses_has_one_text() -> None:
    grid = Grid(message("window"), np.array([[0.123456, 0.2], [0.3, 0.4]]), "input", adds_up=True)
    total = 1.023456
    parts, values = written(
        [
            Step(message("sum"), (grid,), total),
            Step(message("mean"), (Number(message("sum"), total), Sign("/"), Number(message("count"), 4.0)), total / 4),
        ]
    )
    assert parts[1] == [values[0], "/", "4"]
