"""Change: two results of one measure side by side, and their difference."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from fringe.errors import LayerError
from fringe.model.problem import Problem, refuse


def change(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Compare two results of a measure, such as the coverage of two dates.

    Parameters
    ----------
    before, after
        Tables with the same kind of index.

    Returns
    -------
    table
        The rows of both, those of `before` first, in their order. For each column (geometry aside) ``<column>_before``
        and ``<column>_after``, and for numbers ``<column>_change``: after less before. What only one table has is
        missing for the other; such rows are named in a warning.

    Raises
    ------
    LayerError
        If one is no table, has ids twice, or the tables are indexed by different things.

    Examples
    --------
    >>> import pandas as pd
    >>> from fringe.measure.change import change
    >>> spring = pd.DataFrame({"covered_m2": [500.0, 0.0]}, index=["west", "east"])
    >>> autumn = pd.DataFrame({"covered_m2": [800.0, 200.0]}, index=["west", "east"])
    >>> change(spring, autumn)
          covered_m2_before  covered_m2_after  covered_m2_change
    west              500.0             800.0              300.0
    east                0.0             200.0              200.0
    """
    _refuse_unlike(before, after)
    index = before.index.append(after.index[~after.index.isin(before.index)]).set_names(before.index.names)
    tables = {"before": _plain(before), "after": _plain(after)}
    problems = [
        _one_sided(index, tables[side].index, other) for side, other in (("before", "after"), ("after", "before"))
    ]
    refuse([found for found in problems if found is not None])
    old, new = (table.reindex(index) for table in tables.values())
    columns: dict[str, Any] = {}
    for name in [*old.columns, *new.columns.difference(old.columns, sort=False)]:
        for side, table in (("before", old), ("after", new)):
            if name in table.columns:
                columns[f"{name}_{side}"] = table[name]
        if name in old.columns and name in new.columns and _is_number(old[name]) and _is_number(new[name]):
            columns[f"{name}_change"] = new[name] - old[name]
    return pd.DataFrame(columns, index=index)


def _refuse_unlike(before: object, after: object) -> None:
    problems = []
    for side, table in (("before", before), ("after", after)):
        if not isinstance(table, pd.DataFrame):
            problems.append(Problem("not_a_table", side, params={"value": type(table).__name__}))
            continue
        counts = table.index[table.index.duplicated(keep=False)].value_counts(sort=False)
        problems += [
            Problem("id_duplicate", side, (item,), params={"value": item, "count": int(n)})
            for item, n in counts.items()
        ]
    if problems:
        raise LayerError(problems)
    names = [[str(name) for name in table.index.names] for table in (before, after)]  # type: ignore[attr-defined]
    if names[0] != names[1]:
        params = {"value": ", ".join(names[0]), "allowed": ", ".join(names[1])}
        raise LayerError(Problem("not_comparable", "after", params=params))


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without its geometry."""
    if isinstance(table, gpd.GeoDataFrame):
        return pd.DataFrame(
            table.drop(columns=[name for name, kind in table.dtypes.items() if str(kind) == "geometry"])
        )
    return table


def _one_sided(index: pd.Index[Any], present: pd.Index[Any], other: str) -> Problem | None:
    """Return the warning that rows of one table are not in the other."""
    lacking = tuple(index[~index.isin(present)])
    if not lacking:
        return None
    return Problem("change_one_sided", other, lacking, "warning")


def _is_number(values: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
