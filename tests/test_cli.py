"""The command line: what it writes, what it says, and how it ends."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from small_pipeline import pixels, small_pipeline

from explorer import __version__, cli
from explorer.model import editing
from explorer.model.document import Document
from explorer.model.evaluation import Evaluation
from explorer.model.exporting import FORMATS
from explorer.model.pictures import from_array, open_picture
from explorer.model.session import Session, save

ROOT = Path(__file__).parent.parent
PROGRAM = "import sys; from explorer.cli import main; sys.exit(main())"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with p.kscope, a.png and b.png."""
    monkeypatch.chdir(tmp_path)
    keep(small_pipeline(), "p.kscope")
    picture("a.png", seed=1)
    picture("b.png", seed=2)
    return tmp_path


def keep(document: Document, name: str) -> None:
    save(Session(document), Path(name))


def picture(name: str, height: int = 12, width: int = 10, seed: int = 0) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(height, width, seed)).save(name)


def manifest(folder: str = "out") -> dict[str, Any]:
    return json.loads((Path(folder) / "manifest.json").read_text("utf-8"))


def names(folder: str = "out") -> list[str]:
    return [each["name"] for each in manifest(folder)["inputs"]]


def computed(file: str, layer: str, document: Document | None = None) -> np.ndarray:
    document = document or small_pipeline()
    document = replace(document, source=replace(document.source, pictures=(open_picture(file),)))
    value = Evaluation().run(document).value(document.named(layer).main)
    assert value is not None
    return value


