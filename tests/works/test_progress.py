"""Progress of groups of tasks: by hand, by law, and against plain Python."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.works import slow
from tests.works.ledgers import reports_of, tasks_of

from fringe.errors import FringeWarning, LedgerError
from fringe.works.progress import progress

COLUMNS = [
    "n_tasks", "unit", "target", "done", "excess", "progress_share", "planned_share", "spi", "spi_t", "forecast_on",
    "status", "n_overdue", "last_report_on",
]  # fmt: skip
TWO = tasks_of(("T1", 10), ("T2", 100))
TEN_EACH = reports_of(("R1", "T1", "2020-01-05", 10), ("R2", "T2", "2020-01-05", 10))
ZONES = pd.DataFrame(
    {"name": ["东片", "西片", "北片"], "township": ["甲镇", "乙乡", "甲镇"], "lead_unit": ["P", "Q", "P"]},
    index=pd.Index(["east", "west", "north"], name="zone"),
)


def row(table):
    assert len(table) == 1
    return table.iloc[0]


def test_the_golden_number_is_no_mean_of_percentages():
    table = progress(TWO, TEN_EACH, on="2020-01-05")
    assert table.columns.tolist() == COLUMNS
    found = row(table)
    assert found["progress_share"] == pytest.approx(20 / 110)  # 18.18 %, not 55 %
    assert (found["n_tasks"], found["unit"], found["target"], found["done"], found["excess"]) == (2, "m2", 110, 20, 0)
    assert found["last_report_on"] == pd.Timestamp("2020-01-05")


def test_weights_count_whole_tasks():
    weighed = TWO.assign(weight=[3.0, 1.0])
    assert row(progress(weighed, TEN_EACH, on="2020-01-05"))["progress_share"] == pytest.approx((3 + 0.1) / 4)
    assert row(progress(TWO, TEN_EACH, on="2020-01-05", weights="equal"))["progress_share"] == pytest.approx(1.1 / 2)
    assert row(progress(weighed, TEN_EACH, on="2020-01-05", weights="target"))["progress_share"] == pytest.approx(
        20 / 110
    )
    cost = TWO.assign(cost_yuan=[1, 9])
    assert row(progress(cost, TEN_EACH, on="2020-01-05", weights="cost_yuan"))["progress_share"] == pytest.approx(
        1.9 / 10
    )


def test_over_delivery_stands_apart():
    reports = reports_of(("R1", "T1", "2020-01-05", 35), ("R2", "T2", "2020-01-05", 10))
    found = row(progress(TWO, reports, on="2020-01-05"))
    assert found["progress_share"] == pytest.approx(20 / 110)
    assert (found["done"], found["excess"]) == (45, 25)


@pytest.mark.parametrize(
    ("on", "share"), [("2019-12-31", 0), ("2020-01-01", 0.1), ("2020-01-05", 0.5), ("2020-01-10", 1), ("2020-02-10", 1)]
)
def test_the_plan_runs_from_the_start_of_start_to_the_end_of_due(on, share):
    assert row(progress(TWO, TEN_EACH, on=on))["planned_share"] == pytest.approx(share)


def test_time_and_value_indices_by_hand():
    # One task of ten days and 100 m2: 40 m2 at the end of day 8 were planned for the end of day 4.
    one = tasks_of(("T1", 100))
    found = row(progress(one, reports_of(("R1", "T1", "2020-01-08", 40)), on="2020-01-08"))
    assert found["spi"] == pytest.approx(0.4 / 0.8)
    assert found["spi_t"] == pytest.approx(4 / 8)
    assert found["forecast_on"] == pd.Timestamp("2020-01-20")  # 10 days / 0.5 = 20 days from 1 January
    assert found["status"] == "behind"


@pytest.mark.parametrize(
    ("done", "status"),
    [
        (53, "ahead"),
        (52.5, "ahead"),
        (52.4, "on_track"),
        (47.5, "on_track"),
        (47.4, "at_risk"),
        (40, "at_risk"),
        (39.9, "behind"),
    ],
)
def test_status_by_the_rules(done, status):
    found = row(progress(tasks_of(("T1", 100)), reports_of(("R1", "T1", "2020-01-05", done)), on="2020-01-05"))
    assert found["spi_t"] == pytest.approx(done / 50)
    assert found["status"] == status


def test_nothing_planned_yet_is_on_track():
    found = row(progress(TWO, pd.DataFrame(), on="2019-12-31"))
    assert found["status"] == "on_track"
    assert math.isnan(found["spi"])
    assert math.isnan(found["spi_t"])
    assert pd.isna(found["forecast_on"])


def test_an_overdue_task_caps_the_status():
    # T1 (1 m2) is overdue from 11 January; T2 (100 m2, due in February) is far ahead.
    tasks = tasks_of(("T1", 1), ("T2", 100), due=[pd.Timestamp("2020-01-10"), pd.Timestamp("2020-02-29")])
    reports = reports_of(("R2", "T2", "2020-01-09", 90))
    on_time = row(progress(tasks, reports, on="2020-01-10"))
    assert (on_time["status"], on_time["n_overdue"]) == ("ahead", 0)
    late = row(progress(tasks, reports, on="2020-01-11"))
    assert (late["status"], late["n_overdue"]) == ("at_risk", 1)
    assert late["spi_t"] > 1.05


def test_a_completed_group_stops_its_clock():
    one = tasks_of(("T1", 100))
    reports = reports_of(("R1", "T1", "2020-01-08", 100), ("R2", "T1", "2020-01-20", 100))
    found = row(progress(one, reports, on="2020-03-01"))
    assert found["spi_t"] == pytest.approx(10 / 8)
    assert found["forecast_on"] == pd.Timestamp("2020-01-08")
    assert found["status"] == "ahead"
    late = row(progress(one, reports_of(("R1", "T1", "2020-01-20", 100)), on="2020-03-01"))
    assert late["spi_t"] == pytest.approx(10 / 20)
    assert late["forecast_on"] == pd.Timestamp("2020-01-20")
    assert late["status"] == "on_track"  # nothing is left to do
    redone = reports_of(
        ("R1", "T1", "2020-01-05", 100), ("R2", "T1", "2020-01-06", 50), ("R3", "T1", "2020-01-08", 120)
    )
    assert row(progress(one, redone, on="2020-03-01"))["forecast_on"] == pd.Timestamp("2020-01-08")


def test_nothing_reported_is_nothing_done():
    for reports in (pd.DataFrame(), TEN_EACH.head(0)):
        found = row(progress(TWO, reports, on="2020-01-05"))
        assert (found["done"], found["progress_share"], found["spi_t"]) == (0, 0, 0)
        assert found["status"] == "behind"
        assert pd.isna(found["forecast_on"])
        assert pd.isna(found["last_report_on"])


def test_nothing_done_in_a_season_that_begins_late_has_no_forecast():
    # 100 m2 from 1 November, planned between 20 December and 10 January: 12 of the 22 days are gone.
    one = tasks_of(("T1", 100), start=pd.Timestamp("2019-11-01"), due=pd.Timestamp("2020-03-31"))
    options = {"on": "2019-12-31", "plan": [("12-20", "01-10")]}
    found = row(progress(one, pd.DataFrame(), **options))
    assert found["planned_share"] == pytest.approx(12 / 22)
    assert found["spi_t"] == pytest.approx(49 / 61)  # the last moment at which nothing was planned: 19 December
    assert pd.isna(found["forecast_on"])
    # With 1 m2 there is a pace.
    assert pd.notna(row(progress(one, reports_of(("R1", "T1", "2019-12-30", 1)), **options))["forecast_on"])


def test_units_that_differ_do_not_add_up():
    tasks = TWO.assign(unit=["m2", "株"])
    with pytest.raises(LedgerError) as caught:
        progress(tasks, TEN_EACH, on="2020-01-05")
    for lang in ("zh", "en"):
        said = caught.value.render(lang)
        for word in ("east", "m2, 株", 'weights="equal"', 'weights="target"', "T1", "T2"):
            assert word in said
    found = row(progress(tasks, TEN_EACH, on="2020-01-05", weights="equal"))
    assert found["unit"] is None
    assert found[["target", "done", "excess"]].isna().all()
    by_unit = progress(tasks, TEN_EACH, on="2020-01-05", by="unit")
    assert by_unit["progress_share"].tolist() == [1, 0.1]


def test_weights_must_be_whole():
    with pytest.raises(LedgerError) as caught:
        progress(TWO.assign(weight=[1.0, None]), TEN_EACH, on="2020-01-05")
    assert caught.value.problems[0].rows == ("T2",)
    with pytest.raises(LedgerError, match="-1"):
        progress(TWO.assign(cost=[1.0, -1.0]), TEN_EACH, on="2020-01-05", weights="cost")
    with pytest.raises(LedgerError, match="equal, target"):
        progress(TWO, TEN_EACH, on="2020-01-05", weights="costs")
    unweighed = TWO.assign(weight=[None, None])
    assert row(progress(unweighed, TEN_EACH, on="2020-01-05"))["progress_share"] == pytest.approx(20 / 110)


def test_a_group_without_weight_has_no_share():
    found = row(progress(TWO.assign(weight=0.0), TEN_EACH, on="2020-01-05"))
    assert found[["progress_share", "planned_share", "spi", "spi_t"]].isna().all()
    assert found["status"] is None


def test_with_zones_every_zone_appears_in_their_order():
    table = progress(TWO.assign(zone=["west", "西片"]), TEN_EACH, on="2020-01-05", zones=ZONES)
    assert table.index.equals(ZONES.index)
    assert table.index.name == "zone"
    assert table["n_tasks"].tolist() == [0, 2, 0]
    empty = table.loc["east"]
    assert empty[["target", "done", "progress_share", "planned_share", "spi", "spi_t"]].isna().all()
    assert empty["status"] is None
    assert empty["n_overdue"] == 0


def test_by_a_column_of_the_zones():
    table = progress(TWO.assign(zone=["east", "north"]), TEN_EACH, on="2020-01-05", by="township", zones=ZONES)
    assert table.index.tolist() == ["甲镇", "乙乡"]
    assert table["n_tasks"].tolist() == [2, 0]
    assert table["progress_share"].iloc[0] == pytest.approx(20 / 110)


def test_by_a_pair_is_a_matrix():
    tasks = TWO.assign(zone=["east", "west"], lead_unit=["B", "A"])
    table = progress(tasks, TEN_EACH, on="2020-01-05", by=["lead_unit", "township"], zones=ZONES)
    assert table.index.names == ["lead_unit", "township"]
    assert table.index.tolist() == [("A", "甲镇"), ("A", "乙乡"), ("B", "甲镇"), ("B", "乙乡")]
    assert table["n_tasks"].tolist() == [0, 1, 1, 0]
    matrix = table["progress_share"].unstack(sort=False)  # noqa: PD010 - nothing is to be aggregated
    assert (matrix.index.tolist(), matrix.columns.tolist()) == (["A", "B"], ["甲镇", "乙乡"])
    assert (matrix.loc["A", "乙乡"], matrix.loc["B", "甲镇"]) == (0.1, 1)
    twice = progress(tasks, TEN_EACH, on="2020-01-05", by=["zone", "zone"])
    assert twice.index.equals(progress(tasks, TEN_EACH, on="2020-01-05").index)
    assert progress(tasks, TEN_EACH, on="2020-01-05", by=["zone", "lead_unit"]).index.tolist() == [
        ("east", "B"),
        ("west", "A"),
    ]


def test_tasks_without_a_value_are_not_lost():
    tasks = TWO.assign(lead_unit=["A", None])
    table = progress(tasks, TEN_EACH, on="2020-01-05", by="lead_unit")
    assert table["n_tasks"].tolist() == [1, 1]
    assert table.index.isna().tolist() == [False, True]


def test_a_township_that_is_not_its_zones_is_said():
    tasks = TWO.assign(township=["甲镇", "乙乡"])
    with pytest.warns(FringeWarning, match="T2"):
        table = progress(tasks, TEN_EACH, on="2020-01-05", by="township", zones=ZONES)
    assert table["n_tasks"].tolist() == [1, 1]


def test_everything_in_one_row():
    assert progress(TWO, TEN_EACH, on="2020-01-05", by=None)["n_tasks"].tolist() == [2]


@pytest.mark.parametrize(
    ("tasks", "more", "said"),
    [
        (TWO.head(0), {}, "no rows"),
        (TWO.assign(target=[0.0, 1.0]), {}, "T1"),
        (TWO.assign(due=pd.Timestamp("2019-01-01")), {}, "2019-01-01"),
        (TWO.assign(start="yesterday"), {}, "yesterday"),
        (TWO.assign(zone=["east", "wset"]), {"zones": ZONES}, "wset.*west"),
        (TWO.rename(index={"T2": "T1"}), {}, "T1"),
        (TWO, {"by": "shire"}, "shire.*zone"),
        (TWO, {"by": "township"}, "township.*zones"),
        (TWO, {"plan": "beta"}, "beta.*linear"),
        (TWO, {"on": "soon"}, "soon"),
        (TWO, {"known_on": "2019-02-30"}, "2019-02-30"),
        (TWO, {"zones": ZONES.head(0)}, "no rows"),
        (TWO, {"zones": ZONES.rename(index={"west": "east"})}, "east"),
    ],
)
def test_what_is_wrong_is_refused_and_named(tasks, more, said, monkeypatch):
    monkeypatch.setenv("FRINGE_LANG", "en")
    with pytest.raises(LedgerError, match=f"(?s){said}") as caught:
        progress(tasks, TEN_EACH, **{"on": "2020-01-05", **more})
    assert caught.value.render("zh")
    assert all(found.remedy("zh") and found.remedy("en") for found in caught.value.problems)


def test_all_problems_come_at_once():
    with pytest.raises(LedgerError) as caught:
        progress(TWO.assign(target=[0.0, 1.0]), reports_of(("R1", "T9", "2020-01-05", 1)), on="soon", plan="beta")
    assert {found.code for found in caught.value.problems} == {
        "target_not_positive", "unknown_task", "day_unclear", "plan_unknown",
    }  # fmt: skip


def test_inputs_are_not_written_to():
    before = [frame.copy(deep=True) for frame in (TWO, TEN_EACH, ZONES)]
    progress(TWO, TEN_EACH, on="2020-01-05", zones=ZONES, by=["zone", "category"])
    for frame, copy in zip((TWO, TEN_EACH, ZONES), before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


@pytest.mark.parametrize("known_on", [None, dt.date(2020, 1, 20)])
@pytest.mark.parametrize("on", [dt.date(2019, 10, 1), dt.date(2019, 12, 1), dt.date(2020, 1, 31), dt.date(2020, 6, 30)])
@pytest.mark.parametrize("by", ["zone", "category", "task"])
@pytest.mark.filterwarnings("ignore::fringe.errors.FringeWarning")
def test_a_season_agrees_with_plain_python(season, season_frames, by, on, known_on):
    tasks, reports = season
    table = progress(*season_frames, on=on, known_on=known_on, by=by)
    of_task = {task["task"]: [] for task in tasks}
    for report in reports:
        of_task[report["task"]].append(report)
    for name in sorted({task[by] for task in tasks}):
        members = [task for task in tasks if task[by] == name]
        own = [report for task in members for report in of_task[task["task"]]]
        expected = slow.progress(members, own, on, known_on, lambda task: task["weight"])
        found = table.loc[name]
        for column, value in expected.items():
            if isinstance(value, str):
                assert found[column] == value, (name, column)
            else:
                assert found[column] == pytest.approx(value, nan_ok=True, abs=1e-9), (name, column)


@pytest.mark.filterwarnings("ignore::fringe.errors.FringeWarning")
def test_an_old_bulletin_comes_out_as_it_was(season_frames):
    tasks, reports = season_frames
    day = pd.Timestamp("2020-01-20")
    recorded = pd.to_datetime(reports["recorded_at"]).fillna(pd.to_datetime(reports["date"]) + pd.Timedelta(hours=23))
    then = reports[(recorded < day + pd.Timedelta(days=1)).to_numpy()]
    printed = progress(tasks, then, on=day)
    pd.testing.assert_frame_equal(progress(tasks, reports, on=day, known_on=day), printed)
    assert not progress(tasks, reports, on=day).equals(printed)


@pytest.mark.parametrize("by", ["zone", "category", ["lead_unit", "zone"]])
def test_groups_reconcile_with_the_whole(season_frames, by):
    tasks, reports = season_frames
    whole = row(progress(tasks, reports, on="2020-01-31", by=None))
    parts = progress(tasks, reports, on="2020-01-31", by=by)
    weight = tasks.groupby(by)["weight"].sum().reindex(parts.index)
    for column in ("progress_share", "planned_share"):
        assert (parts[column] * weight).sum() / weight.sum() == pytest.approx(whole[column], rel=1e-12)
    for column in ("n_tasks", "target", "done", "excess", "n_overdue"):
        assert parts[column].sum() == pytest.approx(whole[column], rel=1e-12)


ledgers = st.lists(
    st.tuples(
        st.sampled_from(["east", "west", "north"]),
        st.integers(1, 50),  # target
        st.integers(0, 20),  # start
        st.integers(0, 30),  # days more
        st.integers(0, 5),  # weight
        st.lists(st.tuples(st.integers(0, 60), st.integers(0, 70)), max_size=3, unique_by=lambda item: item[0]),
    ),
    min_size=1,
    max_size=6,
)
DAY_0 = pd.Timestamp("2020-01-01")


def drawn(rows):
    days = [(DAY_0 + pd.Timedelta(days=row[2]), DAY_0 + pd.Timedelta(days=row[2] + row[3])) for row in rows]
    tasks = tasks_of(
        *((f"T{at}", row[1]) for at, row in enumerate(rows)),
        zone=[row[0] for row in rows],
        start=[start for start, _ in days],
        due=[due for _, due in days],
        weight=[float(row[4]) for row in rows],
    )
    reports = [
        (f"R{at}-{number}", f"T{at}", DAY_0 + pd.Timedelta(days=day), float(done))
        for at, row in enumerate(rows)
        for number, (day, done) in enumerate(row[5])
    ]
    return tasks, reports_of(*reports)


@settings(max_examples=40, deadline=None)
@given(ledgers, st.integers(-2, 70), st.randoms(use_true_random=False))
def test_shares_are_shares_and_the_order_of_rows_means_nothing(rows, day, draw):
    tasks, reports = drawn(rows)
    on = DAY_0 + pd.Timedelta(days=day)
    table = progress(tasks, reports, on=on, zones=ZONES)
    for column in ("progress_share", "planned_share"):
        assert table[column].dropna().between(0, 1).all()
    assert set(table["status"].dropna()) <= {"ahead", "on_track", "at_risk", "behind"}
    shuffled_tasks = tasks.iloc[draw.sample(range(len(tasks)), len(tasks))]
    shuffled = reports.iloc[draw.sample(range(len(reports)), len(reports))]
    pd.testing.assert_frame_equal(table, progress(shuffled_tasks, shuffled, on=on, zones=ZONES))


@settings(max_examples=40, deadline=None)
@given(ledgers, st.integers(-2, 70), st.integers(0, 5), st.integers(1, 30))
def test_doing_more_never_lowers_anything(rows, day, which, more):
    tasks, reports = drawn(rows)
    on = DAY_0 + pd.Timedelta(days=day)
    name = f"T{which % len(rows)}"
    extra = reports.assign(done=reports["done"] + np.where(reports["task"] == name, more, 0))
    before, after = (progress(tasks, frame, on=on, by=None).iloc[0] for frame in (reports, extra))
    worst_first = ["behind", "at_risk", "on_track", "ahead"]
    assert not after["progress_share"] < before["progress_share"] - 1e-12
    assert not after["n_overdue"] > before["n_overdue"]
    if before["status"] is not None and before["n_overdue"] == after["n_overdue"]:
        assert worst_first.index(after["status"]) >= worst_first.index(before["status"])
