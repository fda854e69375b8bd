"""Work beside the window: whatever comes of it is told in the thread of the window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot
from windows import wait

from explorer.ops.op import Cancelled
from explorer.ui.bridge import Bridge, Errand

WAIT = 90


class Told:
    """What an errand says, with the thread it says it in."""

    def __init__(self, work: Callable[[Callable[[], None], Callable[[int, int], None]], Any]) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.threads: set[threading.Thread] = set()
        self.errand = Errand("errand", work)
        self.errand.progressed.connect(lambda done, total: self._heard("progressed", done, total))
        self.errand.done.connect(lambda result: self._heard("done", result))
        self.errand.failed.connect(lambda error: self._heard("failed", error))

    def _heard(self, *event: Any) -> None:
        self.events.append(event)
        self.threads.add(threading.current_thread())

    def ended(self) -> bool:
        return bool(self.events) and self.events[-1][0] != "progressed"


def test_progress_and_the_result_arrive_in_their_order_in_the_thread_of_the_window(qtbot: QtBot) -> None:
    def work(tick: Callable[[], None], progress: Callable[[int, int], None]) -> threading.Thread:
        for done in (1, 2, 3):
            tick()
            progress(done, 3)
        return threading.current_thread()

    told = Told(work)
    told.errand.start()
    wait(told.ended)
    assert told.events[:-1] == [("progressed", done, 3) for done in (1, 2, 3)]
    assert told.threads == {threading.current_thread()}
    name, worker = told.events[-1]
    assert name == "done"
    assert worker is not threading.current_thread()
    assert not worker.is_alive()


def test_a_failure_is_told_with_its_error(qtbot: QtBot) -> None:
    def work(*functions: Any) -> None:
        raise OSError("no such file")

    told = Told(work)
    told.errand.start()
    wait(told.ended)
    ((name, error),) = told.events
    assert name == "failed"
    assert isinstance(error, OSError)
    assert told.threads == {threading.current_thread()}
    assert not told.errand.cancelled


def ticking(began: threading.Event) -> Callable[..., None]:
    """Work that ends only when its tick says so."""

    def work(tick: Callable[[], None], progress: Callable[[int, int], None]) -> None:
        began.set()
        forever = threading.Event()
        while not forever.wait(0.001):
            tick()

    return work


def test_cancelled_work_ends_at_its_next_tick_and_says_so(qtbot: QtBot) -> None:
    began = threading.Event()
    told = Told(ticking(began))
    told.errand.start()
    assert began.wait(WAIT)
    told.errand.cancel()
    wait(told.ended)
    ((name, error),) = told.events
    assert name == "failed"
    assert isinstance(error, Cancelled)
    assert told.errand.cancelled


def test_closing_waits_for_the_end_of_the_work(qtbot: QtBot) -> None:
    began = threading.Event()
    told = Told(ticking(began))
    told.errand.start()
    assert began.wait(WAIT)
    told.errand.close()
    assert not told.errand._thread.is_alive()


def test_what_is_sent_from_any_thread_arrives_in_order_and_never_at_once(qtbot: QtBot) -> None:
    bridge = Bridge()
    arrived: list[tuple[object, threading.Thread]] = []
    bridge.arrived.connect(lambda event: arrived.append((event, threading.current_thread())))
    bridge.send(0)
    assert not arrived
    sender = threading.Thread(target=lambda: [bridge.send(number) for number in range(1, 50)])
    sender.start()
    sender.join(WAIT)
    wait(lambda: len(arrived) == 50)
    assert arrived == [(number, threading.current_thread()) for number in range(50)]
