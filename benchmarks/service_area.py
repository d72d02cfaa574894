"""Service areas beside geopandas' buffer, union and overlay and beside DuckDB spatial, in paired runs on one core.

    python -m benchmarks.service_area --size M --runs 3

Zones and parks are those of `coverage.py`; every park serves 300 m. All draw arcs with as many chords
(`fringe.measure.served.ARC_PARTS` to a quarter). The peers' radii are metres of the plane that make 300 m of the ground
at each park, worked out before the clock starts; they take areas in the plane, `fringe` on the ellipsoid, so that
shares are compared. Input is in memory; checking and repairing it is part of the time. DuckDB runs where its package
and the wheel of its spatial extension are installed.
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
import pandas as pd
import shapely
from benchmarks.coverage import timed
from benchmarks.district import SIZES, make_plots, make_zones

from fringe.measure.served import ARC_PARTS
from fringe.measure.service import service_area
from fringe.model.scale import inverse_areal_scale

RADIUS_M = 300.0
# Fewer parks, so that served and bare ground alternate: there cells save nothing.
SPARSE = 5
Result = pd.Series


def radii(parks: gpd.GeoDataFrame) -> np.ndarray:
    """Return the metres of the plane that are `RADIUS_M` of the ground at each park."""
    centre = parks.geometry.centroid
    return RADIUS_M / np.sqrt(inverse_areal_scale(parks.crs, centre.x.to_numpy(), centre.y.to_numpy()))


def by_overlay(parks: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> Result:
    """Return served areas as a geopandas user computes them, the union taken apart so that overlay is quick."""
    union = parks.buffer(parks["radius"], quad_segs=ARC_PARTS).union_all()
    served = gpd.GeoDataFrame(geometry=[union], crs=parks.crs).explode(ignore_index=True)
    pieces = gpd.overlay(zones.reset_index(), served, how="intersection", keep_geom_type=True)
    return pieces.dissolve("zone").area.reindex(zones.index, fill_value=0.0)


def duckdb_query(parks: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> Callable[[], Result] | None:
    """Return the same in SQL, tables loaded; `None` without DuckDB."""
    if find_spec("duckdb") is None or find_spec("duckdb_extension_spatial") is None:
        return None
    import duckdb

    folders = find_spec("duckdb_extension_spatial").submodule_search_locations
    extension = next(Path(folders[0]).rglob("*.duckdb_extension"))
    base = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": "1"})
    base.execute(f"load '{extension}'")
    for name, layer in (("parks", parks), ("zones", zones)):
        frame = pd.DataFrame({"zone": layer.index.astype(str), "wkb": shapely.to_wkb(layer.geometry.array)})
        base.register("frame", frame.assign(radius=layer.get("radius", pd.Series(0.0, layer.index)).to_numpy()))
        base.execute(f"create table {name} as select zone, radius, st_geomfromwkb(wkb::blob) shape from frame")  # noqa: S608
    query = f"""
        with reaches as (select st_buffer(shape, radius, {ARC_PARTS}) reach from parks),
        served as (select zone, any_value(zones.shape) shape, st_union_agg(reach) ground
                   from zones join reaches on st_intersects(zones.shape, reach) group by zone)
        select zone, st_area(st_intersection(shape, ground)) area from served"""  # noqa: S608 - numbers and names of our own
    return lambda: base.execute(query).df().set_index("zone")["area"].reindex(zones.index, fill_value=0.0)


def compare(name: str, parks: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, runs: int) -> None:
    """Print seconds, ratios with their spread and the greatest difference per zone."""
    peers = {"geopandas": lambda: by_overlay(parks, zones), "DuckDB": duckdb_query(parks, zones)}
    seconds: dict[str, list[float]] = {"fringe": [], **{peer: [] for peer, work in peers.items() if work}}
    found = {}
    for _ in range(runs):
        table, took = timed(lambda: service_area(parks, zones, radius_m=RADIUS_M))
        seconds["fringe"].append(took)
        for peer, work in peers.items():
            if work is not None:
                found[peer], took = timed(work)
                seconds[peer].append(took)
    print(f"{name}: {len(zones)} zones x {len(parks)} parks, {table['served_share'].mean():.1%} served")
    print(f"  fringe    {statistics.median(seconds['fringe']):7.2f} s CPU")
    for peer, result in found.items():
        ratios = [theirs / ours for theirs, ours in zip(seconds[peer], seconds["fringe"], strict=True)]
        # Shares, since areas here are the ellipsoid's and there the plane's.
        off = (table["served_share"] - result / zones.area).abs().max()
        print(
            f"  {peer:9} {statistics.median(seconds[peer]):7.2f} s CPU: {statistics.median(ratios):.1f} x"
            f" ({min(ratios):.1f} to {max(ratios):.1f}), shares differ by {off:.1e}"
        )


def main() -> None:
    """Compare on dense and on sparse parks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()
    n_zones, n_parks = SIZES[options.size]
    rng = np.random.default_rng(options.seed)
    zones = make_zones(n_zones, rng)
    parks = make_plots(n_parks, zones, rng)
    parks["radius"] = radii(parks)
    service_area(parks, zones, radius_m=RADIUS_M)  # compiles what is compiled, once on a machine
    compare("dense", parks, zones, options.runs)
    compare("sparse", parks.iloc[::SPARSE], zones, options.runs)
    print(f"peak memory of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
