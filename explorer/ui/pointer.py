"""The cell under the cursor and the pinned one, and all that is shown of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.model.display import shown_picture
from explorer.model.document import Link
from explorer.model.evaluator import Report, shown_link
from explorer.model.gradients import Origin
from explorer.ui.calculation.probe import Probe
from explorer.ui.panels import Panels
from explorer.ui.stage.map_grid import Place


class Pointer(QObject):
    """Follows the cursor over the maps of the last report. A pinned cell stays while the stage shows another layer."""

    pin_changed = Signal()

    def __init__(self, panels: Panels, looked_at: Callable[[], Link]) -> None:
        """`looked_at` gives the output that the stage is to show now."""
        super().__init__()
        self._panels = panels
        self._looked_at = looked_at
        self._report: Report | None = None
        self._hover: Place | None = None
        self._pin: Probe | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._show)

    @property
    def pin(self) -> Probe | None:
        """The pinned cell."""
        return self._pin

    def hover(self, place: Place | None) -> None:
        """The cursor is over a cell; shown once the events that wait are done."""
        self._hover = place
        self._later.start()

    def pin_at(self, place: Place | None) -> None:
        """Keep a cell (None: let go)."""
        self._set_pin(None if place is None else self._probe(place, pinned=True))
        self._later.start()

    def forget(self) -> None:
        """No cell: the maps are others."""
        self._hover = None
        self._set_pin(None)

    def look_elsewhere(self, *, other_layer: bool) -> None:
        """The stage shows something else."""
        if other_layer:
            self._hover = None
        self._show_pin()

    def show_report(self, report: Report) -> None:
        """The same cells in new numbers."""
        self._report = report
        self._show()

    def restore(self, saved: Mapping[str, Any]) -> None:
        """The pinned cell of a session; ignored where it does not fit the document."""
        cell = saved.get("cell")
        node, port = saved.get("node"), saved.get("port")
        whole = isinstance(cell, list) and len(cell) == 4 and all(type(at) is int and at >= 0 for at in cell)
        if whole and isinstance(node, str) and isinstance(port, str):
            assert isinstance(cell, list)
            place = Place(bool(saved.get("gradient")), *cell[1:])
            self._set_pin(Probe(Link(node, port), place, cell[0], pinned=True))

    def _set_pin(self, pin: Probe | None) -> None:
        self._pin = pin
        self._show_pin()
        self.pin_changed.emit()

    def _show_pin(self) -> None:
        """Arrows go on from the pinned cell where its maps are on the stage, and from their middle elsewhere."""
        here = self._pin is not None and self._pin.link == self._looked_at()
        self._panels.stage.maps.show_pin(self._pin.place if self._pin is not None and here else None)

    def _probe(self, place: Place, *, pinned: bool) -> Probe | None:
        if self._report is None or self._report.evaluated is None:
            return None
        link = shown_link(self._report.request.document, self._report.request.view)
        return Probe(link, place, shown_picture(self._report.evaluated, self._report.request.view, link), pinned)

    def _show(self) -> None:
        if self._report is None or self._report.evaluated is None:
            return
        hovered = self._probe(self._hover, pinned=False) if self._hover else None
        self._panels.show_probe(self._report, self._pin or hovered, hovered)


def origin_at(link: Link, place: Place, picture: int, *, unit: bool) -> Origin:
    """The origin of a gradient at a unit, or at the mean of its map."""
    if unit:
        return Origin(link.node, link.port, "unit", (place.map, place.row, place.column), picture)
    return Origin(link.node, link.port, "map", (place.map,), picture)
