"""Round numbers: steps and edges that people can read aloud."""

from __future__ import annotations

import math

# A step is one of these times a power of ten; 3 and 4 would give edges nobody counts in.
_ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
EDGE_DIGITS = 12
"""Edges are sums of decimal steps: 0.1 + 0.2 must come out as 0.3."""


def round_step(width: float) -> float:
    """Return the least round number that is not below a width.

    Examples
    --------
    >>> round_step(0.17), round_step(21), round_step(2)
    (0.2, 25.0, 2.0)
    """
    power = 10.0 ** math.floor(math.log10(width))
    # A width such as 0.2 may arrive as 0.2 + 1 ulp.
    step = next(step for step in _ROUND_STEPS if step * power >= width * (1 - 1e-9))
    return round(step * power, EDGE_DIGITS)


def step_below(step: float) -> float:
    """Return the round number before a round number.

    Examples
    --------
    >>> step_below(0.05), step_below(1.0), step_below(2.5)
    (0.025, 0.5, 2.0)
    """
    return max(found for found in (round_step(step * share) for share in (0.5, 0.8)) if found < step * (1 - 1e-9))


def places_of(number: float) -> int:
    """Return how many decimals a number has; fewer than none if it ends in noughts.

    Examples
    --------
    >>> places_of(0.25), places_of(3.0), places_of(1200.0)
    (2, 0, -2)
    """
    return next((n for n in range(-15, EDGE_DIGITS) if round(number, n) == number), EDGE_DIGITS)


def outward(edge: float, inner: float, places: int) -> float:
    """Return an upper edge raised to the decimals of the breaks, or to about the width of its class if that is finer.

    Examples
    --------
    >>> outward(9.2, 5.0, 0), outward(1003.0, 1000.0, -3), outward(5.0, 5.0, 0)
    (10.0, 1010.0, 5.0)
    """
    if not edge > inner:
        return edge
    places = max(places, -math.floor(math.log10(edge - inner)) - 1)
    if places > EDGE_DIGITS:
        return edge
    raised = round(math.ceil(edge * 10.0**places - 1e-9) / 10.0**places, EDGE_DIGITS)
    return raised if edge <= raised < math.inf else edge


def roundest(below: float, upto: float) -> float:
    """Return the number above `below` and not above `upto` with the fewest digits, near their middle."""
    power = 10.0 ** math.ceil(math.log10(max(abs(below), abs(upto))))
    for _ in range(17):
        for part in (power, power / 2):
            # Below the least of all floats there is nothing rounder.
            if not part:
                return upto
            for steps in (round((below + upto) / 2 / part), math.floor(upto / part)):
                edge = round(steps * part, EDGE_DIGITS)
                if below < edge <= upto:
                    return edge
        power /= 10
    return upto
