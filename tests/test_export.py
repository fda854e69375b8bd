"""What is exported is what was computed, bit for bit, under names that never leave the folder."""

from __future__ import annotations

import csv
import errno
import json
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from small_pipeline import CHAIN, pixels, small_pipeline

from explorer.model import editing
from explorer.model.document import SOURCE, Document, Link
from explorer.model.evaluation import Evaluation
from explorer.model.evaluator import Evaluator, Job
from explorer.model.exporting import FORMATS, Wanted, export
from explorer.model.exporting.naming import Names, safe
from explorer.model.gradients import Origin, gradients
from explorer.model.pictures import from_array
from explorer.ops.op import Cancelled
from explorer.refusal import Refusal
from kernels.place import PLACE

RUNNING = ["batch_norm1.running_mean", "batch_norm1.running_var"]
VALUES = [f"{each}1" for each in CHAIN] + [*RUNNING, "max_pool1.switches", "softmax1.loss"]


def exported(document: Document, folder: Path, **wanted: Any) -> dict[str, Any]:
    """Everything into `folder`; the manifest."""
    for _ in export(document, folder, Wanted(**wanted)):
        pass
    return json.loads((folder / "manifest.json").read_text("utf-8"))


def computed(document: Document, name: str, shown: int = 0) -> np.ndarray:
    layer, _, port = name.partition(".")
    node = document.named(layer)
    value = Evaluation().run(document, shown).value(Link(node.id, port) if port else node.main)
    assert value is not None
    return value


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def numbers(document: Document, values: np.ndarray) -> Document:
    """The pipeline over a tensor."""
    return editing.set_pictures(document, (from_array(values, "tensor"),))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_npz_holds_every_layer_by_its_name_bit_for_bit(tmp_path: Path, dtype: Any) -> None:
    document = small_pipeline()
    exported(document, tmp_path, dtype=dtype)
    with np.load(tmp_path / "first.npz") as arrays:
        assert sorted(arrays.files) == sorted(VALUES)
        for name in VALUES:
            assert same_bits(arrays[name], computed(replace(document, dtype=dtype), name)), name
        assert arrays["max_pool1.switches"].dtype == PLACE
        assert arrays["input1"].shape == (1, 3, 12, 10)


def test_npy_files_hold_every_layer_bit_for_bit(tmp_path: Path) -> None:
    document = small_pipeline()
    exported(document, tmp_path, format="npy")
    assert sorted(path.stem for path in (tmp_path / "first").iterdir()) == sorted(VALUES)
    for name in VALUES:
        assert same_bits(np.load(tmp_path / "first" / f"{name}.npy"), computed(document, name)), name


def test_a_tiff_is_an_imagej_hyperstack_with_the_labels_of_the_maps(tmp_path: Path) -> None:
    document = small_pipeline()
    exported(document, tmp_path, format="tiff")
    with tifffile.TiffFile(tmp_path / "first" / "input1.tif") as file:
        assert file.is_imagej
        assert file.series[0].axes == "CYX"
        assert list(file.imagej_metadata["Labels"]) == ["Red", "Green", "Blue"]
        found = file.asarray()
    assert np.array_equal(found, computed(document, "input1")[0])
    assert found.dtype == np.float32
    switches = tifffile.imread(tmp_path / "first" / "max_pool1.switches.tif")
    assert np.array_equal(switches, computed(document, "max_pool1.switches")[0])
    dense = tifffile.imread(tmp_path / "first" / "dense1.tif")
    assert dense.ravel().tolist() == computed(document, "dense1").ravel().tolist()


def test_a_batch_in_a_tiff_has_time_and_channels(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(4, 3, 6, 5)).astype(np.float32)
    exported(numbers(small_pipeline(operations=("input", "max_pool")), values), tmp_path, format="tiff")
    with tifffile.TiffFile(tmp_path / "tensor" / "input1.tif") as file:
        assert file.series[0].axes == "TCYX"
        assert np.array_equal(file.asarray(), values)


def test_a_tiff_of_float64_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="ImageJ's TIFF holds float32; the computation is in float64"):
        exported(small_pipeline(), tmp_path, format="tiff", dtype="float64")
    assert list(tmp_path.iterdir()) == []


