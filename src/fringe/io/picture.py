"""Georeferenced pictures: an aerial photograph, a satellite scene or a scanned plan, read onto a Web Mercator grid.

A picture has its place in itself (GeoTIFF) or in a *world file* beside it (``.wld``, ``.jgw``, ``.pgw`` …), which says
where its pixels lie and not in which coordinate system. Colours are red, green, blue and opacity, a byte each. Bands of
more than a byte are *stretched*: what lies between the 2nd and 98th percentile of the part that is read, of all bands
together so that colours keep their balance, becomes 0 to 255. What the file says is no data becomes clear.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from fringe.errors import CRSError, LayerError
from fringe.io.files import missing_file
from fringe.model.problem import Problem

Pixels = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]
SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".webp", ".jp2", ".img", ".vrt")
_WORLD = "EPSG:3857"
_STRETCH = (2, 98)
# What percentiles are taken of.
_SAMPLE = 1_000_000
_RGB = 3
_GREY_ALPHA = 2
_OPAQUE = 255
_NUMBERS_OF_WORLD_FILE = 6


@dataclass(frozen=True)
class Picture:
    """What a picture file is.

    Parameters
    ----------
    path
        The file.
    crs
        What its place is given in.
    way
        From pixels to that: a, b, c, d, e, f of ``x = a·col + b·row + c``, ``y = d·col + e·row + f``.
    height, width
        In pixels.
    """

    path: Path
    crs: pyproj.CRS
    way: tuple[float, ...]
    height: int
    width: int

    @property
    def name(self) -> str:
        """The file's own name, by which problems call it."""
        return self.path.name


def describe_picture(path: str | os.PathLike[str], crs: object = None) -> Picture:
    """Return what a picture file is.

    Parameters
    ----------
    path
        A GeoTIFF, or a PNG, JPEG or WebP with a world file.
    crs
        The coordinate system of its place, instead of the one that the file states.

    Raises
    ------
    LayerError
        If there is no such file, it is no picture, or has no place.
    CRSError
        If it states no coordinate system and none is given, or the one given is unknown.
    """
    import rasterio

    file = Path(path)
    missing = missing_file(file, file.name)
    if missing is not None:
        raise LayerError(missing)
    stated = _crs_of(crs, file.name)
    try:
        source = _open(file)
    except rasterio.errors.RasterioError as error:
        raise LayerError(Problem("raster_unreadable", file.name, params={"reason": str(error)})) from error
    with source:
        way = _world_file(file) if source.transform.is_identity else tuple(source.transform)[:6]
        if way is None:
            raise LayerError(Problem("picture_unplaced", file.name, params={"beside": f"{file.stem}.wld"}))
        if stated is None and source.crs is None:
            raise CRSError(Problem("picture_crs", file.name))
        if not source.dtypes or any(dtype.startswith("complex") for dtype in source.dtypes):
            raise LayerError(Problem("raster_complex", file.name, params={"value": ", ".join(source.dtypes)}))
        own = stated or pyproj.CRS.from_user_input(source.crs)
        return Picture(file, own, way, source.height, source.width)


def _open(path: Path) -> Any:
    import rasterio

    with warnings.catch_warnings():
        # A picture with a world file of another name has its place all the same.
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        return rasterio.open(path)


def _crs_of(given: object, layer: str) -> pyproj.CRS | None:
    if given is None:
        return None
    try:
        return pyproj.CRS.from_user_input(given)
    except pyproj.exceptions.CRSError as error:
        raise CRSError(Problem("picture_crs_unknown", layer, params={"value": given})) from error


def _world_file(path: Path) -> tuple[float, ...] | None:
    """Return the place that a world file beside a picture says, if there is one."""
    ending = path.suffix[1:]
    for suffix in (f"{ending[:1]}{ending[-1:]}w", f"{ending}w", "wld"):
        for name in (path.with_suffix(f".{suffix}"), path.with_suffix(f".{suffix.upper()}")):
            if name.is_file():
                return _read_world(name)
    return None


def _read_world(path: Path) -> tuple[float, ...]:
    try:
        a, d, b, e, x, y = (float(part.replace(",", ".")) for part in path.read_text(encoding="ascii").split()[:6])
    except ValueError as error:
        params = {"count": _NUMBERS_OF_WORLD_FILE}
        raise LayerError(Problem("picture_world_file", path.name, params=params)) from error
    # A world file names the middle of the first pixel.
    return a, b, x - a / 2 - b / 2, d, e, y - d / 2 - e / 2


