"""A study passes on what the functions compute, and keeps everything it was given."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, Polygon, box
from tests import small_study
from tests.small_study import CRS, X, Y

import fringe as fr


@pytest.fixture
def study(tmp_path):
    return fr.Study.open(small_study.write(tmp_path, small_study.layers()))


def test_coverage_by_hand(study):
    table = study.coverage()
    assert table.index.tolist() == ["Z-1", "Z-2"]
    assert table["covered_share"].tolist() == pytest.approx([0.5, 0.0])
    assert table["zone_m2"].tolist() == pytest.approx([10_000, 10_000], rel=1e-3)
    assert table["not_counted_m2"].tolist() == pytest.approx([0, 1600], rel=1e-3)


def test_progress_by_hand(study):
    table = study.progress("2020-02-19", by="township")
    # T-1 is half done and weighs 2, T-2 is not begun and weighs 1; 50 of 100 days have passed.
    assert table.loc["Up", "progress_share"] == pytest.approx(1 / 3)
    assert table.loc["Up", "planned_share"] == pytest.approx(0.5)


def test_methods_equal_functions(study):
    pd.testing.assert_frame_equal(study.coverage(), fr.coverage(study.plots, study.zones))
    pd.testing.assert_frame_equal(
        study.progress(by="zone"),
        fr.progress(study.tasks, study.reports, on=study.latest_day, by="zone", zones=study.zones),
    )


def test_the_latest_day_is_the_data_s_and_is_said(study, capsys):
    assert study.latest_day == pd.Timestamp("2020-02-19")
    study.progress()
    assert "2020-02-19" in capsys.readouterr().err


def test_figures_have_a_measured_total(study):
    table = study.figures(total=True)
    assert table.loc["total", "covered_share"] == pytest.approx(0.25)
    assert table.loc["total", "road_length_m"] == pytest.approx(200, rel=1e-3)
    assert table.loc["total", "progress_share"] == pytest.approx(1 / 3)


def test_total_counts_shared_ground_once(tmp_path):
    frames = small_study.layers()
    frames["zones"].loc[1, "geometry"] = frames["zones"].geometry[0]
    study = fr.Study.open(small_study.write(tmp_path, frames))
    table = study.figures(total=True)
    assert table.loc["total", "zone_m2"] == pytest.approx(table.loc["Z-1", "zone_m2"])
    assert "zones_overlap" in set(study.check()["code"])


def test_save_and_open_again(study, tmp_path):
    study.save(tmp_path / "study.gpkg")
    again = fr.Study.open(tmp_path / "study.gpkg")
    pd.testing.assert_frame_equal(again.figures(total=True), study.figures(total=True))
    assert dict(again.meta) == dict(study.meta)
    with pytest.raises(fr.errors.StudyError):
        study.save(tmp_path / "study.gpkg")


def test_never_over_reports_it_does_not_know(study, tmp_path):
    study.save(tmp_path / "study.gpkg")
    fewer = study.replace(reports=study.reports.iloc[:0])
    with pytest.raises(fr.errors.StudyError, match="R-1"):
        fewer.save(tmp_path / "study.gpkg", overwrite=True)


@pytest.mark.parametrize("kind", ["reports", "tasks", "findings"])
def test_never_over_entries_that_would_say_less(tmp_path, kind):
    path = tmp_path / "study.gpkg"
    fr.Study.open(small_study.write(tmp_path, small_study.layers())).save(path)
    study = fr.Study.open(path).report("T-1", date="2020-02-20", done=2600, note="KEEP")
    study = study.record_finding("Z-1", category="rubbish", found_on="2020-02-20", at=Point(X + 5, Y + 5), note="KEEP")
    poorer = {
        "reports": [study.reports.drop(columns="note"), study.reports.drop(columns=["recorded_at"])],
        "tasks": [
            study.tasks.assign(target=study.tasks["target"] * 2),
            study.tasks.drop(columns="weight"),
            study.tasks.drop(index="T-2"),
        ],
        "findings": [
            study.findings.drop(columns="note"),
            study.findings.set_geometry(study.findings.translate(1, 0)),
            study.findings.set_geometry([None] * len(study.findings), crs=CRS),
        ],
    }
    before = path.read_bytes()
    for frame in poorer[kind]:
        with pytest.raises(fr.errors.StudyError) as caught:
            fr.Study({**study.layers, kind: frame}, study.meta).save(path, overwrite=True)
        assert [found.code for found in caught.value.problems] == [f"study_over_{kind}"]
        assert path.read_bytes() == before
    # What says the same, or more, is written.
    study.save(path, overwrite=True)
    again = fr.Study.open(path)
    fr.Study({**again.layers, "reports": again.reports.assign(more=1)}, again.meta).save(path, overwrite=True)
    assert fr.Study.open(path).reports["note"].tolist() == [None, "KEEP"]


def test_replace_converts_and_leaves_the_old_one(study):
    plots = gpd.GeoDataFrame(
        {"status": ["kept"]}, index=pd.Index(["N-1"], name="plot"), geometry=[box(X, Y, X + 200, Y + 100)], crs=CRS
    ).to_crs(4490)
    fresh = study.replace(plots=plots)
    assert fresh.coverage()["covered_share"].tolist() == pytest.approx([1, 1], abs=1e-6)
    assert study.coverage()["covered_share"].tolist() == pytest.approx([0.5, 0])


def test_a_layer_in_another_crs_is_converted_and_said(tmp_path):
    frames = small_study.layers()
    frames["plots"] = frames["plots"].to_crs(3857)
    study = fr.Study.open(small_study.write(tmp_path, frames))
    assert study.coverage()["covered_share"].tolist() == pytest.approx([0.5, 0], abs=1e-6)
    notes = study.check()
    assert notes.loc[notes["code"] == "crs_converted", "message"].str.contains("3857").any()


def test_a_study_without_rail_has_an_empty_rail(study):
    assert len(study.rail) == 0
    assert study.rail.index.name == "track"


def test_repr_shows_layers_and_escapes(tmp_path):
    path = small_study.write(tmp_path, small_study.layers())
    path.write_text(path.read_text().replace("Small", "<script>alert(1)</script>"))
    study = fr.Study.open(path)
    assert "greening plots" in repr(study)
    assert "<script>" not in study._repr_html_()
    assert "&lt;script&gt;" in study._repr_html_()


def test_without_dates_status_counts_as_it_stands(study):
    assert study.coverage()["covered_m2"].sum() > 0


def test_dates_decide_where_there_are_any(tmp_path):
    frames = small_study.layers()
    frames["plots"]["planted_on"] = ["2020-02-01", None]
    frames["plots"]["planned_on"] = ["2019-11-01", "2019-11-01"]
    study = fr.Study.open(small_study.write(tmp_path, frames))
    assert study.coverage("2020-01-31")["covered_m2"].sum() == 0
    assert study.coverage("2020-02-01")["covered_share"].tolist() == pytest.approx([0.5, 0])


def test_missing_layer_is_named(tmp_path):
    frames = small_study.layers()
    del frames["plots"]
    study = fr.Study.open(small_study.write(tmp_path, frames))
    with pytest.raises(fr.errors.LayerError, match="greening plots"):
        study.coverage()


def test_a_faulty_ledger_leaves_the_map_of_coverage(tmp_path):
    frames = small_study.layers()
    frames["tasks"]["target"] = [0, 100]
    study = fr.Study.open(small_study.write(tmp_path, frames))
    with pytest.warns(fr.errors.FringeWarning, match="left out"):
        figures = study.figures()
    assert "progress_share" not in figures
    assert figures["covered_share"].tolist() == pytest.approx([0.5, 0])
    with pytest.raises(fr.errors.FringeError):
        study.progress()


def test_a_study_with_errors_is_not_saved(tmp_path):
    frames = small_study.layers()
    frames["plots"]["planted_on"] = ["2020-13-45", None]
    study = fr.Study.open(small_study.write(tmp_path, frames))
    with pytest.raises(fr.errors.StudyError, match="2020-13-45"):
        study.save(tmp_path / "study.gpkg")
    assert not (tmp_path / "study.gpkg").exists()


def test_never_over_reports_that_say_something_else(study, tmp_path):
    study.save(tmp_path / "study.gpkg")
    other = study.replace(reports=study.reports.assign(done=1.0))
    with pytest.raises(fr.errors.StudyError, match="R-1"):
        other.save(tmp_path / "study.gpkg", overwrite=True)
    study.save(tmp_path / "study.gpkg", overwrite=True)


def test_a_repaired_plot_is_said_when_it_is_measured(tmp_path):
    frames = small_study.layers()
    frames["plots"].loc[0, "geometry"] = Polygon([(X, Y), (X + 50, Y + 50), (X + 50, Y), (X, Y + 50)])
    study = fr.Study.open(small_study.write(tmp_path, frames))
    with pytest.warns(fr.errors.FringeWarning, match="P-1"):
        study.coverage()


def test_groups_of_works_follow_the_zones(tmp_path):
    frames = small_study.layers()
    frames["zones"]["lead_unit"] = ["A", None]
    frames["tasks"]["lead_unit"] = ["C", "C"]
    table = fr.Study.open(small_study.write(tmp_path, frames)).figures(per="lead_unit")
    assert table["n_tasks"].tolist() == [1, 1]
    assert table.index[0] == "A"
    assert table["zone_m2"].notna().all()


def test_zones_alone_have_an_area_and_a_map(tmp_path):
    frames = {"zones": small_study.layers()["zones"]}
    study = fr.Study.open(small_study.write(tmp_path, frames))
    assert list(study.figures(total=True).columns) == ["zone_m2"]
    assert study.map().save(tmp_path / "map.html").exists()


def test_units_mixed_in_a_group_leave_coverage(tmp_path):
    frames = small_study.layers()
    frames["tasks"] = frames["tasks"].drop(columns="weight")
    study = fr.Study.open(small_study.write(tmp_path, frames))
    with pytest.warns(fr.errors.FringeWarning, match="progress is left out"):
        table = study.figures(total=True)
    assert table.loc["Z-1", "progress_share"] == pytest.approx(0.5)
    assert table.loc["total", "covered_share"] == pytest.approx(0.25)


def test_a_report_before_its_recording_does_not_set_the_day(tmp_path):
    frames = small_study.layers()
    frames["reports"].loc[1] = ["R-2", "T-1", "2020-12-31", 2600, "2020-02-20 09:00"]
    study = fr.Study.open(small_study.write(tmp_path, frames))
    assert study.latest_day == pd.Timestamp("2020-02-19")
    assert "recorded_before_date" in set(study.check()["code"])


def test_a_shifted_layer_is_suspected():
    study = fr.Study.open(fr.sample())
    shifted = fr.from_wgs84(study.plots.to_crs(4326), datum="gcj02")
    found = study.replace(plots=shifted).check(lang="en")
    assert "outside_zones_datum" in set(found["code"])


def test_a_list_of_days_gives_each_days_coverage(tmp_path):
    frames = small_study.layers()
    frames["plots"]["planted_on"] = ["2020-01-10", None]
    frames["plots"]["planned_on"] = ["2020-01-01", "2020-01-01"]
    study = fr.Study.open(small_study.write(tmp_path, frames))
    season = study.coverage(["2020-01-05", "2020-01-15"])
    assert season["covered_share"].loc["Z-1"].tolist() == pytest.approx([0.0, 0.5])


def test_a_misspelt_word_of_a_report_is_refused(tmp_path):
    fr.Study.open(small_study.write(tmp_path, small_study.layers())).save(tmp_path / "study.gpkg")
    study = fr.Study.open(tmp_path / "study.gpkg")
    with pytest.raises(TypeError, match="repoter"):
        study.report("T-1", date="2020-02-20", done=2600, repoter="Li")
    assert len(fr.Study.open(tmp_path / "study.gpkg").reports) == 1


def with_store(tmp_path, frames=None):
    """Return the path of a study of files with a store beside them."""
    path = small_study.write(tmp_path, small_study.layers() if frames is None else frames)
    path.write_text(path.read_text(encoding="utf-8") + 'store = "store.gpkg"\n', encoding="utf-8")
    return path


def rewritten(tmp_path, **changes):
    """Write the office's Excel ledger anew, with columns of its tasks or reports changed."""
    frames = small_study.layers()
    for kind, columns in changes.items():
        frames[kind] = frames[kind].assign(**columns)
    small_study.write_ledger(tmp_path / "ledger.xlsx", frames["tasks"], frames["reports"])


