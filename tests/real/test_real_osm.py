"""A whole country out of OpenStreetMap at two dates: every object accounted for, 110 figures against the reference."""

from __future__ import annotations

from functools import cache

import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from fringe.io.osm import read_osm, tag_totals
from fringe.measure.coverage import coverage
from fringe.measure.lengths import lengths
from fringe.model.contract import check
from fringe.model.reproject import to_metric

pytestmark = pytest.mark.real

YEARS = (2013, 2015)
FIGURES = ["zone_km2", "green_union_km2", "green_sum_km2", "road_km", "rail_km"]
# What the reference counts, as its README lists it.
COUNTED = {
    "plots": {
        "landuse": [
            "forest",
            "grass",
            "meadow",
            "recreation_ground",
            "village_green",
            "allotments",
            "cemetery",
            "orchard",
            "vineyard",
            "greenfield",
            "plant_nursery",
            "flowerbed",
        ],
        "leisure": ["park", "garden", "pitch", "nature_reserve", "playground", "golf_course", "common", "dog_park"],
        "natural": ["wood", "grassland", "heath", "scrub", "wetland", "tree_row"],
    },
    "roads": {"highway": True},
    "rail": {
        "railway": ["rail", "light_rail", "tram", "subway", "narrow_gauge", "disused", "abandoned", "construction"]
    },
}
GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module", params=YEARS)
def year(request):
    return request.param


@pytest.fixture(scope="module")
def folder(data_folder):
    return data_folder / "liechtenstein"


@pytest.fixture(scope="module")
def read(folder):
    """Read a year, with the library's own tags or the reference's, once."""

    @cache
    def reader(year, *, own):
        return read_osm(folder / f"liechtenstein-{year}.osm.pbf", tags=None if own else COUNTED)

    return reader


@pytest.fixture(scope="module")
def reference(folder):
    return {year: pd.read_csv(folder / f"reference_coverage_{year}.csv").set_index("name") for year in YEARS}


def square_km(shape):
    return abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(shape))[0]) / 1e6 if shape.area else 0.0


def km(shape):
    return GEOD.geometry_length(shape) / 1e3 if shape.length else 0.0


def slow_figures(layers):
    """Measure zone by zone and object by object, with shapely in degrees and Geod."""
    rows = {}
    for name, zone in layers["zones"].geometry.items():
        green, roads, rail = (
            shapely.intersection(layers[kind].geometry.to_numpy(), zone) for kind in ("plots", "roads", "rail")
        )
        rows[name] = (
            square_km(zone),
            square_km(shapely.union_all(green)),
            sum(map(square_km, green)),
            sum(map(km, roads)),
            sum(map(km, rail)),
        )
    return pd.DataFrame.from_dict(rows, orient="index", columns=FIGURES)


def figures(layers):
    """Measure with the library, as its users do."""
    metric = to_metric({name: layers[name] for name in ("zones", "plots", "roads", "rail")})
    zones = metric["zones"]
    green = coverage(metric["plots"], zones)
    return pd.DataFrame(
        {
            "zone_km2": green.zone_m2 / 1e6,
            "green_union_km2": green.covered_m2 / 1e6,
            "green_sum_km2": green.summed_m2 / 1e6,
            "road_km": lengths(metric["roads"], zones).length_m / 1e3,
            "rail_km": lengths(metric["rail"], zones).length_m / 1e3,
        }
    )


@pytest.mark.parametrize("measured", [slow_figures, figures])
def test_figures_meet_the_reference(read, reference, year, measured):
    expected = reference[year][FIGURES]
    found = measured(read(year, own=False)).loc[expected.index, FIGURES]
    assert found.shape == (11, 5)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_the_difference_of_the_default_tags_is_explained_tag_by_tag(read, reference, year):
    """What the reference counts and the library does not is a sum over tags, for green, roads and rail."""
    zones = read(year, own=True)["zones"]
    own, theirs = (tag_totals(read(year, own=own), zones) for own in (True, False))
    gap = theirs.sub(own, fill_value=0).query("n != 0")
    metres = gap[["length_m", "area_m2"]].groupby("layer").sum()
    expected = reference[year].sum()
    found = slow_figures(read(year, own=True)).sum()
    explained = {
        "green_sum_km2": metres.area_m2.get("plots", 0) / 1e6,
        "road_km": metres.length_m.get("roads", 0) / 1e3,
        "rail_km": metres.length_m.get("rail", 0) / 1e3,
    }
    for figure, part in explained.items():
        assert found[figure] + part == pytest.approx(expected[figure], rel=1e-5), figure
    assert set(gap.loc["plots"].index) <= {"landuse=greenfield", "leisure=pitch", "leisure=nature_reserve"}
    assert "rail" not in gap.index.get_level_values("layer")


def test_every_tagged_area_and_line_is_accounted_for(read, folder, year):
    """A second, plain reading of the file counts the objects; layers and problems must hold the same."""
    areas, lines = set(), set()
    for item in osmium.FileProcessor(str(folder / f"liechtenstein-{year}.osm.pbf")):
        if item.is_way():
            osm_id = f"way/{item.id}"
            if item.is_closed() and len(item.tags):
                areas.add(osm_id)
            if "highway" in item.tags or "railway" in item.tags:
                lines.add(osm_id)
        elif item.is_relation() and item.tags.get("type") in ("multipolygon", "boundary"):
            areas.add(f"relation/{item.id}")
    for own in (True, False):
        layers = read(year, own=own)
        accounted = set(layers["problems"].row)
        for name, frame in layers.items():
            accounted |= set() if name == "problems" else set(frame.osm_id)
        assert (areas | lines) - accounted == set()
        assert {row for row in accounted if not row.startswith("node/")} == areas | lines


def test_layers_of_a_country_keep_their_contracts(read, year):
    layers = read(year, own=True)
    assert len(layers["zones"]) == 11
    for kind in ("zones", "villages", "roads", "rail", "plots", "land", "water"):
        assert not (check(layers[kind], kind).severity == "error").any(), kind


def test_bbox_is_the_file_cut_by_the_box(read, folder, year):
    whole = read(year, own=True)
    bounds = tuple(whole["zones"].loc["Vaduz"].geometry.bounds)
    part = read_osm(folder / f"liechtenstein-{year}.osm.pbf", bbox=bounds)
    for name in ("roads", "plots", "land", "villages"):
        expected = whole[name][shapely.intersects(whole[name].geometry.to_numpy(), shapely.box(*bounds))]
        assert set(part[name].osm_id) == set(expected.osm_id)
        assert 0 < len(expected) < len(whole[name])


def test_half_a_file_is_refused(folder, tmp_path):
    whole = (folder / "liechtenstein-2013.osm.pbf").read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cut\.osm\.pbf cannot be read"):
        read_osm(cut)
