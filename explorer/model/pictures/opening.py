"""Files and folders to pictures: decided by content, never by name; what cannot be opened stops nothing else."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from explorer import limits
from explorer.model.pictures.archive import ZIP_MAGICS, is_session, opened, pictures_in
from explorer.model.pictures.arrays import NPY_MAGIC, from_array, read_npy
from explorer.model.pictures.decoding import Decoded, decode, image_format, is_quick
from explorer.model.pictures.picture import CHANGEABLE, Picture, check_file, label
from explorer.model.pictures.process import DecodingProcess
from explorer.ops.op import Tick, no_tick
from explorer.refusal import Refusal

Progress = Callable[[int, int], None]

ACCEPTED = "Accepted are PNG, JPEG, WebP, AVIF, TIFF, BMP, GIF, NumPy arrays (.npy, .npz) and folders of them."
MODEL_SUFFIX = ".onnx"

_SMALL_BYTES = 4 << 20
_DIGITS = re.compile(r"(\d+)")


def _no_progress(done: int, total: int) -> None:
    """Nobody watches."""


def open_pictures(
    paths: Sequence[Path | str], *, tick: Tick = no_tick, progress: Progress = _no_progress
) -> tuple[tuple[Picture, ...], tuple[Refusal, ...]]:
    """The pictures of files and folders, and why the others could not be opened.

    A folder gives its files in natural order ("2" before "10"), without hidden ones and without its folders; an .npz
    gives a picture for each of its arrays. At most `limits.batch_images` pictures are opened. `tick` may raise to
    stop; `progress(done, total)` counts files.
    """
    files, refusals = files_of(paths)
    most = limits.current().batch_images
    if len(files) > most:
        refusals.append(
            Refusal("There are {count} files; the limit is {most}, which are opened.", hint=CHANGEABLE,
                    count=len(files), most=most)
        )  # fmt: skip
        del files[most:]
    pictures: list[Picture] = []
    with DecodingProcess() as process:
        for done, path in enumerate(files):
            tick()
            progress(done, len(files))
            try:
                for result in _opened(path, process, tick):
                    if isinstance(result, Refusal):
                        refusals.append(result)
                    elif len(pictures) < most:
                        pictures.append(result)
                    else:
                        raise Refusal("{name} holds more pictures; the limit is {most}.", hint=CHANGEABLE,
                                      name=label(path), most=most)  # fmt: skip
            except Refusal as refusal:
                refusals.append(refusal)
        progress(len(files), len(files))
    return tuple(pictures), tuple(refusals)


def open_picture(path: Path | str, *, tick: Tick = no_tick) -> Picture:
    """The one picture of a file; a Refusal where there is none or more than one."""
    pictures, refusals = open_pictures([path], tick=tick)
    if len(pictures) == 1:
        return pictures[0]
    if refusals:
        raise refusals[0]
    raise Refusal("{name} holds {count} pictures; one is asked for.", name=label(Path(path)), count=len(pictures))


def describe(path: Path | str) -> dict[str, Any]:
    """What one file is; see `descriptions`."""
    return next(descriptions([path]))


def descriptions(paths: Sequence[Path | str]) -> Iterator[dict[str, Any]]:
    """What each file is, ready for JSON: {"file", "size", "kind", …} or {"file", "error"}.

    kind is "image" or "tensor" (format, width, height, channels, shape, dtype, bits, white, minimum and maximum of
    the finite values, notes), "arrays" (the same for each of an .npz), "session" or "model".
    """
    with DecodingProcess() as process:
        for path in map(Path, paths):
            file = {"file": str(path).encode("utf-8", "replace").decode()}
            try:
                yield file | _description(path, process)
            except Refusal as refusal:
                yield file | {"error": str(refusal)}


def _description(path: Path, process: DecodingProcess) -> dict[str, Any]:
    name = label(path)
    with readable(path, name) as (stream, size):
        start = _start(stream)
        file_format = image_format(start)
        if path.suffix.lower() == MODEL_SUFFIX:
            found: dict[str, Any] = {"kind": "model"}
        elif file_format is not None:
            decoded = _decoded(path, stream, size, name, file_format, process, no_tick)
            found = _described(_picture(decoded, path), decoded.file_format, decoded.bits)
        elif start.startswith(ZIP_MAGICS):
            found = _described_archive(stream, name)
        else:
            found = _described(_array(path, stream, start, name, size, no_tick), "NPY")
    return {"size": size} | found


def _described(picture: Picture, file_format: str, bits: int | None = None) -> dict[str, Any]:
    finite = picture.pixels[np.isfinite(picture.pixels)]
    return {
        "kind": picture.kind,
        "format": file_format,
        "width": picture.width,
        "height": picture.height,
        "channels": int(picture.pixels.shape[2 if picture.kind == "image" else 1]),
        "shape": list(picture.pixels.shape),
        "dtype": picture.pixels.dtype.name,
        "bits": bits or picture.pixels.dtype.itemsize * 8,
        "white": picture.white,
        "minimum": finite.min().item() if finite.size else None,
        "maximum": finite.max().item() if finite.size else None,
        "notes": [str(note) for note in picture.notes],
    }


def _described_archive(stream: BinaryIO, name: str) -> dict[str, Any]:
    with opened(stream, name) as archive:
        if is_session(archive):
            return {"kind": "session"}
        found = list(pictures_in(archive, name, None))
    if all(isinstance(each, Refusal) for each in found):
        raise next(each for each in found if isinstance(each, Refusal))
    arrays = [
        {"error": str(each)} if isinstance(each, Refusal) else {"name": each.name} | _described(each, "NPY")
        for each in found
    ]
    return {"kind": "arrays", "format": "NPZ", "arrays": arrays}


def files_of(paths: Sequence[Path | str]) -> tuple[list[Path], list[Refusal]]:
    """The files that are named, those of folders in natural order, and why a folder could not be read."""
    files: list[Path] = []
    refusals = []
    for path in map(Path, paths):
        try:
            if not path.is_dir():
                files.append(path)
                continue
            inside = [each for each in path.iterdir() if not each.name.startswith(".") and not each.is_dir()]
        except (OSError, ValueError) as error:
            refusals.append(_unreadable(label(path), error))
            continue
        if not inside:
            refusals.append(Refusal("The folder {name} holds no file.", name=label(path)))
        files += sorted(inside, key=lambda each: _natural(each.name))
    return files, refusals


def _natural(name: str) -> tuple[list[tuple[int, str]], str]:
    parts = _DIGITS.split(name.casefold())
    return [(int(part) if index % 2 else 0, part) for index, part in enumerate(parts)], name


def _unreadable(name: str, error: Exception) -> Refusal:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Refusal("{name} cannot be read: {reason}.", name=name, reason=reason)


@contextmanager
def readable(path: Path, name: str) -> Iterator[tuple[BinaryIO, int]]:
    """The file, open, and its size; a Refusal for what is no file, what cannot be read and what is too large."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    if not stat.S_ISREG(status.st_mode):  # a pipe or a device would never end
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no ordinary file"
        raise Refusal("{name} is {kind}.", name=name, kind=kind)
    check_file(name, status.st_size)
    try:
        with path.open("rb") as stream:
            yield stream, status.st_size
    except OSError as error:
        raise _unreadable(name, error) from error


