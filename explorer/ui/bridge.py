"""From the threads that work to the thread of the window. A worker never owns a Qt object: it only emits a signal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from explorer.ops.op import Cancelled


class Bridge(QObject):
    """Hands whatever is sent from any thread to the slots of its own thread, in order."""

    arrived = Signal(object)
    _sent = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._sent.connect(self.arrived, Qt.ConnectionType.QueuedConnection)

    def send(self, event: object) -> None:
        """Callable from any thread."""
        self._sent.emit(event)


class Errand(QObject):
    """One piece of work beside the window, such as reading files; not for kernels, which have their own thread."""

    progressed = Signal(int, int)
    done = Signal(object)
    failed = Signal(object)

    def __init__(self, name: str, work: Callable[[Callable[[], None], Callable[[int, int], None]], Any]) -> None:
        """`work` is given a tick that raises `Cancelled`, and a progress function (done, total)."""
        super().__init__()
        self._work = work
        self._cancelled = threading.Event()
        self._bridge = Bridge()
        self._bridge.arrived.connect(self._arrived)
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def cancel(self) -> None:
        """Ask the work to stop at its next tick."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._cancelled.is_set()

    def close(self) -> None:
        """Cancel and wait for the end."""
        self.cancel()
        if self._thread.ident is not None:
            self._thread.join()

    def _tick(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled

    def _run(self) -> None:
        try:
            result = self._work(self._tick, lambda done, total: self._bridge.send(("progressed", (done, total))))
        except BaseException as error:
            self._bridge.send(("failed", (error,)))
        else:
            self._bridge.send(("done", (result,)))

    def _arrived(self, event: tuple[str, tuple[Any, ...]]) -> None:
        name, values = event
        if name != "progressed":
            self._thread.join()
        getattr(self, name).emit(*values)
