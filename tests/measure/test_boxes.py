"""Pairs of boxes that overlap, against all pairs looked at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba")
from fringe.measure.kernels.boxes import overlapping, overlapping_among, packed, places_on_curve


def tree_of(boxes, items):
    place = places_on_curve(boxes)
    return packed(boxes, items[np.argsort(place[items], kind="stable")])


def overlap(left, right):
    return left[0] < right[2] and right[0] < left[2] and left[1] < right[3] and right[1] < left[3]


@settings(max_examples=200, deadline=None)
@given(
    n=st.integers(0, 90),
    n_asked=st.integers(0, 4),
    size=st.sampled_from([1, 5, 60]),
    offset=st.sampled_from([0.0, 1e6]),
    seed=st.integers(0, 999),
)
def test_all_pairs_and_no_others(n, n_asked, size, offset, seed):
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 50, (n_asked + n, 2)) + offset
    # Some are flat or points.
    boxes = np.hstack([low, low + rng.integers(0, size + 1, low.shape)])
    items = np.arange(n_asked, n_asked + n)
    tree = tree_of(boxes, items)
    first, second = overlapping(tree, boxes, 0, n_asked)
    expected = [(i, j) for i in range(n_asked) for j in items if overlap(boxes[i], boxes[j])]
    assert list(zip(first, second, strict=True)) == expected
    n_nodes = tree.starts[2] - tree.starts[1] if n > 1 else 0
    halves = [overlapping_among(tree, 0, n_nodes // 2), overlapping_among(tree, n_nodes // 2, n_nodes)]
    found = sorted((i, j) for half in halves for i, j in zip(*half, strict=True))
    assert found == [(i, j) for i in items for j in items if i < j and overlap(boxes[i], boxes[j])]


def test_neighbours_on_the_curve_are_neighbours_in_the_plane():
    side = 16
    x, y = np.divmod(np.arange(side * side), side)
    boxes = np.stack([x, y, x + 1, y + 1], axis=1).astype(float)
    order = np.argsort(places_on_curve(boxes))
    steps = np.abs(np.diff(x[order])) + np.abs(np.diff(y[order]))
    assert (steps == 1).all()


def test_shapes_without_a_box_have_the_first_place():
    boxes = np.array([[0.0, 0.0, 4.0, 4.0], [np.inf, np.inf, -np.inf, -np.inf], [8.0, 8.0, 9.0, 9.0]])
    assert places_on_curve(boxes)[1] == 0
