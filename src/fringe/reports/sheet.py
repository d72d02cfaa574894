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
from fringe.model.states import status_on
from fringe.reports.sheet_aids import with_chainage, with_curves
from fringe.works.findings import findings_state

if TYPE_CHECKING:
    from fringe.maps import Map

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
    lang: str | None = None,
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
    lang
        ``"zh"`` or ``"en"``.

    Raises
    ------
    MapError
        If there is no such figure.

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
    from fringe.maps import Map

    if shade == USUAL and shade not in figures.columns:
        shade = next(name for name in (*_INSTEAD, *figures.columns) if name in figures.columns)
    if shade not in figures.columns:
        allowed = ", ".join(str(name) for name in figures.columns)
        raise MapError(Problem("figure_unknown", "zones", params={"value": shade, "allowed": allowed}))
    zones = layers["zones"].drop(columns=[name for name in figures.columns if name in layers["zones"].columns])
    zones = zones.join(figures)
    page = Map(
        meta.get("title", ""),
        organisation=meta.get("organisation"),
        date=on,
        lang=lang,
        review_no=meta.get("review_no"),
        attribution=meta.get("attribution"),
    )
    popup = [name for name in dict.fromkeys((*POPUP, shade)) if name in zones.columns]
    page = page.shade(zones, shade, popup=popup, group=words.text("map.group_themes", lang))
    page = with_curves(page, layers, on)
    if len(layers.get("plots", ())):
        page = page.draw(_on_day(layers["plots"], plots_on), group=words.text("map.group_themes", lang))
    page = _with_findings(page, layers.get("findings"), on, words.text("map.group_themes", lang), lang)
    for kind in _BASE:
        if len(layers.get(kind, ())):
            page = page.draw(layers[kind], group=words.text("map.group_base", lang), show=kind not in _HIDDEN)
    return with_chainage(page, layers.get("rail"))


def _on_day(plots: Any, day: pd.Timestamp | None) -> Any:
    """Return the plots there are on a day, with their status on it."""
    if day is None:
        return plots
    status = status_on(plots, day)[0]
    return plots.assign(status=status)[status.notna()]


def _with_findings(page: Map, findings: Any, day: pd.Timestamp | None, group: str, lang: str | None) -> Map:
    """Return the page with the findings open on the day, those overdue standing out; nobody who reported is named."""
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
    name = words.text("map.findings_open", lang)
    return page.draw(shown, name=name, style=marks, popup=popup, label=False, group=group)
