"""Public maps: refused without a number, generalised, without what is sensitive, and open about it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from fringe.errors import MapError
from fringe.maps import Map
from fringe.maps.audience import published

CRS = "EPSG:32650"
EAST, NORTH = 500_000.0, 3_800_000.0
NUMBER = "豫S(2024)001号"


def frame(shapes, index="plot", **columns):
    ids = [f"{index}-{n}" for n in range(len(shapes))]
    return gpd.GeoDataFrame(columns, index=pd.Index(ids, name=index), geometry=shapes, crs=CRS)


def square(x, y, side):
    return box(EAST + x, NORTH + y, EAST + x + side, NORTH + y + side)


def public(layer, **rest):
    return Map("A", lang="en", audience="public", review_no=NUMBER, **rest).draw(layer)


def popup(layer):
    return [column["name"] for column in layer["columns"][: layer["popup"]]]


def shown(sheet, tolerance_m=None):
    return published(sheet.layers, tolerance_m, "en")


@pytest.mark.parametrize(
    ("title", "part"),
    [
        ({"audience": "public"}, "review_no="),
        ({"audience": "press"}, "internal, public"),
        ({"tolerance_m": -1}, "-1"),
        ({"tolerance_m": float("nan")}, "nan"),
    ],
)
def test_what_may_not_be_shown_is_refused(title, part):
    with pytest.raises(MapError, match=part) as caught:
        Map("A", lang="en", **title)
    assert caught.value.render("zh")


def test_a_watermark_or_a_number_makes_a_public_map():
    drawn = frame([square(0, 0, 100)])
    marked = Map("A", lang="zh", audience="public", watermark=True).draw(drawn).document()
    assert "内部资料" in marked["watermark"]
    assert "未经地图审核不得公开" in marked["watermark"]
    assert public(drawn).document()["watermark"] == ""
    assert Map("A", lang="en").draw(drawn).document()["notes"] == []


def test_internal_maps_are_as_given():
    drawn = frame([square(0, 0, 3)], reporter=["Li"], note=["x"])
    layer = Map("A", lang="en").draw(drawn, popup=["reporter", "note"]).document()["layers"][0]
    assert popup(layer) == ["reporter", "note"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 5000), st.floats(0, 5000)), min_size=1, max_size=8),
    st.sampled_from([5.0, 10.0, 50.0]),
)
def test_points_move_to_the_nearest_place_of_one_grid(places, step):
    points = [Point(EAST + x, NORTH + y) for x, y in places]
    sheet = public(frame(points))
    moved = shown(sheet, step).layers[0].frame.to_crs(CRS).geometry
    far = moved.distance(gpd.GeoSeries(points, index=moved.index, crs=CRS))
    # Half the diagonal of a cell; the grid is true to 2 % within a degree of its parallel.
    assert (far <= step * np.sqrt(0.5) * 1.02).all()
    again = shown(public(shown(sheet, step).layers[0].frame), step).layers[0].frame.geometry
    assert shapely.equals_exact(again.to_numpy(), shown(sheet, step).layers[0].frame.geometry.to_numpy(), 1e-9).all()


def test_positions_within_a_cell_cannot_be_told_apart():
    """Sixteen points 1 m apart come to at most four places, all on the grid, whatever layer they are in."""
    near = [Point(EAST + x, NORTH + y) for x in range(4) for y in range(4)]
    moved = shown(public(frame(near))).layers[0].frame.geometry
    assert len({point.wkb for point in moved}) <= 4


def test_shared_borders_stay_shared_and_small_areas_stay():
    cells = [square(0, 0, 200), square(200, 0, 200), square(450, 300, 1)]
    moved = shown(public(frame(cells))).layers[0].frame.geometry
    assert moved.is_valid.all()
    assert not moved.is_empty.any()
    assert shapely.intersection(moved.iloc[0], moved.iloc[1]).area == 0
    assert shapely.intersection(moved.iloc[0], moved.iloc[1]).length > 0
    # The smallest one is a cell of 10 m.
    assert moved.to_crs(CRS).area.iloc[2] == pytest.approx(100, rel=0.05)


def test_short_lines_are_left_out_and_counted():
    lines = frame(
        [LineString([(EAST, NORTH), (EAST + 1, NORTH)]), LineString([(EAST, NORTH), (EAST + 300, NORTH)])], "road"
    )
    found = shown(public(lines))
    assert len(found.layers[0].frame) == 1
    assert any("1" in note and "grid left out" in note for note in found.notes)


def test_no_exact_vertex_is_left_in_the_page():
    exact = square(3.7, 2.9, 123.4)
    page = public(frame([exact])).document()["layers"][0]
    exact_page = Map("A", lang="en").draw(frame([exact])).document()["layers"][0]
    assert page["n"] == exact_page["n"] == 1
    moved = shown(public(frame([exact]))).layers[0].frame.to_crs(CRS).geometry.iloc[0]
    corners = shapely.get_coordinates(exact)
    assert shapely.distance(shapely.points(corners), shapely.multipoints(shapely.get_coordinates(moved))).min() > 0.3


@pytest.mark.parametrize("name", ["reporter", "Phone", "填报人", "联系电话", "户主", "身份证号", "备注", "contact"])
def test_columns_of_persons_are_left_out_and_named(name):
    drawn = frame([square(0, 0, 100)], **{name: ["Li Lei 13800000000"], "tree": ["elm"]})
    sheet = Map("A", lang="en", audience="public", review_no=NUMBER).draw(drawn, popup=[name, "tree"], label=name)
    page = sheet.document()
    assert popup(page["layers"][0]) == ["tree"]
    assert name not in [column["name"] for column in page["layers"][0]["columns"]]
    assert "label" not in page["layers"][0]
    assert any("Not listed" in note for note in page["notes"])
    assert "Li Lei" not in str(page)


@pytest.mark.parametrize("name", ["name", "zone", "township", "status", "lead_unit", "covered_share", "责任单位"])
def test_columns_of_offices_and_places_stay(name):
    drawn = frame([square(0, 0, 100)], **{name: ["x"]})
    sheet = Map("A", lang="en", audience="public", review_no=NUMBER).draw(drawn, popup=[name])
    assert sheet.document()["layers"][0]["columns"][0]["name"] == name


def test_farmland_and_barracks_are_left_out_and_counted():
    land = frame(
        [square(0, 0, 100), square(100, 0, 100), square(200, 0, 100), square(300, 0, 100)],
        "parcel",
        land_class=["永久基本农田", "林地", "军事用地", None],
    )
    found = shown(public(land))
    assert found.layers[0].frame.index.tolist() == ["parcel-1", "parcel-3"]
    assert any("Sensitive features left out: 2" in note for note in found.notes)


def test_layers_that_are_sensitive_by_name_are_left_out_and_named():
    sheet = public(frame([square(0, 0, 100)])).draw(frame([square(0, 0, 50)]), name="永久基本农田保护区")
    found = shown(sheet)
    assert len(found.layers) == 1
    assert any("永久基本农田保护区" in note for note in found.notes)


def test_layers_drawn_by_a_persons_column_are_left_out():
    sheet = public(frame([square(0, 0, 100)])).shade(frame([square(0, 0, 90)], "zone", 户主=["Li"]), "户主")
    assert len(shown(sheet).layers) == 1


def test_the_rule_is_cited_as_unverified_and_a_set_step_as_the_makers():
    drawn = frame([square(0, 0, 100)])
    page = public(drawn).document()
    assert page["notes"] == ["Positions generalised to a grid of 10 m"]
    # The rule and its certainty are small print.
    assert "LIB-PUBLIC-POS" in page["grounds"][0]
    assert "unverified" in page["grounds"][0]
    own = public(drawn, tolerance_m=25).document()
    assert "25 m" in own["notes"][0]
    assert "map maker" in own["grounds"][0]
    exact = public(drawn, tolerance_m=0).document()
    assert exact["notes"] == exact["grounds"] == []
    assert Map("A", lang="en").draw(drawn).document()["grounds"] == []


@pytest.mark.parametrize(
    ("lang", "draft", "internal"), [("zh", "草稿", "内部工作图"), ("en", "Draft", "internal working")]
)
def test_a_public_map_without_a_number_is_a_draft_and_no_internal_map(lang, draft, internal):
    drawn = frame([square(0, 0, 100)])
    page = Map("A", lang=lang, audience="public", watermark=True).draw(drawn).document()
    assert draft in page["review"]
    assert internal not in page["review"]
    assert not any(draft in note for note in page["notes"])
    assert internal in Map("A", lang=lang).draw(drawn).document()["review"]
    assert NUMBER in Map("A", lang=lang, audience="public", review_no=NUMBER).draw(drawn).document()["review"]


def test_photographs_are_left_out_and_counted(tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (40, 30), "#336633").save(tmp_path / "a.jpg")
    sheet = public(frame([square(0, 0, 100)])).details(photos={"plot-0": [tmp_path / "a.jpg"]})
    page = sheet.document()
    assert any("Photographs left out: 1" in note for note in page["notes"])
    assert "layer-0-photos" not in page["blocks"]


def test_timed_layers_keep_their_rows_together():
    zones = frame([square(0, 0, 100), square(100, 0, 100)], "zone", land_class=["永久基本农田", "林地"])
    index = pd.MultiIndex.from_product([zones.index, ["2020-01-06", "2020-01-13"]], names=["zone", "date"])
    table = pd.Series([0.1, 0.2, 0.3, 0.4], index=index, name="covered_share")
    sheet = Map("A", lang="en", audience="public", review_no=NUMBER).timeline(zones, table)
    layer = shown(sheet).layers[0]
    assert layer.frame.index.tolist() == ["zone-1"]
    assert list(layer.timed.last()) == [0.4]
    assert sheet.document()["layers"][0]["n"] == 1


@pytest.mark.browser
def test_the_watermark_lies_across_the_map_on_screen_and_on_paper(opened, tmp_path):
    sheet = Map("A", lang="zh", audience="public", watermark=True, attribution="© OSM").draw(frame([square(0, 0, 900)]))
    ink = """() => {
      const canvas = document.createElement('canvas');
      canvas.width = 800; canvas.height = 500;
      const c = canvas.getContext('2d');
      fringe.paintWatermark(c, 800, 500);
      const data = c.getImageData(0, 0, 800, 500).data, thirds = new Set();
      for (let i = 3; i < data.length; i += 4) {
        if (data[i]) thirds.add([Math.floor(((i >> 2) % 800) / 267), Math.floor((i >> 2) / 800 / 167)].join());
      }
      return thirds.size;
    }"""
    with opened(sheet.save(tmp_path / "a.html")) as page:
        assert page.run(ink) == 9
        assert page.page.get_attribute(".fringe-watermark", "aria-label").startswith("内部资料")
        assert "10 米" in page.page.inner_text(".fringe-sources")
        # A click goes through to the map.
        page.click("layer-0", 0)
        page.run("() => window.dispatchEvent(new Event('beforeprint'))")
        assert not page.page.is_visible(".fringe-watermark")
        assert page.requests == page.complaints == []


@pytest.mark.parametrize(
    "name",
    [
        "责任人电话",
        "责任人手机",
        "村支书电话",
        "责任人及电话",
        "负责人姓名及电话",
        "联系人及电话",
        "电话号码",
        "责任人（电话）",
        "项目负责人",
        "施工负责人",
        "包村干部",
        "家庭住址",
        "contact_phone",
        "phone_number",
        "mobile_no",
        "email_address",
        "responsible_person",
        "manager",
        "备注说明",
        "id_card_no",
    ],
)
def test_columns_that_tell_of_persons_are_left_out_however_they_are_called(name):
    drawn = frame([square(0, 0, 100)], **{name: ["x"], "name": ["A"]})
    told = Map("A", lang="en", audience="public", review_no=NUMBER).draw(drawn, popup=["name", name]).document()
    assert popup(told["layers"][0]) == ["name"]
    assert any(name in note for note in told["notes"])


@pytest.mark.parametrize("name", ["lead_unit", "责任单位", "hotel", "personal_best", "contactless", "telemetry"])
def test_columns_of_units_and_things_stay(name):
    drawn = frame([square(0, 0, 100)], **{name: ["x"]})
    assert popup(public_of(drawn, name)["layers"][0]) == [name]


def public_of(drawn, *names):
    return Map("A", lang="en", audience="public", review_no=NUMBER).draw(drawn, popup=list(names)).document()


@pytest.mark.parametrize(
    "value", ["王某 13800001111", 13800001111, "0371-66112233", "li@example.org", "410102199001011234", ["13800001111"]]
)
def test_columns_whose_cells_belong_to_persons_are_left_out(value):
    drawn = frame([square(0, 0, 100)], code=pd.Series([value], index=["plot-0"]), name=["A"])
    assert popup(public_of(drawn, "name", "code")["layers"][0]) == ["name"]


@pytest.mark.parametrize("value", ["K12+300", "2020-04-10", "豫S(2024)001号", 1380.5, 20200410, "410102"])
def test_other_numbers_stay(value):
    drawn = frame([square(0, 0, 100)], code=[value], name=["A"])
    assert popup(public_of(drawn, "name", "code")["layers"][0]) == ["name", "code"]


@pytest.mark.parametrize(
    "word",
    ["永久基本农田保护区", "永久基本农田储备区", "划定永久基本农田", "军事设施用地", "军营", "军分区", "部队", "PBF"],
)
def test_rows_that_say_a_sensitive_word_in_part_are_left_out(word):
    drawn = frame([square(0, 0, 100), square(200, 0, 100)], land=["林地", word])
    assert public_of(drawn, "land")["layers"][0]["n"] == 1


def test_rows_that_deny_it_stay():
    drawn = frame([square(n * 200, 0, 100) for n in range(3)], land=["非基本农田", "非永久基本农田", "军民路"])
    assert public_of(drawn, "land")["layers"][0]["n"] == 3


def test_columns_of_an_unknown_table_are_shown_when_somebody_has_named_them():
    drawn = frame([square(0, 0, 100)], index="thing", name=["A"], xkz=["王某"], kind=["a"])
    sheet = Map("A", lang="en", audience="public", review_no=NUMBER)
    told = sheet.draw(drawn).document()
    assert "xkz" not in popup(told["layers"][0])
    assert {"name", "kind"} <= set(popup(told["layers"][0]))
    assert any("xkz" in note for note in told["notes"])
    assert "xkz" in popup(sheet.draw(drawn, popup=["name", "xkz"]).document()["layers"][0])
    assert "xkz" in popup(Map("A", lang="en").draw(drawn).document()["layers"][0])
