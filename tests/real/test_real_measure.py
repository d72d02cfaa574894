"""The measures on real data: Liechtenstein against reference figures per municipality, and Bubenec's web Mercator."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from fringe.errors import CRSError, FringeWarning
from fringe.measure.bare import uncovered
from fringe.measure.change import change
from fringe.measure.coverage import coverage
from fringe.measure.lengths import lengths
from fringe.measure.overlaps import overlaps
from fringe.model.crs import to_metric

pytestmark = pytest.mark.real
YEARS = (2013, 2015)


@pytest.fixture(scope="module")
def country(data_folder):
    """Zones, green, roads and rail of both years in one metric CRS, and the reference tables."""
    return {year: _year(data_folder / "liechtenstein", year) for year in YEARS}


def _year(folder, year):
    source = folder / f"liechtenstein-{year}.gpkg"
    layers = {
        name: gpd.read_file(source, layer=name).set_index("osm_id") for name in ("admin", "green", "roads", "rail")
    }
    admin = layers.pop("admin")
    layers["zones"] = admin[admin["admin_level"].astype(str) == "8"].set_index("name").rename_axis("zone")
    reference = pd.read_csv(folder / f"reference_coverage_{year}.csv", index_col="name")
    return {name: _unique(layer) for name, layer in to_metric(layers).items()} | {"reference": reference}


def _unique(layer):
    """Ids of OSM's ways and relations are two series, so that an id may stand twice; here only the shapes matter."""
    return layer if layer.index.is_unique else layer.reset_index(drop=True)


def covered(year):
    """Coverage of a year; broken outlines in the data are mended and said."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        return coverage(year["green"], year["zones"])


@pytest.mark.parametrize("year", YEARS)
def test_areas_meet_the_reference(country, year):
    layers = country[year]
    table = covered(layers)
    reference = layers["reference"].loc[table.index]
    assert len(table) == len(layers["reference"])
    for ours, theirs in (("zone_m2", "zone_km2"), ("covered_m2", "green_union_km2"), ("summed_m2", "green_sum_km2")):
        np.testing.assert_allclose(table[ours] / 1e6, reference[theirs], rtol=1e-3, err_msg=ours)


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("network", ["roads", "rail"])
def test_lengths_meet_the_reference(country, year, network):
    layers = country[year]
    table = lengths(layers[network], layers["zones"])
    reference = layers["reference"].loc[table.index, {"roads": "road_km", "rail": "rail_km"}[network]]
    # The reference gives the 16 m of 2015's roads that run along a border to both sides, and counts once the 52 m
    # that a road in Gamprin runs twice.
    np.testing.assert_allclose(table["length_m"] / 1e3, reference, rtol=1e-3, atol=1e-3)


def test_the_country_adds_up(country):
    layers = country[2013]
    zones = layers["zones"].assign(country="all")
    whole = lengths(layers["roads"], zones, per="country")["length_m"].sum()
    assert lengths(layers["roads"], zones)["length_m"].sum() == pytest.approx(whole, rel=1e-6)


def test_bare_ground_and_overlaps_reconcile(country):
    layers = country[2013]
    table = covered(layers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        bare = uncovered(layers["green"], layers["zones"])
        pairs = overlaps(layers["green"])
    left = bare.groupby("zone")["area_m2"].sum().loc[table.index]
    np.testing.assert_allclose(left, table["zone_m2"] - table["covered_m2"], rtol=1e-9)
    # Where no three lie over each other, pairs are all the double counting; ground outside the zones only adds.
    assert pairs["overlap_m2"].sum() >= table["overlap_m2"].sum() * (1 - 1e-9) > 0


def test_the_change_is_that_of_the_references(country):
    table = change(*(covered(country[year]) for year in YEARS))
    theirs = country[2015]["reference"]["green_union_km2"] - country[2013]["reference"]["green_union_km2"]
    np.testing.assert_allclose(table["covered_m2_change"] / 1e6, theirs.loc[table.index], rtol=1e-3, atol=1e-4)


def test_web_mercator_is_refused_with_a_crs_to_use(data_folder):
    plots = gpd.read_file(data_folder / "bubenec_plots" / "bubenec.gpkg", layer="plots")
    with pytest.raises(CRSError) as raised:
        coverage(plots, plots)
    text = raised.value.render("en")
    assert "EPSG:3857" in text
    assert "EPSG:32633" in text
    converted = to_metric(plots)
    table = coverage(converted, converted)
    assert table["covered_share"].to_numpy() == pytest.approx(1.0)
    assert (plots.geometry.area / table["zone_m2"]).median() == pytest.approx(2.43, abs=0.02)
