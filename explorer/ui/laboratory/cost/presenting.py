"""Costs and times as plots, as sentences about where one way overtakes another, as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import exp, log, nan

from PySide6.QtCore import QCoreApplication

from explorer.model.laboratory.costs import LayerCost
from explorer.model.laboratory.layer_times import Times
from explorer.model.laboratory.sweeps import DIRECT, Overtaking, Sweep, Way, overtaking
from explorer.ui.laboratory.charts.chart import Axis, Chart, Line, Mark
from explorer.ui.laboratory.cost.asked import Quantity
from explorer.ui.laboratory.numbers import Cell, Numbers

__all__ = ["listed", "measured_chart", "measured_lines", "model_chart", "sentences", "table"]

_tr = QCoreApplication.translate
Costs = Mapping[int, Mapping[Way, LayerCost]]
Measured = Mapping[int, Times]
_HUES = {2: 0, 4: 1, 6: 2}
_FLOAT = 4
"""Bytes."""


def _hue(way: Way) -> int | None:
    if way.method == "direct":
        return None
    return {"im2col": 3, "fft": 4}.get(way.method, _HUES.get(way.m, 1))


def _ways(sweep: Sweep) -> tuple[tuple[str, Callable[[int], Way | None]], ...]:
    """The lines: a name, and the way that it stands for at a size. Over m the fast filters are one line."""
    if sweep.variable == "m":
        fixed = [way for way in sweep.ways(sweep.sizes[0]) if not way.m]
        found = [(way.name, lambda _size, way=way: way) for way in fixed]

        def fast(size: int) -> Way | None:
            return next((way for way in sweep.ways(size) if way.m), None)

        return (*found, ("F(m×m)", fast))
    ways = dict.fromkeys(way for size in sweep.sizes for way in sweep.ways(size))
    return tuple((way.name, lambda size, way=way: way if way in sweep.ways(size) else None) for way in ways)


def counted(cost: LayerCost, quantity: Quantity) -> float:
    """A quantity of the model; memory in megabytes of float32, the others in millions."""
    value = int(getattr(cost, quantity))
    return value * _FLOAT / 1e6 if quantity == "memory" else value / 1e6


def _axis_x(sweep: Sweep) -> Axis:
    """Sizes that grow by factors stand on decades."""
    return Axis(
        sweep.variable, log=sweep.variable not in ("m", "r") and sweep.sizes[-1] > 3 * sweep.sizes[0], whole=True
    )


def model_chart(sweep: Sweep, costs: Costs, quantity: Quantity, *, relative: bool) -> Chart:
    """What the model counts."""
    titles = {
        "operations": _tr("Cost", "millions of multiplications and additions"),
        "multiplications": _tr("Cost", "millions of multiplications"),
        "transforms": _tr("Cost", "millions of operations of the transforms"),
        "memory": _tr("Cost", "MB in transformed form (direct: the layer itself)"),
    }
    lines = []
    for name, way_at in _ways(sweep):
        if name == "im2col" or (quantity == "transforms" and name == DIRECT.name):
            continue
        xs, ys = [], []
        for size in costs:
            way = way_at(size)
            if way is None:
                continue
            value = counted(costs[size][way], quantity)
            base = counted(costs[size][DIRECT], quantity) if relative else 1.0
            if base and value:
                xs.append(float(size))
                ys.append(value / base)
        hue = _hue(way_at(sweep.sizes[-1]) or DIRECT)
        lines.append(Line(name, tuple(xs), tuple(ys), hue=hue, style="dashed" if name == DIRECT.name else "line"))
    title = _tr("Cost", "times that of the direct way") if relative else titles[quantity]
    return _chart(_tr("Cost", "By the model of Lavin & Gray"), sweep, Axis(title, log=True), lines, "")


def measured_chart(sweep: Sweep, times: Measured, *, relative: bool, measuring: bool = False) -> Chart:
    """Medians and quartiles of the measured times; what overtakes what is decided by the ratios within the rounds."""
    title = _tr("Cost", "times that of the direct way") if relative else _tr("Cost", "ms, median and quartiles")
    wanted = _tr("Cost", "Press Measure to take the times\nof every way on this machine.")
    empty = _tr("Cost", "Measuring …") if measuring else wanted
    lines = measured_lines(sweep, times, relative=relative)
    ratios = lines if relative else measured_lines(sweep, times, relative=True)
    return _chart(_tr("Cost", "Measured on this machine"), sweep, Axis(title, log=True), lines, empty, ratios)


def measured_lines(sweep: Sweep, times: Measured, *, relative: bool) -> list[Line]:
    """Milliseconds, or how many times as long as the direct way, round by round."""
    lines = []
    for name, way_at in _ways(sweep):
        xs, ys, lows, highs = [], [], [], []
        for size in sweep.sizes:
            way = way_at(size)
            if way is None or size not in times or way not in times[size]:
                continue
            each = times[size][way]
            median, (low, high) = (each.ratio, each.ratio_quartiles) if relative else (each.median, each.quartiles)
            scale = 1 if relative else 1e3
            xs.append(float(size))
            ys.append(median * scale)
            lows.append(low * scale)
            highs.append(high * scale)
        hue, style = _hue(way_at(sweep.sizes[-1]) or DIRECT), "dashed" if name == DIRECT.name else "line"
        lines.append(Line(name, tuple(xs), tuple(ys), tuple(lows), tuple(highs), hue, style))  # type: ignore[arg-type]
    return lines


def _chart(
    title: str, sweep: Sweep, y: Axis, lines: Sequence[Line], empty: str, deciding: Sequence[Line] = ()
) -> Chart:  # fmt: skip
    """`deciding` lines say what overtakes what, where it is not the lines that are drawn."""
    kept = tuple(line for line in lines if line.x)
    by_name = {line.name: line for line in kept}
    marks = [
        Mark(found.at, _between(by_name[line.name], found), f"{sweep.variable} = {found.size}", line.hue)
        for line, found in _overtakings(deciding or kept)
        if found is not None and found.after is not None
    ]
    return Chart(title, _axis_x(sweep), y, kept, tuple(marks), empty)


def _between(line: Line, found: Overtaking) -> float:
    """The height of a line, straight on axes of decades, where it overtakes."""
    assert found.after is not None
    low, high = (log(line.at(x) or 1.0) for x in (found.after, found.by))
    share = log(found.at / found.after) / log(found.by / found.after)
    return exp(low + share * (high - low))


def _overtakings(lines: Sequence[Line]) -> list[tuple[Line, Overtaking | None]]:
    """Every way against the direct one, at the sizes that both have."""
    direct = next((line for line in lines if line.name == DIRECT.name), None)
    if direct is None:
        return []
    found = []
    for line in lines:
        if line is direct:
            continue
        xs = [x for x in line.x if x in direct.x]
        first, second = ([each.at(x) or nan for x in xs] for each in (direct, line))
        found.append((line, overtaking(xs, first, second)))
    return found


def sentences(lines: Sequence[Line], sweep: Sweep, *, measured: bool) -> list[str]:
    """Where each way overtakes the direct one."""
    lines = [line for line in lines if line.x]
    variable = sweep.variable
    here = _tr("Cost", " on this machine") if measured else ""
    said = []
    for line, found in _overtakings(lines):
        between = ""
        if found is None:
            text = _behind(line, lines, variable)
        elif found.after is None:
            text = _tr("Cost", "{0} is ahead of direct from {1} = {2} upwards").format(
                line.name, variable, int(found.by)
            )
        else:
            text = _tr("Cost", "{0} overtakes direct at {1} = {2}").format(line.name, variable, found.size)
            if found.by - found.after > 1 and measured:
                between = _tr("Cost", " (between {0} and {1})").format(int(found.after), int(found.by))
        said.append(text + here + between)
    return said


def _behind(line: Line, lines: Sequence[Line], variable: str) -> str:
    """A way that is not ahead at the end: it never was, or direct overtakes it."""
    direct = next(each for each in lines if each.name == DIRECT.name)
    xs = [x for x in line.x if x in direct.x]
    back = overtaking(xs, *([each.at(x) or nan for x in xs] for each in (line, direct)))
    if back is not None and back.after is not None:
        return _tr("Cost", "direct overtakes {0} at {1} = {2}").format(line.name, variable, back.size)
    return _tr("Cost", "{0} stays behind direct up to {1} = {2}").format(line.name, variable, int(line.x[-1]))


def table(sweep: Sweep, chart: Chart) -> Numbers:
    """A row for each line of a plot."""
    columns = tuple(f"{sweep.variable} = {size}" for size in sweep.sizes)
    rows = tuple(tuple(line.at(float(size)) for size in sweep.sizes) for line in chart.lines)
    return Numbers(sweep.variable, columns, tuple(line.name for line in chart.lines), rows)


def listed(sweep: Sweep, costs: Costs, times: Measured) -> Numbers:
    """A row for each way and size: for a file."""
    columns = (
        "H", "C", "K", "r", "multiplications", "additions", "transforms of data", "transforms of outputs",
        "transforms of taps", "operations", "memory in numbers", "median in s", "first quartile in s",
        "third quartile in s", "ratio to direct",
    )  # fmt: skip
    names: list[str] = []
    rows: list[tuple[Cell, ...]] = []
    for size, found in costs.items():
        for way, cost in found.items():
            layer = cost.layer
            each = times.get(size, {}).get(way)
            names.append(way.name)
            clocked: tuple[Cell, ...] = (None,) * 4 if each is None else (each.median, *each.quartiles, each.ratio)
            rows.append(
                (
                    layer.H, layer.C, layer.K, layer.r, cost.multiplications, cost.additions, cost.data, cost.outputs,
                    cost.taps, cost.operations, cost.memory, *clocked,
                )
            )  # fmt: skip
    return Numbers("way", columns, tuple(names), tuple(rows))
