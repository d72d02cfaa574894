"""Corridors: which tracks run together, along which axis, in which direction.

The tracks of one line within 30 m of each other make one *corridor*. Its *axis* is its longest track, put together from
the pieces it was drawn in; the others are its *side tracks*. A *position* along the axis is the true distance from its
start, an *offset* the true distance from it, positive to the left along rising chainage. What lies farther off, such as
a branch or the same line in another valley, is a corridor of its own: another *part* of the line.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
import shapely

from fringe.measure.chainage import Chainage, chainage_of, rises
from fringe.measure.corridor_paths import JOIN_M, Path, paths_of
from fringe.measure.corridor_strips import directions
from fringe.measure.flat import Bools, Floats, Geometries, Ints
from fringe.model.problem import Problem
from fringe.model.rules import rule_value

Ground = Callable[[Floats, Floats], Floats]
# How far from the axis a side track is looked for; beyond it no yard reaches.
_REACH_M = 200.0
# Side tracks are looked at in pieces of this length, so that a long straight piece follows a curved axis.
_DENSE_M = 50.0
# A track that crosses the axis at more than 60 degrees does not run along it.
_LEAST_COS = 0.5


@dataclass(frozen=True)
class Tracks:
    """The pieces tracks are drawn in.

    Parameters
    ----------
    shapes
        Simple lines.
    row
        Position of each piece's row in the rail layer.
    ids
        The rows' ids.
    line, rail_class
        Of each row.
    km
        The chainage of each piece's start, NaN where it is not known.
    left_out
        Whether the piece lies in a structure that is left out.
    """

    shapes: Geometries
    row: Ints
    ids: tuple[Hashable, ...]
    line: tuple[Hashable, ...]
    rail_class: tuple[str, ...]
    km: Floats
    left_out: Bools

    def take(self, at: Ints) -> Tracks:
        """Return some pieces."""
        return Tracks(
            self.shapes[at], self.row[at], self.ids, self.line, self.rail_class, self.km[at], self.left_out[at]
        )


@dataclass(frozen=True)
class Run:
    """One track along an axis, from lower to higher positions.

    Parameters
    ----------
    xy
        Vertices, shape ``(n, 2)``.
    position_m, offset_m
        Of each vertex.
    left_out
        Of each segment: whether it is left out.
    """

    xy: Floats
    position_m: Floats
    offset_m: Floats
    left_out: Bools


@dataclass(frozen=True)
class Axis:
    """The axis of a corridor.

    Parameters
    ----------
    line, rail_class
        Of the railway.
    direction
        ``chainage``: left and right are known; ``digitised``: as the longest track was drawn.
    run
        Its vertices; the offsets are 0.
    chainage
        Of its positions.
    """

    line: Hashable
    rail_class: str
    direction: str
    run: Run
    chainage: Chainage

    @property
    def length_m(self) -> float:
        """Return its true length."""
        return float(self.run.position_m[-1])


def clusters(shapes: Geometries, within: float) -> list[Ints]:
    """Return the shapes that hang together over distances of up to so many units of the plane."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="dwithin", distance=within)
    graph = coo_matrix((np.ones(len(left)), (left, right)), shape=(len(shapes), len(shapes)))
    count, group = connected_components(graph, directed=False)
    order = np.argsort(group, kind="stable")
    return np.split(order, np.searchsorted(group[order], np.arange(1, count)))


def axis_of(tracks: Tracks, ground: Ground) -> tuple[Axis, list[tuple[Floats, Bools]], list[Problem]]:
    """Return the axis of tracks that hang together, the other tracks (vertices, and what is left out), and problems.

    Parameters
    ----------
    tracks
        Of one line.
    ground
        True metres of one metre of the plane, from place to place.
    """
    middle = shapely.get_coordinates(shapely.centroid(tracks.shapes[:1]))
    scale = float(ground(middle[:, 0], middle[:, 1])[0])
    within = rule_value("LIB-CORRIDOR-GAP") / scale
    paths = paths_of(tracks.shapes, within)
    length = shapely.length(tracks.shapes)
    # The longest; of equals the one drawn first.
    paths.sort(key=lambda path: (-round(float(length[path.pieces].sum()), 3), int(path.pieces.min())))
    path, direction, known = _directed(paths[0], tracks)
    xy, left_out, starts = _joined(path, tracks)
    position = _positions(xy, ground)
    order = position[starts]
    if known is None:
        at = np.flatnonzero(np.isfinite(tracks.km[path.pieces]))
        found = (order[at], tracks.km[path.pieces[at]], tuple(tracks.ids[row] for row in tracks.row[path.pieces[at]]))
    else:
        found = _projected_starts(known, tracks, shapely.LineString(xy), position)
    chainage, problems = chainage_of(*found, float(position[-1]))
    axis = Axis(
        tracks.line[tracks.row[path.pieces[0]]],
        _main_class(path, tracks),
        direction,
        Run(xy, position, np.zeros(len(xy)), left_out),
        chainage,
    )
    return axis, [_joined(other, tracks)[:2] for other in paths[1:]], problems


