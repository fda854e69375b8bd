"""What input conversion can be asked for, and the numbers that follow: mixture of colours, scale and statistics."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from explorer.ops.op import Array
from explorer.ops.parameters import choice, reals
from explorer.refusal import Refusal

_REC_601 = (0.299, 0.587, 0.114)
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
RANGES = {"unit": (1.0, 0.0), "signed": (2.0, -1.0), "byte": (255.0, 0.0)}


@dataclass(frozen=True, slots=True)
class Params:
    """Which channels come out, and on which scale."""

    mode: str = choice("keep", "Colours", (("keep", "As they are"), ("grey", "Grey"), ("rgb", "Red, green, blue")))
    grey: str = choice(
        "rec601",
        "Weights of grey",
        (("rec601", "0.299, 0.587, 0.114 (Rec. 601)"), ("mean", "The mean")),
        when=("mode", "grey"),
    )
    alpha: str = choice("drop", "Transparency", (("drop", "Ignored"), ("white", "Over white"), ("black", "Over black")))
    scale: str = choice("unit", "Scale", (("unit", "0 … 1"), ("signed", "−1 … 1"), ("byte", "0 … 255"), ("raw", "Raw")))
    normalise: str = choice(
        "none",
        "Normalise",
        (("none", "No"), ("image", "Each image to mean 0, deviation 1"), ("numbers", "By numbers")),
    )
    mean: tuple[float, ...] = reals(
        _IMAGENET_MEAN,
        "Mean",
        -1e6,
        1e6,
        when=("normalise", "numbers"),
        hint="One for all channels or one for each; ImageNet's to begin with.",
    )
    std: tuple[float, ...] = reals(
        _IMAGENET_STD,
        "Standard deviation",
        1e-6,
        1e6,
        when=("normalise", "numbers"),
        hint="One for all channels or one for each; ImageNet's to begin with.",
    )


def alpha_channel(channels: int) -> int | None:
    """The channel that holds the transparency: the last of grey + alpha and of RGB + alpha."""
    return channels - 1 if channels in (2, 4) else None


def mixture(channels: int, params: Params) -> Array:
    """The share (output channel, colour) of every colour in every output channel."""
    colours = channels if alpha_channel(channels) is None else channels - 1
    if params.mode == "keep":
        return np.eye(colours)
    if colours not in (1, 3):
        raise Refusal(
            "The picture has {channels} channels; grey and colours are made from {limit}.",
            channels=channels,
            limit="1 to 4",
            hint='"As they are" takes any number of channels.',
        )
    if params.mode == "rgb":
        return np.ones((3, 1)) if colours == 1 else np.eye(3)
    if colours == 1:
        return np.ones((1, 1))
    return np.array([_REC_601 if params.grey == "rec601" else (1 / 3,) * 3])


def scale(params: Params, white: Array) -> tuple[Array, float]:
    """Gain of each image and offset of the scale."""
    if params.scale == "raw":
        return np.ones(white.shape), 0.0
    gain, offset = RANGES[params.scale]
    return gain / white, offset


def numbers(params: Params, channels: int) -> tuple[Array, Array]:
    mean, std = (np.broadcast_to(np.array(each, np.float64), channels) for each in (params.mean, params.std))
    return mean, std


def least_deviation(cells: int) -> float:
    return 1 / math.sqrt(cells)