def complaints(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on stderr, each of which is one error."""
    lines = capsys.readouterr().err.splitlines()
    assert all(line.startswith("kernelscope: ") for line in lines), lines
    return [line.removeprefix("kernelscope: ") for line in lines]


def test_run_writes_the_values_of_every_layer_and_a_manifest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "p.kscope", "a.png", "b.png", "-o", "out"]) == 0
    assert capsys.readouterr().out.splitlines() == ["a.png: a", "b.png: b"]
    for name in ("a", "b"):
        with np.load(f"out/{name}.npz") as arrays:
            for layer in ("input1", "max_unpool1", "softmax1"):
                assert np.array_equal(arrays[layer], computed(f"{name}.png", layer))
    assert names() == ["a", "b"]
    ended = subprocess.run(["sha256sum", "a.png"], capture_output=True, text=True, check=True)
    assert manifest()["inputs"][0]["sha256"] == ended.stdout.split()[0]


@pytest.mark.parametrize("kind", FORMATS)
def test_run_writes_every_format(folder: Path, kind: str) -> None:
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out", "--format", kind, "--layers", "input1"]) == 0
    expected = computed("a.png", "input1")
    arrays = manifest()["inputs"][0]["arrays"]
    assert list(arrays) == ["input1"]
    files = [Path("out") / file for file in arrays["input1"]["files"]]
    assert sorted(path for path in Path("out").rglob("*") if path.is_file()) == sorted(
        [*files, Path("out/manifest.json")]
    )
    if kind == "npy":
        assert np.array_equal(np.load(files[0]), expected)
    if kind == "tiff":
        assert np.array_equal(tifffile.imread(files[0]), expected[0])
    if kind == "png":
        assert len(files) == 3


def test_options_may_stand_anywhere(folder: Path) -> None:
    assert cli.main(["run", "-o", "out", "p.kscope", "--layers", "outputs", "a.png", "--dtype=float64", "b.png"]) == 0
    with np.load("out/b.npz") as arrays:
        assert arrays.files == ["softmax1", "softmax1.loss"]
        assert arrays["softmax1"].dtype == np.float64


def test_a_folder_gives_its_files_in_natural_order_and_equal_names_are_told_apart(folder: Path) -> None:
    for name in ("many/10.png", "many/9.png", "other/9.jpg"):
        picture(name)
    assert cli.main(["run", "p.kscope", "many", "other/9.jpg", "-o", "out", "--layers", "dense1"]) == 0
    assert names() == ["9", "10", "9-2"]


def test_a_tensor_is_taken_as_it_is(folder: Path) -> None:
    values = np.random.default_rng(0).normal(size=(2, 3, 6, 7)).astype(np.float32)
    np.save("t.npy", values)
    assert cli.main(["run", "p.kscope", "t.npy", "-o", "out"]) == 0
    with np.load("out/t.npz") as arrays:
        assert np.array_equal(arrays["input1"], values)
        assert arrays["dense1"].shape == (2, 10, 1, 1)


def test_every_array_of_an_npz_is_an_input(folder: Path) -> None:
    np.savez("t.npz", a=np.zeros((1, 3, 4, 4)), b=np.ones((1, 3, 4, 4)))
    assert cli.main(["run", "p.kscope", "t.npz", "-o", "out", "--layers", "input1"]) == 0
    with np.load("out/t/b.npz") as arrays:
        assert (arrays["input1"] == 1).all()
    assert names() == ["t/a", "t/b"]


def test_an_array_that_is_no_tensor_is_refused_with_its_shape(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("flat.npy", np.zeros((5, 4)))
    assert cli.main(["run", "p.kscope", "flat.npy", "-o", "out"]) == 2
    (line,) = complaints(capsys)
    assert line.startswith("flat.npy: An array is taken as a tensor N, C, H, W; this one has the shape 5 × 4")


def test_the_gradient_of_a_class_starts_at_its_loss(folder: Path) -> None:
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out", "--gradient", "7"]) == 0
    probabilities = computed("a.png", "softmax1").ravel()
    with np.load("out/a.npz") as arrays:
        found = arrays["dense1.gradient"].ravel()
        assert arrays["source.gradient"].shape == (1, 3, 12, 10)
        assert float(arrays["softmax1.loss"].item()) == pytest.approx(-np.log(probabilities[7]), rel=1e-5)
    assert found == pytest.approx(probabilities - np.eye(10)[7], abs=1e-6)


def test_the_gradient_of_a_class_takes_the_place_of_a_distribution(folder: Path) -> None:
    document = small_pipeline()
    softmax = document.named("softmax1").id
    soft = editing.set_params(document, softmax, target_kind="distribution", soft=(0.1,) * 10)
    keep(soft, "soft.kscope")
    for session, out in (("p.kscope", "plain"), ("soft.kscope", "soft")):
        assert cli.main(["run", session, "a.png", "-o", out, "--gradient", "7"]) == 0
    with np.load("plain/a.npz") as plain, np.load("soft/a.npz") as taken:
        np.testing.assert_array_equal(plain["dense1.gradient"], taken["dense1.gradient"])


def test_the_gradient_of_a_unit_is_one_at_the_unit(folder: Path) -> None:
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out", "--gradient", "max_pool1:2,3,4"]) == 0
    with np.load("out/a.npz") as arrays:
        found = arrays["max_pool1.gradient"]
    assert np.argwhere(found).tolist() == [[0, 2, 3, 4]]
    assert found.sum() == 1


@pytest.mark.parametrize(
    ("gradient", "code", "words"),
    [
        ("10", 2, "a.png: softmax1: "),
        ("-1", 2, "neither a class"),
        ("cat", 2, "neither a class"),
        ("conv9:0,0,0", 2, "There is no layer 'conv9'"),
        ("max_pool1:0,0", 2, "three whole numbers"),
        ("max_pool1:0,x,0", 2, "three whole numbers"),
        ("max_pool1:3,0,0", 2, "The unit [0, 3, 0, 0] is outside of the shape 1 × 3 × 6 × 5"),
    ],
)
def test_a_gradient_that_cannot_be_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], gradient: str, code: int, words: str
) -> None:
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out", f"--gradient={gradient}"]) == code
    (line,) = complaints(capsys)
    assert words in line


def test_a_class_needs_a_layer_with_a_loss(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(small_pipeline(operations=("input", "max_pool")), "q.kscope")
    assert cli.main(["run", "q.kscope", "a.png", "-o", "out", "--gradient", "0"]) == 2
    assert "No layer of the pipeline has a loss" in complaints(capsys)[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["p.kscope", "a.png", "--layers", "conv9"], "There is no layer 'conv9'; there are input1"),
        (["p.kscope", "a.png", "--format", "bmp"], "There is no format 'bmp'; there are npz"),
        (["p.kscope", "a.png", "--format", "h5"], "does not write h5"),
        (["p.kscope", "a.png", "--dtype", "float16"], "There is no dtype 'float16'"),
        (["p.kscope", "a.png", "--format", "tiff", "--dtype", "float64"], "ImageJ's TIFF holds float32"),
        (["p.kscope", "a.png", "--jobs", "0"], "--jobs is '0'"),
        (["p.kscope", "a.png", "--jobs", "many"], "--jobs is 'many'"),
        (["p.kscope", "a.png", "--cluster", "here:1"], "does not know --cluster"),
        (["p.kscope", "--input", "x=t.npy"], "does not know --input"),
        (["p.kscope", "a.png", "--fast"], "unrecognized arguments: --fast"),
        (["p.kscope"], "There is no input"),
        (["model.onnx", "a.png"], "is an ONNX model"),
        (["missing.kscope", "a.png"], "missing.kscope cannot be read: No such file"),
        (["a.png", "a.png"], "a.png is no session"),
    ],
)
def test_a_request_that_cannot_be_carried_out_is_one_line_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert cli.main(["run", *arguments, "-o", "out"]) == 2
    (line,) = complaints(capsys)
    assert words in line
    assert not Path("out").exists()


def test_an_output_that_is_a_file_is_refused_by_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").write_text("mine")
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out"]) == 2
    assert complaints(capsys) == ["out is a file, not a folder."]
    assert Path("out").read_text() == "mine"


def test_what_cannot_be_opened_is_named_and_the_rest_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bad.png").write_bytes(Path("a.png").read_bytes()[:60])
    assert cli.main(["run", "p.kscope", "missing.png", "a.png", "bad.png", "b.png", "-o", "out"]) == 1
    first, second = complaints(capsys)
    assert first == "missing.png cannot be read: No such file or directory."
    assert second.startswith("bad.png")
    assert names() == ["a", "b"]


@pytest.mark.parametrize("pictures", [True, False])
def test_a_pipeline_that_does_not_fit_an_input_names_the_layer(
    folder: Path, capsys: pytest.CaptureFixture[str], pictures: bool
) -> None:
    document = small_pipeline(operations=("input", "flatten", "dense"))
    dense = document.named("dense1")
    document = editing.set_weight(document, dense.id, "w", np.ones((10, 360), np.float32))
    save(Session(document), Path("q.kscope"), pictures=pictures)
    picture("large.png", 14, 10)
    assert cli.main(["run", "q.kscope", "large.png", "a.png", "-o", "out"]) == 1
    (line,) = complaints(capsys)
    assert line == "large.png: dense1: its weights w have the shape 10 × 360; this input needs 10 × 420."
    assert names() == ["a"]


def test_a_full_disk_stops_the_run_and_names_the_file(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(100))
    fsync = os.fsync

    def filling(descriptor: int) -> None:
        if next(calls) >= 4:  # the manifest and the first file with their folder are there
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    picture("c.png", seed=3)
    monkeypatch.setattr("explorer.model.writing.os.fsync", filling)
    assert cli.main(["run", "p.kscope", "a.png", "b.png", "c.png", "-o", "out"]) == 1
    lines = complaints(capsys)
    assert "b.npz cannot be written to the folder out: No space left on device." in lines[0]
    assert not [line for line in lines if "c.npz" in line]
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.npz", "manifest.json"]


def test_kernels_are_compiled_by_other_processes_before_the_first_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Any] = []

    class Preparing:
        def wait(self, parts: Any, tell: Any, tick: Any) -> None:
            events.append((set(parts), names()))

        def stop(self) -> None:
            events.append("stopped")

    monkeypatch.setattr("explorer.cli.run.Preparation", Preparing)
    asked = ["run", "p.kscope", "a.png", "-o", "out", "--gradient", "3", "--dtype", "float64"]
    assert cli.main(asked) == 0
    # Where nothing is left to do, nothing is compiled.
    assert cli.main([*asked, "--resume"]) == 0
    (parts, written), stopped = events
    assert {("max_pool", "float64"), ("max_pool gradient", "float64")} <= parts
    assert not written
    assert stopped == "stopped"


def test_processes_write_the_same_bytes_in_the_order_of_the_inputs(folder: Path) -> None:
    """Both find their kernels in the cache: in this process some may have been compiled."""

    def ran(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", PROGRAM, "run", "p.kscope", "a.png", "missing.png", "b.png", *options]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    one = ran("-o", "one", "--gradient", "3")
    two = ran("-o", "two", "--gradient", "3", "--jobs", "2")
    assert one.returncode == two.returncode == 1
    assert one.stdout == two.stdout == "a.png: a\nb.png: b\n"
    assert one.stderr == two.stderr
    assert "missing.png" in one.stderr
    assert manifest("one") == manifest("two")
    for name in ("a.npz", "b.npz"):
        assert (Path("one") / name).read_bytes() == (Path("two") / name).read_bytes()


def test_resume_leaves_out_what_is_done_and_makes_what_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", "p.kscope", "a.png", "b.png", "-o", "out", "--resume"]
    assert cli.main(command) == 0
    assert capsys.readouterr().out == "a.png: a\nb.png: b\n"
    assert cli.main(command) == 0
    assert capsys.readouterr().out == ""
    assert names() == ["a", "b"]
    Path("out/a.npz").unlink()
    assert cli.main(command) == 0
    assert capsys.readouterr().out == "a.png: a\n"
    assert sorted(names()) == ["a", "b"]
    picture("b.png", seed=9)
    assert cli.main(command) == 0
    assert capsys.readouterr().out == "b.png: b-2\n"
    assert sorted(names()) == ["a", "b", "b-2"]


def test_resume_begins_anew_with_other_settings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out"]) == 0
    capsys.readouterr()
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out", "--resume", "--dtype", "float64"]) == 0
    assert capsys.readouterr().out == "a.png: a\n"
    document = editing.set_weight(small_pipeline(), small_pipeline().named("dense1").id, "b", np.ones(10, np.float32))
    keep(document, "p.kscope")
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out", "--resume", "--dtype", "float64"]) == 0
    assert capsys.readouterr().out == "a.png: a\n"
    assert names() == ["a"]


@pytest.mark.parametrize("text", ["", "[]", '{"settings": 1}', "{" * 100_000, '{"settings": "x", "inputs": 3}'])
def test_a_damaged_manifest_is_refused_or_replaced_when_resuming(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out"]) == 0
    settings = manifest()["settings"]
    Path("out/manifest.json").write_text(text.replace('"x"', f'"{settings}"'))
    code = cli.main(["run", "p.kscope", "a.png", "-o", "out", "--resume"])
    lines = complaints(capsys)
    if code == 2:
        assert "manifest.json cannot be resumed from" in lines[0]
    else:
        assert (code, names()) == (0, ["a"])


def test_a_manifest_cannot_point_out_of_its_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out"]) == 0
    text = Path("out/manifest.json").read_text().replace('"a.npz"', '"../a.png"')
    Path("out/manifest.json").write_text(text)
    capsys.readouterr()
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out", "--resume"]) == 0
    assert capsys.readouterr().out == "a.png: a\n"


def test_an_interrupt_says_what_is_done_and_can_be_resumed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from explorer.cli import worker

    real = worker.export_one

    def interrupted(document: Document, shown: int, folder: Path, name: str, *rest: Any) -> Any:
        if name == "b":
            raise KeyboardInterrupt
        return real(document, shown, folder, name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(worker, "export_one", interrupted)
        assert cli.main(["run", "p.kscope", "a.png", "b.png", "-o", "out"]) == 1
    assert complaints(capsys) == ["interrupted; 1 of 2 files are done"]
    assert names() == ["a"]
    assert cli.main(["run", "p.kscope", "a.png", "b.png", "-o", "out", "--resume"]) == 0
    assert capsys.readouterr().out == "b.png: b\n"


def test_a_fault_of_the_program_is_one_line_and_goes_to_the_log(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("by\nnothing")

    monkeypatch.setattr("explorer.cli.worker.load", broken)
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out"]) == 1
    (line,) = complaints(capsys)
    assert line.startswith("a fault of the program: ZeroDivisionError: by\\nnothing; the details are in ")
    log = Path(line.partition("details are in ")[2])
    assert "Traceback" in log.read_text("utf-8")


def test_inspect_describes_every_file_in_a_line_of_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("t.npy", np.zeros((1, 2, 3, 4), np.float32))
    assert cli.main(["inspect", "a.png", "t.npy", "p.kscope"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["kind"] for each in found] == ["image", "tensor", "session"]
    assert (found[0]["width"], found[0]["height"], found[0]["dtype"]) == (10, 12, "uint8")
    assert found[1]["shape"] == [1, 2, 3, 4]


def test_inspect_says_why_a_file_cannot_be_opened_and_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", "missing.png", "a.png"]) == 1
    output, errors = capsys.readouterr()
    found = [json.loads(line) for line in output.splitlines()]
    assert found[0] == {"file": "missing.png", "error": "missing.png cannot be read: No such file or directory."}
    assert found[1]["kind"] == "image"
    assert errors == "kernelscope: missing.png cannot be read: No such file or directory.\n"


@pytest.mark.parametrize(
    "arguments", [[], ["inspect"], ["run"], ["frob"], ["derive"], ["derive", "divide", "x^2"], ["bench", "x"]]
)
def test_what_is_no_command_is_one_line_with_code_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert cli.main(arguments) == 2
    assert len(complaints(capsys)) == 1


def test_help_and_version_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"Kernelscope {__version__}\n"
    for arguments in (["--help"], ["run", "--help"], ["inspect", "-h"]):
        assert cli.main(arguments) == 0
        assert "usage: kernelscope" in capsys.readouterr().out


def test_the_window_keeps_what_is_no_command() -> None:
    assert cli.handles(["run", "p.kscope"])
    assert cli.handles(["--help"])
    assert not cli.handles(["./run"])
    assert not cli.handles(["photo.png", "run"])
    assert not cli.handles([])


def test_inspect_does_not_wait_for_the_compiler() -> None:
    script = (
        "import sys\nfrom explorer.cli import main\n"
        "assert main(['inspect', 'assets/samples/camera.png']) == 0\n"
        "assert not {'numba', 'PySide6', 'explorer.model.evaluation'} & set(sys.modules), sorted(sys.modules)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are those of POSIX")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_from_the_keyboard_leaves_whole_files_alone(folder: Path, jobs: str) -> None:
    for number in range(200):
        picture(f"many/{number}.png", seed=number)
    # Where the tests themselves run in the background, an interrupt is ignored by what they start.
    heard = f"import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n{PROGRAM}"
    command = [sys.executable, "-c", heard, "run", "p.kscope", "many", "-o", "out", "--format", "npy"]
    with subprocess.Popen(
        [*command, "--jobs", jobs], env=os.environ | {"PYTHONPATH": str(ROOT)}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        done = [first, *process.stdout]
        errors = process.stderr.read()
    assert process.returncode == 1
    assert errors.startswith("kernelscope: interrupted; ")
    assert errors.count("\n") == 1
    assert 1 <= len(done) < 200
    assert 0 <= len(manifest()["inputs"]) - len(done) <= 1
    assert all(np.load(path).size for path in Path("out").rglob("*.npy"))
    assert not [path for path in Path("out").rglob("*") if path.name.startswith(".")]


def test_a_reader_that_goes_away_is_no_fault(folder: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, "inspect", *["a.png"] * 3000]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_a_whole_pipeline_is_the_same_in_the_window_and_here(folder: Path) -> None:
    document = small_pipeline(from_array(pixels(seed=1), "a.png"))
    keep(document, "p.kscope")
    assert cli.main(["run", "p.kscope", "a.png", "-o", "out"]) == 0
    shown = Evaluation().run(document)
    with np.load("out/a.npz") as arrays:
        for node in document:
            assert arrays[node.name].tobytes() == shown.results[node.id].ys[0].tobytes()
