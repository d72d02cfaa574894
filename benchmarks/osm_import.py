"""Time and peak memory of importing OpenStreetMap files, each in a process of its own.

Run ``python benchmarks/osm_import.py [FILE ...]``; without files the two of Liechtenstein under ``FRINGE_DATA``. Wall
and CPU seconds are of `read_osm` alone, the least of three runs; the peak is of the whole process, beside that of
the imports.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

REPEATS = 3


def measure(path: str) -> dict[str, float]:
    """Return seconds and MiB of importing one file."""
    import osmium  # noqa: F401 - its loading is no part of the reading

    from fringe.io.osm import read_osm

    before = peak_mib()
    wall, cpu = [], []
    for _ in range(REPEATS):
        start = time.perf_counter(), time.process_time()
        layers = read_osm(path)
        wall.append(time.perf_counter() - start[0])
        cpu.append(time.process_time() - start[1])
    rows = sum(len(frame) for name, frame in layers.items() if name != "problems")
    return {
        "mb": Path(path).stat().st_size / 1e6,
        "rows": rows,
        "problems": len(layers["problems"]),
        "wall_s": min(wall),
        "cpu_s": min(cpu),
        "peak_mib": peak_mib(),
        "imports_mib": before,
    }


def peak_mib() -> float:
    """Return the peak of this process's memory; Linux counts in KiB, macOS in bytes."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2 ** (20 if sys.platform == "darwin" else 10)


def main(paths: list[str]) -> None:
    if not paths:
        folder = Path(os.environ["FRINGE_DATA"]) / "liechtenstein"
        paths = [str(path) for path in sorted(folder.glob("*.osm.pbf"))]
    for path in paths:
        run = subprocess.run([sys.executable, __file__, "--one", path], capture_output=True, text=True, check=True)
        found = json.loads(run.stdout)
        print(f"{Path(path).name}: " + ", ".join(f"{name} {value:,.2f}" for name, value in found.items()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(sys.argv[2])))
    else:
        main(sys.argv[1:])
