"""What users rely on in dropout."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.ops.dropout import OP, Params
from explorer.ops.op import Cell, no_tick
from kernels import bands
from tests.onnx_oracle import run


def _dropped(x: Any, params: Params) -> tuple[Any, Any, Any]:
    (y, mask), saved = OP.forward((x,), {}, params, no_tick)
    return y, mask, saved


def test_inference_hands_the_numbers_through() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    y, mask, saved = _dropped(x, Params("inference", rate=0.9, seed=7))
    assert y is x
    assert (mask == 1).all()
    gy = np.ones_like(x)
    np.testing.assert_array_equal(OP.backward([gy, None], saved, no_tick)[0][0], gy)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_the_part_that_is_dropped_is_the_rate(rate: float, seed: int) -> None:
    """Within five standard deviations of the binomial distribution: a right one passes all of these at 99.999 %."""
    x = np.ones((2, 4, 250, 200), np.float32)
    _, mask, _ = _dropped(x, Params(rate=rate, seed=seed))
    assert set(np.unique(mask)) <= {0.0, 1.0}
    count = mask.size
    assert abs(mask.sum(dtype=np.float64) - count * (1 - rate)) <= 5 * math.sqrt(count * rate * (1 - rate))


def test_neighbours_channels_images_and_seeds_are_drawn_independently() -> None:
    """The correlation of n independent pairs has the deviation 1/√n; five of them."""
    x = np.ones((2, 4, 250, 200), np.float32)
    signs = [2 * _dropped(x, Params(seed=seed))[1].astype(np.float64) - 1 for seed in (0, 1)]
    first = signs[0]
    pairs = {
        "column": (first[..., 1:], first[..., :-1]),
        "row": (first[:, :, 1:], first[:, :, :-1]),
        "channel": (first[:, 1:], first[:, :-1]),
        "image": (first[1:], first[:-1]),
        "seed": (first, signs[1]),
    }
    for name, (one, other) in pairs.items():
        assert abs((one * other).mean()) <= 5 / math.sqrt(one.size), name


def test_the_mean_over_many_seeds_is_the_input() -> None:
    x = np.full((1, 1, 100, 100), 3.0)
    means = [_dropped(x, Params(rate=0.4, seed=seed))[0].mean() for seed in range(20)]
    deviation = 3 * math.sqrt(0.4 / 0.6 / (20 * x.size))
    assert abs(np.mean(means) - 3) <= 5 * deviation


def test_a_rate_of_0_keeps_and_a_rate_of_1_drops_everything() -> None:
    x = np.random.default_rng(0).standard_normal((1, 2, 30, 30))
    for rate, y in ((0.0, x), (1.0, np.zeros_like(x))):
        found, mask, saved = _dropped(x, Params(rate=rate))
        np.testing.assert_array_equal(found, y)
        assert (mask == 1 - rate).all()
        (gx,), _ = OP.backward([np.ones_like(x), None], saved, no_tick)
        assert gx is not None
        assert (gx == 1 - rate).all()
    just_below, mask, _ = _dropped(x, Params(rate=1 - 2.0**-10))
    assert np.isfinite(just_below).all()
    np.testing.assert_array_equal(just_below, x * mask * 1024)


def test_bands_and_threads_change_nothing_and_a_seed_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 17, 13)).astype(np.float32)
    whole = _dropped(x, Params(seed=5))[0].tobytes()
    assert _dropped(x, Params(seed=6))[0].tobytes() != whole
    monkeypatch.setattr(bands, "OPERATIONS", 100)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        assert _dropped(x, Params(seed=5))[0].tobytes() == whole
    finally:
        numba.set_num_threads(threads)


@settings(max_examples=25)
@given(st.tuples(*[st.integers(1, 6)] * 4), st.floats(0, 0.99), st.integers(0, 2**31 - 1))
def test_what_is_kept_is_scaled_as_by_onnxruntime(shape: tuple[int, ...], rate: float, seed: int) -> None:
    """Its draw is its own; what it makes of a number that it keeps, and of one that it drops, is the same."""
    x = np.random.default_rng(seed).uniform(0.5, 2, shape).astype(np.float32)
    rate = float(np.float32(rate))
    y, mask, _ = _dropped(x, Params(rate=rate, seed=seed))
    theirs, kept = run("Dropout", [x, np.array(rate, np.float32), np.array(True)], 2, opset=13)
    both = (mask == 1) & kept
    np.testing.assert_allclose(y[both], theirs[both], rtol=1e-5)
    assert not y[mask == 0].any()
    assert not theirs[~kept].any()


def test_nothing_is_hidden_by_dropping_it() -> None:
    x = np.full((1, 1, 8, 8), np.nan)
    x[..., ::2] = np.inf
    y, mask, _ = _dropped(x, Params())
    assert 0 < mask.sum() < mask.size
    assert np.isnan(y[..., 1::2]).all()
    assert (np.isinf(y[..., ::2]) == (mask[..., ::2] == 1)).all()
    assert np.isnan(y[..., ::2][mask[..., ::2] == 0]).all()


def test_the_inspector_shows_what_was_drawn_and_the_rate_beside_it() -> None:
    x = np.full((1, 1, 4, 4), 2.0)
    params = Params(rate=0.25, seed=3)
    _, mask, _ = _dropped(x, params)
    for index in np.ndindex(x.shape):
        (draw,) = OP.explain((x,), {}, params, Cell(1, index))
        drawn, rate = draw.parts[0].value, draw.parts[2].value  # type: ignore[union-attr]
        assert rate == 0.25
        assert (drawn >= rate) == bool(mask[index])


def test_the_mask_reads_nothing() -> None:
    assert OP.reads(((1, 1, 4, 4),), Params(), Cell(1, (0, 0, 1, 1))) == ()
    assert len(OP.reads(((1, 1, 4, 4),), Params(), Cell(0, (0, 0, 1, 1)))) == 1
