"""The tables of the benchmark of kernels."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.kernels.tables import best_peer, page, summary, verdict


def _row(ratio: float, other: float = 9.0) -> dict[str, Any]:
    def found(median: float) -> dict[str, float]:
        return {"low": median - 0.1, "median": median, "high": median + 0.1, "ms": 2 * median}

    peers = {"slow": found(other), "quick": found(ratio)}
    return {"work": "W1", "ms": 2.0, "peers": peers, "must": 1.3, "aim": 1.7, "of peak": 0.5, "rounds": 9}


def test_the_best_peer_is_the_one_with_the_least_ratio() -> None:
    assert best_peer(_row(1.5))[0] == "quick"
    assert summary([_row(2.0), _row(8.0)]) == (pytest.approx(4.0), 2.0)


@pytest.mark.parametrize(("ratio", "expected"), [(1.2, "missed"), (1.3, "must"), (1.7, "aim")])
def test_a_row_says_what_was_reached(ratio: float, expected: str) -> None:
    assert verdict(_row(ratio)) == expected


def test_parts_of_a_run_are_one_page() -> None:
    def run(group: str) -> dict[str, Any]:
        figures = {"peak GFLOP/s": 170.0, "versions": {"PyTorch": "2"}, "groups": {group: [_row(1.5)]}}
        around = {
            "time": "now",
            "system": "here",
            "processors": 2,
            "numpy": "2",
            "numba": "0",
            "processors of others": "0",
        }
        return {"figures": figures, **around}

    made = page([run("Pooling"), run("Softmax"), run("Softmax")])
    assert made.count("### ") == 2
    assert made.count("| W1 | 2 | quick | 3 | **1.50** | 1.40–1.60 | 1.3 | 1.7 | must | 50% |") == 3
