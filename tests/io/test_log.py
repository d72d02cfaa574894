"""A log that is only added to: what is recorded, what is refused, and that it is written out and read back the same."""

from __future__ import annotations

import itertools
import sqlite3

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pandas.testing import assert_frame_equal
from shapely import Point

from fringe.errors import LedgerError, StudyError
from fringe.io.log import append, read_log
from fringe.io.log_csv import read_export, write_log
from fringe.io.log_door import add_file, add_report, joined, read_done, take_back
from fringe.io.store import load_study, save_study

NOON = pd.Timestamp("2020-01-31 12:00")
LATER = pd.Timestamp("2020-02-01 09:30:00.250")
TASKS = pd.DataFrame(
    {
        "unit": ["m2", "m", "share", "m2"],
        "unit_given": ["亩", "m", "%", "m2"],
        "target": [20_000.0, 100.0, 1.0, 500.0],
    },
    index=pd.Index(["T1", "T2", "T3", "T4"], name="task", dtype=object),
)
NONE = pd.DataFrame({"task": []}, index=pd.Index([], name="report", dtype=object))


def entry(task="T1", day="2020-01-30", done=1.0, **more):
    return {"task": task, "date": pd.Timestamp(day), "done": done, **more}


def codes(caught):
    return [found.code for found in caught.value.problems]


def said_well(caught):
    for lang in ("zh", "en"):
        assert "{" not in caught.value.render(lang)


def saved(tmp_path, **columns):
    """Return a saved study with one report, R1 on T1."""
    data = {"task": ["T1"], "date": [pd.Timestamp("2020-01-20")], "done": [5.0], **columns}
    reports = pd.DataFrame(data, index=pd.Index(["R1"], name="report", dtype=object))
    save_study(tmp_path / "study.gpkg", {"reports": reports}, {"title": "East"})
    return tmp_path / "study.gpkg"


def test_entries_are_stamped_and_numbered_and_any_gis_reads_them(tmp_path):
    path = tmp_path / "ledger.gpkg"
    append(path, "reports", [entry(), entry("T2", note="=1+1")], now=NOON, create=True)
    append(path, "reports", [entry(report="own")], now=LATER)
    reports = read_log(path)["reports"]
    assert reports.index.tolist() == ["rep-1", "rep-2", "own"]
    assert reports["recorded_at"].tolist() == [NOON, NOON, LATER]
    assert reports["note"].tolist() == [None, "=1+1", None]
    seen = pyogrio.read_dataframe(path, layer="reports")
    assert seen["report"].tolist() == ["rep-1", "rep-2", "own"]
    assert pd.to_datetime(seen["recorded_at"]).iloc[2] == LATER
    assert pyogrio.read_info(path, layer="reports")["geometry_type"] is None


