"""How far each plot is on the day of the data, and how far each zone has come.

The *season* is the winter and spring from 2019-11 to 2020-04. A zone's *pace* (0 to 1) is how much of its season's
work is done; it differs among zones on purpose. Older plots were planted in earlier seasons and are kept or lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recipe import places
from recipe.greening import Site

DATA_DAY = pd.Timestamp("2020-04-10")
BEFORE = pd.Timestamp("2019-06-15")
_OLD_GROUPS = {
    "陇海线": 0.4,
    "绕城高速": 0.32,
    "郑西高铁": 0.12,
    "107国道": 0.3,
    "七里河": 0.15,
    "十八里河": 0.2,
    "片林": 0.3,
}
# Planting stops for frost and for the holiday and epidemic that followed it.
_WINDOWS = ((pd.Timestamp("2019-11-25"), 32), (pd.Timestamp("2020-02-24"), 44))
_SLOW = {"毕河村": 0.22, "苏庄村": 0.3, "司赵村": 0.34}
_FAST = {"小李庄村": 0.95, "王桐村": 0.93, "十八里河村": 0.9}
M2_PER_MU = 2000 / 3


@dataclass(frozen=True)
class State:
    """A plot's status with its dates, survival and reported area."""

    status: str
    dates: dict[str, pd.Timestamp]
    survival_share: float | None
    claimed_mu: float | None
    hollow: bool = False


def make_paces(zones: list[str], rng: np.random.Generator) -> dict[str, float]:
    """Return each zone's pace: pilots ahead, the western township ahead of the southern one."""
    paces = {}
    for zone in zones:
        base = 0.84 if places.township_of(zone) == places.SHIBALIHE else 0.68
        own = base + 0.14 * (zone in places.PILOTS) + 0.08 * (zone in places.SHOWCASES) + rng.normal(0, 0.1)
        paces[zone] = _SLOW.get(zone, _FAST.get(zone, float(np.clip(own, 0.3, 0.97))))
    return paces


def make_state(site: Site, zone: str, pace: float, rng: np.random.Generator) -> State:
    """Return how far a plot of a zone is."""
    area_mu = site.shape.area / M2_PER_MU
    if not site.doubled and rng.random() < _OLD_GROUPS.get(site.group, 0.04) + 0.35 * (zone == "张华楼村"):
        return _old(area_mu, rng)
    if rng.random() < pace:
        return _planted(area_mu, pace, rng)
    planned = _day("2019-11-06", 40, rng)
    if rng.random() < 0.45:
        winter = max(planned + _days(9, rng), _day("2019-12-02", 20, rng))
        started = _day("2020-03-02", 36, rng) if rng.random() < 0.75 else winter
        return State("under_way", {"planned_on": planned, "started_on": started}, None, None)
    late = rng.random() < 0.3
    return State("planned", {"planned_on": _day("2020-02-26", 38, rng) if late else planned}, None, None)


def _planted(area_mu: float, pace: float, rng: np.random.Generator) -> State:
    begin, length = _WINDOWS[int(rng.random() > 0.25 + 0.35 * pace)]
    planted = min(begin + pd.Timedelta(days=int(rng.integers(0, length))), DATA_DAY)
    started = planted - _days(15, rng)
    planned = min(_day("2019-11-06", 14, rng), started - _days(6, rng))
    dates = {"planned_on": planned, "started_on": started, "planted_on": planted}
    claimed = _claim(area_mu, rng)
    accepted = planted + pd.Timedelta(days=int(rng.integers(24, 70)))
    if accepted <= DATA_DAY and rng.random() < 0.7:
        low = rng.random() < 0.07
        survival = rng.uniform(0.62, 0.84) if low else rng.uniform(0.86, 0.99)
        return State("accepted", {**dates, "accepted_on": accepted}, round(survival, 2), claimed)
    return State("planted", dates, None, claimed, hollow=rng.random() < 0.06)


def _old(area_mu: float, rng: np.random.Generator) -> State:
    season = pd.Timestamp(str(rng.choice(["2016-02-14", "2016-11-26", "2017-02-18"])))
    planted = season + _days(30, rng)
    started = planted - _days(15, rng)
    dates = {"planned_on": started - _days(60, rng), "started_on": started, "planted_on": planted}
    dates["accepted_on"] = planted + pd.Timedelta(days=int(rng.integers(220, 300)))
    survival = round(rng.uniform(0.86, 0.98), 2)
    if rng.random() < 0.8:
        kept = max(planted + pd.Timedelta(days=3 * 365 + int(rng.integers(5, 40))), _day("2019-09-10", 60, rng))
        return State("kept", {**dates, "kept_on": min(kept, DATA_DAY)}, survival, _claim(area_mu, rng))
    return State("lost", {**dates, "lost_on": _day("2019-08-05", 220, rng)}, survival, _claim(area_mu, rng))


def _claim(area_mu: float, rng: np.random.Generator) -> float:
    """Return the reported area: mostly right, one in eight overstated."""
    factor = rng.uniform(1.15, 1.65) if rng.random() < 0.125 else rng.normal(1.0, 0.012)
    return round(area_mu * factor, 1)


def _day(first: str, length: int, rng: np.random.Generator) -> pd.Timestamp:
    return pd.Timestamp(first) + pd.Timedelta(days=int(rng.integers(0, length)))


def _days(most: int, rng: np.random.Generator) -> pd.Timedelta:
    return pd.Timedelta(days=int(rng.integers(2, most + 1)))
