"""The compiled loops against GEOS on geometry made to mislead them, against fractions, and where they must not run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, affinity, box
from tests.measure.layers import X, Y, frame, lattice_plots, tiles

from fringe.measure import cuts as cuts_module
from fringe.measure.coverage import coverage
from fringe.measure.cuts import cut
from fringe.measure.ellipsoid import Areas, Polynomial, area_measure
from fringe.model import compiled as compiled_module
from fringe.model import geometry
from fringe.model.geometry import is_valid

pytest.importorskip("numba")
from fringe.model.exact import fine_turn, turn

thorough = settings(max_examples=60, deadline=None)
modest = settings(max_examples=40, deadline=None)

# A cell of the lattice: nothing, all of it, or one of the triangles of its corners.
PIECES = (
    None,
    box(0, 0, 1, 1),
    Polygon([(0, 0), (1, 0), (0, 1)]),
    Polygon([(1, 0), (1, 1), (0, 0)]),
    Polygon([(1, 1), (0, 1), (1, 0)]),
    Polygon([(0, 1), (0, 0), (1, 1)]),
)


@st.composite
def mosaics(draw, size=4):
    """Unions of cells and half cells: holes, parts, and corners and borders that touch, all on one lattice."""
    cells = draw(st.lists(st.integers(0, len(PIECES) - 1), min_size=size * size, max_size=size * size))
    parts = [
        affinity.translate(PIECES[kind], at % size, at // size)
        for at, kind in enumerate(cells)
        if PIECES[kind] is not None
    ]
    shape = shapely.union_all(parts)
    return shape if draw(st.booleans()) else shape.simplify(0)


def placements():
    """Ways to lay a lattice in the plane: as it is, far away, turned by an awkward angle, in odd units, tiny, wide."""
    return st.sampled_from([
        (0.0, 0.0, 0.0, 10.0), (X, Y, 0.0, 10.0), (1e6, 1e6, 0.0, 10.0), (1e6, 9e6, 0.0, 0.1), (X, Y, 33.3, 10.0),
        (X, Y, 7.0, 10 / 3), (-1e6, 1e6, 0.1, 1000.0), (0.0, 0.0, 45.0, 1.0),
    ])  # fmt: skip


def placed(shape, placement):
    x, y, angle, scale = placement
    turned = affinity.rotate(affinity.scale(shape, scale, scale, origin=(0, 0)), angle, origin=(0, 0))
    return affinity.translate(turned, x, y)


@st.composite
def scenes(draw, most_zones=3, most_plots=5):
    """Zones and plots on one lattice, some plots moved by a little noise."""
    placement = draw(placements())
    zones = [placed(draw(mosaics()), placement) for _ in range(draw(st.integers(1, most_zones)))]
    plots = []
    for _ in range(draw(st.integers(1, most_plots))):
        shape = placed(draw(mosaics()), placement)
        noise = draw(st.sampled_from([0.0, 0.0, 1e-9, 1e-3]))
        if noise:
            rng = np.random.default_rng(draw(st.integers(0, 99)))
            shape = moved(shape, lambda xy, rng=rng, noise=noise: xy + rng.uniform(-noise, noise, xy.shape))
        plots.append(shape)
    if draw(st.booleans()):
        plots.append(zones[0])
    return tuple(np.array([*(_fit(shape) for shape in some), None], dtype=object)[:-1] for some in (zones, plots))


def moved(shape, move):
    """The shape with the vertices of each ring moved, and closed again."""
    parts = []
    for part in shapely.get_parts(shape):
        shell, *holes = (move(shapely.get_coordinates(ring)[:-1]) for ring in shapely.get_rings(part))
        parts.append(Polygon(shell, holes))
    return MultiPolygon(parts) if len(parts) != 1 else parts[0]


def _fit(shape):
    if not shape.is_valid:
        shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    return shape if shape.geom_type in {"Polygon", "MultiPolygon"} else Polygon()


def areas_of(cuts):
    return {(zone, plot): area for zone, plot, area in zip(cuts.zone_at, cuts.plot_at, cuts.area_m2, strict=True)}


def assert_same_cuts(zones, plots, measure=None):
    ours, theirs = (cut(zones, plots, measure=measure, native=native) for native in (True, False))
    mine, other = areas_of(ours), areas_of(theirs)
    for key in mine.keys() | other.keys():
        assert mine.get(key, 0.0) == pytest.approx(other.get(key, 0.0), rel=1e-9, abs=1e-6), key
    np.testing.assert_allclose(ours.zone_m2, theirs.zone_m2, rtol=1e-9, atol=1e-6)
    return ours


@thorough
@given(scene=scenes())
def test_cuts_are_those_of_geos(scene):
    assert_same_cuts(*scene)


@thorough
@given(scene=scenes(most_zones=1, most_plots=6), data=st.data())
def test_unions_are_those_of_geos(scene, data):
    zones, plots = scene
    cuts = cut(zones, plots, native=True)
    if not len(cuts):
        return
    chosen = data.draw(st.lists(st.booleans(), min_size=len(cuts), max_size=len(cuts)))
    rows = np.flatnonzero(chosen) if any(chosen) else np.array([0])
    united = cuts.united_m2(rows, np.zeros(len(rows), dtype=np.int64))[0]
    # GEOS moves slivers of millimetres a little when it overlays what it has overlaid: one order of the two is right.
    whole = zones[0].intersection(shapely.union_all(plots[cuts.plot_at[rows]])).area
    parts = shapely.union_all([zones[0].intersection(plot) for plot in plots[cuts.plot_at[rows]]]).area
    assert min(abs(united - whole), abs(united - parts)) <= max(1e-6, 1e-9 * whole)


@modest
@given(plots=lattice_plots(), data=st.data())
def test_tables_do_not_depend_on_the_path(plots, data):
    by = data.draw(st.sampled_from([None, "status", "green_class"]))
    planar = data.draw(st.booleans())
    tables = []
    for native in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cuts_module, "worthwhile", lambda _, native=native: native)
            patch.setattr(geometry, "worthwhile", lambda _, native=native: native)
            tables.append(coverage(plots, tiles(3, 40), by=by, planar=planar))
    pd.testing.assert_frame_equal(*tables, rtol=1e-9, atol=1e-6)


@modest
@given(scene=scenes(most_zones=2, most_plots=3), degree=st.sampled_from([2, 3, 4]), seed=st.integers(0, 99))
def test_weighted_areas_are_those_of_geos(scene, degree, seed):
    zones, plots = scene
    west, south, east, north = shapely.total_bounds(np.r_[zones, plots])
    if not east > west:
        return
    coefficients = np.random.default_rng(seed).uniform(-1e-3, 1e-3, (degree + 1, degree + 1))
    coefficients[np.add.outer(np.arange(degree + 1), np.arange(degree + 1)) > degree] = 0.0
    coefficients[0, 0] = 1.0
    half = max(east - west, north - south) / 2
    assert_same_cuts(zones, plots, Areas(Polynomial((west + east) / 2, (south + north) / 2, half, coefficients, 0.0)))


def rings(n):
    """Boxes within boxes: every second one a hole."""
    return shapely.MultiPolygon(
        [box(-at, -at, at, at) - box(-at + 1, -at + 1, at - 1, at - 1) for at in range(n, 1, -2)]
    )


HAND = {
    "plot is zone": (box(0, 0, 10, 10), box(0, 0, 10, 10), 100),
    "plot in zone": (box(0, 0, 10, 10), box(2, 2, 4, 4), 4),
    "zone in plot": (box(2, 2, 4, 4), box(0, 0, 10, 10), 4),
    "border outside": (box(0, 0, 10, 10), box(10, 0, 20, 10), 0),
    "border inside": (box(0, 0, 10, 10), box(5, 0, 10, 10), 50),
    "part of a border outside": (box(0, 0, 10, 10), box(10, 3, 20, 5), 0),
    "corners": (box(0, 0, 10, 10), box(10, 10, 20, 20), 0),
    "corner on a border": (box(0, 0, 10, 10), Polygon([(10, 5), (15, 0), (15, 10)]), 0),
    "corner on a border from inside": (box(0, 0, 10, 10), Polygon([(10, 5), (5, 0), (5, 10)]), 25),
    "through corners": (box(0, 0, 10, 10), Polygon([(-5, 5), (5, -5), (15, 5), (5, 15)]), 100),
    "hole filled": (box(0, 0, 9, 9) - box(3, 3, 6, 6), box(3, 3, 6, 6), 0),
    "hole within": (box(0, 0, 9, 9) - box(3, 3, 6, 6), box(2, 2, 7, 7), 16),
    "hole of the plot": (box(0, 0, 9, 9), box(-1, -1, 10, 10) - box(1, 1, 8, 8), 81 - 49),
    "rings in rings": (rings(9), rings(8), 0),
    "the same rings": (rings(9), rings(9), rings(9).area),
    "parts": (MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)]), box(0.5, 0, 2.5, 1), 1),
    "repeated vertices": (box(0, 0, 4, 4), Polygon([(1, 1), (1, 1), (6, 1), (6, 3), (6, 3), (1, 3), (1, 1)]), 6),
    "sliver": (box(0, 0, 1000, 10), Polygon([(0, 10 - 1e-3), (1000, 10 - 1e-3), (1000, 11), (0, 11)]), 1),
    "nothing": (box(0, 0, 1, 1), Polygon(), 0),
}


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("case", HAND)
def test_by_hand(case, offset, turned):
    zone, plot, expected = HAND[case]
    zone, plot = (affinity.translate(shape, offset, offset) for shape in (zone, plot))
    cuts = cut(np.array([zone]), np.array([shapely.reverse(plot) if turned else plot]), native=True)
    assert cuts.area_m2.sum() == pytest.approx(expected, abs=1e-6)
    assert len(cuts) == (expected > 0)
    if len(cuts):
        assert bool(cuts.whole[0]) == (case == "plot in zone")
        assert shapely.area(cuts.shapes).sum() == pytest.approx(expected, abs=1e-6)


def test_many_edges_are_looked_up_in_a_grid():
    # A comb against a comb across it: edges by the hundred on both sides, more than are compared one by one.
    teeth = [(at, height) for at in range(0, 200, 2) for height in ((0, 100) if at % 4 else (100, 0))]
    comb = Polygon([*teeth, (199, -5), (-1, -5)])
    zones = np.array([comb, comb.buffer(3, quad_segs=64)])
    plots = np.array(
        [shapely.transform(comb, lambda xy: xy[:, ::-1] + [30.3, -20.7]), shapely.Point(90, 30).buffer(40, 200)]
    )
    for left, right in ((zones, plots), (plots, zones)):
        assert len(assert_same_cuts(left, right)) == 4
    cuts = cut(zones, plots, native=True)
    exact = [zone.intersection(shapely.union_all(plots)).area for zone in zones]
    np.testing.assert_allclose(cuts.united_m2(np.arange(4), cuts.zone_at), exact, rtol=1e-12)


def test_threads_change_nothing():
    rng = np.random.default_rng(3)
    shapes = np.concatenate([shapely.buffer(shapely.points(rng.uniform(0, 900, (15_000, 2)) + X), 4)])
    zones = np.asarray(
        frame(
            [box(X + i * 90, X + j * 90, X + i * 90 + 90, X + j * 90 + 90) for i in range(10) for j in range(10)]
        ).geometry.array
    )
    one, two = (cut(zones, shapes, workers=workers, native=True) for workers in (1, 2))
    assert one.area_m2.tobytes() == two.area_m2.tobytes()
    rows = np.arange(len(one))
    assert one.united_m2(rows, one.zone_at).tobytes() == two.united_m2(rows, two.zone_at).tobytes()


def test_shapes_are_not_written_to():
    plot = shapely.reverse(box(5, 5, 15, 15))
    before = plot.wkb
    cut(np.array([box(0, 0, 10, 10)]), np.array([plot]), native=True)
    is_valid(np.array([plot]), native=True)
    assert plot.wkb == before


def test_noise_on_shared_borders_changes_the_sum_by_no_more_than_itself():
    # 10,000 parcels; each vertex is a millimetre off, for each parcel by itself, so that borders cross thousandfold.
    side, noise_m = 100, 1e-3
    rng = np.random.default_rng(11)
    x, y = np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0), indexing="ij")
    knots = np.stack([x, y], axis=-1) * 50 + rng.integers(-15, 16, (side + 1, side + 1, 2)) + [X, Y]
    corners = np.stack([knots[:-1, :-1], knots[1:, :-1], knots[1:, 1:], knots[:-1, 1:]], axis=2).reshape(-1, 4, 2)
    clean, noisy = (
        np.asarray(shapely.polygons(corners + noise), dtype=object)
        for noise in (0.0, rng.uniform(-noise_m, noise_m, corners.shape))
    )
    of = (np.arange(side * side) // side // 10) * 10 + np.arange(side * side) % side // 10
    zones = np.array([shapely.union_all(clean[of == at]) for at in range(100)])
    covered, summed = [], []
    for plots in (clean, noisy):
        cuts = cut(zones, plots, native=True)
        covered.append(cuts.united_m2(np.arange(len(cuts)), cuts.zone_at))
        summed.append(np.bincount(cuts.zone_at, cuts.area_m2))
    np.testing.assert_allclose(covered[0], shapely.area(zones), rtol=1e-12)
    np.testing.assert_allclose(summed[0], shapely.area(zones), rtol=1e-12)
    border_m = np.bincount(of, shapely.length(clean))
    diagonal = 2**0.5 * noise_m
    for values, exact in ((covered, 1.0), (summed, 0.0)):
        assert (np.abs(values[1] - values[0]) <= diagonal * border_m).all()
        assert (values[1] < values[0]).any() or not exact
    # Neighbours that reach a millimetre into a zone are cuts of it, no plot is cut by more than four zones.
    assert side * side <= len(cuts) <= 4 * side * side
    for at in (0, 37, 99):
        near = noisy[shapely.intersects(noisy, zones[at])]
        assert covered[1][at] == pytest.approx(shapely.union_all(near).intersection(zones[at]).area, rel=1e-9)


def test_a_speck_two_plots_share_beside_a_third_is_not_lost():
    # The first and third share less than a thousandth of a square millimetre, most of it under the second.
    plots = np.array([
        box(0, 0, 50, 50),
        Polygon([(49.99, -9), (60, -9), (60, 50.00001), (49.99, 50.00001)]),
        box(49.99999, 49.99999, 100, 100),
    ])  # fmt: skip
    zone = np.array([box(-10, -10, 200, 200)])
    cuts = cut(zone, plots, native=True)
    united = cuts.united_m2(np.arange(3), np.zeros(3, dtype=np.int64))[0]
    assert united == pytest.approx(shapely.union_all(plots).area, abs=1e-8)


# ---- exact tests


ULP = 2.0**-33  # of coordinates between 2**19 and 2**20


@settings(max_examples=400, deadline=None)
@given(
    base=st.tuples(st.integers(0, 2**20), st.integers(0, 2**20)),
    step=st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)),
    factor=st.floats(-3, 3),
    nudge=st.tuples(st.integers(-2, 2), st.integers(-2, 2)),
    offset=st.sampled_from([0.0, 5e5, 1e6, 1e-3]),
)
@example(base=(0, 0), step=(0, 0), factor=0.0, nudge=(0, 0), offset=0.0)
def test_sides_are_exact(base, step, factor, nudge, offset):
    a = (base[0] * 0.37 + offset, base[1] * 0.37 + offset)
    b = (a[0] + step[0] * 0.1, a[1] + step[1] * 0.1)
    c = tuple(a[at] + factor * (b[at] - a[at]) + nudge[at] * ULP for at in (0, 1))
    (ax, ay), (bx, by), (cx, cy) = (tuple(Fraction(value) for value in place) for place in (a, b, c))
    exact = (ax - cx) * (by - cy) - (ay - cy) * (bx - cx)
    sign = (exact > 0) - (exact < 0)
    assert np.sign(turn(*a, *b, *c)) == sign
    fine = fine_turn(*a, *b, *c)
    assert np.sign(fine) == sign
    assert fine == pytest.approx(float(exact), rel=1e-14, abs=0)


# ---- validity


@thorough
@given(shape=mosaics(), placement=placements(), seed=st.integers(0, 999), noise=st.sampled_from([0, 0, 1e-3, 0.3, 1]))
def test_validity_is_that_of_geos(shape, placement, seed, noise):
    if noise:
        rng = np.random.default_rng(seed)
        shape = moved(shape, lambda xy: np.round((xy + rng.uniform(-noise, noise, xy.shape)) * 4) / 4)
    shapes = np.array(
        [placed(shape, placement), *placed(shape, placement).geoms]
        if hasattr(shape, "geoms")
        else [placed(shape, placement)]
    )
    assert is_valid(shapes, native=True).tolist() == shapely.is_valid(shapes).tolist()


SHELL = [(0, 0), (9, 0), (9, 9), (0, 9)]
ODD = {
    "bow-tie": Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]),
    "spike": Polygon([(0, 0), (4, 0), (4, 4), (4, 8), (4, 4), (0, 4)]),
    "turned back": Polygon([(0, 0), (8, 0), (4, 0), (4, 4)]),
    "twice around": Polygon([(0, 0), (4, 0), (4, 4), (0, 4), (1, 1), (3, 1), (3, 3), (1, 3)]),
    "flat": Polygon([(0, 0), (4, 0), (8, 0)]),
    "touches itself": Polygon([(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)]),
    "meets itself in a vertex": Polygon([(0, 0), (2, 2), (4, 0), (4, 4), (2, 2), (0, 4)]),
    "hole": Polygon(SHELL, [[(1, 1), (2, 1), (2, 2)]]),
    "hole outside": Polygon(SHELL, [[(11, 1), (12, 1), (12, 2)]]),
    "hole across": Polygon(SHELL, [[(8, 1), (12, 1), (12, 2)]]),
    "hole that touches": Polygon(SHELL, [[(9, 4), (7, 3), (7, 5)]]),
    "hole in a hole": Polygon(SHELL, [[(1, 1), (8, 1), (8, 8), (1, 8)], [(3, 3), (4, 3), (4, 4)]]),
    "hole about a hole": Polygon(SHELL, [[(3, 3), (4, 3), (4, 4)], [(1, 1), (8, 1), (8, 8), (1, 8)]]),
    "two holes": Polygon(SHELL, [[(3, 3), (4, 3), (4, 4)], [(5, 5), (8, 5), (8, 8)]]),
    "part in a part": MultiPolygon([box(0, 0, 9, 9), box(3, 3, 4, 4)]),
    "part about a part": MultiPolygon([box(3, 3, 4, 4), box(0, 0, 9, 9)]),
    "part in a hole": MultiPolygon([box(0, 0, 9, 9) - box(2, 2, 7, 7), box(3, 3, 4, 4)]),
    "parts in rings": rings(9),
    "parts apart": MultiPolygon([box(0, 0, 1, 1), box(3, 3, 4, 4)]),
    "parts that touch": MultiPolygon([box(0, 0, 1, 1), box(1, 1, 2, 2)]),
    "parts that overlap": MultiPolygon([box(0, 0, 2, 2), box(1, 1, 3, 3)]),
    "not finite": Polygon([(0, 0), (1, 0), (np.inf, 1), (0, 1)]),
    "empty": Polygon(),
    "circle": shapely.Point(3, 3).buffer(5, 99) - shapely.Point(3, 3).buffer(2, 99),
}


@pytest.mark.parametrize("case", ODD)
def test_validity_of(case):
    shapes = np.array([ODD[case], box(0, 0, 1, 1)])
    assert is_valid(shapes, native=True).tolist() == shapely.is_valid(shapes).tolist()


def test_a_loop_proves_most_shapes_alone(monkeypatch):
    shapes = np.array([ODD["circle"], ODD["two holes"], rings(9), shapely.Point(0, 0).buffer(3)])
    left = []
    asked = shapely.is_valid
    monkeypatch.setattr(shapely, "is_valid", lambda some: left.extend(some) or asked(some))
    assert is_valid(shapes, native=True).all()
    assert not left


# ---- where loops do not run


def test_small_tables_do_not_load_numba():
    script = (
        "import sys, geopandas as gpd; from shapely import box; import fringe as fr;"
        "zones = gpd.GeoDataFrame(geometry=[box(500000, 0, 500100, 100)], crs='EPSG:32650');"
        "fr.coverage(zones, zones); assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.fixture
def _fresh(monkeypatch):
    monkeypatch.setattr(compiled_module, "_state", {})
    monkeypatch.setattr(compiled_module, "_seen", {"vertices": 0})


@pytest.mark.usefixtures("_fresh")
def test_without_numba_geos_does_the_work(monkeypatch):
    monkeypatch.setattr(compiled_module, "_is_exact", lambda: False)
    assert not compiled_module.worthwhile(10**9)
    shapes = shapely.buffer(shapely.points(np.arange(100) * 9.0, 0), 4, quad_segs=100)
    assert shapely.get_num_coordinates(shapes).sum() > compiled_module.WORTH_CALLING
    assert cut(shapes, shapes).area_m2.sum() == pytest.approx(shapely.area(shapes).sum())


@pytest.mark.usefixtures("_fresh")
def test_numba_is_not_looked_for_in_vain(monkeypatch):
    monkeypatch.delitem(sys.modules, "numba")
    monkeypatch.setattr(compiled_module, "find_spec", lambda _: None)
    assert not compiled_module.available()


@pytest.mark.usefixtures("_fresh")
def test_arithmetic_that_joins_operations_is_not_trusted(monkeypatch):
    monkeypatch.setattr("fringe.model.exact.product_tail", lambda _a, _b: 0.0)
    assert not compiled_module.available()


@pytest.mark.usefixtures("_fresh")
def test_work_decides():
    assert not compiled_module.worthwhile(compiled_module.WORTH_LOADING - 1)
    # Small tables do not add up to anything, others do.
    assert not compiled_module.worthwhile(compiled_module.WORTH_CALLING - 1)
    assert compiled_module.worthwhile(compiled_module.WORTH_CALLING)
    # Once loaded, little is enough.
    assert compiled_module.worthwhile(compiled_module.WORTH_CALLING)
    assert not compiled_module.worthwhile(compiled_module.WORTH_CALLING - 1)


@pytest.mark.usefixtures("_fresh")
def test_a_cache_that_cannot_be_written_is_done_without(monkeypatch):
    import numba

    plain = numba.njit

    def readonly(*, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function 'f': no locator available for file 'f.py'")
        return plain(**options)

    monkeypatch.setattr(numba, "njit", readonly)
    doubled = compiled_module.compiled(_double)
    assert doubled(2.0) == 4.0
    assert not compiled_module.worthwhile(compiled_module.WORTH_COMPILING - 1)
    assert compiled_module.worthwhile(compiled_module.WORTH_COMPILING)


# Root may write anywhere, until it gives its capabilities up (`capset`, version 3, none).
GIVE_UP_RIGHTS = (
    "import ctypes\n"
    "head, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()\n"
    "assert ctypes.CDLL(None).capset(head, none) == 0\n"
)


@pytest.mark.skipif(sys.platform != "linux", reason="folders that are only readable are another matter elsewhere")
def test_an_installation_that_is_only_readable(tmp_path):
    package = tmp_path / "site" / "fringe"
    shutil.copytree(Path(compiled_module.__file__).parents[1], package, ignore=shutil.ignore_patterns("__pycache__"))
    home = tmp_path / "home"
    home.mkdir()
    places = [tmp_path, *tmp_path.rglob("*")]
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    script = (
        "import os, sys, numpy as np\n"
        f"sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        f"{GIVE_UP_RIGHTS if os.getuid() == 0 else ''}"
        "import shapely, fringe\n"
        "from fringe.model import compiled\n"
        "from fringe.model.geometry import is_valid\n"
        "from fringe.measure.cuts import cut\n"
        f"assert fringe.__file__.startswith({str(tmp_path)!r})\n"
        "assert compiled.available() and not compiled.worthwhile(compiled.WORTH_COMPILING - 1)\n"
        "boxes = np.array([shapely.box(0, 0, 2, 2)])\n"
        "assert is_valid(boxes, native=True).all()\n"
        "many = shapely.buffer(shapely.points(np.arange(100) * 9.0, 0), 4, quad_segs=100)\n"
        "assert abs(cut(many, many).area_m2.sum() - shapely.area(many).sum()) < 1e-6\n"
    )
    free = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "PYTHON", "XDG"))}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**free, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    for place in places:
        place.chmod(0o755)
    assert run.returncode == 0, run.stderr
    assert not list(home.iterdir())


def _double(value: float) -> float:
    return 2.0 * value


def test_the_ellipsoid_goes_by_either_path():
    zones = tiles(2, 4000)
    shapes = np.asarray(zones.geometry.array)
    plots = np.array([box(X + 1000, Y + 1000, X + 7000, Y + 6000), box(X + 3000, Y, X + 5000, Y + 8000)])
    measure = area_measure(zones.crs, tuple(zones.total_bounds))
    ours, theirs = (cut(shapes, plots, measure=measure, native=native) for native in (True, False))
    np.testing.assert_allclose(ours.area_m2, theirs.area_m2, rtol=1e-12)
    united = [cuts.united_m2(np.arange(len(cuts)), cuts.zone_at) for cuts in (ours, theirs)]
    np.testing.assert_allclose(*united, rtol=1e-12)
    assert ours.cluster.tolist() == theirs.cluster.tolist()
