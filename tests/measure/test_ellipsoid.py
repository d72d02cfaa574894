"""Areas and lengths against geodesic figures on densified edges, in many projections and far from their centres."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box
from tests.measure.layers import frame, geodesic_area, geodesic_length, tiles

from fringe.measure.coverage import coverage
from fringe.measure.ellipsoid import (
    FIT_RESIDUAL,
    Polynomial,
    area_measure,
    fit,
    integrals_along,
    integrals_over,
    length_measure,
)
from fringe.measure.lengths import lengths

# CRS, and a place in it: on a central meridian, 1.5 and 3 degrees from it, two conic projections, another hemisphere.
PLACES = {
    "CGCS2000 3-degree": ("EPSG:4547", 500_000, 3_840_000),
    "CGCS2000 at its rim": ("EPSG:4547", 635_000, 3_840_000),
    "UTM at its rim": ("EPSG:32650", 770_000, 3_840_000),
    "Lambert conformal": ("EPSG:2154", 700_000, 6_900_000),
    "Lambert equal area": ("EPSG:3035", 4_300_000, 3_000_000),
    "Albers": ("EPSG:5070", 100_000, 1_900_000),
    "UTM south": ("EPSG:32736", 300_000, 8_500_000),
}


def shapes_at(x, y):
    """Figures between 100 m and 20 km, with holes and parts, and rings turning either way."""
    star = Polygon([(0, 0), (9000, 2000), (20_000, 0), (16_000, 9000), (20_000, 18_000), (4000, 15_000)])
    holed = Polygon([(0, 0), (12_000, 0), (12_000, 9000), (0, 9000)], [[(2000, 2000), (7000, 2500), (3000, 7000)]])
    parts = MultiPolygon([box(-9000, -9000, -8000, -8000), box(9000, -9000, 9100, -8000)])
    shapes = [star, shapely.reverse(holed), parts, box(0, 0, 100, 100)]
    return np.array([shapely.transform(shape, lambda xy: xy + np.array([x, y])) for shape in shapes])


@pytest.mark.parametrize(("crs", "x", "y"), PLACES.values(), ids=PLACES)
def test_areas_agree_with_geodesics(crs, x, y):
    shapes = shapes_at(x, y)
    ours = area_measure(pyproj.CRS(crs), tuple(shapely.total_bounds(shapes)))(shapes)
    # Geodesic areas are good to a few cm2, 1e-5 of the smallest figure here would be 0.1 m2.
    np.testing.assert_allclose(ours, [geodesic_area(shape, crs) for shape in shapes], rtol=1e-6)


@pytest.mark.parametrize(("crs", "x", "y"), PLACES.values(), ids=PLACES)
def test_lengths_agree_with_geodesics(crs, x, y):
    lines = shapely.boundary(shapes_at(x, y))
    ours = length_measure(pyproj.CRS(crs), tuple(shapely.total_bounds(lines)))(lines)
    np.testing.assert_allclose(ours, [geodesic_length(line, crs) for line in lines], rtol=1e-6)


def test_the_public_measures_agree_with_geodesics_far_from_the_meridian():
    crs, x, y = PLACES["UTM at its rim"]
    zones = frame([box(x, y, x + 6000, y + 5000), box(x + 6000, y, x + 12_000, y + 5000)], crs=crs)
    plots = frame([box(x + 500, y + 500, x + 900, y + 700), box(x + 5000, y, x + 7000, y + 4000)], crs=crs)
    roads = frame([shapely.LineString([(x + 100, y + 100), (x + 11_000, y + 4000)])], crs=crs)
    table = coverage(plots, zones)
    inside = [shapely.intersection(zone, shapely.union_all(plots.geometry.array)) for zone in zones.geometry]
    np.testing.assert_allclose(table["zone_m2"], [geodesic_area(zone, crs) for zone in zones.geometry], rtol=1e-6)
    np.testing.assert_allclose(table["covered_m2"], [geodesic_area(part, crs) for part in inside], rtol=1e-6)
    cut = [zone.intersection(roads.geometry.iloc[0]) for zone in zones.geometry]
    metres = lengths(roads, zones)["length_m"]
    np.testing.assert_allclose(metres, [geodesic_length(line, crs) for line in cut], rtol=1e-6)
    # In the plane both are off by far more than that here.
    assert (coverage(plots, zones, planar=True)["zone_m2"] / table["zone_m2"] - 1).abs().min() > 1e-4
    assert (lengths(roads, zones, planar=True)["length_m"] / metres - 1).abs().min() > 1e-4


def test_a_whole_country_takes_a_higher_degree():
    bounds = (200_000.0, 3_000_000.0, 800_000.0, 4_200_000.0)
    crs = pyproj.CRS("EPSG:32650")
    measure = area_measure(crs, bounds)
    places = [box(x, y, x + 3000, y + 3000) for x in (210_000, 500_000, 790_000) for y in (3_010_000, 4_190_000)]
    np.testing.assert_allclose(measure(np.array(places)), [geodesic_area(one, crs) for one in places], rtol=1e-7)


@settings(max_examples=40, deadline=None)
@given(
    coefficients=st.lists(st.floats(-1, 1), min_size=6, max_size=6),
    corner=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
    sides=st.tuples(st.floats(0.1, 40), st.floats(0.1, 40)),
    turned=st.booleans(),
)
def test_integrals_over_a_box_are_those_of_the_formula(coefficients, corner, sides, turned):
    a, b, c, d, e, f = coefficients
    function = Polynomial(0.0, 0.0, 10.0, np.array([[a, b, c], [d, e, 0], [f, 0, 0]]), 0.0)
    (x0, y0), (x1, y1) = corner, (corner[0] + sides[0], corner[1] + sides[1])

    def power(low, high, n):
        return 10 * ((high / 10) ** (n + 1) - (low / 10) ** (n + 1)) / (n + 1)

    terms = {(0, 0): a, (0, 1): b, (0, 2): c, (1, 0): d, (1, 1): e, (2, 0): f}
    expected = sum(factor * power(x0, x1, i) * power(y0, y1, j) for (i, j), factor in terms.items())
    shape = box(x0, y0, x1, y1)
    shape = shapely.reverse(shape) if turned else shape
    assert integrals_over(np.array([shape]), function)[0] == pytest.approx(expected, abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(coefficients=st.lists(st.floats(-1, 1), min_size=3, max_size=3), ends=st.tuples(*[st.floats(-50, 50)] * 4))
def test_integrals_along_a_segment_are_those_of_simpsons_rule(coefficients, ends):
    a, b, c = coefficients
    function = Polynomial(0.0, 0.0, 10.0, np.array([[a, b, 0], [0, c, 0], [0, 0, 0]]), 0.0)
    (x0, y0), (x1, y1) = ends[:2], ends[2:]
    start, middle, end = (
        a + b * (y0 + t * (y1 - y0)) / 10 + c * (x0 + t * (x1 - x0)) * (y0 + t * (y1 - y0)) / 100 for t in (0, 0.5, 1)
    )
    expected = float(np.hypot(x1 - x0, y1 - y0)) * (start + 4 * middle + end) / 6
    line = shapely.LineString([(x0, y0), (x1, y1)])
    assert integrals_along(np.array([line]), function)[0] == pytest.approx(expected, abs=1e-8)


def test_pieces_add_up_to_the_whole():
    crs = pyproj.CRS("EPSG:32650")
    whole = box(700_000, 3_800_000, 800_000, 3_900_000)
    pieces = np.array(
        [
            box(x, y, x + 5000, y + 5000)
            for x in range(700_000, 800_000, 5000)
            for y in range(3_800_000, 3_900_000, 5000)
        ]
    )
    measure = area_measure(crs, whole.bounds)
    assert measure(pieces).sum() == pytest.approx(measure(np.array([whole]))[0], rel=1e-12)


def test_small_plots_far_from_the_centre_lose_nothing():
    flat = fit(lambda x, y: np.ones_like(x + y), (0.0, 0.0, 1e6, 1e6))
    plots = np.array([box(x, 999_000, x + 0.5, 999_000.5) for x in (0, 123_456, 999_000)])
    np.testing.assert_allclose(integrals_over(plots, flat), 0.25, rtol=1e-11)


def test_rings_of_every_kind_in_one_go():
    # More coordinates than are worked on at once, and empty shapes, lines and points between them.
    many = shapely.buffer(shapely.points(np.arange(3000) * 10.0, 0), 4, quad_segs=8)
    odd = np.array([Polygon(), shapely.LineString([(0, 0), (1, 1)]), shapely.Point(0, 0), MultiPolygon()], dtype=object)
    flat = Polynomial(0.0, 0.0, 1.0, np.ones((1, 1)), 0.0)
    shapes = np.concatenate([odd, many, odd])
    np.testing.assert_allclose(integrals_over(shapes, flat), shapely.area(shapes), rtol=1e-9)
    assert integrals_over(odd, flat).tolist() == [0.0] * 4
    assert integrals_over(odd[:0], flat).tolist() == []


def test_the_fit_says_how_close_it_is():
    assert fit(lambda x, y: 1 + x * y / 1e12, (0.0, 0.0, 1e5, 1e5)).residual < FIT_RESIDUAL
    rough = fit(lambda x, y: 1 + 0.5 * np.sin(x / 3000) * np.cos(y / 2000), (0.0, 0.0, 1e5, 1e5))
    assert rough.residual > FIT_RESIDUAL


def test_all_columns_of_a_table_use_one_measure():
    zones = tiles(2, 1000)
    for planar in (True, False):
        table = coverage(frame([zones.geometry.iloc[0]]), zones, planar=planar)
        assert table.loc["Z0-0", "covered_m2"] == table.loc["Z0-0", "zone_m2"] == table.loc["Z0-0", "summed_m2"]
