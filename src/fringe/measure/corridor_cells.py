"""Cells: the ground beside each step of a corridor.

A *cell* is the belt on one side of one step, from the outermost track outward. Cells of one side of one axis tile its
belt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from fringe.measure.corridor_steps import Network, Stretches
from fringe.measure.corridor_strips import LEFT, RIGHT, strips
from fringe.measure.cuts import overlay, polygonal, unite
from fringe.measure.flat import Floats, Geometries, Ints
from fringe.model.rules import rule_value

# Tracks that end this close to each other along the axis end together.
_TOGETHER_M = 1.0


@dataclass(frozen=True)
class Cells:
    """The belts of a network, cut into steps.

    Parameters
    ----------
    axis_at, step, side
        The corridor, the step, and 1 for left, -1 for right.
    shapes
        The ground.
    length_m
        True length along the axis, structures left out.
    """

    axis_at: Ints
    step: Ints
    side: Ints
    shapes: Geometries
    length_m: Floats

    def __len__(self) -> int:
        return len(self.step)

    def take(self, rows: Ints) -> Cells:
        """Return some cells."""
        return Cells(self.axis_at[rows], self.step[rows], self.side[rows], self.shapes[rows], self.length_m[rows])


def cells_of(
    network: Network,
    inner_m: float,
    outer_m: float,
    sides: tuple[int, ...] = (LEFT, RIGHT),
    *,
    left_out: bool = False,
) -> Cells:
    """Return the belts between two true distances from the outermost track, cut into steps.

    Parameters
    ----------
    network
        The corridors.
    inner_m, outer_m
        Distances; the inner may be 0.
    sides
        1 for left, -1 for right.
    left_out
        Whether to take what lies in the structures left out, instead of the rest.
    """
    known = network.stretches.take(np.flatnonzero(network.stretches.left_out == left_out))
    if not len(known.step):
        none = np.array([], dtype=np.int64)
        return Cells(none, none, none, np.array([], dtype=object), none.astype(np.float64))
    n_steps = int(known.step.max(initial=0)) + 1
    key = known.axis_at * n_steps + known.step
    made = [_side(known, key, inner_m, outer_m, side) for side in sides]
    keys = np.concatenate([some[0] for some in made])
    shapes = np.concatenate([some[1] for some in made])
    side = np.repeat(np.array(sides), [len(some[0]) for some in made])
    length = _lengths(known, key)
    real = shapely.area(shapes) > 0
    order = np.flatnonzero(real)
    order = order[np.lexsort((keys[order], -side[order], keys[order] // n_steps))]
    keys = keys[order]
    return Cells(
        keys // n_steps, keys % n_steps, side[order], shapes[order], np.array([length[int(at)] for at in keys])
    )


def _lengths(known: Stretches, key: Ints) -> dict[int, float]:
    """Return the length of each step: of its axis, else of its longest side track."""
    length: dict[int, float] = {}
    of_track: dict[tuple[int, int], float] = {}
    for at, track, metres in zip(key.tolist(), known.track.tolist(), (known.to_m - known.from_m).tolist(), strict=True):
        of_track[at, track] = of_track.get((at, track), 0.0) + metres
    for (at, track), metres in of_track.items():
        length[at] = metres if track == 0 else max(length.get(at, 0.0), metres)
    return length | {at: metres for (at, track), metres in of_track.items() if track == 0}


def _side(known: Stretches, key: Ints, inner_m: float, outer_m: float, side: int) -> tuple[Ints, Geometries]:
    """Return the cells of one side, by key."""
    outer, crowded = _outermost(known, key, side)
    shapes = strips(known.runs.take(outer), inner_m, outer_m, side)
    keys, united = unite(shapes, key[outer])
    if not len(crowded):
        return keys, united
    # Where no track is the outermost all the way: all strips, less what lies between tracks and nearer to one.
    every, all_shapes = unite(strips(known.runs.take(crowded), inner_m, outer_m, side), key[crowded])
    nearer = [strips(known.runs.take(crowded), 0.0, rule_value("LIB-CORRIDOR-GAP"), -side)]
    if inner_m > 0:
        nearer.append(strips(known.runs.take(crowded), 0.0, inner_m, side))
    between = unite(np.concatenate(nearer), np.tile(key[crowded], len(nearer)))[1]
    left = polygonal(overlay(shapely.difference, all_shapes, between))
    return np.concatenate([keys, every]), np.concatenate([united, left])


def _outermost(known: Stretches, key: Ints, side: int) -> tuple[Ints, Ints]:
    """Return the stretches that alone bound the belt of their step, and those of steps where none does."""
    order = np.lexsort((known.track, key))
    new = np.diff(key[order], prepend=-1) != 0
    heads = np.flatnonzero(new | (np.diff(known.track[order], prepend=-1) != 0))
    # A row for each step and track: what its stretches have together.
    step, track = key[order][heads], known.track[order][heads]
    near = known.low_m if side == LEFT else -known.high_m
    far = np.maximum.reduceat((known.high_m if side == LEFT else -known.low_m)[order], heads)
    near = np.minimum.reduceat(near[order], heads)
    start, end = np.minimum.reduceat(known.from_m[order], heads), np.maximum.reduceat(known.to_m[order], heads)
    length = np.add.reduceat((known.to_m - known.from_m)[order], heads)
    # Of each step the track that reaches farthest comes last, and before it the farthest of the others.
    by_reach = np.lexsort((far, step))
    last = np.flatnonzero(np.diff(step[by_reach], append=-1) != 0)
    first = np.concatenate([[0], last[:-1] + 1])
    outer, other = by_reach[last], by_reach[np.maximum(last - 1, first)]
    single = first == last
    beyond = near[outer] >= far[other]
    whole = start[outer] <= np.minimum.reduceat(start[by_reach], first) + _TOGETHER_M
    whole &= end[outer] >= np.maximum.reduceat(end[by_reach], first) - _TOGETHER_M
    whole &= length[outer] >= np.maximum.reduceat(length[by_reach], first) - _TOGETHER_M
    bounds = single | (beyond & whole)
    place = np.searchsorted(step[outer], key)
    alone = bounds[place] & (known.track == track[outer][place])
    return np.flatnonzero(alone), np.flatnonzero(~bounds[place])
