"""Coverage beside geopandas' overlay and dissolve, in paired runs on one core, with seeded data of its own.

    python benchmarks/coverage.py --size M --runs 3

Zones tile a district with wiggled borders of some 250 vertices each. Plots are irregular, of 6 to 40 vertices; a tenth
overlap another, a tenth cross a border, some have holes or two parts. Everything is in memory before the clock starts;
checking and repairing the layers is within it.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.measure.coverage import coverage

SIZES = {"XS": (196, 2_000), "S": (1_024, 10_000), "M": (5_041, 100_000)}
CRS = "EPSG:4547"
ORIGIN = (400_000.0, 3_700_000.0)
ZONE_SIDE_M = 1_400.0
EDGE_PARTS = 64
Floats = npt.NDArray[np.float64]


def wiggled(start: Floats, end: Floats, rng: np.random.Generator) -> Floats:
    """Return borders between points as polylines, by midpoint displacement; shape ``(n, EDGE_PARTS + 1, 2)``."""
    line = np.empty((len(start), EDGE_PARTS + 1, 2))
    line[:, 0], line[:, -1] = start, end
    across = np.stack([start[:, 1] - end[:, 1], end[:, 0] - start[:, 0]], axis=1)
    step, height = EDGE_PARTS, 0.06
    while step > 1:
        half = step // 2
        for at in range(half, EDGE_PARTS, step):
            shift = (height * rng.uniform(-1, 1, len(start)))[:, np.newaxis]
            line[:, at] = (line[:, at - half] + line[:, at + half]) / 2 + across * shift
        step, height = half, height / 2
    return line


def make_zones(n: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return about n zones that tile a square, neighbours sharing every vertex of their border."""
    side = round(n**0.5)
    x, y = np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0), indexing="ij")
    knots = np.stack([x, y], axis=-1) + rng.uniform(-0.2, 0.2, (side + 1, side + 1, 2))
    knots = knots * ZONE_SIDE_M + ORIGIN
    along_x = wiggled(knots[:-1].reshape(-1, 2), knots[1:].reshape(-1, 2), rng).reshape(side, side + 1, -1, 2)
    along_y = wiggled(knots[:, :-1].reshape(-1, 2), knots[:, 1:].reshape(-1, 2), rng).reshape(side + 1, side, -1, 2)
    rings = [
        np.concatenate([along_x[i, j, :-1], along_y[i + 1, j, :-1], along_x[i, j + 1, :0:-1], along_y[i, j, :0:-1]])
        for i in range(side)
        for j in range(side)
    ]
    shapes = shapely.set_precision([shapely.Polygon(ring) for ring in rings], 0)
    if not shapely.is_valid(shapes).all():
        raise SystemExit("the borders cross: choose another seed")
    names = [f"Z{at:05}" for at in range(len(shapes))]
    return gpd.GeoDataFrame(geometry=shapes, index=pd.Index(names, name="zone"), crs=CRS)


