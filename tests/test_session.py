"""A saved session is the whole state in one file, and no file can do harm by being opened."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import picture, toys

from explorer import limits
from explorer.model import packing, session_format
from explorer.model import session as session_module
from explorer.model.display import View
from explorer.model.document import Document, Source
from explorer.model.editing import add, set_weight, switch
from explorer.model.evaluation import Evaluation
from explorer.model.gradients import Origin
from explorer.model.pictures import Picture
from explorer.model.session import Session, load, save
from explorer.refusal import Refusal, message


@pytest.fixture(autouse=True)
def _toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with toys(monkeypatch):
        yield


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


@pytest.mark.parametrize(
    "member", ["/etc/passwd", "../a.npy", "pictures/../../a.npy", "C:\\a.npy", "a\\b.npy", "", "missing.npy", "."]
)
@pytest.mark.parametrize("kind", ["picture", "weight"])
def test_a_member_outside_or_missing_is_refused_with_its_name(tmp_path: Path, member: str, kind: str) -> None:
    np.save(tmp_path / "a.npy", picture().pixels)
    folder = tmp_path / "folder"
    folder.mkdir()
    content = plain(pictures=[shown(member)]) if kind == "picture" else plain(node(weights={"w": member}))
    forged(folder / "a.kscope", content)
    with pytest.raises(Refusal) as refused:
        load(folder / "a.kscope")
    assert repr(member) in str(refused.value)


def test_members_that_are_not_named_are_never_looked_at(tmp_path: Path) -> None:
    members = {"../../evil": b"x", "/etc/evil": b"x", "pictures/other.npy": b"no array", "document.json.bak": b"{"}
    forged(tmp_path / "a.kscope", plain(node()), members)
    session, warnings = load(tmp_path / "a.kscope")
    assert not warnings
    assert session.document.has("n1")
    assert [each.name for each in tmp_path.iterdir()] == ["a.kscope"]


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    array = npy(np.array([{"a": 1}], dtype=object))
    forged(tmp_path / "a.kscope", plain(pictures=[shown()]), {"pictures/a.npy": array})
    with pytest.raises(Refusal, match=r"pictures/a\.npy holds values of type"):
        load(tmp_path / "a.kscope")


@pytest.mark.parametrize(
    ("array", "fields"),
    [
        (np.zeros((2, 2), np.uint8), {}),
        (np.zeros((2, 2, 1), bool), {}),
        (np.zeros((2, 2, 1), np.float16), {}),
        (np.zeros((1, 1, 2, 2), np.uint8), {"kind": "tensor"}),
        (np.zeros((2, 2, 1), np.uint8), {"white": 0}),
        (np.zeros((2, 2, 1), np.uint8), {"white": -1}),
        (np.zeros((2, 2, 1), np.uint8), {"kind": "film"}),
    ],
)
def test_a_picture_that_is_none_is_refused(tmp_path: Path, array: Any, fields: dict[str, Any]) -> None:
    forged(tmp_path / "a.kscope", plain(pictures=[shown(**fields)]), {"pictures/a.npy": npy(array)})
    with pytest.raises(Refusal):
        load(tmp_path / "a.kscope")


def test_arrays_of_another_byte_order_and_layout_are_taken_as_the_same_numbers(tmp_path: Path) -> None:
    pixels = np.asfortranarray(np.arange(12, dtype=">u2").reshape(2, 3, 2))
    forged(tmp_path / "a.kscope", plain(pictures=[shown()]), {"pictures/a.npy": npy(pixels)})
    (again,) = load(tmp_path / "a.kscope")[0].document.source.pictures
    assert again.pixels.dtype == np.dtype("=u2")
    assert again.pixels.flags.c_contiguous
    assert np.array_equal(again.pixels, pixels)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "damaged session"),
        (b"[1, 2", "damaged session"),
        (b"\xff\xfe{}", "damaged session"),
        (b'{"format": 1, "source": {"pictures": []}, "nodes": [], "window": {"zoom": NaN}}', "damaged session"),
        (b"[" * 5000, "nested more than"),
        (b"[]", "format None"),
        (b"{}", "format None"),
        (b'{"format": "1"}', "format '1'"),
        (b'{"format": true}', "format True"),
        (b'{"format": 0}', "format 0"),
        (b'{"format": 2}', "saved by a newer version: its format is 2; this version reads up to 1"),
        (b'{"format": 1}', "no sound session.*source"),
        (b'{"format": 1, "source": {"pictures": []}, "nodes": 5}', "no sound session.*nodes"),
    ],
)
def test_a_document_that_is_none_is_refused_with_the_reason(tmp_path: Path, text: bytes, reason: str) -> None:
    with pytest.raises(Refusal, match=reason) as refused:
        load(forged(tmp_path / "a.kscope", text))
    assert "a.kscope" in str(refused.value)


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ([node(), node(name="scale2")], "there twice"),
        ([node(), node(id="n2")], "there twice"),
        ([node(id="source")], "there twice"),
        ([node(id="n" + "9" * 5000)], "no plain word"),
        ([node(name="../../scale")], "cannot be called"),
        ([node(inputs=[["n2", "y"]]), node(id="n2", name="b")], "cycle"),
        ([node(inputs=[["n9", "y"]])], "a layer that is not there"),
        ([node(inputs=[])], "inputs"),
        ([node(seed=-1)], "seed"),
        ([node(enabled="yes")], "enabled"),
        ([node(params=[1])], "params"),
    ],
)
def test_layers_that_make_no_graph_are_refused(tmp_path: Path, nodes: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(Refusal, match=reason):
        load(forged(tmp_path / "a.kscope", plain(*nodes)))


@pytest.mark.parametrize(
    "view",
    [
        {"shown": -1}, {"pixels": [-1, 4]}, {"first": -2}, {"count": -1}, {"content": "dreams"}, {"layer": 5}, [], "x",
        {"origin": {"node": "n1"}},
    ],
)  # fmt: skip
def test_a_view_that_is_not_understood_is_the_first_one_again_with_a_warning(tmp_path: Path, view: Any) -> None:
    session, warnings = load(forged(tmp_path / "a.kscope", plain(node(), view=view)))
    assert session.view == View()
    assert len(warnings) == 1
    assert "looked at" in str(warnings[0])


@pytest.mark.parametrize("template", ["{name.__class__}", "{name!r}", "{name:>99999999}", "{other}", "{", "{0}", "{}"])
def test_a_note_from_a_file_is_text_and_no_program(tmp_path: Path, template: str) -> None:
    noted = shown(notes=[{"template": template, "values": {"name": "x"}}])
    forged(tmp_path / "a.kscope", plain(pictures=[noted]), {"pictures/a.npy": npy(picture().pixels)})
    (note,) = load(tmp_path / "a.kscope")[0].document.source.pictures[0].notes
    assert str(note) == template


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


def changed(**values: int) -> limits.Limits:
    return replace(limits.Limits(), **values)


def size_of_json(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        return archive.getinfo("document.json").file_size


@pytest.mark.parametrize(
    ("limit", "most", "reason"),
    [
        ("file_bytes", lambda path: path.stat().st_size, "bytes; the limit is"),
        ("json_bytes", size_of_json, "JSON of .* bytes; the limit is"),
        ("json_depth", lambda path: 7, "nested more than"),
        ("archive_members", lambda path: 4, "members; the limit is"),
        ("layers", lambda path: 4, "layers; the limit is"),
        ("batch_images", lambda path: 3, "pictures; the limit is"),
        ("pixels", lambda path: 24, "pixels; the limit is"),
        ("array_bytes", lambda path: 72, "bytes; the limit is"),
    ],
)
def test_each_limit_holds_when_a_session_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: Callable[[Path], int], reason: str
) -> None:
    save(example(), tmp_path / "a.kscope")
    allowed = most(tmp_path / "a.kscope")
    monkeypatch.setattr(limits, "_current", changed(**{limit: allowed}))
    assert_same(example(), load(tmp_path / "a.kscope")[0])
    monkeypatch.setattr(limits, "_current", changed(**{limit: allowed - 1}))
    with pytest.raises(Refusal, match=reason):
        load(tmp_path / "a.kscope")


@pytest.mark.parametrize(
    ("limit", "most"), [("file_bytes", 500), ("json_bytes", 500), ("json_depth", 4), ("archive_members", 3)]
)
def test_a_session_that_could_not_be_opened_again_is_not_saved_over_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    path = tmp_path / "a.kscope"
    save(example(), path)
    before = path.read_bytes()
    monkeypatch.setattr(limits, "_current", changed(**{limit: most}))
    with pytest.raises(Refusal, match=f"limit is {most}|more than {most}"):
        save(example(), path)
    assert path.read_bytes() == before


def test_a_plain_picture_is_not_taken_for_a_bomb(tmp_path: Path) -> None:
    black = Picture.of(np.zeros((2000, 2000, 1), np.uint8), "black", white=255)
    save(Session(Document(Source((black,)))), tmp_path / "a.kscope")
    assert load(tmp_path / "a.kscope")[0].document.source.pictures == (black,)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    forged(tmp_path / "a.kscope", plain(pictures=[shown()]), {"pictures/a.npy": npy(np.zeros((3000, 3000, 1), "u1"))})
    with pytest.raises(Refusal, match="the limit is 200 times"):
        load(tmp_path / "a.kscope")


def test_the_json_is_no_bomb_either(tmp_path: Path) -> None:
    forged(tmp_path / "a.kscope", b'{"format": 1, "x": "' + b" " * 5_000_000 + b'"}')
    with pytest.raises(Refusal, match="limit"):
        load(tmp_path / "a.kscope")


@pytest.mark.parametrize("name", ["missing.kscope", "folder", "text.kscope", "empty.kscope", "arrays.npz"])
def test_what_is_no_session_is_refused_with_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.kscope").write_text("a text")
    (tmp_path / "empty.kscope").write_bytes(b"")
    np.savez(tmp_path / "arrays.npz", a=np.zeros(3))
    with pytest.raises(Refusal, match=name):
        load(tmp_path / name)


def test_a_session_that_cannot_be_written_is_refused_with_the_folder(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be written to the folder"):
        save(example(), tmp_path / "missing" / "a.kscope")


def test_a_session_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.kscope"
    save(example(), path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        with pytest.raises(Refusal):
            load(path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A session, and room for damaged copies of it."""
    folder = tmp_path_factory.mktemp("sessions")
    with pytest.MonkeyPatch.context() as patch, toys(patch):
        save(example(), folder / "sound.kscope")
    yield folder / "sound.kscope"
    shutil.rmtree(folder)


