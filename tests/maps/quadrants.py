"""Pictures and tiles of four known colours that meet at a known place, and zones that are the same four squares."""

from __future__ import annotations

import io
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from affine import Affine
from PIL import Image
from shapely import box
from tests.io import archives

from fringe.maps import Map
from fringe.maps.style import Symbol

CRS = "EPSG:4547"
EAST, NORTH = 472_500.0, 3_839_100.0
SIDE_M = 1000.0
# North-west, north-east, south-west, south-east.
COLOURS = ((200, 40, 40), (40, 160, 40), (40, 60, 200), (220, 200, 40))
OPEN = Symbol(fill="#ffffff", opacity=0.0, stroke="#000000", width=1)


def squares(crs: str = CRS) -> gpd.GeoDataFrame:
    """The four squares as zones, each SIDE_M wide."""
    corners = [(-1, 0), (0, 0), (-1, -1), (0, -1)]
    shapes = [
        box(EAST + x * SIDE_M, NORTH + y * SIDE_M, EAST + (x + 1) * SIDE_M, NORTH + (y + 1) * SIDE_M)
        for x, y in corners
    ]
    zones = gpd.GeoDataFrame({"name": list("ABCD"), "covered_share": [0.1, 0.3, 0.6, 0.9]}, geometry=shapes, crs=CRS)
    return zones.set_index(pd.Index(list("ABCD"), name="zone")).to_crs(crs)


def sheet(**title) -> Map:
    """A map of the squares' outlines alone."""
    title = {"lang": "en", **title}
    return Map("Four squares", **title).draw(squares(), style=OPEN, label=False)


def pixels(across: int = 800, dtype: str = "uint8") -> np.ndarray:
    half = across // 2
    found = np.empty((3, across, across), dtype=dtype)
    for at, (row, col) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        found[:, row * half : (row + 1) * half, col * half : (col + 1) * half] = np.array(COLOURS[at])[:, None, None]
    return found


def geotiff(path: Path, data: np.ndarray | None = None, *, reach_m: float = 4000.0, **profile) -> Path:
    """The four colours, `reach_m` in each direction from where they meet."""
    data = pixels() if data is None else data
    step = 2 * reach_m / data.shape[2]
    usual = {"crs": CRS, "transform": Affine(step, 0, EAST - reach_m, 0, -step, NORTH + reach_m), **profile}
    size = {"count": data.shape[0], "height": data.shape[1], "width": data.shape[2]}
    with rasterio.open(path, "w", driver="GTiff", dtype=data.dtype, **size, **usual) as file:
        file.write(data)
    return path


def middle() -> tuple[float, float]:
    """Where the colours meet, in Web Mercator metres."""
    at = gpd.GeoSeries.from_xy([EAST], [NORTH], crs=CRS).to_crs("EPSG:3857")[0]
    return at.x, at.y


def tiles(zooms=range(10, 15), form: str = "PNG", side: int = 256, reach: int = 3) -> dict[tuple[int, int, int], bytes]:
    """Tiles with the four colours around `middle`."""
    x0, y0 = middle()
    found = {}
    for zoom in zooms:
        x, y = archives.place(zoom, (x0, y0))
        span = max(1, int(reach * 2.0 ** (zoom - 12)))
        for col in range(x - span, x + span + 1):
            for row in range(y - span, y + span + 1):
                west, _, east, north = archives.bounds(zoom, col, row)
                at = (np.arange(side) + 0.5) * (east - west) / side
                south_of, east_of = (north - at < y0)[:, None], (west + at > x0)[None, :]
                held = io.BytesIO()
                colours = np.array(COLOURS, dtype=np.uint8)[2 * south_of + east_of]
                Image.fromarray(colours).save(held, form)
                found[zoom, col, row] = held.getvalue()
    return found
