"""What is saved unasked, so that a crash costs seconds: each running program keeps its session in a folder of its own.

The folder holds `document.json`, which is replaced as a whole, and the arrays that it names, each written once: a moved
slider writes some kilobytes. Beside the folder lies a locked file; the system lets go of the lock when the program
ends, however it ends, so what is not locked was left by a crash.
"""

from __future__ import annotations

import secrets
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from explorer.model.document import Document
from explorer.model.lock import Lock, locked
from explorer.model.packing import npy
from explorer.model.session import member_name
from explorer.model.session_format import PICTURES, WEIGHTS, Session, encoded, to_plain
from explorer.model.writing import made_folder, write, written
from explorer.ops.op import Array
from explorer.refusal import Message, Refusal

DELAY = 1.0
"""Seconds between the last change and its writing."""
INTERVAL = 5.0
"""Seconds after which a change is written though changes go on."""
HEALTHY = 60.0
"""Seconds without a crash after which a recovery counts as a good one."""

DOCUMENT, ATTEMPTS, LOCK = "document.json", "attempts", ".lock"
CHANGED = "changed"
"""What of the document changed last: ids of layers, and `PICTURES`; beside the fields of the session."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A folder whose lock this program holds."""

    folder: Path
    lock: Lock

    def release(self, *, remove: bool) -> None:
        """Let go of the folder, and of what is in it."""
        if remove:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.release(remove=remove)


@dataclass(frozen=True, slots=True, eq=False)
class Recovered:
    """A session that a crash left behind, and the folder that this program goes on with.

    notes    what was done to it, and what in it could not be taken as it was
    changed  what had changed last
    """

    session: Session
    notes: tuple[Message, ...]
    claim: Claim
    changed: tuple[str, ...]


def claimed(folder: Path) -> Claim | None:
    """The folder for this program, or None where another one holds it."""
    lock = locked(folder.with_name(folder.name + LOCK))
    return None if lock is None else Claim(folder, lock)


class Autosave:
    """Saves on a thread of its own. `changed` and `close` are called from the thread of the window."""

    def __init__(
        self,
        folder: Path,
        *,
        continues: Recovered | None = None,
        delay: float = DELAY,
        interval: float = INTERVAL,
        healthy: float = HEALTHY,
        failed: Callable[[Refusal], None] = lambda refusal: None,
    ) -> None:
        """Save into a new folder inside of `folder`, or go on in the one that was recovered.

        `failed` is told on the thread when saving begins to fail, such as on a full disk; it is tried again.
        """
        self._root = folder
        self._claim = continues.claim if continues else None
        self._saved = continues.session.document if continues else None
        self._changed = list(continues.changed) if continues else []
        self._delay, self._interval = delay, interval
        self._failed = failed
        self._condition = threading.Condition()
        self._waiting: Session | None = None
        self._due = self._latest = 0.0
        self._healthy_at = monotonic() + healthy if continues is not None else None
        self._closing = self._failing = False
        self._asked = self._tried = 0
        self._names: dict[int, tuple[Array, str]] = {}
        self._thread = threading.Thread(target=self._work, name="autosave")
        self._thread.start()

    @property
    def folder(self) -> Path | None:
        """Where it saves; None before the first time."""
        return self._claim.folder if self._claim is not None else None

    def changed(self, session: Session) -> None:
        """This is the session now."""
        with self._condition:
            now = monotonic()
            if self._waiting is None:
                self._latest = now + self._interval
            self._waiting = session
            self._asked += 1
            self._due = min(now + self._delay, self._latest)
            self._condition.notify_all()

    def flush(self) -> bool:
        """Wait until everything is saved; False where that failed."""
        with self._condition:
            self._due = 0.0
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._tried >= self._asked)
            return not self._failing

    def close(self, clean: bool = True) -> None:
        """End the thread. After a clean end nothing is left; otherwise the last change is saved and stays."""
        with self._condition:
            self._closing = True
            if clean:
                self._waiting = None
            self._condition.notify_all()
        self._thread.join()
        if self._claim is not None:
            self._claim.release(remove=clean)
            self._claim = None

    def _work(self) -> None:
        while True:
            with self._condition:
                while not (self._closing or self._is_due(monotonic())):
                    self._condition.wait(self._patience(monotonic()))
                session, self._waiting = self._waiting, None
                number = self._asked
                if session is None and self._closing:
                    return
            if session is not None:
                self._try(session, number)
            if self._healthy_at is not None and monotonic() >= self._healthy_at and self._claim is not None:
                self._healthy_at = None
                forget_attempts(self._claim.folder)

    def _is_due(self, now: float) -> bool:
        waits = self._waiting is not None and now >= self._due
        return waits or (self._healthy_at is not None and now >= self._healthy_at)

    def _patience(self, now: float) -> float | None:
        times = [self._due] if self._waiting is not None else []
        times += [self._healthy_at] if self._healthy_at is not None else []
        return max(0.0, min(times) - now) if times else None

    def _try(self, session: Session, number: int) -> None:
        failing = True
        try:
            self._save(session)
            failing = False
        except (Refusal, OSError) as error:
            if not self._failing:
                self._failed(error if isinstance(error, Refusal) else Refusal("{reason}", reason=error))
        except Exception:
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
        with self._condition:
            self._failing, self._tried = failing, number
            if failing and self._waiting is None and not self._closing:
                self._waiting = session
                self._due = self._latest = monotonic() + self._interval
            self._condition.notify_all()

    def _save(self, session: Session) -> None:
        folder = self._folder()
        names: dict[int, tuple[Array, str]] = {}
        arrays: dict[str, Array] = {}

        def keep(kind: str, array: Array, digest: str | None) -> str:
            known = self._names.get(id(array))
            name = known[1] if known else member_name(kind, array, digest)
            names[id(array)] = array, name
            arrays[name] = array
            return name

        document = session.document
        changed = _difference(self._saved, document) or self._changed
        plain: dict[str, Any] = {**to_plain(session, keep), CHANGED: changed}
        text = encoded(plain, folder.name)
        for name, array in arrays.items():
            if not (folder / name).exists():
                with written(folder / name) as file:
                    for chunk in npy(array):
                        file.write(chunk)
        write(folder / DOCUMENT, text)
        self._saved, self._changed, self._names = document, changed, names
        for kind in (PICTURES, WEIGHTS):
            for file_path in (folder / kind).iterdir():
                if f"{kind}/{file_path.name}" not in arrays:
                    file_path.unlink(missing_ok=True)

    def _folder(self) -> Path:
        if self._claim is None:
            made_folder(self._root)
            self._claim = claimed(self._root / secrets.token_hex(8))
            if self._claim is None:
                raise Refusal("The folder {folder} cannot be locked.", folder=self._root)
        for kind in (PICTURES, WEIGHTS):
            made_folder(self._claim.folder / kind)
        return self._claim.folder


def _difference(old: Document | None, new: Document) -> list[str]:
    """Ids of the layers that are not the same any more, and `PICTURES` where the source is not."""
    if old is None:
        return []
    before = {node.id: node for node in old}
    changed = [node.id for node in new if before.get(node.id) is not node]
    return changed if old.source is new.source else [PICTURES, *changed]


def forget_attempts(folder: Path) -> None:
    """The recovery of this folder was a good one."""
    with suppress(OSError):
        (folder / ATTEMPTS).unlink(missing_ok=True)
