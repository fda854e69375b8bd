"""What users rely on when a picture becomes a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from explorer.ops.input import OP
from explorer.ops.op import no_tick
from explorer.ops.picture_channels import Params
from explorer.refusal import Refusal


def _picture(*pixel: float, extents: tuple[int, int] = (2, 3), dtype: Any = np.float64) -> Any:
    return np.broadcast_to(np.array(pixel, dtype).reshape(1, -1, 1, 1), (1, len(pixel), *extents)).copy()


def _white(*values: float) -> Any:
    return np.array(values).reshape(-1, 1, 1, 1)


def _converted(x: Any, white: Any, **params: Any) -> Any:
    OP.shape((x.shape, white.shape), Params(**params))
    (y,), _ = OP.forward((x, white), {}, Params(**params), no_tick)
    return y


def _pixel(x: Any, white: float = 255.0, **params: Any) -> list[float]:
    y: Any = _converted(x, _white(white), **params)
    assert (y == y[:, :, :1, :1]).all()
    return [round(float(value), 12) for value in y[0, :, 0, 0]]


@pytest.mark.parametrize(
    ("scale", "expected"),
    [("unit", [0, 0.2, 1]), ("signed", [-1, -0.6, 1]), ("byte", [0, 51, 255]), ("raw", [0, 51, 255])],
)
def test_black_and_white_land_on_the_ends_of_the_scale(scale: str, expected: list[float]) -> None:
    assert _pixel(_picture(0, 51, 255), scale=scale) == expected


def test_sixteen_bit_pictures_come_out_on_the_same_scale() -> None:
    assert _pixel(_picture(0, 13107, 65535), 65535.0) == _pixel(_picture(0, 51, 255))


def test_every_picture_of_a_batch_has_its_own_white() -> None:
    x = np.concatenate([_picture(51), _picture(13107)])
    y = _converted(x, _white(255, 65535))
    np.testing.assert_allclose(y, 0.2)


def test_grey_weighs_the_colours_as_television_does_or_evenly() -> None:
    assert _pixel(_picture(100, 50, 200), mode="grey", scale="raw") == [100 * 0.299 + 50 * 0.587 + 200 * 0.114]
    assert _pixel(_picture(100, 50, 201), mode="grey", grey="mean", scale="raw") == [117]


def test_grey_pictures_become_colour_by_repetition_and_colour_stays() -> None:
    assert _pixel(_picture(51), mode="rgb") == [0.2, 0.2, 0.2]
    assert _pixel(_picture(0, 51, 255), mode="rgb") == [0, 0.2, 1]
    assert _pixel(_picture(51), mode="grey") == [0.2]


@pytest.mark.parametrize(("alpha", "expected"), [("drop", 0.2), ("white", 0.8), ("black", 0.05)])
def test_transparency_is_ignored_or_laid_over_white_or_black(alpha: str, expected: float) -> None:
    opacity = 255 / 4
    assert _pixel(_picture(51, opacity), alpha=alpha) == [expected]
    assert _pixel(_picture(51, 51, 51, opacity), alpha=alpha) == [expected] * 3


def test_what_is_fully_transparent_has_no_colour_of_its_own() -> None:
    assert _pixel(_picture(9, 90, 200, 0), alpha="white") == [1, 1, 1]
    assert _pixel(_picture(9, 90, 200, 255), alpha="white") == _pixel(_picture(9, 90, 200))


def test_many_channels_stay_as_they_are_and_are_never_taken_for_colours() -> None:
    assert _pixel(_picture(1, 2, 3, 4, 5), 1.0) == [1, 2, 3, 4, 5]
    for mode in ("grey", "rgb"):
        with pytest.raises(Refusal, match=r"5 channels; .* 1 to 4"):
            OP.shape(((1, 5, 2, 2), (1, 1, 1, 1)), Params(mode=mode))


def test_each_image_is_normalised_on_its_own() -> None:
    x = np.random.default_rng(0).random((2, 3, 40, 70)).astype(np.float32) * np.array([1, 90]).reshape(2, 1, 1, 1)
    y = _converted(x.astype(np.float32), _white(1, 90), normalise="image", scale="byte")
    np.testing.assert_allclose(y.mean(axis=(1, 2, 3), dtype=np.float64), 0, atol=1e-6)
    np.testing.assert_allclose(y.std(axis=(1, 2, 3), dtype=np.float64), 1, rtol=1e-6)


def test_an_even_image_is_normalised_to_zero() -> None:
    assert _pixel(_picture(128, 128, 128), normalise="image") == [0, 0, 0]


def test_numbers_normalise_channel_by_channel() -> None:
    values = _pixel(_picture(0, 127.5, 255), normalise="numbers")
    np.testing.assert_allclose(values, [-0.485 / 0.229, 0.044 / 0.224, 0.594 / 0.225], rtol=1e-9)
    assert _pixel(_picture(51), normalise="numbers", mean=(0.1,), std=(0.5,)) == [0.2]


def test_numbers_for_other_channels_than_there_are_are_refused() -> None:
    with pytest.raises(Refusal, match="mean has 3 numbers; it takes 1 for all channels, or 1 for each of 1"):
        OP.shape(((1, 2, 2, 2), (1, 1, 1, 1)), Params(normalise="numbers", mean=(1.0, 2.0, 3.0)))
    with pytest.raises(Refusal, match=r"standard deviation has 2 numbers; .* each of 3"):
        OP.shape(((1, 3, 2, 2), (1, 1, 1, 1)), Params(normalise="numbers", std=(1.0, 2.0)))


@pytest.mark.parametrize("white", [0.0, -1.0, np.nan, np.inf])
def test_a_white_that_divides_by_nothing_is_refused(white: float) -> None:
    with pytest.raises(Refusal, match=rf"White is {white}; .* above 0"):
        OP.forward((_picture(1), _white(white)), {}, Params(), no_tick)


def test_a_white_for_another_number_of_images_is_refused() -> None:
    with pytest.raises(Refusal, match=r"2 × 1 × 1 × 1; .* 3 images"):
        OP.shape(((3, 1, 4, 4), (2, 1, 1, 1)), Params())


def test_the_gradient_reaches_the_raw_values_and_not_white() -> None:
    x = _picture(10, 20, 30, dtype=np.float32)
    _, saved = OP.forward((x, _white(255)), {}, Params(mode="grey"), no_tick)
    gxs, _ = OP.backward([np.full((1, 1, 2, 3), 255.0)], saved, no_tick)
    assert gxs[1] is None
    np.testing.assert_allclose(gxs[0][0, :, 1, 2], [0.299, 0.587, 0.114], rtol=1e-6)


def test_the_maps_are_named_by_their_colours() -> None:
    assert OP.labels(((1, 4, 2, 2), (1, 1, 1, 1)), Params(), {}) == ("Red", "Green", "Blue")
    assert OP.labels(((1, 4, 2, 2), (1, 1, 1, 1)), Params(mode="grey"), {}) == ("Grey",)
    assert OP.labels(((1, 6, 2, 2), (1, 1, 1, 1)), Params(), {}) == ()
