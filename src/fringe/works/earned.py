"""Earned schedule: progress measured in time instead of money (Lipke 2003, "Schedule is different").

*PV* is the planned value, cumulative, at the ends of periods: ``pv[0]`` belongs to the end of period 1, and PV at
time 0 is 0. *EV* is the earned value, *BAC* the last PV, *PD* the planned duration in periods, *AT* the actual time
in periods. The *earned schedule* ES is the time at which EV was to be earned: ``ES = N + (EV - PV_N) / (PV_{N+1} -
PV_N)``, with N the last period whose PV is not above EV. Where PV stands still at EV (frozen ground, a holiday) every
moment of the plateau is as good, and ES is AT clamped to it; EV at BAC or above takes the first moment with PV = BAC.

SV(t) = ES - AT; SPI(t) = ES / AT; the forecast is IEAC(t) = PD / SPI(t).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LedgerError
from fringe.model.problem import Problem, refuse
from fringe.works.plan import Plan

Floats = npt.NDArray[np.float64]
# Sums of planned values carry rounding of 1e-16 per term: EV this near to a plateau, relative to BAC, stands on it.
_SNAP = 1e-12


class EarnedSchedule(NamedTuple):
    """Progress in time.

    Parameters
    ----------
    es
        Earned schedule, in periods.
    sv_t
        Schedule variance ES - AT, in periods; negative is late.
    spi_t
        Schedule performance index ES / AT; below 1 is slow. NaN at AT 0.
    forecast
        Periods the whole will take at this pace; NaN when nothing has been earned.
    """

    es: float
    sv_t: float
    spi_t: float
    forecast: float


def earned_schedule(pv: Sequence[float] | Floats | pd.Series[float], ev: float, at: float) -> EarnedSchedule:
    """Return the earned schedule of a plan.

    Parameters
    ----------
    pv
        Cumulative planned value at the end of each period; never falls.
    ev
        Earned value, in the same unit.
    at
        Actual time in periods: the number of period ends gone by; fractions count.

    Returns
    -------
    EarnedSchedule
        `es`, `sv_t`, `spi_t`, `forecast`. All NaN where `ev` or `at` is NaN or nothing was ever planned.

    Raises
    ------
    LedgerError
        If `pv` is empty, not finite, negative or falling, or `ev` or `at` is negative.

    Notes
    -----
    Lipke, W. (2003): Schedule is Different. The Measurable News.

    Examples
    --------
    >>> earned_schedule([10, 25, 45, 70, 90, 100], ev=50, at=4)
    EarnedSchedule(es=3.2, sv_t=-0.7999999999999998, spi_t=0.8, forecast=7.5)

    The ground is frozen in periods 3 and 4; at the end of period 3 nothing is late.

    >>> earned_schedule([10, 25, 25, 25, 70], ev=25, at=3).spi_t
    1.0
    """
    values = np.asarray(pv, dtype=float).ravel()
    refuse(_odd_plan(values, float(ev), float(at)), LedgerError)
    if np.isnan(ev) or np.isnan(at) or values[-1] == 0:
        return EarnedSchedule(*[float("nan")] * 4)
    curve = np.concatenate([[0.0], values])
    low, high = _reach(curve, np.arange(len(curve), dtype=float), float(ev))
    return _schedule(float(np.clip(at, low, high)), float(at), float(len(values)), float(ev))


def _schedule(es: float, at: float, planned: float, ev: float) -> EarnedSchedule:
    spi_t = es / at if at > 0 else float("nan")
    # PD * AT / ES keeps a digit that PD / (ES / AT) loses.
    # ES is above 0 without anything earned where the plan itself begins with a plateau: that is no pace.
    forecast = planned * at / es if ev > 0 and es > 0 and at > 0 else float("nan")
    return EarnedSchedule(es, es - at, spi_t, forecast)


def _reach(curve: Floats, times: Floats, ev: float) -> tuple[float, float]:
    """Return the first and last moment at which a rising broken line stands at `ev`; the first alone at its top."""
    total = curve[-1]
    if ev >= total * (1 - _SNAP):
        first = float(times[np.flatnonzero(curve >= total * (1 - _SNAP))[0]])
        return first, first
    level = np.flatnonzero(np.abs(curve - ev) <= _SNAP * total)
    if level.size:
        return float(times[level[0]]), float(times[level[-1]])
    above = int(np.searchsorted(curve, ev, side="right"))
    part = (ev - curve[above - 1]) / (curve[above] - curve[above - 1])
    moment = float(times[above - 1] + part * (times[above] - times[above - 1]))
    return moment, moment


def _odd_plan(values: Floats, ev: float, at: float) -> list[Problem]:
    problems = []
    if not values.size:
        problems.append(Problem("pv_empty", "pv"))
    if values.size and not np.isfinite(values).all():
        rows = tuple(int(period) + 1 for period in np.flatnonzero(~np.isfinite(values)))
        problems.append(Problem("pv_not_finite", "pv", rows))
    elif values.size:
        falls = np.flatnonzero(np.diff(values, prepend=0.0) < 0)
        if falls.size:
            params = {"value": f"{values[falls[0]]:g}"}
            problems.append(Problem("pv_falls", "pv", tuple(int(period) + 1 for period in falls), params=params))
    problems += [
        Problem("figure_negative", name, params={"value": f"{figure:g}"})
        for name, figure in (("ev", ev), ("at", at))
        if figure < 0 or np.isinf(figure)
    ]
    return problems


@dataclass(frozen=True)
class GroupSchedule:
    """Earned schedules of groups of tasks: arrays with an item for each group, in days from the group's first start.

    Parameters
    ----------
    spi_t
        NaN where nothing is weighed or the day is before the first start.
    forecast_days
        Planned days divided by SPI(t); NaN when nothing has been earned.
    begins
        The group's first start, in days from the span's day 0.
    """

    spi_t: Floats
    forecast_days: Floats
    begins: Floats


def group_schedules(
    plan: Plan, weights: Floats, earned: Floats, group_at: npt.NDArray[np.intp], at_end: Floats
) -> GroupSchedule:
    """Return the earned schedule of each group on its own day.

    The plan of a task is a broken line, so a group's PV is a broken line with its corners where its tasks have theirs.
    As these lie between whole days, reading the line between corners is the same as `earned_schedule` on the daily PV.

    Parameters
    ----------
    plan
        The plans of the tasks.
    weights
        Of the tasks.
    earned
        EV of each group: the sum of weight times completed share.
    group_at
        The group of each task, 0 … len(earned) - 1.
    at_end
        The moment of measurement of each group, in days from the span's day 0.
    """
    n_groups = len(earned)
    spi_t, forecast, first = (np.full(n_groups, np.nan) for _ in range(3))
    task_at, begins, ends, parts = plan.segments()
    order = np.argsort(group_at[task_at], kind="stable")
    bounds = np.searchsorted(group_at[task_at][order], np.arange(n_groups + 1))
    for group in range(n_groups):
        rows = order[bounds[group] : bounds[group + 1]]
        if not rows.size:
            continue
        first[group] = begins[rows].min()
        at = at_end[group] - first[group]
        times, curve = planned_line(begins[rows], ends[rows], weights[task_at[rows]] * parts[rows])
        if at <= 0 or not curve[-1] > 0 or np.isnan(earned[group]):
            continue
        low, high = _reach(curve, times - times[0], float(earned[group]))
        found = _schedule(float(np.clip(at, low, high)), at, float(times[-1] - times[0]), float(earned[group]))
        spi_t[group], forecast[group] = found.spi_t, found.forecast
    return GroupSchedule(spi_t, forecast, first)


def planned_line(begins: Floats, ends: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the corners of the planned value of straight pieces of plans: moments and cumulative values.

    Examples
    --------
    Two tasks of weight 10, the first on days 1 to 10, the second on days 6 to 10.

    >>> planned_line(np.array([0.0, 5.0]), np.array([10.0, 10.0]), np.array([10.0, 10.0]))
    (array([ 0.,  5., 10.]), array([ 0.,  5., 20.]))
    """
    times, corner = np.unique(np.concatenate([begins, ends]), return_inverse=True)
    rates = weights / (ends - begins)
    bends = np.zeros(len(times))
    np.add.at(bends, corner, np.concatenate([rates, -rates]))
    # Where no task of any weight runs the rate is exactly 0, which a running sum of floats is not.
    running = np.zeros(len(times))
    weighed = (weights > 0).astype(float)
    np.add.at(running, corner, np.concatenate([weighed, -weighed]))
    rate = np.where(np.cumsum(running)[:-1] > 0, np.cumsum(bends)[:-1], 0.0)
    curve = np.concatenate([[0.0], np.cumsum(np.maximum(rate, 0.0) * np.diff(times))])
    return times, curve
