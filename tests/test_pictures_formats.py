"""What is in an image file is what the layers get: every format, depth and layout, number by number."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from picture_files import HEIGHT, WIDTH, by_pillow, by_tifffile, chunk, one_of_each, png, values
from PIL import Image

from explorer.model.pictures import open_pictures
from explorer.model.pictures.decoding import Decoded, avif_bits, decode, image_format
from explorer.refusal import Refusal


def decoded(data: bytes) -> Decoded:
    file_format = image_format(data[:16])
    assert file_format is not None
    return decode(io.BytesIO(data), "picture", file_format)


def notes(found: Decoded) -> list[str]:
    return [str(note) for note in found.notes]


def assert_holds(found: Decoded, expected: np.ndarray, white: float) -> None:
    np.testing.assert_array_equal(found.pixels, expected)
    assert (found.pixels.dtype, found.white) == (expected.dtype, white)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_keeps_its_channels_and_its_depth(channels: int, dtype: type, interlaced: bool) -> None:
    pixels = values(channels, dtype)
    found = decoded(png(pixels, interlaced=interlaced))
    assert_holds(found, pixels, np.iinfo(dtype).max)
    assert (found.file_format, found.bits, found.notes) == ("PNG", pixels.dtype.itemsize * 8, ())


def test_an_image_of_one_bit_is_zero_and_one() -> None:
    pixels = values(1, bool)
    for file_format, options in (("PNG", {}), ("BMP", {}), ("TIFF", {}), ("TIFF", {"compression": "group4"})):
        found = decoded(by_pillow(Image.fromarray(pixels[..., 0]), file_format, **options))
        assert_holds(found, pixels.astype(np.uint8), 1)
        assert found.bits == 1


@pytest.mark.parametrize("depth", [2, 4])
def test_few_bits_of_grey_are_spread_and_say_so(depth: int) -> None:
    most = (1 << depth) - 1
    row = struct.pack("B", 0b00011011 if depth == 2 else 0x3F)
    count = 8 // depth
    raw = b"\0" + row
    head = struct.pack(">IIBBBBB", count, 1, depth, 0, 0, 0, 0)
    transparent = chunk(b"tRNS", struct.pack(">H", most))
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + transparent + chunk(b"IDAT", zlib.compress(raw))
    found = decoded(data + chunk(b"IEND", b""))
    expected = [0, 85, 170, 255] if depth == 2 else [51, 255]
    assert found.pixels[0, :, 0].tolist() == expected
    assert found.pixels[0, :, 1].tolist() == [0 if value == 255 else 255 for value in expected]
    assert (found.bits, notes(found)[0]) == (depth, f"{depth} bits spread to 0 … 255")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_transparent_colour_of_a_png_becomes_its_alpha(dtype: type) -> None:
    pixels = values(3, dtype)
    transparent = chunk(b"tRNS", struct.pack(">HHH", *pixels[2, 3].tolist()))
    found = decoded(png(pixels, extra=transparent))
    np.testing.assert_array_equal(found.pixels[..., :3], pixels)
    alpha = found.pixels[..., 3]
    assert alpha[2, 3] == 0
    assert (alpha == found.white).sum() == alpha.size - 1
    assert notes(found) == ["its transparent colour made an alpha channel"]


@pytest.mark.parametrize("file_format", ["PNG", "GIF", "BMP", "TIFF"])
def test_a_palette_is_expanded_with_a_note(file_format: str) -> None:
    image = Image.fromarray(values(3)).quantize(16)
    found = decoded(by_pillow(image, file_format))
    assert_holds(found, np.asarray(image.convert("RGB")), 255)
    assert "palette expanded" in notes(found)


@pytest.mark.parametrize(("file_format", "options"), [("BMP", {}), ("WEBP", {"lossless": True}), ("TIFF", {})])
def test_a_lossless_format_gives_back_its_colours(file_format: str, options: dict[str, object]) -> None:
    pixels = values(3)
    assert_holds(decoded(by_pillow(Image.fromarray(pixels), file_format, **options)), pixels, 255)


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_lossy_format_gives_what_its_decoder_gives(file_format: str, channels: int) -> None:
    data = by_pillow(Image.fromarray(values(channels).squeeze()), file_format)
    expected = np.asarray(Image.open(io.BytesIO(data)))
    assert_holds(decoded(data), expected if expected.ndim == 3 else expected[..., None], 255)


@pytest.mark.parametrize("file_format", ["WEBP", "AVIF", "PNG", "TIFF"])
def test_alpha_stays_a_channel(file_format: str) -> None:
    pixels = values(4)
    pixels[..., 3] = 128
    found = decoded(by_pillow(Image.fromarray(pixels), file_format))
    assert found.pixels.shape == (HEIGHT, WIDTH, 4)
    assert abs(found.pixels[..., 3].astype(int) - 128).max() <= 1


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_a_tiff_keeps_its_type_in_every_layout(dtype: type, compression: str | None, planar: str) -> None:
    pixels = values(3, dtype)
    stored = pixels if planar == "contig" else np.moveaxis(pixels, 2, 0)
    data = by_tifffile(stored, photometric="rgb", planarconfig=planar, compression=compression)
    assert_holds(decoded(data), pixels, 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max)


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_a_tiff_in_tiles_of_either_byte_order_is_read(byteorder: str) -> None:
    pixels = values(3, np.uint16, 40, 70)
    data = by_tifffile(pixels, photometric="rgb", tile=(16, 32), byteorder=byteorder, bigtiff=byteorder == ">")
    assert_holds(decoded(data), pixels, 65535)


@pytest.mark.parametrize(
    ("compression", "predictor"),
    [("packbits", 1), ("tiff_lzw", 1), ("tiff_lzw", 2), ("tiff_deflate", 1), ("tiff_deflate", 2)],
)
def test_a_compressed_tiff_keeps_its_bytes(compression: str, predictor: int) -> None:
    pixels = values(3)
    data = by_pillow(Image.fromarray(pixels), "TIFF", compression=compression, tiffinfo={317: predictor})
    assert_holds(decoded(data), pixels, 255)


def lzw(data: bytes) -> bytes:
    """TIFF's LZW with a clear code before every 200 bytes, so that codes stay 9 bits wide."""
    bits = "".join(
        format(256, "09b") + "".join(format(value, "09b") for value in data[at : at + 200])
        for at in range(0, len(data), 200)
    ) + format(257, "09b")
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_tiff_with_lzw_keeps_its_sixteen_bits(channels: int, byteorder: str) -> None:
    pixels = values(channels, np.uint16)
    strip = lzw(pixels.astype(f"{byteorder}u2").tobytes())
    photometric = 1 if channels == 1 else 2
    tags = [(256, WIDTH), (257, HEIGHT), (258, [16] * channels), (259, 5), (262, photometric), (273, 8)]
    tags += [(277, channels), (278, HEIGHT), (279, len(strip))]
    tags += [(338, 2)] if channels == 4 else []
    place = 8 + len(strip)
    extra = b""
    entries = b""
    for tag, value in tags:
        numbers = value if isinstance(value, list) else [value]
        packed = struct.pack(f"{byteorder}{len(numbers)}H", *numbers)
        if len(packed) > 4:
            offset = place + 2 + 12 * len(tags) + 4 + len(extra)
            extra += packed
            packed = struct.pack(f"{byteorder}I", offset)
        entries += struct.pack(f"{byteorder}HHI", tag, 3, len(numbers)) + packed.ljust(4, b"\0")
    start = b"II*\0" if byteorder == "<" else b"MM\0*"
    data = start + struct.pack(f"{byteorder}I", place) + strip
    data += struct.pack(f"{byteorder}H", len(tags)) + entries + bytes(4) + extra
    assert_holds(decoded(data), pixels, 65535)


