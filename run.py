#!/usr/bin/env python3
"""Set up and start Kernelscope: `python3 run.py [arguments]`; run its tests: `python3 run.py test [arguments]`.

Needs Python alone. Makes .venv beside this file, installs what uv.lock pins, by hash, and goes on with main.py in it.
What is done is noted in a stamp inside .venv, so that later starts only compare the stamp.

Any Python 3 has to read this file as far as the version check: no f-strings, no newer syntax.
"""

import sys

LEAST = (3, 11)


def too_old(version):
    """The message for a Python below LEAST, else an empty string; `version` begins as sys.version_info does."""
    if tuple(version[:2]) >= LEAST:
        return ""
    return "Kernelscope needs Python {}.{} or newer; this is Python {}.{}.".format(*LEAST + tuple(version[:2]))


if too_old(sys.version_info):
    sys.exit(too_old(sys.version_info))

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "uv.lock"
STAMP = VENV / "kernelscope-stamp"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
UNFINISHED = "unfinished"

LIBRARIES = {
    "offscreen": ["libglib2.0-0", "libgl1", "libegl1", "libxkbcommon0", "libfontconfig1", "libdbus-1-3"],
    "xcb": ["libxcb-cursor0", "libxkbcommon-x11-0", "libxcb-icccm4", "libxcb-keysyms1", "libxcb-shape0"],
}
LOADING_QT = """
import ctypes, pathlib, sys, PySide6
from PySide6 import QtSvg, QtWidgets
for name in sys.argv[1:]:
    ctypes.CDLL(str(pathlib.Path(PySide6.__file__).parent / "Qt/plugins/platforms" / ("libq" + name + ".so")))
"""


def say(text):
    """Tell the person, leaving standard output to the program."""
    print(text, file=sys.stderr, flush=True)


def pinned(lock, group=None):
    """Lines of a requirements file: what the project, and its dependency `group`, need according to a parsed uv.lock.

    A package can be reached over several paths of dependencies, each with its markers: it is wanted where all markers
    of one path hold. Only wheels are named, for a build from source would run unpinned tools.
    """
    project = next(each for each in lock["package"] if each["source"].get("editable") == ".")
    wanted = {}

    def follow(edges, path):
        for edge in edges:
            matches = [p for p in lock["package"] if p["name"] == edge["name"]]
            package = next(p for p in matches if p["version"] == edge.get("version", matches[0]["version"]))
            here = path | ({edge["marker"]} if "marker" in edge else set())
            for extra in edge.get("extra", []):
                follow(package["optional-dependencies"][extra], here)
            _, paths = wanted.setdefault((package["name"], package["version"]), (package, []))
            if not any(known <= here for known in paths):
                paths[:] = [known for known in paths if not here <= known] + [here]
                follow(package.get("dependencies", []), here)

    follow(project.get("dependencies", []), frozenset())
    if group:
        follow(project["dev-dependencies"][group], frozenset())

    def line(package, paths):
        hashes = " ".join("--hash=" + wheel["hash"] for wheel in package["wheels"])
        marker = " or ".join(" and ".join("({})".format(each) for each in sorted(path)) for path in paths)
        return "{}=={}{} {}".format(package["name"], package["version"], " ; " + marker if marker else "", hashes)

    return [line(package, paths) for _, (package, paths) in sorted(wanted.items())]


def fingerprint():
    """What the packages in .venv depend on: the pinned versions and the kind of Python."""
    return hashlib.sha256(LOCK.read_bytes() + (sys.implementation.cache_tag + sys.platform).encode()).hexdigest()


def done():
    """The parts of the set-up that the stamp vouches for."""
    if not (PYTHON.exists() and STAMP.exists()):
        return set()
    first, *parts = STAMP.read_text().split() or [""]
    return set(parts) if first == fingerprint() else set()


