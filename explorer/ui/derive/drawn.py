"""Typeset mathematics with the pixels of the size that they are shown at, made on whatever thread asks for them.

Reading an SVG and painting it both hold the interpreter in Qt, some twenty milliseconds for a table and a tenth of a
second for the longest; the typesetter draws the same picture beside it, and the window only copies pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

from explorer.model.typesetting import Picture, Pixels, pixels

LARGEST = 12_000_000
"""Pixels of a picture that is drawn as a whole; a larger one is painted where it is seen."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How large pictures are shown.

    zoom   pixels of the window for a unit of a picture
    room   the width that it is to fit (0: any), as far as it is shrunk to no less than `least` of `zoom`
    ratio  pixels of the device for one of the window
    """

    zoom: float = 1.0
    room: int = 0
    least: float = 1.0
    ratio: float = 1.0

    def scale(self, width: float) -> float:
        """Pixels of the window for a unit of a picture of this width."""
        if self.room and width * self.zoom > self.room:
            return max(self.room / width, self.zoom * self.least)
        return self.zoom


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A picture, the same as text, and its pixels for a `fit`; None where there are too many."""

    picture: Picture
    told: str
    fit: Fit
    pixels: Pixels | None

    @property
    def bytes(self) -> int:
        """What it takes of the memory, about."""
        return self.picture.bytes + (len(self.pixels.rgba) if self.pixels is not None else 0)


def drawn(picture: Picture, told: str, fit: Fit) -> Drawn:
    """A picture drawn for a fit."""
    scale = fit.scale(picture.width) * fit.ratio
    many = picture.width * scale * picture.height * scale > LARGEST
    return Drawn(picture, told, fit, None if many else pixels(picture, scale))
