"""Files that are there whole or not at all.

What is written goes to a nameless or hidden file in the same folder, to the disk, and then takes the place of the old
one in a single step: a full disk, an error at any write and a kill at any moment leave the old file as it was.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from explorer.refusal import Refusal

PART = ".part"
"""How the hidden file ends; where the system has no nameless ones, a kill may leave a part of one behind."""

_NAMELESS = getattr(os, "O_TMPFILE", 0)
_DESCRIPTORS = "/proc/self/fd"
_BINARY = getattr(os, "O_BINARY", 0)
_HINTS = {
    errno.ENOSPC: "Free some space, or choose another folder.",
    errno.EDQUOT: "Free some space, or choose another folder.",
    errno.EACCES: "Choose another folder.",
    errno.EPERM: "Choose another folder.",
    errno.EROFS: "Choose another folder.",
}


@contextmanager
def written(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A binary file, seekable, that takes the place of `path` when the block ends without an exception.

    A link is followed. The access rights of a file that was there stay. `durable=False` leaves it to the system when
    the bytes reach the disk: enough against a kill of the program, not against a loss of power.
    Every OSError in the block becomes a Refusal that names file, folder and reason.
    """
    try:
        target = Path(os.path.realpath(path))
        part = target.parent / f".{secrets.token_hex(8)}{PART}"
        descriptor, named = _opened(target.parent, part)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                yield cast(BinaryIO, file)
                file.flush()
                _keep_rights(descriptor, target)
                if durable:
                    os.fsync(descriptor)
                if not named:
                    _link(descriptor, target)
            if named:
                part.replace(target)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        if durable:
            _sync(target.parent)
    except OSError as error:
        raise _cannot(path, error) from error


def write(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put `data` into the file `path`, whole or not at all; errors as those of `written`."""
    with written(path, durable=durable) as file:
        file.write(data)


def made_folder(path: Path) -> Path:
    """`path`, a folder that is made with those above it where it is missing; a Refusal where that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise Refusal("{path} is a file, not a folder.", path=path) from error
    except OSError as error:
        raise Refusal(
            "The folder {path} cannot be made: {reason}.",
            path=path, reason=_reason(error), hint=_HINTS.get(error.errno or 0, ""),
        ) from error  # fmt: skip
    return path


def _opened(folder: Path, part: Path) -> tuple[int, bool]:
    """A descriptor to write to, and whether the file has the name `part` already."""
    if _NAMELESS and os.path.isdir(_DESCRIPTORS):  # noqa: PTH112
        try:
            return os.open(folder, os.O_RDWR | _NAMELESS, 0o666), False
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT):
                raise
    return os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o666), True


def _link(descriptor: int, target: Path) -> None:
    """Name the nameless file `target`.

    A name that is taken can only be replaced by another name: a kill between the two calls leaves the whole file under
    that one too, so it follows from the target and is used again.
    """
    source = f"{_DESCRIPTORS}/{descriptor}"
    part = target.with_name(f".{hashlib.blake2b(os.fsencode(target.name), digest_size=8).hexdigest()}{PART}")
    folder = os.open(target.parent, os.O_RDONLY)  # only with a folder does link() follow the source to the file
    try:
        os.link(source, target.name, dst_dir_fd=folder, follow_symlinks=True)
    except FileExistsError:
        part.unlink(missing_ok=True)
        os.link(source, part.name, dst_dir_fd=folder, follow_symlinks=True)
        try:
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise
    finally:
        os.close(folder)


def _keep_rights(descriptor: int, target: Path) -> None:
    with suppress(OSError, AttributeError):
        os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))


def _sync(folder: Path) -> None:
    """Bring the new name to the disk too, where the system can sync a folder."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _cannot(path: Path, error: OSError) -> Refusal:
    return Refusal(
        "{name} cannot be written to the folder {folder}: {reason}.",
        name=path.name, folder=path.parent, reason=_reason(error), hint=_HINTS.get(error.errno or 0, ""),
    )  # fmt: skip
