"""The door of the corridor measures: the rail layer as pieces of track fit to be put together, and the wishes checked.

Disused tracks make no corridor. A track that turns back on itself, at once or in a bend tighter than any track, is
taken apart there; one drawn twice is taken once.
A track belongs to the line named in its column `line`, else to that of its `name`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.errors import LayerError
from fringe.measure.chainage import parse_chainage
from fringe.measure.corridor_axis import Ground, Tracks
from fringe.measure.corridor_paths import split_at_folds, split_at_reversals
from fringe.measure.corridor_steps import Network, network_of
from fringe.measure.corridor_strips import LEFT, RIGHT
from fringe.measure.doors import MISSING, admit, bounds_of, shapes_of
from fringe.measure.ellipsoid import fit
from fringe.measure.flat import Floats, Geometries, Ints, totals
from fringe.model.crs import inverse_areal_scale, require_conformal
from fringe.model.layers import LINE, POLYGON
from fringe.model.problem import Problem, errors_of, refuse
from fringe.model.rules import rule_value

if TYPE_CHECKING:
    from pyproj import CRS

SIDES: Mapping[str, tuple[int, ...]] = MappingProxyType({"both": (LEFT, RIGHT), "left": (LEFT,), "right": (RIGHT,)})
SIDE_NAMES: Mapping[int, str] = MappingProxyType({LEFT: "left", RIGHT: "right"})
# Structures a planner may leave out, and the words they go by in files.
STRUCTURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "tunnel": ("tunnel", "隧道"),
        "bridge": ("bridge", "viaduct", "桥", "桥梁", "大桥", "特大桥", "高架", "高架桥"),
        "cutting": ("cutting", "路堑"),
        "embankment": ("embankment", "路堤"),
    }
)
# What distances usually are, for remedies.
EXAMPLES: Mapping[str, str] = MappingProxyType(
    {"width_m": "50", "offset_m": "5", "margin_m": "5", "step_m": "100", "distance_m": "20"}
)
# Corridors reach this far beyond the layers' bounds: the scale is fitted for belts too.
_MARGIN_M = 2000.0


@dataclass(frozen=True)
class Admitted:
    """A rail layer's corridors, and the layers measured beside them.

    Parameters
    ----------
    network
        The corridors.
    layers
        The other layers, fit for measuring.
    crs
        Of all.
    ground
        True metres of one metre of the plane, from place to place.
    problems
        What was found, errors already raised.
    """

    network: Network
    layers: dict[str, gpd.GeoDataFrame]
    crs: CRS | None
    ground: Ground
    problems: list[Problem]


def admit_corridors(
    rail: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    step_m: float,
    without: Iterable[str] = (),
    planar: bool = False,
    wrong: Sequence[Problem] = (),
    kinds: Mapping[str, tuple[str, ...]] | None = None,
    need: Sequence[str] = (),
) -> Admitted:
    """Return the corridors of a rail layer and the layers beside it, or raise all that is wrong.

    Parameters
    ----------
    rail
        Tracks.
    layers
        Measured beside it, by the name they have in problems.
    step_m
        Length of the steps corridors are cut into.
    without
        Structures to leave out.
    planar
        Whether lengths and widths are those of the plane.
    wrong
        What was found before, such as a width of nothing.
    kinds
        Geometry types of the layers, polygons where nothing is said.
    need
        Those that must have rows.
    """
    found = [*wrong, *not_positive("step_m", step_m)]
    words_out, more = _structures(rail, without)
    errors = errors_of([*found, *more])
    if errors:
        raise LayerError(errors)
    types = dict.fromkeys(layers, POLYGON) | dict(kinds or {}) | {"rail": LINE}
    fit_layers, crs = admit({"rail": rail, **layers}, kinds=types, need=("rail", *need))
    require_conformal(rail=rail)
    ground = ground_of(crs, bounds_of(shapes_of(fit_layers["rail"])), planar=planar)
    tracks, problems = _tracks(fit_layers.pop("rail"), words_out)
    problems = [*found, *more, *problems]
    if errors_of(problems):
        raise LayerError(errors_of(problems))
    network, said = network_of(tracks, ground, step_m)
    problems += [*said, *_axis_problems(network, tracks)]
    refuse(problems)
    return Admitted(network, fit_layers, crs, ground, problems)


def not_positive(name: str, value: object, *, zero: bool = False) -> list[Problem]:
    """Return the error that a distance is no number above 0 (or, with `zero`, below it)."""
    params = {"name": name, "value": value, "example": EXAMPLES.get(name, EXAMPLES["offset_m"])}
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number or not np.isfinite(value):  # type: ignore[call-overload]
        return [Problem("distance_no_number", "rail", params=params)]
    if value > 0 or (zero and value == 0):  # type: ignore[operator]
        return []
    return [Problem("distance_negative" if zero else "distance_not_positive", "rail", params=params)]


def too_narrow(width_m: object) -> list[Problem]:
    """Return the error that a belt is no number of metres wide, or narrower than any belt (``LIB-BELT-MIN``)."""
    wrong = not_positive("width_m", width_m)
    least = rule_value("LIB-BELT-MIN")
    if wrong or width_m >= least:  # type: ignore[operator]
        return wrong
    params = {"name": "width_m", "value": width_m, "least": f"{least:g}", "example": EXAMPLES["width_m"]}
    return [Problem("belt_too_narrow", "rail", params=params)]


def sides_of(sides: str) -> tuple[tuple[int, ...], list[Problem]]:
    """Return the sides asked for, or the error that there are no such."""
    if sides in SIDES:
        return SIDES[sides], []
    hint = "".join(get_close_matches(str(sides), SIDES, n=1))
    params = {"name": "sides", "value": sides, "allowed": ", ".join(SIDES), "hint": hint}
    return SIDES["both"], [Problem("argument_unknown", "rail", params=params)]


def _structures(rail: object, without: Iterable[str]) -> tuple[frozenset[str], list[Problem]]:
    """Return the words of the column `structure` that are left out."""
    asked = (without,) if isinstance(without, str) else tuple(without)
    if not asked or not isinstance(rail, pd.DataFrame):
        return frozenset(), []
    if "structure" not in rail.columns:
        params = {"name": "structure"}
        return frozenset(), [Problem("structure_missing", "rail", severity="warning", params=params)]
    present = {str(word).strip() for word in rail["structure"].dropna()}
    problems = []
    wanted: set[str] = set()
    for word in asked:
        wanted |= set(STRUCTURES.get(word, (word,)))
        if word not in STRUCTURES and word not in present:
            allowed = ", ".join([*STRUCTURES, *sorted(present - set(STRUCTURES))])
            hint = "".join(get_close_matches(str(word), [*STRUCTURES, *present], n=1))
            params = {"name": "without", "value": word, "allowed": allowed, "hint": hint}
            problems.append(Problem("argument_unknown", "rail", params=params))
    return frozenset(wanted), problems


def ground_of(crs: CRS | None, bounds: tuple[float, float, float, float], *, planar: bool) -> Ground:
    """Return the true metres of one metre of the plane, from place to place near some bounds."""
    if planar or crs is None:
        return lambda x, y: np.ones_like(x + y)
    west, south, east, north = bounds
    wide = (west - _MARGIN_M, south - _MARGIN_M, east + _MARGIN_M, north + _MARGIN_M)
    return fit(lambda x, y: np.sqrt(inverse_areal_scale(crs, x, y)), wide)


def _tracks(rail: gpd.GeoDataFrame, words_out: frozenset[str]) -> tuple[Tracks, list[Problem]]:
    problems: list[Problem] = []
    if "state" in rail.columns:
        disused = rail["state"].eq("disused").fillna(value=False).to_numpy(dtype=bool)
        if disused.all():
            return _no_tracks(), [Problem("tracks_all_disused", "rail", tuple(rail.index))]
        if disused.any():
            problems.append(Problem("tracks_disused", "rail", tuple(rail.index[disused]), "warning"))
            rail = rail[~disused]
    names, found = _line_names(rail)
    problems += found
    km, found = _starts(rail)
    problems += found
    shapes, row, found = _pieces(rail)
    problems += found
    if not len(shapes):
        return _no_tracks(), [*problems, Problem("tracks_without_length", "rail", tuple(rail.index))]
    structure = rail["structure"] if "structure" in rail.columns else pd.Series(None, index=rail.index, dtype=object)
    out = structure.map(lambda word: isinstance(word, str) and word.strip() in words_out).to_numpy(dtype=bool)
    classes = rail["rail_class"] if "rail_class" in rail.columns else pd.Series(None, index=rail.index, dtype=object)
    # A row in several parts knows the chainage of its first part only.
    first = np.r_[True, row[1:] != row[:-1]]
    return Tracks(
        shapes,
        row,
        tuple(rail.index),
        names,
        tuple("" if pd.isna(item) else str(item) for item in classes),
        np.where(first, km[row], np.nan),
        out[row],
    ), problems


def _no_tracks() -> Tracks:
    none = np.array([], dtype=np.int64)
    return Tracks(np.array([], dtype=object), none, (), (), (), none.astype(float), none.astype(bool))


def _line_names(rail: gpd.GeoDataFrame) -> tuple[tuple[Any, ...], list[Problem]]:
    names = pd.Series(None, index=rail.index, dtype=object)
    for column in ("line", "name"):
        if column in rail.columns:
            told = rail[column].astype(object)
            names = names.where(names.notna(), told.where(told.map(lambda item: str(item).strip() != "")))
    empty = tuple(rail.index[names.isna()])
    problems = [Problem("line_missing", "rail", empty, "warning", {"value": MISSING})] if empty else []
    return tuple(MISSING if pd.isna(item) else item for item in names), problems


def _starts(rail: gpd.GeoDataFrame) -> tuple[Floats, list[Problem]]:
    if "km_start" not in rail.columns:
        return np.full(len(rail), np.nan), [Problem("chainage_missing", "rail", severity="warning")]
    given = rail["km_start"]
    km = np.array([parse_chainage(item) for item in given], dtype=np.float64)
    km[~np.isfinite(km)] = np.nan
    odd = np.isnan(km) & given.notna().to_numpy()
    problems = []
    if odd.any():
        params = {"column": "km_start", "value": str(given[odd].iloc[0])}
        problems.append(Problem("chainage_unreadable", "rail", tuple(rail.index[odd]), params=params))
    elif np.isnan(km).all():
        problems.append(Problem("chainage_missing", "rail", severity="warning"))
    return km, problems


def _pieces(rail: gpd.GeoDataFrame) -> tuple[Geometries, Ints, list[Problem]]:
    """Return the parts of all tracks that have length, none twice, none turning back, and their rows."""
    row: Ints
    shapes, row = shapely.get_parts(shapes_of(rail), return_index=True)
    shapes = shapely.remove_repeated_points(shapes)
    short = shapely.length(shapes) == 0
    problems = _said("tracks_without_length", rail, row[short], "warning")
    shapes, row = shapes[~short], row[~short]
    shapes, row, found = _apart("track_folds", split_at_folds, _winding(shapes), rail, shapes, row)
    problems += found
    shapes, row, found = _apart("track_turns_back", split_at_reversals, _turning(shapes), rail, shapes, row)
    problems += found
    twice = pd.Series(shapely.to_wkb(shapely.normalize(shapes))).duplicated().to_numpy(dtype=bool)
    if twice.any():
        problems += _said("track_twice", rail, row[twice], "repaired")
    return shapes[~twice], row[~twice], problems


def _winding(shapes: Geometries) -> Ints:
    """Return the shapes whose turns come to more than a right angle: only they can fold."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    heading = np.arctan2(*np.diff(xy, axis=0).T[::-1])
    turn = np.abs((np.diff(heading) + np.pi) % (2 * np.pi) - np.pi)
    inner = owner[2:] == owner[:-2]
    return np.flatnonzero(totals(owner[1:-1][inner], turn[inner], len(shapes)) > np.pi / 2)


