"""Reading real open data: broken polygons, coordinate systems without a code, and whole countries."""

import os
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from fringe.errors import LayerError
from fringe.io.propose import propose
from fringe.io.vector import load_layer, read_layer, write_layer

DATA = Path(os.environ.get("FRINGE_DATA", ""))
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not os.environ.get("FRINGE_DATA"), reason="FRINGE_DATA does not name the data folder"),
]


def test_broken_admin_polygons_are_all_kept_and_named():
    path = DATA / "sanhe_villages" / "sanhe.gpkg"
    raw = read_layer(path, "admin_slices")
    assert len(raw) == 8
    assert not raw.is_valid.any()
    layer, problems = load_layer(path, "admin_slices", kind="zones")
    assert len(layer) == 8
    said = {row for found in problems if found.code in ("geometry_invalid", "geometry_collapsed") for row in found.rows}
    assert said == set(layer.index)


def test_the_five_villages_have_their_names():
    layer, problems = load_layer(DATA / "sanhe_villages" / "sanhe.gpkg", "places", kind="villages")
    assert set(layer["name"]) == {"四福庄村", "许各庄村", "西曹庄村", "三福庄村", "夏辛庄村"}
    assert [found for found in problems if found.severity == "error"] == []


def test_a_file_of_several_layers_asks_which():
    with pytest.raises(LayerError, match="admin_slices"):
        read_layer(DATA / "sanhe_villages" / "sanhe.gpkg", kind="zones")


def test_web_mercator_is_read_without_complaint():
    layer, problems = load_layer(DATA / "bubenec_plots" / "bubenec.gpkg", "plots")
    assert len(layer) == 407
    assert layer.crs.to_epsg() == 3857
    assert problems == []


def test_a_crs_of_unknown_name_is_taken_for_what_it_says(tmp_path):
    path = DATA / "wuhan_roads" / "wuhan_roads_simplified.parquet"
    roads, problems = load_layer(path)
    assert len(roads) == 16_408
    assert roads.crs is not None
    assert problems == []
    # In the same place as in the system it should be.
    inside = shapely.box(*roads.to_crs(4326).total_bounds).within(shapely.box(113.9, 30.3, 114.6, 30.8))
    assert inside
    write_layer(roads, tmp_path / "r.gpkg")
    back = read_layer(tmp_path / "r.gpkg")
    there = gpd.GeoSeries(back.geometry, crs=back.crs).to_crs(roads.crs)
    assert there.iloc[:50].geom_equals_exact(roads.geometry.iloc[:50], tolerance=1e-6).all()


def test_places_in_a_csv_and_stations_in_geojson():
    places, problems = load_layer(DATA / "zhengzhou" / "geonames_zhengzhou.csv")
    assert len(places) == 13
    assert places.crs.to_epsg() == 4326
    assert [found.code for found in problems] == ["crs_assumed_degrees"]
    stations = read_layer(DATA / "zhengzhou" / "osm_rail_stations_zhengzhou.geojson")
    assert len(stations) == 267
    for layer in (places, stations):
        west, south, east, north = layer.total_bounds
        assert 113 < west < east < 114.5
        assert 34 < south < north < 35.2


def test_every_layer_of_a_country_goes_through_every_format(tmp_path):
    path = DATA / "liechtenstein" / "liechtenstein-2013.gpkg"
    admin = read_layer(path, "admin")
    for suffix in ("gpkg", "fgb", "parquet"):
        write_layer(admin, tmp_path / f"a.{suffix}")
        back = read_layer(tmp_path / f"a.{suffix}")
        assert back.geometry.normalize().geom_equals(admin.geometry.normalize()).all()
        assert back.drop(columns="geometry").astype(str).equals(admin.drop(columns="geometry").astype(str))


def test_a_folder_of_villages_is_recognised():
    text, problems = propose(DATA / "sanhe_villages", lang="en")
    assert "[layers.villages]" in text
    assert 'layer = "places"' in text
    assert "[layers.roads]" in text
    assert {found.severity for found in problems} <= {"note", "warning"}
