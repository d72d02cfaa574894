"""A study of two zones and two plots on disk, whose figures can be checked on paper, and ways to spoil it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from openpyxl import Workbook
from shapely import LineString, box

CRS = "EPSG:4547"
X, Y = 500_000.0, 3_840_000.0


def layers() -> dict[str, Any]:
    """Two zones of 1 ha side by side; P-1 covers half of the west, P-2 is only planned."""
    zones = gpd.GeoDataFrame(
        {"zone": ["Z-1", "Z-2"], "name": ["West", "East"], "township": ["Up", "Up"]},
        geometry=[box(X, Y, X + 100, Y + 100), box(X + 100, Y, X + 200, Y + 100)],
        crs=CRS,
    )
    plots = gpd.GeoDataFrame(
        {"plot": ["P-1", "P-2"], "status": ["planted", "planned"]},
        geometry=[box(X, Y, X + 50, Y + 100), box(X + 110, Y, X + 150, Y + 40)],
        crs=CRS,
    )
    roads = gpd.GeoDataFrame(
        {"road": ["R-1"], "road_class": ["primary"]}, geometry=[LineString([(X, Y + 50), (X + 200, Y + 50)])], crs=CRS
    )
    tasks = pd.DataFrame(
        {
            "task": ["T-1", "T-2"],
            "title": ["Belt", "Lane"],
            "zone": ["Z-1", "Z-2"],
            "category": ["greening", "roads"],
            "unit": ["m2", "m"],
            "target": [5000, 100],
            "weight": [2, 1],
            "start": ["2020-01-01", "2020-01-01"],
            "due": ["2020-04-09", "2020-04-09"],
        }
    )
    reports = pd.DataFrame(
        {
            "report": ["R-1"],
            "task": ["T-1"],
            "date": ["2020-02-19"],
            "done": [2500],
            "recorded_at": ["2020-02-19 18:00"],
        }
    )
    return {"zones": zones, "plots": plots, "roads": roads, "tasks": tasks, "reports": reports}


def write(folder: Path, frames: dict[str, Any], **changes: str) -> Path:
    """Write the layers, the ledger and a study.toml; `changes` replace whole lines of layers in the manifest."""
    lines = ['title = "Small"', 'lang = "en"']
    for kind, frame in frames.items():
        if kind in ("tasks", "reports"):
            continue
        path = folder / f"{kind}.gpkg"
        frame.to_file(path, layer=kind, engine="pyogrio")
        lines += [f"[layers.{kind}]", changes.get(kind, f'path = "{path.name}"')]
    if "tasks" in frames:
        write_ledger(folder / "ledger.xlsx", frames["tasks"], frames.get("reports", pd.DataFrame()))
        lines += ["[ledger]", 'path = "ledger.xlsx"']
    path = folder / "study.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_ledger(path: Path, tasks: pd.DataFrame, reports: pd.DataFrame) -> None:
    book = Workbook()
    for name, frame in (("tasks", tasks), ("reports", reports)):
        sheet = book.active if name == "tasks" else book.create_sheet()
        sheet.title = name
        sheet.append(list(frame.columns))
        for row in frame.itertuples(index=False):
            sheet.append([None if pd.isna(item) else item for item in row])
    book.save(path)
