"""Figures: cells that are exactly the colours of the table, captions, colour bars, and files that are whole."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from explorer import limits
from explorer.model.colours import NOT_A_NUMBER, covered, table
from explorer.model.display import Maps
from explorer.model.document import Link
from explorer.ops.op import Cancelled
from explorer.refusal import Refusal
from explorer.ui import theme
from explorer.ui.bridge import Errand
from explorer.ui.exporting.figures import coloured, save_figure
from explorer.ui.exporting.painting_figure import FigureLayout, FigureWanted, figure_layout, ticks


@pytest.fixture(autouse=True)
def fonts(qapp: Any) -> None:
    theme.load_fonts()


def maps_of(values: Any, *, colours: str = "signed", single: bool = False, gradient: bool = False) -> Maps:
    """Maps as the compute thread gives them, without their images."""
    values = np.asarray(values, np.float32)
    count = len(values)
    finite = [each[np.isfinite(each)] for each in values]
    own = np.array([(each.min(), each.max()) if each.size else (np.nan, np.nan) for each in finite], np.float64)
    whole = np.min(own[:, 0]), np.max(own[:, 1])
    ranges = np.array([covered(colours, *(each if single else whole)) for each in own])
    labels = tuple(f"map {i}" for i in range(count))
    return Maps(
        Link("n1", "y"), gradient, values, labels, 0, np.empty((0, 1, 1), np.uint32), own, ranges,
        np.isnan(values).sum(axis=(1, 2)), 0, np.zeros(64, np.int64), (colours,) * count,
    )  # fmt: skip


def noise(count: int = 3, height: int = 5, width: int = 7, **kind: Any) -> Maps:
    return maps_of(np.random.default_rng(count).standard_normal((count, height, width)), **kind)


def wanted(path: Path = Path("figure.png"), **kind: Any) -> FigureWanted:
    return FigureWanted(path, **kind)


def pixels(image: QImage, rect: QRect) -> Any:
    rows = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return rows[rect.top() : rect.bottom() + 1, rect.left() : rect.right() + 1] | np.uint32(0xFF000000)


@pytest.mark.parametrize("cell", [1, 3, 64])
def test_a_reopened_png_has_the_exact_colour_of_the_table_in_every_pixel_of_every_cell(
    tmp_path: Path, cell: int
) -> None:
    maps = noise()
    asked = wanted(tmp_path / "a.png", cell=cell, title="conv1")
    save_figure(asked.path, (maps,), asked)
    image = QImage(str(asked.path)).convertToFormat(QImage.Format.Format_RGB32)
    layout = figure_layout((maps,), asked)
    assert (image.width(), image.height()) == (layout.width, layout.height)
    low, high = maps.range[0]
    places = np.clip(np.floor(256 * (maps.values.astype(np.float64) - low) / (high - low)), 0, 255).astype(int)
    for tile in layout.tiles:
        expected = table("signed")[places[tile.map]].repeat(cell, 0).repeat(cell, 1)
        np.testing.assert_array_equal(pixels(image, tile.image), expected)


def test_a_large_map_is_exact_across_the_blocks_that_it_is_painted_in(tmp_path: Path) -> None:
    maps = noise(1, 300, 500)
    asked = wanted(tmp_path / "a.png", cell=2)
    save_figure(asked.path, (maps,), asked)
    image = QImage(str(asked.path)).convertToFormat(QImage.Format.Format_RGB32)
    expected = coloured(maps.values[0], *maps.range[0], "signed").repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(pixels(image, figure_layout((maps,), asked).tiles[0].image), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
def test_a_figure_has_the_colours_of_the_stage(dtype: Any) -> None:
    from kernels.colouring import colour_maps

    values = (np.random.default_rng(0).standard_normal((1, 40, 50)) * 9).astype(dtype)
    if np.issubdtype(dtype, np.floating):
        values[0, 0, :3] = np.nan, np.inf, -np.inf
    images = np.empty(values.shape, np.uint32)
    colour_maps(values, np.array([-5.0]), np.array([7.0]), table("viridis"), NOT_A_NUMBER, images)
    np.testing.assert_array_equal(coloured(values[0], -5.0, 7.0, "viridis"), images[0])


def test_nan_has_its_own_colour_and_infinities_take_the_ends(tmp_path: Path) -> None:
    found = coloured(np.array([[np.nan, np.inf, -np.inf, 1e300, 0.0]]), 0.0, 1.0, "grey")
    first, last = table("grey")[[0, 255]]
    assert found.tolist() == [[NOT_A_NUMBER, last, first, last, first]]


def test_a_map_without_a_finite_number_can_be_painted(tmp_path: Path) -> None:
    maps = maps_of(np.full((1, 3, 3), np.nan), single=True)
    save_figure(tmp_path / "a.png", (maps,), wanted())
    assert (tmp_path / "a.png").exists()


def test_an_svg_keeps_captions_numbers_and_title_as_type(tmp_path: Path) -> None:
    maps = maps_of([[[-1.5, 0, 0, 1.5]], [[0.5, 1, 1, 1]]])
    save_figure(tmp_path / "a.svg", (maps,), wanted(format="svg", cell=64, title="layer & co"))
    root = ET.parse(tmp_path / "a.svg").getroot()
    text = {"".join(each.itertext()).strip().replace("−", "-") for each in root.iter() if each.tag.endswith("text")}
    assert {"layer & co", "0 · map 0", "1 · map 1", "-1.5", "1.5", "0"} <= text
    layout = figure_layout((maps,), wanted(cell=64, title="layer & co"))
    assert root.get("viewBox") == f"0 0 {layout.width} {layout.height}"


def test_a_colour_bar_says_where_values_go_beyond_its_ends(tmp_path: Path) -> None:
    maps = maps_of(np.linspace(-2, 3, 16).reshape(1, 4, 4), colours="grey")
    clipped = replace(maps, range=np.array([[-2.0, 2.5]]))
    for name, each in (("whole", maps), ("clipped", clipped)):
        save_figure(tmp_path / f"{name}.svg", (each,), wanted(format="svg", cell=64))
    assert "≥ 2.5" in (tmp_path / "clipped.svg").read_text("utf-8")
    assert "≤" not in (tmp_path / "clipped.svg").read_text("utf-8")
    assert "≥" not in (tmp_path / "whole.svg").read_text("utf-8")


def test_a_pdf_is_whole_and_holds_its_maps_without_loss(tmp_path: Path) -> None:
    save_figure(tmp_path / "a.pdf", (noise(2, 40, 40),), wanted(format="pdf", cell=4))
    data = (tmp_path / "a.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    assert b"DCTDecode" not in data
    assert data.count(b"/Type /Page\n") == 1


def test_a_figure_beyond_the_limit_is_refused_with_its_numbers_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_current", limits.Limits(pixels=100_000))
    with pytest.raises(Refusal) as refused:
        save_figure(tmp_path / "a.png", (noise(),), wanted(cell=64))
    layout_text = str(refused.value)
    assert "100000" in layout_text
    assert "pixels" in layout_text
    assert list(tmp_path.iterdir()) == []


def test_a_figure_that_is_longer_than_qt_can_paint_is_refused() -> None:
    with pytest.raises(Refusal, match="32767"):
        figure_layout((noise(1, 1, 600),), wanted(cell=64, bar=False))


@pytest.mark.parametrize(
    ("maps", "asked"),
    [((), wanted()), ((noise(),), wanted(map=3)), ((noise(),), wanted(cell=0)), ((noise(),), wanted(cell=65)),
     ((noise(2, 0, 4),), wanted())],
)  # fmt: skip
def test_what_cannot_be_painted_is_refused(maps: Any, asked: FigureWanted) -> None:
    with pytest.raises(Refusal):
        figure_layout(maps, asked)


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_a_figure_that_is_cancelled_leaves_the_old_file_as_it_was(tmp_path: Path, format: Any) -> None:
    path = tmp_path / f"a.{format}"
    path.write_bytes(b"old")
    left = iter(range(3))

    def tick() -> None:
        if next(left, None) is None:
            raise Cancelled

    with pytest.raises(Cancelled):
        save_figure(path, (noise(8),), wanted(format=format), tick=tick)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="missing"):
        save_figure(tmp_path / "missing" / "a.png", (noise(),), wanted())


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_a_figure_is_the_same_when_it_is_painted_beside_the_window(qtbot: QtBot, tmp_path: Path, format: Any) -> None:
    maps, asked = noise(), wanted(format=format, cell=5, title="conv1")
    here, there = tmp_path / f"here.{format}", tmp_path / f"there.{format}"
    save_figure(here, (maps,), asked)
    threads = []

    def work(tick: Any, progress: Any) -> None:
        threads.append(threading.current_thread())
        save_figure(there, (maps,), asked, tick=tick)

    errand = Errand("figure", work)
    with qtbot.waitSignal(errand.done):
        errand.start()
    assert threads != [threading.main_thread()]
    if format == "png":
        assert QImage(str(here)) == QImage(str(there))
    elif format == "svg":
        assert here.read_bytes() == there.read_bytes()
    else:
        assert there.read_bytes().startswith(b"%PDF-")


def test_maps_with_one_range_share_a_colour_bar_and_maps_with_their_own_have_one_each() -> None:
    shared = figure_layout((noise(),), wanted())
    assert len(shared.bars) == 1
    assert all(tile.bar is None for tile in shared.tiles)
    own = figure_layout((noise(single=True),), wanted())
    assert own.bars == ()
    assert all(tile.bar is not None for tile in own.tiles)


def test_one_chosen_map_stands_alone_beside_its_gradient() -> None:
    layout = figure_layout((noise(), noise(gradient=True)), wanted(map=1))
    assert [(tile.map, tile.maps.gradient) for tile in layout.tiles] == [(1, False), (1, True)]
    assert len(layout.bars) == 2


def test_the_gradient_of_a_map_stands_beside_the_map() -> None:
    layout = figure_layout((noise(5), noise(5, gradient=True)), wanted())
    for value, gradient in zip(layout.tiles[::2], layout.tiles[1::2], strict=True):
        assert (value.map, value.maps.gradient, gradient.map, gradient.maps.gradient) == (
            gradient.map, False, value.map, True
        )  # fmt: skip
        assert value.image.top() == gradient.image.top()
        assert value.image.right() < gradient.image.left()


def _rects(layout: FigureLayout) -> list[QRect]:
    tiles = [rect for tile in layout.tiles for rect in (tile.image, tile.caption, tile.bar) if rect is not None]
    return tiles + [rect for _, rect in layout.bars] + ([layout.title] if layout.title else [])


@given(
    count=st.integers(1, 12), height=st.integers(1, 40), width=st.integers(1, 40), cell=st.integers(1, 32),
    both=st.booleans(), single=st.booleans(), bar=st.booleans(), captions=st.booleans(),
    title=st.sampled_from(["", "layer"]),
)  # fmt: skip
def test_nothing_in_a_figure_overlaps_or_is_cut_off(
    count: int, height: int, width: int, cell: int, both: bool, single: bool, bar: bool, captions: bool, title: str
) -> None:
    kinds = (False, True) if both else (False,)
    maps = tuple(noise(count, height, width, single=single, gradient=each) for each in kinds)
    asked = wanted(cell=cell, bar=bar, captions=captions, title=title)
    layout = figure_layout(maps, asked)
    rects = _rects(layout)
    page = QRect(0, 0, layout.width, layout.height)
    assert all(page.contains(rect) for rect in rects)
    assert all(not one.intersects(other) for i, one in enumerate(rects) for other in rects[:i])
    assert all(tile.image.width() == width * cell and tile.image.height() == height * cell for tile in layout.tiles)
    assert len(layout.tiles) == count * len(maps)


@given(low=st.floats(-1e30, 1e30), span=st.floats(1e-3, 1e30), intervals=st.floats(0, 40))
def test_the_numbers_of_a_colour_bar_rise_from_its_low_end_to_its_high_end(
    low: float, span: float, intervals: float
) -> None:
    found = ticks(low, low + span, intervals)
    assert found[0] == low
    assert found[-1] == low + span
    assert all(one <= other for one, other in pairwise(found))
    assert len(found) <= 2 * intervals + 3


def test_a_signed_colour_bar_names_its_middle() -> None:
    assert 0 in ticks(-2.14, 2.14, 6)
    assert ticks(0.0, 1.0, 5) == (0.0, 0.2, 0.4, pytest.approx(0.6), 0.8, 1.0)
