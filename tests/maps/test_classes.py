"""Classes by hand, by law, and natural breaks against trying every cut."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fringe.maps.classes import SCHEMES, classify
from fringe.maps.natural import natural
from fringe.maps.roundness import round_step

numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 4))
columns = st.lists(st.one_of(numbers, st.just(float("nan"))), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("values", "options", "edges"),
    [
        ([0.0, 1.0], {}, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        ([3, 97], {"k": 4}, (0, 25, 50, 75, 100)),
        ([0.11, 0.29], {"k": 2}, (0.1, 0.2, 0.3)),
        # One fall and one rise of two sizes, in even steps.
        ([-0.3, 0.06], {"scheme": "diverging", "unseen": 0.01}, (-0.4, -0.2, -0.01, 0.01, 0.2, 0.4)),
        ([0.0, 0.0], {"scheme": "diverging", "unseen": 5}, (-5, 5)),
        # Whole numbers: one, two, and three to five.
        (
            [-1, 2, 0, 4],
            {"scheme": "diverging", "whole": True, "unseen": 0.5},
            (-4.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 4.5),
        ),
        ([1, 2, 3, 4, 5, 6], {"scheme": "quantile", "k": 3}, (1, 3, 5, 6)),
        ([5, 5, 5, 5, 9], {"scheme": "quantile", "k": 4}, (5, 7, 9)),
        ([0.1, 0.5], {"scheme": "fixed", "breaks": [0, 0.4, 1]}, (-inf, 0, 0.4, 1, inf)),
        ([-2, 0.5, 7], {"scheme": "fixed", "breaks": [0, 0.4, 1]}, (-inf, 0, 0.4, 1, inf)),
        ([1.99, 3, 4.2], {"scheme": "quantile", "k": 2}, (1, 4, 5)),
        ([998, 999, 1001, 1003], {"scheme": "quantile", "k": 2}, (990, 1000, 1010)),
        ([1, 2, 3, 3, 3, 3], {"scheme": "quantile", "k": 3}, (1, 3, 3)),
        ([1, 2], {"whole": True}, (1, 2, 2)),
        ([1, 6], {"whole": True, "k": 3}, (0, 2, 4, 6)),
        ([0, 12], {"whole": True, "k": 5}, (0, 2, 4, 6, 8, 10, 12)),
        ([7], {}, (7, 7)),
        ([float("nan")], {}, ()),
        ([float("nan"), float("inf")], {"scheme": "natural"}, ()),
    ],
)
def test_edges_on_paper(values, options, edges):
    assert classify(values, **options).edges == pytest.approx(edges)


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme != "fixed"])
@pytest.mark.parametrize("values", [[float("nan")] * 3, [0.4] * 5, [0.4], [0.0, float("nan")]])
def test_flat_and_missing_columns_have_classes_too(scheme, values):
    classes = classify(values, scheme=scheme)
    codes = classes.assign(values)
    assert (codes >= 0).tolist() == np.isfinite(values).tolist()
    assert codes.max(initial=-1) < max(len(classes), 1)


@given(columns, st.sampled_from([scheme for scheme in SCHEMES if scheme != "fixed"]), st.integers(1, 9))
@settings(max_examples=150, deadline=None)
def test_every_number_is_in_the_class_whose_edges_hold_it(values, scheme, k):
    classes = classify(values, scheme=scheme, k=k)
    assert all(low <= high for low, high in pairwise(classes.edges))
    for value, code in zip(values, classes.assign(values), strict=True):
        if np.isnan(value):
            assert code == -1
            continue
        low, high = classes.edges[code], classes.edges[code + 1]
        slack = 1e-9 * max(1, abs(low), abs(high))
        assert low - slack <= value <= high + slack


@given(columns, st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_diverging_classes_mirror_at_zero(values, k):
    edges = classify(values, scheme="diverging", k=k).edges
    assert edges == pytest.approx(tuple(-edge for edge in reversed(edges)))


@given(columns, st.integers(1, 9), st.booleans())
@settings(max_examples=60)
def test_a_fall_has_the_class_opposite_to_a_rise_of_its_size(values, k, whole):
    if whole:
        values = np.rint(values)
    classes = classify(values, scheme="diverging", k=k, unseen=0.5 if whole else 0.005, whole=whole)
    last, signs = len(classes) - 1, classes.signs()
    for value in np.array(values)[np.isfinite(values)]:
        one, other = classes.assign([value, -value]).tolist()
        assert one + other == last
        # What is shown as nothing is neither fall nor rise, unless all is smaller than what is shown.
        assert signs[one] == np.sign(value) or abs(value) <= (0.5 if whole else 0.005)
    assert (classes.assign([0.0]) == classes.neutral).all() or not len(classes)


@given(columns, st.integers(1, 9))
@settings(max_examples=60)
def test_no_more_falls_and_rises_are_told_apart_than_wished_for(values, k):
    classes = classify(values, scheme="diverging", k=k)
    found = classes.assign(values)
    found = found[found >= 0] - (classes.neutral or 0)
    assert max(0, -found.min(initial=0)) + max(0, found.max(initial=0)) <= max(k, 2)


@given(st.lists(st.integers(-40, 40), min_size=2, max_size=8, unique=True), st.booleans(), columns)
@settings(max_examples=100)
def test_fixed_classes_hang_on_nothing_but_their_edges(edges, diverging, values):
    """Against comparisons in plain Python."""
    edges = sorted(edges)
    classes = classify(values, scheme="fixed", breaks=edges, diverging=diverging, unseen=0.25)
    assert classes == classify([], scheme="fixed", breaks=edges, diverging=diverging, unseen=0.25)
    edges = [*edges, 0] if diverging and edges[-1] < 0 else [0, *edges] if diverging and edges[0] > 0 else edges
    for value, code in zip(values, classes.assign(values).tolist(), strict=True):
        if np.isnan(value):
            assert code == -1
        elif diverging and 0 in edges and abs(value) < 0.25:
            assert code == classes.neutral
        else:
            falls = diverging and value < 0
            place = sum(edge < value if falls else edge <= value for edge in edges)
            # The edges at the ends belong to the classes between.
            place = max(place, 1) if value == edges[0] else min(place, len(edges) - 1) if value == edges[-1] else place
            assert code == place + (classes.neutral is not None and value > 0)


def test_the_noise_of_floats_moves_no_value_over_an_edge():
    classes = classify([], scheme="fixed", breaks=[0.1, 0.3, 0.6])
    assert classes.assign([0.1 + 0.2, 0.3, 1 - 0.7, 0.1 * 3, 0.6000000000000001, 0.09999999999999999]).tolist() == [
        2,
        2,
        2,
        2,
        2,
        1,
    ]


@given(st.lists(st.integers(-500, 5000), min_size=2, max_size=30), st.sampled_from(["equal", "quantile", "natural"]))
@settings(max_examples=100)
def test_every_whole_number_is_named_by_one_class(values, scheme):
    classes = classify(values, scheme=scheme, whole=True)
    ends = classes.whole()
    assert all(high < low for (_, high), (low, _) in pairwise(ends))
    for value, code in zip(values, classes.assign(values).tolist(), strict=True):
        assert ends[code][0] <= value <= ends[code][1]


@given(st.lists(st.integers(0, 60), min_size=2, max_size=11), st.integers(1, 4))
@settings(max_examples=80, deadline=None)
def test_natural_classes_are_the_best_of_all_cuts(values, k):
    ordered = np.sort(np.array(values, dtype=float))
    k = min(k, len(set(values)))

    def spread(cuts):
        return sum(float(((part - part.mean()) ** 2).sum()) for part in np.split(ordered, list(cuts)))

    every = [spread(cuts) for cuts in combinations(range(1, len(ordered)), k - 1)]
    assert spread(natural(ordered, k)) == pytest.approx(min(every), abs=1e-6)


@given(st.floats(1e-9, 1e12))
def test_a_round_step_is_no_shorter_and_less_than_three_times_longer(width):
    assert width * (1 - 1e-9) <= round_step(width) * (1 + 1e-6) + 1e-12
    assert round_step(width) <= 2.01 * width + 1e-11
