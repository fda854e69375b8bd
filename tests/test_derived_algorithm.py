"""A derived algorithm in a convolution layer: its text, what it computes, and where it is refused."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from explorer import limits
from explorer.model.document import Document, Source
from explorer.model.editing import accepted, add, set_params
from explorer.model.evaluation import Evaluation
from explorer.model.pictures import from_array
from explorer.model.session import Session, load, save
from explorer.ops import operations, parameters
from explorer.ops.exact import filters
from explorer.ops.op import no_tick
from explorer.refusal import Refusal

CONV = operations()["conv"]
SQUARE = "F(4, 3) at 0, 1, -1, 1/2, -2, inf"
ALGORITHMS = {
    "points": (SQUARE, (3, 3)),
    "no infinity": ("F(2, 3) at 0, 1, -1, 2", (3, 3)),
    "an irreducible modulus": ("F(2, 3) mod x, x^2 + 1, inf", (3, 3)),
    "moduli that fill the degree": ("F(3, 3) mod x, x^2 + x + 1, x^2 + 1", (3, 3)),
    "rectangular": ("F(2, 3) at 0, 1, -1, inf; F(4, 5) mod x, x - 1, x + 1, x^2 + 1, x^2 - 2, inf", (3, 5)),
    "fractions in A": (f"{SQUARE} with fractions in A", (3, 3)),
    "fractions in B": (f"{SQUARE} with fractions in B", (3, 3)),
    "fractions apart": ("F(2, 2) at 0, 1/3, inf with fractions apart", (2, 2)),
    "one output": ("F(1, 4) at 0, 1, -1, inf", (4, 4)),
    "one tap along the columns": ("F(2, 1) at 0, inf; F(2, 3) at 0, 1, -1, inf", (1, 3)),
}


def layer(algorithm: str, kernel: tuple[int, int] = (3, 3), **more: Any) -> Any:
    return CONV.Params(filters=3, kernel=kernel, method="derived", algorithm=algorithm, bank="random", **more)


def checked(algorithm: Any) -> Any:
    return parameters.from_json(CONV.Params, {"algorithm": algorithm}).algorithm


@pytest.mark.parametrize(("algorithm", "kernel"), ALGORITHMS.values(), ids=ALGORITHMS.keys())
@pytest.mark.parametrize(("dtype", "within"), [("float32", 3e-5), ("float64", 1e-12)])
def test_a_derived_algorithm_gives_the_maps_and_gradients_of_the_direct_sum(
    algorithm: str, kernel: tuple[int, int], dtype: str, within: float
) -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((2, 2, 11, 14)).astype(dtype)
    params = layer(algorithm, kernel)
    weights = {name: array.astype(dtype) for name, array in CONV.init((x.shape,), params, rng).items()}
    gy = rng.standard_normal(CONV.shape((x.shape,), params)[0]).astype(dtype)
    outcomes = []
    for of in (params, replace(params, method="direct")):
        (y,), saved = CONV.forward((x,), weights, of, no_tick)
        (gx,), gweights = CONV.backward((gy,), saved, no_tick)
        outcomes.append((y, gx, gweights["w"], gweights["b"]))
    for derived, direct in zip(*outcomes, strict=True):
        assert_allclose(derived, direct, rtol=0, atol=within * np.abs(direct).max())
    assert dtype == "float64" or (outcomes[0][0] != outcomes[1][0]).any(), "it is another sum of the same numbers"


@pytest.mark.parametrize("algorithm", [text for text, _ in ALGORITHMS.values()])
def test_what_a_layer_holds_is_written_as_it_is_read(algorithm: str) -> None:
    assert checked(algorithm) == algorithm


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  F( 4 ,3 ) at 0,1, -1, 0.5,-2 , ∞ ", SQUARE),
        ("F(2,3) mod x,x²+1", "F(2, 3) mod x, x^2 + 1, inf"),
        ("F(2, 3) mod 2x, p - 1, x + 1", "F(2, 3) mod x, x - 1, x + 1, inf"),
        ("F(2, 3) at inf, 0, 1, -1 with fractions in G", "F(2, 3) at 0, 1, -1, inf"),
        ("F(2, 3) at 0, 1, -1, inf; F(2, 3) at 0, 1, -1, inf", "F(2, 3) at 0, 1, -1, inf"),
        ("   ", ""),
    ],
)
def test_other_ways_to_write_an_algorithm_are_kept_as_one(typed: str, kept: str) -> None:
    assert checked(typed) == kept


@given(
    st.lists(st.fractions(-3, 3, max_denominator=3), min_size=2, max_size=5, unique=True),
    st.booleans(),
    st.integers(1, 5),
    st.sampled_from("GABF"),
)
def test_every_algorithm_that_fits_is_read_back(points: list[Fraction], infinity: bool, r: int, place: Any) -> None:
    alpha = len(points) + infinity
    made = filters.Direction(max(alpha - r + 1, 1), min(r, alpha), (*points, *(["inf"] * infinity)), (), place)
    assert filters.read(filters.written((made, made))) == (made, made)


@pytest.mark.parametrize(
    ("algorithm", "parts"),
    [
        (3, ["3", "text"]),
        ("F(4, 3)", ["F(4, 3)", "no fast filter"]),
        ("F(2, 3) at 0, 1, 1, inf", ["point 1", "twice"]),
        ("F(2, 3) at 0, 1, inf", ["3 points", "1 more", "= 4"]),
        ("F(2, 3) at 0, 1, 2, 3, 4", ["5 points", "1 too many"]),
        ("F(2, 3) at 0, 1, x, inf", ["point x", "no number"]),
        ("F(2, 3) at 0, 1, inf, inf", ["point inf", "twice"]),
        ("F(2, 3) at 0, 1, , inf", ["Nothing is written"]),
        ("F(2, 3) mod x, x^2 - x, inf", ["x^2 - x", "factor x"]),
        ("F(2, 3) mod x^2, x^2 + 1, inf", ["degree 4", "inf", "= 4"]),
        ("F(2, 3) mod x, 2, x + 1", ["Modulus 2 is 2"]),
        ("F(0, 3) at 0, 1", ["m is 0"]),
        ("F(12, 4) at 0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, inf", ["12 + 4 − 1 = 15", "14"]),
        ("F(6, 3) at 0, 99, 98, 97, 96, 95, 94, inf", ["F(6, 3)", "1e+15"]),
        ("F(1, 2) at 0, 1; F(1, 2) at 0, 1; F(1, 2) at 0, 1", ["3 filters", "2"]),
        ("F(2, 3) at __import__('os'), 1, 2, inf", ["character 1"]),
        ("F(2, 3) at " + "1, " * 400, ["characters", "1000"]),
    ],
)
def test_a_text_that_names_no_algorithm_is_refused_with_what_is_wrong(algorithm: Any, parts: list[str]) -> None:
    with pytest.raises(Refusal) as refused:
        checked(algorithm)
    assert all(part in str(refused.value) for part in parts), str(refused.value)


def test_how_large_an_algorithm_may_be_is_a_limit_of_the_program() -> None:
    before = limits.current()
    limits.change(replace(before, running_inputs=4))
    try:
        with pytest.raises(Refusal, match=r"3 \+ 3 − 1 = 5 inputs; the most that runs on an image is 4"):
            checked("F(3, 3) at 0, 1, -1, 7/8, inf")
    finally:
        limits.change(before)


@pytest.mark.parametrize(
    ("params", "parts"),
    [
        (layer(""), ["no derived algorithm"]),
        (layer(SQUARE, (5, 5)), ["F(4 × 4, 3 × 3)", "5 × 5"]),
        (layer("F(2, 3) at 0, 1, -1, inf; F(1, 2) at 0, inf", (2, 3)), ["F(2 × 1, 3 × 2)", "2 × 3"]),
        (layer(SQUARE, stride=(2, 1)), ["stride", "2 × 1"]),
        (layer(SQUARE, dilation=(1, 2)), ["dilation", "1 × 2"]),
    ],
)
def test_a_layer_that_an_algorithm_does_not_fit_says_what_does_not(params: Any, parts: list[str]) -> None:
    with pytest.raises(Refusal) as refused:
        CONV.shape(((1, 1, 9, 9),), params)
    assert all(part in str(refused.value) for part in parts), str(refused.value)


def small() -> Document:
    picture = from_array(np.random.default_rng(0).integers(0, 256, (12, 15, 3), np.uint8), "noise")
    document, _ = add(Document(Source((picture,))), "input")
    document, id = add(document, "conv")
    return set_params(document, id, method="derived", algorithm=SQUARE)


def test_another_kernel_is_refused_while_the_algorithm_computes_and_taken_once_it_does_not() -> None:
    document = small()
    with pytest.raises(Refusal, match="5 × 5"):
        accepted(document, set_params(document, "n2", kernel=(5, 5)))
    direct = accepted(document, set_params(document, "n2", method="direct"))
    assert accepted(direct, set_params(direct, "n2", kernel=(5, 5))).node("n2").params.algorithm == SQUARE


def test_a_session_holds_the_algorithm(tmp_path: Path) -> None:
    document = small()
    save(Session(document), tmp_path / "a.kscope")
    loaded, warnings = load(tmp_path / "a.kscope")
    assert not warnings
    assert loaded.document.node("n2").params.algorithm == SQUARE
    maps = [Evaluation().run(each).results["n2"].ys[0] for each in (document, loaded.document)]
    assert np.array_equal(*maps)


def test_a_session_from_before_there_were_such_algorithms_opens_as_it_was() -> None:
    params = parameters.from_json(CONV.Params, {"filters": 2, "method": "winograd", "tile": 6})
    assert (params.method, params.tile, params.algorithm) == ("winograd", 6, "")


def test_a_session_with_an_algorithm_that_is_none_keeps_the_layer_and_says_why(tmp_path: Path) -> None:
    save(Session(small()), tmp_path / "a.kscope")
    with zipfile.ZipFile(tmp_path / "a.kscope") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["document.json"] = members["document.json"].replace(b"at 0, 1, -1", b"at 0, 1, 01")
    with zipfile.ZipFile(tmp_path / "b.kscope", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    loaded, (warning,) = load(tmp_path / "b.kscope")
    assert "The point 1 is there twice" in str(warning)
    assert loaded.document.node("n2").params["algorithm"] == "F(4, 3) at 0, 1, 01, 1/2, -2, inf"


def test_the_name_of_an_algorithm_says_its_sizes_and_where_it_comes_from() -> None:
    assert filters.titled("F(4, 3) at 0, 1, -1, 1/2, -1/2, inf") == "F(4 × 4, 3 × 3) · 0, ±1, ±1/2, ∞"
    mixed = "F(2, 3) mod x, x^2 + 1, inf; F(2, 2) at 0, -2, inf with fractions in A"
    assert filters.titled(mixed) == "F(2 × 2, 3 × 2) · x, x² + 1, ∞ / 0, −2, ∞ · fractions in A"
