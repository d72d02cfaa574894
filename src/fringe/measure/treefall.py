"""The tree-fall test: whether trees that fall can reach the railway.

A tree of *height* H on ground that lies h (its *rise*) below the rails reaches ``sqrt(H² − h²)`` outward at the rails'
height; beside a cutting, where the ground is higher, all of H. It is safe where the *clearance edge* is farther off
than that. The clearance edge is the base line of the protection zone, which errs on the safe side. Heights are those of
the full-grown tree, not of today's.
"""

from __future__ import annotations

from difflib import get_close_matches

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.errors import FringeError
from fringe.measure.corridor_door import ground_of, not_positive
from fringe.measure.doors import admit, bounds_of, shapes_of
from fringe.measure.flat import Bools, Floats, Geometries
from fringe.model.layers import LINE, POINT, POLYGON
from fringe.model.problem import Problem, errors_of, refuse
from fringe.model.rules import rule_value

HEIGHT_RULES = ("fall", "hebei", "none")


def fall_reach(height_m: npt.ArrayLike, rise_m: npt.ArrayLike = 0.0) -> Floats:
    """Return how far a falling tree reaches at the height of the rails, m.

    Parameters
    ----------
    height_m
        Full-grown height.
    rise_m
        How much higher the rails lie than the tree's ground; negative in a cutting.

    Examples
    --------
    >>> from fringe.measure.treefall import fall_reach
    >>> fall_reach(25, [0, 10, 24, -3, 30]).round(2).tolist()
    [25.0, 22.91, 7.0, 25.0, 0.0]
    """
    height, rise = np.asarray(height_m, dtype=np.float64), np.asarray(rise_m, dtype=np.float64)
    return np.asarray(np.sqrt(np.maximum(height**2 - np.maximum(rise, 0.0) ** 2, 0.0)))


def allowed_height(
    distance_m: npt.ArrayLike, rise_m: npt.ArrayLike = 0.0, *, margin_m: float = 0.0, rule: str = "fall"
) -> Floats:
    """Return below which height a tree is safe, m.

    Parameters
    ----------
    distance_m
        From the tree to the clearance edge; for ``"hebei"`` to the centre line of the nearest track.
    rise_m
        How much higher the rails lie than the tree's ground.
    margin_m
        Kept between the crown of the fallen tree and the clearance edge.
    rule
        ``"fall"``; ``"hebei"`` (河北省铁路安全管理规定, rule ``HEB-H``: no higher than the distance to the centre line
        less 3.1 m, whatever the ground); ``"none"``: any height.

    Raises
    ------
    FringeError
        For another rule.

    Examples
    --------
    >>> from fringe.measure.treefall import allowed_height
    >>> float(allowed_height(25)), round(float(allowed_height(7, 24)), 9)
    (25.0, 25.0)
    >>> round(float(allowed_height(25, rule="hebei")), 9)
    21.9
    """
    problems = _rule_problems(rule)
    if problems:
        raise FringeError(problems)
    distance, rise = np.asarray(distance_m, dtype=np.float64), np.asarray(rise_m, dtype=np.float64)
    if rule == "none":
        return np.full(np.broadcast_shapes(distance.shape, rise.shape), np.inf)
    if rule == "hebei":
        return np.asarray(np.maximum(distance - rule_value("HEB-H"), 0.0) + 0 * rise)
    return np.asarray(np.sqrt(np.maximum(distance - margin_m, 0.0) ** 2 + np.maximum(rise, 0.0) ** 2))


