"""Zonal statistics on real rasters: parcels' NDVI, land cover of a city, people of a region, and the sample's own."""

from __future__ import annotations

import itertools

import exactextract
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import box

import fringe as fr

DATES = {"2015-07-11": 1, "2015-09-09": 5}


def test_the_samples_ndvi_agrees_with_exactextract(sample):
    study = fr.Study.open(sample)
    for name, source in study.rasters.items():
        table = study.zonal(name, stats=("mean", "sum", "min", "max", "count"), threshold=0.3)
        assert table.index.equals(study.zones.index)
        theirs = exactextract.exact_extract(
            str(source.path), study.zones.reset_index(), list(table.columns[:5]), output="pandas"
        )
        for column in theirs:
            np.testing.assert_allclose(table[column], theirs[column], rtol=1e-8)
        assert table["over_share"].between(0, 1).all()
    with pytest.raises(fr.errors.StudyError, match=r"no raster 'ndvi_afte'.*ndvi_after"):
        study.zonal("ndvi_afte")
    assert study.replace(zones=study.zones).rasters == study.rasters


@pytest.mark.real
def test_parcels_without_a_pixels_centre_have_a_value(data_folder):
    folder = data_folder / "s2_slovenia"
    parcels = gpd.read_file(folder / "lulc_parcels.gpkg")
    reference = pd.read_csv(folder / "reference_parcel_ndvi.csv")
    parcels.index = reference["index"]
    none = (reference["n_pixels_2015-07-11"] == 0).to_numpy()
    assert none.sum() == 7
    stack = folder / "ndvi_68dates.tif"
    for date in DATES:
        band = _band(stack, date)
        table = fr.zonal(stack, parcels, stats=("mean", "count"), threshold=0.3, band=band)
        assert table["mean"].notna().all()
        theirs = exactextract.exact_extract(
            str(stack), parcels.reset_index(drop=True), ["mean", "count"], output="pandas"
        )
        np.testing.assert_allclose(table["mean"], theirs[f"band_{band}_mean"], rtol=1e-8)
        np.testing.assert_allclose(table["count"], theirs[f"band_{band}_count"], rtol=1e-7)
        # The reference takes a cell wholly or not at all, by its centre: what it counts can be off by half of all
        # cells on the border, and its mean by the spread of the parcel's cells times that share.
        given = reference[f"n_pixels_{date}"].to_numpy()
        steps = shapely.length(parcels.geometry.to_numpy()) / 9.99
        assert (np.abs(table["count"] - given) <= steps / 2 + 1).all()
        large = (given >= 20) & ~none
        spread = fr.zonal(stack, parcels, stats=("min", "max"), band=band)
        share = np.minimum(steps / np.maximum(given, 1), 1)
        off = np.abs(table["mean"] - reference[f"ndvi_mean_{date}"].to_numpy())
        assert (off <= share * (spread["max"] - spread["min"]))[large].all()
        assert np.median(off[large]) < 0.02


def _band(path, date):
    import rasterio

    with rasterio.open(path) as source:
        return 1 + next(at for at, said in enumerate(source.descriptions) if said.startswith(date))


@pytest.mark.real
def test_land_cover_of_lausanne(data_folder):
    folder = data_folder / "vaud_landcover"
    city = gpd.read_file(folder / "gmb-lausanne.gpkg")
    reference = pd.read_csv(folder / "reference_class_share_lausanne.csv")
    for year in (2006, 2012):
        table = fr.zonal(folder / f"ls100_{year % 100:02}.tif", city, stats=("count", "class_share"))
        mine = table["class_share"].droplevel(0)
        assert mine.sum() == pytest.approx(1, abs=1e-12)
        theirs = reference[reference["year"] == year].set_index("class")
        # Cells by their centre: border cells are right on average only, so that a class may be off by a cell for each
        # two it has on the border, of some 600; half a percent of all is far more than that.
        both = mine.reindex(theirs.index.union(mine.index), fill_value=0)
        assert (both - theirs["share"].reindex(both.index, fill_value=0)).abs().max() < 0.005
        assert table["count"].iloc[0] == pytest.approx(theirs["n_pixels"].sum(), rel=0.01)
        raw = exactextract.exact_extract(
            str(folder / f"ls100_{year % 100:02}.tif"), city.to_crs(2056), ["unique", "frac"], output="pandas"
        )
        order = np.argsort(raw["unique"].iloc[0])
        assert mine.index.tolist() == [int(item) for item in raw["unique"].iloc[0][order]]
        np.testing.assert_allclose(mine, raw["frac"].iloc[0][order], atol=1e-8)


@pytest.mark.real
def test_the_people_of_beijing_are_counted_once(data_folder):
    path = data_folder / "beijing_population" / "bj_ppp_2020_1000m_UNadj.tif"
    west, south, east, north = 115.4, 39.4, 117.6, 41.1
    x, y = np.linspace(west, east, 8), np.linspace(south, north, 6)
    tiles = [box(a, c, b, d) for a, b in itertools.pairwise(x) for c, d in itertools.pairwise(y)]
    zones = gpd.GeoDataFrame(geometry=[*tiles, box(west, south, east, north)], crs="EPSG:4326")
    table = fr.zonal(path, zones, stats="sum")
    whole = table["sum"].iloc[-1]
    # The total stands in the data's description, with four figures.
    assert whole == pytest.approx(28.26e6, abs=0.005e6)
    assert table["sum"].iloc[:-1].sum() == pytest.approx(whole, rel=1e-9)
    theirs = exactextract.exact_extract(str(path), zones, ["sum"], output="pandas")["sum"]
    # Where there are no data at all, nothing is known; exactextract calls that no people.
    np.testing.assert_allclose(table["sum"].fillna(0), theirs, rtol=1e-8)
