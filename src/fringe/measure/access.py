"""Access: how far places are from what they need, straight or along a network.

A *place* and a *target* are points, lines or areas, each taken whole: a straight distance is that between their nearest
points, 0 where they meet. Along a network the way begins and ends with the straight leg from the place to the network
(see `fringe.measure.network`). All distances are metres of the ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.errors import LayerError
from fringe.measure.doors import admit, bounds_of, shapes_of
from fringe.measure.ellipsoid import LengthRule, length_measure
from fringe.measure.flat import Bounds, Floats, Geometries, Ints
from fringe.measure.network import Joints, Network, join, network_of, segments_of_network
from fringe.model.crs import require_conformal
from fringe.model.layers import LINE, POINT, POLYGON
from fringe.model.problem import Problem, refuse
from fringe.model.rules import rule_value
from fringe.model.scale import grid, inverse_areal_scale

if TYPE_CHECKING:
    from pyproj import CRS
    from scipy.sparse import csr_array

# Ways this close in length are equally long: the rounding of sums of a few thousand stretches.
TIE_M = 1e-6
SNAP_RULE, JOIN_RULE = "LIB-NET-SNAP", "LIB-NET-JOIN"
_ANY = (*POINT, *LINE, *POLYGON)
_PLACES_AT_ONCE = 32


def nearest(
    places: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    *,
    network: gpd.GeoDataFrame | None = None,
    snap_m: float | None = None,
) -> pd.DataFrame:
    """Find each place's nearest target and how far it is.

    Parameters
    ----------
    places, targets
        Points, lines or polygons in one conformal metric CRS. Their indexes identify them.
    network
        Lines to go along, such as roads; those that people may not use should be left out first. Both directions are
        open. Without one distances are straight.
    snap_m
        How far ends of lines may miss each other and still meet; `None`: by the rule LIB-NET-SNAP, 1 m.

    Returns
    -------
    table
        One row per place, with the index of `places` in its order:

        ``target``
            Id of the nearest target; of several equally near the first in the order of `targets`. Missing where no
            target can be reached.
        ``distance_m``
            Metres of the ground: straight, 0 where place and target meet; or along the network with the straight legs
            to it at both ends.

    Raises
    ------
    LayerError
        If there are no targets; for bad ids or geometry, a network without lines, or a `snap_m` that is not positive.
    CRSError
        If a CRS is missing, the layers differ in it, it distorts areas by more than 1 %, or it is not conformal.

    Warns
    -----
    FringeWarning
        Of a network in several parts, places and targets further from it than the rule LIB-NET-JOIN says, and places
        from which no target can be reached.

    Examples
    --------
    Two villages, two schools, and a road that leads from the first village to the northern school only the long way
    round.

    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from fringe.measure.access import nearest
    >>> at = lambda *xy, **columns: gpd.GeoDataFrame(columns, geometry=list(xy), crs="EPSG:4548")
    >>> villages = at(Point(5e5, 0), Point(500_900, 0)).set_axis(["A", "B"])
    >>> schools = at(Point(5e5, 400), Point(500_600, 0)).set_axis(["north", "east"])
    >>> nearest(villages, schools).round(3)
      target  distance_m
    A  north       400.0
    B   east       300.0
    >>> road = at(LineString([(5e5, 0), (500_900, 0), (500_900, 400), (5e5, 400)]))
    >>> nearest(villages, schools, network=road).round(3)
      target  distance_m
    A   east       600.0
    B   east       300.0
    """
    trip = _trip(places, targets, network)
    if network is None:
        target_at, metres = _nearest_straight(trip)
    else:
        target_at, metres = _nearest_along(_net(trip, snap_m))
        lost = tuple(trip.place_ids[target_at < 0])
        refuse([Problem("no_route", "places", lost, "warning")] if lost else [])
    ids = pd.array([trip.target_ids[at] if at >= 0 else None for at in target_at], dtype=object)
    return pd.DataFrame({"target": ids, "distance_m": metres}, index=places.index)


def within(
    places: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    *,
    distance_m: float,
    network: gpd.GeoDataFrame | None = None,
    snap_m: float | None = None,
) -> pd.Series[bool]:
    """Tell which places have a target within a distance.

    Parameters
    ----------
    places, targets, network, snap_m
        As for `nearest`.
    distance_m
        Metres of the ground; a target at exactly this distance is within it.

    Returns
    -------
    is_within
        On the index of `places`, in its order. A place that no target can be reached from is not within.

    Raises
    ------
    LayerError, CRSError
        As `nearest`; and for a distance that is not positive.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> from fringe.measure.access import within
    >>> at = lambda *xy: gpd.GeoDataFrame(geometry=[Point(*one) for one in xy], crs="EPSG:4548")
    >>> within(at((5e5, 0), (500_900, 0)), at((5e5, 400)), distance_m=500).tolist()
    [True, False]
    """
    _demand_positive("distance_m", distance_m)
    metres = nearest(places, targets, network=network, snap_m=snap_m)["distance_m"]
    return (metres <= distance_m + TIE_M).rename("is_within")


def reach(
    places: gpd.GeoDataFrame,
    network: gpd.GeoDataFrame,
    *,
    distance_m: float,
    targets: gpd.GeoDataFrame | None = None,
    snap_m: float | None = None,
) -> gpd.GeoDataFrame:
    """Follow the network from each place as far as a distance goes.

    Parameters
    ----------
    places
        Points, lines or polygons in one conformal metric CRS. The index identifies them.
    network
        Lines to go along, such as roads, in both directions.
    distance_m
        Metres of the ground, the straight leg from the place to the network included.
    targets
        What is counted on the way.
    snap_m
        As for `nearest`.

    Returns
    -------
    layer
        One row per place, with the index of `places` in its order:

        ``reached_m``
            Length of the network within the distance; a stretch reached from both ends counts once.
        ``n_targets``
            Only with `targets`: how many of them are within the distance.
        ``geometry``
            The stretches reached, as multilines; empty where the network itself is further away.

    Raises
    ------
    LayerError, CRSError
        As `nearest`; and for a distance that is not positive.

    Examples
    --------
    From the middle of a road of 1 km, 300 m go 300 m both ways.

    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from fringe.measure.access import reach
    >>> road = gpd.GeoDataFrame(geometry=[LineString([(5e5, 0), (501_000, 0)])], crs="EPSG:4548")
    >>> village = gpd.GeoDataFrame(index=["A"], geometry=[Point(500_500, 0)], crs=road.crs)
    >>> reach(village, road, distance_m=300)["reached_m"].round(3)
    A    600.0
    Name: reached_m, dtype: float64
    """
    _demand_positive("distance_m", distance_m)
    none = gpd.GeoDataFrame(geometry=[], crs=places.crs)
    net = _net(_trip(places, none if targets is None else targets, network, needed=False), snap_m)
    reached_m, counts, shapes = _reached(net, float(distance_m))
    columns = {"reached_m": reached_m} | ({} if targets is None else {"n_targets": counts})
    return gpd.GeoDataFrame(columns, index=places.index, geometry=shapes, crs=places.crs)


@dataclass(frozen=True)
class _Trip:
    """Places, targets and lines fit for measuring."""

    places: Geometries
    targets: Geometries
    lines: Geometries
    place_ids: pd.Index
    target_ids: pd.Index
    line_ids: pd.Index
    crs: CRS
    bounds: Bounds
    measure: LengthRule


@dataclass(frozen=True)
class _Net:
    """The network with the joints of places and targets."""

    network: Network
    graph: csr_array
    n_places: int
    n_targets: int


def _demand_positive(name: str, value: float) -> None:
    if not 0 < value < np.inf:
        raise LayerError(Problem("not_positive", "places", params={"name": name, "value": value}))


def _trip(
    places: gpd.GeoDataFrame, targets: gpd.GeoDataFrame, network: gpd.GeoDataFrame | None, *, needed: bool = True
) -> _Trip:
    given = {"places": places, "targets": targets} | ({} if network is None else {"network": network})
    need = ("targets",) if needed else ()
    layers, _ = admit(given, kinds={"places": _ANY, "targets": _ANY, "network": LINE}, need=need)
    if network is not None and not len(network):
        raise LayerError(Problem("network_empty", "network"))
    crs = require_conformal(**{name: layer for name, layer in layers.items() if len(layer)})
    shapes = {name: shapes_of(layer) for name, layer in layers.items()}
    lines = shapes.get("network", np.array([], dtype=object))
    bounds = bounds_of(*shapes.values())
    ids = (places.index, targets.index, pd.Index([]) if network is None else network.index)
    return _Trip(shapes["places"], shapes["targets"], lines, *ids, crs, bounds, length_measure(crs, bounds))


def _nearest_straight(trip: _Trip) -> tuple[Ints, Floats]:
    """Return the position of each place's nearest target and the distance on the ground.

    The scale differs from place to place, so the nearest in the plane need not be the nearest: all targets are looked
    at that could be.
    """
    tree = shapely.STRtree(trip.targets)
    pairs, away = tree.query_nearest(trip.places, all_matches=False, return_distance=True)
    away = away[np.argsort(pairs[0])]
    scale = np.sqrt(inverse_areal_scale(trip.crs, *grid(trip.bounds)))
    most = away * (float(scale.max() / scale.min()) * (1 + 1e-9)) + TIE_M
    place_at, target_at = tree.query(trip.places, predicate="dwithin", distance=most)
    metres = trip.measure(np.asarray(shapely.shortest_line(trip.places[place_at], trip.targets[target_at]), object))
    least = np.full(len(trip.places), np.inf)
    np.minimum.at(least, place_at, metres)
    first = np.full(len(trip.places), len(trip.targets))
    tied = metres <= least[place_at] + TIE_M
    np.minimum.at(first, place_at[tied], target_at[tied])
    return first, least


def _net(trip: _Trip, snap_m: float | None) -> _Net:
    snap = rule_value(SNAP_RULE) if snap_m is None else snap_m
    _demand_positive("snap_m", snap)
    segments, line_at = segments_of_network(trip.lines)
    ins, outs = (join(shapes, segments, trip.measure) for shapes in (trip.places, trip.targets))
    network = network_of(segments, line_at, (ins, outs), trip.measure, snap_m=snap)
    far = [*_far(ins, "places", trip.place_ids), *_far(outs, "targets", trip.target_ids)]
    refuse([*_parts(network, trip), *far])
    n_places, n_targets = len(trip.places), len(trip.targets)
    return _Net(network, network.graph(ins, outs, n_sources=n_places, n_sinks=n_targets), n_places, n_targets)


def _parts(network: Network, trip: _Trip) -> list[Problem]:
    """Return a warning of a network in several parts, with the lines outside the longest."""
    part = network.part()
    if not part.any():
        return []
    metres = np.bincount(part, network.length_m)
    rows = tuple(trip.line_ids[np.unique(network.line_at[part > 0])])
    params = {"count": len(metres), "percent": f"{100 * metres[0] / metres.sum():.1f} %"}
    return [Problem("network_parts", "network", rows, "warning", params)]


def _far(joints: Joints, layer: str, ids: pd.Index) -> list[Problem]:
    limit = rule_value(JOIN_RULE)
    rows = tuple(ids[np.unique(joints.place_at[joints.leg_m > limit])])
    return [Problem("far_from_network", layer, rows, "warning", {"limit": f"{limit:g}"})] if rows else []


def _nearest_along(net: _Net) -> tuple[Ints, Floats]:
    """Return the position of each place's nearest target along the network, -1 for none, and the way's length."""
    from scipy.sparse.csgraph import dijkstra

    n_nodes = net.network.n_nodes
    # Ways are sought from all targets at once, against the direction of the graph.
    back = net.graph.T.tocsr()
    starts = n_nodes + net.n_places + np.arange(net.n_targets)
    metres, _, source = dijkstra(back, indices=starts, min_only=True, return_predecessors=True)
    source = _first_of_ties(back, metres, np.where(np.isfinite(metres), source, np.iinfo(np.int64).max))
    here = slice(n_nodes, n_nodes + net.n_places)
    reached = np.isfinite(metres[here])
    return np.where(reached, source[here] - starts[0], -1), np.where(reached, metres[here], np.nan)


def _first_of_ties(graph: csr_array, metres: Floats, source: Ints) -> Ints:
    """Return the first of the sources that are equally near to each node.

    Along a stretch on a shortest way the sources of its start are those of its end as well, so the least is passed on
    until nothing changes.
    """
    pairs = graph.tocoo()
    finite = np.isfinite(metres[pairs.row])
    tight = np.zeros(len(pairs.row), dtype=bool)
    tight[finite] = metres[pairs.row[finite]] + pairs.data[finite] <= metres[pairs.col[finite]] + TIE_M
    tail, head = pairs.row[tight], pairs.col[tight]
    while True:
        better = source.copy()
        np.minimum.at(better, head, source[tail])
        if (better == source).all():
            return better
        source = better


def _reached(net: _Net, distance_m: float) -> tuple[Floats, Ints, Geometries]:
    """Return for each place the length within reach, how many targets, and the stretches."""
    from scipy.sparse.csgraph import dijkstra

    network, n_nodes = net.network, net.network.n_nodes
    lengths, counts = np.zeros(net.n_places), np.zeros(net.n_places, dtype=np.int64)
    shapes = np.full(net.n_places, shapely.MultiLineString(), dtype=object)
    for first in range(0, net.n_places, _PLACES_AT_ONCE):
        places = np.arange(first, min(first + _PLACES_AT_ONCE, net.n_places))
        away = dijkstra(net.graph, indices=n_nodes + places, limit=distance_m + TIE_M)
        counts[places] = np.isfinite(away[:, n_nodes + net.n_places :]).sum(axis=1)
        for place, metres in zip(places, away, strict=True):
            lengths[place], shapes[place] = _stretches(network, distance_m - metres)
    return lengths, counts, shapes


def _stretches(network: Network, left_m: Floats) -> tuple[float, shapely.MultiLineString]:
    """Return what is reached with so many metres left at each node."""
    near = np.flatnonzero((left_m[network.start] > 0) | (left_m[network.end] > 0))
    length, xy = network.length_m[near], network.xy[near]
    from_start = np.clip(left_m[network.start[near]], 0, length)
    from_end = np.clip(left_m[network.end[near]], 0, length)
    whole = from_start + from_end >= length
    from_start, from_end = np.where(whole, length, from_start), np.where(whole, 0.0, from_end)
    total = float(from_start.sum() + from_end.sum())
    pieces: list[Geometries] = []
    for metres, (here, there) in ((from_start, (0, 1)), (from_end, (1, 0))):
        some = metres > 0
        part = (metres[some] / length[some])[:, np.newaxis]
        ends = xy[some, here] + part * (xy[some, there] - xy[some, here])
        pieces.append(np.asarray(shapely.linestrings(np.stack([xy[some, here], ends], axis=1)), dtype=object))
    return total, shapely.MultiLineString(np.concatenate(pieces).tolist())
