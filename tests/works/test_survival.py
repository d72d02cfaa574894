"""Survival: thresholds, intervals and areas by hand, by law, and against the interval's own equation."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from fringe.errors import FringeWarning, LayerError
from fringe.measure.coverage import coverage
from fringe.works.survival import survival, wilson

AREAS = ["countable_m2", "excluded_m2", "pending_m2", "not_planted_m2"]


def plots(*shares, **columns):
    names = pd.Index([f"P-{at}" for at in range(1, len(shares) + 1)], name="plot")
    return pd.DataFrame({"survival_share": list(shares), "area_m2": 1000.0, **columns}, index=names)


def test_85_of_100_counts_and_less_does_not():
    table = survival(plots(0.85, 0.8499, 0.95, None))
    assert table["survival_verdict"].tolist() == ["passes", "fails", "passes", "pending"]
    assert table["countable_m2"].tolist() == [1000, 0, 1000, 0]
    assert table["excluded_m2"].tolist() == [0, 1000, 0, 0]
    assert table["pending_m2"].tolist() == [0, 0, 0, 1000]
    assert table["survival_basis"].tolist() == ["stated", "stated", "stated", None]


def test_or_the_surviving_part_counts():
    table = survival(plots(0.9, 0.8, 0.25), counting="survivors")
    assert table["countable_m2"].tolist() == pytest.approx([1000, 800, 250])
    assert table["excluded_m2"].tolist() == pytest.approx([0, 200, 750])


def test_what_follows_from_a_survival():
    table = survival(plots(0.9, 0.84, 0.41, 0.40, None))
    assert table["survival_action"].tolist() == [None, "replant", "replant", "redo", "check"]


@pytest.mark.parametrize(
    ("alive", "sampled", "verdict"),
    [
        (90, 100, "inconclusive"),  # 82.6 % to 94.5 %
        (360, 400, "passes"),  # 86.7 % to 92.6 %
        (70, 100, "fails"),  # 60.4 % to 78.1 %
        (80, 100, "inconclusive"),  # 71.1 % to 86.7 %
        (20, 20, "inconclusive"),  # 83.9 % to 100 %
        (30, 30, "passes"),  # 88.6 % to 100 %
    ],
)
def test_a_sample_decides_only_as_a_whole(alive, sampled, verdict):
    table = survival(plots(None, n_alive=alive, n_sampled=sampled))
    assert table["survival_verdict"].tolist() == [verdict]
    assert table["survival_share"].item() == alive / sampled
    assert table["survival_basis"].item() == "sampled"
    assert table["survival_action"].item() == {"inconclusive": "count_more", "fails": "replant"}.get(verdict)


def test_a_full_count_leaves_nothing_open():
    table = survival(plots(None, None, n_planted=100, n_sampled=100, n_alive=[85, 84]))
    assert table["survival_verdict"].tolist() == ["passes", "fails"]
    assert table["survival_low"].tolist() == table["survival_high"].tolist() == [0.85, 0.84]
    assert table["survival_basis"].tolist() == ["counted", "counted"]


def test_less_confidence_decides_more():
    sample = plots(None, n_alive=90, n_sampled=100)
    assert survival(sample, confidence=0.8)["survival_verdict"].item() == "passes"


def test_only_what_is_planted_can_count():
    words = ["planned", "under_way", "planted", "accepted", "kept", "lost", "accepted"]
    table = survival(plots(*[0.9] * 6, None, status=words))
    assert table["survival_verdict"].tolist() == ["not_planted"] * 2 + ["passes"] * 3 + ["not_planted", "passes"]
    assert table["survival_basis"].iloc[-1] == "acceptance"
    assert table["not_planted_m2"].sum() == 3000


def test_on_a_day_the_dates_decide():
    dated = plots(0.9, 0.9, status="planted", planted_on=["2020-03-01", "2020-03-20"])
    assert survival(dated, on="2020-03-10")["countable_m2"].tolist() == [1000, 0]
    assert survival(dated.drop(columns="status"), on="2020-03-10")["countable_m2"].tolist() == [1000, 0]
    # Without any dates all of a table is what was planted.
    assert survival(plots(0.9, 0.9), on="2020-03-10")["countable_m2"].tolist() == [1000, 1000]


def test_rules_are_those_of_the_day():
    dry = survival(plots(0.72), rule="GB15776-DRY")
    assert dry["survival_verdict"].item() == "passes"
    with pytest.raises(LayerError, match="2000-01-29"):
        survival(plots(0.9), on="1999-05-01")
    with pytest.raises(LayerError, match="FOR-26"):
        survival(plots(0.9), rule="FOR-26")


def test_chinese_headings_will_do():
    table = pd.DataFrame(
        {"成活率": ["90%", None], "抽查株数": [None, 400], "成活株数": [None, 300], "核定面积": [10, 20]}
    )
    found = survival(table, area="核定面积")
    assert found["survival_verdict"].tolist() == ["passes", "fails"]
    assert found["countable_m2"].tolist() == [10, 0]


def test_measured_areas_are_those_of_coverage():
    shapes = [box(500_000, 3_800_000, 500_100, 3_800_100), box(500_200, 3_800_000, 500_250, 3_800_100)]
    layer = gpd.GeoDataFrame(
        {"status": "planted", "survival_share": [0.9, 0.5]},
        geometry=shapes,
        crs="EPSG:32649",
        index=pd.Index(["P-1", "P-2"], name="plot"),
    )
    zone = gpd.GeoDataFrame(geometry=[box(499_000, 3_799_000, 501_000, 3_801_000)], crs=layer.crs, index=["Z"])
    table = survival(layer)
    ground = coverage(layer[table["survival_verdict"] == "passes"], zone)["covered_m2"].item()
    assert table["countable_m2"].sum() == pytest.approx(ground, rel=1e-9)
    assert table["area_m2"].tolist() == pytest.approx([10_000, 5_000], rel=1e-3)


def test_a_share_that_is_not_the_counts_is_said():
    with pytest.warns(FringeWarning, match=r"95\.0%.*90\.0%"):
        found = survival(plots(0.95, n_alive=360, n_sampled=400))
    assert found["survival_share"].item() == 0.9


@pytest.mark.parametrize(
    ("table", "more", "code", "said"),
    [
        (plots(1.2), {}, "share_range", "1.2"),
        (plots("most"), {}, "not_a_number", "most"),
        (plots(None, n_alive=11, n_sampled=10), {}, "survival_counts", "P-1"),
        (plots(None, n_alive=9, n_sampled=10, n_planted=9), {}, "survival_counts", "P-1"),
        (plots(None, n_alive=8.5, n_sampled=10), {}, "survival_counts", "P-1"),
        (plots(None, n_alive=-1, n_sampled=10), {}, "below_minimum", "-1"),
        (plots(None, n_alive=5), {}, "survival_half", "P-1"),
        (plots(0.9).drop(columns="area_m2"), {}, "column_missing", "area_m2"),
        (plots(0.9, area_m2=None), {}, "value_missing", "P-1"),
        (plots(0.9), {"area": "亩数"}, "column_missing", "亩数"),
        (plots(0.9), {"counting": "all"}, "argument_unknown", "survivors"),
        (plots(0.9), {"confidence": 1.0}, "argument_unknown", "1.0"),
        (plots(0.9), {"confidence": "high"}, "argument_unknown", "high"),
        (plots(0.9), {"on": "soon"}, "not_a_day", "soon"),
    ],
)
def test_what_is_wrong_is_refused_and_named(table, more, code, said):
    with pytest.raises(LayerError) as caught:
        survival(table, **more)
    assert code in {found.code for found in caught.value.problems}
    for lang in ("zh", "en"):
        assert said in caught.value.render(lang)


def test_inputs_are_not_written_to_and_no_rows_are_no_rows():
    table = plots(0.9, 0.5)
    before = table.copy(deep=True)
    survival(table)
    pd.testing.assert_frame_equal(table, before)
    assert survival(table.head(0)).empty


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 3000), st.fractions(0, 1), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_interval_solves_its_equation(sampled, share, confidence):
    # Its ends are the p for which the sample lies just z standard deviations away: |s - p| = z sqrt(p (1 - p) / n).
    alive = round(share * sampled)
    low, high = (limit.item() for limit in wilson(np.array([alive]), np.array([sampled]), confidence))
    z = {0.8: 1.2815515655, 0.9: 1.6448536270, 0.95: 1.9599639845, 0.99: 2.5758293035}[confidence]
    assert 0 <= low <= alive / sampled <= high <= 1
    for p in (low, high):
        if 0 < p < 1:
            assert abs(alive / sampled - p) == pytest.approx(z * math.sqrt(p * (1 - p) / sampled), rel=1e-6, abs=1e-9)


rows = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 100)),
        st.integers(0, 10**9),
        st.sampled_from(["planned", "planted", "accepted", "lost"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(rows, st.sampled_from(["exclude", "survivors"]))
def test_every_square_metre_goes_to_one_column(drawn, counting):
    shares = [None if share is None else share / 100 for share, *_ in drawn]
    areas, words = [area / 64 for _, area, _ in drawn], [word for *_, word in drawn]
    table = survival(plots(*shares, area_m2=areas, status=words), counting=counting)
    np.testing.assert_allclose(table[AREAS].sum(axis=1), areas, rtol=1e-15)
    if counting == "exclude":
        assert ((table[AREAS] > 0).sum(axis=1) <= 1).all()
        assert math.fsum(table[AREAS].to_numpy().ravel()) == math.fsum(areas)
