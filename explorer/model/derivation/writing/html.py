"""Derivations as HTML with MathML: one file that needs nothing from elsewhere, light or dark as the reader has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Literal

from explorer.model.derivation.derivation import Step
from explorer.model.derivation.expression import Grid, Role
from explorer.model.derivation.writing.arrangement import Place, Translate, same
from explorer.model.derivation.writing.boxes import CLOSING
from explorer.model.derivation.writing.palette import NIGHT, PAPER
from explorer.model.derivation.writing.writer import Writer, WrittenRow

_STYLE = """
:root { color-scheme: light dark; --text: #101828; --ground: #ffffff; --rule: #475467; }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1.2rem; color: var(--text); background: var(--ground);
  font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } h3 { font-size: 1rem; margin-top: 1.8rem; }
math { font-size: 1.1em; } math[display="block"] { text-align: left; margin: 0.8rem 0; }
.sheet { overflow-x: auto; } .why { opacity: 0.75; } ol, ul { padding-left: 1.4rem; }
table { border-collapse: collapse; margin: 0.8rem 0; } td, th { padding: 0.25rem 0.6rem; text-align: right; }
th { border-bottom: 1.5px solid var(--rule); font-weight: 600; }
.division td { padding: 0.2rem 0.3rem; white-space: nowrap; } td.ruled { border-bottom: 1.5px solid var(--rule); }
mtd { text-align: right; } .hidden { visibility: hidden; }
"""


def _colours(colours: Mapping[Role, str]) -> str:
    return " ".join(f".{role} {{ color: {colour}; }}" for role, colour in colours.items())


class Html:
    """HTML; expressions are the content of a math element."""

    def number(self, digits: str) -> str:
        return f"<mn>{digits}</mn>"

    def letter(self, name: str) -> str:
        return f"<mi>{escape(name)}</mi>"

    def word(self, name: str) -> str:
        upright = ' mathvariant="normal"' if len(name) == 1 else ""
        return f"<mi{upright}>{escape(name)}</mi>"

    def text(self, text: str) -> str:
        return f"<mtext>{escape(text).replace(' ', '&#160;')}</mtext>"

    def sign(self, sign: str, place: Place) -> str:
        if not sign:
            return '<mspace width="0.17em"></mspace>'
        return f'<mo form="{"prefix" if place == "prefix" else "infix"}">{escape(sign)}</mo>'

    def wide(self) -> str:
        return '<mspace width="1em"></mspace>'

    def run(self, parts: Sequence[str]) -> str:
        return f"<mrow>{''.join(parts)}</mrow>"

    def fraction(self, top: str, bottom: str) -> str:
        return f"<mfrac>{top}{bottom}</mfrac>"

    def scripts(self, base: str, low: str | None, high: str | None) -> str:
        name = "m" + ("sub" if low is not None else "") + ("sup" if high is not None else "")
        return f"<{name}>{base}{low or ''}{high or ''}</{name}>"

    def fenced(self, inner: str, kind: Literal["(", "["]) -> str:
        return f"<mrow><mo>{kind}</mo>{inner}<mo>{CLOSING[kind]}</mo></mrow>"

    def matrix(self, rows: Sequence[Sequence[str]], grid: Grid) -> str:
        body = "".join(f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in row)}</mtr>" for row in rows)
        return self.fenced(f"<mtable>{body}</mtable>", "[")

    def braced(self, inner: str, label: str) -> str:
        return f'<munder><munder accentunder="true">{inner}<mo stretchy="true">⏟</mo></munder>{label}</munder>'

    def marked(self, inner: str, role: Role, step: str) -> str:
        name = f' class="{role}"' if role else ""
        to = f' href="#{escape(step)}"' if step else ""
        return f"<mrow{name}{to}>{inner}</mrow>"

    def literal(self, text: str) -> str:
        return escape(text)

    def inline(self, shape: str) -> str:
        return f"<math>{shape}</math>"

    def formula(self, shape: str) -> str:
        return f'<div class="sheet"><math display="block">{shape}</math></div>'

    def paragraph(self, prose: str) -> str:
        return f"<p>{prose}</p>"

    def check(self, shape: str, holds: bool) -> str:
        name, sign = ("good", "✓") if holds else ("bad", "✗")
        return f'<p class="sheet {name}">{sign} <math>{shape}</math></p>'

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        top = "".join(f"<th>{each}</th>" for each in head)
        body = "".join(f"<tr>{''.join(f'<td>{each}</td>' for each in row)}</tr>\n" for row in rows)
        return f'<div class="sheet"><table>\n<tr>{top}</tr>\n{body}</table></div>'

    def tableau(self, divisor: str, rows: Sequence[WrittenRow[str]]) -> str:
        lines = []
        for i, row in enumerate(rows):
            left = f"<td><math>{divisor}<mo>)</mo></math></td>" if i == 1 else "<td></td>"
            lines.append(f"<tr>{left}{''.join(_cells(row))}</tr>\n")
        return f'<div class="sheet"><table class="division">\n{"".join(lines)}</table></div>'

    def heading(self, title: str, number: int | None, step: Step) -> str:
        lead = "" if number is None else f"{number}. "
        name = f"h{step.depth + 2}"
        return f'<{name} id="{escape(step.key)}">{lead}{title}</{name}>'

    def why(self, prose: str) -> str:
        return f'<p class="why">{prose}</p>'

    def reasons(self, said: Sequence[str]) -> str:
        return f"<ul>{''.join(f'<li>{each}</li>' for each in said)}</ul>"

    def whole(self, title: str, parts: Sequence[str]) -> str:
        dark = f":root {{ --text: #e6e8ee; --ground: #14161c; --rule: #98a2b3; }} {_colours(NIGHT)}"
        style = f"{_STYLE}{_colours(PAPER)}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n"
        body = "\n".join([f"<h1>{title}</h1>", *(f"<section>{each}</section>" for each in parts)])
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
            f"<title>Kernelscope</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
        )


def _cells(row: WrittenRow[str]) -> list[str]:
    found = []
    for i, cell in enumerate(row.cells):
        ruled = row.rule and row.ruled and row.rule[0] <= i < row.rule[1]
        names = " ".join(filter(None, [cell.role, "ruled" if ruled else ""]))
        body = "" if cell.body is None else f"<math>{cell.body}</math>"
        if body and not cell.shown:
            body = f'<span class="hidden">{body}</span>'
        found.append(f'<td class="{names}">{body}</td>' if names else f"<td>{body}</td>")
    return found


def writer(translate: Translate = same) -> Writer[str]:
    """Writes HTML."""
    return Writer(Html(), translate)
