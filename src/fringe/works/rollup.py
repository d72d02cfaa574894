"""Figures of small places added up to those of larger ones, so that every level adds up to the last square metre.

A *level* is a column: the district, its townships, their zones. A place is known by its whole *path*, so that villages
of one name in two townships stay two. Two roundings spoil tables that go from office to office: sums of floats depend
on their order, and rounded parts do not add up to the rounded whole. So sums are exact (Shewchuk 1997, as in
`math.fsum`), and rounding goes from the top down: the whole is rounded, and what its parts, rounded down, leave of it
goes to the parts with the largest remainders (Hamilton's method). Every figure is then its own exact value rounded up
or down, and the parts of every place add up to it as printed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LedgerError
from fringe.model.problem import Problem, refuse

ALL = "all"
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Levels = dict[str, pd.DataFrame]
_MANTISSA = 53
# In units of the last decimal: figures that were not rounded may differ by less.
_APART = 1e-3
_ADDITIVE = ("target", "done", "excess", "weight", "pv", "ev")
_SUFFIXES = ("_m2", "_m", "_km")
_PREFIX = "n_"


def roll_up(
    table: pd.DataFrame,
    levels: str | Sequence[str],
    *,
    places: pd.DataFrame | None = None,
    columns: Sequence[str] | None = None,
    shares: Mapping[str, tuple[str, str]] | None = None,
    decimals: int = 0,
) -> Levels:
    """Return the figures of a table added up to each of several levels.

    Parameters
    ----------
    table
        A row for each of the smallest things: zones, villages, plots, tasks. Not written to.
    levels
        From the largest to the smallest, such as ``["district", "township", "zone"]``: columns of the table, names of
        its index, or columns of `places`.
    places
        Where the levels stand that the table lacks: such as the zones, whose index is named like a level, or like an
        index or a column of the table.
    columns
        What is added up. `None`: the numbers whose names say that they can be: ``…_m2``, ``…_m``, ``…_km``, ``n_…``,
        `target`, `done`, `excess`, `weight`, `pv`, `ev`. Lengths per area and shares are never added up.
    shares
        Shares to compute at every level from what was added up: name to (part, whole).
    decimals
        Of the figures: 0 is whole square metres, 2 is hundredths, -4 is hectares.

    Returns
    -------
    levels
        A table for the whole, under ``"all"``, and one for each level under its name, on the places' paths in the order
        in which they first stand in the table. Places without a name come last, as missing. The sums of what stands in
        the tables are exact: see `check_levels`.

    Raises
    ------
    LedgerError
        With all that is wrong: levels or columns there are none of, figures that are missing, places unknown.

    Notes
    -----
    Summing areas of zones that overlap counts ground twice; `fringe.coverage` with ``per="township"`` measures it once.

    Examples
    --------
    Three thirds of a square metre are one; rounded alone they would be none.

    >>> import pandas as pd
    >>> plots = pd.DataFrame({"township": ["A", "A", "B"], "zone": ["a1", "a2", "b1"], "green_m2": 1 / 3})
    >>> levels = roll_up(plots, ["township", "zone"])
    >>> levels["all"]["green_m2"].item(), levels["township"]["green_m2"].tolist(), levels["zone"]["green_m2"].tolist()
    (1.0, [1.0, 0.0], [1.0, 0.0, 0.0])
    """
    if not isinstance(table, pd.DataFrame):
        raise LedgerError(Problem("not_a_table", "levels", params={"value": type(table).__name__}))
    names = [levels] if isinstance(levels, str) else list(levels)
    keys, problems = _keys(table, names, places)
    amounts, found = _amounts(table, columns, decimals)
    problems += [*found, *_odd_shares(shares or {}, list(amounts.columns))]
    refuse(problems, LedgerError)
    codes, paths = _paths(keys)
    tables = {level: pd.DataFrame(index=index) for level, index in paths.items()}
    for name in amounts.columns:
        parent_of = np.zeros(len(amounts), dtype=np.intp)
        above = _rounded(_sums(amounts[name], parent_of, 1), None, decimals)
        tables[ALL][name] = _printed(above, decimals)
        for level in names:
            n_places = len(paths[level])
            sums = _sums(amounts[name], codes[level], n_places)
            parent = np.zeros(n_places, dtype=np.intp)
            parent[codes[level]] = parent_of
            above = _rounded(sums, (above, parent), decimals)
            tables[level][name] = _printed(above, decimals)
            parent_of = codes[level]
    for frame in tables.values():
        for name, (part, base) in (shares or {}).items():
            frame[name] = np.where(frame[base] != 0, frame[part] / frame[base].where(frame[base] != 0), np.nan)
    return tables


def check_levels(levels: Mapping[str, pd.DataFrame], *, decimals: int = 0) -> None:
    """Refuse levels that do not add up: each place must be the sum of its parts, and the whole of the largest places.

    Parameters
    ----------
    levels
        As `roll_up` returns them, perhaps read back from files: ``"all"``, then each level under its name, from the
        largest to the smallest.
    decimals
        Of the figures; they are compared as whole multiples.

    Raises
    ------
    LedgerError
        With one problem for each column and level: the places whose parts do not add up, and both figures of the first.

    Examples
    --------
    >>> import pandas as pd
    >>> zones = pd.DataFrame({"township": ["A", "A"], "zone": ["a1", "a2"], "green_m2": [10.0, 20.0]})
    >>> levels = roll_up(zones, ["township", "zone"])
    >>> check_levels(levels)
    >>> levels["zone"].loc[("A", "a2"), "green_m2"] = 21.0
    >>> check_levels(levels)
    Traceback (most recent call last):
    fringe.errors.LedgerError: ...
    """
    names = list(levels)
    problems: list[Problem] = []
    for above, below in itertools.pairwise(names):
        problems += _disagreements(levels[above], levels[below], below, decimals)
    refuse(problems, LedgerError)


def _keys(table: pd.DataFrame, names: list[str], places: pd.DataFrame | None) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the place of each row at each level."""
    own = table.reset_index() if any(name is not None for name in table.index.names) else table
    own = own.loc[:, ~own.columns.duplicated()].set_axis(table.index)
    ground = places.reset_index() if places is not None else pd.DataFrame()
    link = next((str(name) for name in ground.columns if name in own.columns), None)
    problems = [] if names else [Problem("level_unknown", "levels", params={"value": "[]", "allowed": "…"})]
    keys = pd.DataFrame(index=table.index)
    for name in names:
        if name in own.columns:
            keys[name] = own[name]
        elif link is not None and name in ground.columns:
            known = ground.drop_duplicates(link).set_index(link)[name]
            keys[name] = own[link].map(known)
        else:
            allowed = ", ".join(str(other) for other in [*own.columns, *ground.columns] if other != "geometry")
            problems.append(Problem("level_unknown", "levels", params={"value": name, "allowed": allowed}))
    if link is not None and set(names) - set(own.columns):
        problems += _strangers(own[link], ground[link])
    return keys, problems


