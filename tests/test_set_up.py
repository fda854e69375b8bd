"""Set-up by `python3 run.py`: what is installed, when it is installed again, and what is said when it cannot be."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import run

LOCK = tomllib.loads(run.LOCK.read_text("utf-8"))
LINES = run.pinned(LOCK, "test")


def package(name: str, version: str = "1.0", dependencies: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    """An entry of a lock file."""
    wheels = [{"hash": f"sha256:{name}{version}"}]
    return {
        "name": name,
        "version": version,
        "source": {"registry": ""},
        "wheels": wheels,
        "dependencies": dependencies or [],
        **more,
    }


def lines(*packages: dict[str, Any], needs: list[Any], tests: list[Any] | None = None) -> list[str]:
    """The pinned lines of a project that needs `needs`."""
    project = {"name": "project", "source": {"editable": "."}, "dependencies": needs}
    project["dev-dependencies"] = {"test": tests or []}
    return run.pinned({"package": [*packages, project]}, "test" if tests else None)


def test_every_package_of_the_lock_is_pinned_with_hashes() -> None:
    names = {each["name"] for each in LOCK["package"]} - {"kernelscope"}
    assert {line.partition("==")[0] for line in LINES} == names
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?( --hash=sha256:[0-9a-f]{64})+", line) for line in LINES)


def test_the_lock_names_the_public_index_alone() -> None:
    text = run.LOCK.read_text("utf-8")
    assert set(re.findall(r"\w+://[^/\"]*", text)) == {"https://pypi.org", "https://files.pythonhosted.org"}


def test_the_lock_belongs_to_the_project_file() -> None:
    project = tomllib.loads((run.ROOT / "pyproject.toml").read_text("utf-8"))
    own = next(each for each in LOCK["package"] if each["name"] == "kernelscope")

    def plain(requirement: str) -> str:
        return re.split(r"[<>=!~ ;\[]", requirement.lower())[0]

    assert {plain(each) for each in project["project"]["dependencies"]} == {
        each["name"] for each in own["dependencies"]
    }
    tests = own["dev-dependencies"]["test"]
    assert {plain(each) for each in project["dependency-groups"]["test"]} == {each["name"] for each in tests}


def test_pyside_stays_below_the_release_that_aborts() -> None:
    version = next(line for line in LINES if line.startswith("pyside6-essentials==")).split()[0].partition("==")[2]
    assert (6, 8) <= tuple(map(int, version.split(".")[:2])) < (6, 12)


def test_the_tests_need_more_than_the_program() -> None:
    program = set(run.pinned(LOCK))
    assert not any(line.startswith("pytest") for line in program)
    assert any(line.startswith("pytest==") for line in LINES)


def test_a_marker_is_passed_on_to_everything_that_is_needed_behind_it() -> None:
    found = lines(
        package("a", dependencies=[{"name": "b", "marker": "os_name == 'nt'"}]),
        package("b"),
        needs=[{"name": "a", "marker": "sys_platform == 'win32'"}],
    )
    assert found == [
        "a==1.0 ; (sys_platform == 'win32') --hash=sha256:a1.0",
        "b==1.0 ; (os_name == 'nt') and (sys_platform == 'win32') --hash=sha256:b1.0",
    ]


def test_a_package_is_wanted_where_one_of_its_markers_holds() -> None:
    found = lines(
        package("a", dependencies=[{"name": "b", "marker": "os_name == 'nt'"}]),
        package("b"),
        needs=[{"name": "a"}, {"name": "b", "marker": "os_name == 'java'"}],
    )
    assert found[1] == "b==1.0 ; (os_name == 'nt') or (os_name == 'java') --hash=sha256:b1.0"


@pytest.mark.parametrize("first", ["plain", "marked"])
def test_a_package_that_is_needed_without_condition_has_none(first: str) -> None:
    needs = [{"name": "a"}, {"name": "a", "marker": "os_name == 'nt'"}]
    found = lines(package("a"), needs=needs if first == "plain" else needs[::-1])
    assert found == ["a==1.0 --hash=sha256:a1.0"]


def test_two_versions_for_two_pythons_are_both_pinned() -> None:
    found = lines(
        package("a"),
        package("a", "2.0"),
        needs=[
            {"name": "a", "version": "1.0", "marker": "python_full_version < '3.12'"},
            {"name": "a", "version": "2.0", "marker": "python_full_version >= '3.12'"},
        ],
    )
    assert [line.split(" --")[0] for line in found] == [
        "a==1.0 ; (python_full_version < '3.12')",
        "a==2.0 ; (python_full_version >= '3.12')",
    ]


def test_packages_that_need_each_other_and_extras_are_followed() -> None:
    extra = package("a", dependencies=[{"name": "b"}])
    extra["optional-dependencies"] = {"fast": [{"name": "c"}]}
    found = lines(
        extra, package("b", dependencies=[{"name": "a"}]), package("c"), needs=[{"name": "a", "extra": ["fast"]}]
    )
    assert [line.partition("==")[0] for line in found] == ["a", "b", "c"]


def test_the_dependency_group_of_the_tests_is_added_on_request() -> None:
    found = lines(package("a"), package("b"), needs=[{"name": "a"}], tests=[{"name": "b"}])
    assert [line.partition("==")[0] for line in found] == ["a", "b"]


def test_an_old_python_is_told_which_version_is_needed() -> None:
    assert run.too_old((3, 10, 13)) == "Kernelscope needs Python 3.11 or newer; this is Python 3.10."
    assert not run.too_old((3, 11, 0))
    assert not run.too_old((4, 0))


def test_an_old_python_can_read_the_set_up() -> None:
    """F-strings, annotated variables, := and match are all younger than the Python that has to get to the message."""
    young = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match, ast.TryStar, ast.AsyncFunctionDef)
    tree = ast.parse((run.ROOT / "run.py").read_text("utf-8"))
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, young)] == []
    before = [node for node in tree.body if node.lineno < next(n.lineno for n in tree.body if isinstance(n, ast.If))]
    assert [node.names[0].name for node in before if isinstance(node, ast.Import)] == ["sys"]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own with a lock and nothing set up."""
    (tmp_path / "uv.lock").write_text("lock")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "LOCK", tmp_path / "uv.lock")
    monkeypatch.setattr(run, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(run, "STAMP", tmp_path / ".venv/stamp")
    monkeypatch.setattr(run, "PYTHON", tmp_path / ".venv/bin/python")
    monkeypatch.setattr(run.sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", "")
    return tmp_path


@pytest.fixture
def installed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """What set_up asks to be installed or checked, in turn."""
    asked: list[str | None] = []

    def install(group: str | None) -> None:
        run.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        run.PYTHON.touch()
        asked.append(group or "program")

    monkeypatch.setattr(run, "install", install)
    monkeypatch.setattr(run, "provide_libraries", lambda *platforms: asked.append("+".join(platforms)))
    return asked


def test_a_second_start_installs_nothing(installed: list[str]) -> None:
    run.set_up(testing=False)
    assert installed == ["program", "offscreen"]
    run.set_up(testing=False)
    assert installed == ["program", "offscreen"]


def test_the_tests_add_to_the_program_and_cover_it(installed: list[str]) -> None:
    run.set_up(testing=False)
    run.set_up(testing=True)
    assert installed == ["program", "offscreen", "test"]
    run.set_up(testing=False)
    run.set_up(testing=True)
    assert len(installed) == 3


@pytest.mark.parametrize("change", ["lock", "python kind", "python gone", "cut off"])
def test_whatever_spoils_the_installation_leads_to_a_new_one(
    change: str, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run.set_up(testing=False)
    if change == "lock":
        run.LOCK.write_text("another lock")
    elif change == "python kind":
        monkeypatch.setattr(run.sys, "platform", "linux-on-another-planet")
    elif change == "python gone":
        run.PYTHON.unlink()
    else:
        run.STAMP.write_text(run.UNFINISHED)
    run.set_up(testing=False)
    assert installed.count("program") == 2


def test_the_libraries_for_a_screen_are_looked_at_once_there_is_one(
    installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run.set_up(testing=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    run.set_up(testing=True)
    assert "offscreen+xcb" not in installed
    run.set_up(testing=False)
    assert installed[-1] == "offscreen+xcb"


class Pip:
    """Stands in for every process that an installation starts."""

    def __init__(self, works: Callable[[str], bool], fails: str = "", errors: str = "") -> None:
        self.works, self.fails, self.errors = works, fails, errors
        self.stamps: list[tuple[str, str]] = []
        self.lines: list[str] = []

    def run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        line = " ".join(command)
        self.lines.append(line)
        if "-m venv" in line and self.works(line):
            run.PYTHON.parent.mkdir(parents=True, exist_ok=True)
            run.PYTHON.touch()
        for step in ("download", "install"):
            if f" {step} " in line and "pip" in line:
                self.stamps.append((step, run.STAMP.read_text()))
                (run.VENV / "wheels").mkdir(exist_ok=True)
                return subprocess.CompletedProcess(command, int(step == self.fails), "", self.errors)
        return subprocess.CompletedProcess(command, 0 if self.works(line) else 1, "", self.errors)


@pytest.fixture
def fake(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Pip]:
    """A Pip in place of real processes, for a user who is not root."""
    shutil.copy(Path(run.__file__).parent / "uv.lock", run.LOCK)
    monkeypatch.setattr(run.os, "geteuid", lambda: 1000, raising=False)

    def start(works: Callable[[str], bool] = lambda line: True, fails: str = "", errors: str = "") -> Pip:
        pip = Pip(works, fails, errors)
        monkeypatch.setattr(run.subprocess, "run", pip.run)
        return pip

    return start


def test_an_installation_downloads_first_and_checks_every_hash(fake: Callable[..., Pip]) -> None:
    pip = fake()
    run.install(None)
    download, install = (line for line in pip.lines if "--require-hashes" in line)
    assert " download " in download
    assert " install " in install
    assert "--no-deps" in install
    assert "--no-index" in install
    assert (run.VENV / "requirements.txt").read_text().splitlines() == run.pinned(LOCK)


def test_while_packages_are_written_the_stamp_says_unfinished(fake: Callable[..., Pip]) -> None:
    pip = fake()
    run.install(None)
    assert pip.stamps[-1] == ("install", run.UNFINISHED)


def test_what_was_cut_off_is_thrown_away(fake: Callable[..., Pip]) -> None:
    fake()
    run.VENV.mkdir()
    run.STAMP.write_text(run.UNFINISHED)
    (run.VENV / "half a package").touch()
    run.install(None)
    assert not (run.VENV / "half a package").exists()


def test_without_network_a_good_installation_stays_good(fake: Callable[..., Pip]) -> None:
    fake()
    run.install(None)
    run.STAMP.write_text(f"{run.fingerprint()}\nprogram")
    fake(fails="download", errors="WARNING: Retrying (Retry(total=0)) after connection broken\nERROR: nothing found")
    with pytest.raises(SystemExit) as ended:
        run.install("test")
    assert str(ended.value).splitlines() == [
        "The packages could not be installed: the package index cannot be reached. Is there a network?"
    ]
    assert run.done() == {"program"}


def test_a_failure_of_pip_is_told_in_its_last_error_line() -> None:
    assert run.reason_of("ERROR: first\nERROR: No matching distribution found for a==1\nhint\n").endswith("for a==1")
    assert run.reason_of("Killed\n") == "Killed"
    assert run.reason_of("")


def test_without_ensurepip_the_outer_pip_is_aimed_at_the_environment(fake: Callable[..., Pip]) -> None:
    own = f"{run.PYTHON} -m"
    fake(lambda line: not line.startswith(own))
    assert run.pip()[1:] == ["-m", "pip", "--python", str(run.PYTHON)]


def test_without_venv_the_one_command_is_told(fake: Callable[..., Pip]) -> None:
    fake(lambda line: False)
    with pytest.raises(SystemExit, match=r"sudo apt-get install .* python3\.\d+-venv$"):
        run.install(None)


def test_missing_libraries_are_told_with_the_one_command(fake: Callable[..., Pip]) -> None:
    fake(lambda line: False, errors="Traceback\nImportError: libEGL.so.1: cannot open shared object file")
    with pytest.raises(SystemExit, match=r"libEGL\.so\.1.*sudo apt-get install .* libegl1 .* libxcb-cursor0 ") as ended:
        run.provide_libraries("offscreen", "xcb")
    assert len(str(ended.value).splitlines()) == 1


def test_root_on_debian_installs_the_missing_libraries_and_says_so(
    fake: Callable[..., Pip], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[list[str]] = []
    fake(lambda line: bool(calls), errors="ImportError: libGL.so.1")
    monkeypatch.setattr(run.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(run.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(run.subprocess, "call", lambda command, **_: calls.append(command) or 0)
    run.provide_libraries("offscreen")
    assert [call[1] for call in calls] == ["update", "install"]
    assert "libgl1" in calls[1]
    assert "libGL.so.1" in capsys.readouterr().err
