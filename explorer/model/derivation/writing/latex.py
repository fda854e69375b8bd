"""Derivations as LaTeX with amsmath, array and xcolor; a single formula or step needs no preamble but amsmath."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from explorer.model.derivation.derivation import Step
from explorer.model.derivation.expression import Grid, Role
from explorer.model.derivation.writing.arrangement import MINUS, Place, Translate, same
from explorer.model.derivation.writing.boxes import CLOSING
from explorer.model.derivation.writing.palette import PAPER
from explorer.model.derivation.writing.writer import Writer, WrittenRow

_SIGNS = {
    MINUS: "-", "·": r"\cdot", "×": r"\times", "⊙": r"\odot", "⊗": r"\otimes", "≡": r"\equiv", "≠": r"\ne", "≤": r"\le",
    "≥": r"\ge", "→": r"\to", "": r"\,", "∞": r"\infty", "⋯": r"\cdots", "…": r"\dots", "′": "{}'",
    ",": "{,}",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "η": "eta", "θ": "theta", "λ": "lambda",
    "μ": "mu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "varphi", "ψ": "psi", "ω": "omega",
    "Δ": "Delta", "Σ": "Sigma", "Φ": "Phi", "Ω": "Omega",
}  # fmt: skip
_LITERAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "'": r"\textquotesingle{}",
    MINUS: r"\ensuremath{-}", "…": r"\dots{}", "–": "--", "—": "---", "“": "``", "”": "''", "‘": "`", "’": "'",
}  # fmt: skip
_LITERAL["′"] = r"\ensuremath{'}"
_LITERAL |= {sign: rf"\ensuremath{{{_SIGNS[sign]}}}" for sign in "·×⊙⊗≡≠≤≥→∞⋯"}
_LITERAL |= {letter: rf"\ensuremath{{\{name}}}" for letter, name in _GREEK.items()}
_TALL = re.compile(r"\\frac|\\begin|\\left")

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\fi
\usepackage{amsmath,amssymb,array,xcolor}
\usepackage[margin=22mm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.6em}
\allowdisplaybreaks
"""


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return "".join(_LITERAL.get(each, each) for each in text)


