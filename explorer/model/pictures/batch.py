"""Pictures of one size: brought to it by a rule that is noted, and stacked into one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from PIL import Image

from explorer.model.pictures.picture import Array, Kind, Picture, check_bytes, check_extent
from explorer.refusal import Message, Refusal, message

Rule = Literal["crop", "fit", "stretch"]

_DONE: dict[Rule, str] = {
    "crop": "{old} → {new}, cropped",
    "fit": "{old} → {new}, fitted; the rest is 0",
    "stretch": "{old} → {new}, stretched",
}
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the original."""


@dataclass(frozen=True, slots=True)
class Common:
    """What the pictures of a batch have in common once they are brought to one size.

    images is 1 for pictures; a tensor brings its own N, and for tensors channels, height and width are those of all.
    """

    kind: Kind
    images: int
    channels: int
    height: int
    width: int


def common(pictures: Sequence[Picture], size: tuple[int, int] | None = None) -> Common:
    """The shape that all pictures are brought to; `size` (height, width) is that of the first by default.

    A Refusal: tensors of different shapes or beside images, and channels without a meaning that differ in number.
    """
    first = pictures[0]
    tensors = [each for each in pictures if each.kind == "tensor"]
    if tensors:
        _check_tensors(pictures, tensors[0])
        images, channels, height, width = first.pixels.shape
        return Common("tensor", images, channels, height, width)
    height, width = size or (first.height, first.width)
    check_extent("A picture of the batch", height, width)
    return Common("image", 1, _common_channels(pictures), height, width)


def brought(picture: Picture, to: Common, rule: Rule) -> Picture:
    """The picture with the channels, height and width of a batch; see `equalised` for how."""
    if to.kind == "tensor":
        return picture
    return _resized(_spread(picture, to.channels), rule, to.height, to.width)


def change_of(picture: Picture, to: Common, rule: Rule) -> Message | None:
    """What `brought` does to the size of the picture, in words; None where it keeps it."""
    if to.kind == "tensor" or (picture.height, picture.width) == (to.height, to.width):
        return None
    return _change(picture, to.height, to.width, rule)


def _change(picture: Picture, height: int, width: int, rule: Rule) -> Message:
    return message(_DONE[rule], old=f"{picture.width} × {picture.height}", new=f"{width} × {height}")


def equalised(pictures: Sequence[Picture], rule: Rule, size: tuple[int, int] | None = None) -> tuple[Picture, ...]:
    """The pictures with equal height, width and channels; `size` (height, width) is that of the first by default.

    crop scales until the size is covered and cuts the centre; fit scales until it is inside and pads with 0; stretch
    scales both sides by themselves. Scaled is by a triangle filter as wide as a new pixel, in float32, rounded back to
    the type of the picture; type and white stay as they are. Grey is repeated as RGB where another picture has
    colours, and an opaque alpha is added where another has one. Every change is a note of the picture.

    A Refusal: as for `common`.
    """
    if not pictures:
        return ()
    to = common(pictures, size)
    return tuple(brought(each, to, rule) for each in pictures)


def stacked(pictures: Sequence[Picture], dtype: str) -> tuple[Array, Array]:
    """x: N, C, H, W with the raw values, and white: N, 1, 1, 1; tensors are joined along N.

    dtype is "float32" or "float64". A Refusal names two pictures of different shapes.
    """
    if not pictures:
        raise Refusal("There is no picture to stack.")
    planes = [each.pixels if each.kind == "tensor" else each.pixels.transpose(2, 0, 1)[None] for each in pictures]
    for picture, plane in zip(pictures, planes, strict=True):
        if plane.shape[1:] != planes[0].shape[1:]:
            raise Refusal(
                "{name} has channels, height and width {shape}; {first} has {other}.",
                name=picture.name, shape=plane.shape[1:], first=pictures[0].name, other=planes[0].shape[1:],
            )  # fmt: skip
    counts = [plane.shape[0] for plane in planes]
    shape = (sum(counts), *planes[0].shape[1:])
    check_bytes("The batch", int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize)
    x = np.empty(shape, dtype)
    with np.errstate(over="ignore"):
        np.concatenate(planes, out=x, casting="same_kind" if x.dtype == np.float64 else "unsafe")
    white = np.repeat(np.array([each.white for each in pictures], dtype), counts)
    return x, white.reshape(-1, 1, 1, 1)


