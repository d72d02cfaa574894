"""Distances straight and along roads: by hand, by law, and against a slow search of ways."""

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
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, MultiPoint, Point, box
from tests.measure.layers import CRS, X, Y, frame

from fringe.errors import CRSError, FringeWarning, LayerError
from fringe.measure.access import nearest, reach, within

modest = settings(max_examples=40, deadline=None)


def at(*xy, index=None):
    return frame([Point(X + x, Y + y) for x, y in xy], index=index)


def roads(*chains, index=None):
    return frame([LineString([(X + x, Y + y) for x, y in chain]) for chain in chains], index=index)


def pairs_of(table):
    return list(zip(table["target"], table["distance_m"].round(4), strict=True))


def test_straight_distances_by_hand():
    targets = frame([Point(X, Y + 400), box(X + 600, Y - 50, X + 700, Y + 50)], index=["school", "park"])
    places = at((0, 0), (900, 0), (650, 0), index=["a", "b", "c"])
    assert pairs_of(nearest(places, targets)) == [("school", 400), ("park", 200), ("park", 0)]
    assert within(places, targets, distance_m=200).to_dict() == {"a": False, "b": True, "c": True}
    assert within(places, targets, distance_m=199.99).to_dict() == {"a": False, "b": False, "c": True}


def test_an_area_is_taken_whole():
    village = frame([box(X, Y, X + 100, Y + 100)], index=["v"])
    assert pairs_of(nearest(village, at((150, 50), index=["s"]))) == [("s", 50)]


def test_of_several_equally_near_the_first_is_taken():
    targets = at((100, 0), (-100, 0), (0, 100), index=["e", "w", "n"])
    assert nearest(at((0, 0)), targets)["target"].tolist() == ["e"]
    assert nearest(at((0, 0)), targets.iloc[::-1])["target"].tolist() == ["n"]
    cross = roads([(-100, 0), (0, 0), (100, 0)], [(0, 0), (0, 100)])
    assert nearest(at((0, 0)), targets, network=cross)["target"].tolist() == ["e"]
    assert nearest(at((0, 0)), targets.iloc[::-1], network=cross)["target"].tolist() == ["n"]


def test_distances_are_metres_of_the_ground():
    crs = pyproj.CRS.from_epsg(32650)
    places = gpd.GeoDataFrame(geometry=[Point(770_000, 3_830_000)], crs=crs)
    targets = gpd.GeoDataFrame(geometry=[Point(774_000, 3_833_000)], crs=crs)
    back = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    lon, lat = back.transform([770_000, 774_000], [3_830_000, 3_833_000])
    truth = crs.get_geod().inv(lon[0], lat[0], lon[1], lat[1])[2]
    assert abs(truth - 5000) > 2
    road = gpd.GeoDataFrame(geometry=[LineString([(770_000, 3_830_000), (774_000, 3_833_000)])], crs=crs)
    for network in (None, road):
        found = nearest(places, targets, network=network)["distance_m"].iloc[0]
        assert found == pytest.approx(truth, rel=1e-6)


def test_the_nearest_on_the_ground_is_not_always_that_of_the_plane():
    # The plane stretches more to the east: the eastern target is nearer in it by a metre in 20 km, on the ground not.
    crs = "EPSG:32650"
    place = gpd.GeoDataFrame(geometry=[Point(760_000, 3_830_000)], crs=crs)
    target = gpd.GeoDataFrame(index=["west", "east"], geometry=[Point(740_000, 3_830_000), Point(780_000, 3_830_000)])
    table = nearest(place, target.set_crs(crs))
    assert table["target"].tolist() == ["east"]
    nudged = target.set_crs(crs).assign(geometry=[Point(740_001, 3_830_000), Point(780_000, 3_830_000)])
    assert nearest(place, nudged)["target"].tolist() == ["east"]


def test_along_a_road_with_legs():
    # 30 m to the road, 500 m along it, 40 m from it.
    network = roads([(0, 0), (1000, 0)])
    table = nearest(at((100, 30)), at((600, -40), index=["t"]), network=network)
    assert pairs_of(table) == [("t", 570)]


def test_lines_meet_at_shared_vertices_and_not_where_they_cross():
    crossing = roads([(0, 0), (1000, 0)], [(500, -500), (500, 500)])
    place, target = at((0, 0)), at((500, 500), index=["t"])
    with pytest.warns(FringeWarning) as said:
        table = nearest(place, target, network=crossing)
    assert table["target"].tolist() == [None]
    assert np.isnan(table["distance_m"].iloc[0])
    texts = " ".join(str(item.message) for item in said)
    assert "2 parts" in texts
    assert "no target can be reached" in texts
    with pytest.warns(FringeWarning):
        assert within(place, target, distance_m=5000, network=crossing).tolist() == [False]
    meeting = roads([(0, 0), (500, 0), (1000, 0)], [(500, -500), (500, 0), (500, 500)])
    assert pairs_of(nearest(place, target, network=meeting)) == [("t", 1000)]


