"""Formats with one file for all arrays of a picture. Each array is a step, so that other work comes in between."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Generator, Sequence
from typing import Any, BinaryIO

import numpy as np

from explorer.model.exporting.values import Exported
from explorer.refusal import Refusal

Write = Callable[[BinaryIO, Sequence[Exported]], Generator[None, None, None]]

_TYPES = {"float32": "F32", "float64": "F64", "int64": "I64", "int32": "I32", "uint8": "U8", "int8": "I8"}
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""Equal numbers give equal files."""


def npz(stream: BinaryIO, arrays: Sequence[Exported]) -> Generator[None, None, None]:
    """NumPy's archive, not compressed; `numpy.savez` cannot take every name, such as "file"."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for each in arrays:
            member = zipfile.ZipInfo(f"{each.name}.npy", _FIRST_DAY)
            with archive.open(member, "w", force_zip64=True) as inside:
                np.lib.format.write_array(inside, each.array, allow_pickle=False)
            yield


def safetensors(stream: BinaryIO, arrays: Sequence[Exported]) -> Generator[None, None, None]:
    """Length of the header as uint64, the header as JSON filled up to 8 bytes, then the numbers, little-endian."""
    header: dict[str, Any] = {}
    end = 0
    for each in arrays:
        if each.array.dtype.name not in _TYPES:
            raise Refusal(
                "{name} holds {dtype}; safetensors takes {known}.",
                name=each.name, dtype=each.array.dtype.name, known=", ".join(_TYPES),
            )  # fmt: skip
        start, end = end, end + each.array.nbytes
        header[each.name] = {
            "dtype": _TYPES[each.array.dtype.name], "shape": list(each.array.shape), "data_offsets": [start, end]
        }  # fmt: skip
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    stream.write(len(text).to_bytes(8, "little") + text)
    for each in arrays:
        little = each.array.dtype.newbyteorder("<")
        stream.write(np.ascontiguousarray(each.array, little).data.cast("B"))
        yield


TOGETHER: dict[str, Write] = {"npz": npz, "safetensors": safetensors}
