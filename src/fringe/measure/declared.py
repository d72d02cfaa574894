"""Declared protection zones: what the notice of a government says by chainage, checked before it is used.

A notice lists for each line, from chainage to chainage and by side, how far the zone reaches from the base line. Where
it says nothing the law's own distances hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from fringe.errors import LayerError
from fringe.measure.chainage import chainage_label, parse_chainage, stretch_label
from fringe.measure.corridor_door import EXAMPLES
from fringe.measure.corridor_strips import LEFT, RIGHT
from fringe.measure.doors import column_problems
from fringe.measure.flat import Floats, Ints
from fringe.model.problem import Problem, errors_of
from fringe.model.units import M_PER_KM

SETTINGS = ("urban", "suburban_residential", "village_residential", "other")
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "城市市区": "urban",
        "市区": "urban",
        "城市郊区居民居住区": "suburban_residential",
        "城市郊区": "suburban_residential",
        "郊区": "suburban_residential",
        "村镇居民居住区": "village_residential",
        "村镇": "village_residential",
        "其他地区": "other",
        "其他": "other",
    }
)
_SIDES: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "left": (LEFT,),
        "right": (RIGHT,),
        "both": (LEFT, RIGHT),
        "左": (LEFT,),
        "左侧": (LEFT,),
        "右": (RIGHT,),
        "右侧": (RIGHT,),
        "两侧": (LEFT, RIGHT),
        "双侧": (LEFT, RIGHT),
    }
)
_HEADINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "line": ("线路", "线名", "线路名称"),
        "km_from": ("起点里程", "起始里程", "起点", "from"),
        "km_to": ("终点里程", "止点里程", "终止里程", "终点", "止点", "to"),
        "side": ("侧别", "方位", "位置"),
        "distance_m": ("距离", "距离（米）", "距离(米)", "距离（m）", "保护区距离", "保护区距离（米）"),
        "setting": ("类型", "地段类型", "场合"),
    }
)
_NEEDED = ("line", "km_from", "km_to", "side", "distance_m")
# Stretches that meet within this are taken to meet: notices round to the metre.
_MEET_KM = 0.001


@dataclass(frozen=True)
class Declared:
    """The rows of a notice, one for each side.

    Parameters
    ----------
    line
        Of each row.
    side
        1 for left, -1 for right.
    km_from, km_to, distance_m
        Of each row.
    setting
        Of each row, empty where the notice names none.
    """

    line: tuple[object, ...]
    side: Ints
    km_from: Floats
    km_to: Floats
    distance_m: Floats
    setting: tuple[str, ...]

    def rows_of(self, line: object) -> Ints:
        """Return the rows of a line."""
        return np.array([at for at, name in enumerate(self.line) if name == line], dtype=np.int64)


def setting_word(value: object) -> str | None:
    """Return a setting as one of `SETTINGS`, or `None` for what is none.

    Examples
    --------
    >>> setting_word("村镇居民居住区"), setting_word("urban"), setting_word("moor")
    ('village_residential', 'urban', None)
    """
    word = str(value).strip()
    return word if word in SETTINGS else _WORDS.get(word)


def read_declared(table: pd.DataFrame, lines: tuple[object, ...]) -> tuple[Declared, list[Problem]]:
    """Return the rows of a notice, and warnings of stretches it leaves open; raise all that is wrong with it.

    Parameters
    ----------
    table
        Columns `line`, `km_from`, `km_to` (km, or labels such as ``DK127+474``), `side` (``left``, ``right``, ``both``,
        左, 右, 两侧), `distance_m`, and if known `setting`; Chinese headings are understood.
    lines
        The lines there are.
    """
    names = {heading: column for column, headings in _HEADINGS.items() for heading in headings}
    table = table.rename(columns=lambda name: names.get(str(name).strip(), name))
    missing = [problem for column in _NEEDED for problem in column_problems(table, "declared", column)]
    if missing:
        raise LayerError(missing)
    problems = [*_row_problems(table), *_line_problems(table, lines)]
    if errors_of(problems):
        raise LayerError(errors_of(problems))
    settings = table["setting"] if "setting" in table.columns else pd.Series(None, index=table.index, dtype=object)
    sides = [_SIDES[str(word).strip()] for word in table["side"]]
    at = np.repeat(np.arange(len(table)), [len(some) for some in sides])
    declared = Declared(
        tuple(table["line"].iloc[at]),
        np.array([side for some in sides for side in some], dtype=np.int64),
        np.array([parse_chainage(item) for item in table["km_from"]], dtype=np.float64)[at],
        np.array([parse_chainage(item) for item in table["km_to"]], dtype=np.float64)[at],
        pd.to_numeric(table["distance_m"]).to_numpy(dtype=np.float64)[at],
        tuple("" if pd.isna(item) else str(setting_word(item)) for item in settings.iloc[at]),
    )
    problems += _fit_problems(declared, table.index[at])
    if errors_of(problems):
        raise LayerError(errors_of(problems))
    return declared, problems


def _row_problems(table: pd.DataFrame) -> list[Problem]:
    problems = []
    km = {name: np.array([parse_chainage(item) for item in table[name]]) for name in ("km_from", "km_to")}
    for name, values in km.items():
        odd = ~np.isfinite(values)
        if odd.any():
            params = {"column": name, "value": str(table[name][odd].iloc[0])}
            problems.append(Problem("chainage_unreadable", "declared", tuple(table.index[odd]), params=params))
    turned = km["km_from"] >= km["km_to"]
    if turned.any():
        problems.append(Problem("declared_reversed", "declared", tuple(table.index[turned])))
    odd = ~table["side"].map(lambda word: str(word).strip() in _SIDES).to_numpy(dtype=bool)
    if odd.any():
        params = {"column": "side", "value": str(table["side"][odd].iloc[0]), "allowed": ", ".join(_SIDES), "hint": ""}
        problems.append(Problem("unknown_value", "declared", tuple(table.index[odd]), params=params))
    distance = pd.to_numeric(table["distance_m"], errors="coerce").to_numpy(dtype=np.float64)
    number = np.isfinite(distance)
    for code, odd in (("distance_no_number", ~number), ("distance_not_positive", number & ~(distance > 0))):
        if odd.any():
            params = {
                "name": "distance_m",
                "value": str(table["distance_m"][odd].iloc[0]),
                "example": EXAMPLES["distance_m"],
            }
            problems.append(Problem(code, "declared", tuple(table.index[odd]), params=params))
    if "setting" in table.columns:
        problems += setting_problems(table["setting"], "declared")
    return problems


def setting_problems(settings: pd.Series[Any], layer: str) -> list[Problem]:
    """Return the error that settings are not among those of the law."""
    odd = settings.notna() & settings.map(lambda item: setting_word(item) is None)
    if not odd.any():
        return []
    params = {"column": "setting", "value": str(settings[odd].iloc[0]), "allowed": ", ".join(SETTINGS), "hint": ""}
    return [Problem("unknown_value", layer, tuple(settings.index[odd]), params=params)]


def _line_problems(table: pd.DataFrame, lines: tuple[object, ...]) -> list[Problem]:
    unknown = ~table["line"].isin(list(lines))
    if not unknown.any():
        return []
    allowed = ", ".join(dict.fromkeys(str(line) for line in lines))
    params = {"value": str(table["line"][unknown].iloc[0]), "allowed": allowed}
    return [Problem("declared_line_unknown", "declared", tuple(table.index[unknown]), params=params)]


def _fit_problems(declared: Declared, ids: pd.Index) -> list[Problem]:
    """Return errors for stretches of one line and side that overlap, warnings for those that leave a gap."""
    problems = []
    for line in dict.fromkeys(declared.line):
        for side in (LEFT, RIGHT):
            rows = declared.rows_of(line)
            rows = rows[declared.side[rows] == side]
            rows = rows[np.argsort(declared.km_from[rows], kind="stable")]
            for first, second in pairwise(rows.tolist()):
                gap = float(declared.km_from[second] - declared.km_to[first])
                if abs(gap) <= _MEET_KM * 1.5:
                    continue
                ends = sorted((float(declared.km_to[first]), float(declared.km_from[second])))
                params = {"value": stretch_label(*ends), "line": line, "metres": f"{abs(gap) * M_PER_KM:,.0f}"}
                both = tuple(dict.fromkeys((ids[first], ids[second])))
                if gap < 0:
                    problems.append(Problem("declared_overlaps", "declared", both, params=params))
                else:
                    problems.append(Problem("declared_gap", "declared", both, "warning", params))
    return problems


def beyond(declared: Declared, line: object, km: tuple[float, float]) -> list[Problem]:
    """Return the warning that a notice reaches beyond what is drawn of a line."""
    rows = declared.rows_of(line)
    out = declared.km_from[rows].min() < km[0] - _MEET_KM or declared.km_to[rows].max() > km[1] + _MEET_KM
    if not out:
        return []
    params = {"line": line, "value": stretch_label(*km), "start": chainage_label(km[0])}
    return [Problem("declared_beyond", "declared", severity="warning", params=params)]
