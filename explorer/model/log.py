"""The log: one file with what happened, what the person did before, and every fault.

The hooks of the interpreter write here, so that an exception that nobody caught is never lost and never ends the
program. Nothing here raises: where the file cannot be written, reports are still made and handed on.
"""

from __future__ import annotations

import faulthandler
import logging
import platform
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

from explorer.refusal import Refusal, plain

ACTIONS = 50
LARGEST_BYTES = 1 << 20
OLD_FILES = 3

_NAME = "kernelscope.log"
_LAYOUT = "%(asctime)s %(levelname)s %(message)s"


class _File(RotatingFileHandler):
    """Rotates, and keeps crashes of the interpreter going to the file of now."""

    catches_crashes = False

    def doRollover(self) -> None:
        super().doRollover()
        self.catch_crashes()

    def catch_crashes(self) -> None:
        if self.catches_crashes and self.stream is not None:
            faulthandler.enable(self.stream)

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk must not make a fault out of a line in the log."""


class Log:
    """Writes to `folder`/kernelscope.log. Used from any thread.

    path  the file, or None where it cannot be written
    seed  what the running work draws its random numbers from, for the reports
    """

    def __init__(self, folder: Path | None, version: str, seed: int = 0) -> None:
        self.path: Path | None = None
        self.seed = seed
        self._version = version
        self._actions: deque[str] = deque(maxlen=ACTIONS)
        self._told: set[str] = set()
        self._tell: Callable[[str], None] | None = None
        self._hooks: tuple[Any, Any, Any] | None = None
        self._logger = logging.Logger("kernelscope")
        self._file: _File | None = None
        if folder is not None:
            try:
                self._file = _File(
                    folder / _NAME, maxBytes=LARGEST_BYTES, backupCount=OLD_FILES, encoding="utf-8",
                    errors="backslashreplace",
                )  # fmt: skip
            except OSError:
                return
            self.path = folder / _NAME
            self._file.setFormatter(logging.Formatter(_LAYOUT))
            self._logger.addHandler(self._file)
        self._logger.info("started: %s", self.circumstances)

    @property
    def circumstances(self) -> str:
        """Version of the program, of Python and of the system, and the seed."""
        return (
            f"Kernelscope {self._version}, Python {platform.python_version()}, {platform.platform()}, seed {self.seed}"
        )

    @property
    def actions(self) -> tuple[str, ...]:
        """The last things that the person did, oldest first."""
        return tuple(self._actions)

    def action(self, text: str) -> None:
        """Keep what the person did, in one line."""
        text = plain(text)
        self._actions.append(f"{datetime.now():%H:%M:%S} {text}")
        self._logger.info("action: %s", text)

    def note(self, text: str) -> None:
        """Write a line, such as a warning of another library."""
        self._logger.warning("%s", plain(text))

    def report(self, error: BaseException, place: str = "") -> str:
        """Write a fault down; the text for the person to send, with what led to it.

        The same fault again (type and place in the program) is one line, so that a fault in every frame of an
        animation does not push everything else out of the log.
        """
        text = self._described(error, place)
        key = _key(error)
        if key in self._told:
            self._logger.error("again: %s", plain(repr(error)))
        else:
            self._told.add(key)
            self._logger.error("%s", text)
        return text

    def install(self, tell: Callable[[str], None] | None = None) -> None:
        """Catch what nobody caught, in every thread, and crashes of the interpreter.

        `tell(text)` is called once for each fault that is new, in the thread where it came up.
        """
        if self._hooks is not None:
            return
        self._tell = tell
        self._hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        sys.unraisablehook = self._unraisable
        if self._file is not None:
            self._file.catches_crashes = True
            self._file.catch_crashes()

    def close(self) -> None:
        """Give the hooks back and close the file."""
        if self._hooks is not None:
            sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks
            self._hooks = None
        if self._file is not None:
            if self._file.catches_crashes:
                faulthandler.disable()
            self._logger.info("ended")
            self._logger.removeHandler(self._file)
            self._file.close()
            self._file = None

    def _described(self, error: BaseException, place: str) -> str:
        lines = traceback.format_exception(error)
        where = f" in {plain(place)}" if place else ""
        actions = "\n".join(self._actions) or "none"
        return f"Fault{where}\n{self.circumstances}\n\n{''.join(lines)}\nThe last actions:\n{actions}\n"

    def _caught(self, error: BaseException, place: str) -> None:
        new = _key(error) not in self._told
        text = self.report(error, place)
        if new and self._tell is not None:
            try:
                self._tell(text)
            except Exception as another:
                self.report(another, "telling of a fault")

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            self._caught(error, "the main thread" if _is_main() else threading.current_thread().name)

    def _uncaught_in_thread(self, what: threading.ExceptHookArgs) -> None:
        if what.exc_value is not None and not isinstance(what.exc_value, SystemExit):
            self._caught(what.exc_value, f"thread {what.thread.name if what.thread else 'unknown'}")

    def _unraisable(self, what: sys.UnraisableHookArgs) -> None:
        if what.exc_value is not None:
            self._caught(what.exc_value, what.err_msg or "cleaning up")


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _key(error: BaseException) -> str:
    """Type and places in the program; of a refusal the sentence, for its place is the same for many."""
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__, limit=-5)]
    return " ".join([type(error).__name__, error.message.template if isinstance(error, Refusal) else "", *frames])