def _directed(path: Path, tracks: Tracks) -> tuple[Path, str, Ints | None]:
    """Return the axis by rising chainage, how that is known, and the side tracks that told it."""
    km = tracks.km[path.pieces]
    told = np.flatnonzero(np.isfinite(km))
    rising = rises(np.arange(len(km), dtype=np.float64), km)
    if rising is None and len(told):
        # A start stands at the beginning of its piece as drawn.
        rising = not bool(path.backward[told[0]])
    if rising is not None:
        return (path if rising else path.reversed()), "chainage", None
    known = np.flatnonzero(np.isfinite(tracks.km))
    longest = int(np.argmax(shapely.length(tracks.shapes[path.pieces])))
    rising = not bool(path.backward[longest])
    if not len(known):
        return (path if rising else path.reversed()), "digitised", None
    place = _middles(known, tracks, shapely.LineString(_joined(path, tracks)[0]))
    told_by = rises(place, tracks.km[known])
    if told_by is not None:
        rising = told_by
    return (path if rising else path.reversed()), "chainage" if told_by is not None else "digitised", known


def _middles(some: Ints, tracks: Tracks, axis: shapely.LineString) -> Floats:
    middle = shapely.line_interpolate_point(tracks.shapes[some], 0.5, normalized=True)
    return np.asarray(shapely.line_locate_point(axis, middle))


def _projected_starts(
    known: Ints, tracks: Tracks, axis: shapely.LineString, position: Floats
) -> tuple[Floats, Floats, tuple[Hashable, ...]]:
    """Return the starts of side tracks as positions on an axis that knows none: the end of each that comes first."""
    ends = shapely.get_point(tracks.shapes[known], 0), shapely.get_point(tracks.shapes[known], -1)
    first = np.minimum(*(np.asarray(shapely.line_locate_point(axis, some)) for some in ends))
    plane = np.r_[0.0, np.cumsum(np.hypot(*np.diff(shapely.get_coordinates(axis), axis=0).T))]
    at = np.interp(first, plane, position)
    order = np.argsort(at, kind="stable")
    # Parallel tracks tell the same start more than once.
    order = order[np.unique(np.round(tracks.km[known[order]], 6), return_index=True)[1]]
    order = order[np.argsort(at[order], kind="stable")]
    return at[order], tracks.km[known[order]], tuple(tracks.ids[row] for row in tracks.row[known[order]])


def _main_class(path: Path, tracks: Tracks) -> str:
    length: dict[str, float] = {}
    for piece in path.pieces:
        name = tracks.rail_class[tracks.row[piece]]
        length[name] = length.get(name, 0.0) + float(shapely.length(tracks.shapes[piece]))
    return max(length, key=lambda name: length[name])


def _joined(path: Path, tracks: Tracks) -> tuple[Floats, Bools, Ints]:
    """Return a path's vertices, what of its segments is left out, and the vertex each piece starts at."""
    vertices: list[Floats] = []
    left_out: list[Bools] = []
    starts = []
    count = 0
    for piece, backward in zip(path.pieces, path.backward, strict=True):
        xy = shapely.get_coordinates(tracks.shapes[piece])
        xy = xy[::-1] if backward else xy
        out = bool(tracks.left_out[piece])
        if count:
            bridge = float(np.hypot(*(xy[0] - vertices[-1][-1])))
            if bridge <= JOIN_M:
                xy = xy[1:]  # the ends are one place, drawn twice
                starts.append(count - 1)
            else:
                starts.append(count)
                left_out.append(np.array([out and bool(left_out[-1][-1])]))
        else:
            starts.append(0)
        left_out.append(np.full(len(xy) - (bridge > JOIN_M if count else True), out))
        vertices.append(xy)
        count += len(xy)
    return np.concatenate(vertices), np.concatenate(left_out), np.array(starts)


def _positions(xy: Floats, ground: Ground) -> Floats:
    """Return the true distance of each vertex from the first, by Simpson's rule along each segment."""
    step = np.hypot(*np.diff(xy, axis=0).T)
    middle = (xy[1:] + xy[:-1]) / 2
    at_vertex, at_middle = ground(xy[:, 0], xy[:, 1]), ground(middle[:, 0], middle[:, 1])
    return np.concatenate([[0.0], np.cumsum(step * (at_vertex[:-1] + 4 * at_middle + at_vertex[1:]) / 6)])


