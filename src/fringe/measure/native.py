"""Cuts by compiled loops over edges: the same figures as by GEOS, without building a single polygon.

What two shapes share is measured along the stretches of their borders that lie in one another, and a union along the
stretches that lie in no other plot (`fringe.measure.kernels`). All decisions are exact, so that every kind of polygon
goes this way: holes, parts, snapped borders, repeated plots.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fringe.measure.ellipsoid import Areas
from fringe.measure.flat import Bools, Floats, Ints
from fringe.model.parallel import chunked
from fringe.model.rings import Rings, joined_rings

if TYPE_CHECKING:
    from fringe.measure.kernels.boxes import Keys, Tree
    from fringe.measure.kernels.crossings import Meetings
    from fringe.measure.kernels.table import Table
    from fringe.measure.kernels.unions import Met
    from fringe.measure.kernels.weight import Weight

# Far below a square millimetre: what rounding may leave of a border that two shapes share.
SPECK_M2 = 1e-9
_SHAPES_AT_ONCE = 4_096
_PAIRS_AT_ONCE = 8_192
_BOXES_AT_ONCE = 1_024
_SETS_AT_ONCE = 2_048


@dataclass(frozen=True)
class Ground:
    """Zones and plots as rings, and what they share.

    Parameters
    ----------
    table
        Zones first, then plots.
    weight
        What a square metre weighs.
    n_zones
        Number of zones.
    cuts
        Pairs of a zone and a plot that share ground, by zone, then plot.
    linked
        Pairs of plots whose borders cross or that lie in one another, however little they share, by the first.
    """

    table: Table
    weight: Weight
    n_zones: int
    cuts: _Pairs
    linked: _Pairs

    @property
    def links(self) -> tuple[Ints, Ints]:
        """Return the positions of plots that share ground, in pairs."""
        real = self.linked.area_m2 > 0
        return self.linked.first[real] - self.n_zones, self.linked.second[real] - self.n_zones

    @property
    def zone_m2(self) -> Floats:
        """Return the area of each zone."""
        return self.table.area_m2[: self.n_zones].copy()

    def united_m2(self, rows: Ints, of_set: Ints, *, workers: int | None = None) -> Floats:
        """Return the area of the union of each set of cuts; see `fringe.measure.cuts.Cuts.united_m2`."""
        from fringe.measure.kernels.unions import Links, Members, unions

        order = np.argsort(of_set, kind="stable")
        ends = np.cumsum(np.bincount(of_set)) if len(of_set) else np.array([], dtype=np.int64)
        cuts, linked = self.cuts, self.linked
        members = Members(cuts.second, cuts.first, cuts.second_whole, rows[order], ends)
        links = Links(np.searchsorted(linked.first, np.arange(len(self.table.of))), linked.second)

        def some(span: slice) -> Floats:
            return unions(self.table, self.weight, members, cuts.met, links, linked.met, span.start, span.stop)

        return np.concatenate(chunked(some, len(ends), size=_SETS_AT_ONCE, workers=workers))


def ground(zones: Rings, plots: Rings, measure: Areas, *, workers: int | None = None) -> Ground:
    """Return the cuts of all plots by all zones, and the pairs of plots that share ground.

    Parameters
    ----------
    zones, plots
        Of valid polygons.
    measure, workers
        As for `fringe.measure.cuts.cut`.
    """
    from fringe.measure.kernels.boxes import overlapping, overlapping_among, places_on_curve

    weight = _weight(measure)
    table = _table(joined_rings(zones, plots), weight, workers)
    n_zones, n_shapes = len(zones.of) - 1, len(table.box)
    # Along the curve neighbours follow each other, also in the processor's cache.
    place = places_on_curve(table.box)
    tree = _tree(table, place, np.arange(n_zones, n_shapes))
    pairs = _joined(lambda span: overlapping(tree, table.box, span.start, span.stop), n_zones, workers)
    found = _meet(table, weight, place, pairs, workers=workers)
    cuts = found.among(found.area_m2 > 0)
    is_cut = np.zeros(n_shapes, dtype=bool)
    is_cut[cuts.second] = True
    tree = _tree(table, place, np.flatnonzero(is_cut))
    n_nodes = tree.starts[2] - tree.starts[1] if len(tree.item) > 1 else 0
    pairs = _joined(lambda span: overlapping_among(tree, span.start, span.stop), n_nodes, workers)
    linked = _meet(table, weight, place, pairs, mark_whole=True, workers=workers)
    linked = linked.among((linked.area_m2 > 0) | (linked.met.ends > linked.met.starts))
    linked = linked.among(np.lexsort((linked.second, linked.first)))
    return Ground(table, weight, n_zones, cuts, linked)


def _tree(table: Table, place: Keys, shapes: Ints) -> Tree:
    """Return a tree of the boxes of some shapes; `place` is that of each shape along the curve."""
    from fringe.measure.kernels.boxes import packed

    real = shapes[table.box[shapes, 0] <= table.box[shapes, 2]]
    # Along the curve neighbours follow each other, also in the processor's cache.
    return packed(table.box, real[np.argsort(place[real], kind="stable")])


def _joined(work: Callable[[slice], tuple[Ints, Ints]], n: int, workers: int | None) -> tuple[Ints, Ints]:
    parts = chunked(work, n, size=_BOXES_AT_ONCE, workers=workers)
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


@dataclass(frozen=True)
class _Pairs:
    """Pairs of shapes and how they meet."""

    first: Ints
    second: Ints
    area_m2: Floats
    second_whole: Bools
    met: Met

    def among(self, rows: Ints | Bools) -> _Pairs:
        """Return some of the pairs."""
        met = self.met._replace(starts=self.met.starts[rows], ends=self.met.ends[rows])
        return _Pairs(self.first[rows], self.second[rows], self.area_m2[rows], self.second_whole[rows], met)


def _meet(
    table: Table,
    weight: Weight,
    place: Keys,
    pairs: tuple[Ints, Ints],
    *,
    mark_whole: bool = False,
    workers: int | None,
) -> _Pairs:
    """Return how pairs of shapes meet, in their order; `place` is that of each shape along the curve."""
    from fringe.measure.kernels.crossings import FIRST_WHOLE, SECOND_WHOLE, meetings
    from fringe.measure.kernels.unions import Met

    # The shape with more edges comes first and has them indexed, once for all its pairs.
    first, second = pairs
    edges = _n_edges(table)
    turned = edges[second] > edges[first]
    one, two = np.where(turned, second, first), np.where(turned, first, second)
    order = np.argsort((place[one].astype(np.uint64) << np.uint64(32)) | one.astype(np.uint64), kind="stable")
    one, two = one[order], two[order]

    def some(span: slice) -> Meetings:
        return meetings(table, weight, one[span], two[span], SPECK_M2, mark_whole)

    parts = chunked(some, len(one), size=_PAIRS_AT_ONCE, workers=workers)
    offsets = np.cumsum([0] + [len(part.edge) for part in parts])
    ends = np.concatenate([part.ends + offset for part, offset in zip(parts, offsets[:-1], strict=True)])
    starts = np.r_[0, ends[:-1]][: len(ends)]
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    relation = np.concatenate([part.relation for part in parts])[back]
    met = Met(
        starts[back],
        ends[back],
        np.concatenate([part.edge for part in parts]),
        np.concatenate([part.t for part in parts]),
        np.concatenate([part.turn for part in parts]),
    )
    area_m2 = np.concatenate([part.area_m2 for part in parts])[back]
    return _Pairs(first, second, area_m2, relation == np.where(turned, FIRST_WHOLE, SECOND_WHOLE), met)


def _n_edges(table: Table) -> Ints:
    """Return about how many edges each shape has."""
    n = np.zeros(len(table.of) - 1, dtype=np.int64)
    some = np.flatnonzero(np.diff(table.of))
    n[some] = table.last[table.of[some + 1] - 1] - table.first[table.of[some]]
    return n


def _weight(measure: Areas) -> Weight:
    """Return the measure as the loops read it."""
    from fringe.measure.kernels.weight import QUADRATIC, Weight

    function = measure.function
    if function is None:
        return Weight(0.0, 0.0, 1.0, 1.0, 0, (1.0, 0.0, 0.0, 0.0, 0.0, 0.0), None)
    degree = function.degree
    integrated = function.coefficients / np.arange(1, degree + 2)[:, np.newaxis]
    low = [float(integrated[i, j]) if i + j <= degree else 0.0 for i in range(3) for j in range(3 - i)]
    high = None
    if degree > QUADRATIC:
        places, shares = np.polynomial.legendre.leggauss((degree + 3) // 2)
        high = (integrated, (places + 1) / 2, shares / 2)
    x, y, half = float(function.x), float(function.y), float(function.half)
    return Weight(x, y, half, 1 / half, degree, (low[0], low[1], low[2], low[3], low[4], low[5]), high)


def _table(rings: Rings, weight: Weight, workers: int | None) -> Table:
    """Return the shapes as a table."""
    from fringe.measure.kernels.table import blank, prepare

    table = blank(rings)
    chunked(
        lambda span: prepare(table, rings.shell, weight, span.start, span.stop),
        len(rings.of) - 1,
        size=_SHAPES_AT_ONCE,
        workers=workers,
    )
    return table
