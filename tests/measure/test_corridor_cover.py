"""How green belts are: by hand, against plain overlays, and by law."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box
from tests.measure.layers import X, Y, frame, geodesic_area, lattice_plots, lattice_shapes, tiles
from tests.measure.rails import rail, slow_figures, straight

import fringe as fr
from fringe.errors import FringeWarning, LayerError

COLUMNS = [
    "belt_m2",
    "green_m2",
    "green_share",
    "plantable_m2",
    "green_of_plantable_share",
    "plantable_m",
    "green_length_share",
]


def line(km=0.0):
    return rail([straight()], km=[km])


def plots(*shapes, **columns):
    return frame(shapes, index=[f"P{at}" for at in range(len(shapes))], name="plot", **columns)


def test_three_denominators_by_hand():
    # Left belt 1000 m x 50 m. A road of 20 m crosses at 400 m; green are 0..300 m wholly, 600 m on 20 m of 50 m.
    roads = frame([LineString([(X + 400, Y - 99), (X + 400, Y + 99)])], road_class=["primary"], width_m=[20.0])
    green = plots(box(X, Y, X + 300, Y + 50), box(X + 600, Y, X + 1000, Y + 20))
    table = fr.corridor_coverage(
        line(), green, None, width_m=50, sides="left", exclude={"roads": roads}, by="line", planar=True
    )
    assert table.columns.tolist() == COLUMNS
    found = table.loc["East"]
    assert found["belt_m2"] == pytest.approx(50_000)
    assert found["green_m2"] == pytest.approx(15_000 + 8_000)
    assert found["green_share"] == pytest.approx(0.46)
    assert found["plantable_m2"] == pytest.approx(49_000)
    assert found["green_of_plantable_share"] == pytest.approx(23 / 49)
    assert found["plantable_m"] == pytest.approx(1000)
    assert found["green_length_share"] == pytest.approx(0.3)


def test_a_step_counts_from_four_fifths_of_its_plantable_ground_on():
    # 39 m, 40 m and 41 m of 50 m; and 40 m of 45 m that are left beside a pond of 5 m.
    depths = [39.0, 40.0, 41.0, 40.0]
    green = plots(*[box(X + 100 * at, Y, X + 100 * at + 100, Y + deep) for at, deep in enumerate(depths)])
    pond = frame([box(X + 300, Y + 45, X + 400, Y + 50)])
    tracks = rail([straight(400)], km=[0])
    table = fr.corridor_coverage(tracks, green, width_m=50, sides="left", exclude=pond, planar=True)
    assert table.loc["East", "green_length_share"] == pytest.approx(0.75)
    half = fr.corridor_coverage(tracks, green, width_m=50, sides="left", min_share=0.82, planar=True)
    assert half.loc["East", "green_length_share"] == pytest.approx(0.25)


def test_ground_that_cannot_be_planted_is_no_length():
    pond = frame([box(X + 200, Y - 99, X + 700, Y + 99)])
    table = fr.corridor_coverage(line(), plots(), width_m=50, exclude=pond, by="side", planar=True)
    assert table["plantable_m"].tolist() == pytest.approx([500, 500])
    assert table["plantable_m2"].tolist() == pytest.approx([25_000, 25_000])
    everything = frame([box(X - 99, Y - 99, X + 2000, Y + 99)])
    table = fr.corridor_coverage(line(), plots(), width_m=50, exclude=everything, planar=True)
    assert table["plantable_m"].tolist() == [0]
    assert table[["green_of_plantable_share", "green_length_share"]].isna().all().all()
    assert table["green_share"].tolist() == [0]


def test_only_plots_that_count_are_green():
    shapes = [box(X + 100 * at, Y, X + 100 * at + 100, Y + 50) for at in range(6)]
    green = plots(*shapes, status=["planned", "under_way", "planted", "accepted", "kept", "lost"])
    table = fr.corridor_coverage(line(), green, width_m=50, sides="left", planar=True)
    assert table.loc["East", "green_share"] == pytest.approx(0.3)
    table = fr.corridor_coverage(line(), green, width_m=50, sides="left", statuses=["planned"], planar=True)
    assert table.loc["East", "green_share"] == pytest.approx(0.1)
    dated = green.drop(columns="status").assign(planted_on=["2020-03-01"] + [None] * 5)
    table = fr.corridor_coverage(line(), dated, width_m=50, sides="left", on="2020-03-02", planar=True)
    assert table.loc["East", "green_share"] == pytest.approx(0.1)


def test_plots_over_each_other_count_once():
    green = plots(box(X, Y, X + 100, Y + 50), box(X + 50, Y, X + 150, Y + 50), box(X, Y - 20, X + 100, Y + 60))
    table = fr.corridor_coverage(line(), green, width_m=50, by="side", planar=True)
    assert table["green_m2"].tolist() == pytest.approx([7500, 2000])


def test_belts_of_two_lines_share_ground_once_and_length_twice():
    # 40 m apart, belts of 50 m: A left 0..50, B right -10..40, shared 0..40.
    tracks = rail([straight(), straight(at=40)], line=["A", "B"], km=[0, 0])
    zones = frame([box(X - 10, Y - 200, X + 2000, Y + 200)], index=["Z"], name="zone")
    green = plots(box(X, Y, X + 500, Y + 20))
    table = fr.corridor_coverage(tracks, green, zones, width_m=50, planar=True)
    assert table.loc["Z", "belt_m2"] == pytest.approx(1000 * 140)
    assert table.loc["Z", "green_m2"] == pytest.approx(10_000)
    assert table.loc["Z", "plantable_m"] == pytest.approx(4000)
    with pytest.warns(FringeWarning, match="belts of A, B share more than 1%"):
        alone = fr.corridor_coverage(tracks, green, zones, width_m=50, by="line", planar=True)
    assert alone["belt_m2"].tolist() == pytest.approx([100_000, 100_000])
    with pytest.warns(FringeWarning, match="belts of A, B share more than 1%"):
        by_side = fr.corridor_coverage(tracks, green, zones, width_m=50, by="side", planar=True)
    # Left belts 0..50 and 40..90, right belts -50..0 and -10..40.
    assert by_side["belt_m2"].tolist() == pytest.approx([90_000, 90_000])


def test_rows_over_each_other_only_because_zones_are_do_not_warn():
    zones = frame([box(X - 10, Y - 200, X + 2000, Y + 200)] * 2, index=["Z", "again"], name="zone")
    table = fr.corridor_coverage(line(), plots(), zones, width_m=50, by="line", planar=True)
    assert table["belt_m2"].tolist() == pytest.approx([100_000, 100_000])


def test_zones_in_their_order_and_zones_without_a_belt():
    zones = frame(
        [box(X + 9000, Y, X + 9100, Y + 9), box(X + 600, Y - 99, X + 1100, Y + 99), box(X, Y - 99, X + 600, Y + 99)],
        index=["far", "east", "west"],
        name="zone",
    )
    table = fr.corridor_coverage(line(), plots(), zones, width_m=50, planar=True)
    assert table.index.equals(zones.index)
    assert table["belt_m2"].tolist() == pytest.approx([0, 40_000, 60_000])
    assert table["plantable_m"].tolist() == pytest.approx([0, 800, 1200])
    assert table["green_share"].isna().tolist() == [True, False, False]


def test_kinds_and_several_kinds():
    table = fr.corridor_coverage(line(12.95), plots(), width_m=50, by=("km", "side"), planar=True)
    assert table.index.tolist() == [(12, "left"), (13, "left"), (12, "right"), (13, "right")]
    assert table["belt_m2"].tolist() == pytest.approx([2500, 47_500] * 2)
    zones = tiles(2, 600)
    table = fr.corridor_coverage(line(), plots(), zones, width_m=50, by=("line", "side"), planar=True)
    assert table.index.names == ["zone", "line", "side"]
    assert len(table) == 8


def test_cropland_of_a_land_layer_is_excluded_and_the_rest_is_not():
    land = frame([box(X, Y, X + 500, Y + 50), box(X + 500, Y, X + 1000, Y + 50)], land_class=["0103", "0301"])
    table = fr.corridor_coverage(line(), plots(), width_m=50, sides="left", exclude={"cropland": land}, planar=True)
    assert table["plantable_m2"].tolist() == pytest.approx([25_000])
    table = fr.corridor_coverage(line(), plots(), width_m=50, sides="left", exclude={"land": land}, planar=True)
    assert table["plantable_m2"].tolist() == pytest.approx([0])


def test_a_road_without_width_is_as_wide_as_its_class_and_that_is_said():
    roads = frame([LineString([(X + 400, Y - 99), (X + 400, Y + 99)])], road_class=["primary"])
    with pytest.warns(FringeWarning, match="as wide as roads of its class"):
        table = fr.corridor_coverage(line(), plots(), width_m=50, sides="left", exclude={"roads": roads}, planar=True)
    assert table["plantable_m2"].tolist() == pytest.approx([50_000 - 18 * 50])
    with pytest.raises(LayerError, match="neither a width nor a road class"):
        fr.corridor_coverage(line(), plots(), width_m=50, exclude={"ditches": roads.drop(columns="road_class")})


def test_wrong_wishes_are_said_together():
    with pytest.raises(LayerError) as caught:
        fr.corridor_coverage(line(), plots(), width_m=0, by="township", min_share=80)
    assert sorted(found.code for found in caught.value.problems) == [
        "argument_unknown",
        "distance_not_positive",
        "share_unfit",
    ]


@settings(max_examples=30, deadline=None)
@given(green=lattice_plots(), ponds=lattice_shapes(most=3), bend=st.integers(-8, 8))
def test_as_plain_overlays_have_it(green, ponds, bend):
    tracks = rail([LineString([(X - 5, Y + 3), (X + 60, Y + 60 + bend), (X + 125, Y + 117)])], km=[0])
    zones = tiles(2, 60)
    counted = green[green["status"].isin(["planted", "accepted", "kept"])]
    table = fr.corridor_coverage(
        tracks, green, zones, width_m=25, offset_m=5, exclude=frame(ponds), step_m=20, planar=True
    )
    belts = fr.corridor(tracks, width_m=25, offset_m=5, planar=True)
    for zone, shape in zones.geometry.items():
        expected = slow_figures(belts.geometry, counted.geometry, shape, ponds)
        found = table.loc[zone, ["belt_m2", "green_m2", "plantable_m2"]].tolist()
        assert found == pytest.approx(expected[:3], abs=1e-6)
        share = table.loc[zone, "green_of_plantable_share"]
        assert (np.isnan(share) and expected[2] < 1e-6) or share * expected[2] == pytest.approx(expected[3], abs=1e-5)
    assert table["plantable_m"].sum() <= 2 * tracks.length.sum() + 1e-6


@settings(max_examples=20, deadline=None)
@given(green=lattice_plots(least=1))
def test_more_plots_never_green_less_and_order_changes_nothing(green):
    tracks = rail([straight(200, at=50, start=-20)], km=[0])

    def figures(some):
        return fr.corridor_coverage(tracks, some, width_m=30, planar=True).loc["East"]

    whole = figures(green)
    assert (figures(green.iloc[1:])["green_m2"] - whole["green_m2"]) < 1e-6
    assert figures(green.iloc[::-1])["green_m2"] == pytest.approx(whole["green_m2"])


def test_zones_that_tile_the_belt_add_up_to_it():
    tracks = rail([LineString([(X - 9, Y + 10), (X + 500, Y + 480), (X + 1300, Y + 700)])], km=[0])
    zones = tiles(5, 300)
    green = plots(*[box(X + 80 * at, Y + 70 * at, X + 80 * at + 60, Y + 70 * at + 60) for at in range(12)])
    whole = fr.corridor_coverage(tracks, green, width_m=50)
    parts = fr.corridor_coverage(tracks, green, zones, width_m=50)
    ground = zones.union_all()
    inside = [belt.intersection(ground) for belt in fr.corridor(tracks, width_m=50).geometry]
    assert parts["belt_m2"].sum() == pytest.approx(sum(geodesic_area(part, zones.crs) for part in inside), rel=1e-6)
    assert parts["green_m2"].sum() == pytest.approx(whole["green_m2"].sum(), rel=1e-9)


def test_inputs_are_not_written_to():
    tracks, green = line(), plots(box(X, Y, X + 9, Y + 9), status=["planted"])
    zones = tiles(2, 600)
    before = [some.copy(deep=True) for some in (tracks, green, zones)]
    fr.corridor_coverage(tracks, green, zones, width_m=50, exclude=green)
    for now, then in zip((tracks, green, zones), before, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(now), pd.DataFrame(then))
        assert isinstance(now, gpd.GeoDataFrame)
        assert not shapely.is_prepared(now.geometry.array).any()
