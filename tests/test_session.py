"""A saved session is the whole state in one file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sessions import assert_same, example, forged, node, npy, plain, shown
from toys import picture, toys

from explorer.model import packing, session_format
from explorer.model import session as session_module
from explorer.model.document import Document, Source
from explorer.model.editing import add
from explorer.model.evaluation import Evaluation
from explorer.model.pictures import Picture
from explorer.model.session import Session, load, save
from explorer.refusal import Refusal


@pytest.fixture(autouse=True)
def _toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with toys(monkeypatch):
        yield


def test_everything_comes_back(tmp_path: Path) -> None:
    save(example(), tmp_path / "a.kscope")
    session, warnings = load(tmp_path / "a.kscope")
    assert not warnings
    assert_same(example(), session)
    assert session.view == example().view
    assert dict(session.window) == example().window
    assert session.document.node("n2").weights["w"].dtype == np.float64
    assert session.document.node("n1").params == example().document.node("n1").params


def test_a_session_computes_the_same_numbers_after_it_was_opened(tmp_path: Path) -> None:
    document, _ = add(Document(Source((picture(),))), "mix")
    save(Session(document), tmp_path / "a.kscope")
    again = load(tmp_path / "a.kscope")[0].document
    one, other = (Evaluation().run(each).results["n1"].ys[0] for each in (document, again))
    assert np.array_equal(one, other)


@pytest.mark.parametrize(
    "pixels",
    [
        np.array([[[0], [1]]], np.uint8),
        np.full((2, 2, 3), 65535, np.uint16),
        np.full((2, 2, 4), -7, np.int32),
        np.array([[[np.nan], [np.inf], [-0.0]]], np.float32),
        np.full((2, 1, 2), 1e300),
        np.zeros((2, 5, 3, 4), np.float32),
        np.zeros((1500, 1500, 1), np.uint8),
    ],
    ids=lambda pixels: f"{pixels.dtype} {pixels.shape}",
)
def test_pictures_keep_their_numbers_bit_for_bit(tmp_path: Path, pixels: Any) -> None:
    kind = "tensor" if pixels.ndim == 4 else "image"
    kept = Picture.of(pixels, "kept", white=3.0, kind=kind)
    save(Session(Document(Source((kept,)))), tmp_path / "a.kscope")
    (again,) = load(tmp_path / "a.kscope")[0].document.source.pictures
    assert again == kept
    assert again.pixels.tobytes() == pixels.tobytes()
    assert not again.pixels.flags.writeable


def test_a_session_holds_its_pictures_and_equal_ones_once(tmp_path: Path) -> None:
    save(example(), tmp_path / "a.kscope")
    with zipfile.ZipFile(tmp_path / "a.kscope") as archive:
        assert archive.testzip() is None
        assert sum(name.startswith("pictures/") for name in archive.namelist()) == 2
        assert sum(name.startswith("weights/") for name in archive.namelist()) == 1


def test_a_pipeline_is_saved_without_its_pictures(tmp_path: Path) -> None:
    save(example(), tmp_path / "a.kscope", pictures=False)
    document = load(tmp_path / "a.kscope")[0].document
    assert document.source.pictures == ()
    assert (document.source.rule, document.source.whole) == ("fit", True)
    assert [each.op for each in document] == ["scale", "mix", "halve", "restore"]


def test_equal_sessions_are_equal_files(tmp_path: Path) -> None:
    save(example(), tmp_path / "a.kscope")
    save(load(tmp_path / "a.kscope")[0], tmp_path / "b.kscope")
    assert (tmp_path / "a.kscope").read_bytes() == (tmp_path / "b.kscope").read_bytes()


def test_saving_again_compresses_no_picture_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = example()
    save(session, tmp_path / "a.kscope")
    packed: list[str] = []

    def watching(name: str, chunks: Any, *, compress: bool) -> packing.Member:
        packed.append(name)
        return packing.member(name, chunks, compress=compress)

    monkeypatch.setattr(session_module, "member", watching)
    save(replace(session, window={}), tmp_path / "a.kscope")
    assert packed
    assert not any(name.startswith("pictures/") for name in packed)
    assert_same(replace(session, window={}), load(tmp_path / "a.kscope")[0])


def test_an_unknown_operation_is_kept_untouched_and_reported(tmp_path: Path) -> None:
    weights = np.arange(6, dtype=np.int64)
    unknown = node(
        op="dreaming", params={"depth": 3, "of": {"electric": ["sheep", None]}}, weights={"w": "weights/w.npy"},
        seed=7, enabled=False, comment="made by version 9", colour={"hue": 0.5},
    )  # fmt: skip
    after = node(id="n2", name="scale2", inputs=[["n1", "vision"]])
    forged(tmp_path / "a.kscope", plain(unknown, after), {"weights/w.npy": npy(weights)})
    session, warnings = load(tmp_path / "a.kscope")
    assert [str(each) for each in warnings] == [
        "scale1 is kept but cannot run. The operation 'dreaming' is unknown to this version."
    ]
    kept = session.document.node("n1")
    assert kept.operation is None
    assert dict(kept.extra) == {"comment": "made by version 9", "colour": {"hue": 0.5}}
    save(session, tmp_path / "b.kscope")
    with zipfile.ZipFile(tmp_path / "b.kscope") as archive:
        again = json.loads(archive.read("document.json"))["nodes"]
        (at,) = again[0].pop("weights").values()
        assert np.array_equal(np.load(io.BytesIO(archive.read(at))), weights)
    assert again[0] == {name: value for name, value in unknown.items() if name != "weights"}
    assert again[1]["inputs"] == [["n1", "vision"]]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"params": {"factor": 11}}, r"Factor is 11; it lies between -10 and 10"),
        ({"params": {"factor": "nan"}}, r"Factor is 'nan'; it takes a finite number"),
        ({"params": {"power": 2}}, r"no parameter 'power'"),
        ({"inputs": [["source", "x"], ["source", "x"]]}, r"It has 2 inputs; Scale takes 1"),
        ({"weights": {"w": "weights/nan.npy"}}, r"weights w are not all finite"),
        ({"weights": {"w": "weights/whole.npy"}}, r"weights w are not all finite real"),
    ],
)
def test_a_layer_that_is_not_understood_is_kept_untouched_and_the_others_run(
    tmp_path: Path, fields: dict[str, Any], reason: str
) -> None:
    members = {"weights/nan.npy": npy([[np.nan]]), "weights/whole.npy": npy([[1]])}
    other = node(id="n2", name="scale2")
    forged(tmp_path / "a.kscope", plain(node(**fields), other, pictures=[shown()]),
           members | {"pictures/a.npy": npy(picture().pixels)})  # fmt: skip
    session, (warning,) = load(tmp_path / "a.kscope")
    with pytest.raises(Refusal, match=reason):
        raise warning
    evaluated = Evaluation().run(session.document)
    assert set(evaluated.results) == {"n2"}
    assert "unknown to this version" in str(evaluated.reason("n1"))
    save(session, tmp_path / "b.kscope")
    again = load(tmp_path / "b.kscope")[0].document.node("n1")
    assert again.params == fields.get("params", {})
    assert len(again.inputs) == len(fields.get("inputs", [1]))
    assert again.weights.keys() == fields.get("weights", {}).keys()


def test_arrays_of_another_byte_order_and_layout_are_taken_as_the_same_numbers(tmp_path: Path) -> None:
    pixels = np.asfortranarray(np.arange(12, dtype=">u2").reshape(2, 3, 2))
    forged(tmp_path / "a.kscope", plain(pictures=[shown()]), {"pictures/a.npy": npy(pixels)})
    (again,) = load(tmp_path / "a.kscope")[0].document.source.pictures
    assert again.pixels.dtype == np.dtype("=u2")
    assert again.pixels.flags.c_contiguous
    assert np.array_equal(again.pixels, pixels)


def test_a_name_of_a_file_that_is_no_text_can_be_saved(tmp_path: Path) -> None:
    odd = replace(picture(), path="/home/me/\udcff.png")
    save(Session(Document(Source((odd,)))), tmp_path / "a.kscope")
    assert load(tmp_path / "a.kscope")[0].document.source.pictures[0].path == "/home/me/?.png"


def test_older_formats_are_brought_up_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_format, "FORMAT", 3)
    monkeypatch.setattr(session_format, "MIGRATIONS", {
        1: lambda old: {**old, "layers": old["chain"]},
        2: lambda old: {**old, "nodes": old["layers"]},
    })  # fmt: skip
    old = {"format": 1, "source": {"pictures": []}, "chain": [node()]}
    assert load(forged(tmp_path / "a.kscope", old))[0].document.has("n1")
