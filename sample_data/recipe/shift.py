"""GCJ-02: the shift that Chinese map services put on coordinates, written from the published formula.

It stands here beside the library's own, so that one can be checked against the other.
"""

from __future__ import annotations

import math

_A, _EE = 6378245.0, 0.00669342162296594323


def to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Return where GCJ-02 puts a WGS 84 position within China, in degrees."""
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    swing = 20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (swing + 20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y / 30 * pi)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (swing + 20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    phi = math.radians(lat)
    m = 1 - _EE * math.sin(phi) ** 2
    d_lat = north * 180 / (_A * (1 - _EE) / (m * math.sqrt(m)) * pi)
    d_lon = east * 180 / (_A / math.sqrt(m) * math.cos(phi) * pi)
    return lon + d_lon, lat + d_lat
