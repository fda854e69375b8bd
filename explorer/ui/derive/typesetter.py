"""Typeset mathematics for the window: made beside it, kept, and made ahead for where the next key leads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence

from PySide6.QtCore import QObject, Signal

from explorer.model.typesetting import Picture
from explorer.ui.derive.beside import Beside

KEPT = 400
"""Pictures that are kept; those of one step share little, and each is some tens of kilobytes."""

Piece = tuple[Hashable, Callable[[], Picture]]
"""What it is, and how it is typeset."""


class Typesetter(QObject):
    """Pictures by their keys."""

    ready = Signal(object)
    """The key of a picture that is there now."""
    failed = Signal(object, object)
    """The key of a picture that cannot be made, and the error."""

    def __init__(self) -> None:
        super().__init__()
        self._known: OrderedDict[Hashable, Picture] = OrderedDict()
        self._broken: dict[Hashable, BaseException] = {}
        self._beside = Beside("typesetting")
        self._beside.done.connect(self._done)
        self._beside.failed.connect(self._failed)

    def get(self, key: Hashable) -> Picture | None:
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
        self._beside.want([each for each in pieces if not self.known(each[0])])

    def close(self) -> None:
        """Join the thread."""
        self._beside.close()

    def _done(self, key: Hashable, picture: Picture) -> None:
        self._known[key] = picture
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        self.ready.emit(key)

    def _failed(self, key: Hashable, error: BaseException) -> None:
        self._broken[key] = error
        self.failed.emit(key, error)
