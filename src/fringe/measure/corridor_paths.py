"""Paths: the tracks of a railway put together from the pieces they were drawn in, in any order and direction.

Pieces that end in one place are joined where a train could run on, that is with a turn of less than a right angle; so
are ends that face each other over a small gap. A *path* is the longest run through the pieces; what it leaves makes
further paths.

A line that comes back beside itself through a bend no track can have (rule ``LIB-TRACK-RADIUS``) was drawn round the
end of a railway: its arms are two tracks. How tight a drawn bend is, is told by the circle that touches its segments.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from fringe.measure.flat import Bools, Floats, Geometries, Ints
from fringe.model.rules import rule_value

# Ends this close are one place: drawings made by hand seldom fit better, and no two switches lie closer.
JOIN_M = 1.0
# Ends that face each other are joined over a gap of up to this, the distance within which tracks make one corridor.
_RIGHT_ANGLE = np.pi / 2
_FACING_RAD = np.radians(30.0)
# A bend of more than this brings a line back; switches, curves and triangles of railways turn less in one place.
_FOLD_RAD = np.radians(120.0)
# What deviates less from a line is the unsteadiness of its drawing, half of what makes two ends one place.
_UNSTEADY_M = JOIN_M / 2


@dataclass(frozen=True)
class Path:
    """Pieces in the order they are run through.

    Parameters
    ----------
    pieces
        Positions of the pieces.
    backward
        Whether each is run through against its digitised direction.
    """

    pieces: Ints
    backward: Bools

    def reversed(self) -> Path:
        """Return the path the other way round."""
        return Path(self.pieces[::-1], ~self.backward[::-1])


def split_at_reversals(line: shapely.LineString) -> list[shapely.LineString]:
    """Return the parts of a line between places where it turns back by more than a right angle.

    Examples
    --------
    >>> from shapely import LineString
    >>> [str(part) for part in split_at_reversals(LineString([(0, 0), (9, 0), (4, 0)]))]
    ['LINESTRING (0 0, 9 0)', 'LINESTRING (9 0, 4 0)']
    """
    xy = shapely.get_coordinates(line)
    step = np.diff(xy, axis=0)
    back = np.flatnonzero((step[1:] * step[:-1]).sum(axis=1) < 0) + 1
    ends = np.r_[0, back, len(xy) - 1]
    return [shapely.LineString(xy[head : tail + 1]) for head, tail in pairwise(ends)]


def split_at_folds(line: shapely.LineString) -> list[shapely.LineString]:
    """Return the arms of a line between the places where it folds: turns by more than 120° in a bend no track can have.

    The bend itself is no track and is dropped. A line that is hardly more than its bends is left as it is.

    Examples
    --------
    A kilometre there and back, 10 m apart:

    >>> from shapely import LineString
    >>> [str(arm) for arm in split_at_folds(LineString([(0, 0), (1000, 0), (1000, 10), (0, 10)]))]
    ['LINESTRING (0 0, 1000 0)', 'LINESTRING (1000 10, 0 10)']
    """
    xy = shapely.get_coordinates(line)
    along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T))]
    folds = []
    for first, last in _folds(xy):
        # Vertices that the unsteady drawing put just before or behind the bend belong to it.
        near = int(np.searchsorted(along, along[first] - 2 * _UNSTEADY_M))
        far = int(np.searchsorted(along, along[last] + 2 * _UNSTEADY_M, side="right")) - 1
        near, far = max(near, 1), min(far, len(xy) - 2)
        # At a single vertex there is no bend to drop: see `split_at_reversals`.
        folds += [(near, far)] if far > near else []
    dropped = sum(along[last] - along[first] for first, last in folds)
    if not folds or 2 * dropped >= along[-1]:
        return [line]
    heads, tails = [0, *(last for _, last in folds)], [*(first for first, _ in folds), len(xy) - 1]
    return [shapely.LineString(xy[head : tail + 1]) for head, tail in zip(heads, tails, strict=True) if tail > head]


def _folds(xy: Floats) -> list[tuple[int, int]]:
    """Return the first and last vertex of each bend that turns back tighter than any track, in their order."""
    numbered = shapely.linestrings(np.column_stack([xy, np.arange(len(xy))]))
    steady = shapely.get_coordinates(shapely.simplify(numbered, _UNSTEADY_M, preserve_topology=False), include_z=True)
    step = np.diff(steady[:, :2], axis=0)
    heading = np.arctan2(step[:, 1], step[:, 0])
    turn, length = _wrapped(np.diff(heading)), np.hypot(*step.T)[1:]
    vertex = steady[1:-1, 2].astype(np.int64)
    new = np.flatnonzero(np.sign(turn[1:]) != np.sign(turn[:-1])) + 1
    found: list[tuple[int, int]] = []
    for head, tail in pairwise(np.r_[0, new, len(turn)].tolist()):
        todo = [(head, tail)]
        while todo:
            start, end = todo.pop()
            bend = _tightest(np.abs(turn[start:end]), length[start:end])
            if bend is None:
                continue
            first, last = start + bend[0], start + bend[1]
            found.append((int(vertex[first]), int(vertex[last])))
            todo += [(start, first), (last + 1, end)]
    return sorted(found)


def _tightest(turn: Floats, length: Floats) -> tuple[int, int] | None:
    """Return the first and last of vertices, all turning one way, between which a line folds; of several the most.

    A circle that touches two segments touches them its radius times tan(turn / 2) from their vertex.
    """
    if turn.sum() <= _FOLD_RAD:
        return None
    tangent = np.tan(turn / 2)
    turned = np.r_[0.0, np.cumsum(turn)]
    way = np.r_[0.0, np.cumsum(length)]
    touched = np.r_[0.0, np.cumsum(tangent)]
    first, last = np.triu_indices(len(turn))
    total = turned[last + 1] - turned[first]
    within = 2 * (touched[last + 1] - touched[first]) - tangent[first] - tangent[last]
    tight = way[last] - way[first] <= rule_value("LIB-TRACK-RADIUS") * within
    folded = np.flatnonzero(tight & (total > _FOLD_RAD))
    if not len(folded):
        return None
    best = folded[np.argmax(total[folded])]
    return int(first[best]), int(last[best])


def paths_of(pieces: Geometries, gap_m: float) -> list[Path]:
    """Return the paths the pieces make, every piece in one of them, the longest of what is left each time.

    Parameters
    ----------
    pieces
        Lines of at least two different vertices, none of which turns back on itself.
    gap_m
        Facing ends are joined over a gap of up to this, in units of the plane.
    """
    states = _states(pieces)
    tail, head = _joins(states, gap_m)
    paths = []
    for group in _groups(len(pieces), tail, head):
        todo = [group]
        while todo:
            some = todo.pop()
            path = _longest(some, shapely.length(pieces), tail, head)
            paths.append(path)
            left = np.setdiff1d(some, path.pieces)
            if len(left):
                todo += _groups(len(pieces), tail, head, left)
    return paths


@dataclass(frozen=True)
class _States:
    """A piece run through one way: state ``2 i`` forward and ``2 i + 1`` backward."""

    start: Floats
    end: Floats
    out_of: Floats  # direction at the start
    into: Floats  # direction at the end


def _states(pieces: Geometries) -> _States:
    n = len(pieces)
    xy, owner = shapely.get_coordinates(pieces, return_index=True)
    first = np.searchsorted(owner, np.arange(n))
    last = np.searchsorted(owner, np.arange(n), side="right") - 1
    ahead = np.arctan2(*(xy[first + 1] - xy[first]).T[::-1])
    behind = np.arctan2(*(xy[last] - xy[last - 1]).T[::-1])
    both = np.stack([xy[first], xy[last]], axis=1).reshape(-1, 2)
    swapped = np.stack([xy[last], xy[first]], axis=1).reshape(-1, 2)
    out_of = np.stack([ahead, behind + np.pi], axis=1).ravel()
    into = np.stack([behind, ahead + np.pi], axis=1).ravel()
    return _States(both, swapped, out_of, into)


def _joins(states: _States, gap_m: float) -> tuple[Ints, Ints]:
    """Return the pairs of states of which the second can follow the first."""
    tree = shapely.STRtree(np.asarray(shapely.points(states.start), dtype=object))
    tail, head = tree.query(shapely.points(states.end), predicate="dwithin", distance=max(gap_m, JOIN_M))
    gap = states.start[head] - states.end[tail]
    far = np.hypot(gap[:, 0], gap[:, 1])
    turn = np.abs(_wrapped(states.out_of[head] - states.into[tail]))
    joined = (far <= JOIN_M) & (turn < _RIGHT_ANGLE) & (tail != head)
    # A closed ring runs on into itself.
    joined |= (far <= JOIN_M) & (turn < _RIGHT_ANGLE) & (tail == head)
    # Only ends that nothing joins may be bridged, straight on.
    open_end = np.bincount(tail[joined], minlength=len(states.end)) == 0
    open_start = np.bincount(head[joined], minlength=len(states.end)) == 0
    toward = np.arctan2(gap[:, 1], gap[:, 0])
    facing = np.abs(_wrapped(toward - states.into[tail])) < _FACING_RAD
    facing &= np.abs(_wrapped(states.out_of[head] - toward)) < _FACING_RAD
    bridged = (far > JOIN_M) & (far <= gap_m) & facing & open_end[tail] & open_start[head] & (tail // 2 != head // 2)
    kept = joined | bridged
    return tail[kept], head[kept]


def _wrapped(angle: Floats) -> Floats:
    return np.asarray((angle + np.pi) % (2 * np.pi) - np.pi)


def _groups(n: int, tail: Ints, head: Ints, among: Ints | None = None) -> list[Ints]:
    """Return the pieces that hang together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    own = np.arange(n) if among is None else among
    place = np.full(n, -1)
    place[own] = np.arange(len(own))
    left, right = place[tail // 2], place[head // 2]
    both = (left >= 0) & (right >= 0)
    graph = coo_matrix((np.ones(np.count_nonzero(both)), (left[both], right[both])), shape=(len(own), len(own)))
    count, group = connected_components(graph, directed=False)
    order = np.argsort(group, kind="stable")
    return [own[part] for part in np.split(order, np.searchsorted(group[order], np.arange(1, count)))]


def _longest(group: Ints, length: Floats, tail: Ints, head: Ints) -> Path:
    """Return the longest run through pieces that hang together: from any end to the farthest, and back to the farthest.

    That is exact where there are no loops; in a loop the run goes round it once.
    """
    if len(group) == 1:
        return Path(group, np.zeros(1, dtype=bool))
    place = np.full(2 * (int(group.max()) + 1), -1)
    place[2 * group], place[2 * group + 1] = 2 * np.arange(len(group)), 2 * np.arange(len(group)) + 1
    known = (tail < len(place)) & (head < len(place))
    left, right = place[tail[known]], place[head[known]]
    both = (left >= 0) & (right >= 0) & (left // 2 != right // 2)
    left, right = left[both], right[both]
    own = np.repeat(length[group], 2)
    start = int(np.argmax(own))
    best: list[int] = []
    for _ in range(2):
        there = _farthest(left, right, own, start)
        back = _farthest(left, right, own, there[-1] ^ 1)
        best = max(best, there, back, key=lambda states: own[states].sum())
        start ^= 1
    states = np.array(best)
    return Path(group[states // 2], states % 2 == 1)


def _farthest(left: Ints, right: Ints, length: Floats, start: int) -> list[int]:
    """Return the states from one to that which is farthest from it, by the shortest way there."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    n = len(length)
    graph = coo_matrix((length[right], (left, right)), shape=(n, n)).tocsr()
    distance, before = dijkstra(graph, indices=start, return_predecessors=True)
    at = int(np.argmax(np.where(np.isfinite(distance), distance, -1.0)))
    states = [at]
    while at != start:
        at = int(before[at])
        states.append(at)
    states.reverse()
    met = {state // 2 for state in states}
    return states if len(met) == len(states) else _without_repeats(states)


def _without_repeats(states: list[int]) -> list[int]:
    """Return the run up to where it would come through a piece again, the other way round a turning loop."""
    met: set[int] = set()
    kept = []
    for state in states:
        if state // 2 in met:
            break
        met.add(state // 2)
        kept.append(state)
    return kept
