"""Derivations as typst: the source of what the window shows and of handouts.

Colours are names here (`paint-quotient`, …) that the typesetting defines. What can be pointed at is a link to `hit:N`;
the targets say what N is. Texts are always string literals, so that nothing typed by a person is markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from explorer.model.derivation.derivation import Step
from explorer.model.derivation.expression import Grid, Role, Term
from explorer.model.derivation.writing.arrangement import MINUS, Place
from explorer.model.derivation.writing.writer import WrittenRow

_TEXT_BEGINS, _TEXT_ENDS = ('"', "#said("), ('"', '");')
_SIGNS = {MINUS: "-", "·": "dot.op", "×": "times", "<": "lt", "": "thin"}


@dataclass(frozen=True, slots=True)
class Target:
    """What a link stands for: steps and, for a row or column of a matrix, which one and what it belongs to."""

    steps: tuple[str, ...]
    row: int | None = None
    column: int | None = None
    label: Term | None = None


def quoted(text: str) -> str:
    """A typst string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(slots=True)
class Typst:
    """Markup, with expressions the way they stand between dollar signs; `links` for what can be pointed at."""

    links: bool = True
    targets: list[Target] = field(default_factory=list)
    """What the numbers of links stand for, of all that was written so far."""

    def _new(self, target: Target) -> str:
        self.targets.append(target)
        return str(len(self.targets) - 1)

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
        made = ""
        for part in parts:  # a space beside a text is one that is seen
            made += part if made.endswith(_TEXT_ENDS) or part.startswith(_TEXT_BEGINS) else f" {part}"
        return made.strip()

    def fraction(self, top: str, bottom: str) -> str:
        return f"frac({top}, {bottom})"

    def scripts(self, base: str, low: str | None, high: str | None) -> str:
        places = "".join(f", {place}: {each}" for place, each in (("b", low), ("t", high)) if each is not None)
        return f"attach({base}{places})"

    def fenced(self, inner: str, kind: Literal["(", "["]) -> str:
        name = "paren" if kind == "(" else "bracket"
        return f"lr({self.run([f'{name}.l', inner, f'{name}.r'])})"

    def matrix(self, rows: Sequence[Sequence[str]], grid: Grid) -> str:
        across = self._lines_of(grid.origins, grid.labels, "row")
        down = self._lines_of(grid.column_origins, grid.column_labels, "column")
        made = []
        for i, row in enumerate(rows):
            cells = []
            for j, cell in enumerate(row):
                numbers = [lines[at] for lines, at in ((across, i), (down, j)) if at in lines]
                cells.append(_linked(",".join(numbers), f"${cell}$") if numbers else cell)
            made.append(", ".join(cells))
        return f'mat(delim: "[", align: #right, column-gap: #0.9em, row-gap: #0.45em, {" ; ".join(made)})'

    def _lines_of(
        self, origins: Sequence[tuple[str, ...]], labels: Sequence[Term], kind: Literal["row", "column"]
    ) -> dict[int, str]:
        """The numbers of the links of those rows or columns that come from somewhere or belong to something."""
        found = {}
        for i in range(max(len(origins), len(labels)) if self.links else 0):
            steps = origins[i] if i < len(origins) else ()
            label = labels[i] if i < len(labels) else None
            if steps or label is not None:
                found[i] = self._new(Target(steps, label=label, **{kind: i}))
        return found

    def braced(self, inner: str, label: str) -> str:
        return f"underbrace({inner}, {label})"

    def marked(self, inner: str, role: Role, step: str) -> str:
        body = f"#paint-{role}(${inner}$)" if role else inner
        return _linked(self._new(Target((step,))), f"${body}$") if step and self.links else body

    def text(self, text: str) -> str:
        return f"#said({quoted(text)});"

    def literal(self, text: str) -> str:
        return f"#{quoted(text)}"

    def inline(self, shape: str) -> str:
        return f"${shape}$"

    def formula(self, shape: str) -> str:
        return f"$ {shape} $"

    def paragraph(self, prose: str) -> str:
        return f"#prose[{prose}]"

    def check(self, shape: str, holds: bool) -> str:
        return f"#check({'true' if holds else 'false'}, ${shape}$)"

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        top, *cells = (", ".join(f"[{each}]" for each in row) for row in (head, *rows))
        return f"#listing({len(head)}, {', '.join([top, 'table.hline(stroke: rule)', *cells])})"

    def tableau(self, divisor: str, rows: Sequence[WrittenRow[str]]) -> str:
        lefts = ["[]", f"${divisor} thick paren.r$", *["[]"] * (len(rows) - 2)]
        cells = [each for left, row in zip(lefts, rows, strict=True) for each in (left, *_cells(row))]
        return f"#division({len(rows[0].cells)}, {', '.join(cells)})"

    def heading(self, title: str, number: int | None, step: Step) -> str:
        lead = "" if number is None else self.literal(f"{number}. ")
        return f"#heading(level: {step.depth + 2})[{lead}{title}]"

    def why(self, prose: str) -> str:
        return f"#why[{prose}]"

    def reasons(self, said: Sequence[str]) -> str:
        return "\n".join(f"#reason[{each}]" for each in said)

    def whole(self, title: str, parts: Sequence[str]) -> str:
        return "\n".join([f"#heading(level: 1)[{title}]", *parts])


def _linked(numbers: str, body: str) -> str:
    return f'#link("hit:{numbers}", {body})'


def _cells(row: WrittenRow[str]) -> Iterator[str]:
    for cell in row.cells:
        body = "[]" if cell.body is None else f"${cell.body}$"
        if cell.role:
            body = f"paint-{cell.role}({body})"
        yield body if cell.shown or cell.body is None else f"hide({body})"
    if row.rule:
        stroke = "rule" if row.ruled else "none"
        yield f"table.hline(start: {row.rule[0] + 1}, end: {row.rule[1] + 1}, stroke: {stroke})"
