"""Image files to arrays, in their own depth, with Pillow. Only listed formats are ever tried; content decides.

Pillow keeps 8 of the 16 bits of colour. A row is unfiltered and decompressed before it is unpacked, so the same file
unpacked once for the high bytes and once for the low bytes gives all 16, interlaced and tiled files included.
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass
from importlib import import_module
from typing import BinaryIO, cast

import numpy as np
from PIL import Image, ImageFile

from explorer.model.pictures.picture import Array, check_bytes, check_extent, white_of
from explorer.refusal import Message, Refusal, message

# The limits of the program are checked instead; a warning about an odd file is no news for the person.
Image.MAX_IMAGE_PIXELS = None
warnings.filterwarnings("ignore", module=r"PIL\.")

_OPENERS = {
    "PNG": ("PngImagePlugin", "PngImageFile"),
    "JPEG": ("JpegImagePlugin", "jpeg_factory"),
    "WEBP": ("WebPImagePlugin", "WebPImageFile"),
    "AVIF": ("AvifImagePlugin", "AvifImageFile"),
    "TIFF": ("TiffImagePlugin", "TiffImageFile"),
    "BMP": ("BmpImagePlugin", "BmpImageFile"),
    "GIF": ("GifImagePlugin", "GifImageFile"),
}
_ORIENTATION = 274
_LOW_BYTES = {
    "RGB;16B": "RGB;16L",
    "RGB;16L": "RGB;16B",
    "RGB;16N": "RGB;16B" if sys.byteorder == "little" else "RGB;16L",
    "RGBA;16B": "RGBA;16L",
    "RGBA;16L": "RGBA;16B",
    "RGBA;16N": "RGBA;16B" if sys.byteorder == "little" else "RGBA;16L",
}
_KEPT = {"1", "L", "LA", "RGB", "RGBA", "I", "F"}
_CONVERTED = {
    "CMYK": ("RGB", "CMYK converted to RGB without a colour profile"),
    "YCbCr": ("RGB", "YCbCr converted to RGB"),
    "RGBX": ("RGB", "an unused fourth channel left out"),
    "PA": ("RGBA", "palette expanded"),
    "La": ("LA", "divided by the alpha that it was multiplied with"),
    "RGBa": ("RGBA", "divided by the alpha that it was multiplied with"),
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pixels H, W, C in the type of the file; `bits` a channel and the name of the format are for `describe`."""

    pixels: Array
    white: float
    notes: tuple[Message, ...]
    file_format: str
    bits: int


def image_format(start: bytes) -> str | None:
    """The format that the first 16 bytes of a file announce, in Pillow's name for it."""
    for magic, name in (
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"GIF87a", "GIF"),
        (b"GIF89a", "GIF"),
        (b"BM", "BMP"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"II+\0", "TIFF"),
        (b"MM\0+", "TIFF"),
    ):
        if start.startswith(magic):
            return name
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    if start[4:8] == b"ftyp" and start[8:12] in (b"avif", b"avis", b"mif1", b"msf1"):
        return "AVIF"
    return None


def is_quick(stream: BinaryIO, file_format: str) -> bool:
    """Whether a small file decodes in the time of its pixels: PNG, BMP, and JPEG with few scans."""
    if file_format == "JPEG":
        stream.seek(0)
        # A scan may code one bit of every coefficient: 100 kB of them keep a processor busy for half a minute.
        if stream.read().count(b"\xff\xda") > 4:
            return False
    elif file_format not in ("PNG", "BMP"):
        return False
    try:
        width, height = _opened(stream, file_format).size
    except Exception:
        return True
    return width * height <= 1_000_000


def decode(stream: BinaryIO, name: str, file_format: str) -> Decoded:
    """The first image of a file of this format; a Refusal names the file and what is wrong with it."""
    try:
        stream.seek(0)
        if file_format == "TIFF":
            from explorer.model.pictures.tiff import decode_tiff

            return decode_tiff(stream, name)
        return decode_with_pillow(stream, name, file_format)
    except Refusal:
        raise
    except Exception as error:  # what a codec raises on a damaged file is of no fixed type
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise Refusal(
            "{name} cannot be read as {format}: {reason}.", name=name, format=file_format, reason=reason
        ) from error


