"""Reading what a person types or pastes: polynomials, points and lists, and what is refused with its place."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer import limits
from explorer.model.derivation import reading
from explorer.model.derivation.problem import IntegerRemainders, PolynomialRemainders
from explorer.ops.exact.exact_text import plain
from explorer.refusal import Refusal
from kernels.algebra.polynomial import Polynomial

fractions = st.builds(Fraction, st.integers(-(10**6), 10**6), st.integers(1, 999))
HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("text", "coefficients"),
    [
        ("x^3 - 2x^2 - 4", [-4, 0, -2, 1]),
        ("½x", [0, HALF]),
        ("x² + 1", [1, 0, 1]),
        ("x¹² − x", [0, -1] + [0] * 10 + [1]),
        ("1/2 x + 3", [3, HALF]),
        ("1/2x", [0, HALF]),
        ("x/2", [0, HALF]),
        ("(x-1)(x+1)", [-1, 0, 1]),
        ("x(x-1)^2", [0, 1, -2, 1]),
        ("[x-1]·(x+1)", [-1, 0, 1]),
        ("2*x**2", [0, 0, 2]),
        ("-x^2", [0, 0, -1]),
        ("2*-x", [0, -2]),
        ("- -x", [0, 1]),
        ("p^2+p", [0, 1, 1]),
        ("λ - 1", [-1, 1]),
        ("0.5x + .25", [Fraction(1, 4), HALF]),
        ("0.1", [Fraction(1, 10)]),
        ("x^{2}", [0, 0, 1]),
        (r"\frac{1}{2}x", [0, HALF]),
        (r"\tfrac12 x - \dfrac{x^2}{4}", [0, HALF, Fraction(-1, 4)]),
        (r"$\left(x-1\right)^{2} \cdot 3$", [3, -6, 3]),
        ("x - x", []),
        ("0", []),
        ("(x^2)^3", [0] * 6 + [1]),
    ],
)
def test_a_polynomial_reads_as_it_is_meant(text: str, coefficients: list[int | Fraction]) -> None:
    assert reading.polynomial(text) == Polynomial(coefficients)


@settings(max_examples=300)
@given(st.lists(fractions, max_size=12).map(Polynomial), st.sampled_from("xpzλ"))
def test_what_is_written_reads_back(value: Polynomial, variable: str) -> None:
    assert reading.polynomial(plain(value, variable)) == value
    assert reading.polynomial(plain(value, variable).replace("-", "−")) == value


@settings(max_examples=100)
@given(st.lists(st.lists(fractions, min_size=1, max_size=3).map(Polynomial), min_size=1, max_size=5))
def test_factors_in_parentheses_are_multiplied(factors: list[Polynomial]) -> None:
    product = Polynomial([1])
    for each in factors:
        product *= each
    assert reading.polynomial("".join(f"({plain(each)})" for each in factors)) == product


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0), ("x +", 3), ("x + * 2", 4), ("x2", 1), ("2 3", 2), ("(x+1)2", 5), ("x+y", 2), ("sin(x)", 1),
        ("(x", 0), ("x)", 1), ("(x}", 2), ("1/x", 1), ("x/0", 1), ("x/(1-1)", 1), ("x^-1", 2), ("x^½", 2), ("x^x", 2),
        ("x^", 2), ("x^2^3", 3), ("x^2²", 3), ("x & 1", 2), ("__import__('os')", 0), ("1e5", 2), ("1_000", 1),
        ("٣x", 0), ("x = 0", 2), ("0,5", 1), ("x\x00", 1), (r"\sqrt{2}", 0), (r"\frac{1}", 8), ("x^257", 1),
        ("(" * 41 + "x" + ")" * 41, 40), (".", 0),
    ],
)  # fmt: skip
def test_what_is_no_polynomial_is_refused_with_its_place(text: str, position: int) -> None:
    with pytest.raises(reading.Unreadable) as caught:
        reading.polynomial(text)
    assert caught.value.position == position
    assert pickle.loads(pickle.dumps(caught.value)).position == position  # noqa: S301 - our own bytes
    assert "\x00" not in str(caught.value)


def test_points_are_numbers_and_infinity() -> None:
    assert reading.points("0, 1, -1, 1/2; ½, inf") == (0, 1, -1, HALF, HALF, "inf")
    assert reading.points(r"∞, Infinity, oo, \infty") == ("inf",) * 4
    assert reading.points(" ") == ()


def test_moduli_share_one_letter() -> None:
    assert reading.moduli("x, x-1, x^2+1") == (Polynomial([0, 1]), Polynomial([-1, 1]), Polynomial([1, 0, 1]))
    with pytest.raises(reading.Unreadable) as caught:
        reading.moduli("p, x - 1")
    assert caught.value.position == 3


def test_several_texts_share_one_letter() -> None:
    assert reading.polynomials(["3", "p^2", "2p"]) == (
        (Polynomial([3]), Polynomial([0, 0, 1]), Polynomial([0, 2])),
        "p",
    )
    with pytest.raises(reading.Unreadable, match="second letter"):
        reading.polynomials(["p", "x"])


@pytest.mark.parametrize(
    ("read", "text", "position"),
    [
        (reading.points, "0,,1", 2), (reading.points, "0, 1,", 5), (reading.points, "0,x", 2),
        (reading.numbers, "0, inf", 4), (reading.integers, "1, 2.5", 2), (reading.integer, "1/2", 0),
    ],
)  # fmt: skip
def test_a_place_in_a_list_counts_from_its_beginning(read: Callable[[str], object], text: str, position: int) -> None:
    with pytest.raises(reading.Unreadable) as caught:
        read(text)
    assert caught.value.position == position


def test_remainders_are_integers_where_all_are_whole() -> None:
    assert reading.remainders(["2", "3", "3", "5"]) == IntegerRemainders((2, 3), (3, 5))
    assert reading.remainders(["2", "p", "3", "p-1"]) == PolynomialRemainders(
        (Polynomial([2]), Polynomial([3])), (Polynomial([0, 1]), Polynomial([-1, 1])), "p"
    )
    with pytest.raises(Refusal, match="pairs; 3 values"):
        reading.remainders(["2", "3", "3"])


@pytest.mark.parametrize("text", ["x^256", "(x+1)^256", "x^128 x^128", "(x^16)^16", "9" * 1000, "1" + " " * 999])
def test_a_text_at_a_limit_is_read(text: str) -> None:
    assert reading.polynomial(text).degree in (0, 256)


@pytest.mark.parametrize(
    "text",
    ["x^257", "x^128 x^129", "(x^16)^17", "(x^0)^257", "1" + " " * 1000, "(2^256)^256", "((x+1)^128)^128",
     "(10^250)(10^250)(10^250)(10^250)", "1/3^250/7^250/11^250/13^250/17^250"],
)  # fmt: skip
def test_a_text_past_a_limit_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match=r"the most|more than"):
        reading.polynomial(text)


def test_limits_of_digits_follow_the_preferences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_current", replace(limits.Limits(), number_digits=5))
    assert reading.number("99999/12345") == Fraction(99999, 12345)
    for text in ("100000", "x^100000", "99999 + 1", "1.00001"):
        with pytest.raises(Refusal):
            reading.polynomial(text)


def test_no_limit_lets_a_number_grow_past_what_python_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = replace(limits.Limits(), number_digits=10**6, expression_length=10**6)
    monkeypatch.setattr(limits, "_current", wide)
    assert reading.number("9" * 4000) > 0
    for text in ("9" * 4001, "9" * 4301, "x^" + "9" * 4301, "x" + "²" * 4301):
        with pytest.raises(Refusal):
            reading.polynomial(text)


MUTATED = ["x^3 - 2x^2 - 4", "½x", "x² + 1", "1/2 x + 3", "x(x-1)^2", "x**2", r"\frac{1}{2}x", r"\left(x-1\right)^{10}",
           "$x^2$", "(x/97+1/89)^19", "0, 1, -1, 1/2, inf, ∞", "9" * 99]  # fmt: skip
ALPHABET = "x0123456789+-*/^()[]{}\\fracleft ½²,.;∞\x00\u202e𝟚é\ny"


@pytest.mark.parametrize("seed", range(4))
def test_mutated_texts_give_a_value_or_a_refusal(seed: int) -> None:
    chance = random.Random(seed)
    kinds: dict[Callable[[str], object], type] = {reading.polynomial: Polynomial, reading.points: tuple}
    outcomes = set()
    said = []
    for _ in range(1000):
        text = list(chance.choice(MUTATED))
        for _ in range(chance.randint(1, 6)):
            at, until = sorted(chance.randrange(len(text) + 1) for _ in range(2))
            piece = chance.choice([[], [chance.choice(ALPHABET)], text[at:until] * 2])
            text[at : at + chance.randrange(2)] = piece
        for read, kind in kinds.items():
            try:
                assert isinstance(read("".join(text)), kind)
                outcomes.add(kind)
            except Refusal as refusal:
                outcomes.add(type(refusal))
                said.append(str(refusal))
    assert {Polynomial, reading.Unreadable} <= outcomes
    assert all(map(str.isprintable, said))
