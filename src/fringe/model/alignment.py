"""How far a layer lies from a reference, when it may lie on a wrong datum.

A *reading* is the layer under the assumption that its coordinates are in a certain datum, brought to WGS 84. A
*residual* is the median distance in m between what is the same in a reading and in the reference: objects of one id
or name, by the middle of their boxes (a polygon and its outline, with however many vertices, share it); else places
spread evenly along the outlines, by the nearest outline of the other. Of the two directions (a village within a
district's layer, a district's border around its parcels) the better one tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.errors import DatumError
from fringe.model.choice import metric_crs
from fringe.model.problem import Problem

Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[Any]
Positions = npt.NDArray[np.int64]
Keys = Callable[[gpd.GeoDataFrame], "pd.Index | None"]
# Places along an outline that are looked at: the median of 2 000 is steady, and the search stays under a second.
_PLACES = 2000
# Ids or names in common that make two layers the same objects, at least this share of the smaller one.
_IN_COMMON = 0.5
# No shift of these datums is larger; places farther from the other layer have no counterpart there.
_REACH_M = 2000.0
# The best reading must fit at least this many times better than the second.
_CLEARLY = 2.0


@dataclass(frozen=True)
class DatumGuess:
    """Which datum a layer's coordinates are in, and how well each fits.

    Parameters
    ----------
    datum
        ``"wgs84"``, ``"gcj02"``, ``"bd09"``, or `None` if undecided.
    residual_m
        Median distance from the reference, in m, for each datum.
    matched
        How: ``"120 ids"``, ``"14 names"``, ``"outlines"``.

    Examples
    --------
    >>> from fringe.model.datum import DatumGuess
    >>> DatumGuess("gcj02", {"wgs84": 577.4, "gcj02": 0.3, "bd09": 812.0}, "14 names")
    DatumGuess: gcj02 (wgs84 577.4 m, gcj02 0.3 m, bd09 812.0 m; by 14 names)
    """

    datum: str | None
    residual_m: Mapping[str, float]
    matched: str

    @property
    def undecided(self) -> bool:
        """Whether no datum fits clearly better than the others."""
        return self.datum is None

    def __repr__(self) -> str:
        fits = ", ".join(f"{datum} {metres:.1f} m" for datum, metres in self.residual_m.items())
        return f"DatumGuess: {self.datum or 'undecided'} ({fits}; by {self.matched})"


def best_reading(readings: Mapping[str, gpd.GeoDataFrame], reference: gpd.GeoDataFrame) -> DatumGuess:
    """Return which reading lies on the reference, by ids, else by names, else by outlines.

    Raises
    ------
    DatumError
        If the layer or the reference holds no coordinates.
    """
    first = next(iter(readings.values()))
    for layer, name in ((first, "frame"), (reference, "reference")):
        if not np.isfinite(layer.total_bounds).all():
            raise DatumError(Problem("datum_nothing_to_compare", name))
    plane = metric_crs(reference)
    there = reference.to_crs(plane)
    here = {datum: reading.to_crs(plane) for datum, reading in readings.items()}
    for kind, keys in (("ids", _ids), ("names", _names)):
        pairs = _counterparts(first, reference, keys)
        if len(pairs):
            guess = _decided(
                {at: _median_of_pairs(layer, there, pairs) for at, layer in here.items()}, f"{len(pairs)} {kind}"
            )
            if not guess.undecided:
                return guess
    return _decided(_outlines_apart(here, there), "outlines")


def _decided(residuals: Mapping[str, float], matched: str) -> DatumGuess:
    best, second = sorted(residuals, key=lambda datum: residuals[datum])[:2]
    clear = 0 < residuals[second] >= _CLEARLY * residuals[best]
    return DatumGuess(best if clear else None, residuals, matched)


def _counterparts(layer: gpd.GeoDataFrame, reference: gpd.GeoDataFrame, keys: Keys) -> Positions:
    """Return positions of the same objects in both, shape ``(n, 2)``; none where too few share a key."""
    sides = []
    for side in (layer, reference):
        names = keys(side)
        if names is None:
            return np.empty((0, 2), dtype=np.int64)
        told = ~(side.geometry.isna() | side.geometry.is_empty).to_numpy() & names.notna()
        sides.append(_once(pd.Series(np.arange(len(side)), index=names)[told]))
    both = pd.concat(sides, axis=1, join="inner").to_numpy()
    return both if len(both) >= _IN_COMMON * min(len(side) for side in sides) else both[:0]


def _once(positions: pd.Series) -> pd.Series:
    return positions[~positions.index.duplicated(keep=False)]


def _ids(layer: gpd.GeoDataFrame) -> pd.Index | None:
    """Return the index if it names objects; bare row numbers do not."""
    return None if isinstance(layer.index, pd.MultiIndex | pd.RangeIndex) or layer.index.name is None else layer.index


def _names(layer: gpd.GeoDataFrame) -> pd.Index | None:
    return pd.Index(layer["name"]) if "name" in layer.columns else None


def _median_of_pairs(layer: gpd.GeoDataFrame, reference: gpd.GeoDataFrame, pairs: Positions) -> float:
    middles = [
        shapely.bounds(np.asarray(side.geometry.array)[at]).reshape(-1, 2, 2).mean(axis=1)
        for side, at in ((layer, pairs[:, 0]), (reference, pairs[:, 1]))
    ]
    return float(np.median(np.hypot(*(middles[0] - middles[1]).T)))


def _outlines_apart(readings: Mapping[str, gpd.GeoDataFrame], reference: gpd.GeoDataFrame) -> dict[str, float]:
    """Return residuals from outline to outline, in the direction in which some reading fits best."""
    there = _outlines(reference)
    here = {datum: _outlines(reading) for datum, reading in readings.items()}
    outward = _medians({datum: _apart(_spread(lines), there) for datum, lines in here.items()})
    places = _spread(there)
    inward = _medians({datum: _apart(places, lines) for datum, lines in here.items()})
    return min(outward, inward, key=lambda found: min(found.values()))


def _medians(distances: Mapping[str, Floats]) -> dict[str, float]:
    """Return medians over the places that have a counterpart in every reading; over all if none has."""
    near = np.max(list(distances.values()), axis=0) <= _REACH_M
    return {datum: float(np.median(found[near] if near.any() else found)) for datum, found in distances.items()}


def _apart(places: Geometries, lines: Geometries) -> Floats:
    tree = shapely.STRtree(lines)
    (asked, _), distance = tree.query_nearest(places, return_distance=True, all_matches=False)
    found = np.full(len(places), np.inf)
    found[asked] = distance
    return found


def _outlines(layer: gpd.GeoDataFrame) -> Geometries:
    """Return the points, lines and rings of a layer, one by one."""
    shapes = shapely.force_2d(np.asarray(layer.geometry.array, dtype=object))
    while (shapely.get_type_id(shapes) >= 4).any():  # noqa: PLR2004 - multi-types and collections, possibly nested
        shapes = shapely.get_parts(shapes)
    areal = shapely.get_type_id(shapes) == 3  # noqa: PLR2004 - polygons
    parts = np.concatenate([shapes[~areal], shapely.get_rings(shapes[areal])])
    return np.asarray(parts[~(shapely.is_missing(parts) | shapely.is_empty(parts))])


def _spread(outlines: Geometries) -> Geometries:
    """Return places spread evenly along outlines (or among points), however many vertices they have."""
    lengths = np.asarray(shapely.length(outlines))
    if lengths.sum() == 0:
        every = np.unique(np.linspace(0, len(outlines) - 1, _PLACES).round().astype(np.int64))
        return np.asarray(shapely.centroid(outlines[every]))
    ends = np.cumsum(lengths)
    along = (np.arange(_PLACES) + 0.5) / _PLACES * ends[-1]
    which = np.minimum(np.searchsorted(ends, along), len(outlines) - 1)
    return np.asarray(shapely.line_interpolate_point(outlines[which], along - (ends[which] - lengths[which])))