@dataclass(frozen=True, slots=True)
class Latex:
    """LaTeX; `colours` writes those of the roles, which the preamble of a whole document defines."""

    colours: bool = False

    def number(self, digits: str) -> str:
        return digits

    def letter(self, name: str) -> str:
        return name if name.isascii() else rf"\{_GREEK[name]}" if name in _GREEK else self.text(name)

    def word(self, name: str) -> str:
        if len(name) == 1:
            return _SIGNS.get(name) or rf"\mathsf{{{escaped(name)}}}"
        return rf"\operatorname{{{name}}}" if name.isascii() and name.isalpha() else self.text(name)

    def text(self, text: str) -> str:
        return rf"\text{{{escaped(text)}}}"

    def sign(self, sign: str, place: Place) -> str:
        written = _SIGNS.get(sign) or (sign if sign in "+-=<>()!/*;.:" else self.text(sign))
        return f" {written} " if place in ("infix", "relation") and sign else written

    def wide(self) -> str:
        return r"\quad "

    def run(self, parts: Sequence[str]) -> str:
        made = ""
        for part in parts:  # a command ends where no letter follows
            made += f" {part}" if re.search(r"\\[a-zA-Z]+$", made) and part[:1].isalpha() else part
        return made

    def fraction(self, top: str, bottom: str) -> str:
        return rf"\frac{{{top}}}{{{bottom}}}"

    def scripts(self, base: str, low: str | None, high: str | None) -> str:
        simple = len(base) == 1 or re.fullmatch(r"\\[a-zA-Z]+|\([^()]*\)|\\(left|operatorname|mathsf).*", base)
        places = "".join(
            f"{mark}{script}" if len(script) == 1 else f"{mark}{{{script}}}"
            for mark, script in (("_", low), ("^", high))
            if script is not None
        )
        return (base if simple else f"{{{base}}}") + places

    def fenced(self, inner: str, kind: Literal["(", "["]) -> str:
        end = CLOSING[kind]
        return rf"\left{kind}{inner}\right{end}" if _TALL.search(inner) else f"{kind}{inner}{end}"

    def matrix(self, rows: Sequence[Sequence[str]], grid: Grid) -> str:
        columns = "r" * max(map(len, rows), default=1)
        body = r" \\ ".join(" & ".join(row) for row in rows)
        return rf"\left[\begin{{array}}{{{columns}}} {body} \end{{array}}\right]"

    def braced(self, inner: str, label: str) -> str:
        return rf"\underbrace{{{inner}}}_{{{label}}}"

    def marked(self, inner: str, role: Role, step: str) -> str:
        return self._painted(inner, role)

    def _painted(self, inner: str, role: Role) -> str:
        return rf"\textcolor{{{role}}}{{{inner}}}" if role and self.colours else inner

    def literal(self, text: str) -> str:
        return escaped(text)

    def inline(self, shape: str) -> str:
        return f"${shape}$"

    def formula(self, shape: str) -> str:
        return rf"\[ {shape} \]"

    def paragraph(self, prose: str) -> str:
        return prose

    def check(self, shape: str, holds: bool) -> str:
        sign, role = (r"\checkmark", "good") if holds else (r"\times", "bad")
        painted = rf"\textcolor{{{role}}}{{{sign}}}" if self.colours else sign
        return self.formula(rf"{painted}\quad {shape}")

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        top, *body = (" & ".join(row) + r" \\" for row in (head, *rows))
        lines = "\n".join([top, r"\hline", *body])
        return f"\\begin{{center}}\n\\begin{{tabular}}{{{'r' * len(head)}}}\n{lines}\n\\end{{tabular}}\n\\end{{center}}"

    def tableau(self, divisor: str, rows: Sequence[WrittenRow[str]]) -> str:
        lines = []
        for i, row in enumerate(rows):
            cells = (self._painted(x.body, x.role) if x.body is not None and x.shown else "" for x in row.cells)
            lines.append(" & ".join([rf"{divisor}\;\big)" if i == 1 else "", *cells]) + r" \\")
            if row.rule and row.ruled:
                lines.append(self.rule(row.rule[0] + 2, row.rule[1] + 1))
        columns = "r" * len(rows[0].cells)
        body = "\n".join(lines)
        return self.formula(f"\\begin{{array}}{{r{columns}}}\n{body}\n\\end{{array}}")

    def rule(self, first: int, last: int) -> str:
        """The line below a row from one column to another, counted from 1."""
        return rf"\cline{{{first}-{last}}}"

    def heading(self, title: str, number: int | None, step: Step) -> str:
        lead = "" if number is None else f"{number}. "
        return rf"\{'sub' * (step.depth + 1)}section*{{{lead}{title}}}"

    def why(self, prose: str) -> str:
        return rf"\emph{{{prose}}}"

    def reasons(self, said: Sequence[str]) -> str:
        items = "\n".join(rf"\item {each}" for each in said)
        return f"\\begin{{itemize}}\\setlength{{\\itemsep}}{{0pt}}\n{items}\n\\end{{itemize}}"

    def whole(self, title: str, parts: Sequence[str]) -> str:
        colours = "".join(f"\\definecolor{{{role}}}{{HTML}}{{{each[1:].upper()}}}\n" for role, each in PAPER.items())
        body = "\n\n".join([rf"\section*{{{title}}}", *parts])
        return f"{PREAMBLE}{colours}\\begin{{document}}\n\n{body}\n\n\\end{{document}}\n"


def writer(translate: Translate = same, *, colours: bool = False) -> Writer[str]:
    """Writes LaTeX; `colours` for a whole document."""
    return Writer(Latex(colours), translate)