def test_a_tiff_whose_zero_is_white_is_inverted_with_a_note() -> None:
    for dtype in (np.uint8, np.uint16):
        pixels = values(1, dtype)
        found = decoded(by_tifffile(pixels[..., 0], photometric="miniswhite"))
        assert_holds(found, np.iinfo(dtype).max - pixels, np.iinfo(dtype).max)
        assert notes(found) == ["inverted: 0 stands for white in the file"]


def test_numbers_that_are_not_finite_are_kept_and_counted() -> None:
    pixels = values(1, np.float32)
    pixels[0, 0], pixels[1, 1], pixels[2, 2] = np.nan, np.inf, -np.inf
    found = decoded(by_tifffile(pixels[..., 0]))
    assert_holds(found, pixels, 1)
    assert notes(found) == ["1 NaN and 2 infinite values"]


@pytest.mark.parametrize("dtype", [np.int16, np.uint32])
def test_a_tiff_of_another_whole_type_says_what_stands_for_white(dtype: type) -> None:
    pixels = values(1, dtype)
    found = decoded(by_tifffile(pixels[..., 0]))
    np.testing.assert_array_equal(found.pixels, pixels)
    assert notes(found) == [f"{np.dtype(dtype).name} values; {found.white:g} stands for white"]
    assert found.white >= pixels.max()


