"""The layers of a study held against one another: what no layer shows by itself.

Zones should not overlap; plots and villages should lie in zones; tasks should name zones there are; a plot's status
should have its date. What would keep progress from being computed is a problem here already, and reports that are hard
to believe are warned of (`fringe.audit.entries`).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.audit.entries import entry_flags
from fringe.errors import FringeError, FringeWarning
from fringe.model.datum import to_wgs84
from fringe.model.entries import unknown_names
from fringe.model.problem import Problem, errors_of
from fringe.model.states import status_on
from fringe.works.progress import progress

# Neighbouring zones that were digitised apart overlap by slivers; a person need only look at more than this.
OVERLAP_SAID_M2 = 1.0
# A datum shift moves a whole layer: fewer rows outside than this say nothing about it.
FEW_OUTSIDE = 4


def examine(
    layers: Mapping[str, Any], *, on: pd.Timestamp | None = None, plots_on: pd.Timestamp | None = None
) -> list[Problem]:
    """Return the problems between the layers of a study.

    Parameters
    ----------
    layers
        By kind, in one metric coordinate system.
    on
        The day the works are looked at.
    plots_on
        The day plots are looked at; `None`: the status as it stands.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> zones = gpd.GeoDataFrame({"name": ["east"]}, index=["Z1"], geometry=[box(0, 0, 100, 100)], crs="EPSG:32650")
    >>> plots = gpd.GeoDataFrame({"status": ["kept"]}, index=["P1"], geometry=[box(200, 0, 250, 50)], crs=zones.crs)
    >>> [found.code for found in examine({"zones": zones, "plots": plots})]
    ['outside_zones']
    """
    zones = layers.get("zones")
    problems = [Problem("layer_empty", kind) for kind in ("zones", "tasks") if kind in layers and not len(layers[kind])]
    if zones is not None and len(zones):
        problems += _overlapping(zones)
        for kind in ("plots", "villages"):
            if kind in layers:
                problems += _outside(layers[kind], zones, kind)
    problems += _ledger(layers, on)
    if plots_on is not None and "plots" in layers:
        problems += status_on(layers["plots"], plots_on)[1]
    return problems


def _ledger(layers: Mapping[str, Any], on: pd.Timestamp | None) -> list[Problem]:
    """Return what is wrong between tasks, reports and zones: all that would keep progress from being computed."""
    tasks, reports, zones = (layers.get(kind) for kind in ("tasks", "reports", "zones"))
    if tasks is None or not len(tasks):
        return []
    problems = []
    if reports is not None and {"date", "recorded_at"} <= set(reports.columns):
        early = reports["recorded_at"].dt.normalize() < reports["date"]
        if early.any():
            problems.append(Problem("recorded_before_date", "reports", tuple(reports.index[early]), "warning"))
    villages = layers.get("villages")
    if villages is not None and "village" in tasks.columns:
        known = [*villages.index, *(villages["name"] if "name" in villages.columns else ())]
        strange = unknown_names(tasks["village"], known, code="unknown_village", layer="tasks", column="village")
        problems += [replace(found, severity="warning") for found in strange]
    if zones is not None and "zone" in tasks.columns and (strange := _unknown_zones(tasks, zones)):
        return problems + strange
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FringeWarning)
            progress(
                tasks, reports if reports is not None else pd.DataFrame(), on=on or tasks["due"].max(), zones=zones
            )
    except FringeError as error:
        # Groups of another kind may still have one unit each.
        problems += [
            replace(found, severity="warning") if found.code == "units_mixed" else found
            for found in error.problems
            if isinstance(found, Problem)
        ]
    # What is wrong comes first: figures that cannot be read are not called implausible as well.
    if reports is None or not len(reports) or errors_of(problems):
        return problems
    return [*problems, *entry_flags(tasks, reports)]


def _unknown_zones(tasks: pd.DataFrame, zones: gpd.GeoDataFrame) -> list[Problem]:
    known = [*zones.index, *(zones["name"] if "name" in zones.columns else ())]
    return unknown_names(tasks["zone"], known, code="unknown_zone", layer="tasks", column="zone")


def _overlapping(zones: gpd.GeoDataFrame) -> list[Problem]:
    """Return a warning for each pair of zones that share ground."""
    shapes = np.asarray(zones.geometry.array, dtype=object)
    usable = shapely.is_valid(shapes) & ~shapely.is_empty(shapes)
    at = np.flatnonzero(usable)
    left, right = shapely.STRtree(shapes[at]).query(shapes[at], predicate="intersects")
    left, right = at[left[left < right]], at[right[left < right]]
    shared = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    return [
        Problem(
            "zones_overlap",
            "zones",
            (zones.index[one], zones.index[other]),
            "warning",
            params={"value": f"{area:,.0f}"},
        )
        for one, other, area in zip(left, right, shared, strict=True)
        if area > OVERLAP_SAID_M2
    ]


def _outside(layer: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, kind: str) -> list[Problem]:
    """Return one warning for all rows that meet no zone."""
    shapes = np.asarray(layer.geometry.array, dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    met = shapely.STRtree(np.asarray(zones.geometry.array, dtype=object)).query(shapes, predicate="intersects")[0]
    there[met] = False
    rows = tuple(layer.index[there])
    if not rows:
        return []
    datum = _datum_that_fits(layer, zones, len(rows))
    params = {"count": len(rows), "datum": datum}
    return [Problem("outside_zones_datum" if datum else "outside_zones", kind, rows, "warning", params=params)]


def _datum_that_fits(layer: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, outside: int) -> str:
    """Return the datum of a web map that would bring nearly all rows outside into the zones, or an empty text."""
    if outside < FEW_OUTSIDE:
        return ""
    tree = shapely.STRtree(np.asarray(zones.geometry.array, dtype=object))
    for datum in ("gcj02", "bd09"):
        moved = to_wgs84(layer, datum=datum)
        shapes = np.asarray(moved.geometry.array, dtype=object)
        met = np.unique(tree.query(shapes, predicate="intersects")[0])
        if len(layer) - len(met) < outside / 4:
            return datum
    return ""
