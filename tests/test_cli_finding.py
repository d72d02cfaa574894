"""Findings on the command line: recorded, followed up, listed, taken back, written out."""

from __future__ import annotations

import io

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely import Point
from tests import small_study

import fringe as fr
from fringe.cli import main


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(item) for item in arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def study(tmp_path):
    path = small_study.write(tmp_path, small_study.layers())
    path.write_text(path.read_text(encoding="utf-8") + 'store = "store.gpkg"\n', encoding="utf-8")
    return path


def spot():
    point = Point(small_study.X + 150, small_study.Y + 20)
    place = gpd.GeoSeries([point], crs=small_study.CRS).to_crs(4326).iloc[0]
    return f"{place.x:.8f}", f"{place.y:.8f}"


def test_a_finding_is_added_followed_up_listed_and_taken_back(study, capsys):
    add = ("finding", "add", study, "--category", "rubbish", "--found-on", "2020-01-02", "--due", "2020-01-09")
    assert run(*add, "--at", ",".join(spot())) == 0
    (name,) = capsys.readouterr().out.split()
    assert fr.Study.open(study).findings["zone"].tolist() == ["Z-2"]
    assert run("finding", "update", study, name, "--rectified-on", "2020-01-12") == 0
    (entry,) = capsys.readouterr().out.split()
    assert run("finding", "list", study, "--on", "2020-01-13", "--lang", "en") == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert len(table) == 1
    assert table["Status"].tolist() == ["rectified, to verify"]
    assert run("finding", "list", study, "--on", "2020-01-13", "-o", study.parent / "list.xlsx") == 0
    assert run("finding", "undo", study, entry) == 0
    assert fr.Study.open(study).findings_state("2020-01-13")["status"].tolist() == ["found"]
    capsys.readouterr()
    assert run("finding", "undo", study, entry) == 1
    assert "taken back" in capsys.readouterr().err


def test_a_file_is_recorded_and_exported_and_reads_back_the_same(study, capsys, tmp_path):
    lon, lat = spot()
    file = tmp_path / "kobo.csv"
    file.write_text(
        f"today,category,_spot_latitude,_spot_longitude,_uuid\n2020-01-02,rubbish,{lat},{lon},a1\n2020-01-03,mud,{lat},{lon},a2\n",
        encoding="utf-8",
    )
    assert run("finding", "add", study, "--from", file) == 0
    streams = capsys.readouterr()
    assert streams.out.split() == ["a1", "a2"]
    assert run("export", study, "-o", tmp_path / "out") == 0
    assert_geodataframe_equal(fr.read_export(tmp_path / "out")["findings"], fr.Study.open(study).findings)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["add"], 2),
        (["add", "--category", "x"], 2),
        (["add", "--category", "x", "--found-on", "2020-01-02", "--from", "file.csv"], 2),
        (["update", "find-1"], 2),
        (["update", "find-1", "--closed-on", "2020-01-02"], 1),
        (["add", "--category", "x", "--found-on", "2020-01-02", "--at", "here"], 1),
        (["add", "--from", "missing.csv"], 1),
        (["list"], 1),
    ],
)
def test_wrong_usage_is_2_and_wrong_data_1(study, capsys, arguments, code):
    command, *rest = arguments
    assert run("finding", command, study, *rest) == code
    assert "Traceback" not in capsys.readouterr().err
    assert len(fr.Study.open(study).findings) == 0