def _check_tensors(pictures: Sequence[Picture], first: Picture) -> None:
    for each in pictures:
        if each.kind != "tensor":
            raise Refusal("{name} is an image and {first} a tensor; a batch holds one kind.",
                          name=each.name, first=first.name)  # fmt: skip
        if each.pixels.shape[1:] != first.pixels.shape[1:]:
            raise Refusal("The tensor {name} has the shape {shape}; {first} has {other}.", name=each.name,
                          shape=each.pixels.shape, first=first.name, other=first.pixels.shape)  # fmt: skip


def _common_channels(pictures: Sequence[Picture]) -> int:
    counts = {each.pixels.shape[2] for each in pictures}
    if len(counts) == 1:
        return int(counts.pop())
    most = max(pictures, key=lambda each: each.pixels.shape[2])
    if most.channels == "channels":
        raise Refusal(
            "{name} has {count} channels; {other} has another number.", name=most.name, count=most.pixels.shape[2],
            other=next(each.name for each in pictures if each.pixels.shape[2] != most.pixels.shape[2]),
        )  # fmt: skip
    return (3 if max(counts) > 2 else 1) + any(count in (2, 4) for count in counts)


def _spread(picture: Picture, channels: int) -> Picture:
    """With the channels 1 grey, 2 grey+alpha, 3 rgb or 4 rgb+alpha; nothing is left out."""
    pixels = picture.pixels
    notes: list[Message] = []
    if pixels.shape[2] <= 2 < channels:
        pixels = np.concatenate([np.repeat(pixels[..., :1], 3, axis=2), pixels[..., 1:]], axis=2)
        notes.append(message("grey repeated as RGB"))
    if pixels.shape[2] < channels:
        opaque = np.full((*pixels.shape[:2], 1), picture.white, pixels.dtype)
        pixels = np.concatenate([pixels, opaque], axis=2)
        notes.append(message("an opaque alpha added"))
    return _changed(picture, pixels, notes) if notes else picture


def _changed(picture: Picture, pixels: Array, notes: Sequence[Message]) -> Picture:
    changed = Picture.of(pixels, picture.name, white=picture.white, path=picture.path)
    return replace(changed, notes=(*picture.notes, *notes))


def _resized(picture: Picture, rule: Rule, height: int, width: int) -> Picture:
    old_height, old_width = picture.height, picture.width
    if (old_height, old_width) == (height, width):
        return picture
    check_bytes(picture.name, height * width * picture.pixels.shape[2] * 8)
    ratios = height / old_height, width / old_width
    inner = height, width
    box: Box = (0, 0, old_width, old_height)
    if rule == "crop":
        scale = max(ratios)
        cut_y, cut_x = (old_height - height / scale) / 2, (old_width - width / scale) / 2
        box = (max(0.0, cut_x), max(0.0, cut_y), min(old_width, old_width - cut_x), min(old_height, old_height - cut_y))
    elif rule == "fit":
        scale = min(ratios)
        inner = max(1, round(old_height * scale)), max(1, round(old_width * scale))
    scaled = _scaled(picture.pixels, inner, box)
    pixels = np.zeros((height, width, scaled.shape[2]), scaled.dtype)
    top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
    pixels[top : top + inner[0], left : left + inner[1]] = scaled
    done = _change(picture, height, width, rule)
    return _changed(picture, pixels, [done])


def _scaled(pixels: Array, size: tuple[int, int], box: Box) -> Array:
    if box == (0, 0, pixels.shape[1], pixels.shape[0]) and size == pixels.shape[:2]:
        return pixels
    with np.errstate(over="ignore", invalid="ignore"):
        planes = [
            np.asarray(
                Image.fromarray(np.ascontiguousarray(pixels[..., channel], np.float32)).resize(
                    (size[1], size[0]), Image.Resampling.BILINEAR, box=box
                )
            )
            for channel in range(pixels.shape[2])
        ]
    scaled = np.stack(planes, axis=2)
    if pixels.dtype.kind == "f":
        return scaled.astype(pixels.dtype)
    bounds = np.iinfo(pixels.dtype)
    return np.rint(scaled.astype(np.float64)).clip(bounds.min, bounds.max).astype(pixels.dtype)
