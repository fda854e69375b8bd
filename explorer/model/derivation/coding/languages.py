"""The stages of an algorithm as NumPy and as C. The constants are exact where a float can be, else quotients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from explorer.model.derivation.coding.stages import Outcome, Routine, Stage, routine

_LINE = "    "


def numpy_code(outcome: Outcome) -> str:
    """A Python module with a function for the algorithm; ValueError where an exact check of its stages fails."""
    made = routine(outcome)
    parts = [f'"""{made.title}: {made.definition}\n\n{made.formula}\n"""\n\nimport numpy as np']
    parts += ["\n".join(_numpy_stage(stage)) for stage in made.stages]
    parts.append("\n".join(_numpy_main(made)))
    return "\n\n\n".join(parts) + "\n"


def c_code(outcome: Outcome) -> str:
    """A C99 file with a function for the algorithm; ValueError where an exact check of its stages fails."""
    made = routine(outcome)
    parts = [f"/* {made.title}: {made.definition}\n   {made.formula} */\n\ntypedef double real;"]
    parts += ["\n".join(_c_stage(stage)) for stage in made.stages]
    parts.append("\n".join(_c_main(made)))
    return "\n\n".join(parts) + "\n"


def _numpy_stage(stage: Stage) -> Iterator[str]:
    yield f"def {stage.name}({stage.argument}):"
    yield f'{_LINE}"""{stage.formula}, along the first axis."""'
    names = ", ".join(f"{stage.argument}{i}" for i in range(stage.inputs))
    yield f"{_LINE}{names}{',' if stage.inputs == 1 else ''} = {stage.argument}"
    yield from (f"{_LINE}{line}" for line in _operations(stage, _python_constant, "{name} = {value}"))
    yield f"{_LINE}return np.array(\n{_LINE * 2}["
    for value, row in zip(_outputs(stage, f"0 * {stage.argument}0"), stage.rows, strict=True):
        yield f"{_LINE * 3}{value},  # {row}"
    yield f"{_LINE * 2}]\n{_LINE})"


def _numpy_main(made: Routine) -> Iterator[str]:
    d, g, y = made.data, made.taps, made.result
    yield f"def {made.name}({d}, {g}):"
    yield f'{_LINE}"""{made.definition}"""'
    if len(made.directions) == 1:
        yield f"{_LINE}return result(taps(np.asarray({g})) * data(np.asarray({d})))"
        return
    down, across = made.directions
    for name, i, value in (("u", 0, f"np.asarray({g})"), ("v", 1, f"np.asarray({d})"), (y, 2, "(u * v)")):
        inner = f"{down.stages[i].name}({value})"
        yield f"{_LINE}{name} = {across.stages[i].name}({inner}.swapaxes(0, 1)).swapaxes(0, 1)"
    yield f"{_LINE}return {y}"


def _c_stage(stage: Stage) -> Iterator[str]:
    x = stage.argument
    yield f"/* {stage.formula}; every step-th number is read and every to_step-th one is written */"
    yield f"static void {stage.name}(const real *{x}, int step, real *to, int to_step)\n{{"
    for i in range(stage.inputs):
        yield f"{_LINE}const real {x}{i} = {x}[{i} * step];"
    yield from (f"{_LINE}{line}" for line in _operations(stage, _c_constant, "const real {name} = {value};"))
    for i, (value, row) in enumerate(zip(_outputs(stage, "0"), stage.rows, strict=True)):
        yield f"{_LINE}to[{i} * to_step] = {value}; /* {row} */"
    yield "}"


def _c_main(made: Routine) -> Iterator[str]:
    first = made.directions[0]
    d, g, y = made.data, made.taps, made.result
    if len(made.directions) == 1:
        sizes = f"{d}: {first.data.inputs} numbers, {g}: {first.taps.inputs}, {y}: {first.result.outputs}"
        yield f"/* {made.definition}; {sizes} */"
        yield f"void {made.name}(const real *{d}, const real *{g}, real *{y})\n{{"
        yield f"{_LINE}real u[{first.taps.outputs}], v[{first.data.outputs}];"
        yield f"{_LINE}{first.taps.name}({g}, 1, u, 1);"
        yield f"{_LINE}{first.data.name}({d}, 1, v, 1);"
        yield f"{_LINE}for (int i = 0; i < {first.taps.outputs}; i++)\n{_LINE * 2}v[i] *= u[i];"
        yield f"{_LINE}{first.result.name}(v, 1, {y}, 1);\n}}"
        return
    second = made.directions[1]
    shapes = [f"{name}: {one.inputs}x{two.inputs}" for name, one, two in (
        (d, first.data, second.data), (g, first.taps, second.taps))]  # fmt: skip
    shapes.append(f"{y}: {first.result.outputs}x{second.result.outputs}")
    points, across = first.taps.outputs, second.taps.outputs
    room = points * max(second.data.inputs, second.taps.inputs, across)
    yield f"/* {made.definition}; row by row, {', '.join(shapes)} */"
    yield f"void {made.name}(const real *{d}, const real *{g}, real *{y})\n{{"
    yield f"{_LINE}real t[{room}], u[{points * across}], v[{points * across}];"
    yield from _c_both(first.taps, second.taps, g, "u")
    yield from _c_both(first.data, second.data, d, "v")
    yield f"{_LINE}for (int i = 0; i < {points * across}; i++)\n{_LINE * 2}v[i] *= u[i];"
    yield from _c_both(first.result, second.result, "v", y)
    yield "}"


def _c_both(down: Stage, across: Stage, source: str, to: str) -> Iterator[str]:
    """Transform the columns of `source` into t, and the rows of t into `to`."""
    wide, wide_to = across.inputs, across.outputs
    yield f"{_LINE}for (int j = 0; j < {wide}; j++)\n{_LINE * 2}{down.name}({source} + j, {wide}, t + j, {wide});"
    yield f"{_LINE}for (int i = 0; i < {down.outputs}; i++)"
    yield f"{_LINE * 2}{across.name}(t + {wide} * i, 1, {to} + {wide_to} * i, 1);"


def _operations(stage: Stage, constant: Callable[[Fraction], str], line: str) -> Iterator[str]:
    for i, each in enumerate(stage.program.operations):
        left, right = _value(stage, each.left), _value(stage, each.right)
        if each.kind == "scale":
            value = f"-{left}" if each.factor == -1 else f"{constant(each.factor)} * {left}"
        else:
            value = f"{left} {'+' if each.kind == 'add' else '-'} {right}"
        yield line.format(name=f"t{i}", value=value)


def _outputs(stage: Stage, zero: str) -> Iterator[str]:
    for each in stage.program.outputs:
        yield _value(stage, each) if each >= 0 else zero


def _value(stage: Stage, index: int) -> str:
    return f"{stage.argument}{index}" if index < stage.inputs else f"t{index - stage.inputs}"


def _python_constant(value: Fraction) -> str:
    exact = _exact(value)
    return exact or f"({value.numerator} / {value.denominator})"


def _c_constant(value: Fraction) -> str:
    return _exact(value) or f"({value.numerator}.0 / {value.denominator}.0)"


def _exact(value: Fraction) -> str:
    """The decimal that is exactly this number, or nothing where a float is not."""
    if value.denominator & (value.denominator - 1) or abs(value.numerator) >= 1 << 53 or value.denominator >= 1 << 53:
        return ""
    return repr(float(value))
