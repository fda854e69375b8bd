"""The workspaces of the window: which one is shown, and what the actions that all of them have do in it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

EXPLORE, DERIVE, LABORATORY = "explore", "derive", "laboratory"

Keys = Sequence[tuple[str, Sequence[tuple[str, str]]]]
"""(title, rows of (keys, what they do)); texts are translated already."""


@dataclass(frozen=True, slots=True)
class Acts:
    """What the actions that every workspace has do in one of them.

    history  what undo would take back and redo would bring back, each None where there is nothing
    keys     for the list on F1
    """

    undo: Callable[[], object]
    redo: Callable[[], object]
    history: Callable[[], tuple[str | None, str | None]]
    export: Callable[[], object]
    cancel: Callable[[], object]
    keys: Callable[[], Keys]


class Workspace(Protocol):
    """A workspace that is built when it is first shown."""

    @property
    def page(self) -> QWidget:
        """What the window shows of it."""

    @property
    def acts(self) -> Acts:
        """What the actions of the window do in it."""

    @property
    def menu(self) -> QMenu:
        """What can be done in it alone."""

    def enter(self) -> None:
        """It is shown now."""

    def leave(self) -> None:
        """Another one is shown now."""

    def close(self) -> None:
        """Keep what is to be kept, and join every thread."""


Making = Generator[None, None, Workspace]
"""Builds a workspace in pieces, none of which takes longer than a frame or two, and returns it."""


class Workspaces(QObject):
    """Explore, which is there from the start, and others, each made when it is first wanted or when there is time."""

    changed = Signal(str)
    made = Signal(str)

    def __init__(self, explore: Acts, makers: dict[str, Callable[[], Making]]) -> None:
        super().__init__()
        self._explore = explore
        self._makers = makers
        self._making: dict[str, Generator[None, None, None]] = {}
        self._made: dict[str, Workspace] = {}
        self._shown = EXPLORE

    @property
    def shown(self) -> str:
        """The name of the one that is shown."""
        return self._shown

    @property
    def acts(self) -> Acts:
        """What the actions of the window do now."""
        return self._explore if self._shown == EXPLORE else self._made[self._shown].acts

    def get(self, name: str) -> Workspace | None:
        """A workspace beside Explore, or None while it is not built."""
        return self._made.get(name)

    def build(self, name: str) -> bool:
        """Build the next piece of a workspace; whether there is nothing left to build."""
        if name not in self._made:
            if name not in self._making:
                self._making[name] = self._pieces(name)
            next(self._making[name], None)
        return name in self._made

    def _pieces(self, name: str) -> Generator[None, None, None]:
        """Those of its maker, and its place in the window."""
        workspace = yield from self._makers[name]()
        yield
        self._made[name] = workspace
        self.made.emit(name)

    def show(self, name: str) -> None:
        """Go to a workspace."""
        if name == self._shown:
            return
        while name != EXPLORE and not self.build(name):
            pass
        left, self._shown = self._shown, name
        if left != EXPLORE:
            self._made[left].leave()
        self.changed.emit(name)
        if name != EXPLORE:
            self._made[name].enter()

    def close(self) -> None:
        """Close those that were built."""
        for each in self._made.values():
            each.close()
