"""Derivations as plain text: Unicode signs, matrices in brackets of lines, tableaux aligned in a monospaced face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from explorer.model.derivation.writing import boxes
from explorer.model.derivation.writing.arrangement import MINUS, Arrangement, Place, Translate, pieces, same
from explorer.model.derivation.writing.boxes import Box
from explorer.model.derivation.writing.outline import reasons, sheet
from explorer.model.derivation.writing.tableau import layout

_PLAIN = "0123456789+−=()"
_RAISED = dict(zip(_PLAIN + "Tin′*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵀⁱⁿ′*", strict=True))
_LOWERED = dict(zip(_PLAIN + "aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_SPACED = {"+", MINUS, "×", "⊙", "⊗"}


@dataclass(frozen=True, slots=True)
class _Notation:
    flat: bool
    """Whether all is on one line."""

    def number(self, digits: str) -> Box:
        return Box((digits,))

    def letter(self, name: str) -> Box:
        return Box((name,))

    def word(self, name: str) -> Box:
        return Box((name,))

    def text(self, text: str) -> Box:
        return Box((text,), kind="sign")

    def sign(self, sign: str, place: Place) -> Box:
        spaced = place == "relation" or (place == "infix" and sign in _SPACED)
        return Box((f" {sign} " if spaced else sign or " ",), kind="sign")

    def wide(self) -> Box:
        return Box(("  ",), kind="sign")

    def run(self, parts: Sequence[Box]) -> Box:
        return boxes.beside(parts)

    def fraction(self, top: Box, bottom: Box) -> Box:
        above, below = (each if each.simple else boxes.fenced(each, "(") for each in (top, bottom))
        return Box(boxes.beside([above, Box(("/",), kind="sign"), below]).lines, kind="fraction")

    def scripts(self, base: Box, low: Box | None, high: Box | None) -> Box:
        parts = [base]
        for script, letters, mark in ((low, _LOWERED, "_"), (high, _RAISED, "^")):
            if script is None:
                continue
            text = script.lines[0]
            small = "".join(letters.get(each, "") for each in text)
            if len(small) != len(text):
                small = f"{mark}{text}" if script.simple and len(text) == 1 else f"{mark}({text})"
            parts.append(Box((small,)))
        return boxes.beside(parts)

    def fenced(self, inner: Box, kind: Literal["(", "["]) -> Box:
        return boxes.fenced(inner, kind)

    def matrix(self, rows: Sequence[Sequence[Box]], grid: Grid) -> Box:
        cells = [[each.lines[each.level] for each in row] for row in rows]
        if self.flat or not cells:
            return Box((f"[{'; '.join(', '.join(row) for row in cells)}]",))
        return boxes.fenced(Box(tuple(boxes.columns(cells)), (len(cells) - 1) // 2), "[")

    def braced(self, inner: Box, label: Box) -> Box:
        if self.flat:
            return inner
        size = max(inner.width, 3)
        middle = (size - 3) // 2
        brace = f"╰{'─' * middle}┬{'─' * (size - 3 - middle)}╯"
        return boxes.stacked([*inner.lines, brace, *label.lines], inner.level)

    def marked(self, inner: Box, role: Role, step: str) -> Box:
        return inner


def term(term: Term, translate: Translate = same) -> str:
    """An expression on one line; a matrix as [a, b; c, d]."""
    return Arrangement(_Notation(flat=True), translate).term(term).lines[0]


def sentence(sentence: Sentence, translate: Translate = same) -> str:
    """A sentence on one line."""
    return "".join(x if isinstance(x, str) else term(x, translate) for x in pieces(sentence, translate))


def block(block: Block, translate: Translate = same) -> str:
    """A block on as many lines as it needs, without a newline at the end."""
    match block:
        case Formula(body):
            return _lines(_boxed(body, translate).lines)
        case Paragraph(said):
            return sentence(said, translate)
        case Check(body, holds):
            lead = Box(("✓ " if holds else "✗ ",))
            return _lines(boxes.beside([lead, _boxed(body, translate)]).lines)
        case Table(head, rows):
            return _table(head, rows, translate)
        case Tableau():
            return _tableau(block, translate)


def step(step: Step, number: int | None = None, translate: Translate = same) -> str:
    """A whole step: its title, what it is good for, its reasons and all that is on the sheet."""
    heading = sentence(step.title, translate)
    parts = [heading if number is None else f"{number}. {heading}"]
    if step.why:
        parts.append(_indented(sentence(step.why, translate)))
    if said := reasons(step):
        parts.append("\n".join(_indented(f"– {sentence(each, translate)}") for each in said))
    return "\n\n".join([*parts, *(_indented(block(each, translate)) for each in sheet(step))])


def document(derivation: Derivation, translate: Translate = same) -> str:
    """All steps under the title, with a newline at the end."""
    title = sentence(derivation.title, translate)
    parts = [f"{title}\n{'═' * boxes.width(title)}"]
    parts += [step(each, i, translate) for i, each in enumerate(derivation.steps, 1)]
    return "\n\n".join(parts) + "\n"


def _boxed(term: Term, translate: Translate) -> Box:
    return Arrangement(_Notation(flat=False), translate).term(term)


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(line.rstrip() for line in lines)


def _indented(text: str) -> str:
    return "\n".join(f"   {line}".rstrip() for line in text.splitlines())


def _table(head: Sequence[Term | Sentence], rows: Sequence[Sequence[Term | None]], translate: Translate) -> str:
    top = [sentence(x, translate) if isinstance(x, Sentence) else term(x, translate) for x in head]
    cells = [["" if each is None else term(each, translate) for each in row] for row in rows]
    first, *others = boxes.columns([top, *cells], "   ")
    return _lines([first, "─" * boxes.width(first), *others])


def _tableau(tableau: Tableau, translate: Translate) -> str:
    made = layout(tableau)
    arrangement = Arrangement(_Notation(flat=True), translate)
    rows = (made.quotient, made.dividend, *made.body)
    written = [[arrangement.signed(x.sign, x.term).lines[0] for x in row.cells] for row in rows]
    widths = [max(map(boxes.width, column)) for column in zip(*written, strict=True)]
    starts = [sum(widths[:i]) + 2 * i for i in range(len(widths) + 1)]
    leads = ["", f"{term(made.divisor, translate)} ) ", *[""] * len(made.body)]
    margin = boxes.width(leads[1])
    lines = []
    for lead, row, texts in zip(leads, rows, written, strict=True):
        shown = [x if cell.shown else "" for x, cell in zip(texts, row.cells, strict=True)]
        padded = (boxes.padded(x, n, "right") for x, n in zip(shown, widths, strict=True))
        lines.append(boxes.padded(lead, margin) + "  ".join(padded))
        if row.rule:
            first, last = starts[row.rule[0]], starts[row.rule[1]] - 2
            lines.append(" " * (margin + first) + "─" * (last - first if row.ruled else 0))
    return _lines(lines)
