"""Mathematics of the model as the window shows it: as a line of text, or typeset in the colours of the theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer.model.derivation import presets as points
from explorer.model.derivation.expression import Block, Role, Sentence, Term
from explorer.model.derivation.writing import text
from explorer.model.typesetting import Picture, Style, picture
from explorer.ui import theme
from explorer.ui.derive.asked import Asked
from explorer.ui.texts import said
from kernels.algebra.points import LARGEST

_SIZE = 19.0
_SMALL = 14.5
_WIDTH = 780.0
"""Where sentences among the mathematics wrap, in pixels."""


def plain(what: Sentence | Term) -> str:
    """A sentence or an expression on one line of text."""
    if isinstance(what, Sentence):
        return text.sentence(what, said)
    return text.term(what, said)


def brief(text: str, most: int = 300) -> str:
    """A text without its middle where it is longer than people read."""
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"


def style(*, small: bool = False) -> Style:
    """How mathematics look in the theme in force; asked for in the thread of the window."""
    now = theme.current()
    size = _SMALL if small else _SIZE
    colours: dict[Role, str] = {
        "quotient": now.accent,
        "remainder": now.warning,
        "focus": now.accent,
        "muted": now.muted,
        "good": now.good,
        "bad": now.bad,
        "hue1": now.hues[0],
        "hue2": now.hues[1],
        "hue3": now.hues[2],
        "hue4": now.hues[3],
        "hue5": now.hues[4],
        "hue6": now.hues[5],
    }
    return Style(size=size, text=now.text, colours=colours, width=_WIDTH, gap=size * 0.95)


def typeset(blocks: Sequence[Block], style: Style) -> tuple[Picture, str]:
    """Blocks below one another, as a picture and as text; callable from any thread."""
    return picture(blocks, style, said), "\n".join(text.block(each, said) for each in blocks)


def presets(what: Asked) -> Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]:
    """Known values for its fields, as (name, texts)."""
    if what.subject not in ("filter", "nested"):
        return {}
    sizes = [what.text(name) for name in ("m", "r")]
    if not all(each.isascii() and each.isdecimal() and len(each) < 3 for each in sizes):
        return {}
    m, r = map(int, sizes)
    if m + r - 2 > LARGEST:
        return {}
    return {"points": [(plain(each.name), tuple(map(str, each.points))) for each in points.presets(m, r)]}
