"""Hot spots of delay: units that lag among units that lag, told from chance.

The local figure is Anselin's local Moran (1995): a unit's deviation from the mean times that of its neighbours. Its *p*
comes from drawing the neighbours at random from the other units; *q* is p corrected for testing all units at once
(Benjamini and Hochberg 1995). A *kind* is told only where q is small enough:

``lagging``
    Low among low: a hot spot of delay.
``leading``
    High among high.
``lagging_alone``, ``leading_alone``
    A unit unlike those around it.
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
from fringe.model.rules import rule_value
from fringe.works.neighbours import count_problems, neighbours_of

Floats = npt.NDArray[np.float64]
# Rounding leaves less than this of the spread of figures that are all alike.
_ALL_ALIKE = 1e-30
# Means of the same figures in another order differ by rounding.
_ROUNDING = 1e-12


def hot_spots(
    share: pd.Series[float],
    neighbours: gpd.GeoDataFrame | Mapping[Any, Any],
    *,
    permutations: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """Return where units that lag lie together.

    Parameters
    ----------
    share
        By unit, such as progress of zones. Units without a share are left out, with a warning.
    neighbours
        As for `imbalance`.
    permutations, seed
        Of the random neighbours.

    Returns
    -------
    table
        On the index of `share`: ``share``, ``beside_share`` (the neighbours' mean), ``local_moran``, ``p``, ``q`` and
        ``kind``, empty where chance explains it (q above the rule LIB-HOT-SPOT), where there are no neighbours or no
        share.

    Raises
    ------
    LedgerError
        For units that occur twice or have no polygon.

    Examples
    --------
    Twelve zones in a row: the last four lag together.

    >>> import pandas as pd
    >>> names = [f"Z{at:02}" for at in range(12)]
    >>> share = pd.Series([0.9, 0.8, 0.9, 0.7, 0.8, 0.9, 0.8, 0.7, 0.1, 0.0, 0.1, 0.0], names)
    >>> row = {name: [beside] for name, beside in zip(names, names[1:])}
    >>> found = hot_spots(share, row)
    >>> found.loc[["Z01", "Z10"], "local_moran"].round(2).tolist()
    [0.62, 1.91]
    """
    if not share.index.is_unique:
        twice = tuple(share.index[share.index.duplicated()])
        raise LedgerError(Problem("units_differ", "progress", twice, params={"name": "share"}))
    refuse(count_problems(permutations=permutations), LedgerError)
    known = pd.to_numeric(share, errors="coerce").dropna()
    lacking = tuple(share.index.difference(known.index))
    near, problems = neighbours_of(neighbours, known.index)
    if lacking:
        problems.append(Problem("units_left_out", "progress", lacking, "warning"))
    refuse(problems, LedgerError)
    x = known.to_numpy(float)
    n_beside = np.bincount(near.of, minlength=len(x))
    sums = np.bincount(near.of, x[near.beside], minlength=len(x))
    beside = np.divide(sums, n_beside, out=np.full(len(x), np.nan), where=n_beside > 0)
    z = x - x.mean() if len(x) else x
    spread = float(z @ z) / max(len(x), 1)
    flat = spread <= _ALL_ALIKE
    local = np.full(len(x), np.nan) if flat else z * (beside - x.mean()) / spread
    p = np.full(len(x), np.nan) if flat else _chance(z, n_beside, local * spread, permutations, seed)
    q = adjusted(p)
    level = rule_value("LIB-HOT-SPOT")
    kinds = np.where(z < 0, np.where(beside < x.mean(), "lagging", "lagging_alone"),
                     np.where(beside > x.mean(), "leading", "leading_alone")).astype(object)  # fmt: skip
    kinds[~(q <= level)] = None
    table = pd.DataFrame(
        {"share": x, "beside_share": beside, "local_moran": local, "p": p, "q": q, "kind": kinds}, index=known.index
    )
    return table.reindex(share.index)


def _chance(z: Floats, n_beside: npt.NDArray[np.intp], found: Floats, permutations: int, seed: int) -> Floats:
    """Return, for each unit, how likely random neighbours give a local figure as far out, on either side."""
    p = np.full(len(z), np.nan)
    most = int(n_beside.max(initial=0))
    if not most or not permutations:
        return p
    rng = np.random.default_rng(seed)
    # Random places among the others, drawn once and looked up for every unit: its own place is stepped over.
    places = np.array([rng.choice(len(z) - 1, most, replace=False) for _ in range(permutations)])
    for at in np.flatnonzero(n_beside):
        own = places[:, : n_beside[at]]
        drawn = z[at] * z[own + (own >= at)].mean(axis=1)
        # What is as far belongs to both tails: where every draw gives the same figure, nothing is told from chance.
        slack = _ROUNDING * max(abs(found[at]), _ROUNDING)
        above = np.count_nonzero(drawn >= found[at] - slack)
        below = np.count_nonzero(drawn <= found[at] + slack)
        p[at] = min((min(above, below) + 1) / (permutations + 1) * 2, 1.0)
    return p


def adjusted(p: Floats) -> Floats:
    """Return p values corrected for their number (Benjamini and Hochberg); missing ones stay missing.

    Examples
    --------
    >>> adjusted(np.array([0.01, 0.04, 0.03, np.nan])).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    q = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    raw = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum.accumulate(raw[::-1])[::-1]
    return q
