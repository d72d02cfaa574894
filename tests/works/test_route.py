"""Inspection routes: by hand on a small grid of roads, by law, and against trying every order."""

from __future__ import annotations

from itertools import pairwise, permutations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, Point
from shapely.affinity import translate
from tests.conftest import CRS

from fringe import route
from fringe.errors import CRSError, FringeWarning, LayerError
from fringe.works.tour import exact, improved, shortest_tour, tour_length

X, Y = 500_000, 3_840_000


def layer(shapes, crs=CRS):
    names, geometries = list(shapes), [translate(shape, X, Y) for shape in shapes.values()]
    return gpd.GeoDataFrame(index=names, geometry=geometries, crs=crs)


def stops(**spots):
    return layer({name: Point(spot) for name, spot in spots.items()})


# A street along the south, a lane to the north from its middle, and an island nothing leads to.
ROADS = layer(
    {
        "west": LineString([(0, 0), (500, 0)]),
        "east": LineString([(500, 0), (1000, 0)]),
        "lane": LineString([(500, 0), (500, 400)]),
        "island": LineString([(0, 900), (300, 900)]),
    }
)


def test_by_hand():
    found = route(stops(a=(900, 0), b=(500, 300), c=(100, 30)), ROADS, start=Point(X, Y))
    # To c: 100 along, 30 up. Back to the street, 400 on, 300 up the lane; and down again, 400 on to a.
    assert found.index.tolist() == ["c", "b", "a"]
    assert found["position"].tolist() == [1, 2, 3]
    assert found["leg_m"].tolist() == pytest.approx([130, 730, 700], abs=0.01)
    assert found["along_m"].tolist() == pytest.approx([130, 860, 1560], abs=0.02)
    assert found.crs == ROADS.crs
    way = translate(found.geometry["b"], -X, -Y)
    assert [tuple(round(one, 6) for one in xy) for xy in way.coords] == [(100, 30), (100, 0), (500, 0), (500, 300)]
    assert found.geometry.length.tolist() == pytest.approx([130, 730, 700])


def test_without_a_start_it_begins_where_it_gets_shortest():
    found = route(stops(a=(500, 0), b=(900, 0), c=(100, 0)), ROADS)
    assert found.index.tolist() == ["b", "a", "c"]
    assert found["leg_m"].tolist() == pytest.approx([0, 400, 400], abs=0.01)
    assert found.geometry.iloc[0].is_empty
    assert route(stops(a=(500, 0), b=(900, 0), c=(100, 0)), ROADS, start="a").index[0] == "a"


def test_there_and_back():
    found = route(stops(a=(900, 0), b=(500, 300)), ROADS, start=Point(X + 100, Y), back=True)
    assert found.index.tolist() == ["a", "b", "back"]
    assert found["leg_m"].tolist() == pytest.approx([800, 700, 700], abs=0.02)
    assert found["position"].isna().tolist() == [False, False, True]
    end = found.geometry["back"].coords[-1]
    assert end == (X + 100, Y)
    round_trip = route(stops(a=(900, 0), b=(500, 300), c=(100, 0)), ROADS, back=True)
    assert round_trip.index.tolist() == ["a", "b", "c", "back"]


def test_what_cannot_be_reached_is_named_and_listed_last():
    with pytest.warns(FringeWarning, match="stops, row far: cannot be reached"):
        found = route(stops(far=(100, 905), a=(100, 0), b=(900, 0)), ROADS)
    assert found.index.tolist() == ["a", "b", "far"]
    assert found["position"].isna().tolist() == [False, False, True]
    assert np.isnan(found.loc["far", "leg_m"])
    with pytest.warns(FringeWarning, match="rows a, b: cannot be reached"):
        found = route(stops(far=(100, 905), a=(100, 0), b=(900, 0)), ROADS, start="far")
    assert found.index.tolist() == ["far", "a", "b"]


def test_stops_far_from_the_roads_are_said():
    with pytest.warns(FringeWarning, match="more than"):
        found = route(stops(a=(100, -400), b=(900, 0)), ROADS)
    assert found["along_m"].iloc[-1] == pytest.approx(1200, abs=0.05)


