"""What a document shows of a step: the same in every format."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.model.derivation.derivation import Step
from explorer.model.derivation.expression import Block, Sentence


def reasons(step: Step) -> tuple[Sentence, ...]:
    """The reasons of its strokes in turn, each once."""
    return tuple(dict.fromkeys(line.reason for line in step.lines if line.reason.template))


def sheet(step: Step) -> Sequence[Block]:
    """All that is on the sheet in the end, with its check where no block shows that already."""
    blocks = step.lines[-1].blocks
    return blocks if step.check is None or step.check in blocks else (*blocks, step.check)
