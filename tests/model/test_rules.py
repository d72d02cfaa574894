"""The rule table against its source, row by row, and rules on a day."""

import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fringe.errors import FringeError
from fringe.model import words
from fringe.model.rules import citation, rule_value, rules

# As collected from the texts, scope not yet split: a transcription of its own.
COLLECTED = """\
id,quantity,op,value,unit,scope,source_zh,article,valid_from,valid_to,cert
RAIL-27-U-H,protection_distance,==,10,m,"high_speed;urban",铁路安全管理条例,27(1),2014-01-01,,A
RAIL-27-U-O,protection_distance,==,8,m,"conventional;urban",铁路安全管理条例,27(1),2014-01-01,,A
RAIL-27-S-H,protection_distance,==,12,m,"high_speed;suburban_residential",铁路安全管理条例,27(2),2014-01-01,,A
RAIL-27-S-O,protection_distance,==,10,m,"conventional;suburban_residential",铁路安全管理条例,27(2),2014-01-01,,A
RAIL-27-V-H,protection_distance,==,15,m,"high_speed;village_residential",铁路安全管理条例,27(3),2014-01-01,,A
RAIL-27-V-O,protection_distance,==,12,m,"conventional;village_residential",铁路安全管理条例,27(3),2014-01-01,,A
RAIL-27-X-H,protection_distance,==,20,m,"high_speed;other",铁路安全管理条例,27(4),2014-01-01,,A
RAIL-27-X-O,protection_distance,==,15,m,"conventional;other",铁路安全管理条例,27(4),2014-01-01,,A
RAIL-35,no_groundwater_distance,>=,200,m,high_speed,铁路安全管理条例,35,2014-01-01,,A
RAIL-34,no_quarry_distance,>=,1000,m,all_rail,铁路安全管理条例,34,2014-01-01,,A
RAILLAW-52,no_grazing_distance,>=,20,m,all_rail,铁路法,52,1991-05-01,,A
RAIL-107,hsr_design_speed,>=,250,km/h,definition,铁路安全管理条例,107,2014-01-01,,A
ZZ-11-4,rail_protective_green_width,>=,30,m,"Zhengzhou;planning_area",郑州市城市园林绿化条例,11(1)(4),2012-01-01,,A
ZZ-10-N,green_land_ratio,>=,0.35,share,"Zhengzhou;new_area",郑州市城市园林绿化条例,10,2012-01-01,,A
ZZ-10-O,green_land_ratio,>=,0.25,share,"Zhengzhou;old_area",郑州市城市园林绿化条例,10,2012-01-01,,A
ZZ-10-P1,parks_100000m2_per_10km2,>=,1,count,"Zhengzhou;new_area",郑州市城市园林绿化条例,10,2012-01-01,,A
ZZ-10-P2,parks_5000m2_per_1km2,>=,1,count,"Zhengzhou;new_area",郑州市城市园林绿化条例,10,2012-01-01,,A
ZZ-11-3a,road_green_ratio,>=,0.40,share,landscape_road,郑州市城市园林绿化条例,11(1)(3),2012-01-01,,A
ZZ-11-3b,road_green_ratio,>=,0.30,share,red_line>50m,郑州市城市园林绿化条例,11(1)(3),2012-01-01,,A
ZZ-11-3c,road_green_ratio,>=,0.25,share,red_line 40-50m,郑州市城市园林绿化条例,11(1)(3),2012-01-01,,A
ZZ-11-3d,road_green_ratio,>=,0.20,share,red_line<40m,郑州市城市园林绿化条例,11(1)(3),2012-01-01,,A
HWY-11-E,building_control,>=,30,m,motorway,公路安全保护条例,11,2011-07-01,,A
HWY-11-G,building_control,>=,20,m,G,公路安全保护条例,11,2011-07-01,,A
HWY-11-S,building_control,>=,15,m,S,公路安全保护条例,11,2011-07-01,,A
HWY-11-X,building_control,>=,10,m,X,公路安全保护条例,11,2011-07-01,,A
HWY-11-Y,building_control,>=,5,m,Y,公路安全保护条例,11,2011-07-01,,A
LAND-37,greening_on_pbf_area,==,0,m2,all,土地管理法;基本农田保护条例,37;17,1999-01-01,,A
LAND-24-5,belt_width_beyond_land_boundary,<=,5,m,"cropland;rail(see note),motorway,G,S",国办发明电〔2020〕24号,二,2020-09-10,,B
LAND-24-3,belt_width_beyond_land_boundary,<=,3,m,"cropland;X,Y",国办发明电〔2020〕24号,二,2020-09-10,,B
FOR-25,survival_for_counting,>=,0.85,share,non_arid,森林法实施条例,25,2000-01-29,,A
ZZ-E17,survival_at_acceptance,>=,0.85,share,ecological_forest,郑州市生态林管理条例,17,2008-03-01,,A
REG-15,preservation_3y,>=,0.80,share,regeneration,森林采伐更新管理办法,15,1987-09-10,,A
PARK-500,service_radius,==,500,m,park>=5000m2,舟山市城市绿化条例(他市规定，作国标佐证),14,2018-04-16,,A
PARK-300,service_radius,==,300,m,park 2000-5000m2,舟山市城市绿化条例(他市规定，作国标佐证),14,2018-04-16,,A
VIL-30,village_green_cover_national_mean,>=,0.30,share,2020,乡村绿化美化,target,2018-12-05,2020-12-31,B
VIL-32,village_green_cover_national_mean,>=,0.32,share,2025,“十四五”乡村绿化美化行动方案,target,2022-11-01,2025-12-31,B
GB15776-DRY,survival_for_counting,>=,0.70,share,<400mm rain,GB/T 15776-2016,,,,C
GB15776-REDO,survival_to_redo,<=,0.40,share,,GB/T 15776-2016,,,,B
HEB-H,tree_height_below_centre_distance,<=,3.1,m,Hebei,河北省铁路安全管理规定,,2014-12-01,,B
SEASON-AUTUMN-1,planting_window_first,==,1115,month_day,autumn_winter,今冬明春造林时令,,,,C
SEASON-AUTUMN-2,planting_window_last,==,1215,month_day,autumn_winter,今冬明春造林时令,,,,C
SEASON-SPRING-1,planting_window_first,==,201,month_day,spring,今冬明春造林时令,,,,C
SEASON-SPRING-2,planting_window_last,==,410,month_day,spring,今冬明春造林时令,,,,C
"""  # noqa: E501
COLUMNS = [
    "quantity", "op", "value", "unit", "place", "subject", "class", "setting", "min", "max",
    "source", "article", "valid_from", "valid_to", "certainty", "note",
]  # fmt: skip
DAYS = st.dates(pd.Timestamp("1980-01-01").date(), pd.Timestamp("2040-12-31").date())


