"""Seeded districts for the benchmarks: zones that tile a square, and plots of several kinds.

- *plain*: irregular plots of 6 to 40 vertices on zones with wiggled borders of some 250 vertices; a tenth overlap
  another, a tenth cross a border, some have holes or two parts.
- *holed*: the same, half of them with holes and half in two parts.
- *snapped*: parcels on a grid of whole metres that share every border with their neighbours, zones made of blocks of
  parcels, and a tenth more plots laid over them, shifted by whole metres.
- *noisy*: the parcels, each vertex moved by up to a millimetre for each parcel by itself.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

# Zones and plots.
SIZES = {"XS": (196, 2_000), "S": (1_024, 10_000), "M": (5_041, 100_000), "L": (20_164, 1_000_000)}
CRS = "EPSG:4547"
ORIGIN = (400_000.0, 3_700_000.0)
ZONE_SIDE_M = 1_400.0
EDGE_PARTS = 64
Floats = npt.NDArray[np.float64]


def wiggled(start: Floats, end: Floats, rng: np.random.Generator) -> Floats:
    """Return borders between points as polylines, by midpoint displacement; shape ``(n, EDGE_PARTS + 1, 2)``."""
    line = np.empty((len(start), EDGE_PARTS + 1, 2))
    line[:, 0], line[:, -1] = start, end
    across = np.stack([start[:, 1] - end[:, 1], end[:, 0] - start[:, 0]], axis=1)
    step, height = EDGE_PARTS, 0.06
    while step > 1:
        half = step // 2
        for at in range(half, EDGE_PARTS, step):
            shift = (height * rng.uniform(-1, 1, len(start)))[:, np.newaxis]
            line[:, at] = (line[:, at - half] + line[:, at + half]) / 2 + across * shift
        step, height = half, height / 2
    return line


def make_zones(n: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return about n zones that tile a square, neighbours sharing every vertex of their border."""
    side = round(n**0.5)
    x, y = np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0), indexing="ij")
    knots = np.stack([x, y], axis=-1) + rng.uniform(-0.2, 0.2, (side + 1, side + 1, 2))
    knots = knots * ZONE_SIDE_M + ORIGIN
    along_x = wiggled(knots[:-1].reshape(-1, 2), knots[1:].reshape(-1, 2), rng).reshape(side, side + 1, -1, 2)
    along_y = wiggled(knots[:, :-1].reshape(-1, 2), knots[:, 1:].reshape(-1, 2), rng).reshape(side + 1, side, -1, 2)
    rings = [
        np.concatenate([along_x[i, j, :-1], along_y[i + 1, j, :-1], along_x[i, j + 1, :0:-1], along_y[i, j, :0:-1]])
        for i in range(side)
        for j in range(side)
    ]
    shapes = shapely.set_precision([shapely.Polygon(ring) for ring in rings], 0)
    if not shapely.is_valid(shapes).all():
        raise SystemExit("the borders cross: choose another seed")
    names = [f"Z{at:05}" for at in range(len(shapes))]
    return gpd.GeoDataFrame(geometry=shapes, index=pd.Index(names, name="zone"), crs=CRS)


