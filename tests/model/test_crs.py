"""Choosing, measuring, refusing and converting coordinate systems."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from fringe.errors import CRSError
from fringe.model.crs import (
    geod_of,
    inverse_areal_scale,
    is_conformal,
    metric_crs,
    require_conformal,
    require_metric,
    same_crs,
    to_metric,
)

HERE = (113.70, 34.68)
DISTRICT = (4.70e5, 3.83e6, 4.90e5, 3.85e6)
LOCAL = 'LOCAL_CS["Zhengzhou local",UNIT["metre",1]]'


def crs_of(given_as):
    return pyproj.CRS.from_user_input(given_as)


def at(*places, crs="EPSG:4326"):
    return gpd.GeoDataFrame(geometry=[Point(*place) for place in places], crs=crs)


def area(crs, bounds=DISTRICT):
    return gpd.GeoDataFrame(geometry=[box(*bounds)], index=["Z-1"], crs=crs)


EMPTY = gpd.GeoDataFrame(geometry=[], crs="EPSG:4547")


# Choosing


@pytest.mark.parametrize("meridian", range(75, 136, 3))
def test_china_by_the_rule(meridian):
    # A latitude at which each zone crosses land of China.
    lat = {75: 39.5, 81: 40, 126: 45, 129: 46, 132: 46, 135: 47}.get(meridian, 35 if meridian < 120 else 45)
    for lon in (meridian - 0.9, meridian - 0.4, meridian + (0.7 if meridian < 135 else -0.3)):
        assert metric_crs(at((lon, lat))).to_epsg() == 4534 + (meridian - 75) // 3


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (HERE, 4547),
        ((112.5, 34.0), 4547),
        ((115.5, 34.0), 4548),
        ((9.5, 47.15), 32632),
        ((7.5, 46.0), 32632),
        ((105.8, 21.0), 32648),
        ((127.0, 37.5), 32652),
        ((77.2, 28.6), 32643),
        ((151.2, -33.9), 32756),
        ((-0.1, 51.5), 32630),
        ((-180.0, 5.0), 32601),
        ((180.0, 5.0), 32601),
        ((179.9, 5.0), 32660),
    ],
    ids=str,
)
def test_one_place(place, code):
    assert metric_crs(at(place)).to_epsg() == code


@settings(max_examples=60)
@given(lon=st.floats(-179.9, 179.9), lat=st.floats(-79, 83))
def test_what_is_chosen_is_true_and_conformal_there(lon, lat):
    crs = metric_crs(at((lon, lat)))
    layer = at((lon, lat)).to_crs(crs)
    assert require_conformal(layer=layer) == crs
    assert abs(inverse_areal_scale(crs, layer.geometry.x, layer.geometry.y)[0] - 1) < 0.003


def test_by_the_centre_of_all_layers_in_any_crs():
    west, east = at((112.6, 34.0)), at((113.0, 34.0)).to_crs(32649)
    assert metric_crs(west, east).to_epsg() == 4547
    # 113.0 to 120.0: the centre is 116.5, a zone neither of them is in.
    assert metric_crs(at((113.0, 34.0)), at((120.0, 34.0))).to_epsg() == 4548


def test_over_the_date_line_the_short_way():
    assert metric_crs(at((178.0, -17.0), (-179.0, -18.0))).to_epsg() == 32760
    assert metric_crs(at((178.0, -17.0)), at((-173.0, -18.0))).to_epsg() == 32701


def test_empty_layers_have_no_say_but_keep_their_own():
    assert metric_crs(EMPTY, at((7.5, 46.0))).to_epsg() == 32632
    assert metric_crs(gpd.GeoDataFrame(geometry=[]), at((7.5, 46.0))).to_epsg() == 32632
    assert metric_crs(gpd.GeoDataFrame(geometry=[None, shapely.Point()], crs=3857), at((7.5, 46.0))).to_epsg() == 32632
    assert metric_crs(EMPTY).to_epsg() == 4547


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([at(HERE), at(HERE, crs=None), at(HERE, crs=None)], ["#2", "#3", "no coordinate system"]),
        ([at((472507, 3839133))], ["472507", "not degrees"]),
        ([at((10, 89))], ["89.0", "EPSG:6931"]),
        ([], ["no coordinates"]),
        ([gpd.GeoDataFrame(geometry=[], crs=4326)], ["no coordinates", "crs"]),
        ([area(LOCAL)], ["Zhengzhou local"]),
        ([gpd.GeoDataFrame({"n": [1]})], ["no geometry"]),
    ],
)
def test_no_choice(layers, said):
    with pytest.raises(CRSError) as caught:
        metric_crs(*layers)
    for word in said:
        assert word in caught.value.render("en")
    assert caught.value.render("zh") != caught.value.render("en")


# Scale


@pytest.mark.parametrize(
    ("code", "west", "south", "east", "north"),
    [
        (4547, 112, 22, 116, 45),
        (32649, 108, 1, 117, 60),
        (32632, 0, 10, 15, 70),
        (32756, 150, -60, 156, -5),
        (2154, -4, 42, 8, 50),
        (2056, 6, 46, 10, 47.5),
        (3035, 0, 40, 30, 60),
    ],
)
def test_scale_as_proj_has_it(code, west, south, east, north):
    """PROJ's factors are right wherever its projection is ellipsoidal."""
    crs = crs_of(code)
    rng = np.random.default_rng(code)
    lon, lat = rng.uniform(west, east, 50), rng.uniform(south, north, 50)
    x, y = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform(lon, lat)
    factors = pyproj.Proj(crs).get_factors(lon, lat)
    assert np.abs(inverse_areal_scale(crs, x, y) * factors.areal_scale - 1).max() < 1e-9


