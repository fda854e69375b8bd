"""Work of the window in pieces: between two of them the window paints and listens."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication
from windows import wait

from explorer.ui.turns import Turns


class Heard(QObject):
    """Notes that an event came."""

    def __init__(self, noted: list[str]) -> None:
        super().__init__()
        self._noted = noted

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.User:
            self._noted.append("event")
        return super().event(event)


def test_what_a_piece_asks_for_happens_before_the_next_piece(qapp: QApplication) -> None:
    noted: list[str] = []
    turns, heard = Turns(qapp), Heard(noted)

    def first() -> None:
        noted.append("first")
        # With the priority of a request to paint.
        QCoreApplication.postEvent(heard, QEvent(QEvent.Type.User), Qt.EventPriority.LowEventPriority.value)

    turns.run(first, lambda: noted.append("second"))
    assert not noted
    wait(lambda: "second" in noted)
    assert noted == ["first", "event", "second"]


def test_newer_pieces_take_the_place_of_what_is_left(qapp: QApplication) -> None:
    noted: list[str] = []
    turns = Turns(qapp)

    def first() -> None:
        noted.append("first")
        turns.run(lambda: noted.append("third"), lambda: noted.append("fourth"))

    turns.run(first, lambda: noted.append("second"))
    wait(lambda: "fourth" in noted)
    assert noted == ["first", "third", "fourth"]


def test_what_is_left_is_not_run_once_it_was_stopped(qapp: QApplication) -> None:
    noted: list[str] = []
    turns, after = Turns(qapp), Turns(qapp)
    turns.run(lambda: noted.append("never"))
    turns.stop()
    after.run(lambda: noted.append("first"), lambda: noted.append("second"))
    wait(lambda: "second" in noted)
    assert noted == ["first", "second"]
