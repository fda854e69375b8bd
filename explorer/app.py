"""The composition root: the command line, or the window with everything behind it."""

from __future__ import annotations

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


def import_what_needs_no_qt() -> None:
    """Everything below the window. Once PySide is there it reads the source of every module that is imported."""
    from explorer.model import autosave, evaluator, exporting, gallery, session  # noqa: F401
    from explorer.ops import operations

    operations()


def _start(paths: list[Path]) -> int:
    """Open the window on `paths`, on what a crash left behind, or on the sample; the exit code of the program."""
    import_what_needs_no_qt()

    from PySide6.QtWidgets import QApplication

    from explorer import __version__
    from explorer.model.log import Log
    from explorer.places import state_folder
    from explorer.refusal import Refusal
    from explorer.ui.assembly import Assembly, log_qt_messages

    try:
        folder: Path | None = state_folder()
    except Refusal:
        folder = None
    log = Log(folder, __version__)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Kernelscope")
    application.setDesktopFileName("kernelscope")
    assembly = Assembly(log=log, state=folder)
    log.install(assembly.tell_fault)
    log_qt_messages(log)
    assembly.recover()
    assembly.window.show()
    assembly.prepare()
    assembly.desk.open(paths)
    try:
        return application.exec()
    finally:
        assembly.close()
        log.close()