def _strangers(held: pd.Series[Any], known: pd.Series[Any]) -> list[Problem]:
    """Return the rows whose place is none of the places, and places that stand twice."""
    problems = []
    strange = ~held.isin(known)
    if strange.any():
        params = {"value": held[strange].iloc[0], "column": str(held.name)}
        problems.append(Problem("place_unknown", "levels", tuple(held.index[strange]), params=params))
    twice = known[known.duplicated()].unique()
    problems += [
        Problem("id_duplicate", "places", (item,), params={"value": item, "count": int((known == item).sum())})
        for item in twice
    ]
    return problems


def _amounts(table: pd.DataFrame, columns: Sequence[str] | None, decimals: int) -> tuple[pd.DataFrame, list[Problem]]:
    """Return what is added up, and what cannot be."""
    numbers = [str(name) for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
    numbers = [name for name in numbers if not pd.api.types.is_bool_dtype(table[name])]
    names = [name for name in numbers if _adds_up(name)] if columns is None else list(columns)
    allowed = ", ".join(numbers) or "–"
    problems = [
        Problem("amount_unknown", "levels", params={"value": name, "allowed": allowed})
        for name in names or ["–"]
        if name not in numbers
    ]
    held = [name for name in names if name in numbers]
    amounts = table[held].astype(float)
    for name in held:
        bad = ~np.isfinite(amounts[name].to_numpy())
        if bad.any():
            params = {"column": name, "count": int(bad.sum())}
            problems.append(Problem("amount_missing", "levels", tuple(table.index[bad]), params=params))
        # Beyond 2^53 units a float no longer holds every whole number, and sums could not be told apart.
        elif math.fsum(amounts[name].abs()) * 10.0**decimals >= 2.0**53:
            problems.append(Problem("amount_too_fine", "levels", params={"column": name, "value": decimals}))
    return amounts, problems


def _adds_up(name: str) -> bool:
    return "_per_" not in name and (name in _ADDITIVE or name.endswith(_SUFFIXES) or name.startswith(_PREFIX))


def _odd_shares(shares: Mapping[str, tuple[str, str]], names: list[str]) -> list[Problem]:
    return [
        Problem("amount_unknown", "levels", params={"value": name, "allowed": ", ".join(names)})
        for pair in shares.values()
        for name in pair
        if name not in names
    ]


def _paths(keys: pd.DataFrame) -> tuple[dict[str, Ints], dict[str, pd.Index[Any]]]:
    """Return the place of each row at each level, as a position, and the places' paths; parts of one place together."""
    codes: dict[str, Ints] = {}
    paths: dict[str, pd.Index[Any]] = {ALL: pd.Index([ALL], name="group")}
    above = np.zeros(len(keys), dtype=np.intp)
    for at, level in enumerate(keys.columns):
        own, _ = pd.factorize(keys[level])  # missing is -1
        last = np.where(own < 0, len(keys), own)
        found, first, of = np.unique(np.column_stack([above, last]), axis=0, return_index=True, return_inverse=True)
        above = codes[level] = np.asarray(of, dtype=np.intp).ravel()
        listed = keys.iloc[first, : at + 1]
        one = len(listed.columns) == 1
        index: pd.Index[Any] = pd.Index(listed.iloc[:, 0], name=level) if one else pd.MultiIndex.from_frame(listed)
        paths[level] = index if len(found) else index[:0]
    return codes, paths


def _sums(values: pd.Series[float], of: Ints, n_places: int) -> list[Fraction]:
    """Return the exact sum of the values at each place."""
    parts, exponents = np.frexp(values.to_numpy(dtype=float))
    # A float is a whole number of 53 bits times a power of two: whole numbers add up without loss.
    lowest = int(exponents.min(initial=0)) - _MANTISSA
    wholes = (parts * 2.0**_MANTISSA).astype(np.int64).tolist()
    shifts = (exponents - _MANTISSA - lowest).tolist()
    totals = [0] * n_places
    for place, whole, shift in zip(of.tolist(), wholes, shifts, strict=True):
        totals[place] += whole << shift
    return [total * Fraction(2) ** lowest for total in totals]


def _rounded(sums: list[Fraction], above: tuple[list[int], Ints] | None, decimals: int) -> list[int]:
    """Return sums in whole multiples of the last decimal, adding up to those of the places above.

    Parameters
    ----------
    sums
        Of each place.
    above
        The figures of the places above, and the position among them of each place. `None`: the sums are the whole.
    decimals
        Of the figures.
    """
    exact = [total * Fraction(10) ** decimals for total in sums]
    if above is None:
        return [math.floor(value + Fraction(1, 2)) for value in exact]
    figures = [math.floor(value) for value in exact]
    rest, parent = list(above[0]), above[1].tolist()
    for place, figure in enumerate(figures):
        rest[parent[place]] -= figure
    by_remainder = sorted(range(len(figures)), key=lambda place: (figures[place] - exact[place], place))
    for place in by_remainder:
        if rest[parent[place]] > 0:
            rest[parent[place]] -= 1
            figures[place] += 1
    return figures


def _printed(figures: list[int], decimals: int) -> Floats:
    numbers = np.array(figures, dtype=float)
    return numbers / 10.0**decimals if decimals > 0 else numbers * 10.0**-decimals


def _disagreements(above: pd.DataFrame, below: pd.DataFrame, level: str, decimals: int) -> list[Problem]:
    """Return the places whose parts do not add up to them, a problem for each column."""
    paths = below.index.to_frame(index=False).iloc[:, :-1].astype(object)
    parents = [_named(path) for path in paths.itertuples(index=False)]
    own: list[tuple[str, ...]] = [_named(path) for path in above.index.to_frame(index=False).itertuples(index=False)]
    if list(above.index.names) == ["group"]:
        own = [()] * len(above)
    problems = []
    for name in [str(column) for column in above.columns if column in below.columns and _adds_up(str(column))]:
        stated = dict(zip(own, _units(above[name], decimals), strict=True))
        added: dict[tuple[str, ...], Fraction | None] = dict.fromkeys(own, Fraction(0))
        for path, figure in zip(parents, _units(below[name], decimals), strict=True):
            before = added.get(path, Fraction(0))
            added[path] = None if before is None or figure is None else before + figure
        wrong = [path for path, total in added.items() if _differ(stated.get(path), total)]
        if wrong:
            one, other = (_text(figures.get(wrong[0]), decimals) for figures in (stated, added))
            rows = tuple("/".join(path) or ALL for path in wrong)
            params = {"column": name, "value": one, "sum": other, "level": level}
            problems.append(Problem("levels_disagree", "levels", rows, params=params))
    return problems


def _units(figures: pd.Series[Any], decimals: int) -> list[Fraction | None]:
    """Return figures in units of the last decimal, exact; a figure that is missing is `None`.

    A decimal such as 0.1 is no binary fraction: a float that is the nearest one to so many tenths means these.
    """
    units: list[Fraction | None] = []
    for figure in figures.astype(float).tolist():
        exact = Fraction(figure) * Fraction(10) ** decimals if math.isfinite(figure) else None
        meant = exact is not None and _printed([round(exact)], decimals)[0] == figure
        units.append(Fraction(round(exact)) if exact is not None and meant else exact)
    return units


def _differ(stated: Fraction | None, added: Fraction | None) -> bool:
    return stated is None or added is None or abs(stated - added) >= _APART


def _text(units: Fraction | None, decimals: int) -> str:
    return "–" if units is None else f"{float(units / Fraction(10) ** decimals):.15g}"


def _named(path: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple("–" if pd.isna(item) else str(item) for item in path)
