"""The ground of belts, cell by cell: how much there is, how much can be planted, and how much is green."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from fringe.measure.cuts import SLIVER_M2, Cuts, cut, links
from fringe.measure.ellipsoid import Areas
from fringe.measure.flat import Bools, Floats, Geometries, Ints, totals
from fringe.measure.plantable import without_ground
from fringe.model.rules import rule_value

# A share that rounding keeps just under its threshold has reached it.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class GroundFigures:
    """Figures of some areas, each on its own.

    Parameters
    ----------
    belt_m2
        Of the areas.
    green_m2
        Of them under plots that count.
    plantable_m2
        Of them without excluded ground.
    plantable_green_m2
        Of that under plots that count.
    plantable
        The plantable ground itself.
    """

    belt_m2: Floats
    green_m2: Floats
    plantable_m2: Floats
    plantable_green_m2: Floats
    plantable: Geometries

    def is_plantable(self) -> Bools:
        """Return which areas have ground to plant: more than the slivers of layers that do not fit."""
        return (self.plantable_m2 > 0) & (self.plantable_m2 >= rule_value("LIB-PLANTABLE-MIN") * self.belt_m2)

    def is_planted(self, min_share: float) -> Bools:
        """Return which areas are planted on this share of their plantable ground, or more."""
        return self.plantable_green_m2 >= (min_share - _ROUNDING) * self.plantable_m2


def figures_of(
    areas: Geometries, plots: Geometries, excluded: Geometries, measure: Areas, *, workers: int | None = None
) -> GroundFigures:
    """Return the figures of areas under plots that count and beside excluded ground."""
    belt = measure(areas)
    green = np.minimum(_covered(cut(areas, plots, measure=measure, workers=workers), len(areas)), belt)
    plantable = without_ground(areas, excluded, workers=workers)
    changed = np.flatnonzero([new is not old for new, old in zip(plantable, areas, strict=True)])
    plantable_m2, plantable_green = belt.copy(), green.copy()
    if len(changed):
        left = np.minimum(measure(plantable[changed]), belt[changed])
        # Borders that should be one leave crumbs that are no ground.
        plantable_m2[changed] = np.where(left > SLIVER_M2, left, 0.0)
        on_it = _covered(cut(plantable[changed], plots, measure=measure, workers=workers), len(changed))
        plantable_green[changed] = np.minimum(np.minimum(on_it, green[changed]), plantable_m2[changed])
    return GroundFigures(belt, green, plantable_m2, plantable_green, plantable)


def _covered(cuts: Cuts, n: int) -> Floats:
    """Return the area of each of n areas under any plot, ground counted once."""
    if not len(cuts):
        return np.zeros(n)
    alone = np.bincount(cuts.cluster)[cuts.cluster] == 1
    total = totals(cuts.zone_at[alone], cuts.area_m2[alone], n)
    crowded = np.flatnonzero(~alone)
    if len(crowded):
        _, first, of_set = np.unique(cuts.cluster[crowded], return_index=True, return_inverse=True)
        united = cuts.united_m2(crowded, of_set)
        total += totals(cuts.zone_at[crowded[first]], united, n)
    return total


def overlapping(areas: Geometries) -> tuple[Ints, Ints, Floats]:
    """Return the pairs of areas, first position below second, that share ground, and how much of the plane."""
    first, second = links(areas, np.arange(len(areas)), shapely.STRtree(areas))
    shared = shapely.area(shapely.intersection(areas[first], areas[second]))
    real = shared > _LEAST_SHARED * np.minimum(shapely.area(areas[first]), shapely.area(areas[second]))
    return first[real], second[real], shared[real]


# Neighbouring cells meet along a line that rounding may make an overlap of this share of them.
_LEAST_SHARED = 1e-9
