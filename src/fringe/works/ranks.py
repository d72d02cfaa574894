"""Ranks, and how sure they are: the same units ranked again under other weights and figures.

Equal scores share the better rank. The *interval* of a rank is where it lies in the middle of the draws
(LIB-RANK-INTERVAL of LIB-RANK-DRAWS).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fringe.model.rules import rule_value

Floats = npt.NDArray[np.float64]
Ranks = npt.NDArray[np.intp]
# Scores that differ by less are the same figure computed in another order.
_PLACES = 12


def ranks_of(scores: Floats) -> Ranks:
    """Return ranks from 1, the greatest score first, in each column.

    Examples
    --------
    >>> ranks_of(np.array([[0.2], [0.9], [0.2], [0.5]]))[:, 0].tolist()
    [3, 1, 3, 2]
    """
    ranks = np.empty(scores.shape, dtype=np.intp)
    rounded = np.round(scores, _PLACES)
    for draw in range(scores.shape[1]):
        own = np.sort(-rounded[:, draw])
        ranks[:, draw] = np.searchsorted(own, -rounded[:, draw], side="left") + 1
    return ranks


def middle(ranks: Ranks) -> tuple[Ranks, Ranks]:
    """Return the least and the greatest rank of each row in the middle of the draws, one in each column."""
    if not len(ranks):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    tail = (1.0 - rule_value("LIB-RANK-INTERVAL")) / 2
    low = np.quantile(ranks, tail, axis=1, method="lower")
    high = np.quantile(ranks, 1 - tail, axis=1, method="higher")
    return low.astype(np.intp), high.astype(np.intp)


def drawn_weights(rng: np.random.Generator, weights: list[float], draws: int) -> Floats:
    """Return sets of weights around those given, each together 1; for equal ones all sets are equally likely."""
    shares = np.asarray(weights, dtype=float)
    return np.asarray(rng.dirichlet(shares / shares.sum() * len(shares), size=draws))
