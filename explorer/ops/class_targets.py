"""What a loss over classes is held against: right classes or a distribution, smoothed, weighted and reduced.

q[n,c] is 1 at the right class and 0 elsewhere, or the distribution; t[n,c] = w[c]·((1 − ε)·q[n,c] + ε/C). The factor
of the losses makes their mean the loss of the batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.ops.explanation import Grid, Number, Part, Sign, Step, Sum
from explorer.ops.op import Array
from explorer.refusal import Refusal, message
from kernels.cross_entropy import Targets

if TYPE_CHECKING:
    from explorer.ops.softmax import Params

_SHOWN = 256


def check(params: Params, images: int, classes: int) -> None:
    """Refuse targets and weights that do not fit to the scores."""
    if len(params.class_weights) not in (1, classes):
        raise Refusal(
            "There are {count} class weights for {classes} classes; there is one for all or one for each.",
            count=len(params.class_weights),
            classes=classes,
        )
    if params.target_kind == "distribution":
        if len(params.soft) not in (classes, images * classes):
            raise Refusal(
                "The distribution has {count} numbers for {classes} classes; it has {limit}.",
                count=len(params.soft),
                classes=classes,
                limit=str(classes) if images == 1 else f"{classes}, or {images}·{classes} with one for each image",
                hint="Give the share of each class, class 0 first.",
            )
        return
    if len(params.target) not in (1, images):
        raise Refusal(
            "There are {count} right classes for {images} images; there is one for all or one for each.",
            count=len(params.target),
            images=images,
        )
    if max(params.target) >= classes:
        raise Refusal(
            "The right class {target} is not among the classes 0 to {last}.",
            target=max(params.target),
            last=classes - 1,
        )
    if params.reduction == "mean" and not _weights(params, classes)[list(params.target)].any():
        raise Refusal(
            "The weights of the right classes add up to {value}, and the mean divides by their sum; it is more than "
            "{limit}.",
            value=0,
            limit=0,
            hint="Give a right class a weight, or add the losses up.",
        )


def _weights(params: Params, classes: int) -> Array:
    return np.broadcast_to(np.array(params.class_weights, np.float64), classes)


def _right(params: Params, images: int) -> Array:
    return np.broadcast_to(np.array(params.target), images)


def _given(params: Params, images: int, classes: int) -> Array:
    """q (N, C)."""
    if params.target_kind == "distribution":
        return np.broadcast_to(np.array(params.soft, np.float64).reshape(-1, classes), (images, classes))
    q = np.zeros((images, classes))
    q[np.arange(images), _right(params, images)] = 1
    return q


def _factor(params: Params, images: int, classes: int) -> float:
    """N for the sum; the mean divides by the weights of the right classes, with distributions, as in PyTorch, by N."""
    if params.reduction != "mean":
        return float(images)
    if params.target_kind == "distribution":
        return 1.0
    return images / float(_weights(params, classes)[_right(params, images)].sum())


def targets(params: Params, images: int, classes: int) -> Targets:
    """t, with N/Σ weights of the right classes for the mean, or N for the sum, as the factor of the losses."""
    weights, epsilon = _weights(params, classes), params.smoothing
    label, spike = np.zeros(images, np.int64), np.zeros(images)
    if params.target_kind == "distribution":
        q = np.array(params.soft, np.float64).reshape(-1, classes)
        spread = ((1 - epsilon) * q + epsilon / classes) * weights
    else:
        label[:] = params.target
        spike = (1 - epsilon) * weights[label]
        spread = (weights * (epsilon / classes))[None] if epsilon else np.zeros((0, classes))
    total = spike + (spread.sum(axis=1) if len(spread) else 0.0)
    return Targets(spread, label, spike, total, _factor(params, images, classes))


def of_image(params: Params, n: int, images: int, classes: int) -> tuple[Array, float]:
    """t of image n, all classes, and the factor of its loss."""
    spread, label, spike, _, factor = targets(params, images, classes)
    t = np.zeros(classes) if len(spread) == 0 else spread[n if len(spread) > 1 else 0].copy()
    t[label[n]] += spike[n]
    return t, factor


def plain(params: Params, classes: int) -> bool:
    """Whether t is 1 at the right class and 0 elsewhere."""
    return params.target_kind == "class" and params.smoothing == 0 and bool((_weights(params, classes) == 1).all())


def target_steps(params: Params, n: int, images: int, classes: int) -> tuple[Step, ...]:
    """How t of image n comes about, where it is more than one right class."""
    if plain(params, classes) or classes > _SHOWN:
        return ()
    q, epsilon = _given(params, images, classes)[n][:, None], params.smoothing
    t = of_image(params, n, images, classes)[0][:, None]
    parts: tuple[Part, ...] = (Grid(message("Target of each class"), q, "input"),)
    if epsilon:
        parts = (
            Grid(message("(1 − ε)·target of each class"), (1 - epsilon) * q, "input"),
            Sign("+"),
            Number(message("ε/C = {epsilon}/{classes}", epsilon=epsilon, classes=classes), epsilon / classes, "weight"),
        )
    if not (_weights(params, classes) == 1).all():
        parts += Sign("⊙"), Grid(message("Weight of each class"), _weights(params, classes)[:, None], "weight")
    if len(parts) > 1:
        parts += Sign("="), Grid(message("t"), t, "product")
    title = message("What the classes should be, t")
    total = float(t.sum())
    return (Step(title, (*parts, Sign("→"), Number(message("Σ t"), total)), total),)


def reduction_steps(params: Params, loss: float, images: int, classes: int) -> tuple[Step, ...]:
    """How the loss of an image becomes its part of the loss of the batch."""
    factor = _factor(params, images, classes)
    if factor == 1:
        return ()
    steps: tuple[Step, ...] = ()
    if params.reduction == "sum":
        name = message("images: the mean over them is then the sum of the losses")
    else:
        name = message("images/Σ weights: the mean over the images is then the weighted mean")
        right = _right(params, images)
        weights = _weights(params, classes)[right]
        total = float(weights.sum())
        if images <= _SHOWN:
            terms = tuple(
                (message("weight of class {label}, image {image}", label=int(right[n]), image=n), float(weights[n]))
                for n in range(images)
            )
            weighed = Sum(message("Σ weights"), terms, total)
            steps = (Step(message("The weights of the right classes added up"), (weighed,), total),)
    parts = (
        Number(message("loss of the image"), loss, "product"),
        Sign("·"),
        Number(name, factor, "weight"),
        Sign("="),
        Number(message("loss"), loss * factor),
    )
    return *steps, Step(message("Its part of the loss of the batch"), parts, loss * factor)
