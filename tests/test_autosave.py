"""A crash costs seconds, and a session that crashes the program locks nobody out."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toys import picture, toys

from explorer.model import autosave as autosave_module
from explorer.model import recovery
from explorer.model.autosave import Autosave
from explorer.model.document import Document, Source
from explorer.model.editing import add, set_params, set_pictures, set_weight
from explorer.model.recovery import Found, discard, recover, recoverable
from explorer.model.session import load
from explorer.model.session_format import Session
from explorer.refusal import Refusal

ROOT = Path(__file__).parent.parent
NEVER = 3600.0


@pytest.fixture(autouse=True)
def _toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with toys(monkeypatch):
        yield


@contextmanager
def running(folder: Path, **named: Any) -> Iterator[Autosave]:
    """An autosave that ends as in a crash, its last change unsaved."""
    saving = Autosave(folder, **{"delay": NEVER, "interval": NEVER} | named)
    try:
        yield saving
    finally:
        saving._waiting = None
        saving.close(clean=False)


def example(factor: float = 2.0) -> Session:
    document = Document(Source((picture("a"), picture("b", seed=1))))
    for op in ("scale", "mix"):
        document, _ = add(document, op)
    document = set_weight(document, "n2", "w", np.ones((2, 3)))
    return Session(set_params(document, "n1", factor=factor), window={"zoom": 2})


def with_factor(session: Session, factor: float) -> Session:
    return replace(session, document=set_params(session.document, "n1", factor=factor))


def factor(session: Session) -> float:
    return float(session.document.node("n1").params.factor)


def saved(folder: Path, *sessions: Session) -> Found:
    """What a crash leaves behind after these sessions."""
    with running(folder) as saving:
        for session in sessions:
            saving.changed(session)
            assert saving.flush()
    (found,) = recoverable(folder)
    return found


def crashed(found: Found) -> Found:
    """Open it again, and crash."""
    recover(found).claim.release(remove=False)
    (again,) = recoverable(found.folder.parent)
    return again


def files(folder: Path) -> dict[str, int]:
    """Every file with a number that changes when it is written again."""
    return {str(each.relative_to(folder)): each.stat().st_ino for each in folder.rglob("*") if each.is_file()}


def test_after_a_crash_everything_is_there(tmp_path: Path) -> None:
    session = example()
    recovered = recover(saved(tmp_path, session))
    assert recovered.session.document.source.pictures == session.document.source.pictures
    assert recovered.session.document.node("n1").params == session.document.node("n1").params
    assert np.array_equal(recovered.session.document.node("n2").weights["w"], np.ones((2, 3)))
    assert dict(recovered.session.window) == {"zoom": 2}
    assert recovered.notes == ()
    recovered.claim.release(remove=True)


def test_after_a_clean_end_nothing_is_left(tmp_path: Path) -> None:
    saving = Autosave(tmp_path)
    saving.changed(example())
    assert saving.flush()
    assert files(tmp_path)
    saving.close()
    assert list(tmp_path.iterdir()) == []


def test_a_program_in_which_nothing_changed_leaves_nothing(tmp_path: Path) -> None:
    Autosave(tmp_path / "autosave").close(clean=False)
    assert list(tmp_path.iterdir()) == []


def test_an_end_that_is_not_clean_saves_the_last_change(tmp_path: Path) -> None:
    saving = Autosave(tmp_path, delay=NEVER, interval=NEVER)
    saving.changed(example(7.0))
    saving.close(clean=False)
    (found,) = recoverable(tmp_path)
    recovered = recover(found)
    assert factor(recovered.session) == 7
    recovered.claim.release(remove=True)


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], threading.Event]:
    """The documents that were written, and a sign of the first one."""
    names: list[str] = []
    happened = threading.Event()

    def watching(path: Path, data: bytes) -> None:
        write(path, data)
        names.append(path.name)
        happened.set()

    write: Callable[[Path, bytes], None] = autosave_module.write
    monkeypatch.setattr(autosave_module, "write", watching)
    return names, happened


def test_a_change_is_saved_a_moment_later_by_itself(tmp_path: Path, writes: tuple[list[str], threading.Event]) -> None:
    with running(tmp_path, delay=0.01) as saving:
        saving.changed(example())
        assert writes[1].wait(20)


def test_changes_that_go_on_are_saved_in_between(tmp_path: Path, writes: tuple[list[str], threading.Event]) -> None:
    with running(tmp_path, delay=NEVER, interval=0.01) as saving:
        saving.changed(example())
        assert writes[1].wait(20)


def test_changes_in_quick_succession_are_saved_once(tmp_path: Path, writes: tuple[list[str], threading.Event]) -> None:
    session = example()
    with running(tmp_path) as saving:
        for number in range(100):
            saving.changed(with_factor(session, number / 10))
        assert saving.flush()
        assert writes[0] == ["document.json"]
    recovered = recover(recoverable(tmp_path)[0])
    assert factor(recovered.session) == pytest.approx(9.9)
    recovered.claim.release(remove=True)


def test_a_changed_parameter_writes_no_array_again(tmp_path: Path) -> None:
    session = example()
    with running(tmp_path) as saving:
        saving.changed(session)
        assert saving.flush()
        before = files(tmp_path)
        saving.changed(with_factor(session, 3.0))
        assert saving.flush()
        after = files(tmp_path)
    assert before.keys() == after.keys()
    assert [name for name in after if before[name] != after[name]] == [
        name for name in after if name.endswith("document.json")
    ]


def test_arrays_that_are_not_needed_any_more_are_removed(tmp_path: Path) -> None:
    session = example()
    with running(tmp_path) as saving:
        saving.changed(session)
        assert saving.flush()
        count = len(files(tmp_path))
        document = set_weight(session.document, "n2", "w", np.zeros((2, 3)))
        saving.changed(replace(session, document=document))
        assert saving.flush()
        assert len(files(tmp_path)) == count
        saving.changed(replace(session, document=set_pictures(document, ())))
        assert saving.flush()
        assert len(files(tmp_path)) == count - 2


def test_the_session_of_a_running_program_is_not_offered(tmp_path: Path) -> None:
    with running(tmp_path) as saving:
        saving.changed(example())
        assert saving.flush()
        assert recoverable(tmp_path) == ()
    assert len(recoverable(tmp_path)) == 1


def test_two_programs_do_not_open_one_session(tmp_path: Path) -> None:
    found = saved(tmp_path, example())
    recovered = recover(found)
    assert recoverable(tmp_path) == ()
    for attempt in (recover, discard):
        with pytest.raises(Refusal, match="Another program has opened the session of"):
            attempt(found)
    recovered.claim.release(remove=True)


def test_a_recovered_session_goes_on_in_its_folder(tmp_path: Path) -> None:
    recovered = recover(saved(tmp_path, example()))
    with running(tmp_path, continues=recovered) as saving:
        saving.changed(with_factor(recovered.session, 5.0))
        assert saving.flush()
    (found,) = recoverable(tmp_path)
    again = recover(found)
    assert factor(again.session) == 5
    Autosave(tmp_path, continues=again).close()
    assert list(tmp_path.iterdir()) == []


def test_what_was_left_behind_can_be_discarded(tmp_path: Path) -> None:
    discard(saved(tmp_path, example()))
    assert list(tmp_path.iterdir()) == []


def test_the_newest_session_is_offered_first(tmp_path: Path) -> None:
    for number, when in ((1.0, 3000), (2.0, 1000), (3.0, 2000)):
        with running(tmp_path) as saving:
            saving.changed(example(number))
            assert saving.flush()
            (newest,) = (each for each in tmp_path.rglob("document.json") if each.stat().st_mtime > 10_000)
            os.utime(newest, (when, when))
    found = recoverable(tmp_path)
    assert [each.saved.timestamp() for each in found] == [3000, 2000, 1000]
    assert factor(recover(found[1]).session) == 3


def test_a_folder_without_a_session_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "half" / "pictures").mkdir(parents=True)
    assert recoverable(tmp_path) == ()
    assert list(tmp_path.iterdir()) == []
    assert recoverable(tmp_path / "missing") == ()


def test_a_session_that_crashed_twice_opens_with_its_last_change_switched_off(tmp_path: Path) -> None:
    session = example()
    changed = with_factor(session, 9.5)
    found = saved(tmp_path, session, changed, replace(changed, window={"zoom": 3}))
    for _ in range(2):
        assert all(node.enabled for node in opened(found).document)
        found = crashed(found)
    assert found.attempts == 2
    recovered = recover(found)
    assert [(node.op, node.enabled) for node in recovered.session.document] == [("scale", False), ("mix", True)]
    assert len(recovered.session.document.source.pictures) == 2
    note = str(recovered.notes[-1])
    assert "ended the program 2 times" in note
    assert "Switched off: scale1" in note
    (kept,) = tmp_path.glob("*.kscope")
    assert kept.name in note
    assert factor(load(kept)[0]) == 9.5
    recovered.claim.release(remove=True)


def opened(found: Found) -> Session:
    """The session as it was saved."""
    return recovery._read(found.folder)[0]


def test_a_minute_that_went_well_ends_the_counting(tmp_path: Path) -> None:
    found = crashed(crashed(saved(tmp_path, example())))
    assert found.attempts == 2
    recovered = recover(found)
    with running(tmp_path, continues=recovered, healthy=0.0) as saving:
        saving.changed(recovered.session)
        assert saving.flush()
    (found,) = recoverable(tmp_path)
    assert found.attempts == 0


def test_a_crash_soon_after_recovery_counts_though_it_was_saved_again(tmp_path: Path) -> None:
    session = example()
    found = saved(tmp_path, session, with_factor(session, 3.0))
    recovered = recover(found)
    with running(tmp_path, continues=recovered) as saving:
        saving.changed(recovered.session)
        assert saving.flush()
    (found,) = recoverable(tmp_path)
    assert found.attempts == 1
    recovered = recover(crashed(found))
    assert not recovered.session.document.node("n1").enabled
    recovered.claim.release(remove=True)


def test_pictures_that_crashed_twice_are_left_out(tmp_path: Path) -> None:
    session = example()
    other = set_pictures(session.document, (picture("hostile", seed=9),))
    recovered = recover(crashed(crashed(saved(tmp_path, session, replace(session, document=other)))))
    assert recovered.session.document.source.pictures == ()
    assert all(node.enabled for node in recovered.session.document)
    assert "Pictures left out: all" in str(recovered.notes[-1])
    recovered.claim.release(remove=True)


def test_a_session_that_goes_on_crashing_opens_with_nothing_to_compute(tmp_path: Path) -> None:
    session = example()
    found = crashed(crashed(crashed(saved(tmp_path, session, with_factor(session, 3.0)))))
    recovered = recover(found)
    assert recovered.session.document.source.pictures == ()
    assert not any(node.enabled for node in recovered.session.document)
    recovered.claim.release(remove=True)


def test_a_damaged_session_is_refused_and_can_be_discarded(tmp_path: Path) -> None:
    found = saved(tmp_path, example())
    (found.folder / "document.json").write_bytes(b'{"format": 1')
    with pytest.raises(Refusal, match="damaged"):
        recover(found)
    assert len(recoverable(tmp_path)) == 1
    discard(found)
    assert recoverable(tmp_path) == ()


def test_names_in_the_folder_are_labels_too(tmp_path: Path) -> None:
    found = saved(tmp_path, example())
    document = found.folder / "document.json"
    text = document.read_text().replace("pictures/", "../pictures/")
    document.write_text(text)
    with pytest.raises(Refusal, match="outside"):
        recover(found)


def test_a_full_disk_is_told_of_once_and_saving_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Refusal] = []
    session = example()

    def full(path: Path, data: bytes) -> None:
        raise Refusal("No space left on device")

    with running(tmp_path, failed=told.append) as saving:
        saving.changed(session)
        assert saving.flush()
        with monkeypatch.context() as patch:
            patch.setattr(autosave_module, "write", full)
            for value in (3.0, 4.0):
                saving.changed(with_factor(session, value))
                assert not saving.flush()
        assert [str(each) for each in told] == ["No space left on device"]
        saving.changed(with_factor(session, 5.0))
        assert saving.flush()
    recovered = recover(recoverable(tmp_path)[0])
    assert factor(recovered.session) == 5
    recovered.claim.release(remove=True)


def test_what_could_not_be_saved_is_tried_again_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[str] = []
    done = threading.Event()
    write = autosave_module.write

    def once_full(path: Path, data: bytes) -> None:
        attempts.append(path.name)
        if len(attempts) == 1:
            raise Refusal("No space left on device")
        write(path, data)
        done.set()

    monkeypatch.setattr(autosave_module, "write", once_full)
    with running(tmp_path, delay=0.0, interval=0.01) as saving:
        saving.changed(example())
        assert done.wait(20)


def test_a_folder_that_cannot_be_made_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    told: list[Refusal] = []
    with running(tmp_path / "file", failed=told.append) as saving:
        saving.changed(example())
        assert not saving.flush()
    assert "file, not a folder" in str(told[0])


def test_a_full_disk_does_not_keep_from_opening_what_was_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = saved(tmp_path, example())

    def full(path: Path, data: bytes) -> None:
        raise Refusal("No space left on device")

    monkeypatch.setattr(recovery, "write", full)
    recovered = recover(found)
    assert factor(recovered.session) == 2
    recovered.claim.release(remove=True)


def test_a_defect_in_saving_is_reported_and_the_next_change_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda what: reported.append(str(what.exc_value)))
    with running(tmp_path) as saving:
        with monkeypatch.context() as patch:
            patch.setattr(autosave_module, "to_plain", lambda *arguments: 1 / 0)
            saving.changed(example())
            assert not saving.flush()
        assert reported == ["division by zero"]
        saving.changed(example())
        assert saving.flush()


CHILD = """
import os, sys
from pathlib import Path
import numpy as np
from explorer.model.autosave import Autosave
from explorer.model.document import Document, Link, Node, Source, SOURCE
from explorer.model.pictures import from_array
from explorer.model.session_format import Session

