"""Polygons as flat arrays of rings: the form in which loops over edges read them.

A *ring* is closed: its last vertex is its first. An *edge* is known by the position of the vertex it starts from. The
rings of a shape lie one after the other, a shell before its holes, the parts of a multipolygon in their order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer[Any]]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[Any]

_AREAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


class Rings(NamedTuple):
    """The rings of some polygons and multipolygons.

    Parameters
    ----------
    xy
        Vertices, shape ``(n, 2)``.
    first, last
        Position of the first and last vertex of each ring.
    shell
        Whether a ring is a shell.
    of
        Position of the first ring of each shape, and the number of rings: the rings of shape i are ``of[i]`` to
        ``of[i + 1] - 1``. A shape without rings is empty or missing.
    """

    xy: Floats
    first: Ints
    last: Ints
    shell: Bools
    of: Ints


def is_areal(shapes: Geometries) -> bool:
    """Return whether all shapes are polygons, multipolygons or missing."""
    return bool(np.isin(shapely.get_type_id(shapes), (*_AREAL, -1)).all())


def rings_of(shapes: Geometries, xy: Floats | None = None) -> Rings:
    """Return the rings of polygons and multipolygons; `xy` are their coordinates where they are known.

    Examples
    --------
    >>> import numpy as np
    >>> from shapely import Polygon, box
    >>> holed = Polygon([(0, 0), (9, 0), (0, 9)], [[(1, 1), (2, 1), (1, 2)]])
    >>> rings = rings_of(np.array([box(0, 0, 1, 1), Polygon(), holed]))
    >>> rings.first.tolist(), rings.last.tolist(), rings.shell.tolist(), rings.of.tolist()
    ([0, 5, 9], [4, 8, 12], [True, True, False], [0, 1, 1, 3])
    """
    counts = shapely.get_num_coordinates(shapes).astype(np.int64)
    n_rings = (counts > 0).astype(np.int64)
    # A polygon without holes is its ring: only the others are taken apart.
    apart = np.flatnonzero(
        (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON)
        | (shapely.get_num_interior_rings(shapes) > 0)
    )
    if len(apart):
        parts, part_owner = shapely.get_parts(shapes[apart], return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        n_rings[apart] = np.bincount(part_owner[part], minlength=len(apart))
    of = np.r_[0, np.cumsum(n_rings)]
    lengths = np.empty(of[-1], dtype=np.int64)
    shell = np.ones(of[-1], dtype=bool)
    plain = n_rings > 0
    plain[apart] = False
    lengths[of[:-1][plain]] = counts[plain]
    if len(apart):
        owner = part_owner[part]
        starts = np.flatnonzero(np.diff(owner, prepend=-1))
        at = np.arange(len(rings)) - np.repeat(starts, np.diff(np.r_[starts, len(rings)])) + of[apart[owner]]
        lengths[at] = shapely.get_num_coordinates(rings)
        shell[at] = np.diff(part, prepend=-1) > 0
    ends = np.cumsum(lengths)
    return Rings(shapely.get_coordinates(shapes) if xy is None else xy, ends - lengths, ends - 1, shell, of)


def some_rings(rings: Rings, rows: Ints) -> Rings:
    """Return the rings of some shapes, in the order of `rows`; they share their vertices with the others.

    Examples
    --------
    >>> import numpy as np
    >>> from shapely import box
    >>> rings = rings_of(np.array([box(0, 0, 1, 1), box(2, 0, 3, 1), box(4, 0, 5, 1)]))
    >>> some_rings(rings, np.array([0, 2])).first.tolist()
    [0, 10]
    """
    counts = np.diff(rings.of)[rows]
    of = np.r_[0, np.cumsum(counts)]
    at = np.arange(of[-1]) + np.repeat(rings.of[rows] - of[:-1], counts)
    return Rings(rings.xy, rings.first[at], rings.last[at], rings.shell[at], of)


def joined_rings(left: Rings, right: Rings) -> Rings:
    """Return the rings of two arrays of shapes as of one; the vertices are copies.

    Examples
    --------
    >>> import numpy as np
    >>> from shapely import box
    >>> rings = rings_of(np.array([box(0, 0, 1, 1)]))
    >>> joined_rings(rings, rings).last.tolist()
    [4, 9]
    """
    n = len(left.xy)
    return Rings(
        np.concatenate([left.xy, right.xy]),
        np.concatenate([left.first, right.first + n]),
        np.concatenate([left.last, right.last + n]),
        np.concatenate([left.shell, right.shell]),
        np.concatenate([left.of, right.of[1:] + left.of[-1]]),
    )
