"""Lengths on a grid of four hectares, borders shared, and the laws of both."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Polygon, box
from tests.measure.layers import X, Y, frame, lattice_lines, lattice_shapes, tiles

from fringe.errors import CRSError, FringeWarning, LayerError
from fringe.measure.ellipsoid import length_measure
from fringe.measure.lengths import lengths
from fringe.measure.line_cuts import lengths_in

modest = settings(max_examples=40, deadline=None)
TILING = tiles(3, 40)


def line(*xy):
    return LineString([(X + x, Y + y) for x, y in xy])


def columns(lines, zones, **options):
    table = lengths(frame(lines), zones, planar=True, **options)
    return table["length_m"].to_dict(), table["border_m"].to_dict()


def test_a_road_through_two_zones(grid):
    length, border = columns([line((50, 50), (150, 50)), line((10, 10), (10, 40))], grid)
    assert length == {"NW": 0, "NE": 0, "SW": 80, "SE": 50}
    assert set(border.values()) == {0}
    density = lengths(frame([line((50, 50), (150, 50))]), grid, planar=True)["density_km_per_km2"]
    # 50 m on 1 ha are 0.05 km on 0.01 km2.
    assert density.to_dict() == pytest.approx({"NW": 0, "NE": 0, "SW": 5, "SE": 5})


def test_a_border_is_shared_between_two(grid):
    length, border = columns([line((100, 20), (100, 60))], grid)
    assert length == {"NW": 0, "NE": 0, "SW": 20, "SE": 20}
    assert border == length


def test_an_outer_border_belongs_to_its_zone(grid):
    length, border = columns([line((0, -50), (0, 150))], grid)
    assert length == {"NW": 50, "NE": 0, "SW": 100, "SE": 0}
    assert border == length


def test_a_road_that_leaves_the_border(grid):
    length, border = columns([line((100, 0), (100, 40), (150, 40))], grid)
    assert length == {"NW": 0, "NE": 0, "SW": 20, "SE": 70}
    assert border == {"NW": 0, "NE": 0, "SW": 20, "SE": 20}


def test_three_zones_share_a_stretch_in_thirds():
    # Two overlapping zones and their neighbour have the same stretch on their border, one of them only half of it.
    zones = frame(
        [box(X, Y, X + 60, Y + 60), box(X, Y, X + 60, Y + 30), box(X + 60, Y, X + 90, Y + 60)], index=list("abc")
    )
    length, border = columns([line((60, 0), (60, 60))], zones)
    assert length == pytest.approx({"a": 10 + 15, "b": 10, "c": 10 + 15})
    assert border == length


def test_an_enclave_shares_its_outline():
    hole = box(X + 30, Y + 30, X + 60, Y + 60)
    zones = frame([box(X, Y, X + 90, Y + 90) - hole, hole], index=["around", "enclave"])
    length, _ = columns([shapely.boundary(hole)], zones)
    assert length == {"around": 60, "enclave": 60}


def test_borders_digitised_with_other_vertices_are_one_border():
    # The slanted border has a vertex only in one of the two zones; rounding keeps it 1e-10 m off the other's edge.
    a, b, c = (X, Y), (X + 70, Y + 30), (X + 70 / 3, Y + 10)
    zones = frame([Polygon([a, b, (X, Y + 30)]), Polygon([a, c, b, (X + 70, Y)])], index=["upper", "lower"])
    length, border = columns([LineString([a, b])], zones)
    half = float(np.hypot(70, 30)) / 2
    assert length == pytest.approx({"upper": half, "lower": half})
    assert border == length


def test_a_line_running_back_over_itself_counts_twice(grid):
    there_and_back = line((50, 50), (150, 50), (50, 50))
    length, _ = columns([there_and_back], grid)
    assert length == {"NW": 0, "NE": 0, "SW": 100, "SE": 100}
    length, _ = columns([line((100, 20), (100, 60), (100, 20))], grid)
    assert length == {"NW": 0, "NE": 0, "SW": 40, "SE": 40}


def test_zones_that_overlap_each_have_the_line(grid):
    zones = pd.concat([grid, frame([box(X + 10, Y + 10, X + 60, Y + 60)], index=["part"])])
    length, _ = columns([line((20, 20), (40, 20))], zones[["geometry"]])
    assert length["SW"] == length["part"] == 20
    length, _ = columns([line((20, 20), (90, 20))], zones[["geometry"]])
    assert length["SW"] == 70
    assert length["part"] == 40


def test_by_class_and_per_township(grid):
    roads = frame(
        [line((50, 50), (150, 50)), MultiLineString([line((10, 10), (10, 40)), line((50, 150), (60, 150))])],
        road_class=["primary", "track"],
    )
    table = lengths(roads, grid, by="road_class", planar=True)
    assert table.index.names == ["zone", "road_class"]
    assert len(table) == 8
    assert table["length_m"].xs("track", level="road_class").to_dict() == {"NW": 10, "NE": 0, "SW": 30, "SE": 0}
    townships = lengths(roads, grid, per="township", planar=True)
    assert townships["length_m"].to_dict() == {"north": 10, "south": 130}


def test_a_border_inside_a_township_is_none(grid):
    along = frame([line((100, 20), (100, 60))])
    assert lengths(along, grid, per="township", planar=True)[["length_m", "border_m"]].loc["south"].tolist() == [40, 0]


def test_no_lines_are_no_length(grid):
    table = lengths(frame([]), grid)
    assert table["length_m"].tolist() == [0.0] * 4
    assert table["density_km_per_km2"].tolist() == [0.0] * 4
    assert lengths(frame([]), grid, by="road_class").empty


def test_bad_input_is_named(grid):
    with pytest.raises(LayerError, match=r"lines, row 0.*Polygon"):
        lengths(frame([box(X, Y, X + 1, Y + 1)]), grid)
    with pytest.raises(LayerError, match="no rows"):
        lengths(frame([line((0, 0), (1, 1))]), grid.iloc[:0])
    with pytest.raises(LayerError, match="road_clas"):
        lengths(frame([line((0, 0), (1, 1))], road_class=["track"]), grid, by="road_clas")
    with pytest.raises(CRSError):
        lengths(frame([line((0, 0), (1, 1))], crs=3857), grid)
    with pytest.warns(FringeWarning, match=r"row 0.*missing"):
        lengths(frame([line((0, 0), (1, 1))], road_class=[None]), grid, by="road_class")


@modest
@given(lines=lattice_lines())
def test_zones_that_tile_add_up_to_the_lines_within(lines):
    whole = shapely.union_all(TILING.geometry.array)
    segments = [LineString(pair) for shape in lines.geometry for pair in pairwise(shape.coords)]
    inside = sum(whole.intersection(segment).length for segment in segments)
    table = lengths(lines, TILING, planar=True)
    assert table["length_m"].sum() == pytest.approx(inside, abs=1e-6)
    assert (table["border_m"] <= table["length_m"] + 1e-9).all()


@modest
@given(lines=lattice_lines())
def test_a_slow_loop_shares_borders_the_same(lines):
    expected = dict.fromkeys(TILING.index, 0.0)
    for shape in lines.geometry:
        for pair in pairwise(shape.coords):
            # Pieces so short that each lies on one border, or within one zone.
            for piece in shapely.get_parts(shapely.union_all([LineString(pair)])):
                for a, b in _cut_at_grid(piece):
                    middle = shapely.Point((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
                    holders = [name for name, zone in TILING.geometry.items() if zone.distance(middle) < 1e-6]
                    for name in holders:
                        expected[name] += float(np.hypot(b[0] - a[0], b[1] - a[1])) / len(holders)
    table = lengths(lines, TILING, planar=True)
    assert table["length_m"].to_dict() == pytest.approx(expected, abs=1e-6)


def _cut_at_grid(segment):
    """Cut a segment where it crosses a line of the grid of 40 m."""
    (x0, y0), (x1, y1) = segment.coords
    cuts = {0.0, 1.0}
    for low, high, origin in ((x0, x1, X), (y0, y1, Y)):
        if low != high:
            at = (origin + np.arange(5) * 40 - low) / (high - low)
            cuts |= set(at[(at > 0) & (at < 1)].tolist())
    t = sorted(cuts)
    points = [(x0 + part * (x1 - x0), y0 + part * (y1 - y0)) for part in t]
    return pairwise(points)


@modest
@given(lines=lattice_lines())
def test_workers_units_and_order_change_nothing(lines):
    table = lengths(lines, TILING)
    pd.testing.assert_frame_equal(lengths(lines, TILING, workers=2), table, check_exact=True)
    pd.testing.assert_frame_equal(lengths(lines.iloc[::-1], TILING), table, rtol=1e-12)


# Two ways to one figure


def both(lines, zones, rule):
    """Length and border length of each zone, by geometry and by the kernel."""
    shapes = [np.array(layer.geometry.array, dtype=object) for layer in (zones, lines)]
    tables = []
    for kernel in (False, True):
        found = lengths_in(*shapes, rule, kernel=kernel)
        tables.append([np.bincount(found.zone_at, part, len(zones)) for part in (found.length_m, found.border_m)])
    return np.array(tables)


@st.composite
def turned(draw):
    """Zones with holes and parts, turned and moved far, and chains that cross, touch and follow their borders."""
    zones, lines = frame(draw(lattice_shapes(least=1, most=5))), draw(lattice_lines())
    degrees = draw(st.sampled_from([0, 0, 90, 17, 45]))
    shift = draw(st.sampled_from([0.0, 1e6, 0.3]))
    return [
        layer.set_geometry(layer.rotate(degrees, origin=(X + 50, Y + 50)).translate(shift, shift))
        for layer in (lines, zones)
    ]


@settings(max_examples=150, deadline=None)
@given(layers=turned())
def test_the_kernel_and_geometry_agree(layers):
    lines, zones = layers
    zones = zones.set_geometry(zones.make_valid())
    for rule in (length_measure(None, (0, 0, 1, 1)), length_measure(zones.crs, tuple(zones.total_bounds))):
        slow, fast = both(lines, zones, rule)
        np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-6)


def test_the_kernel_agrees_on_roads_across_a_coverage_and_with_overlay():
    rng = np.random.default_rng(3)
    corners = rng.uniform((X - 50, Y - 50), (X + 250, Y + 250), (40, 12, 2))
    roads = frame([LineString(xy) for xy in corners], name="road")
    points = shapely.MultiPoint(rng.uniform((X, Y), (X + 200, Y + 200), (30, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=box(X, Y, X + 200, Y + 200)))
    zones = frame(shapely.intersection(cells, box(X, Y, X + 200, Y + 200)))
    slow, fast = both(roads, zones, length_measure(None, (0, 0, 1, 1)))
    np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-6)
    overlaid = [sum(zone.intersection(road).length for road in roads.geometry) for zone in zones.geometry]
    np.testing.assert_allclose(fast[0], overlaid, rtol=1e-9)


def test_a_dual_carriageway_counts_by_half_where_asked(grid):
    roads = frame([line((50, 50), (150, 50)), line((50, 60), (150, 60)), line((10, 10), (10, 40))])
    roads["dual"] = [True, True, None]
    assert lengths(roads, grid, planar=True)["length_m"].to_dict() == {"NW": 0, "NE": 0, "SW": 130, "SE": 100}
    halves = lengths(roads, grid, dual="half", planar=True)
    assert halves["length_m"].to_dict() == {"NW": 0, "NE": 0, "SW": 80, "SE": 50}
    assert halves["density_km_per_km2"].to_dict() == pytest.approx({"NW": 0, "NE": 0, "SW": 8, "SE": 5})
    along = frame([line((100, 20), (100, 60))], dual=[True])
    assert lengths(along, grid, dual="half", planar=True)["border_m"].to_dict() == {
        "NW": 0,
        "NE": 0,
        "SW": 10,
        "SE": 10,
    }


def test_dual_is_refused_where_it_cannot_be_told(grid):
    roads = frame([line((50, 50), (150, 50))])
    with pytest.raises(LayerError, match="dual"):
        lengths(roads, grid, dual="half")
    with pytest.raises(LayerError, match="Did you mean 'half'"):
        lengths(roads, grid, dual="halve")
    with pytest.raises(LayerError, match=r"row 0.*'maybe'"):
        lengths(roads.assign(dual="maybe"), grid, dual="half")