def test_a_tiff_of_several_pages_gives_the_first_with_a_note() -> None:
    pages = values(1, np.uint8, 30, 40).reshape(3, 10, 40)
    found = decoded(by_tifffile(pages, photometric="minisblack"))
    assert_holds(found, pages[0][..., None], 255)
    assert notes(found) == ["the first of 3 pages"]


def test_an_animation_gives_the_first_frame_with_a_note() -> None:
    frames = [Image.fromarray(values(3, np.uint8, 8, 8) // (n + 1)) for n in range(4)]
    for file_format in ("GIF", "WEBP", "PNG"):
        data = by_pillow(frames[0], file_format, save_all=True, append_images=frames[1:])
        assert "the first of 4 frames" in notes(decoded(data))


def test_cmyk_is_converted_with_a_note() -> None:
    image = Image.merge("CMYK", Image.fromarray(values(4)).split())
    for file_format in ("JPEG", "TIFF"):
        data = by_pillow(image, file_format)
        found = decoded(data)
        expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
        assert abs(found.pixels - expected).max() <= 1
        assert notes(found) == ["CMYK converted to RGB without a colour profile"]


@pytest.mark.parametrize(("flags", "bits"), [(0x0C, 8), (0x4C, 10), (0x6C, 12)])
def test_the_depth_of_an_avif_is_read_from_its_configuration(flags: int, bits: int) -> None:
    data = bytearray(by_pillow(Image.fromarray(values(3)), "AVIF"))
    assert avif_bits(bytes(data)) == 8
    data[data.index(b"av1C") + 6] = flags
    assert avif_bits(bytes(data)) == bits


def test_floating_point_colours_with_lzw_are_refused_with_what_would_help() -> None:
    data = by_tifffile(values(3, np.float32), photometric="rgb", predictor=False)
    at = data.index(struct.pack("<HHI", 259, 3, 1))
    data = data[: at + 8] + struct.pack("<H", 5) + data[at + 10 :]
    with pytest.raises(Refusal, match="3 channels of float32 in the compression LZW, which is not read"):
        decoded(data)


def test_lab_is_refused_by_name() -> None:
    image = Image.merge("LAB", Image.fromarray(values(3)).split())
    with pytest.raises(Refusal, match=r"picture is stored in .*LAB"):
        decoded(by_pillow(image, "TIFF"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "TIFF", "LZW"])
def test_a_turned_image_stands_upright(file_format: str, orientation: int) -> None:
    image = Image.new("RGB", (32, 16))
    image.paste((255, 0, 0), (0, 0, 16, 8))
    image.paste((0, 255, 0), (16, 0, 32, 8))
    image.paste((0, 0, 255), (0, 8, 16, 16))
    back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    stored = image if back is None else image.transpose(Image.Transpose(back))
    exif = Image.Exif()
    exif[274] = orientation
    if file_format == "LZW":
        data = by_pillow(stored, "TIFF", compression="tiff_lzw", exif=exif)
    elif file_format == "TIFF":
        data = by_tifffile(np.asarray(stored), photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
    else:
        options = {"quality": 100, "subsampling": 0} if file_format == "JPEG" else {"lossless": True}
        data = by_pillow(stored, file_format, exif=exif, **options)
    found = decoded(data)
    assert found.pixels.shape == (16, 32, 3)
    assert abs(found.pixels.astype(int) - np.asarray(image)).max() <= 8
    assert notes(found) == ([] if orientation == 1 else ["turned as its EXIF says"])


def test_a_sixteen_bit_png_is_turned_too() -> None:
    exif = Image.Exif()
    exif[274] = 6
    pixels = values(3, np.uint16)
    found = decoded(png(pixels, extra=chunk(b"eXIf", exif.tobytes()[6:])))
    assert_holds(found, np.rot90(pixels, -1), 65535)


def test_every_format_opens_the_same_from_a_folder(tmp_path) -> None:
    for name, data in one_of_each().items():
        (tmp_path / name).write_bytes(data)
    pictures, refusals = open_pictures([tmp_path])
    assert refusals == ()
    assert [each.name for each in pictures] == [*list(one_of_each())[:-1], "m.npz:a", "m.npz:b"]
    for picture in pictures[:-3]:
        found = decoded(one_of_each()[picture.name])
        assert_holds(found, picture.pixels, picture.white)
        assert notes(found) == [str(note) for note in picture.notes]
        assert picture.path == str(tmp_path / picture.name)
