"""The map as a value: verbs, refusals, the same bytes every time."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, box

import fringe as fr
from fringe.errors import MapError
from fringe.maps import Categories, Map, Symbol
from fringe.maps.document import to_json

ROOT = Path(__file__).parents[2]


def zones(shares, **columns):
    cells = [box(n * 0.01, 0, n * 0.01 + 0.01, 0.01) for n in range(len(shares))]
    data = {"name": [f"Zone {n}" for n in range(len(shares))], "covered_share": shares, **columns}
    return gpd.GeoDataFrame(
        data, index=[f"Z{n}" for n in range(len(shares))], geometry=cells, crs="EPSG:4326"
    ).rename_axis("zone")


def legend(sheet, layer=0):
    return [(item["label"], item["count"]) for item in sheet.document()["layers"][layer]["legend"]]


def test_verbs_return_new_maps_and_leave_frames_alone():
    frame = zones([0.1, 0.9])
    before = frame.copy()
    empty = Map("A", lang="en")
    one = empty.shade(frame, "covered_share")
    two = one.draw(frame, name="Again")
    assert [len(sheet.layers) for sheet in (empty, one, two)] == [0, 1, 2]
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.title = "B"
    pd.testing.assert_frame_equal(frame, before)
    text = to_json(one.document())
    frame["covered_share"] = 0.0
    frame.loc["Z0", "geometry"] = box(5, 5, 6, 6)
    assert to_json(one.document()) == text


def test_legends_count_every_zone_once():
    sheet = Map("A", lang="en").shade(zones([0.05, 0.5, 0.97, np.nan, 1.0]), "covered_share")
    assert legend(sheet) == [("0–20", 1), ("20–40", 0), ("40–60", 1), ("60–80", 0), ("80–100", 2), ("No data", 1)]
    assert sheet.document()["layers"][0]["note"] == "%"


@pytest.mark.parametrize(
    ("shares", "labels"),
    [
        ([0.4, 0.4], [("40", 2)]),
        ([np.nan, np.nan], [("No data", 2)]),
        ([0.25], [("25", 1)]),
    ],
)
def test_flat_missing_and_lone_columns_have_legends(shares, labels):
    assert legend(Map("A", lang="en").shade(zones(shares), "covered_share")) == labels


def test_changes_are_signed_mirrored_and_hatched_below_zero():
    sheet = Map("A", lang="en").shade(
        zones([0, 0, 0], covered_share_change=[-0.08, 0.02, 0.15]), "covered_share_change", k=4
    )
    found = sheet.document()["layers"][0]
    # Nothing fell by more than 10: that class keeps its colour and is not listed.
    assert [item["label"] for item in found["legend"]] == ["-10 to 0", "0 to +10", "+10 to +20"]
    assert ["pattern" in symbol for symbol in found["symbols"]] == [True, True, False, False, False, True]


def test_words_are_shaded_as_categories():
    sheet = Map("A", lang="en").shade(zones([0, 0, 0], kind=["pilot", "ordinary", None]), "kind")
    assert legend(sheet) == [("Ordinary", 1), ("Pilot", 1), ("No data", 1)]


def test_plots_show_their_status_and_unknown_ones_are_counted(town):
    plots = town.plots.assign(status=[*town.plots["status"][:-1], "plantd"])
    counts = dict(legend(Map("A", lang="zh").draw(plots)))
    assert sum(counts.values()) == len(plots)
    assert counts["其他或未填"] == 1
    assert counts["已栽植"] == (plots["status"] == "planted").sum()


def test_own_styles_follow_columns():
    style = Categories.of("name", {"Zone 0": Symbol(fill="#336633")}, other=Symbol(fill="#cccccc"))
    sheet = Map("A", lang="en").draw(zones([0, 0, 0]), style=style, name="Mine", group="Others")
    assert legend(sheet) == [("Zone 0", 1), ("Other or not given", 2)]
    assert sheet.document()["layers"][0]["group"] == "Others"


def test_popups_hold_the_columns_with_labels_unless_told_otherwise():
    frame = zones([0.5], mine=[1], population=[None])
    columns = [column["name"] for column in Map("A").shade(frame, "covered_share").document()["layers"][0]["columns"]]
    assert columns == ["zone", "name", "covered_share"]
    own = Map("A").shade(frame, "covered_share", popup=["mine"]).document()["layers"][0]
    assert own["popup"] == 1
    # What stands on the map, and the number by which a zone is looked up, come along unseen.
    assert [column["name"] for column in own["columns"]] == ["mine", "name", "covered_share", "zone"]
    assert Map("A").shade(frame, "covered_share", popup=False).document()["layers"][0]["popup"] == 0


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda frame: Map("A").shade(frame, "greened"), ["greened", "covered_share", "zones"]),
        (lambda frame: Map("A").shade(frame, "covered_share", popup=["nope"], label="nor"), ["nope", "nor"]),
        (lambda frame: Map("A").shade(frame, "covered_share", scheme="jenks"), ["jenks", "natural"]),
        (lambda frame: Map("A").shade(frame, "covered_share", palette="viridis"), ["viridis", "slate"]),
        (lambda frame: Map("A").shade(frame, "covered_share", breaks=[1, 0]), ["[1, 0]", "rising"]),
        (lambda frame: Map("A").shade(frame, "covered_share", scheme="fixed"), ["breaks"]),
        (lambda frame: Map("A").shade(frame, "covered_share", k=0), ["0 classes"]),
        (lambda frame: Map("A").draw(frame.set_crs(None, allow_override=True)), ["set_crs", "zones"]),
        (lambda frame: Map("A").draw(pd.DataFrame(frame.drop(columns="geometry"))), ["DataFrame", "join"]),
        (lambda _: Map("A", date="soon"), ["soon"]),
        (lambda _: Map("A").document(), ["no feature"]),
        (lambda frame: Map("A").draw(frame.iloc[:0]).document(), ["no feature"]),
        (lambda frame: Map("A").draw(frame).save("/nowhere/at/all.html"), ["/nowhere/at/all.html"]),
    ],
)
def test_refusals_name_the_thing_and_the_remedy(call, parts):
    with pytest.raises(MapError) as caught:
        call(zones([0.1, 0.2]))
    for lang in ("en", "zh"):
        assert caught.value.render(lang)
    for part in parts:
        assert part in caught.value.render("en")


def test_empty_layers_are_drawn_beside_others():
    sheet = Map("A", lang="en").shade(zones([0.1]), "covered_share").draw(zones([0.1]).iloc[:0].rename_axis("plot"))
    assert len(sheet.document()["layers"]) == 2


_WRITE = """
import sys
from tests.maps.district import district
from fringe.maps import Map
if sys.argv[2] == "after":
    Map("Other", lang="en").draw(district(3).zones)._repr_html_()
