"""The Explore workspace: wires the document, the compute thread and the panels. Holds the view, and no numbers.

Data flows one way: a panel says what is wanted, the store gets a new document or the view changes, a request goes to
the compute thread, and its report is shown by all panels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.model import editing, folding
from explorer.model.display import Summary, View
from explorer.model.document import SOURCE, Document
from explorer.model.evaluator import Evaluator, Event, Failed, Preparing, Report, Request, Stopped, shown_link
from explorer.model.gradients import Origin
from explorer.model.methods import Way, of_way
from explorer.model.pictures import Picture
from explorer.model.plan import plan
from explorer.model.store import Store
from explorer.ops.parameters import showing
from explorer.refusal import Refusal
from explorer.ui.panels import Panels
from explorer.ui.pointer import Pointer
from explorer.ui.texts import said
from explorer.ui.turns import Turns
from explorer.ui.wiring import connect

AHEAD = 0
"""The revision of a request from before there is a window: nobody waits for its report."""
_OVERDUE = 150
"""Milliseconds after which what is shown is marked as behind the settings."""


class Explore(QObject):
    """Connects what the person does to the document, and what is computed to the panels."""

    state_changed = Signal(str, str)  # "live" | "busy" | "behind" | "preparing" | "stopped", text
    view_changed = Signal(object)
    failed = Signal(object)  # Failed
    cancelled = Signal()

    def __init__(self, store: Store, evaluator: Evaluator, panels: Panels, view: View) -> None:
        super().__init__()
        self._store = store
        self._evaluator = evaluator
        self._panels = panels
        self._view = view
        self._revision = 0
        self._known: dict[str, Summary | Refusal] = {}
        self._stale: set[str] = set()
        self._report: Report | None = None
        self.pointer = Pointer(panels, lambda: shown_link(store.document, self._view))
        self._behind = False
        self._turns = Turns(self)
        self._on_stage = 0
        self._failed: Document | None = None
        self._painting: Report | None = None
        self._overdue = QTimer(self)
        self._overdue.setSingleShot(True)
        self._overdue.setInterval(_OVERDUE)
        self._overdue.timeout.connect(self._show_behind)
        panels.stage.maps.painted.connect(self._painted)
        store.listen(self._document_changed)
        connect(self, store, panels)

    @property
    def view(self) -> View:
        """What is looked at."""
        return self._view

    @property
    def report(self) -> Report | None:
        """The last complete report."""
        return self._report

    def settled(self) -> bool:
        """Whether everything shown belongs to the current settings."""
        return self._report is not None and self._report.revision == self._revision

    def on_stage(self) -> bool:
        """Whether the maps belong to the current settings; layers behind them may still be computed."""
        return self._on_stage == self._revision

    # Edits ---------------------------------------------------------------------------------------------------------

    def edit(
        self,
        change: Callable[[Document], Document],
        label: str,
        merge: str | None = None,
        refused: Callable[[str], None] = lambda reason: None,
    ) -> bool:
        """Apply an edit if every layer can still run; say why not otherwise. Whether it was applied."""
        old = self._store.document
        try:
            new = editing.accepted(old, change(old), self._view.shown)
        except Refusal as refusal:
            refused(said(refusal))
            self._panels.status.refuse(said(refusal))
            return False
        self._panels.status.clear_refusal()
        self._store.apply(new, label, merge)
        return True

    def replace_pictures(self, pictures: tuple[Picture, ...]) -> None:
        """Work on other pictures: layers that do not fit them say so, the others go on."""
        try:
            new = editing.set_pictures(self._store.document, pictures)
        except Refusal as refusal:
            self._panels.status.refuse(said(refusal))
            return
        self._panels.status.clear_refusal()
        self._view = replace(self._view, shown=0)
        self.pointer.forget()
        self._store.apply(new, self.tr("Open pictures"))

    def set_batch(self, **changes: Any) -> None:
        """How the pictures are brought to one size, and whether all go through as one batch."""
        if not self.edit(lambda each: editing.set_batch(each, **changes), self.tr("Change batch")):
            self._show_document()

    def add_layer(self, op: str, refused: Callable[[str], None] = lambda reason: None) -> bool:
        """A new layer behind the one that is looked at. Whether there is one; `refused` is told why not."""
        after = self._view.layer if self._store.document.has(self._view.layer) else None
        made: list[str] = []

        def change(document: Document) -> Document:
            new, id = editing.add(document, op, SOURCE if after is None and document.nodes else after)
            made.append(id)
            return new

        added = self.edit(change, self.tr("Add layer"), refused=refused)
        if added:
            self.look(layer=made[-1], port="")
        return added

    def remove_layer(self, id: str) -> None:
        """Take a layer out of the chain; the one before it is looked at then."""
        place = self._store.document.index(id)
        looked_at = self._view.layer == id
        if self.edit(lambda each: editing.remove(each, id), self.tr("Remove layer")) and looked_at:
            rest = self._store.document.nodes
            self.look(layer=rest[min(place, len(rest) - 1)].id if rest else SOURCE, port="")

    def duplicate_layer(self, id: str) -> None:
        """A copy behind the layer."""
        made: list[str] = []

        def change(document: Document) -> Document:
            new, copy = editing.duplicate(document, id)
            made.append(copy)
            return new

        if self.edit(change, self.tr("Duplicate layer")):
            self.look(layer=made[-1])

    def switch_layer(self, id: str, enabled: bool | None = None) -> None:
        """Switch a layer on or off (None: the other way)."""
        wanted = not self._store.document.node(id).enabled if enabled is None else enabled
        self.edit(lambda each: editing.switch(each, id, wanted), self.tr("Switch layer"))
        self._show_document()

    def fold_layer(self, id: str) -> None:
        """Take a layer that scales and shifts into the weights of the one before, which is looked at then."""
        looked_at = self._view.layer == id
        before = self._store.document.node(id).inputs[0].node
        folded = self.edit(lambda each: folding.fold(each, id, self._view.shown), self.tr("Fold layer"))
        if folded and looked_at:
            self.look(layer=before, port="")

    def rename(self, id: str) -> None:
        """Let the person type another name for a layer."""
        self.look(layer=id, port="")
        self._panels.form.edit_name()

    def set_param(self, name: str, value: object, dragging: bool) -> None:
        """Change a parameter of the layer that is looked at; a drag is one step of undo."""
        id = self._view.layer
        merge = f"{id}.{name}" if dragging else None
        self.edit(
            lambda each: editing.set_params(each, id, **{name: value}),
            self.tr("Change parameter"),
            merge,
            lambda reason: self._panels.form.refuse(name, reason),
        )

    def use_way(self, way: Way) -> None:
        """Compute the layer that is looked at in another way."""
        id = self._view.layer
        self.edit(
            lambda each: each.with_node(replace(each.node(id), params=of_way(each.node(id).params, way))),
            self.tr("Change method"),
        )

    def take_from(self, id: str, port: str, giver: str) -> None:
        """Take a side input of a layer from another layer, or from the source."""
        self.edit(
            lambda each: editing.take_from(each, id, port, giver),
            self.tr("Change side input"),
            refused=lambda reason: self._panels.form.refuse(f"input.{port}", reason),
        )

    def set_weight_value(self, weight: str, index: tuple[int, ...], value: float, dragging: bool) -> None:
        """Change one number of a weight of the layer that is looked at."""
        id = self._view.layer
        self.edit(
            lambda each: editing.set_weight_value(each, id, weight, index, value, self._view.shown),
            self.tr("Change weight"),
            f"{id}.{weight}{index}" if dragging else None,
        )

    def set_target(self, target: int) -> None:
        """Choose the class that the loss is taken against."""
        node = next((each for each in reversed(self._store.document.nodes) if hasattr(each.params, "target")), None)
        if node is not None:
            wanted = {"target": (target,)} | showing(node.params, "target")
            self.edit(lambda each: editing.set_params(each, node.id, **wanted), self.tr("Choose target"))

    # View ----------------------------------------------------------------------------------------------------------

    def look(self, **changes: Any) -> None:
        """Look at something else: a layer, an output, gradients, another range of colours."""
        view = replace(self._view, **changes)
        if view == self._view:
            return
        moved = view.layer != self._view.layer
        self._view = view
        self.pointer.look_elsewhere(other_layer=moved)
        self.view_changed.emit(view)
        self._show_document()
        self._ask()

    def select_map(self, map: int) -> None:
        """Take a map of the layer: its kernel and its histogram are shown."""
        self._panels.show_selected(map)
        self.look(map=map)

    def show_picture(self, shown: int) -> None:
        """Show another picture of the batch."""
        count = len(self._store.document.source.pictures)
        if 0 <= shown < count:
            self.look(shown=shown)

    def set_origin(self, origin: Origin | None) -> None:
        """Start gradients at a unit or a map (None: at the loss), and show them."""
        content = self._view.content if self._view.content != "activations" else "both"
        self.look(origin=origin, content=content)

    def open_state(self, document: Document, view: View) -> None:
        """Take over a whole state, such as a session; what depends on this window stays as it is."""
        here = self._view
        self._view = replace(view, dark=here.dark, first=here.first, count=here.count, pixels=here.pixels)
        self.pointer.forget()
        self._known.clear()
        self._store.restart(document)

    # From the store and the compute thread ---------------------------------------------------------------------------

    def start(self) -> None:
        """Show the document and compute it."""
        self._show_document()
        self._ask()

    def close(self) -> None:
        """Show nothing more: the window is about to go."""
        self._overdue.stop()
        self._turns.stop()

    def receive(self, event: Event) -> None:
        """What the compute thread sends."""
        if isinstance(event, Report):
            if event.revision != AHEAD:
                self._receive_report(event)
        elif isinstance(event, Preparing):
            text = self.tr("Preparing kernels {0} of {1}").format(event.done, event.total)
            self.state_changed.emit("preparing", text)
            what = self.tr("Compiling kernels, only this once")
            self._panels.status.busy("computing", what, event.done, event.total)
        elif isinstance(event, Stopped):
            self._stopped(event.revision)
        elif isinstance(event, Failed):
            self._stopped(event.revision)
            # Looking at it from elsewhere, as the stage does by itself, meets the same fault again.
            again = event.document is not None and event.document is self._failed
            self._failed = event.document or self._failed
            if not again:
                self.failed.emit(event)

    def _painted(self) -> None:
        if self._painting is not None:
            self._painting.painted.set()
            self._painting = None

    def compute_again(self) -> None:
        """Compute all layers anew: the way in which they are computed has changed."""
        self._evaluator.forget()
        self._ask()

    def cancel(self) -> None:
        """Give up what is being computed; what is shown stays, marked as stale."""
        self._evaluator.cancel()
        self.cancelled.emit()
        if not self.settled():
            self._stopped(self._revision)

    def _stopped(self, revision: int) -> None:
        if revision == self._revision:
            self._panels.status.idle("computing")
            self.state_changed.emit("stopped", "")
            self._show_behind()

    def _show_behind(self) -> None:
        """Mark what is shown as behind the settings."""
        self._overdue.stop()
        self._behind = True
        self._show_cards()

    def _document_changed(self, old: Document, new: Document) -> None:
        if self._view.origin is not None and not new.has(self._view.origin.node):
            self._view = replace(self._view, origin=None)
        count = len(new.source.pictures)
        if self._view.shown >= max(1, count):
            self._view = replace(self._view, shown=0)
        if self._view.layer != SOURCE and not new.has(self._view.layer):
            self._view = replace(self._view, layer=new.nodes[-1].id if new.nodes else SOURCE, port="")
        self._known = {id: each for id, each in self._known.items() if new.has(id)}
        self._show_document()
        self._ask()

    def _ask(self) -> None:
        self._revision += 1
        self._stale = set(self._known)
        self._evaluator.request(Request(self._revision, self._store.document, self._view))
        if not self._overdue.isActive():
            self._overdue.start()
        self.state_changed.emit("busy", "")
        self._panels.status.busy("computing", self.tr("Computing"), 0, len(self._store.document.nodes))

    def _receive_report(self, report: Report) -> None:
        self._known |= {id: each for id, each in report.layers.items() if self._store.document.has(id)}
        current = report.revision == self._revision
        if current:
            self._stale -= set(report.layers)
        if report.maps or report.finished:
            self._on_stage = report.revision
        if not current:
            self.state_changed.emit("behind", "")
        if report.finished:
            self._behind = not current
            if current:
                self._overdue.stop()
                self._stale.clear()
            self._panels.show_stage(report, current)
            self._turns.run(self._show_cards, partial(self._show_rest, report))
            return
        self._panels.status.busy("computing", self.tr("Computing"), report.done, report.total)
        if report.maps:
            self._panels.show_maps(report, current)
            self._painting = report
        else:
            self._behind = True
            self._show_cards()

    # Showing -------------------------------------------------------------------------------------------------------

    def _show_rest(self, report: Report) -> None:
        """The panels beside the stage, which follow the maps and the list of layers."""
        self._panels.show_beside(report)
        self._report = report
        self.pointer.show_report(report)
        if report.revision == self._revision:
            self._panels.status.idle("computing")
            self.state_changed.emit("live", f"{report.seconds * 1e3:.1f} ms")

    def _show_document(self) -> None:
        document = self._store.document
        self._panels.show_document(document, plan(document, self._view.shown), self._view)
        self._show_cards()

    def _show_cards(self) -> None:
        document = self._store.document
        stale = self._stale if self._behind else set()
        self._panels.show_cards(document, plan(document, self._view.shown), self._known, stale, self._view.layer)
        self._panels.stage.maps.show_stale(bool(stale) and not self.on_stage())
