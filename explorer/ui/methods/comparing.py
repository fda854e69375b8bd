"""Measures the methods of the layer that is looked at, on the compute thread, while nothing else is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from explorer.model.evaluator import Evaluator, Report
from explorer.model.methods import Way, has_methods, of_way, ways
from explorer.ops.op import Arrays, Op, Tick, Weights
from explorer.ops.warm_up import FORMATS, METHODS, parts_of
from explorer.ui.explore import Explore
from explorer.ui.methods.panel import MethodsPanel
from explorer.ui.running import Hand, Running
from explorer.ui.texts import said

if TYPE_CHECKING:
    from explorer.model.laboratory.methods import Row
    from explorer.model.laboratory.steps import Steps

REST = 700
"""Milliseconds without a change after which a layer is measured."""
QUICK = 0.12
"""Seconds of a layer up to which it is measured unasked."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What a measurement is of: a layer with its inputs and weights, whichever way it is computed in just now."""

    layer: str
    operation: Op
    params: Any
    xs: Arrays
    weights: Weights
    seconds: float

    @staticmethod
    def of(report: Report | None) -> Subject | None:
        """The layer that a report looks at, if it has a choice of methods and could be computed."""
        if report is None or report.evaluated is None:
            return None
        document, id = report.request.document, report.request.view.layer
        node = document.node(id) if document.has(id) else None
        result = report.evaluated.results.get(id)
        if node is None or node.operation is None or result is None or result.handed_through:
            return None
        if not has_methods(node.params):
            return None
        return Subject(id, node.operation, node.params, result.xs, result.weights, result.seconds)

    def same(self, other: Subject | None) -> bool:
        """Whether a measurement of the other one holds for this one too."""
        return (
            other is not None
            and self.layer == other.layer
            and ways(self.params) == ways(other.params)
            and _apart_from_the_way(self.params) == _apart_from_the_way(other.params)
            and all(a is b for a, b in zip(self.xs, other.xs, strict=True))
            and self.weights.keys() == other.weights.keys()
            and all(np.array_equal(array, other.weights[name]) for name, array in self.weights.items())
        )


def _apart_from_the_way(params: Any) -> Any:
    return replace(of_way(params, Way("direct")), tile=1, algorithm="")


class Comparing(QObject):
    """One measurement at a time; any new request gives it up, and it begins again once the program is at rest."""

    failed = Signal(object)
    """A defect of a method."""

    def __init__(self, evaluator: Evaluator, explore: Explore, panel: MethodsPanel) -> None:
        super().__init__()
        self._explore = explore
        self._panel = panel
        self._measured: Subject | None = None
        self._rows: Sequence[Row] = ()
        self._running = Running(evaluator)
        self._running.progressed.connect(panel.show_progress)
        self._running.changed.connect(lambda: panel.show_progress(0, int(self._running.busy)))
        self._running.failed.connect(self.failed)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.measure)
        explore.state_changed.connect(self._state_changed)
        panel.seen.connect(self._look)
        panel.measure_wanted.connect(self.measure)

    @property
    def rows(self) -> Sequence[Row]:
        """The last table that was measured."""
        return self._rows

    @property
    def running(self) -> bool:
        """Whether something is being measured or soon will be."""
        return self._running.busy or self._rest.isActive()

    def forget(self) -> None:
        """What was measured is of other crossovers."""
        self._measured = None

    def stop(self) -> None:
        """Give up what is being measured."""
        self._rest.stop()
        self._running.cancel()

    def measure(self) -> None:
        """Measure the layer that is looked at, now."""
        self.stop()
        subject = Subject.of(self._explore.report) if self._explore.settled() else None
        if subject is None:
            return

        def work(hand: Hand, tick: Tick) -> Steps[tuple[Row, ...]]:
            # Here, on the compute thread, which imports the exact algebra where it is not known yet.
            from explorer.model.laboratory.methods import compared

            return (yield from compared(subject.operation, subject.xs, subject.weights, subject.params, tick))

        def measured(rows: tuple[Row, ...]) -> None:
            self._measured, self._rows = subject, rows
            self._panel.show_rows(rows, stale=False)

        self._running.begin(
            work,
            measured,
            lambda refusal: self._panel.show_refusal(said(refusal)),
            lambda: [part for each in FORMATS for part in parts_of([subject.operation.name, METHODS], each)],
        )

    def _state_changed(self, state: str, text: str) -> None:
        if state == "live":
            self._look()
        elif state == "busy":
            self.stop()

    def _look(self) -> None:
        """Show what is known of the layer, and measure it soon where that is of other settings."""
        if self._running.busy:
            return
        subject = Subject.of(self._explore.report)
        if subject is None:
            self._rest.stop()
            return
        known = subject.same(self._measured)
        same_layer = self._measured is not None and self._measured.layer == subject.layer
        self._panel.show_rows(self._rows if same_layer else (), stale=not known)
        if not known and self._panel.looked_at and subject.seconds <= QUICK and self._explore.settled():
            self._rest.start()
