"""Land classes as layers of land use write them: codes of the land survey (三调), its names, OpenStreetMap's words.

A code of the survey has two figures for the class and two for the kind (0101 paddy), now and then a letter behind them;
the survey before it (二调) has three (011). A number has lost its leading nought on its way through a spreadsheet: 101
is 0101. Names are compared without regard to case.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Bools = npt.NDArray[np.bool_]
_CODE = re.compile(r"^(\d{1,4})(?:\.0+)?([a-z]?)$")
_LOST_NOUGHT = (1, 3)  # figures of a number that began with a nought: 1 for 01, 101 for 0101
_CROPLAND = ("01", {"farmland", "cropland", "耕地", "水田", "水浇地", "旱地", "永久基本农田"})
_RESIDENTIAL = ("07", {"residential", "住宅用地", "城镇住宅用地", "农村宅基地"})


def code_of(item: object) -> str:
    """Return a land class as a code of two to four figures, or as a lower-case name.

    Examples
    --------
    >>> [code_of(item) for item in ("0101", 101, 103.0, "011", "0103A", " Farmland ", 1, 1001, "701")]
    ['0101', '0101', '0103', '011', '0103a', 'farmland', '01', '1001', '0701']
    """
    text = "" if item is None or item != item else str(item).strip().lower()  # noqa: PLR0124 - NaN differs from itself
    found = _CODE.match(text)
    if not found:
        return text
    figures, letter = found.groups()
    lost = len(figures) in _LOST_NOUGHT and not figures.startswith("0")
    return ("0" if lost else "") + figures + letter


def is_cropland(classes: pd.Series[Any]) -> Bools:
    """Return which rows are cropland.

    Examples
    --------
    >>> import pandas as pd
    >>> is_cropland(pd.Series(["0101", "水田", "Farmland", 103, "0301", None])).tolist()
    [True, True, True, True, False, False]
    """
    return _within(classes, *_CROPLAND)


def is_residential(classes: pd.Series[Any]) -> Bools:
    """Return which rows are residential land.

    Examples
    --------
    >>> import pandas as pd
    >>> is_residential(pd.Series(["0701", 702, "residential", "农村宅基地", "0101"])).tolist()
    [True, True, True, True, False]
    """
    return _within(classes, *_RESIDENTIAL)


def _within(classes: pd.Series[Any], code: str, names: set[str]) -> Bools:
    codes = [code_of(item) for item in classes.tolist()]
    return np.array([item in names or (item.startswith(code) and item[0].isdigit()) for item in codes], dtype=bool)