def _turning(shapes: Geometries) -> Ints:
    """Return the shapes with a vertex at which they turn back."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    step = np.diff(xy, axis=0)
    back = ((step[1:] * step[:-1]).sum(axis=1) < 0) & (owner[2:] == owner[:-2])
    return np.unique(owner[1:-1][back])


def _apart(
    code: str,
    split: Callable[[shapely.LineString], list[shapely.LineString]],
    some: Ints,
    rail: gpd.GeoDataFrame,
    shapes: Geometries,
    row: Ints,
) -> tuple[Geometries, Ints, list[Problem]]:
    """Return the shapes with some of them taken apart, their rows, and what is said of it."""
    parts = {int(at): split(shapes[at]) for at in some}
    changed = np.array([at for at, made in parts.items() if len(made) > 1], dtype=np.int64)
    if not len(changed):
        return shapes, row, []
    problems = _said(code, rail, row[changed], "repaired")
    made = [parts.get(at, [shape]) for at, shape in enumerate(shapes)]
    row = np.repeat(row, [len(item) for item in made])
    return np.array([*[part for item in made for part in item], None], dtype=object)[:-1], row, problems


def _said(code: str, rail: gpd.GeoDataFrame, rows: Ints, severity: Any) -> list[Problem]:
    if not len(rows):
        return []
    params = {"most": f"{rule_value('LIB-TRACK-RADIUS'):g}"} if code == "track_folds" else {}
    return [Problem(code, "rail", tuple(rail.index[np.unique(rows).astype(np.int64)]), severity, params)]


def _axis_problems(network: Network, tracks: Tracks) -> list[Problem]:
    """Return what a planner should know: sides by the drawing's direction, axes that cross themselves."""
    problems = []
    # Without any chainage in the layer that has been said once, for all lines.
    if np.isfinite(tracks.km).any():
        drawn = sorted({str(axis.line) for axis in network.axes if axis.direction == "digitised"})
        if drawn:
            params = {"value": ", ".join(drawn)}
            problems.append(Problem("direction_digitised", "rail", severity="warning", params=params))
    crossing = [axis for axis in network.axes if not shapely.is_simple(shapely.linestrings(axis.run.xy))]
    if crossing:
        params = {"value": ", ".join(sorted({str(axis.line) for axis in crossing}))}
        problems.append(Problem("corridor_crosses_itself", "rail", severity="warning", params=params))
    return problems
