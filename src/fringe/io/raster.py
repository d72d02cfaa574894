"""Rasters: what a band is, and its cells block by block.

A *raster* is one band of a file on a grid along the axes of its coordinate system, at full resolution: overviews are
never read. A *window* is a rectangle of cells made of whole *blocks*, the pieces in which the file stores them, so that
windows that do not overlap decode every block once. *No data* is said by a value, by a mask or an alpha band.
"""

from __future__ import annotations

import math
import os
import shlex
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from fringe.errors import CRSError, FringeError, LayerError
from fringe.io.files import missing_file
from fringe.model.problem import Problem, errors_of

Array = npt.NDArray[Any]
# GDAL keeps what it decoded, up to a twentieth of the machine's memory, until its file is closed.
_KEPT_BYTES = 1 << 27
# Cells of a window: 4 million of them stay below 32 MB in any type, and are work enough for a thread.
WINDOW_CELLS = 1 << 22
# A block of more cells than this is read in parts; GDAL keeps the last block it decoded.
_MOST_CELLS = 1 << 24


@dataclass(frozen=True)
class Raster:
    """One band of a file.

    Parameters
    ----------
    path
        Of the file, or a name GDAL understands.
    band
        Its number, from 1.
    crs
        Its coordinate system.
    left, top
        Coordinates of the outer corner of its first cell.
    cell_x, cell_y
        From one column, one row, to the next, in units of `crs`; `cell_y` is negative where north is up.
    height, width
        In cells.
    dtype
        The type of a stored value.
    nodata
        The stored value that means no data; `None` if there is none.
    scale, offset
        A value is ``stored * scale + offset``.
    block
        Rows and columns of a block.
    masked
        Whether a mask or an alpha band says where there are no data.
    """

    path: str
    band: int
    crs: pyproj.CRS
    left: float
    top: float
    cell_x: float
    cell_y: float
    height: int
    width: int
    dtype: np.dtype[Any]
    nodata: float | None
    scale: float
    offset: float
    block: tuple[int, int]
    masked: bool

    @property
    def name(self) -> str:
        """The file's own name, by which problems call it."""
        return name_of(self.path)


@dataclass(frozen=True)
class Window:
    """A rectangle of cells: its first row and column, and how many of each."""

    row: int
    col: int
    height: int
    width: int


@dataclass(frozen=True)
class Cells:
    """The cells of a window.

    Parameters
    ----------
    window
        Where they are.
    stored
        Values as stored, shape ``(height, width)``.
    valid
        Nonzero where the mask or alpha band says that there are data; `None` without one.
    """

    window: Window
    stored: Array
    valid: npt.NDArray[np.uint8] | None


def describe(path: str | os.PathLike[str], band: int = 1, *, nodata: float | None = None) -> Raster:
    """Return what a band of a raster file is.

    Parameters
    ----------
    path
        A GeoTIFF or any other raster GDAL reads; names such as ``"/vsizip/…"`` and addresses are passed on to it.
    band
        From 1.
    nodata
        The stored value that means no data, instead of the one that the file states.

    Raises
    ------
    LayerError
        If there is no such file or band, it is no raster, its values are complex numbers, its grid is turned or
        sheared or has no place, or `nodata` cannot occur in it: all that is wrong at once.
    CRSError
        If all that is wrong is that it states no coordinate system.
    """
    import rasterio

    name = os.fspath(path)
    # What GDAL itself resolves, inside archives or behind addresses, is no file to be looked for.
    if "://" not in name and not name.startswith("/vsi"):
        missing = missing_file(Path(name), name_of(name))
        if missing is not None:
            raise LayerError(missing)
    try:
        with warnings.catch_warnings():
            # A file without a place is refused below, in words.
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            source = rasterio.open(name)
    except rasterio.errors.RasterioError as error:
        raise LayerError(Problem("raster_unreadable", name_of(name), params={"reason": str(error)})) from error
    with source:
        problems = _problems(source, name, band, nodata)
        if wrong := errors_of(problems):
            raise _kind(wrong)(wrong)
        return _described(source, name, band, nodata)


