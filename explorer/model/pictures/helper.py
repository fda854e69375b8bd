"""The process that decodes doubtful files: one JSON line in for each file, one JSON line out, pixels as .npy.

It may be killed at any moment. It takes no more memory than its limit, and leaves when its input ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from explorer import limits
from explorer.model.pictures.decoding import decode
from explorer.refusal import Message, Refusal

_SPARE_BYTES = 1 << 30
_SPARE_SECONDS = 10


def main() -> None:
    """Answer until the input ends."""
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a codec that prints must not answer
    for line in sys.stdin.buffer:
        answer = _answer(json.loads(line))
        if hasattr(signal, "alarm"):
            signal.alarm(0)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    limits.change(limits.Limits(**job["limits"]))
    _confine()
    try:
        with Path(job["path"]).open("rb") as stream:
            decoded = decode(stream, job["name"], job["format"])
        with Path(job["output"]).open("wb") as output:
            np.save(output, decoded.pixels, allow_pickle=False)
    except Refusal as refusal:
        return {"refusal": written(refusal.message), "hint": refusal.hint}
    except OSError as error:
        text = "{name} cannot be read: {reason}."
        return {"refusal": [text, {"name": job["name"], "reason": error.strerror or str(error)}], "hint": ""}
    notes = [written(note) for note in decoded.notes]
    return {"white": decoded.white, "notes": notes, "format": decoded.file_format, "bits": decoded.bits}


def written(message: Message) -> list[Any]:
    """A message as plain values."""
    return [message.template, {name: str(value) for name, value in message.values.items()}]


def _confine() -> None:
    """A job that outlives its parent ends by itself, and memory is bounded; both only where the system can."""
    if hasattr(signal, "alarm"):
        signal.alarm(limits.current().decode_seconds + _SPARE_SECONDS)
    try:
        import resource

        most = 4 * limits.current().array_bytes + _SPARE_BYTES
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    except (ImportError, OSError, ValueError):
        pass