def runs_along(axis: Axis, xy: Floats, left_out: Bools, ground: Ground) -> tuple[list[Run], list[tuple[Floats, Bools]]]:
    """Return the stretches of a track that run along an axis, and those that do not."""
    xy, left_out = _densified(xy, left_out)
    position, offset, beside = _located(axis, xy, ground)
    ahead = np.diff(position)
    step = np.hypot(*np.diff(xy, axis=0).T)
    together = beside[1:] & beside[:-1] & (np.abs(ahead) < 2 * step + _DENSE_M) & (ahead != 0)
    sign = np.where(together, np.sign(ahead), 0.0)
    cuts = np.flatnonzero(sign[1:] != sign[:-1]) + 1
    runs, rest = [], []
    for head, tail in zip(np.r_[0, cuts], np.r_[cuts, len(sign)], strict=True):
        part, out = slice(head, tail + 1), left_out[head:tail]
        if sign[head] == 0:
            rest.append((xy[part], out))
        elif sign[head] > 0:
            runs.append(Run(xy[part], position[part], offset[part], out))
        else:
            runs.append(Run(xy[part][::-1], position[part][::-1], offset[part][::-1], out[::-1]))
    return runs, rest


def _densified(xy: Floats, left_out: Bools) -> tuple[Floats, Bools]:
    step = np.hypot(*np.diff(xy, axis=0).T)
    copies = np.maximum(np.ceil(step / _DENSE_M).astype(np.int64), 1)
    owner = np.repeat(np.arange(len(step)), copies)
    fraction = (np.arange(len(owner)) - (np.cumsum(copies) - copies)[owner]) / copies[owner]
    dense = xy[owner] + fraction[:, np.newaxis] * (xy[owner + 1] - xy[owner])
    return np.concatenate([dense, xy[-1:]]), left_out[owner]


def _located(axis: Axis, xy: Floats, ground: Ground) -> tuple[Floats, Floats, Bools]:
    """Return where vertices lie beside the axis: position, offset, and whether they lie beside it at all.

    Of the axis' segments nearby that one counts which the track is nearest to along its own direction: where the axis
    crosses itself, a track stays with the leg it follows.
    """
    ends = np.stack([axis.run.xy[:-1], axis.run.xy[1:]], axis=1)
    tree = shapely.STRtree(np.asarray(shapely.linestrings(ends), dtype=object))
    scale = ground(xy[:, 0], xy[:, 1])
    vertex, segment = tree.query(shapely.points(xy), predicate="dwithin", distance=_REACH_M / scale)
    heading = directions(xy)
    along = np.stack([np.cos(heading), np.sin(heading)], axis=1)
    along = np.concatenate([along[:1], along])[vertex] + np.concatenate([along, along[-1:]])[vertex]
    base = ends[segment, 1] - ends[segment, 0]
    length = np.hypot(*base.T)
    unit = base / length[:, np.newaxis]
    away = xy[vertex] - ends[segment, 0]
    raw = (away * unit).sum(axis=1) / length
    first, last = segment == 0, segment == len(ends) - 1
    # Beyond the ends of the axis there is nothing to be beside of.
    fraction = np.where(first & (raw < 0), raw, np.where(last & (raw > 1), raw, np.clip(raw, 0.0, 1.0)))
    foot = ends[segment, 0] + np.clip(raw, 0, 1)[:, np.newaxis] * base
    far = np.hypot(*(xy[vertex] - foot).T)
    cos = np.abs((along * unit).sum(axis=1)) / np.maximum(np.hypot(*along.T), 1e-12)
    order = np.lexsort((far / np.maximum(cos, 1e-9), vertex))
    beyond = np.maximum(np.maximum(-raw, raw - 1), 0.0) * length * scale[vertex] * (first | last)
    order = order[(cos[order] >= _LEAST_COS) & (beyond[order] <= rule_value("LIB-CORRIDOR-GAP"))]
    order = order[np.unique(vertex[order], return_index=True)[1]]
    position, offset, beside = np.full(len(xy), np.nan), np.full(len(xy), np.nan), np.zeros(len(xy), dtype=bool)
    chosen = vertex[order]
    start = axis.run.position_m[segment[order]]
    position[chosen] = start + fraction[order] * (axis.run.position_m[segment[order] + 1] - start)
    cross = unit[order, 0] * away[order, 1] - unit[order, 1] * away[order, 0]
    offset[chosen] = np.where(cross < 0, -1, 1) * far[order] * scale[chosen]
    beside[chosen] = True
    return position, offset, beside
