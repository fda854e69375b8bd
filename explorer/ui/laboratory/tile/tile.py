"""The tile page: wires what is chosen, the work on the evaluation thread, and the parts of the page.

Data flows one way: a choice is kept in the history of the page, its answer is computed from the last report of Explore,
and what is shown follows from the answer and from the step in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QMenu

from explorer.model.display import View
from explorer.model.evaluation import Evaluated, Result
from explorer.model.laboratory.tile_terms import Place
from explorer.model.laboratory.tiles import Pair, convolutions, tiled
from explorer.model.store import History
from explorer.ops.convolution_layer import Layer
from explorer.refusal import Refusal
from explorer.ui.actions import added
from explorer.ui.calculation.probe import Probe
from explorer.ui.laboratory.pages import Bench
from explorer.ui.laboratory.tile import entries, naming
from explorer.ui.laboratory.tile.answering import Answer, answered
from explorer.ui.laboratory.tile.choice import Choice, fitted
from explorer.ui.laboratory.tile.copying import Copying
from explorer.ui.laboratory.tile.page import Page
from explorer.ui.laboratory.tile.presenting import Presenting
from explorer.ui.laboratory.tile.showing import Mode, Shown, Texts, Way
from explorer.ui.pipeline.cards import title_of
from explorer.ui.running import Running
from explorer.ui.texts import said
from explorer.ui.workspaces import Acts

_TASK = "tile"
_OVERDUE = 150
"""Milliseconds after which what is shown is marked as behind the settings."""


class Tile(QObject):
    """Holds what is chosen, its answer, and the step that is shown."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench
        self.page = Page(self._title)
        self.history: History[Choice] = History(Choice())
        self._choice = Choice()
        self._answer: Answer | None = None
        self._way: Way | None = None
        self._texts: Texts | None = None
        self._shown: Shown | None = None
        self._mode: Mode = "exact"
        self._entered = False
        self._asked: Evaluated | None = None
        self._presenting = Presenting(self.page, bench.status)
        self._running = Running(bench.evaluator)
        self._running.failed.connect(bench.failed)
        self._running.failed.connect(lambda error: bench.status.idle(_TASK))
        self._running.progressed.connect(self._show_progress)
        self._overdue = QTimer(self)
        self._overdue.setSingleShot(True)
        self._overdue.setInterval(_OVERDUE)
        self._overdue.timeout.connect(self._show_behind)
        self.copying = Copying(self, bench)
        self.acts = Acts(
            undo=self.history.undo,
            redo=self.history.redo,
            history=lambda: (self.history.undo_label, self.history.redo_label),
            export=self.copying.ask,
            cancel=self.page.transport.pause,
            keys=lambda: entries.keys(self._entries),
        )
        self._entries = entries.entries(self)
        self.menu = QMenu(self.page)
        added(self.page, self.menu, self._entries, Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._connect()

    def _connect(self) -> None:
        page = self.page
        self.history.listen(lambda old, new: self._chosen())
        self._bench.explore.state_changed.connect(lambda state, text: self._follow())
        page.form.changed.connect(self._change)
        page.form.image_chosen.connect(self._choose_image)
        page.form.refused.connect(self._bench.status.refuse)
        for view in (page.map, page.near):
            view.chosen.connect(self._choose_tile)
        page.mode.chosen.connect(self.set_mode)
        page.played.connect(page.transport.switch)
        page.board.menu_wanted.connect(self.copying.popup)
        for part in (page.film, page.board):
            part.hovered.connect(self._presenting.show_hovered)
            part.clicked.connect(self.visit)
        transport = page.transport
        transport.first_wanted.connect(self.first)
        transport.last_wanted.connect(self.last)
        transport.moved.connect(self.move)
        transport.played.connect(lambda: self._stand(self.position + 1))
        transport.scrubbed.connect(self.go)

    # The page of the laboratory ------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Take the keys, and follow the document again."""
        self._entered = True
        self._follow()
        self._show_outcome()
        self.page.board.setFocus()

    def leave(self) -> None:
        """Stand still; what is being computed is asked anew when the page is shown again."""
        self._entered = False
        self._overdue.stop()
        if self._running.busy:
            self._running.cancel()
            self._asked = None
        self.page.transport.pause()

    def close(self) -> None:
        """Give up what is being computed."""
        self.leave()
        self._running.cancel()
        self._bench.status.idle(_TASK)

    def settled(self) -> bool:
        """Whether what is shown is the answer to the choice in the current document."""
        return self._bench.explore.settled() and not self._running.busy and self._current()

    def _current(self) -> bool:
        report = self._bench.explore.report
        return report is not None and self._asked is report.evaluated

    @property
    def answer(self) -> Answer | None:
        """The last answer."""
        return self._answer

    @property
    def shown(self) -> Shown | None:
        """The step that is shown; None where there are no numbers."""
        return self._shown

    # What is chosen ------------------------------------------------------------------------------------------------

    def open_at(self, layer: str, pin: Probe | None) -> None:
        """Go to a layer, and to the tile that makes a cell of it; nothing changes where it is no convolution."""
        found = self._convolutions()
        if layer not in found:
            return
        choice = self._fitted_to(layer)
        if pin is not None and pin.link.node == layer:
            choice = replace(choice, filter=pin.place.map, image=pin.picture)
            try:
                of = tiled(found[layer], pin.picture)
                cut = of.cut(choice.outputs(of.layer))
                choice = replace(choice, tile=cut.making(pin.place.row, pin.place.column))
            except Refusal:
                choice = replace(choice, tile=None)
        self._apply(choice, self.tr("Choose tile"))

    def _convolutions(self) -> Mapping[str, Result]:
        report = self._bench.explore.report
        return convolutions(report.evaluated) if report is not None and report.evaluated is not None else {}

    def _fitted_to(self, layer: str) -> Choice:
        """The choice for a layer; another one begins with its middle tile and its own algorithm."""
        if layer == self._choice.layer:
            return self._choice
        other = fitted(replace(self._choice, layer="", tile=None), self._convolutions(), layer)
        return other or self._choice

    def _change(self, fields: dict[str, Any]) -> None:
        if "layer" in fields:
            self._apply(self._fitted_to(fields["layer"]), self.tr("Choose layer"))
        elif self._answer is not None:
            layer: Layer = self._answer.result.saved.layer
            self._apply(self._choice.changed(layer, **fields), self.tr("Change the algorithm"))

    def _choose_tile(self, tile: Pair, dragging: bool) -> None:
        self._apply(replace(self._choice, tile=tile), self.tr("Choose tile"), "tile")

    def _choose_image(self, image: int) -> None:
        if self._bench.store.document.source.whole:
            self._apply(replace(self._choice, image=image), self.tr("Choose image"))
        else:
            self._bench.explore.show_picture(image)

    def _apply(self, choice: Choice, label: str, merge: str | None = None) -> None:
        if choice != self._choice:
            self.history.apply(choice, label, merge)

    def _chosen(self) -> None:
        self._choice = self.history.state
        self._bench.history_changed()
        self._ask()

    # Answers -------------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Explore has computed, or is going to."""
        if not self._entered:
            return
        if self._bench.explore.settled():
            self._overdue.stop()
            self.page.show_behind("")
            if not self._current():
                self._ask()
        elif self._answer is None:
            self.page.show_note(self.tr("The layers are being computed."))
        elif not self._overdue.isActive():
            self._overdue.start()

    def _show_behind(self) -> None:
        if not self._bench.explore.settled():
            self.page.show_behind(self.tr("The settings have changed since; these numbers belong to the last ones."))

    def _ask(self) -> None:
        report = self._bench.explore.report
        if report is None or report.evaluated is None:
            return
        evaluated, view = report.evaluated, report.request.view
        self._asked = evaluated
        found = convolutions(evaluated)
        before: Layer | None = self._answer.result.saved.layer if self._answer is not None else None
        choice = fitted(self._choice, found, view.layer, before)
        if choice is None:
            self._running.cancel()
            self._show_nothing(self.tr("There is no convolution among the layers. Add one in Explore (Ctrl+1)."))
            return
        self._choice = choice
        self._start(choice, found[choice.layer], view)

    def _start(self, choice: Choice, result: Result, view: View) -> None:
        if self._answer is None:
            self.page.show_note(self.tr("The numbers of the tile are being worked out."))
        steps = answered(choice, result, view, self._answer)
        self._running.start(steps, self._show_answer, lambda refusal: self._show_nothing(said(refusal)))

    def _show_progress(self, done: int, total: int) -> None:
        self._bench.status.busy(_TASK, self.tr("Working through the channels"), done, total)

    def _show_answer(self, answer: Answer) -> None:
        self._bench.status.idle(_TASK)
        self._answer, self._choice = answer, answer.choice
        self._presenting.show_choices(answer, self._layers(), self._images())
        if answer.worked is None:
            self._show_nothing(said(answer.refusal) if answer.refusal is not None else "")
            return
        before = self._shown
        self._way = Way(answer.worked)
        self._texts = Texts(answer.worked, self._mode)
        self.page.show_note("")
        self._show_outcome()
        self._show(self._way.nearest(before.phase.key, before.line) if before is not None else 0)

    def _show_outcome(self) -> None:
        """The outcome, in the status bar too: that belongs to the page that is shown."""
        answer = self._answer
        if self._entered and answer is not None and answer.worked is not None and answer.cut is not None:
            self._presenting.show_outcome(answer.worked, answer.cut)

    def _show_nothing(self, why: str) -> None:
        self._bench.status.idle(_TASK)
        self._way = self._texts = self._shown = None
        self.page.transport.pause()
        self._presenting.show_step(None)
        self.page.show_note(why)

    def _layers(self) -> list[tuple[str, str]]:
        assert self._asked is not None
        document = self._asked.document
        nodes = [document.node(id) for id in convolutions(self._asked)]
        return [(node.id, f"{node.name} · {title_of(node)}") for node in nodes]

    def _images(self) -> tuple[int, int]:
        """Which image of how many."""
        source = self._bench.store.document.source
        if source.whole and self._answer is not None:
            return self._answer.choice.image, len(self._answer.result.xs[0])
        return self._bench.explore.view.shown, max(len(source.pictures), 1)

    # Steps ---------------------------------------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """How many steps lie before the one that is shown."""
        return self._shown.position if self._shown is not None else 0

    def go(self, position: int) -> None:
        """Stand somewhere else, by the person: it plays no further."""
        self.page.transport.pause()
        self._stand(position)

    def _stand(self, position: int) -> None:
        if self._way is not None:
            position = min(max(position, 0), self._way.course.length - 1)
            if position != self.position:
                self._show(position)

    def first(self) -> None:
        """To the beginning."""
        self.go(0)

    def last(self) -> None:
        """To the end."""
        if self._way is not None:
            self.go(self._way.course.length - 1)

    def move(self, steps: int) -> None:
        """So many numbers on."""
        self.go(self.position + steps)

    def stage(self, by: int) -> None:
        """So many stages on."""
        if self._way is not None and self._shown is not None:
            course = self._way.course
            self.go(course.position(*course.stepped(self._shown.segment, self._shown.line, by)))

    def visit(self, place: Place) -> None:
        """Go to the step that makes a number."""
        if self._way is not None:
            self.go(self._way.position(place))
            self.page.board.setFocus()

    def set_mode(self, mode: Mode) -> None:
        """Write the exact numbers, those of float32, or the difference."""
        self._mode = mode
        self.page.mode.show_value(mode)
        if self._way is not None:
            self._texts = Texts(self._way.of, mode)
            self._show(self.position)

    def _show(self, position: int) -> None:
        assert self._way is not None
        assert self._texts is not None
        self._shown = Shown(self._way, position, self._texts)
        self._presenting.show_step(self._shown)

    def _title(self, segment: int) -> str:
        if self._way is None or segment >= len(self._way.phases):
            return ""
        return naming.title(self._way.of, self._way.phases[segment].key)
