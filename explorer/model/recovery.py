"""What a crash left behind: found by its lock, which nobody holds any more, and opened again.

A session that crashes the program each time it is opened must not lock the person out. The third attempt within a
minute opens it without what had changed last, and later ones without anything that is computed; the session as it was
is kept as a file then.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from explorer.model.autosave import ATTEMPTS, CHANGED, DOCUMENT, Claim, Recovered, claimed
from explorer.model.document import Document
from explorer.model.pictures.arrays import read_npy
from explorer.model.pictures.opening import readable
from explorer.model.session import DIMENSIONS, SUFFIX, fetcher, save
from explorer.model.session_format import PICTURES, Session, decoded, from_plain
from explorer.model.writing import write
from explorer.ops.op import Array
from explorer.refusal import Message, Refusal, message

WITHOUT_CULPRIT = 3
"""The attempt from which on something is left out."""


@dataclass(frozen=True, slots=True)
class Found:
    """A session that a program left behind.

    saved     when it was saved last
    attempts  how often it was opened again without a minute that went well
    """

    folder: Path
    saved: datetime
    attempts: int


def recoverable(folder: Path) -> tuple[Found, ...]:
    """What programs that are gone left inside of `folder`, newest first; what holds nothing is cleared away."""
    found = []
    try:
        inside = [each for each in folder.iterdir() if each.is_dir()]
    except OSError:
        return ()
    for each in inside:
        try:
            claim = claimed(each)
        except Refusal:
            continue
        if claim is None:
            continue
        try:
            saved = (each / DOCUMENT).stat().st_mtime
            found.append(Found(each, datetime.fromtimestamp(saved), _attempts(each)))
            claim.release(remove=False)
        except FileNotFoundError:
            claim.release(remove=True)
        except OSError:
            claim.release(remove=False)
    return tuple(sorted(found, key=lambda each: each.saved, reverse=True))


def recover(found: Found) -> Recovered:
    """The session, to be handed to `Autosave(continues=...)`; counted as an attempt until a minute went well.

    A Refusal where another program has it, or where it cannot be read; `discard` does away with it.
    """
    claim = _claim(found)
    try:
        attempts = _attempts(found.folder) + 1
        with suppress(Refusal):  # on a full disk, opening it is all the more wanted
            write(found.folder / ATTEMPTS, str(attempts).encode())
        session, warnings, changed = _read(found.folder)
        notes: tuple[Message, ...] = tuple(warning.message for warning in warnings)
        if attempts >= WITHOUT_CULPRIT:
            session, notes = _without_culprit(found, session, changed, attempts, notes)
    except BaseException:
        claim.release(remove=False)
        raise
    return Recovered(session, notes, claim, changed)


def discard(found: Found) -> None:
    """Do away with what was left behind; a Refusal where another program has it."""
    _claim(found).release(remove=True)


def _claim(found: Found) -> Claim:
    claim = claimed(found.folder)
    if claim is None:
        raise Refusal("Another program has opened the session of {time} already.", time=_time(found))
    return claim


def _time(found: Found) -> str:
    return f"{found.saved:%Y-%m-%d %H:%M}"


def _attempts(folder: Path) -> int:
    try:
        text = (folder / ATTEMPTS).read_bytes()[:9]
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0


def _read(folder: Path) -> tuple[Session, tuple[Refusal, ...], tuple[str, ...]]:
    name = "The saved session"

    def read(member: str) -> Array:
        inside = f"{name}:{member}"
        with readable(folder / member, inside) as (stream, size):
            return read_npy(stream, inside, size, dimensions=DIMENSIONS)

    with readable(folder / DOCUMENT, name) as (stream, _):
        plain = decoded(stream.read(), name)
    session, warnings = from_plain(plain, fetcher(read, name), name)
    changed = plain.get(CHANGED)
    return session, warnings, tuple(map(str, changed)) if isinstance(changed, list) else ()


def _without_culprit(
    found: Found, session: Session, changed: tuple[str, ...], attempts: int, notes: tuple[Message, ...]
) -> tuple[Session, tuple[Message, ...]]:
    """The session in which the likely cause is switched off, after it was kept whole as a file."""
    kept = found.folder.parent / f"crashed {found.saved:%Y-%m-%d %H-%M-%S}{SUFFIX}"
    save(session, kept)
    document = session.document
    layers = [node.id for node in document if node.id in changed]
    known = attempts == WITHOUT_CULPRIT and (layers or PICTURES in changed)
    if not known:
        layers = [node.id for node in document]
    without_pictures = not known or PICTURES in changed
    names = ", ".join(document.node(id).name for id in layers) or "none"
    told = message(
        "Opening this session ended the program {count} times. Switched off: {layers}. Pictures left out: {pictures}. "
        "The session as it was is kept in {file}.",
        count=attempts - 1, layers=names, pictures="all" if without_pictures else "none", file=kept,
    )  # fmt: skip
    changed_document = _switched_off(document, layers)
    if without_pictures:
        changed_document = replace(changed_document, source=replace(document.source, pictures=()))
    return replace(session, document=changed_document), (*notes, told)


def _switched_off(document: Document, ids: Iterable[str]) -> Document:
    off = set(ids)
    return replace(
        document, nodes=tuple(replace(node, enabled=node.enabled and node.id not in off) for node in document)
    )