def test_ends_that_miss_are_snapped():
    place, target = at((0, 0)), at((500, 500), index=["t"])
    # The second road begins 0.6 m beside the first, once near a vertex of it and once along it.
    for first in ([(0, 0), (500, 0), (1000, 0)], [(0, 0), (1000, 0)]):
        network = roads(first, [(500, 0.6), (500, 500)])
        metres = nearest(place, target, network=network)["distance_m"].iloc[0]
        assert metres == pytest.approx(999.4, abs=1e-4)
        with pytest.warns(FringeWarning, match=r"2 parts|no target"):
            assert nearest(place, target, network=network, snap_m=0.5)["target"].tolist() == [None]


def test_an_area_is_entered_where_roads_enter_it():
    # The park lies 300 m along the road; its far side is of no concern, and nobody walks through it.
    park = frame([box(X + 300, Y - 50, X + 400, Y + 50)], index=["park"])
    network = roads([(0, 0), (1000, 0)])
    assert pairs_of(nearest(at((0, 0), (900, 0)), park, network=network)) == [("park", 300), ("park", 500)]
    apart = roads([(0, 0), (320, 0)], [(380, 0), (1000, 0)])
    with pytest.warns(FringeWarning, match=r"2 parts|no target"):
        table = nearest(at((0, 0)), at((1000, 0), index=["t"]), network=apart)
    assert table["target"].tolist() == [None]


def test_places_far_from_the_network_are_named():
    places = at((0, 10), (0, 300), index=["a", "b"])
    with pytest.warns(FringeWarning, match=r"row b.*more than 200 m"):
        table = nearest(places, at((50, 0), index=["t"]), network=roads([(0, 0), (90, 0)]))
    assert pairs_of(table) == [("t", 60), ("t", 350)]


def test_parallel_stretches_the_shorter_is_the_way():
    network = roads([(0, 0), (0, 300), (400, 300), (400, 0)], [(0, 0), (400, 0)], [(0, 0), (200, 100), (400, 0)])
    assert pairs_of(nearest(at((0, 0)), at((400, 0), index=["t"]), network=network)) == [("t", 400)]


def test_reach_by_hand():
    # A T: 300 m from its foot are 200 m up and 100 m to both sides.
    network = roads([(0, 0), (0, 200)], [(-500, 200), (0, 200), (500, 200)])
    layer = reach(at((0, 0), index=["a"]), network, distance_m=300, targets=at((100, 200), (101, 200), (0, 0)))
    assert layer.loc["a", "reached_m"] == pytest.approx(400)
    assert layer.loc["a", "n_targets"] == 2
    assert layer.geometry.loc["a"].length == pytest.approx(400)
    assert layer.geometry.loc["a"].bounds == pytest.approx((X - 100, Y, X + 100, Y + 200))
    # A loop of 400 m reached from both sides counts once.
    loop = roads([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])
    assert reach(at((0, 0)), loop, distance_m=250)["reached_m"].tolist() == pytest.approx([400])
    assert reach(at((0, 0)), loop, distance_m=150)["reached_m"].tolist() == pytest.approx([300])
    away = reach(at((0, 50), index=["far"]), roads([(20, 0), (20, 100)]), distance_m=10)
    assert away["reached_m"].tolist() == [0]
    assert away.geometry.is_empty.tolist() == [True]


def test_bad_input_is_named():
    one, road = at((0, 0)), roads([(0, 0), (10, 0)])
    with pytest.raises(LayerError, match=r"targets.*no rows"):
        nearest(one, one.iloc[:0])
    with pytest.raises(LayerError, match="no lines"):
        nearest(one, one, network=road.iloc[:0])
    with pytest.raises(LayerError, match=r"network, row 0.*Point"):
        nearest(one, one, network=one)
    with pytest.raises(LayerError, match="distance_m"):
        within(one, one, distance_m=-1)
    with pytest.raises(LayerError, match="snap_m"):
        nearest(one, one, network=road, snap_m=0)
    with pytest.raises(CRSError):
        nearest(one.to_crs("ESRI:54034"), one.to_crs("ESRI:54034"))
    assert nearest(one.iloc[:0], one).empty
    assert reach(one.iloc[:0], road, distance_m=1).empty


