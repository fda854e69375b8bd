"""The current document, and the ones before and after it. Undo keeps documents, which share everything unchanged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from explorer import limits
from explorer.model.document import Document


@dataclass(frozen=True, slots=True)
class _Entry:
    document: Document
    label: str


class Store:
    """Holds the document and its history; tells its listeners after every change. Used from one thread."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._past: list[_Entry] = []
        self._future: list[_Entry] = []
        self._merging: str | None = None
        self._listeners: list[Callable[[Document, Document], None]] = []
        self.revision = 0

    @property
    def document(self) -> Document:
        """The current document."""
        return self._document

    def listen(self, listener: Callable[[Document, Document], None]) -> None:
        """Call `listener(old, new)` after every change."""
        self._listeners.append(listener)

    def apply(self, document: Document, label: str, merge: str | None = None) -> None:
        """Make `document` current. Changes in a row with the same `merge` key are one step of undo."""
        if document is self._document:
            return
        if merge is None or merge != self._merging:
            self._past.append(_Entry(self._document, label))
            del self._past[: -limits.current().undo_steps]
        self._merging = merge
        self._future.clear()
        self._become(document)

    def end_merge(self) -> None:
        """The drag is over: the next change is a step of its own."""
        self._merging = None

    def restart(self, document: Document) -> None:
        """Begin anew with `document`, without history."""
        self._past.clear()
        self._future.clear()
        self._merging = None
        self._become(document)

    def undo(self) -> None:
        """Go back one step, if there is one."""
        if self._past:
            entry = self._past.pop()
            self._future.append(_Entry(self._document, entry.label))
            self._merging = None
            self._become(entry.document)

    def redo(self) -> None:
        """Go forward again, if there was an undo."""
        if self._future:
            entry = self._future.pop()
            self._past.append(_Entry(self._document, entry.label))
            self._merging = None
            self._become(entry.document)

    @property
    def undo_label(self) -> str | None:
        """What undo takes back, or None."""
        return self._past[-1].label if self._past else None

    @property
    def redo_label(self) -> str | None:
        """What redo brings back, or None."""
        return self._future[-1].label if self._future else None

    def _become(self, document: Document) -> None:
        old, self._document = self._document, document
        self.revision += 1
        for listener in list(self._listeners):
            listener(old, document)