def test_a_study_is_not_saved_over_its_own_store(tmp_path):
    path = with_store(tmp_path)
    bare = fr.Study.open(path)
    with pytest.raises(fr.errors.StudyError, match="store of a study's ledger"):
        bare.save(tmp_path / "x" / ".." / "store.gpkg")
    assert not (tmp_path / "store.gpkg").exists()
    study = bare.report("T-1", date="2020-02-20", done=2600)
    before = (tmp_path / "store.gpkg").read_bytes()
    study.save(tmp_path / "whole.gpkg")
    # Nor by a study that knows nothing of the files beside it.
    for one in (study, fr.Study.open(tmp_path / "whole.gpkg")):
        with pytest.raises(fr.errors.StudyError) as caught:
            one.save(tmp_path / "store.gpkg", overwrite=True)
        assert [found.code for found in caught.value.problems] == ["study_over_store"]
    assert (tmp_path / "store.gpkg").read_bytes() == before
    assert fr.Study.open(path).reports.index.tolist() == ["R-1", "rep-1"]


def test_a_task_that_the_office_renames_does_not_lock_the_ledger(tmp_path):
    path = with_store(tmp_path)
    fr.Study.open(path).report("T-2", date="2020-02-28", done=40, note="KEEP")
    rewritten(tmp_path, tasks={"task": ["T-1", "T-9"]})
    study = fr.Study.open(path)
    (found,) = [one for one in study.all_problems() if one.code == "stored_without_task"]
    assert (found.severity, found.rows) == ("warning", ("rep-1",))
    assert all("{" not in found.render(lang) for lang in ("zh", "en"))
    with pytest.warns(fr.errors.FringeWarning, match="T-2"):
        table = study.progress("2020-03-01", by=None)
    assert table["progress_share"].tolist() == pytest.approx([1 / 3])
    with pytest.warns(fr.errors.FringeWarning, match="T-2"):
        assert study.figures(total=True).loc["total", "progress_share"] == pytest.approx(1 / 3)
    assert study.latest_day == pd.Timestamp("2020-02-19")
    # It is kept in the log, in exports and in what is saved, which opens again.
    assert study.reports.loc["rep-1", "note"] == "KEEP"
    study.export(tmp_path / "out")
    assert fr.read_export(tmp_path / "out")["reports"].index.tolist() == ["R-1", "rep-1"]
    study.save(tmp_path / "whole.gpkg")
    with pytest.warns(fr.errors.FringeWarning, match="T-2"):
        fr.Study.open(tmp_path / "whole.gpkg").progress("2020-03-01")
    # The remedy holds: taken back and reported anew, nothing is left to say.
    with pytest.warns(fr.errors.FringeWarning, match="T-2"):
        study.undo("rep-1").progress("2020-03-01")
    mended = fr.Study.open(path).report("T-9", date="2020-02-28", done=40)
    again = fr.Study.open(path)
    assert not [one for one in again.all_problems() if one.code.startswith("stored_")]
    assert again.progress("2020-03-01", by=None)["progress_share"].tolist() == pytest.approx([(1 + 0.4) / 3])
    assert again.reports.index.tolist() == mended.reports.index.tolist() == ["R-1", "rep-1", "rep-2", "rep-3"]


