"""Photographs in popups: made small, turned upright, and written anew, so that nothing but the picture is left.

What a camera adds (place, time, device, name) is not kept, and what is no photograph is refused by name: a drawing
with a script inside never reaches a page.
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fringe.errors import MapError
from fringe.maps.pack import Block
from fringe.model.problem import Problem

# What a popup shows, twice as fine for sharp screens.
_MOST_PX = 640
_QUALITY = 74
# Larger pictures than any camera's are mistakes or traps.
_MOST_PIXELS = 120_000_000
# A page that is sent around stays below the limit of a mail.
_MOST_BYTES = 8_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF")


@dataclass(frozen=True)
class Photo:
    """A photograph of a row.

    Parameters
    ----------
    of
        The row's id.
    name
        The file's name, shown below the picture.
    data
        JPEG.
    size
        Width and height, in pixels.
    """

    of: Hashable
    name: str
    data: bytes
    size: tuple[int, int]


def photos_of(given: Mapping[Hashable, Any] | pd.Series, layer: str, ids: pd.Index) -> tuple[Photo, ...]:
    """Return the photographs of rows, read and made small.

    Parameters
    ----------
    given
        A path, or several, by id; missing ones are passed over.
    layer, ids
        Whose they are.

    Raises
    ------
    MapError
        Of all files that are not there or are no photographs, by name; and where they are too much for one page.
    """
    if importlib.util.find_spec("PIL") is None:
        raise MapError(Problem("map_no_pillow", layer))
    found: list[Photo] = []
    problems: list[Problem] = []
    for of, paths in given.items():
        for path in _paths(paths):
            if of not in ids:
                problems.append(Problem("map_photo_of", layer, (of,), params={"path": path.name}))
                continue
            made = _small(path)
            if isinstance(made, tuple):
                found.append(Photo(of, path.name, *made))
            else:
                code = "map_photo" if made else "map_photo_format"
                problems.append(Problem(code, layer, (of,), params={"path": path.name, "reason": made}))
    size = sum(len(photo.data) for photo in found)
    if size > _MOST_BYTES:
        params = {"n": len(found), "size": f"{size / 1e6:.1f}", "most": f"{_MOST_BYTES / 1e6:.0f}"}
        problems.append(Problem("map_photos_size", layer, params=params))
    if problems:
        raise MapError(problems)
    return tuple(found)


def _paths(given: Any) -> list[Path]:
    if isinstance(given, str | Path):
        return [Path(given)] if str(given).strip() else []
    if pd.api.types.is_list_like(given):
        return [path for one in given for path in _paths(one)]
    # A missing cell.
    return []


def _small(path: Path) -> tuple[bytes, tuple[int, int]] | str:
    """Return the picture as JPEG and its size, or why there is none; no reason where it is no photograph."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path, formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return f"{picture.width} x {picture.height}"
            # A camera's JPEG is decoded at a fraction of its size.
            picture.draft("RGB", (2 * _MOST_PX, 2 * _MOST_PX))
            upright = ImageOps.exif_transpose(picture)
            ground = Image.new("RGB", upright.size, "#ffffff")
            clear = upright.convert("RGBA")
            ground.paste(clear, mask=clear.getchannel("A"))
    except UnidentifiedImageError:
        return ""
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        return str(getattr(error, "strerror", None) or error)
    ground.thumbnail((_MOST_PX, _MOST_PX), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    # A fresh picture holds no metadata.
    ground.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return written.getvalue(), ground.size


def encode_photos(photos: tuple[Photo, ...], ids: pd.Index) -> Block:
    """Return photographs with the rows they belong to."""
    # A popup must know how high it becomes before its pictures are there.
    block = Block({"sizes": [list(photo.size) for photo in photos]})
    block.ints("rows", np.array([int(np.flatnonzero(ids == photo.of)[0]) for photo in photos], dtype=np.int64))
    block.blobs("photos", [photo.data for photo in photos])
    block.texts("names", [photo.name for photo in photos])
    return block