def numbered(number):
    node = Node("n1", "counting", "counting1", {"number": number}, (Link(SOURCE, "x"),),
                weights={"w": np.full((60, 60), float(number))})
    picture = from_array(np.full((50, 50, 3), number // 3 % 256, np.uint8), "picture")
    return Session(Document(Source((picture,)), (node,)))

def count(folder):
    saving = Autosave(Path(folder), delay=0, interval=0)
    number = 0
    while True:
        number += 1
        saving.changed(numbered(number))
        if number % 3 == 0 and saving.flush():
            print(number, flush=True)

for line in sys.stdin:  # the imports are paid once
    child = os.fork()
    if child == 0:
        count(line.strip())
    print("started", child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a kill is one of POSIX")
def test_a_kill_at_any_moment_loses_nothing_that_was_saved(tmp_path: Path) -> None:
    chosen = random.Random(1)
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as nursery:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        for number in range(12):
            folder = tmp_path / str(number)
            print(folder, file=nursery.stdin, flush=True)
            lines = iter(nursery.stdout.readline, "")
            seen: list[str] = []
            patience = chosen.randint(1, 12)
            while sum(line.strip().isdigit() for line in seen) < patience or not child_of(seen):
                seen.append(next(lines))
            assert recoverable(folder) == ()
            os.kill(child_of(seen), signal.SIGKILL)
            while seen[-1] != "ended\n":
                seen.append(next(lines))
            acknowledged = max(int(line) for line in seen if line.strip().isdigit())
            (found,) = recoverable(folder)
            recovered = recover(found)
            node = recovered.session.document.node("n1")
            assert node.params["number"] >= acknowledged
            assert (node.weights["w"] == node.params["number"]).all()
            (kept,) = recovered.session.document.source.pictures
            assert (kept.pixels == node.params["number"] // 3 % 256).all()
            recovered.claim.release(remove=True)
            assert list(folder.iterdir()) == []
        nursery.stdin.close()


def child_of(lines: list[str]) -> int:
    return next((int(line.split()[1]) for line in lines if line.startswith("started")), 0)
