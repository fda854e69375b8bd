"""From blocks, steps and whole derivations to a document: the walk that all formats share.

A `Format` is a notation that can also write what stands around mathematics: paragraphs, tables, tableaux, headings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol

from explorer.model.derivation import expression as ex
from explorer.model.derivation.derivation import Derivation, Step
from explorer.model.derivation.writing.arrangement import Arrangement, Notation, Shape, Translate, pieces, same
from explorer.model.derivation.writing.tableau import Row, layout


@dataclass(frozen=True, slots=True)
class WrittenCell(Generic[Shape]):
    """A cell of a tableau; None where it is empty."""

    body: Shape | None
    role: ex.Role
    shown: bool


@dataclass(frozen=True, slots=True)
class WrittenRow(Generic[Shape]):
    """A row of a tableau. `rule` is the line below: its first column and the one after the last; None for no line."""

    cells: tuple[WrittenCell[Shape], ...]
    rule: tuple[int, int] | None
    ruled: bool


class Format(Notation[Shape], Protocol[Shape]):
    """How one format writes what stands around mathematics. Sentences come as finished prose."""

    def literal(self, text: str) -> str:
        """Text in prose."""

    def inline(self, shape: Shape) -> str:
        """An expression in prose."""

    def formula(self, shape: Shape) -> str:
        """An expression on a line of its own."""

    def paragraph(self, prose: str) -> str:
        """A sentence on its own."""

    def check(self, shape: Shape, holds: bool) -> str:
        """What was verified, with ✓ or ✗."""

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        """A table; the cells are prose."""

    def tableau(self, divisor: Shape, rows: Sequence[WrittenRow[Shape]]) -> str:
        """A long division: the quotient, the dividend with the divisor at its left, and the rows below."""

    def heading(self, title: str, number: int | None, step: Step) -> str:
        """The title of a step."""

    def why(self, prose: str) -> str:
        """What a step is good for."""

    def reasons(self, said: Sequence[str]) -> str:
        """The reasons of its strokes."""

    def whole(self, title: str, parts: Sequence[str]) -> str:
        """The document."""


class Writer(Generic[Shape]):
    """Writes in one format. `inline` is the notation for prose and tables where that is not the format itself."""

    def __init__(
        self, format: Format[Shape], translate: Translate = same, *, inline: Notation[Shape] | None = None
    ) -> None:
        self._format = format
        self._translate = translate
        self._display = Arrangement(format, translate)
        self._inline = Arrangement(inline or format, translate)

    def term(self, term: ex.Term) -> Shape:
        """An expression, the way it stands in prose."""
        return self._inline.term(term)

    def sentence(self, sentence: ex.Sentence) -> str:
        """A sentence as prose."""
        return "".join(
            self._format.literal(each) if isinstance(each, str) else self._cell(each)
            for each in pieces(sentence, self._translate)
        )

    def block(self, block: ex.Block) -> str:
        """What stands on lines of its own."""
        match block:
            case ex.Formula(body):
                return self._format.formula(self._display.term(body))
            case ex.Paragraph(said):
                return self._format.paragraph(self.sentence(said))
            case ex.Check(body, holds):
                return self._format.check(self._display.term(body), holds)
            case ex.Table(head, rows):
                return self._format.table([*map(self._cell, head)], [[*map(self._cell, row)] for row in rows])
            case ex.Tableau():
                made = layout(block)
                written = [self._row(each) for each in (made.quotient, made.dividend, *made.body)]
                return self._format.tableau(self._inline.term(made.divisor), written)

    def body(self, step: Step) -> tuple[str, ...]:
        """A step below its title: what it is good for, its reasons, and all that is on the sheet in the end."""
        why = (self._format.why(self.sentence(step.why)),) if step.why else ()
        said = [*map(self.sentence, dict.fromkeys(line.reason for line in step.lines))]
        blocks = step.lines[-1].blocks
        if step.check is not None and step.check not in blocks:
            blocks = (*blocks, step.check)
        return (*why, self._format.reasons(said), *map(self.block, blocks))

    def step(self, step: Step, number: int | None = None) -> str:
        """A whole step with its title."""
        return "\n\n".join([self._format.heading(self.sentence(step.title), number, step), *self.body(step)])

    def document(self, derivation: Derivation, steps: Sequence[int] | None = None) -> str:
        """The steps, all or some, under the title; they keep their numbers."""
        chosen = range(len(derivation.steps)) if steps is None else steps
        parts = [self.step(derivation.steps[i], i + 1) for i in chosen]
        return self._format.whole(self.sentence(derivation.title), parts)

    def _cell(self, cell: ex.Term | ex.Sentence | None) -> str:
        if cell is None:
            return ""
        return self.sentence(cell) if isinstance(cell, ex.Sentence) else self._format.inline(self._inline.term(cell))

    def _row(self, row: Row) -> WrittenRow[Shape]:
        cells = (
            WrittenCell(
                None if cell.term is None else self._inline.signed(cell.sign, cell.term),
                cell.role,
                cell.shown and cell.term is not None,
            )
            for cell in row.cells
        )
        return WrittenRow(tuple(cells), row.rule, row.ruled)
