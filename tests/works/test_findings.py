"""Findings by hand, by law, and against the slow telling."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point
from tests.works import slow_findings

from fringe import closure, findings_flow, findings_state
from fringe.errors import FringeWarning, LayerError

START = dt.date(2020, 1, 1)
pytestmark = pytest.mark.filterwarnings("ignore::fringe.errors.FringeWarning")


def log(*rows):
    """Return findings of zone `a`, category `x`, from dictionaries of what matters."""
    frame = pd.DataFrame([{"zone": "a", "category": "x", "responsible": "roads", **row} for row in rows])
    return frame.set_index("finding") if rows else frame


LIFE = {
    "finding": "F1",
    "found_on": "2020-01-02",
    "due": "2020-01-10",
    "rectified_on": "2020-01-13",
    "verified_on": "2020-01-15",
    "closed_on": "2020-01-20",
}


@pytest.mark.parametrize(
    ("day", "status", "open_", "late", "overdue"),
    [
        ("2020-01-02", "found", 0, 0, False),
        ("2020-01-10", "found", 8, 0, False),
        ("2020-01-11", "found", 9, 1, True),
        ("2020-01-13", "rectified", 11, 3, False),
        ("2020-01-19", "verified", 17, 3, False),
        ("2020-01-20", "closed", 18, 3, False),
        ("2020-03-01", "closed", 18, 3, False),
    ],
)
def test_one_life_day_by_day(day, status, open_, late, overdue):
    row = findings_state(log(LIFE), on=day).loc["F1"]
    assert (row["status"], row["days_open"], row["days_overdue"], row["overdue"]) == (status, open_, late, overdue)


def test_a_finding_is_not_there_before_it_was_found():
    assert findings_state(log(LIFE), on="2020-01-01").empty
    assert closure(log(LIFE), on="2020-01-01").loc["roads", "n_found"] == 0


def test_a_returned_finding_is_the_units_again_even_after_closing():
    again = log({**LIFE, "returned_on": "2020-02-01"})
    assert findings_state(again, on="2020-01-31")["status"].item() == "closed"
    row = findings_state(again, on="2020-02-03").loc["F1"]
    assert (row["status"], row["overdue"], row["days_overdue"], row["days_open"]) == ("returned", True, 24, 32)
    week = findings_flow(again, on="2020-02-03", every="W").loc["2020-02-02"]
    assert (week["opening"], week["reopened"], week["closed"], week["closing"]) == (0, 1, 0, 1)


def test_rectified_once_more_after_a_return():
    row = log(
        {**LIFE, "rectified_on": "2020-01-18", "returned_on": "2020-01-12", "verified_on": None, "closed_on": None}
    )
    days = ["2020-01-11", "2020-01-12", "2020-01-18"]
    assert [findings_state(row, on=day)["status"].item() for day in days] == ["found", "returned", "rectified"]


def test_several_on_one_day_the_furthest_counts():
    same = dict.fromkeys(["found_on", "rectified_on", "returned_on", "verified_on", "closed_on"], "2020-01-02")
    assert findings_state(log({"finding": "F1", **same}), on="2020-01-02")["status"].item() == "closed"
    del same["verified_on"], same["closed_on"]
    assert findings_state(log({"finding": "F1", **same}), on="2020-01-02")["status"].item() == "returned"


def test_entries_follow_each_other_and_old_bulletins_come_back():
    rows = log(
        {"finding": "F1", "found_on": "2020-01-02", "recorded_at": "2020-01-02 16:00"},
        {"finding": "F2", "found_on": "2020-01-03", "recorded_at": "2020-01-12 09:00"},
        {
            "finding": "F1-2",
            "corrects": "F1",
            "found_on": "2020-01-02",
            "closed_on": "2020-01-09",
            "recorded_at": "2020-01-11 10:00",
        },
        {"finding": "V", "kind": "void", "corrects": "F2", "found_on": None, "recorded_at": "2020-01-14 08:00"},
    )
    now = findings_state(rows, on="2020-01-15")
    assert now["status"].to_dict() == {"F1": "closed"}
    assert now["entry"].to_dict() == {"F1": "F1-2"}
    then = findings_state(rows, on="2020-01-10", known_on="2020-01-10")
    assert then["status"].to_dict() == {"F1": "found"}
    assert findings_state(rows, on="2020-01-10")["status"].to_dict() == {"F1": "closed"}
    assert set(findings_state(rows, on="2020-01-12", known_on="2020-01-12").index) == {"F1", "F2"}
    shots = findings_flow(rows, on="2020-01-19", snapshots=True)
    # Week 1 saw F1 alone; by week 2 F2 of week 1 is known, which the opening shows; then F2 is taken back.
    assert shots[["opening", "new", "closed", "closing"]].to_numpy().tolist() == [
        [1 - 1, 1, 0, 1],
        [2, 0, 1, 1],
        [0, 0, 0, 0],
    ]
    assert shots["n_found"].tolist() == [1, 2, 1]
    hindsight = findings_flow(rows, on="2020-01-19")
    assert hindsight["n_found"].tolist() == [1, 1, 1]


def test_a_finding_followed_in_several_entries_is_one():
    life = [
        {"finding": "F1", "found_on": "2020-01-02"},
        {"finding": "F1b", "found_on": "2020-01-02", "rectified_on": "2020-01-05", "corrects": "F1"},
        {
            "finding": "F1c",
            "found_on": "2020-01-02",
            "rectified_on": "2020-01-05",
            "verified_on": "2020-01-06",
            "corrects": "F1b",
        },
    ]
    state = findings_state(log(*life), on="2020-01-10")
    assert state["entry"].to_dict() == {"F1": "F1c"}
    assert state["status"].to_dict() == {"F1": "verified"}
    taken_back = log(*life, {"finding": "V", "found_on": "2020-01-07", "kind": "void", "corrects": "F1c"})
    assert findings_state(taken_back, on="2020-01-10")["status"].to_dict() == {"F1": "rectified"}


def test_dates_without_a_time_of_record_are_known_at_the_end_of_their_day():
    row = log(LIFE)
    assert findings_state(row, on="2020-02-01", known_on="2020-01-14")["status"].item() == "rectified"
    assert findings_state(row, on="2020-02-01", known_on="2020-01-01").empty


def test_a_row_filled_in_later_keeps_its_time_and_tells_nothing_before_its_days():
    row = log({**LIFE, "recorded_at": "2020-01-02 16:00"})
    seen = [findings_state(row, on="2020-02-01", known_on=day)["status"].item() for day in ("2020-01-02", "2020-01-15")]
    assert seen == ["found", "verified"]
    morning = "2020-01-13 09:00"
    assert findings_state(row, on="2020-02-01", known_on=morning)["status"].item() == "rectified"
    assert findings_state(log(LIFE), on="2020-02-01", known_on=morning)["status"].item() == "found"


def test_closure_by_hand():
    rows = log(
        {"finding": "A", "found_on": "2020-01-01", "due": "2020-01-05", "closed_on": "2020-01-04"},
        {"finding": "B", "found_on": "2020-01-01", "due": "2020-01-05", "rectified_on": "2020-01-08"},
        {"finding": "C", "found_on": "2020-01-03", "due": "2020-01-09"},
        {"finding": "D", "found_on": "2020-01-04", "due": "2020-01-20", "verified_on": "2020-01-09"},
        {"finding": "E", "found_on": "2020-01-04", "responsible": None, "returned_on": "2020-01-06"},
    )
    table = closure(rows, on="2020-01-11")
    assert list(table.index[:1]) == ["roads"]
    assert pd.isna(table.index[1])
    roads = table.loc["roads"]
    assert roads[["n_found", "n_to_rectify", "n_to_verify", "n_verified", "n_closed", "n_open"]].tolist() == [
        4,
        1,
        1,
        1,
        1,
        3,
    ]
    assert roads["closure_share"] == 0.25
    # Due by the 10th: A, B, C; only A was in time. C has been overdue for two days.
    assert roads["on_time_share"] == pytest.approx(1 / 3)
    assert (roads["n_findings_overdue"], roads["days_overdue_max"], roads["days_open_max"]) == (1, 2, 10)
    other = table.iloc[1]
    assert (other["n_to_rectify"], other["n_returned"], other["n_findings_overdue"]) == (1, 1, 0)
    assert np.isnan(other["on_time_share"])
    verified = closure(rows, on="2020-01-11", until="verified").loc["roads"]
    assert (verified["n_closed"], verified["closure_share"]) == (2, 0.5)


def test_a_due_day_is_over_at_its_end():
    row = log({"finding": "A", "found_on": "2020-01-01", "due": "2020-01-05"})
    assert np.isnan(closure(row, on="2020-01-05").loc["roads", "on_time_share"])
    assert closure(row, on="2020-01-06").loc["roads", ["on_time_share", "n_findings_overdue"]].tolist() == [0, 1]


def test_every_zone_and_township_appears(grid):
    rows = log(
        {"finding": "A", "found_on": "2020-01-01", "zone": "NW"},
        {"finding": "B", "found_on": "2020-01-01", "zone": "SE", "closed_on": "2020-01-02"},
    )
    table = closure(rows, on="2020-01-03", by="zone", zones=grid)
    assert table.index.equals(grid.index)
    assert table["n_found"].tolist() == [1, 0, 0, 1]
    assert np.isnan(table.loc["NE", "closure_share"])
    towns = closure(rows, on="2020-01-03", by="township", zones=grid)
    assert towns["n_open"].to_dict() == {"north": 1, "south": 0}
    weekly = findings_flow(rows, on="2020-01-03", by="township", zones=grid)
    assert weekly.loc[("south", pd.Timestamp("2020-01-03")), "closed"] == 1
    with pytest.raises(LayerError, match="there is no zone 'XX'"):
        closure(rows.assign(zone="XX"), on="2020-01-03", by="zone", zones=grid)


def test_points_stay_with_their_findings(grid):
    rows = gpd.GeoDataFrame(
        log(
            {"finding": "A", "found_on": "2020-01-01"},
            {"finding": "B", "found_on": "2020-01-05"},
            {"finding": "A2", "found_on": "2020-01-02", "corrects": "A"},
        ),
        geometry=[Point(1, 1), None, Point(3, 3)],
        crs=grid.crs,
    )
    state = findings_state(rows, on="2020-01-04")
    assert isinstance(state, gpd.GeoDataFrame)
    assert state.geometry.to_dict() == {"A": Point(3, 3)}
    assert state.crs == grid.crs


def test_nothing_found_is_no_error():
    empty = pd.DataFrame()
    assert findings_state(empty, on="2020-01-01").empty
    assert closure(empty, on="2020-01-01").empty
    table = findings_flow(empty, on="2020-01-01")
    assert table["closing"].tolist() == [0]
    assert table["closure_share"].isna().all()


def codes(found):
    return {problem.code for problem in found.value.problems}


def test_all_that_is_wrong_is_said_at_once():
    rows = log(
        {"finding": "A", "found_on": "2020-01-05", "rectified_on": "2020-01-04"},
        {"finding": "B", "found_on": "2020-01-05", "corrects": "Z"},
        {"finding": "C", "found_on": "2020-01-05", "corrects": "D"},
        {"finding": "D", "found_on": "2020-01-05", "corrects": "C"},
        {"finding": "V", "found_on": "2020-01-05", "kind": "void"},
    )
    with pytest.raises(LayerError) as found:
        closure(rows, on="soon", known_on="never", until="gone", by="colour")
    assert codes(found) >= {
        "finding_before_found",
        "finding_unknown",
        "finding_circle",
        "finding_void_of_nothing",
        "day_unclear",
        "argument_unknown",
        "by_unknown",
    }
    circle = next(problem for problem in found.value.problems if problem.code == "finding_circle")
    assert circle.rows == ("C", "D")
    with pytest.raises(LayerError) as found:
        findings_flow(log(LIFE), on="2020-02-01", every="fortnight")
    assert codes(found) == {"period_unknown"}
    with pytest.raises(LayerError) as found:
        findings_state(log({"finding": "A", "found_on": "5th"}), on="2020-01-01")
    assert codes(found) == {"not_a_date"}
    with pytest.raises(LayerError) as found:
        findings_state("findings.csv", on="2020-01-01")
    assert codes(found) == {"not_a_frame"}


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"verified_on": "2020-01-10", "rectified_on": "2020-01-12"}, "do not follow the course"),
        ({"due": "2020-01-01"}, "before it was found"),
        ({"recorded_at": "2020-01-01 10:00"}, "after it was recorded"),
        ({"verified_on": "2020-01-04"}, "nothing counts as closed"),
    ],
)
def test_what_is_doubtful_is_computed_and_said(row, words):
    with pytest.warns(FringeWarning, match=words):
        findings_state(log({"finding": "A", "found_on": "2020-01-02", **row}), on="2020-02-01")


@pytest.mark.filterwarnings("default")
def test_closing_unverified_is_said_only_where_verifying_is_recorded():
    closed = {"finding": "A", "found_on": "2020-01-02", "closed_on": "2020-01-04"}
    with pytest.warns(FringeWarning, match="without having been verified"):
        findings_state(log(closed, {**LIFE, "finding": "B"}), on="2020-02-01")
    findings_state(log(closed), on="2020-02-01")


def test_inputs_are_left_alone():
    rows = log(LIFE)
    before = rows.copy(deep=True)
    findings_state(rows, on="2020-01-20", known_on="2020-01-20")
    findings_flow(rows, on="2020-01-20", snapshots=True)
    pd.testing.assert_frame_equal(rows, before)


days = st.integers(0, 30).map(lambda n: START + dt.timedelta(days=n))


@st.composite
def entries(draw):
    """Draw a log of entries, some of which correct or take back earlier ones."""
    rows = []
    for at in range(draw(st.integers(1, 9))):
        found = draw(days)
        row = {"finding": f"F{at}", "found_on": found, "kind": "finding", "corrects": None}
        for state in slow_findings.ORDER[1:]:
            later = st.integers(0, 25).map(lambda n, found=found: found + dt.timedelta(days=n))
            row[f"{state}_on"] = draw(st.none() | later)
        row["recorded_at"] = draw(st.none() | days)
        if rows and draw(st.booleans()):
            row["corrects"] = draw(st.sampled_from(rows))["finding"]
            if draw(st.integers(0, 3)) == 0:
                row["kind"] = "void"
        row["group"] = draw(st.sampled_from("pq"))
        rows.append(row)
    return rows


@settings(deadline=None, max_examples=25)
@given(entries(), days, st.none() | days, st.sampled_from(list(slow_findings.OFF)))
def test_states_and_sums_agree_with_the_slow_telling(rows, day, known, until):
    frame = pd.DataFrame([{"zone": "a", "category": "x", **row} for row in rows])
    state = findings_state(frame, on=day, known_on=known, until=until)
    slow = {name: slow_findings.status(row, day) for name, row in slow_findings.standing(rows, known).items()}
    assert state["status"].to_dict() == {name: status for name, status in slow.items() if status}
    table = closure(frame, on=day, known_on=known, by="group", until=until)
    off = [status for status in slow.values() if status in slow_findings.OFF[until]]
    assert table["n_closed"].sum() == len(off)
    parts = table[["n_to_rectify", "n_to_verify", "n_verified"]].sum(axis=1)
    fully_closed = sum(status == "closed" for status in slow.values())
    assert parts.sum() + fully_closed == table["n_found"].sum() == sum(status is not None for status in slow.values())


@settings(deadline=None, max_examples=12)
@given(entries(), days, st.sampled_from(["W", "W-FRI", "M"]), st.booleans(), st.sampled_from(list(slow_findings.OFF)))
def test_opening_and_new_and_reopened_less_closed_is_closing(rows, day, every, snapshots, until):
    frame = pd.DataFrame([{"zone": "a", "category": "x", **row} for row in rows])
    table = findings_flow(frame, on=day, every=every, snapshots=snapshots, until=until)
    total = table["opening"] + table["new"] + table["reopened"] - table["closed"]
    assert total.equals(table["closing"])
    for end, row in table.iterrows():
        known = end.date() if snapshots else None
        own = slow_findings.flow(rows, row["period_start"].date(), end.date(), until, known)
        assert {name: row[name] for name in own} == own
    if not snapshots:
        # Each period opens with what the one before it left, and the list is what the states say.
        assert table["opening"].iloc[1:].tolist() == table["closing"].iloc[:-1].tolist()
        state = findings_state(frame, on=day, until=until)["status"]
        assert table["closing"].iloc[-1] == (~state.isin(slow_findings.OFF[until])).sum()
    parts = findings_flow(frame, on=day, every=every, snapshots=snapshots, until=until, by="group")
    columns = ["new", "closing", "closed", "n_found"]
    if not snapshots:
        # Where everything was taken back there are no groups, and nothing to add up.
        summed = parts.groupby(level="period_end")[columns].sum().reindex(table.index, fill_value=0)
        assert summed.to_numpy().tolist() == table[columns].to_numpy().tolist()
