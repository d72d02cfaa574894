"""Layers against one another, by hand."""

from __future__ import annotations

import geopandas as gpd
from shapely import box
from tests.small_study import CRS, X, Y

from fringe.audit.doctor import examine


def test_a_sound_grid_has_nothing(grid):
    assert examine({"zones": grid}) == []


def test_overlap_says_how_much(grid):
    moved = grid.copy()
    moved.loc["NW", "geometry"] = box(X + 40, Y + 100, X + 140, Y + 200)
    found = examine({"zones": moved})
    assert [(item.rows, item.params["value"]) for item in found] == [(("NW", "NE"), "4,000")]


def test_touching_zones_do_not_overlap(grid):
    assert not [found for found in examine({"zones": grid}) if found.code == "zones_overlap"]


def test_rows_outside_are_counted_once(grid):
    plots = gpd.GeoDataFrame(
        {"status": ["kept", "kept", "kept"]},
        index=["in", "far", "farther"],
        geometry=[box(X, Y, X + 10, Y + 10), box(X - 90, Y, X - 80, Y + 10), box(X - 190, Y, X - 180, Y + 10)],
        crs=CRS,
    )
    (found,) = examine({"zones": grid, "plots": plots})
    assert (found.code, found.rows) == ("outside_zones", ("far", "farther"))


def test_no_zones_is_an_error(grid):
    assert [found.code for found in examine({"zones": grid.iloc[:0]})] == ["layer_empty"]
