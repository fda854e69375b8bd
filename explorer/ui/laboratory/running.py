"""Work of a page on the thread that computes: one piece at a time, with progress, results on the way, and a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import monotonic

from PySide6.QtCore import QObject, Signal

from explorer.model.evaluator import Evaluator, Job
from explorer.model.laboratory.steps import Steps
from explorer.ops.op import Cancelled, Tick
from explorer.ops.warm_up import Part
from explorer.ui.bridge import Bridge

_OFTEN = 0.03
"""Seconds between two words about the progress."""

Found = Callable[[object], None]
Make = Callable[[Found, Tick], Iterator[tuple[int, int]]]
"""Given whom to hand results to, and a tick that raises `Cancelled` once it is given up, the steps of the work."""
Needs = Callable[[], Sequence[Part]]


class _Going:
    """The steps without their end: a job that is given up leaves them as they are, so that they can go on later."""

    def __init__(self, steps: Iterator[tuple[int, int]]) -> None:
        self._steps = steps
        self.given_up = False

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return self

    def __next__(self) -> tuple[int, int]:
        return next(self._steps)


class Running(QObject):
    """At most one piece of work. What an earlier one still sends is not heard."""

    found = Signal(object)
    progressed = Signal(int, int)
    ended = Signal(object)
    """None, or what went wrong: a `Refusal`, or a defect. Nothing is said of what was stopped."""
    changed = Signal()
    """Whether something runs, or stands still."""

    def __init__(self, evaluator: Evaluator) -> None:
        super().__init__()
        self._evaluator = evaluator
        self._job: Job | None = None
        self._steps: _Going | None = None
        self._needs: Needs = lambda: ()
        self._bridge = Bridge()
        self._bridge.arrived.connect(self._arrived)

    @property
    def running(self) -> bool:
        """Whether the work goes on."""
        return self._job is not None

    @property
    def paused(self) -> bool:
        """Whether it stands still and can go on."""
        return self._job is None and self._steps is not None

    def find(self, steps: Steps[object]) -> None:
        """Begin this instead; what it returns is found."""

        def handed(hand: Found, _tick: Tick) -> Iterator[tuple[int, int]]:
            hand((yield from steps))

        self.start(handed)

    def start(self, make: Make, needs: Needs = lambda: ()) -> None:
        """Give up what runs and begin this; `needs` are the compiled parts that it waits for."""
        self.stop()
        # Results belong to these steps, whichever job carries them out.
        box: list[_Going] = []

        def tick() -> None:
            if box[0].given_up:
                raise Cancelled

        self._needs = needs
        self._steps = _Going(make(lambda value: self._bridge.send((box[0], "found", (value,))), tick))
        box.append(self._steps)
        self._go()

    def pause(self) -> None:
        """Stand still after the step that is being done."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self.changed.emit()

    def go_on(self) -> None:
        """Go on after a pause."""
        if self.paused:
            self._go()

    def stop(self) -> None:
        """Give it up."""
        if self._steps is not None:
            self._steps.given_up = True
            self.pause()
            self._steps = None
            self.changed.emit()

    def _go(self) -> None:
        steps = self._steps
        assert steps is not None
        told = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal told
            if monotonic() - told > _OFTEN:
                told = monotonic()
                self._bridge.send((steps, "progressed", (done, total)))

        self._job = Job(steps, progress, lambda error: self._bridge.send((steps, "ended", (error,))), self._needs)
        self._evaluator.submit(self._job)
        self.changed.emit()

    def _arrived(self, event: tuple[_Going, str, tuple[object, ...]]) -> None:
        steps, name, values = event
        if steps is not self._steps or isinstance(values[0], Cancelled):
            return
        if name == "ended":
            self._job = self._steps = None
            self.changed.emit()
        getattr(self, name).emit(*values)
