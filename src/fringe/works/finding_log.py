"""The log of findings: what inspections found, entry by entry, and what each finding is on a day.

A finding goes ``found`` → ``rectified`` → ``verified`` → ``closed``; one whose verification fails is ``returned`` to
the unit that has to rectify it, also after it was closed. What it is on a day is told by its latest date up to that
day; of several on one day by the one furthest in this order: found, rectified, returned, verified, closed.

An *entry* is one row. A later entry that `corrects` an earlier one replaces it as a whole, from its `recorded_at` on:
so a finding is followed by entries that each repeat it with one date more, or kept in one row that is filled in as it
goes. An entry of kind ``void`` takes back the one it corrects. The *finding* bears the id of its first entry.

An entry is known from its `recorded_at` on, and each of its dates not before it has come: rows are also filled in
later, and keep the time they were first sent. Without a `recorded_at` each date is known at the end of its own day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LayerError
from fringe.model.contract import conform
from fringe.model.entries import unknown_names
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem
from fringe.works.ledger import effective, id_ranks, moment

# In the order that decides several on one day.
STATES = ("found", "rectified", "returned", "verified", "closed")
DATED_BY: Mapping[str, str] = MappingProxyType({state: f"{state}_on" for state in STATES})
_RETURNED = STATES.index("returned")
# How far each state is; a returned finding begins anew.
_RANK = np.array([0, 1, 0, 2, 3])
_FIRST = ("zone", "found_on", "category")
_NEVER = np.datetime64("NaT", "D")
_LAST_DAY = np.datetime64("9999-12-31", "D")

Days = npt.NDArray[np.datetime64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Course:
    """What happened to each finding, in the order it happened.

    Parameters
    ----------
    days
        Shape ``(n, 5)``, NaT behind the last event of each.
    states
        Position in `STATES` of what each event made of the finding.
    """

    days: Days
    states: Ints

    def on(self, day: np.datetime64) -> tuple[Ints, Days]:
        """Return each finding's state on a day, -1 before it was found, and the day it came to it."""
        count = (self.days <= day).sum(axis=1)
        at = np.maximum(count - 1, 0)[:, None]
        states = np.where(count > 0, np.take_along_axis(self.states, at, axis=1)[:, 0], -1)
        return states, np.where(count > 0, np.take_along_axis(self.days, at, axis=1)[:, 0], _NEVER)

    def rectified_by(self, day: np.datetime64) -> Days:
        """Return since when each finding has been rectified, verified or closed on a day; NaT for what still is not."""
        since = np.full(len(self.days), _NEVER)
        for at in range(len(STATES)):
            happened = self.days[:, at] <= day
            done = _RANK[self.states[:, at]] > 0
            since[happened & ~done] = _NEVER
            first = happened & done & np.isnat(since)
            since[first] = self.days[first, at]
        return since


def course_of(log: pd.DataFrame) -> Course:
    """Return what happened to each finding of a log of standing entries."""
    days = np.stack([_dates(log, column) for column in DATED_BY.values()], axis=1)
    states = np.argsort(np.where(np.isnat(days), _LAST_DAY, days), axis=1, kind="stable")
    return Course(np.take_along_axis(days, states, axis=1), states)


