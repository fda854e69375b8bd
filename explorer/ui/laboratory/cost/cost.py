"""The cost page: the model follows the fields at once, the times are taken when they are asked for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from explorer.model.laboratory.costs import Layer
from explorer.model.laboratory.layer_times import SECONDS, Times, measured_times
from explorer.model.laboratory.sweeps import Sweep, Way, modelled
from explorer.ops.warm_up import METHODS, parts_of
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.actions import Entry, added
from explorer.ui.captioned import Text
from explorer.ui.derive.asked import Asked, Misread
from explorer.ui.laboratory.asked_page import AskedPage
from explorer.ui.laboratory.charts.chart_view import ChartView
from explorer.ui.laboratory.cost import asked as asking
from explorer.ui.laboratory.cost import presenting
from explorer.ui.laboratory.cost.asked import USUAL
from explorer.ui.laboratory.exporting import Shown, ask, charts_painted
from explorer.ui.laboratory.layout import ProgressLine, card, column_of, page, row, tabs
from explorer.ui.laboratory.numbers import NumbersTable
from explorer.ui.laboratory.pages import Bench
from explorer.ui.running import Running
from explorer.ui.texts import said
from explorer.ui.workspaces import LABORATORY, Keys

NAME = "cost"
MODEL, MEASURED = "model", "measured"


class Cost(AskedPage):
    """The page."""

    def __init__(self, bench: Bench, seconds: float = SECONDS) -> None:
        """`seconds` are taken for the rounds of each size."""
        super().__init__(bench, NAME, USUAL, asking.form())
        self._seconds = seconds
        self._sweep: Sweep | None = None
        self._costs: presenting.Costs = {}
        self._clocked: dict[tuple[Layer, tuple[Way, ...]], Times] = {}
        self._modelling = Running(bench.evaluator)
        self._running = Running(bench.evaluator)
        self.model, self.measured = ChartView("cost.model"), ChartView("cost.measured")
        self.said = {MODEL: self._sentences("cost.model.said"), MEASURED: self._sentences("cost.measured.said")}
        self.progress = ProgressLine("cost")
        self.table = NumbersTable("cost.table", self.tr("Costs"))
        self._of = MODEL
        self._under = card(self._head(), self.table, stretch=1)
        middle = column_of(self._charts(), self._under)
        self.page = page(NAME, self.form, middle)
        self.acts = self.acts_with(self.export, self._running.cancel, self._keys)
        self.menu = QMenu(self.page)
        self._entries = [
            Entry("cost.measure", self.tr("Measure, or stop measuring"), self.switch, ("Ctrl+Return",)),
            Entry("cost.copy", self.tr("Copy the numbers"), self.table.copy, ("Ctrl+Shift+C",)),
            Entry("cost.reset", self.tr("Usual settings"), lambda: self.ask(USUAL)),
        ]
        added(self.page, self.menu, self._entries, Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._connect()
        self.show_asked()

    def _connect(self) -> None:
        self.progress.pressed.connect(self.switch)
        self._running.found.connect(self._take)
        self._running.progressed.connect(self._show_progress)
        for each in (self._modelling, self._running):
            each.failed.connect(self._bench.failed)
        self._running.changed.connect(self._draw)

    def _charts(self) -> QWidget:
        made = QWidget()
        line = QHBoxLayout(made)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.current().px(10))
        line.addWidget(card(self.model, self.said[MODEL]), 1)
        line.addWidget(card(self.measured, self.said[MEASURED]), 1)
        return made

    def _sentences(self, name: str) -> Text:
        made = Text("", "small", wrap=True)
        made.setObjectName(name)
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        made.setAlignment(Qt.AlignmentFlag.AlignTop)
        return made

    def _head(self) -> QWidget:
        options = [
            (MODEL, self.tr("Model"), self.tr("The numbers of the plot at the left")),
            (MEASURED, self.tr("Measured"), self.tr("The numbers of the plot at the right")),
        ]
        self._which = tabs("cost.numbers", self.tr("Numbers"), options, self._choose)
        made = row(self._which, self.progress)
        layout = made.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.setStretch(1, 1)
        layout.setStretch(2, 0)
        return made

    # The page --------------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """It is shown now."""
        self._bench.status.show_values("", LABORATORY)
        self._bench.status.show_about(self.tr("float32, stride 1, as many outputs as inputs"), LABORATORY)

    def leave(self) -> None:
        """Another page is shown now: times would not be those of a quiet machine."""
        self._running.cancel()

    def close(self) -> None:
        """Keep the settings."""
        self._running.cancel()
        self._modelling.cancel()
        self.keep()

    def settled(self) -> bool:
        """Whether the model belongs to the fields, and nothing is measured."""
        return not self._modelling.busy and not self._running.busy

    @property
    def times(self) -> dict[int, Times]:
        """What was measured of what is asked, by size."""
        sweep = self._sweep
        if sweep is None:
            return {}
        keys = {size: (sweep.at(size), sweep.ways(size)) for size in sweep.sizes}
        return {size: self._clocked[key] for size, key in keys.items() if key in self._clocked}

    def export(self) -> None:
        """The plots or the numbers into a file."""
        ask(self.page.window(), self._bench.settings, self._bench.desk, self.shown())

    def shown(self) -> Shown:
        """What an export writes."""
        charts = [each.chart for each in (self.model, self.measured) if each.chart.filled]
        sweep = self._sweep
        numbers = presenting.listed(sweep, self._costs, self.times) if sweep is not None else self.table.numbers
        return Shown("cost", charts_painted(charts or [self.model.chart]), numbers, max(len(charts), 1))

    def _keys(self) -> Keys:
        return [(self.tr("Cost"), [(" / ".join(each.keys), each.text) for each in self._entries if each.keys])]

    # What is asked ---------------------------------------------------------------------------------------------------

    def followed(self, what: Asked) -> Asked:
        """Another variable brings its range."""
        return asking.followed(self.history.state, what)

    def show_asked(self) -> None:
        """Show what is asked, and count what belongs to it."""
        what = self.history.state
        self.form.show_asked(what)
        self.form.show_only(asking.shown_fields(what))
        try:
            sweep = asking.read(what)
        except Misread as misread:
            self.form.show_refusal(misread)
            return
        self.form.show_refusal(None)
        if sweep == self._sweep:
            self._modelling.cancel()
            self._draw()
            return
        self._running.cancel()

        def made(costs: presenting.Costs) -> None:
            self._sweep, self._costs = sweep, costs
            self._draw()

        self._modelling.start(modelled(sweep), made, self._refuse)

    # Measuring -------------------------------------------------------------------------------------------------------

    def switch(self) -> None:
        """Begin to measure, or stop."""
        if self._running.busy:
            self._running.cancel()
        elif self._sweep is not None:
            sweep, known, seconds = self._sweep, self.times, self._seconds
            if len(known) == len(sweep.sizes):
                known = {}
            self._running.begin(
                lambda hand, tick: measured_times(sweep, known, lambda *found: hand((sweep, *found)), tick, seconds),
                lambda _: None,
                self._refuse,
                lambda: parts_of(["conv", METHODS], "float32"),
            )
            self._choose(MEASURED)

    def _take(self, event: tuple[Sweep, int, Times]) -> None:
        sweep, size, times = event
        self._clocked[sweep.at(size), sweep.ways(size)] = times
        self._draw()

    def _refuse(self, refusal: Refusal) -> None:
        self._bench.status.refuse(said(refusal))

    # Showing ---------------------------------------------------------------------------------------------------------

    def _choose(self, which: str) -> None:
        self._of = which
        self._which.show_value(which)
        self._draw()

    def _draw(self) -> None:
        sweep, what = self._sweep, self.history.state
        if sweep is None:
            return
        relative = asking.relative(what)
        model = presenting.model_chart(sweep, self._costs, asking.quantity_of(what), relative=relative)
        measured = presenting.measured_chart(sweep, self.times, relative=relative, measuring=self._running.busy)
        self.model.show_chart(model)
        self.measured.show_chart(measured)
        ratios = presenting.measured_lines(sweep, self.times, relative=True)
        for name, lines in ((MODEL, model.lines), (MEASURED, ratios)):
            found = presenting.sentences(lines, sweep, measured=name == MEASURED)
            self.said[name].setText("\n".join(found))
        self.table.show_numbers(presenting.table(sweep, model if self._of == MODEL else measured))
        self._under.setFixedHeight(self.table.rows_high() + theme.current().px(62))
        self._show_state()

    def _show_state(self) -> None:
        if self._running.busy:
            self._show_progress(0, 0)
            return
        known = len(self.times)
        complete = self._sweep is not None and known == len(self._sweep.sizes)
        text = self.tr("Medians over rounds that run every way in turn") if known else ""
        again = self.tr("Measure again") if complete else self.tr("Measure")
        self.progress.show_idle(text, again, self.tr("Take the times of every way (Ctrl+Return)"))

    def _show_progress(self, done: int, total: int) -> None:
        tip = self.tr("Stop measuring; what was measured stays (Ctrl+.)")
        self.progress.show_running(self.tr("Measuring, every way in turn"), done, total, self.tr("Cancel"), tip)
