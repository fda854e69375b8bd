"""Whatever goes wrong is written down once, with what led to it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.model import log as log_module
from explorer.model.log import ACTIONS, Log

ROOT = Path(__file__).parent.parent


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path, "1.2.3", seed=42)
    yield made
    made.close()


def text(log: Log) -> str:
    assert log.path is not None
    return log.path.read_text("utf-8")


def fault(what: str = "out of paint") -> BaseException:
    try:
        raise RuntimeError(what)
    except RuntimeError as error:
        return error


def test_a_report_holds_version_seed_place_traceback_and_the_last_50_actions(log: Log) -> None:
    for number in range(ACTIONS + 5):
        log.action(f"moved the slider to {number}.")
    report = log.report(fault(), "the stage")
    assert "Kernelscope 1.2.3" in report
    assert "seed 42" in report
    assert "in the stage" in report
    assert "RuntimeError: out of paint" in report
    assert "test_log.py" in report
    assert "slider to 4." not in report
    assert "slider to 5." in report
    assert f"slider to {ACTIONS + 4}." in report
    assert report in text(log)


def test_an_action_is_in_the_file_before_a_crash_can_come(log: Log) -> None:
    log.action("opened\na picture")
    assert "action: opened\\na picture" in text(log)


def test_a_fault_in_every_frame_fills_the_log_with_one_line_each(log: Log) -> None:
    for _ in range(20):
        log.report(fault())
    assert text(log).count("Traceback") == 1
    assert text(log).count("again: ") == 19


def test_a_fault_that_nobody_caught_is_told_of_once(log: Log) -> None:
    told: list[str] = []
    log.install(told.append)
    for _ in range(3):
        error = fault()
        sys.excepthook(type(error), error, error.__traceback__)
    assert len(told) == 1
    assert "the main thread" in told[0]


def test_a_fault_in_a_thread_is_told_of_with_the_name_of_the_thread(log: Log) -> None:
    told: list[str] = []
    log.install(told.append)

    def work() -> None:
        raise RuntimeError("in the background")

    thread = threading.Thread(target=work, name="painter")
    thread.start()
    thread.join()
    assert "thread painter" in told[0]
    assert "in the background" in told[0]


def test_a_fault_while_cleaning_up_is_told_of(log: Log) -> None:
    told: list[str] = []
    log.install(told.append)

    class Bad:
        def __del__(self) -> None:
            raise RuntimeError("too late")

    bad = Bad()
    del bad
    assert "too late" in told[0]


def test_a_dialog_that_fails_itself_ends_nothing(log: Log) -> None:
    def tell(report: str) -> None:
        raise RuntimeError("no dialog")

    log.install(tell)
    error = fault()
    sys.excepthook(type(error), error, error.__traceback__)
    assert "no dialog" in text(log)


def test_the_hooks_are_given_back(tmp_path: Path) -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    log = Log(tmp_path, "1")
    log.install()
    assert sys.excepthook != before[0]
    log.close()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
    log.close()


def test_old_logs_are_kept_to_a_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "LARGEST_BYTES", 2_000)
    log = Log(tmp_path, "1")
    for number in range(400):
        log.action(f"step {number}")
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [each.name for each in files] == ["kernelscope.log", *(f"kernelscope.log.{n}" for n in (1, 2, 3))]
    assert all(each.stat().st_size <= 2_000 for each in files)


def test_a_folder_that_cannot_be_written_to_costs_the_file_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "missing", None):
        log = Log(folder, "1")
        assert log.path is None
        log.action("opened")
        assert "opened" in log.report(fault())
        log.close()


CRASHING = """
import ctypes, sys
from pathlib import Path
from explorer.model import log
log.LARGEST_BYTES = 3_000
kept = log.Log(Path(sys.argv[1]), "1")
kept.install()
for number in range(100):
    kept.action(f"step {number}")
ctypes.string_at(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the signal is one of POSIX")
def test_a_crash_of_the_interpreter_is_in_the_log_behind_the_last_actions(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", CRASHING, str(tmp_path)], cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode < 0
    written = (tmp_path / "kernelscope.log").read_text("utf-8")
    assert written.index("step 99") < written.index("Fatal Python error: Segmentation fault")
