"""Archives: .npz as one picture an array, and what else a zip may be. Names inside are labels, never paths."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from explorer import limits
from explorer.model.pictures.arrays import from_array, read_npy
from explorer.model.pictures.picture import CHANGEABLE, Picture
from explorer.ops.op import Cancelled, Tick, no_tick
from explorer.refusal import Refusal

ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
SESSION_MEMBER = "document.json"

_END = b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_COMMENT = 1 << 16
_DIRECTORY_BYTES_A_MEMBER = 1 << 10
_RATIO_COUNTS_FROM = 1 << 20
_ENCRYPTED = 1


def opened(stream: BinaryIO, name: str) -> zipfile.ZipFile:
    """The archive, its directory read; a Refusal names too many members before they take memory."""
    _check_directory(stream, name)
    try:
        archive = zipfile.ZipFile(stream)
    except Exception as error:
        raise Refusal("{name} is a damaged archive: {reason}.", name=name, reason=error) from error
    _check_count(name, len(archive.infolist()))
    return archive


def _check_count(name: str, count: int) -> None:
    most = limits.current().archive_members
    if count > most:
        raise Refusal(
            "{name} holds {count} members; the limit is {most}.", hint=CHANGEABLE, name=name, count=count, most=most
        )


def _check_directory(stream: BinaryIO, name: str) -> None:
    """`zipfile` makes an object for each entry of the directory before it can be asked how many there are."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
    tail = stream.read()
    at = len(tail) - _END_BYTES if tail[-_END_BYTES:].startswith(_END) else tail.rfind(_END)
    end = tail[at : at + _END_BYTES] if at >= 0 else b""
    if len(end) < _END_BYTES:
        raise Refusal("{name} is a damaged archive: it has no directory.", name=name)
    if tail[max(0, at - 20) :].startswith(b"PK\x06\x07"):
        raise Refusal("{name} is an archive in the ZIP64 form, for more than 4 GB.", name=name)
    _check_count(name, int.from_bytes(end[10:12], "little"))
    directory = int.from_bytes(end[12:16], "little")
    most = limits.current().archive_members * _DIRECTORY_BYTES_A_MEMBER
    if directory > most:
        raise Refusal(
            "{name} has an archive directory of {size} bytes; the limit is {most}.",
            hint=CHANGEABLE, name=name, size=directory, most=most,
        )  # fmt: skip
    stream.seek(0)


def is_session(archive: zipfile.ZipFile) -> bool:
    """Whether the archive is a saved session."""
    return SESSION_MEMBER in archive.namelist()


def pictures_in(
    archive: zipfile.ZipFile, name: str, path: str | None, tick: Tick = no_tick
) -> Iterator[Picture | Refusal]:
    """A picture for each array of an .npz, named file:member, or why it is none."""
    members = [each for each in archive.infolist() if not each.is_dir()]
    if not any(each.filename.endswith(".npy") for each in members):
        yield Refusal("{name} is an archive without an array.", name=name)
        return
    for member in members:
        try:
            yield _picture(archive, member, f"{name}:{member.filename.removesuffix('.npy')}", path, tick)
        except Refusal as refusal:
            yield refusal


def check_member(member: zipfile.ZipInfo, name: str) -> None:
    """Refuse a member that is encrypted, compressed by another method than deflate, or compressed too well."""
    if member.flag_bits & _ENCRYPTED:
        raise Refusal("{name} is encrypted.", name=name)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refusal(
            "{name} is compressed with method {method}; read are 0 (stored) and 8 (deflate).",
            name=name, method=member.compress_type,
        )  # fmt: skip
    most = limits.current().archive_ratio
    # What stays small cannot do harm, and a plain mask shrinks a thousandfold.
    if member.file_size > max(_RATIO_COUNTS_FROM, most * member.compress_size):
        raise Refusal(
            "{name} is compressed from {size} to {held} bytes; the limit is {most} times.",
            hint=CHANGEABLE, name=name, size=member.file_size, held=member.compress_size, most=most,
        )  # fmt: skip


def _picture(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, path: str | None, tick: Tick) -> Picture:
    if not member.filename.endswith(".npy"):
        raise Refusal("{name} is not an array.", name=name)
    check_member(member, name)
    try:
        with archive.open(member) as stream:
            array = read_npy(cast(BinaryIO, stream), name, member.file_size, tick)
    except (Refusal, Cancelled):
        raise
    except Exception as error:
        raise Refusal("{name} is damaged: {reason}.", name=name, reason=error) from error
    return from_array(array, name, path=path, copy=False)