def test_the_file_is_a_geopackage(tmp_path):
    path = tmp_path / "ledger.gpkg"
    append(path, "reports", [entry()], now=NOON, create=True)
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert {-1, 0, 4326} <= {number for (number,) in file.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")}
        kinds = dict(file.execute("SELECT table_name, data_type FROM gpkg_contents"))
        before = file.execute("SELECT last_change FROM gpkg_contents WHERE table_name = 'reports'").fetchone()
    file.close()
    assert kinds["reports"] == "attributes"
    append(path, "reports", [entry()], now=LATER)
    with sqlite3.connect(path) as file:
        after = file.execute("SELECT last_change FROM gpkg_contents WHERE table_name = 'reports'").fetchone()
    file.close()
    assert after > before


@pytest.mark.parametrize("kind", ["new", "saved"])
def test_rows_can_be_added_but_neither_changed_nor_deleted(tmp_path, kind):
    if kind == "saved":
        path = saved(tmp_path)
    else:
        path = tmp_path / "ledger.gpkg"
        append(path, "reports", [entry(report="R1")], now=NOON, create=True)
    for statement in ("UPDATE reports SET done = 9", "DELETE FROM reports"):
        file = sqlite3.connect(path)
        with pytest.raises(sqlite3.IntegrityError, match="only added"):
            file.execute(statement)
        file.close()
    assert len(read_log(path)["reports"]) == 1


def test_a_saved_study_takes_reports_and_opens_with_them(tmp_path):
    path = saved(tmp_path, own=[7], seen=[True], reporter=pd.Categorical(["Li"]), evidence=[np.nan])
    added = append(path, "reports", [entry(evidence="a.jpg", reporter="Wang", kind="report")], now=NOON)
    layers, meta = load_study(path)
    reports = layers["reports"]
    assert meta == {"title": "East"}
    assert reports.index.tolist() == ["R1", *added.index]
    assert reports["reporter"].tolist() == ["Li", "Wang"]
    assert reports["evidence"].tolist() == [None, "a.jpg"]
    assert reports["own"].tolist() == [7, pd.NA]
    assert reports["seen"].tolist() == [True, pd.NA]
    assert reports["recorded_at"].tolist() == [pd.NaT, NOON]
    assert_frame_equal(read_log(path)["reports"], reports)


def test_a_batch_is_refused_as_a_whole_with_all_its_faults(tmp_path):
    path = saved(tmp_path)
    before = path.read_bytes()
    batch = [
        entry(),
        entry(report="R1"),
        entry("T2", report="X", corrects="R1"),
        entry(report="Y", day="2020-02-02"),
        entry(report="Z", corrects="no"),
    ]
    with pytest.raises(LedgerError) as caught:
        append(path, "reports", batch, now=NOON)
    assert codes(caught) == ["log_id_taken", "corrects_other_task", "log_date_ahead", "log_unknown"]
    assert [found.rows for found in caught.value.problems] == [("R1",), ("X",), ("Y",), ("Z",)]
    said_well(caught)
    assert path.read_bytes() == before


def test_what_is_corrected_can_be_corrected_only_where_it_stands(tmp_path):
    path = saved(tmp_path)
    append(path, "reports", [entry(report="R2", corrects="R1")], now=NOON)
    with pytest.raises(LedgerError) as caught:
        append(path, "reports", [entry(report="R3", corrects="R1")], now=NOON)
    assert codes(caught) == ["log_not_standing"]
    assert caught.value.problems[0].params["by"] == "R2"
    # The correction is taken back, so that the first report stands again, and can be corrected again.
    take_back(path, NONE, "R2", now=NOON)
    append(path, "reports", [entry(report="R3", corrects="R1")], now=NOON)
    with pytest.raises(LedgerError):
        take_back(path, NONE, "R1", now=NOON)


def test_a_long_chain_of_undoings_is_followed_to_its_end(tmp_path):
    path = saved(tmp_path)
    names = ["R1", *(f"V{number}" for number in range(1, 1201))]
    voids = [
        {"report": by, "task": "T1", "date": pd.Timestamp("2020-01-20"), "kind": "void", "corrects": aim}
        for aim, by in itertools.pairwise(names)
    ]
    # Put there at once: appending looks up and down the chain for every entry.
    append(path, "reports", voids[:1], now=NOON)
    with sqlite3.connect(path) as file:
        file.executemany(
            "INSERT INTO reports (report, task, kind, corrects) VALUES (?, 'T1', 'void', ?)",
            [(void["report"], void["corrects"]) for void in voids[1:]],
        )
    file.close()
    # An even number of undoings leaves the first report standing, which is then taken back once more.
    assert take_back(path, NONE, "R1", now=NOON)["corrects"].tolist() == ["R1"]
    with pytest.raises(LedgerError) as caught:
        take_back(path, NONE, "V1", now=NOON)
    assert (codes(caught), caught.value.problems[0].params["by"]) == (["log_not_standing"], "V2")


def test_an_undoing_speaks_of_what_it_takes_back(tmp_path):
    path = saved(tmp_path)
    void = take_back(path, NONE, "R1", reporter="Li", now=NOON)
    assert void.iloc[0][["task", "kind", "corrects", "reporter"]].tolist() == ["T1", "void", "R1", "Li"]
    assert void["date"].tolist() == [pd.Timestamp("2020-01-20")]
    assert np.isnan(void["done"].iloc[0])


def test_reports_of_an_excel_ledger_can_be_corrected_and_their_ids_are_not_repeated(tmp_path):
    path = tmp_path / "ledger.gpkg"
    outside = pd.DataFrame(
        {"task": ["T1", "T1"], "date": pd.to_datetime(["2020-01-02", "2020-01-03"]), "done": [1.0, 2.0]},
        index=pd.Index(["rep-1", "E2"], name="report", dtype=object),
    )
    given = {"task": "T1", "date": "2020.1.30", "done": 2.0, "corrects": "E2"}
    assert add_report(path, TASKS, outside, given, now=NOON).index.tolist() == ["rep-2"]
    with pytest.raises(LedgerError) as caught:
        append(path, "reports", [entry(report="E2")], outside=outside, now=NOON)
    assert codes(caught) == ["log_id_taken"]


def test_a_clock_set_back_does_not_turn_the_order_round(tmp_path):
    path = tmp_path / "ledger.gpkg"
    append(path, "reports", [entry()], now=NOON, create=True)
    append(path, "reports", [entry()], now=NOON - pd.Timedelta(hours=1))
    append(path, "reports", [entry(day="2020-01-20")], now=NOON - pd.Timedelta(days=2))
    assert read_log(path)["reports"]["recorded_at"].tolist() == [NOON, NOON, NOON - pd.Timedelta(days=2)]


@pytest.mark.parametrize(
    ("task", "given", "done"),
    [
        ("T1", "3亩", 2000.0),
        ("T1", 2000, 2000.0),
        ("T1", np.int64(2000), 2000.0),
        ("T1", "０.２公顷", 2000.0),
        ("T2", "0.1km", 100.0),
        ("T2", "55", 55.0),
        ("T2", 0, 0.0),
        ("T3", "85%", 0.85),
        ("T3", 0.85, 0.85),
        ("T1", "3", "unit_unclear"),
        ("T1", "3m", "unit_of_report"),
        ("T2", "3亩", "unit_of_report"),
        ("T3", 85, "share_unclear"),
        ("T3", "85", "unit_unclear"),
        ("T3", "0.85", "unit_unclear"),
        ("T2", -1, "below_minimum"),
        ("T2", "-0.5km", "below_minimum"),
        ("T2", "many", "log_done_unclear"),
        ("T2", None, "log_done_unclear"),
        ("T2", True, "log_done_unclear"),
        ("T2", float("nan"), "log_done_unclear"),
        ("T2", float("inf"), "log_done_unclear"),
        ("T2", "=1+1", "log_done_unclear"),
    ],
)
def test_figures_mean_one_thing_or_are_refused(task, given, done):
    found, problems = read_done(given, TASKS.loc[task])
    assert (found if not problems else problems[0].code) == (pytest.approx(done) if isinstance(done, float) else done)
    for problem in problems:
        assert "{" not in problem.render("zh") + problem.render("en")


def test_one_report_is_refused_with_all_that_is_wrong(tmp_path):
    path = tmp_path / "ledger.gpkg"
    with pytest.raises(LedgerError) as caught:
        add_report(path, TASKS, NONE, {"task": "T9", "date": "soon", "done": "-3"}, now=NOON)
    assert codes(caught) == ["unknown_task", "not_a_date", "below_minimum"]
    with pytest.raises(LedgerError) as caught:
        add_report(path, TASKS, NONE, {"task": "T2", "date": "2020-02-01", "done": 3}, now=NOON)
    assert codes(caught) == ["log_date_ahead"]
    said_well(caught)
    assert not path.exists()
    with pytest.raises(StudyError) as caught:
        add_report(None, TASKS, NONE, {"task": "T2", "date": "2020-01-01", "done": 3})
    assert codes(caught) == ["log_no_store"]


def book(path, *rows):
    workbook = Workbook()
    workbook.active.title = "周报"
    for row in (["任务编号", "日期", "累计完成", "备注"], *rows):
        workbook.active.append(row)
    workbook.save(path)
    return path


def test_a_file_is_recorded_as_a_whole_or_not_at_all(tmp_path):
    path = tmp_path / "ledger.gpkg"
    good = book(tmp_path / "good.xlsx", ["T1", "2020.1.30", "3亩", "好"], ["T2", "2020-01-30", 40, None])
    added = add_file(path, TASKS, NONE, good, now=NOON)
    assert added["done"].tolist() == pytest.approx([2000, 40])
    assert read_log(path)["reports"].index.tolist() == ["T1@2020-01-30", "T2@2020-01-30"]
    bad = book(
        tmp_path / "bad.xlsx",
        ["T2", "2020-01-31", 41, None],
        ["T9", "2020-01-31", 1, None],
        ["T2", "2020-02-09", 41, None],
        ["T1", "2020-01-31", 3, None],
        ["T2", "2020-01-29", -3, None],
    )
    before = path.read_bytes()
    with pytest.raises(LedgerError) as caught:
        add_file(path, TASKS, added, bad, now=NOON)
    text = caught.value.render("en")
    for row in (3, 4, 5, 6):
        assert f"{row}" in "".join(character for character in text if character.isdigit() or character == "!")
    assert {"周报!A3", "周报!B4", "周报!C5", "周报!C6"} <= {
        part for found in caught.value.problems for row in found.rows for part in str(row).split()
    }
    assert path.read_bytes() == before
    with pytest.raises(LedgerError) as caught:
        add_file(path, TASKS, added, good, now=NOON)
    assert codes(caught) == ["log_id_taken", "log_id_taken"]
    assert caught.value.problems[0].rows == ("T1@2020-01-30 周报!A2",)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_csv_file_is_recorded_too(tmp_path, encoding):
    file = tmp_path / "week.csv"
    file.write_text("任务编号,日期,累计完成\nT1,2020年1月30日,3亩\nT3,2020-01-30,85%\n", encoding=encoding)
    added = add_file(tmp_path / "ledger.gpkg", TASKS, NONE, file, now=NOON)
    assert added["done"].tolist() == pytest.approx([2000, 0.85])


def test_what_is_no_store_is_left_alone(tmp_path):
    other = tmp_path / "o.gpkg"
    pyogrio.write_dataframe(gpd.GeoDataFrame({"a": [1]}, geometry=[Point(1, 2)], crs=4326), other)
    before = other.read_bytes()
    with pytest.raises(StudyError) as caught:
        append(other, "reports", [entry()], create=True)
    assert codes(caught) == ["log_not_one"]
    text = tmp_path / "t.gpkg"
    text.write_text("hello" * 999)
    with pytest.raises(StudyError) as caught:
        append(text, "reports", [entry()], create=True)
    assert codes(caught) == ["file_unreadable"]
    assert other.read_bytes() == before


def test_an_empty_file_is_a_store_without_entries(tmp_path):
    (tmp_path / "l.gpkg").touch()
    assert read_log(tmp_path / "l.gpkg") == {}
    append(tmp_path / "l.gpkg", "reports", [entry()], create=True, now=NOON)
    assert len(read_log(tmp_path / "l.gpkg")["reports"]) == 1


def test_findings_are_appended_and_never_written_over(tmp_path):
    path = tmp_path / "study.gpkg"
    points = gpd.GeoDataFrame(
        {"zone": ["Z"], "category": ["rubbish"]},
        index=pd.Index(["F1"], name="finding", dtype=object),
        geometry=[Point(1, 2, 3)],
        crs=4490,
    )
    save_study(path, {"findings": points}, {})
    rectified = {"zone": "Z", "category": "rubbish", "rectified_on": pd.Timestamp("2020-01-30"), "corrects": "F1"}
    append(path, "findings", [rectified], now=NOON)
    found = read_log(path)["findings"]
    assert_geodataframe_equal(found, load_study(path)[0]["findings"])
    assert found["corrects"].tolist() == [None, "F1"]
    assert found.geometry.iloc[0].equals_exact(Point(1, 2, 3))
    with pytest.raises(StudyError) as caught:
        save_study(path, {"findings": points}, {}, overwrite=True)
    assert codes(caught) == ["study_over_findings"]
    said_well(caught)
    save_study(path, {"findings": found}, {}, overwrite=True)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), TEXTS, st.sampled_from(["=1", "'", "-3", "+", "@a", "\ufeff", "\r\n", ",", '"'])),
            st.one_of(st.none(), st.floats(allow_nan=False)),
            st.one_of(st.none(), st.datetimes()),
            st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
            st.one_of(st.none(), st.booleans()),
        ),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_export_reads_back_the_same(tmp_path, rows):
    texts, numbers, moments, wholes, flags = (list(column) for column in zip(*rows, strict=True))
    frame = pd.DataFrame(
        {
            "note": pd.Series(texts, dtype=object),
            "done": pd.Series(numbers, dtype=float),
            "recorded_at": pd.Series(moments, dtype="datetime64[us]"),
            "count": pd.array(wholes, dtype="Int64"),
            "flag": pd.array(flags, dtype="boolean"),
            "kind": pd.Categorical(["a"] * len(rows), categories=["b", "a"]),
        }
    )
    frame.index = pd.Index([f"R{at}" for at in range(len(rows))], name="report", dtype=object)
    write_log({"reports": frame}, tmp_path)
    assert_frame_equal(read_export(tmp_path)["reports"], frame)