def collected():
    return pd.read_csv(io.StringIO(COLLECTED), dtype=str, keep_default_na=False, index_col="id")


def test_every_collected_rule_is_there_with_its_figure_and_article():
    table = rules()
    assert table.columns.tolist() == COLUMNS
    assert table.index.name == "id"
    assert table.index.is_unique
    for rule, row in collected().iterrows():
        ours = table.loc[rule]
        assert ours["value"] == float(row["value"])
        same = ["quantity", "op", "unit", "article"]
        assert ours[same].tolist() == row[same].tolist()
        assert ours["certainty"] == row["cert"]
        # What stands in brackets behind a source is a remark, and is one here.
        assert ours["source"] == row["source_zh"].split("(")[0]
        for day in ("valid_from", "valid_to"):
            assert (f"{ours[day]:%Y-%m-%d}" if pd.notna(ours[day]) else "") == row[day]


def test_what_is_not_collected_is_the_librarys_own_and_says_so():
    own = rules().drop(index=collected().index)
    assert (own["source"] == "library convention").all()
    assert own["value"].to_dict() == {
        "LIB-SPI-AHEAD": 1.05, "LIB-SPI-ON-TRACK": 0.95, "LIB-SPI-AT-RISK": 0.80, "LIB-GAP-SHARE": 0.80,
        "LIB-FORECAST-LOW": 0.10, "LIB-FORECAST-HIGH": 0.90, "LIB-FORECAST-WEEKS": 4, "LIB-FORECAST-DRAWS": 500,
        "LIB-SURVIVAL-CONF": 0.95,
        "LIB-GROUP-MIN": 5, "LIB-JUMP-Z": 3.5, "LIB-JUMP-TIMES": 5, "LIB-JUMP-SHARE": 0.25, "LIB-EXCESS": 0.20,
        "LIB-ON-DUE": 0.80, "LIB-COPY-RUN": 3, "LIB-COPY-DIGITS": 3,
        "LIB-COMP-MISSING": 0.40, "LIB-RANK-INTERVAL": 0.90, "LIB-RANK-DRAWS": 500, "LIB-AHP-CR": 0.10,
        "LIB-PHOTO-OFFSET": 100, "LIB-AWARD-LEAST": 5, "LIB-FAIR-LEAST": 5, "LIB-HOT-SPOT": 0.05,
        "LIB-NET-SNAP": 1, "LIB-NET-JOIN": 200,
        "LIB-CORRIDOR-GAP": 30, "LIB-TRACK-RADIUS": 15, "LIB-BELT-MIN": 0.1, "LIB-BELT-SHARED": 0.01,
        "LIB-KM-OFF": 0.02,
        "LIB-PLANTABLE-MIN": 0.01, "LIB-HALF-FORMATION": 6.8,
        "LIB-HALF-DECK": 6.3, "LIB-BASE-REACH": 60, "LIB-PUBLIC-POS": 10, "LIB-PUBLIC-PIX": 0.5,
        "LIB-ROAD-28": 28, "LIB-ROAD-24": 24, "LIB-ROAD-18": 18, "LIB-ROAD-14": 14, "LIB-ROAD-10": 10,
        "LIB-ROAD-6": 6, "LIB-ROAD-4": 4, "LIB-ROAD-3": 3, "LIB-ROAD-2": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "scope"),
    [
        ("RAIL-27-U-H", {"subject": "rail", "class": "high_speed", "setting": "urban", "place": ""}),
        ("RAIL-27-V-O", {"subject": "rail", "class": "conventional", "setting": "village_residential"}),
        ("RAIL-34", {"subject": "rail", "class": "", "setting": ""}),
        ("ZZ-10-N", {"place": "Zhengzhou", "subject": "zone", "setting": "new_area"}),
        ("ZZ-11-3a", {"place": "Zhengzhou", "subject": "road", "class": "landscape_road"}),
        ("ZZ-11-3c", {"subject": "road", "setting": "red_line", "min": 40.0, "max": 50.0}),
        ("HWY-11-E", {"subject": "road", "class": "motorway"}),
        ("LAND-24-5", {"subject": "rail;road", "class": "rail;motorway;G;S", "setting": "cropland"}),
        ("LAND-24-3", {"class": "X;Y", "setting": "cropland"}),
        ("PARK-500", {"place": "Zhoushan", "subject": "park", "min": 5000.0}),
        ("PARK-300", {"subject": "park", "min": 2000.0, "max": 5000.0}),
    ],
)
def test_scopes_are_split_into_columns(rule, scope):
    assert rules().loc[rule, list(scope)].to_dict() == scope


