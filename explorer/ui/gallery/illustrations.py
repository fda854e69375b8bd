"""Pictures of the operations, computed on the compute thread between the requests of the window, and kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from PySide6.QtCore import QObject, Signal

from explorer.model.evaluator import Evaluator, Job
from explorer.model.gallery import Illustration, grouped, illustration
from explorer.ops.op import Cancelled, Op
from explorer.ops.warm_up import FORMATS, parts_of
from explorer.refusal import Refusal
from explorer.ui.bridge import Bridge


class Illustrations(QObject):
    """One for each operation and theme, made when they are wanted, the one that is looked at first."""

    arrived = Signal(str)
    """The picture of this operation is known, or known not to exist."""
    failed = Signal(object)
    """A defect of an operation: the others go on."""

    def __init__(self, evaluator: Evaluator) -> None:
        super().__init__()
        self._evaluator = evaluator
        self._known: dict[tuple[str, bool], Illustration | None] = {}
        self._first = ""
        self._dark = False
        self._job: Job | None = None
        self._bridge = Bridge()
        self._bridge.arrived.connect(self._arrived)

    def known(self, name: str) -> bool:
        """Whether there is nothing to wait for."""
        return (name, self._dark) in self._known

    def get(self, name: str) -> Illustration | None:
        """The picture of an operation, in the other theme's colours while there is none in this; None without one."""
        return self._known.get((name, self._dark)) or self._known.get((name, not self._dark))

    def want(self, first: str, *, dark: bool) -> None:
        """Compute what is missing, `first` before the others."""
        self._first = first
        if self._job is not None and dark == self._dark:
            return
        self.stop()
        self._dark = dark
        missing = [op for _, found in grouped() for op in found if not self.known(op.name)]
        if missing:
            stop = threading.Event()
            self._job = Job(
                self._steps(missing, dark, stop),
                lambda done, total: None,
                lambda error: self._bridge.send((None, dark, error)),
                lambda: parts_of([self._next(missing).name], FORMATS[0]) if missing else (),
                stop,
            )
            self._evaluator.submit(self._job)

    def stop(self) -> None:
        """Compute no more; what is known stays."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _next(self, missing: list[Op]) -> Op:
        return next((op for op in missing if op.name == self._first), missing[0])

    def _steps(self, missing: list[Op], dark: bool, stop: threading.Event) -> Iterator[tuple[int, int]]:
        """On the compute thread: one picture a step."""

        def tick() -> None:
            if stop.is_set():
                raise Cancelled

        total = len(missing)
        while missing:
            op = self._next(missing)
            missing.remove(op)
            made: Illustration | Exception
            try:
                made = illustration(op, dark=dark, tick=tick)
            except Cancelled:
                raise
            except Exception as error:
                made = error
            self._bridge.send((op.name, dark, made))
            yield total - len(missing), total

    def _arrived(self, event: tuple[str | None, bool, Illustration | BaseException | None]) -> None:
        name, dark, made = event
        if name is None:
            if dark == self._dark and not isinstance(made, Cancelled):
                self._job = None
            return
        self._known[name, dark] = made if isinstance(made, Illustration) else None
        self.arrived.emit(name)
        if isinstance(made, Exception) and not isinstance(made, Refusal):
            self.failed.emit(made)
