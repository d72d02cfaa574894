"""Places of entries: the points of an appended table, as a GeoPackage holds them.

A point is a header of eight bytes and a WKB (OGC 12-128r19, clause 2.1.3). The table is a feature table without a
spatial index, so that appending has no index to keep in step; its extent in ``gpkg_contents`` grows with its points.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from fringe.io.log_table import LAYER_TABLE, geometry_field, quoted

# What entries and frames call their place.
PLACE = "geometry"
_FIELD = "geom"
_LITTLE_ENDIAN, _EMPTY = 1, 16
# Numbers below are for systems that an authority numbers.
_FIRST_OWN = 100_000


@dataclass(frozen=True)
class Places:
    """Where a table keeps its points, and in which coordinate system."""

    field: str
    srs_id: int
    crs: pyproj.CRS | None

    def blobs(self, points: Sequence[Any], crs: pyproj.CRS) -> tuple[list[bytes | None], Any]:
        """Return points of a coordinate system as the table holds them, and in its own system."""
        placed = gpd.GeoSeries(list(points), crs=crs)
        own = placed if self.crs is None or self.crs == crs else placed.to_crs(self.crs)
        shapes = own.to_numpy()
        return [None if shape is None else blob(shape, self.srs_id) for shape in shapes], shapes


def blob(shape: Any, srs_id: int) -> bytes:
    """Return a shape as a GeoPackage holds it.

    Examples
    --------
    >>> blob(shapely.Point(1, 2), 4326)[:8].hex(" ", -4)
    '47500001 e6100000'
    """
    flags = _LITTLE_ENDIAN | (_EMPTY if shape.is_empty else 0)
    wkb: bytes = shapely.to_wkb(shape, byte_order=1, flavor="iso")
    return struct.pack("<2sBBi", b"GP", 0, flags, srs_id) + wkb


def ready_points(connection: sqlite3.Connection, kind: str, crs: pyproj.CRS) -> Places:
    """Return where a table keeps its points; one that has no shapes yet is given a column for points."""
    query = "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?"
    found = connection.execute(query, [kind]).fetchone()
    if found is not None:
        told = connection.execute(f"SELECT crs FROM {LAYER_TABLE} WHERE layer = ?", [kind]).fetchone()  # noqa: S608
        own = pyproj.CRS.from_json(told[0]) if told and told[0] else None
        return Places(str(found[0]), int(found[1]), own)
    srs_id = _system(connection, crs)
    connection.execute(f"ALTER TABLE {quoted(kind)} ADD COLUMN {quoted(_FIELD)} POINT")
    connection.execute("INSERT INTO gpkg_geometry_columns VALUES (?, ?, 'POINT', ?, 0, 0)", [kind, _FIELD, srs_id])
    connection.execute(
        "UPDATE gpkg_contents SET data_type = 'features', srs_id = ? WHERE table_name = ?", [srs_id, kind]
    )
    connection.execute(
        f"UPDATE {LAYER_TABLE} SET geometry = ?, crs = ? WHERE layer = ?",  # noqa: S608
        [PLACE, crs.to_json(), kind],
    )
    return Places(str(geometry_field(connection, kind)), srs_id, crs)


def widen(connection: sqlite3.Connection, kind: str, shapes: Any) -> None:
    """Let a table's extent, and what it says of heights, take in more points."""
    there = np.array([shape for shape in shapes if shape is not None and not shape.is_empty], dtype=object)
    if not len(there):
        return
    bounds = [float(bound) for bound in shapely.total_bounds(there)]
    connection.execute(
        "UPDATE gpkg_contents SET min_x = min(coalesce(min_x, ?1), ?1), min_y = min(coalesce(min_y, ?2), ?2),"
        " max_x = max(coalesce(max_x, ?3), ?3), max_y = max(coalesce(max_y, ?4), ?4) WHERE table_name = ?5",
        [*bounds, kind],
    )
    # Points with heights and points without may now stand in one table.
    unlike = 0 if shapely.has_z(there).any() else 1
    connection.execute("UPDATE gpkg_geometry_columns SET z = 2 WHERE table_name = ? AND z = ?", [kind, unlike])


def _system(connection: sqlite3.Connection, crs: pyproj.CRS) -> int:
    """Return the number of a coordinate system in the file, which is told of it if need be."""
    authority = crs.to_authority()
    try:
        definition = crs.to_wkt("WKT1_GDAL")
    except pyproj.exceptions.CRSError:
        definition = crs.to_wkt()
    if authority is not None and authority[1].isdigit():
        own = (authority[0], int(authority[1]))
        query = "SELECT srs_id FROM gpkg_spatial_ref_sys WHERE upper(organization) = ? AND organization_coordsys_id = ?"
        found = connection.execute(query, [own[0].upper(), own[1]]).fetchone()
    else:
        own = ("NONE", 0)
        query = "SELECT srs_id FROM gpkg_spatial_ref_sys WHERE definition = ?"
        found = connection.execute(query, [definition]).fetchone()
    if found is not None:
        return int(found[0])
    taken = {int(number) for (number,) in connection.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")}
    srs_id = own[1] if own[0] == "EPSG" and own[1] not in taken else max(_FIRST_OWN, *(one + 1 for one in taken))
    row = [crs.name, srs_id, own[0], own[1] or srs_id, definition, None]
    columns = "srs_name, srs_id, organization, organization_coordsys_id, definition, description"
    connection.execute(f"INSERT INTO gpkg_spatial_ref_sys ({columns}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608
    return srs_id
