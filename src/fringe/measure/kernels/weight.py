"""What a square metre weighs: areas as sums over edges, weighted by a polynomial.

By Green's theorem the integral of f over an area is that of F dy along its border, F being the integral of f over x.
See `fringe.measure.ellipsoid` for where f comes from; in the plane f is 1.
"""

from __future__ import annotations

from typing import NamedTuple

from fringe.measure.flat import Floats
from fringe.model.compiled import compiled

QUADRATIC = 2
# Gauss' rule with two points, exact for a cubic, on 0..1.
_NEAR, _FAR = 0.5 - 12.0**-0.5, 0.5 + 12.0**-0.5

Low = tuple[float, float, float, float, float, float]


class Weight(NamedTuple):
    """A polynomial as `fringe.measure.ellipsoid.Polynomial`, and Gauss' rule that integrates it along an edge.

    Parameters
    ----------
    x, y, half, per_m
        Centre and scale, and its inverse.
    degree
        Total degree of the polynomial.
    low
        Of u, u v, u v**2, u**2, u**2 v and u**3 in the integral over u: all there are up to degree 2.
    high
        Of a higher degree: the coefficients of u**(i + 1) * v**j at ``[i, j]``, and places and shares of Gauss' rule on
        0..1. Else `None`: arrays that go along are counted at each edge, which costs more than the arithmetic.
    """

    x: float
    y: float
    half: float
    per_m: float
    degree: int
    low: Low
    high: tuple[Floats, Floats, Floats] | None


@compiled
def along(weight: Weight, x0: float, y0: float, x1: float, y1: float, origin: float) -> float:
    """Return what an edge adds to the weighted area left of it.

    The constant term, nearly all of the area, is taken relative to an origin near by, so that nothing is lost far from
    the centre. It must be the same for all edges of a closed border.
    """
    dy = y1 - y0
    total = weight.low[0] * ((x0 - origin) + 0.5 * (x1 - x0)) * dy
    if weight.degree == 0:
        return total
    u0, v0 = (x0 - weight.x) * weight.per_m, (y0 - weight.y) * weight.per_m
    du, dv = (x1 - x0) * weight.per_m, dy * weight.per_m
    return total + _mean(weight.low, weight.high, u0, v0, du, dv) * weight.half * dy


@compiled
def _mean(low: Low, high: tuple[Floats, Floats, Floats] | None, u0: float, v0: float, du: float, dv: float) -> float:
    """Return the mean along an edge of the integral over u, without the constant term."""
    # Which of the two it is, is known when the loops are compiled.
    if high is None:
        near = _quadratic(low, u0 + _NEAR * du, v0 + _NEAR * dv)
        return 0.5 * (near + _quadratic(low, u0 + _FAR * du, v0 + _FAR * dv))
    coefficients, places, shares = high
    mean = 0.0
    for at in range(len(places)):
        mean += shares[at] * _general(coefficients, u0 + places[at] * du, v0 + places[at] * dv)
    return mean


@compiled
def _quadratic(low: Low, u: float, v: float) -> float:
    """Return the integral over u of a quadratic without its constant term."""
    return u * (v * (low[1] + v * low[2]) + u * (low[3] + v * low[4] + u * low[5]))


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
        total = total * u + inner
    return total * u
