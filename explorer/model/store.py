"""The current document, and the ones before and after it. Undo keeps documents, which share everything unchanged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from explorer import limits
from explorer.model.document import Document

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class _Entry(Generic[State]):
    state: State
    label: str


class History(Generic[State]):
    """Holds a frozen state and those before and after it; tells its listeners after every change. For one thread."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._past: list[_Entry[State]] = []
        self._future: list[_Entry[State]] = []
        self._merging: str | None = None
        self._listeners: list[Callable[[State, State], None]] = []
        self.revision = 0

    @property
    def state(self) -> State:
        """The current state."""
        return self._state

    def listen(self, listener: Callable[[State, State], None]) -> None:
        """Call `listener(old, new)` after every change."""
        self._listeners.append(listener)

    def apply(self, state: State, label: str, merge: str | None = None) -> None:
        """Make `state` current. Changes in a row with the same `merge` key are one step of undo."""
        if state is self._state:
            return
        if merge is None or merge != self._merging:
            self._past.append(_Entry(self._state, label))
            del self._past[: -limits.current().undo_steps]
        self._merging = merge
        self._future.clear()
        self._become(state)

    def end_merge(self) -> None:
        """The drag is over: the next change is a step of its own."""
        self._merging = None

    def restart(self, state: State) -> None:
        """Begin anew with `state`, without history."""
        self._past.clear()
        self._future.clear()
        self._merging = None
        self._become(state)

    def undo(self) -> None:
        """Go back one step, if there is one."""
        if self._past:
            entry = self._past.pop()
            self._future.append(_Entry(self._state, entry.label))
            self._merging = None
            self._become(entry.state)

    def redo(self) -> None:
        """Go forward again, if there was an undo."""
        if self._future:
            entry = self._future.pop()
            self._past.append(_Entry(self._state, entry.label))
            self._merging = None
            self._become(entry.state)

    @property
    def undo_label(self) -> str | None:
        """What undo takes back, or None."""
        return self._past[-1].label if self._past else None

    @property
    def redo_label(self) -> str | None:
        """What redo brings back, or None."""
        return self._future[-1].label if self._future else None

    def _become(self, state: State) -> None:
        old, self._state = self._state, state
        self.revision += 1
        for listener in list(self._listeners):
            listener(old, state)


class Store(History[Document]):
    """The history of the document."""

    @property
    def document(self) -> Document:
        """The current document."""
        return self.state
