"""Bare ground: what the plots that count leave uncovered, as geometry to look at and to plant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from fringe.measure.counting import counting
from fringe.measure.cuts import SLIVER_M2, cut
from fringe.measure.doors import admit, bounds_of, shapes_of
from fringe.measure.ellipsoid import area_measure
from fringe.measure.remainders import remainders
from fringe.model.states import as_day

if TYPE_CHECKING:
    from fringe.model.states import Day


def uncovered(
    plots: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    min_m2: float = 0.0,
    on: Day | None = None,
    statuses: Iterable[str] | None = None,
    planar: bool = False,
    workers: int | None = None,
) -> gpd.GeoDataFrame:
    """Return the ground of each zone that no counting plot covers.

    Parameters
    ----------
    plots, zones, on, statuses, planar, workers
        As for `coverage`.
    min_m2
        Leave out pieces smaller than this. Pieces below 1 mm², which rounding leaves between borders that should be
        one, are always left out.

    Returns
    -------
    pieces
        A row for each connected piece, the zones in their order, the largest piece of a zone first: `zone` (its id),
        `area_m2`, and the geometry, a polygon. Without `min_m2` the areas of a zone add up to ``zone_m2 - covered_m2``.

    Raises
    ------
    LayerError, CRSError
        As `coverage`.

    Examples
    --------
    A strip through a hectare leaves two pieces.

    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from fringe.measure.bare import uncovered
    >>> zones = gpd.GeoDataFrame(index=["Z-1"], geometry=[box(500_000, 0, 500_100, 100)], crs="EPSG:32650")
    >>> plots = gpd.GeoDataFrame(geometry=[box(500_020, 0, 500_030, 100)], crs=zones.crs)
    >>> uncovered(plots, zones, planar=True)[["zone", "area_m2"]]
      zone  area_m2
    0  Z-1   7000.0
    1  Z-1   2000.0
    """
    layers, crs = admit({"plots": plots, "zones": zones}, need=("zones",))
    rule = counting(layers["plots"], on=None if on is None else as_day(on, "plots"), statuses=statuses)
    shapes = shapes_of(layers["zones"])
    counted = shapes_of(layers["plots"])[rule.rows[rule.counted[0]]]
    cuts = cut(shapes, counted, workers=workers)
    pieces, zone_at = remainders(shapes, counted, (cuts.zone_at, cuts.plot_at), workers=workers)
    area_m2 = area_measure(crs, bounds_of(shapes), planar=planar)(pieces)
    kept = (area_m2 > SLIVER_M2) & (area_m2 >= min_m2)
    pieces, zone_at, area_m2 = pieces[kept], zone_at[kept], area_m2[kept]
    order = np.lexsort((-area_m2, zone_at))
    ids = zones.index[zone_at[order]]
    return gpd.GeoDataFrame(
        {"zone": ids.to_numpy(), "area_m2": area_m2[order]}, geometry=pieces[order], crs=layers["zones"].crs
    )
