"""Where a task stands on a day, by hand and against plain Python."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from tests.works import slow
from tests.works.ledgers import reports_of, tasks_of

from fringe.errors import LedgerError
from fringe.works.progress import progress
from fringe.works.standing import task_state

DAY = dt.timedelta(days=1)
TASKS = tasks_of(("T1", 100), ("T2", 50), ("T3", 10), ("T4", 8))  # 1 to 10 January
REPORTS = reports_of(
    ("R1", "T1", "2020-01-04", 30),
    ("R2", "T2", "2020-01-08", 60),
    ("R3", "T3", "2020-01-05", 10),
    ("R4", "T3", "2020-01-09", 9),
    ("R5", "T3", "2020-01-11", 10),
)


def dates(column):
    return [None if pd.isna(item) else f"{item:%m-%d}" for item in column]


def test_a_day_within_the_works():
    table = task_state(TASKS, REPORTS, on="2020-01-09")
    assert table.index.equals(TASKS.index)
    assert table["done"].tolist() == [30, 60, 9, 0]
    assert table["progress_share"].tolist() == pytest.approx([0.3, 1, 0.9, 0])
    assert table["excess"].tolist() == [0, 10, 0, 0]
    assert table["planned_share"].tolist() == pytest.approx([0.9] * 4)
    assert table["report"].tolist() == ["R1", "R2", "R4", None]
    assert dates(table["last_report_on"]) == ["01-04", "01-08", "01-09", None]
    # T2 is complete and owes no report; T4 has been silent since it began.
    assert table["days_silent"].tolist() == [5, pd.NA, 0, 8]
    assert table["days_overdue"].tolist() == [0, 0, 0, 0]
    assert dates(table["completed_on"]) == [None, "01-08", None, None]
    assert dates(table["next_milestone_on"]) == ["01-10", None, "01-10", "01-10"]
    assert table["next_milestone_share"].tolist()[0] == 1.0
    assert table["status"].tolist() == ["behind", "ahead", "on_track", "behind"]


def test_after_the_due_day_what_is_open_is_overdue():
    table = task_state(TASKS, REPORTS, on="2020-01-11")
    assert table["days_overdue"].tolist() == [1, 0, 0, 1]
    assert dates(table["completed_on"]) == [None, "01-08", "01-11", None]


def test_before_the_start_nobody_is_silent():
    table = task_state(TASKS, REPORTS, on="2019-12-31")
    assert table["days_silent"].isna().all()
    assert table["status"].tolist() == ["on_track"] * 4


def test_what_was_not_known_does_not_count():
    late = reports_of(("R1", "T1", "2020-01-04", 30, "2020-01-04 10:00"), ("R2", "T1", "2020-01-06", 50, "2020-01-20"))
    table = task_state(TASKS.head(1), late, on="2020-01-09", known_on="2020-01-09")
    assert table[["done", "days_silent"]].iloc[0].tolist() == [30, 5]


def test_milestones_come_from_the_plans_table():
    plan = pd.DataFrame({
        "task": ["T1", "T1", "T3"], "date": ["2020-01-03", "2020-01-06", "2020-01-04"], "planned": [20, 60, 5],
    })  # fmt: skip
    with pytest.warns(UserWarning, match="T2"):
        table = task_state(TASKS, REPORTS, on="2020-01-07", plan=plan)
    # T1 has 30 of 100: the first row is reached, the second was missed yesterday.
    assert dates(table["next_milestone_on"]) == ["01-06", "01-10", None, "01-10"]
    assert table["next_milestone_share"].tolist()[:2] == [0.6, 1.0]
    reached = task_state(TASKS.head(1), reports_of(("R1", "T1", "2020-01-04", 60)), on="2020-01-07", plan=plan.head(2))
    assert dates(reached["next_milestone_on"]) == ["01-10"]


def test_milestones_of_a_season_are_the_ends_of_its_windows():
    tasks = tasks_of(("T1", 100), start=pd.Timestamp("2019-12-01"), due=pd.Timestamp("2020-04-30"))
    plan = [("11-15", "12-31"), ("03-01", "03-31")]  # 31 days of December and 31 of March
    table = task_state(tasks, reports_of(("R1", "T1", "2019-12-10", 20)), on="2019-12-15", plan=plan)
    assert dates(table["next_milestone_on"]) == ["12-31"]
    assert table["next_milestone_share"].tolist() == pytest.approx([0.5])


def test_everything_wrong_is_said_at_once():
    with pytest.raises(LedgerError) as caught:
        task_state(TASKS, reports_of(("R1", "T9", "2020-01-03", 1)), on="some day", plan="beta")
    assert {found.code for found in caught.value.problems} == {"unknown_task", "day_unclear", "plan_unknown"}


def test_inputs_are_not_written_to():
    tasks, reports = TASKS.copy(deep=True), REPORTS.copy(deep=True)
    task_state(TASKS, REPORTS, on="2020-01-09")
    pd.testing.assert_frame_equal(TASKS, tasks)
    pd.testing.assert_frame_equal(REPORTS, reports)


@pytest.mark.parametrize("known_on", [None, dt.date(2020, 1, 20)])
@pytest.mark.parametrize("on", [dt.date(2019, 12, 1), dt.date(2020, 1, 31)])
@pytest.mark.filterwarnings("ignore::fringe.errors.FringeWarning")
def test_a_season_agrees_with_plain_python(season, season_frames, on, known_on):
    tasks, reports = season
    table = task_state(*season_frames, on=on, known_on=known_on)
    by_task = {task["task"]: [] for task in tasks}
    for report in reports:
        by_task[report["task"]].append(report)
    for task in tasks:
        row = table.loc[task["task"]]
        last = slow.last_report(task, by_task[task["task"]], on, known_on)
        done = last["done"] if last else 0.0
        complete = done >= task["target"]
        since = last["date"] if last else task["start"]
        assert row["done"] == done
        assert row["progress_share"] == min(done / task["target"], 1)
        assert row["excess"] == max(done - task["target"], 0)
        assert row["days_overdue"] == (0 if complete else max((on - task["due"]).days, 0))
        if complete or (last is None and task["start"] > on):
            assert row["days_silent"] is pd.NA
        else:
            assert row["days_silent"] == (on - since).days
        assert (pd.isna(row["next_milestone_on"])) == complete
        assert (pd.isna(row["completed_on"])) != complete
        if not complete:
            assert row["next_milestone_on"].date() == task["due"]


@pytest.mark.filterwarnings("ignore::fringe.errors.FringeWarning")
def test_the_tasks_of_a_zone_add_up_to_its_progress(season_frames):
    tasks, reports = season_frames
    table = task_state(tasks, reports, on="2020-01-31")
    zones = progress(tasks, reports, on="2020-01-31", weights="equal")
    by_zone = tasks["zone"]
    np.testing.assert_allclose(table["progress_share"].groupby(by_zone).mean(), zones["progress_share"], rtol=1e-12)
    np.testing.assert_allclose(table["done"].groupby(by_zone).sum(), zones["done"], rtol=1e-12)
    assert (table["days_overdue"] > 0).groupby(by_zone).sum().tolist() == zones["n_overdue"].tolist()
    assert table["last_report_on"].groupby(by_zone).max().tolist() == zones["last_report_on"].tolist()
