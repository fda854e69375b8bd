"""What goes wrong costs nobody their work: bad files are refused by name, and crashes and faults are survived."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import picture_files
import pytest
from PySide6.QtWidgets import QApplication
from windows import Driver, driven, small_document, wait, with_operation

from explorer.model.exporting import Wanted
from explorer.model.log import Log
from explorer.model.recovery import recoverable
from explorer.model.session import SESSION_MEMBER, Session, save
from explorer.ops import operations
from explorer.ui.assembly import AUTOSAVE
from explorer.ui.dialogs.error_dialog import ErrorDialog
from explorer.ui.exporting.export_data import DataWanted

ROOT = Path(__file__).parent.parent


# Bad files -------------------------------------------------------------------------------------------------------


def _truncated(path: Path) -> None:
    whole = picture_files.png(picture_files.values(3))
    path.write_bytes(whole[: len(whole) // 2])


def _pickled(path: Path) -> None:
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)


def _changed_session(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    save(Session(small_document()), path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def _naming_outside(path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        plain = json.loads(members[SESSION_MEMBER])
        text = json.dumps(plain)
        (member,) = (name for name in members if name.startswith("pictures/"))
        members[SESSION_MEMBER] = text.replace(member, "../../outside.npy").encode()

    _changed_session(path, change)


def _cut_json(path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members[SESSION_MEMBER] = members[SESSION_MEMBER][:-40]

    _changed_session(path, change)


BAD = {
    "truncated.png": _truncated,
    "letter.txt": lambda path: path.write_text("dear reader"),
    "named.png": lambda path: path.write_text("this is no picture"),
    "empty.jpg": lambda path: path.write_bytes(b""),
    "pickled.npy": _pickled,
    "pickle.npy": lambda path: path.write_bytes(pickle.dumps({"a": 1})),
    "missing.png": lambda path: None,
    "outside.kscope": _naming_outside,
    "cut.kscope": _cut_json,
    "text.kscope": lambda path: path.write_text("{}"),
    "missing.kscope": lambda path: None,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_by_its_name_and_everything_stays(driver: Driver, tmp_path: Path, name: str) -> None:
    driver.explore.set_param("filters", 5, False)
    driver.settle()
    driver.pin(2, 5, 5)
    before, view, pin = driver.document, driver.explore.view, driver.explore.pointer.pin
    BAD[name](tmp_path / name)
    driver.drop(tmp_path / name)
    driver.settle()
    assert name in driver.refused
    assert driver.document is before
    assert driver.explore.view == view
    assert driver.explore.pointer.pin == pin
    assert driver.desk.path is None
    driver.act("undo")
    assert driver.node("conv").params.filters == 8


def test_good_files_are_opened_beside_a_bad_one_that_is_named(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(picture_files.png(picture_files.values(3)))
    (tmp_path / "2.png").write_bytes(b"broken")
    driver.drop(tmp_path)
    driver.settle()
    assert [picture.name for picture in driver.document.source.pictures] == ["1.png"]
    assert "2.png" in driver.refused


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused_by_its_name(driver: Driver, tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(picture_files.png(picture_files.values(3)))
    path.chmod(0)
    driver.drop(path)
    driver.settle()
    assert "secret.png" in driver.refused


# Crashes ---------------------------------------------------------------------------------------------------------


def run(script: str, *arguments: object, expected: int = 0, environment: Mapping[str, str] | None = None) -> str:
    """What a program of its own prints."""
    ended = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT / "tests", env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode == expected, ended.stderr
    return ended.stdout


KILLED = """
import os, signal, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from windows import Driver
application = QApplication([])
driver = Driver(state=Path(sys.argv[1]))
driver.begin()
driver.explore.set_param("filters", 6, False)
driver.settle()
driver.pin(4, 8, 9)
assert driver.assembly.autosave.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL")
def test_a_program_that_was_killed_gives_everything_back_at_the_next_start(qapp: QApplication, tmp_path: Path) -> None:
    run(KILLED, tmp_path, expected=-signal.SIGKILL)
    assert len(recoverable(tmp_path / AUTOSAVE)) == 1
    with driven(state=tmp_path) as driver:
        driver.assembly.recover()
        driver.settle()
        assert driver.node("conv").params.filters == 6
        assert driver.explore.pointer.pin is not None
        assert (driver.explore.pointer.pin.place.map, *driver.explore.pointer.pin.index[2:]) == (4, 8, 9)
        assert "Recovered" in driver.told
        assert driver.desk.modified
        assert driver.window.windowTitle() == "untitled* — Kernelscope"
    assert recoverable(tmp_path / AUTOSAVE) == ()


