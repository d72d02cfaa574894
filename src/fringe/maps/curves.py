"""Curves in popups: figures of a row over days, such as planned and reported progress.

A *curve* is a column of a table by id and day; a row's popup draws all its curves in one picture, plans dashed.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import MapError
from fringe.maps.encode import encode_columns
from fringe.maps.pack import Block
from fringe.model.problem import Problem

# What `fringe.s_curve` says of progress.
USUAL = ("planned_share", "progress_share")
_LEVELS = 2


@dataclass(frozen=True, eq=False)
class Curves:
    """Figures by id and day.

    Parameters
    ----------
    table
        Numbers by id and day, every id with every day, days rising.
    days
        Of all ids.
    """

    table: pd.DataFrame
    days: pd.DatetimeIndex

    def of(self, ids: pd.Index) -> Curves | None:
        """Return the curves of some ids, without the days on which only others are known; `None` if they have none."""
        theirs = self.table.index.get_level_values(0).isin(ids)
        if theirs.all():
            return self
        table = self.table[theirs]
        known = table.index.get_level_values(1)[table.notna().any(axis=1)]
        days = self.days[self.days.isin(known)]
        return Curves(table[table.index.get_level_values(1).isin(days)], days) if len(days) else None

    def without(self, columns: Collection[str]) -> Curves | None:
        """Return the curves but for some columns; `None` if none is left."""
        left = [name for name in self.table.columns if name not in columns]
        return replace(self, table=self.table[left]) if left else None

    def renamed(self, names: Mapping[Hashable, Hashable]) -> Curves:
        """Return the curves with other ids."""
        ids, days = (self.table.index.get_level_values(level) for level in range(_LEVELS))
        index = pd.MultiIndex.from_arrays([[names[one] for one in ids], days])
        return replace(self, table=self.table.set_axis(index))


def curves_of(given: object, layer: str, ids: pd.Index) -> Curves:
    """Return curves from a table by id and day.

    Parameters
    ----------
    given
        On two levels of index, ids and days, such as ``fringe.s_curve(tasks, reports, by="zone")``. Its columns
        `planned_share` and `progress_share` where it has them, else all its numbers.
    layer, ids
        Whose they are. Ids the layer has not are left out.

    Raises
    ------
    MapError
        If it is no such table, holds no number or no id of the layer, says a day twice, or its days are no dates.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["A", "B"], ["2020-01-05", "2020-01-12"]], names=["zone", "date"])
    >>> table = pd.DataFrame({"planned_share": [0.1, 0.5, 0.2, 0.4]}, index=index)
    >>> [f"{day:%m-%d}" for day in curves_of(table, "zones", pd.Index(["A"])).days]
    ['01-05', '01-12']
    """
    if not isinstance(given, pd.DataFrame) or given.index.nlevels != _LEVELS:
        raise MapError(Problem("map_curves", layer, params={"value": type(given).__name__}))
    numbers = [str(name) for name in given.columns if pd.api.types.is_numeric_dtype(given[name])]
    columns = [name for name in USUAL if name in numbers] or numbers
    of, days = given.index.get_level_values(0), pd.to_datetime(given.index.get_level_values(1), errors="coerce")
    problems = []
    if not columns:
        problems.append(Problem("map_curves_numbers", layer))
    if days.isna().any():
        wrong = given.index.get_level_values(1)[days.isna()]
        problems.append(Problem("map_curves_days", layer, params={"value": ", ".join(map(str, wrong[:3]))}))
    if not of.isin(ids).any():
        problems.append(Problem("map_curves_ids", layer, params={"value": ", ".join(map(str, of.unique()[:3]))}))
    twice = given.index[given.index.duplicated()]
    if len(twice):
        problems.append(Problem("map_curves_twice", layer, tuple(dict.fromkeys(str(row) for row, _ in twice))))
    if problems:
        raise MapError(problems)
    table = given[columns].set_axis(pd.MultiIndex.from_arrays([of, days.normalize()]))[of.isin(ids)]
    every = pd.DatetimeIndex(sorted(set(table.index.get_level_values(1))))
    known = ids[ids.isin(table.index.get_level_values(0))].unique()
    return Curves(table.reindex(pd.MultiIndex.from_product([known, every])), every)


def encode_curves(curves: Curves, ids: pd.Index, lang: str | None) -> Block:
    """Return the curves of the rows that have any: `rows`, and the columns row by row, day by day."""
    of = curves.table.index.get_level_values(0)[:: len(curves.days)]
    rows: npt.NDArray[np.int64] = ids.get_indexer_for(of).astype(np.int64)
    block = encode_columns(gpd.GeoDataFrame(curves.table), [str(name) for name in curves.table.columns], lang)
    block.facts["days"] = [f"{day:%Y-%m-%d}" for day in curves.days]
    block.ints("rows", rows)
    return block