def opens_or_is_refused(path: Path) -> None:
    try:
        load(path)
    except Refusal as refusal:
        reason = str(refusal)
    else:
        return
    assert path.name in reason


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_session_opens_or_is_refused(sound: Path, damage: list[tuple[int, int]]) -> None:
    data = bytearray(sound.read_bytes())
    for place, value in damage:
        data[place % len(data)] = value
    sound.with_name("damaged.kscope").write_bytes(data)
    opens_or_is_refused(sound.with_name("damaged.kscope"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["format", "source", "nodes", "dtype", "view", "window"]), JSON)
def test_any_json_in_place_of_a_field_opens_or_is_refused(sound: Path, field: str, value: Any) -> None:
    forged(sound.with_name("odd.kscope"), plain(node()) | {field: value})
    opens_or_is_refused(sound.with_name("odd.kscope"))


@given(st.sampled_from(["id", "op", "name", "params", "inputs", "seed", "enabled", "weights", "extra"]), JSON)
def test_any_json_in_place_of_a_field_of_a_layer_opens_or_is_refused(sound: Path, field: str, value: Any) -> None:
    forged(sound.with_name("odd.kscope"), plain(node(**{field: value})))
    opens_or_is_refused(sound.with_name("odd.kscope"))


@given(st.dictionaries(st.from_regex(r"[a-z/]{1,9}", fullmatch=True), st.binary(max_size=300), max_size=5),
       st.booleans())  # fmt: skip
def test_other_programs_read_our_archives(files: dict[str, bytes], compress: bool) -> None:
    members = [packing.member(name, [data[:7], data[7:]], compress=compress) for name, data in files.items()]
    written = io.BytesIO()
    packing.write_archive(written, members)
    assert len(written.getvalue()) == packing.archive_bytes(members)
    with zipfile.ZipFile(written) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files
