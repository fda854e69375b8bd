"""Derivations as pictures and pages: typst sets them, its embedded mathematics font and ours draw them.

`picture` gives SVG with the places that can be pointed at, and `pixels` draws it; `pages` gives a PDF, `image` a PNG.
Nothing here knows Qt. One compiler serves all threads in turn; the same source gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Literal, get_args
from xml.etree import ElementTree as ET

from explorer.model.derivation.derivation import Derivation
from explorer.model.derivation.expression import Block, Role
from explorer.model.derivation.writing import text
from explorer.model.derivation.writing.arrangement import Translate, same
from explorer.model.derivation.writing.palette import PAPER
from explorer.model.derivation.writing.typst import Target, Typst
from explorer.model.derivation.writing.writer import Writer
from explorer.places import assets_folder

if TYPE_CHECKING:
    import typst

POINTS_PER_INCH = 72

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?")
_ALPHA = re.compile(r'(fill|stroke)="(#[0-9a-fA-F]{6})([0-9a-fA-F]{2})"')
_LINK = re.compile(r"<a\b[^>]*>.*?</a>")
_PIECE = 1 << 15
"""Characters of an SVG that are read at a time."""
_MOVED = re.compile(r"(translate|matrix|scale)\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Style:
    """How a picture looks.

    size    of the type, in points, which are the units of the SVG; `gap` between blocks in the same units
    width   where sentences wrap; None lets every line be as long as it is
    colours of the roles as "#rrggbb" or "#rrggbbaa"; a role without one has the colour of the text
    """

    size: float = 14.0
    text: str = "#000000"
    colours: Mapping[Role, str] = field(default_factory=lambda: PAPER)
    width: float | None = None
    gap: float = 12.0
    margin: float = 2.0
    ground: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A rectangle that can be pointed at, in units of the SVG.

    steps   keys of the steps that it leads to
    row     which row of a matrix it is, `column` which column; both None for a marked expression
    label   what the row or column belongs to (a point), as text
    """

    x: float
    y: float
    width: float
    height: float
    steps: tuple[str, ...]
    row: int | None = None
    column: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """Its size, where it can be pointed at, and what it is made of, by which it becomes SVG or pixels."""

    width: float
    height: float
    hits: tuple[Hit, ...]
    source: str = field(repr=False)
    raw: str = field(repr=False)

    @property
    def svg(self) -> str:
        """The SVG, with a transparent ground and without links."""
        return _clean(self.raw)

    @property
    def bytes(self) -> int:
        """What its texts take of the memory."""
        return len(self.source) + len(self.raw)


@dataclass(frozen=True, slots=True)
class Pixels:
    """`width` × `height` pixels of a byte each of red, green and blue, all three times the fourth, the opacity."""

    width: int
    height: int
    rgba: bytes = field(repr=False)


def picture(blocks: Sequence[Block], style: Style, translate: Translate = same) -> Picture:
    """The blocks below each other."""
    source, targets = _source(blocks, style, translate)
    raw, width, height, places = _svg(source)
    hits = tuple(_hit(targets[number], place, translate) for number, place in places)
    return Picture(width, height, hits, source, raw)


def pixels(picture: Picture, scale: float) -> Pixels:
    """A picture drawn with `scale` pixels for each unit of it; other threads go on meanwhile."""
    from PIL import Image

    with Image.open(io.BytesIO(_compiled(picture.source, "png", scale * POINTS_PER_INCH))) as made:
        return Pixels(*made.size, made.convert("RGBa").tobytes())


def image(blocks: Sequence[Block], style: Style, scale: float = 2.0, translate: Translate = same) -> bytes:
    """A PNG of the blocks with `scale` pixels for each point."""
    return _compiled(_source(blocks, style, translate)[0], "png", scale * POINTS_PER_INCH)


def pages(derivation: Derivation, translate: Translate = same, steps: Sequence[int] | None = None) -> bytes:
    """A PDF for handing out: title, numbered steps with their reasons, page numbers; `steps` for some of them."""
    body = Writer(Typst(links=False), translate).document(derivation, steps)
    return _compiled(_PAGES + _prelude(Style(size=10.5)) + body, "pdf")


def _source(blocks: Sequence[Block], style: Style, translate: Translate) -> tuple[str, tuple[Target, ...]]:
    markup = Typst()
    body = "\n\n".join(map(Writer(markup, translate).block, blocks))
    ground = "none" if style.ground is None else _rgb(style.ground)
    page = f"#set page(width: auto, height: auto, margin: {style.margin}pt, fill: {ground})\n"
    return page + _PICTURE + _prelude(style) + body, tuple(markup.targets)


_PAGES = """\
#set page(paper: "a4", margin: 22mm, numbering: "1 / 1")
#set document(date: none)
#set par(justify: false)
#let fitted(body, breakable: true) = block(breakable: breakable, layout(room => {
  let needed = measure(body).width
  if needed <= room.width { body } else { scale(room.width / needed * 100%, origin: top + left, reflow: true, body) }
}))
#show math.equation.where(block: true): fitted
"""
"""What is wider than the page is made smaller."""

_PICTURE = "#let fitted(body, breakable: true) = block(body)\n"