def name_of(path: str) -> str:
    """Return the last part of a path or address."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path


def _kind(problems: list[Problem]) -> type[FringeError]:
    return CRSError if all(found.code == "raster_crs_missing" for found in problems) else LayerError


def _problems(source: Any, name: str, band: Any, nodata: Any) -> list[Problem]:
    layer = name_of(name)
    if isinstance(band, bool) or not isinstance(band, int | np.integer) or not 1 <= band <= source.count:
        inside = ", ".join(source.subdatasets) or "–"
        params = {"value": repr(band), "count": source.count, "inside": inside}
        return [Problem("raster_band", layer, params=params)]
    problems = []
    way = source.transform
    if way.is_identity and (source.gcps[0] or source.crs is None):
        problems.append(Problem("raster_unplaced", layer, params=_warped(name)))
    elif way.b or way.d or not way.a or not way.e:
        problems.append(Problem("raster_rotated", layer, params=_warped(name)))
    if source.crs is None and not source.gcps[0]:
        problems.append(
            Problem("raster_crs_missing", layer, params={"command": f"gdal_edit.py -a_srs EPSG:… {_quoted(name)}"})
        )
    dtype = np.dtype(source.dtypes[band - 1]) if not source.dtypes[band - 1].startswith("complex") else None
    if dtype is None:
        problems.append(Problem("raster_complex", layer, params={"value": source.dtypes[band - 1]}))
    elif nodata is not None and (
        not isinstance(nodata, int | float | np.number) or _stored(float(nodata), dtype) is None
    ):
        problems.append(Problem("raster_nodata", layer, params={"value": nodata, "type": dtype.name}))
    return problems


def _warped(name: str) -> dict[str, str]:
    path = Path(name)
    return {"command": f"gdalwarp {_quoted(name)} {_quoted(str(path.with_name(path.stem + '_north.tif')))}"}


def _quoted(name: str) -> str:
    return f'"{name}"' if os.name == "nt" else shlex.quote(name)


def _described(source: Any, name: str, band: int, nodata: float | None) -> Raster:
    from rasterio.enums import MaskFlags

    dtype = np.dtype(source.dtypes[band - 1])
    stated = source.nodatavals[band - 1] if nodata is None else nodata
    flags = set(source.mask_flag_enums[band - 1])
    way = source.transform
    return Raster(
        path=name,
        band=int(band),
        crs=pyproj.CRS.from_user_input(source.crs),
        left=way.c,
        top=way.f,
        cell_x=way.a,
        cell_y=way.e,
        height=source.height,
        width=source.width,
        dtype=dtype,
        nodata=None if stated is None else _stored(stated, dtype),
        scale=float(source.scales[band - 1]),
        offset=float(source.offsets[band - 1]),
        block=source.block_shapes[band - 1],
        # A mask of a band's own has no flag at all.
        masked=not flags & {MaskFlags.all_valid, MaskFlags.nodata},
    )


def _stored(value: float, dtype: np.dtype[Any]) -> float | None:
    """Return a value as a raster of the type holds it; `None` if it cannot (-9999 among bytes)."""
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return float(dtype.type(value))
    limits = np.iinfo(dtype)
    if not math.isfinite(value) or value != int(value) or not limits.min <= int(value) <= limits.max:
        return None
    return int(value)


def windows(raster: Raster, cells: int = WINDOW_CELLS) -> Iterator[Window]:
    """Give the windows that together are the raster, row by row, each of about so many cells and of whole blocks.

    Examples
    --------
    >>> import numpy as np, pyproj
    >>> grid = {"left": 0, "top": 0, "cell_x": 1, "cell_y": -1, "height": 500, "width": 600, "block": (256, 256)}
    >>> held = {"dtype": np.dtype("u1"), "nodata": None, "scale": 1, "offset": 0, "masked": False}
    >>> raster = Raster("a.tif", 1, pyproj.CRS(4548), **grid, **held)
    >>> [(window.row, window.col, window.height, window.width) for window in windows(raster, cells=300 * 600)][:3]
    [(0, 0, 500, 256), (0, 256, 500, 256), (0, 512, 500, 88)]
    """
    height, width = _window_shape(raster, cells)
    for row in range(0, raster.height, height):
        for col in range(0, raster.width, width):
            yield Window(row, col, min(height, raster.height - row), min(width, raster.width - col))


def _window_shape(raster: Raster, cells: int) -> tuple[int, int]:
    rows, cols = (min(size, whole) for size, whole in zip(raster.block, (raster.height, raster.width), strict=True))
    if rows * cols > max(_MOST_CELLS, cells):
        return max(cells // cols, 1), min(cols, cells)
    if cols < raster.width:
        cols *= max(min(math.isqrt(cells) // cols, cells // (rows * cols)), 1)
    return max(cells // cols // rows, 1) * rows, cols


class Reader:
    """Reads windows of a raster on any thread, each with a handle of its own; closed by `opened`."""

    def __init__(self, raster: Raster) -> None:
        self.raster = raster
        self._own = threading.local()
        self._handles: list[Any] = []
        self._lock = threading.Lock()

    def read(self, window: Window) -> Cells:
        """Return the cells of a window.

        Raises
        ------
        LayerError
            If the file is damaged there.
        """
        import rasterio
        from rasterio.windows import Window as Part

        part = Part(window.col, window.row, window.width, window.height)
        band = self.raster.band
        try:
            handle = self._handle()
            stored = handle.read(band, window=part)
            valid = handle.read_masks(band, window=part) if self.raster.masked else None
            self._forget(stored.nbytes)
        except rasterio.errors.RasterioError as error:
            reason = str(error.__cause__ or error)
            raise LayerError(Problem("raster_unreadable", self.raster.name, params={"reason": reason})) from error
        return Cells(window, stored, valid)

    def _handle(self) -> Any:
        import rasterio

        if not hasattr(self._own, "handle"):
            # Handles of one file are shared unless asked otherwise, and none may serve two threads.
            self._own.handle = rasterio.open(self.raster.path, sharing=False)
            with self._lock:
                self._handles.append(self._own.handle)
        return self._own.handle

    def _forget(self, read_bytes: int) -> None:
        """Close this thread's handle once much was read: no block is asked for again, and GDAL would keep them all."""
        self._own.read_bytes = getattr(self._own, "read_bytes", 0) + read_bytes
        if self._own.read_bytes > _KEPT_BYTES:
            with self._lock:
                self._handles.remove(self._own.handle)
            self._own.handle.close()
            del self._own.handle, self._own.read_bytes

    def close(self) -> None:
        """Close the handles of all threads."""
        for handle in self._handles:
            handle.close()


@contextmanager
def opened(raster: Raster) -> Iterator[Reader]:
    """Give a reader of a raster, and close it at the end."""
    reader = Reader(raster)
    try:
        yield reader
    finally:
        reader.close()
