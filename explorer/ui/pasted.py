"""Pictures from the clipboard."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from explorer.model.pictures import Picture, from_array


def picture_of(image: QImage, name: str) -> Picture:
    """A pasted picture, in 8 bits a channel, or 16 where the clipboard has them."""
    deep = image.depth() > 32 or image.format() == QImage.Format.Format_Grayscale16
    alpha = image.hasAlphaChannel()
    kind = QImage.Format.Format_RGBA64 if deep else QImage.Format.Format_RGBA8888
    converted = image.convertToFormat(kind)
    height, width = converted.height(), converted.width()
    dtype, size = (np.uint16, 8) if deep else (np.uint8, 4)
    rows = np.frombuffer(converted.constBits(), np.uint8).reshape(height, converted.bytesPerLine())
    pixels = np.ascontiguousarray(rows[:, : width * size]).view(dtype).reshape(height, width, 4)
    if image.isGrayscale() and not alpha:
        pixels = pixels[..., :1]
    elif not alpha:
        pixels = pixels[..., :3]
    return from_array(pixels.copy(), name)
