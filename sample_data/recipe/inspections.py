"""Findings of inspections as a field app exports them: where, what, by when, and how far each has come.

Inspectors walk some zones in the last weeks before the day of the data. What they find is rectified after some days,
verified some days later and closed; a few fail the verification, some are late, and one has no position.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from recipe.states import DATA_DAY

FIRST_DAY = pd.Timestamp("2020-03-02")
COUNT = 25
# Category, what is seen, the unit that has to rectify it, and how many days it has.
KINDS: tuple[tuple[str, str, str, int], ...] = (
    ("垃圾清运", "路边积存生活垃圾，未及时清运", "区城管局", 7),
    ("裸土覆盖", "平整后的场地裸露，未覆盖防尘网", "区城管局", 5),
    ("补植补造", "行道树缺株、死株，未补植", "区园林局", 14),
    ("道路破损", "村内道路破损，雨后积水", "区交通局", 21),
    ("占道经营", "沿路占道经营、乱堆乱放", "区城管局", 3),
    ("河道保洁", "河道漂浮物和岸边垃圾未清理", "区生态环境分局", 7),
)
_LETTERS = "ABCD"
_CHECK = "ABCDEF0123456789"


def make_inspections(zones: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the findings in the order they were sent, with longitude and latitude in WGS 84."""
    streets = roads[~roads["road_class"].isin(["motorway", "track"])]
    degrees = pyproj.Transformer.from_crs(zones.crs, "EPSG:4326", always_xy=True)
    days = np.sort(rng.integers(0, (DATA_DAY - FIRST_DAY).days, COUNT))
    rows = []
    for number, day in enumerate(days.tolist()):
        zone = zones.iloc[int(rng.integers(len(zones)))]
        spot = _spot(zone.geometry, streets, rng)
        lon, lat = degrees.transform(spot.x, spot.y)
        row = _finding(FIRST_DAY + pd.Timedelta(days=day), rng)
        row |= {"lat": f"{lat:.7f}", "lon": f"{lon:.7f}", "accuracy": f"{rng.uniform(3, 12):.1f}"}
        row |= {"zone": zone["name"] if rng.random() < 0.3 else None, "uuid": _uuid(number, rng)}
        rows.append(row)
    frame = pd.DataFrame(rows)
    # One phone had no fix: its inspector wrote the zone down.
    lost = int(rng.integers(COUNT))
    frame.loc[lost, ["lat", "lon", "accuracy"]] = None
    frame.loc[lost, "zone"] = zones.iloc[int(rng.integers(len(zones)))]["name"]
    return frame


def _spot(zone: Any, streets: gpd.GeoDataFrame, rng: np.random.Generator) -> shapely.Point:
    """Return a place beside a street of the zone."""
    inner = shapely.intersection(streets.geometry.to_numpy(), zone.buffer(-40))
    lengths = shapely.length(inner)
    if not lengths.sum():
        return zone.representative_point()
    line = inner[int(rng.choice(len(inner), p=lengths / lengths.sum()))]
    parts = [part for part in shapely.get_parts(line) if part.length]
    point = parts[0].interpolate(float(rng.uniform(0, parts[0].length)))
    return shapely.Point(point.x + float(rng.uniform(-15, 15)), point.y + float(rng.uniform(-15, 15)))


def _finding(day: pd.Timestamp, rng: np.random.Generator) -> dict[str, Any]:
    category, text, unit, limit = KINDS[int(rng.integers(len(KINDS)))]
    start = day + pd.Timedelta(minutes=int(rng.integers(9 * 60, 17 * 60)))
    rectified = day + pd.Timedelta(days=max(1, round(limit * float(rng.uniform(0.4, 2.2)))))
    verified = rectified + pd.Timedelta(days=int(rng.integers(1, 5)))
    fails = rng.random() < 0.2
    closed = verified + pd.Timedelta(days=int(rng.integers(1, 4)))
    course = {
        "rectified_on": rectified,
        "returned_on": verified if fails else None,
        "verified_on": None if fails else verified,
        "closed_on": None if fails else closed,
    }
    happened = {name: on if on is not None and on <= DATA_DAY else None for name, on in course.items()}
    return {
        "start": start,
        "category": category,
        "severity": str(rng.choice(["一般", "较重"], p=[0.7, 0.3])),
        "text": text,
        "responsible": unit,
        "due": day + pd.Timedelta(days=limit),
        **happened,
        "reporter": f"督导员{_LETTERS[int(rng.integers(len(_LETTERS)))]}",
    }


def _uuid(number: int, rng: np.random.Generator) -> str:
    """Return an id that looks like the app's own; the number keeps two from being the same."""
    figures = "".join(_CHECK[at] for at in rng.integers(0, len(_CHECK), 10).tolist())
    return f"{figures[:8]}-{figures[8:]}{number:02}".lower()


def write_inspections(findings: pd.DataFrame, path: Path) -> None:
    """Write the export: groups before the names, a geopoint in four columns, the server's time in UTC."""
    path.parent.mkdir(parents=True, exist_ok=True)
    heads = ["start", "today", "visit/片区", "visit/问题类别", "visit/严重程度", "visit/问题描述", "visit/责任单位"]
    heads += [
        "visit/整改时限",
        "follow/整改日期",
        "follow/退回日期",
        "follow/复核日期",
        "follow/销号日期",
        "visit/督导人员",
    ]
    heads += ["_spot_latitude", "_spot_longitude", "_spot_altitude", "_spot_precision", "_uuid", "_submission_time"]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(heads)
        for row in findings.itertuples(index=False):
            sent = row.start + pd.Timedelta(minutes=9) - pd.Timedelta(hours=8)
            table.writerow(
                [
                    f"{row.start:%Y-%m-%dT%H:%M:%S}.000+08:00",
                    _day(row.start),
                    _text(row.zone),
                    row.category,
                    row.severity,
                    row.text,
                    row.responsible,
                    _day(row.due),
                    _day(row.rectified_on),
                    _day(row.returned_on),
                    _day(row.verified_on),
                    _day(row.closed_on),
                    row.reporter,
                    _text(row.lat),
                    _text(row.lon),
                    "",
                    _text(row.accuracy),
                    row.uuid,
                    f"{sent:%Y-%m-%dT%H:%M:%S}",
                ]
            )


def _text(item: Any) -> str:
    return "" if item is None or pd.isna(item) else str(item)


def _day(item: Any) -> str:
    return "" if item is None or pd.isna(item) else f"{item:%Y-%m-%d}"
