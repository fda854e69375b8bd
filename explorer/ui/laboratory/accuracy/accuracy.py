"""The accuracy page: what is asked, with a history of its own, and the views of it."""

from __future__ import annotations

from functools import cached_property, partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QStackedWidget

from explorer.ui.actions import Entry, added
from explorer.ui.derive.asked import Misread
from explorer.ui.laboratory.accuracy import asked as asking
from explorer.ui.laboratory.accuracy.asked import LINES, MAP, SEARCH, USUAL, VIEWS, form
from explorer.ui.laboratory.accuracy.error_maps import ErrorMaps
from explorer.ui.laboratory.accuracy.lines import ErrorLines
from explorer.ui.laboratory.accuracy.search import SearchView
from explorer.ui.laboratory.accuracy.store import KeptPoints
from explorer.ui.laboratory.asked_page import AskedPage
from explorer.ui.laboratory.asking import changed
from explorer.ui.laboratory.exporting import ask
from explorer.ui.laboratory.layout import column_of, page, row, tabs
from explorer.ui.laboratory.pages import Bench
from explorer.ui.workspaces import LABORATORY, Keys

NAME = "accuracy"
View = ErrorLines | ErrorMaps | SearchView


class Accuracy(AskedPage):
    """The page."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench, NAME, USUAL, form())
        self.store = KeptPoints(bench.desk)
        self._made: dict[str, View] = {}
        self._views = QStackedWidget()
        self._entered = False
        self._tabs = tabs(f"{NAME}.view", self.tr("View"), self._named_views(), self._choose)
        self.page = page(NAME, self.form, column_of(row(self._tabs), self._views, stretch=1))
        self.acts = self.acts_with(self.export, lambda: self._shown().cancel(), self._keys)
        self.menu = QMenu(self.page)
        self._entries = [
            *(
                Entry(f"accuracy.view.{name}", title, partial(self._choose, name), (f"Ctrl+Shift+{number}",))
                for number, (name, title, _) in enumerate(self._named_views(), 1)
            ),
            Entry("accuracy.search", self.tr("Search, stand still or go on"), self._switch_search, ("Ctrl+Return",)),
            Entry("accuracy.copy", self.tr("Copy the numbers"), lambda: self._shown().table.copy(), ("Ctrl+Shift+C",)),
            Entry("accuracy.reset", self.tr("Usual settings"), self._reset),
        ]
        added(self.page, self.menu, self._entries, Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.store.changed.connect(self.show_asked)
        self.show_asked()

    def _named_views(self) -> list[tuple[str, str, str]]:
        return [
            (LINES, self.tr("Error over m"), self.tr("The error of families of points (Ctrl+Shift+1)")),
            (MAP, self.tr("In the picture"), self.tr("Where a layer of the document errs (Ctrl+Shift+2)")),
            (SEARCH, self.tr("Better points"), self.tr("A search for points that err less (Ctrl+Shift+3)")),
        ]

    @cached_property
    def lines(self) -> ErrorLines:
        """The errors over m. Each view is built when it is first wanted."""
        made = ErrorLines(self._bench)
        made.chosen.connect(lambda m: self.ask(changed(self.history.state, m=str(m)), "m"))
        self._add(LINES, made)
        return made

    @cached_property
    def maps(self) -> ErrorMaps:
        """The errors in the picture."""
        made = ErrorMaps(self._bench)
        made.edited.connect(self.edit)
        self._add(MAP, made)
        return made

    @cached_property
    def search(self) -> SearchView:
        """The search for better points."""
        made = SearchView(self._bench, self.store)
        made.edited.connect(self.edit)
        self._add(SEARCH, made)
        return made

    def _add(self, name: str, view: View) -> None:
        self._made[name] = view
        self._views.addWidget(view.widget)
        self._tell(view)

    def _shown(self) -> View:
        """The view that is shown."""
        if self._view == MAP:
            return self.maps
        return self.search if self._view == SEARCH else self.lines

    @property
    def _view(self) -> str:
        name = self.history.state.text("view")
        return name if name in VIEWS else LINES

    def _choose(self, view: str) -> None:
        self.ask(changed(self.history.state, view=view), "view")

    def _switch_search(self) -> None:
        self._choose(SEARCH)
        self.search.switch()

    # The page --------------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """It is shown now."""
        self._entered = True
        self._show_view()
        self._bench.status.show_values("", LABORATORY)
        self._bench.status.show_about(self.tr("errors against float64"), LABORATORY)

    def leave(self) -> None:
        """Another page is shown now."""
        self._entered = False
        for each in self._made.values():
            each.leave()

    def close(self) -> None:
        """Keep the settings."""
        self.leave()
        for each in self._made.values():
            each.cancel()
        self.keep()

    def export(self) -> None:
        """The plot or the numbers into a file."""
        ask(self.page.window(), self._bench.settings, self._bench.desk, self._shown().exported())

    def _keys(self) -> Keys:
        rows = [(" / ".join(each.keys), each.text) for each in self._entries if each.keys]
        return [(self.tr("Accuracy"), [("← →", self.tr("Choose an m in the plot")), *rows])]

    # What is asked ---------------------------------------------------------------------------------------------------

    def _reset(self) -> None:
        self.ask(changed(USUAL, view=self._view))

    def show_asked(self) -> None:
        """Show what is asked, in the fields and in the views that were built."""
        what = self.history.state
        self.form.show_asked(what)
        self.form.show_only(asking.shown_fields(what))
        for each in self._made.values():
            self._tell(each)
        self._show_view()

    def _tell(self, view: View) -> None:
        """What is asked of a view."""
        what = self.history.state
        if not isinstance(view, ErrorLines):
            view.show_asked(what)
            return
        m = what.text("m")
        view.point_out(int(m) if m.isascii() and m.isdecimal() and len(m) < 3 else None)
        try:
            lines = asking.read(what)
        except Misread as misread:
            self.form.show_refusal(misread)
        else:
            self.form.show_refusal(None)
            view.ask(lines, self.store.best(lines.r, lines.directions, asking.arithmetic_of(lines)))

    def _show_view(self) -> None:
        """The view that is chosen; only it works, and a search that is out of view stands still."""
        self._tabs.show_value(self._view)
        self._views.setCurrentWidget(self._shown().widget)
        if not self._entered:
            return
        shown = self._shown()
        for each in self._made.values():
            if each is not shown:
                each.leave()
        shown.enter()
