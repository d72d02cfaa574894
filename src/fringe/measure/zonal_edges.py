"""Zones as edges on a raster's grid: oriented, in columns and rows, brought there from another coordinate system.

A place is *on the grid* when x counts columns from the raster's left edge and y rows from its top, with fractions. An
edge is directed so that the edges of a zone with y growing along them have the zone on the side of greater x: the
*cover* of a cell, y gained by the edges in it and in all cells left of it, is then 1 inside a zone and 0 outside.

A *band* is a run of rows; an edge belongs to every band it reaches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely

from fringe.io.raster import Raster
from fringe.measure.flat import Floats, Geometries, Ints, ranges, totals

# Edges that are curves on the grid are halved until they lie so close to them, in cells.
_STRAIGHT_TO = 1e-4
_MOST_HALVINGS = 12
_PROBES = np.array([0.25, 0.5, 0.75])


@dataclass(frozen=True)
class Edges:
    """Directed edges of zones on a grid, ordered by zone.

    Parameters
    ----------
    ends
        Shape ``(n, 2, 2)``: start and end, each column and row.
    zone_at
        The zone of each.
    area
        Of each zone, in cells.
    box
        Of each zone: left, top, right and bottom; NaN for a zone without edges.
    """

    ends: Floats
    zone_at: Ints
    area: Floats
    box: Floats


@dataclass(frozen=True)
class Bands:
    """Edges by band: those of band k are ``edge_at[heads[k]:heads[k + 1]]``, ordered by zone."""

    rows: int
    edge_at: Ints
    heads: Ints

    def of(self, row: int) -> Ints:
        """Return the edges of the band that starts with a row."""
        band = row // self.rows
        return self.edge_at[self.heads[band] : self.heads[band + 1]]


def edges_on(raster: Raster, zones: Geometries, across: pyproj.Transformer | None) -> Edges:
    """Return the edges of zones on a raster's grid.

    Parameters
    ----------
    raster
        The grid.
    zones
        Valid polygons.
    across
        From the zones' coordinate system to the raster's; `None` if they are the same. Edges are straight in the zones'
        system. A zone with a place that the raster's system does not know has no edges.
    """
    ends, zone_at = _oriented(zones)
    n = len(zones)
    if across is None:
        ends = _on_grid(raster, ends)
    else:
        ends, zone_at = _bent(raster, ends, zone_at, across)
        strange = np.zeros(n, dtype=bool)
        strange[zone_at[~np.isfinite(ends).all(axis=(1, 2))]] = True
        ends, zone_at = ends[~strange[zone_at]], zone_at[~strange[zone_at]]
    heads = np.searchsorted(zone_at, np.arange(n + 1))
    area = _areas(ends, zone_at, heads)
    # Whichever way the axes of the two systems run, a zone's area is positive.
    turned = area[zone_at] > 0
    ends[turned] = ends[turned, ::-1]
    return Edges(ends, zone_at, np.abs(area), _boxes(ends, heads))


def bands(edges: Edges, rows: int, height: int) -> Bands:
    """Return the edges by bands of so many rows of a raster of a height; level edges bound nothing and are left out.

    Examples
    --------
    >>> import numpy as np
    >>> ends = np.array([[[0, 1], [0, 5]], [[0, 5], [3, 5]], [[3, 5], [3, 1]], [[3, 1], [0, 1]]], dtype=float)
    >>> edges = Edges(ends, np.zeros(4, dtype=int), np.array([12.0]), np.array([[0.0, 1, 3, 5]]))
    >>> found = bands(edges, 4, 8)
    >>> found.of(0).tolist(), found.of(4).tolist()
    ([0, 2], [0, 2])
    """
    low, high = edges.ends[:, :, 1].min(axis=1), edges.ends[:, :, 1].max(axis=1)
    n_bands = -(-height // rows)
    reach = np.flatnonzero((low < high) & (high > 0) & (low < height))
    first = np.maximum(np.floor(low[reach] / rows), 0).astype(np.int64)
    last = np.minimum(np.ceil(high[reach] / rows) - 1, n_bands - 1).astype(np.int64)
    count = last - first + 1
    band = ranges(first, count)
    order = np.argsort(band, kind="stable")
    heads = np.searchsorted(band[order], np.arange(n_bands + 1))
    return Bands(rows, np.repeat(reach, count)[order], heads)


def _oriented(zones: Geometries) -> tuple[Floats, Ints]:
    """Return the edges of all rings, outer ones one way round and holes the other, and their zones."""
    parts, part_owner = shapely.get_parts(zones, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    xy, ring_at = shapely.get_coordinates(rings, return_index=True)
    same = ring_at[1:] == ring_at[:-1]
    ends = np.stack([xy[:-1][same], xy[1:][same]], axis=1)
    ring_at = ring_at[:-1][same]
    heads = np.searchsorted(ring_at, np.arange(len(rings) + 1))
    left_round = _areas(ends, ring_at, heads) > 0
    outer = np.r_[True, ring_part[1:] != ring_part[:-1]][: len(rings)]
    back = (left_round != outer)[ring_at]
    ends[back] = ends[back, ::-1]
    return ends, part_owner[ring_part[ring_at]]


def _areas(ends: Floats, owner: Ints, heads: Ints) -> Floats:
    """Return the signed area of each owner's edges, told from its first place: far from an origin nothing is lost."""
    n = len(heads) - 1
    if not len(ends):
        return np.zeros(n)
    origin = ends[np.minimum(heads[:-1], len(ends) - 1), 0]
    x0, y0 = (ends[:, 0] - origin[owner]).T
    x1, y1 = (ends[:, 1] - origin[owner]).T
    return totals(owner, x0 * y1 - x1 * y0, n) / 2


