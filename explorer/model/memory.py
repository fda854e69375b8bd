"""How much memory is free, and that freed memory is kept for the next layer, without a dependency."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

_ASSUMED = 4 << 30
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8  # of glibc's malloc.h
_FREE = 8
"""Which number of glibc's `struct mallinfo2` counts the free bytes of the heap."""


def free_memory() -> int:
    """Bytes that can be taken without swapping, those that this program keeps free included; 4 GB where nobody says."""
    try:
        with Path("/proc/meminfo").open(encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024 + kept_memory()
    except OSError:
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return _ASSUMED


class _Heap(ctypes.Structure):
    _fields_ = (("numbers", ctypes.c_size_t * 10),)


def kept_memory() -> int:
    """Bytes that were freed and are kept for what comes next; 0 where the C library does not say."""
    mallinfo = _of_libc("mallinfo2")
    if mallinfo is None:
        return 0
    mallinfo.restype = _Heap
    return int(mallinfo().numbers[_FREE])


def keep_freed_memory() -> None:
    """Let glibc reuse freed blocks instead of returning them: fresh pages cost up to 70 % of a layer's time.

    Blocks of any size then come from one heap for all threads, and the end of the heap is given back only above 512 MB
    of free space. To be called before the first thread starts.
    """
    mallopt = _of_libc("mallopt")
    if mallopt is not None:
        for option, value in ((_ARENA_MAX, 1), (_MMAP_MAX, 0), (_TRIM_THRESHOLD, 512 << 20)):
            mallopt(option, value)


def _of_libc(name: str) -> Any:
    """A function of Linux's C library, or None."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
