"""Access on real data: a city's streets against a plain search, a country's villages against brute force."""

from __future__ import annotations

import heapq
import math
import warnings
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from shapely import Point

from fringe.errors import FringeWarning
from fringe.measure.access import nearest, reach, within
from fringe.measure.served import ARC_PARTS
from fringe.measure.service import service_area
from fringe.model.crs import to_metric

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def streets(data_folder):
    """The streets of Wuhan: 92 667 pieces, joined at their ends."""
    roads = gpd.read_parquet(data_folder / "wuhan_roads" / "wuhan_roads_original.parquet")
    return gpd.GeoDataFrame(geometry=np.asarray(roads.geometry.array), crs="EPSG:32650").rename_axis("road")


@pytest.fixture(scope="module")
def ways(streets):
    """Who is next to whom, and how far: ends that are equal to a centimetre are one."""
    found = {}
    for line in streets.geometry:
        for pair in pairwise(line.coords):
            a, b = (tuple(np.round(xy, 2)) for xy in pair)
            metres = math.dist(*pair)
            for here, there in ((a, b), (b, a)):
                known = found.setdefault(here, {})
                known[there] = min(metres, known.get(there, math.inf))
    return found


@pytest.fixture(scope="module")
def corners(streets, ways):
    """Places and targets at corners of the streets, chosen by a seed."""
    rng = np.random.default_rng(11)
    spots = sorted(ways)
    chosen = rng.choice(len(spots), 60, replace=False)
    points = [Point(*spots[at]) for at in chosen]
    return (gpd.GeoDataFrame(geometry=some, crs=streets.crs) for some in (points[:20], points[20:]))


def searched(ways, start, most=math.inf):
    """Ways from a corner to all others, by Dijkstra's rule."""
    seen, queue = {}, [(0.0, start)]
    while queue:
        metres, here = heapq.heappop(queue)
        if here not in seen and metres <= most:
            seen[here] = metres
            for there, more in ways[here].items():
                heapq.heappush(queue, (metres + more, there))
    return seen


def quiet(measure, *layers, **options):
    """Real streets fall into parts, which is said each time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        return measure(*layers, **options)


def test_ways_through_a_city(streets, ways, corners):
    places, targets = corners
    # Snapping less than the centimetre of the slow search.
    table = quiet(nearest, places, targets, network=streets, snap_m=0.01)
    ends = [tuple(np.round(point.coords[0], 2)) for point in targets.geometry]
    for place, found in zip(places.geometry, table.itertuples(), strict=True):
        seen = searched(ways, tuple(np.round(place.coords[0], 2)))
        metres = [seen.get(end, math.inf) for end in ends]
        if math.isinf(min(metres)):
            assert found.target is None
            continue
        # The plane of UTM is off by up to 1e-3 here; the ground's metres differ by no more.
        assert found.distance_m == pytest.approx(min(metres), rel=1.2e-3)
        assert metres[found.target] == pytest.approx(min(metres), rel=1e-4)


def test_streets_within_reach(streets, ways):
    places = gpd.GeoDataFrame(geometry=[Point(*sorted(ways)[at]) for at in (5000, 20_000, 45_000)], crs=streets.crs)
    layer = quiet(reach, places, streets, distance_m=1000, snap_m=0.01)
    for place, found in zip(places.geometry, layer.itertuples(), strict=True):
        seen = searched(ways, tuple(np.round(place.coords[0], 2)), 1000)
        metres = 0.0
        for here, left in seen.items():
            for there, length in ways[here].items():
                other = max(1000 - seen.get(there, math.inf), 0.0)
                once = min(1000 - left + other, length)
                metres += once / 2 if there in seen else min(1000 - left, length)
        assert found.reached_m == pytest.approx(metres, rel=5e-3)
        assert found.geometry.length == pytest.approx(found.reached_m, rel=1.2e-3)


@pytest.fixture(scope="module")
def country(data_folder):
    """Liechtenstein: municipalities, villages, parks and rail."""
    source = data_folder / "liechtenstein" / "liechtenstein-2015.gpkg"
    layers = {name: gpd.read_file(source, layer=name) for name in ("admin", "places", "green", "rail", "roads")}
    admin = layers.pop("admin")
    layers["zones"] = admin[admin["admin_level"].astype(str) == "8"].set_index("name").rename_axis("zone")
    layers["villages"] = layers.pop("places")
    return to_metric(layers)


def test_villages_to_rail(country):
    table = nearest(country["villages"], country["rail"])
    for place, found in zip(country["villages"].geometry, table.itertuples(), strict=True):
        metres = country["rail"].geometry.distance(place)
        assert found.distance_m == pytest.approx(metres.min(), rel=1e-3)
        assert metres[found.target] == pytest.approx(metres.min(), rel=1e-4)
    near = within(country["villages"], country["rail"], distance_m=1000)
    assert 0 < near.sum() < len(near)


def test_places_to_stations_by_geodesics(data_folder):
    source = data_folder / "zhengzhou"
    towns = pd.read_csv(source / "geonames_zhengzhou.csv")
    lon, lat = (next(name for name in towns.columns if name.lower().startswith(part)) for part in ("lon", "lat"))
    towns = gpd.GeoDataFrame(geometry=gpd.points_from_xy(towns[lon], towns[lat]), crs="EPSG:4326")
    stations = gpd.read_file(source / "osm_rail_stations_zhengzhou.geojson")[["geometry"]]
    layers = to_metric({"towns": towns, "stations": stations})
    table = nearest(layers["towns"], layers["stations"])
    geod = pyproj.Geod(ellps="WGS84")
    for town, found in zip(towns.geometry, table.itertuples(), strict=True):
        n = len(stations)
        metres = geod.inv([town.x] * n, [town.y] * n, stations.geometry.x.tolist(), stations.geometry.y.tolist())[2]
        assert found.distance_m == pytest.approx(min(metres), rel=1e-6)
        assert metres[found.target] == pytest.approx(min(metres), rel=1e-6)


def test_roads_are_longer_than_the_crow_flies(country):
    straight = nearest(country["villages"], country["rail"])["distance_m"]
    along = quiet(nearest, country["villages"], country["rail"], network=country["roads"])["distance_m"]
    assert (along.dropna() >= straight[along.notna()] - 1e-6).all()
    assert along.notna().mean() > 0.9


def test_ground_served_by_green(country):
    green = country["green"]
    table = quiet(service_area, green, country["zones"], radius_m=300)
    reaches = shapely.union_all(shapely.buffer(shapely.make_valid(green.geometry.array), 300, quad_segs=ARC_PARTS))
    plane = country["zones"].geometry.intersection(reaches).area
    np.testing.assert_allclose(table["served_m2"], plane, rtol=1e-3)
    by_size = quiet(service_area, green, country["zones"])
    large = green[green.geometry.area >= 2000]
    assert (by_size["served_m2"] > quiet(service_area, large, country["zones"], radius_m=300)["served_m2"] - 1).all()
