"""The only compile options of the project, and the folder that keeps compiled kernels.

`kernel` compiles a loop for one thread; `parallel_kernel` spreads `prange` over the threads. Both release the
interpreter lock, so that the window goes on while they run. Only one Python thread may run parallel kernels at a
time: Numba's workqueue layer aborts the process otherwise.

Floating-point rules: contraction and re-association are allowed, the meaning of NaN, infinity and comparison is kept.
`fastmath=True` as a whole would turn `isnan` into False.

Numba recompiles when the file of a kernel changes, but not when a callee in another file does. The folder is therefore
named by a hash of all kernel sources and of the versions. Where those sources lie, and how old they are, does not
matter: a second copy of the program finds what the first one compiled. A file in the folder that cannot be read is
never an error: the folder is emptied and the kernel is compiled again, at worst in memory only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

# Between two loops the threads of OpenMP would keep a core busy that the window needs. Read when its library is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numba
import numpy as np
from numba import config, njit, prange
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, UserProvidedCacheLocator
from numba.core.environment import Environment
from numba.core.runtime import rtsys

__all__ = [
    "cache_folder",
    "complete",
    "kernel",
    "loaded",
    "mark_complete",
    "parallel_kernel",
    "plain",
    "prange",
    "read_only",
    "specialisations",
    "strict_kernel",
]

_MARK = "complete"
_ROOT = Path(__file__).parents[1]

SAFE_MATH = {"contract", "reassoc", "nsz", "arcp"}
STRICT_MATH = {"contract"}


def _caches() -> Path:
    if named := os.environ.get("KERNELSCOPE_CACHE"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "kernelscope"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/kernelscope"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kernelscope"


@cache
def _content(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _key() -> str:
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    # What `algebra` derives is written into the code of transforms.
    for source in sorted(folder.rglob("*.py")):
        digest.update(f"{source.relative_to(folder).as_posix()}\0{_content(str(source))}".encode())
    digest.update(repr((numba.__version__, np.__version__, sys.version_info[:3])).encode())
    return digest.hexdigest()[:16]


def _private(folder: Path) -> bool:
    """Whether `folder` exists, is ours and is closed to others: a planted file in it would run as code."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        if hasattr(os, "getuid") and (status.st_uid != os.getuid() or not stat.S_ISDIR(status.st_mode)):
            return False
        if os.name == "posix" and status.st_mode & 0o077:
            folder.chmod(0o700)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _prepare() -> Path | None:
    try:
        parent = _caches()
        folder = parent / f"kernels-{_key()}"
        if not _private(parent) or not _private(folder):
            return None
    except (OSError, RuntimeError):
        return None
    config.CACHE_DIR = str(folder)
    return folder


_folder = None if config.DISABLE_JIT else _prepare()


def cache_folder() -> Path | None:
    """Where compiled kernels are kept, or None where they stay in memory."""
    return _folder


def complete() -> bool:
    """Whether `mark_complete` has been called for these kernels; True where there is no folder to keep them in."""
    return _folder is None or (_folder / _MARK).exists()


def mark_complete() -> None:
    """Note in the folder that every kernel of the program is in it."""
    if _folder is not None:
        with contextlib.suppress(OSError):
            (_folder / _MARK).touch(mode=0o600)


def _environment(module: str, constants: list[Any], name: str) -> Environment:
    """What compiled code knows of the module that it comes from, as Numba's `_rebuild_env`, but without importing that.

    Code of Numba itself lies in kernels as well, and its modules take a twentieth of a second. Only code that goes back
    to Python objects looks there, and no kernel does.
    """
    known = Environment._memo.get(name)
    if known is not None:
        return known
    made = Environment(vars(sys.modules.get(module, sys.modules[__name__])))
    made.consts[:] = constants
    made.env_name = name
    Environment._memo[name] = made
    return made


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numba.core.environment", "_rebuild_env"):
            return _environment
        return super().find_class(module, name)


