"""Figures into files: PNG with every cell exact, SVG and PDF with type that stays type."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRect, QSize, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from explorer.model.colours import NOT_A_NUMBER, table
from explorer.model.display import Maps
from explorer.model.writing import write
from explorer.ops.op import Array, Tick, no_tick
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.exporting.painting_figure import (
    FigureFormat,
    FigureWanted,
    figure_layout,
    paint_cells,
    paint_figure,
)
from explorer.ui.theme import Theme

__all__ = ["Extent", "FigureFormat", "FigureWanted", "coloured", "painted", "save_figure"]

_DOTS_PER_INCH = 96
"""Of type at its natural size."""
_INCH = 0.0254
_LONGEST_PAGE = 14_400
"""Points; programs that show PDF go no further."""
_BAND = 1 << 16

Paint = Callable[[QPainter], None]
"""Paints all of a figure, and ends the painter."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How large a figure is in pixels, and the scale of its type."""

    width: int
    height: int
    scale: float


def save_figure(
    path: Path, maps: Sequence[Maps], wanted: FigureWanted, now: Theme = theme.LIGHT, tick: Tick = no_tick
) -> None:
    """Paint maps into a file that is there whole or not at all.

    Touches no widget, so it may run in any thread beside the window's. `tick` may raise to stop. A Refusal where the
    figure is too large or the file cannot be written.
    """
    layout = figure_layout(maps, wanted)

    def paint_map(painter: QPainter, rect: QRect, each: Maps, map: int) -> None:
        low, high = (float(end) for end in each.range[map])
        paint_cells(painter, rect, coloured(each.values[map], low, high, each.colours[map], tick), tick)

    def paint(painter: QPainter) -> None:
        try:
            paint_figure(painter, layout, wanted.title, now, paint_map)
        finally:
            painter.end()

    data = painted(wanted.format, Extent(layout.width, layout.height, layout.scale), paint)
    tick()
    write(path, data)


def painted(format: FigureFormat, extent: Extent, paint: Paint) -> bytes:
    """A figure as the bytes of a file. Touches no widget."""
    return {"png": _png, "svg": _svg, "pdf": _pdf}[format](extent, paint)


def coloured(values: Array, low: float, high: float, colours: str, tick: Tick = no_tick) -> NDArray[np.uint32]:
    """table[⌊256·(value − low)/(high − low)⌋] as 0xffRRGGBB, clamped to the table; NaN has a colour of its own.

    values: H, W. The stage does the same in a kernel; here it is done beside the thread that runs kernels.
    """
    height, width = values.shape
    pixels = np.empty((height, width), np.uint32)
    step = max(1, _BAND // max(1, width))
    start = np.float32(low)
    with np.errstate(all="ignore"):
        scale = np.float32(256.0 / (high - low)) if high > low else np.float32(0)
        for first in range(0, height, step):
            tick()
            band = slice(first, first + step)
            places = (values[band].astype(np.float32) - start) * scale
            lost = np.isnan(places)
            places[lost] = 0
            pixels[band] = table(colours)[places.clip(0, 255).astype(np.uint8)]
            pixels[band][lost] = NOT_A_NUMBER
    return pixels


def _png(extent: Extent, paint: Paint) -> bytes:
    image = QImage(extent.width, extent.height, QImage.Format.Format_RGB32)
    if image.isNull():
        raise Refusal(
            "There is no memory for a figure of {width} × {height} pixels.", width=extent.width, height=extent.height
        )
    dots = round(_DOTS_PER_INCH * extent.scale / _INCH)
    image.setDotsPerMeterX(dots)
    image.setDotsPerMeterY(dots)
    paint(QPainter(image))
    buffer = _buffer()
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub of PySide wants bytes, the call a str
    return _bytes(buffer)


def _svg(extent: Extent, paint: Paint) -> bytes:
    buffer = _buffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(extent.width, extent.height))
    generator.setViewBox(QRect(0, 0, extent.width, extent.height))
    generator.setResolution(round(_DOTS_PER_INCH * extent.scale))
    generator.setTitle("Kernelscope")
    paint(QPainter(generator))
    return _bytes(buffer)


def _pdf(extent: Extent, paint: Paint) -> bytes:
    buffer = _buffer()
    longest = max(extent.width, extent.height)
    dots = max(round(_DOTS_PER_INCH * extent.scale), math.ceil(longest * 72 / _LONGEST_PAGE))
    writer = QPdfWriter(buffer)
    writer.setCreator("Kernelscope")
    writer.setResolution(dots)
    size = QSizeF(math.ceil(extent.width * 72 / dots), math.ceil(extent.height * 72 / dots))
    writer.setPageSize(QPageSize(size, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    painter = QPainter(writer)
    painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
    paint(painter)
    return _bytes(buffer)


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


def _bytes(buffer: QBuffer) -> bytes:
    return bytes(buffer.data().data())