def test_a_png_is_linear_over_the_range_in_the_manifest_and_nan_is_0(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(1, 2, 6, 5)).astype(np.float32)
    values[0, 1, 2, 3], values[0, 1, 0, 0], values[0, 0, 1, 1] = np.nan, np.inf, -np.inf
    manifest = exported(numbers(small_pipeline(operations=("input",)), values), tmp_path, format="png")
    about = manifest["inputs"][0]["arrays"]["input1"]
    assert (about["nan"], about["infinite"]) == (1, 2)
    low, high = about["range"]
    finite = np.isfinite(values)
    assert (low, high) == (values[finite].min(), values[finite].max())
    for channel, file in enumerate(about["files"]):
        with Image.open(tmp_path / file) as image:
            assert image.mode == "I;16"
            found = np.asarray(image).astype(np.float64)
        back = low + found / 65535 * (high - low)
        inside = finite[0, channel]
        assert np.abs(back - values[0, channel])[inside].max() <= (high - low) / 65535 * 0.5001
        assert (found[np.isnan(values[0, channel])] == 0).all()
        assert (found[values[0, channel] == np.inf] == 65535).all()
        assert (found[values[0, channel] == -np.inf] == 0).all()


@pytest.mark.parametrize("value", [0.0, 3.5, np.nan, np.finfo(np.float64).max])
def test_a_png_of_one_number_everywhere_and_of_the_widest_range_is_made(tmp_path: Path, value: float) -> None:
    values = np.full((1, 1, 2, 2), value)
    document = replace(numbers(small_pipeline(operations=("input",)), values), dtype="float64")
    exported(document, tmp_path, format="png")
    with Image.open(tmp_path / "tensor" / "input1" / "0.png") as image:
        assert not np.asarray(image).any()
    values[0, 0, 0, 0] = -np.finfo(np.float64).max
    exported(replace(numbers(document, values), dtype="float64"), tmp_path, format="png")


