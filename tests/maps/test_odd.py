"""Odd frames and figures on maps: named and refused, or readable; never an error of Python's own."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, box, segmentize

from fringe.errors import MapError
from fringe.maps import Map
from fringe.maps.classes import SCHEMES, Classes
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
    ],
)
def test_other_maps_stay_where_they_are(cells):
    frame = zones(np.arange(float(len(cells))), cells=cells)
    assert shaded(frame)["view"] == frame.total_bounds.tolist()


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
