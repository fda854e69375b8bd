"""What the colours mean: the range they cover, what is left out of it, and that nothing is hidden by a NaN."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from explorer.model.colours import NOT_A_NUMBER, TABLES, covered, resolved, table
from explorer.model.display import BINS, THUMBNAIL_CELLS, THUMBNAILS, Maps, Summary, View, maps_of, summary
from explorer.model.document import SOURCE, Document, Link, Source
from explorer.model.editing import add
from explorer.model.evaluation import Evaluated, Result
from explorer.model.gradients import Gradients, Origin
from explorer.model.pictures import from_array
from explorer.model.plan import plan

SHOWN = Link("n1", "y")


def result(y: np.ndarray, key: str = "k") -> Result:
    return Result(key, (y,), (y,), ("y",), MappingProxyType({}), None, 0.25)


def evaluated(y: np.ndarray, *others: np.ndarray) -> Evaluated:
    """An evaluation whose ReLU layers gave these numbers."""
    document = Document(Source((from_array(np.zeros((1, 1, 2, 2), np.float32), "nothing"),)))
    results = {}
    for array in (y, *others):
        document, id = add(document, "relu")
        results[id] = result(array, id)
    return Evaluated(document, plan(document), MappingProxyType({}), MappingProxyType(results))


PLAIN = View(layer="n1", clip=False)


def shown(y: np.ndarray, view: View = PLAIN, *others: np.ndarray) -> Maps:
    found = evaluated(y, *others)
    summaries = {id: summary(each, 0, view) for id, each in found.results.items()}
    maps = maps_of(found, None, view, SHOWN, gradient=False, summaries=summaries)
    assert maps is not None
    return maps


def small(y: np.ndarray, **view: object) -> Summary:
    return summary(result(y), 0, replace(View(clip=False), **view))  # type: ignore[arg-type]


def ramps(*ends: tuple[float, float], shape: tuple[int, int] = (10, 20)) -> np.ndarray:
    """Maps that run evenly from one end to the other."""
    return np.stack([np.linspace(*each, shape[0] * shape[1]).reshape(shape) for each in ends])[None]


POSITIVE = ramps((0, 1), (1, 4))
OTHER = ramps((2, 9))


@pytest.mark.parametrize(
    ("scope", "expected"),
    [("map", [[0, 1], [1, 4]]), ("layer", [[0, 4], [0, 4]]), ("all", [[0, 9], [0, 9]])],
)
def test_the_colours_cover_the_map_the_layer_or_all_layers(scope: str, expected: list[list[float]]) -> None:
    view = View(layer="n1", scope=scope, clip=False)  # type: ignore[arg-type]
    maps = shown(POSITIVE, view, OTHER)
    assert maps.range.tolist() == expected
    assert maps.own.tolist() == [[0, 1], [1, 4]]


def test_all_layers_may_be_none_but_the_source() -> None:
    document = Document(Source((from_array(np.ones((1, 1, 2, 2), np.float32), "ones"),)))
    alone = Evaluated(document, plan(document), MappingProxyType({"x": OTHER}), MappingProxyType({}))
    maps = maps_of(alone, None, View(scope="all", clip=False), Link(SOURCE, "x"), gradient=False)
    assert maps is not None
    assert maps.range.tolist() == [[2, 9]]


def test_the_outermost_half_per_cent_at_each_end_is_left_out_of_the_colours_and_not_of_the_range() -> None:
    y = ramps((0, 1))
    y[0, 0, 0, 0], y[0, 0, -1, -1] = -1000, 5000
    maps = shown(y, View(layer="n1", clip=True, colours="grey"))
    assert maps.own.tolist() == [[-1000, 5000]]
    low, high = maps.range[0]
    assert 0 < low < 0.02
    assert 0.98 < high < 1


def test_without_clipping_the_colours_cover_the_last_outlier() -> None:
    y = ramps((0, 1))
    y[0, 0, -1, -1] = 5000
    assert shown(y).range.tolist() == [[0, 5000]]


def test_a_map_with_one_spot_is_not_clipped_to_nothing() -> None:
    y = np.zeros((1, 1, 20, 20))
    y[0, 0, 3, 3] = 7
    assert shown(y, View(layer="n1", clip=True)).range.tolist() == [[0, 7]]


def test_signed_colours_are_symmetric_about_zero() -> None:
    maps = shown(ramps((-1, 3), (-5, 2)))
    assert maps.colours == ("signed", "signed")
    assert maps.range.tolist() == [[-3, 3], [-5, 5]]


def test_each_map_takes_the_table_that_its_own_values_ask_for() -> None:
    assert shown(ramps((0, 3), (-5, 2))).colours == ("viridis", "signed")


def test_zero_in_a_signed_map_is_white_in_a_light_window_and_black_in_a_dark_one() -> None:
    y = ramps((-1, 1), shape=(1, 3))
    light = shown(y, View(layer="n1", clip=False)).images[0, 0, 1]
    dark = shown(y, View(layer="n1", clip=False, dark=True)).images[0, 0, 1]
    assert min(rgb(light)) > 230
    assert max(rgb(dark)) < 40


def rgb(pixel: np.uint32) -> tuple[int, int, int]:
    return int(pixel) >> 16 & 255, int(pixel) >> 8 & 255, int(pixel) & 255


def test_maps_of_one_cell_share_the_scale_of_their_layer() -> None:
    assert shown(np.array([[2.0, 6.0]]), View(layer="n1", scope="map", clip=False)).range.tolist() == [[2, 6]] * 2


def test_constant_maps_are_coloured_and_their_range_is_not_empty() -> None:
    maps = shown(np.full((1, 1, 3, 3), 5.0))
    assert maps.range.tolist() == [[5, 6]]
    assert (maps.images == table("viridis")[0]).all()


def test_nan_and_infinities_are_counted_and_leave_the_range_alone() -> None:
    y = ramps((0, 1), (0, 2))
    y[0, 0, 0, :3] = np.nan, np.inf, -np.inf
    maps = shown(y, View(layer="n1", clip=True))
    assert maps.not_finite.tolist() == [3, 0]
    assert np.isfinite(maps.range).all()
    assert maps.images[0, 0, 0] == NOT_A_NUMBER
    assert (maps.images[0].ravel()[3:] != NOT_A_NUMBER).all()
    assert small(y).not_finite == 3


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("scope", ["map", "layer", "all"])
@pytest.mark.parametrize("clip", [True, False])
def test_a_layer_without_a_single_finite_value_is_shown_all_the_same(value: float, scope: str, clip: bool) -> None:
    maps = shown(np.full((1, 2, 4, 4), value), View(layer="n1", scope=scope, clip=clip))  # type: ignore[arg-type]
    assert np.isfinite(maps.range).all()
    assert maps.not_finite.tolist() == [16, 16]
    assert maps.histogram.sum() == 0


def test_the_histogram_of_the_selected_map_counts_every_finite_value_once() -> None:
    y = np.random.default_rng(0).standard_normal((1, 3, 17, 13))
    y[0, 1, 2, 2:5] = np.nan, np.inf, -np.inf
    for selected, expected in ((0, 221), (1, 218), (99, 221)):
        maps = shown(y, View(layer="n1", map=selected))
        assert maps.histogram.shape == (BINS,)
        assert maps.histogram.sum() == expected
    assert maps.selected == 2


def test_the_histogram_of_a_constant_map_holds_all_of_it() -> None:
    assert shown(np.full((1, 1, 3, 3), 5.0)).histogram.sum() == 9


@pytest.mark.parametrize("k", [1, 3])
def test_a_pixel_has_the_colour_of_the_mean_of_its_cells(k: int) -> None:
    y = np.random.default_rng(1).random((1, 2, 9, 12))
    maps = shown(y, View(layer="n1", clip=False, pixels=(9 // k, 12 // k)))
    means = y[0].reshape(2, 9 // k, k, 12 // k, k).mean(axis=(2, 4))
    low, high = (maps.range[:, end, None, None] for end in (0, 1))
    wanted = np.clip((means - low) / (high - low) * 256, 0, 255).astype(int)
    assert (maps.images == table("viridis")[wanted]).all()


def test_a_map_has_no_more_pixels_than_cells_however_many_are_asked_for() -> None:
    assert shown(POSITIVE, View(layer="n1", pixels=(1000, 1))).images.shape == (*POSITIVE.shape[1:3], 1)


def test_only_the_maps_asked_for_are_coloured() -> None:
    y = np.random.default_rng(2).random((1, 6, 4, 4))
    whole = shown(y)
    some = shown(y, View(layer="n1", clip=False, first=2, count=3))
    assert (some.first, len(some.images), len(some.values)) == (2, 3, 6)
    assert np.array_equal(some.images, whole.images[2:5])
    assert shown(y, View(layer="n1", first=50, count=3)).images.shape == (0, 4, 4)


def test_another_picture_of_a_batch_is_shown_and_too_high_a_number_shows_the_last() -> None:
    y = np.concatenate([ramps((0, 1)), ramps((0, 2))])
    assert small(y).high == 1
    assert summary(result(y), 1, View(clip=False)).high == 2
    assert summary(result(y), 9, View(clip=False)).high == 2


def test_features_without_rows_and_columns_are_maps_of_one_cell() -> None:
    assert shown(np.arange(5.0).reshape(1, 5)).values.shape == (5, 1, 1)
    assert small(np.arange(5.0).reshape(1, 5)).high == 4


def test_gradients_are_shown_where_they_are_known() -> None:
    found = evaluated(POSITIVE)
    known = Gradients(Origin("n1", "y"), 1.0, MappingProxyType({SHOWN: -POSITIVE}), MappingProxyType({}))
    maps = maps_of(found, known, View(layer="n1", clip=False), SHOWN, gradient=True)
    assert maps is not None
    assert maps.gradient
    assert maps.range.tolist() == [[-1, 1], [-4, 4]]
    assert maps_of(found, None, View(layer="n1"), SHOWN, gradient=True) is None


@pytest.mark.parametrize(("count", "names"), [(1, ["grey"]), (3, ["red", "green", "blue"]), (5, [""] * 5)])
def test_the_channels_of_the_source_have_names(count: int, names: list[str]) -> None:
    document = Document(Source((from_array(np.ones((1, 1, 2, 2), np.float32), "ones"),)))
    source = MappingProxyType({"x": np.ones((1, count, 2, 2))})
    alone = Evaluated(document, plan(document), source, MappingProxyType({}))
    maps = maps_of(alone, None, View(), Link(SOURCE, "x"), gradient=False)
    assert maps is not None
    assert list(maps.labels) == names


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (500, 3), (64, 64), (65, 63), (257, 300)])
def test_thumbnails_are_small_and_few(shape: tuple[int, int]) -> None:
    made = small(np.random.default_rng(0).random((1, THUMBNAILS + 2, *shape)))
    count, height, width = made.thumbnails.shape
    assert count == THUMBNAILS
    assert min(height, width) >= 1
    assert max(height, width) < 4 * THUMBNAIL_CELLS or min(shape) <= 3
    assert made.statistics.shape == (THUMBNAILS + 2, 4)
    assert (made.shape, made.seconds) == ((1, THUMBNAILS + 2, *shape), 0.25)


def test_thumbnails_follow_the_theme() -> None:
    y = ramps((-1, 1))
    assert not np.array_equal(small(y).thumbnails, small(y, dark=True).thumbnails)
    assert np.array_equal(small(y, colours="grey").thumbnails, small(y, colours="grey", dark=True).thumbnails)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_256_opaque_colours_and_cannot_be_changed(name: str) -> None:
    colours = table(name)
    assert colours.shape == (256,)
    assert (colours >> 24 == 255).all()
    assert not colours.flags.writeable
    assert NOT_A_NUMBER not in colours


def test_an_unknown_table_is_none() -> None:
    with pytest.raises(KeyError, match="jet"):
        table("jet")


def test_a_table_that_was_chosen_is_taken_whatever_the_values() -> None:
    assert resolved("grey", -1.0) == resolved("grey", 1.0, dark=True) == "grey"
    assert [resolved("auto", low, dark=dark) for low in (-1.0, 0.0) for dark in (False, True)] == [
        "signed", "signed-dark", "viridis", "viridis",
    ]  # fmt: skip


def test_a_table_never_covers_nothing() -> None:
    assert covered("viridis", 2, 2) == (2, 3)
    assert covered("signed", 0, 0) == (0, 1)
    assert covered("signed", -2, 1) == (-2, 2)
    assert covered("grey", np.nan, 1) == covered("grey", -np.inf, np.inf) == (0, 1)
