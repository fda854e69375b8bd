"""The crossovers that were measured on this machine: one small file in the folder of the person's data.

They are kept by processor, threads and version of the program: those of another machine, or of other kernels, say
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from explorer import __version__
from explorer.model.processor import processor
from explorer.model.writing import write
from explorer.ops.convolution_method import NEVER
from explorer.refusal import Refusal
from kernels._jit import threads

__all__ = ["Calibration", "keep", "kept", "machine"]

_NAME = "calibration.json"
_MOST_BYTES = 1 << 16
_MOST_MACHINES = 32
_Size = Annotated[int, msgspec.Meta(ge=1, le=NEVER)]


class _Sizes(msgspec.Struct, forbid_unknown_fields=True):
    channels: _Size
    products: _Size
    bulk: _Size
    large: _Size
    fft: _Size
    fft_of_more: _Size
    # Not in what earlier kernels were measured with.
    rows: _Size | msgspec.UnsetType = msgspec.UNSET
    field: _Size | msgspec.UnsetType = msgspec.UNSET


class _Kept(msgspec.Struct):
    measured: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    crossovers: _Sizes


class _File(msgspec.Struct):
    machines: dict[str, _Kept]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Crossovers by their names (`kernels.convolution_methods.Crossovers`), and the day on which they were measured."""

    crossovers: Mapping[str, int]
    measured: str


def machine() -> str:
    """The processor, its threads that are used, and the version of the program."""
    return f"{processor()} · {threads()} threads · {__version__}"


def kept(folder: Path, of: str = "") -> Calibration | None:
    """What was measured on a machine ("": this one), or None; a Refusal for a file that cannot be read."""
    machines = _read(folder).machines
    # Some systems run a program to tell what processor they have.
    found = machines.get(of or machine()) if machines else None
    if found is None:
        return None
    sizes = msgspec.structs.asdict(found.crossovers).items()
    return Calibration({name: size for name, size in sizes if size is not msgspec.UNSET}, found.measured)


def keep(folder: Path, of: str, calibration: Calibration) -> None:
    """Add it to the file, whole or not at all; a file that cannot be read is replaced."""
    try:
        machines = dict(_read(folder).machines)
    except Refusal:
        machines = {}
    machines.pop(of, None)
    machines[of] = _Kept(calibration.measured, msgspec.convert(dict(calibration.crossovers), _Sizes))
    newest = dict(list(machines.items())[-_MOST_MACHINES:])
    write(folder / _NAME, msgspec.json.format(msgspec.json.encode(_File(newest))))


def _read(folder: Path) -> _File:
    path = folder / _NAME
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return _File({})
    except OSError as error:
        raise _unreadable(path, error.strerror or error) from error
    if len(text) > _MOST_BYTES:
        raise _unreadable(path, f"more than {_MOST_BYTES} bytes")
    try:
        return msgspec.json.decode(text, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, reason: object) -> Refusal:
    return Refusal(
        "What was measured on this machine cannot be read from {path}: {reason}.",
        path=path,
        reason=reason,
        hint="The program goes on with the crossovers that come with it.",
    )
