"""Steps: corridors cut across at every whole step of chainage.

A side track belongs to the corridor where no gap between tracks on the way to the axis is wider than 30 m.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from fringe.measure.corridor_axis import Axis, Ground, Run, Tracks, axis_of, clusters, runs_along
from fringe.measure.corridor_strips import Runs, directions
from fringe.measure.flat import Bools, Floats, Ints, ranges
from fringe.model.problem import Problem
from fringe.model.rules import rule_value

# Positions closer than this are one; far below what a drawing tells.
_SAME_M = 1e-6
_LEFTOVER_M = 1.0
# Whether tracks run together is told for each stretch of this length.
_TOGETHER_STEP_M = 50.0
# Breaks closer than this are one: no notice tells chainage finer.
_APART_M = 0.1


@dataclass(frozen=True)
class Stretches:
    """Stretches of tracks, each within one step of one corridor.

    Parameters
    ----------
    runs
        Their vertices.
    axis_at, step
        The corridor and the number of the step in it.
    track
        The number of the track in the corridor, 0 for the axis itself.
    from_m, to_m
        Positions along the axis.
    low_m, high_m
        Least and greatest offset from the axis.
    left_out
        Whether they lie in a structure that is left out.
    """

    runs: Runs
    axis_at: Ints
    step: Ints
    track: Ints
    from_m: Floats
    to_m: Floats
    low_m: Floats
    high_m: Floats
    left_out: Bools

    def take(self, rows: Ints) -> Stretches:
        """Return some stretches."""
        return Stretches(
            self.runs.take(rows),
            self.axis_at[rows],
            self.step[rows],
            self.track[rows],
            self.from_m[rows],
            self.to_m[rows],
            self.low_m[rows],
            self.high_m[rows],
            self.left_out[rows],
        )


@dataclass(frozen=True)
class Network:
    """The corridors of a rail layer.

    Parameters
    ----------
    axes
        Of the corridors, the parts of a line one after the other, the longest first.
    parts
        The number of each among those of its line, from 1.
    runs
        Of the tracks of each, its axis first.
    breaks
        Positions of each corridor's steps.
    stretches
        Of all tracks.
    """

    axes: list[Axis]
    parts: list[int]
    runs: list[list[Run]]
    breaks: list[Floats]
    stretches: Stretches

    def recut(self, extra: Sequence[Floats], ground: Ground) -> Network:
        """Return the network with further breaks, so many positions for each corridor."""
        breaks = [_with_breaks(known, more) for known, more in zip(self.breaks, extra, strict=True)]
        return replace(self, breaks=breaks, stretches=_all_stretches(self.runs, breaks, ground))


def network_of(tracks: Tracks, ground: Ground, step_m: float) -> tuple[Network, list[Problem]]:
    """Return the corridors of tracks, cut into steps, and what was found on the way."""
    problems: list[Problem] = []
    found: list[tuple[Hashable, Axis, list[Run]]] = []
    lines = np.array([tracks.line.index(tracks.line[row]) for row in tracks.row], dtype=np.int64)
    for line in np.unique(lines):
        todo = [tracks.take(np.flatnonzero(lines == line))]
        while todo:
            some = todo.pop()
            middle = shapely.get_coordinates(shapely.centroid(some.shapes[:1]))
            within = rule_value("LIB-CORRIDOR-GAP") / float(ground(middle[:, 0], middle[:, 1])[0])
            for group in clusters(some.shapes, within):
                axis, others, said = axis_of(some.take(group), ground)
                problems += said
                runs, rest = _gathered(axis, others, ground)
                found.append((line, axis, [axis.run, *runs]))
                if rest:
                    todo.append(_as_tracks(rest, some.take(group)))
    found.sort(key=lambda item: (item[0], -item[1].length_m))
    parts = [sum(other[0] == item[0] for other in found[:at]) + 1 for at, item in enumerate(found)]
    breaks = [axis.chainage.breaks(axis.length_m, step_m) for _, axis, _ in found]
    all_runs = [item[2] for item in found]
    return Network(
        [item[1] for item in found], parts, all_runs, breaks, _all_stretches(all_runs, breaks, ground)
    ), problems


def _with_breaks(known: Floats, more: Floats) -> Floats:
    """Return positions with more among them, none closer to another than `_APART_M`."""
    more = more[(more > known[0]) & (more < known[-1])]
    kept = known[[0, -1]]
    for some in (np.sort(more), known):
        place = np.clip(np.searchsorted(kept, some), 1, len(kept) - 1)
        apart = np.minimum(some - kept[place - 1], kept[place] - some) > _APART_M
        fresh = some[apart]
        kept = np.sort(np.concatenate([kept, fresh[np.diff(fresh, prepend=-np.inf) > _APART_M]]))
    return kept


def _all_stretches(runs: list[list[Run]], breaks: list[Floats], ground: Ground) -> Stretches:
    return _concatenated([_stretches(at, some, breaks[at], ground) for at, some in enumerate(runs)])


def _gathered(
    axis: Axis, others: list[tuple[Floats, Bools]], ground: Ground
) -> tuple[list[Run], list[tuple[Floats, Bools]]]:
    """Return the runs that belong to a corridor, and the rest of the tracks."""
    runs, rest = [], []
    for xy, left_out in others:
        along, away = runs_along(axis, xy, left_out, ground)
        runs += along
        rest += away
    most = rule_value("LIB-CORRIDOR-GAP")
    if all(np.abs(run.offset_m).max() <= most for run in runs):
        return runs, _worth_keeping(rest)
    # The same pieces whatever the steps: which tracks run together must not depend on how belts are cut.
    breaks = np.linspace(0.0, axis.length_m, int(np.ceil(axis.length_m / _TOGETHER_STEP_M)) + 1)
    pieces = [piece for run in runs for piece in _cut(run, breaks)]
    steps = np.array([np.searchsorted(breaks, (piece.position_m[0] + piece.position_m[-1]) / 2) for piece in pieces])
    low = np.array([piece.offset_m.min() for piece in pieces])
    high = np.array([piece.offset_m.max() for piece in pieces])
    own = np.zeros(len(pieces), dtype=bool)
    order = np.argsort(steps, kind="stable")
    for some in np.split(order, np.flatnonzero(np.diff(steps[order])) + 1):
        own[some] = _linked(low[some], high[some], most)
    rest += [(piece.xy, piece.left_out) for piece, kept in zip(pieces, own, strict=True) if not kept]
    return _merged([piece for piece, kept in zip(pieces, own, strict=True) if kept]), _worth_keeping(rest)


def _linked(low: Floats, high: Floats, most: float) -> Bools:
    """Return which tracks of a step are reached from the axis without a gap too wide."""
    kept = np.zeros(len(low), dtype=bool)
    for near, far in ((low, high), (-high, -low)):
        reach = 0.0
        for at in np.argsort(near, kind="stable"):
            if far[at] < 0 or near[at] - reach > most:
                continue
            kept[at] = True
            reach = max(reach, float(far[at]))
    return kept


def _merged(pieces: list[Run]) -> list[Run]:
    """Return pieces of runs put together again where one goes on from the other."""
    chains: list[list[Run]] = []
    for piece in pieces:
        if chains and np.array_equal(chains[-1][-1].xy[-1], piece.xy[0]):
            chains[-1].append(piece)
        else:
            chains.append([piece])
    return [
        Run(
            np.concatenate([chain[0].xy, *(piece.xy[1:] for piece in chain[1:])]),
            np.concatenate([chain[0].position_m, *(piece.position_m[1:] for piece in chain[1:])]),
            np.concatenate([chain[0].offset_m, *(piece.offset_m[1:] for piece in chain[1:])]),
            np.concatenate([piece.left_out for piece in chain]),
        )
        for chain in chains
    ]


def _worth_keeping(rest: list[tuple[Floats, Bools]]) -> list[tuple[Floats, Bools]]:
    return [(xy, out) for xy, out in rest if shapely.length(shapely.linestrings(xy)) > _LEFTOVER_M]


def _as_tracks(rest: list[tuple[Floats, Bools]], of: Tracks) -> Tracks:
    """Return stretches that run apart as pieces of their own: they know no chainage."""
    shapes, left_out = [], []
    for xy, out in rest:
        ends = np.r_[0, np.flatnonzero(out[1:] != out[:-1]) + 1, len(out)]
        for head, tail in pairwise(ends):
            shapes.append(shapely.LineString(xy[head : tail + 1]))
            left_out.append(bool(out[head]))
    n = len(shapes)
    return Tracks(
        np.array([*shapes, None], dtype=object)[:-1],
        np.full(n, of.row[0]),
        of.ids,
        of.line,
        of.rail_class,
        np.full(n, np.nan),
        np.array(left_out),
    )


def _cut(run: Run, breaks: Floats) -> list[Run]:
    """Return a run in pieces of one step each, without what lies beyond the ends of the axis."""
    run = _with_positions(run, breaks)
    inner = (run.position_m >= breaks[0]) & (run.position_m <= breaks[-1])
    if np.count_nonzero(inner) < 2:  # noqa: PLR2004 - a line has two ends
        return []
    first, last = np.flatnonzero(inner)[[0, -1]]
    ends = np.flatnonzero(np.isin(run.position_m, breaks) & inner)
    ends = np.unique(np.r_[first, ends, last])
    return [
        Run(
            run.xy[head : tail + 1],
            run.position_m[head : tail + 1],
            run.offset_m[head : tail + 1],
            run.left_out[head:tail],
        )
        for head, tail in pairwise(ends)
    ]


def _with_positions(run: Run, wanted: Floats) -> Run:
    """Return a run with vertices at some positions; a vertex almost there is moved onto its position."""
    position = run.position_m.copy()
    near = np.clip(np.searchsorted(wanted, position), 1, len(wanted) - 1)
    near = near - (position - wanted[near - 1] < wanted[near] - position)
    snapped = np.abs(wanted[near] - position) < _SAME_M
    position[snapped] = wanted[near[snapped]]
    fresh = wanted[(wanted > position[0]) & (wanted < position[-1]) & ~np.isin(wanted, position)]
    segment = np.searchsorted(position, fresh) - 1
    fraction = (fresh - position[segment]) / (position[segment + 1] - position[segment])
    at = segment + 1
    between = run.xy[segment] + fraction[:, np.newaxis] * (run.xy[segment + 1] - run.xy[segment])
    offset = run.offset_m[segment] + fraction * (run.offset_m[segment + 1] - run.offset_m[segment])
    return Run(
        np.insert(run.xy, at, between, axis=0),
        np.insert(position, at, fresh),
        np.insert(run.offset_m, at, offset),
        np.insert(run.left_out, segment, run.left_out[segment]),
    )


def _stretches(axis_at: int, runs: list[Run], breaks: Floats, ground: Ground) -> Stretches:
    made = [_stretches_of(axis_at, number, run, breaks, ground) for number, run in enumerate(runs)]
    return _concatenated([some for some in made if some is not None])


def _stretches_of(axis_at: int, track: int, run: Run, breaks: Floats, ground: Ground) -> Stretches | None:
    run = _with_positions(run, breaks)
    heading = directions(run.xy)
    before, after = np.r_[heading[:1], heading], np.r_[heading, heading[-1:]]
    middle = (run.position_m[1:] + run.position_m[:-1]) / 2
    inside = (middle > breaks[0]) & (middle < breaks[-1])
    step = np.searchsorted(breaks, middle) - 1
    # A new stretch where the step changes, or what is left out.
    new = np.r_[True, (step[1:] != step[:-1]) | (run.left_out[1:] != run.left_out[:-1])]
    heads = np.flatnonzero(new)
    tails = np.r_[heads[1:], len(step)]
    kept = inside[heads]
    heads, tails = heads[kept], tails[kept]
    if not len(heads):
        return None
    counts = tails - heads + 1
    at = ranges(heads, counts)
    starts = np.cumsum(counts) - counts
    plane = 1 / ground(run.xy[at, 0], run.xy[at, 1])
    n = len(heads)
    return Stretches(
        Runs(run.xy[at], before[at], after[at], plane, counts),
        np.full(n, axis_at),
        step[heads],
        np.full(n, track),
        run.position_m[heads],
        run.position_m[tails],
        np.minimum.reduceat(run.offset_m[at], starts),
        np.maximum.reduceat(run.offset_m[at], starts),
        run.left_out[heads],
    )


def _concatenated(some: list[Stretches]) -> Stretches:
    def joined(pick: Callable[[Stretches], Any]) -> Any:
        return np.concatenate([pick(item) for item in some])

    runs = Runs(
        joined(lambda item: item.runs.xy),
        joined(lambda item: item.runs.before),
        joined(lambda item: item.runs.after),
        joined(lambda item: item.runs.plane),
        joined(lambda item: item.runs.counts),
    )
    return Stretches(
        runs,
        joined(lambda item: item.axis_at),
        joined(lambda item: item.step),
        joined(lambda item: item.track),
        joined(lambda item: item.from_m),
        joined(lambda item: item.to_m),
        joined(lambda item: item.low_m),
        joined(lambda item: item.high_m),
        joined(lambda item: item.left_out),
    )
