"""Copying the numbers of a tile, and exporting the step that is shown as a figure or as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMenu

from explorer.model.laboratory.tiling import Key
from explorer.model.writing import write
from explorer.ops.op import Tick
from explorer.ui import theme
from explorer.ui.exporting.figures import FigureFormat, painted
from explorer.ui.laboratory.pages import Bench
from explorer.ui.laboratory.tile import naming
from explorer.ui.laboratory.tile.figure import figure
from explorer.ui.laboratory.tile.showing import Shown

if TYPE_CHECKING:
    from explorer.ui.laboratory.tile.tile import Tile

_FIGURES: tuple[FigureFormat, ...] = ("png", "svg", "pdf")


class Copying(QObject):
    """What goes to the clipboard and into files."""

    def __init__(self, tile: Tile, bench: Bench) -> None:
        super().__init__()
        self._tile = tile
        self._bench = bench

    def popup(self, point: QPoint) -> None:
        """The ways to copy and export, at a point of the screen."""
        menu = self.made_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(point)

    def made_menu(self) -> QMenu:
        """A menu of them."""
        menu = QMenu(self._tile.page)
        wanted = ("action.tile.copy", "action.tile.export")
        menu.addActions([each for each in self._tile.menu.actions() if each.objectName().startswith(wanted)])
        return menu

    def stage(self) -> None:
        """The numbers of the stage, tab separated and in full."""
        if self._tile.shown is not None:
            self._copied(table(self._tile.shown, self._tile.shown.phase.key))

    def stages(self) -> None:
        """Those of all stages, each under its name."""
        if self._tile.shown is not None:
            self._copied(tables(self._tile.shown))

    def formula(self) -> None:
        """The formula of the number."""
        if self._tile.shown is not None:
            self._copied(self._tile.page.strip.text())

    def picture(self) -> None:
        """The step as a picture."""
        shown = self._tile.shown
        if shown is not None:
            made = figure(shown, theme.current())
            self._bench.desk.beside("copy", lambda: painted("png", *made), self._copied_picture)

    def _copied_picture(self, png: bytes) -> None:
        QGuiApplication.clipboard().setImage(QImage.fromData(png))
        self._bench.status.tell(self.tr("Copied the picture."))

    def _copied(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._bench.status.tell(self.tr("Copied {0} characters.").format(len(text)))

    def ask(self) -> None:
        """Ask where to, and export there; the ending says as what."""
        if self._tile.shown is None:
            return
        settings = self._bench.settings
        filters = {
            "png": self.tr("Figure, PNG (*.png)"),
            "svg": self.tr("Figure, SVG (*.svg)"),
            "pdf": self.tr("Figure, PDF (*.pdf)"),
            "tsv": self.tr("Numbers of all stages (*.tsv)"),
        }
        name, chosen = QFileDialog.getSaveFileName(
            self._tile.page.window(),
            self.tr("Export this step"),
            str(Path(settings.folder("export")) / "tile.png"),
            ";;".join(filters.values()),
        )
        if name:
            path = Path(name)
            if path.suffix.lower().removeprefix(".") not in filters:
                ending = next((each for each, text in filters.items() if text == chosen), "png")
                path = path.with_name(f"{path.name}.{ending}")
            settings.set_folder("export", str(path.parent))
            self.export(path)

    def export(self, path: Path) -> None:
        """Write the step into a file, beside the window: a figure, or a table for any other ending."""
        shown = self._tile.shown
        if shown is None:
            return
        format = next((each for each in _FIGURES if path.suffix.lower() == f".{each}"), None)
        made = figure(shown, theme.LIGHT)

        def written(tick: Tick) -> None:
            data = painted(format, *made) if format is not None else tables(shown).encode()
            tick()
            write(path, data)

        self._bench.desk.export_figure(written, path)


def table(shown: Shown, key: Key) -> str:
    """The numbers of a stage in the mode that is shown: fractions, float32 in full, or units of the last place."""
    numbers, mode = shown.of.stages[key], shown.texts.mode
    rows, columns = numbers.shape

    def text(i: int, j: int) -> str:
        if mode == "exact":
            return str(numbers.exact(i, j))
        return str(numbers.rounded[i, j]) if mode == "float32" else repr(numbers.ulps(i, j))

    return "\n".join("\t".join(text(i, j) for j in range(columns)) for i in range(rows))


def tables(shown: Shown) -> str:
    """All stages, each under its name."""
    return "\n\n".join(f"{naming.caption(shown.of, key)}\n{table(shown, key)}" for key in shown.of.stages) + "\n"