class _Files(IndexDataCacheFile):  # type: ignore[misc]
    def _load_data(self, name: str) -> Any:
        with Path(self._data_path(name)).open("rb") as file:
            return _Unpickler(file).load()


class _Place(UserProvidedCacheLocator):  # type: ignore[misc]
    """Where the code of a module is kept and what it is the code of: its place in the program and its text."""

    @classmethod
    def get_suitable_cache_subpath(cls, py_file: str) -> str:
        folder = Path(py_file).parent
        if folder.is_relative_to(_ROOT):
            return str(folder.relative_to(_ROOT))
        return str(super().get_suitable_cache_subpath(py_file))

    def get_source_stamp(self) -> str:
        return _content(self._py_file)


class _Impl(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_Place,)


class _TolerantCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache on disk, for which a damaged or unwritable file is a miss.

    Numba numbers the files of a kernel by the index that a process has seen. Two processes that compile at once both
    begin at 1, and the index of one then names the code of the other, for another type: so names are drawn here. What
    is lost of the index is compiled again.
    """

    _impl_class = _Impl

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = _Files(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self._impl.locator.get_source_stamp(),
        )
        self._cache_file._data_name_pattern = f"{self._impl.filename_base}.{{number:d}}-{secrets.token_hex(8)}.nbc"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            # Numba's own way here brings everything in that a compilation needs, which takes a quarter of a second at
            # the start of the program; what is compiled already needs the run-time system alone.
            rtsys.initialize(target_context)
            return self._load_overload(sig, target_context)
        except Exception:
            shutil.rmtree(self.cache_path, ignore_errors=True)
            if _folder is not None:
                with contextlib.suppress(OSError):
                    (_folder / _MARK).unlink(missing_ok=True)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except Exception:
            self.disable()


_compiled: list[Any] = []


def _jit(function: Callable[..., Any], *, fastmath: set[str] = SAFE_MATH, **options: bool) -> Any:
    if config.DISABLE_JIT:
        # Compiled code says nothing of overflow and of ∞ − ∞; neither does it as Python.
        return np.errstate(all="ignore")(function)
    compiled = njit(nogil=True, error_model="numpy", fastmath=fastmath, **options)(function)
    if _folder is not None:
        compiled._cache = _TolerantCache(function)
    _compiled.append(compiled)
    return compiled


def kernel(function: Callable[..., Any]) -> Any:
    """Compile for one thread, kept on disk."""
    return _jit(function)


def strict_kernel(function: Callable[..., Any]) -> Any:
    """Compile into whatever loop calls it, with every sum in the order written: for steps that round, (x + big) − big.

    As a call of its own it would keep the loop from becoming vectors.
    """
    return _jit(function, fastmath=STRICT_MATH, forceinline=True)


def parallel_kernel(function: Callable[..., Any]) -> Any:
    """Compile with `prange` over the threads, kept on disk. Write one output array per loop."""
    return _jit(function, parallel=True)


def read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A view that cannot be written to: to Numba a type of its own, so inputs of either kind share one compilation."""
    if not array.flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view


def plain(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An input as kernels are compiled for it: contiguous, aligned and `read_only`; a copy where it is not."""
    flags = array.flags
    if not (flags.c_contiguous and flags.aligned):
        array = np.require(array, requirements=("C", "A"))
    return read_only(array)


def specialisations() -> dict[str, int]:
    """How many signatures of each kernel are compiled or loaded in this process."""
    return {f"{each.__module__}.{each.__name__}": len(each.signatures) for each in _compiled}


def loaded() -> int:
    """How many compiled signatures of all kernels this process holds."""
    return sum(len(each.signatures) for each in _compiled)


def threads() -> int:
    """How many threads a parallel kernel runs on."""
    # Not numba.get_num_threads(), which would start the threads from whoever asks.
    return int(config.NUMBA_NUM_THREADS)
