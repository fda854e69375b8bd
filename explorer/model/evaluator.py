"""The one thread that computes: requests of the window, and longer jobs such as exports, one after the other.

A request is an immutable document and a view of it. At most one runs and one waits; the newest wins. While a
parameter moves, a running request is let finish if it is quick, so that the picture follows the hand, and is
cancelled once it is slow. The maps of the layer that is looked at are sent before the layers behind it are computed.
Jobs are iterators of steps; a waiting request goes first between two steps.
"""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from types import MappingProxyType

from explorer.model.display import Maps, Summary, View, maps_of, summary
from explorer.model.document import SOURCE, SOURCE_PORTS, Document, Link
from explorer.model.evaluation import Evaluated, Evaluation, Result
from explorer.model.gradients import Gradients, gradients, loss_origin
from explorer.model.preparing import Preparation, needed
from explorer.ops.op import Cancelled
from explorer.ops.warm_up import Part
from explorer.refusal import Refusal

PATIENCE = 0.1
"""Seconds that a running request is given to finish when a newer one waits."""
LONG_PATIENCE = 1.0
"""The same after a request was given up, so that a slow pipeline is still seen to follow the hand."""
STREAM = 0.08
"""Seconds between two reports of a request that takes longer."""
PAINTING = 0.012
"""Seconds that a request waits at the most for its maps to be painted: both at once would take longer than in turn."""
FIRST_PAINTING = 0.15
"""The same after its kernels were compiled: the first picture takes longer, and loading the next kernels beside it
would hold the interpreter."""
LOOK = 0.05
"""Seconds between two looks at whether the kernels that a job needs are compiled."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted: `view` of `document`, known to the sender by `revision`."""

    revision: int
    document: Document
    view: View


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What is known of a request so far; `finished` with the last one.

    layers     what is new since the last report, by layer: a summary, or why there is none
    maps       activations and gradients for the stage, or () while they are not known; once in a request on its way
    refusal    why the gradient cannot be had, or None
    """

    revision: int
    request: Request
    layers: Mapping[str, Summary | Refusal]
    done: int
    total: int
    maps: tuple[Maps, ...] = ()
    evaluated: Evaluated | None = None
    gradients: Gradients | None = None
    refusal: Refusal | None = None
    seconds: float = 0.0
    finished: bool = False
    painted: threading.Event = field(default_factory=threading.Event)
    """Set by the receiver once the maps of a request on its way are on the screen."""


@dataclass(frozen=True, slots=True)
class Preparing:
    """Kernels are being compiled, `done` of the `total` parts that the request needs; nothing can be computed yet."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """The person cancelled the request with this revision."""

    revision: int


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """A defect came up in a request for a document, or in a job: the thread goes on."""

    error: BaseException
    details: str
    revision: int = -1
    document: Document | None = None


_SummaryKey = tuple[str, int, str, bool, bool]
Event = Report | Preparing | Stopped | Failed
Deliver = Callable[[Event], None]


@dataclass(eq=False)
class Job:
    """A longer piece of work on the compute thread.

    steps     yields (done, total) after each step
    needs     the compiled parts that its next step waits for; requests and other jobs go first meanwhile
    progress  told of each, on the compute thread
    ended     told at the end: None, or what went wrong (a `Cancelled` after `cancel`)
    """

    steps: Iterator[tuple[int, int]]
    progress: Callable[[int, int], None]
    ended: Callable[[BaseException | None], None]
    needs: Callable[[], Sequence[Part]] = lambda: ()
    cancelled: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Stop after the current step."""
        self.cancelled.set()


