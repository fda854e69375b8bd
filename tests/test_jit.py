"""What a start relies on in the cache of compiled kernels: it is private, it is right, and it is never in the way."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from numba import config

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="nothing is compiled, so there is no cache")

ONE_KERNEL = """
import numpy as np
from kernels import _jit, pointwise
x, y = np.array([-1.0, 2.0]), np.empty(2)
pointwise.relu(x, x, False, y)
assert y.tolist() == [0, 2]
hits = sum(pointwise.relu.stats.cache_hits.values())
print(hits, _jit.cache_folder(), _jit.complete())
"""


def run(code: str, cache: Path, root: Path = ROOT) -> list[str]:
    """The words that `code` prints in a process with this cache folder; it must end without an error."""
    environment = {**os.environ, "KERNELSCOPE_CACHE": str(cache), "PYTHONWARNINGS": "error", "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout.split()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds one kernel."""
    folder = tmp_path_factory.mktemp("cache") / "kernels"
    assert run(ONE_KERNEL, folder)[0] == "0"
    return folder


@pytest.fixture
def cache(filled: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(filled, tmp_path / "cache"))


def test_a_kernel_is_compiled_once_and_found_at_the_next_start(cache: Path) -> None:
    assert run(ONE_KERNEL, cache)[0] == "1"


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", [b"", b"no pickle", b"\x80\x04K\x01."], ids=["empty", "text", "another pickle"])
def test_a_damaged_file_is_compiled_again_and_mended(cache: Path, ending: str, damage: bytes) -> None:
    files = list(cache.rglob(f"*.{ending}"))
    assert files
    for file in files:
        file.write_bytes(damage)
    assert run(ONE_KERNEL, cache)[0] == "0"
    assert run(ONE_KERNEL, cache)[0] == "1"


def test_a_cache_with_a_damaged_file_is_complete_no_more(cache: Path) -> None:
    (next(cache.glob("kernels-*")) / "complete").touch()
    assert run(ONE_KERNEL, cache)[2] == "True"
    next(cache.rglob("*.nbi")).write_bytes(b"no pickle")
    assert run(ONE_KERNEL, cache)[2] == "False"


def test_the_folder_is_closed_to_others(cache: Path) -> None:
    for folder in (cache, *cache.glob("kernels-*")):
        folder.chmod(0o755)
    folder = Path(run(ONE_KERNEL, cache)[1])
    assert folder.parent == cache
    for each in (cache, folder):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_leaves_the_kernels_in_memory(tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("a file is in the way")
    assert run(ONE_KERNEL, occupied) == ["0", "None", "True"]
    assert occupied.read_text() == "a file is in the way"


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path: Path, cache: Path) -> None:
    folder = next(cache.glob("kernels-*"))
    elsewhere = folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(elsewhere)
    assert run(ONE_KERNEL, cache)[1] == "None"


def test_a_second_copy_of_the_program_finds_what_the_first_one_compiled(tmp_path: Path, cache: Path) -> None:
    shutil.copytree(ROOT / "kernels", tmp_path / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    for source in (tmp_path / "kernels").glob("*.py"):
        os.utime(source, (0, 0))
    assert run(ONE_KERNEL, cache, tmp_path)[0] == "1"


def test_a_change_in_any_kernel_source_begins_a_new_folder(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "kernels", tmp_path / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    where = "from kernels import _jit; print(_jit.cache_folder())"
    first = run(where, tmp_path / "cache", tmp_path)
    assert run(where, tmp_path / "cache", tmp_path) == first
    with (tmp_path / "kernels" / "bands.py").open("a", encoding="utf-8") as source:
        source.write("\n# One line more.\n")
    assert run(where, tmp_path / "cache", tmp_path) != first


IN_A_TYPE = """
import numpy as np
from kernels import pointwise
x, y = np.arange(-4, 4).astype("{0}"), np.full(8, 9, "{0}")
pointwise.relu(x, x, False, y)
print(*y.astype(int), sum(pointwise.relu.stats.cache_hits.values()))
"""


def test_processes_that_compile_at_the_same_time_never_run_the_code_of_each_others_type(tmp_path: Path) -> None:
    """Both begin with an empty index; the data of one then lands beside the index of the other."""
    one, other = tmp_path / "one", tmp_path / "other"
    for cache, kind in ((one, "float32"), (other, "float64")):
        assert run(IN_A_TYPE.format(kind), cache) == [*"00000123", "0"]
    for file in other.rglob("*.nbc"):
        shutil.copy(file, one / file.relative_to(other))
    assert run(IN_A_TYPE.format("float32"), one) == [*"00000123", "1"]


AFTER_WARM_UP = """
import sys
import numpy as np
sys.path.insert(0, "tests")
from explorer.model import display, document, editing
from explorer.model.evaluation import Evaluation
from explorer.model.gallery import illustration
from explorer.model.gradients import gradients, loss_origin
from explorer.ops import operations
from explorer.ops.warm_up import ready, warm_up
from kernels._jit import specialisations
from small_pipeline import small_pipeline
from dataclasses import replace

warm_up()
assert ready()
before = specialisations()
chain = ("input", "conv", "batch_norm", "relu", "max_pool", "max_unpool", "mean_pool", "global_average_pool", "dense",
         "softmax")
for dtype in ("float32", "float64"):
    pipeline = replace(small_pipeline(operations=chain), dtype=dtype)
    evaluated = Evaluation().run(pipeline)
    assert not evaluated.refusals and not evaluated.plan.refusals
    back = gradients(evaluated, loss_origin(evaluated))
    for node in pipeline:
        result = evaluated.results[node.id]
        display.summary(result, 0, display.View())
        for port in result.ports:
            for gradient in (False, True):
                view = display.View(layer=node.id, port=port, pixels=(2, 2))
                display.maps_of(evaluated, back, view, document.Link(node.id, port), gradient=gradient)
for operation in operations().values():
    illustration(operation)
after = specialisations()
print(*(name for name in after if after[name] != before.get(name)))
"""


def test_after_the_warm_up_no_operation_is_compiled_any_more() -> None:
    """Every kind of layer, its gradients and colours, and the gallery; in the usual cache, which this test fills."""
    from kernels import _jit

    folder = _jit.cache_folder()
    assert run(AFTER_WARM_UP, folder.parent if folder else Path(os.devnull)) == []
