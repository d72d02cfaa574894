"""A plot's status on a day, from its dates."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fringe.errors import FringeError
from fringe.model.layers import LAYERS
from fringe.model.states import COUNTED, DATED_BY, PRECEDENCE, STATUSES, as_day, status_on

DAY = st.dates(dt.date(2020, 1, 1), dt.date(2020, 1, 12))
PLOT = st.fixed_dictionaries(dict.fromkeys(DATED_BY.values(), st.none() | DAY))


def frame(plots):
    return pd.DataFrame(plots, columns=list(DATED_BY.values()), index=[f"P-{at}" for at in range(len(plots))])


def slow_status(plot, on):
    """As a person reads the dates: the last that happened, a loss over all else, else what comes later in life."""
    happened = [(plot[column], word == "lost", STATUSES.index(word), word) for word, column in DATED_BY.items()]
    happened = [item for item in happened if item[0] is not None and item[0] <= on]
    return max(happened)[3] if happened else None


def test_words():
    assert STATUSES == ("planned", "under_way", "planted", "accepted", "kept", "lost")
    assert COUNTED == ("planted", "accepted", "kept")
    assert PRECEDENCE == ("kept", "accepted", "planted", "under_way", "planned", "lost")
    assert set(DATED_BY) == set(STATUSES)
    assert set(DATED_BY.values()) <= {column.name for column in LAYERS["plots"].columns}


def test_a_life_by_hand():
    plots = frame([("2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01", "2021-04-01", "2022-01-01")])
    lived = {day: status_on(plots, day)[0].iloc[0] for day in ("2019-12-31", "2020-01-01", "2020-02-15", "2020-03-01",
             "2020-04-01", "2021-12-31", "2022-01-01", "2030-01-01")}  # fmt: skip
    assert lived == {
        "2019-12-31": None, "2020-01-01": "planned", "2020-02-15": "under_way", "2020-03-01": "planted",
        "2020-04-01": "accepted", "2021-12-31": "kept", "2022-01-01": "lost", "2030-01-01": "lost",
    }  # fmt: skip


@settings(max_examples=150)
@given(plots=st.lists(PLOT, max_size=6), on=DAY)
def test_as_a_person_reads_the_dates(plots, on):
    found, problems = status_on(frame(plots), on)
    assert found.tolist() == [slow_status(plot, on) for plot in plots]
    assert problems == []
    assert found.name == "status"


@settings(max_examples=50)
@given(plots=st.lists(PLOT, min_size=1, max_size=5), on=DAY)
def test_what_comes_later_changes_nothing(plots, on):
    known = [{name: day if day and day <= on else None for name, day in plot.items()} for plot in plots]
    assert status_on(frame(plots), on)[0].tolist() == status_on(frame(known), on)[0].tolist()


def test_a_loss_wins_on_its_day_and_replanting_after_it():
    plots = pd.DataFrame({"planted_on": ["2020-03-01", "2020-05-01"], "lost_on": ["2020-03-01", "2020-04-01"]})
    assert status_on(plots, "2020-06-01")[0].tolist() == ["lost", "planted"]


def test_the_day_counts_to_its_end():
    plots = pd.DataFrame({"planted_on": pd.to_datetime(["2020-03-01 17:30"])})
    assert status_on(plots, "2020-03-01")[0].tolist() == ["planted"]
    assert status_on(plots, pd.Timestamp("2020-03-01 08:00"))[0].tolist() == ["planted"]
    assert status_on(plots, "2020-02-29")[0].tolist() == [None]


@pytest.mark.parametrize(
    "dates",
    [
        ["2020-03-01", None],
        pd.to_datetime(["2020-03-01", None]),
        pd.to_datetime(["2020-03-01", None]).tz_localize("Asia/Shanghai"),
        [dt.date(2020, 3, 1), pd.NaT],
        pd.array(["2020.3.1", pd.NA], dtype="string"),
        ["2020年3月1日", "  "],
        [43891, float("nan")],
    ],
)
def test_dates_in_every_guise(dates):
    found, problems = status_on(pd.DataFrame({"planted_on": dates}), "2020-03-01")
    assert found.tolist() == ["planted", None]
    assert problems == []


def test_unreadable_dates_are_errors_that_name_rows_and_value():
    plots = pd.DataFrame({"planted_on": ["soon", "2020-01-01", "soon"]}, index=["P-1", "P-2", "P-3"])
    found, problems = status_on(plots, "2020-03-01")
    assert found.tolist() == [None, "planted", None]
    (problem,) = problems
    assert (problem.code, problem.rows, problem.severity) == ("not_a_date", ("P-1", "P-3"), "error")
    assert "soon" in problem.render("en")


def test_a_status_without_its_date_is_said_and_does_not_count():
    plots = pd.DataFrame(
        {"status": ["kept", "planted", "planned", None], "planned_on": ["2020-01-01"] * 3 + [None],
         "planted_on": [None, "2020-02-01", None, None]}, index=list("abcd"),
    )  # fmt: skip
    found, problems = status_on(plots, "2020-03-01")
    assert found.to_dict() == {"a": "planned", "b": "planted", "c": "planned", "d": None}
    (problem,) = problems
    assert (problem.code, problem.rows, problem.severity) == ("status_without_date", ("a",), "warning")
    assert "kept_on" in problem.render("zh")
    assert "kept_on" in problem.render("en")


def test_no_dates_and_no_rows():
    found, problems = status_on(pd.DataFrame({"status": ["kept", "lost"]}), "2020-03-01")
    assert found.tolist() == [None, None]
    assert [problem.params["value"] for problem in problems] == ["kept", "lost"]
    found, problems = status_on(pd.DataFrame({"status": []}), "2020-03-01")
    assert (len(found), problems) == (0, [])


def test_plots_are_not_written_to():
    plots = pd.DataFrame({"planted_on": ["2020-03-01", None], "status": ["planted", "kept"]})
    before = plots.copy(deep=True)
    status_on(plots, "2020-03-01")
    pd.testing.assert_frame_equal(plots, before)


@pytest.mark.parametrize("bad", ["soon", None, pd.NaT, float("nan"), "2020-02-30"])
def test_what_is_no_day_is_refused(bad):
    with pytest.raises(FringeError, match="is not a day"):
        status_on(pd.DataFrame({"planted_on": []}), bad)


def test_a_day_in_every_guise():
    day = pd.Timestamp("2020-03-01")
    for given_as in ("2020-03-01", "2020年3月1日", dt.date(2020, 3, 1), dt.datetime(2020, 3, 1, 23, 59), day):  # noqa: DTZ001
        assert as_day(given_as, "plots") == day
