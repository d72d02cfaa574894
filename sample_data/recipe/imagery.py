"""A vegetation index at two dates of the same season, consistent with the plots.

In mid-June the winter wheat is harvested: fields are stubble and maize seedlings, and what is green is trees, grass
and vegetables. Trees planted in the winter show a year later; hollow plots do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import rasterio
from rasterio import features
from shapely.geometry.base import BaseGeometry

from recipe import places

CELL_M = 20.0
NODATA = -1.0
_FINE = 2  # finer cells a side, whose mean is a cell: borders of plots come out mixed, as in an image
_LAND = {
    "0102": 0.27,
    "0201": 0.52,
    "0301": 0.62,
    "0601": 0.16,
    "0508": 0.13,
    "0701": 0.22,
    "0702": 0.21,
    "1202": 0.34,
    "1206": 0.15,
}
WATER, ROAD, BARE, _OUTSIDE = 0.02, 0.12, 0.17, 0.24
_NOISE = 0.035

Shape = tuple[BaseGeometry, float]


def write_images(
    folder: Path,
    bounds: tuple[float, float, float, float],
    land: Iterable[tuple[str, BaseGeometry]],
    covers: Iterable[Shape],
    plots: dict[str, list[Shape]],
    rng: np.random.Generator,
) -> None:
    """Write one image for each day of `plots`: the index of land, then of plots, then of water and pavement."""
    west, south, east, north = (round(bound / 100) * 100 for bound in bounds)
    west, south, east, north = west - 300, south - 300, east + 300, north + 300
    columns, rows = int((east - west) / CELL_M), int((north - south) / CELL_M)
    fine = _grid(west, north, CELL_M / _FINE)
    land = list(land)
    covers = list(covers)
    for day, green in plots.items():
        # Fields differ from one another and from year to year.
        fields = [(shape, _LAND[code] + rng.normal(0, 0.045 if code == "0102" else 0.025)) for code, shape in land]
        held = np.full((rows * _FINE, columns * _FINE), _OUTSIDE)
        for shapes in (fields, green, covers):
            features.rasterize(shapes, out=held, transform=fine)
        index = held.reshape(rows, _FINE, columns, _FINE).mean(axis=(1, 3))
        index += _texture(rows, columns, rng) + rng.normal(0, _NOISE / 2, (rows, columns))
        index = np.clip(np.round(index, 2), -0.2, 0.95).astype("float32")
        _write(folder / f"ndvi_{day}.tif", index, _grid(west, north, CELL_M))


def _grid(west: float, north: float, cell_m: float) -> rasterio.Affine:
    """Return the transform of square cells whose north-west corner is given."""
    return rasterio.Affine(cell_m, 0.0, west, 0.0, -cell_m, north)


def _texture(rows: int, columns: int, rng: np.random.Generator) -> np.ndarray:
    """Return slow variation over some hundred metres."""
    step = 8
    coarse = rng.normal(0, _NOISE, (rows // step + 3, columns // step + 3))
    y, x = np.arange(rows) / step, np.arange(columns) / step
    y0, x0 = y.astype(int), x.astype(int)
    fy, fx = (y - y0)[:, None], (x - x0)[None, :]
    upper = coarse[y0][:, x0] * (1 - fx) + coarse[y0][:, x0 + 1] * fx
    lower = coarse[y0 + 1][:, x0] * (1 - fx) + coarse[y0 + 1][:, x0 + 1] * fx
    return np.asarray(upper * (1 - fy) + lower * fy)


def _write(path: Path, index: np.ndarray, transform: rasterio.Affine) -> None:
    profile = {
        "driver": "GTiff",
        "height": index.shape[0],
        "width": index.shape[1],
        "count": 1,
        "dtype": "float32",
        "crs": places.CRS,
        "transform": transform,
        "nodata": NODATA,
        "compress": "deflate",
        "zlevel": 9,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
    }
    with rasterio.open(path, "w", **profile) as out:
        out.write(index, 1)
