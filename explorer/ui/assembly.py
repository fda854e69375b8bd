"""Builds the window and everything behind it, and takes it down in the order that threads and Qt objects need."""

from __future__ import annotations

import gc
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from PySide6.QtCore import QMessageLogContext, QObject, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QStyleFactory

from explorer.model.autosave import Autosave
from explorer.model.display import View
from explorer.model.evaluator import Evaluator, Event, Failed, Request
from explorer.model.log import Log
from explorer.model.memory import keep_freed_memory
from explorer.model.pictures import sample
from explorer.model.preparing import Preparation
from explorer.model.recovery import recover, recoverable
from explorer.model.starting import starting_document
from explorer.model.store import Store
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.algorithms import Algorithms
from explorer.ui.bridge import Bridge, Errand
from explorer.ui.commands import Commands
from explorer.ui.desk import Desk
from explorer.ui.dialogs.error_dialog import show_fault
from explorer.ui.dialogs.settings import Settings
from explorer.ui.explore import AHEAD, Explore
from explorer.ui.gallery.illustrations import Illustrations
from explorer.ui.methods.calibrating import Calibrating, calibration_in
from explorer.ui.methods.comparing import Comparing
from explorer.ui.panels import Panels
from explorer.ui.texts import said
from explorer.ui.window import MainWindow
from explorer.ui.workspaces import DERIVE, LABORATORY, Making

if TYPE_CHECKING:
    from explorer.ui.laboratory.workspace import Laboratory

AUTOSAVE = "autosave"
REST_MILLISECONDS = 2_000
"""How long after the start what is built later is imported."""
BUILD_MILLISECONDS = 50
"""Between two pieces of it that are built."""
AHEAD_OF_TIME = (DERIVE, LABORATORY)
LATER = (
    "derive.page",
    "derive.workspace",
    "laboratory.workspace",
    "laboratory.tile.tile",
    "laboratory.accuracy.accuracy",
    "laboratory.cost.cost",
    "dialogs.speed",
)
"""Modules of what is shown later, in an order in which they can be imported one by one on a thread."""
SWITCH_SECONDS = 0.001
"""How long a thread may keep the interpreter while another waits for it."""


