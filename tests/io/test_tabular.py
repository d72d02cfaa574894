"""Tables with coordinates in the ways offices send them."""

import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from fringe.errors import CRSError, FringeWarning, LayerError
from fringe.io.coordinates import coordinate_columns, parse_coordinate, zone_epsg
from fringe.io.vector import load_layer, read_layer


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def codes(problems):
    return [(found.code, found.severity) for found in problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("heads", ["经度,纬度", "lon,lat", "Longitude,Latitude", "ＬＯＮ,ＬＡＴ"])
def test_degrees_are_read_in_any_encoding_and_said(tmp_path, encoding, heads):
    path = write(tmp_path / "v.csv", f"名称,{heads}\n王村,117.7,34.6\n", encoding)
    layer, problems = load_layer(path, kind="villages")
    assert layer.geometry["王村"] == Point(117.7, 34.6)
    assert layer.crs.to_epsg() == 4326
    assert ("crs_assumed_degrees", "note") in codes(problems)
    assert (("encoding_chosen", "note") in codes(problems)) == (encoding in {"gb18030", "utf-16"})


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_separator_is_found(tmp_path, sign):
    path = write(tmp_path / "v.csv", sign.join(["名称", "经度", "纬度"]) + "\n" + sign.join(["王村", "117.7", "34.6"]))
    assert read_layer(path).geometry.iloc[0] == Point(117.7, 34.6)


@pytest.mark.parametrize("heads", ["X,Y", "x坐标,y坐标", "北坐标,东坐标", "northing,easting", "纵坐标,横坐标"])
def test_northings_first_are_recognised(tmp_path, heads):
    path = write(tmp_path / "v.csv", f"名称,{heads}\n王村,3839133.8,472507.3\n")
    layer, problems = load_layer(path, kind="villages", crs="EPSG:4548")
    assert layer.geometry["王村"] == Point(472507.3, 3839133.8)
    exchanged = [("coordinates_exchanged", "note")] if heads[0].lower() == "x" else []
    assert codes(problems) == exchanged


def test_eastings_under_the_heading_of_northings_are_a_warning(tmp_path):
    path = write(tmp_path / "v.csv", "名称,东坐标,北坐标\n王村,3839133.8,472507.3\n")
    layer, problems = load_layer(path, kind="villages", crs="EPSG:4548")
    assert layer.geometry["王村"] == Point(472507.3, 3839133.8)
    assert codes(problems) == [("coordinates_exchanged", "warning")]


def test_latitude_first_is_recognised_where_it_can_be_nothing_else(tmp_path):
    layer, problems = load_layer(write(tmp_path / "v.csv", "name,lon,lat\nA,34.6,117.7\n"), kind="villages")
    assert layer.geometry["A"] == Point(117.7, 34.6)
    assert ("coordinates_exchanged", "warning") in codes(problems)
    layer, problems = load_layer(write(tmp_path / "w.csv", "name,lon,lat\nA,46.0,7.5\n"), kind="villages")
    assert layer.geometry["A"] == Point(46.0, 7.5)
    assert "coordinates_exchanged" not in [found.code for found in problems]


@pytest.mark.parametrize("heads", ["X,Y", "东坐标,北坐标"])
def test_an_easting_with_its_zone_tells_the_system(tmp_path, heads):
    path = write(tmp_path / "v.csv", f"名称,{heads}\n王村,39472507.3,3839133.8\n")
    layer, problems = load_layer(path, kind="villages")
    assert layer.crs.to_epsg() == 4527
    assert ("crs_from_zone", "warning") in codes(problems)
    # Zone 39 is central meridian 117: the point lies a little west of it.
    assert 116 < layer.to_crs(4326).geometry["王村"].x < 117
    with pytest.warns(FringeWarning, match="EPSG:4527"):
        read_layer(path, kind="villages")


def test_every_zone_number_is_the_zone_of_its_name():
    for zone in [*range(13, 24), *range(25, 46)]:
        crs = pyproj.CRS.from_epsg(zone_epsg(zone))
        assert f"zone {zone}" in crs.name
        assert ("3-degree" in crs.name) == (zone >= 25)


@pytest.mark.parametrize(("stated", "x"), [("EPSG:4527", 39472507.3), ("EPSG:4548", 472507.3)])
@pytest.mark.parametrize("given_x", [39472507.3, 472507.3])
def test_a_stated_system_gets_its_way_of_writing_eastings(tmp_path, stated, x, given_x):
    path = write(tmp_path / "v.csv", f"名称,X,Y\n王村,{given_x},3839133.8\n")
    layer, problems = load_layer(path, kind="villages", crs=stated)
    assert layer.geometry["王村"].x == pytest.approx(x, abs=1e-6)
    assert codes(problems) == ([] if x == given_x else [("zone_restated", "repaired")])


def test_a_zone_against_the_stated_system_is_refused(tmp_path):
    path = write(tmp_path / "v.csv", "名称,X,Y\n王村,38472507.3,3839133.8\n")
    with pytest.raises(CRSError, match="38"):
        read_layer(path, crs="EPSG:4548")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("王村,472507.3,3839133.8", "crs_missing_plane"),
        ("王村,38472507.3,3839133.8\n张村,39472507.3,3839133.8", "coordinates_several_zones"),
        ("王村,24472507.3,3839133.8", "coordinates_no_zone"),
    ],
)
def test_what_the_figures_do_not_settle_is_asked_for(tmp_path, rows, said):
    path = write(tmp_path / "v.csv", f"名称,X,Y\n{rows}\n")
    with pytest.raises(CRSError) as caught:
        read_layer(path, kind="villages")
    assert [found.code for found in caught.value.problems] == [said]
    assert "crs" in caught.value.render("zh") or "带" in caught.value.render("zh")


