"""Protection zones: the table of article 27, notices, base lines given and estimated."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, box
from tests.measure.layers import X, Y, frame
from tests.measure.rails import rail, straight

import fringe as fr
from fringe.errors import FringeWarning, LayerError

# Article 27 (1)–(4): high-speed railways, other railways.
ARTICLE_27 = {
    "urban": (10, 8),
    "suburban_residential": (12, 10),
    "village_residential": (15, 12),
    "other": (20, 15),
}
BANK = frame([box(X - 50, Y - 12, X + 1050, Y + 9)])


def zone(tracks, **wishes):
    return fr.protection_zone(tracks, planar=True, **wishes)


@pytest.mark.parametrize("setting", ARTICLE_27)
@pytest.mark.parametrize("rail_class", ["high_speed", "conventional", "metro"])
def test_distances_are_those_of_article_27_beyond_the_toe(setting, rail_class):
    distance = ARTICLE_27[setting][rail_class != "high_speed"]
    zones = zone(rail([straight()], km=[0], rail_class=rail_class), setting=setting, base=BANK)
    assert zones["distance_m"].tolist() == [distance] * 2
    assert not zones["approximate"].any()
    rule = fr.rules().loc[zones["rule"].iloc[0]]
    assert (rule["value"], rule["setting"]) == (distance, setting)
    shapes = zones.set_index("side").geometry
    assert shapes["left"].symmetric_difference(box(X, Y, X + 1000, Y + 9 + distance)).area < 1e-3
    assert shapes["right"].symmetric_difference(box(X, Y - 12 - distance, X + 1000, Y)).area < 1e-3


def test_toe_lines_do_as_well_as_the_ground_between_them():
    toes = frame([LineString([(X - 50, Y + 9), (X + 1050, Y + 9)]), LineString([(X - 50, Y - 12), (X + 1050, Y - 12)])])
    by_line = zone(rail([straight()], km=[0]), setting="urban", base=toes)
    by_area = zone(rail([straight()], km=[0]), setting="urban", base=BANK)
    assert by_line.area.tolist() == pytest.approx(by_area.area.tolist(), rel=1e-6)
    assert not by_line["approximate"].any()


def test_without_a_base_line_the_zone_is_wider_than_from_the_track_and_says_it_is_approximate():
    tracks = rail([straight(), straight(at=-5)], km=[0, None])
    with pytest.warns(FringeWarning, match="no base line is known for East"):
        zones = zone(tracks, setting="other")
    assert zones["approximate"].all()
    shapes = zones.set_index("side").geometry
    assert shapes["left"].symmetric_difference(box(X, Y, X + 1000, Y + 26.8)).area < 1e-3
    assert shapes["right"].symmetric_difference(box(X, Y - 31.8, X + 1000, Y - 5)).area < 1e-3


def test_on_a_bridge_the_edge_is_nearer():
    with pytest.warns(FringeWarning, match="no base line"):
        zones = zone(rail([straight()], km=[0], structure=["bridge"]), setting="other")
    assert zones.area.tolist() == pytest.approx([26_300] * 2)


def test_where_the_base_line_ends_the_rest_is_estimated():
    half = frame([box(X - 50, Y - 12, X + 500, Y + 9)])
    with pytest.warns(FringeWarning, match="or parts of it"):
        zones = zone(rail([straight()], km=[0]), setting="urban", base=half)
    left = zones[zones["side"] == "left"]
    assert left[["label", "approximate"]].to_numpy().tolist() == [["K0+000–K0+500", False], ["K0+500–K1+000", True]]
    assert left.area.tolist() == pytest.approx([500 * 19, 500 * 16.8], rel=1e-3)


def test_no_setting_is_said_and_the_widest_taken():
    with pytest.warns(FringeWarning, match="no setting is told"):
        zones = zone(rail([straight()], km=[0]), base=BANK)
    assert zones["setting"].tolist() == ["other"] * 2


def test_settings_by_area():
    settings = frame([box(X + 200, Y - 99, X + 600, Y + 99)], setting=["村镇居民居住区"])
    zones = zone(rail([straight()], km=[0]), setting=settings, base=BANK)
    left = zones[zones["side"] == "left"]
    assert left[["label", "setting", "distance_m", "rule"]].to_numpy().tolist() == [
        ["K0+000–K0+200", "other", 20.0, "RAIL-27-X-H"],
        ["K0+200–K0+600", "village_residential", 15.0, "RAIL-27-V-H"],
        ["K0+600–K1+000", "other", 20.0, "RAIL-27-X-H"],
    ]


def test_a_village_on_one_side_is_the_setting_of_that_side():
    settings = frame([box(X, Y + 1, X + 1000, Y + 99)], setting=["village_residential"])
    zones = zone(rail([straight()], km=[0]), setting=settings, base=BANK)
    assert zones.set_index("side")["setting"].to_dict() == {"left": "village_residential", "right": "other"}


def test_unknown_settings_are_refused_and_empty_ones_said():
    with pytest.raises(LayerError, match="setting cannot be 'rural'"):
        zone(rail([straight()], km=[0]), setting="rural")
    settings = frame([box(X, Y - 99, X + 1000, Y + 99)], setting=["moor"])
    with pytest.raises(LayerError, match="moor"):
        zone(rail([straight()], km=[0]), setting=settings)
    with pytest.raises(LayerError, match="no column 'setting'"):
        zone(rail([straight()], km=[0]), setting=settings.drop(columns="setting"))
    with pytest.warns(FringeWarning, match="name no setting"):
        zone(rail([straight()], km=[0]), setting=settings.assign(setting=[None]), base=BANK)


def notice(*rows):
    return pd.DataFrame(rows, columns=["line", "km_from", "km_to", "side", "distance_m", "setting"])


def test_a_notice_holds_where_it_says_something():
    declared = notice(("East", "DK0+100", "DK0+400", "左", 25, "其他"), ("East", 0.4, 0.7, "两侧", 12, "郊区"))
    zones = zone(rail([straight()], km=[0]), setting="other", declared=declared, base=BANK)
    columns = ["label", "distance_m", "rule", "setting"]
    assert zones.loc[zones["side"] == "left", columns].to_numpy().tolist() == [
        ["K0+000–K0+100", 20.0, "RAIL-27-X-H", "other"],
        ["K0+100–K0+400", 25.0, "declared", "other"],
        ["K0+400–K0+700", 12.0, "declared", "suburban_residential"],
        ["K0+700–K1+000", 20.0, "RAIL-27-X-H", "other"],
    ]
    assert zones.loc[zones["side"] == "right", columns].to_numpy().tolist() == [
        ["K0+000–K0+400", 20.0, "RAIL-27-X-H", "other"],
        ["K0+400–K0+700", 12.0, "declared", "suburban_residential"],
        ["K0+700–K1+000", 20.0, "RAIL-27-X-H", "other"],
    ]
    assert zones.loc[zones["side"] == "left"].area.tolist() == pytest.approx(
        [2900, 300 * 34, 300 * 21, 300 * 29], rel=1e-3
    )


def test_chinese_headings_of_a_notice_are_understood():
    declared = notice(("East", 0, 1, "both", 20, None)).rename(
        columns={"line": "线路", "km_from": "起点里程", "km_to": "终点里程", "side": "侧别", "distance_m": "距离（米）"}
    )
    zones = zone(rail([straight()], km=[0]), setting="urban", declared=declared, base=BANK)
    assert zones["rule"].tolist() == ["declared"] * 2
    assert zones["setting"].tolist() == ["urban"] * 2


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("East", 0.5, 0.4, "左", 20, None)], "declared_reversed"),
        ([("West", 0.0, 0.4, "左", 20, None)], "declared_line_unknown"),
        ([("East", 0.0, 0.4, "up", 20, None)], "unknown_value"),
        ([("East", "post", 0.4, "左", 20, None)], "chainage_unreadable"),
        ([("East", 0.0, 0.4, "左", 0, None)], "distance_not_positive"),
        ([("East", 0.0, 0.4, "左", "wide", None)], "distance_no_number"),
        ([("East", 0.0, 0.4, "左", 20, "moor")], "unknown_value"),
        ([("East", 0.0, 0.4, "左", 20, None), ("East", 0.39, 0.5, "两侧", 15, None)], "declared_overlaps"),
    ],
)
def test_a_notice_that_contradicts_itself_is_refused(rows, code):
    with pytest.raises(LayerError) as caught:
        zone(rail([straight()], km=[0]), setting="other", declared=notice(*rows), base=BANK)
    assert code in {found.code for found in caught.value.problems}


def test_a_distance_of_a_notice_is_mended_as_one():
    with pytest.raises(LayerError, match=r"distance_m must be above 0, and 0 was given.*such as 20\."):
        zone(
            rail([straight()], km=[0]),
            setting="other",
            declared=notice(("East", 0.0, 0.4, "左", 0, None)),
            base=BANK,
        )


def test_gaps_of_a_notice_and_what_it_says_beyond_the_line_are_said():
    declared = notice(("East", 0.0, 0.4, "左", 20, None), ("East", 0.5, 1.2, "左", 15, None))
    with pytest.warns(FringeWarning, match="leave 100 m open|beyond what is drawn") as said:
        zone(rail([straight()], km=[0]), setting="other", declared=declared, base=BANK)
    assert len(said) == 2


def test_a_rail_layer_without_classes_is_refused():
    with pytest.raises(LayerError, match="no column 'rail_class'"):
        zone(rail([straight()], km=[0]).drop(columns="rail_class"), setting="other")


def test_zones_are_a_layer_to_exclude():
    tracks = rail([straight()], km=[0])
    zones = zone(tracks, setting="other", base=BANK)
    assert isinstance(zones, gpd.GeoDataFrame)
    table = fr.corridor_coverage(
        tracks, BANK.iloc[:0], width_m=50, exclude={"protection_zone": zones}, by="side", planar=True
    )
    assert table["plantable_m2"].tolist() == pytest.approx([1000 * 21, 1000 * 18], rel=1e-3)