@st.composite
def street_grids(draw):
    """Streets on a lattice of 100 m, some of them missing, with places and targets beside them."""
    cells = [((i, j), (i + di, j + dj)) for i in range(4) for j in range(4) for di, dj in ((1, 0), (0, 1))]
    kept = draw(st.lists(st.sampled_from(cells), min_size=3, max_size=len(cells), unique=True))
    lines = [LineString([(X + 100 * x, Y + 100 * y) for x, y in pair]) for pair in kept]
    spots = st.tuples(st.integers(0, 410), st.integers(0, 410))
    places = draw(st.lists(spots, min_size=1, max_size=4))
    targets = draw(st.lists(spots, min_size=1, max_size=4))
    return lines, at(*places), at(*targets)


def slow_distances(lines, places, targets):
    """Dijkstra in plain Python on a graph cut at the nearest point of each place and target."""
    ways = {}

    def link(a, b, metres):
        ways.setdefault(a, {})[b] = min(metres, ways.get(a, {}).get(b, math.inf))

    cuts = {at_line: [] for at_line in range(len(lines))}
    ends = {}
    for kind, points in (("place", places), ("target", targets)):
        for name, point in enumerate(points):
            best = min(range(len(lines)), key=lambda at_line, point=point: lines[at_line].distance(point))
            along = lines[best].project(point)
            spot = lines[best].interpolate(along)
            cuts[best].append((along, f"{kind} {name}"))
            ends[kind, name] = point.distance(spot)
    for at_line, line in enumerate(lines):
        first, last = (f"{x:.3f} {y:.3f}" for x, y in line.coords)
        stops = [(0.0, first), *sorted(cuts[at_line], key=lambda cut: cut[0]), (line.length, last)]
        for (a, here), (b, there) in pairwise(stops):
            link(here, there, b - a)
            link(there, here, b - a)
    table = np.full((len(places), len(targets)), np.inf)
    for name in range(len(places)):
        seen = _seen(ways, f"place {name}", ends["place", name])
        for other in range(len(targets)):
            table[name, other] = seen.get(f"target {other}", math.inf) + ends["target", other]
    return table


def _seen(ways, start, metres):
    seen, queue = {}, [(metres, start)]
    while queue:
        metres, here = heapq.heappop(queue)
        if here not in seen:
            seen[here] = metres
            for there, more in ways.get(here, {}).items():
                heapq.heappush(queue, (metres + more, there))
    return seen


@modest
@given(town=street_grids())
def test_ways_agree_with_a_slow_search(town):
    lines, places, targets = town
    slow = slow_distances(lines, list(places.geometry), list(targets.geometry))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        table = nearest(places, targets, network=frame(lines))
        layer = reach(places, frame(lines), distance_m=350.5, targets=targets)
    # The meridian of this system runs through the lattice: its plane is true to 1e-8 there.
    shortest = np.where(np.isinf(slow.min(axis=1)), np.nan, slow.min(axis=1))
    np.testing.assert_allclose(table["distance_m"], shortest, atol=1e-4)
    assert layer["n_targets"].tolist() == (slow <= 350.5).sum(axis=1).tolist()
    for found, best, row in zip(table["target"], slow.min(axis=1), slow, strict=True):
        assert (found is None) == math.isinf(best)
        assert found is None or row[found] == pytest.approx(best, abs=1e-4)
    np.testing.assert_allclose(layer.geometry.length, layer["reached_m"], rtol=1e-7)


@modest
@given(town=street_grids())
def test_no_way_is_shorter_than_the_straight_one(town):
    lines, places, targets = town
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        along = nearest(places, targets, network=frame(lines))["distance_m"]
        turned = nearest(places, targets, network=frame([line.reverse() for line in lines[::-1]]))["distance_m"]
    straight = nearest(places, targets)["distance_m"]
    assert not (along < straight - 1e-6).any()
    np.testing.assert_allclose(along, turned, rtol=1e-9)
    slow = [min(place.distance(target) for target in targets.geometry) for place in places.geometry]
    np.testing.assert_allclose(straight, slow, rtol=1e-7)


def test_inputs_and_other_types():
    points, line = MultiPoint([(X, Y), (X + 50, Y)]), LineString([(X, Y + 10), (X + 50, Y + 10)])
    places = frame([points, line.union(LineString([(X + 90, Y), (X + 95, Y + 5)]))], index=["m", "l"])
    network = frame([MultiLineString([[(X, Y), (X + 100, Y)], [(X + 100, Y), (X + 100, Y + 100)]])])
    before = places.copy(), network.copy()
    table = nearest(places, at((100, 100), index=["t"]), network=network)
    assert table["distance_m"].round(4).tolist() == [150, 110]
    pd.testing.assert_frame_equal(places, before[0])
    pd.testing.assert_frame_equal(network, before[1])
    assert places.crs.to_string() == CRS
