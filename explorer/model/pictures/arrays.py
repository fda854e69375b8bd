"""Arrays as pictures: from memory and from .npy, whose header is read without evaluating it."""

from __future__ import annotations

import math
import re
import struct
from typing import Any, BinaryIO

import numpy as np

from explorer.model.pictures.picture import Array, Picture, check_bytes, check_extent, oddities, white_of
from explorer.ops.op import Tick, no_tick
from explorer.refusal import Message, Refusal, message

NPY_MAGIC = b"\x93NUMPY"

_SHAPES = "Images are H, W or H, W, C or C, H, W with at most 4 channels; tensors are N, C, H, W."
_TYPES = "Accepted are booleans, whole numbers and real numbers."
_DIMENSIONS = range(2, 5)
_LONGEST_HEADER = 1 << 16
_CHUNK = 8 << 20

_TYPE = re.compile(r"'descr'\s*:\s*'([^']{1,40})'")
_ORDER = re.compile(r"'fortran_order'\s*:\s*(True|False)")
_SHAPE = re.compile(r"'shape'\s*:\s*\(([0-9L,\s]*)\)")
_NUMBERS = re.compile(r"[<>|=]?(\?|b1|[iu][1248]|f(2|4|8|12|16))")


def from_array(
    array: Any, name: str, *, path: str | None = None, notes: tuple[Message, ...] = (), copy: bool = True
) -> Picture:
    """A picture of a NumPy array; `copy=False` hands the array over.

    H, W and H, W, C are images in their own type (a boolean is uint8 0 or 1); C, H, W is turned to H, W, C.
    N, C, H, W is a tensor, taken as it is; whole numbers, booleans and float16 become float32.
    A Refusal names another shape or type, an empty array and one above the limits.
    """
    array = np.asarray(array)
    if array.dtype.kind not in "biuf":
        raise Refusal("{name} holds values of type {kind}.", hint=_TYPES, name=name, kind=array.dtype)
    if array.ndim not in _DIMENSIONS:
        raise Refusal("{name} has the shape {shape}.", hint=_SHAPES, name=name, shape=array.shape)
    if array.size == 0:
        raise Refusal("{name} is empty: its shape is {shape}.", name=name, shape=array.shape)
    kept = _kind_kept(array.dtype, tensor=array.ndim == 4)
    check_bytes(name, array.size * kept.itemsize)
    if kept.name != array.dtype.name:
        notes += (message("{old} values converted to {new}", old=array.dtype.name, new=kept.name),)
    if array.ndim == 4:
        pixels = _converted(array, kept, copy)
        return Picture.of(pixels, name, white=1.0, kind="tensor", path=path, notes=notes + oddities(pixels, 1.0))
    array, turned = _rows_columns_channels(array, name)
    check_extent(name, array.shape[0], array.shape[1])
    pixels = _converted(array, kept, copy)
    white = 1.0 if array.dtype.kind == "b" else white_of(pixels)
    return Picture.of(pixels, name, white=white, path=path, notes=notes + turned + oddities(pixels, white))


def _kind_kept(kind: np.dtype[Any], *, tensor: bool) -> np.dtype[Any]:
    if kind.kind == "f":
        return np.dtype(np.float32 if kind.itemsize <= 4 else np.float64)
    if tensor:
        return np.dtype(np.float32)
    return np.dtype(np.uint8) if kind.kind == "b" else kind.newbyteorder("=")


def _converted(array: Array, kind: np.dtype[Any], copy: bool) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array(array, dtype=kind, order="C", copy=True if copy else None)


def _rows_columns_channels(array: Array, name: str) -> tuple[Array, tuple[Message, ...]]:
    if array.ndim == 2:
        return array[..., None], ()
    if array.shape[2] <= 4:
        return array, ()
    if array.shape[0] <= 4:
        return np.moveaxis(array, 0, 2), (message("axes C, H, W turned to H, W, C"),)
    raise Refusal("{name} has the shape {shape}.", hint=_SHAPES, name=name, shape=array.shape)


def read_npy(
    stream: BinaryIO, name: str, available: int, tick: Tick = no_tick, dimensions: range = _DIMENSIONS
) -> Array:
    """The array of an .npy stream of `available` bytes; size and type are checked before memory is taken."""
    kind, fortran, shape, header = _header(stream, name, dimensions)
    size = math.prod(shape) * kind.itemsize
    check_bytes(name, size)
    if size > available - header:
        raise Refusal(
            "{name} is cut short: it holds {held} of {size} bytes.", name=name, held=available - header, size=size
        )
    raw = np.empty(size, np.uint8)
    view = memoryview(raw.data)
    at = 0
    while at < size:
        tick()
        read = stream.read(min(_CHUNK, size - at))
        if not read:
            raise Refusal("{name} is cut short: it holds {held} of {size} bytes.", name=name, held=at, size=size)
        view[at : at + len(read)] = read
        at += len(read)
    return raw.view(kind).reshape(shape, order="F" if fortran else "C")


def _header(stream: BinaryIO, name: str, dimensions: range) -> tuple[np.dtype[Any], bool, tuple[int, ...], int]:
    """Type, whether columns come first, shape, and the bytes that the header takes."""
    start = stream.read(8)
    if len(start) < 8 or not start.startswith(NPY_MAGIC) or start[6] not in (1, 2, 3):
        raise Refusal("{name} is not an .npy file of version 1, 2 or 3.", name=name)
    count = 2 if start[6] == 1 else 4
    field = stream.read(count)
    length = struct.unpack("<H" if count == 2 else "<I", field)[0] if len(field) == count else 0
    if not 0 < length <= _LONGEST_HEADER:
        raise Refusal(
            "{name} has a header of {length} bytes; it takes 1 to {most}.",
            name=name, length=length, most=_LONGEST_HEADER,
        )  # fmt: skip
    text = stream.read(length).decode("latin-1")
    described, order, extents = _TYPE.search(text), _ORDER.search(text), _SHAPE.search(text)
    if described is None:
        raise Refusal("{name} holds values of type {kind}.", hint=_TYPES, name=name, kind="record or unknown")
    if _NUMBERS.fullmatch(described[1]) is None:
        raise Refusal("{name} holds values of type {kind}.", hint=_TYPES, name=name, kind=described[1])
    if order is None or extents is None:
        raise Refusal("{name} has a damaged header: {text}", name=name, text=text.strip())
    parts = [part.strip().removesuffix("L") for part in extents[1].split(",")]
    if any(len(part) > 18 or not part.isdigit() for part in parts if part) or "" in parts[:-1]:
        raise Refusal("{name} has the shape ({shape}).", hint=_SHAPES, name=name, shape=extents[1])
    shape = tuple(int(part) for part in parts if part)
    if len(shape) not in dimensions:
        hint = _SHAPES if dimensions == _DIMENSIONS else ""
        raise Refusal("{name} has the shape {shape}.", hint=hint, name=name, shape=shape)
    if math.prod(shape) == 0:
        raise Refusal("{name} is empty: its shape is {shape}.", name=name, shape=shape)
    return _numbers(described[1], name), order[1] == "True", shape, 8 + count + length


def _numbers(described: str, name: str) -> np.dtype[Any]:
    try:
        return np.dtype(described)
    except TypeError as error:  # long double has another width on another machine
        raise Refusal("{name} holds values of type {kind}.", hint=_TYPES, name=name, kind=described) from error
