"""A network of lines to go along: where lines meet, how long each stretch is, and where places join it.

Lines *meet* where they share a vertex; lines that only cross do not (one is a bridge). Ends that miss each other by no
more than a tolerance are *snapped*: an end to the vertices near it, else onto the line beside it. A *joint* is a point
of the network where a place joins it: where the network crosses or runs in a place that is an area or a line, else the
point of it nearest to the place; the straight *leg* between place and joint is part of the way.

Every line may be gone along in both directions. *Stretches* are straight: the segments of the lines, cut at joints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from fringe.measure.ellipsoid import LengthRule
from fringe.measure.flat import Bools, Floats, Geometries, Ints, segments_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# A joint closer to the end of a segment than this part of it is at the end.
_AT_END = 1e-12


@dataclass(frozen=True)
class Joints:
    """Where places join the lines.

    Parameters
    ----------
    place_at, segment_at
        Positions of the place and the segment of each joint; a place may have several.
    along
        Where on the segment, 0 to 1.
    leg_m
        Length of the straight way from the place.
    """

    place_at: Ints
    segment_at: Ints
    along: Floats
    leg_m: Floats


@dataclass(frozen=True)
class Network:
    """Stretches between nodes, and the nodes of joints.

    Parameters
    ----------
    start, end
        Nodes of each stretch, 0 to `n_nodes` - 1.
    length_m
        Of each stretch.
    xy
        Both ends of each stretch in the plane, shape ``(n, 2, 2)``.
    line_at
        The line each stretch is a part of.
    n_nodes
        How many nodes there are.
    joint_node
        The node of each joint.
    """

    start: Ints
    end: Ints
    length_m: Floats
    xy: Floats
    line_at: Ints
    n_nodes: int
    joint_node: Ints

    def part(self) -> Ints:
        """Return which connected part each stretch belongs to; part 0 is the longest."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        ones = np.ones(len(self.start), dtype=bool)
        graph = coo_array((ones, (self.start, self.end)), shape=(self.n_nodes, self.n_nodes))
        part = connected_components(graph, directed=False)[1][self.start]
        metres = np.bincount(part, self.length_m)
        place = np.empty(len(metres), dtype=np.int64)
        place[np.argsort(-metres, kind="stable")] = np.arange(len(metres))
        found: Ints = place[part]
        return found

    def graph(self, sources: Joints, sinks: Joints, *, n_sources: int, n_sinks: int) -> csr_array:
        """Return the ways as a matrix of lengths: nodes, then sources, then sinks.

        Sources lead into the network and sinks out of it, so that no way leads through a place. `sources` and `sinks`
        are the joints of the network, in this order.
        """
        from scipy.sparse import csr_array

        first_source, first_sink = self.n_nodes, self.n_nodes + n_sources
        out, back = np.split(self.joint_node, [len(sources.place_at)])
        tail = np.concatenate([self.start, self.end, first_source + sources.place_at, back])
        head = np.concatenate([self.end, self.start, out, first_sink + sinks.place_at])
        metres = np.concatenate([self.length_m, self.length_m, sources.leg_m, sinks.leg_m])
        # Of several stretches between two nodes the shortest is the way; a matrix would add them.
        order = np.lexsort((metres, head, tail))
        tail, head, metres = tail[order], head[order], metres[order]
        first = np.r_[True, (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])][: len(tail)]
        n = first_sink + n_sinks
        return csr_array((metres[first], (tail[first], head[first])), shape=(n, n))


def join(places: Geometries, segments: Floats, measure: LengthRule) -> Joints:
    """Return where places join the segments."""
    lines = np.asarray(shapely.linestrings(segments), dtype=object)
    tree = shapely.STRtree(lines)
    extended = np.flatnonzero(shapely.get_type_id(places) != shapely.GeometryType.POINT)
    at, segment_at = tree.query(places[extended], predicate="intersects")
    place_at = extended[at]
    inside = shapely.intersection(places[place_at], lines[segment_at])
    xy, of = shapely.get_coordinates(inside, return_index=True)
    crossing = (place_at[of], segment_at[of], _along(segments[segment_at[of]], xy), np.zeros(len(of)))
    rest = np.setdiff1d(np.arange(len(places)), place_at)
    near_at, nearest = tree.query_nearest(places[rest], all_matches=False)
    rest = rest[near_at]
    legs = shapely.shortest_line(places[rest], lines[nearest])
    ends = shapely.get_coordinates(shapely.get_point(legs, 1))
    beside = (rest, nearest, _along(segments[nearest], ends), measure(np.asarray(legs, dtype=object)))
    joined = [np.concatenate([one, other]) for one, other in zip(crossing, beside, strict=True)]
    return Joints(*(column[np.argsort(joined[0], kind="stable")] for column in joined))