def box_of(picture: Picture) -> Box:
    """Return west, south, east, north of a picture in Web Mercator metres."""
    from rasterio.warp import transform_bounds

    found: Box = transform_bounds(picture.crs, _WORLD, *_bounds(picture, (0, 0, picture.height, picture.width)))
    return found


def _bounds(picture: Picture, window: Sequence[int]) -> Box:
    row, col, height, width = window
    a, b, c, d, e, f = picture.way
    corners = [(col + across, row + down) for across in (0, width) for down in (0, height)]
    x, y = [a * i + b * j + c for i, j in corners], [d * i + e * j + f for i, j in corners]
    return min(x), min(y), max(x), max(y)


def read_picture(picture: Picture, box: Box, *, most_pixels: int, least_step: float = 0.0) -> tuple[Pixels, Box] | None:
    """Return the colours of the part of a picture within a box, and the box they fill; `None` if it has no such part.

    Parameters
    ----------
    picture
        From `describe_picture`.
    box
        West, south, east, north in Web Mercator metres.
    most_pixels
        How many the result may have: a larger part is read coarser.
    least_step
        The finest size of a pixel, in Web Mercator metres.

    Returns
    -------
    colours, box
        Shape ``(height, width, 4)``, the first row in the north.

    Raises
    ------
    LayerError
        If the file is damaged.
    """
    import rasterio

    own = box_of(picture)
    wanted = max(box[0], own[0]), max(box[1], own[1]), min(box[2], own[2]), min(box[3], own[3])
    if not (wanted[0] < wanted[2] and wanted[1] < wanted[3]):
        return None
    window = _window(picture, wanted)
    try:
        with _open(picture.path) as source:
            return _warped(source, picture, window, wanted, most_pixels=most_pixels, least_step=least_step)
    except rasterio.errors.RasterioError as error:
        reason = str(error.__cause__ or error)
        raise LayerError(Problem("raster_unreadable", picture.name, params={"reason": reason})) from error


def _window(picture: Picture, box: Box) -> tuple[int, int, int, int]:
    """Return the first row and column, height and width of the pixels that a box needs."""
    from rasterio.warp import transform_bounds

    west, south, east, north = transform_bounds(_WORLD, picture.crs, *box)
    a, b, c, d, e, f = picture.way
    corners = [(x - c, y - f) for x in (west, east) for y in (south, north)]
    turned = a * e - b * d
    cols, rows = [(e * x - b * y) / turned for x, y in corners], [(a * y - d * x) / turned for x, y in corners]
    # Two more on each side, for what lies between pixels.
    left, top = max(0, math.floor(min(cols)) - 2), max(0, math.floor(min(rows)) - 2)
    right, foot = min(picture.width, math.ceil(max(cols)) + 2), min(picture.height, math.ceil(max(rows)) + 2)
    return top, left, max(1, foot - top), max(1, right - left)


def _step(picture: Picture, window: Sequence[int]) -> float:
    """Return the shorter side of a pixel in the middle of a window, in Web Mercator metres."""
    row, col, height, width = window
    a, b, c, d, e, f = picture.way
    i0, j0 = col + width / 2, row + height / 2
    i, j = np.array([(i0, j0), (i0 + 1, j0), (i0, j0 + 1)]).T
    change = pyproj.Transformer.from_crs(picture.crs, _WORLD, always_xy=True)
    x, y = change.transform(a * i + b * j + c, d * i + e * j + f)
    # A millimetre more or less comes of the way there.
    return round(float(np.hypot(x[1:] - x[0], y[1:] - y[0]).min()), 6)


