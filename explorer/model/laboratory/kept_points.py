"""Sets of points that searches found, kept in one file of the person's data, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from explorer import limits
from explorer.model.derivation import reading
from explorer.model.derivation.problem import Fractions, Point
from explorer.model.laboratory.accuracy import Arithmetic
from explorer.model.writing import write
from explorer.refusal import Refusal
from kernels.algebra.summation import Order

__all__ = ["Kept", "file", "keep", "kept", "with_set", "without"]

NAME = "points.json"
_VERSION = 1
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A set for F(m, r), ∞ last, and how it was found.

    mean, deviation  its error on fresh tiles, and how far single seeds lie from it
    against          the error of the best known set on the same tiles, None where it failed; `reference` is its key
    tried            sets that the search tried
    date             such as 2026-11-26
    """

    m: int
    r: int
    points: tuple[Point, ...]
    directions: Literal[1, 2]
    arithmetic: Arithmetic
    order: Order
    fractions: Fractions
    mean: float
    deviation: float
    score: float
    reference: str
    against: float | None
    seed: int
    tried: int
    date: str

    @property
    def same(self) -> tuple[object, ...]:
        """What two findings share that are one set for one purpose."""
        return self.m, self.r, frozenset(self.points), self.directions, self.arithmetic, self.order, self.fractions


def file() -> Path:
    """Where they are kept; a Refusal where there can be no such folder."""
    from explorer.places import data_folder

    return data_folder() / NAME


def kept(path: Path) -> tuple[Kept, ...]:
    """The sets in a file, none where there is none; what is no set is passed over. A Refusal for a damaged file."""
    try:
        with path.open("rb") as opened:
            data = opened.read(limits.current().json_bytes + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise Refusal("{path} cannot be read: {reason}.", path=path, reason=error.strerror or error) from error
    if len(data) > limits.current().json_bytes:
        raise Refusal(
            "{path} has more than {limit} bytes, the limit of a JSON document.",
            path=path,
            limit=limits.current().json_bytes,
        )
    try:
        found = json.loads(data)
        sets = found["sets"] if found["version"] == _VERSION else None
    except (ValueError, RecursionError, TypeError, KeyError):
        sets = None
    if not isinstance(sets, list):
        raise Refusal("{path} holds no sets of points that this version can read.", path=path)
    return tuple(each for each in map(_read, sets[:_MOST]) if each is not None)


def keep(path: Path, sets: Iterable[Kept]) -> None:
    """Put sets into a file; one that cannot be read is put aside first. A Refusal where it cannot be written."""
    try:
        kept(path)
    except Refusal:
        with suppress(OSError):
            path.replace(path.with_suffix(".damaged.json"))
    rows = [{**asdict(each), "points": list(map(str, each.points))} for each in sets]
    write(path, json.dumps({"version": _VERSION, "sets": rows}, indent=1).encode())


def with_set(sets: Iterable[Kept], new: Kept) -> tuple[Kept, ...]:
    """With another set in front; it takes the place of what is the same."""
    return (new, *(each for each in sets if each.same != new.same))[:_MOST]


def without(sets: Iterable[Kept], old: Kept) -> tuple[Kept, ...]:
    """The others."""
    return tuple(each for each in sets if each != old)


_KNOWN: dict[str, tuple[object, ...]] = {
    "directions": (1, 2),
    "arithmetic": ("float32", "float16"),
    "order": ("rows", "huffman", "shared"),
    "fractions": ("G", "A", "B", "F"),
}


def _read(row: Any) -> Kept | None:
    try:
        values = {each.name: row[each.name] for each in fields(Kept)}
        points = tuple(reading.point(each) for each in values["points"])
        made = Kept(**{**values, "points": points})
    except (TypeError, KeyError, Refusal, ValueError):
        return None
    whole = all(
        type(getattr(made, name)) is int and 0 <= getattr(made, name) < 1 << 63 for name in ("m", "r", "seed", "tried")
    )
    real = all(isinstance(getattr(made, name), int | float) for name in ("mean", "deviation", "score"))
    real = real and isinstance(made.against, int | float | None)
    text = all(isinstance(getattr(made, name), str) for name in ("reference", "date"))
    known = all(getattr(made, name) in options for name, options in _KNOWN.items())
    if not (whole and real and text and known) or not all(map(isfinite, (made.mean, made.deviation))):
        return None
    right = made.m >= 1 and made.r >= 1 and len(set(points)) == len(points) == made.m + made.r - 1
    return made if right and points[-1] == "inf" else None
