"""What a study's store holds, put behind what its own files say.

A study of files keeps new reports in a *store* beside them, a GeoPackage named in `study.toml`; the office's Excel
ledger is never written to. Both are one log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from fringe.io.log import read_log
from fringe.io.log_door import joined
from fringe.model.contract import conform
from fringe.model.entries import conform_ledger
from fringe.model.layers import LEDGER_KINDS
from fringe.model.problem import Problem
from fringe.model.stored import spared


def stored_log(store: Path | None) -> dict[str, Any]:
    """Return what a study's store holds at one moment; nothing where there is none yet.

    Raises
    ------
    StudyError
        If the file is no store, or cannot be read.
    """
    return {} if store is None or not store.exists() else dict(read_log(store))


def with_reports(
    layers: dict[str, Any], problems: list[Problem], stored: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the layers with stored tasks and reports behind their own, and the problems of all.

    Parameters
    ----------
    layers
        Of the study's files, by kind.
    problems
        Found in them.
    stored
        What `stored_log` gave.
    """
    fresh = {kind: joined(layers.get(kind, pd.DataFrame()), stored[kind]) for kind in LEDGER_KINDS if kind in stored}
    if not fresh:
        return layers, problems
    both = {kind: fresh.get(kind, layers.get(kind, pd.DataFrame())) for kind in LEDGER_KINDS}
    tasks, reports, found = conform_ledger(both["tasks"], both["reports"])
    ids = {kind: set(frame.index) for kind, frame in stored.items()}
    kept = [one for one in problems if not _settled(one, ids.get("reports", set()))]
    new = [one for one in spared(found, ids.get("reports", ())) if ids.get(one.layer, set()) & set(one.rows)]
    return {**layers, "tasks": tasks, "reports": reports}, kept + new


def with_findings(
    layers: Mapping[str, Any], stored: Mapping[str, Any], crs: pyproj.CRS | None
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the layers with stored findings behind their own, in the study's coordinate system, and their problems."""
    if "findings" not in stored or not len(stored["findings"]):
        return dict(layers), []
    findings, found = conform_findings(join_findings(layers.get("findings"), stored["findings"], crs))
    ids = set(stored["findings"].index)
    new = [replace(one, rows=tuple(row for row in one.rows if row in ids)) for one in found]
    return {**layers, "findings": findings}, [one for one in new if one.rows]


def join_findings(before: Any, added: Any, crs: pyproj.CRS | None) -> Any:
    """Return a log of findings with entries added, in a coordinate system; without any points a plain table.

    Examples
    --------
    >>> import shapely
    >>> before = gpd.GeoDataFrame({"zone": ["a"]}, index=["F1"], geometry=[shapely.Point(1, 2)], crs=3857)
    >>> added = pd.DataFrame({"zone": ["a"]}, index=pd.Index(["find-1"], name="finding"))
    >>> join_findings(before, added, before.crs).geometry.tolist()
    [<POINT (1 2)>, None]
    """
    parts = [part for part in (before, added) if part is not None]
    system = crs if crs is not None else next((_system(part) for part in parts if _system(part) is not None), None)
    bare = [pd.DataFrame(part.drop(columns=_shape_column(part))) for part in parts]
    table = bare[0] if len(bare) == 1 else joined(*bare)
    if system is None:
        return table
    shapes: Any = np.concatenate([_shapes(part, system) for part in parts])
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, index=table.index, crs=system))


def conform_findings(findings: Any) -> tuple[Any, list[Problem]]:
    """Return a log of findings as a layer, and its problems.

    A finding counts without a zone and without a place, and an undoing speaks only of what it takes back.
    """
    layer, problems = conform(findings, "findings")
    voids = frozenset(layer.index[(layer["kind"] == "void").to_numpy(bool)]) if "kind" in layer.columns else frozenset()
    kept = [_of_findings(one, voids) for one in problems]
    return layer, [one for one in kept if one is not None]


def _of_findings(found: Problem, voids: frozenset[Any]) -> Problem | None:
    if found.code not in {"value_missing", "geometry_missing"} or not found.rows:
        return found
    rows = tuple(row for row in found.rows if row not in voids)
    if not rows:
        return None
    spared = found.params.get("column") == "zone"
    return replace(found, rows=rows, severity="warning" if spared else found.severity)


def _shape_column(part: Any) -> list[str]:
    placed = isinstance(part, gpd.GeoDataFrame) and part.active_geometry_name is not None
    return [str(part.active_geometry_name)] if placed else []


def _system(part: Any) -> pyproj.CRS | None:
    return part.crs if _shape_column(part) else None


def _shapes(part: Any, crs: pyproj.CRS) -> Any:
    own = _system(part)
    if own is None:
        return np.full(len(part), None, dtype=object)
    placed = part.geometry if own == crs else part.geometry.to_crs(crs)
    return np.asarray(placed.array, dtype=object)


def _settled(found: Problem, stored: set[Any]) -> bool:
    """Return whether a problem of the files alone is none with the store: a correction of what is stored there."""
    return found.code == "unknown_report" and found.params.get("value") in stored