def test_open_size_limits_are_missing():
    table = rules()
    assert pd.isna(table.loc["ZZ-11-3b", "max"])
    assert pd.isna(table.loc["ZZ-11-3d", "min"])
    assert table.loc["ZZ-11-3b", "min"] == 50


def test_types():
    table = rules()
    assert all(pd.api.types.is_float_dtype(table[name]) for name in ("value", "min", "max"))
    assert all(pd.api.types.is_datetime64_dtype(table[name]) for name in ("valid_from", "valid_to"))
    assert table["value"].notna().all()
    text = table.drop(columns=["value", "min", "max", "valid_from", "valid_to"])
    assert not text.isna().any().any()


def test_first_and_last_day_count():
    assert "LAND-24-5" not in rules("2020-09-09").index
    assert "LAND-24-5" in rules("2020-09-10").index
    assert "VIL-30" in rules("2020-12-31").index
    assert "VIL-30" not in rules("2021-01-01").index
    assert "LIB-SPI-AHEAD" in rules("1970-01-01").index


@settings(max_examples=50)
@given(day=DAYS)
def test_in_force_as_a_plain_loop_has_it(day):
    day = pd.Timestamp(day)
    expected = [
        rule
        for rule, row in rules().iterrows()
        if not row["valid_from"] > day and not row["valid_to"] < day  # comparisons with NaT are false
    ]
    assert rules(day).index.tolist() == expected


def test_place_leaves_out_other_places_only():
    here = rules(place="Zhengzhou")
    assert set(here["place"]) == {"", "Zhengzhou"}
    assert len(here) == (~rules()["place"].isin(["Zhoushan", "Hebei"])).sum()


def test_a_table_may_be_written_to():
    first = rules()
    first.loc["RAIL-34", "value"] = -1
    assert rules().loc["RAIL-34", "value"] == 1000
    assert rule_value("RAIL-34") == 1000


def test_unknown_rule_suggests_the_nearest():
    with pytest.raises(FringeError) as caught:
        rule_value("RAIL-27-UH")
    assert "RAIL-27-UH" in caught.value.render("en")
    assert "Did you mean 'RAIL-27-U-H'?" in caught.value.render("en")
    assert "是否应为“RAIL-27-U-H”？" in caught.value.render("zh")


def test_rule_not_in_force_says_since_when():
    assert rule_value("LAND-24-3", "2020-09-10") == 3
    with pytest.raises(FringeError, match="2020-09-10"):
        rule_value("LAND-24-3", "2019-12-01")
    with pytest.raises(FringeError, match="'soon' is not a day"):
        rules("soon")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_rule_can_be_cited(lang):
    for rule, row in rules().iterrows():
        said = citation(rule, lang)
        assert rule in said
        for source in row["source"].split(";"):
            assert words.value("source", source, lang) in said
            assert words.has(f"value.source.{source}")


def test_citations_by_hand():
    assert citation("LAND-37", "zh") == "《土地管理法》第37条；《基本农田保护条例》第17条［LAND-37］"
    assert citation("LAND-24-5", "zh") == "国办发明电〔2020〕24号第二条［LAND-24-5］"
    assert citation("LIB-SPI-AHEAD", "zh") == "本库约定［LIB-SPI-AHEAD］"
    assert citation("LIB-SPI-AHEAD", "en") == "library convention [LIB-SPI-AHEAD]"
    assert citation("ZZ-11-4", "en").endswith("art. 11(1)(4) [ZZ-11-4]")


@pytest.mark.parametrize("certainty", ["C", "D"])
def test_unverified_rules_are_printed_so(monkeypatch, certainty):
    table = rules()
    table.loc["RAIL-34", "certainty"] = certainty
    monkeypatch.setitem(citation.__globals__, "_table", lambda: table)
    assert citation("RAIL-34", "zh").endswith("（未核实）")
    assert citation("RAIL-34", "en").endswith(" (unverified)")
    assert not citation("RAIL-35", "en").endswith("(unverified)")