sheet = district(n_zones=9, n_plots=30).sheet("zh", review_no="豫S(2024)001号")
if sys.argv[2] == "after":
    sheet._repr_html_()
sheet.save(sys.argv[1])
"""


def test_equal_data_give_equal_bytes(tmp_path):
    """In other processes, under other hash seeds, after other maps, shown before or not."""
    texts = []
    for seed, when in (("0", "first"), ("1", "after"), ("4242", "after")):
        path = tmp_path / f"{seed}.html"
        command = [sys.executable, "-c", _WRITE, str(path), when]
        subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed})
        texts.append(path.read_bytes())
    assert texts[0] == texts[1] == texts[2]


def test_showing_never_changes_a_map(town):
    sheet = town.sheet("en")
    shown = sheet._repr_html_()
    assert sheet._repr_html_() == shown
    made = sheet.to_folium()
    assert made._repr_html_() == shown
    assert made.get_root().render() == made.get_root().render()
    assert 'sandbox="allow-scripts' in shown


def test_the_map_is_public():
    assert fr.Map is Map


def test_json_cannot_end_its_script():
    text = to_json({"a": "</script><!-- & \u2028 \ud800 \x00"})
    assert not set("<>&\u2028\ud800\x00") & set(text)
    text.encode()


def test_a_refused_save_leaves_the_file_that_was_there(tmp_path):
    zones = gpd.GeoDataFrame({"a": [1]}, geometry=[box(113, 34, 114, 35)], crs=4326).rename_axis("zone")
    made = Map("x", lang="en").draw(zones).to_folium()
    made.save(str(tmp_path / "map.html"))
    before = (tmp_path / "map.html").read_bytes()
    folium.TileLayer("OpenStreetMap").add_to(made)
    with pytest.raises(MapError):
        made.save(str(tmp_path / "map.html"))
    assert (tmp_path / "map.html").read_bytes() == before


@pytest.mark.parametrize(
    ("column", "values"),
    [("covered_share", [0.1 + 0.2, 0.3]), ("covered_share_change", [1e-17, 0.0]), ("a", [1e-14, 2e-14])],
)
def test_the_noise_of_floats_is_one_class(column, values, tmp_path):
    zones = gpd.GeoDataFrame(
        {column: values}, geometry=[box(113, 34, 114, 35), box(114, 34, 115, 35)], crs=4326
    ).rename_axis("zone")
    assert Map("x", lang="en").shade(zones, column).save(tmp_path / "map.html").exists()


def test_shading_needs_areas_and_takes_the_index(tmp_path):
    lines = gpd.GeoDataFrame({"a": [1.0]}, geometry=[LineString([(113, 34), (114, 35)])], crs=4326)
    with pytest.raises(MapError, match="LineString"):
        Map("x", lang="en").shade(lines, "a")
    zones = gpd.GeoDataFrame(index=["A", "B"], geometry=[box(113, 34, 114, 35), box(114, 34, 115, 35)], crs=4326)
    assert Map("x", lang="en").shade(zones.rename_axis("zone"), "zone").save(tmp_path / "map.html").exists()
