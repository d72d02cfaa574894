"""What a meeting map tells besides: curves of progress in the popups of its zones, and chainage in its search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from fringe.errors import CRSError, LayerError, LedgerError
from fringe.measure.posts import chainage
from fringe.works.curve import s_curve
from fringe.works.ledger import recorded_at

if TYPE_CHECKING:
    from fringe.maps import Map

# The straight line between two posts is within half a metre of a curve of 3 km radius.
_POSTS_M = 100.0


def with_curves(page: Map, layers: Mapping[str, Any], on: pd.Timestamp | None) -> Map:
    """Return the page with planned and reported progress in the popups of its last layer, the zones.

    Reports later than the day of the map are left out. Where tasks cannot be weighed against one another there is no
    curve, as there is no progress: the table of figures says so.
    """
    tasks, reports = layers.get("tasks"), layers.get("reports")
    if tasks is None or reports is None or not len(tasks) or not len(reports) or on is None:
        return page
    known = reports[pd.to_datetime(reports["date"]) <= on]
    starts, ends = pd.to_datetime(tasks["start"]), pd.to_datetime(tasks["due"])
    # The day of the map is one of the days, so that curve and table say the same.
    days = pd.date_range(min(starts.min(), on), max(ends.max(), on), freq="W").union(pd.DatetimeIndex([on]))
    # That reports do not say when they were recorded matters only to old bulletins: nothing is warned of here.
    known = known.assign(recorded_at=recorded_at(known))
    try:
        curves = s_curve(tasks, known, by="zone", every=days, known_on=max([on, *known["recorded_at"]]))
    except LedgerError:
        return page
    curves["progress_share"] = curves["progress_share"].where(curves.index.get_level_values(1) <= on)
    zones = page.layers[-1].frame.index
    curves = curves[curves.index.get_level_values(0).isin(zones)]
    return page.details(curves=curves) if len(curves) else page


def with_chainage(page: Map, rail: Any) -> Map:
    """Return the page with the chainage of those railways that tell where theirs begins.

    A railway that cannot be measured is drawn all the same: `Study.check` says what is wrong with it.
    """
    if rail is None or "km_start" not in rail or not rail["km_start"].notna().any():
        return page
    try:
        posts = chainage(rail, step_m=_POSTS_M)
    except (LayerError, CRSError):
        return page
    posts = posts[posts["direction_from"] == "chainage"]
    return page.chainage(posts) if len(posts) else page
