"""Balance of progress: how unevenly it is spread over units, between and within townships, and over the map.

*Gini* and *Theil* are 0 where every unit stands alike and grow with the difference; both weigh units by `weight`, the
amount of work they have. Theil's figure is the sum of a part *between* groups, what would be left if every unit stood
at its group's mean, and a part *within* them. *MLD* is the mean logarithmic deviation, infinite with a unit at 0.

*Moran's I* asks whether neighbours are alike: near -1/(n-1) where progress is spread by chance, towards 1 where units
that lag lie together. Its *p* is the share of random orders of the same figures with an I as far from chance.

Formulas: Theil (1967), Shorrocks (1980), Moran (1950); permutation p (r + 1) / (R + 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LedgerError
from fringe.model.problem import Problem, refuse
from fringe.works.neighbours import Neighbours, count_problems, neighbours_of

Floats = npt.NDArray[np.float64]
# Below this many units a permutation tells little (domain practice).
_FEW_UNITS = 20


def imbalance(
    share: pd.Series[float],
    weight: pd.Series[float] | None = None,
    group: pd.Series[Any] | None = None,
    neighbours: gpd.GeoDataFrame | Mapping[Any, Any] | None = None,
    *,
    row_standardised: bool = True,
    permutations: int = 999,
    seed: int = 0,
) -> pd.Series[float]:
    """Return how unevenly a share, such as progress, is spread over units.

    Parameters
    ----------
    share
        By unit; not negative. Units without a share are left out, with a warning.
    weight
        By unit: the amount of work; `None` weighs all alike. Units of weight 0 do not count.
    group
        By unit, such as its township; for ``within`` and ``between``.
    neighbours
        The units' polygons, where those that share a border or a corner are neighbours; or for each unit the units
        beside it. For Moran's I, which does not weigh units.
    row_standardised
        Whether each unit's neighbours weigh 1 together, or 1 each.
    permutations, seed
        Of the random orders for ``moran_p``; 0: none.

    Returns
    -------
    figures
        ``n``, ``mean`` (weighted), ``gini``, ``theil``, ``within``, ``between``, ``mld``, ``moran``,
        ``moran_expected``, ``moran_p``; what was not asked for, or is not defined (nothing done anywhere, all alike),
        is NaN. ``mld`` is infinite where a unit stands at 0.

    Raises
    ------
    LedgerError
        For negative or infinite shares or weights, units that differ between the inputs, or no units at all.
    CRSError
        If the neighbours' polygons are not in metres.

    Examples
    --------
    >>> import pandas as pd
    >>> units = list("abcde")
    >>> share = pd.Series([0.9, 0.8, 0.5, 0.3, 0.2], units)
    >>> weight = pd.Series([10, 20, 30, 20, 20], units)
    >>> township = pd.Series(["north", "north", "south", "south", "south"], units)
    >>> chain = {"a": "b", "b": ["a", "c"], "c": ["b", "d"], "d": ["c", "e"], "e": ["d"]}
    >>> found = imbalance(share, weight, township, chain, permutations=0)
    >>> found[["gini", "theil", "within", "between", "moran"]].round(4).to_dict()
    {'gini': 0.272, 'theil': 0.1216, 'within': 0.0344, 'between': 0.0872, 'moran': 0.7043}
    """
    refuse(count_problems(permutations=permutations), LedgerError)
    table, problems = _aligned(share, weight, group)
    near, found = (None, []) if neighbours is None else neighbours_of(neighbours, table.index)
    problems += found
    if near is not None and permutations and len(table) < _FEW_UNITS:
        problems.append(Problem("few_units", "progress", (), "warning", {"count": len(table), "least": _FEW_UNITS}))
    refuse(problems, LedgerError)
    x, w = table["share"].to_numpy(float), table["weight"].to_numpy(float)
    figures = dict.fromkeys(
        ("n", "mean", "gini", "theil", "within", "between", "mld", "moran", "moran_expected", "moran_p"), np.nan
    )
    figures["n"], figures["mean"] = float(len(x)), float(w @ x)
    if figures["mean"] > 0:
        figures["gini"], figures["theil"], figures["mld"] = gini(x, w), theil(x, w), mean_log_deviation(x, w)
        if group is not None:
            figures["between"] = _between(x, w, table["group"])
            figures["within"] = _within(x, w, table["group"])
    if near is not None and len(x) > 1:
        figures["moran_expected"] = -1 / (len(x) - 1)
        figures["moran"], figures["moran_p"] = _moran(
            x, near, row_standardised=row_standardised, permutations=permutations, seed=seed
        )
    return pd.Series(figures, name="imbalance")


def gini(x: Floats, w: Floats) -> float:
    """Return the Gini coefficient of values x >= 0 of weights w that add up to 1: 1 - sum of w (S + S before) / S all.

    Examples
    --------
    >>> gini(np.array([1.0, 1.0]), np.array([0.3, 0.7])), gini(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    (0.0, 0.5)
    """
    order = np.argsort(x, kind="stable")
    parts = w[order] * x[order]
    after = np.cumsum(parts)
    value = 1 - float(w[order] @ (2 * after - parts)) / float(after[-1])
    return 0.0 if np.ptp(x[w > 0]) == 0 else value


def theil(x: Floats, w: Floats) -> float:
    """Return Theil's T of values x >= 0 of weights w that add up to 1; 0 log 0 is 0.

    Examples
    --------
    >>> round(theil(np.array([0.0, 1.0]), np.array([0.5, 0.5])), 6) == round(float(np.log(2)), 6)
    True
    """
    ratio = x / float(w @ x)
    return float(np.sum(w * ratio * np.log(np.where(ratio > 0, ratio, 1.0))))


def mean_log_deviation(x: Floats, w: Floats) -> float:
    """Return the weighted mean of log(mean / x); infinite where a unit that counts stands at 0."""
    x, w = x[w > 0], w[w > 0]
    if (x == 0).any():
        return float("inf")
    return float(w @ np.log(float(w @ x) / x))


def _groups(x: Floats, w: Floats, group: pd.Series[Any]) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
    """Return each unit's group, the groups' weights and their means (0 for a group without weight)."""
    of = np.asarray(pd.factorize(group)[0])
    weight = np.bincount(of, w)
    mean = np.divide(np.bincount(of, w * x), weight, out=np.zeros_like(weight), where=weight > 0)
    return of, np.asarray(weight, dtype=np.float64), np.asarray(mean, dtype=np.float64)


def _between(x: Floats, w: Floats, group: pd.Series[Any]) -> float:
    _, weight, mean = _groups(x, w, group)
    return theil(mean, weight)


def _within(x: Floats, w: Floats, group: pd.Series[Any]) -> float:
    of, weight, mean = _groups(x, w, group)
    total = 0.0
    for at in np.flatnonzero(weight * mean > 0):
        here = of == at
        total += weight[at] * mean[at] / float(w @ x) * theil(x[here], w[here] / weight[at])
    return float(total)


def _moran(x: Floats, near: Neighbours, *, row_standardised: bool, permutations: int, seed: int) -> tuple[float, float]:
    """Return Moran's I and the share of random orders as far from its expectation, or further, on either side."""
    z = x - x.mean()
    spread = float(z @ z)
    weights = near.weights(row_standardised=row_standardised)
    if spread <= 1e-30 * len(x) or not len(weights):  # all alike, or no neighbours at all
        return float("nan"), float("nan")
    scale = len(x) / float(weights.sum()) / spread

    def index(values: Floats) -> float:
        return scale * float(np.sum(weights * values[near.of] * values[near.beside]))

    found, expected = index(z), -1 / (len(x) - 1)
    rng = np.random.default_rng(seed)
    # Sums of the same figures in another order differ by rounding: what is as far to within that is as far.
    reach = abs(found - expected) - 1e-12
    as_far = sum(abs(index(rng.permutation(z)) - expected) >= reach for _ in range(permutations))
    return found, (as_far + 1) / (permutations + 1) if permutations else float("nan")


def _aligned(
    share: pd.Series[float], weight: pd.Series[float] | None, group: pd.Series[Any] | None
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return share, normalised weight and group of the units that count, and what is wrong."""
    problems: list[Problem] = []
    for name, given in (("weight", weight), ("group", group)):
        if given is not None and not (given.index.is_unique and share.index.difference(given.index).empty):
            odd = tuple(share.index.difference(given.index)) or tuple(given.index[given.index.duplicated()])
            problems.append(Problem("units_differ", "progress", odd, params={"name": name}))
    if not share.index.is_unique:
        twice = tuple(share.index[share.index.duplicated()])
        problems.append(Problem("units_differ", "progress", twice, params={"name": "share"}))
    if problems:
        raise LedgerError(problems)
    table = pd.DataFrame({"share": pd.to_numeric(share, errors="coerce")})
    table["weight"] = 1.0 if weight is None else pd.to_numeric(weight.reindex(share.index), errors="coerce")
    table["group"] = "" if group is None else group.reindex(share.index)
    for name in ("share", "weight"):
        odd = tuple(table.index[(table[name] < 0) | np.isinf(table[name])])
        if odd:
            problems.append(Problem("amount_negative", "progress", odd, params={"name": name}))
    missing = table.isna().any(axis=1)
    if missing.any():
        problems.append(Problem("units_left_out", "progress", tuple(table.index[missing]), "warning"))
    table = table[~missing & (table["weight"] > 0)]
    if not len(table):
        problems.append(Problem("no_units", "progress"))
    table = table.assign(weight=table["weight"] / table["weight"].sum())
    return table, problems
