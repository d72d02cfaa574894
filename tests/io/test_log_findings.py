"""Findings recorded in a store: where they are, what is refused, and that a study opens with them."""

from __future__ import annotations

import sqlite3
import warnings

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal
from shapely import Point
from tests import small_study

import fringe as fr
from fringe.errors import FringeWarning, LedgerError, StudyError
from fringe.io.log import append, read_log
from fringe.io.store import save_study

NOON = pd.Timestamp("2020-01-31 12:00")
PLANE = pyproj.CRS(4547)
WEST = Point(small_study.X + 50, small_study.Y + 50)
EAST = Point(small_study.X + 150, small_study.Y + 20)


def entry(at=None, **more):
    return {"zone": "Z-1", "category": "rubbish", "found_on": pd.Timestamp("2020-01-30"), "geometry": at, **more}


def codes(caught):
    for lang in ("zh", "en"):
        assert "{" not in caught.value.render(lang)
    return [found.code for found in caught.value.problems]


@pytest.fixture
def store(tmp_path):
    return tmp_path / "ledger.gpkg"


@pytest.fixture(params=["toml", "gpkg"])
def study(tmp_path, request):
    path = small_study.write(tmp_path, small_study.layers())
    if request.param == "gpkg":
        fr.Study.open(path).save(tmp_path / "study.gpkg")
        return fr.Study.open(tmp_path / "study.gpkg")
    with path.open("a", encoding="utf-8") as file:
        file.write('store = "store.gpkg"\n')
    return fr.Study.open(path)


def again(study):
    """Return the study as another program opens it."""
    folder = study.store.parent
    return fr.Study.open(folder / ("study.gpkg" if study.store.name == "study.gpkg" else "study.toml"))


def test_points_are_a_layer_that_any_gis_opens_without_an_index(store):
    append(store, "findings", [entry(WEST), entry()], crs=PLANE, now=NOON, create=True)
    append(store, "findings", [entry(EAST)], crs=PLANE, now=NOON)
    info = pyogrio.read_info(store, layer="findings", force_total_bounds=False)
    assert (info["geometry_type"], info["crs"], info["features"]) == ("Point", "EPSG:4547", 3)
    seen = pyogrio.read_dataframe(store, layer="findings")
    assert seen.geometry.tolist() == [WEST, None, EAST]
    with sqlite3.connect(store) as file:
        row = file.execute(
            "SELECT data_type, srs_id, min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'findings'"
        ).fetchone()
        assert row == ("features", 4547, WEST.x, EAST.y, EAST.x, WEST.y)
        assert not file.execute("SELECT 1 FROM sqlite_master WHERE name LIKE 'rtree%'").fetchall()
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
    file.close()
    found = read_log(store)["findings"]
    assert found.crs == PLANE
    assert found.geometry.tolist() == [WEST, None, EAST]


def test_points_in_other_systems_are_brought_to_the_tables_own(store):
    append(store, "findings", [entry(WEST)], crs=PLANE, now=NOON, create=True)
    world = gpd.GeoSeries([EAST], crs=PLANE).to_crs(4326).iloc[0]
    append(store, "findings", [entry(world)], crs=pyproj.CRS(4326), now=NOON)
    assert read_log(store)["findings"].geometry.iloc[1].distance(EAST) < 1e-6


def test_a_system_without_a_code_comes_back(store):
    own = pyproj.CRS("+proj=tmerc +lat_0=0 +lon_0=113.7 +k=1 +x_0=500000 +ellps=GRS80 +units=m")
    append(store, "findings", [entry(WEST)], crs=own, now=NOON, create=True)
    found = read_log(store)["findings"]
    assert found.crs == own
    seen = pyogrio.read_dataframe(store, layer="findings").to_crs(4326).geometry.iloc[0]
    assert seen.distance(gpd.GeoSeries([WEST], crs=own).to_crs(4326).iloc[0]) < 1e-9


def test_a_table_without_places_is_given_them(store):
    plain = {name: item for name, item in entry().items() if name != "geometry"}
    append(store, "findings", [plain], now=NOON, create=True)
    assert not isinstance(read_log(store)["findings"], gpd.GeoDataFrame)
    append(store, "findings", [entry(WEST)], crs=PLANE, now=NOON)
    assert read_log(store)["findings"].geometry.tolist() == [None, WEST]
    assert pyogrio.read_dataframe(store, layer="findings").geometry.tolist() == [None, WEST]


