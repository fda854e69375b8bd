"""A file that the program writes is there whole or not at all."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from explorer.model import writing
from explorer.model.writing import made_folder, write, written
from explorer.refusal import Refusal

ROOT = Path(__file__).parent.parent


@pytest.fixture(params=["nameless", "hidden"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of keeping an unfinished file out of sight."""
    if request.param == "hidden":
        monkeypatch.setattr(writing, "_NAMELESS", 0)
    return str(request.param)


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.usefixtures("way")
def test_a_file_holds_what_was_written_last(tmp_path: Path) -> None:
    for data in (b"first", b"", b"a longer second"):
        write(tmp_path / "file", data)
        assert (tmp_path / "file").read_bytes() == data
    assert names(tmp_path) == ["file"]


@pytest.mark.usefixtures("way")
def test_an_error_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "file", b"old")

    def half() -> None:
        with written(tmp_path / "file") as file:
            file.write(b"half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.usefixtures("way")
def test_nobody_sees_a_file_before_it_is_whole(tmp_path: Path) -> None:
    with written(tmp_path / "file") as file:
        file.write(b"x" * 100_000)
        file.flush()
        assert not (tmp_path / "file").exists()
    assert (tmp_path / "file").stat().st_size == 100_000


@pytest.mark.usefixtures("way")
def test_the_file_can_be_sought_in_as_archives_need(tmp_path: Path) -> None:
    with written(tmp_path / "file") as file:
        file.write(b"....end")
        file.seek(0)
        file.write(b"head")
    assert (tmp_path / "file").read_bytes() == b"headend"


def failing(number: int) -> Any:
    def fail(*arguments: object, **named: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("call", ["open", "fsync"])
def test_every_failing_call_is_a_refusal_that_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    write(tmp_path / "file", b"old")
    with monkeypatch.context() as patch:
        patch.setattr(writing.os, call, failing(number))
        with pytest.raises(Refusal) as refused:
            write(tmp_path / "file", b"new")
    assert str(tmp_path) in str(refused.value)
    assert os.strerror(number) in str(refused.value)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.usefixtures("way")
def test_a_rename_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "file", b"old")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", failing(errno.EIO))
        with pytest.raises(Refusal, match="Input/output error"):
            write(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


FULL = """
import resource, sys
from pathlib import Path
from explorer.model.writing import write
from explorer.refusal import Refusal
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    write(Path(sys.argv[1]), b"x" * 200_000)
except Refusal as refusal:
    print(refusal)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is one of POSIX")
def test_a_disk_that_fills_up_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    write(tmp_path / "file", b"old")
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "file")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "file cannot be written to the folder" in ended.stdout
    assert "File too large" in ended.stdout
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("folder", "Is a directory"),
        ("missing/file", "No such file or directory"),
        ("file/file", "Not a directory"),
        ("n" * 300, "File name too long"),
    ],
)
def test_a_place_that_cannot_hold_a_file_is_refused_with_the_reason(tmp_path: Path, place: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Refusal, match=reason):
        write(tmp_path / place, b"new")
    assert names(tmp_path) == ["file", "folder"]


@pytest.mark.usefixtures("way")
def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.usefixtures("way")
def test_access_rights_stay(tmp_path: Path) -> None:
    write(tmp_path / "file", b"old")
    (tmp_path / "file").chmod(0o640)
    write(tmp_path / "file", b"new")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


KILLED = """
import sys
from pathlib import Path
from explorer.model.writing import written
with written(Path(sys.argv[1])) as file:
    file.write(b"x" * 1_000_000)
    file.flush()
    print("half", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no files without a name")
def test_a_kill_in_the_middle_leaves_the_old_file_alone_in_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "file", b"old")
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "file")], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"half\n"
        child.kill()
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_folder_is_made_with_those_above_it_or_refused(tmp_path: Path) -> None:
    assert made_folder(tmp_path / "a" / "b").is_dir()
    assert made_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Refusal, match="is a file, not a folder"):
        made_folder(tmp_path / "file")
    with pytest.raises(Refusal, match="cannot be made: Not a directory"):
        made_folder(tmp_path / "file" / "folder")
