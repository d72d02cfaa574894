"""Coverage beside geopandas' overlay and dissolve and DuckDB's spatial extension, on one core.

    python -m benchmarks.coverage --size M --kind plain --runs 3 --peers geopandas duckdb

Runs are paired: each peer after each run of ours, in one process. Everything is in memory before the clock starts;
checking and repairing the layers is within it. Seconds are those of the processor. `--memory` prints what one run of
ours needs at most in a process of its own. `--noise` compares 10,000 parcels with and without a millimetre of noise.
See `district` for the kinds of data.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from benchmarks.district import SIZES, make_blocks, make_district, make_parcels

from fringe.measure.coverage import coverage

Peer = Callable[[], "pd.Series[float]"]


def by_overlay(plots: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> Peer:
    """Return covered areas as a geopandas user computes them."""

    def run() -> pd.Series[float]:
        pieces = gpd.overlay(plots, zones.reset_index(), how="intersection", keep_geom_type=True)
        return pieces.dissolve("zone").area.reindex(zones.index, fill_value=0.0)

    return run


def by_duckdb(plots: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> Peer:
    """Return the same by DuckDB, its tables filled beforehand."""
    import duckdb

    folders = find_spec("duckdb_extension_spatial").submodule_search_locations
    extension = next(Path(folders[0]).rglob("*.duckdb_extension"))
    base = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": "1"})
    base.execute(f"load '{extension}'")
    for name, layer in (("zones", zones), ("plots", plots)):
        rows = pd.DataFrame({"id": np.arange(len(layer)), "wkb": shapely.to_wkb(layer.geometry.array)})
        base.register("rows", rows)
        base.execute(f"CREATE TABLE {name} AS SELECT id, ST_GeomFromWKB(wkb) AS geom FROM rows")  # noqa: S608
        base.unregister("rows")
    query = """
        SELECT z.id, ST_Area(ST_Union_Agg(ST_Intersection(z.geom, p.geom))) AS m2
        FROM zones z JOIN plots p ON ST_Intersects(z.geom, p.geom) GROUP BY z.id
    """

    def run() -> pd.Series[float]:
        found = base.execute(query).df().set_index("id")["m2"]
        found = found.reindex(range(len(zones)), fill_value=0.0)
        return pd.Series(found.to_numpy(), index=zones.index)

    return run


PEERS = {"geopandas": by_overlay, "duckdb": by_duckdb}


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return a result and the CPU seconds it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def against_peers(options: argparse.Namespace) -> None:
    """Print seconds, their ratio to each peer's with its spread, and the greatest difference per zone."""
    zones, plots = make_district(options.kind, options.size, options.seed)
    vertices = shapely.get_num_coordinates(plots.geometry.array).sum()
    print(f"{options.kind} {options.size}: {len(zones)} zones x {len(plots)} plots of {vertices} vertices")
    ways = {"ellipsoidal": {}, "planar": {"planar": True}, "five classes": {"by": "class"}}
    print(f"first run, loading or compiling: {timed(lambda: coverage(plots, zones, workers=1))[1]:.2f} s")
    peers = {name: PEERS[name](plots, zones) for name in options.peers}
    ours: dict[str, list[float]] = {name: [] for name in ways}
    theirs: dict[str, list[float]] = {name: [] for name in peers}
    planar = pd.DataFrame()
    for _ in range(options.runs):
        for name, way in ways.items():
            table, seconds = timed(lambda way=way: coverage(plots, zones, workers=1, **way))
            ours[name].append(seconds)
            planar = table if name == "planar" else planar
        for name, peer in peers.items():
            found, seconds = timed(peer)
            theirs[name].append(seconds)
            off = ((planar["covered_m2"] - found).abs() / found.clip(lower=1)).max()
            print(f"  {name}: greatest difference per zone {off:.1e}")
    for way, seconds in ours.items():
        print(f"fringe {way:13} {spread(seconds)} s")
        for name, others in theirs.items():
            ratios = [other / own for other, own in zip(others, seconds, strict=True)]
            print(f"    {name} {spread(others)} s: {spread(ratios)} x")
    walls = {}
    for workers in (1, 2, 1, 2):
        start = time.perf_counter()
        coverage(plots, zones, workers=workers)
        walls[workers] = min(time.perf_counter() - start, walls.get(workers, np.inf))
    print(f"two threads: {walls[1] / walls[2]:.2f} x one, by the clock on the wall")


def memory(options: argparse.Namespace) -> None:
    zones, plots = make_district(options.kind, options.size, options.seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _, seconds = timed(lambda: coverage(plots, zones, workers=1))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{options.kind} {options.size}: {seconds:.2f} s, peak {after:.0f} MB ({before:.0f} MB with the data alone)")


def noise(options: argparse.Namespace) -> None:
    """Print the time and the sum of parcels with and without noise."""
    clean, noisy = (
        make_parcels(10_000, np.random.default_rng(options.seed), noise_m=noise_m) for noise_m in (0.0, 1e-3)
    )
    zones = make_blocks(clean, 400)
    layers = [gpd.GeoDataFrame(geometry=shapes, crs=zones.crs) for shapes in (clean, noisy)]
    coverage(layers[1], zones, workers=1)
    times: list[list[float]] = [[], []]
    for _ in range(options.runs):
        for at, layer in enumerate(layers):
            table, seconds = timed(lambda layer=layer: coverage(layer, zones, planar=True, workers=1))
            times[at].append(seconds)
            print(f"  {'noisy' if at else 'clean'} {seconds:.3f} s, covered {table['covered_m2'].sum():.3f} m2")
    ratios = [noisy_s / clean_s for clean_s, noisy_s in zip(*times, strict=True)]
    print(f"10,000 parcels with 1 mm of noise: {spread(ratios)} x the time of the clean ones")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--kind", choices=("plain", "holed", "snapped", "noisy"), default="plain")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=["geopandas"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--noise", action="store_true")
    options = parser.parse_args()
    (memory if options.memory else noise if options.noise else against_peers)(options)


if __name__ == "__main__":
    main()
