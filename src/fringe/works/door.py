"""The door of the ledger's measures: what was asked is admitted as a whole, or refused with all that is wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LedgerError
from fringe.model.problem import Problem, refuse
from fringe.works.groups import By, Groups, by_problems, grouped, placed, township_differs
from fringe.works.ledger import effective, read_both
from fringe.works.plan import Plan
from fringe.works.planned import PlanLike, plan_of, plan_problems
from fringe.works.weights import task_weights


@dataclass(frozen=True)
class Works:
    """Tasks, what was reported of them, and how they are to be added up.

    Parameters
    ----------
    tasks
        The layer, each task in its zone.
    log
        The reports that count; see `fringe.works.ledger.effective`.
    groups
        Which tasks belong together.
    weight
        Of each whole task.
    plan
        What was to be done by when.
    """

    tasks: pd.DataFrame
    log: pd.DataFrame
    groups: Groups
    weight: npt.NDArray[np.float64]
    plan: Plan

    def earned(self, done: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the earned value of each group: the sum of weight times completed share."""
        share = np.minimum(done / self.tasks["target"].to_numpy(dtype=float), 1.0)
        return self.groups.sums(self.weight * share)


def admit(
    tasks: pd.DataFrame,
    reports: pd.DataFrame,
    *,
    known_on: object,
    by: By,
    zones: pd.DataFrame | None,
    plan: PlanLike,
    weights: str | None,
    more: tuple[Problem, ...] = (),
) -> Works:
    """Return what a measure adds up; the arguments are those of `fringe.progress`.

    Parameters
    ----------
    more
        Problems of arguments that only one measure has: they are raised with the rest.

    Raises
    ------
    LedgerError
        With all problems of tasks, reports, zones and arguments.
    """
    own_tasks, own_reports, problems = read_both(tasks, reports, known_on)
    problems += [*more, *plan_problems(plan, own_tasks)]
    ground: pd.DataFrame | None = None
    if zones is not None:
        problems += placed(own_tasks.head(0), zones)[2]
    refuse(problems, LedgerError)
    found: list[Problem] = []
    if zones is not None:
        own_tasks, ground, found = placed(own_tasks, zones)
    found += by_problems(by, own_tasks, ground)
    refuse(found, LedgerError)
    groups = grouped(by, own_tasks, ground)
    weight, found = task_weights(own_tasks, groups, weights)
    planned, odd = plan_of(plan, own_tasks)
    refuse([*found, *odd, *township_differs(by, own_tasks, ground)], LedgerError)
    if planned is None:  # never: a plan with errors was refused
        raise LedgerError(odd)
    return Works(own_tasks, effective(own_reports, known_on), groups, weight, planned)