def test_flat_points_go_behind_points_with_heights(store):
    points = gpd.GeoDataFrame(
        {"zone": ["Z"]}, index=pd.Index(["F1"], name="finding"), geometry=[Point(1, 2, 3)], crs=PLANE
    )
    save_study(store, {"findings": points}, {})
    append(store, "findings", [entry(WEST)], crs=PLANE, now=NOON)
    seen = pyogrio.read_dataframe(store, layer="findings").geometry
    assert seen.iloc[0].wkt == "POINT Z (1 2 3)"
    assert (seen.iloc[1].x, seen.iloc[1].y) == (WEST.x, WEST.y)
    assert read_log(store)["findings"].geometry.tolist() == [Point(1, 2, 3), WEST]


def test_the_latest_day_hears_of_returned_and_closed_findings(study):
    day = pd.Timestamp("2020-03-05")
    given = {"category": "rubbish", "found_on": "2020-03-01", "rectified_on": "2020-03-02", "verified_on": "2020-03-03"}
    for column in ("closed_on", "returned_on"):
        assert study.record_finding("Z-1", **given, **{column: day}).latest_day == day


def test_a_finding_is_recorded_followed_up_and_taken_back(study):
    first = study.record_finding("West", category="rubbish", found_on="2020-01-02", due="2020-01-09", at=WEST)
    name = first.findings.index[0]
    assert first.findings.loc[name, "zone"] == "Z-1"
    second = first.update_finding(name, rectified_on="2020.1.8").update_finding(name, verified_on="2020-01-10")
    state = second.findings_state("2020-01-12", until="verified")
    assert state.index.tolist() == [name]
    assert state[["status", "days_overdue"]].to_numpy().tolist() == [["verified", 0.0]]
    assert state.geometry.tolist() == [WEST]
    third = second.undo(second.findings.index[-1], note="wrong one")
    assert third.findings_state("2020-01-12", until="verified")["status"].tolist() == ["rectified"]
    reopened = again(third)
    assert_geodataframe_equal(reopened.findings, third.findings)
    assert not [one for one in reopened.all_problems() if one.layer == "findings" and one.severity == "error"]
    gone = third.undo(third.findings.index[1], kind="findings")
    assert gone.findings_state("2020-01-12", until="verified")["status"].tolist() == ["found"]
    assert len(gone.undo(name).findings_state("2020-01-12", until="verified")) == 0


def test_what_was_known_when_is_told_by_the_moment_of_recording(study):
    found = study.record_finding("Z-1", category="rubbish", found_on="2020-01-02")
    assert len(fr.findings_state(found.findings, on="2020-01-12", known_on="2020-01-12")) == 0
    assert len(fr.findings_state(found.findings, on="2020-01-12")) == 1


def test_a_place_in_degrees_tells_the_zone(study):
    spot = gpd.GeoSeries([EAST], crs=small_study.CRS).to_crs(4326).iloc[0]
    found = study.record_finding(category="rubbish", found_on="2020-01-02", at=(spot.x, spot.y)).findings
    assert found["zone"].tolist() == ["Z-2"]
    assert found.geometry.iloc[0].distance(EAST) < 1e-6


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"found_on": "someday"}, "not_a_date"),
        ({"found_on": "2999-01-01"}, "log_date_ahead"),
        ({"zone": "Wset"}, "unknown_zone"),
        ({"at": (200, 10)}, "finding_position"),
        ({"at": "here"}, "finding_position"),
        ({"at": (float("nan"), 1.0)}, "finding_position"),
        ({"rectified_on": "2019-12-01"}, "finding_before_found"),
        ({"colour": "red"}, "argument_unknown"),
        ({"accuracy_m": -1}, "below_minimum"),
    ],
)
def test_a_finding_that_is_wrong_is_refused_and_nothing_is_stored(study, given, code):
    with pytest.raises(LedgerError) as caught:
        study.record_finding(**{"zone": "Z-1", "category": "rubbish", "found_on": "2020-01-02", **given})
    assert codes(caught) == [code]
    assert len(again(study).findings) == 0


def test_what_is_not_there_cannot_be_followed_up(study):
    with pytest.raises(LedgerError) as caught:
        study.update_finding("find-9", closed_on="2020-01-02")
    assert codes(caught) == ["finding_not_there"]
    found = study.record_finding("Z-1", category="rubbish", found_on="2020-01-02")
    name = found.findings.index[0]
    gone = found.undo(name)
    with pytest.raises(LedgerError) as caught:
        gone.update_finding(name, closed_on="2020-01-02")
    assert codes(caught) == ["finding_taken_back"]
    # The older value of the study does not know that it was taken back; the file does.
    with pytest.raises(LedgerError) as caught:
        found.update_finding(name, closed_on="2020-01-05", verified_on="2020-01-04", rectified_on="2020-01-03")
    assert codes(caught) == ["log_not_standing"]


def test_a_study_without_a_store_says_so(tmp_path):
    study = fr.Study.open(small_study.write(tmp_path, small_study.layers()))
    with pytest.raises(StudyError) as caught:
        study.record_finding("Z-1", category="rubbish", found_on="2020-01-02")
    assert codes(caught) == ["log_no_store"]


