"""Base lines of railways: the edge from which a protection zone is measured, where it is given.

A base line is drawn as polygons (the ground an embankment or a bridge covers) or as lines (its toes, its sides). It is
that of a track where it lies within 60 m beside it (rule ``LIB-BASE-REACH``).
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from fringe.measure.corridor_axis import Ground
from fringe.measure.corridor_cells import Cells, cells_of
from fringe.measure.corridor_steps import Network
from fringe.measure.cuts import cut, overlay, polygonal, unite
from fringe.measure.doors import shapes_of
from fringe.measure.flat import Bools, Floats, Geometries, Ints
from fringe.model.rules import rule_value

# Lines are joined to the tracks in pieces of this length.
_STEP_M = 10.0


def footprint(base: gpd.GeoDataFrame, network: Network, ground: Ground) -> Geometries:
    """Return the ground within a base line: polygons as they are, lines with what lies between them and the tracks."""
    shapes = shapes_of(base)
    parts = shapely.get_parts(shapes)
    lines = parts[shapely.get_dimensions(parts) == 1]
    if not len(lines):
        return parts
    tracks = np.array([shapely.linestrings(run.xy) for runs in network.runs for run in runs], dtype=object)
    tree = shapely.STRtree(tracks)
    reach = rule_value("LIB-BASE-REACH")
    pieces = []
    for line in shapely.segmentize(lines, _STEP_M):
        xy = shapely.get_coordinates(line)
        middle = shapely.points((xy[1:] + xy[:-1]) / 2)
        near = tracks[tree.nearest(middle)]
        feet = [_feet(near, shapely.points(some)) for some in (xy[:-1], xy[1:])]
        close = shapely.distance(middle, near) * ground(xy[:-1, 0], xy[:-1, 1]) <= reach
        corners = np.stack([xy[:-1], xy[1:], feet[1], feet[0]], axis=1)[close]
        pieces.append(shapely.convex_hull(shapely.multipoints(corners)))
    found = np.concatenate([parts[shapely.get_dimensions(parts) > 1], *pieces])
    return found[shapely.area(found) > 0]


def _feet(lines: Geometries, points: Any) -> Floats:
    return shapely.get_coordinates(shapely.line_interpolate_point(lines, shapely.line_locate_point(lines, points)))


def picked(found: Cells, cells: Cells, wanted: Ints) -> Geometries:
    """Return the shapes of some cells from the same cells of another width."""
    place = {key: at for at, key in enumerate(zip(found.axis_at, found.step, found.side, strict=True))}
    keys = zip(cells.axis_at[wanted], cells.step[wanted], cells.side[wanted], strict=True)
    return found.shapes[[place[key] for key in keys]]


def zones_from(
    within: Geometries, network: Network, cells: Cells, bridge: Bools, distance_m: Floats, ground: Ground
) -> tuple[Bools, Geometries]:
    """Return which cells have a base line beside them, and their zones: what lies within the distance of it.

    Parameters
    ----------
    within
        The ground within the base line.
    network, cells
        The corridors, and the cells asked about.
    bridge
        Of each cell: whether it lies on a bridge, the structures left out of the network.
    distance_m
        Of each cell.
    ground
        True metres of one metre of the plane, from place to place.
    """
    reach = rule_value("LIB-BASE-REACH")
    beside, wide = (np.full(len(cells), shapely.Polygon(), dtype=object) for _ in range(2))
    for out in (False, True):
        own = np.flatnonzero(bridge == out)
        if len(own):
            beside[own] = picked(cells_of(network, 0.0, reach, left_out=out), cells, own)
            widest = reach + float(distance_m.max())
            wide[own] = picked(cells_of(network, 0.0, widest, left_out=out), cells, own)
    shapes = np.full(len(cells), shapely.Polygon(), dtype=object)
    measured = np.zeros(len(cells), dtype=bool)
    measured[np.unique(cut(beside, within).zone_at)] = True
    tree = shapely.STRtree(within)
    for distance in np.unique(distance_m[measured]):
        wanted = np.flatnonzero(measured & (distance_m == distance))
        middle = shapely.get_coordinates(shapely.centroid(wide[wanted]))
        plane = distance / ground(middle[:, 0], middle[:, 1])
        cell, piece = tree.query(wide[wanted], predicate="dwithin", distance=plane)
        # A long base line is widened near its cell only.
        box = shapely.bounds(wide[wanted])[cell] + np.array([-1, -1, 1, 1]) * 2 * plane[cell][:, np.newaxis]
        near = polygonal(overlay(shapely.intersection, within[piece], shapely.box(*box.T)))
        keys, united = unite(shapely.buffer(near, plane[cell], quad_segs=32), cell)
        shapes[wanted[keys]] = polygonal(overlay(shapely.intersection, wide[wanted[keys]], united))
    return measured, shapes
