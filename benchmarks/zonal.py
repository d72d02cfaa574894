"""Zonal statistics beside exactextract and rasterstats, in paired runs on one core, with seeded data of its own.

    python benchmarks/zonal.py --size M --type uint8 --runs 3

Zones tile nearly all of the raster, with wiggled borders of some 250 vertices each; the raster is a tiled GeoTIFF in
memory, a fiftieth of it without data. Mean, sum and count of every zone in one call. Cells on borders are counted by
their exact fraction here and in exactextract, by their centre in rasterstats. Compiled code is loaded before the clock
starts; checking the zones is within it. Size L (520 million cells) is there for its memory: peers are left out unless
asked for with ``--peers``.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The scripts beside this one are no modules: one of them has the name of a package that numba looks for.
sys.path = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent]

import geopandas as gpd  # noqa: E402
import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402
import pandas as pd  # noqa: E402
import rasterio  # noqa: E402
import shapely  # noqa: E402

import fringe as fr  # noqa: E402

SIZES = {"S": (1_000, 100), "M": (5_000, 1_024), "L": (22_800, 10_000)}
CELL_M, LEFT, TOP = 10.0, 400_000.0, 4_000_000.0
NODATA = 7
PARTS = 64
STATS = ("mean", "sum", "count")
Floats = npt.NDArray[np.float64]


def make_raster(path: str, side: int, kind: str, rng: np.random.Generator) -> None:
    """Write a raster of noise, band after band of rows."""
    grid = {"transform": rasterio.Affine(CELL_M, 0, LEFT, 0, -CELL_M, TOP), "crs": "EPSG:32650", "nodata": NODATA}
    blocks = {"tiled": True, "blockxsize": 512, "blockysize": 512, "BIGTIFF": "IF_SAFER"}
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=1, dtype=kind, **grid, **blocks
    ) as out:
        for row in range(0, side, 512):
            rows = min(512, side - row)
            cells = rng.integers(0, 50, (rows, side), dtype="uint8").astype(kind)
            out.write(cells, 1, window=rasterio.windows.Window(0, row, side, rows))


def wiggled(start: Floats, end: Floats, rng: np.random.Generator) -> Floats:
    """Return borders between points as polylines, by midpoint displacement; shape ``(n, PARTS + 1, 2)``."""
    line = np.empty((len(start), PARTS + 1, 2))
    line[:, 0], line[:, -1] = start, end
    across = np.stack([start[:, 1] - end[:, 1], end[:, 0] - start[:, 0]], axis=1)
    step, height = PARTS, 0.06
    while step > 1:
        half = step // 2
        for at in range(half, PARTS, step):
            shift = (height * rng.uniform(-1, 1, len(start)))[:, np.newaxis]
            line[:, at] = (line[:, at - half] + line[:, at + half]) / 2 + across * shift
        step, height = half, height / 2
    return line


def make_zones(n: int, side: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return about n zones that tile the middle 96 % of the raster each way."""
    count = round(n**0.5)
    x, y = np.meshgrid(np.arange(count + 1.0), np.arange(count + 1.0), indexing="ij")
    knots = np.stack([x, y], axis=-1) + rng.uniform(-0.2, 0.2, (count + 1, count + 1, 2))
    knots = (0.02 + 0.96 * knots / count) * side * CELL_M * [1, -1] + [LEFT, TOP]
    along_x = wiggled(knots[:-1].reshape(-1, 2), knots[1:].reshape(-1, 2), rng).reshape(count, count + 1, -1, 2)
    along_y = wiggled(knots[:, :-1].reshape(-1, 2), knots[:, 1:].reshape(-1, 2), rng).reshape(count + 1, count, -1, 2)
    rings = [
        np.concatenate([along_x[i, j, :-1], along_y[i + 1, j, :-1], along_x[i, j + 1, :0:-1], along_y[i, j, :0:-1]])
        for i in range(count)
        for j in range(count)
    ]
    shapes = shapely.polygons(rings)
    if not shapely.is_valid(shapes).all():
        raise SystemExit("the borders cross: choose another seed")
    return gpd.GeoDataFrame(geometry=shapes, index=pd.RangeIndex(len(shapes), name="zone"), crs="EPSG:32650")


def by_exactextract(path: str, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the same from exactextract."""
    import exactextract

    return exactextract.exact_extract(path, zones, list(STATS), output="pandas")


def by_rasterstats(path: str, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what rasterstats says, by the centres of cells."""
    import rasterstats

    return pd.DataFrame(rasterstats.zonal_stats(zones, path, stats=list(STATS)))


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return a result and the CPU seconds it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print seconds, ratios with their spread, the greatest difference per zone, and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--type", choices=("uint8", "int16", "float32"), default="uint8")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--file", help="keep the raster in this file instead of in memory; written if it is not there")
    parser.add_argument("--peers", action="store_true", help="also for size L")
    options = parser.parse_args()
    side, n_zones = SIZES[options.size]
    rng = np.random.default_rng(options.seed)
    zones = make_zones(n_zones, side, rng)
    path = options.file or "/vsimem/benchmark.tif"
    if not (options.file and Path(path).exists()):
        make_raster(path, side, options.type, rng)
    print(f"{side * side / 1e6:.0f} million cells of {options.type}, {len(zones)} zones; {peak_mb():.0f} MB before")
    fr.zonal(path, zones, stats=STATS, workers=1)
    print(f"peak memory of the process after fringe {peak_mb():.0f} MB")
    peers = {"exactextract": by_exactextract, "rasterstats": by_rasterstats}
    if options.size == "L" and not options.peers:
        peers = {}
    seconds: dict[str, list[float]] = {name: [] for name in ("fringe", *peers)}
    tables = {}
    for _ in range(options.runs):
        tables["fringe"], spent = timed(lambda: fr.zonal(path, zones, stats=STATS, workers=1))
        seconds["fringe"].append(spent)
        for name, peer in peers.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tables[name], spent = timed(lambda peer=peer: peer(path, zones))
            seconds[name].append(spent)
    print(f"fringe {statistics.median(seconds['fringe']):.3f} s CPU")
    for name in peers:
        ratios = [theirs / ours for theirs, ours in zip(seconds[name], seconds["fringe"], strict=True)]
        mine, theirs = (tables[of][["mean", "count"]].to_numpy(dtype=float) for of in ("fringe", name))
        off = np.max(np.abs(mine - theirs) / np.abs(theirs))
        spread = f"{statistics.median(ratios):.1f} x ({min(ratios):.1f} to {max(ratios):.1f})"
        print(
            f"{name:13} {statistics.median(seconds[name]):7.2f} s CPU: {spread}; greatest difference per zone {off:.1e}"
        )


if __name__ == "__main__":
    main()
