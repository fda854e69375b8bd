"""Kernels are compiled in processes of their own, what a document needs first."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from small_pipeline import small_pipeline

from explorer.model import editing, preparing
from explorer.model.preparing import Preparation
from explorer.ops import operations, warm_up
from explorer.ops.op import Cancelled, no_tick

ECHO = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"
"""Compiles nothing, and says of each wish that it is done."""
DEAF = "import sys; sys.stdin.read()"
BROKEN = "raise SystemExit(1)"
WAIT = 60


@pytest.fixture(autouse=True)
def nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "ready", lambda: False)


@contextmanager
def running(program: str, processes: int = 1) -> Iterator[Preparation]:
    made = Preparation((sys.executable, "-c", program), processes)
    try:
        yield made
    finally:
        made.stop()


def test_what_is_waited_for_is_asked_for_and_told_as_it_is_done() -> None:
    told: list[tuple[int, int]] = []
    with running(ECHO) as made:
        made.wait((("conv", "float32"), ("relu", "float32")), lambda *counts: told.append(counts), no_tick)
        assert made.has((("relu", "float32"),))
        assert not made.has((("relu", "float64"),))
    assert told[0][1] == 2
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_waiting_can_be_given_up() -> None:
    def tick() -> None:
        raise Cancelled

    with running(DEAF) as made, pytest.raises(Cancelled):
        made.wait((("conv", "float32"),), lambda *counts: None, tick)


def test_nothing_is_waited_for_where_the_process_ends_or_is_stopped() -> None:
    with running(BROKEN) as made:
        made.wait((("conv", "float32"),), lambda *counts: None, no_tick)
    made.wait((("relu", "float32"),), lambda *counts: None, no_tick)


def test_all_operations_are_compiled_with_their_gradients_and_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[warm_up.Part] = []
    told: list[warm_up.Part] = []
    monkeypatch.setattr(warm_up, "run", ran.append)
    monkeypatch.setattr(warm_up, "mark_complete", lambda: ran.append(("complete", "")))
    warm_up.warm_up(told.append)
    ways = [(name, dtype) for dtype in ("float32", "float64") for name in (*operations(), "methods")]
    back = [(f"{name} gradient", dtype) for name, dtype in ways]
    colours = [("colours", dtype) for dtype in ("float32", "float64", "int32")]
    assert sorted(told) == sorted(ways + back + colours)
    assert ran == [*told, ("complete", "")]


SOME = tuple((name, "float32") for name in ("conv", "relu", "conv gradient", "relu gradient"))


@pytest.fixture
def completed(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when the cache is said to be complete; there are few parts."""
    marked = threading.Event()
    monkeypatch.setattr(preparing, "parts", lambda: SOME)
    monkeypatch.setattr(preparing, "mark_complete", marked.set)
    return marked


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_what_is_left_is_compiled_too_and_then_the_cache_is_complete(
    completed: threading.Event, processes: int
) -> None:
    with running(ECHO, processes) as made:
        assert not made.has((SOME[-1],))
        assert completed.wait(WAIT)
        assert all(made.has((part,)) for part in SOME)


def test_a_cache_is_not_complete_where_a_process_ends_before_its_work(completed: threading.Event) -> None:
    ends_after_two = "import sys\nfor line in (sys.stdin.readline() for _ in 'ab'): print(line, end='', flush=True)"
    with running(ends_after_two) as made:
        made.wait(SOME, lambda *counts: None, no_tick)
        for driver in made._drivers:
            driver.join(WAIT)
    assert not completed.is_set()


def test_what_is_waited_for_is_shared_by_all_processes(completed: threading.Event) -> None:
    """Each holds its first part until it is let go."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        holding = (
            "import socket, sys\n"
            "for number, line in enumerate(sys.stdin):\n"
            f"    if not number: socket.create_connection({server.getsockname()!r}).recv(1)\n"
            "    print(line, end='', flush=True)\n"
        )
        server.settimeout(WAIT)
        with running(holding, 3) as made:
            assert not made.has(SOME[:3])
            held = [server.accept()[0] for _ in range(3)]
            assert not any(made.has((part,)) for part in SOME[:3])
            for each in held:
                each.close()
            made.wait(SOME[:3], lambda *counts: None, no_tick)


def test_a_document_needs_its_operations_and_the_colours_of_its_maps() -> None:
    assert warm_up.parts_of(["conv", "relu", "conv", "of a newer program"], "float64") == (
        ("colours", "float64"),
        ("conv", "float64"),
        ("relu", "float64"),
    )
    assert warm_up.parts_of(["conv", "methods"], "float64", gradients=True) == (
        ("colours", "float64"),
        ("conv", "float64"),
        ("methods", "float64"),
        ("conv gradient", "float64"),
        ("methods gradient", "float64"),
    )


def test_gradients_and_places_are_waited_for_by_those_who_look_at_them() -> None:
    shown = small_pipeline(operations=("input", "max_pool"))
    seen = preparing.needed(shown, "float32")
    with_gradients = preparing.needed(shown, "float32", gradients=True)
    assert set(with_gradients) - set(seen) == {("input gradient", "float32"), ("max_pool gradient", "float32")}
    assert preparing.needed(shown, "float32", places=True) == (*seen, ("colours", "int32"))


def test_a_document_waits_for_fast_methods_where_a_layer_goes_by_one() -> None:
    plain = small_pipeline(operations=("input", "conv"))
    needed = preparing.needed(plain, "float32")
    assert ("methods", "float32") not in needed
    quick = editing.set_params(plain, plain.nodes[-1].id, method="auto")
    assert preparing.needed(quick, "float32") == (*needed, ("methods", "float32"))


@pytest.mark.parametrize("dtype", warm_up.FORMATS)
def test_every_sample_belongs_to_one_part_and_its_gradient_to_another(
    monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    ran: list[str] = []
    back: list[str] = []
    op = operations()["conv"]
    samples = op.samples(np.random.default_rng(0))

    def forward(xs: Any, weights: Any, params: Any, tick: Any) -> Any:
        ran.append(str(params))
        ys, saved = op.forward(xs, weights, params, tick)
        return ys, (params, saved)

    def backward(gys: Any, saved: Any, tick: Any) -> Any:
        back.append(str(saved[0]))
        return op.backward(gys, saved[1], tick)

    counted = replace(op, samples=lambda rng: samples, forward=forward, backward=backward)
    monkeypatch.setattr(warm_up, "operations", lambda: {"conv": counted})
    every = sorted(str(sample.params) for sample in samples)
    warm_up.run(("conv", dtype))
    warm_up.run(("methods", dtype))
    assert sorted(ran) == every
    assert not back
    warm_up.run(("conv gradient", dtype))
    warm_up.run(("methods gradient", dtype))
    assert sorted(back) == every
