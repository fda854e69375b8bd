"""The largest numbers of a line or of a plane, and where they stand.

Axes: m plane (image and channel), (i, j) row and column, q cell of a line, s one of the k kept numbers.

Floats come as the integers that their bits spell, with `limits` = (all bits but the sign, bits of ∞). Their keys are
integers in the order of the floats, in which −0 equals 0 and every NaN equals the others and is above ∞. Whole numbers
are compared and counted many at a time, which floats are not as long as NaN has a meaning.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel, parallel_kernel, prange, read_only
from kernels.leading_rows import insert_rows
from kernels.place import PLACE
from kernels.vector_code import VECTOR_BYTES

BLOCK = 8192
LINES = 64
_NARROWING = 8
_STRETCH = 32

Array = NDArray[Any]


def bits(x: Array) -> tuple[Array, Array]:
    """x as the integers of its bits, and the `limits` of its type."""
    integer = np.dtype(f"i{x.itemsize}")
    limits = np.array([np.iinfo(integer).max, np.array(np.inf, x.dtype).view(integer)], integer)
    return read_only(x.view(integer)), limits


@kernel
def _key(number, limits):  # type: ignore[no-untyped-def]
    """key = ±|x| as an integer by the sign of x, ∞ + 1 where x is NaN."""
    size = number & limits[0]
    if size > limits[1]:
        return limits[1] + 1
    return size if number >= 0 else -size


@kernel
def _count(keys, pivot):  # type: ignore[no-untyped-def]
    """How many keys are at least pivot[0]."""
    least, count = pivot[0], np.int32(0)
    for q in range(keys.size):
        count = np.int32(count + (keys[q] >= least))
    return count


@kernel
def _narrow(keys, ends):  # type: ignore[no-untyped-def]
    """ends = the least and the largest of the keys that lie between ends[0] and ends[1]."""
    low, high = ends[0], ends[1]
    least, most = high, low
    for q in range(keys.size):
        key = keys[q]
        least = min(least, key if key >= low else high)
        most = max(most, key if key <= high else low)
    ends[0] = least
    ends[1] = most


@kernel
def _threshold(keys, k, limits, pivot, ends):  # type: ignore[no-untyped-def]
    """pivot[0] = a key that at least k keys reach and fewer than k exceed: halves the range that it must lie in."""
    ends[0], ends[1] = -limits[0], limits[0]
    halvings = 0
    while ends[0] < ends[1]:
        if halvings % _NARROWING == 0:
            # A wide range may hold a single number, many times: a picture of 8 bits, or the zeros behind a ReLU.
            _narrow(keys, ends)
        halvings += 1
        below, above = np.int64(ends[0]), np.int64(ends[1])
        # The middle, rounded up, without a sum that could overflow.
        middle = (below | above) - ((below ^ above) >> 1)
        pivot[0] = middle
        count = _count(keys, pivot)
        if count == k:
            return
        if count > k:
            ends[0] = middle
        else:
            ends[1] = middle - 1
    pivot[0] = ends[0]


@kernel
def _pick(keys, k, limits, pivot, ends, places):  # type: ignore[no-untyped-def]
    """places[s] = cells of the k largest keys in the order of the line; of equal keys the first. places (k + 1,)."""
    _threshold(keys, k, limits, pivot, ends)
    least = pivot[0]
    pivot[0] = least + 1
    spare, cut = k - _count(keys, pivot), 0
    while spare > 0:
        spare -= keys[cut] == least
        cut += 1
    taken = 0
    # A store that is always made is faster than a branch that is guessed; what is left out is overwritten.
    for q in range(cut):
        places[taken] = q
        taken += keys[q] >= least
    for q in range(cut, keys.size):
        places[taken] = q
        taken += keys[q] > least


@kernel
def _pick_few(x, limits, best, lists, list_places, places):  # type: ignore[no-untyped-def]
    """`_pick` for a small k = best.size of the line x: each lane keeps a list of its own first.

    The lists, (k · lanes,), are those of the rows of a matrix of `lanes` columns; then their heads are compared.
    """
    k, lanes = best.size, lists.size // best.size
    lists[:] = -limits[0]
    rows = x.size // lanes
    insert_rows(x, limits, 0, lanes, rows, 0, lists, list_places, k, lanes, lanes)
    heads = list_places[k * lanes :]
    heads[:] = 0
    for s in range(k):
        lane = 0
        for other in range(1, lanes):
            one, two = heads[lane] * lanes + lane, heads[other] * lanes + other
            if lists[two] > lists[one] or (lists[two] == lists[one] and list_places[two] < list_places[one]):
                lane = other
        taken = heads[lane] * lanes + lane
        best[s], places[s] = lists[taken], np.int64(list_places[taken]) * lanes + lane
        # A list that is used up has given all k.
        heads[lane] = min(heads[lane] + 1, k - 1)
    for q in range(rows * lanes, x.size):
        key = _key(x[q], limits)
        if key > best[k - 1]:
            s = k - 1
            while s > 0 and key > best[s - 1]:
                best[s], places[s] = best[s - 1], places[s - 1]
                s -= 1
            best[s], places[s] = key, q
    _sort(places[:k])


@kernel
def _sort(places):  # type: ignore[no-untyped-def]
    """In rising order; there are few."""
    for s in range(1, places.size):
        place, t = places[s], s
        while t > 0 and places[t - 1] > place:
            places[t] = places[t - 1]
            t -= 1
        places[t] = place


@kernel
def _pick_few_of_columns(x, start, stop, limits, k, y, switches):  # type: ignore[no-untyped-def]
    """The columns start ≤ j < stop of x (H, W) into y and switches (k, W): their lists of k grow side by side."""
    height, width = x.shape
    columns, lanes = stop - start, VECTOR_BYTES // x.itemsize
    whole = columns // lanes * lanes
    line, numbers = whole + lanes, x.reshape(x.size)
    best, places = np.full(k * line, -limits[0]), np.zeros(k * line, x.dtype)
    behind = np.zeros(_STRETCH * lanes, x.dtype)
    for top in range(0, height, _STRETCH):
        rows = min(_STRETCH, height - top)
        insert_rows(numbers, limits, top * width + start, width, rows, top, best, places, k, line, whole)
        if whole < columns:
            for q in range(rows):
                for j in range(columns - whole):
                    behind[q * lanes + j] = x[top + q, start + whole + j]
            insert_rows(behind, limits, 0, lanes, rows, top, best[whole:], places[whole:], k, line, lanes)
    found = np.empty(k, PLACE)
    for j in range(columns):
        for s in range(k):
            found[s] = places[s * line + j]
        _sort(found)
        for s in range(k):
            y[s, start + j] = x[found[s], start + j]
            switches[s, start + j] = found[s] * width + start + j


@kernel
def _keys_of_row(row, limits, keys):  # type: ignore[no-untyped-def]
    """keys[q] = key of row[q]."""
    for q in range(row.size):
        keys[q] = _key(row[q], limits)


@kernel
def _keys_of_columns(x, start, stop, limits, keys):  # type: ignore[no-untyped-def]
    """keys[t, q] = key of x[q, start + t]: turned round in tiles that fit the nearest cache."""
    tile = np.empty((_STRETCH, stop - start), x.dtype)
    for top in range(0, x.shape[0], _STRETCH):
        rows = min(_STRETCH, x.shape[0] - top)
        for q in range(rows):
            _keys_of_row(x[top + q, start:stop], limits, tile[q])
        for t in range(stop - start):
            column = keys[t, top : top + rows]
            for q in range(rows):
                column[q] = tile[q, t]


@kernel
def _k_max_lines(x, limits, along_width, m, start, stop, y, switches):  # type: ignore[no-untyped-def]
    """Lines start ≤ line < stop of plane m of `k_max`."""
    height, width = x.shape[1:]
    size, k = (width, y.shape[2]) if along_width else (height, y.shape[1])
    # Halving takes passes by the bits of a number, the list takes steps by k; both measured.
    few = k <= x.itemsize and k * 16 <= size
    if few and not along_width:
        _pick_few_of_columns(x[m], start, stop, limits, k, y[m], switches[m])
        return
    best, places = np.empty(k, x.dtype), np.empty(k + 1, PLACE)
    lanes = VECTOR_BYTES // x.itemsize
    lists, list_places = np.empty(k * lanes if few else 0, x.dtype), np.empty((k + 1) * lanes if few else 0, x.dtype)
    # A few cells more than the line: lines that are a power of two apart would fight for the same places of a cache.
    keys = np.empty((0 if few else stop - start, size + 16), x.dtype)
    pivot, ends = np.empty(1, x.dtype), np.empty(2, x.dtype)
    if along_width and not few:
        for line in range(start, stop):
            _keys_of_row(x[m, line], limits, keys[line - start])
    elif not few:
        _keys_of_columns(x[m], start, stop, limits, keys)
    for line in range(start, stop):
        if few:
            _pick_few(x[m, line], limits, best, lists, list_places, places)
        else:
            _pick(keys[line - start, :size], k, limits, pivot, ends, places)
        if along_width:
            for s in range(k):
                y[m, line, s] = x[m, line, places[s]]
                switches[m, line, s] = line * width + places[s]
        else:
            for s in range(k):
                y[m, s, line] = x[m, places[s], line]
                switches[m, s, line] = places[s] * width + line


@parallel_kernel
def k_max(x, limits, along_width, first, last, y, switches):  # type: ignore[no-untyped-def]
    """y[m,i,s] = x[m,i,q_s], q_1 < … < q_k the cells of the k largest of row i; switches[m,i,s] = i·W + q_s.

    Along the height: y[m,s,j] = x[m,q_s,j] and switches[m,s,j] = q_s·W + j. x (M, H, W), y and switches (M, H, k) or
    (M, k, W); x and y as bits. Work is a range of runs of at most `LINES` lines of one plane.
    """
    lines = x.shape[1] if along_width else x.shape[2]
    runs = (lines + LINES - 1) // LINES
    for run in prange(first, last):
        start = run % runs * LINES
        _k_max_lines(x, limits, along_width, run // runs, start, min(lines, start + LINES), y, switches)


@parallel_kernel
def _largest_of_blocks(x, limits, places):  # type: ignore[no-untyped-def]
    """places[m,b] = first cell of block b of plane m with the largest key of the block. x (M, K) as bits."""
    blocks = places.shape[1]
    for task in prange(places.size):
        m, b = task // blocks, task % blocks
        block = x[m, b * BLOCK : (b + 1) * BLOCK]
        keys = np.empty(block.size, x.dtype)
        _keys_of_row(block, limits, keys)
        best = keys[0]
        for q in range(keys.size):
            best = max(best, keys[q])
        place = 0
        while keys[place] != best:
            place += 1
        places[m, b] = b * BLOCK + place


def largest(x: Array) -> Array:
    """The place of the maximum of each row of x (M, K), (M,): the first NaN, else the first of the largest."""
    places = np.empty((len(x), -(-x.shape[1] // BLOCK)), PLACE)
    _largest_of_blocks(*bits(x), places)
    of_blocks = np.take_along_axis(x, places, axis=1)
    best: Array = places[np.arange(len(x)), of_blocks.argmax(axis=1)]
    return best
