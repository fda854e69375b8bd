"""What a page shows into a file: its plots as a figure, or its numbers as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from PySide6.QtCore import QCoreApplication, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFileDialog, QWidget

from explorer.model.writing import write
from explorer.ui import theme
from explorer.ui.desk import Desk
from explorer.ui.dialogs.settings import Settings
from explorer.ui.exporting.figures import Extent, FigureFormat, painted
from explorer.ui.laboratory.charts.chart import Chart
from explorer.ui.laboratory.charts.painting_chart import paint_chart
from explorer.ui.laboratory.numbers import Numbers

__all__ = ["FIGURES", "Paint", "Shown", "ask", "charts_painted", "export"]

_tr = QCoreApplication.translate
FIGURES: tuple[FigureFormat, ...] = ("png", "svg", "pdf")
_TABLES = {"csv": ",", "tsv": "\t"}
_WIDTH, _HEIGHT, _MARGIN = 900, 520, 20
_SCALE = 2.0

Paint = Callable[[QPainter, QRectF, theme.Theme], object]


@dataclass(frozen=True, slots=True)
class Shown:
    """What can be exported: `paint` fills a sheet, which holds so many plots side by side."""

    stem: str
    paint: Paint
    numbers: Numbers
    across: int = 1


def charts_painted(charts: Sequence[Chart]) -> Paint:
    """Plots side by side."""

    def paint(painter: QPainter, rect: QRectF, now: theme.Theme) -> None:
        wide = rect.width() / len(charts)
        for place, chart in enumerate(charts):
            left = rect.left() + place * wide
            paint_chart(painter, QRectF(left, rect.top(), wide - now.px(_MARGIN), rect.height()), chart, now)

    return paint


def ask(parent: QWidget, settings: Settings, desk: Desk, shown: Shown) -> None:
    """Ask where to, and export there; the ending says as what."""
    filters = {
        "png": _tr("Laboratory", "Figure as PNG (*.png)"),
        "svg": _tr("Laboratory", "Figure as SVG (*.svg)"),
        "pdf": _tr("Laboratory", "Figure as PDF (*.pdf)"),
        "csv": _tr("Laboratory", "Numbers as CSV (*.csv)"),
        "tsv": _tr("Laboratory", "Numbers as TSV (*.tsv)"),
    }
    start = str(Path(settings.folder("export")) / f"{shown.stem}.png")
    title = _tr("Laboratory", "Export the figure or the numbers")
    name, chosen = QFileDialog.getSaveFileName(parent, title, start, ";;".join(filters.values()))
    if not name:
        return
    path = Path(name)
    if path.suffix[1:].lower() not in filters:
        path = path.with_name(f"{path.name}.{next(each for each, text in filters.items() if text == chosen)}")
    settings.set_folder("export", str(path.parent))
    export(desk, shown, path)


def export(desk: Desk, shown: Shown, path: Path) -> None:
    """Write beside the window; the ending says as what."""
    kind = path.suffix[1:].lower()

    def written(tick: Callable[[], None]) -> None:
        if kind in _TABLES:
            data = shown.numbers.text(_TABLES[kind]).encode()
        else:
            data = _figure(cast(FigureFormat, kind), shown)
        tick()
        write(path, data)

    desk.export_figure(written, path)


def _figure(format: FigureFormat, shown: Shown) -> bytes:
    scale = _SCALE if format == "png" else 1.0
    sheet = Extent(round(_WIDTH * shown.across * scale), round(_HEIGHT * scale), scale)
    now = replace(theme.LIGHT, scale=scale)

    def paint(painter: QPainter) -> None:
        try:
            painter.fillRect(0, 0, sheet.width, sheet.height, now.color("card"))
            edge = now.px(_MARGIN)
            shown.paint(painter, QRectF(edge, edge, sheet.width - 2 * edge, sheet.height - 2 * edge), now)
        finally:
            painter.end()

    return painted(format, sheet, paint)
