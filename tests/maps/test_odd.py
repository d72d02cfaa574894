"""Odd frames and figures on maps: named and refused, or readable; never an error of Python's own."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box, segmentize

from fringe.errors import FringeWarning, MapError
from fringe.maps import Map
from fringe.maps.classes import SCHEMES, Classes
from fringe.maps.dateline import in_one_piece
from fringe.maps.ranges import class_labels

LOCAL = 'ENGCRS["city grid",EDATUM["x"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],UNIT["metre",1]]'


def zones(values, column="a", crs=4326, cells=None):
    cells = cells or [box(113 + n * 0.1, 34, 113.1 + n * 0.1, 34.1) for n in range(len(values))]
    return gpd.GeoDataFrame({column: values}, geometry=cells, crs=crs).rename_axis("zone")


def shaded(frame, column="a", **rest):
    return Map("x", lang="en").shade(frame, column, **rest).document()


@pytest.mark.parametrize(
    ("frame", "rest", "part"),
    [
        (zones([1e308, -1e308]), {}, "1e100"),
        (zones([1.0, 2e101]), {}, "row 1"),
        (zones([1 + 2j, 2.0]), {}, "complex"),
        (zones([[1], [2]]), {}, "lists"),
        (zones([{"a": 1}, "x"]), {}, "row 0"),
        (zones([1.0, 2.0], crs=LOCAL), {}, "city grid"),
        (zones([1.0, 2.0], crs="IAU_2015:49900"), {}, "Mars"),
        (zones([1.0, 2.0]), {"breaks": ["a", "b"]}, "rising"),
        (zones([1.0, 2.0]), {"breaks": [None, 2]}, "rising"),
        (zones([1.0, 2.0]), {"breaks": [0, float("inf")]}, "rising"),
        (zones([1.0, 2.0]), {"breaks": [0, float("nan"), 2]}, "rising"),
        (zones([1.0, 2.0]), {"breaks": 3}, "breaks 3"),
        (zones([1.0, 2.0]), {"breaks": "012"}, "012"),
    ],
)
def test_what_cannot_be_shaded_is_named(frame, rest, part):
    with pytest.raises(MapError, match=part) as caught:
        shaded(frame, **rest)
    assert caught.value.render("zh")


def test_columns_of_one_name_are_refused_and_others_become_texts():
    frame = zones([1.0, 2.0]).assign(b=3)
    with pytest.raises(MapError, match="same name: a"):
        Map("x", lang="en").draw(frame.rename(columns={"b": "a"}))
    with pytest.raises(MapError, match="same name: 7"):
        Map("x", lang="en").draw(frame.rename(columns={"a": 7, "b": "7"}))
    numbered = frame.rename(columns={"b": 7})
    assert shaded(numbered, 7)["layers"][0]["legend"][0]["label"] == "3"
    assert list(numbered.columns) == ["a", "geometry", 7]
    deep = gpd.GeoDataFrame({("a", "b"): [1.0]}, geometry=[box(0, 0, 1, 1)], crs=4326)
    assert Map("x", lang="en").draw(deep).document()["layers"][0]["n"] == 1


@pytest.mark.parametrize("items", [[[1], [2]], [np.array([1, 2]), np.array([2])], [{"a": 1}, {}], [1 + 2j, 2.0]])
def test_odd_cells_are_read_in_popups(items):
    frame = zones([0, 0]).assign(a=pd.Series(items, dtype=object))
    assert Map("x", lang="en").draw(frame, popup=["a"]).document()["layers"][0]["popup"] == 1


@pytest.mark.parametrize(
    ("edges", "labels"),
    [
        ((0.0, 2e-9, 2.5e-9), ["0–2.0×10⁻⁹", "2.0×10⁻⁹–2.5×10⁻⁹"]),
        ((0.0, 2.5e16, 5e16), ["0–2.5×10¹⁶", "2.5×10¹⁶–5.0×10¹⁶"]),
        ((0.0, 9e14), ["0–900,000,000,000,000"]),
        ((1e-6, 3e-6), ["0.000001–0.000003"]),
    ],
)
def test_long_and_fine_figures_have_powers_of_ten(edges, labels):
    assert class_labels(Classes(edges), "own", "en")[0] == labels


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e100, 1e100) | st.just(np.nan), min_size=1, max_size=12)
    | st.lists(
        st.sampled_from([0.0, -0.0, 5e-324, 1e-310, 1e-12, 1e-7, 1e15, 1e16, 1e22, 1e99, np.inf]),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([scheme for scheme in SCHEMES if scheme != "fixed"]),
)
def test_any_numbers_make_a_legend_people_can_read(values, scheme):
    layer = shaded(zones(values), scheme=scheme)["layers"][0]
    assert sum(entry["count"] for entry in layer["legend"]) == len(values)
    assert all(len(entry["label"]) <= 60 for entry in layer["legend"])


def test_a_map_across_the_dateline_is_one_piece():
    """The Lau islands of Fiji: half of them west of 180 degrees."""
    split = [box(179, -17, 180, -16), box(-180, -17, -179, -16)]
    assert shaded(zones([1.0, 2.0], cells=split))["view"] == [179.0, -17.0, 181.0, -16.0]
    whole = Polygon([(179, -17), (-179, -17), (-179, -16), (179, -16)])
    assert shaded(zones([1.0], cells=[whole]))["view"] == [179.0, -17.0, 181.0, -16.0]
    metric = zones([1.0, 2.0], cells=split).to_crs("EPSG:3832")
    assert shaded(metric)["view"] == pytest.approx([179.0, -17.0, 181.0, -16.0], abs=1e-6)


@pytest.mark.parametrize(
    "cells",
    [
        [box(-10, 0, 10, 10)],
        [segmentize(box(-179, 0, 179, 10), 1)],
        [box(-170, 0, -10, 10), box(10, 0, 100, 10), box(110, 0, 170, 10)],
        [box(10, 0, 20, 10), box(150, 0, 160, 10)],
        # Wider than half the world, as their corners say.
        [box(-100, -40, 120, 60)],
        [box(-180, -85, 180, 85)],
        [box(-175, -60, 175, 80)],
        [box(-100, -40, 120, 60), box(-170, 0, -160, 10)],
        [MultiPolygon([box(-100, -40, 120, 60), box(130, 0, 140, 10)])],
    ],
)
def test_other_maps_stay_where_they_are(cells):
    frame = zones(np.arange(float(len(cells))), cells=cells)
    assert shaded(frame)["view"] == frame.total_bounds.tolist()


def test_an_area_across_the_dateline_in_a_plane_system_is_bent_wherever_it_ends():
    """From 150 degrees east to 165 west, which degrees alone would not tell from the other way around the world."""
    wide = zones([1.0], cells=[segmentize(box(150, 62, 195, 70), 1)]).to_crs("EPSG:3576")
    assert np.ptp(wide.to_crs(4326).total_bounds[[0, 2]]) > 350
    west, _, east, _ = shaded(wide)["view"]
    assert (west, east) == pytest.approx((150, 195), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-180, 179), st.floats(0.1, 200), st.floats(-60, 60)), min_size=1, max_size=6))
def test_parts_move_by_whole_turns_and_never_grow(places):
    """However boxes lie, each is where it was, give or take a turn, as wide as it was."""
    parts = [box(west, south, west + wide, south + 5) for west, wide, south in places if west + wide <= 180]
    if not parts:
        return
    frame = zones([1.0], cells=[MultiPolygon(parts)])
    moved = in_one_piece(Map("x", lang="en").shade(frame, "a").layers)[0].frame.geometry.iloc[0]
    before, after = (shapely.bounds(shapely.get_parts(one)) for one in (frame.geometry.iloc[0], moved))
    # Only a small part right at the meridian is read as crossing it.
    plain = ~((before[:, 0] < -160) & (before[:, 2] > 160))
    turns = (after - before)[plain][:, [0, 2]] / 360
    assert np.allclose(turns, np.rint(turns), atol=1e-9)
    assert np.allclose(turns[:, 0], turns[:, 1], atol=1e-9)
    assert np.allclose((after - before)[:, [1, 3]], 0)
    span = [np.ptp(each[:, [0, 2]]) for each in (before, after)]
    assert span[1] <= span[0] + 1e-9


METRIC = box(472_513, 3_841_326, 472_600, 3_841_400)
DEGREES = box(113.6, 34.6, 113.7, 34.7)


def swapped(shape):
    return shapely.transform(shape, lambda xy: xy[:, ::-1])


@pytest.mark.parametrize(
    ("shape", "crs", "code"),
    [
        (METRIC, 4326, "map_metres"),
        (METRIC, 4490, "map_metres"),
        (swapped(DEGREES), 4326, "map_swapped"),
        (swapped(DEGREES), 4490, "map_swapped"),
        (swapped(METRIC), 4547, "map_swapped_plane"),
        (DEGREES, 4547, "map_degrees"),
        (swapped(DEGREES), 4547, "map_degrees"),
        (DEGREES, 32649, "map_degrees"),
        (Point(400, 5), 4326, "map_metres"),
        (Point(np.inf, 5), 4326, "map_not_finite"),
    ],
)
def test_coordinates_that_cannot_be_there_are_refused_with_the_likely_cause(shape, crs, code):
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shape], crs=crs, index=["P-7"]).rename_axis("plot")
    with pytest.raises(MapError) as caught:
        Map("x", lang="en").draw(frame).document()
    (problem,) = caught.value.problems
    assert (problem.code, problem.layer, problem.rows) == (code, "plots", ("P-7",))
    assert "P-7" in caught.value.render("zh")


def test_only_the_rows_that_cannot_be_there_are_named():
    frame = gpd.GeoDataFrame({"a": range(3)}, geometry=[Point(113, 34), Point(34, 113), Point(114, 35)], crs=4326)
    with pytest.raises(MapError) as caught:
        Map("x", lang="en").draw(frame)
    assert caught.value.problems[0].rows == (1,)


@pytest.mark.parametrize(
    ("shape", "crs"),
    [
        (METRIC, 4547),
        (DEGREES, 4326),
        (Point(300, 5), 4326),
        (Point(-190, -5), 4326),
        (box(0, 0, 100, 100), 32650),
        (box(0, 0, 100, 100), 3857),
        # South of the equator in a system of the north, and a zone away.
        (box(500_000, -900_000, 500_100, -899_900), 32650),
        (box(50_000, 3_800_000, 50_100, 3_800_100), 32650),
    ],
)
def test_coordinates_that_may_be_there_are_taken(shape, crs):
    assert Map("x", lang="en").draw(gpd.GeoDataFrame({"a": [1]}, geometry=[shape], crs=crs)).document()["view"]


def test_what_lies_beyond_web_mercator_is_said():
    frame = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[box(0, 80, 10, 88), box(0, 80, 10, 85)], crs=4326)
    with pytest.warns(FringeWarning, match=r"row 0.*85\.05"):
        Map("x", lang="en").draw(frame).document()


@pytest.mark.browser
def test_both_sides_of_the_dateline_are_clicked(opened, tmp_path):
    split = [box(179, -17, 180, -16), box(-180, -17, -179, -16)]
    frame = zones([1.0, 2.0], cells=split).assign(name=["west", "east"])
    islands = gpd.GeoDataFrame({"name": ["isle"]}, geometry=[Point(-179.5, -16.2)], crs=4326).rename_axis("village")
    path = Map("x", lang="en").shade(frame, "a").draw(islands).save(tmp_path / "a.html")
    with opened(path) as shown:
        assert "west" in shown.click("layer-0", 0)
        shown.page.keyboard.press("Escape")
        shown.page.wait_for_selector(".fringe-popup", state="detached")
        assert "east" in shown.click("layer-0", 1)
        assert shown.run("() => fringe.map.getZoom()") > 6
        assert {label["text"].split("\n")[0] for label in shown.run("() => fringe.labels()")} == {
            "west",
            "east",
            "isle",
        }
        assert shown.complaints == []


def test_edges_of_labels_rise():
    labels = [entry["label"] for entry in shaded(zones([1e16, 2e16, 5e16]))["layers"][0]["legend"][:-1]]
    assert all(one.split("–")[1] == other.split("–")[0] for one, other in pairwise(labels))
