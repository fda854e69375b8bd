"""The compute thread: the newest request wins, nothing that was finished is lost, and a defect does not end it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from queue import Queue
from typing import Any

import numpy as np
import pytest
from toys import picture, toys

from explorer.model import evaluator
from explorer.model.display import View
from explorer.model.document import Document, Link, Source
from explorer.model.editing import add, set_params
from explorer.model.evaluator import Evaluator, Event, Failed, Job, Preparing, Report, Request, Stopped, shown_link
from explorer.model.preparing import Preparation
from explorer.ops import warm_up
from explorer.ops.op import Array, Arrays, Cancelled, Op, Tick
from explorer.ops.warm_up import COLOURS, PLACES, Part
from explorer.refusal import Refusal

WAIT = 90
"""Seconds after which a test fails instead of hanging."""


class Held:
    """Makes `scale` wait: it says that it `began`, and goes on, ticking, when told to."""

    def __init__(self, operation: Op) -> None:
        self.began: Queue[float] = Queue()
        self.go = threading.Event()
        self._forward = operation.forward
        self.operation = replace(operation, forward=self._run)

    def _run(self, xs: Arrays, weights: Any, params: Any, tick: Tick) -> tuple[Arrays, Any]:
        self.began.put(params.factor)
        while not self.go.wait(0.001):
            tick()
        return self._forward(xs, weights, params, tick)


@pytest.fixture(autouse=True)
def operations(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Op]]:
    with toys(monkeypatch) as found:
        yield found


@pytest.fixture
def held(operations: dict[str, Op], monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Nothing is overdue here: `scale` takes as long as the test says."""
    monkeypatch.setattr(evaluator, "PATIENCE", WAIT)
    made = Held(operations["scale"])
    operations["scale"] = made.operation
    yield made
    made.go.set()


@contextmanager
def running(preparation: Preparation | None = None) -> Iterator[tuple[Evaluator, Callable[[], Event]]]:
    """An evaluator, and what it delivers next."""
    events: Queue[Event] = Queue()
    made = Evaluator(events.put, preparation)
    try:
        yield made, lambda: events.get(timeout=WAIT)
    finally:
        made.close()
    made.after = events  # type: ignore[attr-defined]


def finished(following: Callable[[], Event]) -> Event:
    """The next event that is no report on the way."""
    while isinstance(event := following(), Report) and not event.finished:
        pass
    return event


def scaled(revision: int, **view: Any) -> Request:
    """A request for the pictures times its own revision."""
    document, id = add(Document(Source((picture(),))), "scale")
    return Request(revision, set_params(document, id, factor=float(revision)), View(layer=id, **view))


def raw() -> Array:
    return picture().pixels.transpose(2, 0, 1).astype(np.float32)


def test_a_request_is_answered_with_its_layers_and_its_maps() -> None:
    with running() as (made, following):
        made.request(scaled(3))
        reports = [following()]
        while not reports[-1].finished:
            reports.append(following())
    report = reports[-1]
    assert isinstance(report, Report)
    assert (report.revision, report.done, report.total) == (3, 1, 1)
    assert {id for each in reports for id in each.layers} == {"n1"}
    assert np.array_equal(report.maps[0].values, raw() * 3)


def test_of_the_requests_that_wait_only_the_newest_is_computed(held: Held) -> None:
    with running() as (made, following):
        made.request(scaled(1))
        assert held.began.get(timeout=WAIT) == 1
        for revision in (2, 3, 4):
            made.request(scaled(revision))
        held.go.set()
        reports = [finished(following), finished(following)]
    assert [report.revision for report in reports] == [1, 4]
    assert held.began.get_nowait() == 4
    assert held.began.empty()


def test_a_quick_request_is_finished_and_delivered_though_a_newer_one_waits(held: Held) -> None:
    with running() as (made, following):
        made.request(scaled(1))
        held.began.get(timeout=WAIT)
        made.request(scaled(2))
        held.go.set()
        first = finished(following)
        assert isinstance(first, Report)
        assert np.array_equal(first.maps[0].values, raw())
        assert finished(following).revision == 2