def test_an_unknown_task_within_one_ledger_stays_an_error(tmp_path):
    path = with_store(tmp_path)
    fr.Study.open(path).report("T-1", date="2020-02-28", done=2600)
    rewritten(tmp_path, tasks={"task": ["T-9", "T-2"]})
    study = fr.Study.open(path)
    found = {(one.code, one.severity) for one in study.all_problems() if one.layer == "reports"}
    assert {("unknown_task", "error"), ("stored_without_task", "warning")} <= found
    with pytest.raises(fr.errors.LayerError, match="T-1"):
        study.progress()


@pytest.mark.parametrize("void", [False, True])
@pytest.mark.parametrize(
    ("change", "code"),
    [({"report": ["R-8"]}, "stored_without_aim"), ({"task": ["T-2"], "done": [10]}, "stored_aim_moved")],
)
def test_a_report_that_the_office_changes_under_its_correction_does_not_lock_the_ledger(tmp_path, change, code, void):
    path = with_store(tmp_path)
    study = fr.Study.open(path)
    study = study.undo("R-1") if void else study.report("T-1", date="2020-02-28", done=4000, corrects="R-1")
    rewritten(tmp_path, reports=change)
    again = fr.Study.open(path)
    assert [one.rows for one in again.problems if one.code == code] == [("rep-1",)]
    with pytest.warns(fr.errors.FringeWarning, match="R-1"):
        done = again.task_state("2020-03-01")["done"]
    moved = "task" in change
    assert done.tolist() == [(0 if moved else 2500) if void else 4000, 10 if moved else 0]


