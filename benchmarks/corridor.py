"""The green share of belts beside railways, beside geopandas' buffer, union and overlay; paired runs on one core.

    python benchmarks/corridor.py --size M --runs 3

Double-track lines cross a district of zones, gently bent, in pieces of some 500 m with a vertex every 40 m. Plots are
irregular, half of them strewn along the lines, and overlap here and there. Both engines measure, for each zone, the
belt of 50 m on both sides of the tracks and the part of it under plots, in the plane and in memory; checking is part of
the time. geopandas buffers the tracks with flat ends, cuts out the ground between them, unites, and overlays twice.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

import fringe as fr

SIZES = {"S": (100, 4, 4_000), "M": (900, 12, 40_000), "L": (2_500, 20, 100_000)}
CRS = "EPSG:4547"
ORIGIN = np.array([400_000.0, 3_700_000.0])
ZONE_SIDE_M = 2_000.0
WIDTH_M = 50.0
APART_M = 5.0
Floats = npt.NDArray[np.float64]


def make_zones(n: int) -> gpd.GeoDataFrame:
    """Return zones that tile a square."""
    side = round(n**0.5)
    at = np.arange(side)
    west, south = (grid.ravel() * ZONE_SIDE_M for grid in np.meshgrid(at, at))
    west, south = west + ORIGIN[0], south + ORIGIN[1]
    shapes = shapely.box(west, south, west + ZONE_SIDE_M, south + ZONE_SIDE_M)
    names = [f"Z{number:05}" for number in range(len(shapes))]
    return gpd.GeoDataFrame(geometry=shapes, index=pd.Index(names, name="zone"), crs=CRS)


def make_rail(n: int, extent_m: float, rng: np.random.Generator) -> tuple[gpd.GeoDataFrame, list[Floats]]:
    """Return lines of two tracks across the district, in pieces, and their centre lines."""
    rows, shapes, centres = [], [], []
    lanes = ORIGIN[1] + (np.arange(n) + 0.5) * extent_m / n
    for number, lane in enumerate(lanes):
        x = np.arange(0, extent_m + 1, 40.0)
        wave = rng.uniform(4_000, 9_000)
        y = lane + min(extent_m / n / 4, 600) * np.sin(2 * np.pi * (x / wave + rng.random()))
        centre = np.stack([ORIGIN[0] + x, y], axis=1)
        slope = np.gradient(y, x)
        across = np.stack([-slope, np.ones_like(x)], axis=1) / np.hypot(1, slope)[:, np.newaxis]
        centres.append(centre)
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(centre, axis=0).T))])
        for side in (-1, 1):
            track = centre + side * APART_M / 2 * across
            for head in range(0, len(x) - 1, 13):
                shapes.append(shapely.LineString(track[head : head + 14]))
                rows.append((f"line {number}", "conventional", along[head] / 1000 if side < 0 else np.nan))
    table = pd.DataFrame(rows, columns=["line", "rail_class", "km_start"])
    order = rng.permutation(len(rows))
    rail = gpd.GeoDataFrame(table, geometry=shapes, crs=CRS).iloc[order].reset_index(drop=True)
    return rail.rename_axis("track"), centres


def make_plots(n: int, extent_m: float, centres: list[Floats], rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return irregular plots, half of them along the lines."""
    beside = n // 2
    line = rng.integers(0, len(centres), beside)
    vertex = rng.integers(0, len(centres[0]), beside)
    near = np.array([centres[at][where] for at, where in zip(line, vertex, strict=True)])
    near = near + np.stack(
        [rng.uniform(-20, 20, beside), rng.choice([-1, 1], beside) * rng.uniform(15, 60, beside)], axis=1
    )
    far = ORIGIN + rng.uniform(0, extent_m, (n - beside, 2))
    middle, radius = np.concatenate([near, far]), rng.uniform(8, 40, n)
    counts = rng.integers(6, 25, n)
    owner = np.repeat(np.arange(n), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    angle = (place + rng.uniform(-0.3, 0.3, len(owner))) / counts[owner] * 2 * np.pi
    reach = radius[owner] * rng.uniform(0.8, 1.1, len(owner))
    xy = middle[owner] + reach[:, np.newaxis] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    shapes = shapely.polygons(shapely.linearrings(xy, indices=owner))
    return gpd.GeoDataFrame(geometry=shapes, index=pd.Index([f"P{at:06}" for at in range(n)], name="plot"), crs=CRS)


def by_buffers(rail: gpd.GeoDataFrame, plots: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return belt and green areas by zone as a geopandas user computes them: buffer, union, overlay."""
    tracks = rail.dissolve("line").line_merge()
    outer = tracks.buffer(WIDTH_M, cap_style="flat", quad_segs=16)
    # Between the tracks: what is near both of them.
    between = tracks.buffer(APART_M, cap_style="flat").buffer(-APART_M + 0.01).buffer(-0.01, cap_style="flat")
    belt = gpd.GeoDataFrame(geometry=[outer.difference(between).union_all()], crs=rail.crs)
    belts = gpd.overlay(zones.reset_index(), belt, how="intersection", keep_geom_type=True)
    green = gpd.GeoDataFrame(geometry=[plots.union_all()], crs=plots.crs)
    greens = gpd.overlay(belts, green, how="intersection", keep_geom_type=True)
    table = pd.DataFrame({"belt_m2": belts.dissolve("zone").area, "green_m2": greens.dissolve("zone").area})
    return table.reindex(zones.index).fillna(0.0)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return a result and the CPU seconds it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def main() -> None:
    """Print seconds, their ratio with its spread, and how far the figures differ per zone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()
    n_zones, n_lines, n_plots = SIZES[options.size]
    rng = np.random.default_rng(options.seed)
    zones = make_zones(n_zones)
    extent = ZONE_SIDE_M * round(n_zones**0.5)
    rail, centres = make_rail(n_lines, extent, rng)
    plots = make_plots(n_plots, extent, centres, rng)
    print(f"{len(zones)} zones, {len(rail)} pieces of track ({rail.length.sum() / 1000:,.0f} km), {len(plots)} plots")

    def ours(*, planar: bool) -> pd.DataFrame:
        return fr.corridor_coverage(rail, plots, zones, width_m=WIDTH_M, planar=planar, workers=1)

    ours(planar=True)  # imports and compiled loops are not part of the comparison
    plane_s, true_s, theirs_s = [], [], []
    for _ in range(options.runs):
        table, seconds = timed(lambda: ours(planar=True))
        plane_s.append(seconds)
        true_s.append(timed(lambda: ours(planar=False))[1])
        theirs, seconds = timed(lambda: by_buffers(rail, plots, zones))
        theirs_s.append(seconds)
    for name, seconds_of in (("planar", plane_s), ("ellipsoidal", true_s)):
        ratios = [peer / own for peer, own in zip(theirs_s, seconds_of, strict=True)]
        print(
            f"fringe {name:12} {statistics.median(seconds_of):6.2f} s CPU,"
            f" geopandas {statistics.median(theirs_s):6.2f} s:"
            f" {statistics.median(ratios):.1f} x ({min(ratios):.1f} to {max(ratios):.1f})"
        )
    for column in ("belt_m2", "green_m2"):
        total = abs(table[column].sum() / theirs[column].sum() - 1)
        worst = ((table[column] - theirs[column]).abs() / theirs["belt_m2"].clip(lower=1e4)).max()
        print(f"{column}: totals differ by {total:.1e}, a zone by up to {worst:.1e} of its belt")


if __name__ == "__main__":
    main()
