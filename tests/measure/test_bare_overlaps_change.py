"""Bare ground, pairs that overlap, and two tables compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from shapely import box
from tests.measure.layers import X, Y, frame, lattice_plots, lattice_shapes, tiles

from fringe.errors import FringeWarning, LayerError
from fringe.measure.bare import uncovered
from fringe.measure.change import change
from fringe.measure.coverage import coverage
from fringe.measure.overlaps import overlaps

modest = settings(max_examples=25, deadline=None)
TILING = tiles(3, 40)


def at(x0, y0, x1, y1):
    return box(X + x0, Y + y0, X + x1, Y + y1)


def test_bare_pieces_by_size(grid):
    plots = frame([at(20, 0, 30, 100), at(100, 0, 200, 100)])
    bare = uncovered(plots, grid, planar=True)
    # SW is cut in two, SE is full, the northern zones are untouched.
    assert bare[["zone", "area_m2"]].to_numpy().tolist() == [["NW", 10_000], ["NE", 10_000], ["SW", 7000], ["SW", 2000]]
    assert bare.crs == grid.crs
    assert uncovered(plots, grid, min_m2=5000, planar=True)["zone"].tolist() == ["NW", "NE", "SW"]


def test_bare_is_what_counting_plots_leave(grid):
    plots = frame([at(0, 0, 100, 100)], status=["planned"])
    assert uncovered(plots, grid)["zone"].tolist() == list(grid.index)
    assert uncovered(plots, grid, statuses=["planned"])["zone"].tolist() == ["NW", "NE", "SE"]


@modest
@given(plots=lattice_plots(), zones=lattice_shapes(least=1, most=3))
def test_bare_and_covered_make_the_zone(plots, zones):
    zones = frame(zones)
    table, bare = coverage(plots, zones), uncovered(plots, zones)
    left = bare.groupby("zone")["area_m2"].sum().reindex(zones.index, fill_value=0.0)
    np.testing.assert_allclose(left, table["zone_m2"] - table["covered_m2"], rtol=1e-9, atol=1e-5)
    counted = shapely.union_all(plots.geometry.array[plots["status"].isin(["planted", "accepted", "kept"])])
    assert shapely.area(shapely.intersection(bare.geometry.array, counted)).sum() < 1e-6
    assert bare.groupby("zone")["area_m2"].apply(lambda areas: areas.is_monotonic_decreasing).all()


def test_overlaps_by_hand():
    plots = frame([at(0, 0, 20, 10), at(15, 0, 30, 10), at(30, 0, 40, 10), at(0, 0, 40, 1)], index=list("abcd"))
    pairs = overlaps(plots, planar=True)
    found = {(row.plot, row.other_plot): row.overlap_m2 for row in pairs.itertuples()}
    assert found == {("a", "b"): 50, ("a", "d"): 20, ("b", "d"): 15, ("c", "d"): 10}
    assert pairs["overlap_m2"].is_monotonic_decreasing
    assert pairs.geometry.area.tolist() == pairs["overlap_m2"].tolist()


def test_touching_at_a_point_or_along_a_border_is_no_overlap():
    assert overlaps(tiles(3, 10)).empty
    assert overlaps(frame([])).empty


@modest
@given(shapes=lattice_shapes())
def test_overlaps_agree_with_all_pairs(shapes):
    expected = {}
    for first, one in enumerate(shapes):
        for second in range(first + 1, len(shapes)):
            area = one.intersection(shapes[second]).area
            if area > 0:
                expected[first, second] = area
    pairs = overlaps(frame(shapes), planar=True)
    found = {(row.plot, row.other_plot): row.overlap_m2 for row in pairs.itertuples()}
    assert found == pytest.approx(expected)


def test_overlaps_refuse_duplicate_ids():
    with pytest.raises(LayerError, match="'a' occurs 2 times"):
        overlaps(frame([at(0, 0, 1, 1)] * 2, index=["a", "a"]))


def test_change_of_two_coverages(grid):
    before = coverage(frame([at(0, 0, 50, 100)]), grid, planar=True)
    after = coverage(frame([at(0, 0, 80, 100), at(100, 100, 200, 200)]), grid, planar=True)
    table = change(before, after)
    assert table.index.equals(grid.index)
    assert table["covered_m2_change"].to_dict() == {"NW": 0, "NE": 10_000, "SW": 3000, "SE": 0}
    assert list(table.columns[:3]) == ["zone_m2_before", "zone_m2_after", "zone_m2_change"]
    assert table["n_plots_change"].to_dict() == {"NW": 0, "NE": 1, "SW": 0, "SE": 0}


def test_change_says_what_is_in_one_table_only():
    before = pd.DataFrame({"covered_m2": [1.0, 2.0]}, index=pd.Index(["a", "b"], name="zone"))
    after = pd.DataFrame({"covered_m2": [5.0, 7.0], "net_m2": [1.0, 1.0]}, index=pd.Index(["c", "b"], name="zone"))
    with pytest.warns(FringeWarning) as said:
        table = change(before, after)
    texts = [str(one.message) for one in said]
    assert len(texts) == 2
    assert any("row a" in text for text in texts)
    assert any("row c" in text for text in texts)
    assert table.index.tolist() == ["a", "b", "c"]
    assert table.loc["b", "covered_m2_change"] == 5.0
    assert table["covered_m2_change"].isna().tolist() == [True, False, True]
    assert "net_m2_change" not in table
    assert table.loc["b", "net_m2_after"] == 1.0


def test_change_keeps_words_side_by_side_without_a_difference(grid):
    before = grid.assign(status="behind")
    table = change(before, grid.assign(status="on_track"))
    assert table["status_before"].tolist() == ["behind"] * 4
    assert "status_change" not in table
    assert not any(name.startswith("geometry") for name in table)


def test_change_refuses_what_cannot_be_compared(grid):
    plots = frame([at(0, 0, 1, 1)], kind=["a"])
    with pytest.raises(LayerError, match="indexed differently"):
        change(coverage(plots, grid), coverage(plots, grid, by="kind"))
    with pytest.raises(LayerError, match="a list was given"):
        change([1], coverage(plots, grid))
    twice = pd.DataFrame({"a": [1, 2]}, index=["x", "x"])
    with pytest.raises(LayerError, match="'x' occurs 2 times"):
        change(twice, twice)
