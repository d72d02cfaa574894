"""The figures of a study's zones side by side: coverage, roads and rail, progress, one row for each zone.

The *total* row is measured, not added: ground shared by overlapping zones counts once in it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from fringe.errors import FringeWarning, LedgerError
from fringe.measure.coverage import coverage
from fringe.measure.doors import MISSING
from fringe.measure.lengths import lengths
from fringe.model.problem import Problem
from fringe.works.progress import progress

TOTAL = "total"
# The status of works stands beside the status of plots: it has a name of its own where both are in one table.
_PROGRESS_NAMES = {"status": "progress_status"}
_LENGTHS = {"roads": "road", "rail": "rail"}


def zone_figures(
    layers: Mapping[str, Any],
    *,
    on: pd.Timestamp | None = None,
    plots_on: pd.Timestamp | None = None,
    per: str | None = None,
    total: bool = False,
) -> pd.DataFrame:
    """Return all figures of the zones that the layers allow.

    Parameters
    ----------
    layers
        By kind, in one metric coordinate system; `zones` must be among them.
    on
        The day of the works' progress.
    plots_on
        The day plots are counted on; `None`: by their status as it stands.
    per
        A column of the zones, such as ``"township"``: a row for each of its values.
    total
        Whether a row for all zones together is added, named ``"total"``.

    Returns
    -------
    table
        On the zones' index: the columns of `fringe.coverage` (without plots, only ``zone_m2``); ``road_length_m``,
        ``road_density_km_per_km2``, ``rail_length_m`` and ``rail_density_km_per_km2`` where there are such lines;
        the columns of `fringe.progress` where there are tasks, with its `status` as ``progress_status``.

    Warns
    -----
    FringeWarning
        If progress cannot be computed for these groups, as where units are mixed without weights: it is left out.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> zones = gpd.GeoDataFrame({"name": ["a", "b"]}, index=["a", "b"],
    ...     geometry=[box(5e5, 0, 500_100, 100), box(500_100, 0, 500_200, 100)], crs="EPSG:32650")
    >>> plots = gpd.GeoDataFrame({"status": ["kept"]}, index=["P1"],
    ...     geometry=[box(5e5, 0, 500_050, 100)], crs=zones.crs)
    >>> zone_figures({"zones": zones, "plots": plots}, total=True).covered_share.round(3).to_dict()
    {'a': 0.5, 'b': 0.0, 'total': 0.25}
    """
    zones = layers["zones"]
    if per in zones.columns:
        zones = zones.assign(**{str(per): zones[per].where(zones[per].notna(), MISSING)})
    table = _measured(layers, zones, on, plots_on, per)
    if not total:
        return table
    everything = zones.assign(**{TOTAL: TOTAL})
    whole = _measured(layers, everything, on, plots_on, TOTAL)
    both: pd.DataFrame = pd.concat([table, whole])
    both.index = both.index.set_names(table.index.names)
    return both


def _measured(
    layers: Mapping[str, Any], zones: Any, on: pd.Timestamp | None, plots_on: pd.Timestamp | None, per: str | None
) -> pd.DataFrame:
    none = gpd.GeoDataFrame(geometry=[], crs=zones.crs)
    covered = coverage(layers.get("plots", none), zones, per=per, on=plots_on)
    parts = [covered if "plots" in layers else covered[["zone_m2"]]]
    for kind, word in _LENGTHS.items():
        if len(layers.get(kind, ())):
            found = lengths(layers[kind], zones, per=per)
            names = {"length_m": f"{word}_length_m", "density_km_per_km2": f"{word}_density_km_per_km2"}
            parts.append(found[list(names)].rename(columns=names))
    if len(layers.get("tasks", ())) and on is not None:
        by = per or zones.index.name or "zone"
        # A row is one group of zones: a task belongs to it by its zone, whatever its own column of that name says.
        tasks = layers["tasks"].drop(columns=[per] if per in zones.columns else [], errors="ignore")
        try:
            found = progress(tasks, layers.get("reports", pd.DataFrame()), on=on, by=by, zones=zones)
        except LedgerError as error:
            left_out = Problem("progress_left_out", "tasks", params={"reason": error.render()})
            warnings.warn(left_out.render(), FringeWarning, stacklevel=4)
        else:
            parts.append(found.rename(columns=_PROGRESS_NAMES))
    table: pd.DataFrame = pd.concat(parts, axis=1)
    table.index = table.index.set_names([per or zones.index.name])
    return table
