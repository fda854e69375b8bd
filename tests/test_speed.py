"""The speed of the kernels on this machine: what is measured, on the command line and in the dialog of the window."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from shiboken6 import isValid
from windows import Driver, wait

from explorer import cli
from explorer.cli import bench as command
from explorer.model.laboratory import machine, peers
from explorer.model.laboratory.machine import Bench, Result, Work, as_json, benched, processor, works
from explorer.model.laboratory.peaks import Loads, Peaks, peaks
from explorer.model.laboratory.steps import finished
from explorer.ops.op import Cancelled
from explorer.refusal import message
from explorer.ui.dialogs.speed import SpeedDialog, told

SMALL = partial(Loads, 1, 64)


def quick(*, with_peers: bool = False) -> partial[machine.Steps[Bench]]:
    """All works, small and in few rounds."""
    return partial(benched, lambda: works(peers=with_peers, scale=16), seconds=0.0, made=SMALL)


def test_the_peaks_are_rates_of_what_a_call_takes() -> None:
    loads = Loads(3, 256)
    progress: list[tuple[int, int]] = []
    found = finished(peaks(loads, 2), progress=lambda *counts: progress.append(counts))
    assert Loads(6, 256).flop == 2 * loads.flop
    assert loads.bytes == 256 * 12
    assert found.gflops > 0
    assert found.gigabytes > 0
    assert progress == [(count, 6) for count in range(1, 7)]


def test_the_triad_adds_every_number() -> None:
    from explorer.model.laboratory.peaks import _triad

    a, b, c = np.zeros(64, np.float32), np.arange(64, dtype=np.float32), np.ones(64, np.float32)
    _triad(a, b, c, np.float32(0.5), 2)
    assert np.array_equal(a, b + 0.5)


def test_every_work_has_its_time_its_rate_and_its_share() -> None:
    told_: list[Peaks | Result] = []
    made = works(peers=False, scale=16)
    found = finished(quick()(found=told_.append))
    assert [each.key for each in found.results] == [each.key for each in made]
    assert told_ == [found.peaks, *found.results]
    for each, work in zip(found.results, made, strict=True):
        assert each.rate == pytest.approx(work.amount / each.seconds / 1e9)
        assert each.quartiles[0] <= each.seconds <= each.quartiles[1]
        assert each.share > 0
        assert each.peers == ()
    assert {each.unit for each in found.results} == {"GFLOP/s", "GB/s"}


def test_the_share_is_that_of_the_peak_in_the_same_rounds() -> None:
    class Same:
        flop, bytes, threads = 8.0, 4.0, 1
        multiply_add = triad = staticmethod(lambda: sum(range(20_000)))

    work = Work("half", message("Half"), "1", "GFLOP/s", 4.0, Same.multiply_add)
    (found,) = finished(benched(lambda: (work,), seconds=0.02, made=Same)).results  # type: ignore[arg-type]
    assert found.share == pytest.approx(0.5, rel=0.5)


@pytest.mark.parametrize(("key", "amount"), [("direct", 2 * 16 * 3 * 32 * 32 * 9), ("softmax", 2 * 4 * 21 * 32 * 32)])
def test_the_amounts_are_those_of_the_definition(key: str, amount: float) -> None:
    assert next(each.amount for each in works(peers=False, scale=16) if each.key == key) == amount


def test_peers_give_the_same_numbers() -> None:
    compared = 0
    for each in works(scale=16):
        ours = np.asarray(each.run()[0][0])  # type: ignore[index]
        for name, run in each.peers.items():
            if name == "onnxruntime":
                compared += 1
                assert np.asarray(run()[0]) == pytest.approx(ours, abs=2e-3), each.key  # type: ignore[index]
    assert compared == 6


def test_without_libraries_there_are_no_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "library", lambda name: None)
    assert all(each.peers == {} for each in works(scale=16))


def test_a_folder_with_the_name_of_a_library_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cv2").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cv2", raising=False)
    peers.library.cache_clear()
    assert peers.library("cv2") is None
    peers.library.cache_clear()
    monkeypatch.delitem(sys.modules, "cv2", raising=False)


def test_peers_are_ratios_with_quartiles() -> None:
    found = finished(quick(with_peers=True)())
    peer = found.results[0].peers[0]
    assert peer.name == "onnxruntime"
    assert peer.quartiles[0] <= peer.ratio <= peer.quartiles[1]
    data = json.loads(json.dumps(as_json(found), allow_nan=False))
    assert data["works"][0]["peers"]["onnxruntime"]["ratio"] == peer.ratio
    assert data["peak"]["GFLOP/s"] == found.peaks.gflops
    assert data["processor"] == processor() != ""


def test_bench_prints_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "benched", quick())
    assert cli.main(["bench"]) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    assert "Peak: " in output
    assert output.count(" GFLOP/s ") == 5
    assert output.count(" GB/s ") == 3
    assert "Convolution, F(4×4), 1×64×7×7 → 64, 3×3" in output


def test_bench_prints_one_json_object(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "benched", quick())
    assert cli.main(["bench", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert len(data["works"]) == 7
    assert {"name", "shape", "milliseconds", "quartiles", "share of peak", "peers"} <= set(data["works"][0])


def test_bench_that_fails_part_way_ends_with_1_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**named: object) -> Iterator[tuple[int, int]]:
        yield 0, 1
        raise OSError("no counter")

    monkeypatch.setattr(command, "benched", broken)
    assert cli.main(["bench"]) == 1
    assert "no counter" in capsys.readouterr().err
    assert cli.main(["bench", "--jsn"]) == 2


# The dialog -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def measuring(driver: Driver) -> Iterator[Callable[..., SpeedDialog]]:
    opened: list[SpeedDialog] = []

    def begin(work: Callable[..., object]) -> SpeedDialog:
        dialog = SpeedDialog(driver.assembly.evaluator, driver.window, work)  # type: ignore[arg-type]
        opened.append(dialog)
        dialog.show()
        return dialog

    yield begin
    for each in opened:
        if isValid(each):
            each.close()


def test_the_dialog_measures_and_draws_a_bar_for_each_work(measuring: Callable[..., SpeedDialog]) -> None:
    dialog = measuring(lambda hand, tick: quick()(found=hand))
    wait(lambda: not dialog.busy, "it does not end")
    results = dialog.bars.results
    assert len(results) == 7
    assert "GFLOP/s in float32 on" in dialog._about.text()
    assert dialog.bars.accessibleDescription().splitlines() == [told(each) for each in results]
    assert dialog.progress.button.text() == "Measure again"
    QTest.mouseClick(dialog.findChild(QPushButton, "speed.copy"), Qt.MouseButton.LeftButton)
    rows = QGuiApplication.clipboard().text().splitlines()
    assert len(rows) == 8
    assert float(rows[1].split("\t")[2]) == results[0].seconds


def test_measuring_can_be_stopped_and_begun_anew(measuring: Callable[..., SpeedDialog]) -> None:
    def endless(hand: Callable[[object], None], tick: Callable[[], None]) -> Iterator[tuple[int, int]]:
        while True:
            tick()
            yield 1, 2

    dialog = measuring(endless)
    assert dialog.busy
    QTest.mouseClick(dialog.progress.button, Qt.MouseButton.LeftButton)
    assert not dialog.busy
    assert dialog.progress.button.text() == "Measure again"
    QTest.mouseClick(dialog.progress.button, Qt.MouseButton.LeftButton)
    assert dialog.busy
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.busy


def test_the_works_stop_within_a_call() -> None:
    def tick() -> None:
        raise Cancelled

    for each in works(tick, peers=False, scale=16)[:4]:
        with pytest.raises(Cancelled):
            each.run()


def test_help_opens_the_dialog(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    from explorer.ui.dialogs import speed

    opened: list[object] = []
    monkeypatch.setattr(speed.SpeedDialog, "begin", lambda self: opened.append(self))
    driver.act("speed")
    assert len(opened) == 1
    opened[0].close()  # type: ignore[attr-defined]
