"""The railway of a whole country, from OpenStreetMap: belts and gaps that add up, and a map that can be drawn."""

from __future__ import annotations

import warnings

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from tests.measure.layers import geodesic_area

import fringe as fr
from fringe.errors import FringeWarning

pytestmark = pytest.mark.real
WIDTH_M = 50.0


@pytest.fixture(scope="module", params=[2013, 2015])
def country(request, data_folder):
    layers = fr.read_osm(data_folder / "liechtenstein" / f"liechtenstein-{request.param}.osm.pbf")
    return fr.to_metric({name: layers[name] for name in ("zones", "rail", "plots", "roads", "water")})


def said(work):
    """A result, and the codes-free texts of what was said on the way."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = work()
    assert all(issubclass(item.category, FringeWarning) for item in caught)
    return result, [str(item.message) for item in caught]


def main_line(rail):
    # The older extract names neither lines nor tracks.
    if rail["line"].isna().all():
        return rail
    return rail[rail["line"] == rail.length.groupby(rail["line"]).sum().idxmax()]


def test_belts_of_the_main_line(country):
    rail = main_line(country["rail"])
    belts, told = said(lambda: fr.corridor(rail, width_m=WIDTH_M))
    assert any("no track tells its start chainage" in text for text in told)
    assert belts.is_valid.all()
    assert set(belts["direction_from"]) == {"digitised"}
    # The line is single-track but for its stations: a belt is as long as the line, nearly.
    longest = belts[belts["part"] == 1]
    length = (longest["km_to"] - longest["km_from"]).iloc[0] * 1000
    for shape in longest.geometry:
        assert geodesic_area(shape, rail.crs) == pytest.approx(WIDTH_M * length, rel=0.03)
    # Every belt lies within its width of a track (true to the plane's scale), and on no track.
    near = rail.buffer(WIDTH_M * 1.001, cap_style="round", quad_segs=32).union_all()
    assert belts.union_all().difference(near).area < 1e-3 * belts.area.sum()


def test_green_of_the_belts_as_plain_overlays_have_it(country):
    rail = main_line(country["rail"])
    table, _ = said(lambda: fr.corridor_coverage(rail, country["plots"], country["zones"], width_m=WIDTH_M))
    belts, _ = said(lambda: fr.corridor(rail, width_m=WIDTH_M))
    counted = country["plots"]
    counted = counted[counted["status"].isin(["planted", "accepted", "kept"])]
    green = shapely.union_all(shapely.make_valid(counted.geometry.array))
    belt = belts.union_all()
    for zone, shape in country["zones"].geometry.items():
        part = shape.intersection(belt)
        assert table.loc[zone, "belt_m2"] == pytest.approx(geodesic_area(part, rail.crs), rel=1e-5, abs=0.5)
        assert table.loc[zone, "green_m2"] == pytest.approx(
            geodesic_area(part.intersection(green), rail.crs), rel=1e-5, abs=0.5
        )
    assert table["belt_m2"].sum() > 0


def test_gaps_and_plantable_length_agree(country):
    rail = main_line(country["rail"])
    wishes = {"width_m": WIDTH_M, "exclude": {"roads": country["roads"], "water": country["water"]}}
    gaps, _ = said(lambda: fr.corridor_gaps(rail, country["plots"], **wishes))
    table, _ = said(lambda: fr.corridor_coverage(rail, country["plots"], None, **wishes))
    bare = (table["plantable_m"] * (1 - table["green_length_share"])).sum()
    assert gaps["length_m"].sum() == pytest.approx(bare, rel=1e-6)
    assert gaps["length_m"].is_monotonic_decreasing
    belts, _ = said(lambda: fr.corridor(rail, width_m=WIDTH_M))
    # Belts cut at other places differ by crumbs where side tracks begin.
    assert gaps.union_all().difference(belts.union_all().buffer(0.01)).area < 1e-5 * belts.area.sum()


def test_all_railways_at_once_and_drawn(country, tmp_path):
    gaps, _ = said(lambda: fr.corridor_gaps(country["rail"], country["plots"], width_m=30, zones=country["zones"]))
    belts, _ = said(lambda: fr.corridor(country["rail"], width_m=30))
    zones, _ = said(lambda: fr.protection_zone(country["rail"], setting="other"))
    assert zones["approximate"].all()
    assert isinstance(gaps, gpd.GeoDataFrame)
    page = fr.Map("Belts and gaps").draw(belts, name="Belts").draw(gaps, name="Gaps").draw(country["rail"])
    page.save(tmp_path / "gaps.html")
    assert (tmp_path / "gaps.html").stat().st_size > 10_000
    assert pd.api.types.is_object_dtype(gaps["zone"]) or pd.api.types.is_string_dtype(gaps["zone"])
