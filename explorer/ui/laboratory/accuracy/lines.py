"""The view of the errors over m: it measures what is not known yet, and shows what is."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.model.laboratory.accuracy import Measured, Setting
from explorer.model.laboratory.error_lines import Finds, Lines, Row, measured_all, missing, places
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.laboratory.accuracy import presenting
from explorer.ui.laboratory.charts.chart_view import ChartView
from explorer.ui.laboratory.exporting import Shown, charts_painted
from explorer.ui.laboratory.layout import ProgressLine, card, column_of
from explorer.ui.laboratory.numbers import NumbersTable
from explorer.ui.laboratory.pages import Bench
from explorer.ui.running import Running
from explorer.ui.texts import said

_SETTLING = 250
"""Milliseconds that settings have to stand still before anything is measured for them."""
_REDRAW = 100


class ErrorLines(QObject):
    """What is asked, what is known, and the widgets that show it. Measuring begins by itself while it is in view."""

    chosen = Signal(int)
    """The m that was clicked."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._asked = Lines()
        self._found: Finds = {}
        self._rows: tuple[Row, ...] = ()
        self._pending: dict[Setting, list[Row]] = {}
        self._reasons: set[str] = set()
        self._known: dict[Setting, Measured | Refusal] = {}
        self._m: int | None = None
        self._entered = False
        self._halted = False
        self.chart = ChartView("accuracy.chart")
        self.table = NumbersTable("accuracy.table", self.tr("Errors"))
        self.progress = ProgressLine("accuracy")
        self._under = card(self.table)
        self.widget = column_of(card(self.chart, self.progress), self._under)
        self._running = Running(bench.evaluator)
        self._running.found.connect(self._take)
        self._running.progressed.connect(self._show_progress)
        self._running.failed.connect(bench.failed)
        self._running.changed.connect(self._show)
        self._later = _timer(self, _SETTLING, self._start)
        self._redraw = _timer(self, _REDRAW, self._show)
        self.progress.pressed.connect(self._press)
        self.chart.chosen.connect(lambda m: self.chosen.emit(int(m)))

    @property
    def asked(self) -> Lines:
        """What is asked."""
        return self._asked

    @property
    def rows(self) -> tuple[Row, ...]:
        """The places of the lines with what was measured for them."""
        return self._rows

    @property
    def known(self) -> dict[Setting, Measured | Refusal]:
        """All that was measured, or could not be."""
        return self._known

    def settled(self) -> bool:
        """Whether all that is asked was measured, or is not going to be."""
        return not (self._later.isActive() or self._redraw.isActive() or self._running.busy)

    def exported(self) -> Shown:
        """What an export writes."""
        numbers = presenting.listed(self._asked, self._rows)
        return Shown("accuracy", charts_painted((self.chart.chart,)), numbers)

    def ask(self, asked: Lines, found: Finds) -> None:
        """Show this, and measure what is missing a little later."""
        if "found" not in asked.families:
            found = {}
        if (asked, found) == (self._asked, self._found) and self._rows:
            return
        self._asked, self._found = asked, found
        self._rows = tuple(map(Row, places(asked, found)))
        self._pending, self._reasons = {}, set()
        for row in self._rows:
            for each in row.place.settings:
                self._sort_in(row, each, self._known.get(each))
        self._halted = False
        self._running.cancel()
        self._show()
        if self._entered:
            self._later.start()

    def point_out(self, m: int | None) -> None:
        """Mark an m."""
        self._m = m
        self._show()

    def enter(self) -> None:
        """It is in view."""
        self._entered = True
        if not self._halted:
            self._later.start(0)

    def leave(self) -> None:
        """It is not in view any more; what is measured stays."""
        self._entered = False
        self._later.stop()
        self._running.cancel()
        self._show()

    def cancel(self) -> None:
        """Measure no more until it is asked for."""
        if self._running.busy or self._later.isActive():
            self._halted = True
            self._later.stop()
            self._running.cancel()
            self._show()

    def _press(self) -> None:
        if self._running.busy:
            self.cancel()
        else:
            self._halted = False
            self._start()

    def _sort_in(self, row: Row, setting: Setting, found: Measured | Refusal | None) -> None:
        if found is None:
            self._pending.setdefault(setting, []).append(row)
        elif isinstance(found, Refusal):
            self._reasons.add(said(found))
        else:
            row.found.append(found)

    def _start(self) -> None:
        if self._pending:
            settings = missing((row.place for row in self._rows), self._known)
            self._running.begin(
                lambda hand, _tick: measured_all(settings, lambda setting, each: hand((setting, each))),
                lambda _: None,
                lambda _: None,
            )
        self._show()

    def _take(self, event: tuple[Setting, Measured | Refusal]) -> None:
        setting, found = event
        self._known[setting] = found
        for row in self._pending.pop(setting, ()):
            self._sort_in(row, setting, found)
        if not self._redraw.isActive():
            self._redraw.start()

    def _show(self) -> None:
        empty = self.tr("Choose a set of points and a number format at the left.")
        if self._rows:
            empty = self.tr("Measuring …") if not self._halted else self.tr("Press Measure to measure the errors.")
        chart = presenting.chart_of(self._asked, self._rows, empty)
        self.chart.show_chart(chart, float(self._m) if self._m is not None else None)
        self.table.show_numbers(presenting.numbers_of(self._asked, self._rows))
        self._under.setVisible(bool(self._rows))
        self._under.setFixedHeight(min(self.table.rows_high() + theme.current().px(24), theme.current().px(270)))
        if not self._running.busy:
            self._show_idle()

    def _show_idle(self) -> None:
        text = self.tr("Means over {0} seeds of {1} tiles; the shading goes from the least to the greatest seed.")
        text = text.format(self._asked.seeds, self._asked.tiles)
        if self._reasons:
            text = " ".join(sorted(self._reasons))
        wanting = bool(self._pending) and not self._later.isActive()
        self.progress.show_idle(text, self.tr("Measure") if wanting else "", self.tr("Measure what is missing"))

    def _show_progress(self, done: int, total: int) -> None:
        text = self.tr("Measuring on random tiles")
        self.progress.show_running(text, done, total, self.tr("Cancel"), self.tr("Stop measuring (Ctrl+.)"))


def _timer(owner: QObject, milliseconds: int, does: object) -> QTimer:
    made = QTimer(owner)
    made.setSingleShot(True)
    made.setInterval(milliseconds)
    made.timeout.connect(does)
    return made
