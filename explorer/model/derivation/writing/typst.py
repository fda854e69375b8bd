"""Derivations as typst: the source of what the window shows and of handouts.

Colours are names here (`paint-quotient`, …) that the typesetting defines. What can be pointed at is a link to `hit:N`;
the targets say what N is. Texts are always string literals, so that nothing typed by a person is markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from explorer.model.derivation.derivation import Derivation, Step
from explorer.model.derivation.expression import (
    Block,
    Check,
    Formula,
    Grid,
    Paragraph,
    Role,
    Sentence,
    Table,
    Tableau,
    Term,
)  # fmt: skip
from explorer.model.derivation.writing.arrangement import MINUS, Arrangement, Place, Translate, pieces, same
from explorer.model.derivation.writing.outline import reasons, sheet
from explorer.model.derivation.writing.tableau import Cell, Row, layout

_SIGNS = {MINUS: "-", "·": "dot.op", "×": "times", "<": "lt", "": "thin"}


@dataclass(frozen=True, slots=True)
class Target:
    """What a link stands for: steps and, for the row of a matrix, which one it is and what it belongs to."""

    steps: tuple[str, ...]
    row: int | None = None
    label: Term | None = None


def quoted(text: str) -> str:
    """A typst string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(slots=True)
class _Notation:
    targets: list[Target] = field(default_factory=list)

    def link(self, target: Target) -> str:
        self.targets.append(target)
        return f"hit:{len(self.targets) - 1}"

    def number(self, digits: str) -> str:
        return digits

    def letter(self, name: str) -> str:
        return name

    def word(self, name: str) -> str:
        return quoted(name)

    def sign(self, sign: str, place: Place) -> str:
        return _SIGNS.get(sign) or (quoted(sign) if place == "tight" else sign)

    def wide(self) -> str:
        return "quad"

    def run(self, parts: Sequence[str]) -> str:
        return " ".join(parts)

    def fraction(self, top: str, bottom: str) -> str:
        return f"frac({top}, {bottom})"

    def scripts(self, base: str, low: str | None, high: str | None) -> str:
        places = "".join(f", {place}: {each}" for place, each in (("b", low), ("t", high)) if each is not None)
        return f"attach({base}{places})"

    def fenced(self, inner: str, kind: Literal["(", "["]) -> str:
        name = "paren" if kind == "(" else "bracket"
        return f"lr({name}.l {inner} {name}.r)"

    def matrix(self, rows: Sequence[Sequence[str]], grid: Grid) -> str:
        made = []
        for i, row in enumerate(rows):
            cells: Iterable[str] = row
            if i < len(grid.origins) and grid.origins[i]:
                place = self.link(Target(grid.origins[i], i, grid.labels[i] if i < len(grid.labels) else None))
                cells = (f'#link("{place}", ${each}$)' for each in row)
            made.append(", ".join(cells))
        return f'mat(delim: "[", align: #right, column-gap: #0.9em, row-gap: #0.45em, {" ; ".join(made)})'

    def braced(self, inner: str, label: str) -> str:
        return f"underbrace({inner}, {label})"

    def marked(self, inner: str, role: Role, step: str) -> str:
        body = f"#paint-{role}(${inner}$)" if role else inner
        if not step:
            return body
        place = self.link(Target((step,)))
        return f'#link("{place}", ${body}$)'

    def text(self, text: str) -> str:
        return quoted(text)


class Typst:
    """Writes blocks and sentences; `targets` are those of all that was written so far."""

    def __init__(self, translate: Translate = same) -> None:
        self._notation = _Notation()
        self._arrangement = Arrangement(self._notation, translate)
        self._translate = translate

    @property
    def targets(self) -> tuple[Target, ...]:
        """What the links stand for, by their number."""
        return tuple(self._notation.targets)

    def term(self, term: Term) -> str:
        """An expression, the way it stands between dollar signs."""
        return self._arrangement.term(term)

    def sentence(self, sentence: Sentence) -> str:
        """A sentence as markup."""
        found = pieces(sentence, self._translate)
        return "".join(f"#{quoted(x)}" if isinstance(x, str) else f"${self.term(x)}$" for x in found)

    def block(self, block: Block) -> str:
        """A block as markup on lines of its own."""
        match block:
            case Formula(body):
                return f"$ {self.term(body)} $\n"
            case Paragraph(said):
                return f"#prose[{self.sentence(said)}]\n"
            case Check(body, holds):
                return f"#check({'true' if holds else 'false'}, ${self.term(body)}$)\n"
            case Table(head, rows):
                return self._table(head, rows)
            case Tableau():
                return self._tableau(block)

    def step(self, step: Step, number: int | None = None) -> str:
        """A whole step as a part of a document: title, what it is good for, reasons, and all that is on the sheet."""
        heading = f"{number}. " if number is not None else ""
        parts = [f"#heading(level: {step.depth + 2})[#{quoted(heading)}{self.sentence(step.title)}]\n"]
        if step.why:
            parts.append(f"#why[{self.sentence(step.why)}]\n")
        parts += [f"#reason[{self.sentence(each)}]\n" for each in reasons(step)]
        return "".join([*parts, *map(self.block, sheet(step))])

    def document(self, derivation: Derivation) -> str:
        """All steps under the title."""
        parts = [f"#heading(level: 1)[{self.sentence(derivation.title)}]\n"]
        return "".join([*parts, *(self.step(each, i) for i, each in enumerate(derivation.steps, 1))])

    def _table(self, head: Sequence[Term | Sentence], rows: Sequence[Sequence[Term | None]]) -> str:
        top = [f"[{self.sentence(x)}]" if isinstance(x, Sentence) else f"[${self.term(x)}$]" for x in head]
        cells = ["[]" if each is None else f"[${self.term(each)}$]" for row in rows for each in row]
        return f"#listing({len(head)}, {', '.join(top)}, table.hline(stroke: rule), {', '.join(cells)})\n"

    def _tableau(self, tableau: Tableau) -> str:
        made = layout(tableau)
        head = [*self._row("", made.quotient), *self._row(f"${self.term(made.divisor)} thick paren.r$", made.dividend)]
        body = [each for row in made.body for each in self._row("", row)]
        return f"#division({len(made.dividend.cells)}, {', '.join(head + body)})\n"

    def _row(self, left: str, row: Row) -> list[str]:
        cells = [left or "[]", *map(self._cell, row.cells)]
        if row.rule:
            stroke = "rule" if row.ruled else "none"
            cells.append(f"table.hline(start: {row.rule[0] + 1}, end: {row.rule[1] + 1}, stroke: {stroke})")
        return cells

    def _cell(self, cell: Cell) -> str:
        if cell.term is None and not cell.sign:
            return "[]"
        body = f"${self._arrangement.signed(cell.sign, cell.term)}$"
        if cell.role:
            body = f"paint-{cell.role}({body})"
        return body if cell.shown else f"hide({body})"
