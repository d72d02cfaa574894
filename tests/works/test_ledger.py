"""What is done of a task on a day, as known on a day."""

import datetime as dt

import pandas as pd
import pytest
from tests.works import slow
from tests.works.ledgers import reports_of, tasks_of

from fringe.errors import FringeWarning, LedgerError
from fringe.works.ledger import effective, state

ONE = tasks_of(("T1", 100))


def done(reports, on="2020-01-31", known_on=None):
    return state(ONE, reports, on=on, known_on=known_on)["done"].item()


def test_a_task_without_reports_has_nothing_done():
    found = state(ONE, pd.DataFrame(), on="2020-01-31")
    assert found["done"].tolist() == [0]
    assert found["last_report_on"].isna().all()
    assert found["report"].tolist() == [None]


def test_the_last_report_up_to_the_day_counts():
    reports = reports_of(("R1", "T1", "2020-01-03", 10), ("R2", "T1", "2020-01-05", 30), ("R3", "T1", "2020-01-04", 20))
    assert [done(reports, on=f"2020-01-{day:02}") for day in (2, 3, 4, 5, 6)] == [0, 10, 20, 30, 30]


def test_a_fall_is_what_was_reported():
    assert done(reports_of(("R1", "T1", "2020-01-03", 30), ("R2", "T1", "2020-01-05", 20))) == 20


def test_ties_go_to_the_later_record_then_the_greater_id():
    same_day = reports_of(
        ("R9", "T1", "2020-01-03", 1, "2020-01-03 10:00"),
        ("R2", "T1", "2020-01-03", 2, "2020-01-04 10:00"),
    )
    assert done(same_day) == 2
    same_moment = reports_of(
        ("R10", "T1", "2020-01-03", 10, "2020-01-03 10:00"),
        ("R9", "T1", "2020-01-03", 9, "2020-01-03 10:00"),
    )
    assert done(same_moment) == 10


def test_a_missing_record_time_is_the_end_of_the_day():
    reports = reports_of(("R1", "T1", "2020-01-03", 1), ("R2", "T1", "2020-01-03", 2, "2020-01-03 23:00"))
    assert done(reports) == 1


def test_what_was_not_known_does_not_count():
    reports = reports_of(
        ("R1", "T1", "2020-01-03", 10, "2020-01-03 18:00"), ("R2", "T1", "2020-01-10", 40, "2020-01-20 09:00")
    )
    assert done(reports, on="2020-01-12", known_on="2020-01-12") == 10
    assert done(reports, on="2020-01-12", known_on="2020-01-20") == 40
    assert done(reports, on="2020-01-12", known_on="2020-01-20 08:59") == 10
    assert done(reports, on="2020-01-12") == 40


def test_a_void_takes_back_and_a_correction_replaces():
    first = ("R1", "T1", "2020-01-03", 10, "2020-01-03 18:00")
    second = ("R2", "T1", "2020-01-05", 500, "2020-01-05 18:00")
    void = ("R3", "T1", "2020-01-05", None, "2020-01-08 09:00", "void", "R2")
    correction = ("R4", "T1", "2020-01-05", 50, "2020-01-08 09:00", "report", "R2")
    assert done(reports_of(first, second)) == 500
    assert done(reports_of(first, second, void)) == 10
    assert done(reports_of(first, second, void), known_on="2020-01-07") == 500
    assert done(reports_of(first, second, correction)) == 50
    earlier = ("R5", "T1", "2020-01-02", 5, "2020-01-08 09:00", "report", "R2")
    assert done(reports_of(first, second, earlier)) == 10  # the correction holds from its own date


@pytest.mark.parametrize(
    ("corrected_to", "by_day"),
    [  # what stands at the ends of 3, 4, 5, 7, 8 and 9 January
        ("2020-01-05", [10, 10, 50, 50, 50, 50]),
        ("2020-01-08", [10, 10, 10, 10, 50, 50]),  # between the two dates the report before holds
        ("2020-01-04", [10, 50, 50, 50, 50, 50]),
        ("2020-01-02", [10, 10, 10, 10, 10, 10]),  # it lies before a report that nobody corrected
    ],
)
def test_a_correction_replaces_as_soon_as_it_is_known_whatever_its_date(corrected_to, by_day):
    reports = reports_of(
        ("R1", "T1", "2020-01-03", 10, "2020-01-03 18:00"),
        ("R2", "T1", "2020-01-05", 500, "2020-01-05 18:00"),
        ("R3", "T1", corrected_to, 50, "2020-01-20 09:00", "report", "R2"),
    )
    days = [f"2020-01-{day:02}" for day in (3, 4, 5, 7, 8, 9)]
    assert [done(reports, on=day) for day in days] == by_day
    assert [done(reports, on=day, known_on="2020-01-20") for day in days] == by_day
    # The bulletins printed before the 20th come out as they were.
    assert [done(reports, on=day, known_on="2020-01-19") for day in days] == [10, 10, 500, 500, 500, 500]
    assert [done(reports, on=day, known_on=day) for day in days] == [10, 10, 500, 500, 500, 500]


