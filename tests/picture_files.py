"""Small image files of every kind, written by Pillow, by tifffile and by a plain PNG writer."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import tifffile
from PIL import Image

HEIGHT, WIDTH = 13, 17
_PASSES = ((0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1))
_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}


def values(channels: int, dtype: Any = np.uint8, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    rng = np.random.default_rng(channels)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return rng.normal(size=(height, width, channels)).astype(dtype)
    if dtype.kind == "b":
        return rng.random((height, width, channels)) < 0.5
    bounds = np.iinfo(dtype)
    return rng.integers(bounds.min, bounds.max, (height, width, channels), dtype, endpoint=True)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _paeth(a: int, b: int, c: int) -> int:
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def _filtered(rows: np.ndarray, step: int) -> bytes:
    """Each row with another of the five filters of PNG."""
    out = bytearray()
    before = bytes(rows[0].nbytes)
    for number, row in enumerate(rows):
        raw = row.tobytes()
        kind = number % 5
        out.append(kind)
        for at, value in enumerate(raw):
            left, up = (raw[at - step] if at >= step else 0), before[at]
            corner = before[at - step] if at >= step else 0
            out.append((value - (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]) % 256)
        before = raw
    return bytes(out)


def png(
    pixels: np.ndarray, *, interlaced: bool = False, extra: bytes = b"", size: tuple[int, int] | None = None
) -> bytes:
    """An 8- or 16-bit PNG; `size` puts another width and height into its header."""
    height, width, channels = pixels.shape
    stored = pixels.astype(pixels.dtype.newbyteorder(">"))
    parts = [stored[a::b, c::d] for a, b, c, d in _PASSES] if interlaced else [stored]
    data = b"".join(_filtered(part, channels * pixels.dtype.itemsize) for part in parts if part.size)
    head = struct.pack(
        ">IIBBBBB", *(size or (width, height)), pixels.dtype.itemsize * 8, _COLOURS[channels], 0, 0, interlaced
    )
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    )


def by_pillow(image: Image.Image, file_format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, file_format, **options)
    return out.getvalue()


def by_tifffile(pixels: np.ndarray, **options: Any) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, pixels, **options)
    return out.getvalue()


def npy(array: np.ndarray, *, allow_pickle: bool = False) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, allow_pickle=allow_pickle)
    return out.getvalue()


def one_of_each() -> dict[str, bytes]:
    """A small file of every format, by a name that fits."""
    colours = Image.fromarray(values(3))
    archive = io.BytesIO()
    np.savez_compressed(archive, a=values(3), b=values(1, np.float32))
    return {
        "a.png": png(values(3)),
        "b.png": png(values(3, np.uint16), interlaced=True),
        "c.png": by_pillow(colours.quantize(8), "PNG"),
        "d.jpg": by_pillow(colours, "JPEG"),
        "e.jpg": by_pillow(colours, "JPEG", progressive=True),
        "f.gif": by_pillow(colours.quantize(8), "GIF"),
        "g.bmp": by_pillow(colours, "BMP"),
        "h.webp": by_pillow(colours, "WEBP", lossless=True),
        "i.avif": by_pillow(colours, "AVIF"),
        "j.tif": by_tifffile(values(3, np.uint16), photometric="rgb", compression="zlib"),
        "k.tif": by_pillow(colours, "TIFF", compression="tiff_lzw"),
        "l.npy": npy(values(3)),
        "m.npz": archive.getvalue(),
    }
