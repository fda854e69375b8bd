"""The menus of what is pointed at in Explore: of a cell of a map, and what the laboratory adds to that of a layer."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu

from explorer.model.display import shown_picture
from explorer.model.evaluator import shown_link
from explorer.ops.convolution_layer import Kept
from explorer.ui.explore import Explore
from explorer.ui.panels import Panels
from explorer.ui.pointer import origin_at
from explorer.ui.stage.map_grid import Place


class PlaceMenus(QObject):
    """Opens the menu of a cell, and completes that of a layer."""

    tile_wanted = Signal(str)
    """Show a convolution layer tile by tile."""

    def __init__(self, explore: Explore, panels: Panels, export: QAction) -> None:
        super().__init__()
        self._explore = explore
        self._panels = panels
        self._export = export
        panels.stage.maps.menu_wanted.connect(self._menu_of_cell)
        panels.pipeline.menu_made.connect(self._complete)

    def _menu_of_cell(self, place: Place | None, point: QPoint) -> None:
        menu = self.menu_of(place)
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(point)

    def menu_of(self, place: Place | None) -> QMenu | None:
        """What can be done with a cell, or with the maps beside it; None while there are none."""
        report, explore = self._explore.report, self._explore
        if report is None or report.evaluated is None or not report.maps:
            return None
        menu = QMenu(self._panels.stage.maps)
        link = shown_link(report.request.document, report.request.view)
        picture = shown_picture(report.evaluated, report.request.view, link)
        if place is not None:
            for text, unit in (
                (self.tr("Gradient of this unit"), True),
                (self.tr("Gradient of this map's mean"), False),
            ):
                action = menu.addAction(text)
                action.triggered.connect(
                    lambda _checked=False, unit=unit: explore.set_origin(origin_at(link, place, picture, unit=unit))
                )
        menu.addAction(self.tr("Gradient of the loss")).triggered.connect(lambda: explore.set_origin(None))
        menu.addSeparator()
        if place is not None and self._has_tiles(link.node):
            action = menu.addAction(self.tr("Tile by tile"))
            action.setObjectName("cell.tile")
            action.triggered.connect(lambda: explore.pointer.pin_at(place))
            action.triggered.connect(lambda: self.tile_wanted.emit(link.node))
        if place is not None:
            menu.addAction(self.tr("Copy the numbers of this map")).triggered.connect(lambda: self._copy(place.map))
        menu.addAction(self.tr("Copy the picture of the maps")).triggered.connect(self._copy_picture)
        menu.addAction(self._export)
        return menu

    def _complete(self, id: str, menu: QMenu) -> None:
        if self._has_tiles(id):
            action = menu.addAction(self.tr("Tile by tile") + "\tCtrl+Shift+T")
            action.setObjectName("pipeline.tile")
            action.triggered.connect(lambda: self.tile_wanted.emit(id))

    def _has_tiles(self, id: str) -> bool:
        """Whether a layer is one convolution that has been computed."""
        report = self._explore.report
        result = report.evaluated.results.get(id) if report is not None and report.evaluated is not None else None
        return result is not None and isinstance(result.saved, Kept)

    def _copy(self, map: int) -> None:
        report = self._explore.report
        if report is not None and report.maps and map < len(report.maps[0].values):
            rows = report.maps[0].values[map]
            QGuiApplication.clipboard().setText("\n".join("\t".join(_numbers(row)) for row in rows))

    def _copy_picture(self) -> None:
        QGuiApplication.clipboard().setPixmap(self._panels.stage.maps.viewport().grab())


def _numbers(row: Any) -> list[str]:
    """The numbers of a row, so that they read back exactly."""
    return [repr(each) for each in row.tolist()]
