"""Gaps: the stretches beside railways that are bare though they could be planted.

A step of a belt is *bare* where plots that count cover less than 0.8 of its plantable ground (rule ``LIB-GAP-SHARE``).
Bare steps that follow each other on one side of one corridor make a *gap*. A step without plantable ground is none, and
ends one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.measure.chainage import stretch_label
from fringe.measure.corridor_cells import Cells, cells_of
from fringe.measure.corridor_cover import least_share
from fringe.measure.corridor_door import SIDE_NAMES, admit_corridors, not_positive, sides_of, too_narrow
from fringe.measure.corridor_ground import figures_of
from fringe.measure.corridor_steps import Network
from fringe.measure.counting import counting
from fringe.measure.cuts import cut
from fringe.measure.doors import bounds_of, shapes_of
from fringe.measure.ellipsoid import area_measure
from fringe.measure.flat import Bools, Geometries, Ints, totals
from fringe.measure.plantable import Exclude, excluded_ground, named_exclusions, without_ground
from fringe.model.layers import LINE, POLYGON
from fringe.model.problem import refuse
from fringe.model.states import as_day

if TYPE_CHECKING:
    from fringe.model.states import Day

_COLUMNS = ["line", "side", "km_from", "km_to", "length_m", "label", "zone"]
_NOWHERE = -1
# Shapes of gaps are drawn to the millimetre.
_GRID_M = 1e-3


def corridor_gaps(  # noqa: PLR0913 - all but the layers are keywords
    rail: gpd.GeoDataFrame,
    plots: gpd.GeoDataFrame,
    *,
    width_m: float,
    zones: gpd.GeoDataFrame | None = None,
    exclude: Exclude = None,
    step_m: float = 100.0,
    min_share: float | None = None,
    offset_m: float = 0.0,
    sides: str = "both",
    without: Iterable[str] = (),
    on: Day | None = None,
    statuses: Iterable[str] | None = None,
    planar: bool = False,
    workers: int | None = None,
) -> gpd.GeoDataFrame:
    """Return every bare stretch beside railways, the longest first.

    Parameters
    ----------
    rail, width_m, offset_m, sides, without
        The belts, see `corridor`.
    plots, exclude, on, statuses, planar, workers
        As for `corridor_coverage`.
    zones
        Polygons. A step belongs to the zone that holds most of its belt, so that every gap has one zone to answer for
        it; steps outside all zones are left out. `None`: whole lines.
    step_m
        Length of the steps, true metres; they begin at whole multiples of it in chainage.
    min_share
        From which share of its plantable ground on a step is planted; `None`: rule ``LIB-GAP-SHARE``, 0.8.

    Returns
    -------
    gaps
        A row for each gap: `line`, `side`, `km_from`, `km_to`, `length_m` (true length along the axis, without
        structures that are left out), `label` (``K12+300–K12+800``), `zone` (missing without zones), and the geometry:
        the plantable ground of the stretch that no counting plot covers.

    Raises
    ------
    LayerError, CRSError
        As `corridor_coverage`.

    Examples
    --------
    A kilometre of railway is greened on its left from 300 m to 800 m.

    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> from fringe.measure.corridor_gaps import corridor_gaps
    >>> rail = gpd.GeoDataFrame(
    ...     {"line": ["East Line"], "rail_class": ["high_speed"], "km_start": [12.0]},
    ...     geometry=[LineString([(500_000, 3_840_000), (501_000, 3_840_000)])],
    ...     crs="EPSG:32650",
    ... )
    >>> plots = gpd.GeoDataFrame(geometry=[box(500_300, 3_840_000, 500_800, 3_840_050)], crs=rail.crs)
    >>> gaps = corridor_gaps(rail, plots, width_m=50, sides="left", planar=True)
    >>> gaps[["side", "label", "length_m"]]
         side            label  length_m
    gap
    0    left  K12+000–K12+300     300.0
    1    left  K12+800–K13+000     200.0
    """
    wanted, wrong = sides_of(sides)
    wrong += too_narrow(width_m) + not_positive("offset_m", offset_m, zero=True)
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
    zone_at = np.full(len(cells), 0)
    if zones is not None:
        zone_at = _main_zone(cells.shapes, shapes_of(fit.layers["zones"]), workers)
        cells, zone_at = cells.take(np.flatnonzero(zone_at != _NOWHERE)), zone_at[zone_at != _NOWHERE]
    rule = counting(fit.layers["plots"], on=None if on is None else as_day(on, "plots"), statuses=statuses)
    green = shapes_of(fit.layers["plots"])[rule.rows[rule.counted[0]]]
    beside, said = excluded_ground({name: fit.layers[name] for name in outside}, cells.shapes, fit.ground)
    refuse(said)
    measure = area_measure(fit.crs, bounds_of(cells.shapes), planar=planar)
    figures = figures_of(cells.shapes, green, beside, measure, workers=workers)
    bare = figures.is_plantable() & ~figures.is_planted(share)
    ground = without_ground(figures.plantable[bare], green, workers=workers)
    table = _merged(cells, bare, zone_at, fit.network, ground)
    ids: Any = [None] * len(table) if zones is None else zones.index[table["zone"].to_numpy(dtype=np.int64)].to_numpy()
    table["zone"] = pd.Series(ids, index=table.index, dtype=object)
    order = table.assign(rank=-table["length_m"].round(3)).sort_values("rank", kind="stable").index
    table = table.loc[order].set_axis(pd.RangeIndex(len(table), name="gap"))
    return gpd.GeoDataFrame(table, geometry="geometry", crs=rail.crs)


def _main_zone(shapes: Geometries, zones: Geometries, workers: int | None) -> Ints:
    """Return the zone that holds most of each shape; `_NOWHERE` where none holds any."""
    cuts = cut(zones, shapes, workers=workers)
    best = np.full(len(shapes), _NOWHERE)
    order = np.lexsort((-cuts.zone_at, cuts.area_m2, cuts.plot_at))
    best[cuts.plot_at[order]] = cuts.zone_at[order]  # the largest comes last and stays
    return best


def _merged(cells: Cells, bare: Bools, zone_at: Ints, network: Network, ground: Geometries) -> pd.DataFrame:
    """Return the gaps: runs of bare steps of one side, corridor and zone that follow each other."""
    at = np.flatnonzero(bare)
    order = np.lexsort((cells.step[at], -cells.side[at], cells.axis_at[at]))
    at, ground = at[order], ground[order]
    axis, side, step, zone = cells.axis_at[at], cells.side[at], cells.step[at], zone_at[at]
    new = np.ones(len(at), dtype=bool)
    new[1:] = (np.diff(axis) != 0) | (np.diff(side) != 0) | (np.diff(step) != 1) | (np.diff(zone) != 0)
    gap = np.cumsum(new) - 1
    heads = np.flatnonzero(new)
    tails = np.concatenate([heads[1:], [len(at)]])[: len(heads)] - 1
    length = totals(gap, cells.length_m[at], len(heads))
    # On a grid, so that steps whose edges differ by rounding become one shape.
    shapes = [shapely.union_all(some, grid_size=_GRID_M) for some in np.split(ground, heads[1:])] if len(at) else []
    rows = []
    for head, tail, metres, shape in zip(heads.tolist(), tails.tolist(), length.tolist(), shapes, strict=True):
        known = network.axes[int(axis[head])]
        breaks = network.breaks[int(axis[head])]
        km = known.chainage.km_of(np.array([breaks[step[head]], breaks[step[tail] + 1]]))
        ends = (float(km[0]), float(km[1]))
        label = stretch_label(*ends)
        rows.append((known.line, SIDE_NAMES[int(side[head])], *ends, metres, label, int(zone[head]), shape))
    table = pd.DataFrame(rows, columns=[*_COLUMNS, "geometry"])
    return table.assign(geometry=gpd.GeoSeries(shapes, index=table.index, dtype="geometry"))
