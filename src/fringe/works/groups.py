"""Which tasks belong together: by columns of the tasks, or of the zones they lie in.

A *place* is a column that belongs to the ground: the zone itself, and what is taken from the zones' table. With zones
every place appears, tasks or none; the other columns bring the values the tasks have. A column both have is the task's,
and where a task leaves it empty its zone's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.model.entries import unknown_names
from fringe.model.problem import Problem

By = str | Sequence[str] | None
# Of the columns that tasks and zones may both have, these are the ground's; a lead unit is the task's own affair.
_PLACES = ("zone", "township", "district")
_ALL = "all"


@dataclass(frozen=True)
class Groups:
    """The groups of a table.

    Parameters
    ----------
    index
        Their names, in the order of the table.
    of
        The group of each task, as a position in `index`.
    """

    index: pd.Index[Any]
    of: npt.NDArray[np.intp]

    def sums(self, amounts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the sum of the tasks' amounts in each group."""
        return np.bincount(self.of, weights=amounts, minlength=len(self.index)).astype(float)


def placed(tasks: pd.DataFrame, zones: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """Return tasks whose `zone` is one of the zones' ids, the zones indexed by id, and the tasks of unknown zones.

    A task may name its zone by id or, where it is unique, by name; ids come first.
    """
    ground = zones.set_index("zone") if "zone" in zones.columns else zones.rename_axis("zone")
    problems = []
    if not len(ground):
        problems.append(Problem("layer_empty", "zones"))
    twice = ground.index[ground.index.duplicated()].unique()
    problems += [
        Problem("id_duplicate", "zones", (item,), params={"value": item, "count": int((ground.index == item).sum())})
        for item in twice
    ]
    ids: dict[str, object] = {}
    if "name" in ground.columns:
        names = ground["name"].dropna().drop_duplicates(keep=False)
        ids |= {str(name): zone for zone, name in names.items()}
    ids |= {str(zone): zone for zone in ground.index}
    if "zone" not in tasks.columns:
        return tasks, ground, problems
    problems += unknown_names(tasks["zone"], list(ids), code="unknown_zone", layer="tasks", column="zone")
    return tasks.assign(zone=tasks["zone"].map(ids)), ground, problems


def by_problems(by: By, tasks: pd.DataFrame, zones: pd.DataFrame | None) -> list[Problem]:
    """Return a problem for each column to group by that neither tasks nor zones have."""
    known = [str(name) for name in tasks.columns]
    if zones is not None:
        known += [str(name) for name in zones.columns if name not in known and name != "geometry"]
    return [
        Problem("by_unknown", "tasks", params={"value": name, "allowed": ", ".join(known)})
        for name in _names(by)
        if name not in known and name != tasks.index.name
    ]


def township_differs(by: By, tasks: pd.DataFrame, zones: pd.DataFrame | None) -> list[Problem]:
    """Return a warning for the tasks whose own place is not their zone's, where the place is grouped by."""
    problems = []
    for name in _names(by):
        if zones is None or name == "zone" or name not in _PLACES or not {name} <= set(tasks) & set(zones):
            continue
        own, ground = tasks[name], tasks["zone"].map(zones[name])
        differs = (own.notna() & ground.notna() & (own != ground)).to_numpy()
        if differs.any():
            params = {"column": name, "value": own[differs].iloc[0], "zone": ground[differs].iloc[0]}
            rows = tuple(tasks.index[differs])
            problems.append(Problem("place_differs", "tasks", rows, "warning", params=params))
    return problems


def grouped(by: By, tasks: pd.DataFrame, zones: pd.DataFrame | None) -> Groups:
    """Return the groups of the tasks; see the module for which appear.

    Groups of places come in the zones' order, the others in the order of their names; tasks without a value come last.
    """
    names = _names(by)
    if not names:
        return Groups(pd.Index([_ALL], name="group"), np.zeros(len(tasks), dtype=np.intp))
    keys = pd.DataFrame({name: _column(name, tasks, zones).to_numpy(dtype=object) for name in names})
    places = [name for name in names if zones is not None and (name in _PLACES or name not in tasks.columns)]
    listed = keys.drop_duplicates()
    if zones is not None and places:
        ground = zones.reset_index()[places].drop_duplicates().dropna(how="all")
        rest = [name for name in names if name not in places]
        cells = keys[rest].drop_duplicates().merge(ground, how="cross") if rest else ground
        listed = pd.concat([cells[names].astype(object), listed.astype(object)]).drop_duplicates()
    ordered = _ordered(listed, places, zones)
    codes = _codes(pd.concat([ordered.astype(object), keys.astype(object)]))
    at = pd.Index(codes[: len(ordered)]).get_indexer(pd.Index(codes[len(ordered) :]))
    if len(names) == 1:
        index: pd.Index[Any] = pd.Index(ordered[names[0]].to_numpy(), name=names[0])
        if names == ["zone"] and zones is not None and len(index) == len(zones):
            index = zones.index
    else:
        index = pd.MultiIndex.from_frame(ordered)
    return Groups(index, at)


def _names(by: By) -> list[str]:
    if by is None:
        return []
    return [by] if isinstance(by, str) else list(dict.fromkeys(by))


def _column(name: str, tasks: pd.DataFrame, zones: pd.DataFrame | None) -> pd.Series[Any]:
    if name == tasks.index.name:
        return pd.Series(tasks.index, index=tasks.index)
    if zones is None or name not in zones.columns:
        return tasks[name]
    ground = tasks["zone"].map(zones[name])
    return tasks[name].where(tasks[name].notna(), ground) if name in tasks.columns else ground


def _ordered(listed: pd.DataFrame, places: list[str], zones: pd.DataFrame | None) -> pd.DataFrame:
    """Return the groups in the order of the table."""
    ranks = {}
    for name in listed.columns:
        if name in places and zones is not None:
            order = pd.Index(zones.reset_index()[name].dropna().unique())
        else:
            order = pd.Index(sorted(listed[name].dropna().unique(), key=lambda item: (str(type(item)), item)))
        # A value no zone has stands behind those of the zones, a missing one behind all.
        extra = pd.Index(sorted(set(listed[name].dropna()) - set(order), key=str))
        rank = pd.Series(order.append(extra).get_indexer(listed[name]), index=listed.index)
        ranks[name] = rank.where(listed[name].notna(), len(listed) + len(order))
    return listed.iloc[pd.DataFrame(ranks).reset_index(drop=True).sort_values(list(ranks), kind="stable").index]


def _codes(keys: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Return a number for each combination of values, the same for the same; missing counts as a value."""
    numbers = keys.groupby(list(keys.columns), dropna=False, sort=False).ngroup()
    return np.asarray(numbers, dtype=np.intp)
