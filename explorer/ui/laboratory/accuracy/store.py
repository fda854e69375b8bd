"""The sets of points that were kept, read and written beside the window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from explorer.model.derivation.problem import Point
from explorer.model.laboratory.accuracy import Arithmetic
from explorer.model.laboratory.kept_points import Kept, file, keep, kept, with_set, without
from explorer.ui.desk import Desk


class KeptPoints(QObject):
    """Holds them; what changes is written at once."""

    changed = Signal()

    def __init__(self, desk: Desk, path: Callable[[], Path] = file) -> None:
        super().__init__()
        self._desk = desk
        self._path = path
        self._sets: tuple[Kept, ...] = ()
        self._version = 0
        self._writing = threading.Lock()
        desk.beside("read points", lambda: kept(path()), self._arrived)

    @property
    def sets(self) -> tuple[Kept, ...]:
        """All of them, the latest first."""
        return self._sets

    def best(self, r: int, directions: int, arithmetic: Arithmetic) -> dict[int, tuple[Point, ...]]:
        """For each m the set of least error."""
        fitting = [
            each for each in self._sets if (each.r, each.directions, each.arithmetic) == (r, directions, arithmetic)
        ]
        return {each.m: each.points for each in sorted(fitting, key=lambda each: -each.mean)}

    def add(self, new: Kept) -> None:
        """Keep another one."""
        self._become(with_set(self._sets, new))

    def remove(self, old: Kept) -> None:
        """Keep it no longer."""
        self._become(without(self._sets, old))

    def _arrived(self, sets: tuple[Kept, ...]) -> None:
        # What was found meanwhile stays in front.
        for each in reversed(self._sets):
            sets = with_set(sets, each)
        self._sets = sets
        self.changed.emit()

    def _become(self, sets: tuple[Kept, ...]) -> None:
        self._sets = sets
        self.changed.emit()
        self._version += 1
        version = self._version

        def write() -> None:
            with self._writing:
                # Of several that wait, the latest is what has to be there at the end.
                if version == self._version:
                    keep(self._path(), sets)

        self._desk.beside("keep points", write, lambda _: None)