def test_plane_figures_under_degrees_are_refused(tmp_path):
    with pytest.raises(CRSError, match="not degrees"):
        read_layer(write(tmp_path / "v.csv", "name,lon,lat\nA,472507.3,3839133.8\n"))


def test_well_known_text_with_and_without_a_system(tmp_path):
    path = write(
        tmp_path / "z.csv", 'zone,name,township,wkt\nZ-1,a,t,"POLYGON((7 46,8 46,8 47,7 46))"\nZ-2,b,t,POLYGON((\n'
    )
    layer, problems = load_layer(path, kind="zones")
    assert layer.crs.to_epsg() == 4326
    assert ("geometry_unreadable", ("Z-2",)) in [(found.code, found.rows) for found in problems]
    assert "wkt" not in layer.columns
    plane = write(tmp_path / "p.csv", "name,WKT\na,SRID=4548;POINT(472507 3839133)\n")
    assert read_layer(plane).crs.to_epsg() == 4548
    with pytest.raises(CRSError):
        read_layer(write(tmp_path / "q.csv", "name,WKT\na,POINT(472507 3839133)\n"))


def test_rows_without_coordinates_stay_and_are_named(tmp_path):
    text = "village,name,lon,lat\nV-1,a,7.5,46\nV-2,b,,\nV-3,c,7.5,\nV-4,d,x,46\n"
    layer, problems = load_layer(write(tmp_path / "v.csv", text), kind="villages")
    assert list(layer.index) == ["V-1", "V-2", "V-3", "V-4"]
    found = {(one.code, one.rows) for one in problems if one.severity == "error"}
    assert ("geometry_missing", ("V-2",)) in {(code, rows[:1]) for code, rows in found}
    assert ("coordinate_unreadable", ("V-4",)) in found
    assert all("V-1" not in rows for _, rows in found)
    text = "village,name,lon,lat\nV-1,a,7.5,46\nV-3,c,7.5,\n"
    found = load_layer(write(tmp_path / "w.csv", text), kind="villages")[1]
    assert ("coordinate_half", ("V-3",)) in [(one.code, one.rows) for one in found]


def test_codes_keep_their_zeros_and_long_numbers_their_digits(tmp_path):
    text = "code,card,n,share,word\n0123,110105194912310021,1,0.5,NA\n0456,110105194912310022,2,,x\n"
    table = read_layer(write(tmp_path / "t.csv", text))
    assert table["code"].tolist() == ["0123", "0456"]
    assert table["card"].tolist() == ["110105194912310021", "110105194912310022"]
    assert table["n"].tolist() == [1, 2]
    assert table["share"].tolist()[0] == 0.5
    assert np.isnan(table["share"].tolist()[1])
    assert table["word"].tolist() == ["NA", "x"]


