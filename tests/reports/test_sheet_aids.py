"""What a study's meeting map tells besides: chainage in its search, curves in the popups of its zones."""

from __future__ import annotations

import pandas as pd
import pytest

import fringe as fr
from fringe.maps import Map
from fringe.reports.sheet_aids import with_chainage, with_curves


@pytest.fixture(scope="module")
def study():
    return fr.Study.open(fr.sample())


def test_the_meeting_map_finds_chainage_and_draws_curves(study):
    sheet = study.map(lang="zh")
    assert set(sheet.posts["line"]) == set(study.rail["line"])
    curves = sheet.layers[0].details.curves.table
    assert set(curves.index.get_level_values(0)) <= set(study.zones.index)
    known = curves["progress_share"].dropna().groupby(level=0).last()
    reported = study.progress()["progress_share"].reindex(known.index)
    # The last point of a curve is what the table says of the day of the map.
    pd.testing.assert_series_equal(known, reported, check_names=False, rtol=1e-12)


def test_curves_know_nothing_after_the_day_of_the_map(study):
    day = pd.Timestamp("2020-02-01")
    curves = study.map(on=day, lang="zh").layers[0].details.curves.table["progress_share"].dropna()
    assert curves.index.get_level_values(1).max() <= day


def test_without_known_chainage_or_tasks_there_is_none(study):
    page = Map("A", lang="en").draw(study.zones)
    assert with_chainage(page, study.rail.assign(km_start=float("nan"))).posts is None
    assert with_chainage(page, study.rail.to_crs("EPSG:4326")).posts is None
    assert with_chainage(page, None).posts is None
    assert with_curves(page, {}, pd.Timestamp("2020-02-01")).layers[-1].details.curves is None
    mixed = study.tasks.assign(weight=None)
    found = with_curves(page, {"tasks": mixed, "reports": study.reports}, pd.Timestamp("2020-02-01"))
    assert found.layers[-1].details.curves is None
