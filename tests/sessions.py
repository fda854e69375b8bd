"""Sessions for tests: one of everything, and ones that somebody else wrote."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from toys import picture

from explorer.model import session as session_module
from explorer.model import session_format
from explorer.model.display import View
from explorer.model.document import Document, Source
from explorer.model.editing import add, set_weight, switch
from explorer.model.gradients import Origin
from explorer.model.session import Session
from explorer.refusal import message


def example() -> Session:
    noted = replace(picture("b", (5, 4, 1), 1), path="/home/me/b.png", notes=(message("first of {n} frames", n=3),))
    document = Document(Source((picture("a"), noted, picture("a again")), "fit", True), dtype="float64")
    for op in ("scale", "mix", "halve", "restore"):
        document, _ = add(document, op)
    document = set_weight(document, "n2", "w", np.linspace(-1, 1, 6).reshape(2, 3))
    document = switch(document, "n1", enabled=False)
    document = document.with_node(replace(document.node("n2"), seed=12345, name="mischt größer"))
    view = View("n2", "y", 1, "both", "map", "grey", Origin("n2", "y", "unit", (0, 1, 2), 1), 2, 8, (3, 4))
    return Session(document, view, {"zoom": 1.5, "pinned": [1, 2], "docks": {"inspector": True}, "tour": None})


def assert_same(one: Session, other: Session) -> None:
    def plain(session: Session) -> dict[str, Any]:
        return session_format.to_plain(session, session_module.member_name)

    assert plain(one) == plain(other)
    for a, b in zip(one.document.source.pictures, other.document.source.pictures, strict=True):
        assert a == b
        assert np.array_equal(a.pixels, b.pixels)
        assert a.pixels.dtype == b.pixels.dtype


def forged(path: Path, plain: Any, members: dict[str, bytes] | None = None) -> Path:
    """A session by somebody else."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("document.json", plain if isinstance(plain, bytes) else json.dumps(plain))
        for name, data in (members or {}).items():
            archive.writestr(name, data)
    return path


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def node(**fields: Any) -> dict[str, Any]:
    return {"id": "n1", "op": "scale", "name": "scale1", "params": {}, "inputs": [["source", "x"]]} | fields


def plain(*nodes: dict[str, Any], pictures: list[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    return {"format": 1, "source": {"pictures": pictures or []}, "nodes": list(nodes)} | fields


def shown(member: str = "pictures/a.npy", **fields: Any) -> dict[str, Any]:
    return {"member": member, "name": "a", "white": 255, "kind": "image"} | fields
