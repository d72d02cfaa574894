"""Archives of map tiles in one file: PMTiles and MBTiles, with pictures or vectors.

A *tile* (z, x, y) is a square of the Web Mercator world, which zoom z divides into 2**z columns, counted from the west,
and 2**z rows, counted from the north (MBTiles counts them from the south, which is undone here). Archives are only
read.
"""

from __future__ import annotations

import gzip
import math
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path, PurePath
from typing import Any, Literal
from urllib.parse import quote

from fringe.errors import FringeError, LayerError
from fringe.io.files import missing_file
from fringe.model.problem import Problem

Place = tuple[int, int, int]
SUFFIXES = (".pmtiles", ".mbtiles")
PICTURES = ("png", "jpeg", "webp")
_TYPES = {1: "mvt", 2: "png", 3: "jpeg", 4: "webp", 5: "avif"}
_FORMATS = {"pbf": "mvt", "mvt": "mvt", "png": "png", "jpg": "jpeg", "jpeg": "jpeg", "webp": "webp"}
_STARTS = ((b"\x89PNG", "png"), (b"\xff\xd8", "jpeg"), (b"RIFF", "webp"))
_MARKUP = re.compile(r"<[^<>]*>")
_GZIP = b"\x1f\x8b"
# Directories within directories of a PMTiles archive.
_DEEPEST = 4
# Half the world in Web Mercator metres, and where the square ends.
HALF_M = math.pi * 6378137.0


@dataclass(frozen=True)
class Archive:
    """What an archive holds.

    Parameters
    ----------
    path
        The file.
    holds
        ``png``, ``jpeg``, ``webp`` or ``mvt`` (vectors).
    least, most
        Its coarsest and finest zoom.
    attribution
        What the file says of its source, without markup.
    """

    path: Path
    holds: Literal["png", "jpeg", "webp", "mvt"]
    least: int
    most: int
    attribution: str = ""

    @property
    def name(self) -> str:
        """The file's own name, by which problems call it."""
        return self.path.name


def describe_archive(path: str | os.PathLike[str]) -> Archive:
    """Return what an archive holds.

    Raises
    ------
    LayerError
        If there is no such file, it is no archive, holds what cannot be shown, or needs the extra ``tiles``.
    """
    file = Path(path)
    missing = missing_file(file, file.name)
    if missing is not None:
        raise LayerError(missing)
    with _opened(file) as reader:
        found: Archive = reader.describe()
        return found


def read_tiles(archive: Archive, places: Iterable[Place]) -> Iterator[tuple[Place, bytes]]:
    """Give those of the tiles wanted that the archive has.

    Raises
    ------
    LayerError
        If the file is damaged.
    """
    with _opened(archive.path) as reader:
        for place in places:
            found = reader.get(*place)
            if found:
                yield place, gzip.decompress(found) if found[:2] == _GZIP else found


def tiles_over(box: tuple[float, float, float, float], zoom: int) -> Iterator[Place]:
    """Give the tiles of a zoom that meet a box in Web Mercator metres, row by row from the north-west.

    Examples
    --------
    >>> list(tiles_over((-1, -1, 1, 1), 1))
    [(1, 0, 0), (1, 1, 0), (1, 0, 1), (1, 1, 1)]
    """
    west, south, east, north = box
    count = 1 << zoom
    step = 2 * HALF_M / count

    def within(at: float) -> int:
        return min(max(math.floor(at / step), 0), count - 1)

    for y in range(within(HALF_M - north), within(HALF_M - south) + 1):
        for x in range(within(west + HALF_M), within(east + HALF_M) + 1):
            yield zoom, x, y


def sqlite_uri(path: PurePath) -> str:
    """Return an absolute path as SQLite reads it: the host of a network share is part of the path.

    Examples
    --------
    >>> from pathlib import PureWindowsPath
    >>> sqlite_uri(PureWindowsPath("C:/gis/a b.mbtiles")), sqlite_uri(PureWindowsPath("//srv/gis/a.mbtiles"))
    ('file:///C:/gis/a%20b.mbtiles', 'file:////srv/gis/a.mbtiles')
    """
    slashed = path.as_posix()
    return f"file://{'' if slashed.startswith('/') else '/'}{quote(os.fsencode(slashed), safe='/:')}"


