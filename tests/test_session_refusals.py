"""No file can do harm by being opened as a session."""

from __future__ import annotations

import io
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
from sessions import assert_same, example, forged, node, npy, plain, shown
from toys import picture, toys

from explorer import limits
from explorer.model import packing
from explorer.model.display import View
from explorer.model.document import Document, Source
from explorer.model.pictures import Picture
from explorer.model.session import Session, load, save
from explorer.refusal import Refusal


@pytest.fixture(autouse=True)
def _toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with toys(monkeypatch):
        yield


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
