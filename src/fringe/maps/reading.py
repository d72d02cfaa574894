"""Reading aids: what can be searched and filtered on a map, and what popups show besides their table.

A layer is *searched* by the names and numbers of its rows, and names by the *initials* of their pinyin: each sign of
the names is listed with the first letters of all its readings, so that a name is found whichever of them is meant. It
is *filtered* by columns that hold few different words, such as a township or a status.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from fringe.maps.curves import Curves
from fringe.maps.photos import Photo
from fringe.maps.symbols import BASE_KINDS, kind_of

# Names and numbers by which people know a row: its own, those of its task and of its railway.
_NAMES = ("name", "title", "task", "line", "report")
# What rows belong to is both looked up and filtered by.
_GROUPS = ("township",)
# What a base map is filtered by; more would bury the columns of the theme.
_OF_BASE = ("township", "district", "road_class", "rail_class", "state", "land_class")
# A column with more words than this is a text, not a classification.
_MOST_WORDS = 30
_FIRST_HAN, _LAST_HAN = "\u3400", "\U0003ffff"


@dataclass(frozen=True)
class Details:
    """What a layer's popups and the filter say beyond the usual.

    Parameters
    ----------
    filters
        Columns of the filter; `None`: the usual ones.
    curves
        By the rows' ids.
    photos
        In the order in which they are shown.
    """

    filters: tuple[str, ...] | None = None
    curves: Curves | None = None
    photos: tuple[Photo, ...] = ()

    def within(self, frame: gpd.GeoDataFrame) -> Details:
        """Return what is left of it for a frame that has fewer rows or columns: nothing tells of what is not shown."""
        columns = (*frame.columns, str(frame.index.name))
        return Details(
            filters=None if self.filters is None else tuple(name for name in self.filters if name in columns),
            curves=self.curves and self.curves.of(frame.index),
            photos=tuple(photo for photo in self.photos if photo.of in frame.index),
        )


def search_columns(frame: gpd.GeoDataFrame, popup: tuple[str, ...], label: str | None) -> list[str]:
    """Return the columns by which rows are looked up; none for a layer without popups.

    The index is among them unless it only counts the rows or repeats their names.

    Examples
    --------
    >>> zones = pd.DataFrame({"name": ["East"], "covered_share": [0.4]}, index=pd.Index(["Z1"], name="zone"))
    >>> search_columns(zones, ("name", "covered_share"), "name")
    ['name', 'zone']
    """
    if not popup:
        return []
    index = str(frame.index.name)
    found = [
        name for name in dict.fromkeys((label, *_NAMES, *_GROUPS)) if name and name in frame and name in (*popup, label)
    ]
    repeats = any(frame[name].tolist() == frame.index.tolist() for name in found)
    if index in found or repeats or (index not in popup and pd.api.types.is_numeric_dtype(frame.index)):
        return found
    return [*found, index]


def filter_columns(frame: gpd.GeoDataFrame, popup: tuple[str, ...], taken: Iterable[str]) -> list[str]:
    """Return the columns of the popup that sort rows into few kinds; those already looked up by name are none.

    Examples
    --------
    >>> frame = pd.DataFrame({"kind": ["a", "b", "a", "b"], "n": [1, 2, 3, 4], "note": ["p", "q", "r", "s"]})
    >>> filter_columns(frame, ("kind", "n", "note"), ())
    ['kind']
    """
    own = {*taken, str(frame.index.name)} - {*_GROUPS}
    base = kind_of(frame) in BASE_KINDS
    names = [name for name in popup if name in frame and name not in own and (not base or name in _OF_BASE)]
    return [name for name in names if _sorts(frame[name])]


def _sorts(column: pd.Series) -> bool:
    words = pd.api.types.is_bool_dtype(column) or pd.api.types.infer_dtype(column, skipna=True) in {
        "string",
        "categorical",
        "boolean",
    }
    if not words:
        return False
    different = int(column.nunique(dropna=False))
    return 1 < different <= _MOST_WORDS and 2 * different <= len(column)


def initials(texts: Iterable[str]) -> dict[str, str]:
    """Return the Chinese signs of texts with the first letters of their readings, in the order of the signs.

    Examples
    --------
    >>> initials(["重庆路", "Ring 3"])
    {'庆': 'q', '路': 'l', '重': 'zct'}
    """
    signs = sorted({sign for sign in set("".join(texts)) if _FIRST_HAN <= sign <= _LAST_HAN})
    if not signs:
        return {}
    from pypinyin.constants import PINYIN_DICT
    from pypinyin.contrib.tone_convert import to_normal

    found = {}
    for sign in signs:
        readings = PINYIN_DICT.get(ord(sign), "")
        letters = dict.fromkeys(to_normal(reading)[:1] for reading in readings.split(",") if reading)
        if letters:
            found[sign] = "".join(letters)
    return found
