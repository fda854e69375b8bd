"""Lines of the cache: what memory is fetched and kept by."""

from __future__ import annotations

LINE_BYTES = 64


def odd_lines(count: int, itemsize: int) -> int:
    """Numbers rounded up to an odd count of lines: rows a power of two apart would fight for places in the cache."""
    line = LINE_BYTES // itemsize
    return (-(-count // line) | 1) * line
