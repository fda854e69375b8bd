"""Vectors of numbers together with the places that they stand in: what the intrinsics of pooling share."""

from __future__ import annotations

import numpy as np
from llvmlite import ir

from kernels.place import PLACE
from kernels.vector_code import Vectors

__all__ = ["PlacedVectors"]


class PlacedVectors(Vectors):
    """Writes code on vectors of numbers, of places as they lie in arrays, and of integers `whole` as wide as numbers.

    A place is calculated with as a `whole`: what a comparison of numbers chooses has their lanes.
    """

    def __init__(self, context, builder, signature, args):
        super().__init__(context, builder, signature, args)
        self.places = ir.VectorType(ir.IntType(8 * np.dtype(PLACE).itemsize), self.lanes)
        self.whole = ir.VectorType(ir.IntType(8 * self.size), self.lanes)
        self.double = ir.VectorType(ir.DoubleType(), self.lanes)

    def windows(self, n):
        """A loop over the vectors of a row: yields the first window of each."""
        last = self.builder.sub(n, self.index(self.lanes))
        for j in self.along(n):
            yield self.builder.select(self.builder.icmp_signed("<", j, last), j, last)

    def integer(self, value):
        """An index as an integer as wide as the numbers."""
        return self.builder.trunc(value, self.whole.element) if self.size == 4 else value

    def wide(self, value):
        """Numbers in float64."""
        return self.builder.fpext(value, self.double) if self.size == 4 else value

    def narrow(self, value):
        """Float64 as numbers of the type of the rows."""
        return self.builder.fptrunc(value, self.vector) if self.size == 4 else value

    def read_places(self, place, offset):
        """Places as `whole` integers."""
        pointer = self.builder.bitcast(self.address(self.data(place), offset), self.places.as_pointer())
        read = self.builder.load(pointer, align=np.dtype(PLACE).itemsize)
        return read if self.places == self.whole else self.builder.sext(read, self.whole)

    def write_places(self, value, place, offset):
        """Store `whole` integers as places."""
        value = value if self.places == self.whole else self.builder.trunc(value, self.places)
        pointer = self.builder.bitcast(self.address(self.data(place), offset), self.places.as_pointer())
        self.builder.store(value, pointer, align=np.dtype(PLACE).itemsize)

    def any(self, vector):
        """Whether a lane of a vector of bits is set."""
        bits = ir.IntType(self.lanes)
        return self.builder.icmp_unsigned("!=", self.builder.bitcast(vector, bits), bits(0))

    def above(self, one, other):
        """Whether `other` beats `one`, which stands before it; NaN beats every number."""
        return self.builder.and_(
            self.builder.fcmp_unordered(">", other, one), self.builder.fcmp_ordered("ord", one, one)
        )
