"""What each task weighs in a group's figures: the *weight* of a task is the whole task's, its cost or its points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.model.problem import Problem
from fringe.works.groups import Groups

Floats = npt.NDArray[np.float64]
WEIGHTS = ("equal", "target")


def task_weights(tasks: pd.DataFrame, groups: Groups, weights: str | None) -> tuple[Floats, list[Problem]]:
    """Return the weight of each whole task, and what is wrong with the choice."""
    if weights == "equal":
        return np.ones(len(tasks)), []
    if weights == "target":
        return tasks["target"].to_numpy(dtype=float), []
    column = weights or "weight"
    if weights is None and (column not in tasks.columns or tasks[column].isna().all()):
        return tasks["target"].to_numpy(dtype=float), _mixed_units(tasks, groups)
    numbers = [name for name in tasks.columns if pd.api.types.is_numeric_dtype(tasks[name])]
    if column not in numbers:
        allowed = ", ".join([*WEIGHTS, *numbers])
        return np.ones(len(tasks)), [Problem("weights_unknown", "tasks", params={"value": column, "allowed": allowed})]
    given = tasks[column].to_numpy(dtype=float, na_value=np.nan)
    problems = []
    gaps = np.isnan(given)
    if gaps.any():
        params = {"column": column, "count": int(gaps.sum()), "total": len(tasks)}
        problems.append(Problem("weight_missing", "tasks", tuple(tasks.index[gaps]), params=params))
    problems += [
        Problem("weight_unfit", "tasks", (tasks.index[at],), params={"column": column, "value": f"{given[at]:g}"})
        for at in np.flatnonzero((given < 0) | np.isinf(given)).tolist()
    ]
    return given, problems


def _mixed_units(tasks: pd.DataFrame, groups: Groups) -> list[Problem]:
    """Return a problem for the groups whose tasks cannot be added up."""
    units = tasks["unit"].groupby(groups.of).agg(lambda held: ", ".join(sorted(set(held))))
    count = tasks["unit"].groupby(groups.of).nunique()
    mixed = count[count > 1].index.to_numpy(dtype=np.intp)
    if not len(mixed):
        return []
    rows = tuple(tasks.index[np.isin(groups.of, mixed)])
    first = groups.index[int(mixed[0])]
    numbers = [
        str(name)
        for name in tasks.columns
        if name not in ("target", "weight") and pd.api.types.is_numeric_dtype(tasks[name]) and tasks[name].notna().all()
    ]
    options = " | ".join(f'weights="{name}"' for name in (*WEIGHTS, *numbers))
    params = {"group": first, "count": len(mixed), "value": units.loc[int(mixed[0])], "allowed": options}
    return [Problem("units_mixed", "tasks", rows, params=params)]
