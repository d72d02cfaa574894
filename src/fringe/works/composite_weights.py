"""Weights for a composite index where equal ones will not do: from pairwise judgements, or from the data.

*Judgements* (AHP, 层次分析法): how many times more one thing matters than another, for every pair. They are
*consistent* enough if the ratio of their inconsistency to that of random judgements stays below the rule LIB-AHP-CR.
*Entropy* weights (熵权法) give more weight to an indicator that tells zones further apart. They depend on the zones
they are taken from, so they are computed once, published, and put into the scheme with `Scheme.weighted`:
`fringe.composite` never changes weights by itself.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LayerError
from fringe.model.problem import Problem, refuse
from fringe.model.rules import rule_value
from fringe.model.scheme import Scheme
from fringe.works.composite import normalised, scheme_problems, table_problems

# Saaty's mean consistency index of random judgements of 1, 2, 3, … things.
_RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)
_NEVER_INCONSISTENT = 2
# Judgements are written as 0.33 for a third.
_RECIPROCAL = 0.02


def ahp_weights(matrix: pd.DataFrame) -> tuple[pd.Series, float]:
    """Return the weights that pairwise judgements amount to, and their consistency ratio.

    Parameters
    ----------
    matrix
        Square, with the same names down and across: how many times more the row matters than the column; 1 on the
        diagonal, reciprocals across it.

    Returns
    -------
    weights
        Of each name, together 1: the principal eigenvector (Saaty 1980).
    consistency_ratio
        Below 0.1 (LIB-AHP-CR); 0 is perfect.

    Raises
    ------
    LayerError
        If the matrix is not square, names differ, judgements are not above 0 or not reciprocal, there are more than
        ten things, or the judgements are too inconsistent to use.

    Examples
    --------
    >>> import pandas as pd
    >>> names = ["clean", "orderly", "pleasant"]
    >>> judged = pd.DataFrame([[1, 2, 4], [1 / 2, 1, 2], [1 / 4, 1 / 2, 1]], index=names, columns=names)
    >>> weights, ratio = ahp_weights(judged)
    >>> weights.round(4).to_dict(), round(abs(ratio), 6)
    ({'clean': 0.5714, 'orderly': 0.2857, 'pleasant': 0.1429}, 0.0)
    """
    refuse(_odd_judgements(matrix), LayerError)
    judged = matrix.to_numpy(dtype=float)
    size = len(judged)
    values, vectors = np.linalg.eig(judged)
    top = int(np.argmax(values.real))
    vector = np.abs(vectors[:, top].real)
    weights = pd.Series(vector / vector.sum(), index=matrix.index, name="weight")
    if size <= _NEVER_INCONSISTENT:
        return weights, 0.0
    index = (float(values[top].real) - size) / (size - 1)
    ratio = max(index / _RANDOM_INDEX[size - 1], 0.0)
    limit = rule_value("LIB-AHP-CR")
    if ratio >= limit:
        raise LayerError(Problem("ahp_inconsistent", "matrix", params={"value": f"{ratio:.3f}", "allowed": limit}))
    return weights, ratio


def _odd_judgements(matrix: object) -> list[Problem]:
    if not isinstance(matrix, pd.DataFrame):
        return [Problem("not_a_frame", "matrix", params={"value": type(matrix).__name__})]
    square = matrix.shape[0] == matrix.shape[1] and list(matrix.index) == list(matrix.columns)
    if not square or not 1 <= len(matrix) <= len(_RANDOM_INDEX) or matrix.index.has_duplicates:
        params = {"value": f"{matrix.shape[0]} × {matrix.shape[1]}", "allowed": len(_RANDOM_INDEX)}
        return [Problem("ahp_not_square", "matrix", params=params)]
    judged = matrix.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    odd = ~(np.isfinite(judged) & (judged > 0))
    if not odd.any():
        odd = np.abs(judged * judged.T - 1) > _RECIPROCAL
    return [
        Problem("ahp_not_reciprocal", "matrix", (matrix.index[row],), params={"value": matrix.columns[column]})
        for row, column in np.argwhere(odd).tolist()
    ]


def entropy_weights(table: pd.DataFrame, scheme: Scheme) -> pd.Series:
    """Return a weight for each indicator from how far it tells zones apart.

    Parameters
    ----------
    table
        As for `fringe.composite`; a missing figure is left out.
    scheme
        Its floors, targets and dimensions count, its weights do not.

    Returns
    -------
    weights
        By column, those of a dimension together 1: (1 - entropy) over its sum within the dimension, where the entropy
        of normalised figures x over m zones is -sum(p ln p) / ln m with p = x / sum(x). Where no indicator of a
        dimension tells zones apart, all weigh the same.

    Raises
    ------
    LayerError
        As `fringe.composite` does.

    Examples
    --------
    >>> import pandas as pd
    >>> from fringe.model.scheme import Dimension, Indicator, Scheme
    >>> scheme = Scheme((Dimension("clean", (Indicator("a", 0.0, 1.0), Indicator("b", 0.0, 1.0))),))
    >>> table = pd.DataFrame({"a": [0.5, 0.5], "b": [0.0, 1.0]})
    >>> weights = entropy_weights(table, scheme)
    >>> weights.to_dict()
    {'a': 0.0, 'b': 1.0}
    """
    refuse(scheme_problems(scheme), LayerError)
    refuse(table_problems(table, scheme), LayerError)
    apart = [1.0 - _entropy(figures) for figures in normalised(table, scheme).T]
    weights: list[float] = []
    for dimension in scheme.dimensions:
        own = np.clip(apart[len(weights) : len(weights) + len(dimension.indicators)], 0.0, None)
        # Entropies of equal figures are 1 but for rounding.
        own[own < 1e-12] = 0.0  # noqa: PLR2004
        weights += (own / own.sum() if own.sum() else np.full(len(own), 1 / len(own))).tolist()
    return pd.Series(weights, index=pd.Index([one.column for one in scheme.indicators], name="column"), name="weight")


def _entropy(figures: npt.NDArray[np.float64]) -> float:
    """Return the entropy of figures, 1 for those that tell nothing apart."""
    known = figures[np.isfinite(figures)]
    if len(known) <= 1 or not known.sum():
        return 1.0
    share = known[known > 0] / known.sum()
    return float(-(share * np.log(share)).sum() / np.log(len(known)))
