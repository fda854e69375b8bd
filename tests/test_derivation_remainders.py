"""Derivations of the Chinese remainder theorem, in integers and polynomials, against sympy and by their congruences."""

from __future__ import annotations

from dataclasses import replace

import pytest
from derived import check_outline, linked, polynomials, read
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import primerange
from sympy.ntheory.modular import crt

from explorer import limits
from explorer.model.derivation import reading
from explorer.model.derivation.problem import IntegerRemainders, PolynomialRemainders
from explorer.model.derivation.subjects import derive
from explorer.refusal import Refusal
from kernels.algebra.euclid import gcd
from kernels.algebra.polynomial import ONE, Polynomial

P = Polynomial
PRIMES = list(primerange(3, 1000))


def test_the_classic_example() -> None:
    found = derive(reading.remainders(["2", "3", "3", "5", "2", "7"]))
    assert found.answer == {
        "solution": "23",
        "modulus": "105",
        "table": [
            {"m": "3", "M": "35", "N": "-1", "n": "12"},
            {"m": "5", "M": "21", "N": "1", "n": "-4"},
            {"m": "7", "M": "15", "N": "1", "n": "-2"},
        ],
        "verified": True,
    }
    check_outline(found)
    assert {"cofactor.1", "inverse.1", "inverse.1.1", "inverse.3.2", "check.3"} <= linked(found)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(2, 10**12), min_size=1, max_size=6), st.data())
def test_integers_are_those_of_sympy(moduli: list[int], data: st.DataObject) -> None:
    residues = [data.draw(st.integers(0, m - 1)) for m in moduli]
    problem = IntegerRemainders(tuple(residues), tuple(moduli))
    kept = [m for i, m in enumerate(moduli) if all(gcd_of(m, other) == 1 for other in moduli[:i])]
    if len(kept) < len(moduli):
        with pytest.raises(Refusal, match="share the factor"):
            derive(problem)
        return
    answer = derive(problem).answer
    assert (int(answer["solution"]), int(answer["modulus"])) == tuple(map(int, crt(moduli, residues)))
    assert answer["verified"] is True


def gcd_of(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


@settings(max_examples=150, deadline=None)
@given(st.lists(polynomials.filter(lambda m: 0 < m.degree < 4), min_size=1, max_size=4), st.data())
def test_polynomials_have_every_residue_and_the_least_degree(moduli: list[Polynomial], data: st.DataObject) -> None:
    assume(all(gcd(m, other) == ONE for i, m in enumerate(moduli) for other in moduli[:i]))
    residues = [data.draw(polynomials) % m for m in moduli]
    found = derive(PolynomialRemainders(tuple(residues), tuple(moduli)))
    check_outline(found)
    solution, modulus = read(found.answer["solution"]), read(found.answer["modulus"])
    assert solution.degree < modulus.degree == sum(m.degree for m in moduli)
    for c, m, row in zip(residues, moduli, found.answer["table"], strict=True):
        M, N, n = (read(row[name]) for name in ("M", "N", "n"))
        assert read(row["m"]) == m
        assert M * m == modulus
        assert N * M + n * m == ONE
        assert N.degree < m.degree
        assert solution % m == c
    facts = found.steps[found.step("products")].facts["products"]
    total = sum(map(read, facts), P())
    assert total == read(found.steps[found.step("sum")].facts["sum"])
    assert total % modulus == solution


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ("0 4 0 6", "4 and 6 share the factor 2"),
        ("0 x^2-1 0 x-1", r"x\^2 - 1 and x - 1 share the factor x - 1"),
        ("0 p 0 p^2+p", "share the factor x"),
        ("0 x 0 0", "Modulus 2 is 0"),
        ("0 x 0 5", "Modulus 2 is 5"),
        ("x^2 x+1 0 x", "Residue 1 has degree 2"),
        ("0 1", "Modulus 1 is 1; the least is 2"),
        ("0 0", "Modulus 1 is 0; the least is 2"),
        ("0 -3", "Modulus 1 is -3; the least is 2"),
        ("3 3", "Residue 1 is 3; modulo 3 it lies between 0 and 2"),
        ("0 3 -1 5", "Residue 2 is -1; modulo 5 it lies between 0 and 4"),
        ("", "No moduli are given"),
        ("0 x^200 0 (x+1)^57", "degree of a polynomial is 257; the most is 256"),
    ],
)
def test_a_system_without_an_answer_is_refused_with_the_reason(texts: str, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        derive(reading.remainders(texts.split()))


def test_residues_and_moduli_come_in_pairs() -> None:
    with pytest.raises(Refusal, match="1 residues and 2 moduli"):
        derive(IntegerRemainders((1,), (3, 5)))


def test_as_many_moduli_as_the_limit_are_taken_and_one_more_is_refused() -> None:
    most = limits.current().moduli
    assert derive(IntegerRemainders((1,) * most, tuple(PRIMES[:most]))).answer["solution"] == "1"
    with pytest.raises(Refusal, match=f"{most + 1} moduli; the most is {most}"):
        derive(IntegerRemainders((1,) * (most + 1), tuple(PRIMES[: most + 1])))


def test_a_product_of_moduli_past_the_limit_of_digits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_current", replace(limits.Limits(), number_digits=4))
    assert derive(IntegerRemainders((1, 1), (99, 101))).answer["modulus"] == "9999"
    with pytest.raises(Refusal, match="5 digits; the most is 4"):
        derive(IntegerRemainders((1, 1), (101, 103)))
