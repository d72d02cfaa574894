"""The geometry beneath coverage where it is hard: noise, failing overlays, chains of overlaps, collections."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from shapely import GeometryCollection, LineString, Point, Polygon, box
from tests.measure.layers import X, Y, frame, lattice_plots, lattice_shapes, tiles

from fringe.measure import cuts as cuts_module
from fringe.measure.coverage import coverage
from fringe.measure.cuts import RESCUE_GRID_M, cut, overlay, polygonal, unite
from fringe.model.parallel import chunked


def test_only_overlapping_plots_of_one_zone_are_a_cluster():
    zones = np.array([box(0, 0, 10, 10), box(10, 0, 20, 10)])
    # 0-1 overlap, 2 touches 1, 3 crosses the border and overlaps 2, 4 lies alone.
    plots = np.array([box(0, 0, 4, 4), box(3, 3, 6, 6), box(6, 3, 8, 6), box(7, 4, 12, 5), box(15, 5, 16, 6)])
    cuts = cut(zones, plots)
    assert list(zip(cuts.zone_at.tolist(), cuts.plot_at.tolist(), strict=True)) == [
        (0, 0), (0, 1), (0, 2), (0, 3), (1, 3), (1, 4),
    ]  # fmt: skip
    first, second, third, fourth, other, alone = cuts.cluster.tolist()
    assert first == second
    assert third == fourth
    assert len({first, third, other, alone}) == 4
    assert cuts.whole.tolist() == [False, True, True, False, False, True]


def test_an_overlay_geos_fails_on_is_done_on_a_grid():
    seen = []

    def fragile(left, right, grid_size=None):
        if grid_size is None and any(shape.area > 50 for shape in left):
            raise shapely.GEOSException("TopologyException: side location conflict")
        seen.append((len(left), grid_size))
        return shapely.intersection(left, right, grid_size=grid_size)

    left = np.array([box(0, 0, 1, 1), box(0, 0, 10, 10), box(0, 0, 2, 2), box(0, 0, 3, 3)])
    right = np.array([box(0, 0, 1, 5)] * 4)
    assert shapely.area(overlay(fragile, left, right)).tolist() == pytest.approx([1, 5, 2, 3])
    assert seen.count((1, RESCUE_GRID_M)) == 1


def test_a_union_geos_fails_on_is_done_on_a_grid(monkeypatch):
    plain = shapely.union_all

    def fragile(shapes, grid_size=None, **options):
        if grid_size is None:
            raise shapely.GEOSException("TopologyException: found non-noded intersection")
        return plain(shapes, grid_size=grid_size, **options)

    monkeypatch.setattr(shapely, "union_all", fragile)
    _, united = unite(np.array([box(0, 0, 2, 1), box(1, 0, 3, 1), box(9, 0, 10, 1)]), np.array([0, 0, 1]))
    assert shapely.area(united).tolist() == [3.0, 1.0]


def test_collections_lose_their_lines_and_points():
    shapes = np.array([
        GeometryCollection([box(0, 0, 1, 1), LineString([(0, 0), (5, 5)]), box(3, 3, 4, 4)]),
        GeometryCollection([Point(0, 0), LineString([(0, 0), (1, 1)])]),
        box(0, 0, 2, 2),
    ])  # fmt: skip
    assert shapely.area(polygonal(shapes)).tolist() == [2, 0, 4]
    assert shapely.get_dimensions(polygonal(shapes)).tolist() == [2, 2, 2]


def test_parcels_with_a_millimetre_of_noise_neither_explode_nor_change_the_sum():
    rng = np.random.default_rng(11)
    n, side = 40, 25.0
    corners = np.stack(np.meshgrid(np.arange(n) * side + X, np.arange(n) * side + Y), axis=-1).reshape(-1, 2)
    offsets = np.array([(0, 0), (side, 0), (side, side), (0, side)])
    noisy = corners[:, np.newaxis] + offsets + rng.uniform(-1e-3, 1e-3, (n * n, 4, 2))
    plots = frame([Polygon(ring) for ring in noisy])
    zones = tiles(4, n * side / 4)
    table = coverage(plots, zones, planar=True)
    # Each border may be a strip of 2 mm that is covered twice or not at all.
    border_m2 = 2e-3 * 2 * n * n * side
    assert abs(table["covered_m2"].sum() - (n * side) ** 2) < border_m2
    exact = shapely.union_all(plots.geometry.array)
    inside = shapely.area(shapely.intersection(zones.geometry.array, exact))
    np.testing.assert_allclose(table["covered_m2"], inside, rtol=1e-9)


def test_a_chain_across_zones_is_united_zone_by_zone():
    chain = frame([box(X + 10 * at, Y + 5, X + 10 * at + 15, Y + 25) for at in range(12)])
    zones = tiles(4, 30)
    table = coverage(chain, zones, planar=True)
    assert table.loc["Z0-0", "covered_m2"] == 30 * 20
    assert table["covered_m2"].sum() == pytest.approx(120 * 20)


def test_chunks_come_back_in_order():
    for workers in (1, 4, None):
        spans = chunked(lambda span: list(range(span.start, span.stop)), 10, size=3, workers=workers)
        assert [item for span in spans for item in span] == list(range(10))
    assert chunked(lambda span: span, 0, size=3) == [slice(0, 0)]


@settings(max_examples=60, deadline=None)
@given(plots=lattice_plots(least=2, most=9), zones=lattice_shapes(least=1, most=3))
def test_a_union_is_its_cuts_less_what_each_shares_with_those_before(plots, zones):
    shapes = np.array([*plots.geometry], dtype=object)
    found = cut(np.array([*zones, None], dtype=object)[:-1], shapes, native=False)
    rows = np.arange(len(found))
    if not len(rows):
        return
    _, of_set = np.unique(found.cluster, return_inverse=True)
    usual = found.united_m2(rows, of_set)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts_module, "_MANY", 1)
        patch.setattr(cuts_module, "_FEW_LINKS", 99)
        np.testing.assert_allclose(found.united_m2(rows, of_set), usual, rtol=1e-9, atol=1e-6)
