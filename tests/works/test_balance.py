"""Balance of progress against published figures, second formulas and laws."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from fringe.errors import CRSError, FringeWarning, LedgerError
from fringe.works.balance import imbalance
from fringe.works.hotspots import adjusted, hot_spots

UNITS = list("abcde")
SHARE = pd.Series([0.9, 0.8, 0.5, 0.3, 0.2], UNITS)
WEIGHT = pd.Series([10, 20, 30, 20, 20], UNITS)
TOWNSHIP = pd.Series(["north", "north", "south", "south", "south"], UNITS)
CHAIN = {"a": ["b"], "b": ["c"], "c": ["d"], "d": ["e"]}
modest = settings(max_examples=60, deadline=None)
shares = st.lists(st.integers(0, 20), min_size=2, max_size=8).filter(any)


def test_the_published_figures():
    found = imbalance(SHARE, WEIGHT, TOWNSHIP, CHAIN, permutations=0)
    assert found["gini"] == pytest.approx(0.272, abs=1e-12)
    assert found["theil"] == pytest.approx(0.1216004, abs=5e-8)
    assert found["within"] == pytest.approx(0.0344237, abs=5e-8)
    assert found["between"] == pytest.approx(0.0871767, abs=5e-8)
    assert found["mld"] == pytest.approx(0.1326439, abs=5e-8)
    assert found["moran"] == pytest.approx(0.704301, abs=5e-7)
    assert imbalance(SHARE)["gini"] == pytest.approx(0.281481, abs=5e-7)
    binary = imbalance(SHARE, neighbours=CHAIN, row_standardised=False, permutations=0)
    assert binary["moran"] == pytest.approx(0.586022, abs=5e-7)
    assert binary["moran_expected"] == -0.25


@modest
@given(values=shares, data=st.data())
def test_the_gini_is_half_the_mean_difference_and_theil_adds_up(values, data):
    n = len(values)
    weights = data.draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))
    groups = data.draw(st.lists(st.sampled_from("xyz"), min_size=n, max_size=n))
    found = imbalance(pd.Series(values, dtype=float), pd.Series(weights), pd.Series(groups))
    total = sum(weights)
    mean = sum(w * x for w, x in zip(weights, values, strict=True)) / total
    pairs = itertools.product(zip(weights, values, strict=True), repeat=2)
    slow = sum(v * w * abs(x - y) for (v, x), (w, y) in pairs) / total**2 / (2 * mean)
    assert found["gini"] == pytest.approx(slow, abs=1e-12)
    assert found["theil"] == pytest.approx(found["within"] + found["between"], abs=1e-12)
    assert found["within"] >= -1e-12
    assert found["between"] >= -1e-12


@modest
@given(values=shares, factor=st.integers(2, 9))
def test_scale_and_copies_change_nothing(values, factor):
    x = pd.Series(values, dtype=float)
    once = imbalance(x)
    doubled = imbalance(pd.concat([x, x], ignore_index=True))
    for name in ("gini", "theil", "mld"):
        assert imbalance(x * factor)[name] == pytest.approx(once[name], abs=1e-9)
        assert doubled[name] == pytest.approx(once[name], abs=1e-9)


def test_all_alike_is_no_difference_and_nothing_done_is_not_told():
    alike = imbalance(pd.Series([0.4] * 5, UNITS), neighbours=CHAIN, permutations=0)
    assert alike[["gini", "theil", "mld"]].abs().max() < 1e-12
    assert np.isnan(alike["moran"])
    assert imbalance(pd.Series([0.0] * 5, UNITS))[["gini", "theil", "mld"]].isna().all()
    assert imbalance(pd.Series([0.0, 1.0]))["mld"] == np.inf


def tiles(n, gap=0.0):
    cells = [(i, j) for i in range(n) for j in range(n)]
    shapes = [box(i * 100, j * 100, i * 100 + 100 - gap, j * 100 + 100 - gap) for i, j in cells]
    return gpd.GeoDataFrame(index=[f"Z{i}-{j}" for i, j in cells], geometry=shapes, crs="EPSG:32650")


def test_a_checkerboard_repels_and_halves_attract():
    zones = tiles(6)
    board = pd.Series([(i + j) % 2 for i in range(6) for j in range(6)], zones.index, dtype=float)
    halves = pd.Series([float(i < 3) for i in range(6) for _ in range(6)], zones.index)
    # Queen neighbours: corners are alike on a checkerboard, sides are not; rook pairs are told by hand below.
    sides = {f"Z{i}-{j}": [f"Z{i + 1}-{j}"] * (i < 5) + [f"Z{i}-{j + 1}"] * (j < 5) for i in range(6) for j in range(6)}
    assert imbalance(board, neighbours=sides, permutations=0)["moran"] == pytest.approx(-1)
    found = imbalance(halves, neighbours=zones)
    assert found["moran"] > 0.6
    assert found["moran_p"] == 0.001
    again = imbalance(halves, neighbours=zones)
    pd.testing.assert_series_equal(found, again)


def test_gaps_of_digitising_are_no_gaps_and_lanes_are():
    halves = pd.Series([float(i < 3) for i in range(6) for _ in range(6)], tiles(6).index)
    touching = imbalance(halves, neighbours=tiles(6), permutations=0)["moran"]
    assert imbalance(halves, neighbours=tiles(6, gap=0.05), permutations=0)["moran"] == touching
    with pytest.warns(FringeWarning, match="no other unit"):
        assert np.isnan(imbalance(halves, neighbours=tiles(6, gap=8), permutations=0)["moran"])


def test_what_is_wrong_is_named():
    with pytest.raises(LedgerError, match="negative"):
        imbalance(pd.Series([-0.1, 0.5]))
    with pytest.raises(LedgerError, match="'weight' does not fit"):
        imbalance(SHARE, WEIGHT.drop("a"))
    with pytest.raises(LedgerError, match="occur twice"):
        imbalance(pd.concat([SHARE, SHARE]))
    with pytest.raises(LedgerError, match="no unit"):
        imbalance(pd.Series([], dtype=float))
    with pytest.raises(LedgerError, match="layer of polygons"):
        imbalance(SHARE, neighbours=[1, 2])
    with pytest.warns(FringeWarning, match="left out"):
        assert imbalance(pd.Series([0.5, None, 0.7]))["n"] == 2
    with pytest.warns(FringeWarning, match="fewer than 20"):
        imbalance(SHARE, neighbours=CHAIN)


def test_a_corner_of_delay_is_found_and_chance_is_not():
    zones = tiles(10)
    rng = np.random.default_rng(4)
    share = pd.Series(rng.uniform(0.6, 0.9, 100), zones.index)
    noise = hot_spots(share, zones)
    corner = [f"Z{i}-{j}" for i in range(3) for j in range(3)]
    share[corner] = rng.uniform(0.0, 0.1, 9)
    found = hot_spots(share, zones, permutations=4999)
    lagging = set(found.index[found["kind"] == "lagging"])
    # All of the corner's middle, whose neighbours all lag, and nothing away from it.
    assert {"Z0-0", "Z0-1", "Z1-0", "Z1-1"} <= lagging <= set(corner)
    assert noise["kind"].isna().all()
    pd.testing.assert_frame_equal(found, hot_spots(share, zones, permutations=4999))


def test_local_figures_add_up_to_morans_i():
    zones = tiles(5)
    share = pd.Series(np.linspace(0, 1, 25) ** 2, zones.index)
    local = hot_spots(share, zones, permutations=9)["local_moran"]
    assert local.mean() == pytest.approx(imbalance(share, neighbours=zones, permutations=0)["moran"])


def test_a_missing_share_keeps_its_row():
    with pytest.warns(FringeWarning, match="left out"):
        found = hot_spots(SHARE.where(SHARE != 0.5), CHAIN, permutations=9)
    assert list(found.index) == UNITS
    assert found.loc["c"].isna().all()


@modest
@given(p=st.lists(st.integers(1, 100), min_size=1, max_size=8))
def test_corrected_p_are_the_textbooks(p):
    values = np.array(p) / 100
    n = len(values)
    ranked = np.sort(values)
    slow = [min(ranked[k] * n / (k + 1) for k in range(n) if ranked[k] >= value) for value in values]
    np.testing.assert_allclose(adjusted(values), slow)


def test_where_every_draw_is_the_same_nothing_is_told_from_chance():
    # All are neighbours of all: whatever the order, each has the same three beside it.
    names = list("abcd")
    found = hot_spots(pd.Series([0.5, 0.6, 0.7, 0.9], names), {one: [o for o in names if o != one] for one in names})
    assert found["p"].tolist() == [1.0] * 4
    assert found["kind"].isna().all()
    ring = {f"Z{at}": [f"Z{(at + 1) % 12}"] for at in range(12)}
    alone = hot_spots(pd.Series([0.0] + [1.0] * 11, list(ring)), ring)
    assert alone["kind"].isna().all()


def test_degrees_are_no_metres():
    zones = tiles(3).to_crs(4326)
    for measure in (hot_spots, lambda share, near: imbalance(share, neighbours=near)):
        with pytest.raises(CRSError):
            measure(pd.Series(0.5, zones.index), zones)


def test_permutations_are_counted():
    with pytest.raises(LedgerError, match="permutations"):
        hot_spots(SHARE, CHAIN, permutations=-3)
    with pytest.raises(LedgerError, match="permutations"):
        imbalance(SHARE, neighbours=CHAIN, permutations=1.5)
