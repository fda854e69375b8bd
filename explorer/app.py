"""The composition root: the command line, or the window with everything behind it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.ui.window import MainWindow


def main(argv: Sequence[str] | None = None) -> int:
    """`kernelscope [FILE …]` opens the window; `run`, `inspect` and the other commands work without one."""
    from explorer import cli

    arguments = list(sys.argv[1:] if argv is None else argv)
    if cli.handles(arguments):
        return cli.main(arguments)
    return _start([Path(each) for each in arguments])


def make_window() -> MainWindow:
    """The main window with everything behind it, not yet shown, for scripts and tests.

    Needs a QApplication in this process. Closing the window joins every thread.
    """
    from explorer.ui.assembly import Assembly

    return Assembly().window


_BY_SIGNAL = 128
"""Added to the number of a signal in the exit code of a program that it ends, as shells do."""
SETTLED = 3_000
"""Milliseconds after which a start is over."""


def import_what_needs_no_qt() -> None:
    """Everything below the window. Once PySide is there it reads the source of every module that is imported.

    Nothing that a start makes is garbage: looking for it at every few hundred objects would take a tenth of its time.
    The collector rests until `_end_start`.
    """
    gc.disable()
    # Numba brings in the measuring of coverage wherever that is installed.
    unwanted = "coverage" not in sys.modules
    if unwanted:
        sys.modules["coverage"] = None  # type: ignore[assignment]
    import numba  # noqa: F401

    if unwanted:
        del sys.modules["coverage"]
    from explorer.model import autosave, evaluator, exporting, gallery, session  # noqa: F401
    from explorer.model.starting import load_operations

    load_operations()


def _end_start() -> None:
    """Bring in the operations that no layer uses yet, a few milliseconds each, and let the collector work again.

    It leaves out what the start has made, which stays as long as the program: to look through all of that would stop
    the window for a tenth of a second, now and at every full collection.
    """
    from PySide6.QtCore import QTimer

    from explorer.ops import load_each

    steps = load_each()

    def go_on() -> None:
        if next(steps, steps) is not steps:
            QTimer.singleShot(0, go_on)
            return
        gc.freeze()
        gc.enable()

    go_on()


def _start(paths: list[Path]) -> int:
    """Open the window on `paths`, on what a crash left behind, or on the sample; the exit code of the program.

    Asked by a signal to end, it asks nothing in turn: unsaved changes are there again at the next start.
    """
    import_what_needs_no_qt()

    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from explorer import __version__
    from explorer.model.log import Log
    from explorer.places import data_folder, state_folder
    from explorer.refusal import Refusal
    from explorer.ui.assembly import Assembly, log_qt_messages
    from explorer.ui.ending import AskedToEnd

    try:
        folder: Path | None = state_folder()
    except Refusal:
        folder = None
    try:
        data: Path | None = data_folder()
    except Refusal:
        data = None
    log = Log(folder, __version__)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Kernelscope")
    application.setDesktopFileName("kernelscope")
    assembly = Assembly(log=log, state=folder, data=data)
    log.install(assembly.tell_fault)
    log_qt_messages(log)
    assembly.recover()
    assembly.window.show()
    QTimer.singleShot(SETTLED, _end_start)
    assembly.prepare()
    assembly.desk.open(paths)
    asked_to_end = AskedToEnd()
    asked_to_end.heard.connect(lambda number: application.exit(_BY_SIGNAL + number))
    code = 0
    try:
        code = application.exec()
        return code
    finally:
        assembly.close(clean=code < _BY_SIGNAL or not assembly.desk.modified)
        asked_to_end.close()
        log.close()
