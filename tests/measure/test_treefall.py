"""Falling trees: the formula's golden numbers, its inverse, and plots beside a track."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, box
from tests.measure.layers import X, Y, frame
from tests.measure.rails import rail, straight

import fringe as fr
from fringe.errors import FringeError, FringeWarning


@pytest.mark.parametrize(("height", "rise", "reach"), [(25, 0, 25.0), (25, 10, 22.91), (25, 24, 7.0), (25, -4, 25.0)])
def test_reach(height, rise, reach):
    assert float(fr.fall_reach(height, rise)) == pytest.approx(reach, abs=0.005)


def test_hebei():
    assert float(fr.allowed_height(25, rule="hebei")) == pytest.approx(21.9)
    assert float(fr.allowed_height(2, rule="hebei")) == 0


@given(st.floats(0, 100), st.floats(-20, 40), st.floats(0, 10), st.floats(0.1, 60))
def test_height_and_distance_say_the_same(distance, rise, margin, height):
    reach = float(fr.fall_reach(height, rise))
    allowed = float(fr.allowed_height(distance, rise, margin_m=margin))
    if abs(distance - margin - reach) > 1e-6 and distance > margin:
        assert (distance > reach + margin) == (height < allowed)


def plots(heights, at, **columns):
    shapes = [box(X + 50 * n, Y + far, X + 50 * n + 40, Y + far + 30) for n, far in enumerate(at)]
    return frame(shapes, index=[f"P{n}" for n in range(len(shapes))], name="plot", height_m=heights, **columns)


def test_plots_beside_an_estimated_edge():
    table = fr.check_planting(plots([25, 25, 10], [31.7, 31.9, 12]), rail([straight()]), planar=True)
    assert table["distance_m"].tolist() == pytest.approx([24.9, 25.1, 5.2])
    assert table["safe"].tolist() == [False, True, False]
    assert table["approximate"].all()


def test_rails_on_a_bank_shorten_the_reach():
    table = fr.check_planting(plots([25, 25], [30, 30], rise_m=[0, 10]), rail([straight()]), planar=True)
    assert table["reach_m"].tolist() == pytest.approx([25, np.sqrt(525)])
    assert table["safe"].tolist() == [False, True]


def test_a_base_line_that_is_told():
    bank = frame([box(X - 9, Y - 12, X + 1009, Y + 12)])
    table = fr.check_planting(plots([17.9, 18.1], [30, 30]), rail([straight()]), base=bank, planar=True)
    assert table["distance_m"].tolist() == pytest.approx([18, 18])
    assert table["safe"].tolist() == [True, False]
    assert not table["approximate"].any()


def test_hebei_measures_from_the_centre_line():
    table = fr.check_planting(plots([21.9, 22.0], [25, 25]), rail([straight()]), rule="hebei", planar=True)
    assert table["safe"].tolist() == [True, False]
    assert table["reach_m"].isna().all()


def test_no_rule_forbids_nothing():
    assert fr.check_planting(plots([99.0], [0]), rail([straight()]), rule="none")["safe"].tolist() == [True]


def test_heights_that_are_missing():
    with pytest.warns(FringeWarning, match="row P0.*not tested"):
        table = fr.check_planting(plots([None, 3.0], [20, 20]), rail([straight()]), planar=True)
    assert table["safe"].isna().tolist() == [True, False]
    table = fr.check_planting(plots([None, 3.0], [20, 20]), rail([straight()]), height_m=15, planar=True)
    assert table["safe"].tolist() == [False, True]


def test_single_trees_and_disused_tracks():
    tree = frame([Point(X + 10, Y + 20)], index=["T"], height_m=[15.0])
    tracks = rail([straight(at=-100), straight()], state=["in_use", "disused"])
    assert fr.check_planting(tree, tracks, planar=True)["distance_m"].tolist() == pytest.approx([113.2])
    with pytest.raises(FringeError, match="every track is disused"):
        fr.check_planting(tree, tracks.assign(state="disused"))


def test_distances_are_true_metres():
    tracks = gpd.GeoDataFrame(geometry=[straight()], crs="EPSG:32650")
    tree = gpd.GeoDataFrame({"height_m": [1.0]}, geometry=[Point(X + 10, Y + 1000)], crs="EPSG:32650")
    assert fr.check_planting(tree, tracks)["distance_m"].tolist() == pytest.approx([1000 / 0.9996 - 6.8], rel=1e-6)


def test_an_unknown_rule_is_refused():
    with pytest.raises(FringeError, match=r"rule cannot be 'fal'.*fall"):
        fr.check_planting(plots([1.0], [0]), rail([straight()]), rule="fal")
    with pytest.raises(FringeError):
        fr.allowed_height(3, rule="x")


def test_no_plots_give_no_rows():
    table = fr.check_planting(plots([], []), rail([straight()]))
    assert len(table) == 0
    assert isinstance(table, pd.DataFrame)
