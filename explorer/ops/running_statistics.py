"""Statistics that training keeps for inference: r ← keep·r + take·batch, where frameworks differ in all three.

pytorch  r ← (1 − m)·r + m·batch with the unbiased variance, Σ (x − μ)²/(count − 1)
onnx     the same with the population variance, Σ (x − μ)²/count; its `momentum` is 1 − m
caffe    sums with a decaying weight: S ← λ·S + batch and s ← λ·s + 1, r = S/s, with the unbiased variance; λ, its
         `moving_average_fraction`, is 1 − m, and s the `kept_weight`. So keep = λ·s/(λ·s + 1) and take = 1/(λ·s + 1).
"""

from __future__ import annotations

from typing import Any

from explorer.ops.explanation import Number, Sign, Step, Sum
from explorer.ops.parameters import choice, real
from explorer.refusal import message

_RULES = (
    ("pytorch", "PyTorch: unbiased variance"),
    ("onnx", "ONNX: population variance"),
    ("caffe", "Caffe: sums with a decaying weight"),
)


def running_field(when: tuple[str, Any]) -> Any:
    """The parameter `running`: the rule."""
    return choice("pytorch", "Running statistics", _RULES, when=when, hint="How training renews the kept statistics.")


def momentum_field(when: tuple[str, Any]) -> Any:
    """The parameter `momentum`: m, the share of the new batch."""
    hint = "The share of the new batch: PyTorch's momentum. ONNX's momentum and Caffe's fraction are 1 − m."
    return real(0.1, "Momentum m", 0.0, 1.0, when=when, hint=hint)


def kept_weight_field(when: tuple[str, Any]) -> Any:
    """The parameter `kept_weight`: s, what the kept sums weigh before this batch."""
    hint = "s, which begins at 0 and becomes (1 − m)·s + 1 with every batch; the kept statistics are the sums over s."
    return real(0.0, "Weight of the sums", 0.0, 1e12, soft=1000.0, when=when, hint=hint)


def shares(params: Any) -> tuple[float, float]:
    """What the kept statistics and what the batch count for; together 1."""
    if params.running == "caffe":
        kept = (1 - params.momentum) * params.kept_weight
        return kept / (kept + 1), 1 / (kept + 1)
    return 1 - params.momentum, params.momentum


def correction(params: Any, count: int) -> float:
    """What the biased variance of a batch of `count` numbers is multiplied by."""
    return 1.0 if params.running == "onnx" else count / (count - 1)


def renewed(params: Any, before: tuple[Any, Any], batch: tuple[Any, Any], count: int) -> tuple[Any, Any]:
    """Mean and variance after a batch of `count` numbers with `batch` = (mean, biased variance); numbers or arrays."""
    keep, take = shares(params)
    return keep * before[0] + take * batch[0], keep * before[1] + take * correction(params, count) * batch[1]


def arithmetic(params: Any) -> tuple[str, ...]:
    """The weight of Caffe's sums after the batch, which is the `kept_weight` of the next."""
    if params.running != "caffe":
        return ()
    before, after = params.kept_weight, (1 - params.momentum) * params.kept_weight + 1
    return (f"weight of the sums (1 − {params.momentum:g})·{before:g} + 1 = {after:g}",)


def explain(params: Any, variance: bool, before: float, batch: float, count: int) -> tuple[Step, ...]:
    """The steps from the mean or the biased variance of the batch to the running one."""
    steps = []
    if variance and params.running != "onnx":
        factor = correction(params, count)
        unbiased = batch * factor
        steps.append(
            Step(
                message("Unbiased: σ²·count/(count − 1)"),
                (
                    Number(message("σ²"), batch, "input"),
                    Sign("·"),
                    Number(
                        message("count/(count − 1), count = {count}", count=count), correction(params, count), "weight"
                    ),
                    Sign("="),
                    Number(message("unbiased variance"), unbiased),
                ),
                unbiased,
            )
        )
        batch = unbiased
    keep, take = shares(params)
    total = keep * before + take * batch
    terms = (
        (message("{share} · the kept one, {kept}", share=f"{keep:.6g}", kept=f"{before:.6g}"), keep * before),
        (message("{share} · the one of the batch", share=f"{take:.6g}"), take * batch),
    )
    title = message("Renewed: r ← (1 − m)·r + m·batch")
    if params.running == "caffe":
        title = message("Renewed: r ← (λ·s·r + batch)/(λ·s + 1), λ = 1 − m")
    steps.append(Step(title, (Sum(message("r"), terms, total),), total))
    return tuple(steps)


def explain_gradient(
    params: Any, through: float, into_mean: float, into_var: float, distance: float, count: int
) -> Step:
    """dx with what flows back from the running mean and variance; `distance` is x − μ."""
    _, take = shares(params)
    terms = (
        (message("dx through y"), through),
        (message("{share}/count · d(running mean)", share=f"{take:.6g}"), take * into_mean / count),
        (
            message("{share}·2·(x − μ)/count · d(running variance)", share=f"{take * correction(params, count):.6g}"),
            take * correction(params, count) * 2 * distance / count * into_var,
        ),
    )
    total = sum(value for _, value in terms)
    return Step(message("And back from the running statistics"), (Sum(message("dx"), terms, total),), total)
