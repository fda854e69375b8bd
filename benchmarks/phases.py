"""Where the time between a moved parameter and its pixels goes, by wrapping calls of the program from outside."""

from __future__ import annotations

import inspect
import pkgutil
import threading
from collections import defaultdict
from collections.abc import Sequence
from importlib import import_module
from time import perf_counter
from typing import Any

import explorer.ui
from benchmarks.measuring import around, percentile
from explorer.model import editing, evaluator
from explorer.model.evaluator import Evaluator, Report
from explorer.ui import explore
from explorer.ui.explore import Explore
from explorer.ui.panels import Panels

PHASES = ("document and plan", "waiting", "evaluation", "colouring", "delivery", "panels", "until painting", "painting")

_CALLS: tuple[tuple[Any, str], ...] = (
    (editing, "accepted"),
    *((module, "plan") for module in (editing, explore) if hasattr(module, "plan")),
    *((Panels, name) for name in vars(Panels) if name.lstrip("_").startswith("show_")),
)


class Phases:
    """Times of one step of a drag after the other; make it before the window.

    document and plan  from the signal to the request, without the panels
    waiting            until the compute thread takes the request up
    evaluation         the layers as far as the one on the stage, on the compute thread
    colouring          coloured maps and thumbnails until then, on the compute thread
    delivery           from the compute thread to the slot in the window's thread
    panels             the panels take over what is new (cards and forms also before the request)
    until painting     layout, and paints of other panels that come first
    painting           the maps
    """

    def __init__(self) -> None:
        self.requested: dict[int, float] = {}
        self._taken: dict[int, float] = {}
        self._sent: dict[int, float] = {}
        self._received: dict[int, tuple[float, float]] = {}
        self._colouring: dict[int, float] = defaultdict(float)
        self._panels: list[tuple[float, float]] = []
        self._running = self._finished = 0
        self.calls: dict[str, list[float]] = defaultdict(list)
        self._wrap()
        for owner, name in _CALLS:
            around(owner, name, self._told(f"{owner.__name__.rpartition('.')[2]}.{name}"))
        self._wrap_paints()

    def _wrap(self) -> None:
        run, send = Evaluator._run, Evaluator._send

        def taken(thread: Evaluator, request: Any) -> None:
            self._running = request.revision
            self._taken[request.revision] = perf_counter()
            run(thread, request)

        def sent(thread: Evaluator, event: Any) -> None:
            if isinstance(event, Report) and (event.maps or event.finished):
                self._sent.setdefault(event.revision, perf_counter())
            if isinstance(event, Report) and event.finished:
                self._finished += 1
            send(thread, event)

        patched: Any = Evaluator
        patched._run, patched._send = taken, sent
        around(Evaluator, "request", lambda args, start, end: self.requested.update({args[1].revision: start}))
        for name in ("maps_of", "summary"):
            around(evaluator, name, self._coloured)
        around(Explore, "receive", self._arrived)
        for name in ("show_document", "show_cards"):
            around(Panels, name, lambda args, start, end: self._panels.append((start, end)))

    def _wrap_paints(self) -> None:
        for found in pkgutil.walk_packages(explorer.ui.__path__, "explorer.ui."):
            module = import_module(found.name)
            for _, owner in inspect.getmembers(module, inspect.isclass):
                if owner.__module__ == module.__name__:
                    for name in {"paintEvent", "paint"} & set(vars(owner)):
                        around(owner, name, self._told(f"{owner.__name__}.{name}"))

    def _told(self, name: str) -> Any:
        window = threading.main_thread()

        def told(args: tuple[Any, ...], start: float, end: float) -> None:
            if threading.current_thread() is window:
                self.calls[name].append(end - start)

        return told

    def _coloured(self, args: tuple[Any, ...], start: float, end: float) -> None:
        if self._running not in self._sent:
            self._colouring[self._running] += end - start

    def _arrived(self, args: tuple[Any, ...], start: float, end: float) -> None:
        if isinstance(args[1], Report) and (args[1].maps or args[1].finished):
            self._received.setdefault(args[1].revision, (start, end))

    def of(self, revision: int, emitted: float, painting: float, painted: float) -> tuple[float, ...]:
        """The phases of the step that was emitted and painted at these times; their sum is the latency."""
        asked, taken, sent = self.requested[revision], self._taken[revision], self._sent[revision]
        arrived, shown = self._received[revision]
        early = sum(end - start for start, end in self._panels if emitted <= start < asked)
        colouring = self._colouring[revision]
        return (
            asked - emitted - early,
            taken - asked,
            sent - taken - colouring,
            colouring,
            arrived - sent,
            shown - arrived + early,
            painting - shown,
            painted - painting,
        )

    @property
    def given_up(self) -> tuple[int, int]:
        """How many requests were taken up so far, and how many of them never came to an end."""
        return len(self._taken), len(self._taken) - self._finished

    def forget(self) -> None:
        """Begin anew, so that what is kept stays little."""
        for each in (self._panels, self.calls):
            each.clear()

    def rows(self, steps: Sequence[tuple[float, ...]]) -> list[dict[str, object]]:
        """A row a phase: mean, p95 and share of the mean latency."""
        total = sum(map(sum, steps))
        return [
            {
                "phase": name,
                "mean ms": round(sum(times) / len(steps) * 1e3, 2),
                "p95 ms": round(percentile(times, 95) * 1e3, 2),
                "share %": round(100 * sum(times) / total, 1),
            }
            for name, times in zip(PHASES, zip(*steps, strict=True), strict=True)
        ]

    def call_rows(self, steps: int, most: int = 16) -> list[dict[str, object]]:
        """The costliest calls in the window's thread, nested ones counted in both; time for each step."""
        found = sorted(self.calls.items(), key=lambda each: -sum(each[1]))[:most]
        return [
            {
                "in the window's thread": name,
                "ms a step": round(sum(times) / steps * 1e3, 2),
                "calls a step": round(len(times) / steps, 2),
                "max ms": round(max(times) * 1e3, 2),
            }
            for name, times in found
        ]
