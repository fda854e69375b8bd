"""TIFF in every depth: tifffile for what it reads by itself, Pillow for LZW, JPEG and fax compression."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import tifffile

from explorer.model.pictures.decoding import Decoded, decode_with_pillow, noted_turn, turned
from explorer.model.pictures.picture import Array, check_bytes, check_extent, oddities, white_of
from explorer.refusal import Message, Refusal, message

_MINISWHITE, _MINISBLACK, _RGB, _PALETTE, _SEPARATED, _YCBCR = 0, 1, 2, 3, 5, 6
_OWN_COMPRESSIONS = {1, 8, 32773, 32946}  # none, deflate, packbits, old deflate
_PREDICTORS = {1, 2}
_ORIENTATION = 274
_PREMULTIPLIED = 1


def decode_tiff(stream: BinaryIO, name: str) -> Decoded:
    """The first page of a TIFF; raises what the libraries raise."""
    size = stream.seek(0, 2)
    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        page = file.pages.first
        if not isinstance(page, tifffile.TiffPage):
            raise Refusal("{name} holds no page.", name=name)
        check_extent(name, page.imagelength, page.imagewidth)
        if page.dtype is None:
            raise Refusal("{name} holds values of {bits} bits in sample format {format}.", name=name,
                          bits=page.bitspersample, format=page.sampleformat)  # fmt: skip
        check_bytes(name, int(np.prod(page.shape, dtype=object)) * page.dtype.itemsize)
        if not _readable(page):
            return _by_pillow(stream, name, page)
        segments = zip(page.dataoffsets, page.databytecounts, strict=True)
        if any(offset + count > size for offset, count in segments):
            raise Refusal("{name} is cut short: its pixels reach beyond its {size} bytes.", name=name, size=size)
        notes: list[Message] = []
        pixels, white = _pixels(page, name, notes)
        orientation = _orientation(page)
        if len(file.pages) > 1:
            notes.append(message("the first of {count} pages", count=len(file.pages)))
        notes += [*noted_turn(orientation), *oddities(pixels, white)]
        return Decoded(turned(pixels, orientation), white, tuple(notes), "TIFF", int(page.bitspersample))


def _orientation(page: tifffile.TiffPage) -> int:
    value = page.tags.valueof(_ORIENTATION, default=1)
    return value if isinstance(value, int) else 1


def _readable(page: tifffile.TiffPage) -> bool:
    return (
        page.compression in _OWN_COMPRESSIONS
        and page.predictor in _PREDICTORS
        and page.photometric != _YCBCR
        and (page.dtype is not None and page.bitspersample in (1, 8, 16, 32, 64))
    )


def _by_pillow(stream: BinaryIO, name: str, page: tifffile.TiffPage) -> Decoded:
    try:
        decoded = decode_with_pillow(stream, name, "TIFF")
    except SyntaxError as error:  # Pillow's word for a layout that it does not know
        raise Refusal(
            "{name} holds {count} channels of {kind} in the compression {compression}, which is not read.",
            hint="Saved with deflate or without compression it can be opened.",
            name=name, count=page.samplesperpixel, kind=page.dtype,
            compression=getattr(page.compression, "name", page.compression),
        ) from error  # fmt: skip
    pixels, white, notes, bits = decoded.pixels, decoded.white, list(decoded.notes), int(page.bitspersample)
    if pixels.dtype == np.uint16:
        white = white_of(pixels, bits)
        if page.photometric == _MINISWHITE:
            pixels = _inverted(pixels, white, notes)
    notes += noted_turn(_orientation(page))  # Pillow has turned it, and forgotten that it did
    return Decoded(pixels, white, (*notes, *oddities(pixels, white)), "TIFF", bits)


def _pixels(page: tifffile.TiffPage, name: str, notes: list[Message]) -> tuple[Array, float]:
    pixels = page.asarray(maxworkers=1)
    if page.axes == "SYX":
        pixels = np.moveaxis(pixels, 0, 2)
    elif page.axes == "YX":
        pixels = pixels[..., None]
    elif page.axes != "YXS":
        raise Refusal("{name} has the axes {axes}; read are YX, YXS and SYX.", name=name, axes=page.axes)
    white = 1.0 if pixels.dtype == bool else white_of(pixels, int(page.bitspersample))
    pixels = _plain_type(pixels, notes)
    photometric = int(page.photometric)
    if photometric == _PALETTE and page.colormap is not None:
        notes.append(message("palette expanded"))
        colours = _eight_bits(np.moveaxis(page.colormap, 0, 1))
        return colours[pixels[..., 0]], white_of(colours)
    if photometric == _MINISWHITE:
        return _inverted(pixels, white, notes), white
    if photometric == _SEPARATED and pixels.shape[2] == 4:
        notes.append(message("CMYK converted to RGB without a colour profile"))
        return _from_cmyk(pixels, white), white
    if photometric not in (_MINISBLACK, _RGB):
        raise Refusal("{name} is stored in {mode}.", hint="Saved as RGB it can be opened.", name=name,
                      mode=getattr(page.photometric, "name", page.photometric))  # fmt: skip
    count = 3 if photometric == _RGB else 1
    if pixels.shape[2] == count + 1:
        if page.extrasamples and page.extrasamples[0] == _PREMULTIPLIED:
            notes.append(message("multiplied with its alpha, left so"))
        elif not page.extrasamples or page.extrasamples[0] == 0:
            notes.append(message("channel {count} taken as alpha", count=count + 1))
    return pixels, white


def _eight_bits(colours: Array) -> Array:
    """A TIFF palette has 16 bits a colour; 8 where nothing is lost."""
    if not (colours % 257).any():
        return (colours // 257).astype(np.uint8)
    return (colours >> 8).astype(np.uint8) if not (colours & 255).any() else colours


def _plain_type(pixels: Array, notes: list[Message]) -> Array:
    if pixels.dtype.kind == "c":
        raise Refusal("The values are complex numbers.", hint="Accepted are whole and real numbers.")
    kind = np.dtype(np.uint8) if pixels.dtype == bool else pixels.dtype.newbyteorder("=")
    if kind == np.float16:
        notes.append(message("{old} values converted to {new}", old="float16", new="float32"))
        kind = np.dtype(np.float32)
    return pixels.astype(kind)


def _inverted(pixels: Array, white: float, notes: list[Message]) -> Array:
    if pixels.dtype.kind != "u":
        notes.append(message("0 stands for white in the file, left so"))
        return pixels
    notes.append(message("inverted: 0 stands for white in the file"))
    return np.asarray(pixels.dtype.type(white) - pixels)


def _from_cmyk(pixels: Array, white: float) -> Array:
    """R = (white − C)·(white − K) / white, and so on."""
    bare = white - pixels.astype(np.float64)
    colours = bare[..., :3] * bare[..., 3:] / white
    return colours.astype(pixels.dtype) if pixels.dtype.kind == "f" else np.rint(colours).astype(pixels.dtype)
