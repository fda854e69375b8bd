"""Typeset mathematics for the window: made beside it, kept, and made ahead for where the next key leads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from explorer.model.typesetting import Picture
from explorer.ui.derive.beside import Beside
from explorer.ui.derive.drawn import Drawn, Fit, drawn

KEPT_BYTES = 200_000_000
"""Of all pictures that are kept. One is some hundred kilobytes; the tables of a long derivation take many megabytes."""
KEPT = 20
"""Pictures that are kept in any case: those that the next keys show are among them."""


class Piece(NamedTuple):
    """What it is, how it is typeset (the picture, and the same as text), and how large it is shown."""

    key: Hashable
    typeset: Callable[[], tuple[Picture, str]]
    fit: Fit


class Typesetter(QObject):
    """Pictures by their keys."""

    ready = Signal(object)
    """The key of a picture that is there now."""
    failed = Signal(object, object)
    """The key of a picture that cannot be made, and the error."""

    def __init__(self) -> None:
        super().__init__()
        self._known: OrderedDict[Hashable, Drawn] = OrderedDict()
        self._broken: dict[Hashable, BaseException] = {}
        self._set: OrderedDict[Hashable, tuple[Picture, str]] = OrderedDict()
        self._beside = Beside("typesetting")
        self._beside.done.connect(self._done)
        self._beside.failed.connect(self._failed)

    def get(self, key: Hashable) -> Drawn | None:
        """A picture that is there already."""
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
        return found

    def known(self, key: Hashable) -> bool:
        """Whether there is nothing to wait for."""
        return key in self._known or key in self._broken

    def error(self, key: Hashable) -> BaseException | None:
        """Why a picture cannot be made."""
        return self._broken.get(key)

    def want(self, pieces: Sequence[Piece]) -> None:
        """Make what is missing of these, in order, and nothing else that was wanted before."""
        missing = [each for each in pieces if self._misses(each)]
        self._beside.want([((each.key, each.fit), partial(self._make, each)) for each in missing])

    def _misses(self, piece: Piece) -> bool:
        found = self._known.get(piece.key)
        return piece.key not in self._broken and (found is None or found.fit != piece.fit)

    def _make(self, piece: Piece) -> Drawn:
        """On the other thread, which alone knows what it has set last: another size of it is only drawn."""
        if piece.key not in self._set:
            self._set[piece.key] = piece.typeset()
        self._set.move_to_end(piece.key)
        while len(self._set) > KEPT:
            self._set.popitem(last=False)
        return drawn(*self._set[piece.key], piece.fit)

    def close(self) -> None:
        """Join the thread."""
        self._beside.close()

    def _done(self, name: tuple[Hashable, Fit], made: Drawn) -> None:
        key, _ = name
        self._known[key] = made
        self._known.move_to_end(key)
        held = sum(each.bytes for each in self._known.values())
        while held > KEPT_BYTES and len(self._known) > KEPT:
            _, forgotten = self._known.popitem(last=False)
            held -= forgotten.bytes
        self.ready.emit(key)

    def _failed(self, name: tuple[Hashable, Fit], error: BaseException) -> None:
        key, _ = name
        self._broken[key] = error
        self.failed.emit(key, error)
