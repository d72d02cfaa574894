"""The photos that findings name, held against them: whether they are there, and were taken there and then.

A finding may name several, parted by ``;``, ``,`` or ``|``; the first that is there counts. Apps put a submission's
photos in a folder named after it, so of several photos of one name that in the finding's own folder is meant.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from fringe.io.photos import Shot, photo_files, shots_of
from fringe.model.problem import Problem
from fringe.model.rules import rule_value

_SEVERAL = re.compile(r"[;；,，|\n]+")


def with_photos(findings: gpd.GeoDataFrame, folder: str | os.PathLike[str]) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return findings with a place from their photo where they had none, and what photos say against them.

    Parameters
    ----------
    findings
        A layer with a coordinate system.
    folder
        Of the photos.

    Returns
    -------
    findings
        With `photo_taken_at` and `photo_offset_m`, the distance from the finding to where its photo was taken.
    problems
        Warnings: photos that are not there, cannot be told apart or cannot be read; taken farther away than the rule
        LIB-PHOTO-OFFSET and the finding's accuracy allow; taken before the day it was found. A note: places taken from
        photos.
    """
    files = photo_files(folder)
    names = findings["photo"] if "photo" in findings.columns else pd.Series(None, index=findings.index, dtype=object)
    chosen: list[Path | None] = []
    lost: list[Any] = []
    unclear: list[Any] = []
    for finding, name in names.items():
        path, several = _file(name, str(finding), files)
        chosen.append(path)
        if path is None and isinstance(name, str) and name.strip():
            (unclear if several else lost).append(finding)
    shots, problems = shots_of(dict.fromkeys(path for path in chosen if path is not None), Path(folder))
    for code, rows in (("photo_missing", lost), ("photo_ambiguous", unclear)):
        if rows:
            problems.append(Problem(code, "findings", tuple(rows), "warning"))
    own = [shots.get(path) if path is not None else None for path in chosen]
    return _compared(findings, own, problems)


def _file(name: object, finding: str, files: Mapping[str, Path]) -> tuple[Path | None, bool]:
    """Return the file a finding names, and whether there are several it may mean."""
    if not isinstance(name, str):
        return None, False
    several = False
    for part in _SEVERAL.split(name):
        wanted = part.strip().replace("\\", "/").lower().lstrip("./")
        if not wanted:
            continue
        # Exports flatten folders, and phones write paths of their own: the longest end that is there counts.
        steps = wanted.split("/")
        ends = ("/".join(steps[at:]) for at in range(len(steps)))
        fits = ([key for key in files if f"/{key.lower()}".endswith(f"/{end}")] for end in ends)
        same = next(filter(None, fits), [])
        bare = finding.removeprefix("uuid:").lower()
        mine = [key for key in same if bare in key.lower().split("/")[:-1]]
        same = mine or same
        if len(same) == 1:
            return files[same[0]], False
        several |= len(same) > 1
    return None, several


def _compared(
    findings: Any, shots: list[Shot | None], problems: list[Problem]
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    lon = np.array([np.nan if shot is None else shot.lon for shot in shots], dtype=float)
    lat = np.array([np.nan if shot is None else shot.lat for shot in shots], dtype=float)
    taken = pd.Series([None if shot is None else shot.taken_at for shot in shots], index=findings.index, dtype=object)
    taken_at = pd.to_datetime(taken).astype("datetime64[us]")
    there = np.isfinite(lon)
    points = gpd.GeoSeries(shapely.points(lon, lat), index=findings.index, crs="EPSG:4326")
    unplaced = (findings.geometry.isna() | findings.geometry.is_empty).to_numpy(dtype=bool)
    off = _offset_m(findings, lon, lat, there & ~unplaced)
    shapes: Any = np.array(findings.geometry.array, dtype=object)
    used = there & unplaced
    if used.any():
        shapes[used] = points.to_crs(findings.crs).to_numpy()[used]
        problems.append(Problem("photo_position_used", "findings", tuple(findings.index[used]), "note"))
    allowed = np.full(len(findings), rule_value("LIB-PHOTO-OFFSET"))
    if "accuracy_m" in findings.columns:
        allowed = np.maximum(allowed, findings["accuracy_m"].fillna(0.0).to_numpy(dtype=float))
    problems += [
        Problem("photo_elsewhere", "findings", (findings.index[at],), "warning", {"distance": f"{off[at]:.0f}"})
        for at in np.flatnonzero(off > allowed).tolist()
    ]
    if "found_on" in findings.columns:
        older = (taken_at < findings["found_on"]).to_numpy(dtype=bool)
        problems += [
            Problem(
                "photo_older",
                "findings",
                (findings.index[at],),
                "warning",
                {"value": f"{taken_at.iloc[at]:%Y-%m-%d}", "found": f"{findings['found_on'].iloc[at]:%Y-%m-%d}"},
            )
            for at in np.flatnonzero(older).tolist()
        ]
    placed = findings.set_geometry(gpd.GeoSeries(shapes, index=findings.index, crs=findings.crs))
    return placed.assign(photo_taken_at=taken_at, photo_offset_m=off), problems


def _offset_m(findings: Any, lon: Any, lat: Any, which: Any) -> Any:
    """Return the geodesic distance from each finding to where its photo was taken."""
    off = np.full(len(findings), np.nan)
    if which.any():
        own = shapely.get_coordinates(shapely.centroid(findings.geometry[which].to_crs("EPSG:4326").to_numpy()))
        off[which] = pyproj.Geod(ellps="WGS84").inv(own[:, 0], own[:, 1], lon[which], lat[which])[2]
    return off
