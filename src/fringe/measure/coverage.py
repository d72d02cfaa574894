"""Coverage: how much of each zone lies under plots, ground counted once.

*Covered* is the area of the union of the plots inside a zone. *Summed* is the same plots added one by one, and
*overlap* the difference: what adding counts twice. A plot counts by its status (`fringe.measure.counting`). With
kinds of plots a kind's *covered* is its own union, and its *net* area the ground it is given where kinds lie over
each other, so that net areas add up to the union of all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from fringe.measure.counting import Counting, counting
from fringe.measure.cuts import cut
from fringe.measure.doors import admit_with_rings, bounds_of, measured_zones, shapes_of
from fringe.measure.ellipsoid import area_measure
from fringe.measure.flat import Floats
from fringe.measure.tally import Tally, tally_of
from fringe.model.rings import some_rings

if TYPE_CHECKING:
    from fringe.model.states import Day


def coverage(
    plots: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    by: str | None = None,
    per: str | None = None,
    on: Day | Iterable[Day] | None = None,
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
        A list of days, such as the Mondays of a season, gives a row for each zone and day at little more than the cost
        of one.
    statuses
        The statuses that count, instead of planted, accepted and kept.
    planar
        Whether to take areas in the plane of the CRS instead of on its ellipsoid.
    workers
        Threads; `None` chooses. The figures do not depend on it.

    Returns
    -------
    table
        One row per zone, with the index of `zones` in its order (with `per` the values of that column). A list of days
        adds the level ``date``, `by` a level of kinds. Areas in m²:

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

        Each day of a list has the figures it has alone. With `by` a row holds, but for ``net_m2``, what the plots of
        its kind would give alone. Plots without a kind are in the row ``(missing)``, with a warning.

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

    A list of days gives the curve of a season.

    >>> plots["planted_on"] = ["2020-03-02", "2020-03-20", None]
    >>> plots = plots.drop(columns="status")
    >>> season = coverage(plots, zones, on=["2020-03-01", "2020-03-08", "2020-03-22"], planar=True)
    >>> season["covered_m2"].unstack("date").loc[zones.index].to_numpy().tolist()
    [[0.0, 2000.0, 2000.0], [0.0, 2000.0, 4000.0]]

    On the ellipsoid the same hectare is a little larger: at the central meridian this CRS shrinks lengths by 4/10,000.

    >>> round(float(coverage(plots, zones).loc["west", "zone_m2"]))
    10008
    """
    layers, crs, rings = admit_with_rings({"plots": plots, "zones": zones}, need=("zones",), workers=workers)
    rule = counting(layers["plots"], by=by, on=on, statuses=statuses)
    index, shapes = measured_zones(layers["zones"], per)
    measure = area_measure(crs, bounds_of(shapes), planar=planar)
    if per is not None:
        rings.pop("zones", None)
    if "plots" in rings:
        rings["plots"] = some_rings(rings["plots"], rule.rows)
    cuts = cut(
        shapes,
        shapes_of(layers["plots"])[rule.rows],
        measure=measure,
        workers=workers,
        rings=(rings.pop("zones", None), rings.pop("plots", None)),
    )
    tally = tally_of(cuts, rule, len(shapes))
    return _table(index, cuts.zone_m2, tally, rule, by)


def _table(index: pd.Index[Any], zone_m2: Floats, tally: Tally, rule: Counting, by: str | None) -> pd.DataFrame:
    area = np.repeat(zone_m2, tally.n_plots[0].size)
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
        "n_plots": tally.n_plots.ravel(),
    }
    if rule.has_rest:
        columns["not_counted_m2"] = tally.not_counted_m2.ravel()
    if by is not None:
        columns["net_m2"] = tally.net_m2.ravel()
    levels = [index]
    levels += [] if rule.days is None else [rule.days]
    levels += [] if by is None else [pd.Index(rule.names, dtype=object, name=by)]
    return pd.DataFrame(columns, index=pd.MultiIndex.from_product(levels) if len(levels) > 1 else index)
