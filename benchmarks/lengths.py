"""Lengths beside geopandas' overlay and beside DuckDB spatial, in paired runs on one core.

    python -m benchmarks.lengths --size M --runs 3

Zones are those of `coverage.py`; roads are long bending lines of 15 to 90 vertices some 60 m apart. Peers measure in
the plane and count a stretch along a border in every zone that has it; there is none here. `fringe` measures on the
ellipsoid, and in the plane for the comparison of figures. Input is in memory; checking it is part of the time.
Compiled loops are loaded before the clock starts, as they are for whoever measures twice.
"""

from __future__ import annotations

import argparse
import resource
import statistics
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from benchmarks.coverage import timed
from benchmarks.district import CRS, SIZES, make_zones

from fringe.measure.lengths import lengths

STEP_M = 60.0
Result = pd.Series


def make_roads(n: int, zones: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return n bending roads that begin somewhere in the district."""
    west, south, east, north = zones.total_bounds
    counts = rng.integers(15, 91, n)
    first = np.cumsum(counts) - counts
    owner = np.repeat(np.arange(n), counts)
    turn = rng.normal(0, 0.18, counts.sum())
    turn[first] = rng.uniform(0, 2 * np.pi, n)
    heading = sums_within(turn, first, owner)
    step = (
        STEP_M * rng.uniform(0.5, 1.5, len(owner))[:, np.newaxis] * np.stack([np.cos(heading), np.sin(heading)], axis=1)
    )
    step[first] = np.stack([rng.uniform(west, east, n), rng.uniform(south, north, n)], axis=1)
    xy = np.stack([sums_within(step[:, axis], first, owner) for axis in (0, 1)], axis=1)
    names = pd.Index([f"R{at:06}" for at in range(n)], name="road")
    return gpd.GeoDataFrame(geometry=shapely.linestrings(xy, indices=owner), index=names, crs=CRS)


def sums_within(
    values: npt.NDArray[np.float64], first: npt.NDArray[np.intp], owner: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Return running sums that begin anew at each first place."""
    total = np.cumsum(values)
    return total - (total[first] - values[first])[owner]


def by_overlay(roads: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> Result:
    """Return lengths as a geopandas user computes them."""
    pieces = gpd.overlay(roads, zones.reset_index(), how="intersection", keep_geom_type=True)
    return pieces.length.groupby(pieces["zone"]).sum().reindex(zones.index, fill_value=0.0)


def duckdb_query(roads: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> Callable[[], Result] | None:
    """Return the same in SQL, tables loaded; `None` without DuckDB."""
    if find_spec("duckdb") is None or find_spec("duckdb_extension_spatial") is None:
        return None
    import duckdb

    folders = find_spec("duckdb_extension_spatial").submodule_search_locations
    extension = next(Path(folders[0]).rglob("*.duckdb_extension"))
    base = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": "1"})
    base.execute(f"load '{extension}'")
    for name, layer in (("zones", zones), ("roads", roads)):
        given = pd.DataFrame({"id": layer.index, "wkb": shapely.to_wkb(layer.geometry.array)})
        base.register("given", given)
        base.execute(f"create table {name} as select id, ST_GeomFromWKB(wkb) as shape from given")  # noqa: S608
        base.unregister("given")
    query = (
        "select z.id, sum(ST_Length(ST_Intersection(z.shape, r.shape))) as metres "
        "from zones z join roads r on ST_Intersects(z.shape, r.shape) group by z.id"
    )
    return lambda: base.execute(query).df().set_index("id")["metres"].reindex(zones.index, fill_value=0.0)


def main() -> None:
    """Print seconds, their ratio with its spread, and the greatest difference per zone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    n_zones = SIZES[options.size][0]
    zones = make_zones(n_zones, rng)
    roads = make_roads(2 * n_zones, zones, rng)
    vertices = shapely.get_num_coordinates(roads.geometry.array).sum()
    print(f"{len(zones)} zones x {len(roads)} roads, {vertices} vertices, {roads.length.sum() / 1000:.0f} km")
    peers = {"geopandas": lambda: by_overlay(roads, zones), "DuckDB": duckdb_query(roads, zones)}
    peers = {name: work for name, work in peers.items() if work is not None}
    lengths(roads, zones, workers=1)
    plane = lengths(roads, zones, planar=True, workers=1)["length_m"]
    seconds: dict[str, list[float]] = {name: [] for name in ("fringe", *peers)}
    found = {}
    for _ in range(options.runs):
        seconds["fringe"].append(timed(lambda: lengths(roads, zones, workers=1))[1])
        for name, work in peers.items():
            found[name], spent = timed(work)
            seconds[name].append(spent)
    print(f"fringe {statistics.median(seconds['fringe']):.2f} s CPU")
    for name in peers:
        ratios = [peer / own for peer, own in zip(seconds[name], seconds["fringe"], strict=True)]
        off = ((plane - found[name]).abs() / found[name].clip(lower=1)).max()
        print(
            f"{name} {statistics.median(seconds[name]):.2f} s: {statistics.median(ratios):.1f} x"
            f" ({min(ratios):.1f} to {max(ratios):.1f}); greatest difference per zone {off:.1e}"
        )
    print(f"peak memory of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
