"""Chainage on a map: places along railways that a reader looks up as K12+300.

An *axis* is the line through the posts of one railway, by rising chainage; between two posts chainage runs evenly.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.errors import MapError
from fringe.maps.encode import mercator, to_degrees
from fringe.maps.pack import Block
from fringe.model.problem import Problem
from fringe.model.units import M_PER_KM

_COLUMNS = ("line", "km")


def posts_of(given: object) -> gpd.GeoDataFrame:
    """Return posts in degrees, by railway and rising chainage.

    Raises
    ------
    MapError
        If they are no points with `line` and `km`, or have no coordinate system.
    """
    if not isinstance(given, gpd.GeoDataFrame) or given.active_geometry_name is None:
        raise MapError(Problem("map_not_geographic", "posts", params={"value": type(given).__name__}))
    if given.crs is None:
        raise MapError(Problem("map_no_crs", "posts"))
    missing = [name for name in _COLUMNS if name not in given]
    points = shapely.get_type_id(given.geometry.to_numpy()) == 0
    if missing or not points.all():
        wrong = tuple(given.index[~points][:5])
        raise MapError(Problem("map_posts", "posts", wrong, params={"missing": ", ".join(missing) or "–"}))
    part = given["part"] if "part" in given else pd.Series(0, index=given.index)
    table = pd.DataFrame({"line": given["line"].astype(str), "part": part, "km": given["km"].astype(float)})
    table = table.set_axis(range(len(table)))
    order = table[table["km"].notna()].sort_values(["line", "part", "km"], kind="stable").index
    return gpd.GeoDataFrame(table.loc[order], geometry=to_degrees(given).to_numpy()[order], crs="EPSG:4326")


def encode_axes(posts: gpd.GeoDataFrame) -> Block:
    """Return the axes: chainage in whole metres and places in Mercator units, as steps from post to post.

    Examples
    --------
    >>> from shapely import Point
    >>> posts = gpd.GeoDataFrame({"line": ["East"] * 2, "part": 0, "km": [12.0, 12.1]},
    ...     geometry=[Point(0, 0), Point(0.001, 0)], crs="EPSG:4326")
    >>> encode_axes(posts).facts["lines"]
    [{'line': 'East', 'n': 2}]
    """
    lines, metres, places = [], [], []
    for (line, _), group in posts.groupby(["line", "part"], sort=True):
        lines.append({"line": str(line), "n": len(group)})
        metres.append(np.diff(np.rint(group["km"].to_numpy() * M_PER_KM), prepend=0))
        xy = np.rint(mercator(shapely.get_coordinates(group.geometry.to_numpy())))
        places.append(np.diff(xy, axis=0, prepend=np.zeros((1, 2))))
    block = Block({"lines": lines})
    block.ints("m", np.concatenate([*metres, []]))
    for axis, name in enumerate("xy"):
        block.ints(name, np.concatenate([*(place[:, axis] for place in places), []]))
    return block