def decode_with_pillow(stream: BinaryIO, name: str, file_format: str) -> Decoded:
    """As `decode`; raises what Pillow raises."""
    image = _opened(stream, file_format)
    check_extent(name, image.height, image.width)
    check_bytes(name, image.height * image.width * 4)
    extent = image.size
    rawmode = _rawmode(image)
    notes: list[Message] = []
    bits = 1 if image.mode == "1" else 8
    if ";16" in rawmode and image.mode in ("RGB", "RGBA"):
        check_bytes(name, image.height * image.width * 8)
        pixels, bits = _sixteen_bits(stream, file_format, image, name, rawmode), 16
        orientation, transparent, frames = _facts(image)
    else:
        image.load()
        orientation, transparent, frames = _facts(image)
        pixels = _pixels(image, name, notes)
        transparent = None if image.mode == "P" else transparent
        bits = max(bits, pixels.dtype.itemsize * 8) if bits > 1 else 1
    if extent not in ((pixels.shape[1], pixels.shape[0]), (pixels.shape[0], pixels.shape[1])):
        raise Refusal("{name} changed its size while it was read.", name=name)
    white = 1.0 if bits == 1 else white_of(pixels)
    if file_format == "PNG":
        bits, transparent = _small_depth(stream, bits, transparent, notes)
    if file_format == "AVIF":
        stream.seek(0)
        if (stored := avif_bits(stream.read(1 << 16))) > 8:
            notes.append(message("{bits} bits reduced to 8", bits=stored))
    if transparent is not None:
        pixels = _with_alpha(pixels, transparent, white)
        notes.append(message("its transparent colour made an alpha channel"))
    if frames > 1:
        notes.append(message("the first of {count} frames", count=frames))
    return Decoded(turned(pixels, orientation), white, tuple(notes + noted_turn(orientation)), file_format, bits)


def _opened(stream: BinaryIO, file_format: str) -> ImageFile.ImageFile:
    """The header, read by the plugin of this format; `Image.open` would import five others first, for 20 ms."""
    plugin, opener = _OPENERS[file_format]
    stream.seek(0)
    return cast(ImageFile.ImageFile, getattr(import_module(f"PIL.{plugin}"), opener)(stream))


def _rawmode(image: ImageFile.ImageFile) -> str:
    arguments = image.tile[0].args if image.tile else ""
    found = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return found if isinstance(found, str) else ""


def _facts(image: ImageFile.ImageFile) -> tuple[int, object, int]:
    orientation = image.getexif().get(_ORIENTATION, 1)
    return orientation, image.info.get("transparency"), getattr(image, "n_frames", 1)


def _sixteen_bits(stream: BinaryIO, file_format: str, image: ImageFile.ImageFile, name: str, rawmode: str) -> Array:
    """All 16 bits of RGB, RGBA and grey with alpha."""
    if rawmode == "LA;16B":  # four bytes a pixel, as of RGBA
        raw = _unpacked(image, "RGBA")
        return np.ascontiguousarray(raw).view(">u2").astype(np.uint16)
    if rawmode not in _LOW_BYTES:
        raise Refusal("{name} holds 16-bit colours in the layout {layout}, which is not read.", name=name,
                      layout=rawmode)  # fmt: skip
    pixels = _unpacked(image, rawmode).astype(np.uint16)
    pixels <<= 8
    pixels |= _unpacked(_opened(stream, file_format), _LOW_BYTES[rawmode])
    return pixels


def _unpacked(image: ImageFile.ImageFile, rawmode: str) -> Array:
    image.tile = [
        tile._replace(args=(rawmode, *tile.args[1:]) if isinstance(tile.args, tuple) else rawmode)
        for tile in image.tile
    ]
    image.load()
    return np.asarray(image)


def _pixels(image: Image.Image, name: str, notes: list[Message]) -> Array:
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
        notes.append(message("palette expanded"))
    elif image.mode in _CONVERTED:
        mode, note = _CONVERTED[image.mode]
        image = image.convert(mode)
        notes.append(message(note))
    elif image.mode not in _KEPT and not image.mode.startswith("I;16"):
        raise Refusal("{name} is stored in {mode}.", hint="Saved as RGB it can be opened.", name=name, mode=image.mode)
    pixels = np.asarray(image)
    pixels = pixels.astype(np.uint8 if pixels.dtype == bool else pixels.dtype.newbyteorder("="), copy=False)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def _small_depth(stream: BinaryIO, bits: int, transparent: object, notes: list[Message]) -> tuple[int, object]:
    """Bits of the PNG header; 2 and 4 of them were spread to 8, but not those of the transparent colour."""
    stream.seek(24)
    depth, colour = stream.read(2)
    if colour != 0 or depth not in (2, 4):
        return (bits if colour == 3 else depth), transparent
    notes.append(message("{bits} bits spread to 0 … 255", bits=depth))
    spread = 255 // ((1 << depth) - 1)
    return depth, transparent * spread if isinstance(transparent, int) else transparent


def _with_alpha(pixels: Array, transparent: object, white: float) -> Array:
    colour = np.atleast_1d(np.array(transparent, np.int64))
    if white == 1.0:
        colour = (colour > 0).astype(np.int64)
    alpha = np.where((pixels == colour).all(axis=2, keepdims=True), 0, int(white))
    return np.concatenate([pixels, alpha.astype(pixels.dtype)], axis=2)


def avif_bits(start: bytes) -> int:
    """Bits a channel that the configuration record of an AVIF announces; Pillow gives 8 of them."""
    at = start.find(b"av1C")
    flags = start[at + 6] if 0 <= at < len(start) - 6 else 0
    return (12 if flags & 0x20 else 10) if flags & 0x40 else 8


def noted_turn(orientation: int) -> list[Message]:
    """The note for an image that is stored turned or mirrored."""
    return [message("turned as its EXIF says")] if orientation in range(2, 9) else []


def turned(pixels: Array, orientation: int) -> Array:
    """The image upright: EXIF orientations 2 to 8 mirror, turn or both."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