def test_the_latest_day_is_not_that_of_what_was_taken_back(tmp_path):
    fr.Study.open(small_study.write(tmp_path, small_study.layers())).save(tmp_path / "study.gpkg")
    study = fr.Study.open(tmp_path / "study.gpkg").report("T-1", date="2020-12-20", done=2600)
    assert study.latest_day == pd.Timestamp("2020-12-20")
    study = study.undo(study.reports.index[-1])
    assert study.latest_day == pd.Timestamp("2020-02-19")
    study = study.record_finding("Z-1", category="rubbish", found_on="2020-11-20")
    assert study.latest_day == pd.Timestamp("2020-11-20")
    study = study.undo(study.findings.index[-1], kind="findings")
    assert study.latest_day == fr.Study.open(tmp_path / "study.gpkg").latest_day == pd.Timestamp("2020-02-19")


@pytest.mark.parametrize(
    ("change", "code"),
    [({"unit": [None, "m"]}, "value_missing"), ({"task": ["T-1", "T-1"]}, "id_duplicate")],
)
@pytest.mark.parametrize("bulk", [False, True])
def test_nothing_is_recorded_of_a_task_that_has_errors(tmp_path, change, code, bulk):
    frames = small_study.layers()
    frames["tasks"] = frames["tasks"].assign(**change)
    study = fr.Study.open(with_store(tmp_path, frames))
    (tmp_path / "week.csv").write_text("task,date,done\nT-1,2020-02-20,3\n", encoding="utf-8")
    with pytest.raises(fr.errors.LedgerError) as caught:
        study.report_from(tmp_path / "week.csv") if bulk else study.report("T-1", date="2020-02-20", done=3)
    assert code in {found.code for found in caught.value.problems}
    assert all("{" not in caught.value.render(lang) for lang in ("zh", "en"))
    assert not (tmp_path / "store.gpkg").exists()
    if "unit" in change and not bulk:
        assert len(study.report("T-2", date="2020-02-20", done=3).reports) == 2
