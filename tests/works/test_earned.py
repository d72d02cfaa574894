"""Earned schedule against the golden numbers and against plain Python."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.works import slow

from fringe.errors import LedgerError
from fringe.works.earned import earned_schedule, group_schedules
from fringe.works.plan import Span, linear_plan

GOLDEN = [10, 25, 45, 70, 90, 100]


def test_the_golden_numbers():
    # EV 50 lies between PV 45 (end of period 3) and 70 (end of period 4): 3 + 5 / 25.
    found = earned_schedule(GOLDEN, ev=50, at=4)
    assert found.es == pytest.approx(3.2)
    assert found.sv_t == pytest.approx(-0.8)
    assert found.spi_t == pytest.approx(0.8)
    assert found.forecast == pytest.approx(7.5)  # 6 / 0.8
    assert 50 / GOLDEN[4 - 1] == pytest.approx(0.714, abs=5e-4)  # SPI by value says something else


def test_it_unpacks_and_has_names():
    es, sv_t, spi_t, forecast = earned_schedule(GOLDEN, 50, 4)
    assert (es, sv_t, spi_t, forecast) == earned_schedule(np.array(GOLDEN), 50, 4)


@pytest.mark.parametrize(("at", "es"), [(1, 2), (2, 2), (3, 3), (4, 4), (5, 4)])
def test_on_a_plateau_every_moment_is_on_time(at, es):
    found = earned_schedule([10, 25, 25, 25, 70], ev=25, at=at)
    assert found.es == es
    if 2 <= at <= 4:
        assert found.spi_t == 1


def test_before_the_first_planned_work_nothing_is_late():
    assert earned_schedule([0, 0, 10], ev=0, at=1).spi_t == 1
    assert earned_schedule([0, 0, 10], ev=0, at=2).spi_t == 1
    assert earned_schedule([0, 0, 10], ev=0, at=4).es == 2


def test_a_whole_that_is_earned_takes_its_first_planned_moment():
    assert earned_schedule([50, 100, 100], ev=100, at=1).es == 2
    assert earned_schedule([50, 100, 100], ev=120, at=4).spi_t == 0.5


def test_before_the_end_of_period_one_the_line_starts_at_nothing():
    assert earned_schedule([10, 20], ev=5, at=1).es == 0.5


def test_nothing_earned_has_no_forecast():
    found = earned_schedule(GOLDEN, ev=0, at=2)
    assert (found.es, found.spi_t) == (0, 0)
    assert math.isnan(found.forecast)


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_nothing_earned_has_no_forecast_even_where_nothing_was_planned_at_first(at):
    found = earned_schedule([0, 0, 10], ev=0, at=at)
    assert found.es == min(at, 2)
    assert math.isnan(found.forecast)
    assert earned_schedule([0, 0, 10], ev=1e-3, at=at).forecast == pytest.approx(3 * at / 2.0001)


def test_missing_figures_give_missing_figures():
    for ev, at in ((float("nan"), 2), (5, float("nan"))):
        assert all(map(math.isnan, earned_schedule(GOLDEN, ev, at)))
    assert all(map(math.isnan, earned_schedule([0, 0], 0, 1)))
    assert math.isnan(earned_schedule(GOLDEN, 5, 0).spi_t)


@pytest.mark.parametrize(
    ("pv", "ev", "at", "code", "said"),
    [
        ([], 1, 1, "pv_empty", ""),
        ([10, 5], 1, 1, "pv_falls", "5"),
        ([-1, 5], 1, 1, "pv_falls", "-1"),
        ([1, float("nan")], 1, 1, "pv_not_finite", "2"),
        ([1, 2], -1, 1, "figure_negative", "-1"),
        ([1, 2], 1, -2, "figure_negative", "-2"),
        ([1, 2], float("inf"), 1, "figure_negative", "inf"),
    ],
)
def test_impossible_plans_are_refused(pv, ev, at, code, said):
    with pytest.raises(LedgerError) as caught:
        earned_schedule(pv, ev, at)
    assert [found.code for found in caught.value.problems] == [code]
    assert said in caught.value.render("zh")
    assert said in caught.value.render("en")


plans = st.lists(st.integers(0, 5), min_size=1, max_size=12).filter(any).map(np.cumsum)


@settings(max_examples=80, deadline=None)
@given(plans, st.fractions(0, 60, max_denominator=4), st.integers(1, 20))
def test_it_agrees_with_plain_python(pv, ev, at):
    assert earned_schedule(pv, float(ev), at).es == pytest.approx(slow.earned_schedule(pv.tolist(), float(ev), at))


@settings(max_examples=80, deadline=None)
@given(plans, st.fractions(0, 60, max_denominator=4), st.fractions(0, 60, max_denominator=4), st.integers(1, 20))
def test_earning_more_never_sets_back(pv, one, other, at):
    less, more = sorted((float(one), float(other)))
    bac = float(pv[-1])
    if less < bac <= more:
        return  # at the end of the plan the first moment counts, on plateaus before it the last
    assert earned_schedule(pv, less, at).es <= earned_schedule(pv, more, at).es + 1e-12


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9), st.integers(0, 4)), min_size=1, max_size=5),
    st.fractions(0, 1, max_denominator=8),
    st.integers(1, 25),
)
def test_groups_are_read_as_their_daily_plan(rows, share, at):
    begins, lengths, weights = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    begins -= begins.min()
    ends = begins + lengths
    if not weights.any():
        return
    earned = float(share) * weights.sum()
    n_days = int(ends.max())
    daily = [(weights * np.clip((day - begins) / lengths, 0, 1)).sum() for day in range(1, n_days + 1)]
    found = group_schedules(
        linear_plan(Span(pd.Timestamp("2020-01-01"), begins, ends)),
        weights,
        np.array([earned]),
        np.zeros(len(rows), dtype=np.intp),
        np.array([float(at)]),
    )
    assert found.spi_t[0] == pytest.approx(slow.earned_schedule(daily, earned, at) / at, abs=1e-7)