def _boxes(ends: Floats, heads: Ints) -> Floats:
    box = np.full((len(heads) - 1, 4), np.nan)
    some = np.flatnonzero(np.diff(heads))
    if len(some):
        box[some, :2] = np.minimum.reduceat(ends.min(axis=1), heads[some])
        box[some, 2:] = np.maximum.reduceat(ends.max(axis=1), heads[some])
    return box


def _on_grid(raster: Raster, xy: Floats) -> Floats:
    return (xy - [raster.left, raster.top]) / [raster.cell_x, raster.cell_y]


def _bent(raster: Raster, ends: Floats, zone_at: Ints, across: pyproj.Transformer) -> tuple[Floats, Ints]:
    """Return edges on the grid, each in as many pieces as keep it within `_STRAIGHT_TO` of the curve it is there.

    Quarters are looked at beside the middle: where a curve turns from one side to the other, its middle lies on it.
    """

    def place(xy: Floats) -> Floats:
        x, y = across.transform(xy[..., 0].ravel(), xy[..., 1].ravel())
        return _on_grid(raster, np.stack([x, y], axis=-1).reshape(xy.shape))

    shape = (len(ends), 2, 2)
    mapped = place(ends) if len(ends) else np.empty(shape)
    # The place of a piece along its edge keeps the order, and neighbours share their ends to the last digit.
    done: list[tuple[Floats, Ints]] = []
    order = np.arange(len(ends))
    for step in range(_MOST_HALVINGS + 1):
        if not len(ends):
            break
        probes = ends[:, :1] + _PROBES[:, np.newaxis] * (ends[:, 1:] - ends[:, :1])
        seen = place(probes)
        chord = mapped[:, :1] + _PROBES[:, np.newaxis] * (mapped[:, 1:] - mapped[:, :1])
        with np.errstate(invalid="ignore"):
            off = np.abs(seen - chord).max(axis=(1, 2))
            bent = off > _STRAIGHT_TO
        if step == _MOST_HALVINGS:
            bent[:] = False
        done.append((mapped[~bent], order[~bent]))
        middle, seen_middle = probes[bent, 1], seen[bent, 1]
        ends = np.concatenate([np.stack([ends[bent, 0], middle], 1), np.stack([middle, ends[bent, 1]], 1)])
        mapped = np.concatenate(
            [np.stack([mapped[bent, 0], seen_middle], 1), np.stack([seen_middle, mapped[bent, 1]], 1)]
        )
        order = np.tile(order[bent], 2)
    if not done:
        return mapped, zone_at
    pieces, edge = (np.concatenate(part) for part in zip(*done, strict=True))
    by_edge = np.argsort(edge, kind="stable")
    return pieces[by_edge], zone_at[edge[by_edge]]