def test_a_correction_of_a_correction_leaves_one_report():
    reports = reports_of(
        ("R1", "T1", "2020-01-03", 10, "2020-01-03 18:00"),
        ("R2", "T1", "2020-01-04", 20, "2020-01-05 18:00", "report", "R1"),
        ("R3", "T1", "2020-01-02", 30, "2020-01-07 18:00", "report", "R2"),
    )
    assert [done(reports, on=f"2020-01-0{day}") for day in (1, 2, 3, 4)] == [0, 30, 30, 30]
    assert [done(reports, on=f"2020-01-0{day}", known_on="2020-01-06") for day in (2, 3, 4)] == [0, 0, 20]


@pytest.mark.parametrize(
    ("chain", "standing"),
    [  # each entry corrects the one before it; R is a report, V a void
        ("R", "1"),
        ("RV", ""),
        ("RR", "2"),
        ("RVV", "1"),
        ("RRV", "1"),
        ("RRR", "3"),
        ("RVR", "3"),  # the void was replaced by a figure: the first report stays taken back
        ("RVVV", ""),
        ("RRVV", "2"),
        ("RRVR", "4"),
        ("RRRV", "2"),
    ],
)
def test_chains_of_corrections(chain, standing):
    rows = [
        (
            f"R{at}", "T1", f"2020-01-0{at}", None if kind == "V" else at, f"2020-01-{at + 10} 09:00",
            "void" if kind == "V" else "report", f"R{at - 1}" if at > 1 else None,
        )
        for at, kind in enumerate(chain, 1)
    ]  # fmt: skip
    found = effective(reports_of(*rows).assign(date=lambda frame: pd.to_datetime(frame["date"])).pipe(moments))
    assert "".join(name[1] for name in found.index) == standing


def moments(reports):
    return reports.assign(recorded_at=pd.to_datetime(reports["recorded_at"]))


def test_undoing_a_void_brings_the_report_back():
    reports = reports_of(
        ("R1", "T1", "2020-01-03", 10, "2020-01-03 18:00"),
        ("R2", "T1", "2020-01-03", None, "2020-01-04 18:00", "void", "R1"),
        ("R3", "T1", "2020-01-03", None, "2020-01-05 18:00", "void", "R2"),
    )
    assert [done(reports, known_on=f"2020-01-{day:02}") for day in (2, 3, 4, 5)] == [0, 10, 0, 10]


def test_record_times_are_asked_for_only_where_they_matter():
    reports = reports_of(("R1", "T1", "2020-01-03", 10))
    assert done(reports) == 10
    with pytest.warns(FringeWarning, match="recorded"):
        state(ONE, reports, on="2020-01-31", known_on="2020-01-31")


def test_texts_and_dates_name_the_same_day():
    reports = reports_of(("R1", "T1", "2020年1月3日", 10), ("R2", "T1", dt.date(2020, 1, 5), 20))
    assert done(reports, on=pd.Timestamp("2020-01-04 15:00")) == 10
    assert done(reports, on=dt.date(2020, 1, 5)) == 20


def test_inputs_are_not_written_to():
    reports = reports_of(("R1", "T1", "2020-01-03", 10))
    tasks_before, reports_before = ONE.copy(deep=True), reports.copy(deep=True)
    state(ONE, reports, on="2020-01-31")
    pd.testing.assert_frame_equal(ONE, tasks_before)
    pd.testing.assert_frame_equal(reports, reports_before)


