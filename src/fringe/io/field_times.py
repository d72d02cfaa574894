"""Times of field apps as local time.

Phones write their own time with its distance from UTC (``09:30:00+08:00``), servers write UTC (``Z``, and
KoboToolbox's `_submission_time`, which does not say so). A day is a local day: times of phones are kept as the phone
showed them, times of servers are moved by the distance a phone gave in the same row, else by the only one in the file.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from fringe.model.problem import Problem

_ISO = r"^\s*(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?\s*$"
_OFFSET = r"^([+-])(\d{2}):?(\d{2})$"
# In UTC without saying so.
_SERVER = "_submission_time"
_NO_SHIFT = pd.Timedelta(0)
Texts = Any  # a Series; its type parameter says nothing here


def in_local_time(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Return a table whose moments are local, and a warning for columns that had to be left in UTC.

    Examples
    --------
    >>> table = pd.DataFrame({"start": ["2020-01-17T07:30:00.000+08:00"], "SubmissionDate": ["2020-01-16T23:31:05.1Z"]})
    >>> in_local_time(table)[0].iloc[0].tolist()
    ['2020-01-17 07:30:00', '2020-01-17 07:31:05']
    """
    read = {heading: parts for heading in table.columns if (parts := _parts(table[heading])) is not None}
    own: Texts = pd.Series(pd.NaT, index=table.index, dtype="timedelta64[us]")
    for parts in read.values():
        own = own.fillna(_offsets(parts[2]))
    given = own.dropna().unique()
    if len(given) == 1:
        own = own.fillna(given[0])
    changed, left = {}, []
    for heading, parts in read.items():
        utc = parts[2] == "Z"
        if (utc & own.isna()).any():
            left.append(str(heading))
        moments = pd.to_datetime(parts[0] + " " + parts[1], errors="coerce", format="ISO8601")
        local = (moments + own.where(utc, _NO_SHIFT).fillna(_NO_SHIFT)).dt.strftime("%Y-%m-%d %H:%M:%S")
        changed[heading] = table[heading].astype(object).where(moments.isna() | parts[2].isna(), local)
    params = {"headings": ", ".join(left)}
    problems = [Problem("field_utc", "findings", severity="warning", params=params)] if left else []
    return table.assign(**changed), problems


def _parts(column: Texts) -> Any:
    """Return day, time and distance from UTC of the moments in a column; nothing for a column without any."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        texts = pd.Series([_written(item) for item in column], index=column.index, dtype=object)
    elif pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column):
        texts = column.where(column.map(lambda item: isinstance(item, str)).astype(bool), None)
    else:
        return None
    parts = texts.astype("str").str.extract(_ISO)
    if column.name == _SERVER:
        parts[2] = parts[2].where(parts[2].notna() | parts[0].isna(), "Z")
    return parts if parts[2].notna().any() else None


def _written(item: Any) -> str | None:
    return None if pd.isna(item) else str(item.isoformat()).replace("+00:00", "Z")


def _offsets(written: Texts) -> Texts:
    """Return distances from UTC; missing for UTC itself, which is the server's."""
    parts = written.str.extract(_OFFSET)
    minutes = pd.to_numeric(parts[1]) * 60 + pd.to_numeric(parts[2])
    return pd.to_timedelta(minutes.where(parts[0] != "-", -minutes), unit="m").astype("timedelta64[us]")
