"""Corridor coverage: how green the belts beside railways are, over three denominators.

The *belt* is all of its ground. *Plantable* is the belt without excluded ground. A *plantable length* is that of the
steps that have plantable ground; a step is planted where plots cover at least 0.8 of it (rule ``LIB-GAP-SHARE``).
Within a row areas count ground once, also where belts of several lines or sides overlap; lengths are each belt's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.measure.corridor_cells import Cells, cells_of
from fringe.measure.corridor_door import SIDE_NAMES, Admitted, admit_corridors, not_positive, sides_of, too_narrow
from fringe.measure.corridor_ground import GroundFigures, figures_of, overlapping
from fringe.measure.corridor_shared import shared_problems
from fringe.measure.counting import counting
from fringe.measure.cuts import cut, overlay, polygonal, unite
from fringe.measure.doors import bounds_of, shapes_of
from fringe.measure.ellipsoid import Areas, area_measure
from fringe.measure.flat import Floats, Geometries, Ints, totals
from fringe.measure.plantable import Exclude, excluded_ground, named_exclusions
from fringe.model.layers import LINE, POLYGON
from fringe.model.problem import Problem, refuse
from fringe.model.rules import rule_value
from fringe.model.states import as_day

if TYPE_CHECKING:
    from fringe.model.states import Day

BY = ("line", "rail_class", "side", "km")


def corridor_coverage(  # noqa: PLR0913 - all but the layers are keywords
    rail: gpd.GeoDataFrame,
    plots: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame | None = None,
    *,
    width_m: float,
    exclude: Exclude = None,
    by: str | Sequence[str] | None = None,
    offset_m: float = 0.0,
    sides: str = "both",
    without: Iterable[str] = (),
    step_m: float = 100.0,
    min_share: float | None = None,
    on: Day | None = None,
    statuses: Iterable[str] | None = None,
    planar: bool = False,
    workers: int | None = None,
) -> pd.DataFrame:
    """Measure how green the belts beside railways are, in each zone or along each line.

    Parameters
    ----------
    rail, width_m, offset_m, sides, without
        The belts, see `corridor`.
    plots
        Polygons. Where they have a column `status`, only planted, accepted and kept ones count.
    zones
        Polygons; belts count in them as far as they lie in them. `None`: whole lines.
    exclude
        Ground that cannot be planted: a layer, or layers by name, such as ``{"roads": roads, "water": water,
        "cropland": land, "protection_zone": zone}``. Lines are as wide as their `width_m`, else as their road class
        usually is (rules ``LIB-ROAD-…``), with a warning. Where a layer named ``cropland`` has `land_class`, only its
        cropland counts.
    by
        ``"line"``, ``"rail_class"``, ``"side"`` or ``"km"`` (whole kilometres of chainage), or several of them: a row
        for each zone and kind present. Without zones and `by`: by line. Each row has all the ground of its own belts:
        where belts of several rows lie over each other (two lines close together, a fork, a loop, a bend tighter than
        the belt), the rows hold that ground each and add up to more than there is. A warning names the lines whose
        belts share more than 1 % of a row so (rule ``LIB-BELT-SHARED``). For totals leave `by` out: a zone's row counts
        all ground once.
    step_m
        Length of the steps of the third share, true metres.
    min_share
        From which share of its plantable ground on a step is planted; `None`: rule ``LIB-GAP-SHARE``, 0.8.
    on, statuses
        As for `coverage`.
    planar
        Whether areas, lengths and widths are those of the plane.
    workers
        Threads; `None` chooses. The figures do not depend on it.

    Returns
    -------
    table
        One row per zone, with the index of `zones` in its order (with `by` more levels):

        ``belt_m2``
            Ground of the belts, counted once.
        ``green_m2``
            Of it under plots that count.
        ``green_share``
            ``green_m2 / belt_m2``; missing where there is no belt.
        ``plantable_m2``
            The belt without excluded ground.
        ``green_of_plantable_share``
            The part of the plantable ground under plots that count; plots on excluded ground do not help it.
        ``plantable_m``
            Length of the steps with plantable ground, each side of each line on its own. A step on a zone's border
            counts in each zone by the part of its belt there. Less than 1 % of plantable ground is none (rule
            ``LIB-PLANTABLE-MIN``).
        ``green_length_share``
            The part of that length whose steps are planted.

    Raises
    ------
    LayerError, CRSError
        As `corridor`; also for empty zones, an unknown kind, excluded lines of unknown width, unknown statuses.

    Examples
    --------
    A kilometre of railway, greened on the left for its first half, 40 m of 50 m deep.

    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> from fringe.measure.corridor_cover import corridor_coverage
    >>> rail = gpd.GeoDataFrame(
    ...     {"line": ["East Line"], "rail_class": ["high_speed"], "km_start": [12.0]},
    ...     geometry=[LineString([(500_000, 3_840_000), (501_000, 3_840_000)])],
    ...     crs="EPSG:32650",
    ... )
    >>> plots = gpd.GeoDataFrame(geometry=[box(500_000, 3_840_010, 500_500, 3_840_050)], crs=rail.crs)
    >>> table = corridor_coverage(rail, plots, width_m=50, by="side", planar=True)
    >>> table[["belt_m2", "green_m2", "green_share"]]
           belt_m2  green_m2  green_share
    side
    left   50000.0   20000.0          0.4
    right  50000.0       0.0          0.0
    >>> table[["plantable_m", "green_length_share"]]
           plantable_m  green_length_share
    side
    left        1000.0                 0.5
    right       1000.0                 0.0
    """
    wanted, wrong = sides_of(sides)
    wrong += too_narrow(width_m) + not_positive("offset_m", offset_m, zero=True)
    levels, found = _levels(by, zones is not None)
    wrong += found
    share, found = least_share(min_share)
    wrong += found
    given = {"plots": plots, **({} if zones is None else {"zones": zones}), **(outside := named_exclusions(exclude))}
    fit = admit_corridors(
        rail,
        given,
        step_m=step_m,
        without=without,
        planar=planar,
        wrong=wrong,
        kinds=dict.fromkeys(outside, (*POLYGON, *LINE)),
        need=() if zones is None else ("zones",),
    )
    cells = cells_of(fit.network, offset_m, offset_m + width_m, wanted)
    rule = counting(fit.layers["plots"], on=None if on is None else as_day(on, "plots"), statuses=statuses)
    green = shapes_of(fit.layers["plots"])[rule.rows[rule.counted[0]]]
    beside, said = excluded_ground({name: fit.layers[name] for name in outside}, cells.shapes, fit.ground)
    refuse(said)
    measure = area_measure(fit.crs, bounds_of(cells.shapes), planar=planar)
    pieces = _pieces(cells, None if zones is None else shapes_of(fit.layers["zones"]), workers)
    groups = _groups(pieces, cells, fit, levels, zones)
    own = figures_of(pieces.shapes, green, beside, measure, workers=workers)
    pairs = overlapping(pieces.shapes)
    once = _once(pieces.shapes, groups.of, own, green, beside, measure, pairs)
    # Belts share the ground of one zone; zones over each other are another matter.
    together = pieces.zone_at[pairs[0]] == pieces.zone_at[pairs[1]]
    lines = [fit.network.axes[at].line for at in cells.axis_at[pieces.cell_at].tolist()]
    one_zone = (pairs[0][together], pairs[1][together], pairs[2][together])
    refuse(shared_problems(pieces.shapes, groups.of, lines, one_zone))
    return _table(groups, pieces, own, once, share)


def least_share(min_share: float | None) -> tuple[float, list[Problem]]:
    """Return the share from which on a step is planted, or the error that it is none."""
    if min_share is None:
        return rule_value("LIB-GAP-SHARE"), []
    try:
        if 0 < float(min_share) <= 1:
            return float(min_share), []
    except (TypeError, ValueError):
        pass
    return 1.0, [Problem("share_unfit", "rail", params={"value": min_share})]


@dataclass(frozen=True)
class _Pieces:
    """Cells, or their parts in zones: where each comes from, and its share of the cell's length."""

    zone_at: Ints
    cell_at: Ints
    shapes: Geometries
    length_m: Floats


