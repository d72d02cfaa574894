"""An inspection route: chosen stops in the shortest order along the roads, leg by leg.

Ways are those of `fringe.measure.network`: from a stop straight to the nearest road, along roads that meet, and
straight to the next stop. How the order is found is told in `fringe.works.tour`.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.errors import LayerError
from fringe.measure.doors import admit, bounds_of, shapes_of
from fringe.measure.ellipsoid import length_measure
from fringe.measure.network import Joints, Network, join, network_of, segments_of_network
from fringe.model.crs import require_conformal
from fringe.model.layers import LINE
from fringe.model.problem import Problem, refuse
from fringe.model.rules import rule_value
from fringe.works.tour import shortest_tour

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_BACK = "back"
_NO_WAY = shapely.LineString()


def route(
    stops: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    *,
    start: Hashable | shapely.Point = None,
    back: bool = False,
    snap_m: float | None = None,
) -> gpd.GeoDataFrame:
    """Return the stops of an inspection in the shortest order along the roads.

    Parameters
    ----------
    stops
        Points in a conformal metric CRS, such as chosen findings. The index identifies them.
    roads
        Lines in the same CRS, open in both directions; those that cannot be used should be left out first.
    start
        Where the route begins: a point in the same CRS, or the id of a stop. `None`: wherever it gets shortest.
    back
        Whether it leads back to where it began.
    snap_m
        How far ends of roads may miss each other and still meet; `None`: by the rule LIB-NET-SNAP, 1 m.

    Returns
    -------
    route
        A row for each stop in the order of the visit, then those that cannot be reached, indexed by stop; with `back`
        the way back stands behind the last visit as a row ``back``.

        ``position``
            From 1; missing for a stop that is not visited.
        ``leg_m``, ``along_m``
            Metres of the ground from the stop before (or the start; 0 for a first stop), and from the start on. The
            straight ways to and from the road are part of them.
        ``geometry``
            The way from the stop before; empty for a first stop, and for those that are not visited.

    Raises
    ------
    LayerError
        If there are no stops or roads; for bad ids or geometry; for a start that is neither a point nor a stop.
    CRSError
        If a CRS is missing, the layers differ in it, it distorts areas by more than 1 %, or it is not conformal.

    Warns
    -----
    FringeWarning
        Of stops that cannot be reached, and of those further from the roads than the rule LIB-NET-JOIN says.

    Notes
    -----
    Up to twelve stops the order is the shortest there is. Where roads fall into parts that do not meet, the part with
    the start is inspected, or without a start the one with most stops (of several the one with the first).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> road = gpd.GeoDataFrame(geometry=[LineString([(5e5, 0), (501_000, 0)])], crs="EPSG:4548")
    >>> stops = gpd.GeoDataFrame(index=["far", "near", "mid"], geometry=[Point(500_900, 0), Point(500_100, 20),
    ...     Point(500_500, 0)], crs=road.crs)
    >>> route(stops, road, start=Point(5e5, 0))[["position", "leg_m", "along_m"]].round(1)
          position  leg_m  along_m
    stop
    near         1  120.0    120.0
    mid          2  420.0    540.0
    far          3  400.0    940.0
    """
    given, origin = _with_start(stops, start)
    layers, _ = admit(
        {"stops": given, "roads": roads}, kinds={"stops": ("Point",), "roads": LINE}, need=("stops", "roads")
    )
    crs = require_conformal(**layers)
    snap = rule_value("LIB-NET-SNAP") if snap_m is None else snap_m
    if not snap > 0:
        raise LayerError(Problem("not_positive", "roads", params={"name": "snap_m", "value": snap_m}))
    shapes = shapes_of(layers["stops"])
    lines = shapes_of(layers["roads"])
    segments, line_at = segments_of_network(lines)
    if not len(segments):
        raise LayerError(Problem("network_empty", "roads"))
    measure = length_measure(crs, bounds_of(shapes, lines))
    joints = join(shapes, segments, measure)
    network = network_of(segments, line_at, (joints, joints), measure, snap_m=float(snap))
    ways = _ways(network, joints, shapes)
    members = _together(ways.metres, origin)
    lost = np.setdiff1d(np.arange(len(shapes)), members)
    ids = layers["stops"].index
    refuse(
        [
            *_far(joints, ids),
            *([Problem("route_unreachable", "stops", tuple(ids[lost]), "warning")] if len(lost) else []),
        ]
    )
    order = _order(ways.metres, members, origin, back=back)
    own_start = isinstance(start, shapely.Point)
    return _table(ways, order, lost, ids, back=back, own_start=own_start).set_crs(crs)


@dataclass(frozen=True)
class _Ways:
    """Ways between stops: their lengths, and what it takes to draw them."""

    metres: Floats
    before: Ints
    network: Network
    stretch: dict[tuple[int, int], tuple[int, bool]]
    joint_xy: dict[int, Floats]
    stops: npt.NDArray[np.object_]

    def line(self, a: int, b: int) -> shapely.LineString:
        """Return the way from one stop to another."""
        n_nodes, n_stops = self.network.n_nodes, len(self.stops)
        path = [n_nodes + n_stops + b]
        while path[-1] != n_nodes + a:
            path.append(int(self.before[a, path[-1]]))
        inner = path[::-1][1:-1]
        points = [shapely.get_coordinates(self.stops[a])[0], self.joint_xy[inner[0]]]
        for pair in pairwise(inner):
            at, turned = self.stretch[pair]
            points += [*(self.network.xy[at][::-1] if turned else self.network.xy[at])]
        points += [self.joint_xy[inner[-1]], shapely.get_coordinates(self.stops[b])[0]]
        kept = [points[0], *(q for p, q in pairwise(points) if (p != q).any())]
        return shapely.LineString(kept if len(kept) > 1 else [kept[0], kept[0]])


def _with_start(stops: Any, start: object) -> tuple[gpd.GeoDataFrame, int | None]:
    """Return the stops, a point to start from among them as the last, and the position of the start."""
    if not isinstance(stops, gpd.GeoDataFrame) or not len(stops):
        return stops, None
    # Some programs write every point as a set of one.
    shapes = np.array(stops.geometry.array, dtype=object)
    sole = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT) & (shapely.get_num_geometries(shapes) == 1)
    shapes[sole] = shapely.get_geometry(shapes[sole], 0)
    bare = gpd.GeoDataFrame(geometry=shapes, index=stops.index.rename("stop"), crs=stops.crs)
    if start is None:
        return bare, None
    if isinstance(start, shapely.Point):
        row = gpd.GeoDataFrame(
            {bare.geometry.name: [start]}, geometry=bare.geometry.name, index=["start"], crs=stops.crs
        )
        return pd.concat([bare, row]).rename_axis("stop"), len(bare)
    at = [place for place, stop in enumerate(stops.index) if stop == start]
    if not at:
        allowed = ", ".join(str(stop) for stop in stops.index[:5])
        raise LayerError(Problem("route_start", "stops", params={"value": str(start), "allowed": allowed}))
    return bare, at[0]


def _ways(network: Network, joints: Joints, stops: npt.NDArray[np.object_]) -> _Ways:
    from scipy.sparse.csgraph import dijkstra

    n = len(stops)
    graph = network.graph(joints, joints, n_sources=n, n_sinks=n)
    metres, before = dijkstra(graph, indices=network.n_nodes + np.arange(n), return_predecessors=True)
    between = metres[:, network.n_nodes + n :]
    # Both directions are open; they differ by rounding only.
    between = np.minimum(between, between.T)
    np.fill_diagonal(between, 0.0)
    stretch: dict[tuple[int, int], tuple[int, bool]] = {}
    for at in np.lexsort((np.arange(len(network.start)), network.length_m)).tolist():
        a, b = int(network.start[at]), int(network.end[at])
        stretch.setdefault((a, b), (at, False))
        stretch.setdefault((b, a), (at, True))
    joint_xy: dict[int, Floats] = {}
    for ends, side in ((network.start, 0), (network.end, 1)):
        for at in np.flatnonzero(np.isin(ends, network.joint_node)).tolist():
            joint_xy.setdefault(int(ends[at]), network.xy[at, side])
    return _Ways(between, before, network, stretch, joint_xy, stops)


def _far(joints: Joints, ids: pd.Index) -> list[Problem]:
    limit = rule_value("LIB-NET-JOIN")
    rows = tuple(ids[np.unique(joints.place_at[joints.leg_m > limit])])
    return [Problem("far_from_network", "stops", rows, "warning", {"limit": f"{limit:g}"})] if rows else []


def _together(metres: Floats, origin: int | None) -> Ints:
    """Return the stops that can be visited on one route: with the start, else the most there are."""
    reach = np.isfinite(metres)
    at = int(np.argmax(reach.sum(axis=1))) if origin is None else origin
    return np.flatnonzero(reach[at]).astype(np.int64)


def _order(metres: Floats, members: Ints, origin: int | None, *, back: bool) -> list[int]:
    """Return the members in the order of the visit, the start first if there is one."""
    first = int(members[0]) if origin is None else origin
    others = [int(one) for one in members if one != first]
    listed = [first, *others]
    if origin is None and not back:
        # A stop that is nowhere: from it the route begins anywhere at no cost.
        inner = metres[np.ix_(listed, listed)]
        distance = np.zeros((len(listed) + 1, len(listed) + 1))
        distance[1:, 1:] = inner
        order = [listed[at - 1] for at in shortest_tour(distance, np.zeros(len(distance)))[1:]]
        return order if order[0] <= order[-1] else order[::-1]
    distance = metres[np.ix_(listed, listed)]
    closing = distance[0] if back else np.zeros(len(distance))
    order = [listed[at] for at in shortest_tour(distance, closing)]
    # There and back is the same the other way round.
    return [order[0], *order[:0:-1]] if back and len(order) > 2 and order[1] > order[-1] else order  # noqa: PLR2004


def _table(
    ways: _Ways, order: list[int], lost: Ints, ids: pd.Index, *, back: bool, own_start: bool
) -> gpd.GeoDataFrame:
    pairs = [*pairwise(order)]
    visited = order[1:] if own_start else order
    legs = [*([] if own_start else [0.0]), *(ways.metres[a, b] for a, b in pairs)]
    lines = [*([] if own_start else [_NO_WAY]), *(ways.line(a, b) for a, b in pairs)]
    names: list[Hashable] = [ids[at] for at in visited]
    if back:
        names.append(_BACK)
        legs.append(float(ways.metres[order[-1], order[0]]))
        lines.append(ways.line(order[-1], order[0]) if order[-1] != order[0] else _NO_WAY)
    position = pd.array([*range(1, len(visited) + 1), *[None] * (back + len(lost))], dtype="Int64")
    table = pd.DataFrame({"position": position}, index=pd.Index([*names, *ids[lost]], name="stop", dtype=object))
    table["leg_m"] = np.array([*legs, *[np.nan] * len(lost)])
    table["along_m"] = np.array([*np.cumsum(legs), *[np.nan] * len(lost)])
    shapes = np.array([*lines, *[_NO_WAY] * len(lost), None], dtype=object)[:-1]
    return gpd.GeoDataFrame(table, geometry=shapes)
