"""What "auto" goes by: crossovers that are measured on this machine, once a person asks for it, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from windows import Driver, driven, wait

from explorer.model import calibration
from explorer.model.calibration import Calibration, keep, kept, machine
from explorer.model.laboratory import calibrating
from explorer.model.laboratory.calibrating import Case, Faster, calibrated, measured
from explorer.model.laboratory.steps import Steps, finished
from explorer.model.log import Log
from explorer.model.methods import Way, chosen_by_auto
from explorer.ops import operations
from explorer.ops.convolution_method import NEVER, crossovers, use_crossovers
from explorer.ops.op import Cancelled
from explorer.refusal import Refusal
from kernels.convolution_methods import USUAL, Crossovers, chosen, outputs_of_tile

CONV = operations()["conv"]
HERE = Calibration(Crossovers(channels=1, products=4, bulk=4, large=16)._asdict(), "2026-02-03")


@pytest.fixture(autouse=True)
def _usual_crossovers() -> Iterator[None]:
    yield
    use_crossovers({})


def by(quicker: Any, seen: list[Case] | None = None) -> Faster:
    """A machine on which the first way is quicker where `quicker` says so."""

    def faster(case: Case) -> Steps[bool]:
        if seen is not None:
            seen.append(case)
        yield 1, 1
        return bool(quicker(case))

    return faster


def a_machine(case: Case) -> bool:
    """F(4×4) pays from 144 pairs with at least 6 of each on, and from 24 rows on; F(2×2) from 10 on; FFT from 21²."""
    if case.way[0] == "columns":
        return case.channels >= 6 and case.extent >= 48
    if case.way[0] == "fft":
        return case.taps >= (21 if case.channels == 1 else 13)
    if case.way[1] == 2:
        return case.extent >= 10
    enough = min(case.channels, case.filters) >= 6 and case.channels * case.filters >= 144
    return enough and case.extent >= 24


# Finding --------------------------------------------------------------------------------------------------------------


def test_the_crossovers_of_a_machine_are_found() -> None:
    assert finished(calibrated(by(a_machine))) == Crossovers(6, 144, 32 * 10, 24, 21 * 21, 13 * 13, 18, 48)


def test_what_is_quicker_nowhere_is_never_taken() -> None:
    found = finished(calibrated(by(lambda case: False)))
    assert set(found) == {NEVER}
    shapes = (1, 64, 512, 512), (64, 64, 3, 3), (1, 64, 512, 512)
    assert chosen(*shapes, (1, 1), (1, 1), found) == "direct"
    assert chosen((1, 1, 99, 99), (1, 1, 99, 99), (1, 1, 99, 99), (1, 1), (1, 1), found) == "direct"


def test_what_is_quicker_everywhere_is_taken_from_the_least_size_on() -> None:
    found = finished(calibrated(by(lambda case: True)))
    assert found == Crossovers(2, 4, 32 * 4, 4, 25, 25, 3, 8)


def test_a_size_at_which_it_is_quicker_below_one_at_which_it_is_not_does_not_count() -> None:
    found = finished(calibrated(by(lambda case: case.channels != 12 or case.way[0] != "winograd")))
    assert found.channels == found.products**0.5 == 16


def test_small_tiles_need_not_pay_where_large_ones_do() -> None:
    found = finished(calibrated(by(lambda case: case.way != ("winograd", 2))))
    assert (found.bulk, found.large) == (32 * 4, 4)


def test_the_search_is_short_and_its_progress_goes_up() -> None:
    seen: list[Case] = []
    steps = [done / total for done, total in calibrated(by(lambda case: True, seen))]
    assert steps == sorted(steps)
    assert 0 <= steps[0] < steps[-1] < 1
    assert len(seen) < 85
    work = max(each.channels * each.filters * each.extent**2 * each.taps**2 for each in seen)
    assert work < 2**29


@pytest.mark.parametrize(("seconds", "quicker"), [(0.9, True), (1.1, False), (3.0, False)])
def test_the_clock_says_which_is_quicker(monkeypatch: pytest.MonkeyPatch, seconds: float, quicker: bool) -> None:
    now = [0.0]

    def convolve_by(method: str, *_: object) -> None:
        now[0] += seconds if method == "fft" else 1

    monkeypatch.setattr(calibrating, "convolve_by", convolve_by)
    assert finished(measured(clock=lambda: now[0])(Case(1, 1, 8, 3, ("fft", 0)))) is quicker


def test_measuring_is_given_up_at_a_tick() -> None:
    def tick() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        finished(measured(tick)(Case(1, 1, 8, 3, ("winograd", 4))))


def test_auto_goes_by_the_crossovers_in_force() -> None:
    params = CONV.Params(filters=8, method="auto")
    shapes = ((1, 8, 40, 40),)
    assert crossovers() == USUAL
    assert chosen_by_auto(CONV, shapes, params) == Way("direct")
    use_crossovers({"channels": 8, "products": 64, "bulk": 320, "large": 40})
    assert chosen_by_auto(CONV, shapes, params) == Way("winograd", 4)
    use_crossovers({"channels": 8, "products": 64, "bulk": 320, "large": 50})
    assert chosen_by_auto(CONV, shapes, params) == Way("winograd", 2)
    assert outputs_of_tile((1, 8, 40, 40), crossovers()) == 2
    x = np.random.default_rng(0).standard_normal(shapes[0]).astype(np.float32)
    drawn = CONV.init(shapes, params, np.random.default_rng(0))
    weights = {name: each.astype(np.float32) for name, each in drawn.items()}
    automatic, small = (
        CONV.forward((x,), weights, CONV.Params(filters=8, **given), lambda: None)[0][0]
        for given in ({"method": "auto"}, {"method": "winograd", "tile": 2})
    )
    assert np.array_equal(automatic, small)
    use_crossovers({})
    assert crossovers() == USUAL


# Keeping --------------------------------------------------------------------------------------------------------------


def test_a_calibration_is_kept_by_machine(tmp_path: Path) -> None:
    assert kept(tmp_path, machine()) is None
    keep(tmp_path, machine(), HERE)
    keep(tmp_path, "another processor", Calibration(USUAL._asdict(), "2025-12-31"))
    assert kept(tmp_path, machine()) == HERE
    again = Calibration(dict(HERE.crossovers) | {"large": NEVER}, "2026-02-04")
    keep(tmp_path, machine(), again)
    assert kept(tmp_path, machine()) == again
    other = kept(tmp_path, "another processor")
    assert other is not None
    assert other.measured == "2025-12-31"
    assert kept(tmp_path, "a third one") is None


def test_the_key_names_processor_threads_and_version() -> None:
    from explorer import __version__
    from kernels._jit import threads

    assert f"{threads()} threads" in machine()
    assert __version__ in machine()
    assert len(machine()) > len(f" · {threads()} threads · {__version__}")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"machines": {"HERE": {"measured": "yesterday", "crossovers": {}}}}',
        b'{"machines": {"HERE": {"measured": "2026-01-01", "crossovers": {"channels": 8}}}}',
        b'{"machines": 3}',
        b" " * 70_000,
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_replaced_by_the_next_one(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "calibration.json").write_bytes(text)
    with pytest.raises(Refusal, match=r"calibration\.json"):
        kept(tmp_path, machine())
    keep(tmp_path, machine(), HERE)
    assert kept(tmp_path, machine()) == HERE


@pytest.mark.parametrize("value", [0, -1, NEVER + 1, 2.5, "8"])
def test_a_crossover_out_of_its_range_is_no_crossover(tmp_path: Path, value: Any) -> None:
    import json

    keep(tmp_path, machine(), HERE)
    path = tmp_path / "calibration.json"
    plain = json.loads(path.read_text())
    plain["machines"][machine()]["crossovers"]["large"] = value
    path.write_text(json.dumps(plain))
    with pytest.raises(Refusal, match="large"):
        kept(tmp_path, machine())


def test_what_was_measured_before_there_was_a_method_still_holds_for_the_others(tmp_path: Path) -> None:
    sizes = {name: size for name, size in HERE.crossovers.items() if name not in ("rows", "field")}
    keep(tmp_path, machine(), Calibration(sizes, "2026-02-03"))
    found = kept(tmp_path, machine())
    assert found == Calibration(sizes, "2026-02-03")
    use_crossovers(found.crossovers)
    assert (crossovers().rows, crossovers().channels) == (USUAL.rows, 1)


def test_methods_are_compared_with_what_would_be_taken_in_their_place() -> None:
    seen: list[Case] = []
    finished(calibrated(by(lambda case: case.way[0] != "columns" or case.channels >= 4, seen)))
    against = {case.against[0] for case in seen if case.way == ("winograd", 4) and case.channels < 4}
    assert against == {"direct"}
    against = {case.against for case in seen if case.way == ("winograd", 4) and case.channels >= 8 <= case.extent}
    assert against == {("columns", 0), ("winograd", 2)}


def test_a_folder_that_cannot_be_written_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="calibration"):
        keep(tmp_path / "is not there", machine(), HERE)
    assert list(tmp_path.iterdir()) == []


# In the window --------------------------------------------------------------------------------------------------------


def calibrate(driver: Driver, monkeypatch: pytest.MonkeyPatch, quicker: Any) -> None:
    """Measure a machine on which the first way is quicker where `quicker` says so, by the menu."""
    monkeypatch.setattr(calibrating, "measured", lambda tick: by(quicker))
    driver.act("calibrate")
    wait(lambda: not driver.assembly.calibrating.running, "the machine is not measured")
    driver.settle()


def details(driver: Driver) -> str:
    """What the panel says of "auto"."""
    driver.window.docks["methods"].raise_()
    wait(lambda: driver.panels.methods.looked_at)
    table = driver.panels.methods.table
    wait(lambda: table.rowCount() > 0)
    table.setCurrentCell(table.rowCount() - 1, 0)
    return driver.panels.methods._details.text()


def test_a_machine_is_measured_when_asked_and_known_at_the_next_start(
    qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with driven(data=tmp_path) as driver:
        assert "as the program comes" in details(driver)
        assert driver.child("methods.calibrate").isVisible()
        driver.explore.look(layer=driver.node("input").id, port="")
        driver.explore.set_param("mode", "rgb", False)
        driver.look("conv")
        driver.explore.set_param("method", "auto", False)
        driver.settle()
        report = driver.explore.report
        assert report is not None
        before = report.maps[0].values.copy()
        calibrate(driver, monkeypatch, lambda case: case.way[0] == "columns")
        assert crossovers() == Crossovers(NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, 3, 8)
        assert "on this machine" in driver.told
        assert "F(m × 1) from 3 rows of taps on; measured 2" in details(driver)
        again = driver.explore.report
        assert again is not None
        made = again.maps[0].values
        assert_allclose(made, before, rtol=0, atol=1e-4)
        assert (made != before).any(), "the layers are computed anew, and this one by another method"
    use_crossovers({})
    with driven(data=tmp_path) as driver:
        assert crossovers().rows == 3
        assert "measured 2" in details(driver)
    with driven() as driver:
        assert crossovers() == USUAL
        assert "as the program comes" in details(driver)


def test_what_cannot_be_read_is_noted_in_the_log_and_the_program_goes_on(qapp: object, tmp_path: Path) -> None:
    (tmp_path / "calibration.json").write_text("{")
    log = Log(tmp_path, "test")
    try:
        with driven(data=tmp_path, log=log) as driver:
            assert crossovers() == USUAL
            assert "as the program comes" in details(driver)
    finally:
        log.close()
    assert "What was measured on this machine cannot be read" in (tmp_path / "kernelscope.log").read_text("utf-8")
    assert (tmp_path / "calibration.json").read_text() == "{"


def test_measuring_the_machine_can_be_cancelled_and_leaves_what_was_in_force(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(case: Case) -> Steps[bool]:
        while True:
            yield 1, 2

    monkeypatch.setattr(calibrating, "measured", lambda tick: endless)
    driver.act("calibrate")
    assert driver.assembly.calibrating.running
    driver.act("cancel")
    assert not driver.assembly.calibrating.running
    driver.settle()
    assert crossovers() == USUAL


def test_a_folder_that_is_full_is_told_and_the_crossovers_hold_for_now(
    qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise Refusal("The disk is full.")

    with driven(data=tmp_path) as driver:
        monkeypatch.setattr("explorer.ui.methods.calibrating.keep", full)
        calibrate(driver, monkeypatch, a_machine)
        assert driver.refused == "The disk is full."
        assert crossovers().channels == 6
    assert calibration.kept(tmp_path, machine()) is None
