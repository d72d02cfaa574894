"""A season's coverage in one pass beside a single day's, in paired runs on one core.

    python -m benchmarks.season --size M --weeks 26 --runs 3

Zones and plots are those of `coverage.py`. Each plot is planned, begun, planted, accepted, kept and now and then lost
on days of its own, so that every status is met in most weeks. What is compared: coverage on one day, coverage on all
weeks, and the same by status.
"""

from __future__ import annotations

import argparse
import resource
import statistics

import geopandas as gpd
import numpy as np
import pandas as pd
from benchmarks.coverage import timed
from benchmarks.district import SIZES, make_plots, make_zones

from fringe.measure.coverage import coverage

FIRST = pd.Timestamp("2019-11-04")
LOST_SHARE = 0.05
STEPS = ("planned_on", "started_on", "planted_on", "accepted_on", "kept_on")


def make_dates(plots: gpd.GeoDataFrame, weeks: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the plots with a life over the weeks."""
    days = np.cumsum(rng.integers(3, 7 * weeks // 3, (len(plots), len(STEPS))), axis=1)
    columns = {name: FIRST + pd.to_timedelta(days[:, at], unit="D") for at, name in enumerate(STEPS)}
    lost = FIRST + pd.to_timedelta(rng.integers(0, 7 * weeks, len(plots)), unit="D")
    columns["lost_on"] = pd.Series(lost).where(rng.random(len(plots)) < LOST_SHARE).to_numpy()
    return plots.assign(**columns)


def main() -> None:
    """Print seconds, their ratios to one day, and the greatest difference from single calls."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--weeks", type=int, default=26)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    n_zones, n_plots = SIZES[options.size]
    zones = make_zones(n_zones, rng)
    plots = make_dates(make_plots(n_plots, zones, rng), options.weeks, rng)
    days = [FIRST + pd.Timedelta(weeks=week) for week in range(1, options.weeks + 1)]
    last = days[-1]
    coverage(plots, zones, on=last, workers=1)
    works = {
        "one day": lambda: coverage(plots, zones, on=last, workers=1),
        f"{options.weeks} weeks": lambda: coverage(plots, zones, on=days, workers=1),
        f"{options.weeks} weeks by status": lambda: coverage(plots, zones, by="status", on=days, workers=1),
    }
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(options.runs):
        for name, work in works.items():
            table, spent = timed(work)
            seconds[name].append(spent)
    print(f"{len(zones)} zones x {len(plots)} plots, statuses {sorted(table.index.unique('status'))}")
    for name, spent in seconds.items():
        ratios = [own / one for own, one in zip(spent, seconds["one day"], strict=True)]
        print(f"{name}: {statistics.median(spent):.2f} s CPU, {statistics.median(ratios):.2f} x"
              f" ({min(ratios):.2f} to {max(ratios):.2f})")  # fmt: skip
    season = coverage(plots, zones, on=days, workers=1)["covered_m2"].unstack("date")  # noqa: PD010
    off = max(
        (season[day].reindex(zones.index) - coverage(plots, zones, on=day, workers=1)["covered_m2"]).abs().max()
        for day in (days[0], days[len(days) // 2], last)
    )
    print(f"greatest difference from single days {off:.1e} m2")
    print(f"peak memory of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
