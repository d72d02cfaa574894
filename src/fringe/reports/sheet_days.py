"""The days of a meeting map: which it steps through, and what the shaded figure of each zone is on each of them.

Coverage and the figures of progress change from day to day; lengths and areas of the zones do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pandas.tseries.frequencies import to_offset

from fringe.errors import LedgerError, MapError
from fringe.measure.coverage import coverage
from fringe.model.problem import Problem
from fringe.model.states import DATED_BY, as_days
from fringe.works.progress import progress

# What a zone's popup may say beside the figure that follows the days: it is the same on all of them.
LASTING = (
    "name",
    "township",
    "kind",
    "lead_unit",
    "zone_m2",
    "road_length_m",
    "road_density_km_per_km2",
)
# A page that is stepped through by hand; two years of weeks are 104.
_MOST_DAYS = 400
_OF_PLOTS = ("covered_m2", "covered_share", "summed_m2", "overlap_m2", "n_plots", "not_counted_m2")
_OF_WORKS = {"progress_share": "progress_share", "planned_share": "planned_share", "progress_status": "status"}
_OF_WORKS |= {"spi": "spi", "spi_t": "spi_t", "n_overdue": "n_overdue", "done": "done"}


def season(every: object, layers: Mapping[str, Any], last: pd.Timestamp | None) -> pd.DatetimeIndex:
    """Return the days a map steps through: those given, or every so often from the first day to the last.

    The first day is that of the first report; without reports, that of the first date of a plot.

    Parameters
    ----------
    every
        Days, or a frequency of pandas such as ``"W"``, ``"2W"`` or ``"MS"``. The last day is always among them.
    layers
        By kind.
    last
        The day of the map.

    Raises
    ------
    MapError
        If it is no frequency, the data have no dates, or there would be too many days.

    Examples
    --------
    >>> reports = pd.DataFrame({"date": pd.to_datetime(["2020-01-06"])})
    >>> season("W", {"reports": reports}, pd.Timestamp("2020-01-21")).strftime("%m-%d").tolist()
    ['01-12', '01-19', '01-21']
    """
    days = as_days(every, "map")
    if days is None:
        first = _first_day(layers, last)
        if first is None or last is None:
            raise MapError(Problem("map_season_undated", "map"))
        try:
            steps = pd.date_range(first, last, freq=every)  # type: ignore[call-overload]
            # A frequency that runs backwards, or several times a day.
            odd = len(steps) > 1 and bool((steps[1:].normalize() == steps[:-1].normalize()).any())
            backwards = to_offset(every).n <= 0  # type: ignore[call-overload]
        except (ValueError, TypeError) as error:
            raise MapError(Problem("map_season_every", "map", params={"value": every})) from error
        if odd or backwards:
            raise MapError(Problem("map_season_every", "map", params={"value": every}))
        days = steps.normalize().union(pd.DatetimeIndex([last.normalize()]))
    if len(days) > _MOST_DAYS:
        raise MapError(Problem("map_season_long", "map", params={"n": len(days), "most": _MOST_DAYS}))
    return days.normalize().sort_values()


def _first_day(layers: Mapping[str, Any], last: pd.Timestamp | None) -> pd.Timestamp | None:
    plots, reports = layers.get("plots"), layers.get("reports")
    reported = [] if reports is None else [pd.to_datetime(reports["date"])]
    dated = (
        [] if plots is None else [pd.to_datetime(plots[name]) for name in DATED_BY.values() if name in plots.columns]
    )
    for columns in (reported, dated):
        known = [column.min() for column in columns if column.notna().any()]
        if known and last is not None and min(known) <= last:
            return pd.Timestamp(min(known)).normalize()
    return None


def figure_by_day(layers: Mapping[str, Any], shade: str, days: pd.DatetimeIndex) -> pd.Series | None:
    """Return a figure by zone and day; `None` for one that does not change or cannot be computed.

    Parameters
    ----------
    layers
        By kind, in one metric coordinate system.
    shade
        A column of `fringe.reports.figures.zone_figures`.
    days
        Rising.
    """
    zones, none = layers["zones"], pd.DataFrame()
    if shade in _OF_PLOTS and "plots" in layers:
        if not set(DATED_BY.values()) & set(layers["plots"].columns):
            return None
        found: pd.Series = coverage(layers["plots"], zones, on=days)[shade]
        return found
    if shade in _OF_WORKS and len(layers.get("tasks", none)):
        reports = layers.get("reports", none)
        try:
            tables = [progress(layers["tasks"], reports, on=day, by="zone", zones=zones) for day in days]
        except LedgerError:
            return None
        columns = [table[_OF_WORKS[shade]] for table in tables]
        by_day: pd.Series = pd.concat(columns, keys=days, names=["date"])
        return by_day
    return None
