"""GCJ-02 and BD-09: golden numbers, laws, any geometry, and telling which one a layer holds."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from fringe.errors import CRSError, DatumError
from fringe.model.datum import (
    DATUMS,
    bd09_to_gcj02,
    bd09_to_wgs84,
    detect_datum,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

HERE = (113.70, 34.68)
HERE_GCJ = (113.70615318957913, 34.678880692182716)
HERE_BD = (113.7127507522858, 34.68455678330113)
GEOD = pyproj.Geod(ellps="WGS84")
# A km and more inside the box, so that the shifted place is inside it too.
LON = st.floats(72.05, 137.80)
LAT = st.floats(0.85, 55.80)
ROUND_TRIPS = [
    (wgs84_to_gcj02, gcj02_to_wgs84),
    (gcj02_to_wgs84, wgs84_to_gcj02),
    (gcj02_to_bd09, bd09_to_gcj02),
    (bd09_to_gcj02, gcj02_to_bd09),
    (wgs84_to_bd09, bd09_to_wgs84),
    (bd09_to_wgs84, wgs84_to_bd09),
]


def slow_gcj(lon, lat):
    """The published formula, term by term, in plain Python."""
    x, y = lon - 105, lat - 35
    sin, pi = math.sin, math.pi
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    for term in (20 * sin(6 * x * pi), 20 * sin(2 * x * pi)):
        north += term * 2 / 3
        east += term * 2 / 3
    for term in (20 * sin(y * pi), 40 * sin(y / 3 * pi), 160 * sin(y / 12 * pi), 320 * sin(y * pi / 30)):
        north += term * 2 / 3
    for term in (20 * sin(x * pi), 40 * sin(x / 3 * pi), 150 * sin(x / 12 * pi), 300 * sin(x / 30 * pi)):
        east += term * 2 / 3
    a, ee = 6378245.0, 0.00669342162296594323
    phi = lat / 180 * pi
    magic = 1 - ee * sin(phi) * sin(phi)
    root = math.sqrt(magic)
    return (
        lon + east * 180 / (a / root * math.cos(phi) * pi),
        lat + north * 180 / (a * (1 - ee) / (magic * root) * pi),
    )


def test_golden_numbers():
    assert np.allclose(wgs84_to_gcj02(*HERE), HERE_GCJ, rtol=0, atol=1e-12)
    assert np.allclose(wgs84_to_bd09(*HERE), HERE_BD, rtol=0, atol=1e-12)
    assert np.allclose(gcj02_to_bd09(*HERE_GCJ), HERE_BD, rtol=0, atol=1e-12)
    azimuth, _, metres = GEOD.inv(*HERE, *HERE_GCJ)
    assert (round(metres, 2), round(azimuth, 1)) == (577.40, 102.4)
    assert round(GEOD.inv(*HERE, *HERE_BD)[2], 2) == 1273.13


def test_the_shift_is_never_a_fixed_offset():
    lon, lat = (axis.ravel() for axis in np.meshgrid(np.linspace(113.2, 114.2, 101), np.linspace(34.4, 35.0, 61)))
    metres = GEOD.inv(lon, lat, *wgs84_to_gcj02(lon, lat))[2]
    assert 545.4 <= metres.min() <= 545.6
    assert 610.3 <= metres.max() <= 610.5


@settings(max_examples=100)
@given(lon=LON, lat=LAT)
def test_as_the_published_formula(lon, lat):
    assert np.allclose(wgs84_to_gcj02(lon, lat), slow_gcj(lon, lat), rtol=0, atol=1e-11)


@pytest.mark.parametrize(("there", "back"), ROUND_TRIPS)
@settings(max_examples=60)
@given(lon=LON, lat=LAT)
def test_there_and_back(there, back, lon, lat):
    assert np.allclose(back(*there(lon, lat)), (lon, lat), rtol=0, atol=1e-9)


@pytest.mark.parametrize("shift", [pair[0] for pair in ROUND_TRIPS])
@pytest.mark.parametrize(
    "place", [(-0.13, 51.5), (72.0, 35.0), (137.84, 35.0), (100.0, 0.8), (100.0, 55.9), (8.0, 46.0)]
)
def test_nothing_moves_outside_the_box(shift, place):
    assert tuple(float(value) for value in shift(*place)) == place


@pytest.mark.parametrize("shift", [pair[0] for pair in ROUND_TRIPS])
def test_a_place_does_not_depend_on_the_others(shift):
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(70, 140, (5, 40)), rng.uniform(0, 57, (5, 40))
    together = shift(lon, lat)
    assert together[0].shape == (5, 40)
    alone = shift(lon[2, 3], lat[2, 3])
    assert (float(alone[0]), float(alone[1])) == (together[0][2, 3], together[1][2, 3])
    assert np.isnan(shift(np.nan, 30.0)[0])


SHAPES = [
    Point(113.7, 34.6),
    Point(113.7, 34.6, 105.5),
    LineString([(113.7, 34.6, 1), (113.8, 34.7, 2)]),
    box(113.6, 34.6, 113.7, 34.7),
    Polygon([(113.6, 34.6), (113.9, 34.6), (113.9, 34.9)], [[(113.7, 34.65), (113.8, 34.65), (113.8, 34.7)]]),
    MultiPolygon([box(113.6, 34.6, 113.7, 34.7), box(8.0, 46.0, 8.1, 46.1)]),
    GeometryCollection([Point(113.7, 34.6), GeometryCollection([LineString([(113.7, 34.6), (113.8, 34.7)])])]),
    Polygon(),
    None,
]


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_any_geometry_goes_and_comes_back(datum):
    layer = gpd.GeoDataFrame({"name": range(len(SHAPES))}, geometry=SHAPES, crs="EPSG:4326").rename_axis("thing")
    before = layer.copy(deep=True)
    moved = from_wgs84(layer, datum=datum)
    assert moved.geometry.iloc[0].distance(SHAPES[0]) > 0.005
    assert next(iter(moved.geometry.iloc[1].coords))[2] == 105.5
    assert shapely.get_type_id(np.asarray(moved.geometry)).tolist() == shapely.get_type_id(SHAPES).tolist()
    assert shapely.has_z(np.asarray(moved.geometry)).tolist() == shapely.has_z(SHAPES).tolist()
    # The part in Europe stays.
    assert moved.geometry.iloc[5].geoms[1].equals_exact(SHAPES[5].geoms[1], 0)
    back = to_wgs84(moved, datum=datum)
    assert back.index.equals(layer.index)
    assert back["name"].equals(layer["name"])
    assert all(shapely.equals_exact(np.asarray(back.geometry)[:-1], SHAPES[:-1], 1e-9))
    assert back.geometry.iloc[-1] is None
    pd.testing.assert_frame_equal(pd.DataFrame(layer), pd.DataFrame(before))


def test_a_series_of_geometry_and_a_column_of_another_name():
    series = gpd.GeoSeries([Point(*HERE_GCJ)], index=["a"], crs="EPSG:4326", name="where")
    moved = to_wgs84(series, datum="gcj02")
    assert moved.name == "where"
    assert moved.index.tolist() == ["a"]
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[Point(*HERE_GCJ)], crs="EPSG:4326").rename_geometry("shape")
    moved = to_wgs84(frame, datum="gcj02")
    assert moved.active_geometry_name == "shape"
    assert moved.columns.tolist() == ["n", "shape"]


@pytest.mark.parametrize("label", ["EPSG:4326", "EPSG:4490", "OGC:CRS84"])
def test_degrees_come_back_as_wgs84(label):
    moved = to_wgs84(gpd.GeoDataFrame(geometry=[Point(*HERE_GCJ)], crs=label), datum="GCJ-02")
    assert moved.crs.to_epsg() == 4326
    assert np.allclose(moved.get_coordinates().to_numpy(), [HERE], rtol=0, atol=1e-9)


@pytest.mark.parametrize("code", [4547, 3857, 32649])
def test_projected_layers_stay_in_their_crs(code):
    shifted = gpd.GeoDataFrame(geometry=[Point(*HERE_GCJ)], crs=pyproj.CRS.from_epsg(code).geodetic_crs).to_crs(code)
    true = gpd.GeoDataFrame(geometry=[Point(*HERE)], crs=pyproj.CRS.from_epsg(code).geodetic_crs).to_crs(code)
    moved = to_wgs84(shifted, datum="gcj02")
    assert moved.crs.to_epsg() == code
    assert np.allclose(moved.get_coordinates(), true.get_coordinates(), rtol=0, atol=1e-3)
    again = from_wgs84(moved, datum="gcj02")
    assert np.allclose(again.get_coordinates(), shifted.get_coordinates(), rtol=0, atol=1e-3)


def test_wgs84_moves_nothing():
    layer = gpd.GeoDataFrame(geometry=[Point(*HERE)], crs="EPSG:4326")
    assert to_wgs84(layer, datum="wgs84").geometry.iloc[0].equals(Point(*HERE))


@pytest.mark.parametrize("shift", [to_wgs84, from_wgs84])
def test_refusals(shift):
    layer = gpd.GeoDataFrame(geometry=[Point(*HERE)], crs="EPSG:4326")
    with pytest.raises(DatumError, match=r"'mars'.*wgs84, gcj02, bd09"):
        shift(layer, datum="mars")
    with pytest.raises(DatumError, match="None"):
        shift(layer, datum=None)
    with pytest.raises(CRSError, match="no coordinate system"):
        shift(gpd.GeoDataFrame(geometry=[Point(*HERE)]), datum="gcj02")
    with pytest.raises(DatumError, match="Xian 1980"):
        shift(layer.set_crs("EPSG:2383", allow_override=True), datum="gcj02")
    with pytest.raises(DatumError, match="no geometry"):
        shift(gpd.GeoDataFrame({"n": [1]}), datum="gcj02")


def blocks(n=60, *, seed=3):
    """Plots strewn over 6 km, as polygons in a plane near Zhengzhou."""
    rng = np.random.default_rng(seed)
    x, y = 4.70e5 + rng.uniform(0, 6000, n), 3.836e6 + rng.uniform(0, 6000, n)
    wide, high = rng.uniform(40, 200, (2, n))
    shapes = shapely.box(x, y, x + wide, y + high)
    return gpd.GeoDataFrame({"name": [f"地块{at}" for at in range(n)]}, geometry=shapes, crs="EPSG:4547")


def shaken(layer, metres, seed=5):
    """Each object moved by some metres of its own, as two surveys differ."""
    rng = np.random.default_rng(seed)
    moves = rng.normal(0, metres, (len(layer), 2))
    moved = [
        shapely.transform(shape, lambda xy, by=by: xy + by) for shape, by in zip(layer.geometry, moves, strict=True)
    ]
    return layer.set_geometry(gpd.GeoSeries(moved, index=layer.index, crs=layer.crs))


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("named", [True, False])
def test_detected_with_and_without_names(datum, named):
    true = blocks()
    held = from_wgs84(shaken(true, 5).to_crs(4326), datum=datum)
    guess = detect_datum(held if named else held.drop(columns="name"), true)
    assert guess.datum == datum
    assert not guess.undecided
    assert set(guess.residual_m) == set(DATUMS)
    assert guess.residual_m[datum] < 15
    assert min(metres for other, metres in guess.residual_m.items() if other != datum) > 2 * guess.residual_m[datum]
    assert guess.matched == ("60 names" if named else "outlines")
    assert datum in repr(guess)


def test_residual_by_names_is_the_shift_itself():
    true = gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(*HERE)], crs="EPSG:4326")
    guess = detect_datum(from_wgs84(true, datum="gcj02"), true)
    assert guess.residual_m["wgs84"] == pytest.approx(577.40, abs=0.05)
    assert guess.residual_m["gcj02"] == pytest.approx(0, abs=1e-3)


def test_ids_in_another_order_with_other_rows_and_vertices():
    true = blocks().set_index("name").rename_axis("plot")
    denser = true.segmentize(7.0)
    held = from_wgs84(gpd.GeoDataFrame(geometry=denser, crs=true.crs).to_crs(4326), datum="bd09").iloc[::-1].iloc[:40]
    guess = detect_datum(held, true)
    assert (guess.datum, guess.matched) == ("bd09", "40 ids")


def test_polygons_against_outlines_and_one_border_against_all_plots():
    true = blocks()
    held = from_wgs84(true.drop(columns="name").to_crs(4326), datum="gcj02")
    outlines = gpd.GeoDataFrame(geometry=true.boundary, crs=true.crs)
    assert detect_datum(held, outlines).datum == "gcj02"
    # The common border of a block of plots, held against plots that fill it: only the reference's side tells.
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(12), np.arange(9)))
    field = gpd.GeoDataFrame(
        geometry=shapely.box(4.7e5 + 90 * x, 3.83e6 + 70 * y, 4.7e5 + 90 * x + 90, 3.83e6 + 70 * y + 70), crs=4547
    )
    border = gpd.GeoDataFrame(geometry=[field.union_all().boundary], crs=4547)
    assert detect_datum(from_wgs84(field.to_crs(4326), datum="gcj02"), border).datum == "gcj02"


def test_partial_overlap_is_still_detected():
    true = blocks(120).drop(columns="name")
    held = from_wgs84(true.iloc[:80].to_crs(4326), datum="gcj02")
    assert detect_datum(held, true.iloc[40:]).datum == "gcj02"


def test_other_objects_are_undecided():
    held = from_wgs84(blocks(seed=3).drop(columns="name").to_crs(4326), datum="gcj02")
    guess = detect_datum(held, blocks(seed=11).drop(columns="name"))
    assert guess.datum is None
    assert guess.undecided
    assert "undecided" in repr(guess)


def test_far_from_china_all_fit_and_nothing_is_decided():
    alps = gpd.GeoDataFrame(geometry=[box(7.5, 46, 7.6, 46.1), box(7.7, 46, 7.8, 46.1)], crs="EPSG:4326")
    guess = detect_datum(alps, alps)
    assert guess.undecided
    assert len(set(guess.residual_m.values())) == 1


def test_ids_that_name_other_objects_give_way_to_outlines():
    true = (
        blocks()
        .drop(columns="name")
        .rename_axis("plot")
        .set_axis([f"plots-{at:04}" for at in range(60)])
        .rename_axis("plot")
    )
    held = from_wgs84(true.to_crs(4326), datum="gcj02").set_axis(true.index[::-1].rename("plot"))
    guess = detect_datum(held, true)
    assert (guess.datum, guess.matched) == ("gcj02", "outlines")


def test_nothing_to_compare():
    layer = gpd.GeoDataFrame(geometry=[Point(*HERE)], crs="EPSG:4326")
    empty = gpd.GeoDataFrame(geometry=[], crs="EPSG:4326")
    for pair in ((layer, empty), (empty, layer)):
        with pytest.raises(DatumError, match="no coordinates to compare"):
            detect_datum(*pair)
    with pytest.raises(CRSError):
        detect_datum(layer, gpd.GeoDataFrame(geometry=[Point(*HERE)]))