def test_a_slow_request_is_given_up_without_a_word_when_a_newer_one_waits(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluator, "PATIENCE", 0.0)
    with running() as (made, following):
        made.request(scaled(1))
        held.began.get(timeout=WAIT)
        made.request(scaled(2))
        assert held.began.get(timeout=WAIT) == 2  # the first ended though nobody let it go
        held.go.set()
        assert finished(following).revision == 2


def test_a_slow_request_goes_on_as_long_as_nothing_else_is_wanted(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluator, "PATIENCE", 0.0)
    with running() as (made, following):
        made.request(scaled(1))
        held.began.get(timeout=WAIT)
        held.go.set()
        assert isinstance(finished(following), Report)


def test_a_cancelled_request_says_that_it_stopped_and_the_next_one_runs(held: Held) -> None:
    with running() as (made, following):
        made.request(scaled(1))
        held.began.get(timeout=WAIT)
        made.cancel()
        assert finished(following) == Stopped(1)
        held.go.set()
        made.request(scaled(2))
        assert finished(following).revision == 2


def test_cancelling_forgets_the_request_that_waits(held: Held) -> None:
    with running() as (made, following):
        made.request(scaled(1))
        held.began.get(timeout=WAIT)
        made.request(scaled(2))
        made.cancel()
        assert finished(following) == Stopped(1)
        held.go.set()
        made.request(scaled(3))
        assert finished(following).revision == 3
    assert [held.began.get_nowait()] == [3]


def test_a_layer_that_was_computed_is_reported_before_the_slow_one_after_it(
    operations: dict[str, Op], held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluator, "STREAM", -1.0)
    document, _ = add(Document(Source((picture(),))), "prepare")
    document, _ = add(document, "scale")
    with running() as (made, following):
        made.request(Request(7, document, View(layer="n1")))
        early = following()
        assert isinstance(early, Report)
        assert (set(early.layers), early.done, early.total, early.finished) == ({"n1"}, 1, 2, False)
        held.go.set()
        assert set(following().layers) == {"n2"}
        assert finished(following).done == 2


def test_the_maps_that_are_looked_at_come_before_the_layers_behind_them_are_computed(held: Held) -> None:
    document, _ = add(Document(Source((picture(),))), "prepare")
    document, _ = add(document, "scale")
    with running() as (made, following):
        made.request(Request(7, document, View(layer="n1")))
        held.began.get(timeout=WAIT)
        early = following()
        assert isinstance(early, Report)
        assert (set(early.layers), early.finished) == ({"n1"}, False)
        held.go.set()
        last = finished(following)
        assert isinstance(last, Report)
        assert early.maps
        assert early.maps == last.maps, "the maps are made once"


@pytest.mark.parametrize("view", [{"content": "both"}, {"scope": "all"}], ids=["gradients", "one scale for all"])
def test_maps_that_need_the_layers_behind_them_wait_for_them(held: Held, view: dict[str, Any]) -> None:
    document, _ = add(Document(Source((picture(),))), "prepare")
    document, _ = add(document, "scale")
    held.go.set()
    with running() as (made, following):
        made.request(Request(7, document, View(layer="n1", **view)))
        reports = [following()]
        while not reports[-1].finished:
            reports.append(following())
    assert [bool(each.maps) for each in reports[:-1]] == [False] * (len(reports) - 1)
    assert reports[-1].maps


