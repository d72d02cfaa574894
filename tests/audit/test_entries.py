"""Entries that are hard to believe: each kind by hand, each next to one that is not."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.works import ledgers
from tests.works.ledgers import reports_of, tasks_of

from fringe.audit.doctor import examine
from fringe.audit.entries import entry_flags, implausible
from fringe.errors import LedgerError
from fringe.works.course import course_of
from fringe.works.ledger import effective, read_both

ONE = tasks_of(("T1", 100), due=pd.Timestamp("2020-03-31"))  # from 1 January


def flags(tasks, reports, **options):
    table = implausible(tasks, reports, **options)
    return [(row.task, row.report, row.code) for row in table.itertuples()]


def weekly(task, *figures, first="2020-01-03", prefix="R"):
    days = pd.date_range(first, periods=len(figures), freq="7D")
    return [
        (f"{prefix}{task}-{at}", task, f"{day:%Y-%m-%d}", done)
        for at, (day, done) in enumerate(zip(days, figures, strict=True))
    ]


def test_a_steady_task_has_nothing():
    assert flags(ONE, reports_of(*weekly("T1", 0, 10, 20, 20, 45, 70, 100))) == []


def test_nothing_reported_is_nothing_flagged():
    assert flags(ONE, pd.DataFrame()) == []


def test_work_before_the_start():
    reports = reports_of(("R1", "T1", "2019-12-30", 0), ("R2", "T1", "2019-12-31", 5), ("R3", "T1", "2020-01-01", 6))
    assert flags(ONE, reports) == [("T1", "R2", "report_before_start")]


def test_a_fall_that_corrects_nothing():
    down = [("R1", "T1", "2020-01-03", 30), ("R2", "T1", "2020-01-10", 20)]
    assert flags(ONE, reports_of(*down)) == [("T1", "R2", "report_falls")]
    # A correction of the same day, a void, and a correction that is lower than an earlier day are no falls.
    corrected = (*down[0], "2020-01-03 10:00"), ("R2", "T1", "2020-01-03", 20, "2020-01-09", "report", "R1")
    assert flags(ONE, reports_of(*corrected)) == []
    voided = (*down[0], "2020-01-03 10:00"), ("R2", "T1", "2020-01-03", None, "2020-01-09", "void", "R1")
    assert flags(ONE, reports_of(*voided)) == []
    later = [*down, ("R3", "T1", "2020-01-17", 40), ("R4", "T1", "2020-01-24", 25, None, "report", "R3")]
    assert flags(ONE, reports_of(*later)) == [("T1", "R2", "report_falls")]


def test_several_figures_of_one_day_are_settled_first():
    day = [("R9", "T1", "2020-01-03", 50, "2020-01-03 10:00"), ("R10", "T1", "2020-01-03", 10, "2020-01-03 10:00")]
    # R10 is the day's figure, so that 12 is no fall; that it is less than R9 is.
    assert flags(ONE, reports_of(*day, ("R11", "T1", "2020-01-10", 12))) == [("T1", "R10", "report_falls")]


def test_a_fall_within_a_day():
    day = [("R1", "T1", "2020-01-03", 50, "2020-01-03 10:00"), ("R2", "T1", "2020-01-03", 20, "2020-01-03 18:00")]
    assert flags(ONE, reports_of(*day)) == [("T1", "R2", "report_falls")]
    (message,) = implausible(ONE, reports_of(*day), lang="en")["message"]
    assert "50" in message
    assert "20" in message
    # Recorded the other way round it rises; a correction and a void are said to be what they are.
    assert flags(ONE, reports_of(day[1][:4] + day[0][4:], day[0][:4] + day[1][4:])) == []
    assert flags(ONE, reports_of(day[0], (*day[1], "report", "R1"))) == []
    voided = ("R3", "T1", "2020-01-03", None, "2020-01-04", "void", "R1")
    assert flags(ONE, reports_of(*day, voided)) == []
    # It fell, even where the day ends higher; what is below the day before as well is said once.
    evening = ("R3", "T1", "2020-01-03", 60, "2020-01-03 20:00")
    assert flags(ONE, reports_of(*day, evening)) == [("T1", "R2", "report_falls")]
    assert flags(ONE, reports_of(("R0", "T1", "2020-01-02", 60), *day)) == [("T1", "R2", "report_falls")]


def test_over_delivery_is_said_where_it_begins():
    assert flags(ONE, reports_of(*weekly("T1", 50, 100, 120, 121, 130, 110, 125))) == [
        ("T1", "RT1-5", "report_falls"),
        ("T1", "RT1-3", "report_over_delivers"),
        ("T1", "RT1-6", "report_over_delivers"),
    ]


def season_of(n_tasks, jump):
    """Tasks of 1 to 1.6 % a day, the last of which makes a jump in its fifth week."""
    tasks = tasks_of(*((f"T{at}", 1000) for at in range(n_tasks)), due=pd.Timestamp("2020-03-31"))
    rows = []
    for at in range(n_tasks):
        pace = 70 + at % 5 * 10
        figures = [pace * week for week in range(1, 9)]
        if at == n_tasks - 1:
            figures = [*figures[:4], figures[4] + jump]
        rows += weekly(f"T{at}", *figures)
    return tasks, reports_of(*rows)


def test_a_jump_stands_out_of_its_category():
    # Rates are 7 to 11 % a week, the median 9 %; the jump makes the work of 7.9 weeks in one.
    assert flags(*season_of(20, 600)) == [("T19", "RT19-4", "report_jumps")]
    # Not five times the median, too small a part, and too few tasks to tell.
    assert flags(*season_of(20, 300)) == []
    tasks, reports = season_of(20, 600)
    assert flags(tasks.assign(target=4000.0), reports) == []
    assert flags(*season_of(4, 600)) == []


def test_a_category_is_judged_by_its_own_pace():
    tasks, reports = season_of(20, 600)
    # The other tasks are a category that is always as quick as the jump.
    quick = tasks.assign(category="waste").rename(index=lambda name: f"Q{name}")
    rows = [row for task in quick.index for row in weekly(task, 780, 1000)]
    assert flags(pd.concat([tasks, quick]), pd.concat([reports, reports_of(*rows)])) == [
        ("T19", "RT19-4", "report_jumps"),
    ]


def test_figures_copied_from_another_task():
    tasks = tasks_of(("T1", 1000), ("T2", 2000), ("T3", 1000), due=pd.Timestamp("2020-03-31"))
    own, copied = weekly("T1", 10, 123.5, 246, 391, 470), weekly("T2", 15, 123.5, 246, 391, 500)
    assert flags(tasks, reports_of(*own, *copied)) == [
        ("T1", "RT1-3", "report_copied"),
        ("T2", "RT2-3", "report_copied"),
    ]
    # Two in a row may be chance; round figures are; other days are other figures; another unit is another thing.
    assert flags(tasks, reports_of(*own, *weekly("T2", 15, 123.5, 246, 392, 500))) == []
    assert flags(tasks, reports_of(*weekly("T1", 10, 120, 250, 400), *weekly("T2", 10, 120, 250, 400))) == []
    assert flags(tasks, reports_of(*own, *weekly("T2", 15, 123.5, 246, 391, 500, first="2020-01-04"))) == []
    assert flags(tasks.assign(unit=["m2", "m", "m2"]), reports_of(*own, *copied)) == []


def test_round_is_round_in_the_unit_that_was_given():
    mu = 2000 / 3
    tasks = tasks_of(("T1", 90 * mu), ("T2", 90 * mu), due=pd.Timestamp("2020-03-31"))
    figures = [10 * mu, 20 * mu, 30 * mu]
    reports = reports_of(*weekly("T1", *figures), *weekly("T2", *figures))
    assert flags(tasks.assign(unit_given="亩"), reports) == []
    assert {code for *_, code in flags(tasks, reports)} == {"report_copied"}


def due_on(days, **columns):
    tasks = tasks_of(*((f"T{at}", 100) for at in range(len(days))), **columns)
    return tasks, reports_of(*((f"R{at}", f"T{at}", f"2020-01-{day:02}", 100) for at, day in enumerate(days)))


def test_everything_done_on_the_last_day():
    # All are due on 10 January.
    table = implausible(*due_on([10, 10, 10, 10, 9]), lang="en")
    assert table["code"].tolist() == ["complete_on_due"] * 4
    assert table["task"].tolist() == ["T0", "T1", "T2", "T3"]
    assert table["report"].isna().all()
    assert "4" in table["message"][0]
    assert "5" in table["message"][0]
    assert flags(*due_on([10, 10, 10, 9, 9])) == []
    assert flags(*due_on([10, 10, 10, 10])) == []  # four are too few
    units = ["A", "A", "A", "B", "B", "B"]
    assert flags(*due_on([10] * 6, local_unit=units)) == []
    assert len(flags(*due_on([10] * 6, local_unit=units), by="zone")) == 6
    assert len(flags(*due_on([10] * 6, local_unit=None, lead_unit="A"))) == 6


def test_completion_counts_from_the_day_it_lasts():
    tasks, reports = due_on([10] * 5)
    earlier = reports_of(*((f"E{at}", f"T{at}", "2020-01-08", 100) for at in range(5)))
    assert flags(tasks, pd.concat([earlier, reports])) == []


def test_only_what_was_known_by_a_day_is_looked_at():
    reports = reports_of(
        ("R1", "T1", "2020-01-03", 30, "2020-01-03 10:00"), ("R2", "T1", "2020-01-10", 20, "2020-02-01")
    )
    assert flags(ONE, reports, on="2020-01-09") == []
    assert flags(ONE, reports, known_on="2020-01-31") == []
    assert flags(ONE, reports, on="2020-01-10", known_on="2020-02-01") == [("T1", "R2", "report_falls")]


def test_messages_name_task_figure_and_remedy_in_both_languages():
    reports = reports_of(("R1", "T1", "2019-12-30", 5), ("R2", "T1", "2020-01-05", 4), ("R3", "T1", "2020-02-05", 130))
    for lang in ("zh", "en"):
        table = implausible(ONE, reports, lang=lang)
        assert table["severity"].eq("warning").all()
        for said, message in zip([("2020-01-01", "5"), ("5", "4"), ("130", "100")], table["message"], strict=True):
            assert all(part in message for part in ("T1", *said))
        assert table["remedy"].str.len().gt(5).all()


def test_what_is_wrong_is_refused_at_once():
    with pytest.raises(LedgerError) as caught:
        implausible(ONE, reports_of(("R1", "T9", "2020-01-03", 10)), on="soon", by="units")
    assert {found.code for found in caught.value.problems} == {"unknown_task", "day_unclear", "by_unknown"}


def test_the_doctor_warns_of_them():
    tasks, reports, _ = read_both(ONE, reports_of(*weekly("T1", 30, 20)), None)
    (found,) = [found for found in examine({"tasks": tasks, "reports": reports}) if found.code == "report_falls"]
    assert (found.layer, found.rows, found.severity) == ("reports", ("RT1-1",), "warning")
    wrong = reports.assign(task="T9")
    assert "report_falls" not in {found.code for found in examine({"tasks": tasks, "reports": wrong})}


# A season with everything that happens to reports, against plain Python


def slow_flags(tasks, reports):
    """Return the flags of single reports, written from their definitions."""
    found = set()
    target = tasks["target"].to_dict()
    log = effective(reports)
    for task, rows in log.groupby("task"):
        days = {}
        for row in rows.itertuples():
            days[row.date] = max(days.get(row.date, row), row, key=lambda item: (item.recorded_at, item.Index))
            earlier = [
                other
                for other in rows.itertuples()
                if other.date == row.date and (other.recorded_at, other.Index) < (row.recorded_at, row.Index)
            ]
            one = max(earlier, key=lambda item: (item.recorded_at, item.Index), default=row)
            if row.done < one.done * (1 - 1e-9) and row.corrects is None:
                found.add((row.Index, "report_falls"))
        before = 0.0
        for day in sorted(days):
            row = days[day]
            if row.done > 0 and day < tasks.loc[task, "start"]:
                found.add((row.Index, "report_before_start"))
            if row.done < before * (1 - 1e-9) and row.corrects is None:
                found.add((row.Index, "report_falls"))
            if row.done > 1.2 * target[task] * (1 + 1e-9) >= before:
                found.add((row.Index, "report_over_delivers"))
            before = row.done
    return found


def test_a_season_agrees_with_plain_python(season_of_reports):
    tasks, reports = season_of_reports
    singles = {"report_before_start", "report_falls", "report_over_delivers"}
    quick = {(found.rows[0], found.code) for found in entry_flags(tasks, reports) if found.code in singles}
    assert quick == slow_flags(tasks, reports)
    assert {code for _, code in quick} == singles


@pytest.fixture(scope="module")
def season_of_reports():
    tasks, reports, _ = read_both(*ledgers.frames(*ledgers.season()), None)
    # Some of them begin late.
    starts = tasks["start"] + pd.to_timedelta(np.where(np.arange(len(tasks)) % 7 == 0, 20, 0), unit="D")
    return tasks.assign(start=starts, due=np.maximum(tasks["due"], starts)), reports


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(draw):
    tasks, reports = season_of(12, 600)
    rows = list(reports.index)
    draw.shuffle(rows)
    own, log, _ = read_both(tasks, reports, None)
    first, other = course_of(own, effective(log)), course_of(own, effective(log.loc[rows]))
    for one, same in ((first, other), (first.again, other.again)):
        for field in dataclasses.fields(one):
            if field.name not in {"tasks", "again"}:
                np.testing.assert_array_equal(getattr(one, field.name), getattr(same, field.name))
