"""Layers for the tests of measures, and slow second opinions on them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from hypothesis import strategies as st
from shapely import box

CRS = "EPSG:4547"
X, Y = 500_000.0, 3_840_000.0
STATUSES = ("planned", "under_way", "planted", "accepted", "kept", "lost")


def frame(shapes, *, index=None, crs=CRS, name=None, **columns):
    """A layer of the shapes as they are."""
    index = pd.Index(range(len(shapes)) if index is None else index, name=name)
    return gpd.GeoDataFrame(columns, index=index, geometry=list(shapes), crs=crs)


def tiles(n, side):
    """n by n zones of a side in metres, that tile a square at the origin of the tests."""
    cells = [(i, j) for i in range(n) for j in range(n)]
    shapes = [box(X + i * side, Y + j * side, X + (i + 1) * side, Y + (j + 1) * side) for i, j in cells]
    names = [f"Z{i}-{j}" for i, j in cells]
    return frame(shapes, index=names, name="zone", township=["west" if i < n / 2 else "east" for i, _ in cells])


@st.composite
def lattice_shapes(draw, *, least=0, most=6, size=12):
    """Rectangles, triangles and holed rectangles on a lattice of 10 m: they touch, cross, nest and repeat."""
    n = draw(st.integers(least, most))
    shapes = []
    for _ in range(n):
        x0, y0 = draw(st.integers(0, size - 2)), draw(st.integers(0, size - 2))
        x1, y1 = draw(st.integers(x0 + 1, size)), draw(st.integers(y0 + 1, size))
        shape = _shape(draw(st.sampled_from(["box", "triangle", "ring", "pair"])), x0, y0, x1, y1)
        shapes.append(shapely.transform(shape, lambda xy: xy * 10 + [X, Y]))
    return shapes


def _shape(kind, x0, y0, x1, y1):
    if kind == "triangle":
        return shapely.Polygon([(x0, y0), (x1, y0), (x1, y1)])
    if kind == "ring" and min(x1 - x0, y1 - y0) >= 3:
        return box(x0, y0, x1, y1) - box(x0 + 1, y0 + 1, x1 - 1, y1 - 1)
    if kind == "pair" and x1 - x0 >= 3:
        return shapely.MultiPolygon([box(x0, y0, x0 + 1, y1), box(x1 - 1, y0, x1, y1)])
    return box(x0, y0, x1, y1)


@st.composite
def lattice_plots(draw, *, least=0, most=6):
    """A layer of plots with a status and a kind."""
    shapes = draw(lattice_shapes(least=least, most=most))
    n = len(shapes)
    return frame(
        shapes,
        index=[f"P{at}" for at in range(n)],
        name="plot",
        status=draw(st.lists(st.sampled_from(STATUSES), min_size=n, max_size=n)),
        green_class=draw(st.lists(st.sampled_from(["G1", "G2", "EG"]), min_size=n, max_size=n)),
    )


@st.composite
def lattice_lines(draw, *, most=5, size=6):
    """Chains on a lattice of 20 m, where the borders of the zones are; they may run back over themselves."""
    lines = []
    for _ in range(draw(st.integers(0, most))):
        at = np.array([draw(st.integers(0, size)), draw(st.integers(0, size))])
        steps = draw(
            st.lists(st.sampled_from([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (2, 1)]), min_size=1, max_size=6)
        )
        xy = np.vstack([at, at + np.cumsum(steps, axis=0)])
        lines.append(shapely.LineString(xy * 20 + [X, Y]))
    return frame(lines, index=[f"R{at}" for at in range(len(lines))], name="road")


def slow_coverage(plots, zones):
    """Coverage of each zone, one shapely call after the other, from the definitions."""
    rows = []
    for zone in zones.geometry:
        inside = [zone.intersection(plot) for plot in plots.geometry]
        inside = [part for part in inside if part.area > 0]
        covered = shapely.union_all(inside).area
        summed = sum(part.area for part in inside)
        rows.append((zone.area, covered, covered / zone.area, summed, summed - covered, len(inside)))
    columns = ["zone_m2", "covered_m2", "covered_share", "summed_m2", "overlap_m2", "n_plots"]
    return pd.DataFrame(rows, index=zones.index, columns=columns)


def geodesic_area(shape, crs, step_m=500.0):
    """Area of a polygon on the CRS's ellipsoid, its edges densified in the plane."""
    total = 0.0
    for part in shapely.get_parts(shape):
        for at, ring in enumerate(shapely.get_rings(part)):
            lon, lat = _degrees(shapely.segmentize(ring, step_m), crs)
            area = abs(pyproj.CRS(crs).get_geod().polygon_area_perimeter(lon, lat)[0])
            total += -area if at else area
    return total


def geodesic_length(line, crs, step_m=500.0):
    """Length of a line on the CRS's ellipsoid, its segments densified in the plane."""
    parts = shapely.get_parts(line)
    return sum(
        pyproj.CRS(crs).get_geod().line_length(*_degrees(shapely.segmentize(part, step_m), crs)) for part in parts
    )


def _degrees(shape, crs):
    crs = pyproj.CRS(crs)
    xy = shapely.get_coordinates(shape)
    return pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform(xy[:, 0], xy[:, 1])
