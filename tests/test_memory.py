"""Memory that was freed: kept for the next layer, and counted as free."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FREED = """
import numpy as np
from explorer.model.memory import free_memory, keep_freed_memory, kept_memory
MB = 1 << 20
keep_freed_memory()
large, behind = np.ones(100 * MB, np.uint8), np.ones(1000)
before = kept_memory()
del large
kept = kept_memory()
assert kept > before + 99 * MB, (before, kept)
assert free_memory() >= kept
again = np.empty(100 * MB, np.uint8)
assert kept_memory() < kept, "a result of the same size has not taken its place"
huge = np.empty(2000 * MB, np.uint8)
del huge
assert kept_memory() < 700 * MB, "what is free at the end of the heap is not given back"
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there the C library is told what to keep")
def test_a_large_result_takes_the_place_of_the_one_before_and_what_is_kept_counts_as_free() -> None:
    found = subprocess.run(
        [sys.executable, "-c", FREED], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False
    )
    assert not found.returncode, found.stderr
