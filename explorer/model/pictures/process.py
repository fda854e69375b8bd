"""Doubtful files are decoded in a process of their own: it can be killed when it takes too long or is not wanted.

Starting it costs about 0.2 s, once for all files of one opening.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from explorer import limits
from explorer.model.pictures.decoding import Decoded
from explorer.model.pictures.picture import CHANGEABLE
from explorer.ops.op import Tick
from explorer.refusal import Refusal, message

_ROOT = Path(__file__).resolve().parents[3]
# Isolated from the environment and from the folder that it starts in; the import path is that of this process.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from explorer.model.pictures.helper import main; main()"
)
_POLL_SECONDS = 0.02


class DecodingProcess:
    """Starts with the first file and again after it was killed; ends with the `with` block."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader: threading.Thread | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kill()
        if self._folder is not None:
            self._folder.cleanup()

    def decode(self, path: Path, name: str, file_format: str, tick: Tick) -> Decoded:
        """As `decoding.decode`; also a Refusal after `limits.decode_seconds`. What `tick` raises ends the process."""
        try:
            return self._decode(path, name, file_format, tick)
        except Refusal:
            raise
        except BaseException:
            self._kill()
            raise

    def _decode(self, path: Path, name: str, file_format: str, tick: Tick) -> Decoded:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="kernelscope-")
        output = Path(self._folder.name) / "pixels.npy"
        job = {"path": os.fspath(path.absolute()), "name": name, "format": file_format, "output": os.fspath(output),
               "limits": asdict(limits.current())}  # fmt: skip
        answer = self._ask(job, name, tick)
        if "refusal" in answer:
            template, values = answer["refusal"]
            raise Refusal(template, hint=answer["hint"], **values)
        pixels = np.load(output, allow_pickle=False)
        output.unlink()
        notes = tuple(message(template, **values) for template, values in answer["notes"])
        return Decoded(pixels, answer["white"], notes, answer["format"], answer["bits"])

    def _ask(self, job: dict[str, Any], name: str, tick: Tick) -> dict[str, Any]:
        process = self._process or self._start()
        assert process.stdin is not None
        seconds = limits.current().decode_seconds
        end = time.monotonic() + seconds
        try:
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            raise self._ended(name) from None
        while True:
            try:
                line = self._answers.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                tick()
                if time.monotonic() < end:
                    continue
                self._kill()
                raise Refusal(
                    "{name} takes longer than {seconds} s to decode.",
                    hint=CHANGEABLE, name=name, seconds=seconds,
                ) from None  # fmt: skip
            if not line:
                raise self._ended(name)
            answer: dict[str, Any] = json.loads(line)
            return answer

    def _start(self) -> subprocess.Popen[bytes]:
        paths = [os.fspath(_ROOT), *(each for each in sys.path if Path(each).is_absolute())]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, json.dumps(paths)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._answers = queue.SimpleQueue()
        self._reader = threading.Thread(
            target=_read, args=(self._process.stdout, self._answers), name="decoded", daemon=True
        )
        self._reader.start()
        return self._process

    def _ended(self, name: str) -> Refusal:
        code = self._kill()
        return Refusal("{name} cannot be decoded: the decoder ended with code {code}.", name=name, code=code)

    def _kill(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        code = process.poll()
        process.kill()
        process.wait()
        if self._reader is not None:
            self._reader.join()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was still to be written has no reader
                    pipe.close()
        return process.returncode if code is None else code


def _read(lines: Any, answers: queue.SimpleQueue[bytes]) -> None:
    for line in lines:
        answers.put(line)
    answers.put(b"")
