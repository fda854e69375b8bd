"""What the system calls its processor."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def processor() -> str:
    """Its name; some systems run a program to tell it."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                name, _, value = line.partition(":")
                if name.strip() == "model name":
                    return value.strip()
    except OSError:
        pass
    return platform.processor() or os.environ.get("PROCESSOR_IDENTIFIER", "") or platform.machine()
