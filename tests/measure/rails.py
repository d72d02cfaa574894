"""Railways for the tests of corridors, and slow second opinions on them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from hypothesis import strategies as st
from shapely import LineString
from tests.measure.layers import X, Y, frame


def straight(length=1000.0, *, at=0.0, start=0.0, backward=False):
    """A track running east, `at` metres north of the origin."""
    ends = [(X + start, Y + at), (X + start + length, Y + at)]
    return LineString(ends[::-1] if backward else ends)


def rail(shapes, *, line="East", km=None, rail_class="high_speed", **columns):
    """A rail layer; `km` is the start chainage of each track."""
    n = len(shapes)
    columns = {"line": [line] * n if isinstance(line, str) else line, **columns}
    columns["rail_class"] = [rail_class] * n
    columns["km_start"] = [None] * n if km is None else km
    return frame(shapes, index=[f"T{at}" for at in range(n)], name="track", **columns)


@st.composite
def bent_tracks(draw):
    """One track of gentle bends, in pieces that come in any order and direction."""
    n = draw(st.integers(3, 9))
    turns = draw(st.lists(st.floats(-0.25, 0.25), min_size=n, max_size=n))
    steps = draw(st.lists(st.floats(60, 200), min_size=n, max_size=n))
    heading = draw(st.floats(0, 6)) + np.cumsum(turns)
    away = np.stack([np.cos(heading), np.sin(heading)], axis=1) * np.array(steps)[:, None]
    xy = np.vstack([[0, 0], np.cumsum(away, axis=0)]) + np.array([X, Y])
    cuts = sorted(draw(st.sets(st.integers(1, n - 1), max_size=3)))
    ends = [0, *cuts, n]
    pieces = [xy[head : tail + 1] for head, tail in pairwise(ends)]
    along = np.r_[0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T))]
    km = [float(10 + along[head] / 1000) for head in ends[:-1]]
    order = draw(st.permutations(range(len(pieces))))
    # A single start stands at the beginning of its piece as drawn.
    flips = draw(st.lists(st.booleans(), min_size=len(pieces), max_size=len(pieces))) if cuts else [False]
    shapes = [LineString(pieces[at][::-1] if flip else pieces[at]) for at, flip in zip(order, flips, strict=True)]
    return LineString(xy), rail(shapes, km=[km[at] for at in order])


def beside(axis, point, inner, outer):
    """Where a point lies by the definitions: 1 left, -1 right, 0 in no belt, `None` too near to an edge."""
    position, far = axis.project(point), axis.distance(point)
    if far > outer + 0.5:
        return 0
    if min(abs(far - inner), abs(far - outer)) < 0.5 or not 0.5 < position < axis.length - 0.5:
        return None
    if far < inner:
        return 0
    before, after = axis.interpolate(position - 0.01), axis.interpolate(position + 0.01)
    cross = (after.x - before.x) * (point.y - before.y) - (after.y - before.y) * (point.x - before.x)
    return 1 if cross > 0 else -1


def slow_figures(belts, plots, zone, excluded=()):
    """Areas of belts in a zone, one shapely call after the other: belt, green, plantable, green of plantable."""
    belt = shapely.union_all(list(belts)).intersection(zone)
    green = shapely.union_all(list(plots))
    plantable = belt.difference(shapely.union_all(list(excluded)))
    return belt.area, belt.intersection(green).area, plantable.area, plantable.intersection(green).area
