"""Posts: places along railways at every whole step of chainage, to be drawn and read."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.measure.chainage import chainage_label
from fringe.measure.corridor_axis import Axis
from fringe.measure.corridor_door import admit_corridors, not_positive
from fringe.measure.flat import Floats, Geometries
from fringe.model.units import M_PER_KM


def chainage(
    rail: gpd.GeoDataFrame, *, step_m: float = 1000.0, prefix: str = "K", planar: bool = False
) -> gpd.GeoDataFrame:
    """Return the posts of railways: a point at every whole step of chainage along each corridor's axis.

    Parameters
    ----------
    rail
        Tracks, see `corridor`.
    step_m
        Distance between posts, true metres.
    prefix
        Of the labels; plans of railways being built use ``"DK"``.
    planar
        Whether lengths are those of the plane where no start chainage is known.

    Returns
    -------
    posts
        A row for each post: `line`, `part`, `km`, `label` (``K12+300``), `direction_from` (``chainage`` or
        ``digitised``, see `corridor`) and the point on the axis.

    Raises
    ------
    LayerError, CRSError
        As `corridor`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from fringe.measure.posts import chainage
    >>> rail = gpd.GeoDataFrame(
    ...     {"line": ["East Line"], "km_start": [12.3]},
    ...     geometry=[LineString([(500_000, 3_840_000), (501_000, 3_840_000)])],
    ...     crs="EPSG:32650",
    ... )
    >>> posts = chainage(rail, step_m=500, planar=True)
    >>> posts["label"].tolist(), posts.geometry.x.tolist()
    (['K12+500', 'K13+000'], [500200.0, 500700.0])
    """
    wrong = not_positive("step_m", step_m)
    found = admit_corridors(rail, {}, step_m=max(step_m, 1.0) if not wrong else 1.0, planar=planar, wrong=wrong)
    rows, points = [], [np.array([], dtype=object)]
    for axis, part in zip(found.network.axes, found.network.parts, strict=True):
        km, places = _posts(axis, step_m)
        points.append(places)
        rows += [(axis.line, part, at, chainage_label(at, prefix=prefix), axis.direction) for at in km.tolist()]
    index = pd.RangeIndex(len(rows), name="post")
    table = pd.DataFrame(rows, columns=["line", "part", "km", "label", "direction_from"], index=index)
    return gpd.GeoDataFrame(table, geometry=np.concatenate(points), crs=rail.crs)


def _posts(axis: Axis, step_m: float) -> tuple[Floats, Geometries]:
    known = axis.chainage
    first, last = (float(end) for end in known.km_of(np.array([0.0, axis.length_m])) * M_PER_KM / step_m)
    # A start told to the metre is a whole step also where rounding makes it a little more.
    km = np.arange(np.ceil(first - _ROUNDING), np.floor(last + _ROUNDING) + 1) * step_m / M_PER_KM
    position = np.clip(known.position_of(km), 0.0, axis.length_m)
    run = axis.run
    segment = np.clip(np.searchsorted(run.position_m, position, side="right") - 1, 0, len(run.xy) - 2)
    start, end = run.position_m[segment], run.position_m[segment + 1]
    fraction = ((position - start) / (end - start))[:, np.newaxis]
    xy = run.xy[segment] + fraction * (run.xy[segment + 1] - run.xy[segment])
    return km, np.asarray(shapely.points(xy), dtype=object).reshape(-1)


_ROUNDING = 1e-6
