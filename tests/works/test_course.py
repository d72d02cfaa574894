"""The courses of tasks: the day since which each is complete, and what was reported within a day."""

import numpy as np
import pandas as pd
import pytest
from tests.works.ledgers import reports_of, tasks_of

from fringe.works.course import course_of
from fringe.works.ledger import effective, read_both


def slow_completion(log, task, target, day):
    """Return the day since which a task's figures have stood at its target, from the definition."""
    figures = {}
    for row in sorted(log[log["task"] == task].itertuples(), key=lambda row: (row.date, row.recorded_at, row.Index)):
        if row.date <= day:
            figures[row.date] = row.done
    since = None
    for date, done in figures.items():
        since = (since or date) if done >= target else None
    return np.datetime64("NaT") if since is None else since.to_datetime64()


@pytest.mark.parametrize("on", ["2019-12-01", "2020-01-31", "2020-06-30"])
def test_completion_agrees_with_plain_python(season_frames, on):
    tasks, reports, _ = read_both(*season_frames, None)
    log = effective(reports)
    day = pd.Timestamp(on)
    found = course_of(tasks, log[log["date"] <= day]).completed_on()
    expected = [slow_completion(log, task, target, day) for task, target in tasks["target"].items()]
    np.testing.assert_array_equal(found, np.array(expected, dtype="datetime64[us]"))
    assert on != "2020-06-30" or 0 < np.isnat(found).sum() < len(found)


def test_no_reports_are_no_course():
    tasks, reports, _ = read_both(tasks_of(("T1", 1)), reports_of(), None)
    course = course_of(tasks, effective(reports))
    assert len(course.done) == 0
    assert np.isnat(course.completed_on()).all()
