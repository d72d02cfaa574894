"""Days of a ledger whose year is not written: 11月23日.

A year is *told* by what stands around a day: the week column before it, the sheet's name or the lines above the
header where they name one year only, or the reader's own word. A day whose year is told is read, with a warning that
says how; any other is an error, and the year is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from fringe.io.ledger_header import Header, Heading, month_day
from fringe.io.ledger_rows import Entry
from fringe.model.dates import parse_day, parse_moment
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem

# Week columns follow one another; one that would lie further ahead than this stands out of order.
_FURTHEST = pd.Timedelta(days=183)


def dated_headings(header: Header, year: int | None) -> tuple[Header, list[Problem]]:
    """Return the header with the days of its week columns complete as far as their years are told.

    Parameters
    ----------
    header
        Its headings from left to right.
    year
        The year told for the first of them; after December comes the next.

    Returns
    -------
    header
        With the days that were found.
    problems
        ``year_told`` (a warning) for each day completed, ``day_without_year`` (an error) for each that was not.
    """
    headings: dict[int, Heading] = {}
    problems = []
    before: pd.Timestamp | None = None
    for at, heading in header.headings.items():
        told = heading
        if heading.day_without_year:
            written = heading.cell.value
            texts = (written, heading.text) if isinstance(written, str) else ()
            day = _following(next(filter(None, map(month_day, texts)), None), before, year)
            problems.append(_said(header.kind, heading.text, (heading.cell.address,), day))
            told = replace(heading, day=day)
        headings[at] = told
        before = told.day if told.day is not None else before
    return replace(header, headings=headings), problems


def _following(found: tuple[int, int] | None, before: pd.Timestamp | None, year: int | None) -> pd.Timestamp | None:
    """Return the day behind another one, else in the year told; `None` where no year is told or none fits."""
    first = year if before is None else before.year
    if found is None or first is None:
        return None
    day = _day(first, found)
    if before is not None and day is not None and day <= before:
        day = _day(first + 1, found)
    return None if before is not None and day is not None and day - before > _FURTHEST else day


def _day(year: int, found: tuple[int, int]) -> pd.Timestamp | None:
    try:
        return pd.Timestamp(year, *found)
    except ValueError:  # 2月30日, or 29 February of another year
        return None


def complete_days(entries: Iterable[Entry], kind: str, year: int | None) -> list[Problem]:
    """Put days of the year told in the place of those without one, in the entries' columns of dates.

    Returns
    -------
    problems
        As `dated_headings` gives them; a cell without a readable day is left empty.
    """
    columns = _columns(kind)
    rows: dict[tuple[str, pd.Timestamp | None], dict[str, None]] = {}
    for entry in entries:
        for name in columns:
            value = entry.held.get(name)
            found = month_day(value)
            if found is None:
                continue
            day = None if year is None else _day(year, found)
            entry.held[name] = day
            rows.setdefault((str(value), day), {})[entry.cells[name].address] = None
    return [_said(kind, value, tuple(cells), day) for (value, day), cells in rows.items()]


def days_from_1904(entries: Iterable[Entry], header: Header) -> list[Problem]:
    """Turn days that stand as bare numbers into days, in a workbook that counts them from 1904.

    Returns
    -------
    problems
        A warning for each: the number may have been copied from a workbook that counts from 1900.
    """
    rows: dict[tuple[str, pd.Timestamp], dict[str, None]] = {}
    for heading in header.weeks().values():
        written = heading.cell.value
        # Days that are not written as a number do not depend on where the counting begins.
        counted = parse_day(written) != parse_day(written, from_1904=True)
        if counted and heading.day is not None and heading.day == parse_day(written, from_1904=True):
            rows.setdefault((str(written), heading.day), {})[heading.cell.address] = None
    for entry in entries:
        for name in _columns(header.kind):
            value = entry.held.get(name)
            moment = parse_moment(value, from_1904=True)
            if moment is None or moment == parse_moment(value):
                continue
            entry.held[name] = moment
            rows.setdefault((str(value), moment), {})[entry.cells[name].address] = None
    return [
        Problem("day_from_1904", header.kind, tuple(cells), "warning", {"value": value, "day": f"{day:%Y-%m-%d}"})
        for (value, day), cells in rows.items()
    ]


def _columns(kind: str) -> list[str]:
    return [column.name for column in LAYERS[kind].columns if column.type in {"date", "moment"}]


def _said(kind: str, value: str, cells: tuple[str, ...], day: pd.Timestamp | None) -> Problem:
    if day is None:
        return Problem("day_without_year", kind, cells, params={"value": value})
    return Problem("year_told", kind, cells, "warning", {"value": value, "day": f"{day:%Y-%m-%d}"})
