"""How much memory is free, without a dependency."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_ASSUMED = 4 << 30
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of glibc's malloc.h


def free_memory() -> int:
    """Bytes that can be taken without swapping; 4 GB where the system does not say."""
    try:
        with Path("/proc/meminfo").open(encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return _ASSUMED


def keep_freed_memory() -> None:
    """Let glibc reuse large freed blocks instead of returning them: fresh pages cost up to 70 % of a layer's time.

    Blocks up to 32 MB (the most that glibc takes) then come from one heap for all threads, and the heap is given back
    only above 512 MB of free space. To be called before the first thread starts.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    for option, value in ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, 32 << 20), (_TRIM_THRESHOLD, 512 << 20)):
        mallopt(option, value)