class Assembly(QObject):
    """Everything, put together.

    log    where faults are written; None in scripts and tests, whose exceptions stay their own
    state  the folder for autosaves; None keeps nothing
    data   the folder for what was measured on this machine; None keeps nothing, and none is known
    """

    def __init__(self, *, log: Log | None = None, state: Path | None = None, data: Path | None = None) -> None:
        super().__init__()
        application = QApplication.instance()
        if not isinstance(application, QApplication):
            raise RuntimeError("make_window needs a QApplication")
        keep_freed_memory()
        # Qt hands the interpreter over at every call: with Python's own 5 ms, a window shown beside a thread that loads
        # kernels stands still for a sixth of a second.
        sys.setswitchinterval(SWITCH_SECONDS)
        self._log = log
        self._closed = False
        self._preparing: Errand | None = None
        self._laboratory: Laboratory | None = None
        self._build = QTimer(self)
        self._build.setInterval(BUILD_MILLISECONDS)
        self._build.timeout.connect(self._build_more)
        self.settings = Settings()
        self.settings.apply_limits()
        _style(application, self.settings)
        document = starting_document(sample())
        conv = next(node for node in document if node.op == "conv")
        view = View(layer=conv.id, dark=theme.current().name == "dark")
        self.store = Store(document)
        self._bridge = Bridge()
        self.evaluator = Evaluator(self._bridge.send, Preparation())
        calibration = calibration_in(data, log.note if log is not None else lambda text: None)
        # Kernels are loaded beside the building of the window, which then finds its numbers made.
        self.evaluator.request(Request(AHEAD, document, view))
        self.panels = Panels()
        self.explore = Explore(self.store, self.evaluator, self.panels, view)
        self.window = MainWindow(self.panels)
        self.window.assembly = self
        self._faults = Bridge()
        self._faults.arrived.connect(self._show_fault)
        self._autosaves = state / AUTOSAVE if state is not None else None
        self.autosave = Autosave(self._autosaves, failed=self._autosave_failed) if self._autosaves else None
        self.desk = Desk(
            self.window, self.store, self.evaluator, self.explore, self.panels.status, self.settings, self.autosave
        )
        self.illustrations = Illustrations(self.evaluator)
        self.commands = Commands(
            self.window,
            self.panels,
            self.store,
            self.explore,
            self.desk,
            self.settings,
            self.illustrations,
            {DERIVE: self._make_derive, LABORATORY: self._make_laboratory},
        )
        self.calibrating = Calibrating(self.evaluator, self.panels.methods, self.panels.status, data, calibration)
        self.comparing = Comparing(self.evaluator, self.explore, self.panels.methods)
        self.algorithms = Algorithms(self.window, self.store, self.explore, self.commands.workspaces)
        self._connect()
        self._restore_place()
        self.explore.start()

    def _connect(self) -> None:
        self._bridge.arrived.connect(self._arrived)
        self.explore.failed.connect(self._failed)
        self.desk.crashed.connect(lambda error: self._told(error, "work beside the window"))
        self.comparing.failed.connect(lambda error: self._told(error, "comparing methods"))
        self.calibrating.failed.connect(lambda error: self._told(error, "measuring this machine"))
        self.calibrating.changed.connect(self.comparing.forget)
        self.explore.cancelled.connect(self.calibrating.stop)
        self.explore.cancelled.connect(self.comparing.stop)
        self.calibrating.changed.connect(self.explore.compute_again)
        self.illustrations.failed.connect(lambda error: self._told(error, "the gallery"))
        self.desk.title_changed.connect(self.window.setWindowTitle)
        self.panels.picture.open_wanted.connect(self.desk.ask_open)
        self.panels.picture.sample_wanted.connect(self.desk.open_sample)
        self.panels.methods.derivation_wanted.connect(self.algorithms.derive)
        self.window.dropped.connect(self.desk.take)
        self.commands.speed_wanted.connect(self._show_speed)
        self.commands.tile_wanted.connect(self._show_tile)
        if self._log is not None:
            self.window.asked_to_close = self.desk.may_close
            self.desk.asks = True
            self._log_actions(self._log)
        self.window.closing.connect(lambda: self.close())

    def _log_actions(self, log: Log) -> None:
        """Write down what the person does, for the report of a fault; a drag once."""

        def note(text: str) -> None:
            if not (log.actions and log.actions[-1].endswith(f" {text}")):
                log.action(text)

        self.store.listen(lambda old, new: note(f"document: {self.store.undo_label}"))
        self.explore.view_changed.connect(lambda view: note(f"look at {view.layer}, {view.content}"))
        for action in self.window.actions():
            action.triggered.connect(partial(note, f"action: {action.text()}"))

    def close(self, clean: bool = True) -> None:
        """Stop and join every thread, and write the settings; after an end that is not clean the autosave stays."""
        if self._closed:
            return
        self._closed = True
        self.settings.set_place(self.window.saveGeometry(), self.window.explore.place())
        self._build.stop()
        if self._preparing is not None:
            self._preparing.close()
        self.commands.workspaces.close()
        self.settings.keep()
        self.desk.close()
        self.illustrations.stop()
        self.comparing.stop()
        self.calibrating.stop()
        self.evaluator.close()
        self.explore.close()
        self.panels.histogram.finish_loading()
        if self.autosave is not None:
            self.autosave.close(clean=clean)

    def prepare(self) -> None:
        """Import what is shown later, and build it piece by piece, beside the window once that is at rest."""

        def load(tick: object, progress: object) -> None:
            for each in LATER:
                import_module(f"explorer.ui.{each}")

        self._preparing = Errand("import of workspaces", load)
        self._preparing.failed.connect(lambda error: self._told(error, "the import of workspaces"))
        self._preparing.done.connect(self._build.start)
        QTimer.singleShot(REST_MILLISECONDS, self, self._prepare)

    def _prepare(self) -> None:
        if self._preparing is not None and not self._closed:
            self._preparing.start()

    def _build_more(self) -> None:
        workspaces = all(map(self.commands.workspaces.build, AHEAD_OF_TIME))
        if workspaces and (self._laboratory is None or self._laboratory.build()):
            self._build.stop()
            # What was imported and built stays: a full collection would look through it in every long computation.
            gc.freeze()

    def _make_derive(self) -> Making:
        """Imported and built when it is first wanted, or at rest."""
        from explorer.ui.derive.page import Page
        from explorer.ui.derive.workspace import Derive

        page = Page()
        yield
        derive = Derive(page, self.settings, self.panels.status, self.desk)
        derive.history_changed.connect(self.commands.show_history)
        derive.run_wanted.connect(self.algorithms.run)
        derive.failed.connect(lambda error: self._told(error, "deriving"))
        return derive

    def _make_laboratory(self) -> Making:
        """The same."""
        from explorer.ui.laboratory.pages import Bench
        from explorer.ui.laboratory.workspace import Laboratory

        yield
        laboratory = Laboratory(
            Bench(
                self.store,
                self.explore,
                self.evaluator,
                self.desk,
                self.settings,
                self.panels.status,
                self.commands.derive,
            )
        )
        self._laboratory = laboratory
        laboratory.history_changed.connect(self.commands.show_history)
        laboratory.failed.connect(lambda error: self._told(error, "the laboratory"))
        return laboratory

    def _show_tile(self, layer: str) -> None:
        self.commands.workspaces.show(LABORATORY)
        assert self._laboratory is not None
        self._laboratory.show_tile(layer, self.explore.pointer.pin)

    def _show_speed(self) -> None:
        from explorer.ui.dialogs.speed import SpeedDialog

        dialog = SpeedDialog(self.evaluator, self.window)
        dialog.failed.connect(lambda error: self._told(error, "measuring"))
        dialog.open()

    def _restore_place(self) -> None:
        geometry, docks = self.settings.place()
        if geometry.isEmpty() or not self.window.restoreGeometry(geometry):
            self.window.fit_screen()
        self.window.explore.restore_place(docks)

    # Recovery and faults --------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Open what a program that was killed left behind, if there is anything."""
        if self._autosaves is None:
            return
        for found in recoverable(self._autosaves):
            try:
                recovered = recover(found)
            except Refusal as refusal:
                self.panels.status.refuse(said(refusal))
                continue
            if self.autosave is not None:
                self.autosave.close(clean=True)
            self.autosave = Autosave(self._autosaves, continues=recovered, failed=self._autosave_failed)
            self.desk.use_autosave(self.autosave)
            self.desk.show_session(recovered.session, saved=False)
            notes = " ".join(said(note) for note in recovered.notes)
            when = f"{found.saved:%Y-%m-%d %H:%M}"
            self.panels.status.tell(f"{self.tr('Recovered what was open at {0}.').format(when)} {notes}".rstrip())
            return

    def tell_fault(self, text: str) -> None:
        """A fault that nobody caught: shown in the window's own thread, after the session is saved."""
        self._faults.send(text)

    def _failed(self, failed: Failed) -> None:
        self._told(failed.error, "computing")

    def _told(self, error: BaseException, place: str) -> None:
        if self._log is None:
            raise error
        self._show_fault(self._log.report(error, place))

    def _show_fault(self, text: str) -> None:
        if self._closed:
            return
        if self.autosave is not None:
            self.autosave.changed(self.desk.session())
        saved = self.autosave is not None and self.autosave.flush()
        where = self.autosave.folder if self.autosave is not None else None
        show_fault(self.window, text, self._log.path if self._log else None, saved, where)

    def _autosave_failed(self, refusal: Refusal) -> None:
        self._bridge.send(refusal)

    def _arrived(self, event: object) -> None:
        if isinstance(event, Refusal):
            self.panels.status.refuse(said(event))
        elif isinstance(event, get_args(Event)) and not self._closed:
            self.explore.receive(cast(Event, event))


def _style(application: QApplication, settings: Settings) -> None:
    """Fusion with our palettes: `setColorScheme` does nothing where no desktop stands behind Qt."""
    if not application.property("kernelscope.styled"):
        application.setStyle(QStyleFactory.create("Fusion"))
        theme.load_fonts()
        application.setProperty("kernelscope.styled", True)
    theme.use(application, settings.theme_shown(), settings.scale())


def log_qt_messages(log: Log) -> None:
    """Write Qt's own warnings into the log."""

    def handler(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg:
            log.note(f"Qt: {text}")

    qInstallMessageHandler(handler)
