"""Work of a page on the evaluation thread: one piece at a time, of which the newest wins."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from explorer.model.evaluator import Evaluator, Job
from explorer.model.laboratory.steps import Steps
from explorer.ops.op import Cancelled
from explorer.refusal import Refusal
from explorer.ui.bridge import Bridge

T = TypeVar("T")


class Running(QObject):
    """Runs steps between the requests of the window, and hands over what came out in the window's thread."""

    progressed = Signal(int, int)
    failed = Signal(object)
    """A defect in the work."""

    def __init__(self, evaluator: Evaluator) -> None:
        super().__init__()
        self._evaluator = evaluator
        self._job: Job | None = None
        self._bridge = Bridge()
        self._bridge.arrived.connect(lambda call: call())

    @property
    def busy(self) -> bool:
        """Whether something was started whose end has not been told."""
        return self._job is not None

    def start(self, steps: Steps[T], done: Callable[[T], None], refused: Callable[[Refusal], None]) -> None:
        """Run `steps` to their end and call one of both; what was started before is given up."""
        self.cancel()
        results: list[T] = []

        def kept() -> Generator[tuple[int, int], None, None]:
            results.append((yield from steps))

        def progress(now: int, total: int) -> None:
            self._bridge.send(lambda: self.progressed.emit(now, total) if self._job is job else None)

        job = Job(kept(), progress, lambda error: self._bridge.send(lambda: ended(error)))

        def ended(error: BaseException | None) -> None:
            if self._job is not job:
                return
            self._job = None
            if error is None:
                done(results[0])
            elif isinstance(error, Refusal):
                refused(error)
            elif not isinstance(error, Cancelled):
                self.failed.emit(error)

        self._job = job
        self._evaluator.submit(job)

    def cancel(self) -> None:
        """Give up what was started; nothing more is told of it."""
        if self._job is not None:
            job, self._job = self._job, None
            job.cancel()
