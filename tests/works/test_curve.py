"""The S-curve: by hand, and day by day against `progress`."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.works import slow
from tests.works.ledgers import reports_of, tasks_of

from fringe.errors import LedgerError
from fringe.works.curve import s_curve
from fringe.works.ledger import last_rows, rows_by_day
from fringe.works.progress import progress

COLUMNS = ["weight", "pv", "ev", "planned_share", "progress_share", "spi"]
DAY_0 = pd.Timestamp("2020-01-01")
# 100 m2 in ten days, 300 m2 in the first twenty of January.
TWO = tasks_of(("T1", 100), ("T2", 300), due=[pd.Timestamp("2020-01-10"), pd.Timestamp("2020-01-20")])
LOG = reports_of(
    ("R1", "T1", "2020-01-04", 20), ("R2", "T2", "2020-01-05", 30), ("R3", "T1", "2020-01-12", 120),
    ("R4", "T2", "2020-01-14", 150),
)  # fmt: skip


def test_a_curve_by_hand():
    # Sundays: 5, 12, 19 and 26 January; the last report is of the 14th.
    curve = s_curve(TWO, LOG)
    assert curve.columns.tolist() == COLUMNS
    assert curve.index.equals(pd.DatetimeIndex(["2020-01-05", "2020-01-12", "2020-01-19", "2020-01-26"], name="date"))
    assert curve["weight"].tolist() == [400] * 4
    assert curve["pv"].tolist() == pytest.approx([50 + 75, 100 + 180, 100 + 285, 400])
    assert curve["ev"].tolist() == pytest.approx([50, 130, np.nan, np.nan], nan_ok=True)
    assert curve["progress_share"].iloc[1] == pytest.approx(130 / 400)
    assert curve["spi"].iloc[0] == pytest.approx(50 / 125)


def test_days_of_ones_own_come_in_order():
    curve = s_curve(TWO, LOG, every=["2020-01-14", "2020年1月5日"])
    assert curve.index.strftime("%m-%d").tolist() == ["01-05", "01-14"]
    assert curve["ev"].tolist() == pytest.approx([50, 250])


@pytest.mark.parametrize(
    ("every", "days"),
    [
        ("W-FRI", ["2020-01-03", "2020-01-10", "2020-01-17", "2020-01-24"]),
        ("M", ["2020-01-31"]),
        ("Q", ["2020-03-31"]),
        ("Y", ["2020-12-31"]),
    ],
)
def test_periods_end_on_their_last_days(every, days):
    assert s_curve(TWO, LOG, every=every).index.strftime("%Y-%m-%d").tolist() == days


def test_every_day_is_a_period_too():
    assert len(s_curve(TWO, LOG, every="D")) == 20


def test_with_a_day_of_knowledge_it_is_known_what_was_not_reported():
    log = LOG.assign(recorded_at=pd.to_datetime(["2020-01-04", "2020-01-05", "2020-01-30", "2020-01-14"]))
    curve = s_curve(TWO, log, known_on="2020-01-19")
    assert curve["ev"].tolist() == pytest.approx([50, 50, 170, np.nan], nan_ok=True)


def test_without_reports_nothing_is_known_to_be_earned():
    curve = s_curve(TWO, pd.DataFrame())
    assert curve["ev"].isna().all()
    assert curve["pv"].iloc[-1] == 400


def test_groups_stand_as_in_progress(season_frames):
    tasks, reports = season_frames
    curve = s_curve(tasks, reports, by=["lead_unit", "category"])
    assert curve.index.names == ["lead_unit", "category", "date"]
    groups = progress(tasks, reports, on="2020-01-31", by=["lead_unit", "category"]).index
    assert curve.index.droplevel("date").unique().equals(groups)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({"every": "fortnight"}, "every_unknown", "fortnight"),
        ({"every": 7}, "every_unknown", "7"),
        ({"every": []}, "no_days", ""),
        ({"every": ["2020-01-05", "soon"]}, "not_a_day", "soon"),
        ({"every": ["2020-01-05", "2020-01-05"]}, "day_twice", "2020-01-05"),
        ({"by": "shire"}, "by_unknown", "shire"),
        ({"by": ["zone", "date"]}, "by_unknown", "date"),
        ({"plan": "beta"}, "plan_unknown", "beta"),
    ],
)
def test_what_is_wrong_is_refused_and_named(more, code, said):
    with pytest.raises(LedgerError) as caught:
        s_curve(TWO, LOG, **more)
    assert code in {found.code for found in caught.value.problems}
    for lang in ("zh", "en"):
        assert said in caught.value.render(lang)


@pytest.mark.parametrize("known_on", [None, "2020-02-10"])
@pytest.mark.parametrize("plan", ["linear", "season"])
@pytest.mark.parametrize("by", ["zone", ["lead_unit", "category"], None])
@pytest.mark.filterwarnings("ignore::fringe.errors.FringeWarning")
def test_a_curve_on_a_day_is_the_progress_of_that_day(season_frames, by, plan, known_on):
    tasks, reports = season_frames
    days = ["2019-10-20", "2019-11-17", "2019-12-31", "2020-01-05", "2020-02-09"]
    curve = s_curve(tasks, reports, every=days, by=by, plan=plan, known_on=known_on)
    for day in days:
        table = progress(tasks, reports, on=day, by=by, plan=plan, known_on=known_on)
        at = curve if by is not None else pd.concat({"all": curve}, names=["group"])
        at = at.xs(pd.Timestamp(day), level="date")
        assert at.index.equals(table.index)
        for column in ("planned_share", "progress_share", "spi"):
            np.testing.assert_array_equal(at[column], table[column], err_msg=f"{day} {column}")


@pytest.mark.filterwarnings("ignore::fringe.errors.FringeWarning")
def test_a_season_agrees_with_plain_python(season, season_frames):
    tasks, reports = season
    days = [dt.date(2019, 12, 1), dt.date(2020, 1, 15), dt.date(2020, 3, 1)]
    curve = s_curve(*season_frames, every=days, by="zone", known_on="2020-03-01")
    members = [task for task in tasks if task["zone"] == "Z05"]
    own = [report for report in reports if report["task"] in {task["task"] for task in members}]
    for day in days:
        expected = slow.progress(members, own, day, dt.date(2020, 3, 1), lambda task: task["weight"])
        found = curve.loc[("Z05", pd.Timestamp(day))]
        assert found["progress_share"] == pytest.approx(expected["progress_share"], abs=1e-12)
        assert found["planned_share"] == pytest.approx(expected["planned_share"], abs=1e-12)


logs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 12), st.integers(0, 2), st.integers(0, 99)), max_size=25)


@settings(max_examples=80, deadline=None)
@given(logs, st.sets(st.integers(-1, 14), min_size=1))
def test_rows_day_by_day_are_those_of_each_day_alone(rows, offsets):
    log = pd.DataFrame(
        {
            "task": [f"T{task}" for task, *_ in rows],
            "date": [DAY_0 + pd.Timedelta(days=day) for _, day, *_ in rows],
            "recorded_at": [DAY_0 + pd.Timedelta(days=30 + late) for *_, late, _ in rows],
            "done": [float(done) for *_, done in rows],
        },
        index=[f"R{at}" for at in range(len(rows))],
    ).astype({"date": "datetime64[us]", "recorded_at": "datetime64[us]", "task": object})
    tasks = pd.Index(["T0", "T1", "T2"])
    days = pd.DatetimeIndex([DAY_0 + pd.Timedelta(days=day) for day in sorted(offsets)])
    for day, found in zip(days, rows_by_day(tasks, log, days), strict=True):
        assert found.tolist() == last_rows(tasks, log, day).tolist()


@pytest.mark.parametrize("every", ["D", "W", "M"])
@pytest.mark.parametrize("plan", ["linear", "season"])
@pytest.mark.filterwarnings("ignore::fringe.errors.FringeWarning")
def test_planned_value_never_falls_and_ends_at_the_whole(season_frames, every, plan):
    tasks, reports = season_frames
    curve = s_curve(tasks, reports, every=every, by="zone", plan=plan)
    for _, own in curve["planned_share"].groupby("zone"):
        assert (own.diff().iloc[1:] >= -1e-12).all()
        assert own.iloc[-1] == pytest.approx(1)
