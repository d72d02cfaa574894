"""The ground within a distance of things, per zone: the geometry beneath `service_area`.

A *reach* is the ground within a distance of one thing, its *disc* where the thing is a point. Arcs are drawn as chords,
`ARC_PARTS` to a quarter of a circle; a disc so drawn is 4e-4 smaller than a true one, and no area of any union of them
is off by more.

Where things lie dense nearly all ground is within reach of several at once, and drawing and uniting all reaches is
waste. So the ground is first looked at in square cells. A cell whose far corner is within the distance of one known
point of a thing is *served* without drawing anything; a cell that is not is quartered, and what is still *doubtful* at
the finest size is cut by the few reaches that meet it. What is left of it is *bare*. Where things lie apart there are
more doubtful cells than things, and the reaches are drawn and united zone by zone. Both ways use the same chords and
give the same areas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from fringe.measure.cuts import cut, overlay, unite
from fringe.measure.doors import bounds_of
from fringe.measure.ellipsoid import Areas
from fringe.measure.flat import Bounds, Floats, Geometries, Ints, totals
from fringe.model.parallel import chunked

ARC_PARTS = 32
# GEOS turns an arc by equal steps, the least number that leaves each under 1.5 of the quarter's; a chord lies nearest
# to the centre at its middle. The last factor keeps rounding out.
_CHORD = float(np.cos(0.75 * np.pi / 2 / ARC_PARTS)) * (1 - 1e-9)
# Cells from half the least distance down to a sixteenth of it: finer ones cost more than the cuts they save.
_COARSEST, _FINEST = 2, 16
# More cells than this for each thing, and the things lie too far apart for cells to save anything.
_CELLS_PER_THING = 40
_DOUBTFUL_PER_THING = 1
# Known points of each thing, on average: its vertices, thinned out.
_POINTS_PER_THING = 8
# Reaches are united by squares of this many times the greatest distance.
_BLOCK = 6
_SHAPES_AT_ONCE = 512


@dataclass(frozen=True)
class Things:
    """What serves, and how far in the plane.

    Parameters
    ----------
    shapes
        Points, lines or valid polygons.
    radius
        Of each, in the units of the plane; positive.
    """

    shapes: Geometries
    radius: Floats

    def __len__(self) -> int:
        return len(self.shapes)


def served_areas(
    zones: Geometries, things: Things, measure: Areas, *, cells: bool | None = None, workers: int | None = None
) -> Floats:
    """Return the area of each zone that lies within reach of anything, ground counted once.

    Parameters
    ----------
    zones
        Valid polygons; they may overlap.
    things
        What serves; also from outside the zones.
    measure
        Of areas.
    cells
        Whether to look at cells first; `None` chooses by how many there would be.
    workers
        See `fringe.model.parallel.chunked`.

    Examples
    --------
    >>> from fringe.measure.ellipsoid import Areas
    >>> square = np.array([shapely.box(0, 0, 100, 100)])
    >>> wells = Things(shapely.points([[0.0, 50.0], [100.0, 50.0]]), np.array([10.0, 10.0]))
    >>> served_areas(square, wells, Areas()).round(1).tolist()
    [314.0]
    """
    bare = _bare_ground(zones, things, always=bool(cells), workers=workers) if cells is not False else None
    whole = measure(zones)
    if bare is not None:
        cuts = cut(zones, bare, measure=measure, workers=workers)
        return np.maximum(whole - totals(cuts.zone_at, cuts.area_m2, len(zones)), 0.0)
    cuts = cut(zones, _blocks(things, workers), measure=measure, workers=workers)
    _, first = np.unique(cuts.cluster, return_index=True)
    united_m2 = cuts.united_m2(np.arange(len(cuts)), cuts.cluster)
    return np.minimum(totals(cuts.zone_at[first], united_m2, len(zones)), whole)


def _reaches(things: Things, workers: int | None) -> Geometries:
    def some(span: slice) -> Geometries:
        return np.asarray(shapely.buffer(things.shapes[span], things.radius[span], quad_segs=ARC_PARTS), dtype=object)

    return np.concatenate(chunked(some, len(things), size=_SHAPES_AT_ONCE, workers=workers))


def _blocks(things: Things, workers: int | None) -> Geometries:
    """Return the reaches united where they lie near each other, so that a zone meets few of them."""
    if not len(things):
        return things.shapes
    x, y = shapely.get_coordinates(shapely.centroid(things.shapes)).T // (_BLOCK * things.radius.max())
    _, key = np.unique(np.stack([x, y], axis=1), axis=0, return_inverse=True)
    _, united = unite(_reaches(things, workers), key.ravel(), workers=workers)
    return united


def _bare_ground(zones: Geometries, things: Things, *, always: bool, workers: int | None) -> Geometries | None:
    """Return what nothing reaches in the box around the zones, in disjoint pieces; `None` if cells do not pay."""
    if not len(things):
        return None
    least = float(things.radius.min())
    bounds = bounds_of(zones)
    side = least / _COARSEST
    steps = np.ceil([(bounds[2] - bounds[0]) / side, (bounds[3] - bounds[1]) / side])
    if not always and steps.prod() > _CELLS_PER_THING * len(things):
        return None
    most = np.inf if always else _DOUBTFUL_PER_THING * len(things)
    found = _doubtful(bounds, steps.astype(np.int64) + 1, things, most)
    if found is None:
        return None
    doubtful, half = found
    cells = np.asarray(shapely.box(*(doubtful - half).T, *(doubtful + half).T), dtype=object)
    return _left_of(cells, things, workers)


def _doubtful(bounds: Bounds, steps: Ints, things: Things, most: float) -> tuple[Floats, float] | None:
    """Return the centres of the finest cells that no single known point is seen to serve, and half their side.

    `None` as soon as there are more than `most` of any size.
    """
    from scipy.spatial import KDTree

    least = float(things.radius.min())
    xy, owner = shapely.get_coordinates(things.shapes, return_index=True)
    thin = max(1, len(xy) // (_POINTS_PER_THING * len(things)))
    known, radius = xy[::thin], things.radius[owner[::thin]] * _CHORD
    # Things of about one distance share a tree; within it the least distance is what all of them serve.
    kinds = np.unique(np.round(np.log(radius) / np.log1p(1e-3)), return_inverse=True)[1]
    groups = [(KDTree(known[kinds == kind]), float(radius[kinds == kind].min())) for kind in np.unique(kinds)]
    half = least / _COARSEST / 2
    x, y = (bounds[at] + (2 * np.arange(steps[at]) + 1) * half for at in (0, 1))
    centres = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    quarters = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    while True:
        corner = half * np.sqrt(2)
        for tree, reach in groups:
            # Nothing within the distance gives infinity.
            away = tree.query(centres, distance_upper_bound=max(reach - corner, 0.0))[0]
            centres = centres[~(away <= reach - corner)]
        if len(centres) > most:
            return None
        if half * 2 <= least / _FINEST:
            return centres, half
        half /= 2
        centres = (centres[:, np.newaxis] + quarters * half).reshape(-1, 2)


def _left_of(cells: Geometries, things: Things, workers: int | None) -> Geometries:
    """Return what is left of each cell after cutting off the reaches that meet it; cells cut to nothing are dropped."""
    cell_at, thing_at = _meeting(cells, things)
    needed, reach_at = np.unique(thing_at, return_inverse=True)
    reaches = _reaches(Things(things.shapes[needed], things.radius[needed]), workers)
    order = np.lexsort((thing_at, cell_at))
    cell_at, reach_at = cell_at[order], reach_at[order]
    nth = np.arange(len(cell_at)) - np.searchsorted(cell_at, cell_at)
    left = cells.copy()

    def cut_off(here: Ints, by: Ints) -> None:
        pieces = chunked(
            lambda span: overlay(shapely.difference, left[here[span]], reaches[by[span]]),
            len(here),
            size=_SHAPES_AT_ONCE,
            workers=workers,
        )
        left[here] = np.concatenate(pieces)

    for place in range(int(nth.max(initial=-1)) + 1):
        pairs = nth == place
        pairs[pairs] = ~shapely.is_empty(left[cell_at[pairs]])
        cut_off(cell_at[pairs], reach_at[pairs])
    return left[~shapely.is_empty(left)]


def _meeting(cells: Geometries, things: Things) -> tuple[Ints, Ints]:
    """Return the pairs of cells and things whose reach meets the cell."""
    found = []
    for radius in np.unique(np.ceil(things.radius)):
        some = np.flatnonzero(np.ceil(things.radius) == radius)
        cell_at, thing_at = shapely.STRtree(things.shapes[some]).query(cells, predicate="dwithin", distance=radius)
        found.append((cell_at, some[thing_at]))
    cell_at, thing_at = (np.concatenate([part[at] for part in found]) for at in (0, 1))
    return cell_at, thing_at
