"""Real places the whole way: files, study, figures, map."""

from __future__ import annotations

import pytest

import fringe as fr

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def countries(data_folder):
    return {
        year: fr.Study.from_layers(
            fr.read_osm(data_folder / "liechtenstein" / f"liechtenstein-{year}.osm.pbf"),
            title=f"Liechtenstein {year}",
            attribution="© OpenStreetMap contributors",
        )
        for year in (2013, 2015)
    }


def test_a_country_adds_up(countries):
    for study in countries.values():
        table = study.figures(total=True)
        parts = table.drop(index="total")
        # Municipalities do not overlap: ground and lengths add up to the whole.
        for column in ("zone_m2", "covered_m2", "road_length_m", "rail_length_m"):
            assert parts[column].sum() == pytest.approx(table.loc["total", column], rel=1e-6), column
        assert table.loc["total", "zone_m2"] == pytest.approx(160.5e6, rel=1e-3)


def test_the_country_on_a_map_and_in_a_file(countries, tmp_path):
    study = countries[2015]
    study.save(tmp_path / "country.gpkg")
    again = fr.Study.open(tmp_path / "country.gpkg")
    assert again.figures()["covered_m2"].tolist() == pytest.approx(study.figures()["covered_m2"].tolist(), rel=1e-9)
    page = study.map(lang="zh").save(tmp_path / "country.html")
    assert page.stat().st_size < 4e6


def test_two_dates_on_a_map_of_differences(countries, tmp_path):
    before, after = (countries[year].coverage() for year in (2013, 2015))
    table = fr.change(before, after)
    for zone in before.index:
        expected = after.loc[zone, "covered_m2"] - before.loc[zone, "covered_m2"]
        assert table.loc[zone, "covered_m2_change"] == pytest.approx(expected)
    # The data's README: mapped forest of Balzers falls and Triesenberg's rises, by mapping, not by felling.
    assert table.loc["Balzers", "covered_m2_change"] < 0 < table.loc["Triesenberg", "covered_m2_change"]
    zones = countries[2015].zones.join(table)
    page = fr.Map("Liechtenstein 2013–2015", lang="en", attribution="© OpenStreetMap contributors")
    assert page.shade(zones, "covered_share_change").save(tmp_path / "change.html").stat().st_size > 0


def test_web_mercator_is_converted_in_a_study_and_refused_by_a_measure(data_folder, tmp_path):
    file = data_folder / "bubenec_plots" / "bubenec.gpkg"
    plots = fr.read_layer(file, "plots")
    zones = plots.dissolve()[["geometry"]].assign(name="Bubenec")
    with pytest.raises(fr.errors.CRSError, match=r"EPSG:3857[\s\S]*EPSG:\d+"):
        fr.coverage(plots, zones)
    zones.to_file(tmp_path / "zones.gpkg", layer="zones")
    plots.assign(status="kept").to_file(tmp_path / "plots.gpkg", layer="plots")
    (tmp_path / "study.toml").write_text(
        'title = "B"\n[layers.zones]\npath = "zones.gpkg"\n[layers.plots]\npath = "plots.gpkg"\n'
    )
    study = fr.Study.open(tmp_path)
    assert study.check(lang="en").query("code == 'crs_converted'")["message"].str.contains("3857").all()
    table = study.coverage()
    # The data's README: areas in EPSG:3857 are 2.43 times too large here.
    assert plots.area.sum() / table["summed_m2"].sum() == pytest.approx(2.43, rel=5e-3)


def test_broken_polygons_of_sanhe_are_named_and_repaired(data_folder):
    file = data_folder / "sanhe_villages" / "sanhe.gpkg"
    found = fr.check(fr.read_layer(file, "admin_slices"), "zones", lang="zh")
    broken = found[found["code"].isin(["geometry_invalid", "geometry_collapsed"])]
    assert len(broken) > 0
    assert broken["message"].str.contains("图形无效").all()
    assert (broken["remedy"].str.len() > 0).all()
