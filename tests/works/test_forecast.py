"""Forecasts with a range: by hand where there is one future, by law, by a second implementation, and by hindsight."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.works import slow
from tests.works.ledgers import reports_of, tasks_of

from fringe.errors import LedgerError
from fringe.works.forecast import forecast, weeks_to_go
from fringe.works.progress import progress

LIMITS = ["forecast_low_on", "forecast_mid_on", "forecast_high_on"]
DAY_0 = pd.Timestamp("2020-01-01")
ONE = tasks_of(("T1", 100), due=pd.Timestamp("2020-12-31"))


def weekly(*done, task="T1"):
    """Return reports at the ends of the weeks that begin on 1 January."""
    ends = [DAY_0 + pd.Timedelta(days=7 * week + 6) for week in range(len(done))]
    return reports_of(
        *((f"{task}-{at}", task, end, float(figure)) for at, (end, figure) in enumerate(zip(ends, done, strict=True)))
    )


def row(reports, on, **more):
    return forecast(ONE, reports, on=on, **more).iloc[0]


def test_an_even_pace_has_one_future():
    # Five a week: 20 after four weeks, the other 80 take 16 weeks.
    found = row(weekly(5, 10, 15, 20), "2020-01-28")
    assert (found["n_weeks"], found["week_share"]) == (4, pytest.approx(0.05))
    assert found[LIMITS].tolist() == [pd.Timestamp("2020-01-28") + pd.Timedelta(weeks=16)] * 3


def test_a_part_of_a_week_is_rounded_up_to_a_day():
    # 30 a week and 10 to go after three weeks: a third of a week is 2.33 days.
    found = forecast(tasks_of(("T1", 130), due="2020-12-31"), weekly(30, 60, 90, 120), on="2020-01-28").iloc[0]
    assert found[LIMITS].tolist() == [pd.Timestamp("2020-01-31")] * 3


def test_fewer_than_four_weeks_say_nothing():
    found = row(weekly(5, 10, 15, 20), "2020-01-27")
    assert found["n_weeks"] == 3
    assert found[LIMITS].isna().all()


def test_nothing_earned_has_no_end():
    assert row(pd.DataFrame(), "2020-06-01")[LIMITS].isna().all()
    assert row(weekly(10, 5, 3, 0), "2020-01-28")[LIMITS].isna().all()


def test_before_the_start_there_is_no_week():
    found = row(pd.DataFrame(), "2019-12-01")
    assert found["n_weeks"] == 0
    assert np.isnan(found["week_share"])


def test_work_reported_before_its_start_counts_its_weeks():
    reports = reports_of(("R1", "T1", "2019-12-18", 10), ("R2", "T1", "2020-01-14", 50))
    assert row(reports, "2020-01-14")["n_weeks"] == 4


def test_a_completed_group_was_done_when_it_was():
    found = row(weekly(50, 100), "2020-06-01")
    assert found[LIMITS].tolist() == [pd.Timestamp("2020-01-14")] * 3
    assert found["progress_share"] == 1


def test_a_whole_that_is_earned_with_a_weightless_task_open_ends_today():
    tasks = tasks_of(("T1", 100), ("T2", 1), weight=[1.0, 0.0], due=pd.Timestamp("2020-12-31"))
    found = forecast(tasks, weekly(50, 100), on="2020-06-01").iloc[0]
    assert found[LIMITS].tolist() == [pd.Timestamp("2020-06-01")] * 3


def test_uneven_weeks_have_a_range_around_the_even_pace():
    found = row(weekly(0, 10, 10, 20, 20, 30, 30, 40), "2020-02-25")
    even = pd.Timestamp("2020-02-25") + pd.Timedelta(weeks=12)
    assert found["forecast_low_on"] < even < found["forecast_high_on"]


def test_the_same_seed_gives_the_same_dates_and_other_groups_do_not_matter(season_frames):
    tasks, reports = season_frames
    table = forecast(tasks, reports, on="2020-02-01")
    pd.testing.assert_frame_equal(table, forecast(tasks, reports, on="2020-02-01", seed=0))
    alone = tasks[tasks["zone"] == "Z05"]
    own = reports[reports["task"].isin(alone.index)]
    pd.testing.assert_frame_equal(forecast(alone, own, on="2020-02-01"), table.loc[["Z05"]])
    assert not forecast(tasks, reports, on="2020-02-01", seed=1).equals(table)


def test_shares_and_completion_are_those_of_progress(season_frames):
    tasks, reports = season_frames
    for by in ("zone", "task"):
        table = forecast(tasks, reports, on="2020-02-01", by=by)
        known = progress(tasks, reports, on="2020-02-01", by=by)
        np.testing.assert_array_equal(table["progress_share"], known["progress_share"])
        complete = known["progress_share"] == 1
        for limit in LIMITS:
            assert (table.loc[complete, limit] == known.loc[complete, "forecast_on"]).all()


def test_limits_are_in_order_and_not_in_the_past(season_frames):
    table = forecast(*season_frames, on="2020-02-01", by="task")
    assert table["forecast_low_on"].notna().sum() > 50
    never = pd.Timestamp("2200-01-01")
    low, mid, high = (table[limit].fillna(never) for limit in LIMITS)
    assert (low <= mid).all()
    assert (mid <= high).all()
    unfinished = table["progress_share"] < 1
    assert (low[unfinished] > pd.Timestamp("2020-02-01")).all()


@pytest.mark.parametrize(
    ("more", "said"),
    [({"on": "soon"}, "soon"), ({"seed": -1}, "-1"), ({"seed": 0.5}, "0.5"), ({"by": "shire"}, "shire")],
)
def test_what_is_wrong_is_refused_and_named(more, said):
    with pytest.raises(LedgerError) as caught:
        forecast(ONE, weekly(5, 10), **{"on": "2020-01-28", **more})
    for lang in ("zh", "en"):
        assert said in caught.value.render(lang)


histories = st.lists(st.integers(-3, 20), min_size=4, max_size=20)


@settings(max_examples=60, deadline=None)
@given(histories, st.integers(1, 60), st.integers(1, 40))
def test_more_to_do_never_takes_less(rates, remaining, more):
    pace = np.array(rates, dtype=float)
    less, greater = (
        weeks_to_go(pace, float(whole), draws=40, seed=3, most=400) for whole in (remaining, remaining + more)
    )
    assert (less <= greater).all()
    assert (less > 0).all()


@settings(max_examples=40, deadline=None)
@given(histories, st.integers(1, 60), st.sampled_from([2.0, 0.25]))
def test_units_do_not_matter(rates, remaining, factor):
    pace = np.array(rates, dtype=float)
    one = weeks_to_go(pace, float(remaining), draws=40, seed=3, most=400)
    other = weeks_to_go(pace * factor, remaining * factor, draws=40, seed=3, most=400)
    np.testing.assert_allclose(one, other)


@pytest.mark.parametrize(
    ("rates", "remaining"), [([0, 4, 6, 2, 8, 1, 0, 3], 40), ([1, 1, 1, 9], 30), ([2, -1, 5, 0, 0, 7, 3, 3, 1, 4], 15)]
)
def test_futures_agree_with_plain_python(rates, remaining):
    # 4 000 futures each: the share of those at their end by a week is known to 0.8 % each, so both agree to 3.4 %.
    ours = weeks_to_go(np.array(rates, dtype=float), float(remaining), draws=4000, seed=5, most=5000)
    theirs = np.array(slow.weeks_to_go(rates, remaining, 4000, seed=11, most=5000))
    for week in np.quantile(theirs, [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95], method="lower") + 1e-6:
        assert (ours <= week).mean() == pytest.approx((theirs <= week).mean(), abs=0.034)


@pytest.mark.parametrize(("runs", "least", "most"), [(0.0, 0.7, 0.85), (0.6, 0.5, 0.75)])
def test_in_hindsight_most_ends_lie_in_the_range(runs, least, most):
    # Works stopped after twenty weeks, independent ones or such that each takes after the one before: how often does
    # the end lie between the limits, which leave out a tenth on either side?
    draw = np.random.default_rng(2)
    hits, trials = 0, 200
    for _ in range(trials):
        rates = draw.gamma(1.5, 1.0, 400)
        for week in range(1, len(rates)):
            rates[week] += runs * (rates[week - 1] - rates[week])
        done = np.cumsum(rates)
        whole = 2 * done[19]
        left = int(np.searchsorted(done, whole)) + 1 - 20
        weeks = np.sort(weeks_to_go(rates[:20], whole - done[19], draws=500, seed=0, most=5000))
        hits += np.ceil(weeks[49]) <= left <= np.ceil(weeks[449])
    assert least <= hits / trials <= most
