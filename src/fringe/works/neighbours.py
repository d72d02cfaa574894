"""Which units lie beside one another: by their polygons, or as told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.model.crs import require_metric
from fringe.model.problem import Problem

Ints = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
# Borders digitised twice miss each other by centimetres; a lane between two zones is wider.
TOUCHING_M = 0.5


@dataclass(frozen=True)
class Neighbours:
    """Pairs of neighbours, each in both directions, as positions of units.

    Parameters
    ----------
    of, beside
        A unit, and one beside it; ordered by unit.
    n
        How many units there are.
    """

    of: Ints
    beside: Ints
    n: int

    def weights(self, *, row_standardised: bool) -> Floats:
        """Return the weight of each pair: 1, or so that each unit's neighbours weigh 1 together."""
        if not row_standardised:
            return np.ones(len(self.of))
        return np.asarray(1 / np.bincount(self.of, minlength=self.n)[self.of], dtype=np.float64)


def neighbours_of(given: object, units: pd.Index[Any]) -> tuple[Neighbours, list[Problem]]:
    """Return the neighbours among units, and a warning for units that have none.

    Parameters
    ----------
    given
        Polygons on the units' index, in metres, where those nearer than `TOUCHING_M` are neighbours; or a mapping from
        a unit to the one or those beside it, read in both directions.
    units
        Others are passed over.

    Examples
    --------
    >>> near, _ = neighbours_of({"a": "b", "b": ["c"]}, pd.Index(["a", "b", "c"]))
    >>> list(zip(near.of.tolist(), near.beside.tolist()))
    [(0, 1), (1, 0), (1, 2), (2, 1)]
    """
    if isinstance(given, gpd.GeoDataFrame | gpd.GeoSeries):
        # Half a metre is no distance in degrees.
        require_metric(zones=given if isinstance(given, gpd.GeoDataFrame) else gpd.GeoDataFrame(geometry=given))
        pairs, problems = _by_shape(given.geometry, units)
    elif isinstance(given, Mapping | pd.Series):
        pairs, problems = _as_told(given, units)
    else:
        return Neighbours(np.array([], np.intp), np.array([], np.intp), len(units)), [
            Problem("neighbours_unclear", "zones", params={"value": type(given).__name__})
        ]
    both = np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0).astype(np.intp)
    alone = np.bincount(both[:, 0], minlength=len(units)) == 0
    if alone.any() and not problems:
        problems = [Problem("unit_without_neighbours", "zones", tuple(units[alone]), "warning")]
    return Neighbours(both[:, 0], both[:, 1], len(units)), problems


def _by_shape(shapes: gpd.GeoSeries, units: pd.Index[Any]) -> tuple[Ints, list[Problem]]:
    lacking = tuple(units.difference(shapes.index))
    if lacking or not shapes.index.is_unique:
        return np.empty((0, 2), np.intp), [Problem("units_differ", "zones", lacking, params={"name": "neighbours"})]
    polygons = np.asarray(shapes.reindex(units).array, dtype=object)
    first, second = shapely.STRtree(polygons).query(polygons, predicate="dwithin", distance=TOUCHING_M)
    return np.stack([first, second], axis=1)[first < second].astype(np.intp), []


def _as_told(given: Mapping[Any, Any] | pd.Series[Any], units: pd.Index[Any]) -> tuple[Ints, list[Problem]]:
    pairs = [
        (unit, other)
        for unit, others in given.items()
        for other in ([others] if isinstance(others, str) or not hasattr(others, "__iter__") else others)
        if unit != other
    ]
    found = np.array([units.get_indexer(pd.Index([a, b])) for a, b in pairs], dtype=np.intp).reshape(-1, 2)
    return found[(found >= 0).all(axis=1)], []


def count_problems(**counts: object) -> list[Problem]:
    """Return an error for each count that is no whole number of 0 or more."""
    return [
        Problem(
            "argument_unknown", "progress", params={"name": name, "value": count, "allowed": "0, 1, 2, …", "hint": ""}
        )
        for name, count in counts.items()
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 0
    ]
