"""A second study, made from a seed at another place on Earth: what fits only the sample shows here.

It lies at 7.5° E, 46° N; its headings are Latin, its coordinates are degrees, its manifest names no coordinate system,
it has one zone and no railway, and its ledger is English.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
from openpyxl import Workbook
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box

CENTRE = (7.5, 46.0)
N_PLOTS = 40
MANIFEST = """\
title = "Valley floor greening"
lang = "en"
date = 2021-05-28
organisation = "Association of municipalities"

[layers.zones]
path = "layers.gpkg"
layer = "zones"

[layers.villages]
path = "layers.gpkg"
layer = "villages"

[layers.roads]
path = "layers.gpkg"
layer = "roads"

[layers.plots]
path = "layers.gpkg"
layer = "plots"

[ledger]
path = "ledger.xlsx"
store = "ledger.gpkg"
"""
# Dates a status needs, in the order of a plot's life.
_LIFE = {
    "planned": ("planned_on",),
    "under_way": ("planned_on", "started_on"),
    "planted": ("planned_on", "started_on", "planted_on"),
    "accepted": ("planned_on", "started_on", "planted_on", "accepted_on"),
    "kept": ("planned_on", "started_on", "planted_on", "accepted_on", "kept_on"),
    "lost": ("planned_on", "started_on", "planted_on", "lost_on"),
}
_DAYS = {
    "planned_on": "2020-09-01",
    "started_on": "2020-10-12",
    "planted_on": "2020-11-20",
    "accepted_on": "2021-03-15",
    "kept_on": "2021-05-20",
    "lost_on": "2021-02-08",
}


def make_second_study(folder: Path, seed: int = 46) -> Path:
    """Write the study into a folder and return the path of its ``study.toml``."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    local = pyproj.CRS(proj="tmerc", lat_0=CENTRE[1], lon_0=CENTRE[0], ellps="WGS84", units="m")
    zone = _zone(rng)
    layers = {
        "zones": gpd.GeoDataFrame(
            {"zone": ["Z1"], "name": ["Prévert"], "kind": ["ordinary"], "population": [1480]}, geometry=[zone]
        ),
        "villages": _villages(rng),
        "roads": _roads(rng),
        "plots": _plots(zone, rng),
    }
    for name, frame in layers.items():
        frame.set_crs(local).to_crs("EPSG:4326").to_file(folder / "layers.gpkg", layer=name)
    _ledger(folder / "ledger.xlsx", rng)
    manifest = folder / "study.toml"
    manifest.write_text(MANIFEST, encoding="utf-8")
    return manifest


def _zone(rng: np.random.Generator) -> Polygon:
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    radius = rng.uniform(1500, 2100, len(turns))
    return Polygon(np.column_stack([radius * np.cos(turns), radius * np.sin(turns)]))


def _villages(rng: np.random.Generator) -> gpd.GeoDataFrame:
    names = ["Prévert", "La Comba", "Les Granges", "Sur l'Eau"]
    spots = [Point(*rng.uniform(-900, 900, 2)) for _ in names]
    return gpd.GeoDataFrame(
        {"name": names, "households": rng.integers(40, 260, 4), "population": rng.integers(90, 600, 4)}, geometry=spots
    )


def _roads(rng: np.random.Generator) -> gpd.GeoDataFrame:
    lines, classes, names = [], [], []
    for at, road_class in enumerate(["primary", "secondary", "tertiary", "residential", "residential", "track"]):
        turn = rng.uniform(0, np.pi)
        across = np.asarray([np.cos(turn), np.sin(turn)])
        middle = rng.uniform(-500, 500, 2)
        lines.append(LineString([middle - 1300 * across, middle + rng.uniform(-90, 90, 2), middle + 1300 * across]))
        classes.append(road_class)
        names.append(f"Road {at + 1}")
    return gpd.GeoDataFrame(
        {"road": [f"R{at + 1}" for at in range(6)], "name": names, "road_class": classes}, geometry=lines
    )


def _plots(zone: Polygon, rng: np.random.Generator) -> gpd.GeoDataFrame:
    rows = []
    statuses = list(_LIFE)
    for at in range(N_PLOTS):
        status = statuses[at % len(statuses)]
        wide, high = rng.uniform(30, 160, 2)
        x, y = rng.uniform(-1900, 1900, 2)
        shape = affinity.rotate(box(x, y, x + wide, y + high), rng.uniform(0, 90))
        if not zone.intersects(shape):
            shape = affinity.translate(shape, -0.6 * x, -0.6 * y)
        days = {name: _DAYS[name] if name in _LIFE[status] else None for name in _DAYS}
        claimed = round(shape.area * rng.uniform(0.97, 1.2))
        task = "T1" if at % 3 else "T2"
        rows.append(
            {"plot": f"P{at + 1}", "status": status, **days, "claimed_m2": claimed, "task": task, "geometry": shape}
        )
    return gpd.GeoDataFrame(rows, geometry="geometry")


def _ledger(path: Path, rng: np.random.Generator) -> None:
    book = Workbook()
    tasks = book.active
    tasks.title = "Tasks"
    tasks.append(["id", "title", "zone", "category", "unit", "target", "weight", "start", "due"])
    tasks.append(["T1", "Belt along the river", "Z1", "greening", "ha", 6.5, 60, "2020-10-01", "2021-04-30"])
    tasks.append(["T2", "Hedges at the villages", "Z1", "greening", "m2", 21000, 25, "2020-10-01", "2021-05-31"])
    tasks.append(["T3", "Paving of lanes", "Z1", "roads", "km", 2.4, 15, "2021-03-01", "2021-06-30"])
    reports = book.create_sheet("Reports")
    reports.append(["report", "task", "date", "done"])
    days = ["2020-11-06", "2020-12-18", "2021-03-05", "2021-04-16", "2021-05-28"]
    number = 0
    for task, target, digits in (("T1", 6.5, 2), ("T2", 21000, 0), ("T3", 2.4, 2)):
        done = np.sort(rng.uniform(0, 0.95 * target, len(days)))
        for day, amount in zip(days, done, strict=True):
            number += 1
            reports.append([f"R{number}", task, day, round(float(amount), digits)])
    book.save(path)
