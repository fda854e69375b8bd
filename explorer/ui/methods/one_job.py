"""A measurement on the compute thread, of which there is one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from explorer.model.evaluator import Evaluator, Job
from explorer.ops.op import Cancelled, Tick
from explorer.ops.warm_up import Part
from explorer.ui.bridge import Bridge

Work = Callable[[Tick], Generator[tuple[int, int], None, Any]]
"""Steps that return a result; the tick raises `Cancelled` once they are given up."""


class OneJob(QObject):
    """Nothing is heard of work that was given up."""

    progressed = Signal(int, int)
    ended = Signal(object, object)
    """The result, or what went wrong."""

    def __init__(self, evaluator: Evaluator) -> None:
        super().__init__()
        self._evaluator = evaluator
        self._job: Job | None = None
        self._bridge = Bridge()
        self._bridge.arrived.connect(self._arrived)

    @property
    def running(self) -> bool:
        """Whether something is being done."""
        return self._job is not None

    def start(self, work: Work, needs: Callable[[], Sequence[Part]]) -> None:
        """Do this in place of what is being done, once the compiled parts are there that it `needs`."""
        self.stop()
        stop = threading.Event()
        results: list[Any] = []

        def tick() -> None:
            if stop.is_set():
                raise Cancelled

        def steps() -> Iterator[tuple[int, int]]:
            results.append((yield from work(tick)))

        self._job = Job(
            steps(),
            lambda done, total: self._bridge.send((stop, "progressed", (done, total))),
            lambda error: self._bridge.send((stop, "ended", (results[0] if results else None, error))),
            needs,
            stop,
        )
        self._evaluator.submit(self._job)

    def stop(self) -> None:
        """Give it up."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _arrived(self, event: tuple[threading.Event, str, tuple[Any, ...]]) -> None:
        stop, name, values = event
        if self._job is None or self._job.cancelled is not stop:
            return
        if name == "ended":
            self._job = None
        getattr(self, name).emit(*values)
