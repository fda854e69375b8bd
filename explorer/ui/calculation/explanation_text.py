"""A calculation as plain text: to copy, and to say whether it agrees with the definition."""

from __future__ import annotations

import math
from collections.abc import Sequence

from explorer.model.digits import excerpt, written
from explorer.ops.explanation import Grid, Number, Step, Sum
from explorer.ui.texts import said

TOLERANCE = 2e-5
"""Of the terms' size: what float32 may differ from the definition in float64."""


def agrees(definition: float, forward: float, steps: Sequence[Step]) -> bool:
    """Whether a number and its definition differ by no more than rounding, measured against what was added up."""
    if math.isnan(definition) or math.isnan(forward) or math.isinf(definition) or math.isinf(forward):
        return definition == forward or (math.isnan(definition) and math.isnan(forward))
    size = max(abs(definition), abs(forward))
    for part in (part for step in steps for part in step.parts):
        if isinstance(part, Sum):
            size = max(size, math.fsum(abs(value) for _, value in part.terms if math.isfinite(value)))
        elif isinstance(part, Grid) and part.adds_up:
            size = max(size, math.fsum(abs(value) for value in part.values.ravel().tolist() if math.isfinite(value)))
    return abs(definition - forward) <= TOLERANCE * size + 1e-38


def numbers_text(step: Step) -> str:
    """The numbers of a step in full, tab separated, for a spreadsheet."""
    blocks = []
    for part in step.parts:
        if isinstance(part, Grid):
            rows = ["\t".join(map(str, row)) for row in part.values]
            blocks.append("\n".join([said(part.label), *rows]))
        elif isinstance(part, Sum):
            terms = [*part.terms, (part.label, part.total)]
            blocks.append("\n".join(f"{said(label)}\t{value!r}" for label, value in terms))
        elif isinstance(part, Number):
            blocks.append(f"{said(part.label)}\t{part.value!r}")
    return "\n\n".join(blocks)


def calculation_text(title: str, formula: str, steps: Sequence[Step]) -> str:
    """The whole calculation as it is shown, as plain text."""
    lines = [title, formula]
    parts, values = written(steps)
    for step, texts, value in zip(steps, parts, values, strict=True):
        lines += ["", said(step.title)]
        for part, text in zip(step.parts, texts, strict=True):
            if isinstance(part, Grid):
                rows = text if isinstance(text, list) else []
                width = max((len(each) for row in rows for each in row), default=0)
                (top, left), shown = excerpt(part)
                of = f" [{top}:{top + shown[0]}, {left}:{left + shown[1]}]" if shown != part.values.shape else ""
                lines.append(f"{said(part.label)}{of}:")
                lines += ["  " + "  ".join(each.rjust(width) for each in row) for row in rows]
            elif isinstance(part, Sum):
                terms, total = text if isinstance(text, tuple) else ([], "")
                lines += [f"  {said(label)}: {each}" for (label, _), each in zip(part.terms, terms, strict=True)]
                lines.append(f"{said(part.label)}: {total}")
            elif isinstance(part, Number):
                lines.append(f"{said(part.label)}: {text}")
            else:
                lines.append(part.text)
        lines.append(f"= {value}")
    return "\n".join(lines)
