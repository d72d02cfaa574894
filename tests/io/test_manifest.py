"""study.toml: read as a whole, with everything wrong in it said at once."""

from pathlib import Path

import pandas as pd
import pytest

from fringe.errors import StudyError
from fringe.io.manifest import line_of, read_manifest


@pytest.fixture
def folder(tmp_path):
    for name in ("zones.gpkg", "plots.shp", "ledger.xlsx", "ndvi.tif"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def study(folder, text, encoding="utf-8"):
    (folder / "study.toml").write_bytes(text.encode(encoding))
    return folder / "study.toml"


def wrong(folder, text):
    with pytest.raises(StudyError) as caught:
        read_manifest(study(folder, text))
    for lang in ("zh", "en"):
        assert "{" not in caught.value.render(lang)
    return caught.value


WHOLE = """
title = "东片区"
lang = "zh"
date = 2020-03-01
crs = "EPSG:4548"
review_no = "GS(2020)1"
attribution = "x"
organisation = "y"

[layers.zones]
path = "zones.gpkg"
layer = "片区"

[layers.plots]
path = 'plots.shp'
crs = "EPSG:4490"
datum = "gcj02"
encoding = "GBK"
aliases = { "图斑名" = "name" }

[ledger]
path = "ledger.xlsx"
store = "ledger.gpkg"

[rasters.ndvi_2020]
path = "ndvi.tif"
date = "2020年2月1日"
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_everything_is_read(folder, encoding):
    found = read_manifest(study(folder, WHOLE, encoding))
    assert (found.title, found.lang, found.crs, found.review_no) == ("东片区", "zh", "EPSG:4548", "GS(2020)1")
    assert found.date == pd.Timestamp("2020-03-01")
    assert list(found.layers) == ["zones", "plots"]
    plots = found.layers["plots"]
    assert plots.path == folder / "plots.shp"
    assert (plots.crs, plots.datum, plots.encoding, dict(plots.aliases)) == (
        "EPSG:4490",
        "gcj02",
        "GBK",
        {"图斑名": "name"},
    )
    assert found.layers["zones"].layer == "片区"
    assert found.ledger.path == folder / "ledger.xlsx"
    assert found.ledger.store == folder / "ledger.gpkg"
    assert found.rasters["ndvi_2020"].date == pd.Timestamp("2020-02-01")


def test_the_least_that_is_a_study(folder):
    found = read_manifest(study(folder, 'title = "A"\n[layers.zones]\npath = "zones.gpkg"\n'))
    assert found.lang is None
    assert found.ledger.path is None
    assert found.rasters == {}


def test_all_problems_are_said_at_once(folder):
    text = """
titel = "A"
lang = "fr"
date = "soon"
crs = "EPSG:99"
[layers.zone]
path = "zones.gpkg"
[layers.plots]
path = "plot.shp"
datum = "mars"
encodng = "GBK"
aliases = { "a" = 1 }
[layers.roads]
layer = "x"
[ledger]
store = "no/such/l.gpkg"
[rasters.a]
path = 5
"""
    error = wrong(folder, text)
    found = [(one.code, one.rows) for one in error.problems]
    assert set(found) == {
        ("study_key", (2,)),
        ("study_key_missing", ()),
        ("study_value", (3,)),
        ("study_type_date", (4,)),
        ("crs_unknown", (5,)),
        ("study_kind", (6,)),
        ("file_missing", ()),
        ("study_value", (10,)),
        ("study_key", (11,)),
        ("study_type_text", ()),
        ("study_key_missing", ()),
        ("file_missing_folder", ()),
        ("study_type_text", (18,)),
    }
    text = error.render("en")
    for hint in ("'title'?", "'zones'?", "'plots.shp'?", "'encoding'?"):
        assert f"Did you mean {hint}" in text
    assert "wgs84, gcj02, bd09" in text


@pytest.mark.parametrize(
    ("text", "line"), [('title = "A"\nlang = zh\n', 2), ("[layers\n", 1), ('title = "A', 1), ("a = 1\na = 2\n", 2)]
)
def test_a_slip_of_the_pen_names_its_line(folder, text, line):
    error = wrong(folder, text)
    assert [found.rows for found in error.problems] == [(line,)]
    assert f"row {line}" in error.render("en")


def test_backslashes_in_double_quotes_are_explained(folder):
    error = wrong(folder, 'title = "A"\n[layers.zones]\npath = "D:\\data\\zones.gpkg"\n')
    assert [(found.code, found.rows) for found in error.problems] == [("toml_backslash", (3,))]
    assert "'D:\\data\\zones.gpkg'" in error.render("en")


def test_a_path_written_on_windows_is_found_elsewhere(folder):
    (folder / "in").mkdir()
    (folder / "in" / "z.gpkg").write_bytes(b"")
    found = read_manifest(study(folder, "title = 'A'\n[layers.zones]\npath = 'in\\z.gpkg'\n"))
    assert found.layers["zones"].path.is_file()


def test_a_file_in_another_encoding_or_place(folder):
    study(folder, 'title = "东"', "gbk")
    with pytest.raises(StudyError, match="UTF-8"):
        read_manifest(folder / "study.toml")
    with pytest.raises(StudyError, match=r"study\.toml"):
        read_manifest(folder / "studi.toml")
    with pytest.raises(StudyError):
        read_manifest(Path("no/such/folder/study.toml"))


@pytest.mark.parametrize("text", ['title = "A"\n', 'title = "A"\nlayers = 3\n', 'title = "A"\n[layers]\nzones = "z"\n'])
def test_a_study_without_layers_is_none(folder, text):
    assert wrong(folder, text).problems


def test_lines_of_keys():
    text = 'title = "a"\n[layers.zones]  # x\n path= "b"\n["ledger"]\nstore = "c"'
    assert [line_of(text, key) for key in ("title", "layers.zones", "layers.zones.path", "ledger.store", "x")] == [
        1,
        2,
        3,
        5,
        None,
    ]
