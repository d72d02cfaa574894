"""Findings from field apps: exports of QField, KoboToolbox and ODK, and tables of inspection offices.

Headings are matched by the contract's names and aliases, with or without an app's groups before them; see
`fringe.io.field_names` and `fringe.io.field_times`. A finding is put in the zone it lies in where it names none, and at
the place its photo was taken where it has none. Nothing is dropped: what has no place or zone is said, and counts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from fringe.io.field_names import stand_ins, ungrouped, with_coordinates
from fringe.io.field_photos import with_photos
from fringe.io.field_times import in_local_time
from fringe.io.field_zones import in_zones
from fringe.io.files import demand_file
from fringe.io.formats import read_rows
from fringe.io.reading import Reading, parse_crs, renumbered
from fringe.io.tabular import EXCEL_SUFFIXES, TEXT_SUFFIXES, with_points
from fringe.io.vector import placed, without_echo
from fringe.model.contract import conform
from fringe.model.problem import Problem, table

_WGS84 = "EPSG:4326"


def read_findings(
    path: str | os.PathLike[str],
    layer: str | None = None,
    *,
    zones: gpd.GeoDataFrame | None = None,
    photos: str | os.PathLike[str] | None = None,
    crs: object = None,
    datum: str | None = None,
    aliases: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    r"""Return findings of a field app's export or an office's table, and the problems of their rows.

    Parameters
    ----------
    path
        A GeoPackage (QField), GeoJSON, CSV or Excel file (KoboToolbox, ODK), or what else `fringe.read_layer` reads.
    layer
        The layer or sheet, where the file holds several.
    zones
        The zones: a finding that names none is put in the one it lies in; one that names another than it lies in, by
        more than its `accuracy_m`, is said.
    photos
        The folder of the photos that findings name: they give a place to findings without one, and are held against
        the place and day of the others.
    crs, datum, aliases, encoding
        As for `fringe.read_layer`. Positions of photos are in WGS 84.

    Returns
    -------
    findings
        Indexed by `finding`, the file's rows in its order, with the columns of `fringe.model.layers.FINDINGS` as far as
        the file has them and every other column as it stands; with `photos` also `photo_taken_at` and `photo_offset_m`,
        how far from the finding its photo was taken. An id, a day and a time of record are taken from the app's own
        columns (`_uuid`, `today`, `_submission_time`, …) where the form asks for none. Moments are local.
    problems
        `layer`, `row`, `severity`, `code`, `message`, `remedy`.

    Raises
    ------
    LayerError, CRSError, DatumError
        If there is no such file or folder, it cannot be read, or its coordinates are of no known system.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "kobo.csv"
    >>> _ = path.write_text(
    ...     "today,visit/zone,visit/category,_spot_latitude,_spot_longitude,_spot_precision,_uuid\n"
    ...     "2020-01-17,Z-1,rubbish,34.61,117.72,4.5,1f0e\n", encoding="utf-8")
    >>> findings, problems = read_findings(path)
    >>> findings.loc["1f0e", ["zone", "category"]].tolist(), float(findings.geometry.iloc[0].x), len(problems)
    (['Z-1', 'rubbish'], 117.72, 1)
    """
    frame, found = load_findings(
        path, layer, zones=zones, photos=photos, crs=crs, datum=datum, aliases=aliases, encoding=encoding
    )
    return frame, table(found)


def load_findings(
    path: str | os.PathLike[str],
    layer: str | None = None,
    *,
    zones: Any = None,
    photos: str | os.PathLike[str] | None = None,
    crs: object = None,
    datum: str | None = None,
    aliases: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return findings and the problems of their rows as values; otherwise as `read_findings`."""
    path = Path(path)
    demand_file(path, "findings")
    stated = parse_crs(crs, "findings")
    tabular = path.suffix.lower() in (*TEXT_SUFFIXES, *EXCEL_SUFFIXES)
    # Of a table it is not yet known where its coordinates are.
    reading = read_rows(path, layer, None if tabular else "findings", stated, encoding)
    reading = _as_points(reading, dict(aliases or {}), stated, datum)
    reading = placed(reading, "findings", stated, datum)
    frame, found = conform(reading.frame, "findings", aliases=aliases, encoding=reading.encoding)
    problems = without_echo(renumbered(reading.problems, frame.index), found)
    if photos is not None:
        frame, found = with_photos(frame, photos)
        problems = [one for one in problems if one.code != "geometry_missing"] + found
    problems, unplaced = _unplaced(frame, problems)
    if zones is not None:
        frame, found = in_zones(frame, zones)
        problems = [one for one in problems if not _of_zone(one)] + found
    return frame, problems + unplaced


def _as_points(reading: Reading, aliases: Mapping[str, str], stated: pyproj.CRS | None, datum: str | None) -> Reading:
    """Return the rows with plain headings, local times and points, and what had to be chosen."""
    frame: pd.DataFrame = reading.frame
    problems = [replace(found, layer="findings") for found in reading.problems]
    located = isinstance(frame, gpd.GeoDataFrame)
    if not located:
        frame, found = with_coordinates(frame)
        problems += found
    short, found = ungrouped([str(name) for name in frame.columns if name != "geometry"], aliases)
    frame = frame.rename(columns=short)
    times, more = in_local_time(pd.DataFrame(frame.drop(columns="geometry", errors="ignore")))
    frame = frame.assign(**{str(name): times[name] for name in times.columns})
    frame = frame.assign(**{column: frame[heading] for column, heading in stand_ins(frame, aliases).items()})
    problems += [*found, *more]
    if located:
        return Reading(frame, problems, reading.encoding)
    made = with_points(frame, problems, "findings", None, stated)
    if not isinstance(made.frame, gpd.GeoDataFrame):
        bare = gpd.GeoSeries(np.full(len(frame), None), index=frame.index, crs=stated or _WGS84)
        made = Reading(gpd.GeoDataFrame(frame, geometry=bare), made.problems)
    elif made.frame.crs is None and datum is None and stated is None and made.frame.geometry.isna().all():
        # Columns of coordinates that nobody filled in say nothing of their system.
        made.frame = made.frame.set_crs(_WGS84)
    return Reading(made.frame, made.problems, reading.encoding)


def _of_zone(found: Problem) -> bool:
    return found.code in {"value_missing", "column_missing"} and found.params.get("column") == "zone"


def _unplaced(frame: gpd.GeoDataFrame, problems: list[Problem]) -> tuple[list[Problem], list[Problem]]:
    """Return the problems without the one of missing shapes, and a warning for findings without a place."""
    rows = tuple(frame.index[frame.geometry.isna() | frame.geometry.is_empty])
    rest = [found for found in problems if found.code != "geometry_missing"]
    return rest, [Problem("finding_unplaced", "findings", rows, "warning")] if rows else []
