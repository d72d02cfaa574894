"""What goes into a payload comes out of it: unpacked here in plain Python, compared with the frame."""

from __future__ import annotations

import gzip
import json
import math
import struct

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from fringe.errors import MapError
from fringe.maps import encode
from fringe.maps.encode import BITS, digits_of, encode_anchors, encode_columns, neighbours_together
from fringe.maps.pack import MISSING, SIGNS, Block, to_text


class Unpacked:
    """A block read in plain Python, from the words of the packer's docstring."""

    def __init__(self, raw):
        size = struct.unpack("<I", raw[:4])[0]
        self.facts, self.raw, self.places = json.loads(raw[4 : 4 + size]), raw, {}
        at = 4 + size
        for name, count, planes in self.facts["sections"]:
            self.places[name] = at, count, planes
            at += count * max(planes, 1)
        assert at == len(raw)

    def ints(self, name):
        at, count, planes = self.places[name]
        coded = [sum(self.raw[at + plane * count + i] << (8 * plane) for plane in range(planes)) for i in range(count)]
        return [number // 2 if number % 2 == 0 else -(number + 1) // 2 for number in coded]

    def texts(self, name):
        at, _, _ = self.places[name]
        found = []
        for length in self.ints(f"{name}.lengths"):
            found.append(self.raw[at : at + length].decode())
            at += length
        return found


def from_text(text):
    """The bytes of a text, from the words of the packer's docstring: all bits as one long number."""
    count, _, signs = text.partition(" ")
    places = [SIGNS.index(sign) for sign in signs]
    bits = "".join(f"{91 * high + low:013b}" for high, low in zip(places[::2], places[1::2], strict=True))
    return bytes(int(bits[8 * at : 8 * at + 8], 2) for at in range(int(count)))


def unpack(payload):
    """Paths of each row as lists of degrees, from the words of the encoder's docstring."""
    block = Unpacked(payload.shapes.raw())
    steps, starts = (
        list(zip(block.ints(f"{word}.x"), block.ints(f"{word}.y"), strict=True)) for word in ("step", "start")
    )
    kinds, sizes, head = block.ints("kinds"), block.ints("sizes"), block.facts["origin"]
    rows, path, step = [], 0, 0
    for count in block.ints("paths"):
        paths = []
        for _ in range(count):
            head = [head[0] + starts[path][0], head[1] + starts[path][1]]
            places = [head]
            for _ in range(sizes[path] - 1):
                places.append([places[-1][0] + steps[step][0], places[-1][1] + steps[step][1]])
                step += 1
            paths.append((kinds[path], [degrees(*place) for place in places]))
            path += 1
        rows.append(paths)
    return rows


def degrees(x, y):
    return x / 2**BITS * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / 2**BITS))))


def column(values, name, lang):
    """The rules and the digits of a column, or its codes and words."""
    block = encode_columns(gpd.GeoDataFrame({name: values}), [name], lang)
    head, found = block.facts["columns"][0], Unpacked(block.raw())
    return (head, found.ints("0")) if "rules" in head else (head, found.ints("0"), found.texts("0.words"))


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326")


def test_rings_and_holes_come_back_within_nine_centimetres():
    holed = Polygon(
        [(113, 34), (113.2, 34), (113.2, 34.2), (113, 34.2)], [[(113.05, 34.05), (113.1, 34.05), (113.1, 34.1)]]
    )
    two = MultiPolygon([box(113.3, 34, 113.4, 34.1), box(113.5, 34, 113.6, 34.1)])
    rows = unpack(encode(frame([holed, two])))
    for shape, paths in zip([holed, two], rows, strict=True):
        rings = shapely.get_rings(shapely.orient_polygons(shapely.get_parts(shape)))
        assert [kind for kind, _ in paths] == [2] * len(rings)
        for ring, (_, points) in zip(rings, paths, strict=True):
            assert np.array(points) == pytest.approx(np.array(ring.coords)[:-1], abs=8e-7)


def test_holes_turn_the_other_way_than_their_rings():
    holed = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)], [[(0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.2, 0.4)]])
    for shape in (holed, holed.reverse()):
        outer, inner = (Polygon(points).exterior.is_ccw for _, points in unpack(encode(frame([shape])))[0])
        assert outer != inner


