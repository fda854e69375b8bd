"""The view of the search for better points: begin, look on, stand still, give up; and what was kept."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QObject, Signal

from explorer.model.derivation.problem import Filter
from explorer.model.laboratory.kept_points import Kept
from explorer.model.laboratory.search_progress import SoFar, verdict, watched
from explorer.model.laboratory.searching import Outcome, Search, Searching
from explorer.refusal import Refusal
from explorer.ui.captioned import Text, button
from explorer.ui.derive.asked import Asked, Misread, written
from explorer.ui.derive.fields import CountField
from explorer.ui.laboratory.accuracy import search_presenting as presenting
from explorer.ui.laboratory.accuracy.asked import MOST_TRIES, search_of
from explorer.ui.laboratory.accuracy.store import KeptPoints
from explorer.ui.laboratory.asking import changed
from explorer.ui.laboratory.charts.chart_view import ChartView
from explorer.ui.laboratory.exporting import Shown, charts_painted
from explorer.ui.laboratory.layout import ProgressLine, card, column_of, row, tabs
from explorer.ui.laboratory.numbers import NumbersTable
from explorer.ui.laboratory.pages import Bench
from explorer.ui.running import Running
from explorer.ui.texts import said

OUTCOME, KEPT = "outcome", "kept"
FIELDS = ("m", "tries", "search_seed")


class SearchView(QObject):
    """One search at a time. It stands still while another view or page is shown, whose times it would spoil."""

    edited = Signal(object, str)

    def __init__(self, bench: Bench, store: KeptPoints) -> None:
        super().__init__()
        self._bench = bench
        self._store = store
        self._asked: Asked | None = None
        self._search: Search | None = None
        self._found: SoFar | None = None
        self._outcome: Outcome | None = None
        self._resumes = False
        self._which = OUTCOME
        self._fields = self._made_fields()
        self.chart = ChartView("accuracy.search.chart")
        self.verdict = Text("", "text", wrap=True)
        self.verdict.setObjectName("accuracy.search.verdict")
        self.verdict.hide()
        self.progress = ProgressLine("accuracy.search")
        self.table = NumbersTable("accuracy.search.table", self.tr("Sets of points"), by_rows=True)
        self.derive = button(
            self.tr("Derive with these points"),
            "accuracy.search.derive",
            self.tr("F(m, r) at the points of the row, step by step"),
        )
        self.remove = button(
            self.tr("Remove"), "accuracy.search.remove", self.tr("Keep the set of the row no longer (Del)")
        )
        options = [
            (OUTCOME, self.tr("This search"), self.tr("What the last search found, beside the known sets")),
            (KEPT, self.tr("Kept"), self.tr("What all searches found that is worth keeping")),
        ]
        self._tabs = tabs("accuracy.search.sets", self.tr("Sets"), options, self._choose)
        head = row(self._tabs, row(self.derive, self.remove), last=True)
        self.widget = column_of(
            card(row(*self._fields.values()), self.chart, self.verdict, self.progress, stretch=1),
            card(head, self.table, stretch=1),
        )
        self._running = Running(bench.evaluator)
        self._connect()

    def _made_fields(self) -> dict[str, CountField]:
        tip = self.tr("A whole number, {0} to {1} (Up and Down step it)")
        return {
            "m": CountField("m", self.tr("Outputs m"), tip.format(1, 16), room="accuracy.search"),
            "tries": CountField("tries", self.tr("Sets to try"), tip.format(1, MOST_TRIES), room="accuracy.search"),
            "search_seed": CountField("search_seed", self.tr("Seed"), tip.format(0, 2**31), room="accuracy.search"),
        }

    def _connect(self) -> None:
        for field in self._fields.values():
            field.edited.connect(self._edited)
        self._running.found.connect(self._take)
        self._running.progressed.connect(self._progressed)
        self._running.changed.connect(self._show)
        self._running.failed.connect(self._bench.failed)
        self.progress.pressed.connect(self.switch)
        self.progress.given_up.connect(self.cancel)
        self.derive.clicked.connect(self._derive)
        self.remove.clicked.connect(self._remove)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_buttons())
        self.table.deleted.connect(self._remove)
        self._store.changed.connect(self._show)

    # What is asked ---------------------------------------------------------------------------------------------------

    def show_asked(self, what: Asked) -> None:
        """Show what is asked; a search that runs goes on as it was begun."""
        self._asked = what
        for name, field in self._fields.items():
            field.show_value(what.value(name))
            field.refuse("")
        self._show()

    def refuse(self, misread: Misread) -> bool:
        """Say at a field of this view why it cannot be read; False where it is none of them."""
        field = self._fields.get(misread.field)
        if field is not None:
            field.refuse(said(misread.refusal))
        return field is not None

    def _edited(self, merge: str) -> None:
        assert self._asked is not None
        self.edited.emit(changed(self._asked, **{name: field.value() for name, field in self._fields.items()}), merge)

    # Searching -------------------------------------------------------------------------------------------------------

    @property
    def running(self) -> Running:
        """What carries it out."""
        return self._running

    @property
    def outcome(self) -> Outcome | None:
        """What came out of the last search."""
        return self._outcome

    def exported(self) -> Shown:
        """What an export writes."""
        return Shown("points", charts_painted((self.chart.chart,)), self.table.numbers)

    def enter(self) -> None:
        """It is in view: what stood still because it was not goes on."""
        if self._resumes:
            self._resumes = False
            self._running.go_on()

    def leave(self) -> None:
        """It is not in view any more."""
        self._resumes = self._resumes or self._running.busy
        self._running.pause()

    def switch(self) -> None:
        """Begin, stand still, or go on."""
        self._resumes = False
        if self._running.busy:
            self._running.pause()
        elif self._running.paused:
            self._running.go_on()
        else:
            self.begin()

    def begin(self) -> None:
        """Begin the search that is asked for."""
        assert self._asked is not None
        try:
            search = search_of(self._asked)
            searching = Searching(search)
        except Misread as misread:
            if not self.refuse(misread):
                self._bench.status.refuse(said(misread.refusal))
            return
        except Refusal as refusal:
            self._bench.status.refuse(said(refusal))
            return
        self._search, self._found, self._outcome = search, None, None
        self._choose(OUTCOME)
        self._running.begin(lambda hand, _tick: watched(searching, hand), self._done, self._refused)

    def cancel(self) -> None:
        """Give it up."""
        self._resumes = False
        self._running.cancel()

    def _take(self, found: SoFar) -> None:
        self._found = found
        self._show()

    def _progressed(self, done: int, total: int) -> None:
        assert self._search is not None
        text = presenting.so_far_text(self._search, self._found)
        if self._found is not None and self._found.evaluations >= self._search.evaluations:
            text = self.tr("Measuring the best and the known sets on fresh tiles")
        pause = self.tr("Pause")
        self.progress.show_running(text, done, total, pause, self.tr("Stand still; it can go on later"))

    def _refused(self, refusal: Refusal) -> None:
        self._bench.status.refuse(said(refusal))

    def _done(self, outcome: Outcome) -> None:
        self._outcome = outcome
        found = verdict(outcome)
        if found.kind != "none":
            search, best = outcome.search, found.found
            against = found.known.mean if found.known.mean < float("inf") else None
            self._store.add(
                Kept(
                    search.m, search.r, (*best.points, "inf"), search.directions, search.arithmetic, search.order,
                    search.fractions, best.mean, best.deviation, best.score, found.known.presets[0], against,
                    search.seed, outcome.evaluations, datetime.now(UTC).date().isoformat(),
                )
            )  # fmt: skip
        self._show()

    # Showing ---------------------------------------------------------------------------------------------------------

    def _choose(self, which: str) -> None:
        self._which = which
        self._tabs.show_value(which)
        self._show()

    def _sought(self) -> Search | None:
        """What the plot is about: the search that was begun, or the one that is asked for."""
        if self._search is not None:
            return self._search
        try:
            return search_of(self._asked) if self._asked is not None else None
        except Misread:
            return None

    def _show(self) -> None:
        search = self._sought()
        if search is None:
            return
        empty = self.tr(
            "It tries small fractions as points, keeps a change where the measured error falls,\n"
            "and measures the best sets again on tiles that it has not seen."
        )
        self.chart.show_chart(presenting.chart_of(search, self._found, empty))
        self.verdict.setVisible(self._outcome is not None)
        if self._outcome is not None:
            self.verdict.setText(presenting.said_of(search, self._outcome, verdict(self._outcome)))
        kept = self._which == KEPT
        self.table.show_numbers(
            presenting.kept_table(self._store.sets) if kept else presenting.found_table(self._outcome)
        )
        self._show_buttons()
        self.progress.cancel.setVisible(self._running.busy or self._running.paused)
        if self._running.paused:
            text = self.tr("Standing still. {0}").format(presenting.so_far_text(search, self._found))
            self.progress.show_idle(text, self.tr("Go on"), self.tr("Go on with the search"))
        elif not self._running.busy:
            tip = self.tr("Search for points that err less (Ctrl+Return)")
            self.progress.show_idle("", self.tr("Search"), tip)

    def _row(self) -> int | None:
        rows = {index.row() for index in self.table.selectedIndexes()}
        return rows.pop() if len(rows) == 1 else None

    def _show_buttons(self) -> None:
        self.derive.setEnabled(self._row() is not None)
        self.remove.setVisible(self._which == KEPT)
        self.remove.setEnabled(self._row() is not None)

    def _chosen(self) -> Filter | None:
        """The filter at the points of the row that is selected."""
        at = self._row()
        if at is None:
            return None
        if self._which == KEPT:
            kept = self._store.sets[at]
            return Filter(kept.m, kept.r, kept.points, fractions=kept.fractions)
        assert self._outcome is not None
        search = self._outcome.search
        sets = [*self._outcome.found, *(each for each in self._outcome.known if each not in self._outcome.found)]
        return Filter(search.m, search.r, (*sets[at].points, "inf"), fractions=search.fractions)

    def _derive(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self._bench.derive(written(chosen))

    def _remove(self) -> None:
        at = self._row()
        if self._which == KEPT and at is not None:
            self._store.remove(self._store.sets[at])
