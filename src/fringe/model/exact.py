"""On which side of a line a point lies, decided without error.

Shewchuk's adaptive test (*Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates*, 1997):
the plain determinant is taken where it is larger than the greatest error it can have; else products and differences
are carried on with their rounding errors, as sums of doubles. Differences of neighbouring coordinates in a metric CRS
are nearly always exact, so that the second step is two exact products; the third, for anything, is rare.

This module needs numba; import it through `fringe.model.compiled.available`.
"""

from __future__ import annotations

import numpy as np

from fringe.model.compiled import compiled

# Shewchuk's bound of the error of the plain determinant, relative to the sum of its products: (3 + 16 e) e, e = 2**-53.
_BOUND = (3.0 + 16.0 * 2.0**-53) * 2.0**-53
_SPLITTER = 2.0**27 + 1.0


@compiled
def product_tail(a: float, b: float) -> float:
    """Return the rounding error of a product: ``a * b`` is exactly the rounded product plus this (Dekker)."""
    product = a * b
    wide = _SPLITTER * a
    a_high = wide - (wide - a)
    a_low = a - a_high
    wide = _SPLITTER * b
    b_high = wide - (wide - b)
    b_low = b - b_high
    return a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


@compiled
def sum_tail(a: float, b: float, total: float) -> float:
    """Return the rounding error of a sum (Knuth)."""
    b_virtual = total - a
    return (a - (total - b_virtual)) + (b - b_virtual)


@compiled
def turn(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> float:
    """Return twice the area of a triangle: its sign, positive where c lies left of a to b, is exact."""
    left = (ax - cx) * (by - cy)
    right = (ay - cy) * (bx - cx)
    determinant = left - right
    if abs(determinant) > _BOUND * (abs(left) + abs(right)):
        return determinant
    if left == 0.0 and right == 0.0:
        return 0.0
    return fine_turn(ax, ay, bx, by, cx, cy)


@compiled
def fine_turn(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> float:
    """Return the same with all its digits, however small it is."""
    acx, acy, bcx, bcy = ax - cx, ay - cy, bx - cx, by - cy
    exact = sum_tail(ax, -cx, acx) == 0.0 and sum_tail(ay, -cy, acy) == 0.0
    if not (exact and sum_tail(bx, -cx, bcx) == 0.0 and sum_tail(by, -cy, bcy) == 0.0):
        return _full_turn(ax, ay, bx, by, cx, cy)
    left, right = acx * bcy, acy * bcx
    left_tail, right_tail = product_tail(acx, bcy), product_tail(acy, bcx)
    # The difference of two doubles with tails, as four doubles that do not overlap.
    low = left_tail - right_tail
    x0 = sum_tail(left_tail, -right_tail, low)
    middle = left + low
    rest = sum_tail(left, low, middle)
    low = rest - right
    x1 = sum_tail(rest, -right, low)
    x3 = middle + low
    x2 = sum_tail(middle, low, x3)
    return x3 + (x2 + (x1 + x0))


@compiled
def _full_turn(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> float:
    """Return the determinant from six exact products of the coordinates themselves."""
    factors = ((ax, by), (-ay, bx), (bx, cy), (-by, cx), (cx, ay), (-cy, ax))
    parts = np.zeros(12)
    n = 0
    for a, b in factors:
        for term in (product_tail(a, b), a * b):
            carried = term
            for at in range(n):
                total = carried + parts[at]
                parts[at] = sum_tail(carried, parts[at], total)
                carried = total
            parts[n] = carried
            n += 1
    total = 0.0
    for at in range(n):
        total += parts[at]
    return total
