"""The pictures that come with the program: photographs, and patterns made by a formula."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np

from explorer.model.pictures.decoding import decode
from explorer.model.pictures.picture import Array, Picture
from explorer.places import assets_folder
from explorer.refusal import Refusal

DEFAULT = "astronaut"

_PHOTOGRAPHS = {
    "astronaut": ("Astronaut", "WEBP"),
    "camera": ("Photographer", "PNG"),
    "coffee": ("Coffee", "WEBP"),
    "chelsea": ("Cat", "WEBP"),
    "brick": ("Brick wall", "PNG"),
    "grass": ("Grass", "PNG"),
    "gravel": ("Gravel", "PNG"),
    "cell": ("Cell", "PNG"),
    "horse": ("Horse, 1 bit", "PNG"),
}
_EXTENT = 256


def _checkerboard(seed: int) -> Array:
    """Squares of 16 pixels, black at the top left."""
    i, j = np.indices((_EXTENT, _EXTENT))
    return np.asarray((i // 16 + j // 16) % 2 * 255)


def _gradient(seed: int) -> Array:
    """Every value from 0 to 255, from left to right."""
    return np.asarray(np.indices((_EXTENT, _EXTENT))[1])


def _stripes(seed: int) -> Array:
    """Upright stripes of 8 pixels, black first."""
    return np.asarray(np.indices((_EXTENT, _EXTENT))[1] // 8 % 2 * 255)


def _zone_plate(seed: int) -> Array:
    """255·(1 + cos(π·r²/N))/2 around the centre: the frequency grows to half a cycle a pixel at the edge."""
    i, j = np.indices((_EXTENT, _EXTENT)) - _EXTENT // 2
    return np.asarray(127.5 * (1 + np.cos(np.pi * (i * i + j * j) / _EXTENT)))


def _impulse(seed: int) -> Array:
    """One white pixel in the centre of 33 × 33: a convolution answers with its turned kernel."""
    pixels = np.zeros((33, 33))
    pixels[16, 16] = 255
    return pixels


def _noise(seed: int) -> Array:
    """Independent values, every one of 0 to 255 as likely."""
    return np.random.default_rng(seed).integers(0, 256, (_EXTENT, _EXTENT))


_PATTERNS: dict[str, tuple[str, Callable[[int], Array]]] = {
    "checkerboard": ("Checkerboard", _checkerboard),
    "gradient": ("Gradient", _gradient),
    "stripes": ("Stripes", _stripes),
    "zone plate": ("Zone plate", _zone_plate),
    "impulse": ("Impulse", _impulse),
    "noise": ("Noise", _noise),
}


def samples() -> tuple[tuple[str, str], ...]:
    """Name and title of every sample, photographs first."""
    return tuple((name, described[0]) for name, described in (_PHOTOGRAPHS | _PATTERNS).items())


def sample(name: str = DEFAULT, seed: int = 0) -> Picture:
    """A sample by its name; `seed` draws the noise. A Refusal names an unknown one."""
    if name in _PATTERNS:
        values = np.rint(_PATTERNS[name][1](seed)).astype(np.uint8)
        return Picture.of(values[..., None], name, white=255)
    if name not in _PHOTOGRAPHS:
        raise Refusal("There is no sample {name}; there are {names}.", name=repr(name),
                      names=", ".join(each for each, _ in samples()))  # fmt: skip
    file_format = _PHOTOGRAPHS[name][1]
    try:
        data = (assets_folder() / "samples" / f"{name}.{file_format.lower()}").read_bytes()
    except OSError as error:
        raise Refusal("The sample {name} cannot be read: {reason}.", name=name,
                      reason=error.strerror or error) from error  # fmt: skip
    decoded = decode(BytesIO(data), name, file_format)
    return Picture.of(decoded.pixels, name, white=decoded.white, notes=decoded.notes)
