"""Colours, sizes and fonts of the window. Everything that is painted takes them from here.

`current()` is the theme in force; `use` puts another in force for the whole application, and every widget is told by
the palette change that follows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from explorer.places import assets_folder
from explorer.ui.stylesheet import stylesheet

Role = Literal["text", "strong", "small", "caption", "title", "heading", "number", "small number", "formula", "result"]
SANS, MONO, SYMBOLS = "Inter", "JetBrains Mono", "DejaVu Sans"


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as "#rrggbb", lengths in pixels at scale 1.

    ground   behind the stage; `panel` of the sides; `card` of what stands on them
    soft     of the selected row; `field` of inputs
    probe    of the cell under the cursor; `pinned` of the cell that was clicked
    positive, negative   tint of numbers in small grids, blended by size
    hues     of text that tells six things of one kind apart
    """

    name: Literal["light", "dark"]
    ground: str
    panel: str
    card: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    soft: str
    field: str
    good: str
    good_soft: str
    warning: str
    bad: str
    bad_soft: str
    probe: str
    pinned: str
    positive: str
    negative: str
    hatch: str
    hues: tuple[str, ...]
    scale: float = 1.0

    def px(self, length: float) -> int:
        """A length at the scale of the theme."""
        return max(1, round(length * self.scale))

    def color(self, name: str, alpha: float = 1.0) -> QColor:
        """One of the colours, by its field name."""
        color = QColor(getattr(self, name))
        color.setAlphaF(alpha)
        return color

    def font(self, role: Role) -> QFont:
        """The font of a role; numbers are monospaced, captions are spaced capitals."""
        family, size, weight = _FONTS[role]
        font = QFont([family, SYMBOLS])
        font.setPixelSize(self.px(size))
        font.setWeight(weight)
        if role == "caption":
            font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 106)
            font.setCapitalization(QFont.Capitalization.AllUppercase)
        return font


_NORMAL, _STRONG = QFont.Weight.Normal, QFont.Weight.DemiBold
_FONTS = {
    "text": (SANS, 13, _NORMAL),
    "strong": (SANS, 13, _STRONG),
    "small": (SANS, 12, _NORMAL),
    "caption": (SANS, 11, _STRONG),
    "title": (SANS, 17, _STRONG),
    "heading": (SANS, 21, _STRONG),
    "number": (MONO, 12, _NORMAL),
    "small number": (MONO, 11, _NORMAL),
    "formula": (MONO, 14, _NORMAL),
    "result": (MONO, 24, _NORMAL),
}

LIGHT = Theme(
    name="light",
    ground="#f3f5f8",
    panel="#ffffff",
    card="#ffffff",
    border="#dfe3ea",
    text="#131c2c",
    muted="#5f6b7e",
    accent="#2f6df0",
    on_accent="#ffffff",
    soft="#e8effd",
    field="#ffffff",
    good="#12805f",
    good_soft="#e2f4ec",
    warning="#a15c00",
    bad="#c0352b",
    bad_soft="#fdecea",
    probe="#e8562a",
    pinned="#e8562a",
    positive="#4f86f7",
    negative="#ef6a4c",
    hatch="#c9d0db",
    hues=("#1d5fe0", "#c2410c", "#0f766e", "#7e22ce", "#8a6100", "#be185d"),
)
DARK = Theme(
    name="dark",
    ground="#10141b",
    panel="#171c25",
    card="#1c222d",
    border="#2c3442",
    text="#e7ebf2",
    muted="#97a3b6",
    accent="#5b8dff",
    on_accent="#0b1020",
    soft="#223152",
    field="#131821",
    good="#4cc79a",
    good_soft="#17342b",
    warning="#e0a252",
    bad="#f0796d",
    bad_soft="#3d2224",
    probe="#ff8a5c",
    pinned="#ff8a5c",
    positive="#3f6fd8",
    negative="#c2523a",
    hatch="#3a4353",
    hues=("#7aa5ff", "#ff9466", "#4fd1bd", "#c79bff", "#e0b64a", "#ff8fbf"),
)

_current = LIGHT


def current() -> Theme:
    """The theme in force."""
    return _current


def use(application: QApplication, name: Literal["light", "dark"], scale: float = 1.0) -> None:
    """Put a theme in force: its palette, its style sheet and its fonts."""
    global _current
    _current = replace(DARK if name == "dark" else LIGHT, scale=scale)
    application.setFont(_current.font("text"))
    application.setPalette(_palette(_current))
    application.setStyleSheet(stylesheet(_current))


def load_fonts() -> None:
    """Make the fonts of the program known to Qt. Called once, before the first window."""
    for file in sorted((assets_folder() / "fonts").glob("*.[ot]tf")):
        QFontDatabase.addApplicationFont(str(file))


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: "panel",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Base: "field",
        QPalette.ColorRole.AlternateBase: "ground",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.Button: "card",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "on_accent",
        QPalette.ColorRole.ToolTipBase: "card",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.PlaceholderText: "muted",
        QPalette.ColorRole.Link: "accent",
        QPalette.ColorRole.Mid: "border",
        QPalette.ColorRole.Dark: "border",
        QPalette.ColorRole.Light: "card",
        QPalette.ColorRole.Midlight: "border",
        QPalette.ColorRole.Shadow: "border",
    }
    for role, name in roles.items():
        palette.setColor(role, theme.color(name))
        if role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, theme.color("muted", 0.6))
    return palette
