"""The forms in which a step or a derivation leaves the window. Every function is callable from any thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from explorer.model.derivation.derivation import Derivation, Line, Step
from explorer.model.derivation.writing import documents
from explorer.model.typesetting import Style, image, pages, picture
from explorer.ui.texts import said

if TYPE_CHECKING:
    from explorer.model.derivation.expression import Term

Write = Callable[[Derivation, int], str | bytes]
"""Of a derivation and the number of the step that is looked at."""

_DOTS = 3.0
"""Pixels of a PNG for each point."""


@dataclass(frozen=True, slots=True)
class Format:
    """One form: what it is called, how its files end, and how the whole or a step is written."""

    name: str
    title: str
    suffix: str
    whole: Write
    step: Write
    text: bool = True
    of_step: bool = True


def one_step(derivation: Derivation, step: int) -> Derivation:
    """A derivation of this step alone."""
    return replace(derivation, title=derivation.steps[step].title, steps=(derivation.steps[step],))


def _document(format: str) -> tuple[Write, Write]:
    def whole(derivation: Derivation, step: int) -> str:
        return documents.document(derivation, format, said)

    def part(derivation: Derivation, step: int) -> str:
        return _body(derivation.steps[step], format)

    return whole, part


def _body(step: Step, format: str) -> str:
    """A step alone, to be put into a document of the person's."""
    from explorer.model.derivation.writing import html, latex, markdown, text

    writer: Any = {"latex": latex, "markdown": markdown, "html": html, "text": text}[format].writer(said)
    return cast(str, writer.step(step)) + "\n"


def _pages(derivation: Derivation, step: int) -> bytes:
    return pages(derivation, said)


def _pages_of_step(derivation: Derivation, step: int) -> bytes:
    return pages(one_step(derivation, step), said)


def _svg(line: Line) -> bytes:
    return picture(line.blocks, Style(), said).svg.encode()


def _png(line: Line) -> bytes:
    return image(line.blocks, Style(ground="#ffffff", margin=8.0), _DOTS, said)


def pictures(line: Line) -> tuple[bytes, bytes]:
    """A line as PNG and as SVG, in the colours of paper."""
    return _png(line), _svg(line)


def _all_lines(write: Callable[[Line], bytes]) -> Write:
    """The last line of every step below each other."""

    def written(derivation: Derivation, step: int) -> bytes:
        blocks = tuple(block for each in derivation.steps for block in each.lines[-1].blocks)
        return write(Line(derivation.title, blocks))

    return written


def _last_line(write: Callable[[Line], bytes]) -> Write:
    """The last line of the step."""

    def written(derivation: Derivation, step: int) -> bytes:
        return write(derivation.steps[step].lines[-1])

    return written


def _formats() -> Mapping[str, Format]:
    made = [Format("pdf", "PDF", ".pdf", _pages, _pages_of_step, text=False)]
    titles = {"latex": "LaTeX", "markdown": "Markdown", "html": "HTML", "text": said("Text"), "json": "JSON"}
    for name, title in titles.items():
        whole, step = _document(name)
        made.append(Format(name, title, documents.FORMATS[name], whole, step, of_step=name != "json"))
    for name, write in (("svg", _svg), ("png", _png)):
        made.append(Format(name, name.upper(), f".{name}", _all_lines(write), _last_line(write), text=False))
    return MappingProxyType({each.name: each for each in made})


def _numpy(derivation: Derivation, step: int) -> str:
    from explorer.model.derivation.coding.languages import numpy_code

    return numpy_code(cast(Any, derivation.outcome))


def _c(derivation: Derivation, step: int) -> str:
    from explorer.model.derivation.coding.languages import c_code

    return c_code(cast(Any, derivation.outcome))


FORMATS = _formats()
CODES: Mapping[str, Format] = MappingProxyType(
    {
        "numpy": Format("numpy", "NumPy", ".py", _numpy, _numpy, of_step=False),
        "c": Format("c", "C", ".c", _c, _c, of_step=False),
    }
)
"""Code for the algorithm that was found, where one was."""


def latex_of(term: Term) -> str:
    """An expression as LaTeX."""
    from explorer.model.derivation.writing import latex

    return latex.writer(said).term(term)


def text_of(term: Term) -> str:
    """An expression as text."""
    from explorer.model.derivation.expression import Formula
    from explorer.model.derivation.writing import text

    return text.block(Formula(term), said)