def test_a_csv_has_a_line_for_each_number_and_gives_every_bit_back(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    values[0, 0, 0, :3] = np.nan, np.inf, 1e-45
    exported(numbers(small_pipeline(operations=("input",)), values), tmp_path, format="csv")
    with (tmp_path / "tensor" / "input1.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = np.full(values.shape, 7, np.float32)
    for row in rows:
        found[int(row["n"]), int(row["c"]), int(row["y"]), int(row["x"])] = float(row["value"])
    assert len(rows) == values.size
    assert np.array_equal(found, values, equal_nan=True)


def test_a_safetensors_file_follows_its_layout(tmp_path: Path) -> None:
    document = small_pipeline()
    exported(document, tmp_path, format="safetensors")
    data = (tmp_path / "first.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    assert length % 8 == 0
    assert sorted(header) == sorted(VALUES)
    end = 0
    for name, each in header.items():
        start, stop = each["data_offsets"]
        assert start == end
        end = stop
        dtype = {"F32": "<f4", "I32": "<i4"}[each["dtype"]]
        found = np.frombuffer(data[8 + length + start : 8 + length + stop], dtype).reshape(each["shape"])
        assert same_bits(found, computed(document, name)), name
    assert len(data) == 8 + length + end


def test_equal_numbers_give_equal_files(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        exported(small_pipeline(), tmp_path / folder)
    assert (tmp_path / "a" / "first.npz").read_bytes() == (tmp_path / "b" / "first.npz").read_bytes()


@pytest.mark.parametrize("unit", [False, True])
def test_gradients_of_layers_weights_and_the_picture_are_exported(tmp_path: Path, unit: bool) -> None:
    document = small_pipeline()
    pool, loss = document.named("max_pool1"), document.named("softmax1")
    origin = Origin(pool.id, "y", "unit", (1, 2, 3)) if unit else Origin(loss.id, "loss")
    back = gradients(Evaluation().run(document), origin)
    manifest = exported(document, tmp_path, gradient=origin)
    assert manifest["gradient"]["layer"] == ("max_pool1" if unit else "softmax1")
    assert manifest["inputs"][0]["gradient"]["value"] == back.value
    with np.load(tmp_path / "first.npz") as arrays:
        assert same_bits(arrays["source.gradient"], back.values[Link(SOURCE, "x")])
        assert same_bits(arrays["input1.gradient"], back.values[document.named("input1").main])
        norm = document.named("batch_norm1").id
        assert same_bits(arrays["batch_norm1.gamma.gradient"], back.weights[norm]["gamma"])
        assert ("dense1.gradient" in arrays.files) is not unit
        assert "max_pool1.switches.gradient" not in arrays.files


def test_the_value_of_a_unit_is_its_own_beside_a_nan(tmp_path: Path) -> None:
    document = numbers(small_pipeline(operations=("input",)), np.array([[[[np.nan, 5.0]]]]))
    origin = Origin(document.named("input1").id, "y", "unit", (0, 0, 1))
    assert exported(document, tmp_path, gradient=origin)["inputs"][0]["gradient"]["value"] == 5


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_takes_gradients_of_weights_with_fewer_axes(tmp_path: Path, kind: Any) -> None:
    document = small_pipeline()
    origin = Origin(document.named("softmax1").id, "loss")
    manifest = exported(document, tmp_path, format=kind, gradient=origin, activations=False, layers=("dense1",))
    arrays = manifest["inputs"][0]["arrays"]
    assert {"dense1.gradient", "source.gradient"} < set(arrays)
    assert min(len(each["shape"]) for each in arrays.values()) == 1
    assert all((tmp_path / file).is_file() for each in arrays.values() for file in each["files"])


def test_the_outputs_are_the_layers_that_nobody_takes_anything_from(tmp_path: Path) -> None:
    manifest = exported(small_pipeline(), tmp_path, outputs_only=True)
    assert list(manifest["inputs"][0]["arrays"]) == ["softmax1", "softmax1.loss"]


def test_only_the_layers_that_are_named_are_written(tmp_path: Path) -> None:
    manifest = exported(small_pipeline(), tmp_path, layers=("dense1", "input1"))
    assert list(manifest["inputs"][0]["arrays"]) == ["input1", "dense1"]


def test_an_unknown_layer_is_refused_with_the_names_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"There is no layer 'conv9'; there are input1, batch_norm1"):
        exported(small_pipeline(), tmp_path, layers=("conv9",))


def test_the_manifest_says_what_was_made_from_what_and_how(tmp_path: Path) -> None:
    document = editing.drawn_again(small_pipeline(), small_pipeline().named("dense1").id, seed=41)
    manifest = exported(document, tmp_path)
    assert manifest["program"] == "Kernelscope"
    assert manifest["version"]
    assert set(manifest["libraries"]) == {"numpy", "numba", "pillow", "tifffile"}
    assert manifest["dtype"] == "float32"
    assert {each["name"]: each["seed"] for each in manifest["pipeline"]["nodes"]}["dense1"] == 41
    assert manifest["pipeline"]["nodes"][0]["params"]["mode"] == "rgb"
    (entry,) = manifest["inputs"]
    assert entry["pictures"][0]["blake2b"] == document.source.pictures[0].digest
    for name in VALUES:
        about, array = entry["arrays"][name], computed(document, name)
        assert about["shape"] == list(array.shape)
        assert about["dtype"] == array.dtype.name
        assert (about["minimum"], about["maximum"]) == (array.min(), array.max())


def test_what_is_not_finite_is_counted_and_left_out_of_the_range(tmp_path: Path) -> None:
    values = np.array([[[[1, np.nan, 3], [-np.inf, np.inf, np.nan]]]])
    document = numbers(small_pipeline(operations=("input",)), values)
    about = exported(document, tmp_path)["inputs"][0]["arrays"]["input1"]
    assert (about["minimum"], about["maximum"], about["nan"], about["infinite"]) == (1, 3, 2, 2)
    about = exported(numbers(document, values * np.nan), tmp_path)["inputs"][0]["arrays"]["input1"]
    assert (about["minimum"], about["maximum"]) == (None, None)


def test_every_picture_is_exported_as_the_window_shows_it(tmp_path: Path) -> None:
    pictures = (from_array(pixels(), "cat.png"), from_array(pixels(20, 20, 1), "cat.jpg"))
    document = small_pipeline(*pictures)
    manifest = exported(document, tmp_path)
    assert [each["name"] for each in manifest["inputs"]] == ["cat", "cat-2"]
    with np.load(tmp_path / "cat-2.npz") as arrays:
        assert same_bits(arrays["dense1"], computed(document, "dense1", shown=1))


def test_a_whole_batch_is_one_file(tmp_path: Path) -> None:
    pictures = (from_array(pixels(), "a"), from_array(pixels(seed=1), "b"))
    document = editing.set_batch(small_pipeline(*pictures), whole=True)
    manifest = exported(document, tmp_path)
    assert [each["name"] for each in manifest["inputs"][0]["pictures"]] == ["a", "b"]
    with np.load(tmp_path / "batch.npz") as arrays:
        assert arrays["input1"].shape == (2, 3, 12, 10)


def test_a_layer_without_a_result_is_named_and_nothing_is_written_of_that_picture(tmp_path: Path) -> None:
    document = small_pipeline(operations=("input", "softmax"))
    with pytest.raises(Refusal, match=r"1 of 1 pictures are not exported\. first: softmax1: The maps are 12 × 10"):
        exported(document, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
    assert exported(document, tmp_path, layers=("input1",))["inputs"]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_cancelled_export_leaves_no_file_cut_short(tmp_path: Path, kind: Any) -> None:
    document = small_pipeline()
    for after in (5, 9, 14, 17):
        ticks = iter(range(after))

        def tick(ticks: Any = ticks) -> None:
            if next(ticks, None) is None:
                raise Cancelled

        folder = tmp_path / str(after)
        with pytest.raises(Cancelled):
            for _ in export(document, folder, Wanted(format=kind), tick):
                pass
        assert json.loads((folder / "manifest.json").read_text())["inputs"] == []
        for path in folder.rglob("*.*"):
            if path.suffix == ".npy":
                assert same_bits(np.load(path), computed(document, path.stem))
            assert path.suffix not in (".npz", ".safetensors", ".part")


def test_a_full_disk_is_refused_by_name_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = small_pipeline()
    exported(document, tmp_path)
    before = (tmp_path / "first.npz").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    steps = export(editing.set_dtype(document, "float64"), tmp_path, Wanted())
    next(steps)
    monkeypatch.setattr("explorer.model.writing.os.fsync", full)
    with pytest.raises(Refusal, match=r"cannot be written to the folder .* No space left on device"):
        for _ in steps:
            pass
    assert (tmp_path / "first.npz").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.npz", "manifest.json"]


def test_an_export_counts_its_steps_up_to_the_end(tmp_path: Path) -> None:
    document = small_pipeline(from_array(pixels(), "a"), from_array(pixels(), "b"))
    steps = list(export(document, tmp_path, Wanted(format="npy")))
    assert len(steps) > 2 * len(VALUES)
    assert {total for _, total in steps} == {200}
    done = [done for done, _ in steps]
    assert done == sorted(done)
    assert done[-1] == 200


def test_an_export_runs_as_a_job_of_the_compute_thread(tmp_path: Path) -> None:
    ended, errors, seen = threading.Event(), [], []

    def end(error: BaseException | None) -> None:
        errors.append(error)
        ended.set()

    evaluator = Evaluator(lambda event: None)
    try:
        steps = export(small_pipeline(), tmp_path, Wanted())
        evaluator.submit(Job(steps, lambda *step: seen.append(step), end))
        assert ended.wait(60)
    finally:
        evaluator.close()
    assert errors == [None]
    assert seen[-1] == (100, 100)
    assert (tmp_path / "first.npz").is_file()


@given(st.text(max_size=300))
def test_a_name_made_of_any_label_stays_in_its_folder(label: str) -> None:
    name = safe(label)
    assert name
    assert name == Path(name).name
    assert name not in (".", "..")
    assert not name.startswith(".")
    assert not set(name) & set('/\\:*?"<>|\0\n')
    assert len(name.encode()) <= 101


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("../../etc/passwd", "_.._etc_passwd"), ("..", "unnamed"), ("", "unnamed"), ("con", "_con"), ("a:b", "a_b"),
        ("Katze 1", "Katze 1"), ("\ud800", "_"), ("name. ", "name"), ("LPT1.txt", "_LPT1.txt"),
    ],
)  # fmt: skip
def test_labels_that_are_no_file_names_become_some(label: str, name: str) -> None:
    assert safe(label) == name


def test_names_that_differ_in_case_alone_are_told_apart() -> None:
    names = Names("manifest.json")
    assert [names.take(each) for each in ("Cat", "cat", "Cat", "cat-2")] == ["Cat", "cat-2", "Cat-3", "cat-2-2"]
    assert names.take("MANIFEST.json") == "MANIFEST.json-2"
