"""Service areas: discs and squares by hand, parks by size, land and people; both ways of measuring compared."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box
from tests.measure.layers import X, Y, frame, geodesic_area, tiles

from fringe.errors import CRSError, FringeWarning, LayerError
from fringe.measure.ellipsoid import Areas
from fringe.measure.served import ARC_PARTS, Things, served_areas
from fringe.measure.service import service_area

modest = settings(max_examples=20, deadline=None)
# A polygon of 4n corners on a circle, over the circle.
CHORDED = math.sin(math.pi / 2 / ARC_PARTS) / (math.pi / 2 / ARC_PARTS)


def square(x, y, side):
    return box(X + x, Y + y, X + x + side, Y + y + side)


def town(side=4000):
    return frame([square(-side / 2, -side / 2, side)], index=["town"], name="zone")


def slow_served(zones, parks, radius):
    reaches = shapely.union_all([park.buffer(radius, quad_segs=ARC_PARTS) for park in parks])
    return [zone.intersection(reaches).area for zone in zones]


def test_one_square_park_by_hand():
    # 100 m by 100 m, 300 m around: the square, four strips, four quarters of a disc; less what chords leave out.
    table = service_area(frame([square(0, 0, 100)]), town(), radius_m=300)
    by_hand = 100**2 + 4 * 100 * 300 + math.pi * 300**2
    assert table.loc["town", "served_m2"] == pytest.approx(by_hand, rel=1e-3)
    assert table.loc["town", "served_m2"] == pytest.approx(by_hand - math.pi * 300**2 * (1 - CHORDED), rel=1e-6)
    assert table.loc["town", "served_share"] == pytest.approx(table.loc["town", "served_m2"] / 4000**2, rel=1e-6)


def test_the_radius_goes_by_size():
    # 2 000 m2 and 5 000 m2 are within the greater class; 1 999 m2 serve nothing.
    parks = frame([box(X, Y, X + 100, Y + wide) for wide in (19.99, 20, 49.99, 50)], index=list("abcd"))
    for name, radius in (("b", 300), ("c", 300), ("d", 500)):
        one = parks.loc[[name]]
        wide = one.geometry.iloc[0].bounds[3] - Y
        by_hand = 100 * wide + 2 * (100 + wide) * radius + math.pi * radius**2 * CHORDED
        assert service_area(one, town()).loc["town", "served_m2"] == pytest.approx(by_hand, rel=1e-6)
    with pytest.warns(FringeWarning, match="row a: 1 parks are under 2,000"):
        assert service_area(parks.loc[["a"]], town()).loc["town", "served_m2"] == 0
    with pytest.warns(FringeWarning, match="row a"):
        both = service_area(parks.loc[["a", "d"]], town())
    pd.testing.assert_frame_equal(both, service_area(parks.loc[["d"]], town()))


def test_parks_outside_serve_and_ground_counts_once(grid):
    outside = frame([square(-50, 0, 10)], index=["P"])
    alone = service_area(outside, grid, radius_m=60)["served_m2"]
    # It ends 40 m west of the zones and reaches 20 m into the two western ones, into the upper by a corner.
    assert alone["SE"] == alone["NE"] == 0
    assert alone["SW"] > 200
    twice = pd.concat([outside, outside.set_axis(["Q"])])
    np.testing.assert_allclose(service_area(twice, grid, radius_m=60)["served_m2"], alone)


def test_only_parks_that_count_serve():
    status, kinds = ["planned", "planted", "planted"], ["G1", "G2", None]
    parks = frame([square(0, 0, 100)] * 3, index=["a", "b", "c"], status=status, green_class=kinds)
    with pytest.warns(FringeWarning, match="row c"):
        assert service_area(parks, town())["served_m2"].tolist() == [0]
    assert service_area(parks, town(), statuses=["planned"])["served_m2"].iloc[0] > 0
    dated = parks.assign(planted_on=pd.to_datetime(["2020-01-01", None, None]), status="planted", green_class="G1")
    with pytest.warns(FringeWarning, match="on a given day"):
        assert service_area(dated, town(), on="2019-12-31")["served_m2"].tolist() == [0]
    with pytest.warns(FringeWarning, match="on a given day"):
        assert service_area(dated, town(), on="2020-01-01")["served_m2"].iloc[0] > 0


def test_residential_land_is_the_denominator():
    # Two parcels of homes, one of them wholly served, one not at all, and a factory that does not count.
    land = frame(
        [square(0, 0, 100), square(1500, 0, 100), square(0, 200, 500), square(50, 0, 100)],
        land_class=["0702", "0701", "0601", "住宅用地"],
    )
    table = service_area(frame([square(0, 0, 80)]), town(), land=land)
    # The first and the last parcel overlap by half: 100 x 150 m are served.
    assert table.loc["town", ["land_m2", "served_land_m2", "served_land_share"]].tolist() == pytest.approx(
        [25_000, 15_000, 0.6], rel=1e-6
    )
    none = service_area(frame([square(0, 0, 80)]), town(), land=land.iloc[[2]])
    assert np.isnan(none.loc["town", "served_land_share"])


def test_people_of_points_and_areas(grid):
    # The park in the south-west serves 40 m around; a village on the border of two zones is half of each.
    parks = frame([square(0, 0, 20)])
    homes = frame(
        [Point(X + 50, Y + 10), Point(X + 90, Y + 90), Point(X + 100, Y + 50), box(X + 100, Y, X + 120, Y + 10)],
        population=[100, 50, 30, 40],
    )
    table = service_area(parks, grid, radius_m=40, residents=homes)
    assert table.loc["SW", ["population", "served_population"]].tolist() == [165, 100]
    assert table.loc["SE", ["population", "served_population"]].tolist() == [55, 0]
    assert table.loc["SW", "served_population_share"] == pytest.approx(100 / 165)
    assert np.isnan(table.loc["NW", "served_population_share"])
    half = frame([box(X + 40, Y, X + 80, Y + 10)], population=[80])
    # Of 40 m by 10 m the park's 40 m reach up to X + 60: half of them.
    table = service_area(parks, grid, radius_m=40, residents=half)
    assert table.loc["SW", "served_population"] == pytest.approx(40, abs=1e-6)
    with pytest.warns(FringeWarning, match="row 1.*nobody"):
        service_area(parks, grid, radius_m=40, residents=homes.assign(population=[1, None, 1, 1]))
    with pytest.raises(LayerError, match="population"):
        service_area(parks, grid, radius_m=40, residents=homes.drop(columns="population"))


def test_the_radius_is_metres_of_the_ground():
    # 3 degrees from the meridian of UTM the plane is off; the disc of 1 km has its true area on the ellipsoid.
    zone = frame([box(770_000, 3_830_000, 780_000, 3_840_000)], crs="EPSG:32650")
    well = frame([Point(775_000, 3_835_000)], crs="EPSG:32650")
    found = service_area(well, zone, radius_m=1000)["served_m2"].iloc[0]
    assert found == pytest.approx(math.pi * 1e6 * CHORDED, rel=1e-6)
    plane = geodesic_area(well.geometry.iloc[0].buffer(1000, quad_segs=ARC_PARTS), "EPSG:32650")
    assert abs(plane / found - 1) > 1e-4


def test_bad_input_is_named(grid):
    for wrong in (0, -300, float("nan"), float("inf")):
        with pytest.raises(LayerError, match="radius_m"):
            service_area(frame([square(0, 0, 100)]), grid, radius_m=wrong)
    with pytest.raises(CRSError, match="ESRI:54034"):
        service_area(frame([square(0, 0, 100)]).to_crs("ESRI:54034"), grid.to_crs("ESRI:54034"), radius_m=100)
    assert service_area(frame([]), grid)["served_share"].tolist() == [0] * 4


@st.composite
def park_shapes(draw):
    n = draw(st.integers(1, 40))
    xy = draw(st.lists(st.tuples(st.integers(-20, 80), st.integers(-20, 80)), min_size=n, max_size=n))
    side = draw(st.integers(1, 12))
    return [square(x, y, side) for x, y in xy]


@modest
@given(parks=park_shapes(), radius=st.sampled_from([12.0, 20.0, 35.0]))
def test_cells_drawn_reaches_and_a_slow_union_agree(parks, radius):
    zones = tiles(3, 20)
    shapes = np.array(zones.geometry.array, dtype=object)
    things = Things(np.array(parks, dtype=object), np.full(len(parks), radius))
    slow = slow_served(zones.geometry, parks, radius)
    for cells in (True, False):
        np.testing.assert_allclose(served_areas(shapes, things, Areas(), cells=cells), slow, atol=1e-6)


@modest
@given(parks=park_shapes())
def test_laws(parks):
    zones = tiles(3, 20)
    layer = frame(parks)
    table = service_area(layer, zones, radius_m=10)
    assert table["served_share"].between(0, 1).all()
    pd.testing.assert_frame_equal(service_area(layer.iloc[::-1], zones, radius_m=10), table, rtol=1e-9, atol=1e-6)
    wider = service_area(layer, zones, radius_m=12)["served_m2"]
    assert (wider >= table["served_m2"] - 1e-6).all()
    whole = service_area(layer, zones.assign(all="all"), radius_m=10, per="all")["served_m2"]
    assert whole.iloc[0] == pytest.approx(table["served_m2"].sum(), abs=1e-5)


def test_two_radii_by_cells_and_by_drawing():
    rng = np.random.default_rng(3)
    xy = rng.uniform(0, 5000, (90, 2))
    parks = np.array([square(x, y, rng.uniform(20, 120)) for x, y in xy], dtype=object)
    things = Things(parks, np.where(shapely.area(parks) > 5000, 500.0, 300.0))
    zones = np.array(tiles(4, 1200).geometry.array, dtype=object)
    by_cells, drawn = (served_areas(zones, things, Areas(), cells=cells) for cells in (True, False))
    np.testing.assert_allclose(by_cells, drawn, atol=1e-6)
    assert by_cells.min() < shapely.area(zones).max() < by_cells.max() * 1.0001


def test_inputs_are_not_written_to(grid):
    parks = frame([square(0, 0, 100)], status=["kept"])
    before = parks.copy(), grid.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        service_area(parks, grid)
    pd.testing.assert_frame_equal(parks, before[0])
    pd.testing.assert_frame_equal(grid, before[1])
