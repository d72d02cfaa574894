"""Files as offices send them, made in the test."""

import json
import shutil
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from fringe.errors import CRSError, DatumError, FringeError, FringeWarning, LayerError
from fringe.io.shapefile import read_table_facts
from fringe.io.vector import layers_of, load_layer, read_layer, write_layer
from fringe.model.datum import from_wgs84

PLANE = "EPSG:4548"


def zones(**columns):
    data = {"zone": ["Z-1", "Z-2"], "name": ["王桐村", "张华楼村"], "township": ["东乡", "西乡"]} | columns
    return gpd.GeoDataFrame(data, geometry=[box(0, 0, 100, 100), box(100, 0, 200, 100)], crs=PLANE)


def errors(problems):
    return [(found.code, found.rows) for found in problems if found.severity == "error"]


def write_quietly(frame, path, **options):
    """Write as other programs do, without fringe's care."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(frame, path, **options)


def raised(error, *args, **options):
    with pytest.raises(error) as caught:
        read_layer(*args, **options)
    texts = {lang: caught.value.render(lang) for lang in ("zh", "en")}
    assert all("{" not in text for text in texts.values())
    return texts


# --- round trips -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "parquet", "shp", "csv", "xlsx"])
def test_a_layer_comes_back_as_it_was(tmp_path, suffix):
    layer, _ = load_layer(save(tmp_path / "in.gpkg"), kind="plots")
    before = layer.copy(deep=True)
    path = tmp_path / f"out.{suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        write_layer(layer, path)
        crs = PLANE if suffix in ("csv", "xlsx") else None
        back = read_layer(path, kind="plots", crs=crs)
    pd.testing.assert_frame_equal(pd.DataFrame(layer), pd.DataFrame(before))
    assert list(back.index) == ["P-1", "P-2"]
    assert back.index.name == "plot"
    assert back.crs == layer.crs
    assert back.geometry.normalize().geom_equals_exact(layer.geometry.normalize(), tolerance=1e-7).all()
    for column in ("status", "planted_on", "survival_share", "claimed_m2", "name"):
        assert back[column].astype(object).where(back[column].notna(), None).tolist() == (
            layer[column].astype(object).where(layer[column].notna(), None).tolist()
        ), column


def save(path):
    plots = gpd.GeoDataFrame(
        {
            "plot": ["P-1", "P-2"],
            "name": ["甲", "乙"],
            "status": ["planted", "lost"],
            "planted_on": pd.to_datetime(["2019-11-23", None]),
            "survival_share": [0.85, np.nan],
            "claimed_m2": [10_000.5, 3.0],
        },
        geometry=[box(0, 0, 100, 100), box(200.25, 0, 300, 100)],
        crs=PLANE,
    )
    pyogrio.write_dataframe(plots, path)
    return path


def test_points_keep_their_coordinates_in_a_csv(tmp_path):
    villages = gpd.GeoDataFrame(
        {"name": ["王村"], "lon": [117.7]},
        index=pd.Index(["V-1"], name="village"),
        geometry=[Point(117.7, 34.6)],
        crs=4326,
    )
    write_layer(villages, tmp_path / "v.csv")
    assert (tmp_path / "v.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    back = read_layer(tmp_path / "v.csv", kind="villages")
    assert back.geometry.iloc[0] == Point(117.7, 34.6)
    with pytest.raises(LayerError, match="lon"):
        write_layer(villages.assign(lon=1.0), tmp_path / "w.csv")


def test_a_geopackage_takes_a_second_layer_and_replaces_only_when_told(tmp_path):
    path = tmp_path / "g.gpkg"
    write_layer(zones(), path, "zones")
    write_layer(zones().head(1), path, "more")
    assert len(read_layer(path, "zones")) == 2
    with pytest.raises(LayerError, match="overwrite"):
        write_layer(zones(), path, "more")
    write_layer(zones(), path, "more", overwrite=True)
    assert len(read_layer(path, "more")) == 2
    assert len(read_layer(path, kind="zones")) == 2  # the layer named after the kind
    texts = raised(LayerError, path)
    assert "zones" in texts["en"]
    assert "more" in texts["zh"]


def test_an_existing_file_is_not_written_over(tmp_path):
    write_layer(zones(), tmp_path / "z.geojson")
    with pytest.raises(LayerError, match="overwrite"):
        write_layer(zones(), tmp_path / "z.geojson")
    write_layer(zones().head(1), tmp_path / "z.geojson", overwrite=True)
    assert len(read_layer(tmp_path / "z.geojson")) == 1
    assert sorted(item.name for item in tmp_path.iterdir()) == ["z.geojson"]


def test_rows_keep_their_order_and_missing_shapes_in_flatgeobuf(tmp_path):
    frame = gpd.GeoDataFrame({"a": [1, 2, 3]}, geometry=[Point(9, 9), None, Point(0, 0)], crs=PLANE)
    write_layer(frame, tmp_path / "x.fgb")
    back = read_layer(tmp_path / "x.fgb")
    assert back["a"].tolist() == [1, 2, 3]
    assert back.geometry.isna().tolist() == [False, True, False]


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "parquet", "shp"])
def test_an_empty_layer_is_a_layer(tmp_path, suffix):
    write_layer(zones().iloc[:0], tmp_path / f"z.{suffix}")
    back = read_layer(tmp_path / f"z.{suffix}")
    assert len(back) == 0
    assert back.crs.to_epsg() == 4548


def test_what_a_format_cannot_hold_is_refused_by_name(tmp_path):
    with pytest.raises(LayerError, match=r"row 1: .* 254 bytes"):
        write_layer(zones(note=["x" * 300, "y"]), tmp_path / "z.shp")
    with pytest.raises(LayerError, match="LineString"):
        write_layer(
            gpd.GeoDataFrame(geometry=[Point(0, 0), LineString([(0, 0), (1, 1)])], crs=PLANE), tmp_path / "m.shp"
        )
    with pytest.raises(LayerError, match="name, Name"):
        write_layer(zones(Name=["a", "b"]), tmp_path / "z.gpkg")
    with pytest.raises(LayerError, match="list"):
        write_layer(zones(parts=[[1], [2]]), tmp_path / "z.gpkg")
    with pytest.raises(LayerError, match="dwg"):
        write_layer(zones(), tmp_path / "z.dwg")
    assert not list(tmp_path.iterdir())


# --- shapefiles ------------------------------------------------------------------------------------------------


def test_shapefile_headings_are_shortened_and_said_and_found_again(tmp_path):
    frame = zones(lead_unit_of_all=["a", "b"]).rename(columns={"township": "所属乡镇街道"})
    with pytest.warns(FringeWarning, match="所属乡镇街道 → 所属乡") as said:
        write_layer(frame, tmp_path / "z.shp")
    assert "lead_unit_of_all → lead_unit_" in str(said[0].message)
    assert (tmp_path / "z.cpg").read_text() == "UTF-8"
    back, problems = load_layer(tmp_path / "z.shp", kind="zones", aliases={"所属乡镇街道": "township"})
    assert back["township"].tolist() == ["东乡", "西乡"]
    assert [found.code for found in problems] == ["heading_cut"]


def gbk_shapefile(path, language_byte=None, **columns):
    """Write a shapefile as a GBK program does: no .cpg."""
    frame = zones(**columns).rename(columns={"name": "片区名称", "township": "所属乡镇"})
    write_quietly(frame, path, encoding="GBK")
    path.with_suffix(".cpg").unlink()
    if language_byte is not None:
        table = path.with_suffix(".dbf")
        raw = bytearray(table.read_bytes())
        raw[29] = language_byte
        table.write_bytes(raw)
    return path


@pytest.mark.parametrize(("byte", "source"), [(None, "bytes"), (0x4D, "language_byte"), (0x57, "bytes")])
def test_a_gbk_shapefile_without_cpg_reads_and_says_so(tmp_path, byte, source):
    path = gbk_shapefile(tmp_path / "z.shp", byte)
    layer, problems = load_layer(path, kind="zones")
    assert layer["name"].tolist() == ["王桐村", "张华楼村"]
    assert layer["township"].tolist() == ["东乡", "西乡"]
    assert [(found.code, found.params) for found in problems] == [
        ("encoding_chosen", {"value": "gb18030", "source": source})
    ]


def test_a_gbk_heading_of_five_characters_is_found_by_its_alias(tmp_path):
    path = gbk_shapefile(tmp_path / "z.shp", 牵头责任单位=["甲局", "乙局"])
    layer, problems = load_layer(path, kind="zones", aliases={"牵头责任单位": "lead_unit"})
    assert layer["lead_unit"].tolist() == ["甲局", "乙局"]
    assert "heading_cut" in [found.code for found in problems]


def test_a_heading_torn_in_utf_8_does_not_stop_the_reader(tmp_path):
    path = tmp_path / "z.shp"
    write_quietly(zones().rename(columns={"township": "town"}), path, encoding="UTF-8")
    torn(path, b"town", "所属乡镇".encode()[:10])
    assert (path.with_suffix(".cpg")).exists()
    layer, problems = load_layer(path, kind="zones")
    assert layer["township"].tolist() == ["东乡", "西乡"]
    assert [(found.code, found.params["heading"]) for found in problems] == [("heading_cut", "所属乡\ufffd")]


def torn(path, old, new):
    table = path.with_suffix(".dbf")
    raw = table.read_bytes()
    assert raw.count(old.ljust(11, b"\0")) == 1
    table.write_bytes(raw.replace(old.ljust(11, b"\0"), new.ljust(11, b"\0")))


def test_western_accents_are_not_taken_for_chinese(tmp_path):
    path = tmp_path / "z.shp"
    write_quietly(zones(name=["Grünfläche", "Brühl"], township=["Nord", "Süd"]), path, encoding="CP1252")
    path.with_suffix(".cpg").unlink()
    assert read_layer(path)["name"].tolist() == ["Grünfläche", "Brühl"]


def test_a_wrong_cpg_is_said_and_can_be_overruled(tmp_path):
    path = gbk_shapefile(tmp_path / "z.shp")
    path.with_suffix(".cpg").write_text("UTF-8")
    _, problems = load_layer(path)
    assert "encoding_wrong" in [found.code for found in problems]
    assert load_layer(path, encoding="GBK")[1] == []
    assert "utf8-9" in raised(LayerError, path, encoding="utf8-9")["en"]


def test_texts_cut_inside_a_character_by_the_fields_width_do_not_change_the_choice(tmp_path):
    path = tmp_path / "z.shp"
    write_quietly(zones(name=["王", "张"]), path, encoding="UTF-8")
    path.with_suffix(".cpg").unlink()
    assert read_table_facts(path, "z")[0].encoding == "utf-8"


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_shapefile_without_a_part_names_it(tmp_path, suffix):
    path = gbk_shapefile(tmp_path / "z.shp")
    path.with_suffix(suffix).unlink()
    texts = raised(LayerError, path, kind="zones")
    assert suffix in texts["en"]
    assert suffix in texts["zh"]


# --- bad files -------------------------------------------------------------------------------------------------


def test_a_missing_file_suggests_its_neighbour(tmp_path):
    write_layer(zones(), tmp_path / "zones.gpkg")
    assert "Did you mean 'zones.gpkg'?" in raised(LayerError, tmp_path / "zones.shp", kind="zones")["en"]
    assert "是否应为“zones.gpkg”" in raised(LayerError, tmp_path / "zone.gpkg")["zh"]
    assert "folder" in raised(LayerError, tmp_path / "no" / "zones.gpkg")["en"]
    assert "folder" in raised(LayerError, tmp_path)["en"]


def test_a_wrong_layer_lists_the_right_ones(tmp_path):
    write_layer(zones(), tmp_path / "g.gpkg", "zones")
    write_layer(zones(), tmp_path / "g.gpkg", "plots")
    text = raised(LayerError, tmp_path / "g.gpkg", "zone", kind="zones")["en"]
    assert "improvement zones" in text
    assert "Did you mean 'zones'?" in text
    assert "zones, plots" in text


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "parquet", "csv", "xlsx", "shp"])
def test_the_layers_of_a_file_are_listed_and_any_other_is_refused(tmp_path, suffix):
    path = tmp_path / f"z.{suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FringeWarning)
        write_layer(zones(), path)
        assert layers_of(path) == ["z"]
        assert len(read_layer(path, "z", crs=PLANE)) == 2
    assert "zz" in raised(LayerError, path, "zz", crs=PLANE)["en"]
    with pytest.raises(LayerError, match="no file"):
        layers_of(tmp_path / f"nothing.{suffix}")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.gpkg", b"hello"),
        ("a.gpkg", b""),
        ("a.geojson", b"{"),
        ("a.shp", b"x"),
        ("a.fgb", b"x"),
        ("a.parquet", b"x"),
        ("a.csv", b""),
        ("a.xlsx", b"x"),
        ("a.xls", b"x"),
        ("a.xyz", b"x"),
    ],
)
def test_a_file_that_is_none_is_one_clear_error(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert name in raised(LayerError, tmp_path / name, kind="zones")["en"]


def test_a_table_cut_short_is_unreadable(tmp_path):
    path = gbk_shapefile(tmp_path / "z.shp")
    path.with_suffix(".dbf").write_bytes(b"\x03")
    assert "z.shp" in raised(LayerError, path)["en"]


def test_a_layer_without_crs_is_refused_until_it_is_stated(tmp_path):
    path = gbk_shapefile(tmp_path / "z.shp")
    path.with_suffix(".prj").unlink()
    assert "improvement zones" in raised(CRSError, path, kind="zones")["en"]
    assert read_layer(path, kind="zones", crs=PLANE).crs.to_epsg() == 4548
    assert "EPSG:99" in raised(CRSError, path, crs="EPSG:99")["zh"]


def test_a_stated_crs_that_contradicts_the_file_is_said(tmp_path):
    write_layer(zones(), tmp_path / "z.gpkg")
    layer, problems = load_layer(tmp_path / "z.gpkg", kind="zones", crs="EPSG:4549")
    assert layer.crs.to_epsg() == 4549
    assert layer.total_bounds.tolist() == [0, 0, 200, 100]
    assert [found.code for found in problems] == ["crs_overruled"]
    assert load_layer(tmp_path / "z.gpkg", kind="zones", crs=PLANE)[1] == []


def test_plane_coordinates_that_call_themselves_degrees_are_refused(tmp_path):
    far = shapely.box(472_000, 3_839_000, 473_000, 3_840_000)
    fake = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(far)}
    (tmp_path / "z.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [fake]}))
    assert "472000, 3839000" in raised(CRSError, tmp_path / "z.geojson")["en"]
    layer, problems = load_layer(tmp_path / "z.geojson", crs=PLANE)
    assert layer.crs.to_epsg() == 4548
    assert [found.code for found in problems] == ["crs_overruled"]


def test_an_unknown_datum_names_the_known(tmp_path):
    write_layer(zones().to_crs(4326), tmp_path / "z.gpkg")
    assert "gcj02" in raised(DatumError, tmp_path / "z.gpkg", datum="mars")["en"]


@pytest.mark.parametrize(("datum", "written"), [("gcj02", "gcj02"), ("bd09", "BD-09"), ("wgs84", "WGS84")])
@pytest.mark.parametrize("suffix", ["geojson", "shp"])
def test_shifted_coordinates_are_brought_back_and_said(tmp_path, datum, written, suffix):
    true = zones().set_geometry([box(117.7, 34.6, 117.71, 34.61), Point(117.7, 34.6).buffer(0.01)], crs=4326)
    path = tmp_path / f"z.{suffix}"
    write_quietly(from_wgs84(true, datum=datum), path)
    if suffix == "shp":
        path.with_suffix(".prj").unlink()  # a web map's degrees need no label where the datum is stated
    layer, problems = load_layer(path, kind="zones", datum=written)
    assert layer.crs.to_epsg() == 4326
    distance = shapely.hausdorff_distance(layer.geometry.to_numpy(), true.geometry.to_numpy())
    assert (distance < 1e-8).all()
    assert ("datum_shifted" in [found.code for found in problems]) == (datum != "wgs84")


def test_a_crs_without_a_code_survives_parquet_and_geopackage(tmp_path):
    own = "+proj=tmerc +lat_0=0 +lon_0=113.5 +k=1 +x_0=500000 +y_0=-3000000 +ellps=GRS80 +units=m +no_defs"
    frame = zones().set_crs(own, allow_override=True)
    for suffix in ("parquet", "gpkg"):
        write_layer(frame, tmp_path / f"z.{suffix}")
        back = read_layer(tmp_path / f"z.{suffix}")
        assert back.crs.to_epsg() is None
        params = {item.name: item.value for item in back.crs.coordinate_operation.params}
        assert params["Longitude of natural origin"] == 113.5
        assert params["False northing"] == -3_000_000


# --- broken rings ----------------------------------------------------------------------------------------------


def test_rings_are_closed_and_said_and_rows_that_cannot_be_read_are_named(tmp_path):
    shapes = {
        "Z-1": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        "Z-2": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]},
        "Z-3": {"type": "LineString", "coordinates": [[0, 0]]},
        "Z-4": None,
    }
    features = [
        {"type": "Feature", "properties": {"zone": zone, "name": zone, "township": "t"}, "geometry": shape}
        for zone, shape in shapes.items()
    ]
    path = tmp_path / "z.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    layer, problems = load_layer(path, kind="zones")
    assert list(layer.index) == ["Z-1", "Z-2", "Z-3", "Z-4"]
    assert layer.geometry["Z-2"].equals(Polygon([(0, 0), (1, 0), (1, 1)]))
    by_code = {found.code: found for found in problems}
    assert by_code["geometry_unclosed"].rows == ("Z-2",)
    assert by_code["geometry_unclosed"].severity == "repaired"
    assert by_code["geometry_unreadable"].rows == ("Z-3",)
    assert by_code["geometry_missing"].rows == ("Z-4",)
    text = raised(LayerError, path, kind="zones")["en"]
    assert "Z-3" in text
    assert "Z-4" in text
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert len(read_layer(path)) == 4
    text = "\n".join(str(one.message) for one in said)
    assert "row 2" in text
    assert "row 3" in text


def test_a_row_problem_of_reading_bears_the_rows_id(tmp_path):
    (tmp_path / "v.csv").write_text("village,name,lon,lat\nV-7,Up,7.5,46\nV-9,Down,east,46\n")
    _, problems = load_layer(tmp_path / "v.csv", kind="villages")
    assert ("coordinate_unreadable", ("V-9",)) in errors(problems)


def test_a_place_nowhere_on_earth_is_named(tmp_path):
    frame = zones().set_geometry([box(0, 0, 100, 100), box(0, 0, 1e200, 100)], crs=PLANE)
    pyogrio.write_dataframe(frame, tmp_path / "z.gpkg")
    layer, problems = load_layer(tmp_path / "z.gpkg", kind="zones")
    assert errors(problems) == [("geometry_beyond", ("Z-2",))]
    assert layer.geometry.isna().tolist() == [False, True]


def test_reading_twice_gives_the_same(tmp_path):
    path = gbk_shapefile(tmp_path / "z.shp")
    one, first = load_layer(path, kind="zones")
    two, second = load_layer(path, kind="zones")
    assert first == second
    assert_geodataframe_equal(one, two)


# --- damage ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for suffix in ("gpkg", "geojson", "fgb", "parquet", "csv", "xlsx", "shp"):
            write_layer(zones(人口=[1.5, 2]), folder / f"a.{suffix}")
    return folder


@pytest.mark.parametrize(
    "suffix", ["gpkg", "geojson", "fgb", "parquet", "csv", "xlsx", "shp", "shx", "dbf", "prj", "cpg"]
)
@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_a_clear_error_or_a_layer(whole, tmp_path, suffix, data):
    folder = tmp_path / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, folder)
    path = folder / f"a.{suffix}"
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, min(len(raw), 400) - 1)) if raw else 0
        new = data.draw(st.binary(max_size=4))
        raw[at : at + data.draw(st.sampled_from([0, 1, len(new), 20]))] = new
    path.write_bytes(raw)
    target = folder / ("a.shp" if suffix in ("shx", "dbf", "prj", "cpg") else path.name)
    try:
        _, problems = load_layer(target, kind="zones", crs=data.draw(st.sampled_from([None, PLANE])))
        texts = [found.render(lang) for found in problems for lang in ("zh", "en")]
    except FringeError as error:
        texts = [error.render(lang) for lang in ("zh", "en")]
    assert all(texts)
