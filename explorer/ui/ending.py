"""An end that is asked for from outside the window: Ctrl+C in the terminal, or a system that shuts down.

Python answers signals between two of its own steps, and an event loop at rest makes none. So the system writes the
number of a signal into a socket as well, and the event loop reads that.
"""

from __future__ import annotations

import signal
import socket
from contextlib import suppress

from PySide6.QtCore import QObject, QSocketNotifier, Signal

_NAMES = "SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"


class AskedToEnd(QObject):
    """Hears the signals by which a program is asked to end, until it is closed; ignored ones stay ignored.

    For the main thread.
    """

    heard = Signal(int)
    """The number of the signal."""

    def __init__(self) -> None:
        super().__init__()
        self._read, self._written = socket.socketpair()
        for each in (self._read, self._written):
            each.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(self._written.fileno(), warn_on_full_buffer=False)
        wanted = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
        # What starts with nohup, or behind the prompt of a shell, is not to end with its terminal.
        self._before = {each: signal.getsignal(each) for each in wanted if signal.getsignal(each) != signal.SIG_IGN}
        for each in self._before:
            signal.signal(each, lambda number, frame: None)
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._tell)

    def _tell(self) -> None:
        with suppress(BlockingIOError):
            for number in self._read.recv(64):
                if number in self._before:
                    self.heard.emit(number)

    def close(self) -> None:
        """Signals do again what they did before."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._wakeup)
        for each, handler in self._before.items():
            signal.signal(each, handler)
        for end in (self._read, self._written):
            end.close()
