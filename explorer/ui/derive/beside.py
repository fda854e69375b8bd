"""Work beside the window, of which only the newest is wanted."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from PySide6.QtCore import QObject, Signal

from explorer.ui.bridge import Bridge

Task = tuple[Hashable, Callable[[], Any]]
"""A name, and the work."""


class Beside(QObject):
    """One thread that does what is wanted, in order. What is wanted next takes the place of all that waits."""

    done = Signal(object, object)
    failed = Signal(object, object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._waiting: deque[Task] = deque()
        self._running: Hashable = None
        self._changed = threading.Condition()
        self._closed = False
        self._bridge = Bridge()
        self._bridge.arrived.connect(self._arrived)
        self._thread = threading.Thread(target=self._run, name=name)
        self._thread.start()

    def want(self, tasks: Iterable[Task]) -> None:
        """Do these instead of what still waits. What is being done goes on, and is not begun twice."""
        with self._changed:
            self._waiting = deque(task for task in tasks if task[0] != self._running)
            self._changed.notify()

    def close(self) -> None:
        """Stop after what is being done, and wait for that."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._running = None
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                name, work = self._waiting.popleft()
                self._running = name
            try:
                result = work()
            except BaseException as error:
                self._bridge.send((self.failed, name, error))
            else:
                self._bridge.send((self.done, name, result))

    def _arrived(self, event: tuple[Any, Hashable, object]) -> None:
        if not self._closed:
            signal, name, result = event
            signal.emit(name, result)
