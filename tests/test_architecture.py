"""The import rule main → app, cli → ui → model → ops → kernels, and the size and names of modules."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in [ROOT / "main.py", *(ROOT / "explorer").rglob("*.py"), *(ROOT / "kernels").rglob("*.py")]
}
LEAVES = {"explorer", "explorer.refusal", "explorer.limits", "explorer.places"}
LAYERS = ["kernels", "explorer.ops", "explorer.model", "explorer.ui", "explorer.cli", "explorer.app", "main"]
QT = {"PySide6", "shiboken6", "pyqtgraph"}


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def layer(module: str) -> str:
    """The layer of a module of ours, or `leaf`."""
    return "leaf" if module in LEAVES else next(each for each in LAYERS if within(module, each))


def imports(module: str, source: str, *, package: bool = False) -> Iterator[str]:
    """The modules that `source` names in imports, wherever they stand; of ours the file, not the name inside it."""
    home = module.split(".") if package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = home[: len(home) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                yield inner if inner in FILES else origin


def forbidden(module: str, source: str, *, package: bool = False) -> list[str]:
    """What `module` imports against the rule."""
    found = []
    own = layer(module)
    for name in imports(module, source, package=package):
        top = name.partition(".")[0]
        if top in ("explorer", "kernels", "main"):
            other = layer(name)
            if own == "leaf":
                allowed = other == "leaf"
            elif own == "kernels":
                allowed = other == "kernels"
            else:
                allowed = other in ("leaf", own) or LAYERS.index(other) < LAYERS.index(own)
            if own == "explorer.cli" and other == "explorer.ui":
                allowed = False
        elif own == "kernels":
            allowed = top in {"numpy", "numba", "llvmlite", "__future__"} or top in sys.stdlib_module_names
        else:
            allowed = top not in QT or own in ("explorer.ui", "explorer.app")
        if not allowed:
            found.append(name)
    return found


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_module_names_no_higher_layer(module: str) -> None:
    path = FILES[module]
    assert forbidden(module, path.read_text("utf-8"), package=path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source", "culprit"),
    [
        ("explorer.ops.conv", "from explorer.model import document", "explorer.model"),
        ("explorer.ops.conv", "def late():\n    import pyqtgraph as pg", "pyqtgraph"),
        ("explorer.model.store", "from ..ui import window", "explorer.ui"),
        ("explorer.cli", "from PySide6.QtCore import QObject", "PySide6.QtCore"),
        ("explorer.limits", "from explorer.ops.op import Op", "explorer.ops.op"),
        ("kernels.pooling", "from explorer.refusal import Refusal", "explorer.refusal"),
        ("kernels.pooling", "import scipy.signal", "scipy.signal"),
    ],
)
def test_the_import_rule_notices_its_breach(module: str, source: str, culprit: str) -> None:
    assert forbidden(module, source)[0].startswith(culprit)


IMPORTING = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_everything_below_the_window_works_without_qt() -> None:
    headless = [
        module for module in sorted(FILES) if layer(module) in ("leaf", "kernels", *LAYERS[1:3], "explorer.cli")
    ]
    headless = [module for module in headless if not module.endswith("__main__")]
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTING, *headless], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    loaded = set(ended.stdout.split())
    assert {"explorer", "kernels"} <= loaded
    assert not loaded & QT


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "helpers", "common", "core", "base", "manager"}
    assert [module for module in FILES if empty & set(module.split("."))] == []


def test_no_file_grows_past_400_lines() -> None:
    sizes = {module: len(path.read_text("utf-8").splitlines()) for module, path in FILES.items()}
    assert {module: size for module, size in sizes.items() if size > 400} == {}
