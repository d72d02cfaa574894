"""What is left of zones when plots are taken away: most plots become holes, and only the others are overlaid.

A plot is *clear* if its box meets that of no other plot and it lies within its zone without touching its border. What
remains of the zone then has the plot's outline as a hole, and the plot's own holes as pieces, vertex by vertex.
"""

from __future__ import annotations

import numpy as np
import shapely

from fringe.measure.cuts import overlay, polygonal, unite
from fringe.measure.flat import Bools, Geometries, Ints
from fringe.model.geometry import is_valid


def remainders(
    zones: Geometries, plots: Geometries, pairs: tuple[Ints, Ints], *, workers: int | None = None
) -> tuple[Geometries, Ints]:
    """Return the polygons that are left of each zone, and the zone of each, in order of the zones.

    Parameters
    ----------
    zones, plots
        Valid polygons.
    pairs
        Positions of the zones and plots that share ground.
    workers
        See `fringe.model.parallel.chunked`.

    Examples
    --------
    >>> import numpy as np
    >>> from shapely import box
    >>> pieces, zone_at = remainders(
    ...     np.array([box(0, 0, 9, 9)]), np.array([box(1, 1, 2, 2)]), (np.array([0]), np.array([0]))
    ... )
    >>> pieces[0].area, len(pieces[0].interiors)
    (80.0, 1)
    """
    zone_at, plot_at = pairs
    lonely = _lonely(plots, plot_at)[plot_at]
    clear = lonely.copy()
    clear[lonely] = _well_within(zones, plots, zone_at[lonely], plot_at[lonely])
    left = _less(zones, plots, (zone_at[~clear], plot_at[~clear]), lonely[~clear], workers)
    pieces, of_zone = _pieces(left)
    pieces, of_zone, failed = _with_holes(pieces, of_zone, plots, (zone_at[clear], plot_at[clear]))
    if len(failed):
        # Rounding laid a border of what was overlaid on a clear plot: these zones are overlaid as a whole.
        again = np.isin(zone_at, failed)
        redone = _less(zones, plots, (zone_at[again], plot_at[again]), np.zeros(again.sum(), dtype=bool), workers)
        kept = ~np.isin(of_zone, failed)
        more, more_of = _pieces(redone[failed])
        pieces, of_zone = np.concatenate([pieces[kept], more]), np.concatenate([of_zone[kept], failed[more_of]])
    order = np.argsort(of_zone, kind="stable")
    return pieces[order], of_zone[order]


def _lonely(plots: Geometries, plot_at: Ints) -> Bools:
    """Return which plots have a box that meets no other's among those that are taken away."""
    asked = np.unique(plot_at)
    boxes: Geometries = np.asarray(shapely.box(*shapely.bounds(plots[asked]).T), dtype=object)
    first, second = shapely.STRtree(boxes).query(boxes)
    lonely = np.zeros(len(plots), dtype=bool)
    lonely[asked] = True
    lonely[asked[first[first != second]]] = False
    return lonely


def _well_within(zones: Geometries, plots: Geometries, zone_at: Ints, plot_at: Ints) -> Bools:
    some = zones[np.unique(zone_at)]
    # Preparing leaves an index on the caller's shapes; what was not there before is taken away again.
    fresh = some[~shapely.is_prepared(some)]
    shapely.prepare(fresh)
    within = np.asarray(shapely.contains_properly(zones[zone_at], plots[plot_at]), dtype=bool)
    shapely.destroy_prepared(fresh)
    return within


def _less(
    zones: Geometries, plots: Geometries, pairs: tuple[Ints, Ints], lonely: Bools, workers: int | None
) -> Geometries:
    """Return the zones less the plots of the pairs; lonely ones share no ground with any, and need no union."""
    zone_at, plot_at = pairs
    of_zone, united = unite(plots[plot_at[~lonely]], zone_at[~lonely], workers=workers)
    parts, part_of = shapely.get_parts(np.concatenate([polygonal(united), plots[plot_at[lonely]]]), return_index=True)
    of = np.concatenate([of_zone, zone_at[lonely]])[part_of]
    areal = shapely.get_dimensions(parts) == 2  # noqa: PLR2004 - the dimension of an area
    parts, of = parts[areal], of[areal]
    order = np.argsort(of, kind="stable")
    touched, number = np.unique(of[order], return_inverse=True)
    left = zones.copy()
    if len(touched):
        taken = np.asarray(shapely.multipolygons(parts[order], indices=number), dtype=object)
        left[touched] = overlay(shapely.difference, zones[touched], taken)
    return left


def _pieces(shapes: Geometries) -> tuple[Geometries, Ints]:
    parts, owner = shapely.get_parts(polygonal(shapes), return_index=True)
    areal = (shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)  # noqa: PLR2004
    return parts[areal], owner[areal]


def _with_holes(
    pieces: Geometries, of_zone: Ints, plots: Geometries, pairs: tuple[Ints, Ints]
) -> tuple[Geometries, Ints, Ints]:
    """Return the pieces with clear plots as holes, the plots' own holes as pieces, and the zones this fails in."""
    zone_at, plot_at = pairs
    parts, part_of = shapely.get_parts(plots[plot_at], return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    ring_zone = zone_at[part_of[ring_of]]
    is_shell = np.diff(ring_of, prepend=-1) > 0
    shells, shell_zone = rings[is_shell], ring_zone[is_shell]
    place, lost = _places(pieces, of_zone, shells, shell_zone)
    own, own_of = shapely.get_rings(pieces, return_index=True)
    every, of = np.concatenate([own, shells[place >= 0]]), np.concatenate([own_of, place[place >= 0]])
    changed = np.unique(place[place >= 0])
    wanted = np.isin(of, changed)
    order = np.argsort(of[wanted], kind="stable")
    number = np.searchsorted(changed, of[wanted][order])
    made = pieces.copy()
    if len(changed):
        made[changed] = shapely.polygons(every[wanted][order], indices=number)
    broken = changed[~is_valid(made[changed])]
    islands = np.asarray(shapely.polygons(rings[~is_shell]), dtype=object)
    made, of_made = np.concatenate([made, islands]), np.concatenate([of_zone, ring_zone[~is_shell]])
    return made, of_made, np.unique(np.concatenate([lost, of_zone[broken]]))


def _places(pieces: Geometries, of_zone: Ints, shells: Geometries, shell_zone: Ints) -> tuple[Ints, Ints]:
    """Return the piece of its zone each shell lies in, -1 where none does, and the zones where that is so."""
    counts = np.bincount(of_zone, minlength=int(shell_zone.max(initial=-1)) + 1)
    starts = np.cumsum(counts) - counts
    place = np.where(counts[shell_zone] == 1, starts[shell_zone], -1)
    rest = np.flatnonzero(place < 0)
    if len(rest):
        places = shapely.get_point(shells[rest], 0)
        at, piece = shapely.STRtree(pieces).query(places, predicate="intersects")
        same = of_zone[piece] == shell_zone[rest[at]]
        place[rest[at[same]]] = piece[same]
    return place, np.unique(shell_zone[place < 0])
