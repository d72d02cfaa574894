"""The day since which a task is complete, one way and another."""

import numpy as np
import pandas as pd
import pytest
from tests.works.ledgers import reports_of, tasks_of

from fringe.works.course import course_of
from fringe.works.ledger import completed_on, effective, read_both


@pytest.mark.parametrize("on", ["2019-12-01", "2020-01-31", "2020-06-30"])
def test_completion_agrees_with_the_ledgers_own(season_frames, on):
    tasks, reports, _ = read_both(*season_frames, None)
    log = effective(reports)
    day = pd.Timestamp(on)
    expected = completed_on(tasks.index, tasks["target"].to_numpy(), log, day)
    found = course_of(tasks, log[log["date"] <= day]).completed_on()
    np.testing.assert_array_equal(found, expected)
    assert on != "2020-06-30" or 0 < np.isnat(found).sum() < len(found)


def test_no_reports_are_no_course():
    tasks, reports, _ = read_both(tasks_of(("T1", 1)), reports_of(), None)
    course = course_of(tasks, effective(reports))
    assert len(course.done) == 0
    assert np.isnat(course.completed_on()).all()