def _start(stream: BinaryIO) -> bytes:
    start = stream.read(16)
    stream.seek(0)
    return start


def _opened(path: Path, process: DecodingProcess, tick: Tick) -> Iterator[Picture | Refusal]:
    name = label(path)
    with readable(path, name) as (stream, size):
        start = _start(stream)
        file_format = image_format(start)
        if file_format is not None:
            yield _picture(_decoded(path, stream, size, name, file_format, process, tick), path)
        elif start.startswith(ZIP_MAGICS):
            with opened(stream, name) as archive:
                if is_session(archive):
                    raise Refusal("{name} is a session, not a picture.", name=name)
                yield from pictures_in(archive, name, str(path), tick)
        else:
            yield _array(path, stream, start, name, size, tick)


def _array(path: Path, stream: BinaryIO, start: bytes, name: str, size: int, tick: Tick) -> Picture:
    if not start.startswith(NPY_MAGIC):
        raise Refusal("{name} is no picture or array that is known.", hint=ACCEPTED, name=name)
    return from_array(read_npy(stream, name, size, tick), name, path=str(path), copy=False)


def _decoded(
    path: Path, stream: BinaryIO, size: int, name: str, file_format: str, process: DecodingProcess, tick: Tick
) -> Decoded:
    if size <= _SMALL_BYTES and is_quick(stream, file_format):
        return decode(stream, name, file_format)
    return process.decode(path, name, file_format, tick)


def _picture(decoded: Decoded, path: Path) -> Picture:
    return Picture.of(decoded.pixels, label(path), white=decoded.white, path=str(path), notes=decoded.notes)
