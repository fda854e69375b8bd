"""Archives of arrays: members that are packed once and written many times.

`zipfile` compresses a member anew for each archive; saving a session after every edit would compress its pictures each
time. So the few structures of a zip (APPNOTE 4.3) are written here: a header before each member, then the directory.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from explorer.ops.op import Array

LARGEST_ARCHIVE = 2**32 - 1
_STORED, _DEFLATED = 0, 8
_VERSION = 20
_DAY = 1 << 5 | 1  # 1 January 1980, the first there is: equal sessions are equal files
_BOMB = 100
"""What shrinks more than this is stored as it is: readers take it for an archive that is made to fill the memory."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member as it stands in the file: `chunks` hold `packed` bytes, which unpack to `size`."""

    name: str
    chunks: tuple[bytes | memoryview, ...]
    method: int
    crc: int
    packed: int
    size: int


def npy(array: Array) -> tuple[bytes, memoryview]:
    """The header and the numbers of an .npy file."""
    header = io.BytesIO()
    described = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(header, described)
    return header.getvalue(), np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def member(name: str, chunks: Sequence[bytes | memoryview], *, compress: bool) -> Member:
    """A member with these bytes, compressed (fast rather than small) or as they are."""
    crc = size = 0
    for chunk in chunks:
        crc = zlib.crc32(chunk, crc)
        size += len(chunk)
    if compress:
        deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
        data = b"".join([*map(deflate.compress, chunks), deflate.flush()])
        if len(data) < size <= _BOMB * len(data):
            return Member(name, (data,), _DEFLATED, crc, len(data), size)
    return Member(name, tuple(chunks), _STORED, crc, size, size)


def archive_bytes(members: Iterable[Member]) -> int:
    """How long the archive of these members is."""
    return sum(30 + 46 + 2 * len(each.name) + each.packed for each in members) + 22


def write_archive(file: BinaryIO, members: Sequence[Member]) -> None:
    """The zip of these members, with ASCII names and below 4 GB."""
    directory = []
    offset = 0
    for each in members:
        name = each.name.encode("ascii")
        described = struct.pack(
            "<5H3I2H", _VERSION, 0, each.method, 0, _DAY, each.crc, each.packed, each.size, len(name), 0
        )
        file.write(b"PK\3\4" + described + name)
        for chunk in each.chunks:
            file.write(chunk)
        directory.append(b"PK\1\2" + struct.pack("<H", _VERSION) + described + struct.pack("<3H2I", 0, 0, 0, 0, offset))
        directory.append(name)
        offset += 30 + len(name) + each.packed
    listed = b"".join(directory)
    count = len(members)
    file.write(listed + b"PK\5\6" + struct.pack("<4H2IH", 0, 0, count, count, len(listed), offset, 0))
