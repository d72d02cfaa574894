"""Area and length on the ellipsoid, from plane coordinates, in one pass over flat arrays.

A projection stretches ground: its *areal scale* is plane area over true area at a point, its *linear scale* the same
for lengths. Both vary over a zone, so that one factor per zone is wrong by 1e-5 at 5 km. Here 1/scale is fitted once
by a polynomial in x and y over the box of what is measured. The area of a polygon is then the integral of that
polynomial over it, which Green's theorem turns into a sum over its edges; the length of a line is the integral along
it. Both are exactly additive: pieces add up to the whole.

Figures agree with geodesic ones on the CRS's own ellipsoid, edges densified, to 1e-6 and better. A *measure* is a
function from geometries to square metres or metres; `planar` measures take the plane as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from fringe.measure.flat import Bounds, Floats, Geometries, Ints, segments_of, totals
from fringe.model.planes import degrees_of, geod_of
from fringe.model.scale import inverse_areal_scale, is_conformal

if TYPE_CHECKING:
    from pyproj import CRS

Measure = Callable[[Geometries], Floats]
Scale = Callable[[Floats, Floats], Floats]

# A fit this close disturbs no figure that is promised to 1e-6; a quadratic reaches it for 100 km around a meridian.
FIT_RESIDUAL = 1e-8
_DEGREES = (2, 3, 4, 6, 8, 10, 12)
_FIT_POINTS = 2.0  # per unknown along an axis: enough to average the noise of the measured scale
# A box is never taken smaller: the scale of one small plot needs no finer fit, and its differences would drown in
# noise.
_LEAST_HALF_M = 500.0
# Coordinates worked on at once: a few arrays of this length stay in the processor's cache.
_BLOCK = 32_768
# Where the projection keeps no angles, edges are cut to this length before they are measured as geodesics.
DENSE_M = 1000.0


@dataclass(frozen=True)
class Polynomial:
    """A polynomial in x and y over a box.

    Parameters
    ----------
    x, y
        Centre of the box.
    half
        Half the box's longer side: coordinates are scaled to -1..1.
    coefficients
        Of u**i * v**j at ``[i, j]``, where u and v are the scaled coordinates.
    residual
        Greatest relative difference from the fitted function, at points between those fitted.
    """

    x: float
    y: float
    half: float
    coefficients: Floats
    residual: float

    @property
    def degree(self) -> int:
        """Return the total degree."""
        return len(self.coefficients) - 1

    def __call__(self, x: Floats, y: Floats) -> Floats:
        """Return the value at places of the plane."""
        u, v = (x - self.x) / self.half, (y - self.y) / self.half
        return np.asarray(np.polynomial.polynomial.polyval2d(u, v, self.coefficients), dtype=np.float64)


def fit(function: Scale, bounds: Bounds) -> Polynomial:
    """Return the polynomial of least degree that follows a smooth function over a box to `FIT_RESIDUAL`.

    A wide box, such as a country's, needs a higher degree; where none suffices the closest is taken.

    Examples
    --------
    >>> found = fit(lambda x, y: 1 + 1e-9 * x * y, (0, 0, 4000, 2000))
    >>> found.degree, bool(found.residual < 1e-12)
    (2, True)
    """
    west, south, east, north = bounds
    x, y = (west + east) / 2, (south + north) / 2
    half = max(east - west, north - south, 2 * _LEAST_HALF_M) / 2
    # The box itself, not the square around it: a projection need not be good beyond the data.
    sides = (max((east - west) / 2, _LEAST_HALF_M), max((north - south) / 2, _LEAST_HALF_M))
    best: Polynomial | None = None
    for degree in _DEGREES:
        found = _fit_degree(function, (x, y), sides, half, degree)
        if best is None or found.residual < best.residual:
            best = found
        if best.residual <= FIT_RESIDUAL:
            break
    assert best is not None  # noqa: S101 - the loop runs at least once; this tells the type checker
    return best


def _fit_degree(
    function: Scale, centre: tuple[float, float], sides: tuple[float, float], half: float, degree: int
) -> Polynomial:
    n = int(np.ceil(_FIT_POINTS * (degree + 1))) + 3
    u, v = _grid(n, sides, half)
    x, y = centre
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    matrix = np.stack([u**i * v**j for i, j in powers], axis=1)
    solution, *_ = np.linalg.lstsq(matrix, function(x + half * u, y + half * v), rcond=None)
    coefficients = np.zeros((degree + 1, degree + 1))
    for (i, j), factor in zip(powers, solution, strict=True):
        coefficients[i, j] = factor
    # The test points lie between the fitted ones.
    u, v = _grid(n + 1, sides, half)
    truth = function(x + half * u, y + half * v)
    fitted = np.polynomial.polynomial.polyval2d(u, v, coefficients)
    return Polynomial(x, y, half, coefficients, float(np.max(np.abs(fitted / truth - 1))))


def _grid(n: int, sides: tuple[float, float], half: float) -> tuple[Floats, Floats]:
    """Return Chebyshev points of a box, which keep a fit from swinging at its rim."""
    knots = np.cos(np.pi * np.arange(n) / (n - 1))
    u, v = np.meshgrid(knots * sides[0] / half, knots * sides[1] / half)
    return u.ravel(), v.ravel()


@dataclass(frozen=True)
class Areas:
    """The measure of areas in m².

    Parameters
    ----------
    function
        What an area is the integral of; `None` in the plane.
    """

    function: Polynomial | None = None

    def __call__(self, shapes: Geometries) -> Floats:
        """Return the area of each shape; anything but polygons has none."""
        return plane_areas(shapes) if self.function is None else integrals_over(shapes, self.function)


def area_measure(crs: CRS | None, bounds: Bounds, *, planar: bool = False) -> Areas:
    """Return the measure of areas in m² for geometries within a box.

    Parameters
    ----------
    crs
        Projected, in metres; `None` where there is nothing to measure.
    bounds
        West, south, east, north of all that will be measured.
    planar
        Whether to take areas in the plane.
    """
    if planar or crs is None:
        return Areas()
    return Areas(fit(lambda x, y: inverse_areal_scale(crs, x, y), bounds))


@dataclass(frozen=True)
class LengthRule:
    """How lengths are measured: as integrals of a scale along lines, or as chains of geodesics.

    Parameters
    ----------
    scale
        True length over length in the plane, from place to place; `None` where it depends on direction as well.
    crs
        The CRS, where `scale` is `None`.
    """

    scale: Polynomial | None
    crs: CRS | None

    def __call__(self, shapes: Geometries) -> Floats:
        """Return the length of each line in m."""
        if self.scale is None:
            assert self.crs is not None  # noqa: S101 - only a CRS can lack a scale; this tells the type checker
            return geodesic_lengths(shapes, self.crs)
        if not self.scale.degree:
            return np.asarray(shapely.length(shapes) * self.scale.coefficients[0, 0], dtype=np.float64)
        return integrals_along(shapes, self.scale)

    def flat(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the scale for a kernel: Gauss' nodes on 0..1, their weights, centre and half, coefficients."""
        scale = self.scale
        assert scale is not None  # noqa: S101 - asked for only where there is one
        nodes, weights = np.polynomial.legendre.leggauss(scale.degree // 2 + 1)
        return (nodes + 1) / 2, weights / 2, np.array([scale.x, scale.y, scale.half]), scale.coefficients


_PLANE = Polynomial(0.0, 0.0, 1.0, np.ones((1, 1)), 0.0)


def length_measure(crs: CRS | None, bounds: Bounds, *, planar: bool = False) -> LengthRule:
    """Return the measure of lengths in m for lines within a box; see `area_measure`.

    In a conformal CRS the linear scale is the same in all directions, the root of the areal one. In any other each
    segment is measured as a geodesic, after cutting it to `DENSE_M`.
    """
    if planar or crs is None:
        return LengthRule(_PLANE, crs)
    if is_conformal(crs, bounds):
        return LengthRule(fit(lambda x, y: np.sqrt(inverse_areal_scale(crs, x, y)), bounds), crs)
    return LengthRule(None, crs)


def plane_areas(shapes: Geometries) -> Floats:
    """Return areas in the plane."""
    return np.asarray(shapely.area(shapes), dtype=np.float64)


def integrals_over(shapes: Geometries, function: Polynomial) -> Floats:
    """Return the integral of a polynomial over each polygon or multipolygon; others and empty ones give 0.

    Parameters
    ----------
    shapes
        Valid polygons. Which way their rings turn does not matter: the first ring of a polygon is its shell.
    function
        What is integrated.

    Notes
    -----
    By Green's theorem the integral of f over a polygon is that of F dy along its rings, F being the integral of f
    over x. Along a straight edge that is a polynomial in one variable, which Gauss' rule sums exactly. The constant
    term, nearly all of the area, is taken relative to each ring's first vertex, so that small plots far from the
    centre lose nothing.
    """
    parts, owner = _polygons(shapes)
    holed = np.asarray(shapely.get_num_interior_rings(parts) > 0)
    # Without holes a polygon's coordinates are its ring's: only the others are taken apart.
    total = totals(owner[~holed], _ring_values(parts[~holed], function), len(shapes))
    rings, part = shapely.get_rings(parts[holed], return_index=True)
    shell = np.diff(part, prepend=-1) > 0
    values = _ring_values(rings, function)
    return total + totals(owner[holed][part], np.where(shell, values, -values), len(shapes))


def _ring_values(rings: Geometries, function: Polynomial) -> Floats:
    """Return the integral within each ring, or polygon without holes."""
    xy, counts = shapely.get_coordinates(rings), shapely.get_num_coordinates(rings)
    values = [
        _ring_integrals(xy[head:tail], counts[first:last], function) for first, last, head, tail in _blocks(counts)
    ]
    return np.concatenate([np.zeros(0), *values])


def _polygons(shapes: Geometries) -> tuple[Geometries, Ints]:
    """Return all polygons among the shapes' parts, and whose they are."""
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    rest = np.flatnonzero(~single)
    parts, owner = shapely.get_parts(shapes[rest], return_index=True)
    parts = np.concatenate([shapes[single], parts])
    owner = np.concatenate([np.flatnonzero(single), rest[owner]])
    real = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    return (parts, owner) if real.all() else (parts[real], owner[real])


def _blocks(counts: Ints) -> list[tuple[int, int, int, int]]:
    """Return runs of whole rings of about `_BLOCK` coordinates: first and last ring, first and last coordinate."""
    if not len(counts):
        return []
    ends = np.cumsum(counts)
    cuts = np.searchsorted(ends, np.arange(_BLOCK, ends[-1] + _BLOCK, _BLOCK)) + 1
    rings = np.unique(np.r_[0, np.minimum(cuts, len(counts))])
    coordinates = np.r_[0, ends][rings]
    return list(zip(rings[:-1], rings[1:], coordinates[:-1], coordinates[1:], strict=True))


def _ring_integrals(xy: Floats, counts: Ints, function: Polynomial) -> Floats:
    """Return the integral within each ring, positive whichever way the ring turns."""
    starts = np.r_[0, np.cumsum(counts)[:-1]]
    x, y = xy[:, 0], xy[:, 1]
    u, v = (x - function.x) / function.half, (y - function.y) / function.half
    # Differences are taken before scaling, which would round them.
    du, dv = np.diff(x, append=x[-1]) / function.half, np.diff(y, append=y[-1]) / function.half
    # The step from a ring's last vertex to the next ring's first is no edge.
    last = starts + counts - 1
    du[last] = dv[last] = 0.0
    constant = ((x - np.repeat(x[starts], counts)) / function.half + du / 2) * dv
    plane = np.add.reduceat(constant, starts)
    varying = np.zeros(len(starts))
    if function.degree:
        nodes, weights = np.polynomial.legendre.leggauss((function.degree + 3) // 2)
        edges = np.zeros(len(u))
        for at, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            edges += weight * _antiderivative(u + at * du, v + at * dv, function.coefficients)
        varying = np.add.reduceat(edges * dv, starts)
    total: Floats = function.coefficients[0, 0] * plane + varying
    return np.where(plane < 0, -total, total) * function.half**2


def _antiderivative(u: Floats, v: Floats, coefficients: Floats) -> Floats:
    """Return the integral over u of the polynomial without its constant term, by Horner's rule."""
    degree = len(coefficients) - 1
    total = np.zeros_like(u)
    for i in range(degree, -1, -1):
        inner = np.zeros_like(v)
        for j in range(degree - i, -1, -1):
            inner *= v
            if i or j:
                inner += coefficients[i, j]
        total *= u
        total += inner / (i + 1)
    total *= u
    return total


def integrals_along(shapes: Geometries, function: Polynomial) -> Floats:
    """Return the integral of a polynomial along each line; geometries without length give 0."""
    xy, owner = segments_of(shapes)
    step = np.diff(xy, axis=1)[:, 0]
    nodes, weights = np.polynomial.legendre.leggauss(function.degree // 2 + 1)
    mean = np.zeros(len(xy))
    for at, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        place = xy[:, 0] + at * step
        mean += weight * function(place[:, 0], place[:, 1])
    return totals(owner, mean * np.hypot(step[:, 0], step[:, 1]), len(shapes))


def geodesic_lengths(shapes: Geometries, crs: CRS) -> Floats:
    """Return the length of each line as a chain of geodesics on the CRS's own ellipsoid."""
    xy, owner = segments_of(shapely.segmentize(shapes, DENSE_M))
    lon, lat = degrees_of(crs)(xy[:, :, 0].ravel(), xy[:, :, 1].ravel())
    lon, lat = lon.reshape(-1, 2), lat.reshape(-1, 2)
    metres = np.asarray(geod_of(crs).inv(lon[:, 0], lat[:, 0], lon[:, 1], lat[:, 1])[2])
    return totals(owner, metres, len(shapes))
