"""Shared ground: where the belts of several rows of a table lie over each other, so that the rows do not add up."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import shapely

from fringe.measure.flat import Floats, Geometries, Ints, totals
from fringe.model.problem import Problem
from fringe.model.rules import rule_value


def shared_problems(
    shapes: Geometries, row: Ints, lines: Sequence[Hashable], pairs: tuple[Ints, Ints, Floats]
) -> list[Problem]:
    """Return the warning that belts share more ground than ``LIB-BELT-SHARED`` with belts of other rows.

    Parameters
    ----------
    shapes
        Pieces of belts.
    row
        The row of the table each belongs to.
    lines
        The line of each.
    pairs
        Which pieces share ground, and how much of the plane, as `fringe.measure.corridor_ground.overlapping` has it.
    """
    first, second, shared = pairs
    apart = row[first] != row[second]
    if not apart.any():
        return []
    n = int(row.max()) + 1
    lost = totals(np.r_[row[first[apart]], row[second[apart]]], np.tile(shared[apart], 2), n)
    most = rule_value("LIB-BELT-SHARED")
    much = lost > most * totals(row, shapely.area(shapes), n)
    # Of a row of several lines those are named whose belts share ground.
    met = np.union1d(first[apart], second[apart])
    names = sorted({str(lines[at]) for at in met.tolist() if much[row[at]]})
    if not names:
        return []
    return [Problem("belts_shared", "rail", severity="warning", params={"value": ", ".join(names), "most": most})]
