"""Time on a map: what each row of a layer is on each of several days, and the steps from day to day.

A *timed* layer holds a table, a row for each feature and a column for each day: numbers of zones, words of zones, or
statuses of plots. The *days* of a map are those of all its timed layers together; on a day between two of its own a
layer shows the earlier one, and before its first day nothing. Colours mean the same on all days: the classes are those
of all values of the table.

A page gets the symbols of the last day and, for each day, the rows whose symbol changed and by how much: a season of
weeks in which a plot changes three or four times so costs a few bytes a plot, and the page steps both ways.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import FringeError, MapError
from fringe.maps.encode import encode_columns
from fringe.maps.kinds import kinds_of
from fringe.maps.pack import Block
from fringe.maps.symbols import kind_of
from fringe.model import units, words
from fringe.model.problem import Problem, refuse
from fringe.model.states import DATED_BY, NOT_THERE, STATUSES, as_day, as_days, codes_on

Codes = npt.NDArray[np.int64]
# A table by zone and date has two levels in its index.
_LEVELS = 2


@dataclass(frozen=True, eq=False)
class Timed:
    """What each row is on each day.

    Parameters
    ----------
    column
        What is told.
    days
        Rising.
    table
        Numbers, or positions in `items` (-1: none); shape ``(rows, days)``, the rows in the order of the layer's.
    items
        The words; `None`: the table holds numbers.
    vanishes
        Whether a row without a word is not there, as a plot before its first date.
    """

    column: str
    days: pd.DatetimeIndex
    table: npt.NDArray[Any]
    items: tuple[Hashable, ...] | None = None
    vanishes: bool = False

    def taken(self, order: npt.NDArray[np.int64]) -> Timed:
        """Return the same with its rows in another order."""
        return replace(self, table=self.table[order])

    def only(self, rows: npt.NDArray[np.int64]) -> Timed:
        """Return what some rows are; days and words that only the others had are gone."""
        left = self.taken(rows)
        if self.vanishes:
            return left
        days = _known_days(left.table) | ~_known_days(self.table)
        if not days.any():
            days[-1] = True
        table, items = left.table[:, days], self.items
        if items is not None:
            used = np.unique(table[table >= 0])
            table, items = np.where(table < 0, -1, np.searchsorted(used, table)), tuple(items[at] for at in used)
        return replace(self, days=self.days[days], table=table, items=items)

    def last(self) -> npt.NDArray[Any]:
        """Return the value of each row on the last day."""
        values = self.table[:, -1]
        if self.items is None:
            return values
        # Position -1 is the last.
        words_of = np.empty(len(self.items) + 1, dtype=object)
        words_of[:-1] = self.items
        return np.asarray(words_of[values])

    def pool(self) -> pd.DataFrame:
        """Return one column with every value there is: all numbers, or each word once and, where it shows, none."""
        if self.items is None:
            return pd.DataFrame({self.column: self.table.ravel()})
        none = () if self.vanishes else (-1,)
        return pd.DataFrame({self.column: self._as_words([*range(len(self.items)), *none])})

    def whole(self) -> pd.Series:
        """Return the values of all rows on all days, those of a row together."""
        found = self.table.ravel() if self.items is None else self._as_words(self.table.ravel())
        return pd.Series(found, name=self.column)

    def _as_words(self, places: Any) -> pd.Categorical:
        """Return words at positions in `items`, which keep their order."""
        return pd.Categorical.from_codes(places, categories=pd.Index(self.items or (), tupleize_cols=False))

    def codes(self, of_pool: Codes, n_symbols: int) -> Codes:
        """Return the symbols of all rows on all days, given those of `pool`; `n_symbols` where a row is not there."""
        if self.items is None:
            return of_pool.reshape(self.table.shape)
        # Position -1 is the last.
        of_item = np.append(of_pool, n_symbols) if self.vanishes else of_pool
        return np.asarray(of_item[self.table], dtype=np.int64)


def _known_days(table: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    known = ~np.isnan(table) if table.dtype.kind == "f" else table >= 0
    return np.asarray(known.any(axis=0), dtype=bool)


def timed_statuses(plots: pd.DataFrame, on: object) -> Timed:
    """Return the status of each plot on each of several days, derived from its dates alone.

    Raises
    ------
    MapError
        If the days or dates cannot be read, or the plots have no dates at all.

    Examples
    --------
    >>> plots = pd.DataFrame({"planted_on": ["2020-03-01", None], "lost_on": ["2020-03-15", None]})
    >>> found = timed_statuses(plots, ["2020-03-15", "2020-03-01"])
    >>> found.days.strftime("%d").tolist(), [[found.items[at] for at in row if at >= 0] for row in found.table]
    (['01', '15'], [['planted', 'lost'], []])
    """
    try:
        listed = as_days(on, "plots")
        days = pd.DatetimeIndex([as_day(on, "plots")], name="date") if listed is None else listed.sort_values()
    except FringeError as error:
        raise MapError(error.problems) from error
    if not set(DATED_BY.values()) & set(plots.columns):
        raise MapError(Problem("map_time_undated", "plots", params={"allowed": ", ".join(DATED_BY.values())}))
    codes, problems = codes_on(plots, days)
    refuse(problems, MapError)
    values = codes.T.astype(np.int64)
    return Timed("status", days, np.where(values == NOT_THERE, -1, values), STATUSES, vanishes=True)


def timed_values(frame: pd.DataFrame, values: object, column: str | None) -> Timed:
    """Return a table by id and date as rows of a layer.

    Parameters
    ----------
    frame
        The layer; its index names the rows.
    values
        A Series with two levels of index, the layer's ids and days, in either order; or a DataFrame of that kind.
        Rows and days it does not hold are missing.
    column
        The column of a DataFrame, or what a Series tells if its own name does not say.

    Raises
    ------
    MapError
        If the table has no such index, holds a row and day twice, or rows the layer does not.

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("A", "2020-01-06"), ("A", "2020-01-13"), ("B", "2020-01-13")])
    >>> table = pd.Series([0.1, 0.2, 0.7], index=index, name="covered_share")
    >>> timed_values(pd.DataFrame(index=pd.Index(["B", "A"], name="zone")), table, None).table.tolist()
    [[nan, 0.7], [0.1, 0.2]]
    """
    layer = kind_of(frame) or str(frame.index.name)
    table = _series(values, column, layer)
    ids, days_of = _levels(table.index, str(frame.index.name))
    try:
        read = as_days(list(dict.fromkeys(days_of.tolist())), layer)
    except FringeError as error:
        raise MapError(error.problems) from error
    assert read is not None  # noqa: S101 - a list was given
    rows, found = frame.index.get_indexer(ids), dict(zip(dict.fromkeys(days_of.tolist()), read, strict=True))
    days = read.sort_values()
    at = days.get_indexer(pd.DatetimeIndex([found[day] for day in days_of.tolist()]))
    _refuse_strays(layer, ids, rows, at, len(days))
    if pd.api.types.is_numeric_dtype(table.dtype) and not pd.api.types.is_bool_dtype(table.dtype):
        grid = np.full((len(frame), len(days)), np.nan)
        grid[rows, at] = table.to_numpy(dtype=float, na_value=np.nan)
        return Timed(str(table.name), days, grid)
    items = tuple(kinds_of(table))
    positions = {item: position for position, item in enumerate(items)}
    grid = np.full((len(frame), len(days)), -1, dtype=np.int64)
    grid[rows, at] = [positions.get(item, -1) for item in table.astype(object).where(table.notna(), None)]
    return Timed(str(table.name), days, grid, items)


def _series(values: object, column: str | None, layer: str) -> pd.Series:
    if not isinstance(values, pd.Series | pd.DataFrame) or values.index.nlevels != _LEVELS:
        raise MapError(Problem("map_time_table", layer, params={"value": type(values).__name__}))
    if isinstance(values, pd.DataFrame):
        if column not in values.columns:
            has = ", ".join(str(name) for name in values.columns)
            params = {"name": column, "role": words.text("map.role_time"), "allowed": has}
            raise MapError(Problem("map_column_missing", layer, params=params))
        found: pd.Series = values[column]
        return found
    if column is None and values.name is None:
        raise MapError(Problem("map_time_unnamed", layer))
    return values.rename(column) if column is not None else values


def _levels(index: pd.Index, name: str) -> tuple[pd.Index, pd.Index]:
    """Return the ids and the days of an index with two levels."""
    first, second = index.get_level_values(0), index.get_level_values(1)
    swapped = index.names[0] == "date" or index.names[1] == name or isinstance(first, pd.DatetimeIndex)
    return (second, first) if swapped else (first, second)


def _refuse_strays(layer: str, ids: pd.Index, rows: Codes, at: Codes, n_days: int) -> None:
    problems = []
    strangers = list(dict.fromkeys(ids[rows < 0].tolist()))
    if strangers:
        problems.append(Problem("map_time_unknown", layer, tuple(strangers)))
    twice = pd.Series(rows * n_days + at)[rows >= 0].duplicated()
    if twice.any():
        problems.append(Problem("map_time_twice", layer, tuple(dict.fromkeys(ids[rows >= 0][twice].tolist()))))
    if not len(ids):
        problems.append(Problem("no_days", layer))
    if problems:
        raise MapError(problems)


def describe_times(timed: Timed, codes: Codes, blank: int) -> Block:
    """Return the steps from day to day: a block with the rows that change, and by how much.

    Parameters
    ----------
    timed
        See the class.
    codes
        The symbol of each row on each day.
    blank
        The symbol of all rows before the first day.

    Examples
    --------
    >>> timed = Timed("status", pd.DatetimeIndex(["2020-01-01", "2020-01-08"]), np.array([[0, 1], [-1, 0]]), STATUSES)
    >>> block = describe_times(timed, np.array([[0, 1], [6, 0]]), 6)
    >>> block.sections
    [('counts', 2, 1), ('rows', 3, 1), ('steps', 3, 1)]
    """
    before = np.column_stack([np.full(len(codes), blank, dtype=np.int64), codes[:, :-1]])
    steps = (codes - before).T
    at, rows = np.nonzero(steps)
    counts = np.bincount(at, minlength=len(timed.days))
    firsts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    # A row counts from the one before it; the first of each day from the layer's first.
    ahead = np.diff(rows, prepend=0)
    ahead[firsts[counts > 0]] = rows[firsts[counts > 0]]
    block = Block({"n": len(codes)})
    block.ints("counts", counts)
    block.ints("rows", ahead)
    block.ints("steps", steps[at, rows])
    return block


def describe_values(timed: Timed, lang: str | None) -> Block:
    """Return the values of all days as columns are encoded, those of a row together."""
    return encode_columns(gpd.GeoDataFrame(timed.whole().to_frame()), [timed.column], lang)


def item_texts(timed: Timed, of_pool: Codes, n_symbols: int, lang: str | None) -> list[str | None] | None:
    """Return what popups say of each symbol; `None` for numbers, and where words that differ share a symbol."""
    if timed.items is None:
        return None
    found: list[str | None] = [None] * n_symbols
    for item, code in zip(timed.items, of_pool.tolist(), strict=False):
        text = units.show(item, timed.column, lang)
        if found[code] not in (None, text):
            return None
        found[code] = text
    return found


def days_of(layers: Iterable[Any]) -> pd.DatetimeIndex:
    """Return the days of all timed layers, each once."""
    found: Sequence[pd.DatetimeIndex] = [layer.timed.days for layer in layers if layer.timed is not None]
    union = pd.DatetimeIndex([])
    for days in found:
        union = union.union(days)
    return union


def places_of(days: pd.DatetimeIndex, timed: Timed) -> list[int]:
    """Return which of a layer's days it shows on each day of the map; -1 before its first.

    Examples
    --------
    >>> days = pd.date_range("2020-01-01", periods=4)
    >>> places_of(days, Timed("a", days[[1, 3]], np.zeros((0, 2))))
    [-1, 0, 0, 1]
    """
    found: list[int] = (timed.days.searchsorted(days, side="right") - 1).tolist()
    return found
