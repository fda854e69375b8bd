"""The view of the errors in the picture: a layer of the document by F(m×m, r×r) and directly, against float64."""

from __future__ import annotations

from collections.abc import Generator

from PySide6.QtCore import QObject, Signal

from explorer.model.digits import number
from explorer.model.evaluation import Evaluated, Result
from explorer.model.laboratory.accuracy import UNITS, Arithmetic
from explorer.model.laboratory.error_lines import MOST_OUTPUTS
from explorer.model.laboratory.error_map import ErrorMap
from explorer.model.laboratory.families import FAMILIES, Family
from explorer.model.laboratory.layer_error import filter_of, layer_error, summed_up
from explorer.model.laboratory.tiles import convolutions, tiled
from explorer.refusal import Refusal
from explorer.ui.derive.asked import Asked, Misread
from explorer.ui.derive.fields import ChoiceField, CountField, Field
from explorer.ui.laboratory.accuracy.asked import family_names, fractions_of, order_of
from explorer.ui.laboratory.accuracy.error_view import ErrorPair
from explorer.ui.laboratory.accuracy.painting_errors import Pair, paint_errors, pair_of
from explorer.ui.laboratory.asking import changed, choice, integer_of
from explorer.ui.laboratory.exporting import Shown
from explorer.ui.laboratory.layout import ProgressLine, card, column_of, row
from explorer.ui.laboratory.numbers import Numbers, NumbersTable
from explorer.ui.laboratory.pages import Bench
from explorer.ui.parameters.choices import ComboBox
from explorer.ui.pipeline.cards import title_of
from explorer.ui.running import Running
from explorer.ui.texts import said
from explorer.ui.weights.index_chooser import IndexChooser
from explorer.ui.workspaces import LABORATORY

ROOM = "accuracy.map"
_MOST_CELLS = 1 << 20
"""Of a map whose numbers are written out."""