def test_a_defect_in_an_operation_is_delivered_and_the_thread_goes_on(operations: dict[str, Op]) -> None:
    def broken(*arguments: Any) -> Any:
        raise ZeroDivisionError("a defect")

    operations["mix"] = replace(operations["mix"], forward=broken)
    document, _ = add(Document(Source((picture(),))), "mix")
    with running() as (made, following):
        made.request(Request(5, document, View()))
        failed = finished(following)
        assert isinstance(failed, Failed)
        assert isinstance(failed.error, ZeroDivisionError)
        assert failed.revision == 5
        assert "a defect" in failed.details
        made.request(scaled(6))
        assert finished(following).revision == 6


def test_a_gradient_without_a_loss_is_refused_and_the_activations_are_shown() -> None:
    with running() as (made, following):
        made.request(scaled(2, content="both"))
        report = finished(following)
    assert isinstance(report, Report)
    assert isinstance(report.refusal, Refusal)
    assert [maps.gradient for maps in report.maps] == [False]


def test_a_loss_gives_activations_and_gradients() -> None:
    document, _ = add(Document(Source((picture(),))), "scale")
    document, _ = add(document, "square")
    with running() as (made, following):
        made.request(Request(1, document, View(layer="n1", content="both")))
        report = finished(following)
    assert isinstance(report, Report)
    assert report.refusal is None
    assert [maps.gradient for maps in report.maps] == [False, True]
    assert np.allclose(report.maps[1].values, report.maps[0].values)  # the gradient of half the squares


def test_an_output_that_is_gone_shows_the_source_and_an_unknown_port_the_first() -> None:
    document, _ = add(Document(Source((picture(),))), "square")
    assert shown_link(document, View(layer="n9", port="loss")) == Link("source", "x")
    assert shown_link(document, View(layer="source", port="white")) == Link("source", "white")
    assert shown_link(document, View(layer="n1", port="loss")) == Link("n1", "loss")
    assert shown_link(document, View(layer="n1", port="switches")) == Link("n1", "y")


class Work:
    """A job of numbered steps and what it said."""

    def __init__(self, steps: Iterator[tuple[int, int]]) -> None:
        self.told: list[tuple[int, int]] = []
        self.ends: Queue[BaseException | None] = Queue()
        self.job = Job(steps, lambda done, total: self.told.append((done, total)), self.ends.put)

    def end(self) -> BaseException | None:
        return self.ends.get(timeout=WAIT)


def test_jobs_run_one_after_the_other_to_their_ends() -> None:
    with running() as (made, _):
        works = [Work((done, 3) for done in (1, 2, 3)) for _ in range(2)]
        for work in works:
            made.submit(work.job)
        assert [work.end() for work in works] == [None, None]
    assert [work.told for work in works] == [[(1, 3), (2, 3), (3, 3)]] * 2


def test_a_request_goes_first_between_two_steps_of_a_job() -> None:
    order: list[object] = []

    def steps() -> Iterator[tuple[int, int]]:
        order.append("first step")
        made.request(scaled(2))
        yield 1, 2
        order.append(finished(following).revision)
        yield 2, 2

    with running() as (made, following):
        work = Work(steps())
        made.submit(work.job)
        assert work.end() is None
    assert order == ["first step", 2]


def test_a_job_can_be_cancelled_between_two_steps_and_cleans_up() -> None:
    cleaned = threading.Event()

    def steps() -> Iterator[tuple[int, int]]:
        try:
            work.job.cancel()
            yield 1, 2
            raise AssertionError("a step after the cancelling")
        finally:
            cleaned.set()

    with running() as (made, _):
        work = Work(steps())
        made.submit(work.job)
        assert isinstance(work.end(), Cancelled)
    assert cleaned.is_set()
    assert work.told == [(1, 2)]


def test_a_defect_in_a_job_ends_that_job_alone() -> None:
    def steps() -> Iterator[tuple[int, int]]:
        yield 1, 2
        raise OSError("no space left")

    with running() as (made, following):
        broken, whole = Work(steps()), Work(iter([(1, 1)]))
        made.submit(broken.job)
        made.submit(whole.job)
        assert isinstance(broken.end(), OSError)
        assert whole.end() is None
        made.request(scaled(2))
        assert finished(following).revision == 2