def _warped(
    source: Any, picture: Picture, window: Sequence[int], box: Box, *, most_pixels: int, least_step: float
) -> tuple[Pixels, Box]:
    from affine import Affine
    from rasterio.warp import Resampling, reproject

    row, col, height, width = window
    own_step = _step(picture, window)
    area = (box[2] - box[0]) * (box[3] - box[1])
    step = max(own_step, least_step, math.sqrt(area / most_pixels))
    # Averages of whole pixels first; what is left to interpolate is less than twofold.
    fold = max(1, math.floor(step / own_step))
    shape = math.ceil(height / fold), math.ceil(width / fold)
    colours, clear = _colours(source, window, shape)
    a, b, c, d, e, f = picture.way
    across, down = width / shape[1], height / shape[0]
    way = Affine(a * across, b * down, a * col + b * row + c, d * across, e * down, d * col + e * row + f)
    wide, high = (max(1, math.ceil((box[i + 2] - box[i]) / step)) for i in (0, 1))
    target = Affine(step, 0, box[0], 0, -step, box[3])

    def laid(band: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        found = np.zeros((high, wide), dtype=np.float32)
        places = {"src_transform": way, "src_crs": picture.crs, "dst_transform": target, "dst_crs": _WORLD}
        reproject(np.ascontiguousarray(band, np.float32), found, resampling=Resampling.bilinear, **places)
        return found

    # Weighed by opacity, so that what lies in clear pixels does not bleed into their neighbours.
    weight = clear.astype(np.float32) / _OPAQUE
    opacity = laid(weight)
    there = np.maximum(opacity, np.float32(1e-6))
    found = np.empty((high, wide, 4), dtype=np.uint8)
    for at in range(_RGB):
        found[..., at] = np.clip(np.rint(laid(colours[at] * weight) / there), 0, _OPAQUE)
    found[..., _RGB] = np.clip(np.rint(opacity * _OPAQUE), 0, _OPAQUE)
    return found, (box[0], box[3] - high * step, box[0] + wide * step, box[3])


def _colours(source: Any, window: Sequence[int], shape: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """Return red, green, blue as bytes, and opacity."""
    from rasterio.enums import ColorInterp, Resampling
    from rasterio.windows import Window

    row, col, height, width = window
    part = {"window": Window(col, row, width, height)}
    means = list(source.colorinterp)
    if means[0] == ColorInterp.palette:
        numbers = source.read(1, **part, out_shape=shape, resampling=Resampling.nearest)
        table = np.zeros((256, 4), dtype=np.uint8)
        for number, colour in source.colormap(1).items():
            if number < len(table):
                table[number] = colour
        found = table[np.clip(numbers, 0, len(table) - 1)]
        mask = source.read_masks(1, **part, out_shape=shape, resampling=Resampling.nearest)
        return np.moveaxis(found[..., :_RGB], 2, 0), np.minimum(found[..., _RGB], mask)
    bands = _bands(means, source.count)
    stored = source.read(bands, **part, out_shape=(len(bands), *shape), resampling=Resampling.average)
    clear = source.dataset_mask(**part, out_shape=shape, resampling=Resampling.average)
    if stored.dtype.kind == "f":
        clear = np.where(np.isfinite(stored).all(axis=0), clear, 0).astype(np.uint8)
    return np.broadcast_to(_bytes(stored, clear), (_RGB, *shape)), clear


def _bands(means: Sequence[Any], count: int) -> list[int]:
    """Return the bands of red, green and blue, or the one of grey: as the file says, else the first."""
    from rasterio.enums import ColorInterp

    wanted = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    named = [means.index(colour) + 1 for colour in wanted if colour in means]
    if len(named) == _RGB:
        return named
    return [1] if count <= _GREY_ALPHA else [1, 2, 3]


def _bytes(stored: npt.NDArray[Any], clear: Pixels) -> Pixels:
    if stored.dtype == np.uint8:
        return np.asarray(stored, dtype=np.uint8)
    known = stored[:, clear > 0].ravel()
    if not known.size:
        return np.zeros(stored.shape, dtype=np.uint8)
    low, high = np.percentile(known[:: max(1, known.size // _SAMPLE)], _STRETCH)
    span = float(high - low) or 1.0
    with np.errstate(invalid="ignore"):
        stretched = (stored.astype(np.float32) - np.float32(low)) * np.float32(_OPAQUE / span)
    found: Pixels = np.clip(np.nan_to_num(np.rint(stretched)), 0, _OPAQUE).astype(np.uint8)
    return found


def size_of(data: bytes) -> tuple[int, int]:
    """Return width and height of a picture in memory, such as a tile.

    Raises
    ------
    LayerError
        If it is none.
    """
    import rasterio
    from rasterio.io import MemoryFile

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        try:
            with MemoryFile(data) as held, held.open() as source:
                return int(source.width), int(source.height)
        except rasterio.errors.RasterioError as error:
            raise LayerError(Problem("raster_unreadable", "tile", params={"reason": str(error)})) from error
