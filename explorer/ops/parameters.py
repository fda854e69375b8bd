"""Parameters of an operation: frozen dataclass fields whose metadata draws the form and checks the values.

@dataclass(frozen=True, slots=True)
class Params:
    filters: int = integer(8, "Filters", 1, 4096)
    kernel: tuple[int, int] = pair((3, 3), "Kernel", 1, 4096)
"""

from __future__ import annotations

import math
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Literal, cast

from explorer import limits
from explorer.refusal import Refusal

Kind = Literal["integer", "real", "flag", "choice", "integers", "reals", "algorithm"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """What the form and the check need to know of one field.

    kind      integer and real: a slider with a number; flag: a check box; choice: a list of options;
              integers and reals: `length` numbers beside each other (0: any number of them);
              algorithm: a derived fast filter as `exact.filters` writes it, or "" for none
    options   of a choice: pairs (value, label)
    named     of a choice: (an option, the algorithm after which it is called); not offered while there is none
    parts     labels of the numbers of `integers` and `reals`
    when      (other field, value): shown only while the other field has that value
    soft      where the slider ends; `maximum` still holds for typed numbers
    """

    kind: Kind
    label: str
    minimum: float = -math.inf
    maximum: float = math.inf
    soft: float | None = None
    options: tuple[tuple[str, str], ...] = ()
    named: tuple[str, str] | None = None
    length: int = 1
    parts: tuple[str, ...] = ()
    when: tuple[str, Any] | None = None
    hint: str = ""


_KEY = "parameter"


def _field(default: Any, parameter: Parameter) -> Any:
    return field(default=default, metadata={_KEY: parameter})


def integer(
    default: int,
    label: str,
    minimum: int,
    maximum: int,
    *,
    soft: int | None = None,
    when: tuple[str, Any] | None = None,
    hint: str = "",
) -> Any:
    """A whole number in [minimum, maximum]."""
    return _field(default, Parameter("integer", label, minimum, maximum, soft, when=when, hint=hint))


def real(
    default: float,
    label: str,
    minimum: float,
    maximum: float,
    *,
    soft: float | None = None,
    when: tuple[str, Any] | None = None,
    hint: str = "",
) -> Any:
    """A finite number in [minimum, maximum]."""
    return _field(default, Parameter("real", label, minimum, maximum, soft, when=when, hint=hint))


def flag(default: bool, label: str, *, when: tuple[str, Any] | None = None, hint: str = "") -> Any:
    """True or False."""
    return _field(default, Parameter("flag", label, when=when, hint=hint))


def choice(
    default: str,
    label: str,
    options: tuple[tuple[str, str], ...],
    *,
    named: tuple[str, str] | None = None,
    when: tuple[str, Any] | None = None,
    hint: str = "",
) -> Any:
    """One of `options`, pairs (value, label)."""
    return _field(default, Parameter("choice", label, options=options, named=named, when=when, hint=hint))


def algorithm(label: str, *, when: tuple[str, Any] | None = None, hint: str = "") -> Any:
    """A derived fast filter; "" for none, which is the default."""
    return _field("", Parameter("algorithm", label, when=when, hint=hint))


def integers(
    default: tuple[int, ...],
    label: str,
    minimum: int,
    maximum: int,
    parts: tuple[str, ...] = (),
    *,
    soft: int | None = None,
    when: tuple[str, Any] | None = None,
    hint: str = "",
) -> Any:
    """Whole numbers in [minimum, maximum], as many as `parts` (without parts: any number, at least one)."""
    return _field(
        default,
        Parameter("integers", label, minimum, maximum, soft, length=len(parts), parts=parts, when=when, hint=hint),
    )


def pair(
    default: tuple[int, int],
    label: str,
    minimum: int,
    maximum: int,
    *,
    soft: int | None = None,
    when: tuple[str, Any] | None = None,
    hint: str = "",
) -> Any:
    """Two whole numbers, rows then columns."""
    return integers(default, label, minimum, maximum, ("height", "width"), soft=soft, when=when, hint=hint)


def reals(
    default: tuple[float, ...],
    label: str,
    minimum: float,
    maximum: float,
    parts: tuple[str, ...] = (),
    *,
    soft: float | None = None,
    when: tuple[str, Any] | None = None,
    hint: str = "",
) -> Any:
    """Finite numbers in [minimum, maximum], as many as `parts` (without parts: any number, at least one)."""
    return _field(
        default,
        Parameter("reals", label, minimum, maximum, soft, length=len(parts), parts=parts, when=when, hint=hint),
    )


def parameter(of: Field[Any]) -> Parameter:
    """The description of one dataclass field."""
    return cast(Parameter, of.metadata[_KEY])


def parameters(params: Any) -> tuple[tuple[str, Parameter], ...]:
    """Name and description of every field of a parameter record or its type, in order."""
    return tuple((each.name, parameter(each)) for each in fields(params))


def visible(params: Any, described: Parameter) -> bool:
    """Whether the form shows this parameter with these values."""
    return described.when is None or getattr(params, described.when[0]) == described.when[1]


def showing(params: Any, name: str) -> dict[str, Any]:
    """The change after which the parameter counts: empty where it does, or {other field: its value}."""
    when = dict(parameters(params))[name].when
    return {} if when is None or getattr(params, when[0]) == when[1] else dict([when])


def _number(name: str, described: Parameter, value: Any, *, whole: bool) -> int | float:
    good = isinstance(value, int) and not isinstance(value, bool)
    good = good or (not whole and isinstance(value, float) and math.isfinite(value))
    if not good:
        raise Refusal(
            "{label} is {value}; it takes a {kind}.",
            label=described.label,
            value=repr(value),
            kind="whole number" if whole else "finite number",
        )
    if not described.minimum <= value <= described.maximum:
        raise Refusal(
            "{label} is {value}; it lies between {low} and {high}.",
            label=described.label,
            value=value,
            low=f"{described.minimum:g}",
            high=f"{described.maximum:g}",
        )
    return int(value) if whole else float(value)


def checked(name: str, described: Parameter, value: Any) -> Any:
    """`value` in the type of the parameter, or a Refusal that names it and its limit."""
    if described.kind == "flag":
        if not isinstance(value, bool):
            raise Refusal("{label} is {value}; it is true or false.", label=described.label, value=repr(value))
        return value
    if described.kind == "choice":
        if value not in [option for option, _ in described.options]:
            raise Refusal(
                "{label} is {value}; it is one of {options}.",
                label=described.label,
                value=repr(value),
                options=", ".join(option for option, _ in described.options),
            )
        return value
    if described.kind == "algorithm":
        return _algorithm(described, value)
    whole = described.kind in ("integer", "integers")
    if described.kind in ("integer", "real"):
        return _number(name, described, value, whole=whole)
    most = limits.current().channels
    if not isinstance(value, (tuple, list)) or not 1 <= len(value) <= most or described.length not in (0, len(value)):
        raise Refusal(
            "{label} is {value}; it takes {count} numbers.",
            label=described.label,
            value=repr(value),
            count=described.length or f"1 to {most}",
        )
    return tuple(_number(name, described, each, whole=whole) for each in value)


def _algorithm(described: Parameter, value: Any) -> str:
    if not isinstance(value, str):
        raise Refusal("{label} is {value}; it is a text.", label=described.label, value=repr(value))
    if not value.strip():
        return ""
    # The exact algebra is imported by those who have such an algorithm.
    from explorer.ops.exact import filters

    return filters.written(filters.read(value))


def check(params: Any) -> None:
    """Refuse a parameter record with a value of the wrong type or outside of its range."""
    for name, described in parameters(params):
        checked(name, described, getattr(params, name))


def to_json(params: Any) -> dict[str, Any]:
    """Plain values by field name."""
    values = ((each.name, getattr(params, each.name)) for each in fields(params))
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values}


def from_json(kind: type, data: Any) -> Any:
    """A parameter record from plain values: missing fields take their defaults, unknown ones are refused."""
    if not isinstance(data, dict):
        raise Refusal("The parameters are {value}; they are an object.", value=type(data).__name__)
    described = dict(parameters(kind))
    unknown = [name for name in data if name not in described]
    if unknown:
        raise Refusal(
            "There is no parameter {name}; there are {known}.",
            name=repr(unknown[0]),
            known=", ".join(described) or "none",
        )
    defaults = {each.name: each.default for each in fields(kind) if each.default is not MISSING}
    return kind(**defaults | {name: checked(name, described[name], value) for name, value in data.items()})