def test_closing_while_it_computes_stops_it_and_delivers_nothing_more(held: Held) -> None:
    with running() as (made, _):
        made.request(scaled(1))
        held.began.get(timeout=WAIT)
    assert not made._thread.is_alive()
    assert made.after.empty()  # type: ignore[attr-defined]


def test_closing_ends_the_jobs_that_wait_as_cancelled(held: Held) -> None:
    work = Work(iter([(1, 1)]))
    with running() as (made, _):
        made.request(scaled(1))
        held.began.get(timeout=WAIT)
        made.submit(work.job)
    assert isinstance(work.end(), Cancelled)
    assert work.told == []


class Slow(Preparation):
    """Has compiled nothing until it is let go, or is broken."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error
        self.asked: Queue[tuple[Part, ...]] = Queue()
        self.go = threading.Event()
        self.stopped = threading.Event()

    def has(self, parts: Sequence[Part]) -> bool:
        self.asked.put(tuple(parts))
        if self.error is not None:
            raise self.error
        return self.go.is_set() or self.stopped.is_set()

    def stop(self) -> None:
        self.stopped.set()


def test_closing_while_it_prepares_stops_the_preparation() -> None:
    preparation = Slow()
    with running(preparation) as (made, following):
        made.request(scaled(2))
        assert following() == Preparing(0, 1)
    assert preparation.stopped.is_set()
    assert not made._thread.is_alive()


def test_a_request_waits_until_what_it_needs_is_compiled() -> None:
    preparation = Slow()
    with running(preparation) as (made, following):
        made.request(scaled(2))
        assert preparation.asked.get(timeout=WAIT) == ((COLOURS, "float32"),)
        assert following() == Preparing(0, 1)
        preparation.go.set()
        assert finished(following).revision == 2


@pytest.mark.parametrize(
    ("view", "also"),
    [
        ({}, set()),
        ({"content": "gradients"}, {("scale gradient", "float32")}),
        ({"content": "both"}, {("scale gradient", "float32")}),
        ({"port": "switches"}, {(COLOURS, PLACES)}),
    ],
    ids=["maps", "gradients", "both", "places"],
)
def test_a_request_waits_for_the_way_back_and_for_places_only_where_they_are_looked_at(
    operations: dict[str, Op], monkeypatch: pytest.MonkeyPatch, view: dict[str, str], also: set[Part]
) -> None:
    monkeypatch.setattr(warm_up, "operations", lambda: operations)
    preparation = Slow()
    with running(preparation) as (made, _):
        made.request(scaled(1, **view))
        assert set(preparation.asked.get(timeout=WAIT)) == {(COLOURS, "float32"), ("scale", "float32")} | also


def test_a_newer_request_takes_over_while_kernels_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluator, "PATIENCE", 0.0)
    preparation = Slow()
    with running(preparation) as (made, following):
        made.request(scaled(1))
        assert following() == Preparing(0, 1)
        made.request(scaled(2))
        preparation.go.set()
        while not (isinstance(event := following(), Report) and event.finished):
            pass
        assert event.revision == 2


def test_a_job_waits_for_its_kernels_and_lets_requests_go_first() -> None:
    preparation = Slow()
    work = Work(iter([(1, 1)]))
    needs = (("conv", "float32"),)
    job = replace(work.job, needs=lambda: needs)
    with running(preparation) as (made, _):
        made.submit(job)
        assert preparation.asked.get(timeout=WAIT) == needs
        assert work.told == []
        preparation.go.set()
        assert work.end() is None


def test_a_preparation_that_fails_is_told_and_requests_are_answered_all_the_same() -> None:
    with running(Slow(OSError("no compiler"))) as (made, following):
        made.request(scaled(2))
        failed = following()
        assert isinstance(failed, Failed)
        assert isinstance(failed.error, OSError)
        assert finished(following).revision == 2
