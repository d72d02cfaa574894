"""Findings as field apps export them, and what their photos say."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from shapely import Point, box
from tests.io.photographs import take

from fringe import Study, closure, read_findings, read_photos, to_wgs84
from fringe.errors import CRSError, LayerError

TO_DEGREES = pyproj.Transformer.from_crs("EPSG:4547", "EPSG:4326", always_xy=True)


def degrees(dx, dy):
    """Return longitude and latitude of a place in the grid of four zones, metres from its corner."""
    lon, lat = TO_DEGREES.transform(500_000 + dx, 3_840_000 + dy)
    return round(lon, 9), round(lat, 9)


def write(path, rows, encoding="utf-8"):
    pd.DataFrame(rows).to_csv(path, index=False, encoding=encoding)
    return path


def codes(problems, severity=None):
    kept = problems if severity is None else problems[problems["severity"] == severity]
    return set(zip(kept["code"], kept["row"], strict=True))


KOBO = {
    "start": "2020-01-17T07:30:00.000+08:00",
    "end": "2020-01-17T07:41:10.000+08:00",
    "today": "2020-01-17",
    "visit/category": "rubbish",
    "visit/category/heap": 1,
    "visit/photo": "1579.jpg",
    "visit/spot": "34.6 113.6 0 4.5",
    "_submission_time": "2020-01-16T23:45:00",
    "_validation_status": "",
    "_index": 1,
}


def kobo(**more):
    return KOBO | more


def test_kobotoolbox(tmp_path, grid):
    lon, lat = degrees(20, 180)
    row = kobo(
        _uuid="1f0e-2b", **{"visit/_spot_latitude": lat, "visit/_spot_longitude": lon, "visit/_spot_precision": 4.5}
    )
    findings, problems = read_findings(write(tmp_path / "kobo.csv", [row]), zones=grid)
    one = findings.loc["1f0e-2b"]
    assert one[["zone", "category", "photo", "accuracy_m"]].tolist() == ["NW", "rubbish", "1579.jpg", 4.5]
    assert one["found_on"] == pd.Timestamp("2020-01-17")
    # The server's 23:45 of the 16th is a quarter to eight on the 17th where the phone was.
    assert one["recorded_at"] == pd.Timestamp("2020-01-17 07:45")
    assert findings.crs.to_epsg() == 4326
    assert (one.geometry.x, one.geometry.y) == (lon, lat)
    assert codes(problems, "error") == set()
    assert {"visit/category/heap", "_validation_status"} <= set(findings.columns)


def test_odk(tmp_path, grid):
    lon, lat = degrees(120, 20)
    row = {
        "SubmissionDate": "2020-01-16T23:31:05.123Z",
        "visit-start": "2020-01-17T07:30:00.000+08:00",
        "visit-问题类型": "stall",
        "visit-spot-Latitude": lat,
        "visit-spot-Longitude": lon,
        "visit-spot-Altitude": 0,
        "visit-spot-Accuracy": 6,
        "visit-现场照片": "a.jpg",
        "KEY": "uuid:77",
        "AttachmentsPresent": 1,
    }
    findings, problems = read_findings(write(tmp_path / "odk.csv", [row]), zones=grid)
    one = findings.loc["uuid:77"]
    assert one[["zone", "category", "photo", "accuracy_m"]].tolist() == ["SE", "stall", "a.jpg", 6]
    assert one["found_on"] == pd.Timestamp("2020-01-17")
    assert one["recorded_at"] == pd.Timestamp("2020-01-17 07:31:05")
    assert codes(problems, "error") == set()


@pytest.mark.parametrize("suffix", ["gpkg", "geojson"])
def test_qfield_and_geojson(tmp_path, grid, suffix):
    layer = gpd.GeoDataFrame(
        {
            "问题编号": ["F-1"],
            "发现日期": ["2020-01-17"],
            "问题类别": ["占道"],
            "责任单位": ["城管"],
            "照片": ["DCIM/a.jpg"],
        },
        geometry=[Point(500_120, 3_840_120)],
        crs="EPSG:4547",
    )
    path = tmp_path / f"qfield.{suffix}"
    (layer if suffix == "gpkg" else layer.to_crs(4326)).to_file(path)
    findings, problems = read_findings(path, zones=grid)
    assert findings.loc["F-1", ["zone", "category", "responsible", "photo"]].tolist() == [
        "NE",
        "占道",
        "城管",
        "DCIM/a.jpg",
    ]
    assert codes(problems, "error") == set()
    assert closure(findings, on="2020-01-20", until="verified").loc["城管", "n_open"] == 1


@pytest.mark.parametrize("clock", ["00:30", "23:30"])
def test_times_in_geojson_keep_the_phones_day(tmp_path, clock):
    feature = {
        "type": "Feature",
        "properties": {"start": f"2020-01-17T{clock}:00+08:00", "category": "x", "zone": "a", "id": "F"},
        "geometry": {"type": "Point", "coordinates": [113.7, 34.6]},
    }
    path = tmp_path / "odk.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    findings, _ = read_findings(path)
    assert findings.loc["F", "found_on"] == pd.Timestamp("2020-01-17")


def test_server_times_without_a_phones_stay_in_utc_and_that_is_said(tmp_path):
    row = {"id": "F", "found_on": "2020-01-17", "category": "x", "zone": "a", "SubmissionDate": "2020-01-16T23:31:05Z"}
    findings, problems = read_findings(write(tmp_path / "odk.csv", [row]))
    assert findings.loc["F", "recorded_at"] == pd.Timestamp("2020-01-16 23:31:05")
    assert ("field_utc", "") in codes(problems)


def test_a_point_in_one_cell(tmp_path):
    rows = [
        {"id": "F", "found_on": "2020-01-17", "category": "x", "zone": "a", "spot": "34.6 113.7 80.5 12"},
        {"id": "G", "found_on": "2020-01-17", "category": "x", "zone": "a", "spot": None},
    ]
    findings, problems = read_findings(write(tmp_path / "odk.csv", rows))
    assert findings.geometry["F"] == Point(113.7, 34.6)
    assert findings.loc["F", "accuracy_m"] == 12
    assert ("finding_unplaced", "G") in codes(problems, "warning")
    assert codes(problems, "error") == set()


def test_a_table_without_coordinates_counts_all_the_same(tmp_path):
    path = tmp_path / "督导.csv"
    path.write_text(
        "问题编号,片区,发现日期,问题类别,责任单位,销号日期\nF1,东片,2020.1.17,占道,城管,2020年1月20日\n", encoding="gbk"
    )
    findings, problems = read_findings(path)
    assert codes(problems, "error") == set()
    assert ("finding_unplaced", "F1") in codes(problems, "warning")
    assert closure(findings, on="2020-01-31").loc["城管", "closure_share"] == 1


def test_coordinates_of_a_chinese_map(tmp_path):
    row = {"id": "F", "found_on": "2020-01-17", "category": "x", "zone": "a", "lon": 113.7, "lat": 34.6}
    findings, problems = read_findings(write(tmp_path / "app.csv", [row]), datum="gcj02")
    true = to_wgs84(gpd.GeoSeries([Point(113.7, 34.6)], crs=4326).to_frame("geometry"), datum="gcj02")
    assert findings.geometry["F"].equals_exact(true.geometry.iloc[0], 1e-9)
    assert ("datum_shifted", "") in codes(problems, "note")


def test_zones_by_place_and_by_name(tmp_path, grid):
    spots = {
        "in": (None, (10, 10), 0),
        "border": (None, (100, 150), 0),
        "outside": (None, (500, 10), 0),
        "nowhere": (None, None, 0),
        "named": ("NE", None, 0),
        "strays": ("NE", (10, 10), 5),
        "close": ("NE", (98, 150), 5),
        "unknown": ("NX", (10, 10), 5),
    }
    rows = []
    for name, (zone, spot, accuracy) in spots.items():
        lon, lat = degrees(*spot) if spot else (None, None)
        rows.append(
            {
                "id": name,
                "found_on": "2020-01-17",
                "category": "x",
                "zone": zone,
                "lon": lon,
                "lat": lat,
                "accuracy_m": accuracy,
            }
        )
    # Whole metres on a border are not whole degrees, so this one is read in the plane.
    plane = gpd.GeoDataFrame(
        pd.DataFrame(rows).drop(columns=["lon", "lat"]),
        geometry=[Point(500_000 + spot[0], 3_840_000 + spot[1]) if spot else None for _, spot, _ in spots.values()],
        crs="EPSG:4547",
    )
    plane.to_file(tmp_path / "plane.gpkg")
    findings, problems = read_findings(tmp_path / "plane.gpkg", zones=grid)
    assert findings["zone"].where(findings["zone"].notna(), None).to_dict() == {
        "in": "SW",
        "border": "NW",
        "outside": None,
        "nowhere": None,
        "named": "NE",
        "strays": "NE",
        "close": "NE",
        "unknown": "NX",
    }
    said = {pair for pair in codes(problems) if pair[0] != "geometry_height"}
    assert said == {
        ("finding_on_border", "border"),
        ("finding_outside", "outside"),
        ("finding_nowhere", "nowhere"),
        ("finding_unplaced", "nowhere"),
        ("finding_unplaced", "named"),
        ("finding_elsewhere", "strays"),
        ("unknown_zone", "unknown"),
    }
    stray = problems.loc[problems["code"] == "finding_elsewhere", "message"].item()
    # (10, 10) is 90 m west and 90 m south of the corner of NE.
    assert "127 m away" in stray
    in_degrees, found = read_findings(write(tmp_path / "degrees.csv", rows), zones=grid.reset_index().to_crs(4326))
    rest = ["in", "outside", "strays", "close"]
    assert in_degrees.loc[rest, "zone"].where(in_degrees["zone"].notna(), None).tolist() == ["SW", None, "NE", "NE"]
    assert {("finding_outside", "outside"), ("finding_elsewhere", "strays")} <= codes(found)
    assert ("finding_elsewhere", "close") not in codes(found)


def test_zones_without_a_coordinate_system_are_refused(tmp_path, grid):
    row = {"id": "F", "found_on": "2020-01-17", "category": "x", "lon": 113.7, "lat": 34.6}
    with pytest.raises(CRSError):
        read_findings(write(tmp_path / "app.csv", [row]), zones=grid.set_crs(None, allow_override=True))


def test_doubtful_headings_are_said(tmp_path):
    row = {
        "a/photo": "1.jpg",
        "b/photo": "2.jpg",
        "id": "F",
        "found_on": "2020-01-17",
        "category": "x",
        "zone": "a",
        "_one_latitude": 34.6,
        "_one_longitude": 113.7,
        "_two_latitude": 34.7,
        "_two_longitude": 113.8,
    }
    findings, problems = read_findings(write(tmp_path / "kobo.csv", [row]))
    assert "photo" not in findings.columns
    assert findings.geometry["F"] == Point(113.7, 34.6)
    assert {code for code, _ in codes(problems, "warning")} >= {"field_twice", "field_points"}
    findings, _ = read_findings(tmp_path / "kobo.csv", aliases={"b/photo": "photo"})
    assert findings.loc["F", "photo"] == "2.jpg"


def test_rows_that_break_the_contract_are_listed(tmp_path):
    rows = [
        {"id": "F", "found_on": "soon", "category": "x", "zone": "a", "lon": 113.7, "lat": 34.6},
        {"id": "F", "found_on": "2020-01-17", "category": None, "zone": None, "lon": "?", "lat": 34.6},
    ]
    _, problems = read_findings(write(tmp_path / "app.csv", rows))
    assert {code for code, _ in codes(problems, "error")} == {
        "not_a_date",
        "id_duplicate",
        "value_missing",
        "coordinate_unreadable",
    }
    with pytest.raises(LayerError):
        read_findings(tmp_path / "none.csv")
    with pytest.raises(LayerError, match="folder"):
        read_findings(tmp_path / "app.csv", photos=tmp_path / "none")


def test_where_and_when_a_photo_was_taken(tmp_path):
    take(tmp_path / "a.jpg", lat=34.612345, lon=113.7, taken="2020:01:17 09:30:00")
    take(tmp_path / "in" / "b.JPG", lat=-33.5, lon=-70.25)
    take(tmp_path / "c.jpeg", taken="0000:00:00 00:00:00")
    take(tmp_path / "d.jpg", lat=0.0, lon=0.0)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("x")
    with pytest.warns(match="broken.jpg"):
        photos = read_photos(tmp_path)
    assert photos.index.tolist() == ["a.jpg", "c.jpeg", "d.jpg", "in/b.JPG"]
    assert photos.geometry["a.jpg"].equals_exact(Point(113.7, 34.612345), 3e-8)
    assert photos.geometry["in/b.JPG"].equals_exact(Point(-70.25, -33.5), 3e-8)
    assert photos["photo_taken_at"].to_dict()["a.jpg"] == pd.Timestamp("2020-01-17 09:30")
    assert photos["photo_taken_at"].isna().tolist() == [False, True, True, True]
    assert photos.geometry.isna().tolist() == [False, True, True, False]
    with pytest.raises(LayerError):
        read_photos(tmp_path / "none")


def test_photos_are_held_against_findings(tmp_path, grid):
    lon, lat = degrees(20, 180)
    away = degrees(150, 180)
    folder = tmp_path / "media"
    take(folder / "same.jpg", lat=lat, lon=lon, taken="2020:01:17 09:30:00")
    take(folder / "away.jpg", lat=away[1], lon=away[0], taken="2019:12:30 09:30:00")
    take(folder / "x" / "twin.jpg", lat=lat, lon=lon)
    take(folder / "twice" / "twin.jpg", lat=away[1], lon=away[0])
    rows = [
        {"id": "plain", "photo": "same.jpg"},
        {"id": "away", "photo": "none.jpg; AWAY.jpg"},
        {"id": "lost", "photo": "gone.jpg"},
        {"id": "twice", "photo": "twin.jpg"},
        {"id": "unclear", "photo": "twin.jpg"},
        {"id": "told", "photo": "C:\\media\\x\\twin.jpg"},
        {"id": "unplaced", "photo": "same.jpg", "lon": None, "lat": None},
    ]
    rows = [{"found_on": "2020-01-17", "category": "c", "lon": lon, "lat": lat} | row for row in rows]
    findings, problems = read_findings(write(tmp_path / "app.csv", rows), zones=grid, photos=folder)
    assert findings["photo_offset_m"].round(1).to_dict() == pytest.approx(
        {"plain": 0, "away": 130, "lost": np.nan, "twice": 130, "unclear": np.nan, "told": 0, "unplaced": np.nan},
        nan_ok=True,
        abs=0.2,
    )
    assert codes(problems, "warning") == {
        ("photo_elsewhere", "away"),
        ("photo_elsewhere", "twice"),
        ("photo_older", "away"),
        ("photo_missing", "lost"),
        ("photo_ambiguous", "unclear"),
    }
    assert ("photo_position_used", "unplaced") in codes(problems, "note")
    assert findings.loc["unplaced", "zone"] == "NW"
    assert findings.geometry["unplaced"].distance(Point(lon, lat)) < 3e-8  # 0.0001 seconds each way


def test_a_study_reads_findings_of_an_app(tmp_path):
    zones = gpd.GeoDataFrame(
        {"name": ["东片"], "township": ["甲镇"]}, geometry=[box(113.6, 34.5, 113.7, 34.6)], crs=4326
    )
    zones.to_file(tmp_path / "zones.gpkg")
    row = kobo(_uuid="1f0e", **{"visit/_spot_latitude": 34.55, "visit/_spot_longitude": 113.65})
    write(tmp_path / "kobo.csv", [row])
    text = 'title = "x"\n[layers.zones]\npath = "zones.gpkg"\n[layers.findings]\npath = "kobo.csv"\n'
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study = Study.open(tmp_path / "study.toml")
    assert study.findings["zone"].to_dict() == {"1f0e": "东片"}
    assert study.findings.crs == study.zones.crs
