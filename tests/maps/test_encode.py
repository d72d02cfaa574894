"""What goes into a payload comes out of it: unpacked here in plain Python, compared with the frame."""

from __future__ import annotations

import json
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from fringe.errors import MapError
from fringe.maps import encode
from fringe.maps.encode import BITS, encode_anchors, encode_column


def unpack(payload):
    """Paths of each row as lists of degrees, from the words of the encoder's docstring."""
    shapes, rows, vertex = payload["shapes"], [], 0
    x, y = shapes["origin"]
    path = 0

    def item(list_or_number, at):
        return list_or_number if isinstance(list_or_number, int) else list_or_number[at]

    for row in range(payload["n"]):
        paths = []
        for _ in range(item(shapes["paths"], row)):
            points = []
            for _ in range(item(shapes["sizes"], path)):
                x, y = x + shapes["xy"][2 * vertex], y + shapes["xy"][2 * vertex + 1]
                lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / 2**BITS))))
                points.append((x / 2**BITS * 360 - 180, lat))
                vertex += 1
            paths.append((item(shapes["kinds"], path), points))
            path += 1
        rows.append(paths)
    return rows


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326")


def test_rings_and_holes_come_back_within_four_centimetres():
    holed = Polygon(
        [(113, 34), (113.2, 34), (113.2, 34.2), (113, 34.2)], [[(113.05, 34.05), (113.1, 34.05), (113.1, 34.1)]]
    )
    two = MultiPolygon([box(113.3, 34, 113.4, 34.1), box(113.5, 34, 113.6, 34.1)])
    rows = unpack(encode(frame([holed, two])))
    for shape, paths in zip([holed, two], rows, strict=True):
        rings = shapely.get_rings(shapely.orient_polygons(shapely.get_parts(shape)))
        assert [kind for kind, _ in paths] == [2] * len(rings)
        for ring, (_, points) in zip(rings, paths, strict=True):
            assert np.array(points) == pytest.approx(np.array(ring.coords)[:-1], abs=4e-7)


def test_holes_turn_the_other_way_than_their_rings():
    holed = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)], [[(0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.2, 0.4)]])
    for shape in (holed, holed.reverse()):
        outer, inner = (Polygon(points).exterior.is_ccw for _, points in unpack(encode(frame([shape])))[0])
        assert outer != inner


def test_mixed_collections_points_and_nothing_keep_their_rows():
    mixed = GeometryCollection([Point(1, 1), GeometryCollection([LineString([(2, 2), (3, 3)]), box(4, 4, 5, 5)])])
    rows = unpack(encode(frame([None, mixed, Point(), Point(7, 8)])))
    assert [[kind for kind, _ in paths] for paths in rows] == [[], [0, 1, 2], [], [0]]
    assert rows[3][0][1][0] == pytest.approx((7, 8), abs=4e-7)


def test_heights_are_left_out_and_other_systems_converted():
    plane = gpd.GeoDataFrame(geometry=[Point(500_000, 3_840_000, 77)], crs="EPSG:4547")
    (((_, (place,)),),) = unpack(encode(plane))
    assert place == pytest.approx(plane.to_crs("EPSG:4326").geometry[0].coords[0][:2], abs=4e-7)


def test_empty_frames_are_payloads_too():
    payload = encode(frame([]))
    assert payload["n"] == 0
    assert payload["shapes"]["xy"] == []


def test_coordinates_that_are_nowhere_are_refused_by_row():
    off = gpd.GeoDataFrame(index=["a", "b"], geometry=[Point(0, 0), Point(math.nan, 1)], crs="EPSG:4326").rename_axis(
        "plot"
    )
    off.loc["b", "geometry"] = LineString([(0, 0), (math.inf, 1)])
    with pytest.raises(MapError, match="b"):
        encode(off)
    with pytest.raises(MapError, match="set_crs"):
        encode(off.set_crs(None, allow_override=True))


def test_numbers_stay_numbers_and_the_rest_becomes_words():
    column = encode_column(pd.Series([0.25, math.nan, math.inf]), "covered_share", "en")
    assert column["values"] == [0.25, None, "inf%"]
    assert column["display"]["unit"] == "%"
    words = encode_column(pd.Series(["planted", None, "planted"]), "status", "zh")
    assert (words["codes"], words["words"], words["label"]) == ([0, -1, 0], ["已栽植"], "状态")
    days = encode_column(pd.Series(pd.to_datetime(["2024-03-31", None])), "planted_on", "en")
    assert days["words"] == ["2024-03-31"]
    json.dumps([column, words, days], allow_nan=False)


def test_anchors_lie_in_the_widest_part():
    wide, thin = box(10, 10, 12, 12), box(0, 0, 20, 0.1)
    anchors = encode_anchors(gpd.GeoSeries([MultiPolygon([wide, thin]), Point(1, 1)], crs="EPSG:4326"))
    assert anchors["x"][0] / 2**BITS * 360 - 180 == pytest.approx(11, abs=0.05)
    assert anchors["r"][1] == 0


def test_the_frame_is_left_alone():
    given = frame([box(0, 0, 1, 1)], name=["a"])
    before = given.copy()
    encode(given, ["name"])
    pd.testing.assert_frame_equal(given, before)