class _MBTiles:
    def __init__(self, path: Path) -> None:
        self.path = path
        # Not even a journal is written beside the file.
        self.base = sqlite3.connect(f"{sqlite_uri(path.absolute())}?mode=ro&immutable=1", uri=True)

    def begin(self) -> None:
        """Nothing: a database is ready."""

    def get(self, zoom: int, x: int, y: int) -> bytes | None:
        row = self.base.execute(
            "SELECT tile_data FROM tiles WHERE zoom_level=? AND tile_column=? AND tile_row=?",
            (zoom, x, (1 << zoom) - 1 - y),
        ).fetchone()
        return None if row is None else bytes(row[0])

    def describe(self) -> Archive:
        facts = dict(self.base.execute("SELECT name, value FROM metadata"))
        least, most = self.base.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
        if least is None:
            raise LayerError(Problem("tiles_empty", self.path.name))
        first = bytes(self.base.execute("SELECT tile_data FROM tiles LIMIT 1").fetchone()[0])
        told = str(facts.get("format", "")).lower()
        holds = _kind(first) or _FORMATS.get(told, told)
        return _archive(self.path, holds, (least, most), str(facts.get("attribution") or ""))

    def close(self) -> None:
        self.base.close()


class _PMTiles:
    def __init__(self, path: Path) -> None:
        from pmtiles.reader import Reader

        self.path = path
        self.file = path.open("rb")
        reader: Any = Reader
        self.reader = reader(self._bytes)
        self.head: dict[str, Any] = {}
        self.folders: dict[tuple[int, int], Any] = {}

    def _bytes(self, offset: int, length: int) -> bytes:
        self.file.seek(offset)
        return self.file.read(length)

    def begin(self) -> None:
        """Read what the file says of itself."""
        self.head = dict(self.reader.header())

    def _folder(self, offset: int, length: int) -> Any:
        from pmtiles.tile import deserialize_directory

        if (offset, length) not in self.folders:
            self.folders[offset, length] = deserialize_directory(self._bytes(offset, length))
        return self.folders[offset, length]

    def get(self, zoom: int, x: int, y: int) -> bytes | None:
        # As the package's own reader does, which reads each directory anew for every tile.
        from pmtiles.tile import find_tile, zxy_to_tileid

        number = zxy_to_tileid(zoom, x, y)
        offset, length = self.head["root_offset"], self.head["root_length"]
        for _ in range(_DEEPEST):
            entry = find_tile(self._folder(offset, length), number)
            if entry is None:
                return None
            if entry.run_length:
                return self._bytes(self.head["tile_data_offset"] + entry.offset, entry.length)
            offset, length = self.head["leaf_directory_offset"] + entry.offset, entry.length
        return None

    def describe(self) -> Archive:
        holds = _TYPES.get(int(self.head["tile_type"].value), "")
        facts = self.reader.metadata()
        zooms = int(self.head["min_zoom"]), int(self.head["max_zoom"])
        return _archive(self.path, holds, zooms, str(facts.get("attribution") or ""))

    def close(self) -> None:
        self.file.close()


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Give a reader of an archive; whatever is wrong with the file is said in our words."""
    reader: Any = None
    try:
        reader = _PMTiles(path) if path.suffix.lower() == ".pmtiles" else _MBTiles(path)
        reader.begin()
        yield reader
    except FringeError:
        raise
    except ImportError as error:
        raise LayerError(Problem("tiles_no_pmtiles", path.name)) from error
    # The package tells a wrong file by errors of its own, and a torn one by whatever its bytes lead to.
    except (sqlite3.Error, ValueError, KeyError, TypeError, IndexError, EOFError, OSError) as error:
        raise LayerError(Problem("tiles_unreadable", path.name, params={"reason": _reason(error)})) from error
    except Exception as error:
        if type(error).__module__.startswith("pmtiles"):
            raise LayerError(Problem("tiles_unreadable", path.name, params={"reason": _reason(error)})) from error
        raise
    finally:
        if reader is not None:
            reader.close()


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def plain(attribution: str) -> str:
    """Return what a provider says of its source, without markup.

    Examples
    --------
    >>> plain('&copy; <a href="https://example.org">Somebody</a> (C)')
    '© Somebody ©'
    """
    return unescape(_MARKUP.sub("", attribution)).replace("(C)", "©").strip()


def _kind(data: bytes) -> str:
    return next((kind for start, kind in _STARTS if data.startswith(start)), "mvt" if data.startswith(_GZIP) else "")


def _archive(path: Path, holds: str, zooms: tuple[int, int], attribution: str) -> Archive:
    if holds not in (*PICTURES, "mvt"):
        raise LayerError(Problem("tiles_format", path.name, params={"value": holds or "?"}))
    return Archive(path, holds, *zooms, plain(attribution))  # type: ignore[arg-type]
