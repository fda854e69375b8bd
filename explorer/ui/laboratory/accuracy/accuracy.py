"""The accuracy page: what is asked, with a history of its own, and the views of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMenu, QStackedWidget

from explorer.model.store import History
from explorer.ui.actions import Entry, added
from explorer.ui.derive.asked import Asked, Misread
from explorer.ui.laboratory.accuracy import asked as asking
from explorer.ui.laboratory.accuracy import presenting
from explorer.ui.laboratory.accuracy.asked import USUAL, form
from explorer.ui.laboratory.accuracy.lines import ErrorLines
from explorer.ui.laboratory.asking import kept, unkept
from explorer.ui.laboratory.exporting import Shown, ask, charts_painted
from explorer.ui.laboratory.layout import page
from explorer.ui.laboratory.pages import Bench
from explorer.ui.workspaces import LABORATORY, Acts, Keys

NAME = "accuracy"


class Accuracy(QObject):
    """The page."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench
        self.history: History[Asked] = History(unkept(bench.settings.laboratory(NAME), USUAL))
        self.form = form()
        self.lines = ErrorLines(bench)
        self._views = QStackedWidget()
        self._views.addWidget(self.lines.widget)
        self.page = page(NAME, self.form, self._views)
        self.acts = Acts(
            undo=self.history.undo,
            redo=self.history.redo,
            history=lambda: (self.history.undo_label, self.history.redo_label),
            export=self.export,
            cancel=self.lines.cancel,
            keys=self._keys,
        )
        self.menu = QMenu(self.page)
        self._entries = [
            Entry("accuracy.copy", self.tr("Copy the numbers"), self.lines.table.copy, ("Ctrl+Shift+C",)),
            Entry("accuracy.reset", self.tr("Usual settings"), self._reset),
        ]
        added(self.page, self.menu, self._entries, Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.form.edited.connect(self._edited)
        self.history.listen(lambda old, new: self._asked())
        self._show()

    # The page --------------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """It is shown now."""
        self.lines.enter()
        self._bench.status.show_about(self.tr("errors against float64"), LABORATORY)

    def leave(self) -> None:
        """Another page is shown now."""
        self.lines.leave()

    def close(self) -> None:
        """Keep the settings."""
        self.lines.leave()
        self._bench.settings.set_laboratory(NAME, kept(self.history.state))

    def export(self) -> None:
        """The plot or the numbers into a file."""
        ask(self.page.window(), self._bench.settings, self._bench.desk, self.shown())

    def shown(self) -> Shown:
        """What an export writes."""
        lines = self.lines
        numbers = presenting.listed(lines.asked, lines.places, lines.known)
        return Shown("accuracy", charts_painted((lines.chart.chart,)), numbers)

    def _keys(self) -> Keys:
        rows = [(" / ".join(each.keys), each.text) for each in self._entries if each.keys]
        return [(self.tr("Accuracy"), [("← →", self.tr("Choose an m in the plot")), *rows])]

    # What is asked ---------------------------------------------------------------------------------------------------

    def ask(self, what: Asked, merge: str | None = None) -> None:
        """Ask something else."""
        self.history.apply(what, self.tr("Change the settings"), merge)

    def _reset(self) -> None:
        self.ask(USUAL)

    def _edited(self, what: Asked, merge: str) -> None:
        if what != self.history.state:
            self.ask(what, merge or None)

    def _asked(self) -> None:
        self._bench.history_changed()
        self._show()

    def _show(self) -> None:
        what = self.history.state
        self.form.show_asked(what)
        self.form.field("typed").setVisible("typed" in what.value("families"))
        try:
            self.lines.ask(asking.read(what), {})
        except Misread as misread:
            self.form.show_refusal(misread)
        else:
            self.form.show_refusal(None)