@pytest.mark.parametrize("code", ["EPSG:4547", "EPSG:3857", "ESRI:54009", "EPSG:6933", "EPSG:5041", "EPSG:2230"])
def test_scale_as_geodesic_squares_have_it(code):
    """A plane square of 200 m, its sides cut in ten, on the ellipsoid."""
    crs = crs_of(code)
    lon, lat = {"EPSG:5041": (30.0, 86.0), "EPSG:2230": (-117.0, 33.0)}.get(code, (113.9, 34.7))
    x, y = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform(lon, lat)
    half = 100 / crs.axis_info[0].unit_conversion_factor
    ring = box(x - half, y - half, x + half, y + half).segmentize(half / 5).exterior.coords.xy
    back = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    metres2 = abs(geod_of(crs).polygon_area_perimeter(*back.transform(*ring))[0])
    assert inverse_areal_scale(crs, x, y) == pytest.approx(metres2 / (2 * half) ** 2, rel=5e-9)


def test_golden_scales():
    """Zhengzhou: +0.0019 % in its zone, +0.0709 % in UTM; 48.227 % in web Mercator."""
    for code, percent in ((4547, 0.0019), (32649, 0.0709), (3857, 48.227)):
        layer = at(HERE).to_crs(code)
        scale = 1 / inverse_areal_scale(crs_of(code), layer.geometry.x, layer.geometry.y)[0]
        assert 100 * (scale - 1) == pytest.approx(percent, abs=5e-4 if code == 3857 else 5e-5)


def test_scale_keeps_shapes_and_says_where_there_is_none():
    crs = crs_of(6933)
    grid = inverse_areal_scale(crs, np.zeros((3, 1)), np.linspace(0, 1e6, 4))
    assert grid.shape == (3, 4)
    assert inverse_areal_scale(crs, 0.0, 0.0).shape == ()
    assert np.isnan(inverse_areal_scale(crs, 0.0, 1e9))
    with pytest.raises(CRSError, match="degrees"):
        inverse_areal_scale(crs_of(4326), 0, 0)
    with pytest.raises(CRSError, match="local"):
        geod_of(crs_of(LOCAL))


@pytest.mark.parametrize(
    ("code", "conformal"),
    [
        (4547, True),
        (32649, True),
        (3395, True),
        (2154, True),
        (5041, True),
        (3857, False),
        (6933, False),
        (3035, False),
    ],
)
def test_conformal(code, conformal):
    lon, lat = {2154: (2.5, 47.0), 5041: (30.0, 86.0), 3035: (20.0, 47.0)}.get(code, HERE)
    layer = at((lon, lat), (lon + 0.2, lat + 0.2)).to_crs(code)
    assert is_conformal(crs_of(code), tuple(layer.total_bounds)) is conformal


# Requiring


def test_fit_layers_pass():
    assert require_metric(zones=area(4547), plots=area(4547)).to_epsg() == 4547
    assert require_metric(zones=area(4547), plots=EMPTY, roads=gpd.GeoDataFrame(geometry=[])).to_epsg() == 4547
    assert require_metric(zones=area("EPSG:4547+5737")) == crs_of("EPSG:4547+5737")


@pytest.mark.parametrize("code", ["EPSG:6933", "ESRI:54009", "ESRI:102025"])
def test_equal_area_systems_are_judged_by_measure(code):
    layer = area(4547).to_crs(code)
    assert same_crs(require_metric(zones=layer), crs_of(code))
    with pytest.raises(CRSError, match="conformal"):
        require_conformal(zones=layer)


