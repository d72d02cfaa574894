"""Which plots of a layer lie over each other: ground that was drawn, and perhaps claimed, twice."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from fringe.measure.cuts import SLIVER_M2, links, overlay, polygonal
from fringe.measure.doors import admit, bounds_of, shapes_of
from fringe.measure.ellipsoid import area_measure
from fringe.model.parallel import chunked

_PAIRS_AT_ONCE = 1024


def overlaps(plots: gpd.GeoDataFrame, *, planar: bool = False, workers: int | None = None) -> gpd.GeoDataFrame:
    """Return the pairs of plots that share ground.

    Parameters
    ----------
    plots
        Polygons in a metric CRS. The index identifies them.
    planar, workers
        As for `coverage`.

    Returns
    -------
    pairs
        A row for each pair whose interiors share more than 1 mm², the largest overlap first: `plot` and `other_plot`
        (their ids, the one that comes first in the layer first), `overlap_m2`, and the shared ground. Plots that only
        touch are no pair. Where three plots lie over each other their ground is in three pairs.

    Raises
    ------
    LayerError, CRSError
        As `coverage`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from fringe.measure.overlaps import overlaps
    >>> plots = gpd.GeoDataFrame(
    ...     index=["P-1", "P-2", "P-3"],
    ...     geometry=[box(500_000, 0, 500_020, 10), box(500_015, 0, 500_030, 10), box(500_030, 0, 500_040, 10)],
    ...     crs="EPSG:32650",
    ... )
    >>> overlaps(plots, planar=True)[["plot", "other_plot", "overlap_m2"]]
      plot other_plot  overlap_m2
    0  P-1        P-2        50.0
    """
    layers, crs = admit({"plots": plots})
    shapes = shapes_of(layers["plots"])
    first, second = links(shapes, np.arange(len(shapes)), shapely.STRtree(shapes), workers=workers)

    def shared(span: slice) -> list[shapely.Geometry]:
        return list(polygonal(overlay(shapely.intersection, shapes[first[span]], shapes[second[span]])))

    common = np.concatenate(
        [
            np.array([*part, None], dtype=object)[:-1]
            for part in chunked(shared, len(first), size=_PAIRS_AT_ONCE, workers=workers)
        ]
    )
    overlap_m2 = area_measure(crs, bounds_of(shapes), planar=planar)(common)
    real = np.flatnonzero(overlap_m2 > SLIVER_M2)
    order = real[np.lexsort((second[real], first[real], -overlap_m2[real]))]
    ids = plots.index.to_numpy()
    return gpd.GeoDataFrame(
        {"plot": ids[first[order]], "other_plot": ids[second[order]], "overlap_m2": overlap_m2[order]},
        geometry=common[order],
        crs=plots.crs if len(plots) else None,
    )