def _along(segments: Floats, xy: Floats) -> Floats:
    """Return where points on segments lie, 0 to 1."""
    step = segments[:, 1] - segments[:, 0]
    span = np.maximum(np.sum(step**2, axis=1), np.finfo(float).tiny)
    along = np.clip(np.sum((xy - segments[:, 0]) * step, axis=1) / span, 0.0, 1.0)
    along[along < _AT_END] = 0.0
    along[along > 1 - _AT_END] = 1.0
    return np.asarray(along, dtype=np.float64)


def segments_of_network(lines: Geometries) -> tuple[Floats, Ints]:
    """Return the segments of lines that have a length, and their lines."""
    segments, owner = segments_of(lines)
    long = (segments[:, 0] != segments[:, 1]).any(axis=1)
    return segments[long], owner[long]


def network_of(
    segments: Floats, line_at: Ints, joints: tuple[Joints, ...], measure: LengthRule, *, snap_m: float
) -> Network:
    """Return the network of segments, cut at joints.

    Parameters
    ----------
    segments, line_at
        See `segments_of_network`.
    joints
        Each a node of its own, in this order.
    measure
        Of lengths.
    snap_m
        How far ends may miss each other, in the plane.
    """
    node, n_nodes = _snapped(segments, line_at, snap_m)
    onto_at, onto, along = _ends_beside(segments, node, snap_m)
    added = sum(len(some.segment_at) for some in joints)
    # All points of all segments: their ends, ends of others that lie on them, joints.
    whole = np.arange(len(segments))
    segment = np.concatenate([whole, whole, onto, *(some.segment_at for some in joints)])
    place = np.concatenate([np.zeros(len(segments)), np.ones(len(segments)), along, *(some.along for some in joints)])
    made = n_nodes + np.arange(added)
    nodes = np.concatenate([node[:, 0], node[:, 1], onto_at, made])
    # A joint at the end of a segment comes after its start and before its end.
    rank = np.repeat([0, 2, 1, 1], [len(whole), len(whole), len(onto), added])
    order = np.lexsort((rank, place, segment))
    segment, place, nodes = segment[order], place[order], nodes[order]
    same = segment[1:] == segment[:-1]
    of = segment[1:][same]
    ends = np.stack([place[:-1][same], place[1:][same]], axis=1)
    xy = segments[of, :1] + ends[:, :, np.newaxis] * (segments[of, 1:] - segments[of, :1])
    # The scale hardly changes along one segment: its parts share its length.
    metres = measure(np.asarray(shapely.linestrings(segments), dtype=object))[of] * (ends[:, 1] - ends[:, 0])
    return Network(nodes[:-1][same], nodes[1:][same], metres, xy, line_at[of], n_nodes + added, made)


def _snapped(segments: Floats, line_at: Ints, snap_m: float) -> tuple[Ints, int]:
    """Return the node of both ends of each segment, ends of lines within the tolerance of a vertex made one with it."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    vertices, node = np.unique(segments.reshape(-1, 2), axis=0, return_inverse=True)
    node = node.reshape(-1, 2)
    broken = (line_at[1:] != line_at[:-1]) | (node[1:, 0] != node[:-1, 1])
    ends = np.unique(np.r_[node[np.r_[True, broken], 0], node[np.r_[broken, True], 1]])
    near = KDTree(vertices[ends]).sparse_distance_matrix(KDTree(vertices), snap_m, output_type="coo_matrix")
    n = len(vertices)
    graph = coo_array((np.ones(near.nnz, dtype=bool), (ends[near.row], near.col)), shape=(n, n))
    n_nodes, cluster = connected_components(graph, directed=False)
    return cluster[node], int(n_nodes)


def _ends_beside(segments: Floats, node: Ints, snap_m: float) -> tuple[Ints, Ints, Floats]:
    """Return loose ends that lie on or beside a segment they share no node with: node, segment, where on it."""
    loose = np.bincount(node.ravel())[node] == 1
    at, side = np.nonzero(loose)
    points = np.asarray(shapely.points(segments[at, side]), dtype=object)
    lines = np.asarray(shapely.linestrings(segments), dtype=object)
    point_at, segment_at = shapely.STRtree(lines).query(points, predicate="dwithin", distance=snap_m)
    apart: Bools = (node[segment_at] != node[at, side][point_at][:, np.newaxis]).all(axis=1)
    point_at, segment_at = point_at[apart], segment_at[apart]
    away = shapely.distance(points[point_at], lines[segment_at])
    order = np.lexsort((segment_at, away, point_at))
    first = order[np.unique(point_at[order], return_index=True)[1]]
    point_at, segment_at = point_at[first], segment_at[first]
    along = _along(segments[segment_at], shapely.get_coordinates(points[point_at]))
    return node[at, side][point_at], segment_at, along
