"""The zone of each finding: the one it names, else the one it lies in.

A finding on the border of zones, or where zones overlap, lies in the first of them in the zones' order.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.errors import CRSError
from fringe.model.crs import metric_crs
from fringe.model.entries import unknown_names
from fringe.model.problem import Problem

_NOWHERE = -1


def in_zones(findings: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return findings with the zone each names, by id, or lies in; and what is doubtful.

    Parameters
    ----------
    findings
        A layer, some perhaps without points.
    zones
        With a geometry; indexed by id or with a column `zone`.

    Returns
    -------
    findings
        With the column `zone` filled as far as it can be; not the frame given.
    problems
        Unknown zones are errors; findings outside all zones, with neither zone nor point, or away from the zone they
        name by more than their accuracy are warnings.

    Raises
    ------
    CRSError
        If zones or findings have no coordinate system.
    """
    bare = [name for name, layer in (("findings", findings), ("zones", zones)) if layer.crs is None and len(layer)]
    if bare:
        raise CRSError([Problem("crs_missing", name) for name in bare])
    ground: Any = zones.set_index("zone") if "zone" in zones.columns else zones
    if len(ground) and ground.crs.is_geographic:
        ground = ground.to_crs(metric_crs(ground))
    given, problems = _named(findings, ground)
    points = findings.geometry.to_crs(ground.crs) if len(ground) and len(findings) else findings.geometry
    there = ~(points.isna() | points.is_empty).to_numpy(dtype=bool)
    lies, several = _lying(points.to_numpy(), np.asarray(ground.geometry.array, dtype=object))
    ids = np.array([*ground.index, None], dtype=object)
    located = pd.Series(ids[lies], index=findings.index, dtype=object)
    silent = given.isna().to_numpy()
    problems += _rows("finding_outside", findings, silent & there & (lies == _NOWHERE))
    problems += _rows("finding_nowhere", findings, silent & ~there)
    problems += _rows("finding_on_border", findings, silent & several, "note")
    problems += _elsewhere(findings, given, located, points, ground)
    return findings.assign(zone=given.where(~silent, located)), problems


def _named(findings: gpd.GeoDataFrame, ground: gpd.GeoDataFrame) -> tuple[pd.Series[Any], list[Problem]]:
    """Return the zones findings name, by id, and the names there are not."""
    if "zone" not in findings.columns:
        return pd.Series(None, index=findings.index, dtype=object), []
    ids: dict[str, object] = {}
    if "name" in ground.columns:
        ids |= {str(name): zone for zone, name in ground["name"].dropna().drop_duplicates(keep=False).items()}
    ids |= {str(zone): zone for zone in ground.index}
    unknown = unknown_names(findings["zone"], list(ids), code="unknown_zone", layer="findings", column="zone")
    given = findings["zone"].map(ids)
    # A name nobody knows stays, so that the finding is not quietly put elsewhere.
    return given.where(given.notna(), findings["zone"]).astype(object), unknown


def _lying(
    points: npt.NDArray[np.object_], shapes: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Return the position of the first zone each point lies in, -1 for none, and which points lie in several."""
    lies = np.full(len(points), len(shapes), dtype=np.intp)
    count = np.zeros(len(points), dtype=np.intp)
    if len(shapes) and len(points):
        point, zone = shapely.STRtree(shapes).query(points, predicate="intersects")
        np.minimum.at(lies, point, zone)
        np.add.at(count, point, 1)
    return np.where(lies == len(shapes), _NOWHERE, lies), count > 1


def _rows(
    code: str, findings: gpd.GeoDataFrame, which: npt.NDArray[np.bool_], severity: Any = "warning"
) -> list[Problem]:
    return [Problem(code, "findings", tuple(findings.index[which]), severity)] if which.any() else []


def _elsewhere(
    findings: gpd.GeoDataFrame,
    given: pd.Series[Any],
    located: pd.Series[Any],
    points: gpd.GeoSeries,
    ground: gpd.GeoDataFrame,
) -> list[Problem]:
    """Return a warning for each finding away from the zone it names by more than its accuracy."""
    differs = (given.notna() & points.notna() & (given != located) & given.isin(ground.index)).to_numpy()
    at = np.flatnonzero(differs)
    if not len(at):
        return []
    own = ground.geometry.to_numpy()[ground.index.get_indexer(pd.Index(given.iloc[at]))]
    off = shapely.distance(points.to_numpy()[at], own)
    accuracy = np.zeros(len(findings))
    if "accuracy_m" in findings.columns:
        accuracy = findings["accuracy_m"].fillna(0.0).to_numpy(dtype=float)
    return [
        Problem(
            "finding_elsewhere",
            "findings",
            (findings.index[row],),
            "warning",
            {"value": given.iloc[row], "zone": located.iloc[row] or "–", "distance": f"{distance:.0f}"},
        )
        for row, distance in zip(at.tolist(), off.tolist(), strict=True)
        if distance > accuracy[row]
    ]