_DEFINITIONS = """\
#show heading: it => block(below: 0.8em, above: 1.4em, it.body)
#show heading.where(level: 1): set text(size: 1.5em, weight: "semibold")
#show heading.where(level: 2): set text(size: 1.15em, weight: "semibold")
#show heading.where(level: 3): set text(size: 1em, weight: "semibold")
#show math.equation.where(block: true): set align(left)
#show math.equation: set text(font: "New Computer Modern Math")
#let line(body) = { set text(top-edge: "ascender", bottom-edge: "descender"); body }
#let said(body) = text(font: "Inter", body)
#let prose(body) = block(width: prose-width, line(body))
#let why(body) = block(width: prose-width, paint-muted(body))
#let reason(body) = block(width: prose-width, inset: (left: 0.8em), spacing: 0.7em, body)
#let check(holds, body) = block(line({
  let sign = text(font: "DejaVu Sans", if holds { "✓" } else { "✗" })
  if holds { paint-good([#sign #h(0.3em) #body]) } else { paint-bad([#sign #h(0.3em) #body]) }
}))
#let listing(columns, ..cells) = fitted(table(
  columns: columns, stroke: none, inset: (x: 0.7em, y: 0.42em), align: right + horizon, ..cells,
))
#let division(columns, ..cells) = fitted(breakable: false, table(
  columns: columns + 1, stroke: none, inset: (x: 0.3em, y: 0.42em), align: right + horizon, ..cells,
))
"""


def _prelude(style: Style) -> str:
    roles = [role for role in get_args(Role) if role]
    colours = {role: _rgb(style.colours.get(role, style.text)) for role in roles}
    width = "auto" if style.width is None else f"{style.width}pt"
    lines = [
        f'#set text(size: {style.size}pt, fill: {_rgb(style.text)}, font: ("Inter", "New Computer Modern Math"))',
        f"#set block(spacing: {style.gap}pt)",
        f"#let rule = 0.06em + {_rgb(style.text)}",
        f"#let prose-width = {width}",
        *(f"#let paint-{role}(body) = text(fill: {colour}, body)" for role, colour in colours.items()),
    ]
    return "\n".join(lines) + "\n" + _DEFINITIONS


def _rgb(colour: str) -> str:
    if not _COLOUR.fullmatch(colour):
        raise ValueError(f"{colour!r} is not a colour #rrggbb")
    return f'rgb("{colour}")'


# The compiler ---------------------------------------------------------------------------------------------------------

_lock = Lock()


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    import typst

    # no fonts of the system: they take long to find, and every machine would give another picture
    return typst.Compiler(font_paths=[str(assets_folder() / "fonts")], ignore_system_fonts=True)


def _compiled(source: str, format: Literal["pdf", "svg", "png"], resolution: float | None = None) -> bytes:
    with _lock:
        # Tags make a PDF four times as large; who cannot see has the HTML, whose MathML can be read aloud.
        made = _compiler().compile(
            input=source.encode(), format=format, ppi=resolution, timestamp=0, pdf_tags=False
        )  # fmt: skip
    assert isinstance(made, bytes)
    return made


Place = tuple[float, float, float, float]


@lru_cache(maxsize=64)
def _svg(source: str) -> tuple[str, float, float, tuple[tuple[int, Place], ...]]:
    """The SVG with its links, its size, and the links with the rectangle that each takes."""
    svg = _compiled(source, "svg").decode()
    parser = ET.XMLParser()
    # In pieces: a large SVG as a whole would hold the interpreter for longer than a frame of the window.
    for first in range(0, len(svg), _PIECE):
        parser.feed(svg[first : first + _PIECE])
    root = parser.close()
    _, _, width, height = map(float, root.get("viewBox", "0 0 0 0").split())
    found: dict[int, Place] = {}
    for number, place in _links(root, 0, 0):
        found[number] = _around(found[number], place) if number in found else place
    return svg, width, height, tuple(sorted(found.items()))


@lru_cache(maxsize=8)
def _clean(svg: str) -> str:
    # QtSvg takes #rrggbbaa for black
    return _ALPHA.sub(lambda m: f'{m[1]}="{m[2]}" {m[1]}-opacity="{int(m[3], 16) / 255:.3f}"', _LINK.sub("", svg))


def _links(element: ET.Element, x: float, y: float) -> Iterator[tuple[int, Place]]:
    """The rectangles of links below `element`, whose own origin is x, y."""
    for name, values in _MOVED.findall(element.get("transform", "")):
        numbers = [float(each) for each in re.split(r"[ ,]+", values.strip())]
        dx, dy = numbers[-2:] if name != "scale" else (0.0, 0.0)
        x, y = x + dx, y + dy
    target = element.get("href", "")
    if target.startswith("hit:"):
        for each in element:
            place = x, y, float(each.get("width", 0)), float(each.get("height", 0))
            yield from ((int(number), place) for number in target[4:].split(","))
        return
    for each in element:
        yield from _links(each, x, y)


def _around(a: Place, b: Place) -> Place:
    x, y = min(a[0], b[0]), min(a[1], b[1])
    return x, y, max(a[0] + a[2], b[0] + b[2]) - x, max(a[1] + a[3], b[1] + b[3]) - y


def _hit(target: Target, place: Place, translate: Translate) -> Hit:
    label = text.term(target.label, translate) if target.label is not None else ""
    return Hit(*place, target.steps, target.row, target.column, label)
