"""Coordinate systems and datums on real data: no code, web Mercator, a layer shifted as web maps shift it."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest

from fringe.errors import CRSError
from fringe.model.crs import metric_crs, require_metric, same_crs, to_metric
from fringe.model.datum import DATUMS, detect_datum, from_wgs84, to_wgs84

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def stations(data_folder):
    return gpd.read_file(data_folder / "zhengzhou" / "osm_rail_stations_zhengzhou.geojson")


def test_zhengzhou_is_measured_in_its_zone(stations):
    assert metric_crs(stations).to_epsg() == 4547
    assert require_metric(villages=to_metric(stations)).to_epsg() == 4547


def test_all_china_is_chosen_for_but_too_wide_to_measure(data_folder):
    country = gpd.read_file(data_folder / "zhengzhou" / "osm_rail_stations_china.gpkg")
    with pytest.raises(CRSError, match="EPSG:6933"):
        require_metric(villages=to_metric(country))
    assert require_metric(villages=to_metric(country, crs=6933)).to_epsg() == 6933


def test_every_station_of_china_comes_back(data_folder):
    country = gpd.read_file(data_folder / "zhengzhou" / "osm_rail_stations_china.gpkg")
    for datum in DATUMS:
        back = to_wgs84(from_wgs84(country, datum=datum), datum=datum)
        assert np.abs(back.get_coordinates() - country.get_coordinates()).to_numpy().max() < 1e-9


@pytest.mark.parametrize("datum", DATUMS)
def test_stations_are_detected_by_names_and_without(stations, datum):
    shifted = from_wgs84(stations, datum=datum).to_crs(3857)
    assert detect_datum(shifted, stations).datum == datum
    assert detect_datum(shifted.drop(columns="name"), stations).datum == datum


def test_roads_without_a_code_are_the_zone_they_say(data_folder):
    roads = gpd.read_parquet(data_folder / "wuhan_roads" / "wuhan_roads_simplified.parquet")
    assert same_crs(roads.crs, pyproj.CRS.from_epsg(32650))
    assert require_metric(roads=roads, zones=roads.head(3).set_crs(32650, allow_override=True)) == roads.crs


@pytest.mark.parametrize("datum", DATUMS)
def test_a_citys_dense_roads_tell_their_datum(data_folder, datum):
    roads = gpd.read_parquet(data_folder / "wuhan_roads" / "wuhan_roads_simplified.parquet")[["geometry"]]
    part = roads.iloc[::5]
    assert detect_datum(from_wgs84(part.to_crs(4326), datum=datum), roads).datum == datum


def test_villages_of_sanhe(data_folder):
    path = data_folder / "sanhe_villages" / "sanhe.gpkg"
    villages, roads = gpd.read_file(path, layer="places"), gpd.read_file(path, layer="roads")
    assert detect_datum(from_wgs84(villages, datum="gcj02"), villages).datum == "gcj02"
    assert detect_datum(from_wgs84(roads, datum="bd09"), roads).datum == "bd09"
    # Five points against roads they do not lie on tell nothing.
    assert detect_datum(from_wgs84(villages[["geometry"]], datum="gcj02"), roads[["geometry"]]).undecided


def test_plots_in_web_mercator_are_refused_with_their_distortion(data_folder):
    plots = gpd.read_file(data_folder / "bubenec_plots" / "bubenec.gpkg", layer="plots")
    with pytest.raises(CRSError) as caught:
        require_metric(plots=plots)
    (problem,) = caught.value.problems
    assert problem.params["crs"] == "EPSG:32633"
    # At 50.1 degrees north, areas are 1 / cos²(50.1°) = 2.43 times too large, less the flattening.
    assert float(problem.params["percent"].split()[0]) == pytest.approx(
        100 * (1 / np.cos(np.radians(50.1)) ** 2 - 1), abs=2
    )
    assert require_metric(plots=to_metric(plots)).to_epsg() == 32633
