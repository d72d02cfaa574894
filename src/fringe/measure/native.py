"""Cuts by compiled loops over edges: the same figures as by GEOS, without building a single polygon.

What two shapes share is measured along the stretches of their borders that lie in one another, and a union along the
stretches that lie in no other plot (`fringe.measure.kernels`). All decisions are exact, so that every kind of polygon
goes this way: holes, parts, snapped borders, repeated plots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from fringe.measure.ellipsoid import Areas
from fringe.measure.flat import Bools, Floats, Geometries, Ints
from fringe.measure.parallel import chunked
from fringe.model.rings import rings_of

if TYPE_CHECKING:
    from fringe.measure.kernels.crossings import Meetings
    from fringe.measure.kernels.table import Table
    from fringe.measure.kernels.unions import Met
    from fringe.measure.kernels.weight import Weight

# Far below a square millimetre: what rounding may leave of a border that two shapes share.
SPECK_M2 = 1e-9
_SHAPES_AT_ONCE = 16_384
_PAIRS_AT_ONCE = 16_384
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
        Pairs of plots that do, by the first.
    """

    table: Table
    weight: Weight
    n_zones: int
    cuts: _Pairs
    linked: _Pairs

    @property
    def links(self) -> tuple[Ints, Ints]:
        """Return the positions of plots that share ground, in pairs."""
        return self.linked.first - self.n_zones, self.linked.second - self.n_zones

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


def ground(zones: Geometries, plots: Geometries, measure: Areas, *, workers: int | None = None) -> Ground:
    """Return the cuts of all plots by all zones, and the pairs of plots that share ground.

    Parameters
    ----------
    zones, plots, measure, workers
        As for `fringe.measure.cuts.cut`.
    """
    weight = _weight(measure)
    table = _table(np.concatenate([zones, plots]), weight, workers)
    tree = shapely.STRtree(plots)
    zone_at, plot_at = tree.query(zones)
    order = np.lexsort((plot_at, zone_at))
    found = _meet(table, weight, zone_at[order], plot_at[order] + len(zones), workers=workers)
    cuts = found.among(found.area_m2 > 0)
    wanted = np.zeros(len(plots), dtype=bool)
    wanted[cuts.second - len(zones)] = True
    first, second = tree.query(plots)
    ahead = (first < second) & wanted[first] & wanted[second]
    first, second = first[ahead] + len(zones), second[ahead] + len(zones)
    linked = _meet(table, weight, first, second, mark_whole=True, workers=workers)
    linked = linked.among(linked.area_m2 > 0)
    linked = linked.among(np.argsort(linked.first, kind="stable"))
    return Ground(table, weight, len(zones), cuts, linked)


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
    table: Table, weight: Weight, first: Ints, second: Ints, *, mark_whole: bool = False, workers: int | None
) -> _Pairs:
    """Return how pairs of shapes meet, in their order."""
    from fringe.measure.kernels.crossings import FIRST_WHOLE, SECOND_WHOLE, meetings
    from fringe.measure.kernels.unions import Met

    # The shape with more edges comes first and has them indexed, once for all its pairs.
    edges = np.diff(np.r_[table.first, len(table.xy)][table.of])
    turned = edges[second] > edges[first]
    one, two = np.where(turned, second, first), np.where(turned, first, second)
    order = np.argsort(one, kind="stable")
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


def _weight(measure: Areas) -> Weight:
    """Return the measure as the loops read it."""
    from fringe.measure.kernels.weight import Weight

    function = measure.function
    if function is None:
        return Weight(0.0, 0.0, 1.0, 1.0, 0, (1.0, 0.0, 0.0, 0.0, 0.0, 0.0), np.ones((1, 1)), np.zeros(1), np.ones(1))
    degree = function.degree
    integrated = function.coefficients / np.arange(1, degree + 2)[:, np.newaxis]
    places, shares = np.polynomial.legendre.leggauss((degree + 3) // 2)
    low = [float(integrated[i, j]) if i + j <= degree else 0.0 for i in range(3) for j in range(3 - i)]
    half = float(function.half)
    centre = float(function.x), float(function.y)
    gauss = (places + 1) / 2, shares / 2
    return Weight(*centre, half, 1 / half, degree, (low[0], low[1], low[2], low[3], low[4], low[5]), integrated, *gauss)


def _table(shapes: Geometries, weight: Weight, workers: int | None) -> Table:
    """Return the shapes as a table."""
    from fringe.measure.kernels.table import blank, prepare

    rings = rings_of(shapes)
    table = blank(rings)
    chunked(
        lambda span: prepare(table, rings.shell, weight, span.start, span.stop),
        len(shapes),
        size=_SHAPES_AT_ONCE,
        workers=workers,
    )
    return table
