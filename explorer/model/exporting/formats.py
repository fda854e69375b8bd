"""Formats with a file, or a folder of files, for every array.

Arrays are N, C, H, W; what has fewer axes, such as a gradient of a bias, is taken to have axes of 1 in front.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np

from explorer.model.exporting.naming import Names
from explorer.model.exporting.values import Exported
from explorer.model.writing import made_folder, written
from explorer.ops.op import Array
from explorer.refusal import Refusal

Write = Callable[[Path, Exported, dict[str, Any]], tuple[Path, ...]]
"""(folder, array, its description, which may be added to) -> the files"""

_WHITE = 65535
_MOST_EXACT = 1 << 24
"""Up to here float32 holds every whole number."""


def four_axes(array: Array) -> Array:
    """N, C, H, W with axes of 1 in front of those that there are."""
    return array.reshape((1,) * (4 - array.ndim) + array.shape)


def npy(folder: Path, each: Exported, about: dict[str, Any]) -> tuple[Path, ...]:
    """NumPy's own format: the array bit for bit."""
    path = folder / f"{each.name}.npy"
    with written(path) as stream:
        np.lib.format.write_array(stream, each.array, allow_pickle=False)
    return (path,)


def tiff(folder: Path, each: Exported, about: dict[str, Any]) -> tuple[Path, ...]:
    """A float32 hyperstack of ImageJ: N is its time axis, the maps are its channels and carry their labels."""
    import tifffile

    array = each.array
    if array.dtype.kind != "f":
        _check_whole(each, about)
    array = np.ascontiguousarray(four_axes(array), np.float32)
    metadata: dict[str, Any] = {"axes": "TCYX" if len(array) > 1 else "CYX", "mode": "grayscale"}
    if about["minimum"] is not None:
        metadata |= {"min": float(about["minimum"]), "max": float(about["maximum"])}
    if each.labels:
        metadata["Labels"] = list(each.labels) * len(array)
    path = folder / f"{each.name}.tif"
    shown = array if len(array) > 1 else array[0]
    buffer = BytesIO()  # a nameless file is nothing that tifffile takes
    tifffile.imwrite(buffer, shown, imagej=True, photometric="minisblack", metadata=metadata)
    with written(path) as stream:
        stream.write(buffer.getbuffer())
    return (path,)


def _check_whole(each: Exported, about: dict[str, Any]) -> None:
    most = max(abs(about["minimum"]), abs(about["maximum"]))
    if most > _MOST_EXACT:
        raise Refusal(
            "{name} holds the whole number {value}; ImageJ's float32 is exact up to {limit}.",
            name=each.name, value=most, limit=_MOST_EXACT, hint="Export it as npy or npz.",
        )  # fmt: skip


def png(folder: Path, each: Exported, about: dict[str, Any]) -> tuple[Path, ...]:
    """A grey image of 16 bits for every map, 0 … 65535 over the array's least … greatest finite value.

    NaN becomes 0; infinities become the ends. `about` gets the range and the file of every map.
    """
    from PIL import Image

    low, high = float(about["minimum"] or 0), float(about["maximum"] or 0)
    about["range"] = [low, high]
    inside = made_folder(folder / each.name)
    names = Names()
    maps = four_axes(each.array)
    paths = []
    for n, c in np.ndindex(maps.shape[:2]):
        label = each.labels[c] if each.labels else ""
        number = f"{n}-{c}" if len(maps) > 1 else f"{c}"
        path = inside / f"{names.take(f'{number} {label}'.rstrip())}.png"
        with written(path, durable=False) as stream:
            Image.fromarray(_sixteen_bits(maps[n, c], low, high)).save(stream, "PNG", compress_level=3)
        paths.append(path)
    return tuple(paths)


def _sixteen_bits(values: Array, low: float, high: float) -> Array:
    """Halves, so that a range beyond the largest number is one too."""
    span = high / 2 - low / 2
    shares = (values.astype(np.float64) / 2 - low / 2) / span if span > 0 else np.zeros(values.shape)
    return np.asarray(np.rint(np.nan_to_num(shares, nan=0.0).clip(0, 1) * _WHITE), np.uint16)


def csv(folder: Path, each: Exported, about: dict[str, Any]) -> tuple[Path, ...]:
    """Columns n, c, y, x, value; a value is the shortest decimal that gives the same float64."""
    path = folder / f"{each.name}.csv"
    with written(path) as stream:
        text = TextIOWrapper(stream, "ascii", newline="\n", write_through=True)
        text.write("n,c,y,x,value\n")
        maps = four_axes(each.array)
        for n, c, y in np.ndindex(maps.shape[:3]):
            row = maps[n, c, y].tolist()
            text.write("".join([f"{n},{c},{y},{x},{value!r}\n" for x, value in enumerate(row)]))
        text.detach()
    return (path,)


SEPARATE: dict[str, Write] = {"npy": npy, "tiff": tiff, "png": png, "csv": csv}
