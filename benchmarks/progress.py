"""Time the ledger's measures on a million reports of 20 000 tasks, and `progress` against pandas in the plain way.

Run with ``python benchmarks/progress.py``. The plain way sorts all reports and takes the last of each task; it knows
neither corrections nor earned schedules, so it does less. A plain S-curve is the plain progress of each of its days.
Seconds are those of the processor, the best of some runs.
"""

import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from fringe.works.curve import s_curve
from fringe.works.forecast import forecast
from fringe.works.progress import progress
from fringe.works.rollup import roll_up

N_TASKS, N_REPORTS, N_ZONES, SEED = 20_000, 1_000_000, 400, 7
N_WEEKS = 104
WINDOWS = [("11-15", "12-15"), ("02-01", "04-10")]
FIRST = pd.Timestamp("2018-11-01")
ON, KNOWN_ON = pd.Timestamp("2020-06-30"), pd.Timestamp("2020-07-10")


def ledger() -> tuple[pd.DataFrame, pd.DataFrame]:
    draw = np.random.default_rng(SEED)
    start = FIRST + pd.to_timedelta(draw.integers(0, 400, N_TASKS), unit="D")
    tasks = pd.DataFrame(
        {
            "title": "task",
            "zone": [f"Z{at:03}" for at in draw.integers(0, N_ZONES, N_TASKS)],
            "category": "greening",
            "unit": "m2",
            "target": draw.integers(100, 5000, N_TASKS).astype(float),
            "start": start,
            "due": start + pd.to_timedelta(draw.integers(10, 300, N_TASKS), unit="D"),
            "weight": draw.integers(1, 9, N_TASKS).astype(float),
        },
        index=pd.Index([f"T{at:05}" for at in range(N_TASKS)], name="task"),
    )
    task_at = draw.integers(0, N_TASKS, N_REPORTS)
    date = FIRST + pd.to_timedelta(draw.integers(0, 728, N_REPORTS), unit="D")
    reports = pd.DataFrame(
        {
            "task": tasks.index.to_numpy()[task_at],
            "date": date,
            "done": (draw.random(N_REPORTS) * tasks["target"].to_numpy()[task_at]).round(1),
            "kind": "report",
            "recorded_at": date + pd.to_timedelta(draw.integers(0, 20 * 24, N_REPORTS), unit="h"),
        },
        index=pd.Index([f"R{at:07}" for at in range(N_REPORTS)], name="report"),
    )
    return tasks, reports


def plain(tasks: pd.DataFrame, reports: pd.DataFrame, on: pd.Timestamp = ON) -> tuple[pd.Series, pd.Series]:
    held = reports[(reports["date"] <= on) & (reports["recorded_at"] < KNOWN_ON + pd.Timedelta(days=1))]
    held = held.reset_index().sort_values(["date", "recorded_at", "report"])
    done = held.groupby("task")["done"].last().reindex(tasks.index, fill_value=0.0)
    days = (tasks["due"] - tasks["start"]).dt.days + 1
    planned = (((on - tasks["start"]).dt.days + 1) / days).clip(0, 1)
    share = (done / tasks["target"]).clip(upper=1)
    sums = pd.DataFrame({"w": tasks["weight"], "ev": tasks["weight"] * share, "pv": tasks["weight"] * planned})
    table = sums.groupby(tasks["zone"]).sum()
    return table["ev"] / table["w"], table["pv"] / table["w"]


def timed(work: Callable[[], Any], times: int = 5) -> tuple[float, Any]:
    best = np.inf
    for _ in range(times):
        begin = time.process_time()
        result = work()
        best = min(best, time.process_time() - begin)
    return best, result


def main() -> None:
    tasks, reports = ledger()
    ours, table = timed(lambda: progress(tasks, reports, on=ON, known_on=KNOWN_ON))
    theirs, (share, planned) = timed(lambda: plain(tasks, reports))
    np.testing.assert_allclose(table["progress_share"], share.loc[table.index], rtol=1e-12)
    np.testing.assert_allclose(table["planned_share"], planned.loc[table.index], rtol=1e-12)
    weeks = pd.date_range(FIRST, periods=N_WEEKS, freq="7D")
    curve_s, curve = timed(lambda: s_curve(tasks, reports, every=weeks, by="zone", known_on=KNOWN_ON), 3)
    np.testing.assert_array_equal(
        curve.xs(weeks[60], level="date")["progress_share"],
        progress(tasks, reports, on=weeks[60], known_on=KNOWN_ON)["progress_share"],
    )
    day_s, _ = timed(lambda: plain(tasks, reports, weeks[60]), 1)
    season_s, _ = timed(lambda: progress(tasks, reports, on=ON, plan=WINDOWS), 3)
    forecast_s, _ = timed(lambda: forecast(*steady(tasks), on=ON), 1)
    leaves = progress(tasks, reports, on=ON, by="task").join(tasks["zone"])
    levels_s, _ = timed(lambda: roll_up(leaves, ["zone", "task"], columns=["target", "done"]), 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(reports):,} reports, {len(tasks):,} tasks, {len(table)} zones; CPU seconds, best of some")
    print(f"progress by zone        {ours:6.2f} s   (both clocks, corrections, earned schedule)")
    print(f"  pandas groupby        {theirs:6.2f} s   (state and shares only)")
    print(f"progress, own windows   {season_s:6.2f} s")
    print(f"s_curve by zone         {curve_s:6.2f} s   ({N_WEEKS} weeks)")
    print(f"  pandas groupby        {day_s * N_WEEKS:6.2f} s   ({N_WEEKS} times one day)")
    print(f"forecast by zone        {forecast_s:6.2f} s   (500 futures of {len(table)} zones, steady works)")
    print(f"roll_up of two levels   {levels_s:6.2f} s   ({len(leaves):,} leaves, two columns)")
    print(f"peak memory             {peak:6.0f} MB  (with the ledger itself)")


def steady(tasks: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tasks with weekly reports of a steady but uneven pace, so that they have an end to forecast."""
    draw = np.random.default_rng(SEED)
    some = np.repeat(np.arange(N_TASKS), 40)
    week = np.tile(np.arange(40), N_TASKS)
    gains = draw.gamma(1.5, 0.01, (N_TASKS, 40)).cumsum(axis=1).ravel()
    done = (gains * tasks["target"].to_numpy()[some]).round(1)
    reports = pd.DataFrame(
        {
            "task": tasks.index.to_numpy()[some],
            "date": ON - pd.to_timedelta(7 * (39 - week), unit="D"),
            "done": done,
        },
        index=pd.Index([f"R{at:07}" for at in range(len(some))], name="report"),
    )
    return tasks, reports


if __name__ == "__main__":
    main()
