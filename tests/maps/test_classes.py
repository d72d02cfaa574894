"""Classes by hand, by law, and natural breaks against trying every cut."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fringe.maps.classes import SCHEMES, classify, natural, round_step

numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 4))
columns = st.lists(st.one_of(numbers, st.just(float("nan"))), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("values", "options", "edges"),
    [
        ([0.0, 1.0], {}, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        ([3, 97], {"k": 4}, (0, 25, 50, 75, 100)),
        ([0.11, 0.29], {"k": 2}, (0.1, 0.2, 0.3)),
        ([-0.3, 0.1], {"scheme": "diverging", "k": 6}, (-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3)),
        ([0.0, 0.0], {"scheme": "diverging"}, (0, 0)),
        ([1, 2, 3, 4, 5, 6], {"scheme": "quantile", "k": 3}, (1, 3, 5, 6)),
        ([5, 5, 5, 5, 9], {"scheme": "quantile", "k": 4}, (5, 7, 9)),
        ([0.1, 0.5], {"scheme": "fixed", "breaks": [0, 0.4, 1]}, (0, 0.4, 1)),
        ([-2, 0.5, 7], {"scheme": "fixed", "breaks": [0, 0.4, 1]}, (-2, 0, 0.4, 1, 7)),
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