@dataclass(frozen=True)
class _Groups:
    """The row of the table each piece belongs to."""

    of: Ints
    index: pd.Index[Any]


def _levels(by: str | Sequence[str] | None, zoned: bool) -> tuple[tuple[str, ...], list[Problem]]:  # noqa: FBT001
    if by is None:
        return (() if zoned else ("line",)), []
    levels = (by,) if isinstance(by, str) else tuple(by)
    problems = []
    for word in levels:
        if word not in BY:
            hint = "".join(get_close_matches(str(word), BY, n=1))
            params = {"name": "by", "value": word, "allowed": ", ".join(BY), "hint": hint}
            problems.append(Problem("argument_unknown", "rail", params=params))
    return levels, problems


def _pieces(cells: Cells, zones: Geometries | None, workers: int | None) -> _Pieces:
    if zones is None:
        return _Pieces(np.zeros(len(cells), dtype=np.int64), np.arange(len(cells)), cells.shapes, cells.length_m)
    cuts = cut(zones, cells.shapes, workers=workers)
    shapes = cuts.shapes
    part = shapely.area(shapes) / shapely.area(cells.shapes[cuts.plot_at])
    return _Pieces(cuts.zone_at, cuts.plot_at, shapes, cells.length_m[cuts.plot_at] * np.minimum(part, 1.0))


