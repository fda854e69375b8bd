"""Files and folders: order, progress, cancelling, limits, and a decoder that may be killed."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from picture_files import by_pillow, npy, one_of_each, png, values
from PIL import Image

from explorer import limits
from explorer.model.pictures import describe, descriptions, open_picture, open_pictures, process
from explorer.ops.op import Cancelled
from explorer.refusal import Refusal

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def changed_limits():
    before = limits.current()

    def change(**values: int) -> None:
        limits.change(replace(limits.current(), **values))

    yield change
    limits.change(before)


def test_a_folder_opens_in_natural_order_without_hidden_files_and_folders(tmp_path) -> None:
    for name in ("p10.png", "p9.png", "P1.png", ".hidden.png", "a.txt"):
        (tmp_path / name).write_bytes(png(values(1)) if name.endswith("png") else b"text")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "folder.png" / "inside.png").write_bytes(png(values(1)))
    pictures, refusals = open_pictures([tmp_path, str(tmp_path / ".hidden.png")])
    assert [each.name for each in pictures] == ["P1.png", "p9.png", "p10.png", ".hidden.png"]
    assert [str(each).split(" is ")[0] for each in refusals] == ["a.txt"]


def test_a_folder_without_files_is_told(tmp_path) -> None:
    (tmp_path / "empty.png").mkdir()
    pictures, refusals = open_pictures([tmp_path / "empty.png"])
    assert pictures == ()
    assert str(refusals[0]) == "The folder empty.png holds no file."


def test_progress_counts_every_file_up_to_the_last(tmp_path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(png(values(1)))
    seen: list[tuple[int, int]] = []
    open_pictures([tmp_path], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_more_files_or_arrays_than_the_limit_are_left_out_and_told(tmp_path, changed_limits) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(png(values(1)))
    np.savez(tmp_path / "4.npz", values(1), values(1))
    changed_limits(batch_images=3)
    pictures, refusals = open_pictures([tmp_path])
    assert [each.name for each in pictures] == ["0.png", "1.png", "2.png"]
    assert str(refusals[0]).startswith("There are 4 files; the limit is 3")
    pictures, refusals = open_pictures([tmp_path / "0.png", tmp_path / "1.png", tmp_path / "4.npz"])
    assert len(pictures) == 3
    assert str(refusals[0]).startswith("4.npz holds more pictures; the limit is 3")


@pytest.fixture(scope="module")
def slow_jpeg(tmp_path_factory) -> Path:
    """A small progressive JPEG whose last scan comes again a thousand times."""
    data = by_pillow(Image.new("L", (5000, 5000), 90), "JPEG", progressive=True, quality=20)
    last = data.rindex(b"\xff\xda")
    path = tmp_path_factory.mktemp("slow") / "slow.jpg"
    path.write_bytes(data[:last] + data[last:-2] * 1000 + b"\xff\xd9")
    return path


@pytest.fixture
def started(monkeypatch) -> list[subprocess.Popen[bytes]]:
    """Every process that is started."""
    seen: list[subprocess.Popen[bytes]] = []
    original = subprocess.Popen

    def watched(*arguments, **options):
        seen.append(original(*arguments, **options))
        return seen[-1]

    monkeypatch.setattr(process.subprocess, "Popen", watched)
    return seen


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_opens(
    slow_jpeg, tmp_path, changed_limits, started
) -> None:
    changed_limits(decode_seconds=1)
    (tmp_path / "a.webp").write_bytes(one_of_each()["h.webp"])
    pictures, refusals = open_pictures([slow_jpeg, tmp_path / "a.webp"])
    assert [each.name for each in pictures] == ["a.webp"]
    assert str(refusals[0]).startswith("slow.jpg takes longer than 1 s to decode. The limit can be changed")
    assert len(started) == 2
    assert all(each.returncode is not None for each in started)


def test_cancelling_ends_the_decoding_process_at_once(slow_jpeg, started) -> None:
    ticks = iter(range(3))

    def tick() -> None:
        if next(ticks, None) is None:
            raise Cancelled

    with pytest.raises(Cancelled):
        open_pictures([slow_jpeg], tick=tick)
    assert [each.returncode is None for each in started] == [False]
    assert not [each for each in threading.enumerate() if each.name == "decoded"]


def test_a_decoder_that_dies_is_a_refusal_and_leaves_nothing_behind(tmp_path, monkeypatch) -> None:
    (tmp_path / "a.webp").write_bytes(one_of_each()["h.webp"])
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setattr(process, "_START", "import os; os._exit(3)")
    with pytest.raises(Refusal, match=r"a\.webp cannot be decoded: the decoder ended with code"):
        open_picture(tmp_path / "a.webp")
    assert list(temporary.iterdir()) == []


def test_the_decoder_runs_from_any_folder_and_not_with_what_lies_there(tmp_path, monkeypatch) -> None:
    (tmp_path / "PIL.py").write_text("raise SystemExit('planted')")
    (tmp_path / "numpy.py").write_text("raise SystemExit('planted')")
    (tmp_path / "a.webp").write_bytes(one_of_each()["h.webp"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    np.testing.assert_array_equal(open_picture("a.webp").pixels, values(3))


def test_files_are_refused_above_the_limit_of_pixels_and_taken_at_it(tmp_path, changed_limits) -> None:
    for name, data in one_of_each().items():
        if not name.endswith(("npy", "npz")):
            (tmp_path / name).write_bytes(data)
    count = len(list(tmp_path.iterdir()))
    changed_limits(pixels=13 * 17)
    assert len(open_pictures([tmp_path])[0]) == count
    changed_limits(pixels=13 * 17 - 1)
    pictures, refusals = open_pictures([tmp_path])
    assert (len(pictures), len(refusals)) == (0, count)
    assert all("17 × 13 = 221 pixels; the limit is 220. The limit can be changed in Preferences" in str(each)
               for each in refusals)  # fmt: skip


def test_a_description_is_json_and_tells_size_depth_and_range(tmp_path) -> None:
    pixels = values(3, np.uint16)
    path = tmp_path / "a.png"
    path.write_bytes(png(pixels))
    found = describe(path)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found == {
        "file": str(path), "size": path.stat().st_size, "kind": "image", "format": "PNG", "width": 17, "height": 13,
        "channels": 3, "shape": [13, 17, 3], "dtype": "uint16", "bits": 16, "white": 65535.0,
        "minimum": int(pixels.min()), "maximum": int(pixels.max()), "notes": [],
    }  # fmt: skip


def test_a_description_of_a_tensor_ranges_over_finite_values(tmp_path) -> None:
    np.save(tmp_path / "a.npy", np.array([np.nan, np.inf, 2, -3], np.float32).reshape(1, 1, 2, 2))
    found = describe(tmp_path / "a.npy")
    assert (found["kind"], found["format"], found["shape"]) == ("tensor", "NPY", [1, 1, 2, 2])
    assert (found["minimum"], found["maximum"]) == (-3, 2)
    assert found["notes"] == ["1 NaN and 1 infinite values"]
    np.save(tmp_path / "b.npy", np.full((2, 2), math.nan))
    assert (describe(tmp_path / "b.npy")["minimum"], describe(tmp_path / "b.npy")["maximum"]) == (None, None)


def test_a_description_tells_sessions_models_archives_and_errors_apart(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("document.json", "{}")
    assert describe(tmp_path / "a.zip")["kind"] == "session"
    with pytest.raises(Refusal, match=r"a\.zip is a session, not a picture"):
        open_picture(tmp_path / "a.zip")
    (tmp_path / "m.onnx").write_bytes(b"\x08\x07")
    assert describe(tmp_path / "m.onnx")["kind"] == "model"
    np.savez(tmp_path / "n.npz", a=values(1), b=np.array("text"))
    found = describe(tmp_path / "n.npz")
    assert found["kind"] == "arrays"
    assert found["arrays"][0]["name"] == "n.npz:a"
    assert "n.npz:b holds values of type <U4" in found["arrays"][1]["error"]
    assert describe(tmp_path / "none.png") == {
        "file": str(tmp_path / "none.png"),
        "error": f"none.png cannot be read: {os.strerror(2)}.",
    }
    assert "error" in describe(tmp_path)


def test_pictures_need_neither_the_window_nor_the_compiler() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from explorer.model.pictures import sample; sample(); "
        "print([name for name in ('numba', 'PySide6', 'tifffile') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(ROOT)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_one_process_decodes_all_files_of_an_opening(tmp_path, started) -> None:
    for name in ("h.webp", "i.avif", "j.tif", "f.gif"):
        (tmp_path / name).write_bytes(one_of_each()[name])
    files = sorted(tmp_path.iterdir())
    assert len(open_pictures(files)[0]) == 4
    assert len(started) == 1
    assert [each["format"] for each in descriptions(files)] == ["GIF", "WEBP", "AVIF", "TIFF"]
    assert len(started) == 2


def test_large_files_decode_to_the_same_numbers_as_small_ones(tmp_path) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (1100, 1000, 3), np.uint8)
    (tmp_path / "a.png").write_bytes(by_pillow(Image.fromarray(pixels), "PNG", compress_level=1))
    np.testing.assert_array_equal(open_picture(tmp_path / "a.png").pixels, pixels)


def test_an_array_is_read_in_pieces_that_can_be_cancelled(tmp_path) -> None:
    (tmp_path / "a.npy").write_bytes(npy(np.zeros((3000, 3000), np.uint32)))
    calls: list[None] = []
    open_picture(tmp_path / "a.npy", tick=lambda: calls.append(None))
    assert len(calls) > 4
