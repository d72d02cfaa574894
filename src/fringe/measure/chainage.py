"""Chainage: where along a railway something lies, in km as on the posts beside the track, written K12+300.

A *position* is the true distance in metres from the start of a corridor's axis. Chainage follows the known starts of
tracks (`km_start`) and runs evenly between them, so that posts and drawing agree. Beyond the first and the last known
start, and where none is known, a kilometre is 1000 m.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fringe.measure.flat import Bools, Floats
from fringe.model.problem import Problem
from fringe.model.rules import rule_value
from fringe.model.units import M_PER_KM

_LABEL = re.compile(r"\s*[A-Za-z]{0,4}\s*([-−]?)\s*(\d+)\s*[+＋]\s*(\d{1,3}(?:\.\d+)?)\s*")


@dataclass(frozen=True)
class Chainage:
    """The chainage of positions along one axis.

    Parameters
    ----------
    position_m
        Known positions, rising.
    km
        Their chainage, rising.
    """

    position_m: Floats
    km: Floats

    def km_of(self, position_m: Floats) -> Floats:
        """Return the chainage of positions."""
        return _along(position_m, self.position_m, self.km, 1 / M_PER_KM)

    def position_of(self, km: Floats) -> Floats:
        """Return the positions of chainages; below 0 or beyond the axis where it does not reach so far."""
        return _along(km, self.km, self.position_m, M_PER_KM)

    def breaks(self, length_m: float, step_m: float) -> Floats:
        """Return where an axis is cut into steps: at its ends, and between them at every whole step of chainage."""
        ends = self.km_of(np.array([0.0, length_m])) * M_PER_KM / step_m
        first, last = float(ends[0]), float(ends[1])
        inner = self.position_of(np.arange(np.floor(first) + 1, np.ceil(last)) * step_m / M_PER_KM)
        # A crumb at an end, which rounding of the chainage leaves, is no step of its own.
        crumb = _CRUMB * step_m
        inner = inner[(inner > crumb) & (inner < length_m - crumb)]
        return np.concatenate([[0.0], inner, [length_m]])


# Ends closer to a whole step than this share of it are taken to lie on it: 0.1 m in 100 m.
_CRUMB = 1e-3


def _along(at: Floats, known: Floats, values: Floats, slope: float) -> Floats:
    inner = np.interp(at, known, values)
    outer = np.minimum(at - known[0], 0.0) + np.maximum(at - known[-1], 0.0)
    return np.asarray(inner + outer * slope, dtype=np.float64)


def chainage_of(
    position_m: Floats, km: Floats, rows: tuple[Hashable, ...], length_m: float
) -> tuple[Chainage, list[Problem]]:
    """Return the chainage of an axis from known starts, and what was found wrong with them.

    Parameters
    ----------
    position_m, km
        Known starts, by rising position.
    rows
        Their tracks.
    length_m
        Length of the axis.

    Returns
    -------
    chainage
        From 0 where nothing is known.
    problems
        Starts that contradict the others, which are left out; and stretches whose chainage and drawn length differ by
        more than the rule ``LIB-KM-OFF``.
    """
    if not len(position_m):
        return Chainage(np.array([0.0, length_m]), np.array([0.0, length_m / M_PER_KM])), []
    kept = _rising(position_m, km)
    problems = []
    wrong = tuple(row for row, good in zip(rows, kept, strict=True) if not good)
    if wrong:
        problems.append(Problem("chainage_overlaps", "rail", wrong, "repaired"))
    position_m, km = position_m[kept], km[kept]
    drawn, told = np.diff(position_m), np.diff(km) * M_PER_KM
    off = np.abs(told - drawn) > np.maximum(rule_value("LIB-KM-OFF") * drawn, _ROUNDED_M)
    good = [row for row, keep in zip(rows, kept, strict=True) if keep]
    for at in np.flatnonzero(off):
        params = {"told": f"{told[at]:,.0f}", "drawn": f"{drawn[at]:,.0f}"}
        problems.append(Problem("chainage_off", "rail", (good[at], good[at + 1]), "warning", params))
    return Chainage(position_m, km), problems


# Starts are told to the metre or coarser: so much of a difference says nothing.
_ROUNDED_M = 2.0


def _rising(position_m: Floats, km: Floats) -> Bools:
    """Return the longest choice of starts that rise together."""
    n = len(km)
    kept = np.ones(n, dtype=bool)
    if (np.diff(km) > 0).all() and (np.diff(position_m) > 0).all():
        return kept
    best = np.ones(n, dtype=np.int64)
    before = np.full(n, -1)
    for at in range(1, n):
        lower = np.flatnonzero((km[:at] < km[at]) & (position_m[:at] < position_m[at]))
        if len(lower):
            before[at] = lower[np.argmax(best[lower])]
            best[at] = best[before[at]] + 1
    kept[:] = False
    at = int(np.argmax(best))
    while at >= 0:
        kept[at] = True
        at = int(before[at])
    return kept


def rises(order: Floats, km: Floats) -> bool | None:
    """Return whether chainage rises along an axis (by most pairs of known starts); `None` where nothing tells."""
    told = np.flatnonzero(np.isfinite(km))
    sign = float(
        np.sign(np.subtract.outer(km[told], km[told]) * np.sign(np.subtract.outer(order[told], order[told]))).sum()
    )
    return None if sign == 0 else sign > 0


def chainage_label(km: float, *, prefix: str = "K") -> str:
    """Return a chainage as it stands in plans and on posts.

    Parameters
    ----------
    km
        Chainage.
    prefix
        ``"K"``; plans of railways being built use ``"DK"``.

    Examples
    --------
    >>> from fringe.measure.chainage import chainage_label
    >>> chainage_label(12.3), chainage_label(12.9996), chainage_label(-0.05), chainage_label(127.474, prefix="DK")
    ('K12+300', 'K13+000', 'K-0+050', 'DK127+474')
    """
    metres = round(float(km) * M_PER_KM)
    whole, rest = divmod(abs(metres), int(M_PER_KM))
    return f"{prefix}{'-' if metres < 0 else ''}{whole}+{rest:03}"


def stretch_label(km_from: float, km_to: float) -> str:
    """Return a stretch as its two chainages.

    Examples
    --------
    >>> stretch_label(12.3, 12.8)
    'K12+300–K12+800'
    """
    return f"{chainage_label(km_from)}–{chainage_label(km_to)}"


def parse_chainage(value: Any) -> float:
    """Return the km of a chainage given as a number or a label; not a number where it is neither.

    Examples
    --------
    >>> parse_chainage("DK127+474"), parse_chainage("k12＋300"), parse_chainage(12.3), parse_chainage("12.3")
    (127.474, 12.3, 12.3, 12.3)
    """
    if isinstance(value, str):
        found = _LABEL.fullmatch(value)
        if found:
            km = int(found[2]) + float(found[3]) / M_PER_KM
            return -km if found[1] else km
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")
