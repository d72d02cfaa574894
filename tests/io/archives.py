"""Archives of tiles made by hand: Mapbox vector tiles, MBTiles by sqlite, PMTiles by its own package."""

from __future__ import annotations

import gzip
import json
import math
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import shapely

HALF_M = math.pi * 6378137.0
EXTENT = 4096
# What tiles hold beyond their borders.
BUFFER = 64
Shape = shapely.Geometry


def bounds(zoom, x, y):
    step = 2 * HALF_M / 2**zoom
    return x * step - HALF_M, HALF_M - (y + 1) * step, (x + 1) * step - HALF_M, HALF_M - y * step


def place(zoom, at):
    """The tile in which a place in Web Mercator metres lies."""
    step = 2 * HALF_M / 2**zoom
    return int((at[0] + HALF_M) // step), int((HALF_M - at[1]) // step)


def _varint(number):
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _field(number, data):
    if isinstance(data, int):
        return _varint(number << 3) + _varint(data)
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _commands(shape):
    """The geometry of a feature as commands; rings outer first, in tile coordinates with y pointing down."""
    polygons = shape.geom_type == "Polygon"
    lines = [shape.exterior, *shape.interiors] if polygons else [shape]
    found, last = [], (0, 0)
    for number, line in enumerate(lines):
        xy = [(round(x), round(y)) for x, y in line.coords]
        if polygons:
            ring = shapely.LinearRing(xy)
            # With y pointing down, an outer ring has positive area by the surveyor's formula.
            wrong = ring.is_ccw == (number > 0)
            xy = (xy[::-1] if wrong else xy)[:-1]
        steps = []
        for point in xy:
            steps += [(point[axis] - last[axis]) << 1 ^ (point[axis] - last[axis]) >> 31 for axis in (0, 1)]
            last = point
        found += [1 << 3 | 1, *steps[:2], (len(xy) - 1) << 3 | 2, *steps[2:]]
        found += [1 << 3 | 7] if polygons else []
    return b"".join(_varint(step) for step in found)


def vector_tile(zoom, x, y, layers: Mapping[str, list[tuple[Shape, dict[str, str]]]]) -> bytes:
    """A tile of layers whose shapes are in Web Mercator metres; empty without any in it."""
    west, south, east, north = bounds(zoom, x, y)
    scale = EXTENT / (east - west)
    reach = BUFFER / scale
    tile = b""
    for name, rows in layers.items():
        keys, values, features = [], [], b""
        for number, (shape, facts) in enumerate(rows, 1):
            cut = shapely.clip_by_rect(shape, west - reach, south - reach, east + reach, north + reach)
            for part in shapely.get_parts(shapely.transform(cut, lambda xy: (xy - [west, north]) * [scale, -scale])):
                if part.is_empty:
                    continue
                tags = []
                for key, value in facts.items():
                    keys += [key] if key not in keys else []
                    values += [value] if value not in values else []
                    tags += [keys.index(key), values.index(value)]
                kind = 3 if part.geom_type == "Polygon" else 2
                packed = b"".join(map(_varint, tags))
                features += _field(
                    2, _field(1, number) + _field(2, packed) + _field(3, kind) + _field(4, _commands(part))
                )
        if features:
            words = b"".join(_field(3, key.encode()) for key in keys)
            words += b"".join(_field(4, _field(1, value.encode())) for value in values)
            tile += _field(3, _field(15, 2) + _field(1, name.encode()) + features + words + _field(5, EXTENT))
    return tile


def vector_tiles(layers, zooms):
    """All tiles of zooms that hold anything, gzipped."""
    shapes = shapely.union_all([shape.envelope for rows in layers.values() for shape, _ in rows]).bounds
    found = {}
    for zoom in zooms:
        west, north = place(zoom, (shapes[0], shapes[3]))
        east, south = place(zoom, (shapes[2], shapes[1]))
        for x in range(west, east + 1):
            for y in range(north, south + 1):
                data = vector_tile(zoom, x, y, layers)
                if data:
                    found[zoom, x, y] = gzip.compress(data, mtime=0)
    return found


def mbtiles(path: Path, tiles: Mapping[tuple[int, int, int], bytes], form: str, **facts: str) -> Path:
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
    base.execute("CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)")
    zooms = [place[0] for place in tiles] or [0]
    told = {"format": form, "minzoom": str(min(zooms)), "maxzoom": str(max(zooms)), **facts}
    base.executemany("INSERT INTO metadata VALUES (?, ?)", told.items())
    rows = [(zoom, x, 2**zoom - 1 - y, data) for (zoom, x, y), data in tiles.items()]
    base.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    base.commit()
    base.close()
    return path


def pmtiles(path: Path, tiles: Mapping[tuple[int, int, int], bytes], form: str, **facts: object) -> Path:
    from pmtiles.tile import Compression, TileType, zxy_to_tileid
    from pmtiles.writer import Writer

    zooms = [place[0] for place in tiles]
    with path.open("wb") as file:
        made = Writer(file)
        for number, data in sorted((zxy_to_tileid(*place), data) for place, data in tiles.items()):
            made.write_tile(number, data)
        vector = form == "pbf"
        head = {
            "tile_type": TileType.MVT if vector else TileType[form.upper()],
            "tile_compression": Compression.GZIP if vector else Compression.NONE,
            "min_zoom": min(zooms), "max_zoom": max(zooms),
            "min_lon_e7": -1_800_000_000, "min_lat_e7": -850_000_000,
            "max_lon_e7": 1_800_000_000, "max_lat_e7": 850_000_000,
            "center_zoom": min(zooms), "center_lon_e7": 0, "center_lat_e7": 0,
        }  # fmt: skip
        made.finalize(head, dict(facts))
    return path


def vector_facts(layers, columns=("class",)):
    """What archives say of their vector layers."""
    fields = dict.fromkeys(columns, "String")
    listed = [{"id": name, "minzoom": 0, "maxzoom": 14, "fields": fields} for name in layers]
    return {"vector_layers": listed}


def vector_json(layers, columns=("class",)):
    return json.dumps(vector_facts(layers, columns))
