"""manifest.json: what was exported, from what and how; also what an interrupted run goes on from."""

from __future__ import annotations

import hashlib
import json
import platform
from itertools import groupby
from pathlib import Path
from time import monotonic
from typing import Any

import numba
import numpy as np
import PIL

from explorer import __version__, limits
from explorer.model.document import Document
from explorer.model.exporting.naming import Names
from explorer.model.exporting.wanted import Wanted
from explorer.model.session_format import Session, to_plain
from explorer.model.writing import made_folder, write
from explorer.ops.op import Array
from explorer.refusal import Refusal

NAME = "manifest.json"
_EVERY_SECONDS = 2.0

Entry = dict[str, Any]


class Manifest:
    """The manifest of one run into `folder`: written at once, then at most every two seconds, and by `write`.

    names    gives a name, unique in the folder, to the files of every input
    entries  one for each picture, or batch, that is exported
    """

    def __init__(self, folder: Path, document: Document, wanted: Wanted, *, resume: bool = False) -> None:
        """`resume` keeps what an earlier run with the same settings has written."""
        self._folder = made_folder(folder)
        self._head = _head(document, wanted)
        self._earlier = self._complete() if resume else []
        self.entries: list[Entry] = [entry for entries in self._earlier for entry in entries]
        self.names = Names(NAME, *(_stem(entries[0]) for entries in self._earlier))
        self.write()

    def done(self, file: str, sha256: str) -> list[Entry]:
        """What an earlier run made of a file with this name and hash, or []; given once."""
        for place, entries in enumerate(self._earlier):
            if (entries[0]["file"], entries[0]["sha256"]) == (file, sha256):
                return self._earlier.pop(place)
        return []

    def add(self, entry: Entry) -> None:
        """What was made of a picture; its files are there already."""
        self.entries.append(entry)
        if monotonic() - self._written > _EVERY_SECONDS:
            self.write()

    def write(self) -> None:
        """Bring manifest.json up to date."""
        text = json.dumps(self._head | {"inputs": self.entries}, indent=1, ensure_ascii=False, allow_nan=False)
        write(self._folder / NAME, text.encode("utf-8", "replace"))
        self._written = monotonic()

    def _complete(self) -> list[list[Entry]]:
        """Entries of the manifest that is there, by file, where the settings are the same and nothing is missing."""
        path = self._folder / NAME
        try:
            if path.stat().st_size > limits.current().file_bytes:
                raise ValueError("it is too large")
            manifest = json.loads(path.read_bytes())
            if manifest["settings"] != self._head["settings"]:
                return []
            by_stem = groupby(sorted(manifest["inputs"], key=_stem), _stem)
            found = [entries for entries in (list(entries) for _, entries in by_stem) if self._all_there(entries)]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Refusal(
                "{path} cannot be resumed from: {reason}.", path=path, reason=repr(error),
                hint="Remove it, or export without resuming.",
            ) from error  # fmt: skip
        return found

    def _all_there(self, entries: list[Entry]) -> bool:
        files = [file for entry in entries for array in entry["arrays"].values() for file in array["files"]]
        whole = all(len(entries) == entry["pictures_in_file"] and entry["sha256"] for entry in entries)
        return whole and all(".." not in Path(file).parts and (self._folder / file).is_file() for file in files)


def _stem(entry: Entry) -> str:
    """The name that all pictures of one file share the beginning of."""
    name: str = entry["name"]
    return name.partition("/")[0]


def _head(document: Document, wanted: Wanted) -> dict[str, Any]:
    origin = wanted.gradient
    asked = {
        "version": __version__,
        "format": wanted.format,
        "dtype": wanted.dtype or document.dtype,
        "layers": [node.name for node in wanted.nodes(document)],
        "values": wanted.activations,
        "gradient": origin and {
            "layer": document.node(origin.node).name, "output": origin.port, "kind": origin.kind,
            "index": list(origin.index), "picture": origin.picture,
        },
        "pipeline": pipeline(document),
    }  # fmt: skip
    import tifffile  # Costs the start of the program more than it is worth before anything is exported.

    libraries = {
        "numpy": np.__version__, "numba": numba.__version__, "pillow": PIL.__version__, "tifffile": tifffile.__version__
    }  # fmt: skip
    settings = hashlib.blake2b(json.dumps(asked, sort_keys=True).encode(), digest_size=16).hexdigest()
    about = {"program": "Kernelscope", "python": platform.python_version(), "libraries": libraries}
    return about | asked | {"settings": settings}


def pipeline(document: Document) -> dict[str, Any]:
    """The document as a session holds it, without pictures; in place of an array of weights stands its hash."""

    def hashed(kind: str, array: Array, digest: str | None) -> str:
        return hashlib.blake2b(f"{array.shape} {array.dtype.name} ".encode() + array.tobytes()).hexdigest()

    plain = to_plain(Session(document), hashed, pictures=False)
    return {name: plain[name] for name in ("format", "source", "nodes", "dtype")}