def opened(findings: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Return findings as a layer without shapes, and all that is wrong with them.

    A finding counts with or without a position, and with or without a zone.
    """
    if not isinstance(findings, pd.DataFrame):
        raise LayerError(Problem("not_a_frame", "findings", params={"value": type(findings).__name__}))
    if not len(findings):
        return _nothing(), []
    bare = findings
    if isinstance(findings, gpd.GeoDataFrame) and findings.active_geometry_name is not None:
        bare = pd.DataFrame(findings.drop(columns=findings.geometry.name))
    layer, problems = conform(bare, "findings")
    voids = frozenset(layer.index[layer["kind"] == "void"]) if "kind" in layer.columns else frozenset()
    kept = [_needed(found, voids) for found in problems if found.code != "geometry_column_missing"]
    problems = [found for found in kept if found is not None]
    if not any(found.severity == "error" for found in problems):
        problems += [*_odd_links(layer), *_odd_dates(layer)]
    return layer, problems


def _needed(found: Problem, voids: frozenset[Any]) -> Problem | None:
    """Return a problem without what a count of findings can do without: zones, and what a void says of the rest."""
    column = found.params.get("column")
    if found.code in {"value_missing", "column_missing"} and column == "zone":
        return None
    if found.code != "value_missing" or column not in _FIRST:
        return found
    rows = tuple(row for row in found.rows if row not in voids)
    return replace(found, rows=rows) if rows else None


def unrecorded(layer: pd.DataFrame) -> list[Problem]:
    """Return a warning for the entries that do not say when they were recorded."""
    gaps = ~_stated(layer)
    if not gaps.any():
        return []
    rows = () if gaps.all() else tuple(layer.index[gaps])
    return [Problem("finding_unrecorded", "findings", rows, "warning", {"count": int(gaps.sum())})]


def standing(layer: pd.DataFrame, known_on: object = None) -> pd.DataFrame:
    """Return one row for each finding that is known and not taken back, indexed by its id, in order of first entries.

    Parameters
    ----------
    layer
        A layer that `opened` found no errors in.
    known_on
        A day or moment: later entries, and later dates of entries that do not say when they were recorded, are unknown.

    Returns
    -------
    log
        The columns of the last entry of each, and `entry`, its id.
    """
    # A void that says nothing of its time has always been known.
    dated = layer.assign(date=layer["found_on"].fillna(pd.Timestamp(0)))
    stated = pd.Series(_stated(layer), index=layer.index)
    log = effective(dated, known_on).drop(columns="date")
    if known_on is not None and len(log):
        log = _known_dates(log, ~stated.loc[log.index].to_numpy(), known_on)
    first, _ = _firsts(layer)
    at = layer.index.get_indexer(log.index)
    root = first[at]
    order = np.lexsort((id_ranks(log.index), log["recorded_at"].to_numpy(), root))
    last = np.append(root[order][1:] != root[order][:-1], True) if len(order) else np.array([], dtype=bool)
    chosen = log.iloc[order[last]]
    ids = pd.Index(layer.index[root[order[last]]], name="finding", dtype=object)
    entries = pd.Series(chosen.index, index=chosen.index, dtype=object)
    found: pd.DataFrame = chosen.assign(entry=entries).set_axis(ids)
    return found


def _known_dates(log: pd.DataFrame, silent: npt.NDArray[np.bool_], known_on: object) -> pd.DataFrame:
    """Return the log without the dates that had not come, and, of entries without a time, the day that is not over."""
    limit = moment(known_on, "known_on")[0]
    day = limit.normalize()
    columns = [name for name in DATED_BY.values() if name in log.columns]
    unknown = {name: (log[name] > day).to_numpy() for name in columns}
    if limit != day:
        unknown = {name: which | (silent & (log[name] == day).to_numpy()) for name, which in unknown.items()}
    return log.assign(**{name: log[name].mask(which) for name, which in unknown.items()})


def _stated(layer: pd.DataFrame) -> npt.NDArray[np.bool_]:
    if "recorded_at" not in layer.columns:
        return np.zeros(len(layer), dtype=bool)
    return layer["recorded_at"].notna().to_numpy(dtype=bool)


def _firsts(layer: pd.DataFrame) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return the position of each entry's first one, and which entries only lead in a circle."""
    own = np.arange(len(layer), dtype=np.intp)
    if "corrects" not in layer.columns:
        return own, np.zeros(len(layer), dtype=bool)
    aim = layer.index.get_indexer(pd.Index(layer["corrects"])).astype(np.intp)
    aim = np.where(aim < 0, own, aim)
    first = aim.copy()
    for _ in range(len(layer).bit_length()):  # each pass doubles the steps taken
        first = first[first]
    return first, aim[first] != first


def _odd_links(layer: pd.DataFrame) -> list[Problem]:
    """Return corrections that lead nowhere."""
    corrects = layer["corrects"] if "corrects" in layer.columns else pd.Series(None, layer.index, dtype=object)
    problems = []
    if corrects.notna().any():
        problems += unknown_names(corrects, layer.index, code="finding_unknown", layer="findings", column="corrects")
        circling = _firsts(layer)[1] | (corrects == layer.index).to_numpy()
        if circling.any():
            problems.append(Problem("finding_circle", "findings", tuple(layer.index[circling])))
    if "kind" in layer.columns:
        aimless = ((layer["kind"] == "void") & corrects.isna()).to_numpy()
        if aimless.any():
            problems.append(Problem("finding_void_of_nothing", "findings", tuple(layer.index[aimless])))
    return problems


def _odd_dates(layer: pd.DataFrame) -> list[Problem]:
    """Return dates before the finding (errors), and dates that do not follow its course (warnings)."""
    found = _dates(layer, "found_on")
    problems = [
        Problem(
            "finding_before_found", "findings", (layer.index[at],), params={"column": name, **_days(found, day, at)}
        )
        for name in list(DATED_BY.values())[1:]
        for day in [_dates(layer, name)]
        for at in np.flatnonzero(day < found).tolist()
    ]
    due = _dates(layer, "due")
    problems += [
        Problem("finding_due_early", "findings", (layer.index[at],), "warning", _days(found, due, at))
        for at in np.flatnonzero(due < found).tolist()
    ]
    course = course_of(layer)
    there = ~np.isnat(course.days[:, 1:])
    rank = _RANK[course.states]
    back = there & (rank[:, 1:] < rank[:, :-1]) & (course.states[:, 1:] != _RETURNED)
    if back.any():
        problems.append(Problem("finding_order", "findings", tuple(layer.index[back.any(axis=1)]), "warning"))
    verified = _dates(layer, "verified_on")
    skipped = ~np.isnat(_dates(layer, "closed_on")) & np.isnat(verified)
    # An office that never writes down verifications does not skip them.
    if skipped.any() and not np.isnat(verified).all():
        problems.append(Problem("finding_unverified", "findings", tuple(layer.index[skipped]), "warning"))
    return problems + _ahead(layer)


def _ahead(layer: pd.DataFrame) -> list[Problem]:
    """Return findings dated after the day they were recorded."""
    if "recorded_at" not in layer.columns:
        return []
    found, recorded = _dates(layer, "found_on"), _dates(layer, "recorded_at")
    return [
        Problem(
            "finding_dated_ahead",
            "findings",
            (layer.index[at],),
            "warning",
            {"column": "found_on", "value": str(found[at]), "recorded": str(recorded[at])},
        )
        for at in np.flatnonzero(found > recorded).tolist()
    ]


def _days(found: Days, day: Days, at: int) -> dict[str, str]:
    return {"value": str(day[at]), "found": str(found[at])}


def _dates(layer: pd.DataFrame, column: str) -> Days:
    if column not in layer.columns:
        return np.full(len(layer), _NEVER)
    return np.asarray(layer[column].to_numpy("datetime64[us]").astype("datetime64[D]"))


def _nothing() -> pd.DataFrame:
    columns: dict[str, pd.Series[Any]] = {
        column.name: pd.Series(dtype="datetime64[us]" if column.type in {"date", "moment"} else object)
        for column in LAYERS["findings"].columns
    }
    return pd.DataFrame(columns, index=pd.Index([], name="finding", dtype=object))
