"""What leaves the Derive workspace: texts and pictures in the clipboard, files, and code."""

from __future__ import annotations

from pathlib import Path

import pytest
from deriving import Deriving
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog
from windows import wait

from explorer.ui.derive.written import CODES, FORMATS


@pytest.fixture
def found(deriving: Deriving) -> Deriving:
    """The workspace at the end of F(2, 3)."""
    QGuiApplication.clipboard().clear()
    deriving.ask("filter")
    deriving.derive.last()
    deriving.settle()
    return deriving


def chosen(found: Deriving, name: str) -> None:
    """Choose an entry of the menu of the derivation."""
    action = found.derive.menu.findChild(QAction, f"derive.copying.{name}")
    assert action is not None, name
    action.trigger()
    found.driver.settle_files()


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("step.latex", "\\"),
        ("step.markdown", "## Nest"),
        ("step.html", "<math"),
        ("step.text", "Nest"),
        ("whole.latex", "\\begin{document}"),
        ("whole.markdown", "#"),
        ("whole.json", '"AT"'),
        ("code.numpy", "import numpy as np"),
        ("code.c", "double"),
    ],
)
def test_the_step_the_whole_and_its_code_are_copied(found: Deriving, name: str, part: str) -> None:
    chosen(found, name)
    assert part in QGuiApplication.clipboard().text()
    assert "Copied" in found.driver.told


def test_the_button_below_the_sheet_copies_latex(found: Deriving) -> None:
    found.driver.click("derive.copy_latex")
    wait(lambda: QGuiApplication.clipboard().text() != "")
    assert "Nest" in QGuiApplication.clipboard().text()


def test_mathematics_are_copied_as_a_picture(found: Deriving) -> None:
    chosen(found, "step.picture")
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasImage()
    assert data.data("image/svg+xml").data().startswith(b"<svg")


def test_only_an_algorithm_is_offered_as_code(found: Deriving) -> None:
    assert found.derive.has_code
    found.ask("divide")
    assert not found.derive.has_code


@pytest.mark.parametrize("format", [*FORMATS.values(), *CODES.values()], ids=lambda each: each.name)
def test_everything_is_exported_into_a_file(
    found: Deriving, format: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"out{format.suffix}"  # type: ignore[attr-defined]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *arguments: (str(path), ""))
    found.driver.act("export")
    found.driver.settle_files()
    assert path.stat().st_size > 100
    assert str(path) in found.driver.told


def test_a_folder_that_cannot_be_written_is_refused_by_name(found: Deriving, tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "out.pdf"
    found.derive.copying.export(FORMATS["pdf"], missing, whole=False)
    found.driver.settle_files()
    assert "missing" in found.driver.refused