@pytest.mark.parametrize(
    ("rows", "code", "row", "said"),
    [
        ([("R1", "T9", "2020-01-03", 10)], "unknown_task", "R1", "T9"),
        ([("R1", "T1", "soon", 10)], "not_a_date", "R1", "soon"),
        ([("R1", "T1", "2020-01-03", -5)], "below_minimum", "R1", "-5"),
        ([("R1", "T1", "2020-01-03", "much")], "not_a_number", "R1", "much"),
        ([("R1", "T1", "2020-01-03", None)], "value_missing", "R1", ""),
        ([("R1", "T1", "2020-01-03", 1), ("R1", "T1", "2020-01-04", 1)], "id_duplicate", "R1", "R1"),
        ([("R1", "T1", "2020-01-03", None, None, "void", None)], "void_of_nothing", "R1", ""),
        ([("R1", "T1", "2020-01-03", 1, None, "report", "R7")], "unknown_report", "R1", "R7"),
        ([("R1", "T1", "2020-01-03", 1, None, "undo", None)], "unknown_value", "R1", "undo"),
        (
            [("R1", "T1", "2020-01-03", 1, None, "report", "R2"), ("R2", "T1", "2020-01-03", 1, None, "report", "R1")],
            "corrects_in_circle",
            "R2",
            "",
        ),
        ([("R1", "T1", "2020-01-03", 1, None, "report", "R1")], "corrects_in_circle", "R1", ""),
    ],
)
def test_bad_reports_are_refused_by_name(rows, code, row, said):
    with pytest.raises(LedgerError) as caught:
        state(ONE, reports_of(*rows), on="2020-01-31")
    found = next(found for found in caught.value.problems if found.code == code)
    assert row in found.rows
    for lang in ("zh", "en"):
        assert row in found.render(lang)
        assert said in found.render(lang)


def test_a_correction_of_another_task_is_refused():
    tasks = tasks_of(("T1", 1), ("T2", 1))
    reports = reports_of(("R1", "T1", "2020-01-03", 1), ("R2", "T2", "2020-01-03", 1, None, "report", "R1"))
    with pytest.raises(LedgerError, match="T1"):
        state(tasks, reports, on="2020-01-31")


def test_everything_wrong_is_said_at_once():
    tasks = tasks_of(("T1", 0), ("T2", 1), due=pd.Timestamp("2019-01-01"))
    reports = reports_of(("R1", "T9", "2020-01-03", -1))
    with pytest.raises(LedgerError) as caught:
        state(tasks, reports, on="some day")
    assert {found.code for found in caught.value.problems} == {
        "target_not_positive", "due_before_start", "unknown_task", "below_minimum", "day_unclear",
    }  # fmt: skip


@pytest.mark.parametrize("known_on", [None, dt.date(2020, 1, 20), dt.date(2020, 2, 10)])
@pytest.mark.parametrize("on", [dt.date(2019, 12, 1), dt.date(2020, 1, 31), dt.date(2020, 3, 31)])
@pytest.mark.filterwarnings("ignore::fringe.errors.FringeWarning")
def test_a_season_agrees_with_plain_python(season, season_frames, on, known_on):
    tasks, reports = season
    found = state(*season_frames, on=on, known_on=known_on)
    by_task = {task["task"]: [] for task in tasks}
    for report in reports:
        by_task[report["task"]].append(report)
    for task in tasks:
        last = slow.last_report(task, by_task[task["task"]], on, known_on)
        assert found.loc[task["task"], "report"] == (last["report"] if last else None)
        assert found.loc[task["task"], "done"] == (last["done"] if last else 0)


def test_the_quick_way_for_layers_finds_the_same_problems(season_frames):
    tasks, reports = season_frames
    odd = reports.head(60).copy()
    odd["corrects"] = None
    odd["kind"] = "report"
    odd.iloc[0, odd.columns.get_loc("done")] = -1.0
    odd.iloc[1, odd.columns.get_loc("done")] = float("nan")
    odd.iloc[2, odd.columns.get_loc("kind")] = "undo"
    odd.iloc[3, odd.columns.get_loc("task")] = "T999"
    odd["done"] = odd["done"].astype(float)
    quick = odd.assign(date=pd.to_datetime(odd["date"]), recorded_at=pd.to_datetime(odd["recorded_at"]))
    said = []
    for frame in (odd.reset_index(), quick):
        with pytest.raises(LedgerError) as caught:
            state(tasks, frame, on="2020-01-31")
        said.append({(found.code, found.rows) for found in caught.value.problems})
    assert said[0] == said[1]
    assert len(said[0]) == 4


@pytest.mark.parametrize(("tasks", "reports"), [(None, pd.DataFrame()), (ONE, None), (ONE, [("R1", "T1", 5)])])
def test_what_is_no_table_is_refused(tasks, reports):
    with pytest.raises(LedgerError) as caught:
        state(tasks, reports, on="2020-01-31")
    assert [found.code for found in caught.value.problems] == ["not_a_frame"]
