"""Sessions in one file: a zip with `document.json` and the arrays that it names, so that nothing outside is needed.

The names of members are labels: a document that names a path out of the archive is refused, and members that it does
not name are never looked at.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import numpy as np

from explorer import limits
from explorer.model.packing import LARGEST_ARCHIVE, Member, archive_bytes, member, npy, write_archive
from explorer.model.pictures.archive import SESSION_MEMBER, ZIP_MAGICS, check_member, opened
from explorer.model.pictures.arrays import read_npy
from explorer.model.pictures.opening import readable
from explorer.model.pictures.picture import CHANGEABLE, label
from explorer.model.session_format import PICTURES, Session, decoded, encoded, from_plain, to_plain
from explorer.model.writing import written
from explorer.ops.op import Array, Cancelled
from explorer.refusal import Refusal

__all__ = ["SUFFIX", "Session", "load", "save"]

SUFFIX = ".kscope"

DIMENSIONS = range(1, 9)
"""Of the arrays of a session; pictures have three or four."""

_packed: dict[str, Member] = {}
"""The compressed pictures of the session that was saved last, by their names, which follow from their numbers."""


def digest_of(array: Array) -> str:
    """BLAKE2b of shape, type and numbers."""
    digest = hashlib.blake2b(f"{array.shape} {array.dtype.str} ".encode(), digest_size=32)
    for chunk in npy(array)[1:]:
        digest.update(chunk)
    return digest.hexdigest()


def member_name(kind: str, array: Array, digest: str | None) -> str:
    """Where an array stands in a session: equal arrays once."""
    return f"{kind}/{(digest or digest_of(array))[:40]}.npy"


def save(session: Session, path: Path, *, pictures: bool = True) -> None:
    """Write the session to `path`, whole or not at all; without `pictures` it is a pipeline.

    A Refusal names the reason, also where the file would be above the limits that hold when it is opened again.
    """
    global _packed
    name = label(path)
    arrays: dict[str, Member] = {}

    def keep(kind: str, array: Array, digest: str | None) -> str:
        at = member_name(kind, array, digest)
        if at not in arrays:
            arrays[at] = _packed.get(at) or member(at, npy(array), compress=kind == PICTURES)
        return at

    plain = to_plain(session, keep, pictures=pictures)
    document = member(SESSION_MEMBER, [encoded(plain, name)], compress=True)
    members = [document, *arrays.values()]
    _check(members, name)
    _packed = {at: each for at, each in arrays.items() if at.startswith(PICTURES)}
    with written(path) as file:
        write_archive(file, members)


def _check(members: list[Member], name: str) -> None:
    limit = limits.current()
    size, most = archive_bytes(members), min(limit.file_bytes, LARGEST_ARCHIVE)
    if size > most:
        raise Refusal(
            "{name} would have {size} bytes; the limit is {most}.", name=name, size=size, most=most,
            hint=f"Save it without pictures. {CHANGEABLE}",
        )  # fmt: skip
    if len(members) > limit.archive_members:
        raise Refusal(
            "{name} would hold {count} members; the limit is {most}.",
            name=name, count=len(members), most=limit.archive_members, hint=CHANGEABLE,
        )  # fmt: skip


def load(path: Path) -> tuple[Session, tuple[Refusal, ...]]:
    """The session in the file, and a warning for everything in it that could not be taken as it was.

    A Refusal names the file and what is wrong: no session, damage, a limit, a newer format, a member that is missing.
    """
    name = label(path)
    with readable(path, name) as (stream, _):
        if not stream.read(4).startswith(ZIP_MAGICS):
            raise Refusal("{name} is no session.", name=name)
        with opened(stream, name) as archive:
            if SESSION_MEMBER not in archive.namelist():
                raise Refusal("{name} is an archive, but no session: it has no {member}.",
                              name=name, member=SESSION_MEMBER)  # fmt: skip
            text = _document(archive, name)
            return from_plain(decoded(text, name), fetcher(lambda member: _array(archive, member, name), name), name)


def fetcher(read: Callable[[str], Array], name: str) -> Callable[[str], Array]:
    """`read`, for names that stay inside, once for each."""
    known: dict[str, Array] = {}

    def fetch(member: str) -> Array:
        if member not in known:
            place = PurePosixPath(member)
            if not member or place.is_absolute() or ".." in place.parts or "\\" in member or ":" in member:
                raise Refusal("{name} names the member {member}, which lies outside of it.",
                              name=name, member=repr(member))  # fmt: skip
            array = read(member)
            array = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
            array.flags.writeable = False
            known[member] = array
        return known[member]

    return fetch


def _document(archive: zipfile.ZipFile, name: str) -> bytes:
    found = archive.getinfo(SESSION_MEMBER)
    check_member(found, f"{name}:{SESSION_MEMBER}")
    most = limits.current().json_bytes
    if found.file_size > most:
        raise Refusal("The JSON of {name} has {size} bytes; the limit is {most}.", hint=CHANGEABLE,
                      name=name, size=found.file_size, most=most)  # fmt: skip
    try:
        return archive.read(found)
    except Exception as error:
        raise _damaged(name, SESSION_MEMBER, error) from error


def _array(archive: zipfile.ZipFile, member: str, name: str) -> Array:
    try:
        found = archive.getinfo(member)
    except KeyError:
        raise Refusal("{name} names the member {member}, which is not there.", name=name, member=repr(member)) from None
    inside = f"{name}:{member}"
    check_member(found, inside)
    try:
        with archive.open(found) as stream:
            array = read_npy(cast(BinaryIO, stream), inside, found.file_size, dimensions=DIMENSIONS)
            # What follows the numbers is part of the checksum, which is compared at the end alone.
            if stream.read(1):
                raise Refusal("{name} goes on behind its numbers.", name=inside)
    except (Refusal, Cancelled):
        raise
    except Exception as error:
        raise _damaged(name, member, error) from error
    return array


def _damaged(name: str, member: str, error: Exception) -> Refusal:
    return Refusal("{name} is damaged at {member}: {reason}.", name=name, member=repr(member), reason=error)