CLOSED = """
import sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from windows import Driver, small_document, wait
from explorer.model import editing
from explorer.model.log import Log
from explorer.model.pictures import from_array
from explorer.model.plan import plan
from explorer.ui.assembly import AUTOSAVE
application = QApplication([])
log = Log(Path(sys.argv[1]), "0")
driver = Driver(log=log, state=Path(sys.argv[1]))
log.install(driver.assembly.tell_fault)
conv = driver.node("conv").id
big = from_array(np.zeros((1200, 1200, 3), np.uint8), "big")
document = editing.set_pictures(small_document(), (big,))
driver.store.apply(editing.set_params(document, conv, filters=64, kernel=(31, 31)), "huge")
assert plan(driver.document, 0).reason(conv) is None
wait(lambda: driver.explore.settled() or not driver.panels.status._progress.isHidden())
QTimer.singleShot(0, driver.close)
application.exec()
print("settled" if driver.explore.settled() else "closed in the middle")
log.close()
"""


def test_a_window_that_is_closed_in_the_middle_of_a_huge_computation_leaves_cleanly(tmp_path: Path) -> None:
    assert run(CLOSED, tmp_path) == "closed in the middle\n"
    assert recoverable(tmp_path / AUTOSAVE) == ()
    assert "Fault" not in "".join(path.read_text() for path in tmp_path.glob("*.log"))


SIGNALLED = """
import os, signal, sys
from PySide6.QtCore import QTimer
from explorer import app
from explorer.ui.assembly import Assembly
number, edited = int(sys.argv[1]), sys.argv[2] == "edited"
# What runs the tests may ignore it.
signal.signal(number, signal.SIG_DFL)
def prepare(self):
    def act():
        if not self.explore.settled():
            QTimer.singleShot(5, act)
            return
        if edited:
            self.explore.set_param("filters", 6, False)
        os.kill(os.getpid(), number)
    act()
Assembly.prepare = prepare
sys.exit(app.main([]))
"""


@pytest.mark.skipif(os.name != "posix", reason="a process cannot send itself these signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("edited", ["edited", "as it was"])
def test_a_signal_ends_the_program_at_once_and_unsaved_changes_are_there_at_the_next_start(
    tmp_path: Path, name: str, edited: str
) -> None:
    number = getattr(signal, name)
    homes = {kind: str(tmp_path) for kind in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    run(SIGNALLED, int(number), edited, expected=128 + number, environment=homes)
    kept = recoverable(tmp_path / "kernelscope" / AUTOSAVE)
    assert len(kept) == (edited == "edited")
    assert "Fault" not in "".join(path.read_text() for path in tmp_path.rglob("*.log"))


# Faults ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def logged(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """A window as the program builds it, with a log and autosaves."""
    folder = tmp_path_factory.mktemp("state")
    log = Log(folder, "0")
    with driven(log=log, state=folder) as driver:
        driver.desk.asks = False
        driver.begin()
        yield driver
    log.close()


def faults() -> list[ErrorDialog]:
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, ErrorDialog) and each.isVisible()]


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    """An operation with a defect."""

    def forward(*_: object) -> object:
        raise ZeroDivisionError("a defect of relu")

    with with_operation(monkeypatch, replace(operations()[name], forward=forward)):
        yield


def test_a_fault_inside_an_operation_is_shown_with_details_the_session_is_saved_and_the_program_goes_on(
    logged: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broken(monkeypatch, "relu"):
        logged.explore.set_param("filters", 5, False)
        wait(lambda: bool(faults()))
    (dialog,) = faults()
    assert "ZeroDivisionError: a defect of relu" in dialog._sentence.text()
    assert "Traceback" in dialog._text.toPlainText()
    assert "document: Change parameter" in dialog._text.toPlainText()
    folder = logged.assembly.autosave.folder
    assert str(folder) in dialog.findChild(type(dialog._sentence), "fault.saved").text().replace("\u200b", "")
    assert (folder / SESSION_MEMBER).exists()
    dialog.accept()
    logged.explore.set_param("filters", 6, False)
    logged.settle()
    assert logged.explore.report.maps[0].values.shape[0] == 6
    assert not faults()


def test_faults_while_the_dialog_is_open_open_no_second_one(logged: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    with broken(monkeypatch, "relu"):
        for filters in (3, 4):
            logged.explore.set_param("filters", filters, False)
            wait(lambda count=filters - 2: bool(faults()) and faults()[0]._count >= count)
    (dialog,) = faults()
    assert dialog._count == 2
    dialog.accept()
    logged.explore.set_param("filters", 7, False)
    logged.settle()


def test_a_fault_in_work_beside_the_window_is_shown_too(
    logged: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(tick: object) -> None:
        raise RuntimeError("a defect of writing")

    before = logged.document
    logged.desk.export_figure(write, tmp_path / "figure.png")
    wait(lambda: bool(faults()))
    (dialog,) = faults()
    assert "a defect of writing" in dialog._sentence.text()
    dialog.accept()
    assert logged.document is before
    assert not logged.desk.busy


def test_a_fault_in_an_export_is_shown_and_the_maps_go_on(
    logged: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broken(monkeypatch, "relu"):
        logged.desk.export_data(DataWanted(Wanted(), tmp_path / "out", True))
        wait(lambda: bool(faults()))
    faults()[0].accept()
    assert not logged.desk.busy
    logged.explore.set_param("filters", 2, False)
    logged.settle()
