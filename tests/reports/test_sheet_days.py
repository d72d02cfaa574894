"""The meeting map by days: which days its slider steps through, and what the zones are on each; two days compared."""

from __future__ import annotations

import pandas as pd
import pytest

import fringe as fr
from fringe.errors import MapError
from fringe.reports.sheet_days import figure_by_day, season


@pytest.fixture(scope="module")
def study():
    return fr.Study.open(fr.sample())


def test_the_slider_says_what_the_measures_say_on_each_day(study):
    sheet = study.map(every=["2020-01-15", "2020-03-15"], lang="en")
    zones, plots = sheet.layers[0].timed, sheet.layers[1].timed
    for at, day in enumerate(["2020-01-15", "2020-03-15"]):
        covered = fr.coverage(study.plots, study.zones, on=day)["covered_share"]
        assert zones.table[:, at].tolist() == pytest.approx(covered.reindex(sheet.layers[0].frame.index).tolist())
    assert plots.days.equals(zones.days)
    # Nothing is said in popups that is true on the last day only.
    assert "covered_share" in sheet.layers[0].popup
    assert not {"n_plots", "progress_share", "n_overdue"} & set(sheet.layers[0].popup)


@pytest.mark.parametrize("shade", ["progress_share", "progress_status", "planned_share"])
def test_progress_follows_the_days_too(study, shade):
    found = figure_by_day(study.layers, shade, pd.DatetimeIndex(["2020-01-15", "2020-03-15"], name="date"))
    table = fr.progress(study.tasks, study.reports, on="2020-01-15", by="zone", zones=study.zones)
    expected = table[{"progress_status": "status"}.get(shade, shade)]
    pd.testing.assert_series_equal(
        found.loc[pd.Timestamp("2020-01-15")], expected, check_names=False, check_index_type=False
    )


def test_what_does_not_change_with_the_days_is_shaded_once(study):
    sheet = study.map(every="MS", shade="road_density_km_per_km2", lang="en")
    assert sheet.layers[0].timed is None
    assert sheet.layers[1].timed is not None


def test_days_run_from_the_first_report_to_the_day_of_the_map():
    reports = pd.DataFrame({"date": pd.to_datetime(["2020-01-06", "2020-02-01"])})
    plots = pd.DataFrame({"planted_on": pd.to_datetime(["2015-03-01"])})
    last = pd.Timestamp("2020-01-21")
    weeks = season("W", {"reports": reports, "plots": plots}, last)
    assert weeks.strftime("%Y-%m-%d").tolist() == ["2020-01-12", "2020-01-19", "2020-01-21"]
    assert season("YS", {"plots": plots}, last)[0] == pd.Timestamp("2016-01-01")
    assert season(["2020-01-02", "2020-01-01"], {}, None).strftime("%d").tolist() == ["01", "02"]


@pytest.mark.parametrize(
    ("every", "layers", "code"),
    [
        ("fortnight", {"reports": pd.DataFrame({"date": pd.to_datetime(["2020-01-06"])})}, "map_season_every"),
        ("W", {}, "map_season_undated"),
        ("D", {"reports": pd.DataFrame({"date": pd.to_datetime(["2016-01-06"])})}, "map_season_long"),
        ("W", {"reports": pd.DataFrame({"date": pd.to_datetime(["2020-01-22"])})}, "map_season_undated"),
        ("12h", {"reports": pd.DataFrame({"date": pd.to_datetime(["2020-01-06"])})}, "map_season_every"),
        ("-1W", {"reports": pd.DataFrame({"date": pd.to_datetime(["2020-01-06"])})}, "map_season_every"),
    ],
)
def test_no_season_is_refused_with_the_reason(every, layers, code):
    with pytest.raises(MapError) as caught:
        season(every, layers, pd.Timestamp("2020-01-21"))
    assert [problem.code for problem in caught.value.problems] == [code]


@pytest.mark.parametrize("mode", ["swipe", "side"])
def test_two_days_are_compared_and_share_their_classes(study, mode):
    sheet = study.map(on="2020-04-10", before="2020-01-31", mode=mode, lang="en")
    told = sheet.document()
    assert (told["compare"]["mode"], told["compare"]["before"]["day"], told["compare"]["after"]["day"]) == (
        mode,
        "2020-01-31",
        "2020-04-10",
    )
    zones = [layer for layer in told["layers"] if layer["kind"] == "zones"]
    assert [layer["side"] for layer in zones] == ["before", "after"]
    assert [item["label"] for item in zones[0]["legend"]] == [item["label"] for item in zones[1]["legend"]]
    assert all("side" not in layer for layer in told["layers"] if layer["kind"] in {"roads", "rail", "water"})


def test_days_in_the_wrong_order_are_refused(study):
    with pytest.raises(MapError, match="2020-04-10"):
        study.map(on="2020-01-31", before="2020-04-10")


def test_words_of_the_sheet_go_before_those_of_the_study(study):
    sheet = study.map(lang="en", audience="public", watermark=True, title="Own")
    assert (sheet.title, sheet.audience, sheet.watermark) == ("Own", "public", True)
    with pytest.raises(MapError):
        study.map(audience="public")


def test_findings_of_the_last_day_say_so_and_are_not_drawn_on_earlier_ones(study):
    plain, season_map = study.map(lang="en"), study.map(every=["2020-01-15", "2020-04-10"], lang="en")
    [now] = [layer for layer in plain.layers if layer.kind == "findings"]
    [then] = [layer for layer in season_map.layers if layer.kind == "findings"]
    assert (now.show, then.show) == (True, False)
    assert then.title("en") == f"{now.title('en')} (2020-04-10)"
