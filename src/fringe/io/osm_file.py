"""OpenStreetMap files: the formats read, and which of some ways a file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FORMATS = {".osm": "osm", ".osm.pbf": "pbf", ".pbf": "pbf", ".osm.gz": "osm.gz", ".osm.bz2": "osm.bz2"}
"""How a file's name may end, and what its format is called by the reader."""


def osm_file(path: Path) -> Any:
    """Return the reader's handle of a file; the format goes by the name's end, in any case."""
    import osmium

    suffix = max((end for end in FORMATS if path.name.lower().endswith(end)), key=len)
    return osmium.io.File(str(path), FORMATS[suffix])


def present_ways(ways: set[int], path: Path) -> set[int]:
    """Return which of the ways are in the file."""
    import osmium

    if not ways:
        return set()
    processor = osmium.FileProcessor(osm_file(path), osmium.osm.WAY).with_filter(osmium.filter.IdFilter(ways))
    return {way.id for way in processor}
