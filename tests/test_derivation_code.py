"""The algorithm found, as code: it runs, and it computes what the definition says."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from explorer.model.derivation.coding.languages import c_code, numpy_code
from explorer.model.derivation.coding.stages import Outcome, routine
from explorer.model.derivation.problem import Convolution, Filter, Problem
from explorer.model.derivation.subjects import derive
from kernels.algebra.bilinear import Convolver, FilterAlgorithm

PROBLEMS: dict[str, Problem] = {
    "F(2, 3)": Filter(2, 3),
    "F(4, 3) in A": Filter(4, 3, fractions="A"),
    "F(4, 3) apart": Filter(4, 3, fractions="F"),
    "F(1, 1)": Filter(1, 1),
    "F(6, 3)": Filter(6, 3),
    "F(2x2, 3x3)": Filter(2, 3, across=(2, 3)),
    "F(4x2, 3x5)": Filter(4, 3, across=(2, 5)),
    "F(2x1, 1x3)": Filter(2, 1, across=(1, 3)),
    "Cook-Toom": Convolution(3, 2, "cook-toom"),
    "Winograd": Convolution(3, 3, "modified-winograd"),
    "iterated": Convolution(4, 4, "iterated"),
    "cyclic": Convolution(6, 6, "cyclic"),
    "inspection": Convolution(3, 3, "inspection"),
}


COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def found(name: str) -> Outcome:
    outcome: Any = derive(PROBLEMS[name]).outcome
    return outcome


def shapes(outcome: Outcome) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Those of the data, the taps and the result."""
    if isinstance(outcome, Convolver):
        return (len(outcome.D[0]),), (len(outcome.H[0]),), (len(outcome.C),)
    each = (outcome,) if isinstance(outcome, FilterAlgorithm) else outcome
    return (
        tuple(len(one.BT[0]) for one in each),
        tuple(one.r for one in each),
        tuple(one.m for one in each),
    )


def directly(outcome: Outcome, data: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """The definition."""
    result = np.zeros(shapes(outcome)[2])
    if isinstance(outcome, Convolver):
        for k, h in enumerate(taps):
            for i, x in enumerate(data):
                result[(k + i) % len(result)] += h * x
        return result
    for j in np.ndindex(result.shape):
        for k in np.ndindex(taps.shape):
            result[j] += taps[k] * data[tuple(a + b for a, b in zip(j, k, strict=True))]
    return result


def agrees(run: Callable[[np.ndarray, np.ndarray], np.ndarray], outcome: Outcome) -> None:
    random = np.random.default_rng(5)
    data_shape, taps_shape, _ = shapes(outcome)
    for _ in range(5):
        data, taps = random.uniform(-1, 1, data_shape), random.uniform(-1, 1, taps_shape)
        np.testing.assert_allclose(run(data, taps), directly(outcome, data, taps), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_numpy_code_computes_the_definition(name: str) -> None:
    outcome = found(name)
    space: dict[str, Any] = {}
    exec(compile(numpy_code(outcome), name, "exec"), space)  # noqa: S102 - the code is what is tested
    agrees(space[routine(outcome).name], outcome)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Every algorithm as C, compiled as strictly as the compiler can."""
    assert COMPILER is not None
    folder = tmp_path_factory.mktemp("c")
    sources = []
    for i, name in enumerate(PROBLEMS):
        path = folder / f"{i}.c"
        path.write_text(c_code(found(name)).replace(f"void {routine(found(name)).name}(", f"void run_{i}("), "utf-8")
        sources.append(str(path))
    made = folder / "code.so"
    strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    subprocess.run([COMPILER, *strict, "-O1", "-shared", "-fPIC", "-o", str(made), *sources], check=True)
    return ctypes.CDLL(str(made))


if COMPILER:  # there may be none where the tests run

    @pytest.mark.parametrize(("i", "name"), list(enumerate(PROBLEMS)))
    def test_the_c_code_computes_the_definition(library: ctypes.CDLL, i: int, name: str) -> None:
        outcome = found(name)
        size = shapes(outcome)[2]

        def run(data: np.ndarray, taps: np.ndarray) -> np.ndarray:
            result = np.full(size, np.nan)
            arrays = [each.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for each in (data, taps, result)]
            getattr(library, f"run_{i}")(*arrays)
            return result

        agrees(run, outcome)


def test_an_algorithm_that_is_wrong_is_never_offered() -> None:
    right = found("F(2, 3)")
    assert isinstance(right, FilterAlgorithm)
    rows = [list(row) for row in right.BT]
    rows[1][2] += Fraction(1, 1000)
    wrong = replace(right, BT=tuple(map(tuple, rows)))
    for write in (numpy_code, c_code):
        with pytest.raises(ValueError, match="does not compute"):
            write(wrong)


def test_constants_are_exact_where_a_float_is_and_quotients_where_it_is_not() -> None:
    text = numpy_code(found("F(4, 3) apart"))
    assert "0.25 * g0" in text
    assert "(1 / 24) * " in text
    assert "0.041" not in text
    assert "(1.0 / 24.0) * " in c_code(found("F(4, 3) apart"))


def test_the_comment_of_a_row_is_its_formula() -> None:
    assert "t3,  # 1/2 g0 + 1/2 g1 + 1/2 g2" in numpy_code(found("F(2, 3)"))
