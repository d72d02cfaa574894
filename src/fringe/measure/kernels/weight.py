"""What a square metre weighs: areas as sums over edges, weighted by a polynomial.

By Green's theorem the integral of f over an area is that of F dy along its border, F being the integral of f over x.
See `fringe.measure.ellipsoid` for where f comes from; in the plane f is 1.
"""

from __future__ import annotations

from typing import NamedTuple

from fringe.measure.flat import Floats
from fringe.model.compiled import compiled

_QUADRATIC = 2
# Gauss' rule with two points, exact for a cubic, on 0..1.
_NEAR, _FAR = 0.5 - 12.0**-0.5, 0.5 + 12.0**-0.5


class Weight(NamedTuple):
    """A polynomial as `fringe.measure.ellipsoid.Polynomial`, and Gauss' rule that integrates it along an edge.

    Parameters
    ----------
    x, y, half
        Centre and scale.
    coefficients
        Of u**i * v**j at ``[i, j]``.
    places, shares
        Of Gauss' rule on 0..1.
    """

    x: float
    y: float
    half: float
    coefficients: Floats
    places: Floats
    shares: Floats


@compiled
def along(weight: Weight, x0: float, y0: float, x1: float, y1: float, origin: float) -> float:
    """Return what an edge adds to the weighted area left of it.

    The constant term, nearly all of the area, is taken relative to an origin near by, so that nothing is lost far from
    the centre. It must be the same for all edges of a closed border.
    """
    dy = y1 - y0
    coefficients = weight.coefficients
    total = coefficients[0, 0] * ((x0 - origin) + 0.5 * (x1 - x0)) * dy
    degree = len(coefficients) - 1
    if degree == 0:
        return total
    u0, v0 = (x0 - weight.x) / weight.half, (y0 - weight.y) / weight.half
    du, dv = (x1 - x0) / weight.half, dy / weight.half
    varying = 0.0
    if degree == _QUADRATIC:
        u, v = u0 + _NEAR * du, v0 + _NEAR * dv
        varying = _quadratic(coefficients, u, v)
        u, v = u0 + _FAR * du, v0 + _FAR * dv
        varying = 0.5 * (varying + _quadratic(coefficients, u, v))
    else:
        for at in range(len(weight.places)):
            place = weight.places[at]
            varying += weight.shares[at] * _general(coefficients, u0 + place * du, v0 + place * dv)
    return total + varying * weight.half * dy


@compiled
def _quadratic(c: Floats, u: float, v: float) -> float:
    """Return the integral over u of a quadratic without its constant term."""
    return u * (v * (c[0, 1] + v * c[0, 2]) + u * (0.5 * (c[1, 0] + v * c[1, 1]) + u * c[2, 0] / 3.0))


@compiled
def _general(coefficients: Floats, u: float, v: float) -> float:
    degree = len(coefficients) - 1
    total = 0.0
    for i in range(degree, -1, -1):
        inner = 0.0
        for j in range(degree - i, -1, -1):
            inner *= v
            if i or j:
                inner += coefficients[i, j]
        total = total * u + inner / (i + 1)
    return total * u