def stars(centre: Floats, radius: Floats, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Return irregular star-shaped polygons of 6 to 40 vertices."""
    counts = rng.integers(6, 41, len(centre))
    owner = np.repeat(np.arange(len(centre)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    angle = (place + rng.uniform(-0.3, 0.3, len(owner))) / counts[owner] * 2 * np.pi
    lobes, turn = rng.uniform(0, 0.25, len(centre)), rng.uniform(0, 2 * np.pi, len(centre))
    reach = radius[owner] * (0.8 + lobes[owner] * np.sin(2 * angle + turn[owner]))
    xy = centre[owner] + reach[:, np.newaxis] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(shapely.polygons(shapely.linearrings(xy, indices=owner)), dtype=object)


def make_plots(
    n: int, zones: gpd.GeoDataFrame, rng: np.random.Generator, *, holed_share: float = 0.05, paired_share: float = 0.03
) -> gpd.GeoDataFrame:
    """Return n plots: most lie apart on a jittered grid, the rest over others; some are holed, some in two parts."""
    west, south, east, north = zones.total_bounds
    apart = round(n * 0.94)
    side = int(np.ceil((apart * 1.05) ** 0.5))
    pitch = np.array([east - west, north - south]) / side
    cells = np.stack(np.divmod(rng.permutation(side * side)[:apart], side), axis=1)
    radius = np.clip(rng.lognormal(np.log(45), 0.45, apart), 10, 0.42 * pitch.min())
    room = np.maximum(pitch / 2 - 1.2 * radius[:, np.newaxis], 0)
    centre = np.array([west, south]) + (cells + 0.5) * pitch + rng.uniform(-1, 1, (apart, 2)) * room
    over = rng.integers(0, apart, n - apart)
    turn = rng.uniform(0, 2 * np.pi, n - apart)
    shift = (
        np.stack([np.cos(turn), np.sin(turn)], axis=1) * (radius[over] * rng.uniform(0.2, 1, n - apart))[:, np.newaxis]
    )
    centre = np.concatenate([centre, centre[over] + shift])
    radius = np.concatenate([radius, radius[over] * rng.uniform(0.5, 1, n - apart)])
    radius[rng.integers(0, n, n // 500)] = 300.0
    shapes = stars(centre, radius, rng)
    kind = rng.random(n)
    holed, paired = (
        np.flatnonzero(kind < holed_share),
        np.flatnonzero((kind >= holed_share) & (kind < holed_share + paired_share)),
    )
    shapes[holed] = shapely.difference(shapes[holed], stars(centre[holed], radius[holed] * 0.4, rng))
    beside = stars(centre[paired] + [2.5, 0] * radius[paired, np.newaxis], radius[paired] * 0.7, rng)
    shapes[paired] = shapely.union(shapes[paired], beside)
    order = rng.permutation(n)
    names = [f"P{at:06}" for at in range(n)]
    return gpd.GeoDataFrame(geometry=shapes[order], index=pd.Index(names, name="plot"), crs=CRS)


def make_parcels(n: int, rng: np.random.Generator, *, noise_m: float = 0.0) -> npt.NDArray[Any]:
    """Return n parcels, row by row, that share all vertices of their borders but for the noise; a square number."""
    side, pitch, parts = round(n**0.5), 120.0, 4
    x, y = np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0), indexing="ij")
    knots = (np.stack([x, y], axis=-1) + rng.uniform(-0.2, 0.2, (side + 1, side + 1, 2))) * pitch
    share = np.arange(parts + 1)[:, np.newaxis] / parts

    def borders(start: Floats, end: Floats) -> Floats:
        line = start[..., np.newaxis, :] * (1 - share) + end[..., np.newaxis, :] * share
        line[..., 1:-1, :] += rng.uniform(-6, 6, line[..., 1:-1, :].shape)
        return np.round(line) + ORIGIN

    east, north = borders(knots[:-1], knots[1:]), borders(knots[:, :-1], knots[:, 1:])
    rings = np.concatenate(
        [east[:, :-1, :-1], north[1:, :, :-1], east[:, 1:, :0:-1], north[:-1, :, :0:-1]], axis=2
    ).reshape(side * side, -1, 2)
    rings = rings + rng.uniform(-noise_m, noise_m, rings.shape) if noise_m else rings
    return np.asarray(shapely.polygons(rings), dtype=object)


def make_blocks(parcels: npt.NDArray[Any], n: int) -> gpd.GeoDataFrame:
    """Return about n zones made of blocks of parcels."""
    side = round(len(parcels) ** 0.5)
    blocks = max(1, round(n**0.5))
    at = np.arange(side) * blocks // side
    of = (at[:, np.newaxis] * blocks + at).ravel()
    order = np.argsort(of, kind="stable")
    starts = np.searchsorted(of[order], np.unique(of))
    groups = np.split(parcels[order], starts[1:])
    shapes = np.array([*(shapely.coverage_union_all(group) for group in groups), None], dtype=object)[:-1]
    return gpd.GeoDataFrame(geometry=shapes, index=pd.RangeIndex(len(shapes), name="zone"), crs=CRS)


def make_district(kind: str, size: str, seed: int = 20) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return zones and plots of a kind and size."""
    n_zones, n_plots = SIZES[size]
    rng = np.random.default_rng(seed)
    if kind in {"plain", "holed"}:
        zones = make_zones(n_zones, rng)
        shares = {"holed_share": 0.5, "paired_share": 0.5} if kind == "holed" else {}
        plots = make_plots(n_plots, zones, rng, **shares)
    else:
        parcels = make_parcels(n_plots * 10 // 11 if kind == "snapped" else n_plots, rng)
        zones = make_blocks(parcels, n_zones)
        if kind == "snapped":
            over = parcels[rng.integers(0, len(parcels), n_plots - len(parcels))]
            xy, owner = shapely.get_coordinates(over, return_index=True)
            parcels = np.r_[parcels, shapely.set_coordinates(over, xy + rng.integers(-60, 60, (len(over), 2))[owner])]
        else:
            parcels = make_parcels(n_plots, np.random.default_rng(seed), noise_m=1e-3)
        names = pd.Index([f"P{at:06}" for at in range(len(parcels))], name="plot")
        plots = gpd.GeoDataFrame(geometry=parcels, index=names, crs=CRS)
    plots["class"] = rng.choice(["a", "b", "c", "d", "e"], len(plots))
    return zones, plots
