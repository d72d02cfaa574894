"""Coverage: how much of each zone lies under plots, ground counted once.

*Covered* is the area of the union of the plots inside a zone. *Summed* is the same plots added one by one, and
*overlap* the difference: what adding counts twice. A plot counts by its status (`fringe.measure.counting`). With
kinds of plots a kind's *covered* is its own union, and its *net* area the ground it is given where kinds lie over
each other, so that net areas add up to the union of all.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.measure.counting import Counting, counting
from fringe.measure.cuts import SLIVER_M2, Cuts, cut, overlay, unite
from fringe.measure.doors import admit, bounds_of, measured_zones, shapes_of
from fringe.measure.ellipsoid import Measure, area_measure
from fringe.measure.flat import Bools, Floats, Geometries, Ints, totals

if TYPE_CHECKING:
    from fringe.model.states import Day


def coverage(
    plots: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    by: str | None = None,
    per: str | None = None,
    on: Day | None = None,
    statuses: Iterable[str] | None = None,
    planar: bool = False,
    workers: int | None = None,
) -> pd.DataFrame:
    """Measure how much of each zone the plots cover, counting ground once.

    Parameters
    ----------
    plots
        Polygons; they may overlap one another. Where they have a column `status`, only planted, accepted and kept ones
        count.
    zones
        Polygons in the same metric CRS. The index identifies them. Each is measured on its own, also where zones
        overlap.
    by
        A column of `plots`, such as ``"green_class"``: a row for each zone and kind present in the plots. With
        ``"status"`` every status has its row, whether it counts or not.
    per
        A column of `zones`, such as ``"township"``: the zones of each value are dissolved and measured as one, so that
        nothing is counted twice where they overlap.
    on
        The day: status is then told from the dates alone (`planted_on`, …), and plots not there yet take no part.
    statuses
        The statuses that count, instead of planted, accepted and kept.
    planar
        Whether to take areas in the plane of the CRS instead of on its ellipsoid.
    workers
        Threads; `None` chooses. The figures do not depend on it.

    Returns
    -------
    table
        One row per zone, with the index of `zones` in its order (with `per` the values of that column; with `by` two
        levels, zone and kind). Areas in m²:

        ``zone_m2``
            Area of the zone.
        ``covered_m2``
            Area of the zone under at least one plot that counts. 0 where none touches it.
        ``covered_share``
            ``covered_m2 / zone_m2``, 0 to 1; missing for a zone without area.
        ``summed_m2``
            The plots' areas inside the zone, added: ``covered_m2 + overlap_m2``.
        ``overlap_m2``
            What adding counts more than once.
        ``n_plots``
            How many counting plots share more than 1 mm² with the zone.
        ``not_counted_m2``
            Only where plots have a status, and not by status: area under plots of other statuses and under none that
            counts. Added to ``covered_m2`` it gives the ground under all plots.
        ``net_m2``
            Only with `by`: area given to this kind alone. Where kinds overlap, ground goes to the first of kept,
            accepted, planted, under_way, planned, lost; for other columns to the first category, or the first kind to
            appear in the plots. Adds up over kinds to the union of all of them.

        With `by` a row holds, but for ``net_m2``, what the plots of its kind would give alone. Plots without a kind
        are in the row ``(missing)``, with a warning.

    Raises
    ------
    LayerError
        If there are no zones; for duplicate or missing ids, geometry that cannot be mended, an unknown status, or a
        column that is not there.
    CRSError
        If a CRS is missing, the layers differ in it, or it distorts areas by more than 1 %.

    See Also
    --------
    uncovered : The bare ground itself.
    overlaps : Which plots overlap.

    Examples
    --------
    Two zones of one hectare. One plot lies across their border, another half over it.

    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from fringe.measure.coverage import coverage
    >>> zones = gpd.GeoDataFrame(
    ...     index=["west", "east"],
    ...     geometry=[box(500_000, 0, 500_100, 100), box(500_100, 0, 500_200, 100)],
    ...     crs="EPSG:32650",
    ... )
    >>> plots = gpd.GeoDataFrame(
    ...     {"status": ["planted", "kept", "planned"]},
    ...     geometry=[box(500_050, 0, 500_150, 40), box(500_100, 0, 500_150, 80), box(500_000, 50, 500_100, 100)],
    ...     crs=zones.crs,
    ... )
    >>> table = coverage(plots, zones, planar=True)
    >>> table[["zone_m2", "covered_m2", "covered_share", "n_plots"]]
          zone_m2  covered_m2  covered_share  n_plots
    west  10000.0      2000.0            0.2        1
    east  10000.0      4000.0            0.4        2
    >>> table[["summed_m2", "overlap_m2", "not_counted_m2"]]
          summed_m2  overlap_m2  not_counted_m2
    west     2000.0         0.0          5000.0
    east     6000.0      2000.0             0.0

    By status, every status shows; net areas give shared ground to the kept plot.

    >>> coverage(plots, zones, by="status", planar=True).loc["east", ["covered_m2", "net_m2"]]
             covered_m2  net_m2
    status
    kept         4000.0  4000.0
    planted      2000.0     0.0
    planned         0.0     0.0

    On the ellipsoid the same hectare is a little larger: at the central meridian this CRS shrinks lengths by 4/10,000.

    >>> round(float(coverage(plots, zones).loc["west", "zone_m2"]))
    10008
    """
    layers, crs = admit({"plots": plots, "zones": zones}, need=("zones",))
    rule = counting(layers["plots"], by=by, on=on, statuses=statuses)
    index, shapes = measured_zones(layers["zones"], per)
    measure = area_measure(crs, bounds_of(shapes), planar=planar)
    cuts = cut(shapes, shapes_of(layers["plots"])[rule.rows], workers=workers)
    tally = tally_of(cuts, rule, len(shapes), measure, workers=workers)
    return _table(index, measure(shapes), tally, rule, by)


@dataclass(frozen=True)
class Tally:
    """Areas in m² and counts of zones (rows) by kinds of plots (columns)."""

    covered_m2: Floats
    overlap_m2: Floats
    net_m2: Floats
    not_counted_m2: Floats
    n_plots: Ints


@dataclass(frozen=True)
class _Ground:
    """The united cuts of one cluster and one kind of plots, ordered by cluster, then kind."""

    cluster: Ints
    kind: Ints
    zone_at: Ints
    shapes: Geometries
    area_m2: Floats
    summed_m2: Floats


def tally_of(cuts: Cuts, rule: Counting, n_zones: int, measure: Measure, *, workers: int | None = None) -> Tally:
    """Return what the cuts add up to, for each zone and kind.

    Parameters
    ----------
    cuts
        Of the plots that take part.
    rule
        Which of them count, and their kinds.
    n_zones
        How many zones were cut by.
    measure
        Of areas.
    workers
        See `fringe.measure.parallel.chunked`.
    """
    kind = rule.groups.of[cuts.plot_at]
    counted = rule.counted[cuts.plot_at]
    area_m2 = measure(cuts.shapes)
    shape = (n_zones, len(rule.groups.names))

    def added(zone_at: Ints, kinds: Ints, values: Floats | None = None) -> Any:
        return np.bincount(zone_at * shape[1] + kinds, values, minlength=shape[0] * shape[1]).reshape(shape)

    own = _ground(cuts, kind, area_m2, counted, measure, workers)
    real = counted & (area_m2 > SLIVER_M2)
    rest_at, rest_kind, rest_m2 = _rest(cuts, kind, area_m2, counted, own, measure, workers)
    net_m2 = _net(own, measure) if shape[1] > 1 else own.area_m2
    return Tally(
        covered_m2=added(own.zone_at, own.kind, own.area_m2),
        overlap_m2=added(own.zone_at, own.kind, own.summed_m2 - own.area_m2),
        net_m2=added(own.zone_at, own.kind, net_m2),
        not_counted_m2=added(rest_at, rest_kind, rest_m2),
        n_plots=added(cuts.zone_at[real], kind[real]),
    )


def _ground(cuts: Cuts, kind: Ints, area_m2: Floats, chosen: Bools, measure: Measure, workers: int | None) -> _Ground:
    """Unite the chosen cuts by cluster and kind."""
    n_kinds = int(kind.max(initial=0)) + 1
    key = cuts.cluster[chosen] * n_kinds + kind[chosen]
    keys, shapes = unite(cuts.shapes[chosen], key, workers=workers)
    _, first, at, counts = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    summed = totals(at, area_m2[chosen], len(keys))
    united = summed.copy()
    several = counts > 1
    # Rounding must not make a union larger than its parts together.
    united[several] = np.minimum(measure(shapes[several]), summed[several])
    return _Ground(keys // n_kinds, keys % n_kinds, cuts.zone_at[chosen][first], shapes, united, summed)


def _rest(
    cuts: Cuts,
    kind: Ints,
    area_m2: Floats,
    counted: Bools,
    own: _Ground,
    measure: Measure,
    workers: int | None,
) -> tuple[Ints, Ints, Floats]:
    """Return zone, kind and area of ground that only plots that do not count lie on: all ground less the counted."""
    n_kinds = int(kind.max(initial=0)) + 1
    key = cuts.cluster * n_kinds + kind
    touched = np.isin(key, key[~counted])
    every = _ground(cuts, kind, area_m2, touched, measure, workers)
    own_key = own.cluster * n_kinds + own.kind
    every_key = every.cluster * n_kinds + every.kind
    counted_m2 = np.zeros(len(every_key))
    _, here, there = np.intersect1d(every_key, own_key, assume_unique=True, return_indices=True)
    counted_m2[here] = own.area_m2[there]
    return every.zone_at, every.kind, np.maximum(every.area_m2 - counted_m2, 0.0)


def _net(ground: _Ground, measure: Measure) -> Floats:
    """Return the area each kind adds to the kinds before it, within each cluster."""
    net = ground.area_m2.copy()
    if not len(net):
        return net
    head = np.r_[True, ground.cluster[1:] != ground.cluster[:-1]]
    starts = np.flatnonzero(head)
    nth = np.arange(len(net)) - np.repeat(starts, np.diff(np.r_[starts, len(net)]))
    so_far, so_far_m2 = ground.shapes.copy(), ground.area_m2.copy()
    for place in range(1, int(nth.max()) + 1):
        at = np.flatnonzero(nth == place)
        so_far[at] = overlay(shapely.union, so_far[at - 1], ground.shapes[at])
        so_far_m2[at] = np.maximum(measure(so_far[at]), so_far_m2[at - 1])
        net[at] = so_far_m2[at] - so_far_m2[at - 1]
    return net


def _table(index: pd.Index[Any], zone_m2: Floats, tally: Tally, rule: Counting, by: str | None) -> pd.DataFrame:
    kinds: tuple[Hashable, ...] = rule.groups.names
    area = np.repeat(zone_m2, len(kinds))
    # Rounding must not cover more than there is.
    covered = np.minimum(tally.covered_m2.ravel(), area)
    overlap = tally.overlap_m2.ravel()
    share = np.full(len(area), np.nan)
    np.divide(covered, area, out=share, where=area > 0)
    columns: dict[str, Any] = {
        "zone_m2": area,
        "covered_m2": covered,
        "covered_share": share,
        "summed_m2": covered + overlap,
        "overlap_m2": overlap,
        "n_plots": tally.n_plots.ravel().astype(np.int64),
    }
    if rule.has_rest:
        columns["not_counted_m2"] = tally.not_counted_m2.ravel()
    if by is None:
        return pd.DataFrame(columns, index=index)
    columns["net_m2"] = tally.net_m2.ravel()
    rows = pd.MultiIndex.from_product([index, pd.Index(kinds, dtype=object)], names=[index.name, by])
    return pd.DataFrame(columns, index=rows)