def stars(centre: Floats, radius: Floats, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Return irregular star-shaped polygons of 6 to 40 vertices."""
    counts = rng.integers(6, 41, len(centre))
    owner = np.repeat(np.arange(len(centre)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    angle = (place + rng.uniform(-0.3, 0.3, len(owner))) / counts[owner] * 2 * np.pi
    lobes, turn = rng.uniform(0, 0.25, len(centre)), rng.uniform(0, 2 * np.pi, len(centre))
    reach = radius[owner] * (0.8 + lobes[owner] * np.sin(2 * angle + turn[owner]))
    xy = centre[owner] + reach[:, np.newaxis] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(shapely.polygons(shapely.linearrings(xy, indices=owner)), dtype=object)


def make_plots(n: int, zones: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return n plots: most lie apart on a jittered grid, the rest over others; some are holed, some in two parts."""
    west, south, east, north = zones.total_bounds
    apart = round(n * 0.94)
    side = int(np.ceil((apart * 1.05) ** 0.5))
    pitch = np.array([east - west, north - south]) / side
    cells = np.stack(np.divmod(rng.permutation(side * side)[:apart], side), axis=1)
    radius = np.clip(rng.lognormal(np.log(45), 0.45, apart), 10, 0.42 * pitch.min())
    room = np.maximum(pitch / 2 - 1.2 * radius[:, np.newaxis], 0)
    centre = np.array([west, south]) + (cells + 0.5) * pitch + rng.uniform(-1, 1, (apart, 2)) * room
    over = rng.integers(0, apart, n - apart)
    turn = rng.uniform(0, 2 * np.pi, n - apart)
    shift = (
        np.stack([np.cos(turn), np.sin(turn)], axis=1) * (radius[over] * rng.uniform(0.2, 1, n - apart))[:, np.newaxis]
    )
    centre = np.concatenate([centre, centre[over] + shift])
    radius = np.concatenate([radius, radius[over] * rng.uniform(0.5, 1, n - apart)])
    radius[rng.integers(0, n, n // 500)] = 300.0
    shapes = stars(centre, radius, rng)
    kind = rng.random(n)
    holed, paired = np.flatnonzero(kind < 0.05), np.flatnonzero((kind > 0.05) & (kind < 0.08))
    shapes[holed] = shapely.difference(shapes[holed], stars(centre[holed], radius[holed] * 0.4, rng))
    beside = stars(centre[paired] + [2.5, 0] * radius[paired, np.newaxis], radius[paired] * 0.7, rng)
    shapes[paired] = shapely.union(shapes[paired], beside)
    order = rng.permutation(n)
    names = [f"P{at:06}" for at in range(n)]
    return gpd.GeoDataFrame(geometry=shapes[order], index=pd.Index(names, name="plot"), crs=CRS)


def by_overlay(plots: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.Series[float]:
    """Return covered areas as a geopandas user computes them."""
    pieces = gpd.overlay(plots, zones.reset_index(), how="intersection", keep_geom_type=True)
    return pieces.dissolve("zone").area.reindex(zones.index, fill_value=0.0)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return a result and the CPU seconds it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def main() -> None:
    """Print seconds, their ratio with its spread, and the greatest difference per zone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()
    n_zones, n_plots = SIZES[options.size]
    rng = np.random.default_rng(options.seed)
    zones = make_zones(n_zones, rng)
    plots = make_plots(n_plots, zones, rng)
    plots["class"] = rng.choice(["a", "b", "c", "d", "e"], len(plots))
    print(
        f"{len(zones)} zones x {len(plots)} plots, {shapely.get_num_coordinates(plots.geometry.array).sum()} vertices"
    )
    ours_s, plane_s, split_s, theirs_s = [], [], [], []
    for _ in range(options.runs):
        table, seconds = timed(lambda: coverage(plots, zones, workers=1))
        ours_s.append(seconds)
        plane, seconds = timed(lambda: coverage(plots, zones, planar=True, workers=1))
        plane_s.append(seconds)
        split_s.append(timed(lambda: coverage(plots, zones, by="class", workers=1))[1])
        theirs, seconds = timed(lambda: by_overlay(plots, zones))
        theirs_s.append(seconds)
    for name, seconds in (("ellipsoidal", ours_s), ("planar", plane_s), ("five classes", split_s)):
        ratios = [peer / own for peer, own in zip(theirs_s, seconds, strict=True)]
        print(
            f"fringe {name:13} {statistics.median(seconds):7.2f} s CPU, geopandas {statistics.median(theirs_s):6.2f} s:"
            f" {statistics.median(ratios):.1f} x ({min(ratios):.1f} to {max(ratios):.1f})"
        )
    off = ((plane["covered_m2"] - theirs).abs() / theirs.clip(lower=1)).max()
    print(f"greatest difference per zone {off:.1e}; covered {table['covered_m2'].sum() / 1e6:.2f} km2")
    print(f"peak memory of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
