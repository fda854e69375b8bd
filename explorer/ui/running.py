"""Work of a part of the window on the evaluation thread: one piece at a time, of which the newest wins."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Signal

from explorer.model.evaluator import Evaluator, Job
from explorer.ops.op import Cancelled, Tick
from explorer.ops.warm_up import Part
from explorer.refusal import Refusal
from explorer.ui.bridge import Bridge

if TYPE_CHECKING:
    from explorer.model.laboratory.steps import Steps

_OFTEN = 0.1
"""Seconds between two words about the progress."""

T = TypeVar("T")
Hand = Callable[[object], None]
Make = Callable[[Hand, Tick], "Steps[T]"]
"""Given whom to hand results to on the way, and a tick that raises `Cancelled` once it is given up, the steps."""


class _Work:
    """Steps without their end: a job that stands still leaves them as they are, so that they can go on later."""

    def __init__(self) -> None:
        self.steps: Generator[tuple[int, int], None, None] | None = None
        self.needs: Callable[[], Sequence[Part]] = lambda: ()
        self.refused: Callable[[Refusal], None] = lambda refusal: None
        self.done: Callable[[], None] = lambda: None
        self.given_up = False

    def tick(self) -> None:
        if self.given_up:
            raise Cancelled

    def __iter__(self) -> _Work:
        return self

    def __next__(self) -> tuple[int, int]:
        assert self.steps is not None
        return next(self.steps)


class Running(QObject):
    """Runs steps between the requests of the window, and hands over what came out in the window's thread."""

    found = Signal(object)
    """What the work handed over on its way."""
    progressed = Signal(int, int)
    failed = Signal(object)
    """A defect in the work."""
    changed = Signal()
    """Whether something runs, or stands still."""

    def __init__(self, evaluator: Evaluator) -> None:
        super().__init__()
        self._evaluator = evaluator
        self._job: Job | None = None
        self._work: _Work | None = None
        self._bridge = Bridge()
        self._bridge.arrived.connect(lambda call: call())

    @property
    def busy(self) -> bool:
        """Whether something was started whose end has not been told, and does not stand still."""
        return self._job is not None

    @property
    def paused(self) -> bool:
        """Whether it stands still and can go on."""
        return self._job is None and self._work is not None

    def start(self, steps: Steps[T], done: Callable[[T], None], refused: Callable[[Refusal], None]) -> None:
        """Run `steps` to their end and call one of both; what was started before is given up."""
        self.begin(lambda hand, tick: steps, done, refused)

    def begin(
        self,
        make: Make[T],
        done: Callable[[T], None],
        refused: Callable[[Refusal], None],
        needs: Callable[[], Sequence[Part]] = lambda: (),
    ) -> None:
        """The same with steps that hand over results on their way; `needs` are compiled parts that they wait for."""
        self.cancel()
        work = _Work()
        results: list[T] = []

        def hand(value: object) -> None:
            self._bridge.send(lambda: self.found.emit(value) if self._work is work else None)

        def kept() -> Generator[tuple[int, int], None, None]:
            results.append((yield from make(hand, work.tick)))

        work.steps, work.needs, work.refused = kept(), needs, refused
        work.done = lambda: done(results[0])
        self._work = work
        self._go(work)

    def pause(self) -> None:
        """Stand still after the step that is being done."""
        if self._job is not None:
            job, self._job = self._job, None
            job.cancel()
            self.changed.emit()

    def go_on(self) -> None:
        """Go on after a pause."""
        if self._job is None and self._work is not None:
            self._go(self._work)

    def cancel(self) -> None:
        """Give up what was started; nothing more is told of it."""
        if self._work is not None:
            work, self._work = self._work, None
            work.given_up = True
            self.pause()
            self.changed.emit()

    def _go(self, work: _Work) -> None:
        told = 0.0

        def progress(now: int, total: int) -> None:
            nonlocal told
            if monotonic() - told > _OFTEN:
                told = monotonic()
                self._bridge.send(lambda: self.progressed.emit(now, total) if self._job is job else None)

        job = Job(work, progress, lambda error: self._bridge.send(lambda: self._ended(work, error)), work.needs)
        self._job = job
        self._evaluator.submit(job)
        self.changed.emit()

    def _ended(self, work: _Work, error: Any) -> None:
        # A pause ends the job, and not the work.
        if self._work is not work or isinstance(error, Cancelled):
            return
        self._job = self._work = None
        if error is None:
            work.done()
        elif isinstance(error, Refusal):
            work.refused(error)
        else:
            self.failed.emit(error)
        self.changed.emit()
