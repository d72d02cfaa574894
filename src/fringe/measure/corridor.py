"""Corridors: the belts of ground on both sides of a railway.

A *belt* begins at the outermost track of a corridor (plus an offset) and is as wide as asked, in true metres; its
ends are flat. *Left* and *right* look along rising chainage. What makes a corridor is defined in
`fringe.measure.corridor_axis`.
"""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd

from fringe.measure.chainage import stretch_label
from fringe.measure.corridor_cells import cells_of
from fringe.measure.corridor_door import SIDE_NAMES, admit_corridors, not_positive, sides_of, too_narrow
from fringe.measure.corridor_ground import overlapping
from fringe.measure.corridor_shared import shared_problems
from fringe.measure.cuts import unite
from fringe.model.problem import refuse

# Belts are put together from pieces of this length.
_PIECE_M = 500.0


def corridor(
    rail: gpd.GeoDataFrame,
    *,
    width_m: float,
    offset_m: float = 0.0,
    sides: str = "both",
    without: Iterable[str] = (),
    planar: bool = False,
) -> gpd.GeoDataFrame:
    """Return the belts of ground beside railways.

    The tracks of one line within 30 m of each other make one corridor; belts begin at the outermost of them.

    Each belt is whole, whatever lies beside it: belts of two lines close together, of the parts of a line that forks,
    and of both sides where a line crosses itself or bends tighter than the belt is wide, lie over each other there, and
    their areas add up to more than there is. A warning names the lines whose belts share more than 1 % of a belt (rule
    ``LIB-BELT-SHARED``). The union of the belts has their ground once; `corridor_coverage` counts it so in each zone.

    Parameters
    ----------
    rail
        Tracks, in a conformal metric CRS. `line` (else `name`) tells which tracks belong together, `km_start` the
        chainage at the start of a piece. Pieces may come in any order and direction. Disused tracks are left out,
        with a warning; tracks being built are not.
    width_m
        Width of a belt, true metres; at least 0.1 m (rule ``LIB-BELT-MIN``).
    offset_m
        Distance between the outermost track and the belt, true metres.
    sides
        ``"both"``, ``"left"`` or ``"right"``, looking along rising chainage. Where no `km_start` tells, along the
        digitised direction of the longest track; `direction_from` and a warning say so.
    without
        Structures to leave out, such as ``("tunnel", "bridge")``: words of the column `structure`.
    planar
        Whether widths are those of the plane instead of true.

    Returns
    -------
    belts
        A row for each corridor and side: `line`, `side` (``left`` or ``right``), `part` (the number of the corridor
        among those of its line), `rail_class`, `km_from`, `km_to`, `label`, `direction_from` (``chainage`` or
        ``digitised``) and the geometry.

    Raises
    ------
    LayerError
        If there are no tracks, or all are disused; for a width of less than 0.1 m, unknown sides or structures, a
        chainage that cannot be read, duplicate or missing ids, geometry that is no line.
    CRSError
        If the CRS is missing, in degrees or not conformal, or distorts areas by more than 1 %.

    See Also
    --------
    corridor_coverage : How green the belts are.
    corridor_gaps : Where they are bare.
    protection_zone : The ground the law protects.

    Examples
    --------
    Two tracks 5 m apart, drawn in opposite directions, run east: left is north.

    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from fringe.measure.corridor import corridor
    >>> rail = gpd.GeoDataFrame(
    ...     {"line": "East Line", "rail_class": "high_speed", "km_start": [12.3, None]},
    ...     geometry=[
    ...         LineString([(500_000, 3_840_000), (501_000, 3_840_000)]),
    ...         LineString([(501_000, 3_839_995), (500_000, 3_839_995)]),
    ...     ],
    ...     crs="EPSG:32650",
    ... )
    >>> belts = corridor(rail, width_m=50, planar=True)
    >>> belts[["line", "side", "label"]]
                 line   side             label
    belt
    0       East Line   left  K12+300–K13+300
    1       East Line  right  K12+300–K13+300
    >>> belts.bounds[["miny", "maxy"]] - 3_840_000
          miny  maxy
    belt
    0      0.0  50.0
    1    -55.0  -5.0
    """
    wanted, wrong = sides_of(sides)
    wrong += too_narrow(width_m) + not_positive("offset_m", offset_m, zero=True)
    found = admit_corridors(rail, {}, step_m=_PIECE_M, without=without, planar=planar, wrong=wrong)
    network = found.network
    cells = cells_of(network, offset_m, offset_m + width_m, wanted)
    # Left before right, corridors in their order.
    belt = cells.axis_at * 2 + (cells.side < 0)
    lines = [network.axes[at].line for at in cells.axis_at.tolist()]
    refuse(shared_problems(cells.shapes, belt, lines, overlapping(cells.shapes)))
    keys, shapes = unite(cells.shapes, belt)
    rows = []
    for key in keys.tolist():
        axis = network.axes[key // 2]
        km = axis.chainage.km_of(np.array([0.0, axis.length_m]))
        rows.append(
            {
                "line": axis.line,
                "side": SIDE_NAMES[-1 if key % 2 else 1],
                "part": network.parts[key // 2],
                "rail_class": axis.rail_class,
                "km_from": float(km[0]),
                "km_to": float(km[1]),
                "label": stretch_label(float(km[0]), float(km[1])),
                "direction_from": axis.direction,
            }
        )
    index = pd.RangeIndex(len(rows), name="belt")
    columns = ["line", "side", "part", "rail_class", "km_from", "km_to", "label", "direction_from"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, index=index, columns=columns), geometry=shapes, crs=rail.crs)