def test_mixed_collections_points_and_nothing_keep_their_rows():
    mixed = GeometryCollection([Point(1, 1), GeometryCollection([LineString([(2, 2), (3, 3)]), box(4, 4, 5, 5)])])
    rows = unpack(encode(frame([None, mixed, Point(), Point(7, 8)])))
    assert [[kind for kind, _ in paths] for paths in rows] == [[], [0, 1, 2], [], [0]]
    assert rows[3][0][1][0] == pytest.approx((7, 8), abs=8e-7)


def test_heights_are_left_out_and_other_systems_converted():
    plane = gpd.GeoDataFrame(geometry=[Point(500_000, 3_840_000, 77)], crs="EPSG:4547")
    (((_, (place,)),),) = unpack(encode(plane))
    assert place == pytest.approx(plane.to_crs("EPSG:4326").geometry[0].coords[0][:2], abs=8e-7)


def test_empty_frames_are_payloads_too():
    payload = encode(frame([]))
    assert payload.n == 0
    assert unpack(payload) == []


def test_coordinates_that_are_nowhere_are_refused_by_row():
    off = gpd.GeoDataFrame(index=["a", "b"], geometry=[Point(0, 0), Point(math.nan, 1)], crs="EPSG:4326").rename_axis(
        "plot"
    )
    off.loc["b", "geometry"] = LineString([(0, 0), (math.inf, 1)])
    with pytest.raises(MapError, match="b"):
        encode(off)
    with pytest.raises(MapError, match="set_crs"):
        encode(off.set_crs(None, allow_override=True))


def test_numbers_come_as_they_are_shown_and_the_rest_as_words():
    head, digits = column([0.25, math.nan, 0.12345], "covered_share", "en")
    assert (head["label"], head["rules"][0]["unit"], digits) == ("Coverage", "%", [250, MISSING, 123])
    assert column([0.25, math.inf], "covered_share", "en")[1:] == ([0, 1], ["25.0%", "inf%"])
    head, codes, words = column(["planted", None, "planted"], "status", "zh")
    assert (head["label"], codes, words) == ("状态", [0, -1, 0], ["已栽植"])
    assert column(pd.to_datetime(["2024-03-31", None]), "planted_on", "en")[2] == ["2024-03-31"]
    # Too great for the numbers of a page, and half a character from a torn file.
    assert column([5_000_000_000], "own", "en")[2] == ["5000000000"]
    assert column(pd.Series(["a\ud800b"], dtype=object), "own", "en")[2] == ["a?b"]


@given(st.lists(st.floats(-2e6, 2e6, allow_nan=False) | st.decimals(-99, 99, places=3).map(float), max_size=8))
def test_digits_are_those_that_format_writes(values):
    for decimals in range(4):
        digits = digits_of(np.array(values, dtype=float), decimals)
        if digits is not None:
            assert digits.tolist() == [int(f"{value:.{decimals}f}".replace(".", "")) for value in values]


@given(st.lists(st.integers(-(2**31) + 1, 2**31 - 1), max_size=20))
def test_whole_numbers_come_back_from_their_planes(numbers):
    block = Block()
    block.ints("numbers", np.array(numbers, dtype=np.int64))
    assert Unpacked(block.raw()).ints("numbers") == numbers


def test_a_block_is_the_same_text_each_time():
    payload = encode(frame([box(0, 0, 1, 1)], name=["槐"]), ["name"])
    again = encode(frame([box(0, 0, 1, 1)], name=["槐"]), ["name"])
    assert payload.shapes.text() == again.shapes.text()
    assert gzip.decompress(from_text(payload.columns.text())) == payload.columns.raw()


@given(st.binary(max_size=40))
def test_bytes_come_back_from_their_text(data):
    text = to_text(data)
    assert from_text(text) == data
    assert not set('<&"') & set(text)


def test_rows_of_a_large_layer_lie_together():
    rng = np.random.default_rng(2)
    places = gpd.GeoDataFrame({"at": range(5000)}, geometry=gpd.points_from_xy(*rng.random((2, 5000))), crs="EPSG:4326")
    places.loc[7, "geometry"] = None
    together = neighbours_together(places)
    assert sorted(together["at"]) == list(range(5000))
    assert together["at"].iloc[-1] == 7
    step = shapely.distance(together.geometry.to_numpy()[:-2], together.geometry.to_numpy()[1:-1])
    assert np.median(step) < 0.03
    assert neighbours_together(places.head(100)).index.equals(places.head(100).index)


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