def test_an_export_shows_in_excel_and_keeps_shapes(tmp_path):
    findings = gpd.GeoDataFrame(
        {"zone": ["甲", "=2"], "geometry": [Point(0.1 + 0.2, 1e-300), None]},
        index=pd.Index(["F1", "F2"], name="finding", dtype=object),
        crs=4490,
    )
    files = write_log({"findings": findings, "zones": None}, tmp_path / "new" / "folder")
    assert [file.name for file in files] == ["findings.csv", "columns.csv"]
    assert files[0].read_bytes().startswith(b"\xef\xbb\xbf")
    assert "'=2" in files[0].read_text(encoding="utf-8-sig")
    assert_geodataframe_equal(read_export(tmp_path / "new" / "folder")["findings"], findings)
    files[0].write_text("finding,zone\n", encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_export(tmp_path / "new" / "folder")
    assert codes(caught) == ["log_export_broken"]


def test_joining_keeps_types(tmp_path):
    path = saved(tmp_path, own=[True])
    before = load_study(path)[0]["reports"]
    added = add_report(path, TASKS, before, {"task": "T2", "date": "2020-01-30", "done": 3}, now=NOON)
    both = joined(before, added)
    reopened = load_study(path)[0]["reports"]
    assert both.index.tolist() == reopened.index.tolist()
    assert both["date"].tolist() == reopened["date"].tolist()
    assert both["recorded_at"].isna().tolist() == [True, False]
    assert (both["date"].dtype, both["done"].dtype) == (before["date"].dtype, before["done"].dtype)
