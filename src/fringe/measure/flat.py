"""Flat arrays: geometry as coordinates, and things that belong to others as positions.

An *owner* array says for each item which thing it belongs to, by position. A *segment* is both ends of a straight
piece of a line or ring, shape ``(2, 2)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer[Any]]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[Any]
Bounds = tuple[float, float, float, float]


def totals(owner: Ints, values: Floats, n: int) -> Floats:
    """Return the sum of the values of each of n owners.

    Examples
    --------
    >>> import numpy as np
    >>> totals(np.array([0, 2, 0]), np.array([1.0, 2.0, 3.0]), 3).tolist()
    [4.0, 0.0, 2.0]
    """
    return np.asarray(np.bincount(owner, values, minlength=n), dtype=np.float64)


def ranges(starts: Ints, counts: Ints) -> Ints:
    """Return the positions of runs, one run after the other.

    Examples
    --------
    >>> import numpy as np
    >>> ranges(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    return np.arange(counts.sum()) + np.repeat(starts - np.cumsum(counts) + counts, counts)


def segments_of(shapes: Geometries) -> tuple[Floats, Ints]:
    """Return the segments of lines and multilines, in order along each, shape ``(n, 2, 2)``, and their owners."""
    parts, part_owner = shapely.get_parts(shapes, return_index=True)
    lineal = shapely.get_dimensions(parts) == 1
    return _joined(parts[lineal], part_owner[lineal])


def edges_of(shapes: Geometries) -> tuple[Floats, Ints]:
    """Return the edges of polygons and multipolygons, holes included, shape ``(n, 2, 2)``, and their owners."""
    parts, part_owner = shapely.get_parts(shapes, return_index=True)
    rings, ring_owner = shapely.get_rings(parts, return_index=True)
    return _joined(rings, part_owner[ring_owner])


def _joined(chains: Geometries, owner: Ints) -> tuple[Floats, Ints]:
    xy, chain = shapely.get_coordinates(chains, return_index=True)
    same = chain[1:] == chain[:-1]
    return np.stack([xy[:-1][same], xy[1:][same]], axis=1), owner[chain[:-1][same]]


def chains_of(segments: Floats, owner: Ints, most: int) -> tuple[Geometries, Ints]:
    """Return lines made of up to `most` consecutive segments, and the line each segment went into.

    A line breaks where its owner ends or where a segment does not start at the end of the one before.

    Examples
    --------
    >>> import numpy as np
    >>> steps = np.array([[[0, 0], [1, 0]], [[1, 0], [2, 0]], [[2, 0], [3, 0]], [[9, 9], [8, 8]]], dtype=float)
    >>> lines, line_of = chains_of(steps, np.array([0, 0, 0, 0]), 2)
    >>> [str(line) for line in lines], line_of.tolist()
    (['LINESTRING (0 0, 1 0, 2 0)', 'LINESTRING (2 0, 3 0)', 'LINESTRING (9 9, 8 8)'], [0, 0, 1, 2])
    """
    n = len(segments)
    if not n:
        return np.array([], dtype=object), np.array([], dtype=np.int64)
    broken = (owner[1:] != owner[:-1]) | (segments[1:, 0] != segments[:-1, 1]).any(axis=1)
    first = np.flatnonzero(np.r_[True, broken])
    along = np.arange(n) - np.repeat(first, np.diff(np.r_[first, n]))
    head = along % most == 0
    line = np.cumsum(head) - 1
    # Each line has the start of its first segment and the end of every one.
    xy = np.empty((n + line[-1] + 1, 2))
    xy[np.arange(n) + line + 1] = segments[:, 1]
    xy[np.flatnonzero(head) + line[head]] = segments[head, 0]
    indices = np.sort(np.r_[line, line[head]])
    return np.asarray(shapely.linestrings(xy, indices=indices), dtype=object), line
