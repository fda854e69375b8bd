"""No file, however damaged or meant to harm, does more than be refused with its name."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from picture_files import by_pillow, by_tifffile, chunk, one_of_each, png, values
from PIL import Image

from explorer.model.pictures import describe, open_picture, open_pictures, opening
from explorer.model.pictures.decoding import decode, image_format
from explorer.model.pictures.process import DecodingProcess
from explorer.refusal import Refusal

FILES = one_of_each()
IMAGES = {name: data for name, data in FILES.items() if image_format(data[:16])}


def refused(path: Path) -> str:
    with pytest.raises(Refusal) as caught:
        open_picture(path)
    return str(caught.value)


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_cut_anywhere_is_refused_with_its_name_or_complete(name: str) -> None:
    data = IMAGES[name]
    file_format = image_format(data[:16])
    whole = decode(io.BytesIO(data), name, file_format).pixels
    for length in range(12, len(data), max(1, len(data) // 60)):
        if length < len(data) // 2:
            with pytest.raises(Refusal, match=name):
                decode(io.BytesIO(data[:length]), name, file_format)
            continue
        with suppress(Refusal):  # the last bytes of some formats carry no pixels, or can be done without
            assert decode(io.BytesIO(data[:length]), name, file_format).pixels.shape == whole.shape


def test_a_file_without_a_byte_is_refused(tmp_path) -> None:
    (tmp_path / "a.png").touch()
    assert refused(tmp_path / "a.png") == "a.png is empty: it has 0 bytes."


def test_a_missing_file_is_refused(tmp_path) -> None:
    assert "a.png cannot be read: No such file" in refused(tmp_path / "a.png")
    assert "cannot be read" in refused(tmp_path / "a\0.png")
    assert "cannot be read: File name too long" in refused(tmp_path / ("a" * 300))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path) -> None:
    os.mkfifo(tmp_path / "a.png")
    assert refused(tmp_path / "a.png") == "a.png is no ordinary file."
    if Path("/dev/zero").exists():
        assert "no ordinary file" in refused(Path("/dev/zero"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path) -> None:
    (tmp_path / "a.png").write_bytes(FILES["a.png"])
    (tmp_path / "a.png").chmod(0)
    assert "Permission denied" in refused(tmp_path / "a.png")


def test_a_file_that_fails_while_it_is_read_is_refused(tmp_path, monkeypatch) -> None:
    (tmp_path / "a.png").write_bytes(FILES["a.png"])

    def failing(self: Path, *arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", failing)
    assert refused(tmp_path / "a.png") == "a.png cannot be read: Permission denied."


def test_a_link_is_followed_and_a_circle_of_links_refused(tmp_path) -> None:
    (tmp_path / "a.png").write_bytes(FILES["a.png"])
    try:
        (tmp_path / "b.png").symlink_to("a.png")
        (tmp_path / "c.png").symlink_to("c.png")
    except OSError:
        pytest.skip("no links in the file system")
    assert open_picture(tmp_path / "b.png").name == "b.png"
    assert "c.png cannot be read" in refused(tmp_path / "c.png")


@pytest.mark.parametrize(
    "content",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(ran) (w) file\n%%EOF\n",
        b"\xc5\xd0\xd3\xc6" + struct.pack("<II", 32, 20) + bytes(64),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"P6 1 1 255\n\0\0\0",
        b"\0\0\1\0\1\0" + bytes(64),
        b"8BPS\0\1" + bytes(64),
        b"\x80\x04\x95cos\nsystem\n",
        b"\x89HDF\r\n\x1a\n",
        b"x",
    ],
)
def test_another_format_under_the_name_of_a_png_is_refused(content: bytes, tmp_path, monkeypatch) -> None:
    def started(*arguments: object, **options: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr("subprocess.Popen", started)
    (tmp_path / "a.png").write_bytes(content)
    assert "a.png is no picture or array that is known. Accepted are PNG" in refused(tmp_path / "a.png")


def test_the_content_decides_and_not_the_name(tmp_path) -> None:
    (tmp_path / "a.gif").write_bytes(FILES["a.png"])
    np.testing.assert_array_equal(open_picture(tmp_path / "a.gif").pixels, values(3))


@pytest.mark.parametrize(("width", "height"), [(2**31 - 1, 2**31 - 1), (60_000, 60_000), (0, 5), (10_000, 5_001)])
def test_a_header_that_announces_too_many_pixels_is_refused(width: int, height: int, tmp_path, recwarn) -> None:
    (tmp_path / "a.png").write_bytes(png(values(3), size=(width, height)))
    (tmp_path / "b.bmp").write_bytes(
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    )
    (tmp_path / "c.gif").write_bytes(b"GIF89a" + struct.pack("<HH", width % 65536, height % 65536) + bytes(20))
    _, refusals = open_pictures([tmp_path])
    assert [str(each).split()[0] for each in refusals] == ["a.png", "b.bmp", "c.gif"]
    if width > 10_000:
        assert "the limit is 50000000" in str(refusals[0])
    assert not recwarn


def test_a_tiff_that_announces_too_many_pixels_is_refused(tmp_path) -> None:
    data = by_tifffile(values(1, np.uint8, 20, 30)[..., 0])
    found = data.index(struct.pack("<HHI", 256, 4, 1))
    broken = data[: found + 2] + struct.pack("<HII", 4, 1, 4_000_000_000) + data[found + 12 :]
    (tmp_path / "a.tif").write_bytes(broken)
    assert "4000000000 × 20 = 80000000000 pixels; the limit is 50000000" in refused(tmp_path / "a.tif")


def test_a_tiff_whose_pixels_are_cut_off_is_refused_and_not_filled_with_zeros(tmp_path) -> None:
    data = by_tifffile(values(3, np.uint16), photometric="rgb", compression="zlib")
    (tmp_path / "a.tif").write_bytes(data[:-20])
    assert "a.tif is cut short" in refused(tmp_path / "a.tif")


def test_text_that_unpacks_to_gigabytes_does_not(tmp_path) -> None:
    bomb = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(100_000_000), 9))
    (tmp_path / "a.png").write_bytes(png(values(3), extra=bomb))
    assert "a.png cannot be read as PNG" in refused(tmp_path / "a.png")


def test_a_name_with_control_characters_stays_one_plain_line(tmp_path) -> None:
    path = tmp_path / "a\n\x1b[31mb\u202e.png"
    path.write_bytes(FILES["a.png"])
    name = open_picture(path).name
    assert name.isprintable()
    path.write_bytes(b"x")
    assert refused(path).isprintable()
    assert "\n" not in describe(path)["error"]


def test_a_name_that_is_no_text_is_still_opened_and_told(tmp_path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.webp"))
    try:
        path.write_bytes(FILES["h.webp"])
    except OSError:
        pytest.skip("the file system takes text only")
    open_picture(path).name.encode("utf-8")
    describe(path)["file"].encode("utf-8")


def mutations(data: bytes) -> st.SearchStrategy[bytes]:
    """Some bytes replaced, some cut out, some put in, most of them near the start, where the structure is."""
    place = st.one_of(st.integers(0, min(len(data), 200) - 1), st.integers(0, len(data) - 1))
    change = st.tuples(place, st.integers(0, 3), st.binary(max_size=4))

    def changed(changes: list[tuple[int, int, bytes]]) -> bytes:
        mutated = bytearray(data)
        for at, cut, put in changes:
            mutated[at : at + (cut or len(put))] = put
        return bytes(mutated)

    return st.lists(change, min_size=1, max_size=6).map(changed)


@pytest.fixture
def one_process() -> Iterator[DecodingProcess]:
    with DecodingProcess() as process:
        yield process


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutated_file_is_opened_or_refused(
    name: str, data: st.DataObject, one_process: DecodingProcess, monkeypatch, tmp_path
) -> None:
    monkeypatch.setattr(opening, "DecodingProcess", lambda: nullcontext(one_process))
    path = tmp_path / name
    path.write_bytes(data.draw(mutations(FILES[name])))
    pictures, refusals = open_pictures([path])
    assert pictures or refusals
    assert describe(path)["file"] == str(path)


def test_mutated_files_leave_the_decoding_process_working(tmp_path) -> None:
    rng = np.random.default_rng(0)
    for name in ("h.webp", "i.avif", "j.tif", "f.gif"):
        for number in range(10):
            data = bytearray(FILES[name])
            for at in rng.integers(16, len(data), 8):
                data[at] = rng.integers(256)
            (tmp_path / f"{number}{name}").write_bytes(data)
    (tmp_path / "z.webp").write_bytes(FILES["h.webp"])
    pictures, refusals = open_pictures([tmp_path])
    assert len(pictures) + len(refusals) == 41
    assert pictures[-1].name == "z.webp"
    np.testing.assert_array_equal(pictures[-1].pixels, values(3))


def test_sixteen_bits_are_exact_in_a_noisy_image_of_a_real_size() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 65536, (300, 200), np.uint16)
    found = decode(io.BytesIO(by_pillow(Image.fromarray(pixels), "PNG")), "a", "PNG")
    np.testing.assert_array_equal(found.pixels[..., 0], pixels)
