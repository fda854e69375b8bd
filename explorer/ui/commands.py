"""The menu of the window, its keys, and what each of them does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QApplication, QMenu

from explorer.model import editing
from explorer.model.display import Maps
from explorer.model.store import Store
from explorer.ui import theme
from explorer.ui.actions import Entry, added
from explorer.ui.desk import Desk
from explorer.ui.dialogs.settings import Settings
from explorer.ui.explore import Explore
from explorer.ui.gallery.illustrations import Illustrations
from explorer.ui.panels import Panels
from explorer.ui.place_menus import PlaceMenus
from explorer.ui.pointer import origin_at
from explorer.ui.topbar import TopBar
from explorer.ui.window import MainWindow
from explorer.ui.workspaces import DERIVE, EXPLORE, LABORATORY, Acts, Keys, Making, Workspaces

if TYPE_CHECKING:
    from explorer.ui.derive.asked import Asked
    from explorer.ui.exporting.export_dialog import FigureWanted

# Dialogs are imported when they are opened: together they would cost the start of the program a tenth of a second.


class Commands(QObject):
    """Fills the menu of the window and the bar at its top."""

    speed_wanted = Signal()
    """Measure the kernels on this machine."""
    tile_wanted = Signal(str)
    """Show the tile of the pinned cell, or another one of the layer, in the laboratory."""

    def __init__(
        self,
        window: MainWindow,
        panels: Panels,
        store: Store,
        explore: Explore,
        desk: Desk,
        settings: Settings,
        illustrations: Illustrations,
        makers: dict[str, Callable[[], Making]],
    ) -> None:
        """`makers` build the workspaces beside Explore, by their names."""
        super().__init__(window)
        self._window = window
        self._panels = panels
        self._store = store
        self._explore = explore
        self._desk = desk
        self._settings = settings
        self._illustrations = illustrations
        self._recent = QMenu(self.tr("Recent"), window)
        self._actions: dict[str, QAction] = {}
        self._explore_only: list[QAction] = []
        self._sections: list[tuple[str, list[Entry]]] = []
        own = Acts(
            undo=store.undo,
            redo=store.redo,
            history=lambda: (store.undo_label, store.redo_label),
            export=self._export,
            cancel=explore.cancel,
            keys=self._keys_of_explore,
        )
        self.workspaces = Workspaces(own, makers)
        for title, entries in self._menus():
            self._add(title, entries)
        self._bar = TopBar(window.menu, *(self._actions[name] for name in ("undo", "redo", "theme", "export")))
        window.show_bar(self._bar)
        self._bar.workspace_wanted.connect(self.workspaces.show)
        self.workspaces.made.connect(self._add_workspace)
        self.workspaces.changed.connect(self._show_workspace)
        explore.state_changed.connect(self._bar.show_state)
        store.listen(lambda old, new: self._document_changed())
        desk.recent_changed.connect(self._show_recent)
        self._menus_of_places = PlaceMenus(explore, panels, self._actions["export"])
        self._menus_of_places.tile_wanted.connect(self.tile_wanted)
        panels.pipeline.find_wanted.connect(self._operations)
        panels.status.cancel_wanted.connect(self._cancel)
        self.show_history()
        self._show_recent()

    def _menus(self) -> list[tuple[str, list[Entry | None]]]:
        desk = self._desk
        return [
            (
                self.tr("File"),
                [
                    Entry("open", self.tr("Open…"), desk.ask_open, ("Ctrl+O",)),
                    Entry("open_folder", self.tr("Open a folder…"), desk.ask_open_folder, ("Ctrl+Shift+O",)),
                    Entry("paste", self.tr("Paste a picture"), desk.paste, ("Ctrl+V",)),
                    None,
                    Entry("save", self.tr("Save session"), desk.save, ("Ctrl+S",)),
                    Entry("save_as", self.tr("Save session as…"), desk.save_as, ("Ctrl+Shift+S",)),
                    Entry("export", self.tr("Export…"), lambda: self.workspaces.acts.export(), ("Ctrl+E",)),
                    None,
                    Entry("preferences", self.tr("Preferences…"), self._preferences, ("Ctrl+,",)),
                    Entry("quit", self.tr("Quit"), self._window.close, ("Ctrl+Q",)),
                ],
            ),
            (
                self.tr("Edit"),
                [
                    Entry("undo", self.tr("Undo"), lambda: self.workspaces.acts.undo(), ("Ctrl+Z",)),
                    Entry("redo", self.tr("Redo"), lambda: self.workspaces.acts.redo(), ("Ctrl+Shift+Z", "Ctrl+Y")),
                    None,
                    Entry("add", self.tr("Add layer…"), self._operations, ("Ctrl+L",), only=EXPLORE),
                    Entry(
                        "calibrate",
                        self.tr("Measure this machine for “Auto”"),
                        self._panels.methods.calibration_wanted.emit,
                        ("Ctrl+Shift+M",),
                        only=EXPLORE,
                    ),
                    Entry("float64", self.tr("Compute in float64"), self._switch_dtype, ("Ctrl+6",), only=EXPLORE),
                    Entry("cancel", self.tr("Cancel what is running"), self._cancel, ("Ctrl+.",)),
                ],
            ),
            (
                self.tr("View"),
                [
                    Entry("explore", self.tr("Explore"), lambda: self.workspaces.show(EXPLORE), ("Ctrl+1",)),
                    Entry("derive", self.tr("Derive"), lambda: self.workspaces.show(DERIVE), ("Ctrl+2",)),
                    Entry("laboratory", self.tr("Laboratory"), lambda: self.workspaces.show(LABORATORY), ("Ctrl+3",)),
                    None,
                    *self._looks(),
                    None,
                    Entry("theme", self.tr("Light or dark"), self._switch_theme, ("Ctrl+T",)),
                    Entry("full", self.tr("Full screen"), self._full_screen, ("F11",)),
                ],
            ),
            (
                self.tr("Help"),
                [
                    Entry("operations", self.tr("Operations…"), self._operations, ("Ctrl+F1",)),
                    Entry("speed", self.tr("Speed on this machine…"), self.speed_wanted.emit, ("Ctrl+F2",)),
                    Entry("keys", self.tr("Keys"), self._keys, ("F1", "?")),
                ],
            ),
        ]

    def _looks(self) -> list[Entry | None]:
        """How Explore looks at its layers."""
        explore, maps = self._explore, self._panels.stage.maps

        def entry(name: str, text: str, does: Callable[[], object], *keys: str) -> Entry:
            return Entry(name, text, does, keys, only=EXPLORE)

        look: Callable[..., Callable[[], None]] = lambda **changes: lambda: explore.look(**changes)  # noqa: E731
        turn: Callable[[int], None] = lambda step: explore.show_picture(explore.view.shown + step)  # noqa: E731
        return [
            entry("activations", self.tr("Activations"), look(content="activations"), "A"),
            entry("gradients", self.tr("Gradients"), look(content="gradients"), "G"),
            entry("both", self.tr("Both"), look(content="both"), "B"),
            entry("loss", self.tr("Gradient of the loss"), lambda: explore.set_origin(None), "L"),
            entry("origin", self.tr("Gradient of the pinned unit"), self._origin_at_pin, "U"),
            None,
            entry("previous", self.tr("Previous layer"), lambda: self._step_layer(-1), "Ctrl+Up"),
            entry("next", self.tr("Next layer"), lambda: self._step_layer(1), "Ctrl+Down"),
            entry("before", self.tr("Previous picture"), lambda: turn(-1), "PgUp"),
            entry("after", self.tr("Next picture"), lambda: turn(1), "PgDown"),
            entry("tile_by_tile", self.tr("Tile by tile"), self._tile_by_tile, "Ctrl+Shift+T"),
            entry("zoom_in", self.tr("Zoom in"), lambda: maps.zoom(1.25), "Ctrl++", "Ctrl+="),
            entry("zoom_out", self.tr("Zoom out"), lambda: maps.zoom(0.8), "Ctrl+-"),
            entry("zoom_reset", self.tr("Whole maps"), maps.reset_zoom, "Ctrl+0"),
        ]

    def _add(self, title: str, entries: list[Entry | None]) -> None:
        menu = self._window.menu.addMenu(title)
        self._actions |= added(self._window, menu, entries)
        if "open_folder" in {entry.name for entry in entries if entry}:
            menu.insertMenu(self._actions["paste"], self._recent)
        if "keys" in {entry.name for entry in entries if entry}:
            menu.addSeparator()
            menu.addAction(self._actions["preferences"])  # It lists the limits.
        if "full" in {entry.name for entry in entries if entry}:
            panels = menu.addMenu(self.tr("Panels"))
            for dock in self._window.docks.values():
                panels.addAction(dock.toggleViewAction())
        shown = [entry for entry in entries if entry is not None]
        self._explore_only += [self._actions[entry.name] for entry in shown if entry.only == EXPLORE]
        self._sections.append((title, [entry for entry in shown if entry.keys]))

    def _add_workspace(self, name: str) -> None:
        """A workspace was built: its page waits, and its menu comes before the help."""
        made = self.workspaces.get(name)
        if made is not None:
            self._window.add_page(made.page)
            self._window.menu.insertMenu(self._window.menu.actions()[-1], made.menu)

    def _show_workspace(self, name: str) -> None:
        """Another workspace is shown: its page, its history, and the keys that mean something in it."""
        made = self.workspaces.get(name)
        self._window.show_page(made.page if made is not None else None)
        self._bar.show_workspace(name)
        self._panels.status.show_workspace(name)
        for action in self._explore_only:
            action.setEnabled(name == EXPLORE)
        self.show_history()
        if name == EXPLORE:
            self._panels.stage.maps.setFocus()

    def derive(self, what: Asked) -> None:
        """Go to Derive and ask something there."""
        self.workspaces.show(DERIVE)
        made: Any = self.workspaces.get(DERIVE)
        made.ask(what, self.tr("Change the problem"), anew=True)

    def _document_changed(self) -> None:
        """Pictures or a session were opened while another workspace was shown: they are what is wanted now.

        The laboratory is over the same document, and follows it.
        """
        if self.workspaces.shown != LABORATORY:
            self.workspaces.show(EXPLORE)
        self.show_history()

    def show_history(self) -> None:
        """What undo and redo would do in the workspace that is shown."""
        undo, redo = self.workspaces.acts.history()
        for name, label, text in (("undo", undo, self.tr("Undo")), ("redo", redo, self.tr("Redo"))):
            action = self._actions[name]
            action.setEnabled(label is not None)
            keys = action.shortcut().toString()
            action.setToolTip(f"{text}: {label} ({keys})" if label else f"{text} ({keys})")

    def _show_recent(self) -> None:
        self._recent.clear()
        for name in self._settings.recent():
            action = self._recent.addAction(name)
            action.triggered.connect(lambda _checked=False, name=name: self._desk.open([Path(name)]))
        self._recent.setEnabled(not self._recent.isEmpty())

    def _step_layer(self, step: int) -> None:
        ids = [node.id for node in self._store.document]
        if ids:
            here = ids.index(self._explore.view.layer) if self._explore.view.layer in ids else -1
            self._explore.look(layer=ids[min(max(here + step, 0), len(ids) - 1)], port="")

    def _operations(self) -> None:
        """The gallery, open at the operation that is looked at."""
        document, layer = self._store.document, self._explore.view.layer
        first = document.node(layer).op if document.has(layer) else ""
        from explorer.ui.gallery.gallery import Gallery

        gallery = Gallery(self._illustrations, first, self._window)
        add = self._explore.add_layer
        gallery.add_wanted.connect(lambda name: gallery.accept() if add(name, gallery.refuse) else None)
        gallery.open()

    def _cancel(self) -> None:
        self.workspaces.acts.cancel()
        self._desk.cancel()

    def _switch_dtype(self) -> None:
        other: Any = "float32" if self._store.document.dtype == "float64" else "float64"
        self._explore.edit(lambda each: editing.set_dtype(each, other), self.tr("Change number format"))

    def _switch_theme(self) -> None:
        name: Any = "light" if theme.current().name == "dark" else "dark"
        self._settings.set_theme(name)
        self._use_theme()

    def _use_theme(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.use(application, self._settings.theme_shown(), self._settings.scale())
        self._explore.look(dark=theme.current().name == "dark")

    def _full_screen(self) -> None:
        window = self._window
        window.showNormal() if window.isFullScreen() else window.showFullScreen()

    def _keys(self) -> None:
        here = self.workspaces.shown
        sections = [
            (
                title,
                [(" / ".join(each.keys), each.text.rstrip("…")) for each in entries if each.only in ("", here)],
            )
            for title, entries in self._sections
        ]
        from explorer.ui.dialogs.keys_overlay import KeysOverlay

        KeysOverlay(self._window).show_keys([*self.workspaces.acts.keys(), *sections])

    def _keys_of_explore(self) -> Keys:
        return [
            (
                self.tr("Maps"),
                [
                    ("← ↑ → ↓", self.tr("Move the pinned cell (with Shift: by 10)")),
                    ("Esc", self.tr("Let go of the cell")),
                    ("[  ]", self.tr("Previous, next map")),
                    ("+  −  0", self.tr("Zoom, whole maps")),
                ],
            ),
            (
                self.tr("Layers"),
                [
                    ("Del", self.tr("Remove")),
                    ("Ctrl+D", self.tr("Duplicate")),
                    ("Space", self.tr("Switch on or off")),
                    ("Ctrl+M", self.tr("Fold into the layer before")),
                    ("Alt+↑ ↓", self.tr("Move")),
                    ("F2", self.tr("Rename")),
                ],
            ),
        ]

    def _preferences(self) -> None:
        from explorer.ui.dialogs.preferences import Preferences

        dialog = Preferences(self._settings, self._window)
        dialog.applied.connect(self._use_theme)
        dialog.open()

    def _export(self) -> None:
        report = self._explore.report
        from explorer.ui.exporting.export_dialog import ExportDialog

        dialog = ExportDialog(
            self._store.document,
            self._explore.view,
            report.maps if report else (),
            self._settings,
            self._window,
            evaluated=report.evaluated if report is not None and self._explore.settled() else None,
            session=None if self._desk.modified else self._desk.path,
        )
        dialog.data_wanted.connect(self._desk.export_data)
        if report is not None:
            dialog.figure_wanted.connect(lambda wanted: self._export_figure(wanted, report.maps))
        dialog.open()

    def _export_figure(self, wanted: FigureWanted, maps: tuple[Maps, ...]) -> None:
        """Write the maps that the dialog showed, whatever is on the stage by now."""
        from explorer.ui.exporting.figures import save_figure

        self._desk.export_figure(lambda tick: save_figure(wanted.path, maps, wanted, tick=tick), wanted.path)

    def _origin_at_pin(self) -> None:
        pin = self._explore.pointer.pin
        if pin is None:
            self._panels.status.refuse(self.tr("Click a cell of a map first: the gradient starts at the pinned unit."))
        else:
            self._explore.set_origin(origin_at(pin.link, pin.place, pin.picture, unit=True))

    def _tile_by_tile(self) -> None:
        pin = self._explore.pointer.pin
        self.tile_wanted.emit(pin.link.node if pin is not None else self._explore.view.layer)

    def open_folder(self, path: Path) -> None:
        """Show a folder in the file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
