"""What every test stands on: no screen, a home of its own, and no thread left behind."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from deriving import Deriving
    from windows import Driver

# Before anything imports Qt or asks for a folder. The cache of compiled kernels stays where it is.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_home = tempfile.TemporaryDirectory(prefix="kernelscope-tests-")
for _kind in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
    _folder = Path(_home.name, _kind.lower())
    _folder.mkdir(mode=0o700)
    if _kind != "XDG_RUNTIME_DIR" or _kind not in os.environ:
        os.environ[_kind] = str(_folder)

# The first example of a property may compile a kernel.
hypothesis.settings.register_profile(
    "project",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("project")


def pytest_unconfigure() -> None:
    _home.cleanup()


def _running() -> set[threading.Thread]:
    """Threads inside Python code; idle threads of Qt's and Numba's own pools hold no Python frame."""
    frames = sys._current_frames()
    return {thread for thread in threading.enumerate() if thread.ident in frames}


def _delete_closed_widgets() -> None:
    """Carry out `deleteLater`: without an event loop closed widgets pile up, and each theme restyles all of them."""
    if "PySide6.QtCore" in sys.modules:
        from PySide6.QtCore import QCoreApplication, QEvent

        if QCoreApplication.instance() is not None:
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    """Fail a test that ends with more threads than it began with, by their names."""
    _delete_closed_widgets()
    before = _running()
    yield
    for thread in _running() - before:
        if not isinstance(thread, threading._DummyThread):
            thread.join(2)
    left = sorted(thread.name for thread in _running() - before)
    assert not left, f"threads left behind: {', '.join(left)}"


@pytest.fixture(scope="module")
def one_window(qapp: object) -> Iterator[Driver]:
    """One window for all tests of a module."""
    from windows import driven

    with driven() as driver:
        yield driver


@pytest.fixture
def driver(one_window: Driver) -> Driver:
    """The window over a small document, as if nothing had happened before."""
    one_window.begin()
    return one_window


@pytest.fixture(scope="module")
def opened(one_window: Driver) -> Driver:
    """The window once Derive, whose threads last as long as it, was opened."""
    from deriving import Deriving

    Deriving(one_window).leave()
    return one_window


@pytest.fixture
def deriving(opened: Driver, driver: Driver) -> Iterator[Deriving]:
    """Derive at the beginning of a division, as if nothing had happened before."""
    from deriving import Deriving

    made = Deriving(driver)
    made.begin()
    yield made
    made.leave()
