"""The start of the program: what it leaves for later, and that all is as ever once it is over."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from windows import wait

from explorer import app

ROOT = Path(__file__).parent.parent


def loaded(*statements: str) -> set[str]:
    """The modules of a fresh process after these statements."""
    code = "; ".join((*statements, "import sys", "print(*sys.modules)"))
    return set(
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_a_start_imports_only_the_operations_of_its_document() -> None:
    modules = loaded("from explorer import app", "app.import_what_needs_no_qt()")
    assert {"explorer.ops.conv", "explorer.ops.softmax"} <= modules
    assert not {"explorer.ops.stochastic_pool", "explorer.ops.transposed_conv", "PySide6", "coverage"} & modules


def test_coverage_can_be_imported_behind_the_start() -> None:
    assert "coverage" in loaded("from explorer import app", "app.import_what_needs_no_qt()", "import coverage")


@pytest.fixture
def resting_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("resting_collector")
def test_the_collector_works_again_once_the_start_is_over(qtbot: QtBot) -> None:
    app._end_start()
    wait(gc.isenabled)
    assert gc.get_freeze_count() > 0
