"""Files that one program holds: the system lets go of them when the program ends, however it ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from explorer.refusal import Refusal

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@dataclass(frozen=True, slots=True)
class Lock:
    """A file that is held by this program."""

    path: Path
    descriptor: int

    def release(self, *, remove: bool = False) -> None:
        """Let go of the file, and do away with it on request."""
        if remove and sys.platform != "win32":
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
        os.close(self.descriptor)
        if remove and sys.platform == "win32":  # which removes no file that is open
            with suppress(OSError):
                self.path.unlink(missing_ok=True)


def locked(path: Path) -> Lock | None:
    """The file, made where it is missing and held; None where another program, or this one, holds it already."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _cannot(path, error) from error
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        os.close(descriptor)
        return None
    except OSError as error:
        os.close(descriptor)
        raise _cannot(path, error) from error
    return Lock(path, descriptor)


def _cannot(path: Path, error: OSError) -> Refusal:
    return Refusal("{path} cannot be locked: {reason}.", path=path, reason=error.strerror or error)
