"""Plans: linear, in the planting season, by a table; by hand, by law, and against plain Python day by day."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.works import slow
from tests.works.ledgers import reports_of, tasks_of

from fringe.errors import FringeWarning, LedgerError
from fringe.works.plan import span
from fringe.works.planned import plan_of
from fringe.works.progress import progress

DAY_0 = pd.Timestamp("2020-01-01")
WINDOWS = [("11-15", "12-15"), ("02-01", "04-10")]
# Ten days of work and 100 m2.
ONE = tasks_of(("T1", 100))


def planned(tasks, plan, on):
    return progress(tasks, pd.DataFrame(), on=on, plan=plan)["planned_share"].item()


def table(*rows, amount="planned_share"):
    return pd.DataFrame(rows, columns=["task", "date", amount])


@pytest.mark.parametrize(
    ("on", "share"),
    [("2020-01-20", 0), ("2020-01-31", 0), ("2020-02-01", 0.1), ("2020-02-05", 0.5), ("2020-02-10", 1)],
)
def test_in_the_season_only_its_days_count(on, share):
    tasks = tasks_of(("T1", 100), start=pd.Timestamp("2020-01-01"), due=pd.Timestamp("2020-02-10"))
    assert planned(tasks, "season", on) == pytest.approx(share)


def test_the_plan_stands_still_between_two_windows():
    # 16 days of November, 15 of December, then 29 of February: 60 in all.
    tasks = tasks_of(("T1", 100), start=pd.Timestamp("2019-11-01"), due=pd.Timestamp("2020-02-29"))
    for on, days in (("2019-11-14", 0), ("2019-11-30", 16), ("2019-12-31", 31), ("2020-01-31", 31), ("2020-02-15", 46)):
        assert planned(tasks, "season", on) == pytest.approx(days / 60), on
    # What was planned by mid-December is in time at the end of January.
    reports = reports_of(("R1", "T1", "2019-12-15", 100 * 31 / 60))
    found = progress(tasks, reports, on="2020-01-31", plan="season")
    assert found["spi_t"].item() == pytest.approx(1)
    assert found["status"].item() == "on_track"
    assert progress(tasks, reports, on="2020-01-31")["status"].item() == "behind"


def test_the_time_planned_ends_with_the_last_day_of_the_season():
    # Ten days of season from 1 January, and idle days till the end of June; half was earned at the half.
    tasks = tasks_of(("T1", 100), start=DAY_0, due=pd.Timestamp("2020-06-30"))
    reports = reports_of(("R1", "T1", "2020-01-05", 50))
    found = progress(tasks, reports, on="2020-01-05", plan=[("01-01", "01-10")])
    assert found["spi_t"].item() == pytest.approx(1)
    assert found["forecast_on"].item() == pd.Timestamp("2020-01-10")


def test_own_windows_may_run_over_the_new_year_and_overlap():
    tasks = tasks_of(("T1", 100), start=pd.Timestamp("2019-12-01"), due=pd.Timestamp("2020-01-31"))
    assert planned(tasks, [("12-22", "1月10日")], "2019-12-31") == pytest.approx(0.5)
    assert planned(tasks, [("12-22", "01-05"), ("01-01", "01-10")], "2019-12-31") == pytest.approx(0.5)


def test_a_task_without_a_day_of_season_is_spread_evenly_and_said():
    with pytest.warns(FringeWarning, match="T1"):
        assert planned(tasks_of(("T1", 1), start="2020-07-01", due="2020-07-10"), "season", "2020-07-04") == 0.4


def test_a_column_says_which_tasks_know_a_season():
    tasks = tasks_of(("T1", 1), ("T2", 1), ("T3", 1), due=pd.Timestamp("2020-02-09"), plan=["season", "linear", None])
    shares = progress(tasks, pd.DataFrame(), on="2020-01-20", plan="plan", by="task")["planned_share"]
    assert shares.tolist() == pytest.approx([0, 0.5, 0.5])
    with pytest.raises(LedgerError, match="winter"):
        planned(tasks.assign(plan=["season", "winter", None]), "plan", "2020-01-20")


def test_between_the_rows_of_a_table_the_plan_rises_evenly():
    rows = table(("T1", "2020-01-04", 0.1), ("T1", "2020-01-08", "90%"))
    shares = [planned(ONE, rows, f"2020-01-{day:02}") for day in (1, 4, 6, 8, 9, 10)]
    assert shares == pytest.approx([0.025, 0.1, 0.5, 0.9, 0.95, 1])
    amounts = pd.DataFrame({"任务编号": ["T1", "T1"], "日期": ["2020.1.8", "2020.1.4"], "累计计划量": [90, 10]})
    assert [planned(ONE, amounts, f"2020-01-{day:02}") for day in (1, 4, 6, 8, 9, 10)] == pytest.approx(shares)


def test_a_step_is_two_rows():
    rows = table(("T1", "2020-01-05", 0.0), ("T1", "2020-01-06", 1.0))
    assert [planned(ONE, rows, f"2020-01-{day:02}") for day in (4, 5, 6, 7)] == [0, 0, 1, 1]


def test_a_table_may_lack_tasks_and_says_so():
    two = tasks_of(("T1", 100), ("T2", 100))
    with pytest.warns(FringeWarning, match="T2.*1 of 2"):
        assert planned(two, table(("T1", "2020-01-05", 0.0)), "2020-01-05") == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("plan", "codes", "said"),
    [
        ("beta", {"plan_unknown"}, "linear, season"),
        (7, {"plan_unknown"}, "7"),
        ([], {"window_unclear"}, "11-15"),
        ([("11-15", "12-15"), ("02-30", "04-10")], {"window_unclear"}, "02-30"),
        (["11-15"], {"window_unclear"}, "11-15"),
        (table(("T9", "2020-01-05", 0.5)), {"unknown_task"}, "T9"),
        (table(("T1", "soon", 0.5)), {"not_a_date"}, "soon"),
        (table(("T1", "2020-01-05", 85)), {"share_range"}, "85"),
        (table(("T1", "2020-01-05", None)), {"value_missing"}, "0"),
        (table(("T1", "2020-01-05", 0.5), ("T1", "2020-01-05", 0.6)), {"plan_date_twice"}, "2020-01-05"),
        (table(("T1", "2019-12-31", 0.0)), {"plan_outside"}, "2019-12-31"),
        (table(("T1", "2020-01-11", 1.0)), {"plan_outside"}, "2020-01-11"),
        (table(("T1", "2020-01-05", 101), amount="planned"), {"plan_over"}, "101.0%"),
        (table(("T1", "2020-01-05", 0.5), ("T1", "2020-01-06", 0.4)), {"plan_falls"}, "40.0%"),
        (table(("T1", "2020-01-10", 0.9)), {"plan_short"}, "90.0%"),
        (table(("T1", "2020-01-05", 0.5)).drop(columns="planned_share"), {"column_missing"}, "planned_share"),
        (table(("T1", "2020-01-05", 0.5)).drop(columns="date"), {"column_missing"}, "task"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::fringe.errors.FringeWarning")
def test_what_is_wrong_with_a_plan_is_refused_and_named(plan, codes, said):
    with pytest.raises(LedgerError) as caught:
        planned(ONE, plan, "2020-01-05")
    assert {found.code for found in caught.value.problems} >= codes
    for lang in ("zh", "en"):
        assert said in caught.value.render(lang)


def test_a_table_is_not_written_to():
    rows = table(("T1", "2020-01-04", 0.1))
    before = rows.copy(deep=True)
    planned(ONE, rows, "2020-01-05")
    pd.testing.assert_frame_equal(rows, before)


spans = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 200)), min_size=1, max_size=5)


def drawn(rows):
    starts = [DAY_0 + pd.Timedelta(days=start) for start, _ in rows]
    dues = [start + pd.Timedelta(days=more) for start, (_, more) in zip(starts, rows, strict=True)]
    return tasks_of(*((f"T{at}", 100) for at in range(len(rows))), start=starts, due=dues)


def in_windows(day):
    number = day.month * 100 + day.day
    return 1115 <= number <= 1215 or 201 <= number <= 410


@settings(max_examples=60, deadline=None)
@given(spans, st.integers(-5, 650))
def test_the_season_agrees_with_counting_days(rows, after):
    tasks = drawn(rows)
    day = DAY_0 + pd.Timedelta(days=after)
    found = plan_of(WINDOWS, tasks)[0].by(day)
    expected = [
        slow.planned_in({"start": start.date(), "due": due.date()}, day.date(), in_windows)
        for start, due in zip(tasks["start"], tasks["due"], strict=True)
    ]
    assert found == pytest.approx(expected, abs=1e-12)


tables = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 100)), max_size=5, unique_by=lambda item: item[0])


@settings(max_examples=60, deadline=None)
@given(tables, st.integers(-3, 40))
@pytest.mark.filterwarnings("ignore::fringe.errors.FringeWarning")
def test_a_table_agrees_with_plain_python(rows, after):
    tasks = tasks_of(("T1", 100), start=DAY_0, due=DAY_0 + pd.Timedelta(days=30))
    shares = sorted(share for _, share in rows)
    points = [(day, share) for day, share in zip(sorted(day for day, _ in rows), shares, strict=True)]
    given_table = table(*(("T1", DAY_0 + pd.Timedelta(days=day - 1), share / 100) for day, share in points))
    plan, _ = plan_of(given_table, tasks)
    day = DAY_0 + pd.Timedelta(days=after)
    assert plan.by(day).item() == pytest.approx(slow.on_line([(0, 0), *points, (31, 100)], after + 1) / 100, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(spans)
def test_plans_never_fall_and_end_at_the_whole(rows):
    tasks = drawn(rows)
    for plan in ("linear", "season", [("07-01", "06-30")]):
        found = plan_of(plan, tasks)[0]
        days = pd.date_range(tasks["start"].min() - pd.Timedelta(days=1), tasks["due"].max(), freq="D")
        shares = np.array([found.by(day) for day in days])
        assert (shares[0] == 0).all()
        assert (np.diff(shares, axis=0) >= 0).all()
        assert shares[-1] == pytest.approx(np.ones(len(tasks)))


def test_all_the_year_in_season_is_the_linear_plan(season_frames):
    tasks = season_frames[0].assign(
        start=lambda frame: pd.to_datetime(frame["start"]), due=lambda frame: pd.to_datetime(frame["due"])
    )
    always = plan_of([("01-01", "12-31")], tasks)[0]
    linear = plan_of("linear", tasks)[0]
    for day in (dt.date(2019, 11, 20), dt.date(2020, 1, 31), dt.date(2020, 3, 1)):
        assert always.by(pd.Timestamp(day)) == pytest.approx(linear.by(pd.Timestamp(day)), abs=1e-12)
    assert span(tasks).zero == tasks["start"].min()


works = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 90), st.integers(0, 5), st.integers(0, 100)), min_size=1, max_size=4
)


@settings(max_examples=60, deadline=None)
@given(works, st.integers(-3, 170))
@pytest.mark.filterwarnings("ignore::fringe.errors.FringeWarning")
def test_the_earned_schedule_of_a_season_is_that_of_its_daily_plan(rows, after):
    tasks = drawn([row[:2] for row in rows]).assign(weight=[float(row[2]) for row in rows])
    if not tasks["weight"].any():
        return
    reports = reports_of(*((f"R{at}", f"T{at}", DAY_0, float(row[3])) for at, row in enumerate(rows)))
    day = DAY_0 + pd.Timedelta(days=after)
    found = progress(tasks, reports, on=day, by=None, plan=WINDOWS).iloc[0]
    held = [(row["start"].date(), row["due"].date(), row["weight"]) for _, row in tasks.iterrows()]
    start, end = min(row[0] for row in held), max(row[1] for row in held)
    daily = [
        sum(
            weight * slow.planned_in({"start": first, "due": last}, start + dt.timedelta(days=k), in_windows)
            for first, last, weight in held
        )
        for k in range((end - start).days + 1)
    ]
    assert found["planned_share"] == pytest.approx(
        slow.on_line([(0, 0), *enumerate(daily, 1)], (day.date() - start).days + 1) / daily[-1]
    )
    at = (day.date() - start).days + 1
    if at <= 0 or all(row[3] == 100 for row in rows) or day < DAY_0:
        return
    earned = sum(row[2] * row[3] / 100 for row in rows)
    assert found["spi_t"] == pytest.approx(slow.earned_schedule(daily, earned, at) / at, abs=1e-7)