def check_planting(
    plots: gpd.GeoDataFrame,
    rail: gpd.GeoDataFrame,
    *,
    base: gpd.GeoDataFrame | None = None,
    height_m: float | None = None,
    margin_m: float = 0.0,
    rule: str = "fall",
    planar: bool = False,
) -> pd.DataFrame:
    """Test whether the trees of plots, once grown, can fall onto the railway.

    A plot is judged by its place nearest to the railway. Disused tracks are nothing to fall on.

    Parameters
    ----------
    plots
        Areas or single trees. `height_m` is the full-grown height of what is planted; `rise_m` how much higher the
        rails lie than the plot (missing: 0, which errs on the safe side).
    rail
        Tracks in the same metric CRS.
    base
        The clearance edge, as in `protection_zone`. Where the estimated edge, 6.8 m outside the outermost track, is
        nearer than any of it, that counts, and `approximate` says so.
    height_m
        The height where the plots tell none.
    margin_m, rule
        As for `allowed_height`.
    planar
        Whether distances are those of the plane.

    Returns
    -------
    table
        On the plots' index: `distance_m` (from what the rule measures from), `height_m`, `rise_m`, `reach_m` (see
        `fall_reach`; missing under other rules), `allowed_m`, `safe` (missing where no height is known), `approximate`.

    Raises
    ------
    LayerError
        If there are no tracks in use; for an unknown rule, duplicate or missing ids, geometry that cannot be measured.
    CRSError
        If a CRS is missing, the layers differ in it, or it distorts areas by more than 1 %.

    Examples
    --------
    Poplars of 25 m, 20 m from the track and 13.2 m from the estimated edge of its formation.

    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> from fringe.measure.treefall import check_planting
    >>> rail = gpd.GeoDataFrame(geometry=[LineString([(500_000, 0), (501_000, 0)])], crs="EPSG:32650")
    >>> plots = gpd.GeoDataFrame({"height_m": [25.0, 12.0]}, index=["poplar", "plum"],
    ...     geometry=[box(500_000, 20, 500_100, 40), box(500_100, 20, 500_200, 40)], crs=rail.crs)
    >>> check_planting(plots, rail, planar=True)[["distance_m", "reach_m", "safe"]]
            distance_m  reach_m   safe
    poplar        13.2     25.0  False
    plum          13.2     12.0   True
    """
    wrong = [*_rule_problems(rule), *not_positive("margin_m", margin_m, zero=True)]
    layers = {"rail": rail, "plots": plots, **({} if base is None else {"base": base})}
    if errors_of(wrong):
        raise FringeError(errors_of(wrong))
    kinds = {"rail": LINE, "plots": (*POLYGON, *LINE, *POINT), "base": (*POLYGON, *LINE)}
    fit, crs = admit(layers, kinds=kinds, need=("rail",))
    tracks = fit["rail"]
    if "state" in tracks.columns:
        tracks = tracks[~tracks["state"].eq("disused").fillna(value=False)]
    if not len(tracks):
        raise FringeError(Problem("tracks_all_disused", "rail", tuple(rail.index)))
    shapes = shapes_of(fit["plots"])
    ground = ground_of(crs, bounds_of(shapes, shapes_of(tracks)), planar=planar)
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    scale = ground(middle[:, 0], middle[:, 1])
    distance = _nearest(shapes, shapes_of(tracks)) * scale
    estimated = np.ones(len(shapes), dtype=bool)
    if rule != "hebei":
        distance, estimated = _to_edge(distance, shapes, fit.get("base"), scale)
    height, rise, said = _heights(fit["plots"], height_m)
    refuse(said)
    allowed = allowed_height(distance, rise, margin_m=margin_m, rule=rule)
    return _table(plots.index, distance, height, rise, allowed, estimated & (rule == "fall"), rule)


def _rule_problems(rule: object) -> list[Problem]:
    if rule in HEIGHT_RULES:
        return []
    hint = "".join(get_close_matches(str(rule), HEIGHT_RULES, n=1))
    params = {"name": "rule", "value": rule, "allowed": ", ".join(HEIGHT_RULES), "hint": hint}
    return [Problem("argument_unknown", "plots", params=params)]


def _nearest(shapes: Geometries, targets: Geometries) -> Floats:
    if not len(shapes):
        return np.array([], dtype=np.float64)
    tree = shapely.STRtree(targets)
    return np.asarray(shapely.distance(shapes, targets[tree.nearest(shapes)]), dtype=np.float64)


def _to_edge(
    from_track: Floats, shapes: Geometries, base: gpd.GeoDataFrame | None, scale: Floats
) -> tuple[Floats, Bools]:
    """Return the distance to the clearance edge, and where it is estimated."""
    estimate = np.maximum(from_track - rule_value("LIB-HALF-FORMATION"), 0.0)
    if base is None or not len(base):
        return estimate, np.ones(len(shapes), dtype=bool)
    told = _nearest(shapes, shapes_of(base)) * scale
    return np.minimum(told, estimate), estimate < told


def _heights(plots: gpd.GeoDataFrame, height_m: float | None) -> tuple[Floats, Floats, list[Problem]]:
    n = len(plots)
    height = np.full(n, np.nan)
    if "height_m" in plots.columns:
        height = pd.to_numeric(plots["height_m"], errors="coerce").to_numpy(dtype=np.float64, copy=True)
    if height_m is not None:
        height[np.isnan(height)] = height_m
    rise = np.zeros(n)
    if "rise_m" in plots.columns:
        rise = pd.to_numeric(plots["rise_m"], errors="coerce").fillna(0.0).to_numpy(dtype=np.float64)
    unknown = tuple(plots.index[np.isnan(height)])
    return height, rise, [Problem("height_missing", "plots", unknown, "warning")] if unknown else []


def _table(
    index: pd.Index, distance: Floats, height: Floats, rise: Floats, allowed: Floats, estimated: Bools, rule: str
) -> pd.DataFrame:
    reach = fall_reach(height, rise) if rule == "fall" else np.full(len(index), np.nan)
    safe = pd.array(height <= allowed if rule == "hebei" else height < allowed, dtype="boolean")
    safe[np.isnan(height)] = pd.NA
    return pd.DataFrame(
        {
            "distance_m": distance,
            "height_m": height,
            "rise_m": rise,
            "reach_m": reach,
            "allowed_m": allowed,
            "safe": safe,
            "approximate": estimated,
        },
        index=index,
    )
