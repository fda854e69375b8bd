"""What the parts of the page show of an answer and of a step in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject

from explorer.model.digits import number
from explorer.model.laboratory.tile_terms import Place
from explorer.model.laboratory.tiles import Cut, Pair
from explorer.model.laboratory.tiling import Worked
from explorer.ui.laboratory.tile import naming
from explorer.ui.laboratory.tile.answering import Answer
from explorer.ui.laboratory.tile.page import Page
from explorer.ui.laboratory.tile.showing import Shown
from explorer.ui.status import Status
from explorer.ui.workspaces import LABORATORY

_tr = QCoreApplication.translate


class Presenting(QObject):
    """Holds the step, and the number under the cursor."""

    def __init__(self, page: Page, status: Status) -> None:
        super().__init__()
        self._page = page
        self._status = status
        self._shown: Shown | None = None
        self._answer: Answer | None = None

    def show_choices(self, answer: Answer, layers: Sequence[tuple[str, str]], images: tuple[int, int]) -> None:
        """The choice, and the map with its tiles."""
        self._answer = answer
        page, choice = self._page, answer.choice
        page.form.show_choice(
            choice, answer.result.saved.layer, layers, answer.result.saved.w.shape[1], images[0], images[1]
        )
        page.map.show_tile(answer.small, answer.cut, answer.tile)
        page.near.show_tile(answer.maps, answer.cut, answer.tile)
        if answer.cut is None or answer.of is None:
            page.show_map_titles("", "")
            return
        cut, (row, column) = answer.cut, answer.tile
        channel = answer.of.channels(choice.filter)[choice.channel]
        rows, columns = cut.count
        whole = _tr("Tile", "Channel {0} · {1} × {2} tiles, {3} apart")
        if answer.of.x.dtype != np.float32:
            whole = _tr("Tile", "Channel {0} as float32 · {1} × {2} tiles, {3} apart")
        page.show_map_titles(
            whole.format(channel, rows, columns, _brief(cut.m)),
            _tr("Tile", "Tile ({0}, {1}) · {2} × {3} inputs, {4} shared").format(
                row, column, *cut.size, _brief((cut.kernel[0] - 1, cut.kernel[1] - 1))
            ),
        )

    def show_step(self, shown: Shown | None) -> None:
        """A step, or that there is none."""
        self._shown = shown
        page = self._page
        page.film.show_step(shown)
        page.board.show_step(shown)
        self.show_hovered(None)
        if shown is None:
            page.show_texts(_tr("Tile", "Tile by tile"), "")
            page.show_check("", "", True)
            self._status.show_values("", LABORATORY)
            self._status.show_about("", LABORATORY)
            return
        of, key = shown.of, shown.phase.key
        page.show_texts(naming.title(of, key), naming.reason(of, key))
        count = len(shown.phase.places)
        page.transport.show_place(
            shown.position,
            shown.way.course.lengths,
            _tr("Tile", "number {0} of {1} · stage {2} of {3}").format(
                shown.line + 1, count, shown.segment + 1, len(shown.way.phases)
            ),
        )

    def show_hovered(self, place: Place | None) -> None:
        """The number under the cursor: what it is made of is outlined, and its formula stands below."""
        shown, page = self._shown, self._page
        if shown is None:
            place = None
        known = place if place is not None and shown is not None and shown.known(place) else None
        page.film.show_hovered(place)
        page.board.show_hovered(known)
        place = shown.place if shown is not None and shown.phase.key != "d" else None
        page.strip.show_number(shown.texts if shown is not None else None, known or place)

    def show_outcome(self, of: Worked, cut: Cut) -> None:
        """Whether the outputs are right, and how far float32 is off."""
        fast, plain = (number(each, 2) for each in of.worst)
        equal = of.equal
        text = _tr("Tile", "exactly the plain sum") if equal else _tr("Tile", "differs from the plain sum")
        tip = _tr("Tile", "Largest error of the outputs in float32: {0} by Winograd's algorithm, {1} by the plain sum.")
        self._page.show_check(text, tip.format(fast, plain), equal)
        values = _tr("Tile", "largest error in float32: {0}, of the plain sum {1}")
        about = _tr("Tile", "F({0}×{1}, {2}×{3}) · {4} multiplications, plainly {5}")
        products, taps = of.stages["P"].rounded.size, of.stages["g"].rounded.size
        self._status.show_values(values.format(fast, plain), LABORATORY)
        self._status.show_about(about.format(*cut.m, *cut.kernel, products, cut.m[0] * cut.m[1] * taps), LABORATORY)


def _brief(pair: Pair) -> str:
    """2, or 1 × 4 where they differ."""
    return " × ".join(dict.fromkeys(map(str, pair)))
