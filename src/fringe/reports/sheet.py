"""The standard meeting map of a study: zones shaded by a figure, and every other layer where it belongs.

The *figure* is a column of `fringe.reports.figures`; the popup of a zone shows the figures beside it, so that what is
clicked and what stands in the table are the same numbers. Plots are drawn by their status on the day of the figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from fringe.errors import MapError
from fringe.model import words
from fringe.model.problem import Problem
from fringe.model.states import DATED_BY, status_on
from fringe.reports.sheet_aids import with_chainage, with_curves
from fringe.reports.sheet_days import LASTING, figure_by_day, season
from fringe.works.findings import findings_state

if TYPE_CHECKING:
    from fringe.maps import Map
    from fringe.maps.compare import Mode

State = tuple[pd.DataFrame, pd.Timestamp | None, pd.Timestamp | None]
"""Figures of the zones, their day, and the day plots are drawn on."""

# What a zone's popup says, in this order, where there is such a column.
POPUP = (
    "name",
    "township",
    "kind",
    "lead_unit",
    "zone_m2",
    "covered_m2",
    "covered_share",
    "overlap_m2",
    "not_counted_m2",
    "n_plots",
    "road_length_m",
    "road_density_km_per_km2",
    "n_tasks",
    "progress_share",
    "planned_share",
    "progress_status",
    "n_overdue",
)
# What is shaded unless something is asked for, and what instead where a study has no plots.
USUAL = "covered_share"
_INSTEAD = ("progress_share", "road_density_km_per_km2", "zone_m2")
_FINDING_POPUP = (
    "finding",
    "category",
    "text",
    "zone",
    "severity",
    "status",
    "responsible",
    "found_on",
    "due",
    "days_open",
    "days_overdue",
)
_BASE = ("land", "water", "buildings", "roads", "rail", "villages")
# Land use would drown the shading of the zones; it is there to be switched on.
_HIDDEN = frozenset({"land"})


def meeting_map(
    layers: Mapping[str, Any],
    figures: pd.DataFrame,
    meta: Mapping[str, str],
    *,
    shade: str = USUAL,
    on: pd.Timestamp | None = None,
    plots_on: pd.Timestamp | None = None,
    every: object = None,
    lang: str | None = None,
    **page: Any,
) -> Map:
    """Return the meeting map of a study.

    Parameters
    ----------
    layers
        By kind; `zones` must be among them.
    figures
        On the zones' index; see `fringe.reports.figures.zone_figures`.
    meta
        `title`, `organisation`, `review_no`, `attribution`.
    shade
        The column of `figures` that colours the zones; without plots, the usual one gives way to another.
    on
        The day the map shows, as it stands in the title block.
    plots_on
        The day plots are drawn on; `None`: by their status as it stands.
    every
        Days to step through with a slider, or how often, such as ``"W"``; see `fringe.reports.sheet_days.season`.
        Popups then say only what is true on all of them, beside the shaded figure.
    lang
        ``"zh"`` or ``"en"``.
    **page
        What `fringe.Map` takes besides, such as `audience`, `watermark`, `review_no`; it goes before `meta`.

    Raises
    ------
    MapError
        If there is no such figure, or no day to step through.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> zones = gpd.GeoDataFrame({"name": ["a"]}, index=gpd.pd.Index(["a"], name="zone"),
    ...     geometry=[box(5e5, 0, 500_100, 100)], crs="EPSG:32650")
    >>> figures = zones[[]].assign(covered_share=[0.5])
    >>> meeting_map({"zones": zones}, figures, {"title": "East"}, lang="en")
    <Map 'East': Coverage>
    """
    sheet = _blank(meta, on, lang, page)
    sheet = _themes(sheet, layers, figures, _shaded(shade, figures), (on, plots_on), every)
    return with_chainage(_base(sheet, layers), layers.get("rail"))


def comparison_map(
    layers: Mapping[str, Any],
    states: tuple[State, State],
    meta: Mapping[str, str],
    *,
    shade: str = USUAL,
    mode: Mode = "swipe",
    lang: str | None = None,
    **page: Any,
) -> Map:
    """Return the meeting map of two days of a study, under a divider or side by side.

    Parameters
    ----------
    layers
        By kind; `zones` must be among them.
    states
        Before and after: figures, the day, and the day plots are drawn on.
    meta, shade, lang, **page
        As for `meeting_map`.
    mode
        As for `fringe.Map.compare`.

    Raises
    ------
    MapError
        If there is no such figure, or the first day is not before the second.
    """
    days = [on for _, on, _ in states]
    if None in days or not days[0] < days[1]:  # type: ignore[operator]
        told = [f"{day:%Y-%m-%d}" if day is not None else "–" for day in days]
        raise MapError(Problem("map_before_after", "map", params={"before": told[0], "after": told[1]}))
    chosen = _shaded(shade, states[1][0])
    sides = [
        _themes(_blank({}, on, lang, {}), layers, figures, chosen, (on, plots_on), None)
        for figures, on, plots_on in states
    ]
    sheet = _base(_blank(meta, states[1][1], lang, page), layers)
    return with_chainage(sheet.compare(sides[0], sides[1], mode=mode), layers.get("rail"))


def _shaded(shade: str, figures: pd.DataFrame) -> str:
    if shade == USUAL and shade not in figures.columns:
        shade = next(name for name in (*_INSTEAD, *figures.columns) if name in figures.columns)
    if shade not in figures.columns:
        allowed = ", ".join(str(name) for name in figures.columns)
        raise MapError(Problem("figure_unknown", "zones", params={"value": shade, "allowed": allowed}))
    return shade


def _blank(meta: Mapping[str, str], on: pd.Timestamp | None, lang: str | None, page: Mapping[str, Any]) -> Map:
    """Return a sheet with its title block and nothing on it."""
    from fringe.maps import Map

    told = {name: meta.get(name) for name in ("organisation", "review_no", "attribution")}
    return Map(**{"title": meta.get("title", ""), **told, "date": on, "lang": lang, **page})


def _themes(
    sheet: Map,
    layers: Mapping[str, Any],
    figures: pd.DataFrame,
    shade: str,
    days: tuple[pd.Timestamp | None, pd.Timestamp | None],
    every: object,
) -> Map:
    """Return the sheet with zones, plots and findings: on a day, or on each of several."""
    on, plots_on = days
    group, plots = words.text("map.group_themes", sheet.lang), layers.get("plots", ())
    zones = layers["zones"].drop(columns=[name for name in figures.columns if name in layers["zones"].columns])
    zones = zones.join(figures)
    steps = None if every is None else season(every, layers, on)
    by_day = None if steps is None else figure_by_day(layers, shade, steps)
    popup = [name for name in dict.fromkeys((*POPUP, shade)) if name in zones.columns]
    if by_day is None:
        sheet = sheet.shade(zones, shade, popup=popup, group=group)
    else:
        lasting = [name for name in popup if name in (*LASTING, shade)]
        sheet = sheet.timeline(zones, by_day, column=shade, popup=lasting, group=group)
    sheet = with_curves(sheet, layers, on)
    dated = len(plots) and set(DATED_BY.values()) & set(plots.columns)
    if steps is not None and by_day is None and not dated:
        raise MapError(Problem("map_season_undated", "map"))
    if steps is not None and dated:
        sheet = sheet.timeline(plots, on=steps, group=group)
    elif len(plots):
        sheet = sheet.draw(_on_day(plots, plots_on), group=group)
    return _with_findings(sheet, layers.get("findings"), on, group, dated=steps is not None)


def _base(sheet: Map, layers: Mapping[str, Any]) -> Map:
    for kind in _BASE:
        if len(layers.get(kind, ())):
            group = words.text("map.group_base", sheet.lang)
            sheet = sheet.draw(layers[kind], group=group, show=kind not in _HIDDEN)
    return sheet


def _on_day(plots: Any, day: pd.Timestamp | None) -> Any:
    """Return the plots there are on a day, with their status on it."""
    if day is None:
        return plots
    status = status_on(plots, day)[0]
    return plots.assign(status=status)[status.notna()]


def _with_findings(page: Map, findings: Any, day: pd.Timestamp | None, group: str, *, dated: bool) -> Map:
    """Return the page with the findings open on the day, those overdue standing out; nobody who reported is named.

    On a map that steps through days they are those of its last: *dated*, they bear it in their name and are to be
    switched on.
    """
    from fringe.maps.style import Categories, Category, Symbol

    if day is None or findings is None or not len(findings):
        return page
    state = findings_state(findings, on=day)
    shown = state[(state["status"] != "closed") & state.geometry.notna() & ~state.geometry.is_empty]
    if not len(shown):
        return page
    mark = Symbol(stroke="#ffffff", width=1.4, shape="diamond", radius=6.0)
    marks = Categories(
        (
            Category(
                "map.finding_overdue",
                replace(mark, fill="#a63c2b", shape="triangle", radius=7.0, rank=1),
                (("overdue", (True,)),),
            ),
            Category("map.finding_open", replace(mark, fill="#d98b2b"), (("overdue", (False,)),)),
        ),
        Category("map.other", mark),
    )
    popup = [name for name in _FINDING_POPUP if name in shown.columns or name == shown.index.name]
    name = words.text("map.findings_open", page.lang)
    name = words.text("map.named_on", page.lang, name=name, day=f"{day:%Y-%m-%d}") if dated else name
    return page.draw(shown, name=name, style=marks, popup=popup, label=False, group=group, show=not dated)
