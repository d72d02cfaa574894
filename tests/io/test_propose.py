"""fringe init: what a folder of files seems to be."""

import tomllib
import warnings

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely import LineString, Point, box

from fringe.errors import StudyError
from fringe.io.manifest import read_manifest
from fringe.io.propose import guess_kind, propose
from fringe.io.store import save_study
from fringe.model.datum import from_wgs84

PLANE = "EPSG:4548"


def polygons(**columns):
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[box(i, 0, i + 1, 1) for i in range(count)], crs=PLANE)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "东片区资料"
    (path / "矢量").mkdir(parents=True)
    polygons(片区编号=["Z-1"], 名称=["甲"]).to_file(path / "矢量" / "整治片区.gpkg")
    polygons(编号=["P-1"], 名称=["甲"], 实施=["已栽植"]).to_file(path / "绿化地块_高德.geojson")
    polygons(编号=["P-1"], 名称=["甲"]).to_file(path / "plots_old.fgb")
    roads = gpd.GeoDataFrame({"道路等级": ["支路"]}, geometry=[LineString([(0, 0), (1, 1)])], crs=PLANE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL shortens the heading, in a message that is not UTF-8
        pyogrio.write_dataframe(roads, path / "roads.shp", encoding="UTF-8")
    (path / "roads.prj").unlink()
    (path / "村庄.csv").write_text("名称,经度,纬度\n王村,117.7,34.6\n", encoding="gbk")
    (path / "说明.txt").write_text("x")
    (path / "broken.gpkg").write_text("x")
    (path / "ndvi_20200201.tif").write_bytes(b"")
    heads = ["编号", "任务名称", "片区", "类别", "单位", "目标量", "开始日期", "完成时限"]
    pd.DataFrame([["任务台账", *[None] * 7], heads]).to_excel(path / "台账.xlsx", header=False, index=False)
    return path


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_folder_becomes_a_study(folder, lang):
    text, problems = propose(folder, lang=lang)
    told = tomllib.loads(text)
    assert told["title"] == "东片区资料"
    assert told["lang"] == lang
    assert list(told["layers"]) == ["zones", "villages", "roads", "plots"]
    assert told["layers"]["zones"]["path"] == "矢量/整治片区.gpkg"
    assert told["ledger"]["path"] == "台账.xlsx"
    assert told["rasters"]["ndvi_20200201"]["date"].isoformat() == "2020-02-01"
    assert "# 坐标系" in text or "# Coordinate system" in text
    assert "EPSG:4548" in text
    assert all("{" not in found.render(lang) for found in problems)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    assert read_manifest(folder / "study.toml").layers["plots"].path.name == "绿化地块_高德.geojson"


def test_what_must_be_confirmed_is_asked(folder):
    text, problems = propose(folder, lang="en")
    found = {(one.code, one.layer) for one in problems}
    assert ("crs_missing", "roads") in found
    assert ("init_datum_name", "plots") in found
    assert ("init_columns", "plots") in found
    assert ("init_other", "plots") in found
    assert ("file_unreadable", "broken.gpkg") in found
    lines = text.splitlines()
    assert '# datum = "gcj02"' in lines
    assert '# aliases = { "…" = "status" }' in lines
    # Nothing is stated for the roads in the user's name, but a guess stands ready.
    assert '# crs = "EPSG:4326"' in lines


def test_a_shifted_layer_is_told_by_another_with_the_same_objects(tmp_path):
    true = gpd.GeoDataFrame(
        {"编号": ["a", "b"], "名称": ["甲", "乙"]},
        geometry=[box(472_000, 3_839_000, 472_500, 3_839_400), box(473_000, 3_839_000, 473_300, 3_839_200)],
        crs=PLANE,
    )
    true.to_file(tmp_path / "整治片区.gpkg")
    from_wgs84(true.to_crs(4326), datum="gcj02").to_file(tmp_path / "绿化地块.geojson")
    text, problems = propose(tmp_path, lang="en")
    assert [(found.code, found.layer) for found in problems if "datum" in found.code] == [("init_datum_told", "plots")]
    assert '# datum = "gcj02"' in text.splitlines()
    assert "整治片区.gpkg" in text


def test_proposing_twice_gives_the_same(folder):
    assert propose(folder, lang="zh") == propose(folder, lang="zh")


def test_an_empty_folder_and_none(tmp_path):
    text, problems = propose(tmp_path, lang="en")
    assert "layers" not in tomllib.loads(text)
    assert [found.code for found in problems] == ["init_nothing"]
    with pytest.raises(StudyError, match="nowhere"):
        propose(tmp_path / "nowhere")


def test_a_saved_study_is_left_alone(tmp_path):
    zones = polygons(name=["a"]).rename_axis("zone")
    save_study(tmp_path / "s.gpkg", {"zones": zones}, {})
    assert [found.code for found in propose(tmp_path, lang="en")[1]] == ["init_is_study", "init_nothing"]


@pytest.mark.parametrize(
    ("name", "shape", "columns", "kind"),
    [
        ("villages", Point(0, 0), {"name": ["a"]}, "villages"),
        ("村道", LineString([(0, 0), (1, 1)]), {"a": [1]}, "roads"),
        ("铁路", LineString([(0, 0), (1, 1)]), {"a": [1]}, "rail"),
        ("data", box(0, 0, 1, 1), {"编号": [1], "状态": ["x"], "栽植日期": ["y"]}, "plots"),
        ("data", box(0, 0, 1, 1), {"a": [1]}, None),
        ("道路", Point(0, 0), {"a": [1]}, None),
        ("buildings", box(0, 0, 1, 1), {"a": [1]}, "buildings"),
    ],
)
def test_kinds_are_told_by_name_shape_and_headings(name, shape, columns, kind):
    found = guess_kind(gpd.GeoDataFrame(columns, geometry=[shape], crs=PLANE), name)
    assert (found and found[0]) == kind
