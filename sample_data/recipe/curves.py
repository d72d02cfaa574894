"""Curves and strips: how lines of the plan become natural ones, and strips beside them.

A *strip* lies on one side of a line, between two chainages and two distances from it; left is positive.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from recipe.places import ORIGIN, Position

GRID_M = 0.01  # coordinates are kept in whole centimetres, so that another machine's last digit changes nothing
_SLIVER_M2 = 1.0


def placed(at: Position) -> Position:
    """Return a position of the plan in EPSG:4547."""
    return at[0] + ORIGIN[0], at[1] + ORIGIN[1]


def snapped(geometry: BaseGeometry) -> BaseGeometry:
    """Return a valid geometry in whole centimetres."""
    return shapely.set_precision(geometry, GRID_M)


def outer(geometry: BaseGeometry) -> Polygon:
    """Return the largest polygon without its holes, in whole centimetres."""
    whole = max(shapely.get_parts(geometry), key=lambda part: float(part.area))
    found = snapped(Polygon(whole.exterior))
    return Polygon(shapely.get_exterior_ring(found))


def smooth(through: Sequence[Position], step_m: float = 60.0) -> LineString:
    """Return a curve through positions of the plan (centripetal Catmull-Rom)."""
    given = np.asarray([placed(at) for at in through], dtype=float)
    points = np.vstack([2 * given[0] - given[1], given, 2 * given[-1] - given[-2]])
    out = [given[0]]
    for at in range(len(given) - 1):
        out.extend(_piece(points[at : at + 4], step_m))
    return LineString(np.round(out, 2))


def _piece(four: np.ndarray, step_m: float) -> list[np.ndarray]:
    """Return points of the curve from the second to the third of four points (Barry and Goldman's pyramid)."""
    t = np.concatenate([[0.0], np.cumsum(np.sqrt(np.linalg.norm(np.diff(four, axis=0), axis=1)))])
    count = max(2, math.ceil(float(np.linalg.norm(four[2] - four[1])) / step_m))

    def mixed(left: np.ndarray, right: np.ndarray, begin: int, end: int, when: float) -> np.ndarray:
        return np.asarray((left * (t[end] - when) + right * (when - t[begin])) / (t[end] - t[begin]))

    found = []
    for when in np.linspace(t[1], t[2], count + 1)[1:]:
        a = [mixed(four[at], four[at + 1], at, at + 1, when) for at in range(3)]
        b = [mixed(a[at], a[at + 1], at, at + 2, when) for at in range(2)]
        found.append(mixed(b[0], b[1], 1, 2, when))
    return found


def bend(first: Position, corner: Position, last: Position, step_m: float = 80.0) -> LineString:
    """Return the parabola that leaves `first` towards `corner` and reaches `last` from it."""
    a, b, c = (np.asarray(placed(at)) for at in (first, corner, last))
    count = math.ceil(float(np.linalg.norm(c - a)) / step_m)
    t = np.linspace(0.0, 1.0, count + 1)[:, None]
    return LineString(np.round((1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c, 2))


def beside(line: LineString, distance_m: float, begin_m: float = 0.0, end_m: float | None = None) -> np.ndarray:
    """Return points at one distance from a line (left positive) between two chainages."""
    end = line.length if end_m is None else min(end_m, line.length)
    inner = [at for at in _chainages(line) if begin_m + 1 < at < end - 1]
    at = np.asarray([begin_m, *inner, end])
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(at + 4, line.length)))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(at - 4, 0)))
    along = ahead - behind
    along /= np.linalg.norm(along, axis=1)[:, None]
    return here + distance_m * np.column_stack([-along[:, 1], along[:, 0]])


def _chainages(line: LineString) -> np.ndarray:
    xy = shapely.get_coordinates(line)
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(xy, axis=0), axis=1))])


def strip(line: LineString, begin_m: float, end_m: float, near_m: float, far_m: float) -> BaseGeometry:
    """Return the strip between two chainages and two distances (both negative: on the right)."""
    ring = np.vstack([beside(line, near_m, begin_m, end_m), beside(line, far_m, begin_m, end_m)[::-1]])
    return shapely.buffer(Polygon(ring), 0)


def largest(geometry: BaseGeometry, also: float = 1.0) -> BaseGeometry:
    """Return the largest polygon, together with those of at least `also` of its area."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon" and part.area > _SLIVER_M2]
    if not parts:
        return Polygon()
    most = max(part.area for part in parts)
    kept = [part for part in parts if part.area >= also * most]
    return kept[0] if len(kept) == 1 else MultiPolygon(kept)


def blob(at: Position, size_m: float, rng: np.random.Generator) -> Polygon:
    """Return a round-edged irregular shape, as ponds are."""
    x, y = placed(at)
    turns = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = np.full_like(turns, size_m)
    for wave in (2, 3, 5):
        radius *= 1 + rng.uniform(0.04, 0.3 / wave) * np.cos(wave * turns + rng.uniform(0, 2 * np.pi))
    ring = np.column_stack([x + 1.25 * radius * np.cos(turns), y + 0.85 * radius * np.sin(turns)])
    return Polygon(np.round(ring, 2))


def block_rows(
    at: Position, columns: int, rows: int, turn_deg: float, size_m: tuple[float, float]
) -> tuple[list[Polygon], list[LineString]]:
    """Return the blocks of houses of a village around a position, row by row, and the streets between them."""
    x, y = placed(at)
    wide, high = size_m
    turn = math.radians(turn_deg)

    def turned(u: float, v: float) -> Position:
        du, dv = u - columns * wide / 2, v - rows * high / 2
        return x + du * math.cos(turn) - dv * math.sin(turn), y + du * math.sin(turn) + dv * math.cos(turn)

    blocks = [
        Polygon(
            [
                turned(c * wide, r * high),
                turned((c + 1) * wide, r * high),
                turned((c + 1) * wide, (r + 1) * high),
                turned(c * wide, (r + 1) * high),
            ]
        )
        for r in range(rows)
        for c in range(columns)
    ]
    streets = [LineString([turned(0, r * high), turned(columns * wide, r * high)]) for r in range(1, rows)]
    streets += [LineString([turned(c * wide, 0), turned(c * wide, rows * high)]) for c in range(1, columns)]
    return blocks, streets
