"""Photos taken in the field: where and when, as the camera wrote it into them (EXIF).

Cameras and phones write positions in WGS 84, whatever their maps show. Times are the camera's own. A position of 0, 0
is what some cameras write without a fix, and counts as none. Pictures themselves are not read.
"""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.errors import LayerError
from fringe.model.problem import Problem, refuse

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".webp", ".tif", ".tiff")
_TAKEN = ("EXIF_DateTimeOriginal", "EXIF_DateTimeDigitized", "EXIF_DateTime")
_STAMP = re.compile(r"(\d{4}):(\d{2}):(\d{2})[ T](\d{2}:\d{2}:\d{2})")
_MAX_LON, _MAX_LAT = 180.0, 90.0
# Degrees, minutes, seconds.
_SIXTIES = (1.0, 60.0, 3600.0)


@dataclass(frozen=True)
class Shot:
    """Where and when a photo was taken; NaN and NaT where it does not say."""

    lon: float
    lat: float
    taken_at: pd.Timestamp | None


def read_photos(folder: str | os.PathLike[str]) -> gpd.GeoDataFrame:
    """Return the photos of a folder and of the folders in it as points.

    Parameters
    ----------
    folder
        With JPEG, WebP or TIFF files.

    Returns
    -------
    photos
        Indexed by `photo`, the file's path below the folder, in the order of these; `photo_taken_at`, and the point in
        EPSG:4326, missing where a photo does not say where it was taken.

    Raises
    ------
    LayerError
        If there is no such folder.

    Warns
    -----
    FringeWarning
        Of photos that cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> len(read_photos(tempfile.mkdtemp()))
    0
    """
    found = photo_files(folder)
    shots, problems = shots_of(found.values(), Path(folder))
    refuse(problems)
    there = [name for name, path in found.items() if path in shots]
    points = [_point(shots[found[name]]) for name in there]
    taken = pd.to_datetime(pd.Series([shots[found[name]].taken_at for name in there], dtype=object))
    return gpd.GeoDataFrame(
        {"photo_taken_at": taken.astype("datetime64[us]").to_numpy()},
        geometry=np.array([*points, None], dtype=object)[:-1],
        index=pd.Index(there, name="photo", dtype=object),
        crs="EPSG:4326",
    )


def photo_files(folder: str | os.PathLike[str]) -> dict[str, Path]:
    """Return the photos of a folder by their paths below it, sorted; a folder that is not there is refused."""
    folder = Path(folder)
    if not folder.is_dir():
        params = {"path": str(folder), "folder": str(folder)}
        raise LayerError(Problem("file_missing_folder", "photos", params=params))
    files = [path for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES and path.is_file()]
    return {path.relative_to(folder).as_posix(): path for path in sorted(files)}


def shots_of(paths: Iterable[Path], folder: Path) -> tuple[Mapping[Path, Shot], list[Problem]]:
    """Return where and when photos were taken, and a warning for those that cannot be read."""
    shots: dict[Path, Shot] = {}
    unread: list[str] = []
    for path in paths:
        shot = shot_of(path)
        if shot is None:
            unread.append(path.relative_to(folder).as_posix())
        else:
            shots[path] = shot
    problems = [Problem("photo_unreadable", "photos", tuple(unread), "warning")] if unread else []
    return shots, problems


def shot_of(path: Path) -> Shot | None:
    """Return where and when a photo was taken, or `None` if it is no picture."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    with warnings.catch_warnings():
        # A photo is not a map.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path) as picture:
                tags: dict[str, str] = picture.tags()
        except (RasterioError, OSError):
            return None
    lon = _degrees(tags, "Longitude", "W", _MAX_LON)
    lat = _degrees(tags, "Latitude", "S", _MAX_LAT)
    if math.isnan(lon) or math.isnan(lat) or (lon == 0 and lat == 0):
        lon = lat = math.nan
    stamps = [_STAMP.match(tags.get(name, "")) for name in _TAKEN]
    stamp = next((found for found in stamps if found), None)
    return Shot(lon, lat, None if stamp is None else _moment(stamp))


def _moment(stamp: re.Match[str]) -> pd.Timestamp | None:
    try:
        return pd.Timestamp(f"{stamp[1]}-{stamp[2]}-{stamp[3]} {stamp[4]}")
    except ValueError:  # 0000:00:00, of a camera whose clock was never set
        return None


def _degrees(tags: Mapping[str, str], side: str, negative: str, most: float) -> float:
    """Return degrees from what GDAL makes of a position, such as ``(34) (40) (12.3456)``; NaN for none."""
    parts = re.findall(r"\(([^()]+)\)", tags.get(f"EXIF_GPS{side}", ""))
    try:
        size = sum(float(part) / sixty for part, sixty in zip(parts, _SIXTIES, strict=False))
    except ValueError:
        return math.nan
    if not parts or not size <= most:
        return math.nan
    return -size if tags.get(f"EXIF_GPS{side}Ref", "").strip().upper().startswith(negative) else size


def _point(shot: Shot) -> shapely.Point | None:
    return None if np.isnan(shot.lon) else shapely.Point(shot.lon, shot.lat)
