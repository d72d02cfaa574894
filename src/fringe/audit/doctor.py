"""The layers of a study held against one another: what no layer shows by itself.

Zones should not overlap; plots and villages should lie in zones; tasks should name zones there are; a plot's status
should have its date. Reports and tasks are held against each other where the ledger is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.model.entries import unknown_names
from fringe.model.problem import Problem
from fringe.model.states import status_on

# Neighbouring zones that were digitised apart overlap by slivers; a person need only look at more than this.
SLIVER_M2 = 1.0


def examine(layers: Mapping[str, Any], on: pd.Timestamp | None = None) -> list[Problem]:
    """Return the problems between the layers of a study.

    Parameters
    ----------
    layers
        By kind, in one metric coordinate system.
    on
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
    tasks = layers.get("tasks")
    if tasks is not None and zones is not None and "zone" in tasks.columns:
        problems += _unknown_zones(tasks, zones)
    if on is not None and "plots" in layers:
        problems += status_on(layers["plots"], on)[1]
    return problems


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
        if area > SLIVER_M2
    ]


def _outside(layer: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, kind: str) -> list[Problem]:
    """Return one warning for all rows that meet no zone."""
    shapes = np.asarray(layer.geometry.array, dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    met = shapely.STRtree(np.asarray(zones.geometry.array, dtype=object)).query(shapes, predicate="intersects")[0]
    there[met] = False
    rows = tuple(layer.index[there])
    return [Problem("outside_zones", kind, rows, "warning", params={"count": len(rows)})] if rows else []
