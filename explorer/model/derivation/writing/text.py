"""Derivations as plain text: Unicode signs, matrices in brackets of lines, tableaux aligned in a monospaced face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from explorer.model.derivation.derivation import Derivation, Step
from explorer.model.derivation.expression import Block, Grid, Role, Sentence, Term
from explorer.model.derivation.writing import boxes
from explorer.model.derivation.writing.arrangement import MINUS, Place, Translate, same
from explorer.model.derivation.writing.boxes import Box
from explorer.model.derivation.writing.writer import Writer, WrittenRow

_PLAIN = "0123456789+−=()"
_RAISED = dict(zip(_PLAIN + "Tin′*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵀⁱⁿ′*", strict=True))
_LOWERED = dict(zip(_PLAIN + "aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_SPACED = {"+", MINUS, "×", "⊙", "⊗"}


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text; `flat` puts every expression on one line, matrices as [a, b; c, d]."""

    flat: bool = False

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
            parts.append(Box((small,), kind="sign"))
        return Box(boxes.beside(parts).lines, base.level)

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

    def literal(self, text: str) -> str:
        return text

    def inline(self, shape: Box) -> str:
        return shape.lines[shape.level]

    def formula(self, shape: Box) -> str:
        return _trimmed(shape.lines)

    def paragraph(self, prose: str) -> str:
        return prose

    def check(self, shape: Box, holds: bool) -> str:
        return _trimmed(boxes.beside([Box(("✓ " if holds else "✗ ",), kind="sign"), shape]).lines)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        first, *others = boxes.columns([head, *rows], "   ")
        return _trimmed([first, "─" * boxes.width(first), *others])

    def tableau(self, divisor: Box, rows: Sequence[WrittenRow[Box]]) -> str:
        written = [["" if x.body is None else x.body.lines[0] for x in row.cells] for row in rows]
        widths = [max(map(boxes.width, column)) for column in zip(*written, strict=True)]
        starts = [sum(widths[:i]) + 2 * i for i in range(len(widths) + 1)]
        leads = ["", f"{divisor.lines[0]} ) ", *[""] * (len(rows) - 2)]
        margin = boxes.width(leads[1])
        lines = []
        for lead, row, texts in zip(leads, rows, written, strict=True):
            shown = (x if cell.shown else "" for x, cell in zip(texts, row.cells, strict=True))
            cells = (boxes.padded(x, n, "right") for x, n in zip(shown, widths, strict=True))
            lines.append(boxes.padded(lead, margin) + "  ".join(cells))
            if row.rule:
                first, last = starts[row.rule[0]], starts[row.rule[1]] - 2
                lines.append(" " * (margin + first) + "─" * (last - first if row.ruled else 0))
        return _trimmed(lines)

    def heading(self, title: str, number: int | None, step: Step) -> str:
        return title if number is None else f"{number}. {title}"

    def why(self, prose: str) -> str:
        return prose

    def reasons(self, said: Sequence[str]) -> str:
        return "\n".join(f"– {each}" for each in said)

    def whole(self, title: str, parts: Sequence[str]) -> str:
        return "\n\n".join([f"{title}\n{'═' * boxes.width(title)}", *map(_indented, parts)]) + "\n"


def writer(translate: Translate = same) -> Writer[Box]:
    """Writes plain text; what stands in prose and in tables is on one line."""
    return Writer(Text(), translate, inline=Text(flat=True))


def term(term: Term, translate: Translate = same) -> str:
    """An expression on one line; a matrix as [a, b; c, d]."""
    return writer(translate).term(term).lines[0]


def sentence(sentence: Sentence, translate: Translate = same) -> str:
    """A sentence on one line."""
    return writer(translate).sentence(sentence)


def block(block: Block, translate: Translate = same) -> str:
    """A block on as many lines as it needs, without a newline at the end."""
    return writer(translate).block(block)


def document(derivation: Derivation, translate: Translate = same) -> str:
    """All steps under the title, with a newline at the end."""
    return writer(translate).document(derivation)


def _trimmed(lines: Sequence[str]) -> str:
    return "\n".join(line.rstrip() for line in lines)


def _indented(step: str) -> str:
    """All but the title of a step further in."""
    title, *lines = step.split("\n")
    return "\n".join([title, *(f"   {line}".rstrip() for line in lines)])
