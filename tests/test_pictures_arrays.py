"""Arrays keep their numbers; what cannot be an image or a tensor is refused with the shapes that can."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from picture_files import npy, values

from explorer import limits
from explorer.model.pictures import from_array, open_picture, open_pictures
from explorer.model.pictures.arrays import read_npy
from explorer.refusal import Refusal


@pytest.fixture
def changed_limits():
    before = limits.current()

    def change(**values: int) -> None:
        limits.change(replace(limits.current(), **values))

    yield change
    limits.change(before)


@pytest.mark.parametrize(
    ("shape", "kept"),
    [
        ((5, 7), (5, 7, 1)),
        ((5, 7, 1), (5, 7, 1)),
        ((5, 7, 4), (5, 7, 4)),
        ((3, 5, 7), (5, 7, 3)),
        ((4, 4, 4), (4, 4, 4)),
    ],
)
def test_an_array_of_two_or_three_axes_is_an_image(shape: tuple[int, ...], kept: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    picture = from_array(array, "a")
    assert (picture.kind, picture.pixels.shape, picture.pixels.dtype, picture.white) == (
        "image",
        kept,
        np.uint16,
        65535,
    )
    turned = shape == (3, 5, 7)
    np.testing.assert_array_equal(picture.pixels.squeeze(), np.moveaxis(array, 0, 2) if turned else array.squeeze())
    assert [str(note) for note in picture.notes] == (["axes C, H, W turned to H, W, C"] if turned else [])


@pytest.mark.parametrize("shape", [(), (5,), (5, 6, 7), (1, 2, 3, 4, 5)])
def test_another_shape_is_refused_with_the_shapes_that_are_taken(shape: tuple[int, ...]) -> None:
    with pytest.raises(Refusal, match=r"a has the shape \(.*H, W, C.*N, C, H, W"):
        from_array(np.zeros(shape), "a")


@pytest.mark.parametrize("shape", [(0, 5), (5, 0, 3), (1, 0, 5, 5)])
def test_an_empty_array_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(Refusal, match="a is empty"):
        from_array(np.zeros(shape), "a")


@pytest.mark.parametrize("array", [np.zeros((4, 4), complex), np.full((4, 4), "x"), np.full((4, 4), None)])
def test_values_that_are_no_real_numbers_are_refused(array: np.ndarray, tmp_path) -> None:
    with pytest.raises(Refusal, match="a holds values of type"):
        from_array(array, "a")
    (tmp_path / "a.npy").write_bytes(npy(array, allow_pickle=True))
    with pytest.raises(Refusal, match=r"a\.npy holds values of type"):
        open_picture(tmp_path / "a.npy")


def test_a_record_array_is_refused(tmp_path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 4), [("x", "f4")]))
    with pytest.raises(Refusal, match=r"a\.npy holds values of type record"):
        open_picture(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("dtype", "kept", "note"),
    [
        ("float32", "float32", []),
        ("float64", "float64", []),
        ("float16", "float32", ["float16 values converted to float32"]),
        ("int64", "float32", ["int64 values converted to float32"]),
        ("bool", "float32", ["bool values converted to float32"]),
        (">f4", "float32", []),
    ],
)
def test_a_tensor_is_taken_as_it_is(dtype: str, kept: str, note: list[str], tmp_path) -> None:
    tensor = (np.arange(2 * 5 * 3 * 4) % 2).reshape(2, 5, 3, 4).astype(dtype)
    np.save(tmp_path / "t.npy", tensor)
    for picture in (from_array(tensor, "t.npy"), open_picture(tmp_path / "t.npy")):
        np.testing.assert_array_equal(picture.pixels, tensor)
        assert (picture.kind, picture.pixels.dtype.name, picture.white) == ("tensor", kept, 1)
        assert (picture.height, picture.width) == (3, 4)
        assert [str(each) for each in picture.notes] == note


def test_a_boolean_image_is_zero_and_one_with_white_one() -> None:
    picture = from_array(values(1, bool), "a")
    assert (picture.pixels.dtype, picture.white) == (np.uint8, 1)
    np.testing.assert_array_equal(picture.pixels, values(1, bool))


@pytest.mark.parametrize(("most", "white"), [(200, 255), (256, 65535), (70000, 2**63 - 1)])
def test_a_wide_whole_type_says_what_stands_for_white(most: int, white: float) -> None:
    picture = from_array(np.full((3, 3), most), "a")
    assert (picture.pixels.dtype, picture.white) == (np.int64, float(white))
    assert str(picture.notes[0]) == f"int64 values; {white:g} stands for white"


def test_nan_and_infinity_are_kept_and_counted() -> None:
    picture = from_array(np.array([[np.nan, np.inf], [-np.inf, 0.5]]), "a")
    assert [str(note) for note in picture.notes] == ["1 NaN and 2 infinite values"]


def test_a_picture_does_not_change_with_the_array_that_it_was_made_of() -> None:
    array = values(3)
    picture = from_array(array, "a")
    before = picture.digest
    array[:] = 0
    assert picture.pixels.any()
    assert from_array(picture.pixels, "a").digest == before
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0, 0] = 1


def test_the_digest_tells_numbers_types_and_shapes_apart() -> None:
    ones = np.ones((4, 6), np.uint8)
    different = [ones, ones * 2, ones.reshape(6, 4), ones.astype(np.int8), ones.astype(bool) * np.float32(1)]
    assert len({from_array(each, "a").digest for each in different}) == len(different)
    assert from_array(ones, "a") == from_array(ones.copy(order="F"), "a")


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(
        st.sampled_from(["<f4", ">f8", "<u2", ">i4", "|u1", "|b1", "<f2"]),
        arrays.array_shapes(min_dims=2, max_dims=4, max_side=4),
    ),
    st.sampled_from(["C", "F"]),
)
def test_an_npy_is_read_as_numpy_reads_it(array: np.ndarray, order: str) -> None:
    data = npy(np.asarray(array, order=order))
    found = read_npy(io.BytesIO(data), "a", len(data))
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_every_array_of_an_npz_is_a_picture_and_the_others_are_told(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "all.npz", "w") as archive:
        archive.writestr("grey.npy", npy(values(1)))
        archive.writestr("../../colours.npy", npy(values(3, np.float32)))
        archive.writestr("objects.npy", npy(np.array([[{}]], object), allow_pickle=True))
        archive.writestr("readme.txt", "hello")
    pictures, refusals = open_pictures([tmp_path / "all.npz"])
    assert [each.name for each in pictures] == ["all.npz:grey", "all.npz:../../colours"]
    np.testing.assert_array_equal(pictures[1].pixels, values(3, np.float32))
    assert str(refusals[0]).startswith("all.npz:objects holds values of type |O")
    assert "readme.txt is not an array" in str(refusals[1])
    with pytest.raises(Refusal, match=r"all\.npz"):
        open_picture(tmp_path / "all.npz")


def test_an_npz_without_arrays_is_refused(tmp_path) -> None:
    for name, members in (("empty.npz", []), ("text.npz", ["a.txt"])):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member in members:
                archive.writestr(member, "x")
        with pytest.raises(Refusal, match=f"{name} is an archive without an array"):
            open_picture(tmp_path / name)


def test_a_pickle_in_an_npy_never_runs(tmp_path) -> None:
    class Planted:
        def __reduce__(self) -> tuple[object, ...]:
            return open, (str(tmp_path / "ran"), "w")

    array = np.empty((2, 2), object)
    array[:] = Planted()
    (tmp_path / "a.npy").write_bytes(npy(array, allow_pickle=True))
    with pytest.raises(Refusal, match=r"a\.npy holds values of type \|O"):
        open_picture(tmp_path / "a.npy")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999, 9999999), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 99999999999999999999999), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os').abort(), 4), }",
        "{'descr': '<f4', 'fortran_order': 1, 'shape': (4, 4), }",
        "{'descr': '<f4', 'shape': (4, 4)",
        "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (4, 4), }",
        "(" * 5000,
        "",
    ],
)
def test_a_hostile_npy_header_is_refused_before_memory_is_taken(header: str, tmp_path) -> None:
    raw = header.encode()
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\0" + struct.pack("<H", len(raw)) + raw + bytes(64))
    with pytest.raises(Refusal, match=r"a\.npy"):
        open_picture(tmp_path / "a.npy")


def test_a_cut_npy_is_refused_at_every_length() -> None:
    data = npy(values(3))
    for length in [*range(140), len(data) - 1]:
        with pytest.raises(Refusal, match="a "):
            read_npy(io.BytesIO(data[:length]), "a", length)
        with pytest.raises(Refusal, match="a "):  # a size that lies
            read_npy(io.BytesIO(data[:length]), "a", len(data))


def zipped(path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def test_a_member_that_grows_more_than_the_limit_is_refused(tmp_path, changed_limits) -> None:
    data = npy(np.zeros((1100, 1100), np.uint8))
    zipped(tmp_path / "bomb.npz", {"a.npy": data})
    with zipfile.ZipFile(tmp_path / "bomb.npz") as archive:
        info = archive.infolist()[0]
    ratio = info.file_size / info.compress_size
    with pytest.raises(Refusal, match=r"bomb\.npz:a is compressed from .* the limit is 200 times.*Preferences"):
        open_picture(tmp_path / "bomb.npz")
    changed_limits(archive_ratio=int(ratio) + 1)
    assert open_picture(tmp_path / "bomb.npz").pixels.shape == (1100, 1100, 1)


def test_an_archive_with_more_members_than_the_limit_is_refused(tmp_path, changed_limits) -> None:
    zipped(tmp_path / "a.npz", {f"{n}.npy": npy(values(1)) for n in range(4)})
    changed_limits(archive_members=4)
    assert len(open_pictures([tmp_path / "a.npz"])[0]) == 4
    changed_limits(archive_members=3)
    with pytest.raises(Refusal, match=r"a\.npz holds 4 members; the limit is 3"):
        open_picture(tmp_path / "a.npz")


def test_an_archive_whose_directory_lies_about_its_members_is_refused(tmp_path, changed_limits) -> None:
    zipped(tmp_path / "a.npz", {f"{n:01000}.npy": b"" for n in range(40)})
    data = bytearray((tmp_path / "a.npz").read_bytes())
    data[-14:-10] = struct.pack("<HH", 1, 1)
    (tmp_path / "a.npz").write_bytes(data)
    changed_limits(archive_members=10)
    with pytest.raises(Refusal, match=r"a\.npz has an archive directory of \d+ bytes; the limit is 10240"):
        open_picture(tmp_path / "a.npz")


def test_an_archive_that_is_damaged_anywhere_is_refused_or_read(tmp_path) -> None:
    zipped(tmp_path / "a.npz", {"a.npy": npy(values(1))})
    data = (tmp_path / "a.npz").read_bytes()
    for length in range(4, len(data), 7):
        (tmp_path / "a.npz").write_bytes(data[:length])
        with pytest.raises(Refusal, match=r"a\.npz"):
            open_picture(tmp_path / "a.npz")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_compression_is_refused_by_its_number(method: int, tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", method) as archive:
        archive.writestr("a.npy", npy(values(1)))
    with pytest.raises(Refusal, match=f"a.npz:a is compressed with method {method}"):
        open_picture(tmp_path / "a.npz")


def test_arrays_are_taken_up_to_the_limits_and_not_beyond(tmp_path, changed_limits) -> None:
    array = np.ones((10, 10), np.float32)
    np.save(tmp_path / "a.npy", array)
    size = (tmp_path / "a.npy").stat().st_size
    changed_limits(array_bytes=400, pixels=100, file_bytes=size)
    assert open_picture(tmp_path / "a.npy").pixels.shape == (10, 10, 1)
    for limit, least in (("array_bytes", 400), ("pixels", 100), ("file_bytes", size)):
        changed_limits(array_bytes=400, pixels=100, file_bytes=size)
        changed_limits(**{limit: least - 1})
        with pytest.raises(Refusal, match=rf"a\.npy .*the limit is {least - 1}.*Preferences"):
            open_picture(tmp_path / "a.npy")
