"""The headings of field apps' exports: KoboToolbox, ODK, QField.

A *group* is written before a question's name: ``visit/category`` in KoboToolbox, ``visit-category`` in ODK. A
*geopoint* is one question of four figures (latitude, longitude, altitude, accuracy): ``_spot_latitude``, … in
KoboToolbox, ``spot-Latitude``, … in ODK, or all in one cell. Names that begin with an underscore are the app's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import pandas as pd

from fringe.model.headings import match_headings
from fringe.model.layers import FINDINGS
from fringe.model.problem import Problem
from fringe.model.units import plain, split_heading

# What stands for a column of the contract where nothing better does, best first.
STAND_INS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "finding": ("_uuid", "KEY", "instanceID", "__id", "uuid", "_id"),
        "found_on": ("today", "start", "end", "_submission_time", "SubmissionDate"),
        "recorded_at": ("_submission_time", "SubmissionDate", "end"),
        "photo": ("image", "picture"),
    }
)
_PARTS = MappingProxyType({"latitude": "latitude", "longitude": "longitude", "precision": "accuracy_m"})
_KOBO = re.compile(r"(?:.*/)?_(?P<name>[^/]+)_(?P<part>latitude|longitude|precision)", re.IGNORECASE)
_ODK = re.compile(r"(?P<name>.+)[-:.](?P<part>latitude|longitude|accuracy)", re.IGNORECASE)
_SEPARATORS = re.compile(r"[/\-:.]")
_FIGURE = r"-?\d{1,3}(?:\.\d+)?"
_ONE_CELL = re.compile(
    rf"\[?\s*(?P<lat>{_FIGURE})[,\s]+(?P<lon>{_FIGURE})(?:[,\s]+-?\d+(?:\.\d+)?[,\s]+(?P<accuracy>\d+(?:\.\d+)?))?\s*\]?"
)


def ungrouped(headings: Iterable[str], aliases: Iterable[str]) -> tuple[dict[str, str], list[Problem]]:
    """Return shorter names for headings with groups before a name the contract knows.

    Where two groups hold the same question, neither is meant more than the other: both keep their names; it is said.

    Examples
    --------
    >>> ungrouped(["visit/category", "乡镇/街道", "a-photo", "b-photo"], [])[0]
    {'visit/category': 'category'}
    """
    given = [*headings]
    known = _known(aliases)
    taken = {plain(split_heading(heading)[0]) for heading in given}
    short: dict[str, list[str]] = {}
    for heading in given:
        if plain(split_heading(heading)[0]) in known:
            continue
        tails = [heading[found.end() :].strip() for found in _SEPARATORS.finditer(heading)]
        tail = next((tail for tail in tails if plain(split_heading(tail)[0]) in known), None)
        if tail is not None and plain(split_heading(tail)[0]) not in taken:
            short.setdefault(tail, []).append(heading)
    problems = [
        Problem("field_twice", "findings", severity="warning", params={"value": tail, "headings": ", ".join(several)})
        for tail, several in short.items()
        if len(several) > 1
    ]
    return {several[0]: tail for tail, several in short.items() if len(several) == 1}, problems


def _known(aliases: Iterable[str]) -> set[str]:
    names = {FINDINGS.index, *FINDINGS.index_aliases, *aliases}
    names |= {name for column in FINDINGS.columns for name in (column.name, *column.aliases)}
    return {plain(name) for name in names | {name for several in STAND_INS.values() for name in several}}


def columns_named(headings: Iterable[str], aliases: Mapping[str, str]) -> set[str]:
    """Return the columns of findings that headings stand for."""
    wanted = {FINDINGS.index: (FINDINGS.index, *FINDINGS.index_aliases)}
    wanted |= {column.name: (column.name, *column.aliases) for column in FINDINGS.columns}
    heads = [split_heading(heading)[0] for heading in headings]
    return set(match_headings(heads, wanted, dict(aliases), texts=wanted)[0].values())


def stand_ins(frame: pd.DataFrame, aliases: Mapping[str, str]) -> dict[str, str]:
    """Return, for columns of the contract that no heading names, the heading that stands in for them."""
    there = {plain(str(heading)): str(heading) for heading in reversed(frame.columns)}
    named = columns_named([str(heading) for heading in frame.columns if heading != "geometry"], aliases)
    found = {}
    for column, names in STAND_INS.items():
        own = [there[plain(name)] for name in names if plain(name) in there]
        own = [heading for heading in own if frame[heading].notna().any()]
        if own and column not in named:
            found[column] = own[0]
    return found


def with_coordinates(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Return a table whose geopoint stands in columns `latitude` and `longitude`, and its accuracy in `accuracy_m`."""
    points: dict[str, dict[str, str]] = {}
    for heading in map(str, table.columns):
        found = _KOBO.fullmatch(heading) or _ODK.fullmatch(heading)
        if found:
            part = _PARTS.get(found["part"].lower(), "accuracy_m")
            points.setdefault(found["name"], {})[part] = heading
    whole = {name: parts for name, parts in points.items() if {"latitude", "longitude"} <= parts.keys()}
    if not whole:
        return _from_one_cell(table), []
    filled = [name for name, parts in whole.items() if table[parts["latitude"]].notna().any()] or list(whole)
    problems = []
    if len(filled) > 1:
        params = {"value": filled[0], "headings": ", ".join(filled[1:])}
        problems.append(Problem("field_points", "findings", severity="warning", params=params))
    new = {heading: part for part, heading in whole[filled[0]].items() if part not in table.columns}
    return table.rename(columns=new), problems


def _from_one_cell(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the figures of the first column whose cells are all geopoints in columns of their own."""
    for heading in table.columns:
        if not pd.api.types.is_object_dtype(table[heading]) and not pd.api.types.is_string_dtype(table[heading]):
            continue
        texts = table[heading].map(lambda item: item.strip() if isinstance(item, str) else item)
        given = texts[texts.notna() & (texts != "")]
        read = given.map(lambda item: _ONE_CELL.fullmatch(item) if isinstance(item, str) else None)
        if not len(given) or read.isna().any():
            continue
        columns = {"latitude": "lat", "longitude": "lon", "accuracy_m": "accuracy"}
        parts = {name: read.map(lambda found, part=part: found[part]) for name, part in columns.items()}
        return table.assign(**{name: part.reindex(table.index) for name, part in parts.items() if part.notna().any()})
    return table
