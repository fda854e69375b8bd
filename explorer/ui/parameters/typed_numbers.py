"""Numbers as a person types, copies and pastes them: a point for the decimals in every language, fractions allowed.

Qt's own conversion follows the language of the machine and reads "1.5" as 15 under some of them.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from explorer.ops.op import Array
from explorer.refusal import Refusal

LONGEST_TEXT = 1 << 20
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")
_EXPONENT = re.compile(r"e(?:\+|(-))?0*")
_BETWEEN = re.compile(r"\s*[,\s]\s*")
_BRACKETS = str.maketrans("[](){}", "      ")


def _ascii(text: str) -> str:
    return text.strip().replace("−", "-")


def number(text: str) -> float:
    """A finite number such as "-0.25", "1e-5" or "1/3"; a Refusal for anything else."""
    parts = [part.strip() for part in _ascii(text).split("/")]
    if len(parts) > 2 or not all(_NUMBER.fullmatch(part) for part in parts):
        hint = "Decimals stand behind a point: 0.5." if "," in text else "A number looks like 0.5, 1e-5 or 1/3."
        raise Refusal("{text} is not a number.", text=repr(text), hint=hint)
    value = float(parts[0])
    if len(parts) == 2:
        divisor = float(parts[1])
        if divisor == 0:
            raise Refusal("{text} divides by zero.", text=repr(text))
        value /= divisor
    if not math.isfinite(value):
        raise Refusal("{text} is too large; the largest number is {limit}.", text=repr(text), limit="1.8e308")
    return value


def whole(text: str) -> int:
    """A whole number such as "3" or "-12"; a Refusal for anything else."""
    plain = _ascii(text)
    if _WHOLE.fullmatch(plain):
        return int(plain)
    value = number(text)
    if not value.is_integer():
        raise Refusal("{text} is not a whole number.", text=repr(text))
    return int(value)


def row(text: str) -> tuple[float, ...]:
    """Numbers with commas or spaces between them."""
    return tuple(number(part) for part in _BETWEEN.split(text.strip()))


def whole_row(text: str) -> tuple[int, ...]:
    """Whole numbers with commas or spaces between them."""
    return tuple(whole(part) for part in _BETWEEN.split(text.strip()))


def matrix(text: str, shape: tuple[int, int]) -> Array:
    """A matrix of `shape`: lines (or ";") of numbers with tabs, spaces or commas between them, or one line of all.

    Brackets are passed over, so that a matrix printed by another program is read.
    """
    if len(text) > LONGEST_TEXT:
        raise Refusal("The text has {length} characters; the limit is {limit}.", length=len(text), limit=LONGEST_TEXT)
    lines = re.split(r"[\n\r;]+", text.translate(_BRACKETS))
    rows = [row(line) for line in (line.strip(", \t") for line in lines) if line]
    height, width = shape
    values = [value for each in rows for value in each]
    fits = {len(each) for each in rows} == {width} or len(rows) == 1
    if len(values) != height * width or not fits:
        lengths = sorted({len(each) for each in rows})
        found = f"{len(rows)} × {lengths[0]}" if len(lengths) == 1 else f"{len(values)}"
        raise Refusal(
            "The text holds {found} numbers; the kernel takes {height} × {width}.",
            found=found,
            height=height,
            width=width,
        )
    return np.array(values, np.float64).reshape(shape)


def written(value: Any) -> str:
    """The shortest text that is read back as the same number of its type: 3, 0.1, 1e-5."""
    return _EXPONENT.sub(r"e\1", str(value)).removesuffix(".0")


def matrix_text(values: Array) -> str:
    """Lines of numbers with tabs between them."""
    return "\n".join("\t".join(written(value) for value in line) for line in values)