@pytest.mark.parametrize(
    ("layer", "code", "said"),
    [
        (area(None), "crs_missing", ["crs"]),
        (area(4326, (113.6, 34.6, 113.7, 34.7)), "crs_degrees", ["EPSG:4326", "EPSG:4547"]),
        (area(4490, (113.6, 34.6, 113.7, 34.7)), "crs_degrees", ["EPSG:4490", "EPSG:4547"]),
        (area(4547).to_crs(3857), "crs_web_mercator", ["EPSG:3857", "+48", "EPSG:4547"]),
        (area(3857, (0, 0, 1e4, 1e4)), "crs_web_mercator", ["+0.7 %", "EPSG:32631"]),
        (area(4547).to_crs(32646), "crs_distorted", ["EPSG:32646", "%", "EPSG:4547"]),
        (area(2230, (6.2e6, 1.9e6, 6.3e6, 2e6)), "crs_not_metres", ["US survey foot", "EPSG:32611"]),
        (area(LOCAL), "crs_local", ["Zhengzhou local"]),
        (area(4326, (80, 20, 130, 50)), "crs_degrees", ["EPSG:6933"]),
        (at((178.0, -17.0), (-179.0, -18.0)), "crs_degrees", ["EPSG:32760"]),
        (area(6933, (0, 1e9, 1, 2e9)), "crs_outside", ["EPSG:6933"]),
        (gpd.GeoDataFrame({"n": [1]}), "geometry_column_missing", []),
    ],
)
def test_unfit_layers_say_why_and_what_to_use(layer, code, said):
    with pytest.raises(CRSError) as caught:
        require_metric(zones=layer)
    (problem,) = caught.value.problems
    assert (problem.code, problem.layer) == (code, "zones")
    for lang in ("zh", "en"):
        for word in said:
            assert word in problem.render(lang)


def test_utm_is_refused_from_where_areas_are_one_percent_off():
    """Areas in UTM are 0.9996² cosh²(…) ≈ 0.9992 (1 + (x/R)²): 1 % at 663 km from the central meridian."""
    assert require_metric(zones=area(32649, (1.10e6, 3.83e6, 1.11e6, 3.84e6)))
    with pytest.raises(CRSError, match=r"\+1\.\d %"):
        require_metric(zones=area(32649, (1.18e6, 3.83e6, 1.19e6, 3.84e6)))


def test_all_problems_at_once():
    with pytest.raises(CRSError) as caught:
        require_metric(
            zones=area(4547),
            plots=area(4547).to_crs(32649),
            roads=area(4326, (113.6, 34.6, 113.7, 34.7)),
            rail=area(None),
            villages=area(4547).to_crs(3857),
        )
    assert [(problem.layer, problem.code) for problem in caught.value.problems] == [
        ("plots", "crs_mixed"),
        ("roads", "crs_degrees"),
        ("rail", "crs_missing"),
        ("villages", "crs_web_mercator"),
    ]
    assert "EPSG:32649" in caught.value.problems[0].render("en")
    assert "EPSG:4547" in caught.value.problems[0].render("zh")


def test_nothing_to_require():
    with pytest.raises(CRSError, match="no coordinates"):
        require_metric()
    with pytest.raises(CRSError, match="no coordinate system"):
        require_metric(zones=gpd.GeoDataFrame(geometry=[]))


# Sameness


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+proj=utm +zone=50 +datum=WGS84", "EPSG:32650", True),
        ("+proj=utm +zone=50 +ellps=WGS84", "EPSG:32650", True),
        ("+proj=utm +zone=50 +ellps=WGS84 +towgs84=0,0,0", "EPSG:32650", True),
        ("+proj=utm +zone=50 +ellps=WGS84 +towgs84=5,0,0", "EPSG:32650", False),
        ("+proj=tmerc +lon_0=114 +x_0=500000 +ellps=GRS80", "EPSG:4547", True),
        ("EPSG:4547+5737", "EPSG:4547", True),
        ("OGC:CRS84", "EPSG:4326", True),
        ("EPSG:4526", "EPSG:4547", False),
        ("EPSG:2383", "EPSG:4547", False),
        ("EPSG:25832", "EPSG:32632", False),
        ("EPSG:4490", "EPSG:4326", False),
        ("EPSG:32649", "EPSG:32650", False),
        ("EPSG:4326", "EPSG:32650", False),
        (LOCAL, "EPSG:32650", False),
    ],
)
def test_same_in_all_but_name(one, other, same):
    assert same_crs(crs_of(one), crs_of(other)) is same
    assert same_crs(crs_of(other), crs_of(one)) is same