class Evaluator:
    """Owns the thread. `deliver` is called on it and must hand over to the caller's own thread."""

    def __init__(self, deliver: Deliver, preparation: Preparation | None = None) -> None:
        """`preparation` compiles what a request needs before it runs."""
        self._deliver = deliver
        self._preparation = preparation
        self._evaluation = Evaluation()
        self._changed = threading.Condition()
        self._summaries: Mapping[_SummaryKey, Summary] = {}
        self._waiting: Request | None = None
        self._jobs: deque[Job] = deque()
        self._closing = False
        self._cancel = False
        self._forget = False
        self._started = 0.0
        self._patience = PATIENCE
        self._thread = threading.Thread(target=self._work, name="evaluation")
        self._thread.start()

    def request(self, request: Request) -> None:
        """Make this the wanted request; the one that waited is forgotten."""
        with self._changed:
            self._waiting = request
            self._changed.notify()

    def submit(self, job: Job) -> None:
        """Run a job after those that wait already."""
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()

    def forget(self) -> None:
        """Compute what comes next anew: the way in which layers are computed has changed."""
        with self._changed:
            self._forget = True

    def cancel(self) -> None:
        """Give up the running and the waiting request."""
        with self._changed:
            self._waiting = None
            self._cancel = True

    def close(self) -> None:
        """Stop at the next tick and wait for the thread's end. Nothing is delivered afterwards."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._preparation is not None:
            self._preparation.stop()
        self._thread.join()

    def _tick(self) -> None:
        overdue = self._waiting is not None and perf_counter() - self._started > self._patience
        if self._closing or self._cancel or overdue:
            raise Cancelled

    def _send(self, event: Event) -> None:
        if not self._closing:
            self._deliver(event)

    def _work(self) -> None:
        while True:
            with self._changed:
                while self._waiting is None and not self._jobs and not self._closing:
                    self._changed.wait()
                if self._closing:
                    break
                request, self._waiting = self._waiting, None
                self._cancel = False
                if self._forget:
                    self._forget = False
                    self._evaluation.clear()
            if request is not None:
                self._run(request)
            else:
                self._step()
        while self._jobs:
            self._end(self._jobs.popleft(), Cancelled())

    def _run(self, request: Request) -> None:
        self._started = perf_counter()
        try:
            painting = FIRST_PAINTING if self._prepare(request) else PAINTING
            reporter = _Reporter(self._evaluation, request, self._tick, self._send, self._summaries, painting)
            self._send(reporter.report())
            self._summaries = reporter.keep
            self._patience = PATIENCE
        except Cancelled:
            self._patience = LONG_PATIENCE
            if self._cancel:
                self._send(Stopped(request.revision))
        except Exception as error:
            self._send(Failed(error, traceback.format_exc(), request.revision, request.document))

    def _prepare(self, request: Request) -> bool:
        """Have its kernels compiled; whether there was something to wait for."""
        if self._preparation is None:
            return False
        document, view = request.document, request.view
        # An output that has a name may be one of places.
        parts = needed(document, document.dtype, gradients=view.content != "activations", places=bool(view.port))
        waited = False
        try:
            waited = not self._preparation.has(parts)
            self._preparation.wait(parts, lambda *counts: self._send(Preparing(*counts)), self._tick)
        except OSError as error:
            self._preparation = None
            self._send(Failed(error, traceback.format_exc()))
        self._started = perf_counter()
        return waited

    def _step(self) -> None:
        job = self._jobs[0]
        try:
            if job.cancelled.is_set():
                raise Cancelled
            if self._preparation is not None and not self._preparation.has(job.needs()):
                self._jobs.rotate(-1)
                with self._changed:
                    self._changed.wait(LOOK)
                return
            job.progress(*next(job.steps))
        except StopIteration:
            self._end(self._jobs.popleft(), None)
        except (Exception, Cancelled) as error:
            self._end(self._jobs.popleft(), error)

    def _end(self, job: Job, error: BaseException | None) -> None:
        close = getattr(job.steps, "close", None)
        if close is not None:
            close()
        job.ended(error)


class _Reporter:
    """One request on its way: evaluates, and reports what is new when it takes long."""

    def __init__(
        self,
        evaluation: Evaluation,
        request: Request,
        tick: Callable[[], None],
        send: Callable[[Event], None],
        kept: Mapping[_SummaryKey, Summary],
        painting: float,
    ) -> None:
        """`kept` are the summaries of the last request, `keep` those of this one; `painting` as `PAINTING`."""
        self._evaluation = evaluation
        self._request = request
        self._tick = tick
        self._send = send
        self._kept = kept
        self._painting = painting
        self.keep: dict[_SummaryKey, Summary] = {}
        self._start = self._last = perf_counter()
        self._new: dict[str, Summary | Refusal] = {}
        self._all: dict[str, Summary] = {}
        self._count = 0
        self._early: tuple[Maps, ...] = ()

    def report(self) -> Report:
        document, view = self._request.document, self._request.view
        evaluated = self._evaluation.run(document, view.shown, self._tick, self._layer)
        back: Gradients | None = None
        refusal: Refusal | None = None
        origin = view.origin or loss_origin(evaluated)
        if view.content != "activations" and origin is not None:
            try:
                back = gradients(evaluated, origin, self._tick)
            except Refusal as reason:
                refusal = reason
        elif view.content != "activations":
            refusal = Refusal(
                "There is no loss to start a gradient from.",
                hint="Add softmax with cross-entropy, or pin a unit as the origin.",
            )
        return self._made(evaluated, back, refusal, finished=True)

    def _layer(self, id: str, result: Result | Refusal, so_far: Evaluated) -> None:
        view = self._request.view
        self._count += 1
        early = False
        if isinstance(result, Result):
            shown = view.shown if self._request.document.source.whole else 0
            key = (result.key, shown, view.colours, view.dark, view.clip)
            early = id == view.layer and key not in self._kept and self._others_wait()
            made = self._kept.get(key) or summary(result, shown, view)
            self._all[id] = self._new[id] = self.keep[key] = made
        else:
            self._new[id] = result
        if early:
            self._early = self._maps(so_far, None)
        if early or perf_counter() - self._last > STREAM:
            self._tick()
            report = self._made(None, None, None, finished=False, maps=self._early if early else ())
            self._send(report)
            if early:
                report.painted.wait(self._painting)

    def _others_wait(self) -> bool:
        """Whether layers are left to compute that the maps of this one need nothing of."""
        view = self._request.view
        alone = view.content == "activations" and view.scope != "all"
        return alone and self._count < len(self._request.document.nodes)

    def _made(
        self,
        evaluated: Evaluated | None,
        back: Gradients | None,
        refusal: Refusal | None,
        *,
        finished: bool,
        maps: tuple[Maps, ...] = (),
    ) -> Report:
        request = self._request
        new, self._new = self._new, {}
        if evaluated is not None:
            maps = self._early or self._maps(evaluated, back)
        self._last = perf_counter()
        return Report(
            request.revision,
            request,
            MappingProxyType(new),
            self._count,
            len(request.document.nodes),
            maps,
            evaluated,
            back,
            refusal,
            self._last - self._start,
            finished,
        )

    def _maps(self, evaluated: Evaluated, back: Gradients | None) -> tuple[Maps, ...]:
        view = self._request.view
        link = shown_link(self._request.document, view)
        wanted = {"activations": (False,), "gradients": (True,), "both": (False, True)}[view.content]
        found = (maps_of(evaluated, back, view, link, gradient=gradient, summaries=self._all) for gradient in wanted)
        return tuple(maps for maps in found if maps is not None)


def shown_link(document: Document, view: View) -> Link:
    """The output that `view` shows; the source where its layer is gone."""
    if view.layer == SOURCE or not document.has(view.layer):
        return Link(SOURCE, view.port if view.port in SOURCE_PORTS else SOURCE_PORTS[0])
    node = document.node(view.layer)
    operation = node.operation
    if operation is not None and node.enabled and view.port in operation.outputs:
        return Link(node.id, view.port)
    return node.main
