"""A picture: an array in the numbers of its file, and what these numbers mean."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from explorer import limits
from explorer.model.memory import free_memory
from explorer.refusal import Message, Refusal, message, plain

Array = NDArray[Any]
Kind = Literal["image", "tensor"]

CHANGEABLE = "The limit can be changed in Preferences."
_MEANINGS = {1: "grey", 2: "grey+alpha", 3: "rgb", 4: "rgb+alpha"}


@dataclass(frozen=True, slots=True)
class Picture:
    """An image H, W, C or a tensor N, C, H, W; read-only, equal where name, place and numbers are equal.

    name      a label of one plain line
    path      where it came from, for information; never opened again unasked
    pixels    uint8, uint16, another whole type, float32 or float64, as stored; a bit is uint8 0 or 1
    white     the value that stands for white: 1, 255, 65535, 1.0 …
    channels  "grey", "grey+alpha", "rgb", "rgb+alpha" or "channels"
    notes     everything that was done to the numbers of the file, and what is odd about them
    digest    BLAKE2b of shape, type and numbers
    """

    name: str
    path: str | None
    pixels: Array = field(compare=False, repr=False)
    white: float
    kind: Kind
    channels: str
    notes: tuple[Message, ...] = field(hash=False)
    digest: str

    @classmethod
    def of(
        cls,
        pixels: Array,
        name: str,
        *,
        white: float,
        kind: Kind = "image",
        path: str | None = None,
        notes: tuple[Message, ...] = (),
    ) -> Self:
        """A picture that owns `pixels`: the caller keeps no writable view of them."""
        pixels = np.ascontiguousarray(pixels)
        pixels.flags.writeable = False
        digest = hashlib.blake2b(f"{pixels.shape} {pixels.dtype.name} ".encode(), digest_size=32)
        digest.update(pixels.data)
        meaning = _MEANINGS.get(pixels.shape[2], "channels") if kind == "image" else "channels"
        return cls(plain(name), path, pixels, float(white), kind, meaning, notes, digest.hexdigest())

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0 if self.kind == "image" else 2])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1 if self.kind == "image" else 3])


def label(path: Path) -> str:
    """The name of a file as one plain line, also where it is no valid text."""
    return plain((path.name or str(path)).encode("utf-8", "replace").decode())


def check_file(name: str, size: int) -> None:
    """Refuse a file without a byte or above the limit."""
    if size == 0:
        raise Refusal("{name} is empty: it has 0 bytes.", name=name)
    most = limits.current().file_bytes
    if size > most:
        raise Refusal("{name} has {size} bytes; the limit is {most}.", hint=CHANGEABLE, name=name, size=size, most=most)


def check_extent(name: str, height: int, width: int) -> None:
    """Refuse an image without pixels or with more than the limit."""
    if height < 1 or width < 1:
        raise Refusal("{name} is {width} × {height}: it holds no pixels.", name=name, width=width, height=height)
    most = limits.current().pixels
    if height * width > most:
        raise Refusal(
            "{name} has {width} × {height} = {count} pixels; the limit is {most}.",
            hint=CHANGEABLE, name=name, width=width, height=height, count=height * width, most=most,
        )  # fmt: skip


def check_bytes(name: str, size: int) -> None:
    """Refuse an array of `size` bytes above the limit, or above the share of the memory that is still free."""
    most = limits.current().array_bytes
    if size > most:
        raise Refusal(
            "{name} needs {size} bytes; the limit is {most}.", hint=CHANGEABLE, name=name, size=size, most=most
        )
    percent = limits.current().free_memory_percent
    free = free_memory() * percent // 100
    if size > free:
        raise Refusal(
            "{name} needs {size} bytes; {percent} % of the free memory are {free}.",
            hint=CHANGEABLE, name=name, size=size, percent=percent, free=free,
        )  # fmt: skip


def white_of(values: Array, bits: int | None = None) -> float:
    """The value that stands for white: 2^bits − 1 of unsigned numbers up to 16 bits, 1 of real ones.

    Wider and signed numbers hold what fewer bits would: the smallest of 255, 65535 and the greatest number of the
    type that no value exceeds.
    """
    kind = values.dtype
    if kind.kind == "f":
        return 1.0
    if kind in (np.uint8, np.uint16):
        return float((1 << (bits or kind.itemsize * 8)) - 1)
    most = int(values.max())
    return float(next((white for white in (255, 65535) if most <= white), np.iinfo(kind).max))


def oddities(values: Array, white: float) -> tuple[Message, ...]:
    """What to know about numbers whose white is not plain from their type, and about those that are not finite."""
    if values.dtype in (np.uint8, np.uint16):
        return ()
    if values.dtype.kind != "f":
        return (message("{kind} values; {white} stands for white", kind=values.dtype.name, white=f"{white:g}"),)
    notes = []
    nans, infinities = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    if nans or infinities:
        notes.append(message("{nans} NaN and {infinities} infinite values", nans=nans, infinities=infinities))
    return tuple(notes)