def test_cells_beyond_the_headings_are_kept_and_said(tmp_path):
    table, problems = load_layer(write(tmp_path / "t.csv", "a,b\n1,2,9\n3,4\n"))
    assert table.columns.tolist() == ["a", "b", "column_3"]
    assert [(found.code, found.rows) for found in problems] == [("row_too_wide", (1,))]


def test_a_kind_that_needs_shapes_says_which_headings_it_looks_for(tmp_path):
    with pytest.raises(LayerError) as caught:
        read_layer(write(tmp_path / "v.csv", "name,where\nA,there\n"), kind="villages")
    assert "name, where" in caught.value.render("en")
    assert "经度" in caught.value.render("zh")


def test_a_kind_without_shapes_reads_as_a_table(tmp_path):
    text = "编号,任务名称,片区,类别,单位,目标量,开始日期,完成时限\nT1,补植,东片,绿化,亩,30,2019.11.23,2020-3-1\n"
    tasks = read_layer(write(tmp_path / "t.csv", text, "gbk"), kind="tasks")
    assert tasks.loc["T1", "target"] == 30
    assert tasks.loc["T1", "due"] == pd.Timestamp("2020-03-01")


def workbook(path, **sheets):
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        for name, rows in sheets.items():
            pd.DataFrame(rows).to_excel(book, sheet_name=name, header=False, index=False)
    return path


def test_excel_with_a_title_above_the_headings(tmp_path):
    rows = [
        ["村庄坐标表", None, None],
        ["名称", "经度", "纬度"],
        ["王村", 117.7, 34.6],
        ["张村", "117°42′00″", "34°36′"],
    ]
    layer = read_layer(workbook(tmp_path / "v.xlsx", Sheet1=rows), kind="villages")
    assert layer.geometry.tolist() == [Point(117.7, 34.6)] * 2


def test_the_sheet_is_the_one_with_coordinates_or_asked_for(tmp_path):
    points = [["name", "lon", "lat"], ["A", 7.5, 46.0]]
    other = [["a", "b"], [1, 2]]
    path = workbook(tmp_path / "v.xlsx", 说明=other, 村庄=points)
    assert read_layer(path).geometry.iloc[0] == Point(7.5, 46)
    assert read_layer(path, "说明")["b"].tolist() == [2]
    with pytest.raises(LayerError, match="村庄"):
        read_layer(path, "村")
    path = workbook(tmp_path / "w.xlsx", one=points, two=points)
    with pytest.raises(LayerError, match="one, two"):
        read_layer(path)
    path = workbook(tmp_path / "x.xlsx", one=points, villages=points)
    assert len(read_layer(path, kind="villages")) == 1


@given(st.floats(-89, 89), st.booleans())
@settings(max_examples=60, deadline=None)
def test_degrees_minutes_seconds_are_the_same_angle(angle, words):
    size = abs(angle)
    degrees, rest = divmod(size, 1)
    minutes, rest = divmod(rest * 60, 1)
    seconds = f"{rest * 60:.6f}"
    if float(seconds) >= 60:
        return
    marks = ("度", "分", "秒") if words else ("°", "′", "″")
    text = f"{int(degrees)}{marks[0]}{int(minutes)}{marks[1]}{seconds}{marks[2]}{'N' if angle >= 0 else 'S'}"
    assert parse_coordinate(text) == pytest.approx(angle, abs=1e-9)


def test_what_is_no_coordinate_is_not_made_one():
    for item in (None, "", "abc", "12,5", "113.7.1", True, "°", float("nan")):
        assert np.isnan(parse_coordinate(item))


def test_headings_of_coordinates():
    assert coordinate_columns(["a", "b"]) is None
    assert coordinate_columns(["经度"]) is None
    assert coordinate_columns(["POINT_X", "POINT_Y"]).names == ("POINT_X", "POINT_Y")
    # Degrees are preferred: they say what they are.
    assert coordinate_columns(["X", "Y", "lon", "lat"]).kind == "degrees"