class ErrorMaps(QObject):
    """Follows the document, the layer that Explore looks at at first, and what is asked."""

    edited = Signal(object, str)

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench
        self._asked: Asked | None = None
        self._layer = ""
        self._filter = 0
        self._entered = False
        self._answered: object = None
        self._fields: dict[str, Field] = {
            "m": CountField(
                "m", self.tr("Outputs m"), self.tr("1 to {0} (Up and Down step it)").format(MOST_OUTPUTS), room=ROOM
            ),
            "map_family": self._families(),
            "map_arithmetic": self._arithmetics(),
        }
        self._layers = ComboBox()
        self._layers.setObjectName(f"{ROOM}.layer")
        self._layers.setAccessibleName(self.tr("Convolution layer"))
        self._layers.setToolTip(self.tr("The layer whose input and weights are taken"))
        self._layers.setMinimumContentsLength(16)
        self._filters = IndexChooser(f"{ROOM}.filter")
        self._filters.show_texts(self.tr("Filter"), self.tr("Previous filter"), self.tr("Next filter"))
        self.view = ErrorPair()
        self.progress = ProgressLine(ROOM)
        self.table = NumbersTable(f"{ROOM}.table", self.tr("Errors in the picture"))
        self._under = card(self.table)
        head = column_of(row(self._layers, self._filters), row(*self._fields.values()), stretch=-1)
        self.widget = column_of(card(head, self.view, self.progress, stretch=1), self._under)
        self._running = Running(bench.evaluator)
        self._running.failed.connect(bench.failed)
        self._running.progressed.connect(self._progressed)
        self._running.changed.connect(self._show_state)
        for each in self._fields.values():
            each.edited.connect(self._edited)
        self._layers.activated.connect(lambda at: self._choose(self._layers.itemData(at), 0))
        self._filters.chosen.connect(lambda index: self._choose(self._layer, index))
        self._filters.refused.connect(bench.status.refuse)
        self.view.pointed.connect(self._point)
        self.progress.given_up.connect(self.cancel)
        self.progress.pressed.connect(self.cancel)
        bench.explore.state_changed.connect(lambda state, text: self._follow())

    def _families(self) -> ChoiceField:
        names = family_names()
        options = [(each, names[each]) for each in FAMILIES if each not in ("typed", "found")]
        return choice("map_family", self.tr("Points"), self.tr("Points of the algorithm"), options, ROOM)

    def _arithmetics(self) -> ChoiceField:
        tip = self.tr("Every operation is rounded to it")
        return choice("map_arithmetic", self.tr("in"), tip, [(each, each) for each in UNITS], ROOM)

    # The view --------------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """It is in view: follow the document again."""
        self._entered = True
        if not self._layer:
            self._layer = self._bench.explore.view.layer
        self._follow()

    def leave(self) -> None:
        """It is not in view any more."""
        self._entered = False
        if self._running.busy:
            self._running.cancel()
            self._answered = None

    def cancel(self) -> None:
        """Give up what is computed."""
        self._running.cancel()

    def settled(self) -> bool:
        """Whether the maps belong to what is asked and to the document."""
        return self._bench.explore.settled() and not self._running.busy

    def exported(self) -> Shown:
        """What an export writes."""
        pair = self.view.pair
        if pair is None:
            return Shown("errors", lambda *_: None, self.table.numbers)
        cells = pair.found.fast
        numbers = self.table.numbers
        if cells.size <= _MOST_CELLS:
            rows = tuple(tuple(map(float, each)) for each in cells)
            numbers = Numbers(
                "i \\ j", tuple(map(str, range(cells.shape[1]))), tuple(map(str, range(len(cells)))), rows
            )
        return Shown("errors", lambda painter, rect, now: paint_errors(painter, rect, pair, now), numbers)

    # What is asked ---------------------------------------------------------------------------------------------------

    def show_asked(self, what: Asked) -> None:
        """Show what is asked, and compute it where it is in view."""
        self._asked = what
        for name, field in self._fields.items():
            field.show_value(what.value(name))
            field.refuse("")
        self._follow()

    def _edited(self, merge: str) -> None:
        assert self._asked is not None
        self.edited.emit(changed(self._asked, **{name: field.value() for name, field in self._fields.items()}), merge)

    def _choose(self, layer: str, filter: int) -> None:
        self._layer, self._filter = layer, filter
        self._follow()

    def _evaluated(self) -> Evaluated | None:
        report = self._bench.explore.report
        return report.evaluated if report is not None else None

    def _follow(self) -> None:
        """The document, the layer or the settings are others: compute what belongs to them."""
        evaluated, what = self._evaluated(), self._asked
        if not self._entered or what is None or evaluated is None or not self._bench.explore.settled():
            return
        found = convolutions(evaluated)
        self._show_layers(evaluated, list(found))
        if not found:
            self._say(self.tr("There is no convolution that was computed. Add one in Explore."))
            return
        if self._layer not in found:
            self._layer, self._filter = next(iter(found)), 0
        key = (evaluated, self._layer, self._filter, self._bench.explore.view.shown, what)
        if key == self._answered:
            return
        self._answered = key
        try:
            self._begin(what, found[self._layer])
        except Misread as misread:
            self._fields["m"].refuse(said(misread.refusal))
        except Refusal as refusal:
            self._say(said(refusal))

    def _begin(self, what: Asked, result: Result) -> None:
        whole = self._bench.store.document.source.whole
        of = tiled(result, self._bench.explore.view.shown if whole else 0)
        self._filter = min(self._filter, len(of.w) - 1)
        self._filters.show_index(self._filter, len(of.w))
        family: Family = next((each for each in FAMILIES if each == what.text("map_family")), "accurate")
        problem = filter_of(of, integer_of(what, "m", 1, MOST_OUTPUTS), family, fractions_of(what))
        arithmetic: Arithmetic = "float16" if what.text("map_arithmetic") == "float16" else "float32"
        m, r, filter = problem.m, problem.r, self._filter
        title = self.tr("Error in the picture, C = {0}, {1}, {2}").format(
            len(of.channels(filter)), family_names()[family], arithmetic
        )
        names = f"F({m}×{m}, {r}×{r})", self.tr("direct")

        def steps() -> Generator[tuple[int, int], None, Pair]:
            found = yield from layer_error(of, filter, problem, arithmetic, order_of(what))
            return pair_of(title, found, names, (_said(found, fast=True), _said(found, fast=False)), m)

        self._running.start(steps(), self._take, lambda refusal: self._say(said(refusal)))

    def _take(self, pair: Pair) -> None:
        self.view.show_pair(pair)
        columns = (self.tr("mean"), self.tr("largest"), self.tr("÷ u·max |y*|"), self.tr("infinite"))
        found = pair.found
        rows = []
        for errors in (found.fast, found.direct):
            each = summed_up(errors)
            scale = found.largest * found.unit
            rows.append((each.mean, each.largest, each.largest / scale if scale else None, float(each.failed)))
        self.table.show_numbers(Numbers("", columns, pair.names, tuple(rows)))
        self._under.setFixedHeight(self.table.rows_high() + 24)

    def _say(self, text: str) -> None:
        self._running.cancel()
        self.view.show_pair(None, text)
        self.table.show_numbers(Numbers(empty=""))

    # Showing ---------------------------------------------------------------------------------------------------------

    def _show_layers(self, evaluated: Evaluated, ids: list[str]) -> None:
        wanted = [(f"{node.name} · {title_of(node)}", node.id) for node in evaluated.document.nodes if node.id in ids]
        shown = [(self._layers.itemText(at), self._layers.itemData(at)) for at in range(self._layers.count())]
        if shown != wanted:
            self._layers.clear()
            for text, id in wanted:
                self._layers.addItem(text, id)
        self._layers.setCurrentIndex(max(self._layers.findData(self._layer), 0))

    def _progressed(self, done: int, total: int) -> None:
        tip = self.tr("Stop (Ctrl+.)")
        self.progress.show_running(self.tr("Computing the errors"), done, total, self.tr("Cancel"), tip)

    def _show_state(self) -> None:
        if not self._running.busy:
            text = self.tr("|y − y*| of every output without the bias; y* is the sum in float64 of the rounded numbers")
            self.progress.show_idle(text, "", "")

    def _point(self, cell: tuple[int, int] | None) -> None:
        pair = self.view.pair
        text = ""
        if cell is not None and pair is not None:
            fast, direct = (float(each[cell]) for each in (pair.found.fast, pair.found.direct))
            text = self.tr("row {0}, column {1}   {2}: {3}   direct: {4}").format(
                *cell, pair.names[0], number(fast, 3), number(direct, 3)
            )
        self._bench.status.show_values(text, LABORATORY)


def _said(found: ErrorMap, *, fast: bool) -> str:
    each = summed_up(found.fast if fast else found.direct)
    return f"0 … {number(each.largest, 3)}   ⌀ {number(each.mean, 3)}"
