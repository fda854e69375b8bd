"""Pictures of different sizes become one batch, and every change to them is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_files import values

from explorer.model.pictures import Picture, equalised, from_array, stacked
from explorer.refusal import Refusal


def image(height: int, width: int, channels: int = 1, dtype: type = np.uint8, name: str = "a") -> Picture:
    return from_array(values(channels, dtype, height, width), name)


def notes(picture: Picture) -> list[str]:
    return [str(note) for note in picture.notes]


def test_pictures_of_one_size_stay_the_same_objects() -> None:
    pictures = (image(5, 7), image(5, 7, dtype=np.uint16))
    for rule in ("crop", "fit", "stretch"):
        assert equalised(pictures, rule) == pictures


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("rule", ["crop", "fit", "stretch"])
def test_the_first_picture_sets_the_size_and_every_type_is_kept(rule: str, dtype: type) -> None:
    batch = equalised((image(20, 30, 3), image(40, 30, 3, dtype, "b")), rule)
    assert [each.pixels.shape for each in batch] == [(20, 30, 3)] * 2
    assert batch[1].pixels.dtype == dtype
    done = {"crop": "cropped", "fit": "fitted; the rest is 0", "stretch": "stretched"}[rule]
    assert (notes(batch[0]), notes(batch[1])[-1]) == ([], f"30 × 40 → 30 × 20, {done}")


def test_crop_cuts_the_centre_where_no_scaling_is_needed() -> None:
    original = image(20, 31, 3, np.uint16)
    cropped = equalised([original], "crop", (20, 11))[0]
    np.testing.assert_array_equal(cropped.pixels, original.pixels[:, 10:21])


def test_fit_pads_evenly_with_zeros() -> None:
    original = from_array(np.full((10, 20), 7, np.uint16), "a")
    fitted = equalised([original], "fit", (20, 20))[0].pixels[..., 0]
    assert (fitted[5:15] == 7).all()
    assert not fitted[:5].any()
    assert not fitted[15:].any()


def test_halving_weighs_by_a_triangle_and_rounds() -> None:
    """A triangle of width 4 at half the size weighs 1, 3, 3, 1 eighths; at the edges what is left of it."""
    row = np.array([[0, 8, 16, 1000, 0, 65535]], np.uint16)
    found = equalised([from_array(np.repeat(row, 2, 0), "a")], "stretch", (2, 3))[0].pixels[0, :, 0]
    x = row[0].astype(float)
    expected = [
        (3 * x[0] + 3 * x[1] + x[2]) / 7,
        (x[1] + 3 * x[2] + 3 * x[3] + x[4]) / 8,
        (x[3] + 3 * x[4] + 3 * x[5]) / 7,
    ]
    np.testing.assert_array_equal(found, np.rint(expected))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["crop", "fit", "stretch"]),
    st.sampled_from([np.uint8, np.uint16, np.float32]),
    st.tuples(*[st.integers(1, 40)] * 4),
)
def test_a_plain_picture_stays_plain_at_any_size(rule: str, dtype: type, sizes: tuple[int, int, int, int]) -> None:
    height, width, new_height, new_width = sizes
    plain = from_array(np.full((height, width, 3), 3, dtype), "a")
    found = equalised([plain], rule, (new_height, new_width))[0].pixels
    assert found.shape == (new_height, new_width, 3)
    inside = found[found != 0] if rule == "fit" else found
    assert inside.size
    np.testing.assert_allclose(inside, 3, rtol=1e-6)


def test_grey_is_repeated_and_an_opaque_alpha_added_where_others_have_them() -> None:
    grey, colours, both = image(5, 7), image(5, 7, 3, np.uint16, "b"), image(5, 7, 2, name="c")
    batch = equalised((grey, colours, both), "crop")
    assert [each.pixels.shape[2] for each in batch] == [4, 4, 4]
    np.testing.assert_array_equal(batch[0].pixels[..., :3], np.repeat(grey.pixels, 3, 2))
    assert (batch[0].pixels[..., 3] == 255).all()
    assert (batch[1].pixels[..., 3] == 65535).all()
    np.testing.assert_array_equal(batch[2].pixels[..., 3], both.pixels[..., 1])
    assert [notes(each) for each in batch] == [
        ["grey repeated as RGB", "an opaque alpha added"],
        ["an opaque alpha added"],
        ["grey repeated as RGB"],
    ]
    two = equalised((grey, both), "crop")
    assert [each.pixels.shape[2] for each in two] == [2, 2]


def test_images_beside_tensors_and_tensors_of_other_shapes_are_refused() -> None:
    tensor = from_array(np.zeros((2, 3, 5, 7)), "t")
    with pytest.raises(Refusal, match="a is an image and t a tensor"):
        equalised((tensor, image(5, 7)), "crop")
    with pytest.raises(Refusal, match=r"The tensor u has the shape \(1, 3, 5, 8\); t has \(2, 3, 5, 7\)"):
        equalised((tensor, from_array(np.zeros((1, 3, 5, 8)), "u")), "crop")
    x, white = stacked((tensor, tensor), "float32")
    assert (x.shape, white.tolist()) == ((4, 3, 5, 7), [[[[1.0]]]] * 4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_stack_holds_the_raw_values_and_the_white_of_each(dtype: str) -> None:
    pictures = (image(5, 7, 3), image(5, 7, 3, np.uint16), image(5, 7, 3, np.float64))
    x, white = stacked(pictures, dtype)
    assert (x.shape, x.dtype, x.flags.c_contiguous) == ((3, 3, 5, 7), dtype, True)
    assert white.shape == (3, 1, 1, 1)
    assert white.ravel().tolist() == [255, 65535, 1]
    assert white.dtype == dtype
    for plane, picture in zip(x, pictures, strict=True):
        np.testing.assert_array_equal(plane, np.moveaxis(picture.pixels, 2, 0).astype(dtype))


def test_pictures_of_different_sizes_are_not_stacked_by_themselves() -> None:
    with pytest.raises(Refusal, match=r"b has channels, height and width \(1, 5, 8\); a has \(1, 5, 7\)"):
        stacked((image(5, 7), image(5, 8, name="b")), "float32")
    with pytest.raises(Refusal, match="no picture"):
        stacked((), "float32")


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (10_000, 10_000)])
def test_a_size_outside_of_the_limits_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(Refusal, match=f"{size[1]} × {size[0]}"):
        equalised([image(5, 7)], "fit", size)
