"""Indicators of two zones worked out on paper, of the sample by a second implementation, and the registry itself."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from shapely import LineString, Point, box
from tests.measure.layers import X, Y, frame

import fringe as fr
from fringe.errors import FringeWarning, LayerError
from fringe.model.rules import rules
from fringe.model.states import status_on
from fringe.model.units import display
from fringe.reports.indicators import HARD, SOFT, cited, indicators, zone_indicators


def area(x0, y0, x1, y1):
    return box(X + x0, Y + y0, X + x1, Y + y1)


def way(*xy):
    return LineString([(X + x, Y + y) for x, y in xy])


@pytest.fixture
def vegetation(tmp_path):
    """Cells of 100 m: a quarter under plants in the west; in the east wholly or not at all, by halves."""
    cells = np.full((10, 20), 0.25, dtype="float32")
    cells[:5, 10:], cells[5:, 10:] = 1, 0
    return raster(tmp_path / "vegetation.tif", cells)


def raster(path, cells):
    grid = {"width": cells.shape[1], "height": cells.shape[0]}
    grid["transform"] = rasterio.Affine(100, 0, X, 0, -100, Y + 1000)
    with rasterio.open(path, "w", driver="GTiff", count=1, dtype=cells.dtype, crs="EPSG:4547", **grid) as out:
        out.write(cells, 1)
    return path


@pytest.fixture
def district(vegetation):
    """Two zones of 1 km², side by side."""
    roads = [way((0, 500), (2000, 500)), way((0, 600), (500, 600)), way((0, 700), (900, 700))]
    roads += [way((1000, y), (2000, y)) for y in (700, 710)] + [way((1500, 0), (1500, 100))]
    return {
        "zones": frame(
            [area(0, 0, 1000, 1000), area(1000, 0, 2000, 1000)], index=["W", "E"], name="zone", population=[1000, 2000]
        ),
        "plots": frame(
            [area(100, 100, 200, 200), area(0, 50, 500, 80), area(1200, 800, 1400, 900), area(1500, 500, 1600, 600)],
            status=["kept", "kept", "planted", "planned"],
            green_class=["G1", "G2", "EG", "G1"],
        ),
        "land": frame(
            [area(100, 300, 200, 400), area(900, 900, 1000, 1000), area(1000, 0, 2000, 250)],
            land_class=["0702", "0701", "0102"],
        ),
        "villages": frame(
            [Point(X + 150, Y + 450), Point(X + 900, Y + 150), Point(X + 1500, Y + 500)], population=[300, 100, 50]
        ),
        "roads": frame(
            roads,
            road_class=["primary", "track", "footway", "secondary", "secondary", "service"],
            surface=["asphalt", "gravel", "concrete", "水泥", "水泥", None],
            dual=[False, False, False, True, True, False],
            width_m=[10.0, 4.0, 2.0, 8.0, 8.0, 4.0],
        ),
        "rail": frame([way((0, 50), (2000, 50))], line=["L"], rail_class=["conventional"], km_start=[0.0]),
        "buildings": frame([area(1800, 800, 1900, 900), area(1850, 800, 1950, 900)]),
        "vegetation": vegetation,
        "water": frame([area(800, 0, 1000, 250)]),
        "tasks": pd.DataFrame(
            {"title": ["a", "b"], "zone": ["W", "W"], "category": ["roads", "roads"], "unit": ["m", "m"],
             "target": [100.0, 10.0], "weight": [2.0, 1.0], "start": pd.to_datetime(["2020-01-01"] * 2),
             "due": pd.to_datetime(["2020-04-09"] * 2)},
            index=pd.Index(["T-1", "T-2"], name="task"),
        ),
        "reports": pd.DataFrame(
            {"task": ["T-1", "T-2"], "date": pd.to_datetime(["2020-02-01"] * 2), "done": [50.0, 20.0],
             "recorded_at": pd.to_datetime(["2020-02-01 18:00"] * 2)},
            index=pd.Index(["R-1", "R-2"], name="report"),
        ),
    }  # fmt: skip


DAY = pd.Timestamp("2020-03-01")
BY_HAND = {
    # 100 x 100 m of park and 500 x 30 m of belt; 200 x 100 m of regional green; what is planned does not count.
    "green_land_ratio": (0.025, 0.02),
    "park_green_per_capita": (10_000 / 1000, 0),
    # One of two parcels lies within 500 m of the park; none in the east.
    "service_coverage": (0.5, np.nan),
    # 300 of 400 people live within 500 m: at 250 m, 100 at 700 m.
    "service_coverage_population": (0.75, 0),
    "park_distance_m": ((300 * 250 + 100 * 700) / 400, float(np.hypot(1300, 300))),
    # Belts of 30 m on both sides: 60 000 m² a zone, 15 000 of them green in the west.
    "corridor_green_share": (0.25, 0),
    # In the west 200 m of the belts are water; in the east all is cropland.
    "corridor_plantable_green_share": (15_000 / (60_000 - 200 * 60), np.nan),
    "green_cover_ratio": (0.25, 0.5),
    # 1 km of main road; in the east two carriageways of another as well, half each.
    "road_density": (1, 2),
    "hardening_rate": (1000 / 1500, 1),
    # Two buildings of a hectare, one half over the other.
    "building_share": (0, 0.015),
    "water_share": (0.05, 0),
    "cropland_share": (0, 0.25),
    "population_density": (1000, 2000),
    # Half of a task that weighs 2 and all of one that weighs 1.
    "progress_share": (2 / 3, np.nan),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_each_by_hand(district, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        table = zone_indicators(district, [name], on=DAY)
    assert list(table.columns) == [name]
    assert table.index.tolist() == ["W", "E"]
    np.testing.assert_allclose(table[name], BY_HAND[name], rtol=1e-6, atol=1e-12)


def test_every_indicator_is_worked_out_above():
    assert set(indicators().index) == set(BY_HAND)


def test_all_at_once_equal_each_alone(district):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        table = zone_indicators(district, on=DAY)
        turned = {kind: layer.iloc[::-1] for kind, layer in district.items() if kind != "vegetation"}
        turned["vegetation"] = district["vegetation"]
        other = zone_indicators(turned, list(BY_HAND)[::-1], on=DAY)
    np.testing.assert_allclose(table[list(BY_HAND)], pd.DataFrame(BY_HAND, index=["W", "E"]), rtol=1e-6, atol=1e-12)
    assert list(other.columns) == list(BY_HAND)[::-1]
    pd.testing.assert_frame_equal(other.loc[["W", "E"], list(table.columns)], table, check_names=False)


def test_unknown_names_and_missing_inputs_are_named_together(district):
    del district["water"]
    district["roads"] = district["roads"].drop(columns="surface")
    with pytest.raises(LayerError) as raised:
        zone_indicators(district, ["road_densty", "water_share", "hardening_rate", "road_density"], on=DAY)
    texts = [found.render("en") for found in raised.value.problems]
    assert len(texts) == 3
    assert "road_densty" in texts[0]
    assert "Did you mean 'road_density'?" in texts[0]
    assert "'water_share' lacks water" in texts[1]
    assert "'hardening_rate' lacks roads.surface" in texts[2]
    with pytest.warns(FringeWarning) as said:
        table = zone_indicators(district, on=DAY)
    assert any("left out for want of data: hardening_rate, water_share" in str(item.message) for item in said)
    assert set(table.columns) == set(BY_HAND) - {"water_share", "hardening_rate"}


def test_progress_needs_a_day_and_one_kind_of_unit(district):
    with pytest.raises(LayerError, match=r"progress_share.*lacks on"):
        zone_indicators(district, ["progress_share"])
    district["tasks"] = district["tasks"].drop(columns="weight").assign(unit=["m", "m2"])
    with pytest.warns(FringeWarning, match=r"progress is left out|surface"):
        assert "progress_share" not in zone_indicators(district, on=DAY)


def test_roads_of_unknown_surface_are_said(district):
    with pytest.warns(FringeWarning, match=r"row 5.*not known to be hardened"):
        zone_indicators(district, ["hardening_rate"])
    district["roads"]["surface"] = "moon dust"
    with pytest.warns(FringeWarning, match="moon dust"):
        assert zone_indicators(district, ["hardening_rate"])["hardening_rate"].isna().all()


def test_a_raster_of_something_else_is_refused(district, tmp_path):
    greyscale = raster(tmp_path / "image.tif", np.full((10, 20), 200, dtype="uint8"))
    with pytest.raises(LayerError, match="between 200 and 200"):
        zone_indicators(district | {"vegetation": greyscale}, ["green_cover_ratio"])


def test_the_registry_is_whole_in_both_languages():
    for lang in ("zh", "en"):
        table = indicators(lang)
        assert table.index.is_unique
        assert not (table.drop(columns=["rules", "certainty"]) == "").any().any()
        for name, row in table.iterrows():
            assert row["title"] in row["citation"]
            assert row["formula"] in row["citation"]
            assert all(f"{rule}" in row["citation"] for rule in row["rules"].split(";"))
            assert bool(re.search(r"[一-鿿]", row["title"])) == (lang == "zh"), name
    assert set(";".join(indicators("zh")["rules"]).split(";")) - {""} <= set(rules().index)
    assert not HARD & SOFT


def test_formulas_name_the_radii_and_width_of_their_rules():
    for lang in ("zh", "en"):
        text = cited("service_coverage", lang).replace(" ", "")
        assert all(
            f"{value:g}" in text for value in rules().loc[["PARK-500", "PARK-300"], ["value", "min"]].to_numpy().ravel()
        )
        assert f"{rules().loc['ZZ-11-4', 'value']:g}" in cited("corridor_green_share", lang)


def test_people_see_them_in_their_units():
    assert display("green_land_ratio", "zh").show(0.351) == "35.1%"
    assert display("park_green_per_capita", "zh").show(12) == "12.00 平方米/人"
    assert display("road_density", "en").show(8) == "8.00 km/km²"
    for name, unit in indicators("zh")["unit"].items():
        assert display(name, "zh") is not None, (name, unit)


@pytest.fixture(scope="module")
def slow(sample):
    """The sample's indicators, zone by zone and shape by shape in the plane."""
    study = fr.Study.open(sample)
    plots = study.plots
    status = status_on(plots, study.latest_day)[0]
    plots = plots[status.isin(["planted", "accepted", "kept"])]
    parks = plots[plots["green_class"] == "G1"]
    reaches = [
        shape.buffer(500 if shape.area >= 5000 else 300, quad_segs=64) for shape in parks.geometry if shape.area >= 2000
    ]
    served, homes = shapely.union_all(reaches), study.land[study.land["land_class"].isin(["0701", "0702"])]
    vehicles = ~study.roads["road_class"].isin(["pedestrian", "footway", "cycleway", "path", "steps"])
    public = vehicles & ~study.roads["road_class"].isin(["service", "track"])
    ground = {"green": plots, "parks": parks, "water": study.water}
    ground["crops"] = study.land[study.land["land_class"].str.startswith("01")]
    ground = {word: shapely.union_all(layer.geometry.array) for word, layer in ground.items()}
    all_homes = shapely.union_all(homes.geometry.array)
    rows = {}
    for name, zone in study.zones.geometry.items():
        inside = study.villages[study.villages.intersects(zone)]
        people = inside["population"]
        homes_here = all_homes.intersection(zone)
        others = shapely.union_all(study.zones.geometry.drop(name).array).buffer(1e-6)
        length = study.roads.intersection(zone).length
        # A stretch on the border belongs to its neighbours as well.
        length -= study.roads.intersection(zone.boundary).intersection(others).length / 2
        metres = {"all": length[vehicles], "main": length[public]}
        hard = study.roads["surface"].isin(["concrete", "asphalt"])
        halves = np.where(study.roads["dual"][public].eq(True), 0.5, 1.0)
        rows[name] = {
            "green_land_ratio": ground["green"].intersection(zone).area / zone.area,
            "park_green_per_capita": ground["parks"].intersection(zone).area / study.zones.loc[name, "population"],
            "service_coverage": served.intersection(homes_here).area / homes_here.area if homes_here.area else np.nan,
            "service_coverage_population": people[inside.within(served)].sum() / people.sum()
            if len(people)
            else np.nan,
            "park_distance_m": (inside.geometry.map(lambda spot: parks.distance(spot).min()) * people).sum()
            / people.sum()
            if len(people)
            else np.nan,
            "road_density": (metres["main"] * halves).sum() / zone.area * 1000,
            "hardening_rate": metres["all"][hard[vehicles]].sum() / metres["all"].sum(),
            "water_share": ground["water"].intersection(zone).area / zone.area,
            "cropland_share": ground["crops"].intersection(zone).area / zone.area,
            "population_density": study.zones.loc[name, "population"] / zone.area * 1e6,
        }
    return study, pd.DataFrame.from_dict(rows, orient="index")


def test_the_sample_by_a_second_implementation(slow):
    study, expected = slow
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        table = study.indicators(list(expected.columns))
    assert table.index.tolist() == expected.index.tolist()
    for name in expected.columns:
        # The plane is 1e-5 off, arcs of 32 and 64 chords differ by 3e-4 of a disc.
        tolerance = 2e-3 if name == "service_coverage" else 1e-4
        np.testing.assert_allclose(table[name], expected[name], rtol=tolerance, atol=1e-9, err_msg=name)


def test_a_study_passes_them_on(slow):
    study, _ = slow
    whole = study.progress()["progress_share"]
    corridor = fr.corridor_coverage(study.rail, study.plots, study.zones, width_m=30, on=study.latest_day)
    table = study.indicators(["progress_share", "corridor_green_share"])
    pd.testing.assert_series_equal(table["progress_share"], whole, check_names=False)
    pd.testing.assert_series_equal(table["corridor_green_share"], corridor["green_share"], check_names=False)
