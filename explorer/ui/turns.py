"""Work of the window's thread in pieces, each in a turn of the event loop of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

Piece = Callable[[], None]
_PAUSE = 1
"""Milliseconds. A timer of 0 would wait until nothing else is to be done, which may be never while a hand moves."""


class Turns(QObject):
    """Runs pieces one after the other: what one of them changes is painted, and keys and mouse are heard, before the
    next."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._left: deque[Piece] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(_PAUSE)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._next)

    def run(self, *pieces: Piece) -> None:
        """Run these from the next turn on, in place of what is left of others."""
        self._left = deque(pieces)
        self._timer.start()

    def stop(self) -> None:
        """Leave out what is left."""
        self._left.clear()
        self._timer.stop()

    def _next(self) -> None:
        piece = self._left.popleft()
        if self._left:
            self._timer.start()
        piece()