@pytest.mark.parametrize("flavour", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
@pytest.mark.parametrize("code", [4547, 32650, 2056])
def test_a_shapefiles_wkt_is_the_same_system(code, flavour):
    read = pyproj.CRS.from_wkt(crs_of(code).to_wkt(flavour))
    assert same_crs(read, crs_of(code))
    layer = area(code, (4e5, 3e6, 4.1e5, 3.1e6) if code != 2056 else (2.6e6, 1.2e6, 2.7e6, 1.25e6))
    assert require_metric(zones=layer, plots=layer.set_crs(read, allow_override=True)) == crs_of(code)


# Converting


def test_forms_are_kept():
    layers = {"zones": at(HERE), "plots": at(HERE).to_crs(4490)}
    assert to_metric(layers["zones"]).crs.to_epsg() == 4547
    converted = to_metric(layers)
    assert list(converted) == ["zones", "plots"]
    assert isinstance(to_metric(list(layers.values())), list)
    assert isinstance(to_metric(tuple(layers.values())), tuple)
    assert {layer.crs.to_epsg() for layer in converted.values()} == {4547}
    assert to_metric(layers["zones"].geometry).crs.to_epsg() == 4547


def test_golden_coordinates():
    assert to_metric(at(HERE)).get_coordinates().round(3).to_numpy().tolist() == [[472507.315, 3839133.808]]
    in_utm = to_metric(at(HERE), crs=32649).get_coordinates().round(3).to_numpy().tolist()
    assert in_utm == [[747367.323, 3840875.022]]
    in_zone = to_metric(at(HERE), crs="EPSG:4526").get_coordinates().round(3).to_numpy().tolist()
    assert in_zone == [[38472507.315, 3839133.808]]


def test_rows_columns_and_tables_are_kept():
    zones = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[Point(*HERE), None], index=["x", "y"], crs=4326)
    before = zones.copy(deep=True)
    tasks = pd.DataFrame({"task": [1]})
    done = to_metric({"zones": zones, "tasks": tasks, "findings": gpd.GeoDataFrame(geometry=[])})
    assert done["tasks"] is tasks
    assert done["findings"].crs.to_epsg() == 4547
    assert done["zones"].index.tolist() == ["x", "y"]
    assert done["zones"].geometry.iloc[1] is None
    pd.testing.assert_frame_equal(pd.DataFrame(zones), pd.DataFrame(before))
    assert zones.crs.to_epsg() == 4326


def test_what_is_there_already_does_not_move():
    layer = area(4547)
    assert to_metric(layer) is layer
    bare = area("+proj=tmerc +lon_0=114 +x_0=500000 +ellps=GRS80")
    assert to_metric(bare, crs=4547).geometry.iloc[0].equals_exact(bare.geometry.iloc[0], 0)
    assert to_metric(bare, crs=4547).crs.to_epsg() == 4547


@pytest.mark.parametrize(
    ("layers", "crs", "code"),
    [
        ({"zones": at(HERE, crs=None)}, None, "crs_missing"),
        ({"zones": at(HERE, crs=None)}, 4547, "crs_missing"),
        ({"zones": at(HERE)}, 3857, "crs_not_metric"),
        ({"zones": at(HERE)}, 4326, "crs_not_metric"),
        ({"zones": at(HERE)}, 2230, "crs_not_metric"),
        ({"zones": at(HERE)}, "EPSG:99999999", "crs_unknown"),
        ({"zones": area(2383)}, None, "crs_needs_parameters"),
        ({"zones": at(HERE, crs=4214)}, 4547, "crs_needs_parameters"),
        ({"zones": area(LOCAL)}, 4547, "crs_local"),
    ],
)
def test_what_cannot_be_converted_is_refused(layers, crs, code):
    with pytest.raises(CRSError) as caught:
        to_metric(layers, crs=crs)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.render("zh") != problem.render("en")


def test_an_old_datum_may_be_measured_in_its_own_plane():
    assert to_metric(area(2383), crs=2383).crs.to_epsg() == 2383
    assert require_metric(zones=area(2383)).to_epsg() == 2383


def test_known_shifts_between_datums_are_made():
    """BD72 to WGS 84 is published to 1 m; towgs84 brings its own."""
    brussels = gpd.GeoDataFrame(geometry=[Point(149000, 171000)], crs=31370)
    assert to_metric(brussels).crs.to_epsg() == 32631
    stated = area("+proj=tmerc +lon_0=114 +x_0=500000 +ellps=krass +towgs84=24,-123,-94")
    assert to_metric(stated, crs=4547).crs.to_epsg() == 4547


def test_rows_that_leave_the_plane_are_named():
    layer = gpd.GeoDataFrame(geometry=[Point(*HERE), Point(472507, 3839133)], index=["good", "bad"], crs=4326)
    with pytest.raises(CRSError) as caught:
        to_metric({"plots": layer}, crs=4547)
    (problem,) = caught.value.problems
    assert (problem.code, problem.layer, problem.rows) == ("crs_outside", "plots", ("bad",))