def test_two_findings_at_one_spot_and_points_in_sets():
    given_ = stops(a=(900, 0), b=(100, 0), c=(100, 0))
    given_.loc["c", "geometry"] = MultiPoint([given_.geometry["b"]])
    found = route(given_, ROADS, start="b")
    assert found.index.tolist() == ["b", "c", "a"]
    assert found["leg_m"].tolist() == pytest.approx([0, 0, 800], abs=0.02)
    assert route(given_.iloc[:1], ROADS)["leg_m"].tolist() == [0]


def test_of_two_roads_between_the_same_corners_the_shorter_is_gone():
    bow = layer({"bow": LineString([(0, 0), (50, 400), (100, 0)]), "street": LineString([(0, 0), (100, 0)])})
    found = route(stops(a=(0, 0), b=(100, 0)), bow)
    assert found["leg_m"].tolist() == pytest.approx([0, 100], abs=0.01)
    assert found.geometry.iloc[1].length == pytest.approx(100)


def test_what_is_wrong_is_refused():
    some = stops(a=(0, 0))
    for call, words in (
        (lambda: route(some, ROADS, start="z"), "neither a point"),
        (lambda: route(some, ROADS, snap_m=0), "greater than 0"),
        (lambda: route(some.iloc[:0], ROADS), "no rows"),
        (lambda: route(some, ROADS.iloc[:0]), "no rows"),
        (lambda: route(ROADS, ROADS), "LineString"),
        (lambda: route("stops.csv", ROADS), "not a GeoDataFrame"),
    ):
        with pytest.raises(LayerError, match=words):
            call()
    with pytest.raises(CRSError):
        route(some.to_crs(4326), ROADS)


def test_inputs_are_left_alone():
    given_ = stops(a=(900, 0), b=(100, 0)).assign(category="x")
    before = given_.copy(deep=True)
    route(given_, ROADS, start=Point(X, Y))
    assert given_.equals(before)


def shortest(distance, closing):
    others = range(1, len(distance))
    return min(tour_length([0, *order], distance, closing) for order in permutations(others))


spots = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=7)


def distances(places):
    xy = np.array(places, dtype=float)
    return np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))


@settings(max_examples=60, deadline=None)
@given(spots, st.booleans())
def test_few_stops_are_visited_in_the_shortest_order_of_all(places, back):
    distance = distances(places)
    closing = distance[0] if back else np.zeros(len(places))
    tour = shortest_tour(distance, closing)
    assert sorted(tour) == [*range(len(places))]
    assert tour[0] == 0
    assert tour_length(tour, distance, closing) == pytest.approx(shortest(distance, closing))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=8, max_size=12), st.booleans())
def test_improving_ends_near_the_shortest_and_cannot_be_improved_by_one_turn(places, back):
    distance = distances(places)
    closing = distance[0] if back else np.zeros(len(places))
    tour = improved(distance, closing)
    length = tour_length(tour, distance, closing)
    assert sorted(tour) == [*range(len(places))]
    assert tour[0] == 0
    assert length >= tour_length(exact(distance, closing), distance, closing) - 1e-9
    for first in range(1, len(tour)):
        for end in range(first + 1, len(tour) + 1):
            turned = [*tour[:first], *tour[first:end][::-1], *tour[end:]]
            assert tour_length(turned, distance, closing) >= length - 1e-5


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=2, max_size=5, unique=True))
def test_on_a_grid_of_streets_legs_are_steps_east_and_north(places):
    # Every hundred metres a street each way, all corners shared.
    lines = {f"n{x}": LineString([(x * 100, y * 100) for y in range(11)]) for x in range(11)}
    lines |= {f"e{y}": LineString([(x * 100, y * 100) for x in range(11)]) for y in range(11)}
    given_ = stops(**{f"s{at}": (x * 100, y * 100) for at, (x, y) in enumerate(places)})
    found = route(given_, layer(lines))
    by_name = dict(zip(given_.index, places, strict=True))
    steps = [abs(a - c) + abs(b - d) for (a, b), (c, d) in pairwise(by_name[name] for name in found.index)]
    assert found["leg_m"].iloc[1:].tolist() == pytest.approx([100 * one for one in steps], abs=0.05)
    best = min(sum(abs(a - c) + abs(b - d) for (a, b), (c, d) in pairwise(order)) for order in permutations(places))
    assert found["along_m"].iloc[-1] == pytest.approx(100 * best, abs=0.1)
    again = route(given_, layer(lines))
    assert again.index.tolist() == found.index.tolist()
    for name, way in list(found.geometry.items())[1:]:
        assert way.length == pytest.approx(found.loc[name, "leg_m"], abs=0.05)
