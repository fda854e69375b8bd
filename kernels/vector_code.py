"""Vectors of LLVM, written down by hand: what the intrinsics of the kernels share.

How large a vector is and how many of them the registers hold is the host's: AVX-512 and ARM have 32, AVX2 has 16.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils

__all__ = ["MANY", "VECTOR_BYTES", "Vectors", "ask", "cases", "lanes"]


def _host() -> tuple[int, bool]:
    """Bytes of a vector, and whether there are 32 of them."""
    try:
        features = llvm.get_host_cpu_features()
    except RuntimeError:  # LLVM does not know the host
        return 16, False
    if features.get("avx512f"):
        return 64, True
    return (32, False) if features.get("avx2") else (16, bool(features.get("neon")))


VECTOR_BYTES, MANY = _host()


def lanes(itemsize: int) -> int:
    """Numbers of `itemsize` bytes in a vector."""
    return VECTOR_BYTES // itemsize


def ask(builder: Any, data: Any, offset: Any) -> None:
    """Have the cache fetch the number at `offset` of `data`, which may lie anywhere.

    A processor looks ahead within a page of memory only: rows of a kilobyte or two are worth asking for.
    """
    byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
    takes = [byte, number, number, number]
    prefetch = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), takes), "llvm.prefetch.p0")
    reading, kept, of_data = number(0), number(3), number(1)
    builder.call(prefetch, [builder.bitcast(builder.gep(data, [offset]), byte), reading, kept, of_data])


def cases(builder: Any, value: Any, numbers: Iterable[int]) -> Iterator[int]:
    """Each number in turn: what is written meanwhile runs where `value` is that number; behind them all goes on."""
    end = builder.append_basic_block("end")
    ways = builder.switch(value, end)
    for number in numbers:
        block = builder.append_basic_block(f"case{number}")
        ways.add_case(ir.IntType(64)(number), block)
        builder.position_at_end(block)
        yield number
        builder.branch(end)
    builder.position_at_end(end)


class Vectors:
    """Writes code on vectors of the numbers that the array of argument `place` holds."""

    index = ir.IntType(64)

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any, place: int = 0, vector_bytes: int = 0):
        self.context, self.builder, self.signature, self.args = context, builder, signature, args
        number = signature.args[place].dtype
        self.size = 4 if number == types.float32 else 8
        self.number = ir.FloatType() if self.size == 4 else ir.DoubleType()
        self.lanes = (vector_bytes or VECTOR_BYTES) // self.size
        self.vector = ir.VectorType(self.number, self.lanes)
        self.fused = self.function(f"llvm.fma.v{self.lanes}f{self.size * 8}", self.vector, [self.vector] * 3)

    def function(self, name: str, result: Any, takes: list[Any]) -> Any:
        """A function of LLVM's own."""
        return cgutils.get_or_insert_function(self.builder.module, ir.FunctionType(result, takes), name)

    def data(self, place: int) -> Any:
        """Where the array of an argument begins."""
        return self.context.make_array(self.signature.args[place])(self.context, self.builder, self.args[place]).data

    def address(self, data: Any, offset: Any) -> Any:
        """The element at `offset`."""
        return self.builder.gep(data, [offset], inbounds=True)

    def element(self, data: Any, offset: Any) -> Any:
        """One number."""
        return self.builder.load(self.address(data, offset))

    def read(self, data: Any, offset: Any, count: int = 0) -> Any:
        """The vector, or `count` numbers, that begin at `offset`; no alignment is asked for."""
        of = ir.VectorType(self.number, count) if count else self.vector
        return self.builder.load(self.builder.bitcast(self.address(data, offset), of.as_pointer()), align=self.size)

    def write(self, value: Any, data: Any, offset: Any) -> None:
        """Store a vector."""
        pointer = self.builder.bitcast(self.address(data, offset), value.type.as_pointer())
        self.builder.store(value, pointer, align=self.size)

    def mask(self, count: Any) -> Any:
        """Which lanes of a vector are among the first `count`."""
        places = ir.VectorType(ir.IntType(32), self.lanes)
        below = self.everywhere(self.builder.trunc(count, places.element), places)
        return self.builder.icmp_signed("<", self.constant(range(self.lanes), places), below)

    def read_some(self, data: Any, offset: Any, mask: Any) -> Any:
        """The lanes of `mask` of the vector at `offset`, and 0; memory of the others is not touched."""
        name = f"llvm.masked.load.v{self.lanes}f{self.size * 8}.p0"
        pointer = self.builder.bitcast(self.address(data, offset), self.vector.as_pointer())
        alignment = ir.IntType(32)
        load = self.function(name, self.vector, [pointer.type, alignment, mask.type, self.vector])
        return self.builder.call(load, [pointer, alignment(self.size), mask, self.zeros()])

    def write_some(self, value: Any, data: Any, offset: Any, mask: Any) -> None:
        """Store the lanes of `mask` of a vector; memory of the others is not touched."""
        name = f"llvm.masked.store.v{self.lanes}f{self.size * 8}.p0"
        pointer = self.builder.bitcast(self.address(data, offset), self.vector.as_pointer())
        alignment = ir.IntType(32)
        store = self.function(name, ir.VoidType(), [self.vector, pointer.type, alignment, mask.type])
        self.builder.call(store, [value, pointer, alignment(self.size), mask])

    def stream(self, value: Any, data: Any, offset: Any) -> None:
        """Store a vector past the caches, to an address that divides by 16 bytes."""
        pointer = self.builder.bitcast(self.address(data, offset), value.type.as_pointer())
        store = self.builder.store(value, pointer, align=16)
        store.set_metadata("nontemporal", self.builder.module.add_metadata([ir.IntType(32)(1)]))

    def picked(self, one: Any, other: Any, places: list[int]) -> Any:
        """Lanes of two vectors side by side."""
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)
        return self.builder.shuffle_vector(one, other, mask)

    def along(self, n: Any) -> Iterator[Any]:
        """A loop over the vectors of a row of n numbers: yields where each begins; the last may reach past the end."""
        with cgutils.for_range_slice(self.builder, self.index(0), n, self.index(self.lanes), self.index) as (j, _):
            yield j

    def everywhere(self, value: Any, of: Any = None) -> Any:
        """A vector, of type `of` if not of numbers, with `value` in every lane."""
        one = self.builder.insert_element(ir.Constant(of or self.vector, ir.Undefined), value, ir.IntType(32)(0))
        return self.picked(one, one, [0] * self.lanes)

    def constant(self, values: Any, of: Any = None) -> Any:
        """A vector, of type `of` if not of numbers, of what is known: one value for every lane, or a list of all."""
        known = list(values) if isinstance(values, (list, range)) else [values] * self.lanes
        return ir.Constant(of or self.vector, known)

    def zeros(self) -> Any:
        """A vector of zeros."""
        return self.constant(0.0)

    def times_plus(self, a: Any, b: Any, c: Any) -> Any:
        """a·b + c, rounded once."""
        return self.builder.call(self.fused, [a, b, c])