def export_of(path, *rows):
    head = "_uuid,today,zone,category,due,rectified_on,_spot_latitude,_spot_longitude\n"
    path.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def degrees(point):
    spot = gpd.GeoSeries([point], crs=small_study.CRS).to_crs(4326).iloc[0]
    return f"{spot.y:.9f},{spot.x:.9f}"


def test_an_export_is_recorded_as_a_whole_or_not_at_all(study, tmp_path):
    good = f"a1,2020-01-02,,rubbish,2020-01-09,,{degrees(WEST)}"
    bad = export_of(tmp_path / "bad.csv", good, f"a2,2020-01-33,,rubbish,,,{degrees(EAST)}", "a3,2020-01-02,Nil,x,,,,")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        with pytest.raises(LedgerError) as caught:
            study.findings_from(bad)
    assert {row for one in caught.value.problems for row in one.rows} == {"a2 #2", "a3 #3"}
    assert set(codes(caught)) == {"not_a_date", "unknown_zone"}
    assert len(again(study).findings) == 0
    found = study.findings_from(export_of(tmp_path / "good.csv", good, f"a2,2020-01-03,,mud,,,{degrees(EAST)}"))
    assert found.findings.index.tolist() == ["a1", "a2"]
    assert found.findings["zone"].tolist() == ["Z-1", "Z-2"]
    assert found.findings.geometry.iloc[0].distance(WEST) < 1e-3
    assert_geodataframe_equal(again(study).findings, found.findings)


def test_an_export_that_grew_adds_only_what_is_new(study, tmp_path):
    one = f"a1,2020-01-02,,rubbish,2020-01-09,,{degrees(WEST)}"
    first = study.findings_from(export_of(tmp_path / "week1.csv", one))
    grown = export_of(tmp_path / "week2.csv", one, f"a2,2020-01-08,,mud,,,{degrees(EAST)}")
    with pytest.warns(FringeWarning):
        second = first.findings_from(grown)
    assert second.findings.index.tolist() == ["a1", "a2"]
    changed = export_of(tmp_path / "week3.csv", one.replace("rubbish", "dust"))
    with pytest.raises(LedgerError) as caught:
        second.findings_from(changed)
    assert codes(caught) == ["log_id_taken"]
    assert caught.value.problems[0].rows == ("a1 #1",)


def test_findings_of_files_and_of_the_store_are_one_log(tmp_path):
    frames = small_study.layers()
    frames["findings"] = gpd.GeoDataFrame(
        {"finding": ["F1"], "zone": ["Z-1"], "category": ["rubbish"], "found_on": ["2020-01-02"]},
        geometry=[WEST],
        crs=small_study.CRS,
    )
    path = small_study.write(tmp_path, frames)
    with path.open("a", encoding="utf-8") as file:
        file.write('store = "store.gpkg"\n')
    study = fr.Study.open(path)
    later = study.update_finding("F1", closed_on="2020-01-05")
    assert later.findings.index.tolist() == ["F1", "find-1"]
    assert later.findings_state("2020-01-06").index.tolist() == ["F1"]
    assert later.findings_state("2020-01-06")["status"].tolist() == ["closed"]
    reopened = fr.Study.open(path)
    assert_geodataframe_equal(reopened.findings, later.findings)
    assert reopened.latest_day == pd.Timestamp("2020-02-19")
    reopened.export(tmp_path / "out")
    back = fr.read_export(tmp_path / "out")["findings"]
    assert_geodataframe_equal(back, reopened.findings)
    reopened.save(tmp_path / "whole.gpkg")
    assert_geodataframe_equal(fr.Study.open(tmp_path / "whole.gpkg").findings, reopened.findings)


def test_an_id_of_both_logs_is_not_guessed(study):
    both = study.record_finding("Z-1", category="rubbish", found_on="2020-01-02")
    layers = {**both.layers, "findings": both.findings.rename({both.findings.index[0]: "R-1"})}
    with pytest.raises(LedgerError) as caught:
        fr.Study(layers, both.meta, store=both.store).undo("R-1")
    assert codes(caught) == ["log_id_of_both"]


def test_the_methods_of_a_study_pass_on(study):
    on = "2020-02-20"
    assert_frame_equal(study.task_state(on), fr.task_state(study.tasks, study.reports, on=on))
    assert_frame_equal(study.implausible(on), fr.implausible(study.tasks, study.reports, on=on, lang="en"))
    assert_frame_equal(study.s_curve(), fr.s_curve(study.tasks, study.reports))
    expected = fr.forecast(study.tasks, study.reports, on=on, by="zone", zones=study.zones)
    assert_frame_equal(study.forecast(on), expected)