def _groups(
    pieces: _Pieces, cells: Cells, fit: Admitted, levels: tuple[str, ...], zones: gpd.GeoDataFrame | None
) -> _Groups:
    if not levels and zones is not None:
        return _Groups(pieces.zone_at, zones.index)
    kinds = pd.MultiIndex.from_arrays([_kind(cells, fit, level) for level in levels], names=levels)
    # In the order of the lines along their chainage, left before right.
    names = kinds.unique()
    of_cell = names.get_indexer(kinds)
    if zones is None:
        return _Groups(of_cell, names if len(levels) > 1 else names.get_level_values(0))
    rows = [(zone if isinstance(zone, tuple) else (zone,)) + tuple(kind) for zone in zones.index for kind in names]
    index = pd.MultiIndex.from_tuples(rows, names=[*zones.index.names, *levels])
    return _Groups(pieces.zone_at * len(names) + of_cell[pieces.cell_at], index)


def _kind(cells: Cells, fit: Admitted, level: str) -> list[Any]:
    network = fit.network
    if level == "side":
        return [SIDE_NAMES[int(side)] for side in cells.side]
    if level == "line":
        return [network.axes[at].line for at in cells.axis_at]
    if level == "rail_class":
        return [network.axes[at].rail_class for at in cells.axis_at]
    whole = []
    for at, step in zip(cells.axis_at.tolist(), cells.step.tolist(), strict=True):
        middle = network.breaks[at][step : step + 2].mean()
        whole.append(int(np.floor(network.axes[at].chainage.km_of(np.array([middle]))[0])))
    return whole


def _once(
    shapes: Geometries,
    group: Ints,
    own: GroundFigures,
    green: Geometries,
    excluded: Geometries,
    measure: Areas,
    pairs: tuple[Ints, Ints, Floats],
) -> tuple[Floats, ...]:
    """Return the areas of the pieces with the ground that several of a group share given to the first of them."""
    areas = tuple(values.copy() for values in (own.belt_m2, own.green_m2, own.plantable_m2, own.plantable_green_m2))
    first, second = pairs[:2]
    together = group[first] == group[second]
    if not together.any():
        return areas
    later, before = unite(shapes[first[together]], second[together])
    left = polygonal(overlay(shapely.difference, shapes[later], before))
    trimmed = figures_of(left, green, excluded, measure)
    parts = (trimmed.belt_m2, trimmed.green_m2, trimmed.plantable_m2, trimmed.plantable_green_m2)
    for values, part in zip(areas, parts, strict=True):
        values[later] = part
    return areas


def _table(
    groups: _Groups, pieces: _Pieces, own: GroundFigures, once: tuple[Floats, ...], share: float
) -> pd.DataFrame:
    n = len(groups.index)
    belt, green, plantable, plantable_green = (totals(groups.of, values, n) for values in once)
    usable = own.is_plantable()
    length = totals(groups.of, pieces.length_m * usable, n)
    planted = totals(groups.of, pieces.length_m * (usable & own.is_planted(share)), n)
    columns = {
        "belt_m2": belt,
        "green_m2": green,
        "green_share": _share(green, belt),
        "plantable_m2": plantable,
        "green_of_plantable_share": _share(plantable_green, plantable),
        "plantable_m": length,
        "green_length_share": _share(planted, length),
    }
    return pd.DataFrame(columns, index=groups.index)


def _share(part: Floats, whole: Floats) -> Floats:
    share = np.full(len(whole), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return np.asarray(np.minimum(share, 1.0), dtype=np.float64)
