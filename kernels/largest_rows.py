"""The largest of several rows, number by number, and where it stands.

    best[j] = max over t of s[at[t] + j],   place[j] = places[places_at[t] + j] + offsets[t] of the first t that has it

NaN is above every number. Written as vectors: a loop that keeps two results, each by a choice, stays scalar otherwise.
"""

from __future__ import annotations

from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from kernels.placed_vectors import PlacedVectors
from kernels.vector_code import VECTOR_BYTES

__all__ = ["SPARE_BYTES", "largest_of_rows"]

SIDE_BY_SIDE = 2
"""Vectors at a time: each choice waits for the one before it, so two of them take hardly longer than one."""


SPARE_BYTES = SIDE_BY_SIDE * VECTOR_BYTES
"""What may be written and read behind the end of a row."""


def largest_of_rows(s, places, at, places_at, offsets, taps, n, to, places_to):
    """s[to + j] and places[places_to + j] = best[j] and place[j] for j < n, rounded up by less than `SPARE_BYTES`.

    s is of a float type, `places` and `offsets` of `PLACE`, `at` and `places_at` of int64; all contiguous with one
    axis. The first row may be the one that is written, but no later one. Nothing is checked.
    """
    best, place = s[at[0] : at[0] + n].copy(), places[places_at[0] : places_at[0] + n] + offsets[0]
    for t in range(1, taps):
        row = s[at[t] : at[t] + n]
        better = ~(row <= best) & (best == best)
        best[better] = row[better]
        place[better] = (places[places_at[t] : places_at[t] + n] + offsets[t])[better]
    s[to : to + n] = best
    places[places_to : places_to + n] = place


def _emit(context, builder, signature, args):
    code = PlacedVectors(context, builder, signature, args)
    index, lanes = code.index, code.lanes
    s, places, at, places_at, offsets = (code.data(place) for place in range(5))
    taps, n, to, places_to = args[5:]

    def seen(t, j):
        """The numbers and places of row t from j on."""
        offset = code.everywhere(builder.load(builder.gep(offsets, [t], inbounds=True)), code.places)
        for v in range(SIDE_BY_SIDE):
            here = builder.add(j, index(v * lanes))
            row = code.read(s, builder.add(builder.load(builder.gep(at, [t], inbounds=True)), here))
            from_ = builder.add(builder.load(builder.gep(places_at, [t], inbounds=True)), here)
            pointer = builder.bitcast(builder.gep(places, [from_], inbounds=True), code.places.as_pointer())
            yield row, builder.add(builder.load(pointer, align=4), offset)

    with cgutils.for_range_slice(builder, index(0), n, index(SIDE_BY_SIDE * lanes), index) as (j, _):
        begun, loop, body, end = (builder.append_basic_block(name) for name in ("begun", "tap", "body", "end"))
        builder.branch(begun)
        builder.position_at_end(begun)
        first = list(seen(index(0), j))
        builder.branch(loop)
        builder.position_at_end(loop)
        t = builder.phi(index)
        t.add_incoming(index(1), begun)
        kept = [(builder.phi(code.vector), builder.phi(code.places)) for _ in first]
        for phis, values in zip(kept, first, strict=True):
            for phi, value in zip(phis, values, strict=True):
                phi.add_incoming(value, begun)
        builder.cbranch(builder.icmp_signed("<", t, taps), body, end)
        builder.position_at_end(body)
        for (best, place), (row, its_place) in zip(kept, seen(t, j), strict=True):
            a_number = builder.fcmp_ordered("ord", best, best)
            better = builder.and_(builder.fcmp_unordered(">", row, best), a_number)
            best.add_incoming(builder.select(better, row, best), body)
            place.add_incoming(builder.select(better, its_place, place), body)
        t.add_incoming(builder.add(t, index(1)), body)
        builder.branch(loop)
        builder.position_at_end(end)
        for v, (best, place) in enumerate(kept):
            here = builder.add(j, index(v * lanes))
            code.write(best, s, builder.add(to, here))
            pointer = builder.gep(places, [builder.add(places_to, here)], inbounds=True)
            builder.store(place, builder.bitcast(pointer, code.places.as_pointer()), align=4)
    return context.get_dummy_value()


if not config.DISABLE_JIT:
    _index = types.int64

    @intrinsic
    def largest_of_rows(typing, s, places, at, places_at, offsets, taps, n, to, places_to):
        return types.void(s, places, at, places_at, offsets, _index, _index, _index, _index), _emit