def works(*command):
    """Whether a command ends well; what it prints is dropped."""
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def with_apt(packages, reason):
    """Install Debian packages where that is possible and say so, else end with the one command that does it."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not (hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")):
        sys.exit("{} On Debian or Ubuntu, run: sudo {}".format(reason, " ".join(command)))
    say("{} Installing: {}".format(reason, " ".join(packages)))
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    subprocess.call(["apt-get", "update"], stdout=sys.stderr, env=environment)
    if subprocess.call(command, stdout=sys.stderr, env=environment):
        sys.exit("{} This failed: {}".format(reason, " ".join(command)))


def pip():
    """The command of a pip that installs into .venv, which is made if it is not there; None without venv or pip."""
    outer = getattr(sys, "_base_executable", sys.executable)
    if not PYTHON.exists() and not works(outer, "-m", "venv", "--without-pip", str(VENV)):
        return None
    own = [str(PYTHON), "-m", "pip"]
    if works(*own, "--version") or works(str(PYTHON), "-m", "ensurepip"):
        return own
    aimed = [outer, "-m", "pip", "--python", str(PYTHON)]
    return aimed if works(*aimed, "--version") else None


def unusable():
    """Whether an earlier installation into .venv was cut off, or its Python is another one or gone."""
    if STAMP.exists() and STAMP.read_text() == UNFINISHED:
        return True
    same = "import sys; sys.exit(sys.implementation.cache_tag != '{}')".format(sys.implementation.cache_tag)
    return VENV.exists() and not (PYTHON.exists() and works(str(PYTHON), "-c", same))


def reason_of(errors):
    """One line out of what pip wrote to its error stream."""
    if "Retrying (Retry(" in errors:
        return "the package index cannot be reached. Is there a network?"
    lines = [each.strip() for each in errors.splitlines() if each.strip()] or ["pip gave no reason."]
    return ([each for each in lines if each.startswith("ERROR:")] or lines)[-1]


def install(group):
    """Bring .venv to what uv.lock pins.

    Everything is downloaded before .venv is touched, so that it survives a failure of the network. The stamp says
    `unfinished` while .venv is written to: what was cut off there cannot be told from what is whole, and is made anew.
    """
    import tomllib

    lines = pinned(tomllib.loads(LOCK.read_text("utf-8")), group)
    if unusable():
        shutil.rmtree(VENV)
    if not VENV.exists():
        VENV.mkdir()
        STAMP.write_text(UNFINISHED)
    say("Setting up .venv: this is done once.")
    if not pip():
        with_apt(["python{}.{}-venv".format(*sys.version_info)], "Python's venv or pip module is missing.")
    command = pip() or sys.exit("A virtual environment could not be made in {}.".format(VENV))
    wheels = VENV / "wheels"
    requirements = VENV / "requirements.txt"
    requirements.write_text("\n".join(lines) + "\n")

    def run_pip(*arguments):
        ended = subprocess.run(
            [*command, *arguments, "--no-input", "--disable-pip-version-check", "--only-binary=:all:", "--no-deps"]
            + ["--require-hashes", "-r", str(requirements)],
            stdout=sys.stderr,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        if ended.returncode:
            sys.exit("The packages could not be installed: " + reason_of(ended.stderr))

    run_pip("download", "--dest", str(wheels))
    STAMP.write_text(UNFINISHED)
    run_pip("install", "--quiet", "--no-index", "--find-links", str(wheels))
    shutil.rmtree(wheels)


def why_qt_fails(*platforms):
    """The message of the loader if Qt or one of its platform plugins cannot be loaded, else an empty string."""
    ended = subprocess.run([str(PYTHON), "-c", LOADING_QT, *platforms], capture_output=True, text=True)
    return (ended.stderr.strip().splitlines() or ["unknown reason"])[-1] if ended.returncode else ""


def provide_libraries(*platforms):
    """See that the shared libraries are there that Qt takes from the system."""
    reason = why_qt_fails(*platforms)
    if not reason:
        return
    with_apt([each for name in platforms for each in LIBRARIES[name]], "Qt cannot be loaded ({}).".format(reason))
    reason = why_qt_fails(*platforms)
    if reason:
        sys.exit("Qt still cannot be loaded: " + reason)


def set_up(testing):
    """Install what is missing; with everything in place, nothing is started and nothing but the stamp is read."""
    parts = done()

    def finish(*names):
        parts.update(names)
        STAMP.write_text("\n".join([fingerprint(), *sorted(parts)]))

    if ("tests" if testing else "program") not in parts:
        install("test" if testing else None)
        finish("program", *(["tests"] if testing else []))
    screen = os.environ.get("DISPLAY") and not os.environ.get("QT_QPA_PLATFORM") and not testing
    platforms = ["offscreen", "xcb"] if screen else ["offscreen"]
    if sys.platform == "linux" and not parts.issuperset(platforms):
        provide_libraries(*platforms)
        finish(*platforms)


def main(arguments):
    """Set up, then become the program or its tests."""
    testing = arguments[:1] == ["test"]
    try:
        set_up(testing)
    except OSError as problem:
        sys.exit("Kernelscope could not be set up: {}".format(problem))
    except KeyboardInterrupt:
        sys.exit("The set-up was interrupted; the next start begins it again.")
    if testing:
        os.chdir(ROOT)
    command = [str(PYTHON), *(["-m", "pytest", *arguments[1:]] if testing else [str(ROOT / "main.py"), *arguments])]
    if os.name == "nt":
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
