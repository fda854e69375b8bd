"""The table of methods as texts: what is known of a layer without computing, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

from explorer.model.digits import number
from explorer.model.methods import Way, current, misfit, ways
from explorer.ops.convolution_method import NEVER, crossovers
from explorer.ops.op import Op, Shapes
from explorer.refusal import Refusal
from explorer.ui.texts import said

if TYPE_CHECKING:
    from explorer.model.laboratory.methods import Row

NOTHING = "–"
_tr = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Line:
    """A way as the table shows it: `cells` are its name, multiplications, time and largest error."""

    way: Way
    cells: tuple[str, str, str, str]
    details: str
    able: bool
    used: bool


def lines(operation: Op, params: Any, inputs: Shapes | None, rows: Sequence[Row]) -> tuple[Line, ...]:
    """All ways of a layer, with the numbers of those that are among the measured `rows`."""
    measured = {row.way: row for row in rows}
    used = current(params)
    return tuple(_line(way, operation, params, inputs, measured, used=way == used) for way in ways(params))


def name(way: Way) -> str:
    """A way in a narrow column."""
    plain = {
        "direct": _tr("Methods", "Direct"),
        "im2col": _tr("Methods", "im2col"),
        "fft": _tr("Methods", "FFT"),
        "auto": _tr("Methods", "Auto"),
    }
    if way.method == "winograd":
        return f"F({way.tile} × {way.tile})"
    if way.method == "columns":
        return f"F({way.tile} × 1)"
    return full_name(way) if way.method == "derived" else plain[way.method]


def full_name(way: Way) -> str:
    """A way in a line of its own."""
    if way.method == "winograd":
        return _tr("Methods", "Winograd F({0} × {0})").format(way.tile)
    if way.method == "columns":
        return _tr("Methods", "Winograd F({0} × 1), down the columns").format(way.tile)
    if way.method != "derived":
        return {
            "direct": _tr("Methods", "Sum over the taps"),
            "im2col": _tr("Methods", "Matrix product (im2col)"),
            "fft": _tr("Methods", "Fourier transform"),
            "auto": _tr("Methods", "Automatic"),
        }[way.method]
    from explorer.ops.exact.filters import titled

    return titled(way.algorithm)


def crossovers_text(measured: str) -> str:
    """From where on "auto" takes what; `measured` is the day of that, or "" where nobody measured this machine."""
    now = crossovers()
    told = []
    if now.channels < NEVER:
        told.append(_tr("Methods", "Winograd F(4 × 4) from {0} channels on").format(now.channels))
    if now.rows < NEVER:
        told.append(_tr("Methods", "F(m × 1) from {0} rows of taps on").format(now.rows))
    if now.fft < NEVER:
        told.append(_tr("Methods", "Fourier from {0} taps on").format(now.fft))
    when = _tr("Methods", "measured {0}").format(measured) if measured else _tr("Methods", "as the program comes")
    return f"{', '.join(told) or _tr('Methods', 'The sum everywhere')}; {when}."


def _line(
    way: Way, operation: Op, params: Any, inputs: Shapes | None, measured: Mapping[Way, Row], *, used: bool
) -> Line:
    refusal = misfit(operation, inputs, params, way) if inputs is not None else None
    if refusal is not None:
        return Line(way, (name(way), NOTHING, NOTHING, NOTHING), f"{full_name(way)}: {said(refusal)}", False, used)
    row = measured.get(way)
    if row is None or isinstance(row.found, Refusal):
        told = _tr("Methods", "not measured yet.")
        return Line(way, (name(way), NOTHING, NOTHING, NOTHING), f"{full_name(way)}: {told}", True, used)
    cost, found = row.found
    takes = f" → {name(row.takes)}" if row.takes is not None else ""
    told = _tr(
        "Methods",
        "{0}{1}: {2} multiplications and {3} operations of transforms per pixel, {4} to {5} ms, error {6} at most, {7} "
        "in the mean.",
    ).format(
        full_name(way),
        takes,
        number(cost.multiplications, 3),
        number(cost.transforms, 3),
        *(number(each * 1e3, 3) for each in found.quartiles),
        number(found.largest, 2),
        number(found.mean, 2),
    )
    cells = (
        f"{name(way)}{takes}",
        number(cost.multiplications, 3),
        f"{number(found.seconds * 1e3, 2)} ms",
        number(found.largest, 2),
    )
    return Line(way, cells, told, True, used)
