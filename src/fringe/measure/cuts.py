"""The parts of plots that lie in zones, and which of them overlap: the geometry beneath every coverage figure.

A *cut* is the part of one plot inside one zone: the plot itself where the zone contains it, else an intersection.
Cuts of one zone whose plots share ground, directly or through others, form a *cluster*; most cuts are a cluster of
their own. Ground is counted once by uniting the cuts of each cluster, never more.

Only plots whose interiors really meet are united (shared borders are no overlap), contained plots need no intersection,
and the union never reaches beyond one zone: however far a chain of overlapping plots runs, the work stays linear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from fringe.measure.ellipsoid import Areas
from fringe.measure.flat import Bools, Floats, Geometries, Ints, ranges, totals
from fringe.measure.native import ground as native_ground
from fringe.model.compiled import worthwhile
from fringe.model.parallel import chunked
from fringe.model.rings import Rings, is_areal, rings_of

Overlay = Callable[..., Any]

# One square millimetre: what is left of two borders that should be one, through rounding of coordinates of 1e6 m.
SLIVER_M2 = 1e-6
# The grid (m) of the second attempt where GEOS cannot overlay two shapes as they are; far below any survey's accuracy.
RESCUE_GRID_M = 1e-6
_ZONES_AT_ONCE = 64
_PAIRS_AT_ONCE = 4096
_SETS_AT_ONCE = 256
# From so many cuts on, a union is the sum less what is shared, if each cut overlaps few others on average.
_MANY = 64
_FEW_LINKS = 8


@dataclass(frozen=True)
class Cuts:
    """The parts of plots that lie in zones, ordered by zone.

    Parameters
    ----------
    zone_at, plot_at
        Positions of the zone and plot of each cut.
    whole
        Whether the cut is the whole plot.
    cluster
        Number of the cluster of each cut, 0, 1, … without gaps.
    area_m2
        Area of each cut.
    zone_m2
        Area of each zone.
    """

    zone_at: Ints
    plot_at: Ints
    whole: Bools
    cluster: Ints
    area_m2: Floats
    zone_m2: Floats
    _make: Callable[[], Geometries] = field(repr=False)
    _unite: Callable[[Ints, Ints], Floats] = field(repr=False)

    def __len__(self) -> int:
        return len(self.zone_at)

    @cached_property
    def shapes(self) -> Geometries:
        """The polygons shared."""
        return self._make()

    def united_m2(self, rows: Ints, of_set: Ints) -> Floats:
        """Return the area of the union of each set of cuts.

        Parameters
        ----------
        rows
            Positions of cuts, in any order; a cut may belong to several sets.
        of_set
            The set of each, 0, 1, … without gaps. The cuts of a set lie in one zone.
        """
        return self._unite(rows, of_set)


def overlay(operation: Overlay, left: Geometries, right: Geometries) -> Geometries:
    """Return an overlay of pairs of shapes; a pair GEOS fails on is done again on a grid of `RESCUE_GRID_M`."""
    try:
        return np.asarray(operation(left, right), dtype=object)
    except shapely.GEOSException:
        if len(left) == 1:
            return np.asarray(operation(left, right, grid_size=RESCUE_GRID_M), dtype=object)
        half = len(left) // 2
        return np.concatenate(
            [overlay(operation, left[:half], right[:half]), overlay(operation, left[half:], right[half:])]
        )


def polygonal(shapes: Geometries) -> Geometries:
    """Return the shapes without their points and lines, which overlays leave where shapes only touch.

    Examples
    --------
    >>> import numpy as np
    >>> from shapely import GeometryCollection, LineString, box
    >>> print(polygonal(np.array([GeometryCollection([box(0, 0, 1, 1), LineString([(5, 5), (6, 6)])])]))[0])
    MULTIPOLYGON (((1 0, 1 1, 0 1, 0 0, 1 0)))
    """
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION)
    if not len(mixed):
        return shapes
    parts, owner = shapely.get_parts(shapes[mixed], return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    shapes = shapes.copy()
    shapes[mixed] = shapely.Polygon()
    shapes[mixed[np.unique(owner[areal])]] = shapely.multipolygons(
        parts[areal], indices=np.unique(owner[areal], return_inverse=True)[1]
    )
    return shapes


def cut(
    zones: Geometries,
    plots: Geometries,
    *,
    measure: Areas | None = None,
    workers: int | None = None,
    native: bool | None = None,
    rings: tuple[Rings | None, Rings | None] = (None, None),
) -> Cuts:
    """Return the cuts of all plots by all zones.

    Parameters
    ----------
    zones, plots
        Valid polygons in one CRS; either may overlap among themselves.
    measure
        Of areas, see `fringe.measure.ellipsoid.area_measure`; without one areas are those of the plane.
    workers
        See `chunked`.
    native
        Whether to go by compiled loops or by GEOS; `None` takes what is sooner done. Areas differ by rounding alone.
    rings
        Of the zones and the plots, where they are known.
    """
    measure = measure or Areas()
    if native is None:
        native = worthwhile(sum(_n_vertices(*some) for some in zip((zones, plots), rings, strict=True)))
        native = native and all(
            known is not None or is_areal(some) for some, known in zip((zones, plots), rings, strict=True)
        )
    if native:
        return _cut_native(zones, plots, measure, workers, rings)
    return _cut_by_geos(zones, plots, measure, workers)


def _n_vertices(shapes: Geometries, rings: Rings | None) -> int:
    return int(shapely.get_num_coordinates(shapes).sum() if rings is None else (rings.last - rings.first).sum())


def _cut_native(
    zones: Geometries,
    plots: Geometries,
    measure: Areas,
    workers: int | None,
    rings: tuple[Rings | None, Rings | None],
) -> Cuts:
    zone_rings, plot_rings = rings
    ground = native_ground(
        rings_of(zones) if zone_rings is None else zone_rings,
        rings_of(plots) if plot_rings is None else plot_rings,
        measure,
        workers=workers,
    )
    zone_at, plot_at, whole = ground.cuts.first, ground.cuts.second - len(zones), ground.cuts.second_whole
    cluster = _clusters(_linked_cuts(zone_at, plot_at, ground.links, len(plots)), len(zone_at))

    def make() -> Geometries:
        shapes = plots[plot_at]
        shapes[~whole] = polygonal(overlay(shapely.intersection, zones[zone_at[~whole]], shapes[~whole]))
        return shapes

    def unite_m2(rows: Ints, of_set: Ints) -> Floats:
        return ground.united_m2(rows, of_set, workers=workers)

    return Cuts(zone_at, plot_at, whole, cluster, ground.cuts.area_m2, ground.zone_m2, make, unite_m2)


def _cut_by_geos(zones: Geometries, plots: Geometries, measure: Areas, workers: int | None) -> Cuts:
    tree = shapely.STRtree(plots)
    found = chunked(lambda span: _cut_some(zones, span, plots, tree), len(zones), size=_ZONES_AT_ONCE, workers=workers)
    zone_at, plot_at, shapes, whole = (np.concatenate([part[at] for part in found]) for at in range(4))
    pairs = links(plots, np.unique(plot_at), tree, workers=workers)
    linked = _linked_cuts(zone_at, plot_at, pairs, len(plots))
    cluster = _clusters(linked, len(zone_at))
    area_m2 = measure(shapes)

    def unite_m2(rows: Ints, of_set: Ints) -> Floats:
        many = _loose_sets(rows, of_set, linked)
        united = np.zeros(len(many))
        few = ~many[of_set]
        if few.any():
            united[~many] = measure(unite(shapes[rows[few]], of_set[few], workers=workers)[1])
        if many.any():
            own, sets = rows[~few], of_set[~few]
            united += totals(sets, area_m2[own], len(many))
            at, shared = _shared_before(own, sets, shapes, linked, workers)
            united -= totals(at, measure(shared), len(many))
        return united

    return Cuts(zone_at, plot_at, whole, cluster, area_m2, measure(zones), lambda: shapes, unite_m2)


def _loose_sets(rows: Ints, of_set: Ints, linked: tuple[Ints, Ints]) -> Bools:
    """Return which sets have many cuts of which each overlaps few others, as parcels with noise on their borders do."""
    sizes = np.bincount(of_set)
    loose = sizes >= _MANY
    if loose.any():
        degree = np.bincount(np.concatenate(linked), minlength=int(rows.max()) + 1)
        loose &= np.bincount(of_set, degree[rows]) <= _FEW_LINKS * sizes
    return loose


def _shared_before(
    rows: Ints, of_set: Ints, shapes: Geometries, linked: tuple[Ints, Ints], workers: int | None
) -> tuple[Ints, Geometries]:
    """Return what each cut of a set shares with those before it, as one shape, and its set.

    A union is the sum of its cuts less these. One of thousands takes far longer than overlays of the pairs that
    overlap, each of them small.
    """
    n = len(shapes)
    order = np.argsort(linked[0], kind="stable")
    starts = np.searchsorted(linked[0][order], np.arange(n + 1))
    counts = np.diff(starts)[rows]
    first, sets = np.repeat(rows, counts), np.repeat(of_set, counts)
    second = linked[1][order][ranges(starts[rows], counts)]
    keys = np.sort(of_set * n + rows)
    wanted = sets * n + second
    inside = keys[np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)] == wanted
    first, second, sets = first[inside], second[inside], sets[inside]
    shared = polygonal(overlay(shapely.intersection, shapes[first], shapes[second]))
    key, united = unite(shared, sets * n + np.maximum(first, second), workers=workers)
    return key // n, united


def _cut_some(
    zones: Geometries, span: slice, plots: Geometries, tree: shapely.STRtree
) -> tuple[Ints, Ints, Geometries, Bools]:
    some = zones[span]
    zone_at, plot_at = tree.query(some)
    # Preparing leaves an index on the caller's shapes; what was not there before is taken away again.
    fresh = some[~shapely.is_prepared(some)]
    shapely.prepare(fresh)
    whole = shapely.contains_properly(some[zone_at], plots[plot_at])
    meets = whole.copy()
    meets[~whole] = shapely.intersects(some[zone_at[~whole]], plots[plot_at[~whole]])
    zone_at, plot_at, whole = zone_at[meets], plot_at[meets], whole[meets]
    shapely.destroy_prepared(fresh)
    shapes = plots[plot_at]
    shapes[~whole] = polygonal(overlay(shapely.intersection, some[zone_at[~whole]], shapes[~whole]))
    areal = whole.copy()
    areal[~whole] = shapely.area(shapes[~whole]) > 0
    areal = np.flatnonzero(areal)
    order = areal[np.lexsort((plot_at[areal], zone_at[areal]))]
    return zone_at[order] + span.start, plot_at[order], shapes[order], whole[order]


def links(plots: Geometries, among: Ints, tree: shapely.STRtree, *, workers: int | None = None) -> tuple[Ints, Ints]:
    """Return the pairs of plots, first position below second, whose interiors meet; `among` limits the plots."""
    wanted = np.zeros(len(plots), dtype=bool)
    wanted[among] = True
    first, second = tree.query(plots[among])
    first = among[first]
    ahead = (first < second) & wanted[second]
    first, second = first[ahead], second[ahead]

    def interiors_meet(span: slice) -> Bools:
        left, right = plots[first[span]], plots[second[span]]
        meets = np.asarray(shapely.intersects(left, right), dtype=bool)
        meets[meets] = ~shapely.touches(left[meets], right[meets])
        return meets

    meets = np.concatenate(chunked(interiors_meet, len(first), size=_PAIRS_AT_ONCE, workers=workers))
    return first[meets], second[meets]


def _clusters(linked: tuple[Ints, Ints], n: int) -> Ints:
    """Return the cluster of each of n cuts: connected components of cuts of one zone whose plots are linked."""
    left, right = linked
    if not len(left):
        return np.arange(n)
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(left), dtype=bool), (left, right)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _linked_cuts(zone_at: Ints, plot_at: Ints, pairs: tuple[Ints, Ints], n_plots: int) -> tuple[Ints, Ints]:
    """Return the pairs of cuts that lie in one zone and whose plots are linked."""
    first, second = pairs
    by_plot = np.argsort(plot_at, kind="stable")
    starts = np.searchsorted(plot_at[by_plot], np.arange(n_plots + 1))
    counts = np.diff(starts)[first]
    # Every cut of the first plot, and the place where the second plot's cut by the same zone would be.
    left = by_plot[ranges(starts[first], counts)]
    key = zone_at * n_plots + plot_at
    wanted = zone_at[left] * n_plots + np.repeat(second, counts)
    right = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
    found = key[right] == wanted
    return left[found], right[found]


def unite(shapes: Geometries, key: Ints, *, workers: int | None = None) -> tuple[Ints, Geometries]:
    """Return the distinct keys in order and the union of each key's shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from shapely import area, box
    >>> keys, united = unite(np.array([box(0, 0, 2, 1), box(9, 0, 10, 1), box(1, 0, 3, 1)]), np.array([7, 8, 7]))
    >>> keys.tolist(), area(united).tolist()
    ([7, 8], [3.0, 1.0])
    """
    order = np.argsort(key, kind="stable")
    keys, starts, counts = np.unique(key[order], return_index=True, return_counts=True)
    united = shapes[order[starts]]
    two, several = np.flatnonzero(counts == 2), np.flatnonzero(counts > 2)  # noqa: PLR2004 - two by one overlay

    def unite_two(span: slice) -> Geometries:
        first = starts[two[span]]
        return overlay(shapely.union, shapes[order[first]], shapes[order[first + 1]])

    def unite_some(span: slice) -> Geometries:
        some = several[span]
        members = order[ranges(starts[some], counts[some])]
        return _unions(shapes[members], np.repeat(np.arange(len(some)), counts[some]))

    united[two] = np.concatenate(chunked(unite_two, len(two), size=_SETS_AT_ONCE, workers=workers))
    united[several] = np.concatenate(chunked(unite_some, len(several), size=_SETS_AT_ONCE, workers=workers))
    return keys, united


def _unions(shapes: Geometries, owner: Ints) -> Geometries:
    """Return the union of each owner's shapes; `owner` counts up from 0 and every one has shapes."""
    if not len(shapes):
        return shapes
    bundles: Geometries = np.asarray(shapely.geometrycollections(shapes, indices=owner), dtype=object)
    try:
        return np.asarray(shapely.union_all(bundles[:, np.newaxis], axis=1), dtype=object)
    except shapely.GEOSException:
        united = [_union(shapes[owner == at]) for at in range(len(bundles))]
        return np.array([*united, None], dtype=object)[:-1]


def _union(shapes: Geometries) -> shapely.Geometry:
    try:
        return shapely.union_all(shapes)
    except shapely.GEOSException:
        return shapely.union_all(shapes, grid_size=RESCUE_GRID_M)
