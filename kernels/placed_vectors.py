"""Vectors of numbers together with the places that they stand in: what the intrinsics of pooling share."""

from __future__ import annotations

from llvmlite import ir

from kernels.vector_code import Vectors

__all__ = ["PlacedVectors"]

_WHOLE = ir.IntType(64)


class PlacedVectors(Vectors):
    """Writes code on vectors of numbers, of int64 places, and of integers `whole` that are as wide as the numbers."""

    def __init__(self, context, builder, signature, args):
        super().__init__(context, builder, signature, args)
        self.places = ir.VectorType(_WHOLE, self.lanes)
        self.whole = ir.VectorType(ir.IntType(8 * self.size), self.lanes)
        self.double = ir.VectorType(ir.DoubleType(), self.lanes)

    def windows(self, n):
        """A loop over the vectors of a row: yields the first window of each."""
        last = self.builder.sub(n, self.index(self.lanes))
        for j in self.along(n):
            yield self.builder.select(self.builder.icmp_signed("<", j, last), j, last)

    def integer(self, value):
        """An int64 as an integer as wide as the numbers."""
        return self.builder.trunc(value, self.whole.element) if self.size == 4 else value

    def wide(self, value):
        """Numbers in float64."""
        return self.builder.fpext(value, self.double) if self.size == 4 else value

    def narrow(self, value):
        """Float64 as numbers of the type of the rows."""
        return self.builder.fptrunc(value, self.vector) if self.size == 4 else value

    def pointer(self, place, offset, of):
        return self.builder.bitcast(self.address(self.data(place), offset), of.as_pointer())

    def write_places(self, value, place, offset):
        """Store `whole` integers as int64."""
        wide = self.builder.sext(value, self.places) if self.size == 4 else value
        self.builder.store(wide, self.pointer(place, offset, self.places), align=8)

    def any(self, vector):
        """Whether a lane of a vector of bits is set."""
        bits = ir.IntType(self.lanes)
        return self.builder.icmp_unsigned("!=", self.builder.bitcast(vector, bits), bits(0))

    def above(self, one, other):
        """Whether `other` beats `one`, which stands before it; NaN beats every number."""
        return self.builder.and_(
            self.builder.fcmp_unordered(">", other, one), self.builder.fcmp_ordered("ord", one, one)
        )
